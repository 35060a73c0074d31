"""Rows on disk: Parquet, CSV and JSON lines, written from Arrow tables one after the other."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from clauses.errors import UsageError, did_you_mean
from clauses.portfolio.results import Row

ENDINGS = {".parquet": "parquet", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_FORMULA = re.compile(r"[\s\0\ufeff\u200b]*[=+\-@＝＋－＠]|[\t\r\n]")
"""So a cell begins that a spreadsheet would run."""

_label = pa.dictionary(pa.int32(), pa.string())
ROWS = pa.schema(
    {
        "agreement": pa.string(),
        "rule": _label,
        "status": _label,
        "severity": _label,
        "clauses": pa.list_(pa.string()),
        "message": pa.string(),
    }
)
"""The columns of a row, in memory; in Parquet labels are plain text, which its own dictionaries keep short."""

Write = Callable[[pa.Table], None]


def rows_table(rows: Sequence[Row]) -> pa.Table:
    """Rows as a table."""
    columns = list(zip(*rows, strict=True)) or [()] * len(ROWS)
    return pa.table([pa.array(list(column), type) for column, type in zip(columns, ROWS.types, strict=True)], ROWS)


def labels(numbers: pa.Array, names: Sequence[str]) -> pa.Array:
    """A column of labels from their numbers."""
    return pa.DictionaryArray.from_arrays(numbers.cast(pa.int32()), pa.array(names, pa.string()))


def as_stream(table: pa.Table) -> bytes:
    """A table as an Arrow stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
        writer.write_table(table.combine_chunks())
    return bytes(sink.getvalue())


def read_streams(file: Path) -> Iterator[pa.Table]:
    """The tables of a file of Arrow streams, one behind the other."""
    with pa.OSFile(str(file)) as source:
        while source.tell() < source.size():
            with pa.ipc.open_stream(source) as reader:
                yield reader.read_all()


def format_of(output: str | Path) -> str:
    """The format that the ending of a file names. Raises UsageError where it names none."""
    ending = Path(output).suffix
    if ending not in ENDINGS:
        hint = did_you_mean(ending, ENDINGS)
        raise UsageError.of("unknown-ending", f"`{output}` does not end in the name of a format", None, hint)
    return ENDINGS[ending]


def target_of(output: str | Path | None, source: Path) -> Path | None:
    """The file to write, if any. Raises UsageError where its ending names no format, or it is, or is in, the source."""
    if output is None:
        return None
    format_of(output)
    written, read = Path(output).resolve(), source.resolve()
    if read in written.parents or read in (written, *(written.with_name(name) for name in _beside(written.name))):
        hint = "name a file elsewhere"
        raise UsageError.of("writes-over-its-source", f"`{output}` is part of what is read", None, hint)
    return Path(output)


def _beside(name: str) -> tuple[str, ...]:
    """What a run writes beside its output: the parts, the rejects, and each under another name until it is whole."""
    return f"{name}.parts", rejects_name(name), f".{name}.new", f".{rejects_name(name)}.new"


def rejects_name(name: str) -> str:
    """What the file with the rejects of an output is called."""
    return f"{name}.rejects.jsonl"


def write_tables(output: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    """Write tables one after the other to a file; it appears under its name when it is whole."""
    whole = output.with_name(f".{output.name}.new")
    with _WRITERS[format_of(output)](whole, schema) as write:
        for table in tables:
            write(table)
    os.replace(whole, output)


@contextmanager
def _parquet(file: Path, schema: pa.Schema) -> Iterator[Write]:
    with pq.ParquetWriter(file, schema, compression="zstd", store_schema=False) as writer:

        def write(table: pa.Table) -> None:
            if table.num_rows:
                writer.write_table(table, row_group_size=120_000)

        yield write


@contextmanager
def _csv(file: Path, schema: pa.Schema) -> Iterator[Write]:
    with file.open("w", encoding="utf-8", newline="") as stream:
        # All is quoted: a spreadsheet that separates at semicolons would make cells of their own of what follows one.
        writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerow(schema.names)
        yield lambda table: writer.writerows(
            [safe_cell(cell) for cell in row] for row in zip(*_lists(table), strict=True)
        )


@contextmanager
def _jsonl(file: Path, schema: pa.Schema) -> Iterator[Write]:
    with file.open("w", encoding="utf-8") as stream:
        yield lambda table: _json_lines(stream, table)


_WRITERS = {"parquet": _parquet, "csv": _csv, "jsonl": _jsonl}


def _json_lines(stream: IO[str] | io.StringIO, table: pa.Table) -> None:
    names = table.column_names
    encode = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": ")).encode
    stream.writelines(encode(dict(zip(names, row, strict=True))) + "\n" for row in zip(*_lists(table), strict=True))


def _lists(table: pa.Table) -> list[list[Any]]:
    return [column.to_pylist() for column in table.columns]


def safe_cell(cell: Any) -> str:
    """A cell of a spreadsheet: a list joined with semicolons, and nothing that the spreadsheet would run."""
    text = "; ".join(cell) if isinstance(cell, list) else "" if cell is None else str(cell)
    return f"'{text}" if _FORMULA.match(text) else text
