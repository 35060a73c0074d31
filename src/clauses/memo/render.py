"""From plain data to the finished markup and figures.

Our own templates run here. Those of a house are somebody else's program: they run in a process of their own
that can use so much time and memory and no more. Plain data goes in, text comes out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from clauses.errors import Problem
from clauses.memo.plain import Plain
from clauses.memo.sandbox import Rendered, Sandbox, referenced, render
from clauses.memo.svg import check_svg
from clauses.memo.templates import Template, TemplateError, Templates, template_error
from clauses.source import Place, Source

MASTER = "memo/memo.html.j2"
FIGURES = ("timeline", "cap_table")
SECONDS = 20
MEMORY = 1_500_000_000


@dataclass(frozen=True)
class Markup:
    """The memo's markup before it is read, and its figures."""

    memo: Rendered
    figures: dict[str, str]


def figure_file(name: str) -> str:
    """The template that draws a figure."""
    return f"figures/{name}.svg.j2"


def program_files(templates: Templates) -> list[Template]:
    """The templates that take part, with all that they include."""
    if templates.house is None:
        return list(_core_files(templates.core))
    return referenced(Sandbox(templates), [MASTER, *(figure_file(name) for name in FIGURES)])


@lru_cache(maxsize=4)
def _core_files(core: Path) -> tuple[Template, ...]:
    return tuple(referenced(_core_sandbox(core), [MASTER, *(figure_file(name) for name in FIGURES)]))


def render_memo(templates: Templates, values: Plain) -> Markup:
    """Run the templates of the memo and of its figures."""
    if templates.house is None:
        return _render(_core_sandbox(templates.core), values)
    return _render_apart(templates, values)


@lru_cache(maxsize=4)
def _core_sandbox(core: Path) -> Sandbox:
    return Sandbox(Templates(None, core))


def _render(sandbox: Sandbox, values: Plain) -> Markup:
    figures = {
        name: check_svg(render(sandbox, figure_file(name), {**values, "figure": figure}))
        for name, figure in values["figures"].items()
    }
    return Markup(render(sandbox, MASTER, values), figures)


# --- in a process of its own


def _render_apart(templates: Templates, values: Plain) -> Markup:
    order = {"house": str(templates.house), "core": str(templates.core), "values": values}
    source = Path(__file__).resolve().parents[2]
    paths = os.pathsep.join([str(source), *(path for path in sys.path if path)])
    environment = {"PYTHONPATH": paths, "PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "clauses.memo.render"],
            input=json.dumps(order),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=SECONDS * 2,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        raise _too_much(templates) from None
    if done.returncode != 0 or not done.stdout:
        raise _too_much(templates)
    answer = json.loads(done.stdout)
    if "problems" in answer:
        raise TemplateError([_problem(one) for one in answer["problems"]])
    marks = tuple((start, file, line, is_value) for start, file, line, is_value in answer["memo"]["marks"])
    return Markup(Rendered(answer["memo"]["text"], marks), answer["figures"])


def _too_much(templates: Templates) -> TemplateError:
    sentence = f"the templates of this folder take more than {SECONDS} seconds or {MEMORY // 10**6:,} MB"
    return template_error(sentence, str(templates.house))


def _problem(data: Plain) -> Problem:
    place = Place(Source(data["file"], ""), data["line"], 1) if data["file"] else None
    return Problem(data["id"], data["sentence"], place, data["hint"])


def _as_problem(problem: Problem) -> Plain:
    place = problem.place
    where = {"file": place.file if place else "", "line": place.line if place else 0}
    return {"id": problem.id, "sentence": problem.sentence, "hint": problem.hint, **where}


def _limit_this_process() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits; the caller's clock still holds
        return
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _serve(arguments: Sequence[str]) -> int:
    """Render what stands on the standard input, under limits, and print the outcome as JSON."""
    order = json.load(sys.stdin)
    _limit_this_process()
    try:
        markup = _render(Sandbox(Templates(Path(order["house"]), Path(order["core"]))), order["values"])
        answer: Plain = {"memo": asdict(markup.memo), "figures": markup.figures}
    except TemplateError as error:
        answer = {"problems": [_as_problem(problem) for problem in error.problems]}
    json.dump(answer, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(_serve(sys.argv[1:]))
