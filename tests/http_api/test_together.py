"""Questions that are asked together are each answered after they were asked."""

from __future__ import annotations

import asyncio
import threading

import pytest

from clauses.http_api.together import Together


def test_a_question_is_answered_by_work_that_begins_after_it_was_asked() -> None:
    goes_on, began = threading.Event(), threading.Event()
    worked: list[int] = []

    def answer(question: int) -> int:
        worked.append(question)
        began.set()
        goes_on.wait(5)
        return len(worked)

    async def story() -> None:
        together = Together(answer)
        first = asyncio.create_task(together.ask(1))
        await asyncio.to_thread(began.wait, 5)
        later = [asyncio.create_task(together.ask(one)) for one in (1, 1, 2)]  # the work on the first has begun
        await asyncio.sleep(0)
        goes_on.set()
        assert await first == 1
        assert await asyncio.gather(*later) == [2, 2, 3] and worked == [1, 1, 2]

    asyncio.run(story())


def test_what_one_raises_another_does_not_hear_and_who_leaves_takes_nothing_away() -> None:
    def answer(question: int) -> int:
        if question == 0:
            raise ValueError(question)
        return 10 // question

    async def story() -> None:
        together = Together(answer)
        asked = [asyncio.create_task(together.ask(one)) for one in (0, 5, 5)]
        await asyncio.sleep(0)
        asked[1].cancel()
        with pytest.raises(ValueError):
            await asked[0]
        assert await asked[2] == 2
        assert await together.ask(1) == 10

    asyncio.run(story())
