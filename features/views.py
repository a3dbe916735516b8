"""Ledger and spine to views: frames of what was visible at each observation point, ready to be aggregated.

A fact is visible when it happened and was recorded at or before ``as_of``. Days are counted from 1970-01-01, months are
``12 * year + month``; ``age`` is the number of months between a fact's month and the last full month before ``as_of``
(0 is that month itself, negative the running month). A month that ends on ``as_of`` is full. ``year_day`` is the first
day of the twelve full months before ``as_of``, ``end_day`` the day after their last.

Of several points, every view has the column ``point``, the position of its row in the spine. Nothing here reduces over
floats.
"""

from collections.abc import Sequence
from enum import StrEnum
from functools import cached_property

import polars as pl

from features.balance import daily_path
from features.collecting import collect
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
    pl.col("borrower", "document_id", "customer", "is_due_assumed", "net_cents", "gross_cents", "due_on"),
    pl.col("document").to_physical(),
    _days("issued_on").alias("day"),
    month_of(pl.col("issued_on")).alias("month"),
    _days("due_on").alias("due_day"),
    (pl.col("document") == "invoice").alias("is_invoice"),
)
_BILLS = (
    pl.col("borrower", "document_id", "is_due_assumed", "gross_cents"),
    pl.lit("voucher", dtype=DOCUMENT).to_physical().alias("document"),
    _days("issued_on").alias("day"),
    _days("due_on").alias("due_day"),
)
_LINES = (
    pl.col("borrower", "transaction_id", "account_id", "amount_cents", "nature", "is_internal"),
    _days("happened_on").alias("day"),
)
_MOVEMENT = (pl.col("borrower", "document_id", "amount_cents"), _days("happened_on").alias("day"))
_REDUCTION = (*_MOVEMENT, pl.col("document").to_physical(), _visible_day("happened_on"))
_CREDIT = (
    pl.col("borrower"),
    pl.col("invoice_id").alias("document_id"),
    pl.col("gross_cents").alias("amount_cents"),
    _days("issued_on").alias("day"),
    pl.lit("invoice", dtype=DOCUMENT).to_physical().alias("document"),
    _visible_day("issued_on"),
)
_CREDIT_NOTES = (pl.col("borrower", "document_id", "gross_cents"), _days("issued_on").alias("day"))
_OF_INVOICE = (pl.col("borrower"), pl.col("invoice_id"))
_LEVELS = (
    pl.col("borrower", "account_id", "level_cents", "is_level_verified"),
    _days("happened_on").alias("level_day"),
)
_ACCOUNTS = (pl.col("borrower", "account_id", "kind", "provenance"), _days("recorded_on").alias("known_day"))
_POINT = ("point", "borrower", "as_of_day", "end_day", "year_day", "last_full_month")
"""Columns of the points that views have."""
_IS_SEEN = pl.col("visible_day") <= pl.col("as_of_day")
_ON_INVOICE = pl.col("document") == "invoice"
_ITEM = ("borrower", "document", "document_id", "gross_cents", "due_day", "as_of_day")
_COUNTS = _IS_SEEN & (pl.col("document") == pl.col("document_right"))
"""Whether a reduction that was joined to an item by its number is one of that item, and seen."""
_MOVES = (
    pl.col("item", "gross_cents"),
    pl.when(_COUNTS).then("amount_cents").alias("amount_cents"),
    pl.when(_COUNTS).then("day").alias("day"),
)
_REDUCED = (
    pl.col("amount_cents").sum().alias("reduced_cents"),
    pl.col("day").min().alias("first_day"),
    pl.col("day").max().alias("paid_day"),
)
_OPEN_CENTS = (pl.col("gross_cents") - pl.col("reduced_cents")).clip(0).alias("open_cents")
_IS_OPEN = pl.col("open_cents") > 0
_PAST_DUE = (pl.col("as_of_day") - pl.col("due_day")).clip(0)
_OPEN_ITEM = (
    pl.col("item", "is_sale", "open_cents"),
    pl.when(_IS_OPEN).then(_PAST_DUE).otherwise(0).alias("dpd"),
    pl.when(~_IS_OPEN).then("paid_day").alias("paid_day"),
    pl.when(_IS_OPEN).then(_PAST_DUE).otherwise(pl.col("paid_day") - pl.col("due_day")).alias("delay_days"),
)
_AGE = (pl.col("last_full_month") - pl.col("month")).alias("age")
_DUE_AGE = (pl.col("last_full_month") - month_of(pl.col("due_on"))).alias("due_age")
_FELL_DUE = in_year("due_day") & (pl.col("gross_cents") > 0)
_INVOICE_ID = pl.when("is_invoice").then("document_id")
_IS_NAMED = pl.col("customer").is_not_null()
_OF_CUSTOMER = (
    pl.when(in_year()).then("net_cents").otherwise(0).sum().alias("net_cents"),
    pl.col("age").is_between(6, 11).any().alias("was_active"),
    (pl.col("age") < 6).any().alias("is_active"),
)
_ALONE = pl.when(pl.col("customer").is_null()).then("item").alias("alone")
_OF_DEBTOR = (
    pl.col("open_cents").sum(),
    pl.when(pl.col("dpd") > 60).then("open_cents").otherwise(0).sum().alias("late_cents"),
    pl.when(pl.col("dpd") <= 60).then("open_cents").otherwise(0).sum().alias("current_cents"),
)
_IS_DISCOUNT = pl.col("cause") == "discount"
_OF_ACCOUNT = (
    pl.col("day").min().alias("first_day"),
    pl.when(in_year()).then(pl.col("amount_cents").abs()).otherwise(0).sum().alias("volume_cents"),
    pl.col("borrower", "as_of_day").first(),
)
_IS_KNOWN = pl.col("known_day") <= pl.col("as_of_day")
_KIND_OF_ACCOUNT = (
    (_IS_KNOWN & (pl.col("provenance") == "bank_feed")).fill_null(value=False).alias("is_fed"),
    (_IS_KNOWN & (pl.col("kind") == "register")).fill_null(value=False).alias("is_register"),
)
_LATEST_LEVEL = (
    pl.col("level_cents", "is_level_verified").sort_by("level_day").last(),
    pl.col("level_day", "as_of_day").max(),
)
_IS_MOVED_LATER = (pl.col("first_day") < pl.col("paid_day")) & ~_IS_OPEN
_ENDS_DAY = (pl.col("item") != pl.col("item").shift(-1)) | (pl.col("day") != pl.col("day").shift(-1))
_IS_BELOW = (pl.col("amount_cents").cum_sum().over("item") < pl.col("gross_cents")) & _ENDS_DAY
_MAY_CLOSE = (pl.col("item") != pl.col("item").shift(1)).fill_null(value=True) | _IS_BELOW.shift(1)


