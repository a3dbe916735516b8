"""Values as sevdesk writes them."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.objects.values import day_of, decimal_text, moment_of_unix, number_of, reference_of


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("-1391.18", "-1391.18"),
        ("39.20", "39.2"),
        ("100.00", "100"),
        ("-0.00", "0"),
        ("0", "0"),
        ("1E+3", "1000"),
        ("0.01", "0.01"),
    ],
)
def test_amounts_are_written_without_trailing_zeros(amount: str, text: str) -> None:
    """Whole hundreds keep theirs, and zero has no sign."""
    assert decimal_text(Decimal(amount)) == text


@given(st.integers(-(10**12), 10**12))
def test_an_amount_reads_back_as_written(cents: int) -> None:
    """For every number of cents."""
    assert number_of(decimal_text(Decimal(cents) / 100)) == Decimal(cents) / 100


@pytest.mark.parametrize("value", [None, True, "", "1,5", "NaN", "Infinity", "1e999999999", {}, []])
def test_what_is_no_amount_is_none(value: object) -> None:
    """Null, flags, German notation, and numbers beyond any sum of money."""
    assert number_of(value) is None


@pytest.mark.parametrize(
    ("timestamp", "day"),
    [
        ("2026-09-01T00:00:00+02:00", date(2026, 9, 1)),
        ("2026-08-31T22:30:00+00:00", date(2026, 9, 1)),
        ("2026-12-31T23:30:00+00:00", date(2027, 1, 1)),
        ("2026-09-01", date(2026, 9, 1)),
        ("0001-01-01T00:00:00+02:00", date(1, 1, 1)),
        ("9999-12-31T23:59:59+00:00", date(9999, 12, 31)),
        ("2026-02-30T00:00:00+01:00", None),
        ("", None),
        (None, None),
        (20260901, None),
    ],
)
def test_the_day_is_the_one_in_berlin(timestamp: object, day: date | None) -> None:
    """Whatever offset the timestamp carries; the ends of the calendar do no harm."""
    assert day_of(timestamp) == day


@pytest.mark.parametrize("text", ["", "abc", "1.5", "99999999999999", "2026-09-01", "1e9", "٣"])
def test_what_is_no_unix_time_is_none(text: str) -> None:
    """Filters with such a value are ignored."""
    assert moment_of_unix(text) is None


@pytest.mark.parametrize(
    ("value", "reference"),
    [
        ({"id": "3", "objectName": "Category"}, ("Category", "3")),
        ({"id": 3, "objectName": "Category"}, ("Category", "3")),
        ({"id": "3"}, ("", "3")),
        ({"id": None, "objectName": "Category"}, None),
        (None, None),
        ("3", None),
    ],
)
def test_a_reference_is_name_and_id(value: object, reference: tuple[str, str] | None) -> None:
    """Anything else points nowhere."""
    assert reference_of(value) == reference
