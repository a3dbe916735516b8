"""``schedules``: what the service does by itself, for operators."""

import os
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from sqlalchemy.engine import Connection

from scoring.base.identifiers import BERLIN
from scoring.commands.session import answer, give_up, read_settings, with_database
from scoring.decisions.schedules import Schedule, due_next, rhythm_of
from scoring.runtime.operator import operators_mark
from scoring.runtime.schedules import load_schedules
from scoring.runtime.serving import ServingError
from scoring.runtime.settings import Settings, clock_of
from scoring.store import scheduled_runs
from scoring.store.audit import Action
from scoring.store.scheduled_runs import Run, RunState

app = App(name="schedules", help="What the service does by itself: list it, show its runs, run it now.")
Name = Annotated[str, Parameter(help="As `schedules list` prints it.")]
_MOST = 100


@app.command(name="list")
def show_all() -> None:
    """List schedules: name, task, when it is due, when next (in Germany), and how its last run stands."""
    settings = read_settings()
    schedules = _schedules(settings)
    now = clock_of(settings)()
    search = partial(scheduled_runs.last_runs, schedules=list(schedules), now=now)
    last = with_database(settings, lambda database: database.read_at_once(search))
    for name, schedule in schedules.items():
        next_due = f"{due_next(schedule, now).astimezone(BERLIN):%Y-%m-%d %H:%M}"
        answer("\t".join((name, schedule.task, rhythm_of(schedule), next_due, _standing(last.get(name)))))


@app.command(name="show")
def show(name: Name, /) -> None:
    """Print the runs of a schedule, newest first: due, state, tries, begun, ended, what was done. At most 100."""
    settings = read_settings()
    _find(_schedules(settings), name)
    search = partial(scheduled_runs.list_runs, schedule=name, limit=_MOST)
    for run in with_database(settings, lambda database: database.read_at_once(search)):
        if run.state is RunState.BEGUN:
            continue
        moments = (run.started_at or "", run.ended_at or "")
        answer("\t".join((run.due_at, run.state, str(run.tries), *moments, _said(run))))


@app.command(name="run")
def run_now(name: Name, /) -> None:
    """Let a running service do it now, whenever it is due; it begins within a minute. For one that failed, too."""
    settings = read_settings()
    _find(_schedules(settings), name)
    now = clock_of(settings)()
    mark = operators_mark(Action.SCHEDULE_RUN, clock_of(settings))

    def work(connection: Connection) -> None:
        scheduled_runs.ask(connection, name, now=now, randomness=os.urandom)
        mark.put(connection, object_id=name)

    with_database(settings, lambda database: database.write_at_once(work))
    answer(f"{name} waits; `schedules show {name}` tells what becomes of it")


def _schedules(settings: Settings) -> dict[str, Schedule]:
    try:
        return load_schedules(settings)
    except ServingError as error:
        give_up(str(error))


def _find(schedules: Mapping[str, Schedule], name: str) -> None:
    if name not in schedules:
        give_up(f"there is no schedule {name!r}; known: {', '.join(schedules) or 'none'}")


def _standing(run: Run | None) -> str:
    if run is None:
        return "not seen yet by a service"
    if run.state is RunState.BEGUN:
        return "not due yet"
    at = f"{datetime.fromisoformat(run.due_at).astimezone(BERLIN):%Y-%m-%d %H:%M}"
    return f"{run.state} ({at})"


def _said(run: Run) -> str:
    """What was done, in a line."""
    if run.outcome is None:
        return ""
    return ", ".join(f"{what}: {done}" for what, done in msgspec.json.decode(run.outcome).items()) or "nothing to do"
