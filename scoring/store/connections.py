"""Connected accounts: encrypted credentials and their state."""

import os
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import structlog
from sqlalchemy import ColumnElement, Row, delete, insert, select, true, update
from sqlalchemy.engine import Connection as SyncConnection

from features.ledger import Resource
from scoring.base.credentials import Credential, TokenCredential
from scoring.base.identifiers import Randomness, instant, is_id, new_id
from scoring.base.purposes import Purpose
from scoring.base.secrets import Cipher, Sealed, Secret
from scoring.base.signing import SignatureError
from scoring.decisions.monitoring import EndCause
from scoring.decisions.statements import Fact, Statement, StatementError, StatementKind
from scoring.decisions.webhooks import EventType
from scoring.store import subscriptions
from scoring.store.audit import Mark
from scoring.store.borrowers import borrower_of, demand_open
from scoring.store.database import Database
from scoring.store.events import record
from scoring.store.holders import seal_holder
from scoring.store.statements import Signer, newest_about
from scoring.store.tables import (
    borrowers,
    connect_sessions,
    connections,
    consents,
    monitoring_subscriptions,
    statements,
)

WORKING = "working"
REJECTED = "rejected"
_log = structlog.get_logger(__name__)


class StoredConnection(msgspec.Struct, frozen=True, kw_only=True):
    """A connected account, without its credential."""

    id: str
    source: str
    """The bookkeeping system."""
    borrower_id: str
    borrower_ref: str | None
    status: str
    """``working`` or ``rejected``, as of ``checked_at``."""
    created_at: str
    checked_at: str
    purposes: tuple[str, ...]
    """Purposes that the firm consented to and has not withdrawn."""


_COLUMNS = (
    connections.c.id,
    connections.c.source,
    connections.c.borrower_id,
    borrowers.c.borrower_ref,
    connections.c.status,
    connections.c.created_at,
    connections.c.checked_at,
    connections.c.purposes,
)


async def add_connection(  # noqa: PLR0913  each is named by its caller
    database: Database,
    cipher: Cipher,
    signer: Signer,
    *,
    lender_id: str,
    borrower_ref: str,
    credential: Credential,
    purposes: Sequence[str],
    now: datetime,
    randomness: Randomness,
    mark: Mark,
) -> StoredConnection:
    """Store a credential that was just checked.

    Raises:
        BorrowerRestrictedError: the borrower's data are only kept.
    """

    def work(connection: SyncConnection) -> tuple[str, str]:
        borrower = borrower_of(
            connection, lender_id=lender_id, ref=borrower_ref, cipher=cipher, now=now, randomness=randomness
        )
        identifier = insert_connection(
            connection,
            cipher,
            signer,
            lender_id=lender_id,
            borrower_id=borrower.id,
            credential=credential,
            purposes=purposes,
            now=now,
            randomness=randomness,
        )
        mark.put(connection, object_id=identifier, borrower_id=borrower.id)
        return identifier, borrower.id

    identifier, borrower_id = await database.write_at_once(work)
    return StoredConnection(
        id=identifier,
        source=credential.source,
        borrower_id=borrower_id,
        borrower_ref=borrower_ref,
        status=WORKING,
        created_at=instant(now),
        checked_at=instant(now),
        purposes=tuple(purposes),
    )


