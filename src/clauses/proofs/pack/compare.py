"""How two packs differ in what they say: rule by rule, with a situation for each direction, and on term sheets.

A rule of the new pack is *stricter* if of no situation it says less than the old one, and of some it says more: a
finding where there was none or a question, or a question where there was nothing. Rules are the same rule if they
have the same id, or if nothing but the id was changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from clauses.engines.smt.solver import Undecided
from clauses.language.pack import RulePack
from clauses.language.rule import SEVERITIES, Rule
from clauses.language.show import show
from clauses.proofs.pack.ask import STEPS, Certainty, Question, Side, can_be_matched, days_of
from clauses.proofs.pack.evidence import LEVELS, Judge, Tell, Trial, depends_on, derivations, gather, read_examples
from clauses.proofs.pack.situation import Documents, Situation, of_trial, run_again
from clauses.proofs.pack.solution import written
from clauses.review.finding import PackDigest, Verdict
from clauses.review.review import Examined
from clauses.review.status import Status
from clauses.source import Location
from clauses.terms.values import Date

SCHEMA_VERSION = 1
Relation = Literal[
    "equal", "stricter", "looser", "incomparable", "added", "removed", "renamed", "undecided"
]  # fmt: skip
PackRelation = Literal["equal", "stricter", "looser", "incomparable", "undecided"]


@dataclass(frozen=True)
class RuleComparison:
    """What became of one rule."""

    rule: str
    relation: Relation
    certainty: Certainty | None
    """How certain it is that the rule nowhere says more, or less; None where both are shown by a situation."""
    sentence: str
    severity: tuple[str | None, str | None]
    """Before and after; None where there is no such rule."""
    reworded: bool
    """Whether its heading, its messages or its authority read differently."""
    more: Situation | None
    """A situation of which the new pack says more."""
    less: Situation | None
    """A situation of which the new pack says less."""
    location: Location | None


@dataclass(frozen=True)
class ParameterChange:
    """A parameter with its values on the day, None where the pack has none."""

    parameter: str
    old: str | None
    new: str | None


@dataclass(frozen=True)
class SheetChange:
    """A term sheet under both packs."""

    term_sheet: str
    old: Verdict
    new: Verdict
    only_old: tuple[str, ...]
    """Findings of the old pack that the new one does not have, as `status rule: message`."""
    only_new: tuple[str, ...]
    changes_verdict: bool


@dataclass(frozen=True)
class PackComparison:
    """How one pack differs from another as of a day."""

    schema_version: int
    old: PackDigest
    new: PackDigest
    as_of: str
    engines: tuple[str, ...]
    relation: PackRelation
    rules: tuple[RuleComparison, ...]
    parameters: tuple[ParameterChange, ...]
    term_sheets: tuple[SheetChange, ...]

    @property
    def differs(self) -> bool:
        """Whether the packs say anything different of any situation, or may."""
        return self.relation != "equal"


def diff_packs(
    old: RulePack,
    new: RulePack,
    as_of: Date,
    sheets: Sequence[tuple[Examined, Examined]] = (),
    engines: Sequence[str] = ("rete", "reference"),
    tell: Tell = lambda done, total: None,
    steps: int = STEPS,
) -> PackComparison:
    """Compare two packs with the parameters of a day.

    `sheets` are term sheets as reviewed by the old and by the new pack. `engines` run every situation that is shown,
    `tell` hears how much is done, `steps` limits each question to the solver. Raises PackError where a parameter has
    no value on the day.
    """
    judges = Judge(old, old.parameters_at(as_of)), Judge(new, new.parameters_at(as_of))
    try:
        return _Comparer(*judges, as_of, tuple(engines), tell, steps).comparison(sheets)
    finally:
        for judge in judges:
            judge.close()


@dataclass(frozen=True)
class _Pair:
    """An example with what both packs say of it."""

    old: Trial
    new: Trial


class _Comparer:
    def __init__(self, old: Judge, new: Judge, as_of: Date, engines: tuple[str, ...], tell: Tell, steps: int) -> None:
        self.old, self.new, self.as_of, self.engines, self.tell, self.steps = old, new, as_of, engines, tell, steps
        ranges = days_of(old, as_of), days_of(new, as_of)
        self.days = max(low for low, _ in ranges), min(high for _, high in ranges)
        self.pairs: list[_Pair] = []

    def comparison(self, sheets: Sequence[tuple[Examined, Examined]]) -> PackComparison:
        """Compare everything."""
        share = len(self.old.pack.rules) + len(self.new.pack.rules)
        read = read_examples([self.old.pack, self.new.pack], lambda done, _: self.tell(done, 3 * share))
        before, after = (gather(judge, read).trials for judge in (self.old, self.new))
        self.pairs = [_Pair(*trials) for trials in zip(before, after, strict=True)]
        ids = sorted({rule.id for judge in (self.old, self.new) for rule in judge.pack.rules})
        renamed = self.renamed()
        found: list[RuleComparison] = []
        for number, id in enumerate(ids):
            self.tell(2 * share + number, 3 * share)
            if id not in renamed:
                found.append(self.rule(id, {new: old for old, new in renamed.items()}.get(id)))
        self.tell(3 * share, 3 * share)
        return PackComparison(
            SCHEMA_VERSION,
            _digest(self.old.pack),
            _digest(self.new.pack),
            str(self.as_of),
            self.engines,
            _relation_of(found),
            tuple(found),
            self.parameters(),
            tuple(_sheet_change(one, other) for one, other in sheets),
        )

    def renamed(self) -> dict[str, str]:
        """The rules of which nothing but the id was changed: the old id with the new."""
        old = {rule.id: rule for rule in self.old.pack.rules}
        new = {rule.id: rule for rule in self.new.pack.rules}
        gone = {_meaning(rule): id for id, rule in sorted(old.items(), reverse=True) if id not in new}
        found: dict[str, str] = {}
        for id, rule in sorted(new.items()):
            before = gone.get(_meaning(rule))
            if id not in old and before is not None and before not in found and self.same(old[before], rule):
                found[before] = id
        return found

    def rule(self, id: str, before: str | None) -> RuleComparison:
        """What became of a rule."""
        one, other = self.old.pack.rule(before or id), self.new.pack.rule(id)
        if one is None or other is None:
            return self.only_one_side(id, one, other)
        relation: Relation
        more = less = None
        certainty: Certainty | None = "proved"
        if self.same(one, other):
            relation = "renamed" if before else "equal"
        else:
            relation, certainty, more, less = self.compare(one, other)
        relation = _with_severity(relation, one, other)
        place = other.place.location()
        severity = (one.severity, other.severity)
        reworded = _words(one) != _words(other)
        sentence = _sentence(id, before, relation, severity, one, other)
        return RuleComparison(id, relation, certainty, sentence, severity, reworded, more, less, place)

    def compare(self, one: Rule, other: Rule) -> tuple[Relation, Certainty | None, Situation | None, Situation | None]:
        """Whether the new rule says more, less, or both, each with a situation."""
        more = self.direction(Side(self.new, other), Side(self.old, one), is_more=True)
        less = self.direction(Side(self.old, one), Side(self.new, other), is_more=False)
        situations = [found if isinstance(found, Situation) else None for found in (more, less)]
        certain: list[Certainty] = [found for found in (more, less) if found == "proved" or found == "bounded"]
        certainty: Certainty | None = ("bounded" if "bounded" in certain else "proved") if certain else None
        if more is None or less is None:
            return "undecided", None, situations[0], situations[1]
        relations: dict[tuple[bool, bool], Relation] = {
            (True, True): "incomparable", (True, False): "stricter", (False, True): "looser", (False, False): "equal",
        }  # fmt: skip
        relation = relations[situations[0] is not None, situations[1] is not None]
        return relation, certainty, situations[0], situations[1]

    def direction(self, more: Side, less: Side, is_more: bool) -> Situation | Certainty | None:
        """A situation of which one rule says more, or how certain it is that there is none; None: undecided."""
        ids = (less.rule.id, more.rule.id) if is_more else (more.rule.id, less.rule.id)
        for pair in sorted(self.pairs, key=lambda pair: pair.old.size):
            levels = pair.old.level(ids[0]), pair.new.level(ids[1])
            if None not in levels and _rises(levels, is_more):
                found = self.situation(of_trial(pair.old), ids, is_more)
                if found is not None:
                    return found
        try:
            question = Question(more, less, self.days, self.steps)
            certainty = question.impossible()
            if certainty is not None:
                return certainty
            solver, claims = question.situation()
            documents = written(question.space, solver, claims, self.as_of)
        except Undecided:
            return None
        return self.situation(documents, ids, is_more) if documents else None

    def situation(self, documents: Documents, ids: tuple[str, str], is_more: bool) -> Situation | None:
        """A situation that was run again under both packs, and shows that one says more."""
        said: list[Mapping[str, Status] | None] = [
            run_again(documents, judge, self.engines) for judge in (self.old, self.new)
        ]
        if said[0] is None or said[1] is None:
            return None
        before, after = said[0][ids[0]], said[1][ids[1]]
        if not _rises((LEVELS[before], LEVELS[after]), is_more):
            return None
        statuses: dict[str, Status] = {f"old: {ids[0]}": before, f"new: {ids[1]}": after}
        shows = f"`{ids[1]}` was {_said(before)} and is {_said(after)}"
        return Situation(
            shows, str(documents.as_of), documents.agreement, documents.term_sheet, statuses, documents.example
        )

    def only_one_side(self, id: str, one: Rule | None, other: Rule | None) -> RuleComparison:
        """A rule that is only in one of the packs, unless it says nothing that the other pack does not say."""
        rule = one or other
        assert rule is not None
        own, foreign = (self.old, self.new) if one else (self.new, self.old)
        severity = (one.severity if one else None, other.severity if other else None)
        relation: Relation = "removed" if one else "added"
        covering = self.covering(rule, own, foreign)
        example = self.breaching(rule.id, is_new=other is not None)
        sentence = f"`{id}` is {relation}"
        if covering is not None:
            sentence += f"; whatever it finds or asks, `{covering[0]}` does too"
            example = None
        place = rule.place.location()
        certainty = covering[1] if covering else None
        return RuleComparison(
            id, relation, certainty, sentence, severity, False, example if other else None,
            example if one else None, place,
        )  # fmt: skip

    def covering(self, rule: Rule, own: Judge, foreign: Judge) -> tuple[str, Certainty] | None:
        """A rule of the other pack, at least as grave, that finds and asks whatever a rule does."""
        for other in foreign.pack.rules:
            is_kind = (rule.derives is None) == (other.derives is None)
            is_grave = SEVERITIES.index(other.severity) <= SEVERITIES.index(rule.severity)
            sides = Side(own, rule), Side(foreign, other)
            if rule.derives or not is_kind or not is_grave or not can_be_matched(sides[1], sides[0]):
                continue
            if any(_exceeds(pair, rule.id, other.id, own is self.old) for pair in self.pairs):
                continue
            try:
                certainty = Question(*sides, self.days, self.steps).impossible()
            except Undecided:
                continue
            if certainty:
                return other.id, certainty
        return None

    def breaching(self, id: str, is_new: bool) -> Situation | None:
        """The shortest example that breaches a rule of one pack."""
        judge = self.new if is_new else self.old
        found = [pair.old for pair in self.pairs if (pair.new if is_new else pair.old).level(id) == 2]
        for trial in sorted(found, key=lambda trial: trial.size):
            documents = of_trial(trial)
            statuses = run_again(documents, judge, self.engines)
            if statuses and statuses[id] == "breached":
                key = f"{'new' if is_new else 'old'}: {id}"
                shows = f"`{id}` {'is' if is_new else 'was'} breached"
                return Situation(
                    shows, str(documents.as_of), documents.agreement, documents.term_sheet,
                    {key: "breached"}, documents.example,
                )  # fmt: skip
        return None

    def parameters(self) -> tuple[ParameterChange, ...]:
        """The parameters whose values on the day differ."""
        old, new = self.old.parameters, self.new.parameters
        return tuple(
            ParameterChange(name, _shown(old.get(name)), _shown(new.get(name)))
            for name in sorted({*old, *new})
            if old.get(name) != new.get(name)
        )

    def same(self, one: Rule, other: Rule) -> bool:
        """Whether two rules are written alike, with the same parameters and what they rest on."""
        if _meaning(one) != _meaning(other):
            return False
        rests = [sorted(_meaning(r) for r in derivations(j.pack, rule.kinds)) for j, rule in self._own(one, other)]
        values = [
            {name: judge.parameters[name] for name in depends_on(judge.pack, rule)}
            for judge, rule in self._own(one, other)
        ]
        return rests[0] == rests[1] and values[0] == values[1]

    def _own(self, one: Rule, other: Rule) -> tuple[tuple[Judge, Rule], tuple[Judge, Rule]]:
        return (self.old, one), (self.new, other)


def _digest(pack: RulePack) -> PackDigest:
    return PackDigest(pack.name, pack.version, pack.sha256)


def _rises(levels: tuple[int | None, ...], is_more: bool) -> bool:
    before, after = (level or 0 for level in levels)
    return after > before if is_more else after < before


def _exceeds(pair: _Pair, rule: str, other: str, is_old: bool) -> bool:
    own, foreign = (pair.old, pair.new) if is_old else (pair.new, pair.old)
    one, two = own.level(rule), foreign.level(other)
    return one is not None and two is not None and one > two


def _meaning(rule: Rule) -> str:
    """Everything about a rule that decides what it says of a situation."""
    patterns = [(p.alias, p.kind, p.layer) for p in rule.given]
    excuses = [(a.pattern.alias, a.pattern.kind, a.pattern.layer, show(a.when)) for a in rule.unless]
    derives = rule.derives and (rule.derives.kind, [(name, show(node)) for name, node in rule.derives.terms.items()])
    return repr((patterns, show(rule.when), excuses, derives))


def _words(rule: Rule) -> object:
    return rule.heading, rule.says, rule.redraft, rule.question, rule.authority


def _with_severity(relation: Relation, one: Rule, other: Rule) -> Relation:
    """A rule that finds the same and weighs it more heavily is stricter."""
    if one.derives or one.severity == other.severity or relation == "undecided":
        return relation
    graver = SEVERITIES.index(other.severity) < SEVERITIES.index(one.severity)
    if relation in ("equal", "renamed"):
        return "stricter" if graver else "looser"
    return relation if relation == ("stricter" if graver else "looser") else "incomparable"


_SENTENCES: Mapping[Relation, str] = {
    "equal": "`{}` says the same",
    "renamed": "`{}` says the same",
    "stricter": "`{}` is stricter",
    "looser": "`{}` is looser",
    "incomparable": "`{}` says more of some situations and less of others",
    "undecided": "whether `{}` says more or less is undecided",
}


def _sentence(
    id: str, before: str | None, relation: Relation, severity: tuple[str, str], one: Rule, other: Rule
) -> str:
    said = _SENTENCES[relation].format(id)
    if before:
        said += f", and was called `{before}`"
    if severity[0] != severity[1] and not other.derives:
        said += f"; its severity was {severity[0]} and is {severity[1]}"
    if one.derives and other.derives and _meaning(one) != _meaning(other):
        said += f"; it derives `{other.derives.kind}` for other rules"
    return said


def _relation_of(rules: Sequence[RuleComparison]) -> PackRelation:
    """How the whole pack differs: stricter if no rule says less and some says more."""
    relations = {rule.relation for rule in rules if not (rule.relation in ("added", "removed") and rule.certainty)}
    if "undecided" in relations:
        return "undecided"
    is_more, is_less = bool(relations & {"stricter", "added"}), bool(relations & {"looser", "removed"})
    if "incomparable" in relations or (is_more and is_less):
        return "incomparable"
    return "stricter" if is_more else "looser" if is_less else "equal"


def _sheet_change(one: Examined, other: Examined) -> SheetChange:
    findings = [
        {(f.fingerprint, f.status): f"{f.status} {f.rule}: {f.message}" for f in examined.review.findings}
        for examined in (one, other)
    ]
    only = [
        tuple(said for key, said in own.items() if key not in foreign) for own, foreign in (findings, findings[::-1])
    ]
    sheet = one.deal.sheet
    name = sheet.id if sheet else one.deal.agreement.id
    verdicts = one.review.verdict, other.review.verdict
    return SheetChange(name, *verdicts, only[0], only[1], verdicts[0] != verdicts[1])


def _said(status: Status) -> str:
    return status.replace("_", " ")


def _shown(value: object) -> str | None:
    return None if value is None else str(value)
