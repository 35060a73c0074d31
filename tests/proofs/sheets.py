"""The shipped term sheets, and other values for their terms, for the tests of resolve and margins."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from clauses import use_cases
from clauses.proofs.edits import Edit, edit_of, read_again, with_edits
from clauses.proofs.open_deal import OpenDeal
from clauses.proofs.room import OpenTerm
from clauses.review.review import Examined, Reviewer
from clauses.terms.agreement import Agreement, TermSheet
from clauses.terms.facts import Deal
from clauses.terms.values import Date, Value

EXAMPLES = Path(__file__).parents[2] / "examples"
SHIPPED = sorted(EXAMPLES.glob("*/term-sheets/*.yaml"))
CASES = int(os.environ.get("CLAUSES_FUZZ_CASES", "0"))
SEED = os.environ.get("CLAUSES_FUZZ_SEED", "clauses")
ON_THE_CAP_TABLE = {"holding", "cap_table_problem"}
"""Kinds of fact that the cap table makes."""


def many(usual: int) -> int:
    """How many cases: a usual number, or what `CLAUSES_FUZZ_CASES` says."""
    return CASES or usual


@dataclass(frozen=True)
class Shipped:
    """A shipped term sheet with what reviews it."""

    reviewer: Reviewer
    agreement: Agreement
    sheet: TermSheet
    as_of: Date

    def examined(self, edits: Sequence[Edit] = ()) -> Examined:
        """The review by both engines, with some edits."""
        again = read_again(with_edits(self.sheet, edits), self.agreement)
        return self.reviewer.examine(self.agreement, again, self.as_of)


@cache
def reviewer() -> Reviewer:
    """The built-in rules with both engines."""
    return Reviewer(use_cases.packs(use_cases.Choice()))


@cache
def shipped(path: Path) -> Shipped:
    """A shipped term sheet."""
    agreement, sheet = use_cases.read_deal(path, None)
    return Shipped(reviewer(), agreement, sheet, use_cases.single_day(sheet))


# --- other values


def others(term: OpenTerm, known: Sequence[Value], chance: random.Random) -> int:
    """Another value of a term: near one that somebody wrote, at an end, or anywhere. A choice by its number."""
    if term.is_choice:
        return chance.randrange(len(term.choices))
    same = [value for value in known if value.type_name == term.type.name]
    near = [end + step for value in same for end in (value.lowest, value.highest) for step in (-1, 0, 1)]
    ends = [term.lowest, term.highest]
    anywhere = [chance.randint(term.lowest, term.highest), round(term.highest ** chance.random())]
    units = chance.choice([*near, *near, *near, *ends, *anywhere])
    return min(max(units, term.lowest), term.highest)


def values_in(deal: Deal, reviewer: Reviewer) -> list[Value]:
    """The quantities that the documents of a deal state, and those of the parameters of the rules."""
    of_facts = [value for fact in deal.facts for value in fact.values.values() if isinstance(value, Value)]
    parameters = [v for pack in reviewer.packs for v in pack.parameters_at(deal.as_of).values() if isinstance(v, Value)]
    return [*of_facts, *parameters]


def edited(term: OpenTerm, units: int) -> Edit:
    """The edit that takes a term to a value, or a choice to another."""
    return edit_of(term, term.choices[units] if term.is_choice else term.value(units), 0)


# --- where the solver does not follow the cap table


def is_followed(open: OpenDeal, now: Deal) -> bool:
    """Whether the stakes of the deal as it is now are those that the open deal speaks of.

    They are not where events change places, and where a term is open from which the cap table is worked out and the
    arithmetic does not cover the company.
    """
    before = open.deal.cap_table
    events = [
        [(i, str(s.event)) for i, steps in table.issuers.items() for s in steps] for table in (before, now.cap_table)
    ]
    if events[0] != events[1]:
        return False
    problems = [{(p.clause, p.term, p.sort) for p in table.problems} for table in (before, now.cap_table)]
    if problems[0] != problems[1]:
        return False
    same = [i for i in before.issuers if before.issuers[i] == now.cap_table.issuers[i]]
    return all(issuer in open.stakes or issuer in same for issuer in before.issuers)


def rules_on_the_cap_table(reviewer: Reviewer) -> set[str]:
    """The rules that read what the cap table makes, directly or through what other rules derive."""
    found: set[str] = set()
    for pack in reviewer.packs:
        kinds = set(ON_THE_CAP_TABLE)
        for stratum in pack.strata:
            reading = [rule for rule in stratum if rule.kinds & kinds]
            found |= {rule.id for rule in reading}
            kinds |= {rule.derives.kind for rule in reading if rule.derives}
    return found
