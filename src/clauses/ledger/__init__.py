"""What was reviewed and accepted, by whom and when: entries that are only ever added, in SQLite or PostgreSQL.

    with Ledger.open("ledger.db") as ledger:
        entry = ledger.append(NewEntry("review", "ann", "cli", "2026-07-01T09:30:00+00:00", {"verdict": "clear"}))
        keep_outside(entry.anchor)
        assert ledger.verify([entry.anchor]).is_sound

What the chain of entries shows, and what it cannot show, stands in `clauses.ledger.chain`.
"""

from clauses.ledger.chain import Anchor, Entry, NewEntry
from clauses.ledger.ledger import Ledger
from clauses.ledger.verification import Defect, Verification

__all__ = ["Anchor", "Defect", "Entry", "Ledger", "NewEntry", "Verification"]
