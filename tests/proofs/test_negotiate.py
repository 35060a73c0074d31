"""Negotiations against brute force: the zone and its ranges, the proposal, the collision and the concessions.

`CLAUSES_FUZZ_CASES` sets the number of cases of each sort, `CLAUSES_FUZZ_SEED` the seed.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from clauses.engines.smt.solver import Solver, Undecided
from clauses.proofs.edits import read_again
from clauses.proofs.negotiate import Negotiation, Negotiator, TermRange
from clauses.proofs.positions import FULL
from clauses.proofs.table import Table
from clauses.proving import negotiate
from clauses.review.finding import Review, as_data
from clauses.terms.values import VALUE_TYPES, Percentage

from .small_files import folder, run
from .small_negotiations import CHOICES, FIRST, SIDES, SIZE, Case, Maker, Point, held_on, walk_away

CASES = int(os.environ.get("CLAUSES_FUZZ_CASES", "200"))
SEED = os.environ.get("CLAUSES_FUZZ_SEED", "negotiate")
POSITIONS = Path(__file__).parents[2] / "examples" / "microsoft-openai" / "positions"
PARTS = 10
"""Into how many tests the cases are divided, so that they run side by side."""


def cases(part: int, with_zone: bool) -> Iterator[tuple[Case, list[Point]]]:
    """The cases of a part, with the zone that brute force finds."""
    wanted = len(range(part, CASES, PARTS))
    number = 0
    while wanted:
        case = Maker(f"{SEED}/{part}/{with_zone}/{number}", is_tight=not with_zone).made()
        number += 1
        zone = [point for point in case.points() if case.held(point) == case.names]
        if bool(zone) == with_zone:
            wanted -= 1
            yield case, zone


def units(text: str, type: str) -> int:
    """The offset of a value as documents write it."""
    return VALUE_TYPES[type].read(text).lowest - FIRST[type]


@pytest.mark.parametrize("part", range(PARTS))
def test_where_there_is_a_zone_it_is_that_of_brute_force(part: int, tmp_path: Path) -> None:
    for number, (case, zone) in enumerate(cases(part, with_zone=True)):
        negotiator, reviewer = held_on(case, tmp_path / str(number))
        with reviewer:
            found = negotiator.negotiate()
            assert found.has_zone is True and not found.undecided, (case.seed, found)
            check_ranges(case, zone, found)
            check_proposal(case, zone, found)
            table = negotiator.table
            assert found.proposal is not None
            again = reviewer.examine(table.agreement, read_again(found.proposal.sheet, table.agreement), table.as_of)
            assert again.review.engines == ("rete", "reference") and again.review.verdict in ("clear", "flag"), (
                case.seed
            )


def check_ranges(case: Case, zone: Sequence[Point], found: Negotiation) -> None:
    """Each term's range is that of the grid; at the end of the grid it goes on as far as its type."""
    assert [term.term for term in found.terms] == sorted(case.terms)
    for term in found.terms:
        values = sorted({point[term.term] for point in zone})
        assert term.proved, (case.seed, term)
        if term.term in CHOICES:
            assert term.choices == tuple(CHOICES[term.term][value] for value in values), (case.seed, term)
            continue
        assert end(term, term.least, 0) == values[0], (case.seed, term, values)
        assert end(term, term.greatest, SIZE - 1) == values[-1], (case.seed, term, values)
        assert term.whole in (None, values == list(range(values[0], values[-1] + 1))), (case.seed, term, values)


def end(term: TermRange, text: str | None, edge: int) -> int:
    """The end of a range as an offset; the edge of the grid for one that lies beyond."""
    if text is None:
        assert term.type == "money" or (term.type == "date" and edge), term
        return edge
    offset = units(text, term.type)
    if not 0 <= offset < SIZE:
        assert text in ("0%", "100%"), term
    return min(max(offset, 0), SIZE - 1)


