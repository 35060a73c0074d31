"""Questions about two rules: is there a situation of which one says more than the other?

First it is tried to prove that there is none. For that the situation holds what one rule needs to match, and what
excuses the other: whatever else a deal holds could only excuse the first. Where that is not proved, a situation is
looked for, written down, and run again. All clauses of a situation stand for certain: one that stands only possibly
makes a finding a question, and an excuse no excuse, for both rules alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from clauses.engines.smt.ground import Grounded, ground_rules
from clauses.engines.smt.logic import Bool, equal, every, no, some
from clauses.engines.smt.solver import Solver
from clauses.engines.smt.symbols import NOT_STATED, Codes, Quantity, Symbol, SymbolicFact, Text
from clauses.language import ast
from clauses.language.rule import Rule
from clauses.proofs.pack.evidence import Judge
from clauses.proofs.pack.vocabulary import Source, pieces_wanted, vocabulary
from clauses.proofs.pack.world import COMPUTED, Space
from clauses.terms.kinds import KINDS
from clauses.terms.values import Date

STEPS = 4_000_000
"""How many steps of the solver one question about a pack may take."""

Certainty = Literal["proved", "bounded"]
MAXIMUM_EXCUSES = 2
"""For how many matches at once a situation has facts that excuse them."""


@dataclass(frozen=True)
class Side:
    """A rule in its pack."""

    judge: Judge
    rule: Rule

    @property
    def source(self) -> Source:
        """The rule as what a situation must speak of."""
        return Source(self.judge.pack, self.judge.parameters, (self.rule,))

    def with_rule(self, rule: Rule) -> Side:
        """Another rule of the same pack."""
        return replace(self, rule=rule)

    def applies(self) -> Side:
        """The rule that is breached wherever this one applies."""
        return self.with_rule(replace(self.rule, when=ast.ALWAYS, unless=()))

    def never(self) -> Side:
        """The rule that is never breached, and reads what this one reads."""
        return self.with_rule(replace(self.rule, when=ast.Or(()), unless=()))


@dataclass(frozen=True)
class Said:
    """What a rule says of a situation."""

    breached: Bool
    possible: Bool
    definitions: Sequence[Bool]
    matches: int = 0
    """How many combinations of clauses can fulfil it."""
    made: Sequence[SymbolicFact] = ()
    """What a rule that derives facts derives."""


About = Literal["findings", "silence", "both"]
"""In what one rule says more: it finds where the other does not, it is not silent where the other is, or either."""


class Question:
    """Whether one rule can say more than another."""

    def __init__(
        self, more: Side, less: Side, days: tuple[int, int], steps: int = STEPS, about: About = "both"
    ) -> None:
        self.more, self.less, self.steps, self.about = more, less, steps, about
        words = vocabulary([more.source, less.source])
        main = needed_by(more)
        excuses = _with_computed(pieces_wanted(less.source, (a.pattern for a in less.rule.unless)))
        self.copies = MAXIMUM_EXCUSES if excuses else 0
        others = Counter({kind: self.copies * count for kind, count in excuses.items()})
        self.space = Space(words, main, others, days)

    def impossible(self) -> Certainty | None:
        """How certain it is that there is no such situation; None where there may be one. Raises Undecided."""
        more, less = self._at_least(), self._at_most()
        solver = Solver([*self.space.claims, *more.definitions, *less.definitions], self.steps)
        if solver.can(_says_more(more, less, self.about)):
            return None
        has_negation = any(rule.unless for rule in self.less.source.with_derivations()[:-1])
        has_room = self.space.is_complete and (less.matches <= self.copies or not self.less.rule.unless)
        return "proved" if has_room and not has_negation else "bounded"

    def situation(self) -> tuple[Solver, list[Bool]]:
        """A solver for situations, with claims of each of which one rule says more: the plainest difference first."""
        more, less = self._of_all(self.more), self._of_all(self.less)
        solver = Solver([*self.space.claims, *more.definitions, *less.definitions], self.steps)
        plainest = every([more.breached, no(less.possible)])
        return solver, [plainest, _says_more(more, less, "findings"), _says_more(more, less, self.about)]

    def _of_all(self, side: Side) -> Said:
        return said_of(side, self.space.facts(self.space.pieces), self.space.codes)

    def _at_least(self) -> Said:
        """What the first rule says where no more excuses it than is in the situation for the other's sake."""
        facts, definitions = _with_derived(self.more, self.space.facts(self.space.main), self.space.codes)
        derived = self.more.judge.pack.derived
        # A derived fact that excuses might be the very fact that is matched, which excuses nothing.
        rule = replace(self.more.rule, unless=tuple(a for a in self.more.rule.unless if a.pattern.kind not in derived))
        others = [fact for piece in self.space.others for fact in piece.facts]
        grounded = ground_rules([rule], self.more.judge.parameters, facts, self.space.codes, others)
        return _said(grounded, rule, definitions)

    def _at_most(self) -> Said:
        """What the second rule says of what the first one needs, excused by all there is."""
        facts, definitions = _with_derived(self.less, self.space.facts(self.space.main), self.space.codes)
        everything, more = _with_derived(self.less, self.space.facts(self.space.pieces), self.space.codes)
        known = {id(fact) for fact in facts}
        others = [fact for fact in everything if id(fact) not in known]
        rule = self.less.rule
        grounded = ground_rules([rule], self.less.judge.parameters, facts, self.space.codes, others)
        return _said(grounded, rule, [*definitions, *more])


