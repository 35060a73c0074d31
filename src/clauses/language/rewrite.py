"""The three-valued meaning of a condition as two two-valued formulas, *certainly* and *possibly*.

A term that is not stated could be anything, and a range could be any value in it. `certainly` holds where the
condition is true however the open values turn out, `possibly` where it is true for some way in which they may.
Engines evaluate these formulas and never hear of unknown values: a formula speaks of *columns*, and facts fill
every column of every term:

    x.lowest, x.highest   the range of a quantity; not stated is a range wider than any value (`OPEN` times the limit)
    x.code                a text, party, clause or choice; not stated is a value that equals nothing, not even itself
    x.stated              1 where the term is stated, else 0
    x.currency            the currency of an amount, as `code`

For quantities a comparison becomes `polynomial < 0`. The polynomial is linear in each open value, so it is
least and greatest at corners of the ranges; where each value occurs once, one corner is known to be the one.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from clauses.language.ast import (
    And,
    Arithmetic,
    Compare,
    CurrencyOf,
    Literal,
    Membership,
    Named,
    Node,
    Not,
    Or,
    Parameter,
    Span,
    Stated,
    Term,
    terms,
)
from clauses.language.operators import OPPOSITE, Operator
from clauses.language.parse import ConditionError
from clauses.language.types import Quantity
from clauses.terms.values import VALUE_TYPES, Money, Percentage, Value

OPEN = 4
"""A quantity that is not stated ranges over this many times the largest value of its type, both ways."""

LARGEST = 2**63 - 1
"""Engines compute in 64 bits; a comparison that could exceed them is refused when the pack is loaded."""

MAXIMUM_CORNERS = 64


@dataclass(frozen=True, order=True)
class Column:
    """One column of the fact that an alias stands for."""

    alias: str
    term: str
    part: str
    """`lowest`, `highest`, `code`, `currency` or `stated`."""


@dataclass(frozen=True)
class Linear:
    """`sum of coefficient × columns + constant` compared with zero by `<`, `<=`."""

    terms: tuple[tuple[int, tuple[Column, ...]], ...]
    constant: int
    strict: bool
    """True for `< 0`, False for `<= 0`."""


@dataclass(frozen=True)
class Same:
    """Whether two codes are the same; a constant code is written as its text.

    `certainly` asks for equal codes. Otherwise a value that is not stated could equal anything.
    """

    left: Column
    right: Column | str
    certainly: bool
    holds: bool
    """False for the opposite."""


@dataclass(frozen=True)
class Flag:
    """Whether a `stated` column is 1 (`holds`) or 0."""

    column: Column
    holds: bool


@dataclass(frozen=True)
class Among:
    """Whether a code is among the items of a list term; `certainly` and `holds` as for `Same`."""

    item: Column | str
    alias: str
    term: str
    certainly: bool
    holds: bool


@dataclass(frozen=True)
class AllOf:
    """All of the parts; with none, true."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True)
class AnyOf:
    """Any of the parts; with none, false."""

    parts: tuple[Formula, ...]


Formula = Linear | Same | Flag | Among | AllOf | AnyOf
TRUE, FALSE = AllOf(()), AnyOf(())


@dataclass(frozen=True)
class TwoValued:
    """A condition as the two formulas that engines evaluate."""

    certainly: Formula
    possibly: Formula


def rewrite(condition: Node, parameters: Mapping[str, Value | str]) -> TwoValued:
    """Both formulas of a checked condition. Raises ConditionError where 64 bits would not do."""
    rewriter = _Rewriter(parameters)
    return TwoValued(rewriter.formula(condition, True, True), rewriter.formula(condition, True, False))


def all_of(parts: Iterable[Formula]) -> Formula:
    """The conjunction, flattened, with what is trivially true left out."""
    kept: list[Formula] = []
    for part in parts:
        if part == FALSE:
            return FALSE
        kept += part.parts if isinstance(part, AllOf) else [part]
    unique = tuple(dict.fromkeys(kept))
    return unique[0] if len(unique) == 1 else AllOf(unique)


def any_of(parts: Iterable[Formula]) -> Formula:
    """The disjunction, flattened, with what is trivially false left out."""
    kept: list[Formula] = []
    for part in parts:
        if part == TRUE:
            return TRUE
        kept += part.parts if isinstance(part, AnyOf) else [part]
    unique = tuple(dict.fromkeys(kept))
    return unique[0] if len(unique) == 1 else AnyOf(unique)


