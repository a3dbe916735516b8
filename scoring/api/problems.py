"""Maps exceptions to problem documents (RFC 9457) and their HTTP status."""

import math
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, InternalServerException, ValidationException
from litestar.params import QueryParameter
from litestar.types import ExceptionHandlersMap

from scoring.api import errors as api
from scoring.api.applications import in_words
from scoring.api.middleware import methods_of
from scoring.api.schemas.problems import ErrorEntry, Problem, ProblemMeaning
from scoring.base.secrets import DecryptionError
from scoring.decisions.covenants import CovenantRefusedError
from scoring.decisions.decide import ConsumerCreditError, TermsError
from scoring.decisions.loans import ConditionOpenError, LoanError
from scoring.decisions.notices import NotNewestError
from scoring.decisions.promotions import PromotionStateError, TwoPersonsError
from scoring.decisions.records import NewerRecordError
from scoring.decisions.reviews import Refusal, StepRefusedError
from scoring.decisions.warnings import WarningRefusedError
from scoring.sources import errors as source
from scoring.store.borrowers import BorrowerRestrictedError
from scoring.store.cases import CaseChangedError, UnknownCaseError
from scoring.store.decisions import (
    ErasedDecisionError,
    InFlightError,
    KeyReusedError,
    RecordChangedError,
    ReservationLostError,
)
from scoring.store.errors import DatabaseUnavailableError
from scoring.store.notices import NoticeChangedError
from scoring.store.principals import NoPersonError
from scoring.store.promotion_requests import OvertakenError, PromotionChangedError
from scoring.store.quotas import KeyRevokedError, QuotaUsedUpError
from scoring.store.simulations import TooManySimulationsError
from scoring.store.snapshots import SnapshotError, SnapshotGoneError
from scoring.store.subject_requests import RequestStateError
from scoring.store.webhooks import WebhookStateError
from scoring.telemetry.logs import failure
from scoring.telemetry.telemetry import Metrics
from scoring.usecases.admission import HungUpError, OverloadedError
from scoring.usecases.application import ForeignCaseError, ForeignConnectionError, UnknownConnectionError, WhatIfError
from scoring.usecases.asking import UnknownDocumentError
from scoring.usecases.books import StoppingError
from scoring.usecases.cases import CaseMovedError, UnknownPersonError
from scoring.usecases.covenants import (
    FirstTestError,
    ThresholdError,
    UnknownCovenantError,
    UnknownCovenantFeatureError,
    WaiverTooLongError,
)
from scoring.usecases.decide_again import NoConnectionError
from scoring.usecases.guarantors import UnknownGuarantorError
from scoring.usecases.inputs import InputsGoneError
from scoring.usecases.inspection import DocumentRefusedError
from scoring.usecases.loans import NotApprovedError, ReferenceUsedError, UnknownLoanError
from scoring.usecases.monitoring import (
    MonitoringEndedError,
    MonitoringRefusedError,
    UnknownObservationError,
    UnknownSubscriptionError,
)
from scoring.usecases.notices import NoSenderError, UnknownNoticeError
from scoring.usecases.observing import OtherBooksError
from scoring.usecases.pace import TooManyRequestsError
from scoring.usecases.portfolios import PortfolioStateError, UnknownPortfolioError
from scoring.usecases.promotions import NotAllowedError, UnfitError, UnknownPromotionError
from scoring.usecases.reading import RestrictedError
from scoring.usecases.review_reports import PersonsNotShownError
from scoring.usecases.subjects import UnknownRequestError
from scoring.usecases.taking import TooManyDocumentsError
from scoring.usecases.warnings import SnoozeTooLongError, UnknownOwnerError, UnknownTriggerError, UnknownWarningError
from scoring.usecases.webhooks import UnknownWebhookError

MEDIA_TYPE = "application/problem+json"
_log = structlog.get_logger(__name__)


def _meaning(
    name: str, status: int, title: str, meaning: str, remedy: str, *, code: str | None = None
) -> ProblemMeaning:
    """A problem type. Its code equals its name, unless the name mentions sevdesk."""
    return ProblemMeaning(
        type=f"/problems/{name}", code=code or name, title=title, status=status, meaning=meaning, remedy=remedy
    )


