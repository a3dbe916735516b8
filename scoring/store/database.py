"""Database transactions: concurrent readers, ordered writers, and a migrated schema.

On SQLite every writing transaction starts with BEGIN IMMEDIATE behind a lock of this process, so that it never waits
half-way for another writer; other processes (the command line) wait for the busy timeout. On PostgreSQL writers run
side by side; where two could want the same row, the row decides (``add_if_new``, ``SELECT ... FOR UPDATE``).
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import anyio.to_thread
import structlog
from anyio import CancelScope, CapacityLimiter
from sqlalchemy import CursorResult, Executable, Select, Table, create_engine, event, update
from sqlalchemy.engine import Connection, Dialect, Engine, ExceptionContext, make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import NullPool

from scoring.base.secrets import Secret
from scoring.store.errors import (
    READ_ONLY,
    DatabaseUnavailableError,
    NoDatabaseError,
    OlderSchemaError,
    is_unavailable,
    kind_of,
)
from scoring.store.schema import Standing, revision, standing, upgrade
from scoring.store.tables import HEAD, pulse

if TYPE_CHECKING:  # imports the ORM, which takes a tenth of the start-up time and only PostgreSQL needs
    from sqlalchemy.ext.asyncio import AsyncEngine

_log = structlog.get_logger(__name__)
_PROBE_SECONDS = 3
_READERS = 4
NEWS = "news"
"""Set in ``Connection.info`` by what is written for a task of this process, which is told once it is committed."""
T = TypeVar("T")


class Transaction(Protocol):
    """The operations within a transaction."""

    @property
    def dialect(self) -> Dialect:
        """Name of the SQL dialect."""

    async def execute(self, statement: Executable, parameters: Any = None, /) -> CursorResult[Any]:  # noqa: ANN401  values
        """Run one statement."""

    async def run_sync(self, work: Callable[[Connection], T], /) -> T:
        """Run several statements in one worker call; the connection must not be used outside of it."""


class _ThreadedTransaction:
    """A transaction of a blocking driver: each call runs in a worker thread."""

    def __init__(self, connection: Connection, limiter: CapacityLimiter) -> None:
        """Take a connection with an open transaction."""
        self._connection = connection
        self._limiter = limiter

    @property
    def dialect(self) -> Dialect:
        """Name of the SQL dialect."""
        return self._connection.dialect

    async def execute(self, statement: Executable, parameters: Any = None, /) -> CursorResult[Any]:  # noqa: ANN401  values
        """Run one statement."""
        return await self.run_sync(lambda connection: connection.execute(statement, parameters))

    async def run_sync(self, work: Callable[[Connection], T], /) -> T:
        """Run several statements in one worker call."""
        return await anyio.to_thread.run_sync(work, self._connection, limiter=self._limiter)


class Database:
    """Opens transactions; created once per process and closed at exit."""

    def __init__(self, url: Secret, *, timeout_seconds: float = 10.0) -> None:
        """Create the engines; no connection is opened before the first transaction.

        Args:
            url: of the database.
            timeout_seconds: how long to wait for a turn, and then for an answer, before the database is unavailable.
        """
        self._url = url
        self._is_sqlite = make_url(url.reveal()).get_backend_name() == "sqlite"
        self._side: _Sqlite | _Postgres = (_Sqlite if self._is_sqlite else _Postgres)(url, timeout_seconds)
        self._seconds = timeout_seconds
        self.on_news: Callable[[], None] = _ignore
        """Called after a transaction of ``write_at_once`` that has set ``NEWS``."""

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """A read transaction with a consistent view; writes in it are discarded.

        Raises:
            DatabaseUnavailableError: the database does not answer.
        """
        with _availability():
            async with self._side.read() as transaction:
                yield transaction

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Raises:
            DatabaseUnavailableError: the database does not answer or takes no writes; where that happened during the
                commit, everything may be stored, or nothing.
        """
        with _availability():
            async with self._side.write() as transaction:
                yield transaction

    async def read_at_once(self, work: Callable[[Connection], T]) -> T:
        """Like ``read``, for blocking work: faster, because it changes threads once.

        Raises:
            DatabaseUnavailableError: the database does not answer.
        """
        with _availability():
            return await self._side.read_at_once(work)

    async def write_at_once(self, work: Callable[[Connection], T]) -> T:
        """Like ``write``, for blocking work: faster, because it changes threads once.

        Raises:
            DatabaseUnavailableError: as ``write``.
        """
        is_news = False

        def noting(connection: Connection) -> T:
            nonlocal is_news
            connection.info.pop(NEWS, None)  # of work that failed: a connection is used again
            found = work(connection)
            is_news = connection.info.pop(NEWS, False)
            return found

        with _availability():
            done = await self._side.write_at_once(noting)
        if is_news:
            self.on_news()
        return done

    async def open(self, *, create: bool = True) -> None:
        """Prove that the schema can be used; one query if it is current.

        Args:
            create: make the schema in an empty database, and the file where there is none.

        Raises:
            NoDatabaseError: there is none, and none was to be made.
            OlderSchemaError: it has to be migrated first.
            NewerSchemaError: it belongs to a newer version of the service.
            sqlite3.Error: the file cannot be opened or is no database.
            DatabaseUnavailableError: it does not answer.
            SQLAlchemyError: it refuses.
        """
        found = await self.standing(create=create)
        if found is Standing.OLDER:
            number = await self.read_at_once(revision)
            raise OlderSchemaError(
                f"the database has schema {number}, this version of the service needs {HEAD}: back it up, then run"
                " `scoring migrate`, or start with `serve --migrate`"
            )
        if found is Standing.EMPTY:
            await self._migrate()

    async def migrate(self, *, create: bool = True) -> None:
        """Bring the schema up to date. Concurrent processes migrate one after the other.

        Raises:
            NoDatabaseError: as ``open``, whose other errors may come, too.
        """
        if await self.standing(create=create) is not Standing.USABLE:
            await self._migrate()

    async def standing(self, *, create: bool = False) -> Standing:
        """How the schema stands; changes nothing but makes a missing file where ``create`` says so.

        Raises:
            NoDatabaseError: as ``open``, whose other errors may come, too.
        """
        if self._is_sqlite:
            if create:
                _make_folder(self._url)
            elif not _is_file(self._url):
                raise NoDatabaseError("there is no database yet")
            probe_sqlite(self._url, seconds=self._seconds, prepare=create)
        found = await self.read_at_once(standing)
        if found is Standing.EMPTY and not create:
            raise NoDatabaseError("the database is empty")
        return found

    async def _migrate(self) -> None:
        with _availability():
            await self._side.migrate()

    async def is_reachable(self) -> bool:
        """Whether the database responds, is writable, and has the schema of this version.

        Raises:
            DatabaseUnavailableError: it does not answer or takes no writes.
            NewerSchemaError: a newer version of the service has migrated it.
            SQLAlchemyError: it refuses.
        """
        with _availability():
            async with asyncio.timeout(_PROBE_SECONDS):
                return await self._side.probe() is Standing.USABLE

    async def wipe(self) -> None:
        """Let nothing that was deleted or replaced stay in the files of SQLite; PostgreSQL does it in its own time.

        What it was deleted by is committed, so a failure here is a line in the log and no error.
        """
        try:
            with _availability():
                is_done = await self._side.wipe()
        except DatabaseUnavailableError:
            is_done = False
        if not is_done:
            _log.warning("what was deleted is still in the log of the database; `scoring retain` empties it")

    async def close(self) -> None:
        """Close all connections."""
        await self._side.close()


