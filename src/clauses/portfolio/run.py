"""A run over all pieces of the work: in parts, with what is finished kept, and the rows written in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from clauses.language.pack import RulePack
from clauses.portfolio.backends import Backend, Work
from clauses.portfolio.outputs import read_streams, write_tables
from clauses.portfolio.parts import Part, Parts
from clauses.portfolio.results import Counts
from clauses.terms.values import Date

Progress = Callable[[int, int], None]
"""Hears how many agreements are done, and of how many."""


@dataclass(frozen=True)
class Checked:
    """What a check found."""

    as_of: Date | None
    """The day; None where every record brought its own."""
    packs: tuple[RulePack, ...]
    counts: Counts
    output: Path | None
    rejects: Sequence[dict[str, Any]] = field(default=())
    """Records that could not be read, with place and reason; those of a portfolio were told when it was made."""


def total(parts: Iterable[Part]) -> Counts:
    """The counts of all parts together."""
    counts = Counts()
    for part in parts:
        counts.add(Counts.of(part.counts))
    return counts


@dataclass(frozen=True)
class Run:
    """Some work on all pieces."""

    work: Work
    pieces: Sequence[Any]
    sizes: Mapping[int, int]
    """How many agreements, or whatever progress is counted in, are in each piece, by its number."""
    backend: Backend
    at_once: int
    progress: Progress

    def into(self, output: Path | None, schema: pa.Schema, identity: Mapping[str, Any]) -> list[Part]:
        """Do the work, each piece once whatever interrupts it, and write the rows in the order of the pieces.

        Parts are kept beside the output; those of an earlier run of the same identity are not made again.
        """
        if output is None:
            return self._told(self.backend.run(self.work, self.pieces, self.at_once), {})
        with Parts(output, identity) as parts:
            done = parts.finished()
            missing = [piece for piece in self.pieces if piece.number not in done]
            made = self.backend.run(self.work, missing, self.at_once) if missing else ()
            finished = self._told((parts.keep(part) for part in made), done)
            with parts.written():
                tables = (table for part in finished for table in read_streams(parts.table(part.number)))
                write_tables(output, schema, tables)
            parts.remove()
        return finished

    def _told(self, parts: Iterable[Part], done: Mapping[int, Part]) -> list[Part]:
        """All parts in their order, those that are done already and those to come; `progress` hears of each."""
        found = dict(done)
        everything, finished = sum(self.sizes.values()), sum(self.sizes[number] for number in done)
        self.progress(finished, everything)
        for part in parts:
            found[part.number] = part
            finished += self.sizes[part.number]
            self.progress(finished, everything)
        return [found[number] for number in sorted(found)]