MALFORMED_JSON = _meaning(
    "malformed-json", 400, "Malformed JSON", "The body is not JSON.", "Send one JSON object, encoded in UTF-8."
)
INVALID_HTTP = _meaning(
    "invalid-http",
    400,
    "Not valid HTTP",
    "The request is not valid HTTP, or its address and headers exceed 32 KiB together.",
    "Send the documented headers only, and check the client's HTTP library.",
)
TOO_SLOW = _meaning(
    "request-too-slow",
    408,
    "Request too slow",
    "The request did not arrive completely within 20 seconds, or 5 minutes where it carries documents.",
    "Send headers and body at once.",
)
UNAUTHENTICATED = _meaning(
    "unauthenticated",
    401,
    "No valid API key",
    "The request has no API key, or the key is unknown or revoked.",
    "Send `Authorization: Bearer KEY`; ask the operator for a key.",
)
FORBIDDEN = _meaning(
    "forbidden",
    403,
    "Role missing",
    "The key is valid, but none of its roles permits this request.",
    "Use a key with one of the roles named in `detail`.",
)
NOT_FOUND = _meaning(
    "not-found",
    404,
    "Not found",
    "The path does not exist, or your lender has no object with this identifier.",
    "Check the path and the identifier.",
)
METHOD_NOT_ALLOWED = _meaning(
    "method-not-allowed",
    405,
    "Method not allowed",
    "The path exists, but does not support this method.",
    "Use a method listed in the `Allow` header.",
)
IN_PROGRESS = _meaning(
    "decision-in-progress",
    409,
    "Decision in progress",
    "A request with the same idempotency key and body is still being processed.",
    "Repeat the same request after `Retry-After` seconds.",
)
OVERTAKEN = _meaning(
    "decision-overtaken",
    409,
    "Request superseded",
    "This request took so long that a repetition took over its idempotency key. Nothing of this request was stored.",
    "Repeat the same request to receive the decision of the repetition.",
)
BORROWER_RESTRICTED = _meaning(
    "borrower-restricted",
    409,
    "Borrower restricted",
    "The borrower's data may only be kept, or were erased while the request was made; `detail` says which."
    " Nothing of the request was stored.",
    "Do not repeat the request. An administrator can see why in the borrower's requests.",
)
RESTRICTED = _meaning(
    "restricted",
    403,
    "Data restricted",
    "The data of this borrower may only be kept. Auditors and administrators alone can read them.",
    "Ask an auditor or an administrator of your lender.",
)
ERASED = _meaning(
    "erased",
    410,
    "Erased",
    "The decision was erased with what it was made from, as the borrower asked or because its retention ended.",
    "Nothing brings it back. The audit trail says when it was erased.",
)
INPUTS_GONE = _meaning(
    "inputs-gone",
    410,
    "Cannot be worked out again",
    "The books that the decision was made from were deleted when their retention ended or the borrower was erased, or"
    " its model or policy is not here any more. The decision itself can still be read.",
    "Decide anew on today's books. An operator can put back a model or policy that `detail` names.",
)
LOAN_NOT_APPROVED = _meaning(
    "loan-not-approved",
    409,
    "No approval covers the loan",
    "The decision does not approve a loan, not of this amount or term, or not on this day.",
    "Read `detail`. Grant what was approved while it is valid, or decide again.",
)
CONDITION_OPEN = _meaning(
    "condition-open",
    409,
    "A condition before pay-out is open",
    "Money was to be paid out before every condition of the loan was confirmed, or a confirmation was too old.",
    "Confirm what `detail` names with an entry `condition_met`, then enter the pay-out.",
)
LOAN_CONTRADICTION = _meaning(
    "loan-contradiction",
    409,
    "The entry contradicts the loan",
    "Together with the other entries of the loan, this one cannot be true.",
    "Read `detail`. Where another entry is wrong, correct that one first; where one is missing, enter it first.",
)
LOAN_REFERENCE_USED = _meaning(
    "loan-reference-used",
    409,
    "Reference used for something else",
    "The reference of the loan or of the entry stands for something else, or the decision has become another loan.",
    "Use a new reference. To correct an entry, name it in `corrects`.",
)
REQUEST_STATE = _meaning(
    "subject-request-state",
    409,
    "Request cannot be carried out now",
    "The request has ended, or a step is missing before it can be carried out, such as the check of identity.",
    "Read the request; `detail` names the step.",
)
CASE_STATE = _meaning(
    "case-state",
    409,
    "Not possible in this state",
    "The case has ended, waits for the applicant, or does not, so that the step cannot be taken now.",
    "Read the case; `detail` says what has to come first.",
)
NO_CONNECTION = _meaning(
    "connection-missing",
    409,
    "No account to read",
    "The borrower has no connected account that works, so its books cannot be read again.",
    "Give `connection_id`, or ask the applicant for a new connection.",
)
TOO_MANY_DOCUMENTS = _meaning(
    "too-many-documents",
    409,
    "Too many documents",
    "The case has as many documents as it may have. Nothing of the request was stored.",
    "Put several pages into one PDF, in another case, or keep them elsewhere.",
)
DOCUMENT_REFUSED = _meaning(
    "document-refused",
    422,
    "Document refused",
    "The document is empty, damaged, protected, of another type, or could do more than be read; `reason` says which.",
    "`detail` says what to do; most often printing it into a new PDF helps.",
)
PORTFOLIO_STATE = _meaning(
    "portfolio-state",
    409,
    "Portfolio has ended",
    "The portfolio has ended, or its rows are still being stored: it can neither be paused nor resumed.",
    "Read the portfolio. Send what was not decided on as a new one.",
)
MONITORING_REFUSED = _meaning(
    "monitoring-refused",
    409,
    "The borrower cannot be monitored",
    "The consent lacks the purpose `monitoring`, the connection does not work, there is no decision on the borrower, no"
    " loan was entered where none is being prepared, or it is monitored already; `detail` says which. Nothing was"
    " stored.",
    "Ask the firm for the consent, decide first, or enter the loan; or end the monitoring that `detail` names.",
)
MONITORING_ENDED = _meaning(
    "monitoring-ended",
    409,
    "The monitoring has ended",
    "Consent was withdrawn, the connection or the decision is gone, there is no loan, or your lender ended it.",
    "Read `cause`. Enter the loan where one is missing. With the firm's consent, begin to monitor it anew.",
)
COVENANT_STATE = _meaning(
    "covenant-state",
    409,
    "The step is not possible as the covenant, its loan or what is read stands",
    "The covenant or the loan has ended, the loan has the covenant already, or what its feature needs is not read of"
    " the borrower; `detail` says which. Nothing was stored.",
    "Read the covenant or the loan, or choose a feature of what is read.",
)
WARNING_STATE = _meaning(
    "warning-state",
    409,
    "The step is not possible as the warning stands",
    "Its signs are over, or it was answered and is to be snoozed; `detail` says which. Nothing was stored.",
    "Read the warning.",
)
PROMOTION_STATE = _meaning(
    "promotion-state",
    409,
    "The request has ended",
    "The request was approved, rejected, withdrawn or expired, or a newer one took its place.",
    "Read the request; make a new one where that is wanted.",
)
PROMOTION_UNFIT = _meaning(
    "promotion-unfit",
    422,
    "This must not come into force",
    "The policy has errors, changes nothing, has the version of another one, or is milder than a lender's own may be."
    " Or the model is not registered, was changed, fails a gate, or scores already.",
    "Mend what `detail` names; `scoring policy check` says the same of a file.",
)
CASE_CLAIMED = _meaning(
    "case-claimed",
    409,
    "Not the one who works on the case",
    "Somebody else works on the case, or nobody has claimed it.",
    "Claim the case, or wait until it is released.",
)
CASE_MOVED = _meaning(
    "case-moved",
    409,
    "Somebody was quicker",
    "There is a newer step in the case than the one that you have seen. Nothing of the request was stored.",
    "Read the case again, and decide anew.",
)
DECISION_SUPERSEDED = _meaning(
    "decision-superseded",
    409,
    "Decided again since",
    "The case of the decision has a newer one, which `detail` names. The applicant is told of that one.",
    "Ask for the notice on the newer decision. Notices that were issued on this one can still be read.",
)
SENDER_MISSING = _meaning(
    "sender-missing",
    409,
    "Nobody to reach is named",
    "A notice names a person or desk whom the applicant can reach; the operator has named none for your lender.",
    "Ask the operator to add your lender to the file that `SCORING_LENDERS_FILE` names.",
)
DECISION_EXPIRED = _meaning(
    "decision-expired",
    409,
    "Decision expired",
    "The machine's decision is not valid any more, so it cannot be approved.",
    "Request a new decision with the case's identifier, then approve; or decline.",
)
FOUR_EYES = _meaning(
    "four-eyes",
    403,
    "Another person has to do this",
    "Only a person reviews a case, answers or snoozes an early warning, and waives or ends a covenant. A case is never"
    " reviewed by who asked for the decision, and a second vote comes from another person in the back"
    " office, outside of the first one's reporting line. What one person requests, another person approves.",
    "Let somebody else do it; `reason` and `detail` say who may not, and why.",
)
AUTHORITY_MISSING = _meaning(
    "authority-missing",
    403,
    "Authority missing",
    "You have no authority over the product, or the amount is above your limit.",
    "Release the case for somebody who has it, or approve a smaller amount.",
)
PERSONS_NOT_SHOWN = _meaning(
    "persons-not-shown",
    403,
    "Figures of single persons are off",
    "They are shown only under a works agreement of your lender, to persons with a role that it names.",
    "Use the report without persons, or let your operator put the agreement in force: `docs/reports.md`.",
)
TOO_LARGE = _meaning(
    "request-too-large",
    413,
    "Request too large",
    "The body is larger than 64 KiB; at a document's address, 10 MiB; at an applicant's page, 26 MiB.",
    "Send only the documented fields, or a smaller document.",
)
UNSUPPORTED_MEDIA_TYPE = _meaning(
    "unsupported-media-type",
    415,
    "Unsupported media type",
    "The body is not declared as JSON.",
    "Send `Content-Type: application/json`.",
)
INVALID_REQUEST = _meaning(
    "invalid-request",
    422,
    "Invalid request",
    "The request is well-formed, but at least one field is missing, unknown or invalid.",
    "Correct the fields listed in `errors`; it lists every fault that was found.",
)
CONSUMER_CREDIT = _meaning(
    "consumer-credit",
    422,
    "Consumer credit is not given",
    "The loan starts the business of a natural person, and up to the amount of the policy that is consumer credit"
    " (§ 513 BGB), which the lender does not give. Nothing was read from the books, nothing was stored, and nothing is"
    " said about the applicant.",
    "Tell the applicant so. Where the business exists already, send `starts_business` as false.",
)
KEY_REUSED = _meaning(
    "idempotency-key-reused",
    422,
    "Idempotency key reused",
    "The idempotency key was used before with a different body.",
    "Use a new key for a new application. To repeat a request, send the same body.",
)
OTHER_BOOKS = _meaning(
    "other-books",
    409,
    "Other books",
    "The cause of a monitoring that is paused: most documents of the decision's last year are not in the books that the"
    " connection leads to. They are another account's, or were deleted.",
    "Ask the firm. Where it has moved to another account, decide anew on that one, and monitor against that decision.",
)
TOKEN_REJECTED = _meaning(
    "token-rejected",
    424,
    "sevdesk rejected the token",
    "The sevdesk token is unknown, was regenerated, or its user is blocked.",
    "Ask the borrower for a new token and connect the account again. Repeating with this token does not help.",
    code="credential-rejected",
)
PLAN_LACKS_API = _meaning(
    "plan-lacks-api",
    424,
    "The sevdesk account has no API access",
    "sevdesk knows the token, but the account's plan or the user's rights do not include the API.",
    "Ask the firm to check its sevdesk plan and the rights of the user whose token it is.",
    code="access-denied",
)
REFUSED_BY_SEVDESK = _meaning(
    "sevdesk-refused-request",
    502,
    "sevdesk refused the request",
    "sevdesk did not accept a request of this service.",
    "Report it to the operator with the value of `instance`.",
    code="source-refused-request",
)
UNEXPECTED_ANSWER = _meaning(
    "sevdesk-unexpected-answer",
    502,
    "Unexpected response from sevdesk",
    "sevdesk sent a response that its API documentation does not describe, such as HTML.",
    "Report it to the operator with the value of `instance`, or correct in sevdesk what `detail` names.",
    code="source-unexpected-answer",
)
TOO_MANY_REQUESTS = _meaning(
    "too-many-requests",
    429,
    "Too many requests",
    "The lender sends more requests than its rate allows. Nothing of the request was stored.",
    "Repeat the same request after `Retry-After` seconds, and keep to the limits named in `RateLimit-Policy`.",
)
QUOTA_USED_UP = _meaning(
    "quota-used-up",
    429,
    "Quota used up",
    "The key has asked for as many decisions as its quota allows. Nothing of the request was stored.",
    "Repeat the same request after `Retry-After` seconds, when the next window begins; or ask the operator for more.",
)
SIMULATIONS_USED_UP = _meaning(
    "simulations-used-up",
    429,
    "Too many simulations",
    "There were as many simulations of this borrower's decisions within an hour as there may be. Nothing was worked"
    " out.",
    "Repeat the same request after `Retry-After` seconds.",
)
RATE_LIMITED = _meaning(
    "sevdesk-rate-limited",
    503,
    "sevdesk rate limit reached",
    "sevdesk refuses further requests for now, even after the service waited.",
    "Repeat after `Retry-After` seconds.",
    code="source-rate-limited",
)
UNAVAILABLE = _meaning(
    "sevdesk-unavailable",
    503,
    "sevdesk is not available",
    "sevdesk cannot be reached, or returns server errors, even after several attempts.",
    "Repeat after `Retry-After` seconds.",
    code="source-unavailable",
)
INCONSISTENT = _meaning(
    "sevdesk-inconsistent",
    503,
    "The books changed while they were read",
    "A list from sevdesk did not match its own count, even after it was read again.",
    "Repeat after `Retry-After` seconds.",
    code="source-inconsistent",
)
DATABASE_UNAVAILABLE = _meaning(
    "database-unavailable",
    503,
    "The service's database is not available",
    "The service cannot reach its database, or cannot write to it. A decision is stored completely or not at all.",
    "Repeat the same request, with the same idempotency key, after `Retry-After` seconds.",
)
OVERLOADED = _meaning(
    "overloaded",
    503,
    "The service is overloaded",
    "So many decisions are being made that this one cannot begin in time. Nothing of the request was stored.",
    "Repeat the same request, with the same idempotency key, after `Retry-After` seconds; send fewer at once.",
)
STOPPING = _meaning(
    "service-stopping",
    503,
    "The service is being stopped",
    "The service was told to stop before this request was done. Nothing of it was stored; its idempotency key is free.",
    "Repeat the same request, with the same idempotency key, after `Retry-After` seconds.",
)
DEADLINE_EXCEEDED = _meaning(
    "sevdesk-deadline-exceeded",
    504,
    "sevdesk took too long",
    "The books could not be read within the service's deadline.",
    "Try again later.",
    code="source-deadline-exceeded",
)
WEBHOOK_STATE = _meaning(
    "webhook-state",
    409,
    "Not possible as the webhooks stand",
    "The webhook is disabled, too many secrets sign for it, or your lender has as many webhooks as it may.",
    "Read `detail`: it says what has to be done first.",
)
STORED_DATA_DAMAGED = _meaning(
    "stored-data-damaged",
    500,
    "Stored data cannot be used",
    "Stored data does not match its digest or its record, or cannot be decrypted with the configured keys.",
    "Report it to the operator with the value of `instance`.",
)
NEWER_RECORD = _meaning(
    "newer-record",
    503,
    "Recorded by a newer version",
    "A newer version of this service recorded the decision; this version cannot read it.",
    "Send the request to the newer version, or repeat it after the upgrade.",
)
INTERNAL_ERROR = _meaning(
    "internal-error",
    500,
    "Internal error",
    "The service failed; nothing of the request was stored.",
    "Repeat the request. If it fails again, report it to the operator with the value of `instance`.",
)

