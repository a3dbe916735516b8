"""Webhooks of lenders: addresses that events are sent to, their signing secrets, and the deliveries to them.

A delivery is a row from the moment of its event on. A sender takes it by a lease that is longer than a try can last, so
that one process at a time sends it; where that process died, the lease ends and another one sends it once more, with
the same identifier.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Row, delete, func, insert, literal, select, update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import Randomness, instant, is_id, new_id
from scoring.base.secrets import Cipher, Sealed
from scoring.base.webhook_signing import WebhookSecret
from scoring.decisions.webhooks import (
    LONGEST_FAILURE,
    MOST_TRIES,
    DeliveryState,
    EventType,
    Tried,
    TryError,
    WebhookState,
    WhyDisabled,
    next_wait,
)
from scoring.store.audit import SERVICE, Action, Who, a_mark
from scoring.store.database import NEWS, add_if_new, add_selected_if_new
from scoring.store.events import Event, EventFilter, matching, record
from scoring.store.tables import events, webhook_deliveries, webhook_secrets, webhook_tries, webhooks

PREFIX: Final = "whe"
MOST_WEBHOOKS: Final = 8
"""Of one lender. With ``MOST_AT_ONCE`` of each, none takes up more than half of what a process sends at once."""
MOST_AT_ONCE: Final = 2
"""Deliveries of one webhook that a process sends at the same time."""
MOST_SECRETS: Final = 3
"""Of one webhook that sign at the same time."""
_OPEN: Final = (DeliveryState.WAITING, DeliveryState.SENDING)
_UNDELIVERED: Final = (DeliveryState.FAILED, DeliveryState.STOPPED)
_UNSIGNED_WAIT: Final = timedelta(minutes=30)
"""Until a delivery is looked at again whose signing secret cannot be decrypted."""
_MOST_CHANCE: Final = 2**32


class WebhookStateError(Exception):
    """What is asked is not possible as the webhook, or the lender's webhooks, stand; the message says why."""


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """A stored webhook, without its secrets."""

    id: str
    lender_id: str
    url: str
    description: str
    types: tuple[str, ...] | None
    """Of events that it gets; None is all."""
    state: WebhookState
    disabled_for: str | None
    disabled_at: str | None
    failing_since: str | None
    created_at: str
    public_keys: tuple[str, ...] = ()
    """Of the secrets that sign now, the newest first."""


class ShownTry(msgspec.Struct, frozen=True, kw_only=True):
    """One try of a delivery, as it was logged."""

    at: str
    status: int | None
    error: str | None
    milliseconds: int | None


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A stored delivery."""

    event_id: str
    type: str
    at: str
    """When the event happened."""
    state: DeliveryState
    tries: int
    """Since it was asked for, or replayed."""
    due_at: str
    created_at: str
    ended_at: str | None
    log: tuple[ShownTry, ...] = ()
    """The oldest try first."""


class ClaimedDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that a sender has."""

    webhook_id: str
    lender_id: str
    attempt: str
    tries: int
    leased_until: datetime
    url: str
    event: Event
    secrets: tuple[tuple[str, Sealed], ...]
    """Identifier and sealed bytes of each that signs."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How the deliveries stand."""

    next_due_at: str | None
    """When the next one may be sent, or when a lease ends."""
    oldest_due_at: str | None
    """Since when the delivery waits that is past its time the longest."""
    disabled: dict[str, int]
    """Webhooks that the service itself disabled, by the reason."""


def secret_purpose(secret_id: str) -> str:
    """What the encryption of a signing secret is bound to."""
    return f"webhook secret/{secret_id}"


def add_webhook(  # noqa: PLR0913  each is named by its caller
    connection: Connection,
    cipher: Cipher,
    secret: WebhookSecret,
    *,
    lender_id: str,
    url: str,
    description: str,
    types: Sequence[str] | None,
    by: str,
    now: datetime,
    randomness: Randomness,
) -> str:
    """Store a webhook with its first secret, in the caller's transaction; returns its identifier.

    Raises:
        WebhookStateError: the lender has as many as it may.
    """
    mine = (webhooks.c.lender_id == lender_id) & (webhooks.c.state != WebhookState.DELETED)
    count = connection.execute(select(func.count()).select_from(webhooks).where(mine)).scalar_one()
    if count >= MOST_WEBHOOKS:
        raise WebhookStateError(f"your lender has {count} webhooks, which is the most: delete one first")
    webhook_id = new_id(PREFIX, now, randomness)
    connection.execute(
        insert(webhooks).values(
            id=webhook_id,
            lender_id=lender_id,
            url=url,
            description=description,
            types=_joined(types),
            state=WebhookState.ENABLED,
            created_at=instant(now),
            created_by=by,
        )
    )
    _add_secret(connection, cipher, secret, lender_id, webhook_id, now=now, randomness=randomness)
    return webhook_id


