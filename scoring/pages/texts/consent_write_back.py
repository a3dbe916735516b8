"""What a firm is told where it is also asked whether loan documents may go into its books.

These words stand beside those of ``consent`` and ``consent_contacts``, or in their place. Whoever changes a word here,
or in one of those, changes ``VERSION``: a test compares both.
"""

from typing import Final

from features.feature import Text

VERSION: Final = "16"

SUMMARY_CHANGES: Final = Text(
    de="Gelesen werden Zahlen aus Ihrer Buchhaltung. In sevdesk wird nichts geändert, und eingetragen wird nur etwas,"
    " wenn Sie dem gesondert zustimmen.",
    en="Figures from your books are read. Nothing is changed in sevdesk, and something is entered only if you agree to"
    " that separately.",
)
"""In place of the first line of the summary, which says that nothing is changed."""
SUMMARY: Final = Text(
    de="Außerdem fragt {lender}, ob es die Unterlagen eines gewährten Kredits in Ihre Buchhaltung eintragen darf. Das"
    " können Sie ablehnen und trotzdem verbinden.",
    en="{lender} also asks whether it may enter the documents of a granted loan in your books. You can refuse that and"
    " connect all the same.",
)

NOT_READ: Final = Text(
    de="Gar nicht abgerufen werden PDF-Dateien, Belegbilder und Angebote. In Ihren"
    " Kontakten wird nur nach {lender} gesucht, und das nur, wenn Sie Einträgen gesondert zustimmen.",
    en="PDF files, pictures of vouchers and quotes are not asked for at all. Among your"
    " contacts only {lender} is looked for, and only if you agree to entries separately.",
)
"""In place of the last line about what is not kept, where contacts are not asked for."""
NOT_READ_BUT_CONTACTS: Final = Text(
    de="Gar nicht abgerufen werden PDF-Dateien, Belegbilder und Angebote. Die"
    " Liste Ihrer Kontakte wird nur gelesen, wenn Sie dem gesondert zustimmen. Nach {lender} wird darin nur gesucht,"
    " wenn Sie Einträgen gesondert zustimmen.",
    en="PDF files, pictures of vouchers and quotes are not asked for at all. The list of"
    " your contacts is read only if you agree to that separately. {lender} is looked for in it only if you agree to"
    " entries separately.",
)
"""In its place where contacts are asked for, too."""

TOKEN: Final = Text(
    de="Dieser Dienst liest nur, solange Sie Einträgen nicht gesondert zustimmen. Stimmen Sie zu, legt er in sevdesk"
    " an, was unter „Kreditunterlagen in die Buchhaltung eintragen“ steht, und sonst nichts. Er ändert nichts und"
    " löscht nichts.",
    en="This service only reads, unless you agree to entries separately. If you agree, it creates in sevdesk what is"
    " named under “loan documents entered in your books”, and nothing else. It changes nothing and deletes nothing.",
)
"""In place of the line that says that this service only reads."""

HEADING: Final = Text(
    de="Zusätzlich und freiwillig: Kreditunterlagen in die Buchhaltung eintragen",
    en="In addition, if you want: loan documents entered in your books",
)
LEAD: Final = Text(
    de="Auch hierfür gibt es unten ein eigenes Häkchen, das Sie weglassen können:",
    en="For this, too, there is a box of its own below, which you can leave empty:",
)
LINES: Final = (
    Text(
        de="Wofür: Die Unterlage über die Gebühr eines Kredits, den {lender} Ihrer Firma gewährt hat, steht dann in"
        " Ihrer Buchhaltung. In die Entscheidung über einen Kreditantrag geht das nicht ein.",
        en="What for: the document about the fee of a loan that {lender} has granted to your firm then stands in your"
        " books. It has no part in the decision on a loan application.",
    ),
    Text(
        de="Was angelegt wird: ein Ausgabenbeleg mit dieser Unterlage als PDF-Datei, und zwar als Entwurf, wenn Sie mit"
        " {lender} nichts anderes vereinbart haben. Ein weiterer folgt nur, wenn {lender} die Unterlage neu ausstellt.",
        en="What is created: one expense voucher with this document as a PDF file, as a draft unless you have agreed"
        " otherwise with {lender}. Another one follows only where {lender} issues the document anew.",
    ),
    Text(
        de="Fehlt {lender} unter Ihren Kontakten, wird dort ein Lieferant dieses Namens angelegt.",
        en="Where {lender} is missing among your contacts, a supplier of this name is created there.",
    ),
    Text(
        de="Was dafür gelesen wird: ob es unter Ihren Kontakten {lender} gibt, gesucht nach dem Namen; welche"
        " Kundennummer die nächste ist; was auf das Buchungskonto gebucht werden darf; ob die Unterlage schon"
        " eingetragen ist. Andere Kontakte, die sevdesk dabei mitschickt, werden sofort verworfen.",
        en="What is read for it: whether {lender} is among your contacts, looked up by name; which customer number is"
        " the next; what may be booked on the booking account; whether the document was entered already. Other contacts"
        " that sevdesk sends along are dropped at once.",
    ),
    Text(
        de="Sonst wird nichts angelegt, nichts geändert, nichts gelöscht und nichts bezahlt.",
        en="Nothing else is created, nothing is changed, nothing is deleted, and nothing is paid.",
    ),
    Text(
        de="Wenn Sie das Häkchen weglassen, wird nichts eingetragen. Auf die Entscheidung über Ihren Kreditantrag hat"
        " das keinen Einfluss.",
        en="If you leave the box empty, nothing is entered. That has no influence on the decision on your loan"
        " application.",
    ),
    Text(
        de="Sie können diese Zustimmung auch später allein widerrufen. Die Verbindung für die Entscheidung bleibt dann"
        " bestehen. Was schon eingetragen ist, bleibt in Ihrer Buchhaltung; dort können Sie es selbst ändern oder"
        " löschen.",
        en="You can also withdraw this agreement alone later. The connection for the decision then stays. What was"
        " entered already stays in your books; there you can change or delete it yourself.",
    ),
)

STATEMENT: Final = Text(
    de="Freiwillig: Ich willige außerdem ein, dass {lender} Unterlagen gewährter Kredite in die Buchhaltung der Firma"
    " in sevdesk einträgt und dafür {lender} unter ihren Kontakten sucht, wie oben beschrieben.",
    en="Optional: I also agree that {lender} enters documents of granted loans in the firm's books in sevdesk, and"
    " looks for {lender} among its contacts for that, as described above.",
)
