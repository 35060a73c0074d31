"""The rete engine stays inside the envelope in which durable-rules is exact and does not crash.

`CLAUSES_LONG=1` runs the long memory tests: 20,000 runs, and 1,000 packs compiled and closed.
"""

from __future__ import annotations

import gc
import itertools
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from clauses.engines import registry
from clauses.engines.engine import run
from clauses.engines.rete import load, protocol
from clauses.engines.rete.columns import Codes
from clauses.engines.rete.compile import Shard, compile_rule, shards_of
from clauses.errors import EngineError, PackError, Problems
from clauses.language.pack import RulePack
from clauses.language.rule import PackScope, read_rule
from clauses.terms.facts import EVERYWHERE, Fact
from clauses.terms.values import VALUE_TYPES, Date, Money, Number, Percentage, Value
from clauses.yaml_nodes import from_plain

LONG = bool(os.environ.get("CLAUSES_LONG"))
RETE, REFERENCE = registry.engine("rete"), registry.engine("reference")


# --- helpers


def rule(number: int, when: str, kinds: Mapping[str, str], unless: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A rule document."""
    found: dict[str, Any] = {"rule": f"rule-{number}", "heading": "h", "says": "s", "when": when}
    found["given"] = {alias: {"kind": kind} for alias, kind in kinds.items()}
    return {**found, "unless": unless} if unless else found


def pack(documents: Sequence[Mapping[str, Any]], parameters: Mapping[str, Any] | None = None) -> RulePack:
    """A pack of right rules."""
    problems = Problems()
    rules = [read_rule(from_plain(d), PackScope(parameters or {}, {}, {}), problems) for d in documents]  # type: ignore[arg-type]
    assert not problems.found, problems.found
    return RulePack("test", "1.0.0", "Test", {}, {}, {}, tuple(r for r in rules if r), "", Path("."))


def clause(kind: str, id: str, certain: bool = True, **values: Any) -> Fact:
    """A fact in every layer."""
    return Fact(kind, id, EVERYWHERE, certain, {"id": id, **values})


def number(units: int) -> Number:
    """An exact number."""
    return Number(units, units)


def agree(tested: RulePack, facts: Sequence[Fact], parameters: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    """The matches, which both engines must find."""
    prepared = RETE.prepare(tested, parameters or {})
    try:
        found = run(prepared, tested, facts).matches
    finally:
        prepared.close()
    assert found == run(REFERENCE.prepare(tested, parameters or {}), tested, facts).matches
    return found


def refusal(error: pytest.ExceptionInfo[Any]) -> str:
    """The sentence of an error."""
    (problem,) = error.value.problems
    return str(problem.sentence)


def in_a_process(code: str, **environment: str) -> str:
    """What a Python process of its own prints; it must end well."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
    )
    assert done.returncode == 0, (done.returncode, done.stderr[-2000:])
    return done.stdout.strip()


