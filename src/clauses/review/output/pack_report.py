"""The results of a pack's examples, with what they cover."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

from clauses.language.pack import RulePack
from clauses.review.output.common import as_json
from clauses.review.output.ink import Ink
from clauses.review.pack_tests import Coverage, ExampleResult
from clauses.source import printable

Run = tuple[RulePack, list[ExampleResult], Coverage]


def render(runs: Sequence[Run], format: str, list_missing: bool, ink: Ink) -> str:
    """The report in one of the formats text, json and junit."""
    if format == "json":
        return as_json([_data(run) for run in runs])
    if format == "junit":
        suites = "".join(_suite(run) for run in runs)
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n{suites}</testsuites>\n'
    return "".join(_text(run, list_missing, ink) for run in runs)


def _text(run: Run, list_missing: bool, ink: Ink) -> str:
    pack, results, coverage = run
    lines = []
    for result in results:
        if not result.passed:
            place, sentence = printable(str(result.example.place)), printable(_sentence(result))
            lines.append(f"{place}: {ink.paint('failed', 'red')} {sentence}")
    if list_missing:
        lines += [printable(f"not covered: {rule}: {what}") for rule, what in coverage.missing()]
    failed = sum(not result.passed for result in results)
    seen, wanted = coverage.counts()
    lines.append(
        f"{pack.name} {pack.version}: {len(results) - failed} examples passed, {failed} failed; "
        f"{len(coverage.statuses)} rules; coverage {coverage.percentage()}% ({seen} of {wanted})"
    )
    return "\n".join(lines) + "\n"


def _sentence(result: ExampleResult) -> str:
    found = " and ".join(f"{status} on {engine}" for engine, status in result.found.items())
    return f"{result.example.rule.id} on “{result.example.name}”: expected {result.example.expect}, found {found}"


def _data(run: Run) -> dict[str, object]:
    pack, results, coverage = run
    seen, wanted = coverage.counts()
    return {
        "pack": pack.name,
        "version": pack.version,
        "sha256": pack.sha256,
        "examples": [
            {
                "rule": result.example.rule.id,
                "name": result.example.name,
                "expected": result.example.expect,
                "found": dict(result.found),
                "passed": result.passed,
                "location": result.example.place.location(),
            }
            for result in results
        ],
        "coverage": {
            "percent": coverage.percentage(),
            "seen": seen,
            "wanted": wanted,
            "missing": [{"rule": rule, "missing": what} for rule, what in coverage.missing()],
        },
    }


def _suite(run: Run) -> str:
    pack, results, _ = run
    failed = sum(not result.passed for result in results)
    cases = ""
    for result in results:
        name = quoteattr(printable(result.example.name))
        inside = "" if result.passed else f"<failure message={quoteattr(printable(_sentence(result)))}/>"
        cases += f"    <testcase classname={quoteattr(result.example.rule.id)} name={name}>{inside}</testcase>\n"
    return (
        f'  <testsuite name={quoteattr(pack.name)} tests="{len(results)}" failures="{failed}">\n{cases}  </testsuite>\n'
    )
