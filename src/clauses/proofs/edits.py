"""Edits of a term sheet: what a proof proposes, as a term sheet that is read again like any other."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from clauses.proofs.room import EFFECTIVE, OpenTerm
from clauses.source import Location
from clauses.terms.agreement import Agreement, TermSheet, read_term_sheet
from clauses.terms.values import Value

Plain = dict[str, Any]


@dataclass(frozen=True)
class Edit:
    """One change of a term sheet."""

    action: Literal["move", "state", "add", "drop"]
    """`move` a term to another value, `state` one that is silent, `add` a clause, `drop` a change."""
    clause: str
    term: str | None
    before: str | None
    """What the documents say; None where they are silent."""
    after: str | None
    """What the term becomes; of a clause that is added, what it says."""
    least: str | None = None
    greatest: str | None = None
    """Between which values it may lie, the other edits being made; None where there is but one."""
    whole_range: bool = False
    """Whether every value between them is as good (proved), and not only these two."""
    cost: int = 0
    location: Location | None = None


def with_edits(sheet: TermSheet, edits: Iterable[Edit], clauses: Mapping[str, Plain] | None = None) -> Plain:
    """The term sheet with edits, as plain data. `clauses` gives what each added clause holds."""
    found = copy.deepcopy(sheet.root.plain())
    for edit in edits:
        if edit.action == "drop":
            found["changes"] = [change for change in found["changes"] if edit.clause not in _ids(change)]
        elif edit.action == "add":
            found["changes"].append({"add": edit.clause, "clause": dict((clauses or {})[edit.clause])})
        elif not edit.clause:
            found["effective"] = edit.after
        else:
            _terms_of(found, edit.clause)[str(edit.term)] = edit.after
    return found


def _ids(change: Plain) -> set[str]:
    return {str(change[action]) for action in ("add", "amend", "remove") if action in change}


def _terms_of(sheet: Plain, clause: str) -> Plain:
    for change in sheet["changes"]:
        if change.get("add") == clause:
            return dict.__getitem__(change, "clause")
        if change.get("amend") == clause:
            return dict.__getitem__(change, "set")
    raise KeyError(clause)


def read_again(plain: Plain, agreement: Agreement) -> TermSheet:
    """A term sheet from plain data."""
    return read_term_sheet(plain, agreement)


def shown(value: Value | str | None) -> str | None:
    """A value as a document writes it."""
    return None if value is None else str(value)


def names_of(edits: Iterable[Edit]) -> tuple[str, ...]:
    """What is edited: terms and clauses by name."""
    return tuple(f"{e.clause}.{e.term}" if e.clause and e.term else e.clause or EFFECTIVE for e in edits)


def edit_of(term: OpenTerm, after: Value | str, cost: int) -> Edit:
    """The edit that takes a term to a value."""
    action: Literal["move", "state"] = "state" if term.given is None else "move"
    location = term.place.location() if term.place and term.place.line else None
    return Edit(action, term.clause, term.term, shown(term.given), str(after), cost=cost, location=location)
