"""The operators of the rule language: one table that the parser, the checker, the printer and the engines share.

A new operator is a row here. Every engine ends its `match` on `Operator` in `assert_never`, so the type
checker names each of them that has to learn it.
"""

from __future__ import annotations

from enum import Enum


class Operator(Enum):
    """An operator: how it is written, how tightly it binds, and how it reads in a sentence."""

    OR = ("or", 1, "or")
    AND = ("and", 2, "and")
    NOT = ("not", 3, "not")
    EQUAL = ("==", 4, "is")
    UNEQUAL = ("!=", 4, "is not")
    BELOW = ("<", 4, "is below")
    AT_MOST = ("<=", 4, "is at most")
    ABOVE = (">", 4, "is above")
    AT_LEAST = (">=", 4, "is at least")
    IN = ("in", 4, "is one of")
    NOT_IN = ("not in", 4, "is not one of")
    PLUS = ("+", 5, "plus")
    MINUS = ("-", 5, "minus")
    TIMES = ("*", 6, "times")

    def __init__(self, symbol: str, precedence: int, reads: str) -> None:
        self.symbol = symbol
        self.precedence = precedence
        self.reads = reads


COMPARISONS = {
    operator.symbol: operator
    for operator in (
        Operator.EQUAL, Operator.UNEQUAL, Operator.BELOW, Operator.AT_MOST, Operator.ABOVE, Operator.AT_LEAST,
    )
}  # fmt: skip

OPPOSITE = {
    Operator.EQUAL: Operator.UNEQUAL,
    Operator.UNEQUAL: Operator.EQUAL,
    Operator.BELOW: Operator.AT_LEAST,
    Operator.AT_LEAST: Operator.BELOW,
    Operator.ABOVE: Operator.AT_MOST,
    Operator.AT_MOST: Operator.ABOVE,
    Operator.IN: Operator.NOT_IN,
    Operator.NOT_IN: Operator.IN,
}
"""What holds exactly when the operator does not."""

DATE_WORDS = {
    Operator.BELOW: "is before",
    Operator.AT_MOST: "is on or before",
    Operator.ABOVE: "is after",
    Operator.AT_LEAST: "is on or after",
}
"""How comparisons of dates read."""

FUNCTIONS = {
    "stated": "stated(x): whether the term x is stated at all",
    "overlaps": "overlaps(a, b): whether the periods of two clauses have a day in common",
    "prevails": "prevails(a, b): whether clause a prevails over clause b (`notwithstanding`, `subject_to`)",
    "currency": "currency(x): the currency of an amount of money",
}
"""The functions of the language, each with what it means."""

RESERVED = {"and", "or", "not", "in", "parameters", "context", *FUNCTIONS}
"""Words that cannot name a clause in a rule."""
