"""The database of a ledger: a file of SQLite, or PostgreSQL by its URL. Every failure of it becomes a LedgerError.

A reader sees one state of the ledger, however long it reads. Writers come one after the other, over all processes:
in SQLite by its own lock for writing, in PostgreSQL by an advisory lock of the transaction. What a writer wrote is on
disk when `writing` ends without an error; on PostgreSQL that rests on the server's `fsync`, which is on unless
somebody turned it off.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, exc
from sqlalchemy.engine import URL, make_url

from clauses.errors import LedgerError, UsageError, did_you_mean
from clauses.extras import needs
from clauses.yaml_nodes import reason

PATIENCE = 60
"""Seconds that a writer waits for its turn."""
SECONDS_TO_CONNECT = 10
_SQLITE_HEAD = b"SQLite format 3\0"
"""How a file of SQLite begins."""
LOCK = 0x636C6175736573
"""The number of the advisory lock: `clauses` in ASCII."""

_BEFORE_WRITING = f"""
SELECT set_config('lock_timeout', '{PATIENCE}s', true),
       set_config('idle_in_transaction_session_timeout', '{PATIENCE}s', true);
SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off';
SELECT pg_advisory_xact_lock({LOCK})"""


class Database:
    """A database that a ledger is kept in. It may be shared by threads, and survives a fork."""

    def __init__(self, url: str) -> None:
        """Raises UsageError where the URL is none that can be used; connects to nothing yet."""
        self.url = read_url(url)
        self.is_file = self.url.get_backend_name() == "sqlite"
        self.name = str(self.url.database) if self.is_file else shown(self.url)
        self._engine = _sqlite(self.url) if self.is_file else _postgresql(self.url)
        self._process = os.getpid()

    @property
    def engine(self) -> Engine:
        """The pool of connections; a process that was forked gets its own."""
        if self._process != os.getpid():
            self._engine.dispose(close=False)
            self._process = os.getpid()
        return self._engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees the ledger as it is now and goes on seeing it so. Raises LedgerError."""
        options = {} if self.is_file else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self._connected() as connection, connection.execution_options(**options).begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection for the one that writes; what it wrote is kept when this ends. Raises LedgerError."""
        # A snapshot that is older than the lock would show an old newest entry.
        options: dict[str, Any] = {"writes": True} if self.is_file else {"isolation_level": "READ COMMITTED"}
        with self._connected() as connection, connection.execution_options(**options).begin():
            if not self.is_file:
                connection.exec_driver_sql(_BEFORE_WRITING)
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def make_file(self) -> None:
        """Make the file where there is none, for its owner alone: it will hold contracts.

        Raises LedgerError where that cannot be, and for a file that is no database: SQLite takes a very short one for a
        database that is empty, and would write over it.
        """
        try:
            with suppress(FileExistsError):
                os.close(os.open(self.name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            with open(self.name, "rb") as file:
                head = file.read(len(_SQLITE_HEAD))
        except (OSError, ValueError) as error:
            sentence = f"the ledger `{self.name}` cannot be opened: {reason(error)}"
            raise LedgerError.of("ledger-unreachable", sentence) from None
        if head not in (b"", _SQLITE_HEAD):
            raise LedgerError.of("not-a-ledger", f"the ledger `{self.name}`: the file is not a database")

    def write_ahead(self) -> None:
        """Have SQLite write ahead, so that readers and the writer do not wait for each other.

        It stays so for good. Where it cannot be had (a disk that is read only) the ledger is as safe without.
        """
        with self._connected() as connection:
            raw = connection.connection.dbapi_connection
            assert isinstance(raw, sqlite3.Connection)
            for _ in range(200):  # SQLite does not wait for others by itself here
                try:
                    mode = raw.execute("PRAGMA journal_mode").fetchone()[0]
                    if mode == "wal" or raw.execute("PRAGMA journal_mode=WAL").fetchone()[0] == "wal":
                        return
                except sqlite3.OperationalError as error:
                    if _code(error) not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_READONLY):
                        raise _failure(error, self.name, True) from None
                    if _code(error) == sqlite3.SQLITE_READONLY:
                        return
                time.sleep(0.02)

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        """A connection; the failures of the database, as long as it is used, in our words."""
        is_connected = False
        try:
            with self.engine.connect() as connection:
                is_connected = True
                yield connection
        except exc.DBAPIError as error:
            cause = error.orig if isinstance(error.orig, Exception) else error
            raise _failure(cause, self.name, is_connected) from None
        except exc.TimeoutError:  # every connection of the pool is in use
            raise LedgerError.of("ledger-locked", _too_busy(self.name)) from None
        except sqlite3.Error as error:
            raise _failure(error, self.name, is_connected) from None


# --- which database


def read_url(text: str) -> URL:
    """Which database a text names: a path, `sqlite:///path` or `postgresql://…`. Raises UsageError."""
    if "://" not in text:
        if not text.strip() or text == ":memory:" or "\0" in text:
            raise UsageError.of("not-a-database", f"`{text}` does not name a file to keep a ledger in", None, _EXAMPLES)
        return URL.create("sqlite", database=str(Path(text).expanduser()))
    try:
        url = make_url(text)
        known = url.get_backend_name()
    except (exc.ArgumentError, ValueError):
        scheme = text.partition("://")[0]
        raise UsageError.of("not-a-database", f"what begins with `{scheme}://` cannot be read as a URL") from None
    if known in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if known != "sqlite":
        hint = did_you_mean(known, ("sqlite", "postgresql")) or _EXAMPLES
        raise UsageError.of("not-a-database", f"a ledger is not kept in `{known}`", None, hint)
    if not url.database or url.database == ":memory:" or url.query or url.host:
        sentence = f"`{shown(url)}` does not name a file to keep a ledger in"
        raise UsageError.of("not-a-database", sentence, None, _EXAMPLES)
    return url.set(drivername="sqlite")


_EXAMPLES = "name a file, such as `ledger.db`, or a database, such as `postgresql://user@host/name`"


def shown(url: URL) -> str:
    """A URL as it may be shown to others: without its password, and without what is behind the `?`."""
    return url.set(query={}, drivername=url.get_backend_name()).render_as_string(hide_password=True)


def _sqlite(url: URL) -> Engine:
    arguments = {"timeout": PATIENCE, "check_same_thread": False}
    engine = create_engine(url, connect_args=arguments)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, record: object) -> None:
        connection.isolation_level = None  # transactions begin where we say so, below
        for pragma in ("synchronous=EXTRA", "fullfsync=ON", "trusted_schema=OFF"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(url: URL) -> Engine:
    with needs("postgresql", "a ledger in PostgreSQL"):
        import psycopg  # noqa: F401  the driver, which SQLAlchemy loads by its name
    arguments = {
        "connect_timeout": SECONDS_TO_CONNECT,
        "application_name": "clauses",
        "keepalives_idle": 30,
    }
    own = {name: value for name, value in arguments.items() if name not in url.query}
    own |= {"client_encoding": "utf8", "prepare_threshold": None}  # a pooler in between keeps no statements
    return create_engine(url, connect_args=own, pool_pre_ping=True)


# --- what can fail


def _code(error: sqlite3.Error) -> int:
    """The kind of a failure of SQLite, without its details."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _too_busy(name: str) -> str:
    return f"the ledger `{name}` is in use: others kept writing for {PATIENCE} seconds"


