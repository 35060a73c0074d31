"""A situation in which nothing is settled: clauses that may stand in every way in which a clause can stand.

A *piece* is a clause, a party, or another fact that rules ask about. A clause is absent, in force and kept, struck
by the term sheet, amended by it, or added; each of its terms is not stated, exact or a range. What the language
calls facts follows from that as it does in `terms.facts`. The solver finds what is left open.

Some facts are more free here than in a deal: what the cap table works out, ambiguities, amendments to come, and
clauses known only as clauses. So what cannot happen here cannot happen at all; what can is run again before it is
believed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from clauses.engines.smt.logic import Bool, Int, at_most, chosen, equal, every, no, some
from clauses.engines.smt.solver import decision, whole_number
from clauses.engines.smt.symbols import Codes, List, Quantity, Symbol, SymbolicFact, Text
from clauses.language.rewrite import OPEN
from clauses.proofs.pack.vocabulary import MAXIMUM_NAMES, Vocabulary
from clauses.terms.facts import EVERYWHERE, GENERAL_KINDS, fact_types
from clauses.terms.kinds import KINDS, TermType
from clauses.terms.values import VALUE_TYPES, Date, Money, Value

COMPUTED = "computed "
"""Before the kind of a fact that follows from other clauses."""

ABSENT, KEPT, STRUCK, AMENDED, ADDED = range(5)
"""How a clause stands."""

PARTY_NAMES = (
    "acme", "borealis", "corvus", "dorado", "elara", "fornax", "gemini", "hydra", "indus", "juno",
    "kestrel", "lyra", "mimas", "nereid", "orion", "pavo", "quasar", "rigel", "sirius", "titan",
)  # fmt: skip
OUTSIDE = tuple(f"other-clause-{number}" for number in range(1, MAXIMUM_NAMES + 1))
"""Clauses that terms may name without their being part of the situation."""

_ASIDE = frozenset({"subject_to", "notwithstanding", "event"})
_OPTIONAL = frozenset(
    {"raised_by", "venture", "depends_on", "trigger", "ends_clause", "about", "speakers", "investors"}
)
_CURRENCIES = ("USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "SEK", "NOK", "DKK", "SGD", "HKD")
_LAYERS: Mapping[str, tuple[frozenset[str], ...]] = {
    "party": (frozenset({"current", "result"}), frozenset({"proposed", "result"})),
    "cap_table_problem": (frozenset({"result"}), frozenset({"result", "proposed"})),
    "holding": (frozenset({"result"}), frozenset({"result", "proposed"})),
}
"""In which layers a fact that is no clause may stand; any other stands in all."""


@dataclass(frozen=True)
class Piece:
    """Something that a situation may hold."""

    id: str
    kind: str
    stands: Int
    """How it stands; 0 where it is absent."""
    facts: tuple[SymbolicFact, ...]
    old: Mapping[str, Symbol] = field(default_factory=dict)
    """The terms before the term sheet."""
    new: Mapping[str, Symbol] = field(default_factory=dict)
    """The terms as the term sheet writes them."""
    changed: Mapping[str, Bool] = field(default_factory=dict)
    is_clause: bool = True
    is_generic: bool = False
    """A clause known only as a clause."""

    @property
    def is_written(self) -> bool:
        """Whether a document can say it: what the cap table works out follows from other clauses."""
        return self.is_clause or self.kind == "party"


class Space:
    """All situations with some pieces, of which nothing is settled."""

    def __init__(
        self, words: Vocabulary, main: Mapping[str, int], others: Mapping[str, int], as_of: tuple[int, int]
    ) -> None:
        self.words, self.codes = words, Codes()
        self.claims: list[Bool] = []
        self.open: dict[str, tuple[Int, ...]] = {}
        """What stands for a term, by its name: the ends of a quantity, or the code of a text."""
        self.bounds: dict[str, Bool] = {}
        """What these may be."""
        self._numbers: Counter[str] = Counter()
        self.parties = _names(words, "party", PARTY_NAMES, self._count("party", main, others))
        self.outside = OUTSIDE[: min(MAXIMUM_NAMES, self._count("clause", main, others))]
        self.fresh_texts = tuple(f"text {n + 1}" for n in range(min(MAXIMUM_NAMES, self._count("text", main, others))))
        self._amounts = self._count("money", main, others)
        counts = [self._count(name, main, others) for name in ("party", "clause", "text")]
        self.is_complete = max(counts) <= MAXIMUM_NAMES and self._amounts <= len(_CURRENCIES)
        ids = [*self._ids(main), *self._ids(others)]
        self.ids = tuple(id for kind, id in ids if kind in KINDS or kind == "clause")
        self.since = self._whole_number("signed", 1, Date.limit - 1)
        self.as_of = self._whole_number("as of", *as_of)
        self.claims.append(at_most(self.since, self.as_of))
        made = [self._piece(kind, id) for kind, id in ids]
        self.main = made[: sum(main.values())]
        self.others = made[len(self.main) :]
        self.context = self._context()
        self._settle_names()

    def _ids(self, wanted: Mapping[str, int]) -> list[tuple[str, str]]:
        found = []
        for kind, count in sorted(wanted.items()):
            for _ in range(count):
                self._numbers[kind] += 1
                found.append((kind, f"{kind.replace('_', '-').replace(' ', '-')}-{self._numbers[kind]}"))
        return found

    def _count(self, type_name: str, *wanted: Mapping[str, int]) -> int:
        """How many terms of a type the situation has: it needs no more names than that."""
        total = 1
        for kind, count in (item for one in wanted for item in one.items()):
            types = self.words.terms(kind.removeprefix(COMPUTED))
            own = sum(type.name == type_name and not type.is_list for type in types.values())
            total += count * (2 * own + (type_name == "party" == kind))
        return total + (type_name == "party" and "proposed_by" in self.words.read.get("context", ()))

    @property
    def pieces(self) -> list[Piece]:
        """Every piece."""
        return [*self.main, *self.others]

    def facts(self, pieces: Iterable[Piece]) -> list[SymbolicFact]:
        """The facts of some pieces, and the context."""
        return [self.context, *(fact for piece in pieces for fact in piece.facts)]

    # --- what is open

    def _whole_number(self, name: str, low: int, high: int) -> Int:
        number, claim = whole_number(name, low, high)
        self.claims.append(claim)
        return number

    def _one_of(self, name: str, texts: Sequence[str]) -> Int:
        """The code of one of some texts."""
        codes = [self.codes.of(text) for text in texts]
        number = self._whole_number(name, min(codes), max(codes))
        self.claims.append(some(equal(number, code) for code in codes))
        return number

    def texts_of(self, type: TermType) -> tuple[str, ...]:
        """What a text, a party, a clause or a choice may be."""
        match type.name:
            case "choice":
                return type.choices
            case "party":
                return self.parties
            case "clause":
                return (*self.ids, *self.outside)
            case "term":
                return self.words.named.get("term", ())
            case "currency":
                return self.currencies()
        return (*self.words.named.get("text", ()), *self.fresh_texts)

    def currencies(self) -> tuple[str, ...]:
        """The currencies that rules name, and a few more."""
        written = [value.currency for value in self.words.values if isinstance(value, Money)]
        named = dict.fromkeys([*written, *self.words.named.get("currency", ())])
        return (*named, *[code for code in _CURRENCIES if code not in named][: max(2, self._amounts)])

    def symbol(self, name: str, type: TermType, always: bool = False) -> Symbol:
        """A term of which nothing is known, not even whether it is stated."""
        stated = True if always else decision(f"{name} is stated")
        if type.is_list:
            items = {self.codes.of(text): decision(f"{name} has {text}") for text in self.texts_of(type)}
            return List(stated, True, items)
        if type.name not in VALUE_TYPES:
            self.open[name] = (self._one_of(name, self.texts_of(type)),)
            self.bounds[name] = every(self.claims[-2:])
            return Text(stated, self.open[name][0])
        limit = VALUE_TYPES[type.name].limit
        least = 1 if type.name == Date.type_name else 0
        low, high = (self._whole_number(f"{name} {end}", least, limit) for end in ("at least", "at most"))
        self.claims.append(at_most(low, high))
        self.open[name] = (low, high)
        self.bounds[name] = every(self.claims[-3:])
        currency = self._one_of(f"{name} currency", self.currencies()) if type.name == Money.type_name else None
        return Quantity(stated, chosen(stated, low, -OPEN * limit), chosen(stated, high, OPEN * limit), currency)

    # --- pieces

    def _piece(self, kind: str, id: str) -> Piece:
        if kind == "clause":
            return self._clause_in_general(id)
        if kind in KINDS:
            return self._clause(kind, id)
        return self._other(kind, id)

    def _clause(self, kind: str, id: str) -> Piece:
        stands = self._whole_number(f"{id} stands", ABSENT, ADDED)
        types = self.words.terms(kind)
        always = {name for name in types if KINDS[kind].model_fields[name].default == ()}
        old = {name: self.symbol(f"{id} {name}", type, name in always) for name, type in types.items()}
        written = {name: self.symbol(f"{id} new {name}", type, name in always) for name, type in types.items()}
        for version in (old, written):  # no clause yields to itself
            aside = [version[name] for name in ("subject_to", "notwithstanding") if name in version]
            self.claims += [no(listed.items[self.codes.of(id)]) for listed in aside if isinstance(listed, List)]
        changed = {name: decision(f"{id} changes {name}") for name in types}
        is_added = equal(stands, ADDED)
        for name in types:
            # What an added clause writes is new; it may also write that something is unknown.
            has_any = some(written[name].items.values()) if name in always else written[name].stated  # type: ignore[union-attr]
            self.claims.append(some([no(is_added), no(has_any), changed[name]]))
        new = {name: mixed(some([is_added, changed[name]]), written[name], old[name]) for name in types}
        basis = [Text(True, self._one_of(f"{id} {v} basis", ("reported", "assumed", "stated"))) for v in ("old", "new")]
        piece = Piece(id, kind, stands, (), {**old, "basis": basis[0]}, {**new, "basis": basis[1]}, changed)
        facts: list[SymbolicFact] = []
        for layers, holds, terms, is_new in (
            ({"current", "result"}, equal(stands, KEPT), piece.old, False),
            ({"current", "removed"}, equal(stands, STRUCK), piece.old, False),
            ({"current"}, equal(stands, AMENDED), piece.old, False),
            ({"proposed", "result"}, at_most(AMENDED, stands), piece.new, True),
        ):
            facts += self._facts_of(piece, frozenset(layers), holds, terms, is_new)
        return Piece(id, kind, stands, tuple(facts), piece.old, piece.new, changed)

    def _facts_of(
        self, piece: Piece, layers: frozenset[str], holds: Bool, terms: Mapping[str, Symbol], is_new: bool
    ) -> list[SymbolicFact]:
        """One version of a clause as facts: of its kind, and as a clause in general where rules ask for that."""
        own = {"id": Text(True, self.codes.of(piece.id)), **terms}
        if "starts" in own:
            own["starts"] = self._since_in_force(own["starts"], equal(piece.stands, ADDED) if is_new else False)
        if piece.kind == "holding" and "event" in own:
            event = own["event"]
            assert isinstance(event, Text)
            own["event"] = Text(True, chosen(event.stated, event.code, self.codes.of(piece.id)))
        changes = piece.changed if is_new else {}
        own["changed"] = List(True, True, {self.codes.of(name): holds for name, holds in changes.items()})
        found = [SymbolicFact(piece.kind, piece.id, layers, holds, holds, own)]
        if "clause" in self.words.read:
            general = self._general_terms(piece, own, changes, is_new)
            found.append(SymbolicFact("clause", piece.id, layers, holds, holds, general))
        return found

    def _since_in_force(self, starts: Symbol, is_added: Bool) -> Symbol:
        """A clause in force without a first day has been in force since the agreement was signed, or longer."""
        assert isinstance(starts, Quantity)
        assert not isinstance(starts.lowest, tuple)
        silent_and_in_force = every([no(starts.stated), no(is_added)])
        return Quantity(
            some([starts.stated, silent_and_in_force]),
            chosen(silent_and_in_force, 1, starts.lowest),
            chosen(silent_and_in_force, self.since, starts.highest),
        )

    def _general_terms(
        self, piece: Piece, own: Mapping[str, Symbol], changes: Mapping[str, Bool], is_new: bool
    ) -> dict[str, Symbol]:
        """The terms of the fact about a clause in general; see `terms.facts`."""
        types = KINDS[piece.kind].term_types()
        read = self.words.read["clause"]
        found = {name: own[name] for name in ("id", "basis", "starts", "ends", "changed") if name in own}
        found |= {name: own[name] for name in ("subject_to", "notwithstanding") if name in own}
        found["kind"] = Text(True, self.codes.of(piece.kind))
        is_added = equal(piece.stands, ADDED) if is_new else False
        for name, what in (("parties", "party"), ("clauses", "clause")):
            if name in read:
                found[name] = self._mentioned(own, types, what, changes, is_added)
        if "currencies" in read:
            amounts = [own[name] for name, type in types.items() if type.name == Money.type_name]
            codes = [self.codes.of(text) for text in self.currencies()]
            found["currencies"] = List(True, True, {code: _has_currency(amounts, code) for code in codes})
        if "not_stated" in read:
            found["not_stated"] = List(True, True, {self.codes.of(name): no(own[name].stated) for name in types})
        return found

    def _mentioned(
        self,
        own: Mapping[str, Symbol],
        types: Mapping[str, TermType],
        what: str,
        changes: Mapping[str, Bool],
        is_added: Bool,
    ) -> List:
        """The parties or clauses that the terms of a clause name; not the whole where one is left open."""
        names = [name for name, type in types.items() if type.name == what and name not in _ASIDE]
        codes = [self.codes.of(text) for text in self.texts_of(TermType(what))]
        items = {code: some(_mentions(own[name], code) for name in names) for code in codes}
        whole = every(
            some([own[name].stated, every([no(changes.get(name, False)), name in _OPTIONAL or no(is_added)])])
            for name in names
        )
        return List(True, whole, items)

    def _clause_in_general(self, id: str) -> Piece:
        """A clause of which only that is said which every clause has."""
        stands = self._whole_number(f"{id} stands", ABSENT, ADDED)
        types = {**GENERAL_KINDS["clause"]}
        types |= {"changed": TermType("term", (), True), "not_stated": TermType("term", (), True)}
        types |= {"currencies": TermType("currency", (), True)}
        read = {"kind", *self.words.read.get("clause", ())} - {"id"}
        lists = {name for name, type in types.items() if type.is_list}
        old, new = (
            {
                name: self.symbol(f"{id} {version}{name}", types[name], name in lists | {"kind", "basis"})
                for name in sorted(read)
            }
            for version in ("", "new ")
        )
        self.claims.append(some([no(equal(stands, AMENDED)), equal(old["kind"].code, new["kind"].code)]))  # type: ignore[union-attr]
        nothing = List(True, True, {})
        facts = []
        for layers, holds, terms, is_new in (
            ({"current", "result"}, equal(stands, KEPT), old, False),
            ({"current", "removed"}, equal(stands, STRUCK), old, False),
            ({"current"}, equal(stands, AMENDED), old, False),
            ({"proposed", "result"}, at_most(AMENDED, stands), new, True),
        ):
            own: dict[str, Symbol] = {"id": Text(True, self.codes.of(id)), **terms}
            if not is_new:
                own["changed"] = nothing
            if "starts" in own:
                own["starts"] = self._since_in_force(own["starts"], equal(stands, ADDED) if is_new else False)
            facts.append(SymbolicFact("clause", id, frozenset(layers), holds, holds, own))
        return Piece(id, "clause", stands, tuple(facts), old, new, is_generic=True)

    def _other(self, kind: str, id: str) -> Piece:
        """A fact that is no clause: a party, or what the cap table or the amendments make."""
        kind = kind.removeprefix(COMPUTED)
        all_layers = _LAYERS.get(kind, (EVERYWHERE,))
        stands = self._whole_number(f"{id} stands", 0, len(all_layers))
        types = fact_types(kind) or {}
        lists = {name for name, type in types.items() if type.is_list}
        read = {name for name in self.words.read.get(kind, ()) if name in types} - {"id", "changed"}
        always = {"name", "basis"} | lists
        terms = {name: self.symbol(f"{id} {name}", types[name], name in always) for name in sorted(read)}
        terms["id"] = Text(True, self._one_of(f"{id} id", self.parties) if kind == "party" else self.codes.of(id))
        if kind == "holding":
            terms["changed"] = List(True, True, {})
        facts = []
        for number, layers in enumerate(all_layers, 1):
            holds = equal(stands, number)
            facts.append(SymbolicFact(kind, id, layers, holds, holds, terms))
        return Piece(id, kind, stands, tuple(facts), terms, is_clause=False)

    def _context(self) -> SymbolicFact:
        types = GENERAL_KINDS["context"]
        terms = {name: self.symbol(f"term sheet {name}", types[name]) for name in ("effective", "proposed_by")}
        terms["as_of"] = Quantity(True, self.as_of, self.as_of)
        terms["id"] = Text(True, self.codes.of("context"))
        return SymbolicFact("context", "context", EVERYWHERE, True, True, terms)

    def _settle_names(self) -> None:
        """Parties are different parties; and who names a clause of the situation names one that is there."""
        parties = [piece for piece in self.pieces if piece.kind == "party"]
        for number, one in enumerate(parties):
            for other in parties[number + 1 :]:
                same = equal(one.old["id"].code, other.old["id"].code)  # type: ignore[union-attr]
                self.claims.append(some([equal(one.stands, 0), equal(other.stands, 0), no(same)]))


def _names(words: Vocabulary, type_name: str, fresh: Sequence[str], count: int) -> tuple[str, ...]:
    """The names that rules write, and as many fresh ones as can be told apart."""
    written = words.named.get(type_name, ())
    return (*written, *[name for name in fresh if name not in written][:count])


def _mentions(symbol: Symbol, code: int) -> Bool:
    """Whether a term names something."""
    if isinstance(symbol, List):
        return every([symbol.stated, symbol.items.get(code, False)])
    assert isinstance(symbol, Text)
    return every([symbol.stated, equal(symbol.code, code)])


def _has_currency(amounts: Iterable[Symbol], code: int) -> Bool:
    found = [amount for amount in amounts if isinstance(amount, Quantity)]
    return some(every([amount.stated, equal(amount.currency, code)]) for amount in found)


def mixed(condition: Bool, one: Symbol, other: Symbol) -> Symbol:
    """One term where a condition holds, else another of its type."""
    stated = chosen(condition, one.stated, other.stated)
    if isinstance(one, List) and isinstance(other, List):
        items = {code: chosen(condition, holds, other.items[code]) for code, holds in one.items.items()}
        return List(stated, True, items)
    if isinstance(one, Quantity) and isinstance(other, Quantity):
        currency = None if one.currency is None else chosen(condition, one.currency, other.currency)
        low, high = chosen(condition, one.lowest, other.lowest), chosen(condition, one.highest, other.highest)
        return Quantity(stated, low, high, currency)
    assert isinstance(one, Text) and isinstance(other, Text)
    return Text(stated, chosen(condition, one.code, other.code))


def value_of(type: TermType, low: int, high: int, currency: str | None) -> Value:
    """A quantity of a type."""
    return Money(low, high, currency) if currency is not None else VALUE_TYPES[type.name](low, high)
