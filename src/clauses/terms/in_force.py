"""What is in force on a day, and what would be with a term sheet.

Amendments apply by the day from which they hold, then by the day of signing. Where a date is known only
to lie in a range, an amendment may or may not have taken effect: every possibility is a *world*, and a
clause that does not read the same in all of them is in force only *possibly*. Two amendments of the same
dates that set one term differently leave it ambiguous: it is reported, and nobody's version is taken.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from clauses.errors import InputError, Problem, Problems, did_you_mean
from clauses.terms.agreement import Agreement, Amendment, Change, ClauseVersion, TermSheet, read_clause
from clauses.terms.kinds import KINDS
from clauses.terms.values import Date
from clauses.yaml_nodes import Mapping_, Node

Layer = Literal["current", "proposed", "removed", "result"]
"""`current`: in force before; `proposed`: added or amended by the term sheet, as it would then read;
`removed`: struck out by it; `result`: in force after."""

MAXIMUM_UNCERTAIN = 6
"""How many amendments may have uncertain dates at once: each of them doubles the worlds."""

Clauses = dict[str, ClauseVersion]


@dataclass(frozen=True)
class Ambiguity:
    """Two amendments of the same dates that change one thing differently."""

    clause_id: str
    term: str
    """The term, or an empty text where one of them removes the clause."""
    amendments: tuple[str, str]


@dataclass(frozen=True)
class Standing:
    """A clause with the layers in which it stands, and whether that is certain."""

    version: ClauseVersion
    layers: frozenset[Layer]
    certain: bool


@dataclass(frozen=True)
class World:
    """The clauses in force before and after the term sheet, if the uncertain dates fall one way."""

    current: Mapping[str, ClauseVersion]
    result: Mapping[str, ClauseVersion]
    proposed: frozenset[str]
    removed: frozenset[str]
    ambiguities: tuple[Ambiguity, ...]

    def layers(self) -> Iterable[tuple[ClauseVersion, frozenset[Layer]]]:
        """Every clause of the world with the layers in which it stands."""
        for id, version in self.current.items():
            layers: set[Layer] = {"current"}
            if id in self.removed:
                layers.add("removed")
            elif id not in self.proposed:
                layers.add("result")
            yield version, frozenset(layers)
        for id in self.proposed:
            yield self.result[id], frozenset({"proposed", "result"})


def worlds(
    agreement: Agreement, as_of: Date, sheet: TermSheet | None = None, known_on: Date | None = None
) -> list[World]:
    """Every way in which the clauses may stand as of a day, as known on another (that same day if left out).

    Raises InputError where the term sheet or an amendment changes a clause that is not, or not certainly, in force,
    and where the agreement was signed only later.
    """
    if agreement.signed is not None and as_of.highest < agreement.signed.lowest:
        sentence = f"nothing is in force on {as_of}: the agreement was signed on {agreement.signed}"
        raise InputError.of(
            "not-yet-signed", sentence, agreement.root.items["signed"].place, "choose a later date with `--as-of`"
        )
    certain, uncertain = _effective(agreement, as_of, known_on or as_of)
    found: list[World] = []
    refused: list[Problem] = []
    for chosen in itertools.product([True, False], repeat=len(uncertain)):
        amendments = certain + [amendment for amendment, taken in zip(uncertain, chosen, strict=True) if taken]
        problems = Problems()
        current, ambiguities = _apply_amendments(agreement, amendments, problems)
        if problems.found:  # an amendment in force changes a clause of another: that other must be in force too
            refused += problems.found
            continue
        result, proposed, removed = _apply_sheet(current, sheet, problems)
        problems.raise_as(InputError)
        found.append(World(current, result, proposed, removed, tuple(ambiguities)))
    if not found:
        raise InputError(refused)
    return found


def standings(possible: Sequence[World]) -> list[Standing]:
    """Every clause with its layers, certain where it stands so in every world; in the order of the ids."""
    seen: dict[tuple[str, frozenset[Layer]], tuple[ClauseVersion, int]] = {}
    for world in possible:
        for version, layers in world.layers():
            key = (version.content, layers)
            count = seen[key][1] if key in seen else 0
            seen[key] = (version, count + 1)
    found = [Standing(version, layers, count == len(possible)) for (_, layers), (version, count) in seen.items()]
    return sorted(found, key=lambda s: (s.version.id, sorted(s.layers), s.version.content))


def _effective(agreement: Agreement, as_of: Date, known_on: Date) -> tuple[list[Amendment], list[Amendment]]:
    """The amendments that hold for certain on a day, and those that may."""
    certain: list[Amendment] = []
    uncertain: list[Amendment] = []
    for amendment in agreement.amendments.values():
        signed = amendment.signed or amendment.effective
        if amendment.effective.lowest > as_of.highest or signed.lowest > known_on.highest:
            continue
        holds = amendment.effective.highest <= as_of.lowest and signed.highest <= known_on.lowest
        (certain if holds else uncertain).append(amendment)
    if len(uncertain) > MAXIMUM_UNCERTAIN:
        raise InputError.of(
            "too-uncertain",
            f"{len(uncertain)} amendments may or may not be in force on {as_of}, and at most "
            f"{MAXIMUM_UNCERTAIN} can be weighed",
            uncertain[0].place,
            "state their dates more closely",
        )
    return certain, uncertain


def _apply_amendments(
    agreement: Agreement, amendments: list[Amendment], problems: Problems
) -> tuple[Clauses, list[Ambiguity]]:
    clauses: Clauses = dict(agreement.clauses)
    ambiguities = _ambiguities(amendments)
    removal_unclear = {found.clause_id for found in ambiguities if not found.term}
    applied: set[str] = set()
    for amendment in _in_order(amendments):
        since = Date(amendment.effective.highest, amendment.effective.highest)
        for change in amendment.changes:
            if not (change.action == "remove" and change.clause_id in removal_unclear):
                apply_change(clauses, change, amendment.id, since, problems)
        applied.add(amendment.id)
        for found in ambiguities:
            if amendment.id in found.amendments and applied >= set(found.amendments) and found.clause_id in clauses:
                clauses[found.clause_id] = _made_ambiguous(clauses[found.clause_id], found.term)
    unsettled = [a for a in ambiguities if a.clause_id in clauses and a.term in clauses[a.clause_id].ambiguous]
    return clauses, unsettled


def _in_order(amendments: list[Amendment]) -> list[Amendment]:
    """By dates, except that an amendment comes after those over which it prevails."""
    waiting = sorted(amendments, key=lambda a: (a.effective.lowest, (a.signed or a.effective).lowest, a.id))
    ordered: list[Amendment] = []
    while waiting:
        ids = {amendment.id for amendment in waiting}
        ready = next((a for a in waiting if not ids & set(a.prevails_over)), waiting[0])
        ordered.append(ready)
        waiting.remove(ready)
    return ordered


def _ambiguities(amendments: list[Amendment]) -> list[Ambiguity]:
    found = []
    prevails = {amendment.id: _prevails_over(amendment, amendments) for amendment in amendments}
    for first, second in itertools.combinations(sorted(amendments, key=lambda a: a.id), 2):
        if second.id in prevails[first.id] or first.id in prevails[second.id] or _ordered(first, second):
            continue
        for one, other in itertools.product(first.changes, second.changes):
            for term in _clashing_terms(one, other):
                found.append(Ambiguity(one.clause_id, term, (first.id, second.id)))
    return sorted(set(found), key=lambda a: (a.clause_id, a.term, a.amendments))


def _prevails_over(amendment: Amendment, amendments: list[Amendment]) -> set[str]:
    """The amendments over which one prevails, by however many steps."""
    named = {other.id: set(other.prevails_over) for other in amendments}
    reached: set[str] = set()
    waiting = set(amendment.prevails_over)
    while waiting:
        reached |= waiting
        waiting = {further for id in waiting for further in named.get(id, ())} - reached
    return reached


def _ordered(first: Amendment, second: Amendment) -> bool:
    """Whether the dates of two amendments say which has the last word."""
    for one, other in (
        (first.effective, second.effective),
        (first.signed or first.effective, second.signed or second.effective),
    ):
        if one.highest < other.lowest or other.highest < one.lowest:
            return True
        if not (one.is_exact and other.is_exact):
            return False
    return False


def _clashing_terms(one: Change, other: Change) -> list[str]:
    if one.clause_id != other.clause_id or (one.action == other.action == "remove"):
        return []
    if "remove" in (one.action, other.action):
        return [""]
    common = sorted(set(one.nodes) & set(other.nodes) - {"kind", "heading", "text", "source"})
    return [term for term in common if one.nodes[term].plain() != other.nodes[term].plain()]


def _made_ambiguous(version: ClauseVersion, term: str) -> ClauseVersion:
    if not term:
        return replace(version, ambiguous=version.ambiguous | {""})
    clause = version.clause.model_copy(update={term: None})
    return replace(version, clause=clause, ambiguous=version.ambiguous | {term})


def _apply_sheet(
    current: Clauses, sheet: TermSheet | None, problems: Problems
) -> tuple[Clauses, frozenset[str], frozenset[str]]:
    result = dict(current)
    if sheet is None:
        return result, frozenset(), frozenset()
    touched: dict[str, str] = {}
    for change in sheet.changes:
        if change.clause_id in touched:
            earlier = touched[change.clause_id]
            sentence = f"the term sheet changes `{change.clause_id}` twice (`{earlier}` and `{change.action}`)"
            problems.add("changed-twice", sentence, change.place, "put all changes of one clause in one change")
            continue
        touched[change.clause_id] = change.action
        apply_change(result, change, sheet.id, None, problems)
    proposed = frozenset(id for id, action in touched.items() if action != "remove" and id in result)
    removed = frozenset(id for id, action in touched.items() if action == "remove" and id in current)
    return result, proposed, removed


def apply_change(clauses: Clauses, change: Change, instrument: str, since: Date | None, problems: Problems) -> None:
    """Apply one change to the clauses in force, noting a change that cannot be made."""
    id = change.clause_id
    in_force = clauses.get(id)
    if change.action == "add":
        if in_force is not None:
            hint = f"use `amend: {id}` to change it, or another id for a new clause"
            problems.add("already-in-force", f"a clause `{id}` is already in force", change.place, hint)
            return
        added = read_clause(id, Mapping_(change.nodes, {}, change.written_at), change.place, instrument, problems)
        if added:
            clauses[id] = replace(added, in_force_since=since, changed=frozenset(change.nodes))
        return
    if in_force is None:
        problems.add("not-in-force", f"the clause `{id}` is not in force", change.place, did_you_mean(id, clauses))
        return
    if change.action == "remove":
        del clauses[id]
        return
    amended = _amended(in_force, change, instrument, problems)
    if amended:
        clauses[id] = amended


def _amended(version: ClauseVersion, change: Change, instrument: str, problems: Problems) -> ClauseVersion | None:
    """The clause with some terms written anew; the others keep their places."""
    known = set(KINDS[version.kind].model_fields)
    bad = [key for key in change.nodes if key not in known or key == "kind"]
    for key in bad:
        sentence = f"a clause of kind `{version.kind}` has no key `{key}`"
        if key == "kind":
            sentence = "the kind of a clause cannot be amended"
        hint = "remove the clause and add another" if key == "kind" else did_you_mean(key, known)
        problems.add("unknown-key", sentence, change.keys.get(key, change.nodes[key].place), hint)
    if bad:
        return None
    # The old words and the old quote do not say what the amended clause says.
    kept = {key: node for key, node in version.nodes.items() if key not in ("text", "source")}
    nodes: dict[str, Node] = {**kept, **change.nodes}
    keys = {key: node.place for key, node in nodes.items()}
    merged = read_clause(version.id, Mapping_(nodes, keys, change.written_at), change.place, instrument, problems)
    if merged is None:
        return None
    still_unclear = version.ambiguous - set(change.nodes)
    for term in still_unclear - {""}:
        merged = _made_ambiguous(merged, term)
    return replace(
        merged, in_force_since=version.in_force_since, changed=frozenset(change.nodes), ambiguous=still_unclear
    )
