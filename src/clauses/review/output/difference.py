"""How two term sheets differ: in what they would leave in force, and in what the rules find."""

from __future__ import annotations

from typing import Any

from clauses.review.finding import Finding, as_data
from clauses.review.output.ink import VERDICT_COLOURS, Ink
from clauses.review.review import Examined
from clauses.review.terms_in_force import differences
from clauses.source import printable


def compare(one: Examined, other: Examined) -> dict[str, Any]:
    """The comparison as plain data."""
    first, second = one.review, other.review
    return {
        "first": {"term_sheet": as_data(first.term_sheet), "verdict": first.verdict, "as_of": first.as_of},
        "second": {"term_sheet": as_data(second.term_sheet), "verdict": second.verdict, "as_of": second.as_of},
        "terms": as_data(differences(one.deal, other.deal)),
        "only_in_first": as_data(_only(first.findings, second.findings)),
        "only_in_second": as_data(_only(second.findings, first.findings)),
    }


def _only(findings: tuple[Finding, ...], others: tuple[Finding, ...]) -> list[Finding]:
    known = {(finding.fingerprint, finding.status) for finding in others}
    return [finding for finding in findings if (finding.fingerprint, finding.status) not in known]


def differs(data: dict[str, Any]) -> bool:
    """Whether there is any difference at all."""
    verdicts = data["first"]["verdict"] != data["second"]["verdict"]
    return verdicts or any(data[key] for key in ("terms", "only_in_first", "only_in_second"))


def render(data: dict[str, Any], ink: Ink) -> str:
    """The comparison as text."""
    first, second = data["first"], data["second"]
    names = first["term_sheet"]["id"], second["term_sheet"]["id"]
    lines = [
        ink.paint(f"{names[0]} against {names[1]}", "bold"),
        f"  verdict: {_verdict(first, ink)} → {_verdict(second, ink)}",
    ]
    if first["as_of"] != second["as_of"]:
        lines.append(f"  as of: {first['as_of']} → {second['as_of']}")
    lines += ["", "terms afterwards" if data["terms"] else "no term differs"]
    for change in data["terms"]:
        what = f"{change['clause']}.{change['term']}" if change["term"] else change["clause"]
        lines.append(
            f"  {printable(what)}: {ink.paint(change['first'], 'red')} → {ink.paint(change['second'], 'green')}"
        )
    for key, name, sign, colour in (
        ("only_in_first", names[0], "-", "red"),
        ("only_in_second", names[1], "+", "green"),
    ):
        if data[key]:
            lines += ["", f"found only for {name}"]
        for finding in data[key]:
            label = finding["severity"] if finding["status"] == "breached" else f"undetermined {finding['severity']}"
            lines.append(ink.paint(f"  {sign} {label}[{finding['rule']}] {finding['message']}", colour))
    if not data["only_in_first"] and not data["only_in_second"]:
        lines += ["", "the rules find the same for both"]
    return "\n".join(lines) + "\n"


def _verdict(side: dict[str, Any], ink: Ink) -> str:
    return ink.paint(side["verdict"], VERDICT_COLOURS[side["verdict"]], "bold")
