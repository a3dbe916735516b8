"""Which version of the schema a database has, and how it is brought up to date."""

from pathlib import Path

import structlog
from sqlalchemy import Connection, inspect, text

from scoring.store.errors import NewerSchemaError
from scoring.store.tables import HEAD

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x5343_4F52_494E_4701  # any number, as long as nothing else in the database locks the same
_log = structlog.get_logger(__name__)


def revision(connection: Connection) -> str | None:
    """The newest migration that was run; None in an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def is_current(found: str | None) -> bool:
    """Whether a database with this revision can be used as it is.

    Raises:
        NewerSchemaError: a newer version of the service has migrated it.
    """
    if found is not None and found > HEAD:  # four digits each
        raise NewerSchemaError(
            f"the database has schema {found}, this version of the service knows schemas up to {HEAD}: run the version"
            " that migrated it, or restore the backup from before"
        )
    return found == HEAD


def upgrade(connection: Connection) -> None:
    """Run the migrations that are missing, in the transaction of this connection, while no other process does.

    Raises:
        NewerSchemaError: a newer version of the service was quicker.
    """
    if connection.dialect.name == "postgresql":
        _take_turn(connection)  # on SQLite, the transaction holds the one write lock
    found = revision(connection)
    if is_current(found):
        return
    from alembic import command  # noqa: PLC0415  slow to import, needed only when the schema is behind
    from alembic.config import Config  # noqa: PLC0415  the same

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    _log.info("schema migrated", since=found, to=HEAD)


def _take_turn(connection: Connection) -> None:
    """Wait for the lock that the transaction gives back at its end, or the server when the process is killed."""
    lock = {"key": _LOCK}
    if not connection.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), lock).scalar():
        _log.info("another process is migrating; waiting for it")
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), lock)
