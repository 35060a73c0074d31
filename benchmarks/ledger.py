"""How fast a ledger takes entries and is verified, and in how much memory.

    python benchmarks/ledger.py ledger.db 100000
    python benchmarks/ledger.py postgresql://user@host/empty 100000

The entries are written in bulk, with right hashes; then they are verified, and some more are appended one by one.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from typing import Any

from sqlalchemy import insert

from clauses.ledger import Anchor, Ledger, NewEntry, chain
from clauses.ledger.tables import DOCUMENTS, ENTRIES

AT = "2026-07-01T09:30:00+00:00"
PACK = [b"rule %d\n" % n * 100 for n in range(20)]
"""The documents that every entry comes with."""
APPENDED = 300


def content(number: int) -> dict[str, str]:
    """What an entry says: two kilobytes."""
    return {"review_id": f"r{number}", "findings": "x" * 2_000}


def rows(count: int) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Entries with the document that each came with."""
    previous = chain.GENESIS
    shared = [chain.sha256(data) for data in PACK]
    for number in range(1, count + 1):
        data = b"sheet %d\n" % number * 50
        own, text = chain.sha256(data), chain.canonical(content(number))
        documents = chain.listed([*shared, own])
        hash = chain.hash_of(number, AT, "ann", "cli", "review", text, documents, previous)
        row = {"number": number, "at": AT, "who": "ann", "door": "cli", "kind": "review", "key": f"r{number}"}
        yield (
            {**row, "content": text, "documents": documents, "previous": previous, "hash": hash},
            {"sha256": own, "entry": number, "data": data},
        )
        previous = hash


def fill(ledger: Ledger, count: int) -> None:
    """Write entries in bulk."""
    with ledger.database.writing() as connection:
        pack = [{"sha256": chain.sha256(data), "entry": 1, "data": data} for data in PACK]
        connection.execute(insert(DOCUMENTS), pack)
        waiting: list[tuple[dict[str, Any], dict[str, Any]]] = []
        for pair in rows(count):
            waiting.append(pair)
            if len(waiting) == 1_000 or pair[0]["number"] == count:
                connection.execute(insert(ENTRIES), [entry for entry, _ in waiting])
                connection.execute(insert(DOCUMENTS), [document for _, document in waiting])
                waiting = []


def megabytes() -> int:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main(url: str, count: int) -> None:
    """Print the figures."""
    with Ledger.open(url) as ledger:
        fill(ledger, count)
        before, start = megabytes(), time.perf_counter()
        head = ledger.head()
        assert head is not None and ledger.verify([Anchor(count, head.hash)]).is_sound
        taken = time.perf_counter() - start
        print(f"verify   {count:,} entries in {taken:.1f} s, {count / taken:,.0f} a second; "
              f"{before} MB before, {megabytes()} MB after")  # fmt: skip
        times = []
        for number in range(APPENDED):
            start = time.perf_counter()
            ledger.append(NewEntry("review", "ann", "cli", AT, content(number)), [*PACK, b"new %d" % number])
            times.append(time.perf_counter() - start)
        times.sort()
        print(f"append   p50 {times[APPENDED // 2] * 1e3:.2f} ms, p99 {times[APPENDED * 99 // 100] * 1e3:.2f} ms")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
