"""What a request, a caller and all callers together may take; and what happens to an evaluator that takes more."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from http_service import OPEN, TODAY, WORKED, client_of, problems
from starlette.testclient import TestClient

from clauses.calls import Library
from clauses.http_api.answers import Kept, key_of
from clauses.http_api.evaluator import Asked, Reply
from clauses.http_api.evaluators import Evaluators
from clauses.http_api.problems import Refused
from clauses.http_api.settings import Limits, Settings

CALL = Asked("check", "-", TODAY.date().isoformat(), TODAY.isoformat(), (), data=WORKED)


def limited(**more: Any) -> Settings:
    return replace(OPEN, limits=replace(Limits(cache=0), **more))


# --- bodies


@pytest.fixture(scope="module")
def small() -> Iterator[TestClient]:
    with client_of(limited(body=10_000)) as found:
        yield found


def test_a_body_that_says_that_it_is_too_large_is_refused(small: TestClient) -> None:
    answer = small.post("/v1/check", content=b"x" * 10_001, headers={"content-type": "application/json"})
    assert answer.status_code == 413 and problems(answer)[0]["id"] == "body-too-large"
    assert small.post("/v1/check", json=WORKED).status_code == 200


def test_a_body_in_pieces_is_refused_while_it_arrives() -> None:
    """An endless body: it must be refused before it ends, which it never does."""
    with client_of(limited(body=10_000)) as found:
        app = found.app
        taken, sent = 0, []

        async def receive() -> dict[str, Any]:
            nonlocal taken
            taken += 1
            return {"type": "http.request", "body": b"[" * 1000, "more_body": True}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json"), (b"transfer-encoding", b"chunked")]
        scope = {
            "type": "http", "method": "POST", "path": "/v1/check", "raw_path": b"/v1/check", "query_string": b"",
            "headers": headers, "http_version": "1.1", "scheme": "http", "root_path": "", "asgi": {"version": "3.0"},
        }  # fmt: skip
        found.portal.call(app, scope, receive, send)  # type: ignore[union-attr]
        assert sent[0]["status"] == 413 and taken < 70_000


# --- evaluators


def run(settings: Settings, story: Any) -> Any:
    async def whole() -> Any:
        events: list[str] = []
        evaluators = Evaluators(settings, Library(), lambda event, **_: events.append(event))
        await evaluators.start()
        try:
            return await story(evaluators, events)
        finally:
            await evaluators.close()

    return asyncio.run(whole())


async def refused(evaluators: Evaluators, asked: Asked, caller: str = "a") -> Refused:
    with pytest.raises(Refused) as caught:
        await evaluators.ask(asked, caller)
    return caught.value


def stop(evaluators: Evaluators) -> int:
    """Halt the process, so that it is as slow as can be."""
    import os
    import signal

    (pid,) = evaluators.pids
    os.kill(pid, signal.SIGSTOP)
    return pid


def test_an_evaluation_that_takes_too_long_is_ended_and_its_process_replaced() -> None:
    async def story(evaluators: Evaluators, events: list[str]) -> None:
        pid = stop(evaluators)
        refusal = await refused(evaluators, CALL)
        assert refusal.status == 504 and refusal.problems[0]["id"] == "too-slow"
        deadline = time.monotonic() + 20
        while not evaluators.pids and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        assert evaluators.pids and evaluators.pids != [pid] and events == ["evaluation-ended"]
        assert (await evaluators.ask(CALL, "a")).status == 200

    run(limited(evaluation_time=3), story)


def test_an_evaluator_that_dies_is_replaced_and_the_call_is_told() -> None:
    async def story(evaluators: Evaluators, events: list[str]) -> None:
        import os
        import signal

        pid = stop(evaluators)
        waiting = asyncio.create_task(refused(evaluators, CALL))
        await asyncio.sleep(0.2)
        os.kill(pid, signal.SIGKILL)
        refusal = await waiting
        assert refusal.status == 503 and refusal.headers["Retry-After"] == "1"
        assert (await evaluators.ask(CALL, "a")).status == 200 and events == ["evaluator-lost"]

    run(limited(), story)


def test_an_evaluator_without_memory_says_so_and_is_replaced() -> None:
    big = Asked(
        "check", "-", "2025-11-01", TODAY.isoformat(), (), body=b'{"term_sheet": "' + b"x: y\\n" * 3_000_000 + b'"}'
    )

    async def story(evaluators: Evaluators, events: list[str]) -> None:
        reply = await evaluators.ask(big, "a")
        assert reply.status == 422 and reply.problems[0]["id"] == "too-large" and reply.is_last
        assert (await evaluators.ask(CALL, "a")).status == 200 and events == ["evaluator-replaced"]

    run(limited(memory=185 * 1024 * 1024), story)


def test_a_caller_has_so_many_places_and_others_have_theirs() -> None:
    async def story(evaluators: Evaluators, events: list[str]) -> None:
        asked = [asyncio.create_task(evaluators.ask(CALL, "a")) for _ in range(2)]
        await asyncio.sleep(0)
        refusal = await refused(evaluators, CALL, "a")
        assert refusal.status == 429 and refusal.headers["Retry-After"] == "1"
        assert refusal.problems[0]["id"] == "too-many-at-once"
        assert (await evaluators.ask(CALL, "b")).status == 200
        assert [reply.status for reply in await asyncio.gather(*asked)] == [200, 200]
        assert (await evaluators.ask(CALL, "a")).status == 200  # the places are free again

    run(limited(per_caller=2), story)


def test_only_so_many_wait() -> None:
    async def story(evaluators: Evaluators, events: list[str]) -> None:
        asked = [asyncio.create_task(evaluators.ask(CALL, str(number))) for number in range(3)]
        await asyncio.sleep(0)
        refusal = await refused(evaluators, CALL, "x")
        assert refusal.status == 503 and refusal.problems[0]["id"] == "queue-full" and refusal.headers["Retry-After"]
        assert [reply.status for reply in await asyncio.gather(*asked)] == [200] * 3

    run(limited(waiting=2), story)


def test_nobody_waits_for_ever_and_nobody_begins_when_the_service_ends() -> None:
    async def story(evaluators: Evaluators, events: list[str]) -> None:
        evaluators._free.get_nowait()  # something else has it, and keeps it
        refusal = await refused(evaluators, CALL)
        assert refusal.status == 503 and refusal.problems[0]["id"] == "queue-slow"
        await evaluators.close()
        refusal = await refused(evaluators, CALL)
        assert refusal.status == 503 and refusal.problems[0]["id"] == "shutting-down"

    run(limited(evaluation_time=1), story)


def test_a_service_without_an_evaluator_is_not_ready() -> None:
    with client_of(limited()) as found:
        service = found.app.app.state.service  # type: ignore[attr-defined]
        assert found.get("/readyz").status_code == 200
        service.evaluators._all.clear()
        answer = found.get("/readyz")
        assert answer.status_code == 503 and problems(answer)[0]["id"] == "no-evaluator"


def test_nothing_is_worked_on_for_who_went_away() -> None:
    async def story(evaluators: Evaluators, events: list[str]) -> None:
        async def is_gone() -> bool:
            return True

        with pytest.raises(Refused) as caught:
            await evaluators.ask(CALL, "a", is_gone)
        assert caught.value.problems[0]["id"] == "nobody-waits" and events == []

    run(limited(), story)


def test_the_event_loop_answers_while_an_evaluation_runs() -> None:
    with client_of(limited(evaluation_time=30)) as found:
        service = found.app.app.state.service  # type: ignore[attr-defined]
        pid = stop(service.evaluators)
        answers: list[int] = []
        asking = threading.Thread(target=lambda: answers.append(found.post("/v1/check", json=WORKED).status_code))
        asking.start()
        times = []
        for _ in range(20):
            started = time.monotonic()
            assert found.get("/healthz").status_code == 200
            times.append(time.monotonic() - started)
        assert max(times) < 1 and not answers
        import os
        import signal

        os.kill(pid, signal.SIGCONT)
        asking.join(30)
        assert answers == [200]


# --- kept answers


def kept(size: int, status: int = 200, recorded: str | None = None) -> Reply:
    return Reply(status, b"x" * size, "application/json", None, recorded)


def test_only_lasting_answers_are_kept_and_the_oldest_go() -> None:
    keeping = Kept(80)
    keeping.keep(b"refused", kept(5, status=422))
    keeping.keep(b"recorded", kept(5, recorded="1:00"))
    keeping.keep(b"too large", kept(11))
    assert all(keeping.find(key) is None for key in (b"refused", b"recorded", b"too large", None))
    for number in range(9):
        keeping.keep(str(number).encode(), kept(10))
    assert keeping.find(b"0") is None and keeping.find(b"1") is not None and keeping.find(b"8") is not None


def test_calls_that_differ_in_anything_have_different_keys() -> None:
    first = Asked("check", "a", "2025-01-01", TODAY.isoformat(), (), b"{}", "application/json")
    others = [
        replace(first, verb="explain"), replace(first, today="2025-01-02"), replace(first, body=b"{ }"),
        replace(first, content_type="multipart/form-data; boundary=x"), replace(first, data={}),
    ]  # fmt: skip
    assert len({*(key_of(one, 0) for one in (first, *others)), key_of(first, 1)}) == 7
    assert key_of(replace(first, who="b", at="later"), 0) == key_of(first, 0)
    assert key_of(replace(first, body=b" " * 2_000_000), 0) is None
