"""Instalments and limits against tables computed by hand from the closed formulas."""

import pytest
from decision_cases import POLICY, ROW, assess, codes, rule, said, with_product

from scoring.decisions.decision import Verdict
from scoring.decisions.limits import (
    affordable_instalment_cents,
    highest_principal_cents,
    limit_of,
    monthly_instalment_cents,
)


@pytest.mark.parametrize(
    ("principal", "rate_bps", "months", "instalment"),
    [
        # 1,200 EUR without interest over a year: 100 EUR.
        (120_000, 0, 12, 10_000),
        # 100.00 EUR in three parts: 33.33 would leave a cent, so 33.34.
        (10_000, 0, 3, 3_334),
        # One month at 12 % a year: principal and one percent.
        (100_000, 1_200, 1, 101_000),
        # Two months at 12 %: 1000 * 0.01 / (1 - 1.01**-2) = 1000 * 1.0201 * 0.01 / 0.0201 = 507.5124..., rounded up.
        (100_000, 1_200, 2, 50_752),
        # 10,000 EUR over 12 months at 12 %: factor 0.0888487887 (tables of annuities), 888.4879 rounded up.
        (1_000_000, 1_200, 12, 88_849),
        # 100,000 EUR over 60 months at 6 %: factor 0.0193328015, 1933.2802 rounded up.
        (10_000_000, 600, 60, 193_329),
        (0, 1_490, 12, 0),
    ],
)
def test_annuity(principal: int, rate_bps: int, months: int, instalment: int) -> None:
    """The instalment is the annuity in arrears, rounded up to the cent."""
    assert monthly_instalment_cents(principal, rate_bps, months) == instalment


@pytest.mark.parametrize(
    ("principal", "rate_bps", "months", "named"),
    [(-1, 100, 12, "principal"), (1, -1, 12, "rate"), (1, 100, 0, "term"), (1, 100, 1201, "term")],
)
def test_impossible_loans_are_refused(principal: int, rate_bps: int, months: int, named: str) -> None:
    """A negative principal or rate, or an impossible term, is an error that says which."""
    with pytest.raises(ValueError, match=named):
        monthly_instalment_cents(principal, rate_bps, months)


@pytest.mark.parametrize(
    ("surplus", "debt_service", "affordable"),
    [
        # 15,000 EUR / 1.25 = 12,000 EUR a year = 1,000 EUR a month.
        (1_500_000, 0, 100_000),
        # Less 6,000 EUR of existing debt service: 500 EUR a month.
        (1_500_000, 600_000, 50_000),
        # Exactly covered: nothing is left.
        (1_500_000, 1_200_000, 0),
        (1_500_000, 1_300_000, 0),
        (0, 0, 0),
        (-500_000, 0, 0),
        # A negative debt service (refunds) does not add to the surplus.
        (1_500_000, -600_000, 100_000),
        # 1.00 EUR / 1.25 / 12 = 6.67 cents, rounded down.
        (100, 0, 6),
    ],
)
def test_affordable_instalment(surplus: int, debt_service: int, affordable: int) -> None:
    """Surplus over cover ratio, less existing debt service, a twelfth, rounded down, never below zero."""
    assert affordable_instalment_cents(surplus, debt_service, 1.25) == affordable


def test_highest_principal_is_where_the_instalment_would_pass_the_bound() -> None:
    """One cent more of principal needs a higher instalment."""
    principal = highest_principal_cents(100_000, 1_490, 12)
    assert monthly_instalment_cents(principal, 1_490, 12) == 100_000
    assert monthly_instalment_cents(principal + 1, 1_490, 12) == 100_001


@pytest.mark.parametrize(
    ("changed", "binding", "bound"),
    [
        # 500,000 EUR a year, 1.5 months: 62,500 EUR; 85 % of 60,000 EUR: 51,000 EUR; 42,000 EUR a year for instalments.
        ({}, "cash_flow", None),
        ({"liquidity_operating_surplus_12m_cents": 60_000_000.0}, "receivables", 5_100_000),
        (
            {"liquidity_operating_surplus_12m_cents": 60_000_000.0, "receivables_eligible_cents": 9e9},
            "revenue",
            6_250_000,
        ),
        (
            {
                "liquidity_operating_surplus_12m_cents": 9e9,
                "receivables_eligible_cents": 9e9,
                "revenue_net_12m_cents": 9e9,
            },
            "product_maximum",
            10_000_000,
        ),
        ({"liquidity_operating_surplus_12m_cents": -1.0}, "cash_flow", 0),
        ({"revenue_net_12m_cents": -5.0}, "revenue", 0),
    ],
)
def test_the_smallest_constraint_binds(changed: dict[str, float | None], binding: str, bound: int | None) -> None:
    """The limit is the smallest of product, revenue, receivables and cash flow."""
    limit = limit_of(
        {**ROW, **changed},
        POLICY.products["working_capital"],
        12,
        limits=POLICY.limits,
        highest_annual_rate_bps=POLICY.pricing.highest_annual_rate_bps,
    )
    assert limit.binding == binding
    # (60,000 / 1.25 - 6,000) / 12 = 3,500 EUR a month at 14.9 % over 12 months.
    expected = highest_principal_cents(350_000, 1_490, 12) if bound is None else bound
    assert limit.constraints[binding] == expected
    assert limit.cents == expected // 10_000 * 10_000


