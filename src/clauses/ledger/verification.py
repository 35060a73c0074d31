"""Whether a ledger is as it was written: every entry, every link between entries, every document, and anchors.

Rows are read one after the other, so that a ledger of any size can be verified. What is wrong gets a number and a name:

    edited              an entry is not what its hash was made of, or was replaced by another
    deleted             an entry is missing; with an anchor also one of the newest
    inserted            an entry stands where it was not written
    reordered           entries stand in another order, or were given other numbers
    rehashed            an anchor names another hash: the entry, or one before it, was written anew with right hashes
    document missing    an entry came with a document that is not there
    document altered    a document is not what its digest says
    document inserted   a document that no entry came with
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Row, func, select

from clauses.ledger import chain
from clauses.ledger.chain import GENESIS, Anchor
from clauses.ledger.tables import DOCUMENTS, ENTRIES

MAXIMUM_DEFECTS = 1_000
"""How many are told one by one."""
AT_ONCE = 200
BYTES_AT_ONCE = 16 * 1024 * 1024
REMEMBERED = 20_000
"""How many digests of documents are remembered, for most entries share the files of packs."""
NEIGHBOURS = 64
"""How far from its place an entry is recognised that was moved."""
SEARCHES = 100
"""For how many entries neighbouring places are tried; from there on one that was moved counts as edited."""

_TEXTS = ("kind", "who", "door", "at", "content", "documents", "previous", "hash")
_DIGESTS = re.compile(r"(|[0-9a-f]{64}( [0-9a-f]{64})*)")

Kind = Literal[
    "edited", "deleted", "inserted", "reordered", "rehashed",
    "document missing", "document altered", "document inserted",
]  # fmt: skip


@dataclass(frozen=True)
class Defect:
    """Something that is not as it was written."""

    number: int
    """The entry that it is about, or the first of several."""
    kind: Kind
    sentence: str
    last: int | None = None
    """The last of several entries."""
    document: str | None = None
    """The digest of the document that it is about."""

    def data(self) -> dict[str, Any]:
        """The defect as plain data."""
        names = ("number", "last", "kind", "sentence", "document")
        return {name: value for name in names if (value := getattr(self, name)) is not None}


@dataclass(frozen=True)
class Verification:
    """What verifying a ledger found."""

    entries: int
    """How many there are."""
    documents: int
    anchors: int
    """How many anchors were compared."""
    head: Anchor | None
    """The anchor of the newest entry, to be kept outside."""
    defects: tuple[Defect, ...]
    """In the order of the entries; at most `MAXIMUM_DEFECTS`."""
    more: int
    """How many defects there are besides."""

    @property
    def is_sound(self) -> bool:
        """Whether all is as it was written, as far as the chain and the anchors show."""
        return not self.defects

    def data(self) -> dict[str, Any]:
        """The result as plain data."""
        return {
            "is_sound": self.is_sound,
            "entries": self.entries,
            "documents": self.documents,
            "anchors": self.anchors,
            "head": str(self.head) if self.head else None,
            "defects": [one.data() for one in self.defects],
            "more": self.more,
        }


def verify(connection: Connection, anchors: Sequence[Anchor], tell: Callable[[int], None]) -> Verification:
    """Go over a ledger, within one transaction that sees one state of it."""
    found = _Defects()
    walk = _Walk(found, anchors)
    documents = _Documents(connection, found)
    rows = _streamed(connection, select(ENTRIES).order_by(ENTRIES.c.number))
    for some in rows:
        for row in some:
            walk.step(row)
        documents.check_there(some)
        tell(walk.entries)
    walk.end()
    kept = documents.check_all()
    defects = sorted(found.told, key=lambda one: one.number)
    return Verification(walk.entries, kept, len(set(anchors)), walk.head, tuple(defects), found.more)


def as_bytes(data: Any) -> bytes:
    """The bytes of a document, also where somebody put a text in their place."""
    return data.encode(errors="surrogatepass") if isinstance(data, str) else bytes(data or b"")


def _streamed(connection: Connection, wanted: Any) -> Iterator[Sequence[Row[Any]]]:
    return connection.execute(wanted, execution_options={"yield_per": AT_ONCE}).partitions()


class _Defects:
    """Defects as they are found; those beyond the maximum are counted."""

    def __init__(self) -> None:
        self.told: list[Defect] = []
        self.more = 0

    def add(self, defect: Defect) -> None:
        if len(self.told) < MAXIMUM_DEFECTS:
            self.told.append(defect)
        else:
            self.more += 1


class _Walk:
    """Goes along the chain."""

    def __init__(self, found: _Defects, anchors: Sequence[Anchor]) -> None:
        self.entries = 0
        self.head: Anchor | None = None
        self._found = found
        self._anchors: dict[int, set[Anchor]] = {}
        for anchor in anchors:
            self._anchors.setdefault(anchor.number, set()).add(anchor)
        self._number, self._hash = 0, GENESIS
        """Of the entry before."""
        self._is_told = False
        """Whether the entry before was said to be wrong."""
        self._shift = 0
        self._searches = SEARCHES
        self._moved: list[tuple[int, int, int]] = []
        """Stretches of entries that follow on each other: first and last place, and how far from it they were."""

    def step(self, row: Row[Any]) -> None:
        """Look at the next entry."""
        self.entries += 1
        number = row.number
        if not isinstance(number, int) or number <= self._number:
            where = number if isinstance(number, int) else self._number
            self._found.add(Defect(where, "inserted", "it has a number that no entry was given, or that another has"))
            return
        self._look_for_gap(number)
        is_told = self._look_at(row, number)
        self._compare(number, row.hash)
        self._number, self._hash, self._is_told = number, row.hash, is_told
        if isinstance(row.hash, str):
            self.head = Anchor(number, row.hash)

    def _look_for_gap(self, number: int) -> None:
        first, last = self._number + 1, number - 1
        if first <= last:
            self._found.add(_deleted(first, last))
            self._is_told = True  # the entry after a gap follows on none that is there

    def _look_at(self, row: Row[Any], number: int) -> bool:
        """Whether something is wrong with an entry, which is then said."""
        shift = self._shift_of(row, number)
        if shift is None:
            self._found.add(Defect(number, "edited", "it is not what its hash was made of"))
            return True
        if shift:
            self._note_moved(number, shift)
            return True
        follows = row.previous == self._hash
        if not follows and not self._is_told and not self._number:
            sentence = "it is not the first entry that was written: it follows on another"
            self._found.add(Defect(number, "edited", sentence))
            return True
        if not follows and not self._is_told:
            sentence = f"it was replaced, with a hash of its own: the entry {number} follows on another"
            self._found.add(Defect(self._number, "edited", sentence))
        return False

    def _shift_of(self, row: Row[Any], number: int) -> int | None:
        """How far from its place an entry was written: 0 for one that is right, None for one that is no entry."""
        if not all(isinstance(getattr(row, name), str) for name in _TEXTS) or row.key != _key(row):
            return None
        near = [0, self._shift]  # where one entry was moved, the next was moved as far
        if row.hash not in (_hash(row, number + shift) for shift in near) and self._searches:
            self._searches -= 1
            near = [shift for far in range(1, NEIGHBOURS + 1) for shift in (far, -far) if number + shift > 0]
        found = next((shift for shift in near if _hash(row, number + shift) == row.hash), None)
        self._shift = self._shift if found is None else found
        return found

    def _note_moved(self, number: int, shift: int) -> None:
        if self._moved and self._moved[-1][1:] == (number - 1, shift):
            self._moved[-1] = (self._moved[-1][0], number, shift)
        elif len(self._moved) < MAXIMUM_DEFECTS:
            self._moved.append((number, number, shift))
        else:
            self._found.more += 1

    def _compare(self, number: int, hash: Any) -> None:
        for anchor in sorted(self._anchors.pop(number, ()), key=str):
            if anchor.hash != hash:
                sentence = f"it is not the entry of the anchor {anchor}: it, or one before it, was written anew"
                self._found.add(Defect(number, "rehashed", sentence))

    def end(self) -> None:
        """Say what can only be told at the end."""
        for first, last, shift in self._moved:
            were = f"{first + shift}" if first == last else f"{first + shift} to {last + shift}"
            sentence = f"it was written as entry {were}" if first == last else f"they were written as entries {were}"
            self._found.add(Defect(first, "reordered", sentence, last if last > first else None))
        self._tell_what_moved_them()
        for number in sorted(self._anchors):
            for anchor in sorted(self._anchors[number], key=str):
                is_end = number > self._number
                why = f"the ledger ends with entry {self._number}" if is_end else "there is no such entry"
                self._found.add(Defect(number, "deleted", f"an anchor vouches for it ({anchor}), and {why}"))

    def _tell_what_moved_them(self) -> None:
        """Entries were given other numbers: because one is missing whose place they took, or one took theirs?"""
        places = [(first, last) for first, last, _ in self._moved]
        written = sorted((first + shift, last + shift) for first, last, shift in self._moved)
        for first, last in _minus(written, places):
            if first <= self._number:
                last = min(last, self._number)
                sentence = "what was written here stands elsewhere now"
                self._found.add(Defect(first, "inserted", sentence, last if last > first else None))
        for first, last in _minus(places, written):
            last = min(last, max(end for _, end in written))
            if first <= last:
                self._found.add(_deleted(first, last))


def _deleted(first: int, last: int) -> Defect:
    if first == last:
        return Defect(first, "deleted", "the entry is missing")
    return Defect(first, "deleted", f"the entries {first} to {last} are missing", last)


def _minus(some: Sequence[tuple[int, int]], others: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The stretches of `some` that are in none of `others`; both sorted, from first to last."""
    starts = [first for first, _ in others]
    for first, last in some:
        at = first
        for other, end in others[max(0, bisect_right(starts, first) - 1) :]:
            if other > last:
                break
            if at < other:
                yield at, other - 1
            at = max(at, end + 1)
        if at <= last:
            yield at, last


