"""The pack for contract abstracts keeps its promises, and asks of a table what its cells allow to be said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from clauses import Reviewer
from clauses.engines import registry
from clauses.language.pack import load_pack
from clauses.language.rule import PLACEHOLDER, Rule
from clauses.portfolio.mapping import TableMapping, read_mapping
from clauses.review.pack_lint import lint
from clauses.review.pack_tests import Coverage, ExampleResult, run_examples
from clauses.terms.agreement import read_agreement
from clauses.terms.values import Date

PACK = load_pack(Path(__file__).parents[2] / "rules" / "abstracts")
RULES = {rule.id: rule for rule in PACK.rules}
AS_OF = Date.read("2025-07-01")


@pytest.fixture(scope="module")
def examined() -> tuple[list[ExampleResult], Coverage]:
    return run_examples(PACK, [registry.engine("reference"), registry.engine("rete")])


def test_every_example_comes_out_as_it_says_on_both_engines(examined: tuple[list[ExampleResult], Coverage]) -> None:
    failed = {(r.example.rule.id, r.example.name): dict(r.found) for r in examined[0] if not r.passed}
    assert not failed
    for id in RULES:
        expected = {r.example.expect for r in examined[0] if r.example.rule.id == id}
        assert expected >= {"breached", "satisfied", "undetermined"}, id


def test_the_examples_cover_everything(examined: tuple[list[ExampleResult], Coverage]) -> None:
    assert list(examined[1].missing()) == []


def test_lint_has_nothing_to_send_back() -> None:
    assert [f"{defect.place}: {defect.sentence}" for defect in lint(PACK, AS_OF)] == []


@pytest.mark.parametrize("id", RULES)
def test_a_rule_needs_no_term_sheet_and_speaks_like_the_house(id: str) -> None:
    rule: Rule = RULES[id]
    assert {pattern.layer for pattern in (*rule.given, *(absence.pattern for absence in rule.unless))} == {"current"}
    says, redraft = (PLACEHOLDER.sub("X", text or "") for text in (rule.says, rule.redraft))
    assert says.endswith(".") and ". " not in says and says[0].isupper()
    assert redraft[0].islower() and redraft[-1] not in ".?"
    assert not re.search(r"\b(shall|hereby|herein|term sheet)\b", f"{says} {redraft} {rule.heading}")


@pytest.mark.parametrize("id", RULES)
def test_an_absence_counts_only_where_somebody_has_looked(id: str) -> None:
    absences = RULES[id].unless
    asked = " ".join(absence.text for absence in absences if absence.pattern.kind == "open_question")
    assert all(f'"{absence.pattern.kind}"' in asked for absence in absences if absence.pattern.kind != "open_question")


# --- from a table to findings


@pytest.fixture(scope="module")
def cuad() -> TableMapping:
    return read_mapping("cuad")


def findings(mapping: TableMapping, **answers: str) -> dict[str, str]:
    """The findings of a made-up row of the master file: every question answered with no, but for these."""
    asked = {column for part in mapping.content.clauses.values() for column in part.if_yes}
    row = {column: "No" if column in asked else "" for column in mapping.columns()}
    row |= {"Filename": "a.pdf", "Parties-Answer": 'Pine ("Licensor"); Oak'}
    for category, answer in answers.items():
        words = category.replace("_", " ")
        row[next(column for column in (f"{words}-Answer", f"{words}- Answer") if column in row)] = answer
        row[words] = "['the words']" if answer else ""
    mapped = mapping.document(row)
    assert mapped.document is not None
    with Reviewer([PACK], ("reference",)) as reviewer:
        found = reviewer.examine(read_agreement(mapped.document), None, AS_OF).review.findings
    return {finding.rule: finding.status for finding in found}


BARE = {"counterparty-may-change-freely", "liability-not-dealt-with", "no-governing-law"}


def test_a_contract_in_which_nothing_was_found(cuad: TableMapping) -> None:
    found = findings(cuad)
    assert {rule for rule, status in found.items() if status == "breached"} == BARE | {"end-not-known"}
    assert {rule for rule, status in found.items() if status == "undetermined"} == {
        "ended-and-not-prolonged", "perpetual-without-a-way-out",
    }  # fmt: skip


def test_a_contract_with_all_that_it_needs(cuad: TableMapping) -> None:
    answers = {"Expiration_Date": "12/31/2027", "Governing_Law": "France", "Cap_On_Liability": "Yes"}
    assert findings(cuad, **answers, **{"Anti-Assignment": "Yes", "Change_Of_Control": "Yes"}) == {
        "change-of-control-to-clear": "breached"
    }


@pytest.mark.parametrize(
    ("answers", "rule", "status"),
    [
        ({"Exclusivity": "Yes", "Expiration_Date": "perpetual"}, "exclusivity-without-end", "breached"),
        ({"Exclusivity": "Yes", "Expiration_Date": "12/31/2027"}, "exclusivity-without-end", None),
        ({"Exclusivity": "Yes", "Expiration_Date": "[]/[]/[]"}, "exclusivity-without-end", "undetermined"),
        ({"Uncapped_Liability": "Yes"}, "uncapped-liability", "breached"),
        ({"Uncapped_Liability": "Yes", "Insurance": ""}, "uncapped-liability-without-insurance", "undetermined"),
        ({"Revenue/Profit_Sharing": "Yes"}, "revenue-share-without-audit", "breached"),
        ({"Revenue/Profit_Sharing": "Yes", "Audit_Rights": ""}, "revenue-share-without-audit", "undetermined"),
        ({"Revenue/Profit_Sharing": "Yes", "Audit_Rights": ""}, "question-left-open", "breached"),
        (
            {"Most_Favored_Nation": "Yes", "Revenue/Profit_Sharing": "Yes"},
            "most-favoured-beside-revenue-share",
            "breached",
        ),
        ({"Non-Compete": "Yes"}, "non-compete-beyond-the-term", "undetermined"),
        ({"Minimum_Commitment": "Yes", "Termination_For_Convenience": "Yes"}, "minimum-without-a-way-out", None),
        ({"Minimum_Commitment": "Yes"}, "minimum-without-a-way-out", "breached"),
        (
            {
                "Expiration_Date": "9/30/2025",
                "Renewal_Term": "successive 1 year",
                "Notice_Period_To_Terminate_Renewal": "60 days",
            },
            "renewal-notice-due",
            "breached",
        ),
        ({"Expiration_Date": "12/31/2020", "Renewal_Term": "1 year"}, "renewed-past-the-recorded-end", "undetermined"),
        ({"Expiration_Date": "12/31/2020", "Renewal_Term": "perpetual"}, "renewed-past-the-recorded-end", "breached"),
        ({"Irrevocable_Or_Perpetual_License": "Yes"}, "lasting-licence", "breached"),
    ],
)
def test_what_a_table_says_decides_what_is_found(
    cuad: TableMapping, answers: dict[str, str], rule: str, status: str | None
) -> None:
    assert findings(cuad, **answers).get(rule) == status
