"""Where the parts of a run are worked on: threads of this process, processes of this machine, or a Spark cluster.

Every backend does the same work on the same pieces and gives the same bytes; it differs only in where.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from clauses.errors import EngineError, UsageError, did_you_mean
from clauses.portfolio.parts import Part

Work = Callable[[Any], Part]
"""What is done with a piece. It can be sent to another process."""

NAMES = ("local", "processes", "spark")
OVERHEAD = 180 * 2**20
"""Bytes that a process takes before it reads a fact."""
LEAST = 64 * 2**20
"""Bytes that a job needs beside."""


@dataclass(frozen=True)
class Backend:
    """Where to work, and with how much."""

    name: str = "local"
    jobs: int | None = None
    """How many pieces at once; None for as many as there are cores."""
    memory: int | None = None
    """Bytes for all jobs together; on Spark, for each task. None: no limit but the machine's."""
    spark_master: str | None = None
    spark_settings: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            hint = did_you_mean(self.name, NAMES)
            raise UsageError.of("unknown-backend", f"there is no backend `{self.name}`", None, hint)
        if self.memory is not None and self.memory < OVERHEAD + LEAST:
            raise UsageError.of(
                "too-little-memory", f"{self.memory // 2**20} MB do not suffice", None, "allow at least 256MB"
            )

    def at_once(self, pieces: int) -> int:
        """How many jobs run at once: no more than there are pieces, or than the memory bears."""
        wanted = self.jobs or cores()
        if self.memory is not None:
            bears = self.memory // (OVERHEAD + LEAST) if self.name == "processes" else (self.memory - OVERHEAD) // LEAST
            wanted = min(wanted, bears)
        return max(1, min(wanted, pieces))

    def memory_of_job(self, at_once: int) -> int | None:
        """The bytes that a job may use beside the overhead of its process."""
        if self.memory is None:
            return None
        match self.name:
            case "local":
                return (self.memory - OVERHEAD) // at_once
            case "processes":
                return self.memory // at_once - OVERHEAD
        return self.memory - OVERHEAD

    def threads_of_job(self, at_once: int) -> int:
        """How many threads a job may use: one, unless there are fewer pieces than cores."""
        return max(1, (self.jobs or cores()) // at_once) if self.name == "local" else 1

    def run(self, work: Work, pieces: Sequence[Any], at_once: int) -> Iterator[Part]:
        """Do the work on every piece; parts come as they are finished."""
        match self.name:
            case "local":
                with ThreadPoolExecutor(at_once) as pool:
                    yield from _as_finished(pool, work, pieces, at_once)
            case "processes":
                yield from _in_processes(work, pieces, at_once)
            case "spark":
                from clauses.portfolio.spark import run_in_spark

                yield from run_in_spark(work, pieces, self.spark_master, self.spark_settings)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_work: Work


def _remember(work: Work) -> None:
    """Keep the work in a process of the pool: it is sent once, not with every piece."""
    global _work
    _work = work


def _do(piece: Any) -> Part:
    return _work(piece)


def _in_processes(work: Work, pieces: Sequence[Any], at_once: int) -> Iterator[Part]:
    start = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(at_once, mp_context=start, initializer=_remember, initargs=(work,)) as pool:
        try:
            yield from _as_finished(pool, _do, pieces, at_once)
        except BrokenProcessPool:
            sentence = "a process was stopped from outside, perhaps for want of memory"
            raise EngineError.of("process-lost", sentence, None, "use fewer `--jobs`, or less `--memory`") from None


def _as_finished(pool: Executor, work: Work, pieces: Iterable[Any], at_once: int) -> Iterator[Part]:
    """Parts as they are finished, with never more than twice as many under way as are worked on at once."""
    waiting = iter(pieces)
    under_way: set[Future[Part]] = {pool.submit(work, piece) for piece in islice(waiting, 2 * at_once)}
    try:
        while under_way:
            finished, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            for future in sorted(finished, key=_failed):  # what is whole is kept before a failure ends the run
                yield future.result()
            under_way |= {pool.submit(work, piece) for piece in islice(waiting, len(finished))}
    finally:
        for future in under_way:
            future.cancel()


def _failed(future: Future[Part]) -> bool:
    return future.cancelled() or future.exception() is not None
