"""Sessions of persons on pages. The secret is in the browser's cookie; here is only its digest."""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import instant
from scoring.base.secrets import Secret, digest
from scoring.store.audit import Mark
from scoring.store.database import Database
from scoring.store.principals import Principal, Role
from scoring.store.tables import page_sessions, persons, principals

_NOTED_EVERY = timedelta(minutes=1)
"""How often a session's use is written down: not with every page."""


class Lacks(StrEnum):
    """What a person who knew the password still has to do before a session opens pages."""

    CODE = "code"
    """Prove the second factor."""
    SET_UP = "set-up"
    """Set up the second factor that a role demands."""


class ProofOverError(Exception):
    """What the person proved does not hold any more: the password was changed, or the person disabled, meanwhile."""


async def open_session(  # noqa: PLR0913  each is named by its caller
    database: Database,
    principal: Principal,
    secret: str,
    *,
    replaced: str | None,
    now: datetime,
    lasts: timedelta,
    lacks: Lacks | None = None,
    proved: Secret | None = None,
    replaces: bool = False,
    mark: Mark | None,
) -> None:
    """Start a session of a person; the one that the browser had, and all that are over, end.

    Args:
        database: Where sessions are kept.
        principal: Who signed in.
        secret: 256 random bits as text, for the cookie.
        replaced: Secret of the session that the browser had before.
        now: The present.
        lasts: After this time the person signs in again, whatever happens.
        lacks: What is still missing; such a session opens no page.
        proved: Hash of the password that was checked; None where another proof was given.
        replaces: Whether the session that the browser had is the proof, so that it must be there still.
        mark: Row of the audit trail; None while something is missing.

    Raises:
        ProofOverError: No session was started.
    """
    is_over = page_sessions.c.expires_at <= instant(now)
    had = None if replaced is None else page_sessions.c.sha256 == digest(replaced)
    person = select(persons.c.password_hash, persons.c.disabled_at).where(persons.c.principal_id == principal.id)

    def work(connection: Connection) -> None:
        # whoever changes the password meanwhile waits, and ends this session, too
        row = connection.execute(person.with_for_update(read=True)).one()
        if row.disabled_at is not None or (proved is not None and row.password_hash != proved.reveal()):
            raise ProofOverError
        ended = 0 if had is None else connection.execute(delete(page_sessions).where(had)).rowcount
        if replaces and not ended:
            raise ProofOverError
        connection.execute(delete(page_sessions).where(is_over))
        connection.execute(
            insert(page_sessions).values(
                sha256=digest(secret),
                principal_id=principal.id,
                created_at=instant(now),
                seen_at=instant(now),
                expires_at=instant(now + lasts),
                lacks=lacks,
            )
        )
        if mark is not None:
            mark.put(connection)

    await database.write_at_once(work)


async def find_session(database: Database, secret: str, *, now: datetime, idle: timedelta) -> Principal | None:
    """Whose session it is, unless it is over, lacks something, was idle for too long, or the person is disabled."""
    return await _find(database, secret, page_sessions.c.lacks.is_(None), now, idle)


async def find_lacking(
    database: Database, secret: str, lacks: Lacks, *, now: datetime, idle: timedelta
) -> Principal | None:
    """Who knew the password and has this still to do; None as in ``find_session``."""
    return await _find(database, secret, page_sessions.c.lacks == lacks, now, idle)


async def _find(
    database: Database, secret: str, is_wanted: ColumnElement[bool], now: datetime, idle: timedelta
) -> Principal | None:
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
            (page_sessions.c.sha256 == digest(secret))
            & is_wanted
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
        mine = page_sessions.c.sha256 == digest(secret)
        async with database.write() as connection:
            await connection.execute(update(page_sessions).where(mine).values(seen_at=instant(now)))
    roles = frozenset(Role(role) for role in row.roles.split(","))
    return Principal(id=row.id, lender_id=row.lender_id, kind=row.kind, name=row.name, roles=roles)


async def close_session(database: Database, secret: str, *, marked: Callable[[Principal], Mark]) -> None:
    """End a session; one that is not there is none the worse.

    Args:
        database: Where sessions are kept.
        secret: From the cookie.
        marked: Makes the row of the audit trail for the person whose session it was.
    """
    mine = page_sessions.c.sha256 == digest(secret)
    columns = (principals.c.id, principals.c.lender_id, principals.c.kind, principals.c.name)
    whose = (
        select(*columns)
        .join_from(page_sessions, principals, principals.c.id == page_sessions.c.principal_id)
        .where(mine)
    )

    def work(connection: Connection) -> None:
        row = connection.execute(whose).first()
        if row is not None:
            connection.execute(delete(page_sessions).where(mine))
            marked(Principal(**row._mapping, roles=frozenset())).put(connection)  # noqa: SLF001  public in SQLAlchemy

    await database.write_at_once(work)
