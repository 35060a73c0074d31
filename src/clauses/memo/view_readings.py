"""How each clause reads before and after a term sheet, in words, and how else it may read.

Where the dates of amendments are not exact there are several worlds; a clause is shown as it reads in the first of
those in which it stands, and the readings of the others are kept beside it, so that nothing is chosen silently.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from clauses.language.english import capital, kind_words
from clauses.memo.plain import clean
from clauses.memo.view_changes import gives_no_words, shown_term
from clauses.memo.view_findings import instrument_title
from clauses.terms.agreement import Change, ClauseVersion
from clauses.terms.facts import Deal
from clauses.terms.in_force import World


@dataclass(frozen=True)
class Reading:
    """How a clause reads: what a reader of the redline can see of it."""

    heading: str
    words: str
    terms: Mapping[str, str]
    """Each term of its kind in words, in their order; nothing where the clause is silent on it."""
    kind: str
    """Its kind, in words."""
    instrument: str
    """The title of what last wrote it."""

    def says_the_same_as(self, other: Reading | None) -> bool:
        """Whether no reader can tell the two apart, whoever wrote them."""
        return other is not None and replace(self, instrument="") == replace(other, instrument="")


@dataclass(frozen=True)
class Shown:
    """A clause before and after the term sheet, as it is shown; None where it does not stand."""

    id: str
    before: Reading | None
    after: Reading | None
    others: tuple[Reading | None, ...]
    """How else it may read today."""
    version: ClauseVersion
    change: Change | None

    @property
    def either(self) -> Reading:
        """How it reads afterwards, or what is struck out."""
        found = self.after or self.before
        assert found is not None
        return found


def shown_clauses(deal: Deal) -> list[Shown]:
    """Every clause in force or proposed, in the order of the agreement, its amendments and the term sheet."""
    return [_shown(id, deal) for id in _ids(deal)]


def _ids(deal: Deal) -> list[str]:
    added = [c.clause_id for a in deal.agreement.amendments.values() for c in a.changes if c.action == "add"]
    sheet = [change.clause_id for change in deal.sheet.changes] if deal.sheet else []
    standing = {id for world in deal.worlds for id in (*world.current, *world.result)}
    return [id for id in dict.fromkeys([*deal.agreement.clauses, *added, *sheet]) if id in standing]


def _shown(id: str, deal: Deal) -> Shown:
    """A clause as it reads in the first world in which it stands, and how else it may read."""
    change = next((c for c in deal.sheet.changes if c.clause_id == id), None) if deal.sheet else None
    world = next(w for w in deal.worlds if id in w.current or id in w.result)
    before, after = (_reading(layer.get(id), deal) for layer in (world.current, world.result))
    if before and after and change and gives_no_words(change):
        after = replace(after, words=before.words)  # nobody struck the old words out: a comment says what is missing
    others = [_reading(other.current.get(id), deal) for other in deal.worlds]
    return Shown(id, before, after, tuple(_distinct(before, others)), _version(id, world), change)


def _version(id: str, world: World) -> ClauseVersion:
    return world.current[id] if id in world.current else world.result[id]


def _distinct(shown: Reading | None, others: list[Reading | None]) -> Iterator[Reading | None]:
    """The readings that a reader could tell from the one shown and from each other."""
    seen = [shown]
    for other in others:
        if not any(other.says_the_same_as(earlier) if other else earlier is None for earlier in seen):
            seen.append(other)
            yield other


def _reading(version: ClauseVersion | None, deal: Deal) -> Reading | None:
    if version is None:
        return None
    terms = {name: line(shown_term(version, name, deal)) for name in version.clause.term_types()}
    heading = line(version.clause.heading) or capital(version.id.replace("-", " "))
    kind, instrument = kind_words(version.kind), instrument_title(version.instrument, deal)
    return Reading(heading, paragraphs(version.clause.text), terms, kind, instrument)


def line(text: str) -> str:
    """A text on one line, every character of it visible."""
    return " ".join(clean(text).split())


def paragraphs(text: str) -> str:
    """A text with single blanks within its lines, and at most one empty line between them."""
    lines = [" ".join(one.split()) for one in clean(text).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
