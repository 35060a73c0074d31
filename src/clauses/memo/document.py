"""What every writer receives: the content tree, the figures, and how the house wants it to look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from clauses.memo.plain import Plain
from clauses.memo.tree import Element


@dataclass(frozen=True)
class Document:
    """A memo, ready to be written in any format."""

    root: Element
    figures: Mapping[str, str]
    """The SVG of each figure by its name."""
    house: Plain
    """The settings of `house.toml`."""
    css: str
    """The style sheet for HTML."""
