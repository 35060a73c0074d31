"""The negotiating table: a draft, the positions of two sides, and the rules, as claims that a solver weighs.

The draft's terms that the positions speak of are opened. Each must, each walk-away and each rule of the packs is a
claim with a name: `microsoft: a-stake-on-conversion`, `openai: walk_away`, `rules of partnership: …`, and what the
draft itself rules out, `the draft: …`. No side's claim has a name like those of the rules and of the draft: the id
of a party holds no space.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from clauses.engines.smt.logic import Bool, Int, at_most, chosen, equal, every, no, some
from clauses.engines.smt.solver import Solver, decision, whole_number
from clauses.errors import InputError, Problems, did_you_mean
from clauses.language.rule import SEVERITIES, Rule
from clauses.proofs.consents import candidates
from clauses.proofs.edits import Edit, edit_of, read_again, with_edits
from clauses.proofs.open_deal import FEEDS_STAKES, OpenDeal, Said, said_of
from clauses.proofs.positions import FULL, Must, Point, Position, Want, choices_of, clause_of, suits, value_of
from clauses.proofs.room import EFFECTIVE, OpenTerm, open_term, open_terms
from clauses.review.finding import Review
from clauses.review.review import Examined, Reviewer
from clauses.terms.agreement import Agreement, TermSheet
from clauses.terms.facts import Deal, deal
from clauses.terms.kinds import TermType
from clauses.terms.kinds.equity import CapitalRaise, Conversion, PublicOffering
from clauses.terms.values import Date, Money, Percentage, Value

PERIODS, WHOLE_STAKES = "the draft: periods", "the draft: stakes"
DRAFT = {
    PERIODS: "no clause ends before it starts",
    WHOLE_STAKES: "the stakes of a company come to no more than 100 %, and what protects them can be worked out",
}
"""What the draft itself rules out, by the name of the claim."""


@dataclass(frozen=True)
class Amount:
    """A quantity as a fraction of whole numbers of its units; a plain term has 1 below."""

    above: Int
    below: Int
    type: TermType
    highest: int


@dataclass(frozen=True)
class Bound:
    """A must as a number: what it is about, and the least or the greatest that it may be."""

    amount: Amount
    limit: Value
    is_least: bool

    def holds(self, slack: Int = 0) -> Bool:
        """Whether the bound is kept, or missed by no more than so many units."""
        limit, above, below = self.limit.lowest, self.amount.above, self.amount.below
        if self.is_least:
            return at_most((limit - slack) * below, above)
        return at_most(above, (limit + slack) * below)

    def words(self, slack: int = 0) -> str:
        """The bound in words, moved by so many units."""
        limit = self.limit
        units = max(0, limit.lowest - slack) if self.is_least else limit.highest + slack
        value = Money(units, units, limit.currency) if isinstance(limit, Money) else type(limit)(units, units)
        return f"{'at least' if self.is_least else 'at most'} {value}"


@dataclass(frozen=True)
class Solution:
    """A deal: the units of every term on the table, and the consents that are added."""

    values: dict[str, int]
    added: tuple[str, ...]


class Table:
    """What is claimed at the table, and the solver that knows the deal. Raises InputError for a position amiss."""

    def __init__(
        self,
        reviewer: Reviewer,
        agreement: Agreement,
        sheet: TermSheet,
        as_of: Date,
        positions: Sequence[Position],
        fail_on: str = "consent",
    ) -> None:
        self.reviewer, self.agreement, self.sheet, self.as_of = reviewer, agreement, sheet, as_of
        self.positions, self.fail_on = tuple(positions), fail_on
        problems = Problems()
        _check_parties(agreement, sheet, positions, problems)
        parties = {position.party for position in positions}
        offered = candidates(agreement, sheet, as_of)
        self.consents = {id: clause for id, clause in offered.items() if clause["by"] in parties}
        self.written, whole = self._laid_out()
        self.terms = _terms(whole, positions)
        self.added = {id: decision(f"adds {id}") for id in self.consents}
        self.open = OpenDeal(whole, self.terms, must_move=True, optional=self.added)
        self.said: Said = said_of(self.open, reviewer.packs)
        self.claims: dict[str, Bool] = {}
        self.bounds: dict[str, list[Bound]] = {}
        self.points: dict[str, Point] = {}
        self.rules: dict[str, Rule] = {}
        self.own: dict[str, list[str]] = {position.party: [] for position in positions}
        """The names of the claims of each side."""
        self.satisfied: dict[str, dict[str, Int]] = {}
        self.definitions: list[Bool] = list(self.said.claims)
        """What defines numbers that the claims speak of: true of every deal, possible or not."""
        for position in positions:
            self._take(position, problems)
        problems.raise_as(InputError)
        self._take_rules()
        self._take_draft()
        bounds = [variable.claim for variable in self.open.variables.values()]
        self.solver = Solver([*self.definitions, *bounds])

    def _laid_out(self) -> tuple[list[Edit], Deal]:
        """The deal in which all stands that may be agreed: every consent, and every term on the table.

        A term that a position speaks of and the draft leaves as it is in force is part of the deal too, so the draft
        states it; rules that ask what a term sheet changes then see it.
        """
        draft = deal(self.agreement, self.sheet, self.as_of)
        listed = {term.name for term in open_terms(draft)}
        written = []
        for term in _terms(draft, self.positions):
            if term.name not in listed and term.given is not None:
                given = term.given
                written.append(edit_of(term, given, 0))
        additions = [Edit("add", id, None, None, None) for id in self.consents]
        sheet = with_edits(self.sheet, [*written, *additions], self.consents)
        return written, deal(self.agreement, read_again(sheet, self.agreement), self.as_of)

    # --- what is claimed

    def _take(self, position: Position, problems: Problems) -> None:
        for must in position.musts:
            self._claim(position, must.point.label, self._must(must, problems))
            self.points[must.point.label] = must.point
        self.satisfied[position.party] = {
            want.point.name: self._satisfaction(want, problems) for want in position.wants
        }
        if position.walk_away:
            self._claim(position, position.label, self.reaches(position, position.walk_away))

    def _claim(self, position: Position, name: str, claim: Bool) -> None:
        self.claims[name] = claim
        self.own[position.party].append(name)

    def _take_rules(self) -> None:
        counted = SEVERITIES[: SEVERITIES.index(self.fail_on) + 1]
        for pack, grounded in self.said.runs:
            for rule in pack.rules:
                if rule.derives is None and rule.severity in counted and grounded.possible(rule.id) is not False:
                    name = f"rules of {pack.name}: {rule.id}"
                    self.claims[name], self.rules[name] = no(grounded.possible(rule.id)), rule

    def _take_draft(self) -> None:
        """What no deal can be, whatever the sides ask: these stand among the claims, so that a collision names them."""
        stakes = self.open.claims[len(self.open.variables) :]
        for name, claim in ((PERIODS, every(self.open.periods())), (WHOLE_STAKES, every(stakes))):
            if claim is not True:
                self.claims[name] = claim

    def _must(self, must: Must, problems: Problems) -> Bool:
        point = must.point
        variable = self.open.variables.get(point.term or "")
        if variable is not None and not suits(point, variable.term.is_choice, problems):
            return True
        if variable is not None and variable.term.is_choice:
            listed = choices_of(point, "one_of", variable.term.type, problems)
            return some(equal(variable.value, variable.term.choices.index(choice)) for choice in listed)
        amount = self._amount(point, problems)
        if amount is None:
            return True
        limits = [(is_least, self._value(point, key, amount, problems)) for key, is_least in _LIMITS]
        bounds = [Bound(amount, limit, is_least) for is_least, limit in limits if limit is not None]
        if len(bounds) > 1 and bounds[0].limit.lowest > bounds[1].limit.lowest:
            sentence = f"`{point.name}` asks for more than the most that it allows"
            hint = "`at_least` is the lower of the two, `at_most` the higher"
            problems.add("ends-before-it-starts", sentence, point.place_of("at_least"), hint)
        self.bounds[point.label] = bounds
        return every(bound.holds() for bound in bounds)

    def _amount(self, point: Point, problems: Problems) -> Amount | None:
        """What a point is about, as a quantity; None after noting that it is not on the table."""
        if point.term is not None:
            variable = self.open.variables.get(point.term)
            if variable is None:
                self._note_missing(point, problems)
                return None
            return Amount(variable.value, 1, variable.term.type, variable.term.highest)
        for shares in self.open.stakes.values():
            after = shares.get(str(point.after))
            if after is not None and point.stake_of in after.held:
                own = after.held[str(point.stake_of)] * Percentage.ONE
                return Amount(own, after.all, TermType("percentage"), Percentage.ONE)
        parties, events = self.agreement.parties, self.open.deal.worlds[0].result
        sentence = f"the stake of `{point.stake_of}` after `{point.after}` cannot be followed in this draft"
        hint = (
            "state the stakes, amounts and values of the events exactly, put one of them on the table, or name a term"
        )
        if point.stake_of not in parties:
            sentence, hint = f"there is no party `{point.stake_of}`", did_you_mean(str(point.stake_of), parties) or hint
        elif point.after not in events:
            sentence = f"there is no clause `{point.after}` in the agreement or the draft"
            hint = did_you_mean(str(point.after), events) or "name the raise or the listing after which it counts"
        problems.add("stake-not-followed", sentence, point.place_of("stake_of"), hint)
        return None

    def _note_missing(self, point: Point, problems: Problems) -> None:
        term = str(point.term)
        known = [one.name for one in open_terms(self.open.deal) if one.clause not in self.consents]
        sentence = f"the draft proposes no clause with the quantity or choice `{term}`, so it is not on the table"
        hint = did_you_mean(term, known) or "name a term of a clause that the draft adds or amends"
        problems.add("not-on-the-table", sentence, point.place_of("term"), hint)

    def _value(self, point: Point, key: str, amount: Amount, problems: Problems) -> Value | None:
        """A value that a point states, in the currency of its term."""
        value = value_of(point, key, amount.type, problems)
        variable = self.open.variables.get(point.term or "")
        if variable is None or not isinstance(value, Money) or value.currency == variable.term.currency:
            return value
        sentence = f"`{point.term}` is in {variable.term.currency}, and this is in {value.currency}"
        hint = "no rate is assumed: use the currency of the draft"
        problems.add("another-currency", sentence, point.place_of(key), hint)
        return None

    # --- satisfaction

    def _satisfaction(self, want: Want, problems: Problems) -> Int:
        """How far a want is met, in thousandths, rounded down."""
        point = want.point
        variable = self.open.variables.get(point.term or "")
        if variable is not None and not suits(point, variable.term.is_choice, problems):
            return 0
        if variable is not None and variable.term.is_choice:
            listed = choices_of(point, "best", variable.term.type, problems)
            met: Int = 0
            for number, choice in reversed(list(enumerate(listed))):
                worth = FULL * (len(listed) - number) // len(listed)
                met = chosen(equal(variable.value, variable.term.choices.index(choice)), worth, met)
            return met
        amount = self._amount(point, problems)
        if amount is None:
            return 0
        start, end = (self._value(point, key, amount, problems) for key in ("from", "to"))
        if start is None or end is None:
            return 0
        if start.lowest == end.lowest:
            sentence = f"`{point.name}` is worth nothing and everything at the same value"
            problems.add("empty-want", sentence, point.place_of("to"), "let `from` and `to` differ")
            return 0
        return self._part_of_the_way(point.label, amount, start.lowest, end.lowest)

    def _part_of_the_way(self, name: str, amount: Amount, start: int, end: int) -> Int:
        """How far an amount is on the way from one value to another, in thousandths, without dividing."""
        met, bounds = whole_number(f"satisfied {name}", 0, FULL)
        sign = 1 if end > start else -1
        whole = (end - start) * sign * amount.below
        gone = (amount.above - start * amount.below) * sign
        gone = chosen(at_most(0, gone), gone, 0) * FULL
        is_greatest = some([equal(met, FULL), at_most(gone + 1, (met + 1) * whole)])
        self.definitions += [bounds, at_most(met * whole, gone), is_greatest]
        return met

    def total(self, position: Position) -> Int:
        """How far a side is satisfied, times the sum of its weights."""
        met = self.satisfied[position.party]
        return sum((met[want.point.name] * want.weight for want in position.wants), 0)

    def reaches(self, position: Position, satisfied: int) -> Bool:
        """Whether a side is satisfied by so many thousandths."""
        return at_most(satisfied * sum(want.weight for want in position.wants), self.total(position))

    # --- deals

    def solution(self) -> Solution:
        """The deal that the solver found last."""
        values = {name: self.solver.value(variable.value) for name, variable in self.open.variables.items()}
        return Solution(values, tuple(id for id, taken in self.added.items() if self.solver.holds(taken)))

    def is_deal(self, solution: Solution) -> Bool:
        """Whether the deal is this one."""
        return every([*(self.has(name, units) for name, units in solution.values.items()), *self.adds(solution)])

    def has(self, name: str, units: int) -> Bool:
        """Whether a term has a value."""
        return equal(self.open.variables[name].value, units)

    def adds(self, solution: Solution) -> list[Bool]:
        """Whether just the consents of a deal are added."""
        return [taken if id in solution.added else no(taken) for id, taken in self.added.items()]

    def edits(self, solution: Solution) -> list[Edit]:
        """What a deal changes in the draft."""
        edits = []
        stated = {(edit.clause, edit.term) for edit in self.written}
        for name, units in solution.values.items():
            term = self.open.variables[name].term
            after = term.choices[units] if term.is_choice else term.value(units)
            if str(after) != str(term.given) or (term.clause, term.term) in stated:
                edits.append(edit_of(term, after, 0))
        return edits + [Edit("add", id, None, None, None) for id in solution.added]

    def examined(self, edits: Sequence[Edit]) -> Examined:
        """The review, by the engines, of the draft with edits."""
        sheet = read_again(with_edits(self.sheet, edits, self.consents), self.agreement)
        return self.reviewer.examine(self.agreement, sheet, self.as_of)

    def is_clear(self, review: Review) -> bool:
        """Whether no rule that counts is breached or cannot be told."""
        counted = SEVERITIES[: SEVERITIES.index(self.fail_on) + 1]
        return not any(r.severity in counted and r.status in ("breached", "undetermined") for r in review.rules)

    # --- what is not known

    def has_stakes_apart(self) -> bool:
        """Whether some company's stakes depend on terms on the table in a way that the solver was not told.

        They then count as the draft has them, and what the solver finds is no proof.
        """
        if not self.heeds_stakes():
            return False
        table, clauses = self.open.deal.cap_table, self.open.deal.worlds[0].result
        for issuer, steps in table.issuers.items():
            about = [id for id, v in clauses.items() if getattr(v.clause, "issuer", "") in (issuer, None)]
            moves = [term for term in self.terms if term.clause in about and term.term in FEEDS_STAKES]
            if moves and len(steps) > 1 and issuer not in self.open.stakes:
                return True
        return False

    def heeds_stakes(self) -> bool:
        """Whether something at the table depends on what the cap table works out."""
        is_must = any(point.term is None for position in self.positions for point in position.points)
        return is_must or any(_STAKES & rule.kinds for pack in self.reviewer.packs for rule in pack.rules)

    def out_of_order(self) -> Bool:
        """Whether the events of some company come in another order than in the draft, or on one day; if it matters."""
        if not self.heeds_stakes():
            return False
        clauses = self.open.deal.worlds[0].result
        parts = []
        for steps in self.open.deal.cap_table.issuers.values():
            events = [str(step.event) for step in steps[1:]]
            days = [(self._closing(clauses[event].clause, event), f"{event}.closing") for event in events]
            for (one, first), (other, second) in itertools.pairwise(days):
                if {first, second} & set(self.open.variables) and one is not None and other is not None:
                    parts.append(at_most(other, one))
        return some(parts)

    def _closing(self, clause: object, event: str) -> Int | None:
        """The day of an event; None where it is not stated."""
        assert isinstance(clause, CapitalRaise | Conversion | PublicOffering)
        variable = self.open.variables.get(f"{event}.closing")
        if variable is not None:
            return variable.value
        return None if clause.closing is None else clause.closing.highest


_STAKES = {"holding", "cap_table_problem"}
"""The kinds of facts that the cap table works out."""
_LIMITS = (("at_least", True), ("at_most", False))


def _check_parties(agreement: Agreement, sheet: TermSheet, positions: Sequence[Position], problems: Problems) -> None:
    known = [*agreement.parties, *sheet.parties]
    for position in positions:
        if position.party not in known:
            sentence = f"`{position.party}` is no party of the agreement `{agreement.id}`"
            hint = did_you_mean(position.party, known) or f"one of: {', '.join(known)}"
            problems.add("unknown-party", sentence, position.place_of("party"), hint)


def _terms(whole: Deal, positions: Sequence[Position]) -> list[OpenTerm]:
    """The terms on the table, by name: those that some position speaks of, of clauses that the draft proposes."""
    wanted = {point.term for position in positions for point in position.points if point.term}
    found = {term.name: term for term in open_terms(whole) if term.name in wanted}
    version_of = whole.worlds[0].result
    for name in sorted(wanted - set(found)):
        clause, term = clause_of(name)
        version = version_of.get(clause)
        if name != EFFECTIVE and version is not None and clause in whole.worlds[0].proposed:
            type = version.clause.term_types().get(term)
            opened = open_term(version, term, type, whole) if type else None
            if opened is not None:
                found[name] = opened
    return [found[name] for name in sorted(found)]
