"""A portfolio on disk: partitions of any size, written whole or not at all, and read back as they were."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clauses.engines.columnar import layout
from clauses.errors import InputError
from clauses.portfolio import store
from clauses.portfolio.store import AGREEMENTS, Entry, PartitionWriter, open_portfolio, tables_of, write_manifest
from clauses.terms.facts import EVERYWHERE, Fact, Incomplete, fact_types
from clauses.terms.values import Date, Money

DAY = Date.read("2025-07-01")


def entry(number: int) -> Entry:
    """An agreement with a fact of every form of value: stated, a range, open, and not stated."""
    amounts = {0: Money(1, 2, "USD"), 1: Money(5, 5, "EUR")}
    supply = {"id": "a", "supplier": "ant", "starts": Date(1, 1), "ends": Date(3, 9), "changed": ()}
    if number % 3 in amounts:
        supply["amount"] = amounts[number % 3]
    lists = {"id": "a", "kind": "supply", "parties": ("ant", "bee"), "clauses": Incomplete(()), "changed": ()}
    facts = (
        Fact("context", "context", EVERYWHERE, True, {"id": "context", "as_of": DAY}),
        Fact("supply", "a", frozenset({"proposed", "result"}), number % 2 == 0, supply),
        Fact("clause", "a", frozenset({"proposed", "result"}), number % 2 == 0, lists),
    )
    return Entry(f"deal-{number}", f"Deal {number}", None, f"x:{number}", facts, {"a": "Heading"} if number else {})


def rows_of(entries: list[Entry]) -> dict[str, list[list[object]]]:
    """The rows of each kind by the layout's own reading, fact by fact."""
    found: dict[str, list[list[object]]] = {}
    for agreement, one in enumerate(entries):
        for number, fact in enumerate(one.facts):
            heading = one.headings.get(fact.id)
            row = layout.row(agreement, number, fact, fact_types(fact.kind) or {}, heading)
            found.setdefault(fact.kind, []).append(list(row))
    return found


def test_columns_hold_what_rows_would() -> None:
    entries = [entry(number) for number in range(7)]
    tables = tables_of(entries)
    wanted = rows_of(entries)
    assert set(tables) == {AGREEMENTS, *wanted}
    for kind, rows in wanted.items():
        assert [list(row.values()) for row in tables[kind].to_pylist()] == rows
        assert tables[kind].column_names == [column.name for column in layout.columns(kind)]
    assert tables[AGREEMENTS]["id"].to_pylist() == [f"deal-{number}" for number in range(7)]


def test_no_agreements_are_an_empty_table() -> None:
    assert {name: table.num_rows for name, table in tables_of([]).items()} == {AGREEMENTS: 0}


@pytest.mark.parametrize(("rows_in_a_group", "sizes"), [(1, [3, 1, 4]), (4, [1, 1]), (120_000, [8])])
def test_numbers_run_over_all_partitions(
    tmp_path: Path, rows_in_a_group: int, sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "ROWS_IN_A_GROUP", rows_in_a_group)
    partitions, facts, first = [], {"supply": 0, "clause": 0, "context": 0}, 0
    for place, size in enumerate(sizes):
        writer = PartitionWriter(tmp_path, f"part-{place:05}", first)
        for number in range(first, first + size):
            writer.add(tables_of([entry(number)]))
        written, counts = writer.close()
        assert counts == {"clause": size, "context": size, "supply": size}
        facts = {kind: count + size for kind, count in facts.items()}
        partitions.append(written)
        first += size
    found = open_portfolio(write_manifest(tmp_path, DAY, partitions, facts, 0).folder)
    assert found.agreements == first and found.as_of == DAY and found.facts == facts
    for kind, rows in rows_of([entry(number) for number in range(first)]).items():
        tables = [pq.read_table(partition.files[kind]) for partition in found.partitions]
        assert [list(row.values()) for row in pa.concat_tables(tables).to_pylist()] == rows
    assert not list(tmp_path.rglob("*.new"))


def test_a_partition_that_was_cut_off_is_not_there(tmp_path: Path) -> None:
    writer = PartitionWriter(tmp_path, "part-00000", 0)
    writer.add(tables_of([entry(0), entry(1)]))
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and not file.name.endswith(".new")]
    (tmp_path / "licence").mkdir()
    (tmp_path / "licence/part-00000.parquet").write_bytes(b"what an earlier run had written")
    again = PartitionWriter(tmp_path, "part-00000", 0)
    again.add(tables_of([entry(2)]))
    partition, _ = again.close()
    assert set(partition.files) == {"supply", "clause", "context"}
    assert pq.read_table(partition.agreements_file)["id"].to_pylist() == ["deal-2"]


def written(folder: Path) -> Path:
    """A portfolio of two partitions."""
    partitions = []
    for first in range(2):
        writer = PartitionWriter(folder, f"part-{first:05}", first)
        writer.add(tables_of([entry(first)]))
        partitions.append(writer.close()[0])
    write_manifest(folder, DAY, partitions, dict.fromkeys(("clause", "context", "supply"), 2), 0)
    return folder


@pytest.mark.parametrize("file", ["agreements/part-00001.parquet", "supply/part-00001.parquet"])
def test_a_portfolio_that_lost_a_file_is_not_opened(tmp_path: Path, file: str) -> None:
    (written(tmp_path) / file).unlink()
    with pytest.raises(InputError, match="damaged-portfolio"):
        open_portfolio(tmp_path)


def test_a_portfolio_of_another_layout_is_not_opened(tmp_path: Path) -> None:
    file = written(tmp_path) / "supply/part-00000.parquet"
    table = pq.read_table(file)
    for change in (table.drop_columns(["ends"]), table.append_column("more", pa.array([1])),
                   table.set_column(0, "agreement", table["agreement"].cast(pa.int32())),
                   table.rename_columns(["number", "agreement", *table.column_names[2:]])):  # fmt: skip
        pq.write_table(change, file)
        with pytest.raises(InputError, match="another-layout"):
            open_portfolio(tmp_path)
    pq.write_table(table, file)
    assert open_portfolio(tmp_path).agreements == 2


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", "null", '{"layout": 1}', "[" * 100_000, '{"layout": NaN}', "\xff"]
)  # fmt: skip
def test_a_manifest_of_somebody_else(tmp_path: Path, text: str) -> None:
    (tmp_path / "portfolio.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=r"damaged-portfolio|another-layout"):
        open_portfolio(tmp_path)


@pytest.mark.parametrize(
    ("key", "value"),
    [("as_of", "soon"), ("partitions", [{}]), ("partitions", 3), ("facts", [1]), ("agreements", "many"),
     ("agreements", -2), ("facts", {"supply": 1}), ("facts", {"no-such": 1}), ("facts", {"supply": 10**400})],
)  # fmt: skip
def test_a_manifest_that_was_changed(tmp_path: Path, key: str, value: object) -> None:
    file = written(tmp_path) / "portfolio.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), key: value}))
    with pytest.raises(InputError, match="damaged-portfolio"):
        open_portfolio(tmp_path)
