"""Texts of the page where a firm connects its account: how to find the token, and what to do on failure."""

from types import MappingProxyType
from typing import Final

from features.feature import Text


class Connect:
    """Written for readers who do not know what an API is."""

    title: Final = Text(de="sevdesk mit {lender} verbinden", en="Connect sevdesk to {lender}")
    error_title: Final = Text(de="Fehler: {title}", en="Error: {title}")
    intro: Final = Text(
        de="{lender} möchte Ihre Buchhaltung in sevdesk lesen, um über Ihren Kreditantrag zu entscheiden. Sie brauchen"
        " dafür etwa fünf Minuten und Ihre Zugangsdaten für sevdesk.",
        en="{lender} would like to read your books in sevdesk to decide on your loan application. You need about five"
        " minutes and your sevdesk login.",
    )
    valid_until: Final = Text(
        de="Dieser Link gilt bis zum {until} Uhr (deutsche Zeit). Er kann nur einmal verwendet werden.",
        en="This link is valid until {until} (German time). It can be used only once.",
    )
    keep: Final = Text(
        de="Bewahren Sie den Link auf: Nach dem Verbinden zeigt er Ihre Einwilligung, und Sie können sie dort"
        " widerrufen.",
        en="Keep the link: once connected, it shows your consent, and you can withdraw it there.",
    )

    data_heading: Final = Text(de="1. Lesen, was mit Ihren Daten geschieht", en="1. Read what happens to your data")

    token_heading: Final = Text(de="2. Den API-Token in sevdesk kopieren", en="2. Copy the API token in sevdesk")
    token_intro: Final = Text(
        de="Der API-Token ist ein langes Kennwort, das sevdesk für Ihren Benutzer erzeugt hat. Ihr sevdesk-Passwort"
        " brauchen wir nicht; geben Sie es hier nicht ein.",
        en="The API token is a long password that sevdesk created for your user. We do not need your sevdesk password;"
        " do not enter it here.",
    )
    token_steps: Final = MappingProxyType(
        {
            "1": Text(
                de="Melden Sie sich in sevdesk an. Sie brauchen dort Administratorrechte; sonst bitten Sie die Person,"
                " die sie hat.",
                en="Sign in to sevdesk. You must be an administrator there; otherwise ask your administrator.",
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
        " missing there, too, your plan does not include the API: you need “Buchhaltung Pro”. The free trial of"
        " “Buchhaltung Pro” is sufficient.",
    )

    form_heading: Final = Text(de="3. Einwilligen und verbinden", en="3. Consent and connect")
    token_label: Final = Text(de="API-Token aus sevdesk", en="API token from sevdesk")
    token_hint: Final = Text(
        de="32 Zeichen. Nach dem Einfügen sehen Sie nur Punkte; das schützt den Token.",
        en="32 characters. After pasting you see only dots; this protects the token.",
    )
    submit: Final = Text(de="Einwilligen und verbinden", en="Consent and connect")
    submit_hint: Final = Text(
        de="Danach prüfen wir bei sevdesk, ob der Token gültig ist. Das dauert einige Sekunden.",
        en="We then check with sevdesk that the token is valid. This takes a few seconds.",
    )
    cancel: Final = Text(de="Nicht verbinden, zurück zu {lender}", en="Do not connect, back to {lender}")

    failures: Final = MappingProxyType(
        {
            "consent_missing": Text(
                de="Das Häkchen bei der Einwilligung fehlt. Ohne Ihre Einwilligung dürfen wir Ihre Bücher nicht lesen."
                " Setzen Sie das Häkchen und fügen Sie den Token noch einmal ein.",
                en="The box for your consent is not ticked. Without your consent we may not read your books. Tick the"
                " box and paste the token again.",
            ),
            "token_missing": Text(
                de="Das Feld für den API-Token ist leer. Fügen Sie den Token aus sevdesk ein.",
                en="The API token field is empty. Paste the token from sevdesk.",
            ),
            "token_malformed": Text(
                de="Das ist kein vollständiger API-Token: Er hat genau 32 Zeichen, nur Ziffern und die Buchstaben a bis"
                " f; eingegeben wurden {length}. Kopieren Sie ihn in sevdesk noch einmal vollständig, ohne anderen"
                " Text.",
                en="This is not a complete API token: a token has exactly 32 characters, only digits and the letters"
                " a to f; you entered {length}. Copy the whole token in sevdesk again, without any other text.",
            ),
            "token_rejected": Text(
                de="sevdesk hat diesen Token abgelehnt. Bitte prüfen Sie:",
                en="sevdesk rejected this token. Please check:",
            ),
            "plan_lacks_api": Text(
                de="sevdesk kennt den Token, erlaubt den Zugriff aber nicht. Meist liegt das am Tarif. Bitte prüfen"
                " Sie:",
                en="sevdesk knows the token but does not permit access. The usual reason is the plan. Please check:",
            ),
            "unavailable": Text(
                de="sevdesk ist zurzeit nicht erreichbar. Das liegt nicht an Ihnen. Warten Sie eine Minute, fügen Sie"
                " den Token noch einmal ein und versuchen Sie es erneut.",
                en="sevdesk is not available at the moment. This is not your fault. Wait a minute, paste the token"
                " again and try once more.",
            ),
            "unexpected": Text(
                de="sevdesk hat anders geantwortet als erwartet. Gespeichert wurde nichts. Versuchen Sie es später noch"
                " einmal. Tritt der Fehler wieder auf, schreiben Sie an {email}.",
                en="sevdesk sent an unexpected response. Nothing was stored. Try again later. If it happens again,"
                " write to {email}.",
            ),
            "busy": Text(
                de="Mit diesem Link läuft bereits eine Prüfung, vielleicht in einem anderen Fenster. Warten Sie eine"
                " Minute und versuchen Sie es noch einmal.",
                en="A check with this link is already running, perhaps in another window. Wait a minute and try again.",
            ),
            "form_expired": Text(
                de="Das Formular war zu lange offen, oder Ihr Browser nimmt keine Cookies an. Erlauben Sie für diese"
                " Seite Cookies, und füllen Sie das Formular noch einmal aus.",
                en="The form was open for too long, or your browser does not accept cookies. Allow cookies for this"
                " site and fill in the form again.",
            ),
            "text_changed": Text(
                de="Der Text zu Ihren Daten hat sich geändert, während die Seite offen war. Bitte lesen Sie ihn noch"
                " einmal und willigen Sie dann ein.",
                en="The text about your data changed while the page was open. Please read it again and then give your"
                " consent.",
            ),
        }
    )
    remedies: Final = MappingProxyType(
        {
            "token_rejected": MappingProxyType(
                {
                    "1": Text(
                        de="Haben Sie ihn vollständig kopiert? Kopieren Sie ihn in sevdesk noch einmal und fügen Sie"
                        " ihn ein.",
                        en="Did you copy all of it? Copy it again in sevdesk and paste it here.",
                    ),
                    "2": Text(
                        de="Wurde in sevdesk inzwischen ein neuer Token erzeugt? Dann gilt nur noch der neue.",
                        en="Has a new token been created in sevdesk since? Then only the new one works.",
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
                        de="Ihr Benutzer braucht in sevdesk Administratorrechte.",
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
            "unknown": Text(de="Dieser Link ist ungültig", en="This link is not valid"),
            "expired": Text(de="Dieser Link ist abgelaufen", en="This link has expired"),
            "completed": Text(de="sevdesk ist verbunden", en="sevdesk is connected"),
            "cancelled": Text(de="sevdesk wurde nicht verbunden", en="sevdesk was not connected"),
            "failed": Text(de="Zu viele Versuche", en="Too many attempts"),
        }
    )
    ended_explanation: Final = MappingProxyType(
        {
            "unknown": Text(
                de="Vielleicht wurde er nicht vollständig kopiert. Öffnen Sie ihn noch einmal aus der Nachricht oder"
                " von der Seite, von der Sie kamen. Hilft das nicht, bitten Sie Ihren Kreditgeber um einen neuen Link.",
                en="Perhaps it was not copied completely. Open it again from the message or page that you came from. If"
                " that does not help, ask your lender for a new link.",
            ),
            "expired": Text(
                de="Aus Sicherheitsgründen gilt ein Link nur kurze Zeit. Gelesen und gespeichert wurde nichts. Einen"
                " neuen Link erhalten Sie von {lender}.",
                en="For security, a link is valid only for a short time. Nothing was read or stored. Ask {lender} for a"
                " new link.",
            ),
            "completed": Text(
                de="Sie müssen hier nichts mehr tun; der Link wird nicht mehr gebraucht. Weiter geht es bei {lender}.",
                en="You do not need to do anything else here. Please continue with {lender}.",
            ),
            "cancelled": Text(
                de="Gelesen und gespeichert wurde nichts. Wenn Sie sevdesk doch verbinden möchten, bitten Sie {lender}"
                " um einen neuen Link.",
                en="Nothing was read or stored. If you change your mind, ask {lender} for a new link.",
            ),
            "failed": Text(
                de="sevdesk hat mehrere Token abgelehnt. Damit sevdesk Ihr Konto nicht sperrt, ist dieser Link jetzt"
                " geschlossen. Gespeichert wurde nichts. Prüfen Sie in sevdesk Ihren Tarif („Buchhaltung Pro“) und"
                " Ihren API-Token, und bitten Sie {lender} um einen neuen Link.",
                en="sevdesk rejected several tokens. This link is now closed, so that sevdesk does not block your"
                " account. Nothing was stored. Check your plan (“Buchhaltung Pro”) and your API token in sevdesk, and"
                " ask {lender} for a new link.",
            ),
        }
    )
    back: Final = Text(de="Zurück zu {lender}", en="Back to {lender}")
