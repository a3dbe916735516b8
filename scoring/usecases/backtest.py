"""Stored applications decided again under a candidate, one after the other, on worker threads."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from types import MappingProxyType
from typing import Final

import anyio.to_thread
from anyio import CapacityLimiter

from scoring.base.identifiers import BERLIN
from scoring.base.secrets import Cipher, DecryptionError
from scoring.decisions.comparison import LeftOut, Pair
from scoring.decisions.decision import Decision
from scoring.decisions.records import NewerRecordError
from scoring.runtime.serving import Serving, ServingError, load_recorded
from scoring.runtime.settings import Settings
from scoring.store import snapshots
from scoring.store.database import Database
from scoring.store.decisions import ErasedDecisionError, RecordChangedError, StoredDecision, list_usable
from scoring.store.policies import find_policy
from scoring.store.snapshots import Snapshot, SnapshotError, SnapshotGoneError
from scoring.store.statements import Signer
from scoring.usecases.policy_simulation import NotComparableError, compare
from scoring.usecases.replay import load_record

_CAUSES: Final[Mapping[type[Exception], LeftOut]] = MappingProxyType(
    {
        SnapshotError: LeftOut.SNAPSHOT,
        RecordChangedError: LeftOut.RECORD_CHANGED,
        ErasedDecisionError: LeftOut.ERASED,
        NewerRecordError: LeftOut.NEWER,
        DecryptionError: LeftOut.NOT_DECRYPTED,
        ServingError: LeftOut.NOT_SERVED,
    }
)
UNUSABLE: Final[tuple[type[Exception], ...]] = (NotComparableError, *_CAUSES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What came of it."""

    pairs: tuple[Pair, ...]
    lenders: dict[str, str]
    """Of each decision."""
    left_out: dict[str, str]
    """Why, by decision, for who may know all decisions."""
    causes: dict[tuple[LeftOut, tuple[str, ...]], int]
    """The same counted, by cause and what it is about, the most frequent first; names no decision."""
    person_count: int
    """Natural persons among what was compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """Decides stored applications again. Built once, from the parts that this takes."""

    database: Database
    cipher: Cipher
    signer: Signer
    settings: Settings
    workers: CapacityLimiter

    async def run(
        self,
        candidate_of: Callable[[str], Serving],
        *,
        since: date,
        lender_id: str | None,
        loss_given_default: float,
        at_most: int | None = None,
        begun: Callable[[int], None] = lambda _count: None,
        done: Callable[[], None] = lambda: None,
    ) -> Compared:
        """Compare each decision with what the candidate makes of it; what cannot be compared is left out.

        Args:
            candidate_of: model and policy to try, by lender.
            since: first day of the decisions.
            lender_id: only those of this lender.
            loss_given_default: share of the loan.
            at_most: only so many, the newest.
            begun: is told how many there are.
            done: is told of each.
        """
        begin = datetime.combine(since, time(), BERLIN)
        found = await list_usable(self.database, lender_id=lender_id, since=begin)
        found = found if at_most is None else found[-at_most:]
        begun(len(found))
        pairs: list[Pair] = []
        lenders: dict[str, str] = {}
        left_out: dict[str, str] = {}
        causes: Counter[tuple[LeftOut, tuple[str, ...]]] = Counter()
        persons = 0
        recorded: dict[tuple[str, str], Serving] = {}
        for decision_id in found:
            try:
                stored, pair = await self.pair(
                    decision_id,
                    lambda lender, _before: candidate_of(lender),
                    recorded,
                    loss_given_default=loss_given_default,
                )
                lenders[decision_id] = stored.lender_id
                pairs.append(pair)
                persons += stored.decision.assessment.natural_person
            except UNUSABLE as error:
                left_out[decision_id] = str(error)
                causes[_cause(error)] += 1
            done()
        return Compared(
            pairs=tuple(pairs),
            lenders=lenders,
            left_out=left_out,
            causes=dict(causes.most_common()),
            person_count=persons,
        )

    async def pair(
        self,
        decision_id: str,
        candidate_of: Callable[[str, Serving], Serving],
        recorded: dict[tuple[str, str], Serving],
        *,
        loss_given_default: float,
    ) -> tuple[StoredDecision, Pair]:
        """One stored decision, and what a candidate makes of it.

        Args:
            decision_id: which.
            candidate_of: model and policy to try, by lender and by what decided.
            recorded: what decided, by digests; what is found is added.
            loss_given_default: share of the loan.

        Raises:
            Exception: one of ``UNUSABLE``: it cannot be compared.
        """
        stored = await load_record(self.database, self.signer, decision_id)
        snapshot = await self._snapshot(stored.lender_id, stored.decision)
        before = await self._made_by(stored.decision, recorded)
        candidate = candidate_of(stored.lender_id, before)
        work = partial(compare, stored.decision, snapshot, before, candidate, loss_given_default=loss_given_default)
        return stored, await anyio.to_thread.run_sync(work, limiter=self.workers)

    async def _snapshot(self, lender_id: str, decision: Decision) -> Snapshot | None:
        try:
            content = await snapshots.load(
                self.database, self.cipher, lender_id=lender_id, decision_id=decision.decision_id
            )
        except SnapshotGoneError:
            return None
        work = partial(snapshots.decode, content, sha256=decision.snapshot_sha256)
        return await anyio.to_thread.run_sync(work, limiter=self.workers)

    async def _made_by(self, decision: Decision, recorded: dict[tuple[str, str], Serving]) -> Serving:
        key = (decision.versions.model_sha256, decision.versions.policy_sha256)
        if key not in recorded:
            kept = await find_policy(self.database, decision.versions.policy_sha256)
            recorded[key] = await anyio.to_thread.run_sync(
                load_recorded, self.settings, decision, kept, limiter=self.workers
            )
        return recorded[key]


def _cause(error: Exception) -> tuple[LeftOut, tuple[str, ...]]:
    if isinstance(error, NotComparableError):
        return error.cause, error.about
    return next(cause for kind, cause in _CAUSES.items() if isinstance(error, kind)), ()
