"""Doubts about application and data: whatever the score, a person looks at the case."""

from typing import Final

from features.feature import Missing, Unit
from scoring.decisions.decision import FOREIGN_ACCOUNT, PayoutCheck, Verdict
from scoring.decisions.rules import Bound, DecisionContext, Rule, RuleKind, measured

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
