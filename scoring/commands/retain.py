"""``retain``: delete what has been kept for as long as the settings say."""

import os
import sys
from collections.abc import Mapping
from functools import partial
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress
from rich.table import Table

from scoring.base.identifiers import day_in_berlin
from scoring.base.secrets import DecryptionError
from scoring.commands.session import answer, cipher_of, give_up, read_settings, signer_of, with_database
from scoring.runtime.operator import operator, operators_mark
from scoring.runtime.settings import Settings, clock_of
from scoring.store.audit import Action, Trail
from scoring.store.database import Database
from scoring.store.retention import Kind, Periods, count_due, kinds_of, remove_due
from scoring.usecases.subjects import Subjects

app = App(name="snapshots", help="Stored input of decisions.")


def retain(*, dry_run: Annotated[bool, Parameter(negative=())] = False) -> None:
    """Delete what has been kept for as long as the settings say, and complete erasures whose holds have ended.

    Services go on meanwhile. Can be stopped and run again; run it daily. What is held stays.

    Args:
        dry_run: print what would go, and delete nothing.
    """
    settings = read_settings()

    async def work(database: Database) -> dict[str, int]:
        kinds = _kinds(settings)
        waiting = await subjects_of(settings, database).finish_waiting(operator, dry_run=dry_run)
        counts = await count_due(database, kinds)
        if not dry_run:
            counts = await _remove(settings, database, kinds, counts)
        return {"erasures": waiting, **counts}

    try:
        found = with_database(settings, work)
    except DecryptionError as error:
        give_up(str(error))
    _print(found, "would go" if dry_run else "deleted")


@app.command(name="purge")
def purge() -> None:
    """Delete the snapshots whose retention period has ended, as `retain` does among the rest. The decisions remain."""
    settings = read_settings()

    async def work(database: Database) -> dict[str, int]:
        kinds = [kind for kind in _kinds(settings) if kind.name == "snapshots"]
        return await _remove(settings, database, kinds, {"snapshots": None})

    found = with_database(settings, work)
    answer(f"{found['snapshots']} snapshots deleted")


def _kinds(settings: Settings) -> list[Kind]:
    now = clock_of(settings)()
    periods = Periods(
        decisions=settings.decision_days,
        loans=settings.loan_days,
        connections=settings.connection_days,
        consents=settings.consent_days,
        links=settings.link_days,
        idempotency=settings.idempotency_days,
        events=settings.event_days,
        audit=settings.audit_days,
    )
    return kinds_of(periods, signer_of(settings), now=now, today=day_in_berlin(now))


def subjects_of(settings: Settings, database: Database) -> Subjects:
    """Answers to data subjects, for commands.

    Raises:
        DecryptionError: no key is configured.
    """
    clock = clock_of(settings)
    trail = Trail(database=database, clock=clock, randomness=os.urandom)
    return Subjects(
        database=database,
        cipher=cipher_of(settings),
        signer=signer_of(settings),
        clock=clock,
        randomness=os.urandom,
        trail=trail,
    )


async def _remove(
    settings: Settings, database: Database, kinds: list[Kind], counts: Mapping[str, int | None]
) -> dict[str, int]:
    done = {}
    marked = partial(operators_mark, Action.RETENTION, clock_of(settings))
    with Progress(*Progress.get_default_columns(), MofNCompleteColumn(), console=Console(stderr=True)) as progress:
        for kind in kinds:
            task = progress.add_task(kind.name, total=counts[kind.name])
            advance = partial(progress.advance, task)
            done[kind.name] = await remove_due(database, kind, done=advance, marked=marked)
    await database.wipe()
    return done


def _print(counts: Mapping[str, int], heading: str) -> None:
    if not sys.stdout.isatty():
        for name, count in counts.items():
            answer(f"{name}\t{count}")
        return
    table = Table("kind", heading)
    for name, count in counts.items():
        table.add_row(name, str(count))
    Console().print(table)
