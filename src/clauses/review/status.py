"""From the matches of a rule to its status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from clauses.engines.engine import Matches, Outcome, Truth
from clauses.language.rule import Pattern, Rule
from clauses.terms.facts import Fact

Status = Literal["breached", "undetermined", "satisfied", "not_applicable"]
STATUSES: tuple[Status, ...] = ("breached", "undetermined", "satisfied", "not_applicable")


def status(rule: Rule, outcome: Outcome) -> Status:
    """What a rule says of a deal."""
    return status_of(rule, outcome.matches[rule.id], by_kind_and_layer(outcome.facts))


def status_of(rule: Rule, matches: Matches, facts: Mapping[tuple[str, str | None], Sequence[int]]) -> Status:
    """`breached` where some clauses certainly fulfil the rule, `undetermined` where some may, `satisfied` where
    there are clauses for every pattern and none of that holds, else `not_applicable`."""
    if any(truth is Truth.TRUE for truth in matches.values()):
        return "breached"
    if matches:
        return "undetermined"
    return "satisfied" if is_applicable(rule.given, facts) else "not_applicable"


def by_kind_and_layer(facts: Sequence[Fact]) -> dict[tuple[str, str | None], list[int]]:
    """The numbers of the facts of each kind in each layer; layer None holds all of the kind."""
    found: dict[tuple[str, str | None], list[int]] = {}
    for number, fact in enumerate(facts):
        for layer in (None, *fact.layers):
            found.setdefault((fact.kind, layer), []).append(number)
    return found


def is_applicable(given: Sequence[Pattern], facts: Mapping[tuple[str, str | None], Sequence[int]]) -> bool:
    """Whether there are different facts for all patterns: a matching, found by augmenting paths."""
    taken: dict[int, int] = {}

    def place(pattern: int, tried: set[int]) -> bool:
        for number in facts.get((given[pattern].kind, given[pattern].layer), ()):
            if number in tried:
                continue
            tried.add(number)
            if number not in taken or place(taken[number], tried):
                taken[number] = pattern
                return True
        return False

    return all(place(pattern, set()) for pattern in range(len(given)))
