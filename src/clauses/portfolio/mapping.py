"""Mapping files: how the columns of a table of contract abstracts become clauses.

A mapping names every column of its table, either where it is read or under `leaves_out`, so that nothing is
unused by accident. A cell is read for certain or not at all: what cannot be read is `unknown` in the record
and is returned as `Unread`, to be counted.

A clause that an abstractor looked for and did not find (`No`) is absent, and a rule may rely on it. Where
nobody answered, an `open_question` stands in the record, and rules about absence come out undetermined.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from clauses.errors import InputError, Problems, did_you_mean
from clauses.portfolio.mapping_labels import Conventions, NotRead, Order, Renewal, read_renewal, read_value, value_of
from clauses.portfolio.mapping_parties import ReadParties, make_id, read_parties
from clauses.resources import mappings_folder
from clauses.source import Place
from clauses.terms.kinds import KINDS, Clause, TermType
from clauses.terms.party import Id, Model, Role
from clauses.terms.validate import validate
from clauses.terms.values import UNKNOWN, VALUE_TYPES, Date, Number
from clauses.yaml_nodes import Mapping_, Node, Scalar, read_file
from clauses.yaml_nodes import Sequence as NodeSequence

OPEN_QUESTION = "open_question"
LEFT_OUT = "not stated"
"""What a mapping writes for an answer that states nothing."""

MAXIMUM_PARTIES = 20_000
"""The most characters of a cell that is read as a list of parties."""


class DatesPart(Model):
    """How dates are written."""

    order: Order = Field(description="The order of the parts of a date in numbers, such as `5/8/2014`.")
    open: str = Field(
        "", description="The sign for a part that is left open: `[]` where `[]/[]/2015` is some day of it."
    )
    two_digit_years_from: Number | None = Field(
        None, description="The first of the hundred years among which `98` lies; without it such years are not read."
    )


class TablePart(Model):
    """How the table writes what it says."""

    nothing: tuple[str, ...] = Field((), description="What a cell holds beside blanks where nothing was found.")
    unknown: tuple[str, ...] = Field((), description="What a cell holds where something was found and is not known.")
    yes: tuple[str, ...] = Field(("Yes",), description="The words that say that there is such a clause.")
    no: tuple[str, ...] = Field(("No",), description="The words that say that there is none.")
    never: tuple[str, ...] = Field((), description="The words for a term without an end.")
    between: str | None = Field(None, description="The sign between several answers of one cell.")
    excerpts: Literal["plain", "list"] = Field(
        "plain", description="How columns of words are written: as they are, or as a list in brackets and quotes."
    )
    dates: DatesPart | None = Field(None, description="How dates are written; ISO dates are always read.")
    decimal: Literal[".", ","] = Field(".", description="The sign before the fraction of a number.")
    currencies: dict[str, str] = Field(
        default_factory=dict, description="Signs of money with their currencies, such as `$: USD`."
    )


class TermPart(Model):
    """Where a term comes from: a column, or the same words for every row."""

    column: str | None = Field(None, description="The column that answers.")
    says: str | None = Field(None, description="What the term says in every row.")
    words: tuple[str, ...] = Field((), description="Columns with the words behind the answer.")
    answers: dict[str, str] = Field(
        default_factory=dict,
        description="What an answer means: a value of the term, or `not stated`; other answers are read as they are.",
    )
    if_nothing: str | None = Field(None, description="What the term says where nothing was found.")
    part: Literal["manner", "length", "count"] | None = Field(
        None, description="Which part of a renewal is wanted: of `2 successive 5 years` successive, 5 years, or 2."
    )
    counted_from: tuple[str, ...] = Field(
        (), description="The columns with the day from which `5 years` is counted; the first that has one is taken."
    )


class ClausePart(Model):
    """A clause that rows of the table may have."""

    kind: str = Field(description="The kind of clause.")
    heading: str = Field("", description="The heading under which it is shown.")
    if_yes: tuple[str, ...] = Field((), description="It stands where one of these columns says yes.")
    if_found: tuple[str, ...] = Field((), description="It stands where one of these columns is filled in.")
    for_each: str | None = Field(None, description="It stands once for each answer of this column.")
    words: tuple[str, ...] = Field((), description="The columns with the words of the clause.")
    terms: dict[str, TermPart] = Field(default_factory=dict, description="Its terms.")


class AgreementPart(Model):
    """What identifies the agreement of a row."""

    id: str = Field(description="The column with a name that no other row has; the id is made of it.")
    title: str | None = Field(None, description="The column with the title.")
    signed: TermPart | None = Field(None, description="The day of signing.")
    parties: str | None = Field(None, description="The column with the list of parties.")
    roles: dict[str, Role] = Field(
        default_factory=dict, description="The roles of parties by what the contract calls them: `Licensor: licensor`."
    )


class MappingDocument(Model):
    """A mapping file: how the columns of a table of contract abstracts become clauses."""

    mapping: Id = Field(description="The id of the mapping.")
    title: str = Field(description="The table that it reads, as a report cites it.")
    about: str = Field("", description="Where the table comes from, and under which licence.")
    table: TablePart = Field(default_factory=lambda: TablePart(), description="How the table is written.")
    agreement: AgreementPart = Field(description="What identifies the agreement of a row.")
    clauses: dict[Id, ClausePart] = Field(description="The clauses by id.", min_length=1)
    leaves_out: tuple[str, ...] = Field((), description="The columns that are not read, on purpose.")


@dataclass(frozen=True)
class Unread:
    """A cell that could not be read, or not wholly."""

    column: str
    text: str
    reason: str
    """Why, in words that are the same for all cells of its sort."""


@dataclass(frozen=True)
class Mapped:
    """A row as a record, or None where it has no name; and what of the row could not be read."""

    document: dict[str, Any] | None
    unread: tuple[Unread, ...]


def read_mapping(path_or_name: Path | str) -> TableMapping:
    """A mapping from a file, or the one of that name that is shipped. Raises InputError."""
    path = Path(path_or_name)
    shipped = mappings_folder() / f"{path_or_name}.yaml"
    if path.suffix not in (".yaml", ".yml", ".json", ".toml"):
        known = sorted(file.stem for file in mappings_folder().glob("*.yaml"))
        if str(path_or_name) not in known:
            hint = did_you_mean(str(path_or_name), known) or "name a file that ends in `.yaml`"
            raise InputError.of("unknown-mapping", f"there is no mapping called `{path_or_name}`", None, hint)
        return _mapping(read_file(shipped, f"{path_or_name}.yaml"))
    return _mapping(read_file(path))


def _mapping(root: Mapping_) -> TableMapping:
    problems = Problems()
    document = validate(MappingDocument, root, problems, "a mapping")
    problems.raise_as(InputError)
    assert document is not None
    for id, clause in document.clauses.items():
        _check_clause(id, clause, _inside(root, "clauses", id), problems)
    problems.raise_as(InputError)
    return TableMapping(document, root)


def _inside(root: Mapping_, *keys: str) -> Mapping_:
    node: Node = root
    for key in keys:
        assert isinstance(node, Mapping_)
        node = node.items[key]
    assert isinstance(node, Mapping_)
    return node


def _check_clause(id: str, clause: ClausePart, node: Mapping_, problems: Problems) -> None:
    """Note what a clause of a mapping says that its kind does not know."""
    kind = KINDS.get(clause.kind)
    if kind is None:
        hint = did_you_mean(clause.kind, KINDS) or "`clauses schema kinds` lists the kinds"
        place = node.items["kind"].place
        problems.add("unknown-kind", f"there is no kind of clause called `{clause.kind}`", place, hint)
        return
    conditions = [key for key in ("if_yes", "if_found", "for_each") if key in node.items]
    if len(conditions) > 1:
        sentence = f"`{id}` says by both `{conditions[0]}` and `{conditions[1]}` when it stands"
        problems.add("two-conditions", sentence, node.keys[conditions[1]])
    for name, term in clause.terms.items():
        _check_term(name, term, kind, _inside(node, "terms"), problems)


def _check_term(name: str, term: TermPart, kind: type[Clause], node: Mapping_, problems: Problems) -> None:
    place = node.keys[name]
    if name not in kind.term_types():
        sentence = f"a clause of kind `{kind.kind_name()}` has no term `{name}`"
        problems.add("unknown-key", sentence, place, did_you_mean(name, kind.term_types()))
        return
    if (term.column is None) == (term.says is None):
        problems.add("column-or-says", f"`{name}` needs either `column` or `says`", place)
    inner = _inside(node, name)
    written = [inner.items[key] for key in ("says", "if_nothing") if key in inner.items]
    answers = inner.get("answers")
    written += answers.items.values() if isinstance(answers, Mapping_) else []
    for value in written:
        if isinstance(value, Scalar) and value.text not in (LEFT_OUT, UNKNOWN):
            made = Mapping_({"kind": Scalar(kind.kind_name(), place), name: value}, {"kind": place, name: place}, place)
            validate(kind, made, problems, f"a clause of kind `{kind.kind_name()}`")


@dataclass(frozen=True)
class TableMapping:
    """A mapping that was read and found to be sound."""

    content: MappingDocument
    root: Mapping_ = field(repr=False)

    def columns(self) -> Mapping[str, Place]:
        """Every column that the mapping names, with the place where it does."""
        return dict(_named_columns(self.root))

    def check_columns(self, header: Sequence[str]) -> None:
        """Raise InputError where the table lacks a column that is named, or has one that nothing names."""
        problems = Problems()
        named = self.columns()
        for column, place in named.items():
            if column not in header:
                sentence = f"the table has no column `{column}`"
                problems.add("no-such-column", sentence, place, did_you_mean(column, header))
        for column in header:
            if column not in named:
                sentence = f"the mapping `{self.content.mapping}` neither reads nor leaves out the column `{column}`"
                near = did_you_mean(column, set(named) - set(header)) or ""
                hint = near if near.startswith("did you mean") else "list it under `leaves_out`"
                problems.add("unused-column", sentence, self.root.items["mapping"].place, hint)
        problems.raise_as(InputError)

    def document(self, row: Mapping[str, str]) -> Mapped:
        """The record of a row, by column; every cell that could not be read comes with it."""
        return _Row(self, row).mapped()

    @cached_property
    def conventions(self) -> Conventions:
        """How the table writes values."""
        table = self.content.table
        dates = table.dates
        return Conventions(
            order=dates.order if dates else None,
            open=dates.open if dates else "",
            two_digit_years_from=dates.two_digit_years_from.lowest if dates and dates.two_digit_years_from else None,
            never=frozenset(word.lower() for word in table.never),
            between=table.between,
            decimal=table.decimal,
            currencies=tuple(table.currencies.items()),
        )


_COLUMN_KEYS = {
    "column",
    "id",
    "title",
    "parties",
    "for_each",
    "words",
    "if_yes",
    "if_found",
    "counted_from",
    "leaves_out",
}


def _named_columns(root: Mapping_) -> Iterator[tuple[str, Place]]:
    """The columns that the agreement, the clauses and `leaves_out` of a mapping name."""

    def found(key: str, node: Node) -> Iterator[tuple[str, Place]]:
        if isinstance(node, Mapping_):
            for inner, item in node.items.items():
                if inner not in ("roles", "answers"):
                    yield from found(inner, item)
        elif key in _COLUMN_KEYS:
            for one in node.items if isinstance(node, NodeSequence) else (node,):
                if isinstance(one, Scalar):
                    yield one.text, one.place

    for key in ("leaves_out", "clauses", "agreement"):
        if key in root.items:
            yield from found(key, root.items[key])


class _Row:
    """One row on its way to a record."""

    def __init__(self, mapping: TableMapping, row: Mapping[str, str]) -> None:
        self.content = mapping.content
        self.conventions = mapping.conventions
        self.row = row
        self.unread: dict[Unread, None] = {}
        table = self.content.table
        self.nothing = {"", *(word.lower() for word in table.nothing)}
        self.unknown = {word.lower() for word in table.unknown}
        self.yes = {word.lower() for word in table.yes}
        self.no = {word.lower() for word in table.no}

    def mapped(self) -> Mapped:
        """The record and what could not be read."""
        part = self.content.agreement
        name = self.cell(part.id)
        if name.lower() in self.nothing:
            return Mapped(None, (Unread(part.id, name, "a row without a name"),))
        parties = self.parties()
        document: dict[str, Any] = {"agreement": make_id(name)}
        if part.title and self.cell(part.title).lower() not in self.nothing | self.unknown:
            document["title"] = self.cell(part.title)
        signed = self.term(part.signed, TermType("date"), parties) if part.signed else None
        if isinstance(signed, str) and signed != UNKNOWN:
            document["signed"] = signed
        document["parties"] = self.party_documents(parties)
        document["sources"] = {"abstract": {"title": f"{self.content.title}: {name}"}}
        document["clauses"] = dict(self.clauses(parties, document.get("signed")))
        return Mapped(document, tuple(self.unread))

    def cell(self, column: str) -> str:
        return " ".join((self.row.get(column) or "").split())

    def note(self, column: str, reason: str) -> None:
        self.unread[Unread(column, self.cell(column), reason)] = None

    # --- parties

    def parties(self) -> ReadParties:
        """The parties of the row."""
        column = self.content.agreement.parties
        cell = self.cell(column) if column else ""
        if cell.lower() in self.nothing | self.unknown:
            cell = ""
        if len(cell) > MAXIMUM_PARTIES:
            self.note(column or "", "longer than a list of parties")
            cell = ""
        read = read_parties(cell, self.conventions.between, self.conventions.open)
        for piece, reason in read.unread if column else ():
            self.unread[Unread(column or "", piece, reason)] = None
        if column and not read.parties:
            self.note(column, "no party is named")
        return read

    def party_documents(self, parties: ReadParties) -> dict[str, Any]:
        roles = {word.lower(): role for word, role in self.content.agreement.roles.items()}
        found: dict[str, Any] = {}
        for id, party in parties.parties.items():
            found[id] = {"name": party.name}
            held = dict.fromkeys(roles[word.lower()] for word in party.called if word.lower() in roles)
            found[id] |= {"roles": list(held)} if held else {}
            found[id] |= {"called": ", ".join(party.called)} if party.called else {}
        return found or {"not-stated": {"name": "party not stated"}}

    # --- clauses

    def clauses(self, parties: ReadParties, signed: str | None) -> Iterator[tuple[str, dict[str, Any]]]:
        """The clauses of the row by id, and the questions that it leaves open."""
        for id, part in self.content.clauses.items():
            if part.for_each:
                yield from self.clause_for_each(id, part, parties)
                continue
            stands = self.stands(part)
            if stands:
                yield id, self.clause(part, parties, signed)
            elif stands is None:
                heading = part.heading or id.replace("-", " ")
                about = {"kind": OPEN_QUESTION, "heading": f"{heading}: not answered", "about": part.kind}
                yield f"open-{id}", {**about, "source": {"document": "abstract"}}

    def stands(self, part: ClausePart) -> bool | None:
        """Whether the row has a clause; None where its answers do not say."""
        if part.if_yes:
            return self.is_answered(part)
        if part.if_found:
            return any(self.is_found(column) for column in part.if_found)
        return True

    def is_answered(self, part: ClausePart) -> bool | None:
        """Whether one of the columns says yes; None where none does and not all say no."""
        cells = {column: self.cell(column).lower() for column in part.if_yes}
        has_words = any(self.is_found(column) for column in part.words)
        if any(cell in self.yes for cell in cells.values()):
            if part.words and not has_words:
                self.note(part.if_yes[0], "a yes without any words")
            return True
        if all(cell in self.no for cell in cells.values()):
            if not has_words:
                return False
            self.note(part.if_yes[0], "a no with words")
        for column, cell in cells.items():
            if cell not in self.no:
                self.note(column, "not answered" if cell in self.nothing | self.unknown else "neither yes nor no")
        return None

    def is_found(self, column: str) -> bool:
        return self.cell(column).lower() not in self.nothing

    def clause(self, part: ClausePart, parties: ReadParties, signed: str | None = None) -> dict[str, Any]:
        types = KINDS[part.kind].term_types()
        found: dict[str, Any] = {"kind": part.kind}
        found |= {"heading": part.heading} if part.heading else {}
        words = [excerpt for column in part.words for excerpt in self.excerpts(column)]
        found |= {"text": "\n\n".join(dict.fromkeys(words))} if words else {}
        found["source"] = {"document": "abstract"}
        for name, term in part.terms.items():
            value = self.term(term, types[name], parties)
            if value is not None:
                found[name] = value
        self.check_end(part, found, signed)
        return found

    def clause_for_each(self, id: str, part: ClausePart, parties: ReadParties) -> Iterator[tuple[str, dict[str, Any]]]:
        """A clause for each answer of a column; one with its terms unknown where there are words and no answer."""
        assert part.for_each is not None
        cell = self.cell(part.for_each)
        answers = [] if cell.lower() in self.nothing else self.conventions.answers(cell)
        if not answers and any(self.is_found(column) for column in part.words):
            answers = [""]
        whole = self.row
        for number, answer in enumerate(dict.fromkeys(answers), 1):
            self.row = {**whole, part.for_each: answer}
            yield id if number == 1 else f"{id}-{number}", self.clause(part, parties)
        self.row = whole

    def check_end(self, part: ClausePart, found: dict[str, Any], signed: str | None) -> None:
        """Take back an end that lies before the start: one of the two is wrong, and nobody can tell which."""
        start = found.get("starts", signed)
        ends = found.get("ends")
        if ends is None or start is None or UNKNOWN in (ends, start):
            return
        if Date.read(ends).highest < Date.read(start).lowest:
            found["ends"] = UNKNOWN
            self.note(part.terms["ends"].column or "", "an end before the start")

    def excerpts(self, column: str) -> list[str]:
        """The words that a column quotes."""
        written = (self.row.get(column) or "").strip()
        if written.lower() in self.nothing:
            return []
        if self.content.table.excerpts == "plain":
            return [written]
        listed = _list(written)
        if not isinstance(listed, list):
            self.note(column, "words that are not a list")
            return [written]
        return [text for text in (" ".join(str(one).split()) for one in listed) if text]

    # --- terms

    def term(self, part: TermPart, type: TermType, parties: ReadParties) -> str | list[str] | None:
        """What a term says: a text as documents write it, `unknown`, or None where it is not stated."""
        if part.column is None:
            return part.says
        cell = self.cell(part.column)
        if cell.lower() in self.nothing:
            if any(self.is_found(column) for column in part.words):
                self.note(part.column, "no answer beside the words")
                return UNKNOWN
            return part.if_nothing
        if cell.lower() in self.unknown:
            self.note(part.column, "held back or left open")
            return UNKNOWN
        try:
            answers = {answer.lower(): meaning for answer, meaning in part.answers.items()}
            if cell.lower() in answers:
                return None if answers[cell.lower()] == LEFT_OUT else answers[cell.lower()]
            return self.read(cell, part, type, parties)
        except NotRead as error:
            self.note(part.column, str(error))
            return UNKNOWN

    def read(self, cell: str, part: TermPart, type: TermType, parties: ReadParties) -> str | list[str] | None:
        """A cell as a value of a term. Raises NotRead."""
        if part.part:
            return self.renewal(cell, part.part, type)
        if type.name in VALUE_TYPES:
            return str(read_value(cell, type.name, self.conventions, self.start(part)))
        answers = self.conventions.answers(cell) if type.is_list else [cell]
        found = [self.word(answer, type, parties) for answer in answers]
        return found if type.is_list else found[0]

    def renewal(self, cell: str, part: str, type: TermType) -> str | None:
        answers = self.conventions.answers(cell)
        read = {read_renewal(answer, self.conventions) for answer in answers}
        if len(read) > 1:
            raise NotRead("several answers that differ")
        (one,) = read or {Renewal(None, None, None)}
        if part == "length":
            if one.has_open_length:
                raise NotRead("the number is left open")
            return str(value_of(type.name, one.length)) if one.length else None
        return one.manner if part == "manner" else str(one.count) if one.count is not None else None

    def start(self, part: TermPart) -> Date | None:
        """The day from which a length of time is counted, where one of the columns has it."""
        for column in part.counted_from:
            if self.is_found(column):
                try:
                    read = read_value(self.cell(column), Date.type_name, replace(self.conventions, never=frozenset()))
                except NotRead:
                    return None
                assert isinstance(read, Date)
                return read
        return None

    def word(self, answer: str, type: TermType, parties: ReadParties) -> str:
        """A party by its id, or a text; a choice is only what the mapping says that an answer means."""
        if type.name == "party":
            id = parties.find(answer)
            if id is None:
                raise NotRead("not one of the parties")
            return id
        if type.choices:
            return self.choice(answer.lower(), type.choices)
        if type.name == "clause":
            raise NotRead("not the id of a clause")
        return answer

    def choice(self, answer: str, choices: Sequence[str]) -> str:
        """One of the choices of a term, or yes or no in the words of the table."""
        if choices == ("yes", "no") and answer in self.yes | self.no:
            return "yes" if answer in self.yes else "no"
        if answer not in choices:
            raise NotRead("not one of the choices")
        return answer


def _list(written: str) -> object:
    """A list in brackets and quotes, or None for anything else."""
    try:
        with warnings.catch_warnings():  # of what looks like code, and is somebody's prose
            warnings.simplefilter("ignore")
            return ast.literal_eval(written)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def count_reasons(unread: Iterable[Unread]) -> dict[tuple[str, str], int]:
    """How many cells were not read, by column and reason, the most frequent first."""
    found: dict[tuple[str, str], int] = {}
    for one in unread:
        key = (one.column, one.reason)
        found[key] = found.get(key, 0) + 1
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
