"""What a firm agrees to when it connects its account. ``scoring.pages.consent`` puts it together.

Whoever changes a word here changes ``VERSION``: a test compares both.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from features.feature import Text
from features.ledger import Resource

VERSION: Final = "14"

SUMMARY_HEADING: Final = Text(de="Kurz gesagt", en="In short")
SUMMARY: Final = (
    Text(
        de="Gelesen werden Zahlen aus Ihrer Buchhaltung. In sevdesk geändert wird nichts.",
        en="Figures from your books are read. Nothing is changed in sevdesk.",
    ),
    Text(
        de="Das dient allein der Entscheidung von {lender} über Kreditanträge Ihrer Firma.",
        en="They serve one end: the decision of {lender} on loan applications of your firm.",
    ),
    Text(
        de="Namen Ihrer Kunden und Lieferanten werden nicht gespeichert.",
        en="Names of your customers and suppliers are not kept.",
    ),
    Text(de="Sie können jederzeit widerrufen.", en="You can withdraw at any time."),
)

READ_HEADING: Final = Text(de="Was gelesen wird", en="What is read")
READ_LEAD: Final = Text(
    de="Aus Ihrem sevdesk-Konto, auch aus früheren Jahren:", en="From your sevdesk account, earlier years included:"
)


HOLDER: Final = Text(
    de="Angaben zu Ihrer Firma in sevdesk: Name, Steuernummer, Umsatzsteuer-Identifikationsnummer. {lender} vergleicht"
    " sie mit Ihrem Antrag",
    en="What sevdesk says about your firm: name, tax number, VAT number. {lender} compares it with your application",
)


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of data: its name, and what of it is read."""

    name: Text
    details: Text


RESOURCES: Final[Mapping[Resource, Reading]] = MappingProxyType(
    {
        Resource.INVOICES: Reading(
            name=Text(de="Ihre Rechnungen und Stornorechnungen", en="Your invoices and their cancellations"),
            details=Text(
                de="Nummer, Daten (Tage), Beträge, Zahlungsziel, Skonto, was bezahlt ist, Kopf- und Fußtext",
                en="number, days, amounts, payment terms, discount, what is paid, texts above and below",
            ),
        ),
        Resource.REMINDERS: Reading(
            name=Text(de="Mahnungen", en="Reminders"),
            details=Text(de="Datum, Mahnstufe, zu welcher Rechnung", en="day, level, for which invoice"),
        ),
        Resource.CREDIT_NOTES: Reading(
            name=Text(de="Gutschriften", en="Credit notes"),
            details=Text(de="Daten (Tage), Beträge, was ausgezahlt ist", en="days, amounts, what is paid out"),
        ),
        Resource.VOUCHERS: Reading(
            name=Text(
                de="Belege, also Eingangsrechnungen und sonstige Einnahmen",
                en="Vouchers, that is bills that you received and other income",
            ),
            details=Text(
                de="Nummer, Daten (Tage), Beträge, was bezahlt ist, Name des Lieferanten",
                en="number, days, amounts, what is paid, name of the supplier",
            ),
        ),
        Resource.ACCOUNTS: Reading(
            name=Text(de="Bank- und Kassenkonten", en="Bank and cash accounts"),
            details=Text(
                de="Name, Art, Währung, IBAN, BIC, Kontostand laut Bank, Anbindung und letzter Abgleich",
                en="name, kind, currency, IBAN, BIC, balance as the bank states it, connection, last synchronisation",
            ),
        ),
        Resource.BALANCES: Reading(
            name=Text(de="Kontostände", en="Account balances"),
            details=Text(de="am Tag des Lesens", en="on the day of reading"),
        ),
        Resource.TRANSACTIONS: Reading(
            name=Text(de="Kontoumsätze", en="Bank transactions"),
            details=Text(
                de="Datum, Betrag, Verwendungszweck, Name und Kontonummer der anderen Partei, Zeitpunkt der Erfassung",
                en="day, amount, purpose, name and account number of the other side, time of recording",
            ),
        ),
        Resource.PAYMENT_LOG: Reading(
            name=Text(de="Zuordnung der Zahlungen", en="Matching of payments"),
            details=Text(
                de="welche Zahlung zu welcher Rechnung oder welchem Beleg gehört",
                en="which payment belongs to which invoice or voucher",
            ),
        ),
        Resource.MARKS: Reading(
            name=Text(de="Vermerke auf Belegen und Kontoumsätzen", en="Notes on documents and bank transactions"),
            details=Text(
                de="wann festgeschrieben und zuletzt geändert, ob wiederkehrend, ob mit Belegdatei, ob verbucht,"
                " Betreff",
                en="when it was locked and last changed, whether it recurs, has a file, was booked, subject",
            ),
        ),
        Resource.TAXES: Reading(
            name=Text(de="Umsatzsteuer der Belege", en="Value added tax of documents"),
            details=Text(de="Steuerregel", en="tax rule"),
        ),
        Resource.POSITIONS: Reading(
            name=Text(
                de="Einzelne Posten auf Rechnungen, Gutschriften und Belegen",
                en="Single items on invoices, credit notes and vouchers",
            ),
            details=Text(
                de="Artikel oder Bezeichnung, Betrag, Buchungskonto", en="article or name, amount, booking account"
            ),
        ),
    }
)
"""What is read for each; recognition reads nothing."""

