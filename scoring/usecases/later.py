"""Decisions that are asked for now and made later: accept an application, tell how it stands, cancel it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import instant, new_id
from scoring.decisions.decide import check_terms
from scoring.store import decisions, jobs
from scoring.store.audit import Action, Who
from scoring.store.borrowers import borrower_of, demand_open
from scoring.store.decisions import KeyReusedError, Reservation
from scoring.store.jobs import Job, JobState, NewJob, job_purpose
from scoring.store.principals import Principal
from scoring.store.tables import idempotency
from scoring.store.tables import jobs as table
from scoring.usecases.application import Application
from scoring.usecases.assess import Assessor
from scoring.usecases.reading import RestrictedError

LOOK_SECONDS: Final = 1.0
"""How often who waits looks for a job that another process ends; of its own process it hears at once."""


class Ended:
    """Tells those who wait in this process that a job has ended."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}

    def tell(self, job_id: str) -> None:
        """Wake who waits for it."""
        for event in self._waiting.get(job_id, ()):
            event.set()

    @contextmanager
    def listening(self, job_id: str) -> Iterator[asyncio.Event]:
        """An event that is set when it ends."""
        event = asyncio.Event()
        waiting = self._waiting.setdefault(job_id, set())
        waiting.add(event)
        try:
            yield event
        finally:
            waiting.discard(event)
            if not waiting:
                self._waiting.pop(job_id, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """Takes applications to be decided on later. Built once, from the parts that this takes."""

    assessor: Assessor
    kept: timedelta
    """How long an application may wait."""
    wake: Callable[[], None]
    """Tells the worker of this process that there is a job."""
    ended: Ended
    """Hears from the worker of this process."""

    async def accept(
        self,
        application: Application,
        body: bytes,
        *,
        who: Who,
        idempotency_key: str | None,
        body_digests: tuple[str, ...],
        key_prefix: str | None,
    ) -> Job | None:
        """Store an application; None where its decision was made before, so that it can be answered at once.

        Args:
            application: What is asked.
            body: The same as it was sent.
            who: The principal that asks, for its lender.
            idempotency_key: Its repetition leads to the first job.
            body_digests: As ``Assessor.assess``.
            key_prefix: The key that asks; where it has a quota, the decision is counted when it is begun.

        Raises:
            TermsError: The policy does not know what was asked for.
            KeyReusedError: The idempotency key belongs to another body.
            InFlightError: The same request is being worked on without a job.
            BorrowerRestrictedError: The borrower's data are only kept.
        """
        parts, now, lender_id = self.assessor, self.assessor.clock(), who.lender_id or ""
        check_terms(
            application.terms, parts.in_force.serving.of(lender_id).for_form(application.terms.legal_form).policy
        )
        job_id = new_id("job", now, parts.randomness)
        sealed = parts.cipher.seal(body, lender_id=lender_id, purpose=job_purpose(job_id))
        mark = parts.trail.mark(who, Action.JOB_ACCEPTED)
        mine = (idempotency.c.lender_id == lender_id) & (idempotency.c.idempotency_key == (idempotency_key or ""))

        def work(connection: Connection) -> Job | None:
            borrower = borrower_of(
                connection,
                lender_id=lender_id,
                ref=application.borrower_ref,
                cipher=parts.cipher,
                now=now,
                randomness=parts.randomness,
            )
            demand_open(connection, borrower.id)
            digests = [*(borrower.keyed("idempotency", one.encode()) for one in body_digests), *body_digests]
            if idempotency_key is not None:
                found = jobs.find_by_key(connection, lender_id=lender_id, key=idempotency_key)
                if found is not None:
                    return _same(found, digests)
                reservation = Reservation(lender_id=lender_id, key=idempotency_key, attempt=job_id)
                earlier = decisions.reserve(
                    connection, reservation, body_digests=digests, now=now, stale_after=parts.stale_after
                )
                if earlier is not None:
                    return None
                # the body is bound to the key from now on, and whoever decides on it may take the key
                free = instant(now - parts.stale_after)
                connection.execute(update(idempotency).where(mine).values(reserved_at=free))
            new = NewJob(
                id=job_id,
                who=who,
                borrower_id=borrower.id,
                key_prefix=key_prefix,
                idempotency_key=idempotency_key,
                body_sha256=digests[0],
                created_at=now,
                expires_at=now + self.kept,
                has_credential=application.credential is not None,
                sealed=sealed,
            )
            if not jobs.add_job(connection, new):  # the same request came twice at once
                found = jobs.find_by_key(connection, lender_id=lender_id, key=idempotency_key or "")
                assert found is not None, "it has the key"  # noqa: S101  for mypy
                connection.execute(update(idempotency).where(mine).values(attempt=found.id))
                return _same(found, digests)
            mark.put(connection, object_id=job_id, borrower_id=borrower.id)
            return jobs.find_job(connection, lender_id=lender_id, job_id=job_id)

        job = await parts.database.write_at_once(work)
        self.wake()
        return job

    async def find(self, reader: Principal, job_id: str) -> tuple[Job, int] | None:
        """A job of the reader's lender, and how many of the lender's wait before it.

        Raises:
            RestrictedError: The borrower's data are only kept.
        """

        def work(connection: Connection) -> tuple[Job, int] | None:
            job = jobs.find_job(connection, lender_id=reader.lender_id, job_id=job_id)
            if job is None:
                return None
            return job, jobs.count_ahead(connection, job) if job.state is JobState.WAITING else 0

        found = await self.assessor.database.read_at_once(work)
        if found is not None and found[0].is_restricted and not reader.sees_restricted:
            raise RestrictedError
        return found

    async def wait(self, reader: Principal, job: Job, seconds: float) -> tuple[Job, int] | None:
        """The same as ``find`` once the job has ended, or after so many seconds."""
        deadline = asyncio.get_running_loop().time() + seconds
        with self.ended.listening(job.id) as event:
            found = await self.find(reader, job.id)
            while found is not None and found[0].is_open:
                left = deadline - asyncio.get_running_loop().time()
                if left <= 0:
                    break
                with suppress(TimeoutError):
                    await asyncio.wait_for(event.wait(), min(LOOK_SECONDS, left))
                event.clear()
                found = await self.find(reader, job.id)
        return found

    async def cancel(self, who: Who, reader: Principal, job_id: str) -> Job | None:
        """End a job that has not ended; one that has stays as it is. None where the lender has none of this identifier.

        Raises:
            RestrictedError: The borrower's data are only kept.
        """
        parts = self.assessor
        found = await self.find(reader, job_id)
        if found is None:
            return None
        mark = parts.trail.mark(who, Action.JOB_CANCELLED)

        def work(connection: Connection) -> Job | None:
            which = (table.c.id == job_id) & (table.c.lender_id == reader.lender_id)
            if jobs.cancel_jobs(connection, which, at=mark.at, randomness=parts.randomness):
                mark.put(connection, object_id=job_id, borrower_id=found[0].borrower_id)
            return jobs.find_job(connection, lender_id=reader.lender_id, job_id=job_id)

        return await parts.database.write_at_once(work)


def _same(found: Job, digests: list[str]) -> Job | None:
    """The job of a repetition; None where it is done, and the decision can be answered.

    Raises:
        KeyReusedError: it has another body.
    """
    if found.body_sha256 not in digests:
        raise KeyReusedError("this idempotency key was used with a different request body; use a new key")
    return None if found.state is JobState.DONE else found
