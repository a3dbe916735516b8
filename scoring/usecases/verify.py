"""Proves chains of statements against what is stored, and receipts without any database.

What was changed, moved, added or removed is named. Who can sign can forge; who can only write to the database cannot,
and what is cut off the end of a chain shows against a checkpoint that was kept outside.
"""

import base64
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final

import msgspec
from sqlalchemy import Row, String, func, select, type_coerce
from sqlalchemy.engine import Connection

from scoring.base.identifiers import is_id
from scoring.base.secrets import Cipher, DecryptionError
from scoring.base.signing import SignatureError, SigningKeys, salted_digest
from scoring.decisions import records
from scoring.decisions.cases import Filed, decode_facts, fold
from scoring.decisions.records import NewerRecordError, RecordError
from scoring.decisions.statements import (
    OPERATOR,
    Checkpoint,
    Head,
    Statement,
    StatementError,
    StatementKind,
    decode,
    decode_checkpoint,
    digest_of,
)
from scoring.store import promotion_requests
from scoring.store.borrowers import Borrower, opened_borrower
from scoring.store.cases import columns_of as columns_of_case
from scoring.store.cases import digest_of_step, step_of
from scoring.store.database import Database
from scoring.store.decisions import FIRST_SIGNED, changed_columns, key_digest, schema_of
from scoring.store.promotion_requests import PREFIX as PROMOTION_PREFIX
from scoring.store.statements import about
from scoring.store.tables import (
    borrowers,
    case_documents,
    case_steps,
    cases,
    chains,
    connections,
    consents,
    decisions,
    idempotency,
    policies,
    statements,
)
from scoring.usecases.loan_proof import LoanProof
from scoring.usecases.notice_proof import NoticeProof

_BATCH: Final = 500


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is not as it was signed."""

    lender: str
    """Empty for what is in force for all lenders."""
    object: str
    said: str
    """What is wrong, in a sentence without a subject."""


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """A chain and how it was found."""

    lender: str
    statements: int
    decisions: int
    erased: int
    """Decisions whose records an erasure destroyed, and that a signed statement names."""
    removed: int
    """Decisions that went at the end of their retention, likewise."""
    unsigned: int
    """Decisions that versions before 0.6 stored and nobody has signed yet."""
    findings: tuple[Finding, ...]


class ReceiptError(Exception):
    """A receipt does not prove what it holds; the message says why."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What proves one decision to whoever has the public keys."""

    statement: str
    """Compact JWS."""
    salt: str
    """Base64url of the salt of the digests in the statement."""
    record: str
    """The stored bytes of the decision, as text."""


def receipt_of(signed: str, salt: bytes, record: bytes) -> Receipt:
    """The receipt of a decision."""
    return Receipt(statement=signed, salt=base64.urlsafe_b64encode(salt).decode(), record=record.decode())


async def load_receipt(database: Database, *, lender_id: str, decision_id: str) -> Receipt | None:
    """The receipt of a decision that its reader was shown; None where there is no signed one of this lender."""
    statement = (
        select(decisions.c.record, decisions.c.salt, statements.c.signed)
        .join_from(decisions, statements, about(decisions.c.lender_id, decisions.c.id, StatementKind.DECISION))
        .where((decisions.c.lender_id == lender_id) & (decisions.c.id == decision_id))
    )
    row = await database.read_at_once(lambda connection: connection.execute(statement).first())
    return None if row is None else receipt_of(row.signed, row.salt, row.record)


