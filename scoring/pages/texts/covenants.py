"""Texts of the list of covenants and of the page of each."""

from types import MappingProxyType
from typing import Final

from features.feature import Text


class CovenantPage:
    """What the pages of covenants say."""

    title: Final = Text(de="Covenants", en="Covenants")
    intro: Final = Text(
        de="Was Kreditverträge von der Buchhaltung des Kreditnehmers verlangen (Kreditauflagen). Geprüft wird mit der"
        " ersten Beobachtung ab dem fälligen Tag, in der Heilungsfrist mit jeder. Aus einer Verletzung folgt von selbst"
        " nichts: Kein Kredit wird gekündigt, gekürzt oder verteuert.",
        en="What loan agreements ask of the borrower's books. Each is tested with the first observation from its day"
        " on, in the time to cure with every one. Nothing follows from a breach by itself: no loan is ended, cut or"
        " repriced.",
    )
    none: Final = Text(de="Keine Covenants in dieser Auswahl.", en="No covenants in this selection.")
    table: Final = Text(de="Covenants, die neuesten zuerst", en="Covenants, newest first")
    back: Final = Text(de="Alle Covenants", en="All covenants")
    filter: Final = Text(de="Covenants filtern", en="Filter covenants")
    any: Final = Text(de="alle", en="all")
    apply: Final = Text(de="Anzeigen", en="Show")
    more: Final = Text(de="Ältere", en="Older")
    pages: Final = Text(de="Seiten", en="Pages")
    what: Final = Text(de="Covenant", en="Covenant")
    borrower: Final = Text(de="Kreditnehmer", en="Borrower")
    erased: Final = Text(de="gelöscht", en="erased")
    loan: Final = Text(de="Kredit", en="Loan")
    state: Final = Text(de="Zustand", en="State")
    last: Final = Text(de="Letzte Prüfung", en="Last test")
    bound: Final = Text(de="Grenze", en="Bound")
    due: Final = Text(de="Nächste Prüfung ab", en="Next test from")
    none_due: Final = Text(de="keine", en="none")
    late: Final = Text(de="überfällig", en="late")
    late_why: Final = Text(
        de="Die Prüfung ist überfällig: Seit dem fälligen Tag wurde nicht beobachtet, oder der Wert ließ sich nicht"
        " bestimmen. Das ist keine Verletzung.",
        en="The test is late: since its day nothing was observed, or the value was not known. That is no breach.",
    )
    not_monitored: Final = Text(
        de="Der Kreditnehmer wird nicht überwacht: Ohne Überwachung prüft nichts diesen Covenant.",
        en="The borrower is not monitored: without monitoring nothing tests this covenant.",
    )
    paused: Final = Text(
        de="Die Überwachung ist angehalten, weil die Bücher nicht gelesen werden konnten: Bis sie weitergeht, prüft"
        " nichts diesen Covenant.",
        en="The monitoring is paused, as the books could not be read: until it goes on, nothing tests this covenant.",
    )
    monitoring: Final = Text(de="Überwachung des Kreditnehmers", en="Monitoring of the borrower")
    over: Final = Text(
        de="Es wird nicht mehr geprüft: Der Covenant oder sein Kredit ist beendet.",
        en="Nothing is tested any more: the covenant or its loan has ended.",
    )
    states: Final = MappingProxyType(
        {
            "untested": Text(de="noch nicht geprüft", en="not tested yet"),
            "met": Text(de="eingehalten", en="met"),
            "in_cure": Text(de="nicht eingehalten, in der Heilungsfrist", en="not met, in the time to cure"),
            "breached": Text(de="verletzt", en="breached"),
            "waived": Text(de="ausgesetzt (Waiver)", en="waived"),
            "ended": Text(de="beendet", en="ended"),
            "late": Text(de="Prüfung überfällig", en="test is late"),
        }
    )
    bounds: Final = MappingProxyType(
        {
            "at_least": Text(de="mindestens {value}", en="at least {value}"),
            "at_most": Text(de="höchstens {value}", en="at most {value}"),
        }
    )
    rhythm: Final = Text(de="Rhythmus", en="Rhythm")
    every: Final = Text(de="alle {days}", en="every {days}")
    cure: Final = Text(de="Heilungsfrist", en="Time to cure")
    no_cure: Final = Text(de="keine", en="none")
    cure_until: Final = Text(de="Zu heilen bis", en="To be cured by")
    waived_until: Final = Text(de="Ausgesetzt bis", en="Waived until")
    no_test: Final = Text(de="noch keine", en="none yet")
    unreadable: Final = Text(de="nicht lesbar", en="cannot be read")
    moot: Final = Text(de="gegenstandslos: kein Schuldendienst", en="moot: no debt service")
    unknown: Final = Text(de="kein Wert", en="no value")
    missing: Final = MappingProxyType(
        {
            "not_fetched": Text(
                de="kein Wert: Die nötigen Daten werden nicht gelesen", en="no value: the data it needs are not read"
            ),
            "too_little_history": Text(de="kein Wert: zu kurze Historie", en="no value: too little history"),
            "too_few_documents": Text(de="kein Wert: zu wenige Belege", en="no value: too few documents"),
            "balance_level_unverified": Text(
                de="kein Wert: Kontostand nicht bestätigt", en="no value: the account balance is not confirmed"
            ),
            "undefined": Text(de="kein Wert: nicht berechenbar", en="no value: it cannot be worked out"),
        }
    )
    figure: Final = Text(de="Werte gegen die Grenze", en="Values against the bound")
    figure_test: Final = Text(de="Eine Prüfung mit Wert", en="One test with a value")
    figure_tests: Final = Text(de="{count} Prüfungen mit Wert", en="{count} tests with a value")
    figure_newest: Final = Text(
        de="{tests} auf dieser Seite, zuletzt {last}. Die Linie ist die Grenze: {bound}.",
        en="{tests} on this page, most recently {last}. The line is the bound: {bound}.",
    )
    figure_older: Final = Text(
        de="{tests} auf dieser Seite. Die Linie ist die Grenze: {bound}.",
        en="{tests} on this page. The line is the bound: {bound}.",
    )
    as_table: Final = Text(de="Als Tabelle", en="As a table")
    day: Final = Text(de="Tag", en="Day")
    value: Final = Text(de="Wert", en="Value")
    actions: Final = Text(de="Bearbeiten", en="Act")
    waive_until: Final = Text(de="Aussetzen bis", en="Waive until")
    waive_hint: Final = Text(
        de="Der letzte Tag, höchstens 366 Tage voraus. Ist der Covenant nicht eingehalten, wird erst danach wieder"
        " geprüft. Sonst gilt eine nicht bestandene Prüfung bis dahin nicht als Verletzung. Danach beginnt die"
        " Heilungsfrist neu.",
        en="The last day, at most 366 days ahead. A covenant that is not met is tested again only after it. Of others,"
        " a test that fails until then is no breach. The time to cure begins anew afterwards.",
    )
    send_waive: Final = Text(de="Aussetzen", en="Waive")
    end_hint: Final = Text(
        de="Beendet wird, was falsch eingetragen wurde oder nicht mehr gilt. Der Verlauf bleibt; rückgängig machen"
        " lässt es sich nicht.",
        en="End what was entered wrongly, or holds no more. The history stays; it cannot be undone.",
    )
    send_end: Final = Text(de="Covenant beenden", en="End the covenant")
    reason: Final = Text(de="Begründung", en="Reason")
    reason_hint: Final = Text(
        de="Für Kollegen und Prüfer und für den Kreditnehmer, der Auskunft verlangt.",
        en="For colleagues and auditors, and for the borrower who asks for access.",
    )
    steps: Final = Text(de="Verlauf", en="History")
    step_kinds: Final = MappingProxyType(
        {
            "tested": Text(de="Geprüft", en="Tested"),
            "waived": Text(de="Ausgesetzt bis {day}", en="Waived until {day}"),
            "ended": Text(de="Beendet", en="Ended"),
        }
    )
    document: Final = Text(de="Ein Beleg oder Umsatz dahinter", en="One document or bank line behind it")
    documents: Final = Text(de="{count} Belege und Umsätze dahinter", en="{count} documents and bank lines behind it")
    service: Final = Text(de="Dienst", en="Service")
    done: Final = MappingProxyType(
        {
            "waive": Text(de="Die Aussetzung ist eingetragen.", en="The waiver is entered."),
            "end": Text(de="Der Covenant ist beendet.", en="The covenant has ended."),
        }
    )
    problems: Final = MappingProxyType(
        {
            "text": Text(
                de="Es fehlt eine Begründung (höchstens 2.000 Zeichen).",
                en="A reason is missing (at most 2,000 characters).",
            ),
            "until": Text(
                de="Der letzte Tag muss heute oder später und höchstens 366 Tage voraus liegen.",
                en="The last day must be today or later, and at most 366 days ahead.",
            ),
            "state": Text(
                de="Das ist nicht mehr möglich: Der Covenant oder sein Kredit ist beendet.",
                en="This is not possible any more: the covenant or its loan has ended.",
            ),
        }
    )
