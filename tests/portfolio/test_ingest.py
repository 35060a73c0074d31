"""What is taken in is what the full way would make of it, whatever the source; the rest are rejects with places."""

from __future__ import annotations

import csv
import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clauses.engines.columnar import layout
from clauses.errors import InputError, UsageError
from clauses.portfolio.ingest import ingest
from clauses.portfolio.store import AGREEMENTS, Portfolio, open_portfolio
from clauses.terms.facts import deal, fact_types
from clauses.terms.records import read_record
from clauses.terms.values import Date
from clauses.yaml_nodes import read_file

sys.path.insert(0, str(Path(__file__).parents[1] / "terms"))
from plain_records import Records

ROOT = Path(__file__).parents[2]
DAY = Date.read("2025-07-01")
DEAL = ROOT / "examples/microsoft-openai"


def record(id: str, **more: Any) -> dict[str, Any]:
    """A small agreement."""
    clause = {"kind": "exclusivity", "heading": "Only here", "obligor": "ant", "beneficiary": "bee", "ends": "2030"}
    parties = {"ant": {"name": "Ant Ltd."}, "bee": {"name": "Bee GmbH"}}
    return {"agreement": id, "signed": "2024-01-01", "parties": parties, "clauses": {"exclusive": clause}, **more}


def lines(file: Path, records: list[Any]) -> Path:
    """A file of JSON lines; a text stands as it is."""
    file.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in records))
    return file


def rejects(portfolio: Portfolio) -> list[dict[str, Any]]:
    """The rejects of a portfolio."""
    return [json.loads(line) for line in (portfolio.folder / "rejects.jsonl").read_text().splitlines()]


