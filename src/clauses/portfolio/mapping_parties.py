"""Reading a list of parties as contract abstracts write it.

    Ingram Micro ("Distributor"); NETGEAR, Inc. ("NETGEAR")

Each piece is a name, then the words by which the contract calls it. A piece that only defines a word for
parties already named (`Skype and the Company ("Parties")`) is not another party.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from clauses.terms.party import MAXIMUM_ID


@dataclass(frozen=True)
class ReadParty:
    """A party of the list: its name, and what else the contract calls it."""

    name: str
    called: tuple[str, ...]


@dataclass(frozen=True)
class ReadParties:
    """The parties of a cell by id, and the pieces of it that were not read, each with the reason."""

    parties: Mapping[str, ReadParty]
    unread: Sequence[tuple[str, str]]

    def find(self, text: str) -> str | None:
        """The id of the only party that is called so."""
        wanted = _key(text)
        found = [id for id, party in self.parties.items() if wanted in map(_key, (party.name, *party.called))]
        return found[0] if len(found) == 1 else None


def read_parties(cell: str, between: str | None, open: str) -> ReadParties:
    """The parties of a cell. `open` is the sign for a name that is left open."""
    parties: dict[str, ReadParty] = {}
    unread: list[tuple[str, str]] = []
    text = cell.translate(_QUOTES)
    defined = {_key(word): word for word in text.split('"')[1::2] if not _PARTY_WORD.fullmatch(word)}
    for piece in _pieces(text, between):
        party, reason = _party(piece, parties, defined, open)
        if reason:
            unread.append((piece, reason))
        if party is not None:
            id = make_id(party.name)
            before = parties.get(id)
            called = tuple(dict.fromkeys((*(before.called if before else ()), *party.called)))
            parties[id] = ReadParty(before.name if before else party.name, called)
    return ReadParties(parties, unread)


def make_id(text: str) -> str:
    """A text as an id; one that is too long, or has no letters, is told apart by its digest."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    id = "-".join(re.findall(r"[a-z0-9]+", ascii_text.lower().replace("'", "")))
    if id and len(id) <= MAXIMUM_ID:
        return id
    digest = hashlib.sha256(text.encode()).hexdigest()[:10]
    return f"{id[: MAXIMUM_ID - 11].rstrip('-')}-{digest}".lstrip("-")


_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "″": '"', "‘": "'", "’": "'", "\N{NO-BREAK SPACE}": " "})
_COLLECTIVE = re.compile(r"\b(collectively|together|togetherwith|individually|separately|each|both|referred)\b", re.I)
_PARTY_WORD = re.compile(r"(a |an |the |each )*(part(y|ies)|joint venturers?)( (to|of) (this|the) agreement)?", re.I)
_JOINING = re.compile(
    r"\b(and|or|each|both|of|the|a|an|as|shall|be|is|are|to|herein|hereinafter|foregoing|parties|party|individually|"
    r"collectively|together|togetherwith|with|referred|sometimes|commonly|separately|them)\b|[^\w]",
    re.IGNORECASE,
)


def _key(text: str) -> str:
    return re.sub(r"[\W_]+", " ", re.sub(r"^(the|a|an) ", "", text.strip(), flags=re.IGNORECASE)).strip().lower()


def _pieces(text: str, between: str | None) -> Iterator[str]:
    """The pieces of the list: parted where the sign stands outside brackets, or after a closing one."""
    start = depth = 0
    for index, sign in enumerate(text):
        depth = max(0, depth + (sign == "(") - (sign == ")"))
        before = text[start:index].rstrip()
        if sign == between and (depth == 0 or before.endswith(")")):
            if before.strip():
                yield before.strip()
            start, depth = index + 1, 0
    if text[start:].strip():
        yield text[start:].strip()


