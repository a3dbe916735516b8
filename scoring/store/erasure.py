"""Erasing and restricting a borrower's data, in the caller's transaction.

Rows of decisions stay, so that nobody can make one disappear: their columns name nobody once the borrower's reference
and key are gone. Records that hold free text are replaced by a tombstone.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, delete, select, update
from sqlalchemy.engine import Connection

from scoring.decisions.records import RecordError, schema_of
from scoring.decisions.statements import StatementKind
from scoring.store.applicant_links import cancel_links
from scoring.store.audit import FIRM
from scoring.store.cases import forget_texts
from scoring.store.connections import delete_connections
from scoring.store.events import forget_events
from scoring.store.guarantors import forget_guarantor
from scoring.store.jobs import cancel_jobs
from scoring.store.statements import Signer
from scoring.store.tables import (
    applicant_links,
    audit,
    borrowers,
    case_documents,
    connect_sessions,
    connections,
    consents,
    covenant_steps,
    covenants,
    decisions,
    document_numbers,
    idempotency,
    jobs,
    line_corrections,
    loan_entries,
    loans,
    monitoring_subscriptions,
    notices,
    observations,
    portfolio_faults,
    shadow_scores,
    snapshots,
    warning_steps,
    warnings,
    write_backs,
    written_documents,
)

_WITHOUT_TEXT: Final = 4
"""The first schema of records without free text."""
_SIGNED: Final = b"eyJ"
"""How every compact JWS begins, and no record."""
_OF_DECISIONS: Final = (snapshots, document_numbers, idempotency, write_backs, notices, shadow_scores)
"""What belongs to a decision and goes with it."""


def is_tombstone(record: bytes) -> bool:
    """Whether a record was replaced; the signed statement in its place must be proved."""
    return record.startswith(_SIGNED)


def tombstone(connection: Connection, decision_ids: Sequence[str], signed: str, *, at: str) -> int:
    """Replace the records of decisions by the signed statement that names them; returns how many.

    Args:
        connection: of the transaction.
        decision_ids: decisions whose records are not erased yet.
        signed: says why they are gone.
        at: the instant.
    """
    record = signed.encode()
    # without the salt, nobody can try what the record was
    values = {"record": record, "sha256": hashlib.sha256(record).hexdigest(), "erased_at": at, "salt": b""}
    return connection.execute(update(decisions).where(decisions.c.id.in_(decision_ids)).values(**values)).rowcount


def forget_input(connection: Connection, of_decisions: Any) -> dict[str, int]:  # noqa: ANN401  a list or a query
    """Delete what decisions were made from, and what points to them; returns the counts by table."""
    return {table.name: _delete(connection, table, table.c.decision_id.in_(of_decisions)) for table in _OF_DECISIONS}


def lock(connection: Connection, borrower_id: str) -> None:
    """Wait for what is being stored about a borrower, and for holds being set; what comes later waits in turn."""
    connection.execute(select(borrowers.c.id).where(borrowers.c.id == borrower_id).with_for_update()).one()


def erase(connection: Connection, signer: Signer, borrower_id: str, *, at: str) -> dict[str, int]:
    """Destroy everything about a borrower but the rows of its decisions; returns the counts by table.

    Nothing can decrypt what was encrypted with its key, in backups neither.
    """
    lock(connection, borrower_id)
    rows = connection.execute(
        select(decisions.c.id, decisions.c.record).where(decisions.c.borrower_id == borrower_id)
    ).all()
    counts = forget_input(connection, select(decisions.c.id).where(decisions.c.borrower_id == borrower_id))
    for table in (
        *(consents, connect_sessions, line_corrections, covenant_steps, covenants, loan_entries, loans),
        *(written_documents,),
        *(case_documents, applicant_links, jobs, portfolio_faults, warning_steps, warnings),
        *(observations, monitoring_subscriptions),
    ):
        counts[table.name] = _delete(connection, table, table.c.borrower_id == borrower_id)
    counts["case_texts"] = forget_texts(connection, borrower_id)
    counts["guarantors"] = forget_guarantor(connection, borrower_id)
    connection.execute(
        update(audit).where((audit.c.borrower_id == borrower_id) & (audit.c.actor == FIRM)).values(address=None)
    )
    connection.execute(
        update(borrowers)
        .where(borrowers.c.id == borrower_id)
        .values(borrower_ref=None, key_id=None, sealed_key=None, restricted_at=None, erased_at=at)
    )
    counts["connections"] = delete_connections(connection, signer, connections.c.borrower_id == borrower_id, at=at)
    texts = [row.id for row in rows if _has_text(row.record)]
    lender_id = connection.execute(select(borrowers.c.lender_id).where(borrowers.c.id == borrower_id)).scalar_one()
    signed = signer.add(
        connection,
        lender_id=lender_id,
        kind=StatementKind.ERASURE,
        object_id=borrower_id,
        at=at,
        facts={"decisions": texts},
    )
    counts["records"] = tombstone(connection, texts, signed, at=at)
    counts["events"] = forget_events(connection, borrower_id)
    return {**counts, "keys": 1}


def restrict(connection: Connection, signer: Signer, borrower_id: str, *, at: str) -> dict[str, int]:
    """Let a borrower's data only be kept: tokens are deleted and open links are cancelled; returns the counts."""
    lock(connection, borrower_id)
    mine = connect_sessions.c.borrower_id == borrower_id
    closed = connection.execute(
        update(connect_sessions)
        .where(mine & (connect_sessions.c.status == "open"))
        .values(status="cancelled", ended_at=at)
    )
    connection.execute(
        update(borrowers)
        .where(
            (borrowers.c.id == borrower_id)
            & borrowers.c.restricted_at.is_(None)
            & borrowers.c.erased_at.is_(None)  # of an erased one there is nothing left to keep
        )
        .values(restricted_at=at)
    )
    asked = cancel_links(connection, applicant_links.c.borrower_id == borrower_id, at=at)
    cancel_jobs(connection, jobs.c.borrower_id == borrower_id, at=at, randomness=signer.randomness)
    deleted = delete_connections(connection, signer, connections.c.borrower_id == borrower_id, at=at)
    return {"connections": deleted, "open_links": closed.rowcount + asked}


def lift(connection: Connection, borrower_id: str) -> None:
    """Let a borrower's data be used again. What was deleted for the restriction stays deleted."""
    connection.execute(update(borrowers).where(borrowers.c.id == borrower_id).values(restricted_at=None))


def _has_text(record: bytes) -> bool:
    """Whether a record may hold free text, which nothing but its end makes unreadable; one that is damaged may."""
    if is_tombstone(record):
        return False
    try:
        return schema_of(record) < _WITHOUT_TEXT
    except RecordError:
        return True


def _delete(connection: Connection, table: Table, which: ColumnElement[bool]) -> int:
    return connection.execute(delete(table).where(which)).rowcount
