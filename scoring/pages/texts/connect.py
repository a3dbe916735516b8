"""What the page of a link says around the consent: how to find the token, and what to do when something fails."""

from types import MappingProxyType
from typing import Final

from features.feature import Text


class Connect:
    """For a reader who has never heard of an API."""

    title: Final = Text(de="sevdesk mit {lender} verbinden", en="Connect sevdesk to {lender}")
    error_title: Final = Text(de="Fehler: {title}", en="Error: {title}")
    intro: Final = Text(
        de="{lender} möchte Ihre Buchhaltung in sevdesk lesen, um über Ihren Kreditantrag zu entscheiden. Sie brauchen"
        " dafür etwa fünf Minuten und Ihren Zugang zu sevdesk.",
        en="{lender} would like to read your books in sevdesk to decide on your loan application. You need about five"
        " minutes and your access to sevdesk.",
    )
    valid_until: Final = Text(
        de="Dieser Link gilt bis zum {until} Uhr (deutsche Zeit) und nur einmal.",
        en="This link is valid until {until} (Berlin time), and only once.",
    )

    data_heading: Final = Text(de="1. Lesen: was mit Ihren Daten geschieht", en="1. Read what happens to your data")

    token_heading: Final = Text(de="2. Den API-Token in sevdesk kopieren", en="2. Copy the API token in sevdesk")
    token_intro: Final = Text(
        de="Der API-Token ist ein langes Kennwort, das sevdesk für Ihren Benutzer erzeugt hat. Ihr sevdesk-Passwort"
        " brauchen wir nicht; geben Sie es hier nicht ein.",
        en="The API token is a long password that sevdesk has made for your user. We do not need your sevdesk password;"
        " do not enter it here.",
    )
    token_steps: Final = MappingProxyType(
        {
            "1": Text(
                de="Melden Sie sich in sevdesk an. Sie müssen dort Administrator sein; sonst bitten Sie die Person,"
                " die es ist.",
                en="Sign in to sevdesk. You must be an administrator there; otherwise ask the person who is.",
            ),
            "2": Text(
                de="Öffnen Sie „Einstellungen“, dann „Benutzer“, und klicken Sie auf Ihren Namen.",
                en="Open “Einstellungen” (settings), then “Benutzer” (users), and click on your name.",
            ),
            "3": Text(
                de="Ganz unten steht „API-Token“, verdeckt durch Sternchen. Klicken Sie auf „Einblenden“ und bestätigen"
                " Sie mit Ihrem sevdesk-Passwort.",
                en="At the very bottom there is “API-Token”, hidden by asterisks. Click on “Einblenden” (show) and"
                " confirm with your sevdesk password.",
            ),
            "4": Text(
                de="Kopieren Sie den Token: 32 Zeichen, nur Ziffern und die Buchstaben a bis f.",
                en="Copy the token: 32 characters, only digits and the letters a to f.",
            ),
        }
    )
    token_link: Final = Text(de="sevdesk in einem neuen Fenster öffnen", en="Open sevdesk in a new window")
    token_elsewhere: Final = Text(
        de="Nicht gefunden? In manchen Konten steht er unter „Erweiterungen“ und dort unter „API“. Fehlt er auch da,"
        " gehört die Schnittstelle nicht zu Ihrem Tarif: Sie brauchen „Buchhaltung Pro“. Auch der kostenlose"
        " Testzeitraum von „Buchhaltung Pro“ genügt.",
        en="Not found? In some accounts it is under “Erweiterungen” (extensions) and there under “API”. If it is"
        " missing there, too, your plan does not include the interface: you need “Buchhaltung Pro”. The free trial of"
        " “Buchhaltung Pro” will do.",
    )

    form_heading: Final = Text(de="3. Einwilligen und verbinden", en="3. Agree and connect")
    token_label: Final = Text(de="API-Token aus sevdesk", en="API token from sevdesk")
    token_hint: Final = Text(
        de="32 Zeichen. Beim Einfügen sehen Sie nur Punkte; das ist richtig so.",
        en="32 characters. You will only see dots when you paste it; that is as it should be.",
    )
    submit: Final = Text(de="Einwilligen und verbinden", en="Agree and connect")
    submit_hint: Final = Text(
        de="Danach fragen wir sevdesk, ob der Token gilt. Das dauert einige Sekunden.",
        en="Then we ask sevdesk whether the token works. That takes a few seconds.",
    )
    cancel: Final = Text(de="Nicht verbinden, zurück zu {lender}", en="Do not connect, back to {lender}")

    failures: Final = MappingProxyType(
        {
            "consent_missing": Text(
                de="Das Häkchen bei der Einwilligung fehlt. Ohne sie dürfen wir Ihre Bücher nicht lesen. Setzen Sie das"
                " Häkchen und fügen Sie den Token noch einmal ein.",
                en="The tick for your consent is missing. Without it we may not read your books. Set the tick and paste"
                " the token again.",
            ),
            "token_missing": Text(
                de="Das Feld für den API-Token ist leer. Fügen Sie den Token aus sevdesk ein.",
                en="The field for the API token is empty. Paste the token from sevdesk.",
            ),
            "token_malformed": Text(
                de="Das ist kein vollständiger API-Token: Er hat genau 32 Zeichen, nur Ziffern und die Buchstaben a bis"
                " f; eingegeben wurden {length}. Kopieren Sie ihn in sevdesk noch einmal ganz, ohne weiteren Text.",
                en="That is not a whole API token: it has exactly 32 characters, only digits and the letters a to f;"
                " what you entered has {length}. Copy all of it in sevdesk again, without further text.",
            ),
            "token_rejected": Text(
                de="sevdesk erkennt diesen Token nicht an. Bitte prüfen Sie:",
                en="sevdesk does not accept this token. Please check:",
            ),
            "plan_lacks_api": Text(
                de="sevdesk kennt den Token, erlaubt den Zugriff aber nicht. Meist liegt es am Tarif:",
                en="sevdesk knows the token but does not allow the access. The usual cause is the plan:",
            ),
            "unavailable": Text(
                de="sevdesk antwortet gerade nicht. Das liegt nicht an Ihnen, und es ist nichts verloren. Warten Sie"
                " eine Minute, fügen Sie den Token noch einmal ein und versuchen Sie es wieder.",
                en="sevdesk does not answer at the moment. It is not your fault, and nothing is lost. Wait a minute,"
                " paste the token again and try once more.",
            ),
            "unexpected": Text(
                de="sevdesk hat anders geantwortet als erwartet. Gespeichert wurde nichts. Versuchen Sie es später noch"
                " einmal; bleibt es dabei, schreiben Sie an {email}.",
                en="sevdesk gave an answer that was not expected. Nothing was stored. Try again later; if it persists,"
                " write to {email}.",
            ),
            "busy": Text(
                de="Mit diesem Link wird gerade schon geprüft, vielleicht in einem anderen Fenster. Warten Sie eine"
                " Minute, und versuchen Sie es noch einmal.",
                en="A check with this link is already running, perhaps in another window. Wait a minute and try again.",
            ),
            "form_expired": Text(
                de="Das Formular war zu lange offen, oder Ihr Browser nimmt keine Cookies an. Erlauben Sie für diese"
                " Seite Cookies, und füllen Sie das Formular noch einmal aus.",
                en="The form was open for too long, or your browser does not accept cookies. Allow cookies for this"
                " site, and fill in the form again.",
            ),
            "text_changed": Text(
                de="Der Text zu Ihren Daten hat sich geändert, während die Seite offen war. Bitte lesen Sie ihn noch"
                " einmal, und willigen Sie dann ein.",
                en="The text about your data has changed while the page was open. Please read it again, and agree"
                " then.",
            ),
        }
    )
    remedies: Final = MappingProxyType(
        {
            "token_rejected": MappingProxyType(
                {
                    "1": Text(
                        de="Ist er ganz kopiert? Kopieren Sie ihn in sevdesk noch einmal, und fügen Sie ihn hier ein.",
                        en="Did you copy all of it? Copy it again in sevdesk and paste it here.",
                    ),
                    "2": Text(
                        de="Wurde in sevdesk inzwischen ein neuer Token erzeugt? Dann gilt nur noch der neue.",
                        en="Has a new token been made in sevdesk since? Then only the new one works.",
                    ),
                    "3": Text(
                        de="Gehört er zu einem Benutzer, den es in sevdesk noch gibt?",
                        en="Does it belong to a user who still exists in sevdesk?",
                    ),
                }
            ),
            "plan_lacks_api": MappingProxyType(
                {
                    "1": Text(
                        de="Sie brauchen „Buchhaltung Pro“ oder den kostenlosen Testzeitraum davon.",
                        en="You need “Buchhaltung Pro” or its free trial.",
                    ),
                    "2": Text(
                        de="Ihr Benutzer muss in sevdesk Administrator sein.",
                        en="Your user must be an administrator in sevdesk.",
                    ),
                    "3": Text(
                        de="Danach können Sie es hier noch einmal versuchen, solange der Link gilt.",
                        en="After that you can try again here, as long as the link is valid.",
                    ),
                }
            ),
        }
    )
    tries_left: Final = MappingProxyType(
        {
            "1": Text(de="Sie haben noch einen Versuch.", en="You have one more attempt."),
            "more": Text(de="Sie haben noch {count} Versuche.", en="You have {count} more attempts."),
        }
    )

    ended_heading: Final = MappingProxyType(
        {
            "unknown": Text(de="Diesen Link gibt es nicht", en="There is no such link"),
            "expired": Text(de="Dieser Link ist abgelaufen", en="This link has expired"),
            "completed": Text(de="sevdesk ist verbunden", en="sevdesk is connected"),
            "cancelled": Text(de="Sie haben die Verbindung abgelehnt", en="You declined to connect"),
            "failed": Text(de="Zu viele Versuche", en="Too many attempts"),
        }
    )
    ended_explanation: Final = MappingProxyType(
        {
            "unknown": Text(
                de="Vielleicht wurde er nicht ganz kopiert. Öffnen Sie ihn noch einmal aus der Nachricht oder von der"
                " Seite aus, von der Sie kamen, oder bitten Sie dort um einen neuen.",
                en="Perhaps it was not copied completely. Open it again from the message or page that you came from, or"
                " ask there for a new one.",
            ),
            "expired": Text(
                de="Aus Sicherheitsgründen gilt ein Link nur kurze Zeit. Gelesen und gespeichert wurde nichts. Gehen"
                " Sie zurück zu {lender}; dort bekommen Sie einen neuen.",
                en="For security a link is valid only for a short time. Nothing was read or stored. Go back to"
                " {lender}; you will get a new one there.",
            ),
            "completed": Text(
                de="Der Link ist damit verbraucht, mehr ist hier nicht zu tun. Weiter geht es bei {lender}.",
                en="The link has been used; there is nothing more to do here. {lender} will take it from here.",
            ),
            "cancelled": Text(
                de="Gelesen und gespeichert wurde nichts. Möchten Sie doch verbinden, bitten Sie {lender} um einen"
                " neuen Link.",
                en="Nothing was read or stored. If you want to connect after all, ask {lender} for a new link.",
            ),
            "failed": Text(
                de="sevdesk hat mehrere Token abgelehnt. Damit sevdesk Ihr Konto nicht sperrt, ist dieser Link jetzt"
                " geschlossen. Gespeichert wurde nichts. Prüfen Sie in sevdesk Ihren Tarif („Buchhaltung Pro“) und"
                " Ihren API-Token, und bitten Sie {lender} um einen neuen Link.",
                en="sevdesk has rejected several tokens. This link is closed now, so that sevdesk does not block your"
                " account. Nothing was stored. Check your plan (“Buchhaltung Pro”) and your API token in sevdesk, and"
                " ask {lender} for a new link.",
            ),
        }
    )
    back: Final = Text(de="Zurück zu {lender}", en="Back to {lender}")
