"""What the service answers when it refuses: `application/problem+json` (RFC 9457), in the command line's words."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from clauses.errors import (
    MAXIMUM_SHOWN,
    ClausesError,
    Disagreement,
    EngineError,
    LedgerError,
    Problem,
    UsageError,
)

MEDIA_TYPE = "application/problem+json"
STILL_ARRIVING = (408, 413)
LINGER_TIME, LINGER_BYTES = 2, 64 * 1024 * 1024
"""How many seconds, and how many bytes, of a refused body are still read."""

TITLES = {
    400: "The call is malformed",
    401: "A token is needed",
    403: "The caller may not do this",
    404: "There is no such thing here",
    405: "The method does not fit",
    406: "No format is left",
    408: "The request took too long to arrive",
    413: "The body is too large",
    415: "The body is in a format that is not read here",
    421: "The host is not this one",
    422: "The input was refused",
    429: "Too many requests at a time",
    500: "The service failed",
    501: "The service was installed without this",
    503: "The service cannot answer now",
    504: "The evaluation took too long",
}
"""Every status with which the service refuses, and what it means."""


class Refused(Exception):
    """A request that is refused, with its status and the headers that belong to it."""

    def __init__(self, status: int, problems: Sequence[Mapping[str, Any]], headers: Mapping[str, str] | None = None):
        super().__init__(status)
        self.status = status
        self.problems = problems
        self.headers = headers or {}

    @classmethod
    def of(
        cls, status: int, id: str, sentence: str, hint: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Refused:
        """A refusal with a single problem."""
        return cls(status, [Problem(id, sentence, None, hint).data()], headers)

    @classmethod
    def by(cls, error: ClausesError) -> Refused:
        """The refusal that an error is."""
        return cls(status_of(error), [problem.data() for problem in error.problems])

    def response(self) -> Response:
        """The refusal as it is sent."""
        sort = Lingering if self.status in STILL_ARRIVING else Response
        return sort(body(self.status, self.problems), self.status, dict(self.headers), MEDIA_TYPE)


class Lingering(Response):
    """An answer to a request whose body is still arriving.

    Its sender is still writing, would take a connection that is closed now for a failure, and never read why: so the
    rest is read and thrown away, within limits, before the connection ends.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer, then linger."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        left = LINGER_BYTES
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_TIME):
                while left > 0:
                    message = await receive()
                    left -= len(message.get("body", b""))
                    if message["type"] == "http.disconnect" or not message.get("more_body", False):
                        break
        await send({"type": "http.response.body", "body": b""})


class MalformedCall(UsageError):
    """The body or the address of a request is not what the service's document says."""


class Forbidden(UsageError):
    """The caller's token does not go as far as the request."""


class Missing(UsageError):
    """The address names something that the service does not have."""


_STATUSES: dict[type[ClausesError], int] = {
    MalformedCall: 400,
    Forbidden: 403,
    Missing: 404,
    Disagreement: 500,
    LedgerError: 503,
}


def status_of(error: ClausesError) -> int:
    """The status with which an error is answered."""
    ids = {problem.id for problem in error.problems}
    if ids & {"missing-extra", "engine-missing"}:
        return 501
    for kind, status in _STATUSES.items():
        if isinstance(error, kind):
            return status
    if isinstance(error, EngineError) and "engine-failed" in ids:
        return 500
    return 422


def body(status: int, problems: Sequence[Mapping[str, Any]]) -> bytes:
    """The body of a refusal: the first problem in a sentence, and all of them as the command line gives them."""
    shown = list(problems[:MAXIMUM_SHOWN])
    more = len(problems) - 1
    detail = str(problems[0]["sentence"]) + (f" (and {more} more)" if more > 0 else "")
    data = {
        "type": f"urn:clauses:{problems[0]['id']}",
        "title": TITLES[status],
        "status": status,
        "detail": detail,
        "problems": shown,
    }
    return (json.dumps(data, ensure_ascii=False) + "\n").encode("utf-8", errors="backslashreplace")
