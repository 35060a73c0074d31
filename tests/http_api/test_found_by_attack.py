"""What an attacker of the service found, each as it was found."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from http_service import OPEN, ROOT, TODAY, WORKED, client_of, problems
from starlette.testclient import TestClient

from clauses.http_api.bodies import read_body
from clauses.http_api.problems import MalformedCall
from clauses.http_api.settings import Limits
from clauses.ledger import Ledger
from clauses.ledger.tokens import Tokens

JSON = "application/json"
PACK = ROOT / "tests" / "data" / "pack"


@pytest.mark.parametrize(
    "body",
    [
        b'"' + b'\\"' * 500_000,
        b'{"a":"' + b"\\" * 999_999,
        b"{" + b",".join(b'"k%d":1' % n for n in range(100_000)) + b',"k1":2}',
    ],
)
def test_a_body_is_read_once_however_it_is_made(body: bytes) -> None:
    """Each of these would take hours to a reader that goes back."""
    with pytest.raises(MalformedCall):
        read_body(JSON, body, {})


def test_very_many_mistakes_are_counted_and_not_all_told(client: TestClient) -> None:
    call = {**WORKED, **{f"key-{number}": 1 for number in range(20_000)}}
    answer = client.post("/v1/check", json=call)
    assert answer.status_code == 400 and len(problems(answer)) == 100
    assert problems(answer)[-1]["sentence"] == "19901 more mistakes are in the call"


def test_what_changes_on_the_disk_changes_no_answer(tmp_path: Path) -> None:
    """An evaluator that is replaced has the documents and packs that the service started with."""
    shutil.copytree(ROOT / "examples" / "microsoft-openai", tmp_path / "deals")
    shutil.copytree(PACK, tmp_path / "own")
    settings = replace(
        OPEN, deals=(str(tmp_path / "deals"),), rules=(str(tmp_path / "own"),), limits=replace(Limits(), cache=0)
    )
    with client_of(settings) as client:
        own = {**WORKED, "rules": ["own"]}
        before = [client.post("/v1/check", json=call).content for call in (WORKED, own)]
        sheet = tmp_path / "deals" / "term-sheets" / "oracle-stargate-capacity.yaml"
        shutil.copy(sheet, sheet.with_name("twin.yaml"))  # two of a name, with which no service would start
        sheet.write_text(sheet.read_text().replace("starts: 2027-01-01", "starts: 2031-06-01"))
        for file in (tmp_path / "own").glob("*.yaml"):
            file.write_text(file.read_text().replace("severity: conflict", "severity: note"))
        service = client.app.app.state.service  # type: ignore[attr-defined]
        (process,) = service.evaluators._all
        process.process.kill()
        assert client.post("/v1/check", json=WORKED).status_code == 503
        assert [client.post("/v1/check", json=call).content for call in (WORKED, own)] == before


def test_the_name_of_a_token_opens_nothing(tmp_path: Path) -> None:
    with Ledger.open(str(tmp_path / "ledger.db")) as ledger:
        _, secret = Tokens(ledger).create("local", ("read", "write", "sign"))
    settings = replace(OPEN, has_tokens=True, ledger=str(tmp_path / "ledger.db"))
    with client_of(settings) as client:
        call = {"fingerprint": "x", "why": "y", "expires": "2026-01-01", "agreement": "z", "who": "Chief Counsel"}
        answer = client.post("/v1/deviations", json=call, headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code == 400
        assert problems(answer)[0]["sentence"] == "the token says who does this: leave `who` out"


@pytest.mark.parametrize("data", [{"a": "\ud800"}, {"\ud800": "a"}])
def test_half_a_character_is_no_defect_of_ours(data: dict[str, str], client: TestClient) -> None:
    body = json.dumps({"sort": "agreement", "document": {"data": data}})
    answer = client.post("/v1/page-open", content=body, headers={"content-type": JSON})
    assert answer.status_code == 200 or problems(answer)[0]["id"] == "not-text"


def test_an_address_of_this_machine_is_a_name_of_it() -> None:
    settings = replace(OPEN, host="127.0.0.2")
    assert settings.known_hosts is not None and "127.0.0.2" in settings.known_hosts


def test_an_evaluator_that_is_ended_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    files = {file.name: file.read_text(encoding="utf-8") for file in (ROOT / "rules" / "partnership").glob("*.yaml")}
    settings = replace(OPEN, limits=replace(Limits(), evaluation_time=1, cache=0))
    with client_of(settings, lambda: TODAY) as client:
        answer = client.post("/v1/verify", json={"rules": [{"name": "sent", "files": files}]})
        assert answer.status_code == 504
    assert not [file for file in tmp_path.rglob("*.yaml")]
