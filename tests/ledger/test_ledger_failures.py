"""What goes wrong with a database reads as a sentence of ours; every error of the ledger is provoked here or beside."""

from __future__ import annotations

import ast
import os
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event

from clauses.errors import ClausesError, LedgerError, UsageError
from clauses.ledger import Ledger, NewEntry
from clauses.ledger.database import Database, read_url

from .postgres import Server

AT = "2026-07-01T09:30:00+00:00"
NEW = NewEntry("review", "ann", "cli", AT, {})


def test_every_error_of_the_ledger_is_provoked_by_a_test() -> None:
    import clauses.ledger

    found, tested = set(), "".join(file.read_text() for file in Path(__file__).parent.glob("test_*.py"))
    for file in Path(clauses.ledger.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                is_id = re.fullmatch(r"(no|not|such|unknown|another|newer|altered|ledger)(-[a-z]+)+", node.value)
                found |= {node.value} if is_id else set()
    assert len(found) > 15
    assert {id for id in found if id not in tested} == set()


def says(error: ClausesError, id: str, sentence: str, hint: str | None = None) -> None:
    (problem,) = error.problems
    assert (problem.id, problem.sentence) == (id, sentence)
    if hint is not None:
        assert problem.hint == hint


# --- names of databases


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "`` does not name a file to keep a ledger in"),
        (":memory:", "`:memory:` does not name a file to keep a ledger in"),
        ("sqlite://", "`sqlite://` does not name a file to keep a ledger in"),
        ("sqlite:///file.db?uri=true", "`sqlite:///file.db` does not name a file to keep a ledger in"),
        ("sqlite://host/file.db", "`sqlite://host/file.db` does not name a file to keep a ledger in"),
        ("mysql://root:secret@host/db", "a ledger is not kept in `mysql`"),
        ("postgresql://user:secret@host:port/db", "what begins with `postgresql://` cannot be read as a URL"),
        ("a b://c", "what begins with `a b://` cannot be read as a URL"),
    ],
)
def test_what_names_no_database(url: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        Ledger.open(url)
    says(caught.value, "not-a-database", sentence)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg", "postgresql+asyncpg"])
def test_postgresql_is_reached_by_its_own_driver(scheme: str) -> None:
    try:
        assert read_url(f"{scheme}://u@h/d").drivername == "postgresql+psycopg"
    except UsageError as error:
        assert scheme == "postgres", error


# --- files


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LedgerError) as caught:
        Ledger.open(str(tmp_path / "no" / "ledger.db"))
    name = tmp_path / "no" / "ledger.db"
    says(caught.value, "ledger-unreachable", f"the ledger `{name}` cannot be opened: no such file or directory")


def test_a_folder_is_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(LedgerError) as caught:
        Ledger.open(str(tmp_path))
    says(caught.value, "ledger-unreachable", f"the ledger `{tmp_path}` cannot be opened: is a directory")


def test_a_ledger_that_is_only_to_be_read_is_not_made(tmp_path: Path) -> None:
    name = tmp_path / "ledger.db"
    for _ in range(2):
        with pytest.raises(LedgerError) as caught:
            Ledger.open(str(name), create=False)
        says(caught.value, "no-such-ledger", f"there is no ledger `{name}`")
    assert not name.exists()
    name.touch()
    with pytest.raises(LedgerError, match="no-such-ledger"):
        Ledger.open(str(name), create=False)
    assert name.read_bytes() == b""


@pytest.mark.parametrize("content", [b"agreement: x\n" * 100, bytes(4096), b"SQLite format 3\0" + b"\xff" * 5000, b"x"])
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    name = tmp_path / "deal.yaml"
    name.write_bytes(content)
    with pytest.raises(LedgerError) as caught:
        Ledger.open(str(name))
    says(caught.value, "not-a-ledger", f"the ledger `{name}`: the file is not a database")
    assert name.read_bytes() == content


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    name = tmp_path / "other.db"
    other = sqlite3.connect(name)
    other.execute("CREATE TABLE ours (x)")
    other.close()
    before = name.read_bytes()
    with pytest.raises(LedgerError) as caught:
        Ledger.open(str(name))
    says(caught.value, "not-a-ledger", f"`{name}` is a database of another program", "name a new one")
    assert name.read_bytes() == before


def test_a_ledger_of_a_newer_version(url: str) -> None:
    Ledger.open(url).close()
    database = Database(url)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE ledger_version SET version_num = 'v0999'")
    database.close()
    with pytest.raises(LedgerError) as caught:
        Ledger.open(url)
    sentence = f"the ledger `{database.name}` was written by a newer version of clauses"
    says(caught.value, "newer-ledger", sentence, "install that version, or a newer one")


