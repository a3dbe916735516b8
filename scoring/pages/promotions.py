"""The list of promotions, and the page of each with what its reader may decide."""

from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, RawBody

from scoring.api.middleware import who_of
from scoring.api.promotions import DAYS, plain
from scoring.base.identifiers import Clock, day_in_berlin, is_id
from scoring.decisions.comparison import ORDER, Side
from scoring.decisions.promotions import Person, PromotionState, PromotionStateError, TwoPersonsError, is_same
from scoring.pages.access import needs_person, session_secret, viewer_of
from scoring.pages.forms import FormFaultError, check_token, read_fields, read_text
from scoring.pages.rendering import Pages, redirect
from scoring.runtime.settings import Settings
from scoring.store.principals import Principal
from scoring.store.promotion_requests import PREFIX, OvertakenError, StoredRequest
from scoring.texts.left_out import say_left_out
from scoring.usecases.promotions import (
    PROMOTERS,
    READERS,
    NotAllowedError,
    Promotions,
    UnfitError,
    UnknownPromotionError,
    evidence_of,
)

_ON_A_PAGE: Final = 25
_STEPS: Final = {
    "approval": PromotionState.APPROVED,
    "rejection": PromotionState.REJECTED,
    "withdrawal": PromotionState.WITHDRAWN,
}
_ROLLBACK: Final = "rollback"
_CONFLICT: Final = 409
_REFUSED: Final = (TwoPersonsError, PromotionStateError, OvertakenError, UnfitError, NotAllowedError)


_Told = tuple[str, str | None]
"""Why something was refused: a code in ``texts.promotions``, and what more there is to say."""


@get("/promotions", guards=[needs_person(*READERS)])
async def get_list(
    request: Request[Any, Any, Any], promotions: NamedDependency[Promotions], pages: NamedDependency[Pages]
) -> Response[str]:
    """All requests that the reader's lender may see, and the form of a new one."""
    return await _list(request, promotions, pages)


