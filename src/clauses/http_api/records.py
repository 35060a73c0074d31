"""The routes of the ledger: reviews that were recorded, and deviations that were accepted and signed.

The database is asked in threads, so that the event loop waits for nobody.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from clauses import recording, use_cases
from clauses.calls.asked import Call, Name
from clauses.calls.malformed import problems_of
from clauses.errors import UsageError
from clauses.http_api import openapi
from clauses.http_api.bodies import JSON, media_type, read_body, read_query
from clauses.http_api.guard import Asker
from clauses.http_api.problems import MalformedCall, Missing, Refused
from clauses.http_api.service import Service
from clauses.source import Place, Source

if TYPE_CHECKING:
    from clauses.ledger import Entry, Ledger

Add = Callable[..., None]
Asked = TypeVar("Asked", bound=Call)

PAGE, LARGEST_PAGE = 50, 200
MAXIMUM_BODY = 64 * 1024
MAXIMUM_NUMBER = 18
"""Digits of the number of an entry."""


class SignCall(Call):
    """A signature."""

    who: Name | None = Field(None, description="Who signs, where no token says it.")


class AcceptCall(SignCall):
    """A finding that is accepted, until a day and for a reason."""

    fingerprint: Name = Field(description="The finding: its fingerprint, or its rule where a rule has one finding.")
    why: str = Field(min_length=1, max_length=recording.MAXIMUM_WORDS, description="The reason.")
    expires: Name = Field(description="The last day on which the deviation holds.", examples=["2026-12-31"])
    review: int | None = Field(None, ge=1, description="The number of the recorded review.")
    agreement: Name | None = Field(None, description="Or the agreement, whose latest review with the finding is meant.")


class WithdrawCall(SignCall):
    """A deviation that holds no more."""

    why: str = Field(min_length=1, max_length=recording.MAXIMUM_WORDS, description="The reason.")


def record_routes(add: Add, service: Service) -> None:
    """Add the routes of the ledger, where the service has one."""
    if service.settings.ledger is None:
        return
    add("/v1/reviews", _reviews, **openapi.reviews(service))
    add("/v1/reviews/{id}", _review, **openapi.review(service))
    add("/v1/deviations", _deviations, **openapi.deviations(service))
    add("/v1/deviations", _accept, "POST", "sign", **openapi.change("accept", AcceptCall, service))
    add("/v1/deviations/{id}/signature", _sign, "POST", "sign", **openapi.change("sign", SignCall, service))
    add(
        "/v1/deviations/{id}/withdrawal", _withdraw, "POST", "sign", **openapi.change("withdraw", WithdrawCall, service)
    )


def _ledger(service: Service) -> Ledger:
    assert service.ledger is not None
    return service.ledger


# --- reviews


async def _reviews(service: Service, asker: Asker, request: Request) -> Response:
    known = dict.fromkeys(("before", "limit", "who"), False)
    data = read_query(request.query_params.multi_items(), known)
    before, limit = _number(data, "before"), _number(data, "limit") or PAGE
    if limit > LARGEST_PAGE:
        raise MalformedCall.of("wrong-value", f"`limit` should be {LARGEST_PAGE} or less")

    def read() -> list[Entry]:
        found = _ledger(service).entries("review", data.get("who"), 0, limit + 1, True, before)
        return list(found)

    found = await asyncio.to_thread(read)
    shown = found[:limit]
    follows = shown[-1].number if len(found) > limit else None
    return JSONResponse({"reviews": [_brief(one) for one in shown], "next": follows})


def _number(data: dict[str, Any], name: str) -> int | None:
    text = data.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= MAXIMUM_NUMBER and int(text) > 0):
        raise MalformedCall.of("wrong-value", f"`{name}` should be a whole number from 1 on")
    return int(text)


def _brief(entry: Entry) -> dict[str, Any]:
    content = entry.content
    names = ("review_id", "verdict", "as_of", "agreement", "term_sheet")
    head = {"number": entry.number, "at": entry.at, "who": entry.who, "door": entry.door}
    return {**head, **{name: content.get(name) for name in names}, "anchor": recording.anchor_of(entry)}


async def _review(service: Service, asker: Asker, request: Request) -> Response:
    read_query(request.query_params.multi_items(), {})
    return JSONResponse(await asyncio.to_thread(_found, _ledger(service), request.path_params["id"]))


def _found(ledger: Ledger, id: str) -> dict[str, Any]:
    """A recorded review by its number or its id, with its JSON where that was kept."""
    entry = None
    if id.isascii() and id.isdecimal() and len(id) <= MAXIMUM_NUMBER:
        entry = next(iter(ledger.entries("review", after=int(id) - 1, before=int(id) + 1)), None)
    elif "\0" not in id:
        entry = ledger.find("review", id)
    if entry is None:
        raise Missing.of("no-such-entry", f"no review `{id[:100]}` is recorded")
    text = ledger.document(entry.content["review_sha256"])
    return {**_brief(entry), "entry": entry.content, "review": None if text is None else json.loads(text)}


# --- deviations


async def _deviations(service: Service, asker: Asker, request: Request) -> Response:
    read_query(request.query_params.multi_items(), {})
    found = await asyncio.to_thread(recording.deviations, _ledger(service))
    return JSONResponse({"deviations": [recording.deviation_data(one, service.day) for one in found]})


async def _accept(service: Service, asker: Asker, request: Request) -> Response:
    call = await _call(AcceptCall, request)
    by = _by(service, asker, call)
    if (call.review is None) == (call.agreement is None):
        raise MalformedCall.of("wrong-value", "give one of `review` and `agreement`")
    expires = use_cases.day(call.expires, Place(Source("(call)/expires", ""), 0, 0))

    def accept() -> Any:
        ledger = _ledger(service)
        entry = ledger.entry(call.review) if call.review is not None else None
        return recording.accept(
            ledger, call.fingerprint, by, call.why, expires, entry=entry, agreement=call.agreement or ""
        )

    return await _changed(service, accept)


async def _sign(service: Service, asker: Asker, request: Request) -> Response:
    by = _by(service, asker, await _call(SignCall, request))
    return await _changed(service, lambda: recording.sign(_ledger(service), _id(request), by))


async def _withdraw(service: Service, asker: Asker, request: Request) -> Response:
    call = await _call(WithdrawCall, request)
    by = _by(service, asker, call)
    return await _changed(service, lambda: recording.withdraw(_ledger(service), _id(request), by, call.why))


def _id(request: Request) -> str:
    return str(request.path_params["id"])


async def _changed(service: Service, change: Callable[[], Any]) -> Response:
    try:
        found = await asyncio.to_thread(change)
    except UsageError as error:
        if [problem.id for problem in error.problems] == ["no-such-deviation"]:
            raise Missing(error.problems) from None
        raise
    return JSONResponse(recording.deviation_data(found, service.day), 201)


async def _call(model: type[Asked], request: Request) -> Asked:
    """What a request asks; where nothing has to be said, its body may be empty."""
    read_query(request.query_params.multi_items(), {})
    content_type, body = request.headers.get("content-type", ""), await request.body()
    if len(body) > MAXIMUM_BODY:
        raise MalformedCall.of("too-large", "nothing that is said here takes so many words")
    if body and media_type(content_type) != JSON:
        raise Refused.of(415, "unknown-media-type", "the body is not JSON", f"send `Content-Type: {JSON}`")
    try:
        return model.model_validate(read_body(content_type, body, {}) if body else {})
    except ValidationError as error:
        raise MalformedCall(problems_of(error, model)) from None


def _by(service: Service, asker: Asker, call: SignCall) -> recording.By:
    """Who does it: whom the token names, or where none is needed, whom the call names."""
    if service.settings.has_tokens and call.who is not None:
        raise MalformedCall.of("wrong-value", "the token says who does this: leave `who` out")
    return recording.By(call.who or asker.name, "http", service.day, service.clock())
