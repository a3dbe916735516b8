"""What a source recognises each simulated bank line as, by the words that the simulation puts into it.

A second, independent statement of what docs/bank-lines.md says: a table of the few texts that simulated firms have.
"""

from sandbox.bookkeeping.history import Line

_IN, _OUT = 1, -1

_TEXTS: tuple[tuple[str, int, str], ...] = (
    ("Ruecklastschrift mangels Deckung", _IN, "returned_debit"),
    ("Entgelt Ruecklastschrift", _OUT, "return_fee"),
    ("Ruecklastschrift", _OUT, "returned_customer_debit"),
    ("Mahngebuehr", _OUT, "reminder_fee"),
    ("Saeumniszuschlag", _OUT, "reminder_fee"),
    ("Pfaendungs- und Einziehungsverfuegung", _OUT, "garnishment"),
    ("Pfaendung Gehaltsanteil", _OUT, "wage_garnishment"),
    ("Gerichtsvollzieher Kostenvorschuss", _OUT, "enforcement_cost"),
    ("Umbuchung", _IN, "transfer"),
    ("Umbuchung", _OUT, "transfer"),
    ("Uebertrag", _IN, "transfer"),
    ("Uebertrag", _OUT, "transfer"),
    ("Bareinzahlung", _IN, "cash_deposit"),
    ("Kreditkartenabrechnung", _OUT, "card_settlement"),
    ("STRIPE PAYOUT", _IN, "provider_payout"),
    ("Kartenumsatz", _IN, "provider_payout"),
    ("Forderungsankauf", _IN, "factoring_payout"),
    ("Darlehensauszahlung", _IN, "loan_proceeds"),
    ("Auszahlung Finanzierung", _IN, "loan_proceeds"),
    ("Darlehen", _OUT, "loan_service"),
    ("iwoca Rate", _OUT, "loan_service"),
    ("Leasingrate", _OUT, "lease"),
    ("Finanzierungsrate", _OUT, "lease"),
    ("Mietkaufrate", _OUT, "lease"),
    ("Lohn Gehalt", _OUT, "wages"),
    ("Beitraege", _OUT, "social_security"),
    ("Miete", _OUT, "rent"),
    ("Umsatzsteuer", _OUT, "vat"),
    ("Einkommensteuer", _OUT, "income_tax"),
    ("Koerperschaftsteuer", _OUT, "income_tax"),
    ("Umsatzsteuer", _IN, "tax_refund"),
    ("Privatentnahme", _OUT, "owner_drawing"),
    ("Gewinnausschuettung", _OUT, "owner_drawing"),
    ("Privateinlage", _IN, "owner_contribution"),
    ("Gesellschafterdarlehen Einlage", _IN, "owner_contribution"),
    ("Barentnahme", _OUT, "cash_withdrawal"),
    ("Kontofuehrung", _OUT, "bank_fee"),
    ("Gutschrift", _OUT, "refund_paid"),
    ("Rechnung", _IN, "customer_receipt"),
    ("Sammelzahlung", _IN, "customer_receipt"),
    ("Tageseinnahmen", _IN, "customer_receipt"),
    ("Rechnung", _OUT, "supplier"),
    ("Wareneinkauf", _OUT, "supplier"),
)
"""How a text begins, which way the money goes, and what the line is; the first that fits decides."""


_BY_FIRST_WORD: dict[str, list[tuple[str, int, str]]] = {}
for _row in _TEXTS:
    _BY_FIRST_WORD.setdefault(_row[0].partition(" ")[0], []).append(_row)


def category_of(line: Line) -> str:
    """The category of a line; what the firm marked as private is its owner's, whatever the text says."""
    if line.is_private:
        return "owner_drawing" if line.amount < 0 else "owner_contribution"
    for text, way, category in _BY_FIRST_WORD.get(line.purpose.partition(" ")[0], ()):
        if line.amount * way > 0 and line.purpose.startswith(text):
            return category
    return "other"


_FUNDED = frozenset({"loan_service", "lease", "loan_proceeds", "factoring_payout", "factoring_fee", "returned_debit"})
_PROMOTIONAL = ("KfW", "promotional/kfw")
"""What a purpose names, whichever bank handles the loan."""
_FUNDERS = (
    ("iwoca", "online/iwoca"),
    ("Teylor", "online/teylor"),
    ("Qonto", "online/qonto"),
    ("auxmoney", "online/auxmoney"),
    ("BMW Bank", "car/bmw"),
    ("Scania Finance", "car/scania"),
    ("Volksbank", "bank/genossenschaftsbank"),
)
"""Lenders of simulated firms, by a part of their name, and their codes."""


def funder_of(line: Line, name: str) -> str | None:
    """The code of the funder that a line of a loan or lease names, by its purpose or its counterparty's name."""
    if category_of(line) not in _FUNDED:
        return None
    if _PROMOTIONAL[0] in line.purpose:
        return _PROMOTIONAL[1]
    by_name = next((code for part, code in _FUNDERS if part in name), None)
    return by_name or next((code for part, code in _FUNDERS if part in line.purpose), None)
