"""The built-in pack keeps its own promises: its examples, its coverage, its sources and its voice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from clauses.engines import registry
from clauses.language.pack import load_pack
from clauses.language.rule import PLACEHOLDER, Rule
from clauses.review.pack_lint import lint
from clauses.review.pack_tests import Coverage, ExampleResult, run_examples
from clauses.terms.values import Date

ROOT = Path(__file__).parents[2]
PACK = load_pack(ROOT / "rules" / "partnership")
RULES = {rule.id: rule for rule in PACK.rules}
FINDING = {id: rule for id, rule in RULES.items() if rule.derives is None}
VERIFIED = Date.read("2025-12-31")
"""A day on which every parameter is still verified."""


@pytest.fixture(scope="module")
def examined() -> tuple[dict[str, list[ExampleResult]], Coverage]:
    results, coverage = run_examples(PACK, [registry.engine("reference"), registry.engine("rete")])
    by_rule: dict[str, list[ExampleResult]] = {id: [] for id in RULES}
    for result in results:
        by_rule[result.example.rule.id].append(result)
    return by_rule, coverage


@pytest.mark.parametrize("id", RULES)
def test_every_example_comes_out_as_it_says_on_both_engines(
    id: str, examined: tuple[dict[str, list[ExampleResult]], Coverage]
) -> None:
    results = examined[0][id]
    failed = {r.example.name: (r.example.expect, dict(r.found)) for r in results if not r.passed}
    assert not failed
    assert {r.example.expect for r in results} >= {"breached", "satisfied", "undetermined"}
    assert all(set(r.found) == {"reference", "rete"} for r in results)


def test_the_examples_cover_everything(examined: tuple[dict[str, list[ExampleResult]], Coverage]) -> None:
    assert list(examined[1].missing()) == []
    assert examined[1].percentage() == 100


def test_lint_has_nothing_to_send_back() -> None:
    assert [f"{defect.place}: {defect.sentence}" for defect in lint(PACK, VERIFIED)] == []


def test_the_pack_is_large_enough_and_every_kind_of_severity_is_used() -> None:
    assert len(FINDING) >= 60
    assert {rule.severity for rule in FINDING.values()} == {"conflict", "consent", "flag", "note"}


def test_every_fact_that_is_derived_is_read() -> None:
    derived = {rule.derives.kind for rule in PACK.rules if rule.derives}
    assert derived <= {kind for rule in FINDING.values() for kind in rule.kinds}


def quotes() -> list[tuple[str, str]]:
    return [(id, a.quote) for id, rule in RULES.items() for a in rule.authority if a.document == "article" and a.quote]


@pytest.mark.parametrize(("id", "quote"), quotes())
def test_every_quote_of_the_article_is_verbatim(id: str, quote: str) -> None:
    article = (ROOT / "examples" / "microsoft-openai" / "article.txt").read_text(encoding="utf-8")
    assert quote in " ".join(article.split()), id


@pytest.mark.parametrize("id", RULES)
def test_headings_are_lower_case_phrases(id: str) -> None:
    heading = RULES[id].heading
    assert heading[0].islower() and heading[-1] not in ".!?", heading
    assert not heading.startswith(("a ", "an ", "the "))


def without_values(text: str) -> str:
    """The words that the rule writes itself."""
    return PLACEHOLDER.sub("X", text)


@pytest.mark.parametrize("id", FINDING)
def test_the_pack_speaks_with_one_voice(id: str) -> None:
    rule: Rule = FINDING[id]
    says, redraft, question = (without_values(text or "") for text in (rule.says, rule.redraft, rule.question))
    assert says[0].isupper() and says.endswith(".") and not says.endswith(".."), says
    assert ". " not in says, "one sentence"
    assert redraft[0].islower() and redraft[-1] not in ".?", redraft
    assert not question or question.endswith("?"), question
    for text in (says, redraft, question, rule.heading):
        assert not re.search(r"(?<!term )\bsheet", text, re.IGNORECASE), text
        assert not re.search(r"\b(shall|hereby|herein|aforesaid)\b|\d+ days", text), text
