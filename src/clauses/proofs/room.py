"""What may move in a term sheet: its terms, one by one, and how far each may go.

A term that the term sheet writes is *open*: it keeps its value, or takes another of its type. So are the quantities
and choices that an added clause leaves out, since stating one is often all that is wanting. Parties, clauses and
texts are what a proposal is about: they stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clauses.source import Place
from clauses.terms.agreement import ClauseVersion
from clauses.terms.facts import Deal
from clauses.terms.kinds import TermType
from clauses.terms.values import VALUE_TYPES, Date, Money, Percentage, Value

EFFECTIVE = "term_sheet.effective"
"""The name of the day from which the term sheet would hold."""

_ABOUT = ("subject", "scope", "over", "concern", "status", "position")
"""Choices that say what a clause is about. Calling a thing by another name is no concession."""

_YEARS_AHEAD = 100
_LAST_YEARS = 366 * _YEARS_AHEAD


@dataclass(frozen=True)
class OpenTerm:
    """A term that may move, with the bounds between which it may."""

    clause: str
    """The id of its clause; empty for the term sheet itself."""
    term: str
    type: TermType
    given: Value | str | None
    """What the documents say; None where they are silent."""
    lowest: int = 0
    highest: int = 0
    currency: str | None = None
    choices: tuple[str, ...] = ()
    place: Place | None = None

    @property
    def name(self) -> str:
        """How `--keep` and reports call it."""
        return f"{self.clause}.{self.term}" if self.clause else EFFECTIVE

    @property
    def is_choice(self) -> bool:
        """Whether it is one of some choices, and not a quantity."""
        return bool(self.choices)

    def value(self, units: int) -> Value:
        """A quantity of the type of the term."""
        if self.currency is not None:
            return Money(units, units, self.currency)
        return VALUE_TYPES[self.type.name](units, units)


def open_terms(deal: Deal) -> list[OpenTerm]:
    """Every term of a term sheet that may move, clause by clause in their order."""
    sheet = deal.sheet
    if sheet is None:
        return []
    found = [] if sheet.effective is None else [_quantity("", "effective", TermType("date"), sheet.effective, deal)]
    proposed = deal.worlds[0].proposed
    for change in sheet.changes:
        if change.clause_id in proposed:
            found += _of_clause(deal.worlds[0].result[change.clause_id], change.action == "add", deal)
    return found


def _of_clause(version: ClauseVersion, is_added: bool, deal: Deal) -> Iterator[OpenTerm]:
    for name, type in version.clause.term_types().items():
        is_silent = getattr(version.clause, name) is None
        if name in version.changed or (is_added and is_silent and name not in ("starts", "ends")):
            found = open_term(version, name, type, deal)
            if found is not None:
                yield found


def open_term(version: ClauseVersion, name: str, type: TermType, deal: Deal) -> OpenTerm | None:
    """A term of a clause as one that may move; None for a type that may not."""
    given = getattr(version.clause, name)
    if type.is_list:
        return None
    if type.name == "choice" and name not in _ABOUT:
        return OpenTerm(version.id, name, type, given, choices=type.choices, place=version.place(name))
    if type.name in VALUE_TYPES:
        return _quantity(version.id, name, type, given, deal, version.place(name))
    return None


def _quantity(
    clause: str, name: str, type: TermType, given: Value | None, deal: Deal, place: Place | None = None
) -> OpenTerm:
    lowest, highest = _bounds(type, given, deal)
    currency = None
    if type.name == Money.type_name:
        currency = given.currency if isinstance(given, Money) else _usual_currency(deal)
    return OpenTerm(clause, name, type, given, lowest, highest, currency, place=place)


def _bounds(type: TermType, given: Value | None, deal: Deal) -> tuple[int, int]:
    """How far a quantity may go: a date not into the past and not beyond a century, a stake to the whole."""
    if type.name == Date.type_name:
        today = deal.as_of.lowest
        return min(today, given.lowest if given else today), max(today + _LAST_YEARS, given.highest if given else 0)
    if type.name == Percentage.type_name:
        return 0, max(Percentage.ONE, given.highest if given else 0)
    return (1 if type.name == Money.type_name else 0), VALUE_TYPES[type.name].limit


def days_of_events(deal: Deal, term: OpenTerm) -> list[int]:
    """The days, in order, on which an event lies that the one with this term may come to pass; else none.

    As a term that dates an event moves past another event of the company, the cap table is another one; and on the
    same day nobody can tell which comes first.
    """
    events = [[step for step in steps if step.event is not None] for steps in deal.cap_table.issuers.values()]
    own = [steps for steps in events if any(step.event == term.clause for step in steps)]
    if term.term not in ("closing", "deadline"):
        return []
    others = [step.date for steps in own for step in steps if step.event != term.clause and step.date is not None]
    return sorted({end for date in others for end in (date.lowest, date.highest)})


def _usual_currency(deal: Deal) -> str:
    """The currency in which most amounts of the deal are stated; of those as frequent, the first by name."""
    counts: dict[str, int] = {}
    for fact in deal.facts:
        for value in fact.values.values():
            if isinstance(value, Money):
                counts[value.currency] = counts.get(value.currency, 0) + 1
    return min(counts, key=lambda code: (-counts[code], code)) if counts else "USD"
