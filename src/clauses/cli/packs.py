"""Commands about rules: lint, test, rule, schema, init, new rule."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from clauses import configuration, use_cases
from clauses.cli.app import AsOf, Color, Config, Engine, Ignore, Output, Quiet, Rules, Select, app, new_app
from clauses.cli.shared import FINDINGS, checked, choice_of, day_of, ink_for, json_text, progress, say, today, write
from clauses.errors import UsageError
from clauses.source import printable

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

    checked([format], ("text", "concise", "json", "github"), "format")
    settings = configuration.find_settings(config)
    found = use_cases.packs(use_cases.Choice(rules=tuple(packs or settings.rules)))
    day = day_of(as_of) or today()
    defects = [defect for pack in found for defect in pack_lint.lint(pack, day)]
    write(pack_lint.render(defects, found, day, format), output, format, False)
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

    checked([format], ("text", "json", "junit"), "format")
    settings = configuration.find_settings(config)
    choice = choice_of(settings, packs, select, ignore, engine)
    names, remark = use_cases.engines(choice)
    say(remark, quiet)
    found = use_cases.packs(choice)
    tell = progress(sum(len(pack.rules) for pack in found), "rules tested")
    runs = [(pack, *run_examples(pack, [registry.engine(name) for name in names], progress=tell)) for pack in found]
    if not any(results for _, results, _ in runs):
        raise UsageError.of("nothing-selected", "no example is selected, so nothing was tested")
    text = pack_report.render(runs, format, coverage, ink_for(color, output))
    write(text, output, format, False)
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

    checked([format], ("text", "markdown", "json"), "format")
    settings = configuration.find_settings(config)
    found = use_cases.packs(choice_of(settings, rules, None, None, None))
    known = {one.id: (pack, one) for pack in found for one in pack.rules}
    if not all_rules and id is None:
        raise UsageError.of("nothing-selected", "no rule is named", None, "name a rule, or use `--all`")
    chosen = list(known.values()) if all_rules else [known[one] for one in checked([id or ""], list(known), "rule")]
    write(rule_page.render(chosen, format, ink_for(color, output)), output, format, False)


@app.command()
def schema(
    name: Annotated[
        str | None,
        typer.Argument(
            help="agreement, term-sheet, position, rule, pack, mapping, review; of what proofs answer resolution, "
            "margins, negotiation, verification; or kinds for a list of clause kinds.",
            metavar="NAME",
        ),
    ] = None,
    all_schemas: Annotated[
        bool, typer.Option("--all", help="Write every schema into the folder that --output names.")
    ] = False,
    output: Output = None,
) -> None:
    """Print a JSON Schema, for editors and other programs; or write all of them into a folder.

    clauses schema term-sheet -o term-sheet.schema.json

    clauses schema --all -o schemas
    """
    from clauses.review.output import rule_page

    known = use_cases.schemas()
    if all_schemas:
        _write_schemas(known, name, output)
        return
    if name is None:
        raise UsageError.of("nothing-selected", "no schema is named", None, f"one of: {', '.join([*known, 'kinds'])}")
    checked([name], [*known, "kinds"], "schema")
    write(rule_page.kinds() if name == "kinds" else json_text(known[name]()), output, "json", False)


def _write_schemas(schemas: Mapping[str, Callable[[], dict[str, Any]]], name: str | None, folder: str | None) -> None:
    """Every schema as a file of a folder, which is made where it is missing; says which cannot be made here."""
    if name is not None:
        raise UsageError.of("two-choices", f"`--all` writes every schema, and `{name}` names one")
    if folder is None or folder == "-":
        hint = "name a folder with `--output`"
        raise UsageError.of("no-folder", "`--all` writes several files, and no folder is named", None, hint)
    for known, make in schemas.items():
        try:
            text = json_text(make())
        except UsageError as error:  # what proofs answer needs the packages of proofs; editors do not need it
            (missing,) = error.problems
            say(f"left out: {missing.sentence}: {missing.hint}", False)
            continue
        path = Path(folder) / f"{known}.schema.json"
        write(text, str(path), "json", False)
        write(f"{printable(str(path))}\n", None, "text", False)


@app.command()
def init(folder: Annotated[str, typer.Argument(help="The folder to make.", metavar="FOLDER")]) -> None:
    """Make a folder for a new deal: an agreement, a first term sheet, a pack of your own rules.

    clauses init my-deal && cd my-deal && clauses check term-sheets
    """
    from clauses.review import scaffold

    made = scaffold.new_deal(Path(folder))
    write("".join(f"{printable(str(file))}\n" for file in made), None, "text", False)
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

    write(f"{printable(str(scaffold.new_rule(id, Path(pack))))}\n", None, "text", False)
    print(printable(f"next: edit it, then run clauses test {pack} --select {id}"), file=sys.stderr)
