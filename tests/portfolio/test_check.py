"""The check of a portfolio: its rows are those of the reference engine, wherever and however often it is started."""

from __future__ import annotations

import csv
import json
import os
import pickle
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from many_deals import AS_OF, Facts, reference_rows, with_parameters, write_portfolio

sys.path.insert(0, str(Path(__file__).parents[1] / "properties"))
from generators import Generator, make_pack

from clauses import built_in_pack
from clauses.errors import EngineError, InputError, UsageError
from clauses.language.pack import RulePack
from clauses.language.rule import SEVERITIES
from clauses.portfolio import check as check_module
from clauses.portfolio import partition_check, run
from clauses.portfolio.backends import Backend
from clauses.portfolio.check import check
from clauses.portfolio.ingest import ingest
from clauses.portfolio.outputs import safe_cell
from clauses.portfolio.parts import Parts
from clauses.portfolio.results import Counts, Row, count_of, row_order
from clauses.portfolio.store import Portfolio, open_portfolio
from clauses.resources import examples_folder
from clauses.terms.facts import EVERYWHERE, Fact, deal
from clauses.terms.values import Date
from clauses.use_cases import read_deal

ONE_JOB = Backend(jobs=1)


def rows_in(file: Path) -> list[Row]:
    """The rows of a Parquet file."""
    return [
        Row(*(tuple(cell) if isinstance(cell, list) else cell for cell in row.values()))
        for row in pq.read_table(file).to_pylist()
    ]


def ordered(rows: Sequence[Row]) -> list[Row]:
    """Rows in an order of their own, whatever stands before what among equals."""
    return sorted(rows, key=lambda row: (row.agreement, row_order(row)))


def counts_of(deals: Sequence[Facts], packs: Sequence[RulePack]) -> Counts:
    """The counts of the reference rows."""
    counts = Counts()
    for one in deals:
        counts.add(count_of(reference_rows(one, packs)))
    return counts


# --- the worked deal


@pytest.fixture(scope="module")
def worked() -> list[Facts]:
    """The worked deal under each of its term sheets, several times over."""
    folder = examples_folder() / "microsoft-openai"
    found = []
    for file in sorted((folder / "term-sheets").glob("*.yaml")):
        world = deal(*read_deal(file), AS_OF)
        ids = {fact.id for fact in world.facts if fact.kind == "clause"}
        headings = {id: heading for id in ids if (heading := world.heading(id))}
        found.append(Facts(file.stem, world.facts, headings))
    return found


@pytest.fixture(scope="module")
def whole() -> RulePack:
    return built_in_pack()


@pytest.fixture(scope="module")
def pack(whole: RulePack, worked: list[Facts]) -> RulePack:
    """One in twelve of the rules, and those that derive facts: quick to plan, over and over again."""
    rules = [rule for number, rule in enumerate(whole.rules) if rule.derives or number % 12 == 0]
    return replace(whole, rules=tuple(rules), sha256="some")


