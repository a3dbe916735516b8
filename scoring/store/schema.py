"""Which schema a database has, which versions of the service can work with it, and how it is brought up to date.

Two numbers stand in a database. ``schema_version`` is the newest migration that was run. ``alembic_version`` is the
oldest schema that a version of the service must know to go on working there: migrations that only add something leave
it, so that the version before goes on during an upgrade. (It has this name because versions up to 0.5 read only it.)
"""

from enum import StrEnum
from pathlib import Path

import structlog
from sqlalchemy import Connection, Table, delete, insert, inspect, select, text

from scoring.store.errors import NewerSchemaError
from scoring.store.tables import FLOOR, HEAD, required_schema, schema_version

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x5343_4F52_494E_4701  # any number, as long as nothing else in the database locks the same
_log = structlog.get_logger(__name__)


class Standing(StrEnum):
    """A database's schema, seen from this version of the service."""

    EMPTY = "empty"
    OLDER = "older"
    USABLE = "usable"
    """Current, or newer by additions only."""


def revision(connection: Connection) -> str | None:
    """The newest migration that was run; None in an empty database."""
    return _number(connection, schema_version) or _number(connection, required_schema)


def standing(connection: Connection) -> Standing:
    """Whether a database can be used as it is.

    Raises:
        NewerSchemaError: a newer version of the service has migrated it, with changes that this one cannot work with.
    """
    found = revision(connection)
    if found is None:
        return Standing.EMPTY
    if found < HEAD:  # four digits each
        return Standing.OLDER
    if found > HEAD and (_number(connection, required_schema) or found) > HEAD:
        raise NewerSchemaError(
            f"the database has schema {found}, this version of the service knows schemas up to {HEAD}: run the version"
            " that migrated it, or restore the backup from before"
        )
    return Standing.USABLE


def upgrade(connection: Connection) -> None:
    """Run the migrations that are missing, in the transaction of this connection, while no other process does.

    Raises:
        NewerSchemaError: a newer version of the service was quicker.
    """
    if connection.dialect.name == "postgresql":
        _take_turn(connection)  # on SQLite, the transaction holds the one write lock
    if standing(connection) is Standing.USABLE:
        return
    found = revision(connection)
    from alembic import command  # noqa: PLC0415  slow to import, needed only when the schema is behind
    from alembic.config import Config  # noqa: PLC0415  the same

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    if _number(connection, schema_version) is None and found is not None:
        _set(connection, schema_version, found)
    command.upgrade(config, "head")
    _set(connection, required_schema, FLOOR)
    _log.info("schema migrated", since=found, to=HEAD)


def _number(connection: Connection, table: Table) -> str | None:
    if not inspect(connection).has_table(table.name):
        return None
    found: str | None = connection.execute(select(table.c.version_num)).scalar()
    return found


def _set(connection: Connection, table: Table, number: str) -> None:
    table.create(connection, checkfirst=True)
    connection.execute(delete(table))
    connection.execute(insert(table).values(version_num=number))


def _take_turn(connection: Connection) -> None:
    """Wait for the lock that the transaction gives back at its end, or the server when the process is killed."""
    lock = {"key": _LOCK}
    if not connection.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), lock).scalar():
        _log.info("another process is migrating; waiting for it")
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), lock)
