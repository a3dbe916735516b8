"""Covenants of loans, with their tests and waivers.

What a test measured and what persons wrote are sealed with a key of the borrower. All else is what was agreed, codes
and days.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Row, Select, delete, func, insert, select, update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import Randomness, instant, is_id, new_id
from scoring.base.secrets import Cipher, DecryptionError
from scoring.decisions.covenants import Covenant, CovenantState, CovenantStepKind, Measured, decode, encode
from scoring.decisions.warnings import Bound
from scoring.store.borrowers import Borrower, find_borrower, open_content, seal_content
from scoring.store.decisions import RecordChangedError
from scoring.store.tables import borrowers, covenant_steps, covenants, loans

PREFIX: Final = "cov"


class StoredCovenant(msgspec.Struct, frozen=True, kw_only=True):
    """A covenant as lists show it."""

    id: str
    lender_id: str
    borrower_id: str
    borrower_ref: str | None
    loan_id: str
    loan_ref: str
    covenant: Covenant
    tested_on: date | None
    created_at: str
    created_by: str
    is_closed: bool
    """Whether its loan has ended: then nothing is tested."""
    is_restricted: bool = False
    """Whether the borrower's data are only kept."""

    @property
    def is_over(self) -> bool:
        """Whether nothing tests it any more: it or its loan has ended."""
        return self.covenant.state is CovenantState.ENDED or self.is_closed

    def is_late(self, day: date) -> bool:
        """Whether it should have been tested before a day."""
        return not self.is_over and self.covenant.due_on < day


class CovenantStep(msgspec.Struct, frozen=True, kw_only=True):
    """A test of a covenant, or what a person did about it."""

    number: int = 0
    kind: CovenantStepKind
    at: str
    by: str
    """A principal, an operator or the service."""
    state: CovenantState
    """After it."""
    observation_id: str | None = None
    until: date | None = None
    measured: Measured | None = None
    """Of a test."""
    text: str | None = None
    """What a person wrote."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which covenants are wanted; None is all."""

    lender_id: str | None = None
    loan_id: str | None = None
    state: CovenantState | None = None
    borrower_ref: str | None = None
    is_late: bool | None = None
    with_restricted: bool = True


_AGREED: Final = Covenant.__struct_fields__


def add(  # noqa: PLR0913  each is named by its caller
    connection: Connection,
    covenant: Covenant,
    *,
    loan_id: str,
    lender_id: str,
    borrower_id: str,
    by: str,
    now: datetime,
    randomness: Randomness,
) -> str:
    """Store a covenant in the caller's transaction; returns its identifier."""
    covenant_id = new_id(PREFIX, now, randomness)
    connection.execute(
        insert(covenants).values(
            **msgspec.structs.asdict(covenant),
            id=covenant_id,
            lender_id=lender_id,
            borrower_id=borrower_id,
            loan_id=loan_id,
            created_at=instant(now),
            created_by=by,
        )
    )
    return covenant_id


def find(
    connection: Connection, covenant_id: str, *, lender_id: str | None, is_locked: bool = False
) -> StoredCovenant | None:
    """One covenant of this lender, or of any where none is named.

    Args:
        connection: of the transaction.
        covenant_id: its identifier.
        lender_id: whose.
        is_locked: nobody else changes it until the caller's transaction ends.
    """
    if not is_id(covenant_id, PREFIX):
        return None
    which = covenants.c.id == covenant_id
    if lender_id is not None:
        which &= covenants.c.lender_id == lender_id
    if is_locked:
        connection.execute(select(covenants.c.id).where(which).with_for_update())
    row = connection.execute(_stored().where(which)).first()
    return None if row is None else _covenant(row)


