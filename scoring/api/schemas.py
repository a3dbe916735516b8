"""Request and response types of API version 1. `docs/openapi.json` pins them."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from features.feature import Missing, Text
from features.ledger import CATEGORY
from features.matching import Level
from features.quality import Part
from forecast.facilities import Course, FacilityCause, FacilityKind, FacilityState
from forecast.instalments import Rhythm
from models.points import Contribution
from scoring.decisions.cases import CaseState
from scoring.decisions.decision import DocumentKind, LegalForm, PayoutCheck, Verdict
from scoring.decisions.review_report import PersonsReport, ReviewReport
from scoring.sources.registry import NAMES

_PRINTABLE, _NO_BLANK = r"[^\x00-\x1f\x7f-\xa0\xad]", r"[^\x00-\x20\x7f-\xa0\xad]"
PRINTABLE = f"^{_PRINTABLE}*$"
"""Approximates ``str.isprintable`` as a pattern; exact for Latin-1."""
APPLIED_FOR = r"^(0*([1-9][0-9]{0,7}(\.[0-9]{1,2})?|100000000(\.0{1,2})?)|0+\.(0[1-9]|[1-9][0-9]?))$"
"""An amount above 0 and not above ``applications.HIGHEST_AMOUNT``."""
TAX_NUMBER = r"^[ /.-]*([0-9][ /.-]*){9,13}$"
"""Nine digits in Austria, ten to thirteen in Germany, with what is written between them."""
VAT_ID = r"^[A-Za-z]{2,3}[ .-]*([0-9A-Za-z][ .-]*){2,20}$"
RATE = r"^[0-9]{1,2}(\.[0-9]{1,2})?$"
"""Percent per year, with at most two decimal places."""

BorrowerRef = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=120,
        extra_json_schema={"pattern": f"^{_NO_BLANK}({_PRINTABLE}*{_NO_BLANK})?$"},
        description="The lender's reference for the borrower: printable, no spaces at the ends, no personal name.",
        examples=["firm-4711"],
    ),
]
IdentityCheckName = Literal["in_person", "identity_document", "known_contact", "qualified_signature", "signed_in"]
PurposeName = Literal["decision", "contacts", "write_back"]
Purposes = Annotated[
    list[PurposeName],
    Meta(
        min_length=1,
        max_length=3,
        extra_json_schema={"uniqueItems": True, "contains": {"const": "decision"}},
    ),
]
TokenText = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=256,
        description="Short form of a credential for sevdesk: an API token, 32 hexadecimal digits. Never stored with an"
        " application, never returned.",
        extra_json_schema={"format": "password", "pattern": "^[0-9a-fA-F]{32}$"},
    ),
]


class CredentialRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Access to an account in a bookkeeping system."""

    source: Annotated[
        str,
        Meta(
            max_length=32,
            description="The bookkeeping system.",
            examples=list(NAMES),
            extra_json_schema={"enum": list(NAMES)},
        ),
    ]
    secret: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=4096,
            description="As the bookkeeping system issues it; for sevdesk an API token, 32 hexadecimal digits. Never"
            " stored with an application, never returned.",
            extra_json_schema={"format": "password"},
        ),
    ]


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """An amount of money."""

    value: Annotated[
        str,
        Meta(
            description="Decimal number with two decimal places, as text.",
            examples=["25000.00"],
            extra_json_schema={"pattern": r"^-?[0-9]+\.[0-9]{2}$"},
        ),
    ]
    currency: Annotated[str, Meta(description="ISO 4217; EUR.")]


class AmountRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The requested amount."""

    value: Annotated[
        str,
        Meta(
            max_length=32,
            description="Decimal number with at most two decimal places, as text: 0.01 to 100000000.00.",
            examples=["25000.00"],
            extra_json_schema={"pattern": r"^-?[0-9]+(\.[0-9]{1,2})?$"},
        ),
    ]
    currency: Annotated[str, Meta(max_length=16, description="EUR.", extra_json_schema={"enum": ["EUR"]})]


class ApplicantRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who applies, to be compared with the holder of the account. A mismatch refers."""

    name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=120,
            extra_json_schema={"pattern": f"^{_NO_BLANK}({_PRINTABLE}*{_NO_BLANK})?$"},
            description="Firm, or first and last name, as the loan contract will have it.",
            examples=["Brandt Bau GmbH"],
        ),
    ]
    tax_number: (
        Annotated[
            str,
            Meta(
                max_length=32,
                description="Of the business, as the tax office writes it or in the unified form of 13 digits.",
                extra_json_schema={"pattern": TAX_NUMBER},
                examples=["133/8150/8159"],
            ),
        ]
        | None
    ) = None
    vat_id: (
        Annotated[
            str,
            Meta(
                max_length=32,
                description="For value added tax, with the letters of its country.",
                extra_json_schema={"pattern": VAT_ID},
                examples=["DE136695976"],
            ),
        ]
        | None
    ) = None


class ApplicationRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An application for a loan. Exactly one of ``connection_id``, ``credential`` and ``sevdesk_token`` is given."""

    borrower_ref: BorrowerRef
    legal_form: Annotated[LegalForm, Meta(description="`unknown` is treated as a natural person.")]
    product: Annotated[str, Meta(min_length=1, max_length=64, examples=["working_capital"])]
    amount: AmountRequest
    term_months: Annotated[int, Meta(ge=1, le=360, examples=[12])]
    purpose: (
        Annotated[
            str,
            Meta(max_length=200, description="Must not name persons.", extra_json_schema={"pattern": PRINTABLE}),
        ]
        | None
    ) = None
    payout_iban: Annotated[str, Meta(max_length=64, examples=["DE89370400440532013000"])] | None = None
    applicant: ApplicantRequest | None = None
    starts_business: (
        Annotated[
            bool,
            Meta(
                description="Whether the loan starts a trade or profession. Of natural persons it may then be consumer"
                " credit, see docs/deciding.md. Null where nobody asked."
            ),
        ]
        | None
    ) = None
    language: Literal["de", "en"] = "de"
    as_of: date | None = None
    connection_id: Annotated[str, Meta(max_length=64)] | None = None
    credential: CredentialRequest | None = None
    sevdesk_token: TokenText | None = None
    case_id: (
        Annotated[
            str,
            Meta(
                max_length=64,
                description="The case of which this is a new application of the same borrower; omit it for a new case.",
            ),
        ]
        | None
    ) = None


class ConnectionRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account to connect. Exactly one of ``credential`` and ``sevdesk_token`` is given."""

    borrower_ref: BorrowerRef
    credential: CredentialRequest | None = None
    sevdesk_token: TokenText | None = None
    purposes: Annotated[
        Purposes,
        Meta(
            description="Purposes that the firm consented to; the lender keeps the proof. `decision` is required."
            " `contacts` also permits listing its customers and suppliers. `write_back` also permits entering documents"
            " of granted loans in its books."
        ),
    ] = msgspec.field(default_factory=lambda: ["decision"])


class ConnectionResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A connected account; its credential is never shown."""

    connection_id: str
    source: str
    """The bookkeeping system, such as ``sevdesk``."""
    borrower_ref: str | None
    status: Literal["working", "rejected"]
    """Result of the last check."""
    created_at: str
    checked_at: str
    purposes: tuple[str, ...]
    """Purposes that the firm consented to and has not withdrawn."""
    holder: str | None
    """Name of the account, as the bookkeeping system told it and the firm confirmed it on the page of its link. Null
    where nobody was asked, where the system told none, and for who only analyses."""


class ConnectionList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of connections, newest first."""

    items: list[ConnectionResponse]
    next_cursor: str | None
    """Give it as ``cursor`` for the next page; null on the last."""


class LineCorrectionRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one bank line is about."""

    line_id: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=64,
            description="Identifier of the bank transaction in the bookkeeping system, as a decision shows it.",
            extra_json_schema={"pattern": "^[0-9A-Za-z._:-]*$"},
            examples=["4711"],
        ),
    ]
    category: Annotated[
        str,
        Meta(
            max_length=32,
            description="As docs/bank-lines.md explains them.",
            extra_json_schema={"enum": list(CATEGORY.categories)},
        ),
    ]


class LineCorrectionResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A stored correction. Later decisions on the same borrower use the newest of each line."""

    line_id: str
    category: str
    corrected_by: str
    """Identifier of the principal whose key was used."""
    created_at: str


class LineCorrectionList(msgspec.Struct, frozen=True, kw_only=True):
    """The corrections that count for a borrower."""

    items: list[LineCorrectionResponse]


class LenderIdentity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the consent page names the lender: the firm must know who gets access, and whom to ask."""

    name: Annotated[
        str,
        Meta(min_length=1, max_length=120, description="The name that the firm knows.", examples=["Muster Bank AG"]),
    ]
    privacy_url: Annotated[
        str,
        Meta(
            max_length=2048,
            description="Address of the privacy notice, https.",
            examples=["https://bank.example/datenschutz"],
        ),
    ]
    privacy_email: Annotated[
        str,
        Meta(
            max_length=254,
            description="Contact for questions about data and for withdrawing consent.",
            examples=["datenschutz@bank.example"],
        ),
    ]


class ConnectSessionRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A one-time link with which a firm connects its sevdesk account itself."""

    borrower_ref: BorrowerRef
    return_url: Annotated[
        str,
        Meta(
            max_length=2048,
            description="The lender's page that the firm returns to: https (http for localhost), without user,"
            " password or fragment. `result` and `connect_session_id` are added to its query.",
            examples=["https://bank.example/application/4711"],
        ),
    ]
    lender: LenderIdentity
    language: Literal["de", "en"] = "de"
    """Initial language of the page; the reader can change it."""
    purposes: Annotated[
        Purposes,
        Meta(
            description="Purposes that the firm is asked to consent to. `decision` is required. `contacts` also asks to"
            " list its customers and suppliers, `write_back` to enter documents of granted loans in its books. Each has"
            " its own optional checkbox; the firm can connect without them."
        ),
    ] = msgspec.field(default_factory=lambda: ["decision"])
    expires_in_minutes: Annotated[int, Meta(ge=1, le=10080, description="At most seven days.")] = 60


class ConnectSessionLink(msgspec.Struct, frozen=True, kw_only=True):
    """A new link. Its address contains a secret that is shown only once."""

    connect_session_id: str
    url: str
    """To be opened in the firm's browser. Anyone who has it can use it once."""
    expires_at: str


class WithdrawalResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A purpose that is withdrawn."""

    purpose: str
    withdrawn_at: str | None
    """Null where a version before 0.6 recorded the withdrawal, without its moment."""


class ConsentResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The consent that the firm gave."""

    given_at: str
    language: str
    purposes: tuple[str, ...]
    """What the firm agreed to then. What is in ``withdrawn`` is not in force any more."""
    text_version: str
    text_sha256: str
    """Of ``text``, UTF-8."""
    text: str
    """The text of the page, word for word."""
    reads: tuple[str, ...] | None = None
    """What the text names as read, in the words of ``data.fetched``: nothing else is read. Null before version 14: no
    positions, tax rules and notes on documents are read then, and no codes of funders kept."""
    withdrawn_at: str | None = None
    """When the firm withdrew all of it, on the page of its link."""
    withdrawn: tuple[WithdrawalResponse, ...] = ()
    """Purposes that the firm withdrew, or that you withdrew for it; all of them once ``withdrawn_at`` is set."""


class ConnectSessionResponse(msgspec.Struct, frozen=True, kw_only=True):
    """State of a link."""

    connect_session_id: str
    borrower_ref: str | None
    status: Literal["open", "completed", "cancelled", "expired", "failed"]
    """``failed``: too many tokens were rejected; create a new link."""
    created_at: str
    expires_at: str
    connection_id: str | None
    """Set once completed; use it in an application."""
    consent: ConsentResponse | None
    """Set once completed."""


class ConnectSessionList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of links, newest first."""

    items: list[ConnectSessionResponse]
    next_cursor: str | None
    """Give it as ``cursor`` for the next page; null on the last."""


class SubjectRequestRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a data subject, or who speaks for it, asked of the lender."""

    borrower_ref: BorrowerRef
    kind: Literal["access", "erasure", "restriction"]
    """Art. 15, 17 and 18 GDPR."""
    received_on: Annotated[date, Meta(description="When it arrived; not in the future. The month begins then.")]
    identity_check: Annotated[
        IdentityCheckName | None,
        Meta(description="How it was proved who asks. Without it the request is recorded, and nothing is carried out."),
    ] = None


class SubjectRequestChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happened to an open request. At least one field is given."""

    identity_check: IdentityCheckName | UnsetType = UNSET
    extended_for: (
        Annotated[
            Literal["complexity", "number"],
            Meta(description="Two more months, within the first; tell the data subject why."),
        ]
        | UnsetType
    ) = UNSET
    refused_for: (
        Annotated[
            Literal["identity_unproven", "unfounded", "excessive"],
            Meta(description="Ends the request."),
        ]
        | UnsetType
    ) = UNSET


class SubjectRequestLift(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That a restriction ends."""

    told_on: Annotated[
        date, Meta(description="When the data subject was told that it ends: first that, then this (Art. 18(3) GDPR).")
    ]


class KeptResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What stays after an erasure."""

    what: str
    """``decisions`` (with their records), ``rows`` (of decisions without one), ``audit``, ``requests``, or the reason
    of a hold."""
    count: int | None
    until: str | None
    """Last day of the hold; null where it has none."""
    why: Text


class SubjectRequestResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A request of a data subject."""

    subject_request_id: str
    borrower_ref: str | None
    """Null once the borrower was erased."""
    kind: Literal["access", "erasure", "restriction"]
    status: Literal["open", "restricted", "done", "lifted", "refused"]
    """``restricted``: an erasure that waits until nothing must be kept any more.
    ``lifted``: a restriction that has ended."""
    received_on: date
    due_on: date
    days_left: int | None
    """Below 0 when it is late; null when it has ended."""
    extended_for: str | None
    identity_check: str | None
    identity_checked_by: str | None
    refused_for: str | None
    recorded_at: str
    recorded_by: str
    ended_at: str | None
    told_on: str | None
    """When the data subject was told that its restriction ends; null where it was not lifted."""
    destroyed: dict[str, int] | None
    """What was destroyed, as counts; null where nothing was carried out."""
    kept: list[KeptResponse] | None


