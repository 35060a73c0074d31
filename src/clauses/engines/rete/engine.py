"""The rete engine: rules on durable-rules, the default for one term sheet."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from clauses.engines.engine import Binding, Engine, Matches, Prepared, Truth
from clauses.engines.rete import protocol
from clauses.engines.rete.columns import Codes, Row, limits_of, reader, text_of
from clauses.engines.rete.compile import ITEM, ZERO, Shard, Source, compile_rule, shards_of
from clauses.errors import EngineError
from clauses.language.pack import RulePack
from clauses.language.rule import Rule
from clauses.terms.facts import Fact, fact_types
from clauses.terms.values import Value


@dataclass
class _Network:
    """A shard as a compiled ruleset, with the readers of its columns."""

    shard: Shard
    ruleset: protocol.Ruleset
    readers: dict[Source, list[tuple[str, Row]]]
    """For each source, how to work out its columns, by name."""


class ReteRules:
    """A pack compiled for durable-rules; see `Prepared`."""

    def __init__(self, pack: RulePack, parameters: Mapping[str, Value | str]) -> None:
        self.pack = pack
        self.codes = Codes()
        self.kinds: dict[Source, int] = {}
        self.certain: dict[int, list[_Network]] = {}
        self.possible: dict[int, list[_Network]] = {}
        self.strata = {frozenset(rule.id for rule in stratum): number for number, stratum in enumerate(pack.strata)}
        for number, stratum in enumerate(pack.strata):
            self.certain[number] = self._networks(stratum, parameters, True)
            self.possible[number] = self._networks(stratum, parameters, False)

    def _networks(
        self, rules: Sequence[Rule], parameters: Mapping[str, Value | str], certainly: bool
    ) -> list[_Network]:
        compiled = [network for rule in rules for network in compile_rule(rule, parameters, certainly, self.codes)]
        networks = []
        for shard in shards_of(compiled):
            for source in shard.columns:
                self.kinds.setdefault(source, len(self.kinds) + 1)
            readers = {source: self._readers(source, shard) for source in shard.columns}
            networks.append(_Network(shard, protocol.Ruleset(shard.definitions(self.kinds)), readers))
        return networks

    def _readers(self, source: Source, shard: Shard) -> list[tuple[str, Row]]:
        types = {} if source[0] == ZERO else self.pack.derived.get(source[1]) or fact_types(source[1]) or {}
        limits = limits_of(types)
        return [(name, reader(recipe, limits)) for recipe, name in shard.columns[source].items()]

    # --- running

    def matches(self, rules: Sequence[Rule], facts: Sequence[Fact]) -> dict[str, Matches]:
        """What fulfils each rule of a stratum."""
        number = self.strata[frozenset(rule.id for rule in rules)]
        self._check_size(rules, facts)
        codes = Codes(self.codes.known)
        certain = self._run(self.certain[number], facts, codes)
        # Where every value is stated and exact, nothing is possible that is not certain.
        possible = certain
        if _anything_open(facts):
            possible = self._run(self.possible[number], facts, codes)
        found: dict[str, Matches] = {}
        for rule in rules:
            sure = certain.get(rule.id, set())
            maybe = possible.get(rule.id, set())
            if not sure <= maybe:
                sentence = f"the rete engine finds the rule `{rule.id}` certainly breached but not possibly"
                raise EngineError.of("engine-failed", sentence, None, "use `--engine reference`")
            found[rule.id] = {b: Truth.TRUE if b in sure else Truth.UNKNOWN for b in sorted(maybe)}
        return found

    def _check_size(self, rules: Sequence[Rule], facts: Sequence[Fact]) -> None:
        if len(facts) > protocol.MAXIMUM_FACTS - 1:
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

    def _run(self, networks: Sequence[_Network], facts: Sequence[Fact], codes: Codes) -> dict[str, set[Binding]]:
        found: dict[str, set[Binding]] = {}
        for network in networks:
            rows, numbers = self._rows(network, facts, codes)
            for rule_number, ids in network.ruleset.run(rows):
                rule = network.shard.rules[rule_number]
                binding = tuple(numbers[id] for id in ids[: rule.given])
                found.setdefault(rule.rule, set()).add(binding)
        return found

    def _rows(self, network: _Network, facts: Sequence[Fact], codes: Codes) -> tuple[list[dict[str, int]], list[int]]:
        """The rows of a network, and the number of the fact behind each."""
        rows: list[dict[str, int]] = []
        numbers: list[int] = []
        for source, readers in network.readers.items():
            kind = self.kinds[source]
            if source[0] == ZERO:
                rows.append({"k": kind, **{name: 0 for name, _ in readers}})
                numbers.append(-1)
                continue
            for number, fact in enumerate(facts):
                if fact.kind != source[1]:
                    continue
                for row in _fact_rows(source, fact, number, readers, codes):
                    rows.append({"k": kind, **row})
                    numbers.append(number)
        if len(rows) > protocol.MAXIMUM_FACTS - 1:
            raise EngineError.of(
                "too-many-facts",
                "the lists of the deal have too many items for the rete engine",
                None,
                "use `--engine reference`",
            )
        return rows, numbers

    def close(self) -> None:
        """Free the networks."""
        for networks in (*self.certain.values(), *self.possible.values()):
            for network in networks:
                network.ruleset.close()


def _fact_rows(
    source: Source, fact: Fact, number: int, readers: Sequence[tuple[str, Row]], codes: Codes
) -> Iterator[dict[str, int]]:
    """The row of a fact; of a list term, a row for each item. A list that is not stated could hold anything."""
    if source[0] == "fact":
        yield {name: read(fact, number, codes) for name, read in readers}
        return
    listed = fact.values.get(source[2])
    assert listed is None or isinstance(listed, tuple)
    for item in (None,) if listed is None else listed:
        values = fact.values if item is None else {**fact.values, ITEM: item}
        member = Fact(fact.kind, fact.id, fact.layers, fact.certain, values)
        yield {name: read(member, number, codes) for name, read in readers}


def _anything_open(facts: Sequence[Fact]) -> bool:
    """Whether something is uncertain, not stated, a range, or in another currency than the rest."""
    return True or any(text_of(fact, "", False) for fact in facts)


class ReteEngine:
    """Rules on durable-rules."""

    name = "rete"

    def prepare(self, pack: RulePack, parameters: Mapping[str, Value | str]) -> Prepared:
        """Compile a pack. Raises EngineError where durable-rules is not installed."""
        return ReteRules(pack, parameters)


ENGINE: Engine = ReteEngine()
