"""Replays a stored decision from its snapshot, with its recorded versions, and compares every fact exactly."""

import platform
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import polars as pl
from sqlalchemy.engine import Connection

from features.derive import CATALOGUE, EVIDENCE_LIMIT
from scoring.base.secrets import Cipher
from scoring.base.version import SERVICE_VERSION
from scoring.decisions import records, schema_1
from scoring.decisions.decide import with_evidence
from scoring.decisions.decision import Assessment, Decision
from scoring.decisions.rules import features_of
from scoring.runtime.serving import Serving
from scoring.store import observations, snapshots
from scoring.store.database import Database
from scoring.store.decisions import StoredDecision, find_decision, lender_of
from scoring.store.snapshots import Snapshot, SnapshotGoneError
from scoring.store.statements import Signer
from scoring.telemetry.telemetry import StageTimer
from scoring.usecases.evaluate import assess_row, evaluate, score_row


class UnknownDecisionError(Exception):
    """There is no decision with this identifier."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A field with a different value."""

    field: str
    recorded: Any
    """The stored value."""
    replayed: Any
    """The replayed value."""


class ReplayReport(msgspec.Struct, frozen=True, kw_only=True):
    """Result of a replay."""

    decision_id: str
    made_from: str
    """``snapshot``, or ``row`` after its deletion: then derivation and evidence are not compared.

    A snapshot ends with its retention, or with the erasure of the borrower.
    """
    agrees: bool
    differences: tuple[Difference, ...]
    recorded_service: str
    service: str
    recorded_features: str
    features: str
    machine: str
    python: str
    polars: str


async def load_recorded_input(
    database: Database, cipher: Cipher, signer: Signer, decision_id: str
) -> tuple[Decision, Snapshot]:
    """A decision and its snapshot, both checked against their digests.

    Raises:
        UnknownDecisionError: there is none.
        SnapshotError: the snapshot is changed or of another version (``SnapshotGoneError``: its retention has ended).
        RecordChangedError: the record was changed.
        DecryptionError: the snapshot cannot be decrypted.
    """
    stored = await load_record(database, signer, decision_id)
    content = await snapshots.load(database, cipher, lender_id=stored.lender_id, decision_id=decision_id)
    return stored.decision, snapshots.decode(content, sha256=stored.decision.snapshot_sha256)


async def load_record(database: Database, signer: Signer, decision_id: str) -> StoredDecision:
    """A decision, checked against its digest.

    Raises:
        UnknownDecisionError: there is none.
        RecordChangedError: the record was changed.
    """
    lender_id = await lender_of(database, decision_id)
    stored = lender_id and await find_decision(database, signer, lender_id=lender_id, decision_id=decision_id)
    if not stored:
        raise UnknownDecisionError(f"there is no decision {decision_id}")
    return stored


async def load_observed_input(
    database: Database, cipher: Cipher, observation_id: str
) -> tuple[StoredDecision, Snapshot | None]:
    """The record of an observation and its snapshot, both proved; no snapshot once the monitoring has ended.

    Raises:
        UnknownDecisionError: there is none.
        SnapshotError: the snapshot is changed or of another version.
        RecordChangedError: the record was changed.
        DecryptionError: the snapshot cannot be decrypted.
    """

    def work(connection: Connection) -> tuple[StoredDecision, bytes | None] | None:
        found = observations.find(connection, observation_id, lender_id=None)
        if found is None:
            return None
        stored = observations.read(connection, cipher, found)
        try:
            return stored, observations.books_of(connection, cipher, found)
        except SnapshotGoneError:
            return stored, None

    loaded = await database.read_at_once(work)
    if loaded is None:
        raise UnknownDecisionError(f"there is no observation {observation_id}")
    stored, content = loaded
    return stored, None if content is None else snapshots.decode(content, sha256=stored.decision.snapshot_sha256)


