"""Facts that rules derive, as tables: one row for each different fact of an agreement.

Such a table has the columns `agreement` and `certain`, those of its terms as in the layout, and `sources__`, the ids
of the clauses on which the fact rests. Where some rule needs to tell its facts apart it has `number` and `id` too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from clauses.engines.columnar.expressions import SQL, Source, column, number, text
from clauses.engines.columnar.groups import Columns
from clauses.engines.columnar.layout import term_columns
from clauses.engines.columnar.profile import Profile
from clauses.engines.columnar.questions import Question
from clauses.engines.columnar.written import written_id
from clauses.language import ast
from clauses.language.pack import RulePack
from clauses.language.rule import Derives
from clauses.terms.kinds import TermType
from clauses.terms.values import Money, Value

SOURCES = "sources__"


def kinds_told_apart(pack: RulePack, read: Sequence[tuple[str, str]]) -> frozenset[str]:
    """The derived kinds whose facts need numbers and ids; `read` are the kinds and terms that findings show."""
    found = {kind for kind, term in read if term == "id"}
    for rule in pack.rules:
        patterns = {p.alias: p.kind for p in (*rule.given, *(absence.pattern for absence in rule.unless))}
        conditions = (rule.when, *(absence.when for absence in rule.unless))
        values = tuple(rule.derives.terms.values()) if rule.derives else ()
        terms = [term for node in (*conditions, *values) for term in ast.terms(node)]
        found |= {patterns[term.alias] for term in terms if term.name == "id" and term.alias in patterns}
        kinds = list(patterns.values())
        found |= {kind for kind in kinds if kinds.count(kind) > 1}
        if rule.derives:  # of several derivations of one fact the first tells its sources
            found |= {pattern.kind for pattern in rule.given}
    return frozenset(found & set(pack.derived))


def sources_of(question: Question, derived: Mapping[str, object]) -> SQL:
    """The ids of the clauses that a match rests on, in the order of its patterns."""
    whole: SQL | None = None
    for source in question.sources:
        if source.kind in derived:
            ids: SQL = source.column(SOURCES)
        else:
            ids = exp.Array(expressions=[source.column("id")])
        if whole is None:
            whole = ids
        elif isinstance(whole, exp.Array) and isinstance(ids, exp.Array):
            whole.append("expressions", ids.expressions[0])
        else:
            whole = exp.ArrayConcat(this=whole, expressions=[ids])
    assert whole is not None
    return whole


@dataclass(frozen=True)
class Derivation:
    """A derived kind with the terms of its facts."""

    kind: str
    types: Mapping[str, TermType]
    derived: Mapping[str, object]
    width: int
    """The most patterns of a rule that derives it."""
    is_told_apart: bool
    dialect: str

    @property
    def columns(self) -> list[tuple[str, str]]:
        """The columns of the terms, with their types."""
        return [(c.name, c.type) for name, type in self.types.items() if name != "id" for c in term_columns(name, type)]

    def given(self, question: Question) -> Columns:
        """What a match of a rule makes of the fact: its terms, its sources, and the numbers of the match."""
        assert question.rule.derives is not None
        values = dict(_values(question, question.rule.derives, self.types))
        found = {f"t_{name}": values[name] for name, _ in self.columns}
        found["sources"] = sources_of(question, self.derived)
        for place in range(self.width):
            is_there = place < len(question.sources)
            nothing = exp.cast(exp.null(), "int")
            found[f"match_{place}"] = question.sources[place].column("number") if is_there else nothing
        return found

    def facts(self, matches: exp.Expression) -> exp.Select:
        """The facts that all matches make: equal ones are one, certain if any is, with the sources of the first."""
        key = [column("agreement"), *(column(f"t_{name}") for name, _ in self.columns)]
        order = [column("rule"), *(column(f"match_{place}") for place in range(self.width))]
        first = exp.Window(
            this=exp.RowNumber(), partition_by=[part.copy() for part in key], order=exp.Order(expressions=order)
        )
        certain = exp.Window(this=exp.LogicalOr(this=column("certain")), partition_by=[part.copy() for part in key])
        kept = [*key, column("sources"), exp.alias_(certain, "is_certain", quoted=True)]
        ranked = exp.select(*kept, exp.alias_(first, "place", quoted=True)).from_(
            exp.Subquery(this=matches, alias=exp.TableAlias(this=exp.to_identifier("matches", quoted=True)))
        )
        shown = {"agreement": column("agreement"), "certain": column("is_certain")}
        shown |= {name: column(f"t_{name}") for name, _ in self.columns}
        shown[SOURCES] = column("sources")
        facts = exp.select(*(exp.alias_(value, name, quoted=True) for name, value in shown.items()))
        facts = facts.from_(ranked.subquery("ranked")).where(
            exp.EQ(this=column("place"), expression=number(1)), copy=False
        )
        return self._numbered(facts) if self.is_told_apart else facts

    def _numbered(self, facts: exp.Select) -> exp.Select:
        """The facts with ids and, in their order, numbers."""
        source = Source("fact", self.kind, None, self.types)
        named = exp.select("*", exp.alias_(written_id(source, self.dialect), "id", quoted=True)).from_(
            facts.subquery("fact")
        )
        order = [column("id"), *(column(name) for name, _ in self.columns)]
        place = exp.Window(this=exp.RowNumber(), partition_by=[column("agreement")], order=exp.Order(expressions=order))
        return exp.select("*", exp.alias_(place, "number", quoted=True)).from_(named.subquery("named"))

    def nothing(self) -> exp.Select:
        """No facts, where no rule derives the kind."""
        types = [("agreement", "BIGINT"), ("certain", "BOOLEAN"), *self.columns, (SOURCES, "VARCHAR[]")]
        types += [("id", "VARCHAR"), ("number", "INTEGER")] if self.is_told_apart else []
        nulls = (exp.alias_(exp.cast(exp.null(), type, dialect="duckdb"), name, quoted=True) for name, type in types)
        return exp.select(*nulls).where(exp.false())

    def profile(self, question: Question, known: Profile) -> Profile:
        """What is known of the facts that a rule makes."""
        full: set[tuple[str, str]] = set()
        empty: set[tuple[str, str]] = set()
        single: dict[tuple[str, str], str] = {}
        names = {source.name: source.kind for source in question.tables}
        assert question.rule.derives is not None
        for name, node in question.rule.derives.terms.items():
            for made, taken in _taken(node, name, self.types[name], names, question):
                if isinstance(taken, tuple):
                    full |= {(self.kind, made)} if taken in known.full or taken[1] == "id" else set()
                    empty |= {(self.kind, made)} if taken in known.empty else set()
                    single |= {(self.kind, made): known.single[taken]} if taken in known.single else {}
                else:
                    (full if taken is not None else empty).add((self.kind, made))
        is_decided = not question.besides and all(e.certainly == e.possibly for e in question.excuses)
        kinds = [source.kind for source in (*question.sources, *(excuse.source for excuse in question.excuses))]
        if is_decided and all(map(known.is_certain, kinds)):
            single[self.kind, "certain"] = "true"
        return Profile(frozenset(full), frozenset(empty), single)


def _taken(
    node: ast.Node, name: str, type: TermType, kinds: Mapping[str, str], question: Question
) -> Iterator[tuple[str, tuple[str, str] | int | str | None]]:
    """The columns of a derived term, each with the kind and column from which it is taken, or with its value."""
    made = [column.name for column in term_columns(name, type)]
    if isinstance(node, ast.Term):
        kind = kinds[question.names[node.alias]]
        if node.name == "id":
            yield made[0], (kind, "id")
        else:
            own = [column.name for column in term_columns(node.name, node.term_type)]
            yield from ((made_, (kind, taken)) for made_, taken in zip(made, own, strict=True))
    elif isinstance(node, ast.Literal):
        yield from zip(made, _cells(node.value), strict=True)


def _cells(value: Value | str) -> list[int | str | None]:
    """A fixed value as the cells of its columns."""
    if isinstance(value, str):
        return [value]
    cells: list[int | str | None] = [value.lowest, None if value.is_exact else value.highest]
    return [*cells, value.currency] if isinstance(value, Money) else cells


def _values(question: Question, derives: Derives, types: Mapping[str, TermType]) -> Iterator[tuple[str, SQL]]:
    """The columns of a derived fact."""
    sources = {source.name: source for source in question.tables}
    kinds = {name: source.kind for name, source in sources.items()}
    of_columns = {c.name: c.type for name, type in types.items() if name != "id" for c in term_columns(name, type)}
    for name, node in derives.terms.items():
        for made, taken in _taken(node, name, types[name], kinds, question):
            if isinstance(taken, tuple):
                assert isinstance(node, ast.Term)
                yield made, sources[question.names[node.alias]].column(taken[1])
            else:
                value = exp.null() if taken is None else text(taken) if isinstance(taken, str) else number(taken)
                yield made, exp.cast(value, of_columns[made], dialect="duckdb")


def terms_by_place(question: Question) -> object:
    """What a rule derives, so that rules which derive alike compare."""
    derives = question.rule.derives
    if derives is None:
        return None
    taken = []
    for name, node in derives.terms.items():
        if isinstance(node, ast.Term):
            taken.append((name, question.names[node.alias], node.name))
        elif isinstance(node, ast.Literal):
            taken.append((name, "", repr(node.value)))
    return derives.kind, tuple(taken)
