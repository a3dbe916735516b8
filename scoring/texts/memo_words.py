"""What the credit memo says, in German and English."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from features.feature import Text

TITLE: Final = Text(de="Kreditvorlage {borrower}", en="Credit memo {borrower}")
SAMPLE: Final = Text(de="Muster mit erfundenen Daten.", en="Sample with invented data.")
SUMMARY: Final = Text(
    de="Beantragt sind {amount} für {months}. Nach den Büchern vom {day} empfiehlt das System: {recommendation}; Votum:"
    " {verdict}.",
    en="{amount} for {months} was asked for. By the books of {day} the system recommends: {recommendation}; verdict:"
    " {verdict}.",
)
SUMMARY_PD: Final = Text(
    de="Die Ausfallwahrscheinlichkeit ist {pd} (Klasse {grade}).",
    en="The probability of default is {pd} (grade {grade}).",
)
SUMMARY_CASE: Final = Text(
    de="Im Fall gilt: {verdict}, bis zum {day}.", en="In the case stands: {verdict}, until {day}."
)
RECEIPT: Final = Text(
    de="Belegnummer {decision}{statement}. Modell {model} ({model_sha256}), Kreditrichtlinie {policy}"
    " ({policy_sha256}), Bücher {snapshot}.",
    en="Receipt number {decision}{statement}. Model {model} ({model_sha256}), policy {policy} ({policy_sha256}), books"
    " {snapshot}.",
)
STATEMENT: Final = Text(de=", signiert als Nr. {number}", en=", signed as no. {number}")
NOTHING: Final = Text(de="Keine.", en="None.")
BOOKS_GONE: Final = Text(
    de="Die gelesenen Bücher sind am Ende ihrer Aufbewahrung gelöscht.",
    en="The books that were read were deleted at the end of their retention.",
)
NO_SCORE: Final = Text(de="Es gibt keinen Score.", en="There is no score.")
NO_LOAN: Final = Text(de="Auf diese Entscheidung ist kein Kredit erfasst.", en="No loan is entered on this decision.")

FACT_HEAD: Final = (Text(de="Angabe", en="Fact"), Text(de="Wert", en="Value"))
APPLICATION: Final = Text(de="Antrag", en="Application")
BORROWER: Final = Text(de="Kreditnehmer", en="Borrower")
APPLICANT: Final = Text(de="Antragsteller", en="Applicant")
LEGAL_FORM: Final = Text(de="Rechtsform", en="Legal form")
PRODUCT: Final = Text(de="Produkt", en="Product")
AMOUNT: Final = Text(de="Beantragter Betrag", en="Amount asked for")
TERM: Final = Text(de="Laufzeit", en="Term")
PURPOSE: Final = Text(de="Verwendungszweck", en="Purpose")
DECIDED: Final = Text(de="Entschieden am", en="Decided on")
AS_OF: Final = Text(de="Stichtag", en="Observation date")
VALID_UNTIL: Final = Text(de="Gültig bis", en="Valid until")

RESULT: Final = Text(de="Ergebnis", en="Result")
RECOMMENDATION: Final = Text(de="Empfehlung", en="Recommendation")
VERDICT: Final = Text(de="Votum", en="Verdict")
AUTOMATION: Final = Text(de="Automation", en="Automation")
AUTOMATIONS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "fully_automated": Text(de="vollständig automatisch", en="fully automated"),
        "human_required": Text(de="ein Mensch entscheidet", en="a person decides"),
    }
)
SCORE: Final = Text(de="Score", en="Score")
PD: Final = Text(de="Ausfallwahrscheinlichkeit", en="Probability of default")
GRADE: Final = Text(de="Klasse", en="Grade")
NO_OFFER: Final = Text(de="kein Angebot", en="no offer")
LIMIT: Final = Text(de="Höchstbetrag", en="Maximum loan amount")
MAX_TERM: Final = Text(de="Längste Laufzeit", en="Longest term")
RATE: Final = Text(de="Zinssatz im Jahr", en="Interest rate per year")
INSTALMENT: Final = Text(de="Monatliche Rate", en="Monthly instalment")

REASONS: Final = Text(de="Hauptgründe des Scores", en="Main reasons of the score")
REASONS_HEAD: Final = (
    Text(de="Kennzahl", en="Figure"),
    Text(de="Wert", en="Value"),
    Text(de="Median der Trainingsfirmen", en="Training median"),
    Text(de="Punkte", en="Points"),
)
RULES: Final = Text(de="Regeln", en="Rules")
RULES_HEAD: Final = (Text(de="Regel", en="Rule"), Text(de="Ergebnis", en="Result"))
RESULTS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "pass": Text(de="erfüllt", en="passed"),
        "fail": Text(de="nicht erfüllt", en="failed"),
        "not_applicable": Text(de="nicht geprüft", en="not checked"),
    }
)
EVIDENCE: Final = Text(de="Belege zu den Zahlen", en="Documents behind the figures")
EVIDENCE_HEAD: Final = (
    Text(de="Kennzahl oder Regel", en="Figure or rule"),
    Text(de="Art", en="Kind"),
    Text(de="Beleg", en="Document"),
    Text(de="Datum", en="Day"),
    Text(de="Betrag", en="Amount"),
)
DOCUMENTS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "invoice": Text(de="Rechnung", en="Invoice"),
        "voucher": Text(de="Beleg", en="Voucher"),
        "credit_note": Text(de="Gutschrift", en="Credit note"),
        "transaction": Text(de="Kontoumsatz", en="Bank transaction"),
    }
)
CASH: Final = Text(de="Umsatz und Zahlungen je Monat", en="Revenue and cash flow by month")
CASH_HEAD: Final = (
    Text(de="Monat", en="Month"),
    Text(de="Nettoumsatz", en="Net revenue"),
    Text(de="Zahlungseingänge", en="Money in"),
    Text(de="Zahlungsausgänge", en="Money out"),
    Text(de="Überschuss", en="Surplus"),
)
DATA: Final = Text(de="Daten", en="Data")
FIRST_ON: Final = Text(de="Erster Eintrag", en="First entry")
LAST_ON: Final = Text(de="Letzter Eintrag", en="Last entry")
BANK_UNTIL: Final = Text(de="Bankdaten bis", en="Bank data until")
INVOICES: Final = Text(de="Rechnungen", en="Invoices")
BILLS: Final = Text(de="Eingangsrechnungen", en="Bills")
LINES: Final = Text(de="Kontoumsätze", en="Bank transactions")
SET_ASIDE: Final = Text(de="Nicht lesbar", en="Could not be read")
MISSING: Final = Text(de="Fehlende Kennzahlen", en="Missing figures")
REVIEW: Final = Text(de="Verlauf der Prüfung", en="Steps of the review")
REVIEW_HEAD: Final = (
    Text(de="Nr.", en="No."),
    Text(de="Tag", en="Day"),
    Text(de="Wer", en="Who"),
    Text(de="Was", en="What"),
    Text(de="Betrag", en="Amount"),
    Text(de="Text", en="Text"),
)
SYSTEM: Final = Text(de="System", en="system")
LOAN: Final = Text(de="Kredit", en="Loan")
LOAN_HEAD: Final = (
    Text(de="Tag", en="Day"),
    Text(de="Eintrag", en="Entry"),
    Text(de="Betrag", en="Amount"),
)
ENTRIES: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "granted": Text(de="gewährt", en="granted"),
        "condition_met": Text(de="Bedingung bestätigt", en="condition confirmed"),
        "planned": Text(de="Ratenplan", en="plan of instalments"),
        "paid_out": Text(de="ausgezahlt", en="paid out"),
        "paid": Text(de="gezahlt", en="paid"),
        "redeemed": Text(de="abgelöst", en="redeemed"),
        "restructured": Text(de="umgeschuldet", en="restructured"),
        "written_off": Text(de="abgeschrieben", en="written off"),
        "recovered": Text(de="eingebracht", en="recovered"),
        "closed": Text(de="abgeschlossen", en="closed"),
    }
)
OVERDUE: Final = Text(de="Rückstand", en="overdue")
UNPAID: Final = Text(de="Offene Raten", en="unpaid instalments")
