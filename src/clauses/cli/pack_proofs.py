"""Commands that prove something about rule packs: verify, and the comparison of two packs by diff."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from clauses import configuration, proving_packs, use_cases
from clauses.cli.app import Color, Config, Engine, Ignore, OneFormat, Output, Quiet, Select, app
from clauses.cli.packs import Packs
from clauses.cli.shared import FINDINGS, UNDETERMINED, checked, choice_of, day_of, ink_for, progress, say, today, write
from clauses.extras import needs

Save = Annotated[
    str | None,
    typer.Option("--save", help="Write each witness into this folder, to be reviewed.", metavar="DIR"),
]

Day = Annotated[
    str | None, typer.Option("--as-of", help="The day whose parameters count.  [default: today]", metavar="DATE")
]


@app.command()
def verify(
    packs: Packs = None,
    save: Save = None,
    as_of: Day = None,
    select: Select = None,
    ignore: Ignore = None,
    format: OneFormat = "text",
    output: Output = None,
    engine: Engine = None,
    config: Config = None,
    color: Color = "auto",
    quiet: Quiet = False,
) -> None:
    """Prove that rule packs are sound: no rule that can never fire or always does, none that another makes needless,
    no two that contradict each other, no gap between bands.

    clauses verify rules/partnership --as-of 2025-07-01

    clauses verify my-deal/rules --save witnesses
    """
    with needs("verify", "verifying a pack"):
        from clauses.proofs import report_pack

    checked([format], ("text", "json"), "format")
    settings = configuration.find_settings(config)
    choice = choice_of(settings, packs, select, ignore, engine)
    _, remark = use_cases.engines(choice)
    say(remark, quiet)
    runs = list(proving_packs.verified(choice, day_of(as_of) or today(), progress(0, "rules verified")))
    for _, pack in runs:
        left_out = f"{pack.left_out} rules of the pack {pack.name} were not selected and not verified"
        say(left_out if pack.left_out else None, quiet)
    found = [one for one, _ in runs]
    if save is not None:
        _say_saved(report_pack.save(report_pack.witnesses_of(found), Path(save)), quiet)
    write(report_pack.verification(found, format, ink_for(color, output)), output, format, False)
    if any(one.defects for one in found):
        raise typer.Exit(FINDINGS)
    if any(one.undecided for one in found):
        raise typer.Exit(UNDETERMINED)


def compare_packs(
    old: str,
    new: str,
    sheets: Sequence[str],
    choice: use_cases.Choice,
    agreement: str | None,
    as_of: str | None,
    format: str,
    output: str | None,
    save: str | None,
    color: str,
    exit_code: bool,
    quiet: bool,
) -> None:
    """What `diff` does with two packs."""
    with needs("verify", "comparing packs"):
        from clauses.proofs import report_pack

    _, remark = use_cases.engines(choice)
    say(remark, quiet)
    day = day_of(as_of)
    tell = progress(0, "steps of the comparison")
    found = proving_packs.compared(old, new, sheets, choice, day or today(), day, agreement, tell)
    if save is not None:
        _say_saved(report_pack.save(report_pack.differences_of(found), Path(save)), quiet)
    write(report_pack.comparison(found, format, ink_for(color, output)), output, format, False)
    if exit_code and found.relation == "undecided":
        raise typer.Exit(UNDETERMINED)
    if exit_code and (found.differs or any(sheet.changes_verdict for sheet in found.term_sheets)):
        raise typer.Exit(FINDINGS)


def _say_saved(files: Sequence[Path], quiet: bool) -> None:
    counted = f"{len(files)} witness{'' if len(files) == 1 else 'es'}"
    say(f"{counted} written" + (f", the first as {files[0]}" if files else ""), quiet)
