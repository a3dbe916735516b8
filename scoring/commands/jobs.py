"""``jobs``: later decisions, for operators."""

import os
from functools import partial
from typing import Annotated

from cyclopts import App, Parameter
from sqlalchemy.engine import Connection

from scoring.base.identifiers import instant
from scoring.commands.session import answer, give_up, read_settings, settings_for, with_database
from scoring.runtime.operator import operators_mark
from scoring.runtime.settings import clock_of
from scoring.store import jobs
from scoring.store.audit import Action
from scoring.store.jobs import Job, JobState
from scoring.store.tables import jobs as table

app = App(name="jobs", help="Later decisions: list, show, retry and cancel them.")
JobId = Annotated[str, Parameter(help="As `jobs list` prints it.")]
_MOST = 1000


@app.command(name="list")
def show_all(
    *,
    lender: Annotated[str | None, Parameter(help="Only jobs of this lender.")] = None,
    state: Annotated[JobState | None, Parameter(help="Only jobs in this state.")] = None,
) -> None:
    """List jobs, newest first: identifier, lender, state, tries, created, ended. At most 1000."""
    settings = settings_for(lender)
    search = partial(jobs.list_jobs, lender_id=lender, state=state, limit=_MOST)
    for job in with_database(settings, lambda database: database.read_at_once(search)):
        answer("\t".join((job.id, job.lender_id, job.state, str(job.tries), job.created_at, job.ended_at or "")))


@app.command(name="show")
def show(job_id: JobId, /) -> None:
    """Print one job: its state, its decision or its problem; nothing of its application."""
    job = _find(job_id)
    for name in ("id", "lender_id", "state", "tries", "created_at", "started_at", "ended_at", "expires_at"):
        answer(f"{name}\t{getattr(job, name) or ''}")
    answer(f"decision_id\t{job.decision_id or ''}")
    answer(f"problem\t{job.problem or ''}")


@app.command(name="retry")
def retry(job_id: JobId, /) -> None:
    """Let a failed job be tried again, as long as its application is kept.

    One with a token of its own is not: the token was deleted when the job failed.
    """
    job, settings = _find(job_id), read_settings()
    now = clock_of(settings)()
    mark = operators_mark(Action.JOB_RETRIED, clock_of(settings), job.lender_id)

    def work(connection: Connection) -> bool:
        is_done = jobs.retry(connection, job_id, now=now)
        if is_done:
            mark.put(connection, object_id=job_id, borrower_id=job.borrower_id)
        return is_done

    if not with_database(settings, lambda database: database.write_at_once(work)):
        give_up(
            f"{job_id} is {job.state} and cannot be tried again: only a failed job can, that named a connection and has"
            " not expired; let the lender send the application again"
        )
    answer(f"{job_id} waits")


@app.command(name="cancel")
def cancel(job_id: JobId, /) -> None:
    """End a job that has not ended, without a decision; its application is deleted."""
    job, settings = _find(job_id), read_settings()
    at = instant(clock_of(settings)())
    mark = operators_mark(Action.JOB_CANCELLED, clock_of(settings), job.lender_id)

    def work(connection: Connection) -> bool:
        is_done = bool(jobs.cancel_jobs(connection, table.c.id == job_id, at=at, randomness=os.urandom))
        if is_done:
            mark.put(connection, object_id=job_id, borrower_id=job.borrower_id)
        return is_done

    if not with_database(settings, lambda database: database.write_at_once(work)):
        give_up(f"{job_id} is {job.state} already: nothing is left to cancel")
    answer(f"{job_id} cancelled")


def _find(job_id: str) -> Job:
    found = with_database(
        read_settings(), lambda database: database.read_at_once(partial(jobs.find_any, job_id=job_id))
    )
    if found is None:
        give_up(f"there is no job {job_id!r}; `jobs list` lists them")
    return found
