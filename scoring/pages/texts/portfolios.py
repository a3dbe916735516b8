"""Texts of the list of portfolios and of the page of each."""

from types import MappingProxyType
from typing import Final

from features.feature import Text
from scoring.pages.texts.jobs import JobsPage


class PortfolioPage:
    """What the pages of portfolios say."""

    title: Final = Text(de="Portfolios", en="Portfolios")
    intro: Final = Text(
        de="Viele Anträge, über die als ein Stapel entschieden wird.",
        en="Many applications that are decided on as one batch.",
    )
    table: Final = Text(de="Portfolios, die neuesten zuerst", en="Portfolios, newest first")
    portfolio: Final = Text(de="Portfolio", en="Portfolio")
    state: Final = Text(de="Zustand", en="State")
    accepted: Final = Text(de="Angenommen", en="Accepted")
    ended: Final = Text(de="Beendet", en="Ended")
    expires: Final = Text(de="Läuft ab", en="Expires")
    rests: Final = Text(de="Ruht bis", en="Rests until")
    rests_because: Final = Text(
        de="Das Kontingent des API-Schlüssels ist ausgeschöpft; danach geht es weiter.",
        en="The quota of the API key is used up; it goes on after that.",
    )
    progress: Final = Text(de="Fortschritt", en="Progress")
    rows: Final = Text(de="{ended} von {rows} Zeilen", en="{ended} of {rows} rows")
    sender: Final = Text(de="Von", en="From")
    none: Final = Text(de="Es gibt noch keine Portfolios.", en="There are no portfolios yet.")
    none_help: Final = Text(
        de="Sie werden über die Schnittstelle gesendet (POST /v1/portfolios) oder mit scoring portfolio decide.",
        en="They are sent through the API (POST /v1/portfolios), or by scoring portfolio decide.",
    )
    states: Final = MappingProxyType(
        {
            "taking": Text(de="wird angenommen", en="being accepted"),
            "open": Text(de="in Arbeit", en="open"),
            "paused": Text(de="angehalten", en="paused"),
            "done": Text(de="fertig", en="done"),
            "cancelled": Text(de="abgebrochen", en="cancelled"),
            "expired": Text(de="nicht rechtzeitig fertig geworden", en="not finished in time"),
        }
    )
    back: Final = Text(de="Alle Portfolios", en="All portfolios")
    filter: Final = Text(de="Zeilen filtern", en="Filter rows")
    any: Final = Text(de="alle", en="any")
    apply: Final = Text(de="Anzeigen", en="Show")
    reset: Final = Text(de="Alle Zeilen", en="All rows")
    lines: Final = Text(de="Zeilen in der Reihenfolge der Datei", en="Rows in the order of the file")
    line: Final = Text(de="Zeile", en="Line")
    borrower: Final = Text(de="Kreditnehmer", en="Borrower")
    grade: Final = Text(de="Klasse", en="Grade")
    limit: Final = Text(de="Höchstbetrag", en="Maximum")
    before: Final = Text(de="Zuvor", en="Before")
    result: Final = Text(de="Ergebnis", en="Result")
    decision: Final = Text(de="Entscheidung", en="Decision")
    decision_on: Final = Text(de="Entscheidung über {borrower}", en="Decision on {borrower}")
    no_rows: Final = Text(de="Keine Zeile passt zu dieser Auswahl.", en="No row matches this choice.")
    row_states: Final = MappingProxyType(
        {**JobsPage.states, "refused": Text(de="kein Antrag", en="no application")},
    )
    more: Final = Text(de="Weitere", en="More")
    first: Final = Text(de="Zum Anfang", en="To the start")
    pages: Final = Text(de="Seiten der Liste", en="Pages of the list")
    problems: Final = MappingProxyType(
        {
            "malformed-json": Text(
                de="Die Zeile ist nicht lesbar. Berichtigen Sie sie und senden Sie sie in einer eigenen Datei.",
                en="The line cannot be read. Correct it, and send it in a file of its own.",
            ),
            "invalid-request": Text(
                de="Angaben fehlen oder sind ungültig. Berichtigen Sie die Zeile und senden Sie sie in einer eigenen"
                " Datei.",
                en="Fields are missing or not valid. Correct the line, and send it in a file of its own.",
            ),
            "request-too-large": Text(
                de="Die Zeile ist zu lang. Kürzen Sie sie und senden Sie sie in einer eigenen Datei.",
                en="The line is too long. Shorten it, and send it in a file of its own.",
            ),
            "consumer-credit": Text(
                de="Über Verbraucherkredite entscheidet der Dienst nicht.",
                en="The service does not decide on consumer credit.",
            ),
            "not-found": Text(
                de="Die Verbindung oder den Fall gibt es nicht, oder die Verbindung wurde widerrufen. Bitten Sie die"
                " Firma um eine neue Verbindung.",
                en="There is no such connection or case, or the connection was withdrawn. Ask the firm to connect"
                " again.",
            ),
            "borrower-restricted": Text(de="Die Daten der Firma sind gesperrt.", en="The firm's data are restricted."),
            "restricted": Text(de="Die Daten der Firma sind gesperrt.", en="The firm's data are restricted."),
            "erased": Text(
                de="Die frühere Entscheidung zu diesem Schlüssel wurde gelöscht.",
                en="The earlier decision under this key was erased.",
            ),
            "case-state": Text(
                de="Der Fall lässt in seinem Zustand keine neue Entscheidung zu.",
                en="The case allows no new decision in its state.",
            ),
            "decision-in-progress": Text(
                de="Über denselben Antrag wurde gerade schon entschieden. Senden Sie die Zeile noch einmal.",
                en="The same application was being decided on already. Send the line again.",
            ),
            "decision-overtaken": Text(
                de="Eine spätere Anfrage hat diese überholt. Senden Sie die Zeile noch einmal.",
                en="A later request took the place of this one. Send the line again.",
            ),
            "idempotency-key-reused": Text(
                de="Der Schlüssel der Zeile gehört zu einem anderen Antrag. Geben Sie ihr einen neuen.",
                en="The key of the line belongs to another application. Give it a new one.",
            ),
            "credential-rejected": Text(
                de="Das Konto weist den Zugang ab. Bitten Sie die Firma um eine neue Verbindung.",
                en="The account rejects the credential. Ask the firm to connect again.",
            ),
            "access-denied": Text(
                de="Das Konto erlaubt den Zugang nicht. Bitten Sie die Firma, ihren Tarif und die Rechte des Nutzers"
                " zu prüfen.",
                en="The account does not permit access. Ask the firm to check its plan and the user's rights.",
            ),
            "source-refused-request": Text(
                de="sevdesk hat eine Anfrage des Dienstes abgelehnt. Melden Sie es der Systemadministration.",
                en="sevdesk refused a request of the service. Report it to your administrator.",
            ),
            "source-unexpected-answer": Text(
                de="sevdesk hat etwas Unerwartetes geantwortet. Melden Sie es der Systemadministration.",
                en="sevdesk gave an unexpected answer. Report it to your administrator.",
            ),
            "source-rate-limited": Text(
                de="sevdesk nimmt vorerst keine weiteren Anfragen an. Senden Sie die Zeile später noch einmal.",
                en="sevdesk takes no further requests for now. Send the line again later.",
            ),
            "source-unavailable": Text(
                de="sevdesk war nicht erreichbar. Senden Sie die Zeile später noch einmal.",
                en="sevdesk could not be reached. Send the line again later.",
            ),
            "source-inconsistent": Text(
                de="Die Bücher änderten sich, während sie gelesen wurden. Senden Sie die Zeile noch einmal.",
                en="The books changed while they were read. Send the line again.",
            ),
            "source-deadline-exceeded": Text(
                de="sevdesk hat zu lange gebraucht. Senden Sie die Zeile später noch einmal.",
                en="sevdesk took too long. Send the line again later.",
            ),
            "quota-used-up": Text(
                de="Das Kontingent des API-Schlüssels ist ausgeschöpft. Senden Sie die Zeile später noch einmal.",
                en="The quota of the API key is used up. Send the line again later.",
            ),
            "overloaded": Text(
                de="Der Dienst war überlastet. Senden Sie die Zeile noch einmal.",
                en="The service was overloaded. Send the line again.",
            ),
            "service-stopping": Text(
                de="Der Dienst wurde angehalten. Senden Sie die Zeile noch einmal.",
                en="The service was being stopped. Send the line again.",
            ),
            "database-unavailable": Text(
                de="Die Datenbank des Dienstes war nicht erreichbar. Senden Sie die Zeile noch einmal.",
                en="The service's database was not available. Send the line again.",
            ),
            "stored-data-damaged": Text(
                de="Gespeicherte Daten sind beschädigt. Melden Sie es der Systemadministration.",
                en="Stored data are damaged. Report it to your administrator.",
            ),
            "newer-record": Text(
                de="Eine neuere Version des Dienstes hat gespeichert, was diese nicht lesen kann. Senden Sie die Zeile"
                " nach der Aktualisierung noch einmal.",
                en="A newer version of the service stored what this one cannot read. Send the line again after the"
                " upgrade.",
            ),
            "internal-error": Text(
                de="Ein Fehler des Dienstes. Melden Sie ihn der Systemadministration.",
                en="An error of the service. Report it to your administrator.",
            ),
        }
    )
    unforeseen: Final = Text(de="Die Zeile hat keine Entscheidung.", en="The row has no decision.")
