"""Texts that are read once: what stands for a value, a choice or an id, remembered for the records to come."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from msgspec import UNSET

from clauses.terms.currencies import DECIMAL_PLACES
from clauses.terms.kinds import TermType
from clauses.terms.party import ID_PATTERN, MAXIMUM_ID
from clauses.terms.values import UNKNOWN, VALUE_TYPES, Money, Value

MAXIMUM_REMEMBERED = 100_000
"""How many texts of one type are remembered; then they are forgotten, so that memory stays bounded."""


class NotPlain(Exception):
    """A record that takes the full way."""


REFUSALS = (NotPlain, KeyError, ValueError, msgspec.MsgspecError)
"""What reading a record that is not plain raises, here and in code that reads on: names that nobody has, texts that
are no values, JSON that is none."""

UNSTATED: dict[Any, None] = {UNSET: None, None: None, UNKNOWN: None}
"""What stands where a term is not stated: no key, `null`, or the word."""


class Values(dict[Any, Value | None]):
    """The values of one type by their texts; None for what is not stated. Raises NotAValue for no value."""

    def __init__(self, type_name: str, unstated: Mapping[Any, None] = UNSTATED) -> None:
        super().__init__(unstated)
        self.type = VALUE_TYPES[type_name]
        self.unstated = unstated

    def __missing__(self, text: str | int) -> Value:
        if text == 0:
            raise NotPlain  # a bare `-0` arrives as 0, and is no number
        found = self.type.read(str(text).strip())
        if len(self) > MAXIMUM_REMEMBERED:
            self.clear()
            self.update(self.unstated)
        self[text] = found
        return found


Exact = tuple[int, int, str | None]
"""A value that is no range: twice its units, and the currency of an amount."""


def exact_date(text: str) -> Exact | None:
    """The day of a text such as `2030-12-31`; None where it must be read with care."""
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        return None
    try:
        day = datetime.date.fromisoformat(text).toordinal()
    except ValueError:
        return None
    return day, day, None


_SHARE = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,4}))?%").fullmatch
_HEADS = {
    f"{currency} ": (currency, 10**places, 10 ** (places + 6), 10 ** (places + 9))
    for currency, places in DECIMAL_PLACES.items()
}
"""A currency with the blank after it: the currency, and how many units one, a million and a billion of it have."""
_LIMIT = Money.limit


def exact_money(text: str) -> Exact | None:
    """The amount of a text such as `USD 500bn`; None where it must be read with care."""
    head = _HEADS.get(text[:4])
    if head is None:
        return None
    currency, units, million, billion = head
    if text[-1] == "m":
        number, units = text[4:-1], million
    elif text[-1] == "n" and text[-2] == "b":
        number, units = text[4:-2], billion
    else:
        number = text[4:]
    if number.isdigit() and number.isascii() and len(number) < 16:
        units *= int(number)
        if units <= _LIMIT:
            return units, units, currency
    return None


def exact_percentage(text: str) -> Exact | None:
    """The share of a text such as `32.5%`; None where it must be read with care."""
    match = _SHARE(text)
    if match is None:
        return None
    whole, part = match.groups("")
    units = int(whole) * 10**4 + int(part.ljust(4, "0"))
    return units, units, None


EXACT: dict[str, Callable[[str], Exact | None]] = {
    "date": exact_date, "money": exact_money, "percentage": exact_percentage
}  # fmt: skip
"""How the values that are written as nearly all are can be read at once, by type."""


class Texts(dict[Any, str | None]):
    """Texts as they are; None for what is not stated."""

    def __missing__(self, text: str) -> str:
        return text


class Ids(set[str]):
    """Texts known to be ids."""

    def check(self, ids: Iterable[str]) -> None:
        """Raise NotPlain where one is no id."""
        if self.issuperset(ids):
            return
        for id in ids:
            if len(id) > MAXIMUM_ID or not re.fullmatch(ID_PATTERN, id):
                raise NotPlain
        if len(self) > MAXIMUM_REMEMBERED:
            self.clear()
        self.update(ids)


VALUES: dict[str, Values] = {name: Values(name) for name in VALUE_TYPES}
"""The values of the terms of clauses, by the name of their type."""
TEXTS = Texts(UNSTATED)
DATES = Values("date", {UNSET: None, None: None})  # in a header `unknown` is no date
"""The values of the dates in a header."""
IDS = Ids()
"""The texts that are known to be ids."""


def choice_values(type: TermType) -> dict[Any, str | None]:
    """What stands for each choice of a term: the choice itself, and for `true` and `false` yes and no."""
    found: dict[Any, str | None] = {**{choice: choice for choice in type.choices}, **UNSTATED}
    return found | {True: "yes", False: "no"} if set(type.choices) == {"yes", "no"} else found
