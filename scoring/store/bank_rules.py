"""The lenders' rules for bank lines that were in force here, by digest: stored permanently, never changed."""

import hashlib
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.engine import Connection

from scoring.base.identifiers import instant
from scoring.store.audit import Mark
from scoring.store.database import Database, add_if_new
from scoring.store.tables import bank_rules


class BankRulesEditedError(Exception):
    """A file of rules reuses the version of a different one; the message says what to do."""


async def keep(database: Database, *, version: str, content: bytes, now: datetime, mark: Mark | None = None) -> None:
    """Store the rules that come into use; processes may start concurrently.

    Raises:
        BankRulesEditedError: another text of this version was in force here; nothing is kept.
        DatabaseUnavailableError: the database does not answer or takes no writes.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    known = await database.read_at_once(lambda connection: _kept(connection, version))

    def work(connection: Connection) -> tuple[str, str] | None:
        row = {"sha256": sha256, "version": version, "content": content, "first_seen_at": instant(now)}
        if not add_if_new(connection, bank_rules, **row):
            return _kept(connection, version)
        if mark is not None:
            mark.put(connection, object_id=version)
        return None

    known = known or await database.write_at_once(work)
    if known is not None and known[0] != sha256:
        raise BankRulesEditedError(
            f'the rules say version "{version}", but other rules of that version were in force here on {known[1][:10]}'
            f" (digest {known[0][:12]}): put those back, or give the changed file a new version"
        )


async def find_bank_rules(database: Database, sha256: str) -> bytes | None:
    """The file with this digest, which records name; None if it was never in force here."""
    statement = select(bank_rules.c.content).where(bank_rules.c.sha256 == sha256)
    return await database.read_at_once(lambda connection: connection.execute(statement).scalar())


def _kept(connection: Connection, version: str) -> tuple[str, str] | None:
    """Digest and first day of the file of this version."""
    statement = select(bank_rules.c.sha256, bank_rules.c.first_seen_at).where(bank_rules.c.version == version)
    row = connection.execute(statement).first()
    return None if row is None else (row.sha256, row.first_seen_at)
