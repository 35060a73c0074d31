"""What is kept in the ledger of reviews and of deviations, and how a review is made again from it. No clock here.

    with Ledger.open("ledger.db") as ledger:
        recorded = record(ledger, examine_file("sheet.yaml"), by)   # with what was accepted so far
        print(recorded.examined.review.verdict, recorded.anchor)
        assert replay(ledger, recorded.entry).is_same

Four kinds of entry, and none is ever changed: `review`; `deviation`, an acceptance of a finding of a recorded review;
`signature` and `withdrawal`, which say of which deviation. What a deviation covers stands in
`clauses.review.deviations`; what it is worth is worked out anew from these entries each time, by the rules that hold
for writing them: a signature counts only if it is the first, by another person, before any withdrawal, and not after
the deviation expired.

A review is kept with the bytes of its inputs and packs, or with digests of its inputs only. From the bytes `replay`
makes it again, with the deviations that the ledger had before it, and compares the JSON byte for byte.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import platform
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from clauses import use_cases
from clauses.errors import InputError, UsageError, did_you_mean
from clauses.extras import needs
from clauses.language.pack import RulePack, load_pack
from clauses.review.deviations import DecidedBy, Deviation, applied, grounds, same_person
from clauses.review.finding import Finding, as_data
from clauses.review.output.common import as_json
from clauses.review.review import Examined, Reviewer
from clauses.source import Document
from clauses.terms.values import Date
from clauses.yaml_nodes import text_source

if TYPE_CHECKING:
    from clauses.ledger import Entry, Ledger

REVIEW, DEVIATION, SIGNATURE, WITHDRAWAL = "review", "deviation", "signature", "withdrawal"
MAXIMUM_WORDS = 2_000
"""How long a name or a reason may be."""
MAXIMUM_DIFFERENCES = 100
PACKAGES = ("clauses", "durable-rules", "pydantic", "pyyaml", "jinja2")
"""The packages whose versions are recorded."""

Keep = Literal["inputs", "digests"]


@dataclass(frozen=True)
class By:
    """Who does something, through which door, when and on which day."""

    who: str
    door: str
    today: Date
    """The day of the calendar where it is done: for what expires."""
    at: datetime.datetime
    """The time, in UTC: for the ledger."""


# --- reviews


@dataclass(frozen=True)
class Recorded:
    """A review that is in the ledger."""

    entry: Entry
    examined: Examined
    """With what was accepted of its findings, and its anchor: what every output shows."""

    @property
    def anchor(self) -> str:
        """The number and the hash of its entry."""
        return anchor_of(self.entry)


def anchor_of(entry: Entry) -> str:
    """`17:3f2a…`: whoever keeps this elsewhere can tell that the chain up to the entry is the one that it was."""
    return str(entry.anchor)


def reviewed(ledger: Ledger, examined: Examined, today: Date) -> Examined:
    """What was examined, with what the ledger says was accepted of its findings; `today` is the day of the review."""
    return applied(examined, deviations(ledger), today)


def record(
    ledger: Ledger,
    examined: Examined,
    by: By,
    *,
    keep: Keep = "inputs",
    known_on: Date | None = None,
    choice: use_cases.Choice | None = None,
) -> Recorded:
    """Look up what was accepted of a review's findings, and keep it so; it is durable when this returns.

    Raises InputError for a review of data, which has no bytes to keep.
    """
    head = ledger.head()
    seen_to = head.number if head else 0
    seen = applied(examined, deviations(ledger, seen_to), by.today)
    content, documents = review_entry(seen, by.today, seen_to, keep=keep, known_on=known_on, choice=choice)
    entry = _append(ledger, REVIEW, by, content, documents)
    return Recorded(entry, replace(seen, recorded=anchor_of(entry)))


def review_entry(
    examined: Examined,
    today: Date,
    seen_to: int,
    *,
    keep: Keep = "inputs",
    known_on: Date | None = None,
    choice: use_cases.Choice | None = None,
) -> tuple[dict[str, Any], list[bytes]]:
    """What an entry says of a review as it is shown, and the documents to keep with it.

    `seen_to` is the last entry of the ledger of which the review knows: up to there its deviations were looked up.
    """
    if not examined.inputs:
        raise InputError.of("no-documents", "a review of data cannot be recorded: it was read from no document")
    review, text = examined.review, review_json(examined)
    packs = [run.pack for run in examined.runs]
    documents = [text, *(one.data for one in examined.inputs)] if keep == "inputs" else []
    documents += [text.encode() for pack in packs for text in pack.texts.values()]
    content = {
        "review_id": review.review_id,
        "verdict": review.verdict,
        "as_of": review.as_of,
        "known_on": str(known_on) if known_on else None,
        "today": str(today),
        "seen_to": seen_to,
        "agreement": as_data(review.agreement),
        "term_sheet": as_data(review.term_sheet),
        "inputs": [{"name": one.name, "sha256": _sha256(one.data)} for one in examined.inputs],
        "kept": keep,
        "packs": [_pack_content(one) for one in packs],
        "choice": _choice_content(choice) if choice else None,
        "engines": list(review.engines),
        "versions": versions(),
        "summary": as_data(review.summary),
        "findings": [_finding_content(one, keep) for one in review.findings],
        "review_sha256": _sha256(text),
    }
    return content, documents


def review_json(examined: Examined) -> bytes:
    """A review as every door gives it in JSON."""
    return as_json(examined.review.data()).rstrip("\n").encode()


def versions() -> dict[str, str]:
    """What a review rests on besides its inputs: Python and the packages that read and decide."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def _finding_content(finding: Finding, keep: Keep) -> dict[str, Any]:
    """A finding in brief; without words of the contract where only digests are kept."""
    said = {"message": finding.message, "values": [{"term": v.term, "value": v.value} for v in finding.values]}
    return {
        "rule": finding.rule,
        "heading": finding.heading,
        "severity": finding.severity,
        "status": finding.status,
        "clauses": list(dict.fromkeys(clause.id for clause in finding.clauses)),
        "fingerprint": finding.fingerprint,
        "grounds": grounds(finding),
        **(said if keep == "inputs" else {}),
        **({"deviation": as_data(finding.deviation)} if finding.deviation else {}),
    }


