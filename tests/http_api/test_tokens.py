"""Tokens open what they are for; the ledger keeps what was asked to be kept; and nothing is done for anybody else."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command_line import clauses
from http_service import OPEN, ROOT, TODAY, WORKED, Server, client_of, problems
from starlette.testclient import TestClient

from clauses.http_api.settings import Settings
from clauses.ledger import Ledger
from clauses.ledger.tokens import Tokens
from clauses.terms.values import Date

RULE = "compute-outside-the-exclusive-cloud"
ORACLE = "examples/microsoft-openai/term-sheets/oracle-stargate-capacity.yaml"


class House:
    """A service with a ledger and tokens, and a calendar that can be turned."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = TODAY
        self.ledger = Ledger.open(str(path))
        self.tokens = Tokens(self.ledger)
        self.settings: Settings = replace(OPEN, has_tokens=True, ledger=str(path))

    def token(self, *scopes: str, name: str = "ann", expires: str | None = None) -> dict[str, str]:
        """The header of a new token."""
        _, secret = self.tokens.create(name, scopes, Date.read(expires) if expires else None)
        return {"Authorization": f"Bearer {secret}"}

    def count(self) -> int:
        """How much the ledger holds."""
        head = self.ledger.head()
        return head.number if head else 0


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    found = House(tmp_path_factory.mktemp("house") / "ledger.db")
    yield found
    found.ledger.close()


@pytest.fixture(scope="module")
def client(house: House) -> Iterator[TestClient]:
    with client_of(house.settings, lambda: house.now) as found:
        yield found


GUARDED: list[tuple[str, str, Any]] = [
    ("POST", "/v1/check", WORKED),
    ("POST", "/v1/memo", WORKED),
    ("POST", "/v1/negotiate", {}),
    ("POST", "/v1/page-edit", {}),
    ("GET", "/v1/terms?agreement=microsoft-openai", None),
    ("GET", "/v1/rules", None),
    ("GET", f"/v1/rules/{RULE}", None),
    ("GET", "/v1/held", None),
    ("GET", "/v1/held/agreements/microsoft-openai", None),
    ("GET", "/v1/schemas", None),
    ("GET", "/v1/page-start", None),
    ("GET", "/v1/reviews", None),
    ("GET", "/v1/reviews/1", None),
    ("GET", "/v1/deviations", None),
    ("POST", "/v1/deviations", {"fingerprint": "x", "why": "x", "expires": "2026-01-01", "review": 1}),
    ("POST", "/v1/deviations/1/signature", {}),
    ("POST", "/v1/deviations/1/withdrawal", {"why": "x"}),
]