def needed_by(side: Side) -> Counter[str]:
    """The pieces that it takes, at most, to match the patterns of a rule."""
    return _with_computed(pieces_wanted(side.source, side.rule.given))


def said_of(side: Side, facts: Sequence[SymbolicFact], codes: Codes) -> Said:
    """What a rule says of facts, and of what follows from them."""
    known, definitions = _with_derived(side, facts, codes)
    return _said(ground_rules([side.rule], side.judge.parameters, known, codes), side.rule, definitions)


def _with_derived(side: Side, facts: Sequence[SymbolicFact], codes: Codes) -> tuple[Sequence[SymbolicFact], list[Bool]]:
    """The facts with what the rules derive that a rule needs."""
    needed = {rule.id for rule in side.source.with_derivations() if rule.derives and rule.id != side.rule.id}
    definitions: list[Bool] = []
    for stratum in side.judge.pack.strata:
        rules = [rule for rule in stratum if rule.id in needed]
        if rules:
            grounded = ground_rules(rules, side.judge.parameters, facts, codes)
            facts, definitions = grounded.facts, [*definitions, *grounded.definitions]
    return facts, definitions


def _said(grounded: Grounded, rule: Rule, definitions: Sequence[Bool]) -> Said:
    matches = grounded.matches[rule.id]
    combinations = {tuple(grounded.facts[number].id for number in match.numbers) for match in matches}
    return Said(
        grounded.breached(rule.id),
        grounded.possible(rule.id),
        [*definitions, *grounded.definitions],
        len(combinations),
        [fact for fact in grounded.facts if rule.derives and fact.kind == rule.derives.kind],
    )


def _says_more(more: Said, less: Said, about: About) -> Bool:
    """Whether one says more; of two rules that derive facts, whether one derives a fact that the other does not."""
    if more.made and less.made:
        return some(_is_missing(fact, less.made) for fact in more.made)
    finds, speaks = every([more.breached, no(less.breached)]), every([more.possible, no(less.possible)])
    return some({"findings": [finds], "silence": [speaks], "both": [finds, speaks]}[about])


def _is_missing(fact: SymbolicFact, made: Sequence[SymbolicFact]) -> Bool:
    """Whether a derived fact stands that is not among others, or not as certainly."""
    alike = [(other, _alike(fact, other)) for other in made]
    certain = some(every([same, other.certainly]) for other, same in alike)
    possible = some(every([same, other.possibly]) for other, same in alike)
    return some([every([fact.certainly, no(certain)]), every([fact.possibly, no(possible)])])


def _alike(one: SymbolicFact, other: SymbolicFact) -> Bool:
    """Whether two derived facts say the same."""
    names = sorted({*one.terms, *other.terms} - {"id"})
    return every(_same(one.terms.get(name, NOT_STATED), other.terms.get(name, NOT_STATED)) for name in names)


def _same(one: Symbol, other: Symbol) -> Bool:
    neither = every([no(one.stated), no(other.stated)])
    if isinstance(one, Text) and isinstance(other, Text):
        return some([neither, every([one.stated, other.stated, equal(one.code, other.code)])])
    if isinstance(one, Quantity) and isinstance(other, Quantity):
        ends = [equal(one.lowest, other.lowest), equal(one.highest, other.highest)]
        currency = one.currency is None or equal(one.currency, other.currency)
        return some([neither, every([one.stated, other.stated, currency, *ends])])
    return neither


def _with_computed(wanted: Counter[str]) -> Counter[str]:
    """A holding may be a clause, or what the cap table works out."""
    found = Counter(wanted)
    if "holding" in wanted:
        found[f"{COMPUTED}holding"] = wanted["holding"]
    return found


def can_be_matched(side: Side, given: Side) -> bool:
    """Whether what one rule needs could be enough to match another: else that says nothing of it."""
    there = needed_by(given)
    clauses = any(kind in KINDS or kind == "clause" for kind in there)
    for pattern in side.rule.given:
        kinds = pieces_wanted(side.source, [pattern]) if pattern.kind in side.judge.pack.derived else ()
        if (pattern.kind == "clause" and clauses) or (pattern.kind in side.judge.pack.derived and kinds):
            continue
        if pattern.kind not in there:
            return False
    return True


def days_of(judge: Judge, day: Date) -> tuple[int, int]:
    """The days around one on which all parameters of a pack have the values that they have on it."""
    low, high = 1, Date.limit - 1
    for parameter in judge.pack.parameters.values():
        for dated in parameter.values:
            start = dated.starting.lowest
            if start <= day.lowest:
                low = max(low, start)
            else:
                high = min(high, start - 1)
    return low, high
