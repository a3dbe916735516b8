"""Documents of cases: encrypted with the borrower's secret, each put there by a signed step that has its digest."""

import hashlib

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.engine import Connection

from scoring.base.identifiers import Randomness
from scoring.base.secrets import Cipher, DecryptionError
from scoring.decisions.cases import Filed, Step
from scoring.store.borrowers import Borrower, find_borrower, open_file, open_text, seal_file, seal_text
from scoring.store.cases import CaseChangedError, StoredCase
from scoring.store.tables import case_documents


class SealedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document that was looked at and encrypted, but is in no case yet."""

    id: str
    name: bytes
    content: bytes
    media_type: str
    size: int

    def facts(self, link_id: str | None) -> Filed:
        """The step that puts it into a case."""
        return Filed(
            document=self.id,
            sha256=hashlib.sha256(self.content).hexdigest(),
            media_type=self.media_type,
            size=self.size,
            link=link_id,
        )


class CaseDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document of a case, without its content."""

    id: str
    step: Step
    filed: Filed
    name: str | None
    """None where it was erased or cannot be read."""


def seal_document(
    identifier: str, content: bytes, *, name: str, media_type: str, borrower: Borrower, randomness: Randomness
) -> SealedDocument:
    """Encrypt a document."""
    return SealedDocument(
        id=identifier,
        name=seal_text(name, borrower, _place_of(identifier), randomness),
        content=seal_file(content, borrower, _place_of(identifier), randomness),
        media_type=media_type,
        size=len(content),
    )


def add_document(connection: Connection, stored: StoredCase, step: Step, document: SealedDocument) -> None:
    """Store a document, in the transaction of its step."""
    connection.execute(
        insert(case_documents).values(
            id=document.id,
            lender_id=stored.lender_id,
            case_id=stored.id,
            borrower_id=stored.borrower_id,
            step=step.number,
            name=document.name,
            content=document.content,
        )
    )


def documents_of(connection: Connection, cipher: Cipher, stored: StoredCase) -> tuple[CaseDocument, ...]:
    """The documents that the steps of a case name, in their order, also those that were erased."""
    steps = {step.facts.document: step for step in stored.steps if isinstance(step.facts, Filed)}
    if not steps:
        return ()
    borrower = _holder(connection, cipher, stored)
    rows = connection.execute(
        select(case_documents.c.id, case_documents.c.name).where(case_documents.c.case_id == stored.id)
    )
    names = {row.id: _opened_name(row.name, borrower, row.id) for row in rows}
    found = []
    for identifier, step in steps.items():
        assert isinstance(step.facts, Filed), "chosen above"  # noqa: S101  for mypy
        found.append(CaseDocument(id=identifier, step=step, filed=step.facts, name=names.get(identifier)))
    return tuple(found)


def content_of(connection: Connection, cipher: Cipher, stored: StoredCase, document_id: str) -> bytes | None:
    """The bytes of a document of a case; None where they were erased.

    Raises:
        CaseChangedError: they are not what was signed.
    """
    mine = (case_documents.c.id == document_id) & (case_documents.c.case_id == stored.id)
    sealed = connection.execute(select(case_documents.c.content).where(mine)).scalar()
    signed = {step.facts.document: step.facts.sha256 for step in stored.steps if isinstance(step.facts, Filed)}
    if sealed is None:
        return None
    if not isinstance(sealed, bytes) or hashlib.sha256(sealed).hexdigest() != signed.get(document_id):
        raise CaseChangedError(f"document {document_id} of case {stored.id} is not what was signed")
    borrower = _holder(connection, cipher, stored)
    if borrower is None:
        return None
    try:
        return open_file(sealed, borrower, _place_of(document_id))
    except DecryptionError as error:
        raise CaseChangedError(f"document {document_id} of case {stored.id} cannot be decrypted") from error


def _holder(connection: Connection, cipher: Cipher, stored: StoredCase) -> Borrower | None:
    try:
        return find_borrower(connection, stored.borrower_id, lender_id=stored.lender_id, cipher=cipher)
    except DecryptionError:
        return None


def _opened_name(sealed: bytes, borrower: Borrower | None, document_id: str) -> str | None:
    if borrower is None:
        return None
    try:
        return open_text(sealed, borrower, _place_of(document_id))
    except DecryptionError:
        return None


def _place_of(document_id: str) -> str:
    return f"document/{document_id}"
