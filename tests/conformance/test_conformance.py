"""Every engine gives the same answer to every row of the tables in this folder.

A row has a name, the values given (clauses by alias; the kind of each alias is set once for a table), a condition,
and what it is: true, false, unknown, or the id of the error with which it is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from clauses.engines import registry
from clauses.engines.engine import run
from clauses.errors import Problems
from clauses.language.pack import RulePack
from clauses.language.rule import PackScope, Rule, read_rule
from clauses.terms.facts import EVERYWHERE, GENERAL_KINDS, Fact, FactValue, fact_types
from clauses.terms.kinds import TermType
from clauses.terms.values import VALUE_TYPES, Value
from clauses.yaml_nodes import Mapping_, from_plain

TABLES = sorted(Path(__file__).parent.glob("*.yaml"))
PARAMETERS: dict[str, Value | str] = {
    "threshold": VALUE_TYPES["percentage"].read("30%"),
    "large": VALUE_TYPES["money"].read("USD 10bn"),
    "cutoff": VALUE_TYPES["date"].read("2030-06-30"),
    "wait": VALUE_TYPES["days"].read("90 days"),
    "seats": VALUE_TYPES["number"].read("2"),
    "word": "oracle",
}


def rows() -> Iterator[Any]:
    """Every row of every table, with the kinds of its table."""
    for path in TABLES:
        table = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)
        for row in table["rows"]:
            kinds = {**table["kinds"], **row.get("kinds", {})}
            yield pytest.param(kinds, row, id=f"{path.stem}: {row['name']}")


def fact(alias: str, kind: str, given: dict[str, Any]) -> Fact:
    """A clause with the values given. `certain: no` is a clause that may not stand."""
    types = {**(fact_types(kind) or GENERAL_KINDS[kind])}
    values: dict[str, FactValue] = {"id": alias}
    for name, written in given.items():
        if name != "certain":
            values[name] = value(types[name], written)
    return Fact(kind, alias, EVERYWHERE, given.get("certain") != "no", values)


def value(type: TermType, written: Any) -> FactValue:
    """A value as a document writes it."""
    if type.is_list:
        return tuple(written)
    return VALUE_TYPES[type.name].read(written) if type.name in VALUE_TYPES else str(written)


def rule(kinds: dict[str, str], row: dict[str, Any]) -> tuple[Rule | None, set[str]]:
    """The rule of a row, and the ids of what is wrong with it."""
    problems = Problems()
    document: dict[str, Any] = {"rule": "row", "heading": "row", "when": row["when"], "says": "it holds"}
    document["given"] = {alias: {"kind": kind} for alias, kind in kinds.items() if alias not in row.get("unless", {})}
    if "unless" in row:
        document["unless"] = row["unless"]
    node = from_plain(document)
    assert isinstance(node, Mapping_)
    return read_rule(node, PackScope(PARAMETERS, {}, {}), problems), {problem.id for problem in problems.found}


@pytest.mark.parametrize("engine_name", registry.NAMES)
@pytest.mark.parametrize(("kinds", "row"), list(rows()))
def test_every_engine_answers_the_row(engine_name: str, kinds: dict[str, str], row: dict[str, Any]) -> None:
    read, refusals = rule(kinds, row)
    if row["is"] not in ("true", "false", "unknown"):
        assert refusals == {row["is"]}
        return
    assert read is not None, refusals
    given = {**{alias: {} for alias in kinds}, **row.get("given", {})}
    context = given.pop("context", {"as_of": "2025-07-01"})
    facts = [fact(alias, kinds[alias], values) for alias, values in given.items()]
    facts.append(fact("context", "context", context))
    pack = RulePack("rows", "1.0.0", "Rows", {}, {}, {}, (read,), "", Path("."))
    prepared = registry.engine(engine_name).prepare(pack, PARAMETERS)
    try:
        matches = run(prepared, pack, facts).matches["row"]
    finally:
        prepared.close()
    aliases = list(given)
    binding = tuple(aliases.index(pattern.alias) for pattern in read.given)
    assert str(matches.get(binding, "false")) == row["is"]


def test_names_of_rows_are_unique_and_there_are_enough() -> None:
    names = [parameter.id for parameter in rows()]
    assert len(set(names)) == len(names) >= 150
