"""A ledger: entries are added at its end, found again, and proved to be what was written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Row, Select, insert, select

from clauses.errors import LedgerError, UsageError
from clauses.ledger import chain, migrate, verification
from clauses.ledger.chain import GENESIS, Anchor, Entry, NewEntry, is_storable
from clauses.ledger.database import Database
from clauses.ledger.tables import DOCUMENTS, ENTRIES
from clauses.ledger.verification import Verification

HIGHEST = 2**63 - 1
"""The highest number that a database can be asked for."""
AT_ONCE = 200
"""How many rows are read, or asked for, in one go."""


class Ledger:
    """What was kept, in a database. Threads may share it, and any number of processes may have it open."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def open(cls, url: str, *, create: bool = True) -> Ledger:
        """The ledger in a file, or in the database of a URL (`sqlite:///…`, `postgresql://…`).

        It is made where there is none, unless `create` is false, and migrated where it is of an older version.
        Raises UsageError for a text that names no database, and LedgerError where the database cannot be reached, is of
        another program or was written by a newer version.
        """
        database = Database(url)
        try:
            migrate.prepare(database, create)
        except BaseException:
            database.close()
            raise
        return cls(database)

    def close(self) -> None:
        """Close the connections to the database."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- writing

    def append(self, new: NewEntry, documents: Iterable[bytes] = ()) -> Entry:
        """Keep an entry and the documents that it came with; both are durable when this returns.

        A document that the ledger has already is not kept twice. Raises UsageError for names that are no words, and
        LedgerError where the database does not take it: then nothing of it is kept, except after `ledger-lost`, where
        the connection broke off and it may have been kept or not.
        """
        new = chain.checked(new)
        content = chain.canonical(new.content)
        named = {chain.sha256(data): data for data in documents}
        digests = chain.listed(named)
        with self.database.writing() as connection:
            number, previous = _end(connection)
            number += 1
            hash = chain.hash_of(number, new.at, new.who, new.door, new.kind, content, digests, previous)
            _keep_documents(connection, number, named)
            row = {
                "number": number, "kind": new.kind, "who": new.who, "door": new.door, "at": new.at,
                "key": chain.key_of(new.kind, new.content), "content": content, "documents": digests,
                "previous": previous, "hash": hash,
            }  # fmt: skip
            connection.execute(insert(ENTRIES), row)
        kept = (new.kind, new.who, new.door, new.at, json.loads(content), tuple(digests.split()))
        return Entry(number, *kept, previous, hash)

    # --- reading

    def entries(
        self,
        kind: str | None = None,
        who: str | None = None,
        after: int = 0,
        limit: int | None = None,
        newest_first: bool = False,
        before: int | None = None,
    ) -> Iterator[Entry]:
        """The entries of a kind and of a person, with numbers above `after` and below `before`; at most `limit`.

        They are read some at a time, so that one who stops reading keeps nobody waiting.
        """
        wanted = select(ENTRIES)
        for column, value in ((ENTRIES.c.kind, kind), (ENTRIES.c.who, who)):
            if value is not None and not is_storable(value):
                return
            wanted = wanted if value is None else wanted.where(column == value)
        after, before = min(after, HIGHEST), None if before is None else min(before, HIGHEST)
        order = ENTRIES.c.number.desc() if newest_first else ENTRIES.c.number
        while limit is None or limit > 0:
            page = wanted.where(ENTRIES.c.number > after)
            page = page if before is None else page.where(ENTRIES.c.number < before)
            rows = self._rows(page.order_by(order).limit(AT_ONCE if limit is None else min(limit, AT_ONCE)))
            yield from map(self._entry, rows)
            if len(rows) < AT_ONCE:
                return
            limit = None if limit is None else limit - len(rows)
            after, before = (after, rows[-1].number) if newest_first else (rows[-1].number, before)

    def entry(self, number: int) -> Entry:
        """The entry of a number. Raises UsageError where there is none."""
        rows = self._rows(select(ENTRIES).where(ENTRIES.c.number == number)) if 0 < number <= HIGHEST else []
        if not rows:
            raise UsageError.of("no-such-entry", f"the ledger has no entry `{number}`")
        return self._entry(rows[0])

    def find(self, kind: str, key: str) -> Entry | None:
        """The newest entry of a kind whose content says `<kind>_id: key`: `find("review", review_id)`."""
        wanted = select(ENTRIES).where(ENTRIES.c.kind == kind, ENTRIES.c.key == key)
        if not (is_storable(kind) and is_storable(key)):
            return None
        rows = self._rows(wanted.order_by(ENTRIES.c.number.desc()).limit(1))
        return self._entry(rows[0]) if rows else None

    def document(self, sha256: str) -> bytes | None:
        """The document of a digest, None where the ledger has none. Raises LedgerError where it was altered."""
        rows = self._rows(select(DOCUMENTS.c.data).where(DOCUMENTS.c.sha256 == sha256)) if is_storable(sha256) else []
        if not rows:
            return None
        data = verification.as_bytes(rows[0].data)
        if chain.sha256(data) != sha256:
            sentence = f"the document `{sha256}` in the ledger `{self.database.name}` is not what was kept"
            raise LedgerError.of("altered-document", sentence, None, "`clauses ledger verify` says what else is wrong")
        return data

    def head(self) -> Anchor | None:
        """The anchor of the newest entry; None for an empty ledger."""
        with self.database.reading() as connection:
            number, hash = _end(connection)
        return Anchor(number, hash) if number else None

    def verify(
        self, anchors: Sequence[Anchor] = (), tell: Callable[[int], None] = lambda checked: None
    ) -> Verification:
        """Go over the whole ledger and say everything that is not as it was written.

        `anchors` are those that were kept outside. `tell` is called now and then with the number of entries checked.
        """
        with self.database.reading() as connection:
            return verification.verify(connection, anchors, tell)

    def _rows(self, wanted: Select[Any]) -> Sequence[Row[Any]]:
        with self.database.reading() as connection:
            return connection.execute(wanted).all()

    def _entry(self, row: Row[Any]) -> Entry:
        try:
            content = json.loads(row.content)
            if not isinstance(content, dict):
                raise TypeError
            documents = tuple(row.documents.split())
        except (TypeError, ValueError, RecursionError, AttributeError):
            sentence = f"the entry {row.number} of the ledger `{self.database.name}` is not what was kept"
            hint = "`clauses ledger verify` says what else is wrong"
            raise LedgerError.of("altered-entry", sentence, None, hint) from None
        return Entry(row.number, row.kind, row.who, row.door, row.at, content, documents, row.previous, row.hash)


def _end(connection: Connection) -> tuple[int, str]:
    """The number and the hash of the newest entry."""
    newest = select(ENTRIES.c.number, ENTRIES.c.hash).order_by(ENTRIES.c.number.desc()).limit(1)
    row = connection.execute(newest).first()
    return (row.number, row.hash) if row else (0, GENESIS)


def _keep_documents(connection: Connection, number: int, named: dict[str, bytes]) -> None:
    """Add the documents that are not there yet."""
    digests = sorted(named)
    known: set[str] = set()
    for first in range(0, len(digests), AT_ONCE):
        some = digests[first : first + AT_ONCE]
        known |= set(connection.execute(select(DOCUMENTS.c.sha256).where(DOCUMENTS.c.sha256.in_(some))).scalars())
    for digest in digests:
        if digest not in known:
            connection.execute(insert(DOCUMENTS), {"sha256": digest, "entry": number, "data": named[digest]})
