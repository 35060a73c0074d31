"""The columnar engine for a single deal: the queries of a portfolio over the facts of one agreement.

It is there to be judged, and for who wants to see that a portfolio's SQL says of a deal what a review says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import duckdb
from sqlglot import exp

from clauses.engines.columnar import groups
from clauses.engines.columnar.expressions import column, table
from clauses.engines.columnar.layout import columns, row
from clauses.engines.columnar.profile import Profile
from clauses.engines.columnar.questions import Question, question
from clauses.engines.engine import Engine, Matches, Prepared, Truth
from clauses.language.pack import RulePack
from clauses.language.rule import Rule
from clauses.terms.facts import Fact, fact_types
from clauses.terms.kinds import TermType
from clauses.terms.values import Value


class ColumnarRules:
    """A pack with its tables in a database in memory; see `Prepared`."""

    def __init__(self, pack: RulePack, parameters: Mapping[str, Value | str]) -> None:
        self.pack, self.parameters = pack, parameters
        self.numbers = {rule.id: number for number, rule in enumerate(pack.rules)}
        self.connection = duckdb.connect(":memory:", config={"threads": 1})
        self.types: dict[str, Mapping[str, TermType]] = {}
        for kind in sorted({"context", *(kind for rule in pack.rules for kind in rule.kinds)}):
            self.types[kind] = pack.derived.get(kind) or fact_types(kind) or {}
            self.connection.execute(_create(kind, pack.derived.get(kind)))
        self.queries: dict[tuple[str, ...], str] = {}

    def matches(self, rules: Sequence[Rule], facts: Sequence[Fact]) -> dict[str, Matches]:
        """What fulfils each rule."""
        self._load(facts)
        found: dict[str, dict[tuple[int, ...], Truth]] = {rule.id: {} for rule in rules}
        if rules:
            for number, certain, binding in self.connection.execute(self._query(rules)).fetchall():
                matched = found[self.pack.rules[number].id]
                matched[tuple(binding)] = Truth.TRUE if certain else Truth.UNKNOWN
        return {rule: dict(sorted(matches.items())) for rule, matches in found.items()}

    def _load(self, facts: Sequence[Fact]) -> None:
        rows: dict[str, list[object]] = {kind: [] for kind in self.types}
        for number, fact in enumerate(facts):
            if fact.kind in rows:
                rows[fact.kind].append(row(0, number, fact, self.types[fact.kind]))
        for kind, own in rows.items():
            name = table(kind).sql("duckdb")
            self.connection.execute(f"TRUNCATE {name}")
            for cells in own:
                assert isinstance(cells, list)
                self.connection.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(cells))})", cells)

    def _query(self, rules: Sequence[Rule]) -> str:
        key = tuple(rule.id for rule in rules)
        if key not in self.queries:
            self.queries[key] = "\nUNION ALL\n".join(one.sql("duckdb", copy=False) for one in self._selects(rules))
        return self.queries[key]

    def _selects(self, rules: Sequence[Rule]) -> Iterator[exp.Select]:
        profile = Profile()
        asked = [question(self.numbers[rule.id], rule, self.parameters, profile, True) for rule in rules]
        for group in groups.grouped(asked, lambda one: None):
            binding = {"binding": _binding(group[0])}
            found = (
                groups.single(group[0], profile, binding)
                if len(group) == 1
                else groups.together(group, profile, binding, {})
            )
            named = exp.Subquery(this=found, alias=exp.TableAlias(this=exp.to_identifier("found")))
            yield exp.select(column("rule"), column("certain"), column("binding")).from_(named)

    def close(self) -> None:
        """Give the memory of the database back."""
        self.connection.close()


def _create(kind: str, derived: Mapping[str, TermType] | None) -> str:
    """The statement that makes the table of a kind."""
    own = [
        exp.ColumnDef(this=exp.to_identifier(c.name, quoted=True), kind=exp.DataType.build(c.type, dialect="duckdb"))
        for c in columns(kind, derived)
    ]
    return exp.Create(this=exp.Schema(this=table(kind), expressions=own), kind="TABLE").sql("duckdb")


def _binding(of: Question) -> exp.Expression:
    return exp.Array(expressions=[source.column("number") for source in of.sources])


class ColumnarEngine:
    """Rules as SQL in DuckDB."""

    name = "columnar"

    def prepare(self, pack: RulePack, parameters: Mapping[str, Value | str]) -> Prepared:
        """Make a pack ready."""
        return ColumnarRules(pack, parameters)


ENGINE: Engine = ColumnarEngine()
