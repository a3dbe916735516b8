"""The days that a command looks at."""

from collections.abc import Callable
from datetime import date
from typing import Final

from scoring.commands.session import give_up
from scoring.decisions.cast_votes import Period
from scoring.usecases.review_reports import MOST_DAYS

_EARLIEST: Final = date(1970, 1, 1)
_LATEST: Final = date(8999, 12, 31)
"""As in the interface: periods before and behind such days are days, too."""


def period_of(since: date | None, until: date, usual: Callable[[date], Period]) -> Period:
    """The days that are asked for; where no first one is, as many as is usual. Gives up where they are out of order.

    Args:
        since: the first day.
        until: the last one.
        usual: the period that ends on a day, where no first one is asked for.
    """
    for day in (since or until, until):
        if not _EARLIEST <= day <= _LATEST:
            give_up(f"{day} is before {_EARLIEST} or after {_LATEST}")
    period = Period(since=since or usual(until).since, until=until)
    if not 0 <= (period.until - period.since).days <= MOST_DAYS:
        give_up(f"--since must not be after --until, nor over {MOST_DAYS} days before it")
    return period
