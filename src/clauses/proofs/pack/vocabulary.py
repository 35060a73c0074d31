"""What the rules of a question read and name: it says what a situation must be able to hold.

A term that no rule reads cannot matter. Neither can one party more than the rules can tell apart, nor a text that
no rule names and that no other term could repeat.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from clauses.language import ast
from clauses.language.pack import RulePack
from clauses.language.rule import Pattern, Rule
from clauses.proofs.pack.evidence import Parameters, derivations
from clauses.terms.facts import fact_types
from clauses.terms.kinds import KINDS, TermType
from clauses.terms.values import Value

MAXIMUM_NAMES = 20
"""How many parties, clauses outside the situation, or unnamed texts a situation tells apart."""

_OF_EVERY_TERM = {"changed", "not_stated"}
_OF_A_TYPE = {"parties": "party", "clauses": "clause", "currencies": "money"}


@dataclass(frozen=True)
class Source:
    """Rules of one pack with the parameters of a day."""

    pack: RulePack
    parameters: Parameters
    rules: tuple[Rule, ...]

    def with_derivations(self) -> list[Rule]:
        """The rules, and before them those that derive what they read."""
        return [*derivations(self.pack, {kind for rule in self.rules for kind in rule.kinds}), *self.rules]


@dataclass(frozen=True)
class Vocabulary:
    """The terms that are read, by kind; the texts that are named, by the type of what they are compared with."""

    read: Mapping[str, frozenset[str]]
    named: Mapping[str, tuple[str, ...]]
    values: tuple[Value, ...]
    """The quantities that the conditions write, and those of the parameters that they read."""

    def terms(self, kind: str) -> dict[str, TermType]:
        """The terms of a kind that matter, with their types."""
        types = fact_types(kind) or {}
        own = self.read.get(kind, frozenset())
        if kind in KINDS:
            own = own | self._for_the_general_fact(kind)
        skipped = {"id", "basis", "changed"} if kind in KINDS else {"id"}
        return {name: type for name, type in types.items() if name in own and name not in skipped}

    def _for_the_general_fact(self, kind: str) -> frozenset[str]:
        """The terms of a kind of clause on which the fact about clauses in general depends."""
        general = self.read.get("clause", frozenset())
        types = KINDS[kind].term_types()
        if general & _OF_EVERY_TERM:
            return frozenset(types)
        wanted = {_OF_A_TYPE[name] for name in general if name in _OF_A_TYPE}
        return frozenset(name for name, type in types.items() if name in general or type.name in wanted)


def vocabulary(sources: Sequence[Source]) -> Vocabulary:
    """What the rules of a question read and name."""
    read: dict[str, set[str]] = {}
    named: dict[str, dict[str, None]] = {}
    values: dict[Value, None] = {}
    for source in sources:
        for rule in source.with_derivations():
            for kind, term in _read(rule):
                read.setdefault(kind, set()).add(term)
            for condition in _conditions(rule):
                for type_name, text in _texts(condition, source.parameters):
                    named.setdefault(type_name, {})[text] = None
                for value in _values(condition, source.parameters):
                    values[value] = None
    _note_names_of_terms(read, named)
    return Vocabulary(
        {kind: frozenset(terms) for kind, terms in read.items()},
        {type_name: tuple(sorted(texts)) for type_name, texts in named.items()},
        tuple(sorted(values, key=lambda value: (value.type_name, value.lowest, str(value)))),
    )


def _conditions(rule: Rule) -> tuple[ast.Node, ...]:
    return rule.when, *(absence.when for absence in rule.unless)


def _read(rule: Rule) -> Iterator[tuple[str, str]]:
    kinds = {pattern.alias: pattern.kind for pattern in _patterns(rule)} | {"context": "context"}
    nodes = [*_conditions(rule), *(rule.derives.terms.values() if rule.derives else ())]
    for node in nodes:
        for term in ast.terms(node):
            yield kinds[term.alias], term.name


def _patterns(rule: Rule) -> tuple[Pattern, ...]:
    return *rule.given, *(absence.pattern for absence in rule.unless)


def _texts(condition: ast.Node, parameters: Parameters) -> Iterator[tuple[str, str]]:
    for node in ast.walk(condition):
        if not isinstance(node, ast.Compare | ast.Membership):
            continue
        sides = ast.children(node)
        for one, other in (sides, sides[::-1]):
            written = _constant(one, parameters)
            if isinstance(written, str) and isinstance(other, ast.Term | ast.CurrencyOf):
                yield _named_type(other), written


def _named_type(node: ast.Term | ast.CurrencyOf) -> str:
    if isinstance(node, ast.CurrencyOf):
        return "currency"
    if node.name in _OF_EVERY_TERM:
        return "term"
    return "currency" if node.name == "currencies" else node.term_type.name


def _constant(node: ast.Node, parameters: Parameters) -> Value | str | None:
    if isinstance(node, ast.Parameter):
        return parameters[node.name]
    return node.value if isinstance(node, ast.Literal) else None


def _values(condition: ast.Node, parameters: Parameters) -> Iterator[Value]:
    for node in ast.walk(condition):
        value = _constant(node, parameters)
        if isinstance(value, Value):
            yield value


def _note_names_of_terms(read: dict[str, set[str]], named: Mapping[str, Iterable[str]]) -> None:
    """A rule that asks whether `"ends"` was changed reads the term `ends`, of whichever kinds it may be."""
    for kind in read:
        if kind in KINDS and "changed" in read[kind]:
            read[kind] |= set(named.get("term", ())) & set(KINDS[kind].term_types())


def pieces_wanted(source: Source, patterns: Iterable[Pattern]) -> Counter[str]:
    """How many facts of each kind that no rule derives it takes, at most, to match some patterns."""
    total: Counter[str] = Counter()
    for pattern in patterns:
        if pattern.kind not in source.pack.derived:
            total[pattern.kind] += 1
            continue
        most: Counter[str] = Counter()
        for rule in source.pack.rules:
            if rule.derives is not None and rule.derives.kind == pattern.kind:
                most |= pieces_wanted(source, rule.given)
        total += most
    return total