def test_a_damaged_file(tmp_path: Path) -> None:
    name = tmp_path / "ledger.db"
    with Ledger.open(str(name)) as ledger:
        for _ in range(50):
            ledger.append(NEW, [os.urandom(3000)])
    data = bytearray(name.read_bytes())
    data[4096 * 20 :] = b"\xa5" * (len(data) - 4096 * 20)
    name.write_bytes(data)
    with pytest.raises(LedgerError, match="ledger-damaged"), Ledger.open(str(name)) as ledger:
        ledger.verify()


def test_a_file_that_may_only_be_read(tmp_path: Path) -> None:
    """Root may write everything, so SQLite itself is told to refuse."""
    name = tmp_path / "ledger.db"
    with Ledger.open(str(name)) as ledger:
        kept = ledger.append(NEW)
        event.listen(ledger.database.engine, "checkout", lambda raw, *_: raw.execute("PRAGMA query_only=ON"))
        with pytest.raises(LedgerError) as caught:
            ledger.append(NEW)
        says(caught.value, "ledger-read-only", f"the ledger `{name}`: it may be read and not written")
        assert list(ledger.entries()) == [kept]


def test_a_file_and_a_folder_that_may_only_be_read(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """As another user than root: what can be read is read, the rest is a sentence."""
    name = tmp_path / "ledger.db"
    with Ledger.open(str(name)) as ledger:
        ledger.append(NEW)
    script = (
        "import os, sys\n"
        "from clauses.errors import LedgerError\nfrom clauses.ledger import *\n"
        f"new = NewEntry('review', 'ann', 'cli', {AT!r}, {{}})\n"
        "Ledger.open(sys.argv[2]).append(new)\n"  # what is needed is loaded before the right to read it is gone
        "if os.getuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "try:\n"
        "    with Ledger.open(sys.argv[1]) as ledger: ledger.append(new)\n"
        "except LedgerError as error:\n"
        "    print(error.problems[0].id)\n"
    )
    command = [sys.executable, "-c", script, str(name), str(tmp_path_factory.mktemp("other") / "ledger.db")]
    os.chmod(name, 0o444)
    for folder in (tmp_path, *tmp_path.parents):
        if folder == Path("/tmp") or folder.owner() != tmp_path.owner():
            break
        os.chmod(folder, 0o555)
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    finally:
        for folder in (tmp_path, *tmp_path.parents):
            if folder == Path("/tmp") or folder.owner() != tmp_path.owner():
                break
            os.chmod(folder, 0o700)
    assert done.stdout.strip() in ("ledger-read-only", "ledger-unreachable"), done


def test_a_full_disk_keeps_nothing_of_an_entry(tmp_path: Path) -> None:
    name = tmp_path / "ledger.db"
    with Ledger.open(str(name)) as ledger:
        kept = ledger.append(NEW, [b"small"])
        event.listen(ledger.database.engine, "checkout", lambda raw, *_: raw.execute("PRAGMA max_page_count=1"))
        with pytest.raises(LedgerError) as caught:
            ledger.append(NEW, [b"small too", os.urandom(200_000)])
        says(
            caught.value, "ledger-full", f"the ledger `{name}`: there is no room left to write",
            "make room; nothing of this was kept",
        )  # fmt: skip
    with Ledger.open(str(name)) as ledger:
        assert list(ledger.entries()) == [kept]
        assert ledger.verify().documents == 1
        ledger.append(NEW, [b"small too"])


def test_a_file_that_the_system_lets_grow_no_further(tmp_path: Path) -> None:
    """The disk refuses in the middle of a write; afterwards the ledger is whole."""
    name = tmp_path / "ledger.db"
    script = (
        "import os, resource\nfrom clauses.ledger import *\nfrom clauses.errors import LedgerError\n"
        f"with Ledger.open({str(name)!r}) as ledger:\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))\n"
        "    try:\n"
        "        while True:\n"
        f"            new = NewEntry('review', 'ann', 'cli', {AT!r}, {{}})\n"
        "            print(ledger.append(new, [os.urandom(20_000)]).anchor, flush=True)\n"
        "    except LedgerError as error:\n"
        "        print(error.problems[0].id)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    *anchors, id = done.stdout.split()
    assert id in ("ledger-full", "ledger-failed"), done
    with Ledger.open(str(name)) as ledger:
        assert [str(entry.anchor) for entry in ledger.entries()] == anchors
        assert ledger.verify().is_sound
        ledger.append(NEW)


# --- waiting, and connections


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    import clauses.ledger.database as module

    monkeypatch.setattr(module, "PATIENCE", 1)
    monkeypatch.setattr(module, "_BEFORE_WRITING", module._BEFORE_WRITING.replace("'60s'", "'1s'", 1))


@pytest.fixture
def busy(impatient: None, url: str) -> Iterator[str]:
    """A ledger to which another writes without end."""
    Ledger.open(url).close()
    begun, done = threading.Event(), threading.Event()

    def keep_writing() -> None:
        other = Database(url)
        with other.writing():
            begun.set()
            done.wait(30)
        other.close()

    thread = threading.Thread(target=keep_writing)
    thread.start()
    begun.wait(10)
    yield url
    done.set()
    thread.join()


def test_a_ledger_that_is_in_use_all_the_time(busy: str) -> None:
    with Ledger.open(busy) as ledger:
        with pytest.raises(LedgerError) as caught:
            ledger.append(NEW)
        sentence = f"the ledger `{ledger.database.name}` is in use: others kept writing for 1 seconds"
        says(caught.value, "ledger-locked", sentence.replace("1 seconds", "1 seconds"), "try again")
        assert ledger.head() is None, "one can read all the while"


def test_a_server_that_is_not_there_and_no_password_is_shown() -> None:
    with pytest.raises(LedgerError) as caught:
        Ledger.open("postgresql://ann:secret@127.0.0.1:1/deals?application_name=hidden")
    sentence = (
        "the ledger `postgresql://ann:***@127.0.0.1:1/deals`: the database does not answer, or does not let us in"
    )
    hint = "is the server running, and are the name, the user and the password right?"
    says(caught.value, "ledger-unreachable", sentence, hint)


def test_a_database_that_is_not_there(postgresql: Server) -> None:
    url = postgresql.new_database().rpartition("/")[0] + "/nowhere"
    with pytest.raises(LedgerError, match="ledger-unreachable"):
        Ledger.open(url)


def test_a_database_that_does_not_keep_unicode(postgresql: Server) -> None:
    url = postgresql.new_database("ENCODING 'LATIN1' TEMPLATE template0")
    with pytest.raises(LedgerError) as caught:
        Ledger.open(url)
    says(caught.value, "another-encoding", f"the database `{url}` keeps texts in LATIN1, and a ledger needs UTF8")


def test_a_database_with_tables_of_others_may_hold_a_ledger_too(postgresql: Server) -> None:
    url = postgresql.new_database()
    engine = create_engine(read_url(url))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE entries (x int); CREATE TABLE alembic_version (version_num text)")
    with Ledger.open(url) as ledger:
        ledger.append(NEW)
    url = postgresql.new_database()
    engine = create_engine(read_url(url))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE ledger_entries (x int)")
    with pytest.raises(LedgerError, match="not-a-ledger"):
        Ledger.open(url)
    with pytest.raises(LedgerError, match="no-such-ledger"):
        Ledger.open(postgresql.new_database(), create=False)


def test_a_role_that_may_only_read(postgresql: Server) -> None:
    url = postgresql.new_database()
    with Ledger.open(url) as ledger:
        kept = ledger.append(NEW, [b"document"])
    engine = create_engine(read_url(url))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE ROLE reader LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    engine.dispose()
    with Ledger.open(url.replace("clauses@", "reader@"), create=False) as ledger:
        assert ledger.verify([kept.anchor]).is_sound
        with pytest.raises(LedgerError, match="ledger-read-only"):
            ledger.append(NEW)


def test_a_connection_that_breaks_off(postgresql: Server) -> None:
    """While something is written it is an error; a connection that broke between two writes is made anew."""
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = '{}'"
    url = postgresql.new_database()
    other = create_engine(read_url(url))

    def break_off() -> None:
        with other.begin() as connection:
            connection.exec_driver_sql(end.format(url.rpartition("/")[2]))

    def documents() -> Iterator[bytes]:
        yield b"document"

    with Ledger.open(url) as ledger:
        kept = ledger.append(NEW)
        break_off()
        assert ledger.append(NEW, documents()).previous == kept.hash

        @event.listens_for(ledger.database.engine, "before_cursor_execute")
        def before(connection: object, cursor: object, statement: str, *more: object) -> None:
            if statement.startswith("INSERT INTO ledger_entries"):
                break_off()

        with pytest.raises(LedgerError) as caught:
            ledger.append(NEW)
        hint = "what was being kept may be there or not: `clauses ledger list` says"
        says(caught.value, "ledger-lost", f"the ledger `{url}`: the connection broke off", hint)
        event.remove(ledger.database.engine, "before_cursor_execute", before)
        assert ledger.append(NEW).number == 3
    other.dispose()


def test_a_table_that_is_missing(url: str) -> None:
    with Ledger.open(url) as ledger:
        with ledger.database.engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE ledger_entries")
        with pytest.raises(LedgerError) as caught:
            ledger.head()
        assert caught.value.problems[0].id in ("ledger-damaged", "ledger-failed")


def test_an_entry_that_is_not_there(url: str) -> None:
    with Ledger.open(url) as ledger:
        for number in (0, 1, -5, 10**30):
            with pytest.raises(UsageError) as caught:
                ledger.entry(number)
            says(caught.value, "no-such-entry", f"the ledger has no entry `{number}`")
