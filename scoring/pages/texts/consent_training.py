"""What a firm is told where it is also asked whether models may learn from its books.

These words stand beside those of ``consent``, ``consent_contacts`` and ``consent_write_back``, or in their place.
Whoever changes a word here, or in one of those, changes ``VERSION``: a test compares both.
"""

from typing import Final

from features.feature import Text

VERSION: Final = "17"

SUMMARY: Final = Text(
    de="Außerdem fragt {lender}, ob Rechenmodelle aus den Zahlen Ihrer Buchhaltung lernen dürfen. Das können Sie"
    " ablehnen und trotzdem verbinden.",
    en="{lender} also asks whether statistical models may learn from the figures of your books. You can refuse that and"
    " connect all the same.",
)

RETENTION: Final = Text(
    de="Die Zahlen hinter einer Entscheidung: verschlüsselt, {days} Tage lang. Danach werden sie gelöscht. Eine Kopie,"
    " aus der Rechenmodelle lernen, gibt es nur, wenn Sie dem gesondert zustimmen.",
    en="The figures behind a decision: encrypted, for {days} days. Then they are deleted. There is a copy from which"
    " statistical models learn only if you agree to that separately.",
)
"""In place of the line that says that these figures are deleted."""

HEADING: Final = Text(
    de="Zusätzlich und freiwillig: Rechenmodelle lernen aus Ihren Zahlen",
    en="In addition, if you want: models learn from your figures",
)
LEAD: Final = Text(
    de="Für das Lernen gibt es unten ein eigenes Häkchen, das Sie weglassen können:",
    en="For learning there is a box of its own below, which you can leave empty:",
)
LINES: Final = (
    Text(
        de="Wofür: {lender} entwickelt und prüft Rechenmodelle, die künftig über Kreditanträge vieler Firmen mit"
        " entscheiden. Sie lernen daraus, wie es Firmen später erging: ob Lastschriften zurückkamen, Konten gepfändet"
        " wurden, Rechnungen, Steuern, Sozialabgaben oder Löhne unbezahlt blieben oder eine Insolvenz folgte. Kam ein"
        " Kredit zustande, lernen sie auch, wie er zurückgezahlt wurde.",
        en="What for: {lender} develops and checks statistical models that will have a part in deciding on loan"
        " applications of many firms. They learn from how firms fared later: whether debits were returned, accounts"
        " garnished, bills, taxes, social security or wages left unpaid, or insolvency followed. Where there was a"
        " loan, they also learn how it was repaid.",
    ),
    Text(
        de="Was dafür genutzt wird: die Zahlen, die für eine Entscheidung gelesen und gespeichert wurden, auch die aus"
        " früheren Jahren, ohne Namen und ohne Texte. Zusätzlich gelesen wird nichts.",
        en="What is used for it: the figures that were read and kept for a decision, those of earlier years included,"
        " without names and without texts. Nothing is read in addition.",
    ),
    Text(
        de="{lender} erhält eine Kopie dieser Zahlen. Wie lange {lender} sie aufbewahrt, sagen die Datenschutzhinweise"
        " von {lender}.",
        en="{lender} receives a copy of these figures. How long {lender} keeps it is said in the privacy notice of"
        " {lender}.",
    ),
    Text(
        de="Auf die Entscheidung über Ihren eigenen Antrag wirkt sich Ihre Antwort nicht aus, weder jetzt noch später.",
        en="Your answer has no influence on the decision on your own application, neither now nor later.",
    ),
    Text(
        de="Betreiben Sie Ihr Geschäft selbst, ohne Gesellschaft, oder mit anderen als Personengesellschaft, so sind"
        " diese Zahlen Ihre persönlichen Daten. Auch dann ist allein diese Zustimmung die Rechtsgrundlage (Art. 6"
        " Abs. 1 Buchst. a DSGVO).",
        en="If you run your business yourself, without a company, or with others as a partnership, these figures are"
        " your personal data. Then, too, this agreement alone is the legal basis (Art. 6(1)(a) GDPR).",
    ),
    Text(
        de="Sie können diese Zustimmung jederzeit allein widerrufen; die Verbindung für die Entscheidung bleibt"
        " bestehen. Von da an gibt dieser Dienst keine Kopie mehr heraus, und {lender} lernt nichts Neues aus Ihren"
        " Zahlen. Ein Modell, das schon gelernt hat, bleibt: Es enthält Zusammenhänge aus vielen Firmen, nicht Ihre"
        " Zahlen.",
        en="You can withdraw this agreement alone at any time; the connection for the decision stays. From then on this"
        " service gives out no copy any more, and {lender} learns nothing new from your figures. A model that has"
        " learned already stays: it has relations found in many firms, not your figures.",
    ),
)

STATEMENT: Final = Text(
    de="Freiwillig: Ich willige außerdem ein, dass {lender} die gespeicherten Zahlen aus der Buchhaltung der Firma"
    " nutzt, um Rechenmodelle für Kreditentscheidungen zu entwickeln und zu prüfen, wie oben beschrieben.",
    en="Optional: I also agree that {lender} uses the kept figures from the firm's books to develop and check"
    " statistical models for loan decisions, as described above.",
)
