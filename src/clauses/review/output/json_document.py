"""The review as JSON: an object for one term sheet, a list for several."""

from __future__ import annotations

from collections.abc import Sequence

from clauses.review.output.common import as_json
from clauses.review.output.ink import Ink
from clauses.review.review import Examined


def render(examined: Sequence[Examined], ink: Ink) -> str:
    """The JSON text."""
    reviews = [one.review.data() for one in examined]
    return as_json(reviews[0] if len(reviews) == 1 else reviews)
