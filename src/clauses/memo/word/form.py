"""A term sheet as a form in Word: sent out to be filled in, and read back by `read_form`.

Every table is one thing that can be said: the head of the term sheet, a clause in force that may be amended, a new
clause, a new party. A row holds its reference, what the term means, how it stands, and a field for what is proposed.
The reference is printed and is also the tag of the field, so that the form is still read where a program keeps one
of the two only.
"""

from __future__ import annotations

import copy
import datetime
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from docx.oxml.ns import qn

from clauses.errors import InputError, Problems, did_you_mean
from clauses.memo.memo import HOUSE
from clauses.memo.plain import clean
from clauses.memo.templates import Templates, template_error
from clauses.memo.word import MAXIMUM_FILE
from clauses.memo.word import form_fields as fields
from clauses.memo.word import form_print as printed
from clauses.memo.word.form_fields import CLAUSE, NEW, PARTY, SHEET, SOURCE, FormField
from clauses.memo.word.form_frame import beside
from clauses.memo.word.form_stamp import Stamp, digest, digest_of_agreement, digest_of_terms
from clauses.memo.word.house import (
    STYLE,
    House,
    body_of,
    fill_controls,
    open_house,
    set_language,
    set_title,
    shown_parts,
)
from clauses.memo.word.ooxml import FreshIds, XmlElement, cell, control, element, paragraph, row, run, shares, table
from clauses.memo.word.package import MAXIMUM_BYTES, packed, unpacked_size
from clauses.memo.word.read_form import MAXIMUM_ROWS, read_form
from clauses.terms.agreement import Agreement, Change, ClauseVersion, TermSheet
from clauses.terms.in_force import standings, worlds
from clauses.terms.values import Date
from clauses.yaml_nodes import Absent, Mapping_, Node, Scalar, from_plain
from clauses.yaml_nodes import Sequence as SequenceNode

DEFAULT_KINDS = (
    "capital_raise", "consent", "conversion", "equity_on_conversion", "exclusivity", "public_offering", "supply",
    "termination",
)  # fmt: skip
"""The kinds of clause for which a form has an empty table unless others are asked for."""

_CLAUSE_WIDTHS, _RECORD_WIDTHS = [15, 29, 26, 30], [15, 37, 48]
_FEWER = "name the clauses in force that the form is about with `--clause`, or fewer kinds with `--add`"
_SMALL = "15"
"""The size of help and references, in half points."""


@dataclass(frozen=True)
class _InForce:
    """A clause in force, in each of the ways in which it may stand."""

    versions: tuple[ClauseVersion, ...]
    is_certain: bool

    @property
    def id(self) -> str:
        return self.versions[0].id

    @property
    def kind(self) -> str:
        return self.versions[0].kind

    @property
    def heading(self) -> str:
        """How the heading of the clause stands."""
        return clean(_standing(self, ("heading",)))

    def title(self, ref: str) -> str:
        """What stands above its table."""
        return printed.clause_heading(ref, self.id, self.heading)


@dataclass(frozen=True)
class _Known:
    """What the fields of a form offer: the ids that exist."""

    parties: Mapping[str, str]
    clauses: Mapping[str, str]


@dataclass(frozen=True)
class _Table:
    """One table of the form before it is written."""

    ref: str
    subject: str
    """What stands beside the reference above the columns."""
    rows: tuple[FormField, ...]
    values: Mapping[str, Node] = field(default_factory=dict)
    """The values that are filled in, by the names of their rows."""
    in_force: Mapping[str, str] | None = None
    """How each term stands, where the table is about a clause in force."""
    fixed: frozenset[str] = frozenset()
    """The rows that nobody fills in."""


