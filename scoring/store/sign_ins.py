"""Failures to sign in, counted for all processes together, so that guessing becomes slow but nobody is locked out.

Every attempt counts as a failure until it succeeds: attempts at the same time cannot outrun the count. Beyond a free
number the wait doubles with each failure up to a bound; an attempt during the wait is refused and does not lengthen it.
Strangers who fail under a person's name at other addresses make that person wait for a minute at most, in a browser
that is not known. A known one is slowed by the failures in it alone, see ``scoring.store.devices``.
"""

import math
from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, delete, func, insert, select, text

from scoring.base.identifiers import Randomness, instant, new_id
from scoring.base.secrets import digest
from scoring.store.database import Database, Transaction
from scoring.store.tables import sign_in_failures

REMEMBERED: Final = timedelta(hours=1)


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """Who tries to sign in, and from where, as digests."""

    name_sha256: str
    address_sha256: str
    device_sha256: str | None
    """Of the secret of a known device; its failures are counted for themselves."""


class _Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """How many failures are free, and the longest wait after more."""

    free: int
    longest_seconds: int


_OF_PAIR: Final = _Allowance(free=5, longest_seconds=900)
_OF_ADDRESS: Final = _Allowance(free=30, longest_seconds=900)
_OF_NAME: Final = _Allowance(free=30, longest_seconds=60)


def attempt_of(*, lender_id: str, name: str, address: str, device: str | None) -> Attempt:
    """An attempt to know the password of who typed these.

    Args:
        lender_id: as it was typed.
        name: the same.
        address: of the network.
        device: secret of the browser, if it is known as that person's.
    """
    return Attempt(
        name_sha256=digest(f"{lender_id}\0{name}"),
        address_sha256=digest(_line_of(address)),
        device_sha256=None if device is None else digest(device),
    )


def _line_of(address: str) -> str:
    """What one subscriber has: of IPv6 a whole network of /64, of which each request may name another address."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or IPv6Network((int(found), 64), strict=False))
    return address


def code_attempt_of(principal_id: str, *, device: str | None) -> Attempt:
    """An attempt to prove the second factor: six digits are few, so all unknown browsers are counted together."""
    counted = digest(f" second factor {principal_id}")  # no lender that was typed begins with a blank
    return Attempt(
        name_sha256=counted, address_sha256=counted, device_sha256=None if device is None else digest(device)
    )


async def start_attempt(database: Database, attempt: Attempt, *, now: datetime, randomness: Randomness) -> int:
    """Count an attempt, or refuse it.

    Returns:
        0 where the attempt may be made; else the seconds to wait before the next.
    """
    lanes: list[tuple[ColumnElement[bool], _Allowance]] = [(_is_same(attempt), _OF_PAIR)]
    if attempt.device_sha256 is None:
        is_stranger = sign_in_failures.c.device_sha256.is_(None)
        lanes += [
            (is_stranger & (sign_in_failures.c.address_sha256 == attempt.address_sha256), _OF_ADDRESS),
            (is_stranger & (sign_in_failures.c.name_sha256 == attempt.name_sha256), _OF_NAME),
        ]
    async with database.write() as connection:
        await _take_turn(connection, attempt)
        await connection.execute(delete(sign_in_failures).where(is_forgotten(now)))
        waits = [await _wait(connection, mine, allowance, now) for mine, allowance in lanes]
        if not any(waits):
            await connection.execute(
                insert(sign_in_failures).values(
                    id=new_id("sif", now, randomness),
                    name_sha256=attempt.name_sha256,
                    address_sha256=attempt.address_sha256,
                    device_sha256=attempt.device_sha256,
                    failed_at=instant(now),
                )
            )
    return max(waits)


def is_forgotten(now: datetime) -> ColumnElement[bool]:
    """The condition of failures that slow nobody any more."""
    return sign_in_failures.c.failed_at <= instant(now - REMEMBERED)


async def forgive(database: Database, attempt: Attempt) -> None:
    """Forget the failures of a person at this address, or on this device, who has just succeeded."""
    async with database.write() as connection:
        await connection.execute(delete(sign_in_failures).where(_is_same(attempt)))


async def _take_turn(connection: Transaction, attempt: Attempt) -> None:
    """Wait for other attempts of this name or address, which could not be counted yet; SQLite has one writer anyway."""
    if connection.dialect.name != "postgresql":
        return
    # sorted, so that no two wait for each other; to the end of the transaction
    for digits in sorted({attempt.name_sha256[:15], attempt.address_sha256[:15]}):
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": int(digits, 16)})


async def _wait(connection: Transaction, mine: ColumnElement[bool], allowance: _Allowance, now: datetime) -> int:
    """Seconds until the next attempt may be made."""
    statement = select(func.count(), func.max(sign_in_failures.c.failed_at)).where(mine)
    count, last = (await connection.execute(statement)).one()
    if count < allowance.free:
        return 0
    seconds = min(2 ** min(count - allowance.free, 20), allowance.longest_seconds)
    left = datetime.fromisoformat(last) + timedelta(seconds=seconds) - now
    return max(0, math.ceil(left.total_seconds()))


def _is_same(attempt: Attempt) -> ColumnElement[bool]:
    """The failures of the same device; without one, those at the same address."""
    is_name = sign_in_failures.c.name_sha256 == attempt.name_sha256
    if attempt.device_sha256 is not None:
        return is_name & (sign_in_failures.c.device_sha256 == attempt.device_sha256)
    is_stranger = sign_in_failures.c.device_sha256.is_(None)
    return is_name & is_stranger & (sign_in_failures.c.address_sha256 == attempt.address_sha256)
