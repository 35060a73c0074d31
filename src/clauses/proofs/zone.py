"""The zone of possible agreement over two terms, as a picture: a field is filled where some deal lies in it.

The plane is cut into fields, and each is asked of the solver once: is there a deal, whatever the other terms are,
with both terms within it? Fields that hold none are not cut further, so the picture is exact to the width of a field.
A choice has one field for each of its choices. A field that could not be decided is drawn as such.
"""

from __future__ import annotations

import datetime
import html
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from clauses.engines.smt.logic import Bool
from clauses.engines.smt.solver import Undecided
from clauses.errors import UsageError, did_you_mean
from clauses.proofs.negotiate import Negotiation
from clauses.proofs.open_deal import Variable
from clauses.proofs.table import Table
from clauses.terms.values import Date

FIELDS = 32
"""Into how many fields each side of the plane is cut, at most."""
TICKS = 5
"""How many values stand along a side of the plane, at most."""
_SIDE, _LEFT, _TOP, _WIDTH, _HEIGHT, _EDGE = 384, 136, 84, 560, 560, 16
_INK, _GREY, _DEAL, _OPEN, _PROPOSAL = "#1b1f24", "#57606a", "#9dbde4", "#d0d0d0", "#9b1c1c"
_CRISP = 'shape-rendering="crispEdges"'
"""Without it a thin line shows where two fields meet."""
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240)
_DAYS = (1, 2, 7, 14)


