"""Accounts, their lines and their levels. Lines of clearing accounts (offline) are not cash and go no further."""

from collections.abc import Mapping
from datetime import date, timedelta

import polars as pl

from features.ledger import ACCOUNT_KIND, BALANCES, PROVENANCE
from features.spine import ONLINE_BORROWER
from scoring.decisions.decision import PayoutCheck
from scoring.sevdesk.documents import complete
from scoring.sevdesk.pages import malformed
from scoring.sevdesk.parties import Parties

_BORROWER = pl.lit(ONLINE_BORROWER, dtype=pl.Int64).alias("borrower")
_CASH = ("online", "register")


def accounts(fetched: pl.DataFrame) -> pl.DataFrame:
    """All accounts, with where their lines come from."""
    known = fetched["kind"].is_in(ACCOUNT_KIND.categories)
    if not known.all():
        raise malformed("CheckAccount", "type", fetched.filter(~known)["id"][0])
    provenance = (
        pl.when(pl.col("is_imported"))
        .then(pl.lit("file_import"))
        .when((pl.col("kind") == "online") & pl.col("is_synced"))
        .then(pl.lit("bank_feed"))
        .otherwise(pl.lit("none"))
    )
    return complete(fetched, "CheckAccount", {"created_on": "create"}).select(
        _BORROWER,
        pl.col("id").alias("account_id"),
        pl.col("kind").cast(ACCOUNT_KIND),
        provenance.cast(PROVENANCE).alias("provenance"),
        pl.col("created_on").alias("recorded_on"),
    )


def transactions(fetched: pl.DataFrame, accounts: pl.DataFrame, parties: Parties) -> pl.DataFrame:
    """Lines of online and register accounts, without texts.

    Args:
        fetched: Lines of all accounts, as fetched.
        accounts: Accounts, as fetched.
        parties: Hashes of counterparties.
    """
    live = fetched.filter(~pl.col("is_deleted"))
    named = pl.concat([live["source"].drop_nulls(), live["target"].drop_nulls()]).implode()
    cash = accounts.filter(pl.col("kind").is_in(_CASH))["id"].implode()
    lines = live.filter(pl.col("account").is_in(cash))
    complete(lines, "CheckAccountTransaction", {"value_on": "valueDate", "created_on": "create"})
    is_internal = pl.col("source").is_not_null() | pl.col("target").is_not_null() | pl.col("id").is_in(named)
    return lines.select(
        _BORROWER,
        pl.col("id").alias("transaction_id"),
        pl.col("account").alias("account_id"),
        "amount_cents",
        "nature",
        is_internal.alias("is_internal"),
        parties.counterparties(lines["number"], lines["name"]).alias("counterparty"),
        pl.col("value_on").alias("happened_on"),
        pl.col("created_on").alias("recorded_on"),
    )


def balances(
    fetched: pl.DataFrame,
    accounts: pl.DataFrame,
    lines: pl.DataFrame,
    levels: Mapping[int, int],
    fetched_on: date,
) -> pl.DataFrame:
    """The level of each account before its first line: what it is today, minus all lines until today.

    Args:
        fetched: Accounts, as fetched.
        accounts: From ``accounts``.
        lines: From ``transactions``.
        levels: Account to its level in cents at the end of ``fetched_on``.
        fetched_on: The day of the levels.
    """
    # A line of tomorrow is in no level of today.
    until_today = pl.col("amount_cents").filter(pl.col("happened_on") <= fetched_on).sum()
    moved = lines.group_by("account_id").agg(until_today, pl.col("happened_on").min())
    totals = {account: (cents, first) for account, cents, first in moved.iter_rows()}
    bank_fed = set(accounts.filter(pl.col("provenance") == "bank_feed")["account_id"])
    rows = []
    for account, stated in fetched.select("id", "balance_cents").iter_rows():
        if account in levels:
            level = levels[account]
            cents, first = totals.get(account, (0, fetched_on + timedelta(days=1)))
            before = first - timedelta(days=1)
            rows.append(
                (ONLINE_BORROWER, account, level - cents, account in bank_fed and stated == level, before, before)
            )
    return pl.DataFrame(rows, schema=BALANCES, orient="row")


def payout_check(accounts: pl.DataFrame, payout_iban: str | None) -> PayoutCheck:
    """Whether the payout account is one of the online accounts in the books.

    Args:
        accounts: Accounts, as fetched.
        payout_iban: From the application, in any spelling; none where it was not given.
    """
    own = {_compact(iban) for iban in accounts.filter(pl.col("kind") == "online")["iban"].drop_nulls()} - {""}
    wanted = _compact(payout_iban or "")
    if not own or not wanted:
        return PayoutCheck.UNKNOWN
    return PayoutCheck.MATCH if wanted in own else PayoutCheck.MISMATCH


def _compact(iban: str) -> str:
    return "".join(iban.split()).upper()
