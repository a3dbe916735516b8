"""Browsers in which a person has signed in before: strangers' failures do not slow them.

The secret is in the browser's cookie; here is only its digest. It is replaced whenever somebody signs in, so that a
stolen one is worth nothing after that. One browser can be that of several persons.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import instant
from scoring.base.secrets import digest
from scoring.store.audit import Mark
from scoring.store.database import Database, add_if_new
from scoring.store.tables import known_devices, principals

LASTS: Final = timedelta(days=180)
"""After the last sign-in a browser is known for so long."""
LINK_LASTS: Final = timedelta(hours=24)
"""In which a link that makes a browser known can be used."""


async def is_known(database: Database, secret: str, *, lender_id: str, name: str, now: datetime) -> bool:
    """Whether the person of that name has signed in with the browser that has this secret."""
    statement = (
        select(known_devices.c.sha256)
        .join_from(known_devices, principals, principals.c.id == known_devices.c.principal_id)
        .where(
            (known_devices.c.sha256 == digest(secret))
            & known_devices.c.is_link.is_(False)
            & (known_devices.c.expires_at > instant(now))
            & (principals.c.lender_id == lender_id)
            & (principals.c.name == name)
        )
    )
    return await database.read_at_once(lambda connection: connection.execute(statement).first() is not None)


async def remember(database: Database, principal_id: str, secret: str, *, replaced: str | None, now: datetime) -> None:
    """Know a browser in which a person has just signed in.

    Args:
        database: where devices are kept.
        principal_id: of the person.
        secret: 256 random bits as text, for the cookie.
        replaced: the secret that the browser had before; other persons who are known with it stay known.
        now: the present.
    """
    await database.write_at_once(lambda connection: _remember(connection, principal_id, secret, replaced, now))


async def add_link(
    database: Database, principal_id: str, secret: str, *, now: datetime, mark: Mark | None = None
) -> None:
    """Keep the secret of a link that makes one browser known as a person's."""
    row = insert(known_devices).values(
        sha256=digest(secret),
        principal_id=principal_id,
        is_link=True,
        created_at=instant(now),
        expires_at=instant(now + LINK_LASTS),
    )

    def work(connection: Connection) -> None:
        connection.execute(row)
        if mark is not None:
            mark.put(connection, object_id=principal_id)

    await database.write_at_once(work)


async def is_link(database: Database, link: str, *, now: datetime) -> bool:
    """Whether a link can still be used; looking does not use it up."""
    statement = select(known_devices.c.sha256).where(_is_open(link, now))
    return await database.read_at_once(lambda connection: connection.execute(statement).first() is not None)


async def use_link(
    database: Database,
    link: str,
    secret: str,
    *,
    replaced: str | None,
    now: datetime,
    marked: Callable[[str, str], Mark] | None = None,
) -> bool:
    """Know the browser that opened a link, which is used up; False where there is no such link, or no longer.

    Args:
        database: where devices are kept.
        link: the secret of the link.
        secret: as in ``remember``.
        replaced: the same.
        now: the present.
        marked: the row of the audit trail for a lender and its principal.
    """
    statement = delete(known_devices).where(_is_open(link, now)).returning(known_devices.c.principal_id)

    def work(connection: Connection) -> bool:
        principal_id = connection.execute(statement).scalar()
        if principal_id is None:
            return False
        _remember(connection, principal_id, secret, replaced, now)
        if marked is not None:
            lender_id = select(principals.c.lender_id).where(principals.c.id == principal_id)
            marked(connection.execute(lender_id).scalar_one(), principal_id).put(connection, object_id=principal_id)
        return True

    return await database.write_at_once(work)


def _is_open(link: str, now: datetime) -> ColumnElement[bool]:
    mine = (known_devices.c.sha256 == digest(link)) & known_devices.c.is_link.is_(True)
    return mine & (known_devices.c.expires_at > instant(now))


def _remember(connection: Connection, principal_id: str, secret: str, replaced: str | None, now: datetime) -> None:
    connection.execute(delete(known_devices).where(known_devices.c.expires_at <= instant(now)))
    if replaced is not None:
        is_this = (known_devices.c.sha256 == digest(replaced)) & known_devices.c.is_link.is_(False)
        connection.execute(delete(known_devices).where(is_this & (known_devices.c.principal_id == principal_id)))
        connection.execute(update(known_devices).where(is_this).values(sha256=digest(secret)))
    add_if_new(
        connection,
        known_devices,
        sha256=digest(secret),
        principal_id=principal_id,
        is_link=False,
        created_at=instant(now),
        expires_at=instant(now + LASTS),
    )
