"""Failures of the database, as distinct from errors in the code: a later repetition may succeed."""

import sqlite3

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

_SQLITE_CODES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_READONLY,
    }
)
_SQLSTATE_CLASSES = frozenset(
    {
        "08",  # the connection failed
        "53",  # the server is out of connections, memory or disk
        "57",  # the server is starting, stopping, or ended the statement for taking too long
        "58",  # the server's own files fail
    }
)
READ_ONLY = "25006"
"""PostgreSQL's error for a write on a read-only standby."""
_SQLSTATES = frozenset(
    {
        READ_ONLY,
        "40P01",  # deadlock
        "55P03",  # lock timeout
    }
)


class NoDatabaseError(Exception):
    """There is no database yet, and none should be created."""


class OlderSchemaError(Exception):
    """The database is that of an earlier version, and nobody said that it should be migrated."""


class NewerSchemaError(Exception):
    """The database belongs to a newer version of the service; this one must not touch it."""


class DatabaseUnavailableError(Exception):
    """The database does not respond, or is not writable."""

    retry_after_seconds = 5

    def __init__(self, reason: str) -> None:
        """Keep the kind of failure for the log; the message reveals nothing about the installation."""
        super().__init__("the database does not answer or takes no writes at the moment")
        self.reason = reason


def kind_of(error: BaseException) -> str:
    """The driver's name for the failure: its message may contain statements, values and addresses."""
    if isinstance(error, DatabaseUnavailableError):
        return error.reason
    driver = _of_driver(error)
    return getattr(driver, "sqlite_errorname", None) or type(driver.__cause__ or driver).__name__


def is_unavailable(error: Exception) -> bool:
    """Whether the database itself failed, not the statement."""
    if isinstance(error, OSError | PoolTimeoutError):  # refused, reset, timed out; no free connection in time
        return True
    if type(error).__module__.startswith("asyncpg."):  # any error while connecting; see below
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    driver = _of_driver(error)
    if isinstance(driver, sqlite3.Error):
        return getattr(driver, "sqlite_errorcode", 0) & 0xFF in _SQLITE_CODES  # the low byte: without details
    state = getattr(driver, "sqlstate", None) or ""
    return state[:2] in _SQLSTATE_CLASSES or state in _SQLSTATES


def _of_driver(error: BaseException) -> BaseException:
    """The driver's error; SQLAlchemy wraps it for statements, but not while connecting."""
    return error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
