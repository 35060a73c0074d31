"""A pack with ten defects of each sort, and beside each of them rules that look alike and are sound.

Every case is about a party of its own (`==` its name), so that no rule of one has anything to do with another.
"""

# ruff: noqa: E501 (a case is a line)

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

HEADER = {
    "pack": "seeded",
    "version": "1.0.0",
    "parameters": {
        "cap": {"description": "A cap.", "values": [{"starting": "2020-01-01", "value": "USD 10bn"}]},
        "low_stake": {"description": "A stake.", "values": [{"starting": "2020-01-01", "value": "20%"}]},
        "high_stake": {
            "description": "A stake.",
            "values": [{"starting": "2020-01-01", "value": "35%"}, {"starting": "2024-01-01", "value": "30%"}],
        },
    },
}


@dataclass(frozen=True)
class Case:
    """Rules, each a name with what is written of it, and the defects that are in them."""

    sort: str
    rules: dict[str, dict[str, object]]
    defects: Sequence[tuple[str, ...]]
    """The rules of each defect; none for a case that is sound."""
    facts: dict[str, dict[str, str]] | None = None
    parameters: Sequence[str] = ()
    """Parameters of its own, each `name: value`."""
    unused: Sequence[str] = ()
    """What its defects of the sort `unused` name."""


def rule(
    kind: str, when: str | None, layer: str = "proposed", severity: str = "flag", **more: object
) -> dict[str, object]:
    """A rule about one clause `x`."""
    found: dict[str, object] = {"given": {"x": {"kind": kind, "in": layer}}, "severity": severity}
    return found | ({"when": when} if when else {}) | more


def pair(first: str, second: str, when: str, severity: str = "flag", **more: object) -> dict[str, object]:
    """A rule about a proposed clause `x` and a clause in force `y`."""
    given = {"x": {"kind": first, "in": "proposed"}, "y": {"kind": second, "in": "current"}}
    return {"given": given, "when": when, "severity": severity} | more


def consent(when: str) -> dict[str, object]:
    """An excuse by a consent `c`."""
    return {"c": {"kind": "consent", "in": "result", "when": when}}


def unreachable() -> Iterator[Case]:
    """Rules that can never fire."""
    impossible = [
        rule("supply", 'x.supplier == "u-0" and x.amount > USD 10bn and x.amount < USD 5bn'),
        rule("supply", 'x.supplier == "u-1" and x.subject == "energy" and x.subject == "data"'),
        rule("revenue_share", 'x.payer == "u-2" and x.share > 40% and x.share < parameters.low_stake'),
        rule("capital_raise", 'x.issuer == "u-3" and x.amount > x.pre_money and x.pre_money > x.amount'),
        rule("conversion", 'x.issuer == "u-4" and x.closing > x.deadline and x.closing + 10 days < x.deadline'),
        rule("conversion", 'x.issuer == "u-5" and not stated(x.closing) and x.closing > 2026-01-01'),
        rule("venture", '"u-6" in x.members and "u-6" not in x.members'),
        pair("supply", "supply", 'x.supplier == "u-7" and x.id == y.id and "amount" not in x.changed and x.amount > y.amount'),
        rule("exclusivity", 'x.obligor == "u-8" and "ends" in x.changed', layer="removed"),
        pair("supply", "exclusivity", 'x.supplier == "u-9" and y.beneficiary == x.supplier and y.beneficiary != "u-9"'),
    ]  # fmt: skip
    for number, made in enumerate(impossible):
        name = f"unreachable-{number}"
        yield Case("unreachable", {name: made}, [(name,)])
    yield Case(
        "unreachable",
        {"reachable": rule("supply", 'x.supplier == "u-11" and x.amount > USD 5bn and x.amount < USD 10bn')},
        [],
    )


def tautologies() -> Iterator[Case]:
    """Rules that fire wherever they apply. Each is of a kind that it alone is about."""
    always = [
        rule("notice", None),
        rule("transition", "x.period < 12 months or x.period >= 12 months"),
        rule("assignment", "x.assignor == x.assignee or x.assignor != x.assignee", severity="conflict"),
        rule("product_dependency", "stated(x.owner) or not stated(x.owner)"),
        rule("anti_assignment", 'x.effect == "consent" or x.effect == "forbidden"'),
        rule("licence", 'not (x.exclusive == "yes" and x.exclusive == "no")'),
        rule("holding", "x.stake <= 60% or x.stake > 50%", layer="current"),
        rule("venture", '"t-7" in x.members or "t-7" not in x.members', layer="removed"),
        rule("negotiation", 'not (x.status == "open") or not (x.status == "settled")'),
        rule("context_note", "x.made <= 2026-12-31 or x.made >= parameters_day", layer="removed"),
    ]
    always[9]["when"] = "x.made <= 2026-12-31 or x.made >= 2027-01-01"
    for number, made in enumerate(always):
        yield Case("tautology", {f"tautology-{number}": made}, [(f"tautology-{number}",)])


