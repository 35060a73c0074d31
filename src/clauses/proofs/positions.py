"""A side's position in a negotiation, as its file states it: what it must have, what it wants, when it walks away.

    position: microsoft
    party: microsoft
    agreement: microsoft-openai
    term_sheet: ../term-sheets/clear-package.yaml      # the draft on the table
    must:
      a-stake-worth-having: {term: conversion-equity.stake, at_least: 30%, says: …, source: {…}}
      no-dilution-below-a-quarter: {stake_of: microsoft, after: softbank-raise, at_least: 25%, says: …}
    wants:
      a-large-stake: {term: conversion-equity.stake, from: 30%, to: 49%, weight: 5, says: …}
    walk_away: 40%

A *must* holds or there is no deal. A *want* is worth nothing at `from` and everything at `to`, and in between in
proportion; of a choice, `best` lists the choices from the best to the worst: with four of them the first is worth
everything, the second three quarters, the last one quarter, and what is not listed nothing. `walk_away` is the least
satisfaction, all wants by their weights, for which the side still signs.

Satisfaction is counted in thousandths, rounded down: of each want first, then of the weighted mean of all wants. So
a walk-away is written to a tenth of a percent, and everything that a position states is a single value. The order in
which points are written says nothing: they are taken by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import Field

from clauses.errors import InputError, Problems, did_you_mean
from clauses.proofs.room import EFFECTIVE
from clauses.source import Place
from clauses.terms.kinds.base import TermType
from clauses.terms.party import Id, Model, Origin, PartyId, SourceDocument, Written
from clauses.terms.validate import validate
from clauses.terms.values import VALUE_TYPES, Date, NotAValue, Number, Percentage, Value
from clauses.yaml_nodes import Mapping_, Node, Scalar, read_file
from clauses.yaml_nodes import Sequence as Listed

FULL = 1_000
"""Full satisfaction, in thousandths."""
FINEST = Percentage.ONE // FULL
"""A thousandth, in the units of percentages."""
MAXIMUM_WEIGHT = 1_000

_TERM = r"^([a-z0-9-]+|term_sheet)\.[a-z_]+$"
TermName = Annotated[str, Field(json_schema_extra={"pattern": _TERM})]


class PointDocument(Model):
    """What musts and wants share: the term that they are about."""

    says: str = Field(description="The point in a sentence.", min_length=1)
    term: TermName | None = Field(None, description="The term, as `clause.term`.")
    stake_of: PartyId | None = Field(None, description="Instead of a term: the stake of this holder …")
    after: Id | None = Field(None, description="… after this event, a clause of the draft or the agreement.")
    source: Origin = Field(default_factory=Origin, description="Where it is taken from, with its basis and quote.")


class MustDocument(PointDocument):
    """Something without which the side does not sign."""

    at_least: Written | None = Field(None, description="The least value that will do.")
    at_most: Written | None = Field(None, description="The greatest value that will do.")
    one_of: tuple[str, ...] = Field((), description="The choices that will do.")


class WantDocument(PointDocument):
    """Something that the side would like."""

    from_: Written | None = Field(None, alias="from", description="The value that is worth nothing to it.")
    to: Written | None = Field(None, description="The value beyond which it wants no more.")
    best: tuple[str, ...] = Field((), description="Of a choice: the choices, the best first.")
    weight: Number = Field(Number(1, 1), description="How much it counts beside the other wants, 1 to 1000.")


class PositionDocument(Model):
    """What a position file may hold."""

    position: Id = Field(description="The id of the position.")
    title: str = Field("", description="Its title.")
    party: PartyId = Field(description="Whose position it is.")
    agreement: str = Field(description="The agreement that is negotiated: a path, or an id found beside the file.")
    term_sheet: str = Field(description="The draft on the table, a path; `--sheet` puts another in its place.")
    sources: dict[Id, SourceDocument] = Field(default_factory=dict, description="The documents that it is taken from.")
    must: dict[Id, MustDocument] = Field(default_factory=dict, description="What it must have, by name.")
    wants: dict[Id, WantDocument] = Field(default_factory=dict, description="What it wants, by name.")
    walk_away: Percentage = Field(
        Percentage(0, 0), description="The least satisfaction for which it still signs, to a tenth of a percent."
    )


@dataclass(frozen=True)
class Point:
    """The term of a must or a want, with where it stands in the file."""

    party: str
    name: str
    says: str
    term: str | None
    stake_of: str | None
    after: str | None
    source: Origin
    place: Place = field(repr=False)
    node: Mapping_ = field(repr=False)

    @property
    def label(self) -> str:
        """How reports call it: `microsoft: a-stake-worth-having`."""
        return f"{self.party}: {self.name}"

    def place_of(self, *keys: str) -> Place:
        """Where a key of the point has its value, or what stands nearest above it."""
        place, node = self.place, self.node
        for key in keys:
            found = node.get(key)
            if found is None:
                break
            place = found.place
            if isinstance(found, Mapping_):
                node = found
        return place


@dataclass(frozen=True)
class Must:
    """Something without which a side does not sign."""

    point: Point
    document: MustDocument


@dataclass(frozen=True)
class Want:
    """Something that a side would like."""

    point: Point
    document: WantDocument

    @property
    def weight(self) -> int:
        """How much it counts."""
        return self.document.weight.lowest


@dataclass(frozen=True)
class Position:
    """A side's position."""

    id: str
    title: str
    party: str
    agreement: str
    term_sheet: str
    sources: Mapping[str, SourceDocument]
    musts: tuple[Must, ...]
    wants: tuple[Want, ...]
    walk_away: int
    """The least satisfaction for which it still signs, in thousandths."""
    root: Mapping_ = field(repr=False)

    @property
    def file(self) -> str:
        """The file that it was read from."""
        return self.root.place.file

    @property
    def points(self) -> list[Point]:
        """What the side must have and what it wants."""
        return [*(must.point for must in self.musts), *(want.point for want in self.wants)]

    @property
    def label(self) -> str:
        """How reports call its walk-away. No must has this name: a name holds no underscore."""
        return f"{self.party}: walk_away"

    def place_of(self, key: str) -> Place:
        """Where a key of the file has its value; the start of the file where it is not written."""
        node = self.root.get(key)
        return node.place if node is not None else self.root.place


