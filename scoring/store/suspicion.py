"""Suspicion reports (§ 43 GwG), in a database of their own that nothing but their command opens.

Whom a report concerns must not learn of it (§ 47 GwG), so nothing that answers a borrower or a lender's staff may reach
it: an import contract keeps all other modules away. Reference and text are encrypted. Who read or wrote is noted here,
not in the audit trail, which other roles read.
"""

import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Column, Date, LargeBinary, MetaData, Row, String, Table, delete, insert, inspect, select, update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import Randomness, day_in_berlin, instant, new_id
from scoring.base.secrets import Cipher, DecryptionError, Sealed, Secret
from scoring.store.database import Database, sqlite_file

_metadata: Final = MetaData()
_reports: Final = Table(
    "suspicion_reports",
    _metadata,
    Column("id", String(40), primary_key=True),
    Column("lender_id", String(64), nullable=False),
    Column("reported_on", Date, nullable=False),
    Column("made_at", String(24), nullable=False),
    Column("key_id", String(32), nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # reference of the borrower, and text
)
_trail: Final = Table(
    "suspicion_trail",
    _metadata,
    Column("id", String(40), primary_key=True),
    Column("at", String(24), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("action", String(16), nullable=False),
    Column("report_id", String(40)),
)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One report; neither ``repr`` nor ``str`` shows what it says."""

    id: str
    lender_id: str
    reported_on: date
    made_at: str
    borrower_ref: Secret
    text: Secret


class UnreadableReport(msgspec.Struct, frozen=True, kw_only=True):
    """A report that cannot be decrypted."""

    id: str
    reported_on: date
    said: str
    """Why not."""


class MissingKeyError(Exception):
    """Reports are there, and none of their keys is configured."""


class SuspicionStore:
    """Reports of all lenders. Opened by ``open_reports``.

    Args:
        database: of the reports.
        cipher: of the service.
        actor: who works with them.
        now: the present.
        randomness: unpredictable bytes.
    """

    def __init__(
        self, database: Database, cipher: Cipher, *, actor: str, now: datetime, randomness: Randomness
    ) -> None:
        self._database, self._cipher = database, cipher
        self._actor, self._now, self._randomness = actor, now, randomness

    async def add(self, *, lender_id: str, borrower_ref: str, text: str, reported_on: date) -> str:
        """Store a report; returns its identifier.

        Raises:
            MissingKeyError: those that are there were encrypted with other keys alone; nothing was stored.
        """
        identifier = new_id("sar", self._now, self._randomness)
        plain = json.dumps([borrower_ref, text]).encode()
        sealed = self._cipher.seal(plain, lender_id=lender_id, purpose=_purpose(identifier))

        def work(connection: Connection) -> None:
            used = set(connection.execute(select(_reports.c.key_id).distinct()).scalars())
            if used and used.isdisjoint(self._cipher.ids):
                raise MissingKeyError(
                    f"the stored reports were encrypted with {', '.join(sorted(used))}, which is not configured:"
                    " restore that key, and put a new one in front of it"
                )
            connection.execute(
                insert(_reports).values(
                    id=identifier,
                    lender_id=lender_id,
                    reported_on=reported_on,
                    made_at=instant(self._now),
                    key_id=sealed.key_id,
                    sealed=sealed.sealed,
                )
            )
            self._note(connection, "add", identifier)

        await self._database.write_at_once(work)
        return identifier

    async def lenders(self) -> list[str]:
        """Every lender that has a report, by name."""
        statement = select(_reports.c.lender_id).distinct().order_by(_reports.c.lender_id)
        return await self._database.read_at_once(lambda connection: list(connection.execute(statement).scalars()))

    async def read(self, *, lender_id: str, report_id: str | None = None) -> list[Report | UnreadableReport]:
        """Reports of a lender, oldest first, or the one with this identifier; one that is unreadable hides no other."""
        statement = select(_reports).where(_reports.c.lender_id == lender_id).order_by(_reports.c.id)
        if report_id is not None:
            statement = statement.where(_reports.c.id == report_id)

        def work(connection: Connection) -> list[Row[Any]]:
            self._note(connection, "list" if report_id is None else "show", report_id)
            return list(connection.execute(statement).all())

        return [self._opened(row) for row in await self._database.write_at_once(work)]

    async def retain(self, *, days: int, dry_run: bool) -> int:
        """Delete reports older than so many days; returns how many there are."""
        over = _reports.c.reported_on < day_in_berlin(self._now) - timedelta(days=days)

        def work(connection: Connection) -> int:
            identifiers = connection.execute(select(_reports.c.id).where(over)).scalars().all()
            for identifier in [] if dry_run else identifiers:
                connection.execute(delete(_reports).where(_reports.c.id == identifier))
                self._note(connection, "retain", identifier)
            return len(identifiers)

        return await self._database.write_at_once(work)

    async def rotate(self) -> int:
        """Encrypt with the first key what another one encrypted; returns how many reports there were.

        Raises:
            DecryptionError: one cannot be decrypted; nothing was changed.
        """

        def work(connection: Connection) -> int:
            rows = connection.execute(select(_reports).where(_reports.c.key_id != self._cipher.current)).all()
            for row in rows:
                sealed = self._cipher.seal(self._plain(row), lender_id=row.lender_id, purpose=_purpose(row.id))
                connection.execute(
                    update(_reports).where(_reports.c.id == row.id).values(key_id=sealed.key_id, sealed=sealed.sealed)
                )
            if rows:
                self._note(connection, "rotate", None)
            return len(rows)

        return await self._database.write_at_once(work)

    def _opened(self, row: Row[Any]) -> Report | UnreadableReport:
        try:
            borrower_ref, text = json.loads(self._plain(row))
        except DecryptionError as error:
            return UnreadableReport(id=row.id, reported_on=row.reported_on, said=str(error))
        return Report(
            id=row.id,
            lender_id=row.lender_id,
            reported_on=row.reported_on,
            made_at=row.made_at,
            borrower_ref=Secret(borrower_ref),
            text=Secret(text),
        )

    def _plain(self, row: Row[Any]) -> bytes:
        sealed = Sealed(key_id=row.key_id, sealed=row.sealed)
        return self._cipher.open(sealed, lender_id=row.lender_id, purpose=_purpose(row.id))

    def _note(self, connection: Connection, action: str, report_id: str | None) -> None:
        identifier = new_id("str", self._now, self._randomness)
        values = {"id": identifier, "at": instant(self._now), "actor": self._actor}
        connection.execute(insert(_trail).values(**values, action=action, report_id=report_id))


@asynccontextmanager
async def open_reports(
    url: Secret, *, timeout_seconds: float, create: bool, store: Callable[[Database], SuspicionStore]
) -> AsyncIterator[SuspicionStore | None]:
    """The store of reports; None where there is none yet and none is to be made.

    Args:
        url: of its database.
        timeout_seconds: as for ``Database``.
        create: make it where there is none; a file only its owner can read.
        store: builds it.

    Raises:
        DatabaseUnavailableError: the database does not answer.
    """
    path = sqlite_file(url)
    if path is not None and not path.exists():
        if not create:
            yield None
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    database = Database(url, timeout_seconds=timeout_seconds)
    try:
        if create:
            await database.write_at_once(_metadata.create_all)
        is_there = await database.read_at_once(lambda connection: inspect(connection).has_table(_reports.name))
        yield store(database) if is_there else None
    finally:
        await database.close()


def _purpose(report_id: str) -> str:
    return f"suspicion report/{report_id}"