def subsumed() -> Iterator[Case]:
    """Pairs of which the first finds nothing that the second does not find."""
    pairs = [
        (rule("supply", 'x.supplier == "s-0" and x.amount > USD 200bn'), rule("supply", 'x.supplier == "s-0" and x.amount > USD 100bn')),
        (rule("supply", 'x.supplier == "s-1" and x.subject == "energy"'), rule("supply", 'x.supplier == "s-1" and x.subject in ("energy", "data")')),
        (rule("revenue_share", 'x.payer == "s-2" and x.share >= parameters.high_stake'), rule("revenue_share", 'x.payer == "s-2" and x.share > parameters.low_stake')),
        (rule("conversion", 'x.issuer == "s-3" and x.closing > x.deadline + 30 days'), rule("conversion", 'x.issuer == "s-3" and x.closing > x.deadline')),
        (rule("capital_raise", 'x.issuer == "s-4" and x.amount > USD 1bn', unless=consent("c.permits == x.id")), rule("capital_raise", 'x.issuer == "s-4" and x.amount > USD 1bn')),
        (rule("capital_raise", 'x.issuer == "s-5"', unless=consent("c.permits == x.id")), rule("capital_raise", 'x.issuer == "s-5"', unless=consent('c.permits == x.id and c.form == "written"'))),
        (pair("supply", "exclusivity", 'x.supplier == "s-6" and y.obligor == x.customer'), rule("supply", '"s-6" == x.supplier')),
        (rule("exclusivity", 'x.obligor == "s-7" and x.ends > 2040-01-01'), rule("exclusivity", 'x.obligor == "s-7" and x.ends >= 2030-01-01', layer="result")),
        (rule("funding_commitment", 'x.funder == "s-8" and x.amount * 2 > USD 10bn and x.amount < USD 50bn'), rule("funding_commitment", 'x.funder == "s-8" and x.amount > USD 5bn')),
        (rule("public_offering", 'x.issuer == "s-9" and x.amount > 30% * x.pre_money and x.pre_money > USD 1bn'), rule("public_offering", 'x.issuer == "s-9" and x.amount > 20% * x.pre_money and x.pre_money > USD 1bn')),
    ]  # fmt: skip
    for number, (one, other) in enumerate(pairs):
        names = f"subsumed-{number}", f"wider-{number}"
        yield Case("subsumed", dict(zip(names, (one, other), strict=True)), [names])
    sound = {
        "narrow-and-graver": rule("supply", 'x.supplier == "s-10" and x.amount > USD 200bn', severity="consent"),
        "wide-and-lighter": rule("supply", 'x.supplier == "s-10" and x.amount > USD 100bn'),
        "crossing-one": rule("supply", 'x.supplier == "s-11" and x.amount > USD 1bn and x.starts > 2026-01-01'),
        "crossing-other": rule("supply", 'x.supplier == "s-11" and x.amount > USD 2bn and x.starts > 2025-12-01'),
        "excused-one": rule("supply", 'x.supplier == "s-12"', unless=consent("c.by == x.customer")),
        "excused-other": rule("supply", 'x.supplier == "s-12"', unless=consent("c.permits == x.id")),
    }
    yield Case("subsumed", sound, [])


def duplicates() -> Iterator[Case]:
    """Pairs that say the same in other words."""
    pairs = [
        (rule("supply", 'x.supplier == "d-0" and x.amount > USD 10bn'), rule("supply", 'x.supplier == "d-0" and x.amount > parameters.cap')),
        (rule("supply", 'x.supplier == "d-1" and x.subject != "energy"'), rule("supply", 'x.supplier == "d-1" and not (x.subject == "energy")')),
        (rule("revenue_share", 'x.payer == "d-2" and (x.share > 40% or x.share < 10%)'), rule("revenue_share", 'x.payer == "d-2" and not (x.share >= 10% and x.share <= 40%)')),
        (rule("conversion", 'x.issuer == "d-3" and x.closing > x.deadline'), rule("conversion", 'x.issuer == "d-3" and x.closing >= x.deadline + 1 days')),
        (rule("capital_raise", 'x.issuer == "d-4"', unless=consent("c.permits == x.id")), rule("capital_raise", '"d-4" == x.issuer', unless=consent("x.id == c.permits"))),
        (pair("supply", "exclusivity", 'x.supplier == "d-5" and overlaps(x, y)'), pair("supply", "exclusivity", 'x.supplier == "d-5" and overlaps(y, x)')),
        (rule("governance", 'x.holder == "d-6" and x.seats > 2'), rule("governance", 'x.holder == "d-6" and x.seats >= 3')),
        (rule("exclusivity", 'x.obligor == "d-7" and x.scope in ("all", "api")'), rule("exclusivity", 'x.obligor == "d-7" and (x.scope == "api" or x.scope == "all")')),
        (rule("funding_commitment", 'x.funder == "d-8" and x.amount * 2 > USD 10bn'), rule("funding_commitment", 'x.funder == "d-8" and x.amount > USD 5bn')),
        (rule("consent_right", 'x.holder == "d-9" and (not stated(x.ends) or x.ends > 2030-01-01)'), rule("consent_right", 'x.holder == "d-9" and not (stated(x.ends) and x.ends <= 2030-01-01)')),
    ]  # fmt: skip
    for number, (one, other) in enumerate(pairs):
        names = f"duplicate-{number}", f"duplicate-{number}-again"
        yield Case("duplicate", dict(zip(names, (one, other), strict=True)), [names])