@pytest.fixture
def many_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every partition is a piece of its own."""
    monkeypatch.setattr(check_module, "MOST", 9)


@pytest.fixture(scope="module")
def portfolio(worked: list[Facts], tmp_path_factory: pytest.TempPathFactory) -> Portfolio:
    return write_portfolio(tmp_path_factory.mktemp("worked") / "deals", worked, 9)


@pytest.fixture(scope="module")
def expected(worked: list[Facts], pack: RulePack) -> list[Row]:
    return [row for one in worked for row in reference_rows(one, [pack])]


def test_the_rows_of_the_worked_deal_are_the_reference_s(
    worked: list[Facts], portfolio: Portfolio, whole: RulePack, tmp_path: Path
) -> None:
    expected = [row for one in worked for row in reference_rows(one, [whole])]
    checked = check(portfolio, [whole], output=tmp_path / "rows.parquet", backend=ONE_JOB)
    found = rows_in(tmp_path / "rows.parquet")
    assert ordered(found) == ordered(expected)
    assert [row[:4] for row in found] == [row[:4] for row in expected]
    assert checked.counts.data() == counts_of(worked, [whole]).data()
    assert checked.counts.findings == len(expected) > 80
    assert not list(tmp_path.glob("*.parts"))


def test_without_an_output_the_counts_are_the_same(portfolio: Portfolio, pack: RulePack, worked: list[Facts]) -> None:
    assert check(portfolio, [pack], backend=ONE_JOB).counts.data() == counts_of(worked, [pack]).data()


def test_two_packs_are_checked_together(
    portfolio: Portfolio, pack: RulePack, worked: list[Facts], tmp_path: Path
) -> None:
    rules = tuple(replace(rule, id=f"{rule.id}-again") if not rule.derives else rule for rule in pack.rules[::2])
    other = replace(pack, name="other", rules=rules)
    checked = check(portfolio, [pack, other], output=tmp_path / "rows.parquet", backend=ONE_JOB)
    expected = [row for one in worked for row in reference_rows(one, [pack, other])]
    assert [row[:4] for row in rows_in(tmp_path / "rows.parquet")] == [row[:4] for row in expected]
    assert ordered(rows_in(tmp_path / "rows.parquet")) == ordered(expected)
    assert checked.counts.data() == counts_of(worked, [pack, other]).data()


def test_all_formats_say_the_same(portfolio: Portfolio, pack: RulePack, tmp_path: Path) -> None:
    for ending in ("parquet", "csv", "jsonl"):
        check(portfolio, [pack], output=tmp_path / f"rows.{ending}", backend=ONE_JOB)
    rows = rows_in(tmp_path / "rows.parquet")
    lines = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert [Row(**{**line, "clauses": tuple(line["clauses"])}) for line in lines] == rows
    with (tmp_path / "rows.csv").open(newline="") as stream:
        cells = list(csv.reader(stream))
    assert cells[0] == list(Row._fields)
    assert cells[1:] == [[*row[:4], "; ".join(row.clauses), row.message] for row in rows]


def test_parquet_holds_plain_columns(portfolio: Portfolio, pack: RulePack, tmp_path: Path) -> None:
    check(portfolio, [pack], output=tmp_path / "rows.parquet", backend=ONE_JOB)
    types = {field.name: str(field.type) for field in pq.read_schema(tmp_path / "rows.parquet")}
    assert types.pop("clauses").startswith("list<")
    assert set(types.values()) == {"string"}


def test_a_cell_is_never_a_formula() -> None:
    for text in ("=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"):
        assert safe_cell(text) == f"'{text}"
    assert safe_cell(["=a", "b"]) == "'=a; b"
    assert safe_cell(None) == "" and safe_cell("a=b") == "a=b"


# --- random packs and facts


@pytest.mark.parametrize("seed", range(12))
def test_the_rows_of_random_packs_are_the_reference_s(seed: int, tmp_path: Path) -> None:
    case = Generator(f"portfolio-{seed}").case(rules=5, deals=7)
    pack = with_parameters(_talkative(case.pack, random.Random(seed)), case.parameters)
    headings = {"c1": "Heading one", "c2": "", "c3": " two  words\n"}
    deals = [Facts(f"deal-{number}", _plain(facts), headings) for number, facts in enumerate(case.deals)]
    try:
        checked = check(write_portfolio(tmp_path / "deals", deals, 3), [pack], output=tmp_path / "rows.parquet",
                        backend=ONE_JOB)  # fmt: skip
    except EngineError as error:  # what the columnar engine does not take, it says
        assert error.problems
        return
    expected = [row for one in deals for row in reference_rows(one, [pack])]
    found = rows_in(tmp_path / "rows.parquet")
    assert ordered(found) == ordered(expected)
    assert [row[:5] for row in found] == [row[:5] for row in expected]
    assert checked.counts.data() == counts_of(deals, [pack]).data()


def _talkative(pack: RulePack, chance: random.Random) -> RulePack:
    """A pack whose rules say all sorts of things, with all sorts of white space, at all severities."""
    rules = []
    for rule in pack.rules:
        terms = [f"{{{one.alias}.{term}}}" for one in rule.given for term in one.types]
        terms += ["{context.as_of}", "{context.proposed_by}", "{parameters.amount}"]
        words = [chance.choice(terms) for _ in range(chance.choice((0, 1, 2, 3)))]
        says = chance.choice(("", "it says ")) + chance.choice((" and ", "  and\n", "")).join(words)
        says += chance.choice(("", " {{so}}", "  "))
        rules.append(replace(rule, says=says, severity=chance.choice(SEVERITIES)))
    return replace(pack, rules=tuple(rules))


def _plain(facts: Sequence[Any]) -> list[Any]:
    """Facts in which no party has two names."""
    seen: set[str] = set()
    return [fact for fact in facts if fact.kind != "party" or not (fact.id in seen or seen.add(fact.id))]


def test_names_and_ties_and_empty_texts(tmp_path: Path) -> None:
    def party(id: str, name: str, layers: Sequence[str], certain: bool = True) -> Fact:
        return Fact("party", id, frozenset(layers), certain, {"id": id, "name": name, "roles": (), "exists": "yes"})

    facts = [
        party("acme", "Acme as it was", ("current", "result"), certain=False),
        party("acme", "Acme as the sheet has it", ("proposed", "result")),
        party("nobody", "", ("current", "result")),
        Fact("context", "context", EVERYWHERE, True, {"id": "context", "as_of": AS_OF}),
    ]
    document = {"rule": "one", "heading": "one", "given": {"a": {"kind": "party", "in": "result"}}}
    other = {**document, "rule": "other", "says": "{a.name}ing for {a.id}s"}
    pack = make_pack([{**document, "says": "{a.id} is {a.name}"}, other], {})
    deals = [Facts("deal", facts, {})]
    check(write_portfolio(tmp_path / "deals", deals, 1), [pack], output=tmp_path / "rows.parquet", backend=ONE_JOB)
    found = rows_in(tmp_path / "rows.parquet")
    assert found == reference_rows(deals[0], [pack])
    assert [row.message for row in found] == [
        "Acme as the sheet has it is Acme as the sheet has it",
        "Acme as the sheet has it is Acme as it was",
        "Is",
        "Acme as the sheet has iting for Acme as the sheet has its",
        "Acme as it wasing for Acme as the sheet has its",
        "Ing for s",
    ]
    assert [row.status for row in found[:2]] == ["breached", "undetermined"]


# --- where it runs


@pytest.mark.parametrize("backend", [Backend(jobs=2), Backend("processes", 2)], ids=["threads", "processes"])
@pytest.mark.usefixtures("many_pieces")
def test_every_backend_writes_the_same_bytes(
    backend: Backend, portfolio: Portfolio, pack: RulePack, tmp_path: Path
) -> None:
    check(portfolio, [pack], output=tmp_path / "one.parquet", backend=ONE_JOB)
    check(portfolio, [pack], output=tmp_path / "other.parquet", backend=backend)
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "other.parquet").read_bytes()


@pytest.mark.slow
@pytest.mark.usefixtures("many_pieces")
def test_spark_finds_the_same_rows(portfolio: Portfolio, pack: RulePack, tmp_path: Path) -> None:
    pytest.importorskip("pyspark")
    check(portfolio, [pack], output=tmp_path / "one.parquet", backend=ONE_JOB)
    settings = {"spark.sql.shuffle.partitions": "2"}
    spark = Backend("spark", spark_master="local[2]", spark_settings=settings)
    check(portfolio, [pack], output=tmp_path / "other.parquet", backend=spark)
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "other.parquet").read_bytes()


def test_an_error_in_another_process_is_the_same_error() -> None:
    backend = Backend("processes", 2)
    with pytest.raises(EngineError) as caught:
        list(backend.run(_fails, [1, 2], 2))
    assert caught.value.problems[0].id == "out-of-memory"


def _fails(piece: int) -> Any:
    raise EngineError.of("out-of-memory", "it does not fit")


def test_a_process_that_is_stopped_is_a_sentence() -> None:
    with pytest.raises(EngineError, match="a process was stopped from outside"):
        list(Backend("processes", 2).run(_dies, [1], 1))


def _dies(piece: int) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_what_spark_cannot_do_is_a_sentence() -> None:
    pytest.importorskip("pyspark")
    with pytest.raises(EngineError, match="Spark does not start"):
        list(Backend("spark", spark_master="nonsense").run(_fails, [1], 1))


def test_spark_without_java_is_a_sentence(portfolio: Portfolio, pack: RulePack, monkeypatch: Any) -> None:
    pytest.importorskip("pyspark")
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(UsageError, match="Spark needs Java"):
        check(portfolio, [pack], backend=Backend("spark"))


# --- memory


def test_a_partition_that_does_not_fit_is_taken_in_halves(
    portfolio: Portfolio, pack: RulePack, expected: list[Row], worked: list[Facts], tmp_path: Path, monkeypatch: Any
) -> None:
    import duckdb

    sizes = []
    run_plan = partition_check.run_plan

    def narrow(connection: Any, *more: Any) -> None:
        (size,) = connection.execute('SELECT count(DISTINCT agreement) FROM "context"').fetchone()
        if size > 7:
            raise duckdb.OutOfMemoryException("not enough")
        sizes.append(size)
        run_plan(connection, *more)

    monkeypatch.setattr(partition_check, "run_plan", narrow)
    checked = check(portfolio, [pack], output=tmp_path / "rows.parquet", backend=ONE_JOB)
    assert max(sizes) == 7 and sum(sizes) == len(worked)
    assert ordered(rows_in(tmp_path / "rows.parquet")) == ordered(expected)
    assert checked.counts.data() == counts_of(worked, [pack]).data()


def test_a_single_agreement_that_does_not_fit_is_an_error(
    portfolio: Portfolio, pack: RulePack, monkeypatch: Any
) -> None:
    import duckdb

    def never(*_: Any) -> None:
        raise duckdb.OutOfMemoryException("not enough")

    monkeypatch.setattr(partition_check, "run_plan", never)
    with pytest.raises(EngineError, match="memory allowed does not suffice"):
        check(portfolio, [pack], backend=ONE_JOB)


def test_memory_is_shared_out_among_the_jobs() -> None:
    one = Backend(jobs=4, memory=2**30)
    assert one.at_once(100) == 4 and one.memory_of_job(4) * 4 < 2**30
    processes = Backend("processes", 4, 600 * 2**20)
    assert processes.at_once(100) == 2 and processes.memory_of_job(2) < 300 * 2**20
    assert Backend(jobs=8).at_once(3) == 3


# --- cut off, and started again


@pytest.mark.usefixtures("many_pieces")
def test_what_is_finished_is_not_done_again(
    portfolio: Portfolio, pack: RulePack, tmp_path: Path, monkeypatch: Any
) -> None:
    check(portfolio, [pack], output=tmp_path / "whole.parquet", backend=ONE_JOB)
    done: list[int] = []
    call = partition_check.PartitionCheck.__call__

    def cut_off(self: Any, piece: Any) -> Any:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(piece.number)
        return call(self, piece)

    monkeypatch.setattr(partition_check.PartitionCheck, "__call__", cut_off)
    output = tmp_path / "rows.parquet"
    with pytest.raises(KeyboardInterrupt):
        check(portfolio, [pack], output=output, backend=ONE_JOB)
    assert not output.exists() and list(tmp_path.glob("rows.parquet.parts/part-*.arrow"))
    monkeypatch.setattr(partition_check.PartitionCheck, "__call__", lambda self, piece: again(self, piece))
    worked_on: list[int] = []

    def again(self: Any, piece: Any) -> Any:
        worked_on.append(piece.number)
        return call(self, piece)

    check(portfolio, [pack], output=output, backend=ONE_JOB)
    assert output.read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert worked_on == [2]


def test_parts_of_another_run_are_refused(portfolio: Portfolio, pack: RulePack, tmp_path: Path) -> None:
    output = tmp_path / "rows.parquet"
    with Parts(output, {"run": "something else"}):
        pass
    with pytest.raises(UsageError, match="parts of another run"):
        check(portfolio, [pack], output=output, backend=ONE_JOB)


def test_two_runs_do_not_write_the_same_output(tmp_path: Path) -> None:
    with Parts(tmp_path / "rows.csv", {}), pytest.raises(UsageError, match="another run is writing"):
        Parts(tmp_path / "rows.csv", {}).__enter__()


_SLOWLY = """
import pickle, sys, time
from pathlib import Path
from clauses import check_portfolio, open_portfolio
from clauses.portfolio import check, partition_check
from clauses.portfolio.backends import Backend
check.MOST = 9
call = partition_check.PartitionCheck.__call__
partition_check.PartitionCheck.__call__ = lambda self, piece: (time.sleep(0.3), call(self, piece))[1]
pack = pickle.loads(Path(sys.argv[3]).read_bytes())
check_portfolio(open_portfolio(sys.argv[1]), [pack], output=sys.argv[2], backend=Backend(jobs=1))
"""


@pytest.mark.usefixtures("many_pieces")
def test_a_run_that_is_killed_goes_on_where_it_stopped(portfolio: Portfolio, pack: RulePack, tmp_path: Path) -> None:
    output = tmp_path / "rows.parquet"
    (tmp_path / "pack").write_bytes(pickle.dumps(pack))
    command = [sys.executable, "-c", _SLOWLY, *map(str, (portfolio.folder, output, tmp_path / "pack"))]
    running = subprocess.Popen(command)
    parts = tmp_path / "rows.parquet.parts"
    deadline = time.monotonic() + 30
    while not list(parts.glob("part-*.json")) and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    running.wait()
    kept = {file.name for file in parts.glob("part-*.json")}
    assert kept and not output.exists()
    check(portfolio, [pack], output=output, backend=ONE_JOB)
    check(portfolio, [pack], output=tmp_path / "whole.parquet", backend=ONE_JOB)
    assert output.read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert not parts.exists()


# --- folders with names that mean something elsewhere


@pytest.mark.parametrize(
    "name", ["in_result=false", "id=zzz", "agreement=7", "certain=false", "a*b", "what?", "[x]", "o'brien", "s3:x", "~"]
)
def test_the_name_of_a_folder_is_only_a_name(
    name: str, portfolio: Portfolio, pack: RulePack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(portfolio, [pack], output=tmp_path / "here.parquet", backend=ONE_JOB)
    shutil.copytree(portfolio.folder, tmp_path / name / "deals")
    monkeypatch.chdir(tmp_path)
    moved = open_portfolio(Path(name) / "deals")
    check(moved, [pack], output=tmp_path / "there.parquet", backend=ONE_JOB)
    assert rows_in(tmp_path / "there.parquet") == rows_in(tmp_path / "here.parquet") != []


def test_a_name_that_cannot_be_written_for_the_database_is_refused(
    portfolio: Portfolio, pack: RulePack, tmp_path: Path
) -> None:
    shutil.copytree(portfolio.folder, tmp_path / "g\\*h")
    with pytest.raises(InputError, match="unreadable-name"):
        check(open_portfolio(tmp_path / "g\\*h"), [pack], backend=ONE_JOB)


# --- parts that are not what they were


def cut_off_run(portfolio: Portfolio, pack: RulePack, output: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run that has all its parts, and was killed before it wrote its output."""

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(run, "write_tables", killed)
        check(portfolio, [pack], output=output, backend=ONE_JOB)
    return output.with_name(output.name + ".parts")


