"""The words of a line of the content tree as runs of Word: their looks, their links, and single blanks between them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn

from clauses.memo.tree import Element
from clauses.memo.word.house import House
from clauses.memo.word.ooxml import FreshIds, XmlElement, bookmark, element, link, run

_LOOKS = {
    "conflict": "Memo Conflict", "consent": "Memo Consent", "flag": "Memo Flag", "open": "Memo Open",
    "note": "Memo Note", "assumed": "Memo Assumed", "passed": "Memo Passed", "none": "Memo Quiet",
    "quiet": "Memo Quiet", "lead": "Memo Lead",
}  # fmt: skip
"""The character style of each class that has a look."""
_TAGS = {"code": "Memo Code", "ins": "Memo Inserted", "del": "Memo Deleted", "a": "Hyperlink"}
_STRONGEST = ("Memo Inserted", "Memo Deleted")
"""Whether words come or go is seen whatever else they are."""
_LONGEST_NAME = 30
"""How much of an id the name of its bookmark shows; Word takes 40 characters in all."""


@dataclass(frozen=True)
class _Look:
    style: str | None = None
    is_bold: bool = False
    is_italic: bool = False
    target: str = ""
    """Where the words lead."""


@dataclass(frozen=True)
class _Piece:
    words: str
    look: _Look
    anchor: str = ""
    """The id of what begins here."""


class Bookmarks:
    """The bookmarks of a document, one for each id of the tree."""

    def __init__(self, root: Element, house: House) -> None:
        ids = [one.attributes["id"] for one in root.walk() if "id" in one.attributes]
        self._names = {id: f"memo_{number}_{_plain(id)}" for number, id in enumerate(ids, 1)}
        self._fresh = FreshIds([house.document.element], "w:bookmarkStart")

    def name(self, id: str) -> str:
        """The name of the bookmark of an id."""
        return self._names[id]

    def around(self, ids: Iterable[str], content: Iterable[XmlElement]) -> list[XmlElement]:
        """Content with the bookmarks of ids around it."""
        listed = list(content)
        for id in ids:
            listed = bookmark(self._fresh(), self._names[id], listed)
        return listed


def _plain(id: str) -> str:
    return re.sub(r"\W", "_", id)[:_LONGEST_NAME]


class Lines:
    """Writes lines into the document of a house."""

    def __init__(self, house: House, bookmarks: Bookmarks) -> None:
        self._house, self._bookmarks = house, bookmarks

    def runs(self, holder: Element) -> list[XmlElement]:
        """The words of an element that holds words, its number first where it has one."""
        pieces = list(_single_blanks(_pieces(holder, _Look())))
        found = [*self._number(holder)]
        for target, part in groupby(pieces, key=lambda piece: piece.look.target):
            inner = [made for piece in part for made in self._made(piece)]
            found += self._linked(target, inner) if target else inner
        return found

    def _number(self, holder: Element) -> Iterator[XmlElement]:
        """The number of a heading is quieter than its words; that of a caption is a part of it."""
        if "number" in holder.attributes:
            is_heading = holder.tag not in ("caption", "figcaption")
            style = self._house.style("Memo Number") if is_heading else None
            yield run(holder.attributes["number"] + ("\u2002" if is_heading else " "), style)

    def _made(self, piece: _Piece) -> Iterator[XmlElement]:
        if piece.anchor:
            yield from self._bookmarks.around([piece.anchor], [])
        if piece.words:
            look = piece.look
            formats = [element(tag) for tag, is_so in (("w:b", look.is_bold), ("w:i", look.is_italic)) if is_so]
            yield run(piece.words, self._house.style(look.style) if look.style else None, *formats)

    def _linked(self, target: str, content: list[XmlElement]) -> list[XmlElement]:
        if not any(made.tag == qn("w:r") for made in content):
            return content
        if target.startswith("#"):
            return [link(self._bookmarks.name(target[1:]), content)]
        related = self._house.document.part.relate_to(target, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
        return [link(related, content, is_relationship=True)]


def _pieces(holder: Element, look: _Look) -> Iterator[_Piece]:
    for child in holder.children:
        if isinstance(child, str):
            yield _Piece(re.sub(r"[ \t\n]+", " ", child), look)
            continue
        if "id" in child.attributes:
            yield _Piece("", look, child.attributes["id"])
        if child.tag == "br":
            yield _Piece("\n", look)
        else:
            yield from _pieces(child, _looks(child, look))


def _looks(inner: Element, look: _Look) -> _Look:
    """How words within an element look: as those around them, and as the element asks."""
    classes = inner.attributes.get("class", "").split()
    style = _TAGS.get(inner.tag) or next((_LOOKS[name] for name in reversed(classes) if name in _LOOKS), None)
    return _Look(
        style=look.style if look.style in _STRONGEST else style or look.style,
        is_bold=look.is_bold or (inner.tag == "strong" and style is None),
        is_italic=look.is_italic or inner.tag == "em",
        target=inner.attributes.get("href", look.target),
    )


def _single_blanks(pieces: Iterable[_Piece]) -> list[_Piece]:
    """The pieces with one blank where there were several, and none where a line begins or ends."""
    found: list[_Piece] = []
    is_after_blank = True
    for piece in pieces:
        words = piece.words
        if words == "\n":
            _trim_end(found)
        elif is_after_blank:
            words = words.lstrip(" ")
        if words:
            is_after_blank = words[-1] in " \n"
        found.append(replace(piece, words=words))
    _trim_end(found)
    return found


def _trim_end(pieces: list[_Piece]) -> None:
    for number in range(len(pieces) - 1, -1, -1):
        pieces[number] = replace(pieces[number], words=pieces[number].words.rstrip(" "))
        if pieces[number].words:
            return