_REFUSALS: dict[Refusal, ProblemMeaning] = {
    Refusal.ENDED: CASE_STATE,
    Refusal.NOT_ENDED: CASE_STATE,
    Refusal.WITHDRAWN: CASE_STATE,
    Refusal.WAITING: CASE_STATE,
    Refusal.NOT_WAITING: CASE_STATE,
    Refusal.FULL: CASE_STATE,
    Refusal.LOAN_GRANTED: CASE_STATE,
    Refusal.NO_PERSON: FOUR_EYES,
    Refusal.REQUESTER: FOUR_EYES,
    Refusal.VOTED_BEFORE: FOUR_EYES,
    Refusal.NOT_CLAIMED: CASE_CLAIMED,
    Refusal.CLAIMED_BY_ANOTHER: CASE_CLAIMED,
    Refusal.NOT_THE_HOLDER: CASE_CLAIMED,
    Refusal.NO_AUTHORITY: AUTHORITY_MISSING,
    Refusal.ABOVE_LIMIT: AUTHORITY_MISSING,
    Refusal.FRONT_OFFICE_FIRST: FOUR_EYES,
    Refusal.BACK_OFFICE_SECOND: FOUR_EYES,
    Refusal.SAME_LINE: FOUR_EYES,
    Refusal.NOT_HIGHER: FOUR_EYES,
    Refusal.DECISION_EXPIRED: DECISION_EXPIRED,
    Refusal.ASKED_BEFORE: FOUR_EYES,
    Refusal.NO_SNOOZE: CASE_STATE,
    Refusal.RULE_MISFIT: INVALID_REQUEST,
    Refusal.UNTIL_MISFIT: INVALID_REQUEST,
    Refusal.REASON_MISFIT: INVALID_REQUEST,
    Refusal.TERMS_MISFIT: INVALID_REQUEST,
}
"""What a caller is told when a step of a case is refused."""

