"""Why a rule came out as it did: the derivation of a match, the values that decided it, and what to ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from clauses.engines.engine import Truth
from clauses.engines.reference import Meaning, meaning
from clauses.language import ast
from clauses.language.english import English, is_plural, kind_words
from clauses.language.operators import Operator
from clauses.language.rule import Rule
from clauses.language.show import show
from clauses.review.finding import Derivation, TermValue
from clauses.review.wording import NOT_STATED, clause_phrase, phrase
from clauses.source import Location, Place
from clauses.terms.facts import Deal, Fact, Incomplete, Standings
from clauses.terms.kinds import TermType
from clauses.terms.values import Date, Value

Clauses = Mapping[str, Fact]
"""The fact that each alias of a rule stands for, with `context`."""


class Conditions:
    """What the conditions of a pack mean, say and read, for the parameters of one day; each worked out once."""

    def __init__(self, parameters: Mapping[str, Value | str]) -> None:
        self.parameters = parameters
        # By the identity of the node: a pack's trees live as long as it does, and comparing them takes longer than
        # what is kept. The node stands beside what is kept of it, so that no other can take its place.
        self._meanings: dict[int, tuple[ast.Node, Meaning]] = {}
        self._texts: dict[int, tuple[ast.Node, str]] = {}
        self._terms: dict[int, tuple[ast.Node, tuple[ast.Term, ...]]] = {}

    def truth(self, node: ast.Node, clauses: dict[str, Fact]) -> Truth:
        """The truth value of a condition."""
        known = self._meanings.get(id(node))
        if known is None:
            known = self._meanings[id(node)] = (node, meaning(node, self.parameters))
        return known[1](clauses)

    def text(self, node: ast.Node) -> str:
        """A condition as the language writes it."""
        known = self._texts.get(id(node))
        if known is None:
            known = self._texts[id(node)] = (node, show(node))
        return known[1]

    def terms(self, node: ast.Node) -> tuple[ast.Term, ...]:
        """The terms that a condition reads."""
        known = self._terms.get(id(node))
        if known is None:
            known = self._terms[id(node)] = (node, ast.terms(node))
        return known[1]


@dataclass(frozen=True)
class Explainer:
    """Explains the matches of one rule in one deal."""

    rule: Rule
    conditions: Conditions
    deal: Deal
    facts: Standings
    """All facts by kind and layer, to look for what excuses."""

    def truth(self, node: ast.Node, clauses: Clauses) -> Truth:
        """The truth value of a condition."""
        return self.conditions.truth(node, clauses if isinstance(clauses, dict) else dict(clauses))

    @property
    def parameters(self) -> Mapping[str, Value | str]:
        """The parameters of the pack on the day of the review."""
        return self.conditions.parameters

    def derivation(self, clauses: Clauses) -> Derivation:
        """The whole condition of the rule for some clauses, what excuses included."""
        parts = [self.condition(self.rule.when, clauses)] if self.rule.when != ast.ALWAYS else []
        if len(parts) == 1 and isinstance(self.rule.when, ast.And):
            parts = list(parts[0].parts)
        parts += self.uncertain_clauses(clauses) + self.excuses(clauses)
        order = {"false": 0, "unknown": 1, "true": 2}
        worst = min((order[part.truth] for part in parts), default=2)
        truth = ("false", "unknown", "true")[worst]
        return Derivation(self.rule.when_text or "always", truth, tuple(parts))  # type: ignore[arg-type]

    def condition(self, node: ast.Node, clauses: Clauses) -> Derivation:
        """A condition with the conditions of which it is made."""
        match node:
            case ast.And(parts) | ast.Or(parts) | ast.Named(meaning=ast.And(parts) | ast.Or(parts)):
                inner = parts
            case ast.Not(part) | ast.Named(meaning=part):
                inner = (part,)
            case _:
                inner = ()
        truth = truth_word(self.truth(node, clauses))
        return Derivation(self.conditions.text(node), truth, tuple(self.condition(part, clauses) for part in inner))

    @staticmethod
    def uncertain_clauses(clauses: Clauses) -> list[Derivation]:
        """A clause that stands only possibly leaves the whole open."""
        return [
            Derivation(f"`{fact.id}` stands as it is read here", "unknown")
            for fact in clauses.values()
            if not fact.certain
        ]

    def excuses(self, clauses: Clauses) -> list[Derivation]:
        """For each `unless`: that nothing excuses, or what does or may."""
        found = []
        for absence in self.rule.unless:
            pattern = absence.pattern
            text = f"no {pattern.alias}: {pattern.kind}" + (f" with {absence.text}" if absence.text else "")
            excused, parts = Truth.FALSE, []
            for _, fact in self.facts.get((pattern.kind, pattern.layer), []):
                if fact in clauses.values():
                    continue
                chosen = {**clauses, pattern.alias: fact}
                holds = min(Truth.TRUE if fact.certain else Truth.UNKNOWN, self.truth(absence.when, chosen))
                excused = max(excused, holds)
                if holds is not Truth.FALSE:
                    inner = self.condition(absence.when, chosen)
                    parts.append(Derivation(f"`{fact.id}` excuses", truth_word(holds), (inner,)))
            found.append(Derivation(text, truth_word(Truth(Truth.TRUE - excused)), tuple(parts)))
        return found

    # --- values

    def read_terms(self, clauses: Clauses) -> list[ast.Term]:
        """The terms that the condition and the rule's sentence read."""
        return [term for term in self.conditions.terms(self.rule.when) if term.alias in clauses]

    def values(self, clauses: Clauses) -> tuple[TermValue, ...]:
        """The terms that decided, with their values and places; what the term sheet changed is no term itself."""
        found = []
        for term in self.read_terms(clauses):
            fact = clauses[term.alias]
            if term.name in ("id", "changed"):
                continue
            found.append(TermValue(str(term), written_value(fact, term.name), location(fact.place(term.name))))
        return tuple(found)

    # --- what cannot be told

    def open_leaves(self, clauses: Clauses) -> list[tuple[ast.Node, Clauses]]:
        """The smallest conditions that cannot be told, with the clauses that they speak of."""
        found = [(leaf, clauses) for leaf in self.undecided(self.rule.when, clauses)]
        for absence in self.rule.unless:
            pattern = absence.pattern
            for _, fact in self.facts.get((pattern.kind, pattern.layer), []):
                if fact not in clauses.values():
                    chosen = {**clauses, pattern.alias: fact}
                    found += [(leaf, chosen) for leaf in self.undecided(absence.when, chosen)]
        return found

    def undecided(self, node: ast.Node, clauses: Clauses) -> Iterator[ast.Node]:
        """The smallest conditions for want of which a condition cannot be told; what is decided anyway is left out."""
        if self.truth(node, clauses) is not Truth.UNKNOWN:
            return
        match node:
            case ast.And(parts) | ast.Or(parts):
                for part in parts:
                    yield from self.undecided(part, clauses)
            case ast.Not(part) | ast.Named(meaning=part):
                yield from self.undecided(part, clauses)
            case _:
                yield node

    def missing(self, clauses: Clauses) -> tuple[str, ...]:
        """The terms that would have to be known, or known more closely."""
        found: dict[str, None] = {}
        for leaf, chosen in self.open_leaves(clauses):
            for term in ast.terms(leaf):
                value = chosen[term.alias].values.get(term.name)
                if value is None or (isinstance(value, Value) and not value.is_exact):
                    found[f"{_source_id(chosen[term.alias])}.{term.name}"] = None
        return tuple(found)

    def question(self, clauses: Clauses) -> str | None:
        """What to ask so that the rule can tell."""
        asked: dict[str, None] = {}
        for leaf, chosen in self.open_leaves(clauses):
            for one in self.questions_of(leaf, chosen):
                asked[one] = None
        for fact in clauses.values():
            if not fact.certain and fact.version is not None:
                day = phrase(self.deal.as_of, TermType("date"), self.deal)
                asked[f"Does {self.subject(fact)} read as it is taken here on {day}?"] = None
        return " ".join(asked) or None

    def questions_of(self, leaf: ast.Node, clauses: Clauses) -> list[str]:
        """One question for each value that a smallest condition lacks."""
        read = ast.terms(leaf)
        open_terms = [term for term in read if _is_open(clauses[term.alias].values.get(term.name))]
        ranged = [term for term in open_terms if clauses[term.alias].values.get(term.name) is not None]
        if len(open_terms) == 1 and ranged and isinstance(leaf, ast.Compare):
            return [self.question_of_range(leaf, ranged[0], clauses)]
        if not open_terms:
            asked = English(self.names(clauses)).condition(leaf)
            return [f"Is it so that {asked}? The amounts are in different currencies."]
        return [self.question_of_term(term, clauses) for term in open_terms]

    def question_of_term(self, term: ast.Term, clauses: Clauses) -> str:
        """`What is the stake of “Microsoft's shares”? It is not stated.`"""
        value = clauses[term.alias].values.get(term.name)
        subject = English(self.names(clauses)).noun(term)
        several = is_plural(subject.split(" ")[1])
        are, it_is = ("are", "They are") if several else ("is", "It is")
        if value is None:
            return f"{'Who' if term.term_type.name == 'party' else 'What'} {are} {subject}? {it_is} not stated."
        shown = phrase(value, term.term_type, self.deal)
        return f"What exactly {are} {subject}? {it_is} known only as {shown}."

    def question_of_range(self, leaf: ast.Compare, term: ast.Term, clauses: Clauses) -> str:
        """`Is the end of the exclusivity, known only as 2030, before 1 July 2030?`"""
        value = clauses[term.alias].values[term.name]
        other = leaf.right if leaf.left == term else leaf.left if leaf.right == term else None
        if isinstance(other, ast.Term) and isinstance(value, Date):
            shown = phrase(value, term.term_type, self.deal)
            day = phrase(clauses[other.alias].values[other.name], other.term_type, self.deal)
            reads = _date_question(leaf.operator if leaf.left == term else _mirrored(leaf.operator))
            return f"Is {English(self.names(clauses)).noun(term)}, known only as {shown}, {reads} {day}?"
        return self.question_of_term(term, clauses)

    # --- names

    def names(self, clauses: Clauses) -> Callable[[str], str]:
        """How each alias is called for some clauses: by heading, and by how it stands where two have one heading."""
        return lambda alias: self.named(alias, clauses)

    def named(self, alias: str, clauses: Clauses) -> str:
        """A clause by its heading; one that stands beside its own amended version says which it is."""
        fact = clauses[alias]
        name = self.subject(fact)
        others = [other for one, other in clauses.items() if one != alias and other.version is not None]
        if fact.version is None or all(self.subject(other) != name for other in others):
            return name
        if "result" in fact.layers:
            return f"{name} as amended" if any("result" not in other.layers for other in others) else name
        return f"{name} as it stands today"

    def subject(self, fact: Fact) -> str:
        """A clause, a party or whatever a fact tells of, as a sentence names it."""
        if fact.kind == "party":
            return self.deal.party_name(fact.id)
        if fact.kind == "ambiguity":
            return f"the contradiction about {clause_phrase(str(fact.values['clause']), self.deal)}"
        if fact.kind == "holding" and fact.version is not None and fact.version.kind != "holding":
            holder = self.deal.party_name(str(fact.values["holder"]))
            return f"the holding of {holder} after {clause_phrase(fact.version.id, self.deal)}"
        if fact.version is not None:
            return clause_phrase(fact.version.id, self.deal)
        return "the term sheet" if fact.kind == "context" else f"the {kind_words(fact.kind)}"


