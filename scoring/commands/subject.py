"""``subject``: answers to a data subject, and what holds its data back from erasure."""

import os
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Annotated, TypeVar

from cyclopts import App, Parameter
from sqlalchemy import select

from scoring.base.identifiers import day_in_berlin
from scoring.base.secrets import DecryptionError
from scoring.commands.retain import subjects_of
from scoring.commands.session import (
    answer,
    cipher_of,
    counted,
    give_up,
    settings_for,
    signer_of,
    with_database,
)
from scoring.runtime.operator import operator, operators_mark
from scoring.runtime.settings import Settings, clock_of
from scoring.store.audit import Action, write_mark
from scoring.store.database import Database
from scoring.store.holds import Hold, HoldReason, holds_of, release_hold, set_hold
from scoring.store.subject_requests import (
    IdentityCheck,
    RequestKind,
    RequestState,
    RequestStateError,
    SubjectRequest,
    list_requests,
)
from scoring.store.tables import borrowers
from scoring.texts.subjects import KEPT
from scoring.usecases.bundle import files_of
from scoring.usecases.subject_data import gather
from scoring.usecases.subjects import Subjects, days_left

app = App(
    name="subject", help="Answer data subjects: show, export, restrict, lift and erase what is stored about a borrower."
)
T = TypeVar("T")
_UNKNOWN = "the lender has no borrower of this reference; it may have been erased"
Ref = Annotated[str, Parameter(help="Reference that the lender uses for the borrower.")]
Lender = Annotated[str, Parameter(help="Lender of the borrower.")]
Check = Annotated[IdentityCheck, Parameter(help="How it was proved who asks. Only then is anything carried out.")]
Received = Annotated[date | None, Parameter(help="When the request arrived, YYYY-MM-DD; today by default.")]


class UnknownBorrowerError(Exception):
    """The lender has no borrower of this reference."""


@app.command(name="show")
def show(borrower_ref: Ref, /, *, lender: Lender) -> None:
    """Print what is stored about a borrower, as counts, with holds and requests and the days that are left."""
    settings = settings_for(lender)

    async def work(database: Database) -> str:
        borrower_id = await _find(database, lender, borrower_ref)
        subject_data = await gather(
            database, cipher_of(settings), signer_of(settings), lender_id=lender, borrower_id=borrower_id
        )
        async for _ in subject_data.files:
            pass
        asked = await _requests(database, lender, borrower_ref)
        holding = await database.read_at_once(lambda connection: holds_of(connection, borrower_id))
        mark = operators_mark(Action.SUBJECT_READ, clock_of(settings), lender)
        await write_mark(database, mark, object_id=borrower_id, borrower_id=borrower_id)
        counts = {name: len(rows) for name, rows in subject_data.data.items() if isinstance(rows, list)}
        today = day_in_berlin(clock_of(settings)())
        state = "restricted" if subject_data.data["borrower"]["restricted_at"] else "open"
        lines = [f"borrower\t{borrower_id}\t{state}", *(f"{name}\t{count}" for name, count in counts.items())]
        lines += [_hold_line(hold) for hold in holding]
        lines += [_request_line(request, today) for request in asked]
        return "\n".join(lines)

    answer(_run(settings, work))


