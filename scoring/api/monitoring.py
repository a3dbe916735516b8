"""Routes of monitoring: which borrowers are watched, and what was observed."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, Final, Literal

import anyio.to_thread
from anyio import CapacityLimiter
from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, RawBody

from scoring.api import problems as known
from scoring.api.applications import body_of
from scoring.api.lists import BorrowerFilter, Limit, check_parameters, cursor_parameter, page_of
from scoring.api.middleware import needs, who_of
from scoring.api.openapi import BODY_PROBLEMS, operation
from scoring.api.present import causes_of, links_of, pd_of, reasons_of, score_of, versions_of
from scoring.api.schemas.monitoring import (
    MonitoringList,
    MonitoringRequest,
    MonitoringResponse,
    ObservationLine,
    ObservationList,
    ObservationResponse,
)
from scoring.api.schemas.since_last import SinceLastResponse
from scoring.api.since_last import present_since_last
from scoring.decisions.monitoring import SubscriptionState
from scoring.sources.registry import Sources
from scoring.store.decisions import StoredDecision
from scoring.store.observations import PREFIX as OBSERVATION
from scoring.store.observations import Observation
from scoring.store.principals import Principal, Role
from scoring.store.subscriptions import PREFIX, Subscription, Wanted
from scoring.texts.rendering import words_of
from scoring.usecases.monitoring import Monitoring

READERS: Final = (Role.APPLY, Role.UNDERWRITE, Role.ANALYSE, Role.AUDIT)
WRITERS: Final = (Role.APPLY, Role.UNDERWRITE)
_READING: Final = (known.NOT_FOUND, known.RESTRICTED)
_RECORDS: Final = (*_READING, known.STORED_DATA_DAMAGED, known.NEWER_RECORD)
MonitoringId = Annotated[str, PathParameter(description="Identifier of a monitored borrower of your lender.")]
ObservationId = Annotated[str, PathParameter(description="Identifier of an observation of your lender.")]


@post(
    "/v1/monitoring",
    guards=[needs(*WRITERS)],
    operation_id="createMonitoring",
    operation_class=operation(
        *BODY_PROBLEMS,
        known.NOT_FOUND,
        known.MONITORING_REFUSED,
        known.BORROWER_RESTRICTED,
        known.ERASED,
        known.STORED_DATA_DAMAGED,
        known.NEWER_RECORD,
        body=MonitoringRequest,
        leads_to={"getMonitoring": "monitoring_id", "endMonitoring": "monitoring_id"},
    ),
    tags=["monitoring"],
    summary="Monitor a borrower",
)
async def create_monitoring(
    request: Request[Principal, Any, Any], body: RawBody, monitoring: NamedDependency[Monitoring]
) -> Response[MonitoringResponse]:
    """Its books are read and scored again from time to time, as long as its consent has the purpose `monitoring`.

    The higher the risk, the more often.
    """
    asked = body_of(request, body, MonitoringRequest)
    made = await monitoring.subscribe(
        who_of(request, request.user), connection_id=asked.connection_id, decision_id=asked.decision_id
    )
    shown = present_monitoring(made)
    return Response(shown, headers={"Location": shown.links["self"]})


@get(
    "/v1/monitoring",
    guards=[needs(*READERS)],
    operation_id="listMonitoring",
    operation_class=operation(known.INVALID_REQUEST),
    tags=["monitoring"],
    summary="List monitored borrowers",
)
async def get_monitored(
    request: Request[Principal, Any, Any],
    monitoring: NamedDependency[Monitoring],
    in_state: Annotated[
        SubscriptionState | None, QueryParameter(name="state", description="Only those in this state.")
    ] = None,
    borrower_ref: BorrowerFilter = None,
    cursor: Annotated[str | None, cursor_parameter(PREFIX)] = None,
    limit: Limit = 50,
) -> MonitoringList:
    """Newest first. Those of restricted borrowers are listed for auditors and administrators alone."""
    check_parameters(request, frozenset({"state", "borrower_ref", "cursor", "limit"}), prefix=PREFIX)
    wanted = Wanted(state=in_state, borrower_ref=borrower_ref)
    found = await monitoring.page(request.user, who_of(request, request.user), wanted, before=cursor, limit=limit + 1)
    page, next_cursor = page_of(found, limit, lambda one: one.id)
    return MonitoringList(items=[present_monitoring(one) for one in page], next_cursor=next_cursor)


@get(
    "/v1/monitoring/{monitoring_id:str}",
    guards=[needs(*READERS)],
    operation_id="getMonitoring",
    operation_class=operation(*_READING),
    tags=["monitoring"],
    summary="Read how the monitoring of a borrower stands",
)
async def get_monitoring(
    request: Request[Principal, Any, Any], monitoring_id: MonitoringId, monitoring: NamedDependency[Monitoring]
) -> MonitoringResponse:
    """Its state, and when its books are read next."""
    return present_monitoring(await monitoring.read(request.user, who_of(request, request.user), monitoring_id))


@delete(
    "/v1/monitoring/{monitoring_id:str}",
    guards=[needs(*WRITERS)],
    operation_id="endMonitoring",
    operation_class=operation(*_READING),
    tags=["monitoring"],
    summary="End the monitoring of a borrower",
    status_code=200,
)
async def end_monitoring(
    request: Request[Principal, Any, Any], monitoring_id: MonitoringId, monitoring: NamedDependency[Monitoring]
) -> MonitoringResponse:
    """Nothing is read any more, and the books that were kept for it are deleted. Observations stay."""
    return present_monitoring(await monitoring.end(request.user, who_of(request, request.user), monitoring_id))


@post(
    "/v1/monitoring/{monitoring_id:str}/observe",
    guards=[needs(*WRITERS)],
    operation_id="observeNow",
    operation_class=operation(*_READING, known.MONITORING_ENDED, known.QUOTA_USED_UP),
    tags=["monitoring"],
    summary="Read and score the books now",
    status_code=200,
)
async def observe_now(
    request: Request[Principal, Any, Any], monitoring_id: MonitoringId, monitoring: NamedDependency[Monitoring]
) -> MonitoringResponse:
    """As soon as there is a place for it; `observed_at` moves when it is done. Where it was paused, it goes on.

    It counts towards the quota of the key, as a decision does.
    """
    return present_monitoring(await monitoring.ask(request.user, who_of(request, request.user), monitoring_id))


@get(
    "/v1/monitoring/{monitoring_id:str}/observations",
    guards=[needs(*READERS)],
    operation_id="listObservations",
    operation_class=operation(*_READING, known.INVALID_REQUEST),
    tags=["monitoring"],
    summary="List what was observed",
)
async def get_observations(
    request: Request[Principal, Any, Any],
    monitoring_id: MonitoringId,
    monitoring: NamedDependency[Monitoring],
    cursor: Annotated[str | None, cursor_parameter(OBSERVATION)] = None,
    limit: Limit = 50,
) -> ObservationList:
    """Newest first, with the change of the score since the decision and since the observation before."""
    check_parameters(request, frozenset({"cursor", "limit"}), prefix=OBSERVATION)
    found, decided = await monitoring.observations(
        request.user, who_of(request, request.user), monitoring_id, before=cursor, limit=limit + 1
    )
    page, next_cursor = page_of(found, limit, lambda one: one.id)
    return ObservationList(items=_lines(page, found, decided), next_cursor=next_cursor)


@get(
    "/v1/observations/{observation_id:str}",
    guards=[needs(*READERS)],
    operation_id="getObservation",
    operation_class=operation(*_RECORDS),
    tags=["monitoring"],
    summary="Read an observation",
)
async def get_observation(
    request: Request[Principal, Any, Any],
    observation_id: ObservationId,
    monitoring: NamedDependency[Monitoring],
    sources: NamedDependency[Sources],
) -> ObservationResponse:
    """The score of the books on a later day, with its reasons and documents."""
    found, stored = await monitoring.observation(request.user, who_of(request, request.user), observation_id)
    return present_observation(found, stored, sources)


@get(
    "/v1/observations/{observation_id:str}/since-last",
    guards=[needs(*READERS)],
    operation_id="getObservationSinceLast",
    operation_class=operation(*_RECORDS, known.ERASED, known.INVALID_REQUEST),
    tags=["monitoring"],
    summary="Find what changed until an observation",
)
async def get_observation_since_last(
    request: Request[Principal, Any, Any],
    observation_id: ObservationId,
    monitoring: NamedDependency[Monitoring],
    sources: NamedDependency[Sources],
    workers: NamedDependency[CapacityLimiter],
    against: Annotated[
        Literal["decision", "observation"],
        QueryParameter(description="Compare with the decision that is watched, or with the observation before."),
    ] = "decision",
) -> SinceLastResponse:
    """The score's change in points, factor by factor, with the documents that came, as between two decisions."""
    check_parameters(request, frozenset({"against"}), prefix=OBSERVATION)
    found, stored = await monitoring.observation(request.user, who_of(request, request.user), observation_id)
    before = await monitoring.compared_with(found, is_decision=against == "decision")
    return await anyio.to_thread.run_sync(partial(present_since_last, before, stored, sources), limiter=workers)