def truth_word(truth: Truth) -> Literal["true", "false", "unknown"]:
    """A truth value as the JSON output writes it."""
    words: tuple[Literal["false"], Literal["unknown"], Literal["true"]] = ("false", "unknown", "true")
    return words[truth]


def _is_open(value: object) -> bool:
    return value is None or isinstance(value, Incomplete) or (isinstance(value, Value) and not value.is_exact)


def _source_id(fact: Fact) -> str:
    return fact.version.id if fact.version else fact.id


def _mirrored(operator: Operator) -> Operator:
    pairs = {Operator.BELOW: Operator.ABOVE, Operator.AT_MOST: Operator.AT_LEAST}
    return {**pairs, **{b: a for a, b in pairs.items()}}.get(operator, operator)


def _date_question(operator: Operator) -> str:
    words = {
        Operator.BELOW: "before", Operator.AT_MOST: "on or before", Operator.ABOVE: "after",
        Operator.AT_LEAST: "on or after", Operator.EQUAL: "the same day as", Operator.UNEQUAL: "another day than",
    }  # fmt: skip
    return words[operator]


def written_value(fact: Fact, term: str) -> str:
    """A value as its document writes it; with the reason where nobody wrote it."""
    value = fact.values.get(term)
    if value is None:
        return NOT_STATED
    text = ", ".join(value) if isinstance(value, tuple) else str(value)
    return f"{text} ({fact.inferred[term]})" if term in fact.inferred else text


def location(place: Place) -> Location | None:
    """A place for the JSON output, or None for what no file holds."""
    return place.location() if place.line > 0 else None