def check_proposal(case: Case, zone: Sequence[Point], found: Negotiation) -> None:
    """The proposal is the deal that the ranking puts first: the lesser side does best, and then the other."""
    assert found.proposal is not None
    best = case.best(zone)
    chosen = {term.term: term.chosen for term in found.terms}
    levels = {side.party: side.satisfied for side in found.proposal.satisfaction}
    assert levels == {side: case.satisfied(side, best) for side in SIDES}, (case.seed, best, chosen)
    assert min(levels.values()) == max(min(case.satisfied(side, point) for side in SIDES) for point in zone)
    for point in zone:
        others = [case.satisfied(side, point) for side in SIDES]
        assert not (others[0] >= levels["alder"] and others[1] >= levels["birch"] and others != list(levels.values()))
    assert chosen == {name: case.text(name, best[name]) for name in case.terms}, (case.seed, best)
    for side in found.proposal.satisfaction:
        own = {want.name: want.met(best) for want in case.wants if want.side == side.party}
        assert {want.want: want.satisfied for want in side.wants} == own, case.seed


@pytest.mark.parametrize("part", range(PARTS))
def test_where_there_is_none_the_collision_and_the_concessions_are_those_of_brute_force(
    part: int, tmp_path: Path
) -> None:
    for number, (case, _) in enumerate(cases(part, with_zone=False)):
        negotiator, reviewer = held_on(case, tmp_path / str(number))
        with reviewer:
            found = negotiator.negotiate()
        assert found.has_zone is False and not found.undecided and found.proposal is None, (case.seed, found)
        held = {case.held(point) for point in case.points()}
        core = {collider.claim for collider in found.collision}
        assert core and core <= case.names, (case.seed, core)
        assert not any(core <= names for names in held), (case.seed, core)
        for name in core:
            assert any(core - {name} <= names for names in held), (case.seed, core, name)
        for side, opening in zip(SIDES, found.openings, strict=True):
            own = frozenset(name for name in case.names if name.startswith(f"{side}: "))
            fewest = min((len(own - names) for names in held if case.names - own <= names), default=None)
            assert opening.party == side and opening.possible == (fewest is not None), (case.seed, side, opening)
            assert len(opening.concessions) == (fewest or 0), (case.seed, side, opening)
            check_concessions(case, {one.claim: one.would_be for one in opening.concessions})


def check_concessions(case: Case, conceded: dict[str, str]) -> None:
    """With what is conceded there is a deal; a single concession is the least that makes one."""
    if not conceded:
        return
    others = case.names - set(conceded)
    left = [point for point in case.points() if others <= case.held(point)]
    assert any(all(would_do(case, claim, text, point) for claim, text in conceded.items()) for point in left), conceded
    if len(conceded) > 1:
        return
    ((claim, text),) = conceded.items()
    if claim in (walk_away(side) for side in SIDES):
        side = claim.partition(":")[0]
        assert text == percent(max(case.satisfied(side, point) for point in left)), (case.seed, conceded)
        return
    made = next(one for one in case.claims if one.name == claim)
    if made.missed is None:
        choices = CHOICES[made.document["term"]]
        assert set(text.split(" or ")) == {choices[point[made.document["term"]]] for point in left}, case.seed
        return
    least = min(made.missed(point) for point in left)
    key = "at_least" if "at_least" in made.document else "at_most"
    type = "percentage" if "stake_of" in made.document else case.terms[made.document["term"]]
    by = (units(made.document[key], type) - limit_of(text, type)) * (1 if key == "at_least" else -1)
    assert by == least, (case.seed, conceded, least)


def would_do(case: Case, claim: str, text: str, point: Point) -> bool:
    """Whether a point keeps what is left of a claim."""
    if claim in (walk_away(side) for side in SIDES):
        return percent_units(text) <= case.satisfied(claim.partition(":")[0], point)
    made = next(one for one in case.claims if one.name == claim)
    if made.missed is None:
        return case.text(made.document["term"], point[made.document["term"]]) in text.split(" or ")
    key = "at_least" if "at_least" in made.document else "at_most"
    type = "percentage" if "stake_of" in made.document else case.terms[made.document["term"]]
    return made.missed(point) <= abs(units(made.document[key], type) - limit_of(text, type))


def limit_of(text: str, type: str) -> int:
    """The limit in `at least …`, as an offset."""
    return units(text.removeprefix("at least ").removeprefix("at most "), type)


