"""Cap tables: computed by hand for each kind of protection, and against a plain count of shares."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction as F

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from clauses.terms.cap_table import DEFINITION, CapTable, HoldingAfter, cap_table, holdings_after
from clauses.terms.kinds import KINDS, Clause
from clauses.terms.values import Date, Percentage


def clauses(**given: str | dict[str, object]) -> dict[str, Clause]:
    """Clauses by id, as `kind term=value; term=value`; `_` in an id stands for `-`. The issuer is `acme`."""
    found = {}
    for id, text in given.items():
        kind, _, terms = text.partition(" ")
        values: dict[str, object] = {"issuer": "acme"}
        for term in filter(None, (part.strip() for part in terms.split(";"))):
            name, _, value = term.partition("=")
            values[name] = tuple(value.split("+")) if name == "investors" and value != "unknown" else value
        values = {name: value for name, value in values.items() if value != "unknown"}
        found[id.replace("_", "-")] = KINDS[kind].model_validate({"kind": kind, **values})
    return found


def after(table: CapTable, event: str | None, issuer: str = "acme") -> dict[str, object]:
    """The lines after an event: one fraction where it is exact, (lowest, highest) where not."""
    step = next(step for step in table.issuers[issuer] if step.event == event)
    return {h: line if line is None or line[0] != line[1] else line[0] for h, line in step.lines.items()}


def problems(table: CapTable) -> set[tuple[str, str]]:
    return {(problem.clause, problem.term) for problem in table.problems}


LISTING = "public_offering amount=USD 60m; pre_money=USD 300m; closing=2026-12-15"
"""One new share for every five: 60 ÷ 300."""


# --- one event, by hand ------------------------------------------------------------------------


def test_without_protection_a_holding_shrinks_by_the_new_shares() -> None:
    table = cap_table(clauses(own="holding holder=ann; stake=33%; anti_dilution=none", list=LISTING))
    # of 1 + 1/5 = 6/5 shares: 33/100 ÷ 6/5 = 33/120
    assert after(table, "list") == {"ann": F(33, 120), "new investors": F(1, 6), "others": F(67, 120)}
    assert table.problems == ()


def test_a_full_ratchet_counts_the_shares_anew_at_the_lower_price() -> None:
    own = "holding holder=ann; stake=33%; anti_dilution=full-ratchet; entry_valuation=USD 400m"
    table = cap_table(clauses(own=own, list=LISTING))
    # 33 × 400/300 = 44 of 67 + 44 + 20 = 131
    assert after(table, "list") == {"ann": F(44, 131), "new investors": F(20, 131), "others": F(67, 131)}


def test_a_broad_based_weighted_average_counts_them_at_a_price_between() -> None:
    own = "holding holder=ann; stake=33%; anti_dilution=weighted-average; entry_valuation=USD 400m"
    table = cap_table(clauses(own=own, list=LISTING))
    # CP2 = CP1 × (100 + 60/4) ÷ (100 + 20) = CP1 × 115/120, so 33 × 120/115 = 792/23 shares
    # of 67 + 792/23 + 20 = (1541 + 792 + 460)/23 = 2793/23
    assert after(table, "list") == {
        "ann": F(792, 2793),
        "new investors": F(460, 2793),
        "others": F(1541, 2793),
    }


def test_a_top_up_gives_shares_until_the_holder_has_its_floor_again() -> None:
    own = "holding holder=ann; stake=33%; floor=30%; anti_dilution=floor-top-up"
    table = cap_table(clauses(own=own, list=LISTING))
    # 27.5 % would be left. The rest, 67 + 20 = 87 shares, becomes 70 %
    rest = F(70, 100)
    assert after(table, "list") == {
        "ann": F(30, 100),
        "new investors": rest * F(20, 87),
        "others": rest * F(67, 87),
    }


def test_a_top_up_is_not_needed_above_the_floor() -> None:
    own = "holding holder=ann; stake=33%; floor=27.5%; anti_dilution=floor-top-up"
    table = cap_table(clauses(own=own, list=LISTING))
    assert after(table, "list")["ann"] == F(33, 120)


def test_several_floors_are_solved_together() -> None:
    table = cap_table(
        clauses(
            a="holding holder=ann; stake=33%; floor=30%; anti_dilution=floor-top-up",
            b="holding holder=bob; stake=24%; floor=19%; anti_dilution=floor-top-up",
            list=LISTING,
        )
    )
    # Bob's 24 of 120 are 20 %, above his floor, until Ann is topped up: 24 ÷ (87/0.7) = 19.3 %, still above.
    # of 87/0.7 shares: bob 24 × 0.7/87
    assert after(table, "list")["bob"] == F(24, 87) * F(7, 10)
    higher = cap_table(
        clauses(
            a="holding holder=ann; stake=33%; floor=30%; anti_dilution=floor-top-up",
            b="holding holder=bob; stake=24%; floor=19.5%; anti_dilution=floor-top-up",
            list=LISTING,
        )
    )
    # now Ann's top-up puts Bob below his: the rest, 43 + 20 = 63 shares, is 50.5 %
    assert after(higher, "list") == {
        "ann": F(30, 100),
        "bob": F(195, 1000),
        "new investors": F(505, 1000) * F(20, 63),
        "others": F(505, 1000) * F(43, 63),
    }


@pytest.mark.parametrize("kind", ["full-ratchet", "weighted-average"])
def test_protection_by_price_sleeps_when_the_price_is_not_lower(kind: str) -> None:
    for entry in ("USD 300m", "USD 200m"):
        own = f"holding holder=ann; stake=33%; anti_dilution={kind}; entry_valuation={entry}"
        assert after(cap_table(clauses(own=own, list=LISTING)), "list")["ann"] == F(33, 120)


def test_two_full_ratchets_dilute_each_other() -> None:
    table = cap_table(
        clauses(
            a="holding holder=ann; stake=30%; anti_dilution=full-ratchet; entry_valuation=USD 400m",
            b="holding holder=bob; stake=30%; anti_dilution=full-ratchet; entry_valuation=USD 600m",
            list=LISTING,
        )
    )
    # 30 × 4/3 = 40 and 30 × 2 = 60 of 40 + 60 + 40 + 20 = 160
    assert after(table, "list") == {
        "ann": F(40, 160),
        "bob": F(60, 160),
        "new investors": F(20, 160),
        "others": F(40, 160),
    }


def test_new_money_goes_to_the_single_investor_that_is_named() -> None:
    own = "holding holder=ann; stake=33%; anti_dilution=none"
    terms = "amount=USD 60m; pre_money=USD 300m; closing=2026"
    alone = cap_table(clauses(own=own, more=f"capital_raise {terms}; investors=ann"))
    assert after(alone, "more") == {"ann": F(53, 120), "others": F(67, 120)}


ONE_FOR_ONE = "capital_raise amount=USD 100bn; pre_money=USD 100bn; closing=2026"
"""As many new shares as there were."""


@pytest.mark.parametrize("investors", ["bob+cleo", "unknown"])
def test_a_holder_that_may_have_bought_has_up_to_all_of_the_new_shares(investors: str) -> None:
    own = "holding holder=bob; stake=45%; floor=30%; anti_dilution=none"
    table = cap_table(clauses(own=own, more=f"{ONE_FOR_ONE}; investors={investors}"))
    cleo = {"cleo": (0, F(1, 2))} if "cleo" in investors else {}
    assert after(table, "more") == {
        "bob": (F(225, 1000), F(725, 1000)),
        **cleo,
        "new investors": (0, F(1, 2)),
        "others": F(275, 1000),
    }
    assert table.problems == ()


def test_several_investors_that_held_nothing_have_up_to_all_each() -> None:
    own = "holding holder=bob; stake=45%; floor=30%; anti_dilution=none"
    table = cap_table(clauses(own=own, more=f"{ONE_FOR_ONE}; investors=cleo+dan", list=LISTING.replace("2026", "2027")))
    half = (0, F(1, 2))
    lines = {"bob": F(225, 1000), "cleo": half, "dan": half, "new investors": half, "others": F(275, 1000)}
    assert after(table, "more") == lines
    # in the listing after it everybody keeps 5/6, and the public has the rest
    assert after(table, "list")["bob"] == F(225, 1200)
    assert after(table, "list")["dan"] == (0, F(5, 12))
    assert after(table, "list")["new investors"] == (F(2, 12), F(7, 12))


def test_a_listing_is_sold_to_the_public() -> None:
    own = "holding holder=bob; stake=45%; anti_dilution=none"
    table = cap_table(clauses(own=own, list=ONE_FOR_ONE.replace("capital_raise", "public_offering")))
    assert after(table, "list") == {"bob": F(225, 1000), "new investors": F(1, 2), "others": F(275, 1000)}


@pytest.mark.parametrize(
    "protection", ["full-ratchet; entry_valuation=USD 200bn", "floor-top-up; floor=30%", "floor-top-up; floor=80%"]
)
@pytest.mark.parametrize("investors", ["bob+cleo", "unknown"])
def test_nothing_is_computed_where_the_protection_of_a_possible_buyer_may_act(protection: str, investors: str) -> None:
    own = f"holding holder=bob; stake=45%; anti_dilution={protection}"
    table = cap_table(clauses(own=own, more=f"{ONE_FOR_ONE}; investors={investors}"))
    assert set(after(table, "more").values()) == {None}
    assert problems(table) == {("more", "investors")}
    others = cap_table(clauses(own=own, more=f"{ONE_FOR_ONE}; investors=cleo+dan"))
    assert after(others, "more")["bob"] is not None


def test_the_protection_of_a_possible_buyer_that_does_not_act_is_no_obstacle() -> None:
    own = "holding holder=bob; stake=45%; anti_dilution=floor-top-up; floor=20%"
    table = cap_table(clauses(own=own, more=ONE_FOR_ONE))
    assert after(table, "more")["bob"] == (F(225, 1000), F(725, 1000))


def test_who_is_named_only_by_a_later_event_may_have_bought_before_it() -> None:
    table = cap_table(
        clauses(
            own="holding holder=bob; stake=40%; anti_dilution=none",
            more=ONE_FOR_ONE,
            convert="conversion closing=2027",
            equity="equity_on_conversion holder=cleo; stake=20%; trigger=convert",
        )
    )
    assert after(table, "more")["cleo"] == (0, F(1, 2))
    # Cleo's shares of before go: Bob's 20 are then of 50 and not of 100, or 70 of 100
    assert after(table, "convert")["bob"] == (F(80, 100) * F(20, 100), F(80, 100) * F(70, 100))


def test_many_possible_buyers_in_several_raises_take_no_time() -> None:
    holdings = {f"h{n}": f"holding holder=p{n}; stake=1%..2%; anti_dilution=none" for n in range(30)}
    raises = {f"r{n}": ONE_FOR_ONE.replace("2026", str(2026 + n)) for n in range(4)}
    table = cap_table(clauses(**holdings, **raises))
    assert after(table, "r3")["p3"] == (F(1, 1600), F(2, 1600) + F(15, 16))
    assert after(table, "r3")["new investors"] == (0, F(15, 16))


def test_two_holdings_of_one_party_are_one_line() -> None:
    table = cap_table(
        clauses(
            common="holding holder=ann; stake=20%; anti_dilution=none",
            preferred="holding holder=ann; stake=30%; anti_dilution=full-ratchet; entry_valuation=USD 600m",
            list=LISTING,
        )
    )
    # 20 + 30 × 2 = 80 of 80 + 50 + 20 = 150
    assert after(table, None)["ann"] == F(1, 2)
    assert after(table, "list")["ann"] == F(80, 150)


# --- several events ----------------------------------------------------------------------------


def test_conversion_then_raise_then_listing() -> None:
    table = cap_table(
        clauses(
            own="holding holder=ann; stake=40%",
            bob="holding holder=bob; stake=15%; anti_dilution=none",
            convert="conversion closing=2026-03-31",
            equity="equity_on_conversion holder=ann; stake=33%; trigger=convert; anti_dilution=full-ratchet; "
            "entry_valuation=USD 400m",
            more="capital_raise amount=USD 100m; pre_money=USD 400m; closing=2026-06-30; investors=cleo",
            list="public_offering amount=USD 60m; pre_money=USD 300m; closing=2026-12-15",
        )
    )
    assert after(table, None) == {"ann": F(40, 100), "bob": F(15, 100), "others": F(45, 100)}
    # Ann 33 %; 67 % for Bob and the others at 15 : 45
    assert after(table, "convert") == {"ann": F(33, 100), "bob": F(1675, 10000), "others": F(5025, 10000)}
    # at Ann's price: no ratchet; everybody × 4/5
    assert after(table, "more") == {
        "ann": F(33, 125),
        "bob": F(67, 500),
        "cleo": F(1, 5),
        "others": F(201, 500),
    }
    # Ann's price now makes the whole worth 500: her 264 of 1000 count 264 × 5/3 = 440; new 1000 × 60/300 = 200
    # of 440 + 134 + 200 + 402 + 200 = 1376
    assert after(table, "list") == {
        "ann": F(440, 1376),
        "bob": F(134, 1376),
        "cleo": F(200, 1376),
        "others": F(402, 1376),
        "new investors": F(200, 1376),
    }
    assert table.problems == ()


def test_a_ratchet_starts_again_from_the_price_that_it_fell_to() -> None:
    own = "holding holder=ann; stake=33%; anti_dilution=full-ratchet; entry_valuation=USD 400m"
    again = "capital_raise amount=USD 131m; pre_money=USD 393m; closing=2027; investors=zoe"
    table = cap_table(clauses(own=own, list=LISTING, again=again))
    # after the listing 131 shares at 3 each are worth 393: no lower price, so everybody × 393/524
    assert after(table, "again")["ann"] == F(44, 131) * F(3, 4)
    lower = "capital_raise amount=USD 131m; pre_money=USD 196.5m; closing=2027; investors=zoe"
    table = cap_table(clauses(own=own, list=LISTING, again=lower))
    # at half the price Ann's 44 count 88; new shares 131 × 131/196.5 = 262/3; 88 + 87 + 262/3 = 787/3
    assert after(table, "again")["ann"] == F(88 * 3, 787)


def test_a_weighted_average_starts_again_from_the_average() -> None:
    own = "holding holder=ann; stake=40%; anti_dilution=weighted-average; entry_valuation=USD 200m"
    first = "public_offering amount=USD 100m; pre_money=USD 100m; closing=2026"
    again = "public_offering amount=USD 100m; pre_money=USD 100m; closing=2027"
    table = cap_table(clauses(own=own, first=first, again=again))
    # 100 shares at 2: CP2 = 2 × (100 + 50)/(100 + 100) = 3/2, so 40 × 4/3 = 160/3; total 60 + 160/3 + 100
    total = F(640, 3)
    assert after(table, "first")["ann"] == F(160, 640)
    # then 640/3 new shares at 300/640 = 15/32: CP2 = 3/2 × (640/3 + 200/3)/(1280/3) = 3/2 × 840/1280
    own_shares = F(160, 3) * F(1280, 840)
    assert after(table, "again")["ann"] == own_shares / (160 + own_shares + total)


def test_who_is_not_named_keeps_shares_and_price_through_a_conversion() -> None:
    table = cap_table(
        clauses(
            own="holding holder=ann; stake=50%; anti_dilution=full-ratchet; entry_valuation=USD 400m",
            convert="conversion closing=2026-03-31",
            equity="equity_on_conversion holder=bob; stake=50%; anti_dilution=none",
            list="public_offering amount=USD 400m; pre_money=USD 400m; closing=2026-12-15",
        )
    )
    # before: 100 shares at 4. Bob gets 100, so the whole at Ann's price is 800; the listing is at 400/200 = 2.
    # Ann's 50 count 100; Bob 100, others 50, new 200: 450
    assert after(table, "list") == {
        "ann": F(100, 450),
        "bob": F(100, 450),
        "new investors": F(200, 450),
        "others": F(50, 450),
    }


def test_without_holdings_before_the_rest_is_that_of_others() -> None:
    table = cap_table(
        clauses(
            convert="conversion deadline=2026-04",
            equity="equity_on_conversion holder=ann; stake=33%; trigger=convert",
        )
    )
    assert after(table, None) == {"others": 1}
    assert after(table, "convert") == {"ann": F(33, 100), "others": F(67, 100)}
    assert table.issuers["acme"][1].date == Date(1, Date.read("2026-04-30").highest)


def test_a_conversion_makes_stakes_known_again() -> None:
    table = cap_table(
        clauses(
            own="holding holder=ann; stake=unknown",
            bob="holding holder=bob; stake=10%",
            convert="conversion closing=2026",
            ann="equity_on_conversion holder=ann; stake=30%; trigger=convert",
            cleo="equity_on_conversion holder=bob; stake=20%; trigger=convert",
        )
    )
    assert after(table, None) == {"ann": None, "bob": F(1, 10), "others": None}
    assert after(table, "convert") == {"ann": F(3, 10), "bob": F(2, 10), "others": F(5, 10)}


def test_each_company_has_its_own_table() -> None:
    table = cap_table(
        clauses(
            a="holding holder=ann; stake=10%; anti_dilution=none",
            b="holding holder=ann; issuer=bold; stake=60%",
            list=LISTING,
        )
    )
    assert list(table.issuers) == ["acme", "bold"]
    assert after(table, None, "bold") == {"ann": F(60, 100), "others": F(40, 100)}


def test_a_holding_after_an_event_is_a_result_and_no_input() -> None:
    table = cap_table(clauses(a="holding holder=ann; stake=10%; event=list", list=LISTING))
    assert after(table, None) == {"others": 1}


# --- what is not stated ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "listing", "clause", "term"),
    [
        ("stake=33%", LISTING, "own", "anti_dilution"),
        ("stake=33%; anti_dilution=full-ratchet", LISTING, "own", "entry_valuation"),
        ("stake=33%; anti_dilution=weighted-average", LISTING, "own", "entry_valuation"),
        ("stake=33%; anti_dilution=floor-top-up", LISTING, "own", "floor"),
        ("stake=33%; anti_dilution=floor-top-up; floor=100%", LISTING, "own", "floor"),
        ("stake=33%; anti_dilution=full-ratchet; entry_valuation=EUR 400m", LISTING, "own", "entry_valuation"),
        ("stake=33%; anti_dilution=none", "public_offering amount=USD 60m; closing=2026", "list", "pre_money"),
        ("stake=33%; anti_dilution=none", "public_offering pre_money=USD 60m; closing=2026", "list", "amount"),
        (
            "stake=33%; anti_dilution=none",
            "public_offering amount=EUR 60m; pre_money=USD 300m; closing=2026",
            "list",
            "pre_money",
        ),
        (
            "stake=33%; anti_dilution=none",
            "public_offering amount=USD 60m; pre_money=USD 0..300m; closing=2026",
            "list",
            "pre_money",
        ),
    ],
)
def test_what_stands_in_the_way_is_named_and_nothing_is_guessed(own: str, listing: str, clause: str, term: str) -> None:
    table = cap_table(clauses(own=f"holding holder=ann; {own}", list=listing))
    assert after(table, None) == {"ann": F(33, 100), "others": F(67, 100)}
    assert after(table, "list") == {"ann": None, "new investors": None, "others": None}
    assert problems(table) == {(clause, term)}


def test_a_stake_that_is_not_stated_leaves_the_lines_that_do_not_need_it() -> None:
    table = cap_table(
        clauses(
            a="holding holder=ann; stake=unknown; anti_dilution=none",
            b="holding holder=bob; stake=30%; anti_dilution=none",
            list=LISTING,
        )
    )
    assert after(table, "list") == {"ann": None, "bob": F(1, 4), "new investors": F(1, 6), "others": None}
    assert problems(table) == {("a", "stake")}


def test_a_protected_stake_that_is_not_stated_takes_every_line_with_it() -> None:
    table = cap_table(
        clauses(
            a="holding holder=ann; stake=unknown; anti_dilution=full-ratchet; entry_valuation=USD 400m",
            b="holding holder=bob; stake=30%; anti_dilution=none",
            list=LISTING,
        )
    )
    assert set(after(table, "list").values()) == {None}


def test_events_of_the_same_day_have_no_order() -> None:
    terms = "amount=USD 60m; pre_money=USD 300m; closing=2026-12-15"
    own = "holding holder=ann; stake=33%; anti_dilution=none"
    table = cap_table(clauses(own=own, one=f"capital_raise {terms}", two=f"public_offering {terms}"))
    assert set(after(table, "one").values()) == set(after(table, "two").values()) == {None}
    assert problems(table) == {("two", "closing")}


def test_a_raise_before_the_deadline_of_a_conversion_may_be_before_or_after_it() -> None:
    table = cap_table(
        clauses(
            own="holding holder=ann; stake=33%; anti_dilution=none",
            convert="conversion deadline=2026-04",
            equity="equity_on_conversion holder=ann; stake=30%; trigger=convert; anti_dilution=none",
            more="capital_raise amount=USD 60m; pre_money=USD 300m; closing=2025-12-15",
        )
    )
    assert after(table, "more")["ann"] is None
    # but on the conversion Ann has 30 %, whatever came before
    assert after(table, "convert")["ann"] == F(30, 100)
    assert problems(table) == {("convert", "closing")}


def test_the_order_of_a_conversion_that_changes_no_stake_does_not_matter() -> None:
    table = cap_table(
        clauses(
            own="holding holder=ann; stake=33%; anti_dilution=none",
            convert="conversion deadline=2027",
            list=LISTING,
        )
    )
    assert after(table, "list")["ann"] == after(table, "convert")["ann"] == F(33, 120)
    assert table.problems == ()


def test_stakes_past_the_whole_stand_as_stated_and_nothing_is_computed_from_them() -> None:
    table = cap_table(
        clauses(
            convert="conversion closing=2026-03-31",
            a="equity_on_conversion holder=ann; stake=60%; trigger=convert; anti_dilution=none",
            b="equity_on_conversion holder=bob; stake=44%; trigger=convert; anti_dilution=none",
            list=LISTING,
        )
    )
    assert after(table, "convert") == {"ann": F(60, 100), "bob": F(44, 100), "others": None}
    # what new money buys does not depend on who holds the rest
    assert after(table, "list") == {"ann": None, "bob": None, "new investors": F(1, 6), "others": None}
    assert {problem.sentence for problem in table.problems} == {
        "the stakes stated on `convert` add up to 104%, and the whole is 100%"
    }
    assert {problem.sort for problem in table.problems} == {"past-the-whole"}


def test_only_stakes_past_the_whole_are_of_that_sort() -> None:
    before = cap_table(clauses(a="holding holder=ann; stake=60%", b="holding holder=bob; stake=50%"))
    assert [problem.sort for problem in before.problems] == ["past-the-whole"] * 2
    unstated = cap_table(clauses(a="holding holder=ann; stake=unknown", list=LISTING))
    assert {problem.sort for problem in unstated.problems} == {""}


def test_clauses_without_company_holder_or_conversion_are_named() -> None:
    table = cap_table(
        clauses(
            a="holding holder=ann; issuer=unknown; stake=60%",
            b="holding holder=unknown; stake=20%",
            c="equity_on_conversion holder=ann; stake=44%; trigger=b",
            d="equity_on_conversion holder=ann; stake=44%",
            e="holding holder=others; stake=10%",
        )
    )
    expected = {("a", "issuer"), ("b", "holder"), ("c", "trigger"), ("d", "trigger"), ("e", "holder")}
    assert problems(table) == expected
    assert after(table, None) == {"holder by b": F(20, 100), "holder by e": F(10, 100), "others": F(70, 100)}


def test_more_ranges_than_can_be_looked_at_are_a_problem_and_take_no_time() -> None:
    price = "anti_dilution=full-ratchet; entry_valuation=USD 400m"
    holdings = {f"h{n}": f"holding holder=p{n}; stake=1%..2%; {price}" for n in range(30)}
    table = cap_table(clauses(**holdings, list=LISTING))
    assert after(table, None)["p3"] == (F(1, 100), F(2, 100))
    assert after(table, "list")["p3"] is None
    assert problems(table) == {(f"h{n}", "stake") for n in range(30)}
    floors = "anti_dilution=floor-top-up; floor=2%"
    holdings = {f"h{n}": f"holding holder=p{n}; stake=2%; {floors}" for n in range(30)}
    assert after(cap_table(clauses(**holdings, list=LISTING)), "list")["p3"] == F(2, 100)


def test_any_number_of_holders_may_have_ranges_when_nothing_protects_them() -> None:
    holdings = {f"h{n}": f"holding holder=p{n}; stake=1%..4%; anti_dilution=none" for n in range(30)}
    table = cap_table(clauses(**holdings, list=LISTING))
    assert after(table, None)["others"] == (0, F(70, 100))
    assert after(table, "list")["p3"] == (F(1, 120), F(4, 120))
    assert after(table, "list")["others"] == (0, F(70, 120))
    assert table.problems == ()


# --- facts -------------------------------------------------------------------------------------


def test_holdings_after_lists_the_parties_after_each_event() -> None:
    table = cap_table(
        clauses(
            own="holding holder=ann; stake=33%; anti_dilution=none",
            bob="holding holder=bob; stake=unknown; anti_dilution=none",
            list=LISTING,
        )
    )
    assert holdings_after(table) == [
        HoldingAfter("list", "ann", "acme", Percentage.read("27.5%")),
        HoldingAfter("list", "bob", "acme", None),
    ]


def test_a_stake_is_rounded_outwards() -> None:
    own = "holding holder=ann; stake=50%; anti_dilution=none"
    more = "public_offering amount=USD 50m; pre_money=USD 100m; closing=2026"
    stake = holdings_after(cap_table(clauses(own=own, more=more)))[0].stake
    assert str(stake) == "33.3333%..33.3334%"
    assert "0.0001 %" in DEFINITION


# --- ranges ------------------------------------------------------------------------------------


def test_a_range_of_stakes_is_a_range_after_a_raise() -> None:
    own = "holding holder=ann; stake=30%..49%; anti_dilution=none"
    more = "public_offering amount=USD 50m..100m; pre_money=USD 100m; closing=2026"
    table = cap_table(clauses(own=own, more=more))
    assert after(table, "more") == {
        "ann": (F(30, 200), F(49, 150)),
        "new investors": (F(1, 3), F(1, 2)),
        "others": (F(51, 200), F(70, 150)),
    }


def test_stakes_whose_highest_exceed_the_whole_are_kept_within_it() -> None:
    a, b = "holding holder=ann; stake=30%..60%", "holding holder=bob; stake=50%..60%"
    table = cap_table(clauses(a=a, b=b))
    assert after(table, None) == {
        "ann": (F(30, 100), F(50, 100)),
        "bob": (F(50, 100), F(60, 100)),
        "others": (0, F(20, 100)),
    }


def test_a_floor_is_exact_where_it_is_surely_topped_up() -> None:
    own = "holding holder=ann; stake=30%..33%; floor=30%; anti_dilution=floor-top-up"
    table = cap_table(
        clauses(own=own, list="public_offering amount=USD 60m..70m; pre_money=USD 280m..300m; closing=2026")
    )
    assert after(table, "list")["ann"] == F(30, 100)


def test_a_ratchet_that_may_or_may_not_act_is_least_at_its_own_price() -> None:
    own = "holding holder=ann; stake=30%; anti_dilution=full-ratchet; entry_valuation=USD 400m"
    table = cap_table(clauses(own=own, list="public_offering amount=USD 40m; pre_money=USD 200m..500m; closing=2026"))
    # at 400: 30 of 110, and neither end of the range gives less: 30 of 108 at 500, 60 of 150 at 200
    assert after(table, "list")["ann"] == (F(30, 110), F(60, 150))


# --- properties --------------------------------------------------------------------------------


@dataclass
class Protected:
    """A holder in the plain count: shares, and the price paid for each."""

    shares: F
    kind: str
    floor: F
    price: F


@dataclass
class Company:
    """A plain count of shares, written without regard to the module: prices a share, floors by repetition."""

    holders: dict[str, Protected]
    others: F
    bought: dict[str, F] = field(default_factory=dict)

    def total(self) -> F:
        return sum((h.shares for h in self.holders.values()), self.others) + sum(self.bought.values(), F(0))

    def own(self, id: str) -> F:
        return self.holders[id].shares + self.bought.get(id, F(0))

    def issue(self, amount: F, pre_money: F, parts: Mapping[str, F]) -> None:
        before = self.total()
        price = pre_money / before
        new = amount / price
        for holder in self.holders.values():
            if price < holder.price and holder.kind == "full-ratchet":
                holder.shares, holder.price = holder.shares * holder.price / price, price
            elif price < holder.price and holder.kind == "weighted-average":
                average = holder.price * (before + amount / holder.price) / (before + new)
                holder.shares, holder.price = holder.shares * holder.price / average, average
        for who, part in parts.items():
            self.bought[who] = self.bought.get(who, F(0)) + new * part
        self.top_up()

    def top_up(self) -> None:
        floored = {id for id, h in self.holders.items() if h.kind == "floor-top-up"}
        for size in range(len(floored) + 1):
            for chosen in itertools.combinations(sorted(floored), size):
                floors = sum((self.holders[id].floor for id in chosen), F(0))
                rest = self.total() - sum((self.own(id) for id in chosen), F(0))
                total = rest / (1 - floors)
                wanted = {id: self.holders[id].floor * total for id in floored}
                needy = {id for id in floored if self.own(id) < wanted[id]}
                if needy == set(chosen):
                    for id in chosen:
                        self.holders[id].shares += wanted[id] - self.own(id)
                    return
        raise AssertionError("no set of floors is right")

    def convert(self, granted: Mapping[str, tuple[F, str, F, F]]) -> None:
        """Those granted (stake, kind, floor, value of the whole at their price) have exactly their stakes."""
        kept = {id: h for id, h in self.holders.items() if id not in granted}
        self.bought = {who: shares for who, shares in self.bought.items() if who not in granted}
        rest = sum((h.shares for h in kept.values()), self.others) + sum(self.bought.values(), F(0))
        total = rest / (1 - sum(stake for stake, *_ in granted.values()))
        new = {id: Protected(s * total, kind, floor, value / total) for id, (s, kind, floor, value) in granted.items()}
        self.holders = {**kept, **new}

    def stakes(self) -> dict[str, F]:
        found = {id: self.own(id) / self.total() for id in self.holders}
        found |= {who: shares / self.total() for who, shares in self.bought.items() if who not in found}
        found["others"] = self.others / self.total()
        return found


KIND = st.sampled_from(["none", "weighted-average", "full-ratchet", "floor-top-up"])


def spans(lowest: int, highest: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(lowest, highest), st.integers(0, 2)).map(
        lambda p: (p[0], p[0] + p[1] * (p[0] // 4 + 1))
    )


GRANT = st.fixed_dictionaries({"kind": KIND, "stake": spans(2, 20), "floor": spans(1, 15), "entry": spans(40, 400)})
PARTIES = ["ann", "bob", "cleo", "dan"]
BUYERS = st.one_of(
    st.sampled_from(["public", "not stated"]),
    st.lists(st.sampled_from(PARTIES), min_size=1, max_size=3, unique=True).map(tuple),
)
"""To whom new shares are sold: in a listing, in a raise that names nobody, in one that names these."""
EVENT = st.one_of(
    st.fixed_dictionaries({"amount": spans(5, 200), "pre": spans(40, 400), "buyers": BUYERS}),
    st.dictionaries(st.sampled_from(["ann", "bob", "cleo"]), GRANT, min_size=1, max_size=2),
)
HISTORY = st.tuples(
    st.dictionaries(st.sampled_from(["ann", "bob", "cleo"]), GRANT, max_size=2),
    st.lists(EVENT, min_size=1, max_size=3),
)


def write(history: tuple, at: Mapping[tuple, int] | None) -> dict[str, Clause]:
    """The clauses of a history: with its ranges, or with one value for each (`at`)."""

    def span(key: tuple, ends: tuple[int, int], form: str) -> str:
        low, high = (at[key], at[key]) if at is not None else ends
        return f"{form.format(low)}..{form.format(high)}"

    def grant(key: tuple, terms: dict) -> str:
        stake, floor = (span((*key, name), terms[name], "{}%") for name in ("stake", "floor"))
        entry = span((*key, "entry"), terms["entry"], "USD {}m")
        return f"stake={stake}; floor={floor}; entry_valuation={entry}; anti_dilution={terms['kind']}"

    holdings, events = history
    written = {f"h-{who}": f"holding holder={who}; {grant(('h', who), g)}" for who, g in holdings.items()}
    for number, event in enumerate(events):
        date = f"closing={2030 + number}"
        if "amount" in event:
            amount, pre = (span((number, name), event[name], "USD {}m") for name in ("amount", "pre"))
            kind = "public_offering" if event["buyers"] == "public" else "capital_raise"
            investors = f"investors={'+'.join(event['buyers'])}" if isinstance(event["buyers"], tuple) else ""
            written[f"e{number}"] = f"{kind} amount={amount}; pre_money={pre}; {date}; {investors}"
        else:
            written[f"e{number}"] = f"conversion {date}"
            for who, g in event.items():
                written[f"g{number}-{who}"] = (
                    f"equity_on_conversion holder={who}; trigger=e{number}; {grant((number, who), g)}"
                )
    return clauses(**written)


def inputs(history: tuple) -> dict[tuple, tuple[int, int]]:
    """Every number of a history that has a range, with its range."""
    holdings, events = history
    found = {}
    grants = [(("h", who), g) for who, g in holdings.items()]
    for number, event in enumerate(events):
        if "amount" in event:
            found |= {(number, name): event[name] for name in ("amount", "pre")}
        else:
            grants += [((number, who), g) for who, g in event.items()]
    for key, terms in grants:
        found |= {(*key, name): terms[name] for name in ("stake", "floor", "entry")}
    return found


def possible_buyers(history: tuple, event: dict) -> list[str]:
    """Who may have bought: nobody but the public, the one named, or any of those named or known and new ones."""
    holdings, events = history
    if event["buyers"] == "public":
        return ["new investors"]
    if event["buyers"] != "not stated":
        return list(event["buyers"]) + ["new investors"] * (len(event["buyers"]) > 1)
    named = set(holdings)
    for other in events:
        named |= set(other) - {"amount", "pre", "buyers"}
        if isinstance(other.get("buyers"), tuple):
            named |= set(other["buyers"])
    return [*sorted(named), "new investors"]


def is_open(history: tuple) -> bool:
    """Whether it is open in some event who buys how much."""
    return any("amount" in event and len(possible_buyers(history, event)) > 1 for event in history[1])


def some_parts(history: tuple, data: st.DataObject) -> dict[str, dict[str, F]]:
    """Who buys what part in each event, as it may have been."""
    found = {}
    for number, event in enumerate(history[1]):
        if "amount" in event:
            buyers = possible_buyers(history, event)
            weights = [data.draw(st.sampled_from([0, 0, 1, 2, 5])) for _ in buyers]
            if not any(weights):
                weights[0] = 1
            found[f"e{number}"] = {who: F(w, sum(weights)) for who, w in zip(buyers, weights, strict=True)}
    return found


def count(history: tuple, at: Mapping[tuple, int], parts: Mapping[str, Mapping[str, F]]) -> dict[str, dict[str, F]]:
    """The stakes after each event by the plain count."""
    holdings, events = history

    def protected(key: tuple, g: dict) -> tuple[F, str, F, F]:
        return F(at[(*key, "stake")], 100), g["kind"], F(at[(*key, "floor")], 100), F(at[(*key, "entry")])

    company = Company({}, F(1))
    for who, g in holdings.items():
        company.holders[who] = Protected(*protected(("h", who), g))
        company.others -= company.holders[who].shares
    found = {}
    for number, event in enumerate(events):
        if "amount" in event:
            company.issue(F(at[(number, "amount")]), F(at[(number, "pre")]), parts[f"e{number}"])
        else:
            company.convert({who: protected((number, who), g) for who, g in event.items()})
        found[f"e{number}"] = company.stakes()
    return found


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(HISTORY, st.data())
def test_exact_inputs_give_the_plain_count_and_add_up_to_one(history: tuple, data: st.DataObject) -> None:
    assume(not is_open(history))
    at = {key: data.draw(st.integers(*ends)) for key, ends in inputs(history).items()}
    table = cap_table(write(history, at))
    assert table.problems == ()
    for event, expected in count(history, at, some_parts(history, data)).items():
        lines = after(table, event)
        assert {h: line for h, line in lines.items() if line} == {h: s for h, s in expected.items() if s}
        assert sum(lines.values()) == 1


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(HISTORY, st.data())
def test_ranges_hold_every_outcome(history: tuple, data: st.DataObject) -> None:
    table = cap_table(write(history, None))
    for _ in range(12):
        at = {key: data.draw(st.integers(*ends)) for key, ends in inputs(history).items()}
        for event, expected in count(history, at, some_parts(history, data)).items():
            step = next(step for step in table.issuers["acme"] if step.event == event)
            for holder, stake in expected.items():
                line = step.lines.get(holder, (F(0), F(0)))
                assert line is None or line[0] <= stake <= line[1], (event, holder, stake)
    expected_problems = ("too many", "how much of it", "a conversion before")
    assert all(problem.sentence.startswith(expected_problems) for problem in table.problems)
    assert is_open(history) or all(problem.sentence.startswith("too many") for problem in table.problems)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(HISTORY, st.randoms(use_true_random=False))
def test_the_order_of_the_clauses_does_not_matter(history: tuple, random) -> None:
    written = write(history, {key: ends[0] for key, ends in inputs(history).items()})
    shuffled = list(written.items())
    random.shuffle(shuffled)
    assert cap_table(dict(shuffled)) == cap_table(written)
