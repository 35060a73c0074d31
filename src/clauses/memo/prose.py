"""The application of a rule in sentences: what holds of these clauses, with the values that make it so."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clauses.engines.engine import Truth
from clauses.language import ast
from clauses.language.operators import DATE_WORDS, OPPOSITE, Operator
from clauses.language.rule import Absence
from clauses.language.show import english, term_words
from clauses.review.explain import Explainer
from clauses.review.wording import NOT_STATED, clause_phrase, joined, phrase
from clauses.terms.facts import Deal, Fact, FactValue
from clauses.terms.kinds import TermType
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
    "currencies": "the currencies of {x}", "seats": "the number of seats in {x}",
    "observers": "the number of observers in {x}", "ends": "the end of {x}", "starts": "the start of {x}",
}  # fmt: skip
"""Terms whose names do not read as nouns."""

_CONTEXT = {
    "as_of": "the date of this review", "effective": "the effective date of the term sheet",
    "proposed_by": "the party that proposes the term sheet",
}  # fmt: skip

_STANDING = {
    "current": "in force today", "proposed": "proposed by the term sheet", "removed": "struck out by the term sheet",
    "result": "in force once the term sheet is signed",
}  # fmt: skip


_COMPOUNDS = (
    "anti-dilution", "floor-top-up", "for-profit", "non-compete", "post-term", "pre-emption", "pre-money", "top-up",
    "dual-role", "weighted-average",
)  # fmt: skip
"""Words that a name in a file writes apart."""


def spelled(text: str) -> str:
    """A text with its compound words spelled as such."""
    for word in _COMPOUNDS:
        text = re.sub(rf"\b{word.replace('-', ' ')}\b", word, text)
    return text


def term_name(name: str) -> str:
    """The name of a term as a reader says it."""
    return spelled(term_words(name))


def capital(text: str) -> str:
    """A text with a capital letter first."""
    return text[:1].upper() + text[1:]


def known(value: FactValue | None, type: TermType, deal: Deal) -> str:
    """A value as counsel would put it; a date that is not known to the day says so."""
    if value is None:
        return NOT_STATED
    text = phrase(value, type, deal)
    if type.name == "choice":
        return spelled(text)
    if isinstance(value, Date) and not value.is_exact and not text.startswith("a date"):
        return f"some day between {text.replace(' to ', ' and ')}" if " to " in text else f"some day in {text}"
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
        deal, name = self.explainer.deal, f"(the “{alias.replace('_', ' ')}”)"
        if fact.kind == "party":
            return f"{fact.values.get('name', fact.id)} is a party {name}."
        if fact.kind == "ambiguity":
            clause = clause_phrase(str(fact.values["clause"]), deal)
            return f"Two amendments of the same dates set a term of {clause} differently {name}."
        if fact.version is None:
            sources = joined(list(dict.fromkeys(clause_phrase(one.id, deal) for one in _sources(fact))))
            what = spelled(fact.kind.replace("_", " "))
            article = "" if what.endswith("s") else "an " if what[0] in "aeiou" else "a "
            counts = "count" if len(_sources(fact)) > 1 else "counts"
            return f"{sources} {counts} as {article}{what} {name}." if sources else f"There is {article}{what} {name}."
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

    def introduced_holding(self, fact: Fact, name: str) -> str:
        deal, stake = self.explainer.deal, fact.values.get("stake")
        holder = deal.party_name(str(fact.values["holder"]))
        event = clause_phrase(str(fact.values["event"]), deal)
        if stake is None:
            return f"After {event} the stake of {holder} {name} cannot be computed."
        shown = phrase(stake, TermType("percentage"), deal)
        return f"After {event} the cap table gives {holder} a stake of {shown} {name}."

    # --- the chain

    def chain(self) -> list[str]:
        """The conditions in the order of the rule, each as a sentence, and then what might excuse."""
        when = self.explainer.rule.when
        parts = when.parts if isinstance(when, ast.And) else (when,)
        said = [capital(self.said(part)) + "." for part in parts if not _is_idle(part, parts)]
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
            case ast.And(parts) | ast.Or(parts) if truth is Truth.UNKNOWN:
                return self.open(node, [part for part in parts if self.truth(part) is truth])
            case ast.And(parts) | ast.Or(parts):
                telling = [part for part in parts if self.truth(part) is truth and not _is_idle(part, parts)]
                return joined(list(dict.fromkeys(self.said(part) for part in telling)))
            case ast.Not(ast.Named() as named):
                return self.said_named(named, truth) if truth is Truth.UNKNOWN else self.said_not_named(named)
            case ast.Not(ast.Stated(term)):
                return f"{self.noun(term)} is not stated"
            case ast.Not(part):
                return self.said(_denied(part))
            case ast.Named():
                return self.said_named(node, truth)
            case ast.Stated(term):
                return f"{self.noun(term)} is stated: {self.value(term)}"
            case ast.Compare() | ast.Membership() if truth is Truth.UNKNOWN:
                return self.open(node, [node])
            case ast.Compare(operator, left, right):
                return self.compared(operator, left, right)
            case ast.Membership(operator, item, container):
                return self.among(operator, item, container)
        return general(node)

    def compared(self, operator: Operator, left: ast.Node, right: ast.Node) -> str:
        if isinstance(left, ast.Term) and left.name == "id" and isinstance(right, ast.Term):
            left, right = right, left
        if operator in (Operator.EQUAL, Operator.UNEQUAL):
            return self.equal(operator is Operator.EQUAL, left, right)
        reads = _reads(operator, left, right)
        return f"{self.noun(left)}{self.aside(left, right)} {reads} {self.noun(right, left)}{self.end(right, left)}"

    def equal(self, is_equal: bool, left: ast.Node, right: ast.Node) -> str:
        one = self.noun(left)
        if isinstance(right, ast.Term) and right.name == "id":
            return _same_clause(left, right, one, is_equal)
        if isinstance(right, ast.Literal):
            return f"{one} is {self.value(left, right)}" + ("" if is_equal else f", not {self.noun(right, left)}")
        if not isinstance(left, ast.Term):
            left, right, one = (right, left, self.noun(right)) if isinstance(right, ast.Term) else (left, right, one)
        if is_equal and _same_name(left, right):
            assert isinstance(left, ast.Term) and isinstance(right, ast.Term)
            return (
                f"{_the(left.alias)} and {_the(right.alias)} have the same {term_name(left.name)}, {self.value(left)}"
            )
        if is_equal:
            return f"{one} and {self.noun(right)} are the same: {self.value(left, right)}"
        return f"{one} is {self.value(left, right)}, while {self.noun(right)} is {self.value(right, left)}"

    def among(self, operator: Operator, item: ast.Node, container: ast.Node) -> str:
        reads = "is among" if operator is Operator.IN else "is not among"
        if isinstance(container, ast.Listing):
            values = joined([self.noun(one, item) for one in container.items])
            found = self.value(item)
            return f"{self.noun(item)} is {found}" + ("" if operator is Operator.IN else f" and none of {values}")
        values = self.value(container)
        listing = "of which there are none" if values == "none" else values
        return f"{self.noun(item, container)}{self.aside(item)} {reads} {self.noun(container)}, {listing}"

    def said_named(self, named: ast.Named, truth: Truth) -> str:
        one, other = (_the(alias) for alias in named.aliases)
        if named.function == "prevails":
            return (
                f"{one} prevails over {other}"
                if truth is Truth.TRUE
                else f"it cannot be told whether {one} prevails over {other}"
            )
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
        starts, ends = (
            known(values.get(name), date, deal) if values.get(name) is not None else "" for name in ("starts", "ends")
        )
        start = f"runs from {starts}" if starts else "has no stated start"
        end = ("without end" if ends == "no end" else f"to {ends}") if ends else "to an end that is not stated"
        return f"{start} {end}" if starts else f"{start} and {'ends on ' + ends if ends else 'no stated end'}"

    def open(self, node: ast.Node, parts: Sequence[ast.Node]) -> str:
        """What cannot be told, and why."""
        reasons = []
        for term in dict.fromkeys(term for part in parts for term in ast.terms(part)):
            value = self.clauses[term.alias].values.get(term.name)
            if value is None:
                reasons.append(f"{self.noun(term)} is not stated")
            elif isinstance(value, Value) and not value.is_exact:
                reasons.append(
                    f"{self.noun(term)} is known only as {known(value, term.term_type, self.explainer.deal)}"
                )
        because = joined(list(dict.fromkeys(reasons))) or "the amounts are in different currencies"
        asked = (" and " if isinstance(node, ast.And) else " or ").join(self.asked(part) for part in parts)
        return f"whether {asked} cannot be told, because {because}"

    def asked(self, node: ast.Node) -> str:
        """A condition as the subject of a question, with the values that are known."""
        match node:
            case ast.Compare(operator, left, right):
                reads = _reads(operator, left, right)
                return f"{self.noun(left)}{self.exact(left)} {reads} {self.noun(right, left)}{self.exact(right)}"
            case ast.Membership(operator, item, container):
                reads = "is among" if operator is Operator.IN else "is not among"
                return f"{self.noun(item)}{self.exact(item)} {reads} {self.noun(container)}"
        return general(node)

    def excuse(self, absence: Absence) -> str:
        """Whether something excuses."""
        pattern, explainer = absence.pattern, self.explainer
        kind = spelled(pattern.kind.replace("_", " "))
        where = f" {_STANDING[pattern.layer]}" if pattern.layer else ""
        candidates = [
            f for _, f in explainer.facts.get((pattern.kind, pattern.layer), []) if f not in self.clauses.values()
        ]
        for fact in candidates:
            chosen = Speaker(explainer, {**self.clauses, pattern.alias: fact})
            holds = min(Truth.TRUE if fact.certain else Truth.UNKNOWN, chosen.truth(absence.when))
            if holds is Truth.UNKNOWN:
                clause = clause_phrase(fact.id, explainer.deal)
                return f"It cannot be told whether {clause} excuses this: {chosen.said(absence.when)}."
        if candidates:
            return f"No {kind}{where} fits this case so as to excuse it."
        return f"There is no {kind}{where} that would excuse it."

    # --- words

    def noun(self, node: ast.Node, beside: ast.Node | None = None) -> str:
        """An expression as a noun."""
        match node:
            case ast.Term(alias, name):
                return _noun(alias, name)
            case ast.Literal(value):
                return known(value, _literal_type(value, beside), self.explainer.deal)
            case ast.Parameter(name):
                return f"the {spelled(name.replace('_', ' '))} that the rules set"
            case ast.CurrencyOf(term):
                return f"the currency of {self.noun(term)}"
            case ast.Arithmetic(operator, left, right):
                one, other = (f"{self.noun(part)}{self.bracketed(part)}" for part in (left, right))
                return _calculation(operator, one, other, left, right)
        return general(node)

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
        return self.bracketed(node)


# --- conditions in general, without the values of a deal


def general(node: ast.Node) -> str:
    """A condition as a rule states it, in plain English."""
    match node:
        case ast.And(parts):
            return joined([general(part) for part in parts]) or "they are there"
        case ast.Or(parts):
            return "either " + ", or ".join(general(part) for part in parts)
        case ast.Not(ast.Stated(term)):
            return f"{_general_noun(term)} is not stated"
        case ast.Not(ast.Named() as named):
            one, other = (_the(alias) for alias in named.aliases)
            return (
                f"{one} does not prevail over {other}"
                if named.function == "prevails"
                else f"the periods of {one} and {other} do not overlap"
            )
        case ast.Not(part):
            return general(_denied(part))
        case ast.Named(function, (one, other)):
            return (
                f"{_the(one)} prevails over {_the(other)}"
                if function == "prevails"
                else f"the periods of {_the(one)} and {_the(other)} overlap"
            )
        case ast.Stated(term):
            return f"{_general_noun(term)} is stated"
        case ast.Compare(operator, left, right):
            if isinstance(left, ast.Term) and left.name == "id":
                left, right = right, left
            if isinstance(right, ast.Term) and right.name == "id":
                return _same_clause(left, right, _general_noun(left), operator is Operator.EQUAL)
            if operator is Operator.EQUAL and _same_name(left, right):
                return f"{_the(left.alias)} and {_the(right.alias)} have the same {term_name(left.name)}"  # type: ignore[union-attr]
            return f"{_general_noun(left)} {_reads(operator, left, right)} {_general_noun(right)}"
        case ast.Membership(operator, item, ast.Listing(items)):
            values = " or ".join(_general_noun(one) for one in items)
            none = "neither " if len(items) == 2 else "none of "
            return f"{_general_noun(item)} is {'' if operator is Operator.IN else none}{values}"
        case ast.Membership(operator, item, container):
            reads = "is among" if operator is Operator.IN else "is not among"
            return f"{_general_noun(item)} {reads} {_general_noun(container)}"
    return _general_noun(node)


def _general_noun(node: ast.Node) -> str:
    match node:
        case ast.Term(alias, name):
            return _noun(alias, name)
        case ast.Literal(value):
            return f"“{spelled(value.replace('-', ' '))}”" if isinstance(value, str) else str(value)
        case ast.Parameter(name):
            return f"the {spelled(name.replace('_', ' '))} that the rules set"
        case ast.CurrencyOf(term):
            return f"the currency of {_general_noun(term)}"
        case ast.Arithmetic(operator, left, right):
            return _calculation(operator, _general_noun(left), _general_noun(right), left, right)
    return english(node)


def _calculation(operator: Operator, one: str, other: str, left: ast.Node, right: ast.Node) -> str:
    """A sum, a difference or a product; what stands in brackets in a formula is named as one thing."""
    if operator is not Operator.TIMES:
        return f"{one} {operator.reads} {other}"
    sums = [isinstance(part, ast.Arithmetic) and part.operator is not Operator.TIMES for part in (left, right)]
    shown = [f"(the total of {text})" if is_sum else text for text, is_sum in zip((one, other), sums, strict=True)]
    return f"{shown[0]} times {shown[1]}"


def _noun(alias: str, name: str) -> str:
    if alias == "context":
        return _CONTEXT.get(name, "the term sheet")
    if name == "id":
        return _the(alias)
    return _TERMS.get(name, f"the {term_name(name)} of {{x}}").format(x=_the(alias))


def _same_clause(left: ast.Node, right: ast.Term, one: str, is_equal: bool) -> str:
    if isinstance(left, ast.Term) and left.name == "id":
        return f"{one} and {_the(right.alias)} are {'the same clause' if is_equal else 'different clauses'}"
    return f"{one} is {'' if is_equal else 'not '}{_the(right.alias)}"


def _same_name(left: ast.Node, right: ast.Node) -> bool:
    """Whether both are the same term of two clauses, with a name that reads as a noun."""
    both = isinstance(left, ast.Term) and isinstance(right, ast.Term)
    return both and left.name == right.name and left.name not in _TERMS and "context" not in (left.alias, right.alias)  # type: ignore[union-attr]


def _is_idle(part: ast.Node, parts: Sequence[ast.Node]) -> bool:
    """Whether a part only says that a term is stated whose value another part gives."""
    others = [term for other in parts if other is not part for term in ast.terms(other)]
    return isinstance(part, ast.Stated) and part.term in others


def _reads(operator: Operator, left: ast.Node, right: ast.Node) -> str:
    is_date = _term_type(left, right).name == "date"
    return DATE_WORDS.get(operator, operator.reads) if is_date else operator.reads


def _the(alias: str) -> str:
    return f"the {alias.replace('_', ' ')}"


def _sources(fact: Fact) -> list[Fact]:
    """The clauses from which a derived fact follows."""
    found: list[Fact] = []
    for source in fact.derived_from:
        found += [source] if source.version is not None else _sources(source)
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
