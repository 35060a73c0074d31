"""Commands about many agreements at once: portfolio ingest, check, compile, impact."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from clauses import configuration, use_cases
from clauses.cli.app import Color, Config, FailOn, Ignore, OneFormat, OneOutput, Quiet, Rules, Select, Strict, app
from clauses.cli.shared import FAIL_ON, FINDINGS, UNDETERMINED, checked, choice_of, day_of, ink_for, say, write
from clauses.errors import UsageError
from clauses.extras import needs
from clauses.language.pack import RulePack
from clauses.source import printable

portfolio_app = typer.Typer(
    help="Many agreements at once: take them in, check them all, and see what a change of the rules would change.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(portfolio_app, name="portfolio")

WHAT = "a portfolio"
LINES = (".jsonl", ".ndjson")
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}

Folder = Annotated[str, typer.Argument(help="The folder of a portfolio.", metavar="FOLDER")]
Rows = Annotated[
    str | None,
    typer.Option("-o", "--output", help="Write the rows to FILE.parquet, .csv or .jsonl.", metavar="FILE"),
]
Jobs = Annotated[
    int | None, typer.Option("-j", "--jobs", help="How much to work on at once.  [default: the cores]", min=1, max=256)
]
Memory = Annotated[
    str | None, typer.Option("--memory", help="Memory for all jobs together, such as 1GB.", metavar="SIZE")
]
WhereTo = Annotated[str, typer.Option("--backend", help="local, processes or spark.", metavar="NAME")]
SparkMaster = Annotated[
    str | None, typer.Option("--spark-master", help="The master of the Spark cluster.", metavar="URL")
]
SparkSettings = Annotated[
    list[str] | None, typer.Option("--spark-conf", help="A setting for Spark. Repeatable.", metavar="KEY=VALUE")
]


@portfolio_app.command()
def check(
    folder: Annotated[
        str,
        typer.Argument(help="The folder of a portfolio, or a .jsonl file of records.", metavar="FOLDER|FILE.jsonl"),
    ],
    rules: Rules = None,
    select: Select = None,
    ignore: Ignore = None,
    output: Rows = None,
    format: OneFormat = "text",
    fail_on: FailOn = None,
    strict: Strict = None,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="For a .jsonl file: the day, if not each term sheet's date.", metavar="DATE"),
    ] = None,
    jobs: Jobs = None,
    memory: Memory = None,
    backend: WhereTo = "local",
    spark_master: SparkMaster = None,
    spark_conf: SparkSettings = None,
    config: Config = None,
    color: Color = "auto",
    quiet: Quiet = False,
) -> None:
    """Check every agreement of a portfolio. It prints how many agreements each rule finds something in.

    clauses portfolio check deals

    clauses portfolio check deals -r abstracts -o findings.parquet --memory 1GB

    clauses portfolio check deals -o findings.csv --backend spark --spark-master spark://host:7077

    clauses portfolio check records.jsonl --as-of 2025-07-01 -o findings.jsonl
    """
    with needs("portfolio", WHAT):
        from clauses.portfolio import report

    settings = configuration.find_settings(config)
    checked([format], report.FORMATS, "format")
    threshold = checked([fail_on or settings.fail_on or "consent"], FAIL_ON, "severity")[0]
    packs = use_cases.packs(choice_of(settings, rules, select, ignore, None))
    if Path(folder).suffix in LINES and not Path(folder).is_dir():
        if backend != "local" or memory is not None:
            sentence = "`--backend` and `--memory` are for the folder of a portfolio"
            raise UsageError.of(
                "only-for-a-folder", sentence, None, "make one of the file with `clauses portfolio ingest`"
            )
        found = _check_lines(folder, packs, as_of, output, jobs, quiet)
    else:
        if as_of is not None:
            sentence = "the day of a portfolio is set when it is made"
            raise UsageError.of("day-is-set", sentence, None, "make another with `clauses portfolio ingest --as-of`")
        on = _backend(backend, jobs, memory, spark_master, spark_conf)
        found = _check_folder(folder, packs, on, output, quiet)
    _say_what_bears(packs, found.as_of, quiet)
    write(report.of_check(found, printable(folder), format, ink_for(color, None)), None, format, False)
    if output is not None:
        say(f"{found.counts.findings:,} rows are in {output}", quiet)
    if found.rejects:
        where = f"are in {output}.rejects.jsonl" if output else "are written where `--output` names a file"
        say(f"the records that could not be read {where}, with the reasons", quiet)
    raise typer.Exit(_exit_code(found, packs, threshold, settings.strict if strict is None else strict))


def _check_folder(folder: str, packs: list[RulePack], where: Any, output: str | None, quiet: bool) -> Any:
    with needs("portfolio", WHAT):
        from clauses.portfolio.check import check
        from clauses.portfolio.store import open_portfolio

    opened = open_portfolio(folder)
    with _progress("agreements", quiet) as tell:
        return check(opened, packs, output=output, backend=where, progress=tell)


def _check_lines(
    file: str, packs: list[RulePack], as_of: str | None, output: str | None, jobs: int | None, quiet: bool
) -> Any:
    with needs("portfolio", WHAT):
        from clauses.portfolio.lines_check import check_lines

    with _progress("bytes", quiet) as tell:
        return check_lines(file, packs, as_of=day_of(as_of), output=output, jobs=jobs, progress=tell)


def _backend(name: str, jobs: int | None, memory: str | None, master: str | None, settings: list[str] | None) -> Any:
    with needs("portfolio", WHAT):
        from clauses.portfolio.backends import Backend

    if name == "spark":
        with needs("spark", "the backend `spark`"):
            import clauses.portfolio.spark  # noqa: F401
    elif master is not None or settings:
        raise UsageError.of("only-for-spark", "`--spark-master` and `--spark-conf` need `--backend spark`")
    pairs = {}
    for setting in settings or ():
        key, equals, value = setting.partition("=")
        if not equals or not key:
            raise UsageError.of("not-a-setting", f"`{setting}` is not a setting", None, "write KEY=VALUE")
        pairs[key] = value
    return Backend(name, jobs, size_of(memory), master, pairs)


def size_of(text: str | None) -> int | None:
    """A size in bytes, from such words as `1GB`, `512MB` or `2GiB`. Raises UsageError where it is none."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,12})\s*([kmg]?i?)b?", text.strip().lower())
    if not found or found[2] not in _UNITS:
        raise UsageError.of("not-a-size", f"`{text}` is not a size", None, "write `512MB` or `4GB`")
    return int(found[1]) * _UNITS[found[2]]


