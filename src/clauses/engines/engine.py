"""What an engine is, and the one way in which a pack runs on any of them.

An engine answers a single question: which combinations of facts fulfil a rule, certainly or only possibly?
Everything around it is the same for all of them: rules that derive facts run before the rules that read
these, and what they derive joins the facts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from clauses.language import ast
from clauses.language.pack import RulePack
from clauses.language.rule import Derives, Rule
from clauses.terms.facts import EVERYWHERE, Fact, FactValue
from clauses.terms.values import Value


class Truth(IntEnum):
    """Kleene's three truth values, in their order: `and` is the least, `or` the greatest."""

    FALSE = 0
    UNKNOWN = 1
    TRUE = 2

    def __str__(self) -> str:
        return self.name.lower()


Binding = tuple[int, ...]
"""The facts that the patterns of a rule matched: their numbers, in the order of `given`."""

Matches = Mapping[Binding, Truth]
"""The combinations that fulfil a rule: TRUE where they do so certainly, UNKNOWN where they may."""


class Prepared(Protocol):
    """The rules of one pack, with the parameters of one day, ready to run any number of times."""

    def matches(self, rules: Sequence[Rule], facts: Sequence[Fact]) -> Mapping[str, Matches]:
        """What fulfils each of some rules of the pack (one stratum of it), by rule id.

        Raises EngineError where the work is beyond what the engine can do safely.
        """

    def close(self) -> None:
        """Give back what the engine holds outside Python."""


class Engine(Protocol):
    """A way to run rules."""

    name: str

    def prepare(self, pack: RulePack, parameters: Mapping[str, Value | str]) -> Prepared:
        """Make a pack ready. Raises EngineError where the engine cannot run it, or is not installed."""


@dataclass(frozen=True)
class Outcome:
    """What a pack found: all facts, the derived ones last, and the matches of every rule."""

    facts: Sequence[Fact]
    matches: Mapping[str, Matches]


def run(prepared: Prepared, pack: RulePack, facts: Sequence[Fact]) -> Outcome:
    """Run a pack over facts, stratum by stratum."""
    known = list(facts)
    found: dict[str, Matches] = {}
    for stratum in pack.strata:
        matches = {
            rule: {binding: truth for binding, truth in every.items() if _coexist([known[n] for n in binding])}
            for rule, every in prepared.matches(stratum, known).items()
        }
        found.update(matches)
        known += _derived(stratum, matches, known)
    return Outcome(known, found)


def _coexist(facts: Sequence[Fact]) -> bool:
    """Whether facts can stand together: of one clause, only one version is in force afterwards."""
    uncertain = [(fact.kind, fact.id) for fact in facts if not fact.certain and "result" in fact.layers]
    return len(set(uncertain)) == len(uncertain)


def _derived(rules: Sequence[Rule], matches: Mapping[str, Matches], facts: Sequence[Fact]) -> list[Fact]:
    """The facts that rules derive; equal facts are one, certain if any derivation of it is."""
    made: dict[tuple[str, str], tuple[Fact, bool]] = {}
    context = next((fact for fact in facts if fact.kind == "context"), None)
    for rule in rules:
        if rule.derives is None:
            continue
        for binding, truth in sorted(matches[rule.id].items()):
            fact = _derive(rule, rule.derives, [facts[number] for number in binding], context)
            key = fact.id, repr(sorted(fact.values.items()))  # different values may be written alike
            first, certain = made.get(key, (fact, False))
            made[key] = (first, certain or truth is Truth.TRUE)
    return [
        Fact(fact.kind, fact.id, fact.layers, certain, fact.values, None, {}, fact.derived_from)
        for _, (fact, certain) in sorted(made.items())
    ]


def _derive(rule: Rule, derives: Derives, matched: Sequence[Fact], context: Fact | None) -> Fact:
    by_alias = {pattern.alias: fact for pattern, fact in zip(rule.given, matched, strict=True)}
    if context is not None:
        by_alias["context"] = context
    values: dict[str, FactValue] = {}
    for name, node in derives.terms.items():
        if isinstance(node, ast.Term):
            value = by_alias[node.alias].values.get(node.name)
            if value is not None:
                values[name] = value
        elif isinstance(node, ast.Literal):
            values[name] = node.value
    written = ", ".join(f"{name}: {values.get(name, 'not stated')}" for name in derives.terms)
    id = f"{derives.kind}({written})"
    values["id"] = id
    return Fact(derives.kind, id, EVERYWHERE, True, values, None, {}, tuple(matched))
