"""Notices to applicants, kept as they were issued, sealed with the borrower's secret; each is a signed statement."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import Row, insert, select
from sqlalchemy.engine import Connection

from scoring.base.identifiers import Randomness
from scoring.base.secrets import Cipher, DecryptionError
from scoring.base.signing import SignatureError, salted_digest
from scoring.decisions.statements import StatementError, StatementKind
from scoring.store.borrowers import Borrower, find_borrower, open_content, seal_content
from scoring.store.statements import Signer, about
from scoring.store.tables import borrowers, notices, statements

PREFIX: Final = "ntc"
_SIGNED: Final = (
    *("id", "lender_id", "borrower_id", "decision_id", "format", "language", "texts", "basis", "sha256"),
    *("issued_at", "issued_by"),
)


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice, without its bytes."""

    id: str
    lender_id: str
    borrower_id: str
    decision_id: str
    format: str
    language: str
    texts: str
    """Version of its words."""
    basis: str
    """Digest of the facts that it says."""
    sha256: str
    """Of its bytes."""
    issued_at: str
    issued_by: str
    is_restricted: bool = False
    """Whether it is only kept, and shown to auditors and administrators alone."""


class NoticeChangedError(Exception):
    """What is stored of a notice is not what was signed."""


def digest_of_notice(salt: bytes, row: Mapping[str, Any]) -> str:
    """What is signed of a notice."""
    return salted_digest(salt, msgspec.json.encode([row[name] for name in (*_SIGNED, "sealed_sha256")]))


def row_to_sign(row: Row[Any]) -> dict[str, Any]:
    """What ``digest_of_notice`` takes, of a stored row."""
    found = dict(row._mapping)  # noqa: SLF001  public in SQLAlchemy
    return found | {"sealed_sha256": hashlib.sha256(found["sealed"]).hexdigest()}


def add(
    connection: Connection,
    signer: Signer,
    notice: Notice,
    content: bytes,
    *,
    borrower: Borrower,
    randomness: Randomness,
) -> None:
    """Store a notice and sign it; last in the transaction."""
    sealed = seal_content(content, borrower, _place(notice.id), randomness)
    row = {name: getattr(notice, name) for name in _SIGNED}
    salt = signer.salt()
    connection.execute(insert(notices).values(sealed=sealed, salt=salt, **row))
    signer.add(
        connection,
        lender_id=notice.lender_id,
        kind=StatementKind.NOTICE,
        object_id=notice.id,
        at=notice.issued_at,
        facts={
            "borrower": notice.borrower_id,
            "decision": notice.decision_id,
            "digest": digest_of_notice(salt, row | {"sealed_sha256": hashlib.sha256(sealed).hexdigest()}),
        },
    )


def list_notices(connection: Connection, *, lender_id: str, decision_id: str) -> list[Notice]:
    """The notices of a decision, newest first."""
    statement = _NOTICES.where((notices.c.lender_id == lender_id) & (notices.c.decision_id == decision_id))
    return [
        _notice(row) for row in connection.execute(statement.order_by(notices.c.issued_at.desc(), notices.c.id.desc()))
    ]


def find(connection: Connection, signer: Signer, *, lender_id: str, notice_id: str) -> Notice | None:
    """A notice of this lender, proved against what was signed.

    Raises:
        NoticeChangedError: it is not what was signed.
    """
    row = connection.execute(
        select(notices, borrowers.c.restricted_at)
        .join_from(notices, borrowers)
        .where((notices.c.lender_id == lender_id) & (notices.c.id == notice_id))
    ).first()
    if row is None:
        return None
    signed = connection.execute(
        select(statements.c.signed).where(about(lender_id, notice_id, StatementKind.NOTICE))
    ).scalar()
    try:
        said = None if signed is None else signer.open(signed).facts.get("digest")
        is_same = said == digest_of_notice(row.salt, row_to_sign(row))
    except (SignatureError, StatementError, TypeError):
        is_same = False
    if not is_same:
        raise NoticeChangedError(f"notice {notice_id} is not what was signed")
    return _notice(row)


def content_of(connection: Connection, cipher: Cipher, notice_id: str, *, lender_id: str, borrower_id: str) -> bytes:
    """The bytes of a notice.

    Raises:
        DecryptionError: they were changed, or the borrower's secret is not there.
    """
    borrower = find_borrower(connection, borrower_id, lender_id=lender_id, cipher=cipher)
    sealed = connection.execute(select(notices.c.sealed).where(notices.c.id == notice_id)).scalar()
    if borrower is None or sealed is None:
        raise DecryptionError("the stored notice cannot be decrypted: its borrower was erased")
    return open_content(sealed, borrower, _place(notice_id))


_NOTICES: Final = select(*(notices.c[name] for name in _SIGNED), borrowers.c.restricted_at).join_from(
    notices, borrowers
)


def _notice(row: Row[Any]) -> Notice:
    return Notice(**{name: getattr(row, name) for name in _SIGNED}, is_restricted=row.restricted_at is not None)


def _place(notice_id: str) -> str:
    """What the encryption of a notice is bound to."""
    return f"notice/{notice_id}"
