"""Portfolios for tests: any facts written in the layout, and what the reference engine finds in them."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from clauses.engines import registry
from clauses.engines.engine import run
from clauses.language.pack import DatedValue, PackParameter, RulePack
from clauses.portfolio.results import Row, clause_ids, row_order, sentences
from clauses.portfolio.store import Entry, PartitionWriter, Portfolio, tables_of, write_manifest
from clauses.source import NOWHERE
from clauses.terms.facts import Fact
from clauses.terms.values import Date, Value

sys.path.insert(0, str(Path(__file__).parents[1] / "properties"))

AS_OF = Date.read("2025-07-01")


@dataclass(frozen=True)
class Facts:
    """The facts of one agreement; a deal in its barest form."""

    id: str
    facts: Sequence[Fact]
    headings: Mapping[str, str]

    def party_name(self, party_id: str) -> str:
        """The name of a party, as its fact says; what a term sheet says comes first."""
        own = [fact for fact in self.facts if fact.kind == "party" and fact.id == party_id and "name" in fact.values]
        own.sort(key=lambda fact: "proposed" not in fact.layers)
        return str(own[0].values["name"]) if own else party_id

    def heading(self, clause_id: str) -> str | None:
        """The heading of a clause of which there is a general fact."""
        is_known = any(fact.kind == "clause" and fact.id == clause_id for fact in self.facts)
        return self.headings.get(clause_id) if is_known else None


def write_portfolio(folder: Path, deals: Sequence[Facts], partition: int, as_of: Date = AS_OF) -> Portfolio:
    """A portfolio of some deals, in partitions of a size."""
    partitions, counts = [], Counter[str]()
    for first in range(0, len(deals), partition):
        writer = PartitionWriter(folder, f"part-{first // partition:05}", first)
        own = enumerate(deals[first : first + partition], first)
        writer.add(tables_of([Entry(one.id, "", None, f"test:{n}", one.facts, one.headings) for n, one in own]))
        written, facts = writer.close()
        partitions.append(written)
        counts.update(facts)
    return write_manifest(folder, as_of, partitions, counts, 0)


def with_parameters(pack: RulePack, parameters: Mapping[str, Value | str]) -> RulePack:
    """A pack whose parameters have some values on every day."""
    first = Date.read("0001-01-01")
    made = {
        name: PackParameter(name, "", (DatedValue(first, value, None, None, NOWHERE),))
        for name, value in parameters.items()
    }
    return replace(pack, parameters=made)


def reference_rows(deal: Facts, packs: Sequence[RulePack], as_of: Date = AS_OF) -> list[Row]:
    """The rows of an agreement as the reference engine finds them, put together here and nowhere else."""
    context = next((fact.values for fact in deal.facts if fact.kind == "context"), {})
    found = []
    for pack in packs:
        parameters = pack.parameters_at(as_of)
        says = sentences(pack, parameters)
        outcome = run(registry.engine("reference").prepare(pack, parameters), pack, deal.facts)
        for rule in pack.rules:
            for binding, truth in outcome.matches[rule.id].items() if rule.derives is None else ():
                matched = [outcome.facts[number] for number in binding]
                values = {pattern.alias: fact.values for pattern, fact in zip(rule.given, matched, strict=True)}
                values["context"] = context
                text = says[rule.id].of(lambda alias, term, values=values: values[alias].get(term), deal)
                ids = tuple(id for fact in matched for id in clause_ids(fact))
                status = "breached" if truth == 2 else "undetermined"
                found.append(Row(deal.id, rule.id, status, rule.severity, ids, text))
    return sorted(found, key=row_order)
