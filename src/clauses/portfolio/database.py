"""A portfolio's partition as DuckDB sees it: a relation a kind, and a limit on memory that holds.

Where a statement does not fit into the memory allowed, the partition is taken in halves, and these in halves:
every rule stays within one agreement, so nothing is lost.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import duckdb
import pyarrow as pa

from clauses.engines.columnar.layout import columns
from clauses.engines.columnar.profile import exact
from clauses.errors import EngineError, InputError
from clauses.source import Place, Source

LEAST_MEMORY = 48 * 2**20
"""Bytes with less than which DuckDB does not even plan a query."""


@dataclass(frozen=True)
class Piece:
    """Some agreements in a row, and where their facts are: those of one partition or of several."""

    number: int
    first: int
    agreements: int
    files: Mapping[str, Sequence[Path]]
    """The Parquet files of each kind of which there are facts."""
    agreements_files: Sequence[Path]
    is_whole: bool = True
    """Whether these are all the agreements of the files."""

    @property
    def last(self) -> int:
        """The number of the last agreement."""
        return self.first + self.agreements - 1

    def halves(self) -> tuple[Piece, Piece]:
        """The piece in two."""
        half = self.agreements // 2
        return (
            replace(self, agreements=half, is_whole=False),
            replace(self, first=self.first + half, agreements=self.agreements - half, is_whole=False),
        )


@dataclass(frozen=True)
class Room:
    """What one run of DuckDB may use."""

    memory: int | None
    """Bytes; None for what DuckDB takes by itself."""
    threads: int


@contextmanager
def database(room: Room) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database in memory, with a folder to spill to that goes away with it."""
    with tempfile.TemporaryDirectory(prefix="clauses-") as folder:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "threads": room.threads,
            "temp_directory": folder,
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        if room.memory is not None:
            settings["memory_limit"] = f"{max(room.memory, LEAST_MEMORY)}B"
        with duckdb.connect(":memory:", config=settings) as connection:
            connection.execute("SET enable_progress_bar = false")  # progress is ours to show
            yield connection


Found = TypeVar("Found")


def over(
    piece: Piece,
    room: Room,
    run: Callable[[duckdb.DuckDBPyConnection, Piece], Found],
    join: Callable[[Found, Found], Found],
) -> Found:
    """What a run over a piece finds, or where the memory does not suffice, over its halves one after the other.

    Raises EngineError where a single agreement does not fit, InputError where a file cannot be read.
    """
    try:
        with database(room) as connection:
            return run(connection, piece)
    except RuntimeError as error:
        if "interrupted" in str(error).lower():  # Ctrl+C, as DuckDB tells it
            raise KeyboardInterrupt from None
        raise
    except duckdb.OutOfMemoryException:
        if piece.agreements <= 1:
            sentence = f"the memory allowed does not suffice for agreement number {piece.first}"
            raise EngineError.of("out-of-memory", sentence, None, "allow more with `--memory`") from None
    except duckdb.Error as error:
        if type(error) not in _UNREADABLE:
            raise
        raise _damaged(piece, error) from None
    one, other = piece.halves()
    return join(over(one, room, run, join), over(other, room, run, join))


_UNREADABLE = (duckdb.Error, duckdb.IOException, duckdb.InvalidInputException)
"""What DuckDB says of files that it cannot read; its other sorts of error are of queries, and defects of ours."""


def _damaged(piece: Piece, error: duckdb.Error) -> InputError:
    """What DuckDB could not read: the file that it names, or else the folder."""
    named = [file for files in (piece.agreements_files, *piece.files.values()) for file in files]
    file = next((file for file in named if str(file.absolute()) in str(error)), named[0].parent.parent)
    place = Place(Source(str(file), ""), 0, 0)
    return InputError.of("damaged-portfolio", "the file is not a Parquet file that can be read", place)


def table_of(connection: duckdb.DuckDBPyConnection, query: str) -> pa.Table:
    """What a query finds, as an Arrow table."""
    relation = connection.sql(query)
    assert relation is not None
    return relation.to_arrow_table()


def lay_out(connection: duckdb.DuckDBPyConnection, piece: Piece, kinds: Iterable[str]) -> None:
    """Make a relation of each kind, with the facts of the piece."""
    for kind in kinds:
        connection.execute(f'CREATE VIEW "{kind}" AS {_relation(piece, kind)}')


def _relation(piece: Piece, kind: str) -> str:
    if kind not in piece.files:
        empty = ", ".join(f'CAST(NULL AS {column.type}) AS "{column.name}"' for column in columns(kind))
        return f"SELECT {empty} WHERE false"
    return f"SELECT * FROM {rows_of(piece, piece.files[kind])}"


def rows_of(piece: Piece, files: Iterable[Path]) -> str:
    """What Parquet files hold of the agreements of a piece, as SQL writes it after FROM."""
    # A folder called `certain=false` is a folder, and not a column.
    rows = f"read_parquet([{', '.join(map(_quoted, files))}], hive_partitioning = false, union_by_name = false)"
    return rows if piece.is_whole else f"{rows} WHERE agreement BETWEEN {piece.first} AND {piece.last}"


def _quoted(file: Path) -> str:
    """A file's name as SQL writes it, whole: `s3:` and `~` mean nothing in it."""
    return "'" + exact(file).replace("'", "''") + "'"
