"""The rules of a pack over symbolic facts: for each rule, the conditions under which it is breached or open.

This is the meaning that `engines.reference` gives to rules, step by step the same, with conditions in the place of
truth values. Every combination of facts is tried; what is certainly false of known values is dropped at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from clauses.engines.smt.formulas import Clauses, Formulas
from clauses.engines.smt.logic import Bool, every, no, some
from clauses.engines.smt.symbols import Codes, Symbol, SymbolicFact, symbol
from clauses.language import ast
from clauses.language.pack import RulePack
from clauses.language.rewrite import Formula, TwoValued, rewrite
from clauses.language.rule import Derives, Rule
from clauses.terms.facts import EVERYWHERE, GENERAL_KINDS
from clauses.terms.values import Value


@dataclass(frozen=True)
class Match:
    """A combination of facts, with the conditions under which it fulfils a rule."""

    numbers: tuple[int, ...]
    """The facts by their numbers, in the order of the patterns."""
    certainly: Bool
    possibly: Bool


@dataclass(frozen=True)
class Grounded:
    """The rules of a pack over some facts."""

    facts: Sequence[SymbolicFact]
    """The facts given, and after them those that rules derive."""
    matches: Mapping[str, Sequence[Match]]
    definitions: Sequence[Bool] = field(repr=False)
    """What must be asserted beside any claim about the matches."""

    def breached(self, rule: str) -> Bool:
        """The condition under which a rule is breached."""
        return some(match.certainly for match in self.matches[rule])

    def possible(self, rule: str) -> Bool:
        """The condition under which a rule is breached or undetermined."""
        return some(match.possibly for match in self.matches[rule])


def ground(
    pack: RulePack, parameters: Mapping[str, Value | str], facts: Sequence[SymbolicFact], codes: Codes
) -> Grounded:
    """Run a pack over symbolic facts, stratum by stratum."""
    found = Grounded(facts, {}, [])
    for stratum in pack.strata:
        of_stratum = ground_rules(stratum, parameters, found.facts, codes)
        definitions = [*found.definitions, *of_stratum.definitions]
        found = Grounded(of_stratum.facts, {**found.matches, **of_stratum.matches}, definitions)
    return found


def ground_rules(
    rules: Sequence[Rule],
    parameters: Mapping[str, Value | str],
    facts: Sequence[SymbolicFact],
    codes: Codes,
    bystanders: Sequence[SymbolicFact] = (),
) -> Grounded:
    """Run the rules of one stratum over symbolic facts. Bystanders may excuse, and match nothing."""
    formulas, known = Formulas(codes), _Facts(facts, bystanders)
    matches = {rule.id: list(_RuleOver(rule, rewritten(rule, parameters), known, formulas).matches()) for rule in rules}
    return Grounded([*facts, *_derived(rules, matches, known, codes)], matches, formulas.definitions)


@dataclass(frozen=True)
class Rewritten:
    """The formulas of a rule: its condition in parts, each with the last pattern that it reads, and its excuses."""

    parts: tuple[tuple[int, TwoValued], ...]
    excuses: tuple[TwoValued, ...]


def rewritten(rule: Rule, parameters: Mapping[str, Value | str]) -> Rewritten:
    """The formulas of a rule, with the parameters of a day."""
    return _rewritten(_Same(rule), tuple(sorted(parameters.items())))


class _Same:
    """A rule, for a cache that goes by what it is and not by what it says."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.rule is other.rule

    def __hash__(self) -> int:
        return id(self.rule)


@lru_cache(maxsize=4096)
def _rewritten(same: _Same, parameters: tuple[tuple[str, Value | str], ...]) -> Rewritten:
    rule, values = same.rule, dict(parameters)
    aliases = [pattern.alias for pattern in rule.given]
    parts = []
    for part in rule.when.parts if isinstance(rule.when, ast.And) else (rule.when,):
        read = {term.alias for term in ast.terms(part)}
        last = max((aliases.index(alias) for alias in read if alias in aliases), default=0)
        parts.append((last, rewrite(part, values)))
    return Rewritten(tuple(parts), tuple(rewrite(absence.when, values) for absence in rule.unless))


class _Facts:
    """The facts known so far, by kind and layer; bystanders come last."""

    def __init__(self, facts: Sequence[SymbolicFact], bystanders: Sequence[SymbolicFact] = ()) -> None:
        self.all = [*facts, *bystanders]
        self.matching = len(facts)
        self.places: dict[tuple[str, str | None], list[int]] = {}
        for number, fact in enumerate(self.all):
            for layer in (None, *sorted(fact.layers)):
                self.places.setdefault((fact.kind, layer), []).append(number)

    def of(self, kind: str, layer: str | None) -> Iterator[tuple[int, SymbolicFact]]:
        """The facts of a kind in a layer that patterns may match, with their numbers."""
        return (found for found in self.excusing(kind, layer) if found[0] < self.matching)

    def excusing(self, kind: str, layer: str | None) -> Iterator[tuple[int, SymbolicFact]]:
        """The facts of a kind in a layer, with their numbers."""
        for number in self.places.get((kind, layer), ()):
            yield number, self.all[number]

    def context(self) -> dict[str, SymbolicFact]:
        """The context, as the start of every combination."""
        found = next((fact for _, fact in self.of("context", None)), None)
        return {"context": found} if found else {}


