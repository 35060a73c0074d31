"""Who owns how much of a company before and after each event, in exact fractions.

Everything is counted *fully diluted*: every share, option and unit that is issued counts as one share, and a
stake is a part of all of them. Before the events the company counts as 1 share, so stakes are shares.

**A raise or a listing** sells new shares at a price fixed before anything else changes:

    price       = pre-money ÷ shares before the event
    new shares  = amount ÷ price

The new shares of a listing go to the public, the line `new investors`; those of a raise to its single named
investor. Where a raise names several, or none, *who buys how much is not known*: each of those named, or each
party that any clause on the company names, may have bought from none to all of the new shares, and so may
`new investors`. Where the protection of somebody who may buy may act at such a raise, no line is computed.

Then holders that are protected receive more shares. These dilute everybody else, the new money too. With CP1
the price at which a holder counts as having paid (its `entry_valuation` is the value of the whole company at
that price, as the company is counted where the stake is stated):

    none              nothing
    full-ratchet      shares × CP1 ÷ price, where the price is below CP1; CP1 is then the price
    weighted-average  shares × CP1 ÷ CP2, where the price is below CP1; CP1 is then CP2 (broad-based):
                      CP2 = CP1 × (A + B) ÷ (A + C), A the shares before, B = amount ÷ CP1, C the new shares
    floor-top-up      shares until the holder has exactly its `floor` again, where it would have less; all
                      such holders are solved together, after the others: T = Σ max(own, floor × T) + rest

**A conversion** gives each holder that an `equity_on_conversion` names exactly its stake. The others of
before keep their shares, so what is left is theirs in proportion; where there are none, it goes to `others`.
Protection does not act on a conversion. That of a named holder is what its new clause says, in full.

Who stands in no clause has no protection: `others`, and those who bring new money. A holder whose clause does
not say whether it is protected is another matter: that is *not stated*.

**What is not stated is never guessed.** A line that depends on it is None, in the step and in those that
follow, until a conversion states the stake anew; `problems` says what is missing. Stakes that exceed the
whole stand in their step as stated, but nothing is computed from them. A holding that names an `event` is
itself a result and no input. A clause that does not name its issuer is in no table.

**Ranges.** A line holds every outcome that the ranges of the inputs allow, and is exact where they are.
The comment at `_State` says why looking at corners is enough.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from clauses.terms.kinds.base import Clause
from clauses.terms.kinds.equity import (
    AntiDilution,
    CapitalRaise,
    Conversion,
    EquityOnConversion,
    Holding,
    PublicOffering,
)
from clauses.terms.values import Date, Money, Percentage

DEFINITION = (
    "Fully diluted: every share, option and unit issued counts as one, anti-dilution shares included. "
    "Computed in exact fractions and rounded outwards to 0.0001 %."
)
"""What a stake counts and how it is rounded; printed beside every figure."""

OTHERS = "others"
"""The line of all holders that no clause names."""

NEW_INVESTORS = "new investors"
"""The line of those who bring new money and are not named one by one."""

PAST_THE_WHOLE = "past-the-whole"
"""The sort of a problem that says that the stakes stated add up to more than the whole."""

MAXIMUM_CORNERS = 2**12

Range = tuple[Fraction, Fraction]
"""The lowest and the highest value that something can have."""

Event = Conversion | CapitalRaise | PublicOffering


@dataclass(frozen=True)
class HoldingAfter:
    """The stake of a party after an event; None where it cannot be computed."""

    event: str
    holder: str
    issuer: str
    stake: Percentage | None


@dataclass(frozen=True)
class TableProblem:
    """Why something could not be computed: the clause, the term that stands in the way, and a sentence."""

    clause: str
    term: str
    sentence: str
    sort: str = ""
    """`past-the-whole` where stakes that are stated add up to more than the whole."""


@dataclass(frozen=True)
class Step:
    """The stakes in one company before all events, or after one of them."""

    event: str | None
    """The id of the event's clause; None before all events."""
    kind: str
    """The kind of the event's clause, or `before`."""
    date: Date | None
    """When it happens; for a conversion without a day of completion, on or before its deadline."""
    lines: Mapping[str, Range | None]
    """The stake of each holder: a party id, `others` or `new investors`; None where it cannot be computed."""


@dataclass(frozen=True)
class CapTable:
    """The steps of every company, by the party id of the company, in date order; and what is in the way."""

    issuers: Mapping[str, tuple[Step, ...]]
    problems: tuple[TableProblem, ...]


def holdings_after(table: CapTable) -> list[HoldingAfter]:
    """The stake of every party after every event, in the order of the table."""
    found = []
    for issuer, steps in table.issuers.items():
        for step in steps:
            for holder, line in step.lines.items():
                if step.event is not None and not _is_label(holder):
                    is_sensible = line is not None and line[1] * Percentage.ONE <= Percentage.limit
                    stake = Percentage.of_fractions(*line) if line and is_sensible else None
                    found.append(HoldingAfter(step.event, holder, issuer, stake))
    return found


