"""Taking agreements in: records from anywhere become a portfolio, the facts as of one day as tables.

Records are read in chunks, on several processes where that is asked for, and written in their order, so that the
portfolio is the same however many there were. Beside the finished partitions a journal says how far the sources are
read: a run that is cut off goes on from there.

A record that cannot be read never stops the run and is never dropped: it goes to `rejects.jsonl` with its place and
the reason. A cell of a table that cannot be read leaves its term *not stated*, and goes to `unread.jsonl`.
"""

from __future__ import annotations

import fcntl
import gc
import json
import multiprocessing
import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from clauses.errors import ClausesError, EngineError, InputError, Problem, UsageError
from clauses.portfolio.mapping import TableMapping, Unread, read_mapping
from clauses.portfolio.sources import Raw, Unreadable, files_of, fingerprint, read
from clauses.portfolio.store import (
    AGREEMENTS,
    MANIFEST,
    REJECTS,
    Entry,
    Partition,
    PartitionWriter,
    Portfolio,
    Tables,
    tables_of,
    write_manifest,
)
from clauses.source import Place, Source
from clauses.terms.facts import deal
from clauses.terms.party import MAXIMUM_ID
from clauses.terms.plain import PlainReader
from clauses.terms.records import read_record
from clauses.terms.values import Date
from clauses.yaml_nodes import from_plain, parse, read_file, reason, text_source

UNREAD = "unread.jsonl"
JOURNAL = "ingest.json"
CHUNK = 500
"""How many records are read at once. It decides where partitions are cut, so it is part of what a run is."""
LARGEST_CHUNK = 64 * 2**20
"""Bytes of records after which a chunk is cut short."""

MAXIMUM_TOLD = 20
"""How many of the problems of a record `rejects.jsonl` tells."""

Progress = Callable[[int, int], None]
"""Hears how many records were read, and of about how many."""


@dataclass(frozen=True)
class Ingested:
    """What an ingest took in, and what it could not."""

    portfolio: Portfolio
    records: int
    """How many records were read, those that were rejected too."""
    rejects: Mapping[str, int]
    """Records that could not be read, by the id of the reason."""
    unread: Mapping[str, int]
    """Cells of tables that could not be read, as `column: reason`."""

    @property
    def agreements(self) -> int:
        """How many agreements are in the portfolio."""
        return self.portfolio.agreements


def ingest(
    sources: Sequence[str | Path],
    folder: str | Path,
    as_of: Date,
    *,
    mapping: str | Path | None = None,
    jobs: int = 1,
    partition: int = 50_000,
    progress: Progress = lambda done, total: None,
) -> Ingested:
    """Make a portfolio in a folder from records, as of a day.

    `mapping` says how the columns of tables become clauses. Raises ClausesError where a source cannot be read on, the
    folder is of something else, or no record at all could be read.
    """
    table = read_mapping(mapping) if mapping is not None else None
    files = files_of(sources, table is not None)
    identity = {
        "as_of": str(as_of),
        "mapping": table.root.plain() if table else None,
        "partition": partition,
        "chunk": CHUNK,
        "sources": [fingerprint(file) for file in files],
    }
    target = _Target(Path(folder), identity, partition)
    reader = Chunks(as_of, table)
    expected = _records_of(files)
    try:
        with _alone(target.folder):
            target.open()
            chunks = _chunked(files, table, target.records, min(CHUNK, partition))
            for chunk in _read(chunks, reader, jobs):
                target.add(chunk)
                progress(target.records, max(expected, target.records))
            return target.finish(as_of)
    except OSError as error:
        raise UsageError.of("cannot-write", f"`{folder}` cannot be written: {reason(error)}") from None


