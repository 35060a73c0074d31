"""Margins against the engines: the verdict is the same up to the edge and another just beyond it."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from clauses.proofs.margins import Edge, Mover, deciding_facts, margins
from clauses.proofs.margins import _open_facts as open_facts
from clauses.proofs.room import OpenTerm, open_terms
from clauses.review.review import Reviewer
from clauses.terms.agreement import read_agreement, read_term_sheet
from clauses.terms.values import VALUE_TYPES, Date, Value

from .sheets import SEED, SHIPPED, Shipped, many, others, shipped, values_in
from .small_cases import AS_OF, pack_of, rule

TERMS = many(1)
"""How many terms of each sheet are tried, and at how many values each way."""
VALUES = 3


def units(term: OpenTerm, text: str, upward: bool) -> int:
    """The value that an edge names, in units."""
    value = VALUE_TYPES[term.type.name].read(text)
    return value.highest if upward else value.lowest


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_verdict_is_the_same_up_to_the_edge_and_another_beyond(path: Path) -> None:
    one, chance = shipped(path), random.Random(f"{SEED}/margins/{path.stem}")
    mover = Mover(one.reviewer, one.agreement, one.sheet, one.as_of)
    known = values_in(mover.deal, one.reviewer)
    terms = [term for term in open_terms(mover.deal) if isinstance(term.given, Value)]
    for term in chance.sample(terms, min(TERMS, len(terms))):
        assert isinstance(term.given, Value)
        margin = mover.margin(term, term.given)
        assert (margin.term, margin.value) == (term.name, str(term.given))
        for upward, edge in ((False, margin.down), (True, margin.up)):
            start = term.given.highest if upward else term.given.lowest
            last = units(term, edge.last, upward)
            check_beyond(mover, term, edge, last, upward)
            for value in [last, *between(term, start, last, known, chance)]:
                now = mover.at(term, value).review.verdict
                assert now == mover.verdict, (term.name, str(term.value(value)), now, edge)


def check_beyond(mover: Mover, term: OpenTerm, edge: Edge, last: int, upward: bool) -> None:
    """Just beyond the edge lies what it says; or the term can go no further."""
    if edge.next is None:
        assert edge.verdict is None and not edge.rules
        assert last == (term.highest if upward else term.lowest) or edge.how == "searched"
        return
    beyond = units(term, edge.next, upward)
    assert beyond == last + (1 if upward else -1), edge
    there = mover.at(term, beyond).review
    assert there.verdict == edge.verdict != mover.verdict
    now = {rule.rule: rule.status for rule in mover.examined.review.rules}
    assert all(now[rule.rule] != rule.status for rule in there.rules if rule.rule in edge.rules)
    assert edge.rules, "some rule says something else"


def between(term: OpenTerm, start: int, last: int, known: list[Value], chance: random.Random) -> Iterator[int]:
    """Some values between the present one and the edge; what documents and rules name first."""
    low, high = min(start, last), max(start, last)
    for _ in range(VALUES):
        value = others(term, known, chance)
        yield value if low <= value <= high else chance.randint(low, high)


# --- the order of events


def two_rounds(other: str) -> tuple[Mover, OpenTerm]:
    """A holder of a third, a round that stands, and a listing of which the day may move; the floor is never met."""
    parties = {party: {"name": party} for party in ("ann", "bob", "acme")}
    held = {"kind": "holding", "holder": "ann", "issuer": "acme", "stake": "33%", "anti_dilution": "none"}
    money = {"issuer": "acme", "amount": "USD 60m", "pre_money": "USD 300m"}
    first = {"kind": "capital_raise", "investors": ["bob"], "closing": other, **money}
    base = read_agreement({
        "agreement": "a", "title": "A", "parties": parties, "clauses": {"held": held, "first": first}
    })  # fmt: skip
    listing = {"kind": "public_offering", "closing": "2027-06-01", **money}
    sheet = read_term_sheet(
        {"term_sheet": "s", "agreement": "a", "dated": "2026-01-01", "changes": [{"add": "list", "clause": listing}]},
        base,
    )
    given = {"left": {"kind": "holding", "in": "result"}}
    floor = rule("floor", "conflict", given, 'left.holder == "ann" and left.event == "list" and left.stake < 10%')
    mover = Mover(Reviewer([pack_of([floor])]), base, sheet, AS_OF)
    return mover, next(term for term in open_terms(mover.deal) if term.term == "closing")


def test_on_the_day_of_another_event_nobody_can_tell_the_order() -> None:
    """The stake is far above the floor on every other day, so the solver alone would pass over this one."""
    mover, closing = two_rounds("2027-01-01")
    assert mover.verdict == "clear" and isinstance(closing.given, Value)
    margin = mover.margin(closing, closing.given)
    assert (margin.down.last, margin.down.next, margin.down.verdict) == ("2027-01-02", "2027-01-01", "undetermined")
    assert margin.up.next is None
    beyond = Date.read("2027-01-01").lowest - 1
    assert mover.at(closing, beyond).review.verdict == "clear"


# --- what would decide it


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_deciding_facts_decide_and_fewer_do_not(path: Path) -> None:
    one, chance = shipped(path), random.Random(f"{SEED}/deciding/{path.stem}")
    examined = one.examined()
    if examined.review.verdict != "undetermined":
        return
    known = values_in(examined.deal, one.reviewer)
    for deciding in deciding_facts(examined, one.reviewer):
        terms = {term.name: term for term in open_facts(examined)}
        some = [terms[name] for name in deciding.facts]
        for _ in range(many(6)):
            assert answered(one, some, known, chance) != "undetermined", deciding.facts
        for size in range(len(some)):
            for fewer in itertools.combinations(some, size):
                verdicts = {answered(one, fewer, known, chance) for _ in range(many(20))}
                assert "undetermined" in verdicts, fewer


def answered(one: Shipped, terms: Sequence[OpenTerm], known: list[Value], chance: random.Random) -> str:
    """The verdict when some open facts have answers, within what is known of them."""
    agreement = one.agreement.root.plain()
    sheet = one.sheet.root.plain()
    for term in terms:
        units = others(term, known, chance)
        if isinstance(term.given, Value):
            units = chance.choice((term.given.lowest, term.given.highest, chance.randint(*ends(term.given))))
        answer = term.choices[units] if term.is_choice else str(term.value(units))
        places = [
            agreement["clauses"].get(term.clause),
            *(c.get("set") for c in sheet["changes"] if c.get("amend") == term.clause),
        ]
        places += [change.get("clause") for change in sheet["changes"] if change.get("add") == term.clause]
        for place in places:
            if place is not None and (term.term in place or place is places[0]):
                place[term.term] = answer
    base = read_agreement(agreement)
    return one.reviewer.examine(base, read_term_sheet(sheet, base), one.as_of).review.verdict


def ends(value: Value) -> tuple[int, int]:
    """Between what a value lies."""
    return value.lowest, value.highest


def test_margins_hold_the_verdict_and_what_would_decide_it() -> None:
    one = shipped(next(path for path in SHIPPED if path.stem == "conversion-mid-april"))
    found = margins(one.reviewer, one.agreement, one.sheet, one.as_of)
    assert found.verdict == "undetermined" and found.deciding and not found.undecided
    assert {margin.term for margin in found.margins} == {"openai-conversion.closing", "term_sheet.effective"}
