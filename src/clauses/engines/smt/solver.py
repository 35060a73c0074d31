"""The solver, used so that it gives the same answer every time, on every machine.

Its work is limited by a count of steps and never by a clock; what is not decided within it is said
(`Undecided`). Of an optimum only the cost is taken. A solution is then pinned down, one number after the other in
a fixed order, so that it does not depend on how the solver searches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import z3

from clauses.engines.smt.logic import Bool, Int, every, no

STEPS = 40_000_000
"""How many steps of the solver one question may take."""


class Undecided(Exception):
    """A question was not decided within the steps that it may take."""


@dataclass(frozen=True)
class Switch:
    """A decision that costs something when it is taken."""

    name: str
    taken: Bool
    cost: int


class Solver:
    """Claims that must hold together, and questions about them."""

    def __init__(self, claims: Iterable[Bool] = (), steps: int = STEPS) -> None:
        self._solver = z3.Solver()
        self._solver.set("random_seed", 0)
        self._solver.set("rlimit", steps)
        self.require(*claims)

    def require(self, *claims: Bool) -> None:
        """Add claims."""
        for claim in claims:
            if claim is not True:
                self._solver.add(claim)

    def can(self, *claims: Bool) -> bool:
        """Whether the claims of the solver can hold together with some more. Raises Undecided."""
        if any(claim is False for claim in claims):
            return False
        answer = self._solver.check(*(claim for claim in claims if claim is not True))
        if answer == z3.unknown:
            raise Undecided
        return bool(answer == z3.sat)

    def value(self, number: Int) -> int:
        """A number in the solution last found."""
        if isinstance(number, int):
            return number
        return int(self._solver.model().eval(number, model_completion=True).as_long())

    def holds(self, claim: Bool) -> bool:
        """Whether a claim holds in the solution last found."""
        if isinstance(claim, bool):
            return claim
        return bool(z3.is_true(self._solver.model().eval(claim, model_completion=True)))

    # --- the best

    def least_cost(self, switches: Sequence[Switch], claims: Sequence[Bool] = ()) -> int | None:
        """The least that the decisions can cost together; None where the claims cannot hold at all."""
        if not self.can(*claims):
            return None
        low, high = 0, self.cost(switches)
        while low < high:
            middle = (low + high) // 2
            if self.can(*claims, costs_at_most(switches, middle)):
                high = min(middle, self.cost(switches))
            else:
                low = middle + 1
        return low

    def cost(self, switches: Sequence[Switch]) -> int:
        """What the decisions cost in the solution last found."""
        return sum(switch.cost for switch in switches if self.holds(switch.taken))

    def pinned(self, claims: Sequence[Bool], wishes: Sequence[Bool]) -> list[Bool]:
        """The claims with as many of the wishes as can be met, each in its turn."""
        met = list(claims)
        for wish in wishes:
            if self.can(*met, wish):
                met.append(wish)
        return met

    def least(self, number: Int, low: int, high: int, claims: Sequence[Bool]) -> int:
        """The least that a number can be, between bounds within which there is a solution."""
        while low < high:
            middle = (low + high) // 2
            if self.can(*claims, number <= middle):
                high = min(middle, self.value(number))
            else:
                low = middle + 1
        return low

    def greatest(self, number: Int, low: int, high: int, claims: Sequence[Bool]) -> int:
        """The greatest that a number can be, between bounds within which there is a solution."""
        return -self.least(-number, -high, -low, claims)

    # --- what collides

    def core(self, named: Mapping[str, Bool]) -> list[str]:
        """A smallest collision: named claims that cannot hold together, and can when any one is left out.

        They are tried in their order, the last first; the answer is the same every time. None of them where all
        can hold together.
        """
        kept = list(named)
        if self.can(*named.values()):
            return []
        for name in reversed(list(named)):
            without = [named[other] for other in kept if other != name]
            if not self.can(*without):
                kept.remove(name)
        return kept


def costs_at_most(switches: Sequence[Switch], cost: int) -> Bool:
    """Whether the decisions cost no more than so much."""
    fixed = sum(switch.cost for switch in switches if switch.taken is True)
    weighed = [(switch.taken, switch.cost) for switch in switches if not isinstance(switch.taken, bool)]
    if fixed > cost:
        return False
    return z3.PbLe(weighed, cost - fixed) if weighed else True


def whole_number(name: str, low: int, high: int) -> tuple[Int, Bool]:
    """A number to be found, with the bounds between which it lies. Where they meet it is known."""
    if low == high:
        return low, True
    number = z3.Int(name)
    return number, every([number >= low, number <= high])


def decision(name: str) -> Bool:
    """A truth value to be found."""
    return z3.Bool(name)


def not_all(decisions: Sequence[Bool]) -> Bool:
    """Whether at least one of some decisions is not taken."""
    return no(every(decisions))
