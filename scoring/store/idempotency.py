"""One decision per idempotency key: reserved before anything is fetched, completed with the decision itself.

A reservation that is neither completed nor released (the process was killed) may be taken over once it is stale. Every
attempt has its own name, so that an attempt that was overtaken cannot complete.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import instant
from scoring.store.database import Database, add_if_new
from scoring.store.tables import idempotency


class KeyReusedError(Exception):
    """The idempotency key was used with another request body."""


class InFlightError(Exception):
    """The same request is being worked on."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__("a decision with this idempotency key is being made")
        self.retry_after_seconds = retry_after_seconds


class ReservationLostError(Exception):
    """This attempt took so long that another one took over."""


class Reservation(msgspec.Struct, frozen=True, kw_only=True):
    """The right of one attempt to complete a key."""

    lender_id: str
    key: str
    attempt: str


def reserve(
    connection: Connection,
    reservation: Reservation,
    *,
    body_digests: Collection[str],
    now: datetime,
    stale_after: timedelta,
) -> str | None:
    """Reserve a key in the caller's writing transaction.

    Args:
        connection: of the transaction.
        reservation: who asks for which key.
        body_digests: the digest to store first; a repetition may have any of them, since the version before took
            another digest.
        now: the present.
        stale_after: age from which a reservation may be taken over.

    Returns:
        None when this attempt holds the key now; the identifier of the decision when it was made before.

    Raises:
        KeyReusedError: the key belongs to another body.
        InFlightError: another attempt holds it.
    """
    mine = (idempotency.c.lender_id == reservation.lender_id) & (idempotency.c.idempotency_key == reservation.key)
    stored, *_ = body_digests
    held = {"attempt": reservation.attempt, "reserved_at": instant(now), "body_sha256": stored}
    row = None
    while row is None:  # again where the other attempt gave the key back between the two statements
        if add_if_new(
            connection, idempotency, lender_id=reservation.lender_id, idempotency_key=reservation.key, **held
        ):
            return None
        row = connection.execute(select(idempotency).where(mine).with_for_update()).first()
    if row.body_sha256 not in body_digests:
        raise KeyReusedError("this idempotency key was used with another request body; use a new key")
    if row.decision_id is not None:
        decision_id: str = row.decision_id
        return decision_id
    if row.reserved_at > instant(now - stale_after):
        raise InFlightError(retry_after_seconds=1)
    connection.execute(update(idempotency).where(mine).values(**held))
    return None


def complete(connection: Connection, reservation: Reservation, decision_id: str) -> None:
    """Point the key to its decision, in the transaction that stores it.

    Raises:
        ReservationLostError: another attempt has taken over; the transaction must not be committed.
    """
    done = connection.execute(update(idempotency).where(_held_by(reservation)).values(decision_id=decision_id))
    if done.rowcount != 1:
        raise ReservationLostError("another attempt with this idempotency key has taken over; ask again")


async def release(database: Database, reservation: Reservation) -> None:
    """Give the key back after an attempt that failed."""
    statement = delete(idempotency).where(_held_by(reservation))
    await database.write_at_once(lambda connection: connection.execute(statement))


def _held_by(reservation: Reservation) -> ColumnElement[bool]:
    return (
        (idempotency.c.lender_id == reservation.lender_id)
        & (idempotency.c.idempotency_key == reservation.key)
        & (idempotency.c.attempt == reservation.attempt)
        & (idempotency.c.decision_id.is_(None))
    )
