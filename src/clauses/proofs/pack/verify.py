"""Whether a pack is sound: every defect of `defects.SORTS`, each proved or shown.

Examples come first: one that breaches a rule shows that it can fire. Each question that they leave open goes to the
solver. What it finds is run again on the engines, and what they confirm is evidence for the questions that follow.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from clauses.engines.smt.solver import Undecided
from clauses.language import ast
from clauses.language.pack import RulePack
from clauses.language.rule import Absence, Rule
from clauses.proofs.pack.ask import STEPS, About, Certainty, Question, Side, can_be_matched, days_of
from clauses.proofs.pack.bands import Band, Seam, families, seams
from clauses.proofs.pack.defects import (
    SCHEMA_VERSION,
    SORTS,
    Counts,
    PackDefect,
    Sort,
    Undecidable,
    Verification,
)
from clauses.proofs.pack.evidence import LEVELS, Evidence, Judge, Tell, Trial, gather, read_examples
from clauses.proofs.pack.opposite import Opposition, read_together
from clauses.proofs.pack.situation import Documents, Situation, of_trial, run_again
from clauses.proofs.pack.solution import written
from clauses.proofs.pack.unused import unused
from clauses.review.finding import PackDigest
from clauses.review.status import Status
from clauses.terms.values import Date

Shows = Callable[[Mapping[str, Status]], bool]
"""Whether the statuses of a situation show something."""


def verify(
    pack: RulePack,
    as_of: Date,
    engines: Sequence[str] = ("rete", "reference"),
    tell: Tell = lambda done, total: None,
    steps: int = STEPS,
) -> Verification:
    """Look for everything that is wrong with a pack, with the parameters of a day.

    `engines` run every situation that is shown, `tell` hears how much is done, `steps` limits each question to the
    solver. Raises PackError where a parameter has no value on the day.
    """
    judge = Judge(pack, pack.parameters_at(as_of))
    try:
        return _Verifier(judge, as_of, tuple(engines), tell, steps).verification()
    finally:
        judge.close()


class _Verifier:
    def __init__(self, judge: Judge, as_of: Date, engines: tuple[str, ...], tell: Tell, steps: int) -> None:
        self.judge, self.pack, self.as_of, self.engines, self.steps = judge, judge.pack, as_of, engines, steps
        self.days = days_of(judge, as_of)
        self.tell = tell
        self.evidence = Evidence(())
        self.defects: list[PackDefect] = []
        self.undecided: list[Undecidable] = []
        self.shown = self.asked = 0

    def verification(self) -> Verification:
        """Ask everything."""
        rules = self.pack.rules
        read = read_examples([self.pack], lambda done, total: self.tell(done // 2, 2 * total))
        self.evidence = gather(self.judge, read, self.tell_half)
        examples = len(self.evidence.trials)
        dead = self.unreachable(rules)
        alive = [rule for rule in rules if rule.id not in dead]
        always = self.tautologies(alive)
        self.covered([rule for rule in alive if rule.id not in always])
        self.contradictions(alive)
        self.bands(alive)
        if not self.pack.left_out:
            for sentence, place in unused(self.pack, alive):
                self.defects.append(PackDefect("unused", (), sentence, "proved", (), (), place.location()))
        self.tell(2 * len(rules), 2 * len(rules))
        return Verification(
            SCHEMA_VERSION,
            PackDigest(self.pack.name, self.pack.version, self.pack.sha256),
            str(self.as_of),
            self.engines,
            Counts(len(rules), examples, self.shown, self.asked),
            tuple(sorted(self.defects, key=_order)),
            tuple(sorted(self.undecided, key=_order)),
        )

    def tell_half(self, done: int, total: int) -> None:
        """Tell how much of the examples is done; they count as the second quarter of the work."""
        rules = len(self.pack.rules)
        self.tell(rules // 2 + rules * done // (2 * max(total, 1)), 2 * rules)

    # --- one rule

    def unreachable(self, rules: Iterable[Rule]) -> set[str]:
        """The rules that can never fire."""
        found: set[str] = set()
        for rule in rules:
            side = Side(self.judge, rule)
            if self.evidence.breaching(rule.id):
                self.shown += 1
                continue
            answer = self.ask("unreachable", side, side.never(), (rule.id,), _is(rule, "breached"), "findings")
            if answer is not None:
                found.add(rule.id)
                sentence = f"`{rule.id}` can never fire: there is no situation that breaches it"
                self.report("unreachable", (rule,), sentence, answer, self.colliding(side))
        return found

    def tautologies(self, rules: Iterable[Rule]) -> set[str]:
        """The rules that fire wherever they apply."""
        found: set[str] = set()
        for rule in rules:
            side = Side(self.judge, rule)
            if self.evidence.satisfying(rule.id):
                self.shown += 1
                continue
            answer = self.ask("tautology", side.applies(), side, (rule.id,), _is(rule, "satisfied"), "silence")
            if answer is not None:
                found.add(rule.id)
                sentence = f"`{rule.id}` fires wherever it applies: there is no situation that satisfies it"
                witness = self.witness(f"`{rule.id}` fires", (rule.id,), self.evidence.breaching(rule.id))
                self.report("tautology", (rule,), sentence, answer, (), witness)
        return found

    def colliding(self, side: Side) -> tuple[str, ...]:
        """The fewest conditions of a rule that keep it from firing."""
        rule = side.rule
        kept: list[ast.Node | Absence] = [*_parts(rule), *rule.unless]
        for one in list(reversed(kept)):
            without = [other for other in kept if other is not one]
            fewer = side.with_rule(_of(rule, without))
            try:
                if Question(fewer, fewer.never(), self.days, self.steps, "findings").impossible():
                    kept = without
            except Undecided:
                continue
        missing = [p for p in rule.given if p.kind in self.pack.derived] if not kept else []
        said = [f"no rule that can fire derives `{pattern.kind}`" for pattern in missing]
        return (*said, *(_words(rule, one) for one in kept))

    # --- two rules

    def covered(self, rules: Sequence[Rule]) -> None:
        """The rules that find nothing that another does not find."""
        pairs = [(one, other) for one, other in itertools.permutations(rules, 2) if self.may_cover(one, other)]
        covers: dict[tuple[str, str], Certainty] = {}
        for number, (one, other) in enumerate(pairs):
            self.tell(len(self.pack.rules) + number * len(self.pack.rules) // len(pairs), 2 * len(self.pack.rules))
            if self.evidence.exceeding(one.id, other.id):
                self.shown += 1
                continue
            sides = Side(self.judge, one), Side(self.judge, other)
            shows = None if one.derives else _says_more(one, other)
            answer = self.ask("subsumed", *sides, (one.id, other.id), shows)
            if answer is not None:
                covers[one.id, other.id] = answer
        by_id = {rule.id: rule for rule in rules}
        for (a, b), certainty in covers.items():
            if (b, a) not in covers:
                sentence = f"`{a}` is subsumed by `{b}`: whatever it finds or asks, `{b}` does too"
                self.report("subsumed", (by_id[a], by_id[b]), sentence, certainty, (), self.both(a, b))
            elif a < b:
                weaker: Certainty = "bounded" if "bounded" in (certainty, covers[b, a]) else "proved"
                sentence = f"`{a}` and `{b}` are duplicates: they say the same of every situation"
                self.report("duplicate", (by_id[a], by_id[b]), sentence, weaker, (), self.both(a, b))

    def may_cover(self, one: Rule, other: Rule) -> bool:
        """Whether one rule could be covered by another at all."""
        if (one.derives and one.derives.kind) != (other.derives and other.derives.kind):
            return False
        return (bool(one.derives) or one.severity == other.severity) and can_be_matched(
            Side(self.judge, other), Side(self.judge, one)
        )

    def both(self, one: str, other: str) -> tuple[Situation, ...]:
        """An example on which two rules fire."""
        trial = self.evidence.showing(lambda trial: trial.level(one) == trial.level(other) == 2)
        return self.witness(f"`{one}` and `{other}` both fire", (one, other), trial)

    def contradictions(self, rules: Iterable[Rule]) -> None:
        """The rules that cannot both be obeyed."""
        grave = [rule for rule in rules if rule.severity == "conflict" and rule.derives is None]
        for one, other in itertools.combinations(grave, 2):
            terms = read_together(one, other)
            if not terms:
                continue
            self.asked += 1
            opposition = Opposition(Side(self.judge, one), Side(self.judge, other), self.days, self.steps)
            try:
                found = opposition.dilemma(self.as_of)
            except Undecided:
                self.unanswered("contradiction", (one.id, other.id), "the solver did not decide it")
                continue
            if found is None:
                continue
            named = " and ".join(f"`{term.split('.')[1]}`" for term in terms)
            sentence = f"`{one.id}` and `{other.id}` contradict each other: whatever {named} may be, one of them fires"
            ids = (one.id, other.id)
            witnesses = [
                self.confirmed(f"`{met}` is met, and `{missed}` fires", ids, documents, _meets(met, missed))
                for met, missed, documents in ((*ids, found.meeting_one), (*ids[::-1], found.meeting_other))
            ]
            if all(witnesses):
                self.report("contradiction", (one, other), sentence, "proved", (), [w for w in witnesses if w])
            else:
                self.unanswered("contradiction", ids, "the engines did not confirm the situation that was found")

    # --- families

    def bands(self, rules: Sequence[Rule]) -> None:
        """The gaps and overlaps of numeric bands."""
        for family in families(rules, self.judge.parameters):
            for seam in seams(family):
                self.asked += 1
                self.seam(seam, family)

    def seam(self, seam: Seam, family: Sequence[Band]) -> None:
        """Report what two bands leave out or cover twice."""
        sort: Sort = "gap" if seam.is_gap else "overlap"
        rules = seam.lower.rule, seam.upper.rule
        ids = rules[0].id, rules[1].id
        at = f"`{seam.lower.term}` {seam.values()}"
        sentence = f"`{ids[0]}` and `{ids[1]}` overlap: at {at} both fire"
        if seam.is_gap:
            sentence = f"between `{ids[0]}` and `{ids[1]}` is a gap: at {at} none of them fires"
        side = Side(self.judge, seam.lower.at(seam.first))
        question = Question(side, side.never(), self.days, self.steps, "findings")
        try:
            solver, claims = question.situation()
            documents = written(question.space, solver, claims, self.as_of)
        except Undecided:
            self.unanswered(sort, ids, "the solver did not decide it")
            return
        if documents is None:  # the value cannot occur, whatever the bands say
            return
        wanted: Status = "satisfied" if seam.is_gap else "breached"
        concerned = [band.rule.id for band in family] if seam.is_gap else list(ids)
        shows = f"{'none of them fires' if seam.is_gap else 'both fire'} at {seam.lower.value(seam.first)}"
        witness = self.confirmed(shows, concerned, documents, lambda said: all(said[id] == wanted for id in concerned))
        if witness:
            self.report(sort, rules, sentence, "proved", (), [witness])
        else:
            self.unanswered(sort, ids, "the engines did not confirm the situation that was found")

    # --- shared

    def ask(
        self,
        sort: Sort,
        more: Side,
        less: Side,
        ids: tuple[str, ...],
        shows: Shows | None,
        about: About = "both",
    ) -> Certainty | None:
        """How certain it is that one rule never says more than another; None where it does, or nobody can tell.

        `shows` tells of the statuses of a situation whether it settles that; None where statuses cannot show it.
        """
        self.asked += 1
        try:
            question = Question(more, less, self.days, self.steps, about)
            certainty = question.impossible()
            if certainty is not None or shows is None:
                return certainty
            solver, claims = question.situation()
            documents = written(question.space, solver, claims, self.as_of)
        except Undecided:
            self.unanswered(sort, ids, "the solver did not decide it")
            return None
        statuses = documents and run_again(documents, self.judge, self.engines)
        if documents and statuses and shows(statuses):
            # What the solver found is an example like any other for the questions that follow.
            trial = Trial("", " against ".join(ids), documents.deal(), statuses)
            self.evidence = Evidence((*self.evidence.trials, trial))
        else:
            self.unanswered(sort, ids, "no situation that shows the contrary could be written")
        return None

    def witness(self, shows: str, ids: Sequence[str], trial: Trial | None) -> tuple[Situation, ...]:
        """An example as a witness, run on every engine."""
        if trial is None:
            return ()
        found = self.confirmed(shows, ids, of_trial(trial), lambda said: all(said[id] == "breached" for id in ids))
        return (found,) if found else ()

    def confirmed(self, shows: str, ids: Sequence[str], documents: Documents, holds: Shows) -> Situation | None:
        """A situation that was run again and shows what it should."""
        statuses = run_again(documents, self.judge, self.engines)
        if statuses is None or not holds(statuses):
            return None
        return Situation(
            shows,
            str(documents.as_of),
            documents.agreement,
            documents.term_sheet,
            {id: statuses[id] for id in ids},
            documents.example,
        )

    def report(
        self,
        sort: Sort,
        rules: Sequence[Rule],
        sentence: str,
        certainty: Certainty,
        because: Sequence[str] = (),
        witnesses: Sequence[Situation] = (),
    ) -> None:
        """Note a defect."""
        ids, place = tuple(rule.id for rule in rules), rules[0].place.location()
        self.defects.append(PackDefect(sort, ids, sentence, certainty, tuple(because), tuple(witnesses), place))

    def unanswered(self, sort: Sort, ids: tuple[str, ...], why: str) -> None:
        """Note a question that was not decided."""
        questions = {
            "unreachable": "whether `{}` can ever fire",
            "tautology": "whether `{}` fires wherever it applies",
            "subsumed": "whether `{}` is subsumed by `{}`",
            "contradiction": "whether `{}` and `{}` contradict each other",
        }
        sentence = questions.get(sort, "whether there is a seam between `{}` and `{}`").format(*ids)
        rule = self.pack.rule(ids[0])
        place = rule.place.location() if rule else None
        self.undecided.append(Undecidable(sort, ids, f"{sentence} is undecided: {why}", place))


def _order(found: PackDefect | Undecidable) -> tuple[int, tuple[str, ...], str]:
    return SORTS.index(found.sort), found.rules, found.sentence


def _is(rule: Rule, status: Status) -> Shows:
    return lambda statuses: statuses[rule.id] == status


def _says_more(one: Rule, other: Rule) -> Shows:
    return lambda statuses: LEVELS[statuses[one.id]] > LEVELS[statuses[other.id]]


def _meets(met: str, missed: str) -> Shows:
    return lambda statuses: statuses[met] == "satisfied" and statuses[missed] == "breached"


def _parts(rule: Rule) -> tuple[ast.Node, ...]:
    return rule.when.parts if isinstance(rule.when, ast.And) else (rule.when,)


def _of(rule: Rule, parts: Sequence[ast.Node | Absence]) -> Rule:
    """A rule with some of its conditions only."""
    conditions = tuple(part for part in parts if not isinstance(part, Absence))
    return replace(rule, when=ast.And(conditions), unless=tuple(p for p in parts if isinstance(p, Absence)))


def _words(rule: Rule, part: ast.Node | Absence) -> str:
    """A condition in the words of the rule's file."""
    if isinstance(part, Absence):
        return f"unless {part.pattern.alias}: {part.text or 'there is one'}"
    return rule.when_text_of(part)
