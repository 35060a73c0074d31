"""How the HTTP service bears 64 clients: `python benchmarks/service.py [SECONDS]` (120 by default).

Every client has a connection and, where a ledger is installed, a token of its own. Each answer is compared with what
the library itself answers. The server runs twice: first without kept answers, so that every call is evaluated, then
with them. In the same run, by the same clients, an endpoint that does nothing is called as well.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from clauses.calls import Caller, Desk
from clauses.terms.values import Date

CLIENTS = 64
SHEETS = ("oracle-stargate-capacity",)
SAMPLE = 5
"""Seconds between two looks at the memory."""


class Client:
    """One connection that sends a request after the other."""

    def __init__(self, port: int, token: str | None) -> None:
        self.port = port
        self.token = token

    async def open(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
        if self.token:
            head += f"Authorization: Bearer {self.token}\r\n"
        if body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self.writer.write(head.encode() + b"\r\n" + body)
        answer = await self.reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", answer, re.IGNORECASE)
        assert length, answer
        return int(answer[9:12]), await self.reader.readexactly(int(length[1]))


async def load(
    clients: list[Client], seconds: int, request: tuple[str, str, bytes], expected: Callable[[int, bytes], bool]
) -> dict[str, object]:
    """What became of all requests in some seconds."""
    times: list[int] = []
    wrong = 0
    until = time.monotonic() + seconds

    async def one(client: Client) -> None:
        nonlocal wrong
        while time.monotonic() < until:
            started = time.perf_counter_ns()
            status, body = await client.ask(*request)
            times.append(time.perf_counter_ns() - started)
            wrong += not expected(status, body)

    began = time.monotonic()
    await asyncio.gather(*(one(client) for client in clients))
    took = time.monotonic() - began
    times.sort()
    at = [round(times[int(len(times) * part)] / 1e6, 1) for part in (0.5, 0.99)]
    return {
        "answers": len(times),
        "wrong": wrong,
        "per second": round(len(times) / took),
        "p50 ms": at[0],
        "p99 ms": at[1],
    }


def memory(pid: int) -> dict[int, int]:
    """The resident memory in MB of a process and all that it started."""
    found = {}
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        try:
            found[one] = int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{one}/status").read_text())[1]) // 1024
            waiting += map(int, Path(f"/proc/{one}/task/{one}/children").read_text().split())
        except (OSError, TypeError):
            continue
    return found


async def watch(pid: int, samples: list[int]) -> None:
    while True:
        samples.append(sum(memory(pid).values()))
        await asyncio.sleep(SAMPLE)


def start(folder: Path, cache: int, words: list[str]) -> tuple[subprocess.Popen[str], int]:
    server = subprocess.Popen(
        [sys.executable, "-m", "clauses", "serve", "--port", "0", "--cache", str(cache), *words],
        stdout=subprocess.PIPE, stderr=(folder / "log").open("w"), text=True, cwd=folder,
    )  # fmt: skip
    assert server.stdout is not None
    line = server.stdout.readline()
    return server, int(line.rsplit(":", 1)[1])


def tokens(folder: Path) -> tuple[list[str], list[str | None]]:
    """The words that name a ledger, and a token for each client; none where ledgers are not installed."""
    if find_spec("clauses.ledger") is None:
        return ["--per-caller", str(CLIENTS)], [None] * CLIENTS
    from clauses.ledger import Ledger
    from clauses.ledger.tokens import Tokens

    path = folder / "ledger.db"
    with Ledger.open(str(path)) as ledger:
        return ["--ledger", str(path)], [Tokens(ledger).create(f"client {n}", ("read",))[1] for n in range(CLIENTS)]


async def measure(folder: Path, seconds: int, cache: int) -> None:
    words, secrets = tokens(folder)
    server, port = start(folder, cache, words)
    clients = [Client(port, secret) for secret in secrets]
    body = json.dumps({"term_sheet": {"held": SHEETS[0]}}).encode()
    with Desk() as desk:
        direct = desk.answer("check", json.loads(body), Caller("", "", Date.read("2025-07-01"))).body
    try:
        for _ in range(200):
            try:
                for client in clients:
                    await client.open()
                break
            except OSError:
                await asyncio.sleep(0.1)
        samples: list[int] = []
        watching = asyncio.create_task(watch(server.pid, samples))
        name = "kept answers" if cache else "each evaluated"
        short = max(5, seconds // 8)
        print(name, "nothing", await load(clients, short, ("GET", "/healthz", b""), lambda s, b: s == 200), flush=True)
        asked = ("GET", "/v1/held", b"")
        print(name, "held", await load(clients, short, asked, lambda s, b: s == 200), flush=True)
        asked = ("POST", "/v1/check", body)
        print(name, "check", await load(clients, seconds, asked, lambda s, b: s == 200 and b == direct), flush=True)
        print(name, "nothing", await load(clients, short, ("GET", "/healthz", b""), lambda s, b: s == 200), flush=True)
        watching.cancel()
        print(name, "memory in MB, of all processes together:", samples, "at the end:", memory(server.pid), flush=True)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)


def main() -> None:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 120
    print(f"{os.cpu_count()} processors, {CLIENTS} clients")
    with tempfile.TemporaryDirectory() as folder:
        for cache in (0, 64):
            place = Path(folder) / str(cache)
            place.mkdir()
            asyncio.run(measure(place, seconds, cache))


if __name__ == "__main__":
    main()
