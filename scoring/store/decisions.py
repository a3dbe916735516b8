"""Stored decisions: canonical bytes, written once and never changed.

Decision, snapshot and the completion of the idempotency key are one transaction.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

import anyio.to_thread
import msgspec
import structlog
from sqlalchemy import ColumnElement, Row, String, delete, insert, select, type_coerce, update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import instant, is_id
from scoring.base.secrets import Cipher, Sealed
from scoring.base.signing import SignatureError, salted_digest
from scoring.decisions import records
from scoring.decisions.authority import LenderAuthority
from scoring.decisions.cases import subject_of
from scoring.decisions.decision import Decision
from scoring.decisions.records import NewerRecordError, RecordError
from scoring.decisions.statements import Fact, Statement, StatementError, StatementKind, digest_of
from scoring.decisions.webhooks import EventType
from scoring.decisions.words import Words
from scoring.store import cases
from scoring.store.audit import Mark
from scoring.store.borrowers import NOTHING_KEPT, Borrower, Particulars, demand_open, load_particulars
from scoring.store.database import Database, add_if_new
from scoring.store.erasure import is_tombstone
from scoring.store.events import record as record_event
from scoring.store.statements import Signer, about
from scoring.store.tables import borrowers, decisions, document_numbers, idempotency, snapshots, statements

FIRST_SIGNED: Final = 4
"""The first schema of records that are never stored without a statement."""
_ANOTHER_BORROWER: Final = "stands under another reference than the borrower's for whom it was made"
_log = structlog.get_logger(__name__)


ABANDONED: Final = timedelta(hours=1)
"""A reservation of which nobody has been heard for so long belongs to a process that died: one at work renews its own.

Nothing says whose it is, and the key is free anyway.
"""


class KeyReusedError(Exception):
    """The idempotency key was used with a different request body."""


class InFlightError(Exception):
    """The same request is still being processed."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__("a decision with this idempotency key is being made")
        self.retry_after_seconds = retry_after_seconds


class ReservationLostError(Exception):
    """This attempt took so long that a repetition took over its key."""


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
        raise KeyReusedError("this idempotency key was used with a different request body; use a new key")
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
        raise ReservationLostError("a repetition with this idempotency key has taken over; repeat the request")


async def renew(database: Database, reservation: Reservation, *, now: datetime) -> None:
    """Show that an attempt is still at work, so that no repetition takes its key over."""
    statement = update(idempotency).where(_held_by(reservation)).values(reserved_at=instant(now))
    await database.write_at_once(lambda connection: connection.execute(statement))


def release(connection: Connection, reservation: Reservation) -> None:
    """Release the key after a failed attempt, in the caller's writing transaction."""
    connection.execute(delete(idempotency).where(_held_by(reservation)))


def is_abandoned(now: datetime) -> ColumnElement[bool]:
    """The condition of keys whose processes died before they made a decision."""
    return idempotency.c.decision_id.is_(None) & (idempotency.c.reserved_at <= instant(now - ABANDONED))


def drop_abandoned(connection: Connection, lender_id: str, *, now: datetime) -> None:
    """Delete a lender's keys whose processes died, in the caller's writing transaction."""
    connection.execute(delete(idempotency).where((idempotency.c.lender_id == lender_id) & is_abandoned(now)))


def _held_by(reservation: Reservation) -> ColumnElement[bool]:
    return (
        (idempotency.c.lender_id == reservation.lender_id)
        & (idempotency.c.idempotency_key == reservation.key)
        & (idempotency.c.attempt == reservation.attempt)
        & (idempotency.c.decision_id.is_(None))
    )


class RecordChangedError(Exception):
    """The stored bytes of a decision do not match their digest or its columns, or are not a decision."""


class ErasedDecisionError(Exception):
    """The record of a decision was erased, with everything that it was made from."""


class StoredDecision(msgspec.Struct, frozen=True, kw_only=True):
    """A decision with the data stored next to its record."""

    decision: Decision
    lender_id: str
    borrower_ref: str | None
    """None after erasure of the borrower."""
    words: Words | None = None
    """The sentences of a schema-1 record; None if they are rendered from facts."""
    purpose: str | None = None
    """Of the loan, if loaded; see ``with_particulars``."""
    particulars: Particulars = NOTHING_KEPT
    """With the firm's numbers of the documents in evidence, if loaded."""
    signed: Statement | None = None
    """What was signed about it; null for what a version before 0.6 stored, until ``scoring migrate`` signs it."""
    signed_sha256: str | None = None
    """SHA-256 of the signed statement."""
    salt: bytes | None = None
    """Of the digests in its statement."""
    borrower_id: str | None = None
    case_id: str | None = None
    """The case that it opened or was linked to; None where a version without cases made it."""
    is_restricted: bool = False
    """Whether it is only kept, and shown to auditors and administrators alone."""

    @property
    def decision_id(self) -> str:
        """The identifier in the record."""
        return self.decision.decision_id


