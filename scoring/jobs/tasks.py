"""What schedules do: the same as the commands ``retain``, ``keys rotate``, ``watch`` and ``portfolio``."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import msgspec
from anyio import CapacityLimiter

from scoring.api.portfolio_rows import connected_rows
from scoring.base.identifiers import Clock, Randomness, day_in_berlin
from scoring.base.secrets import DecryptionError
from scoring.decisions.schedules import Schedule, Task
from scoring.decisions.watching import Watched
from scoring.jobs.scheduler import Doing, Outcome, TaskError
from scoring.runtime.agreed_keys import AgreedKeys
from scoring.runtime.in_force import InForce
from scoring.runtime.serving import registry_of
from scoring.runtime.settings import Settings
from scoring.sources.registry import Sources
from scoring.store.audit import Action, Trail, Who
from scoring.store.database import Database
from scoring.store.jobs import PortfolioState
from scoring.store.portfolios import Portfolio
from scoring.store.principals import list_lenders
from scoring.store.processes import KeysDifferError
from scoring.store.sealed import count_by_key, encrypt_anew
from scoring.store.statements import Signer
from scoring.usecases.portfolios import USUAL_PRIORITY, Order, Portfolios, PortfolioStateError, Refused, Row
from scoring.usecases.reapplications import TooManyConnectedError
from scoring.usecases.retention import Retention
from scoring.usecases.subjects import Subjects
from scoring.usecases.watching import NothingToWatchError, usual_watched_period, watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasks:
    """Carries out schedules. Built once, from the parts that this takes."""

    database: Database
    agreed: AgreedKeys
    signer: Signer
    clock: Clock
    randomness: Randomness
    settings: Settings
    trail: Trail
    in_force: InForce
    sources: Sources
    workers: CapacityLimiter
    subjects: Subjects
    portfolios: Portfolios

    def by_name(self) -> Mapping[Task, Doing]:
        """What carries out each task."""
        return {
            Task.RETENTION: self.retain,
            Task.ENCRYPTION: self.encrypt,
            Task.WATCHING: self.watch,
            Task.PORTFOLIO: self.decide,
        }

    async def retain(self, name: str, _schedule: Schedule, _due_at: str) -> Outcome:
        """Delete what is past its retention; returns the counts of what was."""
        retention = Retention(database=self.database, settings=self.settings, signer=self.signer, clock=self.clock)
        marked = partial(self.trail.mark, _actor(name), Action.RETENTION)
        deleted = await retention.run(self.subjects, partial(_actor, name), marked)
        return {kind: count for kind, count in deleted.items() if count}

    async def encrypt(self, name: str, _schedule: Schedule, _due_at: str) -> Outcome:
        """Encrypt with the first key what other keys encrypted; returns how many rows had which key.

        Raises:
            TaskError: a row cannot be decrypted, or a process that lives does not encrypt with the first key.
        """
        cipher = self.agreed.cipher
        before, first = await self.database.read_at_once(count_by_key), cipher.ids[0]
        others = {key: sum(counts.values()) for key, counts in before.items() if key != first}
        if not others:
            return {}
        try:
            await self.agreed.settle()
            await encrypt_anew(self.database, cipher, done=lambda _count: None)
        except (DecryptionError, KeysDifferError) as error:
            raise TaskError(str(error)) from error
        await self.trail.note(_actor(name), Action.KEYS_ROTATED, object_id=first)
        return dict(others)

    async def watch(self, name: str, schedule: Schedule, _due_at: str) -> Outcome:
        """Compare borrowers with the firms that models learned from; returns what has moved, by lender and model."""
        known = await list_lenders(self.database)
        lenders = known if schedule.lender is None else [_known(schedule.lender, known)]
        now = self.clock()
        period = usual_watched_period(day_in_berlin(now))
        found: Outcome = {}
        for lender in lenders:
            serving = self.in_force.serving.of(lender)
            for served in (serving, serving.of_persons):
                if served is None:
                    continue
                model = served.versions.model
                who = _actor(name, lender)
                await self.trail.note(who, Action.MODEL_WATCHED, object_id=f"{period.since}..{period.until}")
                try:
                    watched = await watch(
                        self.database,
                        period,
                        lender_id=lender,
                        registry=registry_of(self.settings),
                        now=now,
                        model=model,
                        workers=self.workers,
                    )
                except NothingToWatchError as error:
                    found[f"{lender} {model}"] = str(error)
                else:
                    found[f"{lender} {model}"] = _moved(watched)
        return found

    async def decide(self, name: str, schedule: Schedule, due_at: str) -> Outcome:
        """Put a lender's connected borrowers into the queue; returns the portfolio. Once for each due moment.

        One that has expired, such as because it was not stored in time, is begun anew; one that somebody cancelled is
        not.
        """
        lender = _known(schedule.lender or "", await list_lenders(self.database))
        today = day_in_berlin(self.clock())
        order = Order(
            name=f"{name} {today}",
            priority=schedule.priority or USUAL_PRIORITY,
            idempotency_key=f"schedule {name} {due_at}",
            key_prefix=None,
            file_sha256=None,
        )
        serving = self.in_force.serving.of(lender)
        try:
            found = await self.portfolios.applications_again(lender)
        except TooManyConnectedError as error:
            raise TaskError(str(error)) from None
        rows = partial(connected_rows, found, today=today, serving=serving, sources=self.sources, request_id=None)
        accepted = await self._accept(_actor(name, lender), order, rows())
        while accepted.state is PortfolioState.EXPIRED:
            order = msgspec.structs.replace(order, idempotency_key=f"schedule again {accepted.id}")
            accepted = await self._accept(_actor(name, lender), order, rows())
        if accepted.state is PortfolioState.CANCELLED:
            return {accepted.id: "cancelled"}
        return {accepted.id: accepted.rows}

    async def _accept(self, who: Who, order: Order, rows: Iterator[Row | Refused]) -> Portfolio:
        try:
            return await self.portfolios.accept(who, order, rows)
        except PortfolioStateError:
            ended = await self.portfolios.accept(who, order, iter(()))  # the same, in the state in which it has ended
        if ended.state is PortfolioState.EXPIRED:
            raise TaskError(f"{ended.id} has expired before all of its rows were stored; the next try begins it anew")
        return ended


def _moved(watched: Watched) -> str:
    if watched.alarms:
        return f"moved: {', '.join(watched.alarms)}"
    if watched.is_compared:
        return "nothing has moved"
    return "too few decisions to compare"


def _actor(name: str, lender_id: str | None = None) -> Who:
    """A schedule, in the audit trail."""
    return Who(lender_id=lender_id, actor=f"schedule {name}")


def _known(lender: str, known: list[str]) -> str:
    if lender not in known:
        raise TaskError(f"there is no lender {lender!r}; known: {', '.join(known) or 'none yet'}")
    return lender