def resident_kilobytes() -> int:
    """The memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


def governance_rules(count: int) -> list[dict[str, Any]]:
    """Rules of several shapes, all on one kind."""
    found = []
    for i in range(count):
        if i % 3 == 0:
            found.append(rule(i, f"g.seats > {i % 7}", {"g": "governance"}))
        elif i % 3 == 1:
            found.append(
                rule(i, f"g.seats == h.seats and g.observers != {i % 5}", {"g": "governance", "h": "governance"})
            )
        else:
            unless = {"u": {"kind": "governance", "when": f"u.seats == g.observers and u.observers < {i % 6}"}}
            found.append(rule(i, f"g.seats >= {i % 4}", {"g": "governance"}, unless))
    return found


def boards(count: int) -> list[Fact]:
    """Some governance clauses."""
    return [
        clause("governance", f"c{i}", seats=number(i % 8), observers=number(i % 5), holder=f"p{i % 3}")
        for i in range(count)
    ]


# --- what is sent


def definitions() -> list[list[dict[str, Any]]]:
    """The patterns of rules of every shape, as durable-rules gets them."""
    documents = governance_rules(9)
    documents += [
        rule(20, "e.ends >= s.starts and s.supplier in e.carve_outs", {"e": "exclusivity", "s": "supply"}),
        rule(21, "h.stake * g.stake > 1%", {"h": "holding", "g": "holding"}),
        rule(22, "s.starts > context.as_of", {"s": "supply"}),
        rule(
            23,
            "stated(s.amount)",
            {"s": "supply"},
            {"f": {"kind": "regulatory_flag", "when": "s.supplier in f.parties"}},
        ),
        rule(24, "s.amount > USD 1", {"s": "supply"}, {"w": {"kind": "consent", "when": "s.amount > USD 3"}}),
    ]
    rules = pack(documents).rules
    compiled = [network for r in rules for mode in (True, False) for network in compile_rule(r, {}, mode, Codes())]
    shards = shards_of(compiled)
    kinds = {source: n for n, source in enumerate(dict.fromkeys(s for shard in shards for s in shard.columns), 1)}
    return [patterns for shard in shards for patterns in shard.definitions(kinds)]


def test_every_pattern_starts_with_its_kind_and_ends_with_a_guard() -> None:
    found = [pattern for patterns in definitions() for pattern in patterns]
    assert len(found) > 40
    for pattern in found:
        ((_, body),) = pattern.items()
        conditions = body["$and"]
        assert len(conditions) >= 2
        assert list(conditions[0]) == ["k"]
        assert conditions[-1] == {"$and": [conditions[0]]}


def test_a_pattern_refers_only_to_patterns_before_it_that_must_match() -> None:
    def aliases(condition: Any) -> set[str]:
        if isinstance(condition, dict):
            own = {key for key, value in condition.items() if key in protocol.ALIASES and isinstance(value, str)}
            return own.union(*(aliases(value) for value in condition.values()))
        return set().union(*(aliases(item) for item in condition)) if isinstance(condition, list) else set()

    for patterns in definitions():
        known: set[str] = set()
        for pattern in patterns:
            ((alias, body),) = pattern.items()
            assert aliases(body) <= known
            known |= {alias} if "$not" not in alias else set()


def test_go_comes_first_and_the_canary_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []

    class Engine:
        error = RuntimeError

        def __getattr__(self, name: str) -> Any:
            def call(*arguments: Any) -> Any:
                sent.extend(a for a in arguments if isinstance(a, str))
                return {"create_ruleset": 1, "assert_facts": (0, 0)}.get(name)

            return call

    monkeypatch.setattr(protocol, "load_engine", Engine)
    with pytest.raises(EngineError):  # nothing answers here, so the canary is missing
        protocol.Ruleset([[{"p0": {"$and": [{"k": 1}, {"$and": [{"k": 1}]}]}}]])
    assert sent[1].startswith('{"0":{"all":[{"GO":{"go":1}},{"p0":')
    assert sent[1].endswith('"canary":{"all":[{"GO":{"go":1}}]}}')
    assert sent[2] == '[{"id":"g","go":1}]'


def test_only_numbers_and_generated_names_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    tested = pack([rule(0, 's.supplier == "liquid" and s.customer != s.supplier', {"s": "supply"})])
    prepared = RETE.prepare(tested, {})
    sent: list[str] = []
    original = protocol.Ruleset._run
    monkeypatch.setattr(protocol.Ruleset, "_run", lambda self, text: sent.append(text) or original(self, text))
    run(prepared, tested, [clause("supply", 'x"y\x00', supplier="liquid", customer="costarring")])
    prepared.close()
    assert sent
    assert set("".join(sent)) <= set('[]{}",:-idkgozf0123456789')


def test_generated_names_have_hashes_of_their_own() -> None:
    assert protocol._hash("costarring") == protocol._hash("liquid")  # the hash is the one of durable-rules
    names = [*protocol.FIELDS, *protocol.ALIASES, "id", "sid", "k", "go", "GO", "g", "sid-0", "canary"]
    assert len({protocol._hash(name) for name in names}) == len(names)


# --- traps of durable-rules


def test_a_failing_last_join_does_not_read_beyond_its_list() -> None:
    code = """
        from clauses.engines.rete.protocol import Ruleset
        def rule(i):
            kind = {"k": 10}
            return [{"p0": {"$and": [{"k": i % 4}, {"$and": [{"k": i % 4}]}]}},
                    {"p1": {"$and": [kind, {"$gt": {"f0": {"p0": "f0"}}}, {"$and": [kind]}]}}]
        for n in range(1, 50):
            ruleset = Ruleset([rule(i) for i in range(n)])
            rows = [row for i in range(12) for row in (f'"k":{i % 4},"f0":{i}', '"k":10,"f0":0')]
            assert not ruleset.run(rows)
            ruleset.close()
        print("survived")
    """
    assert in_a_process(code) == "survived"


@pytest.mark.parametrize("alias", ["r", "e", "u"])
@pytest.mark.parametrize("blocker_first", [True, False])
def test_a_clause_that_excuses_works_in_any_order_and_only_for_its_rule(alias: str, blocker_first: bool) -> None:
    unless = {"n": {"kind": "consent", "when": f"n.permits == {alias}.id"}}
    tested = pack([rule(0, f"stated({alias}.id)", {alias: "supply"}, unless), rule(1, "stated(q.id)", {"q": "supply"})])
    facts = [clause("supply", "s"), clause("consent", "c", permits="s")]
    found = agree(tested, facts[::-1] if blocker_first else facts)
    assert not found["rule-0"]
    assert len(found["rule-1"]) == 1


def test_two_absences_and_rules_that_excuse_each_other() -> None:
    unless = {
        "n": {"kind": "consent", "when": "n.permits == s.id or n.by == s.customer"},
        "m": {"kind": "supply", "when": "m.supplier == s.customer"},
    }
    tested = pack([
        rule(0, "stated(s.id)", {"s": "supply"}, unless),
        rule(1, "stated(c.id)", {"c": "consent"}, {"x": {"kind": "supply", "when": "x.id == c.permits"}}),
    ])  # fmt: skip
    facts = [clause("supply", f"s{i}", supplier=f"p{i}", customer=f"p{(i * 2) % 5}") for i in range(5)]
    facts += [clause("consent", "c0", permits="s1", by="z"), clause("consent", "c1", permits="none", by="p4")]
    for order in (facts, facts[::-1], facts[3:] + facts[:3]):
        agree(tested, order)


@pytest.mark.parametrize(
    "one", ["liquid", "costarring", "", "'", '"', "\x00", "\\", "😀", "1", "true", "x" * 70_000, "$and", "sid-0"]
)
@pytest.mark.parametrize("other", ["liquid", "", "1", "x" * 70_000 + "y", "null"])
def test_texts_of_any_sort_are_equal_only_to_themselves(one: str, other: str) -> None:
    tested = pack([rule(0, "a.supplier == b.holder", {"a": "supply", "b": "holding"})])
    found = agree(tested, [clause("supply", one, supplier=one), clause("holding", other, holder=other)])
    assert bool(found["rule-0"]) == (one == other)


def test_one_item_answers_two_questions_about_its_list() -> None:
    tested = pack([
        rule(0, "s.supplier in e.carve_outs and s.customer in e.carve_outs", {"e": "exclusivity", "s": "supply"}),
        rule(1, "s.supplier in e.carve_outs and s.customer not in e.carve_outs", {"e": "exclusivity", "s": "supply"}),
    ])  # fmt: skip
    found = agree(
        tested, [clause("exclusivity", "e", carve_outs=("a",)), clause("supply", "s", supplier="a", customer="a")]
    )
    assert found["rule-0"] and not found["rule-1"]


def test_several_products_in_one_rule() -> None:
    def pct(whole: int) -> Percentage:
        return Percentage(whole * 10_000, whole * 10_000)

    tested = pack([rule(0, "h.stake * g.floor > 1% and h.floor * g.stake > 1%", {"h": "holding", "g": "holding"})])
    found = agree(
        tested,
        [clause("holding", "a", stake=pct(20), floor=pct(10)), clause("holding", "b", stake=pct(30), floor=pct(20))],
    )
    assert len(found["rule-0"]) == 2


def test_many_runs_without_a_match_leave_the_memory_whole() -> None:
    code = """
        from clauses.engines.rete.protocol import Ruleset
        kind = {"k": 1}
        ruleset = Ruleset([[{"p0": {"$and": [kind, {"f0": 1}, {"$and": [kind]}]}}]])
        for i in range(1000):
            assert not ruleset.run(['"k":1,"f0":2'] * (i % 3))
        assert ruleset.run(['"k":1,"f0":1']) == {(0, (0,))}
        print("whole")
    """
    assert in_a_process(code, MALLOC_PERTURB_="165") == "whole"


# --- what durable-rules loses or refuses


def ruleset() -> protocol.Ruleset:
    """A ruleset with one rule: `f0` is 1."""
    kind = {"k": 1}
    return protocol.Ruleset([[{"p0": {"$and": [kind, {"f0": 1}, {"$and": [kind]}]}}]])


def test_a_batch_that_is_cut_short_is_noticed() -> None:
    tested = ruleset()
    with pytest.raises(EngineError) as error:
        tested.run(['"k":1,"f0":1', '"k":1,"f0":1e-5', '"k":1,"f0":1'])
    assert refusal(error) == "the rete engine lost a part of the facts"
    assert tested.run(['"k":1,"f0":1']) == {(0, (0,))}


def test_an_error_in_the_middle_of_the_matches_leaves_a_usable_ruleset(monkeypatch: pytest.MonkeyPatch) -> None:
    tested = ruleset()
    monkeypatch.setattr(protocol, "MAXIMUM_MATCHES", 3)
    with pytest.raises(EngineError) as error:
        tested.run(['"k":1,"f0":1'] * 5)
    assert refusal(error) == "the rules match more than 3 combinations of clauses"
    assert tested.run(['"k":1,"f0":1']) == {(0, (0,))}


def test_an_interrupt_in_the_middle_leaves_a_usable_ruleset() -> None:
    tested = ruleset()
    engine = tested.engine

    class Interrupted:
        error = engine.error

        def __getattr__(self, name: str) -> Any:
            if name == "complete_and_start_action":
                raise KeyboardInterrupt
            return getattr(engine, name)

    tested.engine = Interrupted()  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        tested.run(['"k":1,"f0":1', '"k":1,"f0":1'])
    tested.engine = engine
    assert tested.run(['"k":1,"f0":1']) == {(0, (0,))}


def test_a_closed_ruleset_may_be_closed_again() -> None:
    tested = ruleset()
    tested.close()
    tested.close()


def test_a_ruleset_that_nobody_holds_is_freed(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[int | None] = []
    original = protocol.Ruleset.close
    monkeypatch.setattr(protocol.Ruleset, "close", lambda self: (closed.append(self.handle), original(self)))
    tested = ruleset()
    handle = tested.handle
    del tested
    gc.collect()
    assert handle in closed


def test_matches_of_a_rule_without_all_its_facts_are_noticed() -> None:
    tested = ruleset()
    tested.positive = [2]
    with pytest.raises(EngineError):
        tested.run(['"k":1,"f0":1'])


# --- limits


def compiled(tested: RulePack, parameters: Mapping[str, Value | str] = {}) -> list[Shard]:
    """All rules of a pack as networks, in one mode; a review compiles only those that it needs."""
    return shards_of([n for rule in tested.rules for n in compile_rule(rule, parameters, True, Codes())])


def test_three_hundred_rules_on_one_kind_agree() -> None:
    tested = pack(governance_rules(300))
    shards = compiled(tested)
    assert len(shards) >= 6
    assert all(max(shard.patterns.values()) <= protocol.MAXIMUM_PATTERNS_OF_KIND for shard in shards)
    assert any(agree(tested, boards(20)).values())


def test_three_hundred_rules_with_one_condition_agree() -> None:
    tested = pack([rule(i, "g.seats > 1", {"g": "governance"}) for i in range(300)])
    found = agree(tested, boards(6))
    assert len(found) == 300 and len({len(matches) for matches in found.values()}) == 1


def test_four_thousand_rules_compile_run_and_agree() -> None:
    kinds = ("governance", "supply", "holding", "exclusivity", "consent")
    documents = []
    for i in range(4000):
        kind = kinds[i % 5]
        term = {
            "governance": f"x.seats > {i % 9}",
            "supply": f"x.amount > USD {i}",
            "holding": f"x.stake < {i % 90}%",
        }.get(kind)
        documents.append(rule(i, term or f"x.starts > 20{i % 30 + 20}-01-01", {"x": kind}))
    facts = boards(5)
    facts += [clause("supply", f"s{i}", amount=Money(i * 70_000, i * 70_000, "USD")) for i in range(5)]
    facts += [clause("holding", f"h{i}", stake=Percentage(i * 10**5, i * 10**5 + i)) for i in range(5)]
    facts += [clause("consent", f"k{i}", starts=Date(738_000 + 400 * i, 738_000 + 400 * i)) for i in range(5)]
    found = agree(pack(documents), facts)
    assert sum(map(len, found.values())) > 1000


def test_eight_patterns_and_twenty_comparisons_agree() -> None:
    aliases = [f"g{i}" for i in range(8)]
    chain = " and ".join(f"{a}.seats < {b}.seats" for a, b in itertools.pairwise(aliases))
    assert len(agree(pack([rule(0, chain, dict.fromkeys(aliases, "governance"))]), boards(4))["rule-0"]) == 0
    comparisons = " and ".join(f"g.seats + {i} > h.seats" for i in range(20))
    found = agree(pack([rule(0, comparisons, {"g": "governance", "h": "governance"})]), boards(6))
    assert found["rule-0"]


def test_twenty_one_comparisons_of_one_clause_are_refused_in_a_sentence() -> None:
    comparisons = " and ".join(f"g.seats + {i} > h.seats" for i in range(21))
    with pytest.raises(PackError) as error:
        compiled(pack([rule(0, comparisons, {"g": "governance", "h": "governance"})]))
    assert refusal(error) == "the rule `rule-0` compares one clause with others more than 20 times"


def test_more_than_256_ways_to_hold_are_refused_in_a_sentence() -> None:
    either = " and ".join(f"(g.seats == {i} or g.observers == {i})" for i in range(9))
    with pytest.raises(PackError) as error:
        compiled(pack([rule(0, either, {"g": "governance"})]))
    assert refusal(error) == "the rule `rule-0` has more than 256 ways to hold"


def test_more_patterns_than_match_at_once_are_refused_in_a_sentence() -> None:
    items = " and ".join(f'"p{i}" in e.carve_outs' for i in range(15))
    with pytest.raises(PackError) as error:
        compiled(pack([rule(0, items, {"e": "exclusivity"})]))
    assert refusal(error) == "the rule `rule-0` matches too many clauses at once"


def test_a_product_over_clauses_in_an_unless_is_refused_in_a_sentence() -> None:
    unless = {"u": {"kind": "holding", "when": "u.stake * h.stake > 1%"}}
    with pytest.raises(PackError) as error:
        compiled(pack([rule(0, "stated(h.id)", {"h": "holding"}, unless)]))
    assert refusal(error) == "the rule `rule-0` multiplies terms of different clauses in an `unless`"


def test_two_lists_in_an_unless_are_refused_in_a_sentence() -> None:
    unless = {"u": {"kind": "regulatory_flag", "when": "s.supplier in u.parties and s.customer in u.parties"}}
    with pytest.raises(PackError) as error:
        compiled(pack([rule(0, "stated(s.id)", {"s": "supply"}, unless)]))
    assert refusal(error) == "the rule `rule-0` asks too much about lists in an `unless`"


def test_a_rule_larger_than_one_network_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "MAXIMUM_PATTERNS_OF_KIND", 1)
    with pytest.raises(PackError) as error:
        compiled(pack([rule(0, "g.seats > h.seats", {"g": "governance", "h": "governance"})]))
    assert refusal(error) == "the rule `rule-0` is larger than one network holds"


@pytest.mark.parametrize(
    ("limit", "value"),
    [("MAXIMUM_RULES", 3), ("MAXIMUM_PATTERNS_OF_KIND", 4), ("MAXIMUM_SOURCES", 1), ("MAXIMUM_FIELDS", 8)],
)
def test_rules_are_spread_over_networks_by_every_limit(limit: str, value: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, limit, value)
    tested = pack([*governance_rules(12), rule(90, "s.amount > USD 1 and s.starts > 2020-01-01", {"s": "supply"})])
    assert len(compiled(tested)) > 1
    agree(tested, [*boards(9), clause("supply", "s", amount=Money(200, 200, "USD"), starts=Date(740_000, 740_000))])


def test_too_many_facts_are_refused_in_a_sentence() -> None:
    tested = pack([rule(0, "g.seats > 1", {"g": "governance"})])
    prepared = RETE.prepare(tested, {})
    with pytest.raises(EngineError) as error:
        run(prepared, tested, boards(5001))
    assert refusal(error) == "the deal has 5001 facts; the rete engine takes 5000"
    assert len(run(prepared, tested, boards(5000)).matches["rule-0"]) == 3750
    prepared.close()


def test_too_many_items_of_lists_are_refused_in_a_sentence() -> None:
    tested = pack([rule(0, '"p1" in e.carve_outs', {"e": "exclusivity"})])
    prepared = RETE.prepare(tested, {})
    with pytest.raises(EngineError) as error:
        run(prepared, tested, [clause("exclusivity", "e", carve_outs=tuple(f"q{i}" for i in range(5001)))])
    assert refusal(error) == "the lists of the deal have too many items for the rete engine"
    prepared.close()


def test_too_many_combinations_are_refused_in_a_sentence() -> None:
    tested = pack([rule(0, "g.seats < h.seats and h.seats < i.seats", dict.fromkeys("ghi", "governance"))])
    prepared = RETE.prepare(tested, {})
    with pytest.raises(EngineError) as error:
        run(prepared, tested, boards(59))
    assert (
        refusal(error) == "the rule `rule-0` would weigh 205379 combinations of clauses; the rete engine takes 200000"
    )
    run(prepared, tested, boards(20))
    prepared.close()


def test_too_many_matches_are_refused_in_a_sentence() -> None:
    tested = pack([rule(0, "g.seats < 9 and h.seats < 9", dict.fromkeys("gh", "governance"))])
    prepared = RETE.prepare(tested, {})
    with pytest.raises(EngineError) as error:
        run(prepared, tested, boards(150))
    assert refusal(error) == "the rules match more than 20000 combinations of clauses"
    assert run(prepared, tested, boards(3)).matches["rule-0"]
    prepared.close()


@pytest.mark.parametrize("name", sorted(VALUE_TYPES))
def test_the_largest_values_of_every_type_compare_exactly(name: str) -> None:
    kind, term = {
        "money": ("supply", "amount"), "percentage": ("holding", "stake"), "date": ("supply", "starts"),
        "days": ("pre_emption", "notice"), "months": ("non_compete", "period"), "number": ("governance", "seats"),
    }[name]  # fmt: skip
    limit = VALUE_TYPES[name].limit
    values = [limit, limit - 1, 1]
    made = [Money(v, v, "USD") if name == "money" else VALUE_TYPES[name](v, v) for v in values]
    facts = [clause(kind, f"c{i}", **{term: value}) for i, value in enumerate(made)] + [clause(kind, "open")]
    tested = pack([
        rule(0, f"a.{term} < b.{term}", {"a": kind, "b": kind}),
        rule(1, f"a.{term} == b.{term}", {"a": kind, "b": kind}),
        rule(2, f"a.{term} - b.{term} >= c.{term} - a.{term}", {"a": kind, "b": kind, "c": kind}),
    ])  # fmt: skip
    found = agree(tested, facts)
    assert found["rule-0"][(1, 0)] == 2 and (0, 1) not in found["rule-0"]


def test_parameters_of_another_day_that_need_more_than_64_bits_are_refused_in_a_sentence() -> None:
    document = rule(0, "h.entry_valuation * parameters.p > g.entry_valuation", {"h": "holding", "g": "holding"})
    tested = pack([document], {"p": Percentage.read("50%")})
    with pytest.raises(PackError) as error:
        compiled(tested, {"p": Percentage.read("33.3333%")})
    assert refusal(error) == "the numbers compared here can exceed 64 bits in the rule `rule-0`"


# --- threads, processes, memory


def test_four_threads_share_one_prepared_pack() -> None:
    tested = pack(governance_rules(30))
    prepared = RETE.prepare(tested, {})
    deals = [boards(n) for n in (4, 7, 9, 12)]
    expected = [run(REFERENCE.prepare(tested, {}), tested, facts).matches for facts in deals]
    wrong: list[int] = []

    def work(mine: int) -> None:
        for turn in range(60):
            which = (mine + turn) % 4
            if run(prepared, tested, deals[which]).matches != expected[which]:
                wrong.append(which)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    prepared.close()
    assert not wrong


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_goes_on_with_a_prepared_pack() -> None:
    code = """
        import os
        from clauses.engines.rete.protocol import Ruleset
        kind = {"k": 1}
        ruleset = Ruleset([[{"p0": {"$and": [kind, {"f0": 1}, {"$and": [kind]}]}}]])
        child = os.fork()
        ok = all(ruleset.run(['"k":1,"f0":1']) == {(0, (0,))} for _ in range(50))
        if not child:
            os._exit(0 if ok else 1)
        assert os.waitpid(child, 0)[1] == 0 and ok
        print("both")
    """
    assert in_a_process(code) == "both"


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system does not say how much memory is held")
@pytest.mark.parametrize(("what", "count"), [("runs", 20_000 if LONG else 1500), ("packs", 1000 if LONG else 60)])
def test_memory_stays_flat(what: str, count: int) -> None:
    tested = pack(governance_rules(30))
    facts = boards(9)
    prepared = RETE.prepare(tested, {})

    def once() -> None:
        if what == "runs":
            run(prepared, tested, facts)
            return
        other = RETE.prepare(tested, {})
        run(other, tested, facts)
        other.close()

    for _ in range(count // 5):
        once()
    gc.collect()
    before = resident_kilobytes()
    for _ in range(count):
        once()
    gc.collect()
    grown = resident_kilobytes() - before
    prepared.close()
    assert grown < 4_000, f"{grown} kB more after {count} {what}"


# --- where durable-rules is not there


def test_a_missing_engine_is_a_sentence_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "durable_rules_engine", None)
    with pytest.raises(EngineError) as error:
        RETE.prepare(pack([rule(0, "g.seats > 1", {"g": "governance"})]), {})
    assert error.value.problems[0].id == "engine-missing"
    assert refusal(error).startswith("the rete engine needs durable-rules, which is not installed")
    assert load.INSTALL in refusal(error)


def test_an_engine_that_cannot_be_loaded_is_a_sentence_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ImportError("undefined symbol: nothing")

    monkeypatch.setattr(load, "_import_engine", broken)
    with pytest.raises(ImportError, match=r"cannot be loaded \(undefined symbol: nothing\)"):
        load.load_engine()


def test_an_unknown_engine_is_a_sentence_with_the_nearest_name() -> None:
    from clauses.errors import UsageError

    with pytest.raises(UsageError) as error:
        registry.engine("retee")
    assert refusal(error) == "there is no engine `retee`"
    assert error.value.problems[0].hint == "did you mean `rete`?"
