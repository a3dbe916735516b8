"""The level of each account at a bank, and whether the bank confirms it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from features.ledger import LEVELS, collect
from features.spine import ONLINE_BORROWER
from features.views import WINDOW_90D
from scoring.sources.sevdesk.ledger.connections import BankAccount

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """The level of an account before its first line."""

    account: int
    cents: int | None
    """Null where sevdesk states none."""
    state: str
    """As ``features.ledger.LEVEL_STATE``."""
    on: date
    recorded_on: date
    """From which day on the state holds: a feed that stopped leaves the days before as they were."""


def levels_of(
    accounts: Sequence[BankAccount], unsure: Collection[int], lines: pl.DataFrame, fetched_on: date
) -> list[Level]:
    """The level of each account: what its live connection has today, minus the lines until today that count.

    An account whose feed stopped has its level more than once, each with the day from which on it is so.

    Args:
        accounts: At banks, and tills.
        unsure: Ids of those that may be one with others.
        lines: ``account``, ``bank_account_id``, ``amount_cents``, ``value_on``, ``is_duplicate`` and
            ``is_copy_in_account``.
        fetched_on: Today.
    """
    until_today = pl.col("amount_cents").filter(pl.col("value_on") <= fetched_on)
    by_account = lines.lazy().filter(~pl.col("is_duplicate")).group_by("bank_account_id")
    days = (pl.col("value_on").min().alias("first_on"), pl.col("value_on").max().alias("last_on"))
    moved = collect(by_account.agg(until_today.sum(), *days))
    totals = {account: total for account, *total in moved.iter_rows()}
    copies = dict[int, int]()
    if lines["is_copy_in_account"].any():
        twice = lines.lazy().filter("is_copy_in_account").group_by("account").agg(until_today.sum())
        copies = dict(collect(twice).iter_rows())
    return [
        level
        for account in accounts
        for level in _levels(
            account, totals.get(account.id), copies.get(account.live.id, 0), fetched_on, is_unsure=account.id in unsure
        )
    ]


def _levels(
    account: BankAccount, total: Sequence[Any] | None, twice: int, fetched_on: date, *, is_unsure: bool
) -> list[Level]:
    stated, today = account.live.stated_cents, account.live.level_cents
    if total is None and not today and not stated:
        return [Level(account=account.id, cents=0, state="unused", on=fetched_on, recorded_on=fetched_on)]
    cents, first_on, last_on = total or (0, fetched_on + _A_DAY, fetched_on)
    is_confirmed = today is not None and today == stated
    # sevdesk adds up all lines, those that it has twice, too.
    if today is not None and twice and not is_confirmed:
        today -= twice
        is_confirmed = today == stated
    before = first_on - _A_DAY
    states = {before: "unverified"}
    is_closed = account.live.is_archived and today == 0 and not is_unsure
    quiet_on = last_on + timedelta(days=WINDOW_90D)
    if account.feed.state != "none" and not is_unsure:
        states[before] = state = "verified" if is_confirmed else "unverified"
        # An account that was closed: the last that its bank said is that nothing is left.
        for stale_on, current_on in () if is_closed and is_confirmed else account.feed.stale:
            states[max(before, stale_on)] = "stale"
            if current_on is not None:
                states[max(before, current_on)] = state
    elif is_closed and quiet_on <= fetched_on:
        # No bank says so, but nothing moved in it in the days that a level is looked at.
        states[quiet_on] = "unused"
    return [
        Level(
            account=account.id,
            cents=None if today is None else today - cents,
            state=state,
            on=before,
            recorded_on=recorded_on,
        )
        for recorded_on, state in states.items()
    ]


def frame_of(levels: Sequence[Level]) -> pl.DataFrame:
    """The frame of the ledger."""
    rows = [
        (ONLINE_BORROWER, level.account, level.cents, level.state, level.on, level.recorded_on)
        for level in levels
        if level.cents is not None
    ]
    return pl.DataFrame(rows, schema=LEVELS, orient="row")
