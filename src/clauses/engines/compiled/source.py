"""Formulas as Python expressions.

Rules are untrusted text, and none of their text becomes code: names are made here from numbers, and a constant, be
it a whole number or a text, stands in a table from which the code reads it, or is written by `repr`, which turns
every text into the literal of that text and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from clauses.language.rewrite import AllOf, Among, AnyOf, Column, Flag, Formula, Linear, Same

Name = Callable[[str, str, str], str]
"""The expression for a column, by alias, term and part."""

Constant = int | str


@dataclass(frozen=True)
class Selector:
    """A conjunct that a table of rules can be searched by: `subject < constant`, `subject <= constant` or
    `subject == constant`; with `==`, a subject that is None fits every constant."""

    subject: str
    sign: str
    constant: int
    """The number of the constant."""
    unless: str = ""
    """What makes the conjunct true whatever the subject: an amount in another currency, say."""
    also: frozenset[int] = frozenset()
    """The constants in `unless`."""


@dataclass(frozen=True)
class Conjunct:
    """One part of a condition: its text, the aliases that it reads, its constants, and whether it can be searched."""

    text: str
    aliases: frozenset[str] = field(compare=False)
    constants: frozenset[int]
    selector: Selector | None


class Writer:
    """Writes the formulas of one rule, and gathers its constants, which the text calls `{0}`, `{1}`, …"""

    def __init__(self, name: Name) -> None:
        self.name = name
        self.constants: list[Constant] = []

    def conjuncts(self, formula: Formula) -> list[Conjunct]:
        """The parts of a formula that must all hold."""
        return [self.conjunct(part) for part in (formula.parts if isinstance(formula, AllOf) else (formula,))]

    def conjunct(self, formula: Formula) -> Conjunct:
        """A formula as one part."""
        before = len(self.constants)
        text, selector = self.searchable(formula)
        return Conjunct(text, _aliases(formula), frozenset(range(before, len(self.constants))), selector)

    def searchable(self, formula: Formula) -> tuple[str, Selector | None]:
        """The text of a formula, and how it can be searched by, if it can."""
        match formula:
            case Linear():
                subject, sign, number = self.linear(formula)
                return compared(subject, sign, number), Selector(subject, sign, number)
            case Same(left, str(), certainly=False, holds=True):
                return self.text(formula), Selector(self.column(left), "==", len(self.constants) - 1)
            case AnyOf((*others, Linear() as last)) if others and not any(isinstance(o, Linear) for o in others):
                before = len(self.constants)
                unless = " or ".join(self.text(other) for other in others)
                also = frozenset(range(before, len(self.constants)))
                subject, sign, number = self.linear(last)
                text = f"({unless} or {compared(subject, sign, number)})"
                return text, Selector(subject, sign, number, unless, also)
        return self.text(formula), None

    def text(self, formula: Formula) -> str:
        """The expression of a formula."""
        match formula:
            case AllOf(parts) | AnyOf(parts):
                word = " and " if isinstance(formula, AllOf) else " or "
                neutral = str(isinstance(formula, AllOf))
                return f"({word.join(self.text(part) for part in parts)})" if parts else neutral
            case Linear():
                return compared(*self.linear(formula))
            case Flag(column, holds):
                return self.column(column) if holds else f"not {self.column(column)}"
            case Same():
                return self.same(formula)
            case Among(item, alias, term, certainly, holds):
                question = ("is_in" if holds else "is_not_in") if certainly else ("may_be_in" if holds else "may_miss")
                return f"{question}({self.code(item)}, {self.name(alias, term, 'items')})"
        raise AssertionError(formula)

    def linear(self, formula: Linear) -> tuple[str, str, int]:
        """The sum of the columns, the sign, and the number of the constant on the other side."""
        parts = []
        for coefficient, columns in formula.terms:
            product = " * ".join(self.column(column) for column in columns)
            parts.append(
                product if coefficient == 1 else f"-{product}" if coefficient == -1 else f"{coefficient} * {product}"
            )
        subject = " + ".join(parts) if parts else "0"
        self.constants.append(-formula.constant)
        return subject.replace("+ -", "- "), "<" if formula.strict else "<=", len(self.constants) - 1

    def same(self, formula: Same) -> str:
        left, right = self.column(formula.left), self.code(formula.right)
        sign = "==" if formula.holds else "!="
        open_sides = [left] if isinstance(formula.right, str) else [left, right]
        if formula.certainly:
            if formula.holds:  # what equals a constant, or something stated, is stated
                open_sides = open_sides[1:]
            return f"({' and '.join([f'{left} {sign} {right}', *(f'{side} is not None' for side in open_sides)])})"
        if isinstance(formula.right, str) and not formula.holds:
            return f"{left} != {right}"  # None differs from every text
        return f"({' or '.join([f'{left} {sign} {right}', *(f'{side} is None' for side in open_sides)])})"

    def code(self, item: Column | str) -> str:
        """A column, or a constant by its number."""
        if isinstance(item, Column):
            return self.column(item)
        self.constants.append(item)
        return f"{{{len(self.constants) - 1}}}"

    def column(self, column: Column) -> str:
        return self.name(column.alias, column.term, column.part)


def compared(subject: str, sign: str, number: int) -> str:
    """A comparison with a constant; `-x < -3` is written `x > 3`."""
    if subject.startswith("-") and " " not in subject:
        return f"{subject[1:]} {sign.replace('<', '>')} -{{{number}}}"
    return f"{subject} {sign} {{{number}}}"


def _aliases(formula: Formula) -> frozenset[str]:
    match formula:
        case AllOf(parts) | AnyOf(parts):
            return frozenset().union(*(_aliases(part) for part in parts))
        case Linear(terms):
            return frozenset(column.alias for _, columns in terms for column in columns)
        case Flag(column):
            return frozenset((column.alias,))
        case Same(left, right):
            return frozenset((left.alias, *((right.alias,) if isinstance(right, Column) else ())))
        case Among(item, alias):
            return frozenset((alias, *((item.alias,) if isinstance(item, Column) else ())))
    raise AssertionError(formula)


# --- what the code asks of lists. A list is None where it is not stated, and no plain tuple where it may hold more.


def is_in(item: str | None, items: tuple[str, ...] | None) -> bool:
    """Whether an item is certainly in a list."""
    return items is not None and item is not None and item in items


def is_not_in(item: str | None, items: tuple[str, ...] | None) -> bool:
    """Whether an item is certainly not in a list."""
    return items.__class__ is tuple and (items == () or (item is not None and item not in items))


def may_be_in(item: str | None, items: tuple[str, ...] | None) -> bool:
    """Whether an item may be in a list."""
    return not is_not_in(item, items)


def may_miss(item: str | None, items: tuple[str, ...] | None) -> bool:
    """Whether an item may be none of a list."""
    return not is_in(item, items)


QUESTIONS = {question.__name__: question for question in (is_in, is_not_in, may_be_in, may_miss)}
"""The functions that expressions call, by name."""
