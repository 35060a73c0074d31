"""Annotations that GitHub Actions shows at the line (`::error file=…,line=…::message`)."""

from __future__ import annotations

from collections.abc import Sequence

from clauses.review.output.common import place_of
from clauses.review.output.ink import Ink
from clauses.review.review import Examined

_LEVELS = {"conflict": "error", "consent": "error", "flag": "warning", "note": "notice"}


def render(examined: Sequence[Examined], ink: Ink) -> str:
    """One annotation a finding."""
    lines = []
    for one in examined:
        for finding in one.review.findings:
            place = place_of(finding, one)
            level = _LEVELS[finding.severity] if finding.status == "breached" else "warning"
            where = f"file={_property(place['file'])},line={place['line']},col={place['column']}"
            title = _property(f"{finding.severity}: {finding.heading}")
            text = (
                finding.message
                if finding.status == "breached"
                else f"{finding.message} (cannot tell: {finding.question})"
            )
            lines.append(f"::{level} {where},title={title}::{_escaped(text)}\n")
    return "".join(lines)


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
