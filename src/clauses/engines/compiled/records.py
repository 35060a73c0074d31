"""A pack prepared for plain records: from their structs to matches, without facts in between.

What most rules ask of, clauses of a kind, is read straight from the record (see `scan`). Only what is asked of less
often, parties and clauses in general, what the cap table says, and facts that rules derive, are facts or their like.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clauses.engines.compiled.columns import Columns
from clauses.engines.compiled.groups import CONTEXT, Group, Slot, grouped, shape_of
from clauses.engines.compiled.program import Match, Program, Rows
from clauses.engines.compiled.scan import RANGES, Scans
from clauses.language import ast
from clauses.language.pack import RulePack
from clauses.language.rule import Rule
from clauses.terms.facts import Fact, FactValue
from clauses.terms.kinds import KINDS
from clauses.terms.plain import facts as plain
from clauses.terms.plain.record import ADDED, AMENDED, REMOVED, REPLACED, UNTOUCHED, PlainRecord
from clauses.terms.values import Date, Value

GENERAL = ("party", "clause", "holding", "cap_table_problem")
"""The kinds of fact that plain records have beside their clauses. Holdings are clauses too, and more are computed."""


@dataclass(frozen=True)
class General:
    """A fact that is no clause of a kind: a party, say, or a clause whatever its kind."""

    order: tuple[Any, ...]
    """Its place among its like."""
    values: Mapping[str, FactValue]
    clauses: tuple[str, ...]
    """Its own id, which is what it stands for among the clauses of a match."""

    def value(self, term: str) -> FactValue | None:
        """The value of a term."""
        return self.values.get(term)


class Derived:
    """A fact that rules derive. Its id is long, and is written only where it is asked for."""

    __slots__ = ("kind", "rests_on", "stratum", "values")

    def __init__(self, stratum: int, kind: str, values: dict[str, FactValue | None], rests_on: tuple[Any, ...]) -> None:
        self.stratum = stratum
        self.kind = kind
        self.values = values
        """The terms, with None for what is not stated."""
        self.rests_on = rests_on

    @property
    def id(self) -> str:
        """The id that the engines give it."""
        written = (f"{name}: {'not stated' if value is None else value}" for name, value in self.values.items())
        return f"{self.kind}({', '.join(written)})"

    @property
    def order(self) -> tuple[Any, ...]:
        """Its place among its like: in the order in which engines derive them."""
        stated = {name: value for name, value in self.values.items() if value is not None}
        return self.stratum, self.id, repr(sorted({**stated, "id": self.id}.items()))

    @property
    def clauses(self) -> tuple[str, ...]:
        """The clauses that it rests on."""
        return tuple(id for one in self.rests_on for id in clause_ids(one))

    def value(self, term: str) -> FactValue | None:
        """The value of a term."""
        return self.id if term == "id" else self.values.get(term)


Found = list[Match]
"""Matches; what matched is a clause as `(id, standing, clause, written)`, a General or a Derived."""


class RecordRules:
    """A pack ready for plain records as of a day."""

    def __init__(self, pack: RulePack, parameters: Mapping[str, Value | str], as_of: Date) -> None:
        self.as_of = as_of
        self.rules = pack.rules
        numbers = {rule.id: number for number, rule in enumerate(pack.rules)}
        columns = Columns()
        on_rows: list[list[Group]] = []
        for rules in pack.strata:
            shaped = [(rule, shape_of(rule, parameters, columns, str)) for rule in rules if not is_single(rule)]
            on_rows.append(grouped((numbers[rule.id], *shape) for rule, shape in shaped))
        in_rows = {kind: len(known) for kind, known in columns.of_kind.items()}
        singles = [
            (numbers[rule.id], *shape_of(rule, parameters, columns, str, is_row=False))
            for rule in pack.rules
            if is_single(rule)
        ]
        self.columns = columns
        self.strata = [_Stratum(number, rules, numbers, on_rows[number]) for number, rules in enumerate(pack.strata)]
        self.slots: dict[Slot, int] = {}
        for stratum in self.strata:
            stratum.places = [self.slots.setdefault(slot, len(self.slots)) for slot in stratum.program.slots]
        self.scans = Scans(columns, grouped(singles), self.slots, in_rows)
        self.slots_of: dict[str, list[tuple[str | None, int]]] = {}
        for (kind, layer), place in self.slots.items():
            self.slots_of.setdefault(kind, []).append((layer, place))
        self.row_of = {kind: columns.row(kind) for kind in (CONTEXT, *self.slots_of)}
        self.with_id = {kind for kind, known in columns.of_kind.items() if any(term == "id" for term, _ in known)}
        self.general = [kind for kind in GENERAL if kind in self.slots_of]

    def matches(self, record: PlainRecord) -> Found:
        """All matches in a record. Raises one of REFUSALS where it is not plain after all."""
        rows: Rows = [[] for _ in self.slots]
        out: Found = []
        self._scan(record, rows, out)
        if self.general:
            self._lay_general(record, rows)
        context: Any = None
        if CONTEXT in self.columns.of_kind:
            fact = plain.context_fact(record, self.as_of)
            context = self.row_of[CONTEXT](None, True, fact.values)
        for stratum in self.strata:
            first = len(out)
            run = [rows[place] for place in stratum.places]
            for group in stratum.program.groups:
                group(run, context, out)
            if stratum.derives and len(out) > first:
                self._derive(stratum, record, rows, out, first)
        return out

    def _scan(self, record: PlainRecord, rows: Rows, out: Found) -> None:
        """Check every clause, run the rules on single clauses, and lay the rows for the others."""
        ties: list[str] = []
        scans = self.scans.by_standing
        parties, ids, keys = record.base_parties, record.base_clauses, 0
        started = _range(record.inferred)
        scan = scans[UNTOUCHED]
        removed, amended = record.removed, record.amended
        for id, clause in record.base_clauses.items():
            if removed or amended:
                scan = scans[REMOVED if id in removed else REPLACED if id in amended else UNTOUCHED]
            keys += scan[clause.__class__](id, clause, clause, parties, ids, started, rows, out, ties)
        parties, ids = record.parties, record.clauses
        if amended:
            started = _range(record.inferred_amended)
            for id, (clause, written) in amended.items():
                scans[AMENDED][clause.__class__](id, clause, written, parties, ids, started, rows, out, ties)
        scan = scans[ADDED]
        for id, clause in record.added.items():
            keys += scan[clause.__class__](id, clause, clause, parties, ids, started, rows, out, ties)
        record.check_keys(keys)
        if ties:
            record.check_ties(record.standings())

    def _lay_general(self, record: PlainRecord, rows: Rows) -> None:
        """Lay the rows of the general facts that some rule reads."""
        facts: list[tuple[tuple[Any, ...], Fact]] = []
        standings = record.standings() if self.general != ["party"] else []
        if "party" in self.general:
            facts += [((number,), fact) for number, fact in enumerate(plain.party_facts(record))]
        if "clause" in self.general:
            for standing in standings:
                fact = plain.general_fact(standing, plain.clause_fact(record, standing))
                facts.append(((standing.id, standing.how == AMENDED), fact))
        if "holding" in self.general or "cap_table_problem" in self.general:
            owned = plain.owner_facts(record, standings)
            facts += [(("~", number), fact) for number, fact in enumerate(owned) if fact.kind in self.general]
        for order, fact in facts:
            row = self.row_of[fact.kind](General(order, fact.values, (fact.id,)), True, fact.values)
            for layer, place in self.slots_of[fact.kind]:
                if layer in fact.layers:
                    rows[place].append(row)

    # --- derived facts

    def _derive(self, stratum: _Stratum, record: PlainRecord, rows: Rows, out: Found, first: int) -> None:
        """Lay the facts that the matches since the `first` derive; equal ones are one, certain if any is."""
        made: dict[tuple[Any, ...], tuple[Derived, bool, int]] = {}
        for number, certain, what in out[first:]:
            derives = stratum.derives.get(number)
            if derives is None:
                continue
            values = derives.values(record, what, self.as_of)
            key = (derives.kind, *values.values())
            if key in made:
                known, was_certain, by = made[key]
                certain = certain or was_certain
                if (stratum.order[by], _order(known.rests_on)) < (stratum.order[number], _order(what)):
                    number, what = by, known.rests_on
            made[key] = Derived(stratum.number, derives.kind, values, what), certain, number
        for one, certain, _ in made.values():
            if one.kind in self.slots_of:
                columns: Mapping[str, FactValue | None] = one.values
                if one.kind in self.with_id:
                    columns = {**columns, "id": one.id}
                row = self.row_of[one.kind](one, certain, columns)
                for _, place in self.slots_of[one.kind]:
                    rows[place].append(row)

    # --- what a match says

    def value(self, rule: Rule, what: tuple[Any, ...], record: PlainRecord, alias: str, term: str) -> FactValue | None:
        """The value of a term in a match."""
        if alias == CONTEXT:
            return plain.context_fact(record, self.as_of).values.get(term)
        place = next(number for number, pattern in enumerate(rule.given) if pattern.alias == alias)
        return value_of(record, what[place], term)


def value_of(record: PlainRecord, one: Any, term: str) -> FactValue | None:
    """The value of a term of something that matched."""
    if one.__class__ is tuple:
        return plain.term_value(record, one, term)
    found: FactValue | None = one.value(term)
    return found


def is_single(rule: Rule) -> bool:
    """Whether a rule asks about one clause and nothing else, so that it can be run where the clause is read."""
    (first, *others) = rule.given
    is_alone = not others and not rule.unless and rule.derives is None and not rule.uses_context
    return is_alone and first.kind in KINDS and first.kind not in GENERAL


class _Stratum:
    """Rules that run together, and what they derive."""

    def __init__(self, number: int, rules: Sequence[Rule], numbers: Mapping[str, int], groups: Sequence[Group]) -> None:
        self.number = number
        self.program = Program(groups)
        self.places: list[int] = []
        """For every list that the program reads, its place among those of the pack."""
        self.order = {numbers[rule.id]: place for place, rule in enumerate(rules)}
        self.derives = {numbers[rule.id]: _Derives(rule) for rule in rules if rule.derives is not None}


class _Derives:
    """What a rule derives: where each term of the fact is taken from."""

    def __init__(self, rule: Rule) -> None:
        assert rule.derives is not None
        self.kind = rule.derives.kind
        places = {pattern.alias: place for place, pattern in enumerate(rule.given)}
        self.terms: list[tuple[str, FactValue | None, tuple[int | None, str] | None]] = []
        """The terms: a fixed value, or the pattern (None for the context) and the term from which it is taken."""
        for name, node in rule.derives.terms.items():
            if isinstance(node, ast.Literal):
                self.terms.append((name, node.value, None))
            elif isinstance(node, ast.Term):
                self.terms.append((name, None, (places.get(node.alias), node.name)))

    def values(self, record: PlainRecord, what: tuple[Any, ...], as_of: Date) -> dict[str, FactValue | None]:
        """The terms of the fact that a match derives."""
        found: dict[str, FactValue | None] = {}
        for name, fixed, taken in self.terms:
            if taken is None:
                found[name] = fixed
            elif taken[0] is None:
                found[name] = plain.context_fact(record, as_of).values.get(taken[1])
            else:
                found[name] = value_of(record, what[taken[0]], taken[1])
        return found


def clause_ids(one: Any) -> tuple[str, ...]:
    """The clause that something is about, or for a derived fact those that it rests on."""
    if one.__class__ is tuple:
        return (one[0],)
    found: tuple[str, ...] = one.clauses
    return found


def _order(what: tuple[Any, ...]) -> tuple[Any, ...]:
    """Where a match stands among those of its rule, as facts are ordered."""
    return tuple((one[0], one[1] == AMENDED) if one.__class__ is tuple else one.order for one in what)


def _range(day: Date | None) -> tuple[Any, ...]:
    return RANGES["date"].open if day is None else (day.lowest, day.highest, None)
