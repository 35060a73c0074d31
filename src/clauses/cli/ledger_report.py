"""What the commands about the ledger print for people."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from clauses.review.output.ink import SEVERITY_COLOURS, VERDICT_COLOURS, Ink
from clauses.source import printable

if TYPE_CHECKING:
    from clauses.ledger import Entry, Verification
    from clauses.recording import Replay
    from clauses.review.deviations import Deviation
    from clauses.terms.values import Date

WIDTH = 100
_STATE_COLOURS = {"accepted": "green", "unsigned": "yellow", "expired": "red", "withdrawn": "dim"}
_STATES = {
    "accepted": "signed, and holds for the terms for which it was given", "unsigned": "no second person has signed",
    "expired": "expired", "withdrawn": "withdrawn",
}  # fmt: skip


def line(entry: Entry, ink: Ink) -> str:
    """An entry in a line."""
    number = ink.paint(f"{entry.number:>6}", "bold")
    return f"{number}  {_minute(entry.at)}  {entry.kind:<10}  {_by(entry)}: {_about(entry, ink)}\n"


def _minute(at: str) -> str:
    return printable(at[:16].replace("T", " ") + "Z")


def _by(entry: Entry) -> str:
    return printable(f"{entry.who} ({entry.door})")


def _about(entry: Entry, ink: Ink) -> str:
    content = entry.content
    if entry.kind == "review":
        sheet = content["term_sheet"]["id"] if content["term_sheet"] else "the agreement as it stands"
        about = printable(f"{sheet} against {content['agreement']['id']}, as of {content['as_of']}")
        return f"{about}: {ink.paint(content['verdict'], VERDICT_COLOURS.get(content['verdict'], 'bold'), 'bold')}"
    if entry.kind == "deviation":
        return printable(f"accepts {content['rule']} of {content['term_sheet']} until {content['expires']}")
    if entry.kind == "signature":
        return printable(f"signs {content['deviation']}")
    if entry.kind == "withdrawal":
        return printable(f"withdraws {content['deviation']}: {content['why']}")
    return ""


def page(entry: Entry, ink: Ink) -> str:
    """An entry with everything that it says."""
    lines = [line(entry, ink).rstrip("\n").lstrip(), ""]
    lines += [f"hash      {entry.hash}", f"previous  {entry.previous}", f"at        {printable(entry.at)}"]
    shown = {key: value for key, value in entry.content.items() if key != "findings"}
    lines += _pairs(shown, "")
    for finding in entry.content.get("findings", ()):
        lines += ["", *_finding(finding, ink)]
    return "\n".join(lines) + "\n"


def _pairs(data: Mapping[str, Any], before: str) -> list[str]:
    lines = []
    for key, value in data.items():
        name = f"{before}{key}"
        if key == "files" and isinstance(value, Mapping):  # of a pack, of which its own digest says enough
            lines.append(f"{name}: {len(value)}, each by its digest; `-f json` lists them")
        elif isinstance(value, Mapping):
            lines += _pairs(value, f"{name}.")
        elif isinstance(value, (list, tuple)) and value and all(isinstance(one, Mapping) for one in value):
            for number, one in enumerate(value):
                lines += _pairs(one, f"{name}[{number}].")
        else:
            said = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else "–" if value is None else value
            lines.append(printable(f"{name}: {said}"))
    return lines


def _finding(finding: Mapping[str, Any], ink: Ink) -> list[str]:
    title = f"{finding['severity']}[{finding['rule']}] {finding['heading']}: {finding['status']}"
    lines = [ink.paint(title, SEVERITY_COLOURS.get(finding["severity"], "bold"), "bold")]
    lines += _wrapped(finding.get("message", ""))
    lines += _wrapped(f"fingerprint {finding['fingerprint']}; clauses {', '.join(finding['clauses'])}")
    if "deviation" in finding:
        one = finding["deviation"]
        lines += _wrapped(f"deviation {one['id']}: {one['state']}; accepted by {one['who']}: {one['why']}")
    return lines


def _wrapped(text: str, indent: str = "  ") -> list[str]:
    return textwrap.wrap(
        printable(text), WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )


def verification(found: Verification, ink: Ink) -> str:
    """What is wrong with the chain; or that nothing is, and what that does not show."""
    lines = []
    for defect in found.defects:
        to = f" to {defect.last}" if defect.last is not None else ""
        lines.append(f"{defect.number}{to}: {ink.paint(defect.kind, 'red', 'bold')}: {printable(defect.sentence)}")
    counted = f"{found.entries} entr{'y' if found.entries == 1 else 'ies'}, {found.documents} documents"
    count = len(found.defects) + found.more
    if count:
        more = f"and {found.more} more\n" if found.more else ""
        defects = "one defect" if count == 1 else f"{count} defects"
        lines.append(f"{more}{ink.paint('broken', 'red', 'bold')}: {defects} in {counted}")
    else:
        head = f"; it ends at {found.head}" if found.head else ""
        lines.append(f"{ink.paint('intact', 'green', 'bold')}: {counted}{head}")
        if not found.anchors:
            lines.append("without an anchor kept elsewhere, a chain whose end was cut off or made anew looks the same")
    return "\n".join(lines) + "\n"


def replayed(found: Replay, ink: Ink) -> str:
    """Whether a review came out as it was recorded."""
    if found.is_same:
        return f"{found.entry}: {ink.paint('the same', 'green', 'bold')}, byte for byte\n"
    lines = [f"{found.entry}: {ink.paint('different', 'red', 'bold')}"]
    lines += [f"  {printable(one)}" for one in found.differences]
    then, now = found.recorded_under, found.replayed_under
    moved = [
        f"{name} {then.get(name)} → {now.get(name)}" for name in {**then, **now} if then.get(name) != now.get(name)
    ]
    versions = "recorded under other versions: " + ", ".join(moved) if moved else "recorded under the same versions"
    return "\n".join([*lines, f"  {printable(versions)}"]) + "\n"


def deviations(found: Sequence[Deviation], day: Date, ink: Ink) -> str:
    """Each deviation, what it covers, and what it is worth on a day."""
    if not found:
        return "nothing was accepted\n"
    return "\n".join(_deviation(one, day, ink) for one in found)


def _deviation(one: Deviation, day: Date, ink: Ink) -> str:
    state = one.state(day)
    sheet = one.term_sheet or "the agreement as it stands"
    title = f"{one.id} {one.severity}[{one.rule}] of {sheet} against {one.agreement}: {_STATES[state]}"
    lines = [ink.paint(title, _STATE_COLOURS[state], "bold")]
    lines += _wrapped(one.message) + _wrapped(f"clauses: {', '.join(one.clauses)}; finding {one.fingerprint}")
    lines += _wrapped(f"accepted by {one.who} on {one.accepted_on}, until {one.expires}: {one.why}")
    if one.signed_by is not None:
        lines += _wrapped(f"signed by {one.signed_by} on {one.signed_on}")
    if one.withdrawn_by is not None:
        lines += _wrapped(f"withdrawn by {one.withdrawn_by}: {one.withdrawn_why}")
    return "\n".join(lines) + "\n"
