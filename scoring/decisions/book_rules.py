"""Rules on the books alone: the least data for a score, and the facts that knock an application out."""

from typing import Final

from features.feature import Unit
from scoring.decisions.decision import Verdict
from scoring.decisions.limits import REVENUE
from scoring.decisions.rules import BooksContext, Bound, Rule, RuleKind, measured

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
