"""Runs schedules: takes what is due, once over all processes, and notes what became of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import msgspec
import structlog
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from scoring.base.identifiers import Clock, Randomness
from scoring.decisions.schedules import Schedule, Task, due_since, rhythm_of
from scoring.store import scheduled_runs
from scoring.store.database import Database
from scoring.store.errors import DatabaseUnavailableError, kind_of
from scoring.store.scheduled_runs import Run, RunState
from scoring.telemetry.telemetry import Metrics

Outcome = dict[str, int | str]
"""What was done, by what it was done to; empty where nothing was left to do."""
Doing = Callable[[str, Schedule, str], Awaitable[Outcome]]
"""Takes the name of a schedule, the schedule and the moment for which it is run."""
FIRST_LOOK_SECONDS: Final = 30.0
"""After the start: what a start needs comes first."""
POLL_SECONDS: Final = 60.0
LEASE: Final = timedelta(minutes=2)
_PAUSE: Final = timedelta(minutes=5)
"""After the first failure; twice as long after each further one."""
_log = structlog.get_logger(__name__)


class TaskError(Exception):
    """A task cannot be done; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduler:
    """Runs the schedules of a process. Built once, from the parts that this takes."""

    schedules: Mapping[str, Schedule]
    tasks: Mapping[Task, Doing]
    database: Database
    clock: Clock
    randomness: Randomness
    metrics: Metrics
    first_look_seconds: float = FIRST_LOOK_SECONDS
    poll_seconds: float = POLL_SECONDS
    lease: timedelta = LEASE
    _begun: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once this process has noted which schedules are new or changed."""

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Run what is due beside the block; at its end, what is at work is cut and put back: each task can go on."""
        for name in self.schedules:  # alerts need figures from the start
            self.metrics.schedule_overdue.labels(name).set(0)
            for outcome in ("done", "failed"):
                self.metrics.schedule_runs.labels(name, outcome)
        running = asyncio.create_task(self._run())
        try:
            yield
        finally:
            running.cancel()
            await asyncio.wait({running})

    async def begin(self) -> None:
        """Note which schedules are new or changed since the last start of a process; they are due from now on."""
        rhythms = {name: rhythm_of(schedule) for name, schedule in self.schedules.items()}
        beginning = partial(scheduled_runs.begin, rhythms=rhythms, now=self.clock(), randomness=self.randomness)
        await self.database.write_at_once(beginning)
        self._begun.set()

    async def look(self) -> None:
        """Note what is due, run it, and measure how late what is left is."""
        if not self._begun.is_set():
            await self.begin()
        names, now = list(self.schedules), self.clock()

        def note(connection: Connection) -> Run | None:
            known = scheduled_runs.last_runs(connection, names, now=now)
            new = {name: rhythm_of(schedule) for name, schedule in self.schedules.items() if name not in known}
            if new:  # the clock went back
                scheduled_runs.begin(connection, new, now=now, randomness=self.randomness)
            for name, last in known.items():
                due = due_since(self.schedules[name], now)
                if datetime.fromisoformat(last.due_at) < due:
                    scheduled_runs.note_due(connection, name, due_at=due, now=now, randomness=self.randomness)
            return self._claim(connection)

        run = await self.database.write_at_once(note)
        await self._measure(names)
        while run is not None:
            await self._work(run)
            run = await self.database.write_at_once(self._claim)
        await self._measure(names)

    async def _run(self) -> None:
        try:
            await self.begin()
        except Exception as error:  # noqa: BLE001  the first look does it
            _log.warning("schedules cannot be begun", reason=kind_of(error))
        await asyncio.sleep(self.first_look_seconds)
        while True:
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001  whatever it is, the next look may do
                _log.error("no schedules can be run", reason=kind_of(error))
            await asyncio.sleep(self.poll_seconds)

    def _claim(self, connection: Connection) -> Run | None:
        return scheduled_runs.claim(connection, list(self.schedules), now=self.clock(), lease=self.lease)

    async def _work(self, run: Run) -> None:
        """One try; what it ends with is stored, or left to the end of the lease."""
        schedule = self.schedules[run.schedule]
        working = asyncio.ensure_future(self.tasks[schedule.task](run.schedule, schedule, run.due_at))
        renewing = asyncio.create_task(self._renew(run, working))
        try:
            await asyncio.wait({working})
        except asyncio.CancelledError:
            working.cancel()
            await asyncio.wait({working})
            with suppress(DatabaseUnavailableError, SQLAlchemyError):
                await self.database.write_at_once(partial(scheduled_runs.put_back, run=run, now=self.clock()))
            raise
        finally:
            renewing.cancel()
        if working.cancelled():  # another process has it
            return
        await self._end(run, working.exception(), working)

    async def _end(self, run: Run, error: BaseException | None, working: asyncio.Future[Outcome]) -> None:
        write, now = self.database.write_at_once, self.clock()
        if error is None:
            outcome = msgspec.json.encode(working.result()).decode()
            if not await write(partial(scheduled_runs.finish, run=run, outcome=outcome, now=now)):
                return  # it stood still for so long that another process has it
            self.metrics.schedule_runs.labels(run.schedule, "done").inc()
            _log.info("schedule done", schedule=run.schedule, due_at=run.due_at)
            return
        if not isinstance(error, Exception):
            raise error
        # other errors may hold statements and values: their kind alone is kept
        said = str(error) if isinstance(error, TaskError) else kind_of(error)
        outcome = msgspec.json.encode({"error": said}).decode()
        pause = _PAUSE * 2 ** (run.tries - 1)
        if not await write(partial(scheduled_runs.fail, run=run, outcome=outcome, now=now, pause=pause)):
            return
        self.metrics.schedule_runs.labels(run.schedule, "failed").inc()
        _log.error("schedule failed", schedule=run.schedule, due_at=run.due_at, tries=run.tries, reason=said)

    async def _renew(self, run: Run, working: asyncio.Future[Outcome]) -> None:
        """Prolong the lease; end the work where the run is not this process's any more."""
        while True:
            await asyncio.sleep(self.lease.total_seconds() / 3)
            with suppress(DatabaseUnavailableError, SQLAlchemyError):
                renewing = partial(scheduled_runs.renew, run=run, now=self.clock(), lease=self.lease)
                if not await self.database.write_at_once(renewing):
                    working.cancel()
                    return

    async def _measure(self, names: Sequence[str]) -> None:
        now = self.clock()
        last = await self.database.read_at_once(partial(scheduled_runs.last_runs, schedules=names, now=now))
        for name, run in last.items():
            is_over = run.state in {RunState.DONE, RunState.BEGUN}
            late = 0.0 if is_over else (now - datetime.fromisoformat(run.due_at)).total_seconds()
            self.metrics.schedule_overdue.labels(name).set(max(late, 0.0))
