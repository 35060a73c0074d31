"""Facts: clauses flattened to typed scalars, the only thing that engines see.

A fact has a kind, the layers in which it stands (`current`, `proposed`, `removed`, `result`), and a value
for each term; a term without a value is not stated. Beside one fact for each clause of a kind there are
facts of a few more kinds, for rules that ask about clauses in general:

    clause      every clause again, with what all kinds share: its kind, whom and what it mentions
    party       every party
    ambiguity   every term that two amendments of the same dates set differently
    coming_amendment    every amendment that is signed and does not hold yet
    cap_table_problem   what is wrong with the stakes as stated, such as more than the whole
    holding     the holdings after each event, from the cap table
    context     one fact: the date of the review, and the term sheet's effective date and proponent
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field

from clauses.source import NOWHERE, Place
from clauses.terms.agreement import Agreement, ClauseVersion, TermSheet
from clauses.terms.cap_table import CapTable, HoldingAfter, cap_table, holdings_after
from clauses.terms.in_force import Standing, World, standings, worlds
from clauses.terms.kinds import KINDS, TermType
from clauses.terms.party import Party
from clauses.terms.values import Date, Money, Value

FactValue = Value | str | tuple[str, ...]


class Incomplete(tuple[str, ...]):
    """A list that may hold more than is known: whether something else is in it cannot be told."""

    __slots__ = ()


LAYERS = ("current", "proposed", "removed", "result")
EVERYWHERE = frozenset(LAYERS)

_text, _party, _clause = TermType("text"), TermType("party"), TermType("clause")
_COMMON = {
    "id": _clause,
    "basis": TermType("choice", ("reported", "assumed", "stated")),
}

_SORTS = ("past-the-whole", "not-computed")
"""What can be wrong with a cap table: more than the whole is stated, or too little to compute it."""

GENERAL_KINDS: dict[str, dict[str, TermType]] = {
    "clause": {
        **_COMMON,
        "kind": TermType("choice", tuple(KINDS)),
        "starts": TermType("date"),
        "ends": TermType("date"),
        "subject_to": TermType("clause", is_list=True),
        "notwithstanding": TermType("clause", is_list=True),
        "parties": TermType("party", is_list=True),
        "clauses": TermType("clause", is_list=True),
        "currencies": TermType("text", is_list=True),
        "not_stated": TermType("text", is_list=True),
        "changed": TermType("text", is_list=True),
        "rewrites": TermType("choice", ("whole", "words", "terms", "both", "nothing")),
    },
    "party": {
        "id": _party,
        "name": _text,
        "roles": TermType("text", is_list=True),
        "exists": TermType("choice", ("yes", "no")),
        "jurisdiction": _text,
    },
    "ambiguity": {"id": _text, "clause": _clause, "term": _text, "first": _text, "second": _text},
    "coming_amendment": {
        "id": _text,
        "signed": TermType("date"),
        "effective": TermType("date"),
        "clauses": TermType("clause", is_list=True),
    },
    "cap_table_problem": {"id": _text, "issuer": _party, "clause": _clause, "sort": TermType("choice", _SORTS)},
    "context": {"id": _text, "as_of": TermType("date"), "effective": TermType("date"), "proposed_by": _party},
}
"""The kinds of fact that are not kinds of clause, with the types of their terms."""


def fact_types(kind: str) -> dict[str, TermType] | None:
    """The terms of a kind of fact with their types, or None where there is no such kind."""
    if kind in KINDS:
        own = KINDS[kind].term_types()
        return {**_COMMON, **own, "changed": TermType("choice", tuple(own), is_list=True)}
    return GENERAL_KINDS.get(kind)


@dataclass(frozen=True)
class Fact:
    """One clause, or something else that rules may ask about, as engines see it."""

    kind: str
    id: str
    layers: frozenset[str]
    certain: bool
    """False where the fact holds only if uncertain dates, or values, fall one way."""
    values: Mapping[str, FactValue]
    version: ClauseVersion | None = field(default=None, compare=False, repr=False)
    inferred: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Terms that nobody wrote but that follow, each with the reason."""
    derived_from: tuple[Fact, ...] = field(default=(), compare=False, repr=False)

    def place(self, term: str) -> Place:
        """Where a term is written; for what no file states, where the clause stands."""
        if self.version is not None:
            return self.version.place(term)
        wanted = self.values.get(term)
        for source in self.derived_from:
            for name, value in source.values.items():
                if value == wanted:
                    return source.place(name)
        return NOWHERE


