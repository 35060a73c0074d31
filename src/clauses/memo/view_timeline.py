"""The timeline: which clause runs from when to when, and on which days something falls due."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from clauses.language.english import capital, term_words
from clauses.memo.plain import Plain
from clauses.memo.view_findings import examined_heading
from clauses.review.wording import known
from clauses.terms.agreement import ClauseVersion
from clauses.terms.facts import Deal
from clauses.terms.kinds import TermType
from clauses.terms.values import Date

_DATE = TermType("date")
_ORDER = ("in_force", "before", "amended", "added", "removed")


def timeline_view(deal: Deal, labels_of: dict[str, list[str]], conflicting: dict[str, set[str]]) -> Plain:
    """Periods and days. `conflicting` names, for a clause, those that it cannot stand beside."""
    bars = [bar for version, standing in _versions(deal) for bar in _bars(version, standing, deal, labels_of)]
    bars.sort(key=lambda b: (b["order"], b["heading"], _ORDER.index(b["standing"])))
    events = sorted(
        _events(deal, labels_of), key=lambda e: (e["low"] if e["low"] > 1 else e["high"], e["high"], e["what"])
    )
    for number, event in enumerate(events, 1):
        event["number"] = number
    _mark_conflicts(bars, conflicting)
    for event in events:
        event["is_clash"] = bool(conflicting.get(event["id"])) and event["standing"] in ("added", "amended")
    days = [
        deal.as_of.lowest,
        *(d for b in bars for d in b["days"]),
        *(d for e in events for d in (e["low"], e["high"])),
    ]
    finite = [day for day in days if 1 < day < Date.limit]
    return {
        "bars": bars,
        "events": events,
        "as_of": deal.as_of.lowest,
        "as_of_words": known(deal.as_of, _DATE, deal),
        "from": min(finite),
        "to": max(finite),
        "from_year": datetime.date.fromordinal(min(finite)).year,
        "to_year": datetime.date.fromordinal(max(finite)).year,
    }


def _versions(deal: Deal) -> Iterator[tuple[ClauseVersion, str]]:
    """Clauses with how they stand; one that is amended comes twice."""
    world = deal.worlds[0]
    for id, version in sorted(world.current.items()):
        if id in world.removed:
            yield version, "removed"
        elif id not in world.proposed:
            yield version, "in_force"
        else:
            amended = world.result[id]
            same = all(getattr(version.clause, name) == getattr(amended.clause, name) for name in _date_terms(version))
            if same:
                yield amended, "in_force"
            else:
                yield version, "before"
                yield amended, "amended"
    for id in sorted(world.proposed - set(world.current)):
        yield world.result[id], "added"


def _date_terms(version: ClauseVersion) -> list[str]:
    return [name for name, type in version.clause.term_types().items() if type.name == "date"]


def _bars(version: ClauseVersion, standing: str, deal: Deal, labels_of: dict[str, list[str]]) -> Iterator[Plain]:
    starts, ends = version.clause.starts, version.clause.ends
    if starts is None and ends is None:
        return
    since = version.in_force_since
    words = f"in force by {known(since, _DATE, deal)}" if since is not None else "not stated"
    yield {
        "id": version.id,
        "heading": examined_heading(version.id, deal),
        "standing": standing,
        "basis": version.clause.source.basis,
        "starts": capital(known(starts, _DATE, deal) if starts else words),
        "ends": capital(known(ends, _DATE, deal) if ends else "not stated"),
        "start_low": starts.lowest if starts else 0,
        "start_high": starts.highest if starts else (since.highest if since else 0),
        "end_low": ends.lowest if ends else 0,
        "end_high": ends.highest if ends else 0,
        "days": [d for value in (starts, ends, since) if value for d in (value.lowest, value.highest)],
        "findings": labels_of.get(version.id, []),
        "clashes": [],
        "order": starts.lowest if starts else (since.highest if since else 0),
    }


def _mark_conflicts(bars: list[Plain], conflicting: dict[str, set[str]]) -> None:
    """Where two clauses that cannot stand together both run, the proposed one is marked from day to day."""
    proposed = [bar for bar in bars if bar["standing"] in ("added", "amended")]
    for bar in proposed:
        for other in bars:
            if other is bar or other["id"] not in conflicting.get(bar["id"], set()) or other["standing"] == "removed":
                continue
            low = max(bar["start_low"], other["start_low"])
            high = min(bar["end_high"] or Date.limit, other["end_high"] or Date.limit)
            if low <= high:
                bar["clashes"].append({"low": low, "high": high})


def _events(deal: Deal, labels_of: dict[str, list[str]]) -> Iterator[Plain]:
    for version, standing in _versions(deal):
        for name in _date_terms(version):
            value = getattr(version.clause, name)
            if value is None or name in ("starts", "ends"):
                continue
            other = (
                deal.worlds[0].result.get(version.id)
                if standing == "before"
                else deal.worlds[0].current.get(version.id)
            )
            if standing in ("before", "amended") and other is not None and getattr(other.clause, name) == value:
                if standing == "before":
                    continue
                shown = "in_force"
            else:
                shown = standing
            heading = examined_heading(version.id, deal)
            what = f"{heading}: {term_words(name)}"
            basis, labels = version.clause.source.basis, labels_of.get(version.id, [])
            yield _event(version.id, value, what, shown, basis, labels, deal)
    for amendment in deal.agreement.amendments.values():
        yield _event(
            "", amendment.effective, f"{capital(amendment.title)}: takes effect", "in_force", "stated", [], deal
        )
    if deal.sheet is not None and deal.sheet.effective is not None:
        yield _event(
            "",
            deal.sheet.effective,
            f"{capital(deal.sheet.title)}: term sheet takes effect",
            "added",
            "stated",
            [],
            deal,
        )


def _event(id: str, value: Date, what: str, standing: str, basis: str, labels: list[str], deal: Deal) -> Plain:
    return {
        "id": id,
        "low": value.lowest,
        "high": value.highest,
        "date": capital(known(value, _DATE, deal)),
        "what": what,
        "standing": standing,
        "basis": basis,
        "findings": labels,
        "is_clash": False,
    }