def write_form(
    agreement: Agreement,
    as_of: Date,
    sheet: TermSheet | None = None,
    kinds: Iterable[str] = DEFAULT_KINDS,
    only: Iterable[str] = (),
    templates: Path | None = None,
) -> bytes:
    """A form for a term sheet that would change an agreement, as a Word document.

    The terms in force are those of the day `as_of`. `sheet` is filled in; `kinds` are those that get an empty table
    for a new clause; `only` names the clauses in force that the form is about, where it is not about all. Raises
    InputError where a clause named is not in force, or the sheet holds what a form would not give back as it is.
    """
    clauses = _chosen(_clauses_in_force(agreement, as_of), sheet, tuple(only), as_of)
    found = Templates(templates)
    settings, template = found.settings(HOUSE), found.find(STYLE)
    if template is None:
        raise template_error("this document is missing", STYLE)
    house = open_house(template, settings)
    title = clean(f"Term sheet: {sheet.title}" if sheet else f"Term sheet under the {agreement.title}")
    set_title(house, title)
    set_language(house, "en")
    body = body_of(house)
    tables = _tables(agreement, sheet, clauses, tuple(kinds))
    _check_rows(tables)
    writer = _Writer(house, _known(agreement, sheet, clauses), settings["colour"]["tint"].lstrip("#").upper())
    for block in writer.form(title, as_of, tables, clauses):
        body.append(block)
    fill_controls(house, f"{SHEET}.{fields.FORM}", str(_stamp(house, agreement, as_of, tables)))
    data = packed(house.document, title, settings["firm"], datetime.date.fromordinal(as_of.lowest))
    _check_size(data)
    if sheet is not None:
        _check_comes_back(data, sheet)
    return data


def _check_rows(tables: list[_Table]) -> None:
    count = sum(1 + len(one.rows) for one in tables)
    if count > MAXIMUM_ROWS:
        sentence = f"the form would have {count:,} rows, and one of more than {MAXIMUM_ROWS:,} is not read"
        raise InputError.of("form-too-long", sentence, None, _FEWER)


def _check_size(data: bytes) -> None:
    for size, limit, when in ((len(data), MAXIMUM_FILE, ""), (unpacked_size(data), MAXIMUM_BYTES, ", unpacked,")):
        if size > limit:
            megabytes = f"{-(-size // 10**6)} MB"
            sentence = f"the form would have{when} {megabytes}, and one of more than {limit // 10**6} MB is not read"
            raise InputError.of("form-too-long", sentence, None, _FEWER)


def _stamp(house: House, agreement: Agreement, as_of: Date, tables: list[_Table]) -> Stamp:
    """What the form says about itself, now that everything else of it stands in the document."""
    terms = [(f"{one.ref}.{row.name}", _printed(one, row)) for one in tables if one.in_force is not None
             for row in one.rows]  # fmt: skip
    every = printed.lines_of_every_form(str(as_of))
    lines = (line.words for part in shown_parts(house.document) for line in beside(part, one_is_ours=_is_ours))
    return Stamp(
        day=str(as_of),
        agreement=digest_of_agreement(agreement),
        in_force=digest_of_terms(terms),
        lines=frozenset(digest(words) for words in lines if words not in every and not _is_clause_heading(words)),
    )


def _is_ours(table: XmlElement) -> bool:
    """Whether a table of the document that is being written was written here and is none of the house."""
    return any(fields.REF.fullmatch(found.get(qn("w:val"), "")) for found in table.iter(qn("w:tag")))


def _is_clause_heading(words: str) -> bool:
    """The reader knows the heading of a clause by its table."""
    return re.match(rf"{CLAUSE}-[0-9]+ ", words) is not None


def _printed(one: _Table, row: FormField) -> str:
    """What stands in the column *In force* of a row."""
    return clean((one.in_force or {}).get(row.name, "")) or printed.NOTHING


# --- what the form holds


def _clauses_in_force(agreement: Agreement, as_of: Date) -> list[_InForce]:
    """The clauses in force on a day, in the order in which the agreement and its amendments name them."""
    found: dict[str, list[ClauseVersion]] = {}
    sure: dict[str, bool] = {}
    for standing in standings(worlds(agreement, as_of)):
        if "current" in standing.layers:
            found.setdefault(standing.version.id, []).append(standing.version)
            sure[standing.version.id] = standing.certain
    added = [c.clause_id for a in agreement.amendments.values() for c in a.changes if c.action == "add"]
    ordered = [id for id in dict.fromkeys([*agreement.clauses, *added]) if id in found]
    return [_InForce(tuple(found[id]), sure[id] and len(found[id]) == 1) for id in ordered]


