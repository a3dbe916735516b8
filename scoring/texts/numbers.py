"""Values as people write them, in German and English."""

from decimal import ROUND_HALF_UP, Context, Decimal
from math import expm1, floor, log10
from typing import Final

from features.feature import Text, Unit

_DECIMALS: Final[dict[Unit, int]] = {
    Unit.DAYS: 1,
    Unit.DAYS_PER_MONTH: 1,
    Unit.SHARE: 1,  # of the percentage
    Unit.RATIO: 2,
    Unit.COUNT: 1,  # a median of counts may be a half
    Unit.MONTHS: 1,
    Unit.CENTS: 2,
    Unit.LOG_EURO: 0,
    Unit.SCORE: 1,
}
_OPTIONAL_DECIMALS: Final = frozenset({Unit.DAYS, Unit.DAYS_PER_MONTH, Unit.MONTHS, Unit.COUNT})
"""Units whose whole numbers are written without decimals."""

_NOUNS: Final[dict[Unit, tuple[Text, Text]]] = {
    Unit.DAYS: (Text(de="Tag", en="day"), Text(de="Tage", en="days")),
    Unit.DAYS_PER_MONTH: (Text(de="Tag je Monat", en="day per month"), Text(de="Tage je Monat", en="days per month")),
    Unit.MONTHS: (Text(de="Monat", en="month"), Text(de="Monate", en="months")),
}
BARE: Final = (Text(de="", en=""), Text(de="", en=""))
"""No noun behind a number."""
_EXACT: Final = Context(prec=400, rounding=ROUND_HALF_UP)
"""Room for every float with many decimals; the default of 28 digits would refuse large amounts."""
_STEPS: Final = tuple(Decimal(1).scaleb(-decimals) for decimals in range(13))
_GERMAN: Final = str.maketrans(",.", ".,")


def format_value(
    value: float, unit: Unit, *, decimals: int | None = None, nouns: tuple[Text, Text] | None = None
) -> Text:
    """A value with its unit, such as ``12,3 %`` and ``12.3%``, ``1.234,50 €`` and ``€1,234.50``.

    Args:
        value: The value in the unit that features use: cents, shares of 1, natural logarithm of 1 + euro.
        unit: How to read it.
        decimals: Decimals to print, for percent those of the percentage; the customary number when left out.
        nouns: What is counted, one and many, such as months; empty for the bare number, the unit's own when left out.
    """
    return _write(_number(value, unit, _DECIMALS[unit] if decimals is None else decimals), unit, nouns)


def format_apart(
    value: float, bound: float, unit: Unit, *, nouns: tuple[Text, Text] | None = None
) -> tuple[Text, Text]:
    """Value and bound with as many decimals as it takes to see that they differ; nouns stand with the value only."""
    decimals = _DECIMALS[unit]
    numbers = _number(value, unit, decimals), _number(bound, unit, decimals)
    while value != bound and numbers[0] == numbers[1] and decimals < 12:
        decimals += 1
        numbers = _number(value, unit, decimals), _number(bound, unit, decimals)
    return _write(numbers[0], unit, nouns), _write(numbers[1], unit, BARE)


def sentence(text: str) -> str:
    """The text with an upper-case first letter."""
    return text[:1].upper() + text[1:]


def _number(value: float, unit: Unit, decimals: int) -> Decimal:
    """The number to be printed, rounded."""
    if unit is Unit.LOG_EURO:
        number = _three_figures(expm1(value))
    else:
        number = Decimal(repr(value))
        if unit is Unit.CENTS:
            number /= 100
        elif unit is Unit.SHARE:
            number *= 100
    number = number.quantize(_STEPS[decimals], context=_EXACT)
    if unit in _OPTIONAL_DECIMALS and number == number.to_integral_value():
        number = number.quantize(_STEPS[0])
    return number or abs(number)  # no minus before a zero


def _write(number: Decimal, unit: Unit, nouns: tuple[Text, Text] | None) -> Text:
    english = f"{number:,f}"
    german = english.translate(_GERMAN)
    if unit is Unit.SHARE:
        return Text(de=f"{german} %", en=f"{english}%")
    if unit is Unit.CENTS:
        return Text(de=f"{german} €", en=_euro(english))
    if unit is Unit.LOG_EURO:
        return Text(de=f"rund {german} €", en=f"about {_euro(english)}")
    one, many = nouns or _NOUNS.get(unit, BARE)
    noun = one if number == 1 else many
    return Text(de=f"{german} {noun.de}", en=f"{english} {noun.en}") if noun.de else Text(de=german, en=english)


def _euro(english: str) -> str:
    return f"-€{english[1:]}" if english.startswith("-") else f"€{english}"


def _three_figures(euro: float) -> Decimal:
    """Rounded to three significant figures: a logarithm kept to two decimals knows no more."""
    if abs(euro) < 1:
        return Decimal(0)
    return Decimal(repr(round(euro, 2 - floor(log10(abs(euro))))))
