"""Reviews as text for people and programs: one file a format, listed once here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module

from clauses.review.output.ink import Ink
from clauses.review.review import Examined

Renderer = Callable[[Sequence[Examined], Ink], str]

FORMATS = ("text", "concise", "json", "jsonl", "sarif", "junit", "github", "markdown")
"""Each is the name of a module here with a function `render`; `json` and `jsonl` share one."""


def render(format: str, examined: Sequence[Examined], ink: Ink) -> str:
    """Some reviews in one format. `ink` gives colour, for the formats that people read."""
    name = "json_lines" if format == "jsonl" else "json_document" if format == "json" else format
    renderer: Renderer = import_module(f"clauses.review.output.{name}").render
    return renderer(examined, ink)
