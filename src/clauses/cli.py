"""The command line. It alone reads the clock, prints, and knows exit codes.

0   nothing at or above `--fail-on`
1   findings, failed tests, defects, or a difference that was asked about
2   the call, the input, a pack or the configuration is wrong
3   undetermined, and nothing worse
"""

from __future__ import annotations

import datetime
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clauses import configuration, use_cases
from clauses.errors import ClausesError, Disagreement, UsageError, did_you_mean
from clauses.extras import needs
from clauses.source import printable
from clauses.yaml_nodes import read_data, reason

if TYPE_CHECKING:
    from clauses.review.output.ink import Ink
    from clauses.review.review import Examined
    from clauses.terms.values import Date

MAXIMUM_MEMO = 60 * 1024 * 1024
"""How large a memo that is verified may be, in bytes."""

FINDINGS, WRONG, UNDETERMINED = 1, 2, 3
FAIL_ON = configuration.FAIL_ON
PEOPLE_FORMATS = ("text", "concise", "markdown")


class Commands(typer.core.TyperGroup):
    """The commands; `memo verify` is one of them, and `memo` beside it another."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the first words name."""
        two_words = " ".join(args[:2])
        return super().resolve_command(ctx, [two_words, *args[2:]] if two_words in self.commands else args)


app = typer.Typer(
    name="clauses",
    cls=Commands,
    help="Reviews a term sheet against the agreement in force, and says why.\n\n"
    "Try: clauses check examples/microsoft-openai/term-sheets/oracle-stargate-capacity.yaml",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
new_app = typer.Typer(help="Make a new rule.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(new_app, name="new")

Sheets = Annotated[
    list[str], typer.Argument(help="Term sheets, folders of them, or - for standard input.", metavar="SHEET...")
]
Sheet = Annotated[str, typer.Argument(help="A term sheet, or - for standard input.", metavar="SHEET")]
Rules = Annotated[
    list[str] | None,
    typer.Option(
        "-r", "--rules", help="A rule pack: a folder, or the name of a built-in one. Repeatable.", metavar="PATH"
    ),
]
AgreementFile = Annotated[
    str | None,
    typer.Option("--agreement", help="The agreement, if not the one that the term sheet names.", metavar="FILE"),
]
AsOf = Annotated[
    str | None, typer.Option("--as-of", help="The day of the review, if not the term sheet's date.", metavar="DATE")
]
KnownOn = Annotated[
    str | None, typer.Option("--known-on", help="Leave out amendments signed after this day.", metavar="DATE")
]
Select = Annotated[
    list[str] | None, typer.Option("--select", help="Only these rules or tags. Repeatable.", metavar="ID|TAG")
]
Ignore = Annotated[
    list[str] | None, typer.Option("--ignore", help="Not these rules or tags. Repeatable.", metavar="ID|TAG")
]
Format = Annotated[
    list[str] | None,
    typer.Option(
        "-f",
        "--format",
        help="text, concise, json, jsonl, sarif, junit, github or markdown. Repeatable.",
        metavar="FORMAT",
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "-o", "--output", help="Write to a file; with several formats, its name without ending.", metavar="FILE"
    ),
]
FailOn = Annotated[
    str | None,
    typer.Option(
        "--fail-on",
        help="Exit 1 for findings from this severity on: conflict, consent, flag, note or never.  [default: consent]",
        metavar="SEVERITY",
    ),
]
Strict = Annotated[bool | None, typer.Option("--strict", help="Treat what cannot be told as a finding.")]
Engine = Annotated[
    str | None,
    typer.Option("--engine", help="both (they must agree), rete or reference.  [default: both]", metavar="NAME"),
]
Config = Annotated[
    str | None,
    typer.Option("--config", help="The configuration file, if not the nearest clauses.toml.", metavar="FILE"),
]
Color = Annotated[str, typer.Option("--color", help="auto, always or never.", metavar="WHEN")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print nothing but what was asked for.")]
TemplatesFolder = Annotated[
    str | None, typer.Option("--templates", help="A folder whose files stand in for ours, file by file.", metavar="DIR")
]
OneFormat = Annotated[str, typer.Option("-f", "--format", help="text or json.", metavar="FORMAT")]


@app.callback(invoke_without_command=True)
def top(version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False) -> None:
    """Reviews a term sheet against the agreement in force, and says why."""
    if version:
        from importlib.metadata import version as installed

        print(f"clauses {installed('clauses')}")
        raise typer.Exit


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
        typer.Option("--memo", help="Write the memo of a single term sheet too: FILE.html or FILE.md.", metavar="FILE"),
    ] = None,
) -> None:
    """Review term sheets against the agreement in force.

    clauses check term-sheets/*.yaml -f concise

    clauses check sheet.yaml --memo memo.html

    clauses check sheet.yaml -f sarif -o findings.sarif --fail-on conflict
    """
    from clauses.review import output as outputs

    settings = configuration.find_settings(config)
    formats = _known(format or ["text"], outputs.FORMATS, "format")
    threshold = _known([fail_on or settings.fail_on or "consent"], FAIL_ON, "severity")[0]
    choice = _choice(settings, rules, select, ignore, engine)
    found, remark = use_cases.examine(
        sheets, choice, agreement or settings.agreement, _day(as_of), _day(known_on), _progress(len(sheets), "reviewed")
    )
    _say(remark, quiet)
    _say_what_bears(found, quiet)
    for name in formats:
        text = outputs.render(name, found, _ink(color, output, verbose))
        if output is None and len(formats) > 1 and not quiet:
            print(f"--- {name}", file=sys.stderr)
        _write(text, output, name, len(formats) > 1)
    if memo is not None:
        _write_memos(found, memo, None, settings.templates, quiet)
    raise typer.Exit(_exit_code(found, threshold, settings.strict if strict is None else strict))


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
) -> None:
    """Say why each rule found what it did; with --rule, also why one did not.

    clauses explain sheet.yaml --rule compute-outside-the-exclusive-cloud
    """
    from clauses.review.finding import as_data
    from clauses.review.output import explanation
    from clauses.review.why import explain as why

    settings = configuration.find_settings(config)
    _known([format], ("text", "json"), "format")
    choice = _choice(settings, rules, select, ignore, engine)
    (examined,), remark = use_cases.examine(
        [sheet], choice, agreement or settings.agreement, _day(as_of), _day(known_on)
    )
    _say(remark, quiet)
    known = [one.id for run in examined.runs for one in run.pack.rules]
    _known(rule or [], known, "rule")
    found = why(examined, rule or [])
    text = (
        _json(as_data(found)) if format == "json" else explanation.render(examined, found, _ink(color, output), whole)
    )
    _write(text, output, format, False)


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
    """Write the compliance memo of a term sheet.

    clauses memo sheet.yaml -o memo.html

    clauses memo sheet.yaml -o memo -f docx -f pdf --templates our-house
    """
    settings = configuration.find_settings(config)
    choice = _choice(settings, rules, select, ignore, engine)
    found, remark = use_cases.examine([sheet], choice, agreement or settings.agreement, _day(as_of), _day(known_on))
    _say(remark, quiet)
    _write_memos(found, output, format, templates or settings.templates, quiet)


