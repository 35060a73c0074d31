"""The command line itself: the commands, and the options that they share."""

from __future__ import annotations

from typing import Annotated, Any

import typer


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
OneOutput = Annotated[str | None, typer.Option("-o", "--output", help="Write to a file.", metavar="FILE")]
WordOutput = Annotated[
    str | None, typer.Option("-o", "--output", help="The Word document to write, FILE.docx.", metavar="FILE")
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
    typer.Option(
        "--engine", help="both (they must agree), rete, reference or compiled.  [default: both]", metavar="NAME"
    ),
]
Config = Annotated[
    str | None,
    typer.Option("--config", help="The configuration file, if not the nearest clauses.toml.", metavar="FILE"),
]
Color = Annotated[str, typer.Option("--color", help="auto, always or never.", metavar="WHEN")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print nothing but what was asked for.")]
TemplatesFolder = Annotated[
    str | None,
    typer.Option("--templates", help="A house's folder; its files stand in for ours, one by one.", metavar="DIR"),
]
LedgerUrl = Annotated[
    str | None,
    typer.Option(
        "--ledger",
        help="The ledger: a file, or the URL of a PostgreSQL database.  [default: $CLAUSES_LEDGER, or clauses.toml]",
        metavar="URL",
    ),
]
Who = Annotated[
    str | None,
    typer.Option(
        "--who", help="Who does this, as the ledger will say.  [default: $CLAUSES_WHO, or your login]", metavar="NAME"
    ),
]
DigestsOnly = Annotated[
    bool,
    typer.Option("--digests-only", help="Keep digests of the inputs in the ledger, and no word of them."),
]
OneFormat = Annotated[str, typer.Option("-f", "--format", help="text or json.", metavar="FORMAT")]


@app.callback(invoke_without_command=True)
def top(version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False) -> None:
    """Reviews a term sheet against the agreement in force, and says why."""
    if version:
        from importlib.metadata import version as installed

        print(f"clauses {installed('clauses')}")
        raise typer.Exit
