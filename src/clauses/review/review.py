"""A review: an agreement, a term sheet and rule packs, as of a day, make findings and a verdict.

Pure: the same inputs give the same bytes. Two engines run, and must agree, before anything is shown.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from clauses.engines import registry
from clauses.engines.engine import Binding, Matches, Outcome, Prepared, Truth, run
from clauses.errors import Disagreement, Problem
from clauses.language.pack import RulePack
from clauses.language.rule import SEVERITIES, Rule
from clauses.review.explain import Conditions, Explainer, location
from clauses.review.finding import (
    SCHEMA_VERSION,
    Authority,
    Digest,
    Finding,
    MatchedClause,
    PackDigest,
    Review,
    RuleStatus,
    Summary,
    Verdict,
)
from clauses.review.status import status_of
from clauses.review.wording import clause_phrase, message
from clauses.source import Document
from clauses.terms.agreement import Agreement, TermSheet
from clauses.terms.facts import Deal, Fact, Standings, by_kind_and_layer, deal
from clauses.terms.values import Date, Value


@dataclass(frozen=True)
class PackRun:
    """What one pack said of the deal."""

    pack: RulePack
    conditions: Conditions
    outcome: Outcome

    @property
    def parameters(self) -> Mapping[str, Value | str]:
        """The parameters of the pack on the day of the review."""
        return self.conditions.parameters


@dataclass(frozen=True)
class Examined:
    """A review with everything that it rests on, for explanations and memos."""

    review: Review
    deal: Deal
    runs: tuple[PackRun, ...]
    inputs: tuple[Document, ...] = field(default=(), repr=False)
    """The term sheet and the agreement, where they were documents and not data."""
    recorded: str | None = None
    """The anchor of its entry in the ledger, where it was recorded."""


class Reviewer:
    """Packs made ready once, to review any number of term sheets. Close it when done, or use `with`."""

    def __init__(self, packs: Sequence[RulePack], engines: Sequence[str] = ("rete", "reference")) -> None:
        self.packs = tuple(packs)
        self.engine_names = tuple(engines)
        self._prepared: dict[tuple[str, str], Prepared] = {}
        self._conditions: dict[str, Conditions] = {}

    def __enter__(self) -> Reviewer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back what the engines hold."""
        for prepared in self._prepared.values():
            prepared.close()
        self._prepared.clear()

    def examine(
        self, agreement: Agreement, sheet: TermSheet | None, as_of: Date, known_on: Date | None = None
    ) -> Examined:
        """Review a term sheet, or with none the agreement as it stands."""
        world = deal(agreement, sheet, as_of, known_on)
        runs = tuple(self._run(number, pack, world) for number, pack in enumerate(self.packs))
        return Examined(review_of(world, runs, self.engine_names, known_on), world, runs)

    def _run(self, number: int, pack: RulePack, world: Deal) -> PackRun:
        parameters = pack.parameters_at(world.as_of)
        outcomes = [
            (name, run(self._ready(number, pack, name, parameters), pack, world.facts)) for name in self.engine_names
        ]
        (first_name, first), *others = outcomes
        for name, outcome in others:
            _require_agreement(pack, first_name, first, name, outcome)
        return PackRun(pack, self._conditions.setdefault(_key(number, parameters), Conditions(parameters)), first)

    def _ready(self, number: int, pack: RulePack, name: str, parameters: Mapping[str, Value | str]) -> Prepared:
        key = (name, _key(number, parameters))
        if key not in self._prepared:
            self._prepared[key] = registry.engine(name).prepare(pack, parameters)
        return self._prepared[key]


def _key(number: int, parameters: Mapping[str, Value | str]) -> str:
    """A pack with its parameters: what is prepared for it serves every review with the same."""
    return repr((number, sorted((name, str(value)) for name, value in parameters.items())))


def review(
    agreement: Agreement,
    sheet: TermSheet | None,
    packs: Sequence[RulePack],
    as_of: Date,
    engines: Sequence[str] = ("rete", "reference"),
) -> Review:
    """Review a term sheet. Raises ClausesError where an input is wrong or the engines disagree."""
    with Reviewer(packs, engines) as reviewer:
        return reviewer.examine(agreement, sheet, as_of).review


def _require_agreement(pack: RulePack, one: str, first: Outcome, other: str, second: Outcome) -> None:
    """Two engines must find the same matches over the same facts."""
    problems = []
    for rule in pack.rules:
        a, b = first.matches[rule.id], second.matches[rule.id]
        if dict(a) == dict(b):
            continue
        binding = min(set(a.items()) ^ set(b.items()))[0]
        clauses = ", ".join(f"`{first.facts[number].id}`" for number in binding)
        sentence = (
            f"the engines disagree on the rule `{rule.id}` for {clauses}: {one} says {_said(a, binding)}, "
            f"{other} says {_said(b, binding)}"
        )
        problems.append(
            Problem("engines-disagree", sentence, rule.place, "this is a defect of clauses: please report it")
        )
    if problems:
        raise Disagreement(problems)


def _said(matches: Matches, binding: Binding) -> str:
    return str(matches.get(binding, Truth.FALSE))


