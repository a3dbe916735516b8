"""Accounts of the books as connections to accounts at banks: whether the bank feeds them, and which are the same."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations, groupby, pairwise
from operator import itemgetter
from typing import Any

import polars as pl

STALE_AFTER_DAYS = 7
"""Days after which a feed that says when it last asked the bank counts as stopped."""
QUIET_DAYS = 14
"""Days without a line that are never a sign of a stopped feed, where it does not say when it last asked."""
_USUAL_SHARE = 0.9
_TIMES_USUAL = 3
_A_DAY = timedelta(days=1)
_MANY_LINES = 5
"""Equal lines that are no chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """An account of the books. Those that hold money in euro may share their account at the bank with others."""

    id: int
    kind: str
    is_cash: bool
    """Online or register, in euro: only these have lines and levels in the ledger."""
    name: str
    iban: str
    """In capital letters and digits alone; empty where none is stated."""
    bic: str
    created_on: date
    is_archived: bool
    is_fed: bool
    """Connected to its bank, whether or not the bank still delivers."""
    synced_on: date | None
    """When the bank was last asked, where that is known."""
    stated_cents: int | None
    """The level that the account states itself; only a bank feed keeps it current."""
    level_cents: int | None
    """All its lines known to the books, added up; null where it is not known."""

    @property
    def is_card(self) -> bool:
        """Whether it is a credit card, by its name."""
        return _CARD.search(self.name.casefold()) is not None


_CARD = re.compile(
    r"(?:kredit|firmen|business|company|visa)-?\s?(?:karte|card)|credit\s?card|master-?\s?card|\bvisa\b"
    r"|\bamex\b|american\sexpress|\bpliant\b|\bpleo\b|\bmoss\b"
)


_NO_LETTER = re.compile(r"[^0-9A-Z]")


def compact(number: str | None) -> str:
    """An account number in capital letters and digits alone; empty for none."""
    return _NO_LETTER.sub("", (number or "").upper())


