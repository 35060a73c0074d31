"""What the page asks of the service beside the calls of everybody: outline, edits, opening a document."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clauses import use_cases
from clauses.calls import Desk
from clauses.errors import ClausesError
from clauses.http_api.page_answers import MAXIMUM_TEXT, answers

ORACLE = Path("examples/microsoft-openai/term-sheets/oracle-stargate-capacity.yaml")
AGREEMENT = Path("examples/microsoft-openai/agreement.yaml")


@pytest.fixture(scope="module")
def calls() -> Iterator[Any]:
    with Desk() as desk:
        known = answers(desk)
        yield lambda verb, **data: json.loads(known[f"page-{verb}"](data).body)


def _refused(calls: Any, verb: str, **data: Any) -> str:
    with pytest.raises(ClausesError) as caught:
        calls(verb, **data)
    return caught.value.problems[0].id


def test_there_is_something_to_choose_from(calls: Any) -> None:
    found = calls("start")
    assert "microsoft-openai" in [one["id"] for one in found["held"]["agreement"]]
    assert found["kinds"]["supply"]["amount"] == {"type": "money", "choices": [], "list": False}
    assert found["schema"]["title"] == "TermSheetDocument"


def test_an_outline_says_where_everything_stands(calls: Any) -> None:
    outline = calls("outline", text=ORACLE.read_text())["outline"]
    starts = outline["keys"]["changes"]["items"][0]["keys"]["clause"]["keys"]["starts"]
    assert starts == {"at": [21, 15], "text": "2027-01-01"}


def test_edits_are_made_in_their_order_or_not_at_all(calls: Any) -> None:
    text = ORACLE.read_text()
    edits: list[dict[str, Any]] = [
        {"add_change": {"remove": "governance-terms"}},
        {"set": ["changes", 0, "clause", "amount"], "to": 5},
        {"set": ["changes", 0, "clause", "exclusive"], "to": True},
        {"remove": ["changes", 1]},
    ]
    found = calls("edit", text=text, edits=edits)["text"]
    assert found == text.replace("USD 30bn", "5") + "      exclusive: yes\n"
    assert _refused(calls, "edit", text=text, edits=[*edits, {"remove": ["nothing"]}]) == "edit-refused"


@pytest.mark.parametrize(
    ("verb", "data"),
    [
        ("edit", {"text": "a: b", "edits": [{}]}),
        ("edit", {"text": "a = 1", "name": "sheet.toml", "edits": [{"set": ["a"], "to": "b"}]}),
        ("edit", {"text": "a: b", "edits": [{"set": ["a"], "to": "\ud800"}]}),
        ("edit", {"text": "a: " + "x" * MAXIMUM_TEXT, "edits": []}),
        ("edit", {"text": "a: b", "edits": [{"set": ["a"], "to": "x" * MAXIMUM_TEXT}]}),
        ("edit", {"text": "a: b", "edits": [{"set": ["b"] + ["c"] * 70, "to": "x"}]}),
        ("edit", {"text": "a: [b]", "edits": [{"set": ["a", "x"], "to": "c"}]}),
        ("edit", {"text": "a: [b]", "edits": [{"set": ["a", -1], "to": "c"}]}),
        ("edit", {"text": "a: {1: b}", "edits": [{"set": ["a", 1], "to": "c"}]}),
        ("edit", {"text": "a: b", "edits": [{"set": [0], "to": "c"}]}),
        ("outline", {"text": "[" * 5000}),
        ("outline", {"text": "a: &x [*x]"}),
        ("open", {"sort": "term_sheet", "document": {"held": "../../etc/passwd"}}),
        ("open", {"sort": "term_sheet", "document": {"name": "f.docx", "base64": "!"}}),
        ("open", {"sort": "term_sheet", "document": {"name": "f.docx", "base64": "UEsDBA=="}}),
        ("open", {"sort": "nothing", "document": {"text": ""}}),
        ("open", {}),
    ],
)
def test_what_is_wrong_is_refused(calls: Any, verb: str, data: dict[str, Any]) -> None:
    assert _refused(calls, verb, **data)


def test_a_form_in_word_is_opened_as_text(calls: Any) -> None:
    form = base64.b64encode(use_cases.form(AGREEMENT, ORACLE)).decode()
    document = {"name": "filled.docx", "base64": form}
    found = calls("open", sort="term_sheet", document=document, agreement={"held": "microsoft-openai"})
    assert found["name"] == "filled.yaml" and "add: oracle-supply" in found["text"]
    assert _refused(calls, "open", sort="term_sheet", document=document) == "no-agreement"
    other = {"held": "amendment-stack"}
    assert _refused(calls, "open", sort="term_sheet", document=document, agreement=other)
