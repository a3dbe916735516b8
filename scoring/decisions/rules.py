"""Every rule of the policy as one declaration, from which its result, its cause and its documentation follow.

Its words are in ``scoring.texts``, by its id.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Generic, TypeVar

from features.feature import Missing, Unit
from forecast.facilities import Borrowings
from forecast.largest_instalment import LargestInstalment
from scoring.decisions.consumer_credit import MARKED, REFUSED, protection_of
from scoring.decisions.decision import (
    ACCOUNT_TWICE_UNSURE,
    FOREIGN_ACCOUNT,
    OWN_ACCOUNT_MISSING,
    Assessment,
    Cause,
    Circumstances,
    Comparison,
    Coverage,
    ModelOutcome,
    Offer,
    PayoutCheck,
    Reading,
    RuleResult,
    Terms,
    Verdict,
)
from scoring.decisions.limits import REVENUE, Limit
from scoring.decisions.policy import BankData, LegalBasis, Policy, Product, StartUps


class RuleKind(StrEnum):
    """What a rule is for."""

    MINIMUM_DATA = "minimum_data"
    """Too little data: no score."""
    KNOCK_OUT = "knock_out"
    CUT_OFF = "cut_off"
    LIMIT = "limit"
    CAP = "cap"
    """Refer at best."""
    GATE = "gate"
    """Acts on the verdict alone."""


class Bound(StrEnum):
    """How a value is compared with the threshold."""

    AT_MOST = "at_most"
    AT_LEAST = "at_least"
    IS = "is"


NOT_CHECKED: Final = "_NOT_CHECKED"
"""Behind a rule's id: the code of the cause where its value is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksContext:
    """What is known before a score: the row, why values are missing, the coverage."""

    row: Mapping[str, float | None]
    missing: Mapping[str, str]
    model_features: Collection[str]
    """What the model reads."""
    coverage: Coverage
    policy: Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionContext(BooksContext):
    """What is known when the decision is taken."""

    terms: Terms
    product: Product
    circumstances: Circumstances
    is_model_simulated: bool
    is_model_measured: bool
    model_outcome: ModelOutcome
    is_natural_person: bool
    pd: float | None
    """Null without a score."""
    limit: Limit | None
    """Null without a score."""
    readings: tuple[Reading, ...] = ()
    """What would be recommended if doubtful facts were read otherwise."""
    borrowings: Borrowings | None = None
    """What the firm owes elsewhere; null where the policy does not look at it, or bank lines were not fetched."""
    largest_instalment: LargestInstalment | None = None
    """What cash ahead carries; null where the policy does not look at it, or nothing would be offered without it."""
    recommended: Verdict | None = None
    """By all rules but that on readings; null until they are evaluated."""


Seen = TypeVar("Seen", bound=BooksContext, contravariant=True)  # noqa: PLC0105  the word says what it is: what a rule looks at


