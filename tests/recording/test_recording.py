"""Reviews in the ledger, and made again from it; acceptances, signatures and withdrawals in the ledger."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clauses import recording, use_cases
from clauses.errors import InputError, UsageError
from clauses.ledger import Ledger, NewEntry
from clauses.recording import accept, deviation, deviations, record, replay, review_json, reviewed, sign, withdraw
from clauses.review.review import Examined
from clauses.source import Document
from clauses.terms.values import Date
from clauses.use_cases import Choice

from .conftest import DATA, by

Review = Callable[..., Examined]
EXAMPLES = Path(__file__).parents[2] / "examples" / "microsoft-openai"
LAST = Date.read("2025-12-31")
FINDING = "compute-outside"


def ids(error: pytest.ExceptionInfo[Any]) -> list[str]:
    return [problem.id for problem in error.value.problems]


# --- recording


def test_an_entry_says_what_was_reviewed_how_and_what_came_out(ledger: Ledger, review: Review) -> None:
    examined = review()
    recorded = record(ledger, examined, by(), choice=Choice(rules=("/home/ann/pack",), engine="reference"))
    entry, content = recorded.entry, recorded.entry.content
    assert (entry.number, entry.kind, entry.who, entry.door) == (1, "review", "Ann Lee", "python")
    assert entry.at.startswith("2025-07-10T09:30:00") and entry.at.endswith("+00:00")
    assert content["review_id"] == examined.review.review_id and content["verdict"] == "conflict"
    assert (content["as_of"], content["known_on"], content["today"]) == ("2025-07-01", None, "2025-07-10")
    assert [one["name"] for one in content["inputs"]] == ["sheet.yaml", "agreement.yaml"]
    for one, name in zip(content["inputs"], ("sheet.yaml", "agreement.yaml"), strict=True):
        data = (DATA / "deal" / name).read_bytes()
        assert one["sha256"] == hashlib.sha256(data).hexdigest() and ledger.document(one["sha256"]) == data
    (pack,) = content["packs"]
    assert pack["files"] == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted((DATA / "pack").glob("*.yaml"))
    }
    assert all(ledger.document(sha256) for sha256 in pack["files"].values())
    assert content["choice"] == {"select": [], "ignore": [], "engine": "reference"}
    assert content["engines"] == ["reference"] and {"python", "clauses", "durable-rules"} <= set(content["versions"])
    assert [one["rule"] for one in content["findings"]] == [f.rule for f in examined.review.findings]
    assert ledger.document(content["review_sha256"]) == review_json(examined)
    assert recorded.examined.recorded == recorded.anchor == str(entry.anchor)


def test_digests_only_keeps_no_word_of_the_contract(ledger: Ledger, review: Review) -> None:
    entry = record(ledger, review(), by(), keep="digests").entry
    assert all(ledger.document(one["sha256"]) is None for one in entry.content["inputs"])
    assert ledger.document(entry.content["review_sha256"]) is None
    text = json.dumps(entry.data())
    for word in ("Cedar GmbH", "Compute from Cedar", "2029-12-31", "30bn"):
        assert word not in text, word


def test_a_review_of_data_is_not_recorded(ledger: Ledger, review: Review) -> None:
    with pytest.raises(InputError) as error:
        record(ledger, replace(review(), inputs=()), by())
    assert ids(error) == ["no-documents"]
    assert ledger.head() is None


# --- replay


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"as_of": "2026-02-01"},
        {"known_on": "2025-06-01"},
        {"old": "ends: 2029-12-31", "new": "ends: 2030"},
        {"choice": Choice(rules=(str(DATA / "pack"),))},
        {"choice": Choice(rules=(str(DATA / "pack"),), select=("cloud",), engine="reference")},
        {"choice": Choice(rules=(str(DATA / "pack"), "abstracts"), ignore=("dual-flag",), engine="reference")},
    ],
    ids=["plain", "as-of", "known-on", "inexact", "both-engines", "selected", "two-packs"],
)
def test_a_replay_is_the_same_byte_for_byte(ledger: Ledger, review: Review, asked: dict[str, Any]) -> None:
    known_on = Date.read(asked["known_on"]) if "known_on" in asked else None
    entry = record(ledger, review(**asked), by(), known_on=known_on).entry
    found = replay(ledger, ledger.entry(entry.number))
    assert found.is_same and found.differences == ()
    assert found.recorded_under == found.replayed_under


def test_every_shipped_term_sheet_is_replayed(ledger: Ledger) -> None:
    sheets = [str(path) for path in sorted((EXAMPLES / "term-sheets").glob("*.yaml"))]
    found, _ = use_cases.examine(sheets, Choice(engine="reference"))
    entries = [record(ledger, examined, by()).entry for examined in found]
    assert len(entries) == len(sheets) > 5
    assert all(replay(ledger, entry).is_same for entry in entries)


def test_a_form_in_word_is_replayed(ledger: Ledger) -> None:
    agreement, sheet = DATA / "deal" / "agreement.yaml", DATA / "deal" / "sheet.yaml"
    data = use_cases.form(agreement, sheet)
    choice = Choice(rules=(str(DATA / "pack"),), engine="reference")
    (examined,), _ = use_cases.examine([Document("form.docx", data)], choice, str(agreement))
    entry = record(ledger, examined, by()).entry
    assert ledger.document(entry.content["inputs"][0]["sha256"]) == data
    assert replay(ledger, entry).is_same


def test_a_replay_says_what_differs_and_under_which_versions(
    ledger: Ledger, review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = record(ledger, review(), by()).entry
    before = recording.review_json

    def otherwise(examined: Examined) -> bytes:
        return before(examined).replace(b"Cedar GmbH would supply", b"Cedar GmbH will supply")

    monkeypatch.setattr(recording, "review_json", otherwise)
    monkeypatch.setattr(recording, "versions", lambda: {"clauses": "9.9"})
    found = replay(ledger, entry)
    assert not found.is_same
    (difference,) = found.differences
    assert difference.startswith("review.findings[0].message: ") and "will supply" in difference
    assert found.recorded_under["clauses"] != "9.9" == found.replayed_under["clauses"]


def test_a_replay_of_digests_asks_for_the_files(ledger: Ledger, review: Review) -> None:
    entry = record(ledger, review(), by(), keep="digests").entry
    sheet, agreement = ((DATA / "deal" / name).read_bytes() for name in ("sheet.yaml", "agreement.yaml"))
    with pytest.raises(UsageError) as error:
        replay(ledger, entry)
    assert ids(error) == ["inputs-not-kept"]
    assert "sheet.yaml" in str(error.value) and "agreement.yaml" in str(error.value)
    with pytest.raises(UsageError, match=r"agreement\.yaml"):
        replay(ledger, entry, [sheet, agreement + b"\n"])
    assert replay(ledger, entry, [agreement, sheet]).is_same
    assert replay(ledger, entry, [b"\xef\xbb\xbf" + agreement, sheet, b"\xff not text"]).is_same


def test_a_replay_knows_the_deviations_of_its_time(ledger: Ledger, review: Review) -> None:
    first = record(ledger, review(), by()).entry
    one = accept(ledger, FINDING, by(), "a bridge", LAST, entry=first)
    open_ = record(ledger, review(), by()).entry
    sign(ledger, one.id, by("Bo Ek"))
    holding = record(ledger, review(), by()).entry
    withdraw(ledger, one.id, by("Bo Ek"), "no longer needed")
    late = record(ledger, review(), by(day="2026-01-01")).entry
    verdicts = [entry.content["verdict"] for entry in (first, open_, holding, late)]
    assert verdicts == ["conflict", "conflict", "flag", "conflict"]
    assert all(replay(ledger, entry).is_same for entry in (first, open_, holding, late))


def test_only_a_review_is_replayed(ledger: Ledger, review: Review) -> None:
    entry = record(ledger, review(), by()).entry
    one = accept(ledger, FINDING, by(), "a bridge", LAST, entry=entry)
    with pytest.raises(UsageError) as error:
        replay(ledger, ledger.entry(int(one.id.removeprefix("D-"))))
    assert ids(error) == ["not-a-review"]


# --- accepting and signing


def test_an_acceptance_holds_once_a_second_person_signs(ledger: Ledger, review: Review) -> None:
    entry = record(ledger, review(), by()).entry
    one = accept(ledger, FINDING, by(), "a bridge", LAST, entry=entry)
    assert one.id == "D-2" and one.message.startswith("Cedar GmbH") and one.signed_by is None
    assert reviewed(ledger, review(), by().today).review.verdict == "conflict"
    signed = sign(ledger, one.id, by("Bo Ek", "2025-07-11"))
    assert (signed.signed_by, str(signed.signed_on)) == ("Bo Ek", "2025-07-11")
    assert reviewed(ledger, review(), by().today).review.verdict == "flag"
    assert reviewed(ledger, review(), Date.read("2025-12-31")).review.verdict == "flag"
    assert reviewed(ledger, review(), Date.read("2026-01-01")).review.verdict == "conflict"
    worse = review("starts: 2026-01-01", "starts: 2025-08-01")
    assert reviewed(ledger, worse, by().today).review.verdict == "conflict"
    assert [e.kind for e in ledger.entries()] == ["review", "deviation", "signature"]


@pytest.mark.parametrize(
    ("finding", "more", "id"),
    [
        ("nothing", {}, "no-such-finding"),
        (FINDING, {"why": "  "}, "nothing-said"),
        (FINDING, {"why": "two\nlines"}, "not-a-line"),
        (FINDING, {"why": "x" * 2_001}, "not-a-line"),
        (FINDING, {"expires": Date.read("2025-07-09")}, "already-expired"),
    ],
)
def test_what_cannot_be_accepted_is_refused(
    ledger: Ledger, review: Review, finding: str, more: dict[str, Any], id: str
) -> None:
    entry = record(ledger, review(), by()).entry
    given = {"why": "a bridge", "expires": LAST, **more}
    with pytest.raises(UsageError) as error:
        accept(ledger, finding, by(), given["why"], given["expires"], entry=entry)
    assert ids(error) == [id]
    assert deviations(ledger) == ()


def test_a_finding_is_found_by_its_fingerprint_in_the_latest_review(ledger: Ledger, review: Review) -> None:
    record(ledger, review(), by())
    latest = record(ledger, review("starts: 2026-01-01", "starts: 2026-06-01"), by())
    finding = latest.examined.review.findings[0]
    one = accept(ledger, finding.fingerprint, by(), "a bridge", LAST, agreement="services")
    assert "1 June 2026" in one.message
    with pytest.raises(UsageError) as error:
        accept(ledger, finding.fingerprint, by(), "a bridge", LAST, agreement="other")
    assert ids(error) == ["no-such-finding"]


@pytest.mark.parametrize("who", ["Ann Lee", "ANN LEE", " ann   lee ", "Ann\u00a0Lee"])
def test_nobody_signs_what_they_accepted(ledger: Ledger, review: Review, who: str) -> None:
    entry = record(ledger, review(), by()).entry
    one = accept(ledger, FINDING, by(), "a bridge", LAST, entry=entry)
    with pytest.raises(UsageError) as error:
        sign(ledger, one.id, by(who))
    assert ids(error)[0] in ("own-signature", "not-a-line")
    assert deviation(ledger, one.id).signed_by is None


def test_what_has_no_effect_is_refused_and_not_written(ledger: Ledger, review: Review) -> None:
    entry = record(ledger, review(), by()).entry
    one = accept(ledger, FINDING, by(), "a bridge", LAST, entry=entry)
    refused: list[tuple[Callable[[], object], str]] = [
        (lambda: sign(ledger, one.id, by("Bo Ek", "2026-01-01")), "already-expired"),
        (lambda: sign(ledger, "D-99", by("Bo Ek")), "no-such-deviation"),
        (lambda: sign(ledger, "1", by("Bo Ek")), "no-such-deviation"),
        (lambda: withdraw(ledger, one.id, by("Bo Ek"), ""), "nothing-said"),
    ]
    for act, id in refused:
        with pytest.raises(UsageError) as error:
            act()
        assert ids(error) == [id]
    sign(ledger, "2", by("Bo Ek"))
    with pytest.raises(UsageError) as error:
        sign(ledger, one.id, by("Cy Ng"))
    assert ids(error) == ["already-signed"]
    withdraw(ledger, one.id, by("Cy Ng"), "no longer needed")
    for act in (lambda: sign(ledger, one.id, by("Bo Ek")), lambda: withdraw(ledger, one.id, by("Bo Ek"), "again")):
        with pytest.raises(UsageError) as error:
            act()
        assert ids(error) == ["already-withdrawn"]
    assert [e.kind for e in ledger.entries()] == ["review", "deviation", "signature", "withdrawal"]


@pytest.mark.parametrize(
    ("who", "day"), [("Ann Lee", "2025-07-11"), ("ann lee", "2025-07-11"), ("Bo Ek", "2026-01-01")]
)
def test_a_signature_that_another_program_wrote_counts_only_by_the_same_rules(
    ledger: Ledger, review: Review, who: str, day: str
) -> None:
    entry = record(ledger, review(), by()).entry
    one = accept(ledger, FINDING, by(), "a bridge", LAST, entry=entry)
    ledger.append(NewEntry("signature", who, "x", f"{day}T09:00:00+00:00", {"deviation": one.id, "today": day}))
    assert deviation(ledger, one.id).signed_by is None
    assert reviewed(ledger, review(), by().today).review.verdict == "conflict"


def test_an_acceptance_of_digests_covers_the_same_terms_only(ledger: Ledger, review: Review) -> None:
    entry = record(ledger, review(), by(), keep="digests").entry
    one = accept(ledger, FINDING, by(), "a bridge", LAST, entry=entry)
    sign(ledger, one.id, by("Bo Ek"))
    assert one.message == "" and one.values == ()
    assert reviewed(ledger, review(), by().today).review.verdict == "flag"
    worse = review("starts: 2026-01-01", "starts: 2025-08-01")
    assert reviewed(ledger, worse, by().today).review.verdict == "conflict"
