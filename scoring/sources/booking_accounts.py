"""What is booked on an account of DATEV's standard charts SKR03 and SKR04: ranges of numbers to kinds of cost.

The ranges follow DATEV's published charts ("Kontenrahmen DATEV SKR 03" and "SKR 04") and the lines that its short-term
profit and loss account (BWA form 01) makes of them. A number that no range has is ``unmapped``: among them the balance
sheet but for fixed assets, loans, taxes and the owner's money.

A number does not say which chart it is of: 4400 is revenue in SKR04, and in SKR03 a number of costs that firms leave
free. So the chart is inferred from all accounts that occur, see ``chart_of``.
"""

from collections.abc import Iterable
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import polars as pl

from features.ledger import COST_KIND


class Chart(StrEnum):
    """A standard chart of accounts."""

    SKR03 = "skr03"
    SKR04 = "skr04"


_RANGES: Final = MappingProxyType(
    {
        Chart.SKR03: (
            (10, 599, "asset"),  # Anlagevermögen, Finanzanlagen
            (600, 799, "loan"),  # Anleihen, Verbindlichkeiten gegenüber Kreditinstituten, Gesellschaftern, Dritten
            (800, 899, "owner"),  # Kapital
            (1570, 1589, "tax"),  # Vorsteuer
            (1760, 1799, "tax"),  # Umsatzsteuer, Vorauszahlungen
            (1800, 1999, "owner"),  # Privatentnahmen, Privateinlagen
            (2000, 2099, "other_cost"),  # außerordentliche Aufwendungen
            (2100, 2149, "interest"),  # Zinsen und ähnliche Aufwendungen
            (2150, 2199, "other_cost"),  # Kursdifferenzen
            (2200, 2289, "tax"),  # Steuern vom Einkommen und Ertrag, Nachzahlungen
            (2300, 2449, "other_cost"),  # sonstige Aufwendungen, Forderungsverluste
            (2500, 2599, "other_income"),  # außerordentliche Erträge
            (2600, 2799, "other_income"),  # Zinserträge, sonstige Erträge
            (3000, 3899, "material"),  # Roh-, Hilfs- und Betriebsstoffe, Fremdleistungen, Wareneingang
            (4000, 4099, "material"),  # Material- und Stoffverbrauch
            (4100, 4129, "wages"),  # Löhne und Gehälter
            (4130, 4139, "social_security"),  # gesetzliche soziale Aufwendungen, Berufsgenossenschaft
            (4140, 4199, "wages"),  # freiwillige soziale Aufwendungen, Aushilfslöhne
            (4200, 4229, "rent"),  # Raumkosten, Miete, Pacht
            (4230, 4249, "utilities"),  # Heizung, Gas, Strom, Wasser
            (4250, 4289, "rent"),  # Reinigung, Instandhaltung betrieblicher Räume, sonstige Raumkosten
            (4320, 4329, "tax"),  # Gewerbesteuer
            (4340, 4359, "other_cost"),  # sonstige Betriebssteuern
            (4360, 4379, "insurance"),  # Versicherungen
            (4380, 4399, "other_cost"),  # Beiträge, sonstige Abgaben
            (4500, 4569, "vehicle"),  # Kfz-Steuer, Versicherung, laufende Kosten, Reparaturen, Garage
            (4570, 4579, "lease"),  # Mietleasing Kfz
            (4580, 4599, "vehicle"),  # sonstige Kfz-Kosten, Fremdfahrzeuge
            (4600, 4659, "advertising"),  # Werbung, Geschenke, Repräsentation, Bewirtung
            (4660, 4699, "travel"),  # Reisekosten
            (4700, 4799, "other_cost"),  # Kosten der Warenabgabe
            (4800, 4809, "repairs"),  # Reparaturen, Wartung
            (4810, 4819, "lease"),  # Miet- und Kaufleasing
            (4820, 4899, "depreciation"),  # Abschreibungen
            (4900, 4909, "other_cost"),  # sonstige betriebliche Aufwendungen
            (4910, 4929, "communication"),  # Porto, Telefon, Internet
            (4930, 4949, "other_cost"),  # Bürobedarf, Zeitschriften, Fortbildung
            (4950, 4959, "professional_fees"),  # Rechts- und Beratung, Abschluss, Buchführung
            (4960, 4963, "lease"),  # Mieten für Einrichtungen
            (4964, 4964, "other_cost"),  # Lizenzen
            (4965, 4968, "lease"),  # Mietleasing beweglicher Wirtschaftsgüter
            (4969, 4999, "other_cost"),  # Abfall, Nebenkosten des Geldverkehrs, Betriebsbedarf
            (8000, 8599, "revenue"),  # Erlöse
            (8600, 8699, "other_income"),  # sonstige betriebliche Erlöse
            (8700, 8799, "revenue"),  # Erlösschmälerungen
            (8800, 8949, "other_income"),  # Anlagenverkäufe, unentgeltliche Wertabgaben
            (8950, 8959, "revenue"),  # nicht steuerbare Umsätze
        ),
        Chart.SKR04: (
            (10, 999, "asset"),  # Anlagevermögen
            (1400, 1449, "tax"),  # Vorsteuer
            (2000, 2999, "owner"),  # Eigenkapital, Privatentnahmen, Privateinlagen
            (3100, 3249, "loan"),  # Anleihen, Verbindlichkeiten gegenüber Kreditinstituten
            (3500, 3569, "loan"),  # Darlehen von Gesellschaftern und Dritten
            (3800, 3899, "tax"),  # Umsatzsteuer, Vorauszahlungen
            (4000, 4599, "revenue"),  # Umsatzerlöse
            (4600, 4699, "other_income"),  # unentgeltliche Wertabgaben
            (4700, 4799, "revenue"),  # Erlösschmälerungen
            (4830, 4999, "other_income"),  # sonstige betriebliche Erträge
            (5000, 5999, "material"),  # Roh-, Hilfs- und Betriebsstoffe, Wareneingang, Fremdleistungen
            (6000, 6099, "wages"),  # Löhne und Gehälter
            (6110, 6129, "social_security"),  # gesetzliche soziale Aufwendungen, Berufsgenossenschaft
            (6130, 6199, "wages"),  # freiwillige soziale Aufwendungen, Altersversorgung
            (6200, 6299, "depreciation"),  # Abschreibungen
            (6300, 6304, "other_cost"),  # sonstige betriebliche Aufwendungen
            (6305, 6319, "rent"),  # Raumkosten, Miete, Pacht
            (6320, 6329, "utilities"),  # Heizung, Gas, Strom, Wasser
            (6330, 6359, "rent"),  # Reinigung, Instandhaltung betrieblicher Räume, Grundstücksaufwand
            (6390, 6399, "other_cost"),  # Spenden
            (6400, 6419, "insurance"),  # Versicherungen
            (6420, 6439, "other_cost"),  # Beiträge, sonstige Abgaben, Verspätungszuschläge
            (6440, 6497, "repairs"),  # Reparaturen, Instandhaltung, Wartung
            (6498, 6498, "lease"),  # Mietleasing beweglicher Wirtschaftsgüter
            (6499, 6499, "repairs"),
            (6500, 6559, "vehicle"),  # Versicherung, laufende Kosten, Reparaturen, Garage
            (6560, 6569, "lease"),  # Mietleasing Kfz
            (6570, 6599, "vehicle"),  # sonstige Kfz-Kosten, Fremdfahrzeuge
            (6600, 6649, "advertising"),  # Werbung, Geschenke, Repräsentation, Bewirtung
            (6650, 6699, "travel"),  # Reisekosten
            (6700, 6799, "other_cost"),  # Kosten der Warenabgabe
            (6800, 6814, "communication"),  # Porto, Telefon, Internet
            (6815, 6824, "other_cost"),  # Bürobedarf, Zeitschriften, Fortbildung
            (6825, 6834, "professional_fees"),  # Rechts- und Beratung, Abschluss, Buchführung
            (6835, 6836, "lease"),  # Mieten und Pacht für Einrichtungen
            (6837, 6837, "other_cost"),  # Lizenzen
            (6838, 6844, "lease"),  # Mietleasing
            (6845, 6999, "other_cost"),  # Betriebsbedarf, Nebenkosten des Geldverkehrs, Forderungsverluste
            (7000, 7199, "other_income"),  # Erträge aus Beteiligungen, Zinserträge
            (7300, 7399, "interest"),  # Zinsen und ähnliche Aufwendungen
            (7400, 7449, "other_income"),  # außerordentliche Erträge
            (7500, 7549, "other_cost"),  # außerordentliche Aufwendungen
            (7600, 7649, "tax"),  # Steuern vom Einkommen und Ertrag
            (7650, 7684, "other_cost"),  # sonstige Steuern
            (7685, 7685, "vehicle"),  # Kfz-Steuer
            (7686, 7699, "other_cost"),  # sonstige Steuern
        ),
    }
)
"""Of each chart first and last number and the kind, in order, without overlap."""

