"""Quotas of API keys: how many decisions each may ask for in a window, counted in the database for all replicas.

Windows begin at whole multiples of their length in UTC: a day at midnight, an hour at its first minute.
"""

from datetime import UTC, datetime, timedelta

import msgspec
from sqlalchemy import case, select, update
from sqlalchemy.engine import Connection

from scoring.base.identifiers import instant
from scoring.base.rates import Limit, Rate
from scoring.store.tables import api_keys

_NAME = "key"
_SKEW = timedelta(minutes=1)
"""How far clocks of replicas may differ. A window that begins later than that was begun by a clock that is wrong: it
counts as none, or the key would be counted in it until it passes."""


class QuotaUsedUpError(Exception):
    """A key has asked for as many decisions as it may."""

    def __init__(self, rate: Rate, resets_in: int) -> None:
        super().__init__(f"this key may ask for {rate} decisions, and has; nothing of this request was stored")
        self.limit = Limit(name=_NAME, rate=rate, left=0, resets_in=resets_in)
        self.retry_after = resets_in
        """Seconds until the next window."""


class KeyRevokedError(Exception):
    """The key is not valid any more."""


class Quota(msgspec.Struct, frozen=True, kw_only=True):
    """The quota of one key, as it was when the key was looked up."""

    prefix: str
    """Of the key."""
    rate: Rate
    used: int
    used_from: str | None
    """Beginning of the window in which so many were used."""

    def standing(self, now: datetime) -> tuple[int, str]:
        """How many were used in the window of now, and when it began."""
        began = instant(_window(self.rate, now))
        is_counted = self.used_from is not None and began <= self.used_from <= instant(now + _SKEW)
        return self.used if is_counted else 0, began

    def limit(self, now: datetime) -> Limit:
        """Where the key stands."""
        used, _ = self.standing(now)
        return Limit(name=_NAME, rate=self.rate, left=max(self.rate.count - used, 0), resets_in=_left(self.rate, now))


def find_quota(connection: Connection, prefix: str) -> Quota | None:
    """The quota of a key as it is now; None without one.

    Raises:
        KeyRevokedError: The key is revoked.
    """
    columns = (api_keys.c.quota, api_keys.c.quota_used, api_keys.c.quota_from, api_keys.c.revoked_at)
    row = connection.execute(select(*columns).where(api_keys.c.prefix == prefix)).first()
    if row is not None and row.revoked_at is not None:
        raise KeyRevokedError("the API key that asked was revoked; nothing of this request was stored")
    if row is None or row.quota is None:
        return None
    return Quota(prefix=prefix, rate=Rate.parse(row.quota), used=row.quota_used, used_from=row.quota_from)


def demand_valid(connection: Connection, prefix: str) -> None:
    """Keep a key from being revoked until the caller's transaction ends.

    Raises:
        KeyRevokedError: it was before.
    """
    statement = select(api_keys.c.revoked_at).where(api_keys.c.prefix == prefix).with_for_update(read=True)
    if connection.execute(statement).scalar() is not None:
        raise KeyRevokedError("the API key that asked was revoked; nothing of this request was stored")


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """A decision that was counted, to be taken back if it is not made."""

    prefix: str
    used_from: str
    """Beginning of the window in which it was counted: not that of this clock where another replica's is ahead."""


def count(connection: Connection, quota: Quota, *, now: datetime) -> Counted:
    """Count a decision in the caller's writing transaction.

    Raises:
        QuotaUsedUpError: There is none left; the transaction must not be committed.
    """
    began = instant(_window(quota.rate, now))
    # A replica whose clock is behind must not begin the earlier window again.
    is_over = (api_keys.c.quota_from < began) | (api_keys.c.quota_from > instant(now + _SKEW))
    is_new = api_keys.c.quota_from.is_(None) | is_over
    done = connection.execute(
        update(api_keys)
        .where((api_keys.c.prefix == quota.prefix) & (is_new | (api_keys.c.quota_used < quota.rate.count)))
        .values(
            quota_used=case((is_new, 1), else_=api_keys.c.quota_used + 1),
            quota_from=case((is_new, began), else_=api_keys.c.quota_from),
        )
        .returning(api_keys.c.quota_from)
    ).scalar()
    if done is None:
        raise QuotaUsedUpError(quota.rate, _left(quota.rate, now))
    return Counted(prefix=quota.prefix, used_from=done)


def take_back(connection: Connection, counted: Counted) -> None:
    """Uncount a decision that was not made; in the caller's writing transaction."""
    connection.execute(
        update(api_keys)
        .where(
            (api_keys.c.prefix == counted.prefix)
            & (api_keys.c.quota_from == counted.used_from)
            & (api_keys.c.quota_used > 0)
        )
        .values(quota_used=api_keys.c.quota_used - 1)
    )


def _window(rate: Rate, now: datetime) -> datetime:
    seconds = int(now.timestamp())
    return datetime.fromtimestamp(seconds - seconds % rate.seconds, UTC)


def _left(rate: Rate, now: datetime) -> int:
    """Whole seconds until the next window, at least one."""
    return max(1, -(-(_window(rate, now) + timedelta(seconds=rate.seconds) - now) // timedelta(seconds=1)))
