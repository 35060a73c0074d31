"""Two rules that demand opposite things: a situation in which whatever is proposed breaches one of them.

The situation is what is in force and who proposes; what is negotiable are the quantities and choices of the proposed
clauses that both rules read, and the day from which the term sheet is to hold. Each rule alone can be met.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from clauses.engines.smt.logic import Bool, Int, equal, every, no, some
from clauses.engines.smt.quantified import for_all, fresh, with_numbers
from clauses.engines.smt.solver import Solver
from clauses.engines.smt.symbols import List, Quantity, Symbol, Text
from clauses.language import ast
from clauses.language.rule import Rule
from clauses.proofs.pack.ask import STEPS, Side, needed_by, said_of
from clauses.proofs.pack.situation import Documents
from clauses.proofs.pack.solution import written
from clauses.proofs.pack.vocabulary import vocabulary
from clauses.proofs.pack.world import ABSENT, ADDED, KEPT, Piece, Space
from clauses.terms.kinds import KINDS
from clauses.terms.values import VALUE_TYPES, Date


def read_together(one: Rule, other: Rule) -> list[str]:
    """The negotiable terms that two rules both read of a proposed clause of one kind, as `kind.term`."""
    return sorted(set(_negotiable(one)) & set(_negotiable(other)))


def _negotiable(rule: Rule) -> Iterator[str]:
    proposed = {p.alias: p.kind for p in rule.given if p.layer == "proposed" and p.kind in KINDS}
    for term in ast.terms(rule.when):
        type = term.term_type
        if term.alias in proposed and not type.is_list and (type.name in VALUE_TYPES or type.name == "choice"):
            yield f"{proposed[term.alias]}.{term.name}"


@dataclass(frozen=True)
class Dilemma:
    """A situation in which two rules demand opposite things."""

    meeting_one: Documents
    """A proposal that the first rule accepts, and the second does not."""
    meeting_other: Documents


class Opposition:
    """Whether two rules demand opposite things of one situation."""

    def __init__(self, one: Side, other: Side, days: tuple[int, int], steps: int = STEPS) -> None:
        self.one, self.other, self.steps = one, other, steps
        wanted = needed_by(one) | needed_by(other)
        self.space = Space(vocabulary([one.source, other.source]), wanted, {}, days)
        kinds = {name.split(".")[0] for name in read_together(one.rule, other.rule)}
        self.shared = [next(piece for piece in self.space.main if piece.kind == kind) for kind in sorted(kinds)]
        facts = self.space.facts(self.space.main)
        self.first, self.second = (said_of(side, facts, self.space.codes) for side in (one, other))

    def dilemma(self, day: Date) -> Dilemma | None:
        """A situation in which every proposal breaches one of the rules. Raises Undecided."""
        names, claims = self._negotiable_terms()
        numbers = [(ends[0], ends[-1]) for ends in (self.space.open[name] for name in names)]
        numbers = [ends for ends in numbers if not isinstance(ends[0], int)]  # a choice of one is no choice
        claims += [equal(low, high) for low, high in numbers if low is not high]
        instead = {high: low for low, high in numbers if low is not high}
        lows = [low for low, _ in numbers]
        in_bounds = every(self.space.bounds[name] for name in names)
        caught = with_numbers(some([self.first.breached, self.second.breached]), instead)
        always = for_all(lows, some([no(with_numbers(in_bounds, instead)), caught]))
        elsewhere = {low: fresh(low, "instead") for low in lows}
        met_other = every([in_bounds, no(self.second.possible), self.first.breached])
        met_other = with_numbers(with_numbers(met_other, instead), elsewhere)
        met_one = every([no(self.first.possible), self.second.breached])
        definitions = [*self.first.definitions, *self.second.definitions]
        solver = Solver([*self.space.claims, *definitions, *claims, always, met_other], self.steps)
        one = written(self.space, solver, [met_one], day)
        if one is None:
            return None
        settled = self._settled(solver)
        again = Solver([*self.space.claims, *definitions, *claims, *settled], self.steps)
        other = written(self.space, again, [every([no(self.second.possible), self.first.breached])], day)
        return None if other is None else Dilemma(one, other)

    def _negotiable_terms(self) -> tuple[list[str], list[Bool]]:
        """The negotiable terms by their names in the space; and the claims that they are stated, all else in force."""
        names: list[str] = []
        claims: list[Bool] = []
        for piece in self.space.main:
            if piece not in self.shared:
                claims.append(some(equal(piece.stands, stands) for stands in _settled_ways(piece)))
                continue
            claims.append(equal(piece.stands, ADDED))
            for name, symbol in piece.new.items():
                if name != "basis" and _is_negotiable(piece, name):
                    claims.append(symbol.stated)
                    names.append(f"{piece.id} new {name}")
        effective = self.space.context.terms["effective"]
        if "effective" in self.space.words.read.get("context", ()):
            claims.append(effective.stated)
            names.append("term sheet effective")
        return names, claims

    def _settled(self, solver: Solver) -> list[Bool]:
        """The situation of the solution last found, without what is negotiable."""
        claims: list[Bool] = [equal(number, solver.value(number)) for number in (self.space.as_of, self.space.since)]
        symbols: list[Symbol] = [self.space.context.terms["proposed_by"]]
        for piece in self.space.main:
            claims.append(equal(piece.stands, solver.value(piece.stands)))
            negotiable = {name for name in piece.new if piece in self.shared and _is_negotiable(piece, name)}
            symbols += [symbol for name, symbol in piece.new.items() if name not in negotiable]
            symbols += piece.old.values()
        for symbol in symbols:
            claims += _as_found(symbol, solver)
        return claims


def _settled_ways(piece: Piece) -> tuple[int, ...]:
    """How what is not negotiable may stand: in force and kept, or not at all."""
    if piece.is_clause:
        return ABSENT, KEPT
    return (0, 1) if piece.kind == "party" else (0,)


def _is_negotiable(piece: Piece, name: str) -> bool:
    type = KINDS[piece.kind].term_types().get(name)
    return type is not None and not type.is_list and (type.name in VALUE_TYPES or type.name == "choice")


def _as_found(symbol: Symbol, solver: Solver) -> Iterator[Bool]:
    holds: list[Bool] = [symbol.stated, *(symbol.items.values() if isinstance(symbol, List) else ())]
    yield from (one if solver.holds(one) else no(one) for one in holds)
    numbers: Mapping[str, Int] = {}
    if isinstance(symbol, Text):
        numbers = {"code": symbol.code}
    elif isinstance(symbol, Quantity):
        numbers = {"low": symbol.lowest, "high": symbol.highest, "currency": symbol.currency}
    yield from (equal(number, solver.value(number)) for number in numbers.values() if number is not None)
