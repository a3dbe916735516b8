"""Connections to the database: many readers, one writer, and a schema that is current before anything is asked.

On SQLite every writing transaction starts with BEGIN IMMEDIATE behind a lock of this process, so that it never waits
half-way for another writer; other processes (the command line) wait for the busy timeout.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from sqlalchemy import event, inspect, text
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from scoring.settings import Secret
from scoring.store.tables import HEAD

_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_SECONDS = 10


class NoDatabaseError(Exception):
    """There is no database yet, and none was to be made."""


class Database:
    """Opens transactions; made once per process, closed at its end."""

    def __init__(self, url: Secret) -> None:
        """Prepare the engines; nothing is opened before the first transaction."""
        self._url = url
        self._is_sqlite = make_url(url.reveal()).get_backend_name() == "sqlite"
        self._write_lock = asyncio.Lock()
        if self._is_sqlite:
            self._reader = _sqlite_engine(url, begin="BEGIN", connections=4)
            self._writer = _sqlite_engine(url, begin="BEGIN IMMEDIATE", connections=1)
        else:
            self._reader = self._writer = create_async_engine(url.reveal(), pool_pre_ping=True)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A consistent view; what is written in it is not kept."""
        async with self._reader.connect() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        if not self._is_sqlite:
            async with self._writer.begin() as connection:
                yield connection
            return
        async with self._write_lock, self._writer.begin() as connection:
            yield connection

    async def migrate(self, *, create: bool = True) -> None:
        """Bring the schema up to date; costs one query when it is.

        Args:
            create: make the database where there is none.

        Raises:
            NoDatabaseError: there is none, and none was to be made.
            sqlite3.Error: the file cannot be opened or is no database.
            SQLAlchemyError: the database does not answer.
        """
        if self._is_sqlite:
            if create:
                _make_folder(self._url)
            elif not _is_file(self._url):
                raise NoDatabaseError("there is no database yet")
            _probe(self._url)
        async with self.read() as connection:
            found = await connection.run_sync(_revision)
        if found == HEAD:
            return
        if found is None and not create:
            raise NoDatabaseError("the database is empty")
        async with self.write() as connection:
            await connection.run_sync(_upgrade)

    async def is_reachable(self) -> bool:
        """Whether the database answers and has the schema of this version."""
        async with self.read() as connection:
            return await connection.run_sync(_revision) == HEAD

    async def close(self) -> None:
        """Close all connections."""
        await self._reader.dispose()
        if self._writer is not self._reader:
            await self._writer.dispose()


def _make_folder(url: Secret) -> None:
    path = make_url(url.reveal()).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)


def _is_file(url: Secret) -> bool:
    return Path(make_url(url.reveal()).database or "").exists()


def _probe(url: Secret) -> None:
    # the asynchronous driver leaves a thread behind when a file does not open
    with closing(sqlite3.connect(make_url(url.reveal()).database or ":memory:")) as connection:
        connection.execute("PRAGMA schema_version")


def _sqlite_engine(url: Secret, *, begin: str, connections: int) -> AsyncEngine:
    engine = create_async_engine(url.reveal(), pool_size=connections, max_overflow=0)

    def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401  the driver's adapter has no public type
        connection.isolation_level = None  # transactions are begun below, not by the driver's guess
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine.sync_engine, "connect", prepare)
    event.listen(engine.sync_engine, "begin", start)
    return engine


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415  slow to import, needed only when the schema is behind
    from alembic.config import Config  # noqa: PLC0415  the same

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
