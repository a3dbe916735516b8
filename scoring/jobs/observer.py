"""The observer of a process: it takes subscriptions that are due by a lease, and observes each once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from scoring.api.problems import problem_of
from scoring.base.identifiers import instant, new_id
from scoring.decisions.records import NewerRecordError
from scoring.sources.errors import CredentialRejectedError
from scoring.store import subscriptions
from scoring.store.errors import DatabaseUnavailableError, kind_of
from scoring.store.observations import Observation
from scoring.store.subscriptions import Subscription, SubscriptionLostError
from scoring.telemetry.telemetry import Metrics
from scoring.usecases.admission import Admission, OverloadedError, stays
from scoring.usecases.books import Running, StoppingError
from scoring.usecases.monitoring import Monitoring

AT_ONCE: Final = 2
"""Observations at once in one process: most places are for decisions."""
POLL_SECONDS: Final = 5.0
"""How often an idle observer looks for what is due. What its own process is asked for wakes it at once."""
_AGAIN_AFTER: Final = timedelta(seconds=30)
_FOR_NOW: Final = (OverloadedError, StoppingError, DatabaseUnavailableError, NewerRecordError)
"""What says nothing of the books: another attempt is made soon, by a later version where that has written the decision,
and this one does not count."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """Observes what is due. Built once, from the parts that this takes."""

    monitoring: Monitoring
    admission: Admission
    running: Running
    metrics: Metrics
    at_once: int
    lease: timedelta
    between: timedelta
    """The beginnings of two readings of the same books."""
    is_alone: bool
    """Whether no other process works on the same database, as with a SQLite file."""
    awake: asyncio.Event = field(default_factory=asyncio.Event)
    """Set to let it look for what is due."""
    poll_seconds: float = POLL_SECONDS
    _served: dict[str, int] = field(default_factory=dict)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Work beside the block; at its end, nothing more is taken, and what has begun is finished or put back."""
        stopping = asyncio.Event()
        task = asyncio.create_task(self.run(stopping))
        try:
            yield
        finally:
            stopping.set()
            await task

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until it is told to stop; what has begun then is finished, or put back where it is cut."""
        ending = asyncio.create_task(stopping.wait())
        tasks: set[asyncio.Task[None]] = set()
        is_first = self.is_alone
        while not stopping.is_set():
            self.awake.clear()
            try:
                if is_first:
                    free = partial(subscriptions.free_all, now=self.monitoring.clock())
                    await self.monitoring.database.write_at_once(free)
                    is_first = False
                for held in await self._claim(self.at_once - len(tasks)):
                    tasks.add(asyncio.create_task(self._work(held)))
            except (DatabaseUnavailableError, SQLAlchemyError) as error:
                _log.warning("nothing can be observed", reason=kind_of(error))
            looking = asyncio.create_task(self.awake.wait())
            waits = {ending, *tasks} if len(tasks) >= self.at_once else {ending, looking, *tasks}
            await asyncio.wait(waits, timeout=self.poll_seconds, return_when=asyncio.FIRST_COMPLETED)
            looking.cancel()
            tasks = {task for task in tasks if not task.done()}
        if tasks:
            await asyncio.wait(tasks)
        ending.cancel()

    async def _claim(self, places: int) -> list[Subscription]:
        """Subscriptions that are due, as many as there are places; how many there are is measured beside."""
        parts, now = self.monitoring, self.monitoring.clock()
        count, since = await parts.database.read_at_once(partial(subscriptions.count_due, now=now))
        self.metrics.observations_late.set(count)
        late = 0.0 if since is None else (now - datetime.fromisoformat(since)).total_seconds()
        self.metrics.observations_overdue.set(max(late, 0.0))
        if not count or not places:
            return []
        attempts = [new_id("att", now, parts.randomness) for _ in range(places)]
        taking = partial(
            subscriptions.claim, attempts=attempts, now=now, lease=self.lease, between=self.between, served=self._served
        )
        return await parts.database.write_at_once(taking)

    async def _work(self, held: Subscription) -> None:
        """One attempt; whatever it ends with is stored, or left to the end of the lease."""
        working = asyncio.create_task(self._observe(held))
        renewing = asyncio.create_task(self._renew(held, working))
        try:
            await asyncio.wait({working})
            if not working.cancelled():
                with suppress(DatabaseUnavailableError):
                    await self._end(held, working)
        except SQLAlchemyError as error:
            _log.warning("observation not ended", monitoring_id=held.id, reason=kind_of(error))
        finally:
            renewing.cancel()

    async def _observe(self, held: Subscription) -> Observation | None:
        if held.tries > len(self.monitoring.rhythm.retry_hours) + 1:
            raise RuntimeError("an observation was begun too often and never ended")
        async with self.admission.turn(held.lender_id, hung_up=stays):
            return await self.running.finish(self.monitoring.observe(held))

    async def _end(self, held: Subscription, working: asyncio.Task[Observation | None]) -> None:
        error = working.exception()
        if error is None:
            made = working.result()
            self.metrics.observations.labels("ended" if made is None else "observed").inc()
            _log.info("observed", monitoring_id=held.id, observation_id=None if made is None else made.id)
        elif isinstance(error, SubscriptionLostError):
            _log.info("observation lost", monitoring_id=held.id)
        elif isinstance(error, Exception):
            await self.monitoring.database.write_at_once(partial(self._fail, held=held, error=error))
        else:
            raise error

    def _fail(self, connection: Connection, held: Subscription, error: Exception) -> None:
        """Try again later, or pause it where nothing but a person helps."""
        parts, now = self.monitoring, self.monitoring.clock()
        if isinstance(error, _FOR_NOW):
            subscriptions.put_back(connection, held, due_at=now + _AGAIN_AFTER, is_try=False)
            return
        code = problem_of(error, request_id=None).code
        pause = None if isinstance(error, CredentialRejectedError) else parts.rhythm.pause_after(held.tries)
        if pause is None:
            subscriptions.pause(connection, held, code, at=instant(now), randomness=parts.randomness)
        else:
            subscriptions.put_back(connection, held, due_at=now + pause, is_try=True)
        self.metrics.observations.labels("paused" if pause is None else "failed").inc()
        _log.info("not observed", monitoring_id=held.id, problem=code, tries=held.tries)

    async def _renew(self, held: Subscription, working: asyncio.Task[Observation | None]) -> None:
        """Prolong the lease; end the work where the subscription is not this attempt's any more."""
        parts = self.monitoring
        while True:
            await asyncio.sleep(self.lease.total_seconds() / 3)
            with suppress(DatabaseUnavailableError, SQLAlchemyError):
                work = partial(subscriptions.renew, held=held, now=parts.clock(), lease=self.lease)
                if not await parts.database.write_at_once(work):
                    working.cancel()
                    return