def _joined(types: Sequence[str] | None) -> str | None:
    return None if types is None else ",".join(types)


def _add_secret(
    connection: Connection,
    cipher: Cipher,
    secret: WebhookSecret,
    lender_id: str,
    webhook_id: str,
    *,
    now: datetime,
    randomness: Randomness,
) -> None:
    secret_id = new_id("whs", now, randomness)
    sealed = cipher.seal(secret.material, lender_id=lender_id, purpose=secret_purpose(secret_id))
    connection.execute(
        insert(webhook_secrets).values(
            id=secret_id,
            webhook_id=webhook_id,
            lender_id=lender_id,
            key_id=sealed.key_id,
            sealed=sealed.sealed,
            public_key=secret.public,
            created_at=instant(now),
        )
    )


def rotate(
    connection: Connection,
    cipher: Cipher,
    secret: WebhookSecret,
    webhook: Webhook,
    *,
    overlap: timedelta,
    now: datetime,
    randomness: Randomness,
) -> None:
    """Sign with a new secret from now on, and with those before it until the overlap is over; at once without one.

    Raises:
        WebhookStateError: too many sign at the same time.
    """
    mine, until = webhook_secrets.c.webhook_id == webhook.id, instant(now + overlap)
    connection.execute(delete(webhook_secrets).where(mine & (webhook_secrets.c.valid_until <= instant(now))))
    is_longer = webhook_secrets.c.valid_until.is_(None) | (webhook_secrets.c.valid_until > until)
    connection.execute(update(webhook_secrets).where(mine & is_longer).values(valid_until=until))
    left = list(connection.execute(select(webhook_secrets.c.valid_until).where(mine & _signs(now))).scalars())
    if len(left) >= MOST_SECRETS:
        raise WebhookStateError(
            f"{len(left)} secrets sign already: wait until {min(left)}, when one of them ends, or end them all with an"
            " overlap of 0 hours"
        )
    _add_secret(connection, cipher, secret, webhook.lender_id, webhook.id, now=now, randomness=randomness)


def _signs(now: datetime) -> ColumnElement[bool]:
    return webhook_secrets.c.valid_until.is_(None) | (webhook_secrets.c.valid_until > instant(now))


def find_webhook(
    connection: Connection, *, lender_id: str | None, webhook_id: str, now: datetime, for_update: bool = False
) -> Webhook | None:
    """One webhook of this lender, or of any with None, for operators; no deleted one."""
    if not is_id(webhook_id, PREFIX):
        return None
    which = (webhooks.c.id == webhook_id) & (webhooks.c.state != WebhookState.DELETED)
    if lender_id is not None:
        which &= webhooks.c.lender_id == lender_id
    statement = select(webhooks).where(which)
    # as the service's own changes do: events that are written meanwhile only need that the row stays
    row = connection.execute(statement.with_for_update(key_share=True) if for_update else statement).first()
    return None if row is None else _with_keys(connection, [row], now)[0]


def list_webhooks(
    connection: Connection,
    *,
    lender_id: str | None = None,
    state: WebhookState | None = None,
    before: str | None = None,
    limit: int,
    now: datetime,
) -> list[Webhook]:
    """Webhooks of a lender or of all, newest first, that are older than the webhook ``before``; no deleted ones."""
    condition: ColumnElement[bool] = webhooks.c.state != WebhookState.DELETED
    if lender_id is not None:
        condition &= webhooks.c.lender_id == lender_id
    if state is not None:
        condition &= webhooks.c.state == state
    if before is not None:
        condition &= webhooks.c.id < before
    statement = select(webhooks).where(condition).order_by(webhooks.c.id.desc()).limit(limit)
    return _with_keys(connection, connection.execute(statement).all(), now)


