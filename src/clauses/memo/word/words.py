"""The words of a Word document as its reader sees them, paragraph by paragraph."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from clauses.memo.word.package import main_part, open_package

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
_BREAKS = {f"{_W}br", f"{_W}tab", f"{_W}cr"}
_OFF = ("0", "false", "off")


def paragraphs(data: bytes, name: str) -> Iterator[tuple[str, str]]:
    """Each paragraph that holds words, with the heading under which it stands; the headers and footers last.

    Tracked insertions count as words, tracked deletions and hidden text do not.
    """
    parts = open_package(data, name)
    where = ""
    for paragraph in main_part(parts, name).iter(f"{_W}p"):
        text = " ".join("".join(_words(paragraph)).split())
        if text:
            where = text if _is_heading(paragraph) else where
            yield where, text
    for part in sorted(part for part in parts if part.startswith(("word/header", "word/footer"))):
        for paragraph in parts[part].iter(f"{_W}p"):
            text = " ".join("".join(_words(paragraph)).split())
            if text:
                yield "header or footer", text


def _is_heading(paragraph: etree._Element) -> bool:
    style = paragraph.find(f"{_W}pPr/{_W}pStyle")
    return style is not None and (style.get(f"{_W}val") or "").startswith(("Heading", "Title"))


def _words(element: etree._Element) -> Iterator[str]:
    """The texts below a paragraph, without those of a paragraph within it (a text box has its own)."""
    for child in element:
        if child.tag in (f"{_W}p", f"{_W}del", f"{_W}moveFrom", f"{_W}pPr") or _is_hidden(child):
            continue
        if child.tag == f"{_W}t":
            yield child.text or ""
        elif child.tag in _BREAKS:
            yield " "
        elif child.tag == _DRAWING:
            yield f" {child.get('descr') or ''} "
        yield from _words(child)


def _is_hidden(run: etree._Element) -> bool:
    mark = run.find(f"{_W}rPr/{_W}vanish") if run.tag == f"{_W}r" else None
    return mark is not None and (mark.get(f"{_W}val") or "1") not in _OFF
