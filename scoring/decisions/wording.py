"""Values as people write them, in German and English, and the plain words for why a value is missing."""

from decimal import ROUND_HALF_UP, Context, Decimal
from math import expm1, floor, log10
from typing import Final

from features.feature import Missing, Text, Unit

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
_EXACT: Final = Context(prec=400)
"""Room for every float with many decimals; the default of 28 digits would refuse large amounts."""

_UNKNOWN_WHY: Final = Text(de="die Daten dafür nicht ausreichen", en="the data do not suffice")
_WHY: Final[dict[str, Text]] = {
    Missing.NOT_FETCHED: Text(
        de="diese Daten nicht abgerufen wurden", en="these data were not requested from the bookkeeping system"
    ),
    Missing.TOO_LITTLE_HISTORY: Text(
        de="die Bücher dafür zu wenige Monate an Rechnungen oder Kontoumsätzen enthalten",
        en="the books hold too few months of invoices or bank lines for it",
    ),
    Missing.TOO_FEW_DOCUMENTS: Text(de="es dafür zu wenige Belege gibt", en="there are too few documents"),
    Missing.BALANCE_LEVEL_UNVERIFIED: Text(
        de="der Kontostand nicht von der Bank bestätigt ist", en="the account balance is not confirmed by the bank"
    ),
    Missing.UNDEFINED: Text(
        de="es in diesem Zeitraum keine Vorgänge gibt, an denen sich das messen ließe",
        en="nothing happened in the period that it could be measured by",
    ),
    Missing.NOT_RECONSTRUCTABLE: Text(
        de="sich das für einen vergangenen Tag nicht wiederherstellen lässt",
        en="it cannot be reconstructed for a day in the past",
    ),
}
_REMEDY: Final[dict[str, Text]] = {
    Missing.NOT_FETCHED: Text(
        de="Eine Person kann die fehlenden Unterlagen anfordern.", en="A person can ask for the missing documents."
    ),
    Missing.TOO_LITTLE_HISTORY: Text(
        de="Falls es ältere Rechnungen oder ein nicht verbundenes Konto gibt, bitte in der Buchhaltung nachtragen.",
        en="If there are older invoices or an account that is not connected, please add them to the books.",
    ),
    Missing.TOO_FEW_DOCUMENTS: Text(
        de="Fehlende Rechnungen und Belege bitte in der Buchhaltung nachtragen.",
        en="Please add missing invoices and receipts to the books.",
    ),
    Missing.BALANCE_LEVEL_UNVERIFIED: Text(
        de="Das Geschäftskonto in der Buchhaltung bitte mit dem Online-Banking verbinden.",
        en="Please connect the business account in the bookkeeping system to online banking.",
    ),
    Missing.NOT_RECONSTRUCTABLE: Text(
        de="Eine Anfrage mit dem heutigen Datum hat diese Lücke nicht.",
        en="An application as of today does not have this gap.",
    ),
}


def why_missing(cause: str | None) -> Text:
    """A subordinate clause that says why a value is missing, to be put after "weil" and "because"."""
    return _WHY.get(cause or "", _UNKNOWN_WHY)


def remedy_for(cause: str | None) -> Text | None:
    """What would give the missing value, or null where nothing would."""
    return _REMEDY.get(cause or "")


def format_value(value: float, unit: Unit, *, decimals: int | None = None) -> Text:
    """A value with its unit, such as ``12,3 %`` and ``12.3%``, ``1.234,50 €`` and ``€1,234.50``.

    Args:
        value: The value in the unit that features use: cents, shares of 1, natural logarithm of 1 + euro.
        unit: How to read it.
        decimals: Decimals to print, for percent those of the percentage; the customary number when left out.
    """
    match unit:
        case Unit.CENTS:
            number = Decimal(repr(value)) / 100
        case Unit.SHARE:
            number = Decimal(repr(value)) * 100
        case Unit.LOG_EURO:
            number = _three_figures(expm1(value))
        case _:
            number = Decimal(repr(value))
    printed = _DECIMALS[unit] if decimals is None else decimals
    number = number.quantize(Decimal(1).scaleb(-printed), rounding=ROUND_HALF_UP, context=_EXACT)
    if unit in _OPTIONAL_DECIMALS and number == number.to_integral_value():
        number = number.quantize(Decimal(1))
    if number == 0:
        number = abs(number)
    english = f"{number:,f}"
    german = english.translate(str.maketrans(",.", ".,"))
    return _with_unit(german, english, unit, is_one=number == 1)


def format_apart(value: float, bound: float, unit: Unit) -> tuple[Text, Text]:
    """Value and bound with as many decimals as it takes to see that they differ."""
    decimals = _DECIMALS[unit]
    texts = format_value(value, unit), format_value(bound, unit)
    while value != bound and texts[0] == texts[1] and decimals < 12:
        decimals += 1
        texts = format_value(value, unit, decimals=decimals), format_value(bound, unit, decimals=decimals)
    return texts


def sentence(text: str) -> str:
    """The text with an upper-case first letter."""
    return text[:1].upper() + text[1:]


def _with_unit(german: str, english: str, unit: Unit, *, is_one: bool) -> Text:
    match unit:
        case Unit.SHARE:
            return Text(de=f"{german} %", en=f"{english}%")
        case Unit.CENTS:
            return Text(de=f"{german} €", en=_euro(english))
        case Unit.LOG_EURO:
            return Text(de=f"rund {german} €", en=f"about {_euro(english)}")
        case Unit.DAYS | Unit.DAYS_PER_MONTH | Unit.MONTHS:
            one, many = _NOUNS[unit]
            noun = one if is_one else many
            return Text(de=f"{german} {noun.de}", en=f"{english} {noun.en}")
        case Unit.RATIO | Unit.COUNT | Unit.SCORE:
            return Text(de=german, en=english)


def _euro(english: str) -> str:
    return f"-€{english[1:]}" if english.startswith("-") else f"€{english}"


def _three_figures(euro: float) -> Decimal:
    """Rounded to three significant figures: a logarithm kept to two decimals knows no more."""
    if abs(euro) < 1:
        return Decimal(0)
    return Decimal(repr(round(euro, 2 - floor(log10(abs(euro))))))
