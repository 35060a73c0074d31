"""A rule pack as SQL over the tables of a portfolio.

A plan is made once for a pack, the parameters of a day and what is known of the data; it runs over any part of the
portfolio that holds whole agreements. In DuckDB rules that can share a pass or a join do; for other databases every
rule has a part of its own, in SQL that any of them understands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from clauses.engines.columnar import groups
from clauses.engines.columnar.arguments import decode, encoded
from clauses.engines.columnar.derivations import Derivation, kinds_told_apart, sources_of, terms_by_place
from clauses.engines.columnar.expressions import SQL, number, table, text
from clauses.engines.columnar.groups import Columns
from clauses.engines.columnar.profile import Profile
from clauses.engines.columnar.questions import CONTEXT, Question, question
from clauses.engines.columnar.written import FUNCTIONS
from clauses.errors import UsageError, did_you_mean
from clauses.language import ast
from clauses.language.pack import RulePack
from clauses.language.rule import Rule
from clauses.terms.values import Value

__all__ = ["DIALECTS", "Plan", "Profile", "decode", "plan", "script"]

DIALECTS = ("duckdb", "spark", "snowflake", "bigquery", "postgres")
"""The databases for which a plan can be written."""

SIZE = 48
"""Selects that are planned together; beyond that a database takes longer to plan than to run them."""

Wanted = Mapping[str, Sequence[tuple[str, str]]]
"""The terms that the words of each rule need, as alias and term, by the rule's id."""


@dataclass(frozen=True)
class Plan:
    """What to run, in order: `statements`, then `findings`, or each of `parts` in its place."""

    statements: tuple[str, ...]
    """Statements that make temporary tables of derived facts."""
    parts: tuple[str, ...]
    """Queries that together give the findings; run one after the other they need less memory at once."""
    kinds: tuple[str, ...]
    """The kinds whose tables they read, under their own names."""

    @property
    def findings(self) -> str:
        """One query for all findings.

        Its columns are `agreement`; `rule`, the place of the rule in the pack; `certain`, whether the rule is
        breached or else undetermined; `clauses`, the ids of the matched clauses; and `arguments`, the terms wanted
        as texts (see `clauses.engines.columnar.arguments`), or NULL.
        """
        return "\nUNION ALL\n".join(self.parts)


def plan(
    pack: RulePack,
    parameters: Mapping[str, Value | str],
    wanted: Wanted | None = None,
    profile: Profile | None = None,
    dialect: str = "duckdb",
    is_fused: bool = True,
) -> Plan:
    """The plan of a pack. Without `is_fused` every rule is asked by itself, which answers the same."""
    planner = _Planner(pack, parameters, wanted or {}, profile or Profile(), _known(dialect))
    return planner.for_duckdb(is_fused) if dialect == "duckdb" else planner.for_another()


def script(pack: RulePack, parameters: Mapping[str, Value | str], dialect: str = "duckdb") -> str:
    """A pack as one query for people to read and to run elsewhere: a part for each rule, under the rule's id."""
    planner = _Planner(pack, parameters, {}, Profile(), _known(dialect), is_named=True)
    lines = [f"{pack.name} {pack.version}: {pack.title}", f"In the SQL of {dialect}. It reads these tables:"]
    lines += [f"  {kind}" for kind in planner.kinds()]
    lines += [f"parameter {name}: {value}" for name, value in sorted(parameters.items())]
    lines += ["`certain` is true where a rule is breached, and false where it is undetermined."]
    return "\n".join([*map(_comment, lines), "", planner.query(), ""])


def _known(dialect: str) -> str:
    if dialect not in DIALECTS:
        hint = did_you_mean(dialect, DIALECTS) or f"one of {', '.join(DIALECTS)}"
        raise UsageError.of("unknown-dialect", f"there is no dialect `{dialect}`", None, hint)
    return dialect


def _comment(line: str) -> str:
    """A line that no database runs."""
    return f"-- {' '.join(line.split())}"