class _RuleOver:
    """One rule over the facts as they are known so far."""

    def __init__(self, rule: Rule, formulas: Rewritten, facts: _Facts, evaluate: Formulas) -> None:
        self.rule, self.formulas, self.facts, self.evaluate = rule, formulas, facts, evaluate
        patterns = [*rule.given, *(absence.pattern for absence in rule.unless)]
        self.types = {pattern.alias: pattern.types for pattern in patterns}
        self.types["context"] = GENERAL_KINDS["context"]

    def matches(self) -> Iterator[Match]:
        """The combinations of facts that may fulfil the rule."""
        for numbers, clauses, certainly, possibly in self.conditions((), self.facts.context(), True, True):
            excused = list(self.excuses(numbers, clauses))
            certainly = every([certainly, *(no(may) for _, may in excused)])
            possibly = every([possibly, *(no(does) for does, _ in excused)])
            if possibly is not False:
                yield Match(numbers, certainly, possibly)

    def conditions(
        self, numbers: tuple[int, ...], clauses: Clauses, certainly: Bool, possibly: Bool
    ) -> Iterator[tuple[tuple[int, ...], Clauses, Bool, Bool]]:
        """The combinations whose condition is not false whatever is found; no fact fills two aliases."""
        depth = len(numbers)
        if depth == len(self.rule.given):
            if self.can_coexist(numbers):
                yield numbers, clauses, certainly, possibly
            return
        pattern = self.rule.given[depth]
        for number, fact in self.facts.of(pattern.kind, pattern.layer):
            if number in numbers:
                continue
            chosen = {**clauses, pattern.alias: fact}
            parts = [part for last, part in self.formulas.parts if last == depth]
            may = every([possibly, fact.possibly, *(self.holds(part.possibly, chosen) for part in parts)])
            if may is False:
                continue
            does = every([certainly, fact.certainly, *(self.holds(part.certainly, chosen) for part in parts)])
            yield from self.conditions((*numbers, number), chosen, does, may)

    def can_coexist(self, numbers: tuple[int, ...]) -> bool:
        """Whether facts can stand together: of one clause, only one version is in force afterwards."""
        facts = [self.facts.all[number] for number in numbers]
        uncertain = [(f.kind, f.id) for f in facts if f.certainly is False and "result" in f.layers]
        return len(set(uncertain)) == len(uncertain)

    def excuses(self, numbers: tuple[int, ...], clauses: Clauses) -> Iterator[tuple[Bool, Bool]]:
        """For each fact that an `unless` speaks of, whether it certainly excuses, and whether it may."""
        for absence, formula in zip(self.rule.unless, self.formulas.excuses, strict=True):
            for number, fact in self.facts.excusing(absence.pattern.kind, absence.pattern.layer):
                if number not in numbers:
                    chosen = {**clauses, absence.pattern.alias: fact}
                    does = every([fact.certainly, self.holds(formula.certainly, chosen)])
                    may = every([fact.possibly, self.holds(formula.possibly, chosen)])
                    if may is not False:
                        yield does, may

    def holds(self, formula: Formula, clauses: Clauses) -> Bool:
        """Whether a formula of the rule holds of some facts."""
        return self.evaluate.holds(formula, clauses, self.types)


def _derived(
    rules: Sequence[Rule], matches: Mapping[str, Sequence[Match]], facts: _Facts, codes: Codes
) -> list[SymbolicFact]:
    """The facts that rules derive; equal facts are one, which stands where any derivation of it does."""
    made: dict[tuple[str, str], SymbolicFact] = {}
    for rule in rules:
        if rule.derives is None:
            continue
        for match in matches[rule.id]:
            by_alias = {p.alias: facts.all[n] for p, n in zip(rule.given, match.numbers, strict=True)}
            terms = _terms(rule.derives, {**by_alias, **facts.context()}, codes)
            key = (rule.derives.kind, repr(sorted(terms.items())))
            earlier = made.get(key)
            certainly, possibly = match.certainly, match.possibly
            if earlier is not None:
                certainly = some([earlier.certainly, certainly])
                possibly = some([earlier.possibly, possibly])
            id = earlier.id if earlier else f"{rule.derives.kind}#{len(made)}"
            made[key] = SymbolicFact(rule.derives.kind, id, EVERYWHERE, certainly, possibly, terms)
    return list(made.values())


def _terms(derives: Derives, clauses: Clauses, codes: Codes) -> dict[str, Symbol]:
    """The terms of a derived fact."""
    found: dict[str, Symbol] = {}
    for name, node in derives.terms.items():
        if isinstance(node, ast.Term):
            taken = clauses[node.alias].terms.get(node.name)
            if taken is not None:
                found[name] = taken
        elif isinstance(node, ast.Literal):
            found[name] = symbol(node.value, codes)
    return found
