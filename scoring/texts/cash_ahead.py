"""What cash does ahead, in sentences. They are said of what is worked out now, and stand in no record."""

from types import MappingProxyType
from typing import Final

from features.feature import Text, Unit
from forecast.cash import Case, Kind
from scoring.decisions.cash_ahead import CashAhead, CashLine
from scoring.texts.rendering import filled, format_value, joined, say_day, why_missing

NOTHING: Final = Text(
    de="Es gibt keine Liquiditätsvorschau, weil {why}.", en="There is no look ahead at cash, because {why}."
)
CHANGES: Final = Text(
    de="Die Beträge sind Veränderungen gegenüber dem Stichtag, keine Kontostände, weil {why}.",
    en="The amounts are changes since the day of observation, no levels, because {why}.",
)
GAP: Final = Text(
    de="Mit der Rate von {instalment} im Monat endet der Tag mit dem höchsten Risiko mit einer Wahrscheinlichkeit von"
    " {gap} im Minus, ohne das Darlehen mit {without}.",
    en="With the instalment of {instalment} a month, the day at highest risk ends below zero with a probability of"
    " {gap}; without the loan, of {without}.",
)
WORST: Final = Text(
    de="Am niedrigsten ist der mittlere Stand mit der Rate am {day}: {median} (mit 80 % Wahrscheinlichkeit zwischen"
    " {low} und {high}).",
    en="With the instalment the median is lowest on {day}: {median} (between {low} and {high} with a probability of"
    " 80%).",
)
WORST_CHANGE: Final = Text(
    de="Mit der Rate von {instalment} im Monat ist die mittlere Veränderung am {day} am ungünstigsten: {median} (mit"
    " 80 % Wahrscheinlichkeit zwischen {low} und {high}).",
    en="With the instalment of {instalment} a month the median change is worst on {day}: {median} (between {low} and"
    " {high} with a probability of 80%).",
)
ASSUMED: Final = Text(
    de="Der ausgezahlte Betrag gilt als sofort für seinen Zweck ausgegeben; neue Kredite, Einlagen und Zuschüsse sind"
    " nicht eingerechnet.",
    en="What is paid out counts as spent at once on its purpose; new loans, contributions and grants are not counted"
    " on.",
)
CASES: Final = MappingProxyType(
    {
        Case.EXPECTED: Text(de="Erwartet", en="Expected"),
        Case.LESS_REVENUE: Text(de="20 % weniger Umsatz", en="Revenue 20% lower"),
        Case.LATE_CUSTOMER: Text(de="Größter Kunde zahlt 60 Tage später", en="Largest customer pays 60 days later"),
        Case.BOTH: Text(de="Beides", en="Both"),
    }
)
KINDS: Final = MappingProxyType(
    {
        Kind.OPEN_INVOICES: Text(de="Offene Rechnungen", en="Open invoices"),
        Kind.NEW_SALES: Text(de="Künftige Rechnungen", en="Future invoices"),
        Kind.COUNTER_SALES: Text(de="Einnahmen ohne Rechnung", en="Sales without an invoice"),
        Kind.OPEN_BILLS: Text(de="Offene Eingangsrechnungen", en="Open bills"),
        Kind.NEW_BILLS: Text(de="Künftige Eingangsrechnungen", en="Future bills"),
        Kind.WAGES: Text(de="Löhne und Gehälter", en="Wages"),
        Kind.SOCIAL_SECURITY: Text(de="Sozialversicherung", en="Social security"),
        Kind.RENT: Text(de="Miete", en="Rent"),
        Kind.RUNNING_COSTS: Text(de="Laufende Kosten", en="Running costs"),
        Kind.VAT: Text(de="Umsatzsteuer", en="Value added tax"),
        Kind.OTHER_TAXES: Text(de="Übrige Steuern", en="Other taxes"),
        Kind.FACILITIES: Text(de="Bestehende Kredite und Leasing", en="Existing loans and leases"),
        Kind.DRAWINGS: Text(de="Entnahmen", en="Drawings"),
        Kind.OTHER: Text(de="Sonstiges", en="Other"),
    }
)


def say_cash_ahead(found: CashAhead) -> Text:
    """The whole, with the instalment that was asked for."""
    if not found.cases:
        return filled(NOTHING, {"why": why_missing(found.cause)})
    expected = found.cases[0]
    line = expected.with_instalment
    filling = {"instalment": _euro(found.instalment_cents), **_worst(line)}
    if line.gap is None or expected.without_loan.gap is None:
        return joined(filled(CHANGES, {"why": why_missing(found.cause)}), filled(WORST_CHANGE, filling), ASSUMED)
    filling |= {"gap": _share(line.gap), "without": _share(expected.without_loan.gap)}
    return joined(filled(GAP, filling), filled(WORST, filling), ASSUMED)


def _worst(line: CashLine) -> dict[str, Text]:
    day = next(one for one in line.days if one.day == line.worst_on)
    amounts = {"low": day.low_cents, "median": day.median_cents, "high": day.high_cents}
    return {"day": say_day(day.day)} | {name: _euro(cents) for name, cents in amounts.items()}


def _euro(cents: int) -> Text:
    return format_value(float(cents), Unit.CENTS, decimals=0)


def _share(share: float) -> Text:
    return format_value(share, Unit.SHARE)