class UnreadableDecision(msgspec.Struct, frozen=True, kw_only=True):
    """A decision whose stored bytes were altered or erased, or that a newer version wrote."""

    decision_id: str
    borrower_id: str
    is_newer: bool
    is_erased: bool = False

    @property
    def is_damaged(self) -> bool:
        """Whether somebody altered it."""
        return not self.is_newer and not self.is_erased


class DecisionFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Filter of a lender's decisions."""

    verdict: str | None = None
    recommendation: str | None = None
    borrower_ref: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    """Exclusive."""


class SealedSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """An encrypted snapshot with the digest of its content."""

    sealed: Sealed
    sha256: str
    expires_at: datetime


class NewDecision(msgspec.Struct, frozen=True, kw_only=True):
    """A decision, ready to be stored."""

    stored: StoredDecision
    content: bytes
    """Its canonical bytes."""
    snapshot: SealedSnapshot
    particulars: bytes
    """Encrypted, see ``scoring.store.borrowers``."""
    into_case: str | None = None
    """The case that it is linked to; None opens one."""
    authority: LenderAuthority | None = None
    """Who may decide on the case."""


def encode(decision: Decision) -> tuple[bytes, Decision]:
    """The canonical bytes of a decision, and the decision decoded from them.

    The two decisions are equal, but the names in their mappings may come in another order.

    Raises:
        ValueError: a number in it is not finite: JSON would lose it.
    """
    content = records.encode(decision)
    canonical = records.decode(content).decision
    if canonical != decision:
        raise ValueError(f"decision {decision.decision_id} contains a value that JSON cannot represent, such as NaN")
    return content, canonical


def columns_of(decision: Decision) -> dict[str, str | float | date | None]:
    """The database columns of a decision, by which lists are filtered."""
    return {
        "id": decision.decision_id,
        "created_at": decision.created_at,
        "as_of": decision.as_of,
        "verdict": decision.assessment.verdict.value,
        "recommendation": decision.assessment.recommendation.value,
        "score": decision.assessment.score,
    }


def changed_columns(row: Row[Any], decision: Decision) -> list[str]:
    """Columns of a decision's row that say something else than its record; lists would be filtered wrongly."""
    follows = msgspec.to_builtins(columns_of(decision))
    return [name for name, value in follows.items() if msgspec.to_builtins(getattr(row, name)) != value]


async def record(
    database: Database,
    signer: Signer,
    new: NewDecision,
    *,
    borrower: Borrower,
    reservation: Reservation | None,
    mark: Mark,
    beside: Callable[[Connection, Decision], Mapping[str, str]] | None = None,
) -> None:
    """Store a decision, its snapshot, its place in a case and its statement in one transaction.

    Args:
        database: where it is stored.
        signer: signs the statement.
        new: the decision.
        borrower: whom it is about.
        reservation: of the idempotency key; None without one.
        mark: the row of the audit trail.
        beside: what else belongs to the transaction; is told the decision, and returns what the event of the decision
            names beside it. What it raises undoes all.

    Raises:
        BorrowerRestrictedError: the borrower was restricted or erased meanwhile; nothing was stored.
        ReservationLostError: another attempt holds the idempotency key; nothing was stored.
        UnknownCaseError: the case to link it to is another borrower's, or was withdrawn meanwhile; nothing was stored.
    """
    decision, lender_id, salt = new.stored.decision, new.stored.lender_id, signer.salt()
    key = None if reservation is None else key_digest(salt, reservation.key, borrower)

    def work(connection: Connection) -> None:
        demand_open(connection, borrower.id)
        connection.execute(
            insert(decisions).values(
                lender_id=lender_id,
                borrower_id=borrower.id,
                record=new.content,
                sha256=hashlib.sha256(new.content).hexdigest(),
                salt=salt,
                **columns_of(decision),
            )
        )
        connection.execute(
            insert(snapshots).values(
                decision_id=decision.decision_id,
                lender_id=lender_id,
                key_id=new.snapshot.sealed.key_id,
                sealed=new.snapshot.sealed.sealed,
                sha256=new.snapshot.sha256,
                expires_at=instant(new.snapshot.expires_at),
            )
        )
        connection.execute(
            insert(document_numbers).values(
                decision_id=decision.decision_id, lender_id=lender_id, sealed=new.particulars
            )
        )
        if reservation is not None:
            complete(connection, reservation, decision.decision_id)
        told = {} if beside is None else beside(connection, decision)
        mark.put(connection, object_id=decision.decision_id, borrower_id=borrower.id)
        in_case = cases.take_decision(
            connection,
            signer,
            subject_of(decision),
            lender_id=lender_id,
            borrower_id=borrower.id,
            into=new.into_case,
            rules=new.authority,
            at=decision.created_at,
            by=mark.who.principal_id,
        )
        record_event(
            connection,
            EventType.DECISION_MADE,
            {"decision_id": decision.decision_id, "case_id": str(in_case["case"]), **told},
            lender_id=lender_id,
            at=decision.created_at,
            randomness=signer.randomness,
            borrower_id=borrower.id,
        )
        signer.add(
            connection,
            lender_id=lender_id,
            kind=StatementKind.DECISION,
            object_id=decision.decision_id,
            at=decision.created_at,
            facts=facts_of(new.content, salt, borrower_id=borrower.id, key=key) | in_case,
        )

    await database.write_at_once(work)


