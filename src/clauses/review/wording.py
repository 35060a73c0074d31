"""Values as counsel would write them: `2027-01-01` is 1 January 2027, `azure-exclusivity` is its heading."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from clauses.language.english import NAMES_OF_TERMS, choice_words, joined, term_words, value_words
from clauses.language.rule import PLACEHOLDER, Rule
from clauses.terms.facts import GENERAL_KINDS, Fact, FactValue
from clauses.terms.kinds import TermType
from clauses.terms.values import Date, Value

NOT_STATED = "not stated"


class Names(Protocol):
    """What the parties and clauses of an agreement are called; a deal is one."""

    def party_name(self, party_id: str) -> str:
        """The name of a party, or its id where it is not listed."""

    def heading(self, clause_id: str) -> str | None:
        """The heading of a clause, or None where it has none."""


_UNSTATED = {
    "date": "an unstated date", "money": "an unstated amount", "percentage": "an unstated percentage",
    "party": "a party that is not named", "clause": "a clause that is not named", "days": "an unstated period",
    "months": "an unstated period", "number": "an unstated number",
}  # fmt: skip


def phrase(value: FactValue | None, type: TermType, names: Names) -> str:
    """A value in a sentence."""
    if value is None:
        return _UNSTATED.get(type.name, f"an unstated {type.name}" if type.name != "choice" else "something not stated")
    if isinstance(value, tuple):
        return joined([phrase(item, TermType(type.name), names) for item in value]) or "none"
    if isinstance(value, Value):
        return value_words(value)
    if type.name == "party":
        return names.party_name(value)
    if type.name == "clause":
        return clause_phrase(value, names)
    return choice_words(value) if type.name == "choice" else value


def term_phrase(name: str, value: FactValue | None, type: TermType, names: Names) -> str:
    """The value of a term in a sentence; the names of terms that some terms hold are written out."""
    if name in NAMES_OF_TERMS and value is not None:
        listed = value if isinstance(value, tuple) else (str(value),)
        return joined([term_words(one) for one in listed]) or "none"
    return phrase(value, type, names)


def known(value: FactValue | None, type: TermType, names: Names, name: str = "") -> str:
    """A value as counsel would put it; a date that is not known to the day says so."""
    if value is None:
        return NOT_STATED
    text = term_phrase(name, value, type, names)
    if isinstance(value, Date) and not value.is_exact and not text.startswith("a date"):
        return f"some day between {text.replace(' to ', ' and ')}" if " to " in text else f"some day in {text}"
    return text


def clause_phrase(id: str, names: Names) -> str:
    """A clause by its heading, in quotes, or by its id where it has none."""
    return f"“{names.heading(id) or id}”"


@dataclass(frozen=True)
class Gap:
    """A `{…}` of a sentence that the value of a term fills."""

    alias: str
    term: str
    type: TermType

    def filled(self, value: FactValue | None, names: Names) -> str:
        """The words for a value of the term."""
        if self.alias == "context":
            return phrase(value, self.type, names)
        return term_phrase(self.term, value, self.type, names)


class _Nobody:
    """No names: for what reads none."""

    def party_name(self, party_id: str) -> str:
        return party_id

    def heading(self, clause_id: str) -> str | None:
        return None


class Sentence:
    """A rule's sentence, read once and filled in for any number of matches.

    `parameters` are those of the day of the review.
    """

    def __init__(self, template: str, rule: Rule, parameters: Mapping[str, Value | str]) -> None:
        self.is_raised = template[:1] == "{"
        """Whether the first letter is made a capital: it is a value's."""
        types = {pattern.alias: pattern.types for pattern in rule.given} | {"context": GENERAL_KINDS["context"]}
        parts: list[str | Gap] = []
        end = 0
        for match in PLACEHOLDER.finditer(template):
            parts += [template[end : match.start()], _part(match, types, parameters)]
            end = match.end()
        self.parts = (*parts, template[end:])
        """The words and the gaps between them, in their order."""
        gaps = [part for part in self.parts if isinstance(part, Gap)]
        self.reads = tuple((gap.alias, gap.term) for gap in gaps)
        """The terms that fill it, as alias and term, in their order; one that stands twice is here twice."""
        self.types = tuple(gap.type for gap in gaps)
        """The types of these terms."""
        self.constant = None if gaps else self.joined([part for part in self.parts if isinstance(part, str)])
        """The text, where no term fills it."""

    def of(self, value: Callable[[str, str], FactValue | None], names: Names) -> str:
        """The sentence with its gaps filled; `value` gives the value of a term by its alias and name."""
        if self.constant is not None:
            return self.constant
        return self.joined(
            [part if isinstance(part, str) else part.filled(value(part.alias, part.term), names) for part in self.parts]
        )

    def joined(self, texts: Iterable[str]) -> str:
        """The words of the parts as one sentence."""
        text = " ".join("".join(texts).split())
        return text[:1].upper() + text[1:] if self.is_raised else text


def _part(
    match: re.Match[str], types: Mapping[str, Mapping[str, TermType]], parameters: Mapping[str, Value | str]
) -> str | Gap:
    """What a placeholder stands for: a brace, the value of a parameter, or a gap."""
    if match[1] is None:
        return match[0][0]
    alias, _, term = match[1].strip().partition(".")
    if alias != "parameters":
        return Gap(alias, term, types[alias][term])
    value = parameters[term]
    return phrase(value, TermType(value.type_name if isinstance(value, Value) else "text"), _Nobody())


def message(
    template: str, rule: Rule, clauses: Mapping[str, Fact], parameters: Mapping[str, Value | str], names: Names
) -> str:
    """A rule's sentence with its `{…}` filled in."""
    return Sentence(template, rule, parameters).of(lambda alias, term: clauses[alias].values.get(term), names)