class _Rewriter:
    def __init__(self, parameters: Mapping[str, Value | str]) -> None:
        self.parameters = parameters

    def formula(self, node: Node, holds: bool, certainly: bool) -> Formula:
        """The formula for a condition, or for its opposite (`holds` False), in one of the two modes.

        INVARIANT: certainly(not c) is the opposite of possibly(c), so negation is pushed to the atoms and both
        modes keep their own.
        """
        match node:
            case And(parts) | Or(parts):
                each = [self.formula(part, holds, certainly) for part in parts]
                return all_of(each) if isinstance(node, And) == holds else any_of(each)
            case Not(part):
                return self.formula(part, not holds, certainly)
            case Named(meaning=meaning):
                return self.formula(meaning, holds, certainly)
            case Stated(term):
                return Flag(Column(term.alias, term.name, "stated"), holds)
            case Membership(operator, item, container):
                assert isinstance(container, Term)
                among = (operator is Operator.IN) == holds
                return Among(self.code(item), container.alias, container.name, certainly, among)
            case Compare(operator, left, right):
                operator = operator if holds else OPPOSITE[operator]
                if isinstance(_type(left), Quantity):
                    return self.quantities(operator, left, right, certainly, node.span)
                return self.codes(operator is Operator.EQUAL, left, right, certainly)
        raise AssertionError(node)

    # --- codes

    def code(self, node: Node) -> Column | str:
        match node:
            case Term(alias, name):
                return Column(alias, name, "code")
            case CurrencyOf(term):
                return Column(term.alias, term.name, "currency")
            case Parameter(name):
                return str(self.parameters[name])
            case Literal(value):
                return str(value)
        raise AssertionError(node)

    def codes(self, equal: bool, left: Node, right: Node, certainly: bool) -> Formula:
        one, other = self.code(left), self.code(right)
        if isinstance(one, str):
            one, other = other, one
        assert isinstance(one, Column)
        return Same(one, other, certainly, equal)

    # --- quantities

    def quantities(self, operator: Operator, left: Node, right: Node, certainly: bool, span: Span) -> Formula:
        difference = self.difference(left, right, span)
        open_terms = sorted({term for monomial in difference for term in monomial}, key=str)
        atoms = _compare_with_zero(operator, difference, certainly, span)
        read = terms(left) + terms(right)
        vanished = [term for term in dict.fromkeys(read) if term not in open_terms]
        if _needs_presence(difference) or vanished:
            stated = [Flag(Column(t.alias, t.name, "stated"), certainly) for t in sorted(set(read), key=str)]
            atoms = all_of([*stated, atoms]) if certainly else any_of([*stated, atoms])
        return self.same_currency(read, left, right, atoms, certainly)

    def same_currency(
        self, read: tuple[Term, ...], left: Node, right: Node, atoms: Formula, certainly: bool
    ) -> Formula:
        """Amounts compare only in one currency; in two, nobody can tell."""
        amounts = sorted({term for term in read if term.term_type.name == Money.type_name}, key=str)
        if not amounts:
            return atoms
        written = {self.value(n).currency for n in _constants(left, right) if isinstance(self.value(n), Money)}  # type: ignore[union-attr]
        columns = [Column(term.alias, term.name, "currency") for term in amounts]
        first: Column | str = next(iter(written)) if written else columns.pop(0)
        same = [Same(column, first, certainly=certainly, holds=certainly) for column in columns]
        return all_of([*same, atoms]) if certainly else any_of([*same, atoms])

    def value(self, node: Node) -> Value | str:
        if isinstance(node, Parameter):
            return self.parameters[node.name]
        assert isinstance(node, Literal)
        return node.value

    def difference(self, left: Node, right: Node, span: Span) -> Polynomial:
        """`left - right` with whole coefficients, both sides in the same scale, as small as can be."""
        one, other = self.polynomial(left), self.polynomial(right)
        left_type, right_type = _type(left), _type(right)
        assert isinstance(left_type, Quantity) and isinstance(right_type, Quantity)
        shift = left_type.percentages - right_type.percentages
        one = _scaled(one, Percentage.ONE ** max(0, -shift))
        other = _scaled(other, -(Percentage.ONE ** max(0, shift)))
        total = _added(one, other)
        divisor = math.gcd(*total.values()) if total else 1
        total = {monomial: coefficient // divisor for monomial, coefficient in total.items()} if divisor else total
        if any(len(set(monomial)) < len(monomial) for monomial in total):
            raise ConditionError(
                "squared", "a term is multiplied with itself", span, "write the condition without squares"
            )
        _refuse_overflow(total, span)
        return total

    def polynomial(self, node: Node) -> Polynomial:
        match node:
            case Term():
                return {(node,): 1}
            case Literal() | Parameter():
                value = self.value(node)
                assert isinstance(value, Value)
                return {(): value.lowest}
            case Arithmetic(operator, left, right):
                one, other = self.polynomial(left), self.polynomial(right)
                if operator is Operator.TIMES:
                    return _multiplied(one, other)
                return _added(one, other if operator is Operator.PLUS else _scaled(other, -1))
        raise AssertionError(node)


Polynomial = dict[tuple[Term, ...], int]
"""Coefficients by the terms that are multiplied; `()` is the constant."""


def _type(node: Node) -> object:
    assert isinstance(node, Literal | Term | Parameter | Arithmetic | CurrencyOf)
    return node.type


def _constants(*nodes: Node) -> list[Node]:
    found: list[Node] = []
    for node in nodes:
        if isinstance(node, Literal | Parameter):
            found.append(node)
        elif isinstance(node, Arithmetic):
            found += _constants(node.left, node.right)
    return found


def _scaled(polynomial: Polynomial, factor: int) -> Polynomial:
    return {monomial: coefficient * factor for monomial, coefficient in polynomial.items()}


def _added(one: Polynomial, other: Polynomial) -> Polynomial:
    total = dict(one)
    for monomial, coefficient in other.items():
        total[monomial] = total.get(monomial, 0) + coefficient
    return {monomial: coefficient for monomial, coefficient in total.items() if coefficient}


def _multiplied(one: Polynomial, other: Polynomial) -> Polynomial:
    total: Polynomial = {}
    for left, right in itertools.product(one, other):
        monomial = tuple(sorted(left + right, key=str))
        total[monomial] = total.get(monomial, 0) + one[left] * other[right]
    return {monomial: coefficient for monomial, coefficient in total.items() if coefficient}


def _limit(term: Term) -> int:
    return VALUE_TYPES[term.term_type.name].limit


def _refuse_overflow(polynomial: Polynomial, span: Span) -> None:
    bound = sum(abs(c) * math.prod(OPEN * _limit(term) for term in m) for m, c in polynomial.items())
    if bound > LARGEST:
        raise ConditionError(
            "too-large",
            "the numbers compared here can exceed 64 bits",
            span,
            "compare percentages that the cap table works out (`holding.stake`), or use a smaller factor",
        )


def _is_simple(polynomial: Polynomial) -> bool:
    """Whether each open value occurs once and none is multiplied with another."""
    return all(len(monomial) <= 1 for monomial in polynomial)


def _needs_presence(polynomial: Polynomial) -> bool:
    """Whether an open range might fail to outweigh the rest, so that the formula must ask what is stated."""
    if not _is_simple(polynomial):
        return True
    for monomial, coefficient in polynomial.items():
        if monomial:
            others = sum(abs(c) * (_limit(m[0]) if m else 1) for m, c in polynomial.items() if m != monomial)
            if abs(coefficient) * OPEN * _limit(monomial[0]) <= others:
                return True
    return False


def _compare_with_zero(operator: Operator, difference: Polynomial, certainly: bool, span: Span) -> Formula:
    """`difference operator 0` for every completion (`certainly`) or for some."""

    def below(strict: bool, sign: int) -> Formula:
        return _below_zero(_scaled(difference, sign), strict, certainly, span)

    match operator:
        case Operator.BELOW:
            return below(True, 1)
        case Operator.AT_MOST:
            return below(False, 1)
        case Operator.ABOVE:
            return below(True, -1)
        case Operator.AT_LEAST:
            return below(False, -1)
        case Operator.EQUAL:
            # Certainly zero: never above and never below. Possibly zero: not always above, not always below.
            return all_of([below(False, 1), below(False, -1)])
        case Operator.UNEQUAL:
            return any_of([below(True, 1), below(True, -1)])
    raise AssertionError(operator)


def _below_zero(polynomial: Polynomial, strict: bool, certainly: bool, span: Span) -> Formula:
    """`polynomial < 0` at its greatest corner (`certainly`) or its least."""
    if _is_simple(polynomial):
        greatest = {m[0]: (c > 0) == certainly for m, c in polynomial.items() if m}
        return _corner(polynomial, greatest, strict)
    open_terms = sorted({term for monomial in polynomial for term in monomial}, key=str)
    if 2 ** len(open_terms) > MAXIMUM_CORNERS:
        raise ConditionError("too-many-terms", "one comparison multiplies too many terms", span, "split it")
    corners = [
        _corner(polynomial, dict(zip(open_terms, chosen, strict=True)), strict)
        for chosen in itertools.product([False, True], repeat=len(open_terms))
    ]
    return all_of(corners) if certainly else any_of(corners)


def _corner(polynomial: Polynomial, highest: Mapping[Term, bool], strict: bool) -> Formula:
    """The comparison at one corner: each term at its highest or its lowest."""
    parts = []
    for monomial, coefficient in sorted(polynomial.items(), key=lambda item: [str(term) for term in item[0]]):
        if monomial:
            columns = tuple(Column(t.alias, t.name, "highest" if highest[t] else "lowest") for t in monomial)
            parts.append((coefficient, columns))
    constant = polynomial.get((), 0)
    if not parts:
        return TRUE if (constant < 0 if strict else constant <= 0) else FALSE
    return Linear(tuple(parts), constant, strict)