def tables(portfolio: Portfolio) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The rows of every table, over all partitions."""
    for kind in (AGREEMENTS, *layout.kinds()):
        rows = []
        for partition in portfolio.partitions:
            file = partition.agreements_file if kind == AGREEMENTS else partition.files.get(kind)
            rows += pq.read_table(file).to_pylist() if file else []
        yield kind, rows


def expected(records: list[Any]) -> dict[str, list[list[Any]]]:
    """The rows of every kind, by the full way."""
    found: dict[str, list[list[Any]]] = {kind: [] for kind in layout.kinds()}
    for number, one in enumerate(records):
        world = deal(*read_record(one), DAY)
        for position, fact in enumerate(world.facts):
            types = fact_types(fact.kind)
            assert types is not None
            heading = world.heading(fact.id) if fact.kind == "clause" else None
            found[fact.kind].append(layout.row(number, position, fact, types, heading))
    return found


def assert_holds(portfolio: Portfolio, records: list[Any]) -> None:
    """The tables hold the facts of the records, cell by cell."""
    wanted = expected(records)
    for kind, rows in tables(portfolio):
        if kind != AGREEMENTS:
            assert [list(row.values()) for row in rows] == wanted[kind], kind
            assert portfolio.facts.get(kind, 0) == len(rows)


def test_the_facts_are_those_of_the_full_way(tmp_path: Path) -> None:
    records: list[Any] = []
    for seed in range(300):
        made = Records(f"ingest/{seed}").record()
        inner = made["agreement"] if isinstance(made["agreement"], dict) else made
        inner["agreement"] = f"deal-{seed}"
        if "term_sheet" in made:
            made["term_sheet"]["agreement"] = f"deal-{seed}"
        records.append(made)
    readable = []
    for one in records:
        try:
            deal(*read_record(one), DAY)
        except InputError:
            continue
        readable.append(one)
    found = ingest([lines(tmp_path / "deals.jsonl", records)], tmp_path / "out", DAY, partition=50)
    assert len(readable) > 150 and found.agreements == len(readable)
    assert sum(found.rejects.values()) == len(records) - len(readable)
    assert_holds(found.portfolio, readable)


def test_the_worked_deal_with_each_of_its_term_sheets(tmp_path: Path) -> None:
    agreement = read_file(DEAL / "agreement.yaml").plain()
    records = []
    for number, file in enumerate(sorted((DEAL / "term-sheets").glob("*.yaml"))):
        own = {**agreement, "agreement": f"deal-{number}"}
        records.append({"agreement": own, "term_sheet": {**read_file(file).plain(), "agreement": f"deal-{number}"}})
    found = ingest([lines(tmp_path / "deals.jsonl", records)], tmp_path / "out", DAY)
    assert found.agreements == len(records) > 10 and not found.rejects
    assert_holds(found.portfolio, records)


@pytest.mark.parametrize(("count", "partition"), [(20, 1), (1200, 300), (1200, 1000)])
def test_several_processes_give_the_same_portfolio(tmp_path: Path, count: int, partition: int) -> None:
    source = lines(tmp_path / "deals.jsonl", [record(f"deal-{n}") for n in range(count)] + ["[", record("deal-7")])
    one = ingest([source], tmp_path / "one", DAY, partition=partition)
    two = ingest([source], tmp_path / "two", DAY, partition=partition, jobs=2)
    assert one.rejects == two.rejects and one.rejects["same-agreement-twice"] == 1
    assert sum(one.rejects.values()) == 2
    assert dict(tables(one.portfolio)) == dict(tables(two.portfolio))
    files = {file.relative_to(tmp_path / "one") for file in (tmp_path / "one").rglob("*") if file.is_file()}
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes(), file


def test_every_source_gives_the_same_facts(tmp_path: Path) -> None:
    records = [record("first"), record("second", amendments={})]
    plain = lines(tmp_path / "a.jsonl", records)
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(plain.read_bytes()))
    (tmp_path / "c.json").write_text(json.dumps(records, indent=2))
    pq.write_table(pa.table({"record": [json.dumps(one) for one in records]}), tmp_path / "d.parquet")
    (tmp_path / "folder").mkdir()
    for one in records:
        (tmp_path / "folder" / f"{one['agreement']}.yaml").write_text(json.dumps(one, indent=1))
    (tmp_path / "e.ndjson").write_bytes(b"\xef\xbb\xbf" + plain.read_bytes().replace(b"\n", b"\r\n\r\n"))
    for source in ("a.jsonl", "b.jsonl.gz", "c.json", "d.parquet", "e.ndjson", "folder"):
        found = ingest([tmp_path / source], tmp_path / f"out-{source}", DAY)
        assert_holds(found.portfolio, records)
        assert not found.rejects


def test_tables_are_read_by_a_mapping(tmp_path: Path) -> None:
    mapping = tmp_path / "house.yaml"
    mapping.write_text(
        "mapping: house\ntitle: House\nagreement: {id: Name, parties: Parties}\n"
        "clauses:\n  end:\n    kind: agreement_term\n    if_found: [Ends]\n    terms:\n      ends: {column: Ends}\n"
    )
    rows = [["Name", "Parties", "Ends"], ["one", "Ant; Bee", "2030-12-31"], ["two", "Ant; Bee", "who knows"],
            ["", "Ant; Bee", "2031-01-01"], ["one", "Ant; Bee", "2032-01-01"], ["", "", ""],
            ["three", "Ant; Bee"]]  # fmt: skip
    with (tmp_path / "t.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)
    with (tmp_path / "t.tsv").open("w", newline="") as stream:
        csv.writer(stream, delimiter="\t").writerows(rows)
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append([cell or None for cell in row])
    book.save(tmp_path / "t.xlsx")
    for name in ("t.csv", "t.tsv", "t.xlsx"):
        found = ingest([tmp_path / name], tmp_path / f"out-{name}", DAY, mapping=mapping)
        assert [row["id"] for row in dict(tables(found.portfolio))[AGREEMENTS]] == ["one", "two", "three"]
        assert found.rejects == {"no-name": 1, "same-agreement-twice": 1}
        assert sum(found.unread.values()) == 1 and next(iter(found.unread)).startswith("Ends: ")
        ends = {row["agreement"]: row["ends"] for row in dict(tables(found.portfolio))["agreement_term"]}
        assert ends[0] == Date.read("2030-12-31").lowest and ends[1] is None
        assert {one["source"] for one in rejects(found.portfolio)} == {f"{name}:4", f"{name}:5"}


HOSTILE = [
    "[" * 100_000, '{"agreement": ' * 5000, '{"agreement": "a", "agreement": "b"}', "null", "17", '"text"', "{}", "NaN",
    '{"agreement": {"agreement": "x"}, "term_sheet": 3}', '{"agreement": 1e999, "clauses": {}, "parties": {}}', "\\",
    json.dumps(record("UPPER CASE")), json.dumps(record("f", clauses={"a": {"kind": "no-such"}})),
    json.dumps(record("g", clauses={"a": {"kind": "supply", "amount": "USD 1e9"}})),
    json.dumps(record("h", clauses={"a": {"kind": "supply", "amount": 0.5}})), json.dumps(record("i", surplus=1)),
    json.dumps(record("j", parties={"a": {"name": "x" * 100_000}})), "\x00",
    "\ud800".encode("utf-8", "replace").decode(),
]  # fmt: skip


def test_hostile_records_are_rejects_with_their_line(tmp_path: Path) -> None:
    source = lines(tmp_path / "deals.jsonl", [record("good"), *HOSTILE, record("good-too")])
    with source.open("ab") as stream:
        stream.write(b'{"agreement": "\xff\xfe"}\n' + b'{"agreement": "' + b"x" * (17 * 2**20) + b'"}\n')
        stream.write(json.dumps(record("last")).encode())
    found = ingest([source], tmp_path / "out", DAY, jobs=1)
    ids = [row["id"] for row in dict(tables(found.portfolio))[AGREEMENTS]]
    assert ids[:1] == ["good"] and ids[-2:] == ["good-too", "last"]
    told = rejects(found.portfolio)
    assert len(told) + len(ids) == found.records == len(HOSTILE) + 5
    assert all(one["problems"] and one["reason"] != "internal" for one in told)
    by_line = {one["source"]: one["reason"] for one in told}
    assert by_line["deals.jsonl:23"] == "file-too-large" and by_line["deals.jsonl:22"] == "not-text"


def test_a_run_that_is_killed_goes_on(tmp_path: Path) -> None:
    source = lines(tmp_path / "deals.jsonl", [record(f"deal-{n}") if n % 9 else "{}" for n in range(12_000)])
    whole = ingest([source], tmp_path / "whole", DAY, partition=1000)
    script = (
        "import sys; from clauses.portfolio.ingest import ingest; from clauses.terms.values import Date\n"
        f"ingest([{str(source)!r}], {str(tmp_path / 'cut')!r}, Date.read('2025-07-01'), partition=1000)"
    )
    running = subprocess.Popen([sys.executable, "-c", script])
    limit = time.monotonic() + 60
    while not (tmp_path / "cut/agreements/part-00002.parquet").exists():
        assert running.poll() is None and time.monotonic() < limit
        time.sleep(0.005)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    with pytest.raises(InputError, match="not-a-portfolio"):
        open_portfolio(tmp_path / "cut")
    kept = (tmp_path / "cut/agreements/part-00001.parquet").stat().st_mtime_ns
    with pytest.raises(UsageError, match="another-run"):
        ingest([source], tmp_path / "cut", DAY, partition=999)
    again = ingest([source], tmp_path / "cut", DAY, partition=1000)
    assert (tmp_path / "cut/agreements/part-00001.parquet").stat().st_mtime_ns == kept
    assert again.rejects == whole.rejects and again.records == whole.records
    files = {file.relative_to(tmp_path / "whole") for file in (tmp_path / "whole").rglob("*") if file.is_file()}
    assert files == {file.relative_to(tmp_path / "cut") for file in (tmp_path / "cut").rglob("*") if file.is_file()}
    for file in files:
        assert (tmp_path / "whole" / file).read_bytes() == (tmp_path / "cut" / file).read_bytes(), file


def test_a_damaged_portfolio_is_not_opened(tmp_path: Path) -> None:
    found = ingest([lines(tmp_path / "a.jsonl", [record("a"), record("b")])], tmp_path / "out", DAY, partition=1)
    manifest = tmp_path / "out/portfolio.json"
    text = manifest.read_text()
    for wrong, id in (
        (text.replace('"layout": 1', '"layout": 2'), "another-layout"),
        (text[:-20], "damaged-portfolio"),
        ("[]", "damaged-portfolio"),
        (text.replace('"first": 1', '"first": 7'), "damaged-portfolio"),
        (text.replace("part-00001", "../../part"), "damaged-portfolio"),
        (text.replace('"exclusivity": 2', '"exclusivity": 3'), "damaged-portfolio"),
    ):
        assert wrong != text
        manifest.write_text(wrong)
        with pytest.raises(InputError, match=id):
            open_portfolio(tmp_path / "out")
    manifest.write_text(text)
    file = found.portfolio.partitions[0].files["exclusivity"]
    table = pq.read_table(file)
    pq.write_table(table.drop_columns(["ends"]), file)
    with pytest.raises(InputError, match="another-layout"):
        open_portfolio(tmp_path / "out")
    file.write_bytes(b"PAR1")
    with pytest.raises(InputError, match="damaged-portfolio"):
        open_portfolio(tmp_path / "out")


class Stopped(BaseException):
    """A run ends here, as if its process had."""


@pytest.mark.parametrize("stops_after", [10, 20, 30, 50])
def test_a_run_goes_on_from_wherever_it_stopped(tmp_path: Path, stops_after: int) -> None:
    """With rejects after the last whole partition, and an id of a partition that an earlier run had written."""
    texts = [record(f"deal-{n}") if n % 4 else "{" for n in range(60)]
    source = lines(tmp_path / "deals.jsonl", [*texts[:30], record("deal-1"), *texts[30:], record("deal-2")])
    whole = ingest([source], tmp_path / "whole", DAY, partition=10)
    assert whole.rejects == {"not-json": 15, "same-agreement-twice": 2}

    def stop(done: int, total: int) -> None:
        if done >= stops_after:
            raise Stopped

    with pytest.raises(Stopped):
        ingest([source], tmp_path / "cut", DAY, partition=10, progress=stop)
    again = ingest([source], tmp_path / "cut", DAY, partition=10)
    assert (again.records, again.rejects) == (whole.records, whole.rejects)
    for file in (tmp_path / "whole").rglob("*"):
        other = tmp_path / "cut" / file.relative_to(tmp_path / "whole")
        assert file.is_dir() or file.read_bytes() == other.read_bytes(), file
