"""Routes that ask the applicant with a link, take contests and documents, and decide again."""

import hashlib
import re
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Annotated, Any
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, PathParameter, QueryParameter, RawBody
from structlog.contextvars import bind_contextvars

from scoring.api import problems as known
from scoring.api.applications import body_of, check_text, refused
from scoring.api.cases import REVIEW_PROBLEMS, STEP_PROBLEMS, CaseId, present_case
from scoring.api.connect_sessions import check_lender
from scoring.api.decisions import body_digest, check_key, hung_up
from scoring.api.errors import FieldError, InvalidFieldsError
from scoring.api.iban import normalise_iban
from scoring.api.middleware import needs, who_of
from scoring.api.openapi import BODY_PROBLEMS, SEVDESK_PROBLEMS, file_answer, operation
from scoring.api.present import present_decision
from scoring.api.schemas.asking import (
    AgainRequest,
    ApplicantLinkMade,
    ContestLinkRequest,
    ContestRequest,
    InquiryRequest,
)
from scoring.api.schemas.cases import CaseDocumentResponse, CaseResponse
from scoring.api.schemas.connect_sessions import LenderIdentity
from scoring.api.schemas.decisions import DecisionResponse
from scoring.api.uploads import read_bounded
from scoring.base.identifiers import Clock, instant
from scoring.base.secrets import Secret
from scoring.decisions.inquiries import Item, ItemKind
from scoring.runtime.settings import Settings
from scoring.sources.registry import Sources
from scoring.store.applicant_links import LinkOrder
from scoring.store.principals import Principal, Role
from scoring.usecases.asking import Asking
from scoring.usecases.books import Running
from scoring.usecases.cases import READERS, Cases
from scoring.usecases.decide_again import DecideAgain
from scoring.usecases.inspection import FILE_BYTES
from scoring.usecases.inspector import JPEG, PDF, PNG, WEBP
from scoring.usecases.taking import Upload

_NAME = re.compile(r"^[^\x00-\x1f\x7f/\\]{1,120}$")
_NAMELESS = "document"
_WRITERS = (Role.APPLY, Role.UNDERWRITE)


@post(
    "/v1/cases/{case_id:str}/inquiries",
    guards=[needs(Role.UNDERWRITE)],
    operation_id="askWithLink",
    operation_class=operation(*BODY_PROBLEMS, *REVIEW_PROBLEMS, body=InquiryRequest),
    tags=["cases"],
    summary="Ask the applicant with a one-time link",
)
async def create_inquiry(
    request: Request[Principal, Any, Any],
    body: RawBody,
    case_id: CaseId,
    asking: NamedDependency[Asking],
    settings: NamedDependency[Settings],
    clock: NamedDependency[Clock],
) -> Response[ApplicantLinkMade]:
    """Whoever has claimed the case asks for explanations, corrected bookings, documents or a new connection.

    The case waits. What the applicant answers is a step of it.
    """
    asked = body_of(request, body, InquiryRequest, _check_inquiry)
    order = _order(asked.lender, asked.language, asked.expires_in_days, clock)
    items = [
        Item(kind=ItemKind(one.kind), text=one.text, document_numbers=tuple(one.document_numbers))
        for one in asked.items
    ]
    identifier, secret = await asking.ask(
        who_of(request, request.user), request.user, case_id, order, items, decides_again=asked.decides_again
    )
    return _made(case_id, identifier, secret, order, settings)


@post(
    "/v1/cases/{case_id:str}/contest-links",
    guards=[needs(*_WRITERS)],
    operation_id="createContestLink",
    operation_class=operation(*BODY_PROBLEMS, *STEP_PROBLEMS, body=ContestLinkRequest),
    tags=["cases"],
    summary="Create a one-time link with which the applicant contests a decision",
)
async def create_contest_link(
    request: Request[Principal, Any, Any],
    body: RawBody,
    case_id: CaseId,
    asking: NamedDependency[Asking],
    settings: NamedDependency[Settings],
    clock: NamedDependency[Clock],
) -> Response[ApplicantLinkMade]:
    """For your notice of the decision. A new link cancels an older one of the same case."""
    asked = body_of(request, body, ContestLinkRequest, lambda parsed: check_lender(parsed.lender))
    order = _order(asked.lender, asked.language, asked.expires_in_days, clock)
    identifier, secret = await asking.invite(who_of(request, request.user), request.user, case_id, order)
    return _made(case_id, identifier, secret, order, settings)


