"""The MCP server for assistants: mcp."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from clauses import configuration
from clauses.cli.app import Config, LedgerUrl, Rules, Who, app
from clauses.cli.recorded import by, clock, ledger_url, opened
from clauses.cli.shared import checked
from clauses.errors import UsageError
from clauses.extras import needs
from clauses.http_api.settings import LOOPBACK_NAMES, is_loopback, needs_tokens

if TYPE_CHECKING:
    from clauses.ledger import Ledger
    from clauses.mcp_server.server import Door

KEPT = ("inputs", "digests")


@app.command()
def mcp(
    http: Annotated[bool, typer.Option("--http", help="Serve over HTTP instead of standard input and output.")] = False,
    host: Annotated[str, typer.Option("--host", help="With --http: the address to listen at.", metavar="HOST")] = (
        "127.0.0.1"
    ),
    port: Annotated[
        int, typer.Option("--port", help="With --http: the port; 0 for any that is free.", min=0, max=65535)
    ] = 8010,
    rules: Rules = None,
    deals: Annotated[
        list[str] | None,
        typer.Option(
            "--deals",
            help="A folder of agreements, term sheets and positions to hold. Repeatable.  [default: the examples]",
            metavar="FOLDER",
        ),
    ] = None,
    ledger: LedgerUrl = None,
    record: Annotated[
        str | None,
        typer.Option(
            "--record", help="Keep each review in the ledger: with its inputs, or with digests.", metavar="WHAT"
        ),
    ] = None,
    who: Who = None,
    no_tokens: Annotated[
        bool, typer.Option("--no-tokens", help="With --http: ask nobody for a token; on this machine only.")
    ] = False,
    host_name: Annotated[
        list[str] | None,
        typer.Option(
            "--host-name", help="With --http: a name under which the server is called. Repeatable.", metavar="NAME"
        ),
    ] = None,
    evaluators: Annotated[
        int | None,
        typer.Option("--evaluators", help="How many processes evaluate.  [default: a processor each]", min=1, max=64),
    ] = None,
    time_limit: Annotated[int, typer.Option("--time-limit", help="Seconds for an evaluation.", min=1)] = 60,
    memory: Annotated[int, typer.Option("--memory", help="Memory of an evaluator, in MB.", min=512)] = 3072,
    max_body: Annotated[
        int, typer.Option("--max-body", help="With --http: the largest body, in MB.", min=1, max=1024)
    ] = 32,
    config: Config = None,
) -> None:
    """Serve the verbs to assistants as read-only tools, over MCP.

    clauses mcp

    clauses mcp --http --ledger ledger.db
    """
    with needs("mcp", "the MCP server"):
        from clauses.mcp_server import settings as ours
        from clauses.mcp_server import stdio
        from clauses.mcp_server.evaluators import available_processors
        from clauses.mcp_server.server import Door

    found = configuration.find_settings(config)
    url = ledger_url(ledger, found)
    if record is not None:
        checked([record], KEPT, "record")
        if url is None:
            hint = "name it with `--ledger`, in CLAUSES_LEDGER or in clauses.toml"
            raise UsageError.of("no-ledger", "no ledger is named, so nothing is recorded", None, hint)
    settings = ours.Settings(
        deals=tuple(deals or ()),
        rules=tuple(rules or found.rules),
        ledger=url,
        record=record,  # type: ignore[arg-type]
        evaluators=evaluators or available_processors(),
        limits=ours.Limits(time=time_limit, memory=memory * ours.MEGABYTE, body=max_body * ours.MEGABYTE),
    )
    with ExitStack() as stack:
        kept = stack.enter_context(opened(url, found, create=True)) if url else None
        if not http:
            stdio.run(Door(settings, clock, by(who).who))
            return
        has_tokens = needs_tokens(host, url, no_tokens)
        _serve_http(Door(settings, clock, "local"), host, port, host_name or [], kept if has_tokens else None)


def _serve_http(door: Door, host: str, port: int, names: list[str], ledger: Ledger | None) -> None:
    with needs("mcp", "the MCP server"):
        from clauses.mcp_server import http
    tokens = None
    if ledger is not None:
        from clauses.ledger.tokens import Tokens

        tokens = Tokens(ledger)
    known = [*(LOOPBACK_NAMES if is_loopback(host) else ()), *names]
    application = http.application(door, known, tokens)
    with http.listen(host, port) as listener:
        print(f"serving at {http.address_of(listener)}", file=sys.stderr)
        if tokens is not None:
            print("a token is needed: `clauses token create` makes one", file=sys.stderr)
        else:
            print("NO TOKEN IS NEEDED: whoever uses this machine may ask anything", file=sys.stderr)
        http.run(application, listener, door.settings.limits.connections)
