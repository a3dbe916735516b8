"""Routes of promotions: request that a policy or a model come into force, and decide on others' requests."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter, RawBody

from scoring.api import problems as known
from scoring.api.applications import body_of, check_text
from scoring.api.errors import FieldError
from scoring.api.lists import Limit, check_parameters, cursor_parameter
from scoring.api.middleware import needs, who_of
from scoring.api.openapi import BODY_PROBLEMS, operation
from scoring.api.present import money
from scoring.api.schemas.cases import PrincipalResponse
from scoring.api.schemas.promotions import (
    BacktestResponse,
    LeftOutResponse,
    MoverResponse,
    PolicyChange,
    PromotionEndRequest,
    PromotionList,
    PromotionRequest,
    PromotionResponse,
    PromotionSummary,
    SideResponse,
)
from scoring.base.identifiers import Clock, day_in_berlin
from scoring.decisions.comparison import Side
from scoring.decisions.decision import Verdict
from scoring.decisions.promotions import Person, PromotionState
from scoring.store.principals import Principal
from scoring.store.promotion_requests import StoredRequest
from scoring.usecases.promotions import PROMOTERS, READERS, Promotions, evidence_of

_EUR = "EUR"
DAYS: Final = timedelta(days=90)
"""How far back applications are decided again, unless it is said."""
_PARAMETERS = frozenset({"cursor", "limit"})
PromotionId = Annotated[str, PathParameter(description="Identifier of a request for a promotion.")]
_END_PROBLEMS = (
    *BODY_PROBLEMS,
    known.NOT_FOUND,
    known.FOUR_EYES,
    known.PROMOTION_STATE,
    known.STORED_DATA_DAMAGED,
)


@post(
    "/v1/promotions",
    guards=[needs(*PROMOTERS, admits_admin=False)],
    operation_id="requestPromotion",
    operation_class=operation(
        *BODY_PROBLEMS,
        known.FOUR_EYES,
        known.PROMOTION_STATE,
        known.PROMOTION_UNFIT,
        known.STORED_DATA_DAMAGED,
        body=PromotionRequest,
        leads_to={"getPromotion": "promotion_id"},
    ),
    tags=["promotions"],
    summary="Request that a policy or a model come into force",
)
async def request_promotion(
    request: Request[Principal, Any, Any],
    body: RawBody,
    promotions: NamedDependency[Promotions],
    clock: NamedDependency[Clock],
) -> Response[PromotionResponse]:
    """It is checked, and the newest 100 stored applications are decided again, which may take some seconds.

    An open request for the same thing ends. Another person has to approve this one within 30 days.
    """
    asked = body_of(request, body, PromotionRequest, _check)
    who, since = who_of(request, request.user), asked.since or day_in_berlin(clock()) - DAYS
    if asked.model is not None:
        name, _, version = asked.model.partition("/")
        made = await promotions.request_model(who, request.user, name, version, reason=asked.reason, since=since)
    else:
        content = (asked.policy or "").encode()
        made = await promotions.request_policy(
            who, request.user, content, is_own=bool(asked.own), reason=asked.reason, since=since
        )
    answer = present_promotion(made, promotions, request.user)
    return Response(answer, headers={"Location": f"/v1/promotions/{made.request.id}"})


@get(
    "/v1/promotions",
    guards=[needs(*READERS)],
    operation_id="listPromotions",
    operation_class=operation(known.INVALID_REQUEST, known.STORED_DATA_DAMAGED),
    tags=["promotions"],
    summary="List requests for promotions",
)
async def get_promotions(
    request: Request[Principal, Any, Any],
    promotions: NamedDependency[Promotions],
    cursor: Annotated[str | None, cursor_parameter("prm")] = None,
    limit: Limit = 50,
) -> PromotionList:
    """Newest first: those for all lenders, and those of your own."""
    check_parameters(request, _PARAMETERS, prefix="prm")
    items, next_cursor = await promotions.list(who_of(request, request.user), request.user, before=cursor, limit=limit)
    return PromotionList(items=[_summary(one, promotions) for one in items], next_cursor=next_cursor)


@get(
    "/v1/promotions/{promotion_id:str}",
    guards=[needs(*READERS)],
    operation_id="getPromotion",
    operation_class=operation(known.NOT_FOUND, known.STORED_DATA_DAMAGED),
    tags=["promotions"],
    summary="Read a request for a promotion",
)
async def get_promotion(
    request: Request[Principal, Any, Any], promotion_id: PromotionId, promotions: NamedDependency[Promotions]
) -> PromotionResponse:
    """With what changes, and what would have been decided."""
    stored = await promotions.read(who_of(request, request.user), request.user, promotion_id)
    return present_promotion(stored, promotions, request.user)


@post(
    "/v1/promotions/{promotion_id:str}/approval",
    guards=[needs(*PROMOTERS, admits_admin=False)],
    operation_id="approvePromotion",
    operation_class=operation(*_END_PROBLEMS, known.PROMOTION_UNFIT, body=PromotionEndRequest),
    status_code=200,
    tags=["promotions"],
    summary="Approve what another person has requested",
)
async def approve_promotion(
    request: Request[Principal, Any, Any],
    body: RawBody,
    promotion_id: PromotionId,
    promotions: NamedDependency[Promotions],
) -> PromotionResponse:
    """It is checked once more, and decides from now on; other processes take it up within seconds."""
    return await _end(request, body, promotion_id, promotions, PromotionState.APPROVED)


@post(
    "/v1/promotions/{promotion_id:str}/rejection",
    guards=[needs(*PROMOTERS, admits_admin=False)],
    operation_id="rejectPromotion",
    operation_class=operation(*_END_PROBLEMS, body=PromotionEndRequest),
    status_code=200,
    tags=["promotions"],
    summary="Reject what another person has requested",
)
async def reject_promotion(
    request: Request[Principal, Any, Any],
    body: RawBody,
    promotion_id: PromotionId,
    promotions: NamedDependency[Promotions],
) -> PromotionResponse:
    """The request ends; a better one may follow."""
    return await _end(request, body, promotion_id, promotions, PromotionState.REJECTED)


@post(
    "/v1/promotions/{promotion_id:str}/withdrawal",
    guards=[needs(*PROMOTERS, admits_admin=False)],
    operation_id="withdrawPromotion",
    operation_class=operation(*_END_PROBLEMS, body=PromotionEndRequest),
    status_code=200,
    tags=["promotions"],
    summary="Withdraw your own request",
)
async def withdraw_promotion(
    request: Request[Principal, Any, Any],
    body: RawBody,
    promotion_id: PromotionId,
    promotions: NamedDependency[Promotions],
) -> PromotionResponse:
    """Only who made it."""
    return await _end(request, body, promotion_id, promotions, PromotionState.WITHDRAWN)


@post(
    "/v1/promotions/{promotion_id:str}/rollback",
    guards=[needs(*PROMOTERS, admits_admin=False)],
    operation_id="rollBackPromotion",
    operation_class=operation(*_END_PROBLEMS, known.PROMOTION_UNFIT, body=PromotionEndRequest),
    status_code=200,
    tags=["promotions"],
    summary="Go back to what was in force before an approval",
)
async def roll_back_promotion(
    request: Request[Principal, Any, Any],
    body: RawBody,
    promotion_id: PromotionId,
    promotions: NamedDependency[Promotions],
) -> PromotionResponse:
    """One person may, of the newest approval alone, within 14 days, and not two in a row."""
    asked = body_of(request, body, PromotionEndRequest, lambda one: check_text(one.reason, "reason"))
    undone = await promotions.roll_back_request(
        who_of(request, request.user), request.user, promotion_id, reason=asked.reason.strip()
    )
    return present_promotion(undone, promotions, request.user)


async def _end(
    request: Request[Principal, Any, Any], body: bytes, promotion_id: str, promotions: Promotions, to: PromotionState
) -> PromotionResponse:
    asked = body_of(request, body, PromotionEndRequest, lambda one: check_text(one.reason, "reason"))
    stored = await promotions.end(
        who_of(request, request.user), request.user, promotion_id, to, reason=asked.reason.strip()
    )
    return present_promotion(stored, promotions, request.user)


def _check(asked: PromotionRequest) -> Iterator[FieldError]:
    if (asked.policy is None) == (asked.model is None):
        yield FieldError(field="policy", message="give either policy or model")
    if asked.own is not None and asked.model is not None:
        yield FieldError(field="own", message="is for policies: one model scores for all lenders")
    yield from check_text(asked.reason, "reason")


def _summary(stored: StoredRequest, promotions: Promotions) -> PromotionSummary:
    return PromotionSummary(**_fields(stored, promotions))


def _fields(stored: StoredRequest, promotions: Promotions) -> dict[str, Any]:
    made = stored.request
    return {
        "promotion_id": made.id,
        "kind": made.subject.kind.value,
        "name": made.subject.name,
        "sha256": made.subject.sha256,
        "lender": made.subject.lender,
        "status": promotions.state(stored).value,
        "requested_at": made.at,
        "requested_by": _person(made.by),
        "reason": made.reason,
        "expires_at": made.expires_at,
        "ended_at": stored.ended_at,
        "ended_by": None if stored.ended_by is None else _person(stored.ended_by),
        "end_reason": stored.end_reason,
        "undone_at": None if stored.undone is None else stored.undone.at,
        "undone_by": None if stored.undone is None else _person(stored.undone.by),
        "undo_reason": None if stored.undone is None else stored.undone.reason,
    }


def _person(person: Person) -> PrincipalResponse:
    return PrincipalResponse(principal_id=person.id, name=person.name)


def present_promotion(stored: StoredRequest, promotions: Promotions, reader: Principal) -> PromotionResponse:
    """A request as the reader's lender may see it: which applications would move, of its own alone."""
    evidence = evidence_of(stored)
    found, summary = evidence.simulated, evidence.simulated.summary
    return PromotionResponse(
        **_fields(stored, promotions),
        replaces=evidence.replaces,
        changes=[
            PolicyChange(key=one.key, before=plain(one.before), after=plain(one.after)) for one in evidence.changes
        ],
        warnings=list(evidence.warnings),
        gates=list(evidence.gates),
        backtest=BacktestResponse(
            since=found.since,
            loss_given_default=found.loss_given_default,
            count=summary.count,
            left_out=found.left_out,
            left_out_because=[
                LeftOutResponse(cause=one.cause, about=list(one.about), count=one.count) for one in found.causes
            ],
            natural_persons=found.person_count,
            before=_side(summary.before),
            after=_side(summary.after),
            swaps=summary.swaps,
            movers=[
                MoverResponse(
                    decision_id=one.decision_id,
                    before=Verdict(one.before).value,
                    after=Verdict(one.after).value,
                    why=list(one.why),
                )
                for one in found.movers
                if one.lender == reader.lender_id
            ],
        ),
        policy=None if stored.content is None else stored.content.decode(),
    )


def plain(value: Any) -> str | None:  # noqa: ANN401  any value of a policy
    """A value of a policy as text; None where there is none."""
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


def _side(side: Side) -> SideResponse:
    counts = {verdict.value: side.recommended.get(verdict, 0) for verdict in Verdict}
    return SideResponse(
        **counts,
        exposure=money(side.exposure_cents, _EUR),
        expected_loss=money(side.expected_loss_cents, _EUR),
    )
