"""What is read of a firm's past: which months are full, on boundary days."""

from datetime import date

import pytest
from builders import make_account, make_ledger, make_level, make_spine
from cash_books import line

from features.recognised import RecognisedViews
from features.spine import observed
from forecast.facts import facts_of


@pytest.mark.parametrize(
    ("first_day", "as_of", "expected"),
    [
        # A month that began before the first line is not full.
        (date(2026, 1, 2), date(2026, 6, 15), 4),
        (date(2026, 1, 15), date(2026, 6, 15), 4),
        (date(2026, 1, 30), date(2026, 6, 15), 4),
        (date(2026, 1, 31), date(2026, 6, 15), 4),
        (date(2026, 2, 28), date(2026, 6, 15), 3),
        # One that begins with it is.
        (date(2026, 1, 1), date(2026, 6, 15), 5),
        (date(2026, 2, 1), date(2026, 6, 15), 4),
        # The running month is never one of them, on its last day neither.
        (date(2026, 1, 15), date(2026, 6, 1), 4),
        (date(2026, 1, 15), date(2026, 6, 29), 4),
        (date(2026, 1, 15), date(2026, 6, 30), 4),
        (date(2026, 1, 15), date(2026, 7, 1), 5),
        (date(2025, 12, 31), date(2026, 1, 31), 0),
        (date(2025, 12, 31), date(2026, 2, 1), 1),
        (date(2025, 12, 1), date(2026, 1, 1), 1),
        # The day itself, and the month of the first line.
        (date(2026, 6, 1), date(2026, 6, 1), 0),
        (date(2026, 6, 1), date(2026, 6, 30), 0),
        (date(2026, 6, 15), date(2026, 6, 15), 0),
        (date(2026, 5, 31), date(2026, 6, 1), 0),
        # Three years at most.
        (date(2023, 6, 1), date(2026, 6, 15), 36),
        (date(2023, 6, 2), date(2026, 6, 15), 35),
        (date(2020, 1, 1), date(2026, 6, 15), 36),
    ],
)
def test_full_months_are_those_before_the_running_one(first_day: date, as_of: date, expected: int) -> None:
    """Calendar months between that of the first line and that of the day of observation."""
    ledger = make_ledger(
        transactions=[line(first_day, 100, "other"), line(as_of, 100, "other")],
        accounts=[make_account(recorded_on=first_day)],
        levels=[make_level(level_cents=0, happened_on=first_day)],
    )
    found = facts_of(ledger, RecognisedViews(ledger, observed(make_spine((0, as_of)))), as_of)
    assert found.full_months == expected


def test_without_a_line_no_month_is_full() -> None:
    """An account that nothing moved on."""
    as_of = date(2026, 6, 30)
    ledger = make_ledger(accounts=[make_account(recorded_on=as_of)])
    found = facts_of(ledger, RecognisedViews(ledger, observed(make_spine((0, as_of)))), as_of)
    assert found.full_months == 0
