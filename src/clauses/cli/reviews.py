"""Commands about term sheets: check, explain, terms, diff."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from clauses import configuration, proving_packs, use_cases
from clauses.cli.app import (
    AgreementFile,
    AsOf,
    Color,
    Config,
    DigestsOnly,
    Engine,
    FailOn,
    Format,
    Ignore,
    KnownOn,
    LedgerUrl,
    OneFormat,
    Output,
    Quiet,
    Rules,
    Select,
    Sheet,
    Sheets,
    Strict,
    Who,
    app,
)
from clauses.cli.pack_proofs import compare_packs
from clauses.cli.recorded import Keeping
from clauses.cli.shared import (
    FAIL_ON,
    FINDINGS,
    checked,
    choice_of,
    day_of,
    exit_code,
    ink_for,
    json_text,
    progress,
    say,
    say_what_bears,
    today,
    write,
    write_memos,
)
from clauses.errors import UsageError


@app.command()
def check(
    sheets: Sheets,
    rules: Rules = None,
    agreement: AgreementFile = None,
    as_of: AsOf = None,
    known_on: KnownOn = None,
    select: Select = None,
    ignore: Ignore = None,
    format: Format = None,
    output: Output = None,
    fail_on: FailOn = None,
    strict: Strict = None,
    engine: Engine = None,
    config: Config = None,
    color: Color = "auto",
    quiet: Quiet = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="List the rules that found nothing, too.")] = False,
    memo: Annotated[
        str | None,
        typer.Option(
            "--memo", help="Write the memo of a single term sheet too: FILE.html, .md, .docx or .pdf.", metavar="FILE"
        ),
    ] = None,
    ledger: LedgerUrl = None,
    who: Who = None,
    digests_only: DigestsOnly = False,
) -> None:
    """Review term sheets against the agreement in force.

    clauses check term-sheets/*.yaml -f concise

    clauses check sheet.yaml --memo memo.html

    clauses check sheet.yaml -f sarif -o findings.sarif --fail-on conflict

    clauses check sheet.yaml --ledger ledger.db
    """
    from clauses.review import output as outputs

    settings = configuration.find_settings(config)
    formats = checked(format or ["text"], outputs.FORMATS, "format")
    threshold = checked([fail_on or settings.fail_on or "consent"], FAIL_ON, "severity")[0]
    choice = choice_of(settings, rules, select, ignore, engine)
    found, remark = use_cases.examine(
        sheets,
        choice,
        agreement or settings.agreement,
        day_of(as_of),
        day_of(known_on),
        progress(len(sheets), "reviewed"),
    )
    say(remark, quiet)
    say_what_bears(found, quiet)
    found = Keeping(ledger, who, digests_only, quiet).recorded(found, settings, choice, day_of(known_on))
    for name in formats:
        text = outputs.render(name, found, ink_for(color, output, verbose))
        if output is None and len(formats) > 1 and not quiet:
            print(f"--- {name}", file=sys.stderr)
        write(text, output, name, len(formats) > 1)
    if memo is not None:
        write_memos(found, memo, None, settings.templates, quiet)
    raise typer.Exit(exit_code(found, threshold, settings.strict if strict is None else strict))


@app.command()
def explain(
    sheet: Sheet,
    rule: Annotated[
        list[str] | None, typer.Option("--rule", help="Explain this rule, whatever it found. Repeatable.", metavar="ID")
    ] = None,
    whole: Annotated[bool, typer.Option("--all", help="Print the whole derivation too.")] = False,
    rules: Rules = None,
    agreement: AgreementFile = None,
    as_of: AsOf = None,
    known_on: KnownOn = None,
    select: Select = None,
    ignore: Ignore = None,
    format: OneFormat = "text",
    output: Output = None,
    engine: Engine = None,
    config: Config = None,
    color: Color = "auto",
    quiet: Quiet = False,
    ledger: LedgerUrl = None,
    who: Who = None,
    digests_only: DigestsOnly = False,
) -> None:
    """Say why each rule found what it did; with --rule, also why one did not.

    clauses explain sheet.yaml --rule compute-outside-the-exclusive-cloud
    """
    from clauses.review.finding import as_data
    from clauses.review.output import explanation
    from clauses.review.why import explain as why

    settings = configuration.find_settings(config)
    checked([format], ("text", "json"), "format")
    choice = choice_of(settings, rules, select, ignore, engine)
    (examined,), remark = use_cases.examine(
        [sheet], choice, agreement or settings.agreement, day_of(as_of), day_of(known_on)
    )
    say(remark, quiet)
    known = [one.id for run in examined.runs for one in run.pack.rules]
    checked(rule or [], known, "rule")
    (examined,) = Keeping(ledger, who, digests_only, quiet).recorded([examined], settings, choice, day_of(known_on))
    found = why(examined, rule or [])
    text = (
        json_text(as_data(found))
        if format == "json"
        else explanation.render(examined, found, ink_for(color, output), whole)
    )
    write(text, output, format, False)


@app.command()
def terms(
    file: Annotated[
        str, typer.Argument(help="An agreement, or a term sheet to see what would be in force with it.", metavar="FILE")
    ],
    agreement: AgreementFile = None,
    as_of: AsOf = None,
    known_on: KnownOn = None,
    format: OneFormat = "text",
    output: Output = None,
    color: Color = "auto",
) -> None:
    """Show what is in force as of a day, each term with its place.

    clauses terms agreement.yaml --as-of 2025-07-01
    """
    from clauses.review.finding import as_data
    from clauses.review.output import terms_table
    from clauses.review.terms_in_force import clauses_in_force

    checked([format], ("text", "json"), "format")
    settings = configuration.find_settings()
    world = use_cases.deal_as_of(file, agreement or settings.agreement, day_of(as_of), day_of(known_on), today())
    found = clauses_in_force(world)
    if format == "json":
        data = {"as_of": str(world.as_of), "agreement": world.agreement.id, "clauses": as_data(found)}
        write(json_text(data), output, format, False)
    else:
        write(terms_table.render(world, found, ink_for(color, output)), output, format, False)


@app.command()
def diff(
    first: Annotated[str, typer.Argument(help="A term sheet, or a rule pack.", metavar="SHEET|PACK")],
    second: Annotated[
        str, typer.Argument(help="Another, for the same agreement; or the new pack.", metavar="OTHER|NEW-PACK")
    ],
    sheets: Annotated[
        list[str] | None,
        typer.Argument(help="With two packs: term sheets to review by both.", metavar="SHEET..."),
    ] = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 1 where they differ.")] = False,
    save: Annotated[
        str | None,
        typer.Option("--save", help="With two packs: write each witness into this folder.", metavar="DIR"),
    ] = None,
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
    """Compare two term sheets: what each would leave in force, and what the rules find. Or two rule packs: which
    rules are stricter, which looser, and whose verdict they change.

    clauses diff first-draft.yaml second-draft.yaml

    clauses diff rules/partnership our-rules term-sheets --as-of 2025-07-01
    """
    from clauses.review.output import difference

    checked([format], ("text", "json"), "format")
    settings = configuration.find_settings(config)
    choice = choice_of(settings, rules, select, ignore, engine)
    base = agreement or settings.agreement
    if _are_packs(first, second, sheets, rules, save):
        compare_packs(first, second, sheets or (), choice, base, as_of, format, output, save, color, exit_code, quiet)
        return
    (one, other), remark = use_cases.examine([first, second], choice, base, day_of(as_of))
    if one.deal.agreement.sha256 != other.deal.agreement.sha256:
        raise UsageError.of("different-agreements", "the two term sheets would change different agreements")
    say(remark, quiet)
    data = difference.compare(one, other)
    text = json_text(data) if format == "json" else difference.render(data, ink_for(color, output))
    write(text, output, format, False)
    if exit_code and difference.differs(data):
        raise typer.Exit(FINDINGS)


def _are_packs(
    first: str, second: str, sheets: Sequence[str] | None, rules: Sequence[str] | None, save: str | None
) -> bool:
    """Whether two packs are to be compared. Raises UsageError for what does not go together."""
    one, other = (proving_packs.is_pack(name) for name in (first, second))
    if one != other:
        pack, sheet = (first, second) if one else (second, first)
        raise UsageError.of(
            "unlike-things", f"`{pack}` is a rule pack, and `{sheet}` is not", None, "name two of a kind"
        )
    if one and rules:
        raise UsageError.of("two-choices", "two packs are compared, and `--rules` names a third")
    if not one and (sheets or save):
        hint = "name two folders with a `pack.yaml`, or two files"
        raise UsageError.of(
            "two-sheets", "two term sheets are compared, and further arguments are for packs", None, hint
        )
    return one
