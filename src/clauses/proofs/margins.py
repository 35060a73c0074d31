"""How far each number and date of a term sheet can move, either way, before the verdict changes.

One term at a time moves; all else stays as written. The solver finds the nearest value at which the verdict is
another, and the engines confirm it: the last value before has the verdict of the term sheet, that value has not. The
day of an event is taken stretch by stretch, from one other event of the company to the next, as each order of events
makes another cap table. Where the solver does not follow the cap table, or the engines do not bear it out, the
boundary is searched on the engines, and called so.

For a review that cannot be told, `deciding_facts` finds the smallest sets of open facts whose answers, whatever they
are, would decide it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from clauses.engines.smt.logic import Bool, Int, every, no
from clauses.engines.smt.solver import Solver, Undecided
from clauses.proofs.edits import edit_of, read_again, with_edits
from clauses.proofs.open_deal import OpenDeal, said_of
from clauses.proofs.room import OpenTerm, days_of_events, open_term, open_terms
from clauses.review.finding import Verdict
from clauses.review.review import Examined, Reviewer
from clauses.source import Location
from clauses.terms.agreement import Agreement, TermSheet
from clauses.terms.facts import Deal
from clauses.terms.values import Date, Value

MAXIMUM_FACTS = 4
"""How many facts at most may be needed to decide a review."""
MAXIMUM_OPEN = 24
"""Among how many open facts the deciding ones are sought."""
_PROBES = 48


@dataclass(frozen=True)
class Edge:
    """Where the verdict changes as a term moves one way."""

    last: str
    """The last value with the verdict of the term sheet."""
    next: str | None
    """The first value with another; None where the term may go as far as its type allows."""
    verdict: Verdict | None
    rules: tuple[str, ...]
    """The rules that then find something else than they do now."""
    how: str
    """`proved`, or `searched` where the engines were tried at many values."""


@dataclass(frozen=True)
class Margin:
    """How far one term can move."""

    term: str
    value: str
    location: Location | None
    down: Edge
    up: Edge


@dataclass(frozen=True)
class DecidingFacts:
    """Open facts whose answers would decide a review."""

    facts: tuple[str, ...]
    questions: tuple[str, ...]


@dataclass(frozen=True)
class Margins:
    """How far the terms of a term sheet can move, and what would decide what cannot be told."""

    verdict: Verdict
    margins: tuple[Margin, ...]
    deciding: tuple[DecidingFacts, ...]
    undecided: tuple[str, ...] = ()
    """Terms whose margins the solver did not find within its steps."""


class Mover:
    """Moves one term of a term sheet at a time."""

    def __init__(self, reviewer: Reviewer, agreement: Agreement, sheet: TermSheet, as_of: Date) -> None:
        self.reviewer, self.agreement, self.sheet, self.as_of = reviewer, agreement, sheet, as_of
        self.examined = reviewer.examine(agreement, sheet, as_of)

    @property
    def deal(self) -> Deal:
        """The deal as it stands."""
        return self.examined.deal

    def margins(self) -> tuple[list[Margin], list[str]]:
        """The margin of each term that can be moved, and the terms of which it was not decided."""
        found, undecided = [], []
        for term in open_terms(self.deal):
            if isinstance(term.given, Value):
                try:
                    found.append(self.margin(term, term.given))
                except Undecided:
                    undecided.append(term.name)
        return found, undecided

    def margin(self, term: OpenTerm, given: Value) -> Margin:
        """How far a term can move each way."""
        location = term.place.location() if term.place and term.place.line else None
        edges = [self.edge(term, given, upward) for upward in (False, True)]
        return Margin(term.name, str(given), location, *edges)

    def edge(self, term: OpenTerm, given: Value, upward: bool) -> Edge:
        """Where the verdict changes one way."""
        start, end = (given.highest, term.highest) if upward else (given.lowest, term.lowest)
        if not given.is_exact and self.at(term, start).review.verdict != self.verdict:
            return self.confirmed(term, str(given), start, "proved")
        deal = self.deal
        for first, last in _stretches(start, end, days_of_events(self.deal, term)):
            if first != start:
                examined = self.at(term, first)
                if examined.review.verdict != self.verdict:
                    return self.confirmed(term, str(term.value(first - 1 if upward else first + 1)), first, "proved")
                deal = examined.deal
            try:
                beyond = self.proved(term, first, last, deal)
            except _NotFollowed:
                return self.searched(term, start, end)
            if beyond is not None:
                return self.confirmed(term, str(term.value(beyond - 1 if upward else beyond + 1)), beyond, "proved")
        return self.confirmed(term, str(term.value(end)), None, "proved")

    @property
    def verdict(self) -> Verdict:
        """The verdict of the term sheet as it is."""
        return self.examined.review.verdict

    def proved(self, term: OpenTerm, start: int, end: int, deal: Deal) -> int | None:
        """The nearest value after the start, and not after the end, at which the verdict is another.

        The deal is the one at the start, or with the term as written. Raises _NotFollowed where the solver and the
        engines do not say the same, or may not.
        """
        if start == end:
            return None
        upward = end > start
        open = OpenDeal(deal, [term], must_move=True)
        said = said_of(open, self.reviewer.packs)
        value = open.variables[term.name].value
        solver = Solver([*open.claims, *said.claims, no(said.verdict_is(self.verdict))])
        beyond: list[Bool] = [value > start, value <= end] if upward else [value < start, value >= end]
        found: int | None = None
        if solver.can(*beyond):
            seen = solver.value(value)
            least, greatest = solver.least, solver.greatest
            found = least(value, start + 1, seen, beyond) if upward else greatest(value, seen, start - 1, beyond)
        last = end if found is None else found - 1 if upward else found + 1
        if not open.is_followed or not self.is_assumed_rightly(open, value, start, last):
            raise _NotFollowed
        if self.at(term, last).review.verdict != self.verdict:
            raise _NotFollowed
        if found is not None and self.at(term, found).review.verdict == self.verdict:
            raise _NotFollowed
        return found

    @staticmethod
    def is_assumed_rightly(open: OpenDeal, value: Int, start: int, last: int) -> bool:
        """Whether what the stakes rest on holds at every value between two."""
        low, high = min(start, last), max(start, last)
        return not Solver([*open.bounds, no(every(open.assumed))]).can(value >= low, value <= high)

    def searched(self, term: OpenTerm, start: int, end: int) -> Edge:
        """The boundary by trying values on the engines: farther and farther, and then between the last two."""
        same, sign = start, 1 if end > start else -1
        for step in range(_PROBES):
            other = start + sign * min(2**step, abs(end - start))
            if self.at(term, other).review.verdict != self.verdict:
                break
            same = other
            if other == end:
                return self.confirmed(term, str(term.value(same)), None, "searched")
        else:
            return self.confirmed(term, str(term.value(same)), None, "searched")
        while abs(other - same) > 1:
            middle = (same + other) // 2
            if self.at(term, middle).review.verdict == self.verdict:
                same = middle
            else:
                other = middle
        return self.confirmed(term, str(term.value(same)), other, "searched")

    def confirmed(self, term: OpenTerm, last: str, beyond: int | None, how: str) -> Edge:
        """The edge, with what the engines say just beyond it."""
        if beyond is None:
            return Edge(last, None, None, (), how)
        there = self.at(term, beyond).review
        now = {r.rule: r.status for r in self.examined.review.rules}
        found = ("breached", "undetermined")
        changed = tuple(
            r.rule for r in there.rules if now[r.rule] != r.status and (r.status in found or now[r.rule] in found)
        )
        return Edge(last, str(term.value(beyond)), there.verdict, changed, how)

    def at(self, term: OpenTerm, units: int) -> Examined:
        """The review with a term at a value."""
        plain = with_edits(self.sheet, [edit_of(term, term.value(units), 0)])
        return self.reviewer.examine(self.agreement, read_again(plain, self.agreement), self.as_of)


def margins(reviewer: Reviewer, agreement: Agreement, sheet: TermSheet, as_of: Date) -> Margins:
    """How far the terms of a term sheet can move, and what would decide what cannot be told."""
    mover = Mover(reviewer, agreement, sheet, as_of)
    found, undecided = mover.margins()
    deciding = tuple(deciding_facts(mover.examined, reviewer)) if mover.verdict == "undetermined" else ()
    return Margins(mover.verdict, tuple(found), deciding, tuple(undecided))


def deciding_facts(examined: Examined, reviewer: Reviewer) -> Iterator[DecidingFacts]:
    """The smallest sets of open facts whose answers decide the verdict, whatever they are."""
    terms = _open_facts(examined)
    for size in range(1, min(MAXIMUM_FACTS, len(terms)) + 1):
        found = [chosen for chosen in itertools.combinations(terms, size) if _decides(examined, reviewer, chosen)]
        if found:
            questions = {
                missing: finding.question for finding in examined.review.findings for missing in finding.missing
            }
            for chosen in found:
                asked = (questions.get(name) for name in (term.name for term in chosen))
                yield DecidingFacts(tuple(term.name for term in chosen), tuple(q for q in asked if q))
            return


def _open_facts(examined: Examined) -> list[OpenTerm]:
    """The terms, silent or only roughly stated, on which an open finding turns."""
    found: dict[str, OpenTerm] = {}
    for one in examined.review.findings:
        if one.status != "undetermined":
            continue
        for clause in one.clauses:
            for world in (examined.deal.worlds[0].result, examined.deal.worlds[0].current):
                version = world.get(clause.id)
                if version is None:
                    continue
                for name, type in version.clause.term_types().items():
                    given = getattr(version.clause, name)
                    term = open_term(version, name, type, examined.deal)
                    is_open = given is None or (isinstance(given, Value) and not given.is_exact)
                    if term is not None and is_open:
                        found.setdefault(term.name, term)
                break
    return list(found.values())[:MAXIMUM_OPEN]


class _NotFollowed(Exception):
    """The cap table has a say that the solver does not follow."""


def _stretches(start: int, end: int, days: Sequence[int]) -> list[tuple[int, int]]:
    """The way from a start to an end, parted at some days: each of these is a stretch of its own."""
    sign = 1 if end >= start else -1
    firsts = {first for day in days for first in (day, day + sign)}
    passed = [start, *sorted((first for first in firsts if start < first <= end or end <= first < start), key=abs)]
    if sign < 0:
        passed = [start, *reversed(passed[1:])]
    return [(one, other - sign) for one, other in itertools.pairwise([*passed, end + sign])]


def _decides(examined: Examined, reviewer: Reviewer, terms: Sequence[OpenTerm]) -> bool:
    """Whether, whatever these facts turn out to be within what is known of them, the verdict is told."""
    open = OpenDeal(examined.deal, terms, must_move=True)
    said = said_of(open, reviewer.packs)
    within: list[Bool] = []
    for variable in open.variables.values():
        given = variable.term.given
        if isinstance(given, Value):
            within += [variable.value >= given.lowest, variable.value <= given.highest]
    if not open.is_followed or Solver([*open.bounds, no(every(open.assumed))]).can(*within):
        return False
    return not Solver([*open.claims, *said.claims, said.verdict_is("undetermined")]).can(*within)
