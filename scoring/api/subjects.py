"""Routes for requests of data subjects: record, read, change, carry out, and the bundle of an answer."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any

from litestar import Request, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, RawBody
from litestar.response import Stream
from msgspec import UNSET

from scoring.api import problems as known
from scoring.api.applications import body_of, check_ref
from scoring.api.errors import FieldError, UnknownObjectError
from scoring.api.lists import BorrowerFilter, Limit, check_parameters, cursor_parameter, page_of
from scoring.api.middleware import needs, who_of
from scoring.api.openapi import BODY_PROBLEMS, operation
from scoring.api.schemas.subjects import (
    KeptResponse,
    SubjectRequestChange,
    SubjectRequestLift,
    SubjectRequestList,
    SubjectRequestRequest,
    SubjectRequestResponse,
)
from scoring.base.identifiers import Clock, day_in_berlin
from scoring.store.audit import Action, Trail, page_id
from scoring.store.database import Database
from scoring.store.principals import Principal, Role
from scoring.store.subject_requests import (
    Extension,
    IdentityCheck,
    Refusal,
    RequestKind,
    RequestState,
    SubjectRequest,
    list_requests,
)
from scoring.texts.subjects import KEPT
from scoring.usecases.bundle import files_of, zip_of
from scoring.usecases.subjects import Subjects, days_left

_PARAMETERS = frozenset({"status", "borrower_ref", "cursor", "limit"})
_EARLIEST = date(2018, 5, 25)
"""Since then the regulation applies."""
RequestId = Annotated[str, PathParameter(description="Identifier of a request of your lender.")]


@post(
    "/v1/subject-requests",
    guards=[needs(Role.ADMIN)],
    operation_id="createSubjectRequest",
    operation_class=operation(
        *BODY_PROBLEMS,
        known.NOT_FOUND,
        body=SubjectRequestRequest,
        leads_to={"getSubjectRequest": "subject_request_id"},
    ),
    tags=["data subjects"],
    summary="Record a request of a data subject",
)
async def create_request(
    request: Request[Principal, Any, Any],
    body: RawBody,
    subjects: NamedDependency[Subjects],
    clock: NamedDependency[Clock],
) -> Response[SubjectRequestResponse]:
    """The month of Art. 12(3) GDPR begins with `received_on`. Nothing is carried out yet."""
    today = day_in_berlin(clock())
    asked = body_of(request, body, SubjectRequestRequest, lambda parsed: _check(parsed, today))
    made = await subjects.record(
        who_of(request, request.user),
        borrower_ref=asked.borrower_ref,
        kind=RequestKind(asked.kind),
        received_on=asked.received_on,
        identity_check=None if asked.identity_check is None else IdentityCheck(asked.identity_check),
    )
    if made is None:
        raise UnknownObjectError("there is no borrower with this reference")
    return Response(present_request(made, today), headers={"Location": f"/v1/subject-requests/{made.id}"})


@get(
    "/v1/subject-requests",
    guards=[needs(Role.ADMIN)],
    operation_id="listSubjectRequests",
    operation_class=operation(known.INVALID_REQUEST),
    tags=["data subjects"],
    summary="List requests of data subjects",
)
async def get_requests(  # noqa: PLR0913, PLR0917  one argument for each parameter of the query
    request: Request[Principal, Any, Any],
    database: NamedDependency[Database],
    trail: NamedDependency[Trail],
    clock: NamedDependency[Clock],
    status: Annotated[RequestState | None, QueryParameter(description="Only requests in this state.")] = None,
    borrower_ref: BorrowerFilter = None,
    cursor: Annotated[str | None, cursor_parameter("dsr")] = None,
    limit: Limit = 50,
) -> SubjectRequestList:
    """Newest first, with the days that are left."""
    check_parameters(request, _PARAMETERS, prefix="dsr")
    found = await list_requests(
        database,
        lender_id=request.user.lender_id,
        state=status,
        borrower_ref=borrower_ref,
        before=cursor,
        limit=limit + 1,
    )
    items, next_cursor = page_of(found, limit, lambda one: one.id)
    seen = page_id([one.id for one in items])
    await trail.note(who_of(request, request.user), Action.SUBJECT_READ, object_id=seen)
    today = day_in_berlin(clock())
    return SubjectRequestList(items=[present_request(one, today) for one in items], next_cursor=next_cursor)


@get(
    "/v1/subject-requests/{subject_request_id:str}",
    guards=[needs(Role.ADMIN)],
    operation_id="getSubjectRequest",
    operation_class=operation(known.NOT_FOUND),
    tags=["data subjects"],
    summary="Read a request of a data subject",
)
async def get_request(
    request: Request[Principal, Any, Any],
    subject_request_id: RequestId,
    subjects: NamedDependency[Subjects],
    clock: NamedDependency[Clock],
) -> SubjectRequestResponse:
    """Its status and, once it was carried out, what was destroyed, what stays, and why."""
    found = await subjects.read(who_of(request, request.user), subject_request_id)
    return present_request(found, day_in_berlin(clock()))


@patch(
    "/v1/subject-requests/{subject_request_id:str}",
    guards=[needs(Role.ADMIN)],
    operation_id="changeSubjectRequest",
    operation_class=operation(*BODY_PROBLEMS, known.NOT_FOUND, known.REQUEST_STATE, body=SubjectRequestChange),
    tags=["data subjects"],
    summary="Note a check of identity, an extension or a refusal",
)
async def change_request(
    request: Request[Principal, Any, Any],
    body: RawBody,
    subject_request_id: RequestId,
    subjects: NamedDependency[Subjects],
    clock: NamedDependency[Clock],
) -> SubjectRequestResponse:
    """Of an open request."""
    said = body_of(request, body, SubjectRequestChange, _check_change)
    found = await subjects.change(
        who_of(request, request.user),
        subject_request_id,
        identity_check=None if said.identity_check is UNSET else IdentityCheck(said.identity_check),
        extended_for=None if said.extended_for is UNSET else Extension(said.extended_for),
        refused_for=None if said.refused_for is UNSET else Refusal(said.refused_for),
    )
    return present_request(found, day_in_berlin(clock()))


@post(
    "/v1/subject-requests/{subject_request_id:str}/completion",
    guards=[needs(Role.ADMIN)],
    operation_id="completeSubjectRequest",
    operation_class=operation(known.NOT_FOUND, known.REQUEST_STATE),
    status_code=200,
    tags=["data subjects"],
    summary="Carry a request out",
)
async def complete_request(
    request: Request[Principal, Any, Any],
    subject_request_id: RequestId,
    subjects: NamedDependency[Subjects],
    clock: NamedDependency[Clock],
) -> SubjectRequestResponse:
    """Erases or restricts at once, for good; for access, notes that the answer was given.

    Where data must be kept (a hold), an erasure becomes a restriction: tokens are deleted, and nothing new is made.
    """
    found = await subjects.complete(who_of(request, request.user), subject_request_id)
    return present_request(found, day_in_berlin(clock()))


@post(
    "/v1/subject-requests/{subject_request_id:str}/lift",
    guards=[needs(Role.ADMIN)],
    operation_id="liftSubjectRequest",
    operation_class=operation(*BODY_PROBLEMS, known.NOT_FOUND, known.REQUEST_STATE, body=SubjectRequestLift),
    status_code=200,
    tags=["data subjects"],
    summary="Lift a restriction",
)
async def lift_request(
    request: Request[Principal, Any, Any],
    body: RawBody,
    subject_request_id: RequestId,
    subjects: NamedDependency[Subjects],
    clock: NamedDependency[Clock],
) -> SubjectRequestResponse:
    """Of a restriction that was carried out, once the data subject was told.

    The data can be used again, unless another request restricts them. Tokens that were deleted stay deleted.
    """
    today = day_in_berlin(clock())
    said = body_of(request, body, SubjectRequestLift, lambda parsed: _check_lift(parsed, today))
    found = await subjects.lift(who_of(request, request.user), subject_request_id, told_on=said.told_on)
    return present_request(found, today)


@get(
    "/v1/subject-requests/{subject_request_id:str}/bundle",
    guards=[needs(Role.ADMIN)],
    operation_id="getSubjectBundle",
    operation_class=operation(known.NOT_FOUND, known.REQUEST_STATE),
    media_type="application/zip",
    tags=["data subjects"],
    summary="Everything about the borrower of a request for access",
)
async def get_bundle(
    request: Request[Principal, Any, Any],
    subject_request_id: RequestId,
    subjects: NamedDependency[Subjects],
) -> Stream:
    """A ZIP file with `index.html` to read, `data.json`, observations as JSON, and ledgers as CSV.

    It is sent while it is read. One that breaks off is no ZIP file: ask again.
    """
    found, subject_data = await subjects.open_data(who_of(request, request.user), subject_request_id)
    headers = {"Content-Disposition": f'attachment; filename="{found.id}.zip"'}
    return Stream(zip_of(files_of(subject_data)), media_type="application/zip", headers=headers)


def present_request(found: SubjectRequest, today: date) -> SubjectRequestResponse:
    """The response for a request."""
    outcome = found.outcome or {}
    kept = [
        KeptResponse(what=what, count=said.get("count"), until=said.get("until"), why=KEPT[what])
        for what, said in outcome.get("kept", {}).items()
    ]
    return SubjectRequestResponse(
        subject_request_id=found.id,
        borrower_ref=found.borrower_ref,
        kind=found.kind.value,
        status=found.state.value,
        received_on=found.received_on,
        due_on=found.due_on,
        days_left=days_left(found, today),
        extended_for=found.extended_for,
        identity_check=found.identity_check,
        identity_checked_by=found.identity_checked_by,
        refused_for=found.refused_for,
        recorded_at=found.recorded_at,
        recorded_by=found.recorded_by,
        ended_at=found.ended_at,
        told_on=outcome.get("told_on"),
        destroyed=outcome.get("destroyed"),
        kept=kept if "kept" in outcome else None,
    )


def _check(asked: SubjectRequestRequest, today: date) -> Iterator[FieldError]:
    yield from check_ref(asked.borrower_ref)
    if not _EARLIEST <= asked.received_on <= today:
        message = f"must be from {_EARLIEST.isoformat()} to today, {today.isoformat()}"
        yield FieldError(field="received_on", message=message)


def _check_lift(said: SubjectRequestLift, today: date) -> Iterator[FieldError]:
    if not _EARLIEST <= said.told_on <= today:
        message = f"must be from {_EARLIEST.isoformat()} to today, {today.isoformat()}"
        yield FieldError(field="told_on", message=message)


def _check_change(said: SubjectRequestChange) -> Iterator[FieldError]:
    if said.identity_check is UNSET and said.extended_for is UNSET and said.refused_for is UNSET:
        yield FieldError(field="identity_check", message="give one of identity_check, extended_for and refused_for")
