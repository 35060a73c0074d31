"""What happens in a process that evaluates: one desk, one call after the other, and replies that can be sent."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clauses.calls import Caller, Desk, Library
from clauses.errors import ClausesError, Problem
from clauses.mcp_server.settings import Settings

OUT_OF_MEMORY = 71
"""The exit code of a process that ran out of memory, and is not trusted with another call."""
PR_SET_PDEATHSIG = 1

_desk: Desk | None = None


@dataclass(frozen=True)
class Reply:
    """What became of a call."""

    body: bytes = field(default=b"", repr=False)
    recorded: str | None = None
    """The anchor of the entry in the ledger, where the call was recorded."""
    problems: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    text: str = field(default="", repr=False)
    """The problems as the command line prints them, with excerpt and caret."""
    defect: str | None = None
    """Where the program failed, for the log; it holds nothing of what was sent."""

    @property
    def is_error(self) -> bool:
        """Whether there are problems instead of an answer."""
        return bool(self.problems)


def refused(id: str, sentence: str, hint: str | None = None, defect: str | None = None) -> Reply:
    """A reply that is one problem, which has no place in a document."""
    problem = Problem(id, sentence, None, hint)
    return Reply(problems=(problem.data(),), text=problem.text(), defect=defect)


def start(settings: Settings, library: Library) -> None:
    """Make this process ready: its limits, its documents, its ledger."""
    global _desk
    _die_with_parent()
    for number in (signal.SIGINT, signal.SIGTERM):  # a Ctrl+C is for the server, which ends its processes itself
        signal.signal(number, signal.SIG_IGN)
    _limit_memory(settings.limits.memory)
    ledger = None
    if settings.ledger is not None:
        from clauses.ledger import Ledger

        ledger = Ledger.open(settings.ledger)
    _desk = Desk(library, ledger=ledger)


def reply(verb: str, call: Mapping[str, Any], caller: Caller) -> Reply:
    """What becomes of a call; nothing is raised."""
    assert _desk is not None, "start() comes first"
    try:
        answer = _desk.answer(verb, call, caller)
        return Reply(answer.body, answer.recorded)
    except ClausesError as error:
        return Reply(problems=tuple(problem.data() for problem in error.problems), text=str(error))
    except RecursionError:
        return too_large()
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except Exception as error:  # the last net: a defect of ours
        sentence = "clauses failed; this is a defect of ours: please report it"
        return refused("internal", sentence, defect=where(error))


def too_large() -> Reply:
    """The reply to a call that is more than a process can work on."""
    return refused("too-large", "the input is too large or too deeply nested to be worked on")


def where(error: BaseException) -> str:
    """The kind of a defect and the lines where it arose, without its message, which may quote a contract."""
    frames = traceback.extract_tb(error.__traceback__)
    steps = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames[-6:]))
    return f"{type(error).__name__} at {steps}"


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _limit_memory(most: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the memory holds contracts
