"""The cells of a form as a reader sees them, and what makes one of them readable in more than one way.

Word keeps what was struck out beside what stands, hides text, and lets text stand beside a field. All of it is seen
here: a cell has its words as they stand once tracked changes are accepted, the fields in it, and objections, which
are reasons for which nobody should take the words as they look. Where words stand beside a comment, `commented` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from lxml import etree

Element: TypeAlias = etree._Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_OFF = ("0", "false", "off")

_INSERTED, _DELETED = (f"{W}ins", f"{W}moveTo"), (f"{W}del", f"{W}moveFrom")
_CELL_CHANGES = (f"{W}cellIns", f"{W}cellDel", f"{W}cellMerge")
_TEXTS = {f"{W}t", f"{W}delText"}
_SIGNS = {f"{W}tab": "\t", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-", f"{W}softHyphen": ""}
_HOLDERS = {f"{W}{name}" for name in ("p", "r", "sdt", "sdtContent", "hyperlink", "smartTag", "customXml", "dir")}
_SILENT = {
    f"{W}{name}"
    for name in (
        "pPr", "rPr", "tcPr", "sdtPr", "sdtEndPr", "smartTagPr", "customXmlPr", "bookmarkStart", "bookmarkEnd",
        "proofErr", "permStart", "permEnd", "lastRenderedPageBreak", "moveFromRangeStart", "moveFromRangeEnd",
        "moveToRangeStart", "moveToRangeEnd", "customXmlInsRangeStart", "customXmlInsRangeEnd",
        "customXmlDelRangeStart", "customXmlDelRangeEnd", "annotationRef", "commentRangeStart", "commentRangeEnd",
        "commentReference",
    )
}  # fmt: skip
"""Elements that show nothing."""

_SETTLE = "accept it or reject it"
_NO_WORDS = {
    "tbl": "a table", "drawing": "a picture or a text box", "pict": "a picture or a text box",
    "AlternateContent": "a picture or a text box", "object": "an embedded file", "altChunk": "another document",
    "footnoteReference": "a footnote", "endnoteReference": "an endnote", "sym": "a sign of a special font",
    "ruby": "a reading aid",
}  # fmt: skip

Objection = tuple[str, str, str]
"""The id of an error, its sentence, and what would mend it."""


@dataclass(frozen=True)
class Field:
    """A content control."""

    tag: str
    is_empty: bool
    """Whether Word counts its words as a prompt."""
    stored_day: str | None
    """The day that Word keeps beside the words of a date."""


@dataclass(frozen=True)
class Cell:
    """One cell of a table."""

    words: str
    """The words as they stand if tracked changes are accepted."""
    beside: str
    """The words that stand outside of the fields."""
    fields: tuple[tuple[Field, str], ...]
    """The fields of the form in it, each with its words."""
    objections: tuple[Objection, ...]


@dataclass(frozen=True)
class Looks:
    """The styles of a document that strike words through or hide them, by their ids."""

    struck: frozenset[str]
    hidden: frozenset[str]


def looks(styles: Element | None) -> Looks:
    """What the styles of a document do to words, those that they are based on included."""
    found = {style.get(f"{W}styleId", ""): style for style in styles.iter(f"{W}style")} if styles is not None else {}
    struck = {id for id in found if _by_style(id, found, ("strike", "dstrike"))}
    return Looks(frozenset(struck), frozenset(id for id in found if _by_style(id, found, ("vanish",))))


def _by_style(id: str, styles: Mapping[str, Element], marks: tuple[str, ...]) -> bool:
    for _ in range(20):  # a style that is based on itself would never end
        style = styles.get(id)
        if style is None:
            return False
        for mark in marks:
            said = style.find(f"{W}rPr/{W}{mark}")
            if said is not None:
                return is_on(said)
        base = style.find(f"{W}basedOn")
        id = "" if base is None else base.get(f"{W}val", "")
    return False


def is_on(mark: Element | None) -> bool:
    """Whether a property is there and is not switched off."""
    return mark is not None and mark.get(f"{W}val", "1") not in _OFF


def read_cell(cell: Element, styles: Looks) -> Cell:
    """What a cell says. A field that holds the whole cell counts as one in it."""
    reader = _CellReader(styles)
    around = cell.getparent()
    holder = around.getparent() if around is not None and around.tag == f"{W}sdtContent" else None
    fields = (_field(holder),) if holder is not None and holder.tag == f"{W}sdt" else ()
    tracked = cell.find(f"{W}tcPr")
    if tracked is not None and any(tracked.find(name) is not None for name in _CELL_CHANGES):
        reader.object("tracked-change", "a tracked change inserts, deletes or merges this cell", _SETTLE)
    reader.read(cell, _Where(field=fields[0] if fields and fields[0].tag else None))
    return reader.result()


def _field(control: Element) -> Field:
    about = control.find(f"{W}sdtPr")
    if about is None:
        return Field("", False, None)
    tag, day = about.find(f"{W}tag"), about.find(f"{W}date")
    stored = day.get(f"{W}fullDate") if day is not None else None
    name = "" if tag is None else tag.get(f"{W}val", "")
    return Field(name, is_on(about.find(f"{W}showingPlcHdr")), stored[:10] if stored else None)


@dataclass(frozen=True)
class _Where:
    """What surrounds words: whether they stand in each of the two readings, and in which field."""

    accepted: bool = True
    original: bool = True
    field: Field | None = None
    is_in_control: bool = False
    """Whether they stand in a content control, be it one of the form or one that has lost its name."""

    def within(self, element: Element) -> _Where:
        if element.tag in _INSERTED:
            return replace(self, original=False)
        if element.tag in _DELETED:
            return replace(self, accepted=False)
        if element.tag == f"{W}sdt" and self.field is None:
            found = _field(element)
            return replace(self, field=found if found.tag else None, is_in_control=True)
        return self


@dataclass
class _CellReader:
    """Gathers the words of a cell in both readings."""

    styles: Looks
    pieces: list[tuple[str, _Where]] = field(default_factory=list)
    seen: list[Field] = field(default_factory=list)
    objections: dict[str, Objection] = field(default_factory=dict)
    has_nameless: bool = False
    has_loose_break: bool = False

    def read(self, element: Element, where: _Where) -> None:
        if where.field is not None and not any(where.field is one for one in self.seen):
            self.seen.append(where.field)
        for child in element:
            if isinstance(child.tag, str):
                self.read_child(child, where)

    def read_child(self, child: Element, where: _Where) -> None:
        tag = child.tag
        if tag == f"{W}p":
            self.start_paragraph(child, where)
            self.read(child, where)
        elif tag in _TEXTS:
            self.pieces.append((child.text or "", where))
        elif tag in _SIGNS:
            self.pieces.append((_SIGNS[tag], where))
            self.has_loose_break |= _SIGNS[tag] == "\n" and not where.is_in_control
        elif tag == f"{W}r":
            self.check_look(child, where)
            self.read(child, where)
        elif tag in _HOLDERS or tag in _INSERTED or tag in _DELETED:
            within = where.within(child)
            self.has_nameless |= within.is_in_control and within.field is None
            self.read(child, within)
        elif tag not in _SILENT:
            self.object_to(child)

    def start_paragraph(self, paragraph: Element, where: _Where) -> None:
        if self.pieces:
            self.pieces.append(("\n", where))
        mark = paragraph.find(f"{W}pPr/{W}rPr")
        if mark is not None and any(mark.find(name) is not None for name in (*_INSERTED, *_DELETED)):
            self.object("tracked-change", "a tracked change joins or divides lines here", _SETTLE)
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        id = "" if style is None else style.get(f"{W}val", "")
        words = "".join(found.text or "" for found in paragraph.iter(f"{W}t"))
        if words.strip():
            self.check_style(id, words)

    def object(self, id: str, sentence: str, hint: str) -> None:
        """Note a reason not to take the words as they look; one of a sort is enough."""
        self.objections.setdefault(id, (id, sentence, hint))

    def check_look(self, run: Element, where: _Where) -> None:
        """Object to words that were struck through by hand, or that nobody sees."""
        look = run.find(f"{W}rPr")
        words = "".join(found.text or "" for found in run.iter(f"{W}t"))
        if look is None or not words.strip():
            return
        style = look.find(f"{W}rStyle")
        id = "" if style is None else style.get(f"{W}val", "")
        self.check_style(id, words)
        if any(is_on(look.find(f"{W}{name}")) for name in ("strike", "dstrike")):
            self.object_to_struck(words)
        if any(is_on(look.find(f"{W}{name}")) for name in ("vanish", "specVanish")):
            self.object_to_hidden(words)

    def check_style(self, id: str, words: str) -> None:
        if id in self.styles.struck:
            self.object_to_struck(words)
        if id in self.styles.hidden:
            self.object_to_hidden(words)

    def object_to_struck(self, words: str) -> None:
        sentence = f"`{_short(words)}` is struck through by hand: it may stand or not"
        self.object("struck-through", sentence, "delete the words, or take the line through them away")

    def object_to_hidden(self, words: str) -> None:
        sentence = f"`{_short(words)}` is hidden text, which a reader does not see"
        self.object("hidden-text", sentence, "show it, or delete it")

    def object_to(self, found: Element) -> None:
        """Object to what is no words."""
        name = etree.QName(found).localname
        if name in ("fldSimple", "fldChar", "instrText", "delInstrText"):
            sentence = "a field code stands here, whose words Word works out"
            self.object("no-plain-words", sentence, "write the words themselves")
            return
        what = _NO_WORDS.get(name, "something without words")
        self.object("no-plain-words", f"{what} stands where words belong", "write the value as words")

    def result(self) -> Cell:
        accepted = _joined(words for words, where in self.pieces if where.accepted)
        original = _joined(words for words, where in self.pieces if where.original)
        if accepted != original:
            said = f"`{_short(original)}` before it, `{_short(accepted)}` after it"
            sentence = f"a tracked change is open: {said}"
            self.objections["tracked-change"] = ("tracked-change", sentence, _SETTLE)
        if self.has_nameless and self.has_loose_break and not self.seen:
            # LibreOffice takes the line breaks out of the words of a field and puts them before it.
            sentence = "a program has put a line break of this value in another place"
            self.object("line-break-moved", sentence, "delete the empty line, and check where the words break")
        fields = tuple((one, _joined(t for t, w in self.pieces if w.accepted and w.field is one)) for one in self.seen)
        beside = _joined(words for words, where in self.pieces if where.accepted and where.field is None)
        return Cell(accepted, beside, fields, tuple(self.objections.values()))


def _joined(pieces: Iterable[str]) -> str:
    return "".join(pieces).strip("\n")


def _short(words: str) -> str:
    return " ".join(words.split())[:60]


# --- rows


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
