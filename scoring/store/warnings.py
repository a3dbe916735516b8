"""Early warnings, and what persons did about them.

What was found and what persons wrote are sealed with a key of the borrower, so that erasure destroys both. All else is
codes and days. Of one trigger at most one warning of a borrower stands.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Row, Select, delete, func, insert, select, update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import Randomness, is_id, new_id
from scoring.base.secrets import Cipher, DecryptionError
from scoring.decisions.warnings import (
    Answer,
    Finding,
    Severity,
    StepKind,
    WarningState,
    decode,
    encode,
    state_on,
)
from scoring.store.borrowers import Borrower, find_borrower, open_content, open_text, seal_content, seal_text
from scoring.store.decisions import RecordChangedError
from scoring.store.tables import borrowers, persons, principals, warning_steps, warnings

PREFIX: Final = "wrn"


class StoredWarning(msgspec.Struct, frozen=True, kw_only=True):
    """A warning as lists show it."""

    id: str
    lender_id: str
    borrower_id: str
    borrower_ref: str | None
    decision_id: str
    """That is watched."""
    subscription_id: str
    observation_id: str
    """That raised it."""
    trigger: str
    severity: Severity
    state: WarningState
    """As it is stored: a snooze follows from the day."""
    owner: str | None
    """A principal."""
    due_on: date
    snoozed_until: date | None
    raised_at: str
    answered_at: str | None
    cleared_at: str | None
    is_restricted: bool = False
    """Whether the borrower's data are only kept."""

    def state_on(self, day: date) -> WarningState:
        """How it stands on a day."""
        return state_on(self.state, self.snoozed_until, day)

    def is_overdue(self, day: date) -> bool:
        """Whether a person should have answered before a day."""
        return self.state_on(day) is WarningState.OPEN and self.due_on < day