class SubjectRequestList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of requests, newest first."""

    items: list[SubjectRequestResponse]
    next_cursor: str | None
    """Give it as ``cursor`` for the next page; null on the last."""


LoanRef = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=120,
        extra_json_schema={"pattern": f"^{_NO_BLANK}({_PRINTABLE}*{_NO_BLANK})?$"},
        description="The lender's own reference: printable, no spaces at the ends, no personal name.",
        examples=["loan-4711"],
    ),
]
Proof = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        extra_json_schema={"pattern": PRINTABLE},
        description="What proves it, such as the number of a file. Sealed; destroyed when the borrower is erased.",
    ),
]
CorrectionName = Literal["wrong_amount", "wrong_day", "wrong_loan", "entered_twice", "payment_returned", "other"]
RatePercent = Annotated[
    str,
    Meta(
        max_length=6,
        description="Interest per year in percent, with at most two decimal places, as text.",
        examples=["7.25"],
        extra_json_schema={"pattern": r"^[0-9]{1,3}(\.[0-9]{1,2})?$"},
    ),
]


Corrects = Annotated[str, Meta(max_length=120, description="`entry_ref` of the entry in whose place this one stands.")]


class LoanAmount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An amount above 0."""

    value: Annotated[
        str,
        Meta(
            max_length=32,
            description="Decimal number with at most two decimal places, as text: 0.01 to 100000000.00.",
            examples=["1050.00"],
            extra_json_schema={"pattern": APPLIED_FOR},
        ),
    ]
    currency: Annotated[str, Meta(max_length=16, description="EUR.", extra_json_schema={"enum": ["EUR"]})]


class InstalmentRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is due on one day, interest included."""

    due_on: date
    amount: LoanAmount


class LoanRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A loan that was granted."""

    loan_ref: LoanRef
    decision_id: Annotated[str, Meta(max_length=64, description="The decision that approves it.")]
    granted_on: date
    amount: LoanAmount
    term_months: Annotated[int, Meta(ge=1, le=360, examples=[12])]
    annual_rate_percent: RatePercent
    entry_ref: LoanRef = "granted"
    """Of the granting, as an entry of the loan."""


class _LoanEntryRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every entry has."""

    entry_ref: LoanRef
    happened_on: Annotated[date, Meta(description="Not in the future.")]
    corrects: Corrects | UnsetType = UNSET
    """Together with ``why``."""
    why: CorrectionName | UnsetType = UNSET
    proof: Proof | UnsetType = UNSET


class LoanConditionEntry(_LoanEntryRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A condition before pay-out that you confirm."""

    kind: Literal["condition_met"]
    condition: Annotated[str, Meta(max_length=40, examples=["identity"])]
    proof: Proof


