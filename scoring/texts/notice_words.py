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

APPROVED: Final = Text(
    de="Wir sagen Ihnen einen Kredit über {amount} für {term} zu{rate}. Die Zusage gilt bis zum"
    " {until}. Der Kredit kommt erst mit dem Kreditvertrag zustande.",
    en="We approve a loan of {amount} for {term}{rate}. The approval is valid until {until}. There is no loan before"
    " the loan agreement is signed.",
)
RATE: Final = Text(de=" zu einem Zinssatz von {rate} im Jahr", en=" at an interest rate of {rate} per year")
ASKED: Final = Text(de="Beantragt hatten Sie {amount} für {term}.", en="You had asked for {amount} for {term}.")
DECLINED: Final = Text(
    de="Wir geben Ihnen den beantragten Kredit über {amount} für {term} nicht. Die Gründe stehen"
    " unten. Sie können der Entscheidung widersprechen.",
    en="We do not give you the loan of {amount} for {term} that you asked for. The reasons are below. You can object to"
    " this decision.",
)
IN_REVIEW: Final = Text(
    de="Über Ihren Antrag auf {amount} für {term} ist noch nicht entschieden. Es entscheidet ein"
    " Mensch aus unserem Haus. Dieses Schreiben ist weder eine Zusage noch eine Ablehnung.",
    en="There is no decision yet on your application for {amount} for {term}. A person at our firm decides. This letter"
    " is neither an approval nor a refusal.",
)
WITHDRAWN: Final = Text(
    de="Sie haben Ihren Antrag auf {amount} für {term} zurückgezogen. Wir entscheiden darüber nicht mehr.",
    en="You have withdrawn your application for {amount} for {term}. We do not decide on it any more.",
)
EXPIRED: Final = Text(
    de="Ihr Antrag auf {amount} für {term} ist ohne Kreditvertrag abgelaufen. Sie können neu beantragen.",
    en="Your application for {amount} for {term} has expired without a loan agreement. You can apply again.",
)

