"""What is done with formulas before they become SQL: names, parts, and what many of them have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from clauses.language.rewrite import AllOf, Among, AnyOf, Column, Flag, Formula, Linear, Same, all_of, any_of


def rebuilt(formula: Formula, atom: Callable[[Formula], Formula]) -> Formula:
    """A formula with each of its atoms put otherwise."""
    match formula:
        case AllOf(parts):
            return all_of(rebuilt(part, atom) for part in parts)
        case AnyOf(parts):
            return any_of(rebuilt(part, atom) for part in parts)
    return atom(formula)


def renamed(formula: Formula, names: Mapping[str, str]) -> Formula:
    """A formula with other aliases."""

    def side(of: Column | str) -> Column | str:
        return column(of) if isinstance(of, Column) else of

    def column(of: Column) -> Column:
        return replace(of, alias=names[of.alias])

    def atom(of: Formula) -> Formula:
        match of:
            case Linear(terms, constant, strict):
                read = tuple((coefficient, tuple(map(column, columns))) for coefficient, columns in terms)
                return Linear(read, constant, strict)
            case Same():
                return replace(of, left=column(of.left), right=side(of.right))
            case Flag():
                return replace(of, column=column(of.column))
            case Among():
                return replace(of, item=side(of.item), alias=names[of.alias])
        raise AssertionError(of)

    return rebuilt(formula, atom)


def columns_of(formula: Formula) -> set[Column]:
    """The columns that a formula reads; a list as its `list`."""
    match formula:
        case AllOf(parts) | AnyOf(parts):
            return {column for part in parts for column in columns_of(part)}
        case Linear(terms):
            return {column for _, columns in terms for column in columns}
        case Same(left, right):
            return {side for side in (left, right) if isinstance(side, Column)}
        case Flag(column):
            return {column}
        case Among(item, alias, term):
            listed = Column(alias, term, "list")
            return {listed, item} if isinstance(item, Column) else {listed}
    raise AssertionError(formula)


def aliases_of(formula: Formula) -> frozenset[str]:
    """The aliases that a formula reads."""
    return frozenset(column.alias for column in columns_of(formula))


def conjuncts(formula: Formula) -> tuple[Formula, ...]:
    """The parts all of which must hold."""
    return formula.parts if isinstance(formula, AllOf) else (formula,)


def is_tie(formula: Formula) -> bool:
    """Whether it asks for two equal codes, so that a join can look one up by the other."""
    return isinstance(formula, Same) and isinstance(formula.right, Column) and formula.certainly and formula.holds


def mirrored(linear: Linear) -> Linear:
    """`-x < 0` for `x < 0`."""
    return Linear(tuple((-by, columns) for by, columns in linear.terms), -linear.constant, linear.strict)


# --- many conditions at once


def weakest(alternatives: Iterable[Sequence[Formula]]) -> Formula:
    """A condition that follows from each of the alternatives, short even where these are thousands.

    Alternatives that differ only in a limit need the least strict of their limits, and those that differ only in
    a text need one of their texts.
    """
    by_shape: dict[tuple[object, ...], list[Sequence[Formula]]] = {}
    for parts in alternatives:
        by_shape.setdefault(tuple(_shape(part) for part in parts), []).append(parts)
    return any_of(all_of(_weakest(each) for each in zip(*group, strict=True)) for group in by_shape.values())


def _shape(formula: Formula) -> object:
    match formula:
        case Linear(terms, _, strict):
            return terms, strict
        case Same(left, str(), certainly, True):
            return left, certainly
    return formula


def _weakest(parts: Sequence[Formula]) -> Formula:
    """What follows from each of some formulas of one shape."""
    first = parts[0]
    if isinstance(first, Linear):
        return replace(first, constant=min(part.constant for part in parts if isinstance(part, Linear)))
    return any_of(parts)