def facts_of(content: bytes, salt: bytes, *, borrower_id: str, key: str | None) -> dict[str, Fact]:
    """What a decision's statement says.

    Args:
        content: the record.
        salt: of its digests.
        borrower_id: whose decision it is.
        key: digest of the idempotency key that leads to it, see ``key_digest``.
    """
    return {
        "record": salted_digest(salt, content),
        "borrower": borrower_id,
        "key": key,
    }


def key_digest(salt: bytes, key: str, borrower: Borrower | None) -> str:
    """The digest of an idempotency key in the statement of a decision.

    Args:
        salt: of the digests in the statement.
        key: what people can guess, such as the number of a loan.
        borrower: whose secret it needs, so that nobody can try keys after an erasure. None for the digest that was
            signed at first, with the salt alone.
    """
    return salted_digest(salt, (key if borrower is None else borrower.keyed("idempotency key", key.encode())).encode())


def schema_of(content: bytes) -> int:
    """The schema of a record; what cannot be read counts as one that was signed."""
    try:
        return records.decode(content).decision.schema
    except (RecordError, NewerRecordError):
        return FIRST_SIGNED


def was_made_for(stored: StoredDecision, key: str, borrower: Borrower) -> bool:
    """Whether a decision on a borrower was made for this idempotency key; one that nobody signed yet may have been."""
    if stored.signed is None or stored.salt is None:
        return True
    return stored.signed.facts["key"] in {key_digest(stored.salt, key, whose) for whose in (borrower, None)}


_STORED = (
    select(
        decisions.c.id,
        decisions.c.record,
        decisions.c.sha256,
        decisions.c.salt,
        decisions.c.lender_id,
        decisions.c.borrower_id,
        decisions.c.created_at,
        type_coerce(decisions.c.as_of, String).label("as_of"),  # SQLite: text that is no date must not fail here
        decisions.c.verdict,
        decisions.c.recommendation,
        decisions.c.score,
        borrowers.c.borrower_ref,
        borrowers.c.restricted_at,
        statements.c.signed,
    )
    .select_from(decisions.join(borrowers))
    .outerjoin(statements, about(decisions.c.lender_id, decisions.c.id, StatementKind.DECISION))
)


async def find_decision(
    database: Database, signer: Signer, *, lender_id: str, decision_id: str
) -> StoredDecision | None:
    """One decision of this lender, as its statement has it.

    Raises:
        RecordChangedError: the stored bytes or columns were changed, or are another lender's or borrower's.
        NewerRecordError: a newer version of the service wrote them.
        ErasedDecisionError: they were erased.
    """
    return await database.read_at_once(
        lambda connection: decision_in(connection, signer, lender_id=lender_id, decision_id=decision_id)
    )


def decision_in(connection: Connection, signer: Signer, *, lender_id: str, decision_id: str) -> StoredDecision | None:
    """The same in the caller's transaction.

    Raises:
        RecordChangedError: as ``find_decision``, whose other errors may come, too.
    """
    if not is_id(decision_id, "dec"):  # PostgreSQL does not take every text, such as one with a NUL
        return None
    statement = _STORED.where((decisions.c.lender_id == lender_id) & (decisions.c.id == decision_id))
    row = connection.execute(statement).first()
    return None if row is None else _stored(row, signer)


