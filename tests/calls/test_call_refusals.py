"""Every refusal of a call, with its exact text; nothing in it is a library's phrase."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from test_desk import CALLER, ORACLE

from clauses.calls import Desk, Library, desk, read_json
from clauses.errors import ClausesError

SOURCE = Path(desk.__file__).parent
SENT = {"data": {"term_sheet": "t", "agreement": "microsoft-openai"}}
POSITIONS = {"first": {"held": "microsoft"}, "second": {"held": "openai"}}

REFUSED: list[tuple[str, str, Any, str]] = [
    ("unknown-verb", "chek", {}, "error[unknown-verb] there is no call `chek`\n  = did you mean `check`?"),
    ("missing-key", "check", {}, "(call)/term_sheet: error[missing-key] the call needs `term_sheet`"),
    (
        "unknown-key",
        "margins",
        {**ORACLE, "asof": "2025-07-01"},
        "(call)/asof: error[unknown-key] the call has no key `asof`\n  = did you mean `as_of`?",
    ),
    (
        "wrong-value",
        "resolve",
        {**ORACLE, "alternatives": 100},
        "(call)/alternatives: error[wrong-value] `alternatives` should be 20 or less",
    ),
    (
        "wrong-value",
        "memo",
        {**ORACLE, "format": "rtf"},
        "(call)/format: error[wrong-value] `format` should be one of `html`, `md`, `docx`, `pdf`",
    ),
    (
        "wrong-value",
        "check",
        {"term_sheet": {"held": "a", "text": "b"}},
        "(call)/term_sheet: error[wrong-value] `term_sheet`: give one of `text`, `base64`, `data` and `held`",
    ),
    (
        "wrong-value",
        "verify",
        {"rules": [{"name": "p", "files": {"../x.yaml": ""}}]},
        "(call)/rules/0/files/../x.yaml/[key]: error[wrong-value] `../x.yaml` is no name that may stand there",
    ),
    (
        "wrong-value",
        "terms",
        {},
        "(call): error[wrong-value] give an `agreement` or a `term_sheet`",
    ),
    (
        "not-held",
        "check",
        {"term_sheet": {"held": "oracle-stargate-capacit"}},
        "error[not-held] the server holds no term sheet `oracle-stargate-capacit`\n"
        "  = did you mean `oracle-stargate-capacity`?",
    ),
    (
        "not-held",
        "check",
        {**ORACLE, "rules": ["partnerships"]},
        "error[not-held] the server has no rule pack `partnerships`\n  = did you mean `partnership`?",
    ),
    (
        "not-base64",
        "check",
        {"term_sheet": {"base64": "%"}},
        "error[not-base64] what is sent as `term_sheet` is not base64",
    ),
    (
        "not-json",
        "check",
        {"term_sheet": {"data": {"stake": 0.5}}},
        "error[not-json] what is sent as `term_sheet` is no JSON object\n  = write numbers with a fraction as text",
    ),
    (
        "fixes-as-known",
        "memo",
        {**ORACLE, "fixes": True, "known_on": "2025-07-01"},
        "error[fixes-as-known] `fixes` looks at all that is signed: leave out `known_on`",
    ),
    (
        "no-draft",
        "negotiate",
        {**POSITIONS, "second": {"text": "position: x"}, "first": {"text": "position: y"}},
        "error[no-draft] the positions come without one draft\n  = send it as `term_sheet`",
    ),
    (
        "no-zone",
        "negotiate",
        {
            **POSITIONS, "first": {"held": "microsoft-firm"},
            "plot": ["conversion-equity.stake", "conversion-equity.floor"],
        },
        "error[no-zone] nothing is drawn: no zone was found",
    ),
    (
        "no-ledger",
        "check",
        {**ORACLE, "record": "inputs"},
        "error[no-ledger] nothing can be recorded here: there is no ledger",
    ),
    (
        "unknown-rule",
        "explain",
        {**ORACLE, "rule": ["walk-away-for-one-side-onl"]},
        "error[unknown-rule] there is no rule `walk-away-for-one-side-onl`\n"
        "  = did you mean `walk-away-for-one-side-only`?",
    ),
]  # fmt: skip

BODIES = [
    ("not-json", b'{"a": }', "(call):1:7: error[not-json] the call is not JSON from here on"),
    ("not-json", b"\xff", "error[not-json] the call is not JSON in UTF-8"),
    ("not-json", b'{"a": NaN}', "error[not-json] the call holds `NaN`, which is no JSON"),
    ("not-json", b"9" * 10_000, "error[not-json] the call holds a number that is too long"),
    ("key-twice", b'{"a": 1, "a": 2}', "error[key-twice] the call has the key `a` twice in one object"),
    ("too-deep", b"[" * 1_000_000, "error[too-deep] the call is nested more deeply than anything of ours"),
]


@pytest.fixture(scope="module")
def one_desk() -> Any:
    with Desk(Library()) as found:
        yield found


@pytest.mark.parametrize(("id", "verb", "call", "text"), REFUSED)
def test_a_refusal_reads_exactly_so(one_desk: Desk, id: str, verb: str, call: Any, text: str) -> None:
    with pytest.raises(ClausesError) as caught:
        one_desk.answer(verb, call, CALLER)
    assert str(caught.value).split("\n  1 |")[0] == text
    assert caught.value.problems[0].id == id


@pytest.mark.parametrize(("id", "body", "text"), BODIES)
def test_a_body_that_is_no_call_reads_exactly_so(id: str, body: bytes, text: str) -> None:
    with pytest.raises(ClausesError) as caught:
        read_json(body)
    assert str(caught.value).splitlines()[0] == text


def test_every_refusal_is_shown_here() -> None:
    ids = set()
    for file in SOURCE.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and len(node.args) > 1 and isinstance(node.args[0], ast.Constant):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in ("of", "Problem"):
                    ids.add(node.args[0].value)
    assert ids - {id for id, *_ in [*REFUSED, *BODIES]} == {"held-twice", "no-such-folder", "unreadable-file"}