@app.command(name="export")
def export(
    borrower_ref: Ref,
    /,
    *,
    lender: Lender,
    out: Annotated[Path, Parameter(help="A new or empty folder.")],
    identity_check: Check,
    received_on: Received = None,
) -> None:
    """Write everything about a borrower into a folder: a page to read, data.json, and ledgers as CSV.

    The request for access is recorded, or that which is open is used, and ended.
    """
    settings = settings_for(lender)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        give_up(f"{out} is not a new or empty folder")

    async def work(database: Database) -> tuple[SubjectRequest, int]:
        subjects, who = subjects_of(settings, database), operator(lender)
        asked = await _open(
            subjects, lender, borrower_ref, RequestKind.ACCESS, identity_check, received_on or _today(settings)
        )
        request, subject_data = await subjects.open_data(who, asked.id)
        count = 0
        async for path, content in files_of(subject_data):
            (out / path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            (out / path).write_bytes(content)
            count += 1
        return request, count

    request, count = _run(settings, work)
    _run(settings, lambda database: subjects_of(settings, database).complete(operator(lender), request.id))
    answer(f"{counted(count, 'file')} written to {out}; request {request.id}, due on {request.due_on}")


@app.command(name="erase")
def erase(borrower_ref: Ref, /, *, lender: Lender, identity_check: Check, received_on: Received = None) -> None:
    """Erase everything about a borrower, for good; where data are held, restrict them until they can be erased.

    Prints what was destroyed, and what stays and why.
    """
    _carry_out(RequestKind.ERASURE, borrower_ref, lender, identity_check, received_on)


@app.command(name="restrict")
def restrict(borrower_ref: Ref, /, *, lender: Lender, identity_check: Check, received_on: Received = None) -> None:
    """Let a borrower's data only be kept: tokens are deleted, and nothing new is made."""
    _carry_out(RequestKind.RESTRICTION, borrower_ref, lender, identity_check, received_on)


@app.command(name="lift")
def lift(
    borrower_ref: Ref,
    /,
    *,
    lender: Lender,
    told_on: Annotated[date, Parameter(help="When the data subject was told that the restriction ends, YYYY-MM-DD.")],
) -> None:
    """Lift the restriction of a borrower's data, once the data subject was told (Art. 18(3) GDPR).

    An erasure that waits for the end of holds is not lifted: the data stay restricted for it.
    """
    settings = settings_for(lender)
    if told_on > _today(settings):
        give_up(f"--told-on {told_on} is in the future: tell the data subject first")

    async def work(database: Database) -> list[SubjectRequest]:
        await _find(database, lender, borrower_ref)
        asked = await _requests(database, lender, borrower_ref)
        wanted = [one for one in asked if one.kind is RequestKind.RESTRICTION and one.state is RequestState.DONE]
        if not wanted:
            raise RequestStateError(
                f"{lender} has no restriction in force about {borrower_ref!r}; `subject show` lists them"
            )
        subjects = subjects_of(settings, database)
        lifted = [await subjects.lift(operator(lender), one.id, told_on=told_on) for one in wanted]
        return lifted + [one for one in asked if one.state is RequestState.RESTRICTED]

    for one in _run(settings, work):
        answer(f"{one.id}\t{one.kind}\t{one.state}")


@app.command(name="hold")
def hold(
    borrower_ref: Ref,
    /,
    *,
    lender: Lender,
    reason: Annotated[HoldReason, Parameter(help="Why data must be kept.")],
    until: Annotated[date | None, Parameter(help="The last day, YYYY-MM-DD; by default until it is released.")] = None,
) -> None:
    """Keep a borrower's data from erasure: an erasure becomes a restriction until the hold ends."""
    settings = settings_for(lender)
    if until is not None and until < _today(settings):
        give_up(f"--until {until} is in the past")
    identifier = _run(
        settings,
        lambda database: set_hold(
            database,
            lender_id=lender,
            borrower_ref=borrower_ref,
            reason=reason,
            until=until,
            now=clock_of(settings)(),
            randomness=os.urandom,
            mark=operators_mark(Action.HOLD_SET, clock_of(settings), lender),
        ),
    )
    answer(identifier or give_up(_UNKNOWN))


@app.command(name="release")
def release(hold_id: Annotated[str, Parameter(help="As `hold` and `show` print it.")], /, *, lender: Lender) -> None:
    """Release a hold. `retain` completes an erasure that waited for it."""
    settings = settings_for(lender)
    mark = operators_mark(Action.HOLD_RELEASED, clock_of(settings), lender)
    if not _run(
        settings,
        lambda database: release_hold(database, lender_id=lender, hold_id=hold_id, now=clock_of(settings)(), mark=mark),
    ):
        give_up(f"{lender} has no hold {hold_id!r} that is not released; `subject show` lists them")
    answer(f"{hold_id} is released")


def _carry_out(
    kind: RequestKind, borrower_ref: str, lender: str, check: IdentityCheck, received_on: date | None
) -> None:
    settings = settings_for(lender)

    async def work(database: Database) -> SubjectRequest:
        subjects = subjects_of(settings, database)
        asked = await _open(subjects, lender, borrower_ref, kind, check, received_on or _today(settings))
        return await subjects.complete(operator(lender), asked.id)

    done = _run(settings, work)
    answer(f"{done.id}\t{done.kind}\t{done.state}")
    outcome = done.outcome or {}
    for name, count in outcome.get("destroyed", {}).items():
        answer(f"destroyed\t{name}\t{count}")
    for name, said in outcome.get("kept", {}).items():
        answer(f"kept\t{name}\t{said.get('until') or said.get('count', '')}\t{KEPT[name].en}")


async def _open(
    subjects: Subjects,
    lender: str,
    borrower_ref: str,
    kind: RequestKind,
    check: IdentityCheck,
    received_on: date,
) -> SubjectRequest:
    """The open request of this kind, with the check noted, or a new one."""
    asked = await _requests(subjects.database, lender, borrower_ref)
    for one in asked:
        if one.kind is kind and one.state is RequestState.OPEN:
            return await subjects.change(
                operator(lender), one.id, identity_check=check, extended_for=None, refused_for=None
            )
    if received_on > day_in_berlin(subjects.clock()):
        raise RequestStateError(f"--received-on {received_on} is in the future")
    made = await subjects.record(
        operator(lender), borrower_ref=borrower_ref, kind=kind, received_on=received_on, identity_check=check
    )
    if made is None:
        raise UnknownBorrowerError(_UNKNOWN)
    return made


async def _requests(database: Database, lender: str, borrower_ref: str) -> list[SubjectRequest]:
    return await list_requests(
        database, lender_id=lender, state=None, borrower_ref=borrower_ref, before=None, limit=200
    )


async def _find(database: Database, lender: str, borrower_ref: str) -> str:
    mine = (borrowers.c.lender_id == lender) & (borrowers.c.borrower_ref == borrower_ref)
    found: str | None = await database.read_at_once(
        lambda connection: connection.execute(select(borrowers.c.id).where(mine)).scalar()
    )
    if found is None:
        raise UnknownBorrowerError(_UNKNOWN)
    return found


def _run(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    try:
        return with_database(settings, work)
    except (UnknownBorrowerError, RequestStateError, DecryptionError) as error:
        give_up(str(error))


def _today(settings: Settings) -> date:
    return day_in_berlin(clock_of(settings)())


def _hold_line(found: Hold) -> str:
    state = f"released {found.released_at}" if found.released_at else f"until {found.until or 'it is released'}"
    return f"hold\t{found.id}\t{found.reason}\t{state}"


def _request_line(request: SubjectRequest, today: date) -> str:
    left = days_left(request, today)
    clock = "" if left is None else f"\tdue {request.due_on}, {counted(left, 'day')} left"
    return f"request\t{request.id}\t{request.kind}\t{request.state}\treceived {request.received_on}{clock}"
