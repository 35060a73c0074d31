"""The application of the service: a route for every call, and what surrounds them."""

from __future__ import annotations

import asyncio
import ctypes
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from clauses.calls import VERBS, Held
from clauses.calls.library import Sort
from clauses.errors import ClausesError, did_you_mean
from clauses.http_api import openapi, page_routes, tracing
from clauses.http_api.bodies import FORM, JSON, media_type, read_query
from clauses.http_api.evaluator import PR_SET_PDEATHSIG, Reply
from clauses.http_api.frame import Frame
from clauses.http_api.guard import Asker, Scope
from clauses.http_api.problems import Refused
from clauses.http_api.records import record_routes
from clauses.http_api.service import Clock, Service
from clauses.http_api.settings import Settings

GET_ONLY = ("rules", "rule")
"""Calls that are asked by address alone."""
HELD: dict[str, Sort] = {"agreements": "agreement", "term-sheets": "term_sheet", "positions": "position"}
PAGE_CALLS = ("page-start", "page-open", "page-outline", "page-edit")
"""What only the page asks: no part of what is promised to other programs."""

NO_TELEMETRY: Any = dict.fromkeys(("tracing", "metrics", "logs", "operation_spans", "auto_configure"), False)
"""What newer versions of FastAPI do by themselves: their spans hold queries. Ours are made in `tracing`."""

Endpoint = Callable[[Service, Asker, Request], Awaitable[Response]]


def create_app(settings: Settings, clock: Clock) -> Frame:
    """The application. Raises ClausesError where what it should hold cannot be read."""
    service = Service(settings, clock)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        tracing.start_tracing()
        watch = asyncio.create_task(_end_with_parent()) if settings.workers > 1 else None
        await service.start()
        yield
        if watch is not None:
            watch.cancel()
        await service.close()

    app = FastAPI(
        title="clauses", openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan, telemetry=NO_TELEMETRY
    )
    app.state.service = service
    app.state.settings = settings
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(ClausesError, _error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _defect)
    _add_routes(app, service)
    app.include_router(page_routes.router)
    return Frame(app, service.gate, settings.limits)


async def _end_with_parent() -> None:
    """End this worker process when the one that started it is gone, whatever ended that."""
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    while os.getppid() == parent:
        await asyncio.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


# --- refusals


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return error.response()


async def _error(_: Request, error: Exception) -> Response:
    assert isinstance(error, ClausesError)
    return Refused.by(error).response()


async def _defect(request: Request, error: Exception) -> Response:
    sentence = "clauses failed; this is a defect of ours: please report it"
    return Refused.of(500, "internal", sentence).response()


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        headers = dict(error.headers or {})
        sentence = f"this address does not take `{request.method[:20]}`"
        return Refused.of(405, "wrong-method", sentence, f"it takes {headers.get('Allow', '')}", headers).response()
    if error.status_code == 404:
        return Refused.of(404, "no-such-address", "there is nothing at this address", "see /v1/openapi.json").response()
    return Refused.of(400, "malformed-request", "the request cannot be read").response()


# --- routes


def _add_routes(app: FastAPI, service: Service) -> None:
    def add(path: str, endpoint: Endpoint, method: str = "GET", scope: Scope | None = "read", **more: Any) -> None:
        _add(app, service, path, endpoint, method, scope, **more)

    for verb in VERBS:
        if verb not in GET_ONLY:
            add(f"/v1/{verb}", _answering(verb), "POST", **openapi.call(verb, service))
    add("/v1/terms", _terms, **openapi.query("terms", service))
    add("/v1/rules", _rules, **openapi.query("rules", service))
    add("/v1/rules/{id}", _rule, **openapi.query("rule", service))
    add("/v1/held", _held, **openapi.held(service))
    add("/v1/held/{sort}/{id}", _held_one, **openapi.held_one(service))
    add("/v1/schemas", _schemas, **openapi.schemas(service))
    add("/v1/schemas/{name}", _schema, **openapi.schema(service))
    for name in PAGE_CALLS:
        add(f"/v1/{name}", _answering(name), "POST", include_in_schema=False)
    add("/v1/page-start", _page_start, include_in_schema=False)
    record_routes(add, service)
    add("/v1/openapi.json", _document, scope=None, **openapi.own(service))
    add("/healthz", _healthy, scope=None, **openapi.health(service))
    add("/readyz", _ready, scope=None, **openapi.readiness(service))


def _add(
    app: FastAPI, service: Service, path: str, endpoint: Endpoint, method: str, scope: Scope | None, **more: Any
) -> None:
    async def route(request: Request) -> Response:
        known = request.scope["clauses"]
        known.route = path
        asker = Asker("-", "-", ())
        if scope is not None:
            asker = await service.gate.asker(request.headers.get("authorization"), scope, service.day)
            known.caller = asker.id
        return await endpoint(service, asker, request)

    app.add_api_route(path, route, methods=[method], response_class=Response, **more)