def contradictions() -> Iterator[Case]:
    """Pairs that cannot both be obeyed."""
    grave = {"severity": "conflict"}
    pairs = [
        (rule("supply", 'x.supplier == "c-0" and x.amount > USD 10bn', **grave), rule("supply", 'x.supplier == "c-0" and x.amount < USD 20bn', **grave)),
        (rule("supply", 'x.supplier == "c-1" and x.scope == "all"', **grave), rule("supply", 'x.supplier == "c-1" and x.scope != "all"', **grave)),
        (rule("conversion", 'x.issuer == "c-2" and x.closing > 2026-06-30', **grave), rule("conversion", 'x.issuer == "c-2" and x.closing <= 2026-12-31', **grave)),
        (rule("capital_raise", 'x.issuer == "c-3" and x.amount > parameters.cap', **grave), rule("capital_raise", 'x.issuer == "c-3" and x.amount <= parameters.cap', **grave)),
        (pair("supply", "minimum_commitment", 'x.supplier == "c-4" and x.amount < y.amount', **grave), pair("supply", "exclusivity", 'x.supplier == "c-4" and y.obligor == x.customer and x.amount > USD 1bn', **grave)),
        (pair("supply", "exclusivity", 'x.supplier == "c-5" and x.starts < y.ends', **grave), rule("supply", 'x.supplier == "c-5" and x.starts > 2027-01-01', **grave)),
        (rule("governance", 'x.holder == "c-6" and x.seats < 3', **grave), rule("governance", 'x.holder == "c-6" and x.seats > 2', **grave)),
        (rule("equity_on_conversion", 'x.holder == "c-7" and x.stake < 35%', **grave), rule("equity_on_conversion", 'x.holder == "c-7" and x.stake > parameters.high_stake', **grave)),
        (rule("termination", 'x.by == "c-8" and x.notice < 90 days', **grave), pair("termination", "pre_emption", 'x.by == "c-8" and x.notice > y.notice', **grave)),
        (rule("non_compete", 'x.obligor == "c-9" and x.period > 12 months', **grave), rule("non_compete", 'x.obligor == "c-9" and x.period < 24 months', **grave)),
    ]  # fmt: skip
    for number, (one, other) in enumerate(pairs):
        names = f"contradiction-{number}", f"contradiction-{number}-against"
        yield Case("contradiction", dict(zip(names, (one, other), strict=True)), [names])
    sound = {
        "corridor-low": rule("supply", 'x.supplier == "c-10" and x.amount < USD 10bn', **grave),
        "corridor-high": rule("supply", 'x.supplier == "c-10" and x.amount > USD 10bn', **grave),
        "lighter": rule("supply", 'x.supplier == "c-11" and x.amount > USD 10bn', severity="flag"),
        "graver": rule("supply", 'x.supplier == "c-11" and x.amount < USD 20bn', **grave),
        "too-late": rule("conversion", 'x.issuer == "c-12" and x.closing > x.deadline', **grave),
        "too-soon": rule("conversion", 'x.issuer == "c-12" and x.deadline < 2027-01-01', **grave),
    }  # fmt: skip
    yield Case("contradiction", sound, [])


