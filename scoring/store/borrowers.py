"""Borrowers of a lender: the secret of their hashes, which erasure destroys, and the lender's own in their books."""

import base64
import hashlib
import hmac
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import structlog
from sqlalchemy import Row, select
from sqlalchemy.engine import Connection
from typing_extensions import override

from scoring.base.identifiers import Randomness, instant, new_id
from scoring.base.secrets import Cipher, DecryptionError, EncryptionKey, Sealed, Secret
from scoring.decisions.decision import Document, DocumentKind
from scoring.decisions.holders import Party
from scoring.store.database import Database, add_if_new, add_new
from scoring.store.tables import borrowers, decisions, document_numbers, loans, written_documents


class BorrowerRestrictedError(Exception):
    """Nothing may be done with the borrower's data but keeping them, or they were erased meanwhile."""

    def __init__(self, *, is_erased: bool) -> None:
        why = "was erased" if is_erased else "is restricted: its data may only be kept"
        super().__init__(f"the borrower {why}; nothing was made for it")


class Borrower(msgspec.Struct, frozen=True, kw_only=True):
    """A borrower with the secret used for all hashes about it."""

    id: str
    lender_id: str
    ref: str
    secret: Secret
    """64 hexadecimal digits."""

    def subkey(self, purpose: str) -> bytes:
        """Derive a separate key for each use of the secret."""
        return hmac.digest(bytes.fromhex(self.secret.reveal()), purpose.encode(), "sha256")

    def digest(self) -> str:
        """The borrower's pseudonym in a decision; meaningless without the secret."""
        return self.keyed("borrower", self.ref.encode())

    def keyed(self, purpose: str, content: bytes) -> str:
        """A digest that nobody can try to guess without the secret, in hexadecimal."""
        return hmac.new(self.subkey(purpose), content, hashlib.sha256).hexdigest()


def key_purpose(identifier: str) -> str:
    """What the encrypted secret of a borrower is bound to."""
    return f"borrower key/{identifier}"


def borrower_of(
    connection: Connection,
    *,
    lender_id: str,
    ref: str,
    cipher: Cipher,
    now: datetime,
    randomness: Randomness,
    identifier: str | None = None,
) -> Borrower:
    """The lender's borrower with this reference, added if new, in the caller's transaction.

    Args:
        connection: of the transaction.
        lender_id: whose.
        ref: the lender's reference.
        cipher: encrypts its secret.
        now: the present moment.
        randomness: unpredictable bytes.
        identifier: of one that is added, where it is no borrower but another data subject.

    Raises:
        BorrowerRestrictedError: its data are only kept.
    """
    columns = (borrowers.c.id, borrowers.c.borrower_ref, borrowers.c.key_id, borrowers.c.sealed_key)
    statement = select(*columns, borrowers.c.restricted_at).where(
        (borrowers.c.lender_id == lender_id) & (borrowers.c.borrower_ref == ref)
    )
    row = connection.execute(statement).first()
    if row is None:
        identifier = identifier or new_id("bor", now, randomness)
        secret = randomness(32)
        sealed = cipher.seal(secret, lender_id=lender_id, purpose=key_purpose(identifier))
        if add_if_new(
            connection,
            borrowers,
            id=identifier,
            lender_id=lender_id,
            borrower_ref=ref,
            key_id=sealed.key_id,
            sealed_key=sealed.sealed,
            created_at=instant(now),
        ):
            return Borrower(id=identifier, lender_id=lender_id, ref=ref, secret=Secret(secret.hex()))
        row = connection.execute(statement).one()  # another process was quicker
    if row.restricted_at is not None:
        raise BorrowerRestrictedError(is_erased=False)
    return opened_borrower(row, lender_id=lender_id, cipher=cipher)