def _choice_content(choice: use_cases.Choice) -> dict[str, Any]:
    """What was chosen of the packs; where those lie on somebody's machine is nobody else's business."""
    return {"select": list(choice.select), "ignore": list(choice.ignore), "engine": choice.engine}


def _pack_content(pack: RulePack) -> dict[str, Any]:
    return {
        "name": pack.name,
        "version": pack.version,
        "sha256": pack.sha256,
        "rules": [rule.id for rule in pack.rules] if pack.left_out else None,
        "files": {name: _sha256(text.encode()) for name, text in sorted(pack.texts.items())},
    }


# --- made again


@dataclass(frozen=True)
class Replay:
    """A recorded review, made again."""

    entry: int
    is_same: bool
    """Whether the JSON is equal byte for byte."""
    differences: tuple[str, ...]
    """Where the two differ, the recorded value first; a sentence where that cannot be told."""
    recorded_under: Mapping[str, str]
    """The versions under which it was recorded."""
    replayed_under: Mapping[str, str]


def replay(ledger: Ledger, entry: Entry, given: Iterable[bytes] = ()) -> Replay:
    """Make a recorded review again, from what the ledger holds or from documents that are given.

    Raises UsageError for an entry that is no review, or whose inputs are neither held nor given, and ClausesError
    where this version no longer accepts an input.
    """
    content = _review_content(entry)
    again = _examined_again(ledger, content, {_sha256(data): data for data in _as_kept(given)})
    text = review_json(as_shown(ledger, entry, again))
    if _sha256(text) == content["review_sha256"]:
        return Replay(entry.number, True, (), content["versions"], versions())
    differences = _differences(ledger, content, text)
    return Replay(entry.number, False, differences, content["versions"], versions())


