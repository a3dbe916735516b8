"""Days on which banks of the euro area move no money between each other, besides Saturdays and Sundays."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

FIRST_YEAR, LAST_YEAR = 1970, 2200


def easter_sunday(year: int) -> date:
    """By the rule of the Gregorian calendar, as Meeus, Jones and Butcher have it."""
    century, rest = divmod(year, 100)
    moon = year % 19
    shift = (19 * moon + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - shift - rest % 4) % 7
    late = (moon + 11 * shift + 22 * weekday) // 451
    month, day = divmod(shift + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def _closing_days() -> Iterator[date]:
    """New Year, Good Friday, Easter Monday, the first of May, and two days of Christmas: those of TARGET."""
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        easter = easter_sunday(year)
        yield from (date(year, 1, 1), date(year, 5, 1), date(year, 12, 25), date(year, 12, 26))
        yield from (easter - timedelta(days=2), easter + timedelta(days=1))


BANK_HOLIDAYS: Final = tuple(sorted(_closing_days()))
