"""Over HTTP: who may ask, under which names, how much; and that nothing stops the server from answering."""

from __future__ import annotations

import json
import random
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import httpx2
import pytest
from command_line import clauses
from mcp.client.streamable_http import streamable_http_client
from mcp_session import WORKED, Server, are_ended, asking, connected, descendants

from clauses.ledger import Ledger
from clauses.ledger.tokens import Tokens
from clauses.terms.values import Date

CHECK = asking("check_term_sheet", **WORKED)


def verdict(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text[:500]
    return str(answer.json()["result"]["structuredContent"]["verdict"])


# --- tokens


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A server that asks for tokens and records, its ledger, and tokens of all sorts."""
    folder = tmp_path_factory.mktemp("guarded")
    url = str(folder / "ledger.db")
    with Ledger.open(url) as ledger:
        tokens = Tokens(ledger)
        good = tokens.create("intake", ["read"])[1]
        revoked, gone = tokens.create("former", ["read", "write", "sign"])
        tokens.revoke(revoked.id)
        weak = tokens.create("signer", ["sign"])[1]
        expired = tokens.create("old", ["read"], Date.read("2020-01-01"))[1]
        server = Server(folder, "--ledger", url, "--record", "digests")
        yield SimpleNamespace(
            server=server, ledger=ledger, good=good, revoked=gone, weak=weak, expired=expired, tokens=tokens
        )
        assert server.end() == 0


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    ("sort", "status"),
    [("none", 401), ("wrong", 401), ("almost", 401), ("revoked", 401), ("expired", 401), ("weak", 403)],
)
def test_without_a_good_token_nothing_is_done(guarded: Any, sort: str, status: int) -> None:
    head = {
        "none": {},
        "wrong": bearer("clauses_000000000000_" + "a" * 43),
        "almost": bearer(guarded.good[:-1] + ("a" if guarded.good[-1] != "a" else "b")),
        **{name: bearer(getattr(guarded, name)) for name in ("revoked", "expired", "weak")},
    }[sort]
    before = guarded.ledger.head()
    for body in (CHECK, {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, b"{", b"x" * 1_000_000):
        answer = guarded.server.post(body, **head)
        assert answer.status_code == status
        assert answer.headers["www-authenticate"].startswith("Bearer error=")
        assert "conflict" not in answer.text
    assert guarded.ledger.head() == before
    assert httpx.get(guarded.server.address, headers=head).status_code == status


def test_with_a_token_a_review_is_answered_and_recorded_in_its_name(guarded: Any) -> None:
    client = httpx2.AsyncClient(headers=bearer(guarded.good), timeout=60)
    with connected(streamable_http_client(guarded.server.address, http_client=client)) as session:
        result = session.call("check_term_sheet", **WORKED)
        explained = session.call("explain_finding", **WORKED)
    assert result.structured_content["verdict"] == "conflict"
    entries = list(guarded.ledger.entries(kind="review"))
    assert [(one.who, one.door) for one in entries] == [("intake", "mcp")] * 2
    anchors = [found.meta["clauses/recorded"] for found in (result, explained)]
    assert [int(anchor.partition(":")[0]) for anchor in anchors] == [one.number for one in entries]
    assert guarded.ledger.verify().is_sound


def test_a_token_that_is_revoked_opens_nothing_from_then_on(guarded: Any) -> None:
    token, secret = guarded.tokens.create("passing", ["read"])
    listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    assert guarded.server.post(listing, **bearer(secret)).status_code == 200
    guarded.tokens.revoke(token.id)
    assert guarded.server.post(listing, **bearer(secret)).status_code == 401


def test_the_log_has_neither_tokens_nor_words_of_a_contract(guarded: Any) -> None:
    secret = "The vault is under the fountain"
    guarded.server.post(asking("check_term_sheet", term_sheet=f"term_sheet: {secret}"), **bearer(guarded.good))
    log = guarded.server.log.read_text()
    assert secret not in log and guarded.good not in log and guarded.revoked not in log
    assert '"who": "intake"' in log and '"tool": "check_term_sheet"' in log


# --- names, sizes, time


def test_tokens_are_off_on_this_machine_alone_and_that_is_said(http_server: Server, tmp_path: Path) -> None:
    assert "NO TOKEN IS NEEDED" in http_server.log.read_text()
    for words in (["--host", "0.0.0.0"], ["--host", "0.0.0.0", "--no-tokens", "--ledger", "ledger.db"]):
        ran = clauses("mcp", "--http", "--port", "0", *words, folder=tmp_path)
        assert ran.code == 2 and "error[tokens-needed]" in ran.err


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"host": "evil.example:8010"}, 421),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1.evil.example"}, 403),
        ({"content-type": "text/plain"}, 400),
        ({"content-type": "application/x-www-form-urlencoded"}, 400),
    ],
)
def test_a_page_of_somebody_else_reaches_nothing(http_server: Server, head: dict[str, str], status: int) -> None:
    for version in ({}, {"mcp-protocol-version": "2026-07-28"}):
        answer = http_server.post(CHECK, **head, **version)
        assert answer.status_code in (status, 415, 406), answer.text
        assert "verdict" not in answer.text


def test_a_huge_body_is_refused(http_server: Server) -> None:
    assert http_server.post(b" " * (33 * 1024 * 1024)).status_code == 413
    with socket.create_connection(("127.0.0.1", http_server.port), 10) as wire:
        wire.sendall(b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:1\r\nContent-Type: application/json\r\n")
        wire.sendall(b"Content-Length: 99999999999\r\n\r\n")
        assert b" 413 " in wire.recv(100)
    assert verdict(http_server.post(CHECK)) == "conflict"


def test_deep_nesting_is_refused(http_server: Server) -> None:
    for deep in (b"[" * 100_000, b'{"a":' * 100_000):
        body = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"check_term_sheet","arguments":' + deep
        assert http_server.post(body).status_code == 400
    for depth in (100, 190, 900):
        sheet = '{"a":' * depth + "1" + "}" * depth
        answer = http_server.post(asking("check_term_sheet", term_sheet=sheet))
        assert answer.json()["result"]["isError"]
    nested: Any = 1
    for _ in range(150):
        nested = {"a": nested}
    answer = http_server.post(asking("check_term_sheet", term_sheet={"data": nested}))
    assert answer.status_code == 400 or answer.json()["result"]["isError"]
    assert verdict(http_server.post(CHECK)) == "conflict"


def test_a_body_that_does_not_come_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    from clauses.mcp_server.http import InTime

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (message := await receive())["type"] == "http.request" and message.get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    async def asked(parts: list[bytes], pause: float) -> int:
        left = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
        left.append({"type": "http.request", "body": b"", "more_body": False})
        sent: list[Any] = []

        async def receive() -> Any:
            await asyncio.sleep(pause)
            return left.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        await InTime(app, 1)({"type": "http"}, receive, send)  # type: ignore[arg-type]
        return int(sent[0]["status"])

    assert asyncio.run(asked([b"a", b"b"], 0.01)) == 200
    assert asyncio.run(asked([b"a"] * 50, 0.05)) == 408


def test_heads_that_do_not_come_are_not_waited_for(http_server: Server) -> None:
    wires = [socket.create_connection(("127.0.0.1", http_server.port), 30) for _ in range(300)]
    try:
        for wire in wires:
            wire.sendall(b"POST /mcp HTTP/1.1\r\n")
        deadline = time.monotonic() + 20
        while True:
            try:
                if http_server.post(CHECK).status_code == 200:
                    break
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline, "heads that never end keep others out"
            time.sleep(0.5)
    finally:
        for wire in wires:
            wire.close()


# --- it goes on answering


def test_malformed_requests_leave_it_answering(http_server: Server) -> None:
    dice = random.Random(6)
    good = json.dumps(CHECK).encode()
    with httpx.Client(timeout=30) as client:
        for number in range(250):
            body = bytearray(good)
            for _ in range(dice.randint(1, 12)):
                body[dice.randrange(len(body))] = dice.randrange(256)
            if number % 5 == 0:
                body = body[: dice.randrange(len(body))]
            version = {"mcp-protocol-version": dice.choice(["2025-06-18", "2026-07-28", "9", ""])}
            head = {"accept": "application/json, text/event-stream", "content-type": "application/json", **version}
            answer = client.post(http_server.address, content=bytes(body), headers=head)
            assert answer.status_code < 500, (body, answer.text)
            assert "Traceback" not in answer.text and "pydantic" not in answer.text
    assert verdict(http_server.post(CHECK)) == "conflict"


@pytest.mark.parametrize(
    "message",
    [
        b"", b"null", b"[]", b"7", b'"text"', b"{}", b'{"jsonrpc":"1.0","id":1,"method":"tools/list"}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call"}', b'{"jsonrpc":"2.0","id":1,"method":"no/such"}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"check_term_sheet","arguments":[]}}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":7}}', b"\xff\xfe\x00", b"[" * 1000,
    ],
)  # fmt: skip
def test_what_is_no_request_is_an_error_of_the_protocol(http_server: Server, message: bytes) -> None:
    answer = http_server.post(message)
    assert answer.status_code < 500 and "Traceback" not in answer.text
    if answer.status_code == 200:
        assert answer.json()["error"]["code"] < 0


def test_several_clients_at_once_each_get_their_own_answer(http_server: Server) -> None:
    expected = {
        "oracle-stargate-capacity": "conflict", "board-seats": None, "oracle-stargate-mid-2030": "undetermined",
        "free-capital-raise": "consent",
    }  # fmt: skip

    def ask(number: int) -> bool:
        id = list(expected)[number % len(expected)]
        answer = http_server.post({**asking("check_term_sheet", term_sheet={"held": id}), "id": number}).json()
        found = answer["result"]["structuredContent"]
        is_right = expected[id] in (None, found["verdict"])
        return bool(answer["id"] == number and found["term_sheet"]["id"] == id and is_right)

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(ask, range(24)))


def test_clients_of_the_sdk_work_side_by_side(http_server: Server) -> None:
    with connected(http_server.address) as first, connected(http_server.address, "legacy") as second:
        for _ in range(2):
            assert json.loads(first.text("check_term_sheet", **WORKED))["verdict"] == "conflict"
            assert second.error("check_term_sheet", term_sheet="x: 1")
            assert len(second.list_tools().tools) == len(first.list_tools().tools) == 9


def test_its_processes_end_with_it(tmp_path: Path) -> None:
    server = Server(tmp_path)
    assert verdict(server.post(CHECK)) == "conflict"
    started = descendants(server.process.pid)
    assert started
    assert server.end() == 0
    assert are_ended(started)
    assert "Traceback" not in server.log.read_text()


def test_a_port_that_is_taken_is_a_sentence(http_server: Server, tmp_path: Path) -> None:
    ran = clauses("mcp", "--http", "--port", str(http_server.port), folder=tmp_path)
    assert ran.code == 2 and "error[cannot-listen]" in ran.err