def _chosen(clauses: list[_InForce], sheet: TermSheet | None, only: tuple[str, ...], as_of: Date) -> list[_InForce]:
    """The clauses that the form is about: those named, and those that the sheet changes."""
    known = {clause.id for clause in clauses}
    changed = [change for change in (sheet.changes if sheet else ()) if change.action != "add"]
    problems = Problems()
    for id, place in [*((id, None) for id in only), *((change.clause_id, change.place) for change in changed)]:
        if id not in known:
            hint = did_you_mean(id, known)
            problems.add("not-in-force", f"the clause `{id}` is not in force on {as_of}", place, hint)
    problems.raise_as(InputError)
    wanted = {*only, *(change.clause_id for change in changed)} if only else known
    return [clause for clause in clauses if clause.id in wanted]


def _known(agreement: Agreement, sheet: TermSheet | None, clauses: list[_InForce]) -> _Known:
    parties = {**agreement.parties, **(sheet.parties if sheet else {})}
    headings = {clause.id: clause.heading or clause.id for clause in clauses}
    for change in sheet.changes if sheet else ():
        if change.action == "add":
            headings[change.clause_id] = change.clause_id
    return _Known({id: party.name for id, party in parties.items()}, headings)


def _tables(
    agreement: Agreement, sheet: TermSheet | None, clauses: list[_InForce], kinds: tuple[str, ...]
) -> list[_Table]:
    """Every table of the form, in order."""
    changes = {change.clause_id: change for change in (sheet.changes if sheet else ()) if change.action != "add"}
    added = [change for change in (sheet.changes if sheet else ()) if change.action == "add"]
    listed = [_sheet_table(agreement, sheet, len(clauses))]
    for number, clause in enumerate(clauses, 1):
        listed.append(_clause_table(f"{CLAUSE}-{number:02}", clause, changes.get(clause.id)))
    new = [(str(change.nodes["kind"].plain()), change) for change in added]
    for number, (kind, change) in enumerate([*new, *((kind, None) for kind in kinds)], 1):
        listed.append(_new_table(f"{NEW}-{number:02}", kind, change))
    for ref, key, rows in ((PARTY, "parties", fields.party_fields()), (SOURCE, "sources", fields.source_fields())):
        node = sheet.root.get(key) if sheet else None
        records = dict(node.items) if isinstance(node, Mapping_) else {}
        for id, record in [*records.items(), ("", None)]:
            listed.append(_Table(ref, printed.SUBJECTS[ref], rows, _values_of(rows, record, id)))
    return listed


def _sheet_table(agreement: Agreement, sheet: TermSheet | None, count: int) -> _Table:
    rows = fields.sheet_fields()
    start = sheet.root if sheet else from_plain({"agreement": agreement.id})
    values = {**_values_of(rows, start), fields.COUNT: Scalar(str(count), agreement.root.place)}
    values[fields.FORM] = Scalar("–", agreement.root.place)  # it is written when the rest of the form stands
    fixed = frozenset(("agreement", fields.COUNT, fields.FORM))
    return _Table(SHEET, printed.SUBJECTS[SHEET], rows, values, fixed=fixed)


def _clause_table(ref: str, clause: _InForce, change: Change | None) -> _Table:
    rows = fields.clause_fields(clause.kind)
    values: dict[str, Node] = {}
    if change is not None and change.action == "remove":
        values[fields.REMOVE] = Scalar(fields.YES, change.place)
    elif change is not None:
        values = _values_of(rows, Mapping_(change.nodes, {}, change.place))
    standing = {row.name: _standing(clause, row.path) for row in rows if row.name != fields.REMOVE}
    return _Table(ref, f"{clause.id} ({clause.kind})", rows, values, standing)


def _new_table(ref: str, kind: str, change: Change | None) -> _Table:
    rows = fields.new_fields(kind)
    record = Mapping_(change.nodes, {}, change.place) if change else None
    values = _values_of(rows, record, change.clause_id if change else "")
    return _Table(ref, f"{fields.NEW_CLAUSE} ({kind})", rows, values)


def _values_of(rows: Sequence[FormField], record: Node | None, id: str = "") -> dict[str, Node]:
    """The values of a record by the names of the rows; `id` is what it is called."""
    if not isinstance(record, Mapping_):
        return {}
    found = {row.name: node for row in rows if (node := fields.node_at(record, row.path)) is not None}
    return {"id": Scalar(id, record.place), **found} if id else found


def _standing(clause: _InForce, path: tuple[str, ...]) -> str:
    """How a term of a clause in force reads; in all its ways, where that is not certain."""
    ways = dict.fromkeys(_reads(version, path) for version in clause.versions)
    return " or ".join(way or "not stated" for way in ways) if len(ways) > 1 else next(iter(ways))


