"""Why, and why not: the explanation of each rule as a lawyer would put it, and the whole derivation on demand."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from clauses.engines.engine import Truth
from clauses.language import ast
from clauses.language.rule import Rule
from clauses.language.show import english, english_pattern, rule_in_english, term_words
from clauses.review.explain import Explainer, location, truth_word
from clauses.review.finding import Derivation, Finding
from clauses.review.review import Examined, PackRun
from clauses.review.status import Status, status_of
from clauses.review.wording import phrase
from clauses.source import Location
from clauses.terms.facts import Fact, by_kind_and_layer

MAXIMUM_COMBINATIONS = 20
"""How many combinations of clauses a why-not goes through one by one."""


@dataclass(frozen=True)
class Because:
    """One step of a reason: a condition in words, with the values that make it so."""

    condition: str
    truth: Literal["true", "false", "unknown"]
    values: tuple[str, ...]
    """Each value in words with its place."""


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
    explainer = Explainer(rule, run.parameters, examined.deal, facts)
    findings = tuple(finding for finding in examined.review.findings if finding.rule == rule.id)
    reasons: tuple[Reason, ...] = ()
    remark = None
    if status == "not_applicable":
        absent = [p for p in rule.given if not facts.get((p.kind, p.layer))]
        wanted = [english_pattern(pattern) for pattern in absent or rule.given]
        remark = f"The rule does not apply: there is no {' and no '.join(_without_article(w) for w in wanted)}."
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


def _without_article(text: str) -> str:
    return text.split(" ", 1)[1]


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
    steps = [_step(explainer, leaf, clauses) for leaf in _deciding(explainer, clauses)]
    if explainer.truth(explainer.rule.when, clauses) is not Truth.FALSE:
        steps += _excuse_steps(explainer, clauses)
    names = [explainer.subject(clauses[pattern.alias]) for pattern in explainer.rule.given]
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


def _step(explainer: Explainer, node: ast.Node, clauses: Mapping[str, Fact]) -> Because:
    truth = explainer.truth(node, clauses)
    values = []
    for term in ast.terms(node):
        if term.name == "id" or term.alias not in clauses:
            continue
        fact = clauses[term.alias]
        place = location(fact.place(term.name))
        where = f" ({place['file']}:{place['line']}:{place['column']})" if place else ""
        written = phrase(fact.values.get(term.name), term.term_type, explainer.deal)
        reason = f", since {fact.inferred[term.name]}" if term.name in fact.inferred else ""
        values.append(f"the {term_words(term.name)} of {explainer.subject(fact)} is {written}{reason}{where}")
    return Because(english(node), truth_word(truth), tuple(values))


def _excuse_steps(explainer: Explainer, clauses: Mapping[str, Fact]) -> list[Because]:
    steps = []
    excuses = explainer.excuses(clauses)
    for absence, excuse in zip(explainer.rule.unless, excuses, strict=True):
        pattern = _without_article(english_pattern(absence.pattern))
        always = isinstance(absence.when, ast.And) and not absence.when.parts
        where = "" if always else f", where {english(absence.when)}"
        what = {"true": f"there is no {pattern}{where}", "false": f"there is a {pattern}{where}"}
        condition = what.get(excuse.truth, f"there may be a {pattern}{where}")
        steps.append(Because(condition, excuse.truth, tuple(part.text for part in excuse.parts)))
    return steps
