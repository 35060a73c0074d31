"""Everything that `clauses` can refuse, and how it reads.

An error says that the input is wrong. It is never a finding (the input is right and the deal has a
conflict) and never *undetermined* (the input is right and does not say enough).

    ClausesError            the base: one or more problems, reported together; exit code 2
    ├── InputError          an agreement, a term sheet or another document
    ├── PackError           a rule, a parameter or a pack
    ├── UsageError          the call: options, configuration, nothing selected
    ├── EngineError         an engine that is missing, or asked for more than it can do safely
    ├── LedgerError         the ledger's database: it cannot be reached, read or written, or is none
    └── Disagreement        two engines answered differently: our defect, never the user's
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from clauses.source import Place, printable

MAXIMUM_SHOWN = 100
"""How many problems are printed; a program can ask for all of them."""

MAXIMUM_NAMES = 2000
"""Among how many known words the nearest is sought."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, with where it stands and what would mend it."""

    id: str
    """Kebab-case name of the sort of problem, stable across versions."""
    sentence: str
    """What is wrong: lower case, no full stop, the user's words in backticks."""
    place: Place | None = None
    hint: str | None = None

    def text(self) -> str:
        """The problem as the command line prints it: place, sentence, excerpt, hint."""
        has_line = self.place is not None and self.place.line > 0
        where = f"{self.place if has_line else self.place.file}: " if self.place else ""
        lines = [printable(f"{where}error[{self.id}] {_shortened(self.sentence)}")]
        if has_line and self.place is not None:
            lines += ["  " + line for line in self.place.excerpt().splitlines()]
        if self.hint:
            lines.append(printable(f"  = {_shortened(self.hint)}"))
        return "\n".join(lines)

    def data(self) -> dict[str, object]:
        """The problem as plain data, with the same words as `text`."""
        location = self.place.location() if self.place else None
        hint = _shortened(self.hint) if self.hint else None
        return {"id": self.id, "sentence": _shortened(self.sentence), "location": location, "hint": hint}


def _shortened(sentence: str) -> str:
    """A sentence in which no word of the user takes more than a line."""
    return re.sub(r"`([^`]{60})[^`]{41,}`", r"`\1…`", sentence)


class ClausesError(Exception):
    """One or more problems that stopped the work."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        listed = [problems] if isinstance(problems, Problem) else list(problems)
        self.problems: Sequence[Problem] = list(dict.fromkeys(listed))
        shown = [problem.text() for problem in self.problems[:MAXIMUM_SHOWN]]
        if len(self.problems) > len(shown):
            shown.append(f"and {len(self.problems) - len(shown)} more errors")
        super().__init__("\n".join(shown))

    def __reduce__(self) -> tuple[type[Self], tuple[list[Problem]]]:
        """How an error is sent from one process to another: by its problems."""
        return type(self), (list(self.problems),)

    @classmethod
    def of(cls, id: str, sentence: str, place: Place | None = None, hint: str | None = None) -> Self:
        """An error with a single problem."""
        return cls(Problem(id, sentence, place, hint))


class InputError(ClausesError):
    """An agreement, a term sheet or another document is not what it should be."""


class PackError(ClausesError):
    """A rule, a parameter or a rule pack is not what it should be."""


class UsageError(ClausesError):
    """The call is wrong: an option, the configuration, or a selection that selects nothing."""


class EngineError(ClausesError):
    """An engine is not available here, or the work is beyond what it can do safely."""


class LedgerError(ClausesError):
    """The database of a ledger cannot be reached, read or written, or it is not a ledger of ours."""


class Disagreement(ClausesError):
    """Two engines gave different answers; nothing is shown, because neither can be trusted."""


class Problems:
    """Collects problems, so that a reader learns of all of them at once."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, id: str, sentence: str, place: Place | None = None, hint: str | None = None) -> None:
        """Note one problem and go on."""
        self.found.append(Problem(id, sentence, place, hint))

    def raise_as(self, error: type[ClausesError]) -> None:
        """Raise everything noted so far, if anything was."""
        if self.found:
            raise error(self.found)


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A hint with the nearest known word, or with all of them where they are few."""
    names = sorted(set(known))
    if len(names) > MAXIMUM_NAMES or len(word) > 200:
        return None
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean `{near[0]}`?"
    if 0 < len(names) <= 12:
        return "known here: " + ", ".join(f"`{name}`" for name in names)
    return None