async def decision_before(database: Database, stored: StoredDecision) -> str | None:
    """The identifier of the newest earlier decision on the same borrower; None where there is none, or it was erased.

    Args:
        database: that it was found in.
        stored: the later one.
    """
    statement = (
        select(decisions.c.id)
        .where(
            (decisions.c.lender_id == stored.lender_id)
            & (decisions.c.borrower_id == stored.borrower_id)
            & (decisions.c.id < stored.decision_id)
            & decisions.c.erased_at.is_(None)
        )
        .order_by(decisions.c.id.desc())
        .limit(1)
    )
    return await database.read_at_once(lambda connection: connection.execute(statement).scalar())


async def with_particulars(
    database: Database, cipher: Cipher, stored: StoredDecision, *, lender_id: str
) -> StoredDecision:
    """The same decision, with its purpose and the numbers of the documents in evidence.

    Raises:
        RecordChangedError: it stands under another reference of a borrower than it was made for.
    """
    (found,) = await list_particulars(database, cipher, [stored], lender_id=lender_id)
    if isinstance(found, UnreadableDecision):
        raise RecordChangedError(f"decision {stored.decision_id} {_ANOTHER_BORROWER}")
    return found


async def list_particulars(
    database: Database, cipher: Cipher, stored: Sequence[StoredDecision | UnreadableDecision], *, lender_id: str
) -> list[StoredDecision | UnreadableDecision]:
    """The same for several; what stands under another reference of a borrower is unreadable, and in the log."""
    ids = [one.decision_id for one in stored if isinstance(one, StoredDecision)]
    found = await load_particulars(database, cipher, lender_id=lender_id, decision_ids=ids)
    return [_with(one, found.get(one.decision_id, NOTHING_KEPT)) for one in stored]


def _with(stored: StoredDecision | UnreadableDecision, particulars: Particulars) -> StoredDecision | UnreadableDecision:
    if isinstance(stored, UnreadableDecision):
        return stored
    # the borrower's secret may be lost or destroyed; then nothing proves the reference
    if particulars.borrower_digest not in {None, stored.decision.borrower_digest}:
        _log.error("decision damaged", decision=stored.decision_id, error=_ANOTHER_BORROWER)
        return UnreadableDecision(decision_id=stored.decision_id, borrower_id=stored.borrower_id or "", is_newer=False)
    purpose = particulars.purpose or stored.purpose
    return msgspec.structs.replace(stored, particulars=particulars, purpose=purpose)


async def list_usable(database: Database, *, lender_id: str | None, since: datetime) -> list[str]:
    """Identifiers of the decisions since a moment that may be used, oldest first, of one lender or of all.

    Those that were erased, and those of restricted borrowers, may not.
    """
    statement = (
        select(decisions.c.id)
        .join_from(decisions, borrowers)
        .where(
            (decisions.c.created_at >= instant(since))
            & decisions.c.erased_at.is_(None)
            & borrowers.c.restricted_at.is_(None)
        )
        .order_by(decisions.c.id)
    )
    if lender_id is not None:
        statement = statement.where(decisions.c.lender_id == lender_id)
    return await database.read_at_once(lambda connection: list(connection.execute(statement).scalars()))


async def lender_of(database: Database, decision_id: str) -> str | None:
    """The lender of a decision; for the operator's commands."""
    async with database.read() as connection:
        found = await connection.execute(select(decisions.c.lender_id).where(decisions.c.id == decision_id))
        return found.scalar()


async def list_decisions(
    database: Database,
    signer: Signer,
    *,
    lender_id: str,
    wanted: DecisionFilter,
    before: str | None,
    limit: int,
    with_restricted: bool = True,
) -> list[StoredDecision | UnreadableDecision]:
    """Decisions of this lender, newest first, that are older than the decision ``before``.

    One whose record cannot be read does not hide the others: it stands in its place, and in the log.
    """
    statement = _STORED.where(decisions.c.lender_id == lender_id)
    if not with_restricted:
        statement = statement.where(borrowers.c.restricted_at.is_(None))
    if wanted.verdict is not None:
        statement = statement.where(decisions.c.verdict == wanted.verdict)
    if wanted.recommendation is not None:
        statement = statement.where(decisions.c.recommendation == wanted.recommendation)
    if wanted.borrower_ref is not None:
        statement = statement.where(borrowers.c.borrower_ref == wanted.borrower_ref)
    if wanted.created_from is not None:
        statement = statement.where(decisions.c.created_at >= instant(wanted.created_from))
    if wanted.created_to is not None:
        statement = statement.where(decisions.c.created_at < instant(wanted.created_to))
    if before is not None:
        statement = statement.where(decisions.c.id < before)
    async with database.read() as connection:
        rows = (await connection.execute(statement.order_by(decisions.c.id.desc()).limit(limit))).all()
    # a fifth of a millisecond each
    return await anyio.to_thread.run_sync(lambda: [_stored_or_unreadable(row, signer) for row in rows])


