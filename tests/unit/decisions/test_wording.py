"""Values as people write them."""

import pytest

from features.feature import Missing, Text, Unit
from scoring.decisions.wording import format_apart, format_value, remedy_for, why_missing


@pytest.mark.parametrize(
    ("value", "unit", "german", "english"),
    [
        (0.123, Unit.SHARE, "12,3 %", "12.3%"),
        (1.0, Unit.SHARE, "100,0 %", "100.0%"),
        (123_450.0, Unit.CENTS, "1.234,50 €", "€1,234.50"),
        (-123_450.0, Unit.CENTS, "-1.234,50 €", "-€1,234.50"),
        (1e20, Unit.CENTS, "1.000.000.000.000.000.000,00 €", "€1,000,000,000,000,000,000.00"),
        (1.0, Unit.DAYS, "1 Tag", "1 day"),
        (41.25, Unit.DAYS, "41,3 Tage", "41.3 days"),
        (-0.04, Unit.DAYS, "0 Tage", "0 days"),
        (0.8, Unit.DAYS_PER_MONTH, "0,8 Tage je Monat", "0.8 days per month"),
        (1.0, Unit.MONTHS, "1 Monat", "1 month"),
        (38.0, Unit.MONTHS, "38 Monate", "38 months"),
        (3.0, Unit.COUNT, "3", "3"),
        (1.5, Unit.COUNT, "1,5", "1.5"),
        (1.25, Unit.RATIO, "1,25", "1.25"),
        (3.04, Unit.SCORE, "3,0", "3.0"),
        (13.0858, Unit.LOG_EURO, "rund 482.000 €", "about €482,000"),
        (0.0, Unit.LOG_EURO, "rund 0 €", "about €0"),
    ],
)
def test_values(value: float, unit: Unit, german: str, english: str) -> None:
    """Each unit has its form in both languages, with their separators and plurals."""
    assert format_value(value, unit) == Text(de=german, en=english)


def test_a_value_just_beyond_its_bound_is_seen_to_be() -> None:
    """A difference that the usual decimals hide is shown with more of them."""
    value, bound = format_apart(0.0400001, 0.04, Unit.SHARE)
    assert (value.de, bound.de) == ("4,00001 %", "4,00000 %")
    assert format_apart(0.04, 0.04, Unit.SHARE)[0].de == "4,0 %"


@pytest.mark.parametrize("cause", [*Missing, None, "something_new"])
def test_every_cause_of_absence_has_words(cause: str | None) -> None:
    """Also an unknown cause is told in words, never as a code."""
    why = why_missing(cause)
    assert why.de
    assert why.en
    assert "_" not in why.de + why.en


def test_nothing_is_advised_where_nothing_helps() -> None:
    """A value without a denominator cannot be supplied."""
    assert remedy_for(Missing.UNDEFINED) is None
    assert remedy_for(None) is None