class LoanAmountEntry(_LoanEntryRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Money that went out or came in, or that is expected no more."""

    kind: Literal["paid_out", "paid", "redeemed", "written_off", "recovered"]
    amount: LoanAmount


class LoanPlanEntry(_LoanEntryRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The instalments that were agreed."""

    kind: Literal["planned"]
    instalments: Annotated[list[InstalmentRequest], Meta(min_length=1, max_length=600)]


class LoanRestructuringEntry(_LoanEntryRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Instalments in place of all that are unpaid."""

    kind: Literal["restructured"]
    instalments: Annotated[list[InstalmentRequest], Meta(min_length=1, max_length=600)]
    is_forbearance: Annotated[
        bool, Meta(description="Granted because of difficulties to pay: outcomes follow the plan of before.")
    ]


class LoanClosingEntry(_LoanEntryRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The end of the file."""

    kind: Literal["closed"]


class LoanTermsEntry(_LoanEntryRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The granting, corrected."""

    kind: Literal["granted"]
    corrects: Corrects
    why: CorrectionName
    amount: LoanAmount
    term_months: Annotated[int, Meta(ge=1, le=360)]
    annual_rate_percent: RatePercent


class LoanRemovalEntry(_LoanEntryRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry was wrong, and nothing stands in its place."""

    kind: Literal["removed"]
    corrects: Corrects
    why: CorrectionName


class LoanConditionResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A condition before pay-out."""

    condition: str
    days: int | None
    """How old the confirmation may be on the day of the pay-out; null for any age."""
    met_on: date | None
    """Null while it is open."""
    confirmed_by: str | None


class InstalmentResponse(msgspec.Struct, frozen=True, kw_only=True):
    """An instalment, or what one payment settled of it."""

    due_on: date
    amount: Money
    ended_on: date | None
    """The day on which it was settled; null while it is unpaid."""
    is_replaced: bool
    """It ended because other instalments were agreed."""


class LoanEntryResponse(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as it was stored."""

    number: int
    kind: Literal[
        "granted",
        "condition_met",
        "planned",
        "paid_out",
        "paid",
        "redeemed",
        "restructured",
        "written_off",
        "recovered",
        "closed",
        "removed",
    ]
    entry_ref: str
    happened_on: date
    corrects: str | None
    why: CorrectionName | None
    corrected_by: str | None
    """``entry_ref`` of the entry that stands in its place; null where it counts."""
    amount: Money | None
    term_months: int | None
    annual_rate_percent: str | None
    condition: str | None
    instalment_count: int | None
    is_forbearance: bool | None
    proof: str | None
    recorded_at: str
    recorded_by: str


class LoanSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A loan as it stands."""

    loan_id: str
    loan_ref: str
    borrower_ref: str | None
    decision_id: str
    created_at: str
    status: Literal["granted", "running", "repaid", "written_off", "cancelled"]
    is_open: bool
    """Whether something may still come. An open loan keeps its borrower from erasure."""
    closed_on: date | None
    granted_on: date
    amount: Money
    term_months: int
    annual_rate_percent: str
    open_conditions: list[str]
    paid_out: Money
    paid: Money
    unpaid: Money
    """All instalments that are not settled, due or not."""
    overpaid: Money
    written_off: Money
    recovered: Money
    as_of: date
    """Today: the day of the figures below."""
    overdue: Money
    days_past_due: int
    """Counted as the definition of default counts them; small sums do not count."""
    worst_days_past_due: int
    defaulted_on: date | None
    """The first day with more days past due than the definition lets pass; null where there is none."""
    definition: str
    """Of default."""
    is_forborne: bool


class LoanResponse(LoanSummary, frozen=True, kw_only=True):
    """A loan with its schedule and all entries."""

    conditions: list[LoanConditionResponse]
    schedule: list[InstalmentResponse]
    entries: list[LoanEntryResponse]
    """In the order in which they were entered; corrected ones stay."""


class LoanList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of loans, newest first."""

    items: list[LoanSummary]
    next_cursor: str | None
    """Give it as ``cursor`` for the next page; null on the last."""


class AuditRowResponse(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the audit trail."""

    id: str
    at: str
    principal_id: str | None
    actor: str | None
    """Where no principal acted: a user of the operating system, or ``firm``."""
    action: str
    object: str | None
    """An identifier; of a page of a list, those of its first and last object with two dots between."""
    borrower_id: str | None
    address: str | None
    request_id: str | None


class AuditList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the audit trail, newest first."""

    items: list[AuditRowResponse]
    next_cursor: str | None
    """Give it as ``cursor`` for the next page; null on the last."""


class Applicant(msgspec.Struct, frozen=True, kw_only=True):
    """The applicant."""

    ref: str | None
    """Null once the borrower was erased."""
    legal_form: LegalForm
    natural_person: bool
    name: str | None
    """As the application states it; null where it does not, and once the borrower was erased. So are the numbers."""
    tax_number: str | None
    vat_id: str | None


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """The terms applied for."""

    product: str
    amount: Money
    term_months: int
    purpose: str | None
    language: str
    starts_business: bool | None
    """Null where the application does not say."""


class Automation(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the verdict may take effect without a person."""

    mode: str
    legal_basis: str | None


class ScoreResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The score and its base."""

    value: float
    base: float
    """Base plus the points of all contributions equals the value exactly."""
    low: float | None = None
    """Lower end of the 90 % interval over resampled training firms; null where the model has none."""
    high: float | None = None
    """Upper end of that interval."""
    scale: str = "600 points are odds of 30 good to 1 bad; 40 points double the odds; higher is better"


class PdResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The probability of default."""

    value: float
    horizon_months: int
    definition: str
    low: float | None = None
    """At the upper end of the score; null where the model has no interval."""
    high: float | None = None
    """At the lower end of the score."""


class OfferResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What the firm can afford under the policy."""

    max_amount: Money
    """The highest loan amount."""
    requested: Money
    max_term_months: int
    max_tenor_months: Annotated[
        int, Meta(description="Deprecated: the same as `max_term_months`.", extra_json_schema={"deprecated": True})
    ]
    annual_rate_percent: str
    pricing_tier: str
    monthly_instalment: Money
    binding_constraint: str
    constraints: dict[str, Money]


class CashFlowResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What the cash-flow bound of the limit follows from, a year."""

    surplus: Money
    """The operating surplus of twelve full months; where the policy follows the season, the mean of three periods."""
    drawings: Money | None
    """What the owner drew in these; null of legal persons, and where the policy has no floor."""
    drawings_floor: Money | None
    """What the owner needs by the policy; what was drawn less is deducted from the surplus."""
    vat_shortfall: Money | None
    """Value added tax that was due in twelve months and not paid: it is deducted. Null where it cannot be told."""
    debt_service_observed: Money
    """Instalments of the last twelve full months."""
    debt_service_projected: Money | None
    """The dearest twelve months within the term; null where the policy does not look ahead. The higher counts."""
    debt_service_pending: Money
    """The first year's instalments of own loans that no bank transaction shows yet: they count on top."""


class LargestInstalmentResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What the limit's bound from cash ahead follows from."""

    instalment: Money | None
    """A month, over the term requested: the largest that cash ahead carries; null where nothing is told."""
    cause: Missing | None
    """Why nothing is told: then this bound does not apply."""
    gap_probability: float | None
    """The highest probability of a day that it ends below zero, without the loan."""
    gap_probability_at_most: float
    """The same with the instalment, as the policy accepts it."""
    days: int
    """That are looked at."""
    level: Money | None
    """Of all accounts on the day of observation."""
    unspent: Money | None
    """What of it does not count: others than customers paid it in within 90 days, and it is still there."""


class OwnLoansResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What this lender has lent to the firm, by its own entries."""

    open_count: int
    exposure: Money
    """What is owed or may still be paid out, without interest to come."""
    pending_count: int
    """Not paid out, or on the day of the last bank transaction or later; they count as new facilities."""


class FacilityResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A loan, lease or factoring contract that bank transactions show."""

    kind: FacilityKind
    funder: str | None
    """A code of `docs/facilities.md`; null for a counterparty that is not in that list."""
    party: int
    """Facilities of one decision with the same number have the same counterparty; 0 where none is named."""
    state: FacilityState
    course: Course | None
    """How instalments develop; null where too little was seen."""
    rhythm: Rhythm | None
    instalment: Money | None
    """The latest regular one."""
    payments: int
    """Instalments that were seen."""
    first_on: date
    last_on: date
    paid_out: Money | None
    """Where the transactions show it."""
    ends_earliest: date | None
    ends_expected: date | None
    ends_latest: date | None
    """Bounds of the last instalment; null where nothing tells."""
    remaining_low: Money | None
    remaining: Money | None
    remaining_high: Money | None
    """Principal still owed; null where the pay-out is not known."""
    cause: FacilityCause | None
    """Why less is known than of others."""
    lines: tuple[int | str, ...]
    """Bank transactions, the newest first, at most twenty."""


class DebtServiceResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Debt service within each of the next 60 months, as decimal text; the first begins the day after ``as_of``."""

    currency: str
    expected: tuple[str, ...]
    low: tuple[str, ...]
    """If all that is not known is as favourable as such contracts may be."""
    high: tuple[str, ...]


class BorrowingsResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What the firm owes elsewhere."""

    facilities: tuple[FacilityResponse, ...]
    new_count: int | None
    """Loans and factoring that began within 90 days; null where bank transactions do not reach back half a year."""
    funder_count: int
    """Counterparties of loans and factoring that have not ended."""
    debt_service: DebtServiceResponse


class DocumentResponse(msgspec.Struct, frozen=True, kw_only=True):
    """One document, or bank transaction, behind a value."""

    kind: DocumentKind
    id: int | str
    """In the bookkeeping system."""
    number: str | None
    """The firm's document number, such as `RE-1023`; null where there is none and after erasure of the borrower."""
    date: date | None
    """Date of issue, or value date; null in decisions of versions before 0.4, as is the amount."""
    amount: Money | None
    url: str | None
    """Link to the document in the bookkeeping system, for users with access there; null where unknown."""


class EvidenceResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The documents behind a value; the largest contributions of each kind first."""

    invoices: tuple[int | str, ...]
    vouchers: tuple[int | str, ...]
    credit_notes: tuple[int | str, ...]
    transactions: tuple[int | str, ...]
    total: int
    """Number of documents; the lists may be shorter."""
    documents: tuple[DocumentResponse, ...]
    """The listed documents, with number, date, amount and link."""


class CauseResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Why the application was not approved, or why there is no score; with a remedy where one exists."""

    code: str
    text: Text
    remedy: Text | None = None
    evidence: EvidenceResponse | None = None
    """The documents behind the rule's value; null where it rests on none, and in decisions of versions before 0.5."""


class SnoozedResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that was set aside when the decision was made."""

    rule: str
    until: date
    """The last day."""
    case_id: str
    """The case in which two persons did."""
    step: int
    """That asked for it."""


class ReadingResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What would be recommended if doubtful facts were read otherwise."""

    name: str
    """`transfers_as_payments`, `set_aside_at_best` or `set_aside_at_worst`."""
    recommendation: Verdict
    score: float | None
    max_amount: Money | None
    """The highest loan amount; null without an offer."""


class ReasonResponse(msgspec.Struct, frozen=True, kw_only=True):
    """One of the main factors of the score."""

    code: str
    feature: str
    direction: str
    """``negative`` lowers the score, ``positive`` raises it."""
    points: float
    value: float | None
    typical: float | None
    """Median of the training firms."""
    unit: str
    text: Text
    evidence: EvidenceResponse


class RuleResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A policy rule and its result."""

    id: str
    kind: str
    """``minimum_data`` (no score), ``knock_out``, ``cut_off``, ``limit``, ``cap`` (refer at best) or ``gate`` (affects
    the verdict only)."""
    result: str
    """``pass``, ``fail`` or ``not_applicable``."""
    value: float | str | None
    threshold: float | str | None
    text: Text


class SetAsideResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A document or bank transaction that could not be read."""

    kind: str
    """`sale`, `bill`, `credit_note`, `cancellation`, `reminder`, `account`, `bank_line`, `log_entry` or `unknown`."""
    id: int | str
    """In the bookkeeping system."""
    field: str
    """The bookkeeping system's name of what could not be read."""
    reason: str
    """`missing`, `unreadable` or `out_of_range`."""


class ComparedResponse(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the application states, against the account."""

    result: Literal["same", "differs", "cannot_be_compared"]
    why: str | None
    """`not_stated`, `not_in_account`, `other_kind`, `other_number`, `other_name`, `some_words` in common, `surname` in
    common, or `other_legal_form`; null where it is the same."""
    in_account: str | None
    """As the account has it; null where it has none, and once the borrower was erased."""


class HolderResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the account is the applicant's."""

    result: Literal["same", "differs", "cannot_be_compared"]
    name: ComparedResponse
    tax_number: ComparedResponse
    vat_id: ComparedResponse


class DataResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What the books contained."""

    first_on: date | None
    last_on: date | None
    invoice_count: int
    bill_count: int
    payment_count: int
    transaction_count: int
    account_count: int
    payment_source: str
    payout: PayoutCheck
    fetched: tuple[str, ...]
    notes: tuple[str, ...]
    is_reconstructed: bool
    is_sandbox: bool
    missing: dict[str, str]
    """Reason for each missing feature."""
    bank_data_until: date | None = None
    """The last day that the bank's data of every account cover; null where the bank delivers none."""
    payout_fed_days: int | None = None
    """Days that the bank's data of the payout account span; null where it is not in the books."""
    set_aside: tuple[SetAsideResponse, ...] = ()
    """The first of what could not be read."""
    set_aside_count: int = 0
    set_aside_amount: Money | None = None
    """Their gross amounts added up; null where there is none, or where one could not be read."""
    bank_rules: str | None = None
    """Digest of the lender's own rules for bank transactions; null without such rules."""
    holder: HolderResponse | None = None
    """Null where the application names no applicant: then nobody compared."""


class VersionsResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Versions and digests that a replay uses."""

    model: str
    model_sha256: str
    model_is_simulated: bool
    features: str
    policy: str
    policy_sha256: str
    service: str
    texts: str | None
    """Version of the texts; null for records made before texts had versions."""
    snapshot_sha256: str


class TimingResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds per stage."""

    fetch: float
    parse: float
    derive: float
    score: float
    decide: float
    own: float
    """Total without waiting for the bookkeeping system."""
    total: float


class DecisionResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A decision."""

    decision_id: str
    status: Literal["completed"] = "completed"
    created_at: str
    valid_until: date
    as_of: date
    applicant: Applicant
    request: Request
    verdict: Verdict
    """The outcome under the policy's rules on automation."""
    recommendation: Verdict
    """The outcome of model and policy, before the rules on automation."""
    automation: Automation
    score: ScoreResponse | None
    """Null where the data are insufficient; ``causes`` says why."""
    pd: PdResponse | None
    grade: str | None
    offer: OfferResponse | None
    causes: tuple[CauseResponse, ...]
    reasons: tuple[ReasonResponse, ...]
    snoozed: tuple[SnoozedResponse, ...] = ()
    """Rules that two persons had set aside for the borrower: they are in ``rules``, and nothing follows from them."""
    readings: tuple[ReadingResponse, ...] = ()
    """Doubtful facts of the books, read otherwise; empty where nothing is doubtful."""
    contributions: tuple[Contribution, ...]
    rules: tuple[RuleResponse, ...]
    features: dict[str, float | None]
    """Every value that model or policy used; ``data.missing`` says why one is null."""
    cash_flow: CashFlowResponse | None = None
    """What the limit's bound from cash flow follows from; null without a limit, and in decisions before 0.8."""
    largest_instalment: LargestInstalmentResponse | None = None
    """What the limit's bound from cash ahead follows from; null where the policy does not look at it, where nothing
    would be offered without it, and in decisions before 0.8."""
    borrowings: BorrowingsResponse | None = None
    """What the firm owes elsewhere; null where the policy does not look at it, and in decisions before 0.8."""
    own_loans: OwnLoansResponse | None = None
    """Null where the policy does not look at it, and in decisions before 0.8."""
    data: DataResponse
    versions: VersionsResponse
    timing_ms: TimingResponse
    asked_by: str | None = None
    """The principal that asked, by its identifier; null in decisions of versions before 0.6."""
    links: dict[str, str]


class StepResponse(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do."""

    kind: Literal["term", "amount", "collect", "pay", "link_bank", "wait"]
    text: Text
    amount: Money | None
    """To be asked for; of `collect` and `pay` the sum of the documents. Null for other kinds."""
    term_months: int | None
    until: date | None
    """The day from which on to apply again."""
    documents: tuple[DocumentResponse, ...]
    """To be collected or paid; their amounts are what is open."""


class ChangeResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What to do, and what would be decided then."""

    text: Text
    steps: tuple[StepResponse, ...]
    """All of them together."""
    recommendation: Verdict
    verdict: Verdict
    """Where the law asks for a person, it stays `refer`."""
    score: float | None
    max_amount: Money | None


class ChangesResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What would change a decision."""

    decision_id: str
    as_of: date
    recommendation: Verdict
    """Of the decision."""
    text: Text
    """Says what the changes rest on, or that there is none."""
    changes: tuple[ChangeResponse, ...]
    """Up to three, each by itself; the easier ones first."""


class TermsOfferResponse(msgspec.Struct, frozen=True, kw_only=True):
    """An amount and a term that would be approved."""

    amount: Money
    term_months: int
    annual_rate_percent: str
    pricing_tier: str
    monthly_instalment: Money
    recommendation: Verdict
    verdict: Verdict


class OffersResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What would be approved, for other amounts and terms."""

    decision_id: str
    as_of: date
    valid_until: date
    largest_amount: Money | None
    """For the term that was asked for; null where no amount would be approved."""
    offers: tuple[TermsOfferResponse, ...]
    """Up to three: the amount that was asked for, the largest for the term, and one with another term."""


class MissingValueResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A feature that model or policy reads, and that has no value."""

    feature: str
    cause: str
    """The same as in the decision's ``missing``."""
    text: Text
    points: float | None
    """For the missing value; null where the model does not read the feature."""
    best_points: float | None
    worst_points: float | None
    rules: tuple[str, ...]
    """Rules of the policy that could not be checked without it."""


class ExtremeResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What would be decided if values were known."""

    score: float | None
    recommendation: Verdict
    verdict: Verdict


class LinkedResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What a link of the bank would add, if the bank delivers what the books have."""

    text: Text
    features: tuple[str, ...]
    after: ExtremeResponse


class WaitResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Features whose history is long enough from a day on."""

    text: Text
    until: date
    features: tuple[str, ...]


class MissingDataResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What missing values cost a decision, and what would add them."""

    decision_id: str
    as_of: date
    recommendation: Verdict
    """Of the decision."""
    text: Text
    missing: tuple[MissingValueResponse, ...]
    """Those first that could cost or bring most points."""
    best: ExtremeResponse
    """With the best value of every missing feature."""
    worst: ExtremeResponse
    """With the worst value of every missing feature."""
    linked: LinkedResponse | None
    """Null where every account is linked, or the link adds no value."""
    waits: tuple[WaitResponse, ...]
    """The nearest day first, within a year."""


class AccountLineResponse(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a profit and loss account."""

    line: str
    """A kind of income or cost, ``vat``, or a sum: ``gross_profit``, ``operating_result``, ``result_before_tax``."""
    label: Text
    is_sum: bool
    amounts: tuple[Money, ...]
    """Of each month. Income and costs are both positive."""
    total: Money


class ProfitAndLossResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A profit and loss account by month."""

    lines: tuple[AccountLineResponse, ...]
    """In the order of the form (BWA), sums among them."""
    apart: tuple[AccountLineResponse, ...]
    """What no result contains: taxes on income, loans, the owner's money, fixed assets; positive is spent."""


class UnmappedAccountResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A booking account whose kind is not known."""

    account: int | None
    """Its number; null for positions without one."""
    position_count: int
    net: Money


class ManagementAccountsResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Profit and loss accounts of the twelve full months before a decision."""

    decision_id: str
    as_of: date
    text: Text
    """What to know beside the figures."""
    months: tuple[date, ...]
    """The first day of each, oldest first."""
    documents: ProfitAndLossResponse | None
    """Net, by the month of issue; null where no documents were read."""
    bank: ProfitAndLossResponse | None
    """Gross, by the month of the bank line; null where bank lines were not read."""
    difference: tuple[Money, ...] | None
    """By month, the result of the documents less that of the bank, costs without a document left out; null where one
    of both accounts is."""
    only_paid: tuple[str, ...]
    """Costs without a document: no document has this kind, and more was paid than documents without a kind hold."""
    has_positions: bool
    """Whether positions of documents were read; without them bills have no kind of cost."""
    document_count: int
    without_positions: int
    contradicting: int
    """Documents whose positions do not add up to them."""
    unmapped: tuple[UnmappedAccountResponse, ...]
    """The largest first."""


class CashDayResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Cash of all accounts at the end of one day; changes since the day of observation where there is no level."""

    day: date
    low: Money
    """Cash is at least this with a probability of 90 %."""
    median: Money
    high: Money
    """Cash is at most this with a probability of 90 %."""
    below_zero: float | None
    """Probability that the day ends below zero; null where there is no level."""


class CashLineResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Cash over time."""

    gap: float | None
    """The highest probability that a day ends below zero; null where there is no level."""
    days_below_zero: int | None
    """Of the next 180 days, those whose median is below zero; null where there is no level."""
    worst: CashDayResponse
    """The first day with the lowest median."""
    days: tuple[CashDayResponse, ...]
    """Of the expected case the next 180 days, then the last day of each month of the term; of the others only ends of
    months."""


class CashCaseResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What is assumed, and what cash does then."""

    case: Literal["expected", "less_revenue", "late_customer", "both"]
    text: Text
    without_loan: CashLineResponse
    with_instalment: CashLineResponse


class CashKindResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What is expected of one kind in a month."""

    kind: str
    text: Text
    amount: Money
    """Positive comes in, negative goes out."""


class CashMonthResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What is expected to come and go in a month; of the first and the last, on the days ahead."""

    month: date
    """Its first day."""
    flows: tuple[CashKindResponse, ...]
    """Without the loan that is asked for."""


class CashAheadResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What the firm's cash does ahead, with the instalment that was asked for and without."""

    decision_id: str
    as_of: date
    text: Text
    cause: str | None
    """Why there are no cases; or, beside cases, why there is no level and all amounts are changes."""
    level: Money | None
    """Of all accounts on the day of observation; null where the bank does not confirm it."""
    monthly_instalment: Money
    first_due_on: date
    foreseen_months: int
    """Of the term: 60 at most."""
    cases: tuple[CashCaseResponse, ...]
    months: tuple[CashMonthResponse, ...]


class QualityCauseResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A flag that costs quality."""

    feature: str
    part: Part
    value: float
    points: float
    """What it takes off the score."""
    text: Text


class QualityPartResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The quality of the data in one respect."""

    part: Part
    score: int | None
    """0 to 100; null where nothing of it was checked."""


class UncheckedResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A flag without a value."""

    feature: str
    cause: str
    """As in a decision's ``missing``; ``not_fetched`` where the decision did not read what it needs."""
    weight: int
    """Percent of all that could be checked."""
    text: Text


class MatchedResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Payments that were matched to bank transactions in one way."""

    level: Level
    count: int
    amount: Money
    text: Text


class MatchesResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Cashless payments on sales of the last twelve full months and since, against the bank's transactions."""

    levels: tuple[MatchedResponse, ...]
    """All levels, the strictest first; ``none`` is last."""
    unmatched_inflow_count: int
    unmatched_inflow: Money
    """Money from customers that is booked on no sale, and to which no payment was found."""
    text: Text
    """On what is unmatched."""


class DataQualityResponse(msgspec.Struct, frozen=True, kw_only=True):
    """How far the books behind a decision can be relied on. Neither model nor policy reads it."""

    decision_id: str
    as_of: date
    score: int | None
    """0 to 100; null where too little was checked."""
    confidence: int
    """Percent of all that could be checked, by weight. What was not checked lowers this, never the score."""
    text: Text
    causes: tuple[QualityCauseResponse, ...]
    """At most three, those that cost most first."""
    parts: tuple[QualityPartResponse, ...]
    unchecked: tuple[UncheckedResponse, ...]
    matches: MatchesResponse | None
    """Null where the decision did not read the bank."""


class SimulationRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is different from the decision; what is not given is the same."""

    amount: AmountRequest | None = None
    term_months: Annotated[int, Meta(ge=1, le=360)] | None = None
    annual_rate_percent: (
        Annotated[
            str,
            Meta(
                max_length=8,
                description="In place of every rate of the policy, per year; affordability is computed with it, too.",
                examples=["8.50"],
                extra_json_schema={"pattern": RATE},
            ),
        ]
        | None
    ) = None
    collected_invoices: Annotated[
        list[int | Annotated[str, Meta(max_length=64)]],
        Meta(
            max_length=50,
            description="Identifiers of open invoices, as evidence has them: paid in full through the bank on the day"
            " of observation.",
        ),
    ] = []
    features: Annotated[
        dict[str, Annotated[float, Meta(ge=-1e15, le=1e15)] | None],
        Meta(description="Values in place of those of the books, by feature; null is missing.", max_length=100),
    ] = {}
    model: Annotated[str, Meta(max_length=80, description="Name and version.", examples=["sme/3"])] | None = None
    policy: Annotated[str, Meta(max_length=64, description="Its version.", examples=["2"])] | None = None


class DifferenceResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A field with another value than in the decision."""

    field: str
    """Such as `verdict`, `features.NAME`, `contributions.NAME` or `rules.ID`; amounts of offers are in cents."""
    decided: float | str | None
    simulated: float | str | None


class SimulationResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What would be decided. It is no decision: nothing of it is stored, and nobody may act on it."""

    simulation: bool = True
    decision_id: str
    as_of: date
    request: Request
    verdict: Verdict
    recommendation: Verdict
    automation: Automation
    score: ScoreResponse | None
    pd: PdResponse | None
    grade: str | None
    offer: OfferResponse | None
    causes: tuple[CauseResponse, ...]
    contributions: tuple[Contribution, ...]
    rules: tuple[RuleResponse, ...]
    features: dict[str, float | None]
    versions: VersionsResponse
    differences: tuple[DifferenceResponse, ...]
    """Every field of the assessment that differs from the decision."""


class DecisionList(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One page of decisions, newest first."""

    items: list[DecisionResponse]
    next_cursor: str | None
    """Give it as ``cursor`` for the next page; null on the last."""
    damaged: Annotated[
        list[str],
        Meta(
            description="Decisions on this page whose stored record was altered; omitted if empty. `GET` of"
            " such a decision returns `/problems/stored-data-damaged`: report it to the operator."
        ),
    ] = []
    newer: Annotated[
        list[str],
        Meta(
            description="Decisions on this page that a newer version recorded; omitted if empty. `GET` of"
            " such a decision returns `/problems/newer-record`: ask the newer version."
        ),
    ] = []
    erased: Annotated[
        list[str],
        Meta(
            description="Decisions on this page that were erased; omitted if empty. `GET` of such a decision returns"
            " `/problems/erased`."
        ),
    ] = []


class ModelResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The model in use."""

    name: str
    version: str
    sha256: str
    is_simulated: bool
    """Trained on simulated firms: the policy refers every application of a real firm."""
    horizon_months: int
    definition: str
    features: tuple[str, ...]


class PolicyResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The policy in use."""

    version: str
    sha256: str
    products: tuple[str, ...]
    content: str
    """The policy file, TOML."""


class FeatureResponse(msgspec.Struct, frozen=True, kw_only=True):
    """One feature of the catalogue."""

    name: str
    group: str
    unit: str
    label: Text
    meaning: Text
    risk: Literal["raises", "lowers", "open"]
    actionable: str
    resources: tuple[str, ...]
    history_months: int
    is_bank_data: bool
    source: str
    in_model: bool


class FeatureList(msgspec.Struct, frozen=True, kw_only=True):
    """The catalogue of features."""

    version: str
    items: list[FeatureResponse]


class NoticeResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A notice that was issued."""

    notice_id: str
    decision_id: str
    format: Literal["html", "pdf"]
    language: Literal["de", "en"]
    texts: Annotated[str, Meta(description="Version of its words.")]
    sha256: Annotated[str, Meta(description="Of its bytes, in hexadecimal.")]
    issued_at: str
    link: Annotated[str, Meta(description="Path of its bytes.")]


class NoticeList(msgspec.Struct, frozen=True, kw_only=True):
    """The notices on a decision, newest first."""

    items: tuple[NoticeResponse, ...]


class ReceiptResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What proves one decision to whoever has the public keys."""

    statement: str
    """Compact JWS (RFC 7515), signed with Ed25519."""
    salt: str
    """Base64url of the salt of the digests in the statement."""
    record: str
    """The stored bytes of the decision, as text."""


class SigningKey(msgspec.Struct, frozen=True, kw_only=True):
    """The public part of a key, as RFC 8037 has it."""

    kty: str
    crv: str
    kid: str
    x: str


class SigningKeyList(msgspec.Struct, frozen=True, kw_only=True):
    """A JWK Set; the first key signs."""

    keys: list[SigningKey]


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """State of the service."""

    status: str
    checks: dict[str, str] = {}


class ErrorEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One fault in a request."""

    field: str
    message: str


ReviewReasonName = Literal[
    "as_recommended",
    "data_explained",
    "one_off",
    "collateral",
    "known_customer",
    "terms_fit",
    "not_affordable",
    "data_doubtful",
    "information_missing",
    "other_knowledge",
    "other",
]
CaseText = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=2000,
        description="For colleagues and auditors, and for the borrower who asks for access; encrypted, and erased with"
        " the borrower.",
        extra_json_schema={"pattern": _NO_BLANK},
        examples=["Annual accounts of 2025 seen; the loss was a single claim."],
    ),
]


class CaseTextRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is written with a step."""

    text: CaseText


class SnoozeRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule to be set aside for the borrower, until a day."""

    rule: Annotated[str, Meta(min_length=1, max_length=64, description="Code of a rule.", examples=["SALES_BURST"])]
    until: Annotated[date, Meta(description="The last day, at most 90 days from today.")]
    text: CaseText


class AssignmentRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On whose desk a case is put."""

    to: Annotated[str, Meta(min_length=1, max_length=64, description="Name of a person.", examples=["anna"])]


class VoteRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a person votes. Terms that an approval leaves out are those asked for, at the offered price."""

    step: Annotated[
        int, Meta(ge=1, le=1_000_000, description="The newest step that you have read; a newer one refuses the vote.")
    ]
    verdict: Literal["approve", "decline"]
    reason: ReviewReasonName
    text: CaseText
    amount: AmountRequest | None = None
    term_months: Annotated[int, Meta(ge=1, le=360)] | None = None
    annual_rate_percent: (
        Annotated[
            str,
            Meta(
                max_length=6,
                description="Nominal interest per year.",
                examples=["6.90"],
                extra_json_schema={"pattern": "^[0-9]{1,2}([.][0-9]{1,2})?$"},
            ),
        ]
        | None
    ) = None


class PrincipalResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A person or a system of the lender."""

    principal_id: str
    name: str | None


class VoteResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A vote."""

    verdict: Verdict
    reason: ReviewReasonName
    amount: Money | None
    """Of an approval, as the next three."""
    term_months: int | None
    annual_rate_percent: str | None
    valid_until: date | None
    is_override: bool
    """Whether it goes another way, or further, than the machine recommended."""
    exposure: Money
    """What else stood approved for the borrower."""
    authority: str | None
    """Digest of the file of authority; null without one."""
    seconds: int
    """From the claim to the vote."""
    had_read_recommendation: bool | None
    """Whether the person had opened the machine's decision before; null where the lender does not hide it."""
    had_opened: bool | None
    """Whether the person had opened the case or its decision before; null where that is not known."""
    then: Literal["decided", "second_vote", "escalated"]
    """What the vote led to."""


class CaseStepResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a case. Steps are never changed."""

    number: int
    kind: str
    """``opened``, ``linked``, ``claimed``, ``released``, ``assigned``, ``commented``, ``asked``, ``answered``,
    ``filed``, ``voted``, ``reopened``, ``snooze_asked``, ``snooze_confirmed``, ``snooze_ended``, ``withdrawn``,
    ``guarantor_named`` or ``guarantor_freed``."""
    at: str
    by: PrincipalResponse | None
    """Null where the applicant or the service did it."""
    by_applicant: bool
    """The applicant did it itself, with a link."""
    text: str | None
    """What was written; null without, and after erasure of the borrower."""
    decision_id: str | None
    """Of ``opened`` and ``linked``."""
    to: PrincipalResponse | None
    """Of ``assigned``."""
    vote: VoteResponse | None
    """Of ``voted``."""
    document_id: str | None
    """Of ``filed``."""
    rule: str | None
    """Of ``snooze_asked``, as ``until``."""
    until: date | None
    about_step: int | None
    """Of ``snooze_confirmed`` and ``snooze_ended``: the step that asked for it."""
    guarantor_id: str | None
    """Of ``guarantor_named`` and ``guarantor_freed``."""


class GuarantorRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A natural person or firm that guarantees the loan of a case."""

    name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=120,
            extra_json_schema={"pattern": f"^{_NO_BLANK}({_PRINTABLE}*{_NO_BLANK})?$"},
            examples=["Erika Mustermann"],
        ),
    ]
    consented_on: Annotated[
        date, Meta(description="The day on which it agreed to be named here, not in the future. You keep the proof.")
    ]
    birth_date: Annotated[date, Meta(description="Where the name alone does not say who it is.")] | None = None
    address: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=300,
                extra_json_schema={"pattern": f"^{_NO_BLANK}({_PRINTABLE}*{_NO_BLANK})?$"},
                description="On one line, for the contract.",
            ),
        ]
        | None
    ) = None


class GuarantorResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A guarantor of a case: a data subject of its own."""

    guarantor_id: str
    """Its reference in requests of data subjects, too."""
    case_id: str
    name: str | None
    """Null once it was erased, and where it is restricted; so are the next three."""
    birth_date: date | None
    address: str | None
    consented_on: date | None
    named_at: str
    released_at: str | None
    """Null while it guarantees."""


class GuarantorList(msgspec.Struct, frozen=True, kw_only=True):
    """The guarantors of a case."""

    items: list[GuarantorResponse]


class ResolutionResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What may be acted on, until its last day."""

    verdict: Verdict
    amount: Money | None
    """Of an approval, as the next two."""
    term_months: int | None
    annual_rate_percent: str | None
    valid_until: date
    by_person: bool


class ContestResponse(msgspec.Struct, frozen=True, kw_only=True):
    """An applicant contests a decision (Art. 22(3) GDPR)."""

    by_link: bool
    """It did so itself; else somebody passed it on."""
    wants_talk: bool
    """It wants to talk to a person."""
    answer_by: date
    """One month after it came."""


class CaseSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A case, without its steps."""

    case_id: str
    status: CaseState
    step: int
    """Number of the newest step."""
    borrower_ref: str | None
    """Null once the borrower was erased."""
    decision_id: str
    """The newest decision of the machine."""
    product: str
    amount: Money
    """Asked for."""
    term_months: int
    recommendation: Verdict | None
    """Of the machine; null as long as it is hidden from you."""
    opened_at: str
    changed_at: str
    due_at: str
    """By when it should be decided; the time in which the applicant is asked does not count."""
    is_late: bool
    expires_on: date | None
    """Its last day; null for what does not expire."""
    claimed_by: PrincipalResponse | None
    assigned_to: PrincipalResponse | None
    is_escalated: bool
    """Votes differ, and somebody with a higher limit decides."""
    resolution: ResolutionResponse | None
    contest: ContestResponse | None
    """The applicant contests what was decided, and nobody has decided since."""
    why_no_review: str | None
    """Why you may not review it, as a stable code; null where you may."""
    links: dict[str, str]


class InquiryItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that an applicant is asked for."""

    kind: Literal["explanation", "corrected_booking", "document", "new_connection"]
    text: CaseText
    document_numbers: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=64, extra_json_schema={"pattern": PRINTABLE})]],
        Meta(max_length=20, description="Of documents in the firm's books, as it numbers them."),
    ] = []


