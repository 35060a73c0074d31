"""How an MCP server runs: what it holds, its limits, and who may ask."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from clauses.calls import Library

MEGABYTE = 1024 * 1024

Keep = Literal["inputs", "digests"]


@dataclass(frozen=True)
class Limits:
    """What one call, and all of them together, may take. Times are in seconds, sizes in bytes."""

    time: int = 60
    """How long a call may be worked on before its process is ended."""
    memory: int = 3 * 1024 * MEGABYTE
    """The address space of a process that evaluates."""
    waiting: int = 64
    """How many calls may be worked on or wait."""
    per_caller: int = 16
    """How many of them may be of one caller."""
    body: int = 32 * MEGABYTE
    """The largest body of a request over HTTP."""
    message_time: int = 20
    """How long a request may take to arrive over HTTP."""
    connections: int = 256
    """How many connections are held open over HTTP."""


@dataclass(frozen=True)
class Settings:
    """Everything that the processes of a server are told."""

    deals: tuple[str, ...] = ()
    """The folders of documents that it holds; none for the examples."""
    rules: tuple[str, ...] = ()
    """The packs that it has besides the built-in ones, by their folders."""
    ledger: str | None = None
    record: Keep | None = None
    """What is kept in the ledger of each review; None where reviews are not recorded."""
    evaluators: int = 2
    limits: Limits = Limits()

    def library(self) -> Library:
        """What the server holds. Raises ClausesError for folders that cannot be read."""
        return Library(tuple(map(Path, self.deals)), tuple(map(Path, self.rules)))
