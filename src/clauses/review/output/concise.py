"""One line a finding: `path:line:column: severity[rule] message`."""

from __future__ import annotations

from collections.abc import Sequence

from clauses.review.output.common import headline
from clauses.review.output.ink import Ink
from clauses.review.review import Examined


def render(examined: Sequence[Examined], ink: Ink) -> str:
    """All findings."""
    return "".join(f"{headline(finding, one)}\n" for one in examined for finding in one.review.findings)
