"""JUnit XML, for build servers: a test suite a term sheet, a test case a rule."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from clauses.review.output.common import deviation, headline, printable_lines, subject
from clauses.review.output.ink import Ink
from clauses.review.review import Examined


def render(examined: Sequence[Examined], ink: Ink) -> str:
    """The XML text."""
    suites = "".join(_suite(one) for one in examined)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n{suites}</testsuites>\n'


def _suite(one: Examined) -> str:
    summary = one.review.summary
    failures = sum(rule.standing == "breached" for rule in one.review.rules)
    errors = sum(rule.standing == "undetermined" for rule in one.review.rules)
    skipped = summary.not_applicable + (summary.accepted or 0)
    cases = "".join(_case(rule.rule, rule.standing, one) for rule in one.review.rules)
    counts = f'tests="{summary.rules}" failures="{failures}" errors="{errors}" skipped="{skipped}"'
    return f"  <testsuite name={quoteattr(_clean(subject(one)))} {counts}>\n{cases}  </testsuite>\n"


def _case(rule: str, status: str, one: Examined) -> str:
    opening = f"    <testcase classname={quoteattr(_clean(subject(one)))} name={quoteattr(rule)}"
    if status == "not_applicable":
        return f'{opening}><skipped message="not applicable"/></testcase>\n'
    found = [finding for finding in one.review.findings if finding.rule == rule]
    accepted = [f"{finding.message}; {deviation(finding)}" for finding in found if finding.is_accepted]
    if status == "accepted":
        return f"{opening}><skipped message={quoteattr(_clean('; '.join(accepted)))}/></testcase>\n"
    inside = ""
    for finding in found:
        if finding.is_accepted:
            continue
        element = "failure" if finding.status == "breached" else "error"
        said = [headline(finding, one), finding.question or finding.redraft, deviation(finding)]
        text = _clean("\n".join(said if finding.deviation else said[:2]))
        inside += f"<{element} message={quoteattr(_clean(finding.message))}>{escape(text)}</{element}>"
    if accepted:
        inside += f"<system-out>{escape(_clean('; '.join(accepted)))}</system-out>"
    return f"{opening}>{inside}</testcase>\n" if inside else f"{opening}/>\n"


def _clean(text: str) -> str:
    """Without the characters that XML does not have, or that a terminal obeys."""
    return printable_lines(text)
