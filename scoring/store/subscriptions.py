"""Subscriptions of monitoring, and the leases of the workers that observe.

The row is the queue. A worker takes a subscription that is due by a lease; where it died, the lease ends and another
worker takes it. An observation is stored only for the attempt that holds the subscription: so each is made once.
"""

from collections.abc import MutableMapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Row, case, delete, exists, func, insert, select, update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import BERLIN, Randomness, day_in_berlin, instant
from scoring.decisions.cases import CaseState
from scoring.decisions.decision import Verdict
from scoring.decisions.monitoring import DAYS_WITHOUT_LOAN, EndCause, SubscriptionState, last_day_without_loan
from scoring.decisions.webhooks import EventType
from scoring.store.database import add_if_new
from scoring.store.events import record
from scoring.store.holds import kept_by_law
from scoring.store.tables import (
    account_turns,
    borrowers,
    case_steps,
    cases,
    decisions,
    loans,
    monitoring_subscriptions,
    observations,
)

PREFIX: Final = "mon"
_table = monitoring_subscriptions


class SubscriptionLostError(Exception):
    """The subscription has ended, or another worker has it; nothing was stored."""


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """A stored subscription."""

    id: str
    lender_id: str
    borrower_id: str
    borrower_ref: str | None
    connection_id: str
    decision_id: str
    """That is watched."""
    account: str
    """Digest of what opens the books."""
    state: SubscriptionState
    cause: str | None
    """Why it is paused or has ended."""
    attempt: str | None
    tries: int
    due_at: str
    observed_at: str | None
    created_at: str
    created_by: str
    ended_at: str | None
    ends_on: date | None = None
    """The last day on which books are read, unless a loan is entered; None where one is, and once it has ended."""
    is_restricted: bool = False
    """Whether the borrower's data are only kept."""

    @property
    def next_at(self) -> str | None:
        """When books are read next; None where they are not, as things stand."""
        if self.state is not SubscriptionState.ACTIVE:
            return None
        day = day_in_berlin(datetime.fromisoformat(self.due_at))
        return None if self.ends_on is not None and day > self.ends_on else self.due_at


