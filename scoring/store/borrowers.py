"""Borrowers of a lender and the secret behind their hashes, which erasure destroys."""

import hashlib
import hmac
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, select
from sqlalchemy.engine import Connection

from scoring.base.identifiers import Randomness, instant, new_id
from scoring.base.secrets import Cipher, Sealed, Secret
from scoring.store.database import Database, add_if_new
from scoring.store.tables import borrowers


class Borrower(msgspec.Struct, frozen=True, kw_only=True):
    """A borrower with the secret from which all hashes about it are made."""

    id: str
    lender_id: str
    ref: str
    secret: Secret
    """64 hexadecimal digits."""

    def subkey(self, purpose: str) -> bytes:
        """A key of its own for each use of the secret."""
        return hmac.digest(bytes.fromhex(self.secret.reveal()), purpose.encode(), "sha256")

    def digest(self) -> str:
        """How a decision names the borrower: meaningless without the secret."""
        return hmac.new(self.subkey("borrower"), self.ref.encode(), hashlib.sha256).hexdigest()


async def keys_in_use(database: Database) -> frozenset[str]:
    """Identifiers of the encryption keys behind the secrets of borrowers, without which nothing about them opens."""
    statement = select(borrowers.c.key_id).where(borrowers.c.key_id.is_not(None)).distinct()
    return await database.read_at_once(lambda connection: frozenset(connection.execute(statement).scalars()))


def borrower_of(
    connection: Connection, *, lender_id: str, ref: str, cipher: Cipher, now: datetime, randomness: Randomness
) -> Borrower:
    """The lender's borrower of that name, added where it is new; in the caller's writing transaction."""
    columns = (borrowers.c.id, borrowers.c.borrower_ref, borrowers.c.key_id, borrowers.c.sealed_key)
    statement = select(*columns).where((borrowers.c.lender_id == lender_id) & (borrowers.c.borrower_ref == ref))
    row = connection.execute(statement).first()
    if row is None:
        identifier = new_id("bor", now, randomness)
        secret = randomness(32)
        sealed = cipher.seal(secret, lender_id=lender_id, purpose=f"borrower key/{identifier}")
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
    return opened_borrower(row, lender_id=lender_id, cipher=cipher)


def opened_borrower(row: Row[Any], *, lender_id: str, cipher: Cipher) -> Borrower:
    """The borrower of a row with ``id``, ``borrower_ref``, ``key_id`` and ``sealed_key``.

    Raises:
        DecryptionError: its secret cannot be decrypted.
    """
    sealed = Sealed(key_id=row.key_id, sealed=row.sealed_key)
    secret = cipher.open(sealed, lender_id=lender_id, purpose=f"borrower key/{row.id}")
    return Borrower(id=row.id, lender_id=lender_id, ref=row.borrower_ref, secret=Secret(secret.hex()))
