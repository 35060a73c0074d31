"""Questions to the database that are asked together: one thread at a time answers all that have come up meanwhile.

A thread for each of many questions would have them take turns at the interpreter, and take longer over all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Question = TypeVar("Question", bound=Hashable)
Answer = TypeVar("Answer")


class Together(Generic[Question, Answer]):
    """Answers questions in a thread. Each is answered after it was asked; equal ones that wait are answered once."""

    def __init__(self, answer: Callable[[Question], Answer]) -> None:
        self._answer = answer
        self._waiting: dict[Question, asyncio.Future[Answer]] = {}
        self._work: asyncio.Task[None] | None = None

    async def ask(self, question: Question) -> Answer:
        """The answer. Raises what answering raises."""
        future = self._waiting.get(question)
        if future is None:
            future = self._waiting[question] = asyncio.get_running_loop().create_future()
        if self._work is None:
            self._work = asyncio.create_task(self._go_on())
        return await asyncio.shield(future)  # others may wait for the same

    async def _go_on(self) -> None:
        while self._waiting:
            asked, self._waiting = self._waiting, {}
            for future, (answer, error) in zip(
                asked.values(), await asyncio.to_thread(self._answers, list(asked)), strict=True
            ):
                if error is None:
                    future.set_result(answer)  # type: ignore[arg-type]
                else:
                    future.set_exception(error)
                    future.exception()  # nobody may be waiting for it any more
        self._work = None

    def _answers(self, questions: list[Question]) -> list[tuple[Answer | None, Exception | None]]:
        found: list[tuple[Answer | None, Exception | None]] = []
        for question in questions:
            try:
                found.append((self._answer(question), None))
            except Exception as error:
                found.append((None, error))
        return found
