"""The day of an instant: that in Berlin, as in books and in the records of the service."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

_BERLIN = ZoneInfo("Europe/Berlin")


def day_of(at: datetime) -> date:
    """The day on which an instant falls."""
    return at.astimezone(_BERLIN).date()