def _say_what_bears(packs: list[RulePack], as_of: Any, quiet: bool) -> None:
    for pack in packs:
        if pack.left_out:
            say(f"{pack.left_out} rules of the pack {pack.name} were not selected and did not run", quiet)
        for parameter, dated in pack.overdue(as_of) if as_of else ():
            sentence = f"the parameter `{parameter.name}` should have been verified by {dated.verify_by}"
            say(f"{dated.place}: {sentence}", quiet)


def _exit_code(found: Any, packs: list[RulePack], threshold: str, strict: bool) -> int:
    """As of a review: 1 for breaches from a severity on, 3 for what cannot be told and nothing worse."""
    if threshold == "never":
        return 0
    counted = [found.counts.severities.get(name) for name in FAIL_ON[: FAIL_ON.index(threshold) + 1]]
    breached = any(count and count.breached for count in counted)
    # An agreement that breaches one rule of a severity may be open under another: the rules tell.
    severe = {rule.id for pack in packs for rule in pack.rules if FAIL_ON.index(rule.severity) < len(counted)}
    is_open = any(count.undetermined for rule, count in found.counts.rules.items() if rule in severe)
    if breached or (strict and is_open):
        return FINDINGS
    return UNDETERMINED if is_open else 0


@portfolio_app.command()
def impact(
    old: Annotated[str, typer.Argument(help="The pack as it is: a folder, or a built-in one.", metavar="OLD-PACK")],
    new: Annotated[str, typer.Argument(help="The pack as it would be.", metavar="NEW-PACK")],
    folder: Folder,
    output: Rows = None,
    format: OneFormat = "text",
    jobs: Jobs = None,
    memory: Memory = None,
    backend: WhereTo = "local",
    spark_master: SparkMaster = None,
    spark_conf: SparkSettings = None,
    color: Color = "auto",
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 1 where an agreement is touched.")] = False,
    quiet: Quiet = False,
) -> None:
    """Say which agreements come out otherwise under other rules, and why.

    clauses portfolio impact rules-2025 rules-2026 deals -o touched.csv
    """
    with needs("portfolio", WHAT):
        from clauses.portfolio import report
        from clauses.portfolio.impact import impact as compare
        from clauses.portfolio.store import open_portfolio

    checked([format], report.FORMATS, "format")
    before, after = (use_cases.packs(use_cases.Choice(rules=(name,)))[0] for name in (old, new))
    where = _backend(backend, jobs, memory, spark_master, spark_conf)
    opened = open_portfolio(folder)
    with _progress("agreements", quiet) as tell:
        found = compare(before, after, opened, output=output, backend=where, progress=tell)
    write(report.of_impact(found, printable(folder), format, ink_for(color, None)), None, format, False)
    if output is not None:
        say(f"the agreements are in {output}", quiet)
    if exit_code and found.rules:
        raise typer.Exit(FINDINGS)