def read_position(file: Path | str | Mapping_) -> Position:
    """Read a position from its file, or its text. Raises InputError with everything that is wrong with it."""
    root = file if isinstance(file, Mapping_) else read_file(file)
    problems = Problems()
    document = validate(PositionDocument, root, problems, "a position")
    problems.raise_as(InputError)
    assert document is not None
    musts = [Must(_point(document, name, one, root, "must"), one) for name, one in sorted(document.must.items())]
    wants = [Want(_point(document, name, one, root, "wants"), one) for name, one in sorted(document.wants.items())]
    if not musts and not wants:
        hint = "say what the side must have, or what it wants"
        problems.add("empty-position", "a position needs something under `must` or `wants`", root.place, hint)
    for point in [*(one.point for one in musts), *(one.point for one in wants)]:
        _check_subject(point, problems)
        _check_source(point, document, problems)
    for must in musts:
        _check_must(must, problems)
    for want in wants:
        _check_want(want, problems)
    _check_walk_away(document, root, problems)
    problems.raise_as(InputError)
    return Position(
        id=document.position,
        title=document.title or f"Position of {document.party}",
        party=document.party,
        agreement=document.agreement,
        term_sheet=document.term_sheet,
        sources=document.sources,
        musts=tuple(musts),
        wants=tuple(wants),
        walk_away=document.walk_away.lowest // FINEST,
        root=root,
    )


def _point(document: PositionDocument, name: str, one: PointDocument, root: Mapping_, under: str) -> Point:
    listed = root.items[under]
    assert isinstance(listed, Mapping_)
    node = listed.items[name]
    assert isinstance(node, Mapping_)
    return Point(document.party, name, one.says, one.term, one.stake_of, one.after, one.source, listed.keys[name], node)


def _check_subject(point: Point, problems: Problems) -> None:
    """A point is about one term, or about the stake of somebody after an event."""
    is_stake = point.stake_of is not None and point.after is not None
    if (point.term is None) != is_stake or (point.stake_of is None) != (point.after is None):
        hint = "write `term: clause.term`, or `stake_of: party` with `after: event`"
        problems.add("no-term", f"`{point.name}` should name one term", point.place, hint)
    if point.term is not None and not re.fullmatch(_TERM, point.term):
        hint = "write the id of a clause, a dot, and the name of its term, such as `conversion-equity.stake`"
        problems.add("not-a-term", f"`{point.term}` does not name a term of a clause", point.place_of("term"), hint)


def _check_source(point: Point, document: PositionDocument, problems: Problems) -> None:
    """What is cited is listed, and what is reported is quoted."""
    cited = point.source.document
    if cited is not None and cited not in document.sources:
        hint = did_you_mean(cited, document.sources) or "list it under `sources`, with its title"
        problems.add("unknown-source", f"there is no source `{cited}`", point.place_of("source", "document"), hint)
    if point.source.basis == "reported" and not (cited and point.source.quote):
        hint = "add `document` and `quote`, or write `basis: assumed`"
        sentence = "a reported point needs a document and its words"
        problems.add("reported-without-quote", sentence, point.place_of("source"), hint)