def _stored_or_unreadable(row: Row[Any], signer: Signer) -> StoredDecision | UnreadableDecision:
    try:
        return _stored(row, signer)
    except ErasedDecisionError:
        return UnreadableDecision(decision_id=row.id, borrower_id=row.borrower_id, is_newer=False, is_erased=True)
    except RecordChangedError as error:
        _log.error("decision damaged", decision=row.id, error=str(error))
        return UnreadableDecision(decision_id=row.id, borrower_id=row.borrower_id, is_newer=False)
    except NewerRecordError as error:
        _log.warning("decision of a newer version", decision=row.id, error=str(error))
        return UnreadableDecision(decision_id=row.id, borrower_id=row.borrower_id, is_newer=True)


def _stored(row: Row[Any], signer: Signer) -> StoredDecision:
    if not isinstance(row.record, bytes) or not isinstance(row.salt, bytes | None):  # SQLite keeps what it is given
        raise RecordChangedError(f"the stored record of decision {row.id} was altered: it is of another type")
    if hashlib.sha256(row.record).hexdigest() != row.sha256:
        raise RecordChangedError(f"the stored record of decision {row.id} was altered: its digest does not match")
    if is_tombstone(row.record):
        _prove_erasure(row, signer)
        raise ErasedDecisionError(f"decision {row.id} was erased")
    try:
        recorded = records.decode(row.record)
    except RecordError as error:
        raise RecordChangedError(f"the stored record of decision {row.id} {error}") from None
    except NewerRecordError as error:
        raise NewerRecordError(f"the stored record of decision {row.id} {error}") from None
    signed = _signed(row, signer, recorded.decision)
    if changed := changed_columns(row, recorded.decision):
        names = " and ".join(changed)
        raise RecordChangedError(f"decision {row.id} says something else in the column {names} than in its record")
    return StoredDecision(
        decision=recorded.decision,
        signed=signed,
        signed_sha256=None if signed is None else digest_of(row.signed),
        salt=row.salt,
        words=recorded.words,
        lender_id=row.lender_id,
        borrower_ref=row.borrower_ref,
        purpose=recorded.purpose,
        borrower_id=row.borrower_id,
        case_id=_case_of(signed),
        is_restricted=row.restricted_at is not None,
    )


def _case_of(signed: Statement | None) -> str | None:
    found = None if signed is None else signed.facts.get("case")
    return found if isinstance(found, str) else None


def _prove_erasure(row: Row[Any], signer: Signer) -> None:
    """Prove that a signed erasure, or the end of a retention, put itself in the place of the record.

    Raises:
        RecordChangedError: it did not; somebody else did.
    """
    try:
        found = signer.open(row.record.decode())
    except (SignatureError, StatementError, UnicodeDecodeError) as error:
        raise RecordChangedError(f"decision {row.id} was made to look erased: {error}") from None
    named = found.facts.get("decisions")
    is_erasure = found.kind in {StatementKind.ERASURE, StatementKind.REMOVAL} and found.lender == row.lender_id
    if not is_erasure or not isinstance(named, list) or row.id not in named:
        raise RecordChangedError(f"decision {row.id} was made to look erased, and no statement says so")


def _signed(row: Row[Any], signer: Signer, decision: Decision) -> Statement | None:
    """The statement of a decision, which must fit what is stored.

    Raises:
        RecordChangedError: it does not, or there is none where there must be one.
    """
    if row.signed is None and row.salt is None and decision.schema < FIRST_SIGNED:
        return None
    if row.signed is None or row.salt is None:
        raise RecordChangedError(f"decision {row.id} is not in the lender's chain of statements: it was moved or added")
    try:
        found = signer.open(row.signed)
    except (SignatureError, StatementError) as error:
        raise RecordChangedError(f"the statement of decision {row.id} {error}") from None
    if found.kind is not StatementKind.DECISION:  # the column beside it says so, and can be changed
        raise RecordChangedError(f"the statement of decision {row.id} is about something else")
    expected = (row.lender_id, row.id, row.borrower_id, salted_digest(row.salt, row.record), decision.decision_id)
    facts = found.facts
    if (found.lender, found.object, facts.get("borrower"), facts.get("record"), row.id) != expected:
        raise RecordChangedError(f"decision {row.id} is not what its statement says: it was changed or moved")
    return found