@app.command()
def redline(
    sheet: Sheet,
    output: Annotated[
        str | None, typer.Option("-o", "--output", help="The Word document to write, FILE.docx.", metavar="FILE")
    ] = None,
    templates: Annotated[
        str | None, typer.Option("--templates", help="A folder whose files replace those of the house.", metavar="DIR")
    ] = None,
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
    """
    with needs("word", "a redline"):
        from clauses.memo.word.redline import write_redline

    _check_word_output(output, "a redline")
    settings = configuration.find_settings(config)
    choice = _choice(settings, rules, select, ignore, engine)
    found, remark = use_cases.examine([sheet], choice, agreement or settings.agreement, _day(as_of), _day(known_on))
    if len(found) != 1:
        raise UsageError.of("one-redline", f"a redline is about one term sheet, and {len(found)} are named")
    _say(remark, quiet)
    _say_what_bears(found, quiet)
    folder = templates or settings.templates
    _write(write_redline(found[0], Path(folder) if folder else None), output, "docx", False)
    if output not in (None, "-") and not quiet:
        print(f"the redline is in {output}", file=sys.stderr)


def _check_word_output(output: str | None, what: str) -> None:
    """A Word document goes to a file that says so, or to another program; a terminal cannot show it."""
    if output is None and sys.stdout is not None and sys.stdout.isatty():
        sentence = f"{what} is a Word document, which a terminal cannot show"
        raise UsageError.of("cannot-write", sentence, None, f"name a file with `--output {what.split()[-1]}.docx`")
    if output not in (None, "-") and Path(str(output)).suffix.lower() != ".docx":
        sentence = f"{what} is a Word document, and `{output}` does not end in `.docx`"
        raise UsageError.of("unknown-format", sentence)


@app.command(name="memo verify")
def memo_verify(
    file: Annotated[str, typer.Argument(help="A memo: HTML, Markdown, Word or PDF.", metavar="MEMO")],
    sheet: Sheet,
    templates: TemplatesFolder = None,
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
) -> None:
    """Write a memo anew from its inputs, and say which words and numbers differ.

    clauses memo verify memo.pdf sheet.yaml
    """
    from clauses.memo import report
    from clauses.memo.verify import verify_memo
    from clauses.review.finding import as_data

    _known([format], ("text", "json"), "format")
    settings = configuration.find_settings(config)
    choice = _choice(settings, rules, select, ignore, engine)
    data = read_data(file, limit=MAXIMUM_MEMO)
    (examined,), remark = use_cases.examine(
        [sheet], choice, agreement or settings.agreement, _day(as_of), _day(known_on)
    )
    _say(remark, quiet)
    folder = templates or settings.templates
    found = verify_memo(data, file, examined, Path(folder) if folder else None)
    as_json = {**as_data(found), "unchanged": found.unchanged}
    text = _json(as_json) if format == "json" else report.verification(found, file, _ink(color, output))
    _write(text, output, format, False)
    if not found.unchanged:
        raise typer.Exit(FINDINGS)


@app.command(name="templates")
def list_templates(
    file: Annotated[
        str | None, typer.Argument(help="Print this file, to be changed in a folder of your own.", metavar="FILE")
    ] = None,
    templates: TemplatesFolder = None,
    format: OneFormat = "text",
    output: Output = None,
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

    _known([format], ("text", "json"), "format")
    folder = templates or configuration.find_settings(config).templates
    house = Path(folder) if folder else None
    if file is not None:
        _write(template_file(file, house), output, format, False)
        return
    used = used_templates(house)
    text = _json(as_data(used)) if format == "json" else report.templates_table(used, _ink(color, output))
    _write(text, output, format, False)


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

    _known([format], ("text", "json"), "format")
    settings = configuration.find_settings()
    world = use_cases.deal_as_of(file, agreement or settings.agreement, _day(as_of), _day(known_on), _today())
    found = clauses_in_force(world)
    if format == "json":
        data = {"as_of": str(world.as_of), "agreement": world.agreement.id, "clauses": as_data(found)}
        _write(_json(data), output, format, False)
    else:
        _write(terms_table.render(world, found, _ink(color, output)), output, format, False)


@app.command()
def diff(
    first: Annotated[str, typer.Argument(help="A term sheet.", metavar="SHEET")],
    second: Annotated[str, typer.Argument(help="Another, for the same agreement.", metavar="OTHER")],
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 1 where they differ.")] = False,
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
    """Compare two term sheets: what each would leave in force, and what the rules find.

    clauses diff first-draft.yaml second-draft.yaml
    """
    from clauses.review.output import difference

    _known([format], ("text", "json"), "format")
    settings = configuration.find_settings(config)
    choice = _choice(settings, rules, select, ignore, engine)
    base = agreement or settings.agreement
    (one, other), remark = use_cases.examine([first, second], choice, base, _day(as_of))
    if one.deal.agreement.sha256 != other.deal.agreement.sha256:
        raise UsageError.of("different-agreements", "the two term sheets would change different agreements")
    _say(remark, quiet)
    data = difference.compare(one, other)
    text = _json(data) if format == "json" else difference.render(data, _ink(color, output))
    _write(text, output, format, False)
    if exit_code and difference.differs(data):
        raise typer.Exit(FINDINGS)


Packs = Annotated[
    list[str] | None,
    typer.Argument(help="Rule packs: folders, or names of built-in ones.  [default: partnership]", metavar="PACK..."),
]


@app.command()
def lint(
    packs: Packs = None,
    format: Annotated[
        str, typer.Option("-f", "--format", help="text, concise, json or github.", metavar="FORMAT")
    ] = "text",
    output: Output = None,
    as_of: AsOf = None,
    config: Config = None,
) -> None:
    """Check rule packs: every rule reads, has examples and authority, and its parameters are not overdue.

    clauses lint rules/partnership
    """
    from clauses.review import pack_lint

    _known([format], ("text", "concise", "json", "github"), "format")
    settings = configuration.find_settings(config)
    found = use_cases.packs(use_cases.Choice(rules=tuple(packs or settings.rules)))
    day = _day(as_of) or _today()
    defects = [defect for pack in found for defect in pack_lint.lint(pack, day)]
    _write(pack_lint.render(defects, found, day, format), output, format, False)
    if defects:
        raise typer.Exit(FINDINGS)


@app.command(name="test")
def test_packs(
    packs: Packs = None,
    threshold: Annotated[
        int, typer.Option("--threshold", help="Exit 1 below this coverage in percent.", min=0, max=100)
    ] = 0,
    coverage: Annotated[bool, typer.Option("--coverage", help="List what no example shows.")] = False,
    select: Select = None,
    ignore: Ignore = None,
    format: Annotated[str, typer.Option("-f", "--format", help="text, json or junit.", metavar="FORMAT")] = "text",
    output: Output = None,
    engine: Engine = None,
    config: Config = None,
    color: Color = "auto",
    quiet: Quiet = False,
) -> None:
    """Run the examples that rules carry, on both engines, and measure what they cover.

    clauses test rules/partnership --coverage --threshold 90
    """
    from clauses.engines import registry
    from clauses.review.output import pack_report
    from clauses.review.pack_tests import run_examples

    _known([format], ("text", "json", "junit"), "format")
    settings = configuration.find_settings(config)
    choice = _choice(settings, packs, select, ignore, engine)
    names, remark = use_cases.engines(choice)
    _say(remark, quiet)
    found = use_cases.packs(choice)
    tell = _progress(sum(len(pack.rules) for pack in found), "rules tested")
    runs = [(pack, *run_examples(pack, [registry.engine(name) for name in names], progress=tell)) for pack in found]
    if not any(results for _, results, _ in runs):
        raise UsageError.of("nothing-selected", "no example is selected, so nothing was tested")
    text = pack_report.render(runs, format, coverage, _ink(color, output))
    _write(text, output, format, False)
    failed = any(not result.passed for _, results, _ in runs for result in results)
    if failed or any(seen.percentage() < threshold for _, _, seen in runs):
        raise typer.Exit(FINDINGS)


@app.command()
def rule(
    id: Annotated[str | None, typer.Argument(help="The id of a rule.", metavar="ID")] = None,
    all_rules: Annotated[bool, typer.Option("--all", help="Every rule of the packs.")] = False,
    rules: Rules = None,
    format: Annotated[str, typer.Option("-f", "--format", help="text, markdown or json.", metavar="FORMAT")] = "text",
    output: Output = None,
    config: Config = None,
    color: Color = "auto",
) -> None:
    """Print a rule as it reads, and in plain English.

    clauses rule compute-outside-the-exclusive-cloud
    """
    from clauses.review.output import rule_page

    _known([format], ("text", "markdown", "json"), "format")
    settings = configuration.find_settings(config)
    found = use_cases.packs(_choice(settings, rules, None, None, None))
    known = {one.id: (pack, one) for pack in found for one in pack.rules}
    if not all_rules and id is None:
        raise UsageError.of("nothing-selected", "no rule is named", None, "name a rule, or use `--all`")
    chosen = list(known.values()) if all_rules else [known[one] for one in _known([id or ""], list(known), "rule")]
    _write(rule_page.render(chosen, format, _ink(color, output)), output, format, False)


@app.command()
def schema(
    name: Annotated[
        str | None,
        typer.Argument(
            help="agreement, term-sheet, rule, pack, review; or kinds for a list of clause kinds.", metavar="NAME"
        ),
    ] = None,
    output: Output = None,
) -> None:
    """Print a JSON Schema, for editors and other programs.

    clauses schema term-sheet -o term-sheet.schema.json
    """
    from clauses.review.output import rule_page

    known = use_cases.schemas()
    if name is None:
        raise UsageError.of("nothing-selected", "no schema is named", None, f"one of: {', '.join([*known, 'kinds'])}")
    _known([name], [*known, "kinds"], "schema")
    _write(rule_page.kinds() if name == "kinds" else _json(known[name]()), output, "json", False)


@app.command()
def form(
    agreement: Annotated[str, typer.Argument(help="The agreement that would be changed.", metavar="AGREEMENT")],
    output: Annotated[
        str | None, typer.Option("-o", "--output", help="The Word document to write, FILE.docx.", metavar="FILE")
    ] = None,
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

    _check_word_output(output, "a form")
    kinds = _known(add, [*KINDS, "all"], "kind") if add else None
    if kinds and "all" in kinds:
        kinds = sorted(KINDS)
    folder = templates or configuration.find_settings(config).templates
    data = use_cases.form(
        agreement, sheet, _day(as_of), kinds, clause or (), Path(folder) if folder else None, today=_today()
    )
    _write(data, output, "docx", False)
    if output not in (None, "-") and not quiet:
        print(f"the form is in {output}", file=sys.stderr)


@app.command()
def init(folder: Annotated[str, typer.Argument(help="The folder to make.", metavar="FOLDER")]) -> None:
    """Make a folder for a new deal: an agreement, a first term sheet, a pack of your own rules.

    clauses init my-deal && cd my-deal && clauses check term-sheets
    """
    from clauses.review import scaffold

    made = scaffold.new_deal(Path(folder))
    _write("".join(f"{printable(str(file))}\n" for file in made), None, "text", False)
    print(printable(f"next: cd {folder} && clauses check term-sheets"), file=sys.stderr)


@new_app.command(name="rule")
def new_rule(
    id: Annotated[str, typer.Argument(help="The id of the rule: it names the fault, in kebab-case.", metavar="ID")],
    pack: Annotated[str, typer.Option("--pack", help="The folder of the pack.", metavar="DIR")] = "rules",
) -> None:
    """Make a rule with examples that pass, to be edited.

    clauses new rule supply-without-an-end --pack my-deal/rules
    """
    from clauses.review import scaffold

    _write(f"{printable(str(scaffold.new_rule(id, Path(pack))))}\n", None, "text", False)
    print(printable(f"next: edit it, then run clauses test {pack} --select {id}"), file=sys.stderr)


# --- shared --------------------------------------------------------------------------------------


def _choice(
    settings: configuration.Settings,
    rules: Sequence[str] | None,
    select: Sequence[str] | None,
    ignore: Sequence[str] | None,
    engine: str | None,
) -> use_cases.Choice:
    """The options, and the settings for what no option says."""
    return use_cases.Choice(
        rules=tuple(rules or settings.rules),
        select=tuple(select or settings.select),
        ignore=tuple(ignore or settings.ignore),
        engine=engine or settings.engine or "both",
    )


def _known(names: Sequence[str], known: Sequence[str], what: str) -> list[str]:
    for name in names:
        if name not in known:
            raise UsageError.of(f"unknown-{what}", f"there is no {what} `{name}`", None, did_you_mean(name, known))
    return list(names)


def _today() -> Date:
    from clauses.terms.values import Date

    return Date.of(datetime.date.today())


def _day(text: str | None) -> Date | None:
    return use_cases.day(text) if text is not None else None


def _ink(color: str, output: str | None, verbose: bool = False) -> Ink:
    from clauses.review.output.ink import Ink

    _known([color], ("auto", "always", "never"), "color")
    is_dull = output is not None or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    automatic = not is_dull and sys.stdout is not None and sys.stdout.isatty()
    return Ink(color == "always" or (color == "auto" and automatic), verbose)


def _json(data: Any) -> str:
    from clauses.review.output.common import as_json

    return as_json(data)


def _say(remark: str | None, quiet: bool) -> None:
    if remark and not quiet:
        print(printable(f"note: {remark}"), file=sys.stderr)


def _say_what_bears(found: Sequence[Examined], quiet: bool) -> None:
    """Say what a reader of the result should know: rules that did not run, values that are overdue."""
    said = set()
    for examined in found:
        for run in examined.runs:
            if run.pack.left_out:
                said.add(f"{run.pack.left_out} rules of the pack {run.pack.name} were not selected and did not run")
            for parameter, dated in run.pack.overdue(examined.deal.as_of):
                said.add(
                    f"{dated.place}: the parameter `{parameter.name}` should have been verified by {dated.verify_by}"
                )
    for sentence in sorted(said):
        _say(sentence, quiet)


def _progress(total: int, word: str) -> Callable[[int, int], None]:
    """A line on standard error, on a terminal, once the work takes longer than two seconds."""
    started = datetime.datetime.now()

    def tell(done: int, of: int) -> None:
        seconds = (datetime.datetime.now() - started).total_seconds()
        if sys.stderr.isatty() and seconds > 2:
            end = "\n" if done >= of else ""
            print(f"\r{done} of {of} {word}", end=end, file=sys.stderr, flush=True)

    return tell


_ENDINGS = {"text": "txt", "concise": "concise.txt", "markdown": "md", "junit": "xml", "github": "github.txt"}


def _file_name(output: str, format: str, several: bool) -> str:
    return f"{output}.{_ENDINGS.get(format, format)}" if several else output


def _write(text: str | bytes, output: str | None, format: str, several: bool) -> None:
    if output is None or output == "-":
        _write_out(text)
        return
    path = Path(_file_name(output, format, several))
    try:
        path.write_bytes(_encoded(text))
    except (OSError, ValueError) as error:
        raise UsageError.of("cannot-write", f"`{path}` cannot be written: {reason(error)}") from None


def _encoded(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", errors="backslashreplace")


def _write_out(text: str | bytes) -> None:
    if sys.stdout is None:
        raise UsageError.of("cannot-write", "standard output cannot be written: it is closed")
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(_encoded(text))
        sys.stdout.buffer.flush()
    except OSError as error:
        # Python would fail once more when it flushes standard output at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            sentence = "the reader of the output went away before all of it was written"
            raise UsageError.of("closed-pipe", sentence) from None
        raise UsageError.of("cannot-write", f"standard output cannot be written: {reason(error)}") from None


def _write_memos(
    found: Sequence[Examined], output: str | None, formats: Sequence[str] | None, templates: str | None, quiet: bool
) -> None:
    """Write the memo of one review, in the formats named or the one that the file's ending names."""
    from clauses.memo.memo import FORMATS, write_memo

    if len(found) != 1:
        raise UsageError.of("one-memo", f"a memo is about one term sheet, and {len(found)} are named")
    ending = Path(output).suffix.lstrip(".") if output else ""
    names = _known(formats or [ending or "md"], list(FORMATS), "format")
    for name in names:
        text = write_memo(found[0], name, Path(templates) if templates else None)
        _write(text, output, name, len(names) > 1)
    if output and not quiet:
        written = ", ".join(_file_name(output, name, len(names) > 1) for name in names)
        print(f"the memo is in {written}", file=sys.stderr)


def _exit_code(found: Sequence[Examined], threshold: str, strict: bool) -> int:
    if threshold == "never":
        return 0
    counted = FAIL_ON[: FAIL_ON.index(threshold) + 1]
    statuses = {rule.status for one in found for rule in one.review.rules if rule.severity in counted}
    if "breached" in statuses or (strict and "undetermined" in statuses):
        return FINDINGS
    return UNDETERMINED if "undetermined" in statuses else 0


def main() -> None:
    """Run the command line, and turn everything that can go wrong into a sentence and an exit code."""
    if sys.stderr is None:  # what is meant for it would go to standard output
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        app()
    except ClausesError as error:
        print(error, file=sys.stderr)
        if isinstance(error, Disagreement):
            print("nothing is shown, because the engines do not agree", file=sys.stderr)
        sys.exit(WRONG)
    except (RecursionError, MemoryError):
        print("error[too-large] the input is too large or too deeply nested to be worked on", file=sys.stderr)
        sys.exit(WRONG)
    except Exception as error:  # the last net: a defect of ours must not print a traceback over the user's work
        if os.environ.get("CLAUSES_DEBUG"):
            raise
        kind = type(error).__name__
        print(f"error[internal] clauses failed ({kind}); this is a defect of ours: please report it", file=sys.stderr)
        print("  = set CLAUSES_DEBUG=1 to see where", file=sys.stderr)
        sys.exit(WRONG)


if __name__ == "__main__":
    main()
