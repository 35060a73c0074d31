"""Sources that somebody else made: what is wrong with one record is a reject with its place, the rest is an error."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clauses.errors import ClausesError, InputError, UsageError
from clauses.portfolio import sources
from clauses.portfolio.ingest import Ingested, ingest
from clauses.portfolio.mapping import read_mapping
from clauses.portfolio.sources import MAXIMUM_ROWS, Raw, Unreadable, read
from clauses.terms.party import MAXIMUM_ID
from clauses.terms.values import Date

DAY = Date.read("2025-07-01")
MAPPING = (
    "mapping: house\ntitle: House\nagreement: {id: Name, parties: Parties}\n"
    "clauses:\n  end:\n    kind: agreement_term\n    if_found: [Ends]\n    terms:\n      ends: {column: Ends}\n"
)
HEADER = "Name,Parties,Ends\n"
ROW = "one,Ant; Bee,2030-12-31\n"


def record(id: str, **more: Any) -> dict[str, Any]:
    """A small agreement."""
    clause = {"kind": "exclusivity", "obligor": "ant", "beneficiary": "bee", "ends": "2030"}
    return {"agreement": id, "parties": {"ant": {"name": "Ant"}, "bee": {"name": "Bee"}},
            "clauses": {"exclusive": clause}, **more}  # fmt: skip


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    """A mapping of three columns."""
    file = tmp_path / "house.yaml"
    file.write_text(MAPPING)
    return file


def rejects(found: Ingested) -> list[dict[str, Any]]:
    """What the rejects of a portfolio say."""
    return [json.loads(line) for line in (found.portfolio.folder / "rejects.jsonl").read_text().splitlines()]


def pieces(file: Path, mapping: Path | None = None) -> list[Raw | Unreadable]:
    """What a file holds."""
    return list(read(file, read_mapping(mapping) if mapping else None))


def test_a_reject_says_where_in_the_file_what_is_wrong(tmp_path: Path) -> None:
    bad = json.dumps(record("bad", surplus=1))
    (tmp_path / "a.jsonl").write_text("\n" + json.dumps(record("good")) + "\n" + bad + "\n")
    (tmp_path / "b.json").write_text("[" + json.dumps(record("good")) + ",\n  " + bad + "]")
    pq.write_table(pa.table({"record": [json.dumps(record("good")), bad, None]}), tmp_path / "c.parquet")
    column = bad.index('"surplus"') + 1
    for name, source, place in (
        ("a.jsonl", "a.jsonl:3", {"line": 3, "column": column}),
        ("b.json", "b.json:item 2", {"line": 2, "column": column + 2}),
        ("c.parquet", "c.parquet:2", {"line": 1, "column": column, "spot": "row 2"}),
    ):
        found = rejects(ingest([tmp_path / name], tmp_path / f"out-{name}", DAY))
        assert found[0]["source"] == source and found[0]["agreement"] == "bad" and found[0]["reason"] == "unknown-key"
        assert [one["location"] for one in found[0]["problems"]] == [{"file": name, **place}]
    assert found[1]["source"] == "c.parquet:3" and found[1]["problems"][0]["location"]["spot"] == "row 3"


def test_the_id_of_a_reject_is_found_where_it_can_be(tmp_path: Path) -> None:
    half = json.dumps({"agreement": record("inner"), "term_sheet": 3})
    texts = [
        json.dumps(record("good")),
        "[3]",
        '{"agreement": 3}',
        '"text"',
        "{",
        '{"agreement": ' + "9" * 9000 + "}",
        half,
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(texts))
    found = ingest([tmp_path / "a.jsonl"], tmp_path / "out", DAY)
    told = [one["agreement"] for one in rejects(found)]
    assert told == [None, "3", None, None, "9" * MAXIMUM_ID, "inner"]


def test_a_row_that_is_none_is_a_reject(tmp_path: Path, mapping: Path) -> None:
    text = HEADER + ROW + 'two,"Ant"x; Bee,2030-12-31\nthree,Ant; Bee,2030-12-31,more\nfour,"Ant;\nBee",2031-12-31\n'
    (tmp_path / "t.csv").write_text(text + "five," + "x" * (2**20 + 1) + ",2030-12-31\n")
    found = ingest([tmp_path / "t.csv"], tmp_path / "out", DAY, mapping=mapping)
    assert found.agreements == 2 and found.rejects == {"not-a-row": 2, "file-too-large": 1}
    assert [one["source"] for one in rejects(found)] == ["t.csv:3", "t.csv:4", "t.csv:6"]
    assert rejects(found)[1]["problems"][0]["location"]["spot"] == "row 4"


@pytest.mark.parametrize("after", ["", "x" * (17 * 2**20)])
def test_a_quotation_mark_never_closed_swallows_no_rows(tmp_path: Path, mapping: Path, after: str) -> None:
    (tmp_path / "t.csv").write_text(HEADER + ROW + '"two,Ant; Bee,2030-12-31\n' + ROW * 3 + after)
    with pytest.raises(InputError, match=r"not-a-table.*in line 3 is not closed"):
        pieces(tmp_path / "t.csv", mapping)


BAD_JSON = ["[1 2]", "[1,]", "[", "[1", "[1] 2", "[,1]", "[" * 100_000, '["\xa01",\xa02]']


@pytest.mark.parametrize("text", BAD_JSON)
def test_a_list_that_is_not_json_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InputError, match="not-json"):
        pieces(tmp_path / "a.json")


def test_items_of_a_list_are_cut_out_as_they_are_written(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(' [ {"a": [1e999, ' + "7" * 5000 + ']} ,\n"]" , [] ]\n')
    assert [raw.line for raw in pieces(tmp_path / "a.json") if isinstance(raw, Raw)] == [
        b'{"a": [1e999, ' + b"7" * 5000 + b"]}", b'"]"', b"[]"
    ]  # fmt: skip


def damaged(data: bytes) -> Iterator[bytes]:
    """A file as storage and transport spoil it."""
    yield b""
    yield data[: len(data) // 2]
    yield data[: len(data) // 2] + b"\xff" * 40 + data[len(data) // 2 + 40 :]


def test_a_packed_file_that_is_damaged(tmp_path: Path) -> None:
    lines = "".join(json.dumps(record(f"deal-{n}")) + "\n" for n in range(500)).encode()
    for number, data in enumerate([*damaged(gzip.compress(lines)), lines]):
        (tmp_path / f"{number}.jsonl.gz").write_bytes(data)
        with pytest.raises(InputError, match="not-packed" if number else "no-records"):
            ingest([tmp_path / f"{number}.jsonl.gz"], tmp_path / f"out-{number}", DAY)


def test_a_line_without_end_costs_no_memory(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "a.jsonl.gz", "wb", 1) as stream:
        for _ in range(100):
            stream.write(b"x" * 2**20)
        stream.write(b"\n" + json.dumps(record("good")).encode())
    first, second = pieces(tmp_path / "a.jsonl.gz")
    assert isinstance(first, Unreadable) and first.problem.id == "file-too-large"
    assert isinstance(second, Raw) and second.source == "a.jsonl.gz:2"


def test_a_parquet_file_that_is_damaged_or_of_something_else(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    pq.write_table(pa.table({"record": [json.dumps(record(f"deal-{n}")) for n in range(3000)]}), file, compression=None)
    for data in damaged(file.read_bytes()):
        file.write_bytes(data)
        with pytest.raises(InputError, match="not-a-table"):
            pieces(file)
    for table in ({"record": [1, 2]}, {"record": [record("nested")]}, {"other": ["x"]}):
        pq.write_table(pa.table(table), file)
        with pytest.raises(InputError, match="no-records"):
            pieces(file)


def workbook(file: Path, change: Callable[[dict[str, bytes]], None] = lambda parts: None) -> Path:
    """A workbook of two rows, of which some parts are changed."""
    book = openpyxl.Workbook()
    for row in (HEADER, ROW):
        book.active.append(row.strip().split(","))
    book.save(file)
    with zipfile.ZipFile(file) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    change(parts)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in parts.items():
            packed.writestr(name, data)
    return file


SHEET = "xl/worksheets/sheet1.xml"
LAUGHS = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">' + b"".join(
    b'<!ENTITY %c "%s">' % (letter, b"&%c;" % (letter - 1) * 10) for letter in range(98, 110)
) + b"]>"  # fmt: skip


def test_a_workbook_that_is_damaged_is_refused_or_read(tmp_path: Path, mapping: Path) -> None:
    names = zipfile.ZipFile(workbook(tmp_path / "whole.xlsx")).namelist()
    assert len(pieces(tmp_path / "whole.xlsx", mapping)) == 1
    refused = 0
    for name in names:
        for number in range(2):
            file = workbook(
                tmp_path / "t.xlsx",
                lambda parts, name=name, number=number: (
                    parts.update({name: parts[name][: len(parts[name]) // 2]}) if number else parts.pop(name) and None
                ),
            )
            try:
                assert len(pieces(file, mapping)) == 1
            except ClausesError as error:
                assert [one.id for one in error.problems] == ["not-a-table"]
                refused += 1
    assert refused >= 9
    for data in damaged((tmp_path / "whole.xlsx").read_bytes()):
        (tmp_path / "t.xlsx").write_bytes(data)
        with pytest.raises(InputError, match="not-a-table"):
            pieces(tmp_path / "t.xlsx", mapping)


@pytest.mark.parametrize(
    ("row", "id"),
    [
        (b'<row r="9999999999"><c r="A9999999999" t="inlineStr"><is><t>x</t></is></c></row>', "file-too-large"),
        (b'<row r="3"><c r="ZZZZZZ3"><v>1</v></c></row>', "not-a-table"),
        (b'<row r="3"><c r="A3"><v>no number</v></c></row>', "not-a-table"),
        (b'<row r="3"><c r="A3" t="d"><v>2030-99-99</v></c></row>', "not-a-table"),
        (b'<row r="3"><c r="A3" t="s"><v>4242</v></c></row>', "not-a-table"),
        (b"<row", "not-a-table"),
    ],
)
def test_a_workbook_with_a_hostile_row(
    tmp_path: Path, mapping: Path, row: bytes, id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(parts: dict[str, bytes]) -> None:
        parts[SHEET] = parts[SHEET].replace(b"</sheetData>", row + b"</sheetData>")

    assert MAXIMUM_ROWS >= 1_048_576, "what Excel writes"
    monkeypatch.setattr(sources, "MAXIMUM_ROWS", 1000)  # a million empty rows take seconds
    with pytest.raises(InputError, match=id):
        pieces(workbook(tmp_path / "t.xlsx", change), mapping)


def test_a_workbook_that_unpacks_to_gigabytes(tmp_path: Path, mapping: Path) -> None:
    def laughs(parts: dict[str, bytes]) -> None:
        cell = b'<sheetData><row r="1"><c t="inlineStr"><is><t>&m;</t></is></c></row>'
        parts[SHEET] = LAUGHS + parts[SHEET].partition(b"?>")[2].replace(b"<sheetData>", cell)

    with pytest.raises(InputError, match="not-a-table"):
        pieces(workbook(tmp_path / "laughs.xlsx", laughs), mapping)
    file = workbook(tmp_path / "large.xlsx")
    with (
        zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as packed,
        packed.open("xl/more.xml", "w") as s,
    ):
        for _ in range(520):
            s.write(b" " * 2**20)
    with pytest.raises(InputError, match="file-too-large"):
        pieces(file, mapping)


def test_one_run_at_a_time_writes_to_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(record("good")))

    def again(done: int, total: int) -> None:
        with pytest.raises(UsageError, match="run-in-progress"):
            ingest([tmp_path / "a.jsonl"], tmp_path / "out", DAY)

    assert ingest([tmp_path / "a.jsonl"], tmp_path / "out", DAY, progress=again).agreements == 1


@pytest.mark.parametrize("text", ["", "3", "{}", '{"run": 1}'])
def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(record("good")))
    (tmp_path / "out").mkdir()
    (tmp_path / "out/ingest.json").write_text(text)
    with pytest.raises(UsageError, match=r"folder-in-use|another-run"):
        ingest([tmp_path / "a.jsonl"], tmp_path / "out", DAY)
    assert [file.read_text() for file in (tmp_path / "out").iterdir()] == [text]
