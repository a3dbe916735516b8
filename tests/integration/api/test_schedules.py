"""What the service does by itself: each due moment once, whatever dies, on both databases."""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from postgres import ON_SQLITE
from service import Clock, Service, application, firms, retain, running, settings_in
from sqlalchemy import func, select, update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import instant, new_id
from scoring.base.secrets import EncryptionKey, Secret
from scoring.decisions.schedules import Schedule, Task
from scoring.jobs.scheduler import Outcome, Scheduler, TaskError
from scoring.jobs.tasks import Tasks
from scoring.store import scheduled_runs, tables
from scoring.store.database import Database, add_if_new
from scoring.store.scheduled_runs import Run, RunState
from scoring.store.tables import audit, decisions, snapshots

NIGHTLY = Schedule(task=Task.RETENTION, at="03:17")


def scheduler_of(service: Service, task: object = None, **schedules: Schedule) -> Scheduler:
    """A process's scheduler: with the tasks of the service, or with another one for retention."""
    state = service.app.state
    tasks = dict(Tasks(**{name: state[name] for name in Tasks.__dataclass_fields__}).by_name())
    if task is not None:
        tasks[Task.RETENTION] = task  # type: ignore[assignment]  # a coroutine function
    return Scheduler(
        schedules=schedules or {"retention": NIGHTLY},
        tasks=tasks,
        database=state.database,
        clock=service.clock,
        randomness=state.randomness,
        metrics=state.metrics,
        lease=timedelta(seconds=30),
    )


async def runs_of(service: Service, name: str = "retention") -> list[Run]:
    """Newest first."""
    read = service.app.state.database.read_at_once
    return await read(lambda connection: scheduled_runs.list_runs(connection, name, limit=100))


class Counted:
    """A task that counts how often it was carried out, and fails as often as it is told."""

    def __init__(self, failures: Sequence[Exception] = ()) -> None:
        self.count = 0
        self._failures = list(failures)

    async def __call__(self, _name: str, _schedule: Schedule, _due_at: str) -> Outcome:
        """Carry it out."""
        self.count += 1
        await asyncio.sleep(0.01)
        if self._failures:
            raise self._failures.pop(0)
        return {"rows": self.count}


async def test_a_due_moment_is_run_once_by_two_processes(tmp_path: Path) -> None:
    """What was due before the schedule was seen is not run, nothing is twice, and a missed night is made up."""
    task = Counted()
    async with running(tmp_path) as service:
        both = scheduler_of(service, task), scheduler_of(service, task)
        await asyncio.gather(*(one.look() for one in both))
        first = await runs_of(service)
        service.clock.advance(days=1)
        await asyncio.gather(*(one.look() for one in both * 3))
        second = await runs_of(service)
        service.clock.advance(days=10)
        await both[0].look()
        last = await runs_of(service)
        kept = service.app.state.metrics
        late = kept.schedule_overdue.labels("retention")._value.get()
    assert [run.state for run in first] == [RunState.BEGUN]
    assert [(run.state, run.tries, run.outcome) for run in second] == [
        (RunState.DONE, 1, '{"rows":1}'),
        (RunState.BEGUN, 0, None),
    ]
    assert task.count == 2
    assert len(last) == 3
    assert late == 0.0


async def test_a_failure_is_tried_again_later_and_told(tmp_path: Path) -> None:
    """Only its kind, where the message could hold anything; after five tries it waits for the next night."""
    task = Counted([ValueError("secret of Müller"), *([TaskError("there is no lender 'x'")] * 5)])
    async with running(tmp_path) as service:
        scheduler = scheduler_of(service, task)
        await scheduler.look()
        service.clock.advance(days=1)
        await scheduler.look()
        failed = (await runs_of(service))[0]
        await scheduler.look()
        at_once = task.count
        seen = []
        for minutes in (5, 10, 20, 40):
            service.clock.advance(minutes=minutes - 1)
            await scheduler.look()
            seen.append(task.count)
            service.clock.advance(minutes=1)
            await scheduler.look()
            seen.append(task.count)
        given_up = (await runs_of(service))[0]
        late = service.app.state.metrics.schedule_overdue.labels("retention")._value.get()
        service.clock.advance(days=1)
        await scheduler.look()
        after = (await runs_of(service))[0]
    assert (failed.state, failed.outcome) == (RunState.WAITING, '{"error":"ValueError"}')
    assert at_once == 1
    assert seen == [1, 2, 2, 3, 3, 4, 4, 5]
    assert (given_up.state, given_up.outcome) == (RunState.FAILED, '{"error":"there is no lender \'x\'"}')
    assert late > 4000
    assert after.state is RunState.WAITING  # the sixth failure is the first of the next night
    assert "Müller" not in json.dumps([failed.outcome, given_up.outcome, after.outcome])


