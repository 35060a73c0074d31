"""What the rules say of open terms, at any values, is what the engines say of a term sheet with those values."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
import z3

from clauses.engines.smt.logic import Bool, no
from clauses.proofs.open_deal import OpenDeal, Said, said_of
from clauses.proofs.room import open_terms

from .sheets import (
    SEED,
    SHIPPED,
    edited,
    is_followed,
    many,
    others,
    reviewer,
    rules_on_the_cap_table,
    shipped,
    values_in,
)

CASES = many(6)
"""How many random edits of each term sheet."""


class Pinned:
    """An open deal with every term pinned at a value."""

    def __init__(self, open: OpenDeal, said: Said) -> None:
        self.open, self.said = open, said
        self.solver = z3.Solver()
        self.solver.add(*(claim for claim in [*open.claims, *said.claims] if not isinstance(claim, bool)))
        self.possible = all(claim is not False for claim in [*open.claims, *said.claims])

    def statuses(self, moved: dict[str, int]) -> dict[str, str] | None:
        """The status of each rule; None where the claims do not hold at these values."""
        pins: list[Bool] = []
        for name, variable in self.open.variables.items():
            pins.append(variable.moves if name in moved else no(variable.moves))
            if name in moved:
                pins.append(variable.value == moved[name])
        pinned = [pin for pin in pins if pin is not True]
        if not self.possible or self.solver.check(*pinned) != z3.sat:
            return None
        model = self.solver.model()

        def holds(claim: Bool) -> bool:
            return claim if isinstance(claim, bool) else z3.is_true(model.eval(claim, model_completion=True))

        found = {}
        for id, _, grounded in self.said.rules():
            possible, breached = holds(grounded.possible(id)), holds(grounded.breached(id))
            assert possible or not breached, id
            found[id] = "breached" if breached else "undetermined" if possible else "-"
        return found


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_rule_says_of_edited_values_what_the_engines_say(path: Path) -> None:
    one, chance = shipped(path), random.Random(f"{SEED}/symbolic/{path.stem}")
    deal = one.examined().deal
    terms = open_terms(deal)
    on_the_cap_table = rules_on_the_cap_table(reviewer())
    known = values_in(deal, reviewer())
    seen: Counter[str] = Counter()
    for number in range(CASES):
        some = chance.sample(terms, chance.randint(min(1, len(terms)), len(terms))) if number else []
        moved = {term.name: others(term, known, chance) for term in some}
        if number % 3 == 2 and some:  # only one of them is open, as for margins
            some = some[:1]
            moved = {some[0].name: moved[some[0].name]}
        now = one.examined([edited(term, moved[term.name]) for term in some])
        open = OpenDeal(deal, some if number % 3 == 2 else terms)
        found = Pinned(open, said_of(open, reviewer().packs)).statuses(moved)
        followed = found is not None and is_followed(open, now.deal)
        seen["in full" if followed else "but for the cap table" if found else "past the claims"] += 1
        for rule in now.review.rules if found else ():
            if followed or rule.rule not in on_the_cap_table:
                said = rule.status if rule.status in ("breached", "undetermined") else "-"
                assert found is not None and found[rule.rule] == said, (rule.rule, said, found[rule.rule], moved)
    assert seen["in full"], seen
