"""What is wrong with a call is said in our words, with a status that fits, and nothing breaks."""

from __future__ import annotations

import ast
import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
from http_service import ROOT, WORKED, problems
from starlette.testclient import TestClient

JSON = {"content-type": "application/json"}
FORM = "multipart/form-data"
CUT = b'--b\r\nContent-Disposition: form-data; name="term_sheet"\r\n\r\nx'
SHEET = (ROOT / "examples/microsoft-openai/term-sheets/oracle-stargate-capacity.yaml").read_text()


@pytest.mark.parametrize(
    ("body", "id", "words"),
    [
        (b"", "not-json", "the call is not JSON from here on"),
        (b"{", "not-json", "the call is not JSON from here on"),
        (b"[]", "not-json", "the call should be a JSON object"),
        (b'"text"', "not-json", "the call should be a JSON object"),
        (b"\xff\xfe", "not-json", "the call is not JSON in UTF-8"),
        (b'{"term_sheet": NaN}', "not-json", "the call holds `NaN`, which is no JSON"),
        (b'{"term_sheet": -Infinity}', "not-json", "the call holds `-Infinity`, which is no JSON"),
        (b'{"term_sheet": ' + b"9" * 5000 + b"}", "not-json", "the call holds a number that is too long"),
        (b'{"as_of": "a", "as_of": "b"}', "key-twice", "the call has the key `as_of` twice in one object"),
        (b"[" * 100_000, "too-deep", "the JSON is nested more than 80 levels deep"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "too-deep", "the JSON is nested more than 80 levels deep"),
        (b"{}", "missing-key", "the call needs `term_sheet`"),
        (b'{"term_shet": {"held": "x"}}', "missing-key", "the call needs `term_sheet`"),
        (b'{"term_sheet": 7}', "wrong-value", "`term_sheet` should be an object"),
        (b'{"term_sheet": {}}', "wrong-value", "`term_sheet`: give one of `text`, `base64`, `data` and `held`"),
        (b'{"term_sheet": "x", "engine": "both\\u0000"}', "wrong-value", None),
        (b'{"term_sheet": {"text": "\\ud800"}}', None, None),
    ],
)
def test_a_malformed_call_is_a_problem_in_our_words(
    body: bytes, id: str | None, words: str | None, client: TestClient
) -> None:
    answer = client.post("/v1/check", content=body, headers=JSON)
    found = problems(answer)
    assert answer.status_code == (400 if id else answer.status_code) and answer.status_code in (400, 422)
    assert id is None or found[0]["id"] == id
    assert words is None or found[0]["sentence"] == words


def test_all_problems_of_a_call_are_told_together_with_their_places(client: TestClient) -> None:
    found = problems(client.post("/v1/check", json={"engine": "fast", "selct": []}))
    assert {(one["id"], one["location"]["file"], one["hint"]) for one in found} == {
        ("missing-key", "(call)/term_sheet", None),
        ("wrong-value", "(call)/engine", None),
        ("unknown-key", "(call)/selct", "did you mean `select`?"),
    }


def test_what_is_wrong_with_a_document_reads_as_on_the_command_line(client: TestClient, tmp_path: Any) -> None:
    from command_line import clauses

    broken = SHEET.replace("dated:", "datd:", 1)
    (tmp_path / "sheet.yaml").write_text(broken)
    ran = clauses(
        "check", "sheet.yaml", "--agreement", ROOT / "examples/microsoft-openai/agreement.yaml", folder=tmp_path
    )
    sent = {"term_sheet": {"name": "sheet.yaml", "text": broken}, "agreement": {"held": "microsoft-openai"}}
    answer = client.post("/v1/check", json=sent)
    assert ran.code == 2 and answer.status_code == 422
    for one in problems(answer):
        place = one["location"]
        assert f"{place['file']}:{place['line']}:{place['column']}: error[{one['id']}] {one['sentence']}" in ran.err
        assert one["hint"] is None or one["hint"] in ran.err