DIGITS: Final = 4
"""Of a number of DATEV. Firms with longer numbers append to these: 84001 is a part of 8400."""
_SURE: Final = 10
"""One chart is inferred where the accounts speak for it at least ten times as often as for the other."""


def number_of(text: str | None) -> int | None:
    """The number of an account as DATEV has it; null for what is none.

    Args:
        text: As stated, such as ``8400`` or ``84001``.
    """
    stripped = (text or "").strip()
    if not (stripped.isascii() and stripped.isdigit()) or len(stripped) > 2 * DIGITS:
        return None
    return int(stripped[:DIGITS]) or None


def chart_of(accounts: Iterable[tuple[int, bool]]) -> Chart | None:
    """The chart that these accounts are of; null where nothing tells, or where they speak for both.

    Classes 5 and 6 are costs in SKR04 and empty in SKR03, class 8 is revenue in SKR03 and empty in SKR04; class 4 is
    revenue in SKR04 and costs in SKR03, and what SKR03 buys in class 3 are debts in SKR04.

    Args:
        accounts: Number, and whether a sale was booked on it rather than an expense; each as often as it occurs.
    """
    votes = dict.fromkeys(Chart, 0)
    for number, is_sale in accounts:
        match number // 1000:
            case 5 | 6:
                votes[Chart.SKR04] += 1
            case 8:
                votes[Chart.SKR03] += 1
            case 4:
                votes[Chart.SKR04 if is_sale else Chart.SKR03] += 1
            case 3 if not is_sale:
                votes[Chart.SKR03] += 1
            case _:
                pass
    first, second = sorted(Chart, key=votes.__getitem__, reverse=True)
    return first if votes[first] and votes[first] >= _SURE * votes[second] else None


def kinds_of(numbers: pl.Series, chart: Chart | None) -> pl.Series:
    """The kind of each account, as ``COST_KIND``; ``unmapped`` without a chart, without a number, or outside of it."""
    if chart is None:
        return pl.Series([UNMAPPED], dtype=COST_KIND).new_from_index(0, len(numbers))
    known = {number: _kind(number, chart) for number in numbers.unique().drop_nulls().to_list()}
    return pl.Series([known.get(number, UNMAPPED) for number in numbers.to_list()], dtype=COST_KIND)


UNMAPPED: Final = "unmapped"


def _kind(number: int, chart: Chart) -> str:
    return next((kind for first, last, kind in _RANGES[chart] if first <= number <= last), UNMAPPED)


def ranges_of(chart: Chart) -> tuple[tuple[int, int, str], ...]:
    """First and last number and kind, in order."""
    return _RANGES[chart]