UNREAD_HEADING: Final = Text(de="Was nicht gespeichert wird", en="What is not kept")
UNREAD_LEAD: Final = Text(
    de="Gespeichert werden Beträge, Daten (Tage), Dokumentnummern, der Name Ihrer Firma und welche Banken, Leasing- und"
    " Factoringgesellschaften sie finanzieren, aber keine anderen Namen und keine Texte:",
    en="Amounts, days, document numbers, the name of your firm and which banks, leasing and factoring companies finance"
    " it are kept, but no other names and no texts:",
)
UNREAD: Final = (
    Text(
        de="Namen, Kontonummern und Verwendungszwecke werden nur beim Lesen gebraucht, um Zahlungen zuzuordnen. Danach"
        " werden sie verworfen; an ihre Stelle tritt eine verschlüsselte Kennung, aus der sich kein Name ablesen"
        " lässt. Nur bekannte Kreditgeber behalten ein lesbares Kürzel.",
        en="Names, account numbers and purposes of payments are needed only while reading, to match payments. Then they"
        " are gone; a code takes their place from which no name can be read. Only known lenders keep a code that can.",
    ),
    Text(
        de="Anschriften und alle übrigen Texte, die sevdesk mit einer Rechnung mitschickt, werden nicht ausgewertet und"
        " sofort verworfen.",
        en="Addresses and all other texts that sevdesk sends along with an invoice are not evaluated and dropped at"
        " once.",
    ),
    Text(
        de="Gar nicht abgerufen werden Ihre Kontakte, PDF-Dateien, Belegbilder und Angebote.",
        en="Your contacts, PDF files, pictures of vouchers and quotes are not asked for at all.",
    ),
)
NOT_ASKED: Final = Text(de="Ebenfalls nicht abgerufen: {names}.", en="Not asked for, either: {names}.")

PURPOSE_HEADING: Final = Text(de="Wofür", en="What for")
PURPOSES: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "decision": Text(
            de="{lender} entscheidet damit, ob und zu welchen Bedingungen Ihre Firma einen Kredit bekommt: über den"
            " jetzigen Antrag und, solange die Verbindung besteht, über weitere Anträge.",
            en="{lender} uses it to decide whether your firm gets a loan, and on what terms: for the present"
            " application and, as long as the connection exists, for further ones.",
        ),
    }
)
PURPOSE: Final = (
    Text(
        de="Ein Rechenmodell bestimmt aus den Zahlen, wie wahrscheinlich ein Kredit zurückgezahlt wird, und nennt die"
        " wichtigsten Gründe. Sie können verlangen, dass ein Mensch die Entscheidung prüft, Ihre Sicht darlegen und die"
        " Entscheidung anfechten.",
        en="A statistical model works out from the figures how likely a loan is to be repaid, and names the main"
        " reasons. You can demand that a person reviews the decision, put your own view, and contest the decision.",
    ),
    Text(
        de="Für andere Zwecke gilt diese Einwilligung nicht. Dieser Dienst gibt die Daten an niemanden außer {lender}"
        " weiter.",
        en="This consent does not cover other purposes. This service passes the data on to nobody but {lender}.",
    ),
)

