"""What every writer receives: the content tree, the figures, and how the house wants it to look."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from clauses.memo.plain import Plain
from clauses.memo.templates import Template
from clauses.memo.tree import Element


@dataclass(frozen=True)
class Document:
    """A memo, ready to be written in any format."""

    root: Element
    figures: Mapping[str, str]
    """The SVG of each figure by its name."""
    house: Plain
    """The settings of `house.toml`."""
    style: Mapping[str, Template]
    """The template that gives each format its look, by the format: `html`, `docx`, `pdf`."""
    day: datetime.date
    """The day as of which the memo looks at the world; a file says that it was made on it."""
    labels: Plain
    """The fixed words of `memo/labels.toml`, for what a writer has to say itself."""
    drawn_by: Mapping[str, Template]
    """The template that draws each figure: what a house draws is not made into dots or pages in this process."""
