"""The observer of a process: it takes subscriptions that are due by a lease, and observes each once."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog
from sqlalchemy.engine import Connection
from typing_extensions import override

from scoring.api.problems import problem_of
from scoring.base.identifiers import instant, new_id
from scoring.decisions.records import NewerRecordError
from scoring.jobs.leases import LeaseWorker
from scoring.sources.errors import CredentialRejectedError
from scoring.store import subscriptions
from scoring.store.errors import DatabaseUnavailableError
from scoring.store.observations import Observation
from scoring.store.subscriptions import Subscription, SubscriptionLostError
from scoring.telemetry.telemetry import Metrics
from scoring.usecases.admission import Admission, OverloadedError, stays
from scoring.usecases.books import Running, StoppingError
from scoring.usecases.observing import Observing, OtherBooksError

AT_ONCE: Final = 2
"""Observations at once in one process: most places are for decisions."""
_AGAIN_AFTER: Final = timedelta(seconds=30)
_FOR_NOW: Final = (OverloadedError, StoppingError, DatabaseUnavailableError)
"""What says nothing of the books: another attempt is made soon, and this one does not count."""
_LONGEST: Final = timedelta(hours=1)
"""Between two attempts of what is left to a later version."""
_LEFT_FOR: Final = timedelta(days=1)
"""While versions differ no longer than that, what is left to the later one counts as no try."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer(LeaseWorker[Subscription, Observation | None]):
    """Observes what is due. Built once, from the parts that this takes."""

    observing: Observing
    admission: Admission
    running: Running
    metrics: Metrics
    between: timedelta
    """The beginnings of two readings of the same books."""

    @override
    def free(self, connection: Connection) -> None:
        """Free the subscriptions of a process that died."""
        subscriptions.free_all(connection, now=self.observing.clock())

    @override
    def renew(self, connection: Connection, held: Subscription) -> bool:
        """Prolong the lease of a subscription; False also where it has ended."""
        return subscriptions.renew(connection, held, now=self.observing.clock(), lease=self.lease)

    @override
    async def claim(self, places: int) -> tuple[list[Subscription], float]:
        """Subscriptions that are due, as many as there are places; how many there are is measured beside."""
        parts, now = self.observing, self.observing.clock()
        count, since = await self.database.read_at_once(partial(subscriptions.count_due, now=now))
        self.metrics.observations_late.set(count)
        late = 0.0 if since is None else (now - datetime.fromisoformat(since)).total_seconds()
        self.metrics.observations_overdue.set(max(late, 0.0))
        if not count or not places:
            return [], self.poll_seconds
        attempts = [new_id("att", now, parts.randomness) for _ in range(places)]
        taking = partial(
            subscriptions.claim, attempts=attempts, now=now, lease=self.lease, between=self.between, served=self.served
        )
        return await self.database.write_at_once(taking), self.poll_seconds

    @override
    async def do(self, held: Subscription) -> Observation | None:
        """Observe it, in its turn."""
        if held.tries > len(self.observing.rhythm.retry_hours) + 1:
            raise RuntimeError("an observation was begun too often and never ended")
        async with self.admission.turn(held.lender_id, hung_up=stays):
            return await self.running.follow(self.observing.observe(held))

    @override
    async def end(self, held: Subscription, working: asyncio.Task[Observation | None]) -> None:
        """Count what was observed; what failed is tried again, or paused."""
        error = working.exception()
        if error is None:
            made = working.result()
            self.metrics.observations.labels("ended" if made is None else "observed").inc()
            _log.info("observed", monitoring_id=held.id, observation_id=None if made is None else made.id)
        elif isinstance(error, SubscriptionLostError):
            _log.info("observation lost", monitoring_id=held.id)
        elif isinstance(error, Exception):
            await self.database.write_at_once(partial(self._fail, held=held, error=error))
        else:
            raise error

    def _fail(self, connection: Connection, held: Subscription, error: Exception) -> None:
        """Try again later, or pause it where nothing but a person helps."""
        parts, now = self.observing, self.observing.clock()
        if isinstance(error, _FOR_NOW):
            subscriptions.put_back(connection, held, due_at=now + _AGAIN_AFTER, is_try=False)
            return
        if isinstance(error, NewerRecordError):
            _log.warning("observation left to a later version", monitoring_id=held.id)
            # then a later version was at work: none reads records that it cannot, nor begins on them
            since = now - datetime.fromisoformat(held.observed_at or held.created_at)
            if since < _LEFT_FOR:
                due_at = now + min(max(since, _AGAIN_AFTER), _LONGEST)
                subscriptions.put_back(connection, held, due_at=due_at, is_try=False)
                return
        code = problem_of(error, request_id=None).code
        pause = (
            None
            if isinstance(error, CredentialRejectedError | OtherBooksError)
            else parts.rhythm.pause_after(held.tries)
        )
        if pause is None:
            subscriptions.pause(connection, held, code, at=instant(now), randomness=parts.randomness)
        else:
            subscriptions.put_back(connection, held, due_at=now + pause, is_try=True)
        self.metrics.observations.labels("paused" if pause is None else "failed").inc()
        _log.info("not observed", monitoring_id=held.id, problem=code, tries=held.tries)
