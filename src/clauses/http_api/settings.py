"""How a service runs: its limits, what it holds, and who may ask."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from clauses.errors import UsageError

MEGABYTE = 1024 * 1024
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True)
class Limits:
    """What one request, one caller and all of them together may take. Times are in seconds, sizes in bytes."""

    body: int = 32 * MEGABYTE
    """The largest body of a request: two forms in Word, written in base64, and something over."""
    body_time: int = 20
    """How long a body may take to arrive."""
    head_time: int = 10
    """How long the first line and the headers may take."""
    evaluation_time: int = 60
    """How long an evaluation may take before its process is ended."""
    memory: int = 3 * 1024 * MEGABYTE
    """The address space of one evaluator."""
    per_caller: int = 16
    """How many requests of one caller a worker process works on at a time."""
    waiting: int = 256
    """How many requests may wait for an evaluator, in one worker process."""
    connections: int = 1024
    """How many connections one worker process holds open."""
    shutdown_time: int = 30
    """How long a request that has begun may go on after the service was told to end."""
    cache: int = 64 * MEGABYTE
    """How much one worker process remembers of answers that are always the same; 0 for none."""


@dataclass(frozen=True)
class Settings:
    """Everything that a worker process of the service is told."""

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    evaluators: int = 2
    """How many processes evaluate, for each worker process."""
    ledger: str | None = None
    has_tokens: bool = True
    """Whether a caller must show a token."""
    host_names: tuple[str, ...] = ()
    """The names under which the service is called, besides those of the machine itself."""
    deals: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    templates: str | None = None
    limits: Limits = Limits()

    def text(self) -> str:
        """The settings as a text, for the worker processes."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> Self:
        """The settings that `text` wrote."""
        data: dict[str, Any] = json.loads(text)
        limits = Limits(**data.pop("limits"))
        lists: Mapping[str, Any] = {key: tuple(value) for key, value in data.items() if isinstance(value, list)}
        return cls(**{**data, **lists}, limits=limits)

    @property
    def is_on_loopback(self) -> bool:
        """Whether only this machine can reach the service."""
        return is_loopback(self.host)

    @property
    def known_hosts(self) -> frozenset[str] | None:
        """The names that a request's `Host` may give; None where any will do."""
        if self.has_tokens and not self.host_names:
            return None
        own = (*LOOPBACK_NAMES, self.host) if self.is_on_loopback else ()
        return frozenset(name.lower() for name in (*own, *self.host_names))


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, for itself alone."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def needs_tokens(host: str, ledger: str | None, no_tokens: bool) -> bool:
    """Whether callers must show a token. Raises UsageError where they would have to and cannot.

    Tokens are off only where nobody but this machine can reach the service, and either no ledger is named, where they
    would be kept, or `no_tokens` is asked for.
    """
    if is_loopback(host):
        return ledger is not None and not no_tokens
    if no_tokens:
        sentence = f"`--no-tokens` is for this machine alone, and `{host}` can be reached by others"
        raise UsageError.of("tokens-needed", sentence, None, "listen on 127.0.0.1, or leave `--no-tokens` out")
    if ledger is None:
        hint = "name a ledger with `--ledger`, and make a token with `clauses token create`"
        sentence = f"`{host}` can be reached by others, and there is no ledger that keeps tokens"
        raise UsageError.of("tokens-needed", sentence, None, hint)
    return True