@post(
    "/v1/cases/{case_id:str}/contests",
    guards=[needs(*_WRITERS)],
    operation_id="contestDecision",
    operation_class=operation(*BODY_PROBLEMS, *STEP_PROBLEMS, body=ContestRequest),
    status_code=200,
    tags=["cases"],
    summary="Pass on that the applicant contests a decision",
)
async def contest_decision(
    request: Request[Principal, Any, Any],
    body: RawBody,
    case_id: CaseId,
    asking: NamedDependency[Asking],
    clock: NamedDependency[Clock],
) -> CaseResponse:
    """Reopens the case: a person decides, and answers within a month."""
    asked = body_of(request, body, ContestRequest, lambda parsed: check_text(parsed.text))
    who = who_of(request, request.user)
    shown = await asking.contest(who, request.user, case_id, asked.text, wants_talk=asked.wants_talk)
    return present_case(shown, instant(clock()))


@post(
    "/v1/cases/{case_id:str}/documents",
    guards=[needs(*_WRITERS)],
    operation_id="addCaseDocument",
    operation_class=operation(
        *STEP_PROBLEMS,
        known.TOO_SLOW,
        known.TOO_LARGE,
        known.INVALID_REQUEST,
        known.DOCUMENT_REFUSED,
        known.TOO_MANY_DOCUMENTS,
        file="application/octet-stream",
    ),
    request_max_body_size=FILE_BYTES,
    tags=["cases"],
    summary="Put a document into a case",
)
async def add_document(
    request: Request[Principal, Any, Any],
    case_id: CaseId,
    asking: NamedDependency[Asking],
    reviews: NamedDependency[Cases],
    clock: NamedDependency[Clock],
    name: Annotated[
        str | None,
        QueryParameter(description="Its name, for people.", schema_extra={"pattern": _NAME.pattern}),
    ] = None,
) -> Response[CaseDocumentResponse]:
    """The body is the document itself: a PDF without scripts, or a JPEG, PNG or WebP, of at most 10 MiB.

    What it is follows from its bytes. Pictures are drawn anew, so that they say nothing of where they were taken.
    """
    if name is not None and _NAME.fullmatch(name) is None:
        raise InvalidFieldsError([FieldError(field="name", message="must be 1 to 120 characters, without / and \\")])
    who = who_of(request, request.user)
    await asking.expect(request.user.lender_id, case_id)
    async with asking.inspection.room(request.user.lender_id):
        looked = await asking.inspection.look(await read_bounded(request, FILE_BYTES))
        upload = Upload(name=name or _NAMELESS, media_type=looked.media_type, content=looked.content)
        identifier = await asking.file(who, request.user, case_id, upload)
    shown = present_case(await reviews.look(request.user, case_id), instant(clock()))
    document = next(one for one in shown.documents if one.document_id == identifier)
    return Response(document, headers={"Location": document.links["self"]})


@get(
    "/v1/cases/{case_id:str}/documents/{document_id:str}",
    guards=[needs(*READERS)],
    operation_id="getCaseDocument",
    operation_class=operation(
        known.NOT_FOUND,
        known.RESTRICTED,
        known.STORED_DATA_DAMAGED,
        further={"200": file_answer("The document.", PDF, JPEG, PNG, WEBP)},
    ),
    tags=["cases"],
    summary="Download a document of a case",
)
async def get_document(
    request: Request[Principal, Any, Any],
    case_id: CaseId,
    document_id: Annotated[str, PathParameter(description="Identifier of a document of the case.")],
    asking: NamedDependency[Asking],
) -> Response[bytes]:
    """As it was stored. Open it with care: what a stranger sent was looked at, and no more than that."""
    return await download(asking, request, request.user, case_id, document_id)


