"""Annotations that GitHub Actions shows at the line (`::error file=…,line=…::message`)."""

from __future__ import annotations

from collections.abc import Sequence

from clauses.review.output.common import deviation, place_of
from clauses.review.output.ink import Ink
from clauses.review.output.repository import in_repository
from clauses.review.review import Examined
from clauses.source import Location, printable

_LEVELS = {"conflict": "error", "consent": "error", "flag": "warning", "note": "notice"}


def render(examined: Sequence[Examined], ink: Ink) -> str:
    """One annotation a finding."""
    lines = []
    for one in examined:
        for finding in one.review.findings:
            place = place_of(finding, one)
            level = _LEVELS[finding.severity] if finding.status == "breached" else "warning"
            title = f"{finding.severity}: {finding.heading}"
            text = (
                finding.message
                if finding.status == "breached"
                else f"{finding.message} (cannot tell: {finding.question})"
            )
            if finding.deviation:
                level = "notice" if finding.is_accepted else level
                text = f"{text} ({deviation(finding)})"
            lines.append(annotation(level, place, title, text))
    return "".join(lines)


def annotation(level: str, place: Location, title: str, text: str) -> str:
    """One annotation, as a line."""
    where = f"file={_exactly(in_repository(place['file']))}"
    if "spot" in place:  # a document has no lines
        text = f"{place['spot']}: {text}"
    else:
        where += f",line={place['line']},col={place['column']}"
    return f"::{level} {where},title={_property(title)}::{_escaped(text)}\n"


def _escaped(text: str) -> str:
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def _exactly(name: str) -> str:
    """The name of a file, in which no character may become another."""
    escaped = "".join(f"%{ord(char):02X}" if char in "%\r\n:," else char for char in name)
    return printable(escaped)
