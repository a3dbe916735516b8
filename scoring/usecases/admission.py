"""Which decisions are made now, which wait, and which are refused at once: a fair queue over the lenders."""

import asyncio
import time
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias, TypeVar

T = TypeVar("T")
HangUp: TypeAlias = Callable[[], Coroutine[Any, Any, None]]
"""What it returns ends when the caller has left, or raises why the work ends; it is cancelled when it is not needed."""

_FIRST_GUESS_SECONDS: Final = 1.0
"""How long a decision takes, before any was made."""
_WEIGHT_OF_THE_LAST: Final = 0.1
"""In the moving mean of how long a decision takes."""


class OverloadedError(Exception):
    """The request cannot begin in time."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("too many decisions are being made; nothing of this request was stored")
        self.retry_after = retry_after
        """Seconds until it is worth trying again."""


class HungUpError(Exception):
    """The caller left before its decision was made."""


async def stays() -> None:
    """A caller whose leaving makes no difference."""
    await asyncio.Event().wait()


async def unless_hung_up(work: Coroutine[Any, Any, T], hung_up: HangUp | None) -> T:
    """Work for a caller as long as it is there.

    Raises:
        HungUpError: It left; the work was cancelled. Where ``hung_up`` raised, that is raised in its place.
    """
    if hung_up is None:
        return await work
    working, leaving = asyncio.create_task(work), asyncio.create_task(hung_up())
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
        if not working.done():
            working.cancel()
            await asyncio.wait({working})
    if working.cancelled():
        if leaving.done():
            leaving.result()
        raise HungUpError
    return working.result()


class Admission:
    """Admits requests to be decided on.

    A free place goes to the lender that has the fewest decisions in the making, by its weight; a lender's own requests
    are taken in turn. A request that would wait too long, by the mean of late, is refused before it waits.

    Args:
        at_once: Decisions in the making, of all lenders together.
        longest_wait: Seconds that a request may wait for its turn.
        weights: Of lenders; 1 for those that are not named.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        *,
        at_once: int,
        longest_wait: float,
        weights: Mapping[str, float] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._at_once = at_once
        self._longest_wait = longest_wait
        self._weights = dict(weights or {})
        self._clock = clock
        self._seconds = _FIRST_GUESS_SECONDS
        self._running = Counter[str]()
        self._waiting = defaultdict[str, deque[asyncio.Future[None]]](deque)

    @asynccontextmanager
    async def turn(self, lender_id: str, *, hung_up: HangUp) -> AsyncIterator[None]:
        """Wait for this request's turn, and give its place on at the end.

        Args:
            lender_id: Who asks.
            hung_up: Ends when the caller has left.

        Raises:
            OverloadedError: It cannot begin in time.
            HungUpError: The caller left before it began.
        """
        await self._begin(lender_id, hung_up)
        began = self._clock()
        try:
            yield
        finally:
            taken = self._clock() - began
            self._seconds += _WEIGHT_OF_THE_LAST * (taken - self._seconds)
            self._running[lender_id] -= 1
            self._admit()

    async def _begin(self, lender_id: str, hung_up: HangUp) -> None:
        if self._running.total() < self._at_once and not any(self._waiting.values()):
            self._running[lender_id] += 1
            return
        if (wait := self._expected_wait(lender_id)) > self._longest_wait:
            raise OverloadedError(wait)
        admitted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[lender_id].append(admitted)
        leaving = asyncio.create_task(hung_up())
        try:
            await asyncio.wait({admitted, leaving}, timeout=self._longest_wait, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self._leave(lender_id, admitted)
            raise
        finally:
            leaving.cancel()
        if admitted.done() and not leaving.done():
            return
        has_left = leaving.done() and not leaving.cancelled()
        self._leave(lender_id, admitted)
        raise HungUpError if has_left else OverloadedError(self._expected_wait(lender_id))

    def _leave(self, lender_id: str, admitted: asyncio.Future[None]) -> None:
        """Give up the place in the queue, or the turn that has just come."""
        if admitted.done():
            self._running[lender_id] -= 1
            self._admit()
        else:
            self._waiting[lender_id].remove(admitted)

    def _admit(self) -> None:
        """Give free places to those who wait."""
        while self._running.total() < self._at_once:
            lenders = [lender for lender, queue in self._waiting.items() if queue]
            if not lenders:
                self._waiting.clear()
                self._running = +self._running
                return
            lender = min(lenders, key=lambda one: self._running[one] / self._weight(one))
            self._waiting[lender].popleft().set_result(None)
            self._running[lender] += 1

    def _expected_wait(self, lender_id: str) -> float:
        """Seconds until a further request of the lender would begin."""
        active = {lender_id, *(one for one, queue in self._waiting.items() if queue), *+self._running}
        share = self._at_once * self._weight(lender_id) / sum(self._weight(one) for one in active)
        return (len(self._waiting[lender_id]) + 1) * self._seconds / share

    def _weight(self, lender_id: str) -> float:
        return self._weights.get(lender_id, 1.0)