PROBLEMS: dict[type[Exception], ProblemMeaning] = {
    api.MalformedJsonError: MALFORMED_JSON,
    api.UnauthenticatedError: UNAUTHENTICATED,
    KeyRevokedError: UNAUTHENTICATED,
    api.ForbiddenError: FORBIDDEN,
    api.UnknownObjectError: NOT_FOUND,
    api.UnsupportedMediaTypeError: UNSUPPORTED_MEDIA_TYPE,
    api.InvalidFieldsError: INVALID_REQUEST,
    TermsError: INVALID_REQUEST,
    ConsumerCreditError: CONSUMER_CREDIT,
    ForeignConnectionError: INVALID_REQUEST,
    UnknownConnectionError: NOT_FOUND,
    WhatIfError: INVALID_REQUEST,
    UnknownRequestError: NOT_FOUND,
    UnknownLoanError: NOT_FOUND,
    UnknownGuarantorError: NOT_FOUND,
    PersonsNotShownError: PERSONS_NOT_SHOWN,
    NotApprovedError: LOAN_NOT_APPROVED,
    ConditionOpenError: CONDITION_OPEN,
    LoanError: LOAN_CONTRADICTION,
    ReferenceUsedError: LOAN_REFERENCE_USED,
    InFlightError: IN_PROGRESS,
    ReservationLostError: OVERTAKEN,
    KeyReusedError: KEY_REUSED,
    BorrowerRestrictedError: BORROWER_RESTRICTED,
    RestrictedError: RESTRICTED,
    ErasedDecisionError: ERASED,
    RequestStateError: REQUEST_STATE,
    NoConnectionError: NO_CONNECTION,
    TooManyDocumentsError: TOO_MANY_DOCUMENTS,
    DocumentRefusedError: DOCUMENT_REFUSED,
    UnknownDocumentError: NOT_FOUND,
    StepRefusedError: CASE_STATE,
    CaseMovedError: CASE_MOVED,
    NoPersonError: FOUR_EYES,
    TwoPersonsError: FOUR_EYES,
    PromotionStateError: PROMOTION_STATE,
    OvertakenError: PROMOTION_STATE,
    UnfitError: PROMOTION_UNFIT,
    NotAllowedError: FORBIDDEN,
    UnknownPromotionError: NOT_FOUND,
    PromotionChangedError: STORED_DATA_DAMAGED,
    UnknownCaseError: NOT_FOUND,
    ForeignCaseError: INVALID_REQUEST,
    UnknownPersonError: INVALID_REQUEST,
    CaseChangedError: STORED_DATA_DAMAGED,
    NoticeChangedError: STORED_DATA_DAMAGED,
    NotNewestError: DECISION_SUPERSEDED,
    NoSenderError: SENDER_MISSING,
    UnknownNoticeError: NOT_FOUND,
    UnknownWebhookError: NOT_FOUND,
    WebhookStateError: WEBHOOK_STATE,
    OtherBooksError: OTHER_BOOKS,
    source.CredentialRejectedError: TOKEN_REJECTED,
    source.AccessDeniedError: PLAN_LACKS_API,
    source.RateLimitedError: RATE_LIMITED,
    source.SourceUnavailableError: UNAVAILABLE,
    source.DeadlineExceededError: DEADLINE_EXCEEDED,
    StoppingError: STOPPING,
    OverloadedError: OVERLOADED,
    TooManyRequestsError: TOO_MANY_REQUESTS,
    QuotaUsedUpError: QUOTA_USED_UP,
    UnknownPortfolioError: NOT_FOUND,
    UnknownSubscriptionError: NOT_FOUND,
    UnknownObservationError: NOT_FOUND,
    MonitoringRefusedError: MONITORING_REFUSED,
    MonitoringEndedError: MONITORING_ENDED,
    UnknownCovenantError: NOT_FOUND,
    UnknownCovenantFeatureError: INVALID_REQUEST,
    ThresholdError: INVALID_REQUEST,
    FirstTestError: INVALID_REQUEST,
    WaiverTooLongError: INVALID_REQUEST,
    CovenantRefusedError: COVENANT_STATE,
    UnknownWarningError: NOT_FOUND,
    WarningRefusedError: WARNING_STATE,
    SnoozeTooLongError: INVALID_REQUEST,
    UnknownTriggerError: NOT_FOUND,
    UnknownOwnerError: NOT_FOUND,
    PortfolioStateError: PORTFOLIO_STATE,
    TooManySimulationsError: SIMULATIONS_USED_UP,
    SnapshotGoneError: INPUTS_GONE,
    InputsGoneError: INPUTS_GONE,
    source.InconsistentAnswerError: INCONSISTENT,
    source.UnexpectedAnswerError: UNEXPECTED_ANSWER,
    source.InvalidRequestError: REFUSED_BY_SEVDESK,
    source.NotFoundError: REFUSED_BY_SEVDESK,
    DatabaseUnavailableError: DATABASE_UNAVAILABLE,
    DecryptionError: STORED_DATA_DAMAGED,
    SnapshotError: STORED_DATA_DAMAGED,
    RecordChangedError: STORED_DATA_DAMAGED,
    NewerRecordError: NEWER_RECORD,
}
"""Every failure that a caller can receive; a test checks that no subclass is left out."""

