"""``loans``: read a lender's loans from CSV, and write them as CSV."""

import os
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress

from scoring.base.secrets import Cipher, DecryptionError
from scoring.commands.session import (
    announced,
    answer,
    cipher_of,
    give_up,
    read_settings,
    signer_of,
    with_database,
)
from scoring.runtime.in_force import read_in_force
from scoring.runtime.loan_conditions import load_conditions
from scoring.runtime.operator import operator, operators_mark
from scoring.runtime.serving import ServingError
from scoring.runtime.settings import Settings, clock_of
from scoring.store.audit import Action, Trail, write_mark
from scoring.store.database import Database
from scoring.store.decisions import RecordChangedError
from scoring.store.loans import StoredLoan, all_loans
from scoring.store.principals import list_lenders
from scoring.usecases.loan_files import LoanFile, LoanFileError, read_loans, write_loans
from scoring.usecases.loan_import import Imported, take_file
from scoring.usecases.loans import Loans

app = App(name="loans", help="Loans of a lender and what became of them, from CSV and as CSV.")
MOST_BYTES = 100 * 2**20
"""Of a file."""
_MOST_SHOWN = 50


@app.command(name="import")
def import_(
    file: Path,
    /,
    *,
    lender: str,
    column: Sequence[str] = (),
    partial: Annotated[bool, Parameter(negative=())] = False,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Enter loans and what became of them, one line for each entry. A file may be read again: nothing is taken twice.

    Exit status: 0 all of it was taken, 1 something was left out (standard error names lines and reasons), 2 nothing
    was read.

    Args:
        file: CSV with a header; docs/loans.md says which columns.
        lender: whose loans.
        column: where a column has another name, as NAME=NAME IN THE FILE; may be given several times.
        partial: take the loans that can be taken, each by itself; without it, all or nothing.
        dry_run: store nothing, and say what would become of the file.
    """
    settings = read_settings()
    said = read_file(file, column)
    known = with_database(settings, list_lenders)
    if lender not in known:
        give_up(f"there is no lender {lender!r}; known: {', '.join(known) or 'none'}")

    async def work(database: Database) -> Imported:
        async with AsyncExitStack() as stack:
            agreed = await stack.enter_async_context(announced(settings, database))
            loans = await _loans_of(settings, database, agreed.cipher)
            bar = Progress(*Progress.get_default_columns(), MofNCompleteColumn(), console=Console(stderr=True))
            progress = stack.enter_context(bar)
            task = progress.add_task("loans", total=len(said.loans))
            return await take_file(
                loans,
                operator(lender),
                said,
                is_partial=partial,
                is_dry=dry_run,
                done=lambda: progress.advance(task),
            )

    try:
        found = with_database(settings, work)
    except (DecryptionError, ServingError) as error:
        give_up(str(error))
    _tell(found, said.unused, is_dry=dry_run)
    if found.faults:
        sys.exit(1)


@app.command(name="export")
def export(*, lender: str, out: Path) -> None:
    """Write every entry about a lender's loans as CSV, in the form that `import` reads.

    Those of borrowers whose data are only kept are left out.

    Args:
        lender: whose loans.
        out: a new file.
    """
    settings = read_settings()

    async def work(database: Database) -> list[StoredLoan]:
        found = await all_loans(database, lender_id=lender, cipher=cipher_of(settings))
        await write_mark(database, operators_mark(Action.LOANS_LISTED, clock_of(settings), lender))
        return found

    try:
        found = with_database(settings, work)
    except (DecryptionError, RecordChangedError) as error:
        give_up(str(error))
    try:
        with out.open("x", encoding="utf-8", newline="") as file:
            file.write(write_loans(found))
    except FileExistsError:
        give_up(f"{out} is there already; name a new file")
    answer(f"{len(found)} loans written to {out}")


def read_file(path: Path, columns: Sequence[str]) -> LoanFile:
    """What a file says; gives up where nothing of it can be read."""
    named = {}
    for one in columns:
        name, sign, given = one.partition("=")
        if not sign or not given:
            give_up(f"--column {one!r} must be NAME=NAME IN THE FILE")
        named[name] = given
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            give_up(f"{path} is larger than {MOST_BYTES} bytes: split it")
        return read_loans(content, named)
    except OSError as error:
        give_up(f"{path} cannot be read ({error.strerror})")
    except LoanFileError as error:
        give_up(f"{path}: {error}")


async def _loans_of(settings: Settings, database: Database, cipher: Cipher) -> Loans:
    clock, signer = clock_of(settings), signer_of(settings)
    in_force = await read_in_force(settings, database, signer)
    return Loans(
        database=database,
        cipher=cipher,
        signer=signer,
        clock=clock,
        randomness=os.urandom,
        trail=Trail(database=database, clock=clock, randomness=os.urandom),
        asked=load_conditions(settings, in_force.products).of,
    )


def _tell(found: Imported, unused: Sequence[str], *, is_dry: bool) -> None:
    if unused:
        sys.stderr.write(f"scoring: columns that mean nothing here: {', '.join(unused)}\n")
    for fault in found.faults[:_MOST_SHOWN]:
        sys.stderr.write(f"scoring: {fault.where}, loan {fault.loan_ref!r}: {fault.said}\n")
    if len(found.faults) > _MOST_SHOWN:
        sys.stderr.write(f"scoring: and {len(found.faults) - _MOST_SHOWN} more\n")
    counts = msgspec.structs.asdict(found)
    for name in ("new_loans", "new_entries", "known_entries"):
        answer(f"{name}\t{counts[name]}")
    answer(f"left_out\t{len({line for fault in found.faults for line in fault.lines})} lines")
    if is_dry:
        answer("dry run: nothing was stored")
    elif not found.is_stored:
        answer("nothing was stored, because not all of it could be; see --partial")
