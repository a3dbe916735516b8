"""What a notice says, in German and English. A notice is kept as it was issued: new words are a new ``VERSION``."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from features.feature import Text
from scoring.decisions.cases import ReviewReason
from scoring.decisions.notices import Outcome

VERSION: Final = "1"
"""Of the words in this module and of how ``scoring.texts.notices`` puts them together."""

TITLES: Final[Mapping[Outcome, Text]] = MappingProxyType(
    {
        Outcome.APPROVED: Text(de="Zusage zu Ihrem Kreditantrag", en="Your loan application is approved"),
        Outcome.DECLINED: Text(de="Ablehnung Ihres Kreditantrags", en="Your loan application is declined"),
        Outcome.IN_REVIEW: Text(
            de="Ihr Kreditantrag wird von einem Menschen geprüft", en="A person is reviewing your loan application"
        ),
        Outcome.WITHDRAWN: Text(de="Ihr Kreditantrag ist zurückgezogen", en="Your loan application is withdrawn"),
        Outcome.EXPIRED: Text(de="Ihr Kreditantrag ist abgelaufen", en="Your loan application has expired"),
    }
)
SAMPLE: Final = Text(
    de="Muster mit erfundenen Daten. Keine Entscheidung über einen wirklichen Antrag.",
    en="Sample with invented data. Not a decision on a real application.",
)

GREETING: Final = Text(de="Sehr geehrte Damen und Herren,", en="Dear Sir or Madam,")
CLOSING: Final = Text(de="Mit freundlichen Grüßen", en="Yours faithfully,")

APPROVED: Final = Text(
    de="gern sagen wir Ihnen einen Kredit über {amount} mit einer Laufzeit von {term}{rate} zu.",
    en="We are pleased to approve a loan of {amount} for {term}{rate}.",
)
RATE: Final = Text(de=" und einem Zinssatz von {rate} im Jahr", en=" at an interest rate of {rate} per year")
INSTALMENTS: Final = Text(
    de="Die monatliche Rate beträgt {instalment}; zurückzuzahlen sind insgesamt {total}.",
    en="The monthly instalment is {instalment}; you repay {total} in total.",
)
ASKED: Final = Text(de="Beantragt hatten Sie {amount} für {term}.", en="You had asked for {amount} for {term}.")
DECLINED: Final = Text(
    de="leider können wir Ihnen den beantragten Kredit über {amount} für {term} nicht geben. Warum, steht unten. Sie"
    " können die Entscheidung von einem Menschen überprüfen lassen.",
    en="We are sorry that we cannot give you the loan of {amount} for {term} that you asked for. The reasons are below."
    " You can have the decision reviewed by a person.",
)
IN_REVIEW: Final = Text(
    de="vielen Dank für Ihren Antrag auf {amount} für {term}. Darüber ist noch nicht entschieden. Dieses Schreiben ist"
    " weder eine Zusage noch eine Ablehnung.",
    en="Thank you for your application for {amount} for {term}. There is no decision yet. This letter is neither an"
    " approval nor a refusal.",
)
WAS_DECLINED: Final = Text(
    de="unser System hatte Ihren Antrag auf {amount} für {term} am {day} abgelehnt.",
    en="Our system had declined your application for {amount} for {term} on {day}.",
)
WAS_DECLINED_BY_PERSON: Final = Text(
    de="wir hatten Ihren Antrag auf {amount} für {term} am {day} abgelehnt.",
    en="We had declined your application for {amount} for {term} on {day}.",
)
WAS_APPROVED: Final = Text(
    de="unser System hatte Ihrem Antrag auf {amount} für {term} am {day} zugestimmt.",
    en="Our system had approved your application for {amount} for {term} on {day}.",
)
WAS_APPROVED_BY_PERSON: Final = Text(
    de="wir hatten Ihnen am {day} einen Kredit zugesagt; beantragt hatten Sie {amount} für {term}.",
    en="We had approved a loan for you on {day}; you had asked for {amount} for {term}.",
)
CONTESTED: Final = Text(
    de="Sie haben dieser Entscheidung widersprochen; deshalb prüft jetzt ein Mensch Ihren Antrag.",
    en="You have objected to this decision; therefore a person is now reviewing your application.",
)
REOPENED: Final = Text(
    de="Ein Mensch prüft Ihren Antrag jetzt noch einmal.", en="A person is now looking at your application again."
)
DECLINED_UNTIL_THEN: Final = Text(
    de="Bis zur neuen Entscheidung ist Ihnen kein Kredit zugesagt.",
    en="Until there is a new decision, no loan is approved.",
)
APPROVED_NO_MORE: Final = Text(
    de="Bis zur neuen Entscheidung gilt die Zusage nicht.",
    en="Until there is a new decision, the approval does not hold.",
)
WITHDRAWN: Final = Text(
    de="Sie haben Ihren Antrag auf {amount} für {term} zurückgezogen. Wir entscheiden darüber nicht mehr.",
    en="You have withdrawn your application for {amount} for {term}. We will not decide on it.",
)
EXPIRED: Final = Text(
    de="Ihr Antrag auf {amount} für {term} ist abgelaufen, ohne dass ein Kreditvertrag zustande kam.",
    en="Your application for {amount} for {term} has expired without a loan agreement.",
)

NEXT: Final = Text(de="Wie es weitergeht", en="What happens next")
REACH: Final = Text(de="{contact} ({way})", en="{contact} ({way})")
NEXT_APPROVED: Final = (
    Text(
        de="Die Zusage gilt bis zum {until}. Der Kredit kommt erst mit dem Kreditvertrag zustande; dort stehen die"
        " genauen Beträge.",
        en="The approval is valid until {until}. There is no loan before the loan agreement is signed; it has the exact"
        " amounts.",
    ),
    Text(
        de="Den Kreditvertrag erhalten Sie von uns. Wenn Sie den Kredit möchten und bis dahin nichts von uns hören,"
        " melden Sie sich bitte: {reach}.",
        en="You will receive the loan agreement from us. If you want the loan and do not hear from us before that day,"
        " please contact {reach}.",
    ),
)
NEXT_DECLINED: Final = (
    Text(
        de="Halten Sie die Entscheidung für falsch, melden Sie sich bitte: {reach}. Eine Frist gibt es dafür nicht.",
        en="If you think that the decision is wrong, please contact {reach}. There is no deadline for this.",
    ),
    Text(
        de="Ein Mensch prüft dann Ihren Antrag, und Sie erhalten innerhalb eines Monats eine Antwort.",
        en="A person then reviews your application, and you receive an answer within one month.",
    ),
    Text(
        de="Die Entscheidung und ihre Gründe bewahren wir in der Regel bis zum {kept} auf.",
        en="We normally keep the decision and its reasons until {kept}.",
    ),
)
NEXT_IN_REVIEW: Final = (
    Text(
        de="Ein Mensch aus unserem Haus prüft Ihren Antrag und entscheidet. Sie müssen jetzt nichts tun; wenn uns etwas"
        " fehlt, melden wir uns.",
        en="A person at our firm reviews your application and decides. You need not do anything now; if we need"
        " something, we contact you.",
    ),
    Text(
        de="Wenn Sie nichts von uns hören, melden Sie sich bitte: {reach}.",
        en="If you do not hear from us, please contact {reach}.",
    ),
)
UNDECIDED_UNTIL: Final = Text(
    de="Ist bis zum {until} nicht entschieden, läuft der Antrag ab. Sie können ihn dann neu stellen.",
    en="If there is no decision by {until}, the application expires. You can then apply again.",
)
ANSWER_BY: Final = Text(
    de="Die Antwort auf Ihren Widerspruch erhalten Sie bis zum {answer_by}.",
    en="You receive the answer to your objection by {answer_by}.",
)
NEXT_OVER: Final = Text(
    de="Sie müssen nichts tun. Sie können jederzeit einen neuen Antrag stellen: {reach}.",
    en="You need not do anything. You can make a new application at any time: {reach}.",
)

HOW: Final = Text(de="Wie Ihr Antrag bewertet wurde", en="How your application was assessed")
BY_MACHINE: Final = Text(
    de="Diese Entscheidung hat unser System getroffen. Ein Mensch war daran nicht beteiligt.",
    en="This decision was made automatically by our system. No person was involved.",
)
BY_PERSON: Final = Text(
    de="Diese Entscheidung hat ein Mensch getroffen. Die Einschätzung unseres Systems lag ihm vor, war aber nicht"
    " bindend.",
    en="A person made this decision. The assessment by our system was available but not binding.",
)
TO_PERSON: Final = Text(
    de="Unser System hat Ihren Antrag nur für den Menschen vorbereitet, der entscheidet.",
    en="Our system has only prepared your application for the person who decides.",
)
AGAIN_TO_PERSON: Final[Mapping[bool, Text]] = MappingProxyType(
    {
        False: Text(
            de="Die frühere Entscheidung hat unser System getroffen; ein Mensch war daran nicht beteiligt. Jetzt"
            " entscheidet ein Mensch. Die Einschätzung unseres Systems liegt ihm vor, ist aber nicht bindend.",
            en="The earlier decision was made automatically by our system; no person was involved. Now a person"
            " decides. The assessment by our system is available but not binding.",
        ),
        True: Text(
            de="Die frühere Entscheidung hat ein Mensch getroffen, und auch jetzt entscheidet ein Mensch. Die"
            " Einschätzung unseres Systems liegt ihm vor, ist aber nicht bindend.",
            en="A person made the earlier decision, and a person decides now, too. The assessment by our system is"
            " available but not binding.",
        ),
    }
)
"""Of what had been decided, by whether a person had."""
MODEL: Final = Text(
    de="Ein statistisches Modell schätzt aus Ihrer Buchhaltung, wie wahrscheinlich ein Kredit innerhalb von {months}"
    " nicht vereinbarungsgemäß zurückgezahlt wird.",
    en="A statistical model estimates from your books how likely it is that a loan is not repaid as agreed within"
    " {months}.",
)
POLICY: Final = Text(
    de="Zum Ergebnis des Modells kommen feste Regeln unserer Kreditrichtlinie.",
    en="Fixed rules of our lending policy apply in addition to the model.",
)
SCORE: Final = Text(
    de="Das Modell schätzt diese Wahrscheinlichkeit auf {pd} (Ausfallwahrscheinlichkeit).",
    en="The model estimates this probability at {pd} (probability of default).",
)
POINTS_REACHED: Final = Text(
    de="Als Punktzahl sind das {score} Punkte; mehr ist besser.",
    en="As a score, that is {score} points; more is better.",
)
POINTS_NEEDED: Final = Text(
    de="Unsere Kreditrichtlinie verlangt mindestens etwa {needed} Punkte.",
    en="Our lending policy requires at least about {needed} points.",
)
POINTS_FOR_SYSTEM: Final = Text(
    de="Für eine Zusage ohne Prüfung durch einen Menschen sind mindestens etwa {needed} Punkte nötig.",
    en="An approval without a review by a person needs at least about {needed} points.",
)
NO_SCORE: Final = Text(
    de="Für eine Schätzung enthielt die Buchhaltung zu wenige Daten.",
    en="The books held too few data for an estimate.",
)

DATA: Final = Text(de="Welche Daten wir verwendet haben", en="Which data we used")
SOURCE: Final = Text(
    de="Ihre Buchhaltung bei {source}, gelesen für den Stand vom {day}{period}: {invoices}, {bills}, {transactions} auf"
    " {accounts}.",
    en="Your books at {source} as of {day}{period}: {invoices}, {bills}, {transactions} on {accounts}.",
)
PERIOD: Final = Text(de=", Einträge vom {first} bis zum {last}", en=", entries from {first} to {last}")
BANK_UNTIL: Final = Text(
    de="Zu den dort verbundenen Konten hat Ihre Hausbank Kontoumsätze bis zum {day} geliefert.",
    en="Your bank has delivered transactions of the accounts connected there up to {day}.",
)
NO_BANK: Final = Text(
    de="Von Ihrer Hausbank direkt gelieferte Kontoumsätze lagen nicht vor.",
    en="There were no transactions delivered directly by your bank.",
)
LACKING: Final = Text(
    de="Nicht lesbar waren {count} Belege oder Umsätze.", en="{count} documents or transactions could not be read."
)
MISSING: Final = Text(
    de="Nicht zu ermitteln waren {count} von {all} Kennzahlen.",
    en="Of {all} figures, {count} could not be determined.",
)
NOT_USED: Final = Text(
    de="Unser System hat weder Auskunfteien noch soziale Netzwerke abgefragt. Namen und Anschriften gehen nicht in das"
    " Modell ein.",
    en="Our system has asked neither credit bureaus nor social networks. Names and addresses do not enter the model.",
)

FACTORS_FOR: Final = Text(
    de="Was am meisten zählte: was für den Kredit sprach und was dagegen",
    en="What counted most: what spoke for the loan, and what against",
)
FACTORS_AGAINST: Final = Text(
    de="Was am meisten zählte: was gegen den Kredit sprach und was dafür",
    en="What counted most: what spoke against the loan, and what for",
)
HEAD: Final = (
    Text(de="Kennzahl", en="Figure"),
    Text(de="Bei Ihnen", en="Yours"),
    Text(de="Üblich", en="Typical"),
    Text(de="Wirkung", en="Effect"),
)
POINTS: Final = Text(de="{points} Punkte", en="{points} points")
OF_SYSTEM: Final = Text(
    de="Das ist die Einschätzung unseres Systems, nicht die Entscheidung.",
    en="This is the assessment by our system, not the decision.",
)
OF_SYSTEM_AGAIN: Final = Text(
    de="Das ist die Einschätzung unseres Systems. Jetzt entscheidet ein Mensch.",
    en="This is the assessment by our system. Now a person decides.",
)
TYPICAL: Final = Text(
    de="„Üblich“ ist der mittlere Wert der Unternehmen, aus denen das Modell gelernt hat. Pluspunkte sprechen dafür,"
    " dass der Kredit zurückgezahlt wird, Minuspunkte dagegen.",
    en="“Typical” is the median of the firms from which the model learned. Plus points speak for repayment, minus"
    " points against it.",
)

RULES: Final[Mapping[Outcome, Text]] = MappingProxyType(
    {
        Outcome.DECLINED: Text(de="Warum wir ablehnen", en="Why we decline"),
        Outcome.IN_REVIEW: Text(de="Warum ein Mensch entscheidet", en="Why a person decides"),
    }
)
SPEAKS_AGAINST: Final = Text(
    de="Was nach der Einschätzung unseres Systems gegen eine Zusage spricht",
    en="What speaks against an approval, as our system assesses it",
)
"""In place of why a person decides, where that is because something is looked at again."""
NOTICED: Final = Text(de="Was außerdem auffiel", en="What else was noticed")
"""What did not lead to the outcome by itself."""
UNKNOWN: Final = Text(de="Nicht zu ermitteln, weil {why}.", en="Cannot be determined because {why}.")
MORE_RULES: Final = Text(
    de="Dazu kommen {count} weitere Punkte; wir nennen sie Ihnen auf Nachfrage.",
    en="There are {count} further points; ask us and we will name them.",
)
SALES: Final = Text(
    de="Unklar ist, wie Umsätze und Zahlungen in der Buchhaltung zusammengehören. Verträge, Lieferscheine und"
    " Kontoauszüge helfen, das zu klären.",
    en="It is not clear how sales and payments in the books belong together. Contracts, delivery notes and bank"
    " statements help to clear it up.",
)
ACCOUNTS: Final = Text(
    de="Unklar ist, welche Bankkonten zum Unternehmen gehören. Kontoauszüge aller Konten helfen, das zu klären.",
    en="It is not clear which bank accounts belong to the firm. Statements of all accounts help to clear it up.",
)
DOUBTFUL: Final = Text(
    de="Angaben der Buchhaltung lassen sich verschieden lesen. Kontoauszüge und Belege helfen, das zu klären.",
    en="Facts in the books can be read in different ways. Bank statements and documents help to clear it up.",
)
BORROWED: Final = Text(
    de="Unklar ist, wofür neue Kredite aufgenommen wurden. Die Verträge helfen, das zu klären.",
    en="It is not clear what new loans were taken for. Their contracts help to clear it up.",
)
REPAID: Final = Text(
    de="Unklar ist, ob die Tilgung eines Förderkredits schon begonnen hat. Der Vertrag hilft, das zu klären.",
    en="It is not clear whether the repayment of a promotional loan has begun. Its contract helps to clear it up.",
)
PAID_IN: Final = Text(
    de="Unklar ist, wofür Geld eingezahlt wurde, das nicht von Kunden kam. Verträge und Belege helfen, das zu klären.",
    en="It is not clear what money is for that was paid in by others than customers. Contracts and documents help to"
    " clear it up.",
)
TAX_PAID: Final = Text(
    de="Unklar ist, ob die Umsatzsteuer gezahlt ist. Voranmeldungen und ein Kontoauszug des Finanzamts helfen, das zu"
    " klären.",
    en="It is not clear whether value added tax was paid. Advance returns and a statement of account of the tax office"
    " help to clear it up.",
)
OTHER_DOUBT: Final = Text(
    de="Eine Angabe ist unklar. Wir sagen Ihnen auf Nachfrage, welche Unterlagen helfen.",
    en="One point is not clear. We tell you which documents help when you ask.",
)
DOUBTS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "PAID_WITHOUT_INFLOW_HIGH": SALES,
        "SALES_WITHOUT_INFLOW": SALES,
        "SALES_BURST": SALES,
        "SALES_RECORDED_LATE": SALES,
        "PAYERS_SHARED": SALES,
        "MONEY_GOES_ROUND": SALES,
        "VAT_NOT_PAID": TAX_PAID,
        "PAYOUT_ACCOUNT_NEW": ACCOUNTS,
        "OWN_ACCOUNT_MISSING": ACCOUNTS,
        "READINGS_DIFFER": DOUBTFUL,
        "NEW_FACILITIES": BORROWED,
        "GRACE_UNKNOWN": REPAID,
        "CASH_NOT_EARNED": PAID_IN,
    }
)
"""What is said of doubts whose value and threshold are not told; ``OTHER_DOUBT`` of any other."""
REVIEWED: Final[Mapping[ReviewReason, Text]] = MappingProxyType(
    {
        ReviewReason.AS_RECOMMENDED: Text(
            de="Ein Mensch hat die Einschätzung des Systems geprüft und teilt sie.",
            en="A person has checked the assessment of the system and shares it.",
        ),
        ReviewReason.NOT_AFFORDABLE: Text(
            de="Die Raten sind nach unserer Prüfung aus dem laufenden Geschäft nicht sicher zu zahlen.",
            en="By our review, the instalments cannot safely be paid out of the running business.",
        ),
        ReviewReason.DATA_DOUBTFUL: Text(
            de="Angaben in der Buchhaltung ließen sich nicht klären.",
            en="Facts in the books could not be cleared up.",
        ),
        ReviewReason.INFORMATION_MISSING: Text(
            de="Für eine Zusage fehlen uns Unterlagen oder Angaben.",
            en="Documents or information that we need for an approval are missing.",
        ),
        ReviewReason.OTHER_KNOWLEDGE: Text(
            de="Weitere Tatsachen, die nicht in der Buchhaltung stehen, sprechen gegen den Kredit. Sie können sie bei"
            " uns erfragen.",
            en="Further facts, which are not in the books, speak against the loan. You can ask us for them.",
        ),
        ReviewReason.OTHER: Text(
            de="Ein Mensch hat aus anderen Gründen entschieden. Sie können sie bei uns erfragen.",
            en="A person has decided for other reasons. You can ask us for them.",
        ),
    }
)
"""Why a person declined. What else may be a reason speaks for a loan."""

CHANGES: Final = Text(de="Was das Ergebnis ändern würde", en="What would change the result")
BETTER: Final = Text(de="Was die Einschätzung verbessern würde", en="What would improve the assessment")
"""Where a person decides."""
SAID_ABOVE: Final = frozenset({"PD_TOO_HIGH", "PD_NEEDS_REVIEW"})
"""Rules whose remedy points to what stands in the notice anyway."""
CHANGES_CHECKED: Final = Text(
    de="Das haben wir vollständig durchgerechnet. Es zählt die Entscheidung über den neuen Antrag.",
    en="We have worked this out in full. What counts is the decision on the new application.",
)
CHANGES_OF_SYSTEM: Final = Text(
    de="Das haben wir vollständig durchgerechnet: Die Einschätzung des Systems wäre besser. Es entscheidet ein Mensch.",
    en="We have worked this out in full: the assessment by the system would be better. A person decides.",
)
NO_CHANGE: Final = Text(
    de="Keine Änderung, die wir durchrechnen konnten, führt heute von sich aus zu einem anderen Ergebnis. Offen bleiben"
    " Ihnen drei Wege: Nachweise einreichen, Ihren Standpunkt darlegen, einen Menschen prüfen lassen.",
    en="No change that we could compute leads to another result by itself today. Three ways remain open to you: to send"
    " evidence, to give your view, and to have a person review it.",
)
NO_CHANGE_YET: Final = Text(
    de="Keine Änderung, die wir durchrechnen konnten, verbessert heute von sich aus die Einschätzung unseres Systems."
    " Es entscheidet aber ein Mensch; er berücksichtigt auch Nachweise und Ihren Standpunkt.",
    en="No change that we could compute improves the assessment of our system by itself today. But a person decides,"
    " and also considers evidence and your view.",
)
CHANGES_GONE: Final = Text(
    de="Die gelesenen Daten sind gelöscht. Was das Ergebnis geändert hätte, lässt sich nicht mehr berechnen.",
    en="The data that were read are deleted. What would have changed the result cannot be worked out any more.",
)

RIGHTS: Final = Text(de="Ihre Rechte", en="Your rights")
CONTEST: Final = Text(
    de="Sie können verlangen, dass ein Mensch die Entscheidung überprüft, Ihren Standpunkt darlegen und die"
    " Entscheidung anfechten{law}.",
    en="You can demand that a person reviews the decision, give your view, and contest the decision{law}.",
)
CONTEST_APPROVAL: Final = Text(
    de="Wenn Sie eine Zusage anfechten, gilt sie bis zur neuen Entscheidung nicht mehr.",
    en="If you contest an approval, it no longer stands until there is a new decision.",
)
GIVE_VIEW: Final = Text(
    de="Sie können jetzt schon Ihren Standpunkt darlegen und Unterlagen schicken. Wer entscheidet, berücksichtigt sie.",
    en="You can give your view and send documents already now. Whoever decides will consider them.",
)
CONTEST_LATER: Final = Text(
    de="Auch die spätere Entscheidung können Sie anfechten und noch einmal prüfen lassen{law}.",
    en="You can also contest the later decision and have it reviewed again{law}.",
)
CONTEST_LAW: Final = Text(de=" (Art. 22 Abs. 3 DSGVO)", en=" (Art. 22(3) GDPR)")
CORRECT: Final = Text(
    de="Ist eine Angabe falsch, berichtigen Sie sie bitte in der Buchhaltung oder schicken uns Belege{law}.",
    en="If a fact is wrong, please correct it in the books or send us proof{law}.",
)
CORRECTED: Final[Mapping[Outcome, Text]] = MappingProxyType(
    {
        Outcome.APPROVED: Text(de="Wir prüfen dann neu.", en="We then review it again."),
        Outcome.DECLINED: Text(de="Wir prüfen dann neu.", en="We then review it again."),
        Outcome.IN_REVIEW: Text(
            de="Das wird bei der Entscheidung berücksichtigt.", en="This is considered in the decision."
        ),
    }
)
CORRECT_LAW: Final = Text(de=" (Art. 16 DSGVO)", en=" (Art. 16 GDPR)")
ACCESS: Final = Text(
    de="Sie können Auskunft über Ihre Daten und über die Logik der Bewertung verlangen (Art. 15 DSGVO): {privacy}.",
    en="You can ask for access to your data and to the logic of the assessment (Art. 15 GDPR): {privacy}.",
)
COMPLAIN: Final = Text(
    de="Sie können sich bei {authority} beschweren (Art. 77 DSGVO).",
    en="You can complain to {authority} (Art. 77 GDPR).",
)
ANY_AUTHORITY: Final = Text(de="einer Datenschutz-Aufsichtsbehörde", en="a supervisory authority for data protection")

CONTACT: Final = Text(de="So erreichen Sie einen Menschen: {reach}", en="How to reach a person: {reach}")
REFERENCES: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "applicant": Text(de="Antragsteller", en="Applicant"),
        "day": Text(de="Datum", en="Date"),
        "quote": Text(de="Bitte angeben", en="Please quote"),
    }
)
RECEIPT: Final = Text(
    de="Technische Angaben: unser Zeichen {ref}, Mitteilung {notice}{statement}, Modell {model}, Kreditrichtlinie"
    " {policy}, Textfassung {texts}.",
    en="Technical details: our reference {ref}, notice {notice}{statement}, model {model}, lending policy {policy},"
    " text version {texts}.",
)
STATEMENT: Final = Text(de=", Entscheidung signiert als Nr. {number}", en=", decision signed as no. {number}")

INVOICES: Final = (Text(de="Rechnung", en="invoice"), Text(de="Rechnungen", en="invoices"))
BILLS: Final = (Text(de="Eingangsrechnung", en="bill"), Text(de="Eingangsrechnungen", en="bills"))
MONTHS: Final = (Text(de="Monat", en="month"), Text(de="Monaten", en="months"))
"""Behind a preposition."""
LINES: Final = (Text(de="Kontoumsatz", en="bank transaction"), Text(de="Kontoumsätze", en="bank transactions"))
ACCOUNT_NOUNS: Final = (Text(de="Konto", en="account"), Text(de="Konten", en="accounts"))
