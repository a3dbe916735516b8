"""Values as people write them."""

import pytest

from features.feature import Text, Unit
from scoring.texts.rendering import format_apart, format_value


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


def test_a_noun_stands_with_the_value_only() -> None:
    """One or many by the value; the bound beside it is a bare number."""
    assert format_apart(1.0, 3.0, Unit.MONTHS) == (Text(de="1 Monat", en="1 month"), Text(de="3", en="3"))
    nouns = (Text(de="Pfändung", en="garnishment"), Text(de="Pfändungen", en="garnishments"))
    shown = [format_apart(count, 0.0, Unit.COUNT, nouns=nouns)[0].en for count in (1.0, 2.0)]
    assert shown == ["1 garnishment", "2 garnishments"]
