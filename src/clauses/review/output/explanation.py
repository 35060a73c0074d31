"""Explanations as text."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from clauses.language.english import joined
from clauses.review.finding import Derivation
from clauses.review.output.common import deviation
from clauses.review.output.ink import SEVERITY_COLOURS, Ink
from clauses.review.review import Examined
from clauses.review.why import Explanation, Reason
from clauses.source import printable

WIDTH = 100
_MARKS = {"true": "yes", "false": "no", "unknown": "cannot tell"}
_WORDS = {
    "breached": "breached", "undetermined": "cannot tell", "satisfied": "satisfied", "not_applicable": "does not apply",
}  # fmt: skip


def render(examined: Examined, explanations: Sequence[Explanation], ink: Ink, whole: bool) -> str:
    """The explanations of one review; `whole` adds every derivation."""
    review = examined.review
    sheet = review.term_sheet.id if review.term_sheet else "the agreement as it stands"
    lines = [f"{sheet} against {review.agreement.id}, as of {review.as_of}: {review.verdict}", ""]
    for explanation in explanations:
        lines += [*_explanation(explanation, ink, whole), ""]
    if not explanations:
        lines += ["No rule found anything. Name a rule with `--rule ID` to see why it did not.", ""]
    return "\n".join(lines)


def _explanation(explanation: Explanation, ink: Ink, whole: bool) -> list[str]:
    colour = SEVERITY_COLOURS.get(explanation.severity, "bold")
    status = _WORDS[explanation.status]
    title = f"{explanation.severity}[{explanation.rule}] {explanation.heading}: {status}"
    lines = [ink.paint(title, colour, "bold")]
    lines += [line for sentence in explanation.meaning for line in _wrap(sentence, "  ")]
    if explanation.remark:
        lines += _wrap(explanation.remark, "  ")
    for number, reason in enumerate(explanation.reasons):
        finding = explanation.findings[number] if number < len(explanation.findings) else None
        lines += _reason(reason, explanation.status, whole, ink)
        if finding:
            lines += _wrap(f"So: {_sentence(finding.message)}", "  ")
            if finding.deviation:
                lines += _wrap(f"Deviation: {_sentence(deviation(finding))}", "  ")
            if finding.question:
                lines += _wrap(f"To know, ask: {finding.question}", "  ")
            if finding.redraft:
                lines += _wrap(f"What would change it: {_sentence(finding.redraft)}", "  ")
    return lines


def _reason(reason: Reason, status: str, whole: bool, ink: Ink) -> list[str]:
    names = joined(reason.clauses)
    verb = {"satisfied": "Not breached by", "breached": "Breached by"}.get(status, "It cannot be told for")
    lines = ["", *_wrap(f"{verb} {names}:", "  ")]
    for number, step in enumerate(reason.steps, 1):
        lines += _wrap(f"{number}. {step.sentence}", "    ", "       ")
        if step.places:
            lines += [ink.paint(line, "dim") for line in _wrap("; ".join(step.places), "       ")]
    if whole:
        lines += ["    The whole derivation:", *_derivation(reason.derivation, 6)]
    return lines


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _derivation(derivation: Derivation, indent: int) -> list[str]:
    lines = _wrap(f"{_MARKS[derivation.truth]}: {derivation.text}", " " * indent, " " * (indent + 2))
    for part in derivation.parts:
        lines += _derivation(part, indent + 2)
    return lines


def _wrap(text: str, indent: str, later: str | None = None) -> list[str]:
    return textwrap.wrap(
        printable(text),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if later is None else later,
        break_on_hyphens=False,
        break_long_words=False,
    )
