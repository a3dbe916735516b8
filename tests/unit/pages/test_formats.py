"""Numbers and days as Germans and the English-speaking write them."""

from datetime import date
from decimal import Decimal

import pytest

from features.feature import Text
from scoring.pages.formats import Formats, tenths

DE, EN = Formats("de"), Formats("en")
NBSP, MINUS = "\N{NO-BREAK SPACE}", "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("german", "english", "expected"),
    [
        (DE.money(-123456), EN.money(-123456), (f"{MINUS}1.234,56{NBSP}€", f"{MINUS}€1,234.56")),
        (DE.euro(123450), EN.euro(123450), (f"1.235{NBSP}€", "€1,235")),
        (DE.percent(0.0774), EN.percent(0.0774), (f"7,7{NBSP}%", "7.7%")),
        (DE.rate(590), EN.rate(590), (f"5,90{NBSP}%", "5.90%")),
        (DE.number(12345), EN.number(12345), ("12.345", "12,345")),
        (DE.days(1.0), EN.days(38.5), (f"1{NBSP}Tag", f"38.5{NBSP}days")),
        (DE.days(None), EN.value(None, "share"), ("\N{EN DASH}", "\N{EN DASH}")),
        (DE.points(Decimal("43.4")), EN.points(-0.06), ("+43,4", f"{MINUS}0.1")),
        (DE.points(0.0), EN.points(-0.04), ("+0,0", "+0.0")),
        (DE.day(date(2026, 3, 1)), EN.day(date(2026, 3, 1)), ("01.03.2026", f"1{NBSP}Mar{NBSP}2026")),
        (DE.month(date(2026, 3, 1)), EN.month(date(2026, 3, 1)), (f"März{NBSP}2026", f"Mar{NBSP}2026")),
        (
            DE.label("no_such_feature"),
            EN.label("liquidity_overdraft_days_90d"),
            ("no_such_feature", "Days with a balance below zero"),
        ),
    ],
)
def test_each_language_has_its_way(german: str, english: str, expected: tuple[str, str]) -> None:
    """Commas, points, signs and order; nothing breaks inside a number."""
    assert (german, english) == expected


@pytest.mark.parametrize(
    ("instant", "german", "english"),
    [
        ("2026-01-31T23:30:00.000Z", f"01.02.2026, 00:30{NBSP}Uhr", f"1{NBSP}Feb{NBSP}2026, 00:30"),
        ("2026-07-01T12:00:00.000Z", f"01.07.2026, 14:00{NBSP}Uhr", f"1{NBSP}Jul{NBSP}2026, 14:00"),
    ],
)
def test_instants_are_told_in_berlin(instant: str, german: str, english: str) -> None:
    """Winter and summer time."""
    assert (DE.moment(instant), EN.moment(instant)) == (german, english)


def test_a_sentence_does_not_break_before_a_unit() -> None:
    """In the sentences of a decision, too, whose record has plain spaces."""
    text = Text(de="Es sind 5,8 % nach 12 Monaten, und 3 Kunden.", en="It is 5.8% after 12 months.")
    assert DE.say(text) == f"Es sind 5,8{NBSP}% nach 12{NBSP}Monaten, und 3 Kunden."
    assert EN.say(text) == text.en


def test_halves_are_rounded_away_from_zero() -> None:
    """As the reasons round them."""
    assert [tenths(value) for value in (0.25, -0.25, 0.24)] == [Decimal("0.3"), Decimal("-0.3"), Decimal("0.2")]