def as_shown(ledger: Ledger, entry: Entry, examined: Examined) -> Examined:
    """What was examined, with the deviations that the ledger had when the review of an entry was made."""
    content = _review_content(entry)
    return applied(examined, deviations(ledger, content["seen_to"]), Date.read(content["today"]))


def _review_content(entry: Entry) -> Mapping[str, Any]:
    if entry.kind != REVIEW:
        raise UsageError.of("not-a-review", f"the entry `{entry.number}` is no review: it is a {entry.kind}")
    content: Mapping[str, Any] = entry.content
    return content


def _as_kept(given: Iterable[bytes]) -> Iterator[bytes]:
    """Documents as they would have been kept: a text is kept as it was read, without a byte order mark."""
    for data in given:
        yield data
        try:
            yield text_source(data, "").text.encode()
        except InputError:
            continue


def _examined_again(ledger: Ledger, content: Mapping[str, Any], given: Mapping[str, bytes]) -> Examined:
    sheet, agreement = _inputs(ledger, content, given)
    as_of = Date.read(content["as_of"])
    known_on = Date.read(content["known_on"]) if content["known_on"] else None
    with ExitStack() as stack:
        packs = [_pack_again(ledger, one, stack) for one in content["packs"]]
        reviewer = stack.enter_context(Reviewer(packs, content["engines"]))
        return use_cases.examine_one(reviewer, sheet, agreement, as_of, known_on)


def _inputs(ledger: Ledger, content: Mapping[str, Any], given: Mapping[str, bytes]) -> list[Document]:
    """The term sheet and the agreement, under the names that they had."""
    found, missing = [], []
    for one in content["inputs"]:
        data = given.get(one["sha256"])
        data = ledger.document(one["sha256"]) if data is None else data
        if data is None:
            missing.append(f"`{one['name']}` (SHA-256 {one['sha256']})")
        else:
            found.append(Document(one["name"], data))
    if missing:
        sentence = f"the ledger does not hold what the review was of: {' and '.join(missing)}"
        raise UsageError.of("inputs-not-kept", sentence, None, "name each file with `--input`")
    return found


