"""Where records come from: files of JSON lines, documents, folders of them, and tables that a mapping reads.

Nothing is read here but the next piece: a line, a row, or the name of a file. What is in it is found out later,
perhaps in another process.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import os
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from clauses.errors import InputError, Problem, UsageError
from clauses.portfolio.mapping import TableMapping
from clauses.source import Location, Place, Source
from clauses.yaml_nodes import read_data, reason

MAXIMUM_LINE = 16 * 2**20
"""Bytes that a record may have."""
MAXIMUM_LIST = 256 * 2**20
"""Bytes that a list of records in one file may have; JSON lines have no limit."""
MAXIMUM_CELL = 2**20
"""Characters that a cell of a table may have."""

LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
DOCUMENTS = (".yaml", ".yml", ".json", ".toml")
TABLES = (".csv", ".tsv", ".xlsx", ".parquet")
RECORD = "record"
"""The column of a Parquet file that holds records as JSON text."""


@dataclass(frozen=True)
class Raw:
    """A record that nobody has looked at yet."""

    source: str
    """What it is called: `deals.jsonl:17`."""
    starts: Location
    """Where it starts."""
    line: bytes | None = None
    """Its JSON text; or"""
    row: Mapping[str, str] | None = None
    """its cells by column; or"""
    file: Path | None = None
    """its file."""

    def located(self, inside: Location | None) -> Location:
        """Where in the source something stands, from where in the record it stands."""
        if inside is None or self.row is not None:
            return self.starts
        if self.file is not None:
            return inside
        column = inside["column"] + (max(self.starts["column"] - 1, 0) if inside["line"] == 1 else 0)
        line = inside["line"] + max(self.starts["line"] - 1, 0)
        return {**self.starts, "line": line, "column": column}


@dataclass(frozen=True)
class Unreadable:
    """A piece of a source that is no record, whatever is in it."""

    source: str
    starts: Location
    problem: Problem

    def located(self, inside: Location | None) -> Location:
        """Where it starts."""
        return self.starts


def _too_long(source: str, starts: Location) -> Unreadable:
    return Unreadable(source, starts, Problem("file-too-large", "the record is longer than any record may be"))


def files_of(sources: Sequence[str | Path], has_mapping: bool) -> list[Path]:
    """The files that sources name, in order; of a folder those of a known ending. Raises ClausesError."""
    found: list[Path] = []
    for source in map(Path, sources):
        place = Place(Source(str(source), ""), 0, 0)
        if source.is_dir():
            inside = sorted(file for file in source.iterdir() if file.is_file() and ending_of(file, has_mapping))
            if not inside:
                raise UsageError.of("empty-folder", f"the folder `{source}` holds no records")
            found += inside
        elif not source.exists():
            raise InputError.of("no-such-file", "there is no such file", place)
        elif not source.is_file():
            hint = "write it into a file first: an ingest that is cut off reads its sources again"
            raise InputError.of("not-a-file", "this is a pipe or a device, and a file belongs here", place, hint)
        elif not ending_of(source, has_mapping):
            raise _not_a_source(source, has_mapping)
        else:
            found.append(source)
    if not found:
        raise UsageError.of("nothing-selected", "no source is named")
    return found


def ending_of(file: Path, has_mapping: bool) -> str | None:
    """The ending of a file that can be a source, or None."""
    known = (*LINES, *DOCUMENTS, *TABLES) if has_mapping else (*LINES, *DOCUMENTS, ".parquet")
    return next((ending for ending in known if file.name.lower().endswith(ending)), None)


def _not_a_source(file: Path, has_mapping: bool) -> InputError:
    place = Place(Source(str(file), ""), 0, 0)
    if not has_mapping and file.name.lower().endswith(TABLES):
        hint = "say with `--mapping` how its columns become clauses"
        return InputError.of("needs-a-mapping", "this is a table, and no mapping is named", place, hint)
    hint = "known are " + ", ".join((*LINES, *DOCUMENTS, *TABLES))
    return InputError.of("not-a-source", "records are not read from files of this name", place, hint)


def read(file: Path, mapping: TableMapping | None) -> Iterator[Raw | Unreadable]:
    """What a file holds, piece by piece. Raises InputError where it cannot be read on."""
    place = Place(Source(str(file), ""), 0, 0)
    ending = ending_of(file, mapping is not None)
    try:
        if ending in LINES:
            yield from _lines(file)
        elif ending in DOCUMENTS:
            yield from _document(file, ending == ".json")
        elif ending == ".parquet":
            yield from _parquet(file, mapping)
        elif mapping is not None:
            rows = _workbook(file) if ending == ".xlsx" else _csv(file, "\t" if ending == ".tsv" else ",")
            yield from _mapped(file, rows, mapping)
    except gzip.BadGzipFile:
        raise InputError.of("not-packed", "the file is not packed with gzip, as its name says", place) from None
    except (EOFError, zlib.error):
        raise InputError.of("not-packed", "the file is cut off or damaged, and cannot be unpacked", place) from None
    except OSError as error:
        raise InputError.of("unreadable-file", f"the file cannot be read: {reason(error)}", place) from None
    except UnicodeDecodeError:
        hint = "save it as CSV in UTF-8" if ending in TABLES else "save it as plain text in UTF-8"
        raise InputError.of("not-text", "the file is not UTF-8 text", place, hint) from None


# --- lines


def _lines(file: Path) -> Iterator[Raw | Unreadable]:
    with _opened(file) as stream:
        for number, line in enumerate(_cut(stream), 1):
            source = f"{file.name}:{number}"
            starts: Location = {"file": file.name, "line": number, "column": 1}
            if line is None:
                yield _too_long(source, starts)
            elif line := (line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line).strip():
                yield Raw(source, starts, line)


@contextmanager
def _opened(file: Path) -> Iterator[IO[bytes]]:
    with file.open("rb") as plain:
        if file.suffix == ".gz":
            with gzip.open(plain) as stream:
                yield stream  # type: ignore[misc]
        else:
            yield plain


def _cut(stream: IO[bytes]) -> Iterator[bytes | None]:
    """The lines of a stream; None for one that is too long, of which nothing is kept."""
    while line := stream.readline(MAXIMUM_LINE + 1):
        if len(line) <= MAXIMUM_LINE:
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(MAXIMUM_LINE)
        yield None


# --- documents


def _document(file: Path, may_be_list: bool) -> Iterator[Raw | Unreadable]:
    """A document is one record; a list in JSON is as many as it has items, which are cut out as they are written."""
    with file.open("rb") as stream:
        is_list = may_be_list and stream.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")
    if not is_list:
        yield Raw(file.name, {"file": file.name, "line": 1, "column": 1}, file=file)
        return
    place = Place(Source(str(file), ""), 0, 0)
    data = read_data(file, str(file), MAXIMUM_LIST)
    text = data.decode("utf-8-sig")
    try:
        line, before = 1, 0
        for number, (start, end) in enumerate(_items(text), 1):
            line += text.count("\n", before, start)
            before = start
            column = start - text.rfind("\n", 0, start)
            starts: Location = {"file": file.name, "line": line, "column": column}
            yield Raw(f"{file.name}:item {number}", starts, text[start:end].encode())
    except (ValueError, RecursionError):
        hint = "JSON lines, one record each, are read even where one of them is wrong"
        raise InputError.of("not-json", "the list of records cannot be read as JSON", place, hint) from None


def _items(text: str) -> Iterator[tuple[int, int]]:
    """Where the items of a list in JSON start and end. Raises ValueError where it is none."""
    decode, blanks = json.JSONDecoder(parse_int=str).raw_decode, re.compile(r"[ \t\r\n]*")

    def after_blanks(position: int) -> int:
        found = blanks.match(text, position)
        return found.end() if found else position

    position = after_blanks(after_blanks(0) + 1)
    has_more = not text.startswith("]", position)
    while has_more:
        _, end = decode(text, position)
        yield position, end
        position = after_blanks(end)
        has_more = text.startswith(",", position)
        position = after_blanks(position + 1) if has_more else position
    if not text.startswith("]", position) or text[position + 1 :].strip():
        raise ValueError(position)


# --- tables


Rows = Iterator[list[str] | Problem]
"""The rows of a table; a problem is a row that cannot be told apart into cells."""


def _mapped(file: Path, rows: Rows, mapping: TableMapping) -> Iterator[Raw | Unreadable]:
    """The rows of a table by its columns; the first is the header, and is row 1."""
    place = Place(Source(str(file), ""), 0, 0)
    header = next(rows, None)
    if header is None:
        raise InputError.of("empty-file", "the file is empty", place)
    if isinstance(header, Problem):
        raise InputError(Problem(header.id, header.sentence, place, header.hint))
    doubles = sorted({name for name in header if header.count(name) > 1})
    if doubles:
        raise InputError.of("same-column-twice", f"the table has two columns `{doubles[0]}`", place)
    mapping.check_columns(header)
    for number, row in enumerate(rows, 2):
        source, starts = f"{file.name}:{number}", _row(file, number)
        if isinstance(row, Problem):
            yield Unreadable(source, starts, row)
        elif any(len(cell) > MAXIMUM_CELL for cell in row):
            yield _too_long(source, starts)
        elif len(row) > len(header):
            sentence = f"the row has {len(row)} cells, and the table has {len(header)} columns"
            yield Unreadable(source, starts, Problem("not-a-row", sentence))
        elif any(cell.strip() for cell in row):
            cells = dict(zip(header, row + [""] * (len(header) - len(row)), strict=True))
            yield Raw(source, starts, row=cells)


def _row(file: Path, number: int) -> Location:
    """A row of a table, which is often not the line of that number: a cell may have many lines."""
    return {"file": file.name, "line": 0, "column": 0, "spot": f"row {number}"}


def _csv(file: Path, separator: str) -> Rows:
    """The rows of a CSV file. What a stray quotation mark spoils is one row, or the end of the file."""
    place = Place(Source(str(file), ""), 0, 0)
    before = csv.field_size_limit(MAXIMUM_LINE)
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.reader(stream, delimiter=separator, strict=True)
            while True:
                first = rows.line_num + 1
                try:
                    yield next(rows)
                except StopIteration:
                    return
                except csv.Error as error:
                    if "expected after" not in str(error):  # the cell goes on to the end of the file, or for megabytes
                        sentence = f"the quotation mark that opens a cell in line {first} is not closed"
                        hint = "close it, or write it twice where it is part of the text"
                        raise InputError.of("not-a-table", sentence, place, hint) from None
                    yield Problem("not-a-row", "a quotation mark ends a cell in which more text follows")
    finally:
        csv.field_size_limit(before)


MAXIMUM_UNPACKED = 2**31
"""Bytes of a workbook, unpacked."""
MAXIMUM_BESIDE = 2**29
"""Bytes of what is unpacked at once of a workbook: everything but its sheets."""
MAXIMUM_ROWS = 2**20
"""Rows of a sheet, of which no program writes more."""


def _workbook(file: Path) -> Rows:
    """The rows of the first sheet of a workbook, as text; a day as `2030-12-31`, whatever it is shown as."""
    place = Place(Source(str(file), ""), 0, 0)
    try:
        _check_unpacked(file, place)
        for number, row in enumerate(_cells_of_workbook(file), 1):
            if number > MAXIMUM_ROWS:
                raise InputError.of("file-too-large", "the sheet has more rows than a sheet can have", place)
            yield [_text(cell) for cell in row]
    except (OSError, InputError):
        raise
    except _DAMAGED:
        raise InputError.of("not-a-table", "the file is not a workbook that can be read", place) from None


_DAMAGED = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError,  # as an archive
    SyntaxError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError,  # as XML, and as a workbook
)  # fmt: skip
"""What openpyxl raises for files that are no workbooks, are damaged, or are encrypted: it has no error of its own."""


def _check_unpacked(file: Path, place: Place) -> None:
    with zipfile.ZipFile(file) as packed:
        sizes = [(part.filename.startswith("xl/worksheets/"), part.file_size) for part in packed.infolist()]
    beside = sum(size for is_sheet, size in sizes if not is_sheet)
    if beside > MAXIMUM_BESIDE or sum(size for _, size in sizes) > MAXIMUM_UNPACKED:
        sentence = "the workbook is larger than any table of agreements when it is unpacked"
        raise InputError.of("file-too-large", sentence, place, "save it as CSV in UTF-8")


def _cells_of_workbook(file: Path) -> Iterator[tuple[Any, ...]]:
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of features that a table of texts does not need
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    try:
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what a sheet says of its size is not always so
        yield from sheet.iter_rows(values_only=True)
    finally:
        book.close()


def _text(cell: Any) -> str:
    """A cell of a workbook as a person would have typed it into a CSV file."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "Yes" if cell else "No"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if hasattr(cell, "isoformat"):
        return str(cell.isoformat()).removesuffix("T00:00:00")
    return str(cell)


