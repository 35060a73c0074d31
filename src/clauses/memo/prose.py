"""The application of a rule in sentences: what holds of these clauses, with the values that make it so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from clauses.engines.engine import Truth
from clauses.language import ast
from clauses.language.operators import DATE_WORDS, OPPOSITE, Operator
from clauses.language.rule import Absence
from clauses.language.show import english, term_words
from clauses.review.explain import Explainer
from clauses.review.wording import clause_phrase, joined, phrase
from clauses.terms.facts import Deal, Fact, FactValue
from clauses.terms.kinds import KINDS, TermType
from clauses.terms.values import Date, Value

_TERMS = {
    "about": "what {x} is about", "by": "the author of {x}", "conditional_on": "what {x} is conditional on",
    "depends_on": "what {x} depends on", "ends_clause": "the clause that {x} ends", "exercised": "the exercise of {x}",
    "exists": "the existence of {x}", "first": "the first amendment of {x}", "for_clause": "the clause that {x} is for",
    "given": "the day on which {x} was given", "if_missed": "the consequence of a missed deadline of {x}",
    "into": "the form that {x} leads to", "made": "the day on which {x} was made", "name": "the name of {x}",
    "not_stated": "what {x} leaves unstated", "of": "the base of {x}", "of_clause": "the clause that {x} transfers",
    "over": "what {x} covers", "per": "the period of {x}", "permits": "what {x} permits",
    "raised_by": "whoever raised {x}", "reaches": "the reach of {x}", "right": "the kind of right in {x}",
    "subject_to": "what {x} yields to", "notwithstanding": "what {x} prevails over", "to": "the addressee of {x}",
    "clauses": "the clauses that {x} names", "parties": "the parties that {x} names",
    "currencies": "the currencies of {x}", "ends": "the end of {x}", "starts": "the start of {x}",
}  # fmt: skip
"""Terms whose names do not read as nouns."""

_STANDING = {
    "current": "in force today", "proposed": "proposed by the term sheet", "removed": "struck out by the term sheet",
    "result": "in force once the term sheet is signed",
}  # fmt: skip


def capital(text: str) -> str:
    """A text with a capital letter first."""
    return text[:1].upper() + text[1:]


def known(value: FactValue | None, type: TermType, deal: Deal) -> str:
    """A value as counsel would put it; a date that is not known to the day says so."""
    text = phrase(value, type, deal)
    if isinstance(value, Date) and not value.is_exact and not text.startswith("a date"):
        return f"some day {'from' if ' to ' in text else 'in'} {text}"
    return text


@dataclass(frozen=True)
class Speaker:
    """Says in sentences what one match of a rule rests on."""

    explainer: Explainer
    clauses: Mapping[str, Fact]

    # --- the clauses

    def introduction(self) -> list[str]:
        """A sentence for each clause, with the name under which the others speak of it."""
        return [self.introduced(p.alias, self.clauses[p.alias], p.layer) for p in self.explainer.rule.given]

    def introduced(self, alias: str, fact: Fact, layer: str | None) -> str:
        deal, name = self.explainer.deal, f"(“{_the(alias)}”)"
        if fact.kind == "party":
            return f"{fact.values.get('name', fact.id)} is a party {name}."
        if fact.kind == "ambiguity":
            clause = clause_phrase(str(fact.values["clause"]), deal)
            return f"Two amendments of the same dates set a term of {clause} differently {name}."
        if fact.version is None:
            sources = joined(list(dict.fromkeys(clause_phrase(one.id, deal) for one in _sources(fact))))
            what = fact.kind.replace("_", " ")
            return f"There is {'an' if what[0] in 'aeiou' else 'a'} {what} {name}{f', which follows from {sources}' if sources else ''}."
        if fact.kind == "holding" and fact.version.kind != "holding":
            return self.introduced_holding(fact, name)
        heading = clause_phrase(fact.version.id, deal)
        if layer == "proposed":
            verb = "amend" if any(fact.version.id in world.current for world in deal.worlds) else "add"
            return f"The term sheet would {verb} {heading} {name}."
        if layer == "removed":
            return f"The term sheet would strike out {heading} {name}."
        if "current" in fact.layers:
            return f"{heading} {name} is in force{'' if fact.certain else ', as far as can be told'}."
        return f"{heading} {name} would be in force once the term sheet is signed."

    def introduced_holding(self, fact: Fact, name: str) -> str:
        deal, stake = self.explainer.deal, fact.values.get("stake")
        holder = deal.party_name(str(fact.values["holder"]))
        event = clause_phrase(str(fact.values["event"]), deal)
        if stake is None:
            return f"After {event} the stake of {holder} {name} cannot be computed."
        return f"After {event} the cap table gives {holder} a stake of {phrase(stake, TermType('percentage'), deal)} {name}."

    # --- the chain

    def chain(self) -> list[str]:
        """The conditions in the order of the rule, each as a sentence, and then what might excuse."""
        when = self.explainer.rule.when
        parts = when.parts if isinstance(when, ast.And) else (when,)
        said = [capital(self.said(part)) + "." for part in parts]
        said += [capital(text) + "." for text in self.uncertain()]
        return list(dict.fromkeys(said + [self.excuse(absence) for absence in self.explainer.rule.unless]))

    def uncertain(self) -> list[str]:
        deal = self.explainer.deal
        doubtful = [fact for fact in self.clauses.values() if not fact.certain]
        return [f"it is not certain that {clause_phrase(fact.id, deal)} reads as it is taken here" for fact in doubtful]

    def truth(self, node: ast.Node) -> Truth:
        return self.explainer.truth(node, self.clauses)

    def said(self, node: ast.Node) -> str:
        """A condition with its values, as it holds, fails or is open."""
        truth = self.truth(node)
        if truth is Truth.FALSE:
            return self.said(_denied(node))
        match node:
            case ast.And(parts):
                telling = [part for part in parts if self.truth(part) is truth]
                return joined([self.said(part) for part in telling])
            case ast.Or(parts):
                telling = [part for part in parts if self.truth(part) is truth]
                return joined([self.said(part) for part in telling])
            case ast.Not(ast.Named() as named):
                return self.open(node) if truth is Truth.UNKNOWN else self.said_not_named(named)
            case ast.Not(ast.Stated(term)):
                return f"{self.noun(term)} is not stated"
            case ast.Not(part):
                return self.said(_denied(part))
            case ast.Named():
                return self.said_named(node, truth)
            case ast.Stated(term):
                return f"{self.noun(term)} is stated: {self.value(term)}"
            case ast.Compare() | ast.Membership() if truth is Truth.UNKNOWN:
                return self.open(node)
            case ast.Compare(operator, left, right):
                return self.compared(operator, left, right)
            case ast.Membership(operator, item, container):
                return self.among(operator, item, container)
        return english(node)

    def compared(self, operator: Operator, left: ast.Node, right: ast.Node) -> str:
        if isinstance(left, ast.Term) and left.name == "id" and isinstance(right, ast.Term):
            left, right = right, left
        if operator in (Operator.EQUAL, Operator.UNEQUAL):
            return self.equal(operator is Operator.EQUAL, left, right)
        is_date = _term_type(left, right).name == "date"
        reads = DATE_WORDS[operator] if is_date else operator.reads
        return f"{self.noun(left)}{self.aside(left, right)} {reads} {self.noun(right, left)}{self.end(right, left)}"

    def equal(self, is_equal: bool, left: ast.Node, right: ast.Node) -> str:
        one = self.noun(left)
        if isinstance(right, ast.Term) and right.name == "id":
            return f"{one} is {'' if is_equal else 'not '}{_the(right.alias)}"
        if not isinstance(right, ast.Term) or not isinstance(left, ast.Term):
            other = self.noun(right, left) + self.end(right, left)
            value = self.value(left, right)
            return f"{one} is {value if isinstance(right, ast.Literal) else other}" if is_equal else f"{one} is {value}, not {other}"
        if is_equal and left.name == right.name and left.name not in _TERMS:
            return f"{_the(left.alias)} and {_the(right.alias)} have the same {term_words(left.name)}, {self.value(left)}"
        if is_equal:
            return f"{one} and {self.noun(right)} are the same: {self.value(left, right)}"
        return f"{one} is {self.value(left)}, while {self.noun(right)} is {self.value(right)}"

    def among(self, operator: Operator, item: ast.Node, container: ast.Node) -> str:
        reads = "is among" if operator is Operator.IN else "is not among"
        if isinstance(container, ast.Listing):
            values = joined([self.noun(one, item) for one in container.items])
            return f"{self.noun(item)} is {self.value(item)}" + ("" if operator is Operator.IN else f", not {values}")
        values = self.value(container)
        listing = "of which there are none" if values == "none" else values
        return f"{self.noun(item)}{self.aside(item)} {reads} {self.noun(container)}, {listing}"

    def said_named(self, named: ast.Named, truth: Truth) -> str:
        one, other = (_the(alias) for alias in named.aliases)
        if named.function == "prevails":
            return f"{one} prevails over {other}" if truth is Truth.TRUE else f"it cannot be told whether {one} prevails over {other}"
        periods = f"{one} {self.period(named.aliases[0])}, and {other} {self.period(named.aliases[1])}"
        if truth is Truth.TRUE:
            return f"the periods overlap: {periods}"
        return f"it cannot be told whether the periods overlap: {periods}"

    def said_not_named(self, named: ast.Named) -> str:
        one, other = (_the(alias) for alias in named.aliases)
        if named.function == "prevails":
            return f"nothing says that {one} prevails over {other}"
        return f"the periods of {one} and {other} do not overlap"

    def period(self, alias: str) -> str:
        """`runs from 1 January 2027 to 31 December 2031`."""
        values, deal, date = self.clauses[alias].values, self.explainer.deal, TermType("date")
        starts, ends = (known(values.get(name), date, deal) if values.get(name) is not None else "" for name in ("starts", "ends"))
        start = f"runs from {starts}" if starts else "has no stated start"
        end = ("without end" if ends == "no end" else f"to {ends}") if ends else "to an end that is not stated"
        return f"{start} {end}" if starts else f"{start} and {'ends on ' + ends if ends else 'no stated end'}"

    def open(self, node: ast.Node) -> str:
        """What cannot be told, and why."""
        reasons = []
        for term in ast.terms(node):
            value = self.clauses[term.alias].values.get(term.name)
            if value is None:
                reasons.append(f"{self.noun(term)} is not stated")
            elif isinstance(value, Value) and not value.is_exact:
                reasons.append(f"{self.noun(term)} is known only as {known(value, term.term_type, self.explainer.deal)}")
        because = joined(list(dict.fromkeys(reasons))) or "the amounts are in different currencies"
        return f"whether {self.asked(node)} cannot be told, because {because}"

    def asked(self, node: ast.Node) -> str:
        """A condition as the subject of a question, with the values that are known."""
        match node:
            case ast.Compare(operator, left, right):
                is_date = _term_type(left, right).name == "date"
                reads = DATE_WORDS.get(operator, operator.reads) if is_date else operator.reads
                return f"{self.noun(left)}{self.exact(left)} {reads} {self.noun(right, left)}{self.exact(right).rstrip(',')}"
            case ast.Membership(operator, item, container):
                reads = "is among" if operator is Operator.IN else "is not among"
                return f"{self.noun(item)}{self.exact(item)} {reads} {self.noun(container)}"
        return english(node)

    def excuse(self, absence: Absence) -> str:
        """Whether something excuses."""
        pattern, explainer = absence.pattern, self.explainer
        kind = pattern.kind.replace("_", " ")
        where = f" {_STANDING[pattern.layer]}" if pattern.layer else ""
        candidates = [f for f in explainer.facts.get((pattern.kind, pattern.layer), []) if f not in self.clauses.values()]
        for fact in candidates:
            chosen = Speaker(explainer, {**self.clauses, pattern.alias: fact})
            holds = min(Truth.TRUE if fact.certain else Truth.UNKNOWN, chosen.truth(absence.when))
            if holds is Truth.UNKNOWN:
                return f"It cannot be told whether {clause_phrase(fact.id, explainer.deal)} excuses this: {chosen.said(absence.when)}."
        if candidates:
            return f"No {kind}{where} fits so as to excuse this."
        return f"There is no {kind}{where} that would excuse this."

    # --- words

    def noun(self, node: ast.Node, beside: ast.Node | None = None) -> str:
        """An expression as a noun."""
        match node:
            case ast.Term(alias, name):
                if alias == "context":
                    return english(node)
                return _the(alias) if name == "id" else _TERMS.get(name, f"the {term_words(name)} of {{x}}").format(x=_the(alias))
            case ast.Literal(value):
                return phrase(value, _literal_type(value, beside), self.explainer.deal)
            case ast.Parameter(name):
                return f"the {name.replace('_', ' ')} that the rules set"
            case ast.CurrencyOf(term):
                return f"the currency of {self.noun(term)}"
            case ast.Arithmetic(operator, left, right):
                return f"{self.noun(left)}{self.bracketed(left)} {operator.reads} {self.noun(right)}{self.bracketed(right)}"
        return english(node)

    def value(self, node: ast.Node, beside: ast.Node | None = None) -> str:
        """The value of an expression in words; nothing where it is its own name."""
        deal = self.explainer.deal
        match node:
            case ast.Term(alias, name, term_type):
                return known(self.clauses[alias].values.get(name), term_type, deal)
            case ast.Parameter(name):
                value = self.explainer.parameters[name]
                return known(value, _literal_type(value, beside), deal)
            case ast.CurrencyOf(term):
                return getattr(self.clauses[term.alias].values.get(term.name), "currency", "not stated")
            case ast.Literal():
                return self.noun(node, beside)
        return ""

    def aside(self, node: ast.Node, beside: ast.Node | None = None) -> str:
        text = self.end(node, beside)
        return f"{text}," if text else ""

    def end(self, node: ast.Node, beside: ast.Node | None = None) -> str:
        if isinstance(node, ast.Literal) or (isinstance(node, ast.Term) and node.name == "id"):
            return ""
        text = self.value(node, beside)
        return f", {text}" if text else ""

    def bracketed(self, node: ast.Node) -> str:
        text = self.end(node).removeprefix(", ")
        return f" ({text})" if text else ""

    def exact(self, node: ast.Node) -> str:
        """The value of an expression where it is known exactly."""
        if isinstance(node, ast.Term):
            value = self.clauses[node.alias].values.get(node.name)
            if value is None or (isinstance(value, Value) and not value.is_exact):
                return ""
        return self.aside(node)


def _the(alias: str) -> str:
    return f"the {alias.replace('_', ' ')}"


def _sources(fact: Fact) -> list[Fact]:
    """The clauses from which a derived fact follows."""
    found: list[Fact] = []
    for source in fact.derived_from:
        found += [source] if source.version is not None and source.kind in KINDS else _sources(source)
    return found


def _denied(node: ast.Node) -> ast.Node:
    """The opposite of a condition, with the denial taken down to the smallest conditions."""
    match node:
        case ast.And(parts):
            return ast.Or(tuple(_denied(part) for part in parts))
        case ast.Or(parts):
            return ast.And(tuple(_denied(part) for part in parts))
        case ast.Not(part):
            return part
        case ast.Compare(operator, left, right):
            return ast.Compare(OPPOSITE[operator], left, right)
        case ast.Membership(operator, item, container):
            return ast.Membership(OPPOSITE[operator], item, container)
    return ast.Not(node)


def _term_type(*nodes: ast.Node) -> TermType:
    for node in nodes:
        for term in ast.terms(node):
            return term.term_type
    for node in nodes:
        for found in ast.walk(node):
            if isinstance(found, ast.Literal) and isinstance(found.value, Value):
                return TermType(found.value.type_name)
    return TermType("text")


def _literal_type(value: FactValue, beside: ast.Node | None) -> TermType:
    if isinstance(value, Value):
        return TermType(value.type_name)
    type = _term_type(beside) if beside is not None else TermType("text")
    return TermType(type.name, type.choices)
