"""Everything that is stored about one borrower, as plain data: what a person who asks for access receives.

Never part of it: tokens, keys, secrets of links, other borrowers, and who at the lender did something.
"""

import io
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import msgspec
from sqlalchemy import Row, Table, select
from sqlalchemy.engine import Connection

from scoring.base.secrets import Cipher, DecryptionError
from scoring.decisions import records
from scoring.decisions.cases import SnoozeAsked, Voted, is_by_applicant
from scoring.decisions.covenants import Measured
from scoring.decisions.decision import Decision
from scoring.decisions.loans import kind_of
from scoring.decisions.records import NewerRecordError
from scoring.store import covenants, snapshots
from scoring.store import observations as observed
from scoring.store.borrowers import load_particulars
from scoring.store.case_documents import content_of, documents_of
from scoring.store.cases import CaseChangedError, StoredCase, with_texts
from scoring.store.cases import kind_of as kind_of_step
from scoring.store.cases import load as load_case
from scoring.store.connect_sessions import find_consents
from scoring.store.database import Database
from scoring.store.decisions import ErasedDecisionError, RecordChangedError, StoredDecision, find_decision
from scoring.store.guarantors import guarantors_of
from scoring.store.holders import open_holders
from scoring.store.holds import holds_of
from scoring.store.loans import StoredLoan, loans_of
from scoring.store.notices import content_of as read_notice
from scoring.store.snapshots import SnapshotError
from scoring.store.statements import Signer
from scoring.store.subject_requests import requests_of
from scoring.store.tables import (
    applicant_links,
    audit,
    borrowers,
    cases,
    connect_sessions,
    connections,
    consents,
    decisions,
    events,
    idempotency,
    jobs,
    line_corrections,
    monitoring_subscriptions,
    notices,
    observations,
    portfolio_faults,
    shadow_scores,
    write_backs,
    written_documents,
)
from scoring.store.warnings import all_of as warnings_of
from scoring.store.warnings import borrower_of as warning_borrower
from scoring.store.warnings import finding_of, steps_of
from scoring.texts.rendering import words_of
from scoring.texts.warnings import say_finding

_BORROWER: Final = ("id", "lender_id", "borrower_ref", "created_at", "restricted_at", "erased_at")
_OF_BORROWER: Final[Mapping[Table, tuple[str, ...]]] = {
    connections: ("id", "source", "status", "created_at", "checked_at", "purposes"),
    connect_sessions: (
        *("id", "lender_name", "privacy_url", "privacy_email", "return_url", "language", "purposes", "status"),
        *("created_at", "expires_at", "ended_at", "connection_id"),
    ),
    consents: (
        *("connect_session_id", "connection_id", "language", "purposes", "text_version", "text_sha256", "text"),
        *("given_at", "withdrawn_at"),
    ),
    notices: ("id", "decision_id", "format", "language", "texts", "sha256", "issued_at"),
    cases: ("id", "state", "product", "amount_cents", "verdict", "approved_cents", "opened_at", "changed_at"),
    applicant_links: (
        *("id", "case_id", "kind", "lender_name", "privacy_url", "privacy_email", "language", "status"),
        *("created_at", "expires_at", "ended_at"),
    ),
    line_corrections: ("source", "line_id", "category", "created_at"),
    written_documents: ("source", "document_id", "decision_id", "amount_cents", "written_at"),
    jobs: ("id", "state", "created_at", "ended_at", "expires_at", "decision_id", "portfolio_id", "line"),
    portfolio_faults: ("portfolio_id", "line", "problem"),
    monitoring_subscriptions: (
        *("id", "connection_id", "decision_id", "state", "cause", "due_at", "observed_at", "created_at", "ended_at"),
    ),
    observations: (
        *("id", "subscription_id", "decision_id", "created_at", "as_of", "recommendation", "score", "grade"),
        "books_expire_at",
    ),
    events: ("id", "type", "at"),
    audit: ("at", "action", "object"),
}
"""Columns by table; what is not named stays here."""
_OF_DECISION: Final[Mapping[Table, tuple[str, ...]]] = {
    idempotency: ("idempotency_key", "reserved_at", "decision_id"),
    write_backs: ("decision_id", "begun_at"),
    shadow_scores: ("decision_id", "model", "pair", "left_out", "scored_at"),
}

_OF_WARNING: Final = (
    *("id", "decision_id", "observation_id", "trigger", "severity", "state", "due_on", "snoozed_until", "raised_at"),
    *("answered_at", "cleared_at"),
)
_OF_COVENANT_STEP: Final = ("number", "kind", "at", "state", "observation_id", "until", "text")
_ENDINGS: Final = {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}
_OF_ENTRY: Final = (
    *("happened_on", "corrects", "why", "amount_cents", "term_months", "annual_rate_bps", "conditions", "condition"),
    *("instalments", "is_forbearance"),
)
"""What an entry about a loan may say."""


