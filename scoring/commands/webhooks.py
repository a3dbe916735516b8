"""``webhooks``: webhooks of lenders, for operators."""

import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from cyclopts import App, Parameter

from scoring.commands.session import answer, cipher_of, counted, give_up, read_settings, settings_for, with_database
from scoring.decisions.webhooks import DeliveryState, WebhookState
from scoring.runtime.operator import operator
from scoring.runtime.settings import Settings, clock_of
from scoring.store import webhooks
from scoring.store.audit import Trail, Who
from scoring.store.database import Database
from scoring.store.webhooks import Webhook, WebhookStateError
from scoring.usecases.webhooks import Webhooks

T = TypeVar("T")
app = App(name="webhooks", help="Webhooks of lenders: list, show, enable and disable them, have events sent again.")
WebhookId = Annotated[str, Parameter(help="As `webhooks list` prints it.")]
_MOST = 1000
_MOST_SHOWN = 20


@app.command(name="list")
def show_all(
    *,
    lender: Annotated[str | None, Parameter(help="Only webhooks of this lender.")] = None,
    state: Annotated[WebhookState | None, Parameter(help="Only webhooks in this state.")] = None,
) -> None:
    """List webhooks, newest first: identifier, lender, state, why it is disabled, since when it fails, host."""
    settings = settings_for(lender)
    search = partial(webhooks.list_webhooks, lender_id=lender, state=state, limit=_MOST, now=clock_of(settings)())
    for one in with_database(settings, lambda database: database.read_at_once(search)):
        told = (one.id, one.lender_id, one.state, one.disabled_for or "", one.failing_since or "", _host(one))
        answer("\t".join(told))


@app.command(name="show")
def show(webhook_id: WebhookId, /) -> None:
    """Print one webhook and what came of its newest deliveries; of its address the host alone, and no secret."""
    one = _find(webhook_id)
    for name in ("id", "lender_id", "state", "disabled_for", "disabled_at", "failing_since", "created_at"):
        answer(f"{name}\t{getattr(one, name) or ''}")
    answer(f"host\t{_host(one)}")
    answer(f"types\t{'' if one.types is None else ','.join(one.types)}")
    search = partial(webhooks.list_deliveries, webhook_id=webhook_id, state=None, before=None, limit=_MOST_SHOWN)
    for delivery in with_database(read_settings(), lambda database: database.read_at_once(search)):
        last = delivery.log[-1] if delivery.log else None
        came = "" if last is None else last.error or str(last.status)
        due = delivery.due_at if delivery.state is DeliveryState.WAITING else delivery.ended_at or ""
        answer("\t".join((delivery.event_id, delivery.type, delivery.state, str(delivery.tries), came, due)))


@app.command(name="enable")
def enable(webhook_id: WebhookId, /) -> None:
    """Send to a webhook again what happens from now on; `webhooks replay` sends what it has missed."""
    _switch(webhook_id, is_enabled=True)


@app.command(name="disable")
def disable(webhook_id: WebhookId, /) -> None:
    """Send nothing more to a webhook; what waits is stopped, and can be replayed. The lender's others are told."""
    _switch(webhook_id, is_enabled=False)


@app.command(name="replay")
def replay(
    webhook_id: WebhookId,
    /,
    *,
    since: Annotated[str, Parameter(help="Events that happened at this instant or later, 2026-11-23T12:00:00Z.")],
    all_events: Annotated[
        bool, Parameter(name="--all", negative=(), help="Also those that were delivered, not only what it missed.")
    ] = False,
) -> None:
    """Send a webhook once more what it has missed since a moment; a running service sends it within seconds."""
    moment = _moment(since)
    one = _find(webhook_id)

    async def work(used: Webhooks, who: Who) -> int:
        return await used.replay(who, webhook_id, since=moment, until=None, is_all=all_events)

    answer(f"{counted(_do(one, work), 'event')} to be sent to {webhook_id}")


def _switch(webhook_id: str, *, is_enabled: bool) -> None:
    one = _find(webhook_id)
    if is_enabled == (one.state is WebhookState.ENABLED):
        give_up(f"{webhook_id} is {one.state} already")

    async def work(used: Webhooks, who: Who) -> None:
        await used.switch(who, webhook_id, is_enabled=is_enabled)

    _do(one, work)
    answer(f"{webhook_id} {'enabled' if is_enabled else 'disabled'}")


def _do(one: Webhook, work: Callable[[Webhooks, Who], Awaitable[T]]) -> T:
    """Do something for a webhook's lender, as the operator."""
    settings = read_settings()

    async def run(database: Database) -> T:
        return await work(_webhooks_of(settings, database), operator(one.lender_id))

    try:
        return with_database(settings, run)
    except WebhookStateError as error:
        give_up(str(error))


def _webhooks_of(settings: Settings, database: Database) -> Webhooks:
    clock = clock_of(settings)
    return Webhooks(
        database=database,
        cipher=cipher_of(settings),
        clock=clock,
        randomness=os.urandom,
        trail=Trail(database=database, clock=clock, randomness=os.urandom),
        is_sandbox=settings.is_sevdesk_sandbox,
    )


def _find(webhook_id: str) -> Webhook:
    settings = read_settings()
    search = partial(webhooks.find_webhook, lender_id=None, webhook_id=webhook_id, now=clock_of(settings)())
    found = with_database(settings, lambda database: database.read_at_once(search))
    if found is None:
        give_up(f"there is no webhook {webhook_id!r}; `webhooks list` lists them")
    return found


def _host(one: Webhook) -> str:
    """Of its address: what follows may be a secret of the lender."""
    return urlsplit(one.url).netloc


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        give_up(f"--since: {text!r} is not an instant such as 2026-11-23T12:00:00Z")
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
