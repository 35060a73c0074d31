"""The check of records straight from a file of JSON lines, without a portfolio made of them first.

Each record is reviewed as of the day given, or of the date of its own term sheet. Records that cannot be read are
counted, and written beside the output with their line and the reason.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from clauses.errors import ClausesError, InputError, Problem
from clauses.language.pack import RulePack
from clauses.portfolio.backends import Backend
from clauses.portfolio.outputs import ROWS, as_stream, rejects_name, rows_table, target_of
from clauses.portfolio.parts import Part, written
from clauses.portfolio.results import Counts, Row, count_of
from clauses.portfolio.run import Checked, Progress, Run, total
from clauses.portfolio.screen import Screen
from clauses.source import Place, Source
from clauses.terms.values import Date, NotAValue
from clauses.yaml_nodes import reason

PIECE = 16 * 2**20
"""Bytes of a file that are worked on at once, up to the end of a line."""
MAXIMUM_LINE = 16 * 2**20
"""Bytes that a record may have."""


@dataclass(frozen=True)
class LinesPiece:
    """Some lines in a row of a file."""

    number: int
    file: Path
    start: int
    size: int


@dataclass(frozen=True)
class LinesCheck:
    """The check of any piece of a file."""

    packs: tuple[RulePack, ...]
    as_of: Date | None
    has_rows: bool
    _screens: dict[Date, Screen] = field(default_factory=dict, compare=False, repr=False)

    def __call__(self, piece: LinesPiece) -> Part:
        """Check the records of a piece; their lines are counted from its start."""
        counts, rows, rejects = Counts(), list[Row](), list[dict[str, Any]]()
        with piece.file.open("rb") as stream:
            stream.seek(piece.start)
            lines = stream.read(piece.size).split(b"\n")
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                found = self._rows(line)
            except ClausesError as error:
                rejects.append(_reject(number, error.problems[0]))
                continue
            counts.add(count_of(found))
            if self.has_rows:
                rows += found
        data = {**counts.data(), "lines": len(lines) - 1}
        return Part(piece.number, data, as_stream(rows_table(rows)) if self.has_rows else None, rejects)

    def _rows(self, line: bytes) -> list[Row]:
        if len(line) > MAXIMUM_LINE:
            raise InputError.of("file-too-large", f"a record has at most {MAXIMUM_LINE // 2**20} MB")
        day = self.as_of or day_of(line)
        screen = self._screens.get(day)
        if screen is None:
            if len(self._screens) >= 32:  # of so many days, the packs are prepared anew
                self._screens.clear()
            screen = self._screens[day] = Screen(self.packs, day)
        return screen.rows(line)

    def __getstate__(self) -> dict[str, Any]:
        """What is sent to another process: not the screens, which it prepares itself."""
        return {**vars(self), "_screens": {}}


def day_of(line: bytes) -> Date:
    """The date of the term sheet of a record. Raises InputError where that is no single day."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        raise InputError.of("not-json", "this is not a record: it is not JSON") from None
    sheet = record.get("term_sheet") if isinstance(record, dict) else None
    dated = sheet.get("dated") if isinstance(sheet, dict) else None
    hint = "give the day of the review with `--as-of`"
    if not isinstance(dated, str):
        raise InputError.of("not-a-day", "the record has no term sheet with a date", None, hint)
    try:
        day = Date.read(dated)
    except NotAValue as error:
        raise InputError.of("not-a-value", str(error), None, error.hint) from None
    if not day.is_exact or day.lowest >= Date.limit:
        raise InputError.of("not-a-day", f"`{dated}` is not a single day", None, hint)
    return day


def _reject(number: int, problem: Problem) -> dict[str, Any]:
    return {"line": number, "id": problem.id, "sentence": problem.sentence, "hint": problem.hint}


def check_lines(
    file: Path | str,
    packs: Sequence[RulePack],
    *,
    as_of: Date | None = None,
    output: Path | str | None = None,
    jobs: int | None = None,
    progress: Progress = lambda done, total: None,
) -> Checked:
    """Check the records of a file, and write the rows to a file, if one is named: .parquet, .csv or .jsonl.

    `progress` hears of bytes. Raises ClausesError where the file cannot be read, none of its records can, or the
    output cannot be written.
    """
    file = Path(file)
    target = target_of(output, file)
    pieces = list(pieces_of(file))
    work = LinesCheck(tuple(packs), as_of, target is not None)
    where = Backend("processes" if len(pieces) > 1 and jobs != 1 else "local", jobs)
    run = Run(work, pieces, {one.number: one.size for one in pieces}, where, where.at_once(len(pieces)), progress)
    parts = run.into(target, ROWS, _identity(file, packs, as_of))
    counts, rejects = total(parts), _rejects(parts)
    if target is not None:
        write_rejects(target, rejects)
    if rejects and not counts.agreements:
        first = rejects[0]
        place = Place(Source(str(file), ""), 0, 0)
        sentence = f"none of the records can be read; the first, on line {first['line']}: {first['sentence']}"
        raise InputError.of(first["id"], sentence, place, first["hint"])
    return Checked(as_of, tuple(packs), counts, target, rejects)


def pieces_of(file: Path) -> Iterator[LinesPiece]:
    """A file in pieces that end where a line ends. Raises InputError where it cannot be read."""
    try:
        with file.open("rb") as stream:
            size, start, number = os.fstat(stream.fileno()).st_size, 0, 0
            while start < size:
                end = _end_of_line(stream, start + PIECE, size)
                yield LinesPiece(number, file, start, end - start)
                start, number = end, number + 1
    except OSError as error:
        place = Place(Source(str(file), ""), 0, 0)
        raise InputError.of("unreadable-file", f"the file cannot be read: {reason(error)}", place) from None


def _end_of_line(stream: IO[bytes], start: int, size: int) -> int:
    """The first byte after the line in which a byte is, and no further than the end."""
    stream.seek(start)
    while block := stream.read(2**20):
        place = block.find(b"\n")
        if place >= 0:
            return stream.tell() - len(block) + place + 1
    return size


def _identity(file: Path, packs: Sequence[RulePack], as_of: Date | None) -> dict[str, Any]:
    from importlib.metadata import version

    state = file.stat()
    return {
        "run": "check of lines",
        "clauses": version("clauses"),
        "file": [str(file.resolve()), state.st_size, state.st_mtime_ns],
        "packs": [[pack.name, pack.version, pack.sha256] for pack in packs],
        "as_of": str(as_of) if as_of else None,
    }


def _rejects(parts: Sequence[Part]) -> list[dict[str, Any]]:
    """The records that could not be read, with their lines in the file."""
    found, before = [], 0
    for part in parts:
        found += [{**reject, "line": before + reject["line"]} for reject in part.rejects]
        before += part.counts["lines"]
    return found


def write_rejects(output: Path, rejects: Sequence[Mapping[str, Any]]) -> None:
    """Write the rejects beside the output; where there are none, those of an earlier run go."""
    file = output.with_name(rejects_name(output.name))
    with written(file):
        if not rejects:
            file.unlink(missing_ok=True)
            return
        new = file.with_name(f".{file.name}.new")
        new.write_text("".join(json.dumps(reject, ensure_ascii=False) + "\n" for reject in rejects), encoding="utf-8")
        os.replace(new, file)


def reasons(rejects: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """How many records could not be read, by the id of the reason."""
    return Counter(str(reject["id"]) for reject in rejects)
