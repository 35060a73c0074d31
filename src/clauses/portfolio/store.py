"""A portfolio on disk: a folder with the facts of many agreements, in the layout that the columnar engine reads.

    portfolio.json                    what the folder holds; written last, so it only tells of what is whole
    agreements/part-00000.parquet     agreement BIGINT; id, title, term_sheet (or NULL), source such as `deals.jsonl:17`
    <kind>/part-00000.parquet         the facts of a kind; absent where the partition has none
    rejects.jsonl                     the records that could not be read, each with its place and the reason

The tables of a kind are those of `clauses.engines.columnar.layout`. A partition holds whole agreements, which are
numbered one after the other over all partitions, and its rows are in the order of these numbers.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from clauses.engines.columnar import layout
from clauses.engines.columnar.layout import Column
from clauses.errors import InputError
from clauses.source import Place, Source
from clauses.terms.facts import LAYERS, Fact, Incomplete, fact_types
from clauses.terms.kinds import TermType
from clauses.terms.values import VALUE_TYPES, Date, Money, NotAValue
from clauses.yaml_nodes import reason

MANIFEST = "portfolio.json"
REJECTS = "rejects.jsonl"
AGREEMENTS = "agreements"
"""The folder of the table that says which agreement has which number."""

AGREEMENT_COLUMNS = (
    Column("agreement", "BIGINT"),
    Column("id", "VARCHAR"),
    Column("title", "VARCHAR"),
    Column("term_sheet", "VARCHAR"),
    Column("source", "VARCHAR"),
)

ROWS_IN_A_GROUP = 120_000
MAXIMUM_NAME = 60
MAXIMUM_COUNT = 10**15

_ARROW = {
    "BIGINT": pa.int64(), "INTEGER": pa.int32(), "VARCHAR": pa.string(), "BOOLEAN": pa.bool_(),
    "VARCHAR[]": pa.list_(pa.string()),
}  # fmt: skip


# --- reading


@dataclass(frozen=True)
class Partition:
    """Some agreements with consecutive numbers, and the files that hold their facts."""

    name: str
    first: int
    """The number of its first agreement."""
    agreements: int
    sha256: str
    """The digest of its files: two portfolios with other facts differ in it."""
    folder: Path = field(repr=False)
    """The folder of the portfolio."""

    @property
    def agreements_file(self) -> Path:
        """The file with the ids of its agreements."""
        return _file(self.folder, AGREEMENTS, self.name)

    @cached_property
    def files(self) -> Mapping[str, Path]:
        """The file of each kind of which there are facts."""
        named = {kind: _file(self.folder, kind, self.name) for kind in layout.kinds()}
        return {kind: file for kind, file in named.items() if file.is_file()}

    def data(self) -> dict[str, Any]:
        """The partition as the manifest lists it."""
        return {"name": self.name, "first": self.first, "agreements": self.agreements, "sha256": self.sha256}


def _file(folder: Path, table: str, name: str) -> Path:
    return folder / table / f"{name}.parquet"


@dataclass(frozen=True)
class Portfolio:
    """A portfolio that was ingested whole."""

    folder: Path
    as_of: Date
    """The day as of which the facts stand."""
    agreements: int
    rejects: int
    facts: Mapping[str, int]
    """How many facts there are of each kind."""
    partitions: tuple[Partition, ...]
    sha256: str
    """The digest of the manifest."""


def open_portfolio(folder: Path | str) -> Portfolio:
    """Open a portfolio. Raises InputError where the folder is none, is not whole, or is of another layout."""
    folder = Path(folder)
    file = folder / MANIFEST
    place = Place(Source(str(file if file.is_file() else folder), ""), 0, 0)
    if not file.is_file():
        hint = "`clauses portfolio ingest SOURCE -o FOLDER` makes one; an ingest that was cut off can be run again"
        raise InputError.of("not-a-portfolio", f"there is no `{MANIFEST}` in it, so it is not a portfolio", place, hint)
    try:
        data = file.read_bytes()
        manifest = json.loads(data)
        version = manifest["layout"]
    except OSError as error:
        raise InputError.of("unreadable-file", f"the file cannot be read: {reason(error)}", place) from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _not_ours(place) from None
    if type(version) is not int or version != layout.VERSION:
        sentence = f"the portfolio has layout `{version}`, and this version of clauses reads layout {layout.VERSION}"
        raise InputError.of("another-layout", sentence, place, "ingest its sources again")
    try:
        found = _portfolio(folder, manifest, hashlib.sha256(data).hexdigest())
    except (KeyError, TypeError, ValueError, OverflowError, NotAValue, AttributeError):
        raise _not_ours(place) from None
    _check_files(found)
    return found


def _not_ours(place: Place) -> InputError:
    return InputError.of("damaged-portfolio", "the file is not as `clauses portfolio ingest` writes it", place)


def _portfolio(folder: Path, manifest: Mapping[str, Any], sha256: str) -> Portfolio:
    partitions = []
    for one in manifest["partitions"]:
        name = str(one["name"])
        if not name.replace("-", "").isalnum() or len(name) > MAXIMUM_NAME:
            raise ValueError(name)
        sha256 = str(one["sha256"])
        partitions.append(Partition(name, _count(one["first"]), _count(one["agreements"]), sha256, folder))
    facts = {str(kind): _count(count) for kind, count in manifest["facts"].items()}
    agreements, rejects = _count(manifest["agreements"]), _count(manifest["rejects"])
    as_of = Date.read(manifest["as_of"])
    if not partitions or not as_of.is_exact or as_of.lowest >= Date.limit:
        raise ValueError(as_of)
    starts = [0]
    for partition in partitions:
        starts.append(starts[-1] + partition.agreements)
        if partition.first != starts[-2] or partition.agreements < 1:
            raise ValueError(partition.name)
    if starts[-1] != agreements:
        raise ValueError(agreements)
    return Portfolio(folder, as_of, agreements, rejects, facts, tuple(partitions), sha256)


def _count(value: object) -> int:
    """A number of the manifest. Raises ValueError for anything but a count."""
    if type(value) is not int or not 0 <= value <= MAXIMUM_COUNT:
        raise ValueError(value)
    return value


def _check_files(portfolio: Portfolio) -> None:
    """Every table has the columns and the rows that it should; only the ends of the files are read."""
    rows: Counter[str] = Counter()
    for partition in portfolio.partitions:
        tables = {AGREEMENTS: partition.agreements_file, **partition.files}
        for table, file in tables.items():
            rows[table] += _rows(file, columns_of(table), partition)
    expected = {kind: count for kind, count in portfolio.facts.items() if count}
    if rows != {AGREEMENTS: portfolio.agreements, **expected}:
        wrong = next(kind for kind in sorted({*rows, *expected}) if rows[kind] != expected.get(kind, rows[AGREEMENTS]))
        sentence = f"the tables of `{wrong}` do not hold the rows that `{MANIFEST}` tells of"
        raise InputError.of("damaged-portfolio", sentence, Place(Source(str(portfolio.folder), ""), 0, 0))


def _rows(file: Path, columns: Sequence[Column], partition: Partition) -> int:
    """How many rows a table has. Raises InputError where its columns, or their numbers, are not the layout's."""
    place = Place(Source(str(file), ""), 0, 0)
    try:
        with pa.OSFile(str(file)) as stream, pq.ParquetFile(stream) as opened:
            names, count = opened.schema_arrow.names, opened.metadata.num_rows
            types = [opened.schema_arrow.field(name).type for name in names]
            is_numbered = names[:1] != ["agreement"] or _is_numbered(opened, columns, partition)
    except FileNotFoundError:
        raise InputError.of("damaged-portfolio", "the portfolio lacks this file", place) from None
    except (OSError, pa.ArrowException):
        raise InputError.of("damaged-portfolio", "the file is not a Parquet file that can be read", place) from None
    for column, name, type in zip(columns, names, types, strict=False):
        if column.name != name or not _is_type(type, _ARROW[column.type]):
            sentence = f"where the layout has the column `{column.name}` of type {column.type}, it has `{name}`: {type}"
            raise InputError.of("another-layout", sentence, place)
    if not is_numbered:
        sentence = f"its rows are not of the agreements that `{MANIFEST}` tells of"
        raise InputError.of("damaged-portfolio", sentence, place, "ingest its sources again")
    if len(names) != len(columns):
        sentence = f"it has {len(names)} columns, and the layout has {len(columns)}"
        raise InputError.of("another-layout", sentence, place, "ingest its sources again")
    return int(count)


