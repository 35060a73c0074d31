"""What a change of the rules would change: the rows are those that differ between two reviews by the reference."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from many_deals import AS_OF, Facts, reference_rows, write_portfolio
from test_check import ONE_JOB

from clauses import built_in_pack
from clauses.language.pack import RulePack, load_pack
from clauses.language.rule import Rule
from clauses.portfolio.backends import Backend
from clauses.portfolio.impact import CHANGES, impact, rule_changes
from clauses.portfolio.report import of_impact
from clauses.portfolio.results import Row, verdict_of
from clauses.portfolio.store import Portfolio
from clauses.resources import examples_folder
from clauses.review.output.ink import Ink
from clauses.terms.facts import deal
from clauses.use_cases import read_deal

PACK_YAML = """
pack: offices
version: {version}
sources: {{law: {{title: The law}}}}
parameters:
  share: {{description: A share., values: [{{starting: 2020-01-01, value: {share}}}]}}
{facts}
"""

RULE = """
rule: {id}
heading: a share
severity: {severity}
authority: [{{document: law}}]
given: {{share: {{kind: revenue_share, in: result}}}}
when: {when}
says: "it is {{share.share}}"
redraft: less
examples: []
"""


@pytest.fixture(scope="module")
def worked() -> list[Facts]:
    folder = examples_folder() / "microsoft-openai"
    return [
        Facts(file.stem, deal(*read_deal(file), AS_OF).facts, {})
        for file in sorted((folder / "term-sheets").glob("*.yaml"))
    ]


@pytest.fixture(scope="module")
def portfolio(worked: list[Facts], tmp_path_factory: pytest.TempPathFactory) -> Portfolio:
    return write_portfolio(tmp_path_factory.mktemp("impact") / "deals", worked, 14)


@pytest.fixture(scope="module")
def old() -> RulePack:
    """One in five of the rules, and those that derive facts."""
    pack = built_in_pack()
    return replace(pack, rules=tuple(rule for n, rule in enumerate(pack.rules) if rule.derives or n % 5 == 0))


def changed(pack: RulePack) -> RulePack:
    """A pack in which one rule of four is gone, one is graver, one is milder and one has another name."""

    def other(number: int, rule: Rule) -> Rule | None:
        if rule.derives is not None:
            return rule
        match number % 4:
            case 0:
                return None
            case 1:
                return replace(rule, severity="conflict")
            case 2:
                return replace(rule, severity="note")
        return replace(rule, id=f"{rule.id}-renamed")

    rules = [kept for number, rule in enumerate(pack.rules) if (kept := other(number, rule))]
    return replace(pack, version="2.0.0", rules=tuple(rules), sha256="other")


def statuses(rows: Sequence[Row]) -> dict[str, str]:
    """The status of each rule of which there are rows."""
    found = {row.rule: "undetermined" for row in rows}
    return found | {row.rule: "breached" for row in rows if row.status == "breached"}


def expected_rows(deals: Sequence[Facts], old: RulePack, new: RulePack) -> list[tuple[str | None, ...]]:
    """The rows without the reason, from two reviews of each agreement."""
    severities = [{rule.id: rule.severity for rule in pack.rules if not rule.derives} for pack in (old, new)]
    found = []
    for one in deals:
        sides = [reference_rows(one, [pack]) for pack in (old, new)]
        before, after = map(statuses, sides)
        for rule in sorted({*before, *after}):
            severity = [own.get(rule) for own in severities]
            is_moved = None not in severity and severity[0] != severity[1]
            if before.get(rule) != after.get(rule) or is_moved:
                status = before.get(rule, "none"), after.get(rule, "none")
                found.append((one.id, rule, *status, *severity, *map(verdict_of, sides)))
    return found


@pytest.mark.parametrize("backend", [ONE_JOB, Backend("processes", 2)], ids=["local", "processes"])
def test_the_rows_are_the_differences_of_two_reviews(
    backend: Backend, worked: list[Facts], portfolio: Portfolio, old: RulePack, tmp_path: Path
) -> None:
    new = changed(old)
    found = impact(old, new, portfolio, output=tmp_path / "rows.parquet", backend=backend)
    rows = pq.read_table(tmp_path / "rows.parquet").to_pylist()
    assert list(rows[0]) == CHANGES.names
    expected = expected_rows(worked, old, new)
    assert [tuple(cell for name, cell in row.items() if name != "why") for row in rows] == expected
    assert found.touched == len({row[0] for row in expected}) > 8
    verdicts = {row[0]: row[-2:] for row in expected}
    assert found.verdicts == Counter(pair for pair in verdicts.values() if pair[0] != pair[1])
    by_rule = Counter((row[1], row[2], row[3]) for row in expected)
    assert {(rule, *pair): n for rule, moves in found.rules.items() for pair, n in moves.items()} == by_rule
    assert {row["why"] for row in rows} == set(found.why.values())


def test_equal_packs_change_nothing(portfolio: Portfolio, old: RulePack, tmp_path: Path) -> None:
    found = impact(old, old, portfolio, output=tmp_path / "rows.csv", backend=ONE_JOB)
    assert not found.touched and not found.rules and not found.verdicts
    assert len(list(csv.reader((tmp_path / "rows.csv").open()))) == 1


def test_the_summary_says_what_moves(portfolio: Portfolio, old: RulePack) -> None:
    found = impact(old, changed(old), portfolio, backend=ONE_JOB)
    text = of_impact(found, "deals", "text", Ink())
    assert "partnership 1.0.0 → partnership 2.0.0" in text and "the rule is removed" in text
    assert f"a rule comes out otherwise in {found.touched}" in text
    data = json.loads(of_impact(found, "deals", "json", Ink()))
    assert data["touched"] == found.touched and set(data["rules"]) == set(found.rules)


# --- why


def make(folder: Path, share: str, version: str, rules: dict[str, str], facts: str = "") -> RulePack:
    folder.mkdir()
    (folder / "pack.yaml").write_text(PACK_YAML.format(version=version, share=share, facts=facts))
    for id, text in rules.items():
        (folder / f"{id}.yaml").write_text(text)
    return load_pack(folder)


def test_why_names_what_changed(tmp_path: Path) -> None:
    def rule(id: str, severity: str = "flag", when: str = "share.share > parameters.share") -> str:
        return RULE.format(id=id, severity=severity, when=when)

    old = make(tmp_path / "old", "10%", "1.0.0", {
        "a-parameter": rule("a-parameter"), "a-severity": rule("a-severity", when="share.share > 5%"),
        "a-condition": rule("a-condition", when="share.share > 5%"), "gone": rule("gone"),
        "the-same": rule("the-same", when="share.share > 7%"),
    })  # fmt: skip
    new = make(tmp_path / "new", "20%", "2.0.0", {
        "a-parameter": rule("a-parameter"), "a-severity": rule("a-severity", "conflict", "share.share > 5%"),
        "a-condition": rule("a-condition", when="share.share > 6%"), "added": rule("added"),
        "the-same": rule("the-same", when="share.share >  7%"),
    })  # fmt: skip
    found = {one.id: one.why for one in rule_changes(old, new, AS_OF)}
    assert found == {
        "a-parameter": "parameter `share`: 10% → 20%",
        "a-severity": "severity flag → conflict",
        "a-condition": "condition: share.share > 5% → share.share > 6%",
        "gone": "the rule is removed",
        "added": "the rule is added",
        "the-same": "nothing in the rule changed",
    }


def test_why_follows_what_is_derived(tmp_path: Path) -> None:
    facts = "facts: {large_share: {payer: party}}"
    reads = RULE.format(id="reads", severity="flag", when="large.payer == share.payer")
    reads = reads.replace("in: result}}", "in: result}, large: {kind: large_share}}")
    derives = RULE.format(id="derives", severity="note", when="share.share > parameters.share")
    derives = derives.replace('says: "it is {share.share}"\nredraft: less\n', "").replace("severity: note\n", "")
    derives += "derives: {kind: large_share, payer: share.payer}\n"
    old = make(tmp_path / "old", "10%", "1.0.0", {"reads": reads, "derives": derives}, facts)
    new = make(tmp_path / "new", "20%", "1.0.0", {"reads": reads, "derives": derives}, facts)
    (found,) = rule_changes(old, new, AS_OF)
    assert found.why == "in `derives`, which derives `large_share`: parameter `share`: 10% → 20%"
