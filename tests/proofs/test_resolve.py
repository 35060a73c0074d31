"""Fixes are fixes, no part of one is enough, and none is cheaper: by trying them all on the engines."""

from __future__ import annotations

import itertools
import json
import random
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from clauses import proving
from clauses.engines.smt import solver
from clauses.errors import UsageError
from clauses.proofs.edits import Edit, names_of, read_again, with_edits
from clauses.proofs.resolve import Fix, Resolution, Resolver, Wishes
from clauses.proofs.room import open_terms
from clauses.review.finding import as_data
from clauses.review.review import Reviewer
from clauses.source import Source
from clauses.terms.agreement import read_agreement, read_term_sheet
from clauses.terms.values import VALUE_TYPES
from clauses.yaml_nodes import parse

from .command import clauses, clauses_command
from .sheets import EXAMPLES, SEED, SHIPPED, Shipped, many, shipped
from .small_cases import AS_OF, Cases, any_without_dropping, cheaper, pack_of, rule

CASES = many(60)
ORACLE = EXAMPLES / "microsoft-openai" / "term-sheets" / "oracle-stargate-capacity.yaml"


def resolver_of(one: Shipped, **wishes: Any) -> Resolver:
    """What resolves a shipped term sheet."""
    return Resolver(one.reviewer, one.agreement, one.as_of, Wishes(**wishes))


def clears(resolver: Resolver, one: Shipped, edits: tuple[Edit, ...], fix: Fix) -> bool:
    """Whether both engines find nothing in the way after some of the edits of a fix."""
    added = {change["add"]: change["clause"] for change in fix.sheet["changes"] if "add" in change}
    sheet = read_again(with_edits(one.sheet, edits, added), one.agreement)
    return resolver.is_clear(one.reviewer.examine(one.agreement, sheet, one.as_of).review)


def resolved_at_once(path: Path) -> Resolution:
    """The cheapest fix of a shipped term sheet."""
    one = shipped(path)
    return resolver_of(one, alternatives=1).resolve(one.sheet)


# --- the shipped term sheets


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_fix_clears_and_no_part_of_it_does(path: Path) -> None:
    one = shipped(path)
    resolver = resolver_of(one)
    found = resolver.resolve(one.sheet)
    assert found.is_clear is resolver.is_clear(one.examined().review)
    assert found.is_clear or found.fixes or path.stem == "non-compete-for-openai", "all but one have a fix"
    assert not found.undecided
    costs = [fix.cost for fix in found.fixes]
    assert costs == sorted(costs)
    for fix in found.fixes:
        assert fix.cost == sum(edit.cost for edit in fix.edits) > 0
        again = one.reviewer.examine(one.agreement, read_again(fix.sheet, one.agreement), one.as_of).review
        assert resolver.is_clear(again) and again.verdict == fix.verdict
        for size in range(len(fix.edits)):
            for part in itertools.combinations(fix.edits, size):
                assert not clears(resolver, one, part, fix), names_of(part)
        check_ranges(resolver, one, fix)
    for less, more in itertools.permutations(found.fixes, 2):
        assert not set(names_of(less.edits)) < set(names_of(more.edits))


def check_ranges(resolver: Resolver, one: Shipped, fix: Fix) -> None:
    """Both ends of each range do, and where every value is said to do, so do some between them."""
    chance = random.Random(f"{SEED}/ranges/{one.sheet.id}")
    terms = {term.name: term for term in open_terms(one.examined().deal)}
    for edit in fix.edits:
        if edit.least is None or edit.greatest is None:
            continue
        term = terms[names_of([edit])[0]]
        ends = [VALUE_TYPES[term.type.name].read(text).lowest for text in (edit.least, edit.greatest)]
        tried = [*ends, *(chance.randint(*ends) for _ in range(2 if edit.whole_range else 0))]
        for units in tried:
            moved = Edit(edit.action, edit.clause, edit.term, edit.before, str(term.value(units)))
            edits = tuple(moved if other is edit else other for other in fix.edits)
            assert clears(resolver, one, edits, fix), (edit, str(term.value(units)))


@pytest.mark.parametrize("name", ["stakes-past-the-whole", "oracle-stargate-capacity", "walk-away"])
def test_changes_are_dropped_only_where_nothing_else_helps(name: str) -> None:
    (fix,) = resolved_at_once(ORACLE.with_name(f"{name}.yaml")).fixes
    assert all(edit.action != "drop" for edit in fix.edits)


def test_a_clause_that_must_start_after_its_end_has_its_end_moved_too() -> None:
    agreement, sheet, _ = hopeless()
    sheet["changes"][0]["clause"] |= {"starts": "2030-01-01", "ends": "2030-01-31"}
    late = rule("late", "conflict", {"it": {"kind": "supply", "in": "proposed"}}, "it.starts < 2030-03-01")
    base = read_agreement(agreement)
    with Reviewer([pack_of([late])]) as reviewer:
        (fix,) = Resolver(reviewer, base, AS_OF, Wishes()).resolve(read_term_sheet(sheet, base)).fixes
    after = {edit.term: edit.after for edit in fix.edits}
    assert after == {"starts": "2030-03-01", "ends": "2030-03-01"}


