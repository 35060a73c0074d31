"""Values are exact, or ranges; what is written back reads as the same value."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clauses.terms.currencies import DECIMAL_PLACES
from clauses.terms.values import (
    VALUE_TYPES,
    Date,
    Days,
    Money,
    Months,
    NotAValue,
    Number,
    Percentage,
    Value,
    days_of_months,
)


def ranges(lowest: int, highest: int) -> st.SearchStrategy[tuple[int, int]]:
    one = st.integers(lowest, highest)
    ends = st.sampled_from([lowest, highest])
    both = st.tuples(one | ends, one | ends).map(lambda pair: (min(pair), max(pair)))
    return both | one.map(lambda units: (units, units))


VALUES: dict[str, st.SearchStrategy[Value]] = {
    "money": st.builds(lambda r, c: Money(*r, c), ranges(0, Money.limit), st.sampled_from(sorted(DECIMAL_PLACES))),
    "percentage": ranges(0, Percentage.limit).map(lambda r: Percentage(*r)),
    "date": ranges(1, Date.limit).map(lambda r: Date(*r)),
    "days": ranges(0, Days.limit).map(lambda r: Days(*r)),
    "months": ranges(0, Months.limit).map(lambda r: Months(*r)),
    "number": ranges(0, Number.limit).map(lambda r: Number(*r)),
}


@pytest.mark.parametrize("name", list(VALUE_TYPES))
@given(data=st.data())
def test_a_value_written_and_read_is_the_same_value(name: str, data: st.DataObject) -> None:
    value = data.draw(VALUES[name])
    assert VALUE_TYPES[name].read(str(value)) == value


@pytest.mark.parametrize("name", list(VALUE_TYPES))
@given(text=st.text(alphabet="0123456789.,_ -%USDEURbnmkdaysonthe:/x٣²", max_size=30) | st.text(max_size=20))
def test_any_text_is_a_value_within_its_limits_or_a_sentence(name: str, text: str) -> None:
    try:
        value = VALUE_TYPES[name].read(text)
    except NotAValue as refused:
        assert str(refused)
        return
    assert 0 <= value.lowest <= value.highest <= value.limit
    assert VALUE_TYPES[name].read(str(value)) == value


@given(
    year=st.integers(1, 9999), month=st.integers(1, 12), day=st.integers(1, 31),
)  # fmt: skip
def test_a_date_is_every_day_that_it_may_mean(year: int, month: int, day: int) -> None:
    first = datetime.date(year, month, 1).toordinal()
    whole_month, whole_year = Date.read(f"{year:04}-{month:02}"), Date.read(f"{year:04}")
    assert whole_month.lowest == first and 27 <= whole_month.highest - first <= 30
    assert whole_year.lowest == datetime.date(year, 1, 1).toordinal()
    assert whole_year.highest - whole_year.lowest in (364, 365)
    try:
        exact = datetime.date(year, month, day)
    except ValueError:
        with pytest.raises(NotAValue, match="no such date"):
            Date.read(f"{year:04}-{month:02}-{day:02}")
    else:
        assert Date.read(exact.isoformat()) == Date.of(exact)


@given(cents=st.integers(0, 10**14))
def test_an_amount_is_exact_to_the_cent_however_it_is_written(cents: int) -> None:
    whole, part = divmod(cents, 100)
    wanted = Money(cents, cents, "USD")
    for text in (
        f"USD {whole}.{part:02}",
        f"USD {whole:,}.{part:02}",
        f"USD {whole:_}.{part:02}",
        f"USD{whole}.{part:02}",
    ):
        assert Money.read(text) == wanted


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("0.1%", 1000),
        ("0.0001%", 1),
        ("33.3333%", 333333),
        ("100%", 1_000_000),
        ("29.9999 %", 299999),
        ("7 per cent", 70_000),
    ],
)
def test_a_percentage_is_exact(text: str, units: int) -> None:
    assert Percentage.read(text) == Percentage(units, units)


REFUSED = {
    "money": ["", "5", "USD", "usd 5", "XXX 5", "USD 1e9", "USD 0x10", "USD -5",
              "USD 5.001", "JPY 0.5", "USD 5..EUR 6", "USD 6..5",
              "USD 99999tn", "USD 1,00", "USD NaN", "USD inf", "$5", "USD 1 000 0"],
    "percentage": ["", "5", "0.02", "-1%", "33.33333%", "1001%", "50%..40%", "1e1%", "5 percent of"],
    "date": ["", "0000", "10000", "2026-00", "2026-13",
             "2026-12-00", "2026-02-29", "2026-4-1", "04/05/2026", "2028..2026",
             "NO",
             "12:30", "2026-01-01T00:00:00", "tomorrow", "-2026", "Never", "unknown"],
    "days": ["", "5", "5 fortnights", "-5 days", "1.5 days", "60..30 days", "99999 days", "201 years"],
    "months": ["", "5", "-5 months", "1.5 years", "24..12 months"],
    "number": ["", "1.5", "-1", "one", "0x10", "1e3", "4..1", "1,00", "9" * 5000],
}  # fmt: skip


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in REFUSED.items() for text in texts])
def test_what_is_not_a_value_is_refused_and_never_rounded(name: str, text: str) -> None:
    with pytest.raises(NotAValue):
        VALUE_TYPES[name].read(text)


@pytest.mark.parametrize(
    ("name", "text", "lowest", "highest"),
    [
        ("number", "1..4", 1, 4), ("number", "3..", 3, Number.limit), ("number", "..3", 0, 3),
        ("number", "012", 12, 12),
        ("number", "1_000", 1000, 1000), ("percentage", "30%..49%", 300_000, 490_000),
        ("months", "5 years", 60, 60),
        ("months", "90 days", 2, 4), ("days", "3 months", 89, 92), ("days", "30..60 days", 30, 60),
        ("days", "1 year", 365, 366),
        ("date", "..2030-01-01", 1, datetime.date(2030, 1, 1).toordinal()), ("date", "never", Date.limit, Date.limit),
        ("date", "..", 1, Date.limit), ("date", "9999", datetime.date(9999, 1, 1).toordinal(), Date.limit),
    ],
)  # fmt: skip
def test_a_range_reaches_from_its_lowest_to_its_highest(name: str, text: str, lowest: int, highest: int) -> None:
    value = VALUE_TYPES[name].read(text)
    assert (value.lowest, value.highest) == (lowest, highest)


@given(year=st.integers(1900, 2200), month=st.integers(1, 12), months=st.integers(0, 600))
def test_months_in_days_hold_every_calendar(year: int, month: int, months: int) -> None:
    fewest, most = days_of_months(months)
    later_year, later_month = divmod(year * 12 + month - 1 + months, 12)
    days = (datetime.date(later_year, later_month + 1, 1) - datetime.date(year, month, 1)).days
    assert fewest <= days <= most
