"""What a person reads when a page cannot be shown."""

from types import MappingProxyType
from typing import Final

from features.feature import Text


class Errors:
    """Headings and explanations by kind: an HTTP status, or what the pages alone know."""

    heading: Final = MappingProxyType(
        {
            "400": Text(de="Diese Angaben sind ungültig", en="These entries cannot be used"),
            "403": Text(de="Dafür fehlt die Berechtigung", en="You may not do this"),
            "404": Text(de="Nicht gefunden", en="Not found"),
            "405": Text(de="So lässt sich diese Seite nicht aufrufen", en="This page cannot be used like that"),
            "form-expired": Text(de="Das Formular ist abgelaufen", en="The form has expired"),
            "413": Text(de="Das ist zu viel auf einmal", en="That is too much at once"),
            "429": Text(de="Bitte kurz warten", en="Please wait a moment"),
            "500": Text(de="Das hat nicht geklappt", en="That did not work"),
        }
    )
    explanation: Final = MappingProxyType(
        {
            "400": Text(
                de="Bitte gehen Sie zurück und prüfen Sie die Eingaben.",
                en="Please go back and check what you entered.",
            ),
            "403": Text(
                de="Ihr Zugang hat keine Rolle, die das erlaubt. Der Betreiber des Dienstes kann sie vergeben.",
                en="Your account has no role that allows it. The operator of the service can grant one.",
            ),
            "404": Text(
                de="Diese Seite gibt es nicht, oder sie gehört nicht zu Ihrem Haus. Bitte prüfen Sie die Adresse.",
                en="There is no such page, or it does not belong to your organisation. Please check the address.",
            ),
            "405": Text(
                de="Bitte öffnen Sie die Seite noch einmal von der Übersicht aus.",
                en="Please open the page again from the list.",
            ),
            "form-expired": Text(
                de="Bitte öffnen Sie die Seite neu und senden Sie das Formular noch einmal. Hilft das nicht,"
                " erlauben Sie für diese Seite bitte Cookies.",
                en="Please open the page again and send the form again. If that does not help, please allow cookies"
                " for this site.",
            ),
            "413": Text(
                de="Bitte senden Sie nur, was das Formular vorsieht.", en="Please send only what the form asks for."
            ),
            "429": Text(
                de="Es gab zu viele Versuche. Bitte versuchen Sie es später noch einmal.",
                en="There were too many attempts. Please try again later.",
            ),
            "500": Text(
                de="Der Fehler liegt beim Dienst, nicht bei Ihnen. Bitte versuchen Sie es noch einmal; bleibt es dabei,"
                " nennen Sie dem Betreiber die Kennung unten.",
                en="The fault is with the service, not with you. Please try again; if the error persists, give the"
                " operator the identifier below.",
            ),
        }
    )
    request_id: Final = Text(de="Kennung der Anfrage: {id}", en="Identifier of the request: {id}")
    again: Final = Text(de="Seite neu öffnen", en="Open the page again")
    back: Final = Text(de="Zur Übersicht der Entscheidungen", en="To the list of decisions")
