"""Routes of webhooks and events: where a lender is told what happened, what came of it, and what happened."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any, cast

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, RawBody
from msgspec import UNSET

from scoring.api import problems as known
from scoring.api.applications import body_of
from scoring.api.errors import FieldError, InvalidFieldsError
from scoring.api.lists import YEARS, Limit, check_parameters, cursor_parameter, instant_parameter, page_of
from scoring.api.middleware import needs, who_of
from scoring.api.openapi import BODY_PROBLEMS, operation
from scoring.api.schemas.webhooks import (
    DeliveryList,
    DeliveryResponse,
    EventList,
    EventReplayRequest,
    EventResponse,
    ReplayRequest,
    ReplayResponse,
    RotationRequest,
    TryResponse,
    WebhookChange,
    WebhookList,
    WebhookRequest,
    WebhookResponse,
    WebhookSecretResponse,
)
from scoring.api.web_addresses import check_webhook_address
from scoring.base.identifiers import instant
from scoring.decisions.webhooks import DeliveryState, EventType, TryError, WebhookState, WhyDisabled
from scoring.runtime.settings import Settings
from scoring.store.events import Event, EventFilter
from scoring.store.principals import Principal, Role
from scoring.store.webhooks import Delivery, Webhook
from scoring.usecases.webhooks import MadeUpEventError, Webhooks

READERS = (Role.WEBHOOKS, Role.AUDIT)
WebhookId = Annotated[str, PathParameter(description="Identifier of a webhook of your lender.")]
EventId = Annotated[str, PathParameter(description="Identifier of an event of your lender.")]
_PARAMETERS = frozenset({"cursor", "limit"})


@post(
    "/v1/webhooks",
    guards=[needs(Role.WEBHOOKS)],
    operation_id="createWebhook",
    operation_class=operation(
        *BODY_PROBLEMS,
        known.WEBHOOK_STATE,
        body=WebhookRequest,
        leads_to={"getWebhook": "webhook_id", "testWebhook": "webhook_id", "deleteWebhook": "webhook_id"},
    ),
    tags=["webhooks"],
    summary="Have events sent to an address",
)
async def create_webhook(
    request: Request[Principal, Any, Any],
    body: RawBody,
    webhooks: NamedDependency[Webhooks],
    settings: NamedDependency[Settings],
) -> Response[WebhookSecretResponse]:
    """From now on. `secret` is shown this once; it verifies the signatures `v1`, `public_keys` those called `v1a`."""
    asked = body_of(request, body, WebhookRequest, lambda one: _check(one.url, one.description, one.types, settings))
    made, secret = await webhooks.add(
        who_of(request, request.user),
        url=asked.url,
        description=asked.description,
        types=None if asked.types is None else tuple(asked.types),
    )
    shown = WebhookSecretResponse(**_fields(made), secret=secret.symmetric)
    return Response(shown, headers={"Location": f"/v1/webhooks/{made.id}"})


@get(
    "/v1/webhooks",
    guards=[needs(*READERS)],
    operation_id="listWebhooks",
    operation_class=operation(known.INVALID_REQUEST),
    tags=["webhooks"],
    summary="List webhooks",
)
async def get_webhooks(
    request: Request[Principal, Any, Any],
    webhooks: NamedDependency[Webhooks],
    cursor: Annotated[str | None, cursor_parameter("whe")] = None,
    limit: Limit = 50,
) -> WebhookList:
    """Newest first, disabled ones too."""
    check_parameters(request, _PARAMETERS, prefix="whe")
    found = await webhooks.page(request.user.lender_id, before=cursor, limit=limit + 1)
    items, next_cursor = page_of(found, limit, lambda one: one.id)
    return WebhookList(items=[_present(one) for one in items], next_cursor=next_cursor)


@get(
    "/v1/webhooks/{webhook_id:str}",
    guards=[needs(*READERS)],
    operation_id="getWebhook",
    operation_class=operation(known.NOT_FOUND),
    tags=["webhooks"],
    summary="Read a webhook",
)
async def get_webhook(
    request: Request[Principal, Any, Any], webhook_id: WebhookId, webhooks: NamedDependency[Webhooks]
) -> WebhookResponse:
    """Whether it is enabled, and since when it fails."""
    return _present(await webhooks.find(request.user.lender_id, webhook_id))


@patch(
    "/v1/webhooks/{webhook_id:str}",
    guards=[needs(Role.WEBHOOKS)],
    operation_id="changeWebhook",
    operation_class=operation(*BODY_PROBLEMS, known.NOT_FOUND, body=WebhookChange),
    tags=["webhooks"],
    summary="Change, enable or disable a webhook",
)
async def change_webhook(
    request: Request[Principal, Any, Any],
    body: RawBody,
    webhook_id: WebhookId,
    webhooks: NamedDependency[Webhooks],
    settings: NamedDependency[Settings],
) -> WebhookResponse:
    """To one that is enabled again, nothing is sent that happened meanwhile: replay it."""
    asked = body_of(request, body, WebhookChange, lambda one: _check_change(one, settings))
    given = {name: getattr(asked, name) for name in ("url", "description", "types")}
    values = {name: value for name, value in given.items() if value is not UNSET}
    is_enabled = None if asked.enabled is UNSET else asked.enabled
    who = who_of(request, request.user)
    return _present(await webhooks.change(who, webhook_id, values, is_enabled=is_enabled))


@delete(
    "/v1/webhooks/{webhook_id:str}",
    guards=[needs(Role.WEBHOOKS)],
    operation_id="deleteWebhook",
    operation_class=operation(known.NOT_FOUND),
    tags=["webhooks"],
    summary="Delete a webhook",
)
async def delete_webhook(
    request: Request[Principal, Any, Any], webhook_id: WebhookId, webhooks: NamedDependency[Webhooks]
) -> None:
    """With its secrets; nothing more is sent to it."""
    await webhooks.remove(who_of(request, request.user), webhook_id)


@post(
    "/v1/webhooks/{webhook_id:str}/test",
    guards=[needs(Role.WEBHOOKS)],
    operation_id="testWebhook",
    operation_class=operation(
        known.INVALID_REQUEST, known.NOT_FOUND, known.WEBHOOK_STATE, leads_to={"getEvent": "event_id"}
    ),
    tags=["webhooks"],
    summary="Send a webhook a test event",
)
async def send_test(
    request: Request[Principal, Any, Any],
    webhook_id: WebhookId,
    webhooks: NamedDependency[Webhooks],
    type: Annotated[  # noqa: A002  the name of the parameter
        EventType, QueryParameter(description="Another type, in front of the local sevdesk alone: it is made up.")
    ] = EventType.WEBHOOK_TEST,
) -> Response[EventResponse]:
    """`webhook.test`, whatever types it is limited to; `deliveries` tells what came of it.

    In front of the local sevdesk an event of any type: its identifiers belong to nothing.
    """
    try:
        made = await webhooks.test(who_of(request, request.user), webhook_id, type)
    except MadeUpEventError as error:
        raise InvalidFieldsError([FieldError(field="type", message=str(error))]) from None
    return Response(_present_event(made), headers={"Location": f"/v1/events/{made.id}"})


@post(
    "/v1/webhooks/{webhook_id:str}/rotation",
    guards=[needs(Role.WEBHOOKS)],
    operation_id="rotateWebhookSecret",
    operation_class=operation(*BODY_PROBLEMS, known.NOT_FOUND, known.WEBHOOK_STATE, body=RotationRequest),
    status_code=200,
    tags=["webhooks"],
    summary="Sign with a new secret",
)
async def rotate_webhook(
    request: Request[Principal, Any, Any], body: RawBody, webhook_id: WebhookId, webhooks: NamedDependency[Webhooks]
) -> WebhookSecretResponse:
    """Both signatures have new keys. Those before it sign, too, until the overlap is over."""
    asked = body_of(request, body, RotationRequest)
    who = who_of(request, request.user)
    found, secret = await webhooks.rotate(who, webhook_id, overlap=timedelta(hours=asked.overlap_hours))
    return WebhookSecretResponse(**_fields(found), secret=secret.symmetric)


@get(
    "/v1/webhooks/{webhook_id:str}/deliveries",
    guards=[needs(*READERS)],
    operation_id="listDeliveries",
    operation_class=operation(known.INVALID_REQUEST, known.NOT_FOUND),
    tags=["webhooks"],
    summary="List what was sent to a webhook",
)
async def get_deliveries(
    request: Request[Principal, Any, Any],
    webhook_id: WebhookId,
    webhooks: NamedDependency[Webhooks],
    status: Annotated[DeliveryState | None, QueryParameter(description="Only deliveries in this state.")] = None,
    cursor: Annotated[str | None, cursor_parameter("evt")] = None,
    limit: Limit = 50,
) -> DeliveryList:
    """With every try, those of the newest events first."""
    check_parameters(request, _PARAMETERS | {"status"}, prefix="evt")
    found = await webhooks.deliveries(request.user.lender_id, webhook_id, state=status, before=cursor, limit=limit + 1)
    items, next_cursor = page_of(found, limit, lambda one: one.event_id)
    return DeliveryList(items=[_present_delivery(one) for one in items], next_cursor=next_cursor)


@post(
    "/v1/webhooks/{webhook_id:str}/replay",
    guards=[needs(Role.WEBHOOKS)],
    operation_id="replayEvents",
    operation_class=operation(*BODY_PROBLEMS, known.NOT_FOUND, known.WEBHOOK_STATE, body=ReplayRequest),
    status_code=200,
    tags=["webhooks"],
    summary="Send a webhook the events of a time once more",
)
async def replay_events(
    request: Request[Principal, Any, Any], body: RawBody, webhook_id: WebhookId, webhooks: NamedDependency[Webhooks]
) -> ReplayResponse:
    """Those that it takes and has missed; each has the same `webhook-id` as before."""
    asked = body_of(request, body, ReplayRequest, _check_replay)
    who = who_of(request, request.user)
    count = await webhooks.replay(who, webhook_id, since=asked.since, until=asked.until, is_all=asked.all)
    return ReplayResponse(count=count)


@get(
    "/v1/events",
    guards=[needs(*READERS)],
    operation_id="listEvents",
    operation_class=operation(known.INVALID_REQUEST),
    tags=["webhooks"],
    summary="List events",
)
async def get_events(
    request: Request[Principal, Any, Any],
    webhooks: NamedDependency[Webhooks],
    type: Annotated[EventType | None, QueryParameter(description="Only events of this type.")] = None,  # noqa: A002  the name of the parameter
    since: Annotated[datetime | None, instant_parameter("Only at or after this instant.")] = None,
    until: Annotated[datetime | None, instant_parameter("Only before this instant.")] = None,
    cursor: Annotated[str | None, cursor_parameter("evt")] = None,
    limit: Limit = 50,
) -> EventList:
    """Newest first, of the last 30 days, whether a webhook got them or not."""
    check_parameters(request, _PARAMETERS | {"type", "since", "until"}, prefix="evt", since=since, until=until)
    wanted = EventFilter(
        type=type,
        since=None if since is None else instant(since),
        until=None if until is None else instant(until),
    )
    found = await webhooks.list_events(request.user.lender_id, wanted, before=cursor, limit=limit + 1)
    items, next_cursor = page_of(found, limit, lambda one: one.id)
    return EventList(items=[_present_event(one) for one in items], next_cursor=next_cursor)


@get(
    "/v1/events/{event_id:str}",
    guards=[needs(*READERS)],
    operation_id="getEvent",
    operation_class=operation(known.NOT_FOUND),
    tags=["webhooks"],
    summary="Read an event",
)
async def get_event(
    request: Request[Principal, Any, Any], event_id: EventId, webhooks: NamedDependency[Webhooks]
) -> EventResponse:
    """What webhooks get of it."""
    return _present_event(await webhooks.find_event(request.user.lender_id, event_id))


@post(
    "/v1/events/{event_id:str}/replay",
    guards=[needs(Role.WEBHOOKS)],
    operation_id="replayEvent",
    operation_class=operation(*BODY_PROBLEMS, known.NOT_FOUND, known.WEBHOOK_STATE, body=EventReplayRequest),
    status_code=200,
    tags=["webhooks"],
    summary="Send an event once more",
)
async def replay_event(
    request: Request[Principal, Any, Any], body: RawBody, event_id: EventId, webhooks: NamedDependency[Webhooks]
) -> ReplayResponse:
    """To one webhook, or to every one that takes its type, with the same `webhook-id` as before."""
    asked = body_of(request, body, EventReplayRequest)
    who = who_of(request, request.user)
    return ReplayResponse(count=await webhooks.replay_event(who, event_id, webhook_id=asked.webhook_id))


def _check(url: str, description: str, types: list[str] | None, settings: Settings) -> Iterator[FieldError]:
    try:
        check_webhook_address(url, allows_inside=settings.is_webhook_inside_allowed)
    except ValueError as error:
        yield FieldError(field="url", message=str(error))
    if not description.isprintable():
        yield FieldError(field="description", message="must contain only printable characters")
    if types is not None and len(set(types)) != len(types):
        yield FieldError(field="types", message="must name each type once")


def _check_change(asked: WebhookChange, settings: Settings) -> Iterator[FieldError]:
    if all(value is UNSET for value in msgspec.structs.astuple(asked)):
        yield FieldError(field="body", message="give at least one of url, description, types and enabled")
    description = "" if asked.description is UNSET else asked.description
    types = None if asked.types is UNSET else asked.types
    for error in _check("" if asked.url is UNSET else asked.url, description, types, settings):
        if error.field != "url" or asked.url is not UNSET:
            yield error


def _check_replay(asked: ReplayRequest) -> Iterator[FieldError]:
    for name, moment in (("since", asked.since), ("until", asked.until)):
        if moment is not None and moment.year not in YEARS:
            yield FieldError(field=name, message=f"must be in the years {YEARS[0]} to {YEARS[-1]}")
    if asked.until is not None and asked.until <= asked.since:
        yield FieldError(field="until", message="must be after since")


def _fields(webhook: Webhook) -> dict[str, Any]:
    return {
        "webhook_id": webhook.id,
        "url": webhook.url,
        "description": webhook.description,
        "types": None if webhook.types is None else [EventType(one) for one in webhook.types],
        "enabled": webhook.state is WebhookState.ENABLED,
        "disabled_for": None if webhook.disabled_for is None else WhyDisabled(webhook.disabled_for),
        "disabled_at": webhook.disabled_at,
        "failing_since": webhook.failing_since,
        "public_keys": list(webhook.public_keys),
        "created_at": webhook.created_at,
    }


def _present(webhook: Webhook) -> WebhookResponse:
    return WebhookResponse(**_fields(webhook))


# codes of a later version, which has written them beside this one, are shown as they are
def _present_event(event: Event) -> EventResponse:
    return EventResponse(
        event_id=event.id, type=cast("EventType", event.type), timestamp=event.at, data=msgspec.json.decode(event.data)
    )


def _present_delivery(delivery: Delivery) -> DeliveryResponse:
    return DeliveryResponse(
        event_id=delivery.event_id,
        type=cast("EventType", delivery.type),
        timestamp=delivery.at,
        status=delivery.state,
        tries=delivery.tries,
        next_try_at=delivery.due_at if delivery.state is DeliveryState.WAITING else None,
        ended_at=delivery.ended_at,
        log=[
            TryResponse(
                at=one.at,
                http_status=one.status,
                error=cast("TryError | None", one.error),
                milliseconds=one.milliseconds,
            )
            for one in delivery.log
        ],
    )
