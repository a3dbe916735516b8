"""The sender of a process: it takes deliveries by a lease, sends each once at a time, and stores what came of it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from scoring.base.identifiers import Clock, Randomness, new_id
from scoring.base.secrets import Cipher, DecryptionError, Sealed
from scoring.base.version import SERVICE_VERSION
from scoring.base.webhook_signing import WebhookSecret
from scoring.decisions.webhooks import DeliveryState, Tried, TryError, WhyDisabled
from scoring.store import webhooks
from scoring.store.database import Database
from scoring.store.errors import DatabaseUnavailableError, kind_of
from scoring.store.webhooks import ClaimedDelivery, secret_purpose
from scoring.telemetry.telemetry import Metrics

AT_ONCE: Final = 2 * webhooks.MOST_WEBHOOKS * webhooks.MOST_AT_ONCE
"""Deliveries that a process sends at the same time: twice of what one lender can take up."""
POLL_SECONDS: Final = 5.0
"""How often an idle sender looks for what other processes have written. Its own process wakes it at once."""
LEASE: Final = timedelta(seconds=60)
"""Longer than a try and two waits for the database."""
_log = structlog.get_logger(__name__)


class Post(Protocol):
    """Sends requests, see ``Network``."""

    @property
    def seconds(self) -> float:
        """How long one may take."""

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Tried:
        """Send one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Sends webhooks. Built once, from the parts that this takes."""

    database: Database
    cipher: Cipher
    network: Post
    clock: Clock
    outside: Clock
    """The present where receivers are, which is not that of a sandbox."""
    randomness: Randomness
    metrics: Metrics
    poll_seconds: float = POLL_SECONDS
    _awake: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """Let it look for deliveries now."""
        self._awake.set()

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Send beside the block; at its end nothing more is taken, and what has begun is finished."""
        stopping = asyncio.Event()
        task = asyncio.create_task(self.run(stopping))
        self.database.on_news = self.wake
        try:
            yield
        finally:
            stopping.set()
            await task

    async def run(self, stopping: asyncio.Event) -> None:
        """Send until it is told to stop."""
        ending = asyncio.create_task(stopping.wait())
        tasks: dict[asyncio.Task[None], str] = {}
        while not stopping.is_set():
            self._awake.clear()
            wait = self.poll_seconds
            try:
                claimed, wait = await self._claim(Counter(tasks.values()))
                for one in claimed:
                    tasks[asyncio.create_task(self._work(one))] = one.webhook_id
            except Exception as error:  # noqa: BLE001  whatever it is, the next look may do
                _log.warning("no webhooks can be taken", reason=kind_of(error))
            looking = asyncio.create_task(self._awake.wait())
            await asyncio.wait({ending, looking, *tasks}, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
            looking.cancel()
            tasks = {task: webhook for task, webhook in tasks.items() if not task.done()}
        if tasks:
            await asyncio.wait(tasks)
        ending.cancel()

    async def _claim(self, busy: Counter[str]) -> tuple[list[ClaimedDelivery], float]:
        """Deliveries that are due, as many as there are places, and the seconds until it is worth looking again."""
        now = self.clock()
        standing = await self.database.read_at_once(partial(webhooks.standing_of, now=now))
        self._measure(standing, now)
        places = AT_ONCE - busy.total()
        if standing.next_due_at is None or not places:
            return [], self.poll_seconds
        left = (datetime.fromisoformat(standing.next_due_at) - now).total_seconds()
        if left > 0:
            return [], min(left + 0.001, self.poll_seconds)  # instants are stored in milliseconds
        attempts = [new_id("att", now, self.randomness) for _ in range(places)]
        work = partial(webhooks.claim, attempts=attempts, busy=busy, now=now, lease=LEASE, randomness=self.randomness)
        return await self.database.write_at_once(work), self.poll_seconds

    def _measure(self, standing: webhooks.Standing, now: datetime) -> None:
        since = standing.oldest_due_at
        age = 0.0 if since is None else (now - datetime.fromisoformat(since)).total_seconds()
        self.metrics.webhooks_overdue.set(max(age, 0.0))
        for why in (WhyDisabled.FAILING, WhyDisabled.GONE):
            self.metrics.webhooks_disabled.labels(why).set(standing.disabled.get(why, 0))

    async def _work(self, claimed: ClaimedDelivery) -> None:
        """One try; where it cannot be stored, the lease ends and it is made again."""
        if self.clock() + timedelta(seconds=self.network.seconds) >= claimed.leased_until:
            return  # this process stood still: another one may have it before this try would be over
        tried = await self._try(claimed)
        work = partial(webhooks.finish, claimed=claimed, tried=tried, now=self.clock(), randomness=self.randomness)
        try:
            state = await self.database.write_at_once(work)
        except (DatabaseUnavailableError, SQLAlchemyError) as error:
            _log.warning("webhook not noted", event_id=claimed.event.id, reason=kind_of(error))
            return
        if state is None:
            return
        outcome = "retried" if state is DeliveryState.WAITING else state.value
        self.metrics.webhook_deliveries.labels(outcome).inc()
        _log.info(
            "webhook sent",
            webhook_id=claimed.webhook_id,
            event_id=claimed.event.id,
            status=tried.status,
            error=tried.error,
            outcome=outcome,
            milliseconds=tried.milliseconds,
        )

    async def _try(self, claimed: ClaimedDelivery) -> Tried:
        event, body, at = claimed.event, claimed.event.body(), int(self.outside().timestamp())
        try:
            secrets = [self._open(claimed.lender_id, *one) for one in claimed.secrets]
        except DecryptionError as error:
            _log.error("webhook cannot be signed", webhook_id=claimed.webhook_id, error=str(error))
            return Tried(error=TryError.UNSIGNED)
        headers = {
            "content-type": "application/json",
            "user-agent": f"Hauptbuch/{SERVICE_VERSION} (Standard Webhooks)",
            "webhook-id": event.id,
            "webhook-timestamp": str(at),
            "webhook-signature": " ".join(secret.sign(event.id, at, body) for secret in secrets),
        }
        return await self.network.post(claimed.url, headers, body)

    def _open(self, lender_id: str, secret_id: str, sealed: Sealed) -> WebhookSecret:
        return WebhookSecret(self.cipher.open(sealed, lender_id=lender_id, purpose=secret_purpose(secret_id)))
