"""The tables of a ledger. Migrations make them; a test checks that what they make is what is written here."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text

METADATA = MetaData()

_NUMBER = BigInteger().with_variant(Integer(), "sqlite")

VERSION_TABLE = "ledger_version"
VERSION = "v0001"
"""The newest migration: of which version the tables are."""

ENTRIES = Table(
    "ledger_entries",
    METADATA,
    Column("number", _NUMBER, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("door", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("key", Text),  # what `chain.key_of` gives; not hashed, for it follows from the content
    Column("content", Text, nullable=False),
    Column("documents", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index("ledger_entries_by_kind", "kind", "number"),
    Index("ledger_entries_by_who", "who", "number"),
    Index("ledger_entries_by_key", "key", "number"),
)

DOCUMENTS = Table(
    "ledger_documents",
    METADATA,
    Column("sha256", Text, primary_key=True),
    Column("entry", _NUMBER, nullable=False),  # the first entry that came with it
    Column("data", LargeBinary, nullable=False),
    Index("ledger_documents_by_entry", "entry", "sha256"),
)

TOKENS = Table(
    "ledger_tokens",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("created", Text, nullable=False),
    Column("expires", Text),
    Column("revoked", Text),
)
