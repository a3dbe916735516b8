"""Routes of decisions: create, read, list."""

import hashlib
import re
from datetime import datetime
from functools import partial
from typing import Annotated, Any

import anyio.to_thread
import msgspec
from anyio import CapacityLimiter
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, PathParameter, QueryParameter, RawBody
from litestar.response import Redirect
from structlog.contextvars import bind_contextvars

from scoring.api import problems as known
from scoring.api.applications import parse_application, require_json
from scoring.api.errors import FieldError, InvalidFieldsError, UnknownObjectError
from scoring.api.jobs import answer_later
from scoring.api.lists import (
    BorrowerFilter,
    Limit,
    check_parameters,
    cursor_parameter,
    instant_parameter,
    page_of,
)
from scoring.api.middleware import needs, who_of
from scoring.api.openapi import BODY_PROBLEMS, SEVDESK_PROBLEMS, answer_of, operation
from scoring.api.prefer import Preference, preference_of
from scoring.api.present import links_of, present_decision
from scoring.api.schemas.applications import ApplicationRequest
from scoring.api.schemas.decisions import DecisionList, DecisionResponse, ReceiptResponse
from scoring.api.schemas.jobs import JobResponse
from scoring.base.identifiers import Clock, day_in_berlin
from scoring.base.secrets import Cipher
from scoring.decisions.decision import Verdict
from scoring.decisions.schema_3 import TermsV3
from scoring.sources.registry import SEVDESK, Sources
from scoring.store.audit import Action, Trail, page_id
from scoring.store.database import Database
from scoring.store.decisions import (
    DecisionFilter,
    StoredDecision,
    UnreadableDecision,
    list_decisions,
    list_particulars,
    with_particulars,
)
from scoring.store.jobs import Job
from scoring.store.principals import Principal, Role
from scoring.store.statements import Signer
from scoring.usecases.admission import Admission
from scoring.usecases.application import Application
from scoring.usecases.assess import Assessor
from scoring.usecases.books import Running
from scoring.usecases.later import Later
from scoring.usecases.reading import Reading
from scoring.usecases.verify import load_receipt

READERS = (Role.APPLY, Role.UNDERWRITE, Role.ANALYSE, Role.AUDIT)
_PARAMETERS = frozenset({"verdict", "recommendation", "borrower_ref", "created_from", "created_to", "cursor", "limit"})
_KEY = re.compile(r"[!-~]{1,80}")


@post(
    "/v1/decisions",
    guards=[needs(Role.APPLY, Role.UNDERWRITE)],
    operation_id="createDecision",
    operation_class=operation(
        *BODY_PROBLEMS,
        *SEVDESK_PROBLEMS,
        known.NOT_FOUND,
        known.IN_PROGRESS,
        known.BORROWER_RESTRICTED,
        known.CASE_STATE,
        known.ERASED,
        known.OVERTAKEN,
        known.KEY_REUSED,
        known.CONSUMER_CREDIT,
        known.QUOTA_USED_UP,
        known.OVERLOADED,
        known.STORED_DATA_DAMAGED,
        known.NEWER_RECORD,
        body=ApplicationRequest,
        further={
            "201": answer_of(DecisionResponse, "Document created, URL follows"),
            "202": answer_of(JobResponse, "The application is decided on later: see the job."),
        },
        leads_to={"getDecision": "decision_id"},
    ),
    tags=["decisions"],
    summary="Decide on an application",
)
async def create_decision(  # noqa: PLR0913, PLR0917  one argument for each part
    request: Request[Principal, Any, Any],
    body: RawBody,
    assessor: NamedDependency[Assessor],
    sources: NamedDependency[Sources],
    clock: NamedDependency[Clock],
    running: NamedDependency[Running],
    admission: NamedDependency[Admission],
    later: NamedDependency[Later],
    reading: NamedDependency[Reading],
    idempotency_key: Annotated[
        str | None,
        HeaderParameter(
            name="Idempotency-Key",
            description="1 to 80 visible ASCII characters; a repeated request returns the first decision.",
            schema_extra={"pattern": "^[!-~]{1,80}$"},
        ),
    ] = None,
    prefer: Annotated[
        str | None,
        HeaderParameter(
            name="Prefer",
            description="`respond-async` answers 202 with a job at once, or after `wait=n` seconds, at most 60, if the"
            " decision is not made by then (RFC 7240).",
        ),
    ] = None,
) -> Response[Any]:
    """Reads the firm's books, scores them, decides, and stores the decision before responding.

    With `Prefer: respond-async` it responds with a job, and decides later.
    """
    require_json(request)
    products = frozenset(assessor.in_force.serving.of(request.user.lender_id).policy.products)
    application = parse_application(body, today=day_in_berlin(clock()), products=products, sources=sources)
    check_key(request, idempotency_key)
    if prefer is not None:
        preference = preference_of(request.headers.getall("Prefer", []))
        if preference.responds_later:
            job = await later.accept(
                application,
                body,
                who=who_of(request, request.user),
                idempotency_key=idempotency_key,
                body_digests=(body_digest(body), earlier_digest(application)),
                key_prefix=request.user.key_prefix,
            )
            if job is not None:
                bind_contextvars(job_id=job.id)
                answer = await answer_later(later, request.user, job, preference)
                if isinstance(answer, Response):
                    return answer
                return await _made_later(request, answer, preference, reading, assessor, sources)
    has_left = partial(hung_up, request)
    async with admission.turn(request.user.lender_id, hung_up=has_left):
        stored = await running.finish(
            assessor.assess(
                application,
                who=who_of(request, request.user),
                idempotency_key=idempotency_key,
                body_digests=(body_digest(body), earlier_digest(application)),
                quota=request.user.quota,
                # Who named a key comes back for the decision, sooner than it is made perhaps; else nobody can.
                hung_up=has_left if idempotency_key is None else None,
                traceparent=request.headers.get("traceparent"),
            )
        )
    bind_contextvars(decision_id=stored.decision.decision_id)
    response = present_decision(stored, sources)
    return Response(response, headers={"Location": response.links["self"]})


