"""``suspicion``: reports under § 43 GwG, apart from everything else."""

import asyncio
import os
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, TypeVar

from cyclopts import App, Parameter
from sqlalchemy.exc import SQLAlchemyError

from scoring.base.identifiers import day_in_berlin
from scoring.base.secrets import DecryptionError
from scoring.commands.session import (
    answer,
    check_holder,
    check_known,
    cipher_of,
    counted,
    give_up,
    prepare,
    read_settings,
    with_database,
)
from scoring.runtime.operator import operator
from scoring.runtime.settings import Settings, clock_of
from scoring.store.database import Database
from scoring.store.errors import DatabaseUnavailableError, kind_of
from scoring.store.principals import list_lenders
from scoring.store.suspicion import MissingKeyError, SuspicionStore, UnreadableReport, open_reports

app = App(name="suspicion", help="Suspicion reports under § 43 GwG, in a database of their own.")
T = TypeVar("T")
Lender = Annotated[str, Parameter(help="Lender that reported.")]
_LONGEST = 100_000


@app.command(name="add")
def add(
    *,
    lender: Lender,
    borrower_ref: Annotated[str, Parameter(help="Whom it concerns, by the lender's reference.")],
    reported_on: Annotated[date | None, Parameter(help="When it was sent, YYYY-MM-DD; today by default.")] = None,
) -> None:
    """Store a report; its text is read from standard input. Prints its identifier.

    The lender must be one of the service's database, which also proves the key.
    """
    check_holder(lender, borrower_ref)
    settings = prepare(read_settings())  # proves the key before it is used
    known = with_database(settings, list_lenders)
    if known:  # none where reports are kept apart from the service
        check_known(lender, known)
    text = sys.stdin.read(_LONGEST + 1).strip()
    if not text or len(text) > _LONGEST:
        give_up(f"standard input must have the text of the report, 1 to {_LONGEST} characters")
    day = reported_on or day_in_berlin(clock_of(settings)())
    answer(
        _run(
            settings,
            lambda store: store.add(lender_id=lender, borrower_ref=borrower_ref, text=text, reported_on=day),
            create=True,
        )
        or ""
    )


@app.command(name="list")
def show_all(*, lender: Lender) -> None:
    """List the reports of a lender: identifier, day, borrower. Standard error names those that cannot be read.

    Exit status: 0 all can be read, 1 one cannot be read, 2 they cannot be listed.
    """
    settings = read_settings()
    reporting = _run(settings, lambda store: store.lenders()) or []
    if reporting and lender not in reporting:
        give_up(f"there is no report of {lender!r}; there are reports of {', '.join(reporting)}")
    found = _run(settings, lambda store: store.read(lender_id=lender)) or []
    for report in found:
        if isinstance(report, UnreadableReport):
            sys.stderr.write(f"scoring: {report.id} of {report.reported_on} cannot be read: {report.said}\n")
        else:
            answer(f"{report.id}\t{report.reported_on}\t{report.borrower_ref.reveal()}")
    if any(isinstance(report, UnreadableReport) for report in found):
        sys.exit(1)


@app.command(name="show")
def show(report_id: Annotated[str, Parameter(help="As `suspicion list` prints it.")], /, *, lender: Lender) -> None:
    """Print one report."""
    found = _run(read_settings(), lambda store: store.read(lender_id=lender, report_id=report_id)) or []
    if not found:
        give_up(f"{lender} has no report {report_id!r}; `suspicion list` lists them")
    for report in found:
        if isinstance(report, UnreadableReport):
            give_up(report.said)
        answer(f"{report.id}\t{report.reported_on}\t{report.borrower_ref.reveal()}\n{report.text.reveal()}")


@app.command(name="retain")
def retain(*, dry_run: Annotated[bool, Parameter(negative=())] = False) -> None:
    """Delete reports that were kept for SCORING_SUSPICION_DAYS.

    Args:
        dry_run: print how many would go, and delete nothing.
    """
    settings = read_settings()
    count = _run(settings, lambda store: store.retain(days=settings.suspicion_days, dry_run=dry_run)) or 0
    answer(f"{counted(count, 'report')} {'would go' if dry_run else 'deleted'}")


@app.command(name="rotate")
def rotate() -> None:
    """Encrypt all reports with the first key of SCORING_ENCRYPTION_KEYS, as `keys rotate` does for everything else."""
    settings = prepare(read_settings())
    count = _run(settings, lambda store: store.rotate()) or 0
    answer(f"{counted(count, 'report')} encrypted with {cipher_of(settings).current}")


def _run(settings: Settings, work: Callable[[SuspicionStore], Awaitable[T]], *, create: bool = False) -> T | None:
    """Run work on the reports; None where there are none yet."""

    async def run() -> T | None:
        def build(database: Database) -> SuspicionStore:
            return SuspicionStore(
                database,
                cipher_of(settings),
                actor=operator().name,
                now=clock_of(settings)(),
                randomness=os.urandom,
            )

        opening = open_reports(
            settings.suspicion_database_url,
            timeout_seconds=settings.database_timeout_seconds,
            create=create,
            store=build,
        )
        async with opening as store:
            return None if store is None else await work(store)

    try:
        return asyncio.run(run())
    except (DecryptionError, MissingKeyError) as error:
        give_up(str(error))
    except (DatabaseUnavailableError, SQLAlchemyError, sqlite3.Error, OSError) as error:
        # the message of such an error may contain statements and values
        give_up(f"the database cannot be used ({kind_of(error)}); check SCORING_SUSPICION_DATABASE_URL")
