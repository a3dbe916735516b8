"""The dossier of a decision: every file that an auditor asks for, and enough to check it without the database."""

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import Row, select
from sqlalchemy.engine import Connection

from scoring.base.identifiers import Clock, instant
from scoring.base.secrets import Cipher, DecryptionError
from scoring.base.version import SERVICE_VERSION
from scoring.decisions.cases import Voted
from scoring.decisions.decision import Decision
from scoring.runtime.serving import Serving
from scoring.store import case_documents, cases, kept_files, notices, snapshots
from scoring.store.audit import Action, AuditRow, Trail, Who
from scoring.store.cases import StoredCase
from scoring.store.database import Database
from scoring.store.decisions import StoredDecision, with_particulars
from scoring.store.guarantors import guarantors_of
from scoring.store.principals import Principal, names_of
from scoring.store.snapshots import SnapshotGoneError
from scoring.store.statements import Signer
from scoring.store.tables import audit, authority_files, case_steps, loan_entries, loans, statements
from scoring.store.tables import notices as notices_table
from scoring.texts.rendering import words_of
from scoring.usecases.memos import Memos
from scoring.usecases.replay import replay
from scoring.usecases.verify import load_receipt

MANIFEST: Final = "manifest.json"
SIGNED_MANIFEST: Final = "manifest.jws"
_ENDINGS: Final = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}
_READ_ME: Final = Path(__file__).with_name("dossier.md")


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a dossier holds."""

    schema: int = 1
    decision_id: str
    lender_id: str
    case_id: str | None
    made_at: str
    made_by: str
    service: str
    model: str
    """Name and version."""
    missing: tuple[str, ...]
    """What is not there any more, by the name of its file."""
    files: dict[str, str]
    """SHA-256 of every other file, by its path."""


class CaseFile(msgspec.Struct, frozen=True, kw_only=True):
    """A case with all that its statements are made of."""

    case_id: str
    salt: str
    """Hexadecimal."""
    steps: tuple[dict[str, Any], ...]
    """As they were signed, with ``by`` and ``text`` beside it."""


class DocumentFile(msgspec.Struct, frozen=True, kw_only=True):
    """A document of the case."""

    document_id: str
    step: int
    """That put it there; it has type and size, and the digest of what is stored, which is encrypted."""
    name: str | None
    """As it was sent; null where it was erased."""
    file: str | None
    """Null where it was erased."""


class NoticeFile(msgspec.Struct, frozen=True, kw_only=True):
    """A notice with all that its statement is made of."""

    salt: str
    signed: dict[str, Any]
    file: str


class LoanFile(msgspec.Struct, frozen=True, kw_only=True):
    """A loan with all that its statements are made of."""

    loan_id: str
    loan_ref: str
    entries: tuple[dict[str, Any], ...]
    """Number, content, salt in hexadecimal, when and by whom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossiers:
    """Gathers them. Built for one decision, from the parts that this takes."""

    database: Database
    cipher: Cipher
    signer: Signer
    clock: Clock
    trail: Trail
    memos: Memos
    serving: Serving
    """The model and the policy that made the decision."""
    models: Path
    """Folder of registered models."""

    async def gather(self, who: Who, reader: Principal, stored: StoredDecision) -> dict[str, bytes]:
        """All files by their path, the signed manifest among them.

        Args:
            who: for the audit trail.
            reader: of the decision's lender, with the right to see restricted data.
            stored: the decision, as its reader found it.

        Raises:
            SnapshotError, DecryptionError, RecordChangedError, CaseChangedError: something stored is not what it was.
        """
        stored = await with_particulars(self.database, self.cipher, stored, lender_id=stored.lender_id)
        decision, decision_id = stored.decision, stored.decision_id
        receipt = await load_receipt(self.database, lender_id=stored.lender_id, decision_id=decision_id)
        files = _of_record(stored)
        if receipt is not None:
            files["receipt.json"] = _json(receipt)
            files["record.json"] = receipt.record.encode()
        files |= await self._books(stored)
        files["policy.toml"] = self.serving.policy_text.encode()
        files |= _model_files(self.models, decision)
        files["keys.json"] = self.signer.keys.public().encode()
        files |= await self._beside(stored)
        for paper, language in (("pdf", "de"), ("pdf", "en"), ("xlsx", "de")):
            memo = await self.memos.make(who, reader, decision_id, paper=paper, language=language)  # type: ignore[arg-type]  # literals
            if memo is not None:
                files[f"memo.{language}.{paper}"] = memo
        files["README.md"] = _READ_ME.read_bytes()
        await self.trail.note(who, Action.DOSSIER_MADE, object_id=decision_id, borrower_id=stored.borrower_id)
        found = await self.database.read_at_once(
            lambda connection: cases.case_of(connection, lender_id=stored.lender_id, decision_id=decision_id)
        )
        manifest = Manifest(
            decision_id=decision_id,
            lender_id=stored.lender_id,
            case_id=found,
            made_at=instant(self.clock()),
            made_by=who.name,
            service=SERVICE_VERSION,
            model=decision.versions.model,
            missing=tuple(name for name in ("receipt.json", "snapshot.bin", "case.json") if name not in files),
            files={path: hashlib.sha256(content).hexdigest() for path, content in sorted(files.items())},
        )
        content = _json(manifest)
        return files | {MANIFEST: content, SIGNED_MANIFEST: self.signer.keys.sign(content).encode()}

    async def _books(self, stored: StoredDecision) -> dict[str, bytes]:
        """What the decision was made from, and what a replay of it says."""
        decision, files, snapshot = stored.decision, dict[str, bytes](), None
        try:
            content = await snapshots.load(
                self.database, self.cipher, lender_id=stored.lender_id, decision_id=stored.decision_id
            )
            snapshot = snapshots.decode(content, sha256=decision.snapshot_sha256)
        except SnapshotGoneError:
            pass
        else:
            files["snapshot.bin"] = content
            for name, frame in snapshot.ledger.frames().items():
                buffer = io.BytesIO()
                frame.drop("borrower", strict=False).write_csv(buffer)
                files[f"ledger/{name}.csv"] = buffer.getvalue()
        files["replay.json"] = _json(replay(decision, snapshot, self.serving))
        return files

    async def _beside(self, stored: StoredDecision) -> dict[str, bytes]:
        """Case, notices, loan, their statements, and what the audit trail says of them."""
        names = await names_of(self.database, stored.lender_id)

        def work(connection: Connection) -> tuple[dict[str, bytes], list[str]]:
            files, objects = dict[str, bytes](), [stored.decision_id]
            case_id = cases.case_of(connection, lender_id=stored.lender_id, decision_id=stored.decision_id)
            digests: list[str] = []
            if case_id is not None:
                case = cases.load(connection, self.signer, lender_id=stored.lender_id, case_id=case_id)
                assert case is not None, "just named"  # noqa: S101  for mypy
                case = cases.with_texts(connection, self.cipher, case)
                objects += [case_id, *case.case.decisions]
                digests = [
                    step.facts.authority
                    for step in case.steps
                    if isinstance(step.facts, Voted) and step.facts.authority is not None
                ]
                files["case.json"] = _json(_case(connection, case, names))
                files |= self._of_others(connection, case)
            found, identifiers = self._notices(connection, stored)
            files, objects = files | found, objects + identifiers
            found, identifiers = _loan(connection, stored)
            files, objects = files | found, objects + identifiers
            files["statements.jsonl"] = _statements(connection, stored.lender_id, objects)
            files["audit.csv"] = _audit(connection, stored.lender_id, objects)
            return files, digests

        files, digests = await self.database.read_at_once(work)
        for digest in dict.fromkeys(digests):
            content = await kept_files.find_file(self.database, authority_files, digest)
            if content is not None:
                files[f"authority/{digest}.toml"] = content
        return files

    def _of_others(self, connection: Connection, case: StoredCase) -> dict[str, bytes]:
        """The documents of a case, as they were sent, and its guarantors."""
        files, told = dict[str, bytes](), []
        for one in case_documents.documents_of(connection, self.cipher, case):
            content = case_documents.content_of(connection, self.cipher, case, one.id)
            path = None if content is None else f"documents/{one.id}.{_ENDINGS.get(one.filed.media_type, 'bin')}"
            if content is not None and path is not None:
                files[path] = content
            told.append(DocumentFile(document_id=one.id, step=one.step.number, name=one.name, file=path))
        if told:
            files["documents.json"] = _json(told)
        guarantors = guarantors_of(connection, self.cipher, lender_id=case.lender_id, case_id=case.id)
        return files | ({"guarantors.json": _json(guarantors)} if guarantors else {})

    def _notices(self, connection: Connection, stored: StoredDecision) -> tuple[dict[str, bytes], list[str]]:
        mine = select(notices_table).where(notices_table.c.decision_id == stored.decision_id)
        files, told = dict[str, bytes](), []
        for row in connection.execute(mine.order_by(notices_table.c.id)):
            path = f"notices/{row.id}.{row.format}"
            try:
                files[path] = notices.content_of(
                    connection, self.cipher, row.id, lender_id=row.lender_id, borrower_id=row.borrower_id
                )
            except DecryptionError:
                continue
            signed = {name: value for name, value in notices.row_to_sign(row).items() if name not in {"sealed", "salt"}}
            told.append(NoticeFile(salt=row.salt.hex(), signed=signed, file=path))
        if told:
            files["notices.json"] = _json(told)
        return files, [str(one.signed["id"]) for one in told]


