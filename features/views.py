"""Ledger and spine to views: frames of what was visible at each observation point, ready to be aggregated.

A fact is visible when it happened and was recorded at or before ``as_of``. Days are counted from 1970-01-01, months are
``12 * year + month``; ``age`` is the number of months between a fact's month and the last full month before ``as_of``
(0 is that month itself, negative the running month). A month that ends on ``as_of`` is full. ``year_day`` is the first
day of the twelve full months before ``as_of``, ``end_day`` the day after their last.

Every view has the column ``point``, the position of its row in the spine. Nothing here reduces over floats.
"""

from enum import StrEnum
from functools import cached_property

import polars as pl

from features.balance import daily_path
from features.ledger import DOCUMENT, Ledger


class View(StrEnum):
    """What can be aggregated."""

    SALES = "sales"
    """Invoices and revenue vouchers that were not cancelled."""
    RECEIVABLES = "receivables"
    """Sales with what was open, overdue and late on each: the same rows, more columns."""
    DUNNED = "dunned"
    """Invoices among the sales that a reminder was sent for."""
    SALES_MONTHS = "sales_months"
    """Sales per month of issue."""
    DUE_MONTHS = "due_months"
    """Receivables per month in which they fell due."""
    CUSTOMERS = "customers"
    """Sales per known customer."""
    DEBTORS = "debtors"
    """Open receivables per customer; one without a name stands alone."""
    CREDIT_NOTES = "credit_notes"
    DISCOUNTS = "discounts"
    """Early-payment discounts that customers took."""
    RECEIPTS = "receipts"
    """Payments on invoices."""
    PAYABLES = "payables"
    """Bills with what was open, overdue and late on each."""
    BANK = "bank"
    """Bank and cash lines."""
    ACCOUNTS = "accounts"
    """Bank accounts by volume of their lines and provenance."""
    LEVELS = "levels"
    """Bank and cash accounts with lines or a known level: the latest of these, and whether a bank confirms it."""
    BALANCE = "balance"
    """End-of-day level of all cash accounts together over 90 days, one row per stretch of equal level."""


WINDOW_90D = 90
"""Days of the short window, the day of observation included."""


def month_of(day: pl.Expr) -> pl.Expr:
    """The month number (``12 * year + month``) of a date."""
    return day.dt.year() * 12 + day.dt.month().cast(pl.Int32)


def in_year(day: str = "day") -> pl.Expr:
    """Whether a day lies in the twelve full months before the day of observation."""
    return (pl.col(day) >= pl.col("year_day")) & (pl.col(day) < pl.col("end_day"))


def in_last_days(days: int, *, until: int = 0) -> pl.Expr:
    """Whether a fact is at most ``days - 1`` and at least ``until`` days old."""
    return (pl.col("as_of_day") - pl.col("day")).is_between(until, days - 1)


def _days(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Int32)


def _visible_day(happened: str) -> pl.Expr:
    return pl.max_horizontal(_days(happened), _days("recorded_on")).alias("visible_day")


_INVOICES = (
    pl.col("borrower", "document", "document_id", "customer", "is_due_assumed", "net_cents", "gross_cents", "due_on"),
    _days("issued_on").alias("day"),
    month_of(pl.col("issued_on")).alias("month"),
    _days("due_on").alias("due_day"),
    _visible_day("issued_on"),
    (pl.col("document") == "invoice").alias("is_invoice"),
)
_BILLS = (
    pl.col("borrower", "document_id", "is_due_assumed", "gross_cents"),
    pl.lit("voucher", dtype=DOCUMENT).alias("document"),
    _days("issued_on").alias("day"),
    _days("due_on").alias("due_day"),
    _visible_day("issued_on"),
)
_LINES = (
    pl.col("borrower", "transaction_id", "account_id", "amount_cents", "nature", "is_internal"),
    _days("happened_on").alias("day"),
    _visible_day("happened_on"),
)
_REDUCTION = (
    pl.col("borrower", "document", "document_id", "amount_cents"),
    _days("happened_on").alias("day"),
    _visible_day("happened_on"),
)
_CREDIT = (
    "borrower",
    pl.lit("invoice", dtype=DOCUMENT).alias("document"),
    pl.col("invoice_id").alias("document_id"),
    pl.col("gross_cents").alias("amount_cents"),
    _days("issued_on").alias("day"),
    _visible_day("issued_on"),
)
_IS_SEEN = pl.col("visible_day") <= pl.col("as_of_day")
_IS_OPEN = pl.col("open_cents") > 0
_PAST_DUE = (pl.col("as_of_day") - pl.col("due_day")).clip(0)
_OPEN_CENTS = (pl.col("gross_cents") - pl.col("reduced_cents").fill_null(0)).clip(0).alias("open_cents")
_OPEN_ITEM = (
    pl.col("item", "open_cents"),
    pl.when(_IS_OPEN).then(_PAST_DUE).otherwise(0).alias("dpd"),
    pl.when(~_IS_OPEN).then("paid_day").alias("paid_day"),
    pl.when(_IS_OPEN).then(_PAST_DUE).otherwise(pl.col("paid_day") - pl.col("due_day")).alias("delay_days"),
)
_REDUCED = (
    pl.col("amount_cents").sum().alias("reduced_cents"),
    pl.col("day").min().alias("first_day"),
    pl.col("day").max().alias("paid_day"),
)


