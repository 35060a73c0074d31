"""Random packs on random facts: every engine says what the reference says, and the reference says what it should.

`CLAUSES_FUZZ_CASES` sets the number of cases (100000 for a long run), `CLAUSES_FUZZ_SEED` the seed. A failure prints
its seed and the case, made as small as it gets.
"""

from __future__ import annotations

import itertools
import os
import random
import re
from collections.abc import Iterator, Sequence

import pytest
from generators import DAY, DERIVED, UNRELATED_KIND, Case, Generator, Scope, close, make_pack, pack_of, types_of

from clauses.engines import registry
from clauses.engines.engine import Outcome, Prepared, Truth, run
from clauses.engines.reference import meaning
from clauses.errors import EngineError, PackError
from clauses.language import ast, check, parse, rewrite
from clauses.terms.facts import EVERYWHERE, Fact
from clauses.terms.values import VALUE_TYPES, Money, Value

CASES = int(os.environ.get("CLAUSES_FUZZ_CASES", "2000"))
SEED = os.environ.get("CLAUSES_FUZZ_SEED", "clauses")
REFERENCE = registry.engine("reference")
OTHERS = [registry.engine(name) for name in registry.NAMES if name != "reference"]
QUICK = [engine for engine in OTHERS if engine.name != "columnar"]
"""The engines made for single deals; the columnar one has random portfolios in tests/engines/test_columnar.py."""


def cases(what: str, count: int, **sizes: int) -> Iterator[Case]:
    """Cases of a property, each with a seed of its own."""
    for number in range(count):
        yield Generator(f"{SEED}/{what}/{number}").case(**sizes)


def outcome(prepared: Prepared, case: Case, facts: Sequence[Fact]) -> Outcome | None:
    """What a pack finds, or None where the engine says that it would be too much."""
    try:
        return run(prepared, case.pack, facts)
    except EngineError as error:
        assert error.problems[0].id.startswith("too-many-"), error
    except PackError as error:
        assert {problem.id for problem in error.problems} == {"beyond-the-network"}, error
    return None


# --- engines agree


def disagreement(engine: object, case: Case, facts: Sequence[Fact]) -> str | None:
    """What an engine says otherwise than the reference."""
    expected = run(REFERENCE.prepare(case.pack, case.parameters), case.pack, facts)
    prepared = engine.prepare(case.pack, case.parameters)  # type: ignore[attr-defined]
    try:
        found = outcome(prepared, case, facts)
    finally:
        prepared.close()
    if found is None or (found.matches == expected.matches and found.facts == expected.facts):
        return None
    return f"reference: {written(expected)}\n{engine.name}: {written(found)}"  # type: ignore[attr-defined]


def written(found: Outcome) -> dict[str, dict[tuple[int, ...], str]]:
    """The matches of an outcome for a reader."""
    return {rule: {b: str(truth) for b, truth in matches.items()} for rule, matches in found.matches.items()}


def smallest(engine: object, case: Case, facts: list[Fact]) -> str:
    """The report of a disagreement, with rules and facts left out as long as it lasts."""
    changed = True
    while changed:
        changed = False
        for number in range(len(case.documents)):
            documents = [d for i, d in enumerate(case.documents) if i != number]
            rules = [rule for i, rule in enumerate(case.pack.rules) if i != number]
            made = {rule.derives.kind for rule in rules if rule.derives}
            if any(rule.kinds & DERIVED.keys() - made for rule in rules):
                continue
            fewer = Case(case.seed, documents, case.parameters, pack_of(rules), [])
            if rules and disagreement(engine, fewer, facts):
                case, changed = fewer, True
                break
        for number in range(len(facts)):
            rest = facts[:number] + facts[number + 1 :]
            if facts[number].kind != "context" and disagreement(engine, case, rest):
                facts, changed = rest, True
                break
    return f"{case.as_yaml(facts)}\n{disagreement(engine, case, facts)}"


@pytest.mark.parametrize("engine", OTHERS, ids=lambda engine: engine.name)
def test_every_engine_agrees_with_the_reference(engine) -> None:
    refused: set[object] = set()
    evaluations = found_something = 0
    count = CASES if engine in QUICK else CASES // 20
    for case in cases("agree", count, deals=5):
        reference = REFERENCE.prepare(case.pack, case.parameters)
        prepared = engine.prepare(case.pack, case.parameters)
        for facts in case.deals:
            expected = run(reference, case.pack, facts)
            found = outcome(prepared, case, facts)
            if found is None:
                refused.add(case.seed)
                continue
            evaluations += 1
            found_something += any(expected.matches.values())
            if found.matches != expected.matches or found.facts != expected.facts:
                pytest.fail(f"seed {case.seed}\n{smallest(engine, case, facts)}")
        prepared.close()
    assert len(refused) < CASES / 20
    assert found_something > evaluations / 4


