"""What a decision was made from: the ledger's frames, the plan and the coverage, in one container of bytes.

The container is MessagePack around one Arrow stream per frame. The bytes are digested before encryption, and the digest
is in the decision: the same bytes always give the same ledger. (Writing a ledger again may give other bytes.)

Every schema that was ever written has its decoder here, and every version of the ledger its structure in
``features.ledger_versions``: an old snapshot becomes a ledger of today.
"""

import hashlib
import io
from collections.abc import Collection
from datetime import date, datetime
from functools import cached_property

import msgspec
import polars as pl
from sqlalchemy import func, select

from features.ledger import LEDGER_VERSION, Ledger
from features.ledger_versions import LedgerVersionError, upgrade
from scoring.base.secrets import Cipher, Sealed
from scoring.decisions.decision import Coverage
from scoring.store.database import Database
from scoring.store.tables import borrowers, decisions, snapshots


class SnapshotError(Exception):
    """A snapshot cannot be read: changed, of another version, or not a snapshot."""


class SnapshotGoneError(SnapshotError):
    """There is no snapshot: its retention has ended."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The minimised input of one decision."""

    ledger: Ledger
    coverage: Coverage
    fetched_on: date
    features: tuple[str, ...]
    """Names of the features that the plan was made for."""
    source_ids: tuple[str, ...] = ()
    """The source's identifier of each identifier in the ledger, by position; empty where they are the same."""


class _Schema1(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag=1):
    fetched: tuple[str, ...]
    features: tuple[str, ...]
    fetched_on: date
    coverage: Coverage
    frames: dict[str, bytes]

    @property
    def ledger(self) -> int:
        """Version of the ledger, which this schema does not name."""
        return 1

    @property
    def source_ids(self) -> tuple[str, ...]:
        """Of sevdesk, which has numbers."""
        return ()


class _Schema2(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag=2):
    ledger: int
    """Version of the ledger that the frames were written as."""
    fetched: tuple[str, ...]
    features: tuple[str, ...]
    fetched_on: date
    coverage: Coverage
    frames: dict[str, bytes]
    source_ids: tuple[str, ...] = ()


class _Numbered(msgspec.Struct, frozen=True):
    schema: int


_NEWEST = 2
_encoder = msgspec.msgpack.Encoder(order="deterministic")
_number = msgspec.msgpack.Decoder(_Numbered)
_decoder = msgspec.msgpack.Decoder(_Schema1 | _Schema2)


def encode(snapshot: Snapshot) -> bytes:
    """The snapshot's bytes."""
    return _encoder.encode(
        _Schema2(
            ledger=LEDGER_VERSION,
            fetched=tuple(sorted(snapshot.ledger.fetched)),
            features=snapshot.features,
            fetched_on=snapshot.fetched_on,
            coverage=snapshot.coverage,
            source_ids=snapshot.source_ids,
            frames={name: _arrow(frame) for name, frame in snapshot.ledger.frames().items()},
        )
    )


def decode(content: bytes, *, sha256: str) -> Snapshot:
    """The snapshot of these bytes, whichever version wrote them.

    Raises:
        SnapshotError: the bytes have another digest, are no snapshot, or are of a version that is not known; the
            message says which, and for a frame that does not fit its name and column.
    """
    if hashlib.sha256(content).hexdigest() != sha256:
        raise SnapshotError("the snapshot does not belong to the decision: its digest does not match")
    try:
        schema = _number.decode(content).schema
        if schema > _NEWEST:
            raise SnapshotError(
                f"the snapshot has schema {schema}, this version of the service knows schemas up to {_NEWEST}: use the"
                " version that wrote it, or a newer one"
            )
        container = _decoder.decode(content)
        frames = {name: pl.read_ipc_stream(io.BytesIO(frame)) for name, frame in container.frames.items()}
        ledger = upgrade(frames, frozenset(container.fetched), container.ledger)
    except (msgspec.DecodeError, pl.exceptions.PolarsError, LedgerVersionError) as error:
        raise SnapshotError(f"the snapshot cannot be read: {error}") from None
    return Snapshot(
        ledger=ledger,
        coverage=container.coverage,
        fetched_on=container.fetched_on,
        features=container.features,
        source_ids=container.source_ids,
    )


class KeptBooks:
    """The books of one decision as they were kept: decoded once, when they are first asked for.

    Args:
        content: the bytes of the snapshot.
        sha256: as the decision has it.
    """

    def __init__(self, content: bytes, *, sha256: str) -> None:
        self._content = content
        self._sha256 = sha256

    @cached_property
    def snapshot(self) -> Snapshot:
        """What is in them.

        Raises:
            SnapshotError: as ``decode``.
        """
        return decode(self._content, sha256=self._sha256)


def _arrow(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.rechunk().write_ipc_stream(buffer, compression="lz4")
    return buffer.getvalue()


async def load(database: Database, cipher: Cipher, *, lender_id: str, decision_id: str) -> bytes:
    """The bytes of one decision's snapshot, decrypted.

    Raises:
        SnapshotGoneError: there is none any more.
        DecryptionError: it was changed, or its key is not configured.
    """
    statement = select(snapshots.c.key_id, snapshots.c.sealed).where(
        (snapshots.c.decision_id == decision_id) & (snapshots.c.lender_id == lender_id)
    )
    async with database.read() as connection:
        row = (await connection.execute(statement)).first()
    if row is None:
        raise SnapshotGoneError(
            f"decision {decision_id} no longer has a snapshot: its period has ended, or its borrower was erased"
        )
    sealed = Sealed(key_id=row.key_id, sealed=row.sealed)
    return cipher.open(sealed, lender_id=lender_id, purpose=snapshot_purpose(decision_id))


def snapshot_purpose(decision_id: str) -> str:
    """What a snapshot's encryption is bound to, beside the lender."""
    return f"snapshot/{decision_id}"


async def seconds_overdue(database: Database, *, now: datetime) -> float:
    """By how long the oldest snapshot is past its retention; 0 where none is."""
    async with database.read() as connection:
        oldest = (await connection.execute(select(func.min(snapshots.c.expires_at)))).scalar_one()
    return max(0.0, (now - datetime.fromisoformat(oldest)).total_seconds()) if oldest else 0.0


async def list_kept(
    database: Database, *, lender_id: str | None, consenting: Collection[str] | None = None
) -> dict[str, int]:
    """The decision of every snapshot that may be used, oldest first, and the number of its borrower.

    Those of restricted borrowers may not; with ``consenting`` those of these borrowers alone may.

    Borrowers are numbered in the order in which they came, of this lender or of all: new ones leave earlier numbers as
    they were.
    """
    known = select(borrowers.c.id).order_by(borrowers.c.id)
    statement = (
        select(snapshots.c.decision_id, decisions.c.borrower_id)
        .join_from(snapshots, decisions)
        .join(borrowers, borrowers.c.id == decisions.c.borrower_id)
        .where(borrowers.c.restricted_at.is_(None))
    )
    if lender_id is not None:
        known = known.where(borrowers.c.lender_id == lender_id)
        statement = statement.where(snapshots.c.lender_id == lender_id)
    async with database.read() as connection:
        numbers = {row.id: number for number, row in enumerate(await connection.execute(known))}
        found = await connection.execute(statement.order_by(snapshots.c.decision_id))
        return {
            row.decision_id: numbers[row.borrower_id]
            for row in found
            if consenting is None or row.borrower_id in consenting
        }
