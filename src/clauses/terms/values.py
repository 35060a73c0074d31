"""The values that a term can have: exact, or known only to lie in a range. No floats anywhere.

A value is a whole number of small units from `lowest` to `highest`:

    Money       minor units of one currency      USD 13_750_000_000 · USD 500bn · USD 10bn..20bn
    Percentage  ten-thousandths of a percent     32.5% · 30%..49%
    Date        days (1 is 0001-01-01)           2030-12-31 · 2026-04 · 2030 · 2026..2028 · never
    Duration    days, or months                  90 days · 6 months · 5 years
    Number      whole numbers                    3 · 1..4

A date written `2030` is some day of 2030: its precision is part of what the source says. A value that
is not stated is no value at all (None); the word `unknown` says that it was looked for and not found.
"""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Self

from clauses.terms.currencies import DECIMAL_PLACES

UNKNOWN = "unknown"
"""How a document says that a value was looked for and not found."""

MAXIMUM_LENGTH = 200
"""The longest text that is read as a value."""

_PLAIN_NUMBER = r"\d{1,3}(?:[,_ ]\d{3})+(?:\.\d+)?|\d[\d_]*(?:\.\d+)?|\.\d+"
_SCALES = {"": 1, "k": 10**3, "thousand": 10**3, "m": 10**6, "mn": 10**6, "million": 10**6}
_SCALES |= {"b": 10**9, "bn": 10**9, "billion": 10**9, "tn": 10**12, "trillion": 10**12}


