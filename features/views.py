"""Ledger and spine to views: frames of what was visible at each observation point, ready to be aggregated.

A fact is visible when it happened and was recorded at or before ``as_of``. Days are counted from 1970-01-01, months are
``12 * year + month``; ``age`` is the number of months between a fact's month and the last full month before ``as_of``
(0 is that month itself, negative the running month). A month that ends on ``as_of`` is full. ``year_day`` is the first
day of the twelve full months before ``as_of``, ``end_day`` the day after their last.

Of several points, every view has the column ``point``, the position of its row in the spine. Nothing here reduces over
floats.

Expressions are constants, because building them anew for every application would take longer than evaluating them; each
stands above the method that uses it.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Final, Self, cast

import polars as pl

from features.ledger import DOCUMENT, Ledger, collect, collect_all, grouped

_HAS_LEVEL = pl.col("level_cents").is_not_null()
_HAS_LINES_BEFORE = pl.col("first_day") <= pl.col("level_day")
_IS_IN_LEVEL = pl.col("day") <= pl.col("level_day")
_AMOUNT = pl.col("amount_cents")


def daily_path(
    accounts: pl.LazyFrame, lines: pl.LazyFrame, window_days: int, by: Sequence[str] = ("point",)
) -> pl.LazyFrame:
    """Add up the end-of-day levels of all cash accounts over the window that ends on the day of observation.

    The level of an account on a day is its known level plus its lines after the day of that level and up to the day;
    before the day of the known level it is that level minus the lines in between. In other words: its known level,
    minus its lines up to the day of that level, plus its lines up to the day. All of these are moves of one sum.

    Args:
        accounts: ``point``, ``account_id``, ``first_day`` of the lines, and ``level_day``, ``level_cents``,
            ``as_of_day``, which are null where no level is known.
        lines: Visible lines: ``point``, ``account_id``, ``day``, ``amount_cents``, ``as_of_day``.
        window_days: Length of the window, the day of observation included.
        by: The columns that identify a point; empty where there is only one.

    Returns:
        One row per point with a known level and stretch of days with the same level: ``level_cents``,
        ``length_days``, and ``ended_days``, the days from its last day to the day of observation. Without a known level
        the path of the lines alone, which says only how the level changed.
    """
    first_day = pl.col("as_of_day") - (window_days - 1)
    known = accounts.filter(_HAS_LEVEL)
    overlapping = known.filter(_HAS_LINES_BEFORE).select(*by, "account_id", "level_day")
    moves = pl.concat(
        [
            known.select(*by, first_day.alias("day"), pl.col("level_cents").alias("amount_cents"), "as_of_day"),
            # What was before the window is moved to its first day, where every path begins.
            lines.select(*by, pl.max_horizontal("day", first_day), "amount_cents", "as_of_day"),
            # Lines up to the day of the known level are in it already.
            lines.join(overlapping, on=[*by, "account_id"])
            .filter(_IS_IN_LEVEL)
            .select(*by, first_day.alias("day"), -_AMOUNT, "as_of_day"),
        ]
    )
    next_day, level = pl.col("day").shift(-1), _AMOUNT.cum_sum()
    if by:
        next_day, level = next_day.over(by), level.over(by)
    days = grouped(moves, (*by, "day"), (_AMOUNT.sum(), pl.col("as_of_day").first()))
    # The last level lasts to the day of observation, that day included.
    next_day = next_day.fill_null(pl.col("as_of_day") + 1)
    return days.select(
        *by,
        level.alias("level_cents"),
        (next_day - pl.col("day")).alias("length_days"),
        (pl.col("as_of_day") + 1 - next_day).alias("ended_days"),
    )


_ITEM = ["borrower", "document", "document_id", "gross_cents", "target_cents", "due_day", "as_of_day"]
_ITEM_KEY = ["borrower", "document", "document_id"]


def numbered(sales: pl.DataFrame, bills: pl.DataFrame) -> pl.DataFrame:
    """Sales and bills as one frame of documents, each with ``item``, its number among all.

    A number finds the row of its document without a join. A document of several points has a row for each.

    Args:
        sales: With the columns ``borrower``, ``document``, ``document_id``, ``gross_cents``, ``target_cents`` (what
            has to come for it to count as paid), ``due_day`` and ``as_of_day``.
        bills: With the same columns.
    """
    return pl.concat([sales[_ITEM], bills[_ITEM]], rechunk=True).with_row_index("item")


def on_items(items: pl.DataFrame, facts: pl.LazyFrame) -> pl.LazyFrame:
    """Facts with the document that each is about, ``item``, as far as they were visible at its point.

    Args:
        items: Documents, see ``numbered``.
        facts: ``borrower``, ``document``, ``document_id``, ``visible_day``, from which on it is seen, and others.
    """
    one = _one_number(items)
    if one is None:
        joined = facts.join(items.lazy().select(*_ITEM_KEY, "item", "as_of_day"), on=_ITEM_KEY)
    else:
        is_near, number = one
        keys = items.lazy().select(number, "item", "as_of_day")
        joined = facts.filter(is_near).with_columns(number).join(keys, on="number")
    return joined.filter(pl.col("visible_day") <= pl.col("as_of_day"))


def _one_number(items: pl.DataFrame) -> tuple[pl.Expr, pl.Expr] | None:
    """One number in the place of borrower, kind and number of a document: a join by it takes half the time.

    Returns:
        Which facts have borrowers and numbers in the ranges that the items have, and their number. None where these
        ranges are too wide for one number of 64 bits.
    """
    if items.is_empty():
        return None
    first_borrower, borrowers = _range(items["borrower"])
    first_document, documents = _range(items["document_id"])
    if borrowers * documents * 2**8 >= 2**63:  # kinds are numbered in 8 bits
        return None
    borrower, document = pl.col("borrower") - first_borrower, pl.col("document_id") - first_document
    number = (borrower * documents + document) * 2**8 + pl.col("document").cast(pl.Int64)
    # Of other facts the number could be that of another document.
    is_near = borrower.is_between(0, borrowers - 1) & document.is_between(0, documents - 1)
    return is_near, number.alias("number")


def _range(numbers: pl.Series) -> tuple[int, int]:
    """The lowest of some whole numbers, and how many there are from it to the highest."""
    low, high = cast("int", numbers.min()), cast("int", numbers.max())
    return low, high - low + 1


_IN_ORDER = pl.col("item").cast(pl.Int64) * 2**32 + pl.col("day")
_IS_FIRST = pl.col("item").ne_missing(pl.col("item").shift(1))
_IS_LAST = pl.col("item").ne_missing(pl.col("item").shift(-1))
_RUNNING = (
    pl.col("item", "day"),
    _AMOUNT.cum_sum().alias("running_cents"),
    _IS_FIRST.alias("is_first"),
    _IS_LAST.alias("is_last"),
    # Only the sum at the end of a day counts: a payment and its return on one day may stand in either order.
    (_IS_LAST | (pl.col("day") != pl.col("day").shift(-1))).alias("ends_day"),
    pl.when(_IS_FIRST).then(_AMOUNT.cum_sum() - _AMOUNT).forward_fill().alias("before_cents"),
)
_REDUCED = (pl.col("running_cents") - pl.col("before_cents")).alias("reduced_cents")
_IS_OPEN = pl.col("target_cents") > pl.col("reduced_cents")
_PAST_DUE = (pl.col("as_of_day") - pl.col("due_day")).clip(0)
_FOUND = (
    pl.col("item"),
    # What was paid too much does not count against other documents.
    (pl.col("gross_cents") - pl.col("reduced_cents")).clip(0).alias("open_cents"),
    pl.col("reduced_cents"),
    pl.when(_IS_OPEN).then(_PAST_DUE).otherwise(0).alias("dpd"),
    pl.when(~_IS_OPEN).then("paid_day").alias("paid_day"),
    # What is still open counts with its days so far, a lower bound: leaving it out would flatter who stops paying.
    pl.when(_IS_OPEN).then(_PAST_DUE).otherwise(pl.col("paid_day") - pl.col("due_day")).alias("delay_days"),
)


def in_order(moves: pl.LazyFrame) -> pl.DataFrame:
    """Sort what reduced items, ``item``, ``day`` and ``amount_cents``, by item and day."""
    # By one number, which takes a third of the time of two columns.
    return collect(moves.select("item", "day", "amount_cents").sort(_IN_ORDER))


def with_open(items: pl.DataFrame, moves: pl.DataFrame) -> pl.DataFrame:
    """What was open on each document, its days past due, and its delay.

    Args:
        items: Documents, see ``numbered``.
        moves: What reduced them, see ``in_order``.

    Returns:
        One row per item, in their order: ``item``, ``reduced_cents`` (everything that reduced it), ``open_cents``
        (gross minus that, at least 0), ``dpd`` (days past due while something is open, else 0), ``paid_day`` (the day
        on which what reduced it reached the target for good) and ``delay_days`` (``paid_day`` minus ``due_day``, or
        the days past due while something is open).
    """
    running = collect(
        moves.lazy()
        .select(_RUNNING)
        .with_columns(_REDUCED, pl.lit(items["target_cents"]).gather("item").alias("target_cents"))
        # The move that paid an item for good is the first, or the first after the last day that ended below.
        .with_columns((pl.col("is_first") | (_IS_OPEN & pl.col("ends_day")).shift(1)).alias("may_close"))
    )
    last, closing = collect_all(
        running.lazy().filter("is_last").select("item", "reduced_cents"),
        # The same items in the same order: each has a first move.
        running.lazy().filter("may_close").select("day", _IS_LAST.alias("closes")).filter("closes").select("day"),
    )
    reduced = _NOTHING.new_from_index(0, items.height).scatter(last["item"], last["reduced_cents"])
    paid_day = _NEVER.new_from_index(0, items.height).scatter(last["item"], closing["day"])
    return collect(items.hstack([reduced, paid_day]).lazy().select(_FOUND))


def reduced_by(items: pl.DataFrame, moves: pl.DataFrame, where: pl.Expr) -> pl.Series:
    """What the moves that meet a condition reduced each item by, in the order of items.

    Args:
        items: Documents, see ``numbered``.
        moves: What reduced them, see ``in_order``.
        where: Of a move.
    """
    running = pl.when(where).then("amount_cents").otherwise(0).cum_sum().alias("running_cents")
    last = collect(moves.lazy().select("item", running, _IS_LAST.alias("is_last")).filter("is_last"))
    sums = last["running_cents"] - last["running_cents"].shift(1, fill_value=0)
    return _NOTHING.new_from_index(0, items.height).scatter(last["item"], sums)


_NOTHING = pl.Series("reduced_cents", [0], dtype=pl.Int64)
_NEVER = pl.Series("paid_day", [None], dtype=pl.Int32)


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
    """Open receivables per customer; each document without a customer is a row of its own."""
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
    LOSSES = "losses"
    """Parts of sales that were closed without money. This and the views below: of catalogue 2 alone."""
    VOIDED = "voided"
    """Sales that were taken back before anybody paid them: cancelled late, or set against a negative invoice."""
    WAIVED = "waived"
    """Credit notes on what nobody had paid: late ones, and those that name no invoice."""
    KNOWN_DEBTORS = "known_debtors"
    """Open receivables per named customer, and how far the customer has paid as much before."""
    ACTIVE_MONTHS = "active_months"
    """Full months in which business is credibly recorded."""
    PAYERS = "payers"
    """Receipts of twelve full months by the account that paid."""
    PARTNERS = "partners"
    """Money in and out of twelve full months by the account at the other end."""
    CASH_BILLS = "cash_bills"
    """Bills that were paid in cash."""
    EARLIER_RECEIVABLES = "earlier_receivables"
    """Receivables as they were before the last six full months: ``open_cents``."""
    CUSTOMER_PERIODS = "customer_periods"
    """Sales per known customer of the last three and six full months, and whether there were any before."""
    SUPPLIERS = "suppliers"
    """Bills per known supplier."""
    PAYMENT_HABITS = "payment_habits"
    """Receivables per known customer: what is open, and how late they pay."""
    CORRECTIONS = "corrections"
    """Credit notes that name an invoice among the sales, with its day: ``invoiced_day``."""
    CREDITS = "credits"
    """What the firm owes its customers: overpayments, negative invoices, and credit notes that were not paid out."""
    LONG_BALANCE = "long_balance"
    """As the balance, over 180 days, with what was spent in 90."""
    BANK_MONTHS = "bank_months"
    """Money in and out of the twelve full months, by month."""
    INFLOWS = "inflows"
    """Income of 90 days by day and account that paid."""
    STAFF_MONTHS = "staff_months"
    """Full months with wages or social security contributions."""
    LEVIES = "levies"
    """Late fees and returned debits on accounts to which taxes or contributions were paid."""
    BOOKED = "booked"
    """Money in and out of accounts, with what was booked of each line as a payment of sales."""
    PEAK_NOTES = "peak_notes"
    """Credit notes of the 60 days after the month with the highest sales of the last twelve full months."""
    REPEATED = "repeated"
    """Invoices, and whether one of the same customer and amount was issued at most three days before."""
    BUYERS = "buyers"
    """Known customers with their first day, and their sales of 30 days."""
    DIGITS = "digits"
    """First digits of the invoices of 24 full months."""
    MARKS = "marks"
    """Invoices that were sent, cancelled ones among them, with their marks. This and the views below: of marks."""
    EDITS = "edits"
    """The same, and whether they were changed after they were sent without a reason."""
    NUMBERS = "numbers"
    """Numbers of invoices, each with how many are missing before it."""
    CANCELLATIONS = "cancellations"
    """Documents that take back an invoice."""
    WORDLESS = "wordless"
    """Invoices, and whether neither texts nor positions say what was sold."""
    MARKED_BILLS = "marked_bills"
    """Bills with their marks."""
    MARKED_LINES = "marked_lines"
    """External lines of bank accounts, and whether they were worked on."""
    CLOSED_MONTHS = "closed_months"
    """Months by age, and whether all that is in them is booked and locked."""
    VAT_MONTHS = "vat_months"
    """Value added tax by month: on sales as issued and as received, on bills, and what was paid to the tax office."""
    SOLD_ITEMS = "sold_items"
    """Items that each known customer was invoiced in six full months, by positions."""


WINDOW_90D = 90
"""Days of the short window, the day of observation included."""
WINDOW_180D = 180
"""Days of the long one."""


def month_of(day: pl.Expr) -> pl.Expr:
    """The month number (``12 * year + month``) of a date."""
    return day.dt.year() * 12 + day.dt.month().cast(pl.Int32)


def month_start(months_back: pl.Expr | int) -> pl.Expr:
    """The day number of the first of a month, counted back from the running month."""
    # A month has the number 12 * year + month, so the month before it has 12 * year + (month - 1): divided by 12, that
    # is year and month.
    number = pl.col("last_full_month") - months_back
    return pl.date(number // 12, number % 12 + 1, 1).cast(pl.Int32)


def in_year(day: str = "day") -> pl.Expr:
    """Whether a day lies in the twelve full months before the day of observation."""
    return (pl.col(day) >= pl.col("year_day")) & (pl.col(day) < pl.col("end_day"))


def in_year_to_date() -> pl.Expr:
    """Whether a day lies in the same twelve months or since: what was done yesterday is not hidden."""
    return pl.col("day") >= pl.col("year_day")


def in_full_months(first: int, last: int, day: str = "day") -> pl.Expr:
    """Whether a day lies in full months before the day of observation: 0 is the last of these, 1 the one before."""
    return (pl.col("last_full_month") - month_of(pl.col(day).cast(pl.Date))).is_between(first, last)


def in_last_days(days: int, *, until: int = 0) -> pl.Expr:
    """Whether a fact is at most ``days - 1`` and at least ``until`` days old."""
    return (pl.col("as_of_day") - pl.col("day")).is_between(until, days - 1)


def _days(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Int32)


def _visible_day(happened: str) -> pl.Expr:
    return pl.max_horizontal(_days(happened), _days("recorded_on")).alias("visible_day")


_SHARED = frozenset({View.SALES, View.BANK, View.LEVELS})
"""Views that other views are made from."""
OF_LINES: Final = frozenset(
    {
        *(View.ACCOUNTS, View.ACTIVE_MONTHS, View.BALANCE, View.BANK, View.BANK_MONTHS, View.BOOKED),
        *(View.CLOSED_MONTHS, View.INFLOWS, View.KNOWN_DEBTORS, View.LEVELS, View.LEVIES, View.LONG_BALANCE),
        *(View.MARKED_LINES, View.PARTNERS, View.PAYERS, View.RECEIPTS, View.STAFF_MONTHS, View.VAT_MONTHS),
    }
)
"""Views that bank lines tell of, directly or by another view."""
_POINT = ("point", "borrower", "as_of_day", "end_day", "year_day", "last_full_month")
"""Columns of the points that views have."""
_ONE_POINT = pl.Schema(dict.fromkeys(_POINT, pl.Int32()) | {"point": pl.UInt32(), "borrower": pl.Int64()})


@lru_cache(maxsize=64)
def _only(point: tuple[int, ...]) -> tuple[pl.Expr, pl.Expr, tuple[pl.Expr, ...]]:
    """What was recorded of the only point, its day, and its columns as constants: the same for all of a day."""
    columns = {
        name: pl.lit(value, dtype=_ONE_POINT[name]).alias(name) for name, value in zip(_POINT, point, strict=True)
    }
    is_borrower, as_of = pl.col("borrower") == columns.pop("borrower"), columns["as_of_day"].cast(pl.Date)
    return is_borrower & (pl.col("recorded_on") <= as_of), as_of, tuple(columns.values())


class Views:
    """The views of one chunk of borrowers; each is made when first asked for.

    One point, the case of an application, takes no join to the points and no grouping by point. Its ledger may hold
    other borrowers, too.
    """

    UNREAD = frozenset({"levels", "closings", "set_aside", "positions"})
    """Frames of the ledger that no view is made from."""

    def __init__(self, ledger: Ledger, points: pl.DataFrame) -> None:
        """Take a ledger and the spine of its borrowers, as ``features.measure.observed`` makes it."""
        self.ledger = ledger
        self.points = points
        self.made: dict[View, pl.LazyFrame] = {}
        """What was asked for already."""
        self.by = () if points.height == 1 else ("point",)
        """The columns that identify a point; empty where there is only one."""

    def __getitem__(self, view: View) -> pl.LazyFrame:
        """A view: a plan to compute it, or, where several plans read it, what it was computed to."""
        if view not in self.made:
            make = getattr(self, f"_{view.value}")
            self.made[view] = collect(make()).lazy() if view in _SHARED else make()
        return self.made[view]

    def with_lines_of(self, ledger: Ledger) -> Self:
        """The views of a ledger whose bank lines alone say something else: what no line tells is not made again."""
        other = copy(self)
        other.ledger = replace(self.ledger, transactions=self._lines_of(ledger))
        other.made = {view: made for view, made in self.made.items() if view not in OF_LINES}
        vars(other).pop("_used_accounts", None)
        return other

    def _lines_of(self, ledger: Ledger) -> pl.DataFrame:
        return ledger.transactions

    _IS_SEEN = pl.col("visible_day") <= pl.col("as_of_day")

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
            return points.join(chosen.select(*columns, _visible_day(happened)), on="borrower").filter(self._IS_SEEN)
        # Happened and recorded by that day: two comparisons are cheaper than the later of the two days, row by row.
        is_recorded, as_of, constants = self._only_point
        return chosen.filter(is_recorded & (pl.col(happened) <= as_of)).select(*columns, *constants)

    @cached_property
    def _only_point(self) -> tuple[pl.Expr, pl.Expr, tuple[pl.Expr, ...]]:
        return _only(tuple(self.points.item(0, name) for name in _POINT))

    SALE_COLUMNS: tuple[pl.Expr, ...] = (
        pl.col("borrower", "document_id", "customer", "is_due_assumed", "net_cents", "gross_cents", "due_on"),
        pl.col("gross_cents").alias("target_cents"),
        # From here on kinds are compared as numbers.
        pl.col("document").to_physical(),
        _days("issued_on").alias("day"),
        month_of(pl.col("issued_on")).alias("month"),
        _days("due_on").alias("due_day"),
        (pl.col("document") == "invoice").alias("is_invoice"),
    )
    _OF_INVOICE = (pl.col("borrower"), pl.col("invoice_id"))
    # A voucher can have the number of an invoice: as null it finds no cancellation and no reminder.
    _INVOICE_ID = pl.when("is_invoice").then("document_id")
    _AGE = (pl.col("last_full_month") - pl.col("month")).alias("age")

    def _sales(self) -> pl.LazyFrame:
        sales = self._seen(self.ledger.invoices, self.SALE_COLUMNS, happened="issued_on")
        if self.ledger.cancellations.height:
            cancelled = self._seen(self.ledger.cancellations, self._OF_INVOICE)
            sales = sales.join(
                cancelled,
                left_on=[*self.by, self._INVOICE_ID],
                right_on=[*self.by, "invoice_id"],
                how="anti",
                maintain_order="left",
            )
        return sales.with_columns(self._AGE)

    def _dunned(self) -> pl.LazyFrame:
        reminders = self._seen(self.ledger.reminders, self._OF_INVOICE)
        # An invoice counts once, however many reminders it had.
        return self[View.SALES].join(
            reminders, left_on=[*self.by, self._INVOICE_ID], right_on=[*self.by, "invoice_id"], how="semi"
        )

    def _receivables(self) -> pl.LazyFrame:
        return self._with_open[0].lazy()

    def _payables(self) -> pl.LazyFrame:
        return self._with_open[1].lazy()

    def aged(self) -> pl.LazyFrame:
        """What is open of receivables, ``open_cents``, by days past due, ``dpd``."""
        return self[View.RECEIVABLES].filter(pl.col("open_cents") > 0).select("dpd", "open_cents")

    BILL_COLUMNS: tuple[pl.Expr, ...] = (
        pl.col("borrower", "document_id", "is_due_assumed", "gross_cents"),
        pl.col("gross_cents").alias("target_cents"),
        pl.lit("voucher", dtype=DOCUMENT).to_physical().alias("document"),
        _days("issued_on").alias("day"),
        _days("due_on").alias("due_day"),
    )

    @cached_property
    def _items(self) -> pl.DataFrame:
        return numbered(collect(self[View.SALES]), collect(self._bills()))

    @cached_property
    def _moves(self) -> pl.DataFrame:
        """What reduced each item, in order."""
        return in_order(on_items(self._items, self._reductions))

    @cached_property
    def _with_open(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Sales and bills with what was open on each."""
        sales, bills = collect(self[View.SALES]), collect(self._bills())
        found = with_open(self._items, self._moves)
        return sales.hstack(found[: sales.height]), bills.hstack(found[sales.height :])

    def _bills(self) -> pl.LazyFrame:
        return self._seen_bills.lazy()

    @cached_property
    def _seen_bills(self) -> pl.DataFrame:
        return collect(self._seen(self.ledger.bills, self.BILL_COLUMNS, happened="issued_on"))

    _MOVEMENT = (pl.col("borrower", "document_id", "amount_cents"), _days("happened_on").alias("day"))
    _REDUCTION = (*_MOVEMENT, pl.col("document").to_physical(), _visible_day("happened_on"))
    # A credit note that corrects no invoice has null here and finds no document.
    _CREDIT = (
        pl.col("borrower"),
        pl.col("invoice_id").alias("document_id"),
        pl.col("gross_cents").alias("amount_cents"),
        _days("issued_on").alias("day"),
        pl.lit("invoice", dtype=DOCUMENT).to_physical().alias("document"),
        _visible_day("issued_on"),
    )

    @property
    def _reductions(self) -> pl.LazyFrame:
        """Everything that reduces what is open on a document: payments, settlements, credit notes that correct it."""
        ledger = self.ledger
        frames = [ledger.payments.lazy().select(self._REDUCTION)]
        if ledger.settlements.height:
            frames.append(ledger.settlements.lazy().select(self._REDUCTION))
        if ledger.credit_notes.height:
            frames.append(ledger.credit_notes.lazy().select(self._CREDIT))
        return pl.concat(frames)

    def _sales_months(self) -> pl.LazyFrame:
        return self[View.SALES].group_by(*self.by, "age").agg(pl.col("net_cents", "gross_cents").sum())

    # A document of 0 or less is never paid late.
    HAS_DELAY: pl.Expr = pl.col("gross_cents") > 0
    _DUE_AGE = (pl.col("last_full_month") - month_of(pl.col("due_on"))).alias("due_age")

    def _due_months(self) -> pl.LazyFrame:
        due = self[View.RECEIVABLES].filter(in_year("due_day") & self.HAS_DELAY)
        return due.group_by(*self.by, self._DUE_AGE).agg(pl.col("delay_days").median())

    _IS_NAMED = pl.col("customer").is_not_null()
    _OF_CUSTOMER = (
        pl.when(in_year()).then("net_cents").otherwise(0).sum().alias("net_cents"),
        pl.col("age").is_between(6, 11).any().alias("was_active"),
        # The running month has a negative age and counts: a customer invoiced yesterday is not lost.
        (pl.col("age") < 6).any().alias("is_active"),
    )

    def _customers(self) -> pl.LazyFrame:
        return self[View.SALES].filter(self._IS_NAMED).group_by(*self.by, "customer").agg(self._OF_CUSTOMER)

    # Documents without a customer must not be one customer together: each is a group by its number.
    _ALONE = pl.when(pl.col("customer").is_null()).then("item").alias("alone")
    DEBTOR_SUMS: tuple[pl.Expr, ...] = (
        pl.col("open_cents").sum(),
        pl.when(pl.col("dpd") > 60).then("open_cents").otherwise(0).sum().alias("late_cents"),
        pl.when(pl.col("dpd") <= 60).then("open_cents").otherwise(0).sum().alias("current_cents"),
    )

    def _debtors(self) -> pl.LazyFrame:
        is_open = self[View.RECEIVABLES].filter(pl.col("open_cents") > 0)
        return is_open.group_by(*self.by, "customer", self._ALONE).agg(self.DEBTOR_SUMS)

    NOTE_COLUMNS: tuple[pl.Expr, ...] = (
        pl.col("borrower", "document_id", "gross_cents"),
        _days("issued_on").alias("day"),
    )

    def _credit_notes(self) -> pl.LazyFrame:
        return self._seen(self.ledger.credit_notes, self.NOTE_COLUMNS, happened="issued_on")

    _ON_INVOICE = pl.col("document") == "invoice"
    _IS_DISCOUNT = _ON_INVOICE & (pl.col("cause") == "discount")

    def _discounts(self) -> pl.LazyFrame:
        return self._seen(self.ledger.settlements, self._MOVEMENT, self._IS_DISCOUNT)

    _RECEIPT = (*_MOVEMENT, pl.col("source"))

    def _receipts(self) -> pl.LazyFrame:
        return self._seen(self.ledger.payments, self._RECEIPT, self._ON_INVOICE)

    LINE_COLUMNS: tuple[pl.Expr, ...] = (
        pl.col("borrower", "transaction_id", "account_id", "amount_cents", "nature", "is_internal"),
        _days("happened_on").alias("day"),
    )

    def _bank(self) -> pl.LazyFrame:
        return self._seen(self.ledger.transactions, self.LINE_COLUMNS)

    _VOLUME = (
        *("borrower", "as_of_day", "account_id", "day"),
        pl.when(in_year()).then(pl.col("amount_cents").abs()).otherwise(0).alias("volume_cents"),
    )
    _OF_ACCOUNT = (
        pl.col("day").min().alias("first_day"),
        pl.col("volume_cents").sum(),
        pl.col("borrower", "as_of_day").first(),
    )

    @cached_property
    def _used_accounts(self) -> pl.LazyFrame:
        """Accounts with lines: their first day, and the volume of the last twelve full months."""
        lines = self[View.BANK].select(*self.by, *self._VOLUME)
        return collect(grouped(lines, (*self.by, "account_id"), self._OF_ACCOUNT)).lazy()

    _ACCOUNTS = (pl.col("borrower", "account_id", "kind", "provenance"), _days("recorded_on").alias("known_day"))
    _IS_KNOWN = pl.col("known_day") <= pl.col("as_of_day")
    # An account that was deleted, or not known yet, is neither fed nor a register: null counts as no.
    _KIND_OF_ACCOUNT = (
        (_IS_KNOWN & (pl.col("provenance") == "bank_feed")).fill_null(value=False).alias("is_fed"),
        (_IS_KNOWN & (pl.col("kind") == "register")).fill_null(value=False).alias("is_register"),
    )

    def _accounts(self) -> pl.LazyFrame:
        accounts = self.ledger.accounts.lazy().select(self._ACCOUNTS)
        joined = self._used_accounts.join(accounts, on=["borrower", "account_id"], how="left")
        return joined.with_columns(self._KIND_OF_ACCOUNT)

    _LEVELS = (
        pl.col("borrower", "account_id", "level_cents", "is_level_verified"),
        _days("happened_on").alias("level_day"),
        _days("recorded_on").alias("known_day"),
    )
    _LATEST = (
        pl.col("level_cents", "is_level_verified").sort_by("level_day", "known_day").last(),
        pl.col("level_day", "as_of_day").max(),
    )

    def _levels(self) -> pl.LazyFrame:
        by = (*self.by, "account_id")
        latest = self._seen(self.ledger.balances, self._LEVELS).group_by(by).agg(self._LATEST)
        # Of both sides: lines without a level make the balance unverified, a level without lines is cash all the same.
        return self._used_accounts.select(*by, "first_day").join(latest, on=by, how="full", coalesce=True)

    def _balance(self) -> pl.LazyFrame:
        return daily_path(self[View.LEVELS], self[View.BANK], WINDOW_90D, self.by)
