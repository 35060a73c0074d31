"""Whoever changes a ledger behind its back, with the triggers out of the way, is found out."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, text

from clauses.ledger import Anchor, Defect, Ledger, NewEntry, chain
from clauses.ledger.tables import ENTRIES

from .postgres import Server

AT = "2026-07-01T09:30:00+00:00"
Tamper = Callable[..., None]
COLUMNS = "kind, who, door, at, key, content, documents, previous, hash"


def write_twenty(url: str) -> str:
    """Twenty entries, each with a document of its own and one that all share."""
    with Ledger.open(url) as ledger:
        for number in range(1, 21):
            new = NewEntry("review", "ann", "cli", AT, {"review_id": f"r{number}", "verdict": "conflict"})
            ledger.append(new, [b"pack", b"sheet %d" % number])
        assert ledger.verify([one.anchor for one in ledger.entries()]).is_sound
    return url


@pytest.fixture(scope="module")
def original_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_twenty(str(tmp_path_factory.mktemp("original") / "ledger.db"))


@pytest.fixture(scope="module")
def original_database(postgresql: Server) -> str:
    return write_twenty(postgresql.new_database())


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A copy of a ledger of twenty entries."""
    if request.param == "sqlite":
        return shutil.copy(request.getfixturevalue("original_file"), tmp_path / "ledger.db").as_posix()
    original = request.getfixturevalue("original_database").rpartition("/")[2]
    found: str = request.getfixturevalue("postgresql").new_database(f"TEMPLATE {original}")
    return found


@pytest.fixture
def full(ledger: Ledger) -> Ledger:
    """A ledger of twenty entries."""
    return ledger


def anchors(ledger: Ledger, *numbers: int) -> list[Anchor]:
    return [ledger.entry(number).anchor for number in numbers]


def found(ledger: Ledger, *kept: Anchor) -> list[tuple[int, int | None, str]]:
    verified = ledger.verify(kept)
    assert verified.is_sound == (not verified.defects)
    return [(one.number, one.last, one.kind) for one in verified.defects]


def rewrite(ledger: Ledger, tamper: Tamper, first: int, **changed: str) -> None:
    """Write an entry anew, and every entry after it so that all hashes and links are right again."""
    with ledger.database.reading() as connection:
        rows = connection.execute(select(ENTRIES).where(ENTRIES.c.number >= first - 1).order_by(ENTRIES.c.number)).all()
    previous = rows[0].hash
    statements = []
    for row in rows[1:]:
        own = {**row._mapping, "previous": previous, **(changed if row.number == first else {})}
        fields = ("number", "at", "who", "door", "kind", "content", "documents", "previous")
        previous = chain.hash_of(*(own[name] for name in fields))
        sets = (
            f"content = '{own['content']}', who = '{own['who']}', previous = '{own['previous']}', hash = '{previous}'"
        )
        statements.append(f"UPDATE ledger_entries SET {sets} WHERE number = {row.number}")
    tamper(*statements)


@pytest.mark.parametrize("number", [1, 9, 20])
@pytest.mark.parametrize(
    "change",
    [
        "content = replace(content, 'conflict', 'clear')",
        "content = content || ' '",
        "content = 'no content'",
        "content = '[]'",
        "who = 'bob'",
        "door = 'http'",
        "kind = 'remark'",
        "at = '2026-07-01T09:30:01+00:00'",
        "documents = ''",
        "key = 'r99'",
        "key = NULL",
    ],
)
def test_an_edited_entry_is_found(full: Ledger, tamper: Tamper, number: int, change: str) -> None:
    tamper(f"UPDATE ledger_entries SET {change} WHERE number = {number}")
    told = found(full)
    assert (number, None, "edited") in told
    assert {one[0] for one in told} == {number}


@pytest.mark.parametrize("number", [1, 9, 20])
@pytest.mark.parametrize("column", ["hash", "previous"])
def test_an_edited_hash_is_found(full: Ledger, tamper: Tamper, number: int, column: str) -> None:
    tamper(f"UPDATE ledger_entries SET {column} = '{'ab' * 32}' WHERE number = {number}")
    assert found(full) == [(number, None, "edited")]


