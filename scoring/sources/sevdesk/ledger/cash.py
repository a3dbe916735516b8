"""Accounts, their lines and their levels. Lines of clearing accounts (offline) are not cash and go no further."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import polars as pl

from features.collecting import collect, collect_all
from features.ledger import ACCOUNT_KIND, BALANCES, PROVENANCE
from features.spine import ONLINE_BORROWER
from scoring.decisions.decision import PayoutCheck
from scoring.sources.sevdesk.ledger.documents import complete
from scoring.sources.sevdesk.ledger.parties import Parties
from scoring.sources.sevdesk.words.pages import malformed

_BORROWER = pl.lit(ONLINE_BORROWER, dtype=pl.Int64).alias("borrower")
_CASH = ("online", "register")
_KINDS = frozenset(ACCOUNT_KIND.categories)
_RECORDED_ON = pl.col("created_on").alias("recorded_on")
_PROVENANCE = (
    pl.when(pl.col("is_imported"))
    .then(pl.lit("file_import", dtype=PROVENANCE))
    .when((pl.col("kind") == "online") & pl.col("is_synced"))
    .then(pl.lit("bank_feed", dtype=PROVENANCE))
    .otherwise(pl.lit("none", dtype=PROVENANCE))
    .alias("provenance")
)
_ACCOUNT = [
    _BORROWER,
    pl.col("id").alias("account_id"),
    pl.col("kind").cast(ACCOUNT_KIND),
    _PROVENANCE,
    _RECORDED_ON,
]
_IS_LIVE = ~pl.col("is_deleted")
_HAS_OTHER_END = pl.col("source").is_not_null() | pl.col("target").is_not_null()
_LINE = [
    _BORROWER,
    pl.col("id").alias("transaction_id"),
    pl.col("account").alias("account_id"),
    pl.col("amount_cents", "nature"),
]
_LINE_DAYS = [pl.col("value_on").alias("happened_on"), _RECORDED_ON]


def accounts(fetched: pl.DataFrame) -> pl.DataFrame:
    """All accounts, with where their lines come from."""
    for account, kind in zip(fetched["id"], fetched["kind"], strict=True):
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
    for account, kind, currency in zip(fetched["id"], fetched["kind"], fetched["currency"], strict=True):
        if kind in _CASH:
            yield account, currency in (None, "EUR")


def transactions(fetched: pl.DataFrame, accounts: pl.DataFrame, parties: Parties) -> pl.LazyFrame:
    """Lines of online and register accounts kept in euro, without texts.

    Args:
        fetched: Lines of all accounts, as fetched.
        accounts: Accounts, as fetched.
        parties: Hashes of counterparties.

    Raises:
        UnexpectedAnswerError: A line lacks a value that every line has.
    """
    live = fetched.lazy().filter(_IS_LIVE)
    lines, named = collect_all(
        live.filter(pl.col("account").is_in(cash_accounts(accounts))),
        pl.concat([live.select(pl.col(end).alias("id")) for end in ("source", "target")]).drop_nulls(),
    )
    complete(lines, "CheckAccountTransaction", {"value_on": "valueDate", "created_on": "create"})
    is_internal = _HAS_OTHER_END | pl.col("id").is_in(named["id"].implode())
    return lines.lazy().select(
        *_LINE,
        is_internal.alias("is_internal"),
        parties.counterparties(lines["number"], lines["name"]).alias("counterparty"),
        *_LINE_DAYS,
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
    moved = collect(lines.lazy().group_by("account_id").agg(until_today, pl.col("happened_on").min()))
    totals = {account: (cents, first) for account, cents, first in moved.iter_rows()}
    provenance = dict(zip(accounts["account_id"], accounts["provenance"], strict=True))
    rows = []
    for account, stated in fetched.select_seq("id", "balance_cents").iter_rows():
        if account in levels:
            level = levels[account]
            cents, first = totals.get(account, (0, fetched_on + timedelta(days=1)))
            before = first - timedelta(days=1)
            is_verified = provenance[account] == "bank_feed" and stated == level
            rows.append((ONLINE_BORROWER, account, level - cents, is_verified, before, before))
    return pl.DataFrame(rows, schema=BALANCES, orient="row")


def payout_check(accounts: pl.DataFrame, payout_iban: str | None) -> PayoutCheck:
    """Whether the payout account is one of the online accounts in the books.

    Args:
        accounts: Accounts, as fetched.
        payout_iban: From the application, in any spelling; none where it was not given.
    """
    ibans = zip(accounts["kind"], accounts["iban"], strict=True)
    own = {_compact(iban) for kind, iban in ibans if kind == "online" and iban is not None} - {""}
    wanted = _compact(payout_iban or "")
    if not own or not wanted:
        return PayoutCheck.UNKNOWN
    return PayoutCheck.MATCH if wanted in own else PayoutCheck.MISMATCH


def _compact(iban: str) -> str:
    return "".join(iban.split()).upper()
