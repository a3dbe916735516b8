"""Transactions of the database: many readers, orderly writers, and a schema that is current before anything is asked.

On SQLite every writing transaction starts with BEGIN IMMEDIATE behind a lock of this process, so that it never waits
half-way for another writer; other processes (the command line) wait for the busy timeout. On PostgreSQL writers run
side by side; where two could want the same row, the row decides (``add_if_new``, ``SELECT ... FOR UPDATE``).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection

from scoring.settings import Secret
from scoring.store.engines import patient_postgres_engine, postgres_engine, probe_sqlite, sqlite_engine
from scoring.store.errors import NoDatabaseError, availability
from scoring.store.schema import is_current, revision, upgrade

_PROBE_SECONDS = 3


class Database:
    """Opens transactions; made once per process, closed at its end."""

    def __init__(self, url: Secret, *, timeout_seconds: float = 10.0) -> None:
        """Prepare the engines; nothing is opened before the first transaction.

        Args:
            url: of the database.
            timeout_seconds: how long to wait for a turn, and then for an answer, before the database is unavailable.
        """
        self._url = url
        self._seconds = timeout_seconds
        self._is_sqlite = make_url(url.reveal()).get_backend_name() == "sqlite"
        self._write_lock = asyncio.Lock()
        if self._is_sqlite:
            self._reader = sqlite_engine(url, begin="BEGIN", connections=4, seconds=timeout_seconds)
            self._writer = sqlite_engine(url, begin="BEGIN IMMEDIATE", connections=1, seconds=timeout_seconds)
            # whether another process holds the file is known soon, whatever our own writer waits for
            self._prober = sqlite_engine(url, begin="BEGIN IMMEDIATE", connections=1, seconds=1)
        else:
            self._writer = self._prober = postgres_engine(url, seconds=timeout_seconds)
            self._reader = self._writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A consistent view; what is written in it is not kept.

        Raises:
            DatabaseUnavailableError: the database does not answer.
        """
        with availability():
            async with self._reader.connect() as connection:
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Raises:
            DatabaseUnavailableError: the database does not answer or takes no writes; where that happened during the
                commit, everything may be stored, or nothing.
        """
        with availability():
            if not self._is_sqlite:
                async with self._writer.begin() as connection:
                    yield connection
                return
            async with asyncio.timeout(self._seconds):
                await self._write_lock.acquire()
            try:
                async with self._writer.begin() as connection:
                    yield connection
            finally:
                self._write_lock.release()

    async def migrate(self, *, create: bool = True) -> None:
        """Bring the schema up to date; costs one query when it is. Processes that start together take turns.

        Args:
            create: make the database where there is none; on PostgreSQL, only what is in it.

        Raises:
            NoDatabaseError: there is none, and none was to be made.
            NewerSchemaError: it belongs to a newer version of the service.
            sqlite3.Error: the file cannot be opened or is no database.
            DatabaseUnavailableError: it does not answer.
            SQLAlchemyError: it refuses.
        """
        if self._is_sqlite:
            if create:
                _make_folder(self._url)
            elif not _is_file(self._url):
                raise NoDatabaseError("there is no database yet")
            probe_sqlite(self._url, seconds=self._seconds, prepare=create)
        async with self.read() as connection:
            found = await connection.run_sync(revision)
        if is_current(found):
            return
        if found is None and not create:
            raise NoDatabaseError("the database is empty")
        if self._is_sqlite:
            async with self.write() as connection:
                await connection.run_sync(upgrade)
        else:
            await self._migrate_postgres()

    async def is_reachable(self) -> bool:
        """Whether the database answers, takes writes, and has the schema of this version.

        Raises:
            DatabaseUnavailableError: it does not answer or takes no writes.
            NewerSchemaError: a newer version of the service has migrated it.
            SQLAlchemyError: it refuses.
        """
        with availability():
            async with asyncio.timeout(_PROBE_SECONDS), self._prober.begin() as connection:
                if not self._is_sqlite:
                    await connection.execute(text("SELECT 1 FROM alembic_version FOR KEY SHARE"))  # a standby refuses
                return is_current(await connection.run_sync(revision))

    async def close(self) -> None:
        """Close all connections."""
        for engine in (self._reader, self._writer, self._prober):
            await engine.dispose()

    async def _migrate_postgres(self) -> None:
        engine = patient_postgres_engine(self._url)
        try:
            with availability():
                async with engine.begin() as connection:
                    await connection.run_sync(upgrade)
        finally:
            await engine.dispose()


async def add_if_new(connection: AsyncConnection, table: Table, **values: Any) -> bool:  # noqa: ANN401  of any column
    """Insert a row unless one of the same unique columns is there; waits for a transaction that is just adding it.

    Returns:
        Whether it was added; where it was not, the other row is committed and can be read.
    """
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    done = await connection.execute(insert(table).values(**values).on_conflict_do_nothing())
    return bool(done.rowcount == 1)


def _make_folder(url: Secret) -> None:
    path = make_url(url.reveal()).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)


def _is_file(url: Secret) -> bool:
    return Path(make_url(url.reveal()).database or "").exists()