def _reads(version: ClauseVersion, path: tuple[str, ...]) -> str:
    if path[0] in version.ambiguous:
        return "set differently by two amendments of the same date"
    node = fields.node_at(Mapping_(version.nodes, {}, version.written_at), path)
    if node is not None:
        return "" if isinstance(node, Absent) else fields.shown(node)
    value: object = version.clause
    for step in path:
        value = getattr(value, step)
    if value in (None, "", ()):
        return ""
    return ", ".join(value) if isinstance(value, tuple) else fields.shown_text(str(value))


# --- how it is written


class _Writer:
    """Makes the blocks of the form in the styles of a house."""

    def __init__(self, house: House, known: _Known, tint: str) -> None:
        self.house, self.known, self.tint = house, known, tint
        self.fresh = FreshIds([house.document.element.body], "w:id", "w:val")

    def form(self, title: str, as_of: Date, tables: list[_Table], clauses: list[_InForce]) -> Iterator[XmlElement]:
        """All blocks, from the title on."""
        yield self.line("Title", title)
        yield self.line("Heading 1", printed.HOW_TO_HEADING)
        for sentence in (printed.as_of_line(as_of), *printed.HOW_TO):
            yield self.line("List Bullet", sentence)
        yield self.line("Memo Remark", self.parties())
        titles = {f"{CLAUSE}-{number:02}": clause for number, clause in enumerate(clauses, 1)}
        section = ""
        for one in tables:
            sort = one.ref.partition("-")[0]
            if sort != section:
                section = sort
                yield self.line("Heading 1", printed.SECTIONS[sort])
            if one.ref in titles:
                yield self.line("Heading 2", titles[one.ref].title(one.ref))
                if not titles[one.ref].is_certain:
                    yield self.line("Memo Remark", printed.NOT_CERTAIN)
            elif sort == NEW:
                kind = one.subject.partition("(")[2].rstrip(")")
                yield self.line("Heading 2", printed.new_heading(kind))
            yield self.table(one)
            yield self.line("Memo Gap", "")

    def parties(self) -> str:
        """The parties with their ids, for whoever fills in the form."""
        return printed.PARTIES + "; ".join(f"{name} ({id})" for id, name in self.known.parties.items())

    def line(self, style: str, words: str) -> XmlElement:
        """A paragraph of a style."""
        return paragraph(self.house.style(style), [run(clean(words))] if words else [])

    def table(self, one: _Table) -> XmlElement:
        """One table, its head first."""
        widths = shares(_CLAUSE_WIDTHS if one.in_force is not None else _RECORD_WIDTHS, self.house.width)
        rows = [self.head(one, widths), *(self.row(one, field, widths) for field in one.rows)]
        style = element("w:tblStyle", val=self.house.style("Memo Table"))
        look = element("w:tblLook", val="0420", firstRow=1, noVBand=1)
        return table(widths, rows, style, look)

    def head(self, one: _Table, widths: list[int]) -> XmlElement:
        """The row that stands again on every page: the reference of the table, what it is about, the columns."""
        subject = self.fixed_control(one.ref, "What this table is about", one.subject)
        words = [[run(one.ref)], [subject], *([run(column)] for column in printed.columns_of(one.ref))]
        style = self.house.style("Memo Table Head")
        listed = zip(widths, words, strict=True)
        return row((cell(width, [paragraph(style, content, element("w:keepNext"))]) for width, content in listed),
                   is_head=True)  # fmt: skip

    def row(self, one: _Table, field: FormField, widths: list[int]) -> XmlElement:
        """One term: its reference, its name with what it means, how it stands, and its field."""
        quiet = self.house.style("Memo Quiet")
        ref = run(f"{one.ref}.\n{field.name}", quiet, element("w:sz", val=_SMALL))
        help = run(field.help, quiet, element("w:sz", val=_SMALL))
        words = [[[ref]], [[run(field.label)], [help]]]
        if one.in_force is not None:
            words.append([[self.standing(one, field)]])
        words.append([[self.field(one, field)]])
        # No page begins with the last row alone.
        joins = (element("w:keepNext"),) if field in one.rows[-2:-1] else ()
        style = self.house.style("Memo Table Text")
        blocks = [[paragraph(style, line, *map(copy.copy, joins)) for line in lines] for lines in words]
        looks: list[tuple[XmlElement, ...]] = [() for _ in blocks[:-1]]
        shade = element("w:shd", val="clear", color="auto", fill=self.tint)
        looks.append((shade, element("w:tcMar", element("w:left", w=80, type="dxa"))))
        return row(cell(width, block, *look) for width, block, look in zip(widths, blocks, looks, strict=True))

    def standing(self, one: _Table, field: FormField) -> XmlElement:
        """How a term stands. Word lets nobody write there: it would not be read."""
        return self.fixed_control(f"{one.ref}.{field.name}.now", "How it stands", _printed(one, field))

    def field(self, one: _Table, field: FormField) -> XmlElement:
        """The field of a row, filled in or with the prompt that says how."""
        tag, node = f"{one.ref}.{field.name}", one.values.get(field.name)
        words = clean(_shown(node, field)) if node is not None else ""
        if field.name in one.fixed:
            return self.fixed_control(tag, field.label, words)
        settings = [element("w:lock", val="sdtLocked"), self.sort(field, words)]
        if not words:
            settings.append(element("w:showingPlcHdr"))
        content = run(words) if words else run(field.prompt, self.house.style("Memo Quiet"))
        return control(tag, field.label, self.fresh(), [content], *settings)

    def fixed_control(self, tag: str, label: str, words: str) -> XmlElement:
        """Words that Word does not let anybody change."""
        lock = element("w:lock", val="sdtContentLocked")
        return control(tag, label, self.fresh(), [run(words)], lock, element("w:text"))

    def sort(self, field: FormField, words: str) -> XmlElement:
        """What sort of field it is: a date, a list to choose from, or words."""
        if field.type.name == "date":
            return _date_picker(words)
        if field.choices:
            return element("w:dropDownList", *_items((*field.choices, "unknown", fields.NOT_STATED)))
        listed = {"party": self.known.parties, "clause": self.known.clauses}.get(field.type.name)
        if listed and not field.type.is_list:
            return element("w:comboBox", *_items((*listed, "unknown", fields.NOT_STATED)))
        return element("w:text", multiLine=1) if field.is_words or field.type.is_list else element("w:text")


