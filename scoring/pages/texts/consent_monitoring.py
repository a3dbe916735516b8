"""What a firm is told where it is also asked whether its books may be read again while nobody has applied.

These words stand beside those of ``consent``, ``consent_contacts``, ``consent_write_back`` and ``consent_training``, or
in their place. Whoever changes a word here, or in one of those, changes ``VERSION``: a test compares both.
"""

from typing import Final

from features.feature import Text

VERSION: Final = "19"

SUMMARY: Final = Text(
    de="Außerdem fragt {lender}, ob Ihre Bücher auch nach der Entscheidung von Zeit zu Zeit gelesen werden dürfen. Das"
    " können Sie ablehnen und trotzdem verbinden.",
    en="{lender} also asks whether your books may be read from time to time after the decision, too. You can refuse"
    " that and connect all the same.",
)

HEADING: Final = Text(
    de="Zusätzlich und freiwillig: Ihre Bücher werden wieder gelesen",
    en="In addition, if you want: your books are read again",
)
LEAD: Final = Text(
    de="Für das Beobachten gibt es unten ein eigenes Häkchen, das Sie weglassen können:",
    en="For monitoring there is a box of its own below, which you can leave empty:",
)
LINES: Final = (
    Text(
        de="Wofür: {lender} will früh erkennen, ob sich die Lage Ihrer Firma seit der Entscheidung verändert und ob ein"
        " Kredit in Gefahr gerät.",
        en="What for: {lender} wants to see early whether the situation of your firm changes after the decision, and"
        " whether a loan is at risk.",
    ),
    Text(
        de="Was gelesen wird: dasselbe wie für eine Entscheidung, ohne dass Sie etwas tun. Je nach Risiko geschieht das"
        " alle paar Tage bis alle drei Monate, und wenn {lender} es verlangt.",
        en="What is read: the same as for a decision, without your doing anything. Depending on the risk this happens"
        " every few days to every three months, and when {lender} asks for it.",
    ),
    Text(
        de="Ein Rechenmodell bestimmt daraus neu, wie wahrscheinlich ein Kredit zurückgezahlt wird, und was sich warum"
        " geändert hat.",
        en="A statistical model works out anew how likely a loan is to be repaid, and what has changed and why.",
    ),
    Text(
        de="Frühwarnung: {lender} bekommt eine Meldung, wenn bestimmte Anzeichen auftreten. Zum Beispiel: Rechnungen"
        " bleiben lange unbezahlt. Löhne, Steuern oder Sozialabgaben werden nicht wie gewohnt gezahlt. Lastschriften"
        " kommen zurück. Das Konto ist lange im Minus. Neue Kredite kommen hinzu. Die Bücher werden nicht mehr"
        " geführt.",
        en="Early warning: {lender} is told when certain signs appear. For example: invoices stay unpaid for long."
        " Wages, taxes or social security are not paid as usual. Direct debits are returned. The account is overdrawn"
        " for long. New loans are taken up. The books are not kept any more.",
    ),
    Text(
        de="Vereinbarte Kennzahlen (Covenants): Steht in Ihrem Kreditvertrag, dass Ihre Firma bestimmte Kennzahlen"
        " einhält, so wird das anhand der Bücher geprüft. Auch davon erfährt {lender}.",
        en="Agreed ratios (covenants): where your loan agreement says that your firm keeps to certain ratios, this is"
        " tested by the books. {lender} is told of that, too.",
    ),
    Text(
        de="Nichts folgt daraus von selbst. Keine Meldung und keine verfehlte Kennzahl kündigt, kürzt oder verteuert"
        " einen Kredit. Menschen bei {lender} sehen sich das an und entscheiden im Rahmen Ihres Kreditvertrags.",
        en="Nothing follows from it by itself. No warning and no ratio that was missed ends a loan, cuts it or makes it"
        " dearer. People at {lender} look at it and decide, within your loan agreement.",
    ),
    Text(
        de="Wann es endet: wenn Sie widerrufen, wenn Ihr letzter Kredit beendet ist, und wenn es keinen Kredit gibt:"
        " Wird Ihr Antrag abgelehnt oder zurückgezogen, wird nichts mehr gelesen. Trägt {lender} keinen Kredit ein, ist"
        " 60 Tage nach der Entscheidung Schluss. Erst für einen eingetragenen oder neu beantragten Kredit kann es"
        " wieder beginnen, solange diese Zustimmung gilt.",
        en="When it ends: when you withdraw, when your last loan has ended, and when there is no loan: if your"
        " application is declined or withdrawn, nothing is read any more. If {lender} enters no loan, it is over 60"
        " days after the decision. It can begin again only for a loan that was entered or newly applied for, as long as"
        " this agreement is in force.",
    ),
    Text(
        de="Wie lange: die Zahlen dahinter verschlüsselt, {days} Tage lang, aber nur, solange diese Zustimmung gilt."
        " Das Ergebnis mit seinen Gründen bleibt, solange {lender} es als Nachweis braucht.",
        en="How long: the figures behind it encrypted, for {days} days, but only as long as this agreement is in force."
        " The result with its reasons stays as long as {lender} needs it as proof.",
    ),
    Text(
        de="In die Entscheidung über Ihren Kreditantrag geht Ihre Antwort nicht ein.",
        en="Your answer has no part in the decision on your loan application.",
    ),
    Text(
        de="Betreiben Sie Ihr Geschäft selbst, ohne Gesellschaft, oder mit anderen als Personengesellschaft, so sind"
        " diese Zahlen Ihre persönlichen Daten. Rechtsgrundlage ist auch hier diese Zustimmung (Art. 6 Abs. 1 Buchst. a"
        " DSGVO).",
        en="If you run your business yourself, without a company, or with others as a partnership, these figures are"
        " your personal data. Here, too, the legal basis is this agreement (Art. 6(1)(a) GDPR).",
    ),
    Text(
        de="Sie können diese Zustimmung jederzeit allein widerrufen; die Verbindung für die Entscheidung bleibt"
        " bestehen. Von da an wird dafür nichts mehr gelesen, und die dafür gespeicherten Zahlen werden gelöscht,"
        " soweit kein Gesetz verlangt, sie aufzubewahren.",
        en="You can withdraw this agreement alone at any time; the connection for the decision stays. From then on"
        " nothing is read for it any more, and the figures that were kept for it are deleted, unless a law"
        " demands that they be kept.",
    ),
)

STATEMENT: Final = Text(
    de="Freiwillig: Ich willige außerdem ein, dass {lender} die Bücher der Firma auch nach der Entscheidung von Zeit zu"
    " Zeit liest, um den Kredit zu beobachten, wie oben beschrieben.",
    en="Optional: I also agree that {lender} reads the firm's books from time to time after the decision, too, to"
    " monitor the loan, as described above.",
)
