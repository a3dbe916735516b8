"""Principals: persons and systems of a lender, and their API keys, stored only as digests."""

import base64
import hmac
from datetime import datetime
from enum import StrEnum

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import Randomness, instant, new_id
from scoring.base.rates import Rate
from scoring.base.secrets import digest
from scoring.store.audit import Mark
from scoring.store.database import Database, add_if_new
from scoring.store.portfolios import stop_key
from scoring.store.quotas import Quota
from scoring.store.tables import api_keys, principals

_SCHEME = "hbk"


class Role(StrEnum):
    """Role of a principal."""

    APPLY = "apply"
    """Connect accounts and request decisions."""
    UNDERWRITE = "underwrite"
    """Read decisions and judge referred ones."""
    ANALYSE = "analyse"
    """Read decisions, models, policies and features."""
    AUDIT = "audit"
    """Read everything, change nothing."""
    WEBHOOKS = "webhooks"
    """Have events sent to addresses of the lender, and read them."""
    ADMIN = "admin"
    """All of the above."""
    PROMOTE = "promote"
    """Request and approve, as one of two persons, which policy the own lender has. Not part of ``admin``."""
    PROMOTE_ALL = "promote_all"
    """The same for what is in force for all lenders: models, and the policy of whoever has none of its own."""


class NoPersonError(Exception):
    """A system wants to do what only a person may."""


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """A person or a system of one lender."""

    id: str
    lender_id: str
    kind: str
    """``person`` or ``system``."""
    name: str
    roles: frozenset[Role]
    key_prefix: str | None = None
    """Of the key that it used; None on pages."""
    quota: Quota | None = None
    """Of the key that it used; None without one."""

    @property
    def is_person(self) -> bool:
        """Whether it is a person, by session or by a key of her own, and no system."""
        return self.kind == "person"

    @property
    def sees_restricted(self) -> bool:
        """Whether decisions on borrowers whose data are only kept are shown."""
        return bool(self.roles & {Role.AUDIT, Role.ADMIN})

    @property
    def sees_promotions(self) -> bool:
        """Whether requests to put a policy or a model in force are shown."""
        return bool(self.roles & {Role.PROMOTE, Role.PROMOTE_ALL, Role.ANALYSE, Role.AUDIT, Role.ADMIN})

    @property
    def reads_decisions(self) -> bool:
        """Whether decisions are shown, and all that stands by them: cases, loans, covenants, warnings, jobs."""
        return bool(self.roles & {Role.APPLY, Role.UNDERWRITE, Role.ANALYSE, Role.AUDIT, Role.ADMIN})

    @property
    def sees_webhooks(self) -> bool:
        """Whether addresses that events are sent to are shown, and what came of it."""
        return bool(self.roles & {Role.WEBHOOKS, Role.AUDIT, Role.ADMIN})

    @property
    def sees_reports(self) -> bool:
        """Whether reports are shown: whoever does more than send applications."""
        return bool(self.roles - {Role.APPLY, Role.WEBHOOKS, Role.PROMOTE, Role.PROMOTE_ALL})


class KeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """An API key as shown to operators."""

    prefix: str
    lender_id: str
    kind: str
    name: str
    roles: str
    created_at: str
    revoked_at: str | None
    quota: str | None
    quota_used: int
    quota_from: str | None


async def add_key(
    database: Database,
    principal: Principal,
    *,
    now: datetime,
    randomness: Randomness,
    quota: Rate | None = None,
    mark: Mark | None = None,
) -> tuple[str, Principal]:
    """Create a key for a principal, who is added if the lender has none with that name.

    Returns:
        The key, which is stored nowhere and cannot be shown again, and the principal with its identifier.
    """
    prefix = base64.b32encode(randomness(5)).decode().lower()
    secret = base64.urlsafe_b64encode(randomness(32)).decode().rstrip("=")
    key = f"{_SCHEME}_{prefix}_{secret}"
    named = (principals.c.lender_id == principal.lender_id) & (principals.c.name == principal.name)

    def work(connection: Connection) -> str:
        add_if_new(
            connection,
            principals,
            id=new_id("pri", now, randomness),
            lender_id=principal.lender_id,
            kind=principal.kind,
            name=principal.name,
            created_at=instant(now),
        )
        identifier: str = connection.execute(select(principals.c.id).where(named)).scalar_one()
        connection.execute(
            insert(api_keys).values(
                prefix=prefix,
                principal_id=identifier,
                sha256=digest(key),
                roles=",".join(sorted(principal.roles)),
                created_at=instant(now),
                quota=None if quota is None else str(quota),
            )
        )
        if mark is not None:
            mark.put(connection, object_id=prefix)
        return identifier

    identifier = await database.write_at_once(work)
    return key, msgspec.structs.replace(principal, id=identifier)


