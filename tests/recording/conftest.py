"""A ledger on SQLite, and reviews of the small deal of `tests/data` to record in it."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clauses import use_cases
from clauses.ledger import Ledger
from clauses.recording import By
from clauses.review.review import Examined
from clauses.source import Document
from clauses.terms.values import Date
from clauses.use_cases import Choice

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(str(tmp_path / "ledger.db")) as found:
        yield found


def by(who: str = "Ann Lee", day: str = "2025-07-10") -> By:
    """Somebody at a time on a day."""
    at = datetime.datetime.fromisoformat(f"{day}T09:30:00+00:00")
    return By(who, "python", Date.read(day), at)


@pytest.fixture
def review() -> Callable[..., Examined]:
    """Reviews the small deal: as documents, with changes of the term sheet."""

    def reviewed(
        old: str = "",
        new: str = "",
        choice: Choice | None = None,
        as_of: str = "2025-07-01",
        known_on: str | None = None,
    ) -> Examined:
        sheet = (DATA / "deal" / "sheet.yaml").read_text()
        assert old in sheet
        documents = (
            Document("sheet.yaml", sheet.replace(old, new).encode() if old else sheet.encode()),
            Document("agreement.yaml", (DATA / "deal" / "agreement.yaml").read_bytes()),
        )
        choice = choice or Choice(rules=(str(DATA / "pack"),), engine="reference")
        known = Date.read(known_on) if known_on else None
        (found,), _ = use_cases.examine([documents[0]], choice, documents[1], Date.read(as_of), known)
        return found

    return reviewed
