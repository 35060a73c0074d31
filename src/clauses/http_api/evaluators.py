"""The processes that evaluate, as the event loop sees them: bounded in number, time and memory, replaced when lost."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import socket
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from clauses.calls import Library
from clauses.http_api.evaluator import LENGTH, READY, Asked, Reply, packed
from clauses.http_api.problems import Refused
from clauses.http_api.settings import Settings

START_TIME = 60
"""Seconds in which a new process must be ready."""
PAUSE = 1
"""Seconds before a process that could not be started is tried again."""

Tell = Callable[..., None]


class Lost(Exception):
    """An evaluator that ended without an answer, or never was ready for one."""


class Process:
    """One evaluator: a process of its own at the other end of a socket."""

    def __init__(
        self, process: asyncio.subprocess.Process, reader: Any, writer: Any, room: tempfile.TemporaryDirectory[str]
    ) -> None:
        self.process = process
        self._room = room
        self._reader = reader
        self._writer = writer

    @classmethod
    async def start(cls, settings: Settings, library: Library) -> Process:
        """A process that is ready for calls. Raises Lost where none comes up in time."""
        # What it was working on when it is killed does not stay on the disk.
        room = tempfile.TemporaryDirectory(prefix="clauses-", ignore_cleanup_errors=True)
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # nothing in the current folder stands in for a module
                "-m",
                "clauses.http_api.evaluator",
                str(theirs.fileno()),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,  # packages may write there what a contract says
                pass_fds=(theirs.fileno(),),
                env={**os.environ, "TMPDIR": room.name},
            )
        reader, writer = await asyncio.open_unix_connection(sock=ours)
        found = cls(process, reader, writer, room)
        try:
            async with asyncio.timeout(START_TIME):
                answer = await found._exchange((settings.text(), library))
            if answer != READY:
                raise Lost(answer)
        except BaseException as error:
            found.kill()
            if isinstance(error, TimeoutError):
                raise Lost(f"it was not ready within {START_TIME} seconds") from None
            raise
        return found

    async def ask(self, asked: Asked) -> Reply:
        """The reply to a call. Raises Lost where the process ends before it has replied."""
        reply = await self._exchange(asked)
        assert isinstance(reply, Reply)
        return reply

    async def _exchange(self, message: object) -> Any:
        try:
            self._writer.write(packed(message))
            await self._writer.drain()
            (length,) = LENGTH.unpack(await self._reader.readexactly(LENGTH.size))
            return pickle.loads(await self._reader.readexactly(length))
        except (OSError, asyncio.IncompleteReadError):
            raise Lost from None

    def kill(self) -> None:
        """End the process at once."""
        self._writer.close()
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        self._room.cleanup()


class Evaluators:
    """Some evaluators, and the queue before them."""

    def __init__(self, settings: Settings, library: Library, tell: Tell = lambda event, **more: None) -> None:
        self.settings = settings
        self._library = library
        self._tell = tell
        self._free: asyncio.Queue[Process] = asyncio.Queue()
        self._all: set[Process] = set()
        self._starting: set[asyncio.Task[None]] = set()
        self._is_closed = False
        self._waiting = 0
        self._callers: Counter[str] = Counter()

    async def start(self) -> None:
        """Start all of them. Raises Lost where one does not come up."""
        found = await asyncio.gather(
            *(Process.start(self.settings, self._library) for _ in range(self.settings.evaluators)),
            return_exceptions=True,
        )
        for one in found:
            if isinstance(one, Process):
                self._add(one)
        if len(self._all) < self.settings.evaluators:
            await self.close()
            raise next(one for one in found if isinstance(one, BaseException))

    @property
    def alive(self) -> int:
        """How many processes are there."""
        return sum(one.process.returncode is None for one in self._all)

    @property
    def pids(self) -> list[int]:
        """The processes that are there."""
        return [one.process.pid for one in self._all]

    def _add(self, process: Process) -> None:
        self._all.add(process)
        self._free.put_nowait(process)

    async def ask(self, asked: Asked, caller: str, is_gone: Callable[[], Awaitable[bool]] | None = None) -> Reply:
        """The reply to a call. Raises Refused where there is none: too many calls, too long, a process that broke.

        `is_gone` says whether anybody still waits for the reply; it is asked before the work begins.
        """
        async with self._place(caller), self._process() as process:
            if is_gone is not None and await is_gone():
                raise _busy("nobody-waits", "who asked went away before the work began")
            try:
                async with asyncio.timeout(self.settings.limits.evaluation_time):
                    reply = await process.ask(asked)
            except TimeoutError:
                self._replace(process, "evaluation-ended")
                seconds = self.settings.limits.evaluation_time
                sentence = f"the evaluation took more than {seconds} seconds and was ended"
                hint = "send less at once, or run `clauses` itself, which has no limit"
                raise Refused.of(504, "too-slow", sentence, hint) from None
            except Lost:
                self._replace(process, "evaluator-lost")
                hint = "if it happens again with the same call, please report it"
                raise _busy("evaluator-lost", "the process that worked on this ended without an answer", hint) from None
            except asyncio.CancelledError:  # who asked is gone, or the service ends
                self._replace(process, "evaluation-abandoned")
                raise
            if reply.is_last:
                self._replace(process, "evaluator-replaced")
            return reply

    @asynccontextmanager
    async def _place(self, caller: str) -> AsyncIterator[None]:
        """One of the places that a caller has."""
        most = self.settings.limits.per_caller
        if self._callers[caller] >= most:
            sentence = f"{most} requests of this caller are being worked on, and that is the most"
            raise Refused.of(429, "too-many-at-once", sentence, "wait for an answer", {"Retry-After": "1"})
        self._callers[caller] += 1
        try:
            yield
        finally:
            self._callers[caller] -= 1
            if not self._callers[caller]:
                del self._callers[caller]

    @asynccontextmanager
    async def _process(self) -> AsyncIterator[Process]:
        """A process for one call, after those who came before."""
        process = await self._next()
        try:
            yield process
        finally:
            if process in self._all:
                self._free.put_nowait(process)

    async def _next(self) -> Process:
        if self._is_closed:
            raise _busy("shutting-down", "the service is about to end")
        if self._waiting >= self.settings.limits.waiting:
            raise _busy("queue-full", f"{self._waiting} requests are waiting already")
        self._waiting += 1
        try:
            async with asyncio.timeout(self.settings.limits.evaluation_time):
                return await self._free.get()
        except TimeoutError:
            raise _busy("queue-slow", "nothing was free to work on this in time") from None
        finally:
            self._waiting -= 1

    def _replace(self, process: Process, event: str) -> None:
        if process not in self._all:
            return
        self._all.discard(process)
        process.kill()
        self._tell(event, pid=process.process.pid)
        if not self._is_closed:
            task = asyncio.get_running_loop().create_task(self._start_another())
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)

    async def _start_another(self) -> None:
        while not self._is_closed:
            try:
                self._add(await Process.start(self.settings, self._library))
                return
            except (Lost, OSError) as error:
                self._tell("evaluator-not-started", defect=str(error))
                await asyncio.sleep(PAUSE)

    async def close(self) -> None:
        """End all of them."""
        self._is_closed = True
        for task in tuple(self._starting):
            task.cancel()
        processes = tuple(self._all)
        self._all.clear()
        for one in processes:
            one.kill()
        await asyncio.gather(*(one.process.wait() for one in processes), *self._starting, return_exceptions=True)


def _busy(id: str, sentence: str, hint: str | None = "ask again in a moment") -> Refused:
    return Refused.of(503, id, sentence, hint, {"Retry-After": "1"})


def available_processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