def _party(
    piece: str, known: dict[str, ReadParty], defined: Mapping[str, str], open: str
) -> tuple[ReadParty | None, str | None]:
    """The party of a piece and what of the piece could not be read; neither for a mere definition."""
    written, definitions = _name_and_definitions(piece)
    name = written.replace(open, "") if open else written
    name = name if re.search(r"\w", name) else ""
    called = [word for word in _defined(definitions) if not _PARTY_WORD.fullmatch(word)]
    group = _group(name, called, definitions, defined, known) if not written or name else None
    if group is not None:
        return None, group or None
    rest = _outside_brackets(definitions)
    reason = "words after the name of a party and what it is called" if re.search(r"\w", rest) else None
    if definitions.count('"') % 2:
        reason = reason or "quotation marks that do not pair"
    if name:
        return ReadParty(name, tuple(called)), reason
    last = list(known)[-1] if known else None
    if not written and last and not known[last].called and called:
        known[last] = ReadParty(known[last].name, tuple(called))
        return None, reason
    own = [word for word in called if _key(word) not in _PRONOUNS]
    return (ReadParty(own[-1], tuple(called)), reason) if own else (None, reason or "no name of a party")


_PRONOUNS = {"we", "us", "our", "you", "your"}


def _name_and_definitions(piece: str) -> tuple[str, str]:
    """What stands before the first bracket with quoted words, or before the first of these, and the rest."""
    if piece.startswith('"'):
        name, bracket, rest = piece.partition("(")
        return " ".join(name.replace('"', " ").split()), bracket + rest
    marked = re.search(r"\((?=[^()]*\")|\"|\($", piece)
    collective = re.match(r"\W*(individually|collectively|together|sometimes|each (of|shall))\b", piece, re.IGNORECASE)
    at = 0 if collective else marked.start() if marked else len(piece)
    name = " ".join(piece[:at].replace("((", "(").split()).strip(" ;,")
    return (name[1:] if name.startswith("(") and ")" not in name else name), piece[at:]


def _defined(definitions: str) -> list[str]:
    """The quoted words that name this party by itself, not it and others together."""
    found = []
    for bracket in re.split(r"(?<=\))", definitions):
        alone = _COLLECTIVE.split(bracket)[0]
        found += [word.strip(" ,.;:)(") for word in alone.split('"')[1::2]]
    return [word for word in dict.fromkeys(found) if re.search(r"\w", word)]


def _outside_brackets(definitions: str) -> str:
    """What follows the name that is neither in brackets nor in quotes; an unclosed bracket reaches to the end."""
    text = re.sub(r'"[^"]*"', "", definitions)
    while re.search(r"\([^()]*\)", text):
        text = re.sub(r"\([^()]*\)", "", text)
    text = _COLLECTIVE.split(text.split("(")[0])[0]
    return re.sub(r"\b(or|and)\b", "", text)


def _group(
    name: str, called: Sequence[str], definitions: str, defined: Mapping[str, str], known: Mapping[str, ReadParty]
) -> str | None:
    """Whether a piece only says what parties already named are called together.

    None where it does not; an empty text where it does; a reason where it names one of them and what else is unclear.
    """
    names = {_key(one): one for party in known.values() for one in (party.name, *party.called)}
    if not name:
        is_collective = bool(_COLLECTIVE.search(definitions) or _PARTY_WORD.search(definitions))
        return "" if definitions and is_collective and all(_key(word) in names for word in called) else None
    names |= {key: word for key, word in defined.items() if word not in called and key}
    rest, count = name, 0
    named = [one for one in names.values() if one.lower() in name.lower()]
    for one in sorted(named, key=len, reverse=True):
        rest, found = re.subn(rf"(?<!\w){re.escape(one)}(?!\w)", " ", rest, flags=re.IGNORECASE)
        count += found
    if count > 1 and not _JOINING.sub("", rest):
        return ""
    parts = re.split(r" and ", name)
    if len(parts) > 1 and any(_key(part) in names for part in parts):
        return "a group of parties that are not all named before"
    return None
