"""What was promoted comes into force in a running service: seen, proved, loaded, and put in place as one.

No request waits for it, and none sees half of it. Where what was promoted cannot be served, what is in force goes on.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import anyio.to_thread
import msgspec
import structlog
from anyio import CapacityLimiter
from sqlalchemy.exc import SQLAlchemyError

from scoring.base.identifiers import Clock
from scoring.decisions.authority import Authority
from scoring.runtime.authority import check_products
from scoring.runtime.in_force import InForce, load_in_force
from scoring.runtime.loan_conditions import LoanConditions
from scoring.runtime.serving import Serving, ServingError, keep_policy
from scoring.runtime.settings import Settings
from scoring.store.database import Database
from scoring.store.errors import DatabaseUnavailableError, kind_of
from scoring.store.policies import PolicyEditedError
from scoring.store.promoted import SignedPromotions, numbers_of, prove, read_signed
from scoring.store.statements import Signer
from scoring.telemetry.logs import failure
from scoring.telemetry.telemetry import Metrics
from scoring.usecases.evaluate import warm_up

TRIED_AGAIN_SECONDS: Final = 60.0
"""After which what could not be served is loaded once more: a folder may have come back."""
_UNREAD: Final = "promotions cannot be read"
_FAILED: Final = "promotions cannot be taken up"
_log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class TakeUp:
    """Takes up promotions. Built once, from the parts that this takes."""

    in_force: InForce
    database: Database
    signer: Signer
    settings: Settings
    authority: Authority | None
    loan_conditions: LoanConditions
    metrics: Metrics
    workers: CapacityLimiter
    clock: Clock
    ticks: Callable[[], float] = time.monotonic
    """Seconds that only grow."""
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _seen: tuple[int, ...] | None = None
    """Statements that were taken up, or refused, last."""
    _tried: float = 0.0
    _told: dict[str, str] = field(default_factory=dict)

    async def run(self, stopping: asyncio.Event) -> None:
        """Look now and again until the process stops."""
        while not stopping.is_set():
            await self.look()
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), self.settings.promotion_seconds)

    async def look(self) -> None:
        """Take up what was promoted since the last look. It never fails: the log, readiness and a metric tell."""
        async with self._turn:
            try:
                await self._look(self.in_force.serving)
                self._tell(_UNREAD, None)
                self._tell(_FAILED, None)
            except (DatabaseUnavailableError, SQLAlchemyError) as error:
                self._tell(_UNREAD, kind_of(error))
            except Exception as error:  # noqa: BLE001  what is in force goes on, whatever is wrong
                self._tell(_FAILED, type(error).__name__, failure=failure(error))

    async def _look(self, before: Serving) -> None:
        numbers, followed = await self.database.read_at_once(numbers_of), before.followed or ()
        self.metrics.promotions_seen.set(self.clock().timestamp())
        is_troubled = before.passed_over is not None or before.policy_passed_over is not None
        is_due = is_troubled and self.ticks() - self._tried >= TRIED_AGAIN_SECONDS
        if numbers == (followed if self._seen is None else self._seen) and not is_due:
            return
        self._tried = self.ticks()
        try:
            _demand_all(followed, numbers)
            signed = await self.database.read_at_once(read_signed)
            found = await anyio.to_thread.run_sync(self._load, signed, before, limiter=self.workers)
            await keep_policy(self.database, self.signer, found, self.clock())
        except (ServingError, PolicyEditedError) as error:
            found = msgspec.structs.replace(before, policy_passed_over=str(error))
        self._put(before, found)
        self._seen = numbers  # what failed above is tried again at the next look

    def _load(self, signed: SignedPromotions, before: Serving) -> Serving:
        """Everything that takes time, on a worker thread: signatures, files, checks, and the first use."""
        found = load_in_force(self.settings, prove(signed, self.signer, self.settings.model_name), before=before)
        if self.authority is not None:
            check_products(self.authority, found, self.settings.authority_file)
        self.loan_conditions.check_products(found.products, self.settings.loan_conditions_file)
        for one in (found, *found.lenders.values()):
            warm_up(one)
            if one.of_persons is not None:
                warm_up(one.of_persons)
        return found

    def _put(self, before: Serving, found: Serving) -> None:
        self.in_force.serving = found
        self.metrics.serves(
            found.versions,
            model_passed_over=found.passed_over is not None,
            policy_passed_over=found.policy_passed_over is not None,
        )
        if _named(found) != _named(before):
            _log.info("taken up", model=found.versions.model, policy=found.versions.policy, lenders=_own(found))
        self._tell("a promoted model cannot be served", found.passed_over, scores=found.versions.model)
        self._tell("an approved policy cannot be served", found.policy_passed_over, decides=found.versions.policy)

    def _tell(self, event: str, reason: str | None, **facts: Any) -> None:  # noqa: ANN401  values of a log line
        """Once for each new reason, and not at every look."""
        if reason is None:
            self._told.pop(event, None)
        elif self._told.get(event) != reason:
            self._told[event] = reason
            _log.error(event, reason=reason, **facts)


def _demand_all(followed: tuple[int, ...], numbers: tuple[int, ...]) -> None:
    """Refuse a database that has lost what was followed: else cutting off a promotion would bring back the one before.

    Raises:
        ServingError: it has.
    """
    if numbers[: len(followed)] != followed:
        raise ServingError("statements about promotions that were followed are not in the database any more")


def _named(serving: Serving) -> tuple[str, ...]:
    every = (serving, *serving.lenders.values())
    return tuple(name for one in every for name in (one.versions.model_sha256, one.versions.policy_sha256))


def _own(serving: Serving) -> dict[str, str]:
    return {lender: one.policy.version for lender, one in serving.lenders.items()}