Standings = Mapping[tuple[str, str | None], list[tuple[int, Fact]]]
"""Facts with their numbers, by kind and layer; layer None holds all of the kind."""


def by_kind_and_layer(facts: Sequence[Fact]) -> Standings:
    """Sort facts by where they stand, in their order."""
    found: dict[tuple[str, str | None], list[tuple[int, Fact]]] = {}
    for number, fact in enumerate(facts):
        for layer in (None, *sorted(fact.layers)):
            found.setdefault((fact.kind, layer), []).append((number, fact))
    return found


@dataclass(frozen=True)
class Deal:
    """Everything that a review looks at, ready for the engines."""

    agreement: Agreement
    sheet: TermSheet | None
    as_of: Date
    worlds: Sequence[World]
    parties: Mapping[str, Party]
    cap_table: CapTable
    """The cap table; where uncertain dates allow several, the first."""
    facts: Sequence[Fact]

    def party_name(self, party_id: str) -> str:
        """The name of a party, or its id where it is not listed."""
        party = self.parties.get(party_id)
        return party.name if party else party_id

    def heading(self, clause_id: str) -> str | None:
        """The heading of a clause, after the term sheet or before it; None where it has none."""
        for world in self.worlds:
            version = world.result.get(clause_id) or world.current.get(clause_id)
            if version is not None and version.clause.heading:
                return version.clause.heading
        return None


def deal(agreement: Agreement, sheet: TermSheet | None, as_of: Date, known_on: Date | None = None) -> Deal:
    """Work out what is in force before and after a term sheet, and flatten it to facts.

    Raises InputError where the term sheet changes a clause that is not in force.
    """
    possible = worlds(agreement, as_of, sheet, known_on)
    parties = {**agreement.parties, **(sheet.parties if sheet else {})}
    found = [_context(sheet, as_of)]
    found += _party_facts(agreement, sheet)
    for standing in standings(possible):
        found.append(_clause_fact(standing, as_of))
        found.append(_general_fact(standing, found[-1]))
    found += _ambiguity_facts(possible)
    found += _coming_amendments(agreement, as_of)
    found += cap_table_facts(possible)
    return Deal(agreement, sheet, as_of, possible, parties, _table(possible[0].result), found)


def _context(sheet: TermSheet | None, as_of: Date) -> Fact:
    values: dict[str, FactValue] = {"id": "context", "as_of": as_of}
    if sheet is not None and sheet.effective is not None:
        values["effective"] = sheet.effective
    if sheet is not None and sheet.proposed_by is not None:
        values["proposed_by"] = sheet.proposed_by
    return Fact("context", "context", EVERYWHERE, True, values)


def _party_facts(agreement: Agreement, sheet: TermSheet | None) -> list[Fact]:
    found = []
    for layers, parties in (
        (frozenset({"current", "result"}), agreement.parties),
        (frozenset({"proposed", "result"}), sheet.parties if sheet else {}),
    ):
        for id, party in sorted(parties.items()):
            values: dict[str, FactValue] = {"id": id, "name": party.name, "roles": tuple(party.roles)}
            values |= {k: v for k, v in (("exists", party.exists), ("jurisdiction", party.jurisdiction)) if v}
            found.append(Fact("party", id, layers, True, values))
    return found


