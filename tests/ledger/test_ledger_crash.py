"""Writers that are killed, and writers that come all at once: what was acknowledged is there, in one chain.

`CLAUSES_KILLS` sets how many times a writer is killed (and its server, on PostgreSQL); the bar is twenty.
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from clauses.ledger import Anchor, Ledger, NewEntry, chain

from .postgres import Server
from .writer import AT, document

KILLS = int(os.environ.get("CLAUSES_KILLS", "2"))
WRITES = 1_000
WRITER = Path(__file__).with_name("writer.py")


def writer(url: str, how_many: int, who: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(WRITER), url, str(how_many), who]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def acknowledged(lines: list[str], who: str) -> list[tuple[Anchor, str, int]]:
    """What a writer said of each entry; of the last line perhaps only a part came through."""
    whole = [line.split() for line in lines if line.endswith("\n")]
    return [(Anchor.read(anchor), who, int(number)) for anchor, number in whole]


def check(ledger: Ledger, said: list[tuple[Anchor, str, int]], more: int) -> None:
    """Everything that was acknowledged is there, with its documents; and at most `more` entries besides."""
    verified = ledger.verify([anchor for anchor, _, _ in said])
    assert verified.is_sound, verified.defects[:5]
    assert len(said) <= verified.entries <= len(said) + more
    kept = {entry.number: entry for entry in ledger.entries()}
    for anchor, who, number in said:
        entry = kept[anchor.number]
        assert (entry.hash, entry.who, entry.content["number"]) == (anchor.hash, who, number)
        assert chain.sha256(document(who, number)) in entry.documents
    anchor, who, number = said[-1]
    assert ledger.document(chain.sha256(document(who, number))) == document(who, number)


def test_a_writer_that_is_killed_loses_nothing_that_it_acknowledged(url: str) -> None:
    chance = random.Random(f"{url.partition(':')[0][-4:]} {KILLS}")
    said: list[tuple[Anchor, str, int]] = []
    for round in range(KILLS):
        who = f"round {round}"
        process = writer(url, WRITES, who)
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(chance.randrange(1, WRITES - 100))]
        time.sleep(chance.random() / 500)  # somewhere within a write
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
        assert process.wait() == -signal.SIGKILL, process.stderr and process.stderr.read()
        said += acknowledged(lines, who)
        assert sum(one[1] == who for one in said) < WRITES, "it should be killed in the middle of its work"
        with Ledger.open(url) as ledger:
            check(ledger, said, round + 1)  # an entry of each round may be kept and not acknowledged
            again = ledger.append(
                NewEntry("review", "after", "test", AT, {"number": round}), [document("after", round)]
            )
            said.append((again.anchor, "after", round))


def test_a_server_that_is_killed_loses_nothing_that_was_acknowledged(postgresql: Server) -> None:
    chance = random.Random(f"server {KILLS}")
    url = postgresql.new_database()
    said: list[tuple[Anchor, str, int]] = []
    with Ledger.open(url) as ours:  # connected all the while, as a service is
        for round in range(KILLS):
            who = f"round {round}"
            process = writer(url, WRITES, who)
            assert process.stdout is not None and process.stderr is not None
            lines = [process.stdout.readline() for _ in range(chance.randrange(1, WRITES - 100))]
            time.sleep(chance.random() / 500)
            postgresql.kill()
            rest, complaint = process.communicate(timeout=60)
            said += acknowledged([*lines, *rest.splitlines(keepends=True)], who)
            # The server was gone in the middle of a write, or between two.
            assert process.returncode == 1 and re.search("LedgerError.*ledger-(lost|unreachable)", complaint), complaint
            postgresql.start()
            check(ours, said, round + 1)
            again = ours.append(NewEntry("review", "after", "test", AT, {"number": round}), [document("after", round)])
            said.append((again.anchor, "after", round))


def test_eight_processes_write_one_chain(url: str) -> None:
    """To a ledger that is not there yet, so that they also make it all at once."""
    processes = {f"writer {n}": writer(url, 25, f"writer {n}") for n in range(8)}
    said = []
    for who, process in processes.items():
        out, complaint = process.communicate(timeout=120)
        assert process.returncode == 0, complaint
        said += acknowledged(out.splitlines(keepends=True), who)
    assert sorted(anchor.number for anchor, _, _ in said) == list(range(1, 201))
    with Ledger.open(url, create=False) as ledger:
        check(ledger, said, 0)
        assert ledger.verify().documents == 201
