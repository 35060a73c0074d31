"""From plain data to the finished markup and figures.

Our own templates run here. Those of a house are somebody else's program: they run in a process of their own
that can use so much time and memory and no more. Plain data goes in, text comes out.
"""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from clauses.memo import apart
from clauses.memo.plain import Plain
from clauses.memo.sandbox import Rendered, Sandbox, referenced, render
from clauses.memo.svg import check_svg
from clauses.memo.templates import Template, Templates

MASTER = "memo/memo.html.j2"
FIGURES = ("timeline", "cap_table")


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
    answer = apart.ask("clauses.memo.render", order, str(templates.house))
    marks = tuple((start, file, line, is_value) for start, file, line, is_value in answer["memo"]["marks"])
    return Markup(Rendered(answer["memo"]["text"], marks), answer["figures"])


def _work(order: Plain) -> Plain:
    markup = _render(Sandbox(Templates(Path(order["house"]), Path(order["core"]))), order["values"])
    return {"memo": asdict(markup.memo), "figures": markup.figures}


if __name__ == "__main__":
    sys.exit(apart.serve(_work))
