"""Content tree to PDF: the tree as plain data for `style/memo.typ`, which gives it its look.

Every node keeps its tag and its classes. What differs from the tree: white space is as a line shows it, a table
is its caption, its head rows and its body rows, and an id that is not a heading's is an anchor before the words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import pypdfium2 as pdfium

from clauses.memo.document import Document
from clauses.memo.glyphs import figure_with_glyphs, with_glyphs
from clauses.memo.plain import Plain
from clauses.memo.templates import template_error
from clauses.memo.tree import HOLDS_TEXT, Element
from clauses.memo.typeset import typeset

Node = str | Plain

FONTS = {"text": "Libertinus Serif", "plain": "Libertinus Serif", "code": "DejaVu Sans Mono"}
"""What each of the house's fonts is in a PDF, where the house asks for none that comes with typst."""
BUNDLED = ("Libertinus Serif", "New Computer Modern", "DejaVu Sans Mono")
LONGEST_NAME = 8_000
"""How long a title or a description of a drawing may be; a PDF holds no more than four times as much."""
_HEADINGS = ("h1", "h2", "h3", "h4")


def write(document: Document) -> bytes:
    """The memo as a PDF that can be archived and read aloud. Raises TemplateError where its look cannot be followed."""
    look = document.style["pdf"]
    others = [one.shown_as for one in (look, *document.drawn_by.values()) if one.origin == "house"]
    pdf = typeset(look, data(document), document.day, whose=others[0] if others else None)
    if look.origin == "house":
        _check_nothing_left_out(pdf, document.root, look.shown_as)
    return pdf


def data(document: Document) -> Plain:
    """All that `style/memo.typ` receives."""
    root = document.root
    language, region = _language(root.attributes["lang"])
    privileged = next((one.text() for one in root.elements("p") if one.has_class("privileged")), "")
    return {
        "title": _name(root.attributes["title"]),
        "language": language,
        "region": region,
        "day": [document.day.year, document.day.month, document.day.day],
        "privileged": with_glyphs(privileged),
        "page": with_glyphs(document.labels["page"]),
        "house": _house(document.house),
        "figures": {name: figure_with_glyphs(svg) for name, svg in document.figures.items()},
        "blocks": [*_anchors([root]), *(node for block in root.elements() for node in _block(block))],
    }


def _name(text: str) -> str:
    """A text that stands in the file beside its pages."""
    shown = with_glyphs(text)
    return shown if len(shown) <= LONGEST_NAME else shown[: LONGEST_NAME - 1] + "…"


# --- the house


def _language(tag: str) -> tuple[str, str | None]:
    """The language of a tag as `en-GB`, and its country where it names one."""
    language, *others = tag.split("-")
    if len(language) > 3:
        hint = "two or three letters and perhaps a country, as in `en-GB`"
        raise template_error(f"`{tag}` is not a language that a PDF can name", "memo/labels.toml", hint=hint)
    return language.lower(), next((part.upper() for part in others if re.fullmatch("[A-Za-z]{2}", part)), None)


def _house(house: Plain) -> Plain:
    return {
        "firm": _name(house["firm"]),
        "address": with_glyphs(house["address"]),
        "paper": house["paper"],
        "colour": house["colour"],
        "font": {name: _fonts(house["font"][name], ours) for name, ours in FONTS.items()},
    }


def _fonts(asked: str, ours: str) -> list[str]:
    """Of the fonts that a house asks for those that every PDF can have, and ours last."""
    names = (name.strip().strip("'\"") for name in asked.split(","))
    return list(dict.fromkeys([*(name for name in names if name in BUNDLED), ours]))


# --- blocks


def _block(element: Element) -> Iterator[Plain]:
    """A block as one node, after an anchor where it has an id that nothing else can hold."""
    tag = element.tag
    if tag in _HEADINGS and not element.text():
        yield from _anchors([element])  # an outline has no entry without words
        return
    node: Plain = {"tag": tag, "classes": element.attributes.get("class", "").split()}
    if tag in _HEADINGS:
        node |= {"id": element.attributes.get("id", ""), "words": line(element)}
    else:
        yield from _anchors([element, *element.elements("thead", "tbody")])
    if tag in HOLDS_TEXT and tag not in _HEADINGS:
        node["words"] = line(element)
    elif tag in ("ol", "ul"):
        node["items"] = [_anchored(item) for item in element.elements()]
    elif tag in ("aside", "blockquote"):
        node["blocks"] = [one for block in element.elements() for one in _block(block)]
    elif tag == "figure":
        node["parts"] = [one for part in element.elements() for one in _block(part)]
    elif tag == "img":
        node |= {"figure": element.attributes["src"][7:], "alt": _name(element.attributes["alt"])}
    elif tag == "table":
        node |= _table(element)
    yield node


