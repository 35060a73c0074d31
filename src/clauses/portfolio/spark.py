"""The same work inside Spark tasks: one row a piece goes out, one row a part comes back.

Rules stay within one agreement, so nothing is shuffled and nothing depends on how the cluster splits the work. Every
worker needs `clauses[spark]`, and must see the portfolio's folder under the same path.
"""

from __future__ import annotations

import os
import pickle
import shutil
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyspark.sql import SparkSession

from clauses.errors import ClausesError, EngineError, UsageError
from clauses.portfolio.parts import Part

if TYPE_CHECKING:
    from clauses.portfolio.backends import Work

WAVE = 4
"""How many pieces for each core are sent together: their parts wait in the memory of this process."""


def run_in_spark(work: Work, pieces: Sequence[Any], master: str | None, settings: Mapping[str, str]) -> Iterator[Part]:
    """Do the work on every piece. Raises UsageError without Java, EngineError where Spark fails."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of what Spark will do about its own requirements
        session = _session(master, settings)
        try:
            wave = WAVE * session.sparkContext.defaultParallelism
            for start in range(0, len(pieces), wave):
                yield from _one_wave(session, work, pieces[start : start + wave])
        finally:
            session.stop()


def _session(master: str | None, settings: Mapping[str, str]) -> SparkSession:
    at_home = os.path.join(os.environ.get("JAVA_HOME", ""), "bin", "java")
    if not shutil.which("java") and not os.path.exists(at_home):
        raise UsageError.of(
            "no-java", "Spark needs Java, which is not found", None, "install Java 17, or set JAVA_HOME"
        )
    # Workers take whatever is called `python3` unless they are told.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("clauses portfolio check")
    builder = builder.config("spark.ui.enabled", "false").config("spark.log.level", "ERROR")
    for name, value in settings.items():
        builder = builder.config(name, value)
    if master is not None:
        builder = builder.master(master)
    try:
        session = builder.getOrCreate()
    except Exception as error:
        raise EngineError.of("spark-failed", f"Spark does not start: {_first_line(error)}") from None
    session.sparkContext.setLogLevel("ERROR")
    return session


def _one_wave(session: SparkSession, work: Work, pieces: Sequence[Any]) -> Iterator[Part]:
    sent = pickle.dumps(work)
    rows = session.sparkContext.parallelize([(pickle.dumps(piece),) for piece in pieces], len(pieces))
    frame = session.createDataFrame(rows, "piece binary")

    def parts_of(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        own = pickle.loads(sent)
        for batch in batches:
            for piece in batch.column(0).to_pylist():
                yield pa.record_batch([pa.array([_answer(own, piece)], pa.binary())], ["part"])

    try:
        answers = frame.mapInArrow(parts_of, "part binary").collect()
    except Exception as error:
        raise EngineError.of("spark-failed", f"the work in Spark failed: {_first_line(error)}") from None
    for row in answers:
        answer = pickle.loads(row["part"])
        if isinstance(answer, ClausesError):
            raise answer
        yield answer


def _answer(work: Work, piece: bytes) -> bytes:
    """The part of a piece, or the error that it ends in; either comes back as it is."""
    try:
        answer: Part | ClausesError = work(pickle.loads(piece))
    except ClausesError as error:
        answer = error
    return pickle.dumps(answer)


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"`{lines[0]}`" if lines else "no reason is given"
