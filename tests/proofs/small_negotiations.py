"""Random small negotiations, and what brute force says of them.

A case is a draft, a rule pack and two positions, written as files and read by the real readers; and beside them the
same claims as plain Python over small numbers. Every term has `SIZE` values, or its choices. What bounds them is in
the claims (musts and rules), and the values that these speak of lie well inside, so that a claim given up lets the
others be met within the grid too.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

from clauses.language.pack import load_pack
from clauses.proofs.negotiate import Negotiator
from clauses.proofs.positions import read_position
from clauses.proofs.table import Table
from clauses.review.review import Reviewer
from clauses.terms.agreement import read_agreement, read_term_sheet
from clauses.terms.values import VALUE_TYPES, Date, Money, Percentage

AS_OF = "2026-01-01"
SIDES = ("alder", "birch")
SIZE, LARGE_GRID = 16, 5_000
FIRST = {"money": 100, "date": Date.read(AS_OF).lowest, "percentage": 30 * 10**4}
"""The value of the offset 0: USD 1.00, the day of the review (before which no date can be), 30 %."""

QUANTITIES = {
    "funding.amount": "money", "supply.amount": "money", "supply.ends": "date", "funding.deadline": "date",
    "supply.starts": "date", "shares.stake": "percentage", "shares.floor": "percentage", "raise.amount": "money",
}  # fmt: skip
CHOICES = {
    "funding.if_missed": ("lapses", "reduced", "repayable", "converts-to-debt", "nothing"),
    "shares.share_class": ("common", "preferred", "profit-units", "options"),
}
KIND = {"funding": "funding_commitment", "supply": "supply", "shares": "equity_on_conversion", "raise": "capital_raise"}

AGREEMENT = {
    "agreement": "small",
    "parties": {"alder": {"name": "Alder"}, "birch": {"name": "Birch"}, "cedar": {"name": "Cedar"}},
    "clauses": {
        "conversion": {"kind": "conversion", "issuer": "birch", "closing": "2026-02-01"},
        "shares": {"kind": "equity_on_conversion", "holder": "alder", "issuer": "birch", "trigger": "conversion"},
    },
}
PRE_MONEY, FLOOR = 300, 22 * 10**4 + 5_003
"""The value before the raise, and the floor of Alder's stake where that is not on the table."""

Point = dict[str, int]
"""The offset of each quantity, the number of each choice, and whether the consent is given."""
CONSENT = "consent"


@dataclass(frozen=True)
class Claim:
    """A must or a rule: whether it holds at a point, and by how many units it is missed."""

    name: str
    side: str
    holds: Callable[[Point], bool]
    document: dict[str, Any]
    missed: Callable[[Point], int] | None = None


@dataclass(frozen=True)
class Want:
    """How far a want is met at a point, in thousandths."""

    name: str
    side: str
    weight: int
    met: Callable[[Point], int]
    document: dict[str, Any]


