"""What a stored decision was made from, for working it out again: its books, and its model and policy."""

from dataclasses import dataclass

import anyio.to_thread
from anyio import CapacityLimiter

from scoring.base.secrets import Cipher
from scoring.decisions.decision import Decision
from scoring.runtime.in_force import InForce
from scoring.runtime.serving import Serving, ServingError, load_recorded
from scoring.runtime.settings import Settings
from scoring.store import snapshots
from scoring.store.database import Database
from scoring.store.decisions import StoredDecision
from scoring.store.policies import find_policy
from scoring.store.snapshots import KeptBooks


class InputsGoneError(Exception):
    """The model or the policy of a decision is not here any more; the message names them, and no path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionInputs:
    """Finds them. Built once, from the parts that this takes."""

    database: Database
    cipher: Cipher
    settings: Settings
    in_force: InForce
    workers: CapacityLimiter

    async def books_of(self, stored: StoredDecision) -> KeptBooks:
        """The books as they were kept, to be decoded on a worker thread.

        Nothing is kept between requests: with its snapshot, all that was in it is gone.

        Raises:
            SnapshotGoneError: there is none any more.
            DecryptionError: it was changed, or its key is not configured.
        """
        content = await snapshots.load(
            self.database, self.cipher, lender_id=stored.lender_id, decision_id=stored.decision.decision_id
        )
        return KeptBooks(content, sha256=stored.decision.snapshot_sha256)

    async def serving_of(self, decision: Decision) -> Serving:
        """The model and the policy that made a decision.

        Raises:
            InputsGoneError: one of them is not here any more, or has changed.
        """
        named = decision.versions
        serving = self.in_force.serving
        served = serving.of_digests(policy_sha256=named.policy_sha256, model_sha256=named.model_sha256)
        if served is not None:
            return served
        kept = await find_policy(self.database, named.policy_sha256)
        try:
            return await anyio.to_thread.run_sync(load_recorded, self.settings, decision, kept, limiter=self.workers)
        except ServingError:
            raise InputsGoneError(
                f"model {named.model} or policy {named.policy} of the decision is not here any more, or has changed"
            ) from None
