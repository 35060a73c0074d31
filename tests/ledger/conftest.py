"""Ledgers to test: each in a file of SQLite, and in PostgreSQL where it is installed (with `CI` set it has to be)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clauses.ledger import Ledger

from .postgres import Server, binaries


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A server of PostgreSQL."""
    programs = binaries()
    if programs is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed, and CI has to test with it")
        pytest.skip("PostgreSQL is not installed")
    server = Server(programs)
    yield server
    server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a new ledger goes."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.db")
    found: str = request.getfixturevalue("postgresql").new_database()
    return found


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    """An empty ledger."""
    with Ledger.open(url) as opened:
        yield opened


@pytest.fixture
def tamper(url: str) -> Callable[..., None]:
    """Runs statements on a ledger's database, behind its back and without its guards."""

    def run(*statements: str) -> None:
        from sqlalchemy import create_engine

        from clauses.ledger.database import read_url

        engine = create_engine(read_url(url))
        with engine.begin() as connection:
            if "://" in url:
                for table in ("ledger_entries", "ledger_documents"):
                    connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            else:
                found = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
                for (name,) in found.all():
                    connection.exec_driver_sql(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.exec_driver_sql(statement.replace("%", "%%") if "://" in url else statement)
        engine.dispose()

    return run
