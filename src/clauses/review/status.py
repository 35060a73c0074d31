"""From the matches of a rule to its status."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from clauses.engines.engine import Matches, Outcome, Truth
from clauses.language.rule import Pattern, Rule
from clauses.terms.facts import Standings, by_kind_and_layer

Status = Literal["breached", "undetermined", "satisfied", "not_applicable"]
STATUSES: tuple[Status, ...] = ("breached", "undetermined", "satisfied", "not_applicable")


def status(rule: Rule, outcome: Outcome) -> Status:
    """What a rule says of a deal."""
    return status_of(rule, outcome.matches[rule.id], by_kind_and_layer(outcome.facts))


def status_of(rule: Rule, matches: Matches, facts: Standings) -> Status:
    """`breached` where some clauses certainly fulfil the rule, `undetermined` where some may, `satisfied` where
    there are clauses for every pattern and none of that holds, else `not_applicable`."""
    if any(truth is Truth.TRUE for truth in matches.values()):
        return "breached"
    if matches:
        return "undetermined"
    return "satisfied" if is_applicable(rule.given, facts) else "not_applicable"


def is_applicable(given: Sequence[Pattern], facts: Standings) -> bool:
    """Whether there are different facts for all patterns: a matching, found by augmenting paths."""
    taken: dict[int, int] = {}

    def place(pattern: int, tried: set[int]) -> bool:
        for number, _ in facts.get((given[pattern].kind, given[pattern].layer), ()):
            if number in tried:
                continue
            tried.add(number)
            if number not in taken or place(taken[number], tried):
                taken[number] = pattern
                return True
        return False

    return all(place(pattern, set()) for pattern in range(len(given)))
