"""Tokens: made, shown once, checked, revoked."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from clauses.errors import UsageError
from clauses.ledger import Ledger
from clauses.ledger.tokens import Tokens
from clauses.terms.values import Date

TODAY = Date.read("2026-07-01")


def test_a_token_is_known_by_what_was_shown_once(ledger: Ledger) -> None:
    tokens = Tokens(ledger)
    token, secret = tokens.create(" intake ", ["write", "read", "read"])
    assert (token.name, token.scopes, token.expires, token.revoked) == ("intake", ("read", "write"), None, None)
    assert token.created.endswith("Z") and len(token.created) == 20
    assert tokens.check(secret, TODAY) == token
    assert tokens.list() == (token,)
    with ledger.database.reading() as connection:
        kept = str(connection.execute(text("SELECT * FROM ledger_tokens")).one())
    assert secret not in kept and secret.rpartition("_")[2] not in kept
    assert len(secret) > 40


def test_nothing_else_is_known(ledger: Ledger) -> None:
    tokens = Tokens(ledger)
    _, secret = tokens.create("a", ["read"])
    _, other = tokens.create("b", ["read"])
    wrong = [
        "", "clauses", secret[:-1], secret + "x", secret.upper(), f" {secret}", f"{secret}\n", secret.replace("_", "-"),
        secret[:-1] + ("A" if secret[-1] != "A" else "B"), secret[:21] + other[21:], f"clauses_{'0' * 12}_{'A' * 43}",
        "\0", "\ud800", "' OR 1=1 --", "é" * 64,
    ]  # fmt: skip
    assert [one for one in wrong if tokens.check(one, TODAY) is not None] == []


def test_a_token_holds_until_it_expires_or_is_revoked(ledger: Ledger) -> None:
    tokens = Tokens(ledger)
    token, secret = tokens.create("intake", ["sign"], Date.read("2026-07-31"))
    month, by_month = tokens.create("month", ["read"], Date.read("2026-07"))
    for shown in (secret, by_month):
        assert tokens.check(shown, Date.read("2026-07-31"))
        assert tokens.check(shown, Date.read("2026-08-01")) is None
    assert tokens.list()[0].expires is not None
    revoked = tokens.revoke(token.id)
    assert revoked.revoked is not None and tokens.check(secret, TODAY) is None
    assert tokens.revoke(token.id) == revoked, "the time of the first revoking stays"
    assert tokens.check(by_month, TODAY) == month


def test_a_token_that_is_revoked_by_another_process_opens_nothing_more(ledger: Ledger, url: str) -> None:
    token, secret = Tokens(ledger).create("intake", ["read"])
    assert Tokens(ledger).check(secret, TODAY)
    with Ledger.open(url) as other:
        Tokens(other).revoke(token.id)
    assert Tokens(ledger).check(secret, TODAY) is None


@pytest.mark.parametrize(
    ("name", "scopes", "id"),
    [
        ("", ["read"], "not-a-line"), ("two\nlines", ["read"], "not-a-line"), ("x" * 2001, ["read"], "not-a-line"),
        ("intake", [], "no-scope"), ("intake", ["read", "writ"], "unknown-scope"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_token(ledger: Ledger, name: str, scopes: list[str], id: str) -> None:
    with pytest.raises(UsageError) as caught:
        Tokens(ledger).create(name, scopes)
    assert caught.value.problems[0].id == id
    assert Tokens(ledger).list() == ()


def test_a_token_that_is_not_there_cannot_be_revoked(ledger: Ledger) -> None:
    token, _ = Tokens(ledger).create("intake", ["read"])
    for id in (token.id[:-1], "", "\0", "\ud800"):
        with pytest.raises(UsageError, match="no-such-token"):
            Tokens(ledger).revoke(id)
    assert Tokens(ledger).list() == (token,)
