"""The cap table over open terms equals the cap table: with every open term at a value, stake by stake, as fractions.

`CLAUSES_FUZZ_CASES` sets the number of cases, `CLAUSES_FUZZ_SEED` the seed.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import pytest
import z3

from clauses.engines.smt.logic import Bool, Int, every
from clauses.proofs.dilution import MAXIMUM_EVENTS, PROTECTIONS, Shares, stakes_after
from clauses.terms.cap_table import OTHERS, Step, cap_table
from clauses.terms.kinds import KINDS, Clause
from clauses.terms.values import VALUE_TYPES, Money, Value

CASES = int(os.environ.get("CLAUSES_FUZZ_CASES", "1200"))
SEED = os.environ.get("CLAUSES_FUZZ_SEED", "clauses")
ISSUER = "acme"

Company = dict[str, dict[str, Any]]
"""Clauses by id, each with its kind and its terms as documents write them."""


def read(company: Company) -> dict[str, Clause]:
    """The clauses of a company."""
    return {id: KINDS[terms["kind"]].model_validate({"issuer": ISSUER, **terms}) for id, terms in company.items()}


# --- random companies


class Companies:
    """Companies that the arithmetic covers, for the most part, and other values for their terms."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)

    def pick(self, items: Any) -> Any:
        """One of some items."""
        return self.random.choice(list(items))

    def chance(self, probability: float) -> bool:
        """True with a probability."""
        return self.random.random() < probability

    def stake(self) -> str:
        """A stake: round, rough or next to nothing."""
        return self.pick(("10%", "20%", "25%", "33%", "7.3331%", "0.0001%", "0%", f"{self.random.randint(1, 40)}%"))

    def money(self) -> str:
        """An amount; prices above and below one another are common."""
        return self.pick(
            ("USD 1", "USD 60m", "USD 100m", "USD 300m", "USD 400m", f"USD {self.random.randint(1, 900)}m")
        )

    def protected(self) -> dict[str, Any]:
        """The terms of a holder who is protected, in one way or another."""
        terms: dict[str, Any] = {"anti_dilution": self.pick(PROTECTIONS)}
        if self.chance(0.9):
            terms["floor"] = self.stake()
        if self.chance(0.9):
            terms["entry_valuation"] = self.money()
        return terms

    def company(self) -> Company:
        """A company with holders, perhaps a conversion, and rounds of new money."""
        found: Company = {}
        protected = self.pick(("ann", "ann", "cat", None))
        holders = self.random.sample(("ann", "bob", "cat"), self.pick((1, 2, 2, 3)))
        for holder in holders:
            found[f"{holder}-holds"] = {"kind": "holding", "holder": holder, "stake": self.stake()} | {
                "anti_dilution": "none"
            }
        events = self.pick((1, 1, 2, 2, 3, 4))
        days = sorted(self.random.sample(range(1, 28), events))
        conversion = self.pick((None, *range(events)))
        for number, day in enumerate(days):
            if number == conversion:
                found |= self.conversion(day, protected, holders)
            else:
                found[f"round-{number}"] = self.round(day)
        if protected in holders and not any(terms.get("trigger") for terms in found.values()):
            found[f"{protected}-holds"] |= self.protected()
        return found

    def conversion(self, day: int, protected: str | None, holders: list[str]) -> Company:
        """A conversion with what it gives to whom: mostly to everybody who might hold something."""
        found: Company = {"conversion": {"kind": "conversion", "closing": f"2026-02-{day:02}"}}
        everybody = ["ann", "bob", "cat", "dan", "eve"]
        some = self.random.sample(everybody, self.pick((0, 1, 2, 3)))
        for holder in self.pick((everybody, holders, holders, some)):
            terms = self.protected() if holder == protected else {"anti_dilution": "none"}
            received = {"kind": "equity_on_conversion", "holder": holder, "stake": self.stake()}
            found[f"{holder}-receives"] = {**received, "trigger": "conversion", **terms}
        return found

    def round(self, day: int) -> dict[str, Any]:
        """New money: of the public, or of an investor."""
        money = {"amount": self.money(), "pre_money": self.money(), "closing": f"2026-02-{day:02}"}
        if self.chance(0.4):
            return {"kind": "public_offering", **money}
        return {"kind": "capital_raise", "investors": (self.pick(("ann", "bob", "dan", "eve", "eve")),), **money}

    def opened(self, company: Company) -> list[tuple[str, str]]:
        """Some of the terms on which stakes depend."""
        terms = ("stake", "floor", "entry_valuation", "amount", "pre_money", "anti_dilution")
        known = [(id, term) for id, clause in company.items() for term in terms if term in clause]
        protecting = {id for id, clause in company.items() if clause.get("anti_dilution", "none") != "none"}
        movable = [(id, term) for id, term in known if term != "anti_dilution" or id in protecting]
        return [one for one in movable if self.chance(0.6)]

    def other(self, term: str) -> str:
        """Another value of a term."""
        if term == "anti_dilution":
            return self.pick(PROTECTIONS)
        return self.stake() if term in ("stake", "floor") else self.money()