def _check_must(must: Must, problems: Problems) -> None:
    """A must bounds a quantity, or lists the choices of a choice."""
    document, point = must.document, must.point
    bounded = document.at_least is not None or document.at_most is not None
    if not bounded and not document.one_of:
        hint = "add `at_least`, `at_most` or `one_of`"
        problems.add("empty-must", f"`{point.name}` does not say what it must be", point.place, hint)
    elif document.one_of and (bounded or point.term is None):
        hint = "a quantity has `at_least` and `at_most`, a choice `one_of`"
        problems.add("mixed-must", f"`{point.name}` lists choices for a quantity", point.place_of("one_of"), hint)
    _check_repeated(point, "one_of", document.one_of, problems)


def _check_want(want: Want, problems: Problems) -> None:
    """A want leads from one value to another, or lists choices from the best to the worst; and it counts."""
    document, point = want.document, want.point
    ends = [end for end in (document.from_, document.to) if end is not None]
    if len(ends) != (0 if document.best else 2) or (document.best and point.term is None):
        hint = "add `from` and `to`, or for a choice `best`"
        problems.add("empty-want", f"`{point.name}` does not say what is wanted", point.place, hint)
    weight = document.weight
    if not weight.is_exact or not 1 <= weight.lowest <= MAXIMUM_WEIGHT:
        hint = f"write a whole number from 1 to {MAXIMUM_WEIGHT}, or leave the want out"
        node = point.node.get("weight")
        written = node.text if isinstance(node, Scalar) else str(weight)
        problems.add("not-a-weight", f"`{written}` is no weight of a want", point.place_of("weight"), hint)
    _check_repeated(point, "best", document.best, problems)


def _check_repeated(point: Point, key: str, choices: Sequence[str], problems: Problems) -> None:
    for choice in sorted(set(choices)):
        if choices.count(choice) > 1:
            sentence = f"`{point.name}` lists `{choice}` twice"
            problems.add("listed-twice", sentence, point.place_of(key), "list each choice once")


def _check_walk_away(document: PositionDocument, root: Mapping_, problems: Problems) -> None:
    """A walk-away is one tenth of a percent or another, and there is something for it to measure."""
    level, node = document.walk_away, root.get("walk_away")
    place = node.place if node is not None else root.place
    if not level.is_exact or level.lowest > Percentage.ONE:
        hint = "write one percentage from 0% to 100%"
        problems.add("not-a-walk-away", f"`{level}` is no share of satisfaction", place, hint)
    elif level.lowest % FINEST:
        hint = "satisfaction is counted in tenths of a percent: round it yourself"
        problems.add("not-a-walk-away", f"`{level}` is finer than a tenth of a percent", place, hint)
    elif level.lowest and not document.wants:
        hint = "add what the side wants under `wants`, or leave the walk-away out"
        problems.add("not-a-walk-away", "without wants there is no satisfaction to walk away from", place, hint)


# --- the values of a point, by the type of its term


def value_of(point: Point, key: str, type: TermType, problems: Problems) -> Value | None:
    """The single value that a point states, read by the type of its term; None after noting what is wrong."""
    node = point.node.get(key)
    if not isinstance(node, Scalar):
        return None
    value_type = VALUE_TYPES[type.name]
    try:
        value: Value = value_type.read(node.text.strip())
    except NotAValue as error:
        problems.add("not-a-value", str(error), node.place, error.hint or f"write {value_type.form}")
        return None
    if not value.is_exact:
        hint = "write a day, such as `2026-03-31`" if type.name == Date.type_name else "write one value, not a range"
        problems.add("not-one-value", f"`{node.text}` is not a single value", node.place, hint)
        return None
    return value


def choices_of(point: Point, key: str, type: TermType, problems: Problems) -> list[str]:
    """The choices that a point lists, each one of those of its term; noting those that are not."""
    node: Node | None = point.node.get(key)
    found = []
    for item in node.items if isinstance(node, Listed) else ():
        if isinstance(item, Scalar) and item.text in type.choices:
            found.append(item.text)
        elif isinstance(item, Scalar):
            hint = did_you_mean(item.text, type.choices) or f"one of: {', '.join(type.choices)}"
            problems.add("not-a-choice", f"`{item.text}` is not one of the choices of `{point.term}`", item.place, hint)
    return found


def suits(point: Point, is_choice: bool, problems: Problems) -> bool:
    """Whether a point speaks of its term as the quantity or the choice that it is; noting where it does not."""
    wrong = ("at_least", "at_most", "from", "to") if is_choice else ("one_of", "best")
    written = [key for key in wrong if point.node.get(key) is not None]
    for key in written:
        what = "a choice, not a quantity" if is_choice else "a quantity, not a choice"
        hint = "use `one_of` or `best`" if is_choice else "use `at_least` and `at_most`, or `from` and `to`"
        problems.add("other-sort-of-term", f"`{point.term}` is {what}", point.place_of(key), hint)
    return not written


def clause_of(term: str) -> tuple[str, str]:
    """The clause and the name of a term written `clause.term`; an empty clause for the term sheet's own."""
    clause, _, name = term.partition(".")
    return ("" if term == EFFECTIVE else clause), name