def _shown(node: Node, field: FormField) -> str:
    """A value as its field shows it: words as they stand, and of dates the day in words."""
    if isinstance(node, Absent | SequenceNode):
        return fields.shown(node)
    text = str(node.plain()).strip()
    return fields.shown_text(text) if field.type.name == "date" else text


def _items(words: Iterable[str]) -> Iterator[XmlElement]:
    return (element("w:listItem", displayText=word, value=word) for word in dict.fromkeys(words))


def _date_picker(words: str) -> XmlElement:
    """A field with a calendar; it also takes a month, a year or `never`."""
    settings = (
        element("w:dateFormat", val="d MMMM yyyy"),
        element("w:lid", val="en-GB"),
        element("w:storeMappedDataAs", val="date"),
        element("w:calendar", val="gregorian"),
    )
    made = element("w:date", *settings)
    day = fields.exact_day(fields.read_date(words)) if words else None
    if day is not None:
        made.set(qn("w:fullDate"), f"{day.isoformat()}T00:00:00Z")
    return made


# --- what was filled in comes back


def _check_comes_back(data: bytes, sheet: TermSheet) -> None:
    """Refuse a form that would be read as another term sheet than the one that it was filled in with."""
    try:
        returned = read_form(data, sheet.file).plain()
    except InputError as error:
        problems = Problems()
        for problem in error.problems:
            problems.add("not-for-a-form", f"a form cannot hold this term sheet: {problem.sentence}", sheet.root.place)
        raise InputError(problems.found) from None
    original = sheet.root.plain()
    problems = Problems()
    for key in sorted({*original, *returned} - {"changes"}):
        if not fields.is_as_read(original.get(key) or "", returned.get(key) or ""):
            place = sheet.root.keys.get(key, sheet.root.place)
            problems.add("not-for-a-form", f"a form cannot hold `{key}` as it stands here", place)
    after = {next(iter(change.values())): change for change in returned["changes"]}
    for change, plain in zip(sheet.changes, original["changes"], strict=True):
        if not fields.is_as_read(plain, after.get(change.clause_id)):
            sentence = f"a form cannot hold the change of `{change.clause_id}` as it stands here"
            problems.add("not-for-a-form", sentence, change.place)
    problems.raise_as(InputError)