@asynccontextmanager
async def open_database(url: Secret, *, timeout_seconds: float, create: bool = True) -> AsyncIterator[Database]:
    """The database, with a schema that can be used; closed at the end.

    Raises:
        OlderSchemaError: as ``Database.open``, whose other errors may come, too.
    """
    database = Database(url, timeout_seconds=timeout_seconds)
    try:
        await database.open(create=create)
        yield database
    finally:
        await database.close()


class _Sqlite:
    """SQLite: one writer and concurrent readers, all in worker threads."""

    def __init__(self, url: Secret, seconds: float) -> None:
        self._seconds = seconds
        self._reader = sqlite_engine(url, begin="BEGIN", connections=_READERS, seconds=seconds)
        self._writer = sqlite_engine(url, begin="BEGIN IMMEDIATE", connections=1, seconds=seconds)
        # a lock of another process is noticed soon, independent of our own writer
        self._prober = sqlite_engine(url, begin="BEGIN IMMEDIATE", connections=1, seconds=1)
        self._read_turns, self._write_turn = asyncio.Semaphore(_READERS), asyncio.Lock()
        self._read_threads, self._write_threads = CapacityLimiter(_READERS), CapacityLimiter(1)
        self._probe_threads = CapacityLimiter(1)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        threaded = _begin_threaded(self._reader, self._read_threads, is_kept=False)
        async with self._turn(self._read_turns), threaded as transaction:
            yield transaction

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        threaded = _begin_threaded(self._writer, self._write_threads, is_kept=True)
        async with self._turn(self._write_turn), threaded as transaction:
            yield transaction

    async def read_at_once(self, work: Callable[[Connection], T]) -> T:
        async with self._turn(self._read_turns):
            return await _run_threaded(self._reader, self._read_threads, work, is_kept=False)

    async def write_at_once(self, work: Callable[[Connection], T]) -> T:
        async with self._turn(self._write_turn):
            return await _run_threaded(self._writer, self._write_threads, work, is_kept=True)

    async def probe(self) -> Standing:
        return await _run_threaded(self._prober, self._probe_threads, _beat, is_kept=True)

    async def migrate(self) -> None:
        await self.write_at_once(upgrade)

    async def wipe(self) -> bool:
        # not by the writer: that would wait long for a reader of another process, such as a backup, and others for it
        return await anyio.to_thread.run_sync(_empty_log, self._prober, limiter=self._probe_threads)

    async def close(self) -> None:
        for engine in (self._reader, self._writer, self._prober):
            await anyio.to_thread.run_sync(engine.dispose)

    @asynccontextmanager
    async def _turn(self, turns: asyncio.Lock | asyncio.Semaphore) -> AsyncIterator[None]:
        async with asyncio.timeout(self._seconds):
            await turns.acquire()
        try:
            yield
        finally:
            turns.release()


