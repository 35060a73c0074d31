"""The deviations of a review, in plain data: what was accepted of its findings, and what became of that."""

from __future__ import annotations

from collections.abc import Sequence

from clauses.memo.plain import Plain
from clauses.review.finding import Finding
from clauses.review.wording import known
from clauses.terms.facts import Deal
from clauses.terms.kinds import TermType
from clauses.terms.values import Date

_DATE = TermType("date")


def deviation_view(finding: Finding, deal: Deal) -> Plain:
    """What became of a finding that somebody accepted; empty where nobody did."""
    found = finding.deviation
    if found is None:
        return {}
    return {
        "id": found.id,
        "state": found.state,
        "who": found.who,
        "why": found.why,
        "expires": known(Date.read(found.expires), _DATE, deal),
        "signed_by": found.signed_by or "",
        "withdrawn_by": found.withdrawn_by or "",
    }


def deviations_view(groups: Sequence[Plain]) -> list[Plain]:
    """The findings that are accepted and count no longer, in the order of the memo; from the groups as plain data."""
    return [
        {
            "label": group["label"],
            "message": item["message"],
            "clauses": [clause["heading"] for clause in item["rests_on"]],
            **item["deviation"],
        }
        for group in groups
        if group["is_accepted"]
        for item in group["items"]
    ]
