"""What an acceptance covers, until when, and what follows for a review and each of its outputs; no ledger."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from clauses import use_cases
from clauses.memo.memo import write_memo
from clauses.review import output
from clauses.review.deviations import DecidedBy, Deviation, applied, apply, grounds, same_person, sentence
from clauses.review.finding import Finding, RuleStatus, review_schema
from clauses.review.output.ink import Ink
from clauses.review.review import Examined, Reviewer, verdict_of
from clauses.source import Document
from clauses.terms.values import Date

DATA = Path(__file__).parents[1] / "data"
DAY = Date.read("2025-07-10")
SHEET = (DATA / "deal" / "sheet.yaml").read_text()
AGREEMENT = (DATA / "deal" / "agreement.yaml").read_bytes()
Examine = Callable[..., Examined]


@pytest.fixture(scope="module")
def examine() -> Iterator[Examine]:
    packs = use_cases.packs(use_cases.Choice(rules=(str(DATA / "pack"),)))
    with Reviewer(packs, ("reference",)) as reviewer:

        def examined(sheet: str = SHEET, agreement: bytes = AGREEMENT, as_of: str = "2025-07-01") -> Examined:
            documents = Document("sheet.yaml", sheet.encode()), Document("agreement.yaml", agreement)
            return use_cases.examine_one(reviewer, *documents, Date.read(as_of))

        yield examined


def accepted(examined: Examined, rule: str = "compute-outside", **more: Any) -> Deviation:
    """An acceptance of a finding, signed and in time unless `more` says otherwise."""
    finding = next(one for one in examined.review.findings if one.rule == rule)
    assert examined.review.term_sheet is not None
    given: dict[str, Any] = {
        "id": "D-2",
        "agreement": examined.review.agreement.id,
        "term_sheet": examined.review.term_sheet.id,
        "rule": finding.rule,
        "heading": finding.heading,
        "severity": finding.severity,
        "clauses": tuple(clause.id for clause in finding.clauses),
        "fingerprint": finding.fingerprint,
        "grounds": grounds(finding),
        "message": finding.message,
        "values": tuple(DecidedBy(one.term, one.value) for one in finding.values),
        "who": "Ann Lee",
        "why": "a bridge until the new site opens",
        "accepted_on": Date.read("2025-07-02"),
        "expires": Date.read("2025-12-31"),
        "signed_by": "Bo Ek",
    }
    return Deviation(**{**given, **more})


def finding_of(examined: Examined, rule: str = "compute-outside") -> Finding:
    return next(one for one in examined.review.findings if one.rule == rule)


# --- what it covers


def test_an_accepted_finding_keeps_its_place_and_counts_no_longer(examine: Examine) -> None:
    before = examine()
    after = applied(before, [accepted(before)], DAY).review
    assert (before.review.verdict, after.verdict) == ("conflict", "flag")
    assert [f.rule for f in after.findings] == [f.rule for f in before.review.findings]
    assert [f.is_accepted for f in after.findings] == [True, False]
    assert {rule.rule: (rule.status, rule.counts_as) for rule in after.rules} == {
        "compute-outside": ("breached", "accepted"),
        "dual-flag": ("breached", None),
    }
    counted = after.summary
    assert counted.breached + counted.undetermined + counted.satisfied + counted.not_applicable == counted.rules
    assert (counted.breached, counted.accepted) == (2, 1)
    assert after.review_id == before.review.review_id


def test_without_deviations_a_review_stays_the_very_same(examine: Examine) -> None:
    examined = examine()
    assert apply(examined.review, [], DAY) is examined.review
    for other in ({"agreement": "other"}, {"term_sheet": "other"}, {"term_sheet": None}, {"fingerprint": "0" * 16}):
        assert apply(examined.review, [accepted(examined, **other)], DAY) is examined.review
    keys = set(json.dumps(examined.review.data()).replace('"', " ").split())
    assert not keys & {"deviation", "counts_as", "accepted"}


@pytest.mark.parametrize(
    ("more", "day", "state"),
    [
        ({}, "2025-07-10", "accepted"),
        ({}, "2025-12-31", "accepted"),
        ({}, "2026-01-01", "expired"),
        ({"signed_by": None}, "2025-07-10", "unsigned"),
        ({"signed_by": " ann  LEE"}, "2025-07-10", "unsigned"),
        ({"signed_by": None}, "2026-01-01", "expired"),
        ({"withdrawn_by": "Cy Ng"}, "2025-07-10", "withdrawn"),
        ({"grounds": "0" * 64}, "2025-07-10", "changed"),
        ({"grounds": "0" * 64}, "2026-01-01", "expired"),
    ],
)
def test_only_what_is_signed_in_time_and_unchanged_holds(
    examine: Examine, more: dict[str, Any], day: str, state: str
) -> None:
    examined = examine()
    seen = applied(examined, [accepted(examined, **more)], Date.read(day))
    found = finding_of(seen).deviation
    assert found is not None and found.state == state
    assert seen.review.verdict == ("flag" if state == "accepted" else "conflict")
    assert (seen.review.summary.accepted == 1) == (state == "accepted")
    said = sentence(found)
    assert ("it counts as open" in said) == (state != "accepted")
    if state != "accepted":
        assert all(rule.counts_as is None for rule in seen.review.rules)


def test_it_expires_on_the_later_of_the_two_days(examine: Examine) -> None:
    late = examine(as_of="2026-01-01")
    assert applied(late, [accepted(late)], DAY).review.verdict == "conflict"
    early = examine()
    assert applied(early, [accepted(early)], Date.read("2026-01-01")).review.verdict == "conflict"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("starts: 2026-01-01", "starts: 2025-12-01"),
        ("starts: 2026-01-01", "starts: 2026-06-01"),
        ("ends: 2029-12-31", "ends: 2035-12-31"),
        ("heading: Compute from Cedar", "heading: Compute from Cedar\n      text: new words"),
    ],
)
def test_an_acceptance_does_not_cover_other_terms(examine: Examine, old: str, new: str) -> None:
    """A worse value is not covered, nor is a better one; words that the rule does not read are no matter."""
    given = accepted(examine())
    assert old in SHEET
    seen = applied(examine(SHEET.replace(old, new)), [given], DAY)
    found = finding_of(seen).deviation
    assert found is not None
    assert found.state == ("accepted" if "words" in new else "changed")


def test_the_grounds_are_all_that_a_finding_says(examine: Examine) -> None:
    found = finding_of(examine())
    (first, *others) = found.values
    changes: list[dict[str, Any]] = [{"message": "x"}, {"severity": "consent"}, {"status": "undetermined"}]
    changes += [{"heading": "x"}, {"values": (replace(first, value="x"), *others)}, {"values": tuple(others)}]
    assert len({grounds(found), *(grounds(replace(found, **change)) for change in changes)}) == 1 + len(changes)
    moved = replace(first, location={"file": "other.yaml", "line": 1, "column": 1})
    today = replace(first, term="context.as_of", value="2025-07-01")
    for values in ((moved, *others), (today, *found.values)):
        assert grounds(replace(found, values=values)) == grounds(found)


def test_the_place_of_a_clause_and_the_day_are_no_part_of_the_grounds(examine: Examine) -> None:
    given = accepted(examine())
    moved = SHEET.replace("changes:", "# a remark\n\nchanges:")
    for other in (examine(moved), examine(as_of="2025-08-01"), examine(agreement=AGREEMENT + b"# a remark\n")):
        assert finding_of(applied(other, [given], DAY)).is_accepted


def test_of_several_the_one_that_holds_counts_and_else_the_latest(examine: Examine) -> None:
    examined = examine()
    one, other = accepted(examined, id="D-2", signed_by=None), accepted(examined, id="D-3")
    for order in ([one, other], [other, one]):
        found = finding_of(applied(examined, order, DAY)).deviation
        assert found is not None and (found.id, found.state) == ("D-3", "accepted")
    later = replace(one, id="D-9", expires=Date.read("2026-03-31"))
    found = finding_of(applied(examined, [one, later], DAY)).deviation
    assert found is not None and found.id == "D-9"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ann Lee", " ann  LEE ", True),
        ("Ann Lee", "AnnLee", True),
        ("Ann Lee", "Ann\u200b Lee", True),
        ("Ann Lee", "Ａnn Lee", True),
        ("José", "Jose\u0301", True),
        ("STRASSE", "straße", True),
        ("Ann Lee", "Anna Lee", False),
        ("Ann Lee", "Ann Lee.", True),
        ("Ann Lee", "Ann Lee\u3164", True),
        ("Ann Lee", "Ann\u2800\u115fLee", True),
        ("Bo", "Bö", False),
    ],
)
def test_the_second_person_is_another_person(one: str, other: str, same: bool) -> None:
    assert same_person(one, other) is same


def test_a_rule_counts_as_what_is_left_of_it(examine: Examine) -> None:
    """A rule with a breach that is accepted and another finding that is open counts as undetermined, not as passed."""
    examined = examine()
    first = finding_of(examined)
    second = replace(first, status="undetermined", fingerprint="f" * 16, missing=("x.y",), question="when?")
    review = replace(examined.review, findings=(first, second))
    seen = apply(review, [accepted(examined)], DAY)
    assert {rule.rule: rule.counts_as for rule in seen.rules}["compute-outside"] == "undetermined"
    assert seen.verdict == "undetermined" and seen.summary.accepted == 0
    both = apply(review, [accepted(examined), accepted(examined, fingerprint="f" * 16, grounds=grounds(second))], DAY)
    assert {rule.rule: rule.counts_as for rule in both.rules}["compute-outside"] == "accepted"


def test_the_verdict_leaves_out_what_is_accepted() -> None:
    rules = [
        RuleStatus("a", "conflict", "breached", "accepted"),
        RuleStatus("b", "consent", "undetermined", "accepted"),
    ]
    assert verdict_of(rules) == "clear"
    assert verdict_of([*rules, RuleStatus("c", "conflict", "breached", "undetermined")]) == "undetermined"


# --- every output


@pytest.fixture(scope="module")
def holding(examine: Examine) -> Examined:
    examined = examine()
    return applied(examined, [accepted(examined)], DAY)


@pytest.fixture(scope="module")
def unsigned(examine: Examine) -> Examined:
    examined = examine()
    return applied(examined, [accepted(examined, signed_by=None)], DAY)


def text_of(format: str, examined: Examined) -> str:
    return output.render(format, [examined], Ink())


@pytest.mark.parametrize("format", output.FORMATS)
def test_every_format_says_who_accepted_why_and_until_when(format: str, holding: Examined, unsigned: Examined) -> None:
    text = " ".join(text_of(format, holding).split())
    for word in ("Ann Lee", "Bo Ek", "a bridge until the new site opens", "2025-12-31", "D-2", "accepted"):
        assert word in text, word
    assert "counts as open" not in text
    is_data = format in ("json", "jsonl")
    said = '"state": "unsigned"' if is_data else "no second person has signed: it counts as open"
    assert said in " ".join(text_of(format, unsigned).split())


def test_the_json_fits_its_schema(holding: Examined, unsigned: Examined) -> None:
    validator = jsonschema.Draft202012Validator(review_schema())
    for examined in (holding, unsigned):
        validator.validate(json.loads(text_of("json", examined)))
    data = json.loads(text_of("json", holding))
    assert data["verdict"] == "flag" and data["summary"]["accepted"] == 1
    assert data["findings"][0]["deviation"]["state"] == "accepted"
    assert "deviation" not in data["findings"][1] and "counts_as" not in data["rules"][1]


def test_the_text_says_it_in_its_last_lines(holding: Examined) -> None:
    *_, verdict, counts = text_of("text", holding).splitlines()
    assert verdict.startswith("FLAG: ") and verdict.endswith("; one finding is accepted and counts no longer")
    assert counts.startswith("1 flag, 1 accepted, 0 satisfied")


def test_sarif_suppresses_what_is_accepted_and_nothing_else(holding: Examined, unsigned: Examined) -> None:
    results = json.loads(text_of("sarif", holding))["runs"][0]["results"]
    assert [[one["kind"] for one in result["suppressions"]] for result in results] == [["external"], []]
    assert "Bo Ek" in results[0]["suppressions"][0]["justification"]
    results = json.loads(text_of("sarif", unsigned))["runs"][0]["results"]
    assert all("suppressions" not in result for result in results)
    assert "counts as open" in results[0]["message"]["text"]


def test_sarif_does_not_suppress_what_nobody_signed_beside_what_is_accepted(examine: Examine) -> None:
    examined = examine()
    given = [accepted(examined), accepted(examined, "dual-flag", signed_by=None)]
    results = json.loads(text_of("sarif", applied(examined, given, DAY)))["runs"][0]["results"]
    assert [len(result["suppressions"]) for result in results] == [1, 0]
    assert "counts as open" in results[1]["message"]["text"]


def test_junit_skips_what_is_accepted(holding: Examined, unsigned: Examined) -> None:
    suite = ElementTree.fromstring(text_of("junit", holding))[0]
    assert {name: suite.get(name) for name in ("failures", "skipped")} == {"failures": "1", "skipped": "1"}
    assert suite[0].find("skipped") is not None and suite[0].find("failure") is None
    suite = ElementTree.fromstring(text_of("junit", unsigned))[0]
    assert suite.get("failures") == "2" and suite[0].find("skipped") is None


def test_annotations_of_what_is_accepted_are_notices(holding: Examined, unsigned: Examined) -> None:
    assert [line.partition(" ")[0] for line in text_of("github", holding).splitlines()] == ["::notice", "::warning"]
    assert text_of("github", unsigned).startswith("::error")


def test_the_memo_has_a_section_of_what_is_accepted(examine: Examine, holding: Examined) -> None:
    text = write_memo(holding, "md").decode()
    section = text.partition("## 3. Accepted deviations")[2].partition("## 4.")[0]
    for word in ("F-1", "Ann Lee, signed by Bo Ek (D-2)", "31 December 2025", "a bridge until", "Compute from Cedar"):
        assert word.lower() in section.lower(), word
    answer = text.partition("## 2.")[0]
    assert "May be signed, with care." in answer and "One point is accepted as a deviation" in answer
    assert "Cedar GmbH would supply" not in answer
    assert "**Accepted**, was a conflict" in text
    assert "Accepted deviations" not in write_memo(examine(), "md").decode()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"signed_by": None}, "no second person has signed, so it counts as open"),
        ({"expires": Date.read("2025-07-05")}, "that day is past, so it counts as open"),
        ({"withdrawn_by": "Cy Ng"}, "but Cy Ng withdrew that, so it counts as open"),
        ({"grounds": "0" * 64}, "on other terms than these, so it counts as open"),
    ],
)
def test_the_memo_says_at_the_finding_what_does_not_hold(examine: Examine, more: dict[str, Any], words: str) -> None:
    examined = examine()
    text = write_memo(applied(examined, [accepted(examined, **more)], DAY), "md").decode()
    assert words in text and "Do not sign as drafted." in text
    assert "Accepted deviations" not in text and "**Accepted**" not in text


def test_words_of_an_acceptance_steer_nothing(examine: Examine) -> None:
    """A reason is somebody's text: no markup, no command of a terminal or of a build server."""
    examined = examine()
    hostile = "x\x1b[2J ::error::y <script>alert(1)</script> {{ 7*7 }} %0A | [a](b)"
    seen = applied(examined, [accepted(examined, why=hostile, who="A\u202enn", signed_by="Bo")], DAY)
    for format in output.FORMATS:
        text = output.render(format, [seen], Ink())
        assert "\x1b" not in text and "\u202e" not in text
    lines = text_of("github", seen).splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["::notice", "::warning"] and "%250A" in lines[0]
    html = write_memo(seen, "html").decode()
    assert "<script>alert" not in html and "{{ 7*7 }}" in html and "\u202e" not in html
    ElementTree.fromstring(text_of("junit", seen))