def list_some(
    connection: Connection, wanted: Wanted, *, day: date, before: str | None = None, limit: int
) -> list[StoredCovenant]:
    """Covenants, newest first, that are older than the covenant ``before``."""
    statement = _stored().order_by(covenants.c.id.desc()).limit(limit)
    for column, value in (
        (covenants.c.lender_id, wanted.lender_id),
        (covenants.c.loan_id, wanted.loan_id),
        (covenants.c.state, wanted.state),
        (borrowers.c.borrower_ref, wanted.borrower_ref),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if wanted.is_late is not None:
        is_late = _is_live() & (covenants.c.due_on < day)
        statement = statement.where(is_late if wanted.is_late else ~is_late)
    if not wanted.with_restricted:
        statement = statement.where(borrowers.c.restricted_at.is_(None))
    if before is not None:
        statement = statement.where(covenants.c.id < before)
    return [_covenant(row) for row in connection.execute(statement)]


def count_open(connection: Connection, day: date) -> tuple[int, int]:
    """How many live covenants of all lenders are breached, and how many should have been tested before a day."""
    is_breached, is_late = covenants.c.state == CovenantState.BREACHED, covenants.c.due_on < day
    seen = _is_live() & borrowers.c.restricted_at.is_(None)
    counted = select(func.count().filter(is_breached), func.count().filter(is_late))
    joined = covenants.join(loans, loans.c.id == covenants.c.loan_id).join(
        borrowers, borrowers.c.id == covenants.c.borrower_id
    )
    breached, late = connection.execute(counted.select_from(joined).where(seen)).one()
    return breached, late


def features_of(connection: Connection, borrower_id: str, *, due_by: date | None = None) -> list[str]:
    """The features that live covenants of a borrower read; with ``due_by``, of those that are due on this day."""
    mine = _is_live() & (covenants.c.borrower_id == borrower_id)
    if due_by is not None:
        mine &= covenants.c.due_on <= due_by
    statement = select(covenants.c.feature).join_from(covenants, loans).where(mine).distinct()
    return sorted(connection.execute(statement).scalars())


def next_due(connection: Connection, borrower_id: str, *, after: date | None = None) -> date | None:
    """The first day on which a live covenant of a borrower is due; with ``after``, of the days after this one."""
    mine = _is_live() & (covenants.c.borrower_id == borrower_id)
    if after is not None:
        mine &= covenants.c.due_on > after
    statement = select(func.min(covenants.c.due_on)).select_from(covenants.join(loans)).where(mine)
    found: date | None = connection.execute(statement).scalar()
    return found


def live_of(connection: Connection, borrower_id: str) -> list[StoredCovenant]:
    """The covenants of a borrower's open loans that have not ended, locked."""
    mine = covenants.c.borrower_id == borrower_id
    connection.execute(select(covenants.c.id).where(mine).order_by(covenants.c.id).with_for_update())
    statement = _stored().where(mine & _is_live()).order_by(covenants.c.id)
    return [_covenant(row) for row in connection.execute(statement)]


def all_of(connection: Connection, *, lender_id: str, borrower_id: str) -> list[StoredCovenant]:
    """Every covenant of a borrower, oldest first."""
    mine = (covenants.c.lender_id == lender_id) & (covenants.c.borrower_id == borrower_id)
    return [_covenant(row) for row in connection.execute(_stored().where(mine).order_by(covenants.c.id))]


def borrower_of(connection: Connection, cipher: Cipher, found: StoredCovenant) -> Borrower | None:
    """Whose covenant it is; None once the borrower is erased."""
    return find_borrower(connection, found.borrower_id, lender_id=found.lender_id, cipher=cipher)


def take(
    connection: Connection,
    found: StoredCovenant,
    after: Covenant,
    step: CovenantStep,
    *,
    borrower: Borrower,
    tested_on: date | None = None,
    randomness: Randomness,
) -> None:
    """Write down a step of a locked covenant and how it stands after it; the step's number is given here.

    Args:
        connection: of the transaction.
        found: the covenant before.
        after: how it stands.
        step: with what was measured or written.
        borrower: seals that.
        tested_on: the day of the books, where a test had a value.
        randomness: unpredictable bytes.
    """
    newest = select(func.max(covenant_steps.c.number)).where(covenant_steps.c.covenant_id == found.id)
    number = (connection.execute(newest).scalar() or 0) + 1
    content = (step.text or "").encode() if step.measured is None else encode(step.measured)
    named = ("kind", "at", "by", "state", "observation_id", "until")
    connection.execute(
        insert(covenant_steps).values(
            **{name: getattr(step, name) for name in named},
            covenant_id=found.id,
            number=number,
            borrower_id=found.borrower_id,
            sealed=seal_content(content, borrower, _purpose(found.id, number), randomness),
        )
    )
    values = msgspec.structs.asdict(after) | ({} if tested_on is None else {"tested_on": tested_on})
    connection.execute(update(covenants).where(covenants.c.id == found.id).values(**values))


def steps_of(
    connection: Connection,
    found: StoredCovenant,
    borrower: Borrower | None,
    *,
    before: int | None = None,
    limit: int | None = None,
) -> list[CovenantStep]:
    """What happened to a covenant, oldest first: the newest steps of those before a number.

    Raises:
        RecordChangedError: a step was changed, or the borrower was erased meanwhile.
    """
    mine = covenant_steps.c.covenant_id == found.id
    if before is not None:
        mine &= covenant_steps.c.number < before
    newest = select(covenant_steps).where(mine).order_by(covenant_steps.c.number.desc()).limit(limit)
    if borrower is None:
        raise RecordChangedError(f"covenant {found.id} was erased meanwhile")
    return [_step(row, borrower) for row in connection.execute(newest)][::-1]


def last_test(connection: Connection, cipher: Cipher, found: StoredCovenant) -> Measured | None:
    """What the newest test of a covenant saw; None where there was none.

    Raises:
        RecordChangedError: it was changed, or the borrower was erased meanwhile.
    """
    mine = (covenant_steps.c.covenant_id == found.id) & (covenant_steps.c.kind == CovenantStepKind.TESTED)
    row = connection.execute(
        select(covenant_steps).where(mine).order_by(covenant_steps.c.number.desc()).limit(1)
    ).first()
    borrower = borrower_of(connection, cipher, found)
    if borrower is None:
        raise RecordChangedError(f"covenant {found.id} was erased meanwhile")
    return None if row is None else _step(row, borrower).measured


def remove(connection: Connection, which: ColumnElement[bool]) -> int:
    """Delete covenants with their steps; returns how many."""
    mine = select(covenants.c.id).where(which)
    connection.execute(delete(covenant_steps).where(covenant_steps.c.covenant_id.in_(mine)))
    return connection.execute(delete(covenants).where(which)).rowcount


def remove_of_loans(connection: Connection, loan_ids: Sequence[str]) -> None:
    """Delete the covenants of loans."""
    remove(connection, covenants.c.loan_id.in_(loan_ids))


def _is_live() -> ColumnElement[bool]:
    return (covenants.c.state != CovenantState.ENDED) & loans.c.closed_on.is_(None)


def _purpose(covenant_id: str, number: int) -> str:
    return f"covenant step/{covenant_id}/{number}"


_OWN: Final = ("id", "lender_id", "borrower_id", "loan_id", "tested_on", "created_at", "created_by")


def _stored() -> Select[Any]:
    closed = loans.c.closed_on.is_not(None).label("is_closed")
    restricted = borrowers.c.restricted_at.is_not(None).label("is_restricted")
    own = (covenants.c[name] for name in (*_OWN, *_AGREED))
    joined = select(*own, borrowers.c.borrower_ref, loans.c.loan_ref, closed, restricted)
    return joined.join_from(covenants, borrowers).join(loans, loans.c.id == covenants.c.loan_id)


def _covenant(row: Row[Any]) -> StoredCovenant:
    fields = dict(row._mapping)  # noqa: SLF001  public in SQLAlchemy
    agreed = {name: fields.pop(name) for name in _AGREED}
    agreed |= {"bound": Bound(agreed["bound"]), "state": CovenantState(agreed["state"])}
    return StoredCovenant(**fields, covenant=Covenant(**agreed))


def _step(row: Row[Any], borrower: Borrower) -> CovenantStep:
    kind = CovenantStepKind(row.kind)
    measured = text = None
    try:
        content = open_content(row.sealed, borrower, _purpose(row.covenant_id, row.number))
        if kind is CovenantStepKind.TESTED:
            measured = decode(content)
        else:
            text = content.decode()
    except (DecryptionError, msgspec.DecodeError):
        raise RecordChangedError(f"step {row.number} of covenant {row.covenant_id} was altered") from None
    return CovenantStep(
        number=row.number,
        kind=kind,
        at=row.at,
        by=row.by,
        state=CovenantState(row.state),
        observation_id=row.observation_id,
        until=row.until,
        measured=measured,
        text=text,
    )
