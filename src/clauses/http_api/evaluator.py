"""One process that evaluates, one call after the other: `python -m clauses.http_api.evaluator SOCKET`.

It is told its settings first, and then calls; each is answered by a reply. It ends when the process that started it
does, whatever the reason: its socket closes, and where the system can, it is also killed.
"""

from __future__ import annotations

import ctypes
import datetime
import json
import os
import pickle
import queue
import resource
import signal
import socket
import struct
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from clauses import use_cases
from clauses.calls import VERBS, Answer, Caller, Desk, Library
from clauses.calls.malformed import problems_of
from clauses.errors import ClausesError, Problem, did_you_mean
from clauses.http_api import page_answers
from clauses.http_api.bodies import read_body
from clauses.http_api.problems import Forbidden, MalformedCall, Missing, status_of
from clauses.http_api.settings import Settings
from clauses.review.output.common import as_json
from clauses.terms.values import Date

LENGTH = struct.Struct(">Q")
PR_SET_PDEATHSIG = 1
DOOR = "http"
READY = "ready"


@dataclass(frozen=True)
class Asked:
    """A call on its way to an evaluator: its body as it came, or the data of a query."""

    verb: str
    who: str
    today: str
    at: str
    scopes: tuple[str, ...]
    body: bytes = field(default=b"", repr=False)
    content_type: str = ""
    data: Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Reply:
    """What became of a call."""

    status: int
    body: bytes = field(default=b"", repr=False)
    media_type: str = ""
    file_name: str | None = None
    recorded: str | None = None
    problems: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    defect: str | None = None
    """Where the program failed, for the log; it holds nothing of what was sent."""
    is_last: bool = False
    """Whether the evaluator ends with this reply, because it cannot be trusted any more."""


def main() -> None:
    """Serve the socket whose number is the first argument."""
    wire = socket.socket(fileno=int(sys.argv[1]))
    _die_with_parent()
    for number in (signal.SIGINT, signal.SIGTERM):  # a Ctrl+C is for the service, which lets calls end
        signal.signal(number, signal.SIG_IGN)
    waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(wire, waiting), daemon=True).start()
    text, library = waiting.get()
    settings = Settings.read(text)
    _limit_memory(settings.limits.memory)
    try:
        evaluator = Evaluator(settings, library)
    except Exception as error:  # what the other side logs; a traceback might quote what is held
        send(wire, where(error))
        os._exit(1)
    send(wire, READY)
    while True:
        reply = evaluator.reply(waiting.get())
        send(wire, reply)
        if reply.is_last:
            os._exit(0)


def _listen(wire: socket.socket, waiting: queue.SimpleQueue[Any]) -> None:
    """Take what is sent; the end of the socket is the end of the process, even in the middle of a call."""
    try:
        while True:
            waiting.put(receive(wire))
    except (OSError, EOFError):
        os._exit(0)


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _limit_memory(bytes_: int) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    limit = bytes_ if most == resource.RLIM_INFINITY else min(bytes_, most)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the memory holds contracts


def send(wire: socket.socket, message: object) -> None:
    """Send a message whole."""
    wire.sendall(packed(message))


def packed(message: object) -> bytes:
    """A message as it goes over the wire: its length, and its bytes."""
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(data)) + data


def receive(wire: socket.socket) -> Any:
    """The next message. Raises EOFError where there is none."""
    (length,) = LENGTH.unpack(_exactly(wire, LENGTH.size))
    return pickle.loads(_exactly(wire, length))


def _exactly(wire: socket.socket, length: int) -> bytearray:
    data = bytearray(length)
    view = memoryview(data)
    done = 0
    while done < length:
        read = wire.recv_into(view[done:])
        if read == 0:
            raise EOFError
        done += read
    return data


