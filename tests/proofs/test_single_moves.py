"""Where the solver cannot follow the stakes, single terms that move them are tried on the engines."""

from __future__ import annotations

from typing import Any

from clauses.proofs.resolve import Resolver, Wishes
from clauses.review.review import Reviewer
from clauses.terms.agreement import read_agreement, read_term_sheet
from clauses.terms.values import Date
from clauses.use_cases import built_in_pack

AGREEMENT: dict[str, Any] = {
    "agreement": "brewery",
    "signed": "2024-01-01",
    "parties": {"barley": {"name": "Barley"}, "hops": {"name": "Hops"}, "malt": {"name": "Malt"}, "jv": {"name": "JV"}},
    "clauses": {
        "barley-holding": {
            "kind": "holding", "holder": "barley", "issuer": "jv", "stake": "40%", "floor": "30%",
            "anti_dilution": "weighted-average", "entry_valuation": "EUR 50m",
        },
        "hops-holding": {
            "kind": "holding", "holder": "hops", "issuer": "jv", "stake": "60%", "anti_dilution": "none",
        },
    },
}  # fmt: skip


def raised(amount: str, pre_money: str, closing: str) -> dict[str, Any]:
    """A raise from Malt."""
    terms = {"issuer": "jv", "investors": ["malt"], "amount": amount, "pre_money": pre_money, "closing": closing}
    return {"kind": "capital_raise", "share_class": "common", **terms}


def test_a_single_amount_is_found_though_two_rounds_are_under_a_protection_by_price() -> None:
    agreement = read_agreement(AGREEMENT)
    rounds = {"first": ("EUR 5m", "EUR 40m", "2026-06-30"), "second": ("EUR 25m", "EUR 60m", "2026-12-31")}
    changes = [{"add": id, "clause": raised(*terms)} for id, terms in rounds.items()]
    header = {"term_sheet": "two-rounds", "agreement": "brewery", "dated": "2026-01-15", "effective": "2026-02-01"}
    sheet = read_term_sheet({**header, "proposed_by": "hops", "changes": changes}, agreement)
    with Reviewer([built_in_pack()]) as reviewer:
        found = Resolver(reviewer, agreement, Date.read("2026-01-15"), Wishes(alternatives=9)).resolve(sheet)
    assert not found.is_clear and not found.all_followed
    moved = [fix for fix in found.fixes if len(fix.edits) == 1 and fix.edits[0].term in ("amount", "pre_money")]
    assert moved and moved[0].cost == found.fixes[0].cost
    assert all(rule.status not in ("breached", "undetermined") for fix in moved for rule in fix.review.rules
               if rule.severity in ("conflict", "consent"))  # fmt: skip
