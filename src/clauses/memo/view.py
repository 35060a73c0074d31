"""The view model of the memo: everything that it says, as plain data, and no object of ours.

The templates arrange it and add the fixed words; the figures are drawn from it.
"""

from __future__ import annotations

from importlib import metadata

from clauses.language.english import capital, term_words, words
from clauses.language.pack import DatedValue, PackParameter, RulePack
from clauses.memo.plain import Plain
from clauses.memo.view_changes import changes_view
from clauses.memo.view_deviations import deviations_view
from clauses.memo.view_findings import (
    Group,
    authority_view,
    examined_heading,
    group_view,
    groups,
    instrument_title,
    source_view,
)
from clauses.memo.view_holdings import holdings_view, rests_on
from clauses.memo.view_timeline import timeline_view
from clauses.review.review import Examined
from clauses.review.wording import clause_phrase, known
from clauses.terms.facts import Deal
from clauses.terms.kinds import TermType
from clauses.terms.values import Value

_DATE = TermType("date")
SHORT_QUESTION = 160
"""How long a question may be to stand in the bottom line already."""


def view(examined: Examined) -> Plain:
    """The whole memo as plain data."""
    found = groups(examined)
    deal = examined.deal
    labels_of: dict[str, list[str]] = {}
    conflicting: dict[str, set[str]] = {}
    for group in found:
        for match in group.matches:
            ids = set(match.ids())
            for id in sorted(ids):
                labels_of.setdefault(id, [])
                labels_of[id] += [] if group.label in labels_of[id] else [group.label]
                if match.finding.severity == "conflict":
                    conflicting.setdefault(id, set()).update(ids - {id})
    listed = [group_view(group, examined) for group in found]
    return {
        **_heading(examined),
        **_bottom_line(examined, found),
        "findings": listed,
        "deviations": deviations_view(listed),
        "changes": changes_view(deal, labels_of),
        "timeline": timeline_view(deal, labels_of, conflicting),
        "cap_table": holdings_view(deal),
        "assumptions": _assumptions(deal, found),
        "questions": _questions(found),
        "ambiguities": _ambiguities(deal),
        "rules": _rules(examined, found),
        "appendix": _appendix(examined),
    }


def _heading(examined: Examined) -> Plain:
    deal = examined.deal
    sheet = deal.sheet
    return {
        "as_of": known(deal.as_of, _DATE, deal),
        "agreement": deal.agreement.title,
        "sheet": capital(sheet.title) if sheet else "",
        "dated": known(sheet.dated, _DATE, deal) if sheet else "",
        "effective": known(sheet.effective, _DATE, deal) if sheet and sheet.effective else "",
        "proposed_by": deal.party_name(sheet.proposed_by) if sheet and sheet.proposed_by else "",
    }


def _bottom_line(examined: Examined, found: list[Group]) -> Plain:
    """The verdict, how many points of each sort stand in the way, and each of them in a sentence."""
    review = examined.review
    counted = [group for group in found if not group.is_accepted]
    breached = [g.first.finding.severity for g in counted if g.first.finding.status == "breached"]
    is_open = [g for g in counted if g.first.finding.status == "undetermined" and g.first.finding.severity != "note"]
    counts = {severity: breached.count(severity) for severity in ("conflict", "consent", "flag", "note")}
    order = (
        ("conflict", counts["conflict"]),
        ("consent", counts["consent"]),
        ("open", len(is_open)),
        ("flag", counts["flag"]),
    )
    return {
        "verdict": review.verdict,
        "way": [{"kind": kind, "count": count} for kind, count in order if count],
        "notes": counts["note"],
        "left_out": sum(run.pack.left_out for run in examined.runs),
        "accepted": len(found) - len(counted),
        "points": [_point(group) for group in _by_weight(counted)],
        "summary": {
            "rules": review.summary.rules,
            "breached": review.summary.breached,
            "undetermined": review.summary.undetermined,
            "satisfied": review.summary.satisfied,
            "not_applicable": review.summary.not_applicable,
        },
    }


def _by_weight(found: list[Group]) -> list[Group]:
    """What must go, whose consent is needed, what is open, what needs attention, and what is for information."""
    weights = {"conflict": 0, "consent": 1, "flag": 3, "note": 4}

    def weight(group: Group) -> int:
        finding = group.first.finding
        is_open = finding.status == "undetermined" and finding.severity != "note"
        return 2 if is_open else weights[finding.severity]

    return sorted(found, key=weight)


def _point(group: Group) -> Plain:
    finding = group.first.finding
    question = finding.question or ""
    return {
        "label": group.label,
        "anchor": group.label.lower(),
        "severity": finding.severity,
        "status": finding.status,
        "is_accepted": group.is_accepted,
        "heading": group.first.rule.heading,
        "message": finding.message,
        "count": len(group.matches),
        "question": question if len(question) <= SHORT_QUESTION else "",
    }