def _is_numbered(opened: pq.ParquetFile, columns: Sequence[Column], partition: Partition) -> bool:
    """Whether every row is of an agreement of the partition, and says what every row says.

    What the file tells of its columns suffices; a column of which it tells nothing is read.
    """
    first, last = partition.first, partition.first + partition.agreements - 1
    if columns is AGREEMENT_COLUMNS:
        numbers = opened.read(columns=["agreement"])["agreement"]
        ends = pc.min_max(numbers).as_py()
        return (len(numbers), ends) == (partition.agreements, {"min": first, "max": last}) and (
            numbers.null_count == 0 and pc.count_distinct(numbers).as_py() == len(numbers)
        )
    metadata = opened.metadata
    fixed = {column.name for column in layout.FIXED}
    for place, name in enumerate(opened.schema_arrow.names):
        if name not in fixed:
            continue
        told = [metadata.row_group(group).column(place).statistics for group in range(metadata.num_row_groups)]
        if all(one is not None and one.has_null_count and one.has_min_max for one in told):
            ends = [end for one in told for end in (one.min, one.max)] if name == "agreement" else [first]
            is_full = all(one.null_count == 0 for one in told)
        else:
            column = opened.read(columns=[name])[name]
            ends = list(pc.min_max(column).as_py().values()) if name == "agreement" else [first]
            is_full = column.null_count == 0
        if not is_full or not all(first <= end <= last for end in ends):
            return False
    return True


