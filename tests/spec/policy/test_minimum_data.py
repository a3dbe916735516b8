"""When there is too little data for a score."""

from typing import Any

import msgspec
import pytest
from decision_cases import COVERAGE, MISSING, POLICY, ROW, TYPICAL, assess, codes, rule, said, with_values

from scoring.decisions.decide import InconsistentInputError, causes_against_scoring
from scoring.decisions.decision import Verdict
from scoring.decisions.policy import BankData, Policy


def against(
    row: dict[str, float | None] | None = None,
    coverage: dict[str, Any] | None = None,
    policy: Policy = POLICY,
) -> list[str]:
    """Codes of the causes against scoring the sound firm, with these things changed."""
    seen = msgspec.structs.replace(COVERAGE, **(coverage or {}))
    return [cause.code for cause in causes_against_scoring({**ROW, **(row or {})}, MISSING, TYPICAL, seen, policy)]


@pytest.mark.parametrize(
    ("row", "coverage", "expected"),
    [
        ({}, {}, []),
        ({}, {"invoice_count": 12}, []),
        ({}, {"invoice_count": 11}, ["TOO_FEW_INVOICES"]),
        ({}, {"invoice_count": 0}, ["NO_INVOICES"]),
        ({"trust_history_months": 6.0}, {}, []),
        ({"trust_history_months": 5.0}, {}, ["TOO_LITTLE_HISTORY"]),
        ({"trust_history_months": None}, {}, ["TOO_LITTLE_HISTORY_NOT_CHECKED"]),
        ({"revenue_log_12m": None}, {}, ["REQUIRED_VALUES_MISSING"]),
        ({"revenue_log_12m": None}, {"invoice_count": 0}, ["NO_INVOICES"]),
        ({"revenue_log_12m": None, "trust_history_months": 5.0}, {}, ["TOO_LITTLE_HISTORY"]),
    ],
)
def test_too_little_data(row: dict[str, float | None], coverage: dict[str, Any], expected: list[str]) -> None:
    """Each minimum passes at its bound and fails below it."""
    assert against(row, coverage) == expected


def test_share_of_missing_values() -> None:
    """Half of the values that the model reads may be missing, one more may not; others do not count."""
    names = [f"value_{n}" for n in range(10)]
    row = {name: (1.0 if n < 5 else None) for n, name in enumerate(names)}
    row |= {"trust_history_months": 9.0, "of_the_policy": None}
    policy = with_values("minimum_data", required_features=(), history_months_at_least=0)
    assert causes_against_scoring(row, {}, names, COVERAGE, policy) == ()
    row["value_0"] = None
    assert [cause.code for cause in causes_against_scoring(row, {}, names, COVERAGE, policy)] == ["TOO_MUCH_MISSING"]


@pytest.mark.parametrize(("switch", "codes_found"), [(BankData.LEAVE_OUT, ["MODEL_READS_BANK_DATA"]), (None, [])])
def test_a_model_that_reads_what_is_left_out_gives_no_score(switch: BankData | None, codes_found: list[str]) -> None:
    """What was not asked for is not a missing value, of which points are known."""
    names = [f"value_{n}" for n in range(10)]
    row = {name: (None if n == 0 else 1.0) for n, name in enumerate(names)} | {"trust_history_months": 9.0}
    policy = with_values("minimum_data", required_features=(), history_months_at_least=0)
    persons = msgspec.structs.replace(policy.natural_persons, bank_data=switch)
    policy = msgspec.structs.replace(policy, natural_persons=persons)
    causes = causes_against_scoring(row, {"value_0": "not_fetched"}, names, COVERAGE, policy)
    assert [cause.code for cause in causes] == codes_found


def test_an_empty_row_is_too_little() -> None:
    """A row without any value is never scored."""
    causes = causes_against_scoring({}, {}, TYPICAL, COVERAGE, POLICY)
    assert "TOO_MUCH_MISSING" in [cause.code for cause in causes]


def test_too_little_data_is_an_answer() -> None:
    """Without a score the answer is a referral that says why and what would help, and nothing that needs a score."""
    assessment = assess(pd=None, row={"trust_history_months": 4.0})
    assert (assessment.recommendation, assessment.verdict) == (Verdict.REFER, Verdict.REFER)
    assert assessment.automation == "human_required"
    assert (assessment.score, assessment.base, assessment.pd, assessment.grade, assessment.offer) == (None,) * 5
    assert (assessment.reasons, assessment.contributions) == ((), ())
    assert codes(assessment) == ["TOO_LITTLE_HISTORY"]
    words = said(assessment).causes[0]
    assert words.text.de == (
        "Die Buchhaltung umfasst 4 Monate mit verlässlich belegtem Geschäft; ein Score erfordert mindestens 6."
        " Einträge, die weder zeitnah erfasst noch über die Bank bezahlt wurden, zählen dafür nicht."
    )
    assert words.remedy is not None
    assert {rule(assessment, name).result for name in ("PD_TOO_HIGH", "LIMIT_BELOW_REQUEST")} == {"not_applicable"}


def test_without_a_score_a_knock_out_is_told_but_does_not_decide() -> None:
    """With too little data nothing is concluded without a person, not even a decline."""
    assessment = assess(pd=None, coverage={"invoice_count": 3}, row={"liquidity_garnishment_count_12m": 1.0})
    assert (assessment.recommendation, assessment.verdict) == (Verdict.REFER, Verdict.REFER)
    assert codes(assessment) == ["TOO_FEW_INVOICES", "GARNISHMENT"]


def test_a_score_despite_too_little_data_is_refused() -> None:
    """Partial data is never scored silently."""
    with pytest.raises(InconsistentInputError, match="TOO_LITTLE_HISTORY"):
        assess(row={"trust_history_months": 4.0})


def test_no_score_without_a_cause_is_refused() -> None:
    """A score that is missing for no named cause is an error, not a referral."""
    with pytest.raises(InconsistentInputError, match="data suffice"):
        assess(pd=None)
