"""Is there a deal? Two positions over one draft, and the zone in which both sides would sign.

If all claims at the table can hold together there is a *zone of possible agreement*: the range of every term in it,
and the deal in it that does best by the side that does worse, then by the other. If not, a smallest collision is
named, and for each side the least that it would have to concede, alone, to open the zone.

Everything is exact: satisfaction is counted in thousandths (see `positions`), and nothing is divided. A deal is
written as a term sheet and reviewed by the engines before it is shown; one that they refuse is never shown. Where
the stakes of a company could not be followed, or the work ran out, that is said, and nothing is called proved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from clauses.engines.smt.logic import Bool, at_most, equal, every, no, some
from clauses.engines.smt.solver import Solver, Switch, Undecided, costs_at_most, decision, whole_number
from clauses.errors import Problems
from clauses.proofs.edits import Edit, Plain, with_edits
from clauses.proofs.open_deal import Variable, distance
from clauses.proofs.positions import FINEST, FULL, Position, choices_of
from clauses.proofs.room import OpenTerm
from clauses.proofs.table import DRAFT, Bound, Solution, Table
from clauses.review.finding import Review, Verdict
from clauses.review.review import Reviewer
from clauses.source import Location
from clauses.terms.agreement import Agreement, TermSheet
from clauses.terms.values import Date, Percentage, Value

REFUSALS = 12
"""How many deals that the engines refuse are tried before it is said that nothing was decided."""
STRETCHES = 24
"""Over how many stretches it is followed whether a range has a gap."""
PROBED = (64, 8, 2, 1)
"""In which parts of the rest of a range a deal is sought that holds from its start on."""


@dataclass(frozen=True)
class TermRange:
    """What a term can be in the zone."""

    term: str
    type: str
    """Its type: `money`, `date`, `choice` …"""
    least: str | None
    """The least of a quantity; None of a choice, or where there is no least but that of its type."""
    greatest: str | None
    """The greatest of a quantity; None likewise."""
    choices: tuple[str, ...]
    """All that a choice can be."""
    whole: bool | None
    """Whether there is a deal at every value between the two; False where there is a gap, None if not decided."""
    proved: bool
    """Whether the engines bear the range out, and nothing that the solver was not told can move its ends."""
    chosen: str
    """What it is in the deal that is proposed."""


@dataclass(frozen=True)
class WantMet:
    """How far one want is met, in thousandths, rounded down."""

    want: str
    says: str
    weight: int
    satisfied: int


@dataclass(frozen=True)
class Satisfaction:
    """How far a deal satisfies a side, in thousandths, want by want and in all."""

    party: str
    satisfied: int
    """The weighted mean of its wants, rounded down; all of it for a side that wants nothing."""
    walk_away: int
    wants: tuple[WantMet, ...]


@dataclass(frozen=True)
class Collider:
    """One of the claims that collide."""

    claim: str
    """`microsoft: a-stake-on-conversion`, `openai: walk_away`, `rules of partnership: …`, `the draft: …`."""
    says: str
    basis: str
    quote: str | None
    location: Location | None


@dataclass(frozen=True)
class Concession:
    """One point that a side would give up, and how far."""

    claim: str
    says: str
    stands_at: str
    """What it asks now."""
    would_be: str
    """What would do."""


@dataclass(frozen=True)
class Opening:
    """The least that one side would have to concede, alone, for the zone to open."""

    party: str
    concessions: tuple[Concession, ...]
    possible: bool | None
    """False where no concession of this side alone opens it; None where that was not decided."""


@dataclass(frozen=True)
class Proposal:
    """The deal that does best by the side that does worse."""

    edits: tuple[Edit, ...]
    """What it changes in the draft."""
    sheet: Plain = field(repr=False)
    verdict: Verdict
    satisfaction: tuple[Satisfaction, ...]
    review: Review = field(repr=False)


@dataclass(frozen=True)
class Negotiation:
    """Whether two positions leave room for a deal."""

    parties: tuple[str, ...]
    has_zone: bool | None
    """None where it was not decided."""
    terms: tuple[TermRange, ...]
    proposal: Proposal | None
    collision: tuple[Collider, ...]
    """Claims that cannot all hold, and of which no one can be missed; none where that was not decided."""
    openings: tuple[Opening, ...]
    undecided: tuple[str, ...] = ()
    """What was not decided, and why, in sentences."""


class Negotiator:
    """Finds the zone of a table, or what keeps it closed."""

    def __init__(self, table: Table) -> None:
        self.table, self.solver = table, table.solver
        self.parties = tuple(position.party for position in table.positions)
        self.undecided: list[str] = []

    def negotiate(self) -> Negotiation:
        """Whether there is a deal, and which."""
        claims = list(self.table.claims.values())
        try:
            if not self.solver.can(*claims):
                return self.without_zone()
            settled = self.proposal(claims)
        except Undecided:
            return self.not_decided("whether there is a deal: the solver used up its steps")
        if settled is None:
            return self.not_decided(
                f"whether there is a deal: the engines refuse the first {REFUSALS} that the solver found, since "
                "something that the rules look at could not be followed"
            )
        proposal, solution = settled
        terms = tuple(self.ranges(claims, solution))
        return Negotiation(self.parties, True, terms, proposal, (), (), tuple(self.undecided))

    def not_decided(self, sentence: str) -> Negotiation:
        """What is left to say where it was not decided whether there is a deal."""
        return Negotiation(self.parties, None, (), None, (), (), (*self.undecided, sentence))

    # --- a deal

    def proposal(self, claims: Sequence[Bool]) -> tuple[Proposal, Solution] | None:
        """The best deal that the engines let pass; None where they refuse one after another."""
        refused: list[Bool] = []
        while len(refused) < REFUSALS and self.solver.can(*claims, *refused):
            solution = self.settled(self.best([*claims, *refused]))
            edits = self.table.edits(solution)
            review = self.table.examined(edits).review
            if self.table.is_clear(review):
                self.solver.can(self.table.is_deal(solution))
                satisfaction = tuple(self.satisfaction(position) for position in self.table.positions)
                sheet = with_edits(self.table.sheet, edits, self.table.consents)
                return Proposal(tuple(edits), sheet, review.verdict, satisfaction, review), solution
            refused.append(no(self.table.is_deal(solution)))
        return None

    def best(self, claims: Sequence[Bool]) -> list[Bool]:
        """The claims, and that the side that does worse does best, and then the other.

        Of two deals alike in that, the one stands that is better for the side whose name comes first; in whatever
        order the positions are named.
        """
        table = self.table
        sides = sorted(table.positions, key=lambda position: position.party)
        lesser = self.highest(claims, lambda level: every(table.reaches(side, level) for side in sides))
        met = [*claims, *(table.reaches(side, lesser) for side in sides)]
        tops = [self.highest(met, lambda level, side=side: table.reaches(side, level)) for side in sides]  # type: ignore[misc]
        favoured = max(range(len(sides)), key=lambda number: (tops[number], -number))
        met.append(table.reaches(sides[favoured], tops[favoured]))
        for number, side in enumerate(sides):
            if number != favoured:
                level = self.highest(met, lambda level, side=side: table.reaches(side, level))  # type: ignore[misc]
                met.append(table.reaches(side, level))
        return met

    def settled(self, best: Sequence[Bool]) -> Solution:
        """Of the deals for which the claims hold: few consents, as near to the draft as can be, and then the least."""
        claims = self.solver.pinned(best, [no(taken) for taken in self.table.added.values()])
        claims = self.solver.pinned(claims, list(self.as_drafted()))
        for variable in self.table.open.variables.values():
            for number in (distance(variable), variable.value):
                self.solver.can(*claims)
                claims.append(equal(number, self.solver.least(number, 0, self.solver.value(number), claims)))
        self.solver.can(*claims)
        return self.table.solution()

    def highest(self, claims: Sequence[Bool], reaches: Callable[[int], Bool]) -> int:
        """The highest level of satisfaction, in thousandths, that can be reached."""
        low, high = 0, FULL
        while low < high:
            middle = (low + high + 1) // 2
            if self.solver.can(*claims, reaches(middle)):
                low = middle
            else:
                high = middle - 1
        return low

    def as_drafted(self) -> Iterator[Bool]:
        """The wish, term by term, that it stays as the draft has it."""
        for variable in self.table.open.variables.values():
            given = variable.term.given
            if isinstance(given, Value):
                yield every([at_most(given.lowest, variable.value), at_most(variable.value, given.highest)])
            elif given is not None:
                yield equal(variable.value, variable.term.choices.index(given))

    def satisfaction(self, position: Position) -> Satisfaction:
        """How far the deal that the solver found last satisfies a side."""
        numbers = self.table.satisfied[position.party]
        met = [
            WantMet(want.point.name, want.point.says, want.weight, self.solver.value(numbers[want.point.name]))
            for want in position.wants
        ]
        weights = sum(one.weight for one in met)
        total = sum(one.weight * one.satisfied for one in met) // weights if weights else FULL
        return Satisfaction(position.party, total, position.walk_away, tuple(met))

    # --- the zone

    def ranges(self, claims: Sequence[Bool], chosen: Solution) -> Iterator[TermRange]:
        """What each term can be in the zone."""
        try:
            is_known = not self.table.has_stakes_apart() and not self.solver.can(*claims, self.table.out_of_order())
        except Undecided:
            is_known = False
        if not is_known:
            self.undecided.append(
                "whether the ranges are exact: the stakes after some event could not be followed to every deal"
            )
        for variable in self.table.open.variables.values():
            try:
                ranged = self.choices if variable.term.is_choice else self.range
                yield ranged(variable, claims, chosen, is_known)
            except Undecided:
                self.undecided.append(f"how far `{variable.term.name}` can go: the solver used up its steps")
                units = chosen.values[variable.term.name]
                yield _only(variable.term, units)

    def choices(self, variable: Variable, claims: Sequence[Bool], chosen: Solution, is_known: bool) -> TermRange:
        """What a choice can be in the zone."""
        term = variable.term
        can_be = []
        for number, choice in enumerate(term.choices):
            if self.solver.can(*claims, equal(variable.value, number)):
                can_be.append(choice)
                is_known = is_known and self.is_borne_out()
        now = term.choices[chosen.values[term.name]]
        return TermRange(term.name, term.type.name, None, None, tuple(can_be), None, is_known, now)

    def range(self, variable: Variable, claims: Sequence[Bool], chosen: Solution, is_known: bool) -> TermRange:
        """Between what a quantity can be in the zone, and whether it can be all that lies between."""
        term, value, now = variable.term, variable.value, chosen.values[variable.term.name]
        low = self.solver.least(value, term.lowest, now, claims)
        high = self.solver.greatest(value, now, term.highest, claims)
        for end in sorted({low, high}):
            self.solver.can(*claims, equal(value, end))
            is_known = is_known and self.is_borne_out()
        is_open = type(term.value(now)) not in (Date, Percentage)
        is_endless = is_open or term.type.name == Date.type_name
        least = None if is_open and low == term.lowest else str(term.value(low))
        greatest = None if is_endless and high == term.highest else str(term.value(high))
        whole = Gaps(self.table, claims).none_between(variable, low, high, chosen) if is_known else None
        return TermRange(term.name, term.type.name, least, greatest, (), whole, is_known, str(term.value(now)))

    def is_borne_out(self) -> bool:
        """Whether the engines let the deal pass that the solver found last."""
        return self.table.is_clear(self.table.examined(self.table.edits(self.table.solution())).review)

    # --- no deal

    def without_zone(self) -> Negotiation:
        """What collides, and what each side would have to concede; unless stakes could not be followed."""
        if not self.is_proof():
            return self.not_decided(
                "whether there is a deal: with the stakes as the draft has them there is none, and how they move with "
                "the terms on the table could not be followed"
            )
        try:
            collision = tuple(self.collider(name) for name in self.solver.core(self.table.claims))
        except Undecided:
            collision = ()
            self.undecided.append("which claims collide: the solver used up its steps")
        openings = tuple(self.opening(position) for position in self.table.positions)
        return Negotiation(self.parties, False, (), None, collision, openings, tuple(self.undecided))

    def is_proof(self) -> bool:
        """Whether nothing that the solver was not told could yet make a deal."""
        follows = [name for name, point in self.table.points.items() if point.term is None]
        told = [claim for name, claim in self.table.claims.items() if name not in {*self.table.rules, *follows}]
        if not self.solver.can(*told):
            return True
        return not self.table.has_stakes_apart() and not self.solver.can(*told, self.table.out_of_order())

    def collider(self, name: str) -> Collider:
        """One of the claims that collide, with where it comes from."""
        point, rule = self.table.points.get(name), self.table.rules.get(name)
        if point is not None:
            return Collider(name, point.says, point.source.basis, point.source.quote, point.place.location())
        if rule is not None:
            says = f"the term sheet would be open to: {rule.heading}"
            return Collider(name, says, "stated", None, rule.place.location())
        if name in DRAFT:
            return Collider(name, DRAFT[name], "stated", None, None)
        position = next(one for one in self.table.positions if one.label == name)
        says = f"{position.party} signs only for a satisfaction of {_level(position.walk_away)} or more"
        return Collider(name, says, "stated", None, position.place_of("walk_away").location())

    def opening(self, position: Position) -> Opening:
        """The least that a side would have to concede, alone, for the zone to open."""
        try:
            conceded = self.conceded(position)
            if conceded is None:
                return Opening(position.party, (), False)
            claims = [claim for name, claim in self.table.claims.items() if name not in conceded]
            found = []
            for name in conceded:
                concession, claim = self.concession(position, name, claims)
                claims.append(claim)
                found.append(concession)
            return Opening(position.party, tuple(found), True)
        except Undecided:
            self.undecided.append(f"what {position.party} would have to concede: the solver used up its steps")
            return Opening(position.party, (), None)

    def conceded(self, position: Position) -> list[str] | None:
        """The fewest points of a side on which it must give way; of as many, the first by their names stay."""
        own = {name: self.table.claims[name] for name in self.table.own[position.party]}
        others = [claim for name, claim in self.table.claims.items() if name not in own]
        gives = {name: decision(f"concedes {name}") for name in own}
        switches = [Switch(name, taken, 1) for name, taken in gives.items()]
        kept = [*others, *(some([own[name], gives[name]]) for name in own)]
        cost = self.solver.least_cost(switches, kept)
        if cost is None:
            return None
        kept = self.solver.pinned([*kept, costs_at_most(switches, cost)], [no(taken) for taken in gives.values()])
        self.solver.can(*kept)
        return [name for name in own if self.solver.holds(gives[name])]

    def concession(self, position: Position, name: str, claims: Sequence[Bool]) -> tuple[Concession, Bool]:
        """The least by which a claim must give way beside others, and the claim that is then left."""
        if name == position.label:
            level = self.highest(claims, lambda level: self.table.reaches(position, level))
            says = "the least satisfaction for which it signs"
            left = self.table.reaches(position, level)
            return Concession(name, says, _level(position.walk_away), _level(level)), left
        point, bounds = self.table.points[name], self.table.bounds.get(name)
        if bounds is None:
            variable = self.table.open.variables[str(point.term)]
            choices = variable.term.choices
            can_be = [n for n in range(len(choices)) if self.solver.can(*claims, equal(variable.value, n))]
            listed = choices_of(point, "one_of", variable.term.type, Problems())
            would_be = " or ".join(choices[n] for n in can_be)
            left = some(equal(variable.value, n) for n in can_be)
            return Concession(name, point.says, " or ".join(listed), would_be), left
        slacks = self.slacks(name, bounds, claims)
        now = " and ".join(bound.words() for bound in bounds)
        would = " and ".join(bound.words(by) for bound, by in zip(bounds, slacks, strict=True))
        left = every(bound.holds(by) for bound, by in zip(bounds, slacks, strict=True))
        return Concession(name, point.says, now, would), left

    def slacks(self, name: str, bounds: Sequence[Bound], claims: Sequence[Bool]) -> list[int]:
        """By how many units each bound of a must has to give way beside other claims: one of them, by the least."""
        furthest = max(bound.amount.highest + bound.limit.lowest for bound in bounds)
        slack, bounded = whole_number(f"slack {name}", 0, furthest)
        relaxed = every([bounded, *(bound.holds(slack) for bound in bounds)])
        self.solver.can(*claims, relaxed)
        least = self.solver.least(slack, 0, self.solver.value(slack), [*claims, relaxed])
        for number in range(len(bounds)):
            slacks = [least if number == other else 0 for other in range(len(bounds))]
            if self.solver.can(*claims, *(bound.holds(by) for bound, by in zip(bounds, slacks, strict=True))):
                return slacks
        return [least] * len(bounds)


class Gaps:
    """Looks for values within a range at which there is no deal.

    With all else of a deal kept as it is, one term is moved as far as the deal lasts, the proposal first; then another
    deal is sought for the next value, until the end of the range is reached or there is none.
    """

    def __init__(self, table: Table, claims: Sequence[Bool]) -> None:
        self.table, self.claims = table, claims
        bounds = [variable.claim for variable in table.open.variables.values()]
        none_left = [at_most(shares.all, 0) for after in table.open.stakes.values() for shares in after.values()]
        self.broken = Solver([*table.definitions, *bounds, some([*(no(claim) for claim in claims), *none_left])])

    def none_between(self, variable: Variable, low: int, high: int, proposed: Solution) -> bool | None:
        """Whether there is a deal at every value of a range; None where that takes too many deals to tell."""
        at, tried = low, [proposed]
        for _ in range(STRETCHES):
            end = max(self.lasts_until(variable, at, high, deal) for deal in tried)
            if end < at:
                if not self.table.solver.can(*self.claims, equal(variable.value, at)):
                    return False
                tried = [proposed, self.table.solution(), *self.beyond(variable, at, high)]
                end = max(self.lasts_until(variable, at, high, deal) for deal in tried)
            if end >= high:
                return True
            at = end + 1
        return None

    def beyond(self, variable: Variable, at: int, high: int) -> Iterator[Solution]:
        """Deals further on in a range, which may be deals from here on too."""
        for part in PROBED:
            if self.table.solver.can(*self.claims, equal(variable.value, at + (high - at) // part)):
                yield self.table.solution()

    def lasts_until(self, variable: Variable, at: int, high: int, found: Solution) -> int:
        """The last value, from one on without a gap, up to which a deal stays one if only this term moves."""
        fixed = [self.table.has(name, units) for name, units in found.values.items() if name != variable.term.name]
        fixed += [*self.table.adds(found), variable.value >= at, variable.value <= high]
        if not self.broken.can(*fixed):
            return high
        return self.broken.least(variable.value, at, self.broken.value(variable.value), fixed) - 1


def _only(term: OpenTerm, units: int) -> TermRange:
    """All that is known of a term where its range was not decided: what the proposal has."""
    if term.is_choice:
        return TermRange(
            term.name, term.type.name, None, None, (term.choices[units],), None, False, term.choices[units]
        )
    now = str(term.value(units))
    return TermRange(term.name, term.type.name, now, now, (), None, False, now)


def _level(thousandths: int) -> str:
    """A satisfaction as documents write it."""
    return str(Percentage(thousandths * FINEST, thousandths * FINEST))


def negotiate(
    reviewer: Reviewer,
    agreement: Agreement,
    sheet: TermSheet,
    as_of: Date,
    positions: Sequence[Position],
    fail_on: str = "consent",
) -> Negotiation:
    """Whether the positions of two sides leave room for a deal over a draft, and which."""
    return Negotiator(Table(reviewer, agreement, sheet, as_of, positions, fail_on)).negotiate()