async def download(
    asking: Asking, request: Request[Any, Any, Any], reader: Principal, case_id: str, document_id: str
) -> Response[bytes]:
    """The answer with a document: never shown by the browser as a page of this service."""
    found = await asking.open(who_of(request, reader), reader, case_id, document_id)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "no-store",
    }
    return Response(found.content, media_type=found.media_type, headers=headers)


@post(
    "/v1/cases/{case_id:str}/decision",
    guards=[needs(*_WRITERS)],
    operation_id="decideAgain",
    operation_class=operation(
        *BODY_PROBLEMS,
        *SEVDESK_PROBLEMS,
        known.NOT_FOUND,
        known.NO_CONNECTION,
        known.IN_PROGRESS,
        known.BORROWER_RESTRICTED,
        known.CASE_STATE,
        known.ERASED,
        known.OVERTAKEN,
        known.KEY_REUSED,
        known.OVERLOADED,
        known.STORED_DATA_DAMAGED,
        known.NEWER_RECORD,
        body=AgainRequest,
        leads_to={"getDecision": "decision_id"},
    ),
    tags=["cases"],
    summary="Decide again on fresh books",
)
async def decide_again(
    request: Request[Principal, Any, Any],
    body: RawBody,
    case_id: CaseId,
    again: NamedDependency[DecideAgain],
    sources: NamedDependency[Sources],
    running: NamedDependency[Running],
    idempotency_key: Annotated[
        str | None,
        HeaderParameter(
            name="Idempotency-Key",
            description="1 to 80 visible ASCII characters; a repeated request returns the first decision.",
            schema_extra={"pattern": "^[!-~]{1,80}$"},
        ),
    ] = None,
) -> Response[DecisionResponse]:
    """The same application, the account as it is now; the new decision is linked to the case.

    Who asked for the first decision stays the one who asked, and you may review. After a vote, or once the applicant
    contests, the new decision decides nothing by itself.
    """
    asked = body_of(request, body, AgainRequest, _check_again)
    check_key(request, idempotency_key)
    stored = await running.finish(
        again.decide(
            who_of(request, request.user),
            case_id,
            connection_id=asked.connection_id,
            payout_iban=None if asked.payout_iban is None else Secret(normalise_iban(asked.payout_iban)),
            idempotency_key=idempotency_key,
            body_digests=(hashlib.sha256(f"{case_id} {body_digest(body)}".encode()).hexdigest(),),
            hung_up=partial(hung_up, request) if idempotency_key is None else None,
        )
    )
    bind_contextvars(decision_id=stored.decision.decision_id)
    response = present_decision(stored, sources)
    return Response(response, headers={"Location": response.links["self"]})


def _check_inquiry(asked: InquiryRequest) -> Iterator[FieldError]:
    yield from check_lender(asked.lender)
    for index, item in enumerate(asked.items):
        for error in check_text(item.text):
            yield FieldError(field=f"items[{index}].text", message=error.message)
        if any(not number.isprintable() for number in item.document_numbers):
            message = "must contain only printable characters"
            yield FieldError(field=f"items[{index}].document_numbers", message=message)
        if item.kind == ItemKind.CORRECTED_BOOKING.value and not item.document_numbers:
            yield FieldError(field=f"items[{index}].document_numbers", message="must name the documents to correct")


def _check_again(asked: AgainRequest) -> Iterator[FieldError]:
    if asked.payout_iban is not None:
        yield from refused("payout_iban", asked.payout_iban, normalise_iban)


def _order(lender: LenderIdentity, language: str, days: int, clock: Clock) -> LinkOrder:
    return LinkOrder(
        lender_name=lender.name,
        privacy_url=lender.privacy_url,
        privacy_email=lender.privacy_email,
        language=language,
        expires_at=clock() + timedelta(days=days),
    )


def _made(
    case_id: str, identifier: str, secret: Secret, order: LinkOrder, settings: Settings
) -> Response[ApplicantLinkMade]:
    made = ApplicantLinkMade(
        applicant_link_id=identifier,
        url=f"{settings.public_address}/answer/{secret.reveal()}",
        expires_at=instant(order.expires_at),
    )
    return Response(made, headers={"Location": f"/v1/cases/{case_id}", "Cache-Control": "no-store"})
