"""Commands about the ledger: ledger list, show, verify, replay, export, anchor; accept, sign, withdraw, deviations."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clauses import configuration
from clauses.cli import ledger_report as report
from clauses.cli.app import Color, Config, LedgerUrl, OneFormat, OneOutput, Who, app
from clauses.cli.recorded import by, day_here, opened
from clauses.cli.shared import FINDINGS, checked, day_of, ink_for, json_text, progress, write
from clauses.errors import UsageError
from clauses.memo.word import MAXIMUM_FILE
from clauses.review.finding import as_data
from clauses.review.output.common import as_json
from clauses.yaml_nodes import read_data, read_source

if TYPE_CHECKING:
    from clauses.ledger import Anchor, Entry, Ledger

ledger_app = typer.Typer(
    help="What was reviewed, by whom and under which rules; and what was accepted.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(ledger_app, name="ledger")

MAXIMUM_LISTED = 50

Number = Annotated[int, typer.Argument(help="The number of an entry.", metavar="ENTRY", min=1)]
Id = Annotated[str, typer.Argument(help="A deviation, such as D-21.", metavar="DEVIATION")]
Why = Annotated[str, typer.Option("--why", help="The reason.", metavar="TEXT")]


def _listed(format: str) -> bool:
    """Whether JSON is asked for. Raises UsageError for another format than text."""
    return checked([format], ("text", "json"), "format")[0] == "json"


# --- reading


@ledger_app.command(name="list")
def list_entries(
    kind: Annotated[
        str | None,
        typer.Option("--kind", help="Only these: review, deviation, signature or withdrawal.", metavar="KIND"),
    ] = None,
    done_by: Annotated[str | None, typer.Option("--by", help="Only what this person did.", metavar="NAME")] = None,
    limit: Annotated[int, typer.Option("--limit", help="At most so many, the newest.", min=1)] = MAXIMUM_LISTED,
    ledger: LedgerUrl = None,
    format: OneFormat = "text",
    output: OneOutput = None,
    config: Config = None,
    color: Color = "auto",
) -> None:
    """List what was recorded, the newest first.

    clauses ledger list --kind review --ledger ledger.db
    """
    from clauses import recording

    is_json = _listed(format)
    kinds = (recording.REVIEW, recording.DEVIATION, recording.SIGNATURE, recording.WITHDRAWAL)
    checked([kind] if kind else [], kinds, "kind")
    with opened(ledger, configuration.find_settings(config)) as found:
        entries = list(found.entries(kind=kind, who=done_by, limit=limit, newest_first=True))
    ink = ink_for(color, output)
    text = json_text([one.data() for one in entries]) if is_json else "".join(report.line(e, ink) for e in entries)
    write(text, output, format, False)


@ledger_app.command()
def show(
    entry: Number,
    document: Annotated[
        str | None,
        typer.Option(
            "--document", help="Print this document of it: the name of an input, or `review`.", metavar="NAME"
        ),
    ] = None,
    ledger: LedgerUrl = None,
    format: OneFormat = "text",
    output: OneOutput = None,
    config: Config = None,
    color: Color = "auto",
) -> None:
    """Show an entry; or a document that it kept.

    clauses ledger show 17 --ledger ledger.db

    clauses ledger show 17 --document review
    """
    is_json = _listed(format)
    with opened(ledger, configuration.find_settings(config)) as found:
        one = found.entry(entry)
        if document is not None:
            write(_document(found, one, document), output, format, False)
            return
    write(json_text(one.data()) if is_json else report.page(one, ink_for(color, output)), output, format, False)


def _document(ledger: Ledger, entry: Entry, name: str) -> bytes:
    known = {one["name"]: one["sha256"] for one in entry.content.get("inputs", ())}
    known |= {"review": entry.content["review_sha256"]} if "review_sha256" in entry.content else {}
    checked([name], list(known), "document")
    data: bytes | None = ledger.document(known[name])
    if data is None:
        sentence = f"the entry `{entry.number}` holds the digest of `{name}` only: {known[name]}"
        raise UsageError.of("not-kept", sentence)
    return data


@ledger_app.command()
def anchor(ledger: LedgerUrl = None, config: Config = None) -> None:
    """Print the anchor of the last entry, to be kept elsewhere: with it `verify` finds an end that was made anew.

    clauses ledger anchor --ledger ledger.db >> anchors.txt
    """
    with opened(ledger, configuration.find_settings(config)) as found:
        head = found.head()
    if head is not None:
        write(f"{head}\n", None, "text", False)


@ledger_app.command()
def verify(
    anchor: Annotated[
        list[str] | None,
        typer.Option("--anchor", help="An anchor that was kept elsewhere, `17:3f2a…`. Repeatable.", metavar="ANCHOR"),
    ] = None,
    anchors: Annotated[
        str | None, typer.Option("--anchors", help="A file of anchors, one a line.", metavar="FILE")
    ] = None,
    ledger: LedgerUrl = None,
    format: OneFormat = "text",
    output: OneOutput = None,
    config: Config = None,
    color: Color = "auto",
) -> None:
    """Go through the whole chain, and name every entry that was edited, deleted, inserted or moved. Defects exit 1.

    clauses ledger verify --anchors anchors.txt --ledger ledger.db
    """
    is_json = _listed(format)
    kept = _anchors(anchor or (), anchors)
    with opened(ledger, configuration.find_settings(config)) as opened_:
        head = opened_.head()
        total = head.number if head else 0
        tell = progress(total, "entries")
        found = opened_.verify(kept, lambda checked: tell(checked, total))
    text = json_text(found.data()) if is_json else report.verification(found, ink_for(color, output))
    write(text, output, format, False)
    if not found.is_sound:
        raise typer.Exit(FINDINGS)


def _anchors(named: Sequence[str], file: str | None) -> list[Anchor]:
    """The anchors that are named, and those of a file, in which `#` begins a remark."""
    from clauses.ledger import Anchor

    texts = list(named)
    if file is not None:
        lines = read_source(Path(file)).text.splitlines()
        texts += [text for line in lines if (text := line.partition("#")[0].strip())]
    return [Anchor.read(text) for text in texts]


@ledger_app.command()
def replay(
    entry: Number,
    input: Annotated[
        list[str] | None,
        typer.Option(
            "--input", help="A file that the review was of, where only digests are held. Repeatable.", metavar="FILE"
        ),
    ] = None,
    ledger: LedgerUrl = None,
    format: OneFormat = "text",
    output: OneOutput = None,
    config: Config = None,
    color: Color = "auto",
) -> None:
    """Make a recorded review again, and compare it byte for byte. A difference exits 1.

    clauses ledger replay 17 --ledger ledger.db
    """
    from clauses import recording

    is_json = _listed(format)
    given = [read_data(name, limit=MAXIMUM_FILE) for name in input or ()]
    with opened(ledger, configuration.find_settings(config)) as opened_:
        found = recording.replay(opened_, opened_.entry(entry), given)
    write(
        json_text(as_data(found)) if is_json else report.replayed(found, ink_for(color, output)), output, format, False
    )
    if not found.is_same:
        raise typer.Exit(FINDINGS)


@ledger_app.command()
def export(
    documents: Annotated[
        bool, typer.Option("--documents", help="With the documents that were kept, in base64.")
    ] = False,
    after: Annotated[int, typer.Option("--after", help="Only entries after this one.", min=0, metavar="ENTRY")] = 0,
    ledger: LedgerUrl = None,
    output: OneOutput = None,
    config: Config = None,
) -> None:
    """Print every entry as a line of JSON, the oldest first; each document stands before the first entry that has it.

    clauses ledger export --documents -o ledger.jsonl
    """
    with opened(ledger, configuration.find_settings(config)) as found:
        write("".join(_exported(found, after, documents)), output, "jsonl", False)


def _exported(ledger: Ledger, after: int, documents: bool) -> Iterator[str]:
    seen: set[str] = set()
    for entry in ledger.entries(after=after):
        for sha256 in entry.documents if documents else ():
            data = ledger.document(sha256) if sha256 not in seen else None
            seen.add(sha256)
            if data is not None:
                yield as_json({"document": sha256, "base64": base64.b64encode(data).decode()}, None)
        yield as_json(entry.data(), None)


# --- deviations


@ledger_app.command()
def accept(
    entry: Number,
    finding: Annotated[
        str, typer.Argument(help="A finding of that review: its fingerprint, or its rule.", metavar="FINDING")
    ],
    why: Why,
    expires: Annotated[str, typer.Option("--expires", help="The last day on which it holds.", metavar="DATE")],
    who: Who = None,
    ledger: LedgerUrl = None,
    format: OneFormat = "text",
    config: Config = None,
    color: Color = "auto",
) -> None:
    """Accept a finding of a recorded review until a day. It holds once another person has signed.

    clauses ledger accept 17 compute-outside --why "bridge until the new site opens" --expires 2026-03-31
    """
    from clauses import recording

    is_json = _listed(format)
    with opened(ledger, configuration.find_settings(config)) as found:
        last = day_of(expires)
        assert last is not None
        one = recording.accept(found, finding, by(who), why, last, entry=found.entry(entry))
    _print(one, is_json, color)


@ledger_app.command()
def sign(
    deviation: Id,
    who: Who = None,
    ledger: LedgerUrl = None,
    format: OneFormat = "text",
    config: Config = None,
    color: Color = "auto",
) -> None:
    """Sign what another person accepted.

    clauses ledger sign D-21 --who "Bo Ek"
    """
    from clauses import recording

    is_json = _listed(format)
    with opened(ledger, configuration.find_settings(config)) as found:
        one = recording.sign(found, deviation, by(who))
    _print(one, is_json, color)


@ledger_app.command()
def withdraw(
    deviation: Id,
    why: Why,
    who: Who = None,
    ledger: LedgerUrl = None,
    format: OneFormat = "text",
    config: Config = None,
    color: Color = "auto",
) -> None:
    """Withdraw what was accepted; the finding counts again.

    clauses ledger withdraw D-21 --why "the site opened"
    """
    from clauses import recording

    is_json = _listed(format)
    with opened(ledger, configuration.find_settings(config)) as found:
        one = recording.withdraw(found, deviation, by(who), why)
    _print(one, is_json, color)


def _print(one: Any, is_json: bool, color: str) -> None:
    from clauses import recording

    day = day_here()
    text = (
        json_text(recording.deviation_data(one, day))
        if is_json
        else report.deviations([one], day, ink_for(color, None))
    )
    write(text, None, "json" if is_json else "text", False)


@ledger_app.command()
def deviations(
    on: Annotated[
        str | None, typer.Option("--on", help="What they are worth on this day, if not today.", metavar="DATE")
    ] = None,
    ledger: LedgerUrl = None,
    format: OneFormat = "text",
    output: OneOutput = None,
    config: Config = None,
    color: Color = "auto",
) -> None:
    """List what was accepted, by whom, why and until when, and whether it holds.

    clauses ledger deviations --on 2026-04-01 --ledger ledger.db
    """
    from clauses import recording

    is_json = _listed(format)
    day = day_of(on) or day_here()
    with opened(ledger, configuration.find_settings(config)) as opened_:
        found = recording.deviations(opened_)
    text = (
        json_text([recording.deviation_data(one, day) for one in found])
        if is_json
        else report.deviations(found, day, ink_for(color, output))
    )
    write(text, output, format, False)
