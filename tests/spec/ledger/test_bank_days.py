"""Days on which banks are closed."""

from datetime import date

import pytest

from features.bank_days import BANK_HOLIDAYS, easter_sunday


@pytest.mark.parametrize(
    "sunday",
    [
        *(date(1970, 3, 29), date(1981, 4, 19), date(2000, 4, 23), date(2008, 3, 23), date(2011, 4, 24)),
        *(date(2024, 3, 31), date(2025, 4, 20), date(2026, 4, 5), date(2038, 4, 25), date(2076, 4, 19)),
    ],
)
def test_easter(sunday: date) -> None:
    """As calendars have it; the earliest and latest days, and the exceptions of Gauss's rule among them."""
    assert easter_sunday(sunday.year) == sunday


def test_six_days_of_each_year() -> None:
    """Those of TARGET in 2026."""
    assert [day for day in BANK_HOLIDAYS if day.year == 2026] == [
        *(date(2026, 1, 1), date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1)),
        *(date(2026, 12, 25), date(2026, 12, 26)),
    ]