async def test_what_a_process_had_when_it_died_or_stopped_is_taken_up(tmp_path: Path) -> None:
    """At the end of its lease, or at once where it was told to stop."""
    begun = asyncio.Event()

    async def hang(_name: str, _schedule: Schedule, _due_at: str) -> Outcome:
        begun.set()
        await asyncio.sleep(60)
        return {}

    task = Counted()
    async with running(tmp_path) as service:
        first, second = scheduler_of(service, hang), scheduler_of(service, task)
        await first.look()
        service.clock.advance(days=1)
        dying = asyncio.create_task(first.look())
        await begun.wait()
        await second.look()
        amid = task.count
        dying.cancel()  # it stops in good order
        await asyncio.wait({dying})
        await second.look()
        stopped = task.count, (await runs_of(service))[0]
        service.clock.advance(days=1)
        claimed = await service.app.state.database.write_at_once(
            lambda connection: claim_after_begin(connection, service)
        )  # and one that was killed: nothing was put back
        await second.look()
        within = task.count
        service.clock.advance(seconds=31)
        await second.look()
        killed = task.count, (await runs_of(service))[0]
    assert amid == 0
    assert (stopped[0], stopped[1].state, stopped[1].tries) == (1, RunState.DONE, 1)  # being stopped is no failure
    assert claimed is not None
    assert within == 1
    assert (killed[0], killed[1].state, killed[1].tries) == (2, RunState.DONE, 2)


def claim_after_begin(connection: object, service: Service) -> Run | None:
    """Take what is due now, as a process that is then killed."""
    now = service.clock()
    scheduled_runs.note_due(
        connection,  # type: ignore[arg-type]  # a connection
        "retention",
        due_at=now.replace(hour=1, minute=17, second=0, microsecond=0),
        now=now,
        randomness=service.app.state.randomness,
    )
    return scheduled_runs.claim(connection, ["retention"], now=now, lease=timedelta(seconds=30))  # type: ignore[arg-type]  # the same


async def test_what_ends_its_process_is_not_begun_for_ever(tmp_path: Path) -> None:
    """After five tries that never ended it has failed, and the next night comes."""
    task = Counted()
    async with running(tmp_path) as service:
        write = service.app.state.database.write_at_once
        scheduler = scheduler_of(service, task)
        await scheduler.look()
        service.clock.advance(days=1)
        claimed = [await write(lambda connection: claim_after_begin(connection, service))]
        for _ in range(5):
            service.clock.advance(seconds=31)
            claimed.append(
                await write(
                    lambda connection: scheduled_runs.claim(
                        connection, ["retention"], now=service.clock(), lease=timedelta(seconds=30)
                    )
                )
            )
        given_up = (await runs_of(service))[0]
        service.clock.advance(days=1)
        await scheduler.look()
        after = (await runs_of(service))[0]
    assert [None if one is None else one.tries for one in claimed] == [1, 2, 3, 4, 5, None]
    assert (given_up.state, given_up.outcome) == (
        RunState.FAILED,
        '{"error":"it was begun too often and never ended"}',
    )
    assert (after.state, task.count) == (RunState.DONE, 1)


