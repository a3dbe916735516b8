"""What a firm calls the documents in the evidence of a decision: kept beside the record, under the borrower's own key.

Such a number can name a person. Once the borrower's key is destroyed, nobody can read it any more.
"""

import base64
import json
from collections.abc import Mapping, Sequence

import structlog
from sqlalchemy import select
from typing_extensions import override

from scoring.base.identifiers import Randomness
from scoring.base.secrets import Cipher, DecryptionError, EncryptionKey, Sealed, Secret
from scoring.decisions.decision import Document, DocumentKind
from scoring.store.borrowers import Borrower, opened_borrower
from scoring.store.database import Database
from scoring.store.tables import borrowers, decisions, document_numbers

_KEY = "borrower"
_log = structlog.get_logger(__name__)


class DocumentNumbers:
    """Document to number; neither ``repr`` nor ``str`` shows them.

    Args:
        numbers: By kind of document and the source's identifier.
    """

    __slots__ = ("_numbers",)

    def __init__(self, numbers: Mapping[tuple[DocumentKind, int | str], str]) -> None:
        self._numbers = dict(numbers)

    def of(self, document: Document) -> str | None:
        """The number of a document, none where the firm has none or it is not known any more."""
        return self._numbers.get((document.kind, document.id))

    def plain(self) -> bytes:
        """Everything, to be encrypted."""
        return json.dumps([[*key, number] for key, number in self._numbers.items()]).encode()

    @override
    def __repr__(self) -> str:
        return f"DocumentNumbers({len(self._numbers)})"


NO_NUMBERS = DocumentNumbers({})


def seal(numbers: DocumentNumbers, borrower: Borrower, decision_id: str, randomness: Randomness) -> bytes:
    """Encrypt with a key of the borrower."""
    cipher = _cipher(borrower, randomness)
    return cipher.seal(numbers.plain(), lender_id=borrower.lender_id, purpose=_purpose(decision_id)).sealed


async def load(
    database: Database, cipher: Cipher, *, lender_id: str, decision_ids: Sequence[str]
) -> dict[str, DocumentNumbers]:
    """The numbers of decisions of this lender, those that can still be read.

    What cannot be decrypted is left out and logged: the decision is complete without it.
    """
    if not decision_ids:
        return {}
    statement = (
        select(
            document_numbers.c.decision_id,
            document_numbers.c.sealed,
            borrowers.c.id,
            borrowers.c.borrower_ref,
            borrowers.c.key_id,
            borrowers.c.sealed_key,
        )
        .select_from(document_numbers.join(decisions).join(borrowers))
        .where(
            (document_numbers.c.lender_id == lender_id)
            & document_numbers.c.decision_id.in_(decision_ids)
            & borrowers.c.sealed_key.is_not(None)
        )
    )
    rows = await database.read_at_once(lambda connection: connection.execute(statement).all())
    found: dict[str, DocumentNumbers] = {}
    for row in rows:
        try:
            borrower = opened_borrower(row, lender_id=lender_id, cipher=cipher)
            plain = _cipher(borrower, _no_randomness).open(
                Sealed(key_id=_KEY, sealed=row.sealed), lender_id=lender_id, purpose=_purpose(row.decision_id)
            )
        except DecryptionError:
            _log.exception("document numbers cannot be decrypted", decision=row.decision_id, exc_info=False)
            continue
        found[row.decision_id] = DocumentNumbers(
            {(DocumentKind(kind), identifier): number for kind, identifier, number in json.loads(plain)}
        )
    return found


def _cipher(borrower: Borrower, randomness: Randomness) -> Cipher:
    material = base64.b64encode(borrower.subkey("document numbers")).decode()
    return Cipher([EncryptionKey(id=_KEY, material=Secret(material))], randomness)


def _no_randomness(size: int) -> bytes:
    raise AssertionError(f"{size} bytes for what is only decrypted")


def _purpose(decision_id: str) -> str:
    return f"document numbers/{decision_id}"
