"""The elements of a Word document: runs, paragraphs, fields, links, bookmarks and content controls.

Word refuses a file whose properties stand in another order than the standard gives them, so properties are put in
that order here, whatever order they come in. Words enter a document through `run` alone, which escapes nothing and
loses nothing: the parser's own text is set.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count, pairwise
from typing import TypeAlias

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from lxml import etree

XmlElement: TypeAlias = etree._Element

_ORDER = {
    "w:pPr": (
        "pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr suppressLineNumbers pBdr shd tabs "
        "suppressAutoHyphens kinsoku wordWrap overflowPunct topLinePunct autoSpaceDE autoSpaceDN bidi adjustRightInd "
        "snapToGrid spacing ind contextualSpacing mirrorIndents suppressOverlap jc textDirection textAlignment "
        "textboxTightWrap outlineLvl divId cnfStyle rPr sectPr pPrChange"
    ),
    "w:rPr": (
        "ins del moveFrom moveTo rStyle rFonts b bCs i iCs caps smallCaps strike dstrike outline shadow emboss imprint "
        "noProof snapToGrid vanish webHidden color spacing w kern position sz szCs highlight u effect bdr shd fitText "
        "vertAlign rtl cs em lang eastAsianLayout specVanish oMath rPrChange"
    ),
    "w:tblPr": (
        "tblStyle tblpPr tblOverlap bidiVisual tblStyleRowBandSize tblStyleColBandSize tblW jc tblCellSpacing tblInd "
        "tblBorders shd tblLayout tblCellMar tblLook tblCaption tblDescription tblPrChange"
    ),
    "w:tcPr": (
        "cnfStyle tcW gridSpan hMerge vMerge tcBorders shd noWrap tcMar textDirection tcFitText vAlign hideMark "
        "headers cellIns cellDel cellMerge tcPrChange"
    ),
    "w:sdtPr": (
        "rPr alias tag id lock placeholder temporary showingPlcHdr dataBinding label tabIndex equation comboBox date "
        "docPartObj docPartList dropDownList picture richText text citation group bibliography"
    ),
}
_PLACE = {
    parent: {f"w:{name}": number for number, name in enumerate(names.split())} for parent, names in _ORDER.items()
}


def element(tag: str, *children: XmlElement, **attributes: str | int) -> XmlElement:
    """An element such as `w:color`; its attributes are of the namespace of Word (`val="1F3A5F"` is `w:val`)."""
    made = OxmlElement(tag)
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), str(value))
    made.extend(children)
    return made


def properties(tag: str, *children: XmlElement) -> XmlElement:
    """Properties such as `w:pPr`, in the order that the standard gives them."""
    place = _PLACE[tag]
    known = {qn(name): number for name, number in place.items()}
    made = OxmlElement(tag)
    made.extend(sorted(children, key=lambda child: known.get(child.tag, len(known))))
    return made


def put(holder: XmlElement, child: XmlElement) -> None:
    """Put one property among those that an element has, in its place and instead of the one that it had."""
    known = {qn(name): number for name, number in _PLACE[_name(holder)].items()}
    for old in holder.findall(child.tag):
        holder.remove(old)
    after = [other for other in holder if known.get(other.tag, len(known)) > known[child.tag]]
    if after:
        after[0].addprevious(child)
    else:
        holder.append(child)


def _name(holder: XmlElement) -> str:
    return f"w:{etree.QName(holder).localname}"


# --- words


def run(words: str, style: str | None = None, *formats: XmlElement, deleted: bool = False) -> XmlElement:
    """Words in a line, of a character style (its id). A new line in them is a line break, a tab a tab.

    `deleted` gives the words as those of a tracked deletion.
    """
    made = element("w:r")
    formats = (*formats, element("w:rStyle", val=style)) if style else formats
    if formats:
        made.append(properties("w:rPr", *formats))
    for number, line in enumerate(words.split("\n")):
        if number:
            made.append(element("w:br"))
        for place, part in enumerate(line.split("\t")):
            if place:
                made.append(element("w:tab"))
            if part:
                made.append(_text(part, "w:delText" if deleted else "w:t"))
    return made


def _text(words: str, tag: str) -> XmlElement:
    made = OxmlElement(tag)
    made.set(qn("xml:space"), "preserve")
    made.text = words
    return made


def paragraph(style: str | None, content: Iterable[XmlElement] = (), *formats: XmlElement) -> XmlElement:
    """A paragraph of a style (its id) with its runs, and properties beyond those of the style."""
    made = element("w:p")
    formats = (*formats, element("w:pStyle", val=style)) if style else formats
    if formats:
        made.append(properties("w:pPr", *formats))
    made.extend(content)
    return made


def words_of(holder: XmlElement) -> str:
    """The words within an element, as they stand; deleted words are none of them."""
    return "".join(found.text or "" for found in holder.iter(qn("w:t")))


# --- links


def bookmark(id: int, name: str, content: Iterable[XmlElement]) -> list[XmlElement]:
    """Content with a bookmark around it, to which `link` leads. Names have at most 40 letters, digits and `_`."""
    return [element("w:bookmarkStart", id=id, name=name), *content, element("w:bookmarkEnd", id=id)]


def link(target: str, content: Iterable[XmlElement], *, is_relationship: bool = False) -> XmlElement:
    """Content that leads to a bookmark, or to what a relationship of the part names."""
    made = element("w:hyperlink", *content)
    if is_relationship:
        made.set(qn("r:id"), target)
    else:
        made.set(qn("w:anchor"), target)
    made.set(qn("w:history"), "1")
    return made


# --- content controls


def control(tag: str, label: str, id: int, content: Iterable[XmlElement], *settings: XmlElement) -> XmlElement:
    """A content control: a program finds it by `tag`, Word shows `label`, and `settings` say of what sort it is."""
    about = (element("w:alias", val=label), element("w:tag", val=tag), element("w:id", val=id))
    return element("w:sdt", properties("w:sdtPr", *about, *settings), element("w:sdtContent", *content))


def controls(holder: XmlElement, tag: str) -> list[XmlElement]:
    """The content controls of a tag within an element."""
    return [found for found in holder.iter(qn("w:sdt")) if control_tag(found) == tag]


def control_tag(found: XmlElement) -> str:
    """The tag of a content control, empty where it has none."""
    tag = found.find(f"{qn('w:sdtPr')}/{qn('w:tag')}")
    return "" if tag is None else str(tag.get(qn("w:val"), ""))


# --- tables


def table(widths: list[int], rows: Iterable[XmlElement], *settings: XmlElement) -> XmlElement:
    """A table of columns of fixed widths, in twentieths of a point."""
    fixed = (element("w:tblW", w=sum(widths), type="dxa"), element("w:tblLayout", type="fixed"))
    grid = element("w:tblGrid", *(element("w:gridCol", w=width) for width in widths))
    return element("w:tbl", properties("w:tblPr", *fixed, *settings), grid, *rows)


def row(cells: Iterable[XmlElement], *, is_head: bool = False, is_whole: bool = True) -> XmlElement:
    """A row. A page break does not divide it where it `is_whole`; a head row stands again on every page."""
    marks = [element(tag) for tag, is_so in (("w:cantSplit", is_whole), ("w:tblHeader", is_head)) if is_so]
    return element("w:tr", *([element("w:trPr", *marks)] if marks else []), *cells)


def cell(width: int, blocks: Iterable[XmlElement], *settings: XmlElement) -> XmlElement:
    """A cell with its paragraphs, of which it needs one at least."""
    return element("w:tc", properties("w:tcPr", element("w:tcW", w=width, type="dxa"), *settings), *blocks)


def shares(widths: list[int], total: int) -> list[int]:
    """The widths of columns in twentieths of a point, from their shares of a line of `total`."""
    ends = [total * sum(widths[:number]) // sum(widths) for number in range(len(widths) + 1)]
    return [after - before for before, after in pairwise(ends)]


class FreshIds:
    """Numbers that no element of a sort in a document has, in order: for bookmarks, comments, controls, drawings."""

    def __init__(self, holders: Iterable[XmlElement], tag: str, attribute: str = "w:id") -> None:
        name = qn(attribute) if ":" in attribute else attribute
        taken = [found.get(name, "0") for holder in holders for found in holder.iter(qn(tag))]
        self._numbers = count(max((int(value) for value in taken if value.lstrip("-").isdigit()), default=0) + 1)

    def __call__(self) -> int:
        return next(self._numbers)