class NotAValue(ValueError):
    """A text that is not a value of the type wanted; the message is a sentence for the reader."""

    def __init__(self, sentence: str, hint: str | None = None) -> None:
        super().__init__(sentence)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Value:
    """A whole number of units, known to lie from `lowest` to `highest`, both included."""

    lowest: int
    highest: int
    type_name: ClassVar[str] = ""
    form: ClassVar[str] = ""
    """How the type is written, for error messages and schemas."""
    pattern: ClassVar[str] = ""
    numerals: ClassVar[tuple[int, int] | None] = None
    """The least and the greatest value that is written as a bare number, which an editor takes for one (`2030`)."""
    limit: ClassVar[int] = 0
    """The largest number of units that the type holds; what lies beyond is refused, never rounded."""

    @property
    def is_exact(self) -> bool:
        """Whether the value is a single one."""
        return self.lowest == self.highest

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a value as people write it. Raises NotAValue with a sentence."""
        raise NotImplementedError

    def _check(self) -> Self:
        if self.lowest > self.highest:
            raise NotAValue("the range ends before it starts")
        if abs(self.lowest) > self.limit or abs(self.highest) > self.limit:
            raise NotAValue("the value is larger than can be held exactly", f"the limit is {self._of(self.limit)}")
        return self

    def _of(self, units: int) -> str:
        return str(units)

    def __str__(self) -> str:
        if self.is_exact:
            return self._of(self.lowest)
        return f"{self._of(self.lowest)}..{self._of(self.highest)}"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from pydantic_core import PydanticCustomError, core_schema

        def validate(value: Any) -> Value:
            if isinstance(value, cls):
                return value
            if not isinstance(value, str):
                raise PydanticCustomError("not_a_value", "{sentence}", {"sentence": f"write {cls.form}"})
            try:
                return cls.read(value.strip())
            except NotAValue as error:
                context = {"sentence": str(error), "hint": error.hint or f"write {cls.form}"}
                raise PydanticCustomError("not_a_value", "{sentence}", context) from None

        return core_schema.no_info_plain_validator_function(validate, serialization=core_schema.to_string_ser_schema())

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: Any) -> dict[str, Any]:
        shape: dict[str, Any] = {"type": "string"}
        if cls.numerals is not None:
            shape = {"type": ["string", "integer"], "minimum": cls.numerals[0], "maximum": cls.numerals[1]}
        return {**shape, "title": cls.__name__, "description": f"Written as {cls.form}", "pattern": cls.pattern}


def _read_range(text: str, read_one: Callable[[str], tuple[int, int]], limit: int) -> tuple[int, int]:
    """Read `one`, `one..other`, `one..` (at least) or `..other` (at most)."""
    if len(text) > MAXIMUM_LENGTH:
        raise NotAValue(f"no value is written with {len(text)} characters")
    first, dots, last = text.partition("..")
    if not dots:
        return read_one(text)
    lowest = read_one(first.strip())[0] if first.strip() else 0
    highest = read_one(last.strip())[1] if last.strip() else limit
    return lowest, highest


def _exact_units(number: str, units: int, what: str) -> int:
    value = Fraction(re.sub(r"[,_ ]", "", number)) * units
    if value.denominator != 1:
        raise NotAValue(f"`{number}` is finer than {what}")
    return int(value)


@dataclass(frozen=True, slots=True)
class Money(Value):
    """An amount in minor units (cents) of one ISO 4217 currency."""

    currency: str
    type_name: ClassVar[str] = "money"
    form: ClassVar[str] = "a currency and an amount, such as `USD 500bn` or `EUR 1_250_000.50`"
    pattern: ClassVar[str] = r"^[A-Z]{3} ?\d"
    limit: ClassVar[int] = 10**15

    @classmethod
    def read(cls, text: str) -> Money:
        """Read `USD 500bn`, `USD 13_750_000_000`, `USD 10bn..20bn`."""
        match = re.fullmatch(r"([A-Za-z]{3})\s*(.*)", text, re.DOTALL)
        if not match:
            raise NotAValue(f"`{text}` is not an amount of money")
        currency, rest = match[1], match[2]
        if currency not in DECIMAL_PLACES:
            near = currency.upper()
            hint = f"did you mean `{near}`?" if near in DECIMAL_PLACES else "use an ISO 4217 code such as `USD`"
            raise NotAValue(f"`{currency}` is not a currency", hint)
        units = 10 ** DECIMAL_PLACES[currency]
        rest = re.sub(rf"\.\.\s*{currency}\s*", "..", rest)
        lowest, highest = _read_range(rest, lambda part: cls._one(part, units, text), cls.limit)
        return cls(lowest, highest, currency)._check()

    @staticmethod
    def _one(part: str, units: int, text: str) -> tuple[int, int]:
        if part.strip().startswith("-"):
            raise NotAValue(
                f"`{text}` is negative", "an amount is not negative; say who pays with the clause's parties"
            )
        match = re.fullmatch(rf"({_PLAIN_NUMBER})\s*([A-Za-z]*)", part.strip())
        if not match or match[2].lower() not in _SCALES:
            raise NotAValue(f"`{text}` is not an amount of money")
        value = _exact_units(match[1], units * _SCALES[match[2].lower()], "the smallest unit of its currency")
        return value, value

    def _of(self, units: int) -> str:
        return f"{self.currency} {self._amount(units)}"

    def _amount(self, units: int) -> str:
        places = DECIMAL_PLACES[self.currency]
        whole, part = divmod(units, 10**places)
        if part == 0:
            for scale, word in ((10**9, "bn"), (10**6, "m")):
                if whole >= scale and whole * 1000 % scale == 0:
                    thousandths = whole * 1000 // scale
                    return f"{thousandths // 1000}{f'.{thousandths % 1000:03}'.rstrip('0').rstrip('.')}{word}"
            return f"{whole:,}"
        return f"{whole:,}.{part:0{places}}"

    def __str__(self) -> str:
        if self.is_exact:
            return self._of(self.lowest)
        return f"{self.currency} {self._amount(self.lowest)}..{self._amount(self.highest)}"


@dataclass(frozen=True, slots=True)
class Percentage(Value):
    """A share, in units of 0.0001 %."""

    type_name: ClassVar[str] = "percentage"
    form: ClassVar[str] = "a percentage, such as `32.5%` or `30%..49%`"
    pattern: ClassVar[str] = r"%"
    limit: ClassVar[int] = 1000 * 10**4
    ONE: ClassVar[int] = 100 * 10**4
    """The whole: 100 %."""

    @classmethod
    def read(cls, text: str) -> Percentage:
        """Read `32.5%` and `30%..49%`."""
        return cls(*_read_range(text, lambda part: cls._one(part, text), cls.limit))._check()

    @staticmethod
    def _one(part: str, text: str) -> tuple[int, int]:
        if part.strip().startswith("-"):
            raise NotAValue(f"`{text}` is negative")
        match = re.fullmatch(rf"({_PLAIN_NUMBER})\s*(?:%|per ?cent)", part.strip())
        if not match:
            raise NotAValue(f"`{text}` is not a percentage")
        value = _exact_units(match[1], 10**4, "0.0001 %")
        return value, value

    @classmethod
    def of_fractions(cls, lowest: Fraction, highest: Fraction) -> Percentage:
        """The narrowest percentage that holds an exact share between two fractions of the whole."""
        return cls(int(lowest * cls.ONE // 1), -int(-highest * cls.ONE // 1))._check()

    def _of(self, units: int) -> str:
        whole, part = divmod(units, 10**4)
        return f"{whole}{f'.{part:04}'.rstrip('0') if part else ''}%"


@dataclass(frozen=True, slots=True)
class Date(Value):
    """A day, or a span of days when only the month or the year is known."""

    type_name: ClassVar[str] = "date"
    form: ClassVar[str] = "a date as `2030-12-31`, `2026-04` or `2030`; `2026..2028` for a span; `never` for no end"
    pattern: ClassVar[str] = r"^\d{4}|^never$|^\.\."
    numerals: ClassVar[tuple[int, int] | None] = (1000, datetime.MAXYEAR)
    limit: ClassVar[int] = datetime.date.max.toordinal()

    @classmethod
    def read(cls, text: str) -> Date:
        """Read `2030-12-31`, `2026-04`, `2030`, `2026..2028`, `never`."""
        if text == "never":
            return cls(cls.limit, cls.limit)
        lowest, highest = _read_range(text, lambda part: cls._one(part, text), cls.limit)
        return cls(max(1, lowest), highest)._check()

    @staticmethod
    def _one(part: str, text: str) -> tuple[int, int]:
        match = re.fullmatch(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", part.strip())
        if not match:
            hint = None
            if re.fullmatch(r"\d{1,2}[/.\-]\d{1,2}[/.\-]\d{2,4}", part.strip()):
                hint = "day and month cannot be told apart here: write `2030-12-31`"
            elif re.fullmatch(r"\d{4}-\d{1,2}(-\d{1,2})?", part.strip()):
                hint = "write month and day with two digits, as in `2030-04-01`"
            raise NotAValue(f"`{text}` is not a date", hint)
        year, month, day = (int(group) if group else None for group in match.groups())
        assert year is not None
        try:
            if month is not None and day is not None:
                one = datetime.date(year, month, day).toordinal()
                return one, one
            first = datetime.date(year, 1 if month is None else month, 1)
            last_month = 12 if month is None else month
            last = datetime.date(year, last_month, calendar.monthrange(year, last_month)[1])
        except (ValueError, calendar.IllegalMonthError):
            raise NotAValue(f"there is no such date as `{part.strip()}`") from None
        return first.toordinal(), last.toordinal()

    @classmethod
    def of(cls, day: datetime.date) -> Date:
        """A single day."""
        return cls(day.toordinal(), day.toordinal())

    def _of(self, units: int) -> str:
        return "never" if units >= self.limit else datetime.date.fromordinal(units).isoformat()

    def __str__(self) -> str:
        if self.is_exact:
            return self._of(self.lowest)
        if self.lowest <= 1:
            return ".." if self.highest >= self.limit else f"..{self._of(self.highest)}"
        if self.highest >= self.limit:
            return f"{self._of(self.lowest)}.."
        first, last = datetime.date.fromordinal(self.lowest), datetime.date.fromordinal(self.highest)
        if first.day == 1 and last.day == calendar.monthrange(last.year, last.month)[1]:
            whole_years = first.month == 1 and last.month == 12
            start, end = (f"{day.year:04}" if whole_years else f"{day.year:04}-{day.month:02}" for day in (first, last))
            return start if start == end else f"{start}..{end}"
        return f"{first.isoformat()}..{last.isoformat()}"


@dataclass(frozen=True, slots=True)
class _Span(Value):
    """A length of time counted in one unit; one written in the other unit becomes a range of it."""

    limit: ClassVar[int] = 200 * 366

    @staticmethod
    def _number_and_unit(part: str, text: str) -> tuple[int, str]:
        match = re.fullmatch(r"(\d+)\s*-?\s*(day|week|month|quarter|year)s?", part.strip())
        if not match:
            raise NotAValue(f"`{text}` is not a length of time")
        return int(match[1]), match[2]


@dataclass(frozen=True, slots=True)
class Days(_Span):
    """A length of time in days: notice, cure and waiting periods. `3 months` is 89 to 92 days."""

    type_name: ClassVar[str] = "days"
    form: ClassVar[str] = "a length of time, such as `90 days` or `3 months`"
    pattern: ClassVar[str] = r"(day|week|month|quarter|year)s?$"

    @classmethod
    def read(cls, text: str) -> Days:
        """Read `90 days`, `2 weeks`, `3 months`, `30..60 days`."""
        return cls(*_read_range(_unit_on_both(text), lambda part: cls._one(part, text), cls.limit))._check()

    @classmethod
    def _one(cls, part: str, text: str) -> tuple[int, int]:
        number, unit = cls._number_and_unit(part, text)
        if unit in ("day", "week"):
            days = number * (7 if unit == "week" else 1)
            return days, days
        months = number * {"month": 1, "quarter": 3, "year": 12}[unit]
        if months > 2400:
            raise NotAValue("the length of time is longer than 200 years")
        return days_of_months(months)

    def _of(self, units: int) -> str:
        return f"{units} day{'' if units == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Months(_Span):
    """A length of time in months: terms and restraint periods. `90 days` is 2 to 4 months."""

    type_name: ClassVar[str] = "months"
    form: ClassVar[str] = "a length of time, such as `24 months` or `5 years`"
    pattern: ClassVar[str] = r"(day|week|month|quarter|year)s?$"

    @classmethod
    def read(cls, text: str) -> Months:
        """Read `24 months`, `5 years`, `90 days`, `12..24 months`."""
        return cls(*_read_range(_unit_on_both(text), lambda part: cls._one(part, text), cls.limit))._check()

    @classmethod
    def _one(cls, part: str, text: str) -> tuple[int, int]:
        number, unit = cls._number_and_unit(part, text)
        if unit in ("day", "week"):
            days = number * (7 if unit == "week" else 1)
            return days // 31, -(-days // 28)
        months = number * {"month": 1, "quarter": 3, "year": 12}[unit]
        return months, months

    def _of(self, units: int) -> str:
        if units and units % 12 == 0:
            return f"{units // 12} year{'' if units == 12 else 's'}"
        return f"{units} month{'' if units == 1 else 's'}"


def days_of_months(months: int) -> tuple[int, int]:
    """The fewest and the most days that so many calendar months can have.

    The Gregorian calendar repeats after 400 years; what matters here is leap years, so one cycle of
    starts around a leap year and around 1900 shows both extremes.
    """
    lengths = []
    for year in (1896, 1897, 1898, 1899, 1900, 1999, 2000):
        for month in range(1, 13):
            end_year, end_month = divmod(year * 12 + month - 1 + months, 12)
            start, end = datetime.date(year, month, 1), datetime.date(end_year, end_month + 1, 1)
            lengths.append((end - start).days)
    return min(lengths), max(lengths)


def _unit_on_both(text: str) -> str:
    """`30..60 days` means `30 days..60 days`."""
    match = re.fullmatch(r"(\d+)\s*\.\.\s*(\d+)\s*([a-z]+)", text)
    return f"{match[1]} {match[3]}..{match[2]} {match[3]}" if match else text


@dataclass(frozen=True, slots=True)
class Number(Value):
    """A whole number: seats, shares, observers."""

    type_name: ClassVar[str] = "number"
    form: ClassVar[str] = "a whole number, such as `3`"
    pattern: ClassVar[str] = r"^[\d_,]+(\.\.[\d_,]*)?$"
    numerals: ClassVar[tuple[int, int] | None] = (0, 10**12)
    limit: ClassVar[int] = 10**12

    @classmethod
    def read(cls, text: str) -> Number:
        """Read `3`, `1_000` and `1..4`."""
        return cls(*_read_range(text, lambda part: cls._one(part, text), cls.limit))._check()

    @staticmethod
    def _one(part: str, text: str) -> tuple[int, int]:
        if not re.fullmatch(r"\d{1,3}(,\d{3})+|\d[\d_]*", part.strip()):
            raise NotAValue(f"`{text}` is not a whole number")
        value = int(part.strip().replace(",", "").replace("_", ""))
        return value, value

    def _of(self, units: int) -> str:
        return f"{units:,}"


VALUE_TYPES: dict[str, type[Value]] = {cls.type_name: cls for cls in (Money, Percentage, Date, Days, Months, Number)}
"""The value types by the name that the rule language gives them."""