class Evaluator:
    """The desk of this process, and what becomes of the calls that it is given."""

    def __init__(self, settings: Settings, library: Library) -> None:
        ledger = None
        if settings.ledger is not None:
            from clauses.ledger import Ledger

            ledger = Ledger.open(settings.ledger)
        self.desk = Desk(library, Path(settings.templates) if settings.templates else None, ledger)
        self._others: dict[str, Callable[[Mapping[str, Any]], Answer]] = {
            "schemas": lambda data: _schemas(),
            "schema": lambda data: _schema(data["name"]),
            **page_answers.answers(self.desk),
        }
        self._warm()

    def _warm(self) -> None:
        """Load the built-in rules and the engines before the first call waits for them."""
        today = Date.of(datetime.date(2025, 1, 1))
        sheets = self.desk.library.documents["term_sheet"]
        for id in sorted(sheets)[:1]:
            try:
                self.desk.answer("check", {"term_sheet": {"held": id}}, Caller("", DOOR, today))
            except ClausesError:
                continue  # a draft that is held may be wrong; who asks for it will hear so

    def reply(self, asked: Asked) -> Reply:
        """What becomes of a call; nothing is raised."""
        try:
            answer = self._answer(asked)
            return Reply(200, answer.body, answer.media_type, answer.file_name, answer.recorded)
        except ClausesError as error:
            return Reply(status_of(error), problems=tuple(problem.data() for problem in error.problems))
        except UnicodeEncodeError:
            problem = Problem("not-text", "the call holds half a character, which no text has").data()
            return Reply(422, problems=(problem,))
        except (RecursionError, MemoryError) as error:
            sentence = "the input is too large or too deeply nested to be worked on"
            problem = Problem("too-large", sentence).data()
            return Reply(422, problems=(problem,), is_last=isinstance(error, MemoryError))
        except Exception as error:  # the last net: a defect of ours
            problem = Problem("internal", "clauses failed; this is a defect of ours: please report it").data()
            return Reply(500, problems=(problem,), defect=where(error), is_last=True)

    def _answer(self, asked: Asked) -> Answer:
        data = read_body(asked.content_type, asked.body, _types(asked.verb)) if asked.data is None else asked.data
        if asked.verb in self._others:
            return self._others[asked.verb](data)
        model = VERBS[asked.verb]
        try:
            call = model.model_validate(data)
        except ValidationError as error:
            raise MalformedCall(problems_of(error, model)) from None
        if getattr(call, "record", None) is not None and "write" not in asked.scopes:
            raise Forbidden.of("scope-needed", "to record a review needs a token with the scope `write`")
        today = Date.of(datetime.date.fromisoformat(asked.today))
        caller = Caller(asked.who, DOOR, today, datetime.datetime.fromisoformat(asked.at))
        return self.desk.answer(asked.verb, call, caller)


@cache
def _types(verb: str) -> Mapping[str, str]:
    """What the fields of a call are, where they are no texts."""
    properties = VERBS[verb].model_json_schema()["properties"] if verb in VERBS else {}
    shapes = {name: (shape, *shape.get("anyOf", ())) for name, shape in properties.items()}
    kinds = ("array", "boolean", "integer")
    return {
        name: kind for name, found in shapes.items() for kind in kinds if any(one.get("type") == kind for one in found)
    }


def _schemas() -> Answer:
    return Answer(as_json({"schemas": sorted(use_cases.schemas())}).rstrip("\n").encode())


def _schema(name: str) -> Answer:
    known = use_cases.schemas()
    if name not in known:
        raise Missing.of("unknown-schema", f"there is no schema `{name}`", None, did_you_mean(name, known))
    return Answer(json.dumps(known[name](), indent=2, ensure_ascii=False).encode(), "application/schema+json")


def where(error: Exception) -> str:
    """The kind of a defect and the line where it arose, without its message, which may quote a contract."""
    frames = traceback.extract_tb(error.__traceback__)
    steps = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames[-6:]))
    return f"{type(error).__name__} at {steps}"


if __name__ == "__main__":
    from clauses.http_api import evaluator  # what is sent is an `Asked` of the module, not of `__main__`

    evaluator.main()
