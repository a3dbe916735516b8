"""Texts of the list of early warnings and of the page of each."""

from types import MappingProxyType
from typing import Final

from features.feature import Text


class WarningPage:
    """What the pages of early warnings say."""

    title: Final = Text(de="Frühwarnungen", en="Early warnings")
    intro: Final = Text(
        de="Anzeichen für Schwierigkeiten, die sich seit der Entscheidung in den Büchern überwachter Kreditnehmer"
        " zeigen. Aus einer Warnung folgt von selbst nichts: Kein Kredit wird gekündigt, gekürzt oder verteuert, und"
        " das Unternehmen erfährt nichts davon. Bestehen die Anzeichen bei einer späteren Beobachtung nicht mehr, ist"
        " die Warnung erledigt. Endet die Überwachung, bleibt sie stehen.",
        en="Signs of trouble that the books of monitored borrowers show since the decision. Nothing follows from a"
        " warning by itself: no loan is ended, cut or repriced, and the firm is told nothing. Once a later observation"
        " does not see its signs any more, it is cleared. Where the monitoring ends, it stays.",
    )
    none: Final = Text(de="Keine Frühwarnungen in dieser Auswahl.", en="No early warnings in this selection.")
    table: Final = Text(de="Frühwarnungen, die neuesten zuerst", en="Early warnings, newest first")
    back: Final = Text(de="Alle Frühwarnungen", en="All early warnings")
    filter: Final = Text(de="Frühwarnungen filtern", en="Filter early warnings")
    any: Final = Text(de="alle", en="all")
    apply: Final = Text(de="Anzeigen", en="Show")
    more: Final = Text(de="Ältere", en="Older")
    pages: Final = Text(de="Seiten", en="Pages")
    what: Final = Text(de="Warnung", en="Warning")
    borrower: Final = Text(de="Kreditnehmer", en="Borrower")
    erased: Final = Text(de="gelöscht", en="erased")
    severity: Final = Text(de="Schwere", en="Severity")
    state: Final = Text(de="Zustand", en="State")
    owner: Final = Text(de="Zuständig", en="Owner")
    nobody: Final = Text(de="niemand", en="nobody")
    due: Final = Text(de="Antwort bis", en="Answer by")
    late: Final = Text(de="überfällig", en="overdue")
    raised: Final = Text(de="Ausgelöst", en="Raised")
    decision: Final = Text(de="Entscheidung", en="Decision")
    states: Final = MappingProxyType(
        {
            "open": Text(de="offen", en="open"),
            "snoozed": Text(de="zurückgestellt", en="snoozed"),
            "answered": Text(de="beantwortet", en="answered"),
            "cleared": Text(de="erledigt, die Anzeichen bestehen nicht mehr", en="cleared, its signs are over"),
        }
    )
    severities: Final = MappingProxyType({"high": Text(de="hoch", en="high"), "medium": Text(de="mittel", en="medium")})
    snoozed_until: Final = Text(de="zurückgestellt bis {day}", en="snoozed until {day}")
    seen: Final = Text(de="Was zu sehen war", en="What was seen")
    documents: Final = Text(de="Belege und Umsätze dahinter", en="Documents and bank lines behind it")
    documents_cut: Final = Text(de="{shown} von {total}", en="{shown} of {total}")
    document: Final = Text(de="Beleg", en="Document")
    day: Final = Text(de="Tag", en="Day")
    amount: Final = Text(de="Betrag", en="Amount")
    kinds: Final = MappingProxyType(
        {
            "invoice": Text(de="Rechnung", en="Invoice"),
            "voucher": Text(de="Beleg", en="Voucher"),
            "credit_note": Text(de="Gutschrift", en="Credit note"),
            "transaction": Text(de="Umsatz", en="Transaction"),
        }
    )
    monitoring: Final = Text(de="Überwachung des Kreditnehmers", en="Monitoring of the borrower")
    not_monitored: Final = Text(
        de="Der Kreditnehmer wird nicht mehr überwacht: Keine Beobachtung kann diese Warnung mehr erledigen."
        " Abgeschlossen wird sie mit einer Antwort.",
        en="The borrower is not monitored any more: no observation can clear this warning. An answer closes it.",
    )
    paused: Final = Text(
        de="Die Überwachung ist angehalten, weil die Bücher nicht gelesen werden konnten: Bis sie weitergeht, kann"
        " keine Beobachtung diese Warnung erledigen.",
        en="The monitoring is paused, as the books could not be read: until it goes on, no observation can clear this"
        " warning.",
    )
    actions: Final = Text(de="Bearbeiten", en="Act")
    assign: Final = Text(de="Zuständige Person", en="Person who answers")
    send_assign: Final = Text(de="Zuweisen", en="Assign")
    snooze_until: Final = Text(de="Zurückstellen bis", en="Snooze until")
    send_snooze: Final = Text(de="Zurückstellen", en="Snooze")
    answer: Final = Text(de="Antwort", en="Answer")
    send_answer: Final = Text(de="Antworten", en="Answer")
    answer_hint: Final = Text(
        de="Der Kredit bleibt, wie er ist. Die Warnung gilt als beantwortet, bis die Anzeichen nicht mehr bestehen."
        " Bestehen sie nach {days} Tagen noch, oder kommt ein weiteres hinzu, ist sie erneut offen. Sie können später"
        " anders antworten.",
        en="The loan stays as it is. The warning counts as answered until its signs are over; where they still hold"
        " after {days} days, or a further one joins them, it is open again. You can give another answer later.",
    )
    snooze_hint: Final = Text(
        de="Ein letzter Tag nach heute, höchstens {days} Tage voraus. Am Tag danach ist die Warnung wieder offen. Kommt"
        " vorher ein weiteres Anzeichen hinzu, ist sie es sofort.",
        en="A last day after today, at most {days} days ahead. On the day after, the warning is open again. Where a"
        " further sign joins before, it is so at once.",
    )
    assign_hint: Final = Text(
        de="Anmeldename einer Person Ihres Hauses; leer heißt niemand. Antworten darf weiterhin jede Person, die"
        " Kredite bearbeitet.",
        en="The name by which a person of your organisation signs in; empty is nobody. Anybody who underwrites may"
        " still answer.",
    )
    reason: Final = Text(de="Begründung", en="Reason")
    reason_hint: Final = Text(
        de="Für Kollegen und Prüfer und für den Kreditnehmer, der Auskunft verlangt.",
        en="For colleagues and auditors, and for the borrower who asks for access.",
    )
    answers: Final = MappingProxyType(
        {
            "false_alarm": Text(de="Fehlalarm: Es ist nicht so", en="False alarm: it is not so"),
            "explained": Text(de="Geklärt: Es ist so und unbedenklich", en="Explained: it is so and does not matter"),
            "watch": Text(de="Intensivbetreuung", en="Watched more closely"),
            "measures": Text(de="Maßnahmen vereinbart oder vorbereitet", en="Measures agreed or prepared"),
        }
    )
    steps: Final = Text(de="Verlauf", en="History")
    step_kinds: Final = MappingProxyType(
        {
            "assigned": Text(de="Zugewiesen", en="Assigned"),
            "snoozed": Text(de="Zurückgestellt", en="Snoozed"),
            "answered": Text(de="Beantwortet", en="Answered"),
            "asked_again": Text(de="Erneut fällig, da die Anzeichen fortbestehen", en="Due again, as its signs hold"),
            "raised_again": Text(
                de="Erneut ausgelöst durch ein weiteres Anzeichen", en="Raised again by a further sign"
            ),
            "cleared": Text(de="Erledigt: Die Anzeichen bestehen nicht mehr", en="Cleared: its signs are over"),
        }
    )
    service: Final = Text(de="Dienst", en="Service")
    done: Final = MappingProxyType(
        {
            "assign": Text(de="Die Frühwarnung ist zugewiesen.", en="The warning is assigned."),
            "snooze": Text(de="Die Frühwarnung ist zurückgestellt.", en="The warning is snoozed."),
            "answer": Text(de="Die Antwort ist eingetragen.", en="The answer is entered."),
        }
    )
    problems: Final = MappingProxyType(
        {
            "text": Text(
                de="Es fehlt eine Begründung (höchstens 2.000 Zeichen).",
                en="A reason is missing (at most 2,000 characters).",
            ),
            "until": Text(
                de="Der letzte Tag muss nach heute und höchstens 90 Tage voraus liegen.",
                en="The last day must be after today and at most 90 days ahead.",
            ),
            "answer": Text(de="Wählen Sie eine Antwort.", en="Choose an answer."),
            "to": Text(
                de="In Ihrem Haus gibt es niemanden mit diesem Namen.", en="Nobody of your organisation has this name."
            ),
            "state": Text(
                de="Das ist nicht mehr möglich: Die Warnung ist erledigt oder schon beantwortet.",
                en="This is not possible any more: the warning is cleared or answered already.",
            ),
        }
    )
