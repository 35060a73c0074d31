"""The types of expressions, and what may be done with them.

A quantity has a dimension and a number of percentages multiplied into it: `stake * pre_money` is money with
one percentage, so it compares with `floor * (pre_money + amount)` and, exactly, with plain money.
"""

from __future__ import annotations

from dataclasses import dataclass

from clauses.terms.kinds import TermType
from clauses.terms.values import VALUE_TYPES, Percentage

DATE, DAYS, MONTHS, MONEY, NUMBER = "date", "days", "months", "money", "number"


@dataclass(frozen=True)
class Quantity:
    """The type of a numeric expression."""

    dimension: str
    percentages: int = 0

    def __str__(self) -> str:
        if self.dimension == NUMBER and self.percentages == 1:
            return "percentage"
        extra = " × percentage" * self.percentages
        return f"{'a number' if self.dimension == NUMBER and extra else self.dimension}{extra}"


Type = TermType | Quantity


def type_of(term: TermType) -> Type:
    """The type of an expression that is a single term."""
    if term.is_list or term.name not in VALUE_TYPES:
        return term
    return Quantity(NUMBER, 1) if term.name == Percentage.type_name else Quantity(term.name)


def sum_of(left: Quantity, right: Quantity) -> Quantity | None:
    """The type of `left + right`, or None where it means nothing."""
    if left == right and left.dimension != DATE:
        return left
    if {left, right} == {Quantity(DATE), Quantity(DAYS)}:
        return Quantity(DATE)
    return None


def difference_of(left: Quantity, right: Quantity) -> Quantity | None:
    """The type of `left - right`, or None where it means nothing."""
    if left == right:
        return Quantity(DAYS) if left.dimension == DATE else left
    return Quantity(DATE) if (left, right) == (Quantity(DATE), Quantity(DAYS)) else None


def product_of(left: Quantity, right: Quantity) -> Quantity | None:
    """The type of `left * right`: one side must be a number or a percentage."""
    for one, other in ((left, right), (right, left)):
        if one.dimension == NUMBER and other.dimension != DATE:
            return Quantity(other.dimension, one.percentages + other.percentages)
    return None


def comparable(left: Type, right: Type) -> bool:
    """Whether two expressions may be compared with `==` and `!=`; quantities also with `<` and its kin."""
    if isinstance(left, Quantity) and isinstance(right, Quantity):
        if left.dimension != right.dimension:
            return False
        return left.dimension != NUMBER or bool(left.percentages) == bool(right.percentages)
    if isinstance(left, TermType) and isinstance(right, TermType):
        if left.is_list or right.is_list:
            return False
        if left.name == right.name == "choice":
            return bool(set(left.choices) & set(right.choices))
        return left.name == right.name
    return False