def _clause_fact(standing: Standing, as_of: Date) -> Fact:
    version = standing.version
    terms = version.clause.term_types()
    changed = tuple(name for name in terms if name in version.changed and "proposed" in standing.layers)
    values: dict[str, FactValue] = {"id": version.id, "basis": version.clause.source.basis, "changed": changed}
    for name in terms:
        value = getattr(version.clause, name)
        if value is not None:
            values[name] = value
    inferred = {}
    if (
        "starts" not in values
        and "starts" not in version.ambiguous
        and ("current" in standing.layers or version.in_force_since)
    ):
        latest = (version.in_force_since or as_of).highest
        if latest <= as_of.highest:  # a report says nothing of the days before it
            values["starts"] = Date(1, latest)
            inferred["starts"] = f"it is in force by {Date(latest, latest)}"
    if version.kind == "holding":
        values.setdefault("event", version.id)
    return Fact(version.kind, version.id, standing.layers, standing.certain, values, version, inferred)


def _general_fact(standing: Standing, fact: Fact) -> Fact:
    clause = standing.version.clause
    types = clause.term_types()
    changed = standing.version.changed if "proposed" in standing.layers else frozenset()
    values: dict[str, FactValue] = {
        "id": fact.id,
        "kind": fact.kind,
        "basis": clause.source.basis,
        "subject_to": clause.subject_to,
        "notwithstanding": clause.notwithstanding,
        "parties": mentioned(fact.values, types, "party", changed, "kind" in changed),
        "clauses": mentioned(fact.values, types, "clause", changed, "kind" in changed),
        "currencies": tuple(sorted({v.currency for v in fact.values.values() if isinstance(v, Money)})),
        "not_stated": tuple(sorted(name for name in types if name not in fact.values)),
        "changed": fact.values["changed"],
        "rewrites": _rewrites(standing, types),
    }
    values |= {name: fact.values[name] for name in ("starts", "ends") if name in fact.values}
    return Fact("clause", fact.id, fact.layers, fact.certain, values, fact.version, fact.inferred)


def _rewrites(standing: Standing, types: Mapping[str, TermType]) -> str:
    """What the term sheet writes: all of a clause that it adds; of one that it amends words, terms, or both."""
    changed = standing.version.changed
    if "proposed" not in standing.layers:
        return "nothing"
    if "kind" in changed:
        return "whole"
    has_terms = not changed.isdisjoint(types)
    return ("both" if has_terms else "words") if "text" in changed else "terms" if has_terms else "nothing"


_ASIDE = frozenset({"subject_to", "notwithstanding", "event"})
"""Terms that name clauses without being about them."""

_OPTIONAL = frozenset(
    {"raised_by", "venture", "depends_on", "trigger", "ends_clause", "about", "speakers", "investors"}
)
"""Terms that many clauses rightly leave out; any other that an added clause leaves out is missing."""


def mentioned(
    values: Mapping[str, FactValue], types: Mapping[str, TermType], what: str, changed: Container[str], is_added: bool
) -> tuple[str, ...]:
    """The parties or clauses that the terms of a clause name; *incomplete* where the term sheet leaves one open.

    `changed` are the terms that the term sheet writes.
    """
    found: set[str] = set()
    is_complete = True
    for name, type in types.items():
        if type.name != what or name in _ASIDE:
            continue
        value = values.get(name)
        if value is None:
            is_complete = is_complete and name not in changed and (name in _OPTIONAL or not is_added)
        else:
            found |= set(value) if isinstance(value, tuple) else {str(value)}
    names = tuple(sorted(found))
    return names if is_complete else Incomplete(names)


def _coming_amendments(agreement: Agreement, as_of: Date) -> list[Fact]:
    """The amendments that are signed and do not hold yet."""
    found = []
    for amendment in agreement.amendments.values():
        signed = amendment.signed or amendment.effective
        if signed.lowest > as_of.highest or amendment.effective.lowest <= as_of.highest:
            continue
        clauses = tuple(sorted({change.clause_id for change in amendment.changes}))
        values: dict[str, FactValue] = {"id": amendment.id, "effective": amendment.effective, "clauses": clauses}
        values |= {"signed": amendment.signed} if amendment.signed else {}
        found.append(Fact("coming_amendment", amendment.id, EVERYWHERE, True, values))
    return found