def _of_record(stored: StoredDecision) -> dict[str, bytes]:
    """What is in the record and beside it, for a reader."""
    decision, assessment = stored.decision, stored.decision.assessment
    words = stored.words or words_of(decision)
    application = {
        "borrower_ref": stored.borrower_ref,
        "purpose": stored.purpose,
        "applicant": stored.particulars.applicant,
        "holder": stored.particulars.holder,
        "terms": decision.terms,
        "as_of": decision.as_of,
        "document_numbers": stored.particulars.numbers(),
    }
    points = [
        (one.name, one.value, one.bin, one.second_value, one.second_bin, one.points) for one in assessment.contributions
    ]
    rules = [
        (rule.id, rule.kind, rule.result, rule.value, rule.threshold, text.de, text.en)
        for rule, text in zip(assessment.rules, words.rules, strict=True)
    ]
    return {
        "application.json": _json(application),
        "words.json": _json(words),
        "points.csv": _csv(("feature", "value", "bin", "second_value", "second_bin", "points"), points),
        "rules.csv": _csv(("rule", "kind", "result", "value", "threshold", "de", "en"), rules),
        "features.csv": _csv(("feature", "value", "missing"), list(_features(decision))),
    }


def _features(decision: Decision) -> Iterator[tuple[str, float | None, str | None]]:
    for name, value in sorted(decision.row.items()):
        yield name, value, decision.missing.get(name)