def insert_connection(  # noqa: PLR0913  each is named by its caller
    connection: SyncConnection,
    cipher: Cipher,
    signer: Signer,
    *,
    lender_id: str,
    borrower_id: str,
    credential: Credential,
    purposes: Sequence[str],
    now: datetime,
    randomness: Randomness,
    checked_at: str | None = None,
    holder: str | None = None,
    link_id: str | None = None,
) -> str:
    """Store a credential in the caller's transaction; returns the identifier of the connection.

    Args:
        connection: of the transaction.
        cipher: encrypts the credential.
        signer: signs what the connection is.
        lender_id: whose.
        borrower_id: whose account it is said to be.
        credential: that works.
        purposes: what it may be used for.
        now: the present.
        randomness: unpredictable bytes.
        checked_at: when the source accepted the credential; None is now.
        holder: the name that the account gives, if the firm confirmed it.
        link_id: the link by which the firm connected it.

    Raises:
        BorrowerRestrictedError: the borrower was restricted or erased meanwhile.
    """
    demand_open(connection, borrower_id)
    identifier = new_id("con", now, randomness)
    sealed = cipher.seal(
        credential.secret.reveal().encode(),
        lender_id=lender_id,
        purpose=credential_purpose(credential.source, identifier),
    )
    connection.execute(
        insert(connections).values(
            id=identifier,
            lender_id=lender_id,
            borrower_id=borrower_id,
            source=credential.source,
            key_id=sealed.key_id,
            sealed_token=sealed.sealed,
            status=WORKING,
            created_at=instant(now),
            checked_at=checked_at or instant(now),
            purposes=",".join(purposes),
            sealed_holder=seal_holder(
                connection,
                cipher,
                holder,
                lender_id=lender_id,
                borrower_id=borrower_id,
                connection_id=identifier,
                randomness=randomness,
            ),
        )
    )
    facts: dict[str, Fact] = {"borrower": borrower_id, "source": credential.source, "purposes": list(purposes)}
    told = {"connection_id": identifier} | ({} if link_id is None else {"connect_session_id": link_id})
    _tell(connection, signer.randomness, EventType.CONNECTION_MADE, told, lender_id, borrower_id, instant(now))
    _state(connection, signer, lender_id, identifier, instant(now), facts)
    return identifier


def _tell(
    connection: SyncConnection,
    randomness: Randomness,
    kind: EventType,
    data: dict[str, str],
    lender_id: str,
    borrower_id: str,
    at: str,
) -> None:
    """Write down what happened to a connection."""
    record(connection, kind, data, lender_id=lender_id, at=at, randomness=randomness, borrower_id=borrower_id)


def _state(
    connection: SyncConnection,
    signer: Signer,
    lender_id: str,
    connection_id: str,
    at: str,
    facts: dict[str, Fact] | None,
) -> None:
    """Sign what a connection is from now on; None when it is deleted."""
    signer.add(
        connection,
        lender_id=lender_id,
        kind=StatementKind.CONNECTION,
        object_id=connection_id,
        at=at,
        facts={"is_deleted": True} if facts is None else facts,
    )


async def find_connection(database: Database, *, lender_id: str, connection_id: str) -> StoredConnection | None:
    """One connection of this lender."""
    if not is_id(connection_id, "con"):  # PostgreSQL does not take every text, such as one with a NUL
        return None
    statement = (
        select(*_COLUMNS)
        .join_from(connections, borrowers)
        .where((connections.c.lender_id == lender_id) & (connections.c.id == connection_id))
    )
    row = await database.read_at_once(lambda connection: connection.execute(statement).first())
    return None if row is None else _connection(row)


def is_there(connection: SyncConnection, lender_id: str, connection_id: str) -> bool:
    """Whether the lender has such a connection."""
    mine = (connections.c.lender_id == lender_id) & (connections.c.id == connection_id)
    return connection.execute(select(connections.c.id).where(mine)).first() is not None


def newest_working(connection: SyncConnection, *, lender_id: str, borrower_id: str) -> str | None:
    """The newest connection of a borrower that worked at its last use."""
    is_usable = (
        (connections.c.lender_id == lender_id)
        & (connections.c.borrower_id == borrower_id)
        & (connections.c.status == WORKING)
    )
    statement = select(connections.c.id).where(is_usable).order_by(connections.c.id.desc()).limit(1)
    found: str | None = connection.execute(statement).scalar()
    return found


async def find_lender(database: Database, connection_id: str) -> str | None:
    """The lender of a connection; for commands, which serve every lender."""
    if not is_id(connection_id, "con"):
        return None
    statement = select(connections.c.lender_id).where(connections.c.id == connection_id)
    found: str | None = await database.read_at_once(lambda connection: connection.execute(statement).scalar())
    return found


class Allowed(msgspec.Struct, frozen=True, kw_only=True):
    """What of an account may be read, and kept."""

    resources: frozenset[Resource]
    names_funders: bool
    """Whether known funders may be kept as codes from which their names can be read."""
    names_holder: bool
    """Whether the account may be asked whose it is."""


