"""Content tree to Word: real styles on the document of the house, so that its owner can restyle it and find the way.

The memo shows a redline as formatting only. Tracked changes belong to the redline, a document of its own: to accept
all of them in a memo would take away what it speaks of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from docx.oxml.ns import qn

from clauses.memo.document import Document
from clauses.memo.tree import Element
from clauses.memo.word.house import (
    FOOTER,
    House,
    body_of,
    built_as_word,
    fill_controls,
    open_house,
    set_language,
    set_title,
)
from clauses.memo.word.lines import Bookmarks, Lines
from clauses.memo.word.ooxml import (
    XmlElement,
    cell,
    element,
    paragraph,
    properties,
    put,
    row,
    run,
    shares,
    table,
)
from clauses.memo.word.package import packed
from clauses.memo.word.pictures import LeftOut, Pictures

_HEADINGS = {"h1": "Title", "h2": "Heading 1", "h3": "Heading 2", "h4": "Heading 3"}
_PARAGRAPHS = {
    "privileged": "Memo Privileged", "meta": "Memo Meta", "remark": "Memo Remark", "quiet": "Memo Remark",
    "redraft": "Memo Redraft",
}  # fmt: skip
"""The paragraph style of each class of paragraphs that has a look."""
_VERDICTS = {"conflict": "Conflict", "consent": "Consent", "undetermined": "Open", "flag": "Flag", "clear": "Clear"}
_COLUMNS = 2
"""How many items of a list of class `columns` stand side by side."""
_SHORT_TABLE = 4
"""Up to how many rows a table stays on one page."""
_HIGHEST_ROW = 24
"""Up to how many lines a row stays on one page: of one that is higher than a page, some programs cut off the rest."""
_CHARACTER = 90
"""About how wide a character of a table is, in twentieths of a point."""


def write(document: Document) -> bytes:
    """The memo as a Word document. Raises what `open_house` and `body_of` raise for the document of a house."""
    template = document.style["docx"]
    with built_as_word(template):
        return _written(document, open_house(template, document.house))


def _written(document: Document, house: House) -> bytes:
    title = document.root.attributes["title"]
    set_language(house, document.root.attributes["lang"])
    set_title(house, title)
    fill_controls(house, FOOTER, document.labels["word"]["footer"])
    body = body_of(house)
    for block in _Writer(document, house).blocks():
        body.append(block)
    return packed(house.document, title, document.house["firm"], document.day)


class _Writer:
    """Writes the blocks of a memo, in order."""

    def __init__(self, document: Document, house: House) -> None:
        self.document, self.house = document, house
        self.bookmarks = Bookmarks(document.root, house)
        self.lines, self.pictures = Lines(house, self.bookmarks), Pictures(house)
        self.waiting: list[str] = []
        """The ids of elements that have begun and of which no paragraph is written yet."""

    def blocks(self) -> Iterator[XmlElement]:
        yield from self.sequence(self.document.root, None)
        if self.waiting:  # what has no words at the end can still be led to
            yield self.paragraph("Memo Gap", [])
        yield from self.remarks()

    def sequence(self, holder: Element, around: Element | None) -> Iterator[XmlElement]:
        """The blocks within an element; words that lead up to a list or a figure stay on its page."""
        elements = holder.elements()
        for one, following in zip_longest(elements, elements[1:]):
            made = list(self.block(one, around))
            if _leads_up_to(one, following):
                _keep_with_next(made)
            yield from made
            if around is None and _needs_gap(one, following):
                yield self.paragraph("Memo Gap", [])

    def remarks(self) -> Iterator[XmlElement]:
        """What the house has to know of its own document."""
        if self.house.added_styles:
            listed = ", ".join(f"“{name}”" for name in self.house.added_styles)
            words = self.document.labels["word"]["added_styles"].replace("{list}", listed)
            yield self.paragraph("Memo Remark", [run(words)])

    def block(self, one: Element, around: Element | None) -> Iterator[XmlElement]:
        """A block as paragraphs and tables; `around` is the aside or the quotation that it stands in."""
        self.begin(one)
        if one.tag in _HEADINGS:
            yield self.line(_HEADINGS[one.tag], one)
        elif one.tag == "p":
            yield self.line(_style_in(around, one) if around else _style_of(one), one)
        elif one.tag in ("ol", "ul"):
            yield from self.items(one, around)
        elif one.tag in ("aside", "blockquote"):
            yield from self.sequence(one, one)
        elif one.tag == "figure":
            yield from self.figure(one)
        elif one.tag == "table":
            yield from self.table(one)
        elif one.tag == "hr":
            yield self.paragraph("Memo Rule", [])

    def begin(self, one: Element) -> None:
        """Note the id of an element, for the next paragraph."""
        if "id" in one.attributes:
            self.waiting.append(one.attributes["id"])

    def line(self, style: str, holder: Element, *formats: XmlElement) -> XmlElement:
        return self.paragraph(style, self.lines.runs(holder), *formats)

    def paragraph(self, style: str, content: Iterable[XmlElement], *formats: XmlElement) -> XmlElement:
        waiting, self.waiting = self.waiting, []
        return paragraph(self.house.style(style), self.bookmarks.around(waiting, content), *formats)

    # --- lists

    def items(self, one: Element, around: Element | None) -> Iterator[XmlElement]:
        style = "List Number" if one.tag == "ol" else _style_of_items(one, around)
        numbering = self.house.start_list(style) if one.tag == "ol" else None
        made = []
        for item in one.elements("li"):
            self.begin(item)
            made.append(self.line(style, item, *_numbered(numbering)))
        _keep_with_next([*made[:-1][:1], *made[:-1][-1:]])  # no item stands alone
        if style == "Memo Small Item" and made:
            yield self.columns(made)
        else:
            yield from made

    def columns(self, items: list[XmlElement]) -> XmlElement:
        """Items side by side, to be read along the rows: their order is that of the list."""
        widths = shares([1] * _COLUMNS, self.house.width)
        items += [self.paragraph("Memo Gap", []) for _ in range(-len(items) % _COLUMNS)]
        rows = [
            row(cell(width, [item]) for width, item in zip(widths, items[start : start + _COLUMNS], strict=True))
            for start in range(0, len(items), _COLUMNS)
        ]
        return table(widths, rows, element("w:tblStyle", val=self.house.style("Memo Columns")))

    # --- figures

    def figure(self, one: Element) -> Iterator[XmlElement]:
        for part in one.elements():
            self.begin(part)
            if part.tag == "figcaption":
                yield self.line("Memo Figure Caption", part)
            else:
                yield from self.picture(part.attributes["src"].partition(":")[2], part.attributes["alt"])

    def picture(self, name: str, description: str) -> Iterator[XmlElement]:
        figure, drawn_by = self.document.figures[name], self.document.drawn_by[name]
        drawing = self.pictures.drawing(name, figure, description, drawn_by)
        if isinstance(drawing, LeftOut):
            for words in (description, self.document.labels["word"][drawing.value]):
                yield self.paragraph("Memo Remark", [run(words)])
        else:
            yield self.paragraph("Memo Figure", [drawing], element("w:keepNext"))  # its caption follows

    # --- tables

    def table(self, one: Element) -> Iterator[XmlElement]:
        caption = one.first("caption")
        if caption is not None:
            self.begin(caption)
            yield self.line("Caption", caption)
        parts = [*one.elements("thead"), *one.elements("tbody")]
        columns = max((len(cells.elements()) for part in parts for cells in part.elements()), default=0)
        if not columns:
            return
        widths = shares(_shares(one, columns), self.house.width)
        rows = [made for part in parts for made in self.rows(one, part, widths)]
        heads = len(one.rows()[0])
        for number, kept in enumerate(rows[:-1]):
            is_kept = number <= heads or number == len(rows) - 2 or len(rows) <= _SHORT_TABLE
            if is_kept and _is_whole(kept):
                _keep_with_next(kept.iter(qn("w:p")))
        yield table(widths, rows, *self.table_settings(one, caption))

    def table_settings(self, one: Element, caption: Element | None) -> Iterator[XmlElement]:
        yield element("w:tblStyle", val=self.house.style("Memo Letter" if one.has_class("letter") else "Memo Table"))
        yield element("w:tblInd", w=0, type="dxa")
        head, rows = one.rows()
        has_labels = any(first.tag == "th" for cells in rows for first in cells.elements()[:1])
        yield element(
            "w:tblLook", val="04A0" if has_labels else "0420", firstRow=int(bool(head)), lastRow=0,
            firstColumn=int(has_labels), lastColumn=0, noHBand=1, noVBand=1,
        )  # fmt: skip
        if caption is not None:
            yield element("w:tblCaption", val=caption.text()[:250])

    def rows(self, one: Element, part: Element, widths: list[int]) -> Iterator[XmlElement]:
        """The rows of the head or of the body of a table, each with a cell for every column."""
        self.begin(part)
        is_head = part.tag == "thead"
        for cells in part.elements():
            self.begin(cells)
            columns = list(enumerate(zip_longest(cells.elements(), widths)))
            is_whole = all(held is None or _lines(held, width) <= _HIGHEST_ROW for _, (held, width) in columns)
            made = [self.cell(one, held, number, width, is_head) for number, (held, width) in columns]
            yield row(made, is_head=is_head, is_whole=is_whole)

    def cell(self, one: Element, held: Element | None, number: int, width: int, is_head: bool) -> XmlElement:
        if held is None:
            return cell(width, [self.paragraph("Memo Table Text", [])])
        self.begin(held)
        right = [element("w:jc", val="right")] if is_head and number and one.has_class("numbers") else []
        return cell(width, [self.line(_style_of_cell(one, held, number, is_head), held, *right)])


# --- which style


def _style_of(one: Element) -> str:
    return next((style for name, style in _PARAGRAPHS.items() if one.has_class(name)), "Normal")


def _style_in(around: Element, one: Element) -> str:
    """The style of a paragraph within an aside or a quotation."""
    verdict = next((kind for name, kind in _VERDICTS.items() if around.has_class(name)), None)
    if around.tag == "aside" and verdict:
        return f"Memo {'Answer' if one.has_class('answer') else 'Verdict'} {verdict}"
    return "Memo Redline" if around.has_class("redline") else "Memo Quote"


def _style_of_items(one: Element, around: Element | None) -> str:
    if around is not None and around.has_class("redline"):
        return "Memo Redline Item"
    return "Memo Small Item" if one.has_class("columns") else "List Bullet"


def _style_of_cell(one: Element, held: Element, number: int, is_head: bool) -> str:
    if one.has_class("letter"):
        return "Memo Letter Label" if held.tag == "th" else "Memo Letter Text"
    if is_head:
        return "Memo Table Head"
    return "Memo Table Number" if one.has_class("numbers") and number else "Memo Table Text"


def _shares(one: Element, columns: int) -> list[int]:
    """The shares of the columns in the width of a table: as it says, or as its class has them."""
    stated = [int(width) for width in one.attributes.get("widths", "").split()]
    if len(stated) == columns and all(stated):
        return stated
    first = {"letter": 15, "numbers": 34}.get(one.attributes.get("class", ""), 0)
    if first and columns > 1:
        return [first * (columns - 1), *[100 - first] * (columns - 1)]
    return [1] * columns


def _lines(held: Element, width: int) -> int:
    """About how many lines the words of a cell take."""
    breaks = sum(one.tag == "br" for one in held.walk())
    return breaks + len(held.text()) * _CHARACTER // width + 1


def _is_whole(made: XmlElement) -> bool:
    return made.find(f"{qn('w:trPr')}/{qn('w:cantSplit')}") is not None


def _numbered(numbering: int | None) -> Iterator[XmlElement]:
    if numbering is not None:
        yield element("w:numPr", element("w:ilvl", val=0), element("w:numId", val=numbering))


# --- pages


def _keep_with_next(blocks: Iterable[XmlElement]) -> None:
    """Keep paragraphs on the page of what follows them."""
    for block in blocks:
        if block.tag != qn("w:p"):
            continue
        about = block.find(qn("w:pPr"))
        if about is None:
            about = properties("w:pPr")
            block.insert(0, about)
        put(about, element("w:keepNext"))


def _leads_up_to(one: Element, following: Element | None) -> bool:
    """Whether a block belongs on the page of the next: a heading, or words before a list or a drawing."""
    if following is None:
        return False
    return one.tag in _HEADINGS or (one.tag == "p" and following.tag in ("ol", "ul", "figure"))


def _needs_gap(one: Element, following: Element | None) -> bool:
    """Whether a block has to be set apart from the next: what has its own rules or ground has no space around it."""
    is_set_off = one.tag in ("table", "aside") or one.has_class("redline") or one.has_class("columns")
    if not is_set_off or following is None:
        return is_set_off
    return following.tag not in _HEADINGS and not (following.tag == "table" and following.first("caption"))