def _with_keys(connection: Connection, rows: Sequence[Row[Any]], now: datetime) -> list[Webhook]:
    keys: dict[str, list[str]] = {row.id: [] for row in rows}
    statement = select(webhook_secrets.c.webhook_id, webhook_secrets.c.public_key)
    signing = statement.where(webhook_secrets.c.webhook_id.in_(keys) & _signs(now))
    for one in connection.execute(signing.order_by(webhook_secrets.c.id.desc())):
        keys[one.webhook_id].append(one.public_key)
    return [
        Webhook(
            id=row.id,
            lender_id=row.lender_id,
            url=row.url,
            description=row.description,
            types=None if row.types is None else tuple(row.types.split(",")),
            state=WebhookState(row.state),
            disabled_for=row.disabled_for,
            disabled_at=row.disabled_at,
            failing_since=row.failing_since,
            created_at=row.created_at,
            public_keys=tuple(keys[row.id]),
        )
        for row in rows
    ]


def change_webhook(connection: Connection, webhook_id: str, values: Mapping[str, Any]) -> None:
    """Set ``url``, ``description`` or ``types`` of a locked webhook, in the caller's transaction.

    Another address has not failed yet.
    """
    stored = {name: _joined(value) if name == "types" else value for name, value in values.items()}
    mine = update(webhooks).where(webhooks.c.id == webhook_id)
    if "url" in stored:
        connection.execute(mine.where(webhooks.c.url != stored["url"]).values(failing_since=None))
    if stored:
        connection.execute(mine.values(**stored))


def enable(connection: Connection, webhook_id: str) -> None:
    """Send to a webhook again what happens from now on; what happened meanwhile can be replayed."""
    values = {"state": WebhookState.ENABLED, "disabled_for": None, "disabled_at": None, "failing_since": None}
    connection.execute(update(webhooks).where(webhooks.c.id == webhook_id).values(**values))


def disable(
    connection: Connection, webhook_id: str, lender_id: str, why: WhyDisabled, *, now: datetime, randomness: Randomness
) -> None:
    """Send nothing more to a locked webhook; the lender's others are told. What waits is stopped, and can be replayed.

    What is being sent at this moment comes to its end.
    """
    values = {"state": WebhookState.DISABLED, "disabled_for": why, "disabled_at": instant(now)}
    connection.execute(update(webhooks).where(webhooks.c.id == webhook_id).values(**values))
    _stop(connection, webhook_deliveries.c.webhook_id == webhook_id, DeliveryState.WAITING, now=now)
    record(
        connection,
        EventType.WEBHOOK_DISABLED,
        {"webhook_id": webhook_id, "reason": why},
        lender_id=lender_id,
        at=instant(now),
        randomness=randomness,
    )


def remove_webhook(connection: Connection, webhook_id: str, *, now: datetime) -> None:
    """Delete a locked webhook's address and secrets, in the caller's transaction; its row goes with its deliveries."""
    connection.execute(delete(webhook_secrets).where(webhook_secrets.c.webhook_id == webhook_id))
    values = {"state": WebhookState.DELETED, "url": "", "description": "", "disabled_at": instant(now)}
    connection.execute(update(webhooks).where(webhooks.c.id == webhook_id).values(**values))
    _stop(connection, webhook_deliveries.c.webhook_id == webhook_id, DeliveryState.WAITING, now=now)


def _stop(connection: Connection, which: ColumnElement[bool], *states: DeliveryState, now: datetime) -> int:
    stopping = update(webhook_deliveries).where(which & webhook_deliveries.c.state.in_(states))
    values = {"state": DeliveryState.STOPPED, "ended_at": instant(now)}
    return connection.execute(stopping.values(**values)).rowcount


def list_deliveries(
    connection: Connection, *, webhook_id: str, state: DeliveryState | None, before: str | None, limit: int
) -> list[Delivery]:
    """Deliveries to a webhook with their log, those of the newest events first, that are older than ``before``."""
    columns = (webhook_deliveries.c[name] for name in Delivery.__struct_fields__ if name not in {"type", "at", "log"})
    condition = webhook_deliveries.c.webhook_id == webhook_id
    if state is not None:
        condition &= webhook_deliveries.c.state == state
    if before is not None:
        condition &= webhook_deliveries.c.event_id < before
    statement = select(*columns, events.c.type, events.c.at).join_from(webhook_deliveries, events).where(condition)
    rows = connection.execute(statement.order_by(webhook_deliveries.c.event_id.desc()).limit(limit)).all()
    log: dict[str, list[ShownTry]] = {row.event_id: [] for row in rows}
    tried = webhook_tries.c.event_id.in_(log) & (webhook_tries.c.webhook_id == webhook_id)
    for one in connection.execute(select(webhook_tries).where(tried).order_by(webhook_tries.c.at, webhook_tries.c.id)):
        shown = ShownTry(at=one.at, status=one.status, error=one.error, milliseconds=one.milliseconds)
        log[one.event_id].append(shown)
    return [
        Delivery(**{**row._mapping, "state": DeliveryState(row.state), "log": tuple(log[row.event_id])})  # noqa: SLF001  public in SQLAlchemy
        for row in rows
    ]


