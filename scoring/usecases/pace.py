"""How many requests a lender may send: a bucket of tokens for each, in this process."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from scoring.base.rates import Limit, Rate


class TooManyRequestsError(Exception):
    """A lender sends more than its rate."""

    def __init__(self, limit: Limit, retry_after: float) -> None:
        super().__init__(f"this lender may send {limit.rate} requests here; nothing of this one was stored")
        self.limit = limit
        self.retry_after = retry_after
        """Seconds until one more is free."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class Pace:
    """Counts the requests of lenders. There are as many buckets as lenders, which only the operator adds.

    Args:
        rate: Of each lender; as many may come at once.
        rates: Of those that have another one.
        clock: Seconds that only grow.
    """

    def __init__(
        self, rate: Rate, rates: Mapping[str, Rate] | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._rates = dict(rates or {})
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def take(self, lender_id: str) -> Limit:
        """Count a request of a lender.

        Raises:
            TooManyRequestsError: It has sent too many; this one is not counted.
        """
        rate, now = self._rates.get(lender_id, self._rate), self._clock()
        bucket = self._buckets.setdefault(lender_id, _Bucket(tokens=rate.count, filled_at=now))
        seconds_each = rate.seconds / rate.count
        bucket.tokens = min(rate.count, bucket.tokens + (now - bucket.filled_at) / seconds_each)
        bucket.filled_at = now
        is_refused = bucket.tokens < 1
        if not is_refused:
            bucket.tokens -= 1
        limit = Limit(
            name="lender",
            rate=rate,
            left=math.floor(bucket.tokens),
            resets_in=math.ceil((rate.count - bucket.tokens) * seconds_each),
        )
        if is_refused:
            raise TooManyRequestsError(limit, (1 - bucket.tokens) * seconds_each)
        return limit
