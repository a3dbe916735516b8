"""What is recognised in accounts and their lines: version 2 of the ledger's cash. ``docs/ledger.md`` has the rules."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from features.ledger import FEED, TRANSFER, collect, collect_all
from scoring.sources.bank_lines.recognition import NOT_TOLD, Called
from scoring.sources.sevdesk.ledger.connections import (
    BankAccount,
    Connection,
    Feed,
    bank_accounts,
    connections_of,
    feed_of,
)
from scoring.sources.sevdesk.ledger.duplicates import carried_over, copies_across, copies_in_account, statements_again
from scoring.sources.sevdesk.ledger.feeds import are_fed, with_deliveries
from scoring.sources.sevdesk.ledger.levels import Level, levels_of
from scoring.sources.sevdesk.ledger.transfers import links_between, transfers
from scoring.sources.sevdesk.words.fetched import (
    ACCOUNT_RECONNECTED,
    ACCOUNT_TWICE_UNSURE,
    LINES_TWICE,
    OWN_ACCOUNT_MISSING,
    Fetched,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """Accounts and lines with what is known of them beyond their own fields."""

    connections: Sequence[Connection]
    feeds: Mapping[int, Feed]
    """By connection."""
    accounts: Sequence[BankAccount]
    levels: Sequence[Level]
    lines: pl.DataFrame
    """``id``, ``value_on``, ``bank_account_id``, ``category``, ``transfer``, ``is_fed``, ``is_duplicate`` of lines.

    Of those that are no cash in euro, only where they come from is recognised.
    """
    fetched_on: date
    """The day of reading."""
    notes: tuple[str, ...]

    def columns_of(self, accounts: pl.Series) -> list[pl.Series]:
        """What version 2 adds to the accounts of these ids, in its order."""
        at_bank = {each.id: account.id for account in self.accounts for each in account.connections}
        ids = accounts.to_list()
        feeds = [self.feeds[number] for number in ids]
        return [
            pl.Series("bank_account_id", [at_bank.get(number, number) for number in ids], dtype=pl.Int64),
            pl.Series("feed", [feed.state for feed in feeds], dtype=FEED),
            pl.Series("covered_until", [feed.covered_until for feed in feeds], dtype=pl.Date),
        ]

    def bank_data_until(self, payout: Collection[int]) -> date | None:
        """The last day that the data of every account that its bank delivers cover; null where none is delivered.

        A current feed that does not say when it last asked covers the day of reading: its silence is usual. Left out
        are accounts that are in no use, and those that were closed; never one into which the loan is to be paid.

        Args:
            payout: Connections of the payout account.
        """
        states = {level.account: level.state for level in self.levels}
        days = [
            self.fetched_on
            if account.feed.state == "current" and account.live.synced_on is None
            else account.feed.covered_until
            for account in self.accounts
            if any(each.id in payout for each in account.connections)
            or (states[account.id] != "unused" and not (account.live.is_archived and states[account.id] == "verified"))
        ]
        return min((day for day in days if day is not None), default=None)

    def fed_days(self, account: int) -> int:
        """Days from the first to the last line that the bank delivered of an account, whether or not it still does."""
        home = next((each for each in self.accounts if any(one.id == account for one in each.connections)), None)
        if home is None:
            return 0
        of_account = pl.col("is_fed") & (pl.col("bank_account_id") == home.id)
        days = self.lines.filter(of_account)["value_on"]
        first, last = days.min(), days.max()
        return (last - first).days if isinstance(first, date) and isinstance(last, date) else 0


_COLUMNS = ("id", "value_on", "bank_account_id", "category", "transfer", "is_fed", "is_duplicate")
_OF_OTHERS = [
    pl.col("id", "value_on"),
    pl.col("account").alias("bank_account_id"),
    pl.col("category"),
    pl.lit("none", dtype=TRANSFER).alias("transfer"),
    pl.col("is_fed"),
    pl.lit(value=False).alias("is_duplicate"),
]


def recognise(
    fetched: Fetched, live: pl.DataFrame, cash: Sequence[int], fetched_on: date, called: Called = NOT_TOLD
) -> Recognised:
    """Recognise feeds, accounts that are the same, lines that are there twice, and transfers.

    Args:
        fetched: As read.
        live: All lines that were not deleted; complete where they are cash.
        cash: Ids of accounts that hold money in euro.
        fetched_on: Today.
        called: As ``build_ledger``.
    """
    connections = connections_of(fetched.accounts, cash, fetched.levels)
    everything = with_deliveries(live)
    connected = frozenset(each.id for each in connections if each.is_fed)
    everything = everything.with_columns(are_fed(everything, connected).alias("is_fed"))
    is_cash = pl.col("account").is_in(cash)
    dated, others = collect_all(
        everything.lazy().filter(is_cash), everything.lazy().filter(~is_cash).select(_OF_OTHERS)
    )
    feeds = _feeds(connections, everything, fetched_on)
    accounts, unsure = bank_accounts(connections, feeds, dated)
    dated, is_any_twice = _marked(dated, accounts, feeds)
    clearing, tills = ({each.id for each in connections if each.kind == kind} for kind in ("offline", "register"))
    paying = set() if fetched.payment_log is None else set(fetched.payment_log["transaction"].to_list())
    moved = transfers(
        dated,
        connections=connections,
        accounts=accounts,
        links=links_between(everything, clearing, tills),
        paying=paying,
        called=called,
    )
    notes = {
        LINES_TWICE: is_any_twice,
        ACCOUNT_RECONNECTED: any(len(account.connections) > 1 for account in accounts),
        ACCOUNT_TWICE_UNSURE: bool(unsure),
        OWN_ACCOUNT_MISSING: moved.is_account_missing,
    }
    return Recognised(
        connections=connections,
        feeds=feeds,
        accounts=accounts,
        levels=levels_of(accounts, unsure, dated, fetched_on),
        lines=pl.concat([dated.with_columns(moved.transfer).select_seq(_COLUMNS), others]),
        fetched_on=fetched_on,
        notes=tuple(note for note, holds in notes.items() if holds),
    )


def _feeds(connections: Sequence[Connection], lines: pl.DataFrame, fetched_on: date) -> dict[int, Feed]:
    """The feed of each connection."""
    undated = [each.id for each in connections if each.is_fed and each.synced_on is None]
    deliveries = defaultdict[int, list[tuple[date, date]]](list)
    if undated:
        of_these = lines.lazy().filter(pl.col("account").is_in(undated) & pl.col("is_fed"))
        visible_on = pl.max_horizontal("value_on", "created_on").alias("visible_on")
        for account, *days in collect(
            of_these.select("account", visible_on, "value_on").unique().sort(pl.all())
        ).iter_rows():
            deliveries[account].append((days[0], days[1]))
    return {each.id: feed_of(each, deliveries[each.id], fetched_on) for each in connections}


def _marked(
    lines: pl.DataFrame, accounts: Sequence[BankAccount], feeds: Mapping[int, Feed]
) -> tuple[pl.DataFrame, bool]:
    """The lines with their account at the bank and whether they are copies; and whether any is there twice.

    Across connections the older line stays, as it was recorded first, unless the bank delivered the newer one alone.
    """
    copies = copies_in_account(lines)
    copies += statements_again(lines.filter(~pl.col("id").is_in(copies)))
    is_copy = pl.col("id").is_in(copies)
    across = list[int]()
    shared = [account for account in accounts if len(account.connections) > 1]
    if shared:
        counted = lines.filter(~is_copy)
        for account in shared:
            carried = _carried_over(counted, account)
            across += carried
            counted = counted.filter(~pl.col("id").is_in(carried))
            kept = sorted(account.connections, key=lambda each: feeds[each.id].state == "none")
            across += copies_across(counted, [each.id for each in kept])
    at_bank = {each.id: account.id for account in accounts for each in account.connections}
    home = pl.col("account").replace_strict(at_bank, return_dtype=pl.Int64) if at_bank else pl.col("account")
    marked = lines.with_columns(
        home.alias("bank_account_id"),
        is_copy.alias("is_copy_in_account"),
        pl.col("id").is_in(copies + across).alias("is_duplicate"),
    )
    return marked, bool(copies)


def _carried_over(lines: pl.DataFrame, account: BankAccount) -> list[int]:
    # Books that were moved here have all connections of one day: the lines tell which was there before.
    days = lines.filter(pl.col("account").is_in([each.id for each in account.connections]))
    first_on = dict(days.group_by("account").agg(pl.col("value_on").min()).iter_rows())
    connections = sorted(account.connections, key=lambda each: first_on.get(each.id, date.min))
    found, levels = list[int](), dict[int, int]()
    for connection in connections:
        if levels:
            found += carried_over(lines, levels, connection.id)
        if connection.level_cents is not None:
            levels[connection.id] = connection.level_cents
    return found
