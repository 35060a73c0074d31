"""The two-valued formulas of conditions, evaluated over symbolic facts."""

from __future__ import annotations

from collections.abc import Mapping

import z3

from clauses.engines.smt.logic import Bool, Int, at_most, equal, every, no, some
from clauses.engines.smt.symbols import NOT_STATED, Codes, List, Quantity, Quotient, SymbolicFact, Text
from clauses.language.rewrite import OPEN, AllOf, Among, AnyOf, Column, Flag, Formula, Linear, Same
from clauses.terms.kinds import TermType
from clauses.terms.values import VALUE_TYPES

Clauses = Mapping[str, SymbolicFact]
Types = Mapping[str, Mapping[str, TermType]]
"""The types of the terms of each alias: they say how far a quantity that is not stated may range."""


class Formulas:
    """Evaluates formulas; keeps the numbers of the texts, and what it had to assume of auxiliary numbers."""

    def __init__(self, codes: Codes) -> None:
        self.codes = codes
        self.definitions: list[Bool] = []
        """What defines the numbers that stand for rounded quotients: to be asserted beside every claim."""
        self._rounded: dict[Quotient, Int] = {}

    def holds(self, formula: Formula, clauses: Clauses, types: Types) -> Bool:
        """Whether a formula holds of some clauses."""
        match formula:
            case AllOf(parts):
                return every(self.holds(part, clauses, types) for part in parts)
            case AnyOf(parts):
                return some(self.holds(part, clauses, types) for part in parts)
            case Linear():
                return self.linear(formula, clauses, types)
            case Same():
                return self.same(formula, clauses)
            case Among():
                return self.among(formula, clauses)
            case Flag(column, holds):
                stated = _stated(clauses[column.alias], column.term)
                return stated if holds else no(stated)
        raise AssertionError(formula)

    # --- texts

    def code(self, column: Column | str, clauses: Clauses) -> Text:
        """A text, or the currency of an amount."""
        if isinstance(column, str):
            return Text(True, self.codes.of(column))
        symbol = clauses[column.alias].terms.get(column.term, NOT_STATED)
        if isinstance(symbol, Quantity):
            return Text(symbol.stated, -1 if symbol.currency is None else symbol.currency)
        assert isinstance(symbol, Text)
        return symbol

    def same(self, formula: Same, clauses: Clauses) -> Bool:
        """Whether two texts are the same, or may be."""
        left, right = self.code(formula.left, clauses), self.code(formula.right, clauses)
        alike = equal(left.code, right.code)
        matches = alike if formula.holds else no(alike)
        both = every([left.stated, right.stated])
        return every([both, matches]) if formula.certainly else some([no(both), matches])

    def among(self, formula: Among, clauses: Clauses) -> Bool:
        """Whether a text is in a list, or may be."""
        item = self.code(formula.item, clauses)
        listed = clauses[formula.alias].terms.get(formula.term)
        if listed is None:
            return not formula.certainly
        assert isinstance(listed, List)
        inside = some(every([equal(item.code, code), present]) for code, present in listed.items.items())
        both = every([item.stated, listed.stated])
        is_in = every([both, inside])
        is_out = every([listed.whole, some([listed.is_empty(), every([both, no(inside)])])])
        wanted, opposite = (is_in, is_out) if formula.holds else (is_out, is_in)
        return wanted if formula.certainly else no(opposite)

    # --- quantities

    def linear(self, formula: Linear, clauses: Clauses, types: Types) -> Bool:
        """Whether a sum is below zero, or at most zero."""
        total: Int = formula.constant + (1 if formula.strict else 0)
        quotients: list[tuple[int, Quotient]] = []
        for coefficient, columns in formula.terms:
            factors = [self.bound(column, clauses, types) for column in columns]
            if len(factors) == 1 and isinstance(factors[0], Quotient):
                quotients.append((coefficient, factors[0]))
                continue
            product: Int = coefficient
            for factor in factors:
                product = product * (self.rounded(factor) if isinstance(factor, Quotient) else factor)
            total = total + product
        if len(quotients) == 1:
            return _quotient_at_most_zero(*quotients[0], total)
        for coefficient, quotient in quotients:
            total = total + coefficient * self.rounded(quotient)
        return at_most(total, 0)

    def bound(self, column: Column, clauses: Clauses, types: Types) -> Int | Quotient:
        """The lowest or the highest value of a quantity."""
        symbol = clauses[column.alias].terms.get(column.term)
        if symbol is None:
            widest = OPEN * VALUE_TYPES[types[column.alias][column.term].name].limit
            return widest if column.part == "highest" else -widest
        assert isinstance(symbol, Quantity)
        return symbol.highest if column.part == "highest" else symbol.lowest

    def rounded(self, quotient: Quotient) -> Int:
        """A quotient as a number of its own, with what defines it."""
        if isinstance(quotient.above, int) and isinstance(quotient.below, int):
            down = quotient.above // quotient.below
            return -(-quotient.above // quotient.below) if quotient.upward else down
        if quotient not in self._rounded:
            number = z3.Int(f"rounded.{len(self._rounded)}")
            above, below = quotient.above, quotient.below
            slack = below - 1 if quotient.upward else 0
            self.definitions += [number * below <= above + slack, above + slack < (number + 1) * below]
            self._rounded[quotient] = number
        return self._rounded[quotient]


def _stated(fact: SymbolicFact, term: str) -> Bool:
    symbol = fact.terms.get(term)
    return False if symbol is None else symbol.stated


def _quotient_at_most_zero(coefficient: int, quotient: Quotient, rest: Int) -> Bool:
    """Whether `coefficient × quotient + rest <= 0`, with the quotient rounded, and nothing divided.

    A whole number is at most m where what is rounded up to it is at most m, or what is rounded down is below m + 1.
    """
    above, below = quotient.above, quotient.below
    if coefficient > 0:
        most = _divided_down(-rest, coefficient)
        return at_most(above, most * below) if quotient.upward else at_most(above + 1, (most + 1) * below)
    least = -_divided_down(-rest, -coefficient)  # coefficient × q + rest <= 0, so q >= rest ÷ |coefficient|
    return at_most((least - 1) * below + 1, above) if quotient.upward else at_most(least * below, above)


def _divided_down(number: Int, divisor: int) -> Int:
    if divisor == 1:
        return number
    return number // divisor if isinstance(number, int) else number / divisor