def percent(thousandths: int) -> str:
    """A satisfaction as documents write it."""
    return str(Percentage(thousandths * 1000, thousandths * 1000))


def percent_units(text: str) -> int:
    """A satisfaction in thousandths."""
    return Percentage.read(text).lowest * FULL // Percentage.ONE


# --- what does not hang on the grid


@pytest.mark.parametrize("number", range(4))
def test_keys_in_another_order_make_the_same_negotiation(number: int, tmp_path: Path) -> None:
    case = Maker(f"{SEED}/order/{number}", is_tight=number % 2 == 1).made()
    seen = []
    for order in (None, random.Random(1), random.Random(2)):
        negotiator, reviewer = held_on(case, tmp_path / str(len(seen)), order)
        with reviewer:
            seen.append(without_places(as_data(negotiator.negotiate())))
    assert seen[0] == seen[1] == seen[2]


def without_places(value: Any) -> Any:
    """The data of a negotiation without what names a line of a file, or a digest of one."""
    if isinstance(value, dict):
        left_out = ("location", "review", "sheet")
        return {key: without_places(one) for key, one in value.items() if key not in left_out}
    return [without_places(one) for one in value] if isinstance(value, list) else value


def test_another_hash_seed_and_sides_in_another_order_make_the_same_proposal(tmp_path: Path) -> None:
    words = folder(tmp_path).words
    printed = []
    for seed in ("1", "2"):
        command = [sys.executable, "-m", "clauses", *words, "--format", "json"]
        done = subprocess.run(command, capture_output=True, env={**os.environ, "PYTHONHASHSEED": seed}, check=False)
        assert done.returncode == 0, done.stderr
        printed.append(done.stdout)
    assert printed[0] == printed[1]
    swapped = json.loads(run("negotiate", words[2], words[1], *words[3:], "--format", "json").out)
    found = json.loads(printed[0])
    assert swapped["proposal"]["sheet"] == found["proposal"]["sheet"] and swapped["terms"] == found["terms"]


def test_a_term_that_the_draft_leaves_as_it_is_is_stated_so_that_rules_see_it_change(tmp_path: Path) -> None:
    changes = {"alder/must/floor": {"says": "A floor.", "term": "shares.floor", "at_least": "20%"}}
    words = folder(tmp_path, changes).words
    found = json.loads(run(*words, "--format", "json").out)
    assert found["proposal"]["sheet"]["changes"][0]["set"]["floor"] == "20%"
    assert found["proposal"]["verdict"] == "flag"
    strict = json.loads(run(*words, "--format", "json", "--fail-on", "flag").out)
    assert strict["has_zone"] is False
    assert [one["claim"] for one in strict["collision"]] == ["rules of small: floor-touched"]


def test_a_deal_that_the_engines_refuse_is_not_shown_and_the_next_best_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [*folder(tmp_path).words, "--format", "json"]
    first = json.loads(run(*words).out)
    judged: list[bool] = []

    def refuses_once(table: Table, review: Review) -> bool:
        judged.append(len(judged) > 0)
        return judged[-1]

    monkeypatch.setattr(Table, "is_clear", refuses_once)
    second = json.loads(run(*words).out)
    assert first["proposal"]["sheet"] != second["proposal"]["sheet"] and second["has_zone"] is True
    assert min(s["satisfied"] for s in second["proposal"]["satisfaction"]) <= min(
        s["satisfied"] for s in first["proposal"]["satisfaction"]
    )


def test_where_the_engines_refuse_every_deal_nothing_is_decided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Table, "is_clear", lambda table, review: False)
    ran = run(*folder(tmp_path).words, "--write", tmp_path / "deal.yaml")
    assert ran.code == 3 and "nothing is decided between alder and birch" in ran.out and "engines refuse" in ran.out
    assert not (tmp_path / "deal.yaml").exists() and "nothing is written" in ran.err


def test_a_range_whose_end_the_engines_refuse_is_not_called_proved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Negotiator, "is_borne_out", lambda negotiator: False)
    ran = run(*folder(tmp_path).words)
    assert ran.code == 0 and "not proved" in ran.out


