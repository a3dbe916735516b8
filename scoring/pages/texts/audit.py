"""Texts of the audit trail."""

from types import MappingProxyType
from typing import Final

from features.feature import Text


class AuditPage:
    """Filter, columns, and what each action is called."""

    title: Final = Text(de="Protokoll", en="Audit trail")
    table: Final = Text(de="Vorgänge, neueste zuerst", en="Actions, newest first")
    filter: Final = Text(de="Filtern", en="Filter")
    apply: Final = Text(de="Anwenden", en="Apply")
    reset: Final = Text(de="Alle anzeigen", en="Show all")
    any: Final = Text(de="alle", en="any")
    at: Final = Text(de="Zeit", en="Time")
    who: Final = Text(de="Wer", en="Who")
    who_hint: Final = Text(
        de="Name oder Kennung, oder Benutzer des Betriebssystems",
        en="Name or identifier, or user of the operating system",
    )
    action: Final = Text(de="Vorgang", en="Action")
    object: Final = Text(de="Gegenstand", en="Object")
    object_hint: Final = Text(de="Kennung, vollständig", en="Identifier, in full")
    address: Final = Text(de="Von wo", en="From where")
    since: Final = Text(de="Von", en="From")
    until: Final = Text(de="Bis", en="To")
    older: Final = Text(de="Ältere Vorgänge", en="Older actions")
    newest: Final = Text(de="Neueste Vorgänge", en="Newest actions")
    pages: Final = Text(de="Seiten", en="Pages")
    none: Final = Text(de="Kein Vorgang passt zu diesem Filter.", en="No action matches this filter.")
    wrong: Final = Text(de="Der Filter ist ungültig:", en="This filter is not valid:")
    wrong_choice: Final = Text(
        de="{field}: Bitte wählen Sie einen der angebotenen Werte.",
        en="{field}: please choose one of the listed values.",
    )
    wrong_day: Final = Text(
        de="{field}: Bitte geben Sie ein Datum im Format JJJJ-MM-TT an.",
        en="{field}: please enter a date as YYYY-MM-DD.",
    )
    wrong_text: Final = Text(
        de="{field}: Bitte geben Sie höchstens 120 druckbare Zeichen an.",
        en="{field}: please enter at most 120 printable characters.",
    )
    wrong_parameter: Final = Text(
        de="Die Adresse enthält unbekannte oder doppelte Angaben. Bitte verwenden Sie das Formular.",
        en="The address contains unknown or repeated parameters. Please use the form.",
    )
    actions: Final = MappingProxyType(
        {
            "decision.made": Text(de="Entscheidung getroffen", en="Decision made"),
            "decision.read": Text(de="Entscheidung gelesen", en="Decision read"),
            "decisions.listed": Text(de="Entscheidungen aufgelistet", en="Decisions listed"),
            "job.accepted": Text(de="Antrag zur späteren Entscheidung angenommen", en="Application taken for later"),
            "job.cancelled": Text(de="Spätere Entscheidung abgebrochen", en="Later decision cancelled"),
            "job.retried": Text(de="Spätere Entscheidung wiederholt", en="Later decision tried again"),
            "portfolio.accepted": Text(de="Portfolio angenommen", en="Portfolio accepted"),
            "portfolio.read": Text(de="Portfolio gelesen", en="Portfolio read"),
            "portfolio.paused": Text(de="Portfolio angehalten", en="Portfolio paused"),
            "portfolio.resumed": Text(de="Portfolio fortgesetzt", en="Portfolio resumed"),
            "portfolio.cancelled": Text(de="Portfolio abgebrochen", en="Portfolio cancelled"),
            "monitoring.begun": Text(de="Kreditüberwachung begonnen", en="Monitoring begun"),
            "covenant.agreed": Text(de="Covenant eingetragen", en="Covenant entered"),
            "covenant.read": Text(de="Covenant gelesen", en="Covenant read"),
            "covenants.listed": Text(de="Covenants aufgelistet", en="Covenants listed"),
            "covenant.waived": Text(de="Covenant ausgesetzt (Waiver)", en="Covenant waived"),
            "covenant.ended": Text(de="Covenant beendet", en="Covenant ended"),
            "warning.read": Text(de="Frühwarnung gelesen", en="Warning read"),
            "warnings.listed": Text(de="Frühwarnungen aufgelistet", en="Warnings listed"),
            "warning.assigned": Text(de="Frühwarnung zugewiesen", en="Warning assigned"),
            "warning.snoozed": Text(de="Frühwarnung zurückgestellt", en="Warning snoozed"),
            "warning.answered": Text(de="Frühwarnung beantwortet", en="Warning answered"),
            "monitoring.asked": Text(de="Neue Beobachtung verlangt", en="Observation asked for"),
            "monitoring.observed": Text(de="Bücher erneut bewertet", en="Books scored again"),
            "monitoring.ended": Text(de="Kreditüberwachung beendet", en="Monitoring ended"),
            "monitoring.read": Text(de="Kreditüberwachung gelesen", en="Monitoring read"),
            "monitoring.listed": Text(de="Überwachte Kreditnehmer aufgelistet", en="Monitored borrowers listed"),
            "observation.read": Text(de="Beobachtung gelesen", en="Observation read"),
            "decision.simulated": Text(de="Entscheidung durchgespielt", en="Decision simulated"),
            "connection.made": Text(de="Verbindung angelegt", en="Connection made"),
            "connection.checked": Text(de="Verbindung geprüft", en="Connection checked"),
            "connection.read": Text(de="Verbindung gelesen", en="Connection read"),
            "connections.listed": Text(de="Verbindungen aufgelistet", en="Connections listed"),
            "connection.deleted": Text(de="Verbindung gelöscht", en="Connection deleted"),
            "contacts.read": Text(de="Kontakte gelesen", en="Contacts read"),
            "fee.begun": Text(de="Gebührenbeleg begonnen", en="Fee document begun"),
            "purpose.withdrawn": Text(de="Zweck widerrufen", en="Purpose withdrawn"),
            "line.corrected": Text(de="Bankzeile korrigiert", en="Bank line corrected"),
            "lines.listed": Text(de="Korrekturen aufgelistet", en="Corrections listed"),
            "loan.granted": Text(de="Kredit gewährt", en="Loan granted"),
            "loan.paid_out": Text(de="Kredit ausgezahlt", en="Loan paid out"),
            "loan.changed": Text(de="Eintrag zu einem Kredit", en="Entry about a loan"),
            "loan.corrected": Text(de="Eintrag zu einem Kredit korrigiert", en="Entry about a loan corrected"),
            "loan.read": Text(de="Kredit gelesen", en="Loan read"),
            "loans.listed": Text(de="Kredite aufgelistet", en="Loans listed"),
            "link.made": Text(de="Link erstellt", en="Link made"),
            "link.read": Text(de="Link gelesen", en="Link read"),
            "links.listed": Text(de="Links aufgelistet", en="Links listed"),
            "link.declined": Text(de="Link abgelehnt", en="Link declined"),
            "link.failed": Text(de="Link nach Fehlversuchen geschlossen", en="Link closed after failures"),
            "consent.given": Text(de="Einwilligung erteilt", en="Consent given"),
            "consent.withdrawn": Text(de="Einwilligung widerrufen", en="Consent withdrawn"),
            "key.added": Text(de="API-Schlüssel angelegt", en="API key added"),
            "key.changed": Text(de="API-Schlüssel geändert", en="API key changed"),
            "key.revoked": Text(de="API-Schlüssel widerrufen", en="API key revoked"),
            "keys.rotated": Text(de="Verschlüsselung erneuert", en="Encryption renewed"),
            "person.added": Text(de="Person angelegt", en="Person added"),
            "person.changed": Text(de="Person geändert", en="Person changed"),
            "person.disabled": Text(de="Person gesperrt", en="Person disabled"),
            "person.enabled": Text(de="Person entsperrt", en="Person enabled"),
            "factor.added": Text(de="Zweiter Faktor eingerichtet", en="Second factor set up"),
            "factor.removed": Text(de="Zweiter Faktor entfernt", en="Second factor removed"),
            "recovery_code.used": Text(de="Wiederherstellungscode verwendet", en="Recovery code used"),
            "device_link.made": Text(de="Link für einen Browser erstellt", en="Link for a browser made"),
            "device.known": Text(de="Browser durch einen Link bekannt", en="Browser known by a link"),
            "sign_in": Text(de="Angemeldet", en="Signed in"),
            "sign_in.failed": Text(de="Anmeldung abgewiesen", en="Sign-in refused"),
            "sign_out": Text(de="Abgemeldet", en="Signed out"),
            "policy.begun": Text(de="Kreditrichtlinie in Kraft", en="Policy came into force"),
            "policy.simulated": Text(de="Kreditrichtlinie erprobt", en="Policy tried on stored applications"),
            "authority.begun": Text(de="Kompetenzordnung in Kraft", en="File of authority came into force"),
            "works_agreement.begun": Text(de="Betriebsvereinbarung in Kraft", en="Works agreement came into force"),
            "report.read": Text(de="Auswertung gelesen", en="Report read"),
            "report.persons_read": Text(de="Auswertung einzelner Personen gelesen", en="Report on single persons read"),
            "model.watched": Text(de="Modell überwacht", en="Model watched"),
            "report.stacking_read": Text(de="Auswertung der Kredite bei anderen gelesen", en="Report on stacking read"),
            "cases.listed": Text(de="Fälle aufgelistet", en="Cases listed"),
            "case.read": Text(de="Fall gelesen", en="Case read"),
            "notice.issued": Text(de="Mitteilung ausgestellt", en="Notice issued"),
            "notice.read": Text(de="Mitteilung gelesen", en="Notice read"),
            "notices.listed": Text(de="Mitteilungen aufgelistet", en="Notices listed"),
            "memo.made": Text(de="Kreditvorlage erstellt", en="Credit memo made"),
            "dossier.made": Text(de="Dossier erstellt", en="Dossier written"),
            "case.opened": Text(de="Fall eröffnet", en="Case opened"),
            "case.claimed": Text(de="Fall übernommen", en="Case claimed"),
            "case.released": Text(de="Bearbeitung des Falls abgegeben", en="Case released"),
            "case.assigned": Text(de="Fall zugewiesen", en="Case assigned"),
            "case.commented": Text(de="Notiz zu einem Fall", en="Comment on a case"),
            "case.asked": Text(de="Antragsteller gefragt", en="Applicant asked"),
            "case.answered": Text(de="Antwort erfasst", en="Answer noted"),
            "case.voted": Text(de="Votum abgegeben", en="Vote given"),
            "case.reopened": Text(de="Fall neu eröffnet", en="Case reopened"),
            "case.contested": Text(de="Einwand gegen Entscheidung", en="Decision contested"),
            "case.filed": Text(de="Unterlage abgelegt", en="Document put into case"),
            "document.read": Text(de="Unterlage gelesen", en="Document read"),
            "applicant_link.made": Text(de="Link zum Einwand erstellt", en="Link to contest created"),
            "case.withdrawn": Text(de="Fall zurückgezogen", en="Case withdrawn"),
            "guarantor.named": Text(de="Bürgen benannt", en="Guarantor named"),
            "guarantor.read": Text(de="Bürgen gelesen", en="Guarantor read"),
            "guarantor.released": Text(de="Bürgen entlassen", en="Guarantor released"),
            "snooze.asked": Text(de="Aussetzen einer Regel beantragt", en="Setting a rule aside asked for"),
            "snooze.confirmed": Text(de="Aussetzen einer Regel bestätigt", en="Setting a rule aside confirmed"),
            "snooze.ended": Text(de="Aussetzen einer Regel beendet", en="Setting a rule aside ended"),
            "bank_rules.begun": Text(de="Regeln für Bankzeilen in Kraft", en="Rules for bank lines came into force"),
            "model.promoted": Text(de="Modell freigegeben", en="Model promoted"),
            "promotion.requested": Text(de="Freigabe beantragt", en="Promotion requested"),
            "promotion.approved": Text(de="Freigabe erteilt", en="Promotion approved"),
            "promotion.rejected": Text(de="Freigabe abgelehnt", en="Promotion rejected"),
            "promotion.rolled_back": Text(de="Freigabe zurückgenommen", en="Promotion rolled back"),
            "promotion.withdrawn": Text(de="Freigabeantrag zurückgezogen", en="Promotion request withdrawn"),
            "promotion.read": Text(de="Freigabeantrag gelesen", en="Promotion request read"),
            "promotions.listed": Text(de="Freigabeanträge aufgelistet", en="Promotion requests listed"),
            "export": Text(de="Daten exportiert", en="Data exported"),
            "backup": Text(de="Datenbank kopiert", en="Database copied"),
            "replay": Text(de="Entscheidung nachgerechnet", en="Decision replayed"),
            "audit.read": Text(de="Protokoll gelesen", en="Audit trail read"),
            "subject.requested": Text(
                de="Anfrage einer betroffenen Person erfasst", en="Request of a data subject recorded"
            ),
            "subject.changed": Text(de="Anfrage geändert", en="Request changed"),
            "subject.read": Text(de="Anfragen gelesen", en="Requests read"),
            "subject.exported": Text(de="Auskunft erstellt", en="Access bundle made"),
            "subject.answered": Text(de="Auskunft erteilt", en="Access given"),
            "subject.erased": Text(de="Daten gelöscht", en="Data erased"),
            "subject.restricted": Text(de="Verarbeitung eingeschränkt", en="Processing restricted"),
            "subject.lifted": Text(de="Einschränkung aufgehoben", en="Restriction lifted"),
            "webhook.added": Text(de="Webhook angelegt", en="Webhook added"),
            "webhook.changed": Text(de="Webhook geändert", en="Webhook changed"),
            "webhook.failed": Text(de="Webhook vom Dienst abgeschaltet", en="Webhook disabled by the service"),
            "webhook.rotated": Text(de="Geheimnis eines Webhooks erneuert", en="Secret of a webhook renewed"),
            "webhook.tested": Text(de="Webhook getestet", en="Webhook tested"),
            "webhook.deleted": Text(de="Webhook gelöscht", en="Webhook deleted"),
            "events.replayed": Text(de="Ereignisse erneut gesendet", en="Events sent again"),
            "hold.set": Text(de="Aufbewahrung angeordnet", en="Hold set"),
            "hold.released": Text(de="Aufbewahrung beendet", en="Hold released"),
            "schedule.run": Text(de="Aufgabe des Zeitplans angestoßen", en="Schedule run at once"),
            "retention": Text(de="Fristen angewandt", en="Retention carried out"),
        }
    )
