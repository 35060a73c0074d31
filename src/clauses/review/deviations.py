"""Deviations: findings that somebody accepts, for a reason and until a day, and that a second person signs.

What an acceptance covers is one finding of one term sheet: the rule and the clauses that it matched (the finding's
fingerprint), the agreement, the term sheet, and the *grounds*: severity, status, message, and the values that decided.
Where any of those differs, the terms are no longer the ones that were accepted, the better as well as the worse: the
deviation is then `changed`, the finding counts as open, and somebody has to accept it anew. Where a clause stands in
its file, how the file is called, what else an agreement says and the day of the review are no part of the grounds;
nor is a term that the rule does not read: what it does to other rules is a finding of theirs.

An acceptance holds while it is signed by a person other than the one who accepted, is not withdrawn, and has not
expired on the later of two days: that as of which the review looks at the world, and that on which it is made.
The day of its expiry is the last on which it holds.

What follows for a review, and what does not:

- A finding keeps its place, its severity and its status, and says what became of it under `deviation`.
- An accepted finding counts neither for the verdict nor for the exit code. A rule keeps its status in `rules` and in
  `summary`, whose four counts go on to add up; `counts_as` says what the findings that are left make of it, and
  `summary.accepted` how many rules have none left.
- The `review_id` stays: it names what was examined, not what people said of it.
- `resolve`, `margins` and `negotiate` know of no deviations: they move the very values for which one was given.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from clauses.review.finding import AcceptedBy, DeviationState, Finding, Review, RuleStatus
from clauses.review.review import Examined, verdict_of
from clauses.terms.values import Date

DAYS_OF_REVIEW = ("context.as_of",)
"""Values that move with the day of a review by themselves; the expiry of a deviation bounds them."""

_BEST_FIRST: tuple[DeviationState, ...] = ("accepted", "unsigned", "expired", "changed", "withdrawn")


@dataclass(frozen=True)
class DecidedBy:
    """A term that decided a finding, with its value."""

    term: str
    value: str


@dataclass(frozen=True)
class Deviation:
    """A finding that somebody accepted, with everything that became of it since."""

    id: str
    """`D-21`: after the number of its entry in the ledger."""
    agreement: str
    term_sheet: str | None
    rule: str
    heading: str
    severity: str
    clauses: tuple[str, ...]
    """The ids of the clauses that the rule matched."""
    fingerprint: str
    grounds: str
    message: str
    values: tuple[DecidedBy, ...]
    who: str
    why: str
    accepted_on: Date
    expires: Date
    """The last day on which it holds."""
    signed_by: str | None = None
    signed_on: Date | None = None
    withdrawn_by: str | None = None
    withdrawn_why: str | None = None

    def state(self, day: Date) -> Literal["accepted", "unsigned", "expired", "withdrawn"]:
        """What it is worth on a day, for the finding and the terms for which it was given."""
        if self.withdrawn_by is not None:
            return "withdrawn"
        if self.expires.highest < day.lowest:
            return "expired"
        return "accepted" if self.signed_by is not None and not same_person(self.signed_by, self.who) else "unsigned"

    def covers(self, finding: Finding, review: Review) -> bool:
        """Whether it was given for this finding of this term sheet, on whatever terms."""
        sheet = review.term_sheet.id if review.term_sheet else None
        return (self.fingerprint, self.agreement, self.term_sheet) == (finding.fingerprint, review.agreement.id, sheet)


def grounds(finding: Finding) -> str:
    """A digest of what somebody accepts who accepts a finding: how grave it is, what it says, and what decided."""
    said = [finding.rule, finding.heading, finding.severity, finding.status, finding.message]
    values = [[one.term, one.value] for one in finding.values if one.term not in DAYS_OF_REVIEW]
    return hashlib.sha256(json.dumps([said, values]).encode()).hexdigest()


def same_person(one: str, other: str) -> bool:
    """Whether two names are one, however they are capitalised, spaced and punctuated."""
    return _person(one) == _person(other)


_FILLERS = "\u115f\u1160\u3164\uffa0"
"""Letters that nobody sees."""


def _person(name: str) -> str:
    seen = [c for c in unicodedata.normalize("NFKC", name).casefold() if c.isalnum() and c not in _FILLERS]
    return "".join(seen) or name


def apply(review: Review, deviations: Sequence[Deviation], day: Date) -> Review:
    """The review with what was accepted: `day` is the one on which it is made. Without deviations it stays as it is."""
    as_of = Date.read(review.as_of)
    later = as_of if as_of.highest > day.highest else day
    findings = tuple(_with_deviation(one, review, deviations, later) for one in review.findings)
    if findings == review.findings:
        return review
    rules = tuple(_counted(rule, findings) for rule in review.rules)
    accepted = sum(rule.counts_as == "accepted" for rule in rules) if any(f.is_accepted for f in findings) else None
    summary = replace(review.summary, accepted=accepted)
    return replace(review, findings=findings, rules=rules, summary=summary, verdict=verdict_of(rules))


def applied(examined: Examined, deviations: Sequence[Deviation], day: Date) -> Examined:
    """What was examined, with what was accepted of its findings."""
    return replace(examined, review=apply(examined.review, deviations, day))


def _with_deviation(finding: Finding, review: Review, deviations: Iterable[Deviation], day: Date) -> Finding:
    """The finding with the deviation that serves it best; of several that are alike, the latest."""
    found = [_accepted_by(one, finding, day) for one in deviations if one.covers(finding, review)]
    if not found:
        return finding
    best = min(reversed(found), key=lambda one: _BEST_FIRST.index(one.state))
    return replace(finding, deviation=best)


def _accepted_by(one: Deviation, finding: Finding, day: Date) -> AcceptedBy:
    state: DeviationState = one.state(day)
    if state in ("accepted", "unsigned") and one.grounds != grounds(finding):
        state = "changed"
    return AcceptedBy(one.id, state, one.who, one.why, str(one.expires), one.signed_by, one.withdrawn_by)


def _counted(rule: RuleStatus, findings: Iterable[Finding]) -> RuleStatus:
    """The rule with what it counts as, where one of its findings is accepted."""
    own = [finding for finding in findings if finding.rule == rule.rule and finding.severity == rule.severity]
    if rule.status not in ("breached", "undetermined") or not any(finding.is_accepted for finding in own):
        return rule
    left = {finding.status for finding in own if not finding.is_accepted}
    counts: Literal["breached", "undetermined", "accepted"] = "accepted"
    if left:
        counts = "breached" if "breached" in left else "undetermined"
    return replace(rule, counts_as=counts)


def sentence(one: AcceptedBy) -> str:
    """What became of a finding, for a reader: lower case, no full stop."""
    accepted = f"accepted by {one.who} until {one.expires}"
    match one.state:
        case "accepted":
            return f"{accepted} ({one.id}, signed by {one.signed_by}): {one.why}"
        case "unsigned":
            return f"{accepted} ({one.id}), but no second person has signed: it counts as open"
        case "changed":
            return f"{accepted} ({one.id}), but on other terms than these: it counts as open"
        case "expired":
            return f"accepted by {one.who} ({one.id}), but that expired on {one.expires}: it counts as open"
        case "withdrawn":
            return f"accepted by {one.who} ({one.id}), but {one.withdrawn_by} withdrew that: it counts as open"
