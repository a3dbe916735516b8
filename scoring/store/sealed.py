"""What is encrypted with the operator's keys: how much of it, whether the keys fit, and encrypting it anew."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import Column, Row, Table, func, inspect, select, update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import Randomness, instant
from scoring.base.secrets import Cipher, DecryptionError, EncryptionKey, Sealed
from scoring.store.borrowers import key_purpose
from scoring.store.connections import credential_purpose
from scoring.store.database import Database, add_if_new
from scoring.store.jobs import job_purpose
from scoring.store.processes import KeysDifferError
from scoring.store.second_factors import factor_purpose
from scoring.store.snapshots import snapshot_purpose
from scoring.store.tables import (
    borrowers,
    connections,
    jobs,
    key_canaries,
    second_factors,
    snapshots,
    webhook_secrets,
)
from scoring.store.webhooks import secret_purpose

_CANARY: Final = b"canary"
BATCH: Final = 50
"""Rows that are encrypted anew in one transaction; a snapshot has some 100 kB."""


class WrongKeyError(Exception):
    """A configured key has the id of another one that encrypted what is stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """A table with encrypted bytes, and what they are bound to."""

    table: Table
    identifier: Column[Any]
    sealed: Column[Any]
    purpose: Callable[[Row[Any]], str]
    bound_to: tuple[Column[Any], ...] = ()
    """Further columns that the purpose needs."""

    @property
    def key_id(self) -> Column[Any]:
        """The key that encrypted a row."""
        column: Column[Any] = self.table.c.key_id
        return column

    def rows(self) -> Any:  # noqa: ANN401  a statement
        """All columns that opening a row needs."""
        named = (self.identifier.label("identifier"), self.table.c.lender_id, self.key_id, self.sealed.label("bytes"))
        return select(*named, *self.bound_to).where(self.key_id.is_not(None))

    def open(self, row: Row[Any], cipher: Cipher) -> bytes:
        """The plain bytes of a row.

        Raises:
            DecryptionError: they cannot be decrypted.
        """
        sealed = Sealed(key_id=row.key_id, sealed=row.bytes)
        return cipher.open(sealed, lender_id=row.lender_id, purpose=self.purpose(row))


_KINDS: Final = (
    _Kind(
        table=borrowers,
        identifier=borrowers.c.id,
        sealed=borrowers.c.sealed_key,
        purpose=lambda row: key_purpose(row.identifier),
    ),
    _Kind(
        table=connections,
        identifier=connections.c.id,
        sealed=connections.c.sealed_token,
        purpose=lambda row: credential_purpose(row.source, row.identifier),
        bound_to=(connections.c.source,),
    ),
    _Kind(
        table=snapshots,
        identifier=snapshots.c.decision_id,
        sealed=snapshots.c.sealed,
        purpose=lambda row: snapshot_purpose(row.identifier),
    ),
    _Kind(
        table=second_factors,
        identifier=second_factors.c.principal_id,
        sealed=second_factors.c.sealed,
        purpose=lambda row: factor_purpose(row.identifier),
    ),
    _Kind(
        table=jobs,
        identifier=jobs.c.id,
        sealed=jobs.c.sealed,
        purpose=lambda row: job_purpose(row.identifier),
    ),
    _Kind(
        table=webhook_secrets,
        identifier=webhook_secrets.c.id,
        sealed=webhook_secrets.c.sealed,
        purpose=lambda row: secret_purpose(row.identifier),
    ),
)
"""Borrowers first: what was found wrong there is wrong everywhere."""


def count_by_key(connection: Connection) -> dict[str, dict[str, int]]:
    """How many rows each key encrypted, by its id and the table."""
    found: dict[str, dict[str, int]] = {}
    for kind in _KINDS:
        statement = select(kind.key_id, func.count()).where(kind.key_id.is_not(None)).group_by(kind.key_id)
        for key_id, count in connection.execute(statement):
            found.setdefault(key_id, {})[kind.table.name] = count
    return found


