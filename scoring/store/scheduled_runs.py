"""Runs of schedules: each moment at which one was due is run once, by whichever process takes it first."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from scoring.base.identifiers import Randomness, instant, new_id
from scoring.store.database import add_if_new
from scoring.store.tables import scheduled_runs

MOST_TRIES: Final = 5
"""Of one run; then it has failed, and the next is that of the next due moment."""

_LONGEST_LEASE: Final = timedelta(hours=2)
"""Far longer than any: what ends later, a clock that was ahead has written."""


class RunState(StrEnum):
    """How a run stands. The codes are stored."""

    BEGUN = "begun"
    """The schedule was new or changed: what was due before is not run."""
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A moment at which a schedule was due, and what became of it."""

    id: str
    schedule: str
    due_at: str
    state: RunState
    tries: int
    started_at: str | None
    ended_at: str | None
    free_at: str | None
    """When another try may begin: the pause after a failure, or the end of the lease of who is at work."""
    outcome: str | None
    """JSON: what was done, or why it failed."""
    rhythm: str | None
    """Of a beginning: when the schedule is due since then."""


def begin(connection: Connection, rhythms: Mapping[str, str], *, now: datetime, randomness: Randomness) -> None:
    """Note since when schedules are due as they are, where that is new: nothing that was due before is run.

    A beginning of an earlier version has no rhythm, and gets the one of now: what fell due since then is run.

    Args:
        connection: of the transaction.
        rhythms: when each schedule is due, in words.
        now: the present.
        randomness: unpredictable bytes.
    """
    known = last_runs(connection, list(rhythms), now=now, state=RunState.BEGUN)
    for name, rhythm in rhythms.items():
        if name in known and known[name].rhythm == rhythm:
            continue
        if name in known and known[name].rhythm is None:
            connection.execute(
                update(scheduled_runs).where(scheduled_runs.c.id == known[name].id).values(rhythm=rhythm)
            )
            continue
        add_if_new(
            connection,
            scheduled_runs,
            id=new_id("run", now, randomness),
            schedule=name,
            due_at=instant(now),
            state=RunState.BEGUN,
            tries=0,
            ended_at=instant(now),
            rhythm=rhythm,
        )


def note_due(connection: Connection, schedule: str, *, due_at: datetime, now: datetime, randomness: Randomness) -> None:
    """Note a due moment, so that it is run once. Older ones that wait are given up: each task does all that is left."""
    older = (
        (scheduled_runs.c.schedule == schedule)
        & (scheduled_runs.c.state == RunState.WAITING)
        & (scheduled_runs.c.due_at < instant(due_at))
    )
    given_up = {
        "state": RunState.FAILED,
        "ended_at": instant(now),
        "free_at": None,
        "outcome": '{"error":"given up, since it was due again"}',
    }
    connection.execute(update(scheduled_runs).where(older).values(given_up))
    add_if_new(
        connection,
        scheduled_runs,
        id=new_id("run", now, randomness),
        schedule=schedule,
        due_at=instant(due_at),
        state=RunState.WAITING,
        tries=0,
        free_at=instant(now),
    )


def ask(connection: Connection, schedule: str, *, now: datetime, randomness: Randomness) -> None:
    """Let a schedule be run now, whenever it is due: a run that waits for another try is begun, else one is added."""
    waits = (scheduled_runs.c.schedule == schedule) & (scheduled_runs.c.state == RunState.WAITING)
    values = {"free_at": instant(now), "tries": 0}
    if connection.execute(update(scheduled_runs).where(waits).values(values)).rowcount:
        return
    add_if_new(
        connection,
        scheduled_runs,
        id=new_id("run", now, randomness),
        schedule=schedule,
        due_at=instant(now),
        state=RunState.WAITING,
        tries=0,
        free_at=instant(now),
    )


