"""Truth values and whole numbers that are known, or that a solver is to find.

Everything here takes both and stays in plain Python as long as it can: a deal without an open term never reaches
the solver, and of one with a few the solver sees what depends on those.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import z3

Bool: TypeAlias = bool | Any
"""A truth value, or a condition of the solver."""
Int: TypeAlias = int | Any
"""A whole number, or an expression of the solver."""


def every(parts: Iterable[Bool]) -> Bool:
    """Whether all parts hold; with none, true."""
    kept: list[Bool] = []
    for part in parts:
        if part is False:
            return False
        if part is not True:
            kept.append(part)
    if not kept:
        return True
    return kept[0] if len(kept) == 1 else z3.And(*kept)


def some(parts: Iterable[Bool]) -> Bool:
    """Whether some part holds; with none, false."""
    kept: list[Bool] = []
    for part in parts:
        if part is True:
            return True
        if part is not False:
            kept.append(part)
    if not kept:
        return False
    return kept[0] if len(kept) == 1 else z3.Or(*kept)


def no(part: Bool) -> Bool:
    """Whether a part does not hold."""
    return (not part) if isinstance(part, bool) else z3.Not(part)


def equal(left: Int, right: Int) -> Bool:
    """Whether two numbers are equal."""
    return left == right


def at_most(left: Int, right: Int) -> Bool:
    """Whether a number is not greater than another."""
    return left <= right


def chosen(condition: Bool, one: Int, other: Int) -> Int:
    """One number where a condition holds, else another."""
    if isinstance(condition, bool):
        return one if condition else other
    if isinstance(one, int) and isinstance(other, int) and one == other:
        return one
    return z3.If(condition, one, other)
