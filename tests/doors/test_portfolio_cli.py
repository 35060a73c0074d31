"""The command line over portfolios: take in, check, compare, compile; what it prints, and how it ends."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from command_line import PACK, clauses

sys.path.insert(0, str(Path(__file__).parents[1] / "portfolio"))
from many_deals import AS_OF
from test_check import rows_in
from test_check_lines import record

from clauses.cli.portfolio import size_of
from clauses.errors import UsageError


@pytest.fixture(scope="module")
def deals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file of records and a portfolio made of it."""
    folder = tmp_path_factory.mktemp("deals")
    lines = [json.dumps(record(number)) for number in range(7)]
    (folder / "records.jsonl").write_text("\n".join([*lines, "nonsense", ""]))
    ran = clauses("portfolio", "ingest", "records.jsonl", "-o", "deals", "--as-of", AS_OF, "--partition", "3",
                  "-j", "1", folder=folder)  # fmt: skip
    assert ran.code == 0 and ran.err == "", ran.err
    assert ran.out.startswith("7 agreements with ") and "1 of 8 records could not be read" in ran.out
    return folder


def test_a_check_prints_its_summary(deals: Path) -> None:
    ran = clauses("portfolio", "check", "deals", "-r", PACK, folder=deals)
    assert ran.code == 1 and ran.err == ""
    assert ran.out == (
        "deals, as of 2025-07-01, by p1 1.0.0\n\n"
        "                       breached  undetermined\n"
        "conflict                      3             2\n"
        "  compute-outside             3             2\n\n"
        "verdicts: 3 conflict, 2 undetermined, 2 clear\n"
        "7 agreements: 5 with 5 findings, 2 with none\n"
    )


def test_a_file_of_records_is_checked_as_a_portfolio_is(deals: Path) -> None:
    folder = clauses("portfolio", "check", "deals", "-r", PACK, "-o", "a.parquet", folder=deals)
    lines = clauses("portfolio", "check", "records.jsonl", "-r", PACK, "-o", "b.parquet", "-j", "1", folder=deals)
    assert rows_in(deals / "a.parquet") == rows_in(deals / "b.parquet")
    assert folder.err == "note: 5 rows are in a.parquet\n"
    assert lines.out.splitlines()[-1] == "1 record could not be read: 1 not-json"
    assert json.loads((deals / "b.parquet.rejects.jsonl").read_text())["line"] == 8
    assert lines.code == folder.code == 1


def test_the_summary_as_data(deals: Path) -> None:
    data = json.loads(clauses("portfolio", "check", "deals", "-r", PACK, "-f", "json", folder=deals).out)
    assert data["verdicts"] == {"clear": 2, "conflict": 3, "undetermined": 2}
    assert data["rules"]["compute-outside"] == {
        "severity": "conflict", "breached": 3, "undetermined": 2, "findings": 5,
    }  # fmt: skip
    assert data["agreements"] == 7 and data["findings"] == 5 and data["as_of"] == "2025-07-01"


def test_the_exit_code_tells_of_the_worst(deals: Path) -> None:
    def code(*words: str) -> int:
        return clauses("portfolio", "check", "deals", "-r", PACK, *words, folder=deals).code

    rule = "compute-outside"
    assert code("--fail-on", "never") == 0
    assert code("--select", rule) == 1
    assert code("--ignore", rule) == 0
    only_open = json.dumps(record(1))
    (deals / "open.jsonl").write_text(only_open + "\n")
    assert clauses("portfolio", "check", "open.jsonl", "-r", PACK, "-q", folder=deals).code == 3
    assert clauses("portfolio", "check", "open.jsonl", "-r", PACK, "-q", "--strict", folder=deals).code == 1
    assert clauses("portfolio", "check", "nowhere", folder=deals).code == 2


def test_impact_says_which_agreements_and_why(deals: Path) -> None:
    (deals / "milder").mkdir(exist_ok=True)
    for file in (PACK).iterdir():
        text = file.read_text()
        if file.stem == "compute-outside":
            text = text.replace("severity: conflict", "severity: flag")
        (deals / "milder" / file.name).write_text(text)
    ran = clauses("portfolio", "impact", PACK, "milder", "deals", "-o", "touched.jsonl", folder=deals)
    assert ran.code == 0
    assert "compute-outside\n  severity conflict → flag\n" in ran.out
    assert "  conflict → flag: 3 agreements\n" in ran.out
    rows = [json.loads(line) for line in (deals / "touched.jsonl").read_text().splitlines()]
    assert len(rows) == 5 and {row["why"] for row in rows} == {"severity conflict → flag"}
    same = clauses("portfolio", "impact", PACK, PACK, "deals", "--exit-code", folder=deals)
    assert same.code == 0
    other = clauses("portfolio", "impact", PACK, "milder", "deals", "--exit-code", folder=deals)
    assert other.code == 1


@pytest.mark.parametrize("dialect", ["duckdb", "spark", "snowflake", "bigquery", "postgres"])
def test_compile_prints_sql_under_each_rule_s_id(dialect: str, deals: Path) -> None:
    ran = clauses("portfolio", "compile", "-r", PACK, "--as-of", AS_OF, "--dialect", dialect, folder=deals)
    assert ran.code == 0 and ran.err == ""
    for file in (PACK).glob("*.yaml"):
        assert file.stem in ("pack", "dual") or file.stem in ran.out
    assert "SELECT" in ran.out.upper()


def test_sizes() -> None:
    assert size_of("1GB") == 10**9 and size_of("512 MiB") == 512 * 2**20 and size_of("2g") == 2 * 10**9
    assert size_of("300000000") == 300_000_000 and size_of(None) is None
    for text in ("", "GB", "1TB", "-1GB", "1.5GB", "one"):
        with pytest.raises(UsageError):
            size_of(text)