def seams() -> Iterator[Case]:
    """Families of bands with a gap or an overlap."""
    terms = [
        ("revenue_share", "payer", "share", "10%", "20%", "25%", "40%"),
        ("revenue_share", "payer", "share", "10%", "parameters.low_stake", "parameters.high_stake", "40%"),
        ("supply", "supplier", "amount", "USD 1bn", "USD 2bn", "USD 3bn", "USD 4bn"),
        ("capital_raise", "issuer", "amount", "EUR 1bn", "EUR 2bn", "EUR 3bn", "EUR 4bn"),
        ("conversion", "issuer", "closing", "2026-01-01", "2026-06-30", "2026-09-01", "2026-12-31"),
        ("governance", "holder", "seats", "1", "3", "5", "8"),
        ("termination", "by", "notice", "10 days", "30 days", "60 days", "90 days"),
        ("non_compete", "obligor", "period", "6 months", "12 months", "18 months", "24 months"),
        ("equity_on_conversion", "holder", "floor", "5%", "10%", "15%", "20%"),
        ("funding_commitment", "funder", "amount", "USD 1m", "USD 2m", "USD 3m", "USD 4m"),
    ]
    for number, (kind, party, term, a, b, c, d) in enumerate(terms):
        for sort, (low, high) in (("gap", (b, c)), ("overlap", (c, b))):
            guard = f'x.{party} == "{sort[0]}-{number}"'
            lower = rule(kind, f"{guard} and x.{term} >= {a} and x.{term} < {low}")
            upper = rule(kind, f"{guard} and x.{term} >= {high} and x.{term} < {d}", severity="consent")
            names = f"{sort}-{number}", f"{sort}-{number}-above"
            yield Case(sort, dict(zip(names, (lower, upper), strict=True)), [names])
    sound = {
        "touching-low": rule("revenue_share", 'x.payer == "g-10" and x.share >= 10% and x.share < 20%'),
        "touching-high": rule("revenue_share", 'x.payer == "g-10" and x.share >= 20%', severity="consent"),
        "stair-low": rule("revenue_share", 'x.payer == "g-11" and x.share > 10%'),
        "stair-high": rule("revenue_share", 'x.payer == "g-11" and x.share > 20%', severity="consent"),
        "too-little": rule("revenue_share", 'x.payer == "g-12" and x.share < 10%'),
        "too-much": rule("revenue_share", 'x.payer == "g-12" and x.share > 20%'),
        "within": rule("revenue_share", 'x.payer == "g-13" and x.share > 12% and x.share < 15%', severity="consent"),
        "around": rule("revenue_share", 'x.payer == "g-13" and x.share > 10% and x.share < 20%'),
    }
    yield Case("gap", sound, [])


def unused() -> Iterator[Case]:
    """Parameters, derived facts and terms of them that decide nothing."""
    for number in range(5):
        fact = f"fact_{number}"
        derives = {"derives": {"kind": fact, "party": "x.supplier", "spare": "x.id"}}
        rules = {
            f"makes-{number}": {
                "given": {"x": {"kind": "supply", "in": "proposed"}},
                "when": f'x.supplier == "n-{number}"',
            }
            | derives,
            f"reads-{number}": {
                "given": {"f": {"kind": fact}},
                "when": "f.party == context.proposed_by",
                "severity": "note",
            },
        }
        facts = {fact: {"party": "party", "spare": "clause"}}
        yield Case("unused", rules, [], facts, unused=[f"the term `spare` of the derived fact `{fact}`"])
    for number in range(5, 10):
        parameter = f"limit_{number}"
        when = f'x.supplier == "n-{number}" and x.amount > parameters.{parameter} and x.amount < USD 1bn'
        name = f"unused-{number}"
        yield Case(
            "unreachable",
            {name: rule("supply", when)},
            [(name,)],
            None,
            [f"{parameter}: USD 5bn"],
            [f"the parameter `{parameter}`"],
        )


def cases() -> list[Case]:
    """Every case."""
    makers = (unreachable, tautologies, subsumed, duplicates, contradictions, seams, unused)
    return [case for maker in makers for case in maker()]


def write_pack(folder: Path, chosen: Sequence[Case]) -> Path:
    """A pack of the rules of some cases."""
    folder.mkdir(parents=True, exist_ok=True)
    header: dict[str, object] = {**HEADER, "parameters": dict(HEADER["parameters"])}  # type: ignore[call-overload]
    text = repr([case.rules for case in chosen])
    parameters = {name: made for name, made in HEADER["parameters"].items() if f"parameters.{name}" in text}  # type: ignore[attr-defined]
    for case in chosen:
        for parameter in case.parameters:
            name, value = parameter.split(": ")
            parameters[name] = {"description": "A limit.", "values": [{"starting": "2020-01-01", "value": value}]}
    header["parameters"] = parameters
    header["facts"] = {kind: terms for case in chosen for kind, terms in (case.facts or {}).items()}
    (folder / "pack.yaml").write_text(yaml.safe_dump(header, sort_keys=False))
    for case in chosen:
        for name, made in case.rules.items():
            says = {} if "derives" in made else {"says": f"{name} fires."}
            written = {"rule": name, "heading": name.replace("-", " "), **made, **says}
            (folder / f"{name}.yaml").write_text(yaml.safe_dump(written, sort_keys=False, width=1000))
    return folder
