"""SARIF 2.1.0, which code hosts show at the right line."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import quote

from clauses.review.finding import Finding
from clauses.review.output.common import as_json, deviation, place_of
from clauses.review.output.ink import Ink
from clauses.review.output.repository import in_repository
from clauses.review.review import Examined
from clauses.source import LINE_BREAKS, Location

_ROOT = "%SRCROOT%"
_LEVELS = {"conflict": "error", "consent": "error", "flag": "warning", "note": "note"}


def render(examined: Sequence[Examined], ink: Ink) -> str:
    """The SARIF text, all term sheets in one run."""
    rules = {rule.id: rule for one in examined for run in one.runs for rule in run.pack.rules if rule.derives is None}
    numbers = {id: number for number, id in enumerate(sorted(rules))}
    driver = {
        "name": "clauses",
        "version": _version(),
        "rules": [
            {
                "id": rule.id,
                "shortDescription": _message(rule.heading),
                "help": _message(re.sub(r"\{([^{}]*)\}", r"‹\1›", rule.redraft or rule.heading)),
                "defaultConfiguration": {"level": _LEVELS[rule.severity]},
                "properties": {"tags": list(rule.tags)},
            }
            for _, rule in sorted(rules.items())
        ],
    }
    has_accepted = any(finding.is_accepted for one in examined for finding in one.review.findings)
    results = [
        {"ruleId": finding.rule, "ruleIndex": numbers[finding.rule], **_result(finding, one, has_accepted)}
        for one in examined
        for finding in one.review.findings
    ]
    document = {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
                "columnKind": "unicodeCodePoints",
                "newlineSequences": list(LINE_BREAKS),
                "results": results,
            }
        ],
    }
    return as_json(document)


def _version() -> str:
    try:
        return version("clauses")
    except PackageNotFoundError:
        return "0"


def _result(finding: Finding, one: Examined, has_accepted: bool) -> dict[str, Any]:
    text = finding.message if finding.status == "breached" else f"{finding.message}. Cannot tell: {finding.question}"
    if finding.deviation and not finding.is_accepted:
        text = f"{text} ({deviation(finding)})"
    return {
        "level": _LEVELS[finding.severity] if finding.status == "breached" else "warning",
        "message": _message(text),
        "locations": [_located(place_of(finding, one))],
        "relatedLocations": _related(finding),
        "partialFingerprints": {"clauses/v1": finding.fingerprint},
        **({"suppressions": _suppressions(finding)} if has_accepted else {}),
    }


def _suppressions(finding: Finding) -> list[dict[str, Any]]:
    """A result that is suppressed says so; where one is, the standard has all others say that they are not.

    An acceptance that does not hold is said in the message: some readers take any suppression for one that holds.
    """
    if not finding.is_accepted:
        return []
    return [{"kind": "external", "status": "accepted", "justification": deviation(finding)}]


def _related(finding: Finding) -> list[dict[str, Any]]:
    """Where the clauses of a finding stand, each once: a clause may have matched in several layers."""
    found: list[dict[str, Any]] = []
    for clause in finding.clauses:
        if clause.location:
            one = {**_located(clause.location), "message": _message(clause.heading or clause.id)}
            found += [one] if one not in found else []
    return found


def _message(text: str) -> dict[str, str]:
    """A text in which a reader of SARIF finds no placeholder and no link."""
    return {"text": text.replace("{", "{{").replace("}", "}}").replace("](", "] (")}


def _located(location: Location) -> dict[str, Any]:
    artifact = {"artifactLocation": _artifact(in_repository(location["file"]))}
    if "spot" in location:  # a document has no lines
        return {"physicalLocation": artifact, "logicalLocations": [{"fullyQualifiedName": location["spot"]}]}
    region = {"startLine": max(1, location["line"]), "startColumn": max(1, location["column"])}
    return {"physicalLocation": {**artifact, "region": region}}


def _artifact(name: str) -> dict[str, str]:
    """A file as SARIF names it: by a URI, which is relative to the root unless it leads out of it."""
    uri = quote(os.fsencode(name))
    if name.startswith("/"):
        return {"uri": f"file://{uri}"}
    return {"uri": uri} if ".." in name.split("/") else {"uri": uri, "uriBaseId": _ROOT}
