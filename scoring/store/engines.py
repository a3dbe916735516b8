"""How connections to the two databases are opened: timeouts, pools, and how a transaction begins."""

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine, ExceptionContext, make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import NullPool

from scoring.base.secrets import Secret
from scoring.store.errors import READ_ONLY

if TYPE_CHECKING:  # brings the ORM along, which takes a tenth of the start and only PostgreSQL needs
    from sqlalchemy.ext.asyncio import AsyncEngine

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
        connect_args={"check_same_thread": False},  # one thread at a time, not always the same
    )

    def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401  the driver's adapter has no public type
        connection.isolation_level = None  # transactions are begun below, not by the driver's guess
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {seconds * 1000:.0f}")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", start)
    return engine


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
    """Connections to PostgreSQL, none of which waits for ever.

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
    """One connection for a migration, which takes as long as it takes."""
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415  see above

    return create_async_engine(
        url.reveal(),
        isolation_level="READ COMMITTED",
        poolclass=NullPool,
        connect_args={"timeout": _CONNECT_SECONDS, "server_settings": {"application_name": "scoring migration"}},
    )
