"""Calendar months: periods of the law, and instalments."""

from calendar import monthrange
from datetime import date


def months_after(day: date, months: int) -> date:
    """The same day some months later, or the last of that month where it has no such day.

    A period that begins with an event ends so: what comes on 31 January is due on the last day of February. It is not
    lengthened by weekends or holidays: an answer in time by this rule is in time by every other.

    Raises:
        ValueError: the day would be beyond the calendar.
    """
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