async def _made_later(
    request: Request[Principal, Any, Any],
    job: Job,
    preference: Preference,
    reading: Reading,
    assessor: Assessor,
    sources: Sources,
) -> Response[DecisionResponse]:
    """The decision of a job that was done within the time that the caller waits."""
    stored = await reading.find(job.decision_id or "", reader=request.user, who=who_of(request, request.user))
    if stored is None:
        raise UnknownObjectError("there is no decision with this identifier")
    stored = await with_particulars(assessor.database, assessor.cipher, stored, lender_id=request.user.lender_id)
    bind_contextvars(decision_id=stored.decision_id)
    response = present_decision(stored, sources)
    return Response(response, headers={"Location": response.links["self"], "Preference-Applied": preference.applied()})


@get(
    "/v1/decisions/{decision_id:str}",
    guards=[needs(*READERS)],
    operation_id="getDecision",
    operation_class=operation(
        known.NOT_FOUND, known.RESTRICTED, known.ERASED, known.STORED_DATA_DAMAGED, known.NEWER_RECORD
    ),
    tags=["decisions"],
    summary="Read a decision",
)
async def get_decision(
    request: Request[Principal, Any, Any],
    decision_id: Annotated[str, PathParameter(description="Identifier of a decision of your lender.")],
    reading: NamedDependency[Reading],
    database: NamedDependency[Database],
    cipher: NamedDependency[Cipher],
    sources: NamedDependency[Sources],
) -> DecisionResponse:
    """The decision as it was recorded."""
    stored = await reading.find(decision_id, reader=request.user, who=who_of(request, request.user))
    if stored is None:
        raise UnknownObjectError("there is no decision with this identifier")
    bind_contextvars(decision_id=decision_id)
    stored = await with_particulars(database, cipher, stored, lender_id=request.user.lender_id)
    return present_decision(stored, sources)


@get(
    "/v1/decisions/{decision_id:str}/report",
    guards=[needs(*READERS)],
    operation_id="getReport",
    operation_class=operation(
        known.NOT_FOUND, known.RESTRICTED, known.ERASED, known.STORED_DATA_DAMAGED, known.NEWER_RECORD
    ),
    tags=["decisions"],
    summary="Open the page of a decision",
    status_code=303,
)
async def get_report(
    request: Request[Principal, Any, Any],
    decision_id: Annotated[str, PathParameter(description="Identifier of a decision of your lender.")],
    reading: NamedDependency[Reading],
) -> Redirect:
    """Redirects to the decision's page, where a person signs in."""
    stored = await reading.find(decision_id, reader=request.user, who=who_of(request, request.user))
    if stored is None:
        raise UnknownObjectError("there is no decision with this identifier")
    return Redirect(links_of(decision_id)["page"], status_code=303)


@get(
    "/v1/decisions/{decision_id:str}/receipt",
    guards=[needs(*READERS)],
    operation_id="getReceipt",
    operation_class=operation(
        known.NOT_FOUND, known.RESTRICTED, known.ERASED, known.STORED_DATA_DAMAGED, known.NEWER_RECORD
    ),
    tags=["decisions"],
    summary="Read the signed receipt of a decision",
)
async def get_receipt(
    request: Request[Principal, Any, Any],
    decision_id: Annotated[str, PathParameter(description="Identifier of a decision of your lender.")],
    reading: NamedDependency[Reading],
    database: NamedDependency[Database],
) -> ReceiptResponse:
    """Proves the decision, its lender and its moment to whoever has the public keys, without this service.

    `scoring verify --receipt` proves it, and so does any library for JOSE. Keep it outside of the service.
    """
    stored = await reading.find(decision_id, reader=request.user, who=who_of(request, request.user))
    found = None
    if stored is not None:
        found = await load_receipt(database, lender_id=request.user.lender_id, decision_id=decision_id)
    if found is None:
        raise UnknownObjectError("there is no signed decision with this identifier")
    bind_contextvars(decision_id=decision_id)
    return ReceiptResponse(statement=found.statement, salt=found.salt, record=found.record)