def cap_table_facts(possible: Sequence[World]) -> list[Fact]:
    """What the cap tables of some worlds say: what is wrong with the stakes, then the holdings after each event."""
    return _cap_table_problems(possible) + _holding_facts(possible)


def _cap_table_problems(possible: Sequence[World]) -> list[Fact]:
    """What is wrong with the stakes in a company, by sort; what the term sheet brings about is `proposed` too."""
    counts: dict[tuple[tuple[str, str], frozenset[str]], tuple[str, World, int]] = {}
    for world in possible:
        before, after = _problems_by_company(world.current), _problems_by_company(world.result)
        for key, clause in sorted(after.items()):
            layers = frozenset({"result"} if key in before else {"result", "proposed"})
            counts[key, layers] = (clause, world, counts.get((key, layers), ("", world, 0))[2] + 1)
    found = []
    for ((issuer, sort), layers), (clause, world, count) in counts.items():
        id = f"stakes in {issuer}@{clause}"
        values: dict[str, FactValue] = {"id": id, "issuer": issuer, "clause": clause, "sort": sort}
        found.append(Fact("cap_table_problem", id, layers, count == len(possible), values, world.result[clause]))
    return found


def _problems_by_company(clauses: Mapping[str, ClauseVersion]) -> dict[tuple[str, str], str]:
    """The problems by company and sort, each with the first clause that has part in it."""
    found: dict[tuple[str, str], str] = {}
    for problem in _table(clauses).problems:
        issuer = getattr(clauses[problem.clause].clause, "issuer", None)
        if issuer is not None:
            found.setdefault((issuer, problem.sort or "not-computed"), problem.clause)
    return found


def _ambiguity_facts(possible: Sequence[World]) -> list[Fact]:
    counts: dict[tuple[str, str, tuple[str, str]], int] = {}
    for world in possible:
        for one in world.ambiguities:
            key = (one.clause_id, one.term, one.amendments)
            counts[key] = counts.get(key, 0) + 1
    found = []
    for (clause_id, term, amendments), count in sorted(counts.items()):
        id = f"{clause_id}.{term or 'removal'} ({' / '.join(amendments)})"
        values = {
            "id": id,
            "clause": clause_id,
            "term": term or "the whole clause",
            "first": amendments[0],
            "second": amendments[1],
        }
        version = next((w.current[clause_id] for w in possible if clause_id in w.current), None)
        found.append(Fact("ambiguity", id, EVERYWHERE, count == len(possible), values, version))
    return found


def _holding_facts(possible: Sequence[World]) -> list[Fact]:
    """The holdings after each event, certain where every world has them so.

    All stand in `result`; those that the term sheet makes other than they would have been, in `proposed` too. None
    stands in `current`: what a holder has after an event to come, it does not have today.
    """
    counts: dict[tuple[HoldingAfter, frozenset[str]], tuple[World, int]] = {}
    for world in possible:
        before, after = (set(holdings_after(_table(clauses))) for clauses in (world.current, world.result))
        for holding in sorted(after, key=str):
            key = (holding, frozenset({"result"} if holding in before else {"result", "proposed"}))
            counts[key] = (world, counts.get(key, (world, 0))[1] + 1)
    return [
        _holding_fact(holding, layers, world, count == len(possible))
        for (holding, layers), (world, count) in counts.items()
    ]


def _table(clauses: Mapping[str, ClauseVersion]) -> CapTable:
    return cap_table({id: version.clause for id, version in clauses.items()})


def _holding_fact(holding: HoldingAfter, layers: frozenset[str], world: World, certain: bool) -> Fact:
    event = world.result[holding.event]
    id = f"{holding.holder}@{holding.event}"
    values: dict[str, FactValue] = {"id": id, "basis": "stated", "changed": (), "event": holding.event}
    values |= {"holder": holding.holder, "issuer": holding.issuer, "subject_to": (), "notwithstanding": ()}
    if holding.stake is not None:
        values["stake"] = holding.stake
    reason = f"the cap table after `{holding.event}`"
    return Fact("holding", id, layers, certain, values, event, {"stake": reason})
