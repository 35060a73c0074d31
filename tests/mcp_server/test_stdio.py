"""Over standard input and output: nothing but the protocol is written, and the server ends when its client does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from command_line import clauses
from mcp_session import COMMAND, ENVIRONMENT, WORKED, are_ended, asking, descendants, over_stdio

START = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}
LISTING = {"jsonrpc": "2.0", "id": 99, "method": "tools/list"}


def lines(*messages: Any) -> bytes:
    """Messages as they go in, one a line."""
    return b"".join((m if isinstance(m, bytes) else json.dumps(m).encode()) + b"\n" for m in messages)


def start(folder: Path, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*COMMAND, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder,
        env=ENVIRONMENT,
    )  # fmt: skip


def said(out: bytes) -> list[dict[str, Any]]:
    """What was written, each line of it a message."""
    found = [json.loads(line) for line in out.decode().splitlines()]
    assert all(one["jsonrpc"] == "2.0" for one in found)
    return found


def wait_for(process: subprocess.Popen[bytes], id: int) -> dict[str, Any]:
    assert process.stdout is not None
    while True:
        message = json.loads(process.stdout.readline())
        if message.get("id") == id:
            return dict(message)


BROKEN = [
    b"", b"{", b"not json", b"null", b"[]", b"7", b"\xff\xfe\xfd", b"{}", b'{"jsonrpc":"2.0"}', b"[" * 100_000,
    b'{"jsonrpc":"2.0","id":1,"method":"tools/call"}', b'{"jsonrpc":"2.0","id":2,"method":"no/such"}',
    b'{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"check_term_sheet","arguments":"x"}}',
    b'{"jsonrpc":"2.0","id":4,"method":"tools/call","params":' + b'{"a":' * 5000,
    b'{"jsonrpc":"2.0","id":null,"method":"tools/list"}', b'{"jsonrpc":"2.0","result":{},"id":77}',
]  # fmt: skip


def test_broken_lines_leave_it_answering_and_it_ends_with_its_input(tmp_path: Path) -> None:
    sheet = "term_sheet: The vault is under the fountain\n"
    process = start(tmp_path)
    assert process.stdin is not None
    process.stdin.write(
        lines(
            START,
            READY,
            *BROKEN,
            asking("check_term_sheet", term_sheet=sheet),
            LISTING,
            asking("check_term_sheet", **WORKED) | {"id": 100},
        )
    )
    process.stdin.flush()
    assert len(wait_for(process, 99)["result"]["tools"]) == 9
    assert wait_for(process, 100)["result"]["structuredContent"]["verdict"] == "conflict"
    children = descendants(process.pid)
    assert children
    begun = time.monotonic()
    out, log = process.communicate(timeout=20)
    assert process.returncode == 0 and time.monotonic() - begun < 10
    said(out)
    assert b"Traceback" not in log and b"not json" not in log and b"vault" not in log and b'"called"' in log
    assert all(json.loads(line)["level"] for line in log.decode().splitlines())
    assert are_ended(children)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_its_processes_end_when_it_is_ended(tmp_path: Path, number: int) -> None:
    process = start(tmp_path)
    assert process.stdin is not None
    process.stdin.write(lines(START, READY, asking("get_rule", rule="clause-struck") | {"id": 5}))
    process.stdin.flush()
    wait_for(process, 5)
    process.stdin.write(lines(asking("verify_pack") | {"id": 6}))  # some seconds of work
    process.stdin.flush()
    time.sleep(0.3)
    children = descendants(process.pid)
    os.kill(process.pid, number)
    assert process.wait(10) == -number
    assert are_ended(children)
    process.stdin.close()


def test_reviews_are_recorded_where_that_is_asked_for(tmp_path: Path) -> None:
    with over_stdio(tmp_path, "--ledger", "ledger.db", "--record", "inputs", "--who", "alice") as session:
        result = session.call("check_term_sheet", **WORKED)
        assert result.meta["clauses/recorded"].startswith("1:")
        session.text("margins", **WORKED)
    listed = json.loads(clauses("ledger", "list", "--ledger", "ledger.db", "-f", "json", folder=tmp_path).out)
    entries = listed if isinstance(listed, list) else listed["entries"]
    assert [(one["who"], one["door"]) for one in entries] == [("alice", "mcp")]
    assert clauses("ledger", "replay", "1", "--ledger", "ledger.db", folder=tmp_path).code == 0


def test_a_deal_of_ones_own_is_held(tmp_path: Path) -> None:
    assert clauses("init", "deal", folder=tmp_path).code == 0
    packs = sorted(path.parent for path in (tmp_path / "deal").rglob("pack.yaml"))
    words = [word for pack in packs for word in ("-r", str(pack.relative_to(tmp_path)))]
    with over_stdio(tmp_path, "--deals", "deal", *words, mode="legacy") as session:
        uris = {one.uri for one in session.list_resources().resources}
        sheets = [uri.rpartition("/")[2] for uri in uris if "/term-sheets/" in uri]
        assert sheets and "clauses://examples/term-sheets/oracle-stargate-capacity" not in uris
        names = [pack.name for pack in packs]
        assert json.loads(session.text("check_term_sheet", term_sheet={"held": sheets[0]}, rules=names))["rules"]


@pytest.mark.parametrize(
    ("words", "id"),
    [
        (["--deals", "nowhere"], "no-such-folder"),
        (["-r", "nowhere"], "no-such-pack"),
        (["--record", "inputs"], "no-ledger"),
        (["--record", "all", "--ledger", "ledger.db"], "unknown-record"),
        (["--ledger", "mysql://x"], None),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_served(tmp_path: Path, words: list[str], id: str | None) -> None:
    ran = clauses("mcp", *words, folder=tmp_path)
    assert ran.code == 2 and ran.out == "" and "Traceback" not in ran.err
    assert f"error[{id}]" in ran.err if id else "error[" in ran.err


@pytest.mark.parametrize(("module", "words"), [("mcp", []), ("pebble", []), ("uvicorn", ["--http"])])
def test_without_its_packages_it_is_a_sentence(tmp_path: Path, module: str, words: list[str]) -> None:
    script = f"import sys; sys.modules[{module!r}] = None; from clauses.cli import main; main()"
    ran = subprocess.run(
        [sys.executable, "-c", script, "mcp", *words], capture_output=True, text=True, cwd=tmp_path, env=ENVIRONMENT
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert f"error[missing-extra] the MCP server needs the package `{module}`" in ran.stderr
    assert "pip install 'clauses[mcp]'" in ran.stderr
