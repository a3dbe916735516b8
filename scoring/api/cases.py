"""Routes of cases: list, read, and each step that a person or the lender's system may take."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, RawBody

from scoring.api import problems as known
from scoring.api.applications import body_of, check_text, check_vote
from scoring.api.errors import UnknownObjectError
from scoring.api.lists import BorrowerFilter, Limit, check_parameters, cursor_parameter
from scoring.api.middleware import needs, who_of
from scoring.api.openapi import BODY_PROBLEMS, operation
from scoring.api.present import money, percent
from scoring.api.schemas.cases import (
    ApplicantLinkResponse,
    AskedItem,
    AssignmentRequest,
    CaseDocumentResponse,
    CaseList,
    CaseResponse,
    CaseStepResponse,
    CaseSummary,
    CaseTextRequest,
    ContestResponse,
    PrincipalResponse,
    ResolutionResponse,
    SnoozeRequest,
    SnoozeResponse,
    VoteRequest,
    VoteResponse,
)
from scoring.api.schemas.texts import PRINTABLE
from scoring.base.identifiers import Clock, day_in_berlin, instant
from scoring.decisions.cases import (
    Answered,
    Asked,
    Assigned,
    CaseState,
    Claimed,
    Commented,
    Contest,
    Filed,
    GuarantorNamed,
    GuarantorReleased,
    Linked,
    Opened,
    Released,
    Resolution,
    ReviewReason,
    SnoozeAsked,
    SnoozeConfirmed,
    SnoozeEnded,
    Step,
    Voted,
    Withdrawn,
    is_by_applicant,
)
from scoring.decisions.decision import Verdict
from scoring.decisions.reviews import Ballot
from scoring.decisions.snoozes import Snooze
from scoring.store.applicant_links import ApplicantLink
from scoring.store.case_documents import CaseDocument
from scoring.store.cases import PREFIX, Sort, columns_of, kind_of
from scoring.store.principals import Principal, Role
from scoring.usecases.cases import OPEN, READERS, Cases, Desk, ShownCase, Wanted

_PARAMETERS = frozenset({"status", "product", "borrower_ref", "desk", "sort", "cursor", "limit"})
_EUR = "EUR"
CaseId = Annotated[str, PathParameter(description="Identifier of a case of your lender.")]
SnoozeStep = Annotated[int, PathParameter(description="The step that asked for it.", ge=1, le=1_000_000)]
STEP_PROBLEMS = (
    known.NOT_FOUND,
    known.CASE_STATE,
    known.BORROWER_RESTRICTED,
    known.FOUR_EYES,
    known.STORED_DATA_DAMAGED,
)
REVIEW_PROBLEMS = (*STEP_PROBLEMS, known.CASE_CLAIMED, known.AUTHORITY_MISSING)


@get(
    "/v1/cases",
    guards=[needs(*READERS)],
    operation_id="listCases",
    operation_class=operation(known.INVALID_REQUEST, known.STORED_DATA_DAMAGED),
    tags=["cases"],
    summary="List cases",
)
async def get_cases(  # noqa: PLR0913, PLR0917  one argument for each parameter of the query
    request: Request[Principal, Any, Any],
    reviews: NamedDependency[Cases],
    clock: NamedDependency[Clock],
    status: Annotated[CaseState | None, QueryParameter(description="Only cases in this state.")] = None,
    product: Annotated[
        str | None, QueryParameter(description="Only cases of this product.", schema_extra={"pattern": PRINTABLE})
    ] = None,
    borrower_ref: BorrowerFilter = None,
    desk: Annotated[
        Desk | None,
        QueryParameter(
            description="Only what you, or your team, work on or have on the desk; or what nobody has claimed and you"
            " may review. Without `status`, only cases that have not ended."
        ),
    ] = None,
    sort: Annotated[
        Sort, QueryParameter(description="Newest first, what should be decided first, or the highest amount first.")
    ] = Sort.NEWEST,
    cursor: Annotated[str | None, cursor_parameter(PREFIX)] = None,
    limit: Limit = 50,
) -> CaseList:
    """With `desk=free` a page may hold fewer cases than `limit`: those that you may not review are left out."""
    check_parameters(request, _PARAMETERS, prefix=PREFIX)
    wanted = Wanted(
        states=() if status is None else (status,), product=product, borrower_ref=borrower_ref, desk=desk, sort=sort
    )
    found = await reviews.list(who_of(request, request.user), request.user, wanted, after=cursor, limit=limit)
    now = instant(clock())
    return CaseList(
        items=[CaseSummary(**summary_of(one, now)) for one in found.items],
        next_cursor=found.next_cursor,
        damaged=list(found.damaged),
    )


@get(
    "/v1/cases/{case_id:str}",
    guards=[needs(*READERS)],
    operation_id="getCase",
    operation_class=operation(known.NOT_FOUND, known.RESTRICTED, known.STORED_DATA_DAMAGED),
    tags=["cases"],
    summary="Read a case",
)
async def get_case(
    request: Request[Principal, Any, Any],
    case_id: CaseId,
    reviews: NamedDependency[Cases],
    clock: NamedDependency[Clock],
) -> CaseResponse:
    """Its present, and every step with who took it and when."""
    return present_case(await reviews.read(who_of(request, request.user), request.user, case_id), instant(clock()))


@post(
    "/v1/decisions/{decision_id:str}/case",
    guards=[needs(Role.APPLY, Role.UNDERWRITE)],
    operation_id="openCase",
    operation_class=operation(
        known.NOT_FOUND,
        known.RESTRICTED,
        known.ERASED,
        known.BORROWER_RESTRICTED,
        known.STORED_DATA_DAMAGED,
        known.NEWER_RECORD,
    ),
    status_code=200,
    tags=["cases"],
    summary="Open the case of a decision",
)
async def open_case(
    request: Request[Principal, Any, Any],
    decision_id: Annotated[str, PathParameter(description="Identifier of a decision of your lender.")],
    reviews: NamedDependency[Cases],
    clock: NamedDependency[Clock],
) -> CaseResponse:
    """A decision has its case already, which is answered; one of a version without cases gets its own now."""
    who = who_of(request, request.user)
    found = await reviews.open(who, request.user, decision_id)
    if found is None:
        raise UnknownObjectError("there is no decision with this identifier")
    return present_case(await reviews.read(who, request.user, found), instant(clock()))


@post(
    "/v1/cases/{case_id:str}/claim",
    guards=[needs(Role.UNDERWRITE)],
    operation_id="claimCase",
    operation_class=operation(*REVIEW_PROBLEMS),
    status_code=200,
    tags=["cases"],
    summary="Begin to work on a case",
)
async def claim_case(
    request: Request[Principal, Any, Any],
    case_id: CaseId,
    reviews: NamedDependency[Cases],
    clock: NamedDependency[Clock],
) -> CaseResponse:
    """Nobody else votes on it until you have voted or released it. The time until your vote is recorded."""
    moved = await reviews.move(who_of(request, request.user), request.user, case_id, Claimed())
    return present_case(moved, instant(clock()))


@post(
    "/v1/cases/{case_id:str}/release",
    guards=[needs(Role.UNDERWRITE)],
    operation_id="releaseCase",
    operation_class=operation(*REVIEW_PROBLEMS),
    status_code=200,
    tags=["cases"],
    summary="Let others work on a case",
)
async def release_case(
    request: Request[Principal, Any, Any],
    case_id: CaseId,
    reviews: NamedDependency[Cases],
    clock: NamedDependency[Clock],
) -> CaseResponse:
    """Your own, or as a superior or an administrator that of somebody else."""
    moved = await reviews.move(who_of(request, request.user), request.user, case_id, Released())
    return present_case(moved, instant(clock()))


@post(
    "/v1/cases/{case_id:str}/assignment",
    guards=[needs(Role.UNDERWRITE)],
    operation_id="assignCase",
    operation_class=operation(*BODY_PROBLEMS, *REVIEW_PROBLEMS, body=AssignmentRequest),
    status_code=200,
    tags=["cases"],
    summary="Put a case on somebody's desk",
)
async def assign_case(
    request: Request[Principal, Any, Any],
    body: RawBody,
    case_id: CaseId,
    reviews: NamedDependency[Cases],
    clock: NamedDependency[Clock],
) -> CaseResponse:
    """A hint for the queue: whoever has the authority may still claim it."""
    asked = body_of(request, body, AssignmentRequest)
    moved = await reviews.assign(who_of(request, request.user), request.user, case_id, name=asked.to)
    return present_case(moved, instant(clock()))


@post(
    "/v1/cases/{case_id:str}/comments",
    guards=[needs(Role.APPLY, Role.UNDERWRITE)],
    operation_id="commentCase",
    operation_class=operation(*BODY_PROBLEMS, *STEP_PROBLEMS, body=CaseTextRequest),
    status_code=200,
    tags=["cases"],
    summary="Write something down in a case",
)
async def comment_case(
    request: Request[Principal, Any, Any],
    body: RawBody,
    case_id: CaseId,
    reviews: NamedDependency[Cases],
    clock: NamedDependency[Clock],
) -> CaseResponse:
    """In any state; a comment changes nothing."""
    return await _write(request, body, case_id, reviews, clock, Commented())


@post(
    "/v1/cases/{case_id:str}/questions",
    guards=[needs(Role.UNDERWRITE)],
    operation_id="askApplicant",
    operation_class=operation(*BODY_PROBLEMS, *REVIEW_PROBLEMS, body=CaseTextRequest),
    status_code=200,
    tags=["cases"],
    summary="Let a case wait for the applicant",
)
async def ask_applicant(
    request: Request[Principal, Any, Any],
    body: RawBody,
    case_id: CaseId,
    reviews: NamedDependency[Cases],
    clock: NamedDependency[Clock],
) -> CaseResponse:
    """Whoever has claimed it writes down what was asked in another way than with a link. Nothing is sent."""
    return await _write(request, body, case_id, reviews, clock, Asked())


@post(
    "/v1/cases/{case_id:str}/answers",
    guards=[needs(Role.APPLY, Role.UNDERWRITE)],
    operation_id="noteAnswer",
    operation_class=operation(*BODY_PROBLEMS, *STEP_PROBLEMS, body=CaseTextRequest),
    status_code=200,
    tags=["cases"],
    summary="Note the applicant's answer",
)
async def note_answer(
    request: Request[Principal, Any, Any],
    body: RawBody,
    case_id: CaseId,
    reviews: NamedDependency[Cases],
    clock: NamedDependency[Clock],
) -> CaseResponse:
    """Or that it is not waited for any longer. The time that should be taken goes on from here."""
    return await _write(request, body, case_id, reviews, clock, Answered())


@post(
    "/v1/cases/{case_id:str}/votes",
    guards=[needs(Role.UNDERWRITE)],
    operation_id="voteOnCase",
    operation_class=operation(
        *BODY_PROBLEMS, *REVIEW_PROBLEMS, known.CASE_MOVED, known.DECISION_EXPIRED, body=VoteRequest
    ),
    status_code=200,
    tags=["cases"],
    summary="Vote on a case",
)
async def vote_on_case(
    request: Request[Principal, Any, Any],
    body: RawBody,
    case_id: CaseId,
    reviews: NamedDependency[Cases],
    clock: NamedDependency[Clock],
) -> CaseResponse:
    """Approve, with other terms where you want them, or decline. Claim the case first.

    A vote is signed and cannot be taken back. Where the file of authority asks for it, a second one must follow.
    """
    asked = body_of(request, body, VoteRequest, check_vote)
    moved = await reviews.move(
        who_of(request, request.user),
        request.user,
        case_id,
        ballot_of(asked),
        text=asked.text,
        seen=asked.step,
    )
    return present_case(moved, instant(clock()))


@post(
    "/v1/cases/{case_id:str}/reopening",
    guards=[needs(Role.UNDERWRITE)],
    operation_id="reopenCase",
    operation_class=operation(*BODY_PROBLEMS, *REVIEW_PROBLEMS, body=CaseTextRequest),
    status_code=200,
    tags=["cases"],
    summary="Look once more at what was decided",
)
async def reopen_case(
    request: Request[Principal, Any, Any],
    body: RawBody,
    case_id: CaseId,
    reviews: NamedDependency[Cases],
    clock: NamedDependency[Clock],
) -> CaseResponse:
    """Because the firm contests it, or something new is known. Earlier votes do not count any more."""
    text = body_of(request, body, CaseTextRequest, lambda parsed: check_text(parsed.text)).text
    moved = await reviews.reopen(who_of(request, request.user), request.user, case_id, text=text)
    return present_case(moved, instant(clock()))


@post(
    "/v1/cases/{case_id:str}/snoozes",
    guards=[needs(Role.UNDERWRITE)],
    operation_id="askForSnooze",
    operation_class=operation(*BODY_PROBLEMS, *REVIEW_PROBLEMS, body=SnoozeRequest),
    status_code=200,
    tags=["cases"],
    summary="Ask that a rule be set aside for the borrower",
)
async def ask_for_snooze(
    request: Request[Principal, Any, Any],
    body: RawBody,
    case_id: CaseId,
    reviews: NamedDependency[Cases],
    clock: NamedDependency[Clock],
) -> CaseResponse:
    """A rule that referred in the newest decision of the case, and behind which there is a reason that lasts.

    Once another person has confirmed it, new decisions on this borrower are not referred by it, until the day.
    """
    asked = body_of(request, body, SnoozeRequest, lambda parsed: check_text(parsed.text))
    moved = await reviews.snooze(
        who_of(request, request.user), request.user, case_id, rule=asked.rule, until=asked.until, text=asked.text
    )
    return present_case(moved, instant(clock()))


@post(
    "/v1/cases/{case_id:str}/snoozes/{step:int}/confirmation",
    guards=[needs(Role.UNDERWRITE)],
    operation_id="confirmSnooze",
    operation_class=operation(*BODY_PROBLEMS, *REVIEW_PROBLEMS, body=CaseTextRequest),
    status_code=200,
    tags=["cases"],
    summary="Confirm what another person has asked for",
)
async def confirm_snooze(
    request: Request[Principal, Any, Any],
    body: RawBody,
    case_id: CaseId,
    step: SnoozeStep,
    reviews: NamedDependency[Cases],
    clock: NamedDependency[Clock],
) -> CaseResponse:
    """Never the same person. Decisions that were made stay as they are."""
    return await _write(request, body, case_id, reviews, clock, SnoozeConfirmed(step=step))


@post(
    "/v1/cases/{case_id:str}/snoozes/{step:int}/end",
    guards=[needs(Role.UNDERWRITE)],
    operation_id="endSnooze",
    operation_class=operation(*BODY_PROBLEMS, *REVIEW_PROBLEMS, body=CaseTextRequest),
    status_code=200,
    tags=["cases"],
    summary="Reject it, or take it back",
)
async def end_snooze(
    request: Request[Principal, Any, Any],
    body: RawBody,
    case_id: CaseId,
    step: SnoozeStep,
    reviews: NamedDependency[Cases],
    clock: NamedDependency[Clock],
) -> CaseResponse:
    """By one person: the rule refers again from the next decision on."""
    return await _write(request, body, case_id, reviews, clock, SnoozeEnded(step=step))


@post(
    "/v1/cases/{case_id:str}/withdrawal",
    guards=[needs(Role.APPLY, Role.UNDERWRITE)],
    operation_id="withdrawCase",
    operation_class=operation(*BODY_PROBLEMS, *STEP_PROBLEMS, body=CaseTextRequest),
    status_code=200,
    tags=["cases"],
    summary="Note that the applicant does not want the loan",
)
async def withdraw_case(
    request: Request[Principal, Any, Any],
    body: RawBody,
    case_id: CaseId,
    reviews: NamedDependency[Cases],
    clock: NamedDependency[Clock],
) -> CaseResponse:
    """For good: a new application begins a new case."""
    return await _write(request, body, case_id, reviews, clock, Withdrawn())


async def _write(
    request: Request[Principal, Any, Any],
    body: bytes,
    case_id: str,
    reviews: Cases,
    clock: Clock,
    facts: Commented | Asked | Answered | SnoozeConfirmed | SnoozeEnded | Withdrawn,
) -> CaseResponse:
    text = body_of(request, body, CaseTextRequest, lambda parsed: check_text(parsed.text)).text
    moved = await reviews.move(who_of(request, request.user), request.user, case_id, facts, text=text)
    return present_case(moved, instant(clock()))


def ballot_of(asked: VoteRequest) -> Ballot:
    """The ballot in a checked request."""
    rate = asked.annual_rate_percent
    return Ballot(
        verdict=Verdict(asked.verdict),
        reason=ReviewReason(asked.reason),
        amount_cents=None if asked.amount is None else int(Decimal(asked.amount.value) * 100),
        term_months=asked.term_months,
        annual_rate_bps=None if rate is None else int(Decimal(rate) * 100),
    )


def summary_of(shown: ShownCase, now: str) -> dict[str, Any]:
    """The fields of a summary."""
    stored, case = shown.stored, shown.stored.case
    return {
        "case_id": stored.id,
        "status": shown.state,
        "step": case.number,
        "borrower_ref": stored.borrower_ref,
        "decision_id": case.subject.decision_id,
        "product": case.subject.product,
        "amount": money(case.subject.amount_cents, _EUR),
        "term_months": case.subject.term_months,
        "recommendation": None if shown.is_hidden else case.subject.recommendation,
        "opened_at": case.opened_at,
        "changed_at": case.changed_at,
        "due_at": case.due_at,
        "is_late": is_late(shown, now),
        "expires_on": columns_of(case)["expires_on"],
        "claimed_by": _principal(case.claimed_by, shown.names),
        "assigned_to": _principal(case.assigned_to, shown.names),
        "is_escalated": case.is_escalated,
        "resolution": None if case.resolution is None else _resolution(case.resolution),
        "contest": None if case.contest is None else _contest(case.contest),
        "why_no_review": None if shown.why_no_vote is None else shown.why_no_vote.value,
        "links": {
            "self": f"/v1/cases/{stored.id}",
            "page": f"/cases/{stored.id}",
            "decision": f"/v1/decisions/{case.subject.decision_id}",
        },
    }


def is_late(shown: ShownCase, now: str) -> bool:
    """Whether a case should have been decided; one that waits for the applicant is not late."""
    return shown.state in OPEN and shown.state is not CaseState.WAITING and now > shown.stored.case.due_at


def present_case(shown: ShownCase, now: str) -> CaseResponse:
    """The response for a case."""
    stored = shown.stored
    steps = tuple(_step(step, stored.texts.get(step.number), shown.names) for step in stored.steps)
    day = day_in_berlin(datetime.fromisoformat(now))
    return CaseResponse(
        **summary_of(shown, now),
        decisions=stored.case.decisions,
        steps=steps,
        documents=tuple(_document(one, stored.id, shown.names) for one in shown.documents),
        applicant_links=tuple(_link(one) for one in shown.applicant_links),
        asked=tuple(
            AskedItem(number=number, kind=one.kind.value, text=one.text, document_numbers=one.document_numbers)
            for number, one in enumerate(shown.asked, start=1)
        ),
        snoozes=tuple(_snooze(one, day, shown.names) for one in stored.case.snoozes),
    )


def _document(document: CaseDocument, case_id: str, names: Mapping[str, str]) -> CaseDocumentResponse:
    step, filed = document.step, document.filed
    return CaseDocumentResponse(
        document_id=document.id,
        name=document.name,
        media_type=filed.media_type,
        size=filed.size,
        added_at=step.at,
        by=_principal(step.by, names),
        by_applicant=filed.link is not None,
        step=step.number,
        links={"self": f"/v1/cases/{case_id}/documents/{document.id}"},
    )


def _link(link: ApplicantLink) -> ApplicantLinkResponse:
    return ApplicantLinkResponse(
        applicant_link_id=link.id,
        kind=link.kind.value,
        status=link.status.value,
        language=link.language,
        decides_again=link.decides_again,
        created_at=link.created_at,
        expires_at=link.expires_at,
        ended_at=link.ended_at,
        connection_id=link.connection_id,
    )


def _contest(contest: Contest) -> ContestResponse:
    return ContestResponse(by_link=contest.link is not None, wants_talk=contest.wants_talk, answer_by=contest.answer_by)


def _step(step: Step, text: str | None, names: Mapping[str, str]) -> CaseStepResponse:
    facts = step.facts
    return CaseStepResponse(
        number=step.number,
        kind=kind_of(facts),
        at=step.at,
        by=_principal(step.by, names),
        text=text,
        decision_id=facts.subject.decision_id if isinstance(facts, Opened | Linked) else None,
        to=_principal(facts.to, names) if isinstance(facts, Assigned) else None,
        by_applicant=is_by_applicant(facts),
        vote=_vote(facts) if isinstance(facts, Voted) else None,
        document_id=facts.document if isinstance(facts, Filed) else None,
        guarantor_id=facts.guarantor_id if isinstance(facts, GuarantorNamed | GuarantorReleased) else None,
        rule=facts.rule if isinstance(facts, SnoozeAsked) else None,
        until=facts.until if isinstance(facts, SnoozeAsked) else None,
        about_step=facts.step if isinstance(facts, SnoozeConfirmed | SnoozeEnded) else None,
    )


def _snooze(snooze: Snooze, day: date, names: Mapping[str, str]) -> SnoozeResponse:
    return SnoozeResponse(
        step=snooze.step,
        rule=snooze.rule,
        until=snooze.until,
        status=snooze.status(day),
        asked_by=_principal(snooze.asked_by, names),
        confirmed_by=_principal(snooze.confirmed_by, names),
        ended_by=_principal(snooze.ended_by, names),
    )


def _vote(vote: Voted) -> VoteResponse:
    return VoteResponse(
        verdict=vote.verdict,
        reason=vote.reason.value,
        amount=None if vote.amount_cents is None else money(vote.amount_cents, _EUR),
        term_months=vote.term_months,
        annual_rate_percent=None if vote.annual_rate_bps is None else percent(vote.annual_rate_bps),
        valid_until=vote.valid_until,
        is_override=vote.is_override,
        exposure=money(vote.exposure_cents, _EUR),
        authority=vote.authority,
        seconds=vote.seconds,
        had_read_recommendation=vote.had_read_recommendation,
        had_opened=vote.had_opened,
        then=vote.then.value,
    )


def _resolution(resolution: Resolution) -> ResolutionResponse:
    return ResolutionResponse(
        verdict=resolution.verdict,
        amount=None if resolution.amount_cents is None else money(resolution.amount_cents, _EUR),
        term_months=resolution.term_months,
        annual_rate_percent=None if resolution.annual_rate_bps is None else percent(resolution.annual_rate_bps),
        valid_until=resolution.valid_until,
        by_person=resolution.by_person,
    )


def _principal(identifier: str | None, names: Mapping[str, str]) -> PrincipalResponse | None:
    return None if identifier is None else PrincipalResponse(principal_id=identifier, name=names.get(identifier))