@dataclass(frozen=True, kw_only=True)  # no slots: naming the type parameter sets an attribute
class Rule(Generic[Seen]):
    """One rule. Where its value is missing it does not apply; a knock-out, cap or minimum then leads to a person."""

    id: str
    """Stable; also the code of the cause when the rule fails."""
    kind: RuleKind
    effect: Verdict
    """The best that is left when the rule fails."""
    observe: Callable[[Seen], float | str | None]
    threshold: Callable[[Seen], float] | str
    """A number of policy, product or application; or the one state that is required."""
    setting: Callable[[Policy], float | None] | None = None
    """The threshold, where the policy alone sets it. A policy from before this rule has none, see ``in_force``."""
    bound: Bound = Bound.IS
    unit: Unit | None = None
    """Null where the value is a state."""
    feature: str | None = None
    """Name of the value, where it is one of the row, as ``Policy.feature`` takes it."""
    implied_by: tuple[str, ...] = ()
    """Rules whose failure makes this one's cause superfluous."""
    is_optional: bool = False
    """Nothing follows where its value is missing: the application need not state it."""

    def evaluate(self, seen: Seen) -> "RuleOutcome":
        """Compare the value with the threshold."""
        value = self.observe(seen)
        threshold = self.threshold if isinstance(self.threshold, str) else self.threshold(seen)
        if value is None:
            is_needed = self.kind in {RuleKind.KNOCK_OUT, RuleKind.CAP, RuleKind.MINIMUM_DATA} and not self.is_optional
            result, code = "not_applicable", f"{self.id}{NOT_CHECKED}" if is_needed else None
        elif _holds(value, self.bound, threshold):
            result, code = "pass", None
        else:
            result, code = "fail", self.id
        record = RuleResult(
            id=self.id,
            kind=self.kind.value,
            effect=self.effect,
            result=result,
            value=value,
            threshold=threshold,
            bound=self.bound.value,
            unit=None if self.unit is None else self.unit.value,
            missing=None
            if value is not None or self.feature is None
            else seen.missing.get(seen.policy.feature(self.feature)),
        )
        return RuleOutcome(
            record=record,
            cause=None if code is None else Cause(code=code, rule=self.id),
            effect=Verdict.APPROVE if code is None else self.effect if result == "fail" else Verdict.REFER,
            implied_by=self.implied_by,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOutcome:
    """How one rule went."""

    record: RuleResult
    cause: Cause | None
    """Null when the rule passed, or does not apply and nothing follows."""
    effect: Verdict
    """The best that is left; approve when the rule passed."""
    implied_by: tuple[str, ...]


def measured(
    rule_id: str,
    kind: RuleKind,
    feature: str,
    bound: Bound,
    setting: Callable[[Policy], float | None],
    unit: Unit,
) -> Rule[BooksContext]:
    """A rule on a value of the row, with a threshold of the policy."""
    return Rule[BooksContext](
        id=rule_id,
        kind=kind,
        effect=Verdict.DECLINE if kind is RuleKind.KNOCK_OUT else Verdict.REFER,
        observe=lambda seen: seen.row.get(seen.policy.feature(feature)),
        threshold=lambda seen: threshold_of(setting, seen.policy),
        setting=setting,
        bound=bound,
        unit=unit,
        feature=feature,
    )


def threshold_of(setting: Callable[[Policy], float | None], policy: Policy) -> float:
    """The threshold that a policy sets for a rule that is in force.

    Raises:
        LookupError: the policy sets none, so the rule is not in force.
    """
    threshold = setting(policy)
    if threshold is None:
        raise LookupError(f"policy {policy.version} does not set this threshold")
    return float(threshold)


def _is_set(setting: Callable[[Policy], bool | None]) -> Callable[[Policy], float | None]:
    """For a state that a policy may require or not."""
    return lambda policy: 1.0 if setting(policy) else None


def in_force(rules: Iterable[Rule[Seen]], policy: Policy) -> tuple[Rule[Seen], ...]:
    """The rules of a policy: all but those whose setting it leaves out, which were added after it was released.

    So decisions under an older policy replay with the rules that it had.
    """
    return tuple(rule for rule in rules if rule.setting is None or rule.setting(policy) is not None)


def evaluate(rules: Iterable[Rule[Seen]], seen: Seen) -> tuple[RuleOutcome, ...]:
    """Outcomes of the rules in force, in their order."""
    return tuple(rule.evaluate(seen) for rule in in_force(rules, seen.policy))


def causes_of(outcomes: Iterable[RuleOutcome]) -> tuple[Cause, ...]:
    """The causes that outcomes give, without those that another failure already says."""
    outcomes = tuple(outcomes)
    failed = {outcome.record.id for outcome in outcomes if outcome.record.result == "fail"}
    return tuple(
        outcome.cause for outcome in outcomes if outcome.cause is not None and failed.isdisjoint(outcome.implied_by)
    )


def _holds(value: float | str, bound: Bound, threshold: float | str) -> bool:
    if isinstance(value, float) and isinstance(threshold, float):
        return value <= threshold if bound is Bound.AT_MOST else value >= threshold
    return value == threshold


_LEFT_OUT: Final = "MODEL_READS_BANK_DATA"
"""In force where the policy leaves out bank data of natural persons."""
HISTORY: Final = "trust_history_months"
GARNISHMENTS: Final = "liquidity_garnishment_count_12m"
OVERDRAFT_DAYS: Final = "liquidity_overdraft_days_90d"


def _missing_share(seen: BooksContext) -> float:
    if not seen.model_features:
        return 1.0
    return round(sum(seen.row.get(name) is None for name in seen.model_features) / len(seen.model_features), 4)


def _required(seen: BooksContext) -> str:
    absent = any(seen.row.get(name) is None for name in seen.policy.minimum_data.required_features)
    return "incomplete" if absent else "complete"


MINIMUM_DATA: Final[tuple[Rule[BooksContext], ...]] = (
    Rule[BooksContext](
        id="NO_INVOICES",
        kind=RuleKind.MINIMUM_DATA,
        effect=Verdict.REFER,
        observe=lambda seen: float(seen.coverage.invoice_count),
        threshold=lambda _: 1.0,
        setting=lambda _: 1.0,
        bound=Bound.AT_LEAST,
        unit=Unit.COUNT,
    ),
    Rule[BooksContext](
        id="TOO_FEW_INVOICES",
        kind=RuleKind.MINIMUM_DATA,
        effect=Verdict.REFER,
        observe=lambda seen: float(seen.coverage.invoice_count),
        threshold=lambda seen: float(seen.policy.minimum_data.invoices_at_least),
        setting=lambda policy: policy.minimum_data.invoices_at_least,
        bound=Bound.AT_LEAST,
        unit=Unit.COUNT,
        implied_by=("NO_INVOICES",),
    ),
    measured(
        "TOO_LITTLE_HISTORY",
        RuleKind.MINIMUM_DATA,
        HISTORY,
        Bound.AT_LEAST,
        lambda policy: policy.minimum_data.history_months_at_least,
        Unit.MONTHS,
    ),
    Rule[BooksContext](
        id="REQUIRED_VALUES_MISSING",
        kind=RuleKind.MINIMUM_DATA,
        effect=Verdict.REFER,
        observe=_required,
        threshold="complete",
        implied_by=("NO_INVOICES", "TOO_LITTLE_HISTORY"),
    ),
    Rule[BooksContext](
        id="TOO_MUCH_MISSING",
        kind=RuleKind.MINIMUM_DATA,
        effect=Verdict.REFER,
        observe=_missing_share,
        threshold=lambda seen: seen.policy.minimum_data.missing_share_at_most,
        setting=lambda policy: policy.minimum_data.missing_share_at_most,
        bound=Bound.AT_MOST,
        unit=Unit.SHARE,
    ),
    Rule[BooksContext](
        id=_LEFT_OUT,
        kind=RuleKind.MINIMUM_DATA,
        effect=Verdict.REFER,
        # What nobody asked for is no missing value: the points for these are of firms that could not show it.
        observe=lambda seen: float(
            sum(seen.missing.get(name) == Missing.NOT_FETCHED.value for name in seen.model_features)
        ),
        threshold=lambda _: 0.0,
        setting=lambda policy: 0.0 if policy.natural_persons.bank_data is BankData.LEAVE_OUT else None,
        bound=Bound.AT_MOST,
        unit=Unit.COUNT,
    ),
)

KNOCK_OUTS: Final[tuple[Rule[BooksContext], ...]] = (
    measured(
        "GARNISHMENT",
        RuleKind.KNOCK_OUT,
        GARNISHMENTS,
        Bound.AT_MOST,
        lambda policy: policy.knock_outs.garnishments_at_most,
        Unit.COUNT,
    ),
    measured(
        "REVENUE_TOO_LOW",
        RuleKind.KNOCK_OUT,
        REVENUE,
        Bound.AT_LEAST,
        lambda policy: policy.knock_outs.revenue_cents_at_least,
        Unit.CENTS,
    ),
    measured(
        "OVERDRAFT_PERMANENT",
        RuleKind.KNOCK_OUT,
        OVERDRAFT_DAYS,
        Bound.AT_MOST,
        lambda policy: policy.knock_outs.overdraft_days_at_most,
        Unit.DAYS,
    ),
)


CUT_OFFS: Final[tuple[Rule[DecisionContext], ...]] = (
    Rule[DecisionContext](
        id="PD_TOO_HIGH",
        kind=RuleKind.CUT_OFF,
        effect=Verdict.DECLINE,
        observe=lambda case: case.pd,
        threshold=lambda case: case.policy.cut_offs.decline_above,
        setting=lambda policy: policy.cut_offs.decline_above,
        bound=Bound.AT_MOST,
        unit=Unit.SHARE,
    ),
    Rule[DecisionContext](
        id="PD_NEEDS_REVIEW",
        kind=RuleKind.CUT_OFF,
        effect=Verdict.REFER,
        observe=lambda case: case.pd,
        threshold=lambda case: case.policy.cut_offs.approve_at_or_below,
        setting=lambda policy: policy.cut_offs.approve_at_or_below,
        bound=Bound.AT_MOST,
        unit=Unit.SHARE,
        implied_by=("PD_TOO_HIGH",),
    ),
)


CASH_AHEAD_SHORT: Final = "CASH_AHEAD_SHORT"


def _known_limit(case: DecisionContext) -> float | None:
    return None if case.limit is None else float(case.limit.cents)


def _limit_by_cash(case: DecisionContext) -> float | None:
    cents = None if case.limit is None else case.limit.constraints.get("cash_ahead")
    return None if cents is None else float(cents)


def _observed_limit(case: DecisionContext) -> float | None:
    """What is only inferred, of other lenders' loans, tax and cash ahead, declines nobody: a person looks at it."""
    return None if case.limit is None else float(case.limit.observed_cents)


def _limit_inputs(case: DecisionContext) -> str | None:
    if case.limit is None:
        return None
    return "incomplete" if case.limit.missing else "complete"


def _lent_to_start(case: DecisionContext) -> float | None:
    """What would be lent to a natural person who starts a business, at most what was asked for; None for all others."""
    if not case.terms.starts_business or protection_of(case.terms, case.policy) is None:
        return None
    is_known = case.limit is not None and not case.limit.missing and case.limit.cents >= case.product.minimum_cents
    return float(min(case.terms.amount_cents, case.limit.cents) if is_known and case.limit else case.terms.amount_cents)


def _no_consumer_credit_from(start_ups: StartUps) -> Callable[[Policy], float | None]:
    """The first amount above consumer credit, where the policy treats start-ups so."""
    return lambda policy: (
        None
        if policy.consumer_credit is None or policy.consumer_credit.start_ups is not start_ups
        else float(policy.consumer_credit.up_to_cents + 1)
    )


_BELOW_PRODUCT: Final = "LIMIT_BELOW_PRODUCT"
_BELOW_REQUEST: Final = "LIMIT_BELOW_REQUEST"
LIMITS: Final[tuple[Rule[DecisionContext], ...]] = (
    Rule[DecisionContext](
        id=_BELOW_PRODUCT,
        kind=RuleKind.LIMIT,
        effect=Verdict.DECLINE,
        observe=_observed_limit,
        threshold=lambda case: float(case.product.minimum_cents),
        bound=Bound.AT_LEAST,
        unit=Unit.CENTS,
    ),
    Rule[DecisionContext](
        id=_BELOW_REQUEST,
        kind=RuleKind.LIMIT,
        effect=Verdict.REFER,
        observe=_known_limit,
        threshold=lambda case: float(case.terms.amount_cents),
        bound=Bound.AT_LEAST,
        unit=Unit.CENTS,
        implied_by=(_BELOW_PRODUCT, CASH_AHEAD_SHORT),
    ),
    Rule[DecisionContext](
        id=CASH_AHEAD_SHORT,
        kind=RuleKind.LIMIT,
        effect=Verdict.REFER,
        observe=_limit_by_cash,
        threshold=lambda case: float(case.product.minimum_cents),
        # The threshold is the product's; what the policy sets is the risk.
        setting=lambda policy: None if policy.limits.gap_probability_at_most is None else 1.0,
        bound=Bound.AT_LEAST,
        unit=Unit.CENTS,
        implied_by=(_BELOW_PRODUCT,),
    ),
    Rule[DecisionContext](
        id="LIMIT_INPUTS_MISSING",
        kind=RuleKind.LIMIT,
        effect=Verdict.REFER,
        observe=_limit_inputs,
        threshold="complete",
    ),
    Rule[DecisionContext](
        id=REFUSED,
        kind=RuleKind.LIMIT,
        effect=Verdict.DECLINE,
        observe=_lent_to_start,
        threshold=lambda case: threshold_of(_no_consumer_credit_from(StartUps.REFUSE), case.policy),
        setting=_no_consumer_credit_from(StartUps.REFUSE),
        bound=Bound.AT_LEAST,
        unit=Unit.CENTS,
        implied_by=(_BELOW_PRODUCT,),
    ),
)


def smallest_cents(made: Assessment) -> float:
    """The smallest loan of the product, as the rules of an assessment have it; 0 where they do not."""
    found = next((rule.threshold for rule in made.rules if rule.id == _BELOW_PRODUCT), None)
    return found if isinstance(found, float | int) else 0


def is_too_little(made: Assessment) -> bool:
    """Whether the limit is below the product's smallest loan, and the firm is not declined, for it or otherwise.

    What is only inferred lowers a limit that far, and declines nobody.
    """
    limit = next((rule.value for rule in made.rules if rule.id == _BELOW_REQUEST), None)
    if not isinstance(limit, float | int) or made.recommendation is Verdict.DECLINE:
        return False
    return limit < max(1, smallest_cents(made))


def leaves_out_bank_data(made: Assessment) -> bool:
    """Whether nothing of the applicant's bank data was read: its policy leaves out that of natural persons."""
    return made.natural_person and any(rule.id == _LEFT_OUT for rule in made.rules)


def lendable(made: Assessment) -> Offer | None:
    """The offer as people are told of it: none where the limit is below the product's smallest loan."""
    return None if is_too_little(made) else made.offer


def _person_by_law(case: DecisionContext) -> str:
    has_basis = case.policy.natural_persons.legal_basis is not LegalBasis.NONE
    return "needed" if case.is_natural_person and not has_basis else "not_needed"


def _months_of_business(case: DecisionContext) -> float | None:
    """Months of books of a natural person that says not to start a business, for what would be consumer credit."""
    terms, credit = case.terms, case.policy.consumer_credit
    is_said = terms.starts_business is False and case.is_natural_person
    if credit is None or not is_said or terms.amount_cents > credit.up_to_cents:
        return None
    return case.row.get(case.policy.feature(HISTORY))


def _business_months(policy: Policy) -> float | None:
    return None if policy.consumer_credit is None else float(policy.consumer_credit.books_months_at_least)


GATES: Final[tuple[Rule[DecisionContext], ...]] = (
    Rule[DecisionContext](
        id="NATURAL_PERSON",
        kind=RuleKind.GATE,
        effect=Verdict.REFER,
        observe=_person_by_law,
        threshold="not_needed",
    ),
    Rule[DecisionContext](
        id="MODEL_SIMULATED",
        kind=RuleKind.GATE,
        effect=Verdict.REFER,
        observe=lambda case: (
            "simulated" if case.is_model_simulated and not case.circumstances.is_sandbox else "suitable"
        ),
        threshold="suitable",
    ),
    Rule[DecisionContext](
        id="MODEL_NOT_MEASURED",
        kind=RuleKind.GATE,
        effect=Verdict.REFER,
        observe=lambda case: "measured" if case.is_model_measured else "not_measured",
        threshold="measured",
        setting=_is_set(lambda policy: policy.caps.model_must_be_measured),
    ),
    Rule[DecisionContext](
        id="MODEL_PREDICTS_DISTRESS",
        kind=RuleKind.GATE,
        effect=Verdict.REFER,
        observe=lambda case: case.model_outcome.value,
        threshold=ModelOutcome.DEFAULT.value,
        setting=_is_set(lambda policy: policy.caps.model_must_predict_default),
    ),
    Rule[DecisionContext](
        id=MARKED,
        kind=RuleKind.GATE,
        effect=Verdict.REFER,
        observe=_lent_to_start,
        threshold=lambda case: threshold_of(_no_consumer_credit_from(StartUps.MARK), case.policy),
        setting=_no_consumer_credit_from(StartUps.MARK),
        bound=Bound.AT_LEAST,
        unit=Unit.CENTS,
    ),
    Rule[DecisionContext](
        id="BUSINESS_YOUNG",
        kind=RuleKind.GATE,
        effect=Verdict.REFER,
        observe=_months_of_business,
        threshold=lambda case: threshold_of(_business_months, case.policy),
        setting=_business_months,
        bound=Bound.AT_LEAST,
        unit=Unit.MONTHS,
    ),
)


BANK_FEED_SHARE: Final = "trust_bank_feed_share_12m"
PAID_WITHOUT_INFLOW: Final = "trust_paid_without_inflow_share_12m"
ASSUMED_DUE: Final = "trust_assumed_due_share_12m"
SALES_INFLOW: Final = "trust_sales_inflow_ratio_12m"
SALES_BURST: Final = "trust_sales_burst_score_30d"


def _balance_level(case: DecisionContext) -> str:
    # A model of another catalogue may miss a level that this policy's catalogue has.
    causes = (cause for name, cause in case.missing.items() if case.policy.reads(name))
    is_unverified = Missing.BALANCE_LEVEL_UNVERIFIED in causes
    return "unverified" if is_unverified or case.coverage.account_count == 0 else "verified"


def _currency(case: DecisionContext) -> str:
    return "foreign" if FOREIGN_ACCOUNT in case.coverage.notes else "euro"


def _idle_days(case: DecisionContext) -> float | None:
    last_on = case.coverage.last_on
    return None if last_on is None else float(max(0, (case.circumstances.as_of - last_on).days))


SUSPECTED: Final = "liquidity_garnishment_suspected_count_12m"
INSOLVENCY: Final = "liquidity_insolvency_sign_count_12m"
LOSSES: Final = "receivables_loss_share_12m"
STRETCHED: Final = "payables_stretched_months"
BACKDATED: Final = "trust_backdated_share_12m"
SHARED_PAYER: Final = "trust_shared_payer_share_12m"
TOP_CUSTOMER: Final = "customers_top1_share_12m"
ROUND_TRIP: Final = "trust_round_trip_share_12m"
VAT_SHORTFALL: Final = "trust_vat_shortfall_share_12m"
NEW_FACILITIES: Final = "NEW_FACILITIES"
GRACE_UNKNOWN: Final = "GRACE_UNKNOWN"
BORROWINGS: Final = "borrowings"
UNCLEAR_BORROWINGS: Final = "unclear_borrowings"
OF_BORROWINGS: Final[Mapping[str, str]] = MappingProxyType(
    {NEW_FACILITIES: BORROWINGS, GRACE_UNKNOWN: UNCLEAR_BORROWINGS}
)
"""In place of a feature's name: what rules see that look at facilities."""


def _bank_data_age(case: DecisionContext) -> float | None:
    until = case.coverage.bank_data_until
    return None if until is None else float(max(0, (case.circumstances.as_of - until).days))


def _payout_days(case: DecisionContext) -> float | None:
    days = case.coverage.payout_fed_days
    return None if days is None else float(days)


def _set_aside_share(case: DecisionContext) -> float:
    held = case.coverage
    read = held.invoice_count + held.bill_count + held.transaction_count
    return round(held.set_aside_count / (held.set_aside_count + read), 4) if held.set_aside_count else 0.0


def _set_aside_amount_share(case: DecisionContext) -> float | None:
    held, revenue = case.coverage, case.row.get(case.policy.feature(REVENUE))
    if not held.set_aside_count:
        return 0.0
    if held.set_aside_cents is None or revenue is None or revenue <= 0:
        return None
    return round(held.set_aside_cents / revenue, 4)


def _readings(case: DecisionContext) -> str:
    is_same = all(reading.recommendation is case.recommended for reading in case.readings)
    return "same" if is_same else "different"


def _holder(case: DecisionContext) -> str | None:
    """How applicant and account holder compare; None where the application names no applicant."""
    check = case.circumstances.holder
    return None if check is None else check.result.value


def _legal_form(case: DecisionContext) -> str | None:
    """How the legal form compares; None where no name must tell it."""
    found = case.circumstances.legal_form
    return None if found is None else found.result.value


def _new_facilities(case: DecisionContext) -> float | None:
    number, own = None if case.borrowings is None else case.borrowings.new_count, case.circumstances.own_loans
    return None if number is None else float(number + (0 if own is None else len(own.pending)))


def _grace_unknown(case: DecisionContext) -> float | None:
    if case.borrowings is None:
        return None
    return float(len(case.borrowings.unclear_ones()))


def _unspent_share(case: DecisionContext) -> float | None:
    """Of the level; None where cash ahead was not looked at, or the bank does not confirm the level."""
    found = case.largest_instalment
    if found is None or found.cause is not None:
        return None
    return round(found.unspent_cents / found.level_cents, 4) if found.level_cents > 0 else 0.0


def _noted(note: str, found: str, otherwise: str) -> Callable[[DecisionContext], str]:
    return lambda case: found if note in case.coverage.notes else otherwise


READINGS: Final[tuple[Rule[DecisionContext], ...]] = (
    Rule[DecisionContext](
        id="READINGS_DIFFER",
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        observe=_readings,
        threshold="same",
        setting=_is_set(lambda policy: policy.caps.readings_must_agree),
    ),
)
"""Evaluated after all others: what hangs on a doubtful fact goes to a person, a decline as well as an approval."""

CAPS: Final[tuple[Rule[DecisionContext], ...]] = (
    Rule[DecisionContext](
        id="AMOUNT_BELOW_PRODUCT",
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        observe=lambda case: float(case.terms.amount_cents),
        threshold=lambda case: float(case.product.minimum_cents),
        bound=Bound.AT_LEAST,
        unit=Unit.CENTS,
    ),
    Rule[DecisionContext](
        id="TERM_TOO_SHORT",
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        observe=lambda case: float(case.terms.term_months),
        threshold=lambda case: float(case.product.minimum_term_months),
        bound=Bound.AT_LEAST,
        unit=Unit.MONTHS,
    ),
    Rule[DecisionContext](
        id="TERM_TOO_LONG",
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        observe=lambda case: float(case.terms.term_months),
        threshold=lambda case: float(case.product.maximum_term_months),
        bound=Bound.AT_MOST,
        unit=Unit.MONTHS,
    ),
    Rule[DecisionContext](
        id="PAYOUT_NOT_MATCHED",
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        observe=lambda case: case.coverage.payout.value,
        threshold=PayoutCheck.MATCH.value,
    ),
    measured(
        "BANK_FEED_SHARE_LOW",
        RuleKind.CAP,
        BANK_FEED_SHARE,
        Bound.AT_LEAST,
        lambda policy: policy.caps.bank_feed_share_at_least,
        Unit.SHARE,
    ),
    measured(
        "PAID_WITHOUT_INFLOW_HIGH",
        RuleKind.CAP,
        PAID_WITHOUT_INFLOW,
        Bound.AT_MOST,
        lambda policy: policy.caps.paid_without_inflow_share_at_most,
        Unit.SHARE,
    ),
    Rule[DecisionContext](
        id="BALANCE_LEVEL_UNVERIFIED",
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        observe=_balance_level,
        threshold="verified",
    ),
    Rule[DecisionContext](
        id="FOREIGN_CURRENCY_ACCOUNT",
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        observe=_currency,
        threshold="euro",
    ),
    Rule[DecisionContext](
        id="PAYMENT_LOG_UNAVAILABLE",
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        observe=lambda case: case.coverage.payment_source,
        threshold="log",
    ),
    measured(
        "SALES_WITHOUT_INFLOW",
        RuleKind.CAP,
        SALES_INFLOW,
        Bound.AT_MOST,
        lambda policy: policy.caps.sales_inflow_ratio_at_most,
        Unit.RATIO,
    ),
    measured(
        "DUE_DATES_ASSUMED",
        RuleKind.CAP,
        ASSUMED_DUE,
        Bound.AT_MOST,
        lambda policy: policy.caps.assumed_due_share_at_most,
        Unit.SHARE,
    ),
    measured(
        "SALES_BURST",
        RuleKind.CAP,
        SALES_BURST,
        Bound.AT_MOST,
        lambda policy: policy.caps.sales_burst_score_at_most,
        Unit.SCORE,
    ),
    Rule[DecisionContext](
        id="BOOKS_IDLE",
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        observe=_idle_days,
        threshold=lambda case: float(case.policy.caps.idle_days_at_most),
        setting=lambda policy: policy.caps.idle_days_at_most,
        bound=Bound.AT_MOST,
        unit=Unit.DAYS,
    ),
    Rule[DecisionContext](
        id="AS_OF_RECONSTRUCTED",
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        observe=lambda case: "reconstructed" if case.circumstances.is_reconstructed else "current",
        threshold="current",
    ),
    measured(
        "OVERDRAFT_LONG",
        RuleKind.CAP,
        OVERDRAFT_DAYS,
        Bound.AT_MOST,
        lambda policy: policy.caps.overdraft_days_at_most,
        Unit.DAYS,
    ),
    measured(
        "GARNISHMENT_SUSPECTED",
        RuleKind.CAP,
        SUSPECTED,
        Bound.AT_MOST,
        lambda policy: policy.caps.garnishments_suspected_at_most,
        Unit.COUNT,
    ),
    measured(
        "INSOLVENCY_SIGN",
        RuleKind.CAP,
        INSOLVENCY,
        Bound.AT_MOST,
        lambda policy: policy.caps.insolvency_signs_at_most,
        Unit.COUNT,
    ),
    measured(
        "LOSSES_HIGH",
        RuleKind.CAP,
        LOSSES,
        Bound.AT_MOST,
        lambda policy: policy.caps.loss_share_at_most,
        Unit.SHARE,
    ),
    # Who has no bills has no value, and is no worse for it.
    replace(
        measured(
            "BILLS_STRETCHED",
            RuleKind.CAP,
            STRETCHED,
            Bound.AT_MOST,
            lambda policy: policy.caps.stretched_months_at_most,
            Unit.RATIO,
        ),
        is_optional=True,
    ),
    measured(
        "SALES_RECORDED_LATE",
        RuleKind.CAP,
        BACKDATED,
        Bound.AT_MOST,
        lambda policy: policy.caps.backdated_share_at_most,
        Unit.SHARE,
    ),
    measured(
        "PAYERS_SHARED",
        RuleKind.CAP,
        SHARED_PAYER,
        Bound.AT_MOST,
        lambda policy: policy.caps.shared_payer_share_at_most,
        Unit.SHARE,
    ),
    measured(
        "CUSTOMER_DOMINANT",
        RuleKind.CAP,
        TOP_CUSTOMER,
        Bound.AT_MOST,
        lambda policy: policy.caps.customer_share_at_most,
        Unit.SHARE,
    ),
    measured(
        "MONEY_GOES_ROUND",
        RuleKind.CAP,
        ROUND_TRIP,
        Bound.AT_MOST,
        lambda policy: policy.caps.round_trip_share_at_most,
        Unit.SHARE,
    ),
    # Younger firms cannot have a value, and are no worse for it.
    replace(
        measured(
            "VAT_NOT_PAID",
            RuleKind.CAP,
            VAT_SHORTFALL,
            Bound.AT_MOST,
            lambda policy: policy.caps.vat_shortfall_share_at_most,
            Unit.SHARE,
        ),
        is_optional=True,
    ),
    Rule[DecisionContext](
        id="BANK_DATA_OLD",
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        observe=_bank_data_age,
        threshold=lambda case: threshold_of(lambda policy: policy.caps.bank_data_age_days_at_most, case.policy),
        setting=lambda policy: policy.caps.bank_data_age_days_at_most,
        bound=Bound.AT_MOST,
        unit=Unit.DAYS,
    ),
    Rule[DecisionContext](
        id="PAYOUT_ACCOUNT_NEW",
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        observe=_payout_days,
        threshold=lambda case: threshold_of(lambda policy: policy.caps.payout_fed_days_at_least, case.policy),
        setting=lambda policy: policy.caps.payout_fed_days_at_least,
        bound=Bound.AT_LEAST,
        unit=Unit.DAYS,
        implied_by=("PAYOUT_NOT_MATCHED",),
    ),
    Rule[DecisionContext](
        id="SET_ASIDE_MANY",
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        observe=_set_aside_share,
        threshold=lambda case: threshold_of(lambda policy: policy.caps.set_aside_share_at_most, case.policy),
        setting=lambda policy: policy.caps.set_aside_share_at_most,
        bound=Bound.AT_MOST,
        unit=Unit.SHARE,
    ),
    Rule[DecisionContext](
        id="SET_ASIDE_AMOUNT",
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        observe=_set_aside_amount_share,
        threshold=lambda case: threshold_of(lambda policy: policy.caps.set_aside_amount_share_at_most, case.policy),
        setting=lambda policy: policy.caps.set_aside_amount_share_at_most,
        bound=Bound.AT_MOST,
        unit=Unit.SHARE,
    ),
    Rule[DecisionContext](
        id="OWN_ACCOUNT_MISSING",
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        observe=_noted(OWN_ACCOUNT_MISSING, "missing", "complete"),
        threshold="complete",
        setting=_is_set(lambda policy: policy.caps.accounts_must_be_known),
    ),
    Rule[DecisionContext](
        id="ACCOUNT_TWICE",
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        observe=_noted(ACCOUNT_TWICE_UNSURE, "unsure", "sure"),
        threshold="sure",
        setting=_is_set(lambda policy: policy.caps.accounts_must_be_known),
    ),
    Rule[DecisionContext](
        id=NEW_FACILITIES,
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        observe=_new_facilities,
        threshold=lambda case: threshold_of(lambda policy: policy.caps.new_facilities_at_most, case.policy),
        setting=lambda policy: policy.caps.new_facilities_at_most,
        bound=Bound.AT_MOST,
        unit=Unit.COUNT,
    ),
    # Where nothing is known of facilities, the rule before says so.
    Rule[DecisionContext](
        id=GRACE_UNKNOWN,
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        observe=_grace_unknown,
        threshold=lambda case: threshold_of(lambda policy: policy.caps.grace_unknown_at_most, case.policy),
        setting=lambda policy: policy.caps.grace_unknown_at_most,
        bound=Bound.AT_MOST,
        unit=Unit.COUNT,
        is_optional=True,
    ),
    # The score reads levels: what was paid in for them passes for a cushion.
    Rule[DecisionContext](
        id="CASH_NOT_EARNED",
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        observe=_unspent_share,
        threshold=lambda case: threshold_of(lambda policy: policy.caps.unspent_share_at_most, case.policy),
        setting=lambda policy: policy.caps.unspent_share_at_most,
        bound=Bound.AT_MOST,
        unit=Unit.SHARE,
        is_optional=True,
    ),
    Rule[DecisionContext](
        id="HOLDER_DIFFERS",
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        observe=_holder,
        threshold=Comparison.SAME.value,
        setting=_is_set(lambda policy: policy.caps.holder_must_match),
        is_optional=True,
    ),
    Rule[DecisionContext](
        id="LEGAL_FORM_DIFFERS",
        kind=RuleKind.CAP,
        effect=Verdict.REFER,
        observe=_legal_form,
        threshold=Comparison.SAME.value,
        setting=_is_set(lambda policy: policy.caps.legal_form_must_match),
        implied_by=("HOLDER_DIFFERS",),
        is_optional=True,
    ),
)


def features_of(policy: Policy) -> dict[str, str]:
    """The feature behind each rule in force, by the rule's id; ``OF_BORROWINGS`` has what stands for facilities."""
    rules: tuple[Rule[DecisionContext], ...] = (*MINIMUM_DATA, *KNOCK_OUTS, *CAPS)
    found = {rule.id: policy.feature(rule.feature) for rule in in_force(rules, policy) if rule.feature is not None}
    of_facilities = {
        NEW_FACILITIES: policy.caps.new_facilities_at_most,
        GRACE_UNKNOWN: policy.caps.grace_unknown_at_most,
    }
    return found | {rule: OF_BORROWINGS[rule] for rule, cap in of_facilities.items() if cap is not None}
