from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.sources.sevdesk.words.pages import MalformedValueError, cents, day_number, days


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


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-09-28T00:00:00+02:00", date(2026, 9, 28)),
        ("2026-03-29T00:00:00+01:00", date(2026, 3, 29)),  # the night in which summer time begins
        ("2026-10-25T00:00:00+02:00", date(2026, 10, 25)),  # and the one in which it ends
        ("2026-12-31T23:59:59+01:00", date(2026, 12, 31)),
        ("2028-02-29", date(2028, 2, 29)),
        (None, None),
    ],
)
def test_a_day_is_the_literal_date_part(text: str | None, day: date | None) -> None:
    """The day is what is written, whatever the offset says: converting to UTC would give the day before."""
    assert days([text]).to_list() == [day]


@pytest.mark.parametrize(
    "text", ["", "2026", "20260928", "2026-9-28", "2026-W39-1", "2026-02-29", "28.09.2026", "٢٠٢٦-٠٩-٢٨"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    """Anything but a literal, existing YYYY-MM-DD is no day."""
    with pytest.raises(ValueError, match=r"date|day|month|year"):
        day_number(text)


@given(st.lists(st.none() | st.dates().map(date.isoformat), max_size=5), st.sampled_from(["", "T23:59:59+01:00", "ü"]))
def test_a_column_of_days_is_the_days_of_its_values(texts: list[str | None], rest: str) -> None:
    """Days that are read together are those that are read alone, with gaps or without."""
    expected = [None if text is None else date.fromisoformat(text) for text in texts]
    assert days([None if text is None else text + rest for text in texts]).to_list() == expected


@pytest.mark.parametrize(
    "text",
    ["", "2026", "0000-01-01", "2026-02-29", "2026-9-28\0", "NaT", "now", "٢٠٢٦-٠٩-٢٨", "2026/09/28", "20260928TZ"],
)
def test_a_column_with_something_else_than_days_names_its_row(text: str) -> None:
    """What only other calendars or numpy would read as a day is refused, with its place in the column."""
    with pytest.raises(MalformedValueError) as caught:
        days(["2026-01-01", text, "2026-01-02"])
    assert caught.value.index == 1


def test_a_day_that_does_not_exist_is_found_in_a_long_column() -> None:
    """However many good days stand before it."""
    with pytest.raises(MalformedValueError) as caught:
        days(["2026-01-01"] * 2_000 + ["0000-00-00", "2026-02-30"])
    assert caught.value.index == 2_000
