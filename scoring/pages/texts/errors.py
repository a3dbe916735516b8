"""Texts of error pages."""

from types import MappingProxyType
from typing import Final

from features.feature import Text


class Errors:
    """Headings and explanations by kind: an HTTP status, or an error of forms."""

    heading: Final = MappingProxyType(
        {
            "400": Text(de="Ungültige Angaben", en="Invalid input"),
            "403": Text(de="Dafür fehlt die Berechtigung", en="Permission missing"),
            "404": Text(de="Nicht gefunden", en="Not found"),
            "405": Text(de="Diese Seite lässt sich so nicht aufrufen", en="This page cannot be opened this way"),
            "form-expired": Text(de="Das Formular ist abgelaufen", en="The form has expired"),
            "410": Text(de="Diese Entscheidung wurde gelöscht", en="This decision was erased"),
            "restricted": Text(de="Diese Daten sind gesperrt", en="These data are restricted"),
            "damaged": Text(de="Diese Entscheidung ist beschädigt", en="This decision is damaged"),
            "newer": Text(de="Diese Entscheidung ist noch nicht lesbar", en="This decision cannot be read yet"),
            "superseded": Text(de="Es gibt eine neuere Entscheidung", en="There is a newer decision"),
            "no-sender": Text(de="Es ist kein Ansprechpartner hinterlegt", en="Nobody to reach is named"),
            "413": Text(de="Die Eingabe ist zu lang", en="The input is too long"),
            "429": Text(de="Bitte kurz warten", en="Please wait a moment"),
            "500": Text(de="Es ist ein Fehler aufgetreten", en="An error occurred"),
        }
    )
    explanation: Final = MappingProxyType(
        {
            "400": Text(
                de="Bitte gehen Sie zurück und prüfen Sie die Eingaben.",
                en="Please go back and check what you entered.",
            ),
            "403": Text(
                de="Ihr Zugang hat keine Rolle, die das erlaubt. Ihre Systemadministration kann sie vergeben.",
                en="Your account has no role that permits this. Your administrator can grant one.",
            ),
            "404": Text(
                de="Diese Seite gibt es nicht, oder sie gehört nicht zu Ihrem Haus. Bitte prüfen Sie die Adresse.",
                en="This page does not exist, or does not belong to your organisation. Please check the address.",
            ),
            "405": Text(
                de="Bitte öffnen Sie die Seite über die Liste der Entscheidungen.",
                en="Please open the page from the list of decisions.",
            ),
            "form-expired": Text(
                de="Bitte öffnen Sie die Seite neu und senden Sie das Formular noch einmal. Hilft das nicht,"
                " erlauben Sie bitte Cookies für diese Seite.",
                en="Please reload the page and submit the form again. If that does not help, please allow cookies"
                " for this site.",
            ),
            "410": Text(
                de="Der Kreditnehmer hat die Löschung verlangt, oder die Aufbewahrungsfrist ist abgelaufen. Das"
                " Protokoll zeigt, wann gelöscht wurde.",
                en="The borrower asked for erasure, or the retention period has ended. The audit trail says when it was"
                " erased.",
            ),
            "restricted": Text(
                de="Die Verarbeitung der Daten dieses Kreditnehmers ist eingeschränkt. Nur Revision und"
                " Administration können sie noch lesen.",
                en="The data of this borrower may only be kept. Auditors and administrators alone can read them.",
            ),
            "damaged": Text(
                de="Diese Entscheidung wurde in der Datenbank verändert und kann nicht angezeigt werden. Bitte melden"
                " Sie sie der Systemadministration, mit der Kennung unten.",
                en="This decision was altered in the database and cannot be shown. Please report it to your"
                " administrator, with the identifier below.",
            ),
            "newer": Text(
                de="Diese Entscheidung hat eine neuere Version des Dienstes gespeichert. Nach der Aktualisierung ist"
                " sie lesbar.",
                en="A newer version of the service recorded this decision. It can be read after the upgrade.",
            ),
            "superseded": Text(
                de="Über diesen Antrag wurde neu entschieden. Bitte stellen Sie die Mitteilung zur neueren Entscheidung"
                " aus; der Fall führt dorthin.",
                en="This application was decided again. Please issue the notice on the newer decision; the case leads"
                " to it.",
            ),
            "no-sender": Text(
                de="Eine Mitteilung nennt einen Menschen, den der Antragsteller erreicht. Ihre Systemadministration"
                " trägt ihn in die Datei SCORING_LENDERS_FILE ein.",
                en="A notice names a person whom the applicant can reach. Your administrator enters one in the file"
                " SCORING_LENDERS_FILE.",
            ),
            "413": Text(de="Bitte kürzen Sie Ihre Eingaben.", en="Please shorten your input."),
            "429": Text(
                de="Es gab zu viele Versuche. Bitte versuchen Sie es später noch einmal.",
                en="There were too many attempts. Please try again later.",
            ),
            "500": Text(
                de="Der Fehler liegt beim Dienst, nicht bei Ihnen. Bitte versuchen Sie es noch einmal. Tritt er wieder"
                " auf, nennen Sie der Systemadministration die Kennung unten.",
                en="The error is in the service, not in your input. Please try again. If it happens again, give your"
                " administrator the identifier below.",
            ),
        }
    )
    request_id: Final = Text(de="Kennung der Anfrage: {id}", en="Request identifier: {id}")
    again: Final = Text(de="Seite neu laden", en="Reload the page")
    back: Final = Text(de="Zur Startseite", en="To the first page")