@dataclass
class Case:
    """A negotiation, as documents and as plain Python."""

    seed: str
    terms: dict[str, str]
    """The terms on the table with their types, by name."""
    drafted: dict[str, int | None]
    claims: list[Claim]
    wants: list[Want]
    walk_away: dict[str, int]
    has_raise: bool = False
    tops_up: bool = False
    needs_consent: bool = False
    files: dict[str, Any] = field(default_factory=dict)

    def text(self, name: str, units: int) -> str:
        """An offset of a term as documents write it."""
        return text_of(self.terms[name], units) if name in QUANTITIES else CHOICES[name][units]

    # --- brute force

    def points(self) -> Iterator[Point]:
        """Every point of the grid."""
        names = [*self.terms, CONSENT]
        sizes = [SIZE if name in QUANTITIES else len(CHOICES[name]) for name in self.terms]
        for values in itertools.product(*(range(size) for size in sizes), (0, 1) if self.needs_consent else (0,)):
            yield dict(zip(names, values, strict=True))

    def satisfied(self, side: str, point: Point) -> int:
        """How far a side is satisfied, in thousandths, rounded down."""
        wants = [want for want in self.wants if want.side == side]
        weights = sum(want.weight for want in wants)
        return sum(want.weight * want.met(point) for want in wants) // weights if weights else 1000

    def held(self, point: Point) -> frozenset[str]:
        """The names of the claims that hold at a point."""
        names = {claim.name for claim in self.claims if claim.holds(point)}
        names |= {walk_away(s) for s, level in self.walk_away.items() if level and self.satisfied(s, point) >= level}
        return frozenset(names)

    @property
    def names(self) -> frozenset[str]:
        """The names of all claims."""
        return frozenset({claim.name for claim in self.claims} | {walk_away(s) for s, w in self.walk_away.items() if w})

    def best(self, zone: Sequence[Point]) -> Point:
        """The deal that should be proposed: see `Negotiator.best` and `Negotiator.settled`."""
        names = sorted(self.terms)

        def rank(point: Point) -> tuple[object, ...]:
            levels = [self.satisfied(side, point) for side in SIDES]
            is_moved = [self.drafted[name] is not None and point[name] != self.drafted[name] for name in names]
            apart = [
                (
                    point[name]
                    if self.drafted[name] is None or name in CHOICES
                    else abs(point[name] - self.drafted[name]),
                    point[name],
                )
                for name in names
            ]
            return (-min(levels), -max(levels), -levels[0], point[CONSENT], is_moved, apart)

        return min(zone, key=rank)


def walk_away(side: str) -> str:
    """The name of the claim that a side is satisfied enough."""
    return f"{side}: walk_away"


def text_of(type: str, offset: int) -> str:
    """An offset of a type as documents write it."""
    units = FIRST[type] + offset
    return str(Money(units, units, "USD") if type == "money" else VALUE_TYPES[type](units, units))


