"""Texts of the list of decisions."""

from typing import Final

from features.feature import Text


class Listing:
    """Filter, columns, and messages when there is nothing to show."""

    title: Final = Text(de="Entscheidungen", en="Decisions")
    filter: Final = Text(de="Filtern", en="Filter")
    any: Final = Text(de="alle", en="any")
    borrower: Final = Text(de="Kreditnehmer", en="Borrower")
    borrower_hint: Final = Text(
        de="Ihre eigene Kennung, vollständig und in genauer Schreibweise",
        en="Your own reference, in full and spelled exactly",
    )
    first_day: Final = Text(de="Erstellt von", en="Created from")
    last_day: Final = Text(de="Erstellt bis", en="Created to")
    apply: Final = Text(de="Anwenden", en="Apply")
    reset: Final = Text(de="Alle anzeigen", en="Show all")
    table: Final = Text(de="Entscheidungen, neueste zuerst", en="Decisions, newest first")
    score: Final = Text(de="Score", en="Score")
    pd: Final = Text(de="PD", en="PD")
    pd_long: Final = Text(de="Ausfallwahrscheinlichkeit", en="Probability of default")
    amount: Final = Text(de="Betrag", en="Amount")
    limit: Final = Text(de="Höchstbetrag", en="Maximum")
    created: Final = Text(de="Erstellt", en="Created")
    erased: Final = Text(de="gelöscht", en="erased")
    older: Final = Text(de="Ältere Entscheidungen", en="Older decisions")
    newest: Final = Text(de="Neueste Entscheidungen", en="Newest decisions")
    pages: Final = Text(de="Seiten", en="Pages")
    damaged: Final = Text(
        de="Diese Entscheidungen wurden in der Datenbank verändert und können nicht angezeigt werden. Bitte melden Sie "
        "sie der Systemadministration:",
        en="These decisions were altered in the database and cannot be shown. Please report them to your"
        " administrator:",
    )
    newer: Final = Text(
        de="Diese Entscheidungen hat eine neuere Version des Dienstes gespeichert. Nach der Aktualisierung sind sie"
        " lesbar:",
        en="A newer version of the service recorded these decisions. They can be read after the upgrade:",
    )
    erased_ones: Final = Text(
        de="Diese Entscheidungen wurden gelöscht, mit allem, worauf sie beruhten:",
        en="These decisions were erased, with everything that they were made from:",
    )
    none_yet: Final = Text(de="Es gibt noch keine Entscheidungen.", en="There are no decisions yet.")
    none_yet_help: Final = Text(
        de="Sobald ein Antrag über die Schnittstelle eingeht (POST /v1/decisions), erscheint die Entscheidung hier.",
        en="Decisions appear here as soon as an application arrives through the API (POST /v1/decisions).",
    )
    none_found: Final = Text(de="Keine Entscheidung passt zu diesem Filter.", en="No decision matches this filter.")
    none_found_help: Final = Text(
        de="Entfernen Sie eine Bedingung oder lassen Sie sich alle Entscheidungen anzeigen.",
        en="Remove a condition, or show all decisions.",
    )
    wrong: Final = Text(de="Der Filter ist ungültig:", en="This filter is not valid:")
    wrong_choice: Final = Text(
        de="{field}: Bitte wählen Sie einen der angebotenen Werte.",
        en="{field}: please choose one of the listed values.",
    )
    wrong_day: Final = Text(
        de="{field}: Bitte geben Sie ein Datum im Format JJJJ-MM-TT an, zum Beispiel 2026-01-31.",
        en="{field}: please enter a date as YYYY-MM-DD, such as 2026-01-31.",
    )
    wrong_order: Final = Text(
        de="„Erstellt von“ liegt nach „Erstellt bis“.", en="“Created from” is after “Created to”."
    )
    wrong_text: Final = Text(
        de="{field}: Bitte geben Sie höchstens 120 druckbare Zeichen an.",
        en="{field}: please enter at most 120 printable characters.",
    )
    wrong_cursor: Final = Text(
        de="Diese Seite der Liste gibt es nicht. Bitte beginnen Sie bei den neuesten Entscheidungen.",
        en="This page of the list does not exist. Please start with the newest decisions.",
    )
    wrong_parameter: Final = Text(
        de="Die Adresse enthält unbekannte oder doppelte Angaben. Bitte verwenden Sie das Formular.",
        en="The address contains unknown or repeated parameters. Please use the form.",
    )