def identifiers_of(
    connection: Connection,
    refs: Collection[str],
    *,
    lender_id: str,
    cipher: Cipher,
    now: datetime,
    randomness: Randomness,
) -> dict[str, tuple[str, bool]]:
    """The lender's borrowers by reference, added where they are new: identifier, and whether data are only kept.

    In the caller's transaction, until whose end none of them is erased or restricted.
    """
    mine = (borrowers.c.lender_id == lender_id) & borrowers.c.borrower_ref.in_(refs)
    columns = (borrowers.c.id, borrowers.c.borrower_ref, borrowers.c.restricted_at)
    statement = select(*columns).where(mine).order_by(borrowers.c.id).with_for_update(read=True)
    found = connection.execute(statement).all()
    new = []
    for ref in sorted(set(refs) - {row.borrower_ref for row in found}):
        identifier = new_id("bor", now, randomness)
        sealed = cipher.seal(randomness(32), lender_id=lender_id, purpose=key_purpose(identifier))
        keyed = {"key_id": sealed.key_id, "sealed_key": sealed.sealed, "created_at": instant(now)}
        new.append({"id": identifier, "lender_id": lender_id, "borrower_ref": ref, **keyed})
    if new:
        add_new(connection, borrowers, new)
        found = connection.execute(statement).all()
    return {row.borrower_ref: (row.id, row.restricted_at is not None) for row in found}


def keep(connection: Connection, borrower_id: str) -> None:
    """Keep a borrower from being erased, restricted or monitored anew until the caller's transaction ends."""
    connection.execute(select(borrowers.c.id).where(borrowers.c.id == borrower_id).with_for_update(read=True))


def demand_open(connection: Connection, borrower_id: str, *, is_kept_so: bool = True) -> None:
    """Keep a borrower from being erased or restricted until the caller's transaction ends.

    Args:
        connection: of the transaction; one that writes, unless the borrower need not be kept so.
        borrower_id: who it is.
        is_kept_so: False only looks.

    Raises:
        BorrowerRestrictedError: it was before.
    """
    statement = select(borrowers.c.restricted_at, borrowers.c.erased_at).where(borrowers.c.id == borrower_id)
    row = connection.execute(statement.with_for_update(read=True) if is_kept_so else statement).one()
    if row.restricted_at is not None or row.erased_at is not None:
        raise BorrowerRestrictedError(is_erased=row.erased_at is not None)


def opened_borrower(row: Row[Any], *, lender_id: str, cipher: Cipher) -> Borrower:
    """The borrower of a row with ``id``, ``borrower_ref``, ``key_id`` and ``sealed_key``.

    Raises:
        DecryptionError: its secret cannot be decrypted, or its reference is no text.
    """
    ref: object = row.borrower_ref
    if not isinstance(ref, str | None):  # SQLite keeps what it is given
        raise DecryptionError(f"the reference of borrower {row.id} was altered: it is of another type")
    sealed = Sealed(key_id=row.key_id, sealed=row.sealed_key)
    secret = cipher.open(sealed, lender_id=lender_id, purpose=key_purpose(row.id))
    return Borrower(id=row.id, lender_id=lender_id, ref=row.borrower_ref, secret=Secret(secret.hex()))


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A document in a borrower's books that the lender wrote."""

    source: str
    document_id: str
    """There."""
    amount_cents: int
    """Gross, as written."""


def written_for(connection: Connection, borrower_id: str) -> tuple[Written, ...]:
    """The lender's own documents in the books of one borrower."""
    columns = (written_documents.c[name] for name in Written.__struct_fields__)
    rows = connection.execute(select(*columns).where(written_documents.c.borrower_id == borrower_id))
    return tuple(Written(**row._mapping) for row in rows)  # noqa: SLF001  public in SQLAlchemy


def has_open_loans(connection: Connection, borrower_id: str) -> bool:
    """Whether the lender has lent to the borrower, and something may still come."""
    mine = (loans.c.borrower_id == borrower_id) & loans.c.closed_on.is_(None)
    return connection.execute(select(loans.c.id).where(mine).limit(1)).first() is not None


