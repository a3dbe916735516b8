"""What a firm is told where it is also asked for its contacts: words beside those of ``consent``, or in their place.

Whoever changes a word here, or in ``consent``, changes ``VERSION``: a test compares both.
"""

from typing import Final

from features.feature import Text

VERSION: Final = "15"

SUMMARY: Final = (
    Text(
        de="Gelesen werden Zahlen aus Ihrer Buchhaltung. In sevdesk geändert wird nichts.",
        en="Figures from your books are read. Nothing is changed in sevdesk.",
    ),
    Text(
        de="Das dient der Entscheidung von {lender} über Kreditanträge Ihrer Firma. Namen Ihrer Kunden und Lieferanten"
        " werden dafür nicht gespeichert.",
        en="They serve the decision of {lender} on loan applications of your firm. Names of your customers and"
        " suppliers are not kept for it.",
    ),
    Text(
        de="Außerdem fragt {lender}, ob es die Liste Ihrer Kunden und Lieferanten lesen darf. Das können Sie ablehnen"
        " und trotzdem verbinden.",
        en="{lender} also asks whether it may read the list of your customers and suppliers. You can refuse that and"
        " connect all the same.",
    ),
    Text(de="Sie können jederzeit widerrufen.", en="You can withdraw at any time."),
)
"""In place of the summary."""

NOT_READ: Final = Text(
    de="Gar nicht abgerufen werden PDF-Dateien, Belegbilder und Angebote. Ihre"
    " Kontakte werden nur abgerufen, wenn Sie dem gesondert zustimmen.",
    en="PDF files, pictures of vouchers and quotes are not asked for at all. Your"
    " contacts are asked for only if you agree to that separately.",
)
"""In place of the last line about what is not kept."""

HEADING: Final = Text(
    de="Zusätzlich und freiwillig: Ihre Kunden und Lieferanten", en="In addition, if you want: customers and suppliers"
)
LEAD: Final = Text(
    de="Hierfür gibt es unten ein eigenes Häkchen, das Sie weglassen können:",
    en="There is a box of its own for this below, which you can leave empty:",
)
LINES: Final = (
    Text(
        de="Wofür: {lender} hält damit seine Liste der Kunden und Lieferanten Ihrer Firma auf dem neuesten Stand. In"
        " die Entscheidung über Ihren Kreditantrag geht diese Liste nicht ein.",
        en="What for: {lender} keeps its list of the customers and suppliers of your firm up to date with it. The list"
        " has no part in the decision on your loan application.",
    ),
    Text(
        de="Was gelesen wird: Name, bei Personen Vor- und Nachname; Kundennummer; ob Kunde, Lieferant, Partner oder"
        " Interessent; zu welcher Firma eine Person gehört; wann der Eintrag zuletzt geändert wurde.",
        en="What is read: the name, of people first and last name; the customer number; whether customer, supplier,"
        " partner or prospect; which firm a person belongs to; when the entry was last changed.",
    ),
    Text(
        de="Was sevdesk sonst noch mitschickt, etwa Bankverbindung, Steuernummer oder Geburtstag, wird nicht"
        " ausgewertet und sofort verworfen.",
        en="What else sevdesk sends along, such as bank details, tax number or birthday, is not evaluated and dropped"
        " at once.",
    ),
    Text(
        de="Dieser Dienst speichert die Liste nicht. Er liest sie, wenn {lender} danach fragt, und gibt sie an {lender}"
        " weiter. Wie lange {lender} sie aufbewahrt, sagen die Datenschutzhinweise von {lender}.",
        en="This service does not keep the list. It reads it when {lender} asks for it, and passes it on to {lender}."
        " How long {lender} keeps it is said in the privacy notice of {lender}.",
    ),
    Text(
        de="Unter Kunden und Lieferanten sind oft Menschen, keine Firmen. Stimmen Sie nur zu, wenn Sie deren Namen"
        " weitergeben dürfen.",
        en="Customers and suppliers are often people, not firms. Agree only if you may pass on their names.",
    ),
    Text(
        de="Wenn Sie das Häkchen weglassen, wird die Liste nicht gelesen. Auf die Entscheidung über Ihren Kreditantrag"
        " hat das keinen Einfluss.",
        en="If you leave the box empty, the list is not read. That has no influence on the decision on your loan"
        " application.",
    ),
    Text(
        de="Sie können diese Zustimmung auch später allein widerrufen. Die Verbindung für die Entscheidung bleibt dann"
        " bestehen.",
        en="You can also withdraw this agreement alone later. The connection for the decision then stays.",
    ),
)

DECISION_STATEMENT: Final = Text(
    de="Ich darf für die Firma über dieses sevdesk-Konto verfügen. Ich willige ein, dass {lender} die unter „Was"
    " gelesen wird“ genannten Daten aus sevdesk liest, über Kreditanträge der Firma damit entscheidet und sie so lange"
    " speichert wie oben beschrieben.",
    en="I may act for the firm with this sevdesk account. I agree that {lender} reads the data named under “What is"
    " read” from sevdesk, decides on the firm's loan applications with it, and keeps it as long as described above.",
)
"""In place of the statement, which speaks of all data named above: contacts are not among them."""
STATEMENT: Final = Text(
    de="Freiwillig: Ich willige außerdem ein, dass {lender} die Liste der Kunden und Lieferanten der Firma, mit Namen"
    " auch von Personen, aus sevdesk liest wie oben beschrieben.",
    en="Optional: I also agree that {lender} reads the list of the firm's customers and suppliers from sevdesk, with"
    " the names of people, too, as described above.",
)
