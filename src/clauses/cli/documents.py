"""Commands that write and read documents: memo, memo verify, redline, form, templates."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clauses import configuration, proving, use_cases
from clauses.cli.app import (
    AgreementFile,
    AsOf,
    Color,
    Config,
    DigestsOnly,
    Engine,
    Ignore,
    KnownOn,
    LedgerUrl,
    OneFormat,
    OneOutput,
    Output,
    Quiet,
    Rules,
    Select,
    Sheet,
    TemplatesFolder,
    Who,
    WordOutput,
    app,
)
from clauses.cli.recorded import Keeping, ledger_url, opened
from clauses.cli.shared import (
    FINDINGS,
    checked,
    choice_of,
    day_of,
    ink_for,
    json_text,
    say,
    say_what_bears,
    today,
    write,
    write_memos,
)
from clauses.errors import UsageError
from clauses.extras import needs
from clauses.yaml_nodes import read_data

if TYPE_CHECKING:
    from clauses.proofs.resolve import Resolution
    from clauses.review.review import Examined
    from clauses.use_cases import Choice

Fixes = Annotated[bool, typer.Option("--fixes", help="Add the smallest changes that would clear the term sheet.")]

MAXIMUM_MEMO = 60 * 1024 * 1024
"""How large a memo that is verified may be, in bytes."""


@app.command()
def memo(
    sheet: Annotated[str, typer.Argument(help="A term sheet, or - for standard input.", metavar="SHEET")],
    format: Annotated[
        list[str] | None,
        typer.Option(
            "-f",
            "--format",
            help="html, md, docx or pdf. Repeatable.  [default: by the ending of --output, else md]",
            metavar="FORMAT",
        ),
    ] = None,
    output: Output = None,
    templates: TemplatesFolder = None,
    fixes: Fixes = False,
    rules: Rules = None,
    agreement: AgreementFile = None,
    as_of: AsOf = None,
    known_on: KnownOn = None,
    select: Select = None,
    ignore: Ignore = None,
    engine: Engine = None,
    config: Config = None,
    quiet: Quiet = False,
    ledger: LedgerUrl = None,
    who: Who = None,
    digests_only: DigestsOnly = False,
) -> None:
    """Write the compliance memo of a term sheet.

    clauses memo sheet.yaml -o memo.html

    clauses memo sheet.yaml -o memo -f docx -f pdf --templates our-house
    """
    if fixes:
        _check_fixes(sheet, known_on)
    for name in format or ():
        check_not_a_terminal(output, "this memo", name)
    settings = configuration.find_settings(config)
    choice = choice_of(settings, rules, select, ignore, engine)
    found, remark = use_cases.examine([sheet], choice, agreement or settings.agreement, day_of(as_of), day_of(known_on))
    say(remark, quiet)
    base = agreement or settings.agreement
    resolution = _resolution(sheet, base, as_of, choice, settings) if fixes else None
    found = Keeping(ledger, who, digests_only, quiet).recorded(found, settings, choice, day_of(known_on))
    write_memos(found, output, format, templates or settings.templates, quiet, resolution)


def _check_fixes(sheet: str, known_on: str | None) -> None:
    if known_on is not None:
        raise UsageError.of("fixes-as-known", "`--fixes` looks at all that is signed: leave out `--known-on`")
    if sheet == "-":
        raise UsageError.of("fixes-of-a-file", "`--fixes` reads the term sheet once more: name its file")


def _resolution(
    sheet: str,
    agreement: str | None,
    as_of: str | None,
    choice: Choice,
    settings: configuration.Settings,
) -> Resolution:
    """What would clear a term sheet, for its memo."""
    with proving.case(sheet, agreement, day_of(as_of), choice) as case:
        return proving.resolved(case, (), settings.weights, "consent")


@app.command(name="memo verify")
def memo_verify(
    file: Annotated[str, typer.Argument(help="A memo: HTML, Markdown, Word or PDF.", metavar="MEMO")],
    sheet: Sheet,
    templates: TemplatesFolder = None,
    fixes: Fixes = False,
    words: Annotated[
        bool, typer.Option("--words", help="Pass a file that another program has saved, if its words are the same.")
    ] = False,
    rules: Rules = None,
    agreement: AgreementFile = None,
    as_of: AsOf = None,
    known_on: KnownOn = None,
    select: Select = None,
    ignore: Ignore = None,
    format: OneFormat = "text",
    output: OneOutput = None,
    engine: Engine = None,
    config: Config = None,
    color: Color = "auto",
    quiet: Quiet = False,
    ledger: LedgerUrl = None,
    entry: Annotated[
        int | None,
        typer.Option(
            "--entry", help="The entry of the ledger, if not the one that the memo names.", metavar="ENTRY", min=1
        ),
    ] = None,
) -> None:
    """Write a memo anew from its inputs, and say which words and numbers differ.

    clauses memo verify memo.pdf sheet.yaml

    clauses memo verify memo.pdf sheet.yaml --ledger ledger.db
    """
    from clauses.memo import report
    from clauses.memo.verify import recorded_in, verify_memo
    from clauses.review.finding import as_data

    checked([format], ("text", "json"), "format")
    if fixes:
        _check_fixes(sheet, known_on)
    settings = configuration.find_settings(config)
    choice = choice_of(settings, rules, select, ignore, engine)
    data = read_data(file, limit=MAXIMUM_MEMO)
    (examined,), remark = use_cases.examine(
        [sheet], choice, agreement or settings.agreement, day_of(as_of), day_of(known_on)
    )
    say(remark, quiet)
    number = entry or recorded_in(data, file)
    if number is not None:
        examined = _as_recorded(examined, number, ledger, settings, quiet)
    folder = templates or settings.templates
    base = agreement or settings.agreement
    resolution = _resolution(sheet, base, as_of, choice, settings) if fixes else None
    found = verify_memo(data, file, examined, Path(folder) if folder else None, resolution)
    unchanged = found.same_file or (words and found.same_words)
    as_json = {**as_data(found), "same_words": found.same_words, "unchanged": unchanged}
    text = json_text(as_json) if format == "json" else report.verification(found, file, ink_for(color, output))
    write(text, output, format, False)
    if not unchanged:
        raise typer.Exit(FINDINGS)


def _as_recorded(
    examined: Examined, number: int, ledger: str | None, settings: configuration.Settings, quiet: bool
) -> Examined:
    """What was examined, as the entry of a ledger has it: with what was accepted by then."""
    if ledger_url(ledger, settings) is None:
        say(f"the memo names entry {number} of a ledger: name it with `--ledger` to compare what was accepted", quiet)
        return examined
    from clauses import recording

    with opened(ledger, settings) as found:
        entry = found.entry(number)
        return replace(recording.as_shown(found, entry, examined), recorded=recording.anchor_of(entry))


@app.command()
def redline(
    sheet: Sheet,
    output: WordOutput = None,
    templates: TemplatesFolder = None,
    comments: Annotated[
        bool,
        typer.Option("--comments/--no-comments", help="With the comments, or without them for the other side."),
    ] = True,
    rules: Rules = None,
    agreement: AgreementFile = None,
    as_of: AsOf = None,
    known_on: KnownOn = None,
    select: Select = None,
    ignore: Ignore = None,
    engine: Engine = None,
    config: Config = None,
    quiet: Quiet = False,
) -> None:
    """Write the terms in force against the term sheet as tracked changes in Word, with the findings as comments.

    clauses redline sheet.yaml -o redline.docx

    clauses redline sheet.yaml -o to-them.docx --no-comments
    """
    with needs("word", "a redline"):
        from clauses.memo.word.redline import write_redline

    check_word_output(output, "a redline")
    settings = configuration.find_settings(config)
    choice = choice_of(settings, rules, select, ignore, engine)
    found, remark = use_cases.examine([sheet], choice, agreement or settings.agreement, day_of(as_of), day_of(known_on))
    if len(found) != 1:
        raise UsageError.of("one-redline", f"a redline is about one term sheet, and {len(found)} are named")
    say(remark, quiet)
    say_what_bears(found, quiet)
    folder = templates or settings.templates
    write(write_redline(found[0], Path(folder) if folder else None, comments), output, "docx", False)
    if output not in (None, "-") and not quiet:
        print(f"the redline is in {output}", file=sys.stderr)


@app.command()
def form(
    agreement: Annotated[str, typer.Argument(help="The agreement that would be changed.", metavar="AGREEMENT")],
    output: WordOutput = None,
    sheet: Annotated[
        str | None, typer.Option("--sheet", help="A term sheet with which to fill the form in.", metavar="SHEET")
    ] = None,
    add: Annotated[
        list[str] | None,
        typer.Option(
            "--add",
            help="A kind of clause that can be added, or all. Repeatable.  [default: the usual ones]",
            metavar="KIND",
        ),
    ] = None,
    clause: Annotated[
        list[str] | None,
        typer.Option("--clause", help="Only this clause in force. Repeatable.  [default: all]", metavar="ID"),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            help="The day whose terms are shown.  [default: the date of --sheet, else today]",
            metavar="DATE",
        ),
    ] = None,
    templates: TemplatesFolder = None,
    config: Config = None,
    quiet: Quiet = False,
) -> None:
    """Write a term sheet as a form in Word, to be filled in; every command that takes a term sheet reads it.

    clauses form agreement.yaml -o form.docx && clauses check form.docx
    """
    from clauses.terms.kinds import KINDS

    check_word_output(output, "a form")
    kinds = checked(add, [*KINDS, "all"], "kind") if add else None
    if kinds and "all" in kinds:
        kinds = sorted(KINDS)
    folder = templates or configuration.find_settings(config).templates
    data = use_cases.form(
        agreement, sheet, day_of(as_of), kinds, clause or (), Path(folder) if folder else None, today=today()
    )
    write(data, output, "docx", False)
    if output not in (None, "-") and not quiet:
        print(f"the form is in {output}", file=sys.stderr)


def check_word_output(output: str | None, what: str) -> None:
    """A Word document goes to a file that says so, or to another program."""
    check_not_a_terminal(output, what, "docx")
    if output not in (None, "-") and Path(str(output)).suffix.lower() != ".docx":
        sentence = f"{what} is a Word document, and `{output}` does not end in `.docx`"
        raise UsageError.of("unknown-format", sentence)


def check_not_a_terminal(output: str | None, what: str, format: str) -> None:
    """A document of Word or a PDF goes to a file or to another program; a terminal cannot show it."""
    sorts = {"docx": "a Word document", "pdf": "a PDF"}
    if output is None and format in sorts and sys.stdout is not None and sys.stdout.isatty():
        sentence = f"{what} is {sorts[format]}, which a terminal cannot show"
        raise UsageError.of("cannot-write", sentence, None, f"name a file with `--output {what.split()[-1]}.{format}`")


@app.command(name="templates")
def list_templates(
    file: Annotated[
        str | None, typer.Argument(help="Print this file, to be changed in a folder of your own.", metavar="FILE")
    ] = None,
    templates: TemplatesFolder = None,
    format: OneFormat = "text",
    output: OneOutput = None,
    config: Config = None,
    color: Color = "auto",
) -> None:
    """List the files that a memo is made from, whose each is, and their digests; or print one of them.

    clauses templates --templates our-house

    clauses templates memo/labels.toml -o our-house/memo/labels.toml
    """
    from clauses.memo import report
    from clauses.memo.memo import template_file, used_templates
    from clauses.review.finding import as_data

    checked([format], ("text", "json"), "format")
    folder = templates or configuration.find_settings(config).templates
    house = Path(folder) if folder else None
    if file is not None:
        write(template_file(file, house), output, format, False)
        return
    used = used_templates(house)
    text = json_text(as_data(used)) if format == "json" else report.templates_table(used, ink_for(color, output))
    write(text, output, format, False)