def verify_receipt(content: bytes, keys: SigningKeys) -> Statement:
    """The statement in a receipt whose record it proves.

    Raises:
        ReceiptError: the content is no receipt, or its parts do not belong together.
        SignatureError: the statement was changed, or its key is not given.
    """
    try:
        receipt = msgspec.json.decode(content, type=Receipt)
        salt, record = base64.urlsafe_b64decode(receipt.salt), receipt.record.encode()
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise ReceiptError("the file is no receipt of a decision") from None
    try:
        statement = decode(keys.verify(receipt.statement))
    except StatementError as error:
        raise ReceiptError(f"the statement {error}") from None
    if statement.kind is not StatementKind.DECISION:
        raise ReceiptError("the statement is not about a decision")
    if statement.facts.get("record") != salted_digest(salt, record):
        raise ReceiptError("the record is not the one that was signed")
    return statement


def read_checkpoints(text: str, keys: SigningKeys) -> list[Checkpoint]:
    """The checkpoints in a file, one signed line each, oldest first.

    Raises:
        ReceiptError: a line is none, or was changed.
    """
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            found.append(decode_checkpoint(keys.verify(line.strip())))
        except (SignatureError, StatementError) as error:
            raise ReceiptError(f"line {number} {error}") from None
    return sorted(found, key=lambda checkpoint: checkpoint.at)


def list_chains(connection: Connection) -> dict[str, int]:
    """Every lender that has statements or decisions, and how many statements."""
    found = dict.fromkeys(connection.execute(select(decisions.c.lender_id).distinct()).scalars(), 0)
    counted = select(statements.c.lender_id, func.count()).group_by(statements.c.lender_id)
    found |= {row[0]: row[1] for row in connection.execute(counted)}
    return {str(name): count for name, count in sorted(found.items(), key=lambda one: str(one[0]))}


async def verify_chain(  # noqa: PLR0913  one argument for each part
    database: Database,
    keys: SigningKeys,
    lender_id: str,
    heads: Sequence[Head],
    *,
    cipher: Cipher | None = None,
    first: Head | None = None,
    last: Head | None = None,
    done: Callable[[int], None],
) -> Verified:
    """Prove one lender's chain against what is stored and against the heads of checkpoints.

    Args:
        database: in use by running services, too; what is added meanwhile is proved or left for the next time.
        keys: verify.
        lender_id: whose chain.
        heads: of this chain, at several moments; it must hold each of them.
        cipher: opens the secrets of borrowers, which prove their references; without it, they are not looked at.
        first: only what came after this one.
        last: only what came up to this one. With either, what is in no statement is not looked for.
        done: is told how many statements a batch had.
    """
    proof = _Proof(
        keys=keys,
        lender=lender_id,
        cipher=cipher,
        heads={},
        number=first.number if first else 0,
        previous=(first.sha256 or None) if first else None,
        last=last.number if last else None,
        is_whole=first is None and last is None,
    )
    proof.take_heads(heads)
    try:
        while await database.read_at_once(lambda connection: proof.go_on(connection, done)):
            pass
        return await database.read_at_once(proof.end)
    except (TypeError, AttributeError):  # SQLite keeps a number or bytes where a text belongs
        proof.find(f"something after statement {proof.number}", "is of another type than any version stores")
        return proof.told(unsigned=0)


class _Closed(Enum):
    """Why the secret of a borrower does not open."""

    ERASED = auto()
    DAMAGED = auto()
    """It or the reference was changed, or an encryption key is missing."""