@dataclass
class Open:
    """Reads the open terms as unknowns, which get their values only afterwards."""

    open: frozenset[tuple[str, str]]
    unknowns: dict[tuple[str, str], Any] = field(default_factory=dict)

    def unknown(self, clause: str, term: str) -> Any:
        """What stands for an open term."""
        return self.unknowns.setdefault((clause, term), z3.Int(f"{clause}.{term}"))

    def units(self, clause: str, term: str, given: Value) -> Int:
        """A quantity in its units."""
        return self.unknown(clause, term) if (clause, term) in self.open else given.lowest

    def is_choice(self, clause: str, term: str, given: str | None, choice: str) -> Bool:
        """Whether a choice is a certain one."""
        if (clause, term) in self.open:
            return self.unknown(clause, term) == PROTECTIONS.index(choice)
        return (given or "none") == choice

    def at(self, expression: Any, company: Company) -> Any:
        """What an expression is with the terms of a company."""
        if isinstance(expression, bool | int):
            return expression
        values = [(unknown, z3.IntVal(_units(company, *name))) for name, unknown in self.unknowns.items()]
        found = z3.simplify(z3.substitute(expression, *values))
        return z3.is_true(found) if z3.is_bool(found) else found.as_long()


def _units(company: Company, clause: str, term: str) -> int:
    text = company[clause][term]
    if term == "anti_dilution":
        return PROTECTIONS.index(text)
    type = Money if term in ("amount", "pre_money", "entry_valuation") else VALUE_TYPES["percentage"]
    return type.read(text).lowest


def fractions(shares: Shares, reader: Open, company: Company) -> dict[str, Fraction]:
    """The stakes that are there with the terms of a company."""
    whole = reader.at(shares.all, company)
    assert whole > 0, "shares are a fraction of something"
    found = {holder: Fraction(reader.at(own, company), whole) for holder, own in shares.held.items()}
    return {holder: stake for holder, stake in found.items() if stake or holder != OTHERS}


def lines(step: Step) -> dict[str, Fraction] | None:
    """The stakes of a step of the cap table, where all are exact."""
    found = {holder: line[0] for holder, line in step.lines.items() if line is not None and line[0] == line[1]}
    return found if len(found) == len(step.lines) else None


# --- held to the cap table


def test_open_terms_at_values_give_the_stakes_of_the_cap_table() -> None:
    seen: Counter[str] = Counter()
    for number in range(CASES):
        seen[compared(Companies(f"{SEED}/dilution/{number}"))] += 1
    assert seen["equal"] > 0.55 * CASES, seen
    assert seen["past the claims"] < 0.1 * CASES, seen
    assert seen["not covered"] < 0.4 * CASES, seen


def compared(companies: Companies) -> str:
    """Compare a random company, its open terms at three sets of values, with the cap table; says what was found."""
    company = companies.company()
    clauses = read(company)
    reader = Open(frozenset(companies.opened(company)))
    found = stakes_after(ISSUER, clauses, cap_table(clauses), reader)
    if found is None:
        assert why_not(company, reader.open), company
        return "not covered"
    said = "past the claims"
    for _ in range(3):
        moved = {id: dict(terms) for id, terms in company.items()}
        for id, term in sorted(reader.open):
            moved[id][term] = companies.other(term)
        after, claims = found
        table = cap_table(read(moved))
        if reader.at(every(claims), moved) is not True:
            assert table.problems or is_priced_twice(moved) or protects_nothing(moved), (company, moved)
            continue
        for step in table.issuers[ISSUER][1:]:
            assert fractions(after[str(step.event)], reader, moved) == lines(step), (step.event, company, moved)
        said = "equal"
    return said