class AskedItem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the applicant is asked for now."""

    number: int
    """From 1, as on the applicant's page."""
    kind: Literal["explanation", "corrected_booking", "document", "new_connection"]
    text: str
    document_numbers: tuple[str, ...]


class InquiryRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A one-time link with which the applicant answers."""

    items: Annotated[list[InquiryItem], Meta(min_length=1, max_length=10)]
    lender: LenderIdentity
    language: Literal["de", "en"] = "de"
    """Initial language of the page; the reader can change it. Your own texts stay as they are."""
    expires_in_days: Annotated[int, Meta(ge=1, le=60)] = 14
    decides_again: Annotated[
        bool, Meta(description="Decide again on fresh books by itself, once the applicant has answered with the link.")
    ] = False


class ContestLinkRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A one-time link with which the applicant contests what was decided."""

    lender: LenderIdentity
    language: Literal["de", "en"] = "de"
    """Initial language of the page; the reader can change it."""
    expires_in_days: Annotated[int, Meta(ge=1, le=365)] = 90


class ApplicantLinkMade(msgspec.Struct, frozen=True, kw_only=True):
    """A new link. Its address contains a secret that is shown only once."""

    applicant_link_id: str
    url: str
    """Send the applicant here. Whoever has it can answer."""
    expires_at: str


class ContestRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the applicant says against a decision, passed on by you."""

    text: CaseText
    wants_talk: bool = False
    """The applicant wants to talk to a person. A person decides in any case."""


class AgainRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to decide again. All else is as in the newest application of the case."""

    connection_id: (
        Annotated[str, Meta(max_length=40, description="Default: the borrower's newest connection that works.")] | None
    ) = None
    payout_iban: (
        Annotated[
            str,
            Meta(
                max_length=64,
                description="It is stored nowhere, so it has to be given again; without it, a person is asked to look.",
            ),
        ]
        | None
    ) = None


class ApplicantLinkResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A link to the applicant, without its secret."""

    applicant_link_id: str
    kind: Literal["inquiry", "contest"]
    status: Literal["open", "used", "cancelled", "expired"]
    language: str
    decides_again: bool
    created_at: str
    expires_at: str
    ended_at: str | None
    connection_id: str | None
    """The account that the applicant connected for it."""


class CaseDocumentResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A document of a case."""

    document_id: str
    name: str | None
    """As the sender has it; null once it was erased."""
    media_type: str
    size: int
    """In bytes."""
    added_at: str
    by: PrincipalResponse | None
    by_applicant: bool
    step: int
    """That put it into the case; the step is signed and has its digest."""
    links: dict[str, str]


class SnoozeResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that is to be, is or was set aside for the borrower."""

    step: int
    """That asked for it."""
    rule: str
    until: date
    status: Literal["asked", "in_force", "ended", "over"]
    """``ended`` by a person, ``over`` by the calendar."""
    asked_by: PrincipalResponse | None
    confirmed_by: PrincipalResponse | None
    ended_by: PrincipalResponse | None


class CaseResponse(CaseSummary, frozen=True, kw_only=True):
    """A case."""

    snoozes: tuple[SnoozeResponse, ...]
    """Rules set aside in this case; they hold for every new decision on the borrower."""

    decisions: tuple[str, ...]
    """Every decision of the machine in it, oldest first."""
    steps: tuple[CaseStepResponse, ...]
    documents: tuple[CaseDocumentResponse, ...]
    applicant_links: tuple[ApplicantLinkResponse, ...]
    """Links with which the applicant was asked, or may contest, oldest first."""
    asked: tuple[AskedItem, ...]
    """What is asked for with the link that the case waits for; empty where it waits for none."""


class CaseList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of cases."""

    items: list[CaseSummary]
    next_cursor: str | None
    """Give it as ``cursor`` for the next page, with the same ``sort``; null on the last."""
    damaged: list[str]
    """Cases whose stored steps were altered; they count towards the page."""


class ReviewReportResponse(ReviewReport, frozen=True, kw_only=True):
    """Figures on people's decisions, of votes of which no figure tells of one person."""


class PersonsReportResponse(PersonsReport, frozen=True, kw_only=True):
    """Figures of single persons, under a works agreement."""


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A problem document, RFC 9457."""

    type: str
    """Stable; ``GET`` it for its meaning."""
    code: str
    """Stable; does not name a bookkeeping system."""
    title: str
    status: int
    detail: str
    instance: str | None = None
    """Identifier of the request, as in the log."""
    errors: list[ErrorEntry] | None = None
    """Every fault in the request."""
    reason: str | None = None
    """Why a step of a case, or a document, is refused, as a stable code; a type has several."""


class ProblemMeaning(msgspec.Struct, frozen=True, kw_only=True):
    """Meaning of a problem type, and its remedy."""

    type: str
    code: str
    title: str
    status: int
    meaning: str
    remedy: str