async def test_who_asks_while_a_try_waits_gets_that_one(tmp_path: Path) -> None:
    """Not two; and one that still waits when it is due again is given up for the newer one."""
    task = Counted([TaskError("no"), TaskError("no")])
    async with running(tmp_path) as service:
        write = service.app.state.database.write_at_once

        def ask(connection: object) -> None:
            scheduled_runs.ask(
                connection,  # type: ignore[arg-type]  # a connection
                "retention",
                now=service.clock(),
                randomness=service.app.state.randomness,
            )

        scheduler = scheduler_of(service, task)
        await scheduler.look()
        service.clock.advance(days=1)
        await scheduler.look()
        await write(ask)
        await write(ask)
        await scheduler.look()
        waiting = await runs_of(service)
        service.clock.advance(days=1)
        await scheduler.look()
        after = await runs_of(service)
        service.clock.advance(minutes=1)
        await write(ask)
        await write(ask)
        await scheduler.look()
        asked = await runs_of(service)
    assert [(run.state, run.tries) for run in waiting] == [(RunState.WAITING, 1), (RunState.BEGUN, 0)]
    assert [run.state for run in after] == [RunState.DONE, RunState.FAILED, RunState.BEGUN]
    assert after[1].outcome == '{"error":"given up, since it was due again"}'
    assert [run.state for run in asked] == [RunState.DONE, *(run.state for run in after)]
    assert task.count == 4


async def test_a_clock_that_was_ahead_silences_nothing(tmp_path: Path) -> None:
    """A moment of the future that one process noted is not the newest."""
    task = Counted()
    async with running(tmp_path) as service:
        scheduler = scheduler_of(service, task)
        await scheduler.look()
        service.clock.advance(days=400)
        await scheduler.look()
        service.clock.advance(days=-398)
        await scheduler.look()
    assert task.count == 2


async def test_retention_deletes_what_the_command_deletes(tmp_path: Path) -> None:
    """The figures behind a decision after their time, with a row of the audit trail that names the schedule."""
    async with running(tmp_path) as service:
        assert (await service.post("/v1/decisions", application())).status_code == 201
        scheduler = scheduler_of(service)
        await scheduler.look()
        service.clock.advance(days=740)
        await scheduler.look()
        run = (await runs_of(service))[0]
        left = await service.app.state.database.read_at_once(
            lambda connection: [
                connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (snapshots, decisions)
            ]
        )
        actors = await service.app.state.database.read_at_once(
            lambda connection: set(
                connection.execute(select(audit.c.actor).where(audit.c.action == "retention")).scalars()
            )
        )
    assert run.state is RunState.DONE
    assert json.loads(run.outcome or "")["snapshots"] == 1
    assert left == [0, 1]
    assert actors == {"schedule retention"}


async def test_encryption_follows_the_first_key(tmp_path: Path) -> None:
    """Nothing is done where nothing is left; after a new key comes first, the old one is not needed any more."""
    nightly = Schedule(task=Task.ENCRYPTION, at="04:17")
    old = settings_in(tmp_path).encryption_keys
    new = EncryptionKey(id="k2", material=Secret("A" * 42 + "E="))
    async with running(tmp_path) as service:
        assert (await service.post("/v1/decisions", application())).status_code == 201
        scheduler = scheduler_of(service, encryption=nightly)
        await scheduler.look()
        service.clock.advance(days=1)
        await scheduler.look()
        nothing = (await runs_of(service, "encryption"))[0]
        clock = service.clock
    async with running(tmp_path, encryption_keys=(new, *old), clock=clock) as service:
        clock.advance(days=1)
        await scheduler_of(service, encryption=nightly).look()
        moved = (await runs_of(service, "encryption"))[0]
    async with running(tmp_path, encryption_keys=(new,), clock=clock) as service:
        listed = (await service.get("/v1/decisions")).json()["items"]
        replayed = await service.get(f"/v1/decisions/{listed[0]['decision_id']}")
    assert (nothing.state, nothing.outcome) == (RunState.DONE, "{}")
    assert moved.state is RunState.DONE
    assert json.loads(moved.outcome or "")["k1"] > 0
    assert replayed.status_code == 200


