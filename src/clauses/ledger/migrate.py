"""Makes the tables of a new ledger, and brings those of an older version up to date.

Several processes may open a new ledger at once: one makes the tables while the others wait.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from clauses.errors import LedgerError
from clauses.ledger.database import Database
from clauses.ledger.tables import METADATA, VERSION, VERSION_TABLE

MIGRATIONS = Path(__file__).parent / "migrations"


def prepare(database: Database, create: bool = True) -> None:
    """See to it that the tables are there, in this version. Raises LedgerError.

    Without `create` a database that holds no ledger is an error.
    """
    if database.is_file:
        if not create and not Path(database.name).is_file():
            raise _no_ledger(database)
        database.make_file()
    with database.reading() as connection:
        if _version(connection, database) == VERSION:
            return
    _check_encoding(database)
    if database.is_file and create:
        database.write_ahead()
    with database.writing() as connection:
        found = _version(connection, database)
        if found is None and not create:
            raise _no_ledger(database)
        if found != VERSION:
            _upgrade(connection)


def _no_ledger(database: Database) -> LedgerError:
    return LedgerError.of("no-such-ledger", f"there is no ledger `{database.name}`")


def _version(connection: Connection, database: Database) -> str | None:
    """The version of the tables; None for a database without any. Raises LedgerError for what is no ledger of ours."""
    names = set(inspect(connection).get_table_names())
    if VERSION_TABLE in names:
        found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalars().all()
        if len(found) == 1 and (found[0] == VERSION or found[0] in _known()):
            return str(found[0])
        sentence = f"the ledger `{database.name}` was written by a newer version of clauses"
        raise LedgerError.of("newer-ledger", sentence, None, "install that version, or a newer one")
    if (database.is_file and names) or names & set(METADATA.tables):
        sentence = f"`{database.name}` is a database of another program"
        raise LedgerError.of("not-a-ledger", sentence, None, "name a new one")
    return None


def _check_encoding(database: Database) -> None:
    """A PostgreSQL database that does not keep Unicode could not keep every contract."""
    if database.is_file:
        return
    with database.reading() as connection:
        encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    if encoding != "UTF8":
        sentence = f"the database `{database.name}` keeps texts in {encoding}, and a ledger needs UTF8"
        raise LedgerError.of("another-encoding", sentence, None, "`createdb --encoding=UTF8 --template=template0 NAME`")


# Alembic takes long to load, and is seldom needed.


def _known() -> set[str]:
    from alembic.script import ScriptDirectory

    return {revision.revision for revision in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
