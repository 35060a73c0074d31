"""What a portfolio is found to hold: one row a finding, and the counts of them.

The rows are those of a review, less its explanations: `clauses explain` gives these for a single term sheet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from clauses.engines.engine import Outcome, Truth
from clauses.language.pack import RulePack
from clauses.language.rule import SEVERITIES, Severity
from clauses.review.finding import Verdict
from clauses.review.wording import Sentence
from clauses.terms.facts import Deal, Fact
from clauses.terms.values import Value

RowStatus = Literal["breached", "undetermined"]


class Row(NamedTuple):
    """A rule that an agreement breaches, or may breach, with the clauses that matched it."""

    agreement: str
    rule: str
    status: RowStatus
    severity: Severity
    clauses: tuple[str, ...]
    """The ids of the clauses in the order of the rule's patterns; a derived fact stands as the clauses it rests on."""
    message: str


def row_order(row: Row) -> tuple[int, str, tuple[str, ...], str, str]:
    """The order of the rows of one agreement: the gravest first, then by rule, clauses, status and words."""
    return SEVERITIES.index(row.severity), row.rule, row.clauses, row.status, row.message


Sentences = Mapping[str, Sentence]
"""What each rule of a pack says, by its id."""


def sentences(pack: RulePack, parameters: Mapping[str, Value | str]) -> dict[str, Sentence]:
    """What the rules of a pack say, with the parameters of a day; rules that derive facts say nothing."""
    return {rule.id: Sentence(rule.says, rule, parameters) for rule in pack.rules if rule.derives is None}


def rows_of(world: Deal, outcomes: Sequence[tuple[RulePack, Sentences, Outcome]]) -> list[Row]:
    """The rows of one agreement from what an engine found: the long way, which every other way must equal."""
    context = next(fact for fact in world.facts if fact.kind == "context")
    found = []
    for pack, says, outcome in outcomes:
        for rule in pack.rules:
            if rule.derives is not None:
                continue
            for binding, truth in outcome.matches[rule.id].items():
                matched = [outcome.facts[number] for number in binding]
                values = {pattern.alias: fact.values for pattern, fact in zip(rule.given, matched, strict=True)}
                values["context"] = context.values
                text = says[rule.id].of(lambda alias, term, values=values: values[alias].get(term), world)  # type: ignore[misc]
                ids = tuple(id for fact in matched for id in clause_ids(fact))
                status: RowStatus = "breached" if truth is Truth.TRUE else "undetermined"
                found.append(Row(world.agreement.id, rule.id, status, rule.severity, ids, text))
    return sorted(found, key=row_order)


def clause_ids(fact: Fact) -> tuple[str, ...]:
    """The clause that a fact is about, or for a derived one those that it rests on."""
    if not fact.derived_from:
        return (fact.id,)
    return tuple(id for source in fact.derived_from for id in clause_ids(source))


# --- counts


@dataclass
class RuleCount:
    """How many agreements a rule finds breached, or cannot tell, and with how many findings."""

    breached: int = 0
    undetermined: int = 0
    findings: int = 0

    def add(self, other: RuleCount) -> None:
        """Count in what another part of the portfolio holds."""
        self.breached += other.breached
        self.undetermined += other.undetermined
        self.findings += other.findings


@dataclass
class Counts:
    """How many agreements were checked, and how they came out."""

    agreements: int = 0
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    """Agreements by their verdict; those that no rule finds anything about are `clear`."""
    rules: dict[str, RuleCount] = field(default_factory=dict)
    """Rules that found something, by id."""
    severities: dict[Severity, RuleCount] = field(default_factory=dict)
    """The same by severity: an agreement counts once, as breached where any rule of the severity is."""
    with_findings: int = 0
    """Agreements with at least one finding."""

    @property
    def findings(self) -> int:
        """How many rows there are."""
        return sum(count.findings for count in self.rules.values())

    def add(self, other: Counts) -> None:
        """Count in what another part of the portfolio holds."""
        self.agreements += other.agreements
        self.with_findings += other.with_findings
        self.verdicts.update(other.verdicts)
        _add(self.rules, other.rules)
        _add(self.severities, other.severities)

    def data(self) -> dict[str, Any]:
        """The counts as JSON-ready data."""
        return {
            "agreements": self.agreements,
            "with_findings": self.with_findings,
            "verdicts": {verdict: self.verdicts[verdict] for verdict in sorted(self.verdicts)},
            "rules": {name: vars(self.rules[name]) for name in sorted(self.rules)},
            "severities": {name: vars(self.severities[name]) for name in SEVERITIES if name in self.severities},
        }

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Counts:
        """Counts from their data."""
        return cls(
            data["agreements"],
            Counter(data["verdicts"]),
            {name: RuleCount(**count) for name, count in data["rules"].items()},
            {name: RuleCount(**count) for name, count in data["severities"].items()},
            data["with_findings"],
        )


def _add(counts: dict[Any, RuleCount], more: Mapping[Any, RuleCount]) -> None:
    for name, other in more.items():
        counts.setdefault(name, RuleCount()).add(other)


def count_of(rows: Sequence[Row]) -> Counts:
    """The counts of a single agreement, from all its rows."""
    counts = Counts(agreements=1, with_findings=int(bool(rows)))
    counts.verdicts[verdict_of(rows)] = 1
    rules: dict[str, list[Row]] = {}
    severities: dict[Severity, list[Row]] = {}
    for row in rows:
        rules.setdefault(row.rule, []).append(row)
        severities.setdefault(row.severity, []).append(row)
    counts.rules = {name: _tally(own) for name, own in rules.items()}
    counts.severities = {name: _tally(own) for name, own in severities.items()}
    return counts


def _tally(rows: Sequence[Row]) -> RuleCount:
    is_breached = any(row.status == "breached" for row in rows)
    return RuleCount(int(is_breached), int(not is_breached), len(rows))


def verdict_of(rows: Sequence[Row]) -> Verdict:
    """The verdict of an agreement from its rows; as in a review, a rule that is breached is not open too."""
    breached = {row.rule: row.severity for row in rows if row.status == "breached"}
    is_open = any(row.severity != "note" for row in rows if row.rule not in breached)
    held = set(breached.values())
    if "conflict" in held:
        return "conflict"
    if "consent" in held:
        return "consent"
    return "undetermined" if is_open else "flag" if "flag" in held else "clear"