def cap_table(clauses: Mapping[str, Clause]) -> CapTable:
    """Compute the cap table of every company that the clauses tell of. It never raises; see `problems`."""
    problems: list[TableProblem] = []
    ordered = dict(sorted(clauses.items()))
    issuers = sorted(_issuers(ordered, problems))
    tables = {issuer: _Builder(issuer, ordered, problems).build() for issuer in issuers}
    return CapTable(tables, tuple(dict.fromkeys(problems)))


def _is_label(holder: str) -> bool:
    return holder == OTHERS or " " in holder


def _issuers(clauses: Mapping[str, Clause], problems: list[TableProblem]) -> set[str]:
    """The companies that have a table; notes clauses that are in none, or in none of their steps."""
    found: set[str] = set()
    for id, clause in clauses.items():
        if isinstance(clause, EquityOnConversion):
            _check_trigger(id, clause, clauses, problems)
        if isinstance(clause, Holding) and clause.event is not None:
            continue
        if isinstance(clause, Holding | Event | EquityOnConversion):
            if clause.issuer is not None:
                found.add(clause.issuer)
            elif not (isinstance(clause, EquityOnConversion) and clause.trigger):
                sentence = "the company is not stated, so it is in no cap table"
                problems.append(TableProblem(id, "issuer", sentence))
    return found


def _check_trigger(
    id: str, clause: EquityOnConversion, clauses: Mapping[str, Clause], problems: list[TableProblem]
) -> None:
    conversions = {key: other for key, other in clauses.items() if isinstance(other, Conversion)}
    if clause.trigger is None:
        if clause.issuer is not None and not any(c.issuer == clause.issuer for c in conversions.values()):
            sentence = f"no conversion of `{clause.issuer}` is in force, so the stake is in no step"
            problems.append(TableProblem(id, "trigger", sentence))
        return
    trigger = conversions.get(clause.trigger)
    if trigger is None:
        sentence = f"`{clause.trigger}` is no conversion in force, so the stake is in no step"
        problems.append(TableProblem(id, "trigger", sentence))
    elif clause.issuer is not None and trigger.issuer is not None and trigger.issuer != clause.issuer:
        sentence = f"`{clause.trigger}` converts `{trigger.issuer}`, and the stake is in `{clause.issuer}`"
        problems.append(TableProblem(id, "trigger", sentence))


# --- the state between two events --------------------------------------------------------------


@dataclass(frozen=True)
class _Position:
    """What one clause gives one holder, with the protection that goes with it."""

    id: str
    holder: str
    protection: AntiDilution | None = "none"
    floor: Range | None = None
    entry: Range | None = None
    """CP1 × all shares as they are counted now, in minor units; None where not known."""
    currency: str | None = None

    @property
    def depends_on_price(self) -> bool:
        return self.protection in ("weighted-average", "full-ratchet")


# Why corners are enough.
#
# A world is one choice of an end of its range for every uncertain input so far, with the stakes that follow.
# Let the inputs be: the stakes stated, the amount a, the inverse u = 1 ÷ pre-money, the floors, and for each
# protected holder its entry value e (full ratchet) or h = 1 ÷ (1 + a ÷ e) (weighted average). Before they are
# brought to a total of 1, which changes no stake, the shares are
#
#     before            s, and 1 − Σs for the others
#     conversion        t × R for those named, own × (1 − Σt) for the rest; R the shares of the rest before
#     new money         N × a × u × w, with N the shares before and w the part that the buyer takes, Σw = 1
#     full ratchet      own × e × u                        while the price is below CP1
#     weighted average  own × (1 + a × u) × h              while the price is below CP1
#     floor top-up      F × Q for those topped up, own × (1 − ΣF) for the rest; Q the shares of the rest
#
# so every share count, and their sum, is of the first degree in each input by itself when the others stand
# still. A stake, the quotient of two such, runs in one direction along each input, so that its extremes are
# at ends of ranges. Along the stakes together (all s, or all t) the counts are of the first degree too, so
# what is possible of them, each in its range and Σ ≤ 1, may be cut down to its vertices. So may the parts w of
# one raise: at a vertex one buyer takes all. The stake before of a holder that is neither protected nor named
# by a conversion moves its own line and that of the others, and no more: for all of these together two cases,
# all lowest and all highest, show the ends of every line. In the second the others may come out below nothing,
# and their line is cut off there. In the same way all such holders that may buy make one case, in which each
# takes all and `new investors` what makes the sum right.
#
# Three things make the bounds wider than need be, and none makes them too narrow. (1) h, and the entry values
# and floors that a later event uses again, run free of the inputs that they come from. (2) Where it is open
# whether a protection acts, the formulas of both cases are used, each on all inputs that it could meet: the
# pre-money is cut at the entry value, and sets of floors that no corner allows are left out (the part that
# somebody holds before the top-up runs in one direction too). (3) The two combine freely with every world
# before. With exact inputs and known buyers there is one world.


