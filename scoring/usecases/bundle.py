"""The files of an answer to a request for access: a page to read, the data, documents, and ledgers as CSV."""

import io
import zipfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import anyio.to_thread
import jinja2
import msgspec
from typing_extensions import override

from features.feature import Text
from scoring.usecases.subject_data import Files, SubjectData

_PAGE: Final = Path(__file__).with_name("bundle.html")
_LABELS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "title": Text(de="Auskunft nach Art. 15 DSGVO", en="Access under Art. 15 GDPR"),
        "intro": Text(
            de="Alles, was dieser Dienst zu dieser Kennung gespeichert hat. In data.json steht dasselbe vollständig und"
            " maschinenlesbar, im Ordner observations jede Beobachtung mit allen Werten, in den CSV-Dateien die"
            " gelesenen Buchungen ohne Namen, im Ordner documents die"
            " Unterlagen der Fälle. Zugangsdaten und Schlüssel gehören nicht dazu.",
            en="Everything that this service has stored under this reference. data.json has all of it in a form for"
            " machines, the folder observations each observation with all its values, the CSV files have the bookings"
            " that were read, without names, the folder documents has the documents of cases. Credentials and keys are"
            " not part of it.",
        ),
        "nothing": Text(de="Nichts gespeichert.", en="Nothing stored."),
        "borrower": Text(de="Kreditnehmer", en="Borrower"),
        "decisions": Text(de="Entscheidungen", en="Decisions"),
        "rules": Text(de="Geprüfte Regeln", en="Rules that were checked"),
        "facts": Text(de="Alle Werte und Sätze:", en="All values and sentences:"),
        "ledger": Text(de="Gelesene Buchungen:", en="Bookings that were read:"),
        "observations": Text(de="Beobachtungen nach der Entscheidung", en="Observations after the decision"),
        "warnings": Text(de="Frühwarnungen", en="Early warnings"),
        "warning_steps": Text(de="Umgang mit Frühwarnungen", en="What was done about early warnings"),
        "warning_id": Text(de="Frühwarnung", en="Early warning"),
        "observation_id": Text(de="Beobachtung", en="Observation"),
        "trigger": Text(de="Auslöser", en="Trigger"),
        "severity": Text(de="Schwere", en="Severity"),
        "snoozed_until": Text(de="Zurückgestellt bis", en="Snoozed until"),
        "raised_at": Text(de="Ausgelöst", en="Raised"),
        "answered_at": Text(de="Beantwortet", en="Answered"),
        "cleared_at": Text(de="Erledigt", en="Cleared"),
        "answer": Text(de="Antwort", en="Answer"),
        "answered": Text(de="beantwortet", en="answered"),
        "cleared": Text(de="erledigt", en="cleared"),
        "snoozed": Text(de="zurückgestellt", en="snoozed"),
        "assigned": Text(de="zugewiesen", en="assigned"),
        "asked_again": Text(de="erneut fällig", en="due again"),
        "false_alarm": Text(de="Fehlalarm", en="false alarm"),
        "explained": Text(de="geklärt", en="explained"),
        "watch": Text(de="Intensivbetreuung", en="watched more closely"),
        "measures": Text(de="Maßnahmen", en="measures"),
        "covenants": Text(de="Covenants von Krediten", en="Covenants of loans"),
        "covenant_steps": Text(de="Prüfungen von Covenants", en="Tests of covenants"),
        "covenant_id": Text(de="Covenant", en="Covenant"),
        "feature": Text(de="Merkmal", en="Feature"),
        "bound": Text(de="Grenze", en="Bound"),
        "at_least": Text(de="mindestens", en="at least"),
        "at_most": Text(de="höchstens", en="at most"),
        "threshold": Text(de="Schwelle", en="Threshold"),
        "rhythm_days": Text(de="Tage von Prüfung zu Prüfung", en="Days from test to test"),
        "cure_days": Text(de="Tage zur Heilung", en="Days to cure"),
        "cure_until": Text(de="Zu heilen bis", en="To be cured by"),
        "waived_until": Text(de="Ausgesetzt bis", en="Waived until"),
        "tested": Text(de="geprüft", en="tested"),
        "untested": Text(de="noch nicht geprüft", en="not tested yet"),
        "met": Text(de="eingehalten", en="met"),
        "in_cure": Text(de="nicht eingehalten, in der Heilungsfrist", en="not met, in the time to cure"),
        "breached": Text(de="verletzt", en="breached"),
        "waived": Text(de="ausgesetzt (Waiver)", en="waived"),
        "value": Text(de="Wert", en="Value"),
        "missing": Text(de="Ohne Wert, weil", en="No value, because"),
        "evidence": Text(de="Belege", en="Documents"),
        "is_moot": Text(de="Gegenstandslos", en="Moot"),
        "monitoring_subscriptions": Text(de="Überwachung", en="Monitoring"),
        "as_of": Text(de="Tag", en="Day"),
        "grade": Text(de="Klasse", en="Grade"),
        "cause": Text(de="Grund", en="Reason"),
        "due_at": Text(de="Nächstes Lesen", en="Read next"),
        "observed_at": Text(de="Zuletzt gelesen", en="Last read"),
        "active": Text(de="läuft", en="running"),
        "paused": Text(de="angehalten", en="paused"),
        "ended": Text(de="beendet", en="ended"),
        "by_lender": Text(de="vom Kreditgeber beendet", en="ended by the lender"),
        "disconnected": Text(de="Verbindung gelöscht", en="connection deleted"),
        "loan_ended": Text(de="Kredit beendet", en="loan ended"),
        "no_loan": Text(de="kein Kredit", en="no loan"),
        "decision_erased": Text(de="Entscheidung gelöscht", en="decision erased"),
        "consents": Text(de="Einwilligungen", en="Consents"),
        "connections": Text(de="Verbindungen", en="Connections"),
        "connect_sessions": Text(de="Links", en="Links"),
        "loans": Text(de="Kredite", en="Loans"),
        "loan_entries": Text(de="Einträge zu Krediten", en="Entries about loans"),
        "written_documents": Text(de="Eingetragene Belege", en="Documents entered in the books"),
        "loan_id": Text(de="Kredit", en="Loan"),
        "loan_ref": Text(de="Kennung des Kredits", en="Reference of the loan"),
        "entry_ref": Text(de="Kennung des Eintrags", en="Reference of the entry"),
        "number": Text(de="Nummer", en="Number"),
        "happened_on": Text(de="Tag", en="Day"),
        "corrects": Text(de="Berichtigt", en="Corrects"),
        "why": Text(de="Grund", en="Reason"),
        "amount_cents": Text(de="Betrag in Cent", en="Amount in cents"),
        "annual_rate_bps": Text(de="Zinssatz im Jahr in Basispunkten", en="Yearly rate in basis points"),
        "conditions": Text(de="Bedingungen der Auszahlung", en="Conditions of the pay-out"),
        "condition": Text(de="Bedingung", en="Condition"),
        "instalments": Text(de="Raten", en="Instalments"),
        "is_forbearance": Text(de="Wegen Zahlungsschwierigkeiten", en="Because of difficulties to pay"),
        "proof": Text(de="Nachweis", en="Proof"),
        "closed_on": Text(de="Abgeschlossen", en="Closed"),
        "document_id": Text(de="Beleg", en="Document"),
        "written_at": Text(de="Eingetragen", en="Entered"),
        "granted": Text(de="gewährt", en="granted"),
        "condition_met": Text(de="Bedingung bestätigt", en="condition confirmed"),
        "planned": Text(de="Ratenplan", en="plan of instalments"),
        "paid_out": Text(de="ausgezahlt", en="paid out"),
        "paid": Text(de="gezahlt", en="paid"),
        "redeemed": Text(de="abgelöst", en="redeemed"),
        "restructured": Text(de="umgeschuldet", en="restructured"),
        "written_off": Text(de="abgeschrieben", en="written off"),
        "recovered": Text(de="eingebracht", en="recovered"),
        "closed": Text(de="abgeschlossen", en="closed"),
        "removed": Text(de="zurückgenommen", en="removed"),
        "running": Text(de="läuft", en="running"),
        "repaid": Text(de="zurückgezahlt", en="repaid"),
        "cancelled": Text(de="storniert", en="cancelled"),
        "line_corrections": Text(de="Korrigierte Bankzeilen", en="Corrected bank lines"),
        "pair": Text(de="Ergebnis bisher und mit diesem Modell", en="Result as decided and with this model"),
        "left_out": Text(de="Nicht vergleichbar, weil", en="Not comparable, because"),
        "scored_at": Text(de="Berechnet", en="Worked out"),
        "shadow_scores": Text(de="Proben anderer Modelle, ohne Wirkung", en="Trials of other models, without effect"),
        "jobs": Text(de="Anträge zur späteren Entscheidung", en="Applications for a later decision"),
        "events": Text(de="Meldungen an den Kreditgeber, dass etwas geschehen ist", en="What the lender was told of"),
        "portfolio_id": Text(de="Sammelantrag", en="Portfolio"),
        "line": Text(de="Zeile", en="Line"),
        "portfolio_faults": Text(de="Zeilen, die kein Antrag wurden", en="Lines that became no application"),
        "problem": Text(de="Fehler", en="Problem"),
        "queued": Text(de="wartet", en="waiting"),
        "begun": Text(de="läuft", en="running"),
        "failed": Text(de="fehlgeschlagen", en="failed"),
        "waiting": Text(de="wartet", en="waiting"),
        "write_backs": Text(de="Begonnene Einträge in die Bücher", en="Entries into the books that were begun"),
        "idempotency": Text(de="Schlüssel von Anträgen", en="Keys of applications"),
        "guarantees": Text(de="Bürgschaften", en="Guarantees"),
        "guarantor_named": Text(de="Bürge benannt", en="guarantor named"),
        "guarantor_freed": Text(de="Bürge entlassen", en="guarantor released"),
        "named_at": Text(de="Benannt", en="Named"),
        "released_at": Text(de="Entlassen", en="Released"),
        "name": Text(de="Name", en="Name"),
        "birth_date": Text(de="Geburtsdatum", en="Date of birth"),
        "address": Text(de="Anschrift", en="Address"),
        "consented_on": Text(de="Eingewilligt", en="Consented"),
        "cases": Text(de="Fälle", en="Cases"),
        "case_steps": Text(de="Verlauf der Fälle", en="Steps of the cases"),
        "notices": Text(de="Mitteilungen", en="Notices"),
        "format": Text(de="Format", en="Format"),
        "texts": Text(de="Fassung", en="Wording"),
        "sha256": Text(de="Prüfsumme", en="Digest"),
        "issued_at": Text(de="Ausgestellt", en="Issued"),
        "file": Text(de="Datei", en="File"),
        "case_id": Text(de="Fall", en="Case"),
        "case_documents": Text(de="Unterlagen der Fälle", en="Documents of the cases"),
        "applicant_links": Text(de="Links zum Antworten", en="Links to answer with"),
        "inquiry": Text(de="Rückfrage", en="Inquiry"),
        "contest": Text(de="Einwand gegen die Entscheidung", en="Objection to the decision"),
        "used": Text(de="verwendet", en="used"),
        "by_applicant": Text(de="Von Ihnen selbst", en="By yourself"),
        "media_type": Text(de="Art der Datei", en="Type of the file"),
        "size": Text(de="Bytes", en="Bytes"),
        "product": Text(de="Produkt", en="Product"),
        "approved_cents": Text(de="Zugesagt, in Cent", en="Approved, in cents"),
        "valid_until": Text(de="Gültig bis", en="Valid until"),
        "opened_at": Text(de="Eröffnet", en="Opened"),
        "changed_at": Text(de="Zuletzt geändert", en="Last changed"),
        "text": Text(de="Text", en="Text"),
        "holds": Text(de="Gründe der Aufbewahrung", en="Reasons for keeping"),
        "requests": Text(de="Anfragen", en="Requests"),
        "audit": Text(de="Protokoll", en="Audit trail"),
        "ErasedDecisionError": Text(de="Gelöscht.", en="Erased."),
        "RecordChangedError": Text(de="Beschädigt, nicht lesbar.", en="Damaged, cannot be read."),
        "NewerRecordError": Text(
            de="Von einer neueren Version gespeichert.", en="Stored by a newer version of the service."
        ),
        "created_at": Text(de="Erstellt", en="Created"),
        "borrower_ref": Text(de="Kennung", en="Reference"),
        "lender_id": Text(de="Kreditgeber", en="Lender"),
        "verdict": Text(de="Verdikt", en="Verdict"),
        "recommendation": Text(de="Empfehlung", en="Recommendation"),
        "score": Text(de="Score", en="Score"),
        "amount": Text(de="Betrag in Euro", en="Amount in euro"),
        "term_months": Text(de="Laufzeit in Monaten", en="Term in months"),
        "purpose": Text(de="Verwendungszweck", en="Purpose"),
        "applicant": Text(de="Antragsteller", en="Applicant"),
        "account_holder": Text(de="Inhaber der Buchhaltung", en="Holder of the books"),
        "purposes": Text(de="Zwecke", en="Purposes"),
        "at": Text(de="Zeit", en="Time"),
        "action": Text(de="Vorgang", en="Action"),
        "object": Text(de="Gegenstand", en="Object"),
        "status": Text(de="Zustand", en="State"),
        "state": Text(de="Zustand", en="State"),
        "id": Text(de="Kennung im Dienst", en="Identifier in the service"),
        "restricted_at": Text(de="Eingeschränkt seit", en="Restricted since"),
        "erased_at": Text(de="Gelöscht", en="Erased"),
        "source": Text(de="Quelle", en="Source"),
        "checked_at": Text(de="Geprüft", en="Checked"),
        "lender_name": Text(de="Name des Kreditgebers", en="Name of the lender"),
        "privacy_url": Text(de="Datenschutzhinweise", en="Privacy notice"),
        "privacy_email": Text(de="Kontakt zum Datenschutz", en="Contact for privacy"),
        "return_url": Text(de="Rückkehr zu", en="Return to"),
        "language": Text(de="Sprache", en="Language"),
        "expires_at": Text(de="Gültig bis", en="Valid until"),
        "ended_at": Text(de="Beendet", en="Ended"),
        "connection_id": Text(de="Verbindung", en="Connection"),
        "connect_session_id": Text(de="Link", en="Link"),
        "text_version": Text(de="Version des Textes", en="Version of the text"),
        "text_sha256": Text(de="Prüfsumme des Textes", en="Digest of the text"),
        "given_at": Text(de="Erteilt", en="Given"),
        "withdrawn_at": Text(de="Ganz widerrufen", en="Withdrawn wholly"),
        "withdrawn": Text(de="Widerrufene Zwecke", en="Purposes withdrawn"),
        "line_id": Text(de="Bankzeile", en="Bank line"),
        "category": Text(de="Kategorie", en="Category"),
        "decision_id": Text(de="Entscheidung", en="Decision"),
        "begun_at": Text(de="Begonnen", en="Begun"),
        "idempotency_key": Text(de="Schlüssel", en="Key"),
        "reserved_at": Text(de="Verwendet", en="Used"),
        "reason": Text(de="Grund", en="Reason"),
        "until": Text(de="Bis", en="Until"),
        "set_at": Text(de="Angeordnet", en="Set"),
        "kind": Text(de="Art", en="Kind"),
        "received_on": Text(de="Eingegangen", en="Received"),
        "due_on": Text(de="Zu beantworten bis", en="Due"),
        "warnings.due_on": Text(de="Antwort des Kreditgebers bis", en="Answer of the lender by"),
        "covenants.due_on": Text(de="Nächste Prüfung ab", en="Next test from"),
        "extended_for": Text(de="Verlängert wegen", en="Extended for"),
        "identity_check": Text(de="Prüfung der Identität", en="Check of identity"),
        "refused_for": Text(de="Abgelehnt wegen", en="Refused for"),
        "recorded_at": Text(de="Erfasst", en="Recorded"),
        "outcome": Text(de="Ergebnis", en="Outcome"),
        "approve": Text(de="Zusage", en="Approve"),
        "refer": Text(de="Prüfung durch eine Person", en="Review by a person"),
        "decline": Text(de="Ablehnung", en="Decline"),
        "access": Text(de="Auskunft", en="Access"),
        "erasure": Text(de="Löschung", en="Erasure"),
        "restriction": Text(de="Einschränkung", en="Restriction"),
        "open": Text(de="offen", en="open"),
        "restricted": Text(de="eingeschränkt", en="restricted"),
        "done": Text(de="erledigt", en="done"),
        "lifted": Text(de="aufgehoben", en="lifted"),
        "refused": Text(de="abgelehnt", en="refused"),
        "completed": Text(de="verbunden", en="connected"),
        "working": Text(de="verbunden", en="working"),
        "open_loan": Text(de="offener Kredit", en="open loan"),
        "yes": Text(de="ja", en="yes"),
        "no": Text(de="nein", en="no"),
        "legal_claims": Text(de="Rechtsansprüche", en="legal claims"),
    }
)
"""Words of the page by name, or by table and name where a table says it otherwise; columns without one have the name
of data.json."""


