"""One review a line, as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from clauses.review.output.ink import Ink
from clauses.review.review import Examined


def render(examined: Sequence[Examined], ink: Ink) -> str:
    """The lines."""
    return "".join(json.dumps(one.review.data(), ensure_ascii=False) + "\n" for one in examined)
