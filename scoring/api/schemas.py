"""The wire types of version 1: what comes in and what goes out. The stored OpenAPI document pins them."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from features.feature import Text
from models.points import Contribution
from scoring.decisions.decision import DocumentKind, LegalForm, PayoutCheck, Verdict
from scoring.sources.registry import NAMES

_PRINTABLE, _NO_BLANK = r"[^\x00-\x1f\x7f-\xa0\xad]", r"[^\x00-\x20\x7f-\xa0\xad]"
PRINTABLE = f"^{_PRINTABLE}*$"
"""What ``str.isprintable`` accepts, as far as a pattern can say it: exact in Latin-1."""
APPLIED_FOR = r"^(0*([1-9][0-9]{0,7}(\.[0-9]{1,2})?|100000000(\.0{1,2})?)|0+\.(0[1-9]|[1-9][0-9]?))$"
"""An amount above 0 and not above ``applications.HIGHEST_AMOUNT``."""

BorrowerRef = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=120,
        extra_json_schema={"pattern": f"^{_NO_BLANK}({_PRINTABLE}*{_NO_BLANK})?$"},
        description="The lender's own name for the borrower: printable, no blanks at the ends, no person's name.",
        examples=["firm-4711"],
    ),
]
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
        description="Short form of a credential whose source is sevdesk: an API token, 32 hexadecimal digits. Never"
        " stored with an application, never echoed.",
        extra_json_schema={"format": "password", "pattern": "^[0-9a-fA-F]{32}$"},
    ),
]


class CredentialRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What opens an account at a source of books."""

    source: Annotated[
        str,
        Meta(
            max_length=32,
            description="Where the books are.",
            examples=list(NAMES),
            extra_json_schema={"enum": list(NAMES)},
        ),
    ]
    secret: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=4096,
            description="As the source gives it out; that of sevdesk is an API token, 32 hexadecimal digits. Never"
            " stored with an application, never echoed.",
            extra_json_schema={"format": "password"},
        ),
    ]


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """An amount of money."""

    value: Annotated[
        str,
        Meta(
            description="Decimal with two decimals, as text.",
            examples=["25000.00"],
            extra_json_schema={"pattern": r"^-?[0-9]+\.[0-9]{2}$"},
        ),
    ]
    currency: Annotated[str, Meta(description="ISO 4217; EUR.")]


class AmountRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The amount that is applied for."""

    value: Annotated[
        str,
        Meta(
            max_length=32,
            description="Decimal with at most two decimals, as text: 0.01 to 100000000.00.",
            examples=["25000.00"],
            extra_json_schema={"pattern": r"^-?[0-9]+(\.[0-9]{1,2})?$"},
        ),
    ]
    currency: Annotated[str, Meta(max_length=16, description="EUR.", extra_json_schema={"enum": ["EUR"]})]


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
    language: Literal["de", "en"] = "de"
    as_of: date | None = None
    connection_id: Annotated[str, Meta(max_length=64)] | None = None
    credential: CredentialRequest | None = None
    sevdesk_token: TokenText | None = None


class ConnectionRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account to be connected. Exactly one of ``credential`` and ``sevdesk_token`` is given."""

    borrower_ref: BorrowerRef
    credential: CredentialRequest | None = None
    sevdesk_token: TokenText | None = None
    purposes: Annotated[
        Purposes,
        Meta(
            description="What the firm has agreed to, which the lender can prove: always `decision`. `contacts` beside"
            " it allows to list its customers and suppliers, `write_back` to enter documents of granted loans in its"
            " books."
        ),
    ] = msgspec.field(default_factory=lambda: ["decision"])


class ConnectionResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A connected account; its credential is never shown."""

    connection_id: str
    source: str
    """Where its books are, such as ``sevdesk``."""
    borrower_ref: str | None
    status: Literal["working", "rejected"]
    """What the last check found."""
    created_at: str
    checked_at: str
    purposes: tuple[str, ...]
    """What it may be used for: what the firm agreed to, less what was withdrawn since."""


class ConnectionList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of connections, newest first."""

    items: list[ConnectionResponse]
    next_cursor: str | None
    """Give it as ``cursor`` for the next page; null on the last."""