def _model_files(root: Path, decision: Decision) -> dict[str, bytes]:
    model = decision.model
    folder = root / model.name / model.version
    return {
        f"models/{model.name}/{model.version}/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _case(connection: Connection, case: StoredCase, names: dict[str, str]) -> CaseFile:
    rows = connection.execute(
        select(case_steps).where(case_steps.c.case_id == case.id).order_by(case_steps.c.number)
    ).all()
    return CaseFile(
        case_id=case.id,
        salt=case.salt.hex(),
        steps=tuple(
            {
                **{name: getattr(row, name) for name in cases.SIGNED},
                "by": names.get(row.principal_id or ""),
                "text": case.texts.get(row.number),
            }
            for row in rows
        ),
    )


def _loan(connection: Connection, stored: StoredDecision) -> tuple[dict[str, bytes], list[str]]:
    mine = (loans.c.decision_id == stored.decision_id) & (loans.c.lender_id == stored.lender_id)
    row = connection.execute(select(loans).where(mine)).first()
    if row is None:
        return {}, []
    entries = connection.execute(
        select(loan_entries).where(loan_entries.c.loan_id == row.id).order_by(loan_entries.c.number)
    ).all()
    told = LoanFile(loan_id=row.id, loan_ref=row.loan_ref, entries=tuple(_entry(one) for one in entries))
    return {"loan.json": _json(told)}, [row.id]


def _entry(row: Row[Any]) -> dict[str, Any]:
    return {
        "number": row.number,
        "content": row.content.decode(),
        "salt": row.salt.hex(),
        "recorded_at": row.recorded_at,
        "recorded_by": row.recorded_by,
    }


def _statements(connection: Connection, lender_id: str, objects: Sequence[str]) -> bytes:
    mine = (statements.c.lender_id == lender_id) & statements.c.object_id.in_(objects)
    found = connection.execute(select(statements.c.signed).where(mine).order_by(statements.c.number)).scalars()
    return "".join(f"{one}\n" for one in found).encode()


def _audit(connection: Connection, lender_id: str, objects: Sequence[str]) -> bytes:
    names = AuditRow.__struct_fields__
    mine = (audit.c.lender_id == lender_id) & audit.c.object.in_(objects)
    statement = select(*(audit.c[name] for name in names)).where(mine).order_by(audit.c.id)
    return _csv(names, [tuple(row) for row in connection.execute(statement)])


def _csv(head: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return buffer.getvalue().encode()


def _json(content: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(content, order="deterministic"), indent=1) + b"\n"
