"""Days are days in Berlin: so are those of the books, of policies and of lenders in this market."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")


def day_in_berlin(moment: datetime) -> date:
    """The day on which a moment falls."""
    return moment.astimezone(BERLIN).date()
