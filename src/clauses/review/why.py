"""Why, and why not: the explanation of each rule as a lawyer would put it, and the whole derivation on demand."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from clauses.engines.engine import Truth
from clauses.language import ast
from clauses.language.english import (
    English,
    agreeing,
    calculation,
    capital,
    common_type,
    denied,
    is_verbal,
    joined,
    kind_words,
    merged,
    reads,
    rule_in_english,
    sought,
    speaks_of,
    statements,
    turned,
)
from clauses.language.operators import Operator
from clauses.language.rule import Absence, Rule
from clauses.review.explain import Explainer, location, truth_word
from clauses.review.finding import Derivation, Finding
from clauses.review.review import Examined, PackRun
from clauses.review.status import Status, status_of
from clauses.review.wording import NOT_STATED, known
from clauses.source import Location, shown
from clauses.terms.facts import Fact, FactValue, by_kind_and_layer
from clauses.terms.kinds import TermType
from clauses.terms.values import Value

MAXIMUM_COMBINATIONS = 20
"""How many combinations of clauses a why-not goes through one by one."""


@dataclass(frozen=True)
class Because:
    """One step of a reason: what holds, fails or is open, in a sentence with the values that make it so."""

    sentence: str
    truth: Literal["true", "false", "unknown"]
    """Whether the condition holds of which the sentence tells."""
    values: tuple[str, ...]
    """Each value in words with its place."""
    places: tuple[str, ...]


@dataclass(frozen=True)
class Reason:
    """Why a rule came out as it did for one combination of clauses."""

    clauses: tuple[str, ...]
    steps: tuple[Because, ...]
    derivation: Derivation


@dataclass(frozen=True)
class Explanation:
    """Why a rule came out as it did."""

    rule: str
    heading: str
    severity: str
    status: Status
    meaning: tuple[str, ...]
    findings: tuple[Finding, ...]
    reasons: tuple[Reason, ...]
    remark: str | None
    location: Location | None


@dataclass(frozen=True)
class Application:
    """Says in sentences what holds of some clauses, with the values that make it so."""

    explainer: Explainer
    clauses: Mapping[str, Fact]
    name: Callable[[str], str]
    """How each clause is called."""

    @property
    def english(self) -> English:
        """How conditions read of these clauses."""
        return English(self.name)

    def truth(self, node: ast.Node) -> Truth:
        """Whether a condition holds."""
        return self.explainer.truth(node, self.clauses)

    def said(self, node: ast.Node) -> str:
        """A condition with its values, as it holds, fails or is open."""
        truth = self.truth(node)
        if truth is Truth.FALSE:
            return self.said(denied(node))
        match node:
            case ast.And(parts) | ast.Or(parts) if truth is Truth.UNKNOWN:
                return self.open(node, [part for part in parts if self.truth(part) is truth])
            case ast.And() | ast.Or():
                return self.together(node)
            case ast.Not(ast.Named() as named) | (ast.Named() as named):
                return self.named(named, truth, isinstance(node, ast.Named))
            case ast.Not(ast.Stated()):
                return self.english.condition(node)
            case ast.Not(part):
                return self.said(denied(part))
            case ast.Stated(term):
                return f"{self.english.condition(node)}: {self.value(term)}"
            case ast.Compare() | ast.Membership() if truth is Truth.UNKNOWN:
                return self.open(node, [node])
            case ast.Compare(operator, left, right):
                return self.compared(operator, left, right)
            case ast.Membership(operator, item, container):
                return self.among(operator is Operator.IN, item, container)
        return self.english.condition(node)

    def together(self, node: ast.And | ast.Or) -> str:
        """The parts that hold, in one sentence."""
        telling = [part for part in node.parts if self.truth(part) is Truth.TRUE and not is_idle(part, node.parts)]
        found = merged(ast.And(tuple(telling)))
        if isinstance(found, ast.Membership) and isinstance(found.container, ast.Listing):
            return self.among(False, found.item, found.container)
        if len(telling) > 1 and all(_is_set(part) for part in telling):
            return self.sets(telling)
        return statements(list(dict.fromkeys(self.said(part) for part in telling)))

    def sets(self, parts: Sequence[ast.Node]) -> str:
        """Several terms that the term sheet sets, or does not set, clause by clause."""
        names: dict[tuple[str, bool], list[str]] = {}
        for part in parts:
            if isinstance(part, ast.Membership) and isinstance(part.container, ast.Term):
                assert isinstance(part.item, ast.Literal)
                names.setdefault((part.container.alias, part.operator is Operator.IN), []).append(str(part.item.value))
        said = [self.headed.sets(n, alias, holds, "and" if holds else "or") for (alias, holds), n in names.items()]
        return statements(said)

    @property
    def headed(self) -> English:
        """How conditions read of clauses that are called by their headings."""
        return English(lambda alias: self.explainer.subject(self.clauses[alias]))

    # --- comparisons

    def compared(self, operator: Operator, left: ast.Node, right: ast.Node) -> str:
        """A comparison that holds."""
        if operator in (Operator.EQUAL, Operator.UNEQUAL):
            is_equal = operator is Operator.EQUAL
            return self.related(is_equal, left, right) or self.equal(is_equal, left, right)
        verb = reads(operator, left, right)
        return f"{self.noun(left)}{self.aside(left, right)} {verb} {self.noun(right, left)}{self.end(right, left)}"

    def related(self, is_equal: bool, left: ast.Node, right: ast.Node) -> str | None:
        """What is better said of a clause itself than of its term."""
        left, right = turned(left, right)
        if not isinstance(left, ast.Term):
            return None
        if is_verbal(left) and isinstance(right, ast.Literal):
            return self.english.related(is_equal, left, right, self.shown(right, left))
        if is_verbal(left):
            said = f"{self.english.related(is_equal, left, right)}{self.end(right)}"
            if isinstance(right, ast.Term) and right.alias == left.alias:
                return f"{said}, {self.value(left)}"
            return said if is_equal else f"{said}, but {self.english.instead(left)}{self.value(left)}"
        if isinstance(right, ast.Term) and (is_equal or left.name == "id"):
            said = self.english.related(is_equal, left, right) or ""
            return f"{said}{self.end(left)}" if said else None
        return None

    def equal(self, is_equal: bool, left: ast.Node, right: ast.Node) -> str:
        """Two values that are the same or not."""
        left, right = turned(left, right)
        one = self.noun(left)
        if isinstance(right, ast.Term) and right.name == "id":
            other = self.noun(right)
            return f"{one} is {other}" if is_equal else f"{one} is {self.value(left)}, not {other}"
        if isinstance(right, ast.Literal):
            return f"{one} is {self.shown(left, right)}" + ("" if is_equal else f", not {self.shown(right, left)}")
        if not isinstance(left, ast.Term) and isinstance(right, ast.Term):
            left, right, one = right, left, self.noun(right)
        if is_equal:
            return f"{one} is {self.noun(right)}, {self.value(left, right)}"
        return f"{one} is {self.value(left, right)}, while {self.noun(right)} is {self.value(right, left)}"

    def among(self, is_in: bool, item: ast.Node, container: ast.Node) -> str:
        """Whether something is in a list."""
        if isinstance(container, ast.Listing):
            values = joined([self.shown(one, item) for one in container.items], "or")
            found = self.shown(item)
            return f"{self.noun(item)} is {found}" + ("" if is_in else f", and none of {values}")
        if isinstance(container, ast.Term) and container.name == "changed":
            return self.headed.among(is_in, item, container)
        if speaks_of(container):
            return f"{self.english.among(is_in, item, container)}{self.end(item)}"
        verb = "is" if is_in else "is not"
        if isinstance(item, ast.Literal):
            return f"{self.shown(item, container)} {verb} among {self.noun(container)}"
        values = self.value(container)
        listing = "of which there are none" if values == "none" else values
        return f"{self.noun(item, container)}{self.aside(item)} {verb} among {self.noun(container)}, {listing}"

    # --- conditions of two clauses

    def named(self, named: ast.Named, truth: Truth, holds: bool) -> str:
        """Whether a clause prevails over another, or their periods overlap."""
        said = self.english.named(named.function, named.aliases, holds)
        periods = ", and ".join(f"{self.name(alias)} {self.period(alias)}" for alias in named.aliases)
        if truth is Truth.UNKNOWN:
            asked = f"it cannot be told whether {said}"
            return f"{asked}: {periods}" if named.function == "overlaps" else asked
        if named.function == "prevails":
            return said if holds else f"nothing says that {self.english.named(named.function, named.aliases, True)}"
        return f"{said}: {periods}"

    def period(self, alias: str) -> str:
        """`runs from 1 January 2027 to 31 December 2031`."""
        values, deal, date = self.clauses[alias].values, self.explainer.deal, TermType("date")
        starts, ends = (
            known(values.get(name), date, deal) if values.get(name) is not None else "" for name in ("starts", "ends")
        )
        start = f"runs from {starts}" if starts else "has no stated start"
        end = ("without end" if ends == "no end" else f"to {ends}") if ends else "to an end that is not stated"
        return f"{start} {end}" if starts else f"{start} and {'ends on ' + ends if ends else 'no stated end'}"

    # --- what cannot be told

    def open(self, node: ast.Node, parts: Sequence[ast.Node]) -> str:
        """What cannot be told, and why."""
        reasons: dict[str, None] = {}
        for term in dict.fromkeys(term for part in parts for term in ast.terms(part)):
            value = self.clauses[term.alias].values.get(term.name)
            if value is None:
                reasons[agreeing(self.noun(term), "is not stated")] = None
            elif isinstance(value, Value) and not value.is_exact:
                shown = known(value, term.term_type, self.explainer.deal)
                reasons[f"{self.noun(term)} is known only as {shown}"] = None
        because = joined(list(reasons)) or "the amounts are in different currencies"
        found = merged(type(node)(tuple(parts))) if isinstance(node, ast.And | ast.Or) else node
        parts = parts if isinstance(found, ast.And | ast.Or) else [found]
        asked = (" and " if isinstance(node, ast.And) else " or ").join(self.asked(part) for part in parts)
        return f"whether {asked} cannot be told, because {because}"

    def asked(self, node: ast.Node) -> str:
        """A condition as the subject of a question, with the values that are known."""
        if not isinstance(node, ast.Compare):
            return self.english.condition(node)
        left, right = node.left, node.right
        if node.operator in (Operator.EQUAL, Operator.UNEQUAL):
            related = self.english.related(node.operator is Operator.EQUAL, left, right)
            if related:
                return related
        verb = reads(node.operator, left, right)
        return f"{self.noun(left)}{self.exact(left)} {verb} {self.noun(right, left)}{self.exact(right)}"

    # --- what excuses

    def excuse(self, absence: Absence) -> str:
        """Whether something excuses."""
        pattern, explainer = absence.pattern, self.explainer
        standing = "" if pattern.kind == "party" else _STANDING[pattern.layer]
        candidates = [
            f for _, f in explainer.facts.get((pattern.kind, pattern.layer), []) if f not in self.clauses.values()
        ]
        for fact in candidates:
            clause = explainer.subject(fact)
            chosen = self.beside(pattern.alias, fact, clause)
            holds = min(Truth.TRUE if fact.certain else Truth.UNKNOWN, chosen.truth(absence.when))
            if holds is not Truth.FALSE:
                why = f": {chosen.said(absence.when)}" if absence.when != ast.ALWAYS else ""
                open_ = "It cannot be told whether " if holds is Truth.UNKNOWN else ""
                return capital(f"{open_}{clause} excuses this{why}.")
        if candidates:
            return f"No {kind_words(pattern.kind)}{standing} fits this case so as to excuse it."
        return f"There is no {kind_words(pattern.kind)}{standing} that would excuse it."

    def beside(self, alias: str, fact: Fact, name: str) -> Application:
        """The same clauses with one more."""
        return Application(
            self.explainer, {**self.clauses, alias: fact}, lambda one: name if one == alias else self.name(one)
        )

    # --- words and values

    def noun(self, node: ast.Node, beside: ast.Node | None = None) -> str:
        """An expression as a noun."""
        match node:
            case ast.Literal(value):
                return known(value, _literal_type(value, beside), self.explainer.deal)
            case ast.Arithmetic(operator, left, right):
                one, other = (f"{self.noun(part)}{self.bracketed(part)}" for part in (left, right))
                return calculation(operator, one, other, left, right)
        return self.english.noun(node)

    def value(self, node: ast.Node, beside: ast.Node | None = None) -> str:
        """The value of an expression in words; nothing where it is its own name."""
        deal = self.explainer.deal
        match node:
            case ast.Term(alias, name, term_type):
                return known(self.clauses[alias].values.get(name), term_type, deal, name)
            case ast.Parameter(name):
                value = self.explainer.parameters[name]
                return known(value, _literal_type(value, beside), deal)
            case ast.CurrencyOf(term):
                return getattr(self.clauses[term.alias].values.get(term.name), "currency", NOT_STATED)
            case ast.Literal():
                return self.noun(node, beside)
        return ""

    def shown(self, node: ast.Node, beside: ast.Node | None = None) -> str:
        """A value; one that is chosen among several words stands in quotes."""
        text = self.value(node, beside)
        is_chosen = common_type(node, *([beside] if beside is not None else [])).name == "choice"
        return f"“{text}”" if is_chosen and text != NOT_STATED else text

    def aside(self, node: ast.Node, beside: ast.Node | None = None) -> str:
        """A value in the middle of a sentence."""
        text = self.end(node, beside)
        return f"{text}," if text else ""

    def end(self, node: ast.Node, beside: ast.Node | None = None) -> str:
        """A value at the end of a sentence."""
        if isinstance(node, ast.Literal) or (isinstance(node, ast.Term) and node.name == "id"):
            return ""
        text = self.value(node, beside)
        return f", {text}" if text else ""

    def bracketed(self, node: ast.Node) -> str:
        """A value in brackets."""
        text = self.end(node).removeprefix(", ")
        return f" ({text})" if text else ""

    def exact(self, node: ast.Node) -> str:
        """The value of an expression where it is known exactly."""
        if isinstance(node, ast.Term):
            value = self.clauses[node.alias].values.get(node.name)
            if value is None or (isinstance(value, Value) and not value.is_exact):
                return ""
        return self.bracketed(node)


_STANDING = {
    "current": " in force today", "proposed": " proposed by the term sheet", "removed": " struck out by the term sheet",
    "result": " in force once the term sheet is signed", None: "",
}  # fmt: skip


def is_idle(part: ast.Node, parts: Sequence[ast.Node]) -> bool:
    """Whether a part only says that a term is stated whose value another part gives."""
    others = [term for other in parts if other is not part for term in ast.terms(other)]
    return isinstance(part, ast.Stated) and part.term in others


def _is_set(part: ast.Node) -> bool:
    """Whether a condition says that the term sheet sets a certain term, or does not."""
    is_changed = isinstance(part, ast.Membership) and isinstance(part.container, ast.Term)
    return is_changed and part.container.name == "changed" and isinstance(part.item, ast.Literal)  # type: ignore[union-attr]


def _literal_type(value: FactValue, beside: ast.Node | None) -> TermType:
    if isinstance(value, Value):
        return TermType(value.type_name)
    type = common_type(beside) if beside is not None else TermType("text")
    return TermType(type.name, type.choices)


def explain(examined: Examined, only: Sequence[str] = ()) -> list[Explanation]:
    """Explain every rule that found something, or the rules named, whatever they found."""
    found = []
    for run in examined.runs:
        layers = by_kind_and_layer(run.outcome.facts)
        for rule in run.pack.rules:
            status = status_of(rule, run.outcome.matches[rule.id], layers)
            wanted = rule.id in only if only else status in ("breached", "undetermined") and rule.derives is None
            if wanted:
                found.append(_explanation(examined, run, rule, status))
    order = {rule.rule: number for number, rule in enumerate(examined.review.rules)}
    return sorted(found, key=lambda e: (e.status not in ("breached", "undetermined"), order.get(e.rule, -1)))


def _explanation(examined: Examined, run: PackRun, rule: Rule, status: Status) -> Explanation:
    facts = by_kind_and_layer(run.outcome.facts)
    explainer = Explainer(rule, run.conditions, examined.deal, facts)
    findings = tuple(finding for finding in examined.review.findings if finding.rule == rule.id)
    reasons: tuple[Reason, ...] = ()
    remark = None
    if status == "not_applicable":
        absent = [p for p in rule.given if not facts.get((p.kind, p.layer))]
        wanted = [sought(pattern) for pattern in absent or rule.given]
        remark = f"The rule does not apply: there is no {' and no '.join(dict.fromkeys(wanted))}."
    elif status == "satisfied":
        reasons, remark = _why_not(explainer)
    else:
        matched = [[run.outcome.facts[n] for n in binding] for binding in run.outcome.matches[rule.id]]
        reasons = tuple(_reason(explainer, _clauses(explainer, one)) for one in matched)
    return Explanation(
        rule=rule.id,
        heading=rule.heading,
        severity=rule.severity,
        status=status,
        meaning=tuple(rule_in_english(rule)),
        findings=findings,
        reasons=reasons,
        remark=remark,
        location=location(rule.place),
    )


def _clauses(explainer: Explainer, facts: Sequence[Fact]) -> dict[str, Fact]:
    clauses = {pattern.alias: fact for pattern, fact in zip(explainer.rule.given, facts, strict=True)}
    clauses["context"] = explainer.facts["context", None][0][1]
    return clauses


def _why_not(explainer: Explainer) -> tuple[tuple[Reason, ...], str | None]:
    """For each combination of clauses, what keeps the rule from being breached."""
    given = explainer.rule.given
    candidates = [[fact for _, fact in explainer.facts.get((p.kind, p.layer), [])] for p in given]
    combinations = (one for one in itertools.product(*candidates) if len({id(fact) for fact in one}) == len(one))
    reasons = []
    for facts in itertools.islice(combinations, MAXIMUM_COMBINATIONS + 1):
        reasons.append(_reason(explainer, _clauses(explainer, facts)))
    remark = None
    if len(reasons) > MAXIMUM_COMBINATIONS:
        reasons.pop()
        remark = f"Only the first {MAXIMUM_COMBINATIONS} combinations of clauses are shown."
    return tuple(reasons), remark


def _reason(explainer: Explainer, clauses: Mapping[str, Fact]) -> Reason:
    derivation = explainer.derivation(clauses)
    said = Application(explainer, clauses, explainer.names(clauses))
    deciding = list(_deciding(explainer, clauses))
    steps = [_step(said, part) for part in deciding if not is_idle(part, deciding)]
    if explainer.truth(explainer.rule.when, clauses) is not Truth.FALSE:
        steps += _excuse_steps(said)
    names = [explainer.named(pattern.alias, clauses) for pattern in explainer.rule.given]
    return Reason(tuple(names), tuple(steps), derivation)


def _deciding(explainer: Explainer, clauses: Mapping[str, Fact]) -> Iterator[ast.Node]:
    """The conditions that decide: the false ones where the whole is false, else all that hold or may."""
    is_false = explainer.truth(explainer.rule.when, clauses) is Truth.FALSE
    yield from _parts(explainer, explainer.rule.when, clauses, is_false)


def _parts(explainer: Explainer, node: ast.Node, clauses: Mapping[str, Fact], only_false: bool) -> Iterator[ast.Node]:
    """The parts of a conjunction; of a false one only the false parts, down to the smallest."""
    if only_false and explainer.truth(node, clauses) is not Truth.FALSE:
        return
    if isinstance(node, ast.And):
        for part in node.parts:
            yield from _parts(explainer, part, clauses, only_false)
    elif only_false and isinstance(node, ast.Named):
        yield from _parts(explainer, node.meaning, clauses, only_false)
    else:
        yield node


def _step(said: Application, node: ast.Node) -> Because:
    values: dict[str, None] = {}
    places: dict[str, None] = {}
    for term in ast.terms(node):
        if term.name in ("id", "changed") or term.alias not in said.clauses:
            continue
        fact = said.clauses[term.alias]
        value = known(fact.values.get(term.name), term.term_type, said.explainer.deal, term.name)
        place = _place(fact, term.name)
        values[f"{said.english.noun(term)} is {value}{f' ({place})' if place else ''}"] = None
        places |= {place: None} if place else {}
    sentence = f"{capital(said.said(node))}."
    return Because(sentence, truth_word(said.truth(node)), tuple(values), tuple(places))


def _place(fact: Fact, term: str) -> str:
    """Where a value stands; for what nobody wrote, how it follows."""
    if term in fact.inferred:
        return "by the cap table" if term == "stake" else "by the date of the review"
    place = location(fact.place(term))
    return shown(place, with_column=True) if place else ""


def _excuse_steps(said: Application) -> list[Because]:
    explainer = said.explainer
    excuses = explainer.excuses(said.clauses)
    pairs = zip(explainer.rule.unless, excuses, strict=True)
    return [Because(said.excuse(absence), excuse.truth, (), ()) for absence, excuse in pairs]
