"""A review as a memo: `write_memo` in any of the `FORMATS`.

    Examined → plain data (view) → one Jinja master (sandbox) → content tree (tree) → a writer

A new format is a writer: a function from `Document` to the bytes of a file, a line in `FORMATS`, and the file of
its look in `STYLES`.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clauses.errors import UsageError, did_you_mean
from clauses.extras import needs
from clauses.memo import house_settings, to_html, to_markdown
from clauses.memo.document import Document
from clauses.memo.figures import draw
from clauses.memo.plain import Plain, plain
from clauses.memo.render import FIGURES, MASTER, figure_file, program_files, render_memo
from clauses.memo.templates import CORE, Template, TemplateError, Templates, template_error
from clauses.memo.tree import Element, number_captions, number_headings, parse
from clauses.memo.view import view
from clauses.memo.view_fixes import fixes_view
from clauses.review.review import Examined

if TYPE_CHECKING:
    from clauses.proofs.resolve import Resolution


def _write_docx(document: Document) -> bytes:
    with needs("word", "a memo in Word"):
        from clauses.memo.word import to_docx
    return to_docx.write(document)


def _write_pdf(document: Document) -> bytes:
    with needs("pdf", "a memo as PDF"):
        from clauses.memo import to_pdf
    return to_pdf.write(document)


FORMATS: dict[str, Callable[[Document], bytes]] = {
    "html": to_html.write, "md": to_markdown.write, "docx": _write_docx, "pdf": _write_pdf,
}  # fmt: skip
"""The formats of a memo, each with its writer."""

LABELS, HOUSE = "memo/labels.toml", house_settings.HOUSE
STYLES = {"html": "style/memo.css", "docx": "style/memo.docx", "pdf": "style/memo.typ"}
"""The template that gives a format its look."""


@dataclass(frozen=True)
class UsedTemplate:
    """A file that took part in a memo, with its digest."""

    name: str
    origin: str
    """`built-in` or `house`."""
    sha256: str


def write_memo(
    examined: Examined, format: str, templates: Path | None = None, resolution: Resolution | None = None
) -> bytes:
    """The memo of a review as a file of a format. `templates` is the folder of a house, whose files stand in for ours.

    With a `resolution` (see `clauses.resolve`) the memo says what would clear the term sheet.

    Raises TemplateError where a template asks for what a memo may not hold, UsageError for another format or one
    whose packages are not installed.
    """
    return write_memos(examined, [format], templates, resolution)[format]


def write_memos(
    examined: Examined, formats: Sequence[str], templates: Path | None = None, resolution: Resolution | None = None
) -> dict[str, bytes]:
    """The memo of a review in several formats; see `write_memo`."""
    for format in formats:
        if format not in FORMATS:
            raise UsageError.of(
                "unknown-format", f"there is no memo format `{format}`", None, did_you_mean(format, FORMATS)
            )
    document = memo_document(examined, templates, resolution)
    return {format: FORMATS[format](document) for format in formats}


def write_redline(examined: Examined, templates: Path | None = None, with_comments: bool = True) -> bytes:
    """The terms in force against the term sheet as tracked changes in Word; see `clauses redline`.

    Without comments it says nothing of what the review found: it can go to the other side.
    """
    with needs("word", "a redline"):
        from clauses.memo.word import redline
    return redline.write_redline(examined, templates, with_comments)


def memo_document(examined: Examined, templates: Path | None = None, resolution: Resolution | None = None) -> Document:
    """The memo before it is written in a format."""
    found = Templates(templates)
    try:
        return _document(examined, found, resolution)
    except TemplateError as error:
        raise found.explained(error) from None


def _document(examined: Examined, found: Templates, resolution: Resolution | None) -> Document:
    labels, house = found.settings(LABELS), found.settings(HOUSE)
    used = _used(found)
    memo = plain({**view(examined), "fixes": fixes_view(resolution, examined.deal)})
    memo["appendix"]["templates"] = [{"name": one.name, "origin": one.origin, "sha256": one.sha256} for one in used]
    values: Plain = {"memo": memo, "labels": labels, "house": house, "figures": draw(memo, labels)}
    markup = render_memo(found, values)
    root = parse(markup.memo)
    _check_figures(root, markup.figures)
    number_headings(root, house["numbering"])
    number_captions(root, labels["caption"])
    day = datetime.date.fromordinal(examined.deal.as_of.lowest)
    drawn_by = {name: drawing for name in FIGURES if (drawing := found.find(figure_file(name))) is not None}
    return Document(root, markup.figures, house, _styles(found), day, labels, drawn_by)


def _check_figures(root: Element, figures: Mapping[str, str]) -> None:
    """A section shows only drawings that this memo has."""
    for picture in (element for element in root.walk() if element.tag == "img"):
        name = picture.attributes["src"].removeprefix("figure:")
        if name not in figures:
            is_asked = "a memo draws what the deal has: ask with `{% if figures.timeline is defined %}`"
            hint = did_you_mean(name, figures) or is_asked
            raise template_error(f"this memo has no drawing `{name}`", MASTER, hint=hint)


def _styles(templates: Templates) -> dict[str, Template]:
    return {format: found for format, name in STYLES.items() if (found := templates.find(name)) is not None}


def used_templates(templates: Path | None = None) -> list[UsedTemplate]:
    """Every file that a memo is made from, in the order of their names.

    Raises TemplateError for a template or a setting that every memo would refuse.
    """
    found = Templates(templates)
    try:
        for name in (LABELS, HOUSE):
            found.settings(name)
        return _used(found)
    except TemplateError as error:
        raise found.explained(error) from None


def template_file(name: str, templates: Path | None = None) -> bytes:
    """One of the files that a memo is made from, the house's where it has one. Raises UsageError for another name."""
    found = Templates(templates).find(name)
    if found is None or name.startswith(CORE):
        known = {one.name for one in used_templates(templates)}
        raise UsageError.of("unknown-template", f"there is no template `{name}`", None, did_you_mean(name, known))
    return found.data


def _used(templates: Templates) -> list[UsedTemplate]:
    settings = [one for name in (LABELS, HOUSE) for one in templates.both(name)]
    listed = [*program_files(templates), *settings, *_styles(templates).values()]
    templates.check_all_known({one.name for one in listed})
    return sorted((UsedTemplate(one.name, one.origin, one.sha256) for one in listed), key=lambda u: (u.name, u.origin))