class WarningStep(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to a warning after it was raised."""

    number: int
    kind: StepKind
    at: str
    by: str
    """A principal, an operator or the service."""
    owner: str | None = None
    until: date | None = None
    answer: Answer | None = None
    text: str | None = None
    finding: Finding | None = None
    """Of a warning that was raised again; None also where it is not read."""


class NewWarning(msgspec.Struct, frozen=True, kw_only=True):
    """A warning, ready to be stored."""

    decision_id: str
    subscription_id: str
    observation_id: str
    trigger: str
    severity: Severity
    owner: str | None
    """A principal."""
    due_on: date
    raised_at: str
    finding: Finding


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which warnings are wanted; None is all."""

    lender_id: str | None = None
    state: WarningState | None = None
    owner: str | None = None
    """A principal."""
    trigger: str | None = None
    borrower_ref: str | None = None
    is_overdue: bool | None = None
    with_restricted: bool = True


def add(connection: Connection, new: NewWarning, *, borrower: Borrower, randomness: Randomness) -> str:
    """Store a warning in the caller's transaction; returns its identifier."""
    warning_id = new_id(PREFIX, datetime.fromisoformat(new.raised_at), randomness)
    columns = {name: getattr(new, name) for name in NewWarning.__struct_fields__ if name != "finding"}
    connection.execute(
        insert(warnings).values(
            **columns,
            id=warning_id,
            lender_id=borrower.lender_id,
            borrower_id=borrower.id,
            state=WarningState.OPEN,
            standing_for=f"{borrower.id}/{new.trigger}",
            sealed=seal_content(encode(new.finding), borrower, f"warning/{warning_id}", randomness),
        )
    )
    return warning_id


def find(
    connection: Connection, warning_id: str, *, lender_id: str | None, is_locked: bool = False
) -> StoredWarning | None:
    """One warning of this lender, or of any where none is named.

    Args:
        connection: of the transaction.
        warning_id: its identifier.
        lender_id: whose.
        is_locked: nobody else changes it until the caller's transaction ends.
    """
    if not is_id(warning_id, PREFIX):
        return None
    which = warnings.c.id == warning_id
    if lender_id is not None:
        which &= warnings.c.lender_id == lender_id
    if is_locked:
        connection.execute(select(warnings.c.id).where(which).with_for_update())
    row = connection.execute(_stored().where(which)).first()
    return None if row is None else _warning(row)


def list_some(
    connection: Connection, wanted: Wanted, *, day: date, before: str | None = None, limit: int
) -> list[StoredWarning]:
    """Warnings, newest first, that are older than the warning ``before``; their state is that of the day."""
    statement = _stored().order_by(warnings.c.id.desc()).limit(limit)
    for column, value in (
        (warnings.c.lender_id, wanted.lender_id),
        (warnings.c.owner, wanted.owner),
        (warnings.c.trigger, wanted.trigger),
        (borrowers.c.borrower_ref, wanted.borrower_ref),
    ):
        if value is not None:
            statement = statement.where(column == value)
    is_snoozed, is_open = _is_snoozed(day), warnings.c.state == WarningState.OPEN
    if wanted.state is WarningState.OPEN:
        statement = statement.where(is_open & ~is_snoozed)
    elif wanted.state is WarningState.SNOOZED:
        statement = statement.where(is_open & is_snoozed)
    elif wanted.state is not None:
        statement = statement.where(warnings.c.state == wanted.state)
    if wanted.is_overdue is not None:
        is_overdue = _is_overdue(day)
        statement = statement.where(is_overdue if wanted.is_overdue else ~is_overdue)
    if not wanted.with_restricted:
        statement = statement.where(borrowers.c.restricted_at.is_(None))
    if before is not None:
        statement = statement.where(warnings.c.id < before)
    return [_warning(row) for row in connection.execute(statement)]


def triggers_of(connection: Connection, lender_id: str) -> set[str]:
    """The triggers of a lender's warnings."""
    statement = select(warnings.c.trigger).where(warnings.c.lender_id == lender_id).distinct()
    return set(connection.execute(statement).scalars())


def count_overdue(connection: Connection, day: date) -> int:
    """How many warnings of all lenders a person should have answered before a day."""
    overdue = _is_overdue(day) & borrowers.c.restricted_at.is_(None)
    statement = select(func.count()).select_from(warnings.join(borrowers)).where(overdue)
    return connection.execute(statement).scalar_one()


def all_of(connection: Connection, *, lender_id: str, borrower_id: str) -> list[StoredWarning]:
    """Every warning of a borrower, oldest first."""
    mine = (warnings.c.lender_id == lender_id) & (warnings.c.borrower_id == borrower_id)
    return [_warning(row) for row in connection.execute(_stored().where(mine).order_by(warnings.c.id))]


def person(connection: Connection, lender_id: str, principal_id: str) -> str | None:
    """The principal, where it is a person of the lender who can own a warning: one who is not disabled."""
    mine = (principals.c.id == principal_id) & (principals.c.lender_id == lender_id) & (principals.c.kind == "person")
    mine &= principals.c.id.not_in(select(persons.c.principal_id).where(persons.c.disabled_at.is_not(None)))
    found: str | None = connection.execute(select(principals.c.id).where(mine)).scalar()
    return found


def standing_of(connection: Connection, borrower_id: str) -> list[StoredWarning]:
    """The warnings of a borrower that are not cleared, locked."""
    mine = (warnings.c.borrower_id == borrower_id) & warnings.c.standing_for.is_not(None)
    connection.execute(select(warnings.c.id).where(mine).order_by(warnings.c.id).with_for_update())
    return [_warning(row) for row in connection.execute(_stored().where(mine).order_by(warnings.c.id))]


def borrower_of(connection: Connection, cipher: Cipher, found: StoredWarning) -> Borrower | None:
    """Whose warning it is; None once the borrower is erased."""
    return find_borrower(connection, found.borrower_id, lender_id=found.lender_id, cipher=cipher)


def finding_of(connection: Connection, found: StoredWarning, borrower: Borrower | None) -> Finding:
    """What was found.

    Raises:
        RecordChangedError: it was changed, or the borrower was erased meanwhile.
    """
    sealed = connection.execute(select(warnings.c.sealed).where(warnings.c.id == found.id)).scalar()
    if sealed is None or borrower is None:
        raise RecordChangedError(f"warning {found.id} was erased meanwhile")
    try:
        return decode(open_content(sealed, borrower, f"warning/{found.id}"))
    except (DecryptionError, msgspec.DecodeError):
        raise RecordChangedError(f"what warning {found.id} says was altered") from None


def findings_of(connection: Connection, found: StoredWarning, borrower: Borrower) -> list[Finding]:
    """What raised a warning, and what raised it again.

    Raises:
        RecordChangedError: it was changed.
    """
    again = (warning_steps.c.warning_id == found.id) & (warning_steps.c.kind == StepKind.RAISED_AGAIN)
    findings = [finding_of(connection, found, borrower)]
    try:
        findings += [_finding(row, borrower) for row in connection.execute(select(warning_steps).where(again))]
    except DecryptionError:
        raise RecordChangedError(f"what warning {found.id} says was altered") from None
    return findings


def steps_of(connection: Connection, found: StoredWarning, borrower: Borrower | None) -> list[WarningStep]:
    """What happened to a warning, oldest first; without a borrower codes and days only.

    Raises:
        DecryptionError: what somebody wrote, or what was found later, cannot be opened.
    """
    mine = select(warning_steps).where(warning_steps.c.warning_id == found.id).order_by(warning_steps.c.number)
    return [_step(row, borrower) for row in connection.execute(mine)]


def add_step(
    connection: Connection,
    found: StoredWarning,
    step: WarningStep,
    values: Mapping[str, Any],
    *,
    borrower: Borrower | None,
    randomness: Randomness,
) -> None:
    """Write down a step of a locked warning and what it changes; its number is given here.

    Args:
        connection: of the transaction.
        found: the warning.
        step: with its text.
        values: columns of the warning.
        borrower: seals the text or the finding; needed where there is one.
        randomness: unpredictable bytes.
    """
    newest = select(func.max(warning_steps.c.number)).where(warning_steps.c.warning_id == found.id)
    number = (connection.execute(newest).scalar() or 0) + 1
    sealed = None
    if step.text is not None and borrower is not None:
        sealed = seal_text(step.text, borrower, _text_purpose(found.id, number), randomness)
    elif step.finding is not None and borrower is not None:
        sealed = seal_content(encode(step.finding), borrower, _text_purpose(found.id, number), randomness)
    unsealed = [name for name in WarningStep.__struct_fields__ if name not in {"number", "text", "finding"}]
    columns = {name: getattr(step, name) for name in unsealed}
    connection.execute(
        insert(warning_steps).values(
            **columns, warning_id=found.id, borrower_id=found.borrower_id, number=number, sealed=sealed
        )
    )
    if values:
        connection.execute(update(warnings).where(warnings.c.id == found.id).values(**values))


def clear(connection: Connection, found: StoredWarning, *, at: str, by: str, randomness: Randomness) -> None:
    """A locked warning is over: its trigger may raise another one."""
    values = {"state": WarningState.CLEARED, "standing_for": None, "cleared_at": at}
    step = WarningStep(number=0, kind=StepKind.CLEARED, at=at, by=by)
    add_step(connection, found, step, values, borrower=None, randomness=randomness)


def remove(connection: Connection, warning_ids: Sequence[str]) -> None:
    """Delete warnings with their steps."""
    connection.execute(delete(warning_steps).where(warning_steps.c.warning_id.in_(warning_ids)))
    connection.execute(delete(warnings).where(warnings.c.id.in_(warning_ids)))


def _is_snoozed(day: date) -> ColumnElement[bool]:
    return warnings.c.snoozed_until.is_not(None) & (warnings.c.snoozed_until >= day)


def _is_overdue(day: date) -> ColumnElement[bool]:
    return (warnings.c.state == WarningState.OPEN) & ~_is_snoozed(day) & (warnings.c.due_on < day)


def _text_purpose(warning_id: str, number: int) -> str:
    return f"warning step/{warning_id}/{number}"


_COLUMNS: Final = tuple(
    name for name in StoredWarning.__struct_fields__ if name not in {"borrower_ref", "is_restricted"}
)


def _stored() -> Select[Any]:
    restricted = borrowers.c.restricted_at.is_not(None).label("is_restricted")
    columns = (*(warnings.c[name] for name in _COLUMNS), borrowers.c.borrower_ref, restricted)
    return select(*columns).join_from(warnings, borrowers)


def _warning(row: Row[Any]) -> StoredWarning:
    fields = dict(row._mapping)  # noqa: SLF001  public in SQLAlchemy
    return StoredWarning(**fields | {"state": WarningState(row.state), "severity": Severity(row.severity)})


def _step(row: Row[Any], borrower: Borrower | None) -> WarningStep:
    text, finding = None, None
    if row.kind == StepKind.RAISED_AGAIN and borrower is not None:
        finding = _finding(row, borrower)
    elif row.sealed is not None and borrower is not None:
        text = open_text(row.sealed, borrower, _text_purpose(row.warning_id, row.number))
    return WarningStep(
        number=row.number,
        kind=StepKind(row.kind),
        at=row.at,
        by=row.by,
        owner=row.owner,
        until=row.until,
        answer=None if row.answer is None else Answer(row.answer),
        text=text,
        finding=finding,
    )


def _finding(row: Row[Any], borrower: Borrower) -> Finding:
    try:
        return decode(open_content(row.sealed or b"", borrower, _text_purpose(row.warning_id, row.number)))
    except msgspec.DecodeError:
        raise DecryptionError(f"step {row.number} of warning {row.warning_id} was altered") from None
