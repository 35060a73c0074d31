"""Which rules meet something open: a clause that may not stand, a range, a term that is not stated, two currencies.

For the others *possibly* is *certainly*, and the networks that ask what is possible need not run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from clauses.language import ast
from clauses.language.rule import Rule
from clauses.terms.facts import Fact, Incomplete
from clauses.terms.values import Money, Value

UNCERTAIN = ""
"""Stands for the terms of a kind of which some clause may not stand at all."""

FactsByKind = Mapping[str, Sequence[tuple[int, Fact]]]
"""Facts with their numbers, by kind."""


@dataclass(frozen=True)
class Reads:
    """What decides a rule: terms by the kind of their clauses, and the currencies that it writes."""

    rule: str
    terms: Mapping[str, frozenset[str]]
    currencies: frozenset[str]

    @classmethod
    def of(cls, rule: Rule, parameters: Mapping[str, Value | str]) -> Reads:
        """What a rule reads. Whether a term is stated is never open, so what only `stated` reads does not count."""
        kinds = {p.alias: p.kind for p in (*rule.given, *(absence.pattern for absence in rule.unless))}
        terms: dict[str, set[str]] = {kind: set() for kind in kinds.values()}
        written: set[str] = set()
        for condition in (rule.when, *(absence.when for absence in rule.unless)):
            for node in _compared(condition):
                if isinstance(node, ast.Term):
                    terms.setdefault(kinds.get(node.alias, node.alias), set()).add(node.name)
                value = parameters[node.name] if isinstance(node, ast.Parameter) else getattr(node, "value", None)
                if isinstance(value, Money):
                    written.add(value.currency)
        return cls(rule.id, {kind: frozenset(names) for kind, names in terms.items()}, frozenset(written))


def _compared(node: ast.Node) -> Iterator[ast.Node]:
    """A node and all below it, but for what `stated` asks about."""
    if not isinstance(node, ast.Stated):
        yield node
        for child in ast.children(node):
            yield from _compared(child)


class Openness:
    """What a stratum of rules reads, gathered once."""

    def __init__(self, reads: Sequence[Reads]) -> None:
        self.reads = reads
        self.terms: dict[str, frozenset[str]] = {}
        for one in reads:
            for kind, terms in one.terms.items():
                self.terms[kind] = self.terms.get(kind, frozenset()) | terms
        self.currencies = frozenset().union(*(one.currencies for one in reads))

    def open_rules(self, facts: FactsByKind) -> set[str]:
        """The rules of which some clause, or some term that they read, is open."""
        open_terms: set[tuple[str, str]] = set()
        currencies: dict[tuple[str, str], set[str]] = {}
        for kind, terms in self.terms.items():
            for _, fact in facts.get(kind, ()):
                if not fact.certain:
                    open_terms.add((kind, UNCERTAIN))
                values = fact.values
                for term in terms:
                    value = values.get(term)
                    if value is None or isinstance(value, Incomplete):
                        open_terms.add((kind, term))
                    elif isinstance(value, Value):
                        if value.lowest != value.highest:
                            open_terms.add((kind, term))
                        if isinstance(value, Money):
                            currencies.setdefault((kind, term), set()).add(value.currency)
        if not open_terms and len(self.currencies.union(*currencies.values())) < 2:
            return set()
        return {one.rule for one in self.reads if _is_open(one, open_terms, currencies)}


def _is_open(reads: Reads, open_terms: set[tuple[str, str]], currencies: Mapping[tuple[str, str], set[str]]) -> bool:
    amounts = set(reads.currencies)
    for kind, terms in reads.terms.items():
        if (kind, UNCERTAIN) in open_terms:
            return True
        for term in terms:
            if (kind, term) in open_terms:
                return True
            amounts |= currencies.get((kind, term), set())
    return len(amounts) > 1
