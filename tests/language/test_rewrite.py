"""The two formulas of a condition, spelled out for a few."""

from __future__ import annotations

import pytest

from clauses.language.check import Scope, check_condition
from clauses.language.parse import ConditionError, parse_condition
from clauses.language.rewrite import (
    FALSE,
    TRUE,
    AllOf,
    Among,
    AnyOf,
    Column,
    Flag,
    Formula,
    Linear,
    Same,
    TwoValued,
    all_of,
    any_of,
    rewrite,
)
from clauses.terms.facts import fact_types
from clauses.terms.values import Money, Percentage, Value

PARAMETERS: dict[str, Value | str] = {"share": Percentage.read("25%"), "large": Money.read("USD 1"), "word": "x"}


def formulas(condition: str, **kinds: str) -> TwoValued:
    """Both formulas of a condition."""
    aliases = {alias: fact_types(kind) or {} for alias, kind in kinds.items()}
    checked, problems = check_condition(parse_condition(condition), Scope(aliases, PARAMETERS))
    assert not problems, problems
    return rewrite(checked, PARAMETERS)


def written(formula: Formula) -> str:
    """A formula on a line."""
    match formula:
        case AllOf(parts):
            return f"({' and '.join(map(written, parts))})"
        case AnyOf(parts):
            return f"({' or '.join(map(written, parts))})"
        case Linear(terms, constant, strict):
            total = " + ".join(f"{c}·{'·'.join(map(name, columns))}" for c, columns in terms)
            return f"{total} + {constant} {'<' if strict else '<='} 0"
        case Same(left, right, certainly, holds):
            return f"{'certainly' if certainly else 'possibly'} {name(left)} {'=' if holds else '≠'} {name(right)}"
        case Flag(column, holds):
            return f"{'' if holds else 'not '}{name(column)}"
        case Among(item, alias, term, certainly, holds):
            return (
                f"{'certainly' if certainly else 'possibly'} {name(item)} {'in' if holds else 'not in'} {alias}.{term}"
            )
    raise AssertionError(formula)


def name(column: Column | str) -> str:
    """A column, or a fixed text in quotes."""
    return f"{column.alias}.{column.term}.{column.part}" if isinstance(column, Column) else repr(column)


@pytest.mark.parametrize(
    ("condition", "certainly", "possibly"),
    [
        ("g.seats > 2", "-1·g.seats.lowest + 2 < 0", "-1·g.seats.highest + 2 < 0"),
        ("g.seats <= 2", "1·g.seats.highest + -2 <= 0", "1·g.seats.lowest + -2 <= 0"),
        ("not g.seats <= 2", "-1·g.seats.lowest + 2 < 0", "-1·g.seats.highest + 2 < 0"),
        (
            "g.seats == 2",
            "(1·g.seats.highest + -2 <= 0 and -1·g.seats.lowest + 2 <= 0)",
            "(1·g.seats.lowest + -2 <= 0 and -1·g.seats.highest + 2 <= 0)",
        ),
        (
            "g.seats != 2",
            "(1·g.seats.highest + -2 < 0 or -1·g.seats.lowest + 2 < 0)",
            "(1·g.seats.lowest + -2 < 0 or -1·g.seats.highest + 2 < 0)",
        ),
        (
            "g.seats < g.observers",
            "-1·g.observers.lowest + 1·g.seats.highest + 0 < 0",
            "-1·g.observers.highest + 1·g.seats.lowest + 0 < 0",
        ),
        ("stated(g.seats)", "g.seats.stated", "g.seats.stated"),
        ("not stated(g.seats)", "not g.seats.stated", "not g.seats.stated"),
        ('g.holder == "a"', "certainly g.holder.code = 'a'", "possibly g.holder.code = 'a'"),
        ('not g.holder == "a"', "certainly g.holder.code ≠ 'a'", "possibly g.holder.code ≠ 'a'"),
        ("g.holder != g.issuer", "certainly g.holder.code ≠ g.issuer.code", "possibly g.holder.code ≠ g.issuer.code"),
        ('"a" in g.subject_to', "certainly 'a' in g.subject_to", "possibly 'a' in g.subject_to"),
        ('not "a" in g.subject_to', "certainly 'a' not in g.subject_to", "possibly 'a' not in g.subject_to"),
        (
            'g.holder in ("a", "b")',
            "(certainly g.holder.code = 'a' or certainly g.holder.code = 'b')",
            "(possibly g.holder.code = 'a' or possibly g.holder.code = 'b')",
        ),
        (
            'not (stated(g.seats) and g.holder == "a")',
            "(not g.seats.stated or certainly g.holder.code ≠ 'a')",
            "(not g.seats.stated or possibly g.holder.code ≠ 'a')",
        ),
        (
            "g.seats + g.observers > g.seats",
            "(g.observers.stated and g.seats.stated and -1·g.observers.lowest + 0 < 0)",
            "(not g.observers.stated or not g.seats.stated or -1·g.observers.highest + 0 < 0)",
        ),
    ],
)
def test_a_condition_has_these_two_formulas(condition: str, certainly: str, possibly: str) -> None:
    found = formulas(condition, g="governance")
    assert (written(found.certainly), written(found.possibly)) == (certainly, possibly)


