"""Each rule of policy version 1: the case that just passes and the one that just fails."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from decision_cases import AS_OF, COVERAGE, POLICY, assess, codes, rule, with_values

from features.feature import Unit
from scoring.decisions.decision import LegalForm, ModelOutcome, PayoutCheck, Verdict
from scoring.decisions.policy import LegalBasis
from scoring.decisions.rules import BooksContext, Bound, RuleKind, evaluate, measured

APPROVE, REFER, DECLINE = Verdict.APPROVE, Verdict.REFER, Verdict.DECLINE


def test_the_case_that_all_others_change_is_approved() -> None:
    """A sound firm with a low probability of default gets its loan without a person."""
    assessment = assess()
    assert assessment.recommendation is APPROVE
    assert assessment.verdict is APPROVE
    assert assessment.automation == "fully_automated"
    assert assessment.causes == ()
    assert {result.result for result in assessment.rules} == {"pass"}


VALUES: list[tuple[str, str, float, float, Verdict]] = [
    # rule, value of the row, just passes, just fails, what is left after the failure
    ("GARNISHMENT", "liquidity_garnishment_count_12m", 0.0, 1.0, DECLINE),
    ("REVENUE_TOO_LOW", "revenue_net_12m_cents", 5_000_000.0, 4_999_999.0, DECLINE),
    ("OVERDRAFT_PERMANENT", "liquidity_overdraft_days_90d", 80.0, 81.0, DECLINE),
    ("BANK_FEED_SHARE_LOW", "trust_bank_feed_share_12m", 0.8, 0.7999, REFER),
    ("PAID_WITHOUT_INFLOW_HIGH", "trust_paid_without_inflow_share_12m", 0.3, 0.3001, REFER),
    ("SALES_WITHOUT_INFLOW", "trust_sales_inflow_ratio_12m", 1.5, 1.51, REFER),
    ("DUE_DATES_ASSUMED", "trust_assumed_due_share_12m", 0.5, 0.5001, REFER),
    ("SALES_BURST", "trust_sales_burst_score_30d", 3.0, 3.01, REFER),
]


@pytest.mark.parametrize(("rule_id", "feature", "passing", "failing", "left"), VALUES)
def test_threshold_on_a_value_of_the_row(
    rule_id: str, feature: str, passing: float, failing: float, left: Verdict
) -> None:
    """The bound itself passes, the next value beyond it fails, with the cause of the same name."""
    # Small enough for the revenue bound of the limit at the lowest revenue: 1.5 months of 4,166.66 EUR.
    terms = {"amount_cents": 600_000}
    passed = assess(terms=terms, row={feature: passing})
    failed = assess(terms=terms, row={feature: failing})
    assert (rule(passed, rule_id).result, passed.recommendation, passed.verdict) == ("pass", APPROVE, APPROVE)
    assert (rule(failed, rule_id).result, failed.recommendation, failed.verdict) == ("fail", left, left)
    assert (rule(failed, rule_id).value, codes(failed)) == (failing, [rule_id])


@pytest.mark.parametrize(("rule_id", "feature"), [(row[0], row[1]) for row in VALUES])
def test_a_value_that_cannot_be_checked_leads_to_a_person(rule_id: str, feature: str) -> None:
    """Without its value a rule does not apply, and the recommendation is at best to refer."""
    assessment = assess(row={feature: None}, missing={feature: "too_few_documents"})
    assert rule(assessment, rule_id).result == "not_applicable"
    assert rule(assessment, rule_id).value is None
    assert (assessment.recommendation, assessment.verdict) == (REFER, REFER)
    assert f"{rule_id}_NOT_CHECKED" in codes(assessment)


@pytest.mark.parametrize(
    ("pd", "recommendation", "expected_codes"),
    [
        (0.0, APPROVE, []),
        (0.04, APPROVE, []),
        (0.0400001, REFER, ["PD_NEEDS_REVIEW"]),
        (0.12, REFER, ["PD_NEEDS_REVIEW"]),
        (0.1200001, DECLINE, ["PD_TOO_HIGH"]),
        (1.0, DECLINE, ["PD_TOO_HIGH"]),
    ],
)
def test_cut_offs(pd: float, recommendation: Verdict, expected_codes: list[str]) -> None:
    """The bounds themselves belong to the better side; between them a person decides."""
    assessment = assess(pd=pd)
    assert assessment.recommendation is recommendation
    assert codes(assessment) == expected_codes


@pytest.mark.parametrize(
    ("pd", "grade", "rate"),
    [
        (0.0, "A", 590),
        (0.005, "A", 590),
        (0.0050001, "B", 690),
        (0.01, "B", 690),
        (0.02, "C", 850),
        (0.04, "D", 1050),
        (0.08, "E", 1290),
        (0.12, "F", 1490),
    ],
)
def test_grade_and_price(pd: float, grade: str, rate: int) -> None:
    """The grade is the first whose bound is not below the probability of default, and sets the rate."""
    assessment = assess(pd=pd)
    assert assessment.offer is not None
    assert (assessment.grade, assessment.offer.annual_rate_bps) == (grade, rate)


CIRCUMSTANCES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    # rule, what just passes, what just fails
    ("PAYOUT_NOT_MATCHED", {}, {"coverage": {"payout": PayoutCheck.MISMATCH}}),
    ("PAYOUT_NOT_MATCHED", {}, {"coverage": {"payout": PayoutCheck.UNKNOWN}}),
    ("PAYMENT_LOG_UNAVAILABLE", {}, {"coverage": {"payment_source": "documents"}}),
    ("PAYMENT_LOG_UNAVAILABLE", {}, {"coverage": {"payment_source": "none"}}),
    ("AS_OF_RECONSTRUCTED", {}, {"circumstances": {"is_reconstructed": True}}),
    (
        "BOOKS_IDLE",
        {"coverage": {"last_on": AS_OF - timedelta(days=45)}},
        {"coverage": {"last_on": AS_OF - timedelta(days=46)}},
    ),
    ("BOOKS_IDLE", {"coverage": {"last_on": AS_OF + timedelta(days=90)}}, {"coverage": {"last_on": date(2020, 1, 1)}}),
    ("TERM_TOO_SHORT", {"terms": {"term_months": 3}}, {"terms": {"term_months": 2}}),
    ("TERM_TOO_LONG", {"terms": {"term_months": 24}}, {"terms": {"term_months": 25}}),
    ("AMOUNT_BELOW_PRODUCT", {"terms": {"amount_cents": 500_000}}, {"terms": {"amount_cents": 499_999}}),
]


@pytest.mark.parametrize(("rule_id", "passing", "failing"), CIRCUMSTANCES)
def test_doubts_cap_the_recommendation(rule_id: str, passing: dict[str, Any], failing: dict[str, Any]) -> None:
    """A doubt about application or data turns an approval into a referral, and names itself."""
    if rule_id.startswith("TERM_TOO_SHORT"):  # the shortest terms need a small instalment
        passing = {"terms": {"amount_cents": 500_000, **passing["terms"]}}
        failing = {"terms": {"amount_cents": 500_000, **failing["terms"]}}
    assert assess(**passing).recommendation is APPROVE
    failed = assess(**failing)
    assert (rule(failed, rule_id).result, failed.recommendation, failed.verdict) == ("fail", REFER, REFER)
    assert rule_id in codes(failed)


def test_books_without_any_dated_entry_cannot_be_called_current() -> None:
    """Without a newest entry the age of the books is not known, so a person decides."""
    assessment = assess(coverage={"last_on": None})
    assert assessment.recommendation is REFER
    assert codes(assessment) == ["BOOKS_IDLE_NOT_CHECKED"]


def test_an_unverified_balance_caps_the_recommendation() -> None:
    """Where the bank does not confirm the level, a person decides, and the overdraft days are not checked."""
    feature = "liquidity_overdraft_days_90d"
    assessment = assess(row={feature: None}, missing={feature: "balance_level_unverified"})
    assert assessment.recommendation is REFER
    assert codes(assessment) == ["OVERDRAFT_PERMANENT_NOT_CHECKED", "BALANCE_LEVEL_UNVERIFIED"]


def test_a_cap_does_not_soften_a_decline() -> None:
    """Doubts about the data keep a recommended decline a decline, and are told beside it."""
    assessment = assess(pd=0.5, coverage={"payout": PayoutCheck.MISMATCH})
    assert (assessment.recommendation, assessment.verdict) == (DECLINE, DECLINE)
    assert codes(assessment) == ["PD_TOO_HIGH", "PAYOUT_NOT_MATCHED"]
    assert assessment.offer is None


@pytest.mark.parametrize(
    ("form", "is_person"),
    [
        (LegalForm.GMBH, False),
        (LegalForm.UG, False),
        (LegalForm.AG, False),
        (LegalForm.GMBH_CO_KG, False),
        (LegalForm.KG, False),
        (LegalForm.EG, False),
        (LegalForm.OHG, True),
        (LegalForm.GBR, True),
        (LegalForm.EK, True),
        (LegalForm.EINZELUNTERNEHMEN, True),
        (LegalForm.FREIBERUFLER, True),
        (LegalForm.UNKNOWN, True),
    ],
)
@pytest.mark.parametrize(("pd", "recommendation"), [(0.01, APPROVE), (0.08, REFER), (0.5, DECLINE)])
def test_natural_persons(
    form: LegalForm,
    is_person: bool,  # noqa: FBT001  a column of the table
    pd: float,
    recommendation: Verdict,
) -> None:
    """A person decides on natural persons, declines included; the recommendation stays what it is."""
    assessment = assess(terms={"legal_form": form}, pd=pd)
    assert assessment.natural_person is is_person
    assert assessment.recommendation is recommendation
    assert assessment.verdict is (REFER if is_person else recommendation)
    assert ("NATURAL_PERSON" in codes(assessment)) is is_person
    assert assessment.automation == ("human_required" if assessment.verdict is REFER else "fully_automated")
    assert assessment.legal_basis is None


def test_a_knock_out_of_a_natural_person_is_referred() -> None:
    """Knock-outs do not decline a natural person without a human being."""
    assessment = assess(terms={"legal_form": LegalForm.EK}, row={"liquidity_garnishment_count_12m": 2.0})
    assert (assessment.recommendation, assessment.verdict) == (DECLINE, REFER)
    assert codes(assessment) == ["GARNISHMENT", "NATURAL_PERSON"]


@pytest.mark.parametrize(("pd", "verdict"), [(0.01, APPROVE), (0.08, REFER), (0.5, DECLINE)])
def test_a_configured_legal_basis_lets_natural_persons_be_decided_on(pd: float, verdict: Verdict) -> None:
    """With a legal basis the verdict follows the recommendation, and the basis is in the record."""
    policy = with_values("natural_persons", legal_basis=LegalBasis.CONTRACT)
    assessment = assess(terms={"legal_form": LegalForm.FREIBERUFLER}, policy=policy, pd=pd)
    assert (assessment.verdict, assessment.legal_basis) == (verdict, "contract")
    assert assess(policy=policy).legal_basis is None


@pytest.mark.parametrize(
    ("is_simulated", "is_sandbox", "verdict"),
    [(False, False, APPROVE), (False, True, APPROVE), (True, True, APPROVE), (True, False, REFER)],
)
def test_a_model_of_simulated_firms_decides_in_the_sandbox_only(
    is_simulated: bool,  # noqa: FBT001  a column of the table
    is_sandbox: bool,  # noqa: FBT001  a column of the table
    verdict: Verdict,
) -> None:
    """Outside the sandbox its verdict is to refer; the recommendation stays."""
    assessment = assess(model={"is_simulated": is_simulated}, circumstances={"is_sandbox": is_sandbox})
    assert (assessment.recommendation, assessment.verdict) == (APPROVE, verdict)
    assert codes(assessment) == ([] if verdict is APPROVE else ["MODEL_SIMULATED"])


@pytest.mark.parametrize(("is_measured", "verdict"), [(True, APPROVE), (False, REFER)])
def test_a_model_whose_points_people_set_decides_nothing_by_itself(is_measured: bool, verdict: Verdict) -> None:  # noqa: FBT001  a column of the table
    """Where the policy asks for that, in the sandbox as well; the recommendation stays."""
    policy = msgspec.structs.replace(POLICY, caps=msgspec.structs.replace(POLICY.caps, model_must_be_measured=True))
    assessment = assess(model={"is_measured": is_measured}, policy=policy)
    assert (assessment.recommendation, assessment.verdict) == (APPROVE, verdict)
    assert codes(assessment) == ([] if is_measured else ["MODEL_NOT_MEASURED"])
    assert codes(assess(model={"is_measured": is_measured})) == []


@pytest.mark.parametrize(("pd", "recommendation"), [(0.01, APPROVE), (0.9, DECLINE)])
@pytest.mark.parametrize("outcome", ModelOutcome)
def test_a_model_of_distress_decides_nothing_by_itself(
    outcome: ModelOutcome, pd: float, recommendation: Verdict
) -> None:
    """It neither approves nor declines where the policy asks for that: bounds of the PD are set for defaults."""
    caps = msgspec.structs.replace(POLICY.caps, model_must_predict_default=True)
    policy = msgspec.structs.replace(POLICY, caps=caps)
    assessment = assess(model={"outcome": outcome}, policy=policy, pd=pd)
    assert assessment.recommendation == recommendation
    assert assessment.verdict == (recommendation if outcome is ModelOutcome.DEFAULT else REFER)
    assert ("MODEL_PREDICTS_DISTRESS" in codes(assessment)) is (outcome is ModelOutcome.DISTRESS)
    assert "MODEL_PREDICTS_DISTRESS" not in codes(assess(model={"outcome": outcome}, pd=pd))


def test_an_account_that_is_not_in_euro_leads_to_a_person() -> None:
    """What it holds is not in the books' figures, so nothing is approved without a look at it."""
    assessment = assess(coverage={"notes": ("foreign_currency_account",)})
    assert (assessment.recommendation, codes(assessment)) == (REFER, ["FOREIGN_CURRENCY_ACCOUNT"])


def test_a_rule_that_the_policy_does_not_set_is_not_in_force() -> None:
    """A rule that was added later: decisions under an older policy replay without it."""
    added = measured("ADDED", RuleKind.CAP, "added", Bound.AT_MOST, lambda _: None, Unit.COUNT)
    set_later = measured("ADDED", RuleKind.CAP, "added", Bound.AT_MOST, lambda _: 3, Unit.COUNT)
    seen = BooksContext(row={"added": 4.0}, missing={}, model_features=(), coverage=COVERAGE, policy=POLICY)
    assert evaluate((added,), seen) == ()
    assert [outcome.record.result for outcome in evaluate((added, set_later), seen)] == ["fail"]
