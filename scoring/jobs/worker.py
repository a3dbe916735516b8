"""The worker of a process: it takes jobs by a lease, decides on them as ``POST`` would, and ends each once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import msgspec
import structlog
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from scoring.api.applications import parse_application
from scoring.api.decisions import body_digest, earlier_digest
from scoring.api.errors import InvalidFieldsError
from scoring.api.problems import INTERNAL_ERROR, problem_of
from scoring.api.schemas.problems import Problem
from scoring.base.identifiers import day_in_berlin, new_id
from scoring.decisions.decision import Decision
from scoring.sources.registry import Sources
from scoring.store import jobs, portfolios, turns
from scoring.store.decisions import InFlightError, ReservationLostError
from scoring.store.errors import DatabaseUnavailableError, kind_of
from scoring.store.jobs import ClaimedJob, JobLostError
from scoring.store.quotas import Quota, QuotaUsedUpError, find_quota
from scoring.store.turns import Pace
from scoring.telemetry.telemetry import Metrics
from scoring.usecases.admission import Admission, OverloadedError, stays
from scoring.usecases.assess import Assessor
from scoring.usecases.books import Running, StoppingError
from scoring.usecases.later import Ended

POLL_SECONDS: Final = 5.0
"""How often an idle worker looks for what others have left. What its own process accepts wakes it at once, and so does
the end of a job."""
_AGAIN_AFTER: Final = timedelta(seconds=1)
_ELSEWHERE_AFTER: Final = timedelta(seconds=30)
"""What this process cannot do is left to others for as long."""
_FOR_NOW: Final = (InFlightError, OverloadedError, ReservationLostError, StoppingError)
"""What is no answer to the application: another attempt is made."""
_log = structlog.get_logger(__name__)


class NewerJobError(Exception):
    """A later version of the service has accepted the application, and this one cannot read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """Works on jobs. Built once, from the parts that this takes."""

    assessor: Assessor
    admission: Admission
    running: Running
    sources: Sources
    metrics: Metrics
    ended: Ended
    """Hears of each job that this process ends."""
    at_once: int
    pace: Pace
    is_alone: bool
    """Whether no other process works on the same database, as with a SQLite file."""
    poll_seconds: float = POLL_SECONDS
    _awake: asyncio.Event = field(default_factory=asyncio.Event)
    _served: dict[str, int] = field(default_factory=dict)

    def wake(self) -> None:
        """Let it look for jobs now."""
        self._awake.set()

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
            self._awake.clear()
            seconds = self.poll_seconds
            try:
                if is_first:
                    work = partial(jobs.put_all_back, now=self.assessor.clock())
                    await self.assessor.database.write_at_once(work)
                    is_first = False
                claimed_now, seconds = await self._claim(self.at_once - len(tasks))
                for claimed in claimed_now:
                    tasks.add(asyncio.create_task(self._work(claimed)))
            except (DatabaseUnavailableError, SQLAlchemyError) as error:
                _log.warning("no jobs can be taken", reason=kind_of(error))
            looking = asyncio.create_task(self._awake.wait())
            # with a free place it waits for a job, else for a place
            waits = {ending, *tasks} if len(tasks) >= self.at_once else {ending, looking, *tasks}
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            looking.cancel()
            tasks = {task for task in tasks if not task.done()}
        if tasks:
            await asyncio.wait(tasks)
        ending.cancel()

    async def _claim(self, places: int) -> tuple[list[ClaimedJob], float]:
        """Jobs that are due, as many as there are places; the state of the queue is measured beside.

        Also in how many seconds it is worth looking again, if nothing happens.
        """
        parts, now = self.assessor, self.assessor.clock()
        attempts = [new_id("att", now, parts.randomness) for _ in range(places)]
        worn_out = msgspec.json.encode(_worn_out()).decode()
        standing = await parts.database.read_at_once(turns.standing_of)
        self._measure(standing, now)
        if not standing.needs_work:
            return [], self.poll_seconds

        def take(connection: Connection) -> list[ClaimedJob]:
            count = turns.expire(connection, now=now, worn_out=worn_out, randomness=parts.randomness)
            if count:
                self.metrics.jobs.labels("expired").inc(count)
            if not attempts:
                return []
            return turns.claim(
                connection, attempts, now=now, pace=self.pace, served=self._served, randomness=parts.randomness
            )

        # the pause before books are read again ends without anything else happening
        pause = self.pace.between.total_seconds()
        seconds = min(self.poll_seconds, pause) if pause and standing.rows.get("waiting") else self.poll_seconds
        return await parts.database.write_at_once(take), seconds

    def _measure(self, standing: turns.Standing, now: datetime) -> None:
        for state in ("waiting", "running"):
            self.metrics.jobs_open.labels(state).set(standing.counts.get(state, 0))
            self.metrics.portfolio_rows.labels(state).set(standing.rows.get(state, 0))
        self.metrics.portfolios.set(standing.portfolios)
        since = standing.oldest_due_at
        age = 0.0 if since is None else (now - datetime.fromisoformat(since)).total_seconds()
        self.metrics.jobs_oldest.set(max(age, 0.0))

    async def _work(self, claimed: ClaimedJob) -> None:
        """One attempt; whatever it ends with is stored, or left to the end of the lease."""
        working = asyncio.create_task(self._decide(claimed))
        renewing = asyncio.create_task(self._renew(claimed, working))
        try:
            await asyncio.wait({working})
            with suppress(DatabaseUnavailableError):
                if working.cancelled():  # it was lost, or the process is ended
                    return
                await self._end(claimed, working.exception(), working)
        except SQLAlchemyError as error:
            _log.warning("job not ended", job_id=claimed.id, reason=kind_of(error))
        finally:
            renewing.cancel()
            self.ended.tell(claimed.id)

    async def _end(self, claimed: ClaimedJob, error: BaseException | None, working: asyncio.Task[Decision]) -> None:
        parts, now = self.assessor, self.assessor.clock()
        write = parts.database.write_at_once
        if error is None:
            decision = working.result()
            with suppress(JobLostError):  # most often it was ended with the decision
                await write(partial(jobs.finish, claimed=claimed, decision=decision, now=now))
            self.metrics.jobs.labels("done").inc()
            _log.info("job done", job_id=claimed.id, decision_id=decision.decision_id)
        elif isinstance(error, JobLostError):
            _log.info("job lost", job_id=claimed.id)
        elif isinstance(error, (*_FOR_NOW, DatabaseUnavailableError)):
            await write(partial(jobs.put_back, claimed=claimed, due_at=now + _AGAIN_AFTER))
        elif isinstance(error, NewerJobError):
            await write(partial(jobs.put_back, claimed=claimed, due_at=now + _ELSEWHERE_AFTER))
            _log.warning("job left to a later version", job_id=claimed.id)
        elif isinstance(error, QuotaUsedUpError) and claimed.portfolio_id is not None:
            until = now + timedelta(seconds=error.retry_after)
            await write(partial(_rest, claimed=claimed, now=now, until=until))
            _log.info("portfolio rests: the quota of its key is used up", portfolio_id=claimed.portfolio_id)
        elif isinstance(error, Exception):
            problem = problem_of(error, request_id=claimed.who.request_id)
            content = msgspec.json.encode(problem).decode()
            failing = partial(jobs.fail, claimed=claimed, problem=content, now=now, randomness=parts.randomness)
            await write(failing)
            self.metrics.jobs.labels("failed").inc()
            _log.info("job ended with a problem", job_id=claimed.id, problem=problem.type)
        else:
            raise error

    async def _decide(self, claimed: ClaimedJob) -> Decision:
        """The decision, made as ``POST`` makes it."""
        parts, lender_id = self.assessor, claimed.who.lender_id or ""
        body = jobs.open_application(parts.cipher, claimed)
        try:
            application = parse_application(
                body,
                today=day_in_berlin(datetime.fromisoformat(claimed.created_at)),
                products=frozenset(parts.in_force.serving.of(lender_id).policy.products),
                sources=self.sources,
            )
        except InvalidFieldsError as error:
            # it held when it was accepted; products alone may go since then, with the policy
            if {one.field for one in error.errors} <= {"product"}:
                raise
            raise NewerJobError from error
        quota: Quota | None = None
        if claimed.key_prefix is not None:
            quota = await parts.database.read_at_once(partial(find_quota, prefix=claimed.key_prefix))

        def beside(connection: Connection, decision: Decision) -> dict[str, str]:
            jobs.finish(connection, claimed, decision, now=parts.clock())
            return {"job_id": claimed.id}

        async with self.admission.turn(lender_id, hung_up=stays):
            stored = await self.running.finish(
                parts.assess(
                    application,
                    who=claimed.who,
                    idempotency_key=claimed.idempotency_key,
                    body_digests=(body_digest(body), earlier_digest(application)),
                    quota=quota,
                    beside=beside,
                )
            )
        return stored.decision

    async def _renew(self, claimed: ClaimedJob, working: asyncio.Task[Decision]) -> None:
        """Prolong the lease; end the work where the job is not this attempt's any more."""
        while True:
            await asyncio.sleep(self.pace.lease.total_seconds() / 3)
            with suppress(DatabaseUnavailableError, SQLAlchemyError):
                work = partial(jobs.renew, claimed=claimed, now=self.assessor.clock(), lease=self.pace.lease)
                if not await self.assessor.database.write_at_once(work):
                    working.cancel()
                    return


def _rest(connection: Connection, claimed: ClaimedJob, now: datetime, until: datetime) -> None:
    """A row waits with all of its portfolio, for the next window of its key's quota or until it is resumed."""
    portfolios.rest(connection, claimed.portfolio_id or "", until=until)  # first, as a claim locks them
    jobs.put_back(connection, claimed, due_at=now)


def _worn_out() -> Problem:
    """The problem of a job that was begun too often."""
    meaning = INTERNAL_ERROR
    detail = f"The job was begun {jobs.MOST_TRIES} times and never ended."
    return Problem(type=meaning.type, code=meaning.code, title=meaning.title, status=meaning.status, detail=detail)
