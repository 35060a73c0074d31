"""What is kept in a ledger, and that it is found again; on SQLite and on PostgreSQL."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import threading
from pathlib import Path

import pytest
from sqlalchemy import exc

from clauses.errors import UsageError
from clauses.ledger import Anchor, Entry, Ledger, NewEntry
from clauses.ledger.migrate import MIGRATIONS
from clauses.ledger.tables import METADATA, VERSION, VERSION_TABLE

AT = "2026-07-01T09:30:00.000000+00:00"


def new(number: int = 0, kind: str = "review", who: str = "ann", **more: object) -> NewEntry:
    return NewEntry(kind, who, "cli", AT, {"number": number, **more})


def test_what_is_kept_is_found_again(ledger: Ledger) -> None:
    content = {"b": [1, True, None, {"ü": "§ 7 – “quoted”\n\t\0"}], "a": "half \ud800 a character", "c": 10**40}
    kept = ledger.append(
        NewEntry("review", "Zoë O'Neill", "http", AT, content), [b"one", b"", b"one", bytes(range(256))]
    )
    assert kept.number == 1
    assert kept.content == content
    assert list(ledger.entries()) == [ledger.entry(1)] == [kept]
    assert kept.documents == tuple(
        sorted(hashlib.sha256(data).hexdigest() for data in (b"one", b"", bytes(range(256))))
    )
    assert sorted(ledger.document(digest) or b"" for digest in kept.documents) == [b"", bytes(range(256)), b"one"]
    assert ledger.document("0" * 64) is None
    assert ledger.head() == kept.anchor


def test_a_ledger_is_kept_when_it_is_closed(url: str) -> None:
    with Ledger.open(url) as ledger:
        kept = ledger.append(new(), [b"document"])
    with Ledger.open(url, create=False) as ledger:
        assert list(ledger.entries()) == [kept]
        assert ledger.append(new(2)).previous == kept.hash
        assert ledger.verify([kept.anchor]).is_sound


def test_the_hash_is_the_one_that_the_documentation_describes(ledger: Ledger) -> None:
    """Made here by other means; and compared with what it was when the first ledger was written."""
    first = ledger.append(NewEntry("note", "ann", "cli", AT, {"ß": 1, "a": "x"}), [b"two", b"one"])
    second = ledger.append(new())
    genesis = hashlib.sha256(b"clauses-ledger-1").hexdigest()
    documents = " ".join(sorted(hashlib.sha256(one).hexdigest() for one in (b"one", b"two")))
    fields = ["clauses-ledger-1", "1", AT, "ann", "cli", "note", '{"a":"x","ß":1}', documents, genesis]
    text = b"".join(str(len(one.encode())).encode() + b":" + one.encode() + b"," for one in fields)
    assert first.hash == hashlib.sha256(text).hexdigest()
    assert (first.previous, second.previous) == (genesis, first.hash)
    assert str(second.anchor) == "2:6f6a1fb32f5104d5a564ed5496deb7db8cd229d744d0a627db7299c4a9fe4777"


def test_the_same_document_is_kept_once(ledger: Ledger) -> None:
    for number in range(3):
        ledger.append(new(number), [b"the pack", str(number).encode()])
    assert ledger.verify().documents == 4


def test_entries_are_chosen_and_paged(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clauses.ledger.ledger.AT_ONCE", 4)
    for number in range(1, 12):
        ledger.append(new(number, "review" if number % 2 else "deviation", "ann" if number < 6 else "bob"))

    def numbers(**wanted: object) -> list[int]:
        return [entry.number for entry in ledger.entries(**wanted)]  # type: ignore[arg-type]

    assert numbers() == list(range(1, 12))
    assert numbers(newest_first=True) == list(range(11, 0, -1))
    assert numbers(kind="deviation") == [2, 4, 6, 8, 10]
    assert numbers(who="bob", newest_first=True) == [11, 10, 9, 8, 7, 6]
    assert numbers(kind="review", who="ann") == [1, 3, 5]
    assert numbers(after=9) == [10, 11]
    assert numbers(after=3, before=6) == [4, 5]
    assert numbers(limit=5) == [1, 2, 3, 4, 5]
    assert numbers(limit=5, newest_first=True) == [11, 10, 9, 8, 7]
    assert numbers(limit=8) == list(range(1, 9))
    assert numbers(limit=0) == numbers(kind="no\0such") == numbers(who="\ud800") == numbers(after=10**30) == []
    assert numbers(before=10**30, limit=1) == [1]


def test_the_newest_entry_of_an_id_is_found(ledger: Ledger) -> None:
    for number, id in enumerate(("r1", "r2", "r1")):
        ledger.append(new(number, review_id=id))
    ledger.append(new(9, kind="deviation", review_id="r2"))
    found = ledger.find("review", "r1")
    assert found is not None and found.number == 3
    second = ledger.find("review", "r2")
    assert second is not None and second.number == 2
    assert ledger.find("review", "r3") is ledger.find("review", "\0") is ledger.find("review", "\udfff") is None


def test_a_reader_keeps_nobody_waiting(ledger: Ledger) -> None:
    ledger.append(new(1))
    reading = ledger.entries()
    next(reading)
    ledger.append(new(2))
    assert ledger.head() is not None


def test_threads_share_a_ledger(ledger: Ledger) -> None:
    kept: list[Entry] = []
    threads = [
        threading.Thread(target=lambda n=n: kept.extend(ledger.append(new(n * 10 + i), [b"x"]) for i in range(5)))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(entry.number for entry in kept) == list(range(1, 41))
    assert ledger.verify([entry.anchor for entry in kept]).is_sound


def test_a_process_that_forks_goes_on_with_connections_of_its_own(ledger: Ledger) -> None:
    ledger.append(new(1))
    with ledger.database.reading() as connection:
        ours = connection.connection.dbapi_connection
    child = os.fork()
    if child == 0:
        is_right = False
        try:
            kept = ledger.append(new(2))
            with ledger.database.reading() as connection:
                is_right = kept.number == 2 and connection.connection.dbapi_connection is not ours
        finally:
            os._exit(0 if is_right else 1)
    assert os.waitpid(child, 0)[1] == 0
    ledger.append(new(3))
    assert [entry.content["number"] for entry in ledger.entries()] == [1, 2, 3]
    assert ledger.verify().is_sound


@pytest.mark.parametrize("table", ["ledger_entries", "ledger_documents"])
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "REPLACE INTO", "TRUNCATE"])
def test_the_database_refuses_to_change_what_was_kept(ledger: Ledger, url: str, table: str, change: str) -> None:
    ledger.append(new(), [b"document"])
    before = ledger.entry(1), ledger.document(ledger.entry(1).documents[0])
    key = "number" if table == "ledger_entries" else "sha256"
    if change == "TRUNCATE":
        if "://" not in url:
            pytest.skip("SQLite has no TRUNCATE")
        statement = f"TRUNCATE {table} CASCADE"
    elif change == "REPLACE INTO":
        if "://" in url:
            statement = f"INSERT INTO {table} SELECT * FROM {table} ON CONFLICT ({key}) DO UPDATE SET {key} = 'x'"
            statement = statement.replace("'x'", f"{table}.{key}")
        else:
            statement = f"REPLACE INTO {table} SELECT * FROM {table}"
    else:
        statement = change.format(table, key, key)
    with (
        pytest.raises(exc.DBAPIError, match="what the ledger keeps is neither changed nor deleted"),
        ledger.database.engine.begin() as connection,
    ):
        connection.exec_driver_sql(statement)
    assert before == (ledger.entry(1), ledger.document(ledger.entry(1).documents[0]))


def test_the_tables_are_those_that_the_migrations_make(ledger: Ledger) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    with ledger.database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(context, METADATA) == []
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [VERSION]


def test_a_file_is_for_its_owner_alone_and_names_of_files_may_be_odd(tmp_path: Path) -> None:
    for name in ("ledger.db", "100% sure? #1 & co;.db", "ü.db"):
        for url in (str(tmp_path / name), f"sqlite:///{tmp_path}/2-{name.replace('?', '').replace('%', '')}"):
            with Ledger.open(url) as ledger:
                ledger.append(new())
                assert stat.S_IMODE(os.stat(ledger.database.name).st_mode) == 0o600
    assert len(list(tmp_path.iterdir())) == 6


def test_an_empty_ledger_is_sound_and_has_no_head(ledger: Ledger) -> None:
    assert ledger.head() is None
    found = ledger.verify()
    assert found.is_sound and found.entries == 0 and found.head is None


def test_an_anchor_is_read_as_it_is_written() -> None:
    anchor = Anchor(17, "ab" * 32)
    assert Anchor.read(f" {anchor}\n") == Anchor.read(f"17:{'AB' * 32}") == anchor
    for text in (
        "",
        "17",
        "17:abcd",
        f"0:{'ab' * 32}",
        f"-1:{'ab' * 32}",
        f"17:{'ag' * 32}",
        f"{'9' * 30}:{'ab' * 32}",
    ):
        with pytest.raises(UsageError, match="not-an-anchor"):
            Anchor.read(text)


def test_an_entry_is_plain_data(ledger: Ledger) -> None:
    data = ledger.append(new(7), [b"x"]).data()
    assert json.loads(json.dumps(data)) == data
    assert data["number"] == 1 and data["content"] == {"number": 7} and len(data["documents"]) == 1


@pytest.mark.parametrize("field", ["kind", "who", "door"])
@pytest.mark.parametrize("word", ["", "  ", "two\nlines", "a\0b", "\ud800", "x" * 2001])
def test_names_are_words(tmp_path: Path, field: str, word: str) -> None:
    given = {"kind": "review", "who": "ann", "door": "cli", field: word}
    with Ledger.open(str(tmp_path / "ledger.db")) as ledger:
        with pytest.raises(UsageError, match="not-a-line"):
            ledger.append(NewEntry(**given, at=AT, content={}))
        assert ledger.head() is None


@pytest.mark.parametrize("at", ["yesterday", "2026-07-01T09:30:00", "2026-07-01T09:30:00+02:00"])
def test_times_are_in_utc(tmp_path: Path, at: str) -> None:
    with Ledger.open(str(tmp_path / "ledger.db")) as ledger, pytest.raises(ValueError):
        ledger.append(NewEntry("review", "ann", "cli", at, {}))
