"""What the solver found, written as documents that a reader can follow.

A situation is small and ordinary: pieces and terms that are not needed are left out, and values are such as people
write, unless only another will do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from clauses.engines.smt.logic import Bool, Int, at_most, equal, no
from clauses.engines.smt.solver import Solver
from clauses.engines.smt.symbols import List, Quantity, Symbol, Text
from clauses.proofs.pack.situation import NAME, NOTHING, Documents, Plain
from clauses.proofs.pack.world import ABSENT, ADDED, AMENDED, KEPT, PARTY_NAMES, STRUCK, Piece, Space, value_of
from clauses.review.pack_tests import EXAMPLE_SIGNED
from clauses.terms.facts import fact_types
from clauses.terms.kinds import KINDS, TermType
from clauses.terms.values import UNKNOWN, VALUE_TYPES, Date

BASIS = TermType("choice", ("stated", "assumed", "reported"))
"""What a clause rests on, the simplest first."""

_USUAL = {
    "date": ("2026-01-01", "2026-06-30", "2027-01-01", "2027-12-31", "2025-06-30", "2024-06-30", "2030-12-31"),
    "money": ("10bn", "1bn", "100m", "50bn", "100bn", "1m", "500bn"),
    "percentage": ("10%", "20%", "30%", "40%", "5%", "60%", "90%", "1%"),
    "days": ("30 days", "90 days", "10 days", "180 days", "5 years"),
    "months": ("6 months", "12 months", "3 months", "24 months", "5 years"),
    "number": ("2", "1", "3", "5", "10", "100", "0"),
}
"""Values such as people write, by type; the first that will do is taken."""


def written(space: Space, solver: Solver, claims: Sequence[Bool], day: Date) -> Documents | None:
    """A situation in which the first claim that can hold does, as small and ordinary as can be; None if none can.

    Raises Undecided where the solver cannot tell.
    """
    claim = next((claim for claim in claims if solver.can(claim)), None)
    if claim is None:
        return None
    solver.require(claim)
    plain = _Simplest(space, solver)
    plain.make(day)
    return _Written(space, solver).documents()


class _Simplest:
    """Settles what is open, one thing after the other in a fixed order."""

    def __init__(self, space: Space, solver: Solver) -> None:
        self.space, self.solver = space, solver
        self.met: list[str] = []
        """The parties named so far: another is somebody else, if that will do."""

    def wish(self, *wishes: Bool) -> bool:
        """Settle the first of some wishes that can be met."""
        for wish in wishes:
            if self.solver.can(wish):
                self.solver.require(wish)
                return True
        return False

    def make(self, day: Date) -> None:
        """Settle everything that matters to a reader."""
        space = self.space
        by_need = sorted(space.pieces, key=lambda piece: (piece.is_written, not piece.is_generic))
        for piece in by_need:
            self.wish(equal(piece.stands, ABSENT))
        signed = Date.read(EXAMPLE_SIGNED).lowest
        self.wish(equal(space.as_of, day.lowest))
        self.wish(equal(space.since, signed), equal(space.since, space.as_of))
        for symbol in (space.context.terms["effective"], space.context.terms["proposed_by"]):
            self.settle(symbol, TermType("date" if isinstance(symbol, Quantity) else "party"))
        for piece in space.pieces:
            if self.stands(piece) != ABSENT:
                self.piece(piece)
        self.solver.can()

    def stands(self, piece: Piece) -> int:
        """How a piece stands in a solution."""
        self.solver.can()
        return self.solver.value(piece.stands)

    def piece(self, piece: Piece) -> None:
        """Settle one piece."""
        if piece.is_clause:
            self.wish(*(equal(piece.stands, stands) for stands in (ADDED, KEPT, STRUCK, AMENDED)))
        stands = self.stands(piece)
        self.wish(equal(piece.stands, stands))
        for holds in piece.changed.values():
            self.wish(no(holds))
        types = fact_types(piece.kind) or {}
        versions = {AMENDED: (piece.old, piece.new), ADDED: (piece.new,)}.get(stands, (piece.old,))
        for terms in versions if piece.is_clause else (piece.old,):
            for name, symbol in sorted(terms.items()):
                type = BASIS if name == "basis" else types.get(name, TermType("text"))
                self.settle(symbol, type, name)

    def settle(self, symbol: Symbol, type: TermType, name: str = "") -> None:
        """Leave a term out, or else give it an ordinary value."""
        if self.wish(no(symbol.stated)) and symbol.stated is not True:
            return
        if isinstance(symbol, List):
            for holds in symbol.items.values():
                self.wish(no(holds))
        elif isinstance(symbol, Text):
            self.text(symbol, type)
        else:
            self.quantity(symbol, type, name)

    def text(self, symbol: Text, type: TermType) -> None:
        """The first of the texts that will do."""
        texts = sorted(self.space.texts_of(type), key=self.met.count) if type.name == "party" else ()
        codes = [self.space.codes.of(text) for text in texts or self.space.texts_of(type)]
        self.wish(*(equal(symbol.code, code) for code in codes))
        if type.name == "party" and self.solver.can():
            self.met.append(self.space.codes.text(self.solver.value(symbol.code)))

    def quantity(self, symbol: Quantity, type: TermType, name: str) -> None:
        """An exact value, if it can be, and one that people would write."""
        low, high = symbol.lowest, symbol.highest
        currencies = self.space.currencies() if symbol.currency is not None else ()
        self.wish(*(equal(symbol.currency, self.space.codes.of(code)) for code in currencies))
        is_exact = self.wish(equal(low, high))
        usual = [*_usual(type)]
        if name == "ends":
            usual.reverse()
        near = [v.lowest + step for v in self.space.words.values if v.type_name == type.name for step in (0, 1, -1)]
        for number in (low,) if is_exact else (low, high):
            if not self.wish(*(equal(number, value) for value in (*usual, *near))):
                self.nearest(number, usual[0], VALUE_TYPES[type.name].limit)

    def nearest(self, number: Int, wanted: int, limit: int) -> None:
        """The value that is nearest to one that people would write, above it if there is one."""
        if self.solver.can(at_most(wanted, number)):
            found = self.solver.least(number, wanted, limit, [at_most(wanted, number)])
        else:
            found = self.solver.greatest(number, 0, wanted, [])
        self.wish(equal(number, found))


def _usual(type: TermType) -> Iterator[int]:
    for text in _USUAL[type.name]:
        yield VALUE_TYPES[type.name].read(f"USD {text}" if type.name == "money" else text).lowest


class _Written:
    """Writes down the solution last found."""

    def __init__(self, space: Space, solver: Solver) -> None:
        self.space, self.solver = space, solver
        self.parties: dict[str, Plain] = {}
        self.mentioned: set[str] = set()
        self.clauses: dict[str, Plain] = {}

    def documents(self) -> Documents | None:
        """The agreement and the term sheet; None where no document can say it."""
        changes: list[Plain] = []
        new_parties: dict[str, Plain] = {}
        for piece in self.space.pieces:
            stands = self.solver.value(piece.stands)
            if stands == ABSENT:
                continue
            if piece.kind == "party":
                listed = self.parties if stands == 1 else new_parties
                listed[self.text(piece.old["id"])] = self.party(piece)
            elif piece.is_clause and not self.clause(piece, stands, changes):
                return None
        as_of = Date(*[self.solver.value(self.space.as_of)] * 2)
        signed = Date(*[self.solver.value(self.space.since)] * 2)
        sheet: Plain = {"term_sheet": NAME, "agreement": NAME, "dated": str(as_of)}
        types = {"effective": TermType("date"), "proposed_by": TermType("party")}
        for name, type in types.items():
            if self.solver.holds(self.space.context.terms[name].stated):
                sheet[name] = self.value(self.space.context.terms[name], type)
        for id in sorted(self.mentioned & set(self.space.parties) - set(new_parties)):
            self.parties.setdefault(id, {"name": _named(id)})
        there = {*self.clauses, *(str(change.get("add")) for change in changes)}
        for id in sorted(self.mentioned & {*self.space.outside, *self.space.ids} - there):
            self.clauses[id] = {"kind": "context_note"}
        if not changes:
            changes.append(NOTHING)
        unused = next(id for id in PARTY_NAMES if id not in new_parties)
        parties = dict(sorted(self.parties.items())) or {unused: {"name": _named(unused)}}
        agreement: Plain = {"agreement": NAME, "signed": str(signed), "parties": parties}
        if any("document" in str(text) for text in (self.clauses, changes)):
            agreement["sources"] = {"source": {"title": "A source"}}
        agreement["clauses"] = self.clauses
        if new_parties:
            sheet["parties"] = new_parties
        return Documents(agreement, {**sheet, "changes": changes}, as_of)

    def clause(self, piece: Piece, stands: int, changes: list[Plain]) -> bool:
        """Write a clause into the agreement or the term sheet. False where that cannot be done."""
        if piece.is_generic:
            old, new = (self.generic(terms) for terms in (piece.old, piece.new))
            if (old if stands != ADDED else new) is None or (stands == AMENDED and new is None):
                return False
        else:
            old, new = self.terms(piece, piece.old, {}), self.terms(piece, piece.new, piece.changed)
        if stands == ADDED:
            changes.append({"add": piece.id, "clause": new})
            return True
        assert old is not None
        self.clauses[piece.id] = old
        if stands == STRUCK:
            changes.append({"remove": piece.id})
        elif stands == AMENDED:
            assert new is not None
            amended = {name for name, holds in piece.changed.items() if self.solver.holds(holds)} | {"source"}
            made = {name: value for name, value in new.items() if name in amended and name != "kind"}
            changes.append({"amend": piece.id, "set": made or {"heading": "as amended"}})
        return True

    def terms(self, piece: Piece, terms: Mapping[str, Symbol], changed: Mapping[str, Bool]) -> Plain:
        """A version of a clause. What was changed and is not stated is written as unknown."""
        types = fact_types(piece.kind) or {}
        found: Plain = {"kind": piece.kind}
        for name, symbol in terms.items():
            if name == "basis":
                continue
            is_empty = isinstance(symbol, List) and symbol.stated is True and not self.items(symbol)
            is_changed = self.solver.holds(changed.get(name, False))
            if self.solver.holds(symbol.stated) and not (is_empty and not is_changed):
                found[name] = self.value(symbol, types[name])
            elif is_changed:
                found[name] = UNKNOWN
        return found | self.source(terms)

    def source(self, terms: Mapping[str, Symbol]) -> Plain:
        """Where a version comes from, if not from the instrument itself."""
        basis = self.text(terms["basis"]) if "basis" in terms else "stated"
        if basis == "stated":
            return {}
        if basis == "assumed":
            return {"source": {"basis": "assumed"}}
        return {"source": {"document": "source", "quote": "as the source has it", "basis": "reported"}}

    def generic(self, terms: Mapping[str, Symbol]) -> Plain | None:
        """A clause of which only general things are known: its kind gives the terms that can say them."""
        kind = self.text(terms["kind"])
        found: Plain = {"kind": kind} | self.source(terms)
        types = KINDS[kind].term_types()
        for name in ("starts", "ends", "subject_to", "notwithstanding"):
            if name in terms and self.solver.holds(terms[name].stated):
                value = self.value(terms[name], types[name])
                if value:
                    found[name] = value
        for name, what in (("parties", "party"), ("clauses", "clause")):
            symbol = terms.get(name)
            if isinstance(symbol, List) and not self._place(self.items(symbol), what, types, found):
                return None
        return found

    def _place(self, ids: Sequence[str], what: str, types: Mapping[str, TermType], found: Plain) -> bool:
        """Put parties or clauses into terms of a kind that can name them."""
        self.mentioned |= set(ids)
        waiting = list(ids)
        aside = ("subject_to", "notwithstanding", "event")
        for name, type in types.items():
            if waiting and type.name == what and name not in aside:
                found[name] = waiting if type.is_list else waiting.pop(0)
                waiting = [] if type.is_list else waiting
        return not waiting

    def party(self, piece: Piece) -> Plain:
        """A party."""
        types = fact_types("party") or {}
        found: Plain = {"name": _named(self.text(piece.old["id"]))}
        for name, symbol in piece.old.items():
            if name != "id" and self.solver.holds(symbol.stated):
                found[name] = self.value(symbol, types[name])
        return found

    def value(self, symbol: Symbol, type: TermType) -> Any:
        """A term as a document writes it."""
        if isinstance(symbol, List):
            found = self.items(symbol)
            self.mentioned |= set(found)
            return found
        if isinstance(symbol, Text):
            text = self.text(symbol)
            self.mentioned.add(text)
            return text
        low, high = self.solver.value(symbol.lowest), self.solver.value(symbol.highest)
        currency = None if symbol.currency is None else self.space.codes.text(self.solver.value(symbol.currency))
        return str(value_of(type, low, high, currency))

    def text(self, symbol: Symbol) -> str:
        """The text of a code."""
        assert isinstance(symbol, Text)
        return self.space.codes.text(self.solver.value(symbol.code))

    def items(self, symbol: List) -> list[str]:
        """What is in a list."""
        return [self.space.codes.text(code) for code, holds in symbol.items.items() if self.solver.holds(holds)]


def _named(id: str) -> str:
    return id.replace("-", " ").title()