def test_what_is_no_text_counts_as_edited(full: Ledger, tamper: Tamper, url: str) -> None:
    if "://" in url:
        pytest.skip("PostgreSQL keeps to the types of its columns")
    tamper(
        "UPDATE ledger_entries SET content = x'ff00' WHERE number = 3",
        "UPDATE ledger_entries SET hash = 7 WHERE number = 5",
        "UPDATE ledger_entries SET documents = x'00', previous = 1.5 WHERE number = 7",
        "UPDATE ledger_documents SET data = 'sheet 9' WHERE entry = 9",
        "UPDATE ledger_documents SET data = 12 WHERE entry = 11",
        "UPDATE ledger_documents SET data = 'text' WHERE entry = 12",
    )
    told = found(full)
    assert [one for one in told if one[2] == "edited"] == [
        (3, None, "edited"),
        (5, None, "edited"),
        (7, None, "edited"),
    ]
    assert [one[0] for one in told if one[2] == "document altered"] == [11, 12]


def test_an_entry_that_was_replaced_with_a_right_hash_is_found(full: Ledger, tamper: Tamper) -> None:
    """The entry after it still follows on what stood there."""
    one = full.entry(9)
    content = chain.canonical({"review_id": "r9", "verdict": "clear"})
    hash = chain.hash_of(9, one.at, one.who, one.door, one.kind, content, " ".join(one.documents), one.previous)
    tamper(f"UPDATE ledger_entries SET content = '{content}', hash = '{hash}' WHERE number = 9")
    assert found(full) == [(9, None, "edited")]


@pytest.mark.parametrize(("first", "last"), [(1, 1), (9, 9), (19, 19), (1, 5), (6, 14)])
def test_a_deleted_entry_is_found(full: Ledger, tamper: Tamper, first: int, last: int) -> None:
    tamper(f"DELETE FROM ledger_entries WHERE number BETWEEN {first} AND {last}")
    told = [one for one in full.verify().defects if not one.kind.startswith("document")]
    assert [(one.number, one.last, one.kind) for one in told] == [(first, last if last > first else None, "deleted")]


def test_the_newest_entries_are_missed_by_an_anchor(full: Ledger, tamper: Tamper) -> None:
    (kept,) = anchors(full, 20)
    digests = [digest for number in (19, 20) for digest in full.entry(number).documents if number == 20 or digest]
    own = [d for d in digests if d not in full.entry(1).documents]
    tamper(
        "DELETE FROM ledger_entries WHERE number >= 19",
        *(f"DELETE FROM ledger_documents WHERE sha256 = '{digest}'" for digest in own),
    )
    assert full.verify().is_sound, "a chain that was cut off is a chain"
    assert found(full, kept) == [(20, None, "deleted")]


def test_newest_entries_that_left_their_documents_behind_are_missed_without_an_anchor(
    full: Ledger, tamper: Tamper
) -> None:
    tamper("DELETE FROM ledger_entries WHERE number = 20")
    assert found(full) == [(20, None, "document inserted")]


def test_an_emptied_ledger_is_found_through_an_anchor(full: Ledger, tamper: Tamper) -> None:
    (kept,) = anchors(full, 1)
    tamper("DELETE FROM ledger_entries", "DELETE FROM ledger_documents")
    assert full.verify().is_sound
    assert found(full, kept) == [(1, None, "deleted")]


def test_a_gap_that_was_closed_is_found(full: Ledger, tamper: Tamper) -> None:
    moved = [f"UPDATE ledger_entries SET number = {n - 1} WHERE number = {n}" for n in range(10, 21)]
    tamper("DELETE FROM ledger_entries WHERE number = 9", *moved)
    told = [one for one in full.verify().defects if not one.kind.startswith("document")]
    assert [(one.number, one.last, one.kind) for one in told] == [(9, 19, "reordered"), (9, None, "deleted")]


