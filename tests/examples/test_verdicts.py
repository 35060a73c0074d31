"""What the built-in pack says of every term sheet of the worked deal, as counsel checked it by hand, and of sheets
that somebody has edited the way lawyers do. The walk-through of the deal says the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from clauses.language.pack import load_pack
from clauses.review.finding import Review
from clauses.review.review import Reviewer
from clauses.terms.agreement import read_agreement, read_term_sheet

ROOT = Path(__file__).parents[2]
DEAL = ROOT / "examples" / "microsoft-openai"
SHEETS = DEAL / "term-sheets"

EXPECTED: dict[str, tuple[str, list[str], list[str]]] = {
    "board-seats": (
        "flag",
        ["seats-at-a-competitor", "seats-under-an-open-dual-role-flag", "veto-over-outside-supply"],
        [],
    ),
    "clear-package": (
        "clear",
        ["conversion-without-charity-clearance"],
        [],
    ),
    "consent-right-struck": (
        "consent",
        [
            "acquisition-to-be-notified",
            "capital-raise-without-consent",
            "consent-right-struck",
            "raise-dilutes-the-present-holder",
        ],
        ["raise-before-the-conversion"],
    ),
    "contract-struck": (
        "conflict",
        [
            "product-left-without-its-clause",
            "protection-struck-without-its-beneficiary",
            "statement-against-an-ended-clause",
        ],
        [],
    ),
    "conversion-mid-april": (
        "undetermined",
        ["conversion-without-charity-clearance"],
        ["conversion-closes-after-its-deadline", "conversion-forfeits-the-funding"],
    ),
    "conversion-slips": (
        "conflict",
        ["conversion-closes-after-its-deadline", "conversion-without-charity-clearance"],
        ["conversion-forfeits-the-funding"],
    ),
    "deadline-already-past": (
        "conflict",
        [
            "deadline-gone-before-the-sheet-takes-effect",
            "funding-deadline-already-past",
            "funding-deadline-brought-forward",
        ],
        [],
    ),
    "first-refusal-for-exclusivity": (
        "conflict",
        ["exclusivity-cut-short-without-the-beneficiary", "first-refusal-skipped"],
        [],
    ),
    "free-capital-raise": (
        "consent",
        ["acquisition-to-be-notified", "capital-raise-without-consent", "raise-dilutes-the-present-holder"],
        ["raise-before-the-conversion"],
    ),
    "listing-floor-top-up": (
        "undetermined",
        ["conversion-without-charity-clearance", "floor-top-up-is-drawn", "stake-fixed-while-in-dispute"],
        ["stake-below-the-present-holding"],
    ),
    "listing-full-ratchet": (
        "undetermined",
        ["conversion-without-charity-clearance", "listing-below-the-entry-price", "stake-fixed-while-in-dispute"],
        ["stake-below-the-present-holding"],
    ),
    "listing-no-protection": (
        "conflict",
        [
            "conversion-without-charity-clearance",
            "floor-without-protection",
            "listing-takes-the-holder-below-its-floor",
            "stake-fixed-while-in-dispute",
        ],
        ["anti-dilution-weakened", "stake-below-the-present-holding"],
    ),
    "listing-weighted-average": (
        "conflict",
        [
            "conversion-without-charity-clearance",
            "listing-below-the-entry-price",
            "listing-takes-the-holder-below-its-floor",
            "stake-fixed-while-in-dispute",
        ],
        ["anti-dilution-weakened", "stake-below-the-present-holding"],
    ),
    "longer-exclusivity": (
        "flag",
        ["exclusivity-past-five-years", "exclusivity-to-a-competitor", "longer-exclusivity-under-an-open-flag"],
        [],
    ),
    "microsoft-stake-reset": (
        "undetermined",
        [],
        ["stake-below-the-present-holding"],
    ),
    "mixed-currencies": (
        "undetermined",
        ["raise-in-two-currencies"],
        ["acquisition-to-be-notified"],
    ),
    "non-compete-for-openai": (
        "undetermined",
        ["non-compete-past-one-year"],
        ["non-compete-against-a-competing-business", "non-compete-against-a-venture"],
    ),
    "oracle-stargate-after-exclusivity": (
        "clear",
        [],
        [],
    ),
    "oracle-stargate-capacity": (
        "conflict",
        ["compute-outside-the-exclusive-cloud"],
        [],
    ),
    "oracle-stargate-mid-2030": (
        "undetermined",
        [],
        ["compute-outside-the-exclusive-cloud"],
    ),
    "oracle-stargate-with-consent": (
        "clear",
        [],
        [],
    ),
    "silent-on-amounts": (
        "consent",
        [
            "listing-silent-on-its-terms",
            "listing-while-the-stake-is-in-dispute",
            "listing-without-consent",
            "sheet-without-an-effective-date",
            "supply-silent-on-its-terms",
        ],
        ["compute-outside-the-exclusive-cloud", "listing-before-the-conversion", "listing-dilutes-the-present-holder"],
    ),
    "stakes-past-the-whole": (
        "conflict",
        ["stake-fixed-while-in-dispute", "stakes-past-the-whole"],
        ["anti-dilution-weakened", "larger-stake-under-an-open-flag"],
    ),
    "successor-takes-over": (
        "flag",
        ["duty-passed-on-without-a-release", "party-not-yet-formed"],
        [],
    ),
    "walk-away-from-talks": (
        "flag",
        ["contract-outlasts-the-talks", "stake-left-open-when-the-talks-end", "statement-against-an-ended-clause"],
        [],
    ),
    "walk-away-with-transition": (
        "conflict",
        ["exclusivity-outlives-the-supply", "statement-against-an-ended-clause", "termination-without-a-right"],
        [],
    ),
    "walk-away": (
        "conflict",
        [
            "exclusivity-outlives-the-supply",
            "product-left-without-its-clause",
            "stake-left-open-when-the-talks-end",
            "statement-against-an-ended-clause",
            "termination-without-a-right",
        ],
        [],
    ),
}
"""For every sheet its verdict, the rules that it breaches and the rules that cannot be told."""


@pytest.fixture(scope="module")
def reviewer() -> Iterator[Reviewer]:
    with Reviewer([load_pack(ROOT / "rules" / "partnership")]) as found:
        yield found


def reviewed(reviewer: Reviewer, path: Path) -> Review:
    agreement = read_agreement(DEAL / "agreement.yaml")
    sheet = read_term_sheet(path, agreement)
    return reviewer.examine(agreement, sheet, sheet.dated).review


def rules(review: Review, status: str) -> list[str]:
    return sorted({finding.rule for finding in review.findings if finding.status == status})


def summary(review: Review) -> tuple[str, list[str], list[str]]:
    return review.verdict, rules(review, "breached"), rules(review, "undetermined")


def test_every_sheet_is_in_the_table() -> None:
    assert sorted(EXPECTED) == sorted(path.stem for path in SHEETS.glob("*.yaml"))


@pytest.mark.parametrize("name", EXPECTED)
def test_a_sheet_comes_out_as_counsel_expects(reviewer: Reviewer, name: str) -> None:
    assert summary(reviewed(reviewer, SHEETS / f"{name}.yaml")) == EXPECTED[name]


def test_the_sheet_in_the_middle_of_2030_asks_about_2030(reviewer: Reviewer) -> None:
    (finding,) = reviewed(reviewer, SHEETS / "oracle-stargate-mid-2030.yaml").findings
    assert finding.question == (
        "Is the end of “Azure as the cloud platform for all OpenAI projects”, known only as 2030, "
        "on or after 1 July 2030?"
    )
    assert finding.missing == ("azure-exclusivity.ends",)


@pytest.mark.parametrize("name", EXPECTED)
def test_every_message_reads_as_a_sentence(reviewer: Reviewer, name: str) -> None:
    for finding in reviewed(reviewer, SHEETS / f"{name}.yaml").findings:
        assert finding.message[0].isupper() or finding.message[0] == "“", finding.message
        assert finding.message.endswith("."), finding.message
        assert "something not stated" not in finding.message + finding.redraft, finding.message
        assert (finding.question is not None) == (finding.status == "undetermined")


CARVE_OUT = """
  - amend: azure-exclusivity
    set: {carve_outs: [oracle]}