@dataclass(kw_only=True)
class _Proof:
    """How far a chain is proved."""

    keys: SigningKeys
    lender: str
    cipher: Cipher | None
    heads: dict[int, str]
    last: int | None = None
    is_whole: bool = True
    number: int = 0
    previous: str | None = None
    decisions: int = 0
    missing: set[str] = field(default_factory=set)
    """Decisions that are not there as they were signed; a later statement may say why."""
    erased: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    tombstones: set[str] = field(default_factory=set)
    """Of those, the decisions in whose place a signed statement says that they were destroyed."""
    connections: dict[str, Statement] = field(default_factory=dict)
    holders: dict[str, Borrower | _Closed] = field(default_factory=dict)
    """Borrowers with their secrets, where these open."""
    steps: set[tuple[str, int]] = field(default_factory=set)
    """Of cases, those that a statement is about."""
    stepless: list[tuple[str, int, str]] = field(default_factory=list)
    """Steps of cases that are not there any more, with the decision of each."""
    unconsented: list[Statement] = field(default_factory=list)
    """Statements of consents that are not there any more."""
    findings: list[Finding] = field(default_factory=list)
    loans: LoanProof = field(default_factory=LoanProof)
    notices: NoticeProof = field(default_factory=NoticeProof)
    promotions: list[Statement] = field(default_factory=list)
    """Steps of requests to put something in force."""

    def find(self, object_id: str, said: str) -> None:
        self.findings.append(Finding(lender=self.lender, object=object_id, said=said))

    def take_heads(self, heads: Sequence[Head]) -> None:
        """Keep the ends at the moments of checkpoints, which the chain must hold; no two may contradict each other."""
        for head in heads:
            if self.heads.setdefault(head.number, head.sha256) != head.sha256:
                self.find(f"statement {head.number}", "is another one in two checkpoints: the chain was replaced")
        self.heads = {number: sha256 for number, sha256 in self.heads.items() if number > self.number}

    def go_on(self, connection: Connection, done: Callable[[int], None]) -> bool:
        """Prove the next batch; False if there is none."""
        mine = (statements.c.lender_id == self.lender) & (statements.c.number > self.number)
        if self.last is not None:
            mine &= statements.c.number <= self.last
        rows = connection.execute(select(statements).where(mine).order_by(statements.c.number).limit(_BATCH)).all()
        proved = [found for row in rows if (found := self._link(row)) is not None]
        self._decisions(connection, {one.object: one for one in proved if one.kind is StatementKind.DECISION})
        self._steps(connection, proved)
        self._consents(connection, [one for one in proved if one.kind is StatementKind.CONSENT])
        self._policies(connection, [one for one in proved if one.kind is StatementKind.POLICY])
        self.loans.take(proved)
        self.notices.take(proved)
        for one in proved:
            if one.kind is StatementKind.CONNECTION:
                self.connections[one.object] = one
            elif one.kind is StatementKind.ERASURE:
                self.erased.update(_names(one.facts.get("decisions")))
            elif one.kind is StatementKind.PROMOTION and is_id(one.object, PROMOTION_PREFIX):
                self.promotions.append(one)
            elif one.kind is StatementKind.REMOVAL:
                self.removed.update(_names(one.facts.get("decisions")))
        done(len(rows))
        return bool(rows)

    def _link(self, row: Row[Any]) -> Statement | None:
        """One statement in its place in the chain."""
        where = f"statement {row.number}"
        if row.number != self.number + 1:
            gone = f"{self.number + 1}" if row.number == self.number + 2 else f"{self.number + 1} to {row.number - 1}"
            self.find(f"statement {gone}", "was removed")
            self.previous = None
        before, is_known = self.previous, row.number == self.number + 1
        self.number, self.previous = row.number, digest_of(row.signed)
        if row.number in self.heads and self.heads.pop(row.number) != self.previous:
            self.find(where, "is not the one of the checkpoint: the chain was replaced")
        try:
            found = decode(self.keys.verify(row.signed))
        except (SignatureError, StatementError) as error:
            self.find(where, str(error))
            return None
        if (found.lender, found.number, found.kind, found.object) != (
            row.lender_id,
            row.number,
            row.kind,
            row.object_id,
        ):
            self.find(where, f"was moved: it is number {found.number} of {found.lender or 'the operator'}")
            return None
        if is_known and found.previous != before:
            self.find(where, "does not follow the one before it: that one was replaced")
        if row.sha256 != self.previous:
            self.find(where, "has another digest beside it")
        return found

    def _decisions(self, connection: Connection, signed: dict[str, Statement]) -> None:
        if not signed:
            return
        as_of = type_coerce(decisions.c.as_of, String).label("as_of")
        others = (column for column in decisions.c if column.name != "as_of")
        rows = connection.execute(select(*others, as_of).where(decisions.c.id.in_(signed))).all()
        found = {row.id: row for row in rows}
        for identifier, statement in signed.items():
            self._decision(connection, identifier, found.get(identifier), statement)
        keys = connection.execute(select(idempotency).where(idempotency.c.decision_id.in_(signed))).all()
        for key in keys:
            statement, row = signed[key.decision_id], found.get(key.decision_id)
            if row is not None and not self._was_made_for(connection, row, statement, key):
                self.find(key.decision_id, "is the answer to an idempotency key that it was not made for")

    def _decision(self, connection: Connection, identifier: str, row: Row[Any] | None, statement: Statement) -> None:
        """One decision against its statement."""
        if row is None:
            self.missing.add(identifier)
            return
        for said in _moves(row, statement):
            self.find(identifier, said)
        if salted_digest(row.salt or b"", row.record) != statement.facts.get("record"):
            if self._is_tombstone(row):
                self.tombstones.add(identifier)
            self.missing.add(identifier)  # what stands beside it cannot be compared with a record that was changed
            if "signed_later" not in statement.facts and statement.at != row.created_at:
                self.find(identifier, "has another moment than its statement")
            return
        self.decisions += 1
        for said in (*_differences(row), *self._reference(connection, row)):
            self.find(identifier, said)

    def _is_tombstone(self, row: Row[Any]) -> bool:
        """Whether the statement of an erasure, or of the end of a retention, put itself in the place of the record."""
        try:
            found = decode(self.keys.verify(row.record.decode()))
        except (SignatureError, StatementError, UnicodeDecodeError, AttributeError):  # SQLite takes a number, too
            return False
        is_erasure = found.kind in {StatementKind.ERASURE, StatementKind.REMOVAL} and found.lender == self.lender
        return is_erasure and row.id in _names(found.facts.get("decisions"))

    def _reference(self, connection: Connection, row: Row[Any]) -> Iterator[str]:
        """Whether the borrower's reference is the one under which the decision was made."""
        if self.cipher is None:
            return
        holder = self._holder(connection, row.borrower_id, self.cipher)
        try:
            decision = records.decode(row.record).decision
        except (RecordError, NewerRecordError):
            return
        if holder is _Closed.DAMAGED:
            yield "has a borrower whose reference cannot be proved: it or its secret was changed, or a key is missing"
        elif isinstance(holder, Borrower) and holder.digest() != decision.borrower_digest:
            yield "stands under another reference than the borrower's for whom it was made"

    def _was_made_for(self, connection: Connection, row: Row[Any], statement: Statement, key: Row[Any]) -> bool:
        """Whether a decision was made for an idempotency key, as far as the borrower's secret is there to prove it."""
        said, salt, name = statement.facts.get("key"), row.salt or b"", key.idempotency_key
        if key.lender_id != self.lender or said is None:
            return False
        if said == key_digest(salt, name, None) or self.cipher is None:
            return True
        holder = self._holder(connection, row.borrower_id, self.cipher)
        return not isinstance(holder, Borrower) or said == key_digest(salt, name, holder)

    def _holder(self, connection: Connection, borrower_id: str, cipher: Cipher) -> Borrower | _Closed:
        if borrower_id not in self.holders:
            row = connection.execute(select(borrowers).where(borrowers.c.id == borrower_id)).first()
            self.holders[borrower_id] = _opened(row, cipher)
        return self.holders[borrower_id]

    def _steps(self, connection: Connection, proved: list[Statement]) -> None:
        """Prove the steps of cases that statements are about: those of reviews, and of decisions in cases."""
        signed = {place: one for one in proved if (place := _place_of(one)) is not None}
        if not signed:
            return
        identifiers = {case_id for case_id, _ in signed}
        salts = {row.id: row.salt for row in connection.execute(select(cases).where(cases.c.id.in_(identifiers)))}
        rows = connection.execute(select(case_steps).where(case_steps.c.case_id.in_(identifiers))).all()
        found = {(row.case_id, row.number): row for row in rows}
        for place, one in signed.items():
            case_id, number = place
            row, salt = found.get(place), salts.get(case_id)
            self.steps.add(place)
            if row is None or salt is None:
                decision = one.object if one.kind is StatementKind.DECISION else one.facts.get("decision")
                self.stepless.append((case_id, number, str(decision)))
            elif digest_of_step(salt, case_id, dict(row._mapping)) != one.facts.get("digest"):  # noqa: SLF001  public in SQLAlchemy
                self.find(f"{case_id}, step {number}", "was changed: it is not what was signed")
            elif row.text is not None and hashlib.sha256(row.text).hexdigest() != row.text_sha256:
                self.find(f"{case_id}, step {number}", "has another text than was signed")

    def _cases(self, connection: Connection) -> None:
        """Find steps of cases that no statement is about, and rows of cases that do not follow from their steps."""
        newest = select(func.max(statements.c.number)).where(statements.c.lender_id == self.lender)
        has_grown = (connection.execute(newest).scalar() or 0) > self.number  # then a step may have been signed since
        for row in connection.execute(select(cases).where(cases.c.lender_id == self.lender)).all():
            of_case = select(case_steps).where(case_steps.c.case_id == row.id).order_by(case_steps.c.number)
            steps = connection.execute(of_case).all()
            for step in steps:
                if (row.id, step.number) not in self.steps and not has_grown:
                    said = "is not in the chain: it was added or moved, or is not signed yet"
                    self.find(f"{row.id}, step {step.number}", said)
            try:
                columns = columns_of_case(fold(step_of(step) for step in steps))
            except (ValueError, KeyError, TypeError):
                self.find(row.id, "has steps that do not follow each other")
                continue
            for name, value in columns.items():
                if getattr(row, name) != value:
                    self.find(row.id, f"has the column {name} changed")
        self._documents(connection)
        moved = select(case_steps).join_from(case_steps, cases).where(case_steps.c.lender_id == self.lender)
        for step in connection.execute(moved.where(cases.c.lender_id != self.lender)):
            self.find(f"{step.case_id}, step {step.number}", "was moved to another lender's case")

    def _documents(self, connection: Connection) -> None:
        """Find documents of cases that are not those which their steps have the digests of."""
        filed = select(case_steps.c.case_id, case_steps.c.facts).where(
            (case_steps.c.lender_id == self.lender) & (case_steps.c.kind == "filed")
        )
        digests = {}
        for row in connection.execute(filed):
            with suppress(msgspec.DecodeError):
                facts = decode_facts(row.facts)
                if isinstance(facts, Filed):
                    digests[row.case_id, facts.document] = facts.sha256
        stored = select(case_documents.c.id, case_documents.c.case_id, case_documents.c.content).where(
            case_documents.c.lender_id == self.lender
        )
        for row in connection.execute(stored.execution_options(yield_per=10)):
            is_bytes = isinstance(row.content, bytes)  # SQLite keeps what it is given
            if not is_bytes or hashlib.sha256(row.content).hexdigest() != digests.get((row.case_id, row.id)):
                self.find(f"{row.case_id}, document {row.id}", "is not what was signed")

    def _consents(self, connection: Connection, signed: list[Statement]) -> None:
        if not signed:
            return
        identifiers = [one.object for one in signed]
        rows = connection.execute(select(consents).where(consents.c.connect_session_id.in_(identifiers))).all()
        found = {row.connect_session_id: row for row in rows}
        for one in signed:
            row = found.get(one.object)
            if row is None:
                self.unconsented.append(one)
                continue
            reads = None if row.reads is None else row.reads.split(",")
            said = (row.borrower_id, row.connection_id, row.purposes.split(","), row.text_version, row.text_sha256)
            names = ("borrower", "connection", "purposes", "text_version", "text", "reads")
            facts = (one.facts.get(name) for name in names)
            text = hashlib.sha256(row.text.encode()).hexdigest()
            if tuple(facts) != (*said, reads) or text != row.text_sha256 or row.lender_id != self.lender:
                self.find(one.object, "is a consent that was changed")

    def _policies(self, connection: Connection, signed: list[Statement]) -> None:
        for one in signed:
            content = connection.execute(select(policies.c.content).where(policies.c.version == one.object)).scalar()
            if content is None:
                self.find(f"policy {one.object}", "was removed")
            elif hashlib.sha256(content).hexdigest() != one.facts.get("sha256"):
                self.find(f"policy {one.object}", "was changed")

    def end(self, connection: Connection) -> Verified:
        """What the end of the chain shows."""
        unsigned = self._beside(connection) if self.is_whole else 0
        for number in sorted(self.heads):
            if number > self.number and (self.last is None or number <= self.last):
                self.find(f"statement {self.number + 1} to {number}", "was removed: a checkpoint has it")
        for case_id, number, decision in self.stepless:
            if (
                decision not in self.removed | self.erased
            ):  # else it went with its decisions, at the end of their retention
                self.find(f"{case_id}, step {number}", "was removed")
        for identifier in sorted(self.missing - self.tombstones):
            exists = connection.execute(select(decisions.c.id).where(decisions.c.id == identifier)).first()
            self.find(identifier, "was removed" if exists is None else "was changed: it is not what was signed")
        return self.told(unsigned=unsigned)

    def told(self, *, unsigned: int) -> Verified:
        """What was found."""
        return Verified(
            lender=self.lender,
            statements=self.number,
            decisions=self.decisions,
            erased=len(self.tombstones & self.erased),
            removed=len(self.tombstones & self.removed),
            unsigned=unsigned,
            findings=tuple(self.findings),
        )

    def _beside(self, connection: Connection) -> int:
        """Find what no statement is about; returns how many decisions are from before statements."""
        head = connection.execute(select(chains).where(chains.c.lender_id == self.lender)).first()
        if head is None and self.number:
            self.find("the end of the chain", "was removed")
        if head is not None and (head.number, head.head) != (self.number, self.previous or ""):
            newest = select(func.max(statements.c.number)).where(statements.c.lender_id == self.lender)
            if (connection.execute(newest).scalar() or 0) <= self.number:  # else it grew meanwhile
                self.find(f"statement {self.number + 1}", "was removed, or the end of the chain was changed")
        self._connections(connection)
        self._cases(connection)
        self._added(connection)
        for identifier, said in self.loans.differences(connection, self.lender, after=self.number):
            self.find(identifier, said)
        for identifier, said in self.notices.differences(connection, self.lender, after=self.number):
            self.find(identifier, said)
        unsigned = 0
        for identifier, is_earlier in self._without_statement(connection):
            if is_earlier:
                unsigned += 1
            else:
                self.find(identifier, "is not in the chain: it was moved here or added")
        return unsigned

    def _connections(self, connection: Connection) -> None:
        rows = connection.execute(select(connections).where(connections.c.lender_id == self.lender)).all()
        found = {row.id: row for row in rows}
        for identifier, statement in self.connections.items():
            row = found.pop(identifier, None)
            if (row is None) != bool(statement.facts.get("is_deleted")):
                self.find(identifier, "was removed" if row is None else "was deleted, and is there again")
            elif row is not None:
                facts = tuple(statement.facts.get(name) for name in ("borrower", "source", "purposes"))
                if facts != (row.borrower_id, row.source, row.purposes.split(",")):
                    self.find(identifier, "has another borrower, source or purpose than was signed")
        for one in self.unconsented:  # else erased, or at the end of its retention: nothing rests on it any more
            if connection.execute(
                select(connections.c.id).where(connections.c.id == one.facts.get("connection"))
            ).first():
                self.find(one.object, "is a consent that was removed, and its connection is there")
        for identifier in found:
            if not any(one.object == identifier for one in self.findings):
                self.find(identifier, "is not in the chain: it was added or moved, or is not signed yet")

    def _added(self, connection: Connection) -> None:
        """Find consents and policies that no statement is about."""
        lender, kind = consents.c.lender_id, StatementKind.CONSENT
        signed = select(statements.c.number).where(about(lender, consents.c.connect_session_id, kind)).exists()
        mine = (lender == self.lender) & ~signed
        for identifier in connection.execute(select(consents.c.connect_session_id).where(mine)).scalars():
            self.find(identifier, "is a consent that is not in the chain: it was added or moved, or is not signed yet")
        if self.lender == OPERATOR:
            for identifier, said in promotion_requests.differences(connection, self.promotions):
                self.find(identifier, said)
            signed = (
                select(statements.c.number).where(about(OPERATOR, policies.c.version, StatementKind.POLICY)).exists()
            )
            for version in connection.execute(select(policies.c.version).where(~signed)).scalars():
                self.find(f"policy {version}", "is not in the chain: it was added, or is not signed yet")

    def _without_statement(self, connection: Connection) -> Iterator[tuple[str, bool]]:
        signed = select(statements.c.number).where(about(decisions.c.lender_id, decisions.c.id, StatementKind.DECISION))
        mine = (decisions.c.lender_id == self.lender) & ~signed.exists()
        for row in connection.execute(select(decisions.c.id, decisions.c.salt, decisions.c.record).where(mine)):
            yield row.id, row.salt is None and schema_of(row.record) < FIRST_SIGNED