@pytest.mark.parametrize(("method", "path", "body"), GUARDED)
def test_without_a_valid_token_nothing_is_done(
    method: str, path: str, body: Any, client: TestClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = house.token("read")["Authorization"].removeprefix("Bearer ")
    id = house.tokens.list()[-1].id
    wrong = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    revoked = house.token("read", "write", "sign")
    house.tokens.revoke(max(house.tokens.list(), key=lambda one: revoked["Authorization"].split("_")[1] == one.id).id)
    expired = house.token("read", "write", "sign", expires="2025-10-31")
    before = house.count()
    service = client.app.app.state.service  # type: ignore[attr-defined]

    async def never(*_: object, **__: object) -> None:
        raise AssertionError("an evaluator was asked")

    monkeypatch.setattr(service.evaluators, "ask", never)
    shown = [
        {}, {"Authorization": ""}, {"Authorization": "Bearer"}, {"Authorization": "Bearer x"},
        {"Authorization": f"Basic {secret}"}, {"Authorization": secret}, {"Authorization": f"Bearer {wrong}"},
        {"Authorization": f"Bearer {id}"}, {"Authorization": "Bearer " + "x" * 10_000},
        {"Cookie": f"token={secret}"}, revoked, expired,
    ]  # fmt: skip
    for headers in shown:
        answer = client.request(method, path, json=body, headers=headers)
        assert answer.status_code == 401, (headers, answer.text)
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert problems(answer)[0]["id"] in ("token-needed", "token-refused")
    assert client.request(method, f"{path}{'&' if '?' in path else '?'}token={secret}", json=body).status_code == 401
    assert house.count() == before


@pytest.mark.parametrize(("method", "path", "body"), GUARDED)
def test_a_token_that_is_too_weak_is_refused_and_nothing_is_done(
    method: str, path: str, body: Any, client: TestClient, house: House
) -> None:
    changes = method == "POST" and path.startswith("/v1/deviations")
    weak = house.token(*(("read", "write") if changes else ("sign",)))
    before = house.count()
    answer = client.request(method, path, json=body, headers=weak)
    assert answer.status_code == 403 and problems(answer)[0]["id"] == "scope-needed"
    assert "insufficient_scope" in answer.headers["www-authenticate"]
    assert house.count() == before


def test_what_tells_nothing_of_anybody_needs_no_token(client: TestClient) -> None:
    for path in ("/healthz", "/readyz", "/v1/openapi.json", "/"):
        assert client.get(path).status_code == 200
    assert client.get("/readyz").json() | {"evaluators": 1} == {
        "status": "ready", "evaluators": 1, "ledger": "reachable", "tokens": "needed"
    }  # fmt: skip


def test_a_token_holds_on_its_last_day_and_not_the_day_after(client: TestClient, house: House) -> None:
    headers = house.token("read", expires="2025-11-01")
    assert client.get("/v1/held", headers=headers).status_code == 200
    house.now = TODAY + datetime.timedelta(days=1)
    try:
        assert client.get("/v1/held", headers=headers).status_code == 401
    finally:
        house.now = TODAY


def test_a_review_is_recorded_only_where_the_call_asks_and_the_token_may(client: TestClient, house: House) -> None:
    before = house.count()
    assert "clauses-recorded" not in client.post("/v1/check", json=WORKED, headers=house.token("read")).headers
    refused = client.post("/v1/check", json={**WORKED, "record": "inputs"}, headers=house.token("read"))
    assert refused.status_code == 403 and problems(refused)[0]["id"] == "scope-needed" and house.count() == before
    writer = house.token("read", "write", name="bea")
    for keep, verb in (("inputs", "check"), ("digests", "explain"), ("inputs", "memo"), ("inputs", "check")):
        answer = client.post(f"/v1/{verb}", json={**WORKED, "record": keep}, headers=writer)
        assert answer.status_code == 200, answer.text
        before += 1
        assert answer.headers["clauses-recorded"] == str(house.ledger.head()) and house.count() == before
        entry = house.ledger.entry(before)
        assert (entry.who, entry.door, entry.content["kept"]) == ("bea", "http", keep)
    assert house.ledger.verify().is_sound
    assert client.post("/v1/check", json={**WORKED, "record": "yes"}, headers=writer).status_code == 400


def test_recorded_reviews_are_listed_and_shown(client: TestClient, house: House) -> None:
    writer = house.token("read", "write", name="cee")
    for _ in range(3):
        answer = client.post("/v1/check", json={**WORKED, "record": "inputs"}, headers=writer)
    first = client.get("/v1/reviews", params={"limit": 2}, headers=writer).json()
    assert [one["number"] for one in first["reviews"]] == [house.count(), house.count() - 1]
    second = client.get("/v1/reviews", params={"limit": 2, "before": first["next"]}, headers=writer).json()
    assert second["reviews"][0]["number"] == first["next"] - 1
    own = client.get("/v1/reviews", params={"who": "cee"}, headers=writer).json()
    assert len(own["reviews"]) == 3 and own["next"] is None
    shown = client.get(f"/v1/reviews/{house.count()}", headers=writer).json()
    assert shown["review"] == answer.json() and shown["anchor"] == answer.headers["clauses-recorded"]
    by_id = client.get(f"/v1/reviews/{shown['review_id']}", headers=writer).json()
    assert by_id == shown
    for id in ("0", "999999", "9" * 30, "nothing", "%00", "-1", "1.5"):
        answer = client.get(f"/v1/reviews/{id}", headers=writer)
        assert answer.status_code == 404 and problems(answer)[0]["id"] == "no-such-entry"
    for params in ({"limit": "0"}, {"limit": "201"}, {"before": "x"}, {"after": "1"}, {"limit": "9" * 30}):
        assert client.get("/v1/reviews", params=params, headers=writer).status_code == 400


def test_a_finding_is_accepted_signed_by_another_and_open_again_when_it_expires(
    client: TestClient, house: House
) -> None:
    ann, bea = house.token("read", "write", "sign", name="ann"), house.token("read", "write", "sign", name="bea")
    board = {"term_sheet": {"held": "oracle-stargate-capacity"}, "as_of": "2025-07-02"}
    check = lambda: client.post("/v1/check", json=board, headers=ann).json()  # noqa: E731
    recorded = client.post("/v1/check", json={**board, "record": "inputs"}, headers=ann)
    number = int(recorded.headers["clauses-recorded"].partition(":")[0])
    finding = next(one for one in recorded.json()["findings"] if one["status"] == "breached")
    before = check()
    call = {"fingerprint": finding["fingerprint"], "review": number, "why": "Agreed.", "expires": "2025-11-30"}
    refused = client.post("/v1/deviations", json={**call, "who": "mallory"}, headers=ann)
    assert refused.status_code == 400
    made = client.post("/v1/deviations", json=call, headers=ann)
    assert made.status_code == 201, made.text
    id = made.json()["id"]
    own = client.post(f"/v1/deviations/{id}/signature", json={}, headers=ann)
    assert own.status_code == 422 and problems(own)[0]["id"] == "own-signature"
    unsigned = check()
    assert [one["status"] for one in unsigned["findings"]] == [one["status"] for one in before["findings"]]
    assert client.post(f"/v1/deviations/{id}/signature", headers=bea).status_code == 201
    accepted = check()
    kept = next(one for one in accepted["findings"] if one["fingerprint"] == finding["fingerprint"])
    assert kept["deviation"]["state"] == "accepted", kept
    house.now = datetime.datetime(2025, 12, 1, 12, tzinfo=datetime.UTC)
    try:
        late = next(one for one in check()["findings"] if one["fingerprint"] == finding["fingerprint"])
        assert late["deviation"]["state"] == "expired"
    finally:
        house.now = TODAY
    listed = client.get("/v1/deviations", headers=ann).json()["deviations"]
    assert [one["id"] for one in listed] == [id] and listed[0]["state"] == "accepted"
    gone = client.post(f"/v1/deviations/{id}/withdrawal", json={"why": "No more."}, headers=ann)
    assert gone.status_code == 201 and gone.json()["state"] == "withdrawn"
    again = next(one for one in check()["findings"] if one["fingerprint"] == finding["fingerprint"])
    assert again.get("deviation", {}).get("state") != "accepted"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/deviations", {}, 400),
        ("/v1/deviations", {"fingerprint": "x", "why": "y", "expires": "2026-01-01"}, 400),
        ("/v1/deviations", {"fingerprint": "x", "why": "y", "expires": "2026-01-01", "review": 10**6}, 422),
        ("/v1/deviations", {"fingerprint": "x", "why": "y", "expires": "soon", "agreement": "z"}, 422),
        ("/v1/deviations", {"fingerprint": "x", "why": "y", "expires": "2026-01-01", "review": 10**30}, 422),
        ("/v1/deviations", {"fingerprint": "x" * 300, "why": "y", "expires": "2026-01-01", "agreement": "z"}, 400),
        ("/v1/deviations/nothing/signature", {}, 404),
        ("/v1/deviations/nothing/signature", {"x": 1}, 400),
        ("/v1/deviations/nothing/withdrawal", {"why": "x" * 100_000}, 400),
    ],
)
def test_a_wrong_deviation_is_refused(path: str, body: Any, status: int, client: TestClient, house: House) -> None:
    before = house.count()
    answer = client.post(path, json=body, headers=house.token("sign"))
    assert answer.status_code == status, answer.text
    problems(answer)
    assert house.count() == before


