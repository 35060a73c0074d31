"""A form that was filled in, read back as a term sheet.

The result is the same tree that a file in YAML gives, so everything that reads term sheets reads it. The place of a
value is `form.docx: table 2, row 3`. What could be read in two ways is not read: every such value is an error that
says what stands in the way, and all of them are reported together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from clauses.errors import InputError, Problems
from clauses.memo.word import form_fields as fields
from clauses.memo.word import form_print as printed
from clauses.memo.word.form_cells import Cell, Objection, read_cell
from clauses.memo.word.form_fields import CLAUSE, NEW, PARTY, SHEET, SOURCE, FormField, NotReadable
from clauses.memo.word.form_frame import (
    Line,
    beside,
    cells_of,
    commented,
    is_hidden,
    row_change,
    row_objections,
    rows_of,
    style_of,
    table_objections,
    tables_in_fields,
    tables_of,
)
from clauses.memo.word.form_looks import Element, Looks, W
from clauses.memo.word.form_stamp import MadeFor, Stamp, digest, digest_of_terms, read_stamp
from clauses.memo.word.package import main_part, open_package
from clauses.source import Place, Source
from clauses.terms.agreement import read_term_sheet
from clauses.terms.kinds import KINDS
from clauses.terms.party import ID_PATTERN
from clauses.yaml_nodes import Absent, Mapping_, Node, Scalar, Sequence

MAXIMUM_ROWS = 20_000
"""How many rows the tables of a form may have together."""

_ANEW = "make the form anew with `clauses form AGREEMENT --sheet SHEET` if it cannot be mended"
_OUT = "put it into a term, or delete it"
_LABELS, _IN_FORCE = 1, 2
"""The columns that say what a row asks for, and how a term stands."""
_CLAUSE_REF = re.compile(rf"{CLAUSE}-[0-9]+(?= |$)")
_PARTY = re.compile(r"(?P<name>.+?) \((?P<id>[a-z0-9-]+)\)(?:; |$)")
_SEPARATOR = " | "
_LINE_BREAK = re.compile("[\n\r\x85\u2028\u2029]")


@dataclass(frozen=True)
class _Row:
    """A row of one of our tables as it was found."""

    line: int
    """Its line in the form written out."""
    cells: tuple[Cell, ...]
    change: str | None
    """`inserted` or `deleted` by a tracked change."""
    has_comment: bool
    is_hidden: bool
    frame: tuple[Objection, ...]
    """Why it may not be shown as it stands in the file; for the first row, why its table may not."""

    @property
    def ref(self) -> str:
        """What the first cell says, without the blanks and line breaks in it."""
        return "".join(self.cells[0].words.split()) if self.cells else ""

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The cells in the form written out: of what a term means, its name only."""
        words = [_LINE_BREAK.sub("¶", cell.words) for cell in self.cells]
        return (self.ref, *(word.partition("¶")[0] for word in words[1:2]), *words[2:])


@dataclass(frozen=True)
class _Found:
    """One of our tables: its head, and its rows."""

    ref: str
    subject: str
    """What it is about: the id of a clause in force, or what sort of thing is new."""
    kind: str
    place: Place
    rows: tuple[_Row, ...]


@dataclass(frozen=True)
class _Document:
    """What was found in a form: our tables row by row, and the lines beside them, each with its line in the source."""

    tables: list[list[_Row]]
    beside: list[tuple[int, Line]]
    source: Source


def read_form(data: bytes, name: str) -> Mapping_:
    """The term sheet that a form holds. `name` is what the reader calls the file.

    Raises InputError with every problem: a file that is no form or is not safe to open, rows that are missing, values
    that could be read in more than one way, words that stand where nobody reads them.
    """
    return read_form_and_stamp(data, name)[0]


def read_form_and_stamp(data: bytes, name: str) -> tuple[Mapping_, MadeFor]:
    """The term sheet of a form, and the state of the agreement for which the form was made.

    Raises InputError as `read_form` does.
    """
    parts = open_package(data, name)
    body = main_part(parts, name).find(f"{W}body")
    if body is None:
        raise _no_form(name)
    if sum(1 for _ in body.iter(f"{W}tr")) > MAXIMUM_ROWS:
        nowhere = Place(Source(name, ""), 0, 0)
        raise InputError.of("form-too-long", f"a form has at most {MAXIMUM_ROWS:,} rows", nowhere)
    document = _written_out(body, parts, name)
    if not document.tables:
        raise _no_form(name)
    return _FormReader(document).read(body)


