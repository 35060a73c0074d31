"""Reading what people write into the cells of a table: dates, lengths of time, renewals, amounts.

A label is read for certain or not at all. What it leaves open becomes a range (`[]/[]/2015` is some day of
2015); what cannot be told raises `NotRead` with one of a few reasons, so that they can be counted.
"""

from __future__ import annotations

import calendar
import datetime
import difflib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from clauses.terms.values import VALUE_TYPES, Date, Days, Money, Months, NotAValue, Percentage, Value

Order = Literal["month-day-year", "day-month-year", "year-month-day"]

YEARS = range(1800, 2200)
"""The years that a date of a contract can have; what lies beyond is a slip of the pen."""


class NotRead(ValueError):
    """A label that cannot be read for certain; the message is the reason, the same for all labels of its sort."""


@dataclass(frozen=True)
class Conventions:
    """How a table writes what it says."""

    order: Order | None = None
    """The order of the parts of a date written in numbers."""
    open: str = ""
    """The sign for a part of a date, or a number, that is left open."""
    two_digit_years_from: int | None = None
    """The first of the hundred years among which a year of two digits lies."""
    never: frozenset[str] = frozenset()
    """The words that say that something has no end, in lower case."""
    between: str | None = None
    """The sign between several answers of one cell."""
    decimal: str = "."
    """The sign before the fraction of a number."""
    currencies: tuple[tuple[str, str], ...] = ()
    """Signs of money with the currencies that they stand for."""

    def answers(self, cell: str) -> list[str]:
        """The answers of a cell, one or several."""
        parts = cell.split(self.between) if self.between else [cell]
        return [part.strip() for part in parts if part.strip()]


Read = TypeVar("Read", bound=object)


def single(cell: str, conventions: Conventions, read: Callable[[str], Read]) -> Read:
    """What all the answers of a cell say alike."""
    found = [read(answer) for answer in conventions.answers(cell)]
    if not found:
        raise NotRead("nothing is written")
    if any(one != found[0] for one in found):
        raise NotRead("several answers that differ")
    return found[0]


def read_value(cell: str, type_name: str, conventions: Conventions, start: Date | None = None) -> Value:
    """A cell as a value of a type of the rule language; `start` is the day from which a term is counted."""
    if type_name == Date.type_name:
        return _narrowest([read_date(answer, conventions, start) for answer in conventions.answers(cell)])
    if type_name in (Days.type_name, Months.type_name):
        return single(cell, conventions, lambda answer: value_of(type_name, read_length(answer, conventions)))
    return single(
        cell, conventions, lambda answer: value_of(type_name, _number_as_written(answer, type_name, conventions))
    )


def value_of(type_name: str, text: str) -> Value:
    """A text as values are written, read as one of a type. Raises NotRead."""
    try:
        return VALUE_TYPES[type_name].read(text)
    except NotAValue:
        raise NotRead(f"not {_A[type_name]}") from None


_A = {"money": "an amount of money", "percentage": "a percentage", "number": "a whole number"}
_A |= {"days": "a length of time", "months": "a length of time", "date": "a date"}


# --- dates


def read_date(label: str, conventions: Conventions, start: Date | None = None) -> Date:
    """A date, `never`, or a length of time counted from a start that is known."""
    text = " ".join(label.split())
    if text.lower() in conventions.never:
        return Date.read("never")
    for read in (_iso_date, _date_in_words, lambda one: _date_in_numbers(one, conventions)):
        found = read(text)
        if found is not None:
            return found
    return _end_of_term(text, conventions, start)


def _narrowest(dates: Sequence[Date]) -> Date:
    """Of several answers the one that lies within all the others; `7/31/2000` and `7/[]/2000` agree."""
    if not dates:
        raise NotRead("nothing is written")
    lowest, highest = max(date.lowest for date in dates), min(date.highest for date in dates)
    if not any((date.lowest, date.highest) == (lowest, highest) for date in dates):
        raise NotRead("several answers that differ")
    return Date(lowest, highest)


def _iso_date(text: str) -> Date | None:
    match = re.fullmatch(r"(\d{4}-\d{2}-\d{2})(?:[ T]00:00:00(?:\.0+)?)?", text)
    if not match:
        return None
    try:
        return _sensible(Date.read(match[1]))
    except NotAValue:
        raise NotRead("there is no such date") from None


_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
_MONTH = "(?P<month>[a-z]+)\\.?"
_DAY = "(?P<day>\\d{1,2})(?:st|nd|rd|th)?"
_WRITTEN_DATES = (
    rf"{_MONTH} {_DAY},? (?P<year>\d{{4}})", rf"{_DAY}[ -](?:of )?{_MONTH},?[ -](?P<year>\d{{4}})",
    rf"{_MONTH},? (?P<year>\d{{4}})",
)  # fmt: skip


