"""Accounts, their lines and their levels. Lines of clearing accounts (offline) are not cash and go no further."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from features.ledger import (
    ACCOUNT_KIND,
    BALANCES,
    BOOKING,
    CATEGORY,
    CERTAINTY,
    FEED,
    PROVENANCE,
    SCHEMAS,
    TRANSACTIONS,
    TRANSFER,
    Resource,
    collect,
    collect_all,
)
from features.spine import ONLINE_BORROWER
from scoring.sources.bank_lines.recognition import NOT_TOLD, Called
from scoring.sources.sevdesk.ledger.documents import BORROWER, IS_LIVE, Frames, Parties, complete
from scoring.sources.sevdesk.ledger.levels import frame_of
from scoring.sources.sevdesk.ledger.marks import BOOKING_OF_LINES
from scoring.sources.sevdesk.ledger.recognition import Recognised, recognise
from scoring.sources.sevdesk.words.fetched import Fetched
from scoring.sources.sevdesk.words.pages import malformed

_RECORDED_ON = pl.col("created_on").alias("recorded_on")
_EMPTY = {name: pl.LazyFrame(schema=SCHEMAS[name]) for name in ("accounts", "transactions", "balances", "levels")}
_NO_LINES = pl.DataFrame(schema={"account": pl.Int64, "amount_cents": pl.Int64, "value_on": pl.Date})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cash:
    """Accounts and lines of one borrower."""

    frames: Frames
    """What was read along, but not asked for, is empty."""
    recognised: Recognised | None
    """None where it was not asked for."""


def build_cash(fetched: Fetched, parties: Parties, fetched_on: date, called: Called = NOT_TOLD) -> Cash:
    """Accounts, transactions, balances and levels.

    Args:
        fetched: As read.
        parties: Hashes of counterparties.
        fetched_on: The day of the levels.
        called: As ``build_ledger``.

    Raises:
        UnexpectedAnswerError: An account or a line lacks a value that every one has.
    """
    asked, frames = fetched.resources, dict(_EMPTY)
    # The payment log alone needs lines, but makes none.
    if asked.isdisjoint({Resource.ACCOUNTS, Resource.TRANSACTIONS, Resource.BALANCES, Resource.RECOGNITION}):
        return Cash(frames=frames, recognised=None)
    accounts, recognised = _accounts(fetched.accounts), None
    live, lines = fetched.transactions, _NO_LINES
    if not asked.isdisjoint({Resource.TRANSACTIONS, Resource.BALANCES, Resource.RECOGNITION}):
        live, lines = _lines(fetched)
    if Resource.RECOGNITION in asked:
        recognised = recognise(fetched, live, cash_accounts(fetched.accounts), fetched_on, called)
    if Resource.ACCOUNTS in asked:
        frames["accounts"] = (
            accounts if recognised is None else accounts.with_columns(recognised.columns_of(accounts["account_id"]))
        ).lazy()
    if Resource.TRANSACTIONS in asked:
        booking = BOOKING_OF_LINES if Resource.MARKS in asked else _UNMARKED
        frames["transactions"] = _transactions(live, lines, parties, recognised, booking)
    if Resource.BALANCES in asked:
        frames["balances"] = _balances(fetched, accounts, lines, fetched_on).lazy()
        if recognised is not None:
            frames["levels"] = frame_of(recognised.levels).lazy()
    return Cash(frames=frames, recognised=recognised)


_PROVENANCE = (
    pl.when(pl.col("is_imported"))
    .then(pl.lit("file_import", dtype=PROVENANCE))
    .when((pl.col("kind") == "online") & pl.col("is_synced"))
    .then(pl.lit("bank_feed", dtype=PROVENANCE))
    .otherwise(pl.lit("none", dtype=PROVENANCE))
    .alias("provenance")
)
_ACCOUNT = [
    BORROWER,
    pl.col("id").alias("account_id"),
    pl.col("kind").cast(ACCOUNT_KIND),
    _PROVENANCE,
    _RECORDED_ON,
    pl.col("id").alias("bank_account_id"),
    pl.lit("none", dtype=FEED).alias("feed"),
    pl.lit(None, dtype=pl.Date).alias("covered_until"),
]
_KINDS = frozenset(ACCOUNT_KIND.categories)


def _accounts(fetched: pl.DataFrame) -> pl.DataFrame:
    """All accounts, with where their lines come from."""
    for account, kind in fetched.select_seq("id", "kind").iter_rows():
        if kind not in _KINDS:
            raise malformed("CheckAccount", "type", account)
    return complete(fetched, "CheckAccount", {"created_on": "create"}).select_seq(_ACCOUNT)


def cash_accounts(fetched: pl.DataFrame) -> list[int]:
    """Online and register accounts in euro: lines of others are no cash, or no euro, and cannot be added to them."""
    return [account for account, is_euro in _cash(fetched) if is_euro]


def has_foreign_account(fetched: pl.DataFrame) -> bool:
    """Whether an online or register account is kept in another currency."""
    return not all(is_euro for _, is_euro in _cash(fetched))


def _cash(fetched: pl.DataFrame) -> Iterator[tuple[int, bool]]:
    """Online and register accounts, and whether they are kept in euro."""
    for account, kind, currency in fetched.select_seq("id", "kind", "currency").iter_rows():
        if kind in ("online", "register"):
            yield account, currency in (None, "EUR")


def _lines(fetched: Fetched) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All live lines, and those of online and register accounts kept in euro."""
    live = fetched.transactions.lazy().filter(IS_LIVE)
    is_cash = pl.col("account").is_in(cash_accounts(fetched.accounts))
    everything, lines = collect_all(live, live.filter(is_cash))
    return everything, complete(lines, "CheckAccountTransaction", {"value_on": "valueDate", "created_on": "create"})


