"""Guarantors of a lender's cases: data subjects of their own, whose key is not the borrower's.

A guarantor's row among the borrowers has the same identifier, which is its reference as well: so requests of data
subjects, holds, restriction and erasure work for it as they do for a borrower, and for each of the two by itself.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

import msgspec
import structlog
from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection
from typing_extensions import override

from scoring.base.identifiers import Randomness, instant
from scoring.base.secrets import Cipher, DecryptionError
from scoring.store.borrowers import borrower_of, find_borrower, open_text, seal_text
from scoring.store.tables import borrowers, guarantors

PREFIX: Final = "gua"
_log = structlog.get_logger(__name__)


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who guarantees. Its ``repr`` shows nothing of it."""

    name: str
    birth_date: date | None = None
    address: str | None = None
    consented_on: date
    """The day on which the guarantor agreed to be named here; the lender keeps the proof."""

    @override
    def __repr__(self) -> str:
        return "Person()"


class Guarantor(msgspec.Struct, frozen=True, kw_only=True):
    """A stored guarantor."""

    id: str
    case_id: str
    named_at: str
    released_at: str | None
    is_restricted: bool
    person: Person | None
    """None once it was erased, and where it cannot be read."""


def add_guarantor(  # noqa: PLR0913  each is named by its caller
    connection: Connection,
    guarantor_id: str,
    person: Person,
    *,
    lender_id: str,
    case_id: str,
    cipher: Cipher,
    now: datetime,
    randomness: Randomness,
) -> None:
    """Store a guarantor with a key of its own, in the caller's transaction."""
    subject = borrower_of(
        connection,
        lender_id=lender_id,
        ref=guarantor_id,
        cipher=cipher,
        now=now,
        randomness=randomness,
        identifier=guarantor_id,
    )
    plain = msgspec.json.encode(person).decode()
    connection.execute(
        insert(guarantors).values(
            id=guarantor_id,
            lender_id=lender_id,
            case_id=case_id,
            named_at=instant(now),
            sealed=seal_text(plain, subject, _place(guarantor_id), randomness),
        )
    )


def release_guarantor(connection: Connection, guarantor_id: str, *, at: str) -> None:
    """Note that a guarantor is none any more."""
    connection.execute(update(guarantors).where(guarantors.c.id == guarantor_id).values(released_at=at))


def guarantors_of(
    connection: Connection,
    cipher: Cipher,
    *,
    lender_id: str,
    case_id: str | None = None,
    guarantor_id: str | None = None,
) -> Sequence[Guarantor]:
    """The guarantors of a case, or one guarantor, oldest first."""
    mine = guarantors.c.lender_id == lender_id
    if case_id is not None:
        mine &= guarantors.c.case_id == case_id
    if guarantor_id is not None:
        mine &= guarantors.c.id == guarantor_id
    statement = select(guarantors, borrowers.c.restricted_at).join_from(guarantors, borrowers).where(mine)
    return tuple(
        Guarantor(
            id=row.id,
            case_id=row.case_id,
            named_at=row.named_at,
            released_at=row.released_at,
            is_restricted=row.restricted_at is not None,
            person=None if row.sealed is None else _person(connection, cipher, lender_id, row.id, row.sealed),
        )
        for row in connection.execute(statement.order_by(guarantors.c.id))
    )


def forget_guarantor(connection: Connection, guarantor_id: str) -> int:
    """Destroy who it is; that somebody guaranteed stays."""
    mine = (guarantors.c.id == guarantor_id) & guarantors.c.sealed.is_not(None)
    return connection.execute(update(guarantors).where(mine).values(sealed=None)).rowcount


def _person(connection: Connection, cipher: Cipher, lender_id: str, guarantor_id: str, sealed: bytes) -> Person | None:
    try:
        subject = find_borrower(connection, guarantor_id, lender_id=lender_id, cipher=cipher)
        if subject is None:
            return None
        return msgspec.json.decode(open_text(sealed, subject, _place(guarantor_id)), type=Person)
    except DecryptionError:
        _log.exception("a guarantor cannot be decrypted", guarantor=guarantor_id, exc_info=False)
        return None


def _place(guarantor_id: str) -> str:
    """What the encryption is bound to."""
    return f"guarantor/{guarantor_id}"