@dataclass(frozen=True)
class _State:
    """What is known between two events. In each world the shares add up to 1.

    The shares of `unknown` positions are not known one by one; they are part of those under `OTHERS`.
    """

    positions: tuple[_Position, ...]
    worlds: tuple[Mapping[str, Fraction], ...]
    unknown: frozenset[str] = frozenset()

    def lines(self) -> dict[str, Range | None]:
        """The stake of every holder: parties first, by name; `others` only where there can be any."""
        owned: dict[str, list[str]] = {}
        for position in self.positions:
            owned.setdefault(position.holder, []).append(position.id)
        found: dict[str, Range | None] = {}
        for holder in sorted(owned, key=lambda name: (_is_label(name), name)):
            own = owned[holder]
            if self.unknown.isdisjoint(own):
                stakes = (sum((max(world[id], Fraction(0)) for id in own), Fraction(0)) for world in self.worlds)
                found[holder] = _hull(stakes)
            else:
                found[holder] = None
        rest = _hull(max(world[OTHERS], Fraction(0)) for world in self.worlds)
        if self.unknown or rest[1] > 0:
            found[OTHERS] = None if self.unknown else rest
        return found

    def lost(self) -> _State:
        """The state when nobody's stake is known any more."""
        positions = tuple(replace(position, entry=None) for position in self.positions)
        return _State(positions, ({OTHERS: Fraction(1)},), frozenset(position.id for position in positions))


class _TooMany(Exception):
    """More corners than we look at."""


class _BuyerProtected(Exception):
    """The protection of this holder may act, and how much it buys is not known."""


def _hull(values: Iterable[Fraction]) -> Range:
    listed = list(values)
    return min(listed), max(listed)


def _range(value: Money | Percentage | None) -> Range | None:
    """A percentage as a part of 1; money in minor units."""
    if isinstance(value, Percentage):
        return Fraction(value.lowest, Percentage.ONE), Fraction(value.highest, Percentage.ONE)
    return None if value is None else _in_units(value)


def _in_units(value: Money) -> Range:
    return Fraction(value.lowest), Fraction(value.highest)


def _ends(values: Range) -> tuple[Fraction, ...]:
    return values[:1] if values[0] == values[1] else values


def _corners(axes: Sequence[Sequence[Fraction]], times: int = 1) -> Iterator[tuple[Fraction, ...]]:
    """Every choice of one value an axis. Raises _TooMany where, so many times over, it is too much."""
    for axis in axes:
        times *= len(axis)
    if times > MAXIMUM_CORNERS:
        raise _TooMany
    return itertools.product(*axes)


def _vertices(ranges: Sequence[Range], whole: Fraction) -> list[tuple[Fraction, ...]]:
    """The vertices of what stakes can be: each in its range, and together at most the whole.

    Empty where even the lowest exceed the whole. A vertex has every stake at an end of its range, or all but
    one, which then fills the whole.
    """
    if sum((low for low, _ in ranges), Fraction(0)) > whole:
        return []
    axes = [_ends(one) for one in ranges]
    found = [corner for corner in _corners(axes) if sum(corner) <= whole]
    if sum((high for _, high in ranges), Fraction(0)) > whole:
        for number, (low, high) in enumerate(ranges):
            for corner in _corners([*axes[:number], (Fraction(0),), *axes[number + 1 :]], len(ranges)):
                fills = whole - sum(corner, Fraction(0))
                if low < fills < high:
                    found.append((*corner[:number], fills, *corner[number + 1 :]))
    return found


def _as_worlds(worlds: Iterable[Mapping[str, Fraction]]) -> tuple[Mapping[str, Fraction], ...]:
    """The worlds, each brought to a total of 1, without repetitions."""
    found: dict[tuple[tuple[str, Fraction], ...], Mapping[str, Fraction]] = {}
    for world in worlds:
        total = sum(world.values())
        scaled = {id: shares / total for id, shares in world.items()}
        found[tuple(sorted(scaled.items()))] = scaled
        if len(found) > MAXIMUM_CORNERS:
            raise _TooMany
    return tuple(found.values())


# --- conversions -------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Grant:
    """A stake that a clause states: before all events, or on a conversion."""

    position: _Position
    stake: Range | None
    is_alone: bool
    """Whether the stake moves no other line than its own and that of `others`."""


