"""The HTTP service and the tokens of those who may call it: serve, token create, token list, token revoke."""

from __future__ import annotations

import datetime
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clauses import configuration
from clauses.cli.app import Config, LedgerUrl, OneFormat, Rules, TemplatesFolder, app
from clauses.cli.recorded import ledger_url, opened
from clauses.cli.shared import checked, day_of, json_text, today, write
from clauses.extras import needs

if TYPE_CHECKING:
    from clauses.ledger.tokens import Token, Tokens

SETTINGS = "CLAUSES_SERVE"
"""The variable in which worker processes find their settings."""
SCOPES = ("read", "write", "sign")

token_app = typer.Typer(
    help="Make and revoke the tokens of the HTTP service.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(token_app, name="token")


def application() -> Any:
    """The application, in a worker process."""
    from clauses.http_api.app import create_app
    from clauses.http_api.logs import start_log
    from clauses.http_api.settings import Settings

    start_log()
    return create_app(Settings.read(os.environ[SETTINGS]), lambda: datetime.datetime.now(datetime.UTC))


@app.command()
def serve(
    host: Annotated[str, typer.Option("--host", help="The address to listen at.", metavar="HOST")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="The port; 0 for any that is free.", min=0, max=65535)] = 8000,
    workers: Annotated[int, typer.Option("--workers", help="How many processes take requests.", min=1, max=64)] = 1,
    evaluators: Annotated[
        int | None,
        typer.Option(
            "--evaluators",
            help="How many processes evaluate, for each worker.  [default: a processor each]",
            min=1,
            max=64,
        ),
    ] = None,
    ledger: LedgerUrl = None,
    deals: Annotated[
        list[str] | None,
        typer.Option(
            "--deals",
            help="A folder of agreements, term sheets and positions to hold. Repeatable.  [default: the examples]",
            metavar="FOLDER",
        ),
    ] = None,
    rules: Rules = None,
    templates: TemplatesFolder = None,
    no_tokens: Annotated[
        bool, typer.Option("--no-tokens", help="Ask nobody for a token; on this machine only.")
    ] = False,
    host_name: Annotated[
        list[str] | None,
        typer.Option("--host-name", help="A name under which the service is called. Repeatable.", metavar="NAME"),
    ] = None,
    max_body: Annotated[int, typer.Option("--max-body", help="The largest body, in MB.", min=1, max=1024)] = 32,
    body_time: Annotated[int, typer.Option("--body-time", help="Seconds for a body to arrive.", min=1)] = 20,
    head_time: Annotated[int, typer.Option("--head-time", help="Seconds for the headers to arrive.", min=1)] = 10,
    time_limit: Annotated[int, typer.Option("--time-limit", help="Seconds for an evaluation.", min=1)] = 60,
    memory: Annotated[int, typer.Option("--memory", help="Memory of an evaluator, in MB.", min=512)] = 3072,
    per_caller: Annotated[
        int, typer.Option("--per-caller", help="Requests of one caller at a time, for each worker.", min=1)
    ] = 16,
    waiting: Annotated[int, typer.Option("--waiting", help="Requests that may wait, for each worker.", min=1)] = 256,
    cache: Annotated[
        int, typer.Option("--cache", help="MB of answers that each worker keeps; 0 for none.", min=0)
    ] = 64,
    shutdown_time: Annotated[
        int, typer.Option("--shutdown-time", help="Seconds for requests to end when the service does.", min=1)
    ] = 30,
    config: Config = None,
) -> None:
    """Serve the verbs over HTTP, with a page for people.

    clauses serve

    clauses serve --host 0.0.0.0 --ledger ledger.db --workers 2
    """
    with needs("server", "the HTTP service"):
        from clauses.http_api import server
        from clauses.http_api.app import create_app
        from clauses.http_api.evaluators import available_processors
        from clauses.http_api.settings import MEGABYTE, Limits, Settings, needs_tokens

    found = configuration.find_settings(config)
    url = ledger_url(ledger, found)
    limits = Limits(
        body=max_body * MEGABYTE,
        body_time=body_time,
        head_time=head_time,
        evaluation_time=time_limit,
        memory=memory * MEGABYTE,
        per_caller=per_caller,
        waiting=waiting,
        cache=cache * MEGABYTE,
        shutdown_time=shutdown_time,
    )
    settings = Settings(
        host=host,
        port=port,
        workers=workers,
        evaluators=evaluators or max(1, available_processors() // workers),
        ledger=url,
        has_tokens=needs_tokens(host, url, no_tokens),
        host_names=tuple(host_name or ()),
        deals=tuple(deals or ()),
        rules=tuple(rules or found.rules),
        templates=templates or found.templates,
        limits=limits,
    )
    create_app(settings, lambda: datetime.datetime.now(datetime.UTC))  # what is wrong is said before anything runs
    if url is not None:
        with opened(url, found, create=True):
            pass  # what is wrong with it, too
    os.environ[SETTINGS] = settings.text()
    with server.listen(settings) as listener:
        _say_where(server.address_of(listener), settings.has_tokens)
        server.run(settings, "clauses.cli.serve:application", listener)


def _say_where(address: str, has_tokens: bool) -> None:
    print(f"serving at {address}", flush=True)
    if has_tokens:
        print("a token is needed: `clauses token create` makes one", flush=True)
    else:
        print("NO TOKEN IS NEEDED: whoever uses this machine may ask, record and sign anything", flush=True)


# --- tokens


@contextmanager
def _tokens(ledger: str | None, config: str | None, create: bool = False) -> Iterator[Tokens]:
    """The tokens of the ledger that is meant."""
    with opened(ledger, configuration.find_settings(config), create) as found:
        from clauses.ledger.tokens import Tokens

        yield Tokens(found)


@token_app.command(name="create")
def token_create(
    name: Annotated[str, typer.Option("--name", help="Who will use it; the ledger will say so.", metavar="NAME")],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope", help="read, write (record) or sign (accept). Repeatable.  [default: read]", metavar="SCOPE"
        ),
    ] = None,
    expires: Annotated[
        str | None, typer.Option("--expires", help="The last day on which it holds.", metavar="DATE")
    ] = None,
    ledger: LedgerUrl = None,
    config: Config = None,
) -> None:
    """Make a token. It is printed once; the ledger keeps its digest alone.

    clauses token create --name intake --scope read --scope write --ledger ledger.db
    """
    scopes = checked(scope or ["read"], SCOPES, "scope")
    last = day_of(expires)
    with _tokens(ledger, config, create=True) as tokens:
        token, secret = tokens.create(name, scopes, last)
    print(secret)
    until = f" until {token.expires}" if token.expires else ""
    print(
        f"the token {token.id} of {token.name} may {', '.join(token.scopes)}{until}; it is not shown again",
        file=sys.stderr,
    )