HOW: Final = Text(de="Wie Ihr Antrag bewertet wurde", en="How your application was assessed")
BY_MACHINE: Final = Text(
    de="Diese Entscheidung hat unser System ohne einen Menschen getroffen.",
    en="Our system made this decision without a person.",
)
BY_PERSON: Final = Text(
    de="Diese Entscheidung hat ein Mensch getroffen. Die Einschätzung unseres Systems lag dabei vor; sie bindet nicht.",
    en="A person made this decision. The assessment by our system was at hand; it does not bind.",
)
TO_PERSON: Final = Text(
    de="Unser System hat Ihren Antrag nur vorbereitet.", en="Our system has only prepared your application."
)
MODEL: Final = Text(
    de="Ein statistisches Modell schätzt aus Ihrer Buchhaltung, wie wahrscheinlich ein Kredit innerhalb von {months}"
    " nicht vereinbarungsgemäß zurückgezahlt wird. Dazu kommen feste Regeln unserer Kreditrichtlinie.",
    en="A statistical model estimates from your books how likely a loan is not repaid as agreed within {months}. Fixed"
    " rules of our lending policy are added to it.",
)
SCORE: Final = Text(
    de="Ergebnis des Modells: {score} Punkte (mehr ist besser). Das entspricht einer Wahrscheinlichkeit von {pd}, dass"
    " die Rückzahlung scheitert (Ausfallwahrscheinlichkeit).",
    en="Result of the model: {score} points (more is better). That is a probability of {pd} that repayment fails"
    " (probability of default).",
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
BANK_UNTIL: Final = Text(de="Die Bank hat Umsätze bis zum {day} geliefert.", en="The bank delivered data up to {day}.")
NO_BANK: Final = Text(
    de="Direkt von einer Bank gelieferte Umsätze lagen nicht vor.", en="There were no data delivered by a bank."
)
LACKING: Final = Text(
    de="Nicht lesbar waren {count} Belege oder Umsätze.", en="{count} documents or transactions could not be read."
)
MISSING: Final = Text(
    de="Nicht zu ermitteln waren {count} von {all} Kennzahlen.",
    en="Of {all} figures, {count} could not be determined.",
)
NOT_USED: Final = Text(
    de="Das Modell verwendet weder Namen noch Anschrift, keine Auskunfteien und keine sozialen Netzwerke.",
    en="The model uses neither names nor addresses, no credit bureaus and no social networks.",
)

FACTORS: Final = Text(de="Was am meisten zählte", en="What counted most")
HEAD: Final = (
    Text(de="Kennzahl", en="Figure"),
    Text(de="Bei Ihnen", en="Yours"),
    Text(de="Üblich", en="Typical"),
    Text(de="Wirkung", en="Effect"),
)
POINTS: Final = Text(de="{points} Punkte", en="{points} points")
TYPICAL: Final = Text(
    de="„Üblich“ ist der mittlere Wert der Unternehmen, aus denen das Modell gelernt hat. Minuspunkte sprechen gegen,"
    " Pluspunkte für die Rückzahlung.",
    en="“Typical” is the median of the firms from which the model learned. Minus points speak against repayment, plus"
    " points for it.",
)

RULES: Final[Mapping[Outcome, Text]] = MappingProxyType(
    {
        Outcome.DECLINED: Text(de="Warum wir ablehnen", en="Why we decline"),
        Outcome.IN_REVIEW: Text(de="Warum ein Mensch prüft", en="Why a person reviews it"),
    }
)
NOTICED: Final = Text(de="Was außerdem auffiel", en="What else was noticed")
"""What did not lead to the outcome by itself."""
UNKNOWN: Final = Text(de="Nicht zu ermitteln, weil {why}.", en="Cannot be determined because {why}.")
MORE_RULES: Final = Text(
    de="Dazu kommen {count} weitere Punkte; wir nennen sie Ihnen auf Nachfrage.",
    en="There are {count} further points; we tell you them when you ask.",
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
        "PAYOUT_ACCOUNT_NEW": ACCOUNTS,
        "OWN_ACCOUNT_MISSING": ACCOUNTS,
        "READINGS_DIFFER": DOUBTFUL,
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
            de="Unterlagen oder Antworten, um die wir gebeten hatten, fehlen.",
            en="Documents or answers that we had asked for are missing.",
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
BETTER: Final = Text(de="Was die Einschätzung verbessern würde", en="What would better the assessment")
"""Where a person decides."""
SAID_ABOVE: Final = frozenset({"PD_TOO_HIGH", "PD_NEEDS_REVIEW"})
"""Rules whose remedy points to what stands in the notice anyway."""
CHANGES_CHECKED: Final = Text(
    de="Jede dieser Änderungen haben wir vollständig durchgerechnet. Es zählt die Entscheidung über den neuen Antrag.",
    en="We have worked out each of these changes in full. What counts is the decision on the new application.",
)
CHANGES_OF_SYSTEM: Final = Text(
    de="Jede dieser Änderungen würde die Einschätzung des Systems verbessern; wir haben sie vollständig durchgerechnet."
    " Ein Mensch entscheidet.",
    en="Each of these changes would better the assessment of the system; we have worked them out in full. A person"
    " decides.",
)
NO_CHANGE: Final = Text(
    de="Wir haben keine Änderung gefunden, die Sie jetzt selbst vornehmen könnten und die das Ergebnis ändert.",
    en="We have found no change that you could make now and that would change the result.",
)
CHANGES_GONE: Final = Text(
    de="Die gelesenen Daten sind gelöscht. Was das Ergebnis geändert hätte, lässt sich nicht mehr berechnen.",
    en="The data that were read are deleted. What would have changed the result cannot be worked out any more.",
)

RIGHTS: Final = Text(de="Ihre Rechte", en="Your rights")
CONTEST: Final = Text(
    de="Sie können verlangen, dass ein Mensch die Entscheidung überprüft. Sie können Ihren Standpunkt darlegen und der"
    " Entscheidung widersprechen{law}.",
    en="You can demand that a person looks at the decision. You can give your view and contest the decision{law}.",
)
CONTEST_LAW: Final = Text(de=" (Art. 22 Abs. 3 DSGVO)", en=" (Art. 22(3) GDPR)")
CORRECT: Final = Text(
    de="Ist eine Angabe falsch, berichtigen Sie sie in der Buchhaltung oder schicken uns Belege{law}. Wir entscheiden"
    " dann neu.",
    en="If a fact is wrong, correct it in the books or send us proof{law}. We then decide again.",
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

CONTACT: Final = Text(de="So erreichen Sie einen Menschen", en="How to reach a person")
REFERENCES: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "applicant": Text(de="Antragsteller", en="Applicant"),
        "ref": Text(de="Unser Zeichen", en="Our reference"),
        "day": Text(de="Datum", en="Date"),
        "notice": Text(de="Mitteilung", en="Notice"),
    }
)
RECEIPT: Final = Text(
    de="Belegnummer {decision}{statement}. Modell {model}, Kreditrichtlinie {policy}, Fassung dieses Schreibens"
    " {texts}.",
    en="Receipt number {decision}{statement}. Model {model}, lending policy {policy}, wording of this letter {texts}.",
)
STATEMENT: Final = Text(de=", signiert als Nr. {number}", en=", signed as no. {number}")

INVOICES: Final = (Text(de="Rechnung", en="invoice"), Text(de="Rechnungen", en="invoices"))
BILLS: Final = (Text(de="Eingangsrechnung", en="bill"), Text(de="Eingangsrechnungen", en="bills"))
MONTHS: Final = (Text(de="Monat", en="month"), Text(de="Monaten", en="months"))
"""Behind a preposition."""
LINES: Final = (Text(de="Kontoumsatz", en="bank transaction"), Text(de="Kontoumsätze", en="bank transactions"))
ACCOUNT_NOUNS: Final = (Text(de="Konto", en="account"), Text(de="Konten", en="accounts"))
