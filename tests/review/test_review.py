"""A review: the verdict, the places, the questions; pure, and never satisfied by silence."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from clauses.language.pack import RulePack, load_pack
from clauses.resources import rules_folder
from clauses.review.finding import Review, RuleStatus
from clauses.review.review import Reviewer, verdict_of
from clauses.terms.agreement import read_agreement, read_term_sheet
from clauses.terms.values import Date
from clauses.yaml_nodes import read_file

EXAMPLES = Path(__file__).parents[2] / "examples" / "microsoft-openai"
PACK = Path(__file__).parents[1] / "data" / "pack"
BUILT_IN = rules_folder() / "partnership"
SHEETS = sorted((EXAMPLES / "term-sheets").glob("*.yaml"))


@cache
def packs() -> tuple[RulePack, ...]:
    """The small pack, and the built-in one where it is there."""
    return (load_pack(PACK), *([load_pack(BUILT_IN)] if (BUILT_IN / "pack.yaml").is_file() else []))


@cache
def reviewer() -> Reviewer:
    return Reviewer(packs(), ("reference",))


def review(agreement: Any, sheet: Any) -> Review:
    base = read_agreement(agreement)
    read = read_term_sheet(sheet, base)
    return reviewer().examine(base, read, Date(read.dated.lowest, read.dated.lowest)).review


@cache
def worked(name: str) -> Review:
    return review(EXAMPLES / "agreement.yaml", EXAMPLES / "term-sheets" / name)


@pytest.fixture(params=[sheet.name for sheet in SHEETS])
def found(request: pytest.FixtureRequest) -> Review:
    return worked(request.param)


# --- the verdict


@pytest.mark.parametrize(
    ("severity", "status"),
    list(product(["conflict", "consent", "flag", "note"], ["breached", "undetermined", "satisfied", "not_applicable"])),
)
@pytest.mark.parametrize("beside", [None, ("flag", "breached"), ("consent", "breached"), ("flag", "undetermined")])
def test_the_verdict_is_the_worst_that_holds(severity: Any, status: Any, beside: Any) -> None:
    rules = [RuleStatus("a", severity, status), *([RuleStatus("b", *beside)] if beside else [])]

    def says(rule: RuleStatus) -> str:
        if rule.severity == "note" or rule.status in ("satisfied", "not_applicable"):
            return "clear"
        return rule.severity if rule.status == "breached" else "undetermined"

    order = ["conflict", "consent", "undetermined", "flag", "clear"]
    assert verdict_of(rules) == min(map(says, rules), key=order.index)


def test_the_summary_counts_the_rules(found: Review) -> None:
    for status in ("breached", "undetermined", "satisfied", "not_applicable"):
        assert getattr(found.summary, status) == sum(rule.status == status for rule in found.rules)
    assert found.summary.rules == len(found.rules)
    assert found.verdict == verdict_of(found.rules)


def test_findings_stand_in_order_and_belong_to_rules_that_found_something(found: Review) -> None:
    severities = ["conflict", "consent", "flag", "note"]
    keys = [(severities.index(f.severity), f.rule, [c.id for c in f.clauses]) for f in found.findings]
    assert keys == sorted(keys)
    statuses = {rule.rule: rule.status for rule in found.rules}
    assert {f.rule for f in found.findings} == {
        rule for rule, s in statuses.items() if s in ("breached", "undetermined")
    }
    for finding in found.findings:
        assert statuses[finding.rule] == "breached" or finding.status == "undetermined"
    assert len({f.fingerprint for f in found.findings}) == len(found.findings)


# --- places, questions


def test_every_place_of_a_clause_is_a_line_that_names_it(found: Review) -> None:
    for finding in found.findings:
        for clause in finding.clauses:
            if clause.location is None:
                continue
            line = Path(clause.location["file"]).read_text().splitlines()[clause.location["line"] - 1]
            id = clause.id.rpartition("@")[2]
            assert line[clause.location["column"] - 1 :].startswith(id), (clause.id, line)


def test_every_place_of_a_value_is_inside_its_file(found: Review) -> None:
    for finding in found.findings:
        for value in finding.values:
            if value.location is not None:
                lines = Path(value.location["file"]).read_text().splitlines()
                assert 1 <= value.location["line"] <= len(lines)
                assert 1 <= value.location["column"] <= len(lines[value.location["line"] - 1]) + 1


def test_what_is_missing_and_what_to_ask_stand_exactly_with_what_cannot_be_told(found: Review) -> None:
    for finding in found.findings:
        if finding.status == "breached":
            assert finding.missing == () and finding.question is None
            assert finding.derivation.truth == "true"
        else:
            assert (finding.question and finding.question.endswith("?")) or finding.question
            assert finding.derivation.truth == "unknown"


def test_no_placeholder_or_python_word_is_left_in_a_sentence(found: Review) -> None:
    for finding in found.findings:
        for text in (finding.message, finding.redraft, finding.question or ""):
            assert not any(mark in text for mark in ("{", "}", "None", "Truth.", "frozenset", "()"))


# --- purity

SCRIPT = """
import sys
from clauses.cli import main
sys.argv = ["clauses", "check", *sys.argv[1:], "-f", "json", "-f", "text", "-f", "sarif", "-f", "markdown"]
main()
"""


def test_the_same_inputs_give_the_same_bytes_everywhere() -> None:
    sheets = [
        f"term-sheets/{name}"
        for name in ("oracle-stargate-capacity.yaml", "oracle-stargate-mid-2030.yaml", "walk-away.yaml")
    ]
    environments = [
        {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8"},
        {
            "PYTHONHASHSEED": "4242",
            "TZ": "America/Los_Angeles",
            "LANG": "tr_TR.UTF-8",
            "COLUMNS": "20",
            "PYTHONUTF8": "0",
        },
    ]
    rules = [word for pack in packs() for word in ("-r", str(pack.folder))]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, *sheets, *rules], cwd=EXAMPLES, stdout=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        )
        for environment in environments
    ]  # fmt: skip
    outputs = {process.communicate()[0] for process in running}
    assert len(outputs) == 1 and b"review_id" in outputs.pop()


def without_places(value: Any) -> Any:
    """A review without what depends on where in a file something stands."""
    if isinstance(value, dict):
        return {
            key: without_places(item) for key, item in value.items() if key not in ("location", "sha256", "review_id")
        }
    return [without_places(item) for item in value] if isinstance(value, list) else value


def shuffled(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict):
        items = list(value.items())
        chance.shuffle(items)
        return {key: shuffled(item, chance) for key, item in items}
    return [shuffled(item, chance) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_clauses_and_keys_changes_no_finding(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    agreement = read_file(EXAMPLES / "agreement.yaml").plain()
    shutil.copy(EXAMPLES / "article.txt", tmp_path)
    (tmp_path / "agreement.json").write_text(json.dumps(shuffled(agreement, chance)))
    for sheet in SHEETS[seed::4]:
        plain = shuffled(read_file(sheet).plain(), chance)
        chance.shuffle(plain["changes"])
        (tmp_path / "sheet.json").write_text(json.dumps(plain))
        mixed = review(tmp_path / "agreement.json", tmp_path / "sheet.json")
        assert without_places(mixed.data()) == without_places(worked(sheet.name).data())


# --- silence


def uses_stated(pack: RulePack, rule_id: str) -> bool:
    """Whether a rule asks whether something is stated, or whether the term sheet wrote it."""
    rule = pack.rule(rule_id)
    assert rule is not None
    text = rule.root.place.source.text
    return "stated(" in text or "not_stated" in text or ".changed" in text


NO_TERMS = {"id", "kind", "basis", "changed", "not_stated", "parties", "clauses", "currencies"}
"""What facts hold beside the terms of their clause."""


def terms_to_delete(finding: Any) -> list[tuple[str, str]]:
    """The clause and the term of each value of a finding that a document states."""
    by_alias = {clause.alias: clause for clause in finding.clauses if clause.location}
    pairs = []
    for value in finding.values:
        alias, _, term = value.term.partition(".")
        clause = by_alias.get(alias)
        if clause is not None and clause.layer is not None and "@" not in clause.id and term not in NO_TERMS:
            pairs.append((clause.id, term))
    return pairs


EMPTY_IF_LEFT_OUT = {"carve_outs", "vetoes"}
"""Lists that are empty where a document does not have them; the word `unknown` leaves them open."""


def without(document: dict[str, Any], clause_id: str, term: str) -> bool:
    """Leave out a term of a clause wherever a document states it; False where it does not."""
    whole = [document.get("clauses", {}).get(clause_id, {})]
    parts = []
    for amendment in [document, *document.get("amendments", {}).values()]:
        whole += [change["clause"] for change in amendment.get("changes", []) if change.get("add") == clause_id]
        parts += [change["set"] for change in amendment.get("changes", []) if change.get("amend") == clause_id]
    left_out = False
    for body in (body for body in (*whole, *parts) if term in body):
        if body in whole and term not in EMPTY_IF_LEFT_OUT:
            del body[term]
        else:  # an amendment that leaves a term out does not change it
            body[term] = "unknown"
        left_out = True
    return left_out


@pytest.mark.parametrize("name", [sheet.name for sheet in SHEETS])
def test_no_rule_is_satisfied_because_a_term_was_left_out(name: str) -> None:
    """Whoever deletes a term that breached a rule gets a question, not a clean review."""
    before = {rule.rule: rule.status for rule in worked(name).rules}
    tried: set[tuple[str, str]] = set()
    for finding in worked(name).findings:
        if finding.status != "breached":
            continue
        for clause_id, term in terms_to_delete(finding):
            if (clause_id, term) in tried:
                continue
            tried.add((clause_id, term))
            agreement = read_file(EXAMPLES / "agreement.yaml").plain()
            sheet = read_file(EXAMPLES / "term-sheets" / name).plain()
            if not (without(sheet, clause_id, term) | without(agreement, clause_id, term)):
                continue
            after = {rule.rule: rule.status for rule in review(agreement, sheet).rules}
            for pack in packs():
                for rule in pack.rules:
                    if before.get(rule.id) != "breached" or after[rule.id] != "satisfied" or uses_stated(pack, rule.id):
                        continue
                    reads = any(
                        f"{clause_id}" == c.id for f in worked(name).findings if f.rule == rule.id for c in f.clauses
                    )
                    named = any(
                        v.term.endswith(f".{term}")
                        for f in worked(name).findings
                        if f.rule == rule.id
                        for v in f.values
                    )
                    assert not (reads and named), (rule.id, clause_id, term)
