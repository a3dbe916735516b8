"""Periods of the law, in calendar months."""

from datetime import date

import pytest

from scoring.base.deadlines import months_after


@pytest.mark.parametrize(
    ("received", "months", "due"),
    [
        (date(2026, 3, 5), 1, date(2026, 4, 5)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 8, 31), 1, date(2026, 9, 30)),
        (date(2026, 2, 28), 1, date(2026, 3, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
    ],
)
def test_a_month_is_a_calendar_month(received: date, months: int, due: date) -> None:
    """The same day, or the last of a shorter month; extended ones count from receipt, not from the shorter end."""
    assert months_after(received, months) == due
