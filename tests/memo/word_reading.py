"""Accepts or rejects every tracked change of a Word file, as Word does, and reads what is left.

Written from the standard alone and without anything of the writer: it knows more than we write (moves, table rows,
formatting), so that what another program made of our file can be read too.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
COMES = {f"{W}ins", f"{W}moveTo"}
GOES = {f"{W}del", f"{W}moveFrom"}


def part(data: bytes, name: str) -> etree._Element:
    """A part of a Word file, such as `word/document.xml`."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return etree.fromstring(archive.read(name))


def accepted(data: bytes) -> list[str]:
    """The paragraphs after every change is accepted."""
    return _resolved(data, dropped=GOES, kept=COMES)


def rejected(data: bytes) -> list[str]:
    """The paragraphs after every change is rejected."""
    return _resolved(data, dropped=COMES, kept=GOES)


def _resolved(data: bytes, dropped: set[str], kept: set[str]) -> list[str]:
    """Paragraph by paragraph; one whose mark is dropped runs on into the next."""
    found: list[str] = []
    open_words = ""
    for paragraph in part(data, "word/document.xml").iter(f"{W}p"):
        if _row_is_dropped(paragraph, dropped):
            continue
        open_words += _words(paragraph, dropped)
        if not _mark_is_dropped(paragraph, dropped):
            found.append(open_words)
            open_words = ""
    assert not open_words, "the last paragraph cannot run on"
    return found


def _words(element: etree._Element, dropped: set[str]) -> str:
    """The words below an element; a paragraph within it (of a text box) is read by itself."""
    words = ""
    for child in element:
        if child.tag in dropped or child.tag in (f"{W}p", f"{W}pPr", f"{W}rPr"):
            continue
        if child.tag in (f"{W}t", f"{W}delText"):
            words += child.text or ""
        elif child.tag in (f"{W}br", f"{W}cr"):
            words += "\n"
        elif child.tag == f"{W}tab":
            words += "\t"
        else:
            words += _words(child, dropped)
    return words


def _mark_is_dropped(paragraph: etree._Element, dropped: set[str]) -> bool:
    look = paragraph.find(f"{W}pPr/{W}rPr")
    return look is not None and any(child.tag in dropped for child in look)


def _row_is_dropped(paragraph: etree._Element, dropped: set[str]) -> bool:
    rows = paragraph.iterancestors(f"{W}tr")
    return any(child.tag in dropped for row in rows for child in row.iterfind(f"{W}trPr/*"))


@dataclass(frozen=True)
class WordComment:
    """A comment, and the words that it stands on with all changes shown."""

    author: str
    date: str
    initials: str
    paragraphs: tuple[str, ...]
    on: str
    under: str
    """The heading of the second level above its mark, or the paragraph itself where it is one."""


def comments(data: bytes) -> list[WordComment]:
    """The comments in the order of their ids."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if "word/comments.xml" not in archive.namelist():
            return []
    document = part(data, "word/document.xml")
    anchors, headings = _anchors(document), _headings(document)
    return [
        WordComment(
            author=found.get(f"{W}author", ""),
            date=found.get(f"{W}date", ""),
            initials=found.get(f"{W}initials", ""),
            paragraphs=tuple(_words(paragraph, set()) for paragraph in found.iter(f"{W}p")),
            on=anchors[found.get(f"{W}id", "")],
            under=headings[found.get(f"{W}id", "")],
        )
        for found in part(data, "word/comments.xml").iter(f"{W}comment")
    ]


def _anchors(document: etree._Element) -> dict[str, str]:
    """The words between the two ends of each comment that also has its mark."""
    opened: dict[str, str] = {}
    closed: dict[str, str] = {}
    marked = set()
    for element in document.iter():
        id = element.get(f"{W}id", "") if isinstance(element.tag, str) else ""
        if element.tag == f"{W}commentRangeStart":
            opened[id] = ""
        elif element.tag == f"{W}commentRangeEnd":
            closed[id] = opened.pop(id)
        elif element.tag == f"{W}commentReference":
            marked.add(id)
        elif element.tag in (f"{W}t", f"{W}delText"):
            opened = {key: words + (element.text or "") for key, words in opened.items()}
    assert not opened and set(closed) == marked
    return closed


def _headings(document: etree._Element) -> dict[str, str]:
    """For each comment the heading under which its mark stands."""
    found: dict[str, str] = {}
    heading = ""
    for paragraph in document.iter(f"{W}p"):
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        if style is not None and style.get(f"{W}val") == "Heading2":
            heading = _words(paragraph, set())
        for mark in paragraph.iter(f"{W}commentReference"):
            found[mark.get(f"{W}id", "")] = heading
    return found


def revisions(data: bytes) -> list[etree._Element]:
    """Every insertion and deletion, of words and of paragraph marks."""
    return [found for found in part(data, "word/document.xml").iter() if found.tag in COMES | GOES]


def authors(data: bytes) -> set[tuple[str | None, str | None]]:
    """Author and date of the changes."""
    return {(found.get(f"{W}author"), found.get(f"{W}date")) for found in revisions(data)}
