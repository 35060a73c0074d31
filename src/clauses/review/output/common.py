"""What several formats say in the same way."""

from __future__ import annotations

import json
import re
from typing import Any

from clauses.review.deviations import sentence
from clauses.review.finding import Finding, MatchedClause
from clauses.review.review import Examined
from clauses.source import Location, Source, printable, shown

VERDICT_SENTENCES = {
    "conflict": "it cannot be signed as it stands: a term conflicts with what is in force",
    "consent": "it can be signed only with the consent of others",
    "undetermined": "it cannot be told yet whether it can be signed",
    "flag": "nothing stands in its way, but it draws attention that should be weighed first",
    "clear": "nothing that the rules look for stands in its way",
}


def as_json(data: Any, indent: int | None = 2) -> str:
    """JSON in which characters that steer a terminal, or turn the direction of a text, are escaped."""
    text = json.dumps(data, indent=indent, ensure_ascii=False)
    return re.sub(r"[^\x20-\x7e\n]", _escaped, text) + "\n"


def _escaped(match: re.Match[str]) -> str:
    return match[0] if match[0].isprintable() else json.dumps(match[0])[1:-1]


def printable_lines(text: str) -> str:
    """A text of several lines, each safe on a terminal."""
    return "\n".join(printable(line) for line in text.split("\n"))


def subject(examined: Examined) -> str:
    """What was reviewed: the file of the term sheet, or of the agreement."""
    world = examined.deal
    return world.sheet.file if world.sheet else world.agreement.file


def main_clause(finding: Finding) -> MatchedClause | None:
    """The clause that a finding points at: what is proposed or removed, before what is in force."""
    for layer in ("proposed", "removed"):
        for clause in finding.clauses:
            if clause.layer == layer and clause.location:
                return clause
    return next((clause for clause in finding.clauses if clause.location), None)


def place_of(finding: Finding, examined: Examined) -> Location:
    """Where a finding points; at the top of the reviewed file where no clause has a place."""
    clause = main_clause(finding)
    return clause.location if clause and clause.location else {"file": subject(examined), "line": 1, "column": 1}


def headline(finding: Finding, examined: Examined) -> str:
    """`path:line:column: severity[rule] message`, on one line."""
    place = place_of(finding, examined)
    label = finding.severity if finding.status == "breached" else f"undetermined {finding.severity}"
    label = f"accepted {label}" if finding.is_accepted else label
    return printable(f"{shown(place, with_column=True)}: {label}[{finding.rule}] {finding.message}")


def deviation(finding: Finding) -> str:
    """What became of a finding that somebody accepted, as a sentence without a full stop; empty where nobody did."""
    return sentence(finding.deviation) if finding.deviation else ""


def verdict_sentence(examined: Examined) -> str:
    """What the verdict means, and that it leaves out what is accepted."""
    accepted = sum(finding.is_accepted for finding in examined.review.findings)
    aside = "one finding is accepted and counts no longer"
    if accepted > 1:
        aside = f"{accepted} findings are accepted and count no longer"
    return VERDICT_SENTENCES[examined.review.verdict] + (f"; {aside}" if accepted else "")


def source_of(location: Location, examined: Examined) -> Source | None:
    """The text of the file that a location is in."""
    world = examined.deal
    for root in (world.sheet.root if world.sheet else None, world.agreement.root):
        if root is not None and root.place.file == location["file"]:
            return root.place.source
    return None


def counts(examined: Examined) -> str:
    """`1 conflict, 2 flags, 1 undetermined; 45 rules: …` in words."""
    found = [rule for rule in examined.review.rules if rule.standing == "breached"]
    parts = []
    for severity, plural in (("conflict", "conflicts"), ("consent", "consents"), ("flag", "flags"), ("note", "notes")):
        number = sum(rule.severity == severity for rule in found)
        if number:
            parts.append(f"{number} {severity if number == 1 else plural}")
    summary = examined.review.summary
    undetermined = sum(rule.standing == "undetermined" for rule in examined.review.rules)
    if undetermined:
        parts.append(f"{undetermined} undetermined")
    if summary.accepted:
        parts.append(f"{summary.accepted} accepted")
    passed = f"{summary.satisfied} satisfied, {summary.not_applicable} not applicable, of {summary.rules} rules"
    left_out = sum(run.pack.left_out for run in examined.runs)
    if left_out:
        passed += f" ({left_out} others were not selected)"
    return ", ".join([*parts, passed])
