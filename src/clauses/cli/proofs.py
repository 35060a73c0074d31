"""Commands that prove something about a term sheet: resolve, margins, negotiate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clauses import configuration, proving
from clauses.cli.app import (
    AgreementFile,
    AsOf,
    Color,
    Config,
    Engine,
    Ignore,
    OneFormat,
    Output,
    Quiet,
    Rules,
    Select,
    Sheet,
    app,
)
from clauses.cli.shared import FINDINGS, UNDETERMINED, checked, choice_of, day_of, ink_for, json_text, say, write
from clauses.errors import UsageError
from clauses.extras import needs

SEVERITIES = configuration.FAIL_ON[:-1]

From = Annotated[
    str | None,
    typer.Option(
        "--fail-on",
        help="What stands in the way: findings from this severity on.  [default: consent]",
        metavar="SEVERITY",
    ),
]


@app.command()
def resolve(
    sheet: Sheet,
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", help="A term (clause.term) or clause that stays as it is. Repeatable.", metavar="TERM"),
    ] = None,
    alternatives: Annotated[
        int, typer.Option("--alternatives", help="How many fixes to find.", min=1, max=20, metavar="N")
    ] = 3,
    write_to: Annotated[
        str | None, typer.Option("--write", help="Write the term sheet with a fix to this file.", metavar="FILE")
    ] = None,
    fix: Annotated[int, typer.Option("--fix", help="Which fix to write.", min=1, metavar="N")] = 1,
    fail_on: From = None,
    rules: Rules = None,
    agreement: AgreementFile = None,
    as_of: AsOf = None,
    select: Select = None,
    ignore: Ignore = None,
    format: OneFormat = "text",
    output: Output = None,
    engine: Engine = None,
    config: Config = None,
    color: Color = "auto",
    quiet: Quiet = False,
) -> None:
    """Find the smallest changes after which nothing stands in the way of a term sheet.

    clauses resolve sheet.yaml

    clauses resolve sheet.yaml --keep oracle-supply.starts --write signable.yaml
    """
    with needs("verify", "resolving a term sheet"):
        from clauses.proofs import report
    from clauses.proofs.written import as_yaml
    from clauses.review.finding import as_data

    checked([format], ("text", "json"), "format")
    settings = configuration.find_settings(config)
    from_settings = settings.fail_on if settings.fail_on in SEVERITIES else None
    threshold = checked([fail_on or from_settings or "consent"], SEVERITIES, "severity")[0]
    choice = choice_of(settings, rules, select, ignore, engine)
    with proving.case(sheet, agreement or settings.agreement, day_of(as_of), choice) as case:
        say(case.remark, quiet)
        found = proving.resolved(case, keep or (), settings.weights, threshold, alternatives)
        name = case.sheet.id
        text = json_text(as_data(found)) if format == "json" else ""
        write(text or report.resolution(found, name, threshold, ink_for(color, output)), output, format, False)
        if write_to is not None and found.fixes:
            if fix > len(found.fixes):
                raise UsageError.of("no-such-fix", f"there is no fix {fix}: {len(found.fixes)} are found")
            chosen = found.fixes[fix - 1]
            write(as_yaml(case.sheet, chosen.edits, chosen.sheet), write_to, "text", False)
            say(f"the term sheet with fix {fix} is in {write_to}", quiet)
            _say_silent_words(report.silent_words(chosen.edits, case.sheet), quiet)
    if not found.is_clear and not found.fixes:
        raise typer.Exit(UNDETERMINED if found.undecided else FINDINGS)


def _say_silent_words(clauses: list[str], quiet: bool) -> None:
    """Say whose words no longer say what the terms say."""
    if clauses:
        say(f"the words of {', '.join(clauses)} still say what they said: bring them into line", quiet)


@app.command()
def margins(
    sheet: Sheet,
    rules: Rules = None,
    agreement: AgreementFile = None,
    as_of: AsOf = None,
    select: Select = None,
    ignore: Ignore = None,
    format: OneFormat = "text",
    output: Output = None,
    engine: Engine = None,
    config: Config = None,
    color: Color = "auto",
    quiet: Quiet = False,
) -> None:
    """Show how far each number and date can move before the verdict changes, and what would decide an open one.

    clauses margins sheet.yaml
    """
    with needs("verify", "finding margins"):
        from clauses.proofs import report
    from clauses.review.finding import as_data

    checked([format], ("text", "json"), "format")
    settings = configuration.find_settings(config)
    choice = choice_of(settings, rules, select, ignore, engine)
    with proving.case(sheet, agreement or settings.agreement, day_of(as_of), choice) as case:
        say(case.remark, quiet)
        found = proving.margins_of(case)
        text = json_text(as_data(found)) if format == "json" else ""
        write(text or report.margins_table(found, case.sheet.id, ink_for(color, output)), output, format, False)
    if found.undecided:
        raise typer.Exit(UNDETERMINED)


@app.command()
def negotiate(
    first: Annotated[str, typer.Argument(help="The position of one side.", metavar="POSITION")],
    second: Annotated[str, typer.Argument(help="The position of the other.", metavar="POSITION")],
    sheet: Annotated[
        str | None, typer.Option("--sheet", help="The draft, if not the one that they name.", metavar="SHEET")
    ] = None,
    write_to: Annotated[
        str | None, typer.Option("--write", help="Write the deal proposed as a term sheet.", metavar="FILE")
    ] = None,
    plot: Annotated[
        tuple[str, str] | None,
        typer.Option("--plot", help="Draw the zone over two terms; with --plot-to.", metavar="TERM TERM"),
    ] = None,
    plot_to: Annotated[
        str | None, typer.Option("--plot-to", help="The SVG file to draw it in.", metavar="FILE")
    ] = None,
    fail_on: From = None,
    rules: Rules = None,
    agreement: AgreementFile = None,
    as_of: AsOf = None,
    select: Select = None,
    ignore: Ignore = None,
    format: OneFormat = "text",
    output: Output = None,
    engine: Engine = None,
    config: Config = None,
    color: Color = "auto",
    quiet: Quiet = False,
) -> None:
    """Say whether two positions leave room for a deal: its terms, or what collides and who would have to give way.

    clauses negotiate positions/microsoft.yaml positions/openai.yaml --write deal.yaml

    clauses negotiate a.yaml b.yaml --plot conversion-equity.stake conversion-equity.floor --plot-to zone.svg
    """
    with needs("verify", "a negotiation"):
        from clauses.proofs import report
        from clauses.proofs.zone import plot as draw
    from clauses.proofs.written import as_yaml
    from clauses.review.finding import as_data

    checked([format], ("text", "json"), "format")
    if (plot is None) != (plot_to is None):
        raise UsageError.of("half-a-plot", "`--plot` and `--plot-to` go together", None, "name two terms and a file")
    settings = configuration.find_settings(config)
    from_settings = settings.fail_on if settings.fail_on in SEVERITIES else None
    threshold = checked([fail_on or from_settings or "consent"], SEVERITIES, "severity")[0]
    choice = choice_of(settings, rules, select, ignore, engine)
    base = agreement or settings.agreement
    draft = Path(sheet) if sheet else None
    with proving.negotiated(first, second, draft, base, day_of(as_of), choice, threshold, plot) as held:
        say(held.case.remark, quiet)
        found = held.negotiation
        text = json_text(as_data(found)) if format == "json" else ""
        write(text or report.negotiation(found, ink_for(color, output)), output, format, False)
        if plot is not None and found.has_zone:
            write(draw(held.table, found, *plot), plot_to, "svg", False)
            say(f"the zone is drawn in {plot_to}", quiet)
        elif plot is not None:
            say(f"nothing is drawn in {plot_to}: no zone was found", quiet)
        if write_to is not None and found.proposal is not None:
            proposal = found.proposal
            write(as_yaml(held.case.sheet, proposal.edits, proposal.sheet), write_to, "text", False)
            say(f"the deal proposed is in {write_to}", quiet)
            _say_silent_words(report.silent_words(proposal.edits, held.case.sheet), quiet)
        elif write_to is not None:
            say(f"nothing is written to {write_to}: there is no deal to propose", quiet)
    if not found.has_zone:
        raise typer.Exit(UNDETERMINED if found.has_zone is None else FINDINGS)