def replay_event(connection: Connection, event: Event, webhook_id: str, *, now: datetime) -> bool:
    """Send one event to a webhook once more, in the caller's transaction; False where it is on its way anyway."""
    new: dict[str, Any] = {"webhook_id": webhook_id, "event_id": event.id, "lender_id": event.lender_id}
    new |= {"state": DeliveryState.WAITING, "tries": 0, "due_at": instant(now), "created_at": instant(now)}
    connection.info[NEWS] = True
    if add_if_new(connection, webhook_deliveries, **new):
        return True
    mine = (webhook_deliveries.c.webhook_id == webhook_id) & (webhook_deliveries.c.event_id == event.id)
    return _again(connection, mine & webhook_deliveries.c.state.not_in(_OPEN), now=now) == 1


def replay_since(connection: Connection, webhook: Webhook, wanted: EventFilter, *, is_all: bool, now: datetime) -> int:
    """Send a webhook the events that it takes once more, in the caller's transaction; returns how many.

    What was given up since the moment is sent once more, too, whenever it happened: the first event that an outage
    held up is older than the outage.

    Args:
        connection: of the transaction.
        webhook: is enabled.
        wanted: of which time.
        is_all: also what was delivered before, and not only what it has missed.
        now: the present.
    """
    is_about_it = (events.c.type == EventType.WEBHOOK_DISABLED) & events.c.data.contains(webhook.id)
    taken = (events.c.lender_id == webhook.lender_id) & (events.c.type != EventType.WEBHOOK_TEST) & ~is_about_it
    if webhook.types is not None:
        taken &= events.c.type.in_(webhook.types)
    ended = tuple(state for state in DeliveryState if state not in _OPEN) if is_all else _UNDELIVERED
    mine = webhook_deliveries.c.webhook_id == webhook.id
    of_time = taken & matching(wanted)
    again = mine & webhook_deliveries.c.event_id.in_(select(events.c.id).where(of_time))
    count = _again(connection, again & webhook_deliveries.c.state.in_(ended), now=now)
    earlier = taken & matching(msgspec.structs.replace(wanted, since=None))
    given_up = webhook_deliveries.c.state.in_(_UNDELIVERED) & (webhook_deliveries.c.ended_at >= wanted.since)
    of_earlier = webhook_deliveries.c.event_id.in_(select(events.c.id).where(earlier))
    count += _again(connection, mine & given_up & of_earlier, now=now)
    new: dict[str, str | int] = {"webhook_id": webhook.id, "lender_id": webhook.lender_id, "tries": 0}
    new |= {"state": DeliveryState.WAITING.value, "due_at": instant(now), "created_at": instant(now)}
    missing = select(events.c.id, *(literal(value) for value in new.values())).where(of_time)
    count += add_selected_if_new(connection, webhook_deliveries, ["event_id", *new], missing)
    connection.info[NEWS] = True
    return count


def _again(connection: Connection, which: ColumnElement[bool], *, now: datetime) -> int:
    values = {"state": DeliveryState.WAITING, "attempt": None, "tries": 0, "due_at": instant(now), "ended_at": None}
    return connection.execute(update(webhook_deliveries).where(which).values(**values)).rowcount


def standing_of(connection: Connection, *, now: datetime) -> Standing:
    """What waits, and which webhooks the service has disabled."""
    is_open = webhook_deliveries.c.state.in_(_OPEN)
    is_waiting = webhook_deliveries.c.state == DeliveryState.WAITING
    due = select(func.min(webhook_deliveries.c.due_at))
    own = (webhooks.c.state == WebhookState.DISABLED) & webhooks.c.disabled_for.in_(
        (WhyDisabled.FAILING, WhyDisabled.GONE)
    )
    counts = select(webhooks.c.disabled_for, func.count()).where(own).group_by(webhooks.c.disabled_for)
    return Standing(
        next_due_at=connection.execute(due.where(is_open)).scalar(),
        oldest_due_at=connection.execute(
            due.where(is_waiting & (webhook_deliveries.c.due_at <= instant(now)))
        ).scalar(),
        disabled={row[0]: row[1] for row in connection.execute(counts)},
    )


