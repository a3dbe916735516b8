"""Routes of covenants: agree on them for a loan, list and read them, waive and end them."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, RawBody

from scoring.api import problems as known
from scoring.api.applications import body_of, check_text
from scoring.api.lists import BorrowerFilter, Limit, check_parameters, cursor_parameter, page_of
from scoring.api.loans import LoanId
from scoring.api.middleware import needs, who_of
from scoring.api.openapi import BODY_PROBLEMS, operation
from scoring.api.schemas.cases import PrincipalResponse
from scoring.api.schemas.covenants import (
    CovenantEndRequest,
    CovenantList,
    CovenantRequest,
    CovenantResponse,
    CovenantStepResponse,
    CovenantSummary,
    CovenantWaiverRequest,
)
from scoring.api.schemas.texts import PRINTABLE
from scoring.api.warnings import documents_behind
from scoring.base.identifiers import Clock, day_in_berlin
from scoring.decisions.covenants import Covenant, CovenantState
from scoring.decisions.decision import Evidence
from scoring.decisions.warnings import Bound
from scoring.sources.registry import Sources
from scoring.store.covenants import PREFIX, CovenantStep, StoredCovenant, Wanted
from scoring.store.principals import Principal, Role
from scoring.texts.warnings import label_of
from scoring.usecases.covenants import STEPS, Agreements, Covenants, ShownCovenant

READERS: Final = (Role.APPLY, Role.UNDERWRITE, Role.ANALYSE, Role.AUDIT)
_READING: Final = (known.NOT_FOUND, known.RESTRICTED, known.STORED_DATA_DAMAGED)
_PARAMETERS: Final = frozenset({"loan_id", "state", "borrower_ref", "late", "cursor", "limit"})
CovenantId = Annotated[str, PathParameter(description="Identifier of a covenant of your lender.")]


@post(
    "/v1/loans/{loan_id:str}/covenants",
    guards=[needs(Role.UNDERWRITE)],
    operation_id="createCovenant",
    operation_class=operation(
        *BODY_PROBLEMS,
        *_READING,
        known.COVENANT_STATE,
        known.BORROWER_RESTRICTED,
        body=CovenantRequest,
        leads_to={"getCovenant": "covenant_id"},
    ),
    tags=["covenants"],
    summary="Enter a covenant of a loan",
)
async def create_covenant(
    request: Request[Principal, Any, Any],
    body: RawBody,
    loan_id: LoanId,
    agreements: NamedDependency[Agreements],
    sources: NamedDependency[Sources],
    clock: NamedDependency[Clock],
) -> Response[CovenantResponse]:
    """As the loan agreement says it. It is tested with observations of the borrower, who must be monitored.

    A feature that needs what is not read of the borrower is refused: nothing would ever test it.
    """
    asked = body_of(request, body, CovenantRequest)
    today = day_in_berlin(clock())
    agreed = Covenant(
        feature=asked.feature,
        bound=Bound(asked.bound),
        threshold=asked.threshold,
        rhythm_days=asked.rhythm_days,
        cure_days=asked.cure_days,
        state=CovenantState.UNTESTED,
        due_on=asked.first_on or today,
    )
    shown = await agreements.agree(request.user, who_of(request, request.user), loan_id, agreed)
    answer = present_covenant(shown, sources, today)
    return Response(answer, headers={"Location": answer.links["self"]})


@get(
    "/v1/covenants",
    guards=[needs(*READERS)],
    operation_id="listCovenants",
    operation_class=operation(known.INVALID_REQUEST),
    tags=["covenants"],
    summary="List covenants",
)
async def get_covenants(  # noqa: PLR0913, PLR0917  one argument for each parameter of the query
    request: Request[Principal, Any, Any],
    covenants: NamedDependency[Covenants],
    clock: NamedDependency[Clock],
    loan_id: Annotated[
        str | None, QueryParameter(description="Only those of this loan.", schema_extra={"pattern": PRINTABLE})
    ] = None,
    in_state: Annotated[
        CovenantState | None, QueryParameter(name="state", description="Only those in this state.")
    ] = None,
    late: Annotated[
        bool | None, QueryParameter(description="Only those that should have been tested before today, or none.")
    ] = None,
    borrower_ref: BorrowerFilter = None,
    cursor: Annotated[str | None, cursor_parameter(PREFIX)] = None,
    limit: Limit = 50,
) -> CovenantList:
    """Newest first. Those of restricted borrowers are listed for auditors and administrators alone."""
    check_parameters(request, _PARAMETERS, prefix=PREFIX)
    wanted = Wanted(loan_id=loan_id, state=in_state, borrower_ref=borrower_ref, is_late=late)
    who = who_of(request, request.user)
    found = await covenants.page(request.user, who, wanted, before=cursor, limit=limit + 1)
    page, next_cursor = page_of(found, limit, lambda one: one.id)
    today = day_in_berlin(clock())
    return CovenantList(items=[CovenantSummary(**_summary(one, today)) for one in page], next_cursor=next_cursor)


@get(
    "/v1/covenants/{covenant_id:str}",
    guards=[needs(*READERS)],
    operation_id="getCovenant",
    operation_class=operation(*_READING, known.INVALID_REQUEST),
    tags=["covenants"],
    summary="Read a covenant",
)
async def get_covenant(
    request: Request[Principal, Any, Any],
    covenant_id: CovenantId,
    covenants: NamedDependency[Covenants],
    sources: NamedDependency[Sources],
    clock: NamedDependency[Clock],
    before: Annotated[
        int | None, QueryParameter(ge=1, le=10**9, description="`next_before` of the previous page: for older steps.")
    ] = None,
    limit: Limit = STEPS,
) -> CovenantResponse:
    """How it stands, with its newest tests, their documents, and waivers; the older ones page by page."""
    check_parameters(request, frozenset({"before", "limit"}), prefix=PREFIX)
    who = who_of(request, request.user)
    shown = await covenants.read(request.user, who, covenant_id, before=before, limit=limit)
    return present_covenant(shown, sources, day_in_berlin(clock()))


@post(
    "/v1/covenants/{covenant_id:str}/waiver",
    guards=[needs(Role.UNDERWRITE)],
    operation_id="waiveCovenant",
    operation_class=operation(
        *BODY_PROBLEMS, *_READING, known.COVENANT_STATE, known.FOUR_EYES, body=CovenantWaiverRequest
    ),
    status_code=200,
    tags=["covenants"],
    summary="Waive a covenant until a day",
)
async def waive_covenant(
    request: Request[Principal, Any, Any],
    body: RawBody,
    covenant_id: CovenantId,
    covenants: NamedDependency[Covenants],
    sources: NamedDependency[Sources],
    clock: NamedDependency[Clock],
) -> CovenantResponse:
    """With a reason. One that has failed is tested again when that day is over.

    Of the others, a test that fails until then is no breach.
    """
    asked = body_of(request, body, CovenantWaiverRequest, lambda one: check_text(one.text))
    who = who_of(request, request.user)
    shown = await covenants.waive(request.user, who, covenant_id, until=asked.until, text=asked.text)
    return present_covenant(shown, sources, day_in_berlin(clock()))


@post(
    "/v1/covenants/{covenant_id:str}/end",
    guards=[needs(Role.UNDERWRITE)],
    operation_id="endCovenant",
    operation_class=operation(
        *BODY_PROBLEMS, *_READING, known.COVENANT_STATE, known.FOUR_EYES, body=CovenantEndRequest
    ),
    status_code=200,
    tags=["covenants"],
    summary="End a covenant",
)
async def end_covenant(
    request: Request[Principal, Any, Any],
    body: RawBody,
    covenant_id: CovenantId,
    covenants: NamedDependency[Covenants],
    sources: NamedDependency[Sources],
    clock: NamedDependency[Clock],
) -> CovenantResponse:
    """It is tested no more; its history stays. One that was entered wrongly is ended, and entered anew."""
    asked = body_of(request, body, CovenantEndRequest, lambda one: check_text(one.text))
    shown = await covenants.end(request.user, who_of(request, request.user), covenant_id, text=asked.text)
    return present_covenant(shown, sources, day_in_berlin(clock()))


def _summary(found: StoredCovenant, today: date) -> dict[str, Any]:
    agreed = found.covenant
    return {
        "covenant_id": found.id,
        "loan_id": found.loan_id,
        "loan_ref": found.loan_ref,
        "borrower_ref": found.borrower_ref,
        "feature": agreed.feature,
        "label": label_of(agreed.feature),
        "bound": agreed.bound,
        "threshold": agreed.threshold,
        "rhythm_days": agreed.rhythm_days,
        "cure_days": agreed.cure_days,
        "state": agreed.state,
        "due_on": None if found.is_over else agreed.due_on,
        "is_late": found.is_late(today),
        "cure_until": agreed.cure_until,
        "waived_until": agreed.waived_until,
        "tested_on": found.tested_on,
        "created_at": found.created_at,
        "links": {
            "self": f"/v1/covenants/{found.id}",
            "page": f"/covenants/{found.id}",
            "loan": f"/v1/loans/{found.loan_id}",
        },
    }


def present_covenant(shown: ShownCovenant, sources: Sources, today: date) -> CovenantResponse:
    """A covenant as the interface shows it."""
    steps = tuple(_step(one, shown, shown.names, sources) for one in shown.steps)
    more = shown.steps[0].number if shown.has_earlier else None
    return CovenantResponse(**_summary(shown.stored, today), steps=steps, next_before=more)


def _step(one: CovenantStep, shown: ShownCovenant, names: Mapping[str, str], sources: Sources) -> CovenantStepResponse:
    measured = one.measured
    evidence = Evidence() if measured is None else measured.evidence
    return CovenantStepResponse(
        number=one.number,
        kind=one.kind,
        at=one.at,
        by=PrincipalResponse(principal_id=one.by, name=names.get(one.by)),
        state=one.state,
        observation_id=one.observation_id,
        value=None if measured is None else measured.value,
        missing=None if measured is None else measured.missing,
        is_moot=measured is not None and measured.is_moot,
        documents=documents_behind(evidence, shown.observations.get(one.observation_id or ""), sources),
        documents_total=evidence.total,
        until=one.until,
        text=one.text,
    )
