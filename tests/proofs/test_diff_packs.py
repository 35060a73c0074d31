"""`diff` of two packs: what is stricter, looser, incomparable or equal, each shown by a situation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from clauses import built_in_pack, diff_packs, load_pack
from clauses.errors import UsageError
from clauses.proofs.pack.compare import PackComparison, RuleComparison
from clauses.proofs.pack.compare import diff_packs as compare
from clauses.proofs.pack.evidence import LEVELS, Judge
from clauses.review.finding import as_data
from clauses.terms.facts import deal
from clauses.terms.values import Date
from clauses.use_cases import read_deal

from .random_packs import AS_OF, Maker
from .seeded_packs import Case, consent, rule, write_pack
from .test_verify_pack import command

DAY = Date.read(AS_OF)
SHEETS = Path("examples/microsoft-openai/term-sheets").resolve()


def packs(folder: Path, old: dict[str, dict[str, object]], new: dict[str, dict[str, object]]) -> tuple[Path, Path]:
    """An old and a new pack."""
    made = [write_pack(folder / name, [Case("", rules, [])]) for name, rules in (("old", old), ("new", new))]
    return made[0], made[1]


def compared(folder: Path, old: dict[str, dict[str, object]], new: dict[str, dict[str, object]]) -> PackComparison:
    """How two packs differ."""
    one, other = packs(folder, old, new)
    return compare(load_pack(one), load_pack(other), DAY)


def only(found: PackComparison) -> RuleComparison:
    """The one rule that differs."""
    (changed,) = (one for one in found.rules if one.relation != "equal")
    return changed


LARGE = rule("supply", "x.amount > USD 10bn")

CHANGES: list[tuple[str, dict[str, object], dict[str, object], str]] = [
    ("a lower threshold", LARGE, rule("supply", "x.amount > USD 5bn"), "stricter"),
    ("a higher threshold", LARGE, rule("supply", "x.amount > USD 20bn"), "looser"),
    ("one condition more", LARGE, rule("supply", 'x.amount > USD 10bn and x.subject == "energy"'), "looser"),
    ("another limit", rule("supply", "x.starts > 2026-01-01"), rule("supply", "x.ends > 2026-01-01"), "incomparable"),
    ("other words", LARGE, rule("supply", "not (x.amount <= USD 10bn)"), "equal"),
    ("an excuse", LARGE, rule("supply", "x.amount > USD 10bn", unless=consent("c.permits == x.id")), "looser"),
    (
        "a narrower excuse",
        rule("supply", "x.amount > USD 10bn", unless=consent("c.permits == x.id")),
        rule("supply", "x.amount > USD 10bn", unless=consent('c.permits == x.id and c.form == "written"')),
        "stricter",
    ),
    ("asking whether it is stated", LARGE, rule("supply", "stated(x.amount) and x.amount > USD 10bn"), "looser"),
    ("clauses in force, too", LARGE, rule("supply", "x.amount > USD 10bn", layer="result"), "stricter"),
    ("a graver severity", LARGE, LARGE | {"severity": "conflict"}, "stricter"),
    ("a lighter severity", LARGE, LARGE | {"severity": "note"}, "looser"),
    (
        "graver and narrower",
        LARGE,
        rule("supply", "x.amount > USD 20bn", severity="conflict"),
        "incomparable",
    ),
]


@pytest.mark.parametrize(("old", "new", "relation"), [one[1:] for one in CHANGES], ids=[one[0] for one in CHANGES])
def test_what_becomes_of_a_rule(old: dict[str, object], new: dict[str, object], relation: str, tmp_path: Path) -> None:
    found = compared(tmp_path, {"large": old}, {"large": new})
    (changed,) = found.rules
    assert (changed.relation, found.relation) == (relation, relation)
    if old["severity"] == new["severity"]:
        assert (changed.more is not None) == (relation in ("stricter", "incomparable"))
        assert (changed.less is not None) == (relation in ("looser", "incomparable"))
        assert changed.certainty == (None if relation == "incomparable" else "proved")


def test_a_situation_of_each_direction_is_as_it_says(tmp_path: Path) -> None:
    found = compared(
        tmp_path,
        {"late": rule("supply", "x.starts > 2026-01-01")},
        {"late": rule("supply", "x.ends > 2026-01-01")},
    )
    changed = only(found)
    assert changed.more is not None and changed.less is not None
    assert LEVELS[changed.more.statuses["new: late"]] > LEVELS[changed.more.statuses["old: late"]]
    assert LEVELS[changed.less.statuses["new: late"]] < LEVELS[changed.less.statuses["old: late"]]


def test_rules_that_come_and_go(tmp_path: Path) -> None:
    old = {
        "large": LARGE,
        "gone": rule("supply", 'x.subject == "energy"'),
        "was": rule("licence", 'x.exclusive == "yes"'),
    }
    new = {
        "large": LARGE,
        "come": rule("venture", "x.amount > USD 1bn"),
        "now": rule("licence", 'x.exclusive == "yes"'),
    }
    found = compared(tmp_path, old, new)
    relations = {one.rule: one.relation for one in found.rules}
    assert relations == {"come": "added", "gone": "removed", "large": "equal", "now": "renamed"}
    assert found.relation == "incomparable"
    assert "was called `was`" in next(one.sentence for one in found.rules if one.rule == "now")


def test_a_rule_that_another_covers_can_go_without_a_difference(tmp_path: Path) -> None:
    found = compared(tmp_path, {"large": LARGE, "larger": rule("supply", "x.amount > USD 20bn")}, {"large": LARGE})
    gone = only(found)
    assert (gone.relation, gone.certainty) == ("removed", "proved")
    assert gone.sentence.endswith("whatever it finds or asks, `large` does too")
    assert found.relation == "equal" and not found.differs


def test_a_rule_is_only_covered_by_one_as_grave(tmp_path: Path) -> None:
    graver = rule("supply", "x.amount > USD 20bn", severity="conflict")
    found = compared(tmp_path, {"large": LARGE, "larger": graver}, {"large": LARGE})
    assert only(found).certainty is None and found.relation == "looser"


def test_parameters_of_the_day_count(tmp_path: Path) -> None:
    made = {"high": rule("revenue_share", "x.share > parameters.high_stake")}
    old, new = packs(tmp_path, made, made)
    header = yaml.safe_load((new / "pack.yaml").read_text())
    header["parameters"]["high_stake"]["values"].append({"starting": "2025-01-01", "value": "25%"})
    (new / "pack.yaml").write_text(yaml.safe_dump(header))
    later = compare(load_pack(old), load_pack(new), DAY)
    assert only(later).relation == "stricter"
    assert [(one.parameter, one.old, one.new) for one in later.parameters] == [("high_stake", "30%", "25%")]
    assert compare(load_pack(old), load_pack(new), Date.read("2024-07-01")).relation == "equal"


def test_what_other_rules_derive_counts(tmp_path: Path) -> None:
    def made(when: str) -> Case:
        given = {"x": {"kind": "supply", "in": "proposed"}}
        makes = {"given": given, "when": when, "derives": {"kind": "tie", "party": "x.supplier"}}
        reads = {"given": {"n": {"kind": "tie"}}, "when": "n.party == context.proposed_by", "severity": "flag"}
        return Case("", {"makes": makes, "reads": reads}, [], {"tie": {"party": "party"}})

    old = load_pack(write_pack(tmp_path / "old", [made("x.amount > USD 1bn")]))
    new = load_pack(write_pack(tmp_path / "new", [made("x.amount > USD 2bn")]))
    found = compare(old, new, DAY)
    assert {one.rule: one.relation for one in found.rules} == {"makes": "looser", "reads": "looser"}


def test_other_messages_are_told_and_are_no_difference(tmp_path: Path) -> None:
    found = compared(tmp_path, {"large": LARGE}, {"large": LARGE | {"redraft": "take less"}})
    assert found.relation == "equal" and found.rules[0].reworded


def test_too_few_steps_are_undecided(tmp_path: Path) -> None:
    old, new = packs(tmp_path, {"large": LARGE}, {"large": rule("supply", "not (x.amount <= USD 10bn)")})
    found = compare(load_pack(old), load_pack(new), DAY, steps=1)
    assert found.relation == "undecided" and found.rules[0].relation == "undecided"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_no_random_deal_refutes_a_relation_between_random_rules(seed: int, tmp_path: Path) -> None:
    maker = Maker(500 + seed)
    old: dict[str, Any] = {}
    new: dict[str, Any] = {}
    for number in range(12):
        document = maker.rule()
        if "b" in document["given"]:
            continue
        old[f"rule-{number}"] = document
        atom = maker.atom("x", document["given"]["x"]["kind"])
        new[f"rule-{number}"] = document | {"when": f"({document['when']}) {maker.pick(('and', 'or'))} {atom}"}
    one, other = (load_pack(folder) for folder in packs(tmp_path, old, new))
    found = compare(one, other, DAY, engines=("reference",))
    judges = Judge(one, {}), Judge(other, {})
    rows = [[judge.statuses(made) for judge in judges] for made in maker.deals(250)]
    allowed = {"equal": {0}, "stricter": {0, 1}, "looser": {0, -1}, "incomparable": {-1, 0, 1}}
    assert "undecided" not in {changed.relation for changed in found.rules}
    for changed in found.rules:
        for before, after in rows:
            rises = LEVELS[after[changed.rule]] - LEVELS[before[changed.rule]]
            assert (rises > 0) - (rises < 0) in allowed[changed.relation], changed.rule


# --- the shipped pack and the doors


@pytest.mark.slow
def test_a_change_of_the_shipped_pack_is_found_with_the_term_sheets_that_it_changes(tmp_path: Path) -> None:
    changed = tmp_path / "ours"
    changed.mkdir()
    for file in built_in_pack().folder.glob("*.yaml"):
        text = file.read_text()
        if file.stem == "compute-outside-the-exclusive-cloud":
            text = text.replace("  and overlaps(supply, exclusivity)\n", "").replace(
                "severity: conflict", "severity: flag"
            )
        (changed / file.name).write_text(text)
    found = diff_packs("partnership", changed, [str(SHEETS)], as_of=AS_OF)
    differing = {one.rule: one.relation for one in found.rules if one.relation != "equal"}
    assert differing == {"compute-outside-the-exclusive-cloud": "incomparable"}
    verdicts = {one.term_sheet: (one.old, one.new) for one in found.term_sheets if one.changes_verdict}
    assert verdicts["oracle-stargate-capacity"] == ("conflict", "flag")
    assert verdicts["oracle-stargate-after-exclusivity"] == ("clear", "flag")
    assert len(found.term_sheets) == len(list(SHEETS.glob("*.yaml")))


@pytest.mark.slow
def test_the_shipped_pack_equals_itself() -> None:
    found = diff_packs("partnership", "partnership", as_of=AS_OF)
    assert found.relation == "equal" and {one.relation for one in found.rules} == {"equal"}


def test_the_command_prints_saves_and_exits(tmp_path: Path) -> None:
    old, new = packs(tmp_path, {"large": LARGE}, {"large": rule("supply", "x.amount > USD 5bn")})
    done = command("diff", str(old), str(new), "--as-of", AS_OF, "--exit-code", "--save", str(tmp_path / "w"))
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "seeded 1.0.0 against seeded 1.0.0, as of 2025-07-01"
    assert "^ `large` is stricter (proved)" in lines
    assert "  witness: `large` was satisfied and is breached" in lines
    agreement, sheet = read_deal(tmp_path / "w" / "large-says-more" / "term-sheet.yaml")
    world = deal(agreement, sheet, sheet.dated)
    statuses = [Judge(load_pack(pack), {}).statuses(world)["large"] for pack in (old, new)]
    assert statuses == ["satisfied", "breached"]
    assert command("diff", str(old), str(old), "--as-of", AS_OF, "--exit-code").returncode == 0


def test_json_is_that_of_python(tmp_path: Path) -> None:
    old, new = packs(tmp_path, {"large": LARGE}, {"large": rule("supply", "x.amount > USD 5bn")})
    data = json.loads(command("diff", str(old), str(new), "--as-of", AS_OF, "-f", "json").stdout)
    assert data == json.loads(json.dumps(as_data(diff_packs(old, new, as_of=AS_OF))))


def test_unlike_things_are_not_compared(tmp_path: Path) -> None:
    old, new = packs(tmp_path, {"large": LARGE}, {"large": LARGE})
    sheet = str(SHEETS / "walk-away.yaml")
    for arguments, said in (
        ((str(old), sheet), "error[unlike-things]"),
        ((sheet, sheet, sheet), "error[two-sheets]"),
        ((str(old), str(new), "-r", "partnership"), "error[two-choices]"),
        ((str(old), str(new), "--select", "small"), "error[selects-nothing]"),
    ):
        done = command("diff", *arguments)
        assert done.returncode == 2 and said in done.stderr, done.stderr


def test_a_word_that_selects_nothing_in_either_pack_is_refused(tmp_path: Path) -> None:
    from clauses.use_cases import Choice

    old, new = packs(tmp_path, {"large": LARGE}, {"large": LARGE, "more": rule("supply", "x.amount > USD 5bn")})
    with pytest.raises(UsageError):
        diff_packs(old, new, as_of=AS_OF, choice=Choice(select=("less",)))
    found = diff_packs(old, new, as_of=AS_OF, choice=Choice(select=("more",)))
    assert [(one.rule, one.relation) for one in found.rules] == [("more", "added")]