def _assumptions(deal: Deal, found: list[Group]) -> list[Plain]:
    """Every assumed clause that a finding or the cap table rests on."""
    relied: dict[str, list[str]] = {}
    for group in found:
        for match in group.matches:
            for one in match.relied():
                labels = (
                    relied.setdefault(one.version.id, [])
                    if one.version.clause.source.basis == "assumed"
                    else [group.label]
                )
                labels += [] if group.label in labels else [group.label]
    in_table = {id for id in rests_on(deal) if deal.worlds[0].result[id].clause.source.basis == "assumed"}
    rows = []
    for id in sorted({*relied, *in_table}):
        version = deal.worlds[0].result.get(id) or deal.worlds[0].current[id]
        rows.append(
            {
                "heading": examined_heading(id, deal),
                "text": " ".join(version.clause.text.split()),
                "findings": relied.get(id, []),
                "in_cap_table": id in in_table,
                **source_view(version, deal),
            }
        )
    return rows


def _questions(found: list[Group]) -> list[Plain]:
    """Every question once, with the findings that wait for the answer."""
    asked: dict[str, list[str]] = {}
    for group in found:
        for match in group.matches:
            if match.finding.question:
                labels = asked.setdefault(match.finding.question, [])
                labels += [] if group.label in labels else [group.label]
    return [{"question": question, "findings": labels} for question, labels in asked.items()]


def _ambiguities(deal: Deal) -> list[Plain]:
    rows = []
    for fact in deal.facts:
        if fact.kind == "ambiguity":
            values = fact.values
            rows.append(
                {
                    "clause": clause_phrase(str(values["clause"]), deal),
                    "term": term_words(str(values["term"])),
                    "first": instrument_title(str(values["first"]), deal),
                    "second": instrument_title(str(values["second"]), deal),
                    "is_certain": fact.certain,
                }
            )
    return rows


def _rules(examined: Examined, found: list[Group]) -> Plain:
    """Every rule by how it came out, with its findings."""
    labels: dict[tuple[str, str], list[str]] = {}
    for group in found:
        labels.setdefault((group.first.finding.rule, group.first.finding.status), []).append(group.label)
    headings = {rule.id: rule.heading for run in examined.runs for rule in run.pack.rules}
    rows: dict[str, list[Plain]] = {"breached": [], "undetermined": [], "satisfied": [], "not_applicable": []}
    for rule in examined.review.rules:
        rows[rule.status].append(
            {
                "rule": rule.rule,
                "heading": headings[rule.rule],
                "severity": rule.severity,
                "findings": labels.get((rule.rule, rule.status), []),
            }
        )
    return rows


def _appendix(examined: Examined) -> Plain:
    review, deal = examined.review, examined.deal
    return {
        "version": _version(),
        "review_id": review.review_id,
        "engines": list(review.engines),
        "agreement": {"id": review.agreement.id, "sha256": review.agreement.sha256},
        "sheet": {"id": review.term_sheet.id, "sha256": review.term_sheet.sha256} if review.term_sheet else {},
        "packs": [
            {"name": pack.name, "title": run.pack.title, "version": pack.version, "sha256": pack.sha256}
            for pack, run in zip(review.packs, examined.runs, strict=True)
        ],
        "as_of": review.as_of,
        "parameters": [
            _parameter(parameter, dated, run.pack, deal)
            for run in examined.runs
            for parameter in sorted(run.pack.parameters.values(), key=lambda p: p.name)
            if (dated := parameter.at(deal.as_of)) is not None
        ],
        "overdue": sum(len(run.pack.overdue(deal.as_of)) for run in examined.runs),
        "recorded": examined.recorded or "",
        "templates": [],
    }


def _parameter(parameter: PackParameter, dated: DatedValue, pack: RulePack, deal: Deal) -> Plain:
    is_overdue = dated.verify_by is not None and dated.verify_by.highest < deal.as_of.lowest
    type = TermType(dated.value.type_name if isinstance(dated.value, Value) else "text")
    return {
        "name": capital(words(parameter.name)),
        "description": parameter.description,
        "value": known(dated.value, type, deal),
        "starting": known(dated.starting, _DATE, deal),
        "authority": authority_view(dated.authority, pack) if dated.authority else {},
        "verify_by": known(dated.verify_by, _DATE, deal) if dated.verify_by else "",
        "is_overdue": is_overdue,
    }


def _version() -> str:
    try:
        return metadata.version("clauses")
    except metadata.PackageNotFoundError:  # run from a folder that was not installed
        return "not installed"