UNFOLLOWED = {"alder/must/lasting": None, "sheet/changes/2/clause/investors": ["cedar", "birch"]}
"""Two buy, so that nobody can tell who buys how much: the cap table gives ranges, and these are not followed."""


def test_where_stakes_cannot_be_followed_no_zone_is_not_called_proved(tmp_path: Path) -> None:
    paid = {"says": "No excuse.", "term": "supply.amount", "at_most": "USD 20"}
    changes = {**UNFOLLOWED, "birch/must/paid": paid, "sheet/changes/0/set/stake": "21%"}
    ran = run(*folder(tmp_path, changes).words)
    assert ran.code == 3 and "nothing is decided" in ran.out and "could not be followed" in ran.out


def test_where_stakes_cannot_be_followed_a_collision_without_them_is_one(tmp_path: Path) -> None:
    changes = {**UNFOLLOWED, "alder/must/enough/at_least": "29%"}
    ran = run(*folder(tmp_path, changes).words)
    assert ran.code == 1, ran.out
    assert "alder: enough" in ran.out and "birch: no-more" in ran.out and "rules of" not in ran.out


def test_where_stakes_cannot_be_followed_ranges_are_not_called_proved(tmp_path: Path) -> None:
    ran = run(*folder(tmp_path, UNFOLLOWED).words)
    assert ran.code == 0 and "not proved" in ran.out and "not decided: whether the ranges are exact" in ran.out


def test_events_that_may_change_places_are_noticed(tmp_path: Path) -> None:
    want = {"says": "Soon.", "term": "raise.closing", "from": "2026-12-31", "to": "2026-01-01"}
    early = run(*folder(tmp_path / "early", {"birch/wants/soon": want}).words)
    assert early.code == 0 and "not decided: whether the ranges are exact" in early.out
    must = {"says": "After the conversion.", "term": "raise.closing", "at_least": "2026-03-01"}
    late = run(*folder(tmp_path / "late", {"birch/wants/soon": want, "birch/must/late": must}).words)
    assert late.code == 0 and "not decided" not in late.out and "not proved" not in late.out


def test_of_two_deals_alike_for_the_lesser_side_the_one_stands_that_is_better_for_the_other(tmp_path: Path) -> None:
    wanted = {"says": "The best class.", "term": "shares.share_class"}
    changes = {
        "alder/wants": {"class": {**wanted, "best": ["preferred", "common", "options"]}},
        "birch/wants": {"class": {**wanted, "best": ["options", "profit-units", "common"]}},
    }  # fmt: skip
    found = json.loads(run(*folder(tmp_path, changes).words, "--format", "json").out)
    levels = {side["party"]: side["satisfied"] for side in found["proposal"]["satisfaction"]}
    assert levels == {"alder": 333, "birch": 1000}  # with `common` they would be 666 and 333


def test_a_term_stays_as_drafted_where_another_has_to_move_anyway(tmp_path: Path) -> None:
    asked = {
        "less": {"says": "Less.", "term": "shares.stake", "at_most": "24%"},
        "paid": {"says": "Paid.", "term": "supply.amount", "at_least": "USD 1"},
    }
    made = folder(tmp_path, {"alder/wants": {}, "alder/walk_away": None, "birch/wants": {}, "birch/must": asked})
    either = {
        "rule": "either", "heading": "either", "severity": "conflict",
        "given": {"e": {"kind": "equity_on_conversion", "in": "result"}, "s": {"kind": "supply", "in": "result"}},
        "when": "e.stake > 23% and s.amount < USD 12", "says": "One of them.",
    }  # fmt: skip
    (made.path / "pack" / "either.yaml").write_text(json.dumps(either))
    out = " ".join(run(*made.words).out.split())
    assert "shares.stake 22% to 24%, proposed 23%" in out, out
    assert "proposed USD 10" in out and "alder has what it must have, and asks for no more" in out


