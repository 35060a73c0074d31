"""What commands that review share about the ledger: which one, who, when; looking at deviations, and recording."""

from __future__ import annotations

import datetime
import getpass
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clauses import configuration
from clauses.errors import UsageError
from clauses.extras import needs

if TYPE_CHECKING:
    from clauses.ledger import Ledger
    from clauses.recording import By
    from clauses.review.review import Examined
    from clauses.terms.values import Date
    from clauses.use_cases import Choice

DOOR = "cli"


def clock() -> datetime.datetime:
    """The time now, with its zone: the ledger's in UTC, the day that of this machine's calendar."""
    return datetime.datetime.now(datetime.UTC).astimezone()


def ledger_url(option: str | None, settings: configuration.Settings) -> str | None:
    """The ledger that is meant: the option's, the environment's, or the configuration's; None where none is."""
    return option or os.environ.get("CLAUSES_LEDGER") or settings.ledger


@contextmanager
def opened(option: str | None, settings: configuration.Settings, create: bool = False) -> Iterator[Ledger]:
    """The ledger, which has to be named, and to be there unless it may be made. Raises ClausesError where it is not."""
    url = ledger_url(option, settings)
    if url is None:
        hint = "name it with `--ledger`, in CLAUSES_LEDGER or in clauses.toml"
        raise UsageError.of("no-ledger", "no ledger is named", None, hint)
    with needs("ledger", "a ledger"):
        from clauses.ledger import Ledger
    with Ledger.open(url, create=create) as ledger:
        yield ledger


def by(who: str | None) -> By:
    """Who works at this machine, and when."""
    from clauses.recording import By

    return By(_name(who), DOOR, day_here(), clock())


def day_here() -> Date:
    """The day of this machine's calendar."""
    from clauses.terms.values import Date

    return Date.of(clock().date())


def _name(who: str | None) -> str:
    found = who if who is not None else os.environ.get("CLAUSES_WHO")
    if found is None:
        try:
            found = getpass.getuser()
        except (OSError, KeyError, ImportError):
            found = ""
    if not found.strip():
        raise UsageError.of("nobody", "it is not said who does this", None, "name yourself with `--who`")
    return found.strip()


@dataclass(frozen=True)
class Keeping:
    """The options of a command that records what it reviews."""

    ledger: str | None
    who: str | None
    digests_only: bool
    quiet: bool = False

    def recorded(
        self,
        found: Sequence[Examined],
        settings: configuration.Settings,
        choice: Choice,
        known_on: Date | None = None,
    ) -> list[Examined]:
        """The reviews with what was accepted of their findings, each recorded; as they are where no ledger is named."""
        if ledger_url(self.ledger, settings) is None:
            if self.digests_only:
                hint = "name it with `--ledger`, in CLAUSES_LEDGER or in clauses.toml"
                raise UsageError.of("no-ledger", "no ledger is named, so nothing is recorded", None, hint)
            return list(found)
        from clauses import recording

        doer = by(self.who)
        kept = []
        with opened(self.ledger, settings, create=True) as ledger:
            for examined in found:
                keep: recording.Keep = "digests" if self.digests_only else "inputs"
                one = recording.record(ledger, examined, doer, keep=keep, known_on=known_on, choice=choice)
                kept.append(one.examined)
                if not self.quiet:
                    print(f"recorded as {one.entry.number}, anchor {one.anchor}", file=sys.stderr)
        return kept
