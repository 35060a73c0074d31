"""What a check or a comparison over a portfolio found, as text for a terminal and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from clauses.language.pack import RulePack
from clauses.language.rule import SEVERITIES, Severity
from clauses.portfolio.results import RuleCount
from clauses.review.finding import VERDICTS
from clauses.review.output.common import as_json
from clauses.review.output.ink import SEVERITY_COLOURS, VERDICT_COLOURS, Ink
from clauses.source import printable

if TYPE_CHECKING:
    from clauses.portfolio.impact import Impact
    from clauses.portfolio.ingest import Ingested
    from clauses.portfolio.run import Checked

FORMATS = ("text", "json")
WIDTH = 14
"""Columns that a number takes."""


def of_check(found: Checked, name: str, format: str, ink: Ink) -> str:
    """The summary of a check; `name` is what was checked, as the user calls it."""
    return as_json(_check_data(found)) if format == "json" else _check_text(found, name, ink)


def of_impact(found: Impact, name: str, format: str, ink: Ink) -> str:
    """The summary of a comparison of two packs."""
    return as_json(_impact_data(found)) if format == "json" else _impact_text(found, name, ink)


def of_ingest(found: Ingested, name: str, format: str) -> str:
    """What was taken in; `name` is the folder, as the user calls it."""
    return as_json(_ingest_data(found)) if format == "json" else _ingest_text(found, name)


# --- ingest


def _ingest_data(found: Ingested) -> dict[str, Any]:
    return {
        "as_of": str(found.portfolio.as_of),
        "records": found.records,
        "agreements": found.agreements,
        "facts": {kind: count for kind, count in sorted(found.portfolio.facts.items()) if count},
        "rejects": dict(sorted(found.rejects.items())),
        "unread": dict(sorted(found.unread.items())),
    }


def _ingest_text(found: Ingested, name: str) -> str:
    facts = sum(found.portfolio.facts.values())
    lines = [
        f"{_many(found.agreements, 'agreement')} with {_many(facts, 'fact')} in {name}, as of {found.portfolio.as_of}"
    ]
    rejected = sum(found.rejects.values())
    if rejected:
        lines.append(
            f"{rejected:,} of {_many(found.records, 'record')} could not be read; {name}/rejects.jsonl says why"
        )
        lines += [f"  {number:>{WIDTH},}  {printable(reason)}" for reason, number in _most(found.rejects)]
    if found.unread:
        lines.append(f"cells that could not be read, and are not stated; {name}/unread.jsonl has them")
        lines += [f"  {number:>{WIDTH},}  {printable(reason)}" for reason, number in _most(found.unread)]
    return "\n".join(lines) + "\n"


def _most(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


# --- check


def _check_data(found: Checked) -> dict[str, Any]:
    severities = _severities(found.packs)
    data = found.counts.data()
    for rule, count in data["rules"].items():
        data["rules"][rule] = {"severity": severities[rule], **count}
    return {
        "as_of": str(found.as_of) if found.as_of else None,
        "packs": [_pack_data(pack) for pack in found.packs],
        **data,
        "findings": found.counts.findings,
        "rejects": _by_reason(found.rejects),
    }


def _pack_data(pack: RulePack) -> dict[str, str]:
    return {"name": pack.name, "version": pack.version, "sha256": pack.sha256}


def _by_reason(rejects: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    return dict(sorted(Counter(str(reject["id"]) for reject in rejects).items()))


def _severities(packs: Sequence[RulePack]) -> dict[str, Severity]:
    """The severity of every rule; of one that stands in several packs, the gravest."""
    found: dict[str, Severity] = {}
    for pack in packs:
        for rule in pack.rules:
            known = found.get(rule.id, rule.severity)
            found[rule.id] = min(known, rule.severity, key=SEVERITIES.index)
    return found


def _check_text(found: Checked, name: str, ink: Ink) -> str:
    counts = found.counts
    severities = _severities(found.packs)
    widest = max((len(rule) for rule in counts.rules), default=0)
    lines = [ink.paint(f"{name}, as of {_day(found)}, by {_packs(found.packs)}", "bold"), ""]
    if counts.rules:
        lines.append(ink.paint(" " * (widest + 2) + f"{'breached':>{WIDTH}}{'undetermined':>{WIDTH}}", "dim"))
    for severity in SEVERITIES:
        own = sorted(rule for rule in counts.rules if severities[rule] == severity)
        if own:
            line = _line(severity, widest + 2, counts.severities[severity])
            lines.append(ink.paint(line, SEVERITY_COLOURS[severity], "bold"))
            lines += [printable(_line(f"  {rule}", widest + 2, counts.rules[rule])) for rule in own]
    lines += [""] if counts.rules else []
    listed = [
        ink.paint(f"{counts.verdicts[verdict]:,} {verdict}", VERDICT_COLOURS[verdict])
        for verdict in VERDICTS if counts.verdicts[verdict]
    ]  # fmt: skip
    none = counts.agreements - counts.with_findings
    lines.append(f"verdicts: {', '.join(listed)}" if listed else "verdicts: none")
    lines.append(
        f"{_many(counts.agreements, 'agreement')}: {counts.with_findings:,} with {_many(counts.findings, 'finding')}, "
        f"{none:,} with none"
    )
    rejects = ", ".join(f"{number:,} {reason}" for reason, number in _by_reason(found.rejects).items())
    if rejects:
        lines.append(f"{_many(len(found.rejects), 'record')} could not be read: {rejects}")
    return "\n".join(lines) + "\n"


def _day(found: Checked) -> str:
    return str(found.as_of) if found.as_of else "the date of each term sheet"


def _packs(packs: Sequence[RulePack]) -> str:
    return ", ".join(printable(f"{pack.name} {pack.version}") for pack in packs)


def _line(name: str, width: int, count: RuleCount) -> str:
    return f"{name:<{width}}{count.breached:>{WIDTH},}{count.undetermined:>{WIDTH},}"


def _many(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


# --- impact


def _impact_data(found: Impact) -> dict[str, Any]:
    return {
        "as_of": str(found.as_of),
        "old": _pack_data(found.old),
        "new": _pack_data(found.new),
        "agreements": found.agreements,
        "touched": found.touched,
        "verdicts": _moves_data(found.verdicts),
        "rules": {
            rule: {"why": found.why[rule], "statuses": _moves_data(moves)}
            for rule, moves in sorted(found.rules.items())
        },
    }


def _moves_data(moves: Counter[tuple[str, str]]) -> list[dict[str, Any]]:
    return [{"old": pair[0], "new": pair[1], "agreements": number} for pair, number in sorted(moves.items())]


def _impact_text(found: Impact, name: str, ink: Ink) -> str:
    title = f"{name}, as of {found.as_of}: {_packs([found.old])} → {_packs([found.new])}"
    lines = [ink.paint(title, "bold"), ""]
    for rule in sorted(found.rules):
        lines.append(ink.paint(printable(rule), "bold"))
        lines.append(f"  {printable(found.why[rule])}")
        lines += [f"  {_move(pair)}: {_many(number, 'agreement')}" for pair, number in _moves(found.rules[rule])]
    lines += [""] if found.rules else []
    if found.verdicts:
        lines.append("verdicts")
        lines += [f"  {_move(pair)}: {_many(number, 'agreement')}" for pair, number in _moves(found.verdicts)]
        lines.append("")
    lines.append(
        f"{_many(found.agreements, 'agreement')}: a rule comes out otherwise in {found.touched:,}, "
        f"the verdict is another in {found.verdicts.total():,}"
    )
    return "\n".join(lines) + "\n"


def _moves(moves: Counter[tuple[str, str]]) -> list[tuple[tuple[str, str], int]]:
    return sorted(moves.items(), key=lambda item: (-item[1], item[0]))


def _move(pair: tuple[str, str]) -> str:
    return f"{pair[0]} → {pair[1]}" if pair[0] != pair[1] else f"{pair[0]} as before"