def _no_form(name: str) -> InputError:
    hint = "make one with `clauses form AGREEMENT -o form.docx`"
    nowhere = Place(Source(name, ""), 0, 0)
    return InputError.of("not-a-form", "this Word document is not a form of clauses", nowhere, hint)


def _written_out(body: Element, parts: Mapping[str, Element], name: str) -> _Document:
    """Our tables, and the form as a text with a line for each of their rows, and then for each line beside them."""
    styles = Looks(next((part for part_name, part in parts.items() if part_name.endswith("/styles.xml")), None))
    noted, in_fields = commented(body), tables_in_fields(body)
    ours: dict[Element, list[_Row]] = {}
    lines: list[str] = []
    spots: dict[int, str] = {}
    for number, table in enumerate(tables_of(body), 1):
        rows: list[_Row] = []
        for row in rows_of(table):
            frame = () if rows else tuple(table_objections(table, in_fields))
            rows.append(_row(row, len(lines) + len(rows) + 1, styles, noted, frame))
        if any(fields.REF.fullmatch(row.ref) for row in rows):
            ours[table] = rows
            spots |= {row.line: f"table {number}, row {place}" for place, row in enumerate(rows, 1)}
            lines += [_SEPARATOR.join(row.texts) for row in rows]
    margins = [part for part in parts.values() if part.tag in (f"{W}hdr", f"{W}ftr")]
    found = [line for part in (body, *margins) for line in beside(part, ours.__contains__)]
    numbered = list(enumerate(found, len(lines) + 1))
    spots |= {number: line.spot for number, line in numbered}
    text = "\n".join([*lines, *(_LINE_BREAK.sub(" ", line.words) for line in found)])
    return _Document(list(ours.values()), numbered, Source(name, text, spots))


def _row(row: Element, line: int, styles: Looks, noted: Mapping[Element, None], frame: tuple[Objection, ...]) -> _Row:
    cells = cells_of(row)
    style = style_of(next(row.iterancestors(f"{W}tbl")))
    return _Row(
        line=line,
        cells=tuple(read_cell(cell, styles, style) for cell in cells),
        change=row_change(row),
        has_comment=any(cell in noted for cell in cells),
        is_hidden=is_hidden(row),
        frame=(*frame, *row_objections(row, cells)),
    )