def test_amounts_compare_only_in_one_currency() -> None:
    found = formulas("s.amount > parameters.large", s="supply")
    assert written(found.certainly) == "(certainly s.amount.currency = 'USD' and -1·s.amount.lowest + 100 < 0)"
    assert written(found.possibly) == "(possibly s.amount.currency ≠ 'USD' or -1·s.amount.highest + 100 < 0)"
    found = formulas("s.amount > m.amount", s="supply", m="minimum_commitment")
    assert "certainly s.amount.currency = m.amount.currency" in written(found.certainly)


def test_a_share_of_an_amount_is_compared_in_whole_numbers() -> None:
    found = formulas("s.amount * parameters.share > m.amount", s="supply", m="minimum_commitment")
    assert "4·m.amount.highest + -1·s.amount.lowest + 0 < 0" in written(found.certainly)


def test_a_product_is_compared_at_every_corner() -> None:
    found = formulas("h.stake * g.stake > 1%", h="holding", g="holding")
    assert isinstance(found.certainly, AllOf) and isinstance(found.possibly, AnyOf)
    corners = [part for part in found.certainly.parts if isinstance(part, Linear)]
    assert {tuple(column.part for column in corner.terms[0][1]) for corner in corners} == {
        ("lowest", "lowest"), ("lowest", "highest"), ("highest", "lowest"), ("highest", "highest"),
    }  # fmt: skip
    assert [corner.constant for corner in corners] == [10_000 * 10**6] * 4
    flags = [part for part in found.possibly.parts if isinstance(part, Flag)]
    assert len(flags) == 2 and not any(flag.holds for flag in flags)


def test_a_sum_of_fixed_values_is_worked_out() -> None:
    assert formulas("g.seats > 0 or 1 + 1 > 1", g="governance").certainly == TRUE
    assert formulas("g.seats > 0 and 1 + 1 < 1", g="governance").possibly == FALSE


def test_trivial_parts_vanish() -> None:
    flag = Flag(Column("a", "b", "stated"), True)
    other = Flag(Column("a", "c", "stated"), True)
    assert all_of([TRUE, flag, flag]) == flag
    assert all_of([flag, FALSE]) == FALSE
    assert any_of([FALSE, flag]) == flag
    assert any_of([flag, TRUE]) == TRUE
    assert all_of([all_of([flag, other]), flag]) == AllOf((flag, other))
    assert any_of([any_of([flag, other]), flag]) == AnyOf((flag, other))
    assert all_of([]) == TRUE and any_of([]) == FALSE


@pytest.mark.parametrize(
    ("condition", "id"),
    [
        ("h.stake * h.stake > 1%", "squared"),
        ("h.stake * g.entry_valuation > g.entry_valuation", "too-large"),
        ("(h.stake + h.floor + g.stake + g.floor) * (i.stake + i.floor + j.stake) > 1%", "too-many-terms"),
    ],
)
def test_what_64_bits_or_64_corners_would_not_hold_is_refused(condition: str, id: str) -> None:
    with pytest.raises(ConditionError) as error:
        formulas(condition, h="holding", g="holding", i="holding", j="holding")
    assert error.value.id == id


def test_a_squared_term_that_cancels_is_no_square() -> None:
    found = formulas("h.stake * (h.floor - h.stake) + h.stake * h.stake > 1%", h="holding")
    assert isinstance(found.certainly, AllOf)
