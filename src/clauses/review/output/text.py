"""For a person at a terminal: every finding with its clauses, their words, and what would cure it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from clauses.review.finding import Finding, MatchedClause
from clauses.review.output.common import counts, deviation, headline, place_of, source_of, subject, verdict_sentence
from clauses.review.output.ink import SEVERITY_COLOURS, VERDICT_COLOURS, Ink
from clauses.review.review import Examined
from clauses.review.wording import NOT_STATED
from clauses.source import Location, Place, printable, shown

WIDTH = 100
_STANDING = {
    "current": "in force", "proposed": "proposed", "removed": "removed by the term sheet",
    "result": "in force afterwards",
    None: "follows from",
}  # fmt: skip


def render(examined: Sequence[Examined], ink: Ink) -> str:
    """All reviews, one below the other."""
    return "\n".join(_review(one, ink) for one in examined)


def _review(one: Examined, ink: Ink) -> str:
    review = one.review
    verdict = review.verdict
    against = f"{review.agreement.id}, as of {review.as_of}"
    lines = [ink.paint(printable(f"{subject(one)} against {against}"), "bold"), ""]
    for finding in review.findings:
        lines += [*_finding(finding, one, ink), ""]
    if ink.verbose:
        quiet = [rule for rule in review.rules if rule.status in ("satisfied", "not_applicable")]
        lines += [f"{rule.status.replace('_', ' ')}: {rule.severity}[{rule.rule}]" for rule in quiet] + [""]
    lines.append(ink.paint(f"{verdict.upper()}: {verdict_sentence(one)}", VERDICT_COLOURS[verdict], "bold"))
    packs = ", ".join(f"{pack.name} {pack.version}" for pack in review.packs)
    lines.append(f"{counts(one)} ({packs}; engines: {', '.join(review.engines)})")
    return "\n".join(lines) + "\n"


def _finding(finding: Finding, one: Examined, ink: Ink) -> list[str]:
    colour = SEVERITY_COLOURS[finding.severity] if finding.status == "breached" else "yellow"
    colour = "green" if finding.is_accepted else colour
    first, _, rest = headline(finding, one).partition("] ")
    lines = [f"{ink.paint(first + ']', colour, 'bold')} {rest}", *_excerpt(place_of(finding, one), one, ink)]
    lines += _labelled("deviation", deviation(finding), ink)
    lines += _labelled("cannot tell", finding.question or "", ink)
    for clause in finding.clauses:
        lines += _labelled(_STANDING[clause.layer], _clause(clause), ink)
    lines += _labelled("decided by", _values(finding), ink)
    for authority in finding.authority:
        quoted = f": “{authority.quote}”" if authority.quote else ""
        lines += _labelled("authority", f"{authority.document}{quoted}", ink)
    return lines + _labelled("redraft", finding.redraft, ink)


def _excerpt(location: Location, one: Examined, ink: Ink) -> list[str]:
    source = source_of(location, one)
    if source is None:
        return []
    excerpt = Place(source, location["line"], location["column"], 200).excerpt()
    return ["  " + ink.paint(line, "dim") for line in excerpt.splitlines()[:1]]


def _values(finding: Finding) -> str:
    """The dates, amounts and percentages that decided, and what is not stated, each with its line."""
    found: dict[str, None] = {}
    for term in finding.values:
        if re.search(r"\d", term.value) or term.value == NOT_STATED:
            place = f" ({shown(term.location).rpartition('/')[2]})" if term.location else ""
            found[f"{term.term} {term.value}{place}"] = None
    return "; ".join(found)


def _clause(clause: MatchedClause) -> str:
    place = f" ({shown(clause.location)})" if clause.location else ""
    quote = f": “{' '.join(clause.quote.split())}”" if clause.quote else ""
    return f"{clause.heading or clause.id}, {clause.basis}{quote}{place}"


def _labelled(label: str, text: str, ink: Ink) -> list[str]:
    if not text:
        return []
    # A word longer than a line is broken here, for `textwrap` takes the square of its length to do it.
    shown = re.sub(rf"(\S{{{WIDTH}}})(?=\S)", r"\1 ", printable(f"{label}: {text}"))
    wrapped = textwrap.wrap(shown, WIDTH, subsequent_indent="  ", break_on_hyphens=False)
    first = wrapped[0]
    return [
        "  = " + ink.paint(first[: len(label) + 1], "dim") + first[len(label) + 1 :],
        *("    " + line for line in wrapped[1:]),
    ]