class LenderIdentity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the page of a link names the lender: the firm must know whom it gives access, and where to ask."""

    name: Annotated[
        str,
        Meta(min_length=1, max_length=120, description="As the firm knows it.", examples=["Muster Bank AG"]),
    ]
    privacy_url: Annotated[
        str,
        Meta(max_length=2048, description="Privacy notice, https.", examples=["https://bank.example/datenschutz"]),
    ]
    privacy_email: Annotated[
        str,
        Meta(
            max_length=254,
            description="Where the firm asks about its data and withdraws its consent.",
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
            " password and fragment. `result` and `connect_session_id` are added to its query.",
            examples=["https://bank.example/application/4711"],
        ),
    ]
    lender: LenderIdentity
    language: Literal["de", "en"] = "de"
    """What the page opens in; the reader may change it."""
    purposes: Annotated[
        Purposes,
        Meta(
            description="What the firm is asked for: always `decision`. `contacts` beside it lets the firm agree that"
            " its customers and suppliers are listed, `write_back` that documents of granted loans are entered in its"
            " books: each with a tick of its own, which it may leave out and connect all the same."
        ),
    ] = msgspec.field(default_factory=lambda: ["decision"])
    expires_in_minutes: Annotated[int, Meta(ge=1, le=10080, description="At most seven days.")] = 60


class ConnectSessionLink(msgspec.Struct, frozen=True, kw_only=True):
    """A new link. The address holds a secret that is shown here once and never again."""

    connect_session_id: str
    url: str
    """Open it in the firm's browser; whoever has it can use it, once."""
    expires_at: str


class ConsentResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What the firm agreed to."""

    given_at: str
    language: str
    purposes: tuple[str, ...]
    text_version: str
    text_sha256: str
    """Of ``text``, UTF-8."""
    text: str
    """What the page said, word for word."""


class ConnectSessionResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a link."""

    connect_session_id: str
    borrower_ref: str | None
    status: Literal["open", "completed", "cancelled", "expired", "failed"]
    """``failed``: too many tokens did not work; make a new link."""
    created_at: str
    expires_at: str
    connection_id: str | None
    """Once completed; give it to a decision."""
    consent: ConsentResponse | None
    """Once completed."""


class Applicant(msgspec.Struct, frozen=True, kw_only=True):
    """Who asked."""

    ref: str | None
    """Null once the borrower was erased."""
    legal_form: LegalForm
    natural_person: bool


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for."""

    product: str
    amount: Money
    term_months: int
    purpose: str | None
    language: str


class Automation(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the verdict may be acted on without a person."""

    mode: str
    legal_basis: str | None


class ScoreResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The score and where it starts."""

    value: float
    base: float
    """Base plus the points of all contributions is exactly the value."""
    low: float | None = None
    """How far down other samples of training firms would have put this firm; null where the model does not tell."""
    high: float | None = None
    """How far up."""
    scale: str = "600 points are odds of 30 good to 1 bad; 40 points double the odds; higher is better"


class PdResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The probability of default."""

    value: float
    horizon_months: int
    definition: str
    low: float | None = None
    """At the upper end of the score; null where the model does not tell."""
    high: float | None = None
    """At the lower end of the score."""


class OfferResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What the firm can afford under the policy."""

    max_amount: Money
    """The limit."""
    requested: Money
    max_tenor_months: int
    annual_rate_percent: str
    pricing_tier: str
    monthly_instalment: Money
    binding_constraint: str
    constraints: dict[str, Money]


class CauseResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Why a verdict is not better, or why there is no score; with what would help."""

    code: str
    text: Text
    remedy: Text | None = None


class DocumentResponse(msgspec.Struct, frozen=True, kw_only=True):
    """One document, or bank transaction, behind a value."""

    kind: DocumentKind
    id: int | str
    """In the bookkeeping system."""
    number: str | None
    """What the firm calls it, such as `RE-1023`; null where it has no number, and once the borrower was erased."""
    date: date | None
    """Of issue, or the value date; null in decisions of versions before 0.4, as the amount."""
    amount: Money | None
    url: str | None
    """Where it opens in the bookkeeping system, for whoever may see these books there; null where that is not known."""


class EvidenceResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The documents behind a value; of each kind the weightiest first."""

    invoices: tuple[int | str, ...]
    vouchers: tuple[int | str, ...]
    credit_notes: tuple[int | str, ...]
    transactions: tuple[int | str, ...]
    total: int
    """How many there are; the lists may be cut."""
    documents: tuple[DocumentResponse, ...]
    """All of them, by what a person knows them by."""


class ReasonResponse(msgspec.Struct, frozen=True, kw_only=True):
    """One of the main factors of the score."""

    code: str
    feature: str
    direction: str
    """``negative`` costs points, ``positive`` earns them."""
    points: float
    value: float | None
    typical: float | None
    """Median of the firms that the model was trained on."""
    unit: str
    text: Text
    evidence: EvidenceResponse


class RuleResponse(msgspec.Struct, frozen=True, kw_only=True):
    """One policy rule and how it went."""

    id: str
    kind: str
    """``minimum_data`` (no score), ``knock_out``, ``cut_off``, ``limit``, ``cap`` (refer at best) or ``gate`` (acts on
    the verdict alone)."""
    result: str
    """``pass``, ``fail`` or ``not_applicable``."""
    value: float | str | None
    threshold: float | str | None
    text: Text


class DataResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What the books held."""

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
    """Feature to the cause of its absence."""


class VersionsResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a replay needs to agree."""

    model: str
    model_sha256: str
    model_is_simulated: bool
    features: str
    policy: str
    policy_sha256: str
    service: str
    texts: str | None
    """Version of the texts; null where the record is from before texts had versions."""
    snapshot_sha256: str


class TimingResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds per stage."""

    fetch: float
    parse: float
    derive: float
    score: float
    decide: float
    own: float
    """Everything but waiting for sevdesk."""
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
    """What may be acted on without a person."""
    recommendation: Verdict
    """What model and policy say."""
    automation: Automation
    score: ScoreResponse | None
    """Null where the data do not carry one; ``causes`` say why."""
    pd: PdResponse | None
    grade: str | None
    offer: OfferResponse | None
    causes: tuple[CauseResponse, ...]
    reasons: tuple[ReasonResponse, ...]
    contributions: tuple[Contribution, ...]
    rules: tuple[RuleResponse, ...]
    features: dict[str, float | None]
    """Every value that model or policy read; ``data.missing`` says why one is null."""
    data: DataResponse
    versions: VersionsResponse
    timing_ms: TimingResponse
    links: dict[str, str]


class DecisionList(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One page of decisions, newest first."""

    items: list[DecisionResponse]
    next_cursor: str | None
    """Give it as ``cursor`` for the next page; null on the last."""
    damaged: Annotated[
        list[str],
        Meta(
            description="Decisions of this page whose stored record was changed, by identifier; only there where there"
            " are any. `GET` of one answers with `/problems/stored-data-damaged`: tell the operator."
        ),
    ] = []
    newer: Annotated[
        list[str],
        Meta(
            description="Decisions of this page that a newer version of the service recorded, by identifier; only there"
            " where there are any. `GET` of one answers with `/problems/newer-record`: ask the newer service."
        ),
    ] = []


class ModelResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The model that scores at the moment."""

    name: str
    version: str
    sha256: str
    is_simulated: bool
    """Trained on simulated firms: the policy refers every real one."""
    horizon_months: int
    definition: str
    features: tuple[str, ...]


class PolicyResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The policy that decides at the moment."""

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


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How the service is."""

    status: str
    checks: dict[str, str] = {}


class ErrorEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with a request."""

    field: str
    message: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A problem document, RFC 9457."""

    type: str
    """Stable; ``GET`` it for its meaning."""
    code: str
    """Stable; names the same without naming a source of books."""
    title: str
    status: int
    detail: str
    instance: str | None = None
    """The request, as the log knows it."""
    errors: list[ErrorEntry] | None = None
    """Everything that is wrong with the request."""


class ProblemMeaning(msgspec.Struct, frozen=True, kw_only=True):
    """What a type of problem means and what to do about it."""

    type: str
    code: str
    title: str
    status: int
    meaning: str
    remedy: str
