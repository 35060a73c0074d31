"""Which columns of a fact the rules read, and facts as rows of them.

A row is `(what it is of, certain, column, column, …)`. What stands first is what a match names: the number of a
fact, or whatever else the maker of the rows puts there. The columns are those of `clauses.language.rewrite`, and for
a list one more part, `items`: the list itself, or None where it is not stated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from clauses.language.rewrite import OPEN
from clauses.terms.facts import FactValue
from clauses.terms.kinds import TermType
from clauses.terms.values import VALUE_TYPES

Row = tuple[Any, ...]
Cell = Callable[[FactValue | None], Any]
"""A column made from the value of its term."""

FIXED = 2
"""How many entries a row has before its columns."""


class Columns:
    """The columns that are read of each kind, numbered as they are first asked for."""

    def __init__(self) -> None:
        self.of_kind: dict[str, dict[tuple[str, str], int]] = {}
        self.types: dict[str, Mapping[str, TermType]] = {}

    def index(self, kind: str, types: Mapping[str, TermType], term: str, part: str) -> int:
        """Where a column stands in the rows of a kind."""
        known = self.of_kind.setdefault(kind, {})
        self.types[kind] = types
        return known.setdefault((term, part), len(known) + FIXED)

    def cells(self, kind: str) -> list[tuple[str, Cell]]:
        """The columns of a kind in their order: the term of each, and how it is made."""
        return [(term, cell(self.types[kind][term].name, part)) for term, part in self.of_kind.get(kind, {})]

    def row(self, kind: str) -> Callable[[Any, bool, Mapping[str, FactValue | None]], Row]:
        """What makes the rows of a kind from the values of a fact."""
        cells = self.cells(kind)

        def made(what: Any, certain: bool, values: Mapping[str, FactValue | None]) -> Row:
            return (what, certain, *[made_of(values.get(term)) for term, made_of in cells])

        return made


def unstated(type_name: str) -> tuple[int, int]:
    """The range of a quantity that is not stated."""
    widest = OPEN * VALUE_TYPES[type_name].limit
    return -widest, widest


def cell(type_name: str, part: str) -> Cell:
    """How one column is made from the value of a term of a type."""
    match part:
        case "lowest" | "highest":
            open_end = unstated(type_name)[part == "highest"]
            return lambda value: open_end if value is None else getattr(value, part)
        case "currency":
            return lambda value: getattr(value, "currency", None)
        case "stated":
            return lambda value: value is not None
    return lambda value: value
