"""Entries, documents and tokens; and triggers that refuse to change or delete what was kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0001"
down_revision = None
branch_labels = None
depends_on = None

KEPT = ("ledger_entries", "ledger_documents")
REFUSAL = "what the ledger keeps is neither changed nor deleted"


def upgrade() -> None:
    """Make the tables of a new ledger."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "ledger_entries",
        sa.Column("number", number, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("kind", "who", "door", "at")),
        sa.Column("key", sa.Text),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("content", "documents", "previous", "hash")),
    )
    op.create_index("ledger_entries_by_kind", "ledger_entries", ["kind", "number"])
    op.create_index("ledger_entries_by_who", "ledger_entries", ["who", "number"])
    op.create_index("ledger_entries_by_key", "ledger_entries", ["key", "number"])
    op.create_table(
        "ledger_documents",
        sa.Column("sha256", sa.Text, primary_key=True),
        sa.Column("entry", number, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_index("ledger_documents_by_entry", "ledger_documents", ["entry", "sha256"])
    op.create_table(
        "ledger_tokens",
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("name", "scopes", "digest", "created")),
        sa.Column("expires", sa.Text),
        sa.Column("revoked", sa.Text),
    )
    if op.get_bind().dialect.name == "postgresql":
        _guard_in_postgresql()
    else:
        _guard_in_sqlite()


def _guard_in_sqlite() -> None:
    for table in KEPT:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
    for table, key in zip(KEPT, ("number", "sha256"), strict=True):
        op.execute(  # INSERT OR REPLACE deletes without asking the trigger on DELETE
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key}) "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )


def _guard_in_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION ledger_refuses() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
    )
    for table in KEPT:
        for change in ("UPDATE", "DELETE", "TRUNCATE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuses()"
            )


def downgrade() -> None:
    """Refused: it would delete what was kept."""
    raise NotImplementedError(REFUSAL)
