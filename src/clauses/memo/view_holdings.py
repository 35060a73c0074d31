"""The cap table: who holds how much before all events and after each."""

from __future__ import annotations

import re
from fractions import Fraction

from clauses.language.english import joined
from clauses.memo.plain import Plain
from clauses.review.wording import clause_phrase, known
from clauses.terms.cap_table import DEFINITION, Range, Step
from clauses.terms.facts import Deal
from clauses.terms.kinds import TermType
from clauses.terms.values import Percentage

_STEP_KINDS = {"holding", "equity_on_conversion", "conversion", "capital_raise", "public_offering"}


def holdings_view(deal: Deal) -> Plain:
    """The steps of every company, the definition used, and what could not be computed."""
    issuers = getattr(deal.cap_table, "issuers", None) or {}
    return {
        "issuers": [_issuer(issuer, steps, deal) for issuer, steps in issuers.items()],
        "issuers_named": joined([deal.party_name(issuer) for issuer in issuers]),
        "steps_counted": max((len(steps) for steps in issuers.values()), default=0),
        "definition": DEFINITION,
        "problems": [
            {"clause": clause_phrase(p.clause, deal), "sentence": _in_words(p.sentence, deal)}
            for p in getattr(deal.cap_table, "problems", ())
        ],
    }


def rests_on(deal: Deal) -> set[str]:
    """The clauses from which the cap table is computed."""
    result = deal.worlds[0].result
    return {id for id, version in result.items() if version.kind in _STEP_KINDS}


def _issuer(issuer: str, steps: tuple[Step, ...], deal: Deal) -> Plain:
    holders = list(dict.fromkeys(holder for step in steps for holder in step.lines))
    return {
        "name": deal.party_name(issuer),
        "holders": [_holder(holder, deal) for holder in holders],
        "has_events": len(steps) > 1,
        "steps": [_step(step, holders, deal) for step in steps],
    }


def _holder(holder: str, deal: Deal) -> str:
    if holder in deal.parties:
        return deal.party_name(holder)
    labels = {"others": "All others", "new investors": "New investors"}
    if holder.startswith("holder by "):
        return f"Holder not named in {clause_phrase(holder.removeprefix('holder by '), deal)}"
    return labels.get(holder, holder)


def _step(step: Step, holders: list[str], deal: Deal) -> Plain:
    world = deal.worlds[0]
    return {
        "name": clause_phrase(step.event, deal).strip("“”") if step.event else "",
        "date": known(step.date, TermType("date"), deal) if step.date else "",
        "standing": "proposed" if step.event in world.proposed else "in_force",
        "stakes": [_stake(step.lines[holder]) if holder in step.lines else _NOTHING for holder in holders],
    }


_NOTHING: Plain = {"state": "none", "shown": "", "low": 0, "high": 0}


def _stake(line: Range | None) -> Plain:
    """A stake as it is shown, and in units of 0.0001 % for the drawing."""
    if line is None:
        return {"state": "unknown", "shown": "", "low": 0, "high": 0}
    low, high = line
    one = Percentage.ONE
    shown = _percent(low) if low == high else f"{_percent(low)} to {_percent(high)}"
    return {"state": "known", "shown": shown, "low": int(low * one), "high": int(high * one)}


def _percent(share: Fraction) -> str:
    """A share of the whole; `≈` where four places do not hold it exactly."""
    units = share * Percentage.ONE
    if units.denominator == 1:
        return str(Percentage(int(units), int(units)))
    nearest = round(share * 10_000) * 100
    return f"≈ {Percentage(nearest, nearest)}"


def _in_words(sentence: str, deal: Deal) -> str:
    """A sentence of the cap table with names for ids."""

    def name(match: re.Match[str]) -> str:
        id = match[1]
        if id in deal.parties:
            return deal.party_name(id)
        if id.startswith("holder by "):
            return _holder(id, deal).lower()
        is_clause = any(id in world.result or id in world.current for world in deal.worlds)
        return clause_phrase(id, deal) if is_clause else f"“{id.replace('-', ' ')}”"

    return re.sub(r"`([^`]*)`", name, sentence)