def _parquet(file: Path, mapping: TableMapping | None) -> Iterator[Raw | Unreadable]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    place = Place(Source(str(file), ""), 0, 0)
    try:
        with pq.ParquetFile(file) as opened:
            names = opened.schema_arrow.names
            if mapping is not None:
                yield from _mapped(file, _cells(opened, names), mapping)
            elif RECORD not in names:
                hint = "put the JSON text of each record there, or name a `--mapping`"
                raise InputError.of("no-records", f"the table has no column `{RECORD}`", place, hint)
            else:
                yield from _texts(file, opened, place)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        if isinstance(error, OSError) and error.errno:  # what Arrow raises for damaged pages has no number
            raise
        raise InputError.of("not-a-table", "the file is not a Parquet file that can be read", place) from None


def _texts(file: Path, opened: Any, place: Place) -> Iterator[Raw | Unreadable]:
    """The records of a Parquet file that holds them as JSON text, by row."""
    for number, text in enumerate(
        (cell for batch in opened.iter_batches(1000, columns=[RECORD]) for cell in batch[0].to_pylist()), 1
    ):
        source, starts = f"{file.name}:{number}", _row(file, number)
        if text is not None and not isinstance(text, str | bytes):
            hint = "put the JSON text of each record there, or name a `--mapping`"
            raise InputError.of("no-records", f"the column `{RECORD}` does not hold text", place, hint)
        line = text.encode() if isinstance(text, str) else text
        if not line:
            yield Unreadable(source, starts, Problem("empty-file", "the row has no record"))
        else:
            yield _too_long(source, starts) if len(line) > MAXIMUM_LINE else Raw(source, starts, line)


def _cells(opened: Any, names: list[str]) -> Rows:
    yield names
    for batch in opened.iter_batches(1000):
        columns = [column.to_pylist() for column in batch]
        yield from ([_text(cell) for cell in row] for row in zip(*columns, strict=True))


# --- identity


def fingerprint(file: Path) -> dict[str, Any]:
    """What tells whether a file is still the one that an earlier run read."""
    status = os.stat(file)
    with file.open("rb") as stream:
        head = hashlib.sha256(stream.read(2**20)).hexdigest()
    return {"name": file.name, "bytes": status.st_size, "modified": status.st_mtime_ns, "starts": head}
