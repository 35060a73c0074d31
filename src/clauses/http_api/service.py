"""What a worker process of the service has: evaluators, kept answers, the ledger and its tokens, and what it holds."""

from __future__ import annotations

import asyncio
import datetime
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clauses.calls import Library
from clauses.errors import ClausesError
from clauses.extras import needs
from clauses.http_api import tracing
from clauses.http_api.answers import Kept, key_of
from clauses.http_api.evaluator import Asked, Reply
from clauses.http_api.evaluators import Evaluators, Lost
from clauses.http_api.guard import Asker, Gate
from clauses.http_api.logs import tell
from clauses.http_api.problems import Refused
from clauses.http_api.settings import Settings
from clauses.http_api.together import Together
from clauses.recording import REVIEW
from clauses.terms.values import Date

if TYPE_CHECKING:
    from clauses.ledger import Ledger

Clock = Callable[[], datetime.datetime]
"""The time now, in UTC; only a door knows one."""


class Service:
    """Everything that endpoints use."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.gate = Gate(settings)
        self.library = Library(tuple(map(Path, settings.deals)), tuple(map(Path, settings.rules)))
        self.evaluators = Evaluators(settings, self.library, tell)
        self.ledger: Ledger | None = None
        self._kept = Kept(settings.limits.cache)
        self._seen_to = self._changed_at = 0
        """How far the ledger was read, and where it last said something about what was accepted."""
        self._changes = Together(self._look_for_changes)

    async def start(self) -> None:
        """Open the ledger and start the evaluators."""
        if self.settings.ledger is not None:
            with needs("ledger", "a ledger"):
                from clauses.ledger import Ledger
                from clauses.ledger.tokens import Tokens
            self.ledger = await asyncio.to_thread(Ledger.open, self.settings.ledger)
            self.gate.use(Tokens(self.ledger))
            head = await asyncio.to_thread(self.ledger.head)
            self._seen_to = self._changed_at = head.number if head else 0
        try:
            await self.evaluators.start()
        except Lost as error:
            tell("evaluator-not-started", defect=str(error))
            raise
        tell("started", pid=os.getpid(), evaluators=self.evaluators.pids, tokens=self.settings.has_tokens)

    async def close(self) -> None:
        """End the evaluators and close the ledger."""
        await self.evaluators.close()
        if self.ledger is not None:
            await asyncio.to_thread(self.ledger.close)
        tell("ended", pid=os.getpid())

    @property
    def today(self) -> datetime.date:
        """The day of this machine's calendar."""
        return self.clock().astimezone().date()

    @property
    def day(self) -> Date:
        """The same, as a date of ours."""
        return Date.of(self.today)

    async def reply(
        self,
        verb: str,
        asker: Asker,
        data: Mapping[str, Any] | None = None,
        body: bytes = b"",
        content_type: str = "",
        is_gone: Callable[[], Awaitable[bool]] | None = None,
    ) -> tuple[Reply, bool]:
        """The reply to a call, and whether it was kept from an equal one. Raises Refused where it was refused."""
        now = self.clock()
        asked = Asked(verb, asker.name, self.today.isoformat(), now.isoformat(), asker.scopes, body, content_type, data)
        key = key_of(asked, await self._last_change()) if self.settings.limits.cache else None
        kept = self._kept.find(key)
        if kept is not None:
            return kept, True
        with tracing.span(f"evaluate {verb}"):
            reply = await self.evaluators.ask(asked, asker.id, is_gone)
        if reply.defect is not None:
            tell("defect", verb=verb, defect=reply.defect)
        if reply.status != 200:
            raise Refused(reply.status, reply.problems)
        self._kept.keep(key, reply)
        return reply, False

    async def _last_change(self) -> int:
        """The last entry of the ledger on which a review may depend; recorded reviews are none."""
        return 0 if self.ledger is None else await self._changes.ask(self.ledger)

    def _look_for_changes(self, ledger: Ledger) -> int:
        head = ledger.head()
        if head is not None and head.number > self._seen_to:
            for entry in ledger.entries(after=self._seen_to):
                if entry.kind != REVIEW:
                    self._changed_at = max(self._changed_at, entry.number)
                self._seen_to = max(self._seen_to, entry.number)
        return self._changed_at

    async def is_ledger_reachable(self) -> bool:
        """Whether the ledger answers."""
        assert self.ledger is not None
        try:
            async with asyncio.timeout(5):
                await asyncio.to_thread(self.ledger.head)
        except (TimeoutError, ClausesError):
            return False
        return True