def test_what_is_kept_stays_as_it_is() -> None:
    one = shipped(ORACLE)
    free = resolver_of(one).resolve(one.sheet)
    names = {name for fix in free.fixes for name in names_of(fix.edits)}
    assert names
    for name in sorted(names):
        kept = resolver_of(one, keep=(name,)).resolve(one.sheet)
        assert all(name not in names_of(fix.edits) for fix in kept.fixes)
    assert all(
        edit.clause != "oracle-supply" for fix in resolver_of(one, keep=("oracle-supply",)).resolve(one.sheet).fixes
        for edit in fix.edits
    )  # fmt: skip


def test_weights_change_the_ranking() -> None:
    one = shipped(ORACLE)
    usual = resolver_of(one).resolve(one.sheet).fixes[0]
    name = names_of(usual.edits)[0]
    for weighed in (name, usual.edits[0].clause):
        other = resolver_of(one, weights={weighed: 50}).resolve(one.sheet).fixes
        assert names_of(other[0].edits) != names_of(usual.edits), weighed
        dear = next((fix for fix in other if name in names_of(fix.edits)), None)
        assert dear is None or dear.cost > usual.cost


# --- small cases, by trying everything


def test_brute_force_finds_no_cheaper_fix_and_none_where_there_is_none() -> None:
    seen: Counter[str] = Counter()
    for number in range(CASES):
        case = Cases(f"{SEED}/resolve/{number}").case()
        engines = ("rete", "reference") if number % 10 == 0 else ("reference",)
        resolver, sheet = case.resolver(engines)
        found = resolver.resolve(sheet)
        assert not found.undecided, number
        if found.is_clear:
            seen["clear"] += 1
            continue
        dropped = not found.fixes or any(edit.action == "drop" for edit in found.fixes[0].edits)
        seen["dropped" if found.fixes and dropped else "fixed" if found.fixes else "nothing"] += 1
        if not dropped:
            fix = found.fixes[0]
            assert resolver.is_clear(resolver.examined(fix.sheet).review)
            assert cheaper(resolver, sheet, case, fix.cost) is None, (number, case, fix.edits)
        elif number % 4 == 0:
            assert any_without_dropping(resolver, sheet, case) is None, (number, case)
    assert CASES < 60 or (seen["fixed"] > CASES / 4 and seen["dropped"] and seen["nothing"]), seen


def test_a_fix_of_many_edits_is_found_in_time() -> None:
    """Each of sixteen clauses needs an edit: to try every part of such a fix would take for ever."""
    clauses_of = {f"supply-{n}": {"kind": "supply", "supplier": "ann", "amount": "USD 5"} for n in range(16)}
    changes = [{"add": id, "clause": clause} for id, clause in clauses_of.items()]
    agreement, sheet, _ = hopeless()
    dear = rule("dear", "conflict", {"it": {"kind": "supply", "in": "proposed"}}, "it.amount > USD 4")
    base = read_agreement(agreement)
    with Reviewer([pack_of([dear])]) as reviewer:
        found = Resolver(reviewer, base, AS_OF, Wishes()).resolve(read_term_sheet({**sheet, "changes": changes}, base))
    assert [edit.after for edit in found.fixes[0].edits] == ["USD 4"] * 16


# --- where nothing helps, and where it is not known


def hopeless() -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
    """An agreement, a term sheet of one change, and a rule that nothing but leaving it out would satisfy."""
    agreement = {"agreement": "a", "title": "A", "parties": {"ann": {"name": "Ann"}}, "clauses": {}}
    supply = {"kind": "supply", "supplier": "ann", "amount": "USD 5"}
    sheet = {
        "term_sheet": "s",
        "agreement": "a",
        "dated": "2026-01-01",
        "changes": [{"add": "supply", "clause": supply}],
    }
    return (
        agreement,
        sheet,
        [rule("never", "conflict", {"it": {"kind": "supply", "in": "proposed"}}, "stated(it.supplier)")],
    )


def folder_of(folder: Path, rules: list[dict[str, Any]], agreement: Any, sheet: Any) -> Path:
    """The case as files, for the command line."""
    (folder / "pack").mkdir()
    header = {"pack": "small", "version": "1.0.0", "sources": {"house": {"title": "House"}}}
    files = {"pack/pack": header, "agreement": agreement, "sheet": sheet}
    for name, data in {**files, **{f"pack/{one['rule']}": one for one in rules}}.items():
        (folder / f"{name}.yaml").write_text(json.dumps(data))
    return folder


def test_that_nothing_can_be_done_is_said(tmp_path: Path) -> None:
    agreement, sheet, rules = hopeless()
    folder = folder_of(tmp_path, rules, agreement, sheet)
    ran = clauses_command("resolve", "sheet.yaml", "-r", "pack", "--as-of", "2026-01-01", folder=folder)
    assert ran.returncode == 1, ran.stderr
    assert "no change of its terms clears it, short of dropping all of it" in ran.stdout
    given = json.loads(
        clauses_command(
            "resolve", "sheet.yaml", "-r", "pack", "--as-of", "2026-01-01", "-f", "json", folder=folder
        ).stdout
    )
    assert given == {"verdict": "conflict", "is_clear": False, "fixes": [], "undecided": False, "all_followed": True}