def _insert(ledger: Ledger, number: int, previous: str) -> str:
    """The statement that puts in an entry with a right hash of its own."""
    content = chain.canonical({"review_id": "forged"})
    hash = chain.hash_of(number, AT, "eve", "cli", "review", content, "", previous)
    values = f"{number}, 'review', 'eve', 'cli', '{AT}', 'forged', '{content}', '', '{previous}', '{hash}'"
    return f"INSERT INTO ledger_entries (number, {COLUMNS}) VALUES ({values})"


def test_an_inserted_entry_is_found(full: Ledger, tamper: Tamper) -> None:
    """Put between 8 and 9, all that follow moved on by one."""
    moved = [f"UPDATE ledger_entries SET number = {n + 1} WHERE number = {n}" for n in range(20, 8, -1)]
    tamper(*moved, _insert(full, 9, full.entry(8).hash))
    told = [one for one in full.verify().defects if not one.kind.startswith("document")]
    assert [(one.number, one.last, one.kind) for one in told] == [(9, None, "inserted"), (10, 21, "reordered")]


@pytest.mark.parametrize("number", [0, -3])
def test_an_entry_before_the_first_is_found(full: Ledger, tamper: Tamper, number: int) -> None:
    tamper(_insert(full, number, chain.GENESIS))
    assert found(full) == [(number, None, "inserted")]


def test_an_entry_behind_the_end_is_found(full: Ledger, tamper: Tamper) -> None:
    """With the right number and link it is a chain like another; with an anchor for that number it is not."""
    tamper(_insert(full, 30, full.entry(20).hash))
    assert found(full) == [(21, 29, "deleted")]


@pytest.mark.parametrize(("one", "other"), [(9, 10), (3, 15), (1, 20)])
def test_entries_that_changed_places_are_found(full: Ledger, tamper: Tamper, one: int, other: int) -> None:
    pairs = ((other, 99), (one, other), (99, one))
    tamper(*(f"UPDATE ledger_entries SET number = {to} WHERE number = {n}" for n, to in pairs))
    told = [defect for defect in full.verify().defects if not defect.kind.startswith("document")]
    assert [(defect.number, defect.last, defect.kind) for defect in told] == [
        (one, None, "reordered"),
        (other, None, "reordered"),
    ]
    assert str(other) in told[0].sentence and str(one) in told[1].sentence


def test_entries_in_reverse_are_found(full: Ledger, tamper: Tamper) -> None:
    tamper("UPDATE ledger_entries SET number = -number", "UPDATE ledger_entries SET number = number + 21")
    told = [one for one in full.verify().defects if not one.kind.startswith("document")]
    assert {one.number for one in told} == set(range(1, 21))
    assert {one.kind for one in told} == {"reordered"}


def test_a_rehashed_tail_is_found_through_an_anchor(full: Ledger, tamper: Tamper) -> None:
    before, after = anchors(full, 8, 20)
    rewrite(full, tamper, 9, content=chain.canonical({"review_id": "r9", "verdict": "clear"}))
    assert full.entry(9).content["verdict"] == "clear"
    assert full.verify().is_sound, "without an anchor the new chain is as good as the old"
    assert full.verify([before]).is_sound, "an anchor vouches for what was before it"
    assert found(full, before, after) == [(20, None, "rehashed")]


def test_a_rehashed_newest_entry_is_found_through_an_anchor(full: Ledger, tamper: Tamper) -> None:
    (kept,) = anchors(full, 20)
    rewrite(full, tamper, 20, who="bob")
    assert found(full, kept) == [(20, None, "rehashed")]
    assert full.verify([kept]).anchors == 1


def test_a_document_that_is_missing_is_found(full: Ledger, tamper: Tamper) -> None:
    digest = chain.sha256(b"sheet 9")
    tamper(f"DELETE FROM ledger_documents WHERE sha256 = '{digest}'")
    assert found(full) == [(9, None, "document missing")]
    tamper("DELETE FROM ledger_documents")
    assert len(found(full)) == 40


