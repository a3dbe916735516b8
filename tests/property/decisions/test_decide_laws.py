"""Laws of deciding, for any row, terms and policy value."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from decision_cases import POLICY, assess, said, with_product, with_values
from hypothesis import given
from hypothesis import strategies as st

from scoring.decisions.decision import NATURAL_PERSONS, Assessment, LegalForm, PayoutCheck, Verdict
from scoring.decisions.policy import Policy

SEVERITY = {Verdict.APPROVE: 0, Verdict.REFER: 1, Verdict.DECLINE: 2}

CENTS = st.integers(-1_000_000, 20_000_000).map(float)
SHARE = st.integers(0, 100).map(lambda percent: percent / 100)
PD = st.one_of(st.sampled_from([0.0, 0.04, 0.12, 1.0]), st.floats(0.0, 0.05), st.floats(0.0, 1.0))
VALUES: Mapping[str, st.SearchStrategy[float]] = {
    "revenue_net_12m_cents": st.integers(0, 100_000_000).map(float),
    "receivables_eligible_cents": CENTS,
    "liquidity_garnishment_count_12m": st.sampled_from([0.0, 0.0, 0.0, 1.0]),
    "liquidity_overdraft_days_90d": st.integers(0, 90).map(float),
    "liquidity_operating_surplus_12m_cents": CENTS,
    "liquidity_debt_service_12m_cents": st.integers(0, 2_000_000).map(float),
    "trust_bank_feed_share_12m": SHARE,
    "trust_paid_without_inflow_share_12m": SHARE,
    "trust_assumed_due_share_12m": SHARE,
    "trust_sales_burst_score_30d": st.integers(-5, 10).map(float),
}


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """Arguments of ``assess``: any row with enough data for a score, any terms and circumstances."""
    names = draw(st.one_of(st.just([]), st.lists(st.sampled_from(sorted(VALUES)), max_size=4, unique=True)))
    row: dict[str, float | None] = {name: draw(st.one_of(st.none(), VALUES[name])) for name in names}
    terms = {
        "product": draw(st.sampled_from(sorted(POLICY.products))),
        "amount_cents": draw(st.one_of(st.integers(500_000, 3_000_000), st.integers(1, 20_000_000))),
        "term_months": draw(st.one_of(st.integers(12, 24), st.integers(1, 72))),
        "legal_form": draw(st.one_of(st.just(LegalForm.GMBH), st.sampled_from(LegalForm))),
    }
    is_regular = draw(st.booleans())
    return {
        "row": row,
        "missing": {name: "too_little_history" for name, value in row.items() if value is None},
        "terms": terms,
        "coverage": {"payout": PayoutCheck.MATCH if is_regular else draw(st.sampled_from(PayoutCheck))},
        "circumstances": {"is_reconstructed": not is_regular and draw(st.booleans())},
        "model": {"is_simulated": not is_regular and draw(st.booleans())},
    }


@given(case=cases(), pd=PD)
def test_verdict_is_the_recommendation_or_refer(case: dict[str, Any], pd: float) -> None:
    """Nothing is approved or declined without a person that is not recommended so."""
    assessment = assess(**case, pd=pd)
    assert assessment.verdict in {assessment.recommendation, Verdict.REFER}
    assert (assessment.automation == "human_required") is (assessment.verdict is Verdict.REFER)


@given(case=cases(), pd=PD, form=st.sampled_from(sorted(NATURAL_PERSONS)))
def test_natural_persons_are_always_referred(case: dict[str, Any], pd: float, form: LegalForm) -> None:
    """Without a legal basis nothing about a natural person is decided by the program."""
    case["terms"]["legal_form"] = form
    assessment = assess(**case, pd=pd)
    assert assessment.verdict is Verdict.REFER
    assert "NATURAL_PERSON" in {cause.code for cause in assessment.causes}


@given(case=cases(), pds=st.tuples(PD, PD).map(sorted))
def test_a_higher_probability_of_default_never_helps(case: dict[str, Any], pds: list[float]) -> None:
    """Neither recommendation nor price improves."""
    low, high = (assess(**case, pd=pd) for pd in pds)
    assert SEVERITY[low.recommendation] <= SEVERITY[high.recommendation]
    if low.offer is not None and high.offer is not None:
        assert low.offer.annual_rate_bps <= high.offer.annual_rate_bps


@given(case=cases(), pd=PD)
def test_every_referral_and_decline_has_a_cause(case: dict[str, Any], pd: float) -> None:
    """Only an approval needs no words."""
    assessment = assess(**case, pd=pd)
    assert bool(assessment.causes) or assessment.verdict is Verdict.APPROVE
    if assessment.verdict is Verdict.APPROVE:
        assert assessment.causes == ()


@given(case=cases(), pd=PD)
def test_what_needs_a_person_is_never_automatic(case: dict[str, Any], pd: float) -> None:
    """No cause that means a person comes with an automatic verdict, so its words may name that person."""
    assessment = assess(**case, pd=pd)
    kinds = {rule.id: rule.kind for rule in assessment.rules}
    if assessment.automation == "fully_automated":
        assert assessment.verdict is not Verdict.REFER
        assert not {kinds[cause.rule] for cause in assessment.causes} & {"minimum_data", "gate"}


@given(case=cases(), pd=PD)
def test_nothing_beyond_the_limit_is_approved(case: dict[str, Any], pd: float) -> None:
    """An approval is within every constraint, and an offer within the product."""
    assessment = assess(**case, pd=pd)
    amount = case["terms"]["amount_cents"]
    product = POLICY.products[case["terms"]["product"]]
    if assessment.recommendation is Verdict.APPROVE:
        assert assessment.offer is not None
        assert amount <= assessment.offer.limit_cents
    if assessment.offer is not None:
        assert product.minimum_cents <= assessment.offer.limit_cents <= min(assessment.offer.constraints.values())
        assert assessment.offer.limit_cents <= product.maximum_cents


@given(case=cases(), pd=PD)
def test_base_and_points_are_the_score(case: dict[str, Any], pd: float) -> None:
    """The contributions of the record explain its score exactly."""
    assessment = assess(**case, pd=pd)
    assert assessment.base is not None
    assert assessment.base + sum(item.points for item in assessment.contributions) == assessment.score


def texts(assessment: Assessment) -> list[str]:
    """All words of an assessment."""
    words = said(assessment)
    pairs = [cause.text for cause in words.causes]
    pairs += [cause.remedy for cause in words.causes if cause.remedy is not None]
    pairs += [*words.reasons, *words.rules]
    return [text for pair in pairs for text in (pair.de, pair.en)]


@given(case=cases(), pd=PD)
def test_everything_is_told_in_both_languages(case: dict[str, Any], pd: float) -> None:
    """No text is empty, holds a name of code, or an unfilled place; the record survives its stored form."""
    assessment = assess(**case, pd=pd)
    for text in texts(assessment):
        assert text.strip()
        assert not re.search(r"[{}]|\b\w+_\w+\b|\bNone\b|\bnan\b", text), text
    stored = msgspec.json.encode(assessment, order="deterministic")
    assert msgspec.json.encode(msgspec.json.decode(stored, type=Assessment), order="deterministic") == stored


def strict_number(name: str) -> st.SearchStrategy[tuple[Policy, Policy]]:
    """Pairs of policies of which the second is stricter in one value."""
    part, key, direction, values = STRICTER[name]

    def pair(bounds: tuple[Any, Any]) -> tuple[Policy, Policy]:
        low, high = sorted(bounds)
        loose, strict = (high, low) if direction == "lower" else (low, high)
        return with_values(part, **{key: loose}), with_values(part, **{key: strict})

    return st.tuples(values, values).map(pair)


STRICTER: Mapping[str, tuple[str, str, str, st.SearchStrategy[Any]]] = {
    # name: part, key, which direction is stricter, values
    "garnishments": ("knock_outs", "garnishments_at_most", "lower", st.integers(0, 2)),
    "revenue": ("knock_outs", "revenue_cents_at_least", "higher", st.integers(1, 100_000_000)),
    "overdraft": ("knock_outs", "overdraft_days_at_most", "lower", st.integers(0, 90)),
    "approve": ("cut_offs", "approve_at_or_below", "lower", st.floats(0.0, 0.12)),
    "decline": ("cut_offs", "decline_above", "lower", st.floats(0.04, 1.0)),
    "bank feed": ("caps", "bank_feed_share_at_least", "higher", SHARE),
    "paid without inflow": ("caps", "paid_without_inflow_share_at_most", "lower", SHARE),
    "assumed due": ("caps", "assumed_due_share_at_most", "lower", SHARE),
    "burst": ("caps", "sales_burst_score_at_most", "lower", st.integers(0, 10).map(float)),
    "idle": ("caps", "idle_days_at_most", "lower", st.integers(0, 60)),
    "cover": ("limits", "cover_ratio", "higher", st.integers(100, 300).map(lambda percent: percent / 100)),
    "rate": ("pricing", "highest_annual_rate_bps", "higher", st.integers(1_490, 5_000)),
}


@given(case=cases(), pd=PD, pair=st.sampled_from(sorted(STRICTER)).flatmap(strict_number))
def test_a_stricter_value_never_loosens(case: dict[str, Any], pd: float, pair: tuple[Policy, Policy]) -> None:
    """Neither recommendation nor verdict gets better when a threshold is tightened."""
    loose, strict = (assess(**case, pd=pd, policy=policy) for policy in pair)
    assert SEVERITY[loose.recommendation] <= SEVERITY[strict.recommendation]
    assert SEVERITY[loose.verdict] <= SEVERITY[strict.verdict]


@given(
    case=cases(),
    pd=PD,
    key=st.sampled_from(
        [
            ("minimum_cents", "higher", 500_000, 9_000_000),
            ("maximum_cents", "lower", 500_000, 20_000_000),
            ("minimum_term_months", "higher", 1, 24),
            ("maximum_term_months", "lower", 3, 72),
            ("revenue_months", "lower", 1, 10),
            ("receivables_share", "lower", 1, 10),
        ]
    ),
    data=st.data(),
)
def test_a_stricter_product_never_loosens(
    case: dict[str, Any], pd: float, key: tuple[str, str, int, int], data: st.DataObject
) -> None:
    """Less room in a product never makes an application better."""
    name, direction, least, most = key
    low, high = sorted(data.draw(st.tuples(st.integers(least, most), st.integers(least, most))))
    case["terms"]["product"] = "working_capital"
    loose_value, strict_value = (high, low) if direction == "lower" else (low, high)
    loose = assess(**case, pd=pd, policy=with_product("working_capital", **{name: loose_value}))
    strict = assess(**case, pd=pd, policy=with_product("working_capital", **{name: strict_value}))
    assert SEVERITY[loose.recommendation] <= SEVERITY[strict.recommendation]


@given(case=cases(), pd=PD, name=st.sampled_from(sorted(VALUES)))
def test_withholding_a_value_never_gives_an_approval(case: dict[str, Any], pd: float, name: str) -> None:
    """A value that the policy needs and does not have leads to a person at best."""
    case["row"][name], case["missing"][name] = None, "too_few_documents"
    is_needed = name != "receivables_eligible_cents" or case["terms"]["product"] == "working_capital"
    assert assess(**case, pd=pd).recommendation is not Verdict.APPROVE or not is_needed


def test_rules_are_named_once() -> None:
    """Each rule has its own id."""
    ids = [result.id for result in assess().rules]
    assert len(set(ids)) == len(ids)
