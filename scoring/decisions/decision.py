"""The closed record of one decision: what was asked, seen, predicted, concluded, and by which versions.

It holds facts only; ``scoring.texts`` puts them in words. Its canonical form is its stored byte string (deterministic
JSON, money as integer cents). Nothing in it names a person: the borrower appears as a salted digest only. Every change
to what is stored is a new ``SCHEMA``; ``scoring.decisions.records`` says how.
"""

from datetime import date
from enum import StrEnum
from typing import Final

import msgspec

from forecast.facilities import Borrowings
from forecast.largest_instalment import LargestInstalment
from models.points import Contribution
from models.steps import PAIRED

SCHEMA: Final = 6
"""Version of what a record stores."""


class LegalForm(StrEnum):
    """Legal form of the applicant, as the application states it."""

    GMBH = "gmbh"
    UG = "ug"
    AG = "ag"
    GMBH_CO_KG = "gmbh_co_kg"
    KG = "kg"
    OHG = "ohg"
    GBR = "gbr"
    EK = "ek"
    EINZELUNTERNEHMEN = "einzelunternehmen"
    FREIBERUFLER = "freiberufler"
    EG = "eg"
    UNKNOWN = "unknown"


NATURAL_PERSONS = frozenset(
    {
        LegalForm.OHG,
        LegalForm.GBR,
        LegalForm.EK,
        LegalForm.EINZELUNTERNEHMEN,
        LegalForm.FREIBERUFLER,
        LegalForm.UNKNOWN,
    }
)
"""Legal forms that are treated as natural persons; an unknown form counts as one."""


class Verdict(StrEnum):
    """What is recommended, or may be acted on without a person."""

    APPROVE = "approve"
    REFER = "refer"
    DECLINE = "decline"


FOREIGN_ACCOUNT = "foreign_currency_account"
"""Note in the coverage: an account is not kept in euro, and its lines and level were left out."""


CONSENT_LACKS: Final = "consent_lacks_"
"""Begin of a note in the coverage: model, policy or operator want the resource behind it read or kept, and the firm's
consent does not name it; it was left out."""
OWN_ACCOUNT_MISSING = "own_account_missing"
"""Note in the coverage: money goes to or comes from an account in the firm's own name that is not in the books."""
ACCOUNT_TWICE_UNSURE = "account_twice_unsure"
"""Note in the coverage: two accounts may be one, and nothing tells."""


class PayoutCheck(StrEnum):
    """Whether the payout account of the application is a bank account in the books."""

    MATCH = "match"
    MISMATCH = "mismatch"
    UNKNOWN = "unknown"


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for, without anything that names the applicant or that somebody wrote freely."""

    product: str
    amount_cents: int
    currency: str
    term_months: int
    legal_form: LegalForm
    language: str
    starts_business: bool | None = None
    """Whether the loan starts a trade or profession; null where the application does not say, as before schema 5."""


class Comparison(StrEnum):
    """How what the application states compares with what the books say."""

    SAME = "same"
    DIFFERS = "differs"
    UNKNOWN = "cannot_be_compared"


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was compared."""

    result: Comparison
    why: str | None = None
    """Why it differs or cannot be compared, as ``holders.Why`` has it; null where it is the same."""


