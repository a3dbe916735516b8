"""The list of monitored borrowers, and the page of each with what was observed and what changed."""

from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, RawBody

from features.feature import Text
from scoring.api.lists import page_of
from scoring.api.middleware import who_of
from scoring.api.monitoring import READERS, WRITERS
from scoring.base.identifiers import is_id
from scoring.decisions.records import NewerRecordError
from scoring.decisions.since_last import since_last
from scoring.pages.access import needs_person, session_secret, viewer_of
from scoring.pages.forms import check_token, read_fields
from scoring.pages.rendering import Pages, redirect
from scoring.runtime.settings import Settings
from scoring.store.audit import Who
from scoring.store.decisions import ErasedDecisionError, RecordChangedError
from scoring.store.observations import PREFIX as OBSERVATION
from scoring.store.principals import Principal, Role
from scoring.store.subscriptions import PREFIX, Wanted
from scoring.texts.since_last import say_factor, say_since_last
from scoring.usecases.monitoring import Monitoring, MonitoringEndedError, UnknownSubscriptionError

_ON_A_PAGE: Final = 25
_STEPS: Final = frozenset({"observe", "end"})


@get("/monitoring", guards=[needs_person(*READERS)])
async def get_list(
    request: Request[Any, Any, Any], monitoring: NamedDependency[Monitoring], pages: NamedDependency[Pages]
) -> Response[str]:
    """All of the lender's, newest first."""
    reader, cursor = viewer_of(request).principal, request.query_params.get("cursor", "")
    before = cursor if is_id(cursor, PREFIX) else None
    found = await monitoring.page(reader, who_of(request, reader), Wanted(), before=before, limit=_ON_A_PAGE + 1)
    items, after = page_of(found, _ON_A_PAGE, lambda one: one.id)
    return pages.respond(request, "monitoring.html", items=items, more=_more(after))


@get("/monitoring/{monitoring_id:str}", guards=[needs_person(*READERS)])
async def get_one(
    request: Request[Any, Any, Any],
    monitoring_id: FromPath[str],
    monitoring: NamedDependency[Monitoring],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """One borrower: what was observed, and what changed since the decision."""
    viewer = viewer_of(request)
    reader, who = viewer.principal, who_of(request, viewer.principal)
    cursor, done = request.query_params.get("cursor", ""), request.query_params.get("done", "")
    before = cursor if is_id(cursor, OBSERVATION) else None
    try:
        found = await monitoring.find(reader, monitoring_id)
        listed, decided = await monitoring.observations(reader, who, monitoring_id, before=before, limit=_ON_A_PAGE + 1)
    except UnknownSubscriptionError:
        raise NotFoundException from None
    items, after = page_of(listed, _ON_A_PAGE, lambda one: one.id)
    changed = await _changed(monitoring, reader, who, items[0].id) if items and before is None else ()
    return pages.respond(
        request,
        "monitored.html",
        page=f"/monitoring/{monitoring_id}",
        found=found,
        items=items,
        decided=decided,
        changed=changed,
        cursor=before,
        more=_more(after),
        may_change=bool(reader.roles & {*WRITERS, Role.ADMIN}),
        form_token=viewer.form_token,
        done=done if done in _STEPS else None,
    )


@post("/monitoring/{monitoring_id:str}/{step:str}", guards=[needs_person(*WRITERS)])
async def post_step(
    request: Request[Any, Any, Any],
    body: RawBody,
    monitoring_id: FromPath[str],
    step: FromPath[str],
    settings: NamedDependency[Settings],
    monitoring: NamedDependency[Monitoring],
) -> Response[str]:
    """Read the books now, or end the monitoring; where it has ended meanwhile, the page says so."""
    if step not in _STEPS:
        raise NotFoundException
    check_token(session_secret(request, settings), read_fields(body))
    reader = viewer_of(request).principal
    change = monitoring.ask if step == "observe" else monitoring.end
    try:
        await change(reader, who_of(request, reader), monitoring_id)
    except UnknownSubscriptionError:
        raise NotFoundException from None
    except MonitoringEndedError:
        return redirect(f"/monitoring/{monitoring_id}")
    return redirect(f"/monitoring/{monitoring_id}?{urlencode({'done': step})}")


def _more(after: str | None) -> str | None:
    return None if after is None else f"?{urlencode({'cursor': after})}"


async def _changed(monitoring: Monitoring, reader: Principal, who: Who, observation_id: str) -> tuple[Text, ...]:
    """What changed since the decision, from the whole to the single factor; nothing where it cannot be read."""
    try:
        found, stored = await monitoring.observation(reader, who, observation_id)
        before = (await monitoring.compared_with(found, is_decision=True)).decision
    except (ErasedDecisionError, RecordChangedError, NewerRecordError):
        return ()
    compared = since_last(before, stored.decision)
    factors = (factor for factor in compared.factors if factor.points)
    return (say_since_last(compared, before, stored.decision), *map(say_factor, factors))
