"""Chains of signed statements, one for each lender.

A statement is added in the transaction of what it is about. The row of the chain is locked from then on to the end of
the transaction, so that two processes add one after the other: add it last.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import Randomness, instant
from scoring.base.signing import SALT_BYTES, SignatureError, SigningKeys, UnknownKeyError
from scoring.decisions.statements import (
    Checkpoint,
    Fact,
    Head,
    Statement,
    StatementKind,
    decode,
    digest_of,
    encode,
)
from scoring.store.database import add_if_new
from scoring.store.tables import chains, statements

_LOOKED_BACK: Final = 100
"""Statements before a damaged one, among which one must show that the key is right."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Signs what is stored, and checks what was signed."""

    keys: SigningKeys
    randomness: Randomness

    def salt(self) -> bytes:
        """Random bytes for the digests of one object."""
        return self.randomness(SALT_BYTES)

    def add(
        self,
        connection: Connection,
        *,
        lender_id: str,
        kind: StatementKind,
        object_id: str,
        at: str,
        facts: Mapping[str, Fact],
    ) -> str:
        """Add a statement to the lender's chain, in the caller's transaction; returns it as compact JWS."""
        mine = chains.c.lender_id == lender_id
        taking = update(chains).where(mine).values(number=chains.c.number + 1).returning(chains.c.number, chains.c.head)
        row = connection.execute(taking).first()
        if row is None:
            add_if_new(connection, chains, lender_id=lender_id, number=0, head="")
            row = connection.execute(taking).one()
        signed = self.keys.sign(
            encode(
                Statement(
                    kind=kind,
                    lender=lender_id,
                    number=row.number,
                    previous=row.head or None,
                    at=at,
                    object=object_id,
                    facts=dict(facts),
                )
            )
        )
        sha256 = digest_of(signed)
        connection.execute(
            insert(statements).values(
                lender_id=lender_id, number=row.number, kind=kind, object_id=object_id, signed=signed, sha256=sha256
            )
        )
        connection.execute(update(chains).where(mine).values(head=sha256))
        return signed

    def checkpoint(self, connection: Connection, now: datetime) -> str | None:
        """The ends of all chains, signed; None while there are none."""
        found = {
            row.lender_id: Head(number=row.number, sha256=row.head)
            for row in connection.execute(select(chains).order_by(chains.c.lender_id))
        }
        return self.keys.sign(encode(Checkpoint(at=instant(now), chains=found))) if found else None

    def open(self, signed: str) -> Statement:
        """A statement, its signature verified.

        Raises:
            SignatureError: it was changed, or its key is not known.
            StatementError: it is none that this version knows.
        """
        return decode(self.keys.verify(signed))


class WrongSigningKeyError(Exception):
    """What is stored was signed with a key that is not among the given ones."""


def prove_signing(connection: Connection, keys: SigningKeys) -> None:
    """Prove that the given keys verify the newest statement of every chain, before one more is signed.

    Where one of these keys is said to have signed it, and verifies statements before it, the statement is wrong and
    not the key: the log says so, ``scoring verify`` names it, and what it says is not followed.

    Raises:
        WrongSigningKeyError: one was signed with another key.
    """
    newest = select(statements.c.lender_id, statements.c.signed, statements.c.number).join(
        chains, (chains.c.lender_id == statements.c.lender_id) & (chains.c.number == statements.c.number)
    )
    for row in connection.execute(newest).all():
        try:
            keys.verify(row.signed)
        except SignatureError as error:
            whose = row.lender_id or "the operator"
            before = (statements.c.lender_id == row.lender_id) & (statements.c.number < row.number)
            earlier = select(statements.c.signed).where(before).order_by(statements.c.number.desc()).limit(_LOOKED_BACK)
            is_known = not isinstance(error, UnknownKeyError)
            if is_known and any(_is_verified(keys, signed) for signed in connection.execute(earlier).scalars()):
                _log.error("statement damaged", lender=row.lender_id, number=row.number, error=str(error))
                continue
            raise WrongSigningKeyError(
                f"the newest statement of {whose} {error}: restore the key that was in use;"
                " a new key goes in front of it, and the old one stays, without its private part"
            ) from None


def _is_verified(keys: SigningKeys, signed: str) -> bool:
    try:
        keys.verify(signed)
    except SignatureError:
        return False
    return True


def is_signed(connection: Connection) -> bool:
    """Whether there are statements."""
    return connection.execute(select(chains.c.lender_id).limit(1)).first() is not None


def about(lender_id: Any, object_id: Any, kind: StatementKind) -> ColumnElement[bool]:  # noqa: ANN401  column or text
    """The statements of a kind about an object."""
    mine: ColumnElement[bool] = (statements.c.lender_id == lender_id) & (statements.c.object_id == object_id)
    return mine & (statements.c.kind == kind)


def newest_about(
    connection: Connection, *, lender_id: str, object_id: str, kind: StatementKind
) -> tuple[str | None, int]:
    """The newest statement of a kind about an object, and its number; the number must be the one inside it, too."""
    mine = about(lender_id, object_id, kind)
    newest = select(statements.c.signed, statements.c.number).where(mine)
    row = connection.execute(newest.order_by(statements.c.number.desc()).limit(1)).first()
    return (None, 0) if row is None else (row.signed, row.number)