def prove_rows(connection: Connection, keys: tuple[EncryptionKey, ...], randomness: Randomness) -> None:
    """Prove that keys open what they encrypted, in a database of an older schema, too; changes nothing.

    Raises:
        DecryptionError: there is encrypted data, and none of the keys encrypted any of it.
        WrongKeyError: a key has the id of another one.
    """
    present = {table: _columns(connection, table) for table in inspect(connection).get_table_names()}
    used: set[str] = set()
    for kind in _KINDS:
        needed = {column.name for column in (kind.identifier, kind.sealed, kind.key_id, *kind.bound_to)}
        if not needed <= present.get(kind.table.name, set()):
            continue
        used |= set(connection.execute(select(kind.key_id).where(kind.key_id.is_not(None)).distinct()).scalars())
        for key in keys:
            row = connection.execute(kind.rows().where(kind.key_id == key.id).limit(1)).first()
            if row is not None:
                _demand(key.id, partial(kind.open, row, Cipher([key], randomness)))
    if used and used.isdisjoint(key.id for key in keys):
        raise DecryptionError(
            f"stored data was encrypted with the key {', '.join(sorted(used))}, which is not configured"
        )


def _columns(connection: Connection, table: str) -> set[str]:
    return {column["name"] for column in inspect(connection).get_columns(table)}


async def prove_keys(
    database: Database, keys: tuple[EncryptionKey, ...], *, now: datetime, randomness: Randomness
) -> None:
    """Prove that each key is the one that its id stood for before; a new key gets its canary.

    Raises:
        WrongKeyError: one is not.
    """
    canaries = select(key_canaries.c.key_id, key_canaries.c.sealed)
    known = await database.read_at_once(lambda connection: {row.key_id for row in connection.execute(canaries)})
    ciphers = {key.id: Cipher([key], randomness) for key in keys}

    def add(connection: Connection) -> None:
        for key_id, cipher in ciphers.items():
            if key_id in known:
                continue
            for kind in _KINDS:  # what was encrypted before there were canaries
                row = connection.execute(kind.rows().where(kind.key_id == key_id).limit(1)).first()
                if row is not None:
                    _demand(key_id, partial(kind.open, row, cipher))
            sealed = cipher.seal(_CANARY, lender_id="", purpose=f"canary/{key_id}").sealed
            add_if_new(connection, key_canaries, key_id=key_id, sealed=sealed, created_at=instant(now))

    def prove(connection: Connection) -> None:
        for row in connection.execute(canaries.where(key_canaries.c.key_id.in_(ciphers))):
            sealed, purpose = Sealed(key_id=row.key_id, sealed=row.sealed), f"canary/{row.key_id}"
            _demand(row.key_id, partial(ciphers[row.key_id].open, sealed, lender_id="", purpose=purpose))

    if not ciphers.keys() <= known:
        await database.write_at_once(add)
    await database.read_at_once(prove)


def _demand(key_id: str, opening: Callable[[], bytes]) -> None:
    try:
        opening()
    except DecryptionError:
        raise WrongKeyError(
            f"the encryption key {key_id!r} is not the one that encrypted what is stored under this id: restore that"
            " one, and give a new key an id of its own"
        ) from None


async def encrypt_anew(database: Database, cipher: Cipher, *, done: Callable[[int], None]) -> None:
    """Encrypt with the first key what another one encrypted, batch by batch; what was done before is not done again.

    Args:
        database: in use by running services, too.
        cipher: with all keys.
        done: is told how many rows a batch had.

    Raises:
        DecryptionError: a row cannot be decrypted; the batches before it are done.
        KeysDifferError: the cipher encrypts with another key now, for the sake of a process; as above.
    """
    first = cipher.ids[0]
    for kind in _KINDS:
        after = ""
        while True:
            statement = (
                kind.rows()
                .where((kind.key_id != first) & (kind.identifier > after))
                .order_by(kind.identifier)
                .limit(BATCH)
            )

            def work(connection: Connection, kind: _Kind = kind, statement: Any = statement) -> list[str]:  # noqa: ANN401  the same
                rows = connection.execute(statement).all()
                for row in rows:
                    sealed = cipher.seal(kind.open(row, cipher), lender_id=row.lender_id, purpose=kind.purpose(row))
                    if sealed.key_id != first:
                        raise KeysDifferError(
                            f"a process that lacks the key {first!r} came back, so {sealed.key_id!r} encrypts again:"
                            " give it that key, and begin anew"
                        )
                    connection.execute(
                        update(kind.table)
                        # erased or encrypted anew meanwhile: then it is left as it is
                        .where((kind.identifier == row.identifier) & (kind.key_id == row.key_id))
                        .values({kind.key_id: sealed.key_id, kind.sealed: sealed.sealed})
                    )
                return [row.identifier for row in rows]

            identifiers = await database.write_at_once(work)
            if not identifiers:
                break
            after = identifiers[-1]
            done(len(identifiers))
