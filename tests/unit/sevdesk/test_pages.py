from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.sources.sevdesk.words.pages import MalformedValueError, cents, day_number, days, moments


@pytest.mark.parametrize(
    ("euro", "expected"),
    [
        (29.0, 2900), (5.51, 551), (-39.2, -3920), (0.0, 0), (34.51, 3451), (0.29, 29), (1.15, 115), (8.2, 820),
        (1.005, 100), (1.015, 102), (0.125, 12), (0.135, 14), (-2.675, -268), (-0.005, 0), (4.35, 435),
        (9_999_999_999.99, 999_999_999_999), (None, None),
    ],
)  # fmt: skip
def test_amounts_are_exact_cents(euro: float | None, expected: int | None) -> None:
    """Two decimals are exact, more are rounded half to even as written, not as stored."""
    assert cents([euro, 1.0]).to_list() == [expected, 100]


@given(st.lists(st.decimals(min_value=-9_999_999_999, max_value=9_999_999_999, places=4), max_size=30))
def test_amounts_agree_with_decimal_arithmetic(amounts: list[Decimal]) -> None:
    """For any amount the cents are those of exact decimal arithmetic."""
    exact = [int((Decimal(repr(float(a))) * 100).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)) for a in amounts]
    assert cents([float(a) for a in amounts]).to_list() == exact


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-09-28T00:00:00+02:00", date(2026, 9, 28)),
        ("2026-03-29T00:00:00+01:00", date(2026, 3, 29)),  # the night in which summer time begins
        ("2026-10-25T00:00:00+02:00", date(2026, 10, 25)),  # and the one in which it ends
        ("2026-12-31T23:59:59+01:00", date(2026, 12, 31)),
        ("2026-08-31T22:00:00Z", date(2026, 9, 1)),
        ("2026-08-31T22:00:00+00:00", date(2026, 9, 1)),
        ("2026-08-31T21:59:59+00:00", date(2026, 8, 31)),
        ("2026-12-31T23:00:00Z", date(2027, 1, 1)),
        ("2026-12-31T22:59:59Z", date(2026, 12, 31)),
        ("2026-01-15T00:00:00+02:00", date(2026, 1, 14)),  # not Berlin's offset in winter
        ("2026-07-15T23:00:00+01:00", date(2026, 7, 16)),  # nor this one in summer
        ("2026-07-15T22:59:59+01:00", date(2026, 7, 15)),
        ("2026-03-29T00:30:00+02:00", date(2026, 3, 28)),
        ("2026-03-29T23:30:00+01:00", date(2026, 3, 30)),
        ("2026-10-25T23:30:00+02:00", date(2026, 10, 25)),
        ("2026-10-25T00:30:00+02:00", date(2026, 10, 25)),
        ("2026-09-01T05:30:00+05:30", date(2026, 9, 1)),
        ("2026-09-01T03:00:00+09:00", date(2026, 8, 31)),
        ("2026-08-31T20:00:00-05:00", date(2026, 9, 1)),
        ("2026-09-01T00:00:00", date(2026, 9, 1)),
        ("2026-09-01 23:59:59", date(2026, 9, 1)),
        ("2026-08-31T22:00:00.000Z", date(2026, 9, 1)),
        ("2026-09-01T00:00:00.000000+02:00", date(2026, 9, 1)),
        ("2026-08-31T22:00:00+0000", date(2026, 9, 1)),
        ("1970-01-01", date(1970, 1, 1)),
        ("2199-12-31", date(2199, 12, 31)),
        ("2028-02-29", date(2028, 2, 29)),
        (None, None),
    ],
)
@pytest.mark.parametrize("convert", [days, moments])
def test_a_day_is_that_of_berlin(convert: Callable[[list[str | None]], pl.Series], text: str | None, day: date) -> None:
    """An offset counts; without one the time is Berlin's, and a date alone is the day."""
    assert convert([text, "2026-01-01"]).to_list() == [day, date(2026, 1, 1)]


@given(
    st.integers(86_400, 7_258_032_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    st.sampled_from([0, 1, 2, -5, 14]) | st.none(),
)
def test_an_instant_has_one_day_however_it_is_written(instant: datetime, hours: int | None) -> None:
    """Written in any offset, the day is that of Berlin's clock."""
    zone = BERLIN if hours is None else timezone(timedelta(hours=hours))
    text, expected = instant.astimezone(zone).isoformat(timespec="seconds"), instant.astimezone(BERLIN).date()
    assert days([text]).to_list() == moments([text]).to_list() == [expected]


@pytest.mark.parametrize(
    "text", ["", "2026", "20260928", "2026-9-28", "2026-W39-1", "2026-02-29", "28.09.2026", "٢٠٢٦-٠٩-٢٨"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    """Anything but a literal, existing YYYY-MM-DD is no day."""
    with pytest.raises(ValueError, match=r"date|day|month|year"):
        day_number(text)


@given(
    st.lists(st.none() | st.dates(date(1970, 1, 1), date(2199, 12, 31)).map(date.isoformat), max_size=5),
    st.sampled_from(["", "T23:59:59", " 00:00:00"]),
)
def test_a_column_of_days_is_the_days_of_its_values(texts: list[str | None], rest: str) -> None:
    """Days that are read together are those that are read alone, with gaps or without."""
    expected = [None if text is None else date.fromisoformat(text) for text in texts]
    assert days([None if text is None else text + rest for text in texts]).to_list() == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "2026", "0000-01-01", "2026-02-29", "2026-9-28\0", "NaT", "now", "٢٠٢٦-٠٩-٢٨", "2026/09/28", "20260928TZ",
        "2026-01-01ü", "2026-01-01T25:00:00Z", "0001-01-01T00:00:00+00:53", "-0001-11-30T00:00:00+00:53",
        "9999-12-31T00:00:00+01:00", "1969-12-31", "2200-01-01", "2199-12-31T23:30:00Z", "0000-00-00 00:00:00",
    ],
)  # fmt: skip
@pytest.mark.parametrize("convert", [days, moments])
def test_a_column_with_something_else_than_days_names_its_row(
    convert: Callable[[list[str | None]], pl.Series], text: str
) -> None:
    """What only other calendars or numpy would read as a day is refused, with its place in the column."""
    with pytest.raises(MalformedValueError) as caught:
        convert(["2026-01-01", text, "2026-01-02"])
    assert caught.value.index == 1


def test_a_day_that_does_not_exist_is_found_in_a_long_column() -> None:
    """However many good days stand before it."""
    with pytest.raises(MalformedValueError) as caught:
        days(["2026-01-01"] * 2_000 + ["0000-00-00", "2026-02-30"])
    assert caught.value.index == 2_000
