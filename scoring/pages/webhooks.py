"""The list of a lender's webhooks, and the page of each with what came of its deliveries."""

from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, RawBody

from scoring.api.lists import page_of
from scoring.api.middleware import who_of
from scoring.base.identifiers import is_id
from scoring.decisions.webhooks import DeliveryState, WebhookState
from scoring.pages.access import needs_person, session_secret, viewer_of
from scoring.pages.forms import check_token, read_fields
from scoring.pages.rendering import Pages, redirect
from scoring.runtime.settings import Settings
from scoring.store.events import PREFIX
from scoring.store.principals import Principal, Role
from scoring.store.webhooks import MOST_WEBHOOKS, WebhookStateError
from scoring.usecases.webhooks import UnknownWebhookError, Webhooks

_READERS: Final = (Role.WEBHOOKS, Role.AUDIT)
_ON_A_PAGE: Final = 25
_STEPS: Final = frozenset({"enable", "disable", "test"})


@get("/webhooks", guards=[needs_person(*_READERS)])
async def get_list(
    request: Request[Any, Any, Any], webhooks: NamedDependency[Webhooks], pages: NamedDependency[Pages]
) -> Response[str]:
    """All of the lender's, those that fail or are disabled marked."""
    reader = viewer_of(request).principal
    items = await webhooks.page(reader.lender_id, before=None, limit=MOST_WEBHOOKS)
    return pages.respond(request, "webhooks.html", items=items)


@get("/webhooks/{webhook_id:str}", guards=[needs_person(*_READERS)])
async def get_one(
    request: Request[Any, Any, Any],
    webhook_id: FromPath[str],
    webhooks: NamedDependency[Webhooks],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """One webhook, and its newest deliveries with every try."""
    done = request.query_params.get("done", "")
    return await _show(request, webhook_id, webhooks, pages, done=done if done in _STEPS else None)


@post("/webhooks/{webhook_id:str}/{step:str}", guards=[needs_person(Role.WEBHOOKS)])
async def post_step(
    request: Request[Any, Any, Any],
    body: RawBody,
    webhook_id: FromPath[str],
    step: FromPath[str],
    settings: NamedDependency[Settings],
    webhooks: NamedDependency[Webhooks],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """Enable, disable or test it."""
    if step not in _STEPS:
        raise NotFoundException
    check_token(session_secret(request, settings), read_fields(body))
    who = who_of(request, viewer_of(request).principal)
    try:
        if step == "test":
            await webhooks.test(who, webhook_id)
        else:
            await webhooks.change(who, webhook_id, {}, is_enabled=step == "enable")
    except UnknownWebhookError:
        raise NotFoundException from None
    except WebhookStateError:  # it was disabled since the page was opened, which the page says
        return await _show(request, webhook_id, webhooks, pages, status_code=409)
    return redirect(f"/webhooks/{webhook_id}?{urlencode({'done': step})}")


async def _show(
    request: Request[Any, Any, Any],
    webhook_id: str,
    webhooks: Webhooks,
    pages: Pages,
    *,
    done: str | None = None,
    status_code: int = 200,
) -> Response[str]:
    viewer = viewer_of(request)
    reader = viewer.principal
    status, cursor = request.query_params.get("status", ""), request.query_params.get("cursor", "")
    state = DeliveryState(status) if status in set(DeliveryState) else None
    try:
        webhook = await webhooks.find(reader.lender_id, webhook_id)
        found = await webhooks.deliveries(
            reader.lender_id,
            webhook_id,
            state=state,
            before=cursor if is_id(cursor, PREFIX) else None,
            limit=_ON_A_PAGE + 1,
        )
    except UnknownWebhookError:
        raise NotFoundException from None
    deliveries, after = page_of(found, _ON_A_PAGE, lambda one: one.event_id)
    kept = {} if state is None else {"status": state.value}
    return pages.respond(
        request,
        "webhook.html",
        status_code=status_code,
        page=f"/webhooks/{webhook_id}",
        webhook=webhook,
        is_enabled=webhook.state is WebhookState.ENABLED,
        deliveries=deliveries,
        states=tuple(DeliveryState),
        state=state,
        more=None if after is None else f"?{urlencode(kept | {'cursor': after})}",
        may_change=_may(reader),
        form_token=viewer.form_token,
        done=done,
    )


def _may(reader: Principal) -> bool:
    return bool(reader.roles & {Role.WEBHOOKS, Role.ADMIN})
