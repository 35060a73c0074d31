"""Facts as rows of whole numbers, the only form in which durable-rules compares exactly.

A column is a recipe for one number of a fact. What a single fact decides is worked out here (its terms in one
sum, say); what two facts decide together is left to the engine, as a comparison of two columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from clauses.language.rewrite import OPEN
from clauses.terms.facts import Fact
from clauses.terms.values import VALUE_TYPES, Money

WIDEST_CODE = 10**9
"""A text that is not stated ranges over all codes: from minus this to this."""


class Codes:
    """Numbers for texts: equal texts have equal numbers. Values that are not stated get numbers of their own."""

    def __init__(self, known: Mapping[str, int] | None = None) -> None:
        self.known = dict(known or {})
        self.unstated = 0

    def of(self, text: str) -> int:
        """The number of a text."""
        return self.known.setdefault(text, len(self.known) + 1)

    def of_unstated(self) -> int:
        """A number that equals no other."""
        self.unstated -= 1
        return self.unstated


@dataclass(frozen=True)
class Cell:
    """One number of a term: `lowest` or `highest` of a quantity; `code`, `first` or `last` of a text or a
    currency (`first` to `last` is every code that it could be); or `stated`."""

    term: str
    part: str
    of_currency: bool = False


@dataclass(frozen=True)
class Sum:
    """A sum of products of a fact's quantities, plus a constant."""

    terms: tuple[tuple[int, tuple[Cell, ...]], ...]
    constant: int


@dataclass(frozen=True)
class Equal:
    """1 where two codes of the same fact are equal, else 0."""

    left: Cell
    right: Cell


@dataclass(frozen=True)
class Overlap:
    """1 where two texts of the same fact could be equal, else 0."""

    left: Cell
    right: Cell


@dataclass(frozen=True)
class Mark:
    """`certain`, the name of a layer, `number` (the fact's own), or `zero`."""

    name: str


Recipe = Cell | Sum | Equal | Overlap | Mark
Row = Callable[[Fact, int, Codes], int]


def reader(recipe: Recipe, limits: Mapping[str, int]) -> Row:
    """How to work out a column. `limits` gives the limit of each quantity of the kind."""
    match recipe:
        case Cell(term, "stated"):
            return lambda fact, number, codes: int(term in fact.values)
        case Cell(term, part, of_currency) if part in ("code", "first", "last"):
            return _code_reader(term, part, of_currency)
        case Cell(term, part):
            return _bound_reader(term, part, OPEN * limits[term])
        case Sum(terms, constant):
            return _sum_reader(terms, constant, limits)
        case Equal(left, right):
            return _pair_reader(left, right, lambda a, b: a is not None and a == b)
        case Overlap(left, right):
            return _pair_reader(left, right, lambda a, b: a is None or b is None or a == b)
        case Mark("certain"):
            return lambda fact, number, codes: int(fact.certain)
        case Mark("number"):
            return lambda fact, number, codes: number
        case Mark("zero"):
            return lambda fact, number, codes: 0
        case Mark(layer):
            return lambda fact, number, codes: int(layer in fact.layers)
    raise AssertionError(recipe)


def limits_of(types: Mapping[str, object]) -> dict[str, int]:
    """The limit of each quantity among the terms of a kind."""
    named = {name: getattr(type, "name", "") for name, type in types.items()}
    return {name: VALUE_TYPES[type].limit for name, type in named.items() if type in VALUE_TYPES}


def _text_of(fact: Fact, cell: Cell) -> str | None:
    """A text of a fact, or the currency of an amount; None where it is not stated."""
    value = fact.values.get(cell.term)
    if cell.of_currency:
        return value.currency if isinstance(value, Money) else None
    return value if value is None else str(value)


def _code_reader(term: str, part: str, of_currency: bool) -> Row:
    open_end = {"first": -WIDEST_CODE, "last": WIDEST_CODE}.get(part)

    def read(fact: Fact, number: int, codes: Codes) -> int:
        value = fact.values.get(term)
        if value is None:
            return codes.of_unstated() if open_end is None else open_end
        return codes.of(value.currency if of_currency else value)  # type: ignore[union-attr, arg-type]

    return read


def _bound_reader(term: str, part: str, widest: int) -> Row:
    def lowest(fact: Fact, number: int, codes: Codes) -> int:
        value = fact.values.get(term)
        return -widest if value is None else value.lowest  # type: ignore[union-attr]

    def highest(fact: Fact, number: int, codes: Codes) -> int:
        value = fact.values.get(term)
        return widest if value is None else value.highest  # type: ignore[union-attr]

    return highest if part == "highest" else lowest


def _sum_reader(terms: tuple[tuple[int, tuple[Cell, ...]], ...], constant: int, limits: Mapping[str, int]) -> Row:
    parts = [(coefficient, [reader(cell, limits) for cell in cells]) for coefficient, cells in terms]

    def read(fact: Fact, number: int, codes: Codes) -> int:
        total = constant
        for coefficient, factors in parts:
            for factor in factors:
                coefficient *= factor(fact, number, codes)
            total += coefficient
        return total

    return read


def _pair_reader(left: Cell, right: Cell, holds: Callable[[str | None, str | None], bool]) -> Row:
    def read(fact: Fact, number: int, codes: Codes) -> int:
        return int(holds(_text_of(fact, left), _text_of(fact, right)))

    return read
