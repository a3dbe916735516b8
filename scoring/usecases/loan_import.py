"""Takes a file of loans: all of it in one transaction or nothing, or what can be taken, loan by loan."""

from collections.abc import Callable, Sequence

import msgspec
from sqlalchemy.engine import Connection

from scoring.base.secrets import DecryptionError
from scoring.decisions.loans import LoanError
from scoring.decisions.records import NewerRecordError
from scoring.store.audit import Who
from scoring.store.borrowers import BorrowerRestrictedError
from scoring.store.decisions import ErasedDecisionError, RecordChangedError
from scoring.usecases.application import ApplicationError
from scoring.usecases.loan_files import Fault, FileLoan, LoanFile
from scoring.usecases.loans import Loans, Taken

_REFUSALS = (
    ApplicationError,
    LoanError,
    BorrowerRestrictedError,
    ErasedDecisionError,
    RecordChangedError,
    NewerRecordError,
    DecryptionError,
)


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file."""

    new_loans: int
    new_entries: int
    known_entries: int
    """Entries that were there, word for word."""
    faults: tuple[Fault, ...]
    is_stored: bool


class _UndoneError(Exception):
    """Nothing is to be stored."""


async def take_file(
    loans: Loans, who: Who, file: LoanFile, *, is_partial: bool, is_dry: bool, done: Callable[[], None]
) -> Imported:
    """Take what a file says.

    Args:
        loans: keeps them.
        who: enters them, for its lender.
        file: as it was read.
        is_partial: take the loans that can be taken, each in a transaction of its own; else all or nothing.
        is_dry: store nothing, and say what would become of the file.
        done: is told after each loan.
    """
    if is_partial and not is_dry:
        return await _one_by_one(loans, who, file, done)
    found: list[tuple[FileLoan, Taken | Fault]] = []

    def work(connection: Connection) -> None:
        found.clear()  # a transaction may be tried again
        for one in file.loans:
            found.append((one, _try(loans, connection, who, one)))
            done()
        taken = [result for _, result in found if isinstance(result, Taken)]
        if is_dry or file.faults or len(taken) < len(found):
            raise _UndoneError
        loans.sign(connection, taken)

    try:
        await loans.database.write_at_once(work)
    except _UndoneError:
        return _told(found, file.faults, is_stored=False)
    return _told(found, file.faults, is_stored=True)


async def _one_by_one(loans: Loans, who: Who, file: LoanFile, done: Callable[[], None]) -> Imported:
    found: list[tuple[FileLoan, Taken | Fault]] = []
    for one in file.loans:

        def work(connection: Connection, one: FileLoan = one) -> Taken | Fault:
            result = _try(loans, connection, who, one)
            if isinstance(result, Taken):
                loans.sign(connection, [result])
            return result

        found.append((one, await loans.database.write_at_once(work)))
        done()
    return _told(found, file.faults, is_stored=True)


def _try(loans: Loans, connection: Connection, who: Who, one: FileLoan) -> Taken | Fault:
    """Take one loan, or leave nothing of it behind."""
    nested = connection.begin_nested()
    try:
        taken = loans.take(connection, who, one.entries, loan_ref=one.loan_ref, decision_id=one.decision_id)
    except _REFUSALS as error:
        nested.rollback()
        return Fault(lines=one.lines, loan_ref=one.loan_ref, said=str(error))
    nested.commit()
    return taken


def _told(found: Sequence[tuple[FileLoan, Taken | Fault]], faults: Sequence[Fault], *, is_stored: bool) -> Imported:
    taken = [(one, result) for one, result in found if isinstance(result, Taken)]
    added = sum(len(result.said) for _, result in taken)
    refused = [result for _, result in found if isinstance(result, Fault)]
    return Imported(
        new_loans=sum(result.is_new for _, result in taken),
        new_entries=added,
        known_entries=sum(len(one.entries) for one, _ in taken) - added,
        faults=tuple(sorted((*faults, *refused), key=lambda fault: fault.lines)),
        is_stored=is_stored,
    )
