"""The SDK's own client, to be used by tests that are no coroutines; and the server as a process of its own."""

from __future__ import annotations

import datetime
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from clauses.mcp_server.server import Door
from clauses.mcp_server.settings import Settings

ROOT = Path(__file__).parents[2]
NOW = datetime.datetime(2025, 11, 1, 12, tzinfo=datetime.UTC)
WORKED = {"term_sheet": {"held": "oracle-stargate-capacity"}}
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("CLAUSES_")}
COMMAND = [sys.executable, "-m", "clauses", "mcp", "--evaluators", "1"]
SENT_HEAD = {"accept": "application/json, text/event-stream", "content-type": "application/json"}


class Session:
    """A connected client, whose methods wait."""

    def __init__(self, portal: BlockingPortal, client: Client) -> None:
        self.portal = portal
        self.client = client

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.client, name)
        return lambda *words: self.portal.call(method, *words)

    def call(self, tool: str, **arguments: Any) -> Any:
        """What a tool answers."""
        return self.portal.call(self.client.call_tool, tool, arguments)

    def text(self, tool: str, **arguments: Any) -> str:
        """The text of what a tool answers, which has to be no error."""
        result = self.call(tool, **arguments)
        assert not result.is_error, result.content[0].text
        return str(result.content[0].text)

    def error(self, tool: str, **arguments: Any) -> list[str]:
        """The ids of what is wrong with a call; its text names each of them."""
        result = self.call(tool, **arguments)
        assert result.is_error, result.content[0].text[:500]
        text = result.content[0].text
        assert "Traceback" not in text and "pydantic" not in text
        ids = [one["id"] for one in result.structured_content["errors"]]
        assert all(f"error[{id}]" in text for id in ids[:20])
        return ids


@contextmanager
def connected(server: Any, mode: str = "auto") -> Iterator[Session]:
    """A client of a server: an address, a transport, or a server in this process."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(portal.call(_made, server, mode)) as client,
    ):
        yield Session(portal, client)


async def _made(server: Any, mode: str) -> Client:
    return Client(server, mode=mode)


def over_stdio(folder: Path, *words: str, mode: str = "auto") -> Any:
    """A client of `clauses mcp`, a process of its own."""
    log = (folder / "log.jsonl").open("w")
    parameters = StdioServerParameters(command=COMMAND[0], args=[*COMMAND[1:], *words], cwd=folder, env=ENVIRONMENT)
    return connected(stdio_client(parameters, errlog=log), mode)


def in_process(**settings: Any) -> Any:
    """A client of a server in this process, on a day of the year 2025."""
    return connected(Door(Settings(evaluators=1, **settings), lambda: NOW, "tester").server())


class Server:
    """`clauses mcp --http` as a process of its own."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.log = folder / "http.jsonl"
        self.process = subprocess.Popen(
            [*COMMAND, "--http", "--port", "0", *words], stderr=self.log.open("w"), cwd=folder, env=ENVIRONMENT
        )
        for _ in range(400):
            found = re.search(r"serving at (http://\S+)", self.log.read_text())
            if found and '"started"' in self.log.read_text():
                break
            assert self.process.poll() is None, self.log.read_text()
            try:
                self.process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
        assert found, self.log.read_text()
        self.address = found[1]
        self.port = int(self.address.rpartition(":")[2].partition("/")[0])

    def post(self, body: bytes | str | dict[str, Any], **head: str) -> httpx.Response:
        """What the server answers to a request that is no client's."""
        content = {"json": body} if isinstance(body, dict) else {"content": body}
        return httpx.post(self.address, headers={**SENT_HEAD, **head}, timeout=60, **content)  # type: ignore[arg-type]

    def end(self) -> int:
        """Tell it to end; its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(20)


def asking(tool: str, **arguments: Any) -> dict[str, Any]:
    """A request for a tool."""
    parameters = {"name": tool, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": parameters}


def descendants(pid: int) -> set[int]:
    """All that a process started, and all that those started."""
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        for thread in Path(f"/proc/{one}/task").glob("*/children"):
            with suppress(OSError):
                children = [int(child) for child in thread.read_text().split()]
                found |= set(children)
                waiting += children
    return found


def are_ended(pids: set[int]) -> bool:
    """Whether processes end within ten seconds."""
    deadline = time.monotonic() + 10
    while any(map(is_running, pids)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def is_running(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
