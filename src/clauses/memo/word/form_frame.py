"""The frame of a form: its tables, rows and cells, and the words that stand beside its tables.

What Word shows of a table is not all that its file holds: a row may be of no height, a cell merged into the one
above, a table within the branch of an instruction. The reader takes the cells of the file, so whatever could set them
apart from the page is an objection here. The words beside the tables are the other half: what a form prints is known,
and anything else was written by somebody who meant it to count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from clauses.memo.word.form_cells import BOUND, Objection, is_bound
from clauses.memo.word.form_looks import Element, W, is_on

_AROUND_TABLES = {f"{W}{name}" for name in ("document", "body", "sdt", "sdtContent")}
_AROUND_ROWS = {f"{W}{name}" for name in ("sdt", "sdtContent")}
_TRACKED = {f"{W}{name}" for name in ("ins", "del", "moveFrom", "moveTo")}
_NARROWEST_COLUMN, _FARTHEST = 400, 3000
"""In twentieths of a point: how wide a column of values is at least, and how far a table may be moved aside."""

_ANEW = "make the form anew with `clauses form AGREEMENT --sheet SHEET` if it cannot be mended"
_SETTLE = "accept it or reject it"


# --- tables


def tables_of(body: Element) -> Iterator[Element]:
    """The tables of a document, without those within another one or in a text box."""
    for table in body.iter(f"{W}tbl"):
        above = {ancestor.tag for ancestor in table.iterancestors()}
        if f"{W}tbl" not in above and f"{W}txbxContent" not in above:
            yield table


def rows_of(table: Element) -> list[Element]:
    """The rows of a table, without those of a table within it."""
    return [row for row in table.iter(f"{W}tr") if next(row.iterancestors(f"{W}tbl")) is table]


def cells_of(row: Element) -> list[Element]:
    """The cells of a row, without those of a table within it."""
    return [cell for cell in row.iter(f"{W}tc") if next(cell.iterancestors(f"{W}tr")) is row]


def row_change(row: Element) -> str | None:
    """`inserted` or `deleted`, where a tracked change does that to a whole row."""
    about = row.find(f"{W}trPr")
    for name, word in (("ins", "inserted"), ("del", "deleted")):
        if about is not None and about.find(f"{W}{name}") is not None:
            return word
    return None


def is_hidden(row: Element) -> bool:
    """Whether nobody sees a row."""
    return is_on(row.find(f"{W}trPr/{W}hidden"))


# --- what sets them apart from what is shown


def table_objections(table: Element, in_fields: Mapping[Element, None]) -> Iterator[Objection]:
    """Why a table may not be shown as it stands in the file. `in_fields` are the tables within an instruction."""
    yield from _around(table.iterancestors(), _AROUND_TABLES, "this table")
    if table in in_fields:
        yield (
            "altered-table",
            "this table stands within a field code, which may not show it",
            "take it out of the field",
        )
    about = table.find(f"{W}tblPr")
    if about is not None and about.find(f"{W}tblpPr") is not None:
        yield (
            "altered-table",
            "this table floats, so that it may lie where nobody sees it",
            "let no text wrap around it",
        )
    indent = about.find(f"{W}tblInd") if about is not None else None
    if indent is not None and not -_FARTHEST <= _number(indent.get(f"{W}w", "0")) <= _FARTHEST:
        yield (
            "altered-table",
            "this table is moved aside, so that it may lie where nobody sees it",
            "indent it by nothing",
        )
    columns = [_number(column.get(f"{W}w", "")) for column in table.iterfind(f"{W}tblGrid/{W}gridCol")]
    if columns and columns[-1] < _NARROWEST_COLUMN:
        yield "altered-table", "the last column of this table is too narrow to be read", "make it wider"


def row_objections(row: Element, cells: Iterable[Element]) -> Iterator[Objection]:
    """Why a row may not be shown as it stands in the file."""
    table = next(row.iterancestors(f"{W}tbl"))
    yield from _around(_until(row, table), _AROUND_ROWS, "this row")
    height = row.find(f"{W}trPr/{W}trHeight")
    if height is not None and height.get(f"{W}hRule") == "exact":
        yield "altered-table", "this row has a fixed height, which cuts off what is longer", "let its height be free"
    for cell in cells:
        yield from _around(_until(cell, row), _AROUND_ROWS, "a cell of this row")
        about = cell.find(f"{W}tcPr")
        if about is not None and any(_is_merge(mark) for mark in about):
            yield "altered-table", "a cell of this row is merged with another one", "split the cells"
        width = about.find(f"{W}tcW") if about is not None else None
        if width is not None and width.get(f"{W}type") == "dxa" and _number(width.get(f"{W}w", "")) < _NARROWEST_COLUMN:
            yield "altered-table", "a cell of this row is too narrow to be read", "make it wider"


def _is_merge(mark: Element) -> bool:
    if mark.tag == f"{W}gridSpan":
        return bool(mark.get(f"{W}val") != "1")
    return mark.tag in (f"{W}vMerge", f"{W}hMerge")


def _until(element: Element, holder: Element) -> Iterator[Element]:
    for above in element.iterancestors():
        if above is holder:
            return
        yield above


def _around(above: Iterable[Element], known: set[str], what: str) -> Iterator[Objection]:
    """Objections to what stands around a table, a row or a cell."""
    for element in above:
        if element.tag in _TRACKED:
            yield "tracked-change", f"a tracked change is open around {what}", _SETTLE
        elif element.tag not in known:
            yield "altered-table", f"something stands around {what} that may not show it", _ANEW
        elif element.tag == f"{W}sdt" and is_bound(element):
            yield BOUND


def tables_in_fields(body: Element) -> dict[Element, None]:
    """The tables between the beginning and the end of a field code."""
    depth = 0
    found: dict[Element, None] = {}
    for element in body.iter(f"{W}fldChar", f"{W}tbl"):
        if element.tag == f"{W}tbl":
            found |= {element: None} if depth > 0 else {}
        else:
            depth += {"begin": 1, "end": -1}.get(element.get(f"{W}fldCharType", ""), 0)
    return found


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"-?[0-9]{1,6}", text) else -1_000_000


def style_of(table: Element) -> str:
    """The id of the style of a table."""
    style = table.find(f"{W}tblPr/{W}tblStyle")
    return "" if style is None else style.get(f"{W}val", "")


# --- comments


def commented(body: Element) -> dict[Element, None]:
    """The cells over which a comment stands, each comment at the last cell that it covers."""
    open_at: dict[str, Element | None] = {}
    found: dict[Element, None] = {}
    last: Element | None = None
    for element in body.iter(f"{W}tc", f"{W}commentRangeStart", f"{W}commentRangeEnd", f"{W}commentReference"):
        if element.tag == f"{W}tc":
            last = element
            for id in open_at:
                open_at[id] = element
            continue
        id = element.get(f"{W}id", "")
        holder = next(element.iterancestors(f"{W}tc"), None)
        if element.tag == f"{W}commentRangeStart":
            open_at[id] = holder
        elif element.tag == f"{W}commentRangeEnd":
            covered = open_at.pop(id, last)
            found.update({covered: None} if covered is not None else {})
        elif holder is not None:
            found[holder] = None
    return found


# --- words beside the tables


@dataclass(frozen=True)
class Line:
    """A paragraph that stands in no table of ours."""

    words: str
    spot: str
    """Where it stands, such as `after table 2`."""


def beside(part: Element, one_is_ours: Callable[[Element], bool]) -> Iterator[Line]:
    """The words of every paragraph of a part that stands in none of our tables, with single blanks.

    Inserted and deleted words both count: nobody has yet said which of them are meant. What a field code works out
    does not: the number of a page is another one in every program.
    """
    is_text = part.tag in (f"{W}document", f"{W}body")
    numbers = {table: number for number, table in enumerate(tables_of(part), 1)} if is_text else {}
    ours = {table for table in numbers if one_is_ours(table)}
    last = 0
    for element in part.iter(f"{W}p", f"{W}tbl"):
        if element.tag == f"{W}tbl":
            last = numbers.get(element, last)
            continue
        tables = [above for above in element.iterancestors(f"{W}tbl") if above in numbers]
        words = " ".join("".join(_words(element)).split())
        if words and not any(table in ours for table in tables):
            spot = f"table {last}" if tables else f"after table {last}" if last else "before table 1"
            yield Line(words, spot if is_text else "header or footer")


def _words(paragraph: Element) -> Iterator[str]:
    depth = 0
    for element in paragraph.iter(*(f"{W}{name}" for name in _SHOWN)):
        if next(element.iterancestors(f"{W}p"), None) is not paragraph:
            continue  # a text box within it has paragraphs of its own
        name = etree.QName(element).localname
        if name == "fldChar":
            depth += {"begin": 1, "end": -1}.get(element.get(f"{W}fldCharType", ""), 0)
        elif depth <= 0 and next(element.iterancestors(f"{W}fldSimple"), None) is None:
            yield (element.text or "") if name in ("t", "delText") else _SHOWN[name]


_SHOWN = {
    "t": "", "delText": "", "tab": " ", "br": " ", "cr": " ", "noBreakHyphen": "-", "fldChar": "",
    "footnoteReference": " [a footnote]", "endnoteReference": " [an endnote]", "commentReference": " [a comment]",
}  # fmt: skip
"""What of a paragraph can carry words, with what it reads as."""
