"""Wire types of webhooks and events."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from scoring.api.schemas.texts import PRINTABLE
from scoring.base.identifiers import pattern_of
from scoring.decisions.webhooks import CHOOSABLE, DeliveryState, EventType, TryError, WhyDisabled

LONGEST_OVERLAP = 168
Url = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=2000,
        description="Where events are sent by POST: https, with a name that leads to the public internet.",
        extra_json_schema={"format": "uri"},
    ),
]
Description = Annotated[
    str, Meta(max_length=120, description="For you; it is sent nowhere.", extra_json_schema={"pattern": PRINTABLE})
]
Types = Annotated[
    list[Literal[CHOOSABLE]],  # type: ignore[valid-type]  # values that are known when the module is loaded
    Meta(
        min_length=1,
        max_length=len(CHOOSABLE),
        description="Types of events that it gets; null is all.",
        extra_json_schema={"uniqueItems": True},
    ),
]
WebhookId = Annotated[str, Meta(extra_json_schema={"pattern": pattern_of("whe")})]
EventId = Annotated[str, Meta(extra_json_schema={"pattern": pattern_of("evt")})]


class WebhookRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An address to which events are sent."""

    url: Url
    description: Description = ""
    types: Types | None = None


class WebhookChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is different from now on; at least one field."""

    url: Url | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    types: Types | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET


class RotationRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long the secret before signs, too."""

    overlap_hours: Annotated[
        int,
        Meta(ge=0, le=LONGEST_OVERLAP, description="0 ends it at once: for a secret that somebody else has."),
    ] = 24


class ReplayRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which events a webhook is sent once more."""

    since: Annotated[datetime, Meta(tz=True, description="Events that happened at this instant or later.")]
    until: Annotated[datetime, Meta(tz=True)] | None = None
    """Exclusive; null is now."""
    all: bool = False
    """Also those that were delivered, and not only those that the webhook has missed."""


class EventReplayRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To which webhook an event is sent once more."""

    webhook_id: WebhookId | None = None
    """Whatever types it is limited to; null is every webhook that takes its type."""


class WebhookResponse(msgspec.Struct, frozen=True, kw_only=True):
    """An address to which events are sent."""

    webhook_id: WebhookId
    url: str
    description: str
    types: list[EventType] | None
    """Null is all."""
    enabled: bool
    disabled_for: WhyDisabled | None
    disabled_at: str | None
    failing_since: str | None
    """The first try that failed since the last one that did not. It is disabled after three days."""
    public_keys: list[str]
    """Of Ed25519, for the signatures `v1a`: the newest first, and those before it while they sign, too."""
    created_at: str


class WebhookSecretResponse(WebhookResponse, frozen=True, kw_only=True):
    """The same with the secret for the signatures `v1`, which is shown this once."""

    secret: Annotated[str, Meta(extra_json_schema={"format": "password"})]


class WebhookList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of webhooks, newest first."""

    items: list[WebhookResponse]
    next_cursor: str | None


class TryResponse(msgspec.Struct, frozen=True, kw_only=True):
    """One try of a delivery."""

    at: str
    http_status: int | None
    """Of the answer; null where none came."""
    error: TryError | None
    """Why none came."""
    milliseconds: int | None


class DeliveryResponse(msgspec.Struct, frozen=True, kw_only=True):
    """An event on its way to a webhook."""

    event_id: EventId
    type: EventType
    timestamp: str
    """When it happened."""
    status: DeliveryState
    tries: int
    """Since it was recorded, or replayed."""
    next_try_at: str | None
    """Of one that waits."""
    ended_at: str | None
    log: list[TryResponse]
    """Every try, the oldest first."""


class DeliveryList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of deliveries, those of the newest events first."""

    items: list[DeliveryResponse]
    next_cursor: str | None


class EventResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened; `type`, `timestamp` and `data` are what webhooks get."""

    event_id: EventId
    """The `webhook-id` of every delivery."""
    type: EventType
    timestamp: str
    data: dict[str, Any]
    """Identifiers and codes, by which more can be asked for."""


class EventList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of events, newest first."""

    items: list[EventResponse]
    next_cursor: str | None


class ReplayResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent once more."""

    count: int
    """Deliveries that wait now; what was on its way anyway is not counted."""
