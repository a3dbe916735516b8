"""Reviewed files that were in force here, by digest: stored permanently, never changed."""

import hashlib
from datetime import datetime

from sqlalchemy import Table, select
from sqlalchemy.engine import Connection

from scoring.base.identifiers import day_in_berlin, instant
from scoring.store.audit import Mark
from scoring.store.database import Database, add_if_new


class FileEditedError(Exception):
    """A file reuses the version of a different one; the message says what to do."""


async def keep(
    database: Database, table: Table, *, version: str, content: bytes, now: datetime, mark: Mark | None = None
) -> None:
    """Store a file that comes into use; processes may start concurrently.

    Args:
        database: is written.
        table: of files of this kind.
        version: as the content says.
        content: the bytes of the file.
        now: the present.
        mark: for the audit trail.

    Raises:
        FileEditedError: another text of this version was in force here; nothing is kept.
        DatabaseUnavailableError: the database does not answer or takes no writes.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    known = await database.read_at_once(lambda connection: _kept(connection, table, version))

    def work(connection: Connection) -> tuple[str, str] | None:
        row = {"sha256": sha256, "version": version, "content": content, "first_seen_at": instant(now)}
        if not add_if_new(connection, table, **row):
            return _kept(connection, table, version)
        if mark is not None:
            mark.put(connection, object_id=version)
        return None

    known = known or await database.write_at_once(work)
    if known is not None and known[0] != sha256:
        raise FileEditedError(
            f'the file says version "{version}", but another one of that version was in force here on'
            f" {day_in_berlin(datetime.fromisoformat(known[1]))} (digest {known[0][:12]}): put that"
            " back, or give the changed file a new version"
        )


async def find_file(database: Database, table: Table, sha256: str) -> bytes | None:
    """The file with this digest, which records and votes name; None if it was never in force here."""
    statement = select(table.c.content).where(table.c.sha256 == sha256)
    return await database.read_at_once(lambda connection: connection.execute(statement).scalar())


def _kept(connection: Connection, table: Table, version: str) -> tuple[str, str] | None:
    """Digest and first day of the file of this version."""
    statement = select(table.c.sha256, table.c.first_seen_at).where(table.c.version == version)
    row = connection.execute(statement).first()
    return None if row is None else (row.sha256, row.first_seen_at)