def _cases(grants: Sequence[_Grant]) -> list[dict[str, Fraction]]:
    """The stakes stated, by position, in every case that must be looked at. Empty where they exceed the whole."""
    stated = {grant.position.id: grant.stake for grant in grants if grant.stake is not None}
    lowest = sum((low for low, _ in stated.values()), Fraction(0))
    stated = {id: (low, min(high, 1 - lowest + low)) for id, (low, high) in stated.items()}
    alone = {grant.position.id: stated[grant.position.id] for grant in grants if grant.stake and grant.is_alone}
    bound = {id: stake for id, stake in stated.items() if id not in alone}
    least = sum((low for low, _ in alone.values()), Fraction(0))
    ends = [{id: low for id, (low, _) in alone.items()}, {id: high for id, (_, high) in alone.items()}]
    vertices = _vertices(list(bound.values()), 1 - least)
    both = ends if ends[0] != ends[1] else ends[:1]
    return [{**dict(zip(bound, vertex, strict=True)), **end} for vertex in vertices for end in both]


def _granted(state: _State, grants: Sequence[_Grant]) -> _State | None:
    """The state after those granted received exactly their stakes. None where these exceed the whole."""
    cases = _cases(grants)
    if not cases:
        return None
    named = {grant.position.holder for grant in grants}
    kept = [position for position in state.positions if position.holder not in named]
    gone = {position.id for position in state.positions if position.holder in named}
    unstated = {grant.position.id for grant in grants if grant.stake is None}
    all_known = not unstated and state.unknown.isdisjoint(gone)
    known = [position.id for position in kept if position.id not in state.unknown] if all_known else []
    if len(cases) * len(state.worlds) > MAXIMUM_CORNERS:
        raise _TooMany
    worlds = []
    growths: list[Fraction | None] = []
    for world, given in itertools.product(state.worlds, cases):
        left = 1 - sum(given.values(), Fraction(0))
        base = sum((shares for id, shares in world.items() if id not in gone), Fraction(0))
        own = {id: world[id] * left / base if base else Fraction(0) for id in known}
        worlds.append({**own, **given, OTHERS: left - sum(own.values(), Fraction(0))})
        growths.append(base / left if left and base and all_known else None)
    positions = [_rebased(position, growths) for position in kept] + [grant.position for grant in grants]
    unknown = unstated | {position.id for position in kept if position.id not in known}
    positions = [_without_shares(position, worlds) for position in positions]
    return _State(tuple(positions), _as_worlds(worlds), frozenset(unknown))


def _without_shares(position: _Position, worlds: Sequence[Mapping[str, Fraction]]) -> _Position:
    """A position that a conversion left without shares: a protection by price has nothing to act on."""
    if position.depends_on_price and all(world.get(position.id) == 0 for world in worlds):
        return replace(position, protection="none")
    return position


def _rebased(position: _Position, growths: Sequence[Fraction | None]) -> _Position:
    """A position that keeps its shares and CP1 while the number of all shares grows so many times."""
    known = [growth for growth in growths if growth is not None]
    if position.entry is None or len(known) < len(growths):
        return replace(position, entry=None)
    low, high = _hull(known)
    return replace(position, entry=(position.entry[0] * low, position.entry[1] * high))


# --- raises and listings -----------------------------------------------------------------------


@dataclass(frozen=True)
class _Issue:
    """New shares for money: amounts in minor units of one currency."""

    buyers: tuple[_Position, ...]
    """Who may buy, with the new shares and no more."""
    splits: tuple[Mapping[str, Fraction], ...]
    """The part of the new shares that each position in `buyers` is, in every case that must be looked at."""
    amount: Range
    pre_money: Range

    def check(self, holders: Iterable[str]) -> None:
        """Raise _BuyerProtected where it is open how much one of these buys, whose protection may act."""
        for holder in holders:
            if len(self.buyers) > 1 and any(buyer.holder == holder for buyer in self.buyers):
                raise _BuyerProtected(holder)


def _splits(rest: str, bound: Sequence[str], alone: Sequence[str]) -> tuple[Mapping[str, Fraction], ...]:
    """Who may have bought what part: positions; those in `alone` move no line but their own and that of the rest."""
    none = dict.fromkeys((rest, *bound, *alone), Fraction(0))
    found = [{**none, id: Fraction(1)} for id in (rest, *bound)]
    if alone:
        found.append({**none, **dict.fromkeys(alone, Fraction(1)), rest: Fraction(1 - len(alone))})
    return tuple(found)


@dataclass(frozen=True)
class _Outcome:
    """One corner of an issue: the shares of everybody, where there was 1 share before."""

    shares: Mapping[str, Fraction]
    pre_money: Fraction
    factors: Mapping[str, Fraction]
    """By how much a protection by price multiplied shares, where it acted."""

    @property
    def total(self) -> Fraction:
        return sum(self.shares.values(), Fraction(0))


