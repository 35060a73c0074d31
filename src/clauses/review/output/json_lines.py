"""One review a line, as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from clauses.review.output.common import as_json
from clauses.review.output.ink import Ink
from clauses.review.review import Examined


def render(examined: Sequence[Examined], ink: Ink) -> str:
    """The lines."""
    return "".join(as_json(one.review.data(), None) for one in examined)
