"""Texts of the reports on people's decisions."""

from types import MappingProxyType
from typing import Final

from features.feature import Text


class ReportPage:
    """Filter, tables, figures, and what is left out."""

    title: Final = Text(de="Auswertung der Entscheidungen von Menschen", en="Report on people's decisions")
    filter: Final = Text(de="Zeitraum und Produkt", en="Days and product")
    since: Final = Text(de="Vom", en="From")
    until: Final = Text(de="Bis einschließlich", en="To, that day included")
    product: Final = Text(de="Produkt", en="Product")
    any: Final = Text(de="alle", en="all")
    apply: Final = Text(de="Anzeigen", en="Show")
    wrong: Final = Text(
        de="Bitte geben Sie gültige Tage an, den ersten nicht nach dem letzten, höchstens drei Jahre.",
        en="Please enter valid days, the first not after the last, three years at most.",
    )
    damaged: Final = Text(
        de="Diese Fälle wurden in der Datenbank verändert und fehlen hier. Bitte melden Sie sie der"
        " Systemadministration:",
        en="These cases were altered in the database and are left out. Please report them to your administrator:",
    )
    queue: Final = Text(de="Was jetzt wartet", en="What waits now")
    late: Final = Text(de="überfällig", en="late")
    unclaimed: Final = Text(de="von niemandem übernommen", en="claimed by nobody")
    oldest: Final = Text(de="der älteste seit", en="the oldest one since")
    nothing: Final = Text(de="nichts", en="nothing")
    cases: Final = Text(de="Eröffnete Fälle", en="Cases opened")
    opened: Final = Text(de="Fälle", en="Cases")
    referred: Final = Text(de="an einen Menschen verwiesen", en="referred to a person")
    recommended: Final = Text(de="Das System empfahl", en="The machine recommended")
    stands: Final = Text(de="Stand heute", en="State today")
    waited: Final = Text(de="auf den Antragsteller gewartet", en="waited for the applicant")
    months: Final = Text(de="Verwiesene Fälle je Monat der Eröffnung", en="Referred cases by month of opening")
    months_say: Final = Text(
        de="{referred} von {opened} Fällen wurden verwiesen.", en="{referred} of {opened} cases were referred."
    )
    months_none: Final = Text(de="Im Zeitraum wurde kein Fall eröffnet.", en="No case was opened in these days.")
    month: Final = Text(de="Monat", en="Month")
    as_table: Final = Text(de="Als Tabelle", en="As a table")
    votes: Final = Text(de="Voten", en="Votes")
    votes_months: Final = Text(
        de="Gezählt sind ganze, abgelaufene Monate: {months}.", en="Counted are whole months that have ended: {months}."
    )
    votes_none: Final = Text(
        de="Im Zeitraum liegt kein abgelaufener Monat, dessen Voten ausgewertet werden dürfen.",
        en="These days hold no month that has ended and whose votes may be counted.",
    )
    left_out: Final = Text(
        de="Ausgelassen, weil die Zahlen etwas über einzelne Personen verraten würden (weniger als fünf Personen, oder"
        " eine mit mehr als der Hälfte der Voten): {months}.",
        en="Left out, since figures would tell of single persons (fewer than five, or one with over half of the votes):"
        " {months}.",
    )
    decided: Final = Text(de="von Menschen entschieden", en="decided by persons")
    results: Final = Text(de="Was Menschen entschieden", en="What persons decided")
    result: Final = Text(de="Ergebnis", en="Result")
    count: Final = Text(de="Anzahl", en="Count")
    beyond: Final = Text(de="davon über das Angebot hinaus", en="of these beyond the offer")
    shares: Final = Text(de="Anteile", en="Shares")
    figure: Final = Text(de="Größe", en="Figure")
    of: Final = Text(de="von", en="of")
    share: Final = Text(de="Anteil", en="Share")
    interval: Final = Text(de="95-%-Intervall", en="95 % interval")
    too_few: Final = Text(de="zu wenige", en="too few")
    interval_say: Final = Text(de="{low} bis {high}", en="{low} to {high}")
    overrides: Final = Text(de="Abweichungen vom System", en="Overrides of the machine")
    towards_approval: Final = Text(de="in Richtung Zusage", en="towards an approval")
    towards_decline: Final = Text(de="in Richtung Ablehnung", en="towards a decline")
    agreed: Final = Text(de="Zweitvotum wie das erste", en="second vote as the first")
    decided_late: Final = Text(de="zu spät entschieden", en="decided late")
    bad_plain: Final = Text(de="ausgefallene Kredite ohne Abweichung", en="loans gone bad, without an override")
    bad_override: Final = Text(de="ausgefallene Kredite mit Abweichung", en="loans gone bad, with an override")
    times: Final = Text(de="Dauer der Schritte", en="Time of the steps")
    median: Final = Text(de="Median", en="Median")
    decile: Final = Text(de="neun von zehn höchstens", en="nine of ten at most")
    until_claim: Final = Text(de="bis zur Übernahme", en="until the claim")
    until_vote: Final = Text(de="von der Übernahme bis zum Votum", en="from the claim to the vote")
    until_decided: Final = Text(de="bis zur Entscheidung", en="until decided")
    times_hint: Final = Text(
        de="Ohne die Zeit, in der auf den Antragsteller gewartet wurde.",
        en="Without the time in which the applicant was waited for.",
    )
    reasons: Final = Text(de="Gründe", en="Reasons")
    reason: Final = Text(de="Grund", en="Reason")
    verdict: Final = Text(de="Votum", en="Vote")
    signs: Final = Text(de="Wird noch geprüft, oder nur bestätigt?", en="Examined, or only confirmed?")
    signs_hint: Final = Text(
        de="Ein Anzeichen ist Anlass, in Fälle zu schauen, und keine Feststellung über jemanden: Auch einem guten"
        " Modell wird oft gefolgt. Hervorgehoben ist, was sich nicht durch Zufall erklärt.",
        en="A sign is a reason to look at cases, and no finding about anybody: a good model is followed often, too."
        " Marked is what chance does not explain.",
    )
    sign: Final = Text(de="Anzeichen", en="Sign")
    sign_names: Final = MappingProxyType(
        {
            "quick": Text(de="Votum binnen zwei Minuten", en="vote within two minutes"),
            "follows": Text(de="Votum wie vom System empfohlen", en="vote as the machine recommended"),
            "unopened": Text(de="weder Fall noch Entscheidung geöffnet", en="neither case nor decision opened"),
        }
    )
    among: Final = Text(de="unter", en="among")
    places: Final = MappingProxyType(
        {
            "all": Text(de="allen Voten", en="all votes"),
            "first": Text(de="Erstvoten", en="first votes"),
            "second": Text(de="Zweitvoten", en="second votes"),
            "escalated": Text(de="Voten nach Abweichung", en="votes after an escalation"),
        }
    )
    bound: Final = Text(de="Schwelle", en="Bound")
    noticed: Final = Text(de="auffällig", en="noticed")
    persons: Final = Text(de="Einzelne Personen", en="Single persons")
    persons_title: Final = Text(de="Auswertung einzelner Personen", en="Report on single persons")
    persons_off: Final = Text(
        de="Zahlen zu einzelnen Personen gibt es nur aufgrund einer Betriebsvereinbarung, und für die Rollen, die sie"
        " nennt.",
        en="There are figures of single persons only under a works agreement, for the roles that it names.",
    )
    persons_under: Final = Text(
        de="Nach der Betriebsvereinbarung vom {day}. Voten vom {since} bis {until}. Dieser Aufruf steht im Protokoll.",
        en="Under the works agreement of {day}. Votes from {since} to {until}. This look is in the audit trail.",
    )
    persons_hint: Final = Text(
        de="Ein hoher Anteil ist Anlass zu einem Gespräch und keine Feststellung. Unter fünf Voten gibt es keinen"
        " Anteil.",
        en="A high share is a reason to talk, and no finding. Below five votes there is no share.",
    )
    persons_none: Final = Text(de="Im Zeitraum gibt es kein Votum.", en="There is no vote in these days.")
    person: Final = Text(de="Person", en="Person")
    back: Final = Text(de="Zur Auswertung", en="Back to the report")
    minutes: Final = Text(de="{count} Minuten", en="{count} minutes")
    hours: Final = Text(de="{count} Stunden", en="{count} hours")
    days: Final = Text(de="{count} Tage", en="{count} days")
