"""The factors of a score."""

import pytest
from decision_cases import EVIDENCE, POLICY, assess, said, score_of, with_values
from msgspec.structs import replace

from features.derive import CATALOGUE
from features.feature import Feature, Risk
from models.points import Contribution
from scoring.decisions.decide import (
    InconsistentInputError,
    UnknownFeatureError,
    _check_numbers,
    reason_code,
    reasons_of,
    with_evidence,
)
from scoring.decisions.decision import Evidence, SecondFactor
from scoring.decisions.policy import ReasonRules

OVERDUE = CATALOGUE["receivables_overdue_share"]


def contribution(feature: str, points: float, value: float | None = 1.0) -> Contribution:
    """A contribution of this many points."""
    return Contribution(feature=feature, value=value, bin=0, points=points)


def told(*contributions: Contribution, rules: ReasonRules = POLICY.reasons) -> list[tuple[str, float]]:
    """Features and points of the reasons for these contributions."""
    reasons = reasons_of(contributions, catalogue=CATALOGUE, typical={}, missing={}, rules=rules)
    return [(reason.feature, reason.points) for reason in reasons]


def test_reasons_of_a_decision() -> None:
    """Costly factors first, then helpful ones, each by weight, with code, values, words and documents."""
    assessment = with_evidence(assess(), EVIDENCE)
    assert [reason.code for reason in assessment.reasons] == [
        "RECEIVABLES_OVERDUE_SHARE_HIGH",
        "CUSTOMERS_CHURN_SHARE_12M_UNKNOWN",
        "REVENUE_LOG_12M_HIGH",
        "LIQUIDITY_INFLOW_OUTFLOW_RATIO_90D_HIGH",
    ]
    overdue, churn, revenue, _ = assessment.reasons
    words = said(assessment).reasons
    assert (overdue.direction, overdue.points, overdue.value, overdue.typical) == ("negative", -20.5, 0.23, 0.06)
    assert overdue.unit == "share"
    assert "23,0 % (Median der Trainingsfirmen: 6,0 %). Das kostet 20,5 Punkte." in words[0].de
    assert "23.0% (training median: 6.0%). This costs 20.5 points." in words[0].en
    assert words[0].de.startswith(OVERDUE.label.de)
    assert words[0].de.endswith(OVERDUE.meaning.de)
    assert overdue.evidence == EVIDENCE["receivables_overdue_share"]
    assert (churn.value, churn.missing, churn.evidence) == (None, "too_little_history", Evidence())
    assert "nicht ermittelbar, weil die Buchhaltung dafür zu wenige Monate an Rechnungen" in words[1].de
    assert "cannot be determined because the books contain too few months of invoices" in words[1].en
    assert revenue.direction == "positive"
    assert "rund 499.000 € (Median der Trainingsfirmen: rund 362.000 €)" in words[2].de


def test_contributions_are_in_the_assessment_as_they_come() -> None:
    """Every contribution of the score is kept, untouched."""
    assert assess().contributions == score_of().contributions


def test_only_the_weightiest_are_told() -> None:
    """As many as the policy says, none below its least weight; equal weights keep the model's order."""
    names = list(CATALOGUE)[:5]
    rules = ReasonRules(negative_at_most=2, positive_at_most=1, points_at_least=1.0)
    items = [contribution(name, points) for name, points in zip(names, (-3.0, -5.0, -5.0, 0.5, 2.0), strict=True)]
    assert told(*items, rules=rules) == [(names[1], -5.0), (names[2], -5.0), (names[4], 2.0)]
    assert told(contribution(names[0], -0.99), contribution(names[1], 0.0)) == []


@pytest.mark.parametrize(
    ("risk", "value", "points", "typical", "suffix"),
    [
        (Risk.RAISES, 0.5, -3.0, 0.1, "HIGH"),
        (Risk.RAISES, 0.5, 3.0, 0.1, "LOW"),
        (Risk.LOWERS, 0.5, -3.0, 0.1, "LOW"),
        (Risk.LOWERS, 0.5, 3.0, None, "HIGH"),
        (Risk.OPEN, 0.5, -3.0, 0.1, "HIGH"),
        (Risk.OPEN, 0.05, -3.0, 0.1, "LOW"),
        (Risk.OPEN, 0.5, -3.0, None, "NOTABLE"),
        (Risk.RAISES, None, -3.0, 0.1, "UNKNOWN"),
    ],
)
def test_codes(risk: Risk, value: float | None, points: float, typical: float | None, suffix: str) -> None:
    """The code is the feature and the side of its risk on which the value lies."""
    feature: Feature = replace(OVERDUE, risk=risk)
    assert reason_code(feature, value, points, typical) == f"RECEIVABLES_OVERDUE_SHARE_{suffix}"


def test_an_undeclared_feature_is_an_error() -> None:
    """A model of another catalogue does not get invented words."""
    with pytest.raises(UnknownFeatureError, match="moon_phase"):
        told(contribution("moon_phase", -9.0))


def test_points_that_do_not_add_up_are_refused() -> None:
    """A score that its contributions do not explain is not decided on."""
    with pytest.raises(InconsistentInputError, match="add up"):
        _check_numbers({}, replace(score_of(), score=620.5))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_are_none_are_refused(value: float) -> None:
    """NaN and infinity in the row are errors that name the value; so is a probability outside 0..1."""
    with pytest.raises(InconsistentInputError, match="revenue_net_12m_cents"):
        assess(row={"revenue_net_12m_cents": value})
    with pytest.raises(InconsistentInputError, match="probability"):
        assess(pd=value)


def test_the_number_of_reasons_follows_the_policy() -> None:
    """The policy says how many are told."""
    policy = with_values("reasons", negative_at_most=1, positive_at_most=0)
    assert [reason.feature for reason in assess(policy=policy).reasons] == ["receivables_overdue_share"]


def test_two_features_together_are_one_reason() -> None:
    """With both values, both typical ones and the documents of both, whether or not either is a reason alone."""
    pair = Contribution(
        feature="receivables_overdue_share",
        value=0.23,
        bin=1,
        points=-9.0,
        second_feature="revenue_log_12m",
        second_value=13.12,
        second_bin=2,
    )
    typical = {"receivables_overdue_share": 0.06, "revenue_log_12m": 12.8}
    [reason] = reasons_of([pair], catalogue=CATALOGUE, typical=typical, missing={}, rules=POLICY.reasons)
    assert (reason.code, reason.name) == (
        "RECEIVABLES_OVERDUE_SHARE_WITH_REVENUE_LOG_12M",
        "receivables_overdue_share x revenue_log_12m",
    )
    assert (reason.value, reason.typical) == (0.23, 0.06)
    assert reason.second == SecondFactor(feature="revenue_log_12m", value=13.12, typical=12.8, unit="log_euro")
    assessment = replace(assess(), reasons=(reason,))
    [found] = with_evidence(assessment, EVIDENCE).reasons
    assert found.evidence.total == 2
    once = with_evidence(assessment, {**EVIDENCE, "revenue_log_12m": EVIDENCE["receivables_overdue_share"]}).reasons
    assert once[0].evidence == EVIDENCE["receivables_overdue_share"]
    recorded = with_evidence(assessment, {reason.name: Evidence(total=7)}).reasons
    assert recorded[0].evidence.total == 7