def _answering(verb: str) -> Endpoint:
    async def endpoint(service: Service, asker: Asker, request: Request) -> Response:
        content_type = request.headers.get("content-type", "")
        if media_type(content_type) not in (JSON, FORM):
            hint = f"send `Content-Type: {JSON}` or `{FORM}`"
            raise Refused.of(415, "unknown-media-type", "the body is neither JSON nor a form", hint)
        read_query(request.query_params.multi_items(), {})
        body = await request.body()
        reply, kept = await service.reply(
            verb, asker, body=body, content_type=content_type, is_gone=request.is_disconnected
        )
        request.scope["clauses"].cached = kept
        return _response(reply)

    return endpoint


def _response(reply: Reply) -> Response:
    headers = {}
    if reply.file_name is not None:
        plain = re.sub(r"[^A-Za-z0-9._-]", "_", reply.file_name)
        exact = f"; filename*=UTF-8''{quote(reply.file_name, safe='')}" if plain != reply.file_name else ""
        headers["Content-Disposition"] = f'attachment; filename="{plain}"{exact}'
    if reply.recorded is not None:
        headers["Clauses-Recorded"] = reply.recorded
    return Response(reply.body, 200, headers, reply.media_type)


async def _asked(service: Service, asker: Asker, request: Request, verb: str, data: dict[str, Any]) -> Response:
    """The answer to a call that stands in an address; what an address names and nobody has is missing."""
    try:
        reply, kept = await service.reply(verb, asker, data, is_gone=request.is_disconnected)
    except Refused as refused:
        if {problem["id"] for problem in refused.problems} <= {"unknown-rule", "not-held"}:
            raise Refused(404, refused.problems) from None
        raise
    request.scope["clauses"].cached = kept
    return _response(reply)


async def _terms(service: Service, asker: Asker, request: Request) -> Response:
    known = dict.fromkeys(("agreement", "term_sheet", "as_of", "known_on"), False)
    data = read_query(request.query_params.multi_items(), known)
    for name in ("agreement", "term_sheet"):
        if name in data:
            data[name] = {"held": data[name]}
    return await _asked(service, asker, request, "terms", data)


async def _rules(service: Service, asker: Asker, request: Request) -> Response:
    return await _asked(
        service, asker, request, "rules", read_query(request.query_params.multi_items(), {"rules": True})
    )


async def _rule(service: Service, asker: Asker, request: Request) -> Response:
    data = read_query(request.query_params.multi_items(), {"rules": True})
    return await _asked(service, asker, request, "rule", {**data, "rule": request.path_params["id"]})


async def _schemas(service: Service, asker: Asker, request: Request) -> Response:
    read_query(request.query_params.multi_items(), {})
    return await _asked(service, asker, request, "schemas", {})


async def _schema(service: Service, asker: Asker, request: Request) -> Response:
    read_query(request.query_params.multi_items(), {})
    return await _asked(service, asker, request, "schema", {"name": request.path_params["name"]})


async def _page_start(service: Service, asker: Asker, request: Request) -> Response:
    return await _asked(service, asker, request, "page-start", {})


def _shown(held: Held) -> dict[str, Any]:
    found = {"id": held.id, "title": held.title, "agreement": held.agreement}
    return {**found, "term_sheet": held.term_sheet} if held.term_sheet is not None else found


async def _held(service: Service, asker: Asker, request: Request) -> Response:
    read_query(request.query_params.multi_items(), {})
    documents = service.library.documents
    listed = {name.replace("-", "_"): [_shown(one) for one in documents[sort].values()] for name, sort in HELD.items()}
    return JSONResponse({**listed, "packs": sorted(service.library.packs)})


async def _held_one(service: Service, asker: Asker, request: Request) -> Response:
    read_query(request.query_params.multi_items(), {})
    sort, id = request.path_params["sort"], request.path_params["id"]
    if sort not in HELD:
        raise Refused.of(404, "not-held", f"the server holds no `{sort[:100]}`", did_you_mean(sort, HELD))
    documents = service.library.documents[HELD[sort]]
    held = documents.get(id)
    if held is None:
        hint = did_you_mean(id, documents)
        raise Refused.of(404, "not-held", f"the server holds no {HELD[sort].replace('_', ' ')} `{id[:100]}`", hint)
    text = held.document.data.decode("utf-8", errors="replace")
    return JSONResponse({**_shown(held), "name": held.document.name, "text": text})


async def _document(service: Service, asker: Asker, request: Request) -> Response:
    read_query(request.query_params.multi_items(), {})
    return Response(await openapi.document(request.app, service), media_type=JSON)


async def _healthy(service: Service, asker: Asker, request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _ready(service: Service, asker: Asker, request: Request) -> Response:
    alive = service.evaluators.alive
    if alive == 0:
        raise Refused.of(503, "no-evaluator", "no process is there to evaluate", None, {"Retry-After": "1"})
    if service.ledger is not None and not await service.is_ledger_reachable():
        raise Refused.of(503, "no-ledger", "the ledger does not answer", None, {"Retry-After": "5"})
    return JSONResponse(
        {
            "status": "ready",
            "evaluators": alive,
            "ledger": "none" if service.ledger is None else "reachable",
            "tokens": "needed" if service.settings.has_tokens else "off: anyone on this machine may ask anything",
        }
    )
