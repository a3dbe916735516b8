"""Texts of the sign-in form."""

from types import MappingProxyType
from typing import Final

from features.feature import Text


class SignIn:
    """Labels and messages."""

    title: Final = Text(de="Anmelden", en="Sign in")
    lender: Final = Text(de="Kreditgeber", en="Lender")
    lender_hint: Final = Text(de="Die Kennung Ihres Hauses", en="The identifier of your organisation")
    name: Final = Text(de="Name", en="Name")
    password: Final = Text(de="Passwort", en="Password")
    submit: Final = Text(de="Anmelden", en="Sign in")
    or_provider: Final = Text(de="Mit dem Konto Ihres Hauses anmelden", en="Sign in with your organisation's account")
    problems: Final = MappingProxyType(
        {
            "refused": Text(
                de="Kreditgeber, Name und Passwort passen nicht zusammen, oder der Zugang ist gesperrt. Ein neues"
                " Passwort erhalten Sie von Ihrer Systemadministration.",
                en="Lender, name and password do not match, or the account is disabled. Your administrator can set a"
                " new password.",
            ),
            "provider-refused": Text(
                de="Die Anmeldung mit dem Konto Ihres Hauses ist nicht zustande gekommen. Bitte versuchen Sie es noch"
                " einmal. Gelingt es wieder nicht, wenden Sie sich bitte an Ihre Systemadministration.",
                en="Signing in with your organisation's account did not succeed. Please try again. If it fails again,"
                " please contact your administrator.",
            ),
            "not-a-person": Text(
                de="Ihr Konto ist hier nicht bekannt, oder der Zugang ist gesperrt. Ihre Systemadministration kann Sie"
                " eintragen.",
                en="Your account is not known here, or it is disabled. Your administrator can add you.",
            ),
            "provider-unavailable": Text(
                de="Der Anmeldedienst Ihres Hauses antwortet nicht. Bitte versuchen Sie es in einigen Minuten noch"
                " einmal.",
                en="Your organisation's sign-in service does not answer. Please try again in a few minutes.",
            ),
        }
    )
    wait_one: Final = Text(
        de="Zu viele Versuche. Bitte warten Sie eine Sekunde und versuchen Sie es dann noch einmal.",
        en="Too many attempts. Please wait 1 second, then try again.",
    )
    wait: Final = Text(
        de="Zu viele Versuche. Bitte warten Sie {seconds} Sekunden und versuchen Sie es dann noch einmal.",
        en="Too many attempts. Please wait {seconds} seconds, then try again.",
    )
