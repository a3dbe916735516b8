"""Whose turn it is in the queue of jobs, and what of it is over.

A free place goes to the lender with the fewest jobs at work, by its weight, and of these to the one that had none for
the longest time: so the thousands of one do not delay the others. Of one lender, later decisions of single requests
come first, then the rows of its portfolios by their priority. A lender's rows have a bound on how many are at work at
once, in all processes, and books are not read again for a row before a pause.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Row, delete, exists, func, select, update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import Randomness, instant
from scoring.base.secrets import Sealed
from scoring.store.audit import Who
from scoring.store.database import add_if_new
from scoring.store.jobs import (
    BEGUN,
    MOST_TRIES,
    OPEN,
    QUEUED,
    RUNS,
    ClaimedJob,
    JobState,
    PortfolioState,
    cancel_jobs,
    free,
    shown,
)
from scoring.store.portfolios import LIVE, close_ended, end_portfolios, wake
from scoring.store.tables import account_turns, jobs, portfolios

_ROWS: Final = (QUEUED, BEGUN)


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How fast jobs are taken."""

    lease: timedelta
    rows_at_once: int
    """Of portfolios of one lender, in all processes together."""
    between: timedelta
    """Between the beginnings of two rows that read the same books."""
    weights: Mapping[str, float] = {}
    """Of lenders; 1 for those that are not named."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How the queue stands."""

    counts: dict[str, int]
    """Jobs of single requests that have not ended, by state."""
    rows: dict[str, int]
    """Rows of portfolios that have not ended, by state."""
    oldest_due_at: str | None
    """Since when the single request waits that waits longest."""
    portfolios: int
    """Those that have not ended."""
    needs_work: bool
    """Whether a worker has something to take or to clear away."""


def standing_of(connection: Connection) -> Standing:
    """How many jobs there are by state, and since when the oldest waits."""
    counts = select(jobs.c.state, func.count()).where(jobs.c.state.in_(OPEN)).group_by(jobs.c.state)
    found = {row[0]: row[1] for row in connection.execute(counts)}
    waiting = jobs.c.state == JobState.WAITING
    oldest = connection.execute(select(func.min(jobs.c.created_at)).where(waiting)).scalar()
    kept = connection.execute(select(jobs.c.id).where(jobs.c.sealed.is_not(None)).limit(1)).first()
    live = select(func.count()).select_from(portfolios).where(portfolios.c.state.in_(LIVE))
    alive = connection.execute(live).scalar_one()
    return Standing(
        counts={state: count for state, count in found.items() if state not in _ROWS},
        rows={shown(state): count for state, count in found.items() if state in _ROWS},
        oldest_due_at=oldest,
        portfolios=alive,
        needs_work=kept is not None or bool(found) or alive > 0,
    )


def claim(
    connection: Connection,
    attempts: Sequence[str],
    *,
    now: datetime,
    pace: Pace,
    served: MutableMapping[str, int],
    randomness: Randomness,
) -> list[ClaimedJob]:
    """Take jobs that are due, one for each attempt at most.

    Args:
        connection: of the caller's transaction.
        attempts: an identifier for each job that may be taken.
        now: the present.
        pace: how fast.
        served: lenders in the order in which the caller took their jobs, by a number that grows.
        randomness: unpredictable bytes.

    Workers that ask at the same moment pass over each other's rows; where a portfolio is open, they come one after the
    other, since the bound of its lender counts for all. On SQLite, writers come one after the other anyway.
    """
    lapsed = (jobs.c.due_at <= instant(now)) & (jobs.c.tries < MOST_TRIES)
    free(connection, lapsed, now=now)
    turns = _Turns(connection, now, pace, served, randomness)
    found = []
    for attempt in attempts:
        row = turns.take()
        if row is None:
            break
        portfolio = turns.portfolios.get(row.portfolio_id)
        connection.execute(
            update(jobs)
            .where(jobs.c.id == row.id)
            .values(
                state=JobState.RUNNING if portfolio is None else BEGUN,
                attempt=attempt,
                tries=row.tries + 1,
                due_at=instant(now + pace.lease),
                started_at=row.started_at or instant(now),
            )
        )
        if row.account is not None:
            free_at = instant(now + pace.between)
            if not add_if_new(connection, account_turns, account=row.account, free_at=free_at):
                mine = account_turns.c.account == row.account
                connection.execute(update(account_turns).where(mine).values(free_at=free_at))
        found.append(_claimed(row, attempt, portfolio))
    return found


def expire(connection: Connection, *, now: datetime, worn_out: str, randomness: Randomness) -> int:
    """End what is past its time, rests too, and what was begun too often and never ended; returns how many jobs.

    Args:
        connection: of the caller's transaction.
        now: the present.
        worn_out: the problem of jobs that were begun too often.
        randomness: unpredictable bytes.
    """
    at = instant(now)
    connection.execute(delete(account_turns).where(account_turns.c.free_at <= at))
    # those whose rows are still being stored alone are not waited for
    is_over = portfolios.c.expires_at <= at
    which = portfolios.c.state.in_(LIVE) & (is_over | (portfolios.c.state != PortfolioState.TAKING))
    columns = (portfolios.c.id, is_over.label("is_over"))
    alive = connection.execute(select(*columns).where(which).order_by(portfolios.c.id).with_for_update()).all()
    count = 0
    if alive:
        close_ended(connection, [row.id for row in alive], at=at)
        wake(connection, [row.id for row in alive], at=at)
    if late := [row.id for row in alive if row.is_over]:
        count = end_portfolios(connection, late, state=PortfolioState.EXPIRED, at=at, randomness=randomness)
    over = (jobs.c.expires_at <= at) & jobs.c.sealed.is_not(None)
    if connection.execute(select(jobs.c.id).where(over).limit(1)).first() is not None:
        count += cancel_jobs(connection, over, at=at, randomness=randomness, state=JobState.EXPIRED)
    # none that is queued: what is put back was not begun too often
    begun = jobs.c.state.in_((JobState.WAITING, *RUNS)) & (jobs.c.tries >= MOST_TRIES) & (jobs.c.due_at <= at)
    worn = list(connection.execute(select(jobs.c.id).where(begun)).scalars())
    if worn:
        count += cancel_jobs(
            connection, jobs.c.id.in_(worn), at=at, randomness=randomness, state=JobState.FAILED, problem=worn_out
        )
    return count


