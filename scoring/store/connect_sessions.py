"""One-time links with which a firm connects its account: open until used, cancelled, failed or expired.

The secret of a link is stored as a digest only. A link ends once: whoever ends it changes its row from ``open`` in a
writing transaction, and of two who try at the same time one finds it ended.
"""

import base64
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import anyio.to_thread
import msgspec
from sqlalchemy import ColumnElement, Row, Select, func, insert, select, update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import Randomness, instant, new_id
from scoring.base.secrets import Cipher, Secret, digest
from scoring.decisions.statements import Statement, StatementKind
from scoring.store.audit import Mark
from scoring.store.borrowers import borrower_of, demand_open
from scoring.store.connections import opened_states, states_of
from scoring.store.database import Database
from scoring.store.statements import Signer
from scoring.store.tables import borrowers, connect_sessions, consents

MOST_TRIES = 5
"""Maximum number of token checks per link: sevdesk may block an account after many failures."""
_SECRET_BYTES = 32


class SessionStatus(StrEnum):
    """State of a link."""

    OPEN = "open"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    """Not stored: derived from the clock."""
    FAILED = "failed"
    """Too many tokens were rejected."""


class SessionEndedError(Exception):
    """The link was used, cancelled or failed meanwhile, or has expired."""


class SessionOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A lender's order for a link."""

    lender_id: str
    borrower_ref: str
    return_url: str
    lender_name: str
    """The lender's name that the firm knows."""
    privacy_url: str
    privacy_email: str
    language: str
    purposes: tuple[str, ...]
    expires_at: datetime


class ConnectSession(msgspec.Struct, frozen=True, kw_only=True):
    """A stored link."""

    id: str
    lender_id: str
    borrower_id: str
    borrower_ref: str | None
    return_url: str
    lender_name: str
    privacy_url: str
    privacy_email: str
    language: str
    purposes: tuple[str, ...]
    status: SessionStatus
    """As of the moment of reading."""
    tries: int
    created_at: str
    expires_at: str
    connection_id: str | None
    is_restricted: bool = False
    """Whether the borrower's data are only kept: the lender's auditors and administrators alone see the link."""


class Withdrawal(msgspec.Struct, frozen=True, kw_only=True):
    """A purpose that the firm withdrew, or that the lender withdrew for it."""

    purpose: str
    withdrawn_at: str | None
    """Null where a version before 0.6 did it, which signed nothing."""


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """A firm's consent, with the text that was shown, word for word."""

    language: str
    purposes: tuple[str, ...]
    """What was agreed to then; ``withdrawn`` says what is not any more."""
    text_version: str
    text_sha256: str
    text: str
    given_at: str
    reads: tuple[str, ...] | None = None
    """Resources that the text names as read; null before version 14, see ``connections.EARLIER``."""
    withdrawn_at: str | None = None
    """When the firm withdrew all of it."""
    withdrawn: tuple[Withdrawal, ...] = ()
    """In the order of withdrawal; not stored: the signed statements of the connection say it."""


_STORED: Final = tuple(name for name in Consent.__struct_fields__ if name != "withdrawn")


async def add_session(
    database: Database, cipher: Cipher, order: SessionOrder, *, now: datetime, randomness: Randomness, mark: Mark
) -> tuple[str, Secret]:
    """Create a link.

    Returns:
        The identifier of the session, and the secret, which is not stored and cannot be shown again.

    Raises:
        BorrowerRestrictedError: the borrower's data are only kept.
    """
    identifier = new_id("cns", now, randomness)
    secret = base64.urlsafe_b64encode(randomness(_SECRET_BYTES)).decode().rstrip("=")

    def work(connection: Connection) -> None:
        borrower = borrower_of(
            connection,
            lender_id=order.lender_id,
            ref=order.borrower_ref,
            cipher=cipher,
            now=now,
            randomness=randomness,
        )
        demand_open(connection, borrower.id)
        connection.execute(
            insert(connect_sessions).values(
                id=identifier,
                lender_id=order.lender_id,
                borrower_id=borrower.id,
                secret_sha256=digest(secret),
                return_url=order.return_url,
                lender_name=order.lender_name,
                privacy_url=order.privacy_url,
                privacy_email=order.privacy_email,
                language=order.language,
                purposes=",".join(order.purposes),
                status=SessionStatus.OPEN,
                tries=0,
                created_at=instant(now),
                expires_at=instant(order.expires_at),
            )
        )
        mark.put(connection, object_id=identifier, borrower_id=borrower.id)

    await database.write_at_once(work)
    return identifier, Secret(secret)


async def find_by_secret(database: Database, secret: str, *, now: datetime) -> ConnectSession | None:
    """The session of a link, in any state."""
    return await _find(database, connect_sessions.c.secret_sha256 == digest(secret), now)