@dataclass(frozen=True)
class Axis:
    """A term along one side of the plane, from its first value there to its last."""

    variable: Variable
    low: int
    high: int

    @property
    def name(self) -> str:
        """The name of the term."""
        return self.variable.term.name

    @property
    def span(self) -> int:
        """How many values it has."""
        return self.high - self.low + 1

    @property
    def fields(self) -> int:
        """Into how many fields it is cut."""
        return min(FIELDS, self.span)

    def start(self, field: int) -> int:
        """The first value of a field."""
        return self.low + self.span * field // self.fields

    def field_of(self, units: int) -> int:
        """The field in which a value lies."""
        return next(field for field in reversed(range(self.fields)) if self.start(field) <= units)

    def pixel(self, units: int) -> int:
        """How far along the side the middle of a value is."""
        return (2 * (units - self.low) + 1) * _SIDE // (2 * self.span)

    def shown(self, units: int) -> str:
        """A value as documents write it."""
        term = self.variable.term
        return term.choices[units] if term.is_choice else str(term.value(units))

    def ticks(self) -> list[int]:
        """The values that stand along the side: every choice; of a quantity round ones."""
        term = self.variable.term
        if term.is_choice:
            return list(range(self.low, self.high + 1))
        if term.type.name == Date.type_name:
            return _days(self.low, self.high)
        steps = (first * 10**power for power in itertools.count() for first in (1, 2, 5))
        step = next(step for step in steps if self.span // step < TICKS)
        return list(range(-(-self.low // step) * step, self.high + 1, step))


def _days(low: int, high: int) -> list[int]:
    """The first days of months, some months apart; within a few weeks, days."""
    for step in _DAYS:
        if (high - low) // step < TICKS:
            return list(range(low, high + 1, step))
    first, last = (datetime.date.fromordinal(day) for day in (low, high))
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    step = next((step for step in _MONTHS if len(months) // step < TICKS), _MONTHS[-1])
    days = [datetime.date(month // 12, month % 12 + 1, 1).toordinal() for month in months if month % step == 0]
    return [day for day in days if low <= day <= high]


@dataclass(frozen=True)
class Fields:
    """The fields in which there is a deal, and those of which it was not decided; each by its column and its row."""

    filled: frozenset[tuple[int, int]]
    undecided: frozenset[tuple[int, int]]


def check_axes(table: Table, names: tuple[str, str]) -> None:
    """Raises UsageError where two terms do not span a plane: not on the table, or the same twice."""
    for name in names:
        if name not in table.open.variables:
            hint = did_you_mean(name, table.open.variables) or f"one of: {', '.join(table.open.variables)}"
            raise UsageError.of("not-on-the-table", f"`{name}` is no term on the table", None, hint)
    if names[0] == names[1]:
        hint = f"two of: {', '.join(table.open.variables)}"
        raise UsageError.of("same-term-twice", f"`{names[0]}` cannot be drawn over itself", None, hint)


def plot(table: Table, found: Negotiation, across: str, up: str) -> str:
    """The zone over two terms, as SVG. Raises UsageError for a term that is not on the table."""
    check_axes(table, (across, up))
    axes = _axis(table, found, across), _axis(table, found, up)
    return _svg(*axes, _Search(table, *axes).fields(), _chosen(found, axes))


def _axis(table: Table, found: Negotiation, name: str) -> Axis:
    """A term with the room around its range that shows where it ends."""
    variable = table.open.variables[name]
    term = variable.term
    if term.is_choice:
        return Axis(variable, 0, len(term.choices) - 1)
    ranged = next(one for one in found.terms if one.term == name)
    now = _units(variable, ranged.chosen)
    low = term.lowest if ranged.least is None else _units(variable, ranged.least)
    endless = now + max(now - low, 366 if term.type.name == Date.type_name else now // 2, 1)
    high = endless if ranged.greatest is None else _units(variable, ranged.greatest)
    margin = max(1, (high - low) // 8)
    return Axis(variable, max(term.lowest, low - margin), min(term.highest, high + margin))


def _units(variable: Variable, text: str) -> int:
    """A value as documents write it, in its units; of a choice its number."""
    term = variable.term
    return term.choices.index(text) if term.is_choice else type(term.value(1)).read(text).lowest


def _chosen(found: Negotiation, axes: tuple[Axis, Axis]) -> tuple[int, int]:
    """What the proposal has of two terms, in units."""
    chosen = {term.term: term.chosen for term in found.terms}
    across, up = (_units(axis.variable, chosen[axis.name]) for axis in axes)
    return across, up


class _Search:
    """Finds the fields in which there is a deal."""

    def __init__(self, table: Table, across: Axis, up: Axis) -> None:
        self.table, self.across, self.up = table, across, up
        self.claims = list(table.claims.values())
        self.filled: set[tuple[int, int]] = set()
        self.undecided: set[tuple[int, int]] = set()

    def fields(self) -> Fields:
        """All fields, asked from the largest part of the plane to the smallest."""
        waiting = [(range(self.across.fields), range(self.up.fields))]
        while waiting:
            columns, rows = waiting.pop()
            if not any((x, y) in self.filled for x in columns for y in rows) and not self.has_deal(columns, rows):
                continue
            if len(columns) * len(rows) > 1:
                waiting += [
                    (some_columns, some_rows) for some_columns in _halves(columns) for some_rows in _halves(rows)
                ]
        return Fields(frozenset(self.filled), frozenset(self.undecided))

    def has_deal(self, columns: range, rows: range) -> bool:
        """Whether some deal lies in a part of the plane; the field in which it was found is then filled."""
        within = [*_within(self.across, columns), *_within(self.up, rows)]
        try:
            found = self.table.solver.can(*self.claims, *within)
        except Undecided:
            if len(columns) * len(rows) == 1:
                self.undecided.add((columns[0], rows[0]))
            return True
        if found:
            values = self.table.solution().values
            across, up = (axis.field_of(values[axis.name]) for axis in (self.across, self.up))
            self.filled.add((across, up))
        return found


def _halves(fields: range) -> list[range]:
    middle = len(fields) // 2
    return [part for part in (fields[:middle], fields[middle:]) if len(part)]


def _within(axis: Axis, fields: range) -> list[Bool]:
    value = axis.variable.value
    return [value >= axis.start(fields[0]), value < axis.start(fields[-1] + 1)]


# --- the picture


def _svg(across: Axis, up: Axis, fields: Fields, chosen: tuple[int, int]) -> str:
    title = "The zone of possible agreement"
    about = f"Over {across.name} (across) and {up.name} (up)."
    where = f"The proposal stands at {across.shown(chosen[0])} and {up.shown(chosen[1])}."
    x, y = _LEFT + across.pixel(chosen[0]), _TOP + _SIDE - up.pixel(chosen[1])
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        'aria-labelledby="zone-title zone-description" font-family="Helvetica, Arial, sans-serif" font-size="12">',
        f'<title id="zone-title">{title}</title>',
        f'<desc id="zone-description">{html.escape(f"{about} {_extent(across, up, fields)} {where}")}</desc>',
        f'<rect x="0" y="0" width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_EDGE}" y="28" font-size="15" fill="{_INK}">{title}</text>',
        _name(_EDGE, _TOP - 18, f"up: {up.name}"),
        *_cells(across, up, sorted(fields.filled), _DEAL),
        *_cells(across, up, sorted(fields.undecided), _OPEN),
        f'<rect x="{_LEFT}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="{_GREY}"/>',
        *_across_ticks(across),
        *_up_ticks(up),
        _name(_EDGE, _TOP + _SIDE + 50, f"across: {across.name}"),
        f'<circle cx="{x}" cy="{y}" r="6" fill="{_PROPOSAL}"/>',
        *_legend(bool(fields.undecided)),
    ]
    return "\n".join([*lines, "</svg>", ""])


def _extent(across: Axis, up: Axis, fields: Fields) -> str:
    """How much of the plane is filled, for those who cannot see it."""
    all_fields = across.fields * up.fields
    said = f"There is a deal in {len(fields.filled)} of {all_fields} fields of the plane"
    return f"{said}; {len(fields.undecided)} were not decided." if fields.undecided else f"{said}."


def _cells(across: Axis, up: Axis, fields: list[tuple[int, int]], colour: str) -> Iterator[str]:
    """Fields of one colour; those beside each other in a row as one stripe, so that no seam shows."""
    stripes: list[tuple[int, int, int]] = []
    for x, y in sorted(fields, key=lambda field: (field[1], field[0])):
        if stripes and stripes[-1][1:] == (x, y):
            stripes[-1] = (stripes[-1][0], x + 1, y)
        else:
            stripes.append((x, x + 1, y))
    for start, end, y in stripes:
        left, right = (_LEFT + _SIDE * x // across.fields for x in (start, end))
        top, bottom = (_TOP + _SIDE - _SIDE * row // up.fields for row in (y + 1, y))
        yield f'<rect x="{left}" y="{top}" width="{right - left}" height="{bottom - top}" fill="{colour}" {_CRISP}/>'


def _across_ticks(axis: Axis) -> Iterator[str]:
    """The values along the bottom; in two rows where they would run into each other."""
    ticks = axis.ticks()
    widest = max((len(axis.shown(tick)) for tick in ticks), default=0)
    is_tight = widest * 7 * len(ticks) > _SIDE
    for number, tick in enumerate(ticks):
        x = _LEFT + axis.pixel(tick)
        yield f'<path d="M{x} {_TOP + _SIDE}v5" stroke="{_GREY}"/>'
        yield _word(x, _TOP + _SIDE + 18 + (14 if is_tight and number % 2 else 0), axis.shown(tick), "middle")


def _up_ticks(axis: Axis) -> Iterator[str]:
    for tick in axis.ticks():
        y = _TOP + _SIDE - axis.pixel(tick)
        yield f'<path d="M{_LEFT} {y}h-5" stroke="{_GREY}"/>'
        yield _word(_LEFT - 9, y + 4, axis.shown(tick), "end")


def _legend(with_undecided: bool) -> Iterator[str]:
    y = _TOP + _SIDE + 74
    yield f'<circle cx="{_EDGE + 6}" cy="{y - 4}" r="6" fill="{_PROPOSAL}"/>'
    yield _word(_EDGE + 18, y, "the proposal", "start")
    yield f'<rect x="{_EDGE + 110}" y="{y - 11}" width="14" height="14" fill="{_DEAL}"/>'
    yield _word(_EDGE + 130, y, "some deal lies here", "start")
    if with_undecided:
        yield f'<rect x="{_EDGE + 270}" y="{y - 11}" width="14" height="14" fill="{_OPEN}"/>'
        yield _word(_EDGE + 290, y, "not decided", "start")


def _name(x: int, y: int, text: str) -> str:
    """The name of an axis, in letters small enough for the width of the picture."""
    size = max(6, min(12, 100 * (_WIDTH - 2 * _EDGE) // (58 * len(text))))
    return f'<text x="{x}" y="{y}" font-size="{size}" fill="{_INK}">{html.escape(text)}</text>'


def _word(x: int, y: int, text: str, anchor: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{_GREY}">{html.escape(text)}</text>'
