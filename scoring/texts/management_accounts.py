"""Management accounts, in words: the names of their lines, and what a reader has to know of them."""

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from features.feature import Text, Unit
from features.management import ManagementAccounts, Sum
from scoring.texts.rendering import filled, format_value, joined

LINES: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "revenue": Text(de="Umsatzerlöse", en="Revenue"),
        "other_income": Text(de="Sonstige Erlöse", en="Other income"),
        "material": Text(de="Material und Wareneinkauf", en="Material and goods"),
        "wages": Text(de="Löhne und Gehälter", en="Wages and salaries"),
        "social_security": Text(de="Sozialabgaben", en="Social security"),
        "rent": Text(de="Raumkosten", en="Premises"),
        "utilities": Text(de="Energie und Wasser", en="Energy and water"),
        "insurance": Text(de="Versicherungen", en="Insurance"),
        "vehicle": Text(de="Kfz-Kosten", en="Vehicles"),
        "advertising": Text(de="Werbekosten", en="Advertising"),
        "travel": Text(de="Reisekosten", en="Travel"),
        "repairs": Text(de="Reparatur und Instandhaltung", en="Repairs and maintenance"),
        "lease": Text(de="Leasing und Mieten für Einrichtungen", en="Leases"),
        "communication": Text(de="Porto, Telefon, Internet", en="Post, telephone, internet"),
        "professional_fees": Text(de="Rechts- und Beratungskosten", en="Professional fees"),
        "other_cost": Text(de="Sonstige Kosten", en="Other costs"),
        "depreciation": Text(de="Abschreibungen", en="Depreciation"),
        "vat": Text(de="Umsatzsteuer an das Finanzamt", en="Value added tax paid"),
        "unmapped": Text(de="Nicht zugeordnet", en="Not mapped"),
        "interest": Text(de="Zinsaufwand", en="Interest"),
        "tax": Text(de="Steuern", en="Taxes"),
        "loan": Text(de="Darlehen", en="Loans"),
        "owner": Text(de="Entnahmen und Einlagen", en="Owner's drawings and contributions"),
        "asset": Text(de="Anlagevermögen", en="Fixed assets"),
        Sum.GROSS_PROFIT.value: Text(de="Rohertrag", en="Gross profit"),
        Sum.OPERATING_RESULT.value: Text(de="Betriebsergebnis", en="Operating result"),
        Sum.RESULT_BEFORE_TAX.value: Text(de="Ergebnis vor Steuern", en="Result before tax"),
    }
)
"""By kind of cost and sum."""

NOTHING: Final = Text(
    de="Belege wurden für diese Entscheidung nicht abgerufen.", en="Documents were not requested for this decision."
)
NO_POSITIONS: Final = Text(
    de="Belegpositionen wurden nicht abgerufen: Ausgaben sind keiner Kostenart zugeordnet.",
    en="Positions of documents were not requested: bills have no kind of cost.",
)
WHY_NO_POSITIONS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "positions_refused": Text(
            de="sevdesk gibt Belegpositionen für dieses Konto nicht heraus: Ausgaben sind keiner Kostenart zugeordnet.",
            en="sevdesk does not serve positions of documents for this account: bills have no kind of cost.",
        ),
        "consent_lacks_positions": Text(
            de="Die Einwilligung der Firma nennt Belegpositionen nicht, daher wurden sie nicht abgerufen: Ausgaben sind"
            " keiner Kostenart zugeordnet.",
            en="The firm's consent does not name positions of documents, so they were not requested: bills have no kind"
            " of cost.",
        ),
    }
)
"""By note."""
WITHOUT: Final = Text(
    de="Belege ohne Positionen: {count} von {all}. Sie zählen mit ihrem Gesamtbetrag.",
    en="Documents without positions: {count} of {all}. They count with their whole amount.",
)
CONTRADICTING: Final = Text(
    de="Belege, deren Positionen nicht zum Gesamtbetrag passen: {count}. Sie zählen mit ihrem Gesamtbetrag und sind"
    " keiner Kostenart zugeordnet.",
    en="Documents whose positions do not add up to them: {count}. They count with their whole amount, without a kind"
    " of cost.",
)
CASH_DEPOSITS: Final = Text(
    de="Bargeld, das auf Bankkonten eingezahlt wurde, zählt in der Spalte aus der Bank als Umsatz: {amount}. Woher es"
    " kommt, sagt die Bank nicht.",
    en="Cash paid into bank accounts counts as revenue in the column from the bank: {amount}. The bank does not tell"
    " where it comes from.",
)
UNMAPPED: Final = Text(
    de="Positionen, deren Buchungskonto keiner Kostenart zugeordnet ist: {count} über netto {amount}.",
    en="Positions whose booking account is mapped to no kind of cost: {count}, {amount} net.",
)
DIFFERENCE: Final = Text(
    de="Ergebnis nach Belegen abzüglich Ergebnis nach Bank, zwölf Monate: {amount}. Kosten ohne Beleg sind dabei nicht"
    " berücksichtigt.",
    en="Result by documents less result by the bank, twelve months: {amount}. Costs without a document are left out.",
)
ONLY_PAID: Final = Text(
    de="Bezahlt, aber ohne Beleg: {lines}.",
    en="Paid, but without a document: {lines}.",
)


def label_of(line: str) -> Text:
    """What a line is called."""
    return LINES[line]


def say_management_accounts(found: ManagementAccounts, notes: Collection[str] = ()) -> Text:
    """What a reader has to know beside the figures, in as many sentences as it takes.

    Args:
        found: The accounts.
        notes: Of the coverage of the decision: they say why there are no positions.
    """
    return joined(*_sentences(found, notes))


def _sentences(found: ManagementAccounts, notes: Collection[str]) -> Iterable[Text]:
    if found.documents is None:
        yield NOTHING
        return
    if not found.has_positions:
        yield next((text for note, text in WHY_NO_POSITIONS.items() if note in notes), NO_POSITIONS)
    elif found.without_positions:
        yield filled(WITHOUT, {"count": _count(found.without_positions), "all": _count(found.document_count)})
    if found.contradicting:
        yield filled(CONTRADICTING, {"count": _count(found.contradicting)})
    if found.unmapped:
        count = sum(one.position_count for one in found.unmapped)
        cents = sum(one.net_cents for one in found.unmapped)
        yield filled(UNMAPPED, {"count": _count(count), "amount": _money(cents)})
    if found.cash_deposit_cents:
        yield filled(CASH_DEPOSITS, {"amount": _money(found.cash_deposit_cents)})
    if found.difference_cents is not None:
        yield filled(DIFFERENCE, {"amount": _money(sum(found.difference_cents))})
    if found.only_paid:
        labels = [label_of(line) for line in found.only_paid]
        listed = Text(de=", ".join(one.de for one in labels), en=", ".join(one.en for one in labels))
        yield filled(ONLY_PAID, {"lines": listed})


def _count(number: int) -> Text:
    return Text(de=str(number), en=str(number))


def _money(cents: int) -> Text:
    return format_value(cents, Unit.CENTS, decimals=0)
