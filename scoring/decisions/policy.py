"""The credit policy: what a lender does about a probability of default, in one reviewed file per version."""

import re
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Final, TypeAlias, TypeVar

import msgspec
import msgspec.toml
from msgspec import Meta

from scoring.base.toml import in_words

Share: TypeAlias = Annotated[float, Meta(ge=0.0, le=1.0)]
Cents: TypeAlias = Annotated[int, Meta(ge=1, le=1_000_000_000_000)]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=1_000_000)]
Months: TypeAlias = Annotated[int, Meta(ge=1, le=360)]
BasisPoints: TypeAlias = Annotated[int, Meta(ge=0, le=10_000)]
Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64)]


class PolicyError(ValueError):
    """A policy file does not say what a policy must say; the message names the key."""


class LegalBasis(StrEnum):
    """Ground on which a decision about a natural person may be fully automated (Art. 22(2) GDPR)."""

    NONE = ""
    """No ground: a person decides."""
    CONTRACT = "contract"
    """Necessary for entering into or performing a contract, Art. 22(2)(a)."""
    LAW = "law"
    """Authorised by Union or Member State law, Art. 22(2)(b)."""
    EXPLICIT_CONSENT = "explicit_consent"
    """The person's explicit consent, Art. 22(2)(c)."""


class StartUps(StrEnum):
    """What is done about loans to natural persons who start a business, where they are consumer credit."""

    REFUSE = "refuse"
    """The application is not taken, and no book is read."""
    MARK = "mark"
    """A person decides, and the duties of consumer credit are a condition before pay-out."""


class BankData(StrEnum):
    """Whether bank accounts of natural persons are read."""

    READ = "read"
    LEAVE_OUT = "leave_out"
    """Neither accounts, lines and levels nor the payment log: payments are what the documents say of themselves."""


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file: no key may be missing, misspelt or of the wrong type."""


class Product(_Part, frozen=True, kw_only=True):
    """One kind of loan, and how much of a firm's means it may take up."""

    minimum_cents: Cents
    """Smallest loan."""
    maximum_cents: Cents
    """Largest loan to one firm."""
    minimum_term_months: Months
    maximum_term_months: Months
    revenue_months: Annotated[float, Meta(gt=0.0, le=120.0)]
    """The limit in average monthly net revenues of the last 12 months."""
    receivables_share: Annotated[float, Meta(gt=0.0, le=10.0)] | None = None
    """The limit as a share of eligible receivables; left out where receivables do not secure the product."""
    rules: "ProductRules | None" = None
    """Thresholds that this product has in place of those of the policy."""

    def __post_init__(self) -> None:
        if self.minimum_cents > self.maximum_cents:
            raise ValueError("`minimum_cents` is above `maximum_cents`")
        if self.minimum_term_months > self.maximum_term_months:
            raise ValueError("`minimum_term_months` is above `maximum_term_months`")


class ProductRules(_Part, frozen=True, kw_only=True):
    """Thresholds of one product, by their key in the section of the policy. Rules are neither added nor left out."""

    knock_outs: dict[Name, float | int] = {}
    cut_offs: dict[Name, float | int] = {}
    caps: dict[Name, float | int] = {}


class MinimumData(_Part, frozen=True, kw_only=True):
    """What the books must hold before a score means anything; below it there is none."""

    history_months_at_least: Count
    """Full months since the first document or bank transaction."""
    invoices_at_least: Annotated[int, Meta(ge=1, le=1_000_000)]
    """Issued invoices and revenue vouchers."""
    missing_share_at_most: Share
    """Share of the values that the model reads which may be missing."""
    required_features: tuple[Name, ...]
    """Values that must be there."""


class KnockOuts(_Part, frozen=True, kw_only=True):
    """Facts that lead to a decline whatever the model says. One that cannot be checked leads to a person."""

    garnishments_at_most: Count
    """Garnishments in 12 months."""
    revenue_cents_at_least: Cents
    """Net revenue of 12 months."""
    overdraft_days_at_most: Annotated[int, Meta(ge=0, le=90)] | None = None
    """Days of the last 90 that ended below zero; left out where they lead to a person, see ``Caps``."""


class CutOffs(_Part, frozen=True, kw_only=True):
    """Bounds on the probability of default; between them a person decides."""

    approve_at_or_below: Share
    decline_above: Share

    def __post_init__(self) -> None:
        if self.approve_at_or_below > self.decline_above:
            raise ValueError("`approve_at_or_below` is above `decline_above`")


