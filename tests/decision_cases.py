"""Applications to decide on: one that is approved, and ways to change one thing about it."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from features.derive import CATALOGUE
from forecast.facilities import Borrowings
from forecast.largest_instalment import LargestInstalment
from models.points import Contribution, Score
from scoring.decisions.decide import decide
from scoring.decisions.decision import (
    Assessment,
    Circumstances,
    Coverage,
    Document,
    DocumentKind,
    Evidence,
    LegalForm,
    ModelCard,
    PayoutCheck,
    PendingLoan,
    RuleResult,
    Terms,
)
from scoring.decisions.policy import Policy, load_policy
from scoring.decisions.words import Words
from scoring.texts.catalogue import newest
from scoring.texts.rendering import render

POLICY_FILE = Path(__file__).parents[1] / "scoring" / "decisions" / "policies" / "v1.toml"
POLICY = load_policy(POLICY_FILE.read_bytes())
AS_OF = date(2026, 3, 31)

TERMS = Terms(
    product="working_capital",
    amount_cents=2_500_000,
    currency="EUR",
    term_months=12,
    legal_form=LegalForm.GMBH,
    language="de",
)
COVERAGE = Coverage(
    invoice_count=200,
    bill_count=100,
    payment_count=250,
    transaction_count=900,
    account_count=1,
    payment_source="log",
    first_on=date(2023, 1, 2),
    last_on=date(2026, 3, 30),
    payout=PayoutCheck.MATCH,
    fetched=("invoices",),
    notes=(),
)
CIRCUMSTANCES = Circumstances(
    as_of=AS_OF, is_reconstructed=False, source="sevdesk", is_sandbox=False, coverage=COVERAGE
)
MODEL = ModelCard(
    name="additive",
    version="1",
    sha256="0" * 64,
    is_simulated=False,
    horizon_months=12,
    definition="90 days past due",
)
ROW: Mapping[str, float | None] = {
    "receivables_overdue_share": 0.23,
    "customers_churn_share_12m": None,
    "revenue_log_12m": 13.12,
    "revenue_net_12m_cents": 50_000_000.0,
    "receivables_eligible_cents": 6_000_000.0,
    "liquidity_inflow_outflow_ratio_90d": 1.1,
    "liquidity_garnishment_count_12m": 0.0,
    "liquidity_overdraft_days_90d": 3.0,
    "liquidity_operating_surplus_12m_cents": 6_000_000.0,
    "liquidity_debt_service_12m_cents": 600_000.0,
    "trust_history_months": 38.0,
    "trust_bank_feed_share_12m": 1.0,
    "trust_paid_without_inflow_share_12m": 0.02,
    "trust_sales_inflow_ratio_12m": 1.05,
    "trust_assumed_due_share_12m": 0.1,
    "trust_sales_burst_score_30d": 0.4,
}
MISSING: Mapping[str, str] = {"customers_churn_share_12m": "too_little_history"}
TYPICAL: Mapping[str, float | None] = {
    "receivables_overdue_share": 0.06,
    "liquidity_inflow_outflow_ratio_90d": 1.0,
    "revenue_log_12m": 12.8,
}
EVIDENCE: Mapping[str, Evidence] = {
    "receivables_overdue_share": Evidence(
        documents=tuple(
            Document(kind=DocumentKind.INVOICE, id=number, day=AS_OF, amount_cents=119_00) for number in (11, 12)
        ),
        total=2,
    )
}


def score_of(pd: float = 0.01) -> Score:
    """A score of 620.25 with this probability of default."""
    return Score(
        score=620.25,
        pd=pd,
        log_odds=-4.6,
        base=610.0,
        contributions=(
            Contribution(feature="receivables_overdue_share", value=0.23, bin=3, points=-20.5),
            Contribution(feature="customers_churn_share_12m", value=None, bin=None, points=-5.25),
            Contribution(feature="revenue_log_12m", value=13.12, bin=4, points=30.5),
            Contribution(feature="liquidity_inflow_outflow_ratio_90d", value=1.1, bin=2, points=5.5),
        ),
    )


def assess(  # the parts of a case, each with a default
    *,
    terms: Mapping[str, Any] | None = None,
    row: Mapping[str, float | None] | None = None,
    missing: Mapping[str, str] | None = None,
    coverage: Mapping[str, Any] | None = None,
    circumstances: Mapping[str, Any] | None = None,
    model: Mapping[str, Any] | None = None,
    policy: Policy = POLICY,
    pd: float | None = 0.01,
    borrowings: Borrowings | None = None,
    largest_instalment: LargestInstalment | None = None,
) -> Assessment:
    """Decide on the application that is approved, with these things changed; ``pd=None`` is no score."""
    return decide(
        terms=msgspec.structs.replace(TERMS, **(terms or {})),
        row={**ROW, **(row or {})},
        missing={**MISSING, **(missing or {})},
        score=None if pd is None else score_of(pd),
        model=msgspec.structs.replace(MODEL, **(model or {})),
        circumstances=msgspec.structs.replace(
            CIRCUMSTANCES,
            coverage=msgspec.structs.replace(COVERAGE, **(coverage or {})),
            **(circumstances or {}),
        ),
        policy=policy,
        catalogue=CATALOGUE,
        typical=TYPICAL,
        borrowings=borrowings,
        largest_instalment=largest_instalment,
    )


def pending(instalment_cents: int, term_months: int) -> tuple[PendingLoan, ...]:
    """One loan of the lender itself that no bank line shows."""
    return (PendingLoan(instalment_cents=instalment_cents, term_months=term_months),)


def said(assessment: Assessment) -> Words:
    """The sentences of an assessment."""
    return render(assessment, newest())


def with_values(part: str, **values: object) -> Policy:
    """The policy with values of one of its parts changed."""
    changed = msgspec.structs.replace(getattr(POLICY, part), **values)
    return msgspec.structs.replace(POLICY, **{part: changed})


def with_product(name: str, **values: object) -> Policy:
    """The policy with values of one product changed."""
    changed = msgspec.structs.replace(POLICY.products[name], **values)
    return msgspec.structs.replace(POLICY, products={**POLICY.products, name: changed})


def rule(assessment: Assessment, rule_id: str) -> RuleResult:
    """The result of one rule."""
    return next(result for result in assessment.rules if result.id == rule_id)


def codes(assessment: Assessment) -> list[str]:
    """The codes of the causes, in order."""
    return [cause.code for cause in assessment.causes]
