"""The plan of a pack finds in a portfolio what the reference engine finds in each of its agreements."""

from __future__ import annotations

import datetime
import os
import random
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

duckdb = pytest.importorskip("duckdb")
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
import sqlglot  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "properties"))
from generators import Case, Generator, exact, make_pack  # noqa: E402

from clauses.engines import registry  # noqa: E402
from clauses.engines.columnar.derivations import kinds_told_apart  # noqa: E402
from clauses.engines.columnar.layout import columns, row  # noqa: E402
from clauses.engines.columnar.plan import DIALECTS, Plan, Profile, decode, plan, script  # noqa: E402
from clauses.engines.columnar.written import FUNCTIONS  # noqa: E402
from clauses.engines.engine import Truth, run  # noqa: E402
from clauses.terms.facts import EVERYWHERE, GENERAL_KINDS, Fact, FactValue, Incomplete, fact_types  # noqa: E402
from clauses.terms.values import VALUE_TYPES, Money, Value  # noqa: E402

CASES = int(os.environ.get("CLAUSES_FUZZ_CASES", "2000")) // 25
SEED = os.environ.get("CLAUSES_FUZZ_SEED", "clauses")
REFERENCE = registry.engine("reference")

Finding = tuple[int, int, bool, tuple[str, ...], tuple[object, ...]]
"""An agreement, the place of a rule, whether it is certain, clause ids, and arguments as `repr` writes them."""


def clause_ids(fact: Fact) -> tuple[str, ...]:
    """The clauses behind a fact."""
    return tuple(id for one in fact.derived_from for id in clause_ids(one)) if fact.derived_from else (fact.id,)


def expected(case: Case, wanted: Mapping[str, Sequence[tuple[str, str]]]) -> list[Finding]:
    """What the reference finds, agreement by agreement."""
    prepared = REFERENCE.prepare(case.pack, case.parameters)
    found: list[Finding] = []
    for agreement, facts in enumerate(case.deals):
        outcome = run(prepared, case.pack, facts)
        context = next(fact for fact in facts if fact.kind == "context")
        for number, rule in enumerate(case.pack.rules):
            if rule.derives is None:
                for binding, truth in outcome.matches[rule.id].items():
                    matched = [outcome.facts[n] for n in binding]
                    by_alias = {p.alias: fact for p, fact in zip(rule.given, matched, strict=True)}
                    by_alias["context"] = context
                    arguments = tuple(shown(by_alias[a].values.get(t)) for a, t in wanted.get(rule.id, ()))
                    ids = tuple(id for fact in matched for id in clause_ids(fact))
                    found.append((agreement, number, truth is Truth.TRUE, ids, arguments))
    return sorted(found)


def shown(value: FactValue | None) -> str:
    """A value for comparison; lists that may hold more differ from those that do not."""
    return f"{'?' if isinstance(value, Incomplete) else ''}{value!r}"


def tables(deals: Sequence[Sequence[Fact]], kinds: Sequence[str]) -> dict[str, pa.Table]:
    """The facts of some agreements in the layout."""
    found = {}
    for kind in kinds:
        types = fact_types(kind) or {}
        rows = [
            row(agreement, number, fact, types)
            for agreement, facts in enumerate(deals)
            for number, fact in enumerate(facts)
            if fact.kind == kind
        ]
        schema = pa.schema([(column.name, ARROW[column.type]) for column in columns(kind)])
        cells = list(zip(*rows, strict=True)) if rows else [[] for _ in schema]
        found[kind] = pa.table([pa.array(c, f.type) for c, f in zip(cells, schema, strict=True)], schema)
    return found


ARROW = {
    "BIGINT": pa.int64(), "INTEGER": pa.int32(), "VARCHAR": pa.string(), "BOOLEAN": pa.bool_(),
    "VARCHAR[]": pa.list_(pa.string()),
}  # fmt: skip


def found_by(connection: Any, made: Plan, case: Case, wanted: Mapping[str, Sequence[tuple[str, str]]]) -> list[Finding]:
    """What a plan finds."""
    for statement in made.statements:
        connection.execute(statement)
    found = []
    for agreement, number, certain, ids, arguments in connection.execute(made.findings).fetchall():
        rule = case.pack.rules[number]
        read = wanted.get(rule.id, ())
        values = []
        for (alias, term), text in zip(read, arguments or (), strict=True):
            pattern = rule.pattern(alias)
            types = GENERAL_KINDS["context"] if pattern is None else pattern.types
            values.append(shown(decode(text, types[term])))
        found.append((agreement, number, certain, tuple(ids), tuple(values)))
    return sorted(found)


