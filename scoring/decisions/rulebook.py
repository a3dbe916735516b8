"""All rules: the least data for a score, knock-outs, cut-offs, limits, caps and gates."""

from typing import Final

from features.feature import Missing, Unit
from scoring.decisions.decision import FOREIGN_ACCOUNT, PayoutCheck, Verdict
from scoring.decisions.limits import REVENUE
from scoring.decisions.policy import LegalBasis
from scoring.decisions.rules import BooksContext, Bound, DecisionContext, Rule, RuleKind, measured

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


def _known_limit(case: DecisionContext) -> float | None:
    return None if case.limit is None else float(case.limit.cents)


def _limit_inputs(case: DecisionContext) -> str | None:
    if case.limit is None:
        return None
    return "incomplete" if case.limit.missing else "complete"


LIMITS: Final[tuple[Rule[DecisionContext], ...]] = (
    Rule[DecisionContext](
        id="LIMIT_BELOW_PRODUCT",
        kind=RuleKind.LIMIT,
        effect=Verdict.DECLINE,
        observe=_known_limit,
        threshold=lambda case: float(case.product.minimum_cents),
        bound=Bound.AT_LEAST,
        unit=Unit.CENTS,
    ),
    Rule[DecisionContext](
        id="LIMIT_BELOW_REQUEST",
        kind=RuleKind.LIMIT,
        effect=Verdict.REFER,
        observe=_known_limit,
        threshold=lambda case: float(case.terms.amount_cents),
        bound=Bound.AT_LEAST,
        unit=Unit.CENTS,
        implied_by=("LIMIT_BELOW_PRODUCT",),
    ),
    Rule[DecisionContext](
        id="LIMIT_INPUTS_MISSING",
        kind=RuleKind.LIMIT,
        effect=Verdict.REFER,
        observe=_limit_inputs,
        threshold="complete",
    ),
)


def _person_by_law(case: DecisionContext) -> str:
    has_basis = case.policy.natural_persons.legal_basis is not LegalBasis.NONE
    return "needed" if case.is_natural_person and not has_basis else "not_needed"


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
)


BANK_FEED_SHARE: Final = "trust_bank_feed_share_12m"
PAID_WITHOUT_INFLOW: Final = "trust_paid_without_inflow_share_12m"
ASSUMED_DUE: Final = "trust_assumed_due_share_12m"
SALES_INFLOW: Final = "trust_sales_inflow_ratio_12m"
SALES_BURST: Final = "trust_sales_burst_score_30d"


def _balance_level(case: DecisionContext) -> str:
    is_unverified = Missing.BALANCE_LEVEL_UNVERIFIED in case.missing.values()
    return "unverified" if is_unverified or case.coverage.account_count == 0 else "verified"


def _currency(case: DecisionContext) -> str:
    return "foreign" if FOREIGN_ACCOUNT in case.coverage.notes else "euro"


def _idle_days(case: DecisionContext) -> float | None:
    last_on = case.coverage.last_on
    return None if last_on is None else float(max(0, (case.circumstances.as_of - last_on).days))


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
)
