"""Signs what versions before 0.6 stored: as it is found, so that nobody changes it unseen from then on."""

import hashlib
from collections.abc import Callable
from typing import Any, Final

import structlog
from sqlalchemy import Column, Row, Select, and_, func, select, update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import Clock, instant
from scoring.base.secrets import Cipher, DecryptionError
from scoring.decisions.statements import OPERATOR, Fact, StatementKind
from scoring.store.borrowers import Borrower, opened_borrower
from scoring.store.database import Database
from scoring.store.decisions import FIRST_SIGNED, facts_of, key_digest, schema_of
from scoring.store.statements import Signer, about
from scoring.store.tables import borrowers, connections, consents, decisions, idempotency, policies, statements

_BATCH: Final = 50
_LATER: Final[dict[str, Fact]] = {"signed_later": True}
_log = structlog.get_logger(__name__)


def count_unsigned(connection: Connection) -> int:
    """How many decisions no version has signed."""
    return connection.execute(select(func.count()).where(decisions.c.salt.is_(None))).scalar_one()


async def sign_earlier(
    database: Database, cipher: Cipher, signer: Signer, *, clock: Clock, done: Callable[[int], None]
) -> int:
    """Sign decisions, connections, consents and policies that have no statement, batch by batch.

    Statements name the moment of signing and ``signed_later``. Decisions whose bytes do not fit their digest are left.

    Args:
        database: in use by running services, too.
        cipher: opens the secrets of borrowers, which digests of idempotency keys and of request bodies need.
        signer: signs.
        clock: the present.
        done: is told how many decisions a batch had.

    Returns:
        How many decisions were damaged and are not signed.
    """
    await database.write_at_once(lambda connection: _sign_the_rest(connection, signer, clock))
    after, damaged = "", 0
    while True:

        def work(connection: Connection, after: str = after) -> tuple[str | None, int, int]:
            statement = (
                select(decisions)
                .where(decisions.c.salt.is_(None) & (decisions.c.id > after))
                .order_by(decisions.c.id)
                .limit(_BATCH)
                .with_for_update()  # two at once on PostgreSQL would sign the same ones
            )
            rows = connection.execute(statement).all()
            left = sum(not _sign(connection, cipher, signer, row, clock) for row in rows)
            return (rows[-1].id if rows else None), len(rows), left

        last, count, left = await database.write_at_once(work)
        damaged += left
        if last is None:
            return damaged
        after = last
        done(count)


def _sign(connection: Connection, cipher: Cipher, signer: Signer, row: Row[Any], clock: Clock) -> bool:
    """Sign one decision; False if its bytes were changed, or are not those of a version that did not sign."""
    if hashlib.sha256(row.record).hexdigest() != row.sha256:
        _log.error("decision damaged", decision=row.id, error="its digest does not match; it is not signed")
        return False
    if schema_of(row.record) >= FIRST_SIGNED:
        _log.error("decision damaged", decision=row.id, error="its version signed it: it was added; it is not signed")
        return False
    salt = signer.salt()
    mine = (idempotency.c.lender_id == row.lender_id) & (idempotency.c.decision_id == row.id)
    reserved = connection.execute(select(idempotency).where(mine)).first()
    key = None
    if reserved is not None:
        borrower = _borrower(connection, cipher, row)
        # without its secret, the salt alone: it goes with the record, which an erasure replaces
        key = key_digest(salt, reserved.idempotency_key, borrower)
        if borrower is not None:
            keyed = borrower.keyed("idempotency", reserved.body_sha256.encode())
            connection.execute(update(idempotency).where(mine).values(body_sha256=keyed))
    connection.execute(update(decisions).where(decisions.c.id == row.id).values(salt=salt))
    facts = facts_of(row.record, salt, borrower_id=row.borrower_id, key=key)
    _state(connection, signer, clock, row.lender_id, StatementKind.DECISION, row.id, facts)
    return True


def _borrower(connection: Connection, cipher: Cipher, row: Row[Any]) -> Borrower | None:
    """Whose decision it is; None where the secret cannot be opened any more."""
    holder = connection.execute(select(borrowers).where(borrowers.c.id == row.borrower_id)).one()
    if holder.sealed_key is None:
        return None
    try:
        return opened_borrower(holder, lender_id=row.lender_id, cipher=cipher)
    except DecryptionError:
        return None


def _sign_the_rest(connection: Connection, signer: Signer, clock: Clock) -> None:
    """What is few: connections, consents and policies."""
    unsigned = _without(select(connections), StatementKind.CONNECTION, connections.c.id)
    # a purpose that is being withdrawn must not come back with a newer statement
    for row in connection.execute(unsigned.with_for_update()).all():
        facts: dict[str, Fact] = {"borrower": row.borrower_id, "source": row.source}
        facts["purposes"] = row.purposes.split(",")
        _state(connection, signer, clock, row.lender_id, StatementKind.CONNECTION, row.id, facts)
    named = consents.c.connect_session_id
    for row in connection.execute(_without(select(consents), StatementKind.CONSENT, named)).all():
        facts = {"borrower": row.borrower_id, "connection": row.connection_id, "purposes": row.purposes.split(",")}
        facts |= {"text_version": row.text_version, "text": row.text_sha256}
        _state(connection, signer, clock, row.lender_id, StatementKind.CONSENT, row.connect_session_id, facts)
    for row in connection.execute(_without(select(policies), StatementKind.POLICY, policies.c.version)).all():
        _state(connection, signer, clock, OPERATOR, StatementKind.POLICY, row.version, {"sha256": row.sha256})


def _without(found: Select[Any], kind: StatementKind, identifier: Column[Any]) -> Select[Any]:
    """The rows without a statement of this kind."""
    lender = OPERATOR if kind is StatementKind.POLICY else identifier.table.c.lender_id
    signed = select(statements.c.number).where(and_(about(lender, identifier, kind))).exists()
    return found.where(~signed)


def _state(
    connection: Connection,
    signer: Signer,
    clock: Clock,
    lender_id: str,
    kind: StatementKind,
    object_id: str,
    facts: dict[str, Fact],
) -> None:
    signer.add(
        connection, lender_id=lender_id, kind=kind, object_id=object_id, at=instant(clock()), facts=facts | _LATER
    )
