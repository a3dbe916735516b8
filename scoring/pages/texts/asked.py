"""Texts of the page where an applicant answers what it was asked, or contests a decision."""

from types import MappingProxyType
from typing import Final

from features.feature import Text


class AskedPage:
    """Written for somebody who runs a firm and has never seen this page before."""

    title: Final = MappingProxyType(
        {
            "inquiry": Text(
                de="{lender} hat Fragen zu Ihrem Kreditantrag", en="{lender} has questions about your loan"
            ),
            "contest": Text(de="Entscheidung überprüfen lassen", en="Have the decision reviewed"),
        }
    )
    error_title: Final = Text(de="Fehler: {title}", en="Error: {title}")
    intro: Final = MappingProxyType(
        {
            "inquiry": Text(
                de="{lender} prüft Ihren Kreditantrag vom {day} über {amount}. Bevor jemand entscheidet, brauchen wir"
                " noch etwas von Ihnen.",
                en="{lender} is reviewing your loan application of {day} for {amount}. Before somebody decides, we need"
                " something from you.",
            ),
            "contest": Text(
                de="{lender} hat über Ihren Kreditantrag vom {day} über {amount} entschieden. Sind Sie damit nicht"
                " einverstanden, prüft ein Mensch den Fall neu. Schreiben Sie hier, warum die Entscheidung aus Ihrer"
                " Sicht falsch ist.",
                en="{lender} has decided on your loan application of {day} for {amount}. If you do not agree, a person"
                " reviews the case anew. Write here why the decision is wrong in your view.",
            ),
        }
    )
    approved: Final = Text(
        de="Achtung: Ihr Antrag ist zugesagt. Wenn Sie ihn überprüfen lassen, gilt die Zusage nicht mehr, bis neu"
        " entschieden ist.",
        en="Please note: your application is approved. If you contest it, the approval no longer stands until the new"
        " decision.",
    )
    valid_until: Final = Text(
        de="Dieser Link gilt bis {until}. Sie können nur einmal antworten.",
        en="This link is valid until {until}. You can answer only once.",
    )
    count: Final = MappingProxyType(
        {
            "1": Text(de="Eine Bitte", en="One request"),
            "more": Text(de="{count} Bitten", en="{count} requests"),
        }
    )
    kinds: Final = MappingProxyType(
        {
            "explanation": Text(de="Bitte erklären Sie", en="Please explain"),
            "corrected_booking": Text(de="Bitte berichtigen Sie in sevdesk", en="Please correct in sevdesk"),
            "document": Text(de="Bitte schicken Sie uns", en="Please send us"),
            "new_connection": Text(de="Bitte verbinden Sie Ihr sevdesk neu", en="Please connect your sevdesk again"),
        }
    )
    numbers: Final = Text(de="Belege: {numbers}", en="Documents: {numbers}")
    labels: Final = MappingProxyType(
        {
            "explanation": Text(de="Ihre Antwort", en="Your answer"),
            "corrected_booking": Text(
                de="Was haben Sie in sevdesk geändert? Oder warum ist es richtig so?",
                en="What did you change in sevdesk? Or why is it right as it is?",
            ),
            "document": Text(de="Anmerkung, oder warum Sie es nicht haben", en="A remark, or why you do not have it"),
            "new_connection": Text(
                de="Falls Sie nicht neu verbinden möchten: warum?", en="If you do not want to connect again: why?"
            ),
        }
    )
    file: Final = Text(de="Dateien", en="Files")
    file_hint: Final = Text(
        de="PDF, JPEG, PNG oder WebP. Höchstens {count} Dateien mit je 10 MB, zusammen 25 MB. Ein Foto genügt, wenn man"
        " alles lesen kann.",
        en="PDF, JPEG, PNG or WebP. At most {count} files of 10 MB each, 25 MB together. A photo is fine if everything"
        " can be read.",
    )
    connect: Final = Text(de="sevdesk verbinden", en="Connect sevdesk")
    connect_hint: Final = Text(
        de="Machen Sie das zuerst. Danach kommen Sie hierher zurück und schicken die Antwort ab.",
        en="Do this first. Afterwards you come back here and send the answer.",
    )
    done: Final = Text(de="Erledigt: sevdesk ist neu verbunden", en="Done: sevdesk is connected again")
    remark: Final = Text(de="Anmerkung, wenn Sie möchten", en="A remark, if you like")
    connected: Final = Text(de="sevdesk ist verbunden.", en="sevdesk is connected.")
    text: Final = Text(de="Ihre Sicht", en="Your view")
    text_hint: Final = Text(de="Höchstens 2000 Zeichen.", en="At most 2000 characters.")
    wants_talk: Final = Text(
        de="Ich möchte, dass mich jemand anruft oder mir schreibt, bevor entschieden wird.",
        en="I would like somebody to call or write to me before the decision.",
    )
    wants_talk_hint: Final = Text(
        de="Über die Adresse, die {lender} von Ihnen hat. Entscheiden wird in jedem Fall ein Mensch.",
        en="At the address that {lender} has of you. A person decides in any case.",
    )
    data: Final = Text(de="Was mit Ihren Angaben geschieht", en="What happens to what you send")
    data_lines: Final = MappingProxyType(
        {
            "who": Text(
                de="Verantwortlich ist {lender}. Ihre Angaben dienen nur der Entscheidung über diesen Antrag.",
                en="{lender} is responsible. What you send serves the decision on this application alone.",
            ),
            "kept": Text(
                de="Texte und Dateien werden verschlüsselt gespeichert, so lange wie die Entscheidung. Lesen können sie"
                " nur Menschen, die bei {lender} über Kredite entscheiden oder das prüfen.",
                en="Texts and files are stored encrypted, for as long as the decision. Only people who decide on loans"
                " at {lender}, or audit that, can read them.",
            ),
            "picture": Text(
                de="Bilder speichern wir ohne Ort und Zeit der Aufnahme. Schwärzen Sie, was nicht hierher gehört, zum"
                " Beispiel Angaben zur Gesundheit.",
                en="We store pictures without the place and time at which they were taken. Black out what does not"
                " belong here, such as data on health.",
            ),
            "rights": Text(
                de="Sie können Auskunft, Berichtigung und Löschung verlangen. Fragen beantwortet {email}.",
                en="You can ask for access, correction and erasure. Questions are answered by {email}.",
            ),
        }
    )
    notice: Final = Text(de="Datenschutzhinweise von {lender}", en="Privacy notice of {lender}")
    next: Final = Text(de="Wie es weitergeht", en="What happens next")
    next_lines: Final = MappingProxyType(
        {
            "inquiry": Text(
                de="{lender} liest Ihre Antwort und entscheidet dann. Das Ergebnis erfahren Sie von {lender}.",
                en="{lender} reads your answer and then decides. You will hear the result from {lender}.",
            ),
            "again": Text(
                de="Ihre Bücher werden nach Ihrer Antwort noch einmal gelesen, mit der Verbindung, die Sie schon"
                " erlaubt haben. Ändern Sie also zuerst in sevdesk, was zu ändern ist.",
                en="After your answer your books are read once more, with the connection that you have allowed already."
                " So first change in sevdesk what is to be changed.",
            ),
            "perhaps_again": Text(
                de="Nach Ihrer Antwort können Ihre Bücher noch einmal gelesen werden, aber nur, wenn Sie eine"
                " Verbindung erlauben. Ändern Sie also zuerst in sevdesk, was zu ändern ist.",
                en="After your answer your books may be read once more, but only if you allow a connection. So first"
                " change in sevdesk what is to be changed.",
            ),
            "contest": Text(
                de="Ein Mensch bei {lender} prüft den Fall neu und antwortet Ihnen spätestens nach einem Monat.",
                en="A person at {lender} reviews the case anew and answers you within a month.",
            ),
        }
    )
    submit: Final = MappingProxyType(
        {
            "inquiry": Text(de="Antwort abschicken", en="Send the answer"),
            "contest": Text(de="Einwand abschicken", en="Send the objection"),
        }
    )
    submit_hint: Final = Text(
        de="Große Dateien brauchen eine Weile. Bitte lassen Sie die Seite so lange offen.",
        en="Large files take a while. Please keep the page open until then.",
    )
    not_stored: Final = Text(
        de="Gespeichert wurde noch nichts. Wählen Sie Ihre Dateien bitte noch einmal aus.",
        en="Nothing was stored yet. Please choose your files once more.",
    )
    failures: Final = MappingProxyType(
        {
            "form_expired": Text(
                de="Das Formular war zu lange offen, oder Ihr Browser nimmt keine Cookies an. Erlauben Sie für diese"
                " Seite Cookies, und schicken Sie es noch einmal ab.",
                en="The form was open for too long, or your browser does not accept cookies. Allow cookies for this"
                " site and send it again.",
            ),
            "nothing": Text(
                de="Zu Punkt {number} fehlt die Antwort. Wenn Sie nichts schicken können, schreiben Sie bitte, warum.",
                en="Item {number} has no answer. If you cannot send anything, please write why.",
            ),
            "no_text": Text(
                de="Bitte schreiben Sie, warum die Entscheidung aus Ihrer Sicht falsch ist.",
                en="Please write why the decision is wrong in your view.",
            ),
            "too_long": Text(
                de="Ein Text hat mehr als 2000 Zeichen. Bitte kürzen Sie ihn, oder schicken Sie ihn als PDF.",
                en="A text has more than 2000 characters. Please shorten it, or send it as a PDF.",
            ),
            "too_many": Text(
                de="Das sind mehr als {count} Dateien. Fassen Sie mehrere Seiten in einem PDF zusammen.",
                en="These are more than {count} files. Put several pages into one PDF.",
            ),
            "case_full": Text(
                de="Zu diesem Antrag liegen schon so viele Dateien vor, wie möglich sind. Bitte wenden Sie sich an"
                " {email}.",
                en="This application already has as many files as possible. Please write to {email}.",
            ),
            "unreadable": Text(
                de="Das Formular kam nicht vollständig an. Bitte schicken Sie es noch einmal ab.",
                en="The form did not arrive completely. Please send it again.",
            ),
            "connecting": Text(
                de="sevdesk kann mit diesem Link nicht verbunden werden. Bitte antworten Sie mit einem Text.",
                en="sevdesk cannot be connected with this link. Please answer the item with a text.",
            ),
        }
    )
    refused: Final = Text(de="Die Datei „{name}“ können wir nicht annehmen:", en="We cannot accept the file “{name}”:")
    reasons: Final = MappingProxyType(
        {
            "empty": Text(de="Sie ist leer.", en="It is empty."),
            "too_large": Text(
                de="Sie hat mehr als 10 MB. Fotografieren Sie mit geringerer Auflösung, oder teilen Sie das PDF.",
                en="It has more than 10 MB. Take the photo with a lower resolution, or split the PDF.",
            ),
            "unknown_type": Text(
                de="Sie ist weder PDF noch Bild (JPEG, PNG, WebP), auch wenn der Name das sagt. Word- und"
                " Excel-Dateien speichern Sie bitte als PDF.",
                en="It is neither a PDF nor a picture (JPEG, PNG, WebP), even if its name says so. Please save Word and"
                " Excel files as PDF.",
            ),
            "heic": Text(
                de="Bilder in HEIC oder AVIF können wir nicht lesen. Machen Sie zum Beispiel ein Bildschirmfoto davon,"
                " oder speichern Sie es als JPEG.",
                en="We cannot read pictures in HEIC or AVIF. Take a screenshot of it, or save it as JPEG.",
            ),
            "damaged": Text(
                de="Sie ist beschädigt oder unvollständig. Speichern Sie sie neu.",
                en="It is damaged or incomplete. Save it anew.",
            ),
            "encrypted": Text(
                de="Das PDF ist mit einem Kennwort geschützt. Drucken Sie es in ein neues PDF.",
                en="The PDF is protected by a password. Print it into a new PDF.",
            ),
            "script": Text(
                de="Das PDF enthält ein Programm (JavaScript). Drucken Sie es in ein neues PDF.",
                en="The PDF contains a program (JavaScript). Print it into a new PDF.",
            ),
            "action": Text(
                de="Das PDF startet Programme oder versendet Daten. Drucken Sie es in ein neues PDF.",
                en="The PDF starts programs or sends data. Print it into a new PDF.",
            ),
            "embedded_file": Text(
                de="Im PDF steckt eine weitere Datei. Schicken Sie diese einzeln, oder drucken Sie ein neues PDF.",
                en="The PDF contains another file. Send that file by itself, or print the PDF into a new one.",
            ),
            "active": Text(
                de="Das PDF enthält ein dynamisches Formular, Ton oder Film. Drucken Sie es in ein neues PDF.",
                en="The PDF contains a dynamic form, sound or film. Print it into a new PDF.",
            ),
            "two_readings": Text(
                de="In der Datei steckt mehr als ein PDF. Drucken Sie es in ein neues PDF.",
                en="The file contains more than a PDF. Print it into a new PDF.",
            ),
            "too_many_pixels": Text(
                de="Das Bild hat mehr als 50 Millionen Bildpunkte. Verkleinern Sie es.",
                en="The picture has more than 50 million pixels. Make it smaller.",
            ),
            "too_much": Text(
                de="Sie ist zu aufwendig. Teilen Sie sie in mehrere Dateien.",
                en="It is too complex. Split it into several files.",
            ),
        }
    )
    ended_heading: Final = MappingProxyType(
        {
            "unknown": Text(de="Dieser Link ist ungültig", en="This link is not valid"),
            "expired": Text(de="Dieser Link ist abgelaufen", en="This link has expired"),
            "cancelled": Text(de="Dieser Link gilt nicht mehr", en="This link is no longer valid"),
            "overtaken": Text(de="Eine Antwort ist nicht mehr nötig", en="An answer is no longer needed"),
            "used": Text(de="Vielen Dank, Ihre Antwort ist da", en="Thank you, we have your answer"),
            "contested": Text(de="Vielen Dank, Ihr Einwand ist da", en="Thank you, we have your objection"),
            "second": Text(de="Es wurde schon geantwortet", en="There is an answer already"),
            "back": Text(de="Bitte öffnen Sie Ihren Link noch einmal", en="Please open your link again"),
        }
    )
    ended: Final = MappingProxyType(
        {
            "unknown": Text(
                de="Vielleicht wurde er nicht vollständig kopiert. Öffnen Sie ihn noch einmal aus der Nachricht. Hilft"
                " das nicht, bitten Sie Ihren Kreditgeber um einen neuen.",
                en="Perhaps it was not copied completely. Open it again from the message. If that does not help, ask"
                " your lender for a new one.",
            ),
            "expired": Text(
                de="Gespeichert wurde nichts. Bitten Sie {lender} um einen neuen Link.",
                en="Nothing was stored. Ask {lender} for a new link.",
            ),
            "cancelled": Text(
                de="Gespeichert wurde nichts. Vielleicht haben Sie einen neueren Link erhalten; sonst fragen Sie"
                " {lender}.",
                en="Nothing was stored. Perhaps you received a newer link; otherwise ask {lender}.",
            ),
            "overtaken": Text(
                de="Der Fall ist inzwischen weiter: Er wurde entschieden, zurückgezogen, oder jemand prüft ihn bereits."
                " Gespeichert wurde nichts. Fragen beantwortet {lender}.",
                en="The case has moved on: it was decided, withdrawn, or somebody is reviewing it already. Nothing was"
                " stored. Please ask {lender} if you have questions.",
            ),
            "used": Text(
                de="Eingegangen am {moment}. {lender} liest sie und meldet sich bei Ihnen. Sie müssen hier nichts mehr"
                " tun.",
                en="Received on {moment}. {lender} reads it and gets in touch with you. There is nothing else to do"
                " here.",
            ),
            "contested": Text(
                de="Eingegangen am {moment}. Ein Mensch bei {lender} prüft den Fall neu und antwortet Ihnen spätestens"
                " nach einem Monat.",
                en="Received on {moment}. A person at {lender} reviews the case anew and answers you within a month.",
            ),
            "second": Text(
                de="Am {moment} kam mit diesem Link schon eine Antwort an, vielleicht aus einem anderen Fenster. Was"
                " Sie zuletzt eingegeben haben, wurde nicht gespeichert. Fehlt etwas, wenden Sie sich an {lender}.",
                en="On {moment} an answer with this link arrived already, perhaps from another window. What you entered"
                " last was not stored. If something is missing, please contact {lender}.",
            ),
            "back": Text(
                de="sevdesk ist verbunden, oder Sie haben abgebrochen. Öffnen Sie jetzt noch einmal den Link aus der"
                " Nachricht, und schicken Sie Ihre Antwort ab.",
                en="sevdesk is connected, or you cancelled. Now open the link from the message once more, and send your"
                " answer.",
            ),
        }
    )