def test_receivables_do_not_bound_an_investment() -> None:
    """A product without a receivables share neither needs nor uses receivables."""
    assessment = assess(
        terms={"product": "investment", "term_months": 36},
        row={"receivables_eligible_cents": None},
        missing={"receivables_eligible_cents": "undefined"},
    )
    assert assessment.recommendation is Verdict.APPROVE
    assert assessment.offer is not None
    assert "receivables" not in assessment.offer.constraints


@pytest.mark.parametrize(
    ("eligible", "amount", "recommendation", "cause"),
    [
        # 85 % of eligible receivables is the bound; the smallest loan is 5,000 EUR.
        (3_000_000.0, 2_550_000, Verdict.APPROVE, None),
        (2_999_999.0, 2_550_000, Verdict.REFER, "LIMIT_BELOW_REQUEST"),
        (3_000_000.0, 2_550_001, Verdict.REFER, "LIMIT_BELOW_REQUEST"),
        (600_000.0, 2_550_000, Verdict.REFER, "LIMIT_BELOW_REQUEST"),
        (588_235.0, 2_550_000, Verdict.DECLINE, "LIMIT_BELOW_PRODUCT"),
        (0.0, 2_550_000, Verdict.DECLINE, "LIMIT_BELOW_PRODUCT"),
    ],
)
def test_limit_and_request(eligible: float, amount: int, recommendation: Verdict, cause: str | None) -> None:
    """A limit that covers the request is approved, a smaller one is an offer, one below the product is a decline."""
    assessment = assess(row={"receivables_eligible_cents": eligible}, terms={"amount_cents": amount})
    assert assessment.recommendation is recommendation
    assert codes(assessment) == ([] if cause is None else [cause])
    assert (assessment.offer is None) == (recommendation is Verdict.DECLINE)


def test_an_offer_below_the_request() -> None:
    """The offer states the limit, its price, and the instalment of the loan that it allows."""
    assessment = assess(row={"receivables_eligible_cents": 1_000_000.0}, pd=0.015)
    offer = assessment.offer
    assert offer is not None
    assert (offer.limit_cents, offer.requested_cents, offer.binding_constraint) == (850_000, 2_500_000, "receivables")
    assert (offer.annual_rate_bps, offer.pricing_tier, offer.max_term_months) == (850, "T3", 24)
    assert offer.monthly_instalment_cents == monthly_instalment_cents(850_000, 850, 12)
    words = said(assessment).causes[0].text
    assert words.de == "Der Höchstbetrag ist 8.500,00 €; beantragt wurden 25.000,00 €."
    assert words.en == "The maximum loan amount is €8,500.00; €25,000.00 was requested."


def test_the_instalment_of_a_request_within_the_limit() -> None:
    """Where the limit covers the request, the instalment is that of the request at the rate of its grade."""
    offer = assess(pd=0.01).offer
    assert offer is not None
    assert offer.limit_cents > offer.requested_cents
    assert offer.monthly_instalment_cents == monthly_instalment_cents(2_500_000, 690, 12)


def test_more_than_the_product_allows_is_an_offer() -> None:
    """A request above the product's maximum is not approved, and the limit stays within the maximum."""
    rich = {
        "liquidity_operating_surplus_12m_cents": 9e9,
        "receivables_eligible_cents": 9e9,
        "revenue_net_12m_cents": 9e9,
    }
    assert assess(row=rich, terms={"amount_cents": 10_000_000}).recommendation is Verdict.APPROVE
    assessment = assess(row=rich, terms={"amount_cents": 10_000_001})
    assert (assessment.recommendation, codes(assessment)) == (Verdict.REFER, ["LIMIT_BELOW_REQUEST"])


@pytest.mark.parametrize(
    "feature",
    [
        "receivables_eligible_cents",
        "liquidity_operating_surplus_12m_cents",
        "liquidity_debt_service_12m_cents",
    ],
)
def test_without_its_inputs_there_is_no_offer(feature: str) -> None:
    """A limit with an unknown constraint is an upper bound only: a person decides, and nothing is offered."""
    assessment = assess(row={feature: None}, missing={feature: "too_little_history"})
    assert (assessment.recommendation, assessment.offer) == (Verdict.REFER, None)
    assert codes(assessment) == ["LIMIT_INPUTS_MISSING"]
    assert rule(assessment, "LIMIT_INPUTS_MISSING").value == "incomplete"


def test_a_longer_term_than_the_product_allows_does_not_raise_the_limit() -> None:
    """The limit of an over-long term is that of the longest term."""
    longest, longer = assess(terms={"term_months": 24}), assess(terms={"term_months": 10**9})
    assert longest.offer is not None
    assert longer.offer is not None
    assert longest.offer.constraints == longer.offer.constraints


def test_the_policy_writes_decimals_and_they_are_meant_as_such() -> None:
    """A share of 0.07 of 100.00 EUR is 7.00 EUR, not the 6.99 that binary fractions may give."""
    product = with_product("working_capital", receivables_share=0.07).products["working_capital"]
    limit = limit_of(
        {"receivables_eligible_cents": 10_000.0}, product, 12, limits=POLICY.limits, highest_annual_rate_bps=1_490
    )
    assert limit.constraints["receivables"] == 700
    assert limit.missing == (
        "revenue_net_12m_cents",
        "liquidity_operating_surplus_12m_cents",
        "liquidity_debt_service_12m_cents",
    )
