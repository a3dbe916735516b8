"""The form to sign in."""

from typing import Final

from features.feature import Text


class SignIn:
    """What it asks for, and what it answers."""

    title: Final = Text(de="Anmelden", en="Sign in")
    lender: Final = Text(de="Kreditgeber", en="Lender")
    lender_hint: Final = Text(de="Die Kennung Ihres Hauses", en="The identifier of your organisation")
    name: Final = Text(de="Name", en="Name")
    password: Final = Text(de="Passwort", en="Password")
    submit: Final = Text(de="Anmelden", en="Sign in")
    refused: Final = Text(
        de="Kreditgeber, Name und Passwort passen nicht zusammen, oder der Zugang ist gesperrt. Ein neues Passwort"
        " bekommen Sie vom Betreiber des Dienstes.",
        en="Lender, name and password do not match, or the account is disabled. The operator of the service can set a"
        " new password.",
    )
    wait_one: Final = Text(
        de="Zu viele Versuche. Bitte warten Sie eine Sekunde und versuchen Sie es dann noch einmal.",
        en="Too many attempts. Please wait 1 second, then try again.",
    )
    wait: Final = Text(
        de="Zu viele Versuche. Bitte warten Sie {seconds} Sekunden und versuchen Sie es dann noch einmal.",
        en="Too many attempts. Please wait {seconds} seconds, then try again.",
    )
