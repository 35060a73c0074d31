"""The processes that evaluate, as the event loop sees them: bounded in number, time and memory, replaced when lost."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import TimeoutError as TooSlow
from contextlib import asynccontextmanager
from typing import Any

from pebble import ProcessExpired, ProcessPool

from clauses.calls import Caller
from clauses.mcp_server import evaluator
from clauses.mcp_server.evaluator import Reply, refused, too_large
from clauses.mcp_server.settings import Settings


class Evaluators:
    """Some processes, and the queue before them."""

    def __init__(self, settings: Settings) -> None:
        self.limits = settings.limits
        self._callers: Counter[str] = Counter()
        self._pool = ProcessPool(
            settings.evaluators,
            initializer=evaluator.start,
            initargs=(settings, settings.library()),
            context=multiprocessing.get_context("spawn"),
        )

    @classmethod
    @asynccontextmanager
    async def running(cls, settings: Settings) -> AsyncIterator[Evaluators]:
        """Some that run until the end of the block; what they work on then is abandoned."""
        found = cls(settings)
        try:
            yield found
        finally:
            await asyncio.to_thread(found.close)

    def close(self) -> None:
        """End the processes."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()

    async def ask(self, verb: str, call: Mapping[str, Any], caller: Caller) -> Reply:
        """The reply to a call. Whoever stops waiting for it ends the work on it, too."""
        if self._callers.total() >= self.limits.waiting:
            return refused("queue-full", f"{self._callers.total()} calls are waiting already", "ask again in a moment")
        if self._callers[caller.who] >= self.limits.per_caller:
            sentence = f"{self.limits.per_caller} calls of this caller are being worked on, and that is the most"
            return refused("too-many-at-once", sentence, "wait for an answer")
        self._callers[caller.who] += 1
        try:
            return await self._reply(verb, call, caller)
        finally:
            self._callers[caller.who] -= 1

    async def _reply(self, verb: str, call: Mapping[str, Any], caller: Caller) -> Reply:
        try:
            future = self._pool.schedule(evaluator.reply, args=(verb, call, caller), timeout=self.limits.time)
            return await asyncio.wrap_future(future)
        except TooSlow:
            sentence = f"the evaluation took more than {self.limits.time} seconds and was ended"
            return refused("too-slow", sentence, "send less at once, or run `clauses` itself, which has no limit")
        except ProcessExpired as error:
            if error.exitcode == evaluator.OUT_OF_MEMORY:
                return too_large()
            sentence = "the process that worked on this ended without an answer"
            hint = "if it happens again with the same call, please report it"
            return refused("evaluator-lost", sentence, hint, defect=f"exit code {error.exitcode}")
        except Exception as error:  # no process comes up, for instance
            sentence = "nothing can be evaluated here; the log of the server says why"
            return refused("no-evaluator", sentence, defect=evaluator.where(error))


def available_processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
