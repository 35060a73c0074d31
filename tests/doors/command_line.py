"""Runs the command line inside the test process, as a shell would: arguments in, bytes and an exit code out."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from clauses.cli import main

DATA = Path(__file__).parents[1] / "data"
EXAMPLES = Path(__file__).parents[2] / "examples"
PACK = DATA / "pack"


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        """Everything that it printed."""
        return self.out + self.err


def clauses(*words: str | Path, folder: Path | None = None, stdin: bytes = b"", **environment: str) -> Ran:
    """Run `clauses` with some words, in a folder."""
    out, err = io.BytesIO(), io.BytesIO()
    streams = {
        "stdin": io.TextIOWrapper(io.BytesIO(stdin), "utf-8"),
        "stdout": io.TextIOWrapper(out, "utf-8"),
        "stderr": io.TextIOWrapper(err, "utf-8"),
    }
    plain = {name: value for name, value in os.environ.items() if name not in ("CLAUSES_DEBUG", "NO_COLOR", "TERM")}
    with (
        _inside(folder),
        patch.object(sys, "argv", ["clauses", *map(str, words)]),
        patch.multiple(sys, **streams),
        patch.dict(os.environ, {**plain, **environment}, clear=True),
    ):
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(bool(end.code))
        for name in ("stdout", "stderr"):
            streams[name].flush()
    return Ran(code, out.getvalue().decode(), err.getvalue().decode())


@contextmanager
def _inside(folder: Path | None) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder or before)
    try:
        yield
    finally:
        os.chdir(before)


def is_well_behaved(ran: Ran) -> bool:
    """No traceback, no defect of ours, a documented exit code, and a sentence where the input was refused."""
    said = "error[" in ran.err or "Error:" in ran.err or "Usage:" in ran.all
    return (
        ran.code in (0, 1, 2, 3)
        and "Traceback" not in ran.all
        and "error[internal]" not in ran.all
        and (ran.code != 2 or said)
    )


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write some files into a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder
