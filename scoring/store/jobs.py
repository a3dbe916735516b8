"""Jobs: applications that are decided on later, and the leases of the workers that have them.

The row is the queue. A worker takes a job by a lease, which it renews while it works; where it died, the lease ends and
another worker takes the job. A job ends in the transaction that stores its decision, and only for the attempt that
holds it: so each is decided on once. The application waits sealed, and is deleted when the job ends.

A row of a portfolio is a job, too. In the database its open states have names of their own, so that a worker of a
version without portfolios neither takes it nor frees it: that one knows nothing of pauses, turns and pace.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Row, case, delete, func, select, update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import Randomness, instant
from scoring.base.secrets import Cipher, Sealed
from scoring.decisions import records
from scoring.decisions.decision import Decision, Verdict
from scoring.decisions.portfolios import Earlier, outcome_of
from scoring.decisions.records import NewerRecordError, RecordError
from scoring.decisions.webhooks import EventType
from scoring.store.audit import Who
from scoring.store.database import add_if_new
from scoring.store.events import record
from scoring.store.tables import borrowers, decisions, idempotency, jobs, portfolios

MOST_TRIES: Final = 5
"""How often a job is begun: one that ends the process each time must not go on for ever."""


class JobState(StrEnum):
    """State of a job."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    """It was not decided on in time."""


QUEUED: Final = "queued"
"""How the state of a row of a portfolio stands in the database that waits: a version without portfolios passes over
it."""
BEGUN: Final = "begun"
"""The same of one that runs."""
WAITS: Final = (JobState.WAITING, QUEUED)
RUNS: Final = (JobState.RUNNING, BEGUN)
OPEN: Final = (*WAITS, *RUNS)
"""States of jobs that have not ended, as the database has them."""
_SHOWN: Final = {QUEUED: JobState.WAITING, BEGUN: JobState.RUNNING}


class PortfolioState(StrEnum):
    """State of a portfolio."""

    TAKING = "taking"
    """Its rows are being stored; none is decided on yet."""
    OPEN = "open"
    PAUSED = "paused"
    DONE = "done"
    """Every row has ended."""
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    """Not all rows were decided on in time."""


class JobLostError(Exception):
    """The job was cancelled, has expired, or another worker has it; nothing was stored."""


class NewJob(msgspec.Struct, frozen=True, kw_only=True):
    """An application to be decided on later."""

    id: str
    who: Who
    borrower_id: str
    key_prefix: str | None
    """Of the API key that asked: its quota counts, and its end stops the job."""
    idempotency_key: str | None
    body_sha256: str
    created_at: datetime
    expires_at: datetime
    has_credential: bool
    sealed: Sealed


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A stored job, without its application."""

    id: str
    lender_id: str
    borrower_id: str
    state: JobState
    tries: int
    created_at: str
    started_at: str | None
    ended_at: str | None
    expires_at: str
    decision_id: str | None
    problem: str | None
    """JSON: what POST would have answered."""
    body_sha256: str
    portfolio_id: str | None = None
    """Of which it is a row."""
    line: int | None = None
    is_restricted: bool = False
    """Whether the borrower's data are only kept."""

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.state in OPEN


class ClaimedJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job that a worker has."""

    id: str
    attempt: str
    who: Who
    borrower_id: str
    key_prefix: str | None
    idempotency_key: str | None
    created_at: str
    tries: int
    sealed: Sealed
    portfolio_id: str | None = None
    portfolio_since: str | None = None
    """When the portfolio was accepted."""


def job_purpose(job_id: str) -> str:
    """What the encryption of an application is bound to."""
    return f"job/{job_id}"


def add_job(connection: Connection, new: NewJob) -> bool:
    """Store a job in the caller's transaction; False where another one has its idempotency key."""
    return add_if_new(
        connection,
        jobs,
        id=new.id,
        lender_id=new.who.lender_id,
        borrower_id=new.borrower_id,
        principal_id=new.who.principal_id,
        address=new.who.address,
        request_id=new.who.request_id,
        quota_prefix=new.key_prefix,
        idempotency_key=new.idempotency_key,
        body_sha256=new.body_sha256,
        state=JobState.WAITING,
        tries=0,
        due_at=instant(new.created_at),
        created_at=instant(new.created_at),
        expires_at=instant(new.expires_at),
        has_credential=new.has_credential,
        key_id=new.sealed.key_id,
        sealed=new.sealed.sealed,
    )


def find_job(connection: Connection, *, lender_id: str, job_id: str) -> Job | None:
    """One job of this lender."""
    return _first(connection, (jobs.c.lender_id == lender_id) & (jobs.c.id == job_id))


def find_by_key(connection: Connection, *, lender_id: str, key: str) -> Job | None:
    """The job that has this idempotency key."""
    return _first(connection, (jobs.c.lender_id == lender_id) & (jobs.c.idempotency_key == key))


def list_jobs(
    connection: Connection, *, lender_id: str | None = None, state: JobState | None = None, limit: int
) -> list[Job]:
    """Jobs of a lender or of all, newest first."""
    condition: ColumnElement[bool] = jobs.c.id.is_not(None)
    if lender_id is not None:
        condition &= jobs.c.lender_id == lender_id
    if state is not None:
        condition &= jobs.c.state.in_([state, *(one for one, shown in _SHOWN.items() if shown is state)])
    statement = _jobs().where(condition).order_by(jobs.c.id.desc()).limit(limit)
    return [_job(row) for row in connection.execute(statement)]


def list_single(
    connection: Connection, *, lender_id: str, state: JobState | None, before: str | None, limit: int
) -> list[Job]:
    """Jobs of a lender that are no rows of portfolios, newest first."""
    condition = (jobs.c.lender_id == lender_id) & jobs.c.portfolio_id.is_(None)
    if state is not None:
        condition &= jobs.c.state == state
    if before is not None:
        condition &= jobs.c.id < before
    statement = _jobs().where(condition).order_by(jobs.c.id.desc()).limit(limit)
    return [_job(row) for row in connection.execute(statement)]


def find_any(connection: Connection, job_id: str) -> Job | None:
    """One job of any lender, for operators."""
    return _first(connection, jobs.c.id == job_id)


def count_ahead(connection: Connection, job: Job) -> int:
    """How many of the same lender, or of the same portfolio, wait before it."""
    before = (jobs.c.lender_id == job.lender_id) & (jobs.c.state == JobState.WAITING) & (jobs.c.id < job.id)
    if job.portfolio_id is not None:
        before = (jobs.c.portfolio_id == job.portfolio_id) & (jobs.c.state == QUEUED) & (jobs.c.line < job.line)
    return connection.execute(select(func.count()).select_from(jobs).where(before)).scalar_one()


def renew(connection: Connection, claimed: ClaimedJob, *, now: datetime, lease: timedelta) -> bool:
    """Prolong a lease; False where the job is not this attempt's any more."""
    done = connection.execute(update(jobs).where(_held_by(claimed)).values(due_at=instant(now + lease)))
    return done.rowcount == 1


def put_back(connection: Connection, claimed: ClaimedJob, *, due_at: datetime) -> None:
    """Let another attempt begin it, at a moment; this one does not count as a try."""
    state = JobState.WAITING if claimed.portfolio_id is None else QUEUED
    values = {"state": state, "attempt": None, "tries": claimed.tries - 1, "due_at": instant(due_at)}
    connection.execute(update(jobs).where(_held_by(claimed)).values(**values))


def free(connection: Connection, which: ColumnElement[bool], *, now: datetime) -> int:
    """Let jobs of attempts that are gone be begun again; returns how many."""
    values = {"state": _waiting_again(), "attempt": None, "due_at": instant(now)}
    return connection.execute(update(jobs).where(jobs.c.state.in_(RUNS) & which).values(**values)).rowcount


def put_all_back(connection: Connection, *, now: datetime) -> int:
    """Free the jobs of a process that died, where no other one can be at work; returns how many."""
    return free(connection, jobs.c.tries < MOST_TRIES, now=now)


def finish(connection: Connection, claimed: ClaimedJob, decision: Decision, *, now: datetime) -> None:
    """End a job with its decision, in the transaction that stores it; its application is deleted.

    Raises:
        JobLostError: the attempt does not hold the job any more; the transaction must not be committed.
    """
    done = connection.execute(
        update(jobs)
        .where(_held_by(claimed))
        .values(
            state=JobState.DONE,
            decision_id=decision.decision_id,
            ended_at=instant(now),
            key_id=None,
            sealed=None,
            account=None,
        )
    )
    if done.rowcount != 1:
        raise JobLostError("the job was cancelled or has expired")
    if claimed.portfolio_id is not None:
        counted = {"outcome": msgspec.json.encode(outcome_of(decision)).decode()}
        _count(connection, claimed, but=decision.decision_id, **counted)


def fail(connection: Connection, claimed: ClaimedJob, problem: str, *, now: datetime, randomness: Randomness) -> None:
    """End a job with a problem; its idempotency key is free, and its credential deleted.

    An application that names a connection is kept until it expires, so that an operator can let it be tried again.
    """
    keep = update(jobs).where(_held_by(claimed))
    ended = {"state": JobState.FAILED, "problem": problem, "ended_at": instant(now), "idempotency_key": None}
    empty = {"key_id": None, "sealed": None, "account": None}
    rows = list(connection.execute(_telling(keep.where(jobs.c.has_credential).values(**ended, **empty))))
    rows += connection.execute(_telling(keep.values(**ended)))
    _tell(connection, rows, JobState.FAILED, at=instant(now), randomness=randomness, problem=problem)
    if claimed.portfolio_id is not None and rows:
        _count(connection, claimed, but=None)


def _count(connection: Connection, claimed: ClaimedJob, *, but: str | None, **values: str) -> None:
    """Write down at the end of a row what a summary counts, with the borrower's decision before the portfolio."""
    before = (decisions.c.borrower_id == claimed.borrower_id) & (decisions.c.created_at < claimed.portfolio_since)
    columns = (decisions.c.id, decisions.c.created_at, decisions.c.verdict, decisions.c.recommendation)
    statement = select(*columns, decisions.c.score, decisions.c.record).where(before & (decisions.c.id != (but or "")))
    row = connection.execute(statement.order_by(decisions.c.id.desc()).limit(1)).first()
    if row is not None:
        values["before"] = msgspec.json.encode(
            Earlier(
                decision_id=row.id,
                created_at=row.created_at,
                verdict=Verdict(row.verdict),
                recommendation=Verdict(row.recommendation),
                score=row.score,
                grade=_grade_in(row.record),
            )
        ).decode()
    if values:
        connection.execute(update(jobs).where(jobs.c.id == claimed.id).values(**values))


def _grade_in(record: bytes) -> str | None:
    try:
        return records.decode(record).decision.assessment.grade
    except (RecordError, NewerRecordError):  # erased, altered, or of a newer version
        return None


def retry(connection: Connection, job_id: str, *, now: datetime) -> bool:
    """Let a failed job be tried again; False where its application is not kept any more."""
    again = select(jobs.c.portfolio_id).where(jobs.c.id == job_id).scalar_subquery()
    # locked first, so that it is not ended meanwhile as one without a row that is left
    connection.execute(select(portfolios.c.id).where(portfolios.c.id == again).with_for_update()).all()
    done = connection.execute(
        update(jobs)
        .where(
            (jobs.c.id == job_id)
            & (jobs.c.state == JobState.FAILED)
            & jobs.c.sealed.is_not(None)
            & (jobs.c.expires_at > instant(now))
        )
        .values(state=_waiting_again(), tries=0, due_at=instant(now), problem=None, ended_at=None)
    )
    if done.rowcount == 1:
        which = (portfolios.c.id == again) & (portfolios.c.state == PortfolioState.DONE)
        connection.execute(update(portfolios).where(which).values(state=PortfolioState.OPEN, ended_at=None))
    return done.rowcount == 1


def cancel_jobs(
    connection: Connection,
    which: ColumnElement[bool],
    *,
    at: str,
    randomness: Randomness,
    state: JobState = JobState.CANCELLED,
    problem: str | None = None,
) -> int:
    """End jobs without a decision, in the caller's transaction; returns how many of them had not ended.

    One that is being worked on is not stored: its attempt finds that it is not its any more. What failed jobs kept is
    deleted, too.
    """
    open_ones = which & jobs.c.state.in_(OPEN)
    # a key that nobody has taken for work yet; whoever works gives it back itself
    held = idempotency.c.attempt.in_(select(jobs.c.id).where(open_ones))
    connection.execute(delete(idempotency).where(held & idempotency.c.decision_id.is_(None)))
    empty = {"key_id": None, "sealed": None, "account": None}
    ended = {"state": state, "ended_at": at, "problem": problem, "idempotency_key": None, **empty}
    rows = connection.execute(_telling(update(jobs).where(open_ones).values(**ended))).all()
    # rows that end with their portfolio are not told one by one
    single = [row for row in rows if row.portfolio_id is None or state is JobState.FAILED]
    _tell(connection, single, state, at=at, randomness=randomness, problem=problem)
    left = which & jobs.c.sealed.is_not(None)
    connection.execute(update(jobs).where(left).values(**empty))
    return len(rows)


def open_application(cipher: Cipher, claimed: ClaimedJob) -> bytes:
    """The body of the request.

    Raises:
        DecryptionError: it cannot be decrypted.
    """
    return cipher.open(claimed.sealed, lender_id=claimed.who.lender_id or "", purpose=job_purpose(claimed.id))


def _telling(ending: Any) -> Any:  # noqa: ANN401  a statement
    """With what the lender is told of each job that it ends."""
    return ending.returning(jobs.c.id, jobs.c.lender_id, jobs.c.borrower_id, jobs.c.portfolio_id)


def _tell(
    connection: Connection,
    rows: Sequence[Row[Any]],
    state: JobState,
    *,
    at: str,
    randomness: Randomness,
    problem: str | None,
) -> None:
    """Write down that jobs ended without a decision."""
    code = {} if problem is None else {"problem": msgspec.json.decode(problem)["code"]}
    for row in rows:
        record(
            connection,
            EventType.DECISION_FAILED,
            {"job_id": row.id, "state": state, **code},
            lender_id=row.lender_id,
            at=at,
            randomness=randomness,
            borrower_id=row.borrower_id,
        )


_STORED: Final = tuple(name for name in Job.__struct_fields__ if name != "is_restricted")


def _jobs() -> Any:  # noqa: ANN401  a statement
    columns = [jobs.c[name] for name in _STORED]
    return select(*columns, borrowers.c.restricted_at.is_not(None).label("is_restricted")).join_from(jobs, borrowers)


def _first(connection: Connection, which: ColumnElement[bool]) -> Job | None:
    row = connection.execute(_jobs().where(which)).first()
    return None if row is None else _job(row)


def _job(row: Row[Any]) -> Job:
    return Job(**{**row._mapping, "state": shown(row.state)})  # noqa: SLF001  public in SQLAlchemy


def shown(state: str) -> JobState:
    """The state of a job, from how it stands in the database."""
    return _SHOWN.get(state) or JobState(state)


def stored_state(state: str) -> str:
    """How a state of a row of a portfolio stands in the database."""
    return next((stored for stored, known in _SHOWN.items() if known == state), state)


def _waiting_again() -> Any:  # noqa: ANN401  an expression
    return case((jobs.c.portfolio_id.is_(None), JobState.WAITING.value), else_=QUEUED)


def _held_by(claimed: ClaimedJob) -> ColumnElement[bool]:
    return (jobs.c.id == claimed.id) & (jobs.c.attempt == claimed.attempt) & jobs.c.state.in_(RUNS)
