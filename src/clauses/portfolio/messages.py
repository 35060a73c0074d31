"""The sentences of many findings at once, column by column.

What a rule says is a few words around a few values, and over many findings the same values come again and again:
each is put into words once, and the sentences are joined where the columns are, outside Python. What does not fit
that (a list of parties, a text with a line break in it) goes the long way, finding by finding, to the same words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from clauses.engines.columnar.plan import decode
from clauses.review.wording import Gap, Names, Sentence, phrase
from clauses.terms.kinds import TermType

_UNUSUAL = r"^ | $|  |^$|[\t-\r\x1c-\x1f\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]"
"""Where a sentence has white space that is not one blank between words."""

_NAMED = ("party", "clause")
"""The types whose values are shown by a name that the agreement gives them."""


class NameBook(Protocol):
    """The names of parties and the headings of clauses of many agreements."""

    def names(self, type: str, agreements: pa.Array, ids: pa.Array) -> pa.Array:
        """For every pair the name of the party, or heading of the clause; null where it has none."""

    def of(self, agreement: int) -> Names:
        """The names of one agreement."""


@dataclass(frozen=True)
class _Slice:
    """The findings of one rule."""

    sentence: Sentence
    places: dict[tuple[str, str], int]
    agreements: pa.Array
    arguments: pa.ListArray

    def column(self, gap: Gap) -> pa.Array:
        """The values that fill a gap, as the plan writes them."""
        return pc.list_element(self.arguments, self.places[gap.alias, gap.term])


@dataclass
class Phrases:
    """The words for values, each worked out once; kept from one partition to the next."""

    known: dict[Gap, dict[str | None, str]] = field(default_factory=dict)
    limit: int = 200_000
    """How many are kept for one gap."""

    def of(self, gap: Gap) -> Callable[[str | None], str]:
        """What puts a value of a term that needs no names into words."""
        known = self.known.setdefault(gap, {})

        def words(text: str | None) -> str:
            found = known.get(text)
            if found is None:
                if len(known) >= self.limit:
                    known.clear()
                found = known[text] = gap.filled(None if text is None else decode(text, gap.type), _NOBODY)
            return found

        return words


class _Nobody:
    def party_name(self, party_id: str) -> str:
        return party_id

    def heading(self, clause_id: str) -> str | None:
        return None


_NOBODY = _Nobody()


def arguments_of(sentence: Sentence) -> tuple[tuple[str, str], ...]:
    """The terms that a sentence reads, each once: what a plan is asked for."""
    return tuple(dict.fromkeys(sentence.reads))


def messages(
    rules: pa.Array, agreements: pa.Array, arguments: pa.Array, sentences: Sequence[Sentence], book: NameBook,
    phrases: Phrases,
) -> pa.Array:  # fmt: skip
    """The sentence of every finding; `rules` are numbers of `sentences`."""
    if not len(rules):
        return pa.array([], pa.string())
    order = pc.array_sort_indices(rules)
    by_rule = [column.take(order) for column in (rules, agreements, arguments)]
    counts = pc.run_end_encode(by_rule[0])
    columns: list[pa.Array | None] = []
    slices: list[_Slice] = []
    start = 0
    for rule, end in zip(counts.values.to_pylist(), counts.run_ends.to_pylist(), strict=True):
        own = [column.slice(start, end - start) for column in by_rule]
        sentence = sentences[rule]
        if sentence.constant is not None:
            columns.append(pa.repeat(pa.scalar(sentence.constant, pa.string()), end - start))
        else:
            places = {read: place for place, read in enumerate(arguments_of(sentence))}
            columns.append(None)
            slices.append(_Slice(sentence, places, own[1], own[2]))
        start = end
    filled = iter(_filled(slices, book, phrases))
    texts = pa.concat_arrays([next(filled) if column is None else column for column in columns])
    back = pc.array_sort_indices(order)
    return texts.take(back)


def _filled(slices: Sequence[_Slice], book: NameBook, phrases: Phrases) -> list[pa.Array]:
    """The sentences of rules that read terms. All names that they need are looked up together."""
    wanted = [
        (number, gap) for number, own in enumerate(slices) for gap in _gaps(own.sentence)
        if gap.type.name in _NAMED and not gap.type.is_list
    ]  # fmt: skip
    found: dict[tuple[int, Gap], pa.Array] = {}
    for type in _NAMED:
        places = [place for place in wanted if place[1].type.name == type]
        if places:
            looked_up = _looked_up(type, [(slices[number], gap) for number, gap in places], book)
            found |= dict(zip(places, looked_up, strict=True))
    return [_sentences(number, own, found, book, phrases) for number, own in enumerate(slices)]


def _gaps(sentence: Sentence) -> list[Gap]:
    return list(dict.fromkeys(part for part in sentence.parts if isinstance(part, Gap)))


def _looked_up(type: str, places: Sequence[tuple[_Slice, Gap]], book: NameBook) -> list[pa.Array]:
    """The names in some columns, put into words: as a sentence calls a party or a clause."""
    ids = [own.column(gap) for own, gap in places]
    together = pa.concat_arrays(ids)
    names = book.names(type, pa.concat_arrays([own.agreements for own, _ in places]), together)
    named = pc.coalesce(names, together) if type == "party" else _headings(names, together)
    named = pc.coalesce(named, phrase(None, TermType(type), _NOBODY))
    found, start = [], 0
    for column in ids:
        found.append(named.slice(start, len(column)))
        start += len(column)
    return found


def _headings(headings: pa.Array, ids: pa.Array) -> pa.Array:
    """Clauses by their headings, in quotes, or by their ids."""
    is_empty = pc.equal(headings, "")
    shown = pc.coalesce(pc.if_else(is_empty, pa.scalar(None, pa.string()), headings), ids)
    return pc.binary_join_element_wise("“", shown, "”", "")


def _sentences(
    number: int, own: _Slice, names: dict[tuple[int, Gap], pa.Array], book: NameBook, phrases: Phrases
) -> pa.Array:
    """The sentences of one rule."""
    sentence = own.sentence
    gaps = _gaps(sentence)
    if any(gap.type.name in _NAMED and gap.type.is_list for gap in gaps):
        return _one_by_one(own, book)
    columns = {
        gap: names[number, gap] if (number, gap) in names
        else mapped(own.column(gap), phrases.of(gap))
        for gap in gaps
    }  # fmt: skip
    parts = [columns[part] if isinstance(part, Gap) else part for part in sentence.parts]
    if sentence.is_raised:
        first = next(place for place, part in enumerate(sentence.parts) if isinstance(part, Gap))
        if any(sentence.parts[:first]):
            return _tidied(pc.binary_join_element_wise(*parts, ""), sentence, True)
        parts[first] = mapped(parts[first], lambda text: (text or "")[:1].upper() + (text or "")[1:])
    has_empty = any(pc.any(pc.equal(column, "")).as_py() for column in columns.values())
    return _tidied(pc.binary_join_element_wise(*parts, ""), sentence, has_empty)


def mapped(column: pa.Array, words: Callable[[str | None], str]) -> pa.Array:
    """A column with each of its different texts put into words."""
    encoded = pc.dictionary_encode(column, null_encoding="encode")
    told = pa.array([words(text) for text in encoded.dictionary.to_pylist()], pa.string())
    return told.take(encoded.indices)


def _tidied(texts: pa.Array, sentence: Sentence, all_of_them: bool) -> pa.Array:
    """Sentences with one blank between words; those that are not so already are joined anew."""
    is_unusual = pc.match_substring_regex(texts, _UNUSUAL)
    if all_of_them:
        return mapped(texts, lambda text: sentence.joined([text or ""]))
    if not pc.any(is_unusual).as_py():
        return texts
    anew = [sentence.joined([text]) for text in texts.filter(is_unusual).to_pylist()]
    return pc.replace_with_mask(texts, is_unusual, pa.array(anew, pa.string()))


def _one_by_one(own: _Slice, book: NameBook) -> pa.Array:
    """The long way, for a sentence that names a list of parties or clauses."""
    types = dict(zip(own.sentence.reads, own.sentence.types, strict=True))
    told = []
    for agreement, arguments in zip(own.agreements.to_pylist(), own.arguments.to_pylist(), strict=True):
        values = {
            read: None if arguments[place] is None else decode(arguments[place], types[read])
            for read, place in own.places.items()
        }
        told.append(own.sentence.of(lambda alias, term, values=values: values[alias, term], book.of(agreement)))  # type: ignore[misc]
    return pa.array(told, pa.string())