class _Postgres:
    """PostgreSQL: concurrent writers."""

    def __init__(self, url: Secret, seconds: float) -> None:
        self._url = url
        self._writer = postgres_engine(url, seconds=seconds)
        self._reader = self._writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        async with self._reader.connect() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        async with self._writer.begin() as connection:
            yield connection

    async def read_at_once(self, work: Callable[[Connection], T]) -> T:
        async with self._reader.connect() as connection:
            return await connection.run_sync(work)

    async def write_at_once(self, work: Callable[[Connection], T]) -> T:
        async with self._writer.begin() as connection:
            return await connection.run_sync(work)

    async def probe(self) -> Standing:
        async with self._writer.begin() as connection:
            return await connection.run_sync(_beat)

    async def wipe(self) -> bool:
        return True  # autovacuum will

    async def migrate(self) -> None:
        engine = patient_postgres_engine(self._url)
        try:
            async with engine.begin() as connection:
                await connection.run_sync(upgrade)
        finally:
            await engine.dispose()

    async def close(self) -> None:
        await self._writer.dispose()


def _ignore() -> None:
    """For who waits for no news."""


def _beat(connection: Connection) -> Standing:
    """Write to the database, which a standby and a full disk refuse; returns how its schema stands."""
    found = standing(connection)
    if found is Standing.USABLE:
        connection.execute(update(pulse).values(count=pulse.c.count + 1))
    return found