def _date_in_words(text: str) -> Date | None:
    """`May 8, 2014`, `8 May 2014`, `8-May-2014`, `May 2014`."""
    for pattern in _WRITTEN_DATES:
        match = re.fullmatch(pattern, text.lower())
        if match and match["month"] in _MONTHS:
            parts = match.groupdict()
            days = [int(parts["day"])] if "day" in parts else range(1, 32)
            return _hull([int(parts["year"])], [_MONTHS[parts["month"]]], days)
    return None


def _date_in_numbers(text: str, conventions: Conventions) -> Date | None:
    """`5/8/2014`, with some of the parts, or of their digits, left open."""
    if not conventions.order:
        return None
    sign = re.escape(conventions.open) if conventions.open else r"(?!)"
    part = rf"((?:\d|{sign})+)"
    match = re.fullmatch(rf"{part}\s*[/.-]\s*{part}\s*[/.-]\s*{part}", text)
    if not match:
        return None
    year, month, day = (match[conventions.order.split("-").index(name) + 1] for name in ("year", "month", "day"))
    if conventions.open:
        year, month, day = (one.replace(conventions.open, "?") for one in (year, month, day))
    if not any(digit.isdigit() for digit in year):
        raise NotRead("the year is left open")
    return _hull(_years(year, conventions), _parts(month, 12), _parts(day, 31))


def _parts(written: str, highest: int) -> list[int]:
    """The months or days that a part may mean: all where it is left open, `2?` for the twenties."""
    if not any(sign.isdigit() for sign in written):
        return list(range(1, highest + 1))
    pattern = written.lstrip("0").replace("?", r"\d")
    found = [number for number in range(1, highest + 1) if re.fullmatch(pattern, str(number))]
    if not found or len(written) > 2:
        raise NotRead("there is no such date in the order of day and month stated")
    return found


def _years(written: str, conventions: Conventions) -> list[int]:
    """The years that a part may mean: `200?` for ten of them, `19?` for a hundred, `98` by the table's convention."""
    if re.fullmatch(r"\d{2}", written):
        if conventions.two_digit_years_from is None:
            raise NotRead("a year of two digits")
        first = conventions.two_digit_years_from
        return [first + (int(written) - first) % 100]
    digits = written.rstrip("?")
    if not re.fullmatch(r"\d{4}|\d{3}\?|\d{2}\?{1,2}", written):
        raise NotRead("not a date")
    missing = 4 - len(digits)
    first = int(digits) * 10**missing
    return list(range(first, first + 10**missing))


def _hull(years: Sequence[int], months: Sequence[int], days: Sequence[int]) -> Date:
    """From the first to the last day that the parts allow."""

    def first(parts: Callable[[Sequence[int]], Iterator[int]]) -> int:
        for year in parts(years):
            for month in parts(months):
                for day in parts(days):
                    if 1 <= month <= 12 and 1 <= day <= calendar.monthrange(max(1, year), month)[1]:
                        return datetime.date(max(1, year), month, day).toordinal()
        raise NotRead("there is no such date")

    return _sensible(Date(first(iter), first(reversed)))


def _sensible(date: Date) -> Date:
    first, last = (datetime.date.fromordinal(day).year for day in (date.lowest, date.highest))
    if first not in YEARS or last not in YEARS:
        raise NotRead("a year that no contract has")
    return date


_FROM = r"(?: (?:from|after|of|following) (?:the )?(?:effective date|date (?:hereof|of this agreement)))?"


def _end_of_term(text: str, conventions: Conventions, start: Date | None) -> Date:
    """`5 years`, counted from the start: the day before the anniversary, or the anniversary; nobody says which."""
    length = re.fullmatch(rf"(.+?){_FROM}", text.lower())
    assert length is not None or not text
    try:
        months = Months.read(read_length(length[1] if length else "", conventions))
    except (NotRead, NotAValue):
        raise NotRead("not a date") from None
    if start is None or start.highest >= Date.limit:
        raise NotRead("a length of time, and no day from which it is counted")
    in_months = re.search(r"month|year|quarter", length[1] if length else "")
    if not in_months:
        days = Days.read(read_length(length[1] if length else "", conventions))
        return _sensible(Date(start.lowest + days.lowest - 1, start.highest + days.highest))
    return _sensible(Date(_later(start.lowest, months.lowest) - 1, _later(start.highest, months.highest)))