@pytest.mark.parametrize(
    "change", ["data = {}", "sha256 = '" + "ab" * 32 + "'", "entry = 15", "entry = 2", "entry = 0"]
)
def test_a_document_that_was_altered_is_found(full: Ledger, tamper: Tamper, url: str, change: str) -> None:
    forged = r"'\x00ff'" if "://" in url else "x'00ff'"
    tamper(f"UPDATE ledger_documents SET {change.format(forged)} WHERE sha256 = '{chain.sha256(b'sheet 9')}'")
    told = full.verify().defects
    assert told and all(one.kind.startswith("document") for one in told)
    assert any(one.document == chain.sha256(b"sheet 9") for one in told)


def test_a_document_that_is_shared_and_said_to_be_later_is_found(full: Ledger, tamper: Tamper) -> None:
    """Entry 5 came with it, and entry 1 did so before."""
    tamper(f"UPDATE ledger_documents SET entry = 5 WHERE sha256 = '{chain.sha256(b'pack')}'")
    assert found(full) == [(number, None, "document altered") for number in range(1, 5)]


def test_a_document_that_nothing_came_with_is_found(full: Ledger, tamper: Tamper, url: str) -> None:
    data = "'planted'::bytea" if "://" in url else "x'706c616e746564'"
    planted = chain.sha256(b"planted")
    tamper(f"INSERT INTO ledger_documents (sha256, entry, data) VALUES ('{planted}', 9, {data})")
    (defect,) = full.verify().defects
    assert (defect.number, defect.kind, defect.document) == (9, "document inserted", planted)
    assert defect.data()["document"] == planted


def test_several_defects_are_all_told_in_the_order_of_entries(full: Ledger, tamper: Tamper) -> None:
    kept = anchors(full, 4, 20)
    tamper(
        "UPDATE ledger_entries SET who = 'eve' WHERE number IN (17, 5)",
        "DELETE FROM ledger_entries WHERE number = 11",
        f"UPDATE ledger_entries SET hash = '{'00' * 32}' WHERE number = 20",
    )
    told = [one for one in found(full, *kept) if not one[2].startswith("document")]
    assert told == [
        (5, None, "edited"), (11, None, "deleted"), (17, None, "edited"), (20, None, "edited"), (20, None, "rehashed"),
    ]  # fmt: skip


def test_no_more_defects_are_told_than_one_can_read(
    full: Ledger, tamper: Tamper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clauses.ledger.verification.MAXIMUM_DEFECTS", 5)
    tamper("UPDATE ledger_entries SET who = 'eve'")
    verified = full.verify()
    assert (len(verified.defects), verified.more) == (5, 15)
    assert verified.data()["more"] == 15
    assert verified.data()["defects"][0] == Defect(1, "edited", "it is not what its hash was made of").data()


def test_a_long_ledger_is_verified_piece_by_piece(full: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """In pieces of three, and with hardly a digest remembered, all is found as before."""
    monkeypatch.setattr("clauses.ledger.verification.AT_ONCE", 3)
    monkeypatch.setattr("clauses.ledger.verification.REMEMBERED", 2)
    monkeypatch.setattr("clauses.ledger.verification.BYTES_AT_ONCE", 10)
    told: list[int] = []
    verified = full.verify(anchors(full, 1, 20), told.append)
    assert verified.is_sound and verified.entries == 20 and verified.documents == 21
    assert told == [3, 6, 9, 12, 15, 18, 20]


def test_verifying_sees_one_state_while_others_write(full: Ledger) -> None:
    wrote = []

    def write(checked: int) -> None:
        wrote.append(full.append(NewEntry("review", "bob", "cli", AT, {}), [b"late"]))

    verified = full.verify((), write)
    assert wrote and verified.is_sound and verified.entries == 20
    assert full.verify().entries == 20 + len(wrote)


def test_what_was_altered_is_not_given_out(full: Ledger, tamper: Tamper, url: str) -> None:
    forged = "'forged'::bytea" if "://" in url else "x'666f72676564'"
    tamper(f"UPDATE ledger_documents SET data = {forged}", "UPDATE ledger_entries SET content = '{' WHERE number = 9")
    from clauses.errors import LedgerError

    with pytest.raises(LedgerError, match="altered-document"):
        full.document(chain.sha256(b"pack"))
    with pytest.raises(LedgerError, match="altered-entry"):
        full.entry(9)
    with full.database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM ledger_entries")).scalar_one() == 20
