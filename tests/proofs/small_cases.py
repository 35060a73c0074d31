"""Small random packs with an agreement and a term sheet, whose every fix can be found by trying them all."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clauses.errors import Problems
from clauses.language.pack import RulePack
from clauses.language.rule import PackScope, read_rule
from clauses.proofs.edits import Edit, read_again, with_edits
from clauses.proofs.resolve import ADD, CHOOSE, MOVE, STATE, Resolver, Wishes
from clauses.review.review import Reviewer
from clauses.terms.agreement import Agreement, TermSheet, read_agreement, read_term_sheet
from clauses.terms.values import Date, Money
from clauses.yaml_nodes import Mapping_, from_plain

AS_OF = Date.read("2026-01-01")
DAY = Date.read("2030-01-01").lowest
PARTIES = ("ann", "bob", "cat")


def pack_of(rules: Sequence[Mapping[str, Any]]) -> RulePack:
    """A pack of rules that are given as documents."""
    problems = Problems()
    read = []
    for rule in rules:
        node = from_plain(rule)
        assert isinstance(node, Mapping_)
        found = read_rule(node, PackScope({}, {"house": "House"}, {}), problems)
        assert found is not None, problems.found
        read.append(found)
    assert not problems.found, problems.found
    return RulePack("small", "1.0.0", "Small", {}, {}, {}, tuple(read), "", Path("."))


def rule(id: str, severity: str, given: Mapping[str, Any], when: str, unless: Any = None) -> dict[str, Any]:
    """A rule as a document."""
    found = {
        "rule": id,
        "heading": id,
        "severity": severity,
        "authority": [{"document": "house", "note": "made for a test"}],
        "given": given,
        "when": when,
        "says": "it stands in the way",
        "redraft": "change it",
    }
    return found | ({"unless": unless} if unless else {})


@dataclass(frozen=True)
class SmallCase:
    """A pack, an agreement and a term sheet."""

    rules: list[dict[str, Any]]
    agreement: dict[str, Any]
    sheet: dict[str, Any]
    weights: dict[str, int]
    keep: tuple[str, ...]

    def resolver(self, engines: Sequence[str] = ("reference",)) -> tuple[Resolver, TermSheet]:
        """What resolves it."""
        agreement = read_agreement(self.agreement)
        wishes = Wishes(self.keep, self.weights)
        return Resolver(Reviewer([pack_of(self.rules)], engines), agreement, AS_OF, wishes), self.read(agreement)

    def read(self, agreement: Agreement) -> TermSheet:
        """The term sheet."""
        return read_term_sheet(self.sheet, agreement)


def date(units: int) -> str:
    """A day as documents write it."""
    return str(Date(units, units))


def money(cents: int) -> str:
    """An amount as documents write it."""
    return str(Money(cents, cents, "USD"))


class Cases:
    """Makes small cases from a seed."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)

    def pick(self, items: Sequence[Any]) -> Any:
        """One of some items."""
        return self.random.choice(items)

    def day(self) -> int:
        """A day out of a few."""
        return DAY + self.pick((0, 10, 20, 30, 40, 365))

    def cents(self) -> int:
        """An amount out of a few, none of them nothing."""
        return self.pick((100, 500, 1_000, 10_000))

    def severity(self) -> str:
        """How severe a rule is: mostly enough to stand in the way."""
        return self.pick(("conflict", "conflict", "consent", "consent", "consent", "flag"))

    def case(self) -> SmallCase:
        """A case: two or three open terms, two to five rules."""
        sheet: dict[str, Any] = {"term_sheet": "s", "agreement": "a", "dated": "2026-01-01", "proposed_by": "ann"}
        supply: dict[str, Any] = {"kind": "supply", "supplier": "cat", "customer": "ann", "subject": "cloud-compute"}
        first, second = sorted((self.day(), self.day()))
        own = {"starts": date(first), "ends": date(second), "amount": money(self.cents())}
        for term in self.random.sample(sorted(own), self.pick((1, 2))):
            supply[term] = own[term] if self.random.random() < 0.8 else "unknown"
        changes: list[dict[str, Any]] = [{"add": "supply", "clause": supply}]
        if self.random.random() < 0.5:
            changes.append({"amend": "cloud", "set": {"ends": date(self.day())}})
        elif self.random.random() < 0.5:
            changes.append({"add": "leave", "clause": self.termination()})
        sheet["changes"] = changes
        weights = {name: self.pick((2, 3, 5)) for name in ("supply", "bob", "supply.amount", "cloud", "termination")}
        weights = {name: weight for name, weight in weights.items() if self.random.random() < 0.2}
        keep = self.pick(((), (), (), ("supply.starts",), ("supply.amount",), ("cloud",), ("leave",)))
        named = {change.get("add", change.get("amend")) for change in changes}
        keep = tuple(name for name in keep if name.split(".")[0] in named)
        return SmallCase(self.rules(changes), self.agreement(), sheet, weights, keep)

    def termination(self) -> dict[str, Any]:
        """A notice of termination, with a choice in it."""
        return {"kind": "termination", "by": "ann", "exercised": self.pick(("yes", "no", "unknown"))}

    def agreement(self) -> dict[str, Any]:
        """The agreement that all cases change."""
        cloud = {"kind": "exclusivity", "obligor": "ann", "beneficiary": "bob", "ends": date(DAY + 30)}
        parties = {party: {"name": party.title()} for party in PARTIES}
        return {"agreement": "a", "title": "A", "parties": parties, "clauses": {"cloud": cloud}}

    def rules(self, changes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Some rules on what the sheet changes."""
        supply, cloud, leave = "supply: supply", "cloud: exclusivity", "leave: termination"
        less, more = self.pick(("<", "<=")), self.pick((">", ">="))
        possible = [
            (supply, f"supply.amount {more} {money(self.cents())}"),
            (supply, f"supply.amount {less} {money(self.cents())}"),
            (supply, f"supply.starts {less} {date(self.day())}"),
            (supply, f"supply.starts {more} {date(self.day() + 400)}"),
            (supply, f"supply.ends {more} {date(self.day())}"),
            (supply, f"supply.ends {less} supply.starts + {self.pick((5, 30))} days"),
            (supply, f"supply.starts {less} {date(self.day())} and supply.amount {more} {money(self.cents())}"),
            (supply, "not stated(supply.starts)"),
            (supply, "not stated(supply.amount)"),
            (f"{supply}; {cloud}", "supply.starts <= cloud.ends"),
            (f"{supply}; {cloud}", f"supply.starts {less} cloud.ends - 10 days"),
            (cloud, f"cloud.ends {less} {date(self.day())}"),
        ]
        if any(change.get("add") == "leave" for change in changes):
            possible += [(leave, 'leave.exercised == "yes"'), (leave, "not stated(leave.exercised)")]
        found = []
        for number, (given, when) in enumerate(self.random.sample(possible, self.pick((2, 3, 4)))):
            aliases = [part.strip().split(": ") for part in given.split(";")]
            kinds = {
                alias: {"kind": kind, "in": "result" if alias == "cloud" else "proposed"} for alias, kind in aliases
            }
            excuse = None
            if self.random.random() < 0.5:
                by = self.pick(("bob", "cat"))
                test = f'consent.permits == {aliases[0][0]}.id and consent.by == "{by}"'
                excuse = {"consent": {"kind": "consent", "in": "result", "when": test}}
            found.append(rule(f"rule-{number}", self.severity(), kinds, when, excuse))
        return found


# --- every fix, by trying them


@dataclass(frozen=True)
class Option:
    """One thing that may be done: an edit of a term to any of its values, or a consent."""

    name: str
    cost: int
    edits: tuple[Edit, ...]


def options(resolver: Resolver, sheet: TermSheet, case: SmallCase) -> Iterator[Option]:
    """Everything that may be done to a small case, with what it costs by what the rules of cost say."""
    numbers = set(constants(case))
    for change in case.sheet["changes"]:
        id = change.get("add", change.get("amend"))
        terms = change.get("clause") or change["set"]
        kind = terms.get("kind", "exclusivity")
        parties = {"supply": ("ann", "cat"), "cloud": ("ann", "bob"), "leave": ("ann",)}[id]
        named = {"supply": ("amount", "starts", "ends"), "cloud": ("ends",), "leave": ("exercised",)}[id]
        for term in named:
            written = terms.get(term)
            if (written is None and (term in ("starts", "ends") or id == "cloud")) or {id, f"{id}.{term}"} & {
                *case.keep
            }:
                continue
            silent = written in (None, "unknown")
            base = CHOOSE if term == "exercised" else STATE if silent else MOVE
            weight = max(
                (case.weights[n] for n in (f"{id}.{term}", id, kind, *parties) if n in case.weights), default=1
            )
            cost = base * weight
            values = ("yes", "no") if term == "exercised" else tuple(values_of(term, numbers))
            action = "state" if silent else "move"
            edits = tuple(Edit(action, id, term, None, value, cost=cost) for value in values if value != written)
            yield Option(f"{id}.{term}", cost, edits)
        for by in ("bob", "cat"):
            weight = max((case.weights[n] for n in ("consent", by) if n in case.weights), default=1)
            edit = Edit("add", f"consent-of-{by}-to-{id}", None, None, by, cost=ADD * weight)
            yield Option(edit.clause, edit.cost, (edit,))


def constants(case: SmallCase) -> Iterator[int]:
    """The numbers that rules and documents speak of, in units, and what is a little less or more."""
    text = repr([[rule["when"] for rule in case.rules], case.sheet["changes"], case.agreement])
    spans = {0, *(int(days) for days in re.findall(r"(\d+) days", text))}
    for day in {Date.read(day).lowest for day in re.findall(r"\d{4}-\d\d-\d\d", text)}:
        for days in {sign * span for span in spans for sign in (-1, 1)}:
            yield from (day + days - 1, day + days, day + days + 1)
    for cents in {Money.read(amount).lowest for amount in re.findall(r"USD [\d.]+", text)}:
        yield from (cents - 1, cents, cents + 1)


def values_of(term: str, numbers: set[int]) -> Iterator[str]:
    """The values that are tried for a term."""
    for units in sorted(numbers):
        if (term == "amount") == (units < 100_000):
            yield money(units) if term == "amount" else date(units)


def cheaper(resolver: Resolver, sheet: TermSheet, case: SmallCase, below: int) -> tuple[Edit, ...] | None:
    """Edits that cost less than so much and clear the term sheet, if there are any."""
    found = [option for option in options(resolver, sheet, case) if option.cost < below]
    for size in range(1, len(found) + 1):
        for some in itertools.combinations(found, size):
            if sum(option.cost for option in some) >= below:
                continue
            found_one = first_that_clears(resolver, sheet, case, some)
            if found_one is not None:
                return found_one
    return None


def first_that_clears(
    resolver: Resolver, sheet: TermSheet, case: SmallCase, some: Sequence[Option]
) -> tuple[Edit, ...] | None:
    """Edits, one of each option, that clear the term sheet, if there are any."""
    for edits in itertools.product(*(option.edits for option in some)):
        if in_order(edits, case) and clears(resolver, sheet, edits):
            return edits
    return None


def any_without_dropping(resolver: Resolver, sheet: TermSheet, case: SmallCase) -> tuple[Edit, ...] | None:
    """Edits that clear the term sheet at whatever cost; all consents are given, as none of them breaches a rule."""
    found = list(options(resolver, sheet, case))
    consents = [option for option in found if option.name.startswith("consent-of-")]
    terms = [option for option in found if option not in consents]
    for size in range(len(terms) + 1):
        for some in itertools.combinations(terms, size):
            clearing = first_that_clears(resolver, sheet, case, [*consents, *some])
            if clearing is not None:
                return clearing
    return None


def in_order(edits: Sequence[Edit], case: SmallCase) -> bool:
    """Whether the supply does not end before it starts: `resolve` proposes no such nonsense."""
    terms = dict(case.sheet["changes"][0]["clause"])
    moved = {edit.term for edit in edits if edit.clause == "supply"} & {"starts", "ends"}
    terms |= {str(edit.term): edit.after for edit in edits if edit.clause == "supply" and edit.term}
    starts, ends = terms.get("starts", "unknown"), terms.get("ends", "unknown")
    return not moved or "unknown" in (starts, ends) or str(starts) <= str(ends)


def clears(resolver: Resolver, sheet: TermSheet, edits: Sequence[Edit]) -> bool:
    """Whether the engines find nothing in the way after some edits."""
    consents = {
        edit.clause: {"kind": "consent", "by": edit.after, "permits": edit.clause.rpartition("-to-")[2]}
        for edit in edits
        if edit.action == "add"
    }
    again = read_again(with_edits(sheet, edits, consents), resolver.agreement)
    return resolver.is_clear(resolver.reviewer.examine(resolver.agreement, again, resolver.as_of).review)
