"""A short report in Markdown, for a pull request or a wiki. (The memo is the long one.)"""

from __future__ import annotations

import re
from collections.abc import Sequence

from clauses.review.output.common import counts, deviation, place_of, subject, verdict_sentence
from clauses.review.output.ink import Ink
from clauses.review.review import Examined
from clauses.source import printable, shown


def render(examined: Sequence[Examined], ink: Ink) -> str:
    """All reviews, each under a heading."""
    return "\n".join(_review(one) for one in examined)


def _review(one: Examined) -> str:
    review = one.review
    lines = [
        f"## {_text(subject(one))}",
        "",
        f"**{review.verdict}**: {verdict_sentence(one)}, as of {review.as_of}.",
    ]
    lines += ["", f"{counts(one)}.", ""]
    if review.findings:
        lines += ["| severity | finding | redraft or question | place |", "|---|---|---|---|"]
    for finding in review.findings:
        place = place_of(finding, one)
        label = finding.severity if finding.status == "breached" else f"undetermined ({finding.severity})"
        label = f"accepted {label}" if finding.is_accepted else label
        advice = finding.redraft if finding.status == "breached" else finding.question or ""
        said = f"{finding.message} ({deviation(finding)})" if finding.deviation else finding.message
        cells = [label, said, advice, shown(place)]
        lines.append("| " + " | ".join(_text(cell) for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    """Text that Markdown shows as it is."""
    return re.sub(r"([\\`*_{}\[\]<>#|~$!@&])", r"\\\1", printable(" ".join(text.split())))