@portfolio_app.command(name="compile")
def compile_pack(
    as_of: Annotated[str, typer.Option("--as-of", help="The day whose parameters hold.", metavar="DATE")],
    rules: Rules = None,
    dialect: Annotated[
        str,
        typer.Option("--dialect", help="duckdb, spark, snowflake, bigquery or postgres.", metavar="NAME"),
    ] = "duckdb",
    select: Select = None,
    ignore: Ignore = None,
    output: OneOutput = None,
    config: Config = None,
) -> None:
    """Print the rules as SQL over the tables of a portfolio, each part under its rule's id.

    clauses portfolio compile -r partnership --as-of 2025-07-01 --dialect snowflake -o rules.sql
    """
    with needs("portfolio", "rules as SQL"):
        from clauses.engines.columnar.plan import script

    settings = configuration.find_settings(config)
    day = use_cases.day(as_of)
    packs = use_cases.packs(choice_of(settings, rules, select, ignore, None))
    write("\n".join(script(pack, pack.parameters_at(day), dialect) for pack in packs), output, "text", False)


@portfolio_app.command()
def ingest(
    sources: Annotated[
        list[str],
        typer.Argument(
            help="Files of records or agreements (.jsonl, .json, .yaml, .parquet, .csv, .xlsx), or folders of them.",
            metavar="SOURCE...",
        ),
    ],
    output: Annotated[str, typer.Option("-o", "--output", help="The folder to make.", metavar="FOLDER")],
    as_of: Annotated[str, typer.Option("--as-of", help="The day of the portfolio.", metavar="DATE")],
    mapping: Annotated[
        str | None,
        typer.Option("--mapping", help="For tables: a mapping file, or `cuad`.", metavar="FILE|NAME"),
    ] = None,
    partition: Annotated[
        int, typer.Option("--partition", help="How many agreements to a partition.", metavar="NUMBER", min=1)
    ] = 50_000,
    jobs: Jobs = None,
    format: OneFormat = "text",
    fail_on_rejects: Annotated[
        bool, typer.Option("--fail-on-rejects", help="Exit 1 where a record could not be read.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Take agreements in: make a portfolio of them, as of a day. What cannot be read goes to its rejects.jsonl.

    clauses portfolio ingest records.jsonl -o deals --as-of 2025-07-01

    clauses portfolio ingest abstracts.csv --mapping cuad -o deals --as-of 2025-07-01
    """
    with needs("portfolio", WHAT):
        from clauses.portfolio import report
        from clauses.portfolio.backends import cores
        from clauses.portfolio.ingest import ingest as take_in

    checked([format], report.FORMATS, "format")

    with _progress("records", quiet) as tell:
        day, at_once = use_cases.day(as_of), jobs or cores()
        found = take_in(sources, output, day, mapping=mapping, jobs=at_once, partition=partition, progress=tell)
    write(report.of_ingest(found, printable(output), format), None, format, False)
    if fail_on_rejects and found.rejects:
        raise typer.Exit(FINDINGS)


# --- progress


@contextlib.contextmanager
def _progress(word: str, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error with the rate and the time left, where that is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        """How much a second."""

        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:,.0f} {word}/s" if speed else "")

    columns = [BarColumn(), TextColumn("{task.completed:,.0f} of {task.total:,.0f}"), Rate(), TimeRemainingColumn()]
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(word, total=None)
        before: list[int] = []

        def tell(done: int, total: int) -> None:
            if not before:  # what an earlier run did is no work of this one, and no part of its rate
                before.append(done)
                shown.reset(task, total=total - done)
            shown.update(task, completed=done - before[0])

        yield tell