def connections_of(accounts: pl.DataFrame, cash: Sequence[int], levels: Mapping[int, int]) -> list[Connection]:
    """The accounts, oldest first.

    Args:
        accounts: As read, complete.
        cash: Ids of those that hold money in euro.
        levels: Of these, in cents.
    """
    rows = accounts.iter_rows(named=True)
    found = [
        Connection(
            id=row["id"],
            kind=row["kind"],
            is_cash=row["id"] in cash,
            name=row["name"] or "",
            iban=compact(row["iban"]),
            bic=compact(row["bic"]),
            created_on=row["created_on"],
            is_archived=row["status"] == 0,
            is_fed=row["kind"] == "online" and not row["is_imported"] and (row["is_synced"] or row["is_connected"]),
            synced_on=row["synced_on"],
            stated_cents=row["balance_cents"],
            level_cents=levels.get(row["id"]),
        )
        for row in rows
    ]
    return sorted(found, key=lambda connection: (connection.created_on, connection.id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What the bank delivers of one connection."""

    state: str
    """As ``features.ledger.FEED``."""
    covered_until: date | None
    stale: tuple[tuple[date, date | None], ...] = ()
    """Stretches of days of observation on which it had stopped: the first day, and the first on which it had not."""


_NO_FEED = Feed(state="none", covered_until=None)


def feed_of(connection: Connection, deliveries: Sequence[tuple[date, date]], fetched_on: date) -> Feed:
    """Whether the bank still delivers, and on which days it did not.

    Args:
        connection: Any account.
        deliveries: Of lines that the bank delivered: the day from which on they are visible, in order, and their day.
        fetched_on: Today.
    """
    if not connection.is_fed:
        return _NO_FEED
    if connection.synced_on is not None:
        covered_until = min(connection.synced_on, fetched_on)
        stale_on = covered_until + timedelta(days=STALE_AFTER_DAYS + 1)
        stale: tuple[tuple[date, date | None], ...] = ((stale_on, None),) if stale_on <= fetched_on else ()
    else:
        seen = sorted({day for visible_on, day in deliveries if visible_on <= fetched_on})
        if not seen:
            return _NO_FEED
        covered_until = seen[-1]
        stale = _silences(deliveries, fetched_on)
    is_stale = bool(stale) and stale[-1][1] is None
    return Feed(state="stale" if is_stale else "current", covered_until=covered_until, stale=stale)


def _silences(deliveries: Sequence[tuple[date, date]], fetched_on: date) -> tuple[tuple[date, date | None], ...]:
    """Days on which no line had come for too long, by the lines that were visible by then."""
    found, seen, last = list[tuple[date, date | None]](), set[date](), date.min
    visible = [(on, {day for _, day in group}) for on, group in groupby(deliveries, key=itemgetter(0))]
    ends = [on for on, _ in visible[1:] if on <= fetched_on]
    for (on, days), end in zip(visible, [*ends, None], strict=False):
        seen |= days
        last = max(last, *days)
        until = fetched_on + _A_DAY if end is None else end
        if (until - last).days <= QUIET_DAYS + 1:
            continue
        limit = max(QUIET_DAYS, _TIMES_USUAL * _usual_gap(sorted(seen)))
        stale_on = max(on, last + timedelta(days=limit + 1))
        if stale_on < until:
            found.append((stale_on, end))
    return tuple(found)


def _usual_gap(days: Sequence[date]) -> int:
    """The 90th percentile of the days between days with lines; 0 for fewer than two."""
    gaps = sorted((later - earlier).days for earlier, later in pairwise(days))
    return gaps[math.ceil(_USUAL_SHARE * len(gaps)) - 1] if gaps else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BankAccount:
    """One account at a bank, or a till: everything that the books have of it."""

    id: int
    """Of the newest connection."""
    connections: tuple[Connection, ...]
    """Oldest first."""
    live: Connection
    """The one whose level counts: the bank still feeds it, or once did, or it is the newest."""
    feed: Feed
    """Of the live connection."""


_LIVELINESS = ("none", "stale", "current")


def bank_accounts(
    connections: Iterable[Connection], feeds: Mapping[int, Feed], lines: pl.DataFrame
) -> tuple[list[BankAccount], frozenset[int]]:
    """The accounts at banks, each with its connections, and those of which it cannot be told whether they are one.

    Args:
        connections: All of them; those that are no cash stand alone and are left out.
        feeds: By connection.
        lines: ``account``, ``value_on``, ``amount_cents``, ``fingerprint``.

    Returns:
        The accounts, and the ids of accounts at banks that are unsure.
    """
    cash = [connection for connection in connections if connection.is_cash]
    online = [connection for connection in cash if connection.kind == "online"]
    of_account = _Lines(lines)
    groups: dict[object, list[Connection]] = {}
    alone, unsure_ids = set[int](), set[int]()
    first_of = dict[str, Connection]()
    for one in online:
        other = first_of.setdefault(one.iban, one) if one.iban else one
        if other is not one and _differ(other, one, of_account):
            alone.add(one.id)
            unsure_ids |= {one.id, other.id}
    if len(online) > 1 and not all(connection.iban for connection in online):
        for one, other in combinations(online, 2):
            if not (one.iban and other.iban) and _may_be_one(one, other, of_account):
                unsure_ids |= {one.id, other.id}
    for connection in cash:
        has_number = connection.kind == "online" and connection.iban and connection.id not in alone
        key = connection.iban if has_number else connection.id
        groups.setdefault(key, []).append(connection)
    accounts = [_bank_account(group, feeds) for group in groups.values()]
    unsure = {account.id for account in accounts if any(each.id in unsure_ids for each in account.connections)}
    return accounts, frozenset(unsure)


def _bank_account(group: list[Connection], feeds: Mapping[int, Feed]) -> BankAccount:
    live = max(
        group,
        key=lambda each: (
            _LIVELINESS.index(feeds[each.id].state),
            not each.is_archived,
            each.created_on,
            each.id,
        ),
    )
    return BankAccount(id=group[-1].id, connections=tuple(group), live=live, feed=feeds[live.id])


_EQUAL = ("value_on", "amount_cents", "fingerprint")
_FIRST_ON, _LAST_ON = pl.col("value_on").min().alias("first_on"), pl.col("value_on").max().alias("last_on")


class _Lines:
    """The lines of each connection."""

    def __init__(self, lines: pl.DataFrame) -> None:
        parts = lines.partition_by("account", as_dict=True)
        self._of = {account: part for (account,), part in parts.items()}
        self._none = lines.clear()

        self._twins = dict[int, frozenset[Any]]()

    def of(self, connection: Connection) -> pl.DataFrame:
        """The lines of one connection."""
        return self._of.get(connection.id, self._none)

    def twins(self, connection: Connection) -> frozenset[Any]:
        """Those that another line of any account equals in day and amount: only they have a fingerprint."""
        if connection.id not in self._twins:
            lines = self.of(connection).filter(pl.col("fingerprint").is_not_null()).select(_EQUAL)
            self._twins[connection.id] = frozenset(lines.iter_rows())
        return self._twins[connection.id]

    def in_common_time(self, one: Connection, other: Connection) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The lines of both from the first day of the later to the last day of the earlier one."""
        first, second = self.of(one), self.of(other)
        if first.is_empty() or second.is_empty():
            return self._none, self._none
        spans = pl.concat([part.select(_FIRST_ON, _LAST_ON) for part in (first, second)])
        is_common = pl.col("value_on").is_between(spans["first_on"].max(), spans["last_on"].min())
        return first.filter(is_common), second.filter(is_common)


def _differ(one: Connection, other: Connection, lines: _Lines) -> bool:
    """Whether two accounts of one number have many lines of the same time, and none in common."""
    first, second = lines.in_common_time(one, other)
    if min(first.height, second.height) < _MANY_LINES:
        return False
    return first.join(second, on=["value_on", "amount_cents"], how="semi").is_empty()


def _may_be_one(one: Connection, other: Connection, lines: _Lines) -> bool:
    """Whether an account and a newer one, of which one states no number, look like one.

    They have the same lines, or the newer one goes on for the older one.
    """
    if not lines.twins(one).isdisjoint(lines.twins(other)):
        first, second = lines.in_common_time(one, other)
        equal = first.join(second, on=_EQUAL, how="semi").height
        if equal >= _MANY_LINES and 2 * equal >= min(first.height, second.height):
            return True
    return _goes_on(one, other, lines.of(one), lines.of(other))


def _goes_on(one: Connection, other: Connection, first: pl.DataFrame, second: pl.DataFrame) -> bool:
    """Whether the newer one begins with the very level that the older one had by then, or with which it ended."""
    if one.level_cents is None or other.level_cents is None or first.is_empty():
        return False
    began_with = other.level_cents - int(second["amount_cents"].sum())
    begins = second["value_on"].min()
    if not isinstance(begins, date):
        return bool(began_with) and began_with == one.level_cents
    # A first line may carry the level over; not where that much went out of the older one.
    gone = set(first["amount_cents"])
    carried = second.filter((pl.col("value_on") == begins) & ~pl.col("amount_cents").is_in([-cents for cents in gone]))
    began = {began_with, *(began_with + cents for cents in carried["amount_cents"])} - {0}
    # The day on which it begins may be in what it began with, or not.
    for is_before, levels in ((pl.col("value_on") < begins, began), (pl.col("value_on") <= begins, {began_with} - {0})):
        since = first.filter(~is_before)
        if since.height < first.height and one.level_cents - int(since["amount_cents"].sum()) in levels:
            return True
    return False
