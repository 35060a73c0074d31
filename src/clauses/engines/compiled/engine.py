"""The engine that runs rules as Python code made for them: quick to answer, one deal after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clauses.engines.compiled.columns import Columns
from clauses.engines.compiled.groups import CONTEXT, grouped, shape_of
from clauses.engines.compiled.program import Program, Rows
from clauses.engines.engine import Engine, Matches, Prepared, Truth
from clauses.language.pack import RulePack
from clauses.language.rule import Rule
from clauses.terms.facts import Fact
from clauses.terms.values import Value


class CompiledRules:
    """A pack ready to run; see `Prepared`. The code for a stratum is made when it is first needed."""

    def __init__(self, parameters: Mapping[str, Value | str]) -> None:
        self.parameters = parameters
        self.strata: dict[tuple[str, ...], _Stratum] = {}

    def matches(self, rules: Sequence[Rule], facts: Sequence[Fact]) -> dict[str, Matches]:
        """What fulfils each rule."""
        ids = tuple(rule.id for rule in rules)
        if ids not in self.strata:
            self.strata[ids] = _Stratum(rules, self.parameters)
        return self.strata[ids].matches(facts)

    def close(self) -> None:
        """Forget the code."""
        self.strata.clear()


class _Stratum:
    """Some rules as a program, and how facts become its rows."""

    def __init__(self, rules: Sequence[Rule], parameters: Mapping[str, Value | str]) -> None:
        self.rules = rules
        columns = Columns()
        shapes = [shape_of(rule, parameters, columns, str) for rule in rules]
        self.program = Program(grouped((number, *shaped) for number, shaped in enumerate(shapes)))
        self.slots_of: dict[str, list[tuple[str | None, int]]] = {}
        for (kind, layer), number in self.program.slots.items():
            self.slots_of.setdefault(kind, []).append((layer, number))
        self.row_of = {kind: columns.row(kind) for kind in (CONTEXT, *self.slots_of)}

    def matches(self, facts: Sequence[Fact]) -> dict[str, Matches]:
        """What fulfils each rule, the matches in the order of the facts."""
        found: dict[str, dict[tuple[int, ...], Truth]] = {rule.id: {} for rule in self.rules}
        for rule, certain, binding in sorted(self.program.run(*self.rows(facts)), key=lambda match: match[2]):
            found[self.rules[rule].id][binding] = Truth.TRUE if certain else Truth.UNKNOWN
        return dict(found)

    def rows(self, facts: Sequence[Fact]) -> tuple[Rows, object]:
        """The facts as rows in their lists, and the context."""
        rows: Rows = [[] for _ in self.program.slots]
        context = None
        for number, fact in enumerate(facts):
            if fact.kind == CONTEXT and context is None:
                context = self.row_of[CONTEXT](number, fact.certain, fact.values)
            slots = self.slots_of.get(fact.kind)
            if slots:
                row = self.row_of[fact.kind](number, fact.certain, fact.values)
                for layer, slot in slots:
                    if layer is None or layer in fact.layers:
                        rows[slot].append(row)
        return rows, context or self.row_of[CONTEXT](None, True, {})


class CompiledEngine:
    """Rules as Python code."""

    name = "compiled"

    def prepare(self, pack: RulePack, parameters: Mapping[str, Value | str]) -> Prepared:
        """Make a pack ready."""
        return CompiledRules(parameters)


ENGINE: Engine = CompiledEngine()
"""The engine that compiles."""
