"""Which failed call is made again, and after how long: pure functions of time and randomness."""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

from scoring.sources.errors import RateLimitedError, SourceError, SourceUnavailableError

RETRIED_STATUS_CODES = frozenset({429, 502, 503, 504})
"""A 500 is not among them: sevdesk also sends it for faults of the request."""

_SECONDS = re.compile(r"[0-9]{1,300}(\.[0-9]{1,300})?", re.ASCII)


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Capped exponential backoff with jitter, honours Retry-After within a bound. All times are seconds."""

    attempts: int = 5
    """Calls in all, the first included."""
    first_wait: float = 0.25
    longest_wait: float = 8.0
    longest_retry_after: float = 30.0
    """A longer Retry-After is not waited for: the error is raised with it."""

    def wait(self, error: SourceError, jitter: Callable[[], float]) -> float | None:
        """How many seconds to wait before the call is made again; none when it is not.

        Args:
            error: How the call failed; its ``attempt`` counts the calls made so far.
            jitter: A source of numbers in [0, 1).
        """
        if not isinstance(error, RateLimitedError | SourceUnavailableError) or error.attempt >= self.attempts:
            return None
        if error.status_code is not None and error.status_code not in RETRIED_STATUS_CODES:
            return None
        if error.retry_after is not None:
            # Never earlier than asked for; the jitter keeps parallel calls from coming back all at once.
            asked = error.retry_after
            return None if asked > self.longest_retry_after else asked + self.first_wait * jitter()
        # Half of the wait is random, for the same reason.
        full = min(self.longest_wait, self.first_wait * 2.0 ** (error.attempt - 1))
        return full * (0.5 + 0.5 * jitter())


def parse_retry_after(text: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for: a number of seconds, or an HTTP date (0 when it has passed).

    Anything else, such as ``nan``, ``inf`` or a negative number, is ignored.
    """
    if text is None:
        return None
    text = text.strip()
    if _SECONDS.fullmatch(text):
        seconds = float(text)
        return seconds if math.isfinite(seconds) else None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    # HTTP dates are in GMT, also where the zone is left out.
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
