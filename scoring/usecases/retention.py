"""Deletes what has been kept for as long as the settings say, and completes erasures whose holds have ended."""

from collections.abc import Callable
from dataclasses import dataclass

from scoring.base.identifiers import Clock, day_in_berlin
from scoring.runtime.settings import Settings
from scoring.store.audit import Mark, Who
from scoring.store.database import Database
from scoring.store.retention import Kind, Periods, count_due, kinds_of, remove_due
from scoring.store.statements import Signer
from scoring.usecases.subjects import Subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Built once, from the parts that this takes."""

    database: Database
    settings: Settings
    signer: Signer
    clock: Clock

    def kinds(self) -> list[Kind]:
        """What may go, in the order in which it must."""
        settings, now = self.settings, self.clock()
        periods = Periods(
            decisions=settings.decision_days,
            loans=settings.loan_days,
            connections=settings.connection_days,
            consents=settings.consent_days,
            links=settings.link_days,
            idempotency=settings.idempotency_days,
            events=settings.event_days,
            audit=settings.audit_days,
        )
        return kinds_of(periods, self.signer, now=now, today=day_in_berlin(now))

    async def look(self, subjects: Subjects, who_of: Callable[[str], Who]) -> dict[str, int]:
        """How many rows of each kind would go now, and how many erasures would be completed."""
        waiting = await subjects.finish_waiting(who_of, dry_run=True)
        return {"erasures": waiting, **await count_due(self.database, self.kinds())}

    async def run(
        self,
        subjects: Subjects,
        who_of: Callable[[str], Who],
        marked: Callable[[], Mark],
        *,
        done: Callable[[str, int], None] = lambda _kind, _count: None,
    ) -> dict[str, int]:
        """Complete the erasures, and delete; services go on. Can be stopped and run again.

        Args:
            subjects: completes the erasures.
            who_of: who acts, for a lender.
            marked: makes a row of the audit trail for a batch.
            done: is told the kind and how many rows of it a batch had.
        """
        deleted = {"erasures": await subjects.finish_waiting(who_of, dry_run=False)}
        deleted |= await self.remove(self.kinds(), marked, done=done)
        return deleted

    async def remove(
        self,
        kinds: list[Kind],
        marked: Callable[[], Mark],
        *,
        done: Callable[[str, int], None] = lambda _kind, _count: None,
    ) -> dict[str, int]:
        """Delete what is due of these kinds, and what the database keeps of deleted rows."""
        deleted = {}
        for kind in kinds:

            def tell(count: int, name: str = kind.name) -> None:
                done(name, count)

            deleted[kind.name] = await remove_due(self.database, kind, done=tell, marked=marked)
        await self.database.wipe()
        return deleted