def test_the_rest_stays_where_one_change_must_go(tmp_path: Path) -> None:
    agreement, sheet, rules = hopeless()
    sheet["changes"].append({"add": "other", "clause": {"kind": "capital_raise", "amount": "USD 5"}})
    ran = clauses_command(
        "resolve", "sheet.yaml", "-r", "pack", "--as-of", "2026-01-01", "--write", "out.yaml",
        folder=folder_of(tmp_path, rules, agreement, sheet),
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "leave out the change of supply" in ran.stdout
    left = parse(Source("out.yaml", (tmp_path / "out.yaml").read_text())).plain()
    assert [change["add"] for change in left["changes"]] == ["other"]


def test_a_change_that_others_rest_on_is_not_dropped_from_under_them() -> None:
    agreement, sheet, rules = hopeless()
    sheet["changes"].append({"add": "leave", "clause": {"kind": "termination", "ends_clause": "supply"}})
    reviewer = Reviewer([pack_of(rules)], ("reference",))
    base = read_agreement(agreement)
    found = Resolver(reviewer, base, AS_OF, Wishes()).resolve(read_term_sheet(sheet, base))
    assert isinstance(found, Resolution)
    for fix in found.fixes:
        read_again(fix.sheet, base)


def test_a_search_that_runs_out_of_steps_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver.Solver.__init__, "__defaults__", ((), 1))
    one = shipped(ORACLE)
    found = resolver_of(one).resolve(one.sheet)
    assert found.undecided and not found.fixes
    in_shell = clauses("resolve", ORACLE)
    assert in_shell.code == 3, in_shell.all
    assert "it was not decided whether there is a fix" in in_shell.out
    moved = clauses("margins", ORACLE)
    assert moved.code == 3 and "not decided for" in moved.out


# --- the command line


def test_codes_words_and_data_of_the_command(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / "microsoft-openai", tmp_path / "deal")
    sheet = tmp_path / "deal" / "term-sheets" / ORACLE.name
    out = tmp_path / "signable.yaml"
    ran = clauses("resolve", sheet, "--write", out, "--fix", "2", "-f", "json", "--color", "never")
    assert ran.code == 0, ran.err
    data = json.loads(ran.out)
    one = shipped(ORACLE)
    in_python = as_data(resolver_of(one).resolve(one.sheet))
    for both in (data, in_python):
        for edit in (edit for fix in both["fixes"] for edit in fix["edits"]):
            edit["location"] = None
    assert without_reviews(json.loads(json.dumps(in_python))) == without_reviews(data)
    checked = clauses("check", out, "--agreement", tmp_path / "deal" / "agreement.yaml", "-f", "json")
    assert checked.out, checked.err
    assert json.loads(checked.out)["verdict"] == data["fixes"][1]["verdict"]


def without_reviews(data: dict[str, Any]) -> dict[str, Any]:
    """The data without what depends on where the files lie."""
    fixes = [{key: value for key, value in fix.items() if key != "review"} for fix in data["fixes"]]
    return {**data, "fixes": fixes}


def test_a_clear_term_sheet_needs_nothing() -> None:
    ran = clauses("resolve", EXAMPLES / "microsoft-openai" / "term-sheets" / "oracle-stargate-with-consent.yaml")
    assert ran.code == 0 and "nothing stands in its way from severity `consent` on" in ran.out


@pytest.mark.parametrize(
    ("words", "id"),
    [
        (("resolve", ORACLE, "--keep", "oracle-suply.starts"), "unknown-term"),
        (("resolve", ORACLE, "--fix", "9", "--write", "never.yaml"), "no-such-fix"),
        (("resolve", ORACLE, "--fail-on", "never"), "unknown-severity"),
        (("resolve", ORACLE, "-f", "html"), "unknown-format"),
        (("margins", ORACLE, "-f", "html"), "unknown-format"),
    ],
)
def test_what_is_wrong_is_refused_in_words(words: tuple[str | Path, ...], id: str, tmp_path: Path) -> None:
    ran = clauses(*words, folder=tmp_path)
    assert ran.code == 2 and f"error[{id}]" in ran.err and "Traceback" not in ran.all
    assert not (tmp_path / "never.yaml").exists()


@pytest.mark.parametrize("verb", ["resolve", "margins"])
def test_a_sheet_without_its_agreement_is_refused(verb: str, tmp_path: Path) -> None:
    shutil.copy(ORACLE, tmp_path / "sheet.yaml")
    ran = clauses(verb, "sheet.yaml", folder=tmp_path)
    assert ran.code == 2 and "error[no-agreement]" in ran.err


def test_an_unknown_term_to_keep_is_refused_in_python_with_a_hint() -> None:
    with pytest.raises(UsageError) as caught:
        proving.resolve(ORACLE, keep=["oracle-supply.start"])
    (problem,) = caught.value.problems
    assert problem.id == "unknown-term" and problem.hint is not None and "oracle-supply.starts" in problem.hint
