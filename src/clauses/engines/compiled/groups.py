"""Rules of the same shape, brought together.

Two rules have the same shape where they differ in nothing but constants. They share one piece of code: what they have
in common is asked once, and where a constant differs, a sorted table (or a table by text) leads straight to the rules
that may hold. So a hundred thresholds for one term cost little more than one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from clauses.engines.compiled.columns import Columns
from clauses.engines.compiled.source import Conjunct, Constant, Selector, Writer
from clauses.language.rewrite import rewrite
from clauses.language.rule import Pattern, Rule
from clauses.terms.facts import GENERAL_KINDS
from clauses.terms.kinds import TermType
from clauses.terms.values import Value

CONTEXT = "context"
Slot = tuple[str, str | None]
"""A kind and a layer: where a pattern looks for its facts."""

EXCUSE = "u"
"""How the code calls the fact that may excuse."""


@dataclass(frozen=True)
class Excuse:
    """An `unless`: where it looks, and both formulas as text."""

    slot: Slot
    possibly: str
    certainly: str


@dataclass(frozen=True)
class Shape:
    """What rules of one piece of code have in common. Texts name constants `{0}`, `{1}`, …"""

    slots: tuple[Slot, ...]
    possibly: tuple[tuple[Conjunct, int], ...]
    """The conjuncts of the condition, each with the pattern at which it can be asked."""
    certainly: str
    excuses: tuple[Excuse, ...]


@dataclass(frozen=True)
class Member:
    """A rule of a group: its number, and its constants."""

    rule: int
    constants: tuple[Constant, ...]


@dataclass(frozen=True)
class Group:
    """Rules of one shape."""

    shape: Shape
    members: tuple[Member, ...]

    def varying(self) -> frozenset[int]:
        """The constants that are not the same for all members."""
        columns = zip(*(member.constants for member in self.members), strict=True)
        return frozenset(n for n, column in enumerate(columns) if any(one != column[0] for one in column))

    def selector(self) -> Selector | None:
        """The conjunct by which the members are looked up: one that asks for a text before one that compares."""
        varying = self.varying()
        known = [conjunct.selector for conjunct, _ in self.shape.possibly if conjunct.selector]
        found = [one for one in known if one.constant in varying and one.also.isdisjoint(varying)]
        return min(found, key=lambda one: one.sign != "==", default=None)

    def text(self, text: str, varying: frozenset[int]) -> str:
        """A text of the shape with its constants: written out, or as entries of the member's row `r`."""
        first = self.members[0].constants
        return text.format(*(f"r[{n}]" if n in varying else repr(value) for n, value in enumerate(first)))


Kinds = Callable[[str], str]
"""The name under which a kind has its columns and slots."""


def shape_of(
    rule: Rule,
    parameters: Mapping[str, Value | str],
    columns: Columns,
    kind_name: Kinds,
    is_row: bool = True,
) -> tuple[Shape, tuple[Constant, ...]]:
    """The shape of a rule, and its constants. Without `is_row` columns are variables of the first pattern."""
    aliases = [pattern.alias for pattern in rule.given]
    types = {pattern.alias: (kind_name(pattern.kind), pattern.types) for pattern in rule.given}
    excuse: dict[str, tuple[str, Mapping[str, TermType]]] = {}

    def name(alias: str, term: str, part: str) -> str:
        if alias == CONTEXT:
            return f"context[{columns.index(CONTEXT, GENERAL_KINDS[CONTEXT], term, part)}]"
        kind, known = excuse[alias] if alias in excuse else types[alias]
        index = columns.index(kind, known, term, part)
        if alias in excuse:
            return f"{EXCUSE}[{index}]"
        return f"x{aliases.index(alias)}[{index}]" if is_row else f"v{index}"

    writer = Writer(name)
    both = rewrite(rule.when, parameters)
    placed = []
    for conjunct in writer.conjuncts(both.possibly):
        read = [aliases.index(alias) for alias in conjunct.aliases if alias in aliases]
        placed.append((conjunct, max(read, default=0)))
    certainly = writer.text(both.certainly)
    excuses = []
    for absence in rule.unless:
        excuse = {absence.pattern.alias: (kind_name(absence.pattern.kind), absence.pattern.types)}
        formulas = rewrite(absence.when, parameters)
        texts = writer.text(formulas.possibly), writer.text(formulas.certainly)
        excuses.append(Excuse(_slot(absence.pattern, kind_name), *texts))
    slots = tuple(_slot(pattern, kind_name) for pattern in rule.given)
    return Shape(slots, tuple(placed), certainly, tuple(excuses)), tuple(writer.constants)


def _slot(pattern: Pattern, kind_name: Kinds) -> Slot:
    return kind_name(pattern.kind), pattern.layer


def grouped(shaped: Iterable[tuple[int, Shape, tuple[Constant, ...]]]) -> list[Group]:
    """Groups of the rules of one shape, in the order of their first rules."""
    found: dict[tuple[Any, ...], list[Member]] = {}
    for rule, shape, constants in shaped:
        key = shape, tuple(type(constant) for constant in constants)
        found.setdefault(key, []).append(Member(rule, constants))
    return [Group(shape, tuple(members)) for (shape, _), members in found.items()]