def test_a_ledger_that_is_gone_is_no_fault_of_the_caller(
    house: House, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clauses.errors import LedgerError

    headers = house.token("read")
    service = client.app.app.state.service  # type: ignore[attr-defined]

    def broken(*_: object, **__: object) -> None:
        raise LedgerError.of("ledger-lost", "the ledger does not answer")

    monkeypatch.setattr(service.ledger, "entries", broken)
    monkeypatch.setattr(service.ledger, "head", broken)
    answer = client.get("/v1/reviews", headers=headers)
    assert answer.status_code == 503 and problems(answer)[0]["id"] == "ledger-lost"
    assert client.get("/readyz").status_code == 503


def test_the_document_says_that_tokens_are_needed(client: TestClient) -> None:
    document = client.get("/v1/openapi.json").json()
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for path, item in document["paths"].items():
        for one in item.values():
            is_open = path in ("/healthz", "/readyz", "/v1/openapi.json")
            assert one["security"] == ([] if is_open else [{"token": []}])
            assert ("401" in one["responses"]) is not is_open
    assert "/v1/deviations/{id}/signature" in document["paths"]


# --- the command


def test_tokens_are_made_listed_and_revoked_by_a_command(tmp_path: Path) -> None:
    url = str(tmp_path / "ledger.db")
    made = clauses("token", "create", "--name", "intake", "--scope", "read", "--scope", "write", "--ledger", url)
    assert made.code == 0 and made.out.startswith("clauses_") and "read, write" in made.err
    secret = made.out.strip()
    listed = clauses("token", "list", "--ledger", url)
    id = secret.split("_")[1]
    assert listed.out == f"{id}  valid    read,write       intake\n" and secret.split("_")[2] not in listed.all
    assert secret.encode() not in (tmp_path / "ledger.db").read_bytes()
    assert '"name": "intake"' in clauses("token", "list", "-f", "json", CLAUSES_LEDGER=url).out
    assert clauses("token", "revoke", id, "--ledger", url).code == 0
    assert "revoked" in clauses("token", "list", "--ledger", url).out
    assert "error[no-such-token]" in clauses("token", "revoke", "nothing", "--ledger", url).err
    old = clauses("token", "create", "--name", "x", "--expires", "2020-01-01", "--ledger", url)
    assert old.code == 0 and "expired" in clauses("token", "list", "--ledger", url).out


@pytest.mark.parametrize(
    ("words", "id"),
    [
        (("create", "--name", "x"), "no-ledger"),
        (("list",), "no-ledger"),
        (("create", "--name", "x", "--scope", "all", "--ledger", "l.db"), "unknown-scope"),
        (("create", "--name", "x", "--expires", "soon", "--ledger", "l.db"), "not-a-day"),
        (("revoke", "nothing", "--ledger", "l.db"), "no-such-ledger"),
    ],
)
def test_a_wrong_token_command_says_why(words: tuple[str, ...], id: str, tmp_path: Path) -> None:
    ran = clauses("token", *words, folder=tmp_path)
    assert ran.code == 2 and f"error[{id}]" in ran.err and ran.out == ""


def test_a_service_with_a_ledger_asks_for_tokens_and_a_revoked_one_opens_nothing_more(
    serve: Callable[..., Server], tmp_path: Path
) -> None:
    url = str(tmp_path / "ledger.db")
    secret = clauses(
        "token", "create", "--name", "x", "--scope", "read", "--scope", "write", "--ledger", url
    ).out.strip()
    server = serve("--evaluators", "1", "--workers", "2", "--ledger", url)
    assert server.said[1].startswith("a token is needed")
    headers = {"Authorization": f"Bearer {secret}"}
    assert server.client.post("/v1/check", json=WORKED).status_code == 401
    answer = server.client.post("/v1/check", json={**WORKED, "record": "inputs"}, headers=headers)
    assert answer.status_code == 200 and answer.headers["clauses-recorded"].startswith("1:")
    assert answer.content == clauses("check", ORACLE, "-f", "json", folder=ROOT).out.rstrip("\n").encode()
    assert clauses("ledger", "verify", "--ledger", url).code == 0
    assert clauses("ledger", "replay", "1", "--ledger", url).code == 0
    clauses("token", "revoke", secret.split("_")[1], "--ledger", url)
    for _ in range(4):  # whichever worker it is
        assert (
            server.client.post("/v1/check", json=WORKED, headers={**headers, "Connection": "close"}).status_code == 401
        )
    server.end()
    assert secret not in server.log.read_text()