def replay(decision: Decision, snapshot: Snapshot | None, serving: Serving) -> ReplayReport:
    """Reproduce a decision and compare every fact in its record that follows from its input.

    Words are rendered from facts and are not compared.

    Args:
        decision: as the record has it.
        snapshot: what it was made from; None once it is gone: then everything from the recorded row on is made again.
        serving: the model and the policy that it names.
    """
    again = msgspec.structs.replace(
        _from_row(decision, serving) if snapshot is None else _from_snapshot(decision, snapshot, serving),
        model=serving.card,
        versions=msgspec.structs.replace(
            serving.versions,
            service=decision.versions.service,
            features=decision.versions.features,
            texts=decision.versions.texts,
        ),
    )
    recorded, replayed = (records.facts(made, decision.schema) for made in (decision, again))
    differences = tuple(_differences(recorded, replayed, ""))
    return ReplayReport(
        decision_id=decision.decision_id,
        made_from="row" if snapshot is None else "snapshot",
        agrees=not differences,
        differences=differences,
        recorded_service=decision.versions.service,
        service=SERVICE_VERSION,
        recorded_features=decision.versions.features,
        features=serving.versions.features,
        machine=platform.machine(),
        python=platform.python_version(),
        polars=pl.__version__,
    )


_EARLIER_LIMIT: Final = 10
_MORE_EVIDENCE_SINCE: Final = 6
"""Record schema from which on ``EVIDENCE_LIMIT`` documents are named behind a value, in place of ``_EARLIER_LIMIT``."""


def _from_snapshot(decision: Decision, snapshot: Snapshot, serving: Serving) -> Decision:
    circumstances = msgspec.structs.replace(decision.circumstances, coverage=snapshot.coverage)
    # an observation has further features in its row, which decide nothing
    widened = serving.with_features(name for name in decision.row if name in CATALOGUE)
    again = evaluate(
        snapshot.ledger,
        decision.terms,
        circumstances,
        widened,
        StageTimer(),
        source_ids=snapshot.source_ids,
        evidence_limit=_EARLIER_LIMIT if decision.schema < _MORE_EVIDENCE_SINCE else EVIDENCE_LIMIT,
        look=lambda: decision.largest_instalment,
    )
    return msgspec.structs.replace(
        decision,
        circumstances=circumstances,
        row=again.row,
        missing=again.missing,
        borrowings=again.borrowings,
        assessment=_as_decided(again.assessment, decision.schema, serving),
    )


def _from_row(decision: Decision, serving: Serving) -> Decision:
    """Score, points, reasons and verdict from the recorded row; evidence and readings as they are recorded."""
    assessment = assess_row(
        decision.row,
        decision.missing,
        score_row(decision.row, decision.missing, decision.circumstances, serving),
        terms=decision.terms,
        circumstances=decision.circumstances,
        serving=serving,
        readings=decision.assessment.readings,
        borrowings=decision.borrowings,
        largest_instalment=decision.largest_instalment,
    )
    behind = features_of(serving.policy)
    recorded = {reason.name: reason.evidence for reason in decision.assessment.reasons}
    recorded |= {behind[cause.rule]: cause.evidence for cause in decision.assessment.causes if cause.rule in behind}
    return msgspec.structs.replace(decision, assessment=with_evidence(assessment, recorded, behind))


def _as_decided(assessment: Assessment, schema: int, serving: Serving) -> Assessment:
    """Behaviour of earlier schema versions that differs from today's."""
    return schema_1.as_decided(assessment, serving.policy.reasons) if schema == 1 else assessment


def _differences(recorded: Any, replayed: Any, path: str) -> Iterator[Difference]:  # noqa: ANN401  any JSON
    if isinstance(recorded, dict) and isinstance(replayed, dict):
        for name in sorted(recorded.keys() | replayed.keys()):
            yield from _differences(recorded.get(name), replayed.get(name), f"{path}.{name}".lstrip("."))
    elif isinstance(recorded, list) and isinstance(replayed, list) and len(recorded) == len(replayed):
        for index, (left, right) in enumerate(zip(recorded, replayed, strict=True)):
            yield from _differences(left, right, f"{path}[{index}]")
    # the text of a float is exact and distinguishes -0.0 from 0.0 and 1 from 1.0
    elif repr(recorded) != repr(replayed):
        yield Difference(field=path, recorded=recorded, replayed=replayed)
