"""Texts of the second factor, of known browsers, and of the page of a person's own access."""

from types import MappingProxyType
from typing import Final

from features.feature import Text


class Account:
    """Labels, explanations and messages."""

    title: Final = Text(de="Ihr Zugang", en="Your access")
    code: Final = Text(de="Code", en="Code")
    code_title: Final = Text(de="Code eingeben", en="Enter the code")
    code_hint: Final = Text(
        de="Die sechs Ziffern aus Ihrer Authenticator-App, oder einer Ihrer Wiederherstellungscodes. Ist beides"
        " verloren, hilft Ihre Systemadministration.",
        en="The six digits of your authenticator app, or one of your recovery codes. If you have lost both, your"
        " administrator can help.",
    )
    app_code_hint: Final = Text(
        de="Die sechs Ziffern, die die App jetzt anzeigt.", en="The six digits that the app shows now."
    )
    submit: Final = Text(de="Weiter", en="Continue")
    problems: Final = MappingProxyType(
        {
            "code": Text(
                de="Der Code ist falsch, abgelaufen oder schon benutzt. Bitte warten Sie auf den nächsten. Stimmt er"
                " wieder nicht, prüfen Sie bitte die Uhrzeit Ihres Telefons.",
                en="The code is wrong, has expired, or was used before. Please wait for the next one. If it fails"
                " again, please check the time of your phone.",
            ),
            "refused": Text(de="Das Passwort ist falsch.", en="The password is wrong."),
            "expired": Text(
                de="Dieser Schlüssel gilt nicht mehr. Bitte nehmen Sie den neuen in die App auf.",
                en="This key is no longer valid. Please add the new one to the app.",
            ),
            "repeated": Text(de="Die neuen Passwörter sind nicht gleich.", en="The new passwords are not the same."),
            "weak-length": Text(
                de="Ein Passwort braucht 12 bis 128 Zeichen.", en="A password needs 12 to 128 characters."
            ),
            "weak-repeated": Text(
                de="Dieses Passwort wiederholt sich. Bitte wählen Sie eines, das sich nicht wiederholt.",
                en="This password repeats itself. Please choose one that does not.",
            ),
            "weak-sequence": Text(
                de="Dieses Passwort folgt dem Alphabet, den Ziffern, der Tastatur oder einem Datum. Bitte wählen Sie"
                " ein anderes.",
                en="This password follows the alphabet, the digits, the keyboard or a date. Please choose another.",
            ),
            "weak-names": Text(
                de="Dieses Passwort ist kaum mehr als Ihr Name oder Ihr Haus. Bitte wählen Sie ein anderes.",
                en="This password is little more than your name or your organisation. Please choose another.",
            ),
            "weak-common": Text(
                de="Dieses Passwort ist leicht zu erraten: Viele wählen es oder seine Wörter. Gut sind mehrere seltene"
                " Wörter.",
                en="This password is easy to guess: many people choose it, or its words. Several rare words are good.",
            ),
        }
    )
    done: Final = MappingProxyType(
        {
            "password": Text(
                de="Das Passwort ist geändert. Überall sonst sind Sie abgemeldet.",
                en="Your password is changed. You are signed out everywhere else.",
            ),
            "removed": Text(de="Der zweite Faktor ist entfernt.", en="The second factor is removed."),
        }
    )
    factor: Final = Text(de="Zweiter Faktor", en="Second factor")
    factor_title: Final = Text(de="Zweiten Faktor einrichten", en="Set up a second factor")
    factor_why: Final = Text(
        de="Beim Anmelden fragen wir außer dem Passwort einen Code aus einer App auf Ihrem Telefon ab. Wer nur Ihr"
        " Passwort kennt, kommt damit nicht hinein.",
        en="When you sign in, we ask for a code of an app on your phone as well as the password. Whoever knows only"
        " your password does not get in.",
    )
    factor_demanded: Final = Text(de="Für Ihre Rolle ist das vorgeschrieben.", en="It is required for your role.")
    steps: Final = MappingProxyType(
        {
            "1": Text(
                de="Öffnen Sie eine Authenticator-App auf Ihrem Telefon. Jede App für Einmalcodes (TOTP) ist geeignet.",
                en="Open an authenticator app on your phone. Any app for one-time codes (TOTP) will do.",
            ),
            "2": Text(
                de="Nehmen Sie mit der App das Bild auf, oder geben Sie den Schlüssel darunter von Hand ein.",
                en="Scan the picture with the app, or type the key below it.",
            ),
            "3": Text(
                de="Geben Sie hier den Code ein, den die App anzeigt.", en="Enter here the code that the app shows."
            ),
        }
    )
    picture: Final = Text(de="QR-Code mit dem Schlüssel", en="QR code of the key")
    key: Final = Text(de="Schlüssel", en="Key")
    open_app: Final = Text(de="In einer App auf diesem Gerät öffnen", en="Open in an app on this device")
    is_on: Final = Text(
        de="Eingerichtet. Unbenutzte Wiederherstellungscodes: {count}.", en="Set up. Recovery codes left: {count}."
    )
    is_off: Final = Text(de="Nicht eingerichtet.", en="Not set up.")
    set_up: Final = Text(de="Einrichten", en="Set up")
    remove: Final = Text(de="Zweiten Faktor entfernen", en="Remove the second factor")
    remove_hint: Final = Text(
        de="Zum Beispiel für ein neues Telefon. Zur Bestätigung brauchen wir einen Code der App oder einen"
        " Wiederherstellungscode.",
        en="For example for a new phone. To confirm, we need a code of the app or a recovery code.",
    )
    codes_title: Final = Text(de="Ihre Wiederherstellungscodes", en="Your recovery codes")
    codes_intro: Final = Text(
        de="Der zweite Faktor ist eingerichtet. Verlieren Sie das Telefon, melden Sie sich mit einem dieser Codes an."
        " Jeder gilt einmal.",
        en="The second factor is set up. If you lose your phone, sign in with one of these codes. Each works once.",
    )
    codes_once: Final = Text(
        de="Wir zeigen sie nur jetzt. Drucken Sie die Seite aus, oder schreiben Sie die Codes ab, und bewahren Sie sie"
        " sicher auf.",
        en="We show them only now. Print this page or copy the codes, and keep them in a safe place.",
    )
    password: Final = Text(de="Passwort ändern", en="Change password")
    old: Final = Text(de="Bisheriges Passwort", en="Current password")
    new: Final = Text(de="Neues Passwort", en="New password")
    new_hint: Final = Text(
        de="12 bis 128 Zeichen. Gut sind mehrere seltene Wörter.",
        en="12 to 128 characters. Several rare words are good.",
    )
    again: Final = Text(de="Neues Passwort noch einmal", en="New password again")
    change: Final = Text(de="Passwort ändern", en="Change password")
    provider_only: Final = Text(
        de="Sie melden sich mit dem Konto Ihres Hauses an. Passwort und zweiten Faktor verwaltet es dort.",
        en="You sign in with your organisation's account. Password and second factor are managed there.",
    )
    device_title: Final = Text(de="Diesen Browser bekannt machen", en="Make this browser known")
    device_intro: Final = Text(
        de="Versuche Fremder, sich mit Ihrem Namen anzumelden, bremsen Sie danach in diesem Browser nicht mehr. Mit"
        " Ihrem Passwort melden Sie sich wie immer an.",
        en="After that, strangers who try to sign in with your name no longer slow you down in this browser. You sign"
        " in with your password as always.",
    )
    device_submit: Final = Text(de="Browser bekannt machen", en="Make this browser known")
    device_over: Final = Text(
        de="Dieser Link ist abgelaufen oder schon benutzt. Ihre Systemadministration kann einen neuen ausstellen.",
        en="This link has expired or was used before. Your administrator can issue a new one.",
    )
    to_sign_in: Final = Text(de="Zur Anmeldung", en="To sign-in")