def _issued(state: _State, issue: _Issue) -> _State:
    """The state after new shares. Every protection that could act is known. Raises _TooMany, _BuyerProtected."""
    outcomes = _topped_up(state, [*_priced(state, issue)], issue)
    positions = [_repriced(position, outcomes) for position in state.positions]
    worlds = _as_worlds(outcome.shares for outcome in outcomes)
    return _State((*positions, *issue.buyers), worlds, state.unknown)


def _priced(state: _State, issue: _Issue) -> Iterator[_Outcome]:
    """New money, full ratchets and weighted averages, for every set of these that could act."""
    known = [p for p in state.positions if p.depends_on_price and p.id not in state.unknown]
    choices = [_may_act(position, issue.pre_money) for position in known]
    issue.check(position.holder for position, choice in zip(known, choices, strict=True) if True in choice)
    if len(state.worlds) * 2 ** sum(len(choice) - 1 for choice in choices) > MAXIMUM_CORNERS:
        raise _TooMany
    count = 0
    for choice in itertools.product(*choices):
        acting = [position for position, acts in zip(known, choice, strict=True) if acts]
        resting = [position for position, acts in zip(known, choice, strict=True) if not acts]
        low = max([issue.pre_money[0], *(p.entry[0] for p in resting if p.entry)])
        high = min([issue.pre_money[1], *(p.entry[1] for p in acting if p.entry)])
        if low > high:
            continue
        axes = [_ends(issue.amount), _ends((low, high)), *(_ends(_own_axis(p, issue, low)) for p in acting)]
        for amount, pre_money, *own in _corners(axes, len(state.worlds)):
            new = amount / pre_money
            factors = {
                position.id: value / pre_money if position.protection == "full-ratchet" else (1 + new) * value
                for position, value in zip(acting, own, strict=True)
            }
            for world, split in itertools.product(state.worlds, issue.splits):
                count += 1
                if count > MAXIMUM_CORNERS:
                    raise _TooMany
                shares = {id: share * factors.get(id, 1) for id, share in world.items()}
                bought = {id: new * part for id, part in split.items()}
                yield _Outcome({**shares, **bought}, pre_money, factors)


def _may_act(position: _Position, pre_money: Range) -> tuple[bool, ...]:
    """Whether a protection by price acts: the price is below CP1 where the pre-money is below the entry."""
    assert position.entry is not None
    if position.entry[1] <= pre_money[0]:
        return (False,)
    return (True,) if position.entry[0] >= pre_money[1] else (False, True)


def _own_axis(position: _Position, issue: _Issue, lowest_pre_money: Fraction) -> Range:
    """The input of an acting protection: e for a full ratchet, h = 1 ÷ (1 + a ÷ e) for a weighted average."""
    assert position.entry is not None
    low, high = max(position.entry[0], lowest_pre_money), position.entry[1]
    if position.protection == "full-ratchet":
        return low, high
    return 1 / (1 + issue.amount[1] / low), 1 / (1 + issue.amount[0] / high)


def _repriced(position: _Position, outcomes: Sequence[_Outcome]) -> _Position:
    """The position with its entry value after the issue: CP1 ÷ factor × the shares there are now."""
    if position.entry is None:
        return position
    found = []
    for outcome in outcomes:
        factor = outcome.factors.get(position.id)
        if factor is not None and position.protection == "full-ratchet":
            found.append(outcome.pre_money * outcome.total)
        else:
            found += [end * outcome.total / (factor or 1) for end in position.entry]
    return replace(position, entry=_hull(found))


def _topped_up(state: _State, outcomes: Sequence[_Outcome], issue: _Issue) -> list[_Outcome]:
    """The outcomes with floors filled up again, for every set of holders that could need it.

    With exact inputs and floors below the whole exactly one set is right: T = Σ max(own, floor × T) + rest
    has one solution, as its right side grows more slowly than T.
    """
    floors = _floors(state)
    positions = (*state.positions, *issue.buyers)
    owned = {holder: [p.id for p in positions if p.holder == holder] for holder in floors}
    cases = [_TopUp(outcome, owned) for outcome in outcomes]
    surely, perhaps = _needy(cases, {holder: floor for holder, (_, floor) in floors.items()})
    issue.check([*surely, *perhaps])
    found: list[_Outcome] = []
    for choice in _corners([(Fraction(0), Fraction(1))] * len(perhaps)):
        topped = [*surely, *(holder for holder, chosen in zip(perhaps, choice, strict=True) if chosen)]
        found += _topped_up_for(topped, floors, cases)
        if len(found) > MAXIMUM_CORNERS:
            raise _TooMany
    return found