_SHARED = frozenset({View.SALES, View.RECEIVABLES, View.PAYABLES, View.BANK, View.LEVELS})


def computed(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Compute a frame now, because several others read it."""
    return collect(frame).lazy()


class Views:
    """The views of one chunk of borrowers; each is made when first asked for.

    One point, the case of an application, takes no join to the points and no grouping by point. Its ledger may hold
    other borrowers, too.
    """

    def __init__(self, ledger: Ledger, points: pl.DataFrame) -> None:
        """Take a ledger and the spine of its borrowers, as ``features.measure.observed`` makes it."""
        self.ledger = ledger
        self.points = points
        self._made: dict[View, pl.LazyFrame] = {}
        self.by = () if points.height == 1 else ("point",)
        """What tells the points of a view apart."""

    def __getitem__(self, view: View) -> pl.LazyFrame:
        """A view: a plan to compute it, or, where several plans read it, what it was computed to."""
        if view not in self._made:
            make = getattr(self, f"_{view.value}")
            self._made[view] = computed(make()) if view in _SHARED else make()
        return self._made[view]

    def _seen(
        self,
        facts: pl.DataFrame,
        columns: Sequence[pl.Expr],
        where: pl.Expr | None = None,
        *,
        happened: str = "happened_on",
    ) -> pl.LazyFrame:
        """Columns of the facts, with their observation points, as far as they were visible there."""
        chosen = facts.lazy() if where is None else facts.lazy().filter(where)
        if self.by:
            points = self.points.lazy().select(_POINT)
            return points.join(chosen.select(*columns, _visible_day(happened)), on="borrower").filter(_IS_SEEN)
        is_recorded, as_of, constants = self._only_point
        return chosen.filter(is_recorded & (pl.col(happened) <= as_of)).select(*columns, *constants)

    @cached_property
    def _only_point(self) -> tuple[pl.Expr, pl.Expr, tuple[pl.Expr, ...]]:
        """What was recorded of the only observation point, its day and its columns, as constants."""
        point = {name: pl.lit(self.points.item(0, name), dtype=self.points.schema[name]).alias(name) for name in _POINT}
        is_borrower, as_of = pl.col("borrower") == point.pop("borrower"), point["as_of_day"].cast(pl.Date)
        return is_borrower & (pl.col("recorded_on") <= as_of), as_of, tuple(point.values())

    def _sales(self) -> pl.LazyFrame:
        sales = self._seen(self.ledger.invoices, _INVOICES, happened="issued_on")
        if self.ledger.cancellations.height:
            cancelled = self._seen(self.ledger.cancellations, _OF_INVOICE)
            sales = sales.join(
                cancelled,
                left_on=[*self.by, _INVOICE_ID],
                right_on=[*self.by, "invoice_id"],
                how="anti",
                maintain_order="left",
            )
        return sales.with_columns(_AGE)

    def _receivables(self) -> pl.LazyFrame:
        return self._with_open(self[View.SALES], is_sale=True)

    def _payables(self) -> pl.LazyFrame:
        return self._with_open(self._bills, is_sale=False)

    def _with_open(self, items: pl.LazyFrame, *, is_sale: bool) -> pl.LazyFrame:
        side = self._open.filter(pl.col("is_sale") == is_sale).drop("is_sale")
        return pl.concat([items, side], how="horizontal")

    @cached_property
    def _bills(self) -> pl.LazyFrame:
        return computed(self._seen(self.ledger.bills, _BILLS, happened="issued_on"))

    @cached_property
    def _reductions(self) -> pl.LazyFrame:
        """Everything that reduces what is open on a document: payments, settlements, credit notes that correct it."""
        ledger = self.ledger
        frames = [ledger.payments.lazy().select(_REDUCTION)]
        if ledger.settlements.height:
            frames.append(ledger.settlements.lazy().select(_REDUCTION))
        if ledger.credit_notes.height:
            frames.append(ledger.credit_notes.lazy().select(_CREDIT))
        return pl.concat(frames)

    @cached_property
    def _open(self) -> pl.LazyFrame:
        """What was open on each of the sales and then on each of the bills, its days past due, and its delay.

        ``open_cents`` is gross minus everything that reduced it, at least 0. ``paid_day`` is the day on which it
        reached 0 for good. ``delay_days`` is ``paid_day - due_day``, or the days past due while something is open.
        """
        sides = [
            side.select(*_ITEM, pl.lit(value=is_sale).alias("is_sale"))
            for side, is_sale in ((self[View.SALES], True), (self._bills, False))
        ]
        items = computed(pl.concat(sides).with_row_index("item"))
        moves = computed(
            items.join(self._reductions, on=["borrower", "document_id"], how="left", maintain_order="left")
            .select(_MOVES)
            .with_columns(pl.col("item").set_sorted())
        )
        reduced = moves.group_by("item", maintain_order=True).agg(_REDUCED)
        paid = computed(pl.concat([items, reduced.drop("item")], how="horizontal").with_columns(_OPEN_CENTS))
        return computed(_with_closing_days(moves, paid).select(_OPEN_ITEM))

    def _dunned(self) -> pl.LazyFrame:
        reminders = self._seen(self.ledger.reminders, _OF_INVOICE)
        return self[View.SALES].join(
            reminders,
            left_on=[*self.by, _INVOICE_ID],
            right_on=[*self.by, "invoice_id"],
            how="semi",
        )

    def _sales_months(self) -> pl.LazyFrame:
        return self[View.SALES].group_by(*self.by, "age").agg(pl.col("net_cents", "gross_cents").sum())

    def _due_months(self) -> pl.LazyFrame:
        due = self[View.RECEIVABLES].filter(_FELL_DUE)
        return due.group_by(*self.by, _DUE_AGE).agg(pl.col("delay_days").median().alias("delay_days"))

    def _customers(self) -> pl.LazyFrame:
        return self[View.SALES].filter(_IS_NAMED).group_by(*self.by, "customer").agg(_OF_CUSTOMER)

    def _debtors(self) -> pl.LazyFrame:
        return self[View.RECEIVABLES].filter(_IS_OPEN).group_by(*self.by, "customer", _ALONE).agg(_OF_DEBTOR)

    def _credit_notes(self) -> pl.LazyFrame:
        return self._seen(self.ledger.credit_notes, _CREDIT_NOTES, happened="issued_on")

    def _discounts(self) -> pl.LazyFrame:
        return self._seen(self.ledger.settlements, _MOVEMENT, _ON_INVOICE & _IS_DISCOUNT)

    def _receipts(self) -> pl.LazyFrame:
        return self._seen(self.ledger.payments, (*_MOVEMENT, pl.col("source")), _ON_INVOICE)

    def _bank(self) -> pl.LazyFrame:
        return self._seen(self.ledger.transactions, _LINES)

    def _accounts(self) -> pl.LazyFrame:
        accounts = self.ledger.accounts.lazy().select(_ACCOUNTS)
        joined = self._used_accounts.join(accounts, on=["borrower", "account_id"], how="left")
        return joined.with_columns(_KIND_OF_ACCOUNT)

    @cached_property
    def _used_accounts(self) -> pl.LazyFrame:
        """Accounts with lines: their first day, and the volume of the last twelve full months."""
        return computed(self[View.BANK].group_by(*self.by, "account_id").agg(_OF_ACCOUNT))

    @cached_property
    def _known_levels(self) -> pl.LazyFrame:
        """The latest visible level of each account."""
        return self._seen(self.ledger.balances, _LEVELS).group_by(*self.by, "account_id").agg(_LATEST_LEVEL)

    def _levels(self) -> pl.LazyFrame:
        by = (*self.by, "account_id")
        return self._used_accounts.select(*by, "first_day").join(self._known_levels, on=by, how="full", coalesce=True)

    def _balance(self) -> pl.LazyFrame:
        return daily_path(self[View.LEVELS], self[View.BANK], WINDOW_90D, self.by)


def _with_closing_days(moves: pl.LazyFrame, items: pl.LazyFrame) -> pl.LazyFrame:
    """Correct the paid day of paid items that moved on several days: the day on which they were paid for good.

    It is the first move after the last day that ended below the gross amount. ``moves`` has the moves of each item,
    ``items`` one row per item, numbered from 0 without gaps, with what is open and its first and last day.
    """
    closing = (
        moves.join(items.filter(_IS_MOVED_LATER).select("item"), on="item", how="semi")
        .filter(pl.col("day").is_not_null())
        .sort("item", "day")
        .filter(_MAY_CLOSE)
        # The last of them is after the last day below.
        .group_by("item")
        .agg(pl.col("day").last().alias("closing_day"))
    )
    paid_day = pl.coalesce("closing_day", "paid_day").alias("paid_day")
    return items.join(closing, on="item", how="left", maintain_order="left").with_columns(paid_day)
