"""The words of a Word document as its reader sees them, paragraph by paragraph."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from clauses.memo.word.package import main_part, open_package

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
_BREAKS = {f"{_W}br", f"{_W}tab", f"{_W}cr"}
_OFF = ("0", "false", "off")
_NO_WORDS = {f"{_W}{name}" for name in ("p", "del", "moveFrom", "pPr", "fldSimple")}
_SMALLEST = 10
"""The smallest size of words that can be read, in half points."""


def paragraphs(data: bytes, name: str) -> Iterator[tuple[str, str]]:
    """Each paragraph that holds words, with the heading under which it stands; the headers and footers last.

    Tracked insertions count as words. Tracked deletions, hidden and struck words, and words in white or too small to
    be read do not. The numbers of pages are left out: every program that opens a document counts them anew.
    """
    parts = open_package(data, name)
    where = ""
    for paragraph in main_part(parts, name).iter(f"{_W}p"):
        text = " ".join("".join(_words(paragraph)).split())
        if text:
            where = text if _is_heading(paragraph) else where
            yield where, text
    margins = (parts[part] for part in parts if part.startswith(("word/header", "word/footer")))
    texts = {" ".join("".join(_words(p)).split()) for root in margins for p in root.iter(f"{_W}p")}
    for text in sorted(texts - {""}):
        yield "header or footer", text


def _is_heading(paragraph: etree._Element) -> bool:
    style = paragraph.find(f"{_W}pPr/{_W}pStyle")
    return style is not None and (style.get(f"{_W}val") or "").startswith(("Heading", "Title"))


def _words(element: etree._Element) -> Iterator[str]:
    """The texts below a paragraph, without those of a paragraph within it (a text box has its own)."""
    in_field = False
    for child in element:
        mark = child.find(f"{_W}fldChar") if child.tag == f"{_W}r" else None
        if mark is not None:
            in_field = mark.get(f"{_W}fldCharType") != "end"
        if in_field or child.tag in _NO_WORDS or _is_hidden(child):
            continue
        if child.tag == f"{_W}t":
            yield child.text or ""
        elif child.tag in _BREAKS:
            yield " "
        elif child.tag == _DRAWING:
            yield f" {child.get('descr') or ''} "
        yield from _words(child)


def _is_hidden(run: etree._Element) -> bool:
    """Whether the words of a run are there for programs only."""
    look = run.find(f"{_W}rPr") if run.tag == f"{_W}r" else None
    if look is None:
        return False
    struck = any(
        (mark.get(f"{_W}val") or "1") not in _OFF
        for name in ("vanish", "webHidden", "strike", "dstrike")
        for mark in look.findall(f"{_W}{name}")
    )
    colour, size = look.find(f"{_W}color"), look.find(f"{_W}sz")
    is_white = colour is not None and (colour.get(f"{_W}val") or "").upper() == "FFFFFF"
    points = (size.get(f"{_W}val") or "") if size is not None else ""
    is_tiny = points.isdecimal() and int(points) < _SMALLEST
    return struck or is_white or is_tiny
