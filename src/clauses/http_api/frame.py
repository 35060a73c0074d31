"""What surrounds every request: its id, limits on its body, safe headers, refusals in one form, a line in the log."""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.types import Message, Receive, Scope, Send

from clauses.errors import ClausesError
from clauses.http_api import tracing
from clauses.http_api.evaluator import where
from clauses.http_api.guard import Gate
from clauses.http_api.logs import tell
from clauses.http_api.problems import Refused
from clauses.http_api.settings import MEGABYTE, Limits

App = Callable[[Scope, Receive, Send], Awaitable[None]]

CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; frame-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
SAFE_HEADERS = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass
class Request:
    """What is known of a request, for the log; endpoints add who asks and which route it took."""

    id: str
    method: str
    route: str = "(none)"
    caller: str = "-"
    status: int = 0
    received: int = 0
    sent: int = 0
    cached: bool = False
    is_body_read: bool = False


class Frame:
    """The application, framed."""

    def __init__(self, app: App, gate: Gate, limits: Limits) -> None:
        self.app = app
        self._gate = gate
        self.limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        asked_id = headers.get("x-request-id", "")
        request = Request(asked_id if _ID.fullmatch(asked_id) else uuid.uuid4().hex, str(scope["method"]))
        scope["clauses"] = request
        started = time.monotonic()
        with tracing.span(f"HTTP {request.method}", headers) as span:
            try:
                await self._serve(request, scope, headers, receive, self._sender(request, send))
            finally:
                milliseconds = round((time.monotonic() - started) * 1000, 1)
                tell(
                    "request", method=request.method, route=request.route, status=request.status, ms=milliseconds,
                    caller=request.caller, request=request.id, received=request.received, sent=request.sent,
                    cached=request.cached,
                )  # fmt: skip
                span.set(request.method, request.route, request.status, request.id)

    async def _serve(
        self, request: Request, scope: Scope, headers: dict[str, str], receive: Receive, send: Send
    ) -> None:
        body = _Body(request, headers.get("content-length"), receive, self.limits)
        try:
            self._gate.check_origin(request.method, str(scope["path"]), headers)
            body.check_length()
            await self.app(scope, body.receive, send)
        except Refused as refused:
            await _refuse(refused, request, scope, receive, send)
        except ClausesError as error:
            await _refuse(Refused.by(error), request, scope, receive, send)
        except Exception as error:  # the last net: a defect of ours
            tell("defect", request=request.id, defect=where(error))
            if not request.status:
                sentence = "clauses failed; this is a defect of ours: please report it"
                await _refuse(Refused.of(500, "internal", sentence), request, scope, receive, send)

    def _sender(self, request: Request, send: Send) -> Send:
        async def sender(message: Message) -> None:
            if message["type"] == "http.response.start":
                request.status = message["status"]
                own = {key.lower() for key, _ in message.get("headers", ())}
                message["headers"] = [
                    *message.get("headers", ()),
                    *((k.encode(), v.encode()) for k, v in SAFE_HEADERS.items() if k.encode() not in own),
                    (b"x-request-id", request.id.encode()),
                ]
            elif message["type"] == "http.response.body":
                request.sent += len(message.get("body", b""))
            await send(message)

        return sender


class _Body:
    """The body of a request, as it arrives: of a sensible size, and in a sensible time."""

    def __init__(self, request: Request, length: str | None, receive: Receive, limits: Limits) -> None:
        self._request = request
        self._length = int(length) if length is not None and length.isdigit() else None
        self._receive = receive
        self._limits = limits
        self._until: float | None = None
        self._is_refused = False

    def check_length(self) -> None:
        """Raise Refused for a body that says itself that it is too large."""
        if self._length is not None and self._length > self._limits.body:
            raise self._too_large()

    async def receive(self) -> Message:
        """The next piece. Raises Refused where there is too much of it, or it is late."""
        if self._request.is_body_read or self._is_refused:
            return await self._receive()
        loop = asyncio.get_running_loop()
        self._until = self._until or loop.time() + self._limits.body_time
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            self._is_refused = True
            sentence = f"the body did not arrive within {self._limits.body_time} seconds"
            raise Refused.of(408, "too-late", sentence, None, {"Connection": "close"}) from None
        if message["type"] == "http.disconnect":
            self._request.is_body_read = True
            return message
        self._request.received += len(message.get("body", b""))
        self._request.is_body_read = not message.get("more_body", False)
        if self._request.received > self._limits.body:
            raise self._too_large()
        return message

    def _too_large(self) -> Refused:
        self._is_refused = True
        most = self._limits.body
        size = f"{most // MEGABYTE} MB" if most >= MEGABYTE else f"{most} bytes"
        return Refused.of(413, "body-too-large", f"the body has more than {size}", None, {"Connection": "close"})


async def _refuse(refused: Refused, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
    if not request.status:  # else an answer has begun already
        await refused.response()(scope, receive, send)
