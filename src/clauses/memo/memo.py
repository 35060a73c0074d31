"""A review as a memo: `write_memo` in any of the `FORMATS`.

    Examined → plain data (view) → one Jinja master (sandbox) → content tree (tree) → a writer

A new format is a writer: a function from `Document` to the text or bytes of a file, and a line in `FORMATS`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from clauses.errors import UsageError, did_you_mean
from clauses.memo import to_html, to_markdown
from clauses.memo.document import Document
from clauses.memo.figures import draw
from clauses.memo.plain import Plain, plain
from clauses.memo.render import program_files, render_memo
from clauses.memo.templates import TemplateError, Templates
from clauses.memo.tree import number_headings, parse
from clauses.memo.view import view
from clauses.review.review import Examined

FORMATS: dict[str, Callable[[Document], str]] = {"html": to_html.write, "md": to_markdown.write}
"""The formats of a memo, each with its writer."""

LABELS, HOUSE, STYLE = "memo/labels.toml", "house.toml", "style/memo.css"


@dataclass(frozen=True)
class UsedTemplate:
    """A file that took part in a memo, with its digest."""

    name: str
    origin: str
    """`built-in` or `house`."""
    sha256: str


def write_memo(examined: Examined, format: str, templates: Path | None = None) -> str:
    """The memo of a review. `templates` is the folder of a house, whose files stand in for ours.

    Raises TemplateError where a template asks for what a memo may not hold, UsageError for another format.
    """
    if format not in FORMATS:
        raise UsageError.of(
            "unknown-format", f"there is no memo format `{format}`", None, did_you_mean(format, FORMATS)
        )
    return FORMATS[format](memo_document(examined, templates))


def memo_document(examined: Examined, templates: Path | None = None) -> Document:
    """The memo before it is written in a format."""
    found = Templates(templates)
    try:
        return _document(examined, found)
    except TemplateError as error:
        raise found.explained(error) from None


def _document(examined: Examined, found: Templates) -> Document:
    labels, house = found.settings(LABELS), found.settings(HOUSE)
    used = _used(found)
    memo = plain(view(examined))
    memo["appendix"]["templates"] = [{"name": one.name, "origin": one.origin, "sha256": one.sha256} for one in used]
    values: Plain = {"memo": memo, "labels": labels, "house": house, "figures": draw(memo, labels)}
    markup = render_memo(found, values)
    root = parse(markup.memo)
    number_headings(root, house["numbering"])
    style = found.find(STYLE)
    return Document(root, markup.figures, house, style.text if style else "")


def used_templates(templates: Path | None = None) -> list[UsedTemplate]:
    """Every file that a memo is made from, in the order of their names."""
    return _used(Templates(templates))


def _used(templates: Templates) -> list[UsedTemplate]:
    listed = [*program_files(templates), *(one for name in (LABELS, HOUSE, STYLE) for one in templates.both(name))]
    if templates.house is not None:
        style = templates.find(STYLE)
        listed = [one for one in listed if not (one.name == STYLE and one != style)]
    templates.check_all_known({one.name for one in listed})
    return sorted((UsedTemplate(one.name, one.origin, one.sha256) for one in listed), key=lambda u: (u.name, u.origin))


def templates_digest(used: list[UsedTemplate]) -> str:
    """One digest over all files that a memo is made from."""
    text = "".join(f"{one.name}\0{one.origin}\0{one.sha256}\n" for one in used)
    return hashlib.sha256(text.encode()).hexdigest()