async def test_a_portfolio_is_begun_once_for_each_due_moment(tmp_path: Path) -> None:
    """Also where the process died between its beginning and the note that it is done."""
    monthly = Schedule(task=Task.PORTFOLIO, at="06:00", on=1, lender="bank")
    unknown = Schedule(task=Task.PORTFOLIO, at="06:00", lender="nobody")
    async with running(tmp_path, books=firms()) as service:
        made = await service.post(
            "/v1/connections", {"borrower_ref": "firm-1", "sevdesk_token": application()["sevdesk_token"]}
        )
        assert made.status_code == 201, made.text
        body = application(sevdesk_token=None, connection_id=made.json()["connection_id"])
        assert (await service.post("/v1/decisions", body)).status_code == 201
        scheduler = scheduler_of(service, monthly=monthly, unknown=unknown)
        await scheduler.look()
        service.clock.advance(days=31)
        await scheduler.look()
        run, refused = (await runs_of(service, "monthly"))[0], (await runs_of(service, "unknown"))[0]
        again = await scheduler.tasks[Task.PORTFOLIO]("monthly", monthly, run.due_at)
        [listed] = (await service.get("/v1/portfolios")).json()["items"]
    assert run.state is RunState.DONE
    assert json.loads(run.outcome or "") == again == {listed["portfolio_id"]: 1}
    assert refused.outcome is not None
    assert "there is no lender 'nobody'; known: bank" in refused.outcome


async def test_watching_names_each_model(tmp_path: Path) -> None:
    """And says that a handful of decisions is too few."""
    weekly = Schedule(task=Task.WATCHING, at="05:00", on="monday")
    async with running(tmp_path) as service:
        assert (await service.post("/v1/decisions", application())).status_code == 201
        scheduler = scheduler_of(service, watching=weekly)
        await scheduler.look()
        service.clock.advance(days=7)
        await scheduler.look()
        run = (await runs_of(service, "watching"))[0]
    assert run.state is RunState.DONE
    assert list(json.loads(run.outcome or "")) == ["bank sme/1"]


async def test_a_changed_schedule_is_due_after_the_change(tmp_path: Path) -> None:
    """Nothing is run at once because the new moment has passed today; the file before it, again, is a change."""
    task, clock = Counted(), Clock()
    counts = []
    async with running(tmp_path, clock=clock) as service:  # it is noon in Germany
        await scheduler_of(service, task).look()
        for at, hours in (("03:17", 24), ("11:30", 0), ("11:30", 23), ("11:30", 1), ("03:17", 0), ("03:17", 24)):
            clock.advance(hours=hours)
            each = Schedule(task=Task.RETENTION, at=at)
            await asyncio.gather(*(scheduler_of(service, task, retention=each).look() for _ in range(2)))
            counts.append(task.count)
        weekly = Schedule(task=Task.RETENTION, at="03:17", on=clock().day)
        await scheduler_of(service, task, retention=weekly).look()
        kept = await retain(service.app.state.database, clock() + timedelta(days=5000))
        begun = [run.rhythm for run in await runs_of(service) if run.state is RunState.BEGUN]
    assert counts == [1, 1, 1, 2, 2, 3]
    assert task.count == 3
    assert kept["runs"] == 3
    assert set(begun) == {"daily at 03:17", "daily at 11:30", f"monthly on day {clock().day} at 03:17"}


async def test_what_fell_due_before_an_upgrade_is_run_after_it(tmp_path: Path) -> None:
    """Earlier versions noted the beginning of a schedule without its rhythm."""
    task, clock = Counted(), Clock()
    async with running(tmp_path, clock=clock) as service:
        await scheduler_of(service, task).look()
        forgetting = tables.scheduled_runs.update().values(rhythm=None)
        await service.app.state.database.write_at_once(lambda connection: connection.execute(forgetting))
        clock.advance(days=2)
        scheduler = scheduler_of(service, task)
        await scheduler.begin()
        await scheduler.look()
        runs = [(run.state, run.rhythm) for run in await runs_of(service)]
    assert task.count == 1
    assert runs == [(RunState.DONE, None), (RunState.BEGUN, "daily at 03:17")]


