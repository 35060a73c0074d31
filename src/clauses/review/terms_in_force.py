"""What is in force as of a day, as a table for people and programs; and how two term sheets differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clauses.review.explain import location
from clauses.review.wording import NOT_STATED
from clauses.source import Location
from clauses.terms.facts import Deal, Fact


@dataclass(frozen=True)
class TermInForce:
    """One term of a clause."""

    term: str
    value: str
    note: str | None
    location: Location | None


@dataclass(frozen=True)
class ClauseInForce:
    """A clause as it stands, in one of the ways in which it may."""

    id: str
    kind: str
    heading: str
    certain: bool
    written_by: str
    basis: str
    ambiguous: tuple[str, ...]
    terms: tuple[TermInForce, ...]


@dataclass(frozen=True)
class TermDifference:
    """A term that two term sheets would leave differently."""

    clause: str
    heading: str
    term: str
    first: str
    second: str


def clauses_in_force(world: Deal, layer: str = "result") -> list[ClauseInForce]:
    """The clauses of a layer, by id."""
    found = []
    for fact in world.facts:
        version = fact.version
        if version is None or fact.kind in ("clause", "ambiguity") or layer not in fact.layers or fact.id != version.id:
            continue
        found.append(
            ClauseInForce(
                id=fact.id,
                kind=fact.kind,
                heading=version.clause.heading,
                certain=fact.certain,
                written_by=version.instrument,
                basis=version.clause.source.basis,
                ambiguous=tuple(sorted(version.ambiguous)),
                terms=tuple(_terms(fact)),
            )
        )
    return sorted(found, key=lambda clause: (clause.id, not clause.certain))


def _terms(fact: Fact) -> list[TermInForce]:
    version = fact.version
    assert version is not None
    found = []
    for name in version.clause.term_types():
        value = fact.values.get(name)
        written = name in version.nodes
        if value in (None, ()) and not written and name not in version.ambiguous:
            continue
        if name == "event" and value == fact.id:
            continue
        text = NOT_STATED if value is None else ", ".join(value) if isinstance(value, tuple) else str(value)
        note = fact.inferred.get(name)
        if name in version.ambiguous:
            note = "two amendments of the same dates set it differently"
        found.append(TermInForce(name, text or "none", note, location(version.place(name))))
    return found


def differences(first: Deal, second: Deal) -> list[TermDifference]:
    """How the clauses in force afterwards differ between two term sheets for one agreement."""
    one, other = _values(first), _values(second)
    headings = {clause.id: clause.heading for world in (first, second) for clause in clauses_in_force(world)}
    found = []
    for clause in sorted(set(one) | set(other)):
        if clause not in one or clause not in other:
            there, absent = "in force", "not in force"
            values = (there, absent) if clause in one else (absent, there)
            found.append(TermDifference(clause, headings[clause], "", *values))
            continue
        for term in sorted(set(one[clause]) | set(other[clause])):
            a, b = one[clause].get(term, NOT_STATED), other[clause].get(term, NOT_STATED)
            if a != b:
                found.append(TermDifference(clause, headings[clause], term, a, b))
    return found


def _values(world: Deal) -> Mapping[str, Mapping[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for clause in clauses_in_force(world):
        terms = found.setdefault(clause.id, {})
        for term in clause.terms:
            earlier = terms.get(term.term)
            terms[term.term] = term.value if earlier in (None, term.value) else f"{earlier} or {term.value}"
    return found
