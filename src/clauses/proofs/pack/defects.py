"""What can be wrong with a pack as a whole, and what is reported of it.

The words are those of decision tables (DMN, and the checks of rule engines that follow it):

    unreachable     a rule that can never fire
    tautology       a rule that fires wherever it applies
    subsumed        whatever one rule finds, another of the same severity finds too
    duplicate       two rules find the same of every situation
    contradiction   two rules cannot both be obeyed in one situation, though each alone can
    gap             values between the bands of a family of rules that none of them covers
    overlap         values that two bands of a family cover, neither band being part of the other
    unused          a parameter, a derived fact or a term of one that decides nothing
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from clauses.proofs.pack.ask import Certainty
from clauses.proofs.pack.situation import Situation
from clauses.review.finding import PackDigest
from clauses.source import Location

SCHEMA_VERSION = 1

Sort = Literal["unreachable", "tautology", "subsumed", "duplicate", "contradiction", "gap", "overlap", "unused"]
SORTS: tuple[Sort, ...] = (
    "unreachable", "tautology", "duplicate", "subsumed", "contradiction", "gap", "overlap", "unused",
)  # fmt: skip


@dataclass(frozen=True)
class PackDefect:
    """Something that is wrong with a pack."""

    sort: Sort
    rules: tuple[str, ...]
    sentence: str
    certainty: Certainty
    """`proved`, or `bounded`: no situation of a bounded size shows otherwise."""
    because: tuple[str, ...]
    """Conditions that cannot hold together, or what else explains it."""
    witnesses: tuple[Situation, ...]
    location: Location | None


@dataclass(frozen=True)
class Undecidable:
    """A question about a pack that was not decided."""

    sort: Sort
    rules: tuple[str, ...]
    sentence: str
    location: Location | None


@dataclass(frozen=True)
class Counts:
    """What was looked at."""

    rules: int
    examples: int
    """Different examples whose day has the parameters of the day of the verification."""
    shown: int
    """Questions that examples answer."""
    asked: int
    """Questions that went to the solver."""


@dataclass(frozen=True)
class Verification:
    """What is wrong with a pack as of a day, and what could not be decided."""

    schema_version: int
    pack: PackDigest
    as_of: str
    engines: tuple[str, ...]
    counts: Counts
    defects: tuple[PackDefect, ...]
    undecided: tuple[Undecidable, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong, and everything was decided."""
        return not self.defects and not self.undecided
