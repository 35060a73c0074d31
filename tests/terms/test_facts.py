"""Facts: what follows is inferred with its reason, and nothing else is made up."""

from __future__ import annotations

from typing import Any

import pytest

from clauses.terms.agreement import read_agreement, read_term_sheet
from clauses.terms.facts import Deal, Fact, deal, fact_types
from clauses.terms.kinds import KINDS
from clauses.terms.values import Date, Value


def world(clauses: dict[str, Any], *changes: dict[str, Any], as_of: str = "2025-07-01", **header: Any) -> Deal:
    parties = {"x": {"name": "X"}, "y": {"name": "Y"}}
    base = read_agreement({"agreement": "a", "signed": "2025-01-01", "parties": parties, "clauses": clauses, **header})
    sheet = None
    if changes:
        document = {"term_sheet": "s", "agreement": "a", "dated": as_of, "changes": list(changes)}
        sheet = read_term_sheet(document, base)
    return deal(base, sheet, Date.read(as_of))


def fact(found: Deal, kind: str, id: str, layer: str = "result") -> Fact:
    (only,) = [one for one in found.facts if (one.kind, one.id) == (kind, id) and layer in one.layers]
    return only


def test_a_clause_in_force_started_by_the_day_of_signing() -> None:
    found = fact(world({"c": {"kind": "supply"}}), "supply", "c")
    assert found.values["starts"] == Date(1, Date.read("2025-01-01").highest)
    assert found.inferred == {"starts": "it is in force by 2025-01-01"}


def test_a_stated_start_is_never_replaced() -> None:
    found = fact(world({"c": {"kind": "supply", "starts": "2027"}}), "supply", "c")
    assert found.values["starts"] == Date.read("2027") and found.inferred == {}


def test_a_proposed_clause_has_no_start_unless_it_says_so() -> None:
    found = fact(world({}, {"add": "c", "clause": {"kind": "supply"}}), "supply", "c", "proposed")
    assert "starts" not in found.values and found.inferred == {}


def test_what_is_not_stated_has_no_value_and_is_listed() -> None:
    found = world({"c": {"kind": "supply", "amount": "unknown", "customer": "x"}})
    assert "amount" not in fact(found, "supply", "c").values
    unstated = fact(found, "clause", "c").values["not_stated"]
    assert (
        isinstance(unstated, tuple) and {"amount", "supplier", "ends"} <= set(unstated) and "customer" not in unstated
    )


def test_a_clause_in_general_names_whom_and_what_it_mentions() -> None:
    clauses = {
        "c": {"kind": "consent", "by": "x", "permits": "d"},
        "d": {"kind": "supply", "supplier": "y", "amount": "EUR 5"},
    }
    found = world(clauses)
    assert fact(found, "clause", "c").values["parties"] == ("x",)
    assert fact(found, "clause", "c").values["clauses"] == ("d",)
    assert fact(found, "clause", "d").values["currencies"] == ("EUR",)


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_value_of_a_fact_is_of_the_type_that_rules_are_checked_against(kind: str) -> None:
    types = fact_types(kind)
    assert types is not None
    for one in world({"c": {"kind": kind}}).facts:
        known = fact_types(one.kind) or {}
        for name, value in one.values.items():
            assert isinstance(value, tuple) == known[name].is_list
            assert not isinstance(value, Value) or value.type_name == known[name].name


def test_an_ambiguity_is_a_fact_with_the_two_amendments() -> None:
    amendments = {name: {"signed": "2025-02-01", "changes": [{"amend": "c", "set": {"ends": end}}]}
                  for name, end in (("one", "2027"), ("two", "2028"))}  # fmt: skip
    found = world({"c": {"kind": "supply", "ends": "2026"}}, amendments=amendments)
    (one,) = [f for f in found.facts if f.kind == "ambiguity"]
    assert (one.values["clause"], one.values["term"], one.values["first"], one.values["second"]) == (
        "c",
        "ends",
        "one",
        "two",
    )
    assert "ends" not in fact(found, "supply", "c").values


def test_every_fact_of_a_file_stands_in_the_file() -> None:
    for one in world({"c": {"kind": "supply", "ends": "2026"}}, {"remove": "c"}).facts:
        assert one.version is None or one.version.id == one.id or one.kind == "holding"
