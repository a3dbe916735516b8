"""The days ahead: their months, and the bank days on which money is due."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from features.bank_days import BANK_HOLIDAYS

Integers = npt.NDArray[np.int64]

_CLOSED: Final = frozenset(BANK_HOLIDAYS)
_SATURDAY: Final = 5


def month_number(day: date) -> int:
    """Months since year 0: ``12 * year + month - 1``."""
    return day.year * 12 + day.month - 1


def day_in(month: int, day: int) -> date:
    """A day of a month, or the last one where the month is shorter."""
    year, index = divmod(month, 12)
    return date(year, index + 1, min(day, monthrange(year, index + 1)[1]))


def length_of(month: int) -> int:
    """Days of a month."""
    return monthrange(month // 12, month % 12 + 1)[1]


def is_bank_day(day: date) -> bool:
    """Whether banks move money."""
    return day.weekday() < _SATURDAY and day not in _CLOSED


def bank_day_from(day: date) -> date:
    """The day, or the next bank day: what falls due on a weekend or holiday is due then (§ 193 BGB, § 108 AO)."""
    while not is_bank_day(day):
        day += timedelta(1)
    return day


def bank_day_in(month: int, day: int) -> date:
    """A day of a month or the next bank day; where that lies in the next month, the last bank day before."""
    found = bank_day_from(day_in(month, day))
    if month_number(found) == month:
        return found
    found = day_in(month, day)
    while not is_bank_day(found):
        found -= timedelta(1)
    return found


def third_last_bank_day(month: int) -> date:
    """On which contributions to social security are due (§ 23(1) SGB IV)."""
    day, left = day_in(month, 31), 3
    while True:
        left -= is_bank_day(day)
        if not left:
            return day
        day -= timedelta(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """The days from the one after the day of observation on."""

    as_of: date
    count: int
    months: Integers
    """Month number of each day."""

    @property
    def first_month(self) -> int:
        """The running month."""
        return month_number(self.as_of)

    @property
    def last_month(self) -> int:
        """The month of the last day."""
        return int(self.months[-1])

    def each_month(self) -> Iterator[int]:
        """The running month and all that follow."""
        yield from range(self.first_month, self.last_month + 1)

    def put(self, flow: Integers, day: date, cents: int) -> None:
        """Add an amount to a flow on a day, if it lies ahead."""
        at = (day - self.as_of).days - 1
        if 0 <= at < self.count:
            flow[at] += cents

    def nothing(self) -> Integers:
        """A flow of nothing."""
        return np.zeros(self.count, dtype=np.int64)


@lru_cache(maxsize=32)
def days_ahead(as_of: date, count: int) -> Ahead:
    """So many days after a day; the applications of a day share them."""
    months = [month_number(as_of + timedelta(number)) for number in range(1, count + 1)]
    return Ahead(as_of=as_of, count=count, months=np.array(months, dtype=np.int64))
