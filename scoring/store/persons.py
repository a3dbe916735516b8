"""Users who sign in to the pages: roles, password hash, and whether they are disabled."""

from datetime import datetime
from functools import partial

import msgspec
from sqlalchemy import Select, delete, insert, select, update

from scoring.base.identifiers import Randomness, instant, new_id
from scoring.base.secrets import Secret
from scoring.store.audit import Mark
from scoring.store.database import Database, Transaction
from scoring.store.principals import Principal, Role
from scoring.store.tables import api_keys, known_devices, page_sessions, persons, principals

PERSON = "person"


class PersonError(Exception):
    """A person cannot be added or changed; the message says why."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A user of the pages."""

    principal: Principal
    password_hash: Secret
    created_at: str
    disabled_at: str | None


_PERSONS = select(
    principals.c.id,
    principals.c.lender_id,
    principals.c.kind,
    principals.c.name,
    persons.c.roles,
    persons.c.password_hash,
    persons.c.created_at,
    persons.c.disabled_at,
).join_from(persons, principals)


async def add_person(
    database: Database,
    principal: Principal,
    password_hash: Secret,
    *,
    now: datetime,
    randomness: Randomness,
    mark: Mark | None = None,
) -> None:
    """Add a user; a person with an API key and the same name is the same principal.

    Raises:
        PersonError: the lender has a person or a system of that name.
    """
    named = (principals.c.lender_id == principal.lender_id) & (principals.c.name == principal.name)
    async with database.write() as connection:
        found = (await connection.execute(select(principals.c.id, principals.c.kind).where(named))).first()
        if found is not None and found.kind != PERSON:
            raise PersonError(
                f"{principal.lender_id} already has a system named {principal.name!r}; choose another name"
            )
        identifier = new_id("pri", now, randomness) if found is None else found.id
        if found is None:
            await connection.execute(
                insert(principals).values(
                    id=identifier,
                    lender_id=principal.lender_id,
                    kind=PERSON,
                    name=principal.name,
                    created_at=instant(now),
                )
            )
        elif (await connection.execute(select(persons).where(persons.c.principal_id == identifier))).first():
            raise PersonError(f"{principal.lender_id} already has a user named {principal.name!r}")
        await connection.execute(
            insert(persons).values(
                principal_id=identifier,
                roles=",".join(sorted(principal.roles)),
                password_hash=password_hash.reveal(),
                created_at=instant(now),
            )
        )
        await _put(connection, mark, identifier)


async def find_person(database: Database, *, lender_id: str, name: str) -> Person | None:
    """The person of that name, disabled ones included."""
    statement = _PERSONS.where((principals.c.lender_id == lender_id) & (principals.c.name == name))
    async with database.read() as connection:
        found = await _read(connection, statement)
    return found[0] if found else None


async def list_persons(database: Database) -> list[Person]:
    """All persons of all lenders, by lender and name."""
    async with database.read() as connection:
        return await _read(connection, _PERSONS.order_by(principals.c.lender_id, principals.c.name))


async def change_password(
    database: Database, *, lender_id: str, name: str, password_hash: Secret, mark: Mark | None = None
) -> bool:
    """Replace the password, end all sessions and forget all devices; False where there is no such person."""
    return await _change(database, lender_id, name, mark, password_hash=password_hash.reveal())


async def disable_person(
    database: Database, *, lender_id: str, name: str, now: datetime, mark: Mark | None = None
) -> bool:
    """Disable a user: sessions end, API keys are revoked; False if there is no such user."""
    return await _change(database, lender_id, name, mark, disabled_at=instant(now))


async def enable_person(database: Database, *, lender_id: str, name: str, mark: Mark | None = None) -> bool:
    """Enable a disabled user, with the old password; revoked keys stay revoked."""
    return await _change(database, lender_id, name, mark, disabled_at=None)


async def _put(connection: Transaction, mark: Mark | None, principal_id: str) -> None:
    if mark is not None:
        await connection.run_sync(partial(mark.put, object_id=principal_id))


async def _change(database: Database, lender_id: str, name: str, mark: Mark | None, **values: str | None) -> bool:
    """Set columns of a person and end all sessions; a person who is disabled loses API keys, too."""
    named = (principals.c.lender_id == lender_id) & (principals.c.name == name)
    async with database.write() as connection:
        statement = select(persons.c.principal_id).join_from(persons, principals).where(named)
        identifier = (await connection.execute(statement)).scalar()
        if identifier is None:
            return False
        await connection.execute(update(persons).where(persons.c.principal_id == identifier).values(**values))
        await connection.execute(delete(page_sessions).where(page_sessions.c.principal_id == identifier))
        if "password_hash" in values:  # somebody may have signed in with the old one
            await connection.execute(delete(known_devices).where(known_devices.c.principal_id == identifier))
        if values.get("disabled_at") is not None:
            still_valid = (api_keys.c.principal_id == identifier) & (api_keys.c.revoked_at.is_(None))
            await connection.execute(update(api_keys).where(still_valid).values(revoked_at=values["disabled_at"]))
        await _put(connection, mark, identifier)
    return True


async def _read(connection: Transaction, statement: Select[tuple[str, ...]]) -> list[Person]:
    return [
        Person(
            principal=Principal(
                id=row.id,
                lender_id=row.lender_id,
                kind=row.kind,
                name=row.name,
                roles=frozenset(Role(role) for role in row.roles.split(",")),
            ),
            password_hash=Secret(row.password_hash),
            created_at=row.created_at,
            disabled_at=row.disabled_at,
        )
        for row in await connection.execute(statement)
    ]