_KEY = "borrower"
_NUMBERS, _TEXTS, _FILES = "document numbers", "texts", "documents"
"""Uses of the borrower's secret, each with a key of its own."""
_log = structlog.get_logger(__name__)


class Particulars:
    """What others wrote about a decision: numbers of documents, the purpose of the loan, who applies, whose account.

    No part of the record. Neither ``repr`` nor ``str`` shows it.

    Args:
        numbers: By kind of document and the source's identifier.
        purpose: In the applicant's words.
        borrower_digest: Of the borrower whose secret opened it; None where nothing was opened.
        applicant: As the application states it; None where it does not, as before 0.7.
        holder: Of the account, where it was compared with the applicant.
    """

    __slots__ = ("_numbers", "applicant", "borrower_digest", "holder", "purpose")

    def __init__(
        self,
        numbers: Mapping[tuple[DocumentKind, int | str], str],
        purpose: str | None,
        borrower_digest: str | None = None,
        *,
        applicant: Party | None = None,
        holder: Party | None = None,
    ) -> None:
        self._numbers = dict(numbers)
        self.purpose = purpose
        self.borrower_digest = borrower_digest
        self.applicant = applicant
        self.holder = holder

    @classmethod
    def of_plain(cls, plain: bytes, borrower_digest: str | None) -> "Particulars":
        """What ``plain`` of this or an earlier version serialised; 0.5 had the numbers alone, 0.6 no parties."""
        found = json.loads(plain)
        numbers, purpose = (found, None) if isinstance(found, list) else (found["numbers"], found["purpose"])
        by_document = {(DocumentKind(kind), identifier): number for kind, identifier, number in numbers}
        named = {} if isinstance(found, list) else {name: found.get(name) for name in ("applicant", "holder")}
        parties = {name: msgspec.convert(party, Party | None) for name, party in named.items()}
        return cls(by_document, purpose, borrower_digest, **parties)

    def number_of(self, document: Document) -> str | None:
        """The number of a document; None if it has none or it was erased."""
        return self._numbers.get((document.kind, document.id))

    def plain(self) -> bytes:
        """Serialised for encryption."""
        parties = {name: msgspec.to_builtins(getattr(self, name)) for name in ("applicant", "holder")}
        return json.dumps({"numbers": self.numbers(), "purpose": self.purpose, **parties}).encode()

    def numbers(self) -> list[list[int | str]]:
        """Kind, identifier and number of each document."""
        return [[*key, number] for key, number in self._numbers.items()]

    @override
    def __repr__(self) -> str:
        return f"Particulars({len(self._numbers)})"


NOTHING_KEPT = Particulars({}, None)


def seal_particulars(found: Particulars, borrower: Borrower, decision_id: str, randomness: Randomness) -> bytes:
    """Encrypt with a key of the borrower."""
    cipher = _cipher(borrower, _NUMBERS, randomness)
    return cipher.seal(found.plain(), lender_id=borrower.lender_id, purpose=_purpose(decision_id)).sealed


async def load_particulars(
    database: Database, cipher: Cipher, *, lender_id: str, decision_ids: Sequence[str]
) -> dict[str, Particulars]:
    """The particulars of decisions of this lender, those that can still be read, and whose they are.

    What cannot be decrypted is left out and logged: the decision is complete without it.
    """
    if not decision_ids:
        return {}
    statement = (
        select(
            decisions.c.id.label("decision_id"),
            document_numbers.c.sealed,
            borrowers.c.id,
            borrowers.c.borrower_ref,
            borrowers.c.key_id,
            borrowers.c.sealed_key,
        )
        .select_from(decisions.join(borrowers))
        .outerjoin(document_numbers, document_numbers.c.decision_id == decisions.c.id)
        .where(
            (decisions.c.lender_id == lender_id)
            & decisions.c.id.in_(decision_ids)
            & borrowers.c.sealed_key.is_not(None)
        )
    )
    rows = await database.read_at_once(lambda connection: connection.execute(statement).all())
    found: dict[str, Particulars] = {}
    for row in rows:
        try:
            borrower = opened_borrower(row, lender_id=lender_id, cipher=cipher)
            digest = None if row.borrower_ref is None else borrower.digest()
            found[row.decision_id] = Particulars({}, None, digest)
            if row.sealed is None:
                continue
            plain = _cipher(borrower, _NUMBERS, _no_randomness).open(
                Sealed(key_id=_KEY, sealed=row.sealed), lender_id=lender_id, purpose=_purpose(row.decision_id)
            )
        except DecryptionError:
            _log.exception("particulars cannot be decrypted", decision=row.decision_id, exc_info=False)
            continue
        found[row.decision_id] = Particulars.of_plain(plain, digest)
    return found


