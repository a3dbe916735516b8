"""Texts of the page of jobs, portfolios and schedules."""

from types import MappingProxyType
from typing import Final

from features.feature import Text


class JobsPage:
    """What the page of jobs says."""

    title: Final = Text(de="Aufträge", en="Jobs")
    intro: Final = Text(
        de="Entscheidungen, deren Antwort später kommt, Portfolios, und was der Dienst von selbst erledigt.",
        en="Decisions that are answered later, portfolios, and what the service does by itself.",
    )
    filter: Final = Text(de="Aufträge filtern", en="Filter jobs")
    state: Final = Text(de="Zustand", en="State")
    any: Final = Text(de="alle", en="any")
    apply: Final = Text(de="Anzeigen", en="Show")
    none: Final = Text(de="Keine Aufträge in dieser Auswahl.", en="No jobs in this selection.")
    later: Final = Text(de="Zeitversetzte Entscheidungen, die neuesten zuerst", en="Later decisions, newest first")
    job: Final = Text(de="Auftrag", en="Job")
    accepted: Final = Text(de="Angenommen", en="Accepted")
    ended: Final = Text(de="Beendet", en="Ended")
    result: Final = Text(de="Ergebnis", en="Result")
    decision: Final = Text(de="Entscheidung", en="Decision")
    restricted: Final = Text(de="Die Daten der Firma sind gesperrt.", en="The firm's data are restricted.")
    older: Final = Text(de="Ältere", en="Older")
    states: Final = MappingProxyType(
        {
            "waiting": Text(de="wartet", en="waiting"),
            "running": Text(de="in Arbeit", en="running"),
            "done": Text(de="entschieden", en="done"),
            "failed": Text(de="fehlgeschlagen", en="failed"),
            "cancelled": Text(de="abgebrochen", en="cancelled"),
            "expired": Text(de="nicht rechtzeitig entschieden", en="not decided in time"),
        }
    )
    newest_portfolios: Final = Text(de="Die neuesten Portfolios", en="The newest portfolios")
    all_portfolios: Final = Text(de="Alle Portfolios", en="All portfolios")
    schedules: Final = Text(de="Zeitplan", en="Schedules")
    by_itself: Final = Text(de="Was der Dienst von selbst erledigt", en="What the service does by itself")
    task: Final = Text(de="Aufgabe", en="Task")
    next: Final = Text(de="Nächste Ausführung", en="Next run")
    last: Final = Text(de="Letzte Ausführung", en="Last run")
    not_yet: Final = Text(de="noch keine", en="none yet")
    no_schedules: Final = Text(de="Der Dienst hat keinen Zeitplan.", en="The service has no schedules.")
    tasks: Final = MappingProxyType(
        {
            "retention": Text(de="Löschen, was seine Frist überschritten hat", en="Delete what is past its retention"),
            "encryption": Text(de="Mit dem ersten Schlüssel verschlüsseln", en="Encrypt anew with the first key"),
            "watching": Text(de="Modelle überwachen", en="Watch the models"),
            "portfolio": Text(de="Über alle verbundenen Firmen entscheiden", en="Decide on all connected borrowers"),
        }
    )
    run_states: Final = MappingProxyType(
        {
            "waiting": Text(de="wartet", en="waiting"),
            "running": Text(de="in Arbeit", en="running"),
            "done": Text(de="erledigt", en="done"),
            "failed": Text(de="fehlgeschlagen", en="failed"),
        }
    )
