"""Claims about every value of some numbers, and a second set of numbers beside the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import z3

from clauses.engines.smt.logic import Bool, Int


def for_all(numbers: Sequence[Int], claim: Bool) -> Bool:
    """Whether a claim holds whatever some numbers are."""
    return claim if isinstance(claim, bool) or not numbers else z3.ForAll(list(numbers), claim)


def with_numbers(claim: Bool, instead: Mapping[Int, Int]) -> Bool:
    """A claim about other numbers."""
    return claim if isinstance(claim, bool) or not instead else z3.substitute(claim, *instead.items())


def fresh(number: Int, suffix: str) -> Int:
    """A number of its own, named after another."""
    return z3.Int(f"{number} {suffix}")
