"""The present, instants as text, and days, which are days in Berlin: those of books, policies and lenders here."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
Clock = Callable[[], datetime]
"""The present as an aware UTC instant."""


def utc_now() -> datetime:
    """The present."""
    return datetime.now(UTC)


def day_in_berlin(moment: datetime) -> date:
    """The day on which a moment falls."""
    return moment.astimezone(BERLIN).date()
