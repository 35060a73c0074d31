"""A form that was filled in, read back as a term sheet.

The result is the same tree that a file in YAML gives, so everything that reads term sheets reads it. The place of a
value is `form.docx: table 2, row 3`. What could be read in two ways is not read: every such value is an error that
says what stands in the way, and all of them are reported together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from lxml import etree

from clauses.errors import InputError, Problems
from clauses.memo.word import form_fields as fields
from clauses.memo.word.form_cells import (
    Cell,
    Looks,
    W,
    cells_of,
    commented,
    is_hidden,
    looks,
    read_cell,
    row_change,
    rows_of,
    tables_of,
)
from clauses.memo.word.form_fields import CLAUSE, NEW, PARTY, SHEET, SOURCE, FormField, NotReadable
from clauses.memo.word.package import main_part, open_package
from clauses.source import Place, Source
from clauses.terms.agreement import read_term_sheet
from clauses.terms.kinds import KINDS
from clauses.terms.party import ID_PATTERN
from clauses.yaml_nodes import Absent, Mapping_, Node, Scalar, Sequence

MAXIMUM_ROWS = 20_000
"""How many rows the tables of a form may have together."""

_ANEW = "make the form anew with `clauses form AGREEMENT --sheet SHEET` if it cannot be mended"
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


def read_form(data: bytes, name: str) -> Mapping_:
    """The term sheet that a form holds. `name` is what the reader calls the file.

    Raises InputError with every problem: a file that is no form or is not safe to open, rows that are missing, values
    that could be read in more than one way.
    """
    parts = open_package(data, name)
    body = main_part(parts, name).find(f"{W}body")
    if body is None:
        raise _no_form(name)
    if sum(1 for _ in body.iter(f"{W}tr")) > MAXIMUM_ROWS:
        nowhere = Place(Source(name, ""), 0, 0)
        raise InputError.of("form-too-long", f"a form has at most {MAXIMUM_ROWS:,} rows", nowhere)
    styles = next((part for part_name, part in parts.items() if part_name.endswith("/styles.xml")), None)
    tables, source = _written_out(body, looks(styles), name)
    if not tables:
        raise _no_form(name)
    return _FormReader(source).read(body, tables)


def _no_form(name: str) -> InputError:
    hint = "make one with `clauses form AGREEMENT -o form.docx`"
    nowhere = Place(Source(name, ""), 0, 0)
    return InputError.of("not-a-form", "this Word document is not a form of clauses", nowhere, hint)


def _written_out(body: etree._Element, styles: Looks, name: str) -> tuple[list[list[_Row]], Source]:
    """Our tables, and the form as a text with a line for each of their rows."""
    noted = commented(body)
    tables: list[list[_Row]] = []
    lines: list[str] = []
    spots: dict[int, str] = {}
    for number, table in enumerate(tables_of(body), 1):
        rows: list[_Row] = []
        for row in rows_of(table):
            cells = cells_of(row)
            has_comment = any(cell in noted for cell in cells)
            read = tuple(read_cell(cell, styles) for cell in cells)
            rows.append(_Row(len(lines) + len(rows) + 1, read, row_change(row), has_comment, is_hidden(row)))
        if any(fields.REF.fullmatch(row.ref) for row in rows):
            tables.append(rows)
            spots |= {row.line: f"table {number}, row {place}" for place, row in enumerate(rows, 1)}
            lines += [_SEPARATOR.join(row.texts) for row in rows]
    return tables, Source(name, "\n".join(lines), spots)


class _FormReader:
    """Reads the tables of a form, noting what stands in the way."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems = Problems()

    def read(self, body: etree._Element, tables: list[list[_Row]]) -> Mapping_:
        for _ in body.iter(f"{W}altChunk"):
            place = Place(self.source, 0, 0)
            self.problems.add("no-plain-words", "the form takes in another document, which is not read", place)
        found = [one for rows in tables if (one := self.table(rows)) is not None]
        root = self.term_sheet(found, {ref for rows in tables for ref in _refs_of(rows)})
        if self.problems.found:
            self.add_what_the_models_say(root)
        self.problems.raise_as(InputError)
        return root

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
        subject = fields.HEAD.fullmatch(" ".join(head.cells[1].words.split())) if len(head.cells) > 1 else None
        sort = match["table"].partition("-")[0]
        if sort in (CLAUSE, NEW) and (subject is None or subject["kind"] not in KINDS):
            self.note("altered-table", "the first row of this table no longer says which clause it is about", head)
            return None
        if sort == CLAUSE and subject is not None and not re.fullmatch(ID_PATTERN, subject["subject"]):
            self.note("altered-table", "the first row of this table names a clause that no form has", head)
            return None
        name, kind = (subject["subject"], subject["kind"]) if subject else ("", "")
        return _Found(match["table"], name, kind, self.place(head, 1 if kind else 0), tuple(rows[1:]))

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
        is_plain = self.check_plain(row, range(columns - 1))
        cell = row.cells[-1]
        for id, sentence, hint in cell.objections:
            self.problems.add(id, sentence, self.place(row, -1), hint)
        if cell.objections or not is_plain or not self.check_fields(row):
            return None
        return self.filled_in(row, field)

    def check_plain(self, row: _Row, columns: Iterable[int]) -> bool:
        """Note what was changed beside the fields: it would not be read, and somebody meant something by it."""
        before = len(self.problems.found)
        if row.has_comment:
            self.note("comment-on-value", "a comment stands on this row", row, "settle it, and take the comment out")
        for column in columns:
            for id, sentence, hint in row.cells[column].objections:
                self.problems.add(id, sentence, self.place(row, column), hint)
        return len(self.problems.found) == before

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
            value = fields.read_value(words, field, place, partial(self.part, row))
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

    def term_sheet(self, tables: list[_Found], present: set[str]) -> Mapping_:
        """The tree of the term sheet from the tables of the form; `present` are all those of which a row is there."""
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
        for key, ref in (("parties", PARTY), ("sources", SOURCE)):
            records = self.records([table for table in tables if table.ref == ref])
            items.update({key: records} if records is not None else {})
        changes = tuple(self.changes(tables))
        if changes:
            items["changes"] = Sequence(changes, changes[0].place)
        elif not self.problems.found:
            self.problems.add("nothing-proposed", "nothing is proposed: no value of a clause is filled in", place)
        return _mapping(items, place)

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
