"""Texts of the page where a firm connects its account: how to find the token, and what to do on failure."""

from types import MappingProxyType
from typing import Final

from features.feature import Text


class Connect:
    """Written for readers who do not know what an API is."""

    title: Final = Text(de="sevdesk mit {lender} verbinden", en="Connect sevdesk to {lender}")
    error_title: Final = Text(de="Fehler: {title}", en="Error: {title}")
    step: Final = Text(de="Schritt {number} von 3", en="Step {number} of 3")
    intro: Final = Text(
        de="{lender} möchte Ihre Buchhaltung in sevdesk lesen, um über Ihren Kreditantrag zu entscheiden. Das dauert"
        " etwa fünf Minuten. Sie brauchen Ihre Zugangsdaten für sevdesk.",
        en="{lender} would like to read your books in sevdesk to decide on your loan application. This takes about five"
        " minutes. You need your sevdesk login.",
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
    details: Final = Text(
        de="Alles lesen: Daten, Zwecke, Dauer, Ihre Rechte", en="Read all of it: data, purposes, duration, your rights"
    )
    agree: Final = Text(de="Ich willige ein", en="I agree")
    agree_hint: Final = Text(
        de="Danach geben Sie den Zugang ein. Verbunden wird erst, wenn Sie Ihr Konto bestätigt haben.",
        en="Next you enter the access. Nothing is connected until you have confirmed your account.",
    )
    cancel: Final = Text(de="Nicht verbinden, zurück zu {lender}", en="Do not connect, back to {lender}")

    token_title: Final = Text(de="API-Token aus sevdesk eingeben", en="Enter the API token from sevdesk")
    token_steps: Final = MappingProxyType(
        {
            "1": Text(
                de="Öffnen Sie in sevdesk „Einstellungen“, dann „Benutzer“, dann Ihren Namen.",
                en="In sevdesk, open “Einstellungen” (settings), then “Benutzer” (users), then your name.",
            ),
            "2": Text(
                de="Ganz unten steht „API-Token“: auf „Einblenden“ klicken, kopieren und hier einfügen.",
                en="At the very bottom is “API-Token”: click on “Einblenden” (show), copy it and paste it here.",
            ),
        }
    )
    token_link: Final = Text(de="sevdesk in einem neuen Fenster öffnen", en="Open sevdesk in a new window")
    token_label: Final = Text(de="API-Token aus sevdesk", en="API token from sevdesk")
    token_hint: Final = Text(
        de="32 Zeichen. Sie sehen nur Punkte; das schützt den Token. Ihr sevdesk-Passwort gehört nicht hierher.",
        en="32 characters. You see only dots; this protects the token. Your sevdesk password does not belong here.",
    )
    submit: Final = Text(de="Konto suchen", en="Find the account")
    submit_hint: Final = Text(
        de="Wir fragen sevdesk, ob der Token gilt und wem das Konto gehört. Das dauert einige Sekunden.",
        en="We ask sevdesk whether the token is valid and whose account it is. This takes a few seconds.",
    )
    notes: Final = MappingProxyType(
        {
            "other_account": Text(
                de="Dieses Konto wird nicht verbunden, gespeichert wurde nichts. Haben Sie mehrere Firmen in sevdesk?"
                " Dann wechseln Sie dort zur richtigen Firma. Jede Firma hat einen eigenen Token.",
                en="This account is not connected; nothing was stored. Do you have several firms in sevdesk? Then"
                " change to the right one there. Each firm has a token of its own.",
            ),
            "too_late": Text(
                de="Die Bestätigung kam zu spät: Wir bewahren den Token vorher nur 15 Minuten auf. Gespeichert wurde"
                " nichts. Geben Sie ihn bitte noch einmal ein.",
                en="The confirmation came too late: before it, we keep the token for 15 minutes only. Nothing was"
                " stored. Please enter it again.",
            ),
        }
    )
    not_found: Final = Text(de="Token nicht gefunden?", en="Token not found?")
    not_found_lines: Final = MappingProxyType(
        {
            "1": Text(
                de="Sie brauchen in sevdesk Administratorrechte. Sonst bitten Sie die Person, die sie hat.",
                en="You must be an administrator in sevdesk. Otherwise ask your administrator.",
            ),
            "2": Text(
                de="In manchen Konten steht der Token unter „Erweiterungen“ und dort unter „API“.",
                en="In some accounts the token is under “Erweiterungen” (extensions) and there under “API”.",
            ),
            "3": Text(
                de="Fehlt er auch da, gehört die Schnittstelle nicht zu Ihrem Tarif: Sie brauchen „Buchhaltung Pro“."
                " Auch der kostenlose Testzeitraum von „Buchhaltung Pro“ genügt.",
                en="If it is missing there, too, your plan does not include the API: you need “Buchhaltung Pro”. The"
                " free trial of “Buchhaltung Pro” is sufficient.",
            ),
            "4": Text(
                de="Der API-Token ist ein langes Kennwort, das sevdesk für Ihren Benutzer erzeugt hat: 32 Zeichen, nur"
                " Ziffern und die Buchstaben a bis f.",
                en="The API token is a long password that sevdesk created for your user: 32 characters, only digits and"
                " the letters a to f.",
            ),
        }
    )
    other_device: Final = Text(de="Am Computer weitermachen", en="Continue on the computer")
    other_device_text: Final = Text(
        de="Schicken Sie sich den Link selbst, oder scannen Sie den Code mit dem anderen Gerät. Dort beginnen Sie noch"
        " einmal mit der Einwilligung. Wer den Link oder den Code hat, kann ihn benutzen: Zeigen Sie ihn niemandem.",
        en="Send the link to yourself, or scan the code with the other device. There you begin with the consent once"
        " more. Whoever has the link or the code can use it: show it to nobody.",
    )
    other_device_mail: Final = Text(de="Link per E-Mail an mich selbst", en="Send the link to myself by e-mail")
    picture: Final = Text(de="QR-Code mit diesem Link", en="QR code with this link")
    mail_subject: Final = MappingProxyType(
        {
            "continue": Text(de="sevdesk mit {lender} verbinden", en="Connect sevdesk to {lender}"),
            "keep": Text(de="Meine Einwilligung für {lender}", en="My consent for {lender}"),
        }
    )
    mail_body: Final = MappingProxyType(
        {
            "continue": Text(
                de="Mit diesem Link verbinde ich sevdesk mit {lender}:\n\n{link}\n\nEr gilt bis zum {until} Uhr. Nicht"
                " weitergeben: Wer den Link hat, kann ihn benutzen.\n",
                en="With this link I connect sevdesk to {lender}:\n\n{link}\n\nIt is valid until {until} (German time)."
                " Do not pass it on: whoever has the link can use it.\n",
            ),
            "keep": Text(
                de="Unter diesem Link sehe ich meine Einwilligung für {lender} und kann sie widerrufen:\n\n{link}\n\n"
                "Nicht weitergeben: Wer den Link hat, kann ihn benutzen.\n",
                en="Under this link I see my consent for {lender} and can withdraw it:\n\n{link}\n\nDo not pass it on:"
                " whoever has the link can use it.\n",
            ),
        }
    )

    account_title: Final = Text(de="Ist das Ihr Konto?", en="Is this your account?")
    account_intro: Final = Text(
        de="Der Token gilt. Er öffnet dieses Konto in sevdesk:", en="The token is valid. It opens this sevdesk account:"
    )
    account_name: Final = Text(de="Firma", en="Firm")
    account_tax_number: Final = Text(de="Steuernummer", en="Tax number")
    account_vat_id: Final = Text(de="USt-IdNr.", en="VAT number")
    ends_with: Final = Text(de="endet auf {digits}", en="ends with {digits}")
    account_untold: Final = Text(
        de="Der Token gilt. sevdesk nennt aber keinen Namen zu diesem Konto. Bitte prüfen Sie selbst: Haben Sie den"
        " Token aus dem Konto Ihrer Firma kopiert?",
        en="The token is valid, but sevdesk gives no name for this account. Please check yourself: did you copy the"
        " token from the account of your firm?",
    )
    account_hint: Final = Text(
        de="{lender} vergleicht diese Angaben mit Ihrem Antrag. Mit „Ja“ wird das Konto verbunden.",
        en="{lender} compares these details with your application. “Yes” connects the account.",
    )
    account_yes: Final = Text(de="Ja, das sind meine Bücher", en="Yes, these are my books")
    account_no: Final = Text(de="Nein, ein anderes Konto", en="No, another account")

    failures: Final = MappingProxyType(
        {
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
                de="Die Seite war zu lange offen, oder Ihr Browser nimmt keine Cookies an. Erlauben Sie für diese Seite"
                " Cookies, und versuchen Sie es noch einmal.",
                en="The page was open for too long, or your browser does not accept cookies. Allow cookies for this"
                " site and try again.",
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
    back_to_questions: Final = Text(de="Zurück zu den Fragen", en="Back to the questions")