class _TopUp:
    """An outcome before the top-up, with what each holder with a floor owns in it."""

    def __init__(self, outcome: _Outcome, owned: Mapping[str, Sequence[str]]) -> None:
        self.outcome = outcome
        self.total = outcome.total
        self.own = {h: sum((outcome.shares[id] for id in ids), Fraction(0)) for h, ids in owned.items()}

    def total_with(self, floors: Mapping[str, Fraction]) -> Fraction:
        """All shares when these holders, and no others, are topped up to these floors."""
        rest = self.total - sum(self.own[holder] for holder in floors)
        return rest / (1 - sum(floors.values()))

    def needy(self, floors: Mapping[str, Fraction]) -> set[str]:
        """The holders to be topped up: more shares for one may put another below its floor."""
        found: dict[str, Fraction] = {}
        while True:
            total = self.total_with(found)
            more = {h: floor for h, floor in floors.items() if h not in found and self.own[h] < floor * total}
            if not more:
                return set(found)
            found |= more


def _needy(cases: Sequence[_TopUp], floors: Mapping[str, Range]) -> tuple[list[str], list[str]]:
    """Who is topped up whatever the inputs are, and who may be.

    The total is the greatest of `total_with` over all sets. So whoever needs shares at no corner with the
    highest floors needs none; and whoever needs them at every corner, although only those sure so far are
    topped up to the lowest floors, surely does.
    """
    perhaps: set[str] = set()
    for case in cases:
        perhaps |= case.needy({holder: high for holder, (_, high) in floors.items()})
    surely: dict[str, Fraction] = {}
    while True:
        totals = [case.total_with(surely) for case in cases]
        lowest = {holder: floors[holder][0] for holder in perhaps - set(surely)}
        both = list(zip(cases, totals, strict=True))
        more = {h: low for h, low in lowest.items() if all(case.own[h] < low * total for case, total in both)}
        if not more:
            return sorted(surely), sorted(perhaps - set(surely))
        surely |= more


def _topped_up_for(
    topped: Sequence[str], floors: Mapping[str, tuple[str, Range]], cases: Sequence[_TopUp]
) -> list[_Outcome]:
    """The outcomes where these holders are topped up and no others; empty where no corner allows that."""
    found = []
    before: dict[str, list[Fraction]] = {holder: [] for holder in floors}
    corners = list(_corners([_ends(floors[holder][1]) for holder in topped], len(cases)))
    for case, corner in itertools.product(cases, corners):
        total = case.total_with(dict(zip(topped, corner, strict=True)))
        shares = dict(case.outcome.shares)
        for holder, floor in zip(topped, corner, strict=True):
            shares[floors[holder][0]] += floor * total - case.own[holder]
        found.append(replace(case.outcome, shares=shares))
        for holder in floors:
            before[holder].append(case.own[holder] / total)
    for holder, (_, (low, high)) in floors.items():
        if min(before[holder]) >= high if holder in topped else max(before[holder]) < low:
            return []
    return found


def _floors(state: _State) -> dict[str, tuple[str, Range]]:
    """Each holder with a floor to be topped up to: the position that receives the shares, and the floor."""
    found: dict[str, tuple[str, Range]] = {}
    for position in state.positions:
        if position.protection == "floor-top-up" and position.floor is not None:
            id, (low, high) = found.get(position.holder, (position.id, position.floor))
            found[position.holder] = id, (max(low, position.floor[0]), max(high, position.floor[1]))
    return found


# --- one company -------------------------------------------------------------------------------


