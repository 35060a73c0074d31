"""The facts of a plain record: the same, in the same order, as those of its deal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import UNSET

from clauses.source import NOWHERE
from clauses.terms.agreement import ClauseVersion
from clauses.terms.facts import EVERYWHERE, Fact, FactValue, cap_table_facts, mentioned
from clauses.terms.in_force import World
from clauses.terms.kinds import KINDS, TermType
from clauses.terms.kinds.equity import CapitalRaise, Conversion, EquityOnConversion, Holding, PublicOffering
from clauses.terms.plain.record import (
    ADDED,
    AMENDED,
    LAYERS,
    REMOVED,
    UNTOUCHED,
    Known,
    PlainRecord,
    Standing,
    basis_of,
)
from clauses.terms.plain.shapes import KIND_OF
from clauses.terms.plain.texts import DATES, REFUSALS, TEXTS, VALUES, NotPlain, choice_values
from clauses.terms.values import UNKNOWN, Date, Money


class _Kind:
    """How the clauses of one kind are read: their terms by what makes a value of each."""

    def __init__(self, kind: str) -> None:
        types = KINDS[kind].term_types()
        self.kind = kind
        self.types = types
        self.defaults = {name: KINDS[kind].model_fields[name].default for name in types}
        single = {name: type for name, type in types.items() if not type.is_list}
        self.own = {name: type for name, type in single.items() if type.name not in ("party", "clause")}
        self.readers = tuple(_reader(type) for type in self.own.values())
        self.readers_of = {name: _reader(type) for name, type in single.items()}
        self.parties = tuple(name for name, type in single.items() if type.name == "party")
        self.clauses = tuple(name for name, type in single.items() if type.name == "clause")
        self.lists = tuple((name, type) for name, type in types.items() if type.is_list)
        self.terms = tuple(types)
        self.is_owned = issubclass(KINDS[kind], _EQUITY)

    def values(self, clause: Any, parties: Known, clauses: Known) -> dict[str, FactValue]:
        """The stated terms of a clause. Raises one of REFUSALS where one is not plain."""
        found: dict[str, FactValue] = {}
        for name, reader in zip(self.own, self.readers, strict=True):
            value = reader[getattr(clause, name)]
            if value is not None:
                found[name] = value
        for names, known in ((self.parties, parties), (self.clauses, clauses)):
            for name in names:
                value = TEXTS[getattr(clause, name)]
                if value is not None:
                    if value not in known:
                        raise NotPlain
                    found[name] = value
        for name, type in self.lists:
            listed = self._list(getattr(clause, name), name, type, parties, clauses)
            if listed is not None:
                found[name] = listed
        return found

    def value(self, clause: Any, name: str) -> FactValue | None:
        """A term of a clause that was checked before."""
        value, type = getattr(clause, name), self.types[name]
        if type.is_list:
            default: tuple[str, ...] | None = self.defaults[name]
            return default if value is UNSET else None if value is None or value == UNKNOWN else tuple(value)
        return self.readers_of[name][value]

    def _list(self, items: Any, name: str, type: TermType, parties: Known, clauses: Known) -> tuple[str, ...] | None:
        if items is UNSET:
            default: tuple[str, ...] | None = self.defaults[name]
            return default
        if items is None or items == UNKNOWN:
            return None
        known = {"party": parties, "clause": clauses}.get(type.name)
        if known is not None and not all(item in known for item in items):
            raise NotPlain
        return tuple(items)


def _reader(type: TermType) -> Mapping[Any, FactValue | None]:
    if type.name in VALUES:
        return VALUES[type.name]
    return choice_values(type) if type.choices else TEXTS


_EQUITY = (Holding, Conversion, EquityOnConversion, CapitalRaise, PublicOffering)
"""The kinds from which a cap table is made."""

_KINDS = {shape: _Kind(kind) for shape, kind in KIND_OF.items()}


@dataclass(frozen=True)
class PlainDeal:
    """The facts of a plain record, the same as those of its deal."""

    id: str
    title: str
    term_sheet: str | None
    facts: Sequence[Fact]
    headings: Mapping[str, str]


class PlainReader:
    """Reads plain records as of a day."""

    def __init__(self, as_of: Date) -> None:
        self.as_of = as_of

    def facts(self, line: bytes) -> PlainDeal | None:
        """The facts of a record, or None where it is not plain and takes the full way."""
        try:
            record = PlainRecord(line, self.as_of)
            facts = facts_of(record, self.as_of)
        except REFUSALS:
            return None
        agreement, sheet = record.agreement, record.sheet
        title = agreement.title or agreement.agreement
        return PlainDeal(agreement.agreement, title, sheet.term_sheet if sheet else None, facts, record.headings())


def facts_of(record: PlainRecord, as_of: Date) -> list[Fact]:
    """The facts of a record in their order. Raises one of REFUSALS where a clause is not plain."""
    record.check_keys()
    found = [context_fact(record, as_of), *party_facts(record)]
    standings = record.standings()
    record.check_ties(standings)
    for standing in standings:
        fact = clause_fact(record, standing)
        found.append(fact)
        found.append(general_fact(standing, fact))
    return found + owner_facts(record, standings)


def context_fact(record: PlainRecord, as_of: Date) -> Fact:
    """The day, and what the term sheet says of itself."""
    values: dict[str, FactValue] = {"id": "context", "as_of": as_of}
    if record.sheet is not None:
        effective = DATES[record.sheet.effective]
        if effective is not None:
            values["effective"] = effective
        if record.sheet.proposed_by:
            values["proposed_by"] = record.sheet.proposed_by
    return Fact("context", "context", EVERYWHERE, True, values)


def party_facts(record: PlainRecord) -> list[Fact]:
    """The parties of the agreement, then those of the term sheet."""
    found = []
    proposed = record.sheet.parties or {} if record.sheet is not None else {}
    for how, parties in ((UNTOUCHED, record.agreement.parties), (ADDED, proposed)):
        for id, party in sorted(parties.items()):
            values: dict[str, FactValue] = {"id": id, "name": party.name, "roles": tuple(party.roles or ())}
            exists = _YES_NO[party.exists]
            if exists:
                values["exists"] = exists
            if party.jurisdiction:
                values["jurisdiction"] = party.jurisdiction
            found.append(Fact("party", id, LAYERS[how], True, values))
    return found


_YES_NO = choice_values(TermType("choice", ("yes", "no")))


def clause_fact(record: PlainRecord, standing: Standing) -> Fact:
    """The fact of a clause. Raises one of REFUSALS where the clause is not plain."""
    id, how, clause, changed = standing
    kind = _KINDS[clause.__class__]
    if how < AMENDED:
        values = kind.values(clause, record.base_parties, record.base_clauses)
        inferred = record.inferred
        values["changed"] = ()
    else:
        values = kind.values(clause, record.parties, record.clauses)
        inferred = record.inferred_amended if how == AMENDED else None
        values["changed"] = tuple([name for name in kind.terms if getattr(changed or clause, name) is not UNSET])
    values["id"] = id
    values["basis"] = basis_of(clause.source)
    if inferred is not None and "starts" not in values:
        values["starts"] = inferred
    if kind.kind == "holding":
        values.setdefault("event", id)
    return Fact(kind.kind, id, LAYERS[how], True, values)


def term_value(record: PlainRecord, standing: tuple[str, int, Any, Any], term: str) -> FactValue | None:
    """The value of one term of a clause that was read before; None where it is not stated."""
    id, how, clause, changed = standing
    kind = _KINDS[clause.__class__]
    match term:
        case "id":
            return id
        case "basis":
            return basis_of(clause.source)
        case "changed":
            return tuple([name for name in kind.terms if getattr(changed, name) is not UNSET]) if how >= AMENDED else ()
    value = kind.value(clause, term)
    if value is None and term == "starts":
        return record.inferred if how < AMENDED else record.inferred_amended if how == AMENDED else None
    return id if value is None and term == "event" and kind.kind == "holding" else value


def general_fact(standing: Standing, fact: Fact) -> Fact:
    """The fact that a clause is, whatever its kind."""
    _, how, clause, changed = standing
    kind = _KINDS[clause.__class__]
    own = fact.values
    is_added = how == ADDED
    written = changed or clause
    names = {name for name in kind.types if getattr(written, name) is not UNSET} if how >= AMENDED else frozenset()
    values: dict[str, FactValue] = {
        "id": fact.id,
        "kind": fact.kind,
        "basis": own["basis"],
        "subject_to": own["subject_to"],
        "notwithstanding": own["notwithstanding"],
        "parties": mentioned(own, kind.types, "party", names, is_added),
        "clauses": mentioned(own, kind.types, "clause", names, is_added),
        "currencies": tuple(sorted({value.currency for value in own.values() if isinstance(value, Money)})),
        "not_stated": tuple(sorted([name for name in kind.types if name not in own])),
        "changed": own["changed"],
        "rewrites": _rewrites(how, written, names),
    }
    values |= {name: own[name] for name in ("starts", "ends") if name in own}
    return Fact("clause", fact.id, fact.layers, True, values)


def _rewrites(how: int, written: Any, names: Any) -> str:
    if how < AMENDED:
        return "nothing"
    if how == ADDED:
        return "whole"
    if written.text is not UNSET:
        return "both" if names else "words"
    return "terms" if names else "nothing"


def owner_facts(record: PlainRecord, standings: Sequence[Standing]) -> list[Fact]:
    """The facts of the cap table. Only a company that some clause names as the issuer has one."""
    if not any(_KINDS[s.clause.__class__].is_owned and s.clause.issuer for s in standings):
        return []
    current: dict[str, ClauseVersion] = {}
    result: dict[str, ClauseVersion] = {}
    for standing in standings:
        light = _light(record, standing)
        if "current" in LAYERS[standing.how]:
            current[standing.id] = light
        if "result" in LAYERS[standing.how]:
            result[standing.id] = light
    proposed = frozenset(standing.id for standing in standings if standing.how >= AMENDED)
    removed = frozenset(standing.id for standing in standings if standing.how == REMOVED)
    return cap_table_facts([World(current, result, proposed, removed, ())])


def _light(record: PlainRecord, standing: Standing) -> ClauseVersion:
    """The clause as the cap table reads it, without its words."""
    kind = _KINDS[standing.clause.__class__]
    values = kind.values(standing.clause, record.parties, record.clauses)
    clause = KINDS[kind.kind].model_construct(**{"kind": kind.kind, **values})  # type: ignore[arg-type]
    return ClauseVersion(standing.id, clause, {}, NOWHERE, "")
