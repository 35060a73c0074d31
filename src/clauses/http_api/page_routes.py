"""The page and its files. They hold nothing of anybody's, so they are served to all; what the page asks for, the
service answers like any other call."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from clauses.http_api.problems import Refused

FOLDER = Path(__file__).parent / "page"

TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
"""The files that are served, by their endings."""

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
"""What a browser may load for the page: its own files from its own host. No script and no style stands in the page."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

router = APIRouter(include_in_schema=False)


@cache
def assets() -> dict[str, tuple[bytes, str]]:
    """The files of the page by name, with the tag by which a browser knows them again."""
    found = {}
    for path in sorted(FOLDER.iterdir()):
        if path.suffix in TYPES:
            data = path.read_bytes()
            found[path.name] = (data, f'"{hashlib.sha256(data).hexdigest()[:32]}"')
    return found


@cache
def page() -> bytes:
    """The page, from its template."""
    loader = jinja2.FileSystemLoader(FOLDER)
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.get_template("page.html.j2").render(**SHOWN).encode()


SHOWN: dict[str, Any] = {
    "panes": [("sheet", "Term sheet"), ("findings", "Findings"), ("detail", "Detail")],
    "views": [("text", "Text"), ("form", "Form"), ("agreement", "Agreement")],
    "details": [
        ("finding", "Finding"),
        ("timeline", "Timeline"),
        ("redline", "Redline"),
        ("cap-table", "Cap table"),
        ("margins", "Margins"),
        ("fixes", "Fixes"),
        ("negotiation", "Negotiation"),
        ("memo", "Memo"),
    ],
}
"""The panes of the page and the views in them: id and heading."""


@router.get("/")
async def show_page() -> Response:
    """The page."""
    return Response(page(), 200, {**HEADERS, "Cache-Control": "no-cache"}, "text/html; charset=utf-8")


@router.get("/assets/{name}")
async def show_asset(name: str, request: Request) -> Response:
    """A file of the page; a browser that has it is told so."""
    found = assets().get(name)
    if found is None:
        raise Refused.of(404, "no-such-address", "there is nothing at this address")
    data, tag = found
    headers = {**HEADERS, "Cache-Control": "no-cache", "ETag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(b"", 304, headers)
    return Response(data, 200, headers, TYPES[Path(name).suffix])