class _Builder:
    """Takes one company through its events, and notes what is in the way."""

    def __init__(self, issuer: str, clauses: Mapping[str, Clause], problems: list[TableProblem]) -> None:
        self.issuer = issuer
        self.clauses = clauses
        self.problems = problems
        self.about = [c for c in clauses.values() if isinstance(c, Holding | EquityOnConversion)]
        self.state = _State((), ({OTHERS: Fraction(1)},))

    def build(self) -> tuple[Step, ...]:
        """The steps of the company, in date order."""
        steps = [Step(None, "before", None, self.grant(self.holdings(), "before all events"))]
        events = self.events()
        unordered = self.unordered(events)
        for id, event, date in events:
            if id in unordered:
                self.state = self.state.lost()
            if isinstance(event, Conversion):
                grants = [self.stated(key, clause) for key, clause in self.received(id).items()]
                lines = self.grant(grants, f"on `{id}`") if grants else self.state.lines()
            else:
                lines = self.issue(id, event, id not in unordered)
            steps.append(Step(id, event.kind_name(), date, lines))
        return tuple(steps)

    def note(self, clause: str, term: str, sentence: str, sort: str = "") -> None:
        self.problems.append(TableProblem(clause, term, sentence, sort))

    # what the clauses state

    def holdings(self) -> list[_Grant]:
        listed = [(id, c) for id, c in self.clauses.items() if isinstance(c, Holding) and c.event is None]
        return [self.stated(id, clause) for id, clause in listed if clause.issuer == self.issuer]

    def received(self, conversion: str) -> dict[str, EquityOnConversion]:
        """The clauses that say what is received on a conversion."""
        return {
            id: clause
            for id, clause in self.clauses.items()
            if isinstance(clause, EquityOnConversion)
            and clause.issuer in ((self.issuer,) if clause.trigger is None else (self.issuer, None))
            and clause.trigger in (conversion, None)
        }

    def stated(self, id: str, clause: Holding | EquityOnConversion) -> _Grant:
        holder = clause.holder
        if holder is None or _is_label(holder):
            reserved = f"`{holder}` is what the cap table calls those whom no clause names"
            self.note(id, "holder", "the holder is not stated" if holder is None else reserved)
            holder = f"holder by {id}"
        if clause.stake is None:
            self.note(id, "stake", f"the stake of `{holder}` is not stated")
        entry = clause.entry_valuation
        currency = entry.currency if entry else None
        position = _Position(id, holder, clause.anti_dilution, _range(clause.floor), _range(entry), currency)
        return _Grant(position, _range(clause.stake), isinstance(clause, Holding) and self.is_alone(holder))

    def is_alone(self, holder: str) -> bool:
        """Whether a holder of before is neither protected nor named by a conversion."""
        own = [clause for clause in self.about if clause.holder == holder]
        return not any(
            isinstance(clause, EquityOnConversion) or clause.anti_dilution not in (None, "none") for clause in own
        )

    def events(self) -> list[tuple[str, Event, Date | None]]:
        """The company's events in date order, by the last day that each can have; undated ones last."""
        found: list[tuple[str, Event, Date | None]] = []
        for id, clause in self.clauses.items():
            if isinstance(clause, Event) and clause.issuer == self.issuer:
                date = clause.closing
                if date is None and isinstance(clause, Conversion) and clause.deadline is not None:
                    date = Date(1, clause.deadline.highest)
                found.append((id, clause, date))
        last = (Date.limit + 1, Date.limit + 1)
        return sorted(found, key=lambda e: ((e[2].highest, e[2].lowest) if e[2] else last, e[0]))

    def unordered(self, events: Sequence[tuple[str, Event, Date | None]]) -> set[str]:
        """Events of which nobody can tell whether they come before another one that changes stakes."""
        found: set[str] = set()
        matter = [e for e in events if not isinstance(e[1], Conversion) or self.received(e[0])]
        for (first, _, one), (second, _, other) in itertools.combinations(matter, 2):
            if one is None or other is None or one.highest >= other.lowest:
                found |= {first, second}
                sentence = f"nobody can tell whether it comes before or after `{first}`"
                self.note(second, "closing", sentence)
        return found

    # the steps

    def grant(self, grants: Sequence[_Grant], when: str) -> dict[str, Range | None]:
        """Take the company through a conversion, or to its first state; gives the lines."""
        sort = PAST_THE_WHOLE
        try:
            state = _granted(self.state, grants)
            why = f"the stakes stated {when} add up to {_at_least(grants)}, and the whole is 100%"
        except _TooMany:
            state, sort = None, ""
            why = f"too many stakes {when} are ranges for all cases to be computed"
        if state is not None:
            self.state = state
            return state.lines()
        for grant in grants:
            if grant.stake is not None:
                self.note(grant.position.id, "stake", why, sort)
        named = {grant.position.holder for grant in grants}
        kept = [position for position in self.state.positions if position.holder not in named]
        self.state = _State((*kept, *(grant.position for grant in grants)), ()).lost()
        return {**self.state.lines(), **_as_stated(grants)}

    def issue(self, id: str, event: CapitalRaise | PublicOffering, in_order: bool) -> dict[str, Range | None]:
        """Take the company through a raise or a listing; gives the lines."""
        buyers, splits = self.buyers(id, event)
        money = self.money(id, event)
        known = self.protections_known(id, event)
        if money is not None and known and in_order:
            try:
                self.state = _issued(self.state, _Issue(buyers, splits, *money))
                return self.state.lines()
            except _TooMany:
                sentence = "too many values that the stakes depend on are ranges for all cases to be computed"
                self.note(id, "amount", sentence)
            except _BuyerProtected as protected:
                sentence = f"how much of it `{protected}` buys is not stated, and its protection may act"
                self.note(id, "investors", sentence)
        self.state = replace(self.state, positions=(*self.state.positions, *buyers)).lost()
        return self.state.lines()

    def buyers(
        self, id: str, event: CapitalRaise | PublicOffering
    ) -> tuple[tuple[_Position, ...], tuple[Mapping[str, Fraction], ...]]:
        """Who may buy the new shares, and every case of who buys what part that must be looked at."""
        investors = set(event.investors or ()) if isinstance(event, CapitalRaise) else set()
        if len(investors) == 1:
            return (_Position(id, next(iter(investors))),), _splits(id, (), ())
        is_public = isinstance(event, PublicOffering)
        named = [] if is_public else sorted(investors or self.parties())
        may_buy = {f"{id} by {holder}": holder for holder in named}
        alone = [key for key, holder in may_buy.items() if self.is_alone(holder)]
        bound = [key for key in may_buy if key not in alone]
        positions = (_Position(id, NEW_INVESTORS), *(_Position(key, holder) for key, holder in may_buy.items()))
        return positions, _splits(id, bound, alone)

    def parties(self) -> set[str]:
        """The parties that any clause on the company names as a holder or an investor, whenever that is."""
        found: set[str] = set()
        for id, clause in self.clauses.items():
            if isinstance(clause, Conversion) and clause.issuer == self.issuer:
                found |= {grant.holder for grant in self.received(id).values() if grant.holder}
            elif isinstance(clause, Holding) and clause.issuer == self.issuer and clause.event is None:
                found |= {clause.holder} if clause.holder else set()
            elif isinstance(clause, CapitalRaise) and clause.issuer == self.issuer:
                found |= set(clause.investors or ())
        return {holder for holder in found if not _is_label(holder)}

    def money(self, id: str, event: CapitalRaise | PublicOffering) -> tuple[Range, Range] | None:
        """The amount and the pre-money in minor units of one currency, or None after noting what is wrong."""
        amount, pre_money = event.amount, event.pre_money
        if amount is None:
            self.note(id, "amount", "how much is raised is not stated")
        if pre_money is None:
            self.note(id, "pre_money", "the value before the money is not stated")
        if amount is None or pre_money is None:
            return None
        if amount.currency != pre_money.currency:
            both = f"it is in {pre_money.currency} and the amount in {amount.currency}"
            self.note(id, "pre_money", f"{both}, and no rate is stated")
        elif pre_money.lowest == 0:
            self.note(id, "pre_money", "the value before the money may be nothing, which makes no price")
        else:
            return _in_units(amount), _in_units(pre_money)
        return None

    def protections_known(self, id: str, event: CapitalRaise | PublicOffering) -> bool:
        """Whether it is known how everybody is protected, and from what; notes what is not stated."""
        known = [self.protection_known(position, id, event) for position in self.state.positions]
        return all(known) and self.floors_fit(id)

    def protection_known(self, position: _Position, id: str, event: CapitalRaise | PublicOffering) -> bool:
        is_known = position.id not in self.state.unknown
        if position.protection is None:
            sentence = f"whether `{position.holder}` is protected from dilution is not stated"
            self.note(position.id, "anti_dilution", sentence)
            return False
        if position.protection == "floor-top-up":
            if position.floor is None:
                sentence = f"the floor that `{position.holder}` is kept at is not stated"
                self.note(position.id, "floor", sentence)
            return position.floor is not None and is_known
        if position.depends_on_price:
            return self.price_known(position, id, event.pre_money, is_known)
        return True

    def price_known(self, position: _Position, id: str, pre_money: Money | None, is_known: bool) -> bool:
        """Whether a protection by price can be computed, or surely does not act."""
        if pre_money is None:
            return False
        sentence = ""
        if position.currency is None:
            sentence = f"the price that `{position.holder}` paid is not stated"
        elif position.currency != pre_money.currency:
            sentence = f"it is in {position.currency}, `{id}` in {pre_money.currency}, and no rate is stated"
        elif position.entry is None and is_known:
            sentence = f"a conversion before `{id}` may leave nothing to `{position.holder}`"
        if sentence:
            self.note(position.id, "entry_valuation", sentence)
        if sentence or position.entry is None:
            return False
        return is_known or position.entry[1] <= pre_money.lowest

    def floors_fit(self, id: str) -> bool:
        floors = _floors(self.state)
        if sum((high for _, (_, high) in floors.values()), Fraction(0)) < 1:
            return True
        for position, _ in floors.values():
            sentence = f"the floors to be kept after `{id}` may add up to the whole company"
            self.note(position, "floor", sentence)
        return False


def _at_least(grants: Sequence[_Grant]) -> str:
    lowest = sum((grant.stake[0] for grant in grants if grant.stake), Fraction(0))
    percent = str(Percentage(int(lowest * Percentage.ONE), int(lowest * Percentage.ONE)))
    exact = all(grant.stake[0] == grant.stake[1] for grant in grants if grant.stake)
    return percent if exact else f"{percent} or more"


def _as_stated(grants: Sequence[_Grant]) -> dict[str, Range | None]:
    """The lines of those granted, exactly as the clauses have them."""
    found: dict[str, Range | None] = {}
    for grant in grants:
        before = found.get(grant.position.holder, (Fraction(0), Fraction(0)))
        if before is None or grant.stake is None:
            found[grant.position.holder] = None
        else:
            found[grant.position.holder] = (before[0] + grant.stake[0], before[1] + grant.stake[1])
    return found
