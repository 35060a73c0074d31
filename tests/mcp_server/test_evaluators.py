"""The processes that evaluate: bounded in time, memory and number; one that is lost is replaced."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from mcp_session import NOW, WORKED, descendants

from clauses.calls import Caller
from clauses.mcp_server.evaluator import Reply
from clauses.mcp_server.evaluators import Evaluators
from clauses.mcp_server.settings import MEGABYTE, Limits, Settings
from clauses.terms.values import Date

CALLER = Caller("tester", "mcp", Date.of(NOW.date()), NOW)


def run(limits: Limits, work: Callable[[Evaluators], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with Evaluators.running(Settings(evaluators=1, limits=limits)) as evaluators:
            await work(evaluators)

    asyncio.run(whole())


def verdict(reply: Reply) -> str:
    assert not reply.is_error, reply.text
    return str(json.loads(reply.body)["verdict"])


def ids(reply: Reply) -> list[object]:
    return [one["id"] for one in reply.problems]


def test_what_takes_too_long_or_breaks_is_ended_and_the_next_call_is_answered() -> None:
    before = descendants(os.getpid())

    async def work(evaluators: Evaluators) -> None:
        assert verdict(await evaluators.ask("check", WORKED, CALLER)) == "conflict"
        evaluators.limits = Limits(time=1)
        slow = await evaluators.ask("verify", {}, CALLER)
        assert ids(slow) == ["too-slow"] and "1 seconds" in slow.text
        evaluators.limits = Limits()

        assert verdict(await evaluators.ask("check", WORKED, CALLER)) == "conflict"
        waiting = asyncio.create_task(evaluators.ask("verify", {}, CALLER))
        await asyncio.sleep(0.5)
        for pid in descendants(os.getpid()) - before:
            if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)
        lost = await waiting
        assert ids(lost) == ["evaluator-lost"] and lost.defect

        abandoned = asyncio.create_task(evaluators.ask("verify", {}, CALLER))
        await asyncio.sleep(0.5)
        abandoned.cancel()
        with pytest.raises(asyncio.CancelledError):
            await abandoned
        assert verdict(await asyncio.wait_for(evaluators.ask("check", WORKED, CALLER), 10)) == "conflict"

    run(Limits(), work)


def test_too_many_calls_are_refused_at_once() -> None:
    async def work(evaluators: Evaluators) -> None:
        other = Caller("other", "mcp", CALLER.today, NOW)
        calls = [evaluators.ask("check", WORKED, CALLER) for _ in range(5)]
        calls += [evaluators.ask("check", WORKED, other) for _ in range(3)]
        found = await asyncio.gather(*calls)
        assert [ids(one) for one in found] == [
            *([], [], ["too-many-at-once"], ["too-many-at-once"], ["too-many-at-once"]),
            *([], ["queue-full"], ["queue-full"]),
        ]
        assert verdict(await evaluators.ask("check", WORKED, CALLER)) == "conflict"

    run(Limits(waiting=3, per_caller=2), work)


def test_memory_is_bounded() -> None:
    async def work(evaluators: Evaluators) -> None:
        huge = {"term_sheet": {"base64": "A" * 300_000_000}}
        reply = await evaluators.ask("check", huge, CALLER)
        assert reply.is_error and ids(reply)[0] in ("too-large", "evaluator-lost", "wrong-value")
        assert verdict(await evaluators.ask("check", WORKED, CALLER)) == "conflict"

    run(Limits(memory=700 * MEGABYTE), work)
