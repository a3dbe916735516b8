"""Texts of the header and footer of every page."""

from typing import Final

from features.feature import Text


class Frame:
    """Header, footer, and labels for screen readers."""

    product: Final = Text(de="Hauptbuch", en="Hauptbuch")
    skip: Final = Text(de="Zum Inhalt", en="Skip to content")
    navigation: Final = Text(de="Hauptnavigation", en="Main navigation")
    languages: Final = Text(de="Sprache", en="Language")
    decisions: Final = Text(de="Entscheidungen", en="Decisions")
    cases: Final = Text(de="Fälle", en="Cases")
    loans: Final = Text(de="Kredite", en="Loans")
    monitoring: Final = Text(de="Überwachung", en="Monitoring")
    covenants: Final = Text(de="Covenants", en="Covenants")
    warnings: Final = Text(de="Frühwarnungen", en="Warnings")
    promotions: Final = Text(de="Freigaben", en="Promotions")
    reports: Final = Text(de="Auswertung", en="Reports")
    portfolios: Final = Text(de="Portfolios", en="Portfolios")
    jobs: Final = Text(de="Aufträge", en="Jobs")
    webhooks: Final = Text(de="Webhooks", en="Webhooks")
    audit: Final = Text(de="Protokoll", en="Audit trail")
    signed_in_as: Final = Text(de="Angemeldet als {name}, {lender}", en="Signed in as {name}, {lender}")
    sign_out: Final = Text(de="Abmelden", en="Sign out")
    operated_by: Final = Text(
        de="Diesen Dienst betreibt {name}, {address}.", en="This service is operated by {name}, {address}."
    )
    contact: Final = Text(de="Kontakt:", en="Contact:")
    privacy: Final = Text(de="Fragen zum Datenschutz:", en="Questions about data protection:")
    footer: Final = Text(
        de="Kreditentscheidungen auf Grundlage der Buchhaltung", en="Loan decisions based on a firm's books"
    )
