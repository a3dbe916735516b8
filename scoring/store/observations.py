"""Observations: the score of a monitored borrower on a later day.

An observation is a record as a decision's, of the same code on the same terms. It decides nothing: it opens no case, no
list or count of decisions has it, and no statement is signed about it. Record and books are sealed with a key of the
borrower: who cannot open them can neither read nor change them, and erasure destroys both.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Row, insert, select
from sqlalchemy.engine import Connection

from scoring.base.identifiers import Randomness, instant, is_id
from scoring.base.secrets import Cipher, DecryptionError
from scoring.decisions import records
from scoring.decisions.decision import Decision, Evidence, Verdict
from scoring.decisions.records import RecordError
from scoring.store.borrowers import Borrower, Particulars, find_borrower, open_content, seal_content
from scoring.store.decisions import RecordChangedError, StoredDecision
from scoring.store.snapshots import SnapshotGoneError
from scoring.store.tables import borrowers, observations

PREFIX: Final = "obs"


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """An observation as lists show it."""

    id: str
    lender_id: str
    borrower_id: str
    subscription_id: str
    decision_id: str
    """That it is compared with."""
    previous_id: str | None
    """The observation before; null for the first."""
    created_at: str
    as_of: date
    recommendation: Verdict
    """What a decision would recommend."""
    score: float | None
    grade: str | None
    is_restricted: bool = False
    """Whether the borrower's data are only kept."""


class NewObservation(msgspec.Struct, frozen=True, kw_only=True):
    """An observation, ready to be stored."""

    record: Decision
    """Its ``decision_id`` is the identifier of the observation."""
    sealed: bytes
    particulars: bytes
    books: bytes
    books_expire_at: datetime
    behind: Mapping[str, Evidence] = {}
    """The documents behind features beside those that decide; what rests on them stores them."""


def seal_record(content: bytes, borrower: Borrower, observation_id: str, randomness: Randomness) -> bytes:
    """Encrypt the canonical bytes of a record."""
    return seal_content(content, borrower, f"observation/{observation_id}", randomness)


def seal_particulars(found: Particulars, borrower: Borrower, observation_id: str, randomness: Randomness) -> bytes:
    """Encrypt what others wrote, such as numbers of documents."""
    return seal_content(found.plain(), borrower, f"observation particulars/{observation_id}", randomness)


def seal_books(content: bytes, borrower: Borrower, observation_id: str, randomness: Randomness) -> bytes:
    """Encrypt the snapshot."""
    return seal_content(content, borrower, f"observation books/{observation_id}", randomness)


def add(
    connection: Connection, new: NewObservation, *, borrower: Borrower, subscription_id: str, decision_id: str
) -> Observation:
    """Store an observation in the caller's transaction."""
    made, newest = new.record, newest_of(connection, subscription_id)
    stored = Observation(
        id=made.decision_id,
        lender_id=borrower.lender_id,
        borrower_id=borrower.id,
        subscription_id=subscription_id,
        decision_id=decision_id,
        previous_id=None if newest is None else newest.id,
        created_at=made.created_at,
        as_of=made.as_of,
        recommendation=made.assessment.recommendation,
        score=made.assessment.score,
        grade=made.assessment.grade,
    )
    columns = {name: getattr(stored, name) for name in _COLUMNS}
    sealed = {"sealed": new.sealed, "particulars": new.particulars, "books": new.books}
    connection.execute(insert(observations).values(**columns, **sealed, books_expire_at=instant(new.books_expire_at)))
    return stored


def find(connection: Connection, observation_id: str, *, lender_id: str | None) -> Observation | None:
    """One observation of this lender, or of any where none is named, without its record."""
    if not is_id(observation_id, PREFIX):
        return None
    statement = _stored().where(observations.c.id == observation_id)
    if lender_id is not None:
        statement = statement.where(observations.c.lender_id == lender_id)
    row = connection.execute(statement).first()
    return None if row is None else _observation(row)


def newest_of(connection: Connection, subscription_id: str) -> Observation | None:
    """The newest observation of a subscription."""
    found = list_of(connection, subscription_id, before=None, limit=1)
    return found[0] if found else None


def list_of(connection: Connection, subscription_id: str, *, before: str | None, limit: int) -> list[Observation]:
    """Observations of a subscription, newest first, that are older than the observation ``before``."""
    statement = _stored().where(observations.c.subscription_id == subscription_id)
    if before is not None:
        statement = statement.where(observations.c.id < before)
    return [_observation(row) for row in connection.execute(statement.order_by(observations.c.id.desc()).limit(limit))]


def read(connection: Connection, cipher: Cipher, found: Observation) -> StoredDecision:
    """The record of an observation in the shape of a stored decision, with particulars; nothing is signed about it.

    Raises:
        RecordChangedError: it was changed, or the borrower was erased meanwhile.
        NewerRecordError: a newer version of the service wrote it.
    """
    statement = select(observations.c.sealed, observations.c.particulars).where(observations.c.id == found.id)
    row = connection.execute(statement).first()
    borrower = find_borrower(connection, found.borrower_id, lender_id=found.lender_id, cipher=cipher)
    if row is None or borrower is None:
        raise RecordChangedError(f"observation {found.id} was erased meanwhile")
    try:
        content = open_content(row.sealed, borrower, f"observation/{found.id}")
        written = open_content(row.particulars, borrower, f"observation particulars/{found.id}")
        decision = records.decode(content).decision
    except (DecryptionError, RecordError):
        raise RecordChangedError(f"the stored record of observation {found.id} was altered") from None
    made = decision.assessment
    said = (decision.decision_id, decision.as_of, made.recommendation, made.score, made.grade)
    if said != (found.id, found.as_of, found.recommendation, found.score, found.grade):
        raise RecordChangedError(f"observation {found.id} says something else in its columns than in its record")
    return StoredDecision(
        decision=decision,
        lender_id=found.lender_id,
        borrower_ref=borrower.ref,
        borrower_id=found.borrower_id,
        particulars=Particulars.of_plain(written, decision.borrower_digest),
        is_restricted=found.is_restricted,
    )


def books_of(connection: Connection, cipher: Cipher, found: Observation) -> bytes:
    """The bytes of the snapshot, decrypted.

    Raises:
        SnapshotGoneError: there is none any more.
        DecryptionError: it was changed, or its key is not configured.
    """
    books = connection.execute(select(observations.c.books).where(observations.c.id == found.id)).scalar()
    borrower = find_borrower(connection, found.borrower_id, lender_id=found.lender_id, cipher=cipher)
    if books is None or borrower is None:
        raise SnapshotGoneError(
            f"observation {found.id} no longer has a snapshot: its period or the monitoring has ended, or its borrower"
            " was erased"
        )
    return open_content(books, borrower, f"observation books/{found.id}")


_COLUMNS: Final = tuple(name for name in Observation.__struct_fields__ if name != "is_restricted")


def _stored() -> Any:  # noqa: ANN401  a statement
    restricted = borrowers.c.restricted_at.is_not(None).label("is_restricted")
    return select(*(observations.c[name] for name in _COLUMNS), restricted).join_from(observations, borrowers)


def _observation(row: Row[Any]) -> Observation:
    return Observation(**{**row._mapping, "recommendation": Verdict(row.recommendation)})  # noqa: SLF001  public in SQLAlchemy
