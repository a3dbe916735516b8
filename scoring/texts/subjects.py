"""What is destroyed and what stays after an erasure, and why: sentences by code."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from features.feature import Text

KEPT: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "decisions": Text(
            de="Die Entscheidungen bleiben lesbar, bis ihre Aufbewahrungsfrist endet: Werte, Beträge, Grenzen und"
            " Bedingungen, Gründe, Verdikt und Score. Name, Kennung, Verwendungszweck und Belegnummern sind gelöscht;"
            " was bleibt, benennt den Kreditnehmer nicht. So kann niemand eine Entscheidung verschwinden lassen, und"
            " sie bleibt beweisbar (Art. 5 Abs. 2 DSGVO).",
            en="The decisions can be read until their retention period ends: values, amounts, limits and terms,"
            " reasons, verdict and score. Name, reference, purpose of the loan and numbers of documents are erased;"
            " what stays does not name the borrower. So nobody can make a decision disappear, and it stays provable"
            " (Art. 5(2) GDPR).",
        ),
        "rows": Text(
            de="Von Entscheidungen, deren Datensatz den Verwendungszweck enthielt oder dessen Frist abgelaufen war,"
            " bleiben nur Tag, Verdikt und Score, damit niemand eine Entscheidung verschwinden lassen kann (Art. 5"
            " Abs. 2 DSGVO).",
            en="Of decisions whose record held the purpose of the loan, or whose retention period was over, only day,"
            " verdict and score stay, so that nobody can make a decision disappear (Art. 5(2) GDPR).",
        ),
        "audit": Text(
            de="Das Protokoll bleibt bis zum Ende seiner Frist. Es nennt nur Kennungen (Art. 5 Abs. 2, Art. 32 DSGVO).",
            en="The audit trail stays until its period ends. It has identifiers only (Art. 5(2), Art. 32 GDPR).",
        ),
        "requests": Text(
            de="Die Anfrage selbst bleibt als Nachweis, dass sie beantwortet wurde (Art. 5 Abs. 2 DSGVO).",
            en="The request itself stays as proof that it was answered (Art. 5(2) GDPR).",
        ),
        "open_loan": Text(
            de="Der Kredit ist noch nicht zurückgezahlt (Art. 6 Abs. 1 lit. b, Art. 17 Abs. 3 lit. e DSGVO).",
            en="The loan is not paid back yet (Art. 6(1)(b), Art. 17(3)(e) GDPR).",
        ),
        "gwg": Text(
            de="Aufbewahrung nach dem Geldwäschegesetz (§ 8 Abs. 4 GwG, Art. 17 Abs. 3 lit. b DSGVO).",
            en="Kept under the Money Laundering Act (§ 8(4) GwG, Art. 17(3)(b) GDPR).",
        ),
        "hgb": Text(
            de="Aufbewahrung nach Handelsrecht (§ 257 HGB, Art. 17 Abs. 3 lit. b DSGVO).",
            en="Kept under commercial law (§ 257 HGB, Art. 17(3)(b) GDPR).",
        ),
        "ao": Text(
            de="Aufbewahrung nach Steuerrecht (§ 147 AO, Art. 17 Abs. 3 lit. b DSGVO).",
            en="Kept under tax law (§ 147 AO, Art. 17(3)(b) GDPR).",
        ),
        "legal_claims": Text(
            de="Rechtsansprüche werden geltend gemacht oder abgewehrt (Art. 17 Abs. 3 lit. e DSGVO).",
            en="Legal claims are asserted or defended (Art. 17(3)(e) GDPR).",
        ),
    }
)
"""Why something stays, by what stays or by the reason of the hold."""