@pytest.mark.usefixtures("many_pieces")
@pytest.mark.parametrize("damage", ["emptied", "cut short", "gone", "no JSON"])
def test_a_part_that_was_damaged_is_made_again(
    damage: str, portfolio: Portfolio, pack: RulePack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(portfolio, [pack], output=tmp_path / "whole.csv", backend=ONE_JOB)
    folder = cut_off_run(portfolio, pack, tmp_path / "rows.csv", monkeypatch)
    table = folder / "part-000000.arrow"
    match damage:
        case "emptied":
            table.write_bytes(b"")
        case "cut short":
            table.write_bytes(table.read_bytes()[:-9])
        case "gone":
            table.unlink()
        case "no JSON":
            table.with_suffix(".json").write_text("{")
    check(portfolio, [pack], output=tmp_path / "rows.csv", backend=ONE_JOB)
    assert (tmp_path / "rows.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert not folder.exists()


def test_parts_of_other_facts_are_not_taken(pack: RulePack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source that is corrected keeps its name and its length."""

    def taken_in(ends: str) -> Portfolio:
        clause = f"{{kind: exclusivity, obligor: a, beneficiary: b, subject: cloud-compute, ends: {ends}}}"
        source = tmp_path / "deal.yaml"
        source.write_text(f"agreement: one\nparties: {{a: {{name: A}}, b: {{name: B}}}}\nclauses:\n  c: {clause}\n")
        shutil.rmtree(tmp_path / "deals", ignore_errors=True)
        ingest([source], tmp_path / "deals", Date.read("2025-07-01"))
        return open_portfolio(tmp_path / "deals")

    cut_off_run(taken_in("2024-01-01"), pack, tmp_path / "rows.csv", monkeypatch)
    with pytest.raises(UsageError, match="another-run"):
        check(taken_in("2029-01-01"), [pack], output=tmp_path / "rows.csv", backend=ONE_JOB)


def test_a_folder_of_somebody_else_is_left_alone(portfolio: Portfolio, pack: RulePack, tmp_path: Path) -> None:
    (tmp_path / "rows.csv.parts").mkdir()
    (tmp_path / "rows.csv.parts" / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="not one that a run has left"):
        check(portfolio, [pack], output=tmp_path / "rows.csv", backend=ONE_JOB)
    assert (tmp_path / "rows.csv.parts" / "thesis.txt").read_text() == "mine"
    shutil.copytree(portfolio.folder, tmp_path / "x.csv.parts")
    with pytest.raises(UsageError, match="writes-over-its-source"):
        check(open_portfolio(tmp_path / "x.csv.parts"), [pack], output=tmp_path / "x.csv", backend=ONE_JOB)
    assert open_portfolio(tmp_path / "x.csv.parts").agreements


# --- a portfolio that is not what its manifest says


def rewritten(portfolio: Portfolio, folder: Path, table: str, column: str, change: Any) -> None:
    shutil.copytree(portfolio.folder, folder)
    for file in (folder / table).glob("*.parquet"):
        found = pq.read_table(file)
        place = found.column_names.index(column)
        pq.write_table(found.set_column(place, found.schema.field(place), change(found[column])), file)


@pytest.mark.parametrize(
    ("table", "column", "change"),
    [
        ("agreements", "agreement", lambda numbers: pc.add(numbers, 1000)),
        ("agreements", "agreement", lambda numbers: pa.chunked_array([[numbers[0].as_py()] * len(numbers)])),
        ("clause", "agreement", lambda numbers: pc.add(numbers, 1000)),
        ("clause", "agreement", lambda numbers: pa.chunked_array([pa.nulls(len(numbers), pa.int64())])),
        ("clause", "in_current", lambda flags: pa.chunked_array([pa.nulls(len(flags), pa.bool_())])),
    ],
)
def test_rows_that_belong_to_no_agreement_are_refused(
    table: str, column: str, change: Any, portfolio: Portfolio, tmp_path: Path
) -> None:
    rewritten(portfolio, tmp_path / "lying", table, column, change)
    with pytest.raises(InputError, match="not of the agreements"):
        open_portfolio(tmp_path / "lying")


def test_bytes_damaged_within_a_table_are_an_error_with_its_name(
    portfolio: Portfolio, pack: RulePack, tmp_path: Path
) -> None:
    shutil.copytree(portfolio.folder, tmp_path / "deals")
    for file in (tmp_path / "deals" / "clause").glob("*.parquet"):
        data = bytearray(file.read_bytes())
        data[4:400] = b"\xff" * 396
        file.write_bytes(data)
    with pytest.raises(InputError, match="damaged-portfolio"):
        check(open_portfolio(tmp_path / "deals"), [pack], output=tmp_path / "rows.csv", backend=ONE_JOB)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("as_of", "2025"), ("as_of", "never"), ("layout", True), ("layout", 1.0), ("agreements", 18.5), ("rejects", -1),
        ("rejects", 10**400), ("rejects", float("inf")), ("partitions", []), ("facts", {"clause": True}),
    ],
)  # fmt: skip
def test_a_manifest_that_is_not_ours_is_refused(key: str, value: Any, portfolio: Portfolio, tmp_path: Path) -> None:
    shutil.copytree(portfolio.folder, tmp_path / "deals")
    manifest = json.loads((tmp_path / "deals" / "portfolio.json").read_text())
    (tmp_path / "deals" / "portfolio.json").write_text(json.dumps({**manifest, key: value}))
    with pytest.raises(InputError):
        open_portfolio(tmp_path / "deals")