@contextmanager
def _availability() -> Iterator[None]:
    """Convert failures of the database itself to one error class; others pass unchanged.

    Raises:
        DatabaseUnavailableError: instead of what the driver raised.
    """
    try:
        yield
    except Exception as error:
        if not is_unavailable(error):
            raise
        raise DatabaseUnavailableError(kind_of(error)) from error


@asynccontextmanager
async def _begin_threaded(
    engine: Engine, limiter: CapacityLimiter, *, is_kept: bool
) -> AsyncIterator[_ThreadedTransaction]:
    """A transaction in worker threads.

    Args:
        engine: of a driver that blocks.
        limiter: how many threads work for it; at least as many as it has connections.
        is_kept: commit at the end; without it, and when the block raises, everything is rolled back.
    """
    connection = await anyio.to_thread.run_sync(_open, engine, limiter=limiter)
    ending = connection.rollback
    try:
        yield _ThreadedTransaction(connection, limiter)
        if is_kept:
            ending = connection.commit
    finally:
        with CancelScope(shield=True):
            await anyio.to_thread.run_sync(_close, connection, ending, limiter=limiter)


async def _run_threaded(
    engine: Engine, limiter: CapacityLimiter, work: Callable[[Connection], T], *, is_kept: bool
) -> T:
    """A whole transaction in one worker call."""

    def run() -> T:
        with engine.connect() as connection:
            connection.begin()
            done = work(connection)
            if is_kept:
                connection.commit()
            return done

    return await anyio.to_thread.run_sync(run, limiter=limiter)