def claim(
    connection: Connection,
    attempts: Sequence[str],
    *,
    busy: Mapping[str, int],
    now: datetime,
    lease: timedelta,
    randomness: Randomness,
) -> list[ClaimedDelivery]:
    """Take deliveries that are due, one for each attempt at most, and few of each webhook.

    Senders that ask at the same moment pass over each other's rows. On SQLite, writers come one after the other.

    Args:
        connection: of the transaction.
        attempts: one for each free place.
        busy: how many of each webhook are being sent by this process.
        now: the present.
        lease: after which another process may take it.
        randomness: unpredictable bytes.
    """
    due = webhook_deliveries.c.state.in_(_OPEN) & (webhook_deliveries.c.due_at <= instant(now))
    closed = select(webhooks.c.id).where(webhooks.c.state != WebhookState.ENABLED)
    _stop(connection, due & webhook_deliveries.c.webhook_id.in_(closed), *_OPEN, now=now)
    oldest = func.min(webhook_deliveries.c.due_at)
    waiting = select(webhook_deliveries.c.webhook_id).where(due).group_by(webhook_deliveries.c.webhook_id)
    found: list[ClaimedDelivery] = []
    for webhook_id in connection.execute(waiting.order_by(oldest)).scalars().all():
        places = min(MOST_AT_ONCE - busy.get(webhook_id, 0), len(attempts) - len(found))
        if places <= 0:
            continue
        mine = due & (webhook_deliveries.c.webhook_id == webhook_id)
        statement = select(webhook_deliveries).where(mine).order_by(webhook_deliveries.c.due_at).limit(places)
        rows = connection.execute(statement.with_for_update(skip_locked=True)).all()
        found += _taken(connection, rows, attempts[len(found) :], now=now, lease=lease, randomness=randomness)
    return found


def _taken(
    connection: Connection,
    rows: Sequence[Row[Any]],
    attempts: Sequence[str],
    *,
    now: datetime,
    lease: timedelta,
    randomness: Randomness,
) -> list[ClaimedDelivery]:
    """The deliveries of one webhook that are taken, and those among them ended that no process came to the end of."""
    if not rows:
        return []
    webhook_id = rows[0].webhook_id
    url = connection.execute(select(webhooks.c.url).where(webhooks.c.id == webhook_id)).scalar_one()
    signing = select(webhook_secrets).where((webhook_secrets.c.webhook_id == webhook_id) & _signs(now))
    secrets = tuple(
        (one.id, Sealed(key_id=one.key_id, sealed=one.sealed))
        for one in connection.execute(signing.order_by(webhook_secrets.c.id.desc()))
    )
    of_rows = select(events).where(events.c.id.in_([row.event_id for row in rows]))
    by_id = {row.id: row for row in connection.execute(of_rows)}
    found = []
    for row, attempt in zip(rows, attempts, strict=False):
        values: dict[str, Any] = {"state": DeliveryState.SENDING, "attempt": attempt, "tries": row.tries + 1}
        values["due_at"] = instant(now + lease)
        if row.state == DeliveryState.SENDING:
            tried = Tried(error=TryError.INTERRUPTED)
            began = datetime.fromisoformat(row.due_at) - lease
            _log(connection, row.webhook_id, row.event_id, row.lender_id, tried, now=began, randomness=randomness)
        is_worn_out = row.tries >= MOST_TRIES
        if is_worn_out:
            values = {"state": DeliveryState.FAILED, "ended_at": instant(now)}
        connection.execute(update(webhook_deliveries).where(_is(row.webhook_id, row.event_id)).values(**values))
        if is_worn_out:
            continue
        told = by_id[row.event_id]
        found.append(
            ClaimedDelivery(
                webhook_id=row.webhook_id,
                lender_id=row.lender_id,
                attempt=attempt,
                tries=row.tries + 1,
                leased_until=now + lease,
                url=url,
                event=Event(**{name: getattr(told, name) for name in Event.__struct_fields__}),
                secrets=secrets,
            )
        )
    return found


