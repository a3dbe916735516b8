"""Which thresholds of a covenant can be meant: a slip of the unit makes one that is always met, or never.

The ranges are wide. They hold what a loan agreement may ask, not what a sound firm has.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from features.feature import Unit


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """What a threshold may be."""

    lowest: float
    highest: float
    unit: str
    """In words, with an example."""


_TIMES: Final = "as a factor, such as 1.25 for 1.25 times"
_CHANGE: Final = "as a share of 1, such as -0.2 for one fifth less"
_UNITS: Final[Mapping[Unit, Range]] = MappingProxyType(
    {
        Unit.SHARE: Range(lowest=0, highest=1, unit="as a share of 1, such as 0.25 for 25 %"),
        Unit.COUNT: Range(lowest=0, highest=1_000_000, unit="as a number of cases, such as 3"),
        Unit.DAYS: Range(lowest=0, highest=1_000, unit="in days, such as 45"),
        Unit.DAYS_PER_MONTH: Range(lowest=-100, highest=100, unit="in days per month, such as 1.5"),
        Unit.MONTHS: Range(lowest=-1_000, highest=1_000, unit="in months, such as 1.5"),
        Unit.CENTS: Range(lowest=-1e13, highest=1e13, unit="in whole cents, such as 2500000 for 25,000.00 euro"),
        Unit.LOG_EURO: Range(lowest=-1, highest=30, unit="as a logarithm, as the page of the feature says"),
        Unit.RATIO: Range(lowest=-100, highest=100, unit=_TIMES),
        Unit.SCORE: Range(lowest=-1_000, highest=1_000, unit="as a score, as the page of the feature says"),
    }
)
_SIGNED_DAYS: Final = Range(lowest=-1_000, highest=1_000, unit="in days, such as 14; below zero is earlier or less")
_NARROWER: Final[Mapping[str, Range]] = MappingProxyType(
    {
        "_delay_days_": _SIGNED_DAYS,
        "_slower_days_": _SIGNED_DAYS,
        "_change_days_": _SIGNED_DAYS,
        "_gap_days_": _SIGNED_DAYS,
        "_correction_days_": _SIGNED_DAYS,
        "_debt_service_cover_": Range(lowest=-10, highest=50, unit=_TIMES),
        "_inflow_outflow_ratio_": Range(lowest=0, highest=50, unit=_TIMES),
        "_sales_inflow_ratio_": Range(lowest=0, highest=50, unit=_TIMES),
        "_hhi_": Range(lowest=0, highest=1, unit="between 0 and 1, such as 0.25 for four customers of one size"),
        "_effective_": Range(lowest=0, highest=100_000, unit="as a number of customers, such as 8"),
        "revenue_drop_": Range(lowest=-1, highest=20, unit=_CHANGE),
        "revenue_growth_": Range(lowest=-1, highest=20, unit=_CHANGE),
        "revenue_change_": Range(lowest=-1, highest=20, unit=_CHANGE),
        "revenue_ticket_change_": Range(lowest=-1, highest=20, unit=_CHANGE),
        "revenue_trend_": Range(lowest=-5, highest=5, unit="as a share of 1 per month, such as -0.05"),
        "_dunning_depth_": Range(lowest=0, highest=10, unit="as a level of reminder, such as 1.5"),
    }
)
"""By a part of the feature's name, where its unit alone says less."""


def range_of(feature: str, unit: Unit) -> Range:
    """What a threshold on a feature may be."""
    named = next((found for part, found in _NARROWER.items() if part in f"{feature}_"), None)
    return _UNITS[unit] if named is None else named


def fault_of(feature: str, unit: Unit, threshold: float) -> str | None:
    """Why a threshold cannot be meant, with the unit and an example; None where it can.

    Args:
        feature: of the catalogue.
        unit: of the feature.
        threshold: as it was sent.
    """
    taken = range_of(feature, unit)
    if not taken.lowest <= threshold <= taken.highest:
        return f"must be {taken.lowest:,.15g} to {taken.highest:,.15g}: this feature is given {taken.unit}"
    if unit is Unit.CENTS and not threshold.is_integer():
        return f"must be a whole number: this feature is given {taken.unit}"
    return None
