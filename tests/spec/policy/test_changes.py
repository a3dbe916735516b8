"""What may be named as a change: boundary values of points, amounts and terms, and what is never named."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
import pytest
from decision_cases import POLICY, ROW, TERMS, assess, with_product

from features.derive import CATALOGUE
from models.points import PointsTable
from models.steps import FeatureSteps, to_resolution
from scoring.decisions.changes import (
    BY_LINK,
    MOVED,
    ON_TERMS,
    Change,
    Step,
    StepKind,
    chosen,
    doubts,
    is_proved,
    largest_amount,
    nearest_amount,
    nearest_term,
    score_at,
    smallest,
    terms_that_pass,
    worth_trying,
)
from scoring.decisions.decision import PayoutCheck, Terms, Verdict
from scoring.decisions.policy import Policy
from scoring.decisions.rules import CAPS, READINGS

PRODUCT = POLICY.products["working_capital"]
OVERDUE = "receivables_overdue_share"
"""Costs 20.5 points in the case."""


def table_of(best: float, feature: str = OVERDUE) -> PointsTable:
    """A model that reads the features of the case, one of them with so many points at best."""
    read = (OVERDUE, "customers_churn_share_12m", "revenue_log_12m", "liquidity_inflow_outflow_ratio_90d")
    return PointsTable(
        schema=1,
        kind="additive_steps",
        base=610.0,
        features=tuple(
            FeatureSteps(
                name=name,
                precision=CATALOGUE[name].precision,
                edges=(0.1,),
                points=(to_resolution(best if name == feature else 5.5), -20.5),
                missing_points=-5.25,
                typical=0.06,
                shares=(0.5, 0.5),
                missing_share=0.0,
                bad_rates=(0.02, 0.08),
                missing_bad_rate=None,
            )
            for name in read
        ),
    )


def tried(
    *,
    pd: float,
    best: float = 60.0,
    policy: Policy = POLICY,
    row: Mapping[str, float] | None = None,
    **case: Any,  # noqa: ANN401  parts of a case
) -> tuple[StepKind, ...]:
    """The kinds of changes that are worth trying for the case of this probability of default."""
    values = {**ROW, **(row or {})}
    assessment = assess(pd=pd, policy=policy, row=row, **case)
    terms = msgspec.structs.replace(TERMS, **case.get("terms", {}))
    return worth_trying(assessment, values, terms, table=table_of(best), policy=policy, catalogue=CATALOGUE)


MISSING = score_at(0.04) - score_at(0.06)
"""Points from 6 % to the cut-off of 4 %."""


def test_the_points_to_a_cut_off() -> None:
    """40 points double the odds: from odds of 15.7 to 1 to 24 to 1."""
    assert pytest.approx(24.613, abs=0.001) == MISSING
    assert (score_at(0.0), score_at(1.0)) == (float("inf"), float("-inf"))


@pytest.mark.parametrize(
    ("best", "expected"), [(MISSING - 20.5 + 0.001, (StepKind.COLLECT,)), (MISSING - 20.5 - 0.001, ())]
)
def test_a_change_is_tried_where_its_best_bins_earn_what_is_missing(
    best: float, expected: tuple[StepKind, ...]
) -> None:
    """A thousandth of a point less, and no derivation is wasted on it. Inflow to outflow is at its best already."""
    assert tried(pd=0.06, best=best) == expected


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ({"pd": 0.01}, ()),
        ({"pd": 0.04}, ()),
        ({"pd": 0.041}, (StepKind.COLLECT,)),
        ({"pd": 0.06, "row": {"liquidity_garnishment_count_12m": 1.0}}, ()),
        ({"pd": 0.06, "coverage": {"payout": PayoutCheck.MISMATCH}}, ()),
        ({"pd": 0.06, "row": {"trust_sales_burst_score_30d": 3.1}}, ()),
        # With a doubt that stays, a person may still decide in place of a decline.
        ({"pd": 0.13, "row": {"trust_sales_burst_score_30d": 3.1}}, (StepKind.COLLECT,)),
        ({"pd": 0.01, "row": {"trust_bank_feed_share_12m": 0.1}}, (StepKind.LINK_BANK,)),
        ({"pd": 0.01, "row": {"trust_bank_feed_share_12m": 0.1, "trust_sales_burst_score_30d": 3.1}}, ()),
        ({"pd": 0.01, "row": {"receivables_eligible_cents": 2_000_000.0}}, (StepKind.COLLECT,)),
        ({"pd": 0.01, "row": {"receivables_eligible_cents": 2_941_177.0}}, ()),
    ],
)
def test_when_a_change_of_the_books_is_tried(case: dict[str, Any], expected: tuple[StepKind, ...]) -> None:
    """Neither where all is well, nor where a knock-out or doubt stands in the way; receivables can bind the limit."""
    assert tried(**case) == expected


def test_without_a_score_nothing_is_tried() -> None:
    """Too little data is no matter of a change: who adds documents to reach a number makes them up."""
    assessment = assess(pd=None, coverage={"invoice_count": 3})
    found = worth_trying(assessment, ROW, TERMS, table=table_of(60.0), policy=POLICY, catalogue=CATALOGUE)
    assert found == ()


def test_no_change_is_about_a_value_behind_a_knock_out_or_doubt() -> None:
    """What a step moves is read by no such rule, in either catalogue."""
    guarded = {rule.feature for rule in (*CAPS, *READINGS) if rule.feature is not None}
    assert guarded.isdisjoint({name for names in MOVED.values() for name in names})
    known = {rule.id for rule in (*CAPS, *READINGS)}
    assert known >= ON_TERMS | BY_LINK
    assert ON_TERMS.isdisjoint(BY_LINK)


BURST = {"trust_sales_burst_score_30d": 3.1}
FED = {"trust_bank_feed_share_12m": 0.79}


@pytest.mark.parametrize(
    ("before", "after", "is_linked", "expected"),
    [
        ({"pd": 0.05}, {"pd": 0.04}, False, True),
        ({"pd": 0.05}, {"pd": 0.041}, False, False),
        ({"pd": 0.13}, {"pd": 0.05}, False, True),
        ({"pd": 0.05, "row": BURST}, {"pd": 0.04}, False, False),
        ({"pd": 0.13, "row": BURST}, {"pd": 0.05, "row": BURST}, False, True),
        ({"pd": 0.13, "row": BURST}, {"pd": 0.05}, False, False),
        ({"pd": 0.01, "row": FED}, {"pd": 0.01}, False, False),
        ({"pd": 0.01, "row": FED}, {"pd": 0.01}, True, True),
        ({"pd": 0.01, "row": {**FED, **BURST}}, {"pd": 0.01}, True, False),
        ({"pd": 0.01, "terms": {"amount_cents": 400_000}}, {"pd": 0.01}, False, True),
    ],
)
def test_a_change_is_proved_by_a_better_recommendation_alone(
    before: dict[str, Any],
    after: dict[str, Any],
    is_linked: bool,  # noqa: FBT001  columns of the table
    expected: bool,  # noqa: FBT001  the same
) -> None:
    """And never by a knock-out or doubt that fell silent with it; the bank itself may settle those about its data."""
    assert is_proved(assess(**before), assess(**after), is_linked=is_linked) is expected


def test_doubts_are_knock_outs_caps_and_minimum_data_that_did_not_pass() -> None:
    """What was asked for and what a person must decide by law are none."""
    made = assess(
        row={"trust_sales_burst_score_30d": 3.1},
        missing={"liquidity_garnishment_count_12m": "too_little_history"},
        terms={"amount_cents": 1, "term_months": 99},
        model={"is_simulated": True},
    )
    assert doubts(made) == {"SALES_BURST"}
    unknown = assess(row={"liquidity_garnishment_count_12m": None})
    assert doubts(unknown) == {"GARNISHMENT"}


def up_to(limit_of_month: Mapping[int, int]) -> Any:  # noqa: ANN401  a predicate
    """Passes what is not above the limit of the longest term up to the one that is asked for."""

    def passes(amount_cents: int, term_months: int) -> bool:
        limits = [cents for months, cents in limit_of_month.items() if months <= term_months]
        return (
            bool(limits)
            and PRODUCT.minimum_cents <= amount_cents <= max(limits)
            and PRODUCT.minimum_term_months <= term_months <= PRODUCT.maximum_term_months
        )

    return passes


ASKED = Terms(**(msgspec.structs.asdict(TERMS) | {"amount_cents": 2_000_000, "term_months": 12}))


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({3: 1_995_000}, ((1_990_000, 12),)),
        ({3: 1_995_000, 18: 2_000_000}, ((2_000_000, 18), (1_990_000, 12))),
        ({3: 1_995_000, 18: 1_999_999}, ((1_990_000, 12),)),
        ({3: 499_999, 20: 600_000}, ((600_000, 20),)),
        ({3: 499_999}, ()),
    ],
)
def test_other_terms_are_as_near_as_can_be(limits: dict[int, int], expected: tuple[tuple[int, int], ...]) -> None:
    """Another term with the same amount, another amount with the same term; both only where neither does."""
    assert terms_that_pass(PRODUCT, ASKED, 10_000, passes=up_to(limits)) == expected


@pytest.mark.parametrize(
    ("amount", "months", "expected"),
    [
        (499_999, 12, ((500_000, 12),)),
        (500_000, 2, ((500_000, 3),)),
        (500_000, 25, ((500_000, 24),)),
        (400_000, 30, ((500_000, 24),)),
    ],
)
def test_terms_outside_of_the_product_become_its_nearest(
    amount: int, months: int, expected: tuple[tuple[int, int], ...]
) -> None:
    """Asking for more, for longer or for shorter, to the cent and month."""
    asked = msgspec.structs.replace(ASKED, amount_cents=amount, term_months=months)
    assert terms_that_pass(PRODUCT, asked, 10_000, passes=up_to({3: 900_000})) == expected


def test_amounts_are_in_steps_of_the_policy() -> None:
    """The largest is rounded down to one; the least of the product up to one."""
    odd = with_product("working_capital", minimum_cents=505_000).products["working_capital"]
    assert largest_amount(PRODUCT, 10_000, 12, passes=up_to({3: 1_234_567})) == 1_230_000
    assert largest_amount(odd, 10_000, 12, passes=up_to({3: 509_999})) is None
    assert largest_amount(odd, 10_000, 12, passes=up_to({3: 510_000})) == 510_000
    assert largest_amount(PRODUCT, 10_000, 12, passes=up_to({3: 99_999_999})) == PRODUCT.maximum_cents
    assert nearest_amount(PRODUCT, 700_050, 10_000, 12, passes=up_to({3: 900_000})) == 700_050
    assert nearest_term(PRODUCT, 900_001, 12, passes=up_to({3: 900_000})) is None


@pytest.mark.parametrize(
    ("weights", "wanted", "expected"),
    [
        ((5, 3, 2), 5, (0,)),
        ((3, 5, 2), 5, (1,)),
        ((3, 1, 5), 8, (0, 2)),
        ((1, 1, 1), 3, (0, 1, 2)),
        ((1, 1, 1), 4, None),
        ((), 0, None),
    ],
)
def test_nothing_can_be_left_out_of_the_smallest(
    weights: tuple[int, ...], wanted: int, expected: tuple[int, ...] | None
) -> None:
    """Counted from the front, what the rest does without is dropped."""
    places = tuple(range(len(weights)))
    assert smallest(places, passes=lambda some: sum(weights[place] for place in some) >= wanted) == expected


def change(*kinds: StepKind, recommendation: Verdict = Verdict.APPROVE) -> Change:
    """A change of these steps."""
    return Change(
        steps=tuple(Step(kind=kind) for kind in kinds),
        recommendation=recommendation,
        verdict=recommendation,
        score=600.0,
        limit_cents=1,
    )


COLLECT, PAY, AMOUNT, WAIT, TERM = StepKind.COLLECT, StepKind.PAY, StepKind.AMOUNT, StepKind.WAIT, StepKind.TERM


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], ()),
        ([change(WAIT), change(COLLECT), change(AMOUNT), change(PAY)], ((AMOUNT,), (COLLECT,), (PAY,))),
        ([change(TERM, recommendation=Verdict.REFER), change(WAIT)], ((WAIT,),)),
        ([change(COLLECT, AMOUNT), change(PAY)], ((PAY,), (COLLECT, AMOUNT))),
        ([change(COLLECT, AMOUNT), change(AMOUNT)], ((AMOUNT,),)),
    ],
)
def test_what_leads_furthest_with_least_is_named(
    found: list[Change], expected: tuple[tuple[StepKind, ...], ...]
) -> None:
    """Up to three; two steps only where neither does it alone."""
    assert tuple(tuple(step.kind for step in one.steps) for one in chosen(found)) == expected


def test_a_day_to_wait_for_is_a_day() -> None:
    """Facts, no words."""
    assert msgspec.json.encode(Step(kind=StepKind.WAIT, until=date(2026, 9, 30))) == (
        b'{"kind":"wait","documents":[],"amount_cents":null,"term_months":null,"until":"2026-09-30"}'
    )
