"""The service as a process: starting, ending, being killed, slow and broken connections, its log."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from command_line import clauses
from http_service import OPEN, WORKED, Server, problems

Serve = Callable[..., Server]
CANNOT_LISTEN = "cannot-listen"


def gone(pids: set[int], seconds: float = 15) -> bool:
    """Whether none of some processes runs any more, or soon none does."""

    def runs(pid: int) -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    until = time.monotonic() + seconds
    while any(map(runs, pids)) and time.monotonic() < until:
        time.sleep(0.05)
    return not any(map(runs, pids))


def ask_in_vain(server: Server, verb: str) -> None:
    """Ask for what will not be answered, because the service ends before."""
    with suppress(httpx.TransportError):
        server.client.post(f"/v1/{verb}", json=WORKED)


def test_it_says_where_it_listens_and_that_nobody_needs_a_token(serve: Serve) -> None:
    server = serve("--evaluators", "1")
    assert server.said[0].startswith("serving at http://127.0.0.1:") and server.said[1].startswith("NO TOKEN IS NEEDED")
    assert server.client.get("/readyz").json()["tokens"].startswith("off")
    assert server.end() == 0


def test_a_request_in_flight_gets_its_answer_and_nothing_is_left(serve: Serve) -> None:
    server = serve("--evaluators", "1", "--cache", "0")
    started = server.processes()
    (evaluator,) = started
    os.kill(evaluator, signal.SIGSTOP)  # the evaluation takes as long as this test wants
    answers: list[httpx.Response] = []
    asking = threading.Thread(target=lambda: answers.append(server.client.post("/v1/check", json=WORKED)))
    asking.start()
    time.sleep(0.5)
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    with pytest.raises(httpx.TransportError):
        httpx.get(server.address + "/healthz", timeout=5)
    os.kill(evaluator, signal.SIGCONT)
    asking.join(20)
    assert answers[0].status_code == 200 and answers[0].json()["verdict"] == "conflict"
    assert server.process.wait(20) == 0 and gone(started)


def test_a_request_that_does_not_end_is_ended_with_the_service(serve: Serve) -> None:
    server = serve("--evaluators", "1", "--cache", "0", "--shutdown-time", "1")
    started = server.processes()
    os.kill(next(iter(started)), signal.SIGSTOP)
    asking = threading.Thread(target=ask_in_vain, args=(server, "check"))
    asking.start()
    time.sleep(0.5)
    began = time.monotonic()
    assert server.end() == 0 and time.monotonic() - began < 10 and gone(started)
    asking.join(10)


def test_evaluators_end_with_a_service_that_is_killed_even_in_the_middle_of_work(serve: Serve) -> None:
    server = serve("--evaluators", "2", "--cache", "0")
    started = server.processes()
    assert len(started) == 2
    threading.Thread(target=ask_in_vain, args=(server, "margins"), daemon=True).start()
    time.sleep(0.2)
    server.process.kill()
    assert gone(started)


def test_several_workers_serve_are_replaced_and_end_with_the_first(serve: Serve) -> None:
    server = serve("--workers", "2", "--evaluators", "1")
    assert server.client.post("/v1/check", json=WORKED).status_code == 200
    workers = {one["pid"] for one in server.lines() if one.get("event") == "started"}
    deadline = time.monotonic() + 20
    while len(workers) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
        workers = {one["pid"] for one in server.lines() if one.get("event") == "started"}
    assert len(workers) == 2
    os.kill(workers.pop(), signal.SIGKILL)
    for _ in range(20):  # the other one answers, and soon there are two again
        with httpx.Client(base_url=server.address, timeout=30) as fresh:
            assert fresh.get("/healthz").status_code == 200
    deadline = time.monotonic() + 30
    while sum(one.get("event") == "started" for one in server.lines()) < 3 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert sum(one.get("event") == "started" for one in server.lines()) == 3
    everything = server.processes()
    server.process.kill()
    assert gone(everything)


def test_several_workers_end_in_order(serve: Serve) -> None:
    server = serve("--workers", "2", "--evaluators", "1")
    everything = server.processes()
    assert server.end() == 0 and gone(everything)


def read_all(connection: socket.socket) -> bytes:
    found = b""
    try:
        while piece := connection.recv(65536):
            found += piece
    except OSError:
        pass
    return found


def test_slow_heads_and_slow_bodies_are_cut_off(serve: Serve) -> None:
    server = serve("--evaluators", "1", "--body-time", "1", "--head-time", "1")
    head = f"POST /v1/check HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as slow_body:
        slow_body.sendall((head + "Content-Length: 1000\r\n\r\n{").encode())
        answer = read_all(slow_body)
    assert (
        answer.startswith(b"HTTP/1.1 408 ")
        and json.loads(answer.partition(b"\r\n\r\n")[2])["problems"][0]["id"] == "too-late"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as slow_head:
        began = time.monotonic()
        slow_head.sendall(head.encode())
        assert read_all(slow_head) == b"" and time.monotonic() - began < 5
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as silent:
        assert read_all(silent) == b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as second:  # the second request is slow
        second.sendall(f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
        answer = b""
        while b'{"status":"ok"}' not in answer:
            answer += second.recv(65536)
        second.sendall(b"GET /healthz HT")
        began = time.monotonic()
        assert read_all(second) == b"" and time.monotonic() - began < 5
    assert server.client.get("/healthz").status_code == 200


def test_broken_requests_and_large_bodies_are_refused_over_the_wire(serve: Serve) -> None:
    server = serve("--evaluators", "1", "--max-body", "1")
    for broken in (b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\n: x\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            with suppress(OSError):
                connection.sendall(broken)
            answer = read_all(connection)
            assert answer.startswith(b"HTTP/1.1 400") or answer == b"", answer[:100]
            if broken.startswith(b"nonsense"):
                refusal = json.loads(answer.partition(b"\r\n\r\n")[2])
                assert refusal["status"] == 400 and refusal["problems"][0]["id"] == "malformed-request"
    body = b'{"term_sheet": "' + b"x" * 3_000_000 + b'"}'
    assert (
        server.client.post("/v1/check", content=body, headers={"content-type": "application/json"}).status_code == 413
    )
    pieces = (body[start : start + 10_000] for start in range(0, len(body), 10_000))
    answer = server.client.post("/v1/check", content=pieces, headers={"content-type": "application/json"})
    assert answer.status_code == 413 and problems(answer)[0]["id"] == "body-too-large"
    assert server.client.get("/healthz").status_code == 200


def test_the_log_has_a_line_of_json_a_request_and_nothing_of_what_was_sent(serve: Serve) -> None:
    server = serve("--evaluators", "1")
    secret = "Harbourmaster-Clause-77"
    sent = {"term_sheet": {"name": f"{secret}.yaml", "text": f"term_sheet: {secret}\nagreement: ["}}
    headers = {"X-Request-Id": "my-id.1", "Authorization": f"Bearer {secret}"}
    answer = server.client.post("/v1/check", json=sent, headers=headers)
    assert answer.status_code == 422 and answer.headers["x-request-id"] == "my-id.1"
    assert server.client.get(f"/v1/rules/{secret}").status_code == 404
    assert server.client.get("/v1/terms", params={"agreement": secret}).status_code == 404
    assert server.client.get("/healthz", headers={"X-Request-Id": "two\twords"}).headers["x-request-id"] != "two\twords"
    server.end()
    assert secret not in server.log.read_text()
    line = next(one for one in server.lines() if one.get("request") == "my-id.1")
    assert (line["method"], line["route"], line["status"], line["caller"]) == ("POST", "/v1/check", 422, "local")
    assert line["ms"] > 0 and line["received"] == len(json.dumps(sent, separators=(",", ":")).encode())
    assert line["sent"] == len(answer.content)
    assert {one["route"] for one in server.lines() if one["event"] == "request"} >= {"/v1/rules/{id}", "/v1/terms"}


@pytest.mark.parametrize(
    ("words", "id"),
    [
        (("--host", "0.0.0.0"), "tokens-needed"),
        (("--host", "0.0.0.0", "--no-tokens"), "tokens-needed"),
        (("--host", "example.invalid", "--no-tokens"), "tokens-needed"),
        (("--deals", "nowhere"), "no-such-folder"),
    ],
)
def test_a_service_that_should_not_start_says_why(words: tuple[str, ...], id: str, tmp_path: Path) -> None:
    ran = clauses("serve", "--port", "0", *words, folder=tmp_path)
    assert ran.code == 2 and f"error[{id}]" in ran.err and ran.out == ""


def test_a_port_that_is_taken_is_an_error(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ran = clauses("serve", "--port", str(taken.getsockname()[1]), folder=tmp_path)
    assert ran.code == 2 and f"error[{CANNOT_LISTEN}]" in ran.err


def test_a_service_whose_application_fails_says_that_it_did_not_start(capfd: pytest.CaptureFixture[str]) -> None:
    from clauses.errors import UsageError
    from clauses.http_api import server

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with server.listen(replace(OPEN, port=0)) as listener, pytest.raises(UsageError) as caught:
            server.run(OPEN, "http_service:broken_application", listener)
    finally:
        for number, was in before.items():
            signal.signal(number, was)
    assert caught.value.problems[0].id == "not-started"
    for line in capfd.readouterr().err.splitlines():
        assert json.loads(line) and "secret" not in line


def test_a_module_in_the_current_folder_stands_in_for_nothing(tmp_path: Path, serve: Serve) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('not ours')")
    entry = Path(sys.executable).parent / "clauses"
    if not entry.exists():
        pytest.skip("the command is not installed beside Python")
    command = [entry, "serve", "--port", "0", "--evaluators", "1"]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=quiet, text=True, cwd=tmp_path)
    assert process.stdout is not None
    address = process.stdout.readline().split()[-1]
    try:
        deadline = time.monotonic() + 20
        status = 0
        while status != 200 and time.monotonic() < deadline:
            try:
                status = httpx.get(f"{address}/readyz").status_code
            except httpx.TransportError:
                time.sleep(0.1)
        assert status == 200
    finally:
        process.terminate()
        process.wait(30)


def test_nothing_that_a_package_says_of_a_body_reaches_the_log(serve: Serve) -> None:
    server = serve("--evaluators", "1")
    broken = b'--b\r\nContent-Disposition\rHarbour: form-data; name="Harbour"\r\n\r\nHarbour\r\n--b--\r\n'
    answer = server.client.post(
        "/v1/check", content=broken, headers={"content-type": "multipart/form-data; boundary=b"}
    )
    assert answer.status_code == 400
    server.end()
    assert all(one["event"] in ("started", "request", "ended") for one in server.lines())
    assert "Harbour" not in server.log.read_text() and "character" not in server.log.read_text()
