"""``migrate`` and ``backup``: the database as a whole."""

import os
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress

from scoring.base.secrets import DecryptionError
from scoring.commands.session import (
    answer,
    cipher_of,
    counted,
    give_up,
    prepare,
    read_settings,
    run_on_database,
    signer_of,
    with_database,
)
from scoring.runtime.operator import operators_mark
from scoring.runtime.settings import Settings, clock_of
from scoring.store.audit import Action, write_mark
from scoring.store.database import Database, sqlite_file
from scoring.store.schema import Standing
from scoring.store.sealed import WrongKeyError, prove_rows
from scoring.store.tables import HEAD
from scoring.usecases.sign_earlier import count_unsigned, sign_earlier

T = TypeVar("T")


def migrate(*, check: bool = False) -> None:
    """Bring the schema of the database up to date. Back it up before.

    Services of the version before go on working meanwhile, and afterwards. What versions before 0.6 stored is signed;
    run it once more when the last of them has stopped.
    Exit status: 0 the schema is current, 1 it has to be migrated (with --check), 2 it cannot be used.

    Args:
        check: only say whether the database has to be migrated, and how many decisions are not signed.
    """
    settings = read_settings()
    if not check:
        _prove_keys(settings)
        migrate_database(settings)
        answer(f"the database has schema {HEAD}")
        _sign_earlier(prepare(settings))
        return

    async def look(database: Database) -> Standing:
        return await database.standing()

    if _on_any_schema(settings, look) is Standing.OLDER:
        answer(f"the database has an older schema than {HEAD}: back it up, then run `scoring migrate`")
        sys.exit(1)
    answer(f"the database can be used with schema {HEAD}")
    unsigned = with_database(settings, lambda database: database.read_at_once(count_unsigned))
    if unsigned:
        answer(
            f"{unsigned} decisions of earlier versions are not signed: run `scoring migrate` when the last service of"
            " them has stopped"
        )


def migrate_database(settings: Settings) -> None:
    """Bring the schema up to date, or make it in an empty database; give up where that fails."""

    async def work(database: Database) -> None:
        await database.migrate()

    _on_any_schema(settings, work)


def _prove_keys(settings: Settings) -> None:
    """Give up before anything is changed, where the keys do not open what an earlier version stored."""

    async def work(database: Database) -> None:
        if await database.standing(create=True) is Standing.OLDER:
            await database.read_at_once(partial(prove_rows, keys=settings.encryption_keys, randomness=os.urandom))

    try:
        _on_any_schema(settings, work)
    except (DecryptionError, WrongKeyError) as error:
        give_up(f"{error}; nothing was migrated")


def _on_any_schema(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    """Run work on the database, whatever its schema."""

    async def run() -> T:
        database = Database(settings.database_url, timeout_seconds=settings.database_timeout_seconds)
        try:
            return await work(database)
        finally:
            await database.close()

    return run_on_database(settings, run)


def _sign_earlier(settings: Settings) -> None:
    """Sign what versions before 0.6 stored."""
    signer, cipher, clock = signer_of(settings), cipher_of(settings), clock_of(settings)

    async def work(database: Database) -> tuple[int, int]:
        total = await database.read_at_once(count_unsigned)
        console = Console(stderr=True)
        with Progress(*Progress.get_default_columns(), MofNCompleteColumn(), console=console) as progress:
            task = progress.add_task("signing", total=total, visible=total > 0)
            damaged = await sign_earlier(
                database, cipher, signer, clock=clock, done=lambda count: progress.advance(task, count)
            )
        return total - damaged, damaged

    signed, damaged = with_database(settings, work)
    if signed:
        answer(f"{counted(signed, 'decision')} of earlier versions signed")
    if damaged:
        give_up(f"{damaged} decisions are damaged and were not signed; the log names them: restore them from a backup")


def backup(*, out: Path) -> None:
    """Copy a SQLite database while services use it. Only its owner can read the copy.

    The audit trail says who made a copy, and the copy says so, too; it cannot in a database from before the trail.
    PostgreSQL has its own tools: docs/operating.md shows how.
    Exit status: 0 copied, 2 nothing was written.

    Args:
        out: path of the copy, where nothing is yet.
    """
    settings = read_settings()
    path = sqlite_file(settings.database_url)
    if path is None:
        give_up("SCORING_DATABASE_URL is PostgreSQL: use pg_dump, as docs/operating.md shows")
    if not path.is_file():
        give_up(f"there is no database at {path}; check SCORING_DATA_DIR and SCORING_DATABASE_URL")
    if out.exists():
        give_up(f"{out} exists: name another file")

    async def note() -> None:
        database = Database(settings.database_url, timeout_seconds=settings.database_timeout_seconds)
        try:
            if await database.standing() is Standing.USABLE:
                await write_mark(database, operators_mark(Action.BACKED_UP, clock_of(settings)))
            else:
                sys.stderr.write("scoring: the schema is an older one: the copy is not in the audit trail\n")
        finally:
            await database.close()

    run_on_database(settings, note)
    try:
        os.close(os.open(out, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))  # SQLite fills an empty file
    except FileExistsError:
        give_up(f"{out} exists: name another file")
    except OSError as error:
        give_up(f"{out} cannot be written ({error.strerror})")
    try:
        _copy(path, out)
    except sqlite3.Error as error:
        out.unlink()
        give_up(f"the database cannot be copied ({error.sqlite_errorname}); nothing was written")
    answer(f"{path} is copied to {out}")


def _copy(path: Path, out: Path) -> None:
    with closing(sqlite3.connect(path, timeout=10)) as source, closing(sqlite3.connect(out)) as target:
        source.backup(target)
        (found,) = target.execute("PRAGMA integrity_check").fetchone()
    if found != "ok":
        out.unlink()
        give_up(f"the copy of {path} is damaged, as the database probably is; nothing was written")