MEANINGS: dict[str, ProblemMeaning] = {
    meaning.type.rpartition("/")[2]: meaning
    for meaning in sorted(
        {
            *PROBLEMS.values(),
            *_REFUSALS.values(),
            METHOD_NOT_ALLOWED,
            TOO_LARGE,
            INTERNAL_ERROR,
            INVALID_HTTP,
            TOO_SLOW,
        },
        key=lambda meaning: (meaning.status, meaning.type),
    )
}
"""By the last part of the type."""

_BY_STATUS = {
    400: MALFORMED_JSON,
    404: NOT_FOUND,
    405: METHOD_NOT_ALLOWED,
    413: TOO_LARGE,
    415: UNSUPPORTED_MEDIA_TYPE,
}
_HUNG_UP = "client disconnected prematurely"
"""Litestar's message for a body that ends early."""
_DEFAULT_RETRY_SECONDS = {503: 30, 409: 1}
_LONGEST_RETRY_SECONDS = 3600
_FINAL = (
    BORROWER_RESTRICTED,
    CASE_CLAIMED,
    CASE_MOVED,
    CASE_STATE,
    CONDITION_OPEN,
    COVENANT_STATE,
    DECISION_EXPIRED,
    DECISION_SUPERSEDED,
    LOAN_CONTRADICTION,
    LOAN_NOT_APPROVED,
    LOAN_REFERENCE_USED,
    MONITORING_ENDED,
    MONITORING_REFUSED,
    NO_CONNECTION,
    PORTFOLIO_STATE,
    PROMOTION_STATE,
    REQUEST_STATE,
    SENDER_MISSING,
    TOO_MANY_DOCUMENTS,
    WARNING_STATE,
    WEBHOOK_STATE,
)
"""Problems that do not pass by waiting."""


