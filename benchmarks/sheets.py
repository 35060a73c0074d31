"""The deal that the benchmarks review: a table of rules that every contestant runs, and made-up clauses.

The table is written once and rendered as rules of ours, as a ruleset of durable-rules and as plain Python, so that
all of them answer the same question. Every replica of the 42 rules has other thresholds, further out in the tail.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clauses.errors import Problems
from clauses.language.pack import RulePack
from clauses.language.rule import PackScope, read_rule
from clauses.terms.facts import EVERYWHERE, Fact
from clauses.terms.kinds import TermType
from clauses.terms.values import Date, Money, Percentage, Value
from clauses.yaml_nodes import Mapping_, from_plain

DERIVED = {
    "dual_role": {"id": TermType("text"), "who": TermType("party"), "exclusivity": TermType("clause")},
    "late_money": {"id": TermType("text"), "commitment": TermType("clause"), "by": TermType("date")},
}


@dataclass(frozen=True)
class Text:
    """A text written in a condition; a plain string is a term."""

    text: str


Side = str | Value | Text
Test = tuple[Side, str, Side]


@dataclass(frozen=True)
class Row:
    """A rule of the table: patterns as alias → (kind, layer), tests, one `unless`, or the fact that it derives."""

    id: str
    given: dict[str, tuple[str, str | None]]
    tests: tuple[Test, ...]
    unless: tuple[str, str, tuple[Test, ...]] | None = None
    derives: tuple[str, dict[str, str]] | None = None


def usd(millions: int) -> Money:
    """So many millions of dollars."""
    return Money(millions * 10**8, millions * 10**8, "USD")


def share(hundredths: int) -> Percentage:
    """So many hundredths of a percent."""
    return Percentage(hundredths * 100, hundredths * 100)


def day(year: int, more: int = 0) -> Date:
    """A day: the first of a year, or some days after."""
    return Date.of(datetime.date(min(year, 9000), 1, 1) + datetime.timedelta(more))


def table(replica: int) -> Iterator[Row]:
    """The 42 rules: 32 on one clause, 5 joins (2 of them over derived facts), 3 negations, 2 that derive facts.

    The thresholds of a replica lie further out, so that each finds less than the one before, and hundreds of them
    together only a few times as much as the first.
    """
    r, name = replica, lambda id: f"{id}-{replica}"
    its_own: list[Test] = [("x.authority", "==", Text(f"cma{r}"))] if r else []
    singles: list[tuple[str, list[Test]]] = [
        ("exclusivity", [("x.ends", ">", day(2035 + r))]),
        ("exclusivity", [("x.scope", "==", Text("all")), ("x.ends", ">", day(2030 + r))]),
        ("exclusivity", [("x.ends", "<", "x.starts"), ("x.starts", ">", day(2020 + r))]),
        ("exclusivity", [("x.subject", "==", Text("ai-models")), ("x.starts", "<", day(2026 - r))]),
        ("supply", [("x.amount", ">", usd(45_000 + 4_000 * r))]),
        ("supply", [("x.amount", "<=", usd(300 // (r + 1)))]),
        ("supply", [("x.ends", "<", "x.starts"), ("x.amount", ">", usd(5_000 * r))]),
        ("supply", [("x.ends", ">", day(2033 + r)), ("x.amount", ">", usd(20_000))]),
        ("equity_on_conversion", [("x.stake", ">", share(4900 + 100 * r))]),
        ("equity_on_conversion", [("x.stake", "<", "x.floor"), ("x.floor", ">", share(400 * r))]),
        ("equity_on_conversion", [("x.deadline", "<", day(2026 - r))]),
        ("equity_on_conversion", [("x.floor", ">", share(4400 + 100 * r))]),
        ("capital_raise", [("x.amount", ">", usd(100_000 + 8_000 * r))]),
        ("capital_raise", [("x.pre_money", ">", usd(700_000 + 30_000 * r))]),
        ("capital_raise", [("x.amount + x.amount", ">", "x.pre_money"), ("x.amount", ">", usd(10_000 * r))]),
        ("capital_raise", [("x.closing", ">", day(2029 + r))]),
        ("consent", [("x.by", "==", Text(f"management{r or ''}"))]),
        ("consent", [("x.permits", "==", Text(f"tbd{r or ''}"))]),
        ("regulatory_flag", [("x.status", "==", Text("open")), ("x.authority", "==", Text(f"ftc{r or ''}"))]),
        ("regulatory_flag", [("x.concern", "==", Text("dual-role")), ("x.authority", "==", Text(f"doj{r or ''}"))]),
        ("regulatory_flag", [("x.concern", "==", Text("competition")), ("x.status", "!=", Text("cleared")), *its_own]),
        ("regulatory_flag", [("x.authority", "==", Text(f"sec{r or ''}")), ("x.status", "==", Text("open"))]),
        ("regulatory_flag", [("x.concern", "==", Text("competition")), ("x.authority", "==", Text(f"ftc{r or ''}"))]),
        ("funding_commitment", [("x.amount", ">", usd(30_000 + 3_000 * r))]),
        ("funding_commitment", [("x.conditional_on", "==", Text("conversion")), ("x.deadline", "<", day(2027 - r))]),
        ("funding_commitment", [("x.deadline", ">", day(2033 + r))]),
        ("funding_commitment", [("x.amount", "<=", usd(300 // (r + 1)))]),
        ("revenue_share", [("x.share", ">", share(1900 + 100 * r))]),
        ("revenue_share", [("x.ends", ">", day(2032 + r))]),
        ("revenue_share", [("x.cap", "<", usd(1000)), ("x.share", ">", share(250 * r))]),
        ("revenue_share", [("x.payer", "==", "x.payee"), ("x.share", ">", share(200 * r))]),
        ("licence", [("x.ends", ">", day(2034 + r))]),
    ]
    for number, (kind, tests) in enumerate(singles):
        yield Row(name(f"single-{number}"), {"x": (kind, "proposed")}, tuple(tests))
    yield Row(
        name("outside-compute"),
        {"e": ("exclusivity", "current"), "g": ("supply", "proposed")},
        (("g.amount", ">", usd(5_000 * r)), ("g.customer", "==", "e.obligor"), ("g.supplier", "!=", "e.beneficiary"),
         ("g.starts", "<=", "e.ends"), ("g.ends", ">=", "e.starts")),
    )  # fmt: skip
    yield Row(
        name("second-exclusivity"),
        {"e": ("exclusivity", "current"), "x": ("exclusivity", "proposed")},
        (("x.ends", ">", day(2026 + r)), ("x.obligor", "==", "e.obligor"), ("x.subject", "==", "e.subject"),
         ("x.beneficiary", "!=", "e.beneficiary"), ("x.starts", "<=", "e.ends")),
    )  # fmt: skip
    yield Row(
        name("deadline-before-closing"),
        {"q": ("equity_on_conversion", "proposed"), "m": ("capital_raise", "proposed")},
        (("m.amount", ">", usd(10_000 * r)), ("q.deadline", "<", "m.closing")),
    )
    yield Row(
        name("dual-role-and-capacity"),
        {"d": ("dual_role", None), "g": ("supply", "proposed")},
        (("g.supplier", "==", "d.who"), ("g.amount", ">", usd(20_000 + 5_000 * r))),
    )
    yield Row(
        name("late-money-and-stake"),
        {"l": ("late_money", None), "q": ("equity_on_conversion", "proposed")},
        (("l.by", ">", "q.deadline"), ("q.stake", ">", share(1000 + 500 * r))),
    )
    yield Row(
        name("raise-without-consent"),
        {"m": ("capital_raise", "proposed")},
        (("m.amount", ">", usd(10_000 * r)),),
        ("consent", "result", (("u.permits", "==", "m.id"),)),
    )
    yield Row(
        name("stake-not-cleared"),
        {"q": ("equity_on_conversion", "proposed")},
        (("q.stake", ">", share(2000 + 300 * r)),),
        ("regulatory_flag", "result", (("u.concern", "==", Text("competition")), ("u.status", "==", Text("cleared")))),
    )
    yield Row(
        name("money-before-the-raise"),
        {"d": ("funding_commitment", "proposed")},
        (("d.conditional_on", "==", Text("raise-close")), ("d.amount", ">", usd(3_000 * r))),
        ("capital_raise", "result", (("u.closing", "<=", "d.deadline"),)),
    )
    yield Row(
        name("dual-role"),
        {"e": ("exclusivity", "current"), "q": ("equity_on_conversion", "proposed")},
        (("q.holder", "==", "e.beneficiary"), ("q.stake", ">", share(500 + 500 * r))),
        derives=("dual_role", {"who": "q.holder", "exclusivity": "e.id"}),
    )
    yield Row(
        name("late-money"),
        {"d": ("funding_commitment", "proposed")},
        (("d.deadline", ">", day(2029 + r)),),
        derives=("late_money", {"commitment": "d.id", "by": "d.deadline"}),
    )


def rows(count: int) -> list[Row]:
    """The first so many rules of the table and its replicas. The last two of each 42 derive facts for others."""
    found: list[Row] = []
    replica = 0
    while len(found) < count:
        found += table(replica)
        replica += 1
    kept = found[:count]
    if count < 42:  # a few rules: those that need no derived facts
        kept = [row for row in found if not row.derives and all(layer for _, layer in row.given.values())][-count:]
    return kept


# --- clauses

PROVIDERS = ("azura", "oraclo", "gcore", "coreline", "lambdar", "nebula")
CUSTOMERS = ("openco", "openco", "openco", "rivalco")
MIX = (
    ("exclusivity", 3), ("supply", 6), ("equity_on_conversion", 2), ("capital_raise", 1), ("consent", 2),
    ("regulatory_flag", 3), ("funding_commitment", 3), ("revenue_share", 3), ("licence", 2),
)  # fmt: skip
"""The kinds of 25 clauses."""


def sheet(count: int, seed: int = 42) -> list[Fact]:
    """A deal of so many clauses, all exact and stated, and the context."""
    chance = random.Random(f"{seed}/{count}")
    kinds = [kind for kind, number in MIX for _ in range(number)]
    found = [Fact("context", "context", EVERYWHERE, True, {"id": "context", "as_of": day(2025, 181)})]
    seen: set[str] = set()
    for number in range(count):
        kind = kinds[number % len(kinds)]
        proposed = kind == "capital_raise" or (kind in seen and chance.random() < 0.7)
        seen.add(kind)
        layers = frozenset({"proposed" if proposed else "current", "result"})
        values = {"id": f"c{number}", **_values(kind, chance)}
        found.append(Fact(kind, f"c{number}", layers, True, values))
    return found


def _values(kind: str, chance: random.Random) -> dict[str, Any]:
    pick, number = chance.choice, chance.randint

    def when(first: int, last: int) -> Date:
        return day(number(first, last), number(0, 364))

    found: dict[str, Any]
    stake = number(500, 5000)
    match kind:
        case "exclusivity":
            found = {"obligor": pick(CUSTOMERS), "beneficiary": pick(PROVIDERS), "subject": "cloud-compute"}
            return {**found, "scope": pick(("all", "training")), "starts": when(2019, 2025), "ends": when(2027, 2036)}
        case "supply":
            found = {"supplier": pick(PROVIDERS), "customer": pick(CUSTOMERS)}
            return {**found, "starts": when(2025, 2029), "ends": when(2029, 2035), "amount": usd(number(100, 50_000))}
        case "equity_on_conversion":
            floor = share(stake * number(50, 110) // 100)
            return {"holder": pick(PROVIDERS), "stake": share(stake), "floor": floor, "deadline": when(2025, 2030)}
        case "capital_raise":
            found = {"pre_money": usd(number(20_000, 800_000)), "amount": usd(number(1000, 120_000))}
            return {**found, "closing": when(2026, 2030)}
        case "consent":
            return {"permits": f"c{number(0, 30)}", "by": pick(("board", "holders", "management"))}
        case "regulatory_flag":
            found = {"authority": pick(("ftc", "doj", "sec", "cma")), "status": pick(("open", "cleared"))}
            return {**found, "concern": pick(("competition", "dual-role", "concentration"))}
        case "funding_commitment":
            found = {"amount": usd(number(100, 35_000)), "deadline": when(2026, 2034)}
            return {**found, "conditional_on": pick(("conversion", "raise-close", "none"))}
        case "revenue_share":
            found = {"payer": pick(CUSTOMERS), "payee": pick(PROVIDERS), "share": share(number(300, 2100))}
            return {**found, "ends": when(2027, 2034), "cap": usd(number(500, 50_000))}
    return {"licensor": pick(CUSTOMERS), "licensee": pick(PROVIDERS), "ends": when(2027, 2036)}


# --- as a pack of ours


def pack(table_rows: list[Row]) -> RulePack:
    """The rules read from documents in our language."""
    problems = Problems()
    scope = PackScope({}, {}, DERIVED)
    rules = []
    for row in table_rows:
        node = from_plain(document(row))
        assert isinstance(node, Mapping_)
        rule = read_rule(node, scope, problems)
        if rule:
            rules.append(rule)
    assert not problems.found, problems.found[0]
    derived = DERIVED if any(rule.derives for rule in rules) else {}
    return RulePack("benchmark", "1.0.0", "Benchmark", {}, {}, derived, tuple(rules), "", Path("."))


def document(row: Row) -> dict[str, Any]:
    """A rule as its file would hold it."""
    found: dict[str, Any] = {
        "rule": row.id,
        "heading": row.id,
        "given": {a: {"kind": k, **({"in": layer} if layer else {})} for a, (k, layer) in row.given.items()},
        "when": _condition(row.tests),
    }
    if row.unless:
        kind, layer, tests = row.unless
        found["unless"] = {"u": {"kind": kind, "in": layer, "when": _condition(tests)}}
    if row.derives:
        found["derives"] = {"kind": row.derives[0], **row.derives[1]}
    else:
        found["says"] = row.id
    return found


def _condition(tests: tuple[Test, ...]) -> str:
    return " and ".join(f"{_written(left)} {operator} {_written(right)}" for left, operator, right in tests)


def _written(side: Side) -> str:
    if isinstance(side, Text):
        return f'"{side.text}"'
    if isinstance(side, Money):
        return f"USD {side.lowest // 100}"
    return str(side)


# --- as data that others run


def plain(side: Side) -> Any:
    """A written value as a number or a text."""
    if isinstance(side, Text):
        return side.text
    return side.lowest if isinstance(side, Value) else side


def plain_facts(facts: list[Fact]) -> list[dict[str, Any]]:
    """The clauses as plain dictionaries of numbers and texts."""
    found = []
    for fact in facts:
        layer = next(
            (layer for layer in ("proposed", "current") if layer in fact.layers and len(fact.layers) < 4), "all"
        )
        values = {n: v.lowest if isinstance(v, Value) else v for n, v in fact.values.items()}
        found.append({"kind": fact.kind, "layer": layer, **values})
    return found
