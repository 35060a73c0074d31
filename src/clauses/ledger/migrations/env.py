"""Runs the migrations on the connection that `clauses.ledger.migrate` hands over, inside its transaction."""

from alembic import context

from clauses.ledger.tables import METADATA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