class Caps(_Part, frozen=True, kw_only=True):
    """Doubts about the data; beyond any of them the recommendation is at best to refer."""

    bank_feed_share_at_least: Share
    """Share of bank volume in 12 months that the bank itself delivered, rather than an uploaded file."""
    paid_without_inflow_share_at_most: Share
    """Share of paid amounts without a bank transaction behind them."""
    sales_inflow_ratio_at_most: Annotated[float, Meta(ge=1.0, le=1000.0)]
    """Booked gross sales over money received in 12 months; beyond it the invoices may not be real."""
    assumed_due_share_at_most: Share
    """Share of documents without a stated term."""
    sales_burst_score_at_most: Annotated[float, Meta(ge=0.0, le=1000.0)]
    """Robust z-score of the revenue of the last 30 days against the firm's own past."""
    idle_days_at_most: Count
    """Days between the newest entry of the books and the observation date."""
    overdraft_days_at_most: Annotated[int, Meta(ge=0, le=90)] | None = None
    """Days of the last 90 that ended below zero. This and what follows: since policy 2, with catalogue 2."""
    garnishments_suspected_at_most: Count | None = None
    """Bank transactions of 12 months that hint at a garnishment without showing one."""
    insolvency_signs_at_most: Count | None = None
    """Bank transactions of 12 months that hint at the firm's own insolvency."""
    loss_share_at_most: Share | None = None
    """Share of gross sales of 12 months that was written off or closed short."""
    backdated_share_at_most: Share | None = None
    """Share of sales of 12 months that was recorded late, without a payment from the bank behind it."""
    shared_payer_share_at_most: Share | None = None
    """Share of receipts from accounts that pay for several customers."""
    round_trip_share_at_most: Share | None = None
    """Share of money from customers that flowed back to the account that it came from."""
    bank_data_age_days_at_most: Count | None = None
    """Days between the last day that the bank's data cover and the observation date."""
    payout_fed_days_at_least: Count | None = None
    """Days that the bank's data of the payout account span."""
    set_aside_share_at_most: Share | None = None
    """Share of documents and bank transactions that could not be read, by number."""
    set_aside_amount_share_at_most: Share | None = None
    """The same by amount, relative to net revenue of 12 months."""
    readings_must_agree: bool | None = None
    """Whether doubtful facts, read otherwise, must lead to the same recommendation."""
    accounts_must_be_known: bool | None = None
    """Whether all own accounts must be in the books, each once."""
    customer_share_at_most: Share | None = None
    """Share of the largest customer in net revenue of 12 months. Since policy 3."""
    holder_must_match: bool | None = None
    """Whether the account must be the applicant's, where the application names one. Since policy 3."""
    legal_form_must_match: bool | None = None
    """Whether the account's name must tell the legal form, where the application states a company. Since policy 4."""
    model_must_be_measured: bool | None = None
    """Whether a person decides where people set the model's points. Since policy 4."""
    model_must_predict_default: bool | None = None
    """Whether a person decides where the model learned from distress in books, not from loans. Since policy 4."""
    stretched_months_at_most: Annotated[float, Meta(ge=0.0, le=120.0)] | None = None
    """Open bills over 60 days old that are not due by their deadline, in months of purchases. Since policy 4."""
    vat_shortfall_share_at_most: Share | None = None
    """Share of value added tax due by documents that was not paid. Since policy 4."""
    new_facilities_at_most: Count | None = None
    """Loans and factoring contracts that began in the last 90 days. Since policy 4."""
    grace_unknown_at_most: Count | None = None
    """Promotional loans of which the bank lines do not tell whether repayment is still to come. Since policy 4."""
    unspent_share_at_most: Share | None = None
    """Share of the level that others than customers paid in within 90 days. Since policy 4; it needs
    `limits.gap_probability_at_most`, with which cash is looked at."""


class LimitRules(_Part, frozen=True, kw_only=True):
    """How the limit follows from cash flow and from cash ahead."""

    cover_ratio: Annotated[float, Meta(ge=1.0, le=100.0)]
    """Operating surplus over debt service, the requested instalment at the highest rate included."""
    step_cents: Cents
    """The limit is rounded down to a multiple of this."""
    looks_ahead: bool | None = None
    """Whether debt service is at least that of the dearest twelve months within the term. Since policy 4."""
    deducts_vat_shortfall: bool | None = None
    """Whether value added tax that was due and not paid is deducted from the surplus, where it can be told. Since
    policy 4."""
    payers_must_be_known: bool | None = None
    """Whether only receivables from known payers are lent on: documents that were recorded near their day, of each
    customer as much as was paid over the bank, and a quarter of it for new ones. Since policy 4."""
    drawings_cents_at_least: Cents | None = None
    """What the owner of a firm without legal personality needs a month; what was drawn counts if it is more. Since
    policy 4."""
    gap_probability_at_most: Annotated[float, Meta(gt=0.0, lt=1.0)] | None = None
    """How probable it may be at most, on each of the next days, that all accounts together end below zero. Since
    policy 4, as the next."""
    gap_days: Annotated[int, Meta(ge=31, le=180)] | None = None
    """How many days are looked at; the first instalment is due within 31."""

    def __post_init__(self) -> None:
        if (self.gap_probability_at_most is None) is not (self.gap_days is None):
            raise ValueError("`gap_probability_at_most` and `gap_days` go together")


