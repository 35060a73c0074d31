"""How a pack runs on every engine: derived facts, and what the rete engine leaves out because nothing is open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clauses.engines import registry
from clauses.engines.engine import Outcome, Truth, run
from clauses.engines.rete import protocol
from clauses.errors import Problems
from clauses.language.pack import RulePack
from clauses.language.rule import PackScope, read_rule
from clauses.terms.facts import EVERYWHERE, Fact
from clauses.terms.kinds import TermType
from clauses.terms.values import Date, Money, Number
from clauses.yaml_nodes import Mapping_, from_plain

DERIVED = {"pair": {"id": TermType("text"), "one": TermType("text"), "other": TermType("text")}}


def pack(*documents: dict[str, Any], **parameters: Any) -> RulePack:
    """A pack of rules that may derive pairs."""
    problems, rules = Problems(), []
    for number, document in enumerate(documents):
        whole = {
            "rule": f"rule-{number}",
            "heading": "h",
            **({} if "derives" in document else {"says": "s"}),
            **document,
        }
        node = from_plain(whole)
        assert isinstance(node, Mapping_)
        rules.append(read_rule(node, PackScope(parameters, {}, DERIVED), problems))
    assert not problems.found, problems.found
    derived = DERIVED if any("derives" in document for document in documents) else {}
    return RulePack("test", "1.0.0", "Test", {}, {}, derived, tuple(rule for rule in rules if rule), "", Path("."))


def clause(kind: str, id: str, certain: bool = True, **values: Any) -> Fact:
    """A fact in every layer."""
    return Fact(kind, id, EVERYWHERE, certain, {"id": id, **values})


def outcome(name: str, tested: RulePack, facts: list[Fact]) -> Outcome:
    """What an engine finds."""
    prepared = registry.engine(name).prepare(tested, {})
    try:
        return run(prepared, tested, facts)
    finally:
        prepared.close()


PAIRS = {"given": {"a": {"kind": "ambiguity"}}, "derives": {"kind": "pair", "one": "a.first", "other": "a.second"}}
READS = {"given": {"p": {"kind": "pair"}}, "when": "stated(p.id)"}


@pytest.mark.parametrize("name", registry.NAMES)
def test_equal_derived_facts_are_one_and_certain_if_any_is(name: str) -> None:
    facts = [
        clause("ambiguity", "x", False, first="1", second="2"),
        clause("ambiguity", "y", True, first="1", second="2"),
    ]
    for given in (facts, facts[::-1]):
        found = outcome(name, pack(PAIRS, READS), given)
        assert [fact.id for fact in found.facts[2:]] == ["pair(one: 1, other: 2)"]
        assert found.facts[2].certain
        assert found.matches["rule-1"] == {(2,): Truth.TRUE}
    found = outcome(name, pack(PAIRS, READS), facts[:1])
    assert not found.facts[1].certain
    assert found.matches["rule-1"] == {(1,): Truth.UNKNOWN}


@pytest.mark.parametrize("name", registry.NAMES)
def test_derived_facts_that_are_written_alike_are_still_two(name: str) -> None:
    facts = [
        clause("ambiguity", "x", first="1, other: 2", second="3"),
        clause("ambiguity", "y", first="1", second="2, other: 3"),
    ]
    facts += [clause("ambiguity", "z", first="not stated", second="4"), clause("ambiguity", "w", second="4")]
    found = outcome(name, pack(PAIRS, READS), facts)
    assert len(found.facts) == 8
    assert len(found.matches["rule-1"]) == 4


@pytest.mark.parametrize("name", registry.NAMES)
def test_a_derived_fact_says_what_it_was_derived_from_and_stands_in_every_layer(name: str) -> None:
    (given, derived) = outcome(name, pack(PAIRS, READS), [clause("ambiguity", "x", first="1", second="2")]).facts
    assert derived.derived_from == (given,)
    assert derived.layers == EVERYWHERE
    assert dict(derived.values) == {"one": "1", "other": "2", "id": derived.id}


@pytest.mark.parametrize("name", registry.NAMES)
def test_a_fixed_term_of_a_derived_fact_is_what_the_rule_writes(name: str) -> None:
    fixed = {**PAIRS, "derives": {"kind": "pair", "one": "a.first", "other": "for good"}}
    assert outcome(name, pack(fixed, READS), [clause("ambiguity", "x")]).facts[1].values["other"] == "for good"


@pytest.mark.parametrize("name", registry.NAMES)
def test_a_term_of_a_derived_fact_may_come_from_the_context(name: str) -> None:
    proposed = {**PAIRS, "derives": {"kind": "pair", "one": "context.proposed_by", "other": "a.second"}}
    facts = [clause("context", "context", proposed_by="ant"), clause("ambiguity", "x", second="2")]
    assert outcome(name, pack(proposed, READS), facts).facts[2].id == "pair(one: ant, other: 2)"


# --- what the rete engine leaves out


def runs(tested: RulePack, facts: list[Fact], monkeypatch: pytest.MonkeyPatch, **parameters: Any) -> int:
    """How many networks run for one review, when they are compiled."""
    prepared = registry.engine("rete").prepare(tested, parameters)
    run(prepared, tested, facts)  # compiles what is needed
    count = 0
    original = protocol.Ruleset.run

    def counted(self: protocol.Ruleset, rows: list[str]) -> Any:
        nonlocal count
        count += 1
        return original(self, rows)

    monkeypatch.setattr(protocol.Ruleset, "run", counted)
    found = run(prepared, tested, facts).matches
    monkeypatch.setattr(protocol.Ruleset, "run", original)
    prepared.close()
    reference = registry.engine("reference").prepare(tested, parameters)
    assert found == run(reference, tested, facts).matches
    return count


def dollars(units: int, currency: str = "USD") -> Money:
    """An exact amount."""
    return Money(units, units, currency)


EXACT = {"amount": dollars(5), "customer": "a", "starts": Date(738_000, 738_000)}


@pytest.mark.parametrize(
    ("when", "changed", "more"),
    [
        ("s.amount > USD 0.01 and s.customer == 'a'", {}, 0),
        ("s.amount > USD 0.01", {"amount": Money(4, 5, "USD")}, 1),
        ("s.amount > USD 0.01", {"amount": dollars(5, "EUR")}, 1),
        ("s.amount > USD 0.01", {"starts": Date(738_000, 738_001)}, 0),
        ("s.customer == 'a'", {"customer": None}, 1),
        ("s.customer == 'a'", {"supplier": None}, 0),
        ("stated(s.customer)", {"customer": None}, 0),
        ("stated(s.customer) and s.customer == 'a'", {"customer": None}, 1),
        ("s.starts > context.as_of", {}, 0),
        ("s.starts > context.effective", {}, 1),
        ("not (s.id in s.subject_to)", {}, 1),
        ("overlaps(s, s)", {}, 1),
    ],
)
def test_possible_matches_are_asked_for_only_where_something_read_is_open(
    when: str, changed: dict[str, Any], more: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {name: value for name, value in {**EXACT, **changed}.items() if value is not None}
    facts = [clause("supply", "s", **values), clause("context", "context", as_of=Date(737_000, 737_000))]
    assert runs(pack({"given": {"s": {"kind": "supply"}}, "when": when}), facts, monkeypatch) == 1 + more


def test_a_clause_that_may_not_stand_is_open_wherever_its_kind_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = {
        "given": {"s": {"kind": "supply"}},
        "when": "stated(s.id)",
        "unless": {"c": {"kind": "consent"}},
    }
    supply = clause("supply", "s")
    assert runs(pack(rule), [supply, clause("holding", "h", False)], monkeypatch) == 1
    assert runs(pack(rule), [supply, clause("consent", "c", False)], monkeypatch) == 2
    assert runs(pack(rule), [clause("supply", "s", False)], monkeypatch) == 2


def test_amounts_in_two_currencies_are_open_only_to_a_rule_that_reads_both(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = [clause("supply", "s", amount=dollars(5)), clause("venture", "v", amount=dollars(7, "EUR"))]
    both = {"given": {"s": {"kind": "supply"}, "v": {"kind": "venture"}}, "when": "s.amount < v.amount"}
    one = {"given": {"s": {"kind": "supply"}}, "when": "s.amount > USD 0.01"}
    assert runs(pack(both), facts, monkeypatch) == 2
    assert runs(pack(one), facts, monkeypatch) == 1
    with_parameter = {"given": {"s": {"kind": "supply"}}, "when": "s.amount > parameters.least"}
    tested = pack(with_parameter, least=dollars(1, "EUR"))
    assert runs(tested, facts, monkeypatch, least=dollars(1, "EUR")) == 2
    assert runs(tested, facts, monkeypatch, least=dollars(1)) == 1


def test_only_the_networks_of_open_rules_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "MAXIMUM_RULES", 1)
    tested = pack(
        {"given": {"s": {"kind": "supply"}}, "when": "s.customer == 'a'"},
        {"given": {"g": {"kind": "governance"}}, "when": "g.seats > 1"},
    )
    facts = [clause("supply", "s"), clause("governance", "g", seats=Number(2, 2))]
    assert runs(tested, facts, monkeypatch) == 3


def test_a_second_review_of_the_same_sort_compiles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    tested = pack({"given": {"s": {"kind": "supply"}}, "when": "s.customer == 'a'"})
    prepared = registry.engine("rete").prepare(tested, {})
    facts = [clause("supply", "s", customer="a"), clause("supply", "t")]
    first = run(prepared, tested, facts).matches

    def refuse(self: protocol.Ruleset, definitions: object) -> None:
        raise AssertionError("compiled again")

    monkeypatch.setattr(protocol.Ruleset, "__init__", refuse)
    assert run(prepared, tested, facts[::-1]).matches == {"rule-0": {(1,): Truth.TRUE, (0,): Truth.UNKNOWN}}
    assert first == {"rule-0": {(0,): Truth.TRUE, (1,): Truth.UNKNOWN}}
    prepared.close()
