"""The cap table over open terms: what each holder has after each event, as a fraction of whole numbers.

This is the arithmetic of `terms.cap_table` for exact stakes, kept free of division. Every count of shares is
multiplied by what would divide another, which changes no stake:

    before            the stakes as stated, of a whole of 100 %
    conversion        stake × the shares of those not named, and for these own × (100 % − all stakes granted)
    new money         own × pre-money, and for the buyer amount × all shares
    full ratchet      own × entry value, where the pre-money is below it
    weighted average  own × (pre-money + amount) × entry value, where it is below; all others × (entry value + amount)
    floor top-up      floor × the shares of the others, and for these own × (100 % − floor), where it would have less

So the question `is the stake after the raise below the floor` becomes `stake × pre-money < floor × (pre-money +
amount)`. Up to `MAXIMUM_EVENTS` events may follow one another. A company that this does not cover gives None (several
protected holders, a stake that is a range, a buyer who is not known or is the protected holder, a second issue under
a protection by price, a conversion through which open stakes go on): its stakes then count as they stand, and what is
concluded from them is tried on the engines.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol, get_args

from clauses.engines.smt.logic import Bool, Int, at_most, chosen, every, no, some
from clauses.terms.cap_table import NEW_INVESTORS, OTHERS, CapTable, Step
from clauses.terms.kinds.base import Clause
from clauses.terms.kinds.equity import (
    AntiDilution,
    CapitalRaise,
    Conversion,
    EquityOnConversion,
    Holding,
    PublicOffering,
)
from clauses.terms.values import Percentage, Value

WHOLE = Percentage.ONE
MAXIMUM_EVENTS = 8
"""Through how many events the stakes of a company are followed."""

PROTECTIONS: tuple[str, ...] = get_args(AntiDilution)


class Reader(Protocol):
    """Reads terms of clauses, open or as given."""

    def units(self, clause: str, term: str, given: Value) -> Int:
        """A quantity in its units."""

    def is_choice(self, clause: str, term: str, given: str | None, choice: str) -> Bool:
        """Whether a choice is a certain one."""


@dataclass(frozen=True)
class Protection:
    """What protects one holder when new shares are issued."""

    holder: str
    acts: Mapping[str, Bool]
    """For each protection, the condition under which it is the one."""
    floor: Int | None
    entry: Int | None
    """The value of the whole company at the price that the holder paid; None after the first issue."""


@dataclass(frozen=True)
class Shares:
    """Who has how many of all shares, at one point in time."""

    held: Mapping[str, Int]
    all: Int
    protection: Protection | None = None


class _NotCovered(Exception):
    """The company is not one that this arithmetic covers."""


def stakes_after(
    issuer: str, clauses: Mapping[str, Clause], table: CapTable, read: Reader
) -> tuple[dict[str, Shares], list[Bool]] | None:
    """The shares after each event of a company, by the event, and what must hold for them to be so."""
    steps = table.issuers.get(issuer, ())
    if len(steps) > MAXIMUM_EVENTS + 1:
        return None
    try:
        return _Company(issuer, clauses, read).follow(steps)
    except _NotCovered:
        return None


def _is_exact(step: Step) -> bool:
    return all(line is not None and line[0] == line[1] for line in step.lines.values())


class _Company:
    def __init__(self, issuer: str, clauses: Mapping[str, Clause], read: Reader) -> None:
        self.issuer, self.clauses, self.read = issuer, clauses, read
        self.claims: list[Bool] = []

    def follow(self, steps: tuple[Step, ...]) -> tuple[dict[str, Shares], list[Bool]]:
        """Take the company through its events, in the order of its steps."""
        before, *after = steps
        shares = self.before() if _is_exact(before) else None
        found: dict[str, Shares] = {}
        for earlier, step in itertools.pairwise([before, *after]):
            if not _is_exact(step):
                raise _NotCovered
            shares = self.after(str(step.event), shares, set(earlier.lines))
            found[str(step.event)] = shares
        return found, self.claims

    def before(self) -> Shares:
        """The shares before all events."""
        listed = {id: c for id, c in self.clauses.items() if isinstance(c, Holding) and c.event is None}
        return self.granted({id: clause for id, clause in listed.items() if clause.issuer == self.issuer})

    def after(self, id: str, shares: Shares | None, holders: set[str]) -> Shares:
        """The shares after an event. Those before need not be known where a conversion names every holder."""
        event = self.clauses[id]
        if isinstance(event, Conversion):
            received = {key: c for key, c in self.clauses.items() if self.is_received(c, id)}
            if received:
                return self.converted(shares, received, holders)
        if shares is None:
            raise _NotCovered
        if isinstance(event, Conversion):
            return shares
        assert isinstance(event, CapitalRaise | PublicOffering)
        return self.issued(id, event, shares)

    # --- conversions

    def is_received(self, clause: Clause, conversion: str) -> bool:
        """Whether a clause says what is received on a conversion."""
        if not isinstance(clause, EquityOnConversion):
            return False
        return clause.trigger in (conversion, None) and clause.issuer in (self.issuer, None)

    def granted(self, grants: Mapping[str, Clause]) -> Shares:
        """The stakes as the clauses state them, and the rest for those whom nobody names."""
        held: dict[str, Int] = {}
        protections: list[Protection] = []
        for id, clause in grants.items():
            assert isinstance(clause, Holding | EquityOnConversion)
            if clause.holder is None or clause.stake is None:
                raise _NotCovered
            held[clause.holder] = held.get(clause.holder, 0) + self.read.units(id, "stake", clause.stake)
            protections += self.protection(id, clause, clause.holder)
        if len(protections) > 1:
            raise _NotCovered
        rest = WHOLE - sum(held.values())
        if isinstance(rest, int) and rest < 0:
            raise _NotCovered  # the documents state more than the whole, and no open term mends it
        self.claims.append(at_most(0, rest))
        return Shares({**held, OTHERS: rest}, WHOLE, protections[0] if protections else None)

    def protection(self, id: str, clause: Holding | EquityOnConversion, holder: str) -> list[Protection]:
        """What a clause gives its holder against dilution, if it may be anything at all."""
        acts = {name: self.read.is_choice(id, "anti_dilution", clause.anti_dilution, name) for name in PROTECTIONS}
        if acts["none"] is True:
            return []
        floor = None if clause.floor is None else self.read.units(id, "floor", clause.floor)
        entry = clause.entry_valuation
        value = None if entry is None else self.read.units(id, "entry_valuation", entry)
        return [Protection(holder, acts, floor, value)]

    def converted(self, shares: Shares | None, grants: Mapping[str, Clause], holders: set[str]) -> Shares:
        """Those named have exactly their stakes; the others share what is left as before."""
        granted = self.granted(grants)
        if holders - {OTHERS} <= set(granted.held):
            return granted
        if shares is None or shares.protection is not None:
            raise _NotCovered
        left = granted.held[OTHERS]
        kept = {holder: own for holder, own in shares.held.items() if holder not in granted.held or holder == OTHERS}
        base = sum(kept.values())
        if isinstance(base, int) and base == 0:
            return granted
        if not isinstance(base, int):
            raise _NotCovered
        named = {holder: stake * base for holder, stake in granted.held.items() if holder != OTHERS}
        held = {**{holder: own * left for holder, own in kept.items()}, **named}
        return _simplest(Shares(held, WHOLE * base, granted.protection))

    # --- new money

    def issued(self, id: str, event: CapitalRaise | PublicOffering, shares: Shares) -> Shares:
        """New shares for money, and then what the protected holder receives."""
        if event.amount is None or event.pre_money is None or event.amount.currency != event.pre_money.currency:
            raise _NotCovered
        amount = self.read.units(id, "amount", event.amount)
        before = self.read.units(id, "pre_money", event.pre_money)
        investors = set(event.investors or ()) if isinstance(event, CapitalRaise) else set()
        buyer = next(iter(investors)) if len(investors) == 1 else NEW_INVESTORS
        protection = shares.protection
        if protection is not None and buyer == protection.holder:
            raise _NotCovered
        held = {holder: own * before for holder, own in shares.held.items()}
        held[buyer] = held.get(buyer, 0) + amount * shares.all
        plain = Shares(held, shares.all * (before + amount), protection)
        if protection is None:
            return _simplest(plain)
        priced = self.priced(plain, shares, protection, amount, before)
        later = replace(protection, entry=None)
        return _simplest(replace(self.topped_up(priced, protection), protection=later))

    def priced(self, plain: Shares, earlier: Shares, protection: Protection, amount: Int, before: Int) -> Shares:
        """The shares where a protection by price acts, and as they are where it does not."""
        if protection.acts["full-ratchet"] is False and protection.acts["weighted-average"] is False:
            return plain
        entry, holder = protection.entry, protection.holder
        by_price = some([protection.acts["full-ratchet"], protection.acts["weighted-average"]])
        if entry is None:
            if by_price is True:
                raise _NotCovered
            self.claims.append(no(by_price))  # without the price that was paid, no stake could be told
            return plain
        is_below = at_most(before + 1, entry)
        own = earlier.held[holder]
        ratcheted = _with_own(plain, holder, own * entry)
        scaled = _scaled(plain, entry + amount)
        averaged = _with_own(scaled, holder, own * (before + amount) * entry)
        either = _chosen(every([protection.acts["weighted-average"], is_below]), averaged, plain)
        return _chosen(every([protection.acts["full-ratchet"], is_below]), ratcheted, either)

    def topped_up(self, shares: Shares, protection: Protection) -> Shares:
        """The shares where the holder would have less than its floor and is brought back to it."""
        acts = protection.acts["floor-top-up"]
        if acts is False:
            return shares
        floor, holder = protection.floor, protection.holder
        if floor is None:
            raise _NotCovered
        own = shares.held[holder]
        others = shares.all - own
        is_short = no(at_most(floor * shares.all, own * WHOLE))
        topped = {name: count * (WHOLE - floor) for name, count in shares.held.items()}
        topped[holder] = others * floor
        return _chosen(every([acts, is_short]), Shares(topped, others * WHOLE, protection), shares)


def _with_own(shares: Shares, holder: str, own: Int) -> Shares:
    """The shares with another count for one holder."""
    return Shares({**shares.held, holder: own}, shares.all - shares.held[holder] + own, shares.protection)


def _scaled(shares: Shares, factor: Int) -> Shares:
    held = {holder: own * factor for holder, own in shares.held.items()}
    return Shares(held, shares.all * factor, shares.protection)


def _chosen(condition: Bool, one: Shares, other: Shares) -> Shares:
    held = {holder: chosen(condition, one.held[holder], other.held[holder]) for holder in one.held}
    return Shares(held, chosen(condition, one.all, other.all), one.protection)


def _simplest(shares: Shares) -> Shares:
    """The same fractions in small numbers, where all of them are known."""
    numbers = [*shares.held.values(), shares.all]
    if not all(isinstance(number, int) for number in numbers):
        return shares
    common = math.gcd(*numbers)
    held = {holder: own // common for holder, own in shares.held.items()}
    return Shares(held, shares.all // common, shares.protection)
