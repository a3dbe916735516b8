"""Whose account a connection opens: the name that the firm confirmed, encrypted with a key of the borrower."""

from collections.abc import Sequence

import structlog
from sqlalchemy import select
from sqlalchemy.engine import Connection

from scoring.base.identifiers import Randomness
from scoring.base.secrets import Cipher, DecryptionError
from scoring.store.borrowers import find_borrower, open_text, opened_borrower, seal_text
from scoring.store.database import Database
from scoring.store.tables import borrowers, connections

_log = structlog.get_logger(__name__)


def seal_holder(
    connection: Connection,
    cipher: Cipher,
    name: str | None,
    *,
    lender_id: str,
    borrower_id: str,
    connection_id: str,
    randomness: Randomness,
) -> bytes | None:
    """What a new connection stores of the name; None where there is none, or the borrower's secret is gone."""
    borrower = None if name is None else find_borrower(connection, borrower_id, lender_id=lender_id, cipher=cipher)
    return None if name is None or borrower is None else seal_text(name, borrower, _purpose(connection_id), randomness)


def open_holders(
    connection: Connection, cipher: Cipher, *, lender_id: str, connection_ids: Sequence[str]
) -> dict[str, str]:
    """The names of those connections that have one, by connection.

    What cannot be decrypted is left out and logged: the connection works without it.
    """
    columns = (borrowers.c.id, borrowers.c.borrower_ref, borrowers.c.key_id, borrowers.c.sealed_key)
    statement = (
        select(connections.c.id.label("connection_id"), connections.c.sealed_holder, *columns)
        .join_from(connections, borrowers)
        .where(
            (connections.c.lender_id == lender_id)
            & connections.c.id.in_(connection_ids)
            & connections.c.sealed_holder.is_not(None)
            & borrowers.c.sealed_key.is_not(None)
        )
    )
    found = {}
    for row in connection.execute(statement):
        try:
            borrower = opened_borrower(row, lender_id=lender_id, cipher=cipher)
            found[row.connection_id] = open_text(row.sealed_holder, borrower, _purpose(row.connection_id))
        except DecryptionError:
            _log.exception("the holder of an account cannot be decrypted", connection=row.connection_id, exc_info=False)
    return found


async def find_holders(
    database: Database, cipher: Cipher, *, lender_id: str, connection_ids: Sequence[str]
) -> dict[str, str]:
    """As ``open_holders``."""
    if not connection_ids:
        return {}
    return await database.read_at_once(
        lambda connection: open_holders(connection, cipher, lender_id=lender_id, connection_ids=connection_ids)
    )


def _purpose(connection_id: str) -> str:
    return f"account holder/{connection_id}"