@post("/promotions", guards=[needs_person(*PROMOTERS, admits_admin=False)])
async def post_request(
    request: Request[Any, Any, Any],
    body: RawBody,
    settings: NamedDependency[Settings],
    promotions: NamedDependency[Promotions],
    clock: NamedDependency[Clock],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """Make a request; what is refused is told on the page, with what was entered."""
    fields = read_fields(body)
    check_token(session_secret(request, settings), fields)
    try:
        made = await _request(request, promotions, clock, fields)
    except (*_REFUSED, FormFaultError) as error:
        return await _list(request, promotions, pages, told=_told(error), entered=fields)
    return redirect(f"/promotions/{made.request.id}?done=requested")


@get("/promotions/{promotion_id:str}", guards=[needs_person(*READERS)])
async def get_one(
    request: Request[Any, Any, Any],
    promotion_id: FromPath[str],
    promotions: NamedDependency[Promotions],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """One request."""
    done = request.query_params.get("done", "")
    return await _show(request, promotion_id, promotions, pages, done=done if done in set(PromotionState) else None)


@post("/promotions/{promotion_id:str}/{step:str}", guards=[needs_person(*PROMOTERS, admits_admin=False)])
async def post_end(
    request: Request[Any, Any, Any],
    body: RawBody,
    promotion_id: FromPath[str],
    step: FromPath[str],
    settings: NamedDependency[Settings],
    promotions: NamedDependency[Promotions],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """Approve, reject, withdraw or roll back."""
    if step not in {*_STEPS, _ROLLBACK}:
        raise NotFoundException
    fields = read_fields(body)
    check_token(session_secret(request, settings), fields)
    reader = viewer_of(request).principal
    try:
        reason, who = read_text(fields, "reason", fault="no_reason"), who_of(request, reader)
        if step == _ROLLBACK:
            ended = await promotions.roll_back_request(who, reader, promotion_id, reason=reason)
        else:
            ended = await promotions.end(who, reader, promotion_id, _STEPS[step], reason=reason)
    except UnknownPromotionError:
        raise NotFoundException from None
    except (*_REFUSED, FormFaultError) as error:
        return await _show(request, promotion_id, promotions, pages, told=_told(error), entered=fields)
    return redirect(f"/promotions/{promotion_id}?done={ended.state}")


async def _request(
    request: Request[Any, Any, Any], promotions: Promotions, clock: Clock, fields: dict[str, str]
) -> StoredRequest:
    reader = viewer_of(request).principal
    who, since = who_of(request, reader), day_in_berlin(clock()) - DAYS
    policy, model = fields.get("policy", "").replace("\r\n", "\n"), fields.get("model", "").strip()
    if bool(policy.strip()) == bool(model):
        raise FormFaultError("no_choice")
    reason = read_text(fields, "reason", fault="no_reason")
    if model:
        name, _, version = model.partition("/")
        return await promotions.request_model(who, reader, name, version, reason=reason, since=since)
    is_own = fields.get("own") == "yes"
    return await promotions.request_policy(who, reader, policy.encode(), is_own=is_own, reason=reason, since=since)


def _told(error: Exception) -> _Told:
    if isinstance(error, TwoPersonsError):
        return error.code, None
    if isinstance(error, UnfitError):
        return "unfit", str(error)
    if isinstance(error, PromotionStateError):
        return "ended", str(error)
    codes = {OvertakenError: "overtaken", NotAllowedError: "role"}
    return codes.get(type(error), str(error)), None


async def _list(
    request: Request[Any, Any, Any],
    promotions: Promotions,
    pages: Pages,
    *,
    told: _Told | None = None,
    entered: dict[str, str] | None = None,
) -> Response[str]:
    viewer = viewer_of(request)
    reader = viewer.principal
    cursor = request.query_params.get("cursor") or None
    cursor = cursor if cursor is not None and is_id(cursor, PREFIX) else None
    items, after = await promotions.list(who_of(request, reader), reader, before=cursor, limit=_ON_A_PAGE)
    return pages.respond(
        request,
        "promotions.html",
        status_code=200 if told is None else _CONFLICT,
        page="/promotions",
        items=[(one, promotions.state(one)) for one in items],
        more=None if after is None else f"?{urlencode({'cursor': after})}",
        may_ask=_may(reader),
        form_token=viewer.form_token,
        told=told,
        entered=entered or {},
    )


async def _show(
    request: Request[Any, Any, Any],
    promotion_id: str,
    promotions: Promotions,
    pages: Pages,
    *,
    done: str | None = None,
    told: _Told | None = None,
    entered: dict[str, str] | None = None,
) -> Response[str]:
    viewer = viewer_of(request)
    reader = viewer.principal
    try:
        stored = await promotions.read(who_of(request, reader), reader, promotion_id)
    except UnknownPromotionError:
        raise NotFoundException from None
    evidence, state = evidence_of(stored), promotions.state(stored)
    summary = evidence.simulated.summary
    is_mine = is_same(Person(id=reader.id, name=reader.name), stored.request.by)
    return pages.respond(
        request,
        "promotion.html",
        status_code=200 if told is None else _CONFLICT,
        page=f"/promotions/{promotion_id}",
        stored=stored,
        made=stored.request,
        state=state,
        evidence=evidence,
        changes=[(one.key, plain(one.before), plain(one.after)) for one in evidence.changes],
        say_left_out=say_left_out,
        movers=[one for one in evidence.simulated.movers if one.lender == reader.lender_id],
        order=ORDER,
        bars=[(name, _bar(side)) for name, side in (("before", summary.before), ("after", summary.after))],
        may_decide=_may(reader) and state is PromotionState.REQUESTED,
        may_roll_back=state is PromotionState.APPROVED and await promotions.may_roll_back(reader, stored),
        is_mine=is_mine,
        form_token=viewer.form_token,
        done=done,
        told=told,
        entered=entered or {},
    )


def _may(reader: Principal) -> bool:
    return bool(reader.roles & set(PROMOTERS))


_WIDTH: Final = 600.0


def _bar(side: Side) -> list[tuple[str, float, float]]:
    """Verdict, left end and width of the stretches of one bar."""
    found, start = [], 0.0
    for verdict in ORDER:
        width = round(_WIDTH * side.share(verdict), 2)
        found.append((verdict.value, round(start, 2), width))
        start += width
    return found
