"""The ledger by the command line: recording, reading, verifying, replaying; and the story of a deviation."""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import DATA, PACK, Ran, clauses, is_well_behaved, write

from clauses.cli import recorded

Run = Callable[..., Ran]
CHECK = ("check", "sheet.yaml", "-r", "pack", "--engine", "reference")
MEMO = ("memo", "sheet.yaml", "-r", "pack", "--engine", "reference")


@pytest.fixture
def deal(tmp_path: Path) -> Path:
    shutil.copytree(PACK, tmp_path / "pack")
    shutil.copytree(DATA / "deal", tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def run(deal: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command as somebody, on a day, with a ledger."""

    def ran(*words: str | Path, who: str = "Ann Lee", day: str = "2025-07-10", **more: Any) -> Ran:
        at = datetime.datetime.fromisoformat(f"{day}T09:30:00+00:00")
        monkeypatch.setattr(recorded, "clock", lambda: at)
        return clauses(*words, folder=deal, **{"CLAUSES_LEDGER": "ledger.db", "CLAUSES_WHO": who, **more})

    return ran


def data(ran: Ran) -> Any:
    assert ran.code in (0, 1), ran.all
    return json.loads(ran.out)


# --- the story


def test_the_story_of_a_deviation(run: Run, deal: Path) -> None:
    first = run(*CHECK)
    assert first.code == 1 and "CONFLICT" in first.out
    number = re.search(r"recorded as (\d+), anchor \1:[0-9a-f]{64}\n", first.err)
    assert number is not None

    accepted = run("ledger", "accept", number[1], "compute-outside", "--why", "a bridge", "--expires", "2025-12-31")
    assert accepted.code == 0 and "no second person has signed" in accepted.out
    still = run(*CHECK)
    assert still.code == 1 and "no second person has signed: it counts as open" in " ".join(still.out.split())

    refused = run("ledger", "sign", "D-2", who="ann  LEE")
    assert refused.code == 2 and "error[own-signature]" in refused.err
    assert run(*CHECK).code == 1

    signed = run("ledger", "sign", "D-2", who="Bo Ek")
    assert signed.code == 0 and "signed by Bo Ek on 2025-07-10" in signed.out
    held = run(*CHECK)
    assert held.code == 0 and "accepted conflict[compute-outside]" in held.out
    assert "one finding is accepted and counts no longer" in held.out
    memo = run(*MEMO).out
    assert "## 3. Accepted deviations" in memo and "Ann Lee, signed by Bo Ek (D-2)" in memo
    explained = run("explain", "sheet.yaml", "-r", "pack").out
    assert "Deviation: accepted by Ann Lee until 2025-12-31 (D-2, signed by Bo Ek): a bridge." in explained

    assert run(*CHECK, day="2025-12-31").code == 0
    late = {"day": "2026-01-01"}
    text = run(*CHECK, **late)
    assert text.code == 1 and "expired on 2025-12-31: it counts as open" in " ".join(text.out.split())
    review = data(run(*CHECK, "-f", "json", **late))
    assert review["verdict"] == "conflict" and review["findings"][0]["deviation"]["state"] == "expired"
    (result, _) = data(run(*CHECK, "-f", "sarif", **late))["runs"][0]["results"]
    assert result["level"] == "error" and "suppressions" not in result and "expired" in result["message"]["text"]
    memo = run(*MEMO, **late).out
    assert "Do not sign as drafted." in memo and "that day is past, so it counts as open" in memo
    assert "Accepted deviations" not in memo

    assert run("ledger", "verify").code == 0
    entries = data(run("ledger", "list", "-f", "json", "--limit", "100"))
    assert [entry["kind"] for entry in entries[::-1]][:5] == ["review", "deviation", "review", "review", "signature"]
    for entry in entries:
        if entry["kind"] == "review":
            assert run("ledger", "replay", str(entry["number"])).code == 0


def test_a_worse_term_is_not_covered(run: Run, deal: Path) -> None:
    run(*CHECK)
    run("ledger", "accept", "1", "compute-outside", "--why", "a bridge", "--expires", "2025-12-31")
    run("ledger", "sign", "2", who="Bo Ek")
    sheet = (deal / "sheet.yaml").read_text()
    write(deal, {"sheet.yaml": sheet.replace("starts: 2026-01-01", "starts: 2025-08-01")})
    ran = run(*CHECK)
    assert ran.code == 1 and "on other terms than these: it counts as open" in " ".join(ran.out.split())
    write(deal, {"sheet.yaml": sheet})
    assert run(*CHECK).code == 0
    assert run("ledger", "withdraw", "D-2", "--why", "the site opened", who="Cy Ng").code == 0
    ran = run(*CHECK)
    assert ran.code == 1 and "Cy Ng withdrew that" in " ".join(ran.out.split())
    (one,) = data(run("ledger", "deviations", "-f", "json"))
    assert (one["state"], one["withdrawn_by"], one["withdrawn_why"]) == ("withdrawn", "Cy Ng", "the site opened")


def test_deviations_are_listed_as_of_a_day(run: Run) -> None:
    assert run("ledger", "deviations").code == 2  # there is no ledger yet
    run(*CHECK)
    assert run("ledger", "deviations").out == "nothing was accepted\n"
    run("ledger", "accept", "1", "compute-outside", "--why", "a bridge", "--expires", "2025-12-31")
    for day, state in (("2025-12-31", "unsigned"), ("2026-01-01", "expired")):
        (one,) = data(run("ledger", "deviations", "--on", day, "-f", "json"))
        assert one["state"] == state
        assert (one["id"], one["who"], one["why"], one["expires"]) == ("D-2", "Ann Lee", "a bridge", "2025-12-31")


# --- which ledger, and who


def test_nothing_is_recorded_where_no_ledger_is_named(deal: Path) -> None:
    ran = clauses(*CHECK, folder=deal, CLAUSES_LEDGER="")
    assert "recorded" not in ran.all and not list(deal.glob("*.db"))


def test_the_ledger_is_named_by_option_environment_or_configuration(deal: Path) -> None:
    write(deal, {"clauses.toml": 'ledger = "of-the-folder.db"\n'})
    (deal / "sub").mkdir()
    assert "recorded as 1," in clauses(*CHECK, folder=deal).err
    sheet = ("check", "../sheet.yaml", "-r", "../pack", "--engine", "reference")
    assert "recorded as 2," in clauses(*sheet, folder=deal / "sub").err
    assert "recorded as 1," in clauses(*CHECK, folder=deal, CLAUSES_LEDGER="of-the-day.db").err
    ran = clauses(*CHECK, "--ledger", "of-the-call.db", folder=deal, CLAUSES_LEDGER="of-the-day.db")
    assert "recorded as 1," in ran.err
    assert {path.name for path in deal.glob("*.db")} == {"of-the-folder.db", "of-the-day.db", "of-the-call.db"}


def test_the_ledger_says_who(run: Run) -> None:
    run(*CHECK)
    run(*CHECK, "--who", "Bo Ek")
    entries = data(run("ledger", "list", "-f", "json"))
    assert [(entry["who"], entry["door"]) for entry in entries] == [("Bo Ek", "cli"), ("Ann Lee", "cli")]
    assert len(data(run("ledger", "list", "-f", "json", "--by", "Bo Ek"))) == 1
    assert "error[nobody]" in run(*CHECK, "--who", " ").err


def test_what_is_printed_is_the_same_with_a_ledger_and_without(run: Run, deal: Path) -> None:
    for format in ("text", "json", "sarif", "junit"):
        words = (*CHECK, "-f", format)
        assert run(*words).out == clauses(*words, folder=deal, CLAUSES_LEDGER="").out


# --- reading


def test_entries_are_listed_and_shown(run: Run) -> None:
    run(*CHECK)
    run("ledger", "accept", "1", "compute-outside", "--why", "a bridge", "--expires", "2025-12-31")
    lines = run("ledger", "list").out.splitlines()
    assert len(lines) == 2 and "accepts compute-outside of second-supplier" in lines[0]
    assert "second-supplier against services, as of 2025-07-01: conflict" in lines[1]
    assert len(run("ledger", "list", "--kind", "review").out.splitlines()) == 1
    page = run("ledger", "show", "1").out
    for word in ("review_id: ", "compute-outside", "fingerprint", "sheet.yaml", "engines: reference", "hash "):
        assert word in page
    entry = data(run("ledger", "show", "1", "-f", "json"))
    assert entry["content"]["findings"][0]["rule"] == "compute-outside"


def test_a_document_is_shown_as_it_was(run: Run, deal: Path) -> None:
    review = run(*CHECK, "-f", "json").out
    before = (deal / "sheet.yaml").read_text()
    write(deal, {"sheet.yaml": "gone: yes\n"})
    assert run("ledger", "show", "1", "--document", "sheet.yaml").out == before
    assert run("ledger", "show", "1", "--document", "review").out == review.rstrip("\n")


def test_an_export_holds_everything(run: Run, deal: Path) -> None:
    run(*CHECK)
    run(*CHECK)
    lines = [json.loads(line) for line in run("ledger", "export", "--documents").out.splitlines()]
    documents = {line["document"]: base64.b64decode(line["base64"]) for line in lines if "document" in line}
    entries = [line for line in lines if "number" in line]
    assert [entry["number"] for entry in entries] == [1, 2] and entries[1]["previous"] == entries[0]["hash"]
    assert all(hashlib.sha256(content).hexdigest() == sha256 for sha256, content in documents.items())
    assert set(documents) == {sha256 for entry in entries for sha256 in entry["documents"]}
    assert (deal / "sheet.yaml").read_bytes() in documents.values()
    bare = run("ledger", "export", "--after", "1").out.splitlines()
    assert [json.loads(line) for line in bare] == [entries[1]]


# --- verifying and replaying


def edit(deal: Path, statement: str) -> None:
    """Change the ledger behind its back."""
    with sqlite3.connect(deal / "ledger.db") as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute(statement)
    connection.close()


def test_a_ledger_that_was_edited_is_found(run: Run, deal: Path) -> None:
    run(*CHECK)
    run(*CHECK)
    ran = run("ledger", "verify")
    assert ran.code == 0 and ran.out.startswith("intact: 2 entries, 7 documents")
    assert "without an anchor" in ran.out
    edit(deal, "UPDATE ledger_entries SET content = replace(content, 'conflict', 'clear') WHERE number = 1")
    ran = run("ledger", "verify")
    assert ran.code == 1 and ran.out.startswith("1: edited: ")
    found = data(run("ledger", "verify", "-f", "json"))
    assert not found["is_sound"] and found["defects"][0]["number"] == 1


def test_an_end_that_was_cut_off_is_found_by_an_anchor(run: Run, deal: Path) -> None:
    run(*CHECK)
    run(*CHECK)
    anchor = run("ledger", "anchor").out
    assert re.fullmatch(r"2:[0-9a-f]{64}\n", anchor)
    write(deal, {"anchors.txt": f"# kept elsewhere\n\n{anchor.strip()} # of the second\n"})
    assert run("ledger", "verify", "--anchors", "anchors.txt", "--anchor", anchor.strip()).code == 0
    edit(deal, "DELETE FROM ledger_entries WHERE number = 2")
    assert run("ledger", "verify").code == 0
    ran = run("ledger", "verify", "--anchors", "anchors.txt")
    assert ran.code == 1 and ran.out.startswith("2: deleted: ")


def test_a_replay_of_digests_takes_the_files(run: Run) -> None:
    run(*CHECK, "--digests-only")
    ran = run("ledger", "replay", "1")
    assert ran.code == 2 and "error[inputs-not-kept]" in ran.err
    ran = run("ledger", "replay", "1", "--input", "sheet.yaml", "--input", "agreement.yaml")
    assert ran.code == 0 and ran.out == "1: the same, byte for byte\n"


def test_a_replay_that_differs_exits_one(run: Run, deal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from clauses import recording

    run(*CHECK)
    before = recording.review_json
    monkeypatch.setattr(recording, "review_json", lambda examined: before(examined).replace(b"Cedar GmbH", b"Cedar"))
    ran = run("ledger", "replay", "1")
    assert ran.code == 1 and ran.out.startswith("1: different") and "review.findings[0].message" in ran.out
    assert "recorded under the same versions" in ran.out


# --- the memo


@pytest.mark.parametrize("format", ["html", "md", "docx", "pdf"])
def test_a_recorded_memo_carries_its_anchor_and_is_verified_later(run: Run, format: str) -> None:
    run(*CHECK)
    run("ledger", "accept", "1", "compute-outside", "--why", "a bridge", "--expires", "2025-12-31")
    run("ledger", "sign", "2", who="Bo Ek")
    file = f"memo.{format}"
    anchor = re.search(r"anchor (\S+)", run(*MEMO, "-o", file).err)
    assert anchor is not None
    run("ledger", "withdraw", "2", "--why", "over", who="Bo Ek")
    verify = ("memo", "verify", file, *MEMO[1:])
    ran = run(*verify, day="2026-02-01")
    assert ran.code == 0 and "unchanged" in ran.out, ran.all
    assert run(*verify, "--entry", "1").code == 1
    ran = run(*verify, CLAUSES_LEDGER="")
    assert ran.code == 1 and "names entry 4 of a ledger" in ran.err
    if format == "md":
        assert anchor[1] in run("memo", "verify", file, *MEMO[1:], "--entry", "1").out


# --- what is refused, with its exact words

BEFORE = (
    CHECK,
    ("ledger", "accept", "1", "compute-outside", "--why", "a bridge", "--expires", "2025-12-31"),
    ("ledger", "accept", "1", "dual-flag", "--why", "known", "--expires", "2025-12-31"),
    ("ledger", "sign", "3", "--who", "Bo Ek"),
    ("ledger", "accept", "1", "dual-flag", "--why", "known", "--expires", "2025-12-31"),
    ("ledger", "withdraw", "5", "--why", "a slip"),
    (*CHECK, "--digests-only", "--as-of", "2025-07-02"),
    ("check", "two.yaml", "-r", "pack", "--engine", "reference"),
)
"""Eight entries that refusals are about: reviews, and acceptances that are open, signed and withdrawn."""
ACCEPT = ("ledger", "accept", "1", "compute-outside", "--why", "a bridge", "--expires", "2026-01-31")
SIGN = ("ledger", "sign", "2", "--who", "Bo Ek")

REFUSED: list[tuple[tuple[str, ...], dict[str, str], str]] = [
    (("ledger", "sign", "2"), {}, "error[own-signature] `Ann Lee` accepted `D-2`, so another person has to sign it\n"),
    (SIGN, {"day": "2026-01-01"}, "error[already-expired] `D-2` expired on `2025-12-31`\n  = accept it anew\n"),
    (
        ACCEPT,
        {"day": "2026-02-01"},
        "error[already-expired] `2026-01-31` is past: a deviation ends on a day to come\n",
    ),
    (("ledger", "sign", "3", "--who", "Cy Ng"), {}, "error[already-signed] `D-3` is signed already, by `Bo Ek`\n"),
    (
        ("ledger", "sign", "5", "--who", "Bo Ek"),
        {},
        "error[already-withdrawn] `D-5` is withdrawn already, by `Ann Lee`\n",
    ),
    (
        ("ledger", "withdraw", "5", "--why", "again"),
        {},
        "error[already-withdrawn] `D-5` is withdrawn already, by `Ann Lee`\n",
    ),
    (
        ("ledger", "sign", "D-7"),
        {},
        "error[no-such-deviation] there is no deviation `D-7`\n  = did you mean `D-5`?\n",
    ),
    (
        ("ledger", "accept", "1", "compute-outsid", *ACCEPT[4:]),
        {},
        "error[no-such-finding] the review `1` has no finding `compute-outsid`\n  = did you mean `compute-outside`?\n",
    ),
    (
        ("ledger", "accept", "8", "compute-outside", *ACCEPT[4:]),
        {},
        "error[several-findings] the rule `compute-outside` has 2 findings in the review `8`\n"
        "  = name one of them: `771070fe76066a4d`, `…`\n",
    ),
    (("ledger", "accept", "2", *ACCEPT[3:]), {}, "error[not-a-review] the entry `2` is no review: it is a deviation\n"),
    (("ledger", "replay", "2"), {}, "error[not-a-review] the entry `2` is no review: it is a deviation\n"),
    ((*ACCEPT[:5], " ", *ACCEPT[6:]), {}, "error[nothing-said] the reason is not said\n"),
    (
        (*ACCEPT[:5], "a\nb", *ACCEPT[6:]),
        {},
        "error[not-a-line] the reason should be a line of at most 2000 characters that can be printed\n",
    ),
    (
        ("ledger", "show", "1", "--document", "sheet.yml"),
        {},
        "error[unknown-document] there is no document `sheet.yml`\n  = did you mean `sheet.yaml`?\n",
    ),
    (
        ("ledger", "show", "7", "--document", "review"),
        {},
        "error[not-kept] the entry `7` holds the digest of `review` only: …\n",
    ),
    (
        ("ledger", "list", "--kind", "reviews"),
        {},
        "error[unknown-kind] there is no kind `reviews`\n  = did you mean `review`?\n",
    ),
    (("ledger", "show", "99"), {}, "error[no-such-entry] the ledger has no entry `99`\n"),
]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a ledger of eight entries."""
    deal = tmp_path_factory.mktemp("full")
    shutil.copytree(PACK, deal / "pack")
    shutil.copytree(DATA / "deal", deal, dirs_exist_ok=True)
    sheet = (deal / "sheet.yaml").read_text()
    second = sheet.partition("changes:\n")[2].replace("cedar-supply", "cedar-supply-too")
    write(deal, {"two.yaml": sheet + second})
    at = datetime.datetime.fromisoformat("2025-07-10T09:30:00+00:00")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recorded, "clock", lambda: at)
        for words in BEFORE:
            ran = clauses(*words, folder=deal, CLAUSES_LEDGER="ledger.db", CLAUSES_WHO="Ann Lee")
            assert ran.code in (0, 1), ran.all
    return deal


@pytest.mark.parametrize(("words", "more", "said"), REFUSED, ids=[" ".join(words)[:40] for words, _, _ in REFUSED])
def test_what_is_refused_reads_exactly_so(
    full: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], more: dict[str, str], said: str
) -> None:
    at = datetime.datetime.fromisoformat(f"{more.get('day', '2025-07-10')}T09:30:00+00:00")
    monkeypatch.setattr(recorded, "clock", lambda: at)
    before = clauses("ledger", "anchor", folder=full, CLAUSES_LEDGER="ledger.db").out
    ran = clauses(*words, folder=full, CLAUSES_LEDGER="ledger.db", CLAUSES_WHO="Ann Lee")
    assert ran.code == 2 and ran.out == "" and is_well_behaved(ran)
    assert re.fullmatch(re.escape(said).replace("…", "[0-9a-f]+"), ran.err), ran.err
    assert clauses("ledger", "anchor", folder=full, CLAUSES_LEDGER="ledger.db").out == before
