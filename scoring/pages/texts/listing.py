"""The list of decisions."""

from typing import Final

from features.feature import Text


class Listing:
    """Its filter, its columns, and what it says when it is empty."""

    title: Final = Text(de="Entscheidungen", en="Decisions")
    filter: Final = Text(de="Filtern", en="Filter")
    any: Final = Text(de="alle", en="any")
    borrower: Final = Text(de="Kreditnehmer", en="Borrower")
    borrower_hint: Final = Text(de="Ihre eigene Kennung, genau geschrieben", en="Your own reference, written exactly")
    first_day: Final = Text(de="Erstellt von", en="Created from")
    last_day: Final = Text(de="Erstellt bis", en="Created to")
    apply: Final = Text(de="Anwenden", en="Apply")
    reset: Final = Text(de="Alle zeigen", en="Show all")
    table: Final = Text(de="Entscheidungen, neueste zuerst", en="Decisions, newest first")
    score: Final = Text(de="Score", en="Score")
    pd: Final = Text(de="PD", en="PD")
    pd_long: Final = Text(de="Ausfallwahrscheinlichkeit", en="Probability of default")
    amount: Final = Text(de="Betrag", en="Amount")
    limit: Final = Text(de="Höchstbetrag", en="Maximum")
    created: Final = Text(de="Erstellt", en="Created")
    erased: Final = Text(de="gelöscht", en="erased")
    older: Final = Text(de="Ältere Entscheidungen", en="Older decisions")
    newest: Final = Text(de="Zu den neuesten", en="To the newest")
    pages: Final = Text(de="Seiten", en="Pages")
    damaged: Final = Text(
        de="Diese Entscheidungen sind in der Datenbank verändert worden und lassen sich nicht zeigen. Bitte melden Sie "
        "sie dem Betreiber:",
        en="These decisions were changed in the database and cannot be shown. Please report them to your operator:",
    )
    newer: Final = Text(
        de="Diese Entscheidungen hat eine neuere Version des Dienstes gespeichert; nach dem Upgrade sind sie lesbar:",
        en="A newer version of the service recorded these decisions; they can be read after the upgrade:",
    )
    none_yet: Final = Text(de="Es gibt noch keine Entscheidung.", en="There is no decision yet.")
    none_yet_help: Final = Text(
        de="Sobald ein Antrag über die Schnittstelle eingeht (POST /v1/decisions), steht die Entscheidung hier.",
        en="As soon as an application comes in through the interface (POST /v1/decisions), its decision is here.",
    )
    none_found: Final = Text(de="Keine Entscheidung passt zu diesem Filter.", en="No decision matches this filter.")
    none_found_help: Final = Text(
        de="Nehmen Sie eine Bedingung heraus, oder zeigen Sie alle Entscheidungen.",
        en="Remove a condition, or show all decisions.",
    )
    wrong: Final = Text(de="Der Filter ist so nicht möglich:", en="This filter cannot be used:")
    wrong_choice: Final = Text(
        de="{field}: Bitte wählen Sie einen der angebotenen Werte.",
        en="{field}: please choose a value that is offered.",
    )
    wrong_day: Final = Text(
        de="{field}: Bitte geben Sie einen Tag als JJJJ-MM-TT an, zum Beispiel 2026-01-31.",
        en="{field}: please give a day as YYYY-MM-DD, such as 2026-01-31.",
    )
    wrong_order: Final = Text(de="Der erste Tag liegt nach dem letzten.", en="The first day is after the last.")
    wrong_text: Final = Text(
        de="{field}: Bitte geben Sie höchstens 120 druckbare Zeichen an.",
        en="{field}: please give at most 120 printable characters.",
    )
    wrong_cursor: Final = Text(
        de="Diese Seite der Liste gibt es nicht. Bitte beginnen Sie bei den neuesten.",
        en="There is no such page of the list. Please start with the newest.",
    )
    wrong_parameter: Final = Text(
        de="Die Adresse enthält etwas, das dieser Filter nicht kennt, oder etwas doppelt.",
        en="The address holds something that this filter does not know, or something twice.",
    )