def _later(day: int, months: int) -> int:
    """The same day so many months later, or the last of that month where it is shorter."""
    date = datetime.date.fromordinal(day)
    year, month = divmod(date.year * 12 + date.month - 1 + months, 12)
    if year not in YEARS:
        raise NotRead("a year that no contract has")
    return datetime.date(year, month + 1, min(date.day, calendar.monthrange(year, month + 1)[1])).toordinal()


# --- lengths of time

_ONES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = (
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_NUMBERS = {word: number for number, word in enumerate([*_ONES, *_TEENS], 1)}
_NUMBERS |= {ten: number * 10 for number, ten in enumerate(_TENS, 2)}
_NUMBERS |= {f"{ten}-{one}": tens * 10 + ones for tens, ten in enumerate(_TENS, 2) for ones, one in enumerate(_ONES, 1)}
_NUMBERS |= {"a": 1, "an": 1}
_UNITS = {"yr": "year", "mo": "month", "mth": "month", "wk": "week"}
_LENGTH = re.compile(r"(?:(?P<word>[a-z-]+) )?(?:(?P<digits>\d+)[ -]?)?(?:calendar )?(?P<unit>[a-z]+?)s?")


def read_length(label: str, conventions: Conventions) -> str:
    """A length of time, as values are written: `three (3) years` is `3 years`."""
    if conventions.open and conventions.open in label:
        raise NotRead("the number is left open")
    text = _plain_words(label)
    if "business day" in text or "working day" in text:
        raise NotRead("business days, which no calendar counts")
    match = _LENGTH.fullmatch(text)
    unit = _UNITS.get(match["unit"], match["unit"]) if match else ""
    if not match or unit not in ("day", "week", "month", "quarter", "year"):
        raise NotRead("not a length of time")
    return f"{_number(match['word'], match['digits'])} {unit}s"


def _plain_words(label: str) -> str:
    """A label without brackets and stray blanks, in lower case."""
    return " ".join(re.sub(r"[()\[\]]", " ", label.lower()).split())


def _number(word: str | None, digits: str | None) -> int:
    """A number in words, in digits, or in both alike."""
    in_words = _NUMBERS.get(word) if word else None
    if (word and in_words is None) or (not word and not digits):
        raise NotRead("not a length of time")
    if word and digits and in_words != int(digits):
        raise NotRead("words and digits that differ")
    if digits and len(digits) > 6:
        raise NotRead("not a length of time")
    return int(digits) if digits else int(in_words or 0)


# --- renewals


@dataclass(frozen=True)
class Renewal:
    """What a label such as `3 successive 1 year` says; None for what it leaves open."""

    manner: Literal["once", "successive", "perpetual"] | None
    length: str | None
    count: int | None
    has_open_length: bool = False


def read_renewal(label: str, conventions: Conventions) -> Renewal:
    """A renewal: `1 year`, `successive 1 year`, `2 successive 5 years`, `perpetual`.

    `1 year` alone does not say how often. A slip of the pen in *successive* is read past.
    """
    if label.strip().lower() in conventions.never:
        return Renewal("perpetual", None, None)
    words = _plain_words(label.replace(conventions.open, " ? ") if conventions.open else label).split()
    at = next((number for number, word in enumerate(words) if _is_successive(word)), None)
    if at is None:
        return Renewal(None, read_length(label, conventions), None)
    count = _LENGTH.fullmatch(" ".join([*words[:at], "times"])) if at else None
    if at and count is None:
        raise NotRead("not a length of time")
    length = " ".join(words[at + 1 :])
    is_open = "?" in length
    return Renewal(
        "successive",
        None if is_open else read_length(length, conventions),
        _number(count["word"], count["digits"]) if count else None,
        is_open,
    )


def _is_successive(word: str) -> bool:
    return bool(difflib.get_close_matches(word, ["successive"], cutoff=0.85))


# --- amounts


def _number_as_written(label: str, type_name: str, conventions: Conventions) -> str:
    """A number with the point before its fraction and no other signs, as values are written."""
    text = " ".join(label.split())
    if type_name == Money.type_name:
        for sign, currency in conventions.currencies:
            if text.startswith(sign) and not text.startswith(currency):
                text = f"{currency} {text.removeprefix(sign).strip()}"
                break
    if conventions.decimal == ",":
        text = text.replace(".", "_").replace(",", ".")
    groups = re.findall(r"\d+\.\d{3}(?!\d)", text)
    if groups and type_name in (Money.type_name, Percentage.type_name):
        raise NotRead("three digits after the point, which may be thousands")
    return text
