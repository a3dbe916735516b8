"""Failures to sign in, counted for all processes together, so that guessing becomes slow but nobody is locked out.

Every attempt counts as a failure until it succeeds: attempts at the same time cannot outrun the count. Beyond a free
number the wait doubles with each failure up to a bound; an attempt during the wait is refused and does not lengthen it.
Strangers who fail under a person's name at other addresses make that person wait for a minute at most.
"""

import hashlib
import math
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, delete, func, insert, select

from scoring.base.identifiers import Randomness, instant, new_id
from scoring.store.database import Database, Transaction
from scoring.store.tables import sign_in_failures

REMEMBERED: Final = timedelta(hours=1)


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """Who tries to sign in, and from where, as digests."""

    name_sha256: str
    address_sha256: str


class _Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """How many failures are free, and the longest wait after more."""

    free: int
    longest_seconds: int


_OF_PAIR: Final = _Allowance(free=5, longest_seconds=900)
_OF_ADDRESS: Final = _Allowance(free=30, longest_seconds=900)
_OF_NAME: Final = _Allowance(free=30, longest_seconds=60)


def attempt_of(*, lender_id: str, name: str, address: str) -> Attempt:
    """An attempt of somebody who typed these, from this network address."""
    return Attempt(name_sha256=_digest(f"{lender_id}\0{name}"), address_sha256=_digest(address))


async def start_attempt(database: Database, attempt: Attempt, *, now: datetime, randomness: Randomness) -> int:
    """Count an attempt, or refuse it.

    Returns:
        0 where the attempt may be made; else the seconds to wait before the next.
    """
    is_pair = _is_pair(attempt)
    is_address = sign_in_failures.c.address_sha256 == attempt.address_sha256
    is_name = sign_in_failures.c.name_sha256 == attempt.name_sha256
    async with database.write() as connection:
        await connection.execute(
            delete(sign_in_failures).where(sign_in_failures.c.failed_at <= instant(now - REMEMBERED))
        )
        waits = [
            await _wait(connection, mine, allowance, now)
            for mine, allowance in ((is_pair, _OF_PAIR), (is_address, _OF_ADDRESS), (is_name, _OF_NAME))
        ]
        if not any(waits):
            await connection.execute(
                insert(sign_in_failures).values(
                    id=new_id("sif", now, randomness),
                    name_sha256=attempt.name_sha256,
                    address_sha256=attempt.address_sha256,
                    failed_at=instant(now),
                )
            )
    return max(waits)


async def forgive(database: Database, attempt: Attempt) -> None:
    """Forget the failures of a person at this address, who has just signed in."""
    async with database.write() as connection:
        await connection.execute(delete(sign_in_failures).where(_is_pair(attempt)))


async def _wait(connection: Transaction, mine: ColumnElement[bool], allowance: _Allowance, now: datetime) -> int:
    """Seconds until the next attempt may be made."""
    statement = select(func.count(), func.max(sign_in_failures.c.failed_at)).where(mine)
    count, last = (await connection.execute(statement)).one()
    if count < allowance.free:
        return 0
    seconds = min(2 ** min(count - allowance.free, 20), allowance.longest_seconds)
    left = datetime.fromisoformat(last) + timedelta(seconds=seconds) - now
    return max(0, math.ceil(left.total_seconds()))


def _is_pair(attempt: Attempt) -> ColumnElement[bool]:
    return (sign_in_failures.c.name_sha256 == attempt.name_sha256) & (
        sign_in_failures.c.address_sha256 == attempt.address_sha256
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