def test_a_gap_in_a_range_is_said(tmp_path: Path) -> None:
    made = folder(tmp_path)
    gap = {
        "rule": "no-quarter", "heading": "a quarter", "severity": "conflict",
        "given": {"e": {"kind": "equity_on_conversion", "in": "result"}},
        "when": "e.stake > 24% and e.stake < 25%", "says": "Not a quarter.",
    }  # fmt: skip
    (made.path / "pack" / "no-quarter.yaml").write_text(json.dumps(gap))
    assert "22% to 28%, with gaps" in run(*made.words).out


def test_what_has_no_end_is_not_given_one(tmp_path: Path) -> None:
    must = {"says": "Later.", "term": "supply.ends", "at_least": "2027-01-01"}
    changes = {
        "sheet/changes/1/clause/ends": "2028-01-01", "alder/must/later": must,
        "alder/must/paid": {"says": "Paid.", "term": "supply.amount", "at_least": "USD 7"},
    }  # fmt: skip
    out = " ".join(run(*folder(tmp_path, changes).words).out.split())
    assert "supply.ends 2027-01-01 or later, proposed 2028-01-01" in out and "supply.amount USD 7 or more" in out
    assert "2126" not in out and "10000bn" not in out


def test_one_claim_that_cannot_hold_at_all_is_named_alone(tmp_path: Path) -> None:
    ran = run(*folder(tmp_path, {"alder/must/enough/at_least": "130%"}).words)
    assert ran.code == 1 and "this cannot hold, whatever else is agreed:" in ran.out
    assert "alder: enough: at least 130% → at least 28%" in ran.out
    assert "birch: nothing that it concedes alone makes a deal" in ran.out


def test_a_must_with_two_bounds_gives_way_on_one(tmp_path: Path) -> None:
    changes = {"alder/must/enough/at_least": "29%", "alder/must/enough/at_most": "35%"}
    assert "at least 29% and at most 35% → at least 28% and at most 35%" in run(*folder(tmp_path, changes).words).out


def test_steps_that_run_out_leave_it_undecided_with_code_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def runs_out(solver: Solver, *claims: object) -> bool:
        raise Undecided

    monkeypatch.setattr(Solver, "can", runs_out)
    ran = run(*folder(tmp_path).words)
    assert ran.code == 3 and "used up its steps" in ran.out and "Traceback" not in ran.err


# --- the shipped positions


def copied(tmp_path: Path) -> Path:
    """The worked deal, where a term sheet may be written beside the others."""
    return Path(shutil.copytree(POSITIONS.parent, tmp_path / "deal"))


def test_the_shipped_positions_leave_room_for_a_deal_that_checks_clear(tmp_path: Path) -> None:
    words = [str(POSITIONS / name) for name in ("microsoft.yaml", "openai.yaml")]
    ran = run("negotiate", *words, "--write", copied(tmp_path) / "term-sheets" / "deal.yaml")
    assert ran.code == 0 and "there is room for a deal between microsoft and openai" in ran.out
    checked = run("check", tmp_path / "deal" / "term-sheets" / "deal.yaml", "--fail-on", "consent")
    assert checked.code == 0, checked.out
    found = negotiate(*words)
    assert found.has_zone and all(term.proved for term in found.terms) and not found.undecided
    assert [term.whole for term in found.terms if term.type != "choice"] == [True] * 4


def test_the_firm_position_collides_and_the_text_says_with_what() -> None:
    ran = run("negotiate", POSITIONS / "microsoft-firm.yaml", POSITIONS / "openai.yaml")
    assert ran.code == 1
    assert ran.out.startswith("there is no room for a deal between microsoft and openai\n")
    for sentence in (
        "these cannot all hold; without any one of them the others can:",
        "microsoft: a-stake-that-lasts: After the raise Microsoft still holds at least 36 %.",
        "openai: a-stake-it-can-give: Microsoft receives no more than 35 %.",
        "rules of partnership: stake-below-its-floor: ",
        "assumed, with “which could dilute Microsoft's current shares if terms are not renegotiated”",
        "the least that each side would have to concede, alone:",
        "microsoft: a-stake-that-lasts: at least 36% → at least 35%",
        "openai: a-stake-it-can-give: at most 35% → at most 36%",
    ):
        assert sentence in ran.out, sentence
