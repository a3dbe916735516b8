"""Webhooks of a lender: add, change, test and remove them, see what came of deliveries, and have events sent again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy.engine import Connection

from scoring.base.identifiers import Clock, Randomness, instant
from scoring.base.secrets import Cipher
from scoring.base.webhook_signing import WebhookSecret
from scoring.decisions.webhooks import SAMPLES, DeliveryState, EventType, WebhookState, WhyDisabled
from scoring.store import events, webhooks
from scoring.store.audit import Action, Trail, Who
from scoring.store.database import Database
from scoring.store.events import Event, EventFilter
from scoring.store.webhooks import Delivery, Webhook, WebhookStateError

T = TypeVar("T")


class MadeUpEventError(Exception):
    """An event was asked for that did not happen, in front of real books."""


class UnknownWebhookError(Exception):
    """The lender has no such webhook, or no such event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhooks:
    """What lenders do with webhooks. Built once, from the parts that this takes."""

    database: Database
    cipher: Cipher
    clock: Clock
    randomness: Randomness
    trail: Trail
    is_sandbox: bool
    """Whether the books are made up: only then events are sent on demand that nothing stands behind."""

    async def add(
        self, who: Who, *, url: str, description: str, types: tuple[str, ...] | None
    ) -> tuple[Webhook, WebhookSecret]:
        """Add a webhook; its secret of HMAC is shown now and never again.

        Raises:
            WebhookStateError: the lender has as many as it may.
        """
        secret, lender_id = WebhookSecret.new(self.randomness), who.lender_id or ""
        mark, now = self.trail.mark(who, Action.WEBHOOK_ADDED), self.clock()

        def work(connection: Connection) -> Webhook:
            webhook_id = webhooks.add_webhook(
                connection,
                self.cipher,
                secret,
                lender_id=lender_id,
                url=url,
                description=description,
                types=types,
                by=who.name,
                now=now,
                randomness=self.randomness,
            )
            mark.put(connection, object_id=webhook_id)
            return self._locked(connection, lender_id, webhook_id)

        return await self.database.write_at_once(work), secret

    async def page(self, lender_id: str, *, before: str | None, limit: int) -> list[Webhook]:
        """Webhooks of a lender, newest first."""
        now = self.clock()
        return await self.database.read_at_once(
            lambda connection: webhooks.list_webhooks(
                connection, lender_id=lender_id, before=before, limit=limit, now=now
            )
        )

    async def find(self, lender_id: str, webhook_id: str) -> Webhook:
        """One webhook.

        Raises:
            UnknownWebhookError: the lender has none of this identifier.
        """
        now = self.clock()
        found = await self.database.read_at_once(
            lambda connection: webhooks.find_webhook(connection, lender_id=lender_id, webhook_id=webhook_id, now=now)
        )
        if found is None:
            raise UnknownWebhookError("there is no webhook with this identifier")
        return found

    async def change(
        self, who: Who, webhook_id: str, values: dict[str, Any], *, is_enabled: bool | None = None
    ) -> Webhook:
        """Change ``url``, ``description`` or ``types``, and enable or disable it.

        Raises:
            UnknownWebhookError: as ``find``.
        """

        def work(connection: Connection, webhook: Webhook) -> None:
            webhooks.change_webhook(connection, webhook_id, values)
            self._switch(connection, webhook, WhyDisabled.BY_LENDER, is_enabled=is_enabled)

        await self._do(who, webhook_id, Action.WEBHOOK_CHANGED, work)
        return await self.find(who.lender_id or "", webhook_id)

    async def switch(self, who: Who, webhook_id: str, *, is_enabled: bool) -> None:
        """Enable or disable a webhook for its lender, as the operator.

        Raises:
            UnknownWebhookError: as ``find``.
        """

        def work(connection: Connection, webhook: Webhook) -> None:
            self._switch(connection, webhook, WhyDisabled.BY_OPERATOR, is_enabled=is_enabled)

        await self._do(who, webhook_id, Action.WEBHOOK_CHANGED, work)

    def _switch(self, connection: Connection, webhook: Webhook, why: WhyDisabled, *, is_enabled: bool | None) -> None:
        if is_enabled is None or is_enabled == (webhook.state is WebhookState.ENABLED):
            return
        if is_enabled:
            webhooks.enable(connection, webhook.id)
            return
        now = self.clock()
        webhooks.disable(connection, webhook.id, webhook.lender_id, why, now=now, randomness=self.randomness)

    async def remove(self, who: Who, webhook_id: str) -> None:
        """Delete a webhook with its address and secrets.

        Raises:
            UnknownWebhookError: as ``find``.
        """
        now = self.clock()
        await self._do(
            who,
            webhook_id,
            Action.WEBHOOK_DELETED,
            lambda connection, webhook: webhooks.remove_webhook(connection, webhook.id, now=now),
        )

    async def rotate(self, who: Who, webhook_id: str, *, overlap: timedelta) -> tuple[Webhook, WebhookSecret]:
        """Sign with a new secret from now on, and with those before it until the overlap is over.

        Raises:
            UnknownWebhookError: as ``find``.
            WebhookStateError: too many sign at the same time.
        """
        secret, now = WebhookSecret.new(self.randomness), self.clock()

        def work(connection: Connection, webhook: Webhook) -> None:
            webhooks.rotate(
                connection, self.cipher, secret, webhook, overlap=overlap, now=now, randomness=self.randomness
            )

        await self._do(who, webhook_id, Action.WEBHOOK_ROTATED, work)
        return await self.find(who.lender_id or "", webhook_id), secret

    async def test(self, who: Who, webhook_id: str, kind: EventType = EventType.WEBHOOK_TEST) -> Event:
        """Send a webhook an event that tells nothing, whatever types it is limited to.

        Args:
            who: asks.
            webhook_id: which.
            kind: of which type; in front of real books none but that of tests.

        Raises:
            UnknownWebhookError: as ``find``.
            WebhookStateError: it is disabled.
            MadeUpEventError: of another type than that of tests, about real books.
        """
        if kind is not EventType.WEBHOOK_TEST and not self.is_sandbox:
            raise MadeUpEventError("only webhook.test can be sent on demand: nothing stands behind other types")

        def work(connection: Connection, webhook: Webhook) -> Event:
            _demand_enabled(webhook)
            event_id = events.record(
                connection,
                kind,
                SAMPLES.get(kind, {"webhook_id": webhook_id}),
                lender_id=webhook.lender_id,
                at=instant(self.clock()),
                randomness=self.randomness,
                only=webhook_id,
            )
            return self._event(connection, webhook.lender_id, event_id)

        return await self._do(who, webhook_id, Action.WEBHOOK_TESTED, work)

    async def deliveries(
        self, lender_id: str, webhook_id: str, *, state: DeliveryState | None, before: str | None, limit: int
    ) -> list[Delivery]:
        """Deliveries to a webhook with their tries, those of the newest events first.

        Raises:
            UnknownWebhookError: as ``find``.
        """
        await self.find(lender_id, webhook_id)
        return await self.database.read_at_once(
            lambda connection: webhooks.list_deliveries(
                connection, webhook_id=webhook_id, state=state, before=before, limit=limit
            )
        )

    async def replay(self, who: Who, webhook_id: str, *, since: datetime, until: datetime | None, is_all: bool) -> int:
        """Send a webhook what it has missed since a moment, or with ``is_all`` everything; returns how many events.

        Raises:
            UnknownWebhookError: as ``find``.
            WebhookStateError: it is disabled.
        """
        wanted = EventFilter(since=instant(since), until=None if until is None else instant(until))

        def work(connection: Connection, webhook: Webhook) -> int:
            _demand_enabled(webhook)
            return webhooks.replay_since(connection, webhook, wanted, is_all=is_all, now=self.clock())

        return await self._do(who, webhook_id, Action.EVENTS_REPLAYED, work)

    async def list_events(self, lender_id: str, wanted: EventFilter, *, before: str | None, limit: int) -> list[Event]:
        """Events of a lender, newest first."""
        return await self.database.read_at_once(
            lambda connection: events.list_events(
                connection, lender_id=lender_id, wanted=wanted, before=before, limit=limit
            )
        )

    async def find_event(self, lender_id: str, event_id: str) -> Event:
        """One event.

        Raises:
            UnknownWebhookError: the lender has none of this identifier.
        """
        return await self.database.read_at_once(lambda connection: self._event(connection, lender_id, event_id))

    async def replay_event(self, who: Who, event_id: str, *, webhook_id: str | None) -> int:
        """Send one event once more, to one webhook or to all that take its type; returns to how many.

        Raises:
            UnknownWebhookError: the lender has no such event, or no such webhook.
            WebhookStateError: the webhook is disabled.
        """
        lender_id, now = who.lender_id or "", self.clock()
        mark = self.trail.mark(who, Action.EVENTS_REPLAYED)

        def work(connection: Connection) -> int:
            event = self._event(connection, lender_id, event_id)
            if webhook_id is not None:
                webhook = self._locked(connection, lender_id, webhook_id)
                _demand_enabled(webhook)
                takers = [webhook]
            else:
                state, most = WebhookState.ENABLED, webhooks.MOST_WEBHOOKS
                enabled = webhooks.list_webhooks(connection, lender_id=lender_id, state=state, limit=most, now=now)
                takers = [one for one in enabled if one.types is None or event.type in one.types]
            mark.put(connection, object_id=event_id)
            return sum(webhooks.replay_event(connection, event, one.id, now=now) for one in takers)

        return await self.database.write_at_once(work)

    async def _do(self, who: Who, webhook_id: str, action: Action, work: Callable[[Connection, Webhook], T]) -> T:
        mark = self.trail.mark(who, action)

        def marked(connection: Connection) -> T:
            webhook = self._locked(connection, who.lender_id, webhook_id)
            mark.put(connection, object_id=webhook_id)
            return work(connection, webhook)

        return await self.database.write_at_once(marked)

    def _locked(self, connection: Connection, lender_id: str | None, webhook_id: str) -> Webhook:
        found = webhooks.find_webhook(
            connection, lender_id=lender_id, webhook_id=webhook_id, now=self.clock(), for_update=True
        )
        if found is None:
            raise UnknownWebhookError("there is no webhook with this identifier")
        return found

    def _event(self, connection: Connection, lender_id: str, event_id: str) -> Event:
        found = events.find_event(connection, lender_id=lender_id, event_id=event_id)
        if found is None:
            raise UnknownWebhookError("there is no event with this identifier")
        return found


def _demand_enabled(webhook: Webhook) -> None:
    if webhook.state is not WebhookState.ENABLED:
        raise WebhookStateError("the webhook is disabled: enable it first")