RETENTION_HEADING: Final = Text(de="Wie lange", en="How long")
RETENTION: Final = (
    Text(
        de="Der API-Token: verschlüsselt, bis Sie die Einwilligung widerrufen, {lender} ihn löscht oder Sie ihn"
        " ungültig machen (siehe Ihre Rechte).",
        en="The API token: encrypted, until you withdraw the consent, {lender} deletes it, or you make it invalid (see"
        " your rights).",
    ),
    Text(
        de="Der Name Ihrer Firma in sevdesk: verschlüsselt, solange die Verbindung besteht.",
        en="The name of your firm in sevdesk: encrypted, as long as the connection exists.",
    ),
    Text(
        de="Die Zahlen hinter einer Entscheidung: verschlüsselt, {days} Tage lang. Danach werden sie gelöscht.",
        en="The figures behind a decision: encrypted, for {days} days. Then they are deleted.",
    ),
    Text(
        de="Die Entscheidung mit ihren Gründen und diese Einwilligung: solange {lender} sie als Nachweis braucht.",
        en="The decision with its reasons, and this consent: as long as {lender} needs them as proof.",
    ),
)

TOKEN_HEADING: Final = Text(de="Was der API-Token erlaubt", en="What the API token allows")
TOKEN: Final = (
    Text(
        de="Der API-Token ist ein Schlüssel zu Ihrem ganzen sevdesk-Konto. Einen Schlüssel, der nur lesen darf, bietet"
        " sevdesk nicht an.",
        en="The API token is a key to your whole sevdesk account. sevdesk offers no key that may only read.",
    ),
    Text(
        de="Dieser Dienst liest nur. Er legt in sevdesk nichts an, ändert nichts und löscht nichts.",
        en="This service only reads. It creates, changes and deletes nothing in sevdesk.",
    ),
    Text(
        de="Der API-Token wird verschlüsselt gespeichert und nirgends wieder angezeigt.",
        en="The API token is stored encrypted and never shown again.",
    ),
)

RIGHTS_HEADING: Final = Text(de="Ihre Rechte", en="Your rights")
RIGHTS: Final = (
    Text(
        de="Die Verbindung ist freiwillig. Ohne sie kann {lender} Ihre Bücher nicht auf diesem Weg prüfen.",
        en="Connecting is voluntary. Without it {lender} cannot check your books this way.",
    ),
    Text(
        de="Sie können den Zugang jederzeit selbst sperren: Erzeugen Sie in sevdesk einen neuen API-Token; der alte"
        " gilt dann nicht mehr.",
        en="You can shut the access yourself at any time: make a new API token in sevdesk; the old one then no longer"
        " works.",
    ),
    Text(
        de="Verantwortlich für Ihre Daten ist {lender}. Dort können Sie Auskunft, Berichtigung, Löschung, Einschränkung"
        " und Übertragung Ihrer Daten verlangen. Sie können sich auch bei einer Aufsichtsbehörde für den Datenschutz"
        " beschweren.",
        en="{lender} is responsible for your data. There you can ask for access to your data, for correction, deletion,"
        " restriction and transfer. You can also complain to a data protection authority.",
    ),
    Text(
        de="Rechtsgrundlage ist Ihre Einwilligung (Art. 6 Abs. 1 Buchst. a DSGVO).",
        en="The legal basis is your consent (Art. 6(1)(a) GDPR).",
    ),
)
WITHDRAWAL: Final = Text(
    de="Sie können diese Einwilligung jederzeit widerrufen. Was bis dahin geschah, bleibt rechtmäßig. Öffnen Sie dafür"
    " diesen Link noch einmal: Dort widerrufen Sie alles oder einen einzelnen Zweck, und es gilt sofort. Oder schreiben"
    " Sie an",
    en="You can withdraw this consent at any time. What was done until then stays lawful. To do so, open this link once"
    " more: there you withdraw all of it, or one purpose, and it takes effect at once. Or write to",
)
PRIVACY: Final = Text(de="Datenschutzhinweise von {lender}:", en="Privacy notice of {lender}:")

STATEMENT: Final = Text(
    de="Ich darf für die Firma über dieses sevdesk-Konto verfügen. Ich willige ein, dass {lender} die oben genannten"
    " Daten aus sevdesk liest, über Kreditanträge der Firma damit entscheidet und sie so lange speichert wie oben"
    " beschrieben.",
    en="I may act for the firm with this sevdesk account. I agree that {lender} reads the data named above from"
    " sevdesk, decides on the firm's loan applications with it, and keeps it as long as described above.",
)
