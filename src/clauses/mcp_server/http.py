"""Carries the server over HTTP: who may ask, under which names, how much at once, and until when."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Collection
from contextlib import suppress
from typing import Any

import uvicorn
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.transport_security import TransportSecuritySettings
from pydantic import AnyHttpUrl
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from clauses.errors import UsageError
from clauses.ledger.tokens import Tokens
from clauses.mcp_server.logs import start_log, tell
from clauses.mcp_server.server import Clock, Door
from clauses.terms.values import Date
from clauses.yaml_nodes import reason

PATH = "/mcp"
BACKLOG = 256
KEEP_ALIVE = 15
HEAD_TIME = 10
"""Seconds in which the first line and the headers of a request have to arrive."""
SHUTDOWN = 10
"""Seconds for calls to end when the server does."""
NOBODY = AnyHttpUrl("http://127.0.0.1/")
"""Who issues tokens, as the SDK wants it: nobody on the network; `clauses token create` does."""


class TokensOfLedger:
    """Checks the tokens that callers show against those of the ledger."""

    def __init__(self, tokens: Tokens, clock: Clock) -> None:
        self._tokens = tokens
        self._clock = clock

    async def verify_token(self, token: str) -> AccessToken | None:
        """What a token allows; None for one that is not known, was revoked or has expired."""
        today = Date.of(self._clock().date())
        found = await asyncio.to_thread(self._tokens.check, token, today)
        if found is None:
            return None
        return AccessToken(token=found.id, client_id=found.name, scopes=list(found.scopes), subject=found.id)


def application(door: Door, names: Collection[str], tokens: Tokens | None = None) -> ASGIApp:
    """The server as an ASGI application, under some names. Without `tokens` nobody is asked for one.

    With tokens and without names any name will do: a page of somebody else has no token.
    """
    assert names or tokens is not None, "a page could reach it through a name of its own"
    limits = door.settings.limits
    auth = AuthSettings(issuer_url=NOBODY, resource_server_url=None, required_scopes=["read"]) if tokens else None
    found = door.server().streamable_http_app(
        streamable_http_path=PATH,
        json_response=True,
        stateless_http=True,  # no tool needs a session, and what is not kept cannot be filled up or taken over
        max_request_body_size=limits.body,
        transport_security=_names(names),
        auth=auth,
        token_verifier=TokensOfLedger(tokens, door.clock) if tokens else None,
    )
    return InTime(found, limits.message_time)


def _names(names: Collection[str]) -> TransportSecuritySettings:
    """Under which names the server may be called, so that no page can reach it through a name of its own."""
    hosts = [shown for name in names for shown in (name, f"{name}:*")]
    origins = [f"{scheme}://{name}" for scheme in ("http", "https") for name in hosts]
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=bool(names), allowed_hosts=hosts, allowed_origins=origins
    )


class InTime:
    """Refuses a request whose body takes too long to arrive."""

    def __init__(self, app: ASGIApp, seconds: int) -> None:
        self.app = app
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and answer 408 in its place where it stays away."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_late = is_answered = False
        deadline = asyncio.get_running_loop().time() + self.seconds
        is_whole = False

        async def received() -> Message:
            nonlocal is_late, is_whole
            if is_whole:
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                is_late = True
                return {"type": "http.disconnect"}
            is_whole = not message.get("more_body", False)
            return message

        async def sent(message: Message) -> None:
            nonlocal is_answered
            if not is_late:
                is_answered = True
                await send(message)

        await self.app(scope, received, sent)
        if is_late and not is_answered:
            response = PlainTextResponse("the request took too long to arrive", 408, {"connection": "close"})
            await response(scope, receive, send)


class Protocol(H11Protocol):
    """HTTP/1.1 in which the head of a request must arrive in time, so that nobody keeps others out with half of one."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """A connection is there: it has to say soon what it wants."""
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """A connection is gone."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes arrived; the head is complete once a request runs."""
        if self._is_idle and self._timer is None:
            self._wait_for_head()
        super().data_received(data)
        if not self._is_idle:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """A request has its answer; the next may have come over the same connection already."""
        self._stop_waiting()
        super().on_response_complete()

    @property
    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _wait_for_head(self) -> None:
        self._timer = self.loop.call_later(HEAD_TIME, self._too_late)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_late(self) -> None:
        self._timer = None
        if self._is_idle:
            self.transport.abort()


def listen(host: str, port: int) -> socket.socket:
    """The socket of the server. Raises UsageError where it cannot be had."""
    try:
        family, kind, number, _, address = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        found = socket.socket(family, kind, number)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
        found.listen(BACKLOG)
    except OSError as error:
        sentence = f"`{host}:{port}` cannot be listened at: {reason(error)}"
        raise UsageError.of("cannot-listen", sentence, None, "choose another `--port`") from None
    return found


def address_of(listener: socket.socket) -> str:
    """The address at which a client finds the server."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{PATH}"


def run(app: ASGIApp, listener: socket.socket, connections: int) -> None:
    """Serve until the process is told to end."""
    start_log()
    config: Any = uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=connections,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=SHUTDOWN,
        h11_max_incomplete_event_size=32 * 1024,
    )
    # The server lets its signals through again when it has ended; by then there is nothing left to end.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    server = uvicorn.Server(config)
    tell("started", transport="http")
    with suppress(SystemExit):  # its own code for a server that did not start means something else here
        server.run([listener])
    tell("ended")
    if not server.started:
        raise UsageError.of("not-started", "the server did not start", None, "the last line of its log says why")