def finish(
    connection: Connection, claimed: ClaimedDelivery, tried: Tried, *, now: datetime, randomness: Randomness
) -> DeliveryState | None:
    """Store what came of a try, in the caller's transaction; None where the delivery is not this attempt's any more.

    A webhook that is gone, or that has failed for long, is disabled.
    """
    # the webhook before the delivery, as everywhere
    mine = select(webhooks).where(webhooks.c.id == claimed.webhook_id).with_for_update(key_share=True)
    webhook = connection.execute(mine).one()
    holds = _is(claimed.webhook_id, claimed.event.id) & (webhook_deliveries.c.attempt == claimed.attempt)
    holds &= webhook_deliveries.c.state == DeliveryState.SENDING
    values = _after(claimed, tried, is_enabled=webhook.state == WebhookState.ENABLED, now=now, randomness=randomness)
    if connection.execute(update(webhook_deliveries).where(holds).values(**values)).rowcount != 1:
        return None
    if not (tried.error is TryError.UNSIGNED and _is_told(connection, claimed)):
        _log(
            connection,
            claimed.webhook_id,
            claimed.event.id,
            claimed.lender_id,
            tried,
            now=now,
            randomness=randomness,
        )
    if tried.error is not TryError.UNSIGNED and webhook.url == claimed.url:
        _judge(connection, webhook, tried, now=now, randomness=randomness)
    found = select(webhook_deliveries.c.state).where(_is(claimed.webhook_id, claimed.event.id))
    return DeliveryState(connection.execute(found).scalar_one())


def _after(
    claimed: ClaimedDelivery, tried: Tried, *, is_enabled: bool, now: datetime, randomness: Randomness
) -> dict[str, Any]:
    """What becomes of a delivery."""
    if tried.is_delivered:
        return {"state": DeliveryState.DELIVERED, "ended_at": instant(now)}
    if is_enabled and tried.error is TryError.UNSIGNED:  # the fault is ours: it takes none of its tries
        return {"state": DeliveryState.WAITING, "due_at": instant(now + _UNSIGNED_WAIT), "tries": claimed.tries - 1}
    chance = int.from_bytes(randomness(4), "big") / _MOST_CHANCE
    wait = next_wait(claimed.tries, chance=chance, asked=tried.retry_after)
    if is_enabled and wait is not None:
        return {"state": DeliveryState.WAITING, "due_at": instant(now + wait)}
    return {"state": DeliveryState.FAILED if is_enabled else DeliveryState.STOPPED, "ended_at": instant(now)}


def _is_told(connection: Connection, claimed: ClaimedDelivery) -> bool:
    """Whether the log of a delivery says already that it cannot be signed."""
    mine = (webhook_tries.c.webhook_id == claimed.webhook_id) & (webhook_tries.c.event_id == claimed.event.id)
    told = select(webhook_tries.c.id).where(mine & (webhook_tries.c.error == TryError.UNSIGNED)).limit(1)
    return connection.execute(told).first() is not None


def _judge(connection: Connection, webhook: Row[Any], tried: Tried, *, now: datetime, randomness: Randomness) -> None:
    """What a try says of its webhook, which is locked."""
    if webhook.state != WebhookState.ENABLED:
        return
    mine = update(webhooks).where(webhooks.c.id == webhook.id)
    if tried.is_delivered:
        if webhook.failing_since is not None:
            connection.execute(mine.values(failing_since=None))
        return
    since = webhook.failing_since or instant(now)
    if webhook.failing_since is None:
        connection.execute(mine.values(failing_since=since))
    is_long = now - datetime.fromisoformat(since) >= LONGEST_FAILURE
    if tried.is_gone or is_long:
        why = WhyDisabled.GONE if tried.is_gone else WhyDisabled.FAILING
        disable(connection, webhook.id, webhook.lender_id, why, now=now, randomness=randomness)
        who = Who(lender_id=webhook.lender_id, actor=SERVICE)
        a_mark(who, Action.WEBHOOK_FAILED, now=now, randomness=randomness).put(connection, object_id=webhook.id)


def _log(
    connection: Connection,
    webhook_id: str,
    event_id: str,
    lender_id: str,
    tried: Tried,
    *,
    now: datetime,
    randomness: Randomness,
) -> None:
    connection.execute(
        insert(webhook_tries).values(
            id=new_id("wht", now, randomness),
            webhook_id=webhook_id,
            event_id=event_id,
            lender_id=lender_id,
            at=instant(now),
            status=tried.status,
            error=tried.error,
            milliseconds=tried.milliseconds,
        )
    )


def _is(webhook_id: str, event_id: str) -> ColumnElement[bool]:
    return (webhook_deliveries.c.webhook_id == webhook_id) & (webhook_deliveries.c.event_id == event_id)
