"""The application of a rule in the memo: the clauses, each with the name under which the rule speaks of it, and then
what holds of them, with the values that make it so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from clauses.language import ast
from clauses.language.english import capital, joined, kind_words, the, with_article, words
from clauses.review.explain import Explainer
from clauses.review.why import Application, is_idle
from clauses.review.wording import clause_phrase, phrase
from clauses.terms.facts import Fact
from clauses.terms.kinds import TermType


@dataclass(frozen=True)
class Speaker:
    """Says in sentences what one match of a rule rests on."""

    explainer: Explainer
    clauses: Mapping[str, Fact]

    @property
    def application(self) -> Application:
        """What holds of the clauses, called as the rule calls them."""
        return Application(self.explainer, self.clauses, the)

    # --- the clauses

    def introduction(self) -> list[str]:
        """A sentence for each clause, with the name under which the others speak of it."""
        return [self.introduced(p.alias, self.clauses[p.alias], p.layer) for p in self.explainer.rule.given]

    def introduced(self, alias: str, fact: Fact, layer: str | None) -> str:
        """`“Azure exclusivity” (the “exclusivity”) is in force.`"""
        deal, name = self.explainer.deal, f"(the “{words(alias)}”)"
        if fact.kind == "party":
            return f"{fact.values.get('name', fact.id)} is a party {name}."
        if fact.kind == "ambiguity":
            clause = clause_phrase(str(fact.values["clause"]), deal)
            return f"Two amendments of the same dates set a term of {clause} differently {name}."
        if fact.version is None:
            return self.introduced_derived(fact, name)
        if fact.kind == "holding" and fact.version.kind != "holding":
            return self.introduced_holding(fact, name)
        heading = clause_phrase(fact.version.id, deal)
        if layer == "proposed" or "proposed" in fact.layers:
            verb = "amend" if any(fact.version.id in world.current for world in deal.worlds) else "add"
            return f"The term sheet would {verb} {heading} {name}."
        if layer == "removed":
            return f"The term sheet would strike out {heading} {name}."
        if "current" in fact.layers:
            return f"{heading} {name} is in force{'' if fact.certain else ', as far as can be told'}."
        return f"{heading} {name} would be in force once the term sheet is signed."

    def introduced_derived(self, fact: Fact, name: str) -> str:
        """What other rules found, with the clauses from which it follows."""
        sources = list(dict.fromkeys(self.explainer.subject(one) for one in _sources(fact)))
        what = f"{with_article(kind_words(fact.kind))} {name}"
        return f"There is {what}{f', because of {joined(sources)}' if sources else ''}."

    def introduced_holding(self, fact: Fact, name: str) -> str:
        """What the cap table computes: `After “Listing of OpenAI” Microsoft would hold about 28% of OpenAI, …`."""
        deal, stake = self.explainer.deal, fact.values.get("stake")
        holder, issuer = (deal.party_name(str(fact.values[one])) for one in ("holder", "issuer"))
        event = clause_phrase(str(fact.values["event"]), deal)
        if stake is None:
            return f"What {holder} would hold of {issuer} after {event} {name} cannot be computed."
        shown = phrase(stake, TermType("percentage"), deal)
        return f"After {event} {holder} would hold {shown} of {issuer}, by the cap table below {name}."

    # --- the chain

    def chain(self) -> list[str]:
        """The conditions in the order of the rule, each as a sentence, and then what might excuse."""
        when = self.explainer.rule.when
        parts = when.parts if isinstance(when, ast.And) else (when,)
        said = [capital(self.application.said(part)) + "." for part in parts if not is_idle(part, parts)]
        said += self.uncertain()
        return list(dict.fromkeys(said + [self.application.excuse(absence) for absence in self.explainer.rule.unless]))

    def uncertain(self) -> list[str]:
        """That a clause may read otherwise, for each of which that is so."""
        doubtful = [self.explainer.subject(fact) for fact in self.clauses.values() if not fact.certain]
        return [f"It is not certain that {subject} reads as it is taken here." for subject in doubtful]


def _sources(fact: Fact) -> list[Fact]:
    """The clauses from which a derived fact follows."""
    found: list[Fact] = []
    for source in fact.derived_from:
        found += [source] if source.version is not None else _sources(source)
    return found
