"""From the text of a record to rows at a high rate: rule packs made ready once for one deal after another.

    screen = Screen([built_in_pack()], Date.read("2025-07-01"))
    for line in open("deals.jsonl", "rb"):
        for row in screen.rows(line):
            print(row.agreement, row.rule, row.status, row.message)

Plain records, nearly all of them, are read without a tree, without facts and without engines in between; every other
record goes the full way. The rows are the same on both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clauses.engines.compiled.engine import ENGINE
from clauses.engines.compiled.records import RecordRules, clause_ids
from clauses.engines.engine import run
from clauses.language.pack import RulePack
from clauses.language.rule import SEVERITIES, Rule
from clauses.portfolio.results import Row, RowStatus, rows_of, sentences
from clauses.terms.facts import FactValue, deal
from clauses.terms.plain.record import PlainRecord
from clauses.terms.plain.texts import REFUSALS
from clauses.terms.records import read_record
from clauses.terms.values import Date
from clauses.yaml_nodes import parse, text_source

NAME = "record.json"
"""How the places of errors call the record."""


_Draft = tuple[int, tuple[str, ...], RowStatus, str]
"""A row before it is named: the place of its rule, the clauses, the status and the words."""


class Screen:
    """Rule packs ready for records as of a day."""

    def __init__(self, packs: Sequence[RulePack], as_of: Date) -> None:
        """Raises PackError where a pack has no value for a parameter on the day."""
        self.as_of = as_of
        ranked = {(SEVERITIES.index(rule.severity), rule.id, rule.severity) for pack in packs for rule in pack.rules}
        self.ranks = sorted(ranked)
        """The rules in the order of rows: by severity, then by id."""
        places: dict[tuple[str, str], int] = {
            (id, severity): place for place, (_, id, severity) in enumerate(self.ranks)
        }
        self.packs = [_Pack(pack, as_of, places) for pack in packs]

    def rows(self, line: bytes) -> list[Row]:
        """The rows of a record, in the order of `row_order`. Raises InputError where the record is wrong."""
        try:
            record = PlainRecord(line, self.as_of)
            agreement = record.agreement.agreement
            found: list[_Draft] = []
            for pack in self.packs:
                found += pack.drafts(record)
        except REFUSALS:
            return self.full_rows(line)
        found.sort()
        ranks = self.ranks
        return [
            _new(Row, (agreement, ranks[rank][1], status, ranks[rank][2], ids, text))
            for rank, ids, status, text in found
        ]

    def full_rows(self, line: bytes) -> list[Row]:
        """The rows by the full way, which every record can go."""
        world = deal(*read_record(parse(text_source(line, NAME))), self.as_of)
        outcomes = [(pack.pack, pack.says, run(pack.prepared, pack.pack, world.facts)) for pack in self.packs]
        return rows_of(world, outcomes)


class _Pack:
    """One pack, for plain records and for others."""

    def __init__(self, pack: RulePack, as_of: Date, places: Mapping[tuple[str, str], int]) -> None:
        parameters = pack.parameters_at(as_of)
        self.pack = pack
        self.prepared = ENGINE.prepare(pack, parameters)
        self.rules = RecordRules(pack, parameters, as_of)
        self.says = sentences(pack, parameters)
        self.lines = [
            (places[rule.id, rule.severity], self.says[rule.id].constant) if rule.derives is None else None
            for rule in pack.rules
        ]

    def drafts(self, record: PlainRecord) -> list[_Draft]:
        """The rows of a plain record, in any order."""
        found: list[_Draft] = []
        lines = self.lines
        for number, certain, what in self.rules.matches(record):
            line = lines[number]
            if line is None:
                continue
            rank, text = line
            if text is None:
                text = self._message(self.pack.rules[number], what, record)
            ids = (what[0][0],) if len(what) == 1 and what[0].__class__ is tuple else _ids(what)
            found.append((rank, ids, "breached" if certain else "undetermined", text))
        return found

    def _message(self, rule: Rule, what: tuple[Any, ...], record: PlainRecord) -> str:
        def value(alias: str, term: str) -> FactValue | None:
            return self.rules.value(rule, what, record, alias, term)

        return self.says[rule.id].of(value, record)


def _ids(what: tuple[Any, ...]) -> tuple[str, ...]:
    found: list[str] = []
    for one in what:
        if one.__class__ is tuple:
            found.append(one[0])
        else:
            found += clause_ids(one)
    return tuple(found)


_new = tuple.__new__  # as `Row._make` does, without a call for each