async def test_one_run_of_a_schedule_at_a_time_however_many_claim(tmp_path: Path) -> None:
    """Two connections that ask at the same moment, with two runs of the schedule that may be taken."""
    async with running(tmp_path) as service:
        now, bytes_of = service.clock(), service.app.state.randomness
        two = Database(service.settings.database_url), Database(service.settings.database_url)
        claim = partial(scheduled_runs.claim, schedules=["race"], now=now, lease=timedelta(minutes=2))

        def add(connection: Connection, count: int) -> None:
            for number in range(2):
                add_if_new(
                    connection,
                    tables.scheduled_runs,
                    id=new_id("run", now, bytes_of),
                    schedule="race",
                    due_at=instant(now - timedelta(seconds=2 * count + number)),
                    state=RunState.WAITING,
                    tries=0,
                    free_at=instant(now),
                )

        taken = []
        for count in range(40):
            await two[0].write_at_once(partial(add, count=count))
            found = await asyncio.gather(*(one.write_at_once(claim) for one in two * 2))
            runs = [run for run in found if run is not None]
            taken.append(len(runs))
            for run in runs:
                await two[0].write_at_once(partial(scheduled_runs.finish, run=run, outcome="{}", now=now))
        for one in two:
            await one.close()
    assert set(taken) == {1}


async def test_who_stood_still_over_its_lease_notes_nothing(tmp_path: Path) -> None:
    """The machine slept while it was at work: another process has done it, and its own end does not count."""
    async with running(tmp_path) as service:
        other = Counted()
        beside = scheduler_of(service, other)

        async def sleep(_name: str, _schedule: Schedule, _due_at: str) -> Outcome:
            service.clock.advance(minutes=3)
            await beside.look()
            return {"rows": 99}

        await beside.look()
        service.clock.advance(days=1)
        counts = service.app.state.metrics.schedule_runs.labels("retention", "done")._value
        before = counts.get()
        await scheduler_of(service, sleep).look()
        run, after = (await runs_of(service))[0], counts.get()
    assert (run.state, run.tries, run.outcome) == (RunState.DONE, 2, '{"rows":1}')
    assert after - before == 1


async def test_what_a_clock_that_was_ahead_began_holds_nothing_up(tmp_path: Path) -> None:
    """Its process died before it ended; its lease is a year away."""
    task = Counted()
    async with running(tmp_path) as service:
        scheduler, write = scheduler_of(service, task), service.app.state.database.write_at_once
        await scheduler.look()
        service.clock.advance(days=365)
        assert await write(lambda connection: claim_after_begin(connection, service)) is not None
        service.clock.advance(days=-364)
        await scheduler.look()
        states = [(run.state, run.outcome) for run in await runs_of(service)]
    assert states == [
        (RunState.FAILED, '{"error":"a process whose clock was ahead began it"}'),
        (RunState.DONE, '{"rows":1}'),
        (RunState.BEGUN, None),
    ]


async def test_a_clock_that_goes_back_behind_the_first_start_begins_anew(tmp_path: Path) -> None:
    """And runs nothing in the middle of the day."""
    task = Counted()
    async with running(tmp_path) as service:
        scheduler = scheduler_of(service, task)
        await scheduler.look()
        service.clock.advance(days=-400)
        await scheduler.look()
        amid = task.count
        service.clock.advance(days=1)
        await scheduler.look()
    assert (amid, task.count) == (0, 1)


@ON_SQLITE
async def test_a_thousand_schedules_are_each_run_once(tmp_path: Path) -> None:
    """One that fails always, and one of a lender that is not there, hold up none of the others."""
    done: Counter[str] = Counter()

    async def count(name: str, _schedule: Schedule, _due_at: str) -> Outcome:
        done[name] += 1
        if name == "s0":
            raise TaskError("never")
        return {}

    many = {f"s{number}": NIGHTLY for number in range(999)}
    unknown = Schedule(task=Task.PORTFOLIO, at="03:00", lender="nobody")
    async with running(tmp_path) as service:
        scheduler = scheduler_of(service, count, unknown=unknown, **many)
        await scheduler.look()
        service.clock.advance(days=1)
        await scheduler.look()
        await scheduler.look()
        refused = (await runs_of(service, "unknown"))[0]
    assert done == Counter(many.keys())
    assert refused.outcome is not None
    assert "there is no lender 'nobody'" in refused.outcome