def review_of(world: Deal, runs: Sequence[PackRun], engines: Sequence[str], known_on: Date | None = None) -> Review:
    """The review that the findings of some packs make."""
    findings: list[Finding] = []
    rules: list[RuleStatus] = []
    for one in runs:
        layers = by_kind_and_layer(one.outcome.facts)
        for rule in one.pack.rules:
            if rule.derives is None:
                rules.append(RuleStatus(rule.id, rule.severity, status_of(rule, one.outcome.matches[rule.id], layers)))
        findings += _findings(world, one, layers)
    findings.sort(
        key=lambda f: (SEVERITIES.index(f.severity), f.rule, [clause.id for clause in f.clauses], f.fingerprint)
    )
    rules.sort(key=lambda r: (SEVERITIES.index(r.severity), r.rule))
    return Review(
        schema_version=SCHEMA_VERSION,
        verdict=verdict_of(rules),
        as_of=str(world.as_of),
        review_id=_review_id(world, runs, known_on),
        agreement=Digest(world.agreement.id, world.agreement.sha256),
        term_sheet=Digest(world.sheet.id, world.sheet.sha256) if world.sheet else None,
        packs=tuple(PackDigest(one.pack.name, one.pack.version, one.pack.sha256) for one in runs),
        engines=tuple(engines),
        summary=_summary(rules),
        findings=tuple(findings),
        rules=tuple(rules),
    )


def _review_id(world: Deal, runs: Sequence[PackRun], known_on: Date | None) -> str:
    parts = [
        world.agreement.sha256,
        world.sheet.sha256 if world.sheet else "",
        str(world.as_of),
        *([f"known on {known_on}"] if known_on else []),
        *([one.pack.sha256, [rule.id for rule in one.pack.rules]] for one in runs),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def verdict_of(rules: Sequence[RuleStatus]) -> Verdict:
    """The worst that holds. A `note` never decides, nor what is accepted."""
    breached = {rule.severity for rule in rules if rule.standing == "breached"}
    open_rules = {rule.severity for rule in rules if rule.standing == "undetermined"} - {"note"}
    if "conflict" in breached:
        return "conflict"
    if "consent" in breached:
        return "consent"
    if open_rules:
        return "undetermined"
    return "flag" if "flag" in breached else "clear"


def _summary(rules: Sequence[RuleStatus]) -> Summary:
    counts = {
        name: sum(rule.status == name for rule in rules)
        for name in ("breached", "undetermined", "satisfied", "not_applicable")
    }
    return Summary(len(rules), **counts)


def _findings(world: Deal, one: PackRun, facts: Standings) -> list[Finding]:
    context = next(fact for fact in world.facts if fact.kind == "context")
    found = []
    for rule in one.pack.rules:
        if rule.derives is not None:
            continue
        explainer = Explainer(rule, one.conditions, world, facts)
        authority = one.pack.authority_of(rule, world.agreement.id)
        cited = tuple(Authority(document.document, document.quote) for document in authority)
        for binding, truth in one.outcome.matches[rule.id].items():
            matched = [one.outcome.facts[number] for number in binding]
            clauses = {p.alias: fact for p, fact in zip(rule.given, matched, strict=True)}
            found.append(_finding(explainer, {**clauses, "context": context}, truth, cited))
    return found


def _finding(
    explainer: Explainer, clauses: Mapping[str, Fact], truth: Truth, authority: tuple[Authority, ...]
) -> Finding:
    rule, world = explainer.rule, explainer.deal
    is_open = truth is Truth.UNKNOWN
    question = None
    if is_open:
        own = message(rule.question, rule, clauses, explainer.parameters, world) if rule.question else None
        question = own or explainer.question(clauses)
    return Finding(
        rule=rule.id,
        heading=rule.heading,
        severity=rule.severity,
        status="undetermined" if is_open else "breached",
        message=message(rule.says, rule, clauses, explainer.parameters, world),
        redraft=message(rule.redraft, rule, clauses, explainer.parameters, world),
        authority=authority,
        clauses=_matched(rule, clauses, world),
        values=explainer.values(clauses),
        derivation=explainer.derivation(clauses),
        missing=explainer.missing(clauses) if is_open else (),
        question=question,
        fingerprint=_fingerprint(rule, clauses),
    )


def _fingerprint(rule: Rule, clauses: Mapping[str, Fact]) -> str:
    """Rule and clauses, so that an accepted finding is known again when a value moves."""
    parts = [rule.id, *(f"{pattern.alias}={clauses[pattern.alias].id}" for pattern in rule.given)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _matched(rule: Rule, clauses: Mapping[str, Fact], world: Deal) -> tuple[MatchedClause, ...]:
    """The clauses of a match; a derived fact is followed by the clauses that it comes from."""
    found: dict[tuple[str, str, str | None], MatchedClause] = {}

    def note(alias: str, fact: Fact, layer: str | None) -> None:
        entry = _entry(alias, fact, layer, world)
        found.setdefault((fact.kind if fact.version is None else "", entry.id, layer), entry)
        for source in fact.derived_from:
            note(alias, source, _layer(source))

    for pattern in rule.given:
        note(pattern.alias, clauses[pattern.alias], pattern.layer)
    return tuple(found.values())


def _layer(fact: Fact) -> str | None:
    return next((layer for layer in ("proposed", "removed", "current", "result") if layer in fact.layers), None)


def _entry(alias: str, fact: Fact, layer: str | None, world: Deal) -> MatchedClause:
    version = fact.version
    if version is None:
        heading = str(fact.values.get("name", "")) or fact.kind.replace("_", " ")
        return MatchedClause(alias, fact.id, fact.kind, layer, heading, "stated", None, None)
    source = version.clause.source
    heading = version.clause.heading or clause_phrase(version.id, world).strip("“”")
    return MatchedClause(
        alias, fact.id, fact.kind, layer, heading, source.basis, source.quote, location(version.written_at)
    )
