"""A deal with some of its terms open, as symbolic facts, and what the rules say of it as conditions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from clauses.engines.smt.ground import Grounded, ground
from clauses.engines.smt.logic import Bool, Int, at_most, chosen, equal, every, no, some
from clauses.engines.smt.solver import decision, whole_number
from clauses.engines.smt.symbols import Codes, List, Quantity, Quotient, Symbol, SymbolicFact, Text, symbolic
from clauses.language.pack import RulePack
from clauses.language.rule import SEVERITIES
from clauses.proofs.dilution import WHOLE, Shares, stakes_after
from clauses.proofs.room import OpenTerm
from clauses.review.finding import Verdict
from clauses.terms.facts import Deal, Fact
from clauses.terms.values import VALUE_TYPES, Value

FEEDS_STAKES = ("amount", "pre_money", "stake", "floor", "entry_valuation", "anti_dilution")
"""Terms on which the stakes after an event depend."""


@dataclass(frozen=True)
class Variable:
    """An open term with what the solver is to find: whether it moves, and where to."""

    term: OpenTerm
    moves: Bool
    value: Int
    """The units of a quantity, or the number of a choice among the choices."""
    claim: Bool
    """The bounds of the value."""


def distance(variable: Variable) -> Int:
    """How far a term moves from what the documents say; a choice, by its place in the list."""
    given, value = variable.term.given, variable.value
    if not isinstance(given, Value):
        return value
    below, above = given.lowest - value, value - given.highest
    return chosen(at_most(1, below), below, chosen(at_most(1, above), above, 0))


class OpenDeal:
    """The facts of a deal, some of whose values are open and some of whose clauses may be left out.

    `optional` gives the clauses that stand only if a decision is taken, by their ids.
    """

    def __init__(
        self, deal: Deal, terms: Sequence[OpenTerm], must_move: bool = False, optional: Mapping[str, Bool] | None = None
    ) -> None:
        self.deal = deal
        self.codes = Codes()
        self.variables = {term.name: _variable(term, must_move) for term in terms}
        self.optional = dict(optional or {})
        self.stakes: dict[str, Mapping[str, Shares]] = {}
        """The shares after each event, of each company whose stakes could be followed."""
        self.is_followed = True
        """Whether the cap table is followed in every company whose stakes depend on an open term."""
        self.facts = [self._symbolic(fact) for fact in deal.facts]
        self.bounds: list[Bool] = [variable.claim for variable in self.variables.values()]
        self.assumed: list[Bool] = []
        """What must hold of the open terms for the stakes to be those that are followed."""
        self._follow_stakes()

    @property
    def claims(self) -> list[Bool]:
        """What must hold of the open terms."""
        return [*self.bounds, *self.assumed]

    def _symbolic(self, fact: Fact) -> SymbolicFact:
        found = symbolic(fact, self.codes)
        version = fact.version
        stands = self.optional.get(version.id, True) if version is not None else True
        if stands is not True:
            found = SymbolicFact(
                found.kind, found.id, found.layers, every([found.certainly, stands]), stands, found.terms, fact
            )
        opened: dict[str, Variable] = {}
        for variable in self.variables.values():
            if self._is_of(variable.term, fact):
                opened[variable.term.term] = variable
        return found.with_terms(self._opened(found, fact, opened)) if opened else found

    def _is_of(self, term: OpenTerm, fact: Fact) -> bool:
        """Whether a fact holds the open term: a fact of its clause as the documents now have it."""
        if not term.clause:
            return fact.kind == "context"
        version = fact.version
        if version is None or version.id != term.clause or fact.kind not in (version.kind, "clause"):
            return False
        if self.deal.sheet is not None and term.clause in self.deal.worlds[0].proposed:
            return "proposed" in fact.layers
        return bool(fact.layers & {"current", "result"})

    def _opened(self, found: SymbolicFact, fact: Fact, opened: Mapping[str, Variable]) -> dict[str, Symbol]:
        terms: dict[str, Symbol] = {}
        for name, variable in opened.items():
            if fact.kind != "clause" or name in ("starts", "ends"):
                terms[name] = self._symbol(variable, found.terms.get(name))
        self._note_in(terms, found, "changed", opened, when_moved=True)
        if fact.kind == "clause":
            self._note_in(terms, found, "not_stated", opened, when_moved=False)
            currencies = {v.term.currency: v.moves for v in opened.values() if v.term.currency and v.term.given is None}
            listed = found.terms["currencies"]
            assert isinstance(listed, List)
            items = dict(listed.items)
            for currency, moves in currencies.items():
                code = self.codes.of(str(currency))
                items[code] = some([items.get(code, False), moves])
            terms["currencies"] = List(listed.stated, listed.whole, items)
        return terms

    def _note_in(
        self,
        terms: dict[str, Symbol],
        found: SymbolicFact,
        name: str,
        opened: Mapping[str, Variable],
        when_moved: bool,
    ) -> None:
        """In a list of names of terms, those that were silent are there where they move, or where they do not."""
        listed = found.terms.get(name)
        if not isinstance(listed, List):
            return
        items = dict(listed.items)
        for term, variable in opened.items():
            if variable.term.given is None:
                code = self.codes.of(term)
                is_listed = variable.moves if when_moved else no(variable.moves)
                items[code] = some([items.get(code, False), is_listed]) if when_moved else is_listed
        terms[name] = List(listed.stated, listed.whole, items)

    def _symbol(self, variable: Variable, given: Symbol | None) -> Symbol:
        term, moves = variable.term, variable.moves
        if term.is_choice:
            code: Int = self.codes.of(term.choices[-1])
            for number, choice in reversed(list(enumerate(term.choices[:-1]))):
                code = chosen(equal(variable.value, number), self.codes.of(choice), code)
            if given is None:
                return Text(moves, code)
            assert isinstance(given, Text)
            return Text(True, chosen(moves, code, given.code))
        if given is None:
            given = Quantity.not_stated(VALUE_TYPES[term.type.name].limit)
        assert isinstance(given, Quantity)
        assert not isinstance(given.lowest, tuple) and not isinstance(given.highest, tuple)
        currency = given.currency if term.currency is None else self.codes.of(term.currency)
        return Quantity(
            some([given.stated, moves]),
            chosen(moves, variable.value, given.lowest),
            chosen(moves, variable.value, given.highest),
            currency,
        )

    def periods(self) -> list[Bool]:
        """What keeps solutions from nonsense: a clause does not end before it starts, where both days are known."""
        claims: list[Bool] = []
        for fact in self.facts:
            starts, ends = fact.terms.get("starts"), fact.terms.get("ends")
            moved = {v.term.term for v in self.variables.values() if fact.fact and self._is_of(v.term, fact.fact)}
            if moved & {"starts", "ends"} and isinstance(starts, Quantity) and isinstance(ends, Quantity):
                in_order = at_most(starts.lowest, ends.highest)
                claims.append(some([no(starts.stated), no(ends.stated), in_order]))
        return claims

    # --- stakes

    def _follow_stakes(self) -> None:
        """Put the stakes that the cap table works out from open terms in the place of those of today."""
        opened = {(v.term.clause, v.term.term) for v in self.variables.values()}
        clauses = {id: version.clause for id, version in self.deal.worlds[0].result.items()}
        for issuer in self.deal.cap_table.issuers:
            fed = {id for id, c in clauses.items() if hasattr(c, "issuer") and c.issuer in (issuer, None)}
            if not any(clause in fed and term in FEEDS_STAKES for clause, term in opened):
                continue
            is_one_world = len(self.deal.worlds) == 1
            followed = stakes_after(issuer, clauses, self.deal.cap_table, self) if is_one_world else None
            if followed is None:
                self.is_followed = False
            else:
                self.stakes[issuer] = followed[0]
                self.assumed += followed[1]
                self.facts = [self._with_stake(fact, issuer, followed[0]) for fact in self.facts]

    def units(self, clause: str, term: str, given: Value) -> Int:
        """A quantity in its units, where the documents give it exactly."""
        variable = self.variables.get(f"{clause}.{term}")
        return given.lowest if variable is None else chosen(variable.moves, variable.value, given.lowest)

    def is_choice(self, clause: str, term: str, given: str | None, choice: str) -> Bool:
        """Whether a choice is a certain one."""
        variable = self.variables.get(f"{clause}.{term}")
        if variable is None:
            return (given or "none") == choice
        is_it = equal(variable.value, variable.term.choices.index(choice))
        return some([every([variable.moves, is_it]), every([no(variable.moves), (given or "none") == choice])])

    @staticmethod
    def _with_stake(found: SymbolicFact, issuer: str, after: Mapping[str, Shares]) -> SymbolicFact:
        fact = found.fact
        if fact is None or fact.kind != "holding" or fact.version is None or fact.version.kind == "holding":
            return found
        shares = after.get(str(fact.values["event"])) if fact.values["issuer"] == issuer else None
        own = shares.held.get(str(fact.values["holder"])) if shares else None
        if shares is None or own is None or "stake" not in fact.values:
            return found
        lowest, highest = (Quotient(own * WHOLE, shares.all, upward) for upward in (False, True))
        return found.with_terms({"stake": Quantity(True, lowest, highest)})


def _variable(term: OpenTerm, must_move: bool) -> Variable:
    moves = True if must_move else decision(f"moves {term.name}")
    low, high = (0, len(term.choices) - 1) if term.is_choice else (term.lowest, term.highest)
    value, bounds = whole_number(term.name, low, high)
    return Variable(term, moves, value, bounds)


@dataclass(frozen=True)
class Said:
    """What some packs say of an open deal."""

    runs: Sequence[tuple[RulePack, Grounded]]

    @property
    def claims(self) -> list[Bool]:
        """What must be asserted beside any question."""
        return [claim for _, grounded in self.runs for claim in grounded.definitions]

    def stands_in_the_way(self, fail_on: str) -> Bool:
        """Whether some rule, from a severity on, is breached or cannot be told."""
        counted = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
        return some(grounded.possible(id) for id, severity, grounded in self.rules() if severity in counted)

    def verdict_is(self, verdict: Verdict) -> Bool:
        """Whether the review would come to a verdict."""
        conflict, consent, flag = (self._breached(severity) for severity in ("conflict", "consent", "flag"))
        is_open = some(
            every([grounded.possible(id), no(grounded.breached(id))])
            for id, severity, grounded in self.rules()
            if severity != "note"
        )
        before = {"conflict": [], "consent": [conflict], "undetermined": [conflict, consent]}
        worse = before.get(verdict, [conflict, consent, is_open, *([flag] if verdict == "clear" else [])])
        own = {"conflict": conflict, "consent": consent, "undetermined": is_open, "flag": flag}.get(verdict, True)
        return every([own, *(no(one) for one in worse)])

    def _breached(self, severity: str) -> Bool:
        return some(grounded.breached(id) for id, found, grounded in self.rules() if found == severity)

    def rules(self) -> Iterable[tuple[str, str, Grounded]]:
        """Every rule that makes findings, with its severity."""
        for pack, grounded in self.runs:
            for rule in pack.rules:
                if rule.derives is None:
                    yield rule.id, rule.severity, grounded


def said_of(deal: OpenDeal, packs: Sequence[RulePack]) -> Said:
    """What packs say of an open deal."""
    return Said([(pack, ground(pack, pack.parameters_at(deal.deal.as_of), deal.facts, deal.codes)) for pack in packs])
