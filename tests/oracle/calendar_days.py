"""Days, months and plain statistics of the oracle; nothing of the product."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from functools import cache
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")


def day_of(stamp: object) -> date | None:
    """The day in Berlin of a timestamp of sevdesk; None where there is none."""
    return _day(stamp) if isinstance(stamp, str) and stamp else None


@cache
def _day(stamp: str) -> date:
    if len(stamp) == len("2026-11-28"):
        return date.fromisoformat(stamp)
    moment = datetime.fromisoformat(stamp)
    return moment.date() if moment.tzinfo is None else moment.astimezone(BERLIN).date()


def cents(amount: object) -> int:
    """Whole cents of a number or of a text with a number; 0 where there is none."""
    if amount is None or amount == "":
        return 0
    return int((Decimal(str(amount)) * 100).to_integral_value(ROUND_HALF_EVEN))


def month_of(day: date) -> int:
    """A number that counts months."""
    return day.year * 12 + day.month - 1


def month_start(month: int) -> date:
    """The first day of a month."""
    return date(month // 12, month % 12 + 1, 1)


def month_end(month: int) -> date:
    """The last day of a month."""
    return month_start(month + 1) - timedelta(days=1)


def days_in(months: Iterable[int]) -> int:
    """How many days months have."""
    return sum((month_start(month + 1) - month_start(month)).days for month in months)


def last_full_month(day: date) -> int:
    """The month before that of a day; its own where the day ends it."""
    month = month_of(day)
    return month if month_end(month) == day else month - 1


def quarter_end(day: date) -> date:
    """The last day of a day's quarter."""
    month = month_of(day)
    return month_end(month - month % 3 + 2)


def full_months(first: date, last: date) -> int:
    """How many full months a period has, its first and last day included."""
    after = last + timedelta(days=1)
    months = month_of(after) - month_of(first)
    return months if after.day >= first.day else months - 1


def median(values: Sequence[int] | Sequence[Fraction]) -> Fraction:
    """The middle value, or the mean of the two in the middle."""
    ordered = sorted(Fraction(value) for value in values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def median_slope(points: Sequence[tuple[int, Fraction]]) -> Fraction:
    """The median of the slopes between any two points (Theil and Sen)."""
    slopes = []
    for number, (left, low) in enumerate(points):
        for right, high in points[number + 1 :]:
            slopes.append((high - low) / (right - left))
    return median(slopes)


_EASTER = {
    *(date(2020, 4, 12), date(2021, 4, 4), date(2022, 4, 17), date(2023, 4, 9), date(2024, 3, 31), date(2025, 4, 20)),
    *(date(2026, 4, 5), date(2027, 3, 28), date(2028, 4, 16), date(2029, 4, 1), date(2030, 4, 21), date(2031, 4, 13)),
}
"""Sundays, as calendars have them."""


def is_bank_holiday(day: date) -> bool:
    """Whether TARGET is closed on a day besides Saturdays and Sundays."""
    is_fixed = (day.month, day.day) in {(1, 1), (5, 1), (12, 25), (12, 26)}
    return is_fixed or bool({day + timedelta(days=2), day - timedelta(days=1)} & _EASTER)
