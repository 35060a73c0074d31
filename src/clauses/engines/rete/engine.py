"""The rete engine: rules on durable-rules, the default for one term sheet."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from clauses.engines.engine import Binding, Engine, Matches, Prepared, Truth
from clauses.engines.rete import protocol
from clauses.engines.rete.columns import Codes, Row, limits_of, reader
from clauses.engines.rete.compile import ITEM, ZERO, Shard, Source, compile_rule, shards_of
from clauses.engines.rete.open import FactsByKind, Openness, Reads
from clauses.errors import EngineError
from clauses.language.pack import RulePack
from clauses.language.rule import Rule
from clauses.terms.facts import Fact, Incomplete, fact_types
from clauses.terms.values import Value


@dataclass
class _Network:
    """A shard as a compiled ruleset, with the readers of its columns."""

    shard: Shard
    ruleset: protocol.Ruleset
    columns: dict[Source, tuple[str, list[Row]]]
    """For each source, a row as JSON with gaps, and how to work out what belongs in them."""

    @property
    def rules(self) -> set[str]:
        """The rules of ours that the network decides, in part or whole."""
        return {rule.rule for rule in self.shard.rules}


FEW = 3
"""How often networks are compiled for just the rules that a deal needs, before all rules are."""


class ReteRules:
    """A pack compiled for durable-rules; see `Prepared`.

    A single review needs few of the rules: most speak of clauses that it does not have. So the first networks hold
    only the rules that apply; who reviews many deals soon has networks of all rules, and compiles no more.
    """

    def __init__(self, pack: RulePack, parameters: Mapping[str, Value | str]) -> None:
        self.pack = pack
        self.parameters = parameters
        self.lock = threading.Lock()
        self.codes = Codes()
        self.kinds: dict[Source, int] = {}
        self.widest = max((len(rule.given) for rule in pack.rules), default=0)
        self.openness: dict[int, Openness] = {}
        self.compiled: dict[tuple[int, bool], list[tuple[frozenset[str], list[_Network]]]] = {}
        """The networks of a stratum in a mode, each time with the rules that they decide."""
        self.strata = {frozenset(rule.id for rule in stratum): number for number, stratum in enumerate(pack.strata)}
        for number, stratum in enumerate(pack.strata):
            self.openness[number] = Openness([Reads.of(rule, parameters) for rule in stratum])

    def _networks(self, stratum: int, certainly: bool, wanted: frozenset[str]) -> list[_Network]:
        """Networks that decide the rules wanted, and perhaps more of the stratum."""
        with self.lock:
            compiled = self.compiled.setdefault((stratum, certainly), [])
            for rules, networks in compiled:
                if wanted <= rules:
                    return [network for network in networks if network.rules & wanted]
            whole = self.pack.strata[stratum]
            chosen = [rule for rule in whole if rule.id in wanted] if len(compiled) < FEW else whole
            compiled.append((frozenset(rule.id for rule in chosen), self._compile(chosen, certainly)))
            return compiled[-1][1]

    def _compile(self, rules: Sequence[Rule], certainly: bool) -> list[_Network]:
        compiled = [network for rule in rules for network in compile_rule(rule, self.parameters, certainly, self.codes)]
        networks = []
        for shard in shards_of(compiled):
            for source in shard.columns:
                self.kinds.setdefault(source, len(self.kinds) + 1)
            columns = {source: self._columns(source, shard) for source in shard.columns}
            networks.append(_Network(shard, protocol.Ruleset(shard.definitions(self.kinds)), columns))
        return networks

    def _columns(self, source: Source, shard: Shard) -> tuple[str, list[Row]]:
        types = {} if source[0] == ZERO else self.pack.derived.get(source[1]) or fact_types(source[1]) or {}
        limits = limits_of(types)
        named = shard.columns[source]
        template = ",".join([f'"k":{self.kinds[source]}', *(f'"{name}":%d' for name in named.values())])
        return template, [reader(recipe, limits) for recipe in named]

    # --- running

    def matches(self, rules: Sequence[Rule], facts: Sequence[Fact]) -> dict[str, Matches]:
        """What fulfils each rule of a stratum."""
        number = self.strata[frozenset(rule.id for rule in rules)]
        self._check_size(rules, facts)
        by_kind: dict[str, list[tuple[int, Fact]]] = {}
        for numbered in enumerate(facts):
            by_kind.setdefault(numbered[1].kind, []).append(numbered)
        standing = {(fact.kind, layer) for fact in facts for layer in (None, *fact.layers)}
        applicable = frozenset(rule.id for rule in rules if all((p.kind, p.layer) in standing for p in rule.given))
        # Where everything that a rule reads is certain and exact, nothing is possible that is not certain.
        undecided = applicable & self.openness[number].open_rules(by_kind)
        for_certain = self._networks(number, True, applicable)
        for_possible = self._networks(number, False, undecided) if undecided else []
        codes = Codes(self.codes.known)
        certain = self._run(for_certain, by_kind, codes)
        possible = self._run(for_possible, by_kind, codes)
        found: dict[str, Matches] = {}
        for rule in rules:
            sure = certain.get(rule.id, set())
            maybe = possible.get(rule.id, set()) if rule.id in undecided else sure
            if not sure <= maybe:
                sentence = f"the rete engine finds the rule `{rule.id}` certainly breached but not possibly"
                raise EngineError.of("engine-failed", sentence, None, "use `--engine reference`")
            found[rule.id] = {b: Truth.TRUE if b in sure else Truth.UNKNOWN for b in sorted(maybe)}
        return found

    def _check_size(self, rules: Sequence[Rule], facts: Sequence[Fact]) -> None:
        if len(facts) > protocol.MAXIMUM_FACTS:
            raise EngineError.of(
                "too-many-facts",
                f"the deal has {len(facts)} facts; the rete engine takes {protocol.MAXIMUM_FACTS}",
                None,
                "use `--engine reference`",
            )
        counts: dict[tuple[str, str | None], int] = {}
        for fact in facts:
            for layer in (None, *fact.layers):
                counts[fact.kind, layer] = counts.get((fact.kind, layer), 0) + 1
        if max(counts.values(), default=0) ** self.widest <= protocol.MAXIMUM_COMBINATIONS:
            return
        for rule in rules:
            work = math.prod(max(1, counts.get((p.kind, p.layer), 0)) for p in rule.given)
            if work > protocol.MAXIMUM_COMBINATIONS:
                raise EngineError.of(
                    "too-many-combinations",
                    f"the rule `{rule.id}` would weigh {work} combinations of clauses; the rete engine takes "
                    f"{protocol.MAXIMUM_COMBINATIONS}",
                    rule.place,
                    "match fewer clauses in one rule, or use `--engine reference`",
                )

    def _run(self, networks: Sequence[_Network], facts: FactsByKind, codes: Codes) -> dict[str, set[Binding]]:
        found: dict[str, set[Binding]] = {}
        for network in networks:
            rows, numbers = _rows(network, facts, codes)
            for rule_number, ids in network.ruleset.run(rows):
                rule = network.shard.rules[rule_number]
                binding = tuple(numbers[id] for id in ids[: rule.given])
                found.setdefault(rule.rule, set()).add(binding)
        return found

    def close(self) -> None:
        """Free the networks."""
        for compiled in self.compiled.values():
            for _, networks in compiled:
                for network in networks:
                    network.ruleset.close()
        self.compiled.clear()


def _rows(network: _Network, facts: FactsByKind, codes: Codes) -> tuple[list[str], list[int]]:
    """The rows of a network, and the number of the fact behind each."""
    rows: list[str] = []
    numbers: list[int] = []
    for source, (template, readers) in network.columns.items():
        if source[0] == ZERO:
            rows.append(template % ((0,) * len(readers)))
            numbers.append(-1)
            continue
        for number, fact in facts.get(source[1], ()):
            for row in (fact,) if source[0] == "fact" else _members(source[2], fact):
                rows.append(template % tuple([read(row, number, codes) for read in readers]))
                numbers.append(number)
    if len(rows) > protocol.MAXIMUM_FACTS:
        raise EngineError.of(
            "too-many-facts",
            "the lists of the deal have too many items for the rete engine",
            None,
            "use `--engine reference`",
        )
    return rows, numbers


def _members(term: str, fact: Fact) -> Iterator[Fact]:
    """A fact once for each item of one of its lists. A list that is not stated, or not whole, could hold anything."""
    listed = fact.values.get(term)
    assert listed is None or isinstance(listed, tuple)
    is_whole = listed is not None and not isinstance(listed, Incomplete)
    for item in (*(listed or ()), *(() if is_whole else (None,))):
        values = fact.values if item is None else {**fact.values, ITEM: item}
        yield Fact(fact.kind, fact.id, fact.layers, fact.certain, values)


class ReteEngine:
    """Rules on durable-rules."""

    name = "rete"

    def prepare(self, pack: RulePack, parameters: Mapping[str, Value | str]) -> Prepared:
        """Make a pack ready; its networks are compiled when a deal needs them.

        Raises EngineError where durable-rules is not installed.
        """
        protocol.require_engine()
        return ReteRules(pack, parameters)


ENGINE: Engine = ReteEngine()
