"""Sessions of persons on pages. The secret is in the browser's cookie; here is only its digest."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update

from scoring.base.identifiers import instant
from scoring.store.database import Database
from scoring.store.principals import Principal, Role
from scoring.store.tables import page_sessions, persons, principals

_NOTED_EVERY = timedelta(minutes=1)
"""How often a session's use is written down: not with every page."""


async def open_session(
    database: Database, principal: Principal, secret: str, *, replaced: str | None, now: datetime, lasts: timedelta
) -> None:
    """Start a session of a person; the one that the browser had, and all that are over, end.

    Args:
        database: Where sessions are kept.
        principal: Who signed in.
        secret: 256 random bits as text, for the cookie.
        replaced: Secret of the session that the browser had before.
        now: The present.
        lasts: After this time the person signs in again, whatever happens.
    """
    is_over = page_sessions.c.expires_at <= instant(now)
    if replaced is not None:
        is_over |= page_sessions.c.sha256 == _digest(replaced)
    async with database.write() as connection:
        await connection.execute(delete(page_sessions).where(is_over))
        await connection.execute(
            insert(page_sessions).values(
                sha256=_digest(secret),
                principal_id=principal.id,
                created_at=instant(now),
                seen_at=instant(now),
                expires_at=instant(now + lasts),
            )
        )


async def find_session(database: Database, secret: str, *, now: datetime, idle: timedelta) -> Principal | None:
    """Whose session it is, unless it is over, was idle for too long, or the person is disabled."""
    statement = (
        select(
            page_sessions.c.seen_at,
            persons.c.roles,
            principals.c.id,
            principals.c.lender_id,
            principals.c.kind,
            principals.c.name,
        )
        .join_from(page_sessions, persons)
        .join(principals, principals.c.id == persons.c.principal_id)
        .where(
            (page_sessions.c.sha256 == _digest(secret))
            & (page_sessions.c.expires_at > instant(now))
            & (page_sessions.c.seen_at > instant(now - idle))
            & (persons.c.disabled_at.is_(None))
        )
    )
    async with database.read() as connection:
        row = (await connection.execute(statement)).first()
    if row is None:
        return None
    if row.seen_at <= instant(now - _NOTED_EVERY):
        mine = page_sessions.c.sha256 == _digest(secret)
        async with database.write() as connection:
            await connection.execute(update(page_sessions).where(mine).values(seen_at=instant(now)))
    roles = frozenset(Role(role) for role in row.roles.split(","))
    return Principal(id=row.id, lender_id=row.lender_id, kind=row.kind, name=row.name, roles=roles)


async def close_session(database: Database, secret: str) -> None:
    """End a session; one that is not there is none the worse."""
    async with database.write() as connection:
        await connection.execute(delete(page_sessions).where(page_sessions.c.sha256 == _digest(secret)))


def _digest(secret: str) -> str:
    # a plain hash is enough: the secret has 256 random bits, there is nothing to guess
    return hashlib.sha256(secret.encode()).hexdigest()
