"""The service, inside the test process and as a process of its own."""

from __future__ import annotations

import datetime
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from starlette.testclient import TestClient

from clauses.http_api.app import create_app
from clauses.http_api.settings import Settings

ROOT = Path(__file__).parents[2]
TODAY = datetime.datetime(2025, 11, 1, 12, tzinfo=datetime.UTC)
WORKED = {"term_sheet": {"held": "oracle-stargate-capacity"}}
OPEN = Settings(evaluators=1, has_tokens=False)


def client_of(settings: Settings, clock: Callable[[], datetime.datetime] = lambda: TODAY) -> TestClient:
    """A client of an application in this process; to be used with `with`."""
    return TestClient(create_app(settings, clock), base_url="http://127.0.0.1", raise_server_exceptions=False)


class Server:
    """`clauses serve` as a process of its own."""

    def __init__(self, folder: Path, *words: str) -> None:
        command = [sys.executable, "-m", "clauses", "serve", "--port", "0", *words]
        self.log = folder / "log.jsonl"
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("CLAUSES_", "OTEL_"))}
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self.log.open("w"), text=True, cwd=folder, env=environment
        )
        assert self.process.stdout is not None
        self.said = [self.process.stdout.readline(), self.process.stdout.readline()]
        found = re.search(r"http://\S+", self.said[0])
        assert found, (self.said, self.log.read_text())
        self.address = found[0]
        self.port = int(self.address.rpartition(":")[2])
        self.client = httpx.Client(base_url=self.address, timeout=60)
        for _ in range(300):
            try:
                if self.client.get("/readyz").status_code == 200:
                    break
            except httpx.TransportError:
                pass
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.1)

    def lines(self) -> list[dict[str, Any]]:
        """The log."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def processes(self) -> set[int]:
        """All that the service started, and all that those started."""
        found: set[int] = set()
        waiting = [self.process.pid]
        while waiting:
            pid = waiting.pop()
            try:
                children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            except OSError:
                continue
            found |= set(map(int, children))
            waiting += map(int, children)
        return found

    def end(self) -> int:
        """Tell it to end; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def problems(answer: httpx.Response) -> list[dict[str, Any]]:
    """The problems of a refusal, which must be in the one form that refusals have."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    data = answer.json()
    assert set(data) == {"type", "title", "status", "detail", "problems"}
    assert data["status"] == answer.status_code and data["problems"]
    assert data["type"] == f"urn:clauses:{data['problems'][0]['id']}"
    for one in data["problems"]:
        assert set(one) == {"id", "sentence", "location", "hint"}
        assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", one["id"])
        assert not re.search(r"Traceback|pydantic|Error\b|Input should|\bstr\b|\bdict\b", one["sentence"]), one
    return list(data["problems"])


def broken_application() -> Any:
    """An application that cannot start."""

    async def application(*_: object) -> None:
        raise RuntimeError("the secret of the contract")

    return application