EVERYTHING = Allowed(resources=frozenset(Resource), names_funders=True, names_holder=True)
"""Where no link of this service was used: the lender itself has told the firm what is read."""
EARLIER = Allowed(
    resources=frozenset(Resource) - {Resource.POSITIONS, Resource.TAXES, Resource.MARKS},
    names_funders=False,
    names_holder=True,
)
"""By consents before version 14: they promise that single items are not asked for and that no name can be read from
codes, and know neither tax rules nor notes on documents. Those before version 11 do not name the account's holder."""
_HOLDER_SINCE = 11
_NOT_SHOWN = frozenset({Resource.RECOGNITION})
"""Nothing more is read for it, so no consent names it."""


class OpenedConnection(msgspec.Struct, frozen=True, kw_only=True):
    """A connection with its credential."""

    id: str
    lender_id: str
    borrower_id: str
    borrower_ref: str | None
    credential: Credential
    status: str
    """Whether it worked at its last use."""
    allowed: Allowed
    """By the firm's consent."""


async def open_connection(
    database: Database, cipher: Cipher, *, lender_id: str, connection_id: str
) -> OpenedConnection | None:
    """One connection of this lender with its credential.

    Raises:
        DecryptionError: The credential cannot be decrypted.
    """
    if not is_id(connection_id, "con"):
        return None
    statement = (
        select(
            connections.c.borrower_id,
            borrowers.c.borrower_ref,
            connections.c.source,
            connections.c.key_id,
            connections.c.sealed_token,
            connections.c.status,
            *_CONSENTED,
        )
        .join_from(connections, borrowers)
        .outerjoin(connect_sessions, connect_sessions.c.connection_id == connections.c.id)
        .outerjoin(consents, consents.c.connect_session_id == connect_sessions.c.id)
        .where((connections.c.lender_id == lender_id) & (connections.c.id == connection_id))
    )
    row = await database.read_at_once(lambda connection: connection.execute(statement).first())
    if row is None:
        return None
    sealed = Sealed(key_id=row.key_id, sealed=row.sealed_token)
    secret = cipher.open(sealed, lender_id=lender_id, purpose=credential_purpose(row.source, connection_id))
    return OpenedConnection(
        id=connection_id,
        lender_id=lender_id,
        borrower_id=row.borrower_id,
        borrower_ref=row.borrower_ref,
        credential=TokenCredential(source=row.source, secret=Secret(secret.decode())),
        status=row.status,
        allowed=_allowed(row),
    )


def allowed_of(connection: SyncConnection, connection_id: str) -> Allowed:
    """What may be read by a connection that is there; no token is opened."""
    statement = (
        select(*_CONSENTED)
        .join_from(connections, connect_sessions, connect_sessions.c.connection_id == connections.c.id, isouter=True)
        .outerjoin(consents, consents.c.connect_session_id == connect_sessions.c.id)
        .where(connections.c.id == connection_id)
    )
    return _allowed(connection.execute(statement).one())


_CONSENTED = (connect_sessions.c.id.label("link"), consents.c.reads, consents.c.text_version)


def _allowed(row: Row[Any]) -> Allowed:
    return EVERYTHING if row.link is None else _allowed_by(row.reads, row.text_version or "0")


def _allowed_by(reads: str | None, version: str) -> Allowed:
    if reads is None:
        return msgspec.structs.replace(EARLIER, names_holder=int(version) >= _HOLDER_SINCE)
    named = _NOT_SHOWN.union(one for one in Resource if one in reads.split(","))
    return Allowed(resources=named, names_funders=True, names_holder=True)


async def list_connections(
    database: Database, *, lender_id: str, borrower_ref: str | None, before: str | None, limit: int
) -> list[StoredConnection]:
    """Connections of this lender, newest first, that are older than ``before``."""
    statement = select(*_COLUMNS).join_from(connections, borrowers).where(connections.c.lender_id == lender_id)
    if borrower_ref is not None:
        statement = statement.where(borrowers.c.borrower_ref == borrower_ref)
    if before is not None:
        statement = statement.where(connections.c.id < before)
    statement = statement.order_by(connections.c.id.desc()).limit(limit)
    async with database.read() as connection:
        return [_connection(row) for row in await connection.execute(statement)]


