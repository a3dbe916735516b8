"""``retain``: delete what has been kept for as long as the settings say."""

import os
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress
from rich.table import Table

from scoring.base.secrets import DecryptionError
from scoring.commands.session import answer, cipher_of, give_up, read_settings, signer_of, with_database
from scoring.runtime.operator import operator, operators_mark
from scoring.runtime.settings import Settings, clock_of
from scoring.store.audit import Action, Mark, Trail
from scoring.store.database import Database
from scoring.usecases.retention import Retention
from scoring.usecases.subjects import Subjects

app = App(name="snapshots", help="Stored input of decisions.")


def retain(*, dry_run: Annotated[bool, Parameter(negative=())] = False) -> None:
    """Delete what has been kept for as long as the settings say, and complete erasures whose holds have ended.

    Services do the same each night, and go on meanwhile. Can be stopped and run again. What is held stays.

    Args:
        dry_run: print what would go, and delete nothing.
    """
    settings = read_settings()

    async def work(database: Database) -> dict[str, int]:
        retention, subjects = _retention(settings, database), subjects_of(settings, database)
        found = await retention.look(subjects, operator)
        if dry_run:
            return found
        with _Bars(found) as bars:
            return await retention.run(subjects, operator, _marked(settings), done=bars.advance_kind)

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
        retention = _retention(settings, database)
        kinds = [kind for kind in retention.kinds() if kind.name == "snapshots"]
        with _Bars({"snapshots": None}) as bars:
            return await retention.remove(kinds, _marked(settings), done=bars.advance_kind)

    found = with_database(settings, work)
    answer(f"{found['snapshots']} snapshots deleted")


def _retention(settings: Settings, database: Database) -> Retention:
    return Retention(database=database, settings=settings, signer=signer_of(settings), clock=clock_of(settings))


def _marked(settings: Settings) -> Callable[[], Mark]:
    return partial(operators_mark, Action.RETENTION, clock_of(settings))


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


class _Bars(Progress):
    """A bar for each kind."""

    def __init__(self, totals: Mapping[str, int | None]) -> None:
        super().__init__(*Progress.get_default_columns(), MofNCompleteColumn(), console=Console(stderr=True))
        self._bars = {kind: self.add_task(kind, total=total) for kind, total in totals.items() if kind != "erasures"}

    def advance_kind(self, kind: str, count: int) -> None:
        """So many rows more are done."""
        self.advance(self._bars[kind], count)


def _print(counts: Mapping[str, int], heading: str) -> None:
    if not sys.stdout.isatty():
        for name, count in counts.items():
            answer(f"{name}\t{count}")
        return
    table = Table("kind", heading)
    for name, count in counts.items():
        table.add_row(name, str(count))
    Console().print(table)