async def find_session(database: Database, *, lender_id: str, session_id: str, now: datetime) -> ConnectSession | None:
    """One session of this lender."""
    mine = (connect_sessions.c.lender_id == lender_id) & (connect_sessions.c.id == session_id)
    return await _find(database, mine, now)


async def find_consent(database: Database, signer: Signer, *, lender_id: str, session_id: str) -> Consent | None:
    """The consent given in a session of this lender."""
    found = await find_consents(database, signer, lender_id=lender_id, session_ids=[session_id])
    return found.get(session_id)


async def find_consents(
    database: Database, signer: Signer, *, lender_id: str, session_ids: Sequence[str]
) -> dict[str, Consent]:
    """The consents given in sessions of this lender, by session, with what was withdrawn since."""
    columns = [consents.c[name] for name in _STORED]
    statement = select(consents.c.connect_session_id, consents.c.connection_id, *columns).where(
        (consents.c.lender_id == lender_id) & consents.c.connect_session_id.in_(session_ids)
    )

    def read(connection: Connection) -> tuple[Sequence[Row[Any]], dict[str, list[str]]]:
        rows = connection.execute(statement).all()
        return rows, states_of(connection, lender_id=lender_id, connection_ids=[row.connection_id for row in rows])

    def with_withdrawals() -> dict[str, Consent]:
        found = {}
        for row in rows:
            fields = _fields(row)
            session_id, connection_id = fields.pop("connect_session_id"), fields.pop("connection_id")
            reads = None if row.reads is None else tuple(row.reads.split(","))
            consent = Consent(**{**fields, "reads": reads})
            states = opened_states(signer, lender_id, connection_id, signed.get(connection_id, []))
            found[session_id] = msgspec.structs.replace(consent, withdrawn=tuple(_withdrawals(consent, states)))
        return found

    rows, signed = await database.read_at_once(read)
    return await anyio.to_thread.run_sync(with_withdrawals)  # a signature takes a tenth of a millisecond


def _withdrawals(consent: Consent, states: Sequence[Statement]) -> Iterator[Withdrawal]:
    """What is left out of the purposes of a connection, from one of its signed states to the next."""
    left = list(consent.purposes)
    for state in states:
        purposes = state.facts.get("purposes")
        if not isinstance(purposes, list):  # it was deleted: the consent itself says whether by a withdrawal
            break
        at = None if state.facts.get("signed_later") else state.at
        yield from (Withdrawal(purpose=purpose, withdrawn_at=at) for purpose in left if purpose not in purposes)
        left = [purpose for purpose in left if purpose in purposes]
    if consent.withdrawn_at is not None:
        yield from (Withdrawal(purpose=purpose, withdrawn_at=consent.withdrawn_at) for purpose in left)


async def find_lender_name(database: Database, *, lender_id: str, connection_id: str) -> str | None:
    """The lender's name on the consent page of a connection; None if there was no link."""
    statement = select(connect_sessions.c.lender_name).where(
        (connect_sessions.c.lender_id == lender_id) & (connect_sessions.c.connection_id == connection_id)
    )
    async with database.read() as connection:
        return (await connection.execute(statement)).scalar()


async def take_try(database: Database, session: ConnectSession, *, now: datetime) -> None:
    """Count a token check before it is made, so that concurrent checks stay below the limit.

    Raises:
        SessionEndedError: the link is not open any more, or has no try left.
    """
    is_usable = (
        _is_open(session) & (connect_sessions.c.tries < MOST_TRIES) & (connect_sessions.c.expires_at > instant(now))
    )
    async with database.write() as connection:
        done = await connection.execute(
            update(connect_sessions).where(is_usable).values(tries=connect_sessions.c.tries + 1)
        )
    if done.rowcount != 1:
        raise SessionEndedError("the link is no longer open")


async def give_back_try(database: Database, session: ConnectSession) -> None:
    """Undo the count of a check that sevdesk did not answer."""
    async with database.write() as connection:
        await connection.execute(
            update(connect_sessions).where(_is_open(session)).values(tries=connect_sessions.c.tries - 1)
        )


async def fail_if_worn_out(database: Database, session: ConnectSession, *, now: datetime, mark: Mark) -> None:
    """Close a link without attempts left."""
    statement = update(connect_sessions).where(_is_open(session) & (connect_sessions.c.tries >= MOST_TRIES))

    def work(connection: Connection) -> None:
        done = connection.execute(statement.values(status=SessionStatus.FAILED, ended_at=instant(now)))
        if done.rowcount:
            mark.put(connection, object_id=session.id, borrower_id=session.borrower_id)

    await database.write_at_once(work)


