"""Tokens: who may ask, record and sign through HTTP and MCP.

A token is `clauses_<id>_<secret>`. The secret is 256 random bits, so that its SHA-256, which is all that is kept, leads
nobody back to it. The times of making and revoking are the database's own.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, insert, literal_column, select, update
from sqlalchemy.sql.elements import ColumnElement

from clauses.errors import UsageError, did_you_mean
from clauses.ledger.chain import MAXIMUM_WORD, is_storable
from clauses.ledger.ledger import Ledger
from clauses.ledger.tables import TOKENS
from clauses.terms.values import Date

SCOPES = ("read", "write", "sign")
"""What a token may allow: to ask, to record reviews, to accept and sign deviations."""

_FORM = re.compile(r"clauses_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True)
class Token:
    """What is known of a token; not the token itself."""

    id: str
    name: str
    """Who uses it: what entries of the ledger say under `who`."""
    scopes: tuple[str, ...]
    created: str
    """The time, in UTC."""
    expires: Date | None
    """The last day on which it holds; None for one that holds until it is revoked."""
    revoked: str | None
    """The time, in UTC; None for one that was not."""

    def holds_on(self, day: Date) -> bool:
        """Whether it opens anything on a day."""
        return self.revoked is None and (self.expires is None or day.highest <= self.expires.highest)


class Tokens:
    """The tokens that a ledger keeps."""

    def __init__(self, ledger: Ledger) -> None:
        self._database = ledger.database

    def create(self, name: str, scopes: Iterable[str], expires: Date | None = None) -> tuple[Token, str]:
        """Make a token. Returns what is known of it, and the token itself, which cannot be had again.

        Raises UsageError for a name that is no word, and for a scope that is none.
        """
        if not name.strip() or len(name) > MAXIMUM_WORD or not name.isprintable():
            raise UsageError.of("not-a-line", "the name of a token should be a line that can be printed")
        asked = set(scopes)
        for scope in sorted(asked.difference(SCOPES)):
            raise UsageError.of("unknown-scope", f"there is no scope `{scope}`", None, did_you_mean(scope, SCOPES))
        if not asked:
            raise UsageError.of("no-scope", "a token without a scope would open nothing", None, "name `read`")
        id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        row = {
            "id": id, "name": name.strip(), "scopes": " ".join(one for one in SCOPES if one in asked),
            "digest": _digest(secret), "expires": str(expires) if expires else None,
        }  # fmt: skip
        with self._database.writing() as connection:
            connection.execute(insert(TOKENS).values(created=self._now(), **row))
            made = connection.execute(select(TOKENS).where(TOKENS.c.id == id)).one()
        return _token(made), f"clauses_{id}_{secret}"

    def check(self, secret: str, today: Date) -> Token | None:
        """The token that a caller shows, if it holds on this day. None tells nobody why it does not."""
        match = _FORM.fullmatch(secret)
        if match is None:
            return None
        with self._database.reading() as connection:
            row = connection.execute(select(TOKENS).where(TOKENS.c.id == match[1])).first()
        is_right = hmac.compare_digest(_digest(match[2]), row.digest if row else _digest(""))
        if row is None or not is_right:
            return None
        token = _token(row)
        return token if token.holds_on(today) else None

    def list(self) -> tuple[Token, ...]:
        """Every token that was made, the oldest first; also those that no longer hold."""
        with self._database.reading() as connection:
            rows = connection.execute(select(TOKENS).order_by(TOKENS.c.created, TOKENS.c.id)).all()
        return tuple(map(_token, rows))

    def revoke(self, id: str) -> Token:
        """Make a token open nothing from now on; one that was revoked stays so. Raises UsageError for an unknown id."""
        is_open = TOKENS.c.revoked.is_(None)
        with self._database.writing() as connection:
            id = id if is_storable(id) else ""
            connection.execute(update(TOKENS).where(TOKENS.c.id == id, is_open).values(revoked=self._now()))
            row = connection.execute(select(TOKENS).where(TOKENS.c.id == id)).first()
            known = [] if row else connection.execute(select(TOKENS.c.id)).scalars().all()
        if row is None:
            raise UsageError.of("no-such-token", f"there is no token `{id}`", None, did_you_mean(id, known))
        return _token(row)

    def _now(self) -> ColumnElement[str]:
        """The time, in UTC, by the clock of the database."""
        if self._database.is_file:
            return literal_column("strftime('%Y-%m-%dT%H:%M:%SZ', 'now')")
        return literal_column("""to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')""")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _token(row: Row[Any]) -> Token:
    expires = Date.read(row.expires) if row.expires else None
    return Token(row.id, row.name, tuple(row.scopes.split()), row.created, expires, row.revoked)