class Views:
    """The views of one chunk of borrowers; each is made when first asked for."""

    def __init__(self, ledger: Ledger, points: pl.DataFrame) -> None:
        """Take a ledger and the spine of its borrowers, as ``features.measure.observed`` makes it."""
        self._ledger = ledger
        self._points = points.select(
            "point",
            "borrower",
            "as_of_day",
            "end_day",
            "year_day",
            "last_full_month",
        )
        self._made: dict[View, pl.DataFrame] = {}

    def __getitem__(self, view: View) -> pl.DataFrame:
        """The frame of a view."""
        if view not in self._made:
            make = getattr(self, f"_{view.value}")
            self._made[view] = make()
        return self._made[view]

    def _seen(self, facts: pl.DataFrame) -> pl.DataFrame:
        """Facts joined to their observation points, as far as they were visible."""
        if self._points.height == 1:
            return self._seen_from(self._points.row(0, named=True), facts)
        return self._points.join(facts, on="borrower").filter(_IS_SEEN)

    def _seen_from(self, point: dict[str, int], facts: pl.DataFrame) -> pl.DataFrame:
        """The same for one observation point, without a join."""
        is_seen = (pl.col("borrower") == point["borrower"]) & (pl.col("visible_day") <= point["as_of_day"])
        dtypes = self._points.schema
        return facts.filter(is_seen).with_columns(
            pl.lit(value, dtype=dtypes[name]).alias(name) for name, value in point.items() if name != "borrower"
        )

    def _sales(self) -> pl.DataFrame:
        sales = self._seen(self._ledger.invoices.select(_INVOICES))
        cancellations = self._ledger.cancellations
        if cancellations.height:
            since = cancellations.group_by("borrower", pl.col("invoice_id").alias("document_id")).agg(
                _visible_day("happened_on").min().alias("cancelled_day")
            )
            is_cancelled = pl.col("is_invoice") & (pl.col("cancelled_day") <= pl.col("as_of_day"))
            sales = (
                sales.join(since, on=["borrower", "document_id"], how="left")
                .filter(~is_cancelled.fill_null(value=False))
                .drop("cancelled_day")
            )
        return sales.with_columns((pl.col("last_full_month") - pl.col("month")).alias("age"))

    def _receivables(self) -> pl.DataFrame:
        return self[View.SALES].hstack(self._open.head(self[View.SALES].height))

    def _payables(self) -> pl.DataFrame:
        return self._bills.hstack(self._open.tail(self._bills.height))

    @cached_property
    def _bills(self) -> pl.DataFrame:
        return self._seen(self._ledger.bills.select(_BILLS))

    @cached_property
    def _reductions(self) -> pl.DataFrame:
        """Everything that reduces what is open on a document: payments, settlements, credit notes that correct it."""
        ledger = self._ledger
        frames = [ledger.payments.select(_REDUCTION)]
        if ledger.settlements.height:
            frames.append(ledger.settlements.select(_REDUCTION))
        if ledger.credit_notes.height:
            frames.append(ledger.credit_notes.filter(pl.col("invoice_id").is_not_null()).select(_CREDIT))
        return pl.concat(frames, rechunk=False)

    @cached_property
    def _open(self) -> pl.DataFrame:
        """What was open on each of the sales and then on each of the bills, its days past due, and its delay.

        ``open_cents`` is gross minus everything that reduced it, at least 0. ``paid_day`` is the day on which it
        reached 0 for good. ``delay_days`` is ``paid_day - due_day``, or the days past due while something is open.
        """
        columns = ("borrower", "document", "document_id", "gross_cents", "due_day", "as_of_day")
        items = pl.concat([self[View.SALES].select(columns), self._bills.select(columns)]).with_row_index("item")
        touched = items.join(self._reductions, on=["borrower", "document", "document_id"]).filter(_IS_SEEN)
        reduced = _with_closing_day(touched, touched.group_by("item").agg(_REDUCED))
        joined = items.join(reduced, on="item", how="left", maintain_order="left")
        return joined.with_columns(_OPEN_CENTS).select(_OPEN_ITEM)

    def _dunned(self) -> pl.DataFrame:
        reminders = self._ledger.reminders.group_by("borrower", pl.col("invoice_id").alias("document_id")).agg(
            _visible_day("happened_on").min().alias("dunned_day")
        )
        was_sent = pl.col("is_invoice") & (pl.col("dunned_day") <= pl.col("as_of_day"))
        return self[View.SALES].join(reminders, on=["borrower", "document_id"]).filter(was_sent)

    def _sales_months(self) -> pl.DataFrame:
        return self[View.SALES].group_by("point", "age").agg(pl.col("net_cents", "gross_cents").sum())

    def _due_months(self) -> pl.DataFrame:
        due = self[View.RECEIVABLES].filter(in_year("due_day"), pl.col("gross_cents") > 0)
        due = due.with_columns((pl.col("last_full_month") - month_of(pl.col("due_on"))).alias("due_age"))
        return due.group_by("point", "due_age").agg(pl.col("delay_days").median().alias("delay_days"))

    def _customers(self) -> pl.DataFrame:
        named = self[View.SALES].filter(pl.col("customer").is_not_null())
        return named.group_by("point", "customer").agg(
            pl.when(in_year()).then("net_cents").otherwise(0).sum().alias("net_cents"),
            pl.col("age").is_between(6, 11).any().alias("was_active"),
            (pl.col("age") < 6).any().alias("is_active"),
        )

    def _debtors(self) -> pl.DataFrame:
        open_items = self[View.RECEIVABLES].filter(pl.col("open_cents") > 0)
        alone = pl.when(pl.col("customer").is_null()).then("item")
        return open_items.group_by("point", "customer", alone.alias("alone")).agg(
            pl.col("open_cents").sum(),
            pl.when(pl.col("dpd") > 60).then("open_cents").otherwise(0).sum().alias("late_cents"),
            pl.when(pl.col("dpd") <= 60).then("open_cents").otherwise(0).sum().alias("current_cents"),
        )

    def _credit_notes(self) -> pl.DataFrame:
        return self._seen(
            self._ledger.credit_notes.select(
                "borrower",
                "document_id",
                "gross_cents",
                _days("issued_on").alias("day"),
                _visible_day("issued_on"),
            )
        )

    def _on_invoices(self, facts: pl.DataFrame, *columns: str) -> pl.DataFrame:
        return self._seen(
            facts.filter(pl.col("document") == "invoice").select(
                "borrower",
                "document_id",
                "amount_cents",
                *columns,
                _days("happened_on").alias("day"),
                _visible_day("happened_on"),
            )
        )

    def _discounts(self) -> pl.DataFrame:
        return self._on_invoices(self._ledger.settlements.filter(pl.col("cause") == "discount"))

    def _receipts(self) -> pl.DataFrame:
        return self._on_invoices(self._ledger.payments, "source")

    def _bank(self) -> pl.DataFrame:
        return self._seen(self._ledger.transactions.select(_LINES))

    def _accounts(self) -> pl.DataFrame:
        lines = self[View.BANK].filter(in_year())
        volume = lines.group_by("point", "borrower", "as_of_day", "account_id").agg(
            pl.col("amount_cents").abs().sum().alias("volume_cents")
        )
        accounts = self._ledger.accounts.select(
            "borrower", "account_id", "kind", "provenance", _days("recorded_on").alias("known_day")
        )
        is_known = pl.col("known_day") <= pl.col("as_of_day")
        return volume.join(accounts, on=["borrower", "account_id"], how="left").with_columns(
            (is_known & (pl.col("provenance") == "bank_feed")).fill_null(value=False).alias("is_fed"),
            (is_known & (pl.col("kind") == "register")).fill_null(value=False).alias("is_register"),
        )

    @cached_property
    def _known_levels(self) -> pl.DataFrame:
        """The latest visible level of each account."""
        levels = self._seen(
            self._ledger.balances.select(
                "borrower",
                "account_id",
                "level_cents",
                "is_level_verified",
                _days("happened_on").alias("level_day"),
                _visible_day("happened_on"),
            )
        )
        return levels.group_by("point", "account_id").agg(
            pl.col("level_cents", "is_level_verified").sort_by("level_day").last(),
            pl.col("level_day", "as_of_day").max(),
        )

    def _levels(self) -> pl.DataFrame:
        first_days = self[View.BANK].group_by("point", "account_id").agg(pl.col("day").min().alias("first_day"))
        return first_days.join(self._known_levels, on=["point", "account_id"], how="full", coalesce=True)

    def _balance(self) -> pl.DataFrame:
        return daily_path(self[View.LEVELS], self[View.BANK], WINDOW_90D)


def _with_closing_day(touched: pl.DataFrame, reduced: pl.DataFrame) -> pl.DataFrame:
    """Correct the paid day of items that moved on several days: the first day after the last that ended below gross.

    ``touched`` has the moves of each item, ``reduced`` one row per item, with its first and last day.
    """
    several = reduced.filter(pl.col("first_day") < pl.col("paid_day")).select("item")
    if several.is_empty():
        return reduced
    day = pl.col("day")
    ends_day = (day != day.shift(-1)).fill_null(value=True)
    is_below = (pl.col("amount_cents").cum_sum() < pl.col("gross_cents")) & ends_day
    last_below = day.filter(is_below).max().fill_null(pl.lit(-(2**31), dtype=pl.Int32))
    closed = (
        touched.join(several, on="item", how="semi")
        .sort("item", "day")
        .group_by("item")
        .agg(day.filter(day > last_below).min().alias("closing_day"))
    )
    return reduced.join(closed, on="item", how="left").with_columns(
        # None where the item was below at last: it is open, and has no paid day.
        pl.coalesce("closing_day", "paid_day").alias("paid_day")
    )