@pytest.mark.parametrize(
    ("method", "path", "more", "status", "id"),
    [
        ("GET", "/v1/nothing", {}, 404, "no-such-address"),
        ("GET", "/v1/rules/nothing", {}, 404, "unknown-rule"),
        ("GET", "/v1/schemas/nothing", {}, 404, "unknown-schema"),
        ("GET", "/v1/held/term-sheets/nothing", {}, 404, "not-held"),
        ("GET", "/v1/held/nothing/nothing", {}, 404, "not-held"),
        ("GET", "/v1/terms", {"params": {"agreement": "nothing"}}, 404, "not-held"),
        ("GET", "/v1/terms", {}, 400, "wrong-value"),
        ("GET", "/v1/terms", {"params": {"agreement": "microsoft-openai", "as_of": "soon"}}, 422, "not-a-day"),
        ("GET", "/v1/terms", {"params": {"agrement": "x"}}, 400, "unknown-key"),
        ("GET", "/v1/terms", {"params": [("agreement", "x"), ("agreement", "y")]}, 400, "duplicate-key"),
        ("GET", "/v1/check", {}, 405, "wrong-method"),
        ("DELETE", "/v1/rules", {}, 405, "wrong-method"),
        ("POST", "/v1/check", {"content": b"{}"}, 415, "unknown-media-type"),
        ("POST", "/v1/check", {"content": b"{}", "headers": {"content-type": "text/yaml"}}, 415, "unknown-media-type"),
        ("POST", "/v1/check?x=1", {"json": WORKED}, 400, "unknown-key"),
        ("POST", "/v1/check", {"json": {"term_sheet": {"held": "nothing"}}}, 422, "not-held"),
        ("POST", "/v1/check", {"json": {**WORKED, "rules": ["nothing"]}}, 422, "not-held"),
        ("POST", "/v1/check", {"json": {**WORKED, "select": ["nothing"]}}, 422, "selects-nothing"),
        ("POST", "/v1/memo", {"json": {**WORKED, "fixes": True, "known_on": "2025-01-01"}}, 422, "fixes-as-known"),
        ("POST", "/v1/check", {"json": {"term_sheet": {"base64": "!"}}}, 422, "not-base64"),
        ("POST", "/v1/check", {"data": {"x": "y"}}, 415, "unknown-media-type"),
        ("POST", "/v1/check", {"files": {"other": ("a", b"")}}, 400, "missing-key"),
        ("POST", "/v1/check", {"content": b"x", "headers": {"content-type": FORM}}, 400, "not-a-form"),
        ("POST", "/v1/check", {"content": b"x", "headers": {"content-type": f"{FORM}; boundary=b"}}, 400, "not-a-form"),
        ("POST", "/v1/check", {"content": CUT, "headers": {"content-type": f"{FORM}; boundary=b"}}, 400, "not-a-form"),
    ],
)  # fmt: skip
def test_each_refusal_has_its_status(
    method: str, path: str, more: dict[str, Any], status: int, id: str, client: TestClient
) -> None:
    answer = client.request(method, path, **more)
    assert answer.status_code == status, answer.text
    assert id in [one["id"] for one in problems(answer)]
    assert status != 405 or answer.headers["allow"]


def test_a_defect_of_ours_is_a_500_without_a_word_of_the_input(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = client.app.app.state.service  # type: ignore[attr-defined]

    async def broken(*_: object) -> object:
        raise RuntimeError("the secret of the contract")

    monkeypatch.setattr(service.evaluators, "ask", broken)
    answer = client.post("/v1/check", json={**WORKED, "as_of": "2031-01-01"})
    assert answer.status_code == 500 and "secret" not in answer.text
    assert problems(answer)[0]["id"] == "internal"


def mutated(seed: int) -> tuple[bytes, str]:
    """A body that is wrong in one way or another."""
    chance = random.Random(seed)
    whole: Any = {
        "term_sheet": {"name": "s.yaml", "text": SHEET},
        "agreement": {"held": "microsoft-openai"},
        "rules": ["partnership"],
    }
    body = bytearray(json.dumps(whole).encode())
    sort = chance.randrange(6)
    if sort == 0:
        body = body[: chance.randrange(len(body))]
    elif sort == 1:
        for _ in range(chance.randrange(1, 20)):
            body[chance.randrange(len(body))] = chance.randrange(256)
    elif sort == 2:
        start = chance.randrange(len(body))
        del body[start : start + chance.randrange(1, 60)]
    elif sort == 3:
        whole[chance.choice(list(whole))] = chance.choice(
            [None, 7, 1.5, [], {}, "", "x" * 1000, [[[]]], {"held": 1}, True]
        )
        body = bytearray(json.dumps(whole).encode())
    elif sort == 4:
        text = list(SHEET)
        for _ in range(chance.randrange(1, 30)):
            text[chance.randrange(len(text))] = chance.choice("\x00\t{}[]&*!|>%@`'\"#:-,?é\u2028🏛 \n0")
        whole["term_sheet"]["text"] = "".join(text)
        body = bytearray(json.dumps(whole).encode())
    else:
        body = bytearray(chance.randbytes(chance.randrange(200)))
    kind = chance.choice(["application/json"] * 6 + ["multipart/form-data; boundary=x", "text/plain", ""])
    return bytes(body), kind


def test_malformed_bodies_leave_the_server_answering(without_cache: TestClient) -> None:
    """A few here; 10,000 with CLAUSES_MALFORMED=10000."""
    verbs = ("check", "explain", "terms", "resolve", "margins", "memo", "negotiate", "verify", "form", "figures")
    for seed in range(int(os.environ.get("CLAUSES_MALFORMED", "60"))):
        body, kind = mutated(seed)
        verb = "check" if seed % 3 else verbs[seed % len(verbs)]
        answer = without_cache.post(f"/v1/{verb}", content=body, headers={"content-type": kind} if kind else {})
        assert answer.status_code in (200, 400, 415, 422), (seed, answer.text)
        if answer.status_code != 200:
            problems(answer)
    assert without_cache.post("/v1/check", json=WORKED).status_code == 200


def test_every_refusal_of_the_service_is_provoked_by_a_test() -> None:
    ids = set()
    for file in (ROOT / "src/clauses/http_api").glob("*.py"):
        if file.name.startswith("page_"):
            continue  # tests/page provokes those of the page
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            texts = [one.value for one in node.args[:2] if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            if name in ("of", "Problem", "_busy", "_unknown") and texts:
                ids.add(texts[0])
    said = "".join(file.read_text() for file in Path(__file__).parent.glob("test_*.py"))
    assert len(ids) > 25
    assert [id for id in sorted(ids) if f'"{id}"' not in said] == []