async def note_check(
    database: Database,
    *,
    lender_id: str,
    connection_id: str,
    status: str,
    now: datetime,
    randomness: Randomness = os.urandom,
) -> None:
    """Store whether the credential works."""
    mine = (connections.c.lender_id == lender_id) & (connections.c.id == connection_id)

    def work(connection: SyncConnection) -> None:
        held = select(connections.c.borrower_id, connections.c.status).where(mine).with_for_update()
        row = connection.execute(held).first()
        if row is None:
            return
        connection.execute(update(connections).where(mine).values(status=status, checked_at=instant(now)))
        if status == REJECTED and row.status != REJECTED:
            told = {"connection_id": connection_id}
            kind = EventType.CONNECTION_REJECTED
            _tell(connection, randomness, kind, told, lender_id, row.borrower_id, instant(now))

    await database.write_at_once(work)


async def withdraw_purpose(
    database: Database, signer: Signer, *, lender_id: str, connection_id: str, purpose: str, mark: Mark
) -> bool:
    """Remove a purpose from a connection; False if the lender has no such connection or it has no such purpose."""
    if not is_id(connection_id, "con"):
        return False
    mine = (connections.c.lender_id == lender_id) & (connections.c.id == connection_id)

    def work(connection: SyncConnection) -> bool:
        columns = (connections.c.purposes, connections.c.borrower_id, connections.c.source)
        held = connection.execute(select(*columns).where(mine).with_for_update()).first()
        if held is None or purpose not in held.purposes.split(","):
            return False
        left = [name for name in held.purposes.split(",") if name != purpose]
        connection.execute(update(connections).where(mine).values(purposes=",".join(left)))
        facts: dict[str, Fact] = {"borrower": held.borrower_id, "source": held.source, "purposes": list(left)}
        mark.put(connection, object_id=connection_id, borrower_id=held.borrower_id)
        if purpose == Purpose.MONITORING:
            watched = monitoring_subscriptions.c.connection_id == connection_id
            subscriptions.end(connection, watched, EndCause.WITHDRAWN, at=mark.at, randomness=signer.randomness)
        _state(connection, signer, lender_id, connection_id, mark.at, facts)
        return True

    return await database.write_at_once(work)


async def delete_connection(
    database: Database, signer: Signer, *, lender_id: str, connection_id: str, mark: Mark
) -> bool:
    """Delete a connection and its credential; False if this lender has no such connection."""
    if not is_id(connection_id, "con"):
        return False
    mine = (connections.c.lender_id == lender_id) & (connections.c.id == connection_id)

    def work(connection: SyncConnection) -> bool:
        borrower_id = connection.execute(select(connections.c.borrower_id).where(mine).with_for_update()).scalar()
        if borrower_id is None:
            return False
        connection.execute(delete(connections).where(mine))
        _end_monitoring(connection, signer, [connection_id], at=mark.at)
        mark.put(connection, object_id=connection_id, borrower_id=borrower_id)
        told = {"connection_id": connection_id}
        kind = EventType.CONNECTION_WITHDRAWN
        _tell(connection, signer.randomness, kind, told, lender_id, borrower_id, mark.at)
        _state(connection, signer, lender_id, connection_id, mark.at, None)
        return True

    return await database.write_at_once(work)


def delete_connections(connection: SyncConnection, signer: Signer, which: ColumnElement[bool], *, at: str) -> int:
    """Delete connections, whosever they are, and sign that they are gone, in the caller's transaction.

    Returns:
        How many there were.
    """
    columns = (connections.c.id, connections.c.lender_id, connections.c.borrower_id)
    rows = connection.execute(select(*columns).where(which).with_for_update()).all()
    connection.execute(delete(connections).where(connections.c.id.in_([row.id for row in rows])))
    _end_monitoring(connection, signer, [row.id for row in rows], at=at)
    for row in rows:
        told = {"connection_id": row.id}
        kind = EventType.CONNECTION_WITHDRAWN
        _tell(connection, signer.randomness, kind, told, row.lender_id, row.borrower_id, at)
        _state(connection, signer, row.lender_id, row.id, at, None)
    return len(rows)


def _end_monitoring(connection: SyncConnection, signer: Signer, connection_ids: Sequence[str], *, at: str) -> None:
    watched = monitoring_subscriptions.c.connection_id.in_(connection_ids)
    subscriptions.end(connection, watched, EndCause.DISCONNECTED, at=at, randomness=signer.randomness)


