"""Values as counsel would write them: `2027-01-01` is 1 January 2027, `azure-exclusivity` is its heading."""

from __future__ import annotations

import re
from collections.abc import Mapping

from clauses.language.english import NAMES_OF_TERMS, choice_words, joined, term_words, value_words
from clauses.language.rule import PLACEHOLDER, Rule
from clauses.terms.facts import GENERAL_KINDS, Deal, Fact, FactValue
from clauses.terms.kinds import TermType
from clauses.terms.values import Date, Value

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
    if isinstance(value, Value):
        return value_words(value)
    if type.name == "party":
        return deal.party_name(value)
    if type.name == "clause":
        return clause_phrase(value, deal)
    return choice_words(value) if type.name == "choice" else value


def term_phrase(name: str, value: FactValue | None, type: TermType, deal: Deal) -> str:
    """The value of a term in a sentence; the names of terms that some terms hold are written out."""
    if name in NAMES_OF_TERMS and value is not None:
        names = value if isinstance(value, tuple) else (str(value),)
        return joined([term_words(one) for one in names]) or "none"
    return phrase(value, type, deal)


def known(value: FactValue | None, type: TermType, deal: Deal, name: str = "") -> str:
    """A value as counsel would put it; a date that is not known to the day says so."""
    if value is None:
        return NOT_STATED
    text = term_phrase(name, value, type, deal)
    if isinstance(value, Date) and not value.is_exact and not text.startswith("a date"):
        return f"some day between {text.replace(' to ', ' and ')}" if " to " in text else f"some day in {text}"
    return text


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
        return term_phrase(term, clauses[alias].values.get(term), types[alias][term], deal)

    def replace(match: re.Match[str]) -> str:
        text = match[0]
        if text in ("{{", "}}"):
            return text[0]
        alias, _, term = match[1].strip().partition(".")
        return fill(alias, term)

    text = " ".join(PLACEHOLDER.sub(replace, template).split())
    return text[:1].upper() + text[1:] if template[:1] == "{" else text