async def cancel_session(database: Database, session: ConnectSession, *, now: datetime, mark: Mark) -> None:
    """Cancel a link; has no effect on a closed link."""
    statement = update(connect_sessions).where(_is_open(session))

    def work(connection: Connection) -> None:
        done = connection.execute(statement.values(status=SessionStatus.CANCELLED, ended_at=instant(now)))
        if done.rowcount:
            mark.put(connection, object_id=session.id, borrower_id=session.borrower_id)

    await database.write_at_once(work)


def complete_session(
    connection: Connection,
    signer: Signer,
    session: ConnectSession,
    consent: Consent,
    *,
    connection_id: str,
    mark: Mark,
) -> None:
    """Complete a link and record the consent, in the transaction that stores the token.

    Raises:
        SessionEndedError: it was ended meanwhile; the transaction must not be committed.
    """
    done = connection.execute(
        update(connect_sessions)
        .where(_is_open(session))
        .values(status=SessionStatus.COMPLETED, ended_at=consent.given_at, connection_id=connection_id)
    )
    if done.rowcount != 1:
        raise SessionEndedError("the link is no longer open")
    connection.execute(
        insert(consents).values(
            **{name: getattr(consent, name) for name in _STORED if name not in {"purposes", "reads"}},
            purposes=",".join(consent.purposes),
            reads=None if consent.reads is None else ",".join(consent.reads),
            connect_session_id=session.id,
            lender_id=session.lender_id,
            borrower_id=session.borrower_id,
            connection_id=connection_id,
        )
    )
    mark.put(connection, object_id=session.id, borrower_id=session.borrower_id)
    signer.add(
        connection,
        lender_id=session.lender_id,
        kind=StatementKind.CONSENT,
        object_id=session.id,
        at=consent.given_at,
        facts={
            "borrower": session.borrower_id,
            "connection": connection_id,
            "purposes": list(consent.purposes),
            "text_version": consent.text_version,
            "text": consent.text_sha256,
            "reads": None if consent.reads is None else list(consent.reads),
        },
    )


async def list_sessions(  # noqa: PLR0913  each is named by its caller
    database: Database,
    *,
    lender_id: str,
    status: SessionStatus | None,
    borrower_ref: str | None,
    before: str | None,
    limit: int,
    now: datetime,
    with_restricted: bool,
) -> list[ConnectSession]:
    """Links of this lender, newest first, that are older than ``before``."""
    statement = _links().where(connect_sessions.c.lender_id == lender_id)
    if not with_restricted:
        statement = statement.where(borrowers.c.restricted_at.is_(None))
    if borrower_ref is not None:
        statement = statement.where(borrowers.c.borrower_ref == borrower_ref)
    if status in {SessionStatus.OPEN, SessionStatus.EXPIRED}:
        is_over = connect_sessions.c.expires_at <= instant(now)
        statement = statement.where(connect_sessions.c.status == SessionStatus.OPEN)
        statement = statement.where(is_over if status is SessionStatus.EXPIRED else ~is_over)
    elif status is not None:
        statement = statement.where(connect_sessions.c.status == status)
    if before is not None:
        statement = statement.where(connect_sessions.c.id < before)
    statement = statement.order_by(connect_sessions.c.id.desc()).limit(limit)
    rows = await database.read_at_once(lambda connection: connection.execute(statement).all())
    return [_session(row, now) for row in rows]


async def _find(database: Database, which: ColumnElement[bool], now: datetime) -> ConnectSession | None:
    statement = _links().where(which)
    async with database.read() as connection:
        row = (await connection.execute(statement)).first()
    return None if row is None else _session(row, now)


def _links() -> Select[tuple[Any, ...]]:
    of_borrower = (borrowers.c.borrower_ref, borrowers.c.restricted_at.is_not(None).label("is_restricted"))
    theirs = {column.name for column in of_borrower}
    columns = [connect_sessions.c[name] for name in ConnectSession.__struct_fields__ if name not in theirs]
    return select(*columns, *of_borrower).join_from(connect_sessions, borrowers)


def _session(row: Row[Any], now: datetime) -> ConnectSession:
    status = SessionStatus(row.status)
    if status is SessionStatus.OPEN and row.expires_at <= instant(now):
        status = SessionStatus.EXPIRED
    return ConnectSession(**{**_fields(row), "status": status})


def _fields(row: Row[Any]) -> dict[str, Any]:
    return {**row._mapping, "purposes": tuple(row.purposes.split(","))}  # noqa: SLF001  public in SQLAlchemy


def _is_open(session: ConnectSession) -> ColumnElement[bool]:
    return (connect_sessions.c.id == session.id) & (connect_sessions.c.status == SessionStatus.OPEN)


def count_since(connection: Connection, borrower_id: str, since: str) -> int:
    """How many links of a borrower were made since a moment."""
    mine = (connect_sessions.c.borrower_id == borrower_id) & (connect_sessions.c.created_at >= since)
    return connection.execute(select(func.count()).select_from(connect_sessions).where(mine)).scalar_one()
