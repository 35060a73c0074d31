"""Facts whose values may be open: each term as the columns that the formulas of `language.rewrite` speak of.

A quantity has its lowest and its highest value, a text a code, a list the condition under which each item is in it;
and each of them the condition under which it is stated. All of these are known, or stand for what is to be found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from clauses.engines.smt.logic import Bool, Int, every, no
from clauses.language.rewrite import OPEN
from clauses.terms.facts import Fact, Incomplete
from clauses.terms.values import Money, Value


class Codes:
    """Numbers for texts: equal texts have equal numbers."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def of(self, text: str) -> int:
        """The number of a text."""
        return self.numbers.setdefault(text, len(self.numbers))

    def text(self, number: int) -> str:
        """The text of a number that `of` gave."""
        return list(self.numbers)[number]


@dataclass(frozen=True)
class Quotient:
    """A stake that the cap table works out, as a fraction of whole numbers; rounded down or up to a unit."""

    above: Int
    below: Int
    """Greater than zero."""
    upward: bool


@dataclass(frozen=True)
class Quantity:
    """An amount, a percentage, a date, a length of time or a number."""

    stated: Bool
    lowest: Int | Quotient
    highest: Int | Quotient
    currency: int | None = None
    """The code of the currency of an amount."""

    @staticmethod
    def not_stated(limit: int) -> Quantity:
        """A quantity that could be anything."""
        return Quantity(False, -OPEN * limit, OPEN * limit)


@dataclass(frozen=True)
class Text:
    """A text, a party, a clause or a choice."""

    stated: Bool
    code: Int


@dataclass(frozen=True)
class List:
    """A list; `whole` where nothing can be in it beside its items."""

    stated: Bool
    whole: bool
    items: Mapping[int, Bool]
    """The condition under which each code is in the list."""

    def is_empty(self) -> Bool:
        """Whether nothing is in the list."""
        return every([self.stated, *(no(present) for present in self.items.values())])


Symbol = Quantity | Text | List
NOT_STATED = Text(False, -1)


@dataclass(frozen=True)
class SymbolicFact:
    """A fact as the solver sees it."""

    kind: str
    id: str
    layers: frozenset[str]
    certainly: Bool
    """The condition under which it stands for certain."""
    possibly: Bool
    """The condition under which it may stand."""
    terms: Mapping[str, Symbol]
    fact: Fact | None = field(default=None, compare=False, repr=False)
    """The fact that it was made from."""

    def with_terms(self, terms: Mapping[str, Symbol]) -> SymbolicFact:
        """The fact with some terms put in the place of its own."""
        return replace(self, terms={**self.terms, **terms})


def symbolic(fact: Fact, codes: Codes) -> SymbolicFact:
    """A fact with nothing open in it."""
    terms = {name: symbol(value, codes) for name, value in fact.values.items()}
    return SymbolicFact(fact.kind, fact.id, fact.layers, fact.certain, True, terms, fact)


def symbol(value: object, codes: Codes) -> Symbol:
    """A value with nothing open in it."""
    if isinstance(value, Value):
        currency = codes.of(value.currency) if isinstance(value, Money) else None
        return Quantity(True, value.lowest, value.highest, currency)
    if isinstance(value, tuple):
        return List(True, not isinstance(value, Incomplete), {codes.of(item): True for item in value})
    return Text(True, codes.of(str(value)))
