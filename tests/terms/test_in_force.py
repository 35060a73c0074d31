"""What is in force: amendments by their dates, precedence, ambiguity that is never settled by accident."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from clauses.errors import InputError
from clauses.terms.agreement import Agreement, read_agreement, read_term_sheet
from clauses.terms.in_force import Standing, World, standings, worlds
from clauses.terms.values import Date

CLAUSE = {"kind": "holding", "stake": "10%", "floor": "1%"}


def agreement(**amendments: Any) -> Agreement:
    return read_agreement(
        {"agreement": "a", "signed": "2025-01-01", "parties": {"x": {"name": "X"}}, "clauses": {"stake": CLAUSE},
         "amendments": {name.replace("_", "-"): amendment for name, amendment in amendments.items()}}
    )  # fmt: skip


def amend(date: str, stake: str, **more: Any) -> dict[str, Any]:
    return {"effective": date, "changes": [{"amend": "stake", "set": {"stake": stake}}], **more}


def day(text: str) -> Date:
    return Date.read(text)


def world(base: Agreement, on: str = "2026-01-01", **more: Any) -> World:
    (only,) = worlds(base, day(on), **more)
    return only


def stake(found: World, layer: str = "current") -> str:
    return str(getattr(found, layer)["stake"].clause.stake)


def test_amendments_apply_by_the_day_on_which_they_hold() -> None:
    base = agreement(late=amend("2025-09-01", "30%"), early=amend("2025-06-01", "20%"))
    for on, wanted in (("2025-05-31", "10%"), ("2025-06-01", "20%"), ("2025-08-31", "20%"), ("2025-09-01", "30%")):
        assert stake(world(base, on)) == wanted


def test_of_one_day_the_amendment_signed_last_has_the_last_word() -> None:
    for first, second in itertools.permutations(["2025-03-01", "2025-04-01"]):
        base = agreement(one=amend("2025-06-01", "20%", signed=first), two=amend("2025-06-01", "30%", signed=second))
        assert stake(world(base)) == ("30%" if second > first else "20%")


def test_what_was_not_yet_signed_was_not_yet_known() -> None:
    base = agreement(back=amend("2025-02-01", "20%", signed="2025-10-01"))
    assert stake(world(base, "2026-01-01")) == "20%"
    assert stake(world(base, "2026-01-01", known_on=day("2025-09-30"))) == "10%"
    assert stake(world(base, "2025-09-30")) == "10%"
    assert stake(world(base, "2025-01-15", known_on=day("2026-01-01"))) == "10%"


def test_before_it_is_signed_nothing_is_in_force() -> None:
    with pytest.raises(InputError, match="not-yet-signed"):
        worlds(agreement(), day("2024-12-31"))


@pytest.mark.parametrize("order", list(itertools.permutations(["one", "two"])))
def test_two_that_set_one_term_differently_on_one_day_are_ambiguous(order: tuple[str, str]) -> None:
    both = {"one": amend("2025-06-01", "20%"), "two": amend("2025-06-01", "30%")}
    found = world(agreement(**{name: both[name] for name in order}))
    assert found.current["stake"].clause.stake is None  # type: ignore[attr-defined]
    assert found.current["stake"].ambiguous == {"stake"}
    assert str(found.current["stake"].clause.floor) == "1%"  # type: ignore[attr-defined]
    (one,) = found.ambiguities
    assert (one.clause_id, one.term, one.amendments) == ("stake", "stake", ("one", "two"))


def test_two_that_set_one_term_alike_or_different_terms_are_not_ambiguous() -> None:
    same = agreement(one=amend("2025-06-01", "20%"), two=amend("2025-06-01", "20%"))
    other = agreement(
        one=amend("2025-06-01", "20%"),
        two={"effective": "2025-06-01", "changes": [{"amend": "stake", "set": {"floor": "2%"}}]},
    )
    for base in (same, other):
        assert world(base).ambiguities == () and stake(world(base)) == "20%"


def test_to_remove_and_to_amend_on_one_day_is_ambiguous() -> None:
    removes = {"effective": "2025-06-01", "changes": [{"remove": "stake"}]}
    found = world(agreement(one=amend("2025-06-01", "20%"), two=removes))
    assert found.current["stake"].ambiguous == {""}
    assert [one.term for one in found.ambiguities] == [""]


def test_a_later_amendment_settles_an_ambiguity() -> None:
    base = agreement(one=amend("2025-06-01", "20%"), two=amend("2025-06-01", "30%"), three=amend("2025-07-01", "40%"))
    assert world(base, "2025-06-15").ambiguities and not world(base).ambiguities
    assert stake(world(base)) == "40%"


@pytest.mark.parametrize("names", list(itertools.permutations("abc")))
def test_notwithstanding_decides_through_a_chain(names: tuple[str, str, str]) -> None:
    first, second, third = names
    base = agreement(
        **{
            first: amend("2025-06-01", "20%", notwithstanding=[second]),
            second: amend("2025-06-01", "30%", notwithstanding=[third]),
            third: amend("2025-06-01", "40%"),
        }
    )
    assert stake(world(base)) == "20%" and not world(base).ambiguities


@pytest.mark.parametrize("names", [["one"], ["one", "two"], ["one", "two", "three"]])
def test_amendments_that_prevail_over_each_other_in_a_circle_are_refused(names: list[str]) -> None:
    after = dict(zip(names, [*names[1:], names[0]], strict=True))
    with pytest.raises(InputError, match="circular-precedence"):
        agreement(**{name: amend("2025-06-01", "20%", notwithstanding=[after[name]]) for name in names})


def certain(found: list[Standing]) -> dict[str, bool]:
    return {str(one.version.clause.stake): one.certain for one in found}  # type: ignore[attr-defined]


def test_an_uncertain_date_makes_two_worlds_and_no_choice() -> None:
    base = agreement(maybe=amend("2026", "20%"))
    assert certain(standings(worlds(base, day("2025-12-31")))) == {"10%": True}
    assert certain(standings(worlds(base, day("2026-06-01")))) == {"10%": False, "20%": False}
    assert certain(standings(worlds(base, day("2026-12-31")))) == {"20%": True}


@pytest.mark.parametrize("count", [1, 2, 6])
def test_every_combination_of_uncertain_dates_is_a_world(count: int) -> None:
    base = agreement(**{f"a{n}": amend("2026", f"{n}%") for n in range(count)})
    assert len(worlds(base, day("2026-06-01"))) == 2**count


def test_a_sheet_on_a_clause_that_may_be_gone_is_refused() -> None:
    base = agreement(maybe={"effective": "2026", "changes": [{"remove": "stake"}]})
    change = {"amend": "stake", "set": {"stake": "5%"}}
    sheet = read_term_sheet({"term_sheet": "s", "agreement": "a", "dated": "2026-06-01", "changes": [change]}, base)
    with pytest.raises(InputError, match="not-in-force"):
        worlds(base, day("2026-06-01"), sheet)
    assert worlds(base, day("2025-06-01"), sheet)


def test_a_sheet_amends_what_may_read_in_two_ways_in_both() -> None:
    base = agreement(maybe=amend("2026", "20%"))
    change = {"amend": "stake", "set": {"floor": "5%"}}
    sheet = read_term_sheet({"term_sheet": "s", "agreement": "a", "dated": "2026-06-01", "changes": [change]}, base)
    found = standings(worlds(base, day("2026-06-01"), sheet))
    proposed = [one for one in found if "proposed" in one.layers]
    assert certain(proposed) == {"10%": False, "20%": False}
    assert all(str(one.version.clause.floor) == "5%" for one in proposed)  # type: ignore[attr-defined]


def test_the_words_of_a_clause_do_not_outlive_its_terms() -> None:
    origin = {"document": "d", "basis": "reported", "quote": "Ten."}
    base = read_agreement(
        {"agreement": "a", "parties": {"x": {"name": "X"}}, "sources": {"d": {"title": "D"}},
         "clauses": {"stake": {**CLAUSE, "text": "Ten.", "source": origin}},
         "amendments": {"one": amend("2025-06-01", "20%")}}
    )  # fmt: skip
    clause = world(base).current["stake"].clause
    assert (clause.text, clause.source.basis, clause.source.quote) == ("", "stated", None)


def test_the_layers_of_a_clause_say_what_the_sheet_does_to_it() -> None:
    base = read_agreement(
        {"agreement": "a", "parties": {"x": {"name": "X"}},
         "clauses": {name: CLAUSE for name in ("kept", "amended", "removed")}}
    )  # fmt: skip
    changes = [
        {"amend": "amended", "set": {"stake": "5%"}}, {"remove": "removed"}, {"add": "added", "clause": CLAUSE},
    ]  # fmt: skip
    sheet = read_term_sheet({"term_sheet": "s", "agreement": "a", "dated": "2025-06-01", "changes": changes}, base)
    found = {(one.version.id, one.layers) for one in standings(worlds(base, day("2025-06-01"), sheet))}
    assert found == {
        ("kept", frozenset({"current", "result"})), ("removed", frozenset({"current", "removed"})),
        ("amended", frozenset({"current"})), ("amended", frozenset({"proposed", "result"})),
        ("added", frozenset({"proposed", "result"})),
    }  # fmt: skip