def _hash(row: Row[Any], number: int) -> str:
    return chain.hash_of(number, row.at, row.who, row.door, row.kind, row.content, row.documents, row.previous)


def _key(row: Row[Any]) -> str | None:
    """What the key of a row should be."""
    return chain.key_in(row.kind, row.content)


class _Documents:
    """Checks what entries came with."""

    def __init__(self, connection: Connection, found: _Defects) -> None:
        self._connection = connection
        self._found = found
        self._known: OrderedDict[str, int] = OrderedDict()
        """By digest, the entry that is said to have come with a document first."""

    def check_there(self, rows: Iterable[Row[Any]]) -> None:
        """Whether what some entries came with is there, and was there when they were written."""
        lists = [(row.number, _listed(row.documents)) for row in rows]
        asked = {digest for _, digests in lists for digest in digests if digest not in self._known}
        self._learn(sorted(asked))
        for number, digests in lists:
            for digest in digests:
                first = self._known.get(digest)
                if first is None:
                    sentence = f"the document {digest} is missing"
                    self._found.add(Defect(number, "document missing", sentence, None, digest))
                elif first > number:
                    sentence = f"the document {digest} is said to have come with entry {first}, which is later"
                    self._found.add(Defect(number, "document altered", sentence, None, digest))
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    def _learn(self, digests: Sequence[str]) -> None:
        for first in range(0, len(digests), AT_ONCE):
            some = DOCUMENTS.c.sha256.in_(digests[first : first + AT_ONCE])
            for row in self._connection.execute(select(DOCUMENTS.c.sha256, DOCUMENTS.c.entry).where(some)):
                self._known[row.sha256] = row.entry

    def check_all(self) -> int:
        """Whether every document is what its digest says, and came with an entry. Returns how many there are."""
        columns = (DOCUMENTS.c.sha256, DOCUMENTS.c.entry, func.length(DOCUMENTS.c.data).label("size"))
        wanted = select(*columns).order_by(DOCUMENTS.c.entry, DOCUMENTS.c.sha256)
        count = 0
        for some in _streamed(self._connection, wanted):
            count += len(some)
            self._check_brought(some)
            for group in _in_groups(some):
                self._check_bytes(group)
        return count

    def _check_brought(self, rows: Sequence[Row[Any]]) -> None:
        numbers = {row.entry for row in rows}
        entries = select(ENTRIES.c.number, ENTRIES.c.documents).where(ENTRIES.c.number.in_(numbers))
        brought = {row.number: set(_listed(row.documents)) for row in self._connection.execute(entries)}
        for row in rows:
            if row.sha256 not in brought.get(row.entry, ()):
                sentence = f"the document {row.sha256} did not come with this entry"
                self._found.add(Defect(row.entry, "document inserted", sentence, None, row.sha256))

    def _check_bytes(self, rows: Sequence[Row[Any]]) -> None:
        wanted = DOCUMENTS.c.sha256.in_([row.sha256 for row in rows])
        columns = select(DOCUMENTS.c.sha256, DOCUMENTS.c.entry, DOCUMENTS.c.data).where(wanted)
        for row in self._connection.execute(columns.order_by(DOCUMENTS.c.entry, DOCUMENTS.c.sha256)):
            if chain.sha256(as_bytes(row.data)) != row.sha256:
                sentence = f"the document {row.sha256} is not what its digest says"
                self._found.add(Defect(row.entry, "document altered", sentence, None, row.sha256))


def _listed(documents: Any) -> list[str]:
    """The digests that an entry lists; none where somebody put something else in their place."""
    is_list = isinstance(documents, str) and _DIGESTS.fullmatch(documents)
    return documents.split() if is_list else []


def _in_groups(rows: Sequence[Row[Any]]) -> Iterator[list[Row[Any]]]:
    """Documents that are read together, so that they do not take too much memory."""
    group: list[Row[Any]] = []
    size = 0
    for row in rows:
        if group and size + (row.size or 0) > BYTES_AT_ONCE:
            yield group
            group, size = [], 0
        group.append(row)
        size += row.size or 0
    if group:
        yield group