_LINE = [
    BORROWER,
    pl.col("id").alias("transaction_id"),
    pl.col("account").alias("account_id"),
    pl.col("amount_cents", "nature"),
]
_HAS_OTHER_END = pl.col("source").is_not_null() | pl.col("target").is_not_null()
_LINE_DAYS = [pl.col("value_on").alias("happened_on"), _RECORDED_ON]
_UNRECOGNISED = [
    pl.col("account").alias("bank_account_id"),
    pl.lit("none", dtype=TRANSFER).alias("transfer"),
    pl.lit(value=False).alias("is_fed"),
    pl.lit(value=False).alias("is_duplicate"),
]
_UNCATEGORISED = [
    pl.lit("other", dtype=CATEGORY).alias("category"),
    pl.lit("probable", dtype=CERTAINTY).alias("certainty"),
    pl.lit(None, dtype=pl.String).alias("rule"),
    pl.lit(None, dtype=pl.String).alias("funder"),
]
_UNMARKED = pl.lit(None, dtype=BOOKING).alias("booking")
_TRANSACTION = TRANSACTIONS.names()


def _transactions(
    live: pl.DataFrame,
    lines: pl.DataFrame,
    parties: Parties,
    recognised: Recognised | None,
    booking: pl.Expr,
) -> pl.LazyFrame:
    """Lines without texts."""
    # Of a transfer only one of the two lines may name the other.
    named = pl.concat([live["source"], live["target"]]).drop_nulls()
    is_internal = (_HAS_OTHER_END | pl.col("id").is_in(named.implode())).alias("is_internal")
    counterparties = parties.counterparties(lines["number"], lines["name"]).alias("counterparty")
    if recognised is None:
        no_account = pl.lit(None, dtype=pl.Int64).alias("counterparty_account")
        plain = lines.lazy().select(
            *_LINE, is_internal, counterparties, *_LINE_DAYS, no_account, *_UNCATEGORISED, *_UNRECOGNISED, booking
        )
        return plain.select(_TRANSACTION)
    accounts = parties.account_numbers(lines["number"]).alias("counterparty_account")
    known = lines.lazy().select(
        *_LINE,
        is_internal,
        counterparties,
        *_LINE_DAYS,
        accounts,
        "category",
        "certainty",
        "rule",
        "funder",
        booking,
    )
    found = recognised.lines.lazy().drop("value_on", "category")
    return known.join(found, left_on="transaction_id", right_on="id", how="left").select(_TRANSACTION)


def _balances(fetched: Fetched, accounts: pl.DataFrame, lines: pl.DataFrame, fetched_on: date) -> pl.DataFrame:
    """The level of each account before its first line: what it is today, minus all lines until today."""
    # A line of tomorrow is in no level of today.
    until_today = pl.col("amount_cents").filter(pl.col("value_on") <= fetched_on).sum()
    moved = collect(lines.lazy().group_by("account").agg(until_today, pl.col("value_on").min()))
    totals = {account: (cents, first) for account, cents, first in moved.iter_rows()}
    provenance = dict(accounts.select_seq("account_id", "provenance").iter_rows())
    rows = []
    for account, stated in fetched.accounts.select_seq("id", "balance_cents").iter_rows():
        if account in fetched.levels:
            level = fetched.levels[account]
            cents, first = totals.get(account, (0, fetched_on + timedelta(days=1)))
            before = first - timedelta(days=1)
            # Only a bank feed keeps the stated balance current.
            is_verified = provenance[account] == "bank_feed" and stated == level
            rows.append((ONLINE_BORROWER, account, level - cents, is_verified, before, before))
    return pl.DataFrame(rows, schema=BALANCES, orient="row")