class _FormReader:
    """Reads the tables of a form, noting what stands in the way."""

    def __init__(self, document: _Document) -> None:
        self.tables, self.beside, self.source = document.tables, document.beside, document.source
        self.problems = Problems()
        self.names = dict(self.parties_by_name())

    def read(self, body: Element) -> tuple[Mapping_, MadeFor]:
        for _ in body.iter(f"{W}altChunk"):
            place = Place(self.source, 0, 0)
            self.problems.add("no-plain-words", "the form takes in another document, which is not read", place)
        found = [one for rows in self.tables if (one := self.table(rows)) is not None]
        root, made_for = self.term_sheet(found, {ref for rows in self.tables for ref in _refs_of(rows)})
        if self.problems.found:
            self.add_what_the_models_say(root)
        self.problems.raise_as(InputError)
        assert made_for is not None  # a form without its stamp has a problem
        return root, made_for

    def add_what_the_models_say(self, root: Mapping_) -> None:
        """What is wrong with the values that could be read, so that a reader learns of everything at once."""
        try:
            read_term_sheet(root)
        except InputError as error:  # what is missing may be what could not be read
            self.problems.found += [one for one in error.problems if one.id not in ("missing-key", "empty")]

    # --- tables

    def table(self, rows: list[_Row]) -> _Found | None:
        """A table of ours with its head, or None after noting what is wrong with it."""
        head = rows[0]
        match = fields.REF.fullmatch(head.ref)
        if match is None or match["path"]:
            self.note("altered-table", "the first row of this table, which says what it is about, is missing", head)
            return None
        if head.change:
            self.note("tracked-change", f"a tracked change has {head.change} this table", head, "accept or reject it")
            return None
        self.check_plain(head, range(len(head.cells)))
        if head.is_hidden:
            self.note("hidden-text", "this row is hidden, and a reader does not see it", head, "show it")
        subject = _head_of(rows)
        sort = match["table"].partition("-")[0]
        if sort in (CLAUSE, NEW) and (subject is None or subject["kind"] not in KINDS):
            self.note("altered-table", "the first row of this table no longer says which clause it is about", head)
            return None
        if sort == CLAUSE and subject is not None and not re.fullmatch(ID_PATTERN, subject["subject"]):
            self.note("altered-table", "the first row of this table names a clause that no form has", head)
            return None
        words = tuple(" ".join(cell.words.split()) for cell in head.cells[1:])
        if sort not in (CLAUSE, NEW):
            self.check_printed(head, words[:1], (printed.SUBJECTS[sort],))
        self.check_printed(head, words[1:], printed.columns_of(match["table"]))
        name, kind = (subject["subject"], subject["kind"]) if subject else ("", "")
        return _Found(match["table"], name, kind, self.place(head, 1 if kind else 0), tuple(rows[1:]))

    def check_printed(self, row: _Row, words: tuple[str, ...], known: tuple[str, ...]) -> None:
        """Note where the head of a table does not say what a form prints there."""
        if words != known:
            said = " | ".join(words)[:80]
            self.note(
                "words-outside-a-value", f"`{said}` is not what a form prints at the head of this table", row, _OUT
            )

    def values(self, table: _Found) -> dict[str, Node]:
        """The values that are filled in, by the names of their rows. Every row must be there, once."""
        known = {f"{table.ref}.{field.name}": field for field in fields.fields_of(table.ref, table.kind)}
        seen: dict[str, _Row] = {}
        values: dict[str, Node] = {}
        for row in table.rows:
            field = known.get(row.ref)
            if field is None:
                self.note_stray(row, table)
            elif row.ref in seen:
                self.note("duplicate-row", f"the row `{row.ref}` stands twice in this table", row, "delete one of them")
            else:
                value = self.value(row, table, field)
                values.update({} if value is None else {field.name: value})
            seen.setdefault(row.ref, row)
        missing = [ref for ref in known if ref not in seen]
        if len(missing) > sum(ref not in known for ref in seen):  # else the strays, noted before, are the missing
            for ref in missing:
                sentence = f"the row `{ref}` of this table is missing"
                self.problems.add("missing-row", sentence, table.place, _ANEW)
        return values

    def note_stray(self, row: _Row, table: _Found) -> None:
        if not row.ref:
            self.note("unknown-row", "the reference of this row is missing", row, f"it begins with `{table.ref}.`")
        else:
            hint = f"references are not changed; this table has those of `{table.ref}`"
            self.note("unknown-row", f"no row of this table has the reference `{row.ref[:80]}`", row, hint)

    # --- values

    def value(self, row: _Row, table: _Found, field: FormField) -> Node | None:
        """The value of a row, or None where it is not filled in or after noting why it cannot be read."""
        columns = 4 if table.ref.startswith(CLAUSE) else 3
        if len(row.cells) != columns:
            self.note("altered-table", f"this row has {len(row.cells)} cells, and {columns} belong there", row, _ANEW)
            return None
        if row.change:
            self.note("tracked-change", f"a tracked change has {row.change} this row", row, "accept or reject it")
            return None
        if row.is_hidden:
            self.note("hidden-text", "this row is hidden, and a reader does not see it", row, "show it, or empty it")
            return None
        is_plain = self.check_plain(row, range(columns - 1)) and self.check_label(row, field)
        cell = row.cells[-1]
        objections = (*cell.objections, *cell.overlooked)
        for id, sentence, hint in objections:
            self.problems.add(id, sentence, self.place(row, -1), hint)
        if objections or not is_plain or not self.check_fields(row):
            return None
        return self.filled_in(row, field)

    def check_plain(self, row: _Row, columns: Iterable[int]) -> bool:
        """Note what was changed beside the fields: it would not be read, and somebody meant something by it."""
        before = len(self.problems.found)
        if row.has_comment:
            self.note("comment-on-value", "a comment stands on this row", row, "settle it, and take the comment out")
        for id, sentence, hint in row.frame:
            self.note(id, sentence, row, hint)
        for column in columns:
            cell = row.cells[column]
            for id, sentence, hint in (*cell.objections, *(cell.mixed if column != _LABELS else ())):
                if id != "line-break-moved":  # of what is printed, where a line breaks says nothing
                    self.problems.add(id, sentence, self.place(row, column), hint)
        return len(self.problems.found) == before

    def check_label(self, row: _Row, field: FormField) -> bool:
        """Whether the row still says what it asks for."""
        said, known = (_without_blanks(text) for text in (row.cells[_LABELS].words, field.label + field.help))
        if said != known:
            words = fields.single_spaced(row.cells[_LABELS].words)
            sentence = f"`{words[:80]}` is not what a form prints beside `{row.ref}`"
            place = self.place(row, _LABELS)
            self.problems.add("words-outside-a-value", sentence, place, f"{_OUT}; of an older form, {_ANEW}")
        return said == known

    def check_fields(self, row: _Row) -> bool:
        """Whether the field of a cell is that of its row, and nothing stands beside it."""
        cell, place = row.cells[-1], self.place(row, -1)
        for found, _ in cell.fields:
            if found.tag != row.ref:
                sentence = f"the field of `{found.tag[:80]}` stands in the row of `{row.ref}`"
                self.problems.add("field-of-another-row", sentence, place, "undo what moved it here")
                return False
        if len({words for _, words in cell.fields}) > 1:
            said = " and ".join(f"`{fields.single_spaced(words)[:60]}`" for _, words in cell.fields)
            self.problems.add("two-values", f"the field stands twice in this cell: {said}", place, "delete one of them")
            return False
        if cell.fields and cell.beside.strip():
            words = fields.single_spaced(cell.beside)[:60]
            hint = "move the words into the field, or delete them"
            self.problems.add("text-beside-field", f"`{words}` stands beside the field", place, hint)
            return False
        return True

    def filled_in(self, row: _Row, field: FormField) -> Node | None:
        """The value of a cell to which there is no objection."""
        cell, place = row.cells[-1], self.place(row, -1)
        control, words = cell.fields[0] if cell.fields else (None, cell.words)
        shown = fields.single_spaced(words)
        if control is not None and control.is_empty and shown and shown not in fields.prompts():
            hint = "click into the field and write the value, or delete the whole text"
            sentence = f"`{shown[:80]}` stands where the prompt of the field stood"
            self.problems.add("prompt-left-in", sentence, place, hint)
            return None
        try:
            value = fields.read_value(words, field, place, partial(self.part, row), self.names)
        except NotReadable as error:
            self.problems.add(error.id, error.sentence, place, error.hint)
            return None
        stored = control.stored_day if control is not None and not control.is_empty else None
        if stored and isinstance(value, Scalar) and value.text != stored:
            sentence = f"the field shows `{shown}`, and Word has kept the date `{stored}` for it"
            self.problems.add("date-differs", sentence, place, "choose the date anew, or write it into the empty field")
            return None
        return value

    # --- places

    def note(self, id: str, sentence: str, row: _Row, hint: str | None = None) -> None:
        self.problems.add(id, sentence, self.place(row, 0), hint)

    def place(self, row: _Row, column: int) -> Place:
        """The place of a cell: its words in the line of its row."""
        column = column % max(1, len(row.cells))
        start = sum(len(text) + len(_SEPARATOR) for text in row.texts[:column])
        words = row.texts[column]
        blank = len(words) - len(words.lstrip())
        return Place(self.source, row.line, start + blank + 1, max(1, len(words.strip())))

    def part(self, row: _Row, index: int, length: int) -> Place:
        """The place of a part of the last cell."""
        start = sum(len(text) + len(_SEPARATOR) for text in row.texts[:-1])
        return Place(self.source, row.line, start + index + 1, max(1, length))

    # --- the term sheet

    def term_sheet(self, tables: list[_Found], present: set[str]) -> tuple[Mapping_, MadeFor | None]:
        """The tree of the term sheet from the tables of the form, and for what the form was made.

        `present` are all the tables of which a row is there.
        """
        heads = [table for table in tables if table.ref == SHEET]
        place = tables[0].place if tables else self.source.place(0, 1)
        for table in heads[1:]:
            self.problems.add("two-values", "the table of the term sheet stands twice", table.place)
        if not heads and SHEET not in present:
            self.problems.add("altered-table", "the table `TS` of the term sheet is missing", place, _ANEW)
        items = self.values(heads[0]) if heads else {}
        if heads:
            self.check_required(heads[0], items)
            self.check_count(items.pop(fields.COUNT, None), present)
            self.check_once(tables)
        said = items.pop(fields.FORM, None)
        for key, ref in (("parties", PARTY), ("sources", SOURCE)):
            records = self.records([table for table in tables if table.ref == ref])
            items.update({key: records} if records is not None else {})
        changes = tuple(self.changes(tables))
        made_for = self.check_stamp(said) if isinstance(said, Scalar) else None
        if changes:
            items["changes"] = Sequence(changes, changes[0].place)
        elif not self.problems.found:
            self.problems.add("nothing-proposed", "nothing is proposed: no value of a clause is filled in", place)
        return _mapping(items, place), made_for

    def check_stamp(self, said: Scalar) -> MadeFor | None:
        """Hold what the form printed against what it says that it printed."""
        stamp = read_stamp(said.text)
        if stamp is None:
            self.problems.add("altered-table", "this row no longer says for what the form was made", said.place, _ANEW)
            return None
        self.check_beside(stamp)
        if not self.problems.found:  # else what is amiss was said, and it may be why the digest differs
            self.check_in_force(stamp, said.place)
        return MadeFor(stamp.agreement, stamp.day, said.place)

    def check_beside(self, stamp: Stamp) -> None:
        """Every line beside the tables is one that the form printed."""
        known = {*printed.lines_of_every_form(stamp.day), *self.clause_headings()}
        refs = {rows[0].ref for rows in self.tables if _head_of(rows)}
        for number, line in self.beside:
            is_of_lost_table = _CLAUSE_REF.match(line.words) and line.words.partition(" ")[0] not in refs
            if line.words not in known and digest(line.words) not in stamp.lines and not is_of_lost_table:
                place = Place(self.source, number, 1, len(line.words))
                sentence = f"`{line.words[:80]}` stands beside the values, and the form did not print it"
                self.problems.add("words-outside-a-value", sentence, place, _OUT)

    def clause_headings(self) -> Iterator[str]:
        """The headings of the clauses in force, from how their tables say that their terms stand."""
        for rows in self.tables:
            head = _head_of(rows)
            for row in rows:
                if head and row.ref == f"{rows[0].ref}.heading" and len(row.cells) > _IN_FORCE:
                    heading = printed.clause_heading(rows[0].ref, head["subject"], row.cells[_IN_FORCE].words)
                    yield " ".join(heading.split())

    def check_in_force(self, stamp: Stamp, place: Place) -> None:
        """The column *In force* still says what was printed there."""
        cells = [
            (row.ref, row.cells[_IN_FORCE].words)
            for rows in self.tables
            if _CLAUSE_REF.fullmatch(rows[0].ref)
            for row in rows[1:]
            if len(row.cells) > _IN_FORCE
        ]
        if digest_of_terms(cells) != stamp.in_force:
            sentence = "a cell of the column “In force” no longer says what the form printed there"
            hint = "undo the change, and write what is proposed beside it; or make the form anew with `clauses form`"
            self.problems.add("words-outside-a-value", sentence, place, hint)

    def parties_by_name(self) -> Iterator[tuple[str, str]]:
        """The ids of the parties by their names, from the line that names them."""
        for _, line in self.beside:
            if line.words.startswith(printed.PARTIES):
                for found in _PARTY.finditer(line.words.removeprefix(printed.PARTIES)):
                    yield found["name"].casefold(), found["id"]

    def check_required(self, table: _Found, values: dict[str, Node]) -> bool:
        """Whether everything is there that the thing cannot do without; what cannot be read was noted before."""
        noted = {problem.place for problem in self.problems.found}
        rows = {row.ref: row for row in table.rows}
        required = [field for field in fields.fields_of(table.ref, table.kind) if field.is_required]
        missing = [field for field in required if isinstance(values.get(field.name), Absent | None)]
        for field in missing:
            row = rows.get(f"{table.ref}.{field.name}")
            if row is not None and self.place(row, -1) not in noted:
                self.problems.add("not-filled-in", f"`{row.ref}` is not filled in", self.place(row, -1))
        return not missing

    def check_count(self, said: Node | None, present: set[str]) -> None:
        """Every table of a clause that the form was made with must still be there."""
        if not isinstance(said, Scalar):
            return
        count = int(said.text) if re.fullmatch(r"[0-9]{1,4}", said.text) else -1
        known = {f"{CLAUSE}-{number:02}": None for number in range(1, count + 1)}
        if count < 0 or any(ref.startswith(CLAUSE) and ref not in known for ref in present):
            sentence = f"`{said.text[:80]}` is not the number of clauses that the form was made with"
            self.problems.add("altered-table", sentence, said.place)
            return
        for ref in known:
            if ref not in present:
                sentence = f"the table `{ref}` is missing, and it cannot be told what its loss should mean"
                self.problems.add("missing-table", sentence, said.place, _ANEW)

    def check_once(self, tables: list[_Found]) -> None:
        """A clause in force has one table: of two, nobody can tell which is meant."""
        seen: set[str] = set()
        for table in tables:
            if table.ref.startswith(CLAUSE) and table.ref in seen:
                sentence = f"the table `{table.ref}` stands more than once"
                self.problems.add("two-values", sentence, table.place, "delete all but one")
            seen.add(table.ref)

    def records(self, tables: list[_Found]) -> Mapping_ | None:
        """The new parties or documents by their ids, or None where there are none."""
        items: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        for table in tables:
            values = self.values(table)
            if not values or not self.check_required(table, values):
                continue
            id = values.pop("id")
            assert isinstance(id, Scalar)
            if id.text in items:
                self.problems.add("duplicate-key", f"`{id.text}` stands twice", id.place)
            items[id.text], keys[id.text] = _nested(values, table.place), id.place
        return Mapping_(items, keys, tables[0].place) if items else None

    def changes(self, tables: list[_Found]) -> Iterator[Mapping_]:
        """A change for each table of a clause in which something is filled in."""
        for table in tables:
            if not table.ref.startswith((CLAUSE, NEW)):
                continue
            values = self.values(table)
            if not values:
                continue
            if table.ref.startswith(NEW):
                yield from self.addition(table, values)
            else:
                yield from self.amendment(table, values)

    def addition(self, table: _Found, values: dict[str, Node]) -> Iterator[Mapping_]:
        if self.check_required(table, values):
            id = values.pop("id")
            kind: dict[str, Node] = {"kind": Scalar(table.kind, table.place)}
            yield _mapping({"add": id, "clause": _nested({**kind, **values}, id.place)}, id.place)

    def amendment(self, table: _Found, values: dict[str, Node]) -> Iterator[Mapping_]:
        removal = values.pop(fields.REMOVE, None)
        place = table.place
        id = Scalar(table.subject, place)
        if not isinstance(removal, Scalar) or removal.text == fields.NO:
            if values:
                yield _mapping({"amend": id, "set": _nested(values, place)}, place)
        elif removal.text != fields.YES:
            self.problems.add("not-a-choice", f"`{removal.text}` does not say whether the clause goes", removal.place)
        elif values:
            sentence = f"the clause `{table.subject}` is to be struck out, and terms of it are filled in"
            self.problems.add("removed-and-amended", sentence, removal.place, "do one or the other")
        else:
            yield _mapping({"remove": Scalar(table.subject, removal.place)}, removal.place)


def _head_of(rows: list[_Row]) -> re.Match[str] | None:
    """What the first row of a table says that the table is about, where that is a clause."""
    cells = rows[0].cells
    return fields.HEAD.fullmatch(" ".join(cells[1].words.split())) if len(cells) > 1 else None


def _without_blanks(text: str) -> str:
    return "".join(text.split())


def _refs_of(rows: list[_Row]) -> set[str]:
    """The tables whose references stand in a table; more than one only where rows were moved."""
    return {match["table"] for row in rows if (match := fields.REF.fullmatch(row.ref))}


def _mapping(items: dict[str, Node], place: Place) -> Mapping_:
    return Mapping_(items, {key: node.place for key, node in items.items()}, place)


def _nested(values: dict[str, Node], place: Place) -> Mapping_:
    """Values by the names of their rows as the tree that a file would hold: `source.quote` within `source`."""
    found: dict[str, Any] = {}
    for name, node in values.items():
        outer, _, inner = name.partition(".")
        if inner:
            found.setdefault(outer, {})[inner] = node
        else:
            found[outer] = node
    return _mapping({k: _nested(v, next(iter(v.values())).place) if isinstance(v, dict) else v
                     for k, v in found.items()}, place)  # fmt: skip