class NewSubscription(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription, ready to be stored."""

    id: str
    lender_id: str
    borrower_id: str
    connection_id: str
    decision_id: str
    account: str
    due_at: str
    created_at: str
    created_by: str


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which subscriptions are wanted; None is all."""

    lender_id: str | None = None
    state: SubscriptionState | None = None
    borrower_ref: str | None = None


def add(connection: Connection, new: NewSubscription) -> None:
    """Store a subscription in the caller's transaction."""
    values = msgspec.structs.asdict(new) | {"state": SubscriptionState.ACTIVE, "tries": 0}
    connection.execute(insert(_table).values(**values))


def find(connection: Connection, subscription_id: str, *, lender_id: str | None) -> Subscription | None:
    """One subscription of this lender, or of any where none is named."""
    which = _table.c.id == subscription_id
    if lender_id is not None:
        which &= _table.c.lender_id == lender_id
    return _first(connection, which)


def live_of(connection: Connection, borrower_id: str, *, is_locked: bool = False) -> Subscription | None:
    """The subscription of a borrower that has not ended.

    Args:
        connection: of the transaction.
        borrower_id: whose.
        is_locked: nobody else changes it until the caller's transaction ends; a change under way is waited for.
    """
    mine = (_table.c.borrower_id == borrower_id) & (_table.c.state != SubscriptionState.ENDED)
    if is_locked:
        connection.execute(select(_table.c.id).where(mine).with_for_update())
    return _first(connection, mine)


def list_some(
    connection: Connection, wanted: Wanted, *, before: str | None = None, limit: int, with_restricted: bool = True
) -> list[Subscription]:
    """Subscriptions, newest first, that are older than the subscription ``before``."""
    statement = _stored().order_by(_table.c.id.desc()).limit(limit)
    if wanted.lender_id is not None:
        statement = statement.where(_table.c.lender_id == wanted.lender_id)
    if wanted.state is not None:
        statement = statement.where(_table.c.state == wanted.state)
    if wanted.borrower_ref is not None:
        statement = statement.where(borrowers.c.borrower_ref == wanted.borrower_ref)
    if not with_restricted:
        statement = statement.where(borrowers.c.restricted_at.is_(None))
    if before is not None:
        statement = statement.where(_table.c.id < before)
    return [_subscription(row) for row in connection.execute(statement)]


def end(connection: Connection, which: ColumnElement[bool], cause: EndCause, *, at: str, randomness: Randomness) -> int:
    """End subscriptions in the caller's transaction, and delete the books that were kept for them; returns how many.

    What is being observed is not stored: its attempt finds that it is not its any more. Books of whom a law keeps, or
    who is restricted, stay until that is over; an open loan keeps none, since they stand on consent alone.
    """
    live = which & (_table.c.state != SubscriptionState.ENDED)
    ended = {"state": SubscriptionState.ENDED, "cause": cause, "ended_at": at, "attempt": None}
    columns = (_table.c.id, _table.c.lender_id, _table.c.borrower_id)
    rows = connection.execute(update(_table).where(live).values(**ended).returning(*columns)).all()
    _drop_books(connection, [row.id for row in rows], at=at)
    for row in rows:
        told = {"monitoring_id": row.id, "cause": cause.value}
        _tell(connection, EventType.MONITORING_ENDED, row, told, at=at, randomness=randomness)
    return len(rows)


class LoanBehind(msgspec.Struct, frozen=True, kw_only=True):
    """Whether there is a loan to watch, or one to come."""

    is_lent: bool
    """An open loan of the borrower was entered."""
    is_refused: bool
    """The decision, or the persons who decided after it, declined; or the application was withdrawn."""
    is_repaid: bool
    """The loan on the decision has ended: another one takes another decision."""
    is_late: bool
    """The time for entering a loan is over."""

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to be watched."""
        return not self.is_lent and (self.is_refused or self.is_repaid or self.is_late)


def loan_behind(connection: Connection, subscription_id: str, *, now: datetime) -> LoanBehind:
    """What is behind a subscription that is stored."""
    columns = {
        "is_lent": _is_lent(),
        "is_refused": _is_refused(),
        "is_repaid": _is_repaid(),
        "is_late": _is_late(now),
    }
    asked = select(*(column.label(name) for name, column in columns.items())).where(_table.c.id == subscription_id)
    row = connection.execute(asked).one()
    return LoanBehind(**{name: bool(getattr(row, name)) for name in columns})


def is_without_loan(now: datetime) -> ColumnElement[bool]:
    """Those that have not ended though nothing is left to be watched."""
    return (_table.c.state != SubscriptionState.ENDED) & ~_is_lent() & (_is_refused() | _is_repaid() | _is_late(now))


def end_without_loan(
    connection: Connection, which: ColumnElement[bool], *, now: datetime, randomness: Randomness
) -> int:
    """End those of these for which nothing is left to be watched; returns how many."""
    return end(connection, which & is_without_loan(now), EndCause.NO_LOAN, at=instant(now), randomness=randomness)


def _is_lent() -> ColumnElement[bool]:
    return exists().where((loans.c.borrower_id == _table.c.borrower_id) & loans.c.closed_on.is_(None))


def _is_refused() -> ColumnElement[bool]:
    """By its case, where the decision is in one: what persons decided counts."""
    in_case = (case_steps.c.decision_id == _table.c.decision_id) & (cases.c.id == case_steps.c.case_id)
    is_declined = (cases.c.verdict == Verdict.DECLINE) | (cases.c.state == CaseState.WITHDRAWN)
    by_itself = (decisions.c.id == _table.c.decision_id) & (decisions.c.verdict == Verdict.DECLINE)
    return exists().where(in_case & is_declined) | (~exists().where(in_case) & exists().where(by_itself))


def _is_repaid() -> ColumnElement[bool]:
    return exists().where((loans.c.decision_id == _table.c.decision_id) & loans.c.closed_on.is_not(None))


def _is_late(now: datetime) -> ColumnElement[bool]:
    first = day_in_berlin(now) - timedelta(days=DAYS_WITHOUT_LOAN)
    decided_before = decisions.c.created_at < instant(datetime.combine(first, time(), BERLIN))
    return exists().where((decisions.c.id == _table.c.decision_id) & decided_before)


def _drop_books(connection: Connection, identifiers: Sequence[str], *, at: str) -> None:
    mine = observations.c.subscription_id.in_(identifiers) & observations.c.books.is_not(None)
    connection.execute(update(observations).where(mine).values(books_expire_at=at))
    is_kept = observations.c.borrower_id.in_(kept_by_law(day_in_berlin(datetime.fromisoformat(at)))) | exists().where(
        (borrowers.c.id == observations.c.borrower_id) & borrowers.c.restricted_at.is_not(None)
    )
    connection.execute(update(observations).where(mine & ~is_kept).values(books=None))


def claim(
    connection: Connection,
    attempts: Sequence[str],
    *,
    now: datetime,
    lease: timedelta,
    between: timedelta,
    served: MutableMapping[str, int],
) -> list[Subscription]:
    """Take subscriptions that are due, one for each attempt at most.

    Args:
        connection: of the caller's transaction.
        attempts: an identifier for each that may be taken.
        now: the present.
        lease: for which an attempt has it, unless it renews.
        between: the beginnings of two readings of the same books.
        served: lenders in the order in which the caller took theirs, by a number that grows.

    Lenders come in turn, so that the thousands of one do not delay the others; of one, the longest overdue comes first.
    Workers that ask at the same moment pass over each other's rows. On SQLite, writers come one after the other anyway.
    """
    found = []
    connection.execute(delete(account_turns).where(account_turns.c.free_at <= instant(now)))
    busy = exists().where((account_turns.c.account == _table.c.account) & (account_turns.c.free_at > instant(now)))
    ready = _is_due(now) & ~busy
    for attempt in attempts:
        lenders = connection.execute(select(_table.c.lender_id).where(ready).distinct()).scalars()
        row = None
        for lender in sorted(lenders, key=lambda one: (served.get(one, 0), one)):
            statement = select(_table.c.id, _table.c.account).where(ready & (_table.c.lender_id == lender))
            first = statement.order_by(_table.c.due_at).limit(1).with_for_update(skip_locked=True)
            row = connection.execute(first).first()
            if row is not None:
                served[lender] = max(served.values(), default=0) + 1
                break
        if row is None:
            break
        taken = {"attempt": attempt, "tries": _table.c.tries + 1, "due_at": instant(now + lease)}
        connection.execute(update(_table).where(_table.c.id == row.id).values(**taken))
        free_at = instant(now + between)
        if not add_if_new(connection, account_turns, account=row.account, free_at=free_at):
            mine = account_turns.c.account == row.account
            connection.execute(update(account_turns).where(mine).values(free_at=free_at))
        claimed = find(connection, row.id, lender_id=None)
        assert claimed is not None, "taken just now"  # noqa: S101  for mypy
        found.append(claimed)
    return found


def _is_due(now: datetime) -> ColumnElement[bool]:
    return (_table.c.state == SubscriptionState.ACTIVE) & (_table.c.due_at <= instant(now))


def count_due(connection: Connection, *, now: datetime) -> tuple[int, str | None]:
    """How many may be taken now, and since when the one waits that waits longest."""
    row = connection.execute(select(func.count(), func.min(_table.c.due_at)).where(_is_due(now))).one()
    return row[0], row[1]


def renew(connection: Connection, held: Subscription, *, now: datetime, lease: timedelta) -> bool:
    """Prolong a lease; False where the subscription is not this attempt's any more."""
    return connection.execute(update(_table).where(_held(held)).values(due_at=instant(now + lease))).rowcount == 1


def free_all(connection: Connection, *, now: datetime) -> int:
    """Free what a process that died had, where no other one can be at work; returns how many."""
    taken = _table.c.attempt.is_not(None)
    return connection.execute(update(_table).where(taken).values(attempt=None, due_at=instant(now))).rowcount


def put_back(connection: Connection, held: Subscription, *, due_at: datetime, is_try: bool) -> None:
    """Let another attempt begin at a moment; one that does not count as a try failed for a reason of the service."""
    tries = held.tries if is_try else held.tries - 1
    values = {"attempt": None, "tries": tries, "due_at": instant(due_at)}
    connection.execute(update(_table).where(_held(held)).values(**values))


def pause(connection: Connection, held: Subscription, cause: str, *, at: str, randomness: Randomness) -> None:
    """Observe no more until somebody asks for it."""
    values = {"state": SubscriptionState.PAUSED, "cause": cause, "attempt": None}
    if connection.execute(update(_table).where(_held(held)).values(**values)).rowcount:
        told = {"monitoring_id": held.id, "cause": cause}
        _tell(connection, EventType.MONITORING_PAUSED, held, told, at=at, randomness=randomness)


def finish(connection: Connection, held: Subscription, *, observed_at: str, due_at: datetime) -> None:
    """Free it with the observation that was made, in the transaction that stores that.

    Raises:
        SubscriptionLostError: the attempt does not hold it any more; the transaction must not be committed.
    """
    values = {"attempt": None, "tries": 0, "observed_at": observed_at, "due_at": instant(due_at)}
    if connection.execute(update(_table).where(_held(held)).values(**values)).rowcount != 1:
        raise SubscriptionLostError("the subscription has ended, or another worker has it")


def bring_forward(connection: Connection, subscription_id: str, *, due_at: datetime) -> None:
    """Let it be observed earlier than it would be; never later, and not while it is being observed."""
    is_later = (_table.c.id == subscription_id) & (_table.c.due_at > instant(due_at)) & _table.c.attempt.is_(None)
    connection.execute(update(_table).where(is_later).values(due_at=instant(due_at)))


def ask_now(connection: Connection, subscription_id: str, *, now: datetime) -> bool:
    """Let it be observed now, also where it is paused; False where it has ended. One at work goes on."""
    mine = (_table.c.id == subscription_id) & (_table.c.state != SubscriptionState.ENDED)
    values = {"state": SubscriptionState.ACTIVE, "cause": None, "tries": 0, "due_at": instant(now)}
    free = connection.execute(update(_table).where(mine & _table.c.attempt.is_(None)).values(**values)).rowcount
    return bool(free) or connection.execute(select(_table.c.id).where(mine)).first() is not None


def _held(held: Subscription) -> ColumnElement[bool]:
    return (_table.c.id == held.id) & (_table.c.attempt == held.attempt) & (_table.c.state == SubscriptionState.ACTIVE)


def _tell(
    connection: Connection,
    kind: EventType,
    about: Any,  # noqa: ANN401  a row or a subscription
    told: dict[str, str],
    *,
    at: str,
    randomness: Randomness,
) -> None:
    record(
        connection,
        kind,
        told,
        lender_id=about.lender_id,
        at=at,
        randomness=randomness,
        borrower_id=about.borrower_id,
    )


_JOINED: Final = ("borrower_ref", "ends_on", "is_restricted")


def _stored() -> Any:  # noqa: ANN401  a statement
    columns = [_table.c[name] for name in Subscription.__struct_fields__ if name not in _JOINED]
    restricted = borrowers.c.restricted_at.is_not(None).label("is_restricted")
    joined = _table.join(borrowers, borrowers.c.id == _table.c.borrower_id).join(
        decisions, decisions.c.id == _table.c.decision_id
    )
    is_open_ended = _is_lent() | (_table.c.state == SubscriptionState.ENDED)
    decided_at = case((is_open_ended, None), else_=decisions.c.created_at).label("decided_at")
    return select(*columns, borrowers.c.borrower_ref, restricted, decided_at).select_from(joined)


def _first(connection: Connection, which: ColumnElement[bool]) -> Subscription | None:
    row = connection.execute(_stored().where(which)).first()
    return None if row is None else _subscription(row)


def _subscription(row: Row[Any]) -> Subscription:
    values = dict(row._mapping)  # noqa: SLF001  public in SQLAlchemy
    decided_at = values.pop("decided_at")
    ends_on = None if decided_at is None else last_day_without_loan(datetime.fromisoformat(decided_at))
    return Subscription(**{**values, "state": SubscriptionState(row.state), "ends_on": ends_on})