async def test_runs_of_schedules_that_a_process_does_not_know_are_left_to_others(tmp_path: Path) -> None:
    """One with a newer file has added them."""
    task, newer = Counted(), Schedule(task=Task.RETENTION, at="03:00")
    async with running(tmp_path) as service:
        after, before = scheduler_of(service, task, newer=newer), scheduler_of(service, task)
        await after.look()
        await before.look()
        service.clock.advance(days=1)
        write = service.app.state.database.write_at_once
        ask = partial(scheduled_runs.ask, now=service.clock(), randomness=service.app.state.randomness)
        await write(partial(ask, schedule="newer"))
        await before.look()
        left = (await runs_of(service, "newer"))[0].state
        await after.look()
        states = {run.state for run in await runs_of(service, "newer")}
    assert left is RunState.WAITING
    assert states == {RunState.BEGUN, RunState.DONE}


async def connected(service: Service) -> None:
    """A borrower with a connection and a decision."""
    made = await service.post(
        "/v1/connections", {"borrower_ref": "firm-1", "sevdesk_token": application()["sevdesk_token"]}
    )
    body = application(sevdesk_token=None, connection_id=made.json()["connection_id"])
    assert (await service.post("/v1/decisions", body)).status_code == 201


async def end_as(service: Service, state: str) -> None:
    """Let every portfolio have ended before its rows were stored."""
    values = {"state": state, "ended_at": instant(service.clock()), "rows": 0}

    def work(connection: Connection) -> None:
        connection.execute(update(tables.portfolios).values(**values))

    await service.app.state.database.write_at_once(work)


async def test_a_portfolio_that_was_not_stored_in_time_is_begun_anew(tmp_path: Path) -> None:
    """However often that happens; each one that has expired leads to one further, in whichever process."""
    monthly = Schedule(task=Task.PORTFOLIO, at="06:00", on=1, lender="bank")
    async with running(tmp_path, books=firms()) as service:
        await connected(service)
        decide = scheduler_of(service, monthly=monthly).tasks[Task.PORTFOLIO]
        name = "m" * 40  # the longest
        found = []
        for _ in range(3):
            found.append(await decide(name, monthly, instant(service.clock())))
            await end_as(service, "expired")
        last = await decide(name, monthly, instant(service.clock()))
        again = await decide(name, monthly, instant(service.clock()))
    assert [list(one.values()) for one in (*found, last)] == [[1]] * 4
    assert len({key for one in (*found, last) for key in one}) == 4
    assert again == last


async def test_a_portfolio_that_expires_while_it_is_stored_is_begun_anew_by_the_next_try(tmp_path: Path) -> None:
    """Such as where the process stood still."""
    monthly = Schedule(task=Task.PORTFOLIO, at="06:00", on=1, lender="bank")
    async with running(tmp_path, books=firms()) as service:
        await connected(service)
        state, due_at = service.app.state, instant(service.clock())
        parts = {name: state[name] for name in Tasks.__dataclass_fields__}
        portfolios = replace(state.portfolios, clock=standing_still(service, "expired"))
        with pytest.raises(TaskError, match="has expired before all of its rows were stored"):
            await Tasks(**parts | {"portfolios": portfolios}).decide("monthly", monthly, due_at)
        anew = await Tasks(**parts).decide("monthly", monthly, due_at)
        cancelling = replace(state.portfolios, clock=standing_still(service, "cancelled"))
        cancelled = await Tasks(**parts | {"portfolios": cancelling}).decide("other", monthly, due_at)
        still = await Tasks(**parts).decide("other", monthly, due_at)
    assert list(anew.values()) == [1]
    assert list(cancelled.values()) == list(still.values()) == ["cancelled"]


def standing_still(service: Service, state: str) -> Callable[[], datetime]:
    """The clock of a process that stands still while a worker thread makes rows, until their portfolio has ended."""
    loop = asyncio.get_running_loop()

    def now() -> datetime:
        if threading.current_thread() is not threading.main_thread():
            asyncio.run_coroutine_threadsafe(end_as(service, state), loop).result(30)
        return service.clock()

    return now
