"""Wire types of decisions."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from features.feature import Missing, Text
from forecast.facilities import Course, FacilityCause, FacilityKind, FacilityState
from forecast.instalments import Rhythm
from models.points import Contribution
from scoring.api.schemas.amounts import Money
from scoring.decisions.decision import DocumentKind, LegalForm, PayoutCheck, Verdict


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
    """Lower end of the interval over resampled training firms; the model card says how often it holds.

    Null where the model has none."""
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
    surplus_lenient: Money | None
    """That of the last twelve full months with every doubt in favour of the firm, where the other one is such a mean:
    nobody is declined for a limit that this one would raise above the smallest loan."""
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
    debt_service_extra: Money
    """What of `debt_service_observed` was a redemption or an extra repayment: nobody is declined for it."""
    debt_service_refinanced: Money
    """Of `debt_service_extra`, what other loans paid out around the same days: it does not count."""


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
    """A loan, lease, factoring contract or overdraft that bank transactions and account levels show."""

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
    """Instalments that were seen; of an overdraft, days of a year that ended below zero."""
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
    """Principal still owed; null where the pay-out is not known. Of an overdraft, what is drawn."""
    used_at_most: Money | None
    """Of an overdraft, the most that was drawn at the end of a day within a year: its line is at least as large."""
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
    """Counterparties of loans and factoring that have not ended, and overdrafts in use."""
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


class SecondFactorResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The other feature of a reason that is about two of them together."""

    feature: str
    value: float | None
    typical: float | None
    unit: str


class ReasonResponse(msgspec.Struct, frozen=True, kw_only=True):
    """One of the main factors of the score: a feature, or two of them together."""

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
    second: SecondFactorResponse | None = None
    """Null where the reason is about one feature."""


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
    legal_form: ComparedResponse | None = None
    """Whether the account's name tells the legal form of the application; null where it states none that a name must
    tell, such as that of a natural person, and where the policy does not ask."""


class VersionsResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Versions and digests that a replay uses."""

    model: str
    model_sha256: str
    model_is_simulated: bool
    model_is_measured: bool
    """False where people set the model's points and no outcome was looked at."""
    model_outcome: Literal["default", "distress"]
    """What the PD is of: default on a loan, or distress in the firm's own books."""
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


class ReceiptResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What proves one decision to whoever has the public keys."""

    statement: str
    """Compact JWS (RFC 7515), signed with Ed25519."""
    salt: str
    """Base64url of the salt of the digests in the statement."""
    record: str
    """The stored bytes of the decision, as text."""
