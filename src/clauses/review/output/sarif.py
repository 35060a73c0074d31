"""SARIF 2.1.0, which code hosts show at the right line."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from clauses.review.finding import Finding
from clauses.review.output.common import as_json, place_of
from clauses.review.output.ink import Ink
from clauses.review.review import Examined
from clauses.source import Location

_LEVELS = {"conflict": "error", "consent": "error", "flag": "warning", "note": "note"}


def render(examined: Sequence[Examined], ink: Ink) -> str:
    """The SARIF text, all term sheets in one run."""
    rules = {rule.id: rule for one in examined for run in one.runs for rule in run.pack.rules if rule.derives is None}
    driver = {
        "name": "clauses",
        "version": _version(),
        "rules": [
            {
                "id": rule.id,
                "shortDescription": {"text": rule.heading},
                "help": {"text": rule.redraft or rule.heading},
                "defaultConfiguration": {"level": _LEVELS[rule.severity]},
                "properties": {"tags": list(rule.tags)},
            }
            for _, rule in sorted(rules.items())
        ],
    }
    results = [_result(finding, one) for one in examined for finding in one.review.findings]
    document = {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
    return as_json(document)


def _version() -> str:
    try:
        return version("clauses")
    except PackageNotFoundError:
        return "0"


def _result(finding: Finding, one: Examined) -> dict[str, Any]:
    related = [clause for clause in finding.clauses if clause.location]
    text = finding.message if finding.status == "breached" else f"{finding.message}. Cannot tell: {finding.question}"
    return {
        "ruleId": finding.rule,
        "level": _LEVELS[finding.severity] if finding.status == "breached" else "warning",
        "message": {"text": text},
        "locations": [_located(place_of(finding, one))],
        "relatedLocations": [
            {**_located(clause.location), "message": {"text": clause.heading or clause.id}}
            for clause in related
            if clause.location
        ],
        "partialFingerprints": {"clauses/v1": finding.fingerprint},
    }


def _located(location: Location) -> dict[str, Any]:
    uri = quote(os.fsencode(PurePath(location["file"]).as_posix()))
    artifact = {"artifactLocation": {"uri": uri}}
    if "spot" in location:  # a document has no lines
        return {"physicalLocation": artifact, "logicalLocations": [{"fullyQualifiedName": location["spot"]}]}
    region = {"startLine": max(1, location["line"]), "startColumn": max(1, location["column"])}
    return {"physicalLocation": {**artifact, "region": region}}
