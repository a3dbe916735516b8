"""The models that serve, watched for whoever reads a page. What was found is kept for some minutes, in memory alone."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import msgspec
from anyio import CapacityLimiter

from scoring.base.identifiers import Clock
from scoring.decisions.cast_votes import Period
from scoring.decisions.watching import Watched
from scoring.runtime.in_force import InForce
from scoring.runtime.serving import registry_of
from scoring.runtime.settings import Settings
from scoring.store.audit import Action, Trail, Who
from scoring.store.database import Database
from scoring.store.principals import Principal
from scoring.usecases.watching import Nothing, NothingToWatchError, watch

KEPT: Final = timedelta(minutes=10)
"""For how long a look is shown again: reading a quarter's decisions takes seconds, and shifts take weeks."""
MOST_KEPT: Final = 64
"""Looks of all lenders; the oldest one goes first."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, or why nothing was."""

    at: datetime
    found: Watched | None
    nothing: Nothing | None


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    lender: str
    model: str
    model_sha256: str
    period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedModels:
    """Watches the models that serve. Built once, from the parts that this takes."""

    database: Database
    clock: Clock
    trail: Trail
    workers: CapacityLimiter
    in_force: InForce
    settings: Settings
    kept: dict[_Asked, Look] = field(default_factory=dict)
    turns: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    """One look of a lender at a time: who waits for the same one finds it kept."""

    def models(self, lender_id: str) -> dict[str, str]:
        """Name and version of each model that scores for a lender, to its digest: first the one for most borrowers."""
        serving = self.in_force.serving.of(lender_id)
        both = (serving, serving.of_persons)
        return {one.versions.model: one.versions.model_sha256 for one in both if one is not None}

    async def look(self, who: Who, reader: Principal, model: str, period: Period) -> Look:
        """What watching one of ``models`` finds among the borrowers of the reader's lender."""
        await self.trail.note(who, Action.MODEL_WATCHED, object_id=f"{period.since}..{period.until}")
        lender = reader.lender_id
        asked = _Asked(lender=lender, model=model, model_sha256=self.models(lender)[model], period=period)
        async with self.turns[lender]:
            known = self.kept.get(asked)
            if known is not None and self.clock() < known.at + KEPT:
                return known
            self.kept.pop(asked, None)
            self.kept[asked] = look = await self._look(asked)
            while len(self.kept) > MOST_KEPT:
                del self.kept[next(iter(self.kept))]
        return look

    async def _look(self, asked: _Asked) -> Look:
        now = self.clock()
        try:
            found = await watch(
                self.database,
                asked.period,
                lender_id=asked.lender,
                registry=registry_of(self.settings),
                now=now,
                model=asked.model,
                workers=self.workers,
            )
        except NothingToWatchError as error:
            return Look(at=now, found=None, nothing=error.why)
        return Look(at=now, found=found, nothing=None)