Files = AsyncIterator[tuple[str, bytes]]
"""Files with their paths, each read when it is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectData:
    """Everything about one borrower."""

    data: dict[str, Any]
    """What ``data.json`` has; complete once all files were read."""
    files: Files
    """Documents of cases, ledgers of decisions as CSV, observations, and notices as they were issued."""


async def gather(
    database: Database, cipher: Cipher, signer: Signer, *, lender_id: str, borrower_id: str
) -> SubjectData:
    """Read everything about a borrower of this lender.

    Its rows at once; what is large (documents, notices, observations and ledgers) one by one, each in a transaction of
    its own: memory and locks do not grow with how many there are.
    """

    def rows(connection: Connection) -> tuple[dict[str, Any], list[str]]:
        mine = (borrowers.c.id == borrower_id) & (borrowers.c.lender_id == lender_id)
        about = connection.execute(select(*(borrowers.c[name] for name in _BORROWER)).where(mine)).one()
        found: dict[str, Any] = {"borrower": _plain(about)}
        for table, names in _OF_BORROWER.items():
            statement = select(*(table.c[name] for name in names)).where(table.c.borrower_id == borrower_id)
            found[table.name] = [_plain(row) for row in connection.execute(statement.order_by(*table.primary_key))]
        connected = [one["id"] for one in found["connections"]]
        holders = open_holders(connection, cipher, lender_id=lender_id, connection_ids=connected)
        for one in found["connections"]:
            one["holder"] = holders.get(one["id"])
        for table, names in _OF_DECISION.items():
            statement = select(*(table.c[name] for name in names)).join_from(table, decisions)
            of_borrower = connection.execute(statement.where(decisions.c.borrower_id == borrower_id))
            found[table.name] = [_plain(row) for row in of_borrower]
        found |= _loans(loans_of(connection, cipher, borrower_id))
        holding = holds_of(connection, borrower_id)
        found["guarantees"] = [
            {"case_id": one.case_id, "named_at": one.named_at, "released_at": one.released_at}
            | ({} if one.person is None else msgspec.to_builtins(one.person))
            for one in guarantors_of(connection, cipher, lender_id=lender_id, guarantor_id=borrower_id)
        ]
        found["holds"] = [{"reason": one.reason, "until": one.until, "set_at": one.set_at} for one in holding]
        asked = (msgspec.to_builtins(one) for one in requests_of(connection, borrower_id))
        hidden = {"recorded_by", "identity_checked_by", "lender_id", "borrower_id"}
        found["case_steps"], found["case_documents"] = [], []
        found |= _warnings(connection, cipher, lender_id, borrower_id)
        found |= _covenants(connection, cipher, lender_id, borrower_id)
        found["requests"] = [{name: one[name] for name in one if name not in hidden} for one in asked]
        made = select(decisions.c.id).where(decisions.c.borrower_id == borrower_id).order_by(decisions.c.id)
        return found, list(connection.execute(made).scalars())

    data, identifiers = await database.read_at_once(rows)
    sessions = [one["connect_session_id"] for one in data["consents"]]
    given = await find_consents(database, signer, lender_id=lender_id, session_ids=sessions)
    for one in data["consents"]:
        one["withdrawn"] = msgspec.to_builtins(given[one["connect_session_id"]].withdrawn)
    data["decisions"] = []

    about = partial(_files, database, cipher, signer, data, lender_id=lender_id, borrower_id=borrower_id)
    return SubjectData(data=data, files=about(identifiers))


async def _files(
    database: Database,
    cipher: Cipher,
    signer: Signer,
    data: dict[str, Any],
    identifiers: list[str],
    *,
    lender_id: str,
    borrower_id: str,
) -> Files:
    """What is large, one by one; the data are told what was found."""
    for case in data["cases"]:
        search = partial(_case, cipher=cipher, signer=signer, lender_id=lender_id, case_id=case["id"])
        steps, documents, contents = await database.read_at_once(search)
        data["case_steps"] += steps
        data["case_documents"] += documents
        for one in contents.items():
            yield one
    for notice in data["notices"]:
        read = partial(_notice, cipher=cipher, found=notice, lender_id=lender_id, borrower_id=borrower_id)
        issued = await database.read_at_once(read)
        if issued is not None:
            yield notice["file"], issued
    for observation in data["observations"]:
        look = partial(_observation, cipher=cipher, found=observation, lender_id=lender_id)
        for one in (await database.read_at_once(look)).items():
            yield one
    for identifier in identifiers:
        said, ledger = await _decision(database, cipher, signer, lender_id, identifier)
        data["decisions"].append(said)
        for one in ledger.items():
            yield one


def _notice(
    connection: Connection, cipher: Cipher, found: dict[str, Any], lender_id: str, borrower_id: str
) -> bytes | None:
    """The bytes of a notice, which is told its file; None of one that cannot be read."""
    found["file"] = None
    try:
        content = read_notice(connection, cipher, found["id"], lender_id=lender_id, borrower_id=borrower_id)
    except DecryptionError:
        return None
    found["file"] = f"notices/{found['id']}.{found['format']}"
    return content


def _observation(connection: Connection, cipher: Cipher, found: dict[str, Any], lender_id: str) -> dict[str, bytes]:
    """The facts of an observation as JSON and its books as CSV; it is told its files and its main sentences."""
    stored = observed.find(connection, found["id"], lender_id=lender_id)
    if stored is None:  # its period ended meanwhile
        found["unreadable"] = ErasedDecisionError.__name__
        return {}
    try:
        made = observed.read(connection, cipher, stored)
    except (RecordChangedError, NewerRecordError) as error:
        found["unreadable"] = type(error).__name__
        return {}
    words = words_of(made.decision)
    facts = {
        "facts": records.facts(made.decision, made.decision.schema),
        "words": words,
        "document_numbers": made.particulars.numbers(),
    }
    found["words"] = msgspec.to_builtins({"causes": words.causes, "reasons": words.reasons})
    found["file"] = f"observations/{found['id']}.json"
    try:
        books = _frames(observed.books_of(connection, cipher, stored), made.decision)
    except (SnapshotError, DecryptionError):
        books = {}
    found["ledger"] = sorted(books)
    return {found["file"]: msgspec.json.encode(facts), **books}


def _loans(found: list[StoredLoan]) -> dict[str, list[dict[str, Any]]]:
    """Loans, and every entry about them."""
    entries = []
    for loan in found:
        for one in loan.entries:
            said = msgspec.to_builtins(one.entry)
            entries.append(
                {
                    "loan_id": loan.id,
                    "number": one.number,
                    "kind": kind_of(one.entry),
                    "entry_ref": one.entry.ref,
                    **{name: said.get(name) for name in _OF_ENTRY},
                    "proof": one.proof,
                    "recorded_at": one.recorded_at,
                }
            )
    columns = ("id", "loan_ref", "decision_id", "created_at")
    told = [{name: getattr(loan, name) for name in columns} | _standing(loan) for loan in found]
    return {"loans": told, "loan_entries": entries}


def _warnings(
    connection: Connection, cipher: Cipher, lender_id: str, borrower_id: str
) -> dict[str, list[dict[str, Any]]]:
    """Early warnings with what was found, and what was done about them; of one that was altered its codes and days."""
    told, steps = [], []
    for one in warnings_of(connection, lender_id=lender_id, borrower_id=borrower_id):
        borrower, finding, words = warning_borrower(connection, cipher, one), None, None
        with suppress(RecordChangedError):
            found = finding_of(connection, one, borrower)
            finding, words = msgspec.to_builtins(found), msgspec.to_builtins(say_finding(found))
        told.append({name: getattr(one, name) for name in _OF_WARNING} | {"finding": finding, "words": words})
        try:
            taken = steps_of(connection, one, borrower)
        except DecryptionError:
            taken = steps_of(connection, one, None)
        for step in taken:
            said = {name: getattr(step, name) for name in ("number", "kind", "at", "until", "answer", "text")}
            later = step.finding
            seen = {"finding": None, "words": None}
            if later is not None:
                seen = {"finding": msgspec.to_builtins(later), "words": msgspec.to_builtins(say_finding(later))}
            steps.append({"warning_id": one.id, **said, **seen})
    return {"warnings": told, "warning_steps": steps}


def _covenants(
    connection: Connection, cipher: Cipher, lender_id: str, borrower_id: str
) -> dict[str, list[dict[str, Any]]]:
    """Covenants of loans with their tests and waivers; of one that was altered what was agreed."""
    told, steps = [], []
    for one in covenants.all_of(connection, lender_id=lender_id, borrower_id=borrower_id):
        agreed = msgspec.to_builtins(one.covenant)
        if one.is_over:
            agreed["due_on"] = None
        told.append({"id": one.id, "loan_id": one.loan_id, "created_at": one.created_at, **agreed})
        with suppress(RecordChangedError):
            for step in covenants.steps_of(connection, one, covenants.borrower_of(connection, cipher, one)):
                said = {name: getattr(step, name) for name in _OF_COVENANT_STEP}
                seen = msgspec.to_builtins(step.measured) or dict.fromkeys(Measured.__struct_fields__)
                steps.append({"covenant_id": one.id, **said, **seen})
    return {"covenants": told, "covenant_steps": steps}


def _standing(stored: StoredLoan) -> dict[str, Any]:
    try:
        loan = stored.fold()
    except RecordChangedError as error:
        return {"status": type(error).__name__, "closed_on": None}
    return {"status": loan.status, "closed_on": loan.closed_on}


def _case(
    connection: Connection, cipher: Cipher, signer: Signer, *, lender_id: str, case_id: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, bytes]]:
    """Steps, documents and their files; nothing of a case that was changed, or has gone since it was listed."""
    try:
        found = load_case(connection, signer, lender_id=lender_id, case_id=case_id)
    except CaseChangedError:
        return [], [], {}
    if found is None:
        return [], [], {}
    documents, files = [], {}
    for one in documents_of(connection, cipher, found):
        content = None
        with suppress(CaseChangedError):
            content = content_of(connection, cipher, found, one.id)
        path = f"documents/{one.id}{_ENDINGS.get(one.filed.media_type, '')}"
        if content is not None:
            files[path] = content
        documents.append(
            {
                "case_id": case_id,
                "id": one.id,
                "name": one.name,
                "media_type": one.filed.media_type,
                "size": one.filed.size,
                "at": one.step.at,
                "by_applicant": one.filed.link is not None,
                "file": None if content is None else path,
            }
        )
    return _steps(with_texts(connection, cipher, found)), documents, files


def _steps(found: StoredCase) -> list[dict[str, Any]]:
    """What happened in a case, without who at the lender did it."""
    case_id, texts, steps = found.id, found.texts, []
    for step in found.steps:
        vote = step.facts if isinstance(step.facts, Voted) else None
        steps.append(
            {
                "case_id": case_id,
                "number": step.number,
                "kind": kind_of_step(step.facts),
                "at": step.at,
                "by_applicant": is_by_applicant(step.facts),
                "verdict": None if vote is None else vote.verdict.value,
                "reason": None if vote is None else vote.reason.value,
                "approved_cents": None if vote is None else vote.amount_cents,
                "term_months": None if vote is None else vote.term_months,
                "annual_rate_bps": None if vote is None else vote.annual_rate_bps,
                "valid_until": None if vote is None else vote.valid_until,
                "rule": step.facts.rule if isinstance(step.facts, SnoozeAsked) else None,
                "until": step.facts.until if isinstance(step.facts, SnoozeAsked) else None,
                "text": texts.get(step.number),
            }
        )
    return steps


async def _decision(
    database: Database, cipher: Cipher, signer: Signer, lender_id: str, decision_id: str
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """One decision: its facts, its sentences, the firm's document numbers, and the ledger that it was made from."""
    try:
        stored = await find_decision(database, signer, lender_id=lender_id, decision_id=decision_id)
    except (ErasedDecisionError, RecordChangedError, NewerRecordError) as error:
        return {"decision_id": decision_id, "unreadable": type(error).__name__}, {}
    assert stored is not None, "listed just now, and rows of decisions stay"  # noqa: S101  for mypy
    found = await load_particulars(database, cipher, lender_id=lender_id, decision_ids=[decision_id])
    kept, facts = found.get(decision_id), records.facts(stored.decision, stored.decision.schema)
    files = await _ledger(database, cipher, stored)
    return {
        "decision_id": decision_id,
        "facts": {name: fact for name, fact in facts.items() if name != "asked_by"},
        "words": msgspec.to_builtins(stored.words or words_of(stored.decision)),
        "purpose": (kept.purpose if kept else None) or stored.purpose,
        "applicant": msgspec.to_builtins(kept.applicant) if kept else None,
        "account_holder": msgspec.to_builtins(kept.holder) if kept else None,
        "document_numbers": kept.numbers() if kept else [],
        "ledger": sorted(files),
    }, files


async def _ledger(database: Database, cipher: Cipher, stored: StoredDecision) -> dict[str, bytes]:
    """The frames of a snapshot as CSV; none where its retention has ended or it cannot be read."""
    decision = stored.decision
    try:
        content = await snapshots.load(database, cipher, lender_id=stored.lender_id, decision_id=decision.decision_id)
        return _frames(content, decision)
    except (SnapshotError, DecryptionError):
        return {}


def _frames(content: bytes, decision: Decision) -> dict[str, bytes]:
    """The frames of a snapshot as CSV, by the path of their file.

    Raises:
        SnapshotError: it cannot be read.
    """
    files = {}
    for name, frame in snapshots.decode(content, sha256=decision.snapshot_sha256).ledger.frames().items():
        buffer = io.BytesIO()
        frame.drop("borrower", strict=False).write_csv(buffer)
        files[f"ledger/{decision.decision_id}/{name}.csv"] = buffer.getvalue()
    return files


def _plain(row: Row[Any]) -> dict[str, Any]:
    return dict(row._mapping)  # noqa: SLF001  public in SQLAlchemy
