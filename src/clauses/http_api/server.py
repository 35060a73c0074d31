"""Runs the service: one process, or several that share a socket; ends it so that requests in flight get answers."""

from __future__ import annotations

import asyncio
import signal
import socket
from contextlib import suppress
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.supervisors import Multiprocess

from clauses.errors import UsageError
from clauses.http_api import problems
from clauses.http_api.logs import start_log
from clauses.http_api.settings import Limits, Settings
from clauses.yaml_nodes import reason

BACKLOG = 1024
KEEP_ALIVE = 15
"""Seconds for which a connection without a request is held open."""


class Protocol(H11Protocol):
    """HTTP/1.1 in which the head of a request must arrive in time, and a broken one is refused in our form."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        limits: Limits = self.app.limits
        self.head_time = limits.head_time
        self.most = limits.connections
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """A connection is there: it has to say soon what it wants."""
        super().connection_made(transport)
        if len(self.connections) > self.most:
            transport.abort()
            return
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """A connection is gone."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes arrived; the head is complete once a request runs."""
        is_idle = self.cycle is None or self.cycle.response_complete
        if is_idle and self._head_timer is None:
            self._wait_for_head()
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """A request has its answer; the next may come over the same connection."""
        self._stop_waiting()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, in the same form as everything else."""
        import h11

        sentence = "the request is not HTTP/1.1, or its head is too large"
        body = problems.Refused.of(400, "malformed-request", sentence).response()
        headers = [*body.raw_headers, (b"connection", b"close")]
        for event in (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=bytes(body.body)),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _wait_for_head(self) -> None:
        self._head_timer = self.loop.call_later(self.head_time, self._too_late)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_late(self) -> None:
        self._head_timer = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()


def listen(settings: Settings) -> socket.socket:
    """The socket of the service. Raises UsageError where it cannot be had."""
    host = settings.host.strip("[]")
    try:
        family, kind, number, _, address = socket.getaddrinfo(
            host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        found = socket.socket(family, kind, number)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
        found.listen(BACKLOG)
    except OSError as error:
        sentence = f"`{settings.host}:{settings.port}` cannot be listened at: {reason(error)}"
        raise UsageError.of("cannot-listen", sentence, None, "choose another `--port`") from None
    found.set_inheritable(True)
    return found


def address_of(listener: socket.socket) -> str:
    """The address at which a socket listens."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def run(settings: Settings, factory: str, listener: socket.socket) -> None:
    """Serve until the process is told to end. `factory` names the function that makes the application."""
    start_log()
    config = uvicorn.Config(
        factory,
        factory=True,
        http=Protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        workers=settings.workers,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=settings.limits.shutdown_time,
        h11_max_incomplete_event_size=32 * 1024,
    )
    if settings.workers > 1:
        Multiprocess(config, [listener]).run()
        return
    # The server lets its signals through again when it has ended; by then there is nothing left to end.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    server = uvicorn.Server(config)
    with suppress(SystemExit):  # its own code for a service that did not start means something else here
        server.run([listener])
    if not server.started:
        raise UsageError.of("not-started", "the service did not start", None, "the last line of its log says why")
