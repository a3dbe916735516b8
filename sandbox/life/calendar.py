"""The days of a simulation: months, working days, and day numbers counted from its first day."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np

BURN_IN_MONTHS = 5
"""Months that are simulated before the books open, so that open invoices and bills exist on the first day."""
_MARGIN = 800
"""Days beyond the end for which working days are known, for plans that reach past it."""


def months_before(day: date, months: int) -> date:
    """The same day of the month, ``months`` earlier; the last day of that month where it has fewer days."""
    index = day.year * 12 + day.month - 1 - months
    year, month = index // 12, index % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - date(year, month, 1)).days
    return date(year, month, min(day.day, last))


@dataclass(frozen=True, slots=True)
class Calendar:
    """Day 0 is a first of a month; day ``days - 1`` is the end; the books open on day ``opens``."""

    start: int
    """Ordinal of day 0."""
    days: int
    opens: int
    month_first: tuple[int, ...]
    """Day on which each month begins."""
    month_of_year: tuple[int, ...]
    """1 to 12, of each month."""
    next_working: tuple[int, ...]
    """The first working day at or after each day (and some hundred beyond the end)."""

    @property
    def last(self) -> int:
        """The last day."""
        return self.days - 1


@lru_cache(maxsize=256)
def calendar(end_on: date, months: int) -> Calendar:
    """The calendar of a simulation whose books reach back ``months`` before ``end_on``."""
    opens_on = months_before(end_on, months)
    first = months_before(opens_on.replace(day=1), BURN_IN_MONTHS)
    start = first.toordinal()
    days = end_on.toordinal() - start + 1
    firsts, months_of_year = [], []
    month = first
    while month <= end_on:
        firsts.append(month.toordinal() - start)
        months_of_year.append(month.month)
        month = months_before(month, -1)
    weekday = (np.arange(days + _MARGIN) + first.weekday()) % 7
    shift = np.where(weekday == 5, 2, np.where(weekday == 6, 1, 0))
    working = np.arange(days + _MARGIN) + shift
    return Calendar(
        start=start,
        days=days,
        opens=opens_on.toordinal() - start,
        month_first=tuple(firsts),
        month_of_year=tuple(months_of_year),
        next_working=tuple(working.tolist()),
    )
