"""Code that reads the clauses of plain records and runs the rules on single clauses as it goes.

For every kind of clause, and every way in which a clause can stand to the term sheet, one function checks the terms,
makes columns of those that rules read, asks the rules that are about this clause alone, and lays down a row for those
that look at more. It is made when the first such clause comes.

    def scan(id, clause, written, parties, ids, started, rows, out, ties):
        f = clause.ends
        if f is UNSET:
            v3 = date_open[0]
        else:
            n += 1
            v3 = f.toordinal()
        …
        if v3 > 900: out.append((17, True, ((id, 0, clause, written),)))
        row = ((id, 0, clause, written), True, v2, v3)
        rows[4].append(row)
        return n

It returns how many keys the clause has (see `PlainRecord.check_keys`), for which most terms need only be there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from clauses.engines.compiled.columns import FIXED, Columns, unstated
from clauses.engines.compiled.groups import Group, Slot
from clauses.engines.compiled.program import Code, write_members
from clauses.terms.kinds import KINDS, TermType
from clauses.terms.plain import texts
from clauses.terms.plain.record import ADDED, AMENDED, LAYERS, TIES, basis_of, keys_of
from clauses.terms.plain.shapes import CLOSED, KIND_OF, UNSET
from clauses.terms.plain.texts import VALUES, NotPlain, choice_values
from clauses.terms.values import UNKNOWN, VALUE_TYPES, Money

Scan = Callable[..., int]
Range = tuple[Any, ...]


class Ranges:
    """The lowest and the highest value of a quantity by its text, and the currency of an amount."""

    def __init__(self, type_name: str) -> None:
        self.open: Range = (*unstated(type_name), None)
        self.known: dict[Any, Range] = {}
        """A plain dictionary, as Python is quickest with these; `read` is for what it does not hold."""
        self.read = _reader(VALUES[type_name], texts.EXACT.get(type_name), self.known, self.open)


def _reader(
    values: texts.Values, exact: Callable[[str], Range | None] | None, known: dict[Any, Range], unstated: Range
) -> Callable[[Any], Range]:
    def read(text: Any) -> Range:
        """The range of a text. Raises one of `REFUSALS` where it is no value."""
        found = known.get(text)
        if found is not None:
            return found
        if exact and text.__class__ is str:
            found = exact(text)
        if found is None:
            value = values[text]
            found = unstated if value is None else (value.lowest, value.highest, getattr(value, "currency", None))
        if len(known) > texts.MAXIMUM_REMEMBERED:
            known.clear()
        known[text] = found
        return found

    return read


RANGES = {name: Ranges(name) for name in VALUE_TYPES}


def listed(items: Any, known: Any) -> tuple[str, ...] | None:
    """The items of a list, all of which must be known."""
    if items is None or items == UNKNOWN:
        return None
    for item in items:
        if item not in known:
            raise NotPlain
    return tuple(items)


def _texts(items: Any) -> tuple[str, ...] | None:
    """The items of a list of texts or choices."""
    return None if items is None or items == UNKNOWN else tuple(items)


def _changed(written: Any, terms: Sequence[str]) -> tuple[str, ...]:
    return tuple([name for name in terms if getattr(written, name) is not UNSET])


NAMES: dict[str, Any] = {
    "UNSET": UNSET, "UNKNOWN": UNKNOWN, "listed": listed, "texts_of": _texts, "changed_of": _changed,
    "NotPlain": NotPlain, "basis_of": basis_of, "keys_of": keys_of,
    "money_get": RANGES["money"].known.get, "money_exact": texts.exact_money,
    **{f"{name}_known": ranges.known for name, ranges in RANGES.items()},
    **{f"{name}_read": ranges.read for name, ranges in RANGES.items()},
    **{f"{name}_open": ranges.open for name, ranges in RANGES.items()},
}  # fmt: skip
"""What the code calls by name."""


UNREAD = ("heading", "text")
"""The keys of a clause beside its terms and its origin."""


class Scans:
    """The functions of one program, made as clauses come: by standing, then by shape."""

    def __init__(self, columns: Columns, groups: Sequence[Group], slots: dict[Slot, int], in_rows: dict[str, int]):
        self.columns = columns
        self.slots = slots
        self.in_rows = in_rows
        """How many columns of a kind the rows hold; what comes after is for rules on single clauses."""
        self.groups: dict[Slot, list[tuple[int, Group]]] = {}
        for number, group in enumerate(groups):
            self.groups.setdefault(group.shape.slots[0], []).append((number, group))
        self.by_standing = [_ByShape(self, how) for how in range(len(LAYERS))]


class _ByShape(dict[Any, Scan]):
    def __init__(self, scans: Scans, how: int) -> None:
        super().__init__()
        self.scans = scans
        self.how = how

    def __missing__(self, shape: Any) -> Scan:
        self[shape] = found = _Writer(self.scans, shape, self.how).written()
        return found


class _Writer:
    """Writes one function."""

    def __init__(self, scans: Scans, shape: Any, how: int) -> None:
        self.scans = scans
        self.kind = KIND_OF[shape]
        self.is_closed = shape is CLOSED[self.kind]
        self.is_counted = how != AMENDED  # what is made from others has no keys of its own
        self.counted = ["n += 1"] if self.is_counted else []
        self.terms = KINDS[self.kind].term_types()
        self.how = how
        self.code = Code()
        self.code.names |= NAMES
        self.code.names["terms"] = tuple(self.terms)
        layers = LAYERS[how]
        self.places = [place for (kind, layer), place in scans.slots.items() if kind == self.kind and layer in layers]
        self.groups = [one for layer in sorted(layers) for one in scans.groups.get((self.kind, layer), ())]
        self.known = scans.columns.of_kind.get(self.kind, {})
        self.read = self.columns_read()

    def columns_read(self) -> set[int]:
        """The columns that the rows hold and the rules on single clauses ask for."""
        found = set(range(FIXED, FIXED + self.scans.in_rows.get(self.kind, 0))) if self.places else set()
        for _, group in self.groups:
            asked = [group.shape.certainly, *(conjunct.text for conjunct, _ in group.shape.possibly)]
            found |= {int(number) for number in re.findall(r"\bv([0-9]+)\b", " ".join(asked))}
        return found

    def written(self) -> Scan:
        """The function, compiled."""
        code = self.code
        code.add(0, "def scan(id, clause, written, parties, ids, started, rows, out, ties):")
        code.add(1, "origin = clause.source", "if origin is not UNSET:", "    ties.append(id)")
        if self.is_counted:
            code.add(1, "    n = 3 + keys_of(origin)", "else:", "    n = 2")
            code.add(1, *(line for name in UNREAD for line in (f"if clause.{name} is not UNSET:", "    n += 1")))
        for name, type in self.terms.items():
            self.term(name, type)
        self.common()
        for number, group in self.groups:
            self.rules(f"single_{number}", group)
        self.rows()
        code.add(1, f"return {'n' if self.is_counted else '0'}")
        found: Scan = code.compiled()["scan"]
        return found

    def variables(self, name: str) -> dict[str, str]:
        """The variables for the columns of a term that are read, by part."""
        return {part: f"v{n}" for (term, part), n in self.known.items() if term == name and n in self.read}

    def term(self, name: str, type: TermType) -> None:
        """Check a term and make its columns."""
        variables = self.variables(name)
        if not variables:
            self.unread_term(name, type)
        elif self.is_closed and type.name == "date" and not type.is_list:
            self.day(name, variables)
        else:
            self.read_term(name, type, variables)

    def unread_term(self, name: str, type: TermType) -> None:
        """Check a term that no rule reads, unless its shape says all."""
        checks = self.reading(name, type)[1] if self.is_to_check(type) else []
        lines = [*checks, *(["ties.append(id)"] if name in TIES else []), *self.counted]
        add = self.code.add
        if checks:
            add(1, f"f = clause.{name}", "if f is not UNSET:")
        elif lines:
            add(1, f"if clause.{name} is not UNSET:")
        add(2, *lines)

    def is_to_check(self, type: TermType) -> bool:
        """Whether the shape leaves anything to check."""
        is_day = self.is_closed and type.name == "date" and not type.is_list
        return type.name in ("party", "clause") or (type.name in VALUE_TYPES and not is_day)

    def day(self, name: str, variables: Mapping[str, str]) -> None:
        """The columns of a date that is a day or not there."""
        ends = [variables[part] for part in ("lowest", "highest") if part in variables]
        add = self.code.add
        unstated = "started" if name == "starts" and self.how != ADDED else "date_open"
        add(1, f"f = clause.{name}", "if f is UNSET:")
        parts = {"lowest": f"{unstated}[0]", "highest": f"{unstated}[1]", "stated": f"{unstated} is not date_open"}
        add(2, *(f"{variable} = {parts[part]}" for part, variable in variables.items()))
        add(1, "else:")
        add(2, *self.counted)
        if ends:
            add(2, f"{' = '.join(ends)} = f.toordinal()")
        if "stated" in variables:
            add(2, f"{variables['stated']} = True")

    def read_term(self, name: str, type: TermType, variables: Mapping[str, str]) -> None:
        """Check a term that rules read, and make its columns."""
        add = self.code.add
        unstated, read, parts = self.reading(name, type)
        add(1, f"f = clause.{name}")
        add(1, "if f is UNSET:", f"    q = {unstated}", "else:")
        add(2, *read, *self.counted)
        if name == "starts" and self.how != ADDED:
            add(1, "if q is date_open:", "    q = started")
        if name in TIES:
            add(1, "if f is not UNSET:", "    ties.append(id)")
        add(1, *(f"{variable} = {parts[part]}" for part, variable in variables.items()))

    def reading(self, name: str, type: TermType) -> tuple[str, list[str], dict[str, str]]:
        """What a term is where no key is there, how it is read into `q`, and what its columns are of that."""
        if type.is_list:
            known = {"party": "parties", "clause": "ids"}.get(type.name)
            default = repr(KINDS[self.kind].model_fields[name].default)
            read = f"q = listed(f, {known})" if known else "q = texts_of(f)"
            return default, [read], {"items": "q", "stated": "q is not None"}
        if type.name in VALUE_TYPES:
            one = type.name
            parts = {"lowest": "q[0]", "highest": "q[1]", "currency": "q[2]", "stated": f"q is not {one}_open"}
            lines = ["try:", f"    q = {one}_known[f]", "except KeyError:", f"    q = {one}_read(f)"]
            if one == Money.type_name:  # amounts repeat least: nearly all are read sooner than they are looked up
                lines = [f"q = {'money_exact' if self.is_closed else 'money_get'}(f) or money_read(f)"]
            return f"{one}_open", lines, parts
        parts = {"code": "q", "stated": "q is not None"}
        if type.name in ("party", "clause"):
            known = "parties" if type.name == "party" else "ids"
            stated = self.kind == "holding" and name == "event"  # a holding that names no event is its own
            unstated = "id" if stated else "None"
            lines = [f"if f in {known}:", "    q = f", "elif f is None or f == UNKNOWN:", f"    q = {unstated}"]
            return unstated, [*lines, "else:", "    raise NotPlain"], parts
        if type.choices and self.is_closed:
            return "None", ["q = f"], parts
        if type.choices:
            self.code.names[f"choices_{name}"] = choice_values(type)
            return "None", [f"q = choices_{name}[f]"], parts
        return "None", ["q = None if f == UNKNOWN else f"], parts

    def common(self) -> None:
        """The terms that every fact of a clause has."""
        changed = "changed_of(written, terms)" if self.how >= AMENDED else "()"
        for term, value in (("id", "id"), ("basis", "basis_of(origin)"), ("changed", changed)):
            for part, variable in self.variables(term).items():
                self.code.add(1, f"{variable} = {'True' if part == 'stated' else value}")

    def rules(self, name: str, group: Group) -> None:
        """The rules of a shape that look at this clause alone."""
        varying = group.varying()
        conditions = [group.text(c.text, varying) for c, _ in group.shape.possibly if not c.constants & varying]
        if conditions:
            self.code.add(1, f"if {' and '.join(conditions)}:")
        write_members(self.code, 2 if conditions else 1, name, group, f"({self.item()},)", "")

    def item(self) -> str:
        """What a match names: the clause, and how it stands."""
        return f"(id, {self.how}, clause, written)"

    def rows(self) -> None:
        """Lay the row where the rules that look at more than one clause find it."""
        if self.places:
            columns = [f"v{index}" for index in range(FIXED, FIXED + self.scans.in_rows.get(self.kind, 0))]
            self.code.add(1, f"row = ({', '.join([self.item(), 'True', *columns])},)")
            self.code.add(1, *(f"rows[{place}].append(row)" for place in self.places))