async def list_lenders(database: Database) -> list[str]:
    """Every lender that has a principal, by name."""
    statement = select(principals.c.lender_id).distinct().order_by(principals.c.lender_id)
    return await database.read_at_once(lambda connection: list(connection.execute(statement).scalars()))


def demand_person(principal: Principal) -> None:
    """Refuse systems.

    Raises:
        NoPersonError: it is one.
    """
    if not principal.is_person:
        raise NoPersonError("only a person may do this: use the key or the session of a person")


async def names_of(database: Database, lender_id: str | None) -> dict[str, str]:
    """Name of each principal of a lender, or of all lenders, by identifier."""
    statement = select(principals.c.id, principals.c.name)
    if lender_id is not None:
        statement = statement.where(principals.c.lender_id == lender_id)
    rows = await database.read_at_once(lambda connection: connection.execute(statement).all())
    return {row.id: row.name for row in rows}


_FIND = select(
    api_keys.c.sha256,
    api_keys.c.roles,
    api_keys.c.revoked_at,
    api_keys.c.quota,
    api_keys.c.quota_used,
    api_keys.c.quota_from,
    principals.c.id,
    principals.c.lender_id,
    principals.c.kind,
    principals.c.name,
).join_from(api_keys, principals)


async def find_principal(database: Database, key: str) -> Principal | None:
    """The principal of a valid key."""
    parts = key.split("_", 2)
    if len(parts) != 3 or parts[0] != _SCHEME or not parts[1].isalnum():
        return None
    statement = _FIND.where(api_keys.c.prefix == parts[1])
    row = await database.read_at_once(lambda connection: connection.execute(statement).first())
    if row is None or row.revoked_at is not None or not hmac.compare_digest(row.sha256, digest(key)):
        return None
    roles = frozenset(Role(role) for role in row.roles.split(","))
    quota = None
    if row.quota is not None:
        quota = Quota(prefix=parts[1], rate=Rate.parse(row.quota), used=row.quota_used, used_from=row.quota_from)
    return Principal(
        id=row.id,
        lender_id=row.lender_id,
        kind=row.kind,
        name=row.name,
        roles=roles,
        key_prefix=parts[1],
        quota=quota,
    )


async def list_keys(database: Database) -> list[KeyRow]:
    """All keys of all lenders, oldest first."""
    statement = (
        select(
            api_keys.c.prefix,
            api_keys.c.roles,
            api_keys.c.created_at,
            api_keys.c.revoked_at,
            api_keys.c.quota,
            api_keys.c.quota_used,
            api_keys.c.quota_from,
            principals.c.lender_id,
            principals.c.kind,
            principals.c.name,
        )
        .join_from(api_keys, principals)
        .order_by(api_keys.c.created_at, api_keys.c.prefix)
    )
    async with database.read() as connection:
        return [KeyRow(**row._mapping) for row in await connection.execute(statement)]  # noqa: SLF001  public in SQLAlchemy


async def lender_of_key(database: Database, prefix: str) -> str | None:
    """Whose key has that prefix."""
    statement = select(principals.c.lender_id).join_from(api_keys, principals).where(api_keys.c.prefix == prefix)
    found: str | None = await database.read_at_once(lambda connection: connection.execute(statement).scalar())
    return found


async def set_quota(database: Database, prefix: str, quota: Rate | None, *, mark: Mark | None = None) -> bool:
    """Give a key another quota, or none; what it used in this window stays. False if no key has that prefix."""
    statement = update(api_keys).where(api_keys.c.prefix == prefix)
    statement = statement.values(quota=None if quota is None else str(quota))

    def work(connection: Connection) -> bool:
        is_known = connection.execute(statement).rowcount == 1
        if mark is not None and is_known:
            mark.put(connection, object_id=prefix)
        return is_known

    return await database.write_at_once(work)


async def revoke_key(
    database: Database, prefix: str, *, now: datetime, randomness: Randomness, mark: Mark | None = None
) -> bool:
    """Revoke a key, and end what waits on its behalf; False if no key has that prefix."""
    is_valid = (api_keys.c.prefix == prefix) & (api_keys.c.revoked_at.is_(None))

    def work(connection: Connection) -> bool:
        known = connection.execute(select(api_keys.c.prefix).where(api_keys.c.prefix == prefix)).scalar()
        done = connection.execute(update(api_keys).where(is_valid).values(revoked_at=instant(now)))
        if done.rowcount:
            stop_key(connection, prefix, at=instant(now), randomness=randomness)
        if mark is not None and done.rowcount:
            mark.put(connection, object_id=prefix)
        return known is not None

    return await database.write_at_once(work)