def _anchors(elements: Iterable[Element]) -> Iterator[Plain]:
    return ({"tag": "anchor", "id": one.attributes["id"]} for one in elements if "id" in one.attributes)


def _table(element: Element) -> Plain:
    """Rows of equally many cells, each with its words."""
    caption = element.first("caption")
    head, body = element.rows()
    columns = max([1, *(len(row.elements()) for row in head + body)])
    widths = [int(width) for width in element.attributes.get("widths", "").split()]
    return {
        "caption": _anchored(caption) if caption else [],
        "head": [_row(row, columns) for row in head],
        "body": [_row(row, columns) for row in body],
        "columns": columns,
        "widths": widths if len(widths) == columns and all(widths) else [],
    }


def _row(row: Element, columns: int) -> list[Plain]:
    cells: list[Plain] = [{"is_head": cell.tag == "th", "words": _anchored(cell)} for cell in row.elements()]
    cells += [{"is_head": False, "words": []} for _ in range(columns - len(cells))]
    cells[0]["words"] = [*_anchors([row]), *cells[0]["words"]]
    return cells


# --- lines


def _anchored(element: Element) -> list[Node]:
    """The words of an element, after an anchor where it has an id."""
    return [*_anchors([element]), *line(element)]


def line(element: Element) -> list[Node]:
    """The number and words of an element as a line shows them: single blanks, and none at either end."""
    pieces = _Line()
    nodes = pieces.nodes(element)
    pieces.drop_last_blank()
    number = element.attributes.get("number")
    return [{"tag": "number", "words": [with_glyphs(number)]}, *nodes] if number else nodes


class _Line:
    """Joins white space to single blanks across the elements of a line."""

    def __init__(self) -> None:
        self.is_after_blank = True
        self.last: tuple[list[Node], int] | None = None
        """Where the text stands that ends in a blank with no word after it."""

    def nodes(self, element: Element) -> list[Node]:
        found: list[Node] = []
        for child in element.children:
            if isinstance(child, str):
                self.add_text(child, found)
            elif child.tag == "br":
                self.drop_last_blank()
                self.is_after_blank = True
                found += [*_anchors([child]), {"tag": "br"}]
            else:
                found.extend(self.part(child))
        return found

    def add_text(self, text: str, found: list[Node]) -> None:
        text = with_glyphs(re.sub(r"[ \t\n]+", " ", text))
        text = text[1:] if self.is_after_blank and text.startswith(" ") else text
        if text:
            found.append(text)
            self.is_after_blank = text.endswith(" ")
            self.last = (found, len(found) - 1) if self.is_after_blank else None

    def part(self, element: Element) -> Iterator[Node]:
        attributes = element.attributes
        yield from _anchors([element])
        node: Plain = {"tag": element.tag, "classes": attributes.get("class", "").split()}
        node |= {"href": attributes["href"]} if "href" in attributes else {}
        yield node | {"words": self.nodes(element)}

    def drop_last_blank(self) -> None:
        """Take away the blank at the end of a line."""
        if self.last:
            nodes, place = self.last
            nodes[place] = str(nodes[place])[:-1]
            self.last = None


# --- what a look of a house has left out


def _check_nothing_left_out(pdf: bytes, root: Element, shown_as: str) -> None:
    """Refuse a PDF that lacks a heading, a paragraph, an entry or a cell of the memo."""
    pages = [page.get_textpage().get_text_range() for page in pdfium.PdfDocument(pdf)]
    said = _letters("".join(pages))
    for element in root.walk():
        words = with_glyphs("".join(_words(element))) if element.tag in _LINES else ""
        if words and not _is_said(_letters(words), said):
            shown = " ".join(words.split())
            raise template_error(f"this look leaves out words of the memo: `{shown[:60]}`", shown_as)


_LINES = (*_HEADINGS, "p", "li", "td", "th", "caption", "figcaption")


def _words(element: Element) -> Iterator[str]:
    """The words without their number, which a look may set as it likes."""
    for child in element.children:
        yield from [child] if isinstance(child, str) else _words(child)


def _letters(text: str) -> str:
    """What stays the same however a line is broken, hyphenated or set in capitals."""
    return re.sub(r"[\W_]+", "", text.upper())


def _is_said(words: str, said: str) -> bool:
    """Whether the words stand in the text, perhaps with the head and the foot of a page between them now and then."""
    return words in said or (len(words) > _SHORT and _unsaid(words, said) <= 2 * _SHORT + len(words) // 50)


_SHORT = 12
"""Of so few letters nobody can tell whether they are left out or divided between pages."""


def _unsaid(words: str, said: str) -> int:
    """How many of the letters stand in pieces that the text lacks, halved again and again down to short ones."""
    if words in said:
        return 0
    if len(words) <= _SHORT:
        return len(words)
    return _unsaid(words[: len(words) // 2], said) + _unsaid(words[len(words) // 2 :], said)
