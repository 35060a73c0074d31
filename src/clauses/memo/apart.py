"""Somebody else's program, run in a process of its own that can use so much time and memory and no more.

Plain data goes in, plain data comes out. A module that works so is run by its name and ends with

    if __name__ == "__main__":
        sys.exit(serve(work))
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from clauses.errors import Problem
from clauses.memo.plain import Plain
from clauses.memo.templates import TemplateError, template_error
from clauses.source import Place, Source

SECONDS = 20
MEMORY = 1_500_000_000


def ask(module: str, order: Plain, whose: str) -> Plain:
    """What a module answers to an order. `whose` is the file or folder to blame.

    Raises TemplateError with the problems that the module found, or where it took more than it may.
    """
    source = Path(__file__).resolve().parents[2]
    paths = os.pathsep.join([str(source), *(path for path in sys.path if path)])
    environment = {"PYTHONPATH": paths, "PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", module],
            input=json.dumps({**order, "seconds": SECONDS}),
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS * 2,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        raise _too_much(whose) from None
    if done.returncode != 0 or not done.stdout:
        raise _too_much(whose)
    answer: Plain = json.loads(done.stdout)
    if "problems" in answer:
        raise TemplateError([_problem(one) for one in answer["problems"]])
    return answer


def serve(work: Callable[[Plain], Plain]) -> int:
    """Do the work that stands on the standard input, under limits, and print the outcome as JSON."""
    order = json.load(sys.stdin)
    _limit_this_process(order["seconds"])
    try:
        answer = work(order)
    except TemplateError as error:
        answer = {"problems": [_as_plain(problem) for problem in error.problems]}
    json.dump(answer, sys.stdout)
    return 0


@contextlib.contextmanager
def opening_nothing() -> Iterator[None]:
    """Within this, the process opens neither a file nor a connection."""
    try:
        import resource
    except ImportError:  # Windows has no such limits; see `_limit_this_process`
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _limit_this_process(seconds: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits; the caller's clock still holds
        return
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _too_much(whose: str) -> TemplateError:
    sentence = f"the templates of this folder take more than {SECONDS} seconds or {MEMORY // 10**6:,} MB"
    return template_error(sentence, whose)


def _problem(data: Plain) -> Problem:
    place = Place(Source(data["file"], ""), data["line"], 1) if data["file"] else None
    return Problem(data["id"], data["sentence"], place, data["hint"])


def _as_plain(problem: Problem) -> Plain:
    place = problem.place
    where = {"file": place.file if place else "", "line": place.line if place else 0}
    return {"id": problem.id, "sentence": problem.sentence, "hint": problem.hint, **where}