class Grade(_Part, frozen=True, kw_only=True):
    """One class of risk with its price."""

    name: Name
    pd_at_most: Share
    pricing_tier: Name
    annual_rate_bps: BasisPoints
    """Nominal interest per year, in hundredths of a percent."""


class Pricing(_Part, frozen=True, kw_only=True):
    """Grades by probability of default, best first, and their price."""

    highest_annual_rate_bps: BasisPoints
    """The highest rate that the policy allows; affordability is computed with it."""
    grades: Annotated[tuple[Grade, ...], Meta(min_length=1)]

    def __post_init__(self) -> None:
        for better, worse in pairwise(self.grades):
            if better.pd_at_most >= worse.pd_at_most:
                raise ValueError(f"`grades`: `pd_at_most` must rise from {better.name} to {worse.name}")
            if better.annual_rate_bps > worse.annual_rate_bps:
                raise ValueError(f"`grades`: `annual_rate_bps` must not fall from {better.name} to {worse.name}")
        if self.grades[-1].pd_at_most != 1.0:
            raise ValueError("`grades`: `pd_at_most` of the last grade must be 1.0, or some firms have no grade")
        if len({grade.name for grade in self.grades}) < len(self.grades):
            raise ValueError("`grades`: each `name` may stand once")
        if self.grades[-1].annual_rate_bps > self.highest_annual_rate_bps:
            raise ValueError("`grades`: `annual_rate_bps` of the last grade is above `highest_annual_rate_bps`")


class NamedModel(_Part, frozen=True, kw_only=True):
    """One version of a model, as it was when the policy was written."""

    name: Name
    version: Name
    manifest_sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    """Of its ``manifest.json``: who puts the policy in force puts this model in force."""


class NaturalPersons(_Part, frozen=True, kw_only=True):
    """What is special about applicants who are natural persons."""

    legal_basis: LegalBasis
    """Empty: the verdict is always to refer, knock-outs included."""
    bank_data: BankData | None = None
    """Null as for ``read``. Since policy 4."""
    model: NamedModel | None = None
    """Scores natural persons in place of the model that was promoted last. Since policy 4."""


class ConsumerCredit(_Part, frozen=True, kw_only=True):
    """Loans to natural persons who start a trade or profession: consumer credit up to an amount (§ 513 BGB)."""

    start_ups: StartUps
    up_to_cents: Cents
    """The highest net loan that is consumer credit."""
    books_months_at_least: Count
    """Below, a person looks at whether the business is really there, where the application says so."""


class ReasonRules(_Part, frozen=True, kw_only=True):
    """How many of the contributions to a score are given as reasons."""

    negative_at_most: Annotated[int, Meta(ge=1, le=20)]
    positive_at_most: Annotated[int, Meta(ge=0, le=20)]
    points_at_least: Annotated[float, Meta(ge=0.0, le=1000.0)]
    """A factor that moves the score by less is not worth a sentence."""


SURPLUS: Final = "liquidity_operating_surplus_12m_cents"
LENIENT_SURPLUS: Final = "liquidity_lenient_surplus_12m_cents"
IN_SEASON: Final = {
    SURPLUS: "liquidity_smoothed_surplus_12m_cents",
    "trust_sales_burst_score_30d": "trust_burst_in_season_score_30d",
}
"""Features that take the place of others where the policy follows the season."""
IN_SUBSTANCE: Final = {
    "customers_top1_share_12m": "customers_top1_or_payer_share_12m",
    "receivables_loss_share_12m": "receivables_given_up_share_12m",
}
"""The same where the policy puts substance over form."""