def some_terms(case: Case, generator: Generator) -> dict[str, list[tuple[str, str]]]:
    """A few terms of each rule, as its words would need."""
    wanted = {}
    for rule in case.pack.rules:
        types = {pattern.alias: pattern.types for pattern in rule.given} | {"context": GENERAL_KINDS["context"]}
        every = [(alias, term) for alias, terms in types.items() for term in terms]
        if rule.derives is None and generator.chance(0.8):
            wanted[rule.id] = [generator.pick(every) for _ in range(generator.pick((1, 2, 3)))]
    return wanted


def cases(what: str, count: int) -> Iterator[tuple[Case, dict[str, list[tuple[str, str]]]]]:
    """Random portfolios of few agreements, half of them without anything open but what is not stated."""
    for number in range(count):
        generator = Generator(f"{SEED}/{what}/{number}")
        case = generator.case(rules=6, deals=6)
        if number % 2:
            case.deals = [[exact(fact) for fact in facts] for facts in case.deals]
        yield case, some_terms(case, generator)


def report(case: Case, missing: Sequence[Finding], extra: Sequence[Finding]) -> str:
    """A case that fails, for a reader."""
    agreement = (*missing, *extra)[0][0]
    return f"missing {missing}\nextra {extra}\n{case.as_yaml(case.deals[agreement])}"


def require_same(case: Case, wanted: Any, found: list[Finding]) -> None:
    """The findings of the reference, no more and no less."""
    right = expected(case, wanted)
    missing = [one for one in right if one not in found]
    extra = [one for one in found if one not in right]
    assert not missing and not extra, report(case, missing, extra)
    assert found == right


@pytest.mark.parametrize("is_fused", [True, False], ids=["fused", "rule by rule"])
def test_a_plan_finds_what_the_reference_finds(is_fused: bool) -> None:
    something = 0
    for case, wanted in cases("plan", CASES):
        made = plan(case.pack, case.parameters, wanted, is_fused=is_fused)
        with duckdb.connect(":memory:", config={"threads": 1}) as connection:
            for kind, table in tables(case.deals, made.kinds).items():
                connection.register(kind, table)
            found = found_by(connection, made, case, wanted)
        require_same(case, wanted, found)
        something += bool(found)
    assert something > CASES / 2


def test_what_is_known_of_the_files_changes_nothing(tmp_path: Path) -> None:
    is_simpler = 0
    for case, wanted in cases("profile", CASES):
        general = plan(case.pack, case.parameters, wanted)
        with duckdb.connect(":memory:", config={"threads": 1}) as connection:
            files: dict[str, list[Path]] = {}
            for kind, table in tables(case.deals, general.kinds).items():
                path = tmp_path / f"{kind}.parquet"
                pq.write_table(table, path)
                files[kind] = [path]
                connection.execute(f"CREATE VIEW \"{kind}\" AS FROM read_parquet('{path}')")
            special = plan(case.pack, case.parameters, wanted, Profile.of(connection, files))
            is_simpler += special != general
            require_same(case, wanted, found_by(connection, special, case, wanted))
    assert is_simpler > CASES / 4


# --- rules alike, and many of them