def _failure(error: Exception, name: str, is_connected: bool) -> LedgerError:
    """A failure of the database, in our words."""
    if isinstance(error, sqlite3.Error):
        id, what, hint = _SQLITE.get(_code(error), (None, "", None))
        detail = str(getattr(error, "sqlite_errorname", None) or "no code")
    else:
        detail = str(getattr(error, "sqlstate", None) or "no code")
        id, what, hint = _POSTGRESQL.get(detail) or _POSTGRESQL.get(detail[:2]) or (None, "", None)
        if id is None and detail == "no code":
            id, what, hint = _LOST if is_connected else _NO_ANSWER
    if id == "ledger-locked":
        return LedgerError.of(id, _too_busy(name), None, hint)
    if id is None:
        id, what = "ledger-failed", f"the database refused what was asked of it ({detail})"
        hint = "see what the database's own log says"
    return LedgerError.of(id, f"the ledger `{name}`: {what}", None, hint)


_Failure = tuple[str | None, str, str | None]

_READ_ONLY: _Failure = ("ledger-read-only", "it may be read and not written", "ask who keeps it for the right to write")
_FULL: _Failure = ("ledger-full", "there is no room left to write", "make room; nothing of this was kept")
_DAMAGED: _Failure = ("ledger-damaged", "the database is damaged", "restore it from a backup, and verify that")
_LOCKED: _Failure = ("ledger-locked", "", "try again")
_UNREACHABLE = "it cannot be opened"
_LOST: _Failure = (
    "ledger-lost", "the connection broke off", "what was being kept may be there or not: `clauses ledger list` says",
)  # fmt: skip
_NO_ANSWER: _Failure = (
    "ledger-unreachable", "the database does not answer, or does not let us in",
    "is the server running, and are the name, the user and the password right?",
)  # fmt: skip

_SQLITE: dict[int, _Failure] = {
    sqlite3.SQLITE_NOTADB: ("not-a-ledger", "the file is not a database", None),
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_CANTOPEN: ("ledger-unreachable", _UNREACHABLE, "is it a file, in a folder that may be written?"),
    sqlite3.SQLITE_IOERR: ("ledger-failed", "the disk cannot be read or written", "look at the disk"),
}

_POSTGRESQL: dict[str, _Failure] = {
    "08": _LOST,
    "57P": _LOST,
    "57": _LOST,
    "25P03": _LOST,
    "28": _NO_ANSWER,
    "3D": _NO_ANSWER,
    "53": ("ledger-unreachable", "the server has no room for another connection", "try again"),
    "53100": _FULL,
    "55P03": _LOCKED,
    "40": _LOCKED,
    "25006": _READ_ONLY,
    "42501": _READ_ONLY,
    "42P01": _DAMAGED,
    "XX": _DAMAGED,
}
"""By SQLSTATE, or by its class."""