def _opened(row: Row[Any] | None, cipher: Cipher) -> Borrower | _Closed:
    if row is not None and row.borrower_ref is None and row.sealed_key is None:
        return _Closed.ERASED
    if row is None or row.borrower_ref is None or row.sealed_key is None:
        return _Closed.DAMAGED
    try:
        return opened_borrower(row, lender_id=row.lender_id, cipher=cipher)
    except DecryptionError:
        return _Closed.DAMAGED


def _place_of(statement: Statement) -> tuple[str, int] | None:
    """The step of a case that a statement is about."""
    case_id = statement.object if statement.kind is StatementKind.REVIEW else statement.facts.get("case")
    number = statement.facts.get("step")
    if statement.kind not in {StatementKind.REVIEW, StatementKind.DECISION} or not isinstance(number, int):
        return None
    return str(case_id), number


def _names(found: Any) -> list[str]:  # noqa: ANN401  a fact
    return found if isinstance(found, list) else []


def _moves(row: Row[Any], statement: Statement) -> Iterator[str]:
    """Whether a decision stands under another lender or borrower than its statement names."""
    if row.lender_id != statement.lender:
        yield f"was moved to lender {row.lender_id}"
    if row.borrower_id != statement.facts.get("borrower"):
        yield f"was moved to borrower {row.borrower_id}"


def _differences(row: Row[Any]) -> Iterator[str]:
    """What stands beside a record that is as it was signed, and does not fit it."""
    if hashlib.sha256(row.record).hexdigest() != row.sha256:
        yield "has another digest beside it"
    try:
        decision = records.decode(row.record).decision
    except (RecordError, NewerRecordError):
        return
    for name in changed_columns(row, decision):
        yield f"has the column {name} changed"


def heads_of(checkpoints: Sequence[Checkpoint], lender_id: str) -> list[Head]:
    """The ends of one chain at the moments of checkpoints."""
    return [checkpoint.chains[lender_id] for checkpoint in checkpoints if lender_id in checkpoint.chains]


def name_of(lender_id: str) -> str:
    """A lender in messages."""
    return "operator" if lender_id == OPERATOR else lender_id
