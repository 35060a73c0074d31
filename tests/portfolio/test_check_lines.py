"""The check of records straight from a file: rows, rejects and counts, in one process or several."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from many_deals import Facts, reference_rows
from test_check import ordered, rows_in

from clauses import built_in_pack
from clauses.errors import InputError
from clauses.language.pack import RulePack
from clauses.portfolio import lines_check
from clauses.portfolio.lines_check import check_lines, day_of, pieces_of
from clauses.portfolio.results import Counts, count_of
from clauses.terms.facts import deal
from clauses.terms.records import read_record
from clauses.terms.values import Date

AGREEMENT = {
    "agreement": "cloud",
    "parties": {"acme": {"name": "Acme"}, "birch": {"name": "Birch", "roles": ["cloud-provider"]}},
    "clauses": {
        "exclusive": {
            "kind": "exclusivity", "heading": "The exclusive cloud", "obligor": "acme", "beneficiary": "birch",
            "subject": "cloud-compute", "ends": "2030", "source": {"basis": "stated"},
        }
    },
}  # fmt: skip


def record(number: int, dated: str = "2025-07-01") -> dict[str, Any]:
    """A deal in which Acme buys elsewhere: before the exclusivity ends, while it may have, or after."""
    supply = {"kind": "supply", "supplier": "cedar", "customer": "acme", "subject": "cloud-compute"}
    supply |= {"amount": "USD 1bn", "starts": f"{2029 + number % 3}-06-01", "ends": "2035-01-01"}
    sheet = {"term_sheet": f"sheet-{number}", "agreement": f"cloud-{number}", "proposed_by": "acme"}
    sheet |= {"parties": {"cedar": {"name": "Cedar"}}, "changes": [{"add": "outside", "clause": supply}]}
    sheet |= {"dated": dated, "effective": "2025-08-01"}
    return {"agreement": {**AGREEMENT, "agreement": f"cloud-{number}"}, "term_sheet": sheet}


@pytest.fixture(scope="module")
def pack() -> RulePack:
    return built_in_pack()


def write(folder: Path, lines: list[str]) -> Path:
    file = folder / "records.jsonl"
    file.write_text("\n".join(lines) + "\n")
    return file


def expected_rows(records: list[dict[str, Any]], pack: RulePack, as_of: Date) -> list[list[Any]]:
    """The reference rows of each record."""
    found = []
    for one in records:
        world = deal(*read_record(one), as_of)
        ids = {fact.id for fact in world.facts if fact.kind == "clause"}
        facts = Facts(world.agreement.id, world.facts, {id: text for id in ids if (text := world.heading(id))})
        found.append(reference_rows(facts, [pack], as_of))
    return found


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_rows_are_the_reference_s(
    jobs: int, pack: RulePack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines_check, "PIECE", 4_000)
    records = [record(number) for number in range(9)]
    file = write(tmp_path, [json.dumps(one) for one in records])
    assert len(list(pieces_of(file))) > 1
    checked = check_lines(file, [pack], output=tmp_path / "rows.parquet", jobs=jobs)
    expected = expected_rows(records, pack, Date.read("2025-07-01"))
    assert ordered(rows_in(tmp_path / "rows.parquet")) == ordered([row for rows in expected for row in rows])
    counts = Counts()
    for rows in expected:
        counts.add(count_of(rows))
    assert checked.counts.data() == counts.data() and counts.findings == 6
    statuses = {row.status for rows in expected for row in rows if row.rule == "compute-outside-the-exclusive-cloud"}
    assert statuses == {"breached", "undetermined"}


def test_the_day_given_holds_for_every_record(pack: RulePack, tmp_path: Path) -> None:
    records = [{**AGREEMENT, "agreement": "plain"}, record(1, "2025-07"), record(2)]
    undated = write(tmp_path, [json.dumps(one) for one in records[:2]])
    with pytest.raises(InputError, match="no term sheet with a date"):
        check_lines(undated, [pack])
    file = write(tmp_path, [json.dumps(one) for one in records])
    day = Date.read("2025-07-02")
    check_lines(file, [pack], as_of=day, output=tmp_path / "rows.parquet")
    expected = [row for rows in expected_rows(records, pack, day) for row in rows]
    assert ordered(rows_in(tmp_path / "rows.parquet")) == ordered(expected)


def test_what_cannot_be_read_is_told_with_its_line(
    pack: RulePack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines_check, "PIECE", 1_000)
    good = json.dumps(record(1))
    bad = json.dumps({**record(2), "agreement": {**AGREEMENT, "clauses": {"x": {"kind": "supplies"}}}})
    lines = [good, "{nonsense", "", good, bad, json.dumps(record(3, "2025")), good, '"text"', "\ufeff" + "[" * 5000]
    output = tmp_path / "rows.jsonl"
    checked = check_lines(write(tmp_path, lines), [pack], output=output, jobs=1)
    assert checked.counts.agreements == 3
    found = [(one["line"], one["id"]) for one in checked.rejects]
    assert [line for line, _ in found] == [2, 5, 6, 8, 9]
    assert dict(found)[2] == "not-json" and dict(found)[6] == "not-a-day"
    written = [json.loads(line) for line in (tmp_path / "rows.jsonl.rejects.jsonl").read_text().splitlines()]
    assert written == checked.rejects
    check_lines(write(tmp_path, [good]), [pack], output=output, jobs=1)
    assert not (tmp_path / "rows.jsonl.rejects.jsonl").exists()


def test_the_day_of_a_record() -> None:
    assert str(day_of(b'{"term_sheet": {"dated": "2025-07-01"}}')) == "2025-07-01"
    for text in ('{"term_sheet": {"dated": "2025"}}', '{"term_sheet": {"dated": 5}}', "[]", "{}", '{"term_sheet": 1}'):
        with pytest.raises(InputError):
            day_of(text.encode())


def test_pieces_end_where_lines_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines_check, "PIECE", 7)
    file = tmp_path / "lines"
    for text in (b"", b"a", b"abc\ndefghijklmnop\nq\n\n", b"\n" * 20, b"abcdefg\nhi"):
        file.write_bytes(text)
        pieces = list(pieces_of(file))
        assert b"".join(text[one.start : one.start + one.size] for one in pieces) == text
        assert all(text[one.start + one.size - 1 : one.start + one.size] == b"\n" for one in pieces[:-1])
