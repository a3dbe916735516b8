"""Routes of early warnings: list and read them, and take what persons do about them."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, RawBody

from scoring.api import problems as known
from scoring.api.applications import body_of, check_text
from scoring.api.lists import BorrowerFilter, Limit, check_parameters, cursor_parameter, page_of
from scoring.api.middleware import needs, who_of
from scoring.api.openapi import BODY_PROBLEMS, operation
from scoring.api.present import document_of, links_of, money
from scoring.api.schemas.cases import PrincipalResponse
from scoring.api.schemas.decisions import DocumentResponse
from scoring.api.schemas.texts import PRINTABLE
from scoring.api.schemas.warnings import (
    SignResponse,
    WarningAnswerRequest,
    WarningAssignmentRequest,
    WarningList,
    WarningResponse,
    WarningSnoozeRequest,
    WarningStepResponse,
    WarningSummary,
)
from scoring.base.identifiers import Clock, day_in_berlin
from scoring.decisions.decision import Document, Evidence
from scoring.decisions.warnings import WarningState
from scoring.sources.registry import Sources
from scoring.store.decisions import StoredDecision
from scoring.store.principals import Principal, Role
from scoring.store.warnings import PREFIX, StoredWarning, Wanted
from scoring.texts.warnings import say_finding, say_sign, title_of
from scoring.usecases.warnings import ShownWarning, Warnings

READERS: Final = (Role.APPLY, Role.UNDERWRITE, Role.ANALYSE, Role.AUDIT)
_READING: Final = (known.NOT_FOUND, known.RESTRICTED, known.STORED_DATA_DAMAGED)
_PARAMETERS: Final = frozenset({"state", "owner", "trigger", "borrower_ref", "overdue", "cursor", "limit"})
_EURO: Final = "EUR"
WarningId = Annotated[str, PathParameter(description="Identifier of a warning of your lender.")]


@get(
    "/v1/warnings",
    guards=[needs(*READERS)],
    operation_id="listWarnings",
    operation_class=operation(known.INVALID_REQUEST, known.NOT_FOUND),
    tags=["warnings"],
    summary="List early warnings",
)
async def get_warnings(  # noqa: PLR0913, PLR0917  one argument for each parameter of the query
    request: Request[Principal, Any, Any],
    warnings: NamedDependency[Warnings],
    clock: NamedDependency[Clock],
    in_state: Annotated[
        WarningState | None, QueryParameter(name="state", description="Only those in this state today.")
    ] = None,
    owner: Annotated[
        str | None,
        QueryParameter(
            description="Only those of this person of your lender, by name.", schema_extra={"pattern": PRINTABLE}
        ),
    ] = None,
    trigger: Annotated[
        str | None,
        QueryParameter(
            description="Only those of this trigger: of the file in force, or of a warning that is kept.",
            schema_extra={"pattern": PRINTABLE},
        ),
    ] = None,
    overdue: Annotated[
        bool | None, QueryParameter(description="Only those that should have been answered before today, or none.")
    ] = None,
    borrower_ref: BorrowerFilter = None,
    cursor: Annotated[str | None, cursor_parameter(PREFIX)] = None,
    limit: Limit = 50,
) -> WarningList:
    """Newest first. Those of restricted borrowers are listed for auditors and administrators alone.

    A trigger or an owner that there is not is refused: an empty list would look like good news.
    """
    check_parameters(request, _PARAMETERS, prefix=PREFIX)
    wanted = Wanted(state=in_state, trigger=trigger, borrower_ref=borrower_ref, is_overdue=overdue)
    who = who_of(request, request.user)
    found, names = await warnings.page(request.user, who, wanted, owner=owner, before=cursor, limit=limit + 1)
    page, next_cursor = page_of(found, limit, lambda one: one.id)
    today = day_in_berlin(clock())
    items = [WarningSummary(**summary_of(one, names, today)) for one in page]
    return WarningList(items=items, next_cursor=next_cursor)


@get(
    "/v1/warnings/{warning_id:str}",
    guards=[needs(*READERS)],
    operation_id="getWarning",
    operation_class=operation(*_READING),
    tags=["warnings"],
    summary="Read an early warning",
)
async def get_warning(
    request: Request[Principal, Any, Any],
    warning_id: WarningId,
    warnings: NamedDependency[Warnings],
    sources: NamedDependency[Sources],
    clock: NamedDependency[Clock],
) -> WarningResponse:
    """What was seen against which thresholds, the documents behind it, and what persons did."""
    shown = await warnings.read(request.user, who_of(request, request.user), warning_id)
    return present_warning(shown, sources, clock)


@post(
    "/v1/warnings/{warning_id:str}/assignment",
    guards=[needs(Role.UNDERWRITE)],
    operation_id="assignWarning",
    operation_class=operation(*BODY_PROBLEMS, *_READING, known.WARNING_STATE, body=WarningAssignmentRequest),
    status_code=200,
    tags=["warnings"],
    summary="Say who answers for a warning",
)
async def assign_warning(
    request: Request[Principal, Any, Any],
    body: RawBody,
    warning_id: WarningId,
    warnings: NamedDependency[Warnings],
    sources: NamedDependency[Sources],
    clock: NamedDependency[Clock],
) -> WarningResponse:
    """Anybody who may answer still may."""
    asked = body_of(request, body, WarningAssignmentRequest)
    shown = await warnings.assign(request.user, who_of(request, request.user), warning_id, name=asked.to)
    return present_warning(shown, sources, clock)


@post(
    "/v1/warnings/{warning_id:str}/snooze",
    guards=[needs(Role.UNDERWRITE)],
    operation_id="snoozeWarning",
    operation_class=operation(
        *BODY_PROBLEMS, *_READING, known.WARNING_STATE, known.FOUR_EYES, body=WarningSnoozeRequest
    ),
    status_code=200,
    tags=["warnings"],
    summary="Set a warning aside until a day",
)
async def snooze_warning(
    request: Request[Principal, Any, Any],
    body: RawBody,
    warning_id: WarningId,
    warnings: NamedDependency[Warnings],
    sources: NamedDependency[Sources],
    clock: NamedDependency[Clock],
) -> WarningResponse:
    """With a reason. It is due on the day after, or when it was due anyway, unless its signs are over before."""
    asked = body_of(request, body, WarningSnoozeRequest, lambda one: check_text(one.text))
    who = who_of(request, request.user)
    shown = await warnings.snooze(request.user, who, warning_id, until=asked.until, text=asked.text)
    return present_warning(shown, sources, clock)


@post(
    "/v1/warnings/{warning_id:str}/answer",
    guards=[needs(Role.UNDERWRITE)],
    operation_id="answerWarning",
    operation_class=operation(
        *BODY_PROBLEMS, *_READING, known.WARNING_STATE, known.FOUR_EYES, body=WarningAnswerRequest
    ),
    status_code=200,
    tags=["warnings"],
    summary="Answer a warning",
)
async def answer_warning(
    request: Request[Principal, Any, Any],
    body: RawBody,
    warning_id: WarningId,
    warnings: NamedDependency[Warnings],
    sources: NamedDependency[Sources],
    clock: NamedDependency[Clock],
) -> WarningResponse:
    """It stands until its signs are over; while they hold, it is due again after some months. The loan stays as it is.

    A later answer takes the place of an earlier one; both are kept.
    """
    asked = body_of(request, body, WarningAnswerRequest, lambda one: check_text(one.text))
    who = who_of(request, request.user)
    shown = await warnings.answer(request.user, who, warning_id, answer=asked.answer, text=asked.text)
    return present_warning(shown, sources, clock)


def summary_of(found: StoredWarning, names: Mapping[str, str], today: date) -> dict[str, Any]:
    """The fields that lists show."""
    return {
        "warning_id": found.id,
        "borrower_ref": found.borrower_ref,
        "trigger": found.trigger,
        "title": title_of(found.trigger),
        "severity": found.severity,
        "state": found.state_on(today),
        "owner": _principal(found.owner, names),
        "due_on": found.due_on,
        "is_overdue": found.is_overdue(today),
        "snoozed_until": found.snoozed_until,
        "raised_at": found.raised_at,
        "answered_at": found.answered_at,
        "cleared_at": found.cleared_at,
        "decision_id": found.decision_id,
        "monitoring_id": found.subscription_id,
        "observation_id": found.observation_id,
        "links": {
            "self": f"/v1/warnings/{found.id}",
            "page": f"/warnings/{found.id}",
            "decision": links_of(found.decision_id)["self"],
            "monitoring": f"/v1/monitoring/{found.subscription_id}",
            "observation": f"/v1/observations/{found.observation_id}",
        },
    }


def present_warning(shown: ShownWarning, sources: Sources, clock: Clock) -> WarningResponse:
    """A warning as the interface shows it."""
    finding, names = shown.finding, shown.names
    return WarningResponse(
        **summary_of(shown.stored, names, day_in_berlin(clock())),
        triggers=finding.triggers,
        text=say_finding(finding),
        signs=tuple(
            SignResponse(
                reads=one.sign.reads,
                bound=one.sign.bound,
                value=one.value,
                before=one.before,
                level=one.sign.level,
                level_clear=one.sign.level_clear,
                change=one.sign.change,
                change_clear=one.sign.change_clear,
                holds=one.holds,
                text=say_sign(one) if one.holds else None,
            )
            for one in finding.seen
        ),
        documents=documents_of(shown, sources),
        documents_total=finding.evidence.total,
        steps=tuple(
            WarningStepResponse(
                number=one.number,
                kind=one.kind,
                at=one.at,
                by=PrincipalResponse(principal_id=one.by, name=names.get(one.by)),
                owner=_principal(one.owner, names),
                until=one.until,
                answer=one.answer,
                text=one.text,
                found=None if one.finding is None else say_finding(one.finding),
                documents=() if one.finding is None else documents_behind(one.finding.evidence, None, sources),
            )
            for one in shown.steps
        ),
    )


def documents_of(shown: ShownWarning, sources: Sources) -> tuple[DocumentResponse, ...]:
    """The documents behind a warning; without numbers and links where its observation is gone."""
    return documents_behind(shown.finding.evidence, shown.observation, sources)


def documents_behind(
    evidence: Evidence, observed: StoredDecision | None, sources: Sources
) -> tuple[DocumentResponse, ...]:
    """Documents as the interface shows them; without numbers and links where the observation is gone."""
    if observed is None:
        return tuple(_bare(one) for one in evidence.documents)
    return tuple(document_of(one, observed, sources) for one in evidence.documents)


def _bare(one: Document) -> DocumentResponse:
    cents = one.amount_cents
    amount = None if cents is None else money(cents, _EURO)
    return DocumentResponse(kind=one.kind, id=one.id, number=None, date=one.day, amount=amount, url=None)


def _principal(identifier: str | None, names: Mapping[str, str]) -> PrincipalResponse | None:
    return None if identifier is None else PrincipalResponse(principal_id=identifier, name=names.get(identifier))
