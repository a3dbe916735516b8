"""Texts of the list of monitored borrowers and of the page of each."""

from types import MappingProxyType
from typing import Final

from features.feature import Text


class MonitoringPage:
    """What the pages of monitoring say."""

    title: Final = Text(de="Kreditüberwachung", en="Monitoring")
    intro: Final = Text(
        de="Die Bücher dieser Kreditnehmer werden mit ihrer Einwilligung wieder gelesen und bewertet. Entschieden wird"
        " dabei nichts.",
        en="The books of these borrowers are read and scored again, with their consent. Nothing is decided thereby.",
    )
    none: Final = Text(de="Es wird kein Kreditnehmer überwacht.", en="No borrower is monitored.")
    table: Final = Text(de="Überwachte Kreditnehmer, die neuesten zuerst", en="Monitored borrowers, newest first")
    back: Final = Text(de="Alle überwachten Kreditnehmer", en="All monitored borrowers")
    borrower: Final = Text(de="Kreditnehmer", en="Borrower")
    state: Final = Text(de="Zustand", en="State")
    last: Final = Text(de="Zuletzt gelesen", en="Last read")
    never: Final = Text(de="noch nicht", en="not yet")
    next: Final = Text(de="Nächstes Lesen", en="Read next")
    ends: Final = Text(de="Endet ohne Kredit", en="Ends without a loan")
    ends_without_loan: Final = Text(
        de="am {day}, wenn bis dahin kein Kredit eingetragen ist", en="on {day}, unless a loan is entered by then"
    )
    decision: Final = Text(de="Verglichen mit", en="Compared with")
    the_decision: Final = Text(de="Entscheidung", en="decision")
    states: Final = MappingProxyType(
        {
            "active": Text(de="läuft", en="running"),
            "paused": Text(de="angehalten", en="paused"),
            "ended": Text(de="beendet", en="ended"),
        }
    )
    causes: Final = MappingProxyType(
        {
            "by_lender": Text(de="von Ihrem Haus beendet", en="ended by your organisation"),
            "withdrawn": Text(de="die Einwilligung wurde widerrufen", en="consent was withdrawn"),
            "disconnected": Text(de="die Verbindung wurde gelöscht", en="the connection was deleted"),
            "loan_ended": Text(de="der letzte Kredit ist beendet", en="the last loan has ended"),
            "no_loan": Text(
                de="es gibt keinen Kredit: Er wurde nicht rechtzeitig eingetragen, oder der Antrag wurde abgelehnt oder"
                " zurückgezogen",
                en="there is no loan: it was not entered in time, or the application was declined or withdrawn",
            ),
            "decision_erased": Text(de="die Entscheidung wurde gelöscht", en="the decision was erased"),
            "credential-rejected": Text(
                de="das Konto weist den Zugang ab; bitten Sie die Firma um eine neue Verbindung",
                en="the account rejects the credential; ask the firm for a new connection",
            ),
            "other-books": Text(
                de="es sind andere Bücher als bei der Entscheidung: Die meisten Belege von damals fehlen; fragen Sie"
                " die Firma",
                en="the books are not those of the decision: most documents of that time are missing; ask the firm",
            ),
            "access-denied": Text(
                de="das Konto erlaubt den Zugang nicht mehr; bitten Sie die Firma, ihren Tarif zu prüfen",
                en="the account does not permit access any more; ask the firm to check its plan",
            ),
        }
    )
    unreadable: Final = Text(
        de="die Bücher ließen sich nicht lesen ({code}); versuchen Sie es noch einmal",
        en="the books could not be read ({code}); try again",
    )
    observe: Final = Text(de="Jetzt lesen und bewerten", en="Read and score now")
    end: Final = Text(de="Überwachung beenden", en="End monitoring")
    actions: Final = Text(de="Überwachung steuern", en="Manage the monitoring")
    done: Final = MappingProxyType(
        {
            "observe": Text(
                de="Die Bücher werden gleich gelesen. Laden Sie die Seite neu, um das Ergebnis zu sehen.",
                en="The books will be read at once. Load the page again to see the result.",
            ),
            "end": Text(de="Die Überwachung ist beendet.", en="The monitoring has ended."),
        }
    )
    changed: Final = Text(de="Was sich geändert hat", en="What changed")
    gone: Final = Text(
        de="Die Entscheidung oder die Beobachtung ist nicht mehr lesbar; ein Vergleich ist nicht möglich.",
        en="The decision or the observation cannot be read any more; they cannot be compared.",
    )
    observations: Final = Text(de="Beobachtungen, die neuesten zuerst", en="Observations, newest first")
    no_observations: Final = Text(de="Noch keine Beobachtungen.", en="No observations yet.")
    day: Final = Text(de="Tag", en="Day")
    recommendation: Final = Text(de="Empfohlen würde", en="Would be recommended")
    score: Final = Text(de="Score", en="Score")
    grade: Final = Text(de="Klasse", en="Grade")
    since_decision: Final = Text(de="Seit der Entscheidung", en="Since the decision")
    more: Final = Text(de="Ältere", en="Older")
    pages: Final = Text(de="Seiten der Liste", en="Pages of the list")
