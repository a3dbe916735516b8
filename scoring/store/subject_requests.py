"""Requests of data subjects: what was asked, until when it must be answered, and what came of it."""

import json
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, Select, insert, select, update
from sqlalchemy.engine import Connection

from scoring.base.deadlines import months_after
from scoring.base.identifiers import Randomness, day_in_berlin, instant, is_id, new_id
from scoring.store.audit import Mark
from scoring.store.database import Database
from scoring.store.tables import borrowers, subject_requests

_MONTHS = 1
_MONTHS_EXTENDED = 3
"""From receipt: Art. 12(3) GDPR lets the month be extended by two more."""


class RequestKind(StrEnum):
    """What was asked."""

    ACCESS = "access"
    ERASURE = "erasure"
    RESTRICTION = "restriction"


class RequestState(StrEnum):
    """What became of a request."""

    OPEN = "open"
    RESTRICTED = "restricted"
    """An erasure that waits for the end of holds."""
    DONE = "done"
    LIFTED = "lifted"
    """A restriction that was carried out and has ended."""
    REFUSED = "refused"


class IdentityCheck(StrEnum):
    """How it was proved who asks."""

    IN_PERSON = "in_person"
    IDENTITY_DOCUMENT = "identity_document"
    KNOWN_CONTACT = "known_contact"
    """An answer to a question sent to the address that was on record before the request."""
    QUALIFIED_SIGNATURE = "qualified_signature"
    SIGNED_IN = "signed_in"
    """In the lender's own portal."""


class Extension(StrEnum):
    """Why two more months are needed."""

    COMPLEXITY = "complexity"
    NUMBER = "number"


class Refusal(StrEnum):
    """Why a request is refused."""

    IDENTITY_UNPROVEN = "identity_unproven"
    UNFOUNDED = "unfounded"
    EXCESSIVE = "excessive"


_IS_WAITING = subject_requests.c.state == RequestState.RESTRICTED
_IS_RESTRICTION = (subject_requests.c.kind == RequestKind.RESTRICTION) & (subject_requests.c.state == RequestState.DONE)


class RequestStateError(Exception):
    """The request cannot be changed or carried out in its state; the message says why."""


class SubjectRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A stored request."""

    id: str
    lender_id: str
    borrower_id: str
    borrower_ref: str | None
    kind: RequestKind
    state: RequestState
    received_on: date
    due_on: date
    extended_for: str | None
    identity_check: str | None
    identity_checked_by: str | None
    refused_for: str | None
    recorded_at: str
    recorded_by: str
    ended_at: str | None
    outcome: dict[str, Any] | None


def add_request(  # noqa: PLR0913  each is named by its caller
    connection: Connection,
    *,
    lender_id: str,
    borrower_ref: str,
    kind: RequestKind,
    received_on: date,
    identity_check: IdentityCheck | None,
    now: datetime,
    randomness: Randomness,
    mark: Mark,
) -> str | None:
    """Record a request in the caller's transaction; returns its identifier, or None without such a borrower."""
    whom = (borrowers.c.lender_id == lender_id) & (borrowers.c.borrower_ref == borrower_ref)
    borrower_id = connection.execute(select(borrowers.c.id).where(whom)).scalar()
    if borrower_id is None:
        return None
    identifier = new_id("dsr", now, randomness)
    connection.execute(
        insert(subject_requests).values(
            id=identifier,
            lender_id=lender_id,
            borrower_id=borrower_id,
            kind=kind,
            state=RequestState.OPEN,
            received_on=received_on,
            due_on=months_after(received_on, _MONTHS),
            identity_check=identity_check,
            identity_checked_by=None if identity_check is None else mark.who.name,
            recorded_at=instant(now),
            recorded_by=mark.who.name,
        )
    )
    mark.put(connection, object_id=identifier, borrower_id=borrower_id)
    return identifier


def change_request(
    connection: Connection,
    request_id: str,
    *,
    identity_check: IdentityCheck | None,
    extended_for: Extension | None,
    refused_for: Refusal | None,
    now: datetime,
    mark: Mark,
) -> None:
    """Note what happened to an open request, in the caller's transaction.

    Raises:
        RequestStateError: it has ended, or is past its first term.
    """
    request = open_request(connection, request_id)
    values: dict[str, Any] = {}
    if identity_check is not None:
        values |= {"identity_check": identity_check, "identity_checked_by": mark.who.name}
    if extended_for is not None:
        if day_in_berlin(now) > request.due_on:
            raise RequestStateError("the request is past its first month: it cannot be extended any more")
        values |= {"extended_for": extended_for, "due_on": months_after(request.received_on, _MONTHS_EXTENDED)}
    if refused_for is not None:
        values |= {"refused_for": refused_for, "state": RequestState.REFUSED, "ended_at": instant(now)}
    connection.execute(update(subject_requests).where(subject_requests.c.id == request_id).values(**values))
    mark.put(connection, object_id=request_id, borrower_id=request.borrower_id)


def open_request(connection: Connection, request_id: str) -> SubjectRequest:
    """An open request, locked until the caller's transaction ends.

    Raises:
        RequestStateError: it has ended.
    """
    mine = subject_requests.c.id == request_id
    state = connection.execute(select(subject_requests.c.state).where(mine).with_for_update()).scalar_one()
    if state != RequestState.OPEN:
        raise RequestStateError(f"the request is {state} already")
    return _request(connection.execute(_requests().where(mine)).one())