def _empty_log(engine: Engine) -> bool:
    """Move what was written into the file, and let the log be empty; False where a reader still needs it."""
    with closing(engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        row = cursor.fetchone()
        return row is not None and row[0] == 0


def _open(engine: Engine) -> Connection:
    connection = engine.connect()
    try:
        connection.begin()
    except BaseException:
        connection.close()
        raise
    return connection


def _close(connection: Connection, ending: Callable[[], None]) -> None:
    with connection:
        ending()


def add_if_new(connection: Connection, table: Table, **values: Any) -> bool:  # noqa: ANN401  of any column
    """Insert a row unless its unique columns exist; waits for a concurrent insert of the same row.

    Returns:
        Whether it was added; where it was not, the other row is committed and can be read.
    """
    done = connection.execute(_insert(connection, table).values(**values).on_conflict_do_nothing())
    return bool(done.rowcount == 1)


def add_selected_if_new(connection: Connection, table: Table, columns: Sequence[str], selected: Select[Any]) -> int:
    """Insert the rows that a query finds, but for those whose unique columns exist; returns how many were added."""
    statement = _insert(connection, table).from_select(columns, selected).on_conflict_do_nothing()
    return connection.execute(statement).rowcount


def add_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows but those whose unique columns exist, as ``add_if_new`` does, in few statements."""
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), list(rows))


def _insert(connection: Connection, table: Table) -> Any:  # noqa: ANN401  the dialects share no type for it
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert  # noqa: PLC0415  loaded with the driver where it is needed

        return insert(table)
    from sqlalchemy.dialects.sqlite import insert as insert_sqlite  # noqa: PLC0415  the same

    return insert_sqlite(table)


def sqlite_file(url: Secret) -> Path | None:
    """Path of a SQLite database; None for one in memory or on a server."""
    parts = make_url(url.reveal())
    is_file = parts.get_backend_name() == "sqlite" and parts.database not in (None, "", ":memory:")
    return Path(parts.database or "") if is_file else None


def _make_folder(url: Secret) -> None:
    path = sqlite_file(url)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)


def _is_file(url: Secret) -> bool:
    return Path(make_url(url.reveal()).database or "").exists()


_CONNECT_SECONDS = 5


def sqlite_engine(url: Secret, *, begin: str, connections: int, seconds: float) -> Engine:
    """Connections to a SQLite file, for worker threads: an asynchronous driver would change threads far more often.

    Args:
        url: of the file.
        begin: the statement that begins a transaction.
        connections: how many there are at most.
        seconds: how long to wait for a free connection, and then where another process writes.
    """
    engine = create_engine(
        make_url(url.reveal()).set(drivername="sqlite+pysqlite"),
        pool_size=connections,
        max_overflow=0,
        pool_timeout=seconds,
        connect_args={"check_same_thread": False},  # one thread at a time, but not always the same one
    )

    def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401  the driver's adapter has no public type
        connection.text_factory = _text  # else a changed byte makes whole lists unreadable
        connection.isolation_level = None  # transactions begin explicitly, not implicitly by the driver
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {seconds * 1000:.0f}")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA secure_delete = ON")  # not every build of SQLite begins with it
        cursor.close()

    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", start)
    return engine


def _text(stored: bytes) -> str:
    """A text of SQLite, which takes any bytes; what is no UTF-8 differs from everything that was stored."""
    return stored.decode(errors="replace")


def probe_sqlite(url: Secret, *, seconds: float, prepare: bool) -> None:
    """Open the file once.

    Args:
        url: of the file.
        seconds: how long to wait where another process writes.
        prepare: let readers and the writer work side by side from now on; without it, the file stays as it is.

    Raises:
        sqlite3.Error: the file cannot be opened or is no database.
    """
    path = make_url(url.reveal()).database or ":memory:"
    with closing(sqlite3.connect(path, timeout=seconds)) as connection:
        connection.execute("PRAGMA journal_mode = WAL" if prepare else "PRAGMA schema_version")


def postgres_engine(url: Secret, *, seconds: float) -> "AsyncEngine":
    """Connections to PostgreSQL, all with timeouts.

    A connection that the server has closed is noticed when it is taken from the pool, without asking the server: a
    question (``pool_pre_ping``) would cost three round trips each time.

    Args:
        url: of the database.
        seconds: how long to wait for a free connection, and then for a statement.
    """
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415  see above

    engine = create_async_engine(
        url.reveal(),
        isolation_level="READ COMMITTED",
        pool_size=5,
        max_overflow=5,
        pool_timeout=seconds,
        pool_recycle=1800,  # before a firewall forgets an idle connection
        connect_args={
            "timeout": _CONNECT_SECONDS,
            "command_timeout": seconds + 1,  # where the server does not end the statement itself: it is gone
            "server_settings": {
                "application_name": "scoring",
                "statement_timeout": f"{seconds * 1000:.0f}ms",
                "idle_in_transaction_session_timeout": "60s",  # a process that hangs must not keep its row locks
            },
        },
    )

    def check(connection: Any, _record: object, _proxy: object) -> None:  # noqa: ANN401  the same
        if connection.driver_connection.is_closed():
            raise InvalidatePoolError

    def leave_standby(context: ExceptionContext) -> None:
        # the address may lead to the new primary by now: connect again instead of asking this server for ever
        if getattr(context.original_exception, "sqlstate", None) == READ_ONLY:
            context.is_disconnect = True

    event.listen(engine.sync_engine, "checkout", check)
    event.listen(engine.sync_engine, "handle_error", leave_standby)
    return engine


def patient_postgres_engine(url: Secret) -> "AsyncEngine":
    """One connection for a migration, without timeout."""
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415  see above

    return create_async_engine(
        url.reveal(),
        isolation_level="READ COMMITTED",
        poolclass=NullPool,
        connect_args={"timeout": _CONNECT_SECONDS, "server_settings": {"application_name": "scoring migration"}},
    )