class HolderCheck(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the account at the source is the applicant's. It holds no name and no number."""

    result: Comparison
    name: Compared
    tax_number: Compared
    vat_id: Compared


class SetAside(msgspec.Struct, frozen=True, kw_only=True):
    """One document or line that could not be read."""

    kind: str
    """As ``features.ledger.SET_ASIDE_KIND``."""
    id: int | str
    """In the bookkeeping system."""
    field: str
    """The system's name of what could not be read."""
    reason: str
    """As ``features.ledger.SET_ASIDE_REASON``."""


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What the books held, in counts: known at the edge, kept in the record. Before schema 3 without the last six."""

    invoice_count: int
    bill_count: int
    payment_count: int
    transaction_count: int
    account_count: int
    payment_source: str
    """``log`` (bank transactions linked to documents), ``documents`` (the documents' own fields) or ``none``."""
    first_on: date | None
    last_on: date | None
    payout: PayoutCheck
    fetched: tuple[str, ...]
    """Resources that were asked for."""
    notes: tuple[str, ...]
    """Machine-readable remarks of the ledger builder, such as ``payment_log_unavailable``."""
    bank_data_until: date | None = None
    """The last day that the data of every account that the bank delivers cover; null where it delivers none."""
    payout_fed_days: int | None = None
    """Days that bank-delivered lines of the payout account span; null where it is none of the accounts."""
    set_aside: tuple[SetAside, ...] = ()
    """The first of what could not be read."""
    set_aside_count: int = 0
    """How many there are."""
    set_aside_cents: int | None = 0
    """Their gross amounts added up; null where one could not be read."""
    bank_rules: str | None = None
    """Digest of the lender's own rules for bank lines; null without such rules."""


class ModelOutcome(StrEnum):
    """What the PD of a model is of."""

    DEFAULT = "default"
    """Default on a loan."""
    DISTRESS = "distress"
    """Distress in the firm's own books; it is no default."""


class ModelCard(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision must know of the model that scored it."""

    name: str
    version: str
    sha256: str
    is_simulated: bool
    """Trained on simulated firms."""
    horizon_months: int
    definition: str
    """What counts as bad."""
    is_measured: bool = True
    """False where people set its points and no outcome was looked at; before schema 6 there were none of these."""
    outcome: ModelOutcome = ModelOutcome.DEFAULT
    """What its PD is of; before schema 6 always default."""


class Snoozed(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that two persons had set aside for the borrower when the decision was made."""

    rule: str
    until: date
    """The last day."""
    case_id: str
    """The case in which they did, and the step that asked for it."""
    step: int


class PendingLoan(msgspec.Struct, frozen=True, kw_only=True):
    """A loan of the lender itself that no bank line shows yet."""

    instalment_cents: int
    """A month."""
    term_months: int


class OwnLoans(msgspec.Struct, frozen=True, kw_only=True):
    """What the lender itself has lent to the borrower, by its own entries."""

    open_count: int
    """Loans of which something may still come."""
    exposure_cents: int
    """What is owed or may still be paid out, without interest to come."""
    pending: tuple[PendingLoan, ...]
    """Of these, what is not wholly paid out, or was on the last bank line's day or later: no bank line shows it."""


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """Facts about the request that neither model nor books know."""

    as_of: date
    is_reconstructed: bool
    source: str
    """Where the books are, such as ``sevdesk``."""
    is_sandbox: bool
    coverage: Coverage
    holder: HolderCheck | None = None
    """Null where the application names no applicant, and before schema 5."""
    legal_form: Compared | None = None
    """Whether the account's name tells the legal form of the application; null where it states none that a name must
    tell, where the policy does not ask, where neither application nor account has a name, and before schema 6."""
    snoozed: tuple[Snoozed, ...] = ()
    """Rules set aside for the borrower; empty before schema 5."""
    own_loans: OwnLoans | None = None
    """Null where the policy does not look at what the firm owes elsewhere, and before schema 6."""


class DocumentKind(StrEnum):
    """What a document is, in the words of every source."""

    INVOICE = "invoice"
    VOUCHER = "voucher"
    CREDIT_NOTE = "credit_note"
    TRANSACTION = "transaction"


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One document, or one bank transaction, by what does not name a person; its number is kept apart."""

    kind: DocumentKind
    id: int | str
    """In the bookkeeping system."""
    day: date | None
    """Of issue, or the value date; null in records of schema 1, as the amount."""
    amount_cents: int | None


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """The documents behind a value; of each kind the weightiest first."""

    documents: tuple[Document, ...] = ()
    total: int = 0
    """How many there are; the list may be cut."""


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """Why a verdict is not better, or why there is no score."""

    code: str
    """The rule, with ``_NOT_CHECKED`` behind it where its value is missing."""
    rule: str
    """The rule whose result says more."""
    evidence: Evidence = Evidence()
    """The documents behind the rule's value; empty in records before schema 3."""


class SecondFactor(msgspec.Struct, frozen=True, kw_only=True):
    """The other feature of a reason that is about two of them together."""

    feature: str
    value: float | None
    typical: float | None
    unit: str


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One of the main factors of the score: a feature, or two of them together."""

    code: str
    feature: str
    direction: str
    """``negative`` costs points, ``positive`` earns them."""
    points: float
    value: float | None
    typical: float | None
    """Median of the firms that the model was trained on."""
    unit: str
    missing: str | None
    """Cause of absence, where there is no value."""
    evidence: Evidence = Evidence()
    second: SecondFactor | msgspec.UnsetType = msgspec.UNSET
    """Absent where the reason is about one feature, as before schema 6."""

    @property
    def features(self) -> tuple[str, ...]:
        """The feature, or both."""
        return (self.feature,) if self.second is msgspec.UNSET else (self.feature, self.second.feature)

    @property
    def name(self) -> str:
        """The feature, or both, as a contribution calls them."""
        return PAIRED.join(self.features)


class RuleResult(msgspec.Struct, frozen=True, kw_only=True):
    """One policy rule and how it went."""

    id: str
    kind: str
    """``minimum_data`` (no score), ``knock_out``, ``cut_off``, ``limit``, ``cap`` (refer at best) or ``gate`` (acts on
    the verdict alone)."""
    effect: Verdict | None
    """The best that is left when the rule fails; null in records of schema 1, which did not say."""
    result: str
    """``pass``, ``fail`` or ``not_applicable``."""
    value: float | str | None
    threshold: float | str | None
    bound: str | None
    """``at_most``, ``at_least`` or ``is``; null in records of schema 1."""
    unit: str | None
    """Of value and threshold; null where they are states, and in records of schema 1."""
    missing: str | None
    """Cause of absence, where there is no value and the cause is known."""


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What the firm can afford under the policy."""

    limit_cents: int
    requested_cents: int
    max_term_months: int
    annual_rate_bps: int
    pricing_tier: str
    monthly_instalment_cents: int
    binding_constraint: str
    constraints: dict[str, int]
    """Every limit that was computed, in cents, by name; the smallest binds."""


class CashFlow(msgspec.Struct, frozen=True, kw_only=True):
    """What the cash-flow bound of a limit follows from, in cents a year."""

    surplus_cents: int
    """The operating surplus of twelve full months: of the last ones, or smoothed over three periods."""
    drawings_cents: int | None
    """What the owner drew in these; null where the policy has no floor, or the applicant is no natural person."""
    drawings_floor_cents: int | None
    """What an owner needs to live by the policy. Where it is above the drawings, the difference is deducted."""
    vat_shortfall_cents: int | None
    """Value added tax that was due in twelve months and not paid, which is deducted; null where it cannot be told, or
    the policy does not deduct it."""
    debt_service_observed_cents: int
    """Instalments of the last twelve full months."""
    debt_service_projected_cents: int | None
    """The dearest twelve months within the term that was asked for; null where the policy does not look ahead. The
    higher of both counts."""
    debt_service_pending_cents: int = 0
    """The first year's instalments of the lender's own loans that no bank line shows yet, which count on top."""
    surplus_lenient_cents: int | None = None
    """The surplus of the last twelve full months with every doubt in favour of the firm, where the other one is
    smoothed. Nobody is declined for a limit that the higher of both raises above the smallest loan."""
    debt_service_extra_cents: int = 0
    """What of the instalments of the last twelve full months was a redemption or an extra repayment. Nobody is declined
    for a limit that leaving it out raises above the smallest loan."""
    debt_service_refinanced_cents: int = 0
    """Of these, at most what other loans paid out around the same days: it does not count at all."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What would be recommended if doubtful facts were read otherwise."""

    name: str
    """Which facts, and how: as ``features.readings.READINGS``."""
    recommendation: Verdict
    score: float | None
    limit_cents: int | None
    """Null without a score."""


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from score, row, terms and policy: the pure part of a decision."""

    recommendation: Verdict
    verdict: Verdict
    automation: str
    """``fully_automated`` or ``human_required``."""
    legal_basis: str | None
    natural_person: bool
    score: float | None
    base: float | None
    pd: float | None
    grade: str | None
    offer: Offer | None
    causes: tuple[Cause, ...]
    reasons: tuple[Reason, ...]
    contributions: tuple[Contribution, ...]
    rules: tuple[RuleResult, ...]
    score_low: float | None = None
    """Interval of the score; null where the model carries none, as in every decision before 0.2."""
    score_high: float | None = None
    pd_low: float | None = None
    pd_high: float | None = None
    readings: tuple[Reading, ...] = ()
    """The same application with its doubtful facts read otherwise; empty where nothing is doubtful."""
    cash_flow: CashFlow | None = None
    """Of the limit; null without one, and before schema 6."""


class Versions(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that must be the same for a replay to agree."""

    model: str
    model_sha256: str
    features: str
    policy: str
    policy_sha256: str
    service: str
    texts: str | None
    """The catalogue of texts in force; null in records of schema 1, which hold their words."""


class StageTimes(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds per stage; not compared by a replay."""

    fetch: float
    parse: float
    derive: float
    score: float
    decide: float
    own: float
    """Everything but waiting for sevdesk."""
    total: float


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """The whole record."""

    schema: int = SCHEMA
    decision_id: str
    created_at: str
    """UTC instant, ISO 8601, milliseconds."""
    valid_until: date
    borrower_digest: str
    as_of: date
    terms: Terms
    circumstances: Circumstances
    row: dict[str, float | None]
    """Every derived feature, model and policy alike; the stored text has them by name."""
    missing: dict[str, str]
    """Feature name to the cause of its absence."""
    assessment: Assessment
    model: ModelCard
    snapshot_sha256: str
    versions: Versions
    timing: StageTimes
    asked_by: str | None = None
    """The principal whose key asked, by its identifier; null in records before schema 4."""
    borrowings: Borrowings | None = None
    """What the firm owes elsewhere; null where the policy does not look at it, and before schema 6."""
    largest_instalment: LargestInstalment | None = None
    """What cash ahead carries; null where the policy does not look at it, where nothing would be offered without it,
    and before schema 6."""