def states_of(connection: SyncConnection, *, lender_id: str, connection_ids: Sequence[str]) -> dict[str, list[str]]:
    """The signed statements of connections of this lender, from the first on, by connection."""
    statement = select(statements.c.object_id, statements.c.signed).where(
        (statements.c.lender_id == lender_id)
        & (statements.c.kind == StatementKind.CONNECTION)
        & statements.c.object_id.in_(connection_ids)
    )
    found: dict[str, list[str]] = {}
    for row in connection.execute(statement.order_by(statements.c.number)):
        found.setdefault(row.object_id, []).append(row.signed)
    return found


def opened_states(signer: Signer, lender_id: str, connection_id: str, signed: Sequence[str]) -> list[Statement]:
    """Statements of one connection; without those that were changed or put there, which the log names."""
    found = []
    for one in signed:
        try:
            state = signer.open(one)
        except (SignatureError, StatementError) as error:
            _log.error("connection damaged", connection=connection_id, error=f"a statement about it {error}")
            continue
        if (state.kind, state.lender, state.object) == (StatementKind.CONNECTION, lender_id, connection_id):
            found.append(state)
    return found


class PurposesChangedError(Exception):
    """The purposes of a connection are not those that were signed."""


async def prove_purposes(
    database: Database, signer: Signer, *, lender_id: str, connection_id: str, purposes: Sequence[str]
) -> None:
    """Prove that a connection has these purposes by what was signed about it.

    One that a version before 0.6 stored has no statement before ``scoring migrate`` signs it.

    Raises:
        PurposesChangedError: it has others, or its statement was changed.
    """
    signed, number = await database.read_at_once(
        lambda connection: newest_about(
            connection, lender_id=lender_id, object_id=connection_id, kind=StatementKind.CONNECTION
        )
    )
    try:
        found = None if signed is None else signer.open(signed)
    except (SignatureError, StatementError) as error:
        raise PurposesChangedError(f"the statement of connection {connection_id} {error}") from None
    # the columns beside the statement can be changed: another connection's would do
    is_its = found is not None and (found.lender, found.kind, found.object, found.number) == (
        lender_id,
        StatementKind.CONNECTION,
        connection_id,
        number,
    )
    if found is None or not is_its or found.facts.get("purposes") != list(purposes):
        raise PurposesChangedError(
            f"the purposes of connection {connection_id} are not those that were signed; if a version before 0.6 stored"
            " it, run `scoring migrate`, else report it: they were changed behind the service's back"
        )


async def borrowers_agreeing(
    database: Database, signer: Signer, *, lender_id: str | None, purpose: str
) -> tuple[frozenset[str], dict[str, str]]:
    """Borrowers whose connections all have a purpose, by what was signed about them.

    A consent lives as long as its connection: who withdraws it all has none any more. Who withdrew a purpose on one of
    two connections, or did not give it there, has not agreed.

    Returns:
        The borrowers, and the connections whose purposes are not those that were signed, with the reason.
    """
    mine = connections.c.lender_id == lender_id if lender_id is not None else true()
    columns = (connections.c.id, connections.c.lender_id, connections.c.borrower_id, connections.c.purposes)
    statement = select(*columns).where(mine).order_by(connections.c.id)
    rows = await database.read_at_once(lambda connection: connection.execute(statement).all())
    agreeing, refusing, changed = set(), set(), {}
    for row in rows:
        purposes = row.purposes.split(",")
        if purpose not in purposes:
            refusing.add(row.borrower_id)
            continue
        try:
            await prove_purposes(database, signer, lender_id=row.lender_id, connection_id=row.id, purposes=purposes)
        except PurposesChangedError as error:
            changed[row.id] = str(error)
        else:
            agreeing.add(row.borrower_id)
    return frozenset(agreeing - refusing), changed


def credential_purpose(source: str, connection_id: str) -> str:
    """What an encrypted credential is bound to; that of sevdesk is unchanged since version 0.3."""
    return f"{source} token/{connection_id}"


def _connection(row: Row[Any]) -> StoredConnection:
    return StoredConnection(**{**row._mapping, "purposes": tuple(row.purposes.split(","))})  # noqa: SLF001  public in SQLAlchemy
