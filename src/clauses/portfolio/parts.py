"""A long run in parts: what is finished is kept on disk, so that a run that is cut off goes on where it stopped.

Beside the output `findings.parquet` stands, while the run lasts, the folder `findings.parquet.parts`: a journal
that says of what the parts are parts, and a file for each part that is finished. A part is written under another
name and renamed when it is whole, so that there is never half a part.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
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
        journal = self.folder / JOURNAL
        with self.written():
            self.folder.mkdir(parents=True, exist_ok=True)
            if not journal.is_file() and {file.name for file in self.folder.iterdir()} - {LOCK, f"{JOURNAL}.new"}:
                sentence = f"the folder `{self.folder}` is not one that a run has left"
                raise UsageError.of("another-run", sentence, None, "move it away, or name another output")
            self._lock = (self.folder / LOCK).open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise UsageError.of("run-in-progress", f"another run is writing to `{self.output}`") from None
        if not journal.exists():
            self._replace(journal, self._run.encode())
        elif journal.read_bytes() != self._run.encode():
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
        with written(self.output):
            yield

    def finished(self) -> dict[int, Part]:
        """The parts that are there and whole, without their tables; one that is damaged is made again."""
        found = {}
        for file in sorted(self.folder.glob("part-*.json")):
            try:
                data = json.loads(file.read_bytes())
                if _digest(self.table(data["number"]).read_bytes()) == data["sha256"]:
                    found[data["number"]] = Part(data["number"], data["counts"], None, data["rejects"])
            except (OSError, ValueError, KeyError, TypeError):
                continue
        return found

    def keep(self, part: Part) -> Part:
        """Write a part, its counts last; what is given back is without the table."""
        assert part.table is not None
        self._replace(self.table(part.number), part.table)
        sha256 = _digest(part.table)
        data = {"number": part.number, "counts": part.counts, "rejects": list(part.rejects), "sha256": sha256}
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
        """Remove the folder, with what is ours in it: the output is there."""
        with self.written():
            for file in (*self.folder.glob("part-*.json"), *self.folder.glob("part-*.arrow")):
                file.unlink()
            for name in (JOURNAL, LOCK):
                (self.folder / name).unlink()
            with contextlib.suppress(OSError):  # something else lies there
                self.folder.rmdir()


@contextlib.contextmanager
def written(output: Path) -> Iterator[None]:
    """Around what writes. Raises UsageError where the disk does not let it."""
    try:
        yield
    except OSError as error:
        raise UsageError.of("cannot-write", f"`{output}` cannot be written: {reason(error)}") from None


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