def claim(connection: Connection, schedules: Sequence[str], *, now: datetime, lease: timedelta) -> Run | None:
    """Take the run that has waited longest among these schedules; None where none is to be run.

    One whose process died is taken again at the end of its lease, but not for ever: it may be what ends the process.
    One at a time of each schedule, which a unique index sees to.
    """
    is_free = scheduled_runs.c.free_at <= instant(now)
    _give_up(
        connection, is_free & (scheduled_runs.c.tries >= MOST_TRIES), "it was begun too often and never ended", now
    )
    is_ahead = scheduled_runs.c.free_at > instant(now + _LONGEST_LEASE)
    _give_up(connection, is_ahead, "a process whose clock was ahead began it", now)
    is_open = scheduled_runs.c.state.in_((RunState.WAITING, RunState.RUNNING)) & is_free
    other = scheduled_runs.alias()
    is_at_work = exists().where(
        (other.c.schedule == scheduled_runs.c.schedule)
        & (other.c.state == RunState.RUNNING)
        & (other.c.id != scheduled_runs.c.id)
    )
    statement = (
        select(scheduled_runs)
        .where(is_open & ~is_at_work & scheduled_runs.c.schedule.in_(schedules))
        .order_by(scheduled_runs.c.due_at, scheduled_runs.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = connection.execute(statement).first()
    if row is None:
        return None
    values = {
        "state": RunState.RUNNING,
        "tries": row.tries + 1,
        "started_at": instant(now),
        "free_at": instant(now + lease),
    }
    taking = update(scheduled_runs).where((scheduled_runs.c.id == row.id) & is_open).values(values)
    try:
        with connection.begin_nested():
            taken = connection.execute(taking).rowcount == 1
    except IntegrityError:  # another process has just taken another run of this schedule
        taken = False
    return msgspec.structs.replace(_run(row), **values) if taken else None


def _give_up(connection: Connection, which: ColumnElement[bool], why: str, now: datetime) -> None:
    """End runs that a process has, or had when it died."""
    values = {"state": RunState.FAILED, "ended_at": instant(now), "free_at": None}
    values["outcome"] = msgspec.json.encode({"error": why}).decode()
    is_running = scheduled_runs.c.state == RunState.RUNNING
    connection.execute(update(scheduled_runs).where(is_running & which).values(values))


def renew(connection: Connection, run: Run, *, now: datetime, lease: timedelta) -> bool:
    """Prolong the lease of a run; False where another process has taken it."""
    return _change(connection, run, {"free_at": instant(now + lease)})


def put_back(connection: Connection, run: Run, *, now: datetime) -> bool:
    """Let another process take it now, because this one stops; False as ``renew``."""
    return _change(connection, run, {"state": RunState.WAITING, "free_at": instant(now), "tries": run.tries - 1})


def finish(connection: Connection, run: Run, *, outcome: str, now: datetime) -> bool:
    """Note that it is done; False where another process has taken it."""
    values = {"state": RunState.DONE, "ended_at": instant(now), "free_at": None, "outcome": outcome}
    return _change(connection, run, values)


def fail(connection: Connection, run: Run, *, outcome: str, now: datetime, pause: timedelta) -> bool:
    """Let it be tried again after a pause, or note that it has failed; False as ``finish``."""
    values: dict[str, str | None] = {"state": RunState.WAITING, "free_at": instant(now + pause), "outcome": outcome}
    if run.tries >= MOST_TRIES:
        values |= {"state": RunState.FAILED, "ended_at": instant(now), "free_at": None}
    return _change(connection, run, values)


def list_runs(connection: Connection, schedule: str, *, limit: int) -> list[Run]:
    """Runs of a schedule, newest due moment first."""
    statement = select(scheduled_runs).where(scheduled_runs.c.schedule == schedule)
    newest = statement.order_by(scheduled_runs.c.due_at.desc()).limit(limit)
    return [_run(row) for row in connection.execute(newest)]


def last_runs(
    connection: Connection, schedules: Sequence[str], *, now: datetime, state: RunState | None = None
) -> dict[str, Run]:
    """The run of the newest due moment of each schedule that has one; none of a clock that was ahead.

    Args:
        connection: of the transaction.
        schedules: whose.
        now: the present.
        state: in which the run is; None is any.
    """
    wanted = scheduled_runs.c.schedule.in_(schedules) & (scheduled_runs.c.due_at <= instant(now))
    if state is not None:
        wanted &= scheduled_runs.c.state == state
    newest = (
        select(scheduled_runs.c.schedule, func.max(scheduled_runs.c.due_at).label("due_at"))
        .where(wanted)
        .group_by(scheduled_runs.c.schedule)
        .subquery()
    )
    statement = select(scheduled_runs).join(
        newest, (scheduled_runs.c.schedule == newest.c.schedule) & (scheduled_runs.c.due_at == newest.c.due_at)
    )
    return {row.schedule: _run(row) for row in connection.execute(statement)}


def _change(connection: Connection, run: Run, values: Mapping[str, str | int | None]) -> bool:
    mine = (
        (scheduled_runs.c.id == run.id)
        & (scheduled_runs.c.state == RunState.RUNNING)
        & (scheduled_runs.c.tries == run.tries)
    )
    return connection.execute(update(scheduled_runs).where(mine).values(values)).rowcount == 1


def _run(row: Any) -> Run:  # noqa: ANN401  a row
    return Run(
        id=row.id,
        schedule=row.schedule,
        due_at=row.due_at,
        state=RunState(row.state),
        tries=row.tries,
        started_at=row.started_at,
        ended_at=row.ended_at,
        free_at=row.free_at,
        outcome=row.outcome,
        rhythm=row.rhythm,
    )