def is_priced_twice(company: Company) -> bool:
    """Whether somebody protected by price meets a second round: the arithmetic says that it does not go there."""
    by_price = any(c.get("anti_dilution") in ("full-ratchet", "weighted-average") for c in company.values())
    return by_price and len(rounds_of(company)) > 1


def protects_nothing(company: Company) -> bool:
    """Whether a protection stands beside a stake of nothing, where a missing price does not matter."""
    return any(terms["stake"] == "0%" and "entry_valuation" not in terms for terms in protected_of(company))


def rounds_of(company: Company) -> list[dict[str, Any]]:
    """The raises and listings of a company."""
    return [terms for terms in company.values() if "pre_money" in terms]


def protected_of(company: Company) -> list[dict[str, Any]]:
    """The clauses that protect somebody, or would if another choice were made."""
    return [terms for terms in company.values() if terms.get("anti_dilution", "none") != "none"]


def why_not(company: Company, opened: frozenset[tuple[str, str]]) -> list[str]:
    """The reasons for which the arithmetic may leave a company alone, as its description gives them."""
    found = [problem.sentence for problem in cap_table(read(company)).problems]
    protected = {terms["holder"] for terms in protected_of(company)}
    buyers = {holder for terms in rounds_of(company) for holder in terms.get("investors", ())}
    moved = {company[id]["kind"] for id, _ in opened}
    has_conversion = "conversion" in company
    reasons = {
        "the protected holder buys": bool(protected & buyers),
        "a second round under a protection by price": is_priced_twice(company),
        "a top-up without a floor": any("floor" not in terms for terms in protected_of(company)),
        "a protection that a conversion would end": has_conversion and bool(protected),
        "a conversion through which open stakes go on": has_conversion and bool(moved - {"equity_on_conversion"}),
    }
    return [*found, *(reason for reason, holds in reasons.items() if holds)]


# --- what it does not cover, and says so


LISTING = {"kind": "public_offering", "amount": "USD 60m", "pre_money": "USD 300m", "closing": "2026-02-10"}
ANN = {"kind": "holding", "holder": "ann", "stake": "33%"}
BOB = {"kind": "holding", "holder": "bob", "stake": "20%"}
TOP_UP = {"anti_dilution": "floor-top-up", "floor": "30%"}
RATCHET = {"anti_dilution": "full-ratchet", "entry_valuation": "USD 400m"}
RAISE = {**LISTING, "kind": "capital_raise", "closing": "2026-02-20"}


@pytest.mark.parametrize(
    "company",
    [
        {"a": {**ANN, **TOP_UP}, "b": {**BOB, **RATCHET}, "list": LISTING},
        {"a": {**ANN, "stake": "30%..33%", "anti_dilution": "none"}, "list": LISTING},
        {"a": {**ANN, "anti_dilution": "none"}, "list": {**RAISE, "investors": ("eve", "dan")}},
        {"a": {**ANN, **RATCHET}, "list": LISTING, "more": {**RAISE, "investors": ("eve",)}},
        {"a": {**ANN, **TOP_UP}, "more": {**RAISE, "investors": ("ann",)}},
        {"a": {**ANN, "anti_dilution": "none"}, "list": {**LISTING, "pre_money": "EUR 300m"}},
    ],
    ids=["two-protected", "a-range", "two-buyers", "second-round-by-price", "protected-buyer", "two-currencies"],
)
def test_what_is_not_covered_gives_none(company: Company) -> None:
    clauses = read(company)
    assert stakes_after(ISSUER, clauses, cap_table(clauses), Open(frozenset())) is None


def test_as_many_events_as_are_promised_are_followed_and_no_more() -> None:
    for events, is_followed in ((MAXIMUM_EVENTS, True), (MAXIMUM_EVENTS + 1, False)):
        company: Company = {"a": {**ANN, **TOP_UP}}
        for day in range(1, events + 1):
            company[f"round-{day}"] = {**RAISE, "investors": ("eve",), "closing": f"2026-02-{day:02}"}
        clauses = read(company)
        reader = Open(frozenset({("a", "floor"), ("round-1", "amount"), (f"round-{events}", "pre_money")}))
        table = cap_table(clauses)
        found = stakes_after(ISSUER, clauses, table, reader)
        assert (found is not None) is is_followed
        if found is not None:
            last = table.issuers[ISSUER][-1]
            assert fractions(found[0][str(last.event)], reader, company) == lines(last)