@token_app.command(name="list")
def token_list(ledger: LedgerUrl = None, format: OneFormat = "text", config: Config = None) -> None:
    """List the tokens, and what became of them.

    clauses token list --ledger ledger.db
    """
    checked([format], ("text", "json"), "format")
    with _tokens(ledger, config) as tokens:
        found = list(tokens.list())
    if format == "json":
        write(json_text([_token_data(one) for one in found]), None, format, False)
        return
    day = today()
    for one in found:
        state = "revoked" if one.revoked else "valid" if one.holds_on(day) else "expired"
        until = f" until {one.expires}" if one.expires else ""
        print(f"{one.id}  {state:8} {','.join(one.scopes):16} {one.name}{until}")


def _token_data(token: Token) -> dict[str, Any]:
    found = {field.name: getattr(token, field.name) for field in fields(token)}
    return {
        key: value if value is None or isinstance(value, (bool, tuple)) else str(value) for key, value in found.items()
    }


@token_app.command(name="revoke")
def token_revoke(
    id: Annotated[str, typer.Argument(help="The token, as `clauses token list` names it.", metavar="ID")],
    ledger: LedgerUrl = None,
    config: Config = None,
) -> None:
    """Revoke a token: from now on it opens nothing.

    clauses token revoke 3f2a --ledger ledger.db
    """
    with _tokens(ledger, config) as tokens:
        tokens.revoke(id)
    print(f"the token {id} is revoked", file=sys.stderr)