# --- what must not matter


def identified(found: Outcome, names: Sequence[object]) -> dict[str, set[tuple[tuple[object, ...], Truth]]]:
    """The matches with facts by name: the given ones by `names`, derived ones by what they say."""
    known = [*names, *(("derived", fact.id, fact.certain) for fact in found.facts[len(names) :])]
    return {
        rule: {(tuple(known[number] for number in binding), truth) for binding, truth in matches.items()}
        for rule, matches in found.matches.items()
    }


def both_outcomes(
    case: Case, other: Case, facts: Sequence[Fact], others: Sequence[Fact]
) -> Iterator[tuple[Outcome, Outcome]]:
    """The outcomes of two cases on each engine."""
    for engine in (REFERENCE, *QUICK):
        one, two = engine.prepare(case.pack, case.parameters), engine.prepare(other.pack, other.parameters)
        found, again = outcome(one, case, facts), outcome(two, other, others)
        assert (found is None) == (again is None)
        if found is not None and again is not None:
            yield found, again
        one.close()
        two.close()


def test_the_order_of_the_facts_does_not_matter() -> None:
    for case in cases("order", CASES // 5, deals=1):
        facts = case.deals[0]
        order = list(range(len(facts)))
        random.Random(case.seed).shuffle(order)
        for found, again in both_outcomes(case, case, facts, [facts[number] for number in order]):
            assert identified(found, range(len(facts))) == identified(again, order), case.as_yaml(facts)


def test_a_clause_of_another_kind_does_not_matter() -> None:
    for case in cases("unrelated", CASES // 5, deals=1):
        facts = case.deals[0]
        generator = Generator(f"{case.seed}/more")
        extra = [generator.fact(UNRELATED_KIND, number, 0.2) for number in range(3)]
        names = ["extra", *range(len(facts)), "extra", "extra"]
        for found, again in both_outcomes(case, case, facts, [extra[0], *facts, *extra[1:]]):
            assert identified(found, range(len(facts))) == identified(again, names), case.as_yaml(facts)


_NAMES = re.compile(r"\b(ant|bee|cat|c\d)\b")
_OTHER_NAMES = {"ant": "bee", "bee": "zebra", "cat": "ant", **{f"c{n}": f"c{(n * 7 + 3) % 10}" for n in range(10)}}


def renamed(data: object) -> object:
    """Data with every id and every party called otherwise."""
    match data:
        case str():
            return _NAMES.sub(lambda match: _OTHER_NAMES[match[1]], data)
        case dict():
            return {key: renamed(value) for key, value in data.items()}
        case list() | tuple():
            return type(data)(renamed(item) for item in data)
    return data


def renamed_case(case: Case) -> Case:
    """A case with other names throughout."""
    parameters = renamed(case.parameters)
    documents = [renamed(document) for document in case.documents]
    assert isinstance(parameters, dict)
    deals = [
        [Fact(f.kind, str(renamed(f.id)), f.layers, f.certain, renamed(dict(f.values))) for f in facts]  # type: ignore[arg-type]
        for facts in case.deals
    ]
    return Case(case.seed, documents, parameters, make_pack(documents, parameters), deals)  # type: ignore[arg-type]


def test_names_do_not_matter() -> None:
    for case in cases("names", CASES // 5, deals=1):
        other = renamed_case(case)
        for found, again in both_outcomes(case, other, case.deals[0], other.deals[0]):
            numbers = range(len(case.deals[0]))
            assert renamed_matches(identified(found, numbers)) == identified(again, numbers), case.as_yaml(
                case.deals[0]
            )


def renamed_matches(
    found: dict[str, set[tuple[tuple[object, ...], Truth]]],
) -> dict[str, set[tuple[tuple[object, ...], Truth]]]:
    """Matches with the names in derived facts changed."""
    return {
        rule: {(tuple(renamed(name) for name in names), truth) for names, truth in matches}
        for rule, matches in found.items()
    }


# --- the reference is right about what is open


def completions(generator: Generator, facts: Sequence[Fact], count: int) -> Iterator[list[Fact]]:
    """Ways in which open facts may turn out: ranges become values, what is not stated is stated."""
    for _ in range(count):
        yield [completed(generator, fact) for fact in facts]


def completed(generator: Generator, fact: Fact) -> Fact:
    """One way in which a fact may turn out. A fact that does not hold becomes one that nobody reads."""
    if not fact.certain and generator.chance(0.5):
        return Fact(UNRELATED_KIND, fact.id, EVERYWHERE, True, {})
    values = {}
    for name, type in types_of(fact.kind).items():
        value = fact.values.get(name)
        if isinstance(value, Value):
            values[name] = close(
                at(value, generator.pick((value.lowest, value.highest, (value.lowest + value.highest) // 2)))
            )
        elif value is None:
            chosen = generator.value(type)
            values[name] = close(chosen) if isinstance(chosen, Value) else chosen
        else:
            values[name] = value
    return Fact(fact.kind, fact.id, fact.layers, True, values)


def at(value: Value, units: int) -> Value:
    """One value of a range."""
    return Money(units, units, value.currency) if isinstance(value, Money) else type(value)(units, units)


def test_more_information_never_overturns_an_answer() -> None:
    """What is true stays true, and what is false stays false, however the open values turn out.

    Rules with `stated` ask about the document and not the world, and facts that rules derive may become one.
    """
    settled = 0
    for case in cases("information", CASES // 3, deals=1):
        rules = [rule for rule in case.pack.strata[0] if "stated(" not in repr(case.documents)]
        rules = [rule for rule in rules if not rule.kinds & DERIVED.keys()]
        if not rules:
            continue
        facts = case.deals[0]
        prepared = REFERENCE.prepare(pack_of(rules), case.parameters)
        open_matches = prepared.matches(rules, facts)
        for world in completions(Generator(f"{case.seed}/worlds"), facts, 25):
            exact_matches = prepared.matches(rules, world)
            for rule in rules:
                found, exact = open_matches[rule.id], exact_matches[rule.id]
                assert set(exact) <= set(found), (rule.id, case.as_yaml(facts), case.as_yaml(world))
                sure = {binding for binding, truth in found.items() if truth is Truth.TRUE}
                assert all(exact.get(binding) is Truth.TRUE for binding in sure), (rule.id, case.as_yaml(facts))
                settled += len(found) - len(exact)
    assert settled > CASES / 4  # the property is not empty: many open answers did turn out false


def test_one_comparison_is_unknown_only_if_it_could_go_either_way() -> None:
    """By trying every value of every range. An equality of multiplied values may also be unknown where none fits."""
    seen = dict.fromkeys(Truth, 0)
    for number in range(CASES):
        generator = Generator(f"{SEED}/single/{number}")
        kind = generator.pick(("holding", "termination", "governance", "capital_raise", "revenue_share", "non_compete"))
        text = generator.quantity_atom({"a": types_of(kind), "b": types_of(kind)})
        node = checked(text, {"a": types_of(kind), "b": types_of(kind)}, generator)
        read = ast.terms(node) if node else ()
        if not 0 < len(read) < 6:
            continue
        values = {term: narrow(generator, term.term_type.name) for term in read}
        holds = meaning(node, generator.parameters)
        truth = holds(clauses_of(values))
        exact = {holds(clauses_of(world)) for world in worlds(values)}
        expected = exact.pop() if len(exact) == 1 else Truth.UNKNOWN
        seen[truth] += 1
        if truth is not expected:
            multiplied = "*" in text or "%" in text or any(text.count(str(term)) > 1 for term in read)
            is_equality = " == " in text or " != " in text
            shown = {str(term): str(value) for term, value in values.items()}
            assert truth is Truth.UNKNOWN and is_equality and multiplied, (text, shown, truth, expected)
    assert min(seen.values()) > CASES / 20


def checked(text: str, aliases: Scope, generator: Generator) -> ast.Node | None:
    """A condition as the reader makes it, or None where it is refused."""
    node, problems = check.check_condition(parse.parse_condition(text), check.Scope(aliases, generator.parameters))
    try:
        rewrite.rewrite(node, generator.parameters) if not problems else None
    except parse.ConditionError:
        return None
    return None if problems else node


def narrow(generator: Generator, type_name: str) -> Value:
    """A value, or a range of at most four values."""
    lowest = generator.pick((DAY, DAY + 1)) if type_name == "date" else generator.pick((0, 1, 2, 5))
    highest = lowest + generator.pick((0, 1, 3))
    return Money(lowest, highest, "USD") if type_name == "money" else VALUE_TYPES[type_name](lowest, highest)


def worlds(values: dict[ast.Term, Value]) -> Iterator[dict[ast.Term, Value]]:
    """Every way in which the ranges may turn out."""
    for chosen in itertools.product(*(range(v.lowest, v.highest + 1) for v in values.values())):
        yield {term: at(value, units) for (term, value), units in zip(values.items(), chosen, strict=True)}


def clauses_of(values: dict[ast.Term, Value]) -> dict[str, Fact]:
    """Two clauses with these values."""
    by_alias: dict[str, dict[str, Value]] = {"a": {}, "b": {}}
    for term, value in values.items():
        by_alias[term.alias][term.name] = value
    return {alias: Fact("any", alias, EVERYWHERE, True, known) for alias, known in by_alias.items()}