def seal_text(text: str, borrower: Borrower, purpose: str, randomness: Randomness) -> bytes:
    """Encrypt what somebody wrote about a borrower with a key of the borrower, which erasure destroys.

    Args:
        text: as it was written.
        borrower: about whom.
        purpose: what the text belongs to; it is read with the same alone.
        randomness: unpredictable bytes.
    """
    return seal_content(text.encode(), borrower, purpose, randomness)


def seal_content(content: bytes, borrower: Borrower, purpose: str, randomness: Randomness) -> bytes:
    """The same for bytes."""
    cipher = _cipher(borrower, _TEXTS, randomness)
    return cipher.seal(content, lender_id=borrower.lender_id, purpose=purpose).sealed


def open_text(sealed: bytes, borrower: Borrower, purpose: str) -> str:
    """What ``seal_text`` encrypted.

    Raises:
        DecryptionError: it was changed, or belongs to something else.
    """
    return open_content(sealed, borrower, purpose).decode()


def open_content(sealed: bytes, borrower: Borrower, purpose: str) -> bytes:
    """What ``seal_content`` encrypted.

    Raises:
        DecryptionError: it was changed, or belongs to something else.
    """
    found = Sealed(key_id=_KEY, sealed=sealed)
    return _cipher(borrower, _TEXTS, _no_randomness).open(found, lender_id=borrower.lender_id, purpose=purpose)


def seal_file(content: bytes, borrower: Borrower, purpose: str, randomness: Randomness) -> bytes:
    """Encrypt a document about a borrower, as ``seal_text`` does a text."""
    cipher = _cipher(borrower, _FILES, randomness)
    return cipher.seal(content, lender_id=borrower.lender_id, purpose=purpose).sealed


def open_file(sealed: bytes, borrower: Borrower, purpose: str) -> bytes:
    """What ``seal_file`` encrypted.

    Raises:
        DecryptionError: it was changed, or belongs to something else.
    """
    found = Sealed(key_id=_KEY, sealed=sealed)
    return _cipher(borrower, _FILES, _no_randomness).open(found, lender_id=borrower.lender_id, purpose=purpose)


def find_borrower(connection: Connection, borrower_id: str, *, lender_id: str, cipher: Cipher) -> Borrower | None:
    """A borrower by its identifier; None once its secret was destroyed.

    Raises:
        DecryptionError: its secret cannot be decrypted.
    """
    columns = (borrowers.c.id, borrowers.c.borrower_ref, borrowers.c.key_id, borrowers.c.sealed_key)
    mine = (borrowers.c.id == borrower_id) & (borrowers.c.lender_id == lender_id) & borrowers.c.sealed_key.is_not(None)
    row = connection.execute(select(*columns).where(mine)).first()
    return None if row is None else opened_borrower(row, lender_id=lender_id, cipher=cipher)


def _cipher(borrower: Borrower, use: str, randomness: Randomness) -> Cipher:
    material = base64.b64encode(borrower.subkey(use)).decode()
    return Cipher([EncryptionKey(id=_KEY, material=Secret(material))], randomness)


def _no_randomness(size: int) -> bytes:
    raise AssertionError(f"{size} bytes for what is only decrypted")


def _purpose(decision_id: str) -> str:
    return f"document numbers/{decision_id}"
