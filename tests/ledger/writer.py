"""Writes to a ledger and says of each entry that it is kept: `python writer.py URL HOW_MANY NAME`.

Each entry comes with a document of its own and one that all share.
"""

from __future__ import annotations

import sys

from clauses.ledger import Ledger, NewEntry

AT = "2026-07-01T09:30:00+00:00"


def document(who: str, number: int) -> bytes:
    """The document of its own that an entry of a writer comes with."""
    return f"{who} {number}".encode() * 100


if __name__ == "__main__":
    url, how_many, who = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    with Ledger.open(url) as ledger:
        for number in range(how_many):
            new = NewEntry("review", who, "test", AT, {"number": number, "text": "x" * 2000})
            entry = ledger.append(new, [b"shared", document(who, number)])
            print(entry.anchor, number, flush=True)
