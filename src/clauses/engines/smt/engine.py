"""The symbolic evaluation as an engine: with nothing open, its conditions are truth values.

It is there to be judged: the conformance tables and the differential tests hold it to the reference engine, and so
everything that proofs rest on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clauses.engines.engine import Engine, Matches, Prepared, Truth
from clauses.engines.smt.ground import Grounded, ground_rules
from clauses.engines.smt.symbols import Codes, symbolic
from clauses.language.pack import RulePack
from clauses.language.rule import Rule
from clauses.terms.facts import Fact
from clauses.terms.values import Value


class SymbolicRules:
    """A pack ready to run; see `Prepared`."""

    def __init__(self, parameters: Mapping[str, Value | str]) -> None:
        self.parameters = parameters

    def matches(self, rules: Sequence[Rule], facts: Sequence[Fact]) -> dict[str, Matches]:
        """What fulfils each rule."""
        codes = Codes()
        found = ground_rules(rules, self.parameters, [symbolic(fact, codes) for fact in facts], codes)
        return {rule.id: _truths(found, rule) for rule in rules}

    def close(self) -> None:
        """Nothing is held."""


def _truths(found: Grounded, rule: Rule) -> Matches:
    return {match.numbers: Truth.TRUE if match.certainly is True else Truth.UNKNOWN for match in found.matches[rule.id]}


class SymbolicEngine:
    """The engine that proofs use."""

    name = "smt"

    def prepare(self, pack: RulePack, parameters: Mapping[str, Value | str]) -> Prepared:
        """Make a pack ready."""
        return SymbolicRules(parameters)


ENGINE: Engine = SymbolicEngine()