def replicas(count: int) -> Case:
    """Rules that differ in limits and texts only, and a few deals."""
    generator = Generator(f"{SEED}/replicas")
    documents: list[dict[str, Any]] = []
    for number in range(count):
        day = f"{2026 + number % 3}-01-0{1 + number % 9}"
        one = {"a": {"kind": "supply", "in": ("result", "proposed")[number % 2]}}
        two = {**one, "b": {"kind": "exclusivity", "in": "result"}}
        excuse = {"u": {"kind": "consent", "in": "result", "when": "u.permits == a.id"}}
        given, when, unless = (
            (one, f"a.ends > {day}", {}),
            (one, f'a.customer == "{("ant", "bee")[number % 4 // 2]}" and a.ends >= {day}', {}),
            (two, f"a.customer == b.obligor and a.starts < {day}", {}),
            (one, f"a.amount > USD {number % 3}", excuse),
        )[number // 2 % 4]
        document = {"rule": f"rule-{number:04}", "heading": "h", "given": given, "when": when, "says": "s"}
        documents.append({**document, "unless": unless} if unless else document)
    kinds = ("supply", "exclusivity", "consent")
    deals = [generator.facts(kinds, 12, openness) for openness in (0.0, 0.0, 0.2, 0.5)]
    return Case("replicas", documents, generator.parameters, make_pack(documents, generator.parameters), deals)


def test_rules_alike_share_a_pass() -> None:
    case = replicas(400)
    made = plan(case.pack, case.parameters)
    assert made.findings.count("UNION ALL") < 8
    found = in_memory(case, made, {})
    assert found
    require_same(case, {}, found)


def test_many_rules_are_asked_in_parts() -> None:
    case = replicas(200)
    made = plan(case.pack, case.parameters, is_fused=False)
    assert len(made.parts) > 1
    require_same(case, {}, in_memory(case, made, {}))


def test_a_pack_that_only_derives_finds_nothing() -> None:
    document = {
        "rule": "derives", "heading": "h", "given": {"a": {"kind": "supply"}},
        "derives": {"kind": "derived_0", "who": "a.supplier", "which": "a.id", "word": "w", "day": "a.ends",
                    "amount": "a.amount", "share": "1%"},
    }  # fmt: skip
    generator = Generator(SEED)
    case = Case("none", [document], {}, make_pack([document], {}), [generator.facts(("supply",), 5)])
    for is_fused in (True, False):
        assert in_memory(case, plan(case.pack, {}, is_fused=is_fused), {}) == []


def in_memory(case: Case, made: Plan, wanted: Any) -> list[Finding]:
    """What a plan finds in the deals of a case."""
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        for kind, table in tables(case.deals, made.kinds).items():
            connection.register(kind, table)
        return found_by(connection, made, case, wanted)


# --- ids


def test_values_are_written_in_sql_as_everywhere() -> None:
    chance = random.Random(7)
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        for statement in FUNCTIONS:
            connection.execute(statement)
        for name, type in VALUE_TYPES.items():
            values = [a_value(chance, type) for _ in range(600)]
            cells = [(v.lowest, None if v.is_exact else v.highest, getattr(v, "currency", None)) for v in values]
            whole = pa.int64() if type.limit >= 2**31 else pa.int32()
            low, high, currency = zip(*cells, strict=True)
            connection.register(
                "cells",
                pa.table({"low": pa.array(low, whole), "high": pa.array(high, whole), "currency": pa.array(currency)}),
            )
            arguments = "low, high, currency" if name == "money" else "low, high"
            written = connection.execute(f"SELECT clauses_{name}({arguments}) FROM cells").fetchall()
            assert [text for (text,) in written] == [str(value) for value in values]


def a_value(chance: random.Random, type: type[Value]) -> Value:
    """A value near something where the way of writing changes."""
    ends = [
        1,
        12,
        24,
        999,
        10_000,
        10**6,
        1_234_500,
        10**8,
        150_000_000,
        10**11,
        123_456_789,
        *range(0, type.limit, type.limit // 9),
    ]
    for year, month in ((2, 1), (2024, 3), (2026, 1), (2026, 12), (9998, 1), (9999, 12)):
        first = datetime.date(year, month, 1).toordinal()
        ends += [first, first - 1]
    low, high = sorted(
        min(type.limit, max(1, chance.choice((chance.choice(ends), type.limit, type.limit - 1)))) for _ in range(2)
    )
    high = chance.choice((low, high))
    return Money(low, high, chance.choice(("USD", "JPY", "KWD"))) if type is Money else type(low, high)


# --- other databases


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_sql_of_every_dialect_is_read_by_a_parser_of_it(dialect: str) -> None:
    for case, wanted in cases("dialects", 8):
        written = script(case.pack, case.parameters, dialect)
        assert len(sqlglot.parse(written, dialect=dialect)) == 1
        for rule in case.pack.rules:
            assert f"/* {rule.id}, " in written
        assert len(sqlglot.parse(plan(case.pack, case.parameters, wanted, dialect=dialect).findings, dialect=dialect))


def scripts(what: str, count: int) -> Iterator[Case]:
    """Cases in which no rule reads how the ids of derived facts are written: other databases write units."""
    for case, _ in cases(what, count):
        if not kinds_told_apart(case.pack, ()):
            yield case


def findings_of(case: Case, rows: Sequence[Sequence[Any]]) -> list[Finding]:
    """What a script finds, with rules by their places."""
    places = {rule.id: place for place, rule in enumerate(case.pack.rules)}
    return sorted((agreement, places[rule], certain, tuple(ids), ()) for agreement, rule, certain, ids in rows)


def test_the_script_for_duckdb_finds_what_the_reference_finds() -> None:
    for case in scripts("script", CASES // 2):
        with duckdb.connect(":memory:", config={"threads": 1}) as connection:
            for kind, table in tables(case.deals, plan(case.pack, case.parameters).kinds).items():
                connection.register(kind, table)
            rows = connection.execute(script(case.pack, case.parameters)).fetchall()
        if any(rule.derives is None for rule in case.pack.rules):
            require_same(case, {}, findings_of(case, rows))


@pytest.mark.slow
def test_the_script_for_spark_finds_what_the_reference_finds(tmp_path: Path) -> None:
    pyspark = pytest.importorskip("pyspark.sql")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java")
    settings = {
        "spark.ui.enabled": "false", "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": "1", "spark.ui.showConsoleProgress": "false",
        "spark.sql.warehouse.dir": str(tmp_path / "warehouse"),
    }  # fmt: skip
    builder = pyspark.SparkSession.builder.master("local[1]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    try:
        for number, case in enumerate(scripts("spark", 4)):
            kinds = plan(case.pack, case.parameters).kinds
            for kind, table in tables(case.deals, kinds).items():
                path = tmp_path / f"{kind}-{number}.parquet"
                pq.write_table(table, path)
                session.read.parquet(str(path)).createOrReplaceTempView(kind)
            rows = [tuple(row) for row in session.sql(script(case.pack, case.parameters, "spark")).collect()]
            require_same(case, {}, findings_of(case, rows))
    finally:
        session.stop()


# --- what chance seldom makes


def small_case(documents: list[dict[str, Any]], *facts: Fact) -> Case:
    """A case of one agreement with its context."""
    context = Fact("context", "context", EVERYWHERE, True, {"id": "context"})
    return Case("small", documents, {}, make_pack(documents, {}), [[context, *facts]])


def supply(id: str, is_certain: bool = True, **terms: FactValue) -> Fact:
    """A supply in every layer."""
    return Fact("supply", id, EVERYWHERE, is_certain, {"id": id, **terms})


@pytest.mark.parametrize("is_fused", [True, False], ids=["fused", "rule by rule"])
def test_of_rules_that_derive_one_fact_the_first_tells_its_sources(is_fused: bool) -> None:
    terms = {"kind": "derived_0", "who": "a.supplier", "which": "c1", "word": "w", "day": "2026-01-01"}
    terms |= {"amount": "USD 1", "share": "1%"}
    given = {"a": {"kind": "supply"}}
    documents = [
        {"rule": f"rule-{number}", "heading": "h", "given": given, "when": when, "derives": terms}
        for number, when in enumerate(('a.customer == "bee"', 'a.customer == "cat"', 'a.supplier == "ant"'))
    ]
    documents.append({"rule": "rule-3", "heading": "h", "given": {"d": {"kind": "derived_0"}}, "says": "s"})
    case = small_case(
        documents,
        supply("sure", supplier="ant", customer="cat"),
        supply("doubtful", False, supplier="ant", customer="bee"),
        supply("other", supplier="bee", customer="bee"),
    )
    found = in_memory(case, plan(case.pack, {}, is_fused=is_fused), {})
    assert found == [(0, 3, True, ("doubtful",), ()), (0, 3, True, ("other",), ())]
    require_same(case, {}, found)


@pytest.mark.parametrize("is_fused", [True, False], ids=["fused", "rule by rule"])
def test_two_versions_of_a_clause_that_may_not_stand_are_not_matched_together(is_fused: bool) -> None:
    given = {"a": {"kind": "supply"}, "b": {"kind": "supply"}}
    document = {"rule": "rule", "heading": "h", "given": given, "when": "a.supplier == b.customer", "says": "s"}
    versions = [supply("one", False, supplier="ant", customer="ant"), supply("one", False, customer="ant")]
    case = small_case([document], *versions, supply("two", False, supplier="ant"))
    found = in_memory(case, plan(case.pack, {}, is_fused=is_fused), {})
    assert found
    assert not any(ids == ("one", "one") for *_, ids, _arguments in found)
    require_same(case, {}, found)