async def files_of(subject_data: SubjectData) -> Files:
    """The bundle, file by file; page and data come last, as they tell of the others."""
    async for path, content in subject_data.files:
        yield path, content
    data = subject_data.data
    yield "index.html", await anyio.to_thread.run_sync(lambda: _page(data).encode())
    yield "data.json", msgspec.json.format(msgspec.json.encode(data), indent=1) + b"\n"


async def zip_of(files: Files) -> AsyncIterator[bytes]:
    """The bundle as one ZIP file, in pieces: at most the files of one decision or one case are held."""
    pieces = _Pieces()
    with zipfile.ZipFile(pieces, "w", zipfile.ZIP_DEFLATED) as archive:
        async for path, content in files:
            await anyio.to_thread.run_sync(archive.writestr, path, content)
            yield pieces.take()
    yield pieces.take()


class _Pieces(io.RawIOBase):
    """Takes what is written, until it is taken from here."""

    def __init__(self) -> None:
        self._written = bytearray()

    @override
    def writable(self) -> bool:
        return True

    @override
    def write(self, content: Any, /) -> int:  # any buffer
        self._written += content
        return len(content)

    def take(self) -> bytes:
        """What was written since the last time."""
        taken = bytes(self._written)
        self._written.clear()
        return taken


def _page(data: dict[str, Any]) -> str:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(_PAGE.read_text())
    return template.render(
        data=msgspec.to_builtins(data), say=_say, summary=_summary, short=_short, observed=_observed, warned=_warned
    )


