"""Thresholds of covenants that can be meant, and slips of the unit."""

import pytest

from features.derive import CATALOGUE
from scoring.decisions.covenant_thresholds import fault_of, range_of


@pytest.mark.parametrize(
    ("feature", "meant", "slips", "said"),
    [
        ("customers_top1_share_12m_v2", [0, 0.25, 1], [25, 1.01, -0.1], "0.25 for 25 %"),
        ("receivables_dilution_share_12m_v2", [0.05], [5], "0.25 for 25 %"),
        ("liquidity_returned_debit_count_90d_v2", [0, 3], [-1], "cases, such as 3"),
        ("receivables_dso_days_3m_v2", [0, 45, 120], [5_000, -1], "in days, such as 45"),
        ("receivables_weighted_delay_days_12m_v2", [-5, 30], [5_000], "in days, such as 14"),
        ("payables_cash_gap_days_3m_v2", [-30, 60], [-2_000], "in days, such as 14"),
        ("liquidity_debt_service_cover_12m", [0, 1.25, 3], [125], "1.25 times"),
        ("liquidity_debt_service_cover_12m_v2", [0, 1.25, 3], [125], "1.25 times"),
        ("revenue_growth_12m_v2", [-0.2, 0.1], [-20, 50], "one fifth less"),
        ("revenue_net_12m_cents_v2", [25_000_000, 0], [250_000.5, 1e14], "whole cents"),
        ("customers_hhi_12m_v2", [0.25], [2_500], "between 0 and 1"),
        ("customers_effective_12m_v2", [8], [-1], "number of customers"),
        ("trust_closed_books_age_months_v2", [3], [36_500], "in months"),
    ],
)
def test_a_slip_of_the_unit_is_told_with_an_example(
    feature: str, meant: list[float], slips: list[float], said: str
) -> None:
    """What an agreement may ask is taken; what is always met or never is not."""
    unit = CATALOGUE[feature].unit
    assert [fault_of(feature, unit, float(one)) for one in meant] == [None] * len(meant)
    for slip in slips:
        assert said in (fault_of(feature, unit, float(slip)) or "")


def test_every_feature_has_a_range_with_an_example() -> None:
    """Whatever the catalogue adds."""
    for name, feature in CATALOGUE.items():
        taken = range_of(name, feature.unit)
        assert taken.lowest < taken.highest
        assert "such as" in taken.unit or "page of the feature" in taken.unit
