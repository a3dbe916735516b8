"""Second factors of persons: the sealed secret, the last time step that was used, and digests of recovery codes."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import instant
from scoring.base.secrets import Sealed, digest
from scoring.store.audit import Mark
from scoring.store.database import Database, add_if_new
from scoring.store.principals import Principal
from scoring.store.tables import page_sessions, recovery_codes, second_factors


class SecondFactor(msgspec.Struct, frozen=True, kw_only=True):
    """What a person proves beside the password."""

    sealed: Sealed
    """The secret, see ``factor_purpose``."""
    codes_left: int
    """Recovery codes that were not used yet."""


def factor_purpose(principal_id: str) -> str:
    """What the sealed secret is bound to."""
    return f"second-factor/{principal_id}"


async def find_factor(database: Database, principal_id: str) -> SecondFactor | None:
    """The second factor of a person; None where none is set up."""
    statement = select(second_factors.c.key_id, second_factors.c.sealed).where(
        second_factors.c.principal_id == principal_id
    )
    counting = select(func.count()).where(recovery_codes.c.principal_id == principal_id)

    def work(connection: Connection) -> SecondFactor | None:
        row = connection.execute(statement).first()
        if row is None:
            return None
        left = connection.execute(counting).scalar_one()
        return SecondFactor(sealed=Sealed(key_id=row.key_id, sealed=row.sealed), codes_left=left)

    return await database.read_at_once(work)


async def list_holders(database: Database) -> set[str]:
    """Identifiers of all persons with a second factor."""
    statement = select(second_factors.c.principal_id)
    return await database.read_at_once(lambda connection: set(connection.execute(statement).scalars()))


async def add_factor(
    database: Database,
    principal: Principal,
    sealed: Sealed,
    *,
    step: int,
    codes: Sequence[str],
    now: datetime,
    mark: Mark | None = None,
) -> bool:
    """Set up a second factor; False where the person has one already.

    Args:
        database: where factors are kept.
        principal: the person.
        sealed: the secret.
        step: the time step of the code that proved it.
        codes: the recovery codes, of which only digests are kept.
        now: the present.
        mark: row of the audit trail.
    """

    def work(connection: Connection) -> bool:
        is_new = add_if_new(
            connection,
            second_factors,
            principal_id=principal.id,
            lender_id=principal.lender_id,
            key_id=sealed.key_id,
            sealed=sealed.sealed,
            last_step=step,
            created_at=instant(now),
        )
        if not is_new:
            return False
        rows = [{"principal_id": principal.id, "sha256": digest(code)} for code in codes]
        connection.execute(insert(recovery_codes), rows)
        if mark is not None:
            mark.put(connection, object_id=principal.id)
        return True

    return await database.write_at_once(work)


async def use_step(database: Database, principal_id: str, step: int) -> bool:
    """Use up a time step; False where it, or a later one, was used before."""
    statement = (
        update(second_factors)
        .where((second_factors.c.principal_id == principal_id) & (second_factors.c.last_step < step))
        .values(last_step=step)
    )
    return await database.write_at_once(lambda connection: connection.execute(statement).rowcount == 1)


async def use_recovery_code(database: Database, principal_id: str, code: str, *, mark: Mark) -> bool:
    """Use up a recovery code; False where it is none, or was used before."""
    statement = delete(recovery_codes).where(
        (recovery_codes.c.principal_id == principal_id) & (recovery_codes.c.sha256 == digest(code))
    )

    def work(connection: Connection) -> bool:
        is_used = connection.execute(statement).rowcount == 1
        if is_used:
            mark.put(connection, object_id=principal_id)
        return is_used

    return await database.write_at_once(work)


async def remove_factor(
    database: Database, principal_id: str, *, ends_sessions: bool, mark: Mark | None = None
) -> bool:
    """Forget a second factor and its recovery codes; False where there is none.

    Args:
        database: where factors are kept.
        principal_id: of the person.
        ends_sessions: whether the person has to sign in anew everywhere.
        mark: row of the audit trail.
    """

    def work(connection: Connection) -> bool:
        connection.execute(delete(recovery_codes).where(recovery_codes.c.principal_id == principal_id))
        done = connection.execute(delete(second_factors).where(second_factors.c.principal_id == principal_id))
        if ends_sessions:
            connection.execute(delete(page_sessions).where(page_sessions.c.principal_id == principal_id))
        if mark is not None and done.rowcount == 1:
            mark.put(connection, object_id=principal_id)
        return done.rowcount == 1

    return await database.write_at_once(work)
