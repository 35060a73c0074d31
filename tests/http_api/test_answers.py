"""What the service answers is what the command line prints, byte for byte."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from command_line import clauses
from http_service import ROOT, WORKED
from starlette.testclient import TestClient

from clauses import use_cases
from clauses.calls import Library
from clauses.http_api import page_answers
from clauses.http_api.app import PAGE_CALLS
from clauses.review.output.common import as_json

EXAMPLES = ROOT / "examples"
DEAL = EXAMPLES / "microsoft-openai"
HELD = Library().documents["term_sheet"]
ORACLE = "examples/microsoft-openai/term-sheets/oracle-stargate-capacity.yaml"
AGREEMENT = DEAL / "agreement.yaml"


def printed(*words: str) -> bytes:
    """What the command line prints, without its last line break."""
    ran = clauses(*words, folder=ROOT)
    assert ran.code in (0, 1, 3), ran.err
    return ran.out.rstrip("\n").encode()


@pytest.mark.parametrize("id", sorted(HELD))
def test_python_command_line_and_service_agree_on_every_shipped_term_sheet(
    id: str, without_cache: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = HELD[id].document.name
    answer = without_cache.post("/v1/check", json={"term_sheet": {"held": id}})
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/json"
    assert answer.content == printed("check", path, "-f", "json")
    monkeypatch.chdir(ROOT)
    assert answer.content == as_json(use_cases.examine_file(path).review.data()).rstrip("\n").encode()
    sent = {"term_sheet": {"name": path, "text": (ROOT / path).read_text()}, "agreement": {"held": HELD[id].agreement}}
    assert without_cache.post("/v1/check", json=sent).content == answer.content


@pytest.mark.parametrize(
    ("verb", "more", "words"),
    [
        ("explain", {}, ()),
        (
            "explain",
            {"rule": ["compute-outside-the-exclusive-cloud"]},
            ("--rule", "compute-outside-the-exclusive-cloud"),
        ),
        ("resolve", {}, ()),
        ("margins", {}, ()),
        ("check", {"as_of": "2025-09-01", "engine": "reference"}, ("--as-of", "2025-09-01", "--engine", "reference")),
        ("check", {"known_on": "2024-01-01"}, ("--known-on", "2024-01-01")),
        ("check", {"rules": ["abstracts"]}, ("-r", "abstracts")),
        (
            "check",
            {"ignore": ["compute-outside-the-exclusive-cloud"]},
            ("--ignore", "compute-outside-the-exclusive-cloud"),
        ),
    ],
)
def test_the_other_verbs_answer_as_the_command_line_does(
    verb: str, more: dict[str, Any], words: tuple[str, ...], client: TestClient
) -> None:
    answer = client.post(f"/v1/{verb}", json={**WORKED, **more})
    assert answer.status_code == 200, answer.text
    assert answer.content == printed(verb, ORACLE, "-f", "json", *words)


def test_a_negotiation_is_the_command_line_s(client: TestClient) -> None:
    shown = client.get("/v1/openapi.json").json()["paths"]["/v1/negotiate"]["post"]["requestBody"]
    call = shown["content"]["application/json"]["examples"]["held"]["value"]
    files = [Library().documents["position"][call[side]["held"]].document.name for side in ("first", "second")]
    answer = client.post("/v1/negotiate", json=call)
    assert answer.status_code == 200, answer.text
    assert answer.content == printed("negotiate", *files, "-f", "json")


def test_rules_terms_and_packs_are_the_command_line_s(client: TestClient) -> None:
    rule = "compute-outside-the-exclusive-cloud"
    assert client.get(f"/v1/rules/{rule}").content == printed("rule", rule, "-f", "json")
    assert len(client.get("/v1/rules").json()) > 10
    assert client.get("/v1/rules", params={"rules": "abstracts"}).content != client.get("/v1/rules").content
    found = client.get("/v1/terms", params={"agreement": "microsoft-openai", "as_of": "2025-07-01"})
    assert found.content == printed(
        "terms", "examples/microsoft-openai/agreement.yaml", "--as-of", "2025-07-01", "-f", "json"
    )
    assert (
        client.post("/v1/terms", json={"agreement": {"held": "microsoft-openai"}, "as_of": "2025-07-01"}).content
        == found.content
    )
    with_sheet = client.get("/v1/terms", params={"term_sheet": "oracle-stargate-capacity"})
    assert with_sheet.content == printed("terms", ORACLE, "-f", "json")


def test_a_pack_is_verified_as_by_the_command_line(client: TestClient) -> None:
    folder = ROOT / "tests" / "data" / "pack"
    small = {path.name: path.read_text() for path in folder.glob("*.yaml")}
    call = {"rules": [{"name": "tests/data/pack", "files": small}], "as_of": "2025-07-01"}
    answer = client.post("/v1/verify", json=call)
    assert answer.status_code == 200, answer.text
    assert answer.content == printed("verify", "tests/data/pack", "--as-of", "2025-07-01", "-f", "json")


@pytest.mark.parametrize("format", ["html", "md", "docx", "pdf"])
def test_a_memo_is_the_command_line_s_in_every_format(format: str, client: TestClient, tmp_path: Path) -> None:
    answer = client.post("/v1/memo", json={**WORKED, "format": format})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == f'attachment; filename="oracle-stargate-capacity-memo.{format}"'
    file = tmp_path / f"memo.{format}"
    clauses("memo", ORACLE, "-o", file, folder=ROOT)
    assert answer.content == file.read_bytes()


def test_redline_and_form_are_the_command_line_s_and_the_form_can_be_sent_back(
    client: TestClient, tmp_path: Path
) -> None:
    redline = client.post("/v1/redline", json=WORKED)
    clauses("redline", ORACLE, "-o", tmp_path / "redline.docx", folder=ROOT)
    assert redline.content == (tmp_path / "redline.docx").read_bytes()
    call = {"agreement": {"held": "microsoft-openai"}, **WORKED}
    form = client.post("/v1/form", json=call).content
    assert zipfile.ZipFile(io.BytesIO(form)).testzip() is None
    files = {"term_sheet": ("form.docx", form), "agreement": ("agreement.yaml", AGREEMENT.read_bytes())}
    back = client.post("/v1/check", files=files)
    assert back.status_code == 200, back.text
    assert back.json()["verdict"] == client.post("/v1/check", json=WORKED).json()["verdict"]


def test_a_form_of_fields_and_files_is_the_same_call_as_json(client: TestClient) -> None:
    files = {"term_sheet": (ORACLE, (ROOT / ORACLE).read_bytes())}
    fields = {"agreement": "microsoft-openai", "rules": "partnership", "engine": "both"}
    answer = client.post("/v1/check", files=files, data=fields)
    assert answer.status_code == 200, answer.text
    sent = {
        "term_sheet": {"name": ORACLE, "text": (ROOT / ORACLE).read_text()},
        "agreement": {"held": "microsoft-openai"},
    }
    assert answer.content == client.post("/v1/check", json=sent).content
    memo = client.post(
        "/v1/memo", files={"term_sheet": (None, "oracle-stargate-capacity")}, data={"format": "md", "fixes": "true"}
    )
    assert memo.status_code == 200 and memo.headers["content-type"].startswith("text/markdown")


def test_a_sheet_may_be_json_or_toml_or_data(client: TestClient) -> None:
    from clauses.yaml_nodes import read_file

    data = read_file(ROOT / ORACLE).plain()
    for sent in ({"data": data}, {"name": "sheet.json", "text": json.dumps(data)}, json.dumps(data)):
        answer = client.post("/v1/check", json={"term_sheet": sent, "agreement": {"held": "microsoft-openai"}})
        assert answer.status_code == 200, answer.text
        assert answer.json()["verdict"] == "conflict"


def test_a_kept_answer_has_the_same_bytes_and_a_new_day_is_a_new_call(client: TestClient) -> None:
    service = client.app.app.state.service  # type: ignore[attr-defined]
    first, second = (client.post("/v1/check", json={**WORKED, "as_of": "2025-08-02"}).content for _ in range(2))
    assert first == second and service._kept._size > 0
    before = client.get("/v1/terms", params={"agreement": "microsoft-openai"}).json()["as_of"]
    clock, service.clock = service.clock, lambda: clock() + __import__("datetime").timedelta(days=1)
    try:
        assert client.get("/v1/terms", params={"agreement": "microsoft-openai"}).json()["as_of"] != before
    finally:
        service.clock = clock


def test_figures_are_parts_of_the_memo(client: TestClient) -> None:
    figures = client.post("/v1/figures", json=WORKED).json()
    assert set(figures) >= {"redline", "timeline", "cap_table"}


def test_what_is_held_can_be_listed_and_read(client: TestClient) -> None:
    held = client.get("/v1/held").json()
    assert {"partnership", "abstracts"} <= set(held["packs"])
    assert "oracle-stargate-capacity" in [one["id"] for one in held["term_sheets"]]
    one = client.get("/v1/held/term-sheets/oracle-stargate-capacity").json()
    assert one["text"] == (ROOT / ORACLE).read_text() and one["name"] == ORACLE
    assert client.get("/v1/held/agreements/microsoft-openai").json()["text"] == AGREEMENT.read_text()


def test_schemas_are_the_command_line_s(client: TestClient) -> None:
    names = client.get("/v1/schemas").json()["schemas"]
    assert {"term-sheet", "agreement", "review"} <= set(names)
    for name in names:
        assert client.get(f"/v1/schemas/{name}").json() == json.loads(printed("schema", name))


def test_the_page_s_own_calls_have_their_routes(client: TestClient) -> None:
    from clauses.calls import Desk

    with Desk() as desk:
        assert set(page_answers.answers(desk)) == set(PAGE_CALLS)
    assert client.get("/v1/page-start").status_code == 200
    assert client.get("/").status_code == 200


def test_health_and_readiness_say_that_nobody_is_asked_for_a_token(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    found = client.get("/readyz").json()
    assert found["status"] == "ready" and found["evaluators"] == 1 and found["tokens"].startswith("off")
