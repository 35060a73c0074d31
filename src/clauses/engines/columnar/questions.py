"""A rule as a question to tables: which facts fit together, certainly or possibly.

A question is a FROM with its conditions. What is possible is asked in WHERE, so that what comes out is a match; what
makes it certain is a column. A clause that excuses is an anti join: one that certainly excuses removes the match, one
that may excuses makes it uncertain.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from clauses.engines.columnar.expressions import (
    SQL,
    Source,
    Writer,
    all_hold,
    any_holds,
    coalesce,
    negated,
)
from clauses.engines.columnar.formulas import aliases_of, conjuncts, renamed
from clauses.engines.columnar.profile import Profile
from clauses.language import ast
from clauses.language.rewrite import Formula, rewrite
from clauses.language.rule import Pattern, Rule
from clauses.terms.facts import GENERAL_KINDS
from clauses.terms.values import Value

CONTEXT = "context"


@dataclass(frozen=True)
class Excuse:
    """An `unless` of a rule."""

    source: Source
    certainly: tuple[Formula, ...]
    """What makes a fact an excuse that certainly holds, if the fact itself is certain."""
    possibly: tuple[Formula, ...]


@dataclass(frozen=True)
class Question:
    """A rule with its conditions as formulas over the tables that it reads."""

    number: int
    """The place of the rule in its pack."""
    rule: Rule = field(compare=False, repr=False)
    names: Mapping[str, str]
    """What each alias is called in the SQL."""
    sources: tuple[Source, ...]
    possibly: tuple[Formula, ...]
    certainly: tuple[Formula, ...]
    excuses: tuple[Excuse, ...]
    reads_context: bool

    @property
    def besides(self) -> tuple[Formula, ...]:
        """What must hold besides `possibly` for a match to be certain."""
        return tuple(part for part in self.certainly if part not in self.possibly)

    @property
    def tables(self) -> tuple[Source, ...]:
        """The tables of FROM."""
        context = Source(CONTEXT, CONTEXT, None, GENERAL_KINDS[CONTEXT])
        return (*self.sources, context) if self.reads_context else self.sources


def question(
    number: int,
    rule: Rule,
    parameters: Mapping[str, Value | str],
    profile: Profile,
    by_place: bool,
    reads_context: bool = False,
) -> Question:
    """The question of a rule. Its tables are called by their places, so that questions compare, or by their aliases."""
    own = [pattern.alias for pattern in rule.given]
    others = [absence.pattern.alias for absence in rule.unless]
    names = {alias: f"a{place}" if by_place else alias for place, alias in enumerate(own)}
    names |= {alias: f"u{place}" if by_place else alias for place, alias in enumerate(others)}
    names[CONTEXT] = CONTEXT
    kinds = {names[pattern.alias]: pattern.kind for pattern in (*rule.given, *(a.pattern for a in rule.unless))}
    kinds[CONTEXT] = CONTEXT

    def both(condition: ast.Node) -> tuple[tuple[Formula, ...], tuple[Formula, ...]]:
        two = rewrite(condition, parameters)
        parts = [conjuncts(profile.settled(renamed(one, names), kinds)) for one in (two.certainly, two.possibly)]
        return parts[0], parts[1]

    def source(pattern: Pattern) -> Source:
        return Source(names[pattern.alias], pattern.kind, pattern.layer, pattern.types)

    certainly, possibly = both(rule.when)
    excuses = tuple(Excuse(source(absence.pattern), *both(absence.when)) for absence in rule.unless)
    return Question(
        number,
        rule,
        names,
        tuple(source(pattern) for pattern in rule.given),
        possibly,
        certainly,
        excuses,
        reads_context or rule.uses_context,
    )


class Asking:
    """Questions that share a FROM, as SQL: each with its own conditions, or several with what they have in common."""

    def __init__(self, of: Question, profile: Profile) -> None:
        self.of, self.profile = of, profile
        self.writer = Writer((*of.tables, *(excuse.source for excuse in of.excuses)), profile)

    # --- what a match is

    def matches(self, conditions: Sequence[Formula], has_anti_joins: bool) -> exp.Select:
        """The matches that no clause certainly excuses, without columns yet."""
        return self.joined(conditions, [self.excuse(excuse, True) for excuse in self.of.excuses], has_anti_joins)

    def joined(
        self,
        conditions: Sequence[Formula],
        excuses: Sequence[tuple[Source, list[SQL]]],
        has_anti_joins: bool,
        besides: Sequence[SQL] = (),
    ) -> exp.Select:
        """FROM and WHERE. Conditions that tie two tables stand where these are joined."""
        first, *others = self.of.tables
        found = exp.select().from_(first.table, copy=False)
        known = {first.name}
        waiting = list(conditions)
        for source in others:
            known.add(source.name)
            ready = [part for part in waiting if source.name in aliases_of(part) and len(aliases_of(part)) > 1]
            ready = [part for part in ready if aliases_of(part) <= known]
            waiting = [part for part in waiting if part not in ready]
            on: list[SQL] = [exp.EQ(this=source.column("agreement"), expression=first.column("agreement"))]
            on += self.writer.conjunction(ready)
            found = found.join(source.table, on=all_hold(on), copy=False)
        where = [part for source in self.of.sources for part in source.standing]
        where += [*self.writer.conjunction(waiting), *self.apart(), *besides]
        for source, on in excuses:
            if has_anti_joins:
                found = found.join(exp.Join(this=source.table, kind="ANTI", on=all_hold(on)), copy=False)
            else:
                where.append(negated(self.exists(source, on)))
        return found.where(all_hold(where), copy=False) if where else found

    def apart(self) -> Iterator[SQL]:
        """No fact is matched twice; and of versions of a clause that may both fail, only one comes to stand."""
        for one, other in itertools.combinations(self.of.sources, 2):
            if one.kind == other.kind:
                yield differs(one, other, "number")
                if not self.profile.is_certain(one.kind):
                    stand = [one.column("certain"), other.column("certain"), differs(one, other, "id")]
                    if one.layer is not None:
                        stand += [negated(one.column("in_result")), negated(other.column("in_result"))]
                    yield any_holds(stand)

    def excuse(self, excuse: Excuse, certainly: bool) -> tuple[Source, list[SQL]]:
        """The table that excuses, and what makes one of its facts an excuse."""
        source, first = excuse.source, self.of.sources[0]
        together = exp.EQ(this=source.column("agreement"), expression=first.column("agreement"))
        on: list[SQL] = [together, *source.standing]
        on += [differs(source, other, "number") for other in self.of.sources if other.kind == source.kind]
        if certainly and not self.profile.is_certain(source.kind):
            on.append(source.column("certain"))
        return source, on + self.writer.conjunction(excuse.certainly if certainly else excuse.possibly)

    def exists(self, source: Source, on: Sequence[SQL]) -> SQL:
        """Whether there is such a fact."""
        return exp.Exists(this=exp.select("1").from_(source.table, copy=False).where(*on, copy=False))

    # --- what makes it certain

    def certain_facts(self) -> list[SQL]:
        """The matched facts are certain."""
        return [source.column("certain") for source in self.of.sources if not self.profile.is_certain(source.kind)]

    def possible_excuses(self) -> list[tuple[Source, list[SQL]]]:
        """What may excuse without doing so certainly; none where that is the same."""
        return [
            self.excuse(excuse, False)
            for excuse in self.of.excuses
            if excuse.possibly != excuse.certainly or not self.profile.is_certain(excuse.source.kind)
        ]

    def unexcused(self) -> list[SQL]:
        """Nothing may excuse."""
        return [negated(self.exists(source, on)) for source, on in self.possible_excuses()]

    def certainly(self, question: Question) -> list[SQL]:
        """The facts are certain, and what fulfils the condition possibly fulfils it certainly."""
        return [*self.certain_facts(), *self.writer.conjunction(question.besides)]


def differs(one: Source, other: Source, name: str) -> SQL:
    """Whether a column differs in two tables."""
    return exp.NEQ(this=one.column(name), expression=other.column(name))


def truth(parts: Sequence[SQL]) -> SQL:
    """A conjunction as a column, false where a part of it is NULL."""
    return coalesce(all_hold(parts), exp.false()) if parts else exp.true()
