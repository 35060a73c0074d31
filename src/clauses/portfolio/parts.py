"""A long run in parts: what is finished is kept on disk, so that a run that is cut off goes on where it stopped.

Beside the output `findings.parquet` stands, while the run lasts, the folder `findings.parquet.parts`: a journal
that says of what the parts are parts, and a file for each part that is finished. A part is written under another
name and renamed when it is whole, so that there is never half a part.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from clauses.errors import UsageError
from clauses.yaml_nodes import reason

JOURNAL = "journal.json"
LOCK = "lock"


@dataclass(frozen=True)
class Part:
    """What one part of a run found."""

    number: int
    counts: Mapping[str, Any]
    """Counts as JSON-ready data."""
    table: bytes | None = None
    """The rows as Arrow streams one behind the other, where rows are wanted."""
    rejects: Sequence[Mapping[str, Any]] = field(default=())
    """What could not be read, as JSON-ready data."""


class Parts:
    """The parts of one run, in a folder beside its output."""

    def __init__(self, output: Path, run: Mapping[str, Any]) -> None:
        self.output = output
        self.folder = output.with_name(output.name + ".parts")
        self._run = json.dumps(run, indent=1, sort_keys=True) + "\n"
        self._lock: IO[str] | None = None

    def __enter__(self) -> Parts:
        """Open the folder, or make it. Raises UsageError where it is of another run, or in use."""
        with self.written():
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = (self.folder / LOCK).open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise UsageError.of("run-in-progress", f"another run is writing to `{self.output}`") from None
        journal = self.folder / JOURNAL
        if not journal.exists():
            self._replace(journal, self._run.encode())
        elif journal.read_text() != self._run:
            self._lock.close()
            hint = "run it again as it was, or delete the folder to start anew"
            sentence = f"the folder `{self.folder}` holds the parts of another run"
            raise UsageError.of("another-run", sentence, None, hint)
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            self._lock.close()

    @contextlib.contextmanager
    def written(self) -> Iterator[None]:
        """Around what writes. Raises UsageError where the disk does not let it."""
        try:
            yield
        except OSError as error:
            raise UsageError.of("cannot-write", f"`{self.output}` cannot be written: {reason(error)}") from None

    def finished(self) -> dict[int, Part]:
        """The parts that are there, without their tables."""
        found = {}
        for file in sorted(self.folder.glob("part-*.json")):
            data = json.loads(file.read_text())
            found[data["number"]] = Part(data["number"], data["counts"], None, data["rejects"])
        return found

    def keep(self, part: Part) -> Part:
        """Write a part, its counts last; what is given back is without the table."""
        assert part.table is not None
        self._replace(self.table(part.number), part.table)
        data = {"number": part.number, "counts": part.counts, "rejects": list(part.rejects)}
        self._replace(self.table(part.number).with_suffix(".json"), json.dumps(data).encode())
        return Part(part.number, part.counts, None, part.rejects)

    def table(self, number: int) -> Path:
        """The file with the rows of a part."""
        return self.folder / f"part-{number:06}.arrow"

    def _replace(self, file: Path, data: bytes) -> None:
        whole = file.with_name(file.name + ".new")
        with self.written():
            with whole.open("wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(whole, file)

    def remove(self) -> None:
        """Remove the folder: the output is there."""
        with self.written():
            shutil.rmtree(self.folder)