def _is_type(found: pa.DataType, wanted: pa.DataType) -> bool:
    """Whether a column is of a type; how a list names its items does not matter."""
    if pa.types.is_list(wanted):
        return bool(pa.types.is_list(found) and found.value_type == wanted.value_type)
    return bool(found == wanted)


# --- writing


@dataclass(frozen=True)
class Entry:
    """An agreement of a portfolio with its facts."""

    id: str
    title: str
    term_sheet: str | None
    source: str
    """The file and line that it was read from."""
    facts: Sequence[Fact]
    headings: Mapping[str, str]
    """The headings of clauses by id."""


Tables = Mapping[str, pa.Table]
"""The tables of some agreements by kind, and that of the agreements themselves; numbered from 0."""


def tables_of(entries: Sequence[Entry]) -> Tables:
    """Some agreements as tables, numbered from 0 in their order."""
    known = [(n, one.id, one.title, one.term_sheet, one.source) for n, one in enumerate(entries)]
    places: dict[str, list[tuple[int, int]]] = {}
    facts: dict[str, list[Fact]] = {}
    for agreement, entry in enumerate(entries):
        for number, fact in enumerate(entry.facts):
            if fact.kind not in facts:
                facts[fact.kind], places[fact.kind] = [], []
            facts[fact.kind].append(fact)
            places[fact.kind].append((agreement, number))
    tables = {AGREEMENTS: _table(AGREEMENTS, list(zip(*known, strict=True)))}
    for kind in sorted(facts):
        cells = _cells(kind, facts[kind], places[kind])
        if kind == layout.WITH_HEADING:
            at = zip(facts[kind], places[kind], strict=True)
            cells.append([entries[agreement].headings.get(fact.id) for fact, (agreement, _) in at])
        tables[kind] = _table(kind, cells)
    return tables


def _cells(kind: str, facts: Sequence[Fact], places: Sequence[tuple[int, int]]) -> list[Sequence[Any]]:
    """The columns of some facts of a kind: column by column, which is much quicker than row by row."""
    layers = [fact.layers for fact in facts]
    found: list[Sequence[Any]] = [*zip(*places, strict=True), [fact.id for fact in facts]]
    found += [[layer in standing for standing in layers] for layer in LAYERS]
    found.append([fact.certain for fact in facts])
    stated = [fact.values for fact in facts]
    for name, type in (fact_types(kind) or {}).items():
        if name != "id":
            found += _cells_of_term([values.get(name) for values in stated], type)
    return found


def _cells_of_term(values: Sequence[Any], type: TermType) -> list[Sequence[Any]]:
    if type.is_list:
        is_open = [None if value is None else isinstance(value, Incomplete) for value in values]
        return [values, is_open]
    if type.name not in VALUE_TYPES:
        return [values]
    lowest = [None if value is None else value.lowest for value in values]
    highest = [None if value is None or value.lowest == value.highest else value.highest for value in values]
    if type.name != Money.type_name:
        return [lowest, highest]
    return [lowest, highest, [None if value is None else value.currency for value in values]]