def lift_request(connection: Connection, request_id: str, *, told_on: date, at: str) -> SubjectRequest:
    """End a restriction, in the caller's transaction; returns the request as it was.

    Args:
        connection: of the transaction.
        request_id: of the restriction.
        told_on: the day on which the data subject was told that it ends (Art. 18(3) GDPR).
        at: the instant.

    Raises:
        RequestStateError: it is not in force, or the subject cannot have been told on that day.
    """
    mine = subject_requests.c.id == request_id
    connection.execute(select(subject_requests.c.id).where(mine).with_for_update()).one()
    request = _request(connection.execute(_requests().where(mine)).one())
    if request.kind is not RequestKind.RESTRICTION or request.state is not RequestState.DONE:
        raise RequestStateError(f"the request is one for {request.kind} and {request.state}: it restricts nothing")
    if request.borrower_ref is None:
        raise RequestStateError("the data were erased since: nothing is restricted any more")
    if told_on < request.received_on:
        raise RequestStateError(f"the data subject cannot have been told on {told_on}, before the request arrived")
    outcome = (request.outcome or {}) | {"told_on": told_on.isoformat()}
    end_request(connection, request_id, state=RequestState.LIFTED, outcome=outcome, at=at)
    return request


def restricted_on_request() -> "ColumnElement[str]":
    """Identifiers of borrowers whose data are restricted as the data subject asked, for a condition."""
    statement = select(subject_requests.c.borrower_id).join_from(subject_requests, borrowers)
    return statement.where(_IS_RESTRICTION & borrowers.c.restricted_at.is_not(None)).scalar_subquery()


def is_restricting(connection: Connection, borrower_id: str) -> bool:
    """Whether a request keeps a borrower restricted: for that alone, or as an erasure that waits."""
    mine = (subject_requests.c.borrower_id == borrower_id) & (_IS_RESTRICTION | _IS_WAITING)
    return connection.execute(select(subject_requests.c.id).where(mine)).first() is not None


def end_request(
    connection: Connection, request_id: str, *, state: RequestState, outcome: dict[str, Any], at: str
) -> None:
    """Store what came of a request, in the caller's transaction."""
    values = {"state": state, "ended_at": at, "outcome": json.dumps(outcome)}
    connection.execute(update(subject_requests).where(subject_requests.c.id == request_id).values(**values))


async def find_request(database: Database, *, lender_id: str, request_id: str) -> SubjectRequest | None:
    """One request of this lender."""
    if not is_id(request_id, "dsr"):
        return None
    statement = _requests().where((subject_requests.c.lender_id == lender_id) & (subject_requests.c.id == request_id))
    row = await database.read_at_once(lambda connection: connection.execute(statement).first())
    return None if row is None else _request(row)


async def list_requests(
    database: Database,
    *,
    lender_id: str,
    state: RequestState | None,
    borrower_ref: str | None,
    before: str | None,
    limit: int,
) -> list[SubjectRequest]:
    """Requests of this lender, newest first, that are older than ``before``."""
    statement = _requests().where(subject_requests.c.lender_id == lender_id)
    if state is not None:
        statement = statement.where(subject_requests.c.state == state)
    if borrower_ref is not None:
        statement = statement.where(borrowers.c.borrower_ref == borrower_ref)
    if before is not None:
        statement = statement.where(subject_requests.c.id < before)
    statement = statement.order_by(subject_requests.c.id.desc()).limit(limit)
    rows = await database.read_at_once(lambda connection: connection.execute(statement).all())
    return [_request(row) for row in rows]


def requests_of(connection: Connection, borrower_id: str) -> list[SubjectRequest]:
    """Requests about a borrower, oldest first."""
    statement = _requests().where(subject_requests.c.borrower_id == borrower_id).order_by(subject_requests.c.id)
    return [_request(row) for row in connection.execute(statement)]


def waiting_erasures(connection: Connection) -> list[SubjectRequest]:
    """Erasures of all lenders that wait for the end of holds."""
    statement = _requests().where(_IS_WAITING).order_by(subject_requests.c.id)
    return [_request(row) for row in connection.execute(statement)]


def is_waiting(connection: Connection, request_id: str) -> bool:
    """Whether an erasure still waits; the caller has locked the borrower."""
    state = select(subject_requests.c.state).where(subject_requests.c.id == request_id)
    return connection.execute(state).scalar() == RequestState.RESTRICTED


def _requests() -> Select[tuple[Any, ...]]:
    names = [name for name in SubjectRequest.__struct_fields__ if name != "borrower_ref"]
    columns = [subject_requests.c[name] for name in names]
    return select(*columns, borrowers.c.borrower_ref).join_from(subject_requests, borrowers)


def _request(row: Row[Any]) -> SubjectRequest:
    fields = dict(row._mapping)  # noqa: SLF001  public in SQLAlchemy
    outcome = None if row.outcome is None else json.loads(row.outcome)
    kinds = {"kind": RequestKind(row.kind), "state": RequestState(row.state), "outcome": outcome}
    return SubjectRequest(**{**fields, **kinds})