def respond(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The problem document of an exception."""
    meaning, detail, entries = _classify(request, error)
    headers = _headers(meaning, error)
    if meaning is METHOD_NOT_ALLOWED:
        headers["Allow"] = methods_of(request.app, request.url.path)
    if not _has_left(error):  # nobody reads this answer
        structlog.contextvars.bind_contextvars(problem=meaning.type)
        metrics: Metrics = request.app.state.metrics
        metrics.problems.labels(meaning.type.rpartition("/")[2]).inc()
    if meaning.status >= 500:
        # the messages of errors may hold personal data: only their classes and places are logged
        reason = {"reason": error.reason} if isinstance(error, DatabaseUnavailableError) else {}
        _log.error("request failed", failure=failure(error), **_asked(error), **reason)
    problem = Problem(
        type=meaning.type,
        code=meaning.code,
        title=meaning.title,
        status=meaning.status,
        detail=detail,
        instance=request.scope.get("request_id"),  # type: ignore[arg-type]  # set by RequestLog
        errors=entries,
        reason=_reason(error),
    )
    return Response(msgspec.json.encode(problem), status_code=meaning.status, headers=headers, media_type=MEDIA_TYPE)


def problem_of(error: Exception, *, request_id: str | None) -> Problem:
    """The problem document of an exception without a request that waits for it; what is logged names no person."""
    meaning, detail, entries = _classify_own(error)
    if meaning.status >= 500:
        _log.error("job failed", failure=failure(error), **_asked(error))
    return Problem(
        type=meaning.type,
        code=meaning.code,
        title=meaning.title,
        status=meaning.status,
        detail=detail,
        instance=request_id,
        errors=entries,
        reason=_reason(error),
    )


def _reason(error: Exception) -> str | None:
    if isinstance(error, StepRefusedError):
        return error.refusal.value
    if isinstance(error, NoPersonError):
        return Refusal.NO_PERSON.value
    if isinstance(error, TwoPersonsError):
        return error.code
    return error.reason if isinstance(error, DocumentRefusedError) else None


HANDLERS: ExceptionHandlersMap = {Exception: respond, HTTPException: respond}


def _has_left(error: Exception) -> bool:
    """Whether the caller hung up, before its request was whole or while it waited."""
    return isinstance(error, HungUpError) or (isinstance(error, InternalServerException) and error.detail == _HUNG_UP)


def _classify(request: Request[Any, Any, Any], error: Exception) -> tuple[ProblemMeaning, str, list[ErrorEntry] | None]:
    if isinstance(error, ValidationException):
        entries = _parameter_errors(request, error)
        return INVALID_REQUEST, "; ".join(f"{entry.field}: {entry.message}" for entry in entries), entries
    if _has_left(error):
        return MALFORMED_JSON, "the body is incomplete", None  # this is not an error of the service
    if isinstance(error, HTTPException):
        meaning = _BY_STATUS.get(error.status_code)
        if meaning is None:
            return (INVALID_REQUEST if error.status_code < 500 else INTERNAL_ERROR), "", None
        if meaning is TOO_LARGE:
            return meaning, too_large(request.route_handler.resolve_request_max_body_size() or 0), None
        return meaning, meaning.meaning, None
    return _classify_own(error)


def too_large(most: int) -> str:
    """What is said of a body that has more bytes than its address takes."""
    size = f"{most >> 20} MiB" if most >> 20 else f"{most >> 10} KiB"
    return f"The body is larger than {size}."


def _classify_own(error: Exception) -> tuple[ProblemMeaning, str, list[ErrorEntry] | None]:
    """An error of this project."""
    if isinstance(error, StepRefusedError):
        return _REFUSALS[error.refusal], str(error), _field_errors(error)
    for kind in type(error).__mro__:
        if kind in PROBLEMS:
            return PROBLEMS[kind], _detail(error), _field_errors(error)
    return INTERNAL_ERROR, INTERNAL_ERROR.meaning, None


def _detail(error: Exception) -> str:
    if type(error) is source.CredentialRejectedError:
        return TOKEN_REJECTED.remedy  # the title says the rest
    if (field := _FIELDS.get(type(error))) is not None:
        return f"{field}: {error}"
    return error.what if isinstance(error, source.SourceError) else str(error)


_FIELDS: dict[type[Exception], str] = {
    ForeignConnectionError: "connection_id",
    ForeignCaseError: "case_id",
    UnknownPersonError: "to",
    SnoozeTooLongError: "until",
    UnknownTriggerError: "trigger",
    UnknownOwnerError: "owner",
    FirstTestError: "first_on",
    WaiverTooLongError: "until",
    UnknownCovenantFeatureError: "feature",
    ThresholdError: "threshold",
}
"""The field that an error is about."""


_MISFITS: dict[Refusal, str] = {
    Refusal.REASON_MISFIT: "reason",
    Refusal.TERMS_MISFIT: "amount",
    Refusal.RULE_MISFIT: "rule",
    Refusal.UNTIL_MISFIT: "until",
}
"""The same for a step of a case."""


def _field_errors(error: Exception) -> list[ErrorEntry] | None:
    if isinstance(error, api.InvalidFieldsError):
        return [ErrorEntry(field=entry.field, message=entry.message) for entry in error.errors]
    field = error.field if isinstance(error, TermsError | WhatIfError) else _FIELDS.get(type(error))
    if isinstance(error, StepRefusedError) and _REFUSALS[error.refusal] is INVALID_REQUEST:
        field = _MISFITS[error.refusal]
    message = error.message if isinstance(error, WhatIfError) else str(error)
    return None if field is None else [ErrorEntry(field=field, message=message)]


def _parameter_errors(request: Request[Any, Any, Any], error: ValidationException) -> list[ErrorEntry]:
    parameters = request.route_handler.parsed_fn_signature.parameters
    entries = []
    for found in error.extra if isinstance(error.extra, list) else []:
        name = str(found.get("key", "request"))
        wanted: Any = str
        if name in parameters:
            wanted, said = parameters[name].annotation, parameters[name].kwarg_definition
            name = (said.name if isinstance(said, QueryParameter) else None) or name
        entries.append(ErrorEntry(field=name, message=in_words(str(found.get("message", "")), wanted)))
    return entries or [ErrorEntry(field="request", message="the query parameters are invalid")]


def _headers(meaning: ProblemMeaning, error: Exception) -> dict[str, str]:
    headers: dict[str, str] = {}
    if meaning.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooManyRequestsError | QuotaUsedUpError | TooManySimulationsError):
        headers["Retry-After"] = str(max(math.ceil(error.retry_after), 1))
    if meaning.status in {409, 503} and meaning not in _FINAL:
        wanted = getattr(error, "retry_after", None) or getattr(error, "retry_after_seconds", None)
        seconds = math.ceil(wanted) if wanted else _DEFAULT_RETRY_SECONDS[meaning.status]
        headers["Retry-After"] = str(min(max(seconds, 1), _LONGEST_RETRY_SECONDS))
    return headers


def _asked(error: Exception) -> dict[str, str | int | None]:
    """The request to the source, for the log, without anything that the source wrote."""
    if not isinstance(error, source.SourceError):
        return {}
    return {"sevdesk_path": error.path, "sevdesk_status": error.status_code, "attempt": error.attempt}


def render_problems_document() -> str:
    """``docs/problems.md``: every type of problem with its meaning."""
    lines = [
        "# Problems",
        "",
        "Every error is an `application/problem+json` document (RFC 9457). `type` is stable; `GET` it for its meaning.",
        "`code` is stable, too, and does not name a bookkeeping system.",
        "Generated by `python -m scoring docs`.",
        "",
    ]
    for meaning in MEANINGS.values():
        lines += [
            f"## `{meaning.type}`",
            "",
            f"Code: `{meaning.code}`",
            "",
            f"**{meaning.status} {meaning.title}.** {meaning.meaning} {meaning.remedy}",
            "",
        ]
    return "\n".join(lines)
