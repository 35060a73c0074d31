"""The cells of a form as a reader sees them, and what makes one of them readable in more than one way.

Word keeps what was struck out beside what stands, hides text, and lets text stand beside a field. All of it is seen
here: a cell has its words as they stand once tracked changes are accepted, the fields in it, and objections, which
are reasons for which nobody should take the words as they look. Where words stand beside a comment, `commented` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from lxml import etree

from clauses.memo.word.form_looks import Element, Looks, Run, W, ground_of, is_on, objection_to

_INSERTED, _DELETED = (f"{W}ins", f"{W}moveTo"), (f"{W}del", f"{W}moveFrom")
_CELL_CHANGES = (f"{W}cellIns", f"{W}cellDel", f"{W}cellMerge")
_TEXTS = {f"{W}t", f"{W}delText"}
_SIGNS = {f"{W}tab": "\t", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-", f"{W}softHyphen": ""}
_HOLDERS = {f"{W}{name}" for name in ("p", "r", "sdt", "sdtContent", "hyperlink", "smartTag", "customXml")}
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

BOUND = (
    "bound-field", "the words of this field are kept elsewhere in the document, which may show others",
    "in Word: copy the words, delete the field, and make the form anew with `clauses form`",
)  # fmt: skip
"""What is said of a field that is bound to data of the document."""
_ONE_LOOK = "give the whole value one look: black, of one size, on its line"
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
    overlooked: tuple[Objection, ...] = ()
    """Words that can hardly be seen, or that look otherwise than the rest."""
    mixed: tuple[Objection, ...] = ()
    """Those of them that only look otherwise, which of what is printed is odd enough."""


def read_cell(cell: Element, styles: Looks, table: str = "") -> Cell:
    """What a cell says; `table` is the style of its table. A field that holds the whole cell counts as one in it."""
    reader = _CellReader(styles, table, ground_of(cell))
    around = cell.getparent()
    holder = around.getparent() if around is not None and around.tag == f"{W}sdtContent" else None
    fields = (_field(holder),) if holder is not None and holder.tag == f"{W}sdt" else ()
    tracked = cell.find(f"{W}tcPr")
    if tracked is not None and any(tracked.find(name) is not None for name in _CELL_CHANGES):
        reader.object("tracked-change", "a tracked change inserts, deletes or merges this cell", _SETTLE)
    reader.read(cell, _Where(field=fields[0] if fields and fields[0].tag else None))
    return reader.result()


def is_bound(control: Element) -> bool:
    """Whether a content control takes its words from data that the document carries."""
    return any(etree.QName(mark).localname == "dataBinding" for about in control.iterfind(f"{W}sdtPr")
               for mark in about.iter("{*}dataBinding"))  # fmt: skip


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
    table: str = ""
    ground: str = ""
    paragraph: Element | None = None
    runs: list[Run] = field(default_factory=list)
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
            if tag == f"{W}delText" and where.accepted:
                self.object("tracked-change", "deleted words stand here outside of a tracked deletion", "delete them")
        elif tag in _SIGNS:
            self.pieces.append((_SIGNS[tag], where))
            self.has_loose_break |= _SIGNS[tag] == "\n" and not where.is_in_control
        elif tag == f"{W}r":
            self.check_look(child)
            self.read(child, where)
        elif tag in _HOLDERS or tag in _INSERTED or tag in _DELETED:
            within = where.within(child)
            if tag == f"{W}sdt":
                self.check_control(child, where)
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
        self.paragraph = paragraph
        words = "".join(found.text or "" for found in paragraph.iter(f"{W}t"))
        if words.strip() and self.styles.is_displaced(paragraph):
            sentence = f"`{_short(words)}` stands outside of its place, where a reader may not see it"
            self.object("hidden-text", sentence, "write it anew, without a frame and with the usual indents")

    def check_control(self, control: Element, where: _Where) -> None:
        """Object to a field within the field of another row, and to one whose words are kept elsewhere."""
        name = _field(control).tag
        if where.field is not None and name and name != where.field.tag:
            sentence = f"the field of `{name[:80]}` stands within the field of `{where.field.tag[:80]}`"
            self.object("field-of-another-row", sentence, "undo what moved it here")
        if is_bound(control):
            self.object(*BOUND)

    def object(self, id: str, sentence: str, hint: str) -> None:
        """Note a reason not to take the words as they look; one of a sort is enough."""
        self.objections.setdefault(id, (id, sentence, hint))

    def check_look(self, run: Element) -> None:
        """Object to words that were struck through by hand, or that nobody sees."""
        words = "".join(found.text or "" for found in run.iter(f"{W}t"))
        if not words.strip():
            return
        look = self.styles.run(run, words, self.paragraph, self.table, self.ground)
        if look.struck:
            self.object_to_struck(words)
        if look.gone:
            self.object_to_hidden(words)
        self.runs.append(look)

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
        mixed = tuple(self.mixed())
        return Cell(
            words=accepted,
            beside=beside,
            fields=fields,
            objections=tuple(self.objections.values()),
            overlooked=tuple(self.overlooked()) or mixed,
            mixed=mixed,
        )

    def overlooked(self) -> Iterator[Objection]:
        """Words that can hardly be seen."""
        for run in self.runs:
            why = objection_to(run)
            if why:
                yield "overlooked", f"`{_short(run.words)}` {why}", _ONE_LOOK
                return

    def mixed(self) -> Iterator[Objection]:
        """Words that differ from the others in how they look, where that could make them go unseen."""
        if len({run.compared for run in self.runs}) > 1:
            said = f"`{_short(self.runs[0].words)}` and `{_short(self.odd_one().words)}`"
            yield "overlooked", f"a part of this value is written so that a reader may overlook it: {said}", _ONE_LOOK

    def odd_one(self) -> Run:
        """The first words that look otherwise than those before them."""
        return next(run for run in self.runs if run.compared != self.runs[0].compared)


def _joined(pieces: Iterable[str]) -> str:
    return "".join(pieces).strip("\n")


def _short(words: str) -> str:
    return " ".join(words.split())[:60]