class _Turns:
    """The queue at one moment, within a transaction that takes from it."""

    def __init__(
        self,
        connection: Connection,
        now: datetime,
        pace: Pace,
        served: MutableMapping[str, int],
        randomness: Randomness,
    ) -> None:
        self._connection, self._now, self._pace, self._served = connection, instant(now), pace, served
        self._randomness = randomness
        is_open = (portfolios.c.state == PortfolioState.OPEN) & (portfolios.c.expires_at > self._now)
        is_awake = portfolios.c.rests_until.is_(None) | (portfolios.c.rests_until <= self._now)
        statement = select(portfolios).where(is_open & is_awake).order_by(portfolios.c.id).with_for_update()
        self.portfolios = {row.id: row for row in connection.execute(statement).all()}
        """Those that are open, which nobody can pause meanwhile."""
        self._lanes: dict[str, list[str]] = {}
        for row in sorted(self.portfolios.values(), key=lambda one: (-one.priority, one.id)):
            self._lanes.setdefault(row.lender_id, []).append(row.id)
        at_work = select(jobs.c.lender_id, jobs.c.state, func.count()).where(jobs.c.state.in_(RUNS))
        self._running, self._rows = Counter[str](), Counter[str]()
        for lender, state, count in connection.execute(at_work.group_by(jobs.c.lender_id, jobs.c.state)):
            self._running[lender] += count
            self._rows[lender] += count if state == BEGUN else 0
        single = select(jobs.c.lender_id).distinct().where(self._due(JobState.WAITING))
        self._singles = set(connection.execute(single).scalars())

    def take(self) -> Row[Any] | None:
        """The next job, locked; None where nothing is due."""
        while lenders := {*self._singles, *self._ready()}:
            lender = min(lenders, key=self._share)
            row = self._next_of(lender)
            if row is not None:
                self._running[lender] += 1
                self._rows[lender] += row.portfolio_id is not None
                self._served[lender] = max(self._served.values(), default=0) + 1
                return row
        return None

    def _share(self, lender: str) -> tuple[float, int]:
        """What a lender has at work, by its weight, and when its last turn was."""
        return self._running[lender] / self._pace.weights.get(lender, 1.0), self._served.get(lender, 0)

    def _ready(self) -> Iterator[str]:
        """Lenders whose rows may be taken."""
        return (
            lender for lender, lanes in self._lanes.items() if lanes and self._rows[lender] < self._pace.rows_at_once
        )

    def _next_of(self, lender: str) -> Row[Any] | None:
        if lender in self._singles:
            mine = self._due(JobState.WAITING) & (jobs.c.lender_id == lender)
            row = self._first(mine, jobs.c.id)
            if row is None:
                self._singles.discard(lender)
            return row
        portfolio = self._lanes[lender][0]
        taken = exists().where((account_turns.c.account == jobs.c.account) & (account_turns.c.free_at > self._now))
        row = self._first(self._due(QUEUED) & (jobs.c.portfolio_id == portfolio) & ~taken, jobs.c.line)
        if row is None:
            self._lanes[lender].pop(0)
            self._close(portfolio)
        return row

    def _close(self, portfolio: str) -> None:
        """End a portfolio of which nothing is left to do."""
        # a version without portfolios takes the applications of a borrower that is restricted, and leaves the rows
        gone = (jobs.c.portfolio_id == portfolio) & jobs.c.state.in_(_ROWS) & jobs.c.sealed.is_(None)
        cancel_jobs(self._connection, gone, at=self._now, randomness=self._randomness)
        close_ended(self._connection, [portfolio], at=self._now)

    def _due(self, state: str) -> ColumnElement[bool]:
        return (
            (jobs.c.state == state)
            & (jobs.c.due_at <= self._now)
            & (jobs.c.expires_at > self._now)
            & (jobs.c.tries < MOST_TRIES)
            & jobs.c.sealed.is_not(None)
        )

    def _first(self, which: ColumnElement[bool], order: ColumnElement[Any]) -> Row[Any] | None:
        statement = select(jobs).where(which).order_by(order).limit(1).with_for_update(skip_locked=True)
        return self._connection.execute(statement).first()


def _claimed(row: Row[Any], attempt: str, portfolio: Row[Any] | None) -> ClaimedJob:
    asked = row if portfolio is None else portfolio
    return ClaimedJob(
        id=row.id,
        attempt=attempt,
        who=Who(
            lender_id=row.lender_id,
            principal_id=asked.principal_id,
            actor=None if portfolio is None else portfolio.actor,
            address=asked.address,
            request_id=asked.request_id,
        ),
        borrower_id=row.borrower_id,
        key_prefix=row.quota_prefix if portfolio is None else portfolio.key_prefix,
        idempotency_key=row.idempotency_key or row.row_key,
        created_at=row.created_at,
        tries=row.tries + 1,
        sealed=Sealed(key_id=row.key_id, sealed=row.sealed),
        portfolio_id=row.portfolio_id,
        portfolio_since=None if portfolio is None else portfolio.created_at,
    )