def _pack_again(ledger: Ledger, content: Mapping[str, Any], stack: ExitStack) -> RulePack:
    """A pack as it was, with what was selected of it."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="clauses-")))
    for name, sha256 in content["files"].items():
        data = ledger.document(sha256)
        if data is None:
            sentence = f"the ledger does not hold `{name}` of the pack `{content['name']}` (SHA-256 {sha256})"
            raise UsageError.of("pack-not-kept", sentence, None, "`clauses ledger verify` says what else is missing")
        (folder / Path(name).name).write_bytes(data)
    pack = load_pack(folder, content["name"])
    if content["rules"] is not None:
        kept = set(content["rules"])
        pack = pack.select([rule.id for rule in pack.rules if rule.id in kept and rule.derives is None], [])
    return pack


def _differences(ledger: Ledger, content: Mapping[str, Any], text: bytes) -> tuple[str, ...]:
    before = ledger.document(content["review_sha256"])
    if before is None:
        return ("what differs cannot be told, for the ledger holds digests only",)
    found = list(_differing(json.loads(before), json.loads(text), "review"))
    return tuple(found[:MAXIMUM_DIFFERENCES]) or ("the two differ in how they are written, not in what they say",)


def _differing(old: Any, new: Any, path: str) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from _differing(old.get(key), new.get(key), f"{path}.{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _differing(one, other, f"{path}[{number}]")
    elif old != new:
        yield f"{path}: {_brief(old)} → {_brief(new)}"


def _brief(value: Any) -> str:
    shown = f"{len(value)} items" if isinstance(value, list) else as_json(value, None).strip()
    return shown if len(shown) <= 200 else f"{shown[:200]}…"


# --- deviations


def accept(
    ledger: Ledger,
    fingerprint: str,
    by: By,
    why: str,
    expires: Date,
    *,
    entry: Entry | None = None,
    agreement: str = "",
) -> Deviation:
    """Accept a finding of a recorded review, until a day and for a reason; it holds once a second person signs.

    The review is `entry`, or else the latest one of the `agreement` with such a finding. Raises UsageError where
    there is no such finding, no reason, or the day is past.
    """
    _check_words(by.who, "who accepts")
    _check_words(why, "the reason")
    if expires.highest < by.today.lowest:
        raise UsageError.of("already-expired", f"`{expires}` is past: a deviation ends on a day to come")
    found, finding = _finding_of(ledger, fingerprint, entry, agreement)
    review = found.content
    content = {
        "review": found.number,
        "review_id": review["review_id"],
        "agreement": review["agreement"]["id"],
        "term_sheet": review["term_sheet"]["id"] if review["term_sheet"] else None,
        **{name: finding[name] for name in ("rule", "heading", "severity", "clauses", "fingerprint", "grounds")},
        "message": finding.get("message", ""),
        "values": finding.get("values", []),
        "why": why.strip(),
        "expires": str(expires),
        "today": str(by.today),
    }
    return _deviation(_append(ledger, DEVIATION, by, content))


def _finding_of(
    ledger: Ledger, fingerprint: str, entry: Entry | None, agreement: str
) -> tuple[Entry, Mapping[str, Any]]:
    """The finding of a fingerprint (or of a rule, where it has but one) in a recorded review."""
    if entry is not None:
        findings = _review_content(entry)["findings"]
        own = [one for one in findings if fingerprint in (one["fingerprint"], one["rule"])]
        if len(own) == 1:
            return entry, own[0]
        if own and len({one["fingerprint"] for one in own}) > 1:
            hint = "name one of them: " + ", ".join(f"`{one['fingerprint']}`" for one in own)
            sentence = f"the rule `{fingerprint}` has {len(own)} findings in the review `{entry.number}`"
            raise UsageError.of("several-findings", sentence, None, hint)
        if own:
            return entry, own[0]
        known = [name for one in findings for name in (one["fingerprint"], one["rule"])]
        sentence = f"the review `{entry.number}` has no finding `{fingerprint}`"
        raise UsageError.of("no-such-finding", sentence, None, did_you_mean(fingerprint, known))
    for one in ledger.entries(kind=REVIEW, newest_first=True):
        if one.content["agreement"]["id"] == agreement:
            for finding in one.content["findings"]:
                if finding["fingerprint"] == fingerprint:
                    return one, finding
    sentence = f"no recorded review of the agreement `{agreement}` has a finding `{fingerprint}`"
    raise UsageError.of("no-such-finding", sentence, None, "record a review first: `clauses check SHEET --ledger URL`")


def sign(ledger: Ledger, id: str, by: By) -> Deviation:
    """Sign a deviation that another person accepted. Raises UsageError where that has no effect."""
    _check_words(by.who, "who signs")
    found = deviation(ledger, id)
    _check_open(found, by)
    if same_person(by.who, found.who):
        sentence = f"`{by.who}` accepted `{found.id}`, so another person has to sign it"
        raise UsageError.of("own-signature", sentence)
    if found.signed_by is not None:
        raise UsageError.of("already-signed", f"`{found.id}` is signed already, by `{found.signed_by}`")
    _append(ledger, SIGNATURE, by, {"deviation": found.id, "today": str(by.today)})
    return deviation(ledger, id)


def withdraw(ledger: Ledger, id: str, by: By, why: str) -> Deviation:
    """Withdraw a deviation, whoever accepted it; its finding counts again."""
    _check_words(by.who, "who withdraws")
    _check_words(why, "the reason")
    found = deviation(ledger, id)
    if found.withdrawn_by is not None:
        raise UsageError.of("already-withdrawn", f"`{found.id}` is withdrawn already, by `{found.withdrawn_by}`")
    _append(ledger, WITHDRAWAL, by, {"deviation": found.id, "why": why.strip(), "today": str(by.today)})
    return deviation(ledger, id)


def _check_open(found: Deviation, by: By) -> None:
    if found.withdrawn_by is not None:
        raise UsageError.of("already-withdrawn", f"`{found.id}` is withdrawn already, by `{found.withdrawn_by}`")
    if found.expires.highest < by.today.lowest:
        raise UsageError.of("already-expired", f"`{found.id}` expired on `{found.expires}`", None, "accept it anew")


def _check_words(text: str, what: str) -> None:
    if not text.strip():
        raise UsageError.of("nothing-said", f"{what} is not said")
    if len(text) > MAXIMUM_WORDS or not text.isprintable():
        sentence = f"{what} should be a line of at most {MAXIMUM_WORDS} characters that can be printed"
        raise UsageError.of("not-a-line", sentence)


def deviation(ledger: Ledger, id: str) -> Deviation:
    """The deviation of an id (`D-21`, or `21`). Raises UsageError where there is none."""
    listed = {one.id: one for one in deviations(ledger)}
    wanted = id if id.startswith("D-") else f"D-{id}"
    if wanted not in listed:
        raise UsageError.of("no-such-deviation", f"there is no deviation `{id}`", None, did_you_mean(wanted, listed))
    return listed[wanted]


def deviations(ledger: Ledger, seen_to: int | None = None) -> tuple[Deviation, ...]:
    """Every deviation with what became of it, the oldest first; up to an entry of the ledger, if one is named."""
    found: dict[str, Deviation] = {}
    changes = [
        entry
        for kind in (DEVIATION, SIGNATURE, WITHDRAWAL)
        for entry in ledger.entries(kind=kind)
        if seen_to is None or entry.number <= seen_to
    ]
    for entry in sorted(changes, key=lambda one: one.number):
        if entry.kind == DEVIATION:
            one = _deviation(entry)
            found[one.id] = one
        elif (known := found.get(entry.content["deviation"])) is not None:
            found[known.id] = _signed(known, entry) if entry.kind == SIGNATURE else _withdrawn(known, entry)
    return tuple(found.values())


def _deviation(entry: Entry) -> Deviation:
    content = entry.content
    same = ("agreement", "term_sheet", "rule", "heading", "severity", "fingerprint", "grounds", "message", "why")
    return Deviation(
        id=f"D-{entry.number}",
        **{name: content[name] for name in same},
        clauses=tuple(content["clauses"]),
        values=tuple(DecidedBy(one["term"], one["value"]) for one in content["values"]),
        who=entry.who,
        accepted_on=Date.read(content["today"]),
        expires=Date.read(content["expires"]),
    )


def _signed(one: Deviation, entry: Entry) -> Deviation:
    day = Date.read(entry.content["today"])
    is_void = one.signed_by is not None or one.withdrawn_by is not None or one.expires.highest < day.lowest
    if is_void or same_person(entry.who, one.who):
        return one
    return replace(one, signed_by=entry.who, signed_on=day)


def _withdrawn(one: Deviation, entry: Entry) -> Deviation:
    if one.withdrawn_by is not None:
        return one
    return replace(one, withdrawn_by=entry.who, withdrawn_why=entry.content["why"])


def deviation_data(one: Deviation, day: Date) -> dict[str, Any]:
    """A deviation as plain data, with what it is worth on a day."""
    found: dict[str, Any] = as_data(one)
    days = {name: str(value) for name in ("accepted_on", "expires", "signed_on") if (value := getattr(one, name))}
    return {**found, "signed_on": None, **days, "state": one.state(day)}


# --- writing


def _append(ledger: Ledger, kind: str, by: By, content: Mapping[str, Any], documents: Sequence[bytes] = ()) -> Entry:
    with needs("ledger", "a ledger"):
        from clauses.ledger import NewEntry
    at = by.at.astimezone(datetime.UTC).isoformat(timespec="microseconds")
    return ledger.append(NewEntry(kind, by.who, by.door, at, content), documents)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
