"""The report on stacking among a lender's borrowers. Nothing of it is stored."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import anyio.to_thread
from anyio import CapacityLimiter
from sqlalchemy import Row

from scoring.base.identifiers import Clock, instant
from scoring.decisions.cast_votes import Period
from scoring.decisions.records import RecordError
from scoring.decisions.stacking_report import Counting, StackingReport, position_in
from scoring.store.audit import Action, Trail, Who
from scoring.store.database import Database
from scoring.store.newest_decisions import newest_decisions
from scoring.store.principals import Principal

USUAL_DAYS: Final = 90
"""Of a report for which no first day is asked."""


def usual_stacking_period(today: date) -> Period:
    """Ninety days that end today."""
    return Period(since=today - timedelta(days=USUAL_DAYS - 1), until=today)


@dataclass(frozen=True, slots=True, kw_only=True)
class StackingReports:
    """Makes reports on stacking. Built once, from the parts that this takes."""

    database: Database
    clock: Clock
    trail: Trail
    workers: CapacityLimiter

    async def report(self, who: Who, reader: Principal, period: Period) -> StackingReport:
        """The report on the borrowers of the reader's lender."""
        await self.trail.note(who, Action.STACKING_REPORT_READ, object_id=f"{period.since}..{period.until}")
        return await make_stacking_report(
            self.database, period, lender_id=reader.lender_id, now=self.clock(), workers=self.workers
        )


async def make_stacking_report(
    database: Database, period: Period, *, lender_id: str, now: datetime, workers: CapacityLimiter | None = None
) -> StackingReport:
    """The report on the borrowers of a lender.

    Args:
        database: in use by running services, too.
        period: days of the decisions.
        lender_id: whose borrowers.
        now: the present.
        workers: bounds work for the processor; None has no bound of its own.
    """
    counting = Counting()
    damaged: list[str] = []
    pages = newest_decisions(database, lender_id=lender_id, since=period.since, until=period.until)
    async for page in pages:
        damaged += await anyio.to_thread.run_sync(_count, page, counting, limiter=workers)
    return counting.report(at=instant(now), since=period.since, until=period.until, damaged=sorted(damaged))


def _count(page: Sequence[Row[Any]], counting: Counting) -> list[str]:
    """Count borrowers by their decisions; returns those that were altered."""
    damaged = []
    for row in page:
        # SQLite keeps what it is given
        if not isinstance(row.record, bytes) or hashlib.sha256(row.record).hexdigest() != row.sha256:
            damaged.append(row.id)
            continue
        try:
            counting.add(position_in(row.record))
        except RecordError:
            damaged.append(row.id)
    return damaged
