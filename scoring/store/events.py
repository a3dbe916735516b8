"""Events: what happened, as a lender is told. Each is written in the transaction of what it tells of.

An event names nobody: it has identifiers and codes, with which its reader asks for more. The deliveries to the lender's
webhooks are written with it, so that none is lost and none tells of what was undone.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Row, delete, func, insert, select, update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import Randomness, is_id, new_id
from scoring.decisions.webhooks import DeliveryState, EventType, TryError, WebhookState
from scoring.store.database import NEWS
from scoring.store.tables import events, principals, webhook_deliveries, webhook_tries, webhooks

PREFIX: Final = "evt"


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A stored event."""

    id: str
    lender_id: str
    type: str
    at: str
    data: str
    """JSON."""

    def body(self) -> bytes:
        """What a webhook sends; the same bytes at every try."""
        told = {"type": self.type, "timestamp": self.at, "data": msgspec.Raw(self.data.encode())}
        return msgspec.json.encode(told)


class EventFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which of a lender's events are wanted; None is all."""

    type: EventType | None = None
    since: str | None = None
    until: str | None = None
    """Exclusive."""


def record(  # noqa: PLR0913  each is named by its caller
    connection: Connection,
    kind: EventType,
    data: Mapping[str, str],
    *,
    lender_id: str,
    at: str,
    randomness: Randomness,
    borrower_id: str | None = None,
    only: str | None = None,
) -> str:
    """Write down what happened, and its deliveries, in the caller's transaction; returns the event's identifier.

    Args:
        connection: of the transaction.
        kind: what happened.
        data: identifiers and codes.
        lender_id: who is told.
        at: when it happened.
        randomness: unpredictable bytes.
        borrower_id: whom it concerns: it is deleted with that borrower's data.
        only: the one webhook that gets it, whatever types it is limited to; None is every one that takes its type.
    """
    event_id = new_id(PREFIX, datetime.fromisoformat(at), randomness)
    connection.execute(
        insert(events).values(
            id=event_id,
            lender_id=lender_id,
            borrower_id=borrower_id,
            type=kind,
            at=at,
            data=msgspec.json.encode(data).decode(),
        )
    )
    enabled = (webhooks.c.lender_id == lender_id) & (webhooks.c.state == WebhookState.ENABLED)
    rows = connection.execute(select(webhooks.c.id, webhooks.c.types).where(enabled)).all()
    takers = [row.id for row in rows if (takes(row.types, kind) if only is None else row.id == only)]
    if takers:
        new = {"event_id": event_id, "lender_id": lender_id, "state": DeliveryState.WAITING, "tries": 0}
        new |= {"due_at": at, "created_at": at}
        connection.execute(insert(webhook_deliveries), [new | {"webhook_id": one} for one in takers])
        connection.info[NEWS] = True
    return event_id


def takes(types: str | None, kind: str) -> bool:
    """Whether a webhook that is limited to these types gets an event."""
    return types is None or kind in types.split(",")


def lenders_told(connection: Connection, lender_id: str | None) -> list[str]:
    """Whom an event concerns that is about one lender, or with None about all."""
    if lender_id is not None:
        return [lender_id]
    return list(connection.execute(select(principals.c.lender_id).distinct()).scalars())


def find_event(connection: Connection, *, lender_id: str, event_id: str) -> Event | None:
    """One event of this lender."""
    if not is_id(event_id, PREFIX):
        return None
    row = connection.execute(_EVENTS.where((events.c.lender_id == lender_id) & (events.c.id == event_id))).first()
    return None if row is None else _event(row)


def list_events(
    connection: Connection, *, lender_id: str, wanted: EventFilter, before: str | None, limit: int
) -> list[Event]:
    """Events of this lender, newest first, that are older than the event ``before``."""
    statement = _EVENTS.where((events.c.lender_id == lender_id) & matching(wanted))
    if before is not None:
        statement = statement.where(events.c.id < before)
    return [_event(row) for row in connection.execute(statement.order_by(events.c.id.desc()).limit(limit))]


def matching(wanted: EventFilter) -> ColumnElement[bool]:
    """The condition of events that are wanted."""
    condition: ColumnElement[bool] = events.c.id.is_not(None)
    if wanted.type is not None:
        condition &= events.c.type == wanted.type
    if wanted.since is not None:
        condition &= events.c.at >= wanted.since
    if wanted.until is not None:
        condition &= events.c.at < wanted.until
    return condition


def forget_events(connection: Connection, borrower_id: str) -> int:
    """Delete the events of a borrower with their deliveries, in the caller's transaction; returns how many."""
    return remove_events(connection, events.c.borrower_id == borrower_id)


def remove_events(connection: Connection, which: ColumnElement[bool]) -> int:
    """Delete events with their deliveries and tries; returns how many.

    A webhook fails since the first of its failed tries that are left: by others nobody can say that it fails.
    """
    mine = select(events.c.id).where(which)
    told = select(webhook_deliveries.c.webhook_id).where(webhook_deliveries.c.event_id.in_(mine))
    is_failing = webhooks.c.failing_since.is_not(None) & webhooks.c.id.in_(told)
    # before deliveries, as everywhere; one that is locked has a try at this moment, which says how it stands
    locked = select(webhooks.c.id).where(is_failing).order_by(webhooks.c.id)
    failing = connection.execute(locked.with_for_update(skip_locked=True, key_share=True)).scalars().all()
    # tries after deliveries: a sender writes one with the delivery that it holds
    for table in (webhook_deliveries, webhook_tries):
        connection.execute(delete(table).where(table.c.event_id.in_(mine)))
    if failing:
        own = (TryError.UNSIGNED, TryError.INTERRUPTED)
        failed = ~webhook_tries.c.status.between(200, 299) | webhook_tries.c.error.not_in(own)
        left = (webhook_tries.c.webhook_id == webhooks.c.id) & (webhook_tries.c.at >= webhooks.c.failing_since) & failed
        since = select(func.min(webhook_tries.c.at)).where(left).scalar_subquery()
        connection.execute(update(webhooks).where(webhooks.c.id.in_(failing)).values(failing_since=since))
    return connection.execute(delete(events).where(which)).rowcount


_EVENTS: Final = select(*(events.c[name] for name in Event.__struct_fields__))


def _event(row: Row[Any]) -> Event:
    return Event(**row._mapping)  # noqa: SLF001  public in SQLAlchemy