def present_monitoring(found: Subscription) -> MonitoringResponse:
    """A monitored borrower as the interface shows it."""
    path = f"/v1/monitoring/{found.id}"
    return MonitoringResponse(
        monitoring_id=found.id,
        borrower_ref=found.borrower_ref,
        connection_id=found.connection_id,
        decision_id=found.decision_id,
        state=found.state,
        cause=found.cause,
        due_at=found.next_at,
        observed_at=found.observed_at,
        created_at=found.created_at,
        ended_at=found.ended_at,
        ends_on=found.ends_on,
        links={
            "self": path,
            "decision": links_of(found.decision_id)["self"],
            "observations": f"{path}/observations",
        },
    )


def _lines(page: Sequence[Observation], found: Sequence[Observation], decided: float | None) -> list[ObservationLine]:
    """Lines of a page; the first one behind it tells the change of its last."""
    earlier = {one.id: one.score for one in found}
    return [
        ObservationLine(
            observation_id=one.id,
            created_at=one.created_at,
            as_of=one.as_of,
            recommendation=one.recommendation,
            score=one.score,
            grade=one.grade,
            points_since_decision=_less(one.score, decided),
            points_since_last=_less(one.score, earlier.get(one.previous_id or "")),
            links=_links(one.id),
        )
        for one in page
    ]


def _less(score: float | None, earlier: float | None) -> float | None:
    return None if score is None or earlier is None else score - earlier


def _links(observation_id: str) -> dict[str, str]:
    path = f"/v1/observations/{observation_id}"
    return {"self": path, "since_last": f"{path}/since-last"}


def present_observation(found: Observation, stored: StoredDecision, sources: Sources) -> ObservationResponse:
    """An observation as the interface shows it."""
    made, words = stored.decision, words_of(stored.decision)
    return ObservationResponse(
        observation_id=found.id,
        monitoring_id=found.subscription_id,
        decision_id=found.decision_id,
        previous_id=found.previous_id,
        borrower_ref=stored.borrower_ref,
        created_at=found.created_at,
        as_of=found.as_of,
        recommendation=found.recommendation,
        score=score_of(made),
        pd=pd_of(made),
        grade=found.grade,
        causes=causes_of(stored, words, sources),
        reasons=reasons_of(stored, words, sources),
        features=made.row,
        versions=versions_of(made),
        links=_links(found.id)
        | {
            "monitoring": f"/v1/monitoring/{found.subscription_id}",
            "decision": links_of(found.decision_id)["self"],
        },
    )