def _records_of(files: Sequence[Path]) -> int:
    """About how many records there are, by the size of the files; a record is taken to have 3,000 bytes."""
    return sum(max(1, file.stat().st_size // 3000) for file in files)


# --- reading


def _chunked(
    files: Sequence[Path], mapping: TableMapping | None, skip: int, length: int
) -> Iterator[list[Raw | Unreadable]]:
    """The records of all files in chunks, without those that an earlier run has read."""
    every = (one for file in files for one in read(file, mapping))
    for _ in islice(every, skip):
        pass
    chunk, size = [], 0
    for one in every:
        chunk.append(one)
        size += len(one.line or b"") if isinstance(one, Raw) else 0
        if len(chunk) == length or size >= LARGEST_CHUNK:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


@dataclass(frozen=True)
class Chunk:
    """What some records hold."""

    records: int
    tables: Tables
    rejects: Sequence[Mapping[str, Any]]
    unread: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Chunks:
    """Reads chunks of records; it can be sent to another process."""

    as_of: Date
    mapping: TableMapping | None

    def __call__(self, chunk: Sequence[Raw | Unreadable]) -> Chunk:
        """The facts of some records, and what is wrong with the others."""
        with _no_search_for_circles():
            return self._chunk(chunk)

    def _chunk(self, chunk: Sequence[Raw | Unreadable]) -> Chunk:
        entries, rejects, unread = list[Entry](), list[Mapping[str, Any]](), list[Mapping[str, Any]]()
        for raw in chunk:
            try:
                if isinstance(raw, Unreadable):
                    raise InputError(raw.problem)
                entries.append(self.entry(raw, unread))
            except ClausesError as error:
                rejects.append(_reject(raw, error.problems, self._id(raw)))
            except (RecursionError, MemoryError):
                sentence = "the record is too large or too deeply nested"
                rejects.append(_reject(raw, [Problem("too-large", sentence)]))
        return Chunk(len(chunk), tables_of(entries), rejects, unread)

    def entry(self, raw: Raw, unread: list[Mapping[str, Any]]) -> Entry:
        """A record as an agreement with its facts; cells that cannot be read are noted. Raises InputError."""
        if raw.file is not None:
            root = read_file(raw.file, raw.source)
            return self._full(raw.source, root)
        if raw.row is not None:
            assert self.mapping is not None
            mapped = self.mapping.document(raw.row)
            if mapped.document is None:
                raise InputError.of("no-name", "the row has no name: the column of ids is empty", _place(raw.source))
            unread += [_unread(raw.source, cell) for cell in mapped.unread]
            plain = self._plain(raw.source, json.dumps(mapped.document).encode())
            return plain or self._full(raw.source, from_plain(mapped.document, _place(raw.source)))
        assert raw.line is not None
        return self._plain(raw.source, raw.line) or self._full(raw.source, parse(text_source(raw.line, _JSON)))

    def _plain(self, source: str, line: bytes) -> Entry | None:
        found = PlainReader(self.as_of).facts(line)
        if found is None:
            return None
        return Entry(found.id, found.title, found.term_sheet, source, found.facts, found.headings)

    def _full(self, source: str, root: Any) -> Entry:
        agreement, sheet = read_record(root)
        world = deal(agreement, sheet, self.as_of)
        ids = {fact.id for fact in world.facts if fact.kind == "clause"}
        headings = {id: heading for id in ids if (heading := world.heading(id))}
        return Entry(agreement.id, agreement.title, sheet.id if sheet else None, source, world.facts, headings)

    def _id(self, raw: Raw | Unreadable) -> str | None:
        """The id of the agreement of a record that cannot be read, where it has one that can."""
        try:
            found: Any = None
            if isinstance(raw, Raw) and raw.row is not None and self.mapping is not None:
                found = self.mapping.document(raw.row).document
            elif isinstance(raw, Raw) and raw.file is not None:
                found = read_file(raw.file).plain()
            elif isinstance(raw, Raw) and raw.line is not None:
                found = json.loads(raw.line, parse_int=str)
        except (ClausesError, ValueError, RecursionError):
            return None
        found = found.get("agreement") if isinstance(found, dict) else None
        found = found.get("agreement") if isinstance(found, dict) else found
        return found[:MAXIMUM_ID] if isinstance(found, str) else None


@contextmanager
def _no_search_for_circles() -> Iterator[None]:
    """While a chunk is read, Python does not look for objects that only hold each other: facts never do, there are
    tens of thousands of them at once, and the search would take half of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


_JSON = "record.json"
"""How a line is called while it is read: the name decides that it is JSON."""


def _place(source: str) -> Place:
    return Place(Source(source, ""), 0, 0)


def _reject(raw: Raw | Unreadable, problems: Sequence[Problem], id: str | None = None) -> dict[str, Any]:
    """A record that could not be read, as `rejects.jsonl` has it."""
    places = [problem.place.location() if problem.place else None for problem in problems[:MAXIMUM_TOLD]]
    told = [
        {**problem.data(), "location": raw.located(place)} for problem, place in zip(problems, places, strict=False)
    ]
    return {"source": raw.source, "agreement": id, "reason": problems[0].id, "problems": told}


def _double(source: str, id: str) -> dict[str, Any]:
    problem = Problem("same-agreement-twice", f"the portfolio has an agreement `{id}` already")
    return {"source": source, "agreement": id, "reason": problem.id, "problems": [problem.data()]}


def _unread(source: str, cell: Unread) -> dict[str, Any]:
    return {"source": source, "column": cell.column, "text": cell.text, "reason": cell.reason}


def _read(chunks: Iterator[list[Raw | Unreadable]], reader: Chunks, jobs: int) -> Iterator[Chunk]:
    """The chunks read, in their order. A few wait ahead of the one that is written, so that memory stays bounded."""
    if jobs <= 1:
        yield from map(reader, chunks)
        return
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        waiting: deque[Future[Chunk]] = deque()
        try:
            for chunk in chunks:
                waiting.append(pool.submit(reader, chunk))
                if len(waiting) >= 3 * jobs:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool:
            sentence = "a process that read records was stopped, perhaps for want of memory"
            raise EngineError.of("process-lost", sentence, None, "run it again with fewer `--jobs`") from None
        finally:
            pool.shutdown(cancel_futures=True)


# --- writing


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Around what writes to a folder, which is made. Raises UsageError where another run writes to it."""
    folder.mkdir(parents=True, exist_ok=True)
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(opened)
        raise UsageError.of("run-in-progress", f"another run is writing to `{folder}`") from None
    try:
        yield
    finally:
        os.close(opened)


@dataclass
class _Target:
    """The folder that is being made, and how far it is."""

    folder: Path
    identity: Mapping[str, Any]
    size: int
    """How many agreements a partition has at least, but for the last."""
    records: int = 0
    finished: list[dict[str, Any]] = field(default_factory=list)
    """What the journal says of the finished partitions."""
    seen: set[str] = field(default_factory=set)
    writer: PartitionWriter | None = None

    def open(self) -> None:
        """Make the folder, or go on with it. Raises UsageError where something else is in it."""
        journal = self.folder / JOURNAL
        if journal.is_file():
            try:
                self._go_on(json.loads(journal.read_text(encoding="utf-8")))
            except (ValueError, LookupError, TypeError):  # a file of somebody else, with the name of ours
                raise self._in_use("something else") from None
        elif any(self.folder.iterdir()):
            raise self._in_use("a portfolio" if (self.folder / MANIFEST).exists() else "something else")
        else:
            self._note()
        for name in (REJECTS, UNREAD):
            end = self.finished[-1][name] if self.finished else 0
            with (self.folder / name).open("ab") as stream:
                stream.truncate(end)

    def _in_use(self, what: str) -> UsageError:
        return UsageError.of("folder-in-use", f"`{self.folder}` holds {what} already", None, "name a new folder")

    def _go_on(self, journal: Mapping[str, Any]) -> None:
        if journal["run"] != self.identity:
            hint = "run it again as it was, or name a new folder"
            sentence = f"`{self.folder}` holds the beginning of an ingest of other sources, or with other options"
            raise UsageError.of("another-run", sentence, None, hint)
        self.finished = list(journal["partitions"])
        if self.finished:
            self.records = self.finished[-1]["records"]
        for one in self.finished:
            ids = pq.read_table(self._partition(one).agreements_file, columns=["id"])["id"]
            self.seen.update(ids.to_pylist())

    def _note(self) -> None:
        journal = self.folder / JOURNAL
        new = journal.with_name(JOURNAL + ".new")
        new.write_text(json.dumps({"run": self.identity, "partitions": self.finished}), encoding="utf-8")
        os.replace(new, journal)

    def _partition(self, one: Mapping[str, Any]) -> Partition:
        return Partition(one["name"], one["first"], one["agreements"], one["sha256"], self.folder)

    def add(self, chunk: Chunk) -> None:
        """Write what some records hold; the second agreement of an id is rejected."""
        tables, doubles = self._without_doubles(chunk.tables)
        self._append(REJECTS, (*chunk.rejects, *doubles))
        self._append(UNREAD, chunk.unread)
        if self.writer is None:
            first = sum(one["agreements"] for one in self.finished)
            self.writer = PartitionWriter(self.folder, f"part-{len(self.finished):05}", first)
        self.writer.add(tables)
        self.records += chunk.records
        if self.writer.agreements >= self.size:
            self._close()

    def _append(self, name: str, lines: Iterable[Mapping[str, Any]]) -> None:
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        if text:
            with (self.folder / name).open("ab") as stream:
                stream.write(text.encode("utf-8", "backslashreplace"))

    def _without_doubles(self, tables: Tables) -> tuple[Tables, list[dict[str, Any]]]:
        ids, sources = tables[AGREEMENTS]["id"].to_pylist(), tables[AGREEMENTS]["source"].to_pylist()
        doubles, kept = list[dict[str, Any]](), list[int]()
        for number, (id, source) in enumerate(zip(ids, sources, strict=True)):
            if id in self.seen:
                doubles.append(_double(source, id))
            else:
                self.seen.add(id)
                kept.append(number)
        if not doubles:
            return tables, []
        numbers = pa.array(kept, pa.int64())
        return {name: _only(table, numbers) for name, table in tables.items()}, doubles

    def _close(self) -> None:
        assert self.writer is not None
        partition, facts = self.writer.close()
        sizes = {name: (self.folder / name).stat().st_size for name in (REJECTS, UNREAD)}
        self.finished.append({**partition.data(), "facts": facts, "records": self.records, **sizes})
        self.writer = None
        self._note()

    def finish(self, as_of: Date) -> Ingested:
        """Write what is left, and say what the folder holds. Raises InputError where no record could be read."""
        if self.writer is not None and self.writer.agreements:
            self._close()
        rejects = _counted(self.folder / REJECTS, lambda line: str(line["reason"]))
        unread = _counted(self.folder / UNREAD, lambda line: f"{line['column']}: {line['reason']}")
        if not self.finished:
            hint = f"`{self.folder / REJECTS}` says why" if rejects else None
            raise InputError.of("no-records", "no record could be read", _place(str(self.folder)), hint)
        facts: Counter[str] = Counter()
        for one in self.finished:
            facts.update(one["facts"])
        partitions = [self._partition(one) for one in self.finished]
        sources = [{"name": one["name"], "bytes": one["bytes"]} for one in self.identity["sources"]]
        portfolio = write_manifest(self.folder, as_of, partitions, facts, sum(rejects.values()), sources)
        (self.folder / JOURNAL).unlink()
        return Ingested(portfolio, self.records, rejects, unread)


def _only(table: pa.Table, numbers: pa.Array) -> pa.Table:
    """The rows of some agreements, which are numbered anew."""
    places = pc.index_in(table["agreement"], value_set=numbers)
    kept = table.set_column(0, table.schema.field(0), pc.cast(places, pa.int64()))
    return kept.filter(pc.is_valid(kept["agreement"]))


def _counted(file: Path, key: Callable[[Mapping[str, Any]], str]) -> dict[str, int]:
    with file.open(encoding="utf-8") as lines:
        counts = Counter(key(json.loads(line)) for line in lines)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