class Maker:
    """Makes a case from a seed."""

    def __init__(self, seed: str, is_tight: bool) -> None:
        self.random, self.is_tight = random.Random(seed), is_tight
        names = self._terms()
        self.case = Case(seed, {name: QUANTITIES.get(name, "choice") for name in names}, {}, [], [], {})
        self.case.has_raise, self.case.tops_up = "raise.amount" in names, self.random.random() < 0.5
        for name in names:
            low, high = (5, 10) if name in QUANTITIES else (0, len(CHOICES[name]) - 1)
            is_silent = not name.startswith(("raise", "shares")) and self.random.random() < 0.2
            self.case.drafted[name] = None if is_silent and not name.endswith("s") else self.random.randint(low, high)
        if {"supply.starts", "supply.ends"} <= set(names):
            self.keep_order()

    def _terms(self) -> list[str]:
        """Two to four terms whose grid is small enough; two or more of them of one type where that goes."""
        while True:
            names = sorted(self.random.sample([*QUANTITIES, *CHOICES], self.random.randint(2, 4)))
            size = 1
            for name in names:
                size *= SIZE if name in QUANTITIES else len(CHOICES[name])
            if size <= LARGE_GRID and any(name in QUANTITIES for name in names):
                return names

    def made(self) -> Case:
        """The case."""
        has_stake = self.case.has_raise and bool(set(self.case.terms) & {"shares.floor", "shares.stake"})
        if self.is_tight and "shares.stake" in self.case.terms:
            has_stake = False  # a stake makes up for a larger raise only far beyond the grid
        for name in self.case.terms:
            self.bound(name, is_firm=has_stake)
        for number in range(self.random.randint(0, 2)):
            self.add_rule(f"rule-{number}")
        if has_stake:
            self.stake_must()
        for side in SIDES:
            for number in range(self.random.randint(0, 2)):
                self.add_must(side, f"extra-{number}")
            for number in range(self.random.randint(1, 3)):
                self.add_want(side, f"want-{number}")
            most = 700 if self.is_tight else 400
            self.case.walk_away[side] = self.random.choice((0, self.random.randint(1, most)))
        spoken_of = {
            d.get("term") for d in [*(c.document for c in self.case.claims), *(w.document for w in self.case.wants)]
        }
        for number, term in enumerate(sorted(set(self.case.terms) - spoken_of)):
            self.add_want(self.side(), f"also-{number}", term)
        return self.case

    def side(self) -> str:
        """One of the two sides."""
        return self.random.choice(SIDES)

    def must(self, side: str, name: str, term: str, key: str, at: int) -> None:
        """A must that bounds a quantity."""
        sign = 1 if key == "at_least" else -1
        document = {"says": "It must be so.", "term": term, key: self.case.text(term, at)}
        self.case.claims.append(
            Claim(
                f"{side}: {name}", side, lambda p: (p[term] - at) * sign >= 0, document,
                lambda p: max(0, (at - p[term]) * sign),
            )
        )  # fmt: skip

    def choice_must(self, side: str, name: str, term: str) -> None:
        """A must that lists choices."""
        choices = CHOICES[term]
        will_do = set(self.random.sample(range(len(choices)), self.random.randint(1, len(choices) - 1)))
        document = {"says": "It must be so.", "term": term, "one_of": [choices[n] for n in sorted(will_do)]}
        self.case.claims.append(Claim(f"{side}: {name}", side, lambda p: p[term] in will_do, document))

    def rule(self, name: str, when: str, given: Sequence[str], is_breached: Callable[[Point], bool]) -> None:
        """A rule of the pack; of three in four a party must heed it."""
        severity = self.random.choice(("conflict", "consent", "conflict", "flag"))
        clauses = {clause: {"kind": KIND[clause], "in": "result"} for clause in given}
        document: dict[str, Any] = {"rule": name, "heading": name, "severity": severity, "given": clauses, "when": when}
        excused = severity == "consent" and "supply" in given and self.random.random() < 0.7
        if excused:
            document["unless"] = {
                "c": {"kind": "consent", "in": "result", "when": 'c.by == "alder" and c.permits == supply.id'}
            }
            self.case.needs_consent = True
        self.case.files[f"{name}.yaml"] = {**document, "says": f"{name} is breached."}
        if severity != "flag":
            claim = f"rules of small: {name}"
            self.case.claims.append(
                Claim(claim, "rules", lambda p: (excused and p[CONSENT] == 1) or not is_breached(p), document)
            )

    def bound(self, term: str, is_firm: bool) -> None:
        """What keeps a term within the grid: a must or a rule on each end; sometimes nothing."""
        if term in CHOICES:
            if self.random.random() < 0.5:
                self.choice_must(self.side(), f"only-{term.replace('.', '-').replace('_', '-')}", term)
            return
        word = term.replace(".", "-")
        for key, at in (("at_least", self.random.randint(1, 6)), ("at_most", self.random.randint(7, 11))):
            # What the draft leaves open is proposed as the least that it can be: that must lie in the grid.
            must_be = is_firm or (key == "at_least" and self.case.drafted[term] is None)
            if not must_be and self.random.random() < 0.12:
                continue
            if must_be or self.random.random() < 0.5:
                self.must(self.side(), f"{word}-{key.replace('_', '-')}", term, key, at)
            else:
                sign, compared = (1, "<") if key == "at_least" else (-1, ">")
                when = f"{term} {compared} {self.case.text(term, at)}"
                self.rule(
                    f"{word}-{key.replace('_', '-')}", when, [term.partition(".")[0]],
                    lambda p, at=at, sign=sign: (p[term] - at) * sign < 0,
                )  # fmt: skip

    def add_must(self, side: str, name: str) -> None:
        """One more must of a side."""
        term = self.random.choice(list(self.case.terms))
        if term in CHOICES:
            self.choice_must(side, name, term)
        else:
            self.must(side, name, term, self.random.choice(("at_least", "at_most")), self.random.randint(2, 10))

    def add_rule(self, name: str) -> None:
        """A rule that leaves a gap in a range, compares two terms, or bounds one for a choice of another."""
        terms = [term for term in self.case.terms if term in QUANTITIES]
        pairs = [p for p in itertools.permutations(terms, 2) if QUANTITIES[p[0]] == QUANTITIES[p[1]]]
        choices = [term for term in self.case.terms if term in CHOICES]
        if self.random.random() < 0.3:
            term, low, high = self.random.choice(terms), *sorted(self.random.sample(range(3, 10), 2))
            when = f"{term} > {self.case.text(term, low)} and {term} < {self.case.text(term, high)}"
            self.rule(name, when, [term.partition(".")[0]], lambda p: low < p[term] < high)
        elif pairs and (not choices or self.random.random() < 0.6):
            one, other = self.random.choice(pairs)
            given = sorted({one.partition(".")[0], other.partition(".")[0]})
            self.rule(name, f"{one} < {other}", given, lambda p: p[one] < p[other])
        elif choices:
            term, choice = self.random.choice(terms), self.random.choice(choices)
            number, at = self.random.randrange(len(CHOICES[choice])), self.random.randint(4, 9)
            given = sorted({term.partition(".")[0], choice.partition(".")[0]})
            when = f'{choice} == "{CHOICES[choice][number]}" and {term} < {self.case.text(term, at)}'
            self.rule(name, when, given, lambda p: p[choice] == number and p[term] < at)

    def keep_order(self) -> None:
        """The supply ends no earlier than it starts: in the draft, and in every deal."""
        days = sorted(self.drafted(name) for name in ("supply.starts", "supply.ends"))
        self.case.drafted["supply.starts"], self.case.drafted["supply.ends"] = days
        name = "the draft: periods"
        self.case.claims.append(Claim(name, "the draft", lambda p: p["supply.starts"] <= p["supply.ends"], {}))

    def stake_must(self) -> None:
        """Alder must have a stake after the raise, which the cap table works out."""
        point = {name: self.random.randint(6, 10) for name in self.case.terms if name in QUANTITIES}
        at = int(self.stake(point))
        document = {
            "says": "A stake that lasts.", "stake_of": "alder", "after": "raise",
            "at_least": str(Percentage(at, at)),
        }  # fmt: skip
        self.case.claims.append(
            Claim(
                "alder: a-stake-that-lasts", "alder", lambda p: self.stake(p) >= at, document,
                lambda p: max(0, -int((self.stake(p) - at) // 1)),
            )
        )  # fmt: skip

    def drafted(self, name: str) -> int:
        """What the draft says of a term; 0 where it says nothing."""
        return self.case.drafted.get(name) or 0

    def stake(self, point: Point) -> Fraction:
        """Alder's stake after the raise: diluted, and topped up to its floor."""
        stake = FIRST["percentage"] + point.get("shares.stake", 0)
        floor = FIRST["percentage"] + point["shares.floor"] if "shares.floor" in point else FLOOR
        diluted = Fraction(stake * PRE_MONEY, PRE_MONEY + FIRST["money"] + point["raise.amount"])
        return max(diluted, Fraction(floor)) if self.case.tops_up else diluted

    def add_want(self, side: str, name: str, about: str | None = None) -> None:
        """A want of a side."""
        term, weight = about or self.random.choice(list(self.case.terms)), self.random.randint(1, 5)
        document: dict[str, Any] = {"says": f"The more of {term} the better.", "term": term, "weight": str(weight)}
        if term in CHOICES:
            order = self.random.sample(range(len(CHOICES[term])), self.random.randint(1, len(CHOICES[term])))
            document["best"] = [CHOICES[term][number] for number in order]
            worth = {number: 1000 * (len(order) - place) // len(order) for place, number in enumerate(order)}
            self.case.wants.append(Want(name, side, weight, lambda p: worth.get(p[term], 0), document))
            return
        start, end = self.random.sample(range(2, 13), 2)
        document |= {"from": self.case.text(term, start), "to": self.case.text(term, end)}
        sign, span = (1, end - start) if end > start else (-1, start - end)
        self.case.wants.append(
            Want(name, side, weight, lambda p: min(1000, max(0, (p[term] - start) * sign * 1000 // span)), document)
        )


# --- as documents


def held_on(case: Case, folder: Path, order: random.Random | None = None) -> tuple[Negotiator, Reviewer]:
    """The negotiation of a case, made from files; with an `order`, the keys of all of them are shuffled."""
    pack, sheet, positions = written(case, folder, order)
    agreement = read_agreement(_shuffled(AGREEMENT, order))
    reviewer = Reviewer([load_pack(pack)])
    found = [read_position(path) for path in positions]
    table = Table(reviewer, agreement, read_term_sheet(sheet, agreement), Date.read(AS_OF), found)
    return Negotiator(table), reviewer


def written(case: Case, folder: Path, order: random.Random | None = None) -> tuple[Path, dict[str, Any], list[Path]]:
    """The files of a case: its pack, its draft (as data) and its positions."""
    pack = folder / "pack"
    pack.mkdir(parents=True)
    idle = {
        "rule": "idle", "heading": "idle", "severity": "flag", "given": {"v": {"kind": "venture", "in": "proposed"}},
        "says": "A venture.",
    }  # fmt: skip
    rules = {"pack.yaml": {"pack": "small", "version": "1.0.0"}, "idle.yaml": idle, **case.files}
    for name, document in rules.items():
        (pack / name).write_text(_yaml(_shuffled(document, order)))
    positions = []
    for side in SIDES:
        path = folder / f"{side}.yaml"
        path.write_text(_yaml(_shuffled(position_document(case, side), order)))
        positions.append(path)
    return pack, _shuffled(sheet_document(case), order), positions


def position_document(case: Case, side: str) -> dict[str, Any]:
    """The position of a side."""
    level = case.walk_away[side]
    return {
        "position": f"position-of-{side}",
        "party": side,
        "agreement": "small",
        "term_sheet": "sheet.yaml",
        "must": {c.name.partition(": ")[2]: c.document for c in case.claims if c.side == side},
        "wants": {want.name: want.document for want in case.wants if want.side == side},
        "walk_away": f"{level // 10}.{level % 10}%",
    }


def sheet_document(case: Case) -> dict[str, Any]:
    """The draft: a supply, a funding and a raise are added, Alder's shares amended."""
    clauses: dict[str, dict[str, Any]] = {
        "supply": {"kind": "supply", "supplier": "cedar", "customer": "birch"},
        "funding": {"kind": "funding_commitment", "funder": "cedar", "recipient": "birch"},
        "raise": {
            "kind": "capital_raise", "issuer": "birch", "investors": ["cedar"], "pre_money": "USD 3",
            "amount": "USD 1", "closing": "2026-06-01",
        },
        "shares": {
            "stake": "30%", "floor": str(Percentage(FLOOR, FLOOR)),
            "anti_dilution": "floor-top-up" if case.tops_up else "none",
        },
    }  # fmt: skip
    for name, offset in case.drafted.items():
        clause, _, term = name.partition(".")
        if offset is not None:
            clauses[clause][term] = case.text(name, offset)
    changes: list[dict[str, Any]] = [{"amend": "shares", "set": clauses["shares"]}]
    changes += [{"add": id, "clause": clauses[id]} for id in ("supply", "funding", "raise")]
    return {
        "term_sheet": "draft", "agreement": "small", "dated": AS_OF, "effective": AS_OF, "proposed_by": "birch",
        "changes": changes if case.has_raise else changes[:-1],
    }  # fmt: skip


def _shuffled(value: Any, order: random.Random | None) -> Any:
    """The same document with its keys in another order; lists keep theirs."""
    if order is None:
        return value
    if isinstance(value, dict):
        keys = list(value)
        order.shuffle(keys)
        return {key: _shuffled(value[key], order) for key in keys}
    return [_shuffled(item, order) for item in value] if isinstance(value, list) else value


class _Dumper(yaml.SafeDumper):
    """Repeats what occurs twice."""

    def ignore_aliases(self, data: Any) -> bool:
        """Nothing refers to anything else."""
        return True


def _yaml(document: Any) -> str:
    return str(yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=1000))
