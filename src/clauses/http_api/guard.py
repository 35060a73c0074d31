"""Who asks, and whether they may: tokens, and other pages that would use a reader's browser as their messenger."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from clauses.http_api.problems import Refused
from clauses.http_api.settings import Settings
from clauses.http_api.together import Together
from clauses.terms.values import Date

if TYPE_CHECKING:
    from clauses.ledger.tokens import Token, Tokens

Scope = Literal["read", "write", "sign"]
SCOPES: tuple[Scope, ...] = ("read", "write", "sign")

LOCAL = "local"
"""The name of who asks where no tokens are needed."""

_BEARER = re.compile(r"[Bb]earer +([A-Za-z0-9._~+/=-]{1,512}) *")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::\d{1,5})?")


@dataclass(frozen=True)
class Asker:
    """Who asks, and what they may do."""

    id: str
    name: str
    scopes: tuple[str, ...]


class Gate:
    """Lets a request pass, or refuses it before anything of it is read."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._hosts = settings.known_hosts
        self._tokens: Together[tuple[str, Date], Token | None] | None = None

    def use(self, tokens: Tokens) -> None:
        """Take these tokens, and no others."""
        self._tokens = Together(lambda shown: tokens.check(*shown))

    def check_origin(self, method: str, path: str, headers: Mapping[str, str]) -> None:
        """Raise Refused for a host that is not this service's, and for a request that another page sends."""
        host = headers.get("host", "")
        name = _HOST.fullmatch(host)
        if name is None or (self._hosts is not None and name[1].lower() not in self._hosts):
            hint = "name it with `--host-name` when the service is started, if it is one of its names"
            raise Refused.of(421, "wrong-host", f"`{host[:100]}` is not a name of this service", hint)
        origin = headers.get("origin")
        if origin is not None and _host_of(origin) != host.lower():
            raise _another_page()
        site = headers.get("sec-fetch-site", "none")
        is_link = method in ("GET", "HEAD") and headers.get("sec-fetch-mode") == "navigate" and path == "/"
        if site not in ("none", "same-origin") and not is_link:
            raise _another_page()

    async def asker(self, authorization: str | None, scope: Scope, today: Date) -> Asker:
        """Who asks. Raises Refused where no valid token is shown, or one that does not go as far as `scope`."""
        if not self._settings.has_tokens:
            return Asker(LOCAL, LOCAL, SCOPES)
        assert self._tokens is not None
        if authorization is None:
            raise _unknown("token-needed", "this needs a token", "")
        match = _BEARER.fullmatch(authorization)
        token = await self._tokens.ask((match[1], today)) if match else None
        if token is None:
            raise _unknown(
                "token-refused", "the token is not known, was revoked or has expired", ', error="invalid_token"'
            )
        if scope not in token.scopes:
            challenge = {"WWW-Authenticate": f'Bearer realm="clauses", error="insufficient_scope", scope="{scope}"'}
            sentence = f"this needs a token with the scope `{scope}`"
            raise Refused.of(403, "scope-needed", sentence, _ask_for_token(), challenge)
        return Asker(str(token.id), token.name, tuple(token.scopes))


def _unknown(id: str, sentence: str, error: str) -> Refused:
    challenge = {"WWW-Authenticate": f'Bearer realm="clauses"{error}'}
    return Refused.of(401, id, sentence, "send `Authorization: Bearer …`; " + _ask_for_token(), challenge)


def _ask_for_token() -> str:
    return "`clauses token create` makes one"


def _another_page() -> Refused:
    return Refused.of(403, "another-page", "the request comes from a page of another site")


def _host_of(origin: str) -> str | None:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return None
    return parts.netloc.lower() if parts.scheme in ("http", "https") else None