"""
AGREED = """
  - add: microsoft-agrees
    clause: {kind: consent, by: microsoft, permits: azure-exclusivity, given: 2025-06-30, form: written}
"""
INFERENCE_ONLY = """
  - amend: azure-exclusivity
    set: {scope: inference}
"""
CONSENT_TO_RAISE = """
  - add: microsoft-consents
    clause: {kind: consent, by: microsoft, permits: softbank-raise, given: 2025-07-14, form: written}
"""
LATER_DEADLINE = """
  - amend: conversion-funding
    set: {deadline: 2026-09-30, if_missed: lapses}
"""

OUTSIDE = "compute-outside-the-exclusive-cloud"
WEAKENED = "protection-weakened-without-its-beneficiary"
CAPACITY, CONSENTED = "oracle-stargate-capacity", "oracle-stargate-with-consent"

EDITS: dict[str, tuple[str, tuple[str, str], str, tuple[str, list[str], list[str]]]] = {
    "the capacity starts on the last day of 2030": (
        CAPACITY,
        ("starts: 2027-01-01", "starts: 2030-12-31"),
        "",
        ("undetermined", [], [OUTSIDE]),
    ),
    "the line with the first day is deleted": (
        CAPACITY,
        ("      starts: 2027-01-01\n", ""),
        "",
        ("undetermined", ["supply-silent-on-its-terms"], [OUTSIDE]),
    ),
    "the capacity comes from Microsoft after all": (
        CAPACITY,
        ("supplier: oracle", "supplier: microsoft"),
        "",
        ("clear", ["supply-under-a-foreign-venture"], []),
    ),
    "the consent is SoftBank's": (
        CONSENTED,
        ("by: microsoft", "by: softbank"),
        "",
        ("conflict", [OUTSIDE], []),
    ),
    "the consent is oral": (
        CONSENTED,
        ("form: written", "form: oral"),
        "",
        ("consent", ["consent-not-in-writing"], []),
    ),
    "the line with the form of the consent is deleted": (
        CONSENTED,
        ("      form: written\n", ""),
        "",
        ("undetermined", [], ["consent-not-in-writing"]),
    ),
    "the consent comes after the effective date": (
        CONSENTED,
        ("given: 2025-06-30", "given: 2025-09-15"),
        "",
        ("consent", ["consent-after-the-effective-date"], []),
    ),
    "OpenAI carves Oracle out of the exclusivity": (
        CAPACITY,
        ("", ""),
        CARVE_OUT,
        ("consent", ["exclusivity-opened-by-a-carve-out"], []),
    ),
    "OpenAI carves Oracle out and Microsoft agrees": (
        CAPACITY,
        ("", ""),
        CARVE_OUT + AGREED.lstrip("\n"),
        ("clear", [], []),
    ),
    "the exclusivity is cut down to inference and the capacity is for training": (
        CAPACITY,
        ("", ""),
        INFERENCE_ONLY,
        ("consent", ["exclusivity-narrowed-in-scope"], []),
    ),
    "Microsoft consents to the raise": (
        "free-capital-raise",
        ("", ""),
        CONSENT_TO_RAISE,
        ("flag", ["acquisition-to-be-notified"], []),
    ),
    "the raise is small": (
        "free-capital-raise",
        ("USD 40bn", "USD 100m"),
        "",
        ("consent", ["capital-raise-without-consent"], ["raise-before-the-conversion"]),
    ),
    "the conversion is completed in time": (
        "conversion-slips",
        ("closing: 2026-06-30", "closing: 2026-03-31"),
        "",
        ("clear", ["conversion-without-charity-clearance"], []),
    ),
    "the deadline is put off with the conversion": (
        "conversion-slips",
        ("closing: 2026-06-30", "closing: 2026-06-30\n      deadline: 2026-07-31"),
        "",
        (
            "consent",
            ["conversion-deadline-moved", "conversion-without-charity-clearance"],
            ["conversion-forfeits-the-funding"],
        ),
    ),
    "both deadlines are put off with the conversion": (
        "conversion-slips",
        ("closing: 2026-06-30", "closing: 2026-06-30\n      deadline: 2026-07-31"),
        LATER_DEADLINE,
        ("consent", ["conversion-deadline-moved", "conversion-without-charity-clearance"], []),
    ),
    "the listing is at twice the value, which leaves exactly the floor": (
        "listing-weighted-average",
        ("pre_money: USD 300bn", "pre_money: USD 600bn"),
        "",
        (
            "undetermined",
            ["conversion-without-charity-clearance", "stake-fixed-while-in-dispute"],
            ["anti-dilution-weakened", "stake-below-the-present-holding"],
        ),
    ),
    "the contract ends a month earlier": (
        "walk-away-with-transition",
        ("effective: 2025-12-30", "effective: 2025-11-30"),
        "",
        (
            "conflict",
            [
                "exclusivity-outlives-the-supply",
                "statement-against-an-ended-clause",
                "termination-notice-too-short",
                "termination-without-a-right",
                "transition-after-a-gap",
            ],
            [],
        ),
    ),
    "the transition lasts six months": (
        "walk-away-with-transition",
        ("24 months", "6 months"),
        "",
        (
            "conflict",
            [
                "exclusivity-outlives-the-supply",
                "statement-against-an-ended-clause",
                "termination-without-a-right",
                "transition-too-short",
            ],
            [],
        ),
    ),
    "Microsoft asks for half of the company": (
        "microsoft-stake-reset",
        ("stake: 33%", "stake: 50%"),
        "",
        ("undetermined", ["stake-gives-the-majority"], ["larger-stake-under-an-open-flag"]),
    ),
    "Microsoft asks for a shorter contract": (
        "longer-exclusivity",
        ("2035-12-31", "2029-12-31"),
        "",
        (
            "consent",
            [
                "product-outlives-its-clause",
                "statement-against-a-shorter-term",
                "supply-cut-short-without-the-other-side",
            ],
            [],
        ),
    ),
    "the exclusivity is turned to energy": (
        CAPACITY,
        ("", ""),
        "  - {amend: azure-exclusivity, set: {subject: energy}}\n",
        ("consent", [WEAKENED], []),
    ),
    "the subject of the exclusivity is left open": (
        CAPACITY,
        ("", ""),
        "  - {amend: azure-exclusivity, set: {subject: unknown}}\n",
        ("undetermined", [], [OUTSIDE, WEAKENED]),
    ),
    "the exclusivity yields to the capacity": (
        CAPACITY,
        ("", ""),
        "  - {amend: azure-exclusivity, set: {subject_to: [oracle-supply]}}\n",
        ("conflict", [OUTSIDE, WEAKENED], []),
    ),
    "the exclusivity is turned to energy and Microsoft agrees": (
        CAPACITY,
        ("", ""),
        "  - {amend: azure-exclusivity, set: {subject: energy}}\n" + AGREED.lstrip("\n"),
        ("clear", [], []),
    ),
    "the contract is turned into one with Oracle": (
        CAPACITY,
        ("supplier: oracle", "supplier: microsoft"),
        "  - {amend: azure-supply, set: {supplier: oracle, subject: energy}}\n",
        ("consent", [WEAKENED, "supply-under-a-foreign-venture"], []),
    ),
    "the right of consent lapses before the raise": (
        "free-capital-raise",
        ("", ""),
        "  - {amend: raise-consent, set: {ends: 2025-07-31}}\n" + CONSENT_TO_RAISE.lstrip("\n"),
        ("consent", ["acquisition-to-be-notified", WEAKENED], []),
    ),
    "the whole contract is ended under the name of the talks": (
        CONSENTED,
        ("", ""),
        "  - {add: end, clause: {kind: termination, by: openai, trigger: convenience, exercised: yes,"
        " reaches: agreement, ends_clause: investment-terms-talks}}\n",
        (
            "conflict",
            [
                "product-left-without-its-clause",
                "stake-left-open-when-the-talks-end",
                "statement-against-an-ended-clause",
                "termination-silent-on-what-ends",
                "termination-without-a-right",
            ],
            [],
        ),
    ),
    "the day of completion is left open": (
        "conversion-slips",
        ("closing: 2026-06-30", "closing: unknown"),
        "",
        (
            "undetermined",
            ["conversion-without-charity-clearance"],
            ["conversion-closes-after-its-deadline", "conversion-forfeits-the-funding"],
        ),
    ),
    "the consent begins after the capacity": (
        CONSENTED,
        ("form: written", "form: written\n      starts: 2031-01-01"),
        "",
        ("consent", ["consent-that-does-not-operate"], []),
    ),
    "the consent has ended before the capacity begins": (
        CONSENTED,
        ("form: written", "form: written\n      ends: 2025-08-01"),
        "",
        ("consent", ["consent-that-does-not-operate"], []),
    ),
    "the consent is assumed": (
        CONSENTED,
        ("form: written", "form: written\n      source: {basis: assumed}"),
        "",
        ("consent", ["consent-assumed-for-another", "proposed-on-an-assumption"], []),
    ),
    "the stake of Microsoft is struck and replaced by one per cent": (
        CONSENTED,
        ("", ""),
        "  - {remove: conversion-equity}\n"
        "  - {add: less, clause: {kind: equity_on_conversion, holder: microsoft, issuer: openai, stake: 1%}}\n",
        ("consent", ["stake-below-the-present-holding"], ["conversion-stake-struck"]),
    ),
    "the end of the exclusivity is left open": (
        CONSENTED,
        ("", ""),
        "  - {amend: azure-exclusivity, set: {ends: unknown}}\n",
        (
            "undetermined",
            ["term-left-open"],
            [
                "exclusivity-cut-short-without-the-beneficiary",
                "exclusivity-past-five-years",
                "exclusivity-to-a-competitor",
                "longer-exclusivity-under-an-open-flag",
            ],
        ),
    ),
}
"""By what a lawyer did: the sheet, the words replaced, what was added at its end, and what must come of it."""


@pytest.mark.parametrize("what", EDITS)
def test_an_edit_by_hand_comes_out_as_a_lawyer_expects(reviewer: Reviewer, what: str, tmp_path: Path) -> None:
    name, (old, new), added, expected = EDITS[what]
    text = (SHEETS / f"{name}.yaml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / f"{name}.yaml"
    path.write_text(text.replace(old, new) + added.lstrip("\n"), encoding="utf-8")
    assert summary(reviewed(reviewer, path)) == expected


WALK_THROUGH = (DEAL / "README.md").read_text(encoding="utf-8")


def test_the_walk_through_gives_every_sheet_its_verdict() -> None:
    told = dict(re.findall(r"^- `([a-z0-9-]+)` \*\*([a-z]+)\*\*", WALK_THROUGH, re.MULTILINE))
    assert told == {name: verdict for name, (verdict, _, _) in EXPECTED.items()}
    assert len(WALK_THROUGH.splitlines()) <= 150


def test_the_walk_through_names_only_rules_that_come_out_so() -> None:
    for name, words in re.findall(r"^- `([a-z0-9-]+)` (.*?)(?=^- |^#|\Z)", WALK_THROUGH, re.MULTILINE | re.DOTALL):
        named = set(re.findall(r"`([a-z0-9-]+)`", words)) - set(EXPECTED)
        assert named <= {*EXPECTED[name][1], *EXPECTED[name][2]}, name
