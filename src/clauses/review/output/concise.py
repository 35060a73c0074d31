"""One line a finding: `path:line:column: severity[rule] message`, and what became of one that was accepted."""

from __future__ import annotations

from collections.abc import Sequence

from clauses.review.finding import Finding
from clauses.review.output.common import deviation, headline
from clauses.review.output.ink import Ink
from clauses.review.review import Examined
from clauses.source import printable


def render(examined: Sequence[Examined], ink: Ink) -> str:
    """All findings."""
    return "".join(f"{_line(finding, one)}\n" for one in examined for finding in one.review.findings)


def _line(finding: Finding, one: Examined) -> str:
    said = deviation(finding)
    return printable(f"{headline(finding, one)} ({said})") if said else headline(finding, one)
