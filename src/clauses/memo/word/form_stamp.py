"""What a form says about itself: of which day its terms are, of which agreement, and what it printed.

The row `TS.form` holds it as words, which every program keeps. The reader works the digests out anew from what it
finds: where a printed term was changed by hand, or the agreement has moved on, the form no longer says what whoever
filled it in was looking at. The digests guard against mistakes. They are no signature: anybody can work them out.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from clauses.errors import InputError
from clauses.source import Place
from clauses.terms.agreement import Agreement

_LENGTH = 12
"""How many digits of a digest are printed."""
_WRITTEN = re.compile(
    rf"terms of (?P<day>[0-9-]{{10}}); agreement (?P<agreement>[0-9a-f]{{{_LENGTH}}}); "
    rf"in force (?P<in_force>[0-9a-f]{{{_LENGTH}}}); lines (?P<lines>[0-9a-f ]*)"
)


@dataclass(frozen=True)
class Stamp:
    """The row `TS.form`."""

    day: str
    """The day whose terms the form shows, as `2025-07-01`."""
    agreement: str
    in_force: str
    """The digest of the column *In force*."""
    lines: frozenset[str]
    """The digests of the lines that only this form has: its title, its parties, the letterhead."""

    def __str__(self) -> str:
        lines = " ".join(sorted(self.lines))
        return f"terms of {self.day}; agreement {self.agreement}; in force {self.in_force}; lines {lines}"


def read_stamp(words: str) -> Stamp | None:
    """The stamp that a form carries, or None where the words are none."""
    found = _WRITTEN.fullmatch(" ".join(words.split()))
    if found is None:
        return None
    return Stamp(found["day"], found["agreement"], found["in_force"], frozenset(found["lines"].split()))


def digest(text: str) -> str:
    """The digest of a text in which blanks do not count: programs move them."""
    return hashlib.sha256("".join(text.split()).encode()).hexdigest()[:_LENGTH]


def digest_of_agreement(agreement: Agreement) -> str:
    """The digest of what an agreement says, its amendments included; how its file is laid out does not count."""
    return digest(json.dumps(agreement.root.plain(), sort_keys=True))


def digest_of_terms(printed: Iterable[tuple[str, str]]) -> str:
    """The digest of the column *In force*: each reference with what stands beside it."""
    return digest(json.dumps(sorted((ref, "".join(words.split())) for ref, words in printed)))


@dataclass(frozen=True)
class MadeFor:
    """The state of the agreement for which a form was made."""

    agreement: str
    day: str
    place: Place

    def check(self, agreement: Agreement) -> None:
        """Raise InputError where the agreement at hand is another one, or has changed since."""
        if digest_of_agreement(agreement) != self.agreement:
            sentence = "this form was made for another state of the agreement"
            hint = "make the form anew from the agreement as it stands now, with `clauses form`"
            raise InputError.of("stale-form", sentence, self.place, hint)
