"""Values as counsel would write them: `2027-01-01` is 1 January 2027, `azure-exclusivity` is its heading."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping

from clauses.language.rule import PLACEHOLDER, Rule
from clauses.terms.facts import GENERAL_KINDS, Deal, Fact, FactValue
from clauses.terms.kinds import TermType
from clauses.terms.values import Date, Money, Percentage, Value

NOT_STATED = "not stated"

_UNSTATED = {
    "date": "an unstated date", "money": "an unstated amount", "percentage": "an unstated percentage",
    "party": "a party that is not named", "clause": "a clause that is not named", "days": "an unstated period",
    "months": "an unstated period", "number": "an unstated number",
}  # fmt: skip


def phrase(value: FactValue | None, type: TermType, deal: Deal) -> str:
    """A value in a sentence."""
    if value is None:
        return _UNSTATED.get(type.name, f"an unstated {type.name}" if type.name != "choice" else "something not stated")
    if isinstance(value, tuple):
        return joined([phrase(item, TermType(type.name), deal) for item in value]) or "none"
    if isinstance(value, Date):
        return date_phrase(value)
    if isinstance(value, Money):
        return money_phrase(value)
    if isinstance(value, Percentage) and value.highest - value.lowest == 1:
        # An exact fraction of the cap table between two steps of the scale; the JSON output gives both.
        thousandths = (value.lowest + value.highest + 10) // 20
        return f"about {Percentage(thousandths * 10, thousandths * 10)}"
    if isinstance(value, Value):
        return str(value).replace("..", " to ")
    if type.name == "party":
        return deal.party_name(value)
    if type.name == "clause":
        return clause_phrase(value, deal)
    return value.replace("-", " ") if type.name == "choice" else value


def joined(items: list[str]) -> str:
    """`a, b and c`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""


def day_phrase(ordinal: int) -> str:
    """`1 January 2027`."""
    day = datetime.date.fromordinal(ordinal)
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


# Names of our own: the locale of the machine must not change a memo.
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def date_phrase(date: Date) -> str:
    """A date as it is known: a day, a month, a year, or a span."""
    if date.is_exact:
        return "no end" if date.lowest >= Date.limit else day_phrase(date.lowest)
    if date.lowest <= 1:
        return f"a date on or before {day_phrase(date.highest)}"
    if date.highest >= Date.limit:
        return f"a date on or after {day_phrase(date.lowest)}"
    text = str(date)
    if len(text) == 7:
        return f"{_MONTHS[int(text[5:]) - 1]} {text[:4]}"
    return text if len(text) == 4 else f"{day_phrase(date.lowest)} to {day_phrase(date.highest)}"


def money_phrase(money: Money) -> str:
    """`USD 30 billion`."""
    text = str(money)
    for short, long in (("bn", " billion"), ("m", " million")):
        text = text.replace(short, long)
    return text.replace("..", " to ")


def clause_phrase(id: str, deal: Deal) -> str:
    """A clause by its heading, in quotes, or by its id where it has none."""
    for world in deal.worlds:
        version = world.result.get(id) or world.current.get(id)
        if version is not None and version.clause.heading:
            return f"“{version.clause.heading}”"
    return f"“{id}”"


def message(
    template: str, rule: Rule, clauses: Mapping[str, Fact], parameters: Mapping[str, Value | str], deal: Deal
) -> str:
    """A rule's sentence with its `{…}` filled in."""
    types = {pattern.alias: pattern.types for pattern in rule.given}

    def fill(alias: str, term: str) -> str:
        if alias == "parameters":
            value = parameters[term]
            type = TermType(value.type_name if isinstance(value, Value) else "text")
            return phrase(value, type, deal)
        if alias == "context":
            return phrase(clauses["context"].values.get(term), GENERAL_KINDS["context"][term], deal)
        return phrase(clauses[alias].values.get(term), types[alias][term], deal)

    def replace(match: re.Match[str]) -> str:
        text = match[0]
        if text in ("{{", "}}"):
            return text[0]
        alias, _, term = match[1].strip().partition(".")
        return fill(alias, term)

    text = " ".join(PLACEHOLDER.sub(replace, template).split())
    return text[:1].upper() + text[1:] if template[:1] == "{" else text