def _say(value: object, language: str, table: str = "") -> str:
    """A name or a code in words, as its table has it; anything else as it is."""
    if isinstance(value, bool):
        value = "yes" if value else "no"
    label = _LABELS.get(f"{table}.{value}", _LABELS.get(value)) if isinstance(value, str) else None
    return str(value) if label is None else str(getattr(label, language))


def _warned(warning: dict[str, Any]) -> dict[str, Any]:
    """A warning without what it says, which stands below it."""
    return {name: value for name, value in warning.items() if name not in {"finding", "words"}}


def _summary(decision: dict[str, Any]) -> dict[str, Any]:
    facts = decision["facts"]
    terms, assessment = facts["terms"], facts["assessment"]
    return {
        "created_at": facts["created_at"],
        "verdict": assessment["verdict"],
        "recommendation": assessment["recommendation"],
        "score": assessment["score"],
        "amount": f"{terms['amount_cents'] / 100:.2f}",
        "term_months": terms["term_months"],
        "purpose": decision["purpose"],
        "applicant": _party(decision["applicant"]),
        "account_holder": _party(decision["account_holder"]),
    }


def _observed(observation: dict[str, Any]) -> dict[str, Any]:
    """What stands of an observation in a table."""
    return {name: observation[name] for name in ("as_of", "decision_id", "recommendation", "score", "grade")}


def _party(party: dict[str, str | None] | None) -> str | None:
    """Name and numbers of who applies, or whose account it is."""
    return None if party is None else ", ".join(value for value in party.values() if value is not None)


def _short(consent: dict[str, Any]) -> dict[str, Any]:
    withdrawn = ", ".join(f"{one['purpose']} {one['withdrawn_at'] or ''}".rstrip() for one in consent["withdrawn"])
    short = {name: value for name, value in consent.items() if name not in {"text", "language"}}
    return {**short, "withdrawn": withdrawn or None}
