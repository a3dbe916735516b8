"""A challenger scores the same applications in the shadow: after the answer, from what was stored, beside the record.

Nothing waits for it. What comes while it is busy waits in a short queue, and what finds that full is counted and left.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from models.registry import ServedModel
from scoring.base.identifiers import Clock
from scoring.decisions.decision import Decision
from scoring.runtime.serving import Serving, card_of, combine
from scoring.store.decisions import lender_of
from scoring.store.errors import DatabaseUnavailableError, kind_of
from scoring.store.shadow_scores import ShadowScore, add_score
from scoring.telemetry.logs import failure
from scoring.usecases.backtest import UNUSABLE, Backtest

WAITING: Final = 100
"""Decisions in the queue."""
LGD: Final = 0.5
"""Loss given default, as a share of the loan."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """Scores in the shadow. Built once, from the parts that this takes."""

    model: ServedModel
    backtest: Backtest
    """With a worker thread of its own: it takes none from decisions."""
    clock: Clock
    kept_days: int
    counted: Callable[[str], None]
    """Is told of each decision: ``scored``, ``left_out``, ``dropped`` or ``failed``."""
    _waiting: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(WAITING))
    _recorded: dict[tuple[str, str], Serving] = field(default_factory=dict)
    _candidates: dict[str, Serving] = field(default_factory=dict)
    """By digest of the policy."""

    @property
    def name(self) -> str:
        """Name and version of the model."""
        return f"{self.model.manifest.name}/{self.model.manifest.version}"

    def offer(self, decision: Decision) -> None:
        """Take up a decision that was stored and is being answered."""
        # The model that the policy names for natural persons is not the one that this would replace.
        if decision.versions.model == self.name or decision.model.name != self.model.manifest.name:
            return
        try:
            self._waiting.put_nowait(decision.decision_id)
        except asyncio.QueueFull:
            self.counted("dropped")

    async def run(self) -> None:
        """Score what waits, one after the other, until it is cancelled."""
        while True:
            decision_id = await self._waiting.get()
            try:
                self.counted(await self._score(decision_id))
            except (DatabaseUnavailableError, SQLAlchemyError) as error:
                self.counted("failed")
                _log.warning("not scored in the shadow", decision_id=decision_id, reason=kind_of(error))
            except Exception as error:  # noqa: BLE001  a challenger may fail in any way, and decides nothing
                self.counted("failed")
                _log.error("not scored in the shadow", decision_id=decision_id, failure=failure(error))
            finally:
                self._waiting.task_done()

    async def drain(self) -> None:
        """Wait until all that waits is scored."""
        await self._waiting.join()

    async def _score(self, decision_id: str) -> str:
        pair, left_out = None, None
        try:
            stored, pair = await self.backtest.pair(
                decision_id, self._candidate, self._recorded, loss_given_default=LGD
            )
            lender_id = stored.lender_id
        except UNUSABLE as error:
            left_out = str(error)
            lender_id = await lender_of(self.backtest.database, decision_id) or ""
        score = ShadowScore(
            decision_id=decision_id,
            model=self.name,
            lender_id=lender_id,
            model_sha256=self.model.sha256,
            pair=pair,
            left_out=left_out,
        )
        now = self.clock()
        work = partial(add_score, score=score, now=now, expires_at=now + timedelta(days=self.kept_days))
        is_kept = await self.backtest.database.write_at_once(work)
        return "scored" if pair is not None and is_kept else "left_out"

    def _candidate(self, _lender_id: str, before: Serving) -> Serving:
        """The policy that decided, with this model."""
        digest = before.versions.policy_sha256
        if digest not in self._candidates:
            self._candidates[digest] = combine(card_of(self.model), self.model.table, before.policy_text.encode())
        return self._candidates[digest]
