"""The worker of a process: it takes jobs by a lease, decides on them as ``POST`` would, and ends each once."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import msgspec
import structlog
from sqlalchemy.engine import Connection
from typing_extensions import override

from scoring.api.applications import parse_application, parse_body
from scoring.api.decisions import body_digest, earlier_digest
from scoring.api.errors import FieldError, InvalidFieldsError
from scoring.api.problems import INTERNAL_ERROR, problem_of
from scoring.api.schemas.applications import ApplicationRequest
from scoring.api.schemas.problems import Problem
from scoring.base.identifiers import day_in_berlin, new_id
from scoring.decisions.decision import Decision
from scoring.jobs.leases import LeaseWorker
from scoring.sources.registry import NAMES, Sources
from scoring.store import jobs, portfolios, turns
from scoring.store.decisions import InFlightError, ReservationLostError
from scoring.store.errors import DatabaseUnavailableError
from scoring.store.jobs import ClaimedJob, JobLostError
from scoring.store.quotas import Quota, QuotaUsedUpError, find_quota
from scoring.store.turns import Pace
from scoring.telemetry.telemetry import Metrics
from scoring.usecases.admission import Admission, OverloadedError, stays
from scoring.usecases.assess import Assessor
from scoring.usecases.books import Running, StoppingError
from scoring.usecases.later import Ended

_AGAIN_AFTER: Final = timedelta(seconds=1)
_ELSEWHERE_AFTER: Final = timedelta(seconds=30)
"""What this process cannot do is left to others for as long."""
_FOR_NOW: Final = (InFlightError, OverloadedError, ReservationLostError, StoppingError)
"""What is no answer to the application: another attempt is made."""
_log = structlog.get_logger(__name__)


class NewerJobError(Exception):
    """A later version of the service has accepted the application, and this one cannot read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker(LeaseWorker[ClaimedJob, Decision]):
    """Works on jobs. Built once, from the parts that this takes."""

    assessor: Assessor
    admission: Admission
    running: Running
    sources: Sources
    metrics: Metrics
    ended: Ended
    """Hears of each job that this process ends."""
    pace: Pace

    @override
    def free(self, connection: Connection) -> None:
        """Free the jobs of a process that died."""
        jobs.put_all_back(connection, now=self.assessor.clock())

    @override
    def renew(self, connection: Connection, held: ClaimedJob) -> bool:
        """Prolong the lease of a job; False also where it was cancelled."""
        return jobs.renew(connection, held, now=self.assessor.clock(), lease=self.lease)

    @override
    def told(self, held: ClaimedJob) -> None:
        """Tell who waits for the job."""
        self.ended.tell(held.id)

    @override
    async def claim(self, places: int) -> tuple[list[ClaimedJob], float]:
        """Jobs that are due, as many as there are places; the state of the queue is measured beside.

        Also in how many seconds it is worth looking again, if nothing happens.
        """
        parts, now = self.assessor, self.assessor.clock()
        attempts = [new_id("att", now, parts.randomness) for _ in range(places)]
        worn_out = msgspec.json.encode(_worn_out()).decode()
        standing = await self.database.read_at_once(turns.standing_of)
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
                connection, attempts, now=now, pace=self.pace, served=self.served, randomness=parts.randomness
            )

        # the pause before books are read again ends without anything else happening
        pause = self.pace.between.total_seconds()
        seconds = min(self.poll_seconds, pause) if pause and standing.rows.get("waiting") else self.poll_seconds
        return await self.database.write_at_once(take), seconds

    def _measure(self, standing: turns.Standing, now: datetime) -> None:
        for state in ("waiting", "running"):
            self.metrics.jobs_open.labels(state).set(standing.counts.get(state, 0))
            self.metrics.portfolio_rows.labels(state).set(standing.rows.get(state, 0))
        self.metrics.portfolios.set(standing.portfolios)
        since = standing.oldest_due_at
        age = 0.0 if since is None else (now - datetime.fromisoformat(since)).total_seconds()
        self.metrics.jobs_oldest.set(max(age, 0.0))

    @override
    async def end(self, held: ClaimedJob, working: asyncio.Task[Decision]) -> None:
        """Store the decision, or the problem; what is no answer to the application lets it be tried again."""
        parts, now, error = self.assessor, self.assessor.clock(), working.exception()
        write = self.database.write_at_once
        if error is None:
            decision = working.result()
            with suppress(JobLostError):  # most often it was ended with the decision
                await write(partial(jobs.finish, claimed=held, decision=decision, now=now))
            self.metrics.jobs.labels("done").inc()
            _log.info("job done", job_id=held.id, decision_id=decision.decision_id)
        elif isinstance(error, JobLostError):
            _log.info("job lost", job_id=held.id)
        elif isinstance(error, (*_FOR_NOW, DatabaseUnavailableError)):
            await write(partial(jobs.put_back, claimed=held, due_at=now + _AGAIN_AFTER))
        elif isinstance(error, NewerJobError):
            await write(partial(jobs.put_back, claimed=held, due_at=now + _ELSEWHERE_AFTER))
            _log.warning("job left to a later version", job_id=held.id)
        elif isinstance(error, QuotaUsedUpError) and held.portfolio_id is not None:
            until = now + timedelta(seconds=error.retry_after)
            await write(partial(_rest, claimed=held, now=now, until=until))
            _log.info("portfolio rests: the quota of its key is used up", portfolio_id=held.portfolio_id)
        elif isinstance(error, Exception):
            problem = problem_of(error, request_id=held.who.request_id)
            content = msgspec.json.encode(problem).decode()
            failing = partial(jobs.fail, claimed=held, problem=content, now=now, randomness=parts.randomness)
            await write(failing)
            self.metrics.jobs.labels("failed").inc()
            _log.info("job ended with a problem", job_id=held.id, problem=problem.type)
        else:
            raise error

    @override
    async def do(self, held: ClaimedJob) -> Decision:
        """The decision, made as ``POST`` makes it."""
        parts, lender_id = self.assessor, held.who.lender_id or ""
        body = jobs.open_application(parts.cipher, held)
        try:
            parse_body(body, ApplicationRequest, _check_source)
        except InvalidFieldsError as error:  # it could be read when it was accepted
            raise NewerJobError from error
        application = parse_application(
            body,
            # a row may be stored on the day after its portfolio was begun, and say that day
            today=day_in_berlin(max(parts.clock(), datetime.fromisoformat(held.created_at))),
            products=frozenset(parts.in_force.serving.of(lender_id).policy.products),
            sources=self.sources,
        )
        quota: Quota | None = None
        if held.key_prefix is not None:
            quota = await self.database.read_at_once(partial(find_quota, prefix=held.key_prefix))

        def beside(connection: Connection, decision: Decision) -> dict[str, str]:
            jobs.finish(connection, held, decision, now=parts.clock())
            return {"job_id": held.id}

        async with self.admission.turn(lender_id, hung_up=stays):
            stored = await self.running.follow(
                parts.assess(
                    application,
                    who=held.who,
                    idempotency_key=held.idempotency_key,
                    body_digests=(body_digest(body), earlier_digest(application)),
                    quota=quota,
                    beside=beside,
                )
            )
        return stored.decision


def _check_source(request: ApplicationRequest) -> Iterator[FieldError]:
    """The one code of an application that its types do not know."""
    if request.credential is not None and request.credential.source not in NAMES:
        yield FieldError(field="credential.source", message="is not a source of books")


def _rest(connection: Connection, claimed: ClaimedJob, now: datetime, until: datetime) -> None:
    """A row waits with all of its portfolio, for the next window of its key's quota or until it is resumed."""
    portfolios.rest(connection, claimed.portfolio_id or "", until=until)  # first, as a claim locks them
    jobs.put_back(connection, claimed, due_at=now)


def _worn_out() -> Problem:
    """The problem of a job that was begun too often."""
    meaning = INTERNAL_ERROR
    detail = f"The job was begun {jobs.MOST_TRIES} times and never ended."
    return Problem(type=meaning.type, code=meaning.code, title=meaning.title, status=meaning.status, detail=detail)
