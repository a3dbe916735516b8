"""Texts of the report on stacking."""

from typing import Final

from features.feature import Text


class StackingPage:
    """Counts of borrowers, and the table of funders."""

    title: Final = Text(de="Auswertung der Kredite bei anderen Kreditgebern", en="Report on stacking")
    means: Final = Text(
        de="Gezählt ist die neueste Entscheidung je Kreditnehmer, die einen Tag des Zeitraums betrachtet: Kredite und"
        " Factoring, die nicht beendet sind, und genutzte Kontoüberziehungen, ohne Leasing. Dieser Aufruf steht im"
        " Protokoll.",
        en="Counted is the newest decision on each borrower that looks at one of these days: loans and factoring that"
        " have not ended, and overdrafts in use, without leases. This look is in the audit trail.",
    )
    filter: Final = Text(de="Zeitraum", en="Days")
    damaged: Final = Text(
        de="Diese Entscheidungen wurden in der Datenbank verändert; ihre Kreditnehmer fehlen hier. Bitte melden Sie sie"
        " der Systemadministration:",
        en="These decisions were altered in the database; their borrowers are left out. Please report them to your"
        " administrator:",
    )
    borrowers: Final = Text(de="Kreditnehmer", en="Borrowers")
    decided: Final = Text(de="mit Entscheidung im Zeitraum", en="with a decision in these days")
    not_known: Final = Text(de="nicht bekannt, was sie anderswo schulden", en="not known what they owe elsewhere")
    stacked: Final = Text(de="mit zwei oder mehr neuen Finanzierungen", en="with two or more new facilities")
    stacked_own: Final = Text(de="davon mit eigenem offenen Kredit", en="of these with an open own loan")
    new_not_known: Final = Text(de="nicht bekannt, was neu ist", en="not known what is new")
    by_count: Final = Text(de="Kreditnehmer nach Zahl ihrer Kreditgeber", en="Borrowers by number of funders")
    count: Final = Text(de="Kreditgeber", en="Funders")
    and_more: Final = Text(de="{count} und mehr", en="{count} and more")
    own: Final = Text(de="mit eigenem Kredit", en="with own loan")
    by_funder: Final = Text(de="Nach Kreditgeber", en="By funder")
    by_funder_hint: Final = Text(
        de="Summen von weniger als fünf Kreditnehmern werden nicht gezeigt. „{unknown}“ steht für jeden Zahlungspartner"
        " ohne Code, „{overdraft}“ für Kontoüberziehungen bei beliebigen Banken.",
        en="Sums of fewer than five borrowers are not shown. “{unknown}” stands for every counterparty without a code,"
        " “{overdraft}” for overdrafts at whatever bank.",
    )
    funder: Final = Text(de="Kreditgeber", en="Funder")
    facilities: Final = Text(de="Finanzierungen", en="Facilities")
    new: Final = Text(de="davon neu (90 Tage)", en="of these new (90 days)")
    new_open: Final = Text(de="{count}, bei {open} nicht bekannt", en="{count}, of {open} not known")
    remaining: Final = Text(de="Restschuld", en="Remaining")
    between: Final = Text(de="{low} bis {high}", en="{low} to {high}")
    monthly: Final = Text(de="Raten je Monat", en="Instalments a month")
    without: Final = Text(de="{count} nicht enthalten", en="{count} not in it")
    too_few: Final = Text(de="zu wenige", en="too few")
    none: Final = Text(
        de="Kein Kreditnehmer hat bei anderen einen laufenden Kredit, Factoringvertrag oder eine genutzte"
        " Kontoüberziehung.",
        en="No borrower has a loan or a factoring contract elsewhere that has not ended, or an overdraft in use.",
    )
    back: Final = Text(de="Zur Auswertung der Entscheidungen von Menschen", en="To the report on people's decisions")
