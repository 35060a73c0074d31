"""The words that every form prints around its fields: the writer puts them there, and the reader knows them again.

What stands in a form and is neither a value nor one of these was written by somebody who meant it to count.
"""

from __future__ import annotations

from functools import cache

from clauses.language.english import value_words
from clauses.memo.word import form_fields as fields
from clauses.memo.word.form_fields import CLAUSE, NEW, PARTY, SHEET, SOURCE
from clauses.terms.kinds import KINDS
from clauses.terms.values import Date, NotAValue

HOW_TO_HEADING = "How to fill in this form"
HOW_TO = (
    "Only the last column of the tables is read. A field that is left empty in “Proposed” means that the term stays "
    "as it is in force; in a new clause it means that the term is not stated.",
    "Dates: 4 May 2026 or 2026-05-04; April 2026 or 2026 where no day is known; “never” for no end. Amounts: USD 4bn "
    "or USD 1,250,000. Percentages: 32.5%. Periods: 90 days, 24 months. What is only known within limits: 30%..49%.",
    "Write “not stated” where a term shall no longer be stated, “unknown” where it was looked for and not found, and "
    "“none” where a list shall be empty.",
    "Parties, clauses and documents are named by their ids: those of the parties stand below, that of a clause at the "
    "head of its table.",
    "For a second new clause of a kind, a further party or document, copy the whole table and paste it below.",
    "Before the form is returned, accept or reject tracked changes and take comments out, and write nothing beside the "
    "tables: what could be read in two ways, or in none, is not read at all.",
)
SECTIONS = {
    SHEET: "Term sheet", CLAUSE: "Clauses in force", NEW: "New clauses", PARTY: "New parties",
    SOURCE: "Documents that terms are taken from",
}  # fmt: skip
NOT_CERTAIN = (
    "How this clause stands cannot be told for certain, as the date of an amendment leaves it open; it can be changed "
    "only once that is settled."
)
NOTHING = "–"
"""What stands in the column *In force* of a term that is not stated."""
PARTIES = "Parties: "
"""How the line begins that names the parties with their ids."""
IN_FORCE_COLUMNS, COLUMNS = ("In force", "Proposed"), ("Value",)
SUBJECTS = {SHEET: "term sheet", PARTY: "new party", SOURCE: "new document"}
"""What stands at the head of the tables that are not about a clause."""


def as_of_line(as_of: Date) -> str:
    """The sentence that says of which day the terms in force are."""
    return f"The column “In force” shows the terms as of {value_words(as_of)}."


def new_heading(kind: str) -> str:
    """The heading of a table for a new clause."""
    return f"New clause: {fields.kind_title(kind)}"


def clause_heading(ref: str, id: str, heading: str) -> str:
    """The heading of a clause in force, from how its term `heading` stands in the form."""
    return f"{ref} {id.replace('-', ' ') if heading in ('', NOTHING) else heading}"


def columns_of(ref: str) -> tuple[str, ...]:
    """The heads of the columns of a table after its first two."""
    return IN_FORCE_COLUMNS if ref.startswith(CLAUSE) else COLUMNS


@cache
def lines_of_every_form(day: str) -> frozenset[str]:
    """The lines beside the tables that do not depend on the agreement; `day` is that of the terms in force."""
    listed = {HOW_TO_HEADING, *HOW_TO, *SECTIONS.values(), NOT_CERTAIN, *map(new_heading, KINDS)}
    try:
        return frozenset({*listed, as_of_line(Date.read(day))})
    except NotAValue:
        return frozenset(listed)
