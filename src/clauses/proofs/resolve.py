"""The smallest change of a term sheet after which no rule stands in its way.

The terms of the sheet are opened, and every consent that could be asked for stands ready to be added; the solver
finds what costs least. What it finds is written as a term sheet and reviewed by the engines before it is shown, and
so are its parts, none of which may be enough (one that moves a start past an end is not). Where moving terms and adding
consents does not help, changes are dropped, as few as possible.

Where the solver cannot follow the stakes of a company, single terms that move them are searched on the engines, and
the answer says that a smaller change of several together may exist.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from clauses.engines.smt.logic import Bool, Int, at_most, every, no
from clauses.engines.smt.solver import Solver, Switch, Undecided, costs_at_most, decision, not_all
from clauses.errors import InputError
from clauses.language.rule import SEVERITIES
from clauses.proofs.consents import candidates
from clauses.proofs.edits import Edit, Plain, edit_of, names_of, read_again, with_edits
from clauses.proofs.open_deal import FEEDS_STAKES, OpenDeal, Variable, distance, said_of
from clauses.proofs.room import OpenTerm, days_of_events, open_terms
from clauses.review.finding import Review, Verdict
from clauses.review.review import Examined, Reviewer
from clauses.terms.agreement import Agreement, Change, TermSheet
from clauses.terms.cap_table import PAST_THE_WHOLE
from clauses.terms.facts import Deal, deal
from clauses.terms.values import Date, Percentage, Value

MOVE, STATE, CHOOSE, ADD, DROP = 10, 8, 12, 15, 100
"""What an edit costs before it is weighted: a quantity moved, a silent term stated, another choice taken, a consent
added, a change dropped."""

CAP_TABLE_CHOICES = ("anti_dilution",)
"""Choices on which the form of the cap table depends."""

MAXIMUM_DROPPED = 64
"""How many sets of changes to drop are tried."""
MAXIMUM_TAKEN_APART = 6
"""Up to how many edits of a fix the engines try every part of it."""
_TRIES = 40
"""How many solutions that the engines refuse are tried for one alternative."""


@dataclass(frozen=True)
class Wishes:
    """What a resolution must keep, and what its edits cost."""

    keep: tuple[str, ...] = ()
    """Terms (`clause.term`) and clauses that stay as they are."""
    weights: Mapping[str, int] = field(default_factory=dict)
    """How many times as much an edit costs: by term, clause, kind of clause, or party whose term it is."""
    fail_on: str = "consent"
    alternatives: int = 3


@dataclass(frozen=True)
class Fix:
    """Edits after which no rule stands in the way, and no part of which is enough."""

    edits: tuple[Edit, ...]
    cost: int
    verdict: Verdict
    sheet: Plain = field(repr=False)
    """The term sheet with the edits."""
    review: Review = field(repr=False)


@dataclass(frozen=True)
class Resolution:
    """The ways in which a term sheet can be cleared, the cheapest first."""

    verdict: Verdict
    """That of the term sheet as it is."""
    is_clear: bool
    """Whether nothing stands in its way as it is."""
    fixes: tuple[Fix, ...]
    undecided: bool = False
    """Whether the search ended before it was decided whether there is a (further) fix."""
    all_followed: bool = True
    """False where the solver could not follow the stakes of a company: a smaller change may exist."""


class Resolver:
    """Resolves term sheets of one agreement with prepared rules."""

    def __init__(self, reviewer: Reviewer, agreement: Agreement, as_of: Date, wishes: Wishes) -> None:
        self.reviewer, self.agreement, self.as_of, self.wishes = reviewer, agreement, as_of, wishes
        self.all_followed = True

    def resolve(self, sheet: TermSheet) -> Resolution:
        """The ways to clear a term sheet."""
        self.all_followed = True
        examined = self.reviewer.examine(self.agreement, sheet, self.as_of)
        if self.is_clear(examined.review):
            return Resolution(examined.review.verdict, True, ())
        fixes: list[Fix] = []
        undecided = False
        tried = 0
        for sets in self.droppings(sheet, examined.deal):
            for drops in sets[: MAXIMUM_DROPPED - tried]:
                found, is_settled = self.fixes(sheet, drops)
                fixes += found
                undecided |= not is_settled
            if not tried and not self.all_followed:
                fixes += self.single_moves(sheet, examined.deal)
            tried += len(sets)
            undecided |= tried > MAXIMUM_DROPPED
            if fixes or tried >= MAXIMUM_DROPPED:
                break
        ranked = itertools.islice(_without_supersets(sorted(fixes, key=_rank)), self.wishes.alternatives)
        return Resolution(examined.review.verdict, False, tuple(ranked), undecided, self.all_followed)

    def is_clear(self, review: Review) -> bool:
        """Whether no rule from the severity on is breached or cannot be told."""
        counted = SEVERITIES[: SEVERITIES.index(self.wishes.fail_on) + 1]
        return not any(r.severity in counted and r.status in ("breached", "undetermined") for r in review.rules)

    def droppings(self, sheet: TermSheet, whole: Deal) -> Iterator[list[list[Edit]]]:
        """The sets of changes to leave out, those of one size together: none first, then as few as possible, never all.

        A set is left out where what remains would change a clause that only the rest of it adds.
        """
        changes = [change for change in sheet.changes if change.clause_id not in self.wishes.keep]
        drops = [Edit("drop", c.clause_id, None, None, None, cost=self.cost_of_dropping(c, whole)) for c in changes]
        for size in range(min(len(drops), len(sheet.changes) - 1) + 1):
            sets = [list(chosen) for chosen in itertools.combinations(drops, size)]
            yield sorted(sets, key=lambda one: sum(edit.cost for edit in one))

    def cost_of_dropping(self, change: Change, whole: Deal) -> int:
        """What it costs to leave out a change."""
        id, world = change.clause_id, whole.worlds[0]
        version = world.result.get(id) or world.current.get(id)
        return DROP * self.weight(id, *([version.kind] if version else []), *parties_of(id, whole))

    def fixes(self, sheet: TermSheet, drops: Sequence[Edit]) -> tuple[list[Fix], bool]:
        """The fixes of a term sheet without some of its changes; and whether there are no others, for certain."""
        found: list[Fix] = []
        is_settled = True
        try:
            rest = read_again(with_edits(sheet, drops), self.agreement)
            whole = deal(self.agreement, rest, self.as_of)
        except InputError:
            return [], True  # what remains refers to what is left out
        for start in ([], *([edit] for edit in self.starts(whole))):
            search = _Search(self, sheet, [*drops, *start])
            try:
                found += search.fixes()
            except Undecided:
                is_settled = False
            is_settled &= search.refused < _TRIES
            self.all_followed &= search.open.is_followed
        return found, is_settled

    def single_moves(self, sheet: TermSheet, whole: Deal) -> Iterator[Fix]:
        """Fixes that move one term on which stakes depend, searched on the engines where the solver cannot follow."""
        for term in open_terms(whole):
            is_kept = {term.name, term.clause} & set(self.wishes.keep)
            if term.term in FEEDS_STAKES and isinstance(term.given, Value) and term.given.is_exact and not is_kept:
                for end in (term.lowest, term.highest):
                    units = self.nearest_clear(sheet, term, term.given.lowest, end)
                    if units is not None:
                        edit = edit_of(term, term.value(units), self.cost(term, whole))
                        plain = with_edits(sheet, [edit])
                        review = self.examined(plain).review
                        yield Fix((edit,), edit.cost, review.verdict, plain, review)

    def nearest_clear(self, sheet: TermSheet, term: OpenTerm, start: int, end: int) -> int | None:
        """A value of a term at which nothing stands in the way, farther and farther off, and then as near as can be."""

        def clears(units: int) -> bool:
            return self.is_clear(self.examined(with_edits(sheet, [edit_of(term, term.value(units), 0)])).review)

        blocked, clear, step = start, start, max(1, start // 64)
        while clear == start:
            if blocked == end:
                return None
            tried = start + (1 if end > start else -1) * min(step, abs(end - start))
            if clears(tried):
                clear = tried
            else:
                blocked, step = tried, step * 2
        while abs(clear - blocked) > 1:
            middle = (clear + blocked) // 2
            if clears(middle):
                clear = middle
            else:
                blocked = middle
        return clear

    def starts(self, whole: Deal) -> Iterator[Edit]:
        """Edits that make another cap table: each is tried by itself, and what else is needed is sought beside it.

        They are the other choices of what protects a holder, and smaller stakes where those stated exceed the whole.
        """
        over = {problem.clause for problem in whole.cap_table.problems if problem.sort == PAST_THE_WHOLE}
        for term in open_terms(whole):
            if {term.name, term.clause} & set(self.wishes.keep):
                continue
            if term.term in CAP_TABLE_CHOICES:
                for choice in term.choices:
                    if choice != term.given:
                        yield edit_of(term, choice, self.cost(term, whole))
            elif term.clause in over and term.term == "stake" and isinstance(term.given, Value):
                left = term.given.lowest - _excess(whole, term.clause)
                if left >= 0:
                    yield edit_of(term, term.value(left), self.cost(term, whole))

    def cost(self, term: OpenTerm, whole: Deal) -> int:
        """What it costs to edit a term."""
        cost = CHOOSE if term.is_choice else STATE if term.given is None else MOVE
        kinds = [version.kind for id, version in whole.worlds[0].result.items() if id == term.clause]
        return cost * self.weight(term.name, term.clause, *kinds, *parties_of(term.clause, whole))

    def weight(self, *names: str) -> int:
        """How many times as much an edit of something so called costs."""
        return max((self.wishes.weights[name] for name in names if name in self.wishes.weights), default=1)

    def examined(self, plain: Plain) -> Examined:
        """The review of an edited term sheet."""
        return self.reviewer.examine(self.agreement, read_again(plain, self.agreement), self.as_of)


def parties_of(clause: str, whole: Deal) -> list[str]:
    """Whose clause it is: the parties that it names."""
    facts = [fact for fact in whole.facts if fact.kind == "clause" and fact.id == clause]
    return sorted({str(party) for fact in facts for party in fact.values["parties"]})  # type: ignore[union-attr]


def _parts(edits: Sequence[Edit]) -> Iterator[Sequence[Edit]]:
    """The parts of a fix that the engines try: all, or of a long one those that leave out a single edit.

    The solver has shown already that no other fix of these edits costs less.
    """
    sizes = range(len(edits)) if len(edits) <= MAXIMUM_TAKEN_APART else (len(edits) - 1,)
    return itertools.chain.from_iterable(itertools.combinations(edits, size) for size in sizes)


def _ends_first(clause: str, whole: Deal) -> bool:
    """Whether a clause would end before it starts."""
    found = whole.worlds[0].result[clause].clause
    starts, ends = getattr(found, "starts", None), getattr(found, "ends", None)
    return isinstance(starts, Date) and isinstance(ends, Date) and starts.lowest > ends.highest


def _excess(whole: Deal, clause: str) -> int:
    """By how many units the stakes that are stated beside that of a clause exceed the whole, rounded up."""
    issuer = getattr(whole.worlds[0].result[clause].clause, "issuer", None)
    sums = [
        sum((line[0] for line in step.lines.values() if line is not None), Fraction(0))
        for step in whole.cap_table.issuers.get(str(issuer), ())
    ]
    return max(0, *(math.ceil((one - 1) * Percentage.ONE) for one in sums)) if sums else 0


def _rank(fix: Fix) -> tuple[int, int, tuple[str, ...]]:
    return fix.cost, len(fix.edits), names_of(fix.edits)


def _without_supersets(fixes: Sequence[Fix]) -> Iterator[Fix]:
    """The fixes but for those that edit all that a cheaper one edits, and more."""
    seen: list[set[str]] = []
    for fix in fixes:
        names = set(names_of(fix.edits))
        if not any(names >= one for one in seen):
            seen.append(names)
            yield fix


class _Search:
    """The search for fixes of one term sheet, with some edits made already."""

    def __init__(self, resolver: Resolver, original: TermSheet, made: Sequence[Edit]) -> None:
        self.resolver, self.original, self.made = resolver, original, list(made)
        sheet = read_again(with_edits(original, made), resolver.agreement)
        self.clauses = candidates(resolver.agreement, sheet, resolver.as_of)
        keep = resolver.wishes.keep
        self.clauses = {id: clause for id, clause in self.clauses.items() if id not in keep}
        additions = [Edit("add", id, None, None, None) for id in self.clauses]
        everything = read_again(with_edits(sheet, additions, self.clauses), resolver.agreement)
        whole = deal(resolver.agreement, everything, resolver.as_of)
        settled = {*keep, *names_of(made)}
        terms = [t for t in open_terms(whole) if t.clause not in self.clauses and not {t.name, t.clause} & settled]
        terms = [term for term in terms if term.term not in CAP_TABLE_CHOICES]
        self.added = {id: decision(f"adds {id}") for id in self.clauses}
        self.open = OpenDeal(whole, terms, optional=self.added)
        said = said_of(self.open, resolver.reviewer.packs)
        in_the_way = said.stands_in_the_way(resolver.wishes.fail_on)
        given = [*self.open.claims, *self.open.periods(), *said.claims]
        self.solver = Solver([*given, no(in_the_way)])
        self.opposite = Solver([*given, in_the_way])
        self.switches = [*self._moves(), *self._additions()]
        self.refused = 0
        """How many solutions the engines refused."""

    def _moves(self) -> Iterator[Switch]:
        for variable in self.open.variables.values():
            yield Switch(variable.term.name, variable.moves, self.resolver.cost(variable.term, self.open.deal))

    def _additions(self) -> Iterator[Switch]:
        for id, taken in self.added.items():
            yield Switch(id, taken, ADD * self.resolver.weight(id, "consent", str(self.clauses[id]["by"])))

    def fixes(self) -> Iterator[Fix]:
        """Fixes one after another, the cheapest first; each edits something that those before leave alone."""
        while self.refused < _TRIES:
            cost = self.solver.least_cost(self.switches)
            if cost is None or (cost == 0 and not self.made):
                return
            edits = self._edits(self._settled(cost))
            fix = self._replayed(edits)
            taken = [switch.taken for switch in self.switches if switch.name in names_of(edits)]
            if fix is None:
                self.refused += 1
                self.solver.require(not_all(taken))
                continue
            yield fix
            if not taken:
                return
            self.solver.require(not_all(taken))

    def _settled(self, cost: int) -> list[Bool]:
        """The claims that pin one solution of a cost: which edits, and then how far each term moves."""
        dearest_first = sorted(self.switches, key=lambda switch: (-switch.cost, switch.name))
        claims = self.solver.pinned(
            [costs_at_most(self.switches, cost)], [no(switch.taken) for switch in dearest_first]
        )
        self.solver.can(*claims)
        for variable in self._moved(claims):
            far = distance(variable)
            least = self.solver.least(far, 0, self.solver_value(far, claims), claims)
            claims.append(at_most(far, least))
            value = self.solver.least(variable.value, *self._bounds(variable), claims)
            claims.append(variable.value == value)
        self.solver.can(*claims)
        return claims

    def solver_value(self, number: Int, claims: Sequence[Bool]) -> int:
        """A number in some solution."""
        self.solver.can(*claims)
        return self.solver.value(number)

    def _moved(self, claims: Sequence[Bool]) -> list[Variable]:
        self.solver.can(*claims)
        return [v for v in self.open.variables.values() if self.solver.holds(v.moves)]

    @staticmethod
    def _bounds(variable: Variable) -> tuple[int, int]:
        term = variable.term
        return (0, len(term.choices) - 1) if term.is_choice else (term.lowest, term.highest)

    def _edits(self, claims: Sequence[Bool]) -> list[Edit]:
        """The solution that the claims pin, as edits; each with the range in which it may lie."""
        self.solver.can(*claims)
        costs = {switch.name: switch.cost for switch in self.switches}
        values = {v.term.name: self.solver.value(v.value) for v in self._moved(claims)}
        added = [id for id, taken in self.added.items() if self.solver.holds(taken)]
        edits = list(self.made)
        for name, units in values.items():
            term = self.open.variables[name].term
            after = term.choices[units] if term.is_choice else term.value(units)
            edits.append(self._with_range(edit_of(term, after, costs[name]), name, values, added))
        for id in added:
            clause = self.clauses[id]
            said = f"{clause['heading']} to `{clause['permits']}`, {clause['form']}, given on {clause['given']}"
            edits.append(Edit("add", id, None, None, said, cost=costs[id]))
        return edits

    def _with_range(self, edit: Edit, name: str, values: Mapping[str, int], added: Sequence[str]) -> Edit:
        """An edit with the least and the greatest value that do, and whether all between them do."""
        variable = self.open.variables[name]
        if variable.term.is_choice:
            return edit
        others = [no(v.moves) for n, v in self.open.variables.items() if n not in values]
        others += [
            every([v.moves, v.value == values[n]]) for n, v in self.open.variables.items() if n in values and n != name
        ]
        others += [taken if id in added else no(taken) for id, taken in self.added.items()]
        others.append(variable.moves)
        value, now = variable.value, values[name]
        if not self.open.is_followed:
            return edit  # the engines say that this value does; of others the solver cannot tell
        days = days_of_events(self.open.deal, variable.term)
        lowest = max([variable.term.lowest, *(day + 1 for day in days if day < now)])
        highest = min([variable.term.highest, *(day - 1 for day in days if day > now)])
        others += [value >= lowest, value <= highest]
        low = self.solver.least(value, lowest, now, others)
        high = self.solver.greatest(value, now, highest, others)
        if low == high:
            return edit
        every_value = not self.opposite.can(*others, value >= low, value <= high)
        shown = [str(variable.term.value(units)) for units in (low, high)]
        return replace(edit, least=shown[0], greatest=shown[1], whole_range=every_value)

    def _replayed(self, edits: Sequence[Edit]) -> Fix | None:
        """The fix, if the engines find that it clears the term sheet and that no part of it does."""
        sheet = with_edits(self.original, edits, self.clauses)
        review = self.resolver.examined(sheet).review
        if not self.resolver.is_clear(review):
            return None
        if any(self.is_enough(part) for part in _parts(edits)):
            return None
        return Fix(tuple(edits), sum(edit.cost for edit in edits), review.verdict, sheet, review)

    def is_enough(self, part: Sequence[Edit]) -> bool:
        """Whether some of the edits clear the term sheet, and move no start of a clause past its end."""
        examined = self.resolver.examined(with_edits(self.original, part, self.clauses))
        moved = {edit.clause for edit in part if edit.term in ("starts", "ends")}
        return self.resolver.is_clear(examined.review) and not any(_ends_first(id, examined.deal) for id in moved)
