"""A plain record: which clauses it has before and after its term sheet, and whether all that it names is there."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET

from clauses.terms.plain.shapes import AGREEMENT_KEYS, SHEET_KEYS, decode, decode_closed, decode_kind, encode
from clauses.terms.plain.texts import DATES, IDS, NotPlain
from clauses.terms.values import UNKNOWN, Date

UNTOUCHED, REPLACED, REMOVED, AMENDED, ADDED = range(5)
"""How a clause stands to the term sheet. A clause that it amends is there twice, REPLACED and AMENDED."""

LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"current", "result"}),
    frozenset({"current"}),
    frozenset({"current", "removed"}),
    frozenset({"proposed", "result"}),
    frozenset({"proposed", "result"}),
)
"""The layers of each standing."""


class Standing(NamedTuple):
    """A clause as it stands before or after the term sheet."""

    id: str
    how: int
    """UNTOUCHED and so on."""
    clause: Any
    """Of one of the shapes."""
    changed: Any
    """What the term sheet writes of it, of the same shape, where it is AMENDED."""


Known = Mapping[str, Any]
"""The parties, or the clauses, that a reference may name."""


class PlainRecord:
    """A plain record with everything checked but the terms of its clauses, which whoever reads them checks.

    That no key stands twice is checked by `check_keys`, which must be called too.
    """

    __slots__ = (
        "added", "agreement", "amended", "base_clauses", "base_parties", "clauses", "inferred",
        "inferred_amended", "is_checked", "parties", "record", "removed", "sheet", "text",
    )  # fmt: skip

    def __init__(self, text: bytes, as_of: Date) -> None:
        self.text = text
        self.is_checked = False
        try:
            self._read(decode_closed(text), as_of)
        except msgspec.ValidationError:
            self._read(decode(text), as_of)

    def _read(self, record: Any, as_of: Date) -> None:
        self.record = record
        if record.agreement.__class__ is str:
            self.agreement, self.sheet = record, None
            if record.term_sheet is not UNSET:
                raise NotPlain
        else:
            self.agreement = record.agreement
            self.sheet = record.term_sheet or None
            if _header(record) != _NO_HEADER:
                raise NotPlain
        self.added: dict[str, Any] = {}
        self.amended: dict[str, tuple[Any, Any]] = {}
        self.removed: set[str] = set()
        self._read_agreement(self.agreement, as_of)
        if self.sheet is not None:
            self._read_sheet(self.sheet)
        if UNKNOWN in self.parties or UNKNOWN in self.clauses:
            raise NotPlain  # who is called so cannot be named

    def _read_agreement(self, agreement: Any, as_of: Date) -> None:
        clauses = agreement.clauses
        if not agreement.parties or clauses is UNSET or agreement.amendments:
            raise NotPlain
        IDS.check((agreement.agreement,))
        IDS.check(clauses)
        self._since(agreement, as_of)
        self.base_clauses = self.clauses = clauses
        IDS.check(agreement.parties)
        self.base_parties = self.parties = agreement.parties
        if agreement.sources:
            IDS.check(agreement.sources)

    def _since(self, agreement: Any, as_of: Date) -> None:
        """From when clauses in force are known to have started, where they do not say."""
        signed, reported = DATES[agreement.signed], DATES[agreement.as_reported]
        if signed is not None and as_of.highest < signed.lowest:
            raise NotPlain
        since = signed or reported
        latest = (since or as_of).highest
        self.inferred = _day(latest) if latest <= as_of.highest else None
        self.inferred_amended = self.inferred if since else None

    def _read_sheet(self, sheet: Any) -> None:
        IDS.check((sheet.term_sheet,))
        if sheet.agreement != self.agreement.agreement and "." not in sheet.agreement:
            raise NotPlain
        if DATES[sheet.dated] is None or not sheet.changes:
            raise NotPlain
        DATES[sheet.effective]
        if sheet.sources:
            IDS.check(sheet.sources)
        if sheet.parties:
            IDS.check(sheet.parties)
            self.parties = {**self.base_parties, **sheet.parties}
            if len(self.parties) < len(self.base_parties) + len(sheet.parties):
                raise NotPlain
        if sheet.proposed_by not in (UNSET, None) and sheet.proposed_by not in self.parties:
            raise NotPlain
        self._read_changes(sheet.changes)

    def _read_changes(self, changes: Sequence[Any]) -> None:
        added = {
            change.add: change.clause
            for change in changes
            if change.amend is change.set is change.remove is UNSET is not change.clause
        }
        touched = 0
        if len(added) < len(changes):
            for change in changes:
                if change.clause is UNSET:
                    self._read_other(change)
                    touched += 1
        if len(added) + touched < len(changes) or len(self.amended) + len(self.removed) < touched:
            raise NotPlain  # one clause is changed twice
        if added:
            if UNSET in added or not added.keys().isdisjoint(self.base_clauses):
                raise NotPlain
            IDS.check(added)
            self.added = added
            self.clauses = {**self.base_clauses, **added}

    def _read_other(self, change: Any) -> None:
        """A change that amends or removes a clause in force."""
        if change.add is not UNSET:
            raise NotPlain
        if change.amend is UNSET:
            if change.remove not in self.base_clauses or not (change.clause is change.set is UNSET):
                raise NotPlain
            self.removed.add(change.remove)
        elif change.remove is change.clause is UNSET and change.set is not UNSET:
            self.amended[change.amend] = _amended(self.base_clauses[change.amend], bytes(change.set))
        else:
            raise NotPlain
        if change.amend in self.removed or change.remove in self.amended:
            raise NotPlain

    def check_keys(self, in_clauses: int | None = None) -> None:
        """Raise NotPlain where a key stands twice, of which msgspec takes the last.

        `in_clauses` is how many keys the clauses have that were read, one more for the id of each: then counting
        tells, where no text has a colon. A record with as many colons as keys has none twice.
        """
        if self.is_checked:
            return
        text = self.text
        if in_clauses is None or b"\\" in text or in_clauses + self._other_keys() != text.count(b":"):
            again = encode(self.record)
            if len(again) != len(text):  # nothing is written shorter: in as many bytes, nothing is missing
                _refuse_doubles(again, text)
        self.is_checked = True

    def _other_keys(self) -> int:
        """How many keys there are outside of the clauses that were read."""
        record, agreement, sheet = self.record, self.agreement, self.sheet
        keys = 1 + len(AGREEMENT_KEYS) - _header(agreement).count(UNSET) + keys_of(agreement.parties)
        if agreement.sources:
            keys += keys_of(agreement.sources)
        if agreement is not record:
            keys += 1 if record.term_sheet is UNSET else 2
        if sheet is not None:
            keys += len(SHEET_KEYS) - _sheet_header(sheet).count(UNSET)
            keys += len(self.added) + 2 * len(self.amended) + len(self.removed)
            if sheet.parties or sheet.sources:
                keys += keys_of((sheet.parties or None, sheet.sources or None))
            if self.amended:  # what is set was checked where it was read
                keys += sum(bytes(change.set).count(b":") for change in sheet.changes if change.set is not UNSET)
        return keys

    def standings(self) -> list[Standing]:
        """The clauses before and after the term sheet, in the order of their facts."""
        found = []
        for id, clause in self.base_clauses.items():
            how = REMOVED if id in self.removed else REPLACED if id in self.amended else UNTOUCHED
            found.append(Standing(id, how, clause, None))
        found += [Standing(id, AMENDED, clause, changed) for id, (clause, changed) in self.amended.items()]
        found += [Standing(id, ADDED, clause, None) for id, clause in self.added.items()]
        return sorted(found, key=_order)

    def check_ties(self, standings: Iterable[Standing]) -> None:
        """Raise NotPlain where clauses yield to each other in a circle, or name documents that are not there.

        It matters only where some clause has a key of `TIES`.
        """
        sources = {*(self.agreement.sources or ())}
        all_sources = {*sources, *((self.sheet.sources or ()) if self.sheet is not None else ())}
        ends: dict[str, set[str]] = {}
        for id, how, clause, changed in standings:
            proposed = how in (AMENDED, ADDED)
            written = changed if how == AMENDED else clause
            _check_origin(written.source, all_sources if proposed else sources)
            known = self.clauses if proposed else self.base_clauses
            for other in clause.subject_to or ():
                if other not in known:
                    raise NotPlain
                ends.setdefault(id, set()).add(other)
            for other in clause.notwithstanding or ():
                if other not in known:
                    raise NotPlain
                ends.setdefault(other, set()).add(id)
        if _has_circle(ends):
            raise NotPlain

    # --- names, for sentences

    def party_name(self, party_id: str) -> str:
        """The name of a party, or its id where it is not listed."""
        party = self.parties.get(party_id)
        return party.name if party else party_id

    def heading(self, clause_id: str) -> str | None:
        """The heading of a clause, after the term sheet or before it; None where it has none."""
        amended = self.amended.get(clause_id)
        clause = amended[0] if amended else self.base_clauses.get(clause_id) or self.added.get(clause_id)
        return (clause.heading or None) if clause is not None else None

    def headings(self) -> dict[str, str]:
        """The headings of the clauses that have one."""
        return {id: heading for id in (*self.base_clauses, *self.added) if (heading := self.heading(id))}


def keys_of(part: Any) -> int:
    """How many keys a part of a record has, and what it holds, where no text has a colon."""
    return encode(part).count(b":")


def _refuse_doubles(again: bytes, text: bytes, more: int = 0) -> None:
    """Raise NotPlain where a key of a text stands twice, of which msgspec takes the last.

    `again` is what was read, written again with so many colons `more`. A key that was dropped took a colon with it;
    all other colons come out as they went in, unless one was written by its number.
    """
    has_numbered = b"\\" in text and b"\\u003" in text
    if has_numbered or again.count(b":") != text.count(b":") + more:
        raise NotPlain


def _order(standing: Standing) -> tuple[str, bool]:
    # An amended clause stands in `current`, and as amended in `proposed`: in the order of the letters.
    return standing.id, standing.how == AMENDED


@functools.lru_cache(maxsize=1024)
def _day(latest: int) -> Date:
    return Date(1, latest)


_header = operator.attrgetter(*AGREEMENT_KEYS)
_sheet_header = operator.attrgetter(*SHEET_KEYS)
_NO_HEADER = (UNSET,) * len(AGREEMENT_KEYS)


def basis_of(origin: Any) -> str:
    """On what basis a clause is taken to be so."""
    return "stated" if origin is UNSET else (origin.basis or "stated")


def _amended(old: Any, text: bytes) -> tuple[Any, Any]:
    """A clause with some terms written anew, and what is new; the old words do not say what it says then."""
    if b"kind" in text:
        raise NotPlain
    shape = old.__class__
    changed = decode_kind[shape](text)
    _refuse_doubles(encode(changed), text, 1)  # the kind is written too
    found = {name: value for name in shape.__struct_fields__ if (value := getattr(changed, name)) is not UNSET}
    if not found:
        raise NotPlain
    return msgspec.structs.replace(old, **{"text": UNSET, "source": UNSET, **found}), changed


TIES = ("source", "subject_to", "notwithstanding")
"""The keys of a clause that `PlainRecord.check_ties` is about."""


def _check_origin(origin: Any, sources: set[str]) -> None:
    if origin is UNSET:
        return
    if origin.document is not UNSET and origin.document is not None and origin.document not in sources:
        raise NotPlain
    if origin.basis == "reported" and not (origin.document and origin.quote and origin.quote.strip()):
        raise NotPlain


def _has_circle(ends: Mapping[str, set[str]]) -> bool:
    """Whether some node reaches itself: then taking away nodes that lead nowhere never ends."""
    left = {id: set(others) for id, others in ends.items()}
    while left:
        stuck = {id: others & left.keys() for id, others in left.items() if others & left.keys()}
        if len(stuck) == len(left):
            return True
        left = stuck
    return False