class _Planner:
    def __init__(
        self,
        pack: RulePack,
        parameters: Mapping[str, Value | str],
        wanted: Wanted,
        profile: Profile,
        dialect: str,
        is_named: bool = False,
    ) -> None:
        self.pack, self.parameters, self.wanted, self.dialect = pack, parameters, wanted, dialect
        self.profile, self.is_named = profile, is_named
        self.numbers = {rule.id: number for number, rule in enumerate(pack.rules)}
        shown = [
            (pattern.kind, term)
            for rule in pack.rules
            for alias, term in wanted.get(rule.id, ())
            if (pattern := rule.pattern(alias)) is not None
        ]
        self.told_apart = kinds_told_apart(pack, shown)

    def kinds(self) -> tuple[str, ...]:
        """The kinds that are read and not derived."""
        read = {kind for rule in self.pack.rules for kind in rule.kinds}
        if any(rule.uses_context or self.shows_context(rule) for rule in self.pack.rules):
            read.add(CONTEXT)
        return tuple(sorted(read - set(self.pack.derived)))

    def shows_context(self, rule: Rule) -> bool:
        """Whether what a rule derives, or its words, need the context."""
        derived = rule.derives.terms.values() if rule.derives else ()
        return any(alias == CONTEXT for alias, _ in self.wanted.get(rule.id, ())) or any(
            isinstance(node, ast.Term) and node.alias == CONTEXT for node in derived
        )

    def questions(self, rules: Iterable[Rule], by_place: bool) -> list[Question]:
        """The questions of some rules, after those that derive what they read."""
        return [
            question(self.numbers[rule.id], rule, self.parameters, self.profile, by_place, self.shows_context(rule))
            for rule in rules
        ]

    # --- derived facts

    def derivations(self, by_place: bool) -> Iterator[tuple[Derivation, list[Question]]]:
        """The derived kinds in order, each with the questions whose matches make its facts.

        What is known of a kind is known before the kinds that rest on it come up.
        """
        for stratum in self.pack.strata:
            made: dict[str, list[Rule]] = {}
            for rule in stratum:
                if rule.derives is not None:
                    made.setdefault(rule.derives.kind, []).append(rule)
            for kind, rules in made.items():
                asked = self.questions(rules, by_place)
                derivation = self.derivation(kind, asked)
                self.profile = self.profile.with_derived(derivation.profile(one, self.profile) for one in asked)
                yield derivation, asked
        for kind in self.pack.derived:
            if not any(rule.derives and rule.derives.kind == kind for rule in self.pack.rules):
                yield self.derivation(kind, []), []

    def derivation(self, kind: str, asked: Sequence[Question]) -> Derivation:
        """A derived kind."""
        width = max((len(one.sources) for one in asked), default=0)
        types = self.pack.derived[kind]
        return Derivation(kind, types, self.pack.derived, width, kind in self.told_apart, self.dialect)

    # --- findings

    def clauses(self, of: Question) -> Columns:
        """The ids of the matched clauses."""
        return {"clauses": sources_of(of, self.pack.derived)}

    def arguments(self, of: Question) -> SQL:
        """The terms that the words of the rule need."""
        sources = {name: source for name, source in ((s.name, s) for s in of.tables)}
        texts = [encoded(sources[of.names[alias]], term) for alias, term in self.wanted.get(of.rule.id, ())]
        return exp.Array(expressions=texts) if texts else exp.cast(exp.null(), "VARCHAR[]", dialect="duckdb")

    def finding(self, of: Question) -> Columns:
        """The columns of a finding that are its own."""
        return {**self.clauses(of), "arguments": self.arguments(of)}

    # --- DuckDB, with what rules share

    def for_duckdb(self, is_fused: bool) -> Plan:
        """Derived facts as temporary tables; rules that can share a pass or a join do."""
        statements = list(FUNCTIONS) if self.told_apart else []
        for derivation, asked in self.derivations(by_place=True):
            found = [
                groups.single(group[0], self.profile, derivation.given(group[0])) if len(group) == 1
                else groups.together(group, self.profile, derivation.given(group[0]), {})
                for group in self.grouped(asked, is_fused)
            ]  # fmt: skip
            statements.append(self.made(derivation, found))
        asked = self.questions((rule for rule in self.pack.rules if rule.derives is None), by_place=True)
        found = []
        for group in self.grouped(asked, is_fused):
            if len(group) == 1:
                found.append(groups.single(group[0], self.profile, self.finding(group[0])))
            else:
                own = {"arguments": {one.number: self.arguments(one) for one in group}}
                found.append(groups.together(group, self.profile, self.clauses(group[0]), own))
        return Plan(tuple(statements), self.parts(found), self.kinds())

    def grouped(self, asked: Sequence[Question], is_fused: bool) -> list[list[Question]]:
        """The questions that are asked together."""
        return groups.grouped(asked, terms_by_place) if is_fused else [[one] for one in asked]

    def made(self, derivation: Derivation, found: Sequence[exp.Select]) -> str:
        """The statement that makes the table of a derived kind."""
        facts = derivation.facts(_union(found)) if found else derivation.nothing()
        return self.text(
            exp.Create(
                this=table(derivation.kind),
                kind="TABLE",
                expression=facts,
                properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
            )
        )

    def parts(self, found: Sequence[exp.Select]) -> tuple[str, ...]:
        """Queries of a few selects each."""
        texts = [self.text(one) for one in found or [_nothing()]]
        return tuple("\nUNION ALL\n".join(texts[at : at + SIZE]) for at in range(0, len(texts), SIZE))

    def text(self, statement: exp.Expression) -> str:
        """A statement in the dialect."""
        return statement.sql(self.dialect, pretty=True, copy=False)

    # --- other databases, and readers: a part for each rule

    def for_another(self) -> Plan:
        """Every rule by itself, derived facts first in the same query."""
        return Plan((), (self.query(),), self.kinds())

    def query(self) -> str:
        """One query, with a part for each rule under its id."""
        tables = []
        for derivation, asked in self.derivations(by_place=False):
            found = [part for one in asked for part in self.selects(one, number(one.number), derivation.given(one))]
            facts = derivation.facts(_union(found)) if found else derivation.nothing()
            head = exp.to_identifier(derivation.kind, quoted=True).sql(self.dialect)
            tables.append(f"{head} AS (\n{self.text(facts)}\n)")
        texts: list[str] = []
        for one in self.questions((rule for rule in self.pack.rules if rule.derives is None), by_place=False):
            name = text(one.rule.id) if self.is_named else number(one.number)
            own = self.clauses(one) if self.is_named else self.finding(one)
            texts += map(self.text, self.selects(one, name, own))
        texts = texts or [self.text(_nothing())]
        first = f"WITH {', '.join(tables)}\n" if tables else ""
        return first + "\nUNION ALL\n".join(texts)

    def selects(self, of: Question, name: SQL, own: Columns) -> list[exp.Select]:
        """The parts of one rule: what is breached, and what is undetermined."""
        parts = groups.portable(of, self.profile, name, own)
        for status, part in parts.items():
            words = " ".join(of.rule.heading.replace("*/", "").split())
            part.add_comments([f"{of.rule.id}, {'derived' if of.rule.derives else status}: {words}"])
        return list(parts.values())


def _nothing() -> exp.Select:
    """No findings, where no rule makes any."""
    types = {"agreement": "BIGINT", "rule": "INTEGER", "certain": "BOOLEAN", "clauses": "TEXT[]", "arguments": "TEXT[]"}
    nulls = (
        exp.alias_(exp.cast(exp.null(), type, dialect="duckdb"), name, quoted=True) for name, type in types.items()
    )
    return exp.select(*nulls).where(exp.false())


def _union(found: Sequence[exp.Select]) -> exp.Expression:
    """All rows of some selects."""
    whole: exp.Expression = found[0]
    for one in found[1:]:
        whole = exp.Union(this=whole, expression=one, distinct=False)
    return whole
