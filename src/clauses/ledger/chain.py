"""An entry, and how it is chained to the one before it.

The hash of an entry is the SHA-256, in hexadecimal, of its fields as netstrings (length in bytes, `:`, the bytes,
`,`), all as text in UTF-8:

    clauses-ledger-1   number   at   who   door   kind   content   documents   previous

`content` is canonical JSON: keys sorted, no spaces, nothing escaped that need not be. It is stored as exactly that
text. `documents` are the SHA-256 digests of the documents that the entry came with, sorted and separated by spaces.
`previous` is the hash of the entry before; that of the first entry is `GENESIS`.

**What the chain shows.** Whoever changes, removes, inserts or moves an entry leaves a hash that is wrong, a link that
leads nowhere or a number that is missing, unless they write anew every entry from there to the newest.

**What it cannot show by itself.** A tail that was written anew with right hashes is as good a chain as the old one, and
so is one whose newest entries were taken away. Against both helps an *anchor*: the number and the hash of an entry,
kept where the ledger's keeper cannot change it: printed in a memo, sent by mail, handed to another person. An
anchor vouches for its entry and for every entry before it. Nor does the chain show who wrote an entry (that is for
whoever lets people write), that the time in it is right, or that all that was done was recorded.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from clauses.errors import UsageError

GENESIS = hashlib.sha256(b"clauses-ledger-1").hexdigest()
"""What the first entry names as the hash before it."""

MAXIMUM_WORD = 2_000
"""How many characters the name of a person, a door or a kind may have."""

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Anchor:
    """The number and the hash of an entry: what is kept outside a ledger to prove it by."""

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"

    @classmethod
    def read(cls, text: str) -> Anchor:
        """Read `17:3f2a…` with the hash in full. Raises UsageError."""
        match = re.fullmatch(r"([1-9][0-9]{0,17}):([0-9a-fA-F]{64})", text.strip())
        if not match:
            hint = "write it as it was printed: the number of an entry, `:`, and 64 hexadecimal digits"
            raise UsageError.of("not-an-anchor", f"`{text}` is not an anchor", None, hint)
        return cls(int(match[1]), match[2].lower())


@dataclass(frozen=True)
class NewEntry:
    """What is to be kept."""

    kind: str
    """The sort of entry, such as `review`."""
    who: str
    """The person or the program that did it."""
    door: str
    """How they came in: `cli`, `http`, `mcp`, `python`."""
    at: str
    """The time of it, in UTC, as ISO 8601."""
    content: Mapping[str, Any]
    """What JSON can say."""


@dataclass(frozen=True)
class Entry:
    """What was kept."""

    number: int
    """Its place in the chain, from 1 on."""
    kind: str
    who: str
    door: str
    at: str
    content: dict[str, Any]
    documents: tuple[str, ...]
    """The digests of the documents that came with it, sorted."""
    previous: str
    """The hash of the entry before it."""
    hash: str

    @property
    def anchor(self) -> Anchor:
        """What to keep of it outside the ledger."""
        return Anchor(self.number, self.hash)

    def data(self) -> dict[str, Any]:
        """The entry as plain data."""
        named = ("number", "kind", "who", "door", "at", "content", "documents", "previous", "hash")
        found = {name: getattr(self, name) for name in named}
        return {**found, "documents": list(self.documents)}


def checked(new: NewEntry) -> NewEntry:
    """The entry as it was given. Raises UsageError where its words are none, ValueError where its time is none."""
    for what, word in (("who does it", new.who), ("the door", new.door), ("the kind of entry", new.kind)):
        if not word.strip() or len(word) > MAXIMUM_WORD or not word.isprintable():
            sentence = f"{what} should be a line of at most {MAXIMUM_WORD} characters that can be printed"
            raise UsageError.of("not-a-line", sentence)
    if datetime.datetime.fromisoformat(new.at).utcoffset() != datetime.timedelta(0):
        raise ValueError(f"the time of an entry is not in UTC: {new.at}")
    return new


def is_storable(word: str) -> bool:
    """Whether a database can be asked for a word at all: PostgreSQL knows no NUL, and neither half a character."""
    return "\0" not in word and not _SURROGATE.search(word)


def canonical(content: Mapping[str, Any]) -> str:
    """A content as the text that is kept and hashed."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)  # halves of a character are not UTF-8


def hash_of(number: int, at: str, who: str, door: str, kind: str, content: str, documents: str, previous: str) -> str:
    """The hash of an entry, from its fields as they are stored."""
    digest = hashlib.sha256()
    for field in ("clauses-ledger-1", str(number), at, who, door, kind, content, documents, previous):
        data = field.encode()
        digest.update(b"%d:%s," % (len(data), data))
    return digest.hexdigest()


def key_of(kind: str, content: Mapping[str, Any]) -> str | None:
    """By what an entry is found: what its content gives as `<kind>_id`, such as `review_id`."""
    key = content.get(f"{kind}_id")
    return key if isinstance(key, str) and len(key) <= MAXIMUM_WORD else None


def key_in(kind: str, text: str) -> str | None:
    """The same for a content as it is stored, which may be no content at all."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return key_of(kind, content) if isinstance(content, dict) else None


def sha256(data: bytes) -> str:
    """The digest under which a document is kept."""
    return hashlib.sha256(data).hexdigest()


def listed(digests: Iterable[str]) -> str:
    """Digests as an entry lists them."""
    return " ".join(sorted(digests))