class Policy(_Part, frozen=True, kw_only=True):
    """One version of the credit policy. Money in cents, shares in 0..1, rates in basis points per year."""

    version: Name
    effective_on: date
    catalogue: Annotated[int, Meta(ge=1, le=2)] = 1
    """Of the features that its rules and limits read."""
    follows_season: bool | None = None
    """Whether the limit takes the surplus smoothed over month ends, and a jump in sales is one beyond that of the year
    before. Since policy 4, with catalogue 2."""
    substance_over_form: bool | None = None
    """Whether a loss is one whatever it is called, and the largest customer is looked for among payers, too. Since
    policy 4, with catalogue 2."""
    currency: Name
    """ISO 4217 code of every amount."""
    validity_days: Annotated[int, Meta(ge=1, le=365)]
    """How long a decision may be acted on."""
    products: Annotated[dict[Name, Product], Meta(min_length=1)]
    minimum_data: MinimumData
    knock_outs: KnockOuts
    cut_offs: CutOffs
    caps: Caps
    limits: LimitRules
    pricing: Pricing
    natural_persons: NaturalPersons
    consumer_credit: ConsumerCredit | None = None
    """Left out where the lender gives no credit to whom this law protects, as before policy 3."""
    reasons: ReasonRules

    def __post_init__(self) -> None:
        for name in ("follows_season", "substance_over_form"):
            if getattr(self, name) and self.catalogue == 1:
                raise ValueError(f"`{name}` needs `catalogue = 2`")
        if self.caps.unspent_share_at_most is not None and self.limits.gap_probability_at_most is None:
            raise ValueError("`caps.unspent_share_at_most` needs `limits.gap_probability_at_most`")
        for name in self.products:
            self.of(name)

    def of(self, product: str) -> "Policy":
        """The policy with the thresholds that a product has of its own."""
        rules = self.products[product].rules if product in self.products else None
        if rules is None:
            return self
        return msgspec.structs.replace(
            self,
            products={
                name: msgspec.structs.replace(one, rules=None) if name == product else one
                for name, one in self.products.items()
            },
            knock_outs=_with(self.knock_outs, rules.knock_outs, f"products.{product}.rules.knock_outs"),
            cut_offs=_with(self.cut_offs, rules.cut_offs, f"products.{product}.rules.cut_offs"),
            caps=_with(self.caps, rules.caps, f"products.{product}.rules.caps"),
        )

    @property
    def reads_borrowings(self) -> bool:
        """Whether a decision needs to know what the firm owes elsewhere."""
        caps = (self.caps.new_facilities_at_most, self.caps.grace_unknown_at_most)
        return bool(self.limits.looks_ahead) or any(cap is not None for cap in caps)

    def feature(self, name: str) -> str:
        """The name, in the policy's catalogue, of a feature that is called so in catalogue 1."""
        if self.follows_season:
            name = IN_SEASON.get(name, name)
        if self.substance_over_form:
            name = IN_SUBSTANCE.get(name, name)
        return name if self.catalogue == 1 else f"{name}_v{self.catalogue}"

    @property
    def lenient_surplus(self) -> str | None:
        """The feature of the lenient surplus, where the limit takes the smoothed one."""
        return f"{LENIENT_SURPLUS}_v{self.catalogue}" if self.follows_season else None

    def reads(self, feature: str) -> bool:
        """Whether a feature is of the policy's catalogue."""
        suffix = re.search(r"_v(\d+)$", feature)
        return self.catalogue == (int(suffix[1]) if suffix else 1)


T = TypeVar("T", bound=_Part)


def _with(section: T, values: dict[str, float | int], where: str) -> T:
    """A section with other thresholds, each in place of one that it has.

    Raises:
        ValueError: the section has no such threshold, or it cannot have this value.
    """
    plain = msgspec.to_builtins(section)
    for name in values:
        if isinstance(plain.get(name), bool) or plain.get(name) is None:
            raise ValueError(f"`{where}.{name}` is no threshold that the policy sets")
    try:
        return msgspec.convert(plain | values, type(section), strict=True)
    except msgspec.ValidationError as error:
        raise ValueError(f"`{where}`: {in_words(error)}") from None


def load_policy(text: bytes) -> Policy:
    """Read a policy from the bytes of its TOML file.

    Raises:
        PolicyError: The file is not TOML, a key is missing, unknown, of the wrong type or out of range, or two
            values contradict each other. The message names the key.
    """
    try:
        return msgspec.toml.decode(text, type=Policy, strict=True)
    except UnicodeDecodeError as error:
        raise PolicyError(f"policy file is not UTF-8 text: {error.reason} at byte {error.start}") from error
    except msgspec.ValidationError as error:
        raise PolicyError(f"policy file does not hold: {in_words(error)}") from error
    except msgspec.DecodeError as error:
        raise PolicyError(f"policy file is not valid TOML: {error}") from error
