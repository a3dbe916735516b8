"""Texts of the page where a firm sees and withdraws its consent."""

from types import MappingProxyType
from typing import Final

from features.feature import Text


class GivenConsentPage:
    """Written for the same readers as ``Connect``."""

    title: Final = Text(de="Ihre Einwilligung für {lender}", en="Your consent for {lender}")
    keep: Final = Text(
        de="Bewahren Sie diesen Link auf: Er zeigt Ihre Einwilligung, solange sie gespeichert ist, und hier können Sie"
        " sie widerrufen. Geben Sie ihn niemandem weiter.",
        en="Keep this link: it shows your consent as long as it is stored, and here you can withdraw it. Do not pass it"
        " on.",
    )
    number: Final = Text(de="Nummer", en="Number")
    given_at: Final = Text(de="Erteilt am", en="Given on")
    account: Final = Text(de="Konto in sevdesk", en="sevdesk account")
    account_untold: Final = Text(de="ohne Namen, von Ihnen bestätigt", en="without a name, confirmed by you")
    german_time: Final = Text(de="{moment} (deutsche Zeit)", en="{moment} (German time)")
    back: Final = Text(de="Weiter zu {lender}", en="Continue to {lender}")
    back_to_questions: Final = Text(de="Weiter zu den Fragen", en="Continue to the questions")
    save: Final = Text(
        de="Drucken oder speichern Sie diese Seite, oder schicken Sie sich den Link selbst.",
        en="Print or save this page, or send the link to yourself.",
    )
    mail: Final = Text(de="Link per E-Mail an mich selbst", en="Send the link to myself by e-mail")
    to_withdraw: Final = Text(de="Einwilligung widerrufen", en="Withdraw the consent")
    text_show: Final = Text(de="Den ganzen Text zeigen", en="Show the whole text")
    digest: Final = Text(de="Prüfsumme des Textes (SHA-256): {digest}", en="Digest of the text (SHA-256): {digest}")
    state_heading: Final = Text(de="Stand", en="State")
    states: Final = MappingProxyType(
        {
            "working": Text(
                de="sevdesk ist verbunden. Zuletzt geprüft: {moment}.",
                en="sevdesk is connected. Last checked: {moment}.",
            ),
            "rejected": Text(
                de="sevdesk lehnt den gespeicherten Token ab. Geprüft: {moment}. Gelesen wird nichts mehr.",
                en="sevdesk rejects the stored token. Checked: {moment}. Nothing is read any more.",
            ),
            "deleted": Text(
                de="{lender} hat die Verbindung gelöscht. Der Token ist nicht mehr gespeichert.",
                en="{lender} deleted the connection. The token is not stored any more.",
            ),
            "withdrawn": Text(
                de="Sie haben alles widerrufen am {moment}. Der Token ist gelöscht, gelesen wird nichts mehr.",
                en="You withdrew everything on {moment}. The token is deleted, nothing is read any more.",
            ),
        }
    )
    purposes_heading: Final = Text(de="Wofür sie gilt", en="What it covers")
    purposes: Final = MappingProxyType(
        {
            "decision": Text(
                de="Ihre Bücher lesen, um über Ihren Kredit zu entscheiden", en="Read your books to decide on your loan"
            ),
            "contacts": Text(de="Ihre Kunden und Lieferanten lesen", en="Read your customers and suppliers"),
            "write_back": Text(
                de="Belege zum Kredit in Ihre Bücher eintragen", en="Enter documents of the loan in your books"
            ),
            "training": Text(
                de="Rechenmodelle aus Ihren Zahlen lernen lassen", en="Let statistical models learn from your figures"
            ),
            "monitoring": Text(
                de="Ihre Bücher nach der Entscheidung wieder lesen", en="Read your books again after the decision"
            ),
        }
    )
    in_force: Final = Text(de="gilt", en="in force")
    not_in_force: Final = Text(de="gilt nicht mehr", en="no longer in force")
    read_heading: Final = Text(de="Wann Ihre Bücher gelesen wurden", en="When your books were read")
    read_on: Final = Text(
        de="An diesen Tagen hat {lender} Ihre Bücher für eine Entscheidung gelesen:",
        en="On these days {lender} read your books for a decision:",
    )
    observed_on: Final = Text(
        de="An diesen Tagen wurden sie zur Beobachtung gelesen, ohne dass entschieden wurde:",
        en="On these days they were read for monitoring, without a decision:",
    )
    never_read: Final = Text(
        de="Für eine Entscheidung wurden sie noch nicht gelesen.", en="They were not read for a decision yet."
    )
    withdraw_heading: Final = Text(de="Widerrufen", en="Withdraw")
    withdraw_hint: Final = Text(
        de="Der Widerruf gilt sofort und für die Zukunft. Entscheidungen, die schon getroffen sind, bleiben wirksam.",
        en="Withdrawal takes effect at once, for the future. Decisions that were made stay valid.",
    )
    withdraw_purpose: Final = Text(de="Nur dies widerrufen: {purpose}", en="Withdraw this alone: {purpose}")
    withdraw_all: Final = Text(
        de="Alles widerrufen und den Token löschen", en="Withdraw everything and delete the token"
    )
    text_heading: Final = Text(de="Der Text, dem Sie zugestimmt haben", en="The text that you agreed to")
    questions: Final = Text(de="Fragen beantwortet {lender}: {email}", en="{lender} answers questions: {email}")