def columns_of(table: str) -> Sequence[Column]:
    """The columns of a table of a portfolio."""
    return AGREEMENT_COLUMNS if table == AGREEMENTS else layout.columns(table)


def _schema(table: str) -> pa.Schema:
    return pa.schema([(column.name, _ARROW[column.type]) for column in columns_of(table)])


def _table(table: str, cells: Sequence[Sequence[Any]]) -> pa.Table:
    """A table of columns; where there are none, it is empty."""
    schema = _schema(table)
    if not cells:
        return schema.empty_table()
    return pa.table([pa.array(column, field.type) for column, field in zip(cells, schema, strict=True)], schema)


class _Growing:
    """A file of a table that is written as it grows: under another name until it is whole."""

    def __init__(self, file: Path, schema: pa.Schema) -> None:
        self.file, self.schema, self.count = file, schema, 0
        self._waiting: list[pa.Table] = []
        file.parent.mkdir(parents=True, exist_ok=True)
        self._new = file.with_name(file.name + ".new")
        self._writer = pq.ParquetWriter(self._new, schema, compression="zstd", store_schema=False)

    def add(self, table: pa.Table) -> None:
        self._waiting.append(table)
        self.count += table.num_rows
        if sum(waiting.num_rows for waiting in self._waiting) >= ROWS_IN_A_GROUP:
            self._write()

    def _write(self) -> None:
        whole = pa.concat_tables(self._waiting)
        self._writer.write_table(whole, row_group_size=max(1, whole.num_rows))
        self._waiting = []

    def close(self) -> None:
        """Write what is left, and give the file its name."""
        if self._waiting:
            self._write()
        self._writer.close()
        os.replace(self._new, self.file)


class PartitionWriter:
    """Writes one partition. Its table of agreements gets its name last: where that stands, the partition is whole."""

    def __init__(self, folder: Path, name: str, first: int) -> None:
        self.folder, self.name, self.first = folder, name, first
        for table in (AGREEMENTS, *layout.kinds()):  # what a run that was cut off may have left
            _file(folder, table, name).unlink(missing_ok=True)
        self._files: dict[str, _Growing] = {}

    @property
    def agreements(self) -> int:
        """How many agreements are in it so far."""
        return self._files[AGREEMENTS].count if AGREEMENTS in self._files else 0

    def add(self, tables: Tables) -> None:
        """Write some agreements; they get the next numbers."""
        start = pa.scalar(self.first + self.agreements, pa.int64())
        for name, table in tables.items():
            if not table.num_rows:
                continue
            if name not in self._files:
                self._files[name] = _Growing(_file(self.folder, name, self.name), _schema(name))
            numbers = pc.add(table["agreement"], start)
            self._files[name].add(table.set_column(0, table.schema.field(0), numbers))

    def close(self) -> tuple[Partition, Mapping[str, int]]:
        """Finish the partition; also how many facts there are of each kind."""
        counts = {name: file.count for name, file in sorted(self._files.items()) if name != AGREEMENTS}
        last = self._files.pop(AGREEMENTS)
        for file in self._files.values():
            file.close()
        last.close()
        digest = hashlib.sha256()
        for name, file in sorted({**self._files, AGREEMENTS: last}.items()):
            with file.file.open("rb") as stream:
                digest.update(f"{name} {hashlib.file_digest(stream, 'sha256').hexdigest()}\n".encode())
        return Partition(self.name, self.first, last.count, digest.hexdigest(), self.folder), counts


def write_manifest(
    folder: Path,
    as_of: Date,
    partitions: Sequence[Partition],
    facts: Mapping[str, int],
    rejects: int,
    sources: Sequence[Mapping[str, Any]] = (),
) -> Portfolio:
    """Say what a folder holds, when everything else is written."""
    manifest = {
        "layout": layout.VERSION,
        "as_of": str(as_of),
        "agreements": sum(partition.agreements for partition in partitions),
        "rejects": rejects,
        "facts": dict(sorted(facts.items())),
        "partitions": [partition.data() for partition in partitions],
        "sources": list(sources),
    }
    new = folder / (MANIFEST + ".new")
    new.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    os.replace(new, folder / MANIFEST)
    return open_portfolio(folder)