@get(
    "/v1/decisions",
    guards=[needs(*READERS)],
    operation_id="listDecisions",
    operation_class=operation(known.INVALID_REQUEST, known.STORED_DATA_DAMAGED),
    tags=["decisions"],
    summary="List decisions",
)
async def get_decisions(  # noqa: PLR0913, PLR0917  one argument for each parameter of the query
    request: Request[Principal, Any, Any],
    database: NamedDependency[Database],
    signer: NamedDependency[Signer],
    trail: NamedDependency[Trail],
    cipher: NamedDependency[Cipher],
    sources: NamedDependency[Sources],
    workers: NamedDependency[CapacityLimiter],
    verdict: Annotated[Verdict | None, QueryParameter(description="Only decisions with this verdict.")] = None,
    recommendation: Annotated[
        Verdict | None, QueryParameter(description="Only decisions with this recommendation.")
    ] = None,
    borrower_ref: BorrowerFilter = None,
    created_from: Annotated[
        datetime | None, instant_parameter("Only decisions created at or after this instant.")
    ] = None,
    created_to: Annotated[datetime | None, instant_parameter("Only decisions created before this instant.")] = None,
    cursor: Annotated[str | None, cursor_parameter("dec")] = None,
    limit: Limit = 50,
) -> DecisionList:
    """Newest first. `created_to` is exclusive; instants need a time zone.

    Decisions whose stored record is damaged, or of a newer version, count towards the page. They are listed in
    `damaged` or `newer` instead of `items`, and erased ones in `erased`. Decisions on restricted borrowers are listed
    for auditors and administrators alone.
    """
    check_parameters(request, _PARAMETERS, prefix="dec", created_from=created_from, created_to=created_to)
    wanted = DecisionFilter(
        verdict=verdict,
        recommendation=recommendation,
        borrower_ref=borrower_ref,
        created_from=created_from,
        created_to=created_to,
    )
    found = await list_decisions(
        database,
        signer,
        lender_id=request.user.lender_id,
        wanted=wanted,
        before=cursor,
        limit=limit + 1,
        with_restricted=request.user.sees_restricted,
    )
    page, next_cursor = page_of(found, limit, lambda stored: stored.decision_id)
    await trail.note(
        who_of(request, request.user),
        Action.DECISIONS_LISTED,
        object_id=page_id([one.decision_id for one in page]),
        borrower_id=None if borrower_ref is None or not page else page[0].borrower_id,
    )
    page = await list_particulars(database, cipher, page, lender_id=request.user.lender_id)
    shown = [stored for stored in page if isinstance(stored, StoredDecision)]
    items = await anyio.to_thread.run_sync(
        lambda: [present_decision(stored, sources) for stored in shown], limiter=workers
    )
    return DecisionList(
        items=items,
        next_cursor=next_cursor,
        damaged=[one.decision_id for one in page if isinstance(one, UnreadableDecision) and one.is_damaged],
        erased=[one.decision_id for one in page if isinstance(one, UnreadableDecision) and one.is_erased],
        newer=[one.decision_id for one in page if isinstance(one, UnreadableDecision) and one.is_newer],
    )


def check_key(request: Request[Principal, Any, Any], idempotency_key: str | None) -> None:
    """Refuse a key that is none.

    Raises:
        InvalidFieldsError: it is given twice, or has other characters.
    """
    if len(request.headers.getall("Idempotency-Key", [])) > 1:
        raise InvalidFieldsError([FieldError(field="Idempotency-Key", message="must be given only once")])
    if idempotency_key is not None and _KEY.fullmatch(idempotency_key) is None:
        raise InvalidFieldsError(
            [FieldError(field="Idempotency-Key", message="must be 1 to 80 visible ASCII characters")]
        )


async def hung_up(request: Request[Principal, Any, Any]) -> None:
    """Wait until the caller has left; its body has been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def body_digest(body: bytes) -> str:
    """Digest of the body, independent of the order of members and of white space."""
    return hashlib.sha256(msgspec.json.encode(msgspec.json.decode(body), order="deterministic")).hexdigest()


def earlier_digest(application: Application) -> str:
    """The digest of version 0.3, so that its requests can be repeated after an upgrade."""
    iban, credential = application.payout_iban, application.credential
    parts = msgspec.structs.asdict(application) | {"payout_iban": None if iban is None else iban.reveal()}
    del parts["credential"], parts["case_id"], parts["applicant"]
    terms = msgspec.structs.asdict(application.terms)
    del terms["starts_business"]
    parts["terms"] = TermsV3(**terms, purpose=parts.pop("purpose"))
    is_short = credential is not None and credential.source == SEVDESK
    parts["sevdesk_token"] = credential.secret.reveal() if credential is not None and is_short else None
    return hashlib.sha256(msgspec.json.encode(parts, order="deterministic")).hexdigest()
