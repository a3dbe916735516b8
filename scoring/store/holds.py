"""What keeps a borrower's data from erasure, for how long, and who said so.

A loan that is not closed holds by itself; nobody sets or releases that.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, CompoundSelect, Select, insert, select, union, update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import Randomness, instant, is_id, new_id
from scoring.store.audit import Mark
from scoring.store.database import Database
from scoring.store.tables import borrowers, case_steps, guarantors, holds, loans


class HoldReason(StrEnum):
    """Why data must be kept."""

    OPEN_LOAN = "open_loan"
    """The loan is not paid back: Art. 17(3)(b) and (e), 6(1)(b) GDPR. Of a loan that is kept here, it is not set."""
    GWG = "gwg"
    """§ 8(4) GwG: five years after the end of the business relationship."""
    HGB = "hgb"
    """§ 257 HGB: six, eight or ten years."""
    AO = "ao"
    """§ 147 AO: the same for taxes."""
    LEGAL_CLAIMS = "legal_claims"
    """Claims that are asserted, exercised or defended: Art. 17(3)(e) GDPR."""


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """One hold."""

    id: str
    """Of the loan, where that holds by itself."""
    borrower_id: str
    reason: str
    until: date | None
    """The last day; None until it is released."""
    set_at: str
    set_by: str
    released_at: str | None
    released_by: str | None


def is_active(today: date) -> ColumnElement[bool]:
    """The condition of rows that hold today."""
    return holds.c.released_at.is_(None) & (holds.c.until.is_(None) | (holds.c.until >= today))


def ended_by(moment: str, day: date) -> ColumnElement[bool]:
    """The condition of rows that were released, or whose last day was, before a moment and its day."""
    return (holds.c.released_at <= moment) | (holds.c.until < day)


def held_borrowers(today: date) -> "CompoundSelect[tuple[str]]":
    """Identifiers of borrowers with an active hold or an open loan, for a condition."""
    return union(
        select(holds.c.borrower_id).where(is_active(today)),
        select(loans.c.borrower_id).where(loans.c.closed_on.is_(None)),
        _guaranteed(guarantors.c.id),
    )


def kept_by_law(today: date) -> "Select[tuple[str]]":
    """The same without open loans: what stands on consent alone ends with it, whether or not a loan runs."""
    return select(holds.c.borrower_id).where(is_active(today) & (holds.c.reason != HoldReason.OPEN_LOAN))


def holds_of(connection: Connection, borrower_id: str, *, today: date | None = None) -> list[Hold]:
    """Holds of a borrower, oldest first; with a day, only those that hold on it."""
    statement = select(*(holds.c[name] for name in Hold.__struct_fields__)).where(holds.c.borrower_id == borrower_id)
    if today is not None:
        statement = statement.where(is_active(today))
    rows = connection.execute(statement.order_by(holds.c.id))
    found = [Hold(**row._mapping) for row in rows]  # noqa: SLF001  public in SQLAlchemy
    return [*found, *_open_loans(connection, borrower_id)]


def _guaranteed(*columns: ColumnElement[str]) -> "Select[Any]":
    """Of open loans in whose cases somebody guarantees."""
    return (
        select(*columns)
        .join_from(guarantors, case_steps, case_steps.c.case_id == guarantors.c.case_id)
        .join(loans, loans.c.decision_id == case_steps.c.decision_id)
        .where(guarantors.c.released_at.is_(None) & loans.c.closed_on.is_(None))
    )


def _open_loans(connection: Connection, borrower_id: str) -> list[Hold]:
    """What loans hold by themselves: of who owes them, and of who guarantees them."""
    mine = (loans.c.borrower_id == borrower_id) & loans.c.closed_on.is_(None)
    rows = [
        *connection.execute(select(loans.c.id, loans.c.created_at).where(mine).order_by(loans.c.id)),
        *connection.execute(
            _guaranteed(loans.c.id, loans.c.created_at).where(guarantors.c.id == borrower_id).order_by(loans.c.id)
        ),
    ]
    return [
        Hold(
            id=row.id,
            borrower_id=borrower_id,
            reason=HoldReason.OPEN_LOAN,
            until=None,
            set_at=row.created_at,
            set_by="loan",
            released_at=None,
            released_by=None,
        )
        for row in rows
    ]


async def set_hold(  # noqa: PLR0913  each is named by its caller
    database: Database,
    *,
    lender_id: str,
    borrower_ref: str,
    reason: HoldReason,
    until: date | None,
    now: datetime,
    randomness: Randomness,
    mark: Mark,
) -> str | None:
    """Set a hold; returns its identifier, or None if the lender has no such borrower."""
    identifier = new_id("hld", now, randomness)
    whom = select(borrowers.c.id).where(
        (borrowers.c.lender_id == lender_id) & (borrowers.c.borrower_ref == borrower_ref)
    )

    def work(connection: Connection) -> str | None:
        # a key of a row is locked against erasure by the reference to it; an erased one has no reference to find
        borrower_id = connection.execute(whom.with_for_update()).scalar()
        if borrower_id is None:
            return None
        connection.execute(
            insert(holds).values(
                id=identifier,
                lender_id=lender_id,
                borrower_id=borrower_id,
                reason=reason,
                until=until,
                set_at=instant(now),
                set_by=mark.who.name,
            )
        )
        mark.put(connection, object_id=identifier, borrower_id=borrower_id)
        return identifier

    return await database.write_at_once(work)


async def release_hold(database: Database, *, lender_id: str, hold_id: str, now: datetime, mark: Mark) -> bool:
    """Release a hold; False if the lender has no such hold that is not released."""
    if not is_id(hold_id, "hld"):
        return False
    mine = (holds.c.lender_id == lender_id) & (holds.c.id == hold_id) & holds.c.released_at.is_(None)

    def work(connection: Connection) -> bool:
        borrower_id = connection.execute(select(holds.c.borrower_id).where(mine).with_for_update()).scalar()
        if borrower_id is None:
            return False
        connection.execute(update(holds).where(mine).values(released_at=instant(now), released_by=mark.who.name))
        mark.put(connection, object_id=hold_id, borrower_id=borrower_id)
        return True

    return await database.write_at_once(work)
