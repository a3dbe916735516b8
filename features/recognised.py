"""Views of the facts that version 2 of the ledger added; features of catalogue 2 are taken of these.

The names and columns of ``features.views`` mean the same here, over better facts: copies of documents and lines are
left out, connections of one account are one account, own transfers are recognised without the source's link, and what
closed a document is told apart by its means. ``docs/ledger.md`` says what each fact means.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final

import polars as pl
from typing_extensions import override

from features.ledger import DOCUMENT, Ledger, Resource, collect, collect_all
from features.views import (
    WINDOW_90D,
    WINDOW_180D,
    View,
    Views,
    daily_path,
    in_last_days,
    in_order,
    in_year,
    month_of,
    numbered,
    on_items,
    reduced_by,
)

IMMATERIAL_CENTS: Final = 500
"""A remainder of at most 5 euro, and of at most 1 % of the document, keeps no document open."""
TIMELY_DAYS: Final = 45
"""A document is recorded near its day until so many days after the quarter of its issue: some keep books quarterly."""
BANK_MONTHS = 14
"""Full months by which money in and out is looked at: twelve, and the two before them."""
ACTIVE_CENTS: Final = 1_000
"""A month counts as one of business with at least 10 euro invoiced, billed or moved: one cent is no history."""
NO_SALES: Final = (
    *("loan_proceeds", "owner_contribution", "cash_deposit", "subsidy", "tax_refund", "insurance_benefit"),
    *("refund_received", "interest_received", "returned_debit", "returned_objection", "transfer"),
)
"""Categories of money in that no customer paid."""
COLLECTIVE: Final = (
    *("provider_payout", "factoring_payout", "collected_debit", "customer_insolvency", "enforced_receipt"),
)
"""Categories of money in that is paid for many customers by one party, as a rule."""
CASH: Final = ("cash_deposit", "cash_withdrawal")
"""Categories of what moves between a bank account and a till, or the owner's pocket."""

DEBT_SERVICE: Final = ("loan_service", "lease")
"""Categories of instalments."""
PROCEEDS: Final = ("loan_proceeds", "owner_contribution")
"""Categories of money that is lent or given to the firm."""
ONE_OFF: Final = ("subsidy", "insurance_benefit")
"""Categories of money in that no one can count on again: it is no surplus from business."""
TAXES: Final = ("vat", "payroll_tax", "income_tax", "trade_tax", "other_tax")
UNTAXED: Final = ("one_stop_shop", "small_business")
"""Sales whose tax, if any, is not owed to the tax office: other states are, or nobody."""
UNDEDUCTED: Final = ("not_deductible", "small_business")
"""Bills whose tax is not deducted."""
PAYS_VAT: Final = ("vat", "other_tax")
"""Categories of payments of value added tax; a payment to the tax office that says no more may be one."""
CONTRIBUTION_DAYS: Final = 5
"""Contributions of a month are due on its third last bank day; what is paid so many days into the next one is late, and
not left out."""
DAYS_AFTER_PEAK: Final = 60
DAYS_APART: Final = 3
NEW_DAYS: Final = 30
DIGIT_MONTHS: Final = 24
IS_BELIEVED: Final = pl.col("is_proven") | (pl.col("amount_cents") < 0)
"""Money in that somebody entered proves nothing; money out is believed."""
IS_INCOME: Final = (
    ~pl.col("is_internal")
    & pl.col("is_proven")
    & (pl.col("amount_cents") > 0)
    & (~pl.col("category").is_in(NO_SALES) | (pl.col("category") == "cash_deposit"))
)
"""Money from customers over accounts, and cash that was paid in."""

_LOSSY: Final = pl.col("means").is_in(["clearing", "short"])
_TRACED: Final = pl.col("means").is_in(["bank", "provider"]) & pl.col("is_day_known")
_IN_CASH: Final = pl.col("means") == "register"
_PAID_SUM: Final = pl.col("amount_cents").sum().alias("paid_cents")
_PAID_OUT: Final = ("bank", "register", "provider", "set_off")
"""Means by which a customer got back what they are owed: what somebody merely says, or books off, is still owed."""
_MONEY_MEANS: Final = ("bank", "register", "provider")
"""The same without what was set off against another claim: no money moved."""
LATE_DAYS: Final = 30
"""Who takes back a sale later than this, or after its due day, takes back what was not paid."""
EARLY_DAYS: Final = 14
"""Until so many days after issue it is taken back in time, whatever its due day: many invoices are due at once."""
LIKE: Final = 10
"""An invoice is like another one where they differ by at most one part in so many."""
KNOWN_DAYS: Final = 730
"""A customer who paid through the bank within two years is a known payer."""
IS_RECEIPT: Final = ~pl.col("means").is_in(["discount", "fee", "short", "set_off"])
"""Closings by which something was received, or is said to have been."""
_IS_FEE: Final = pl.col("means") == "fee"
_IS_ODD: Final = _LOSSY | _IS_FEE | ~pl.col("is_day_known")
_DOCUMENT_KEY: Final = ("document", "document_id")
_OF_INVOICE: Final = pl.col("document") == pl.lit("invoice", dtype=DOCUMENT).to_physical()
_IS_PAID_INVOICE: Final = (pl.col("document") == "invoice") & IS_RECEIPT & (pl.col("means") != "clearing")
_VISIBLE_DAY: Final = pl.max_horizontal("happened_on", "recorded_on").cast(pl.Int32).alias("visible_day")


_RECORDED_ON: Final = pl.col("recorded_on").alias("entered_on")
_IS_ORIGINAL: Final = ~pl.col("is_duplicate")
LONGEST_TERM_DAYS: Final = 90
"""A longer term is read as this. Between firms more than 60 days need an express agreement (§ 271a BGB), and whoever
writes an invoice can state any: what never falls due would never be late."""
_LAST_DUE: Final = pl.col("issued_on").dt.offset_by(f"{LONGEST_TERM_DAYS}d")
# A deadline before the document's own date is a slip: the document was due at once.
_DUE_ON: Final = pl.max_horizontal(pl.min_horizontal("due_on", _LAST_DUE), "issued_on").alias("due_on")
_ENTERED_ON: Final = pl.max_horizontal("recorded_on", "sent_on").alias("entered_on")
# What was taken for a copy until a day is as good as not there before.
_COUNTS: Final = _IS_ORIGINAL | pl.col("duplicate_until").is_not_null()
_COUNTED_ON: Final = pl.max_horizontal("entered_on", "duplicate_until").alias("recorded_on")
_TOLERANCE: Final = (pl.col("gross_cents") // 100).clip(0, IMMATERIAL_CENTS)
HALF_YEAR: Final = 6
"""Full months after the day that earlier receivables are of."""
_ACCOUNT: Final = (
    pl.col("borrower", "account_id"),
    (pl.col("kind") == "register").alias("is_register"),
    pl.col("recorded_on").alias("known_on"),
)
_IS_TILL: Final = pl.col("is_register").fill_null(value=False)
_IS_TRANSFER: Final = (pl.col("transfer") != "none") & ~pl.col("category").is_in(CASH)
_LINE: Final = (
    _IS_TILL.alias("is_register"),
    # Tills stand outside: what is paid in from them and drawn for them is seen on the bank's side, what moves within
    # them is what somebody entered.
    (_IS_TILL | _IS_TRANSFER).alias("is_internal"),
    pl.max_horizontal("recorded_on", "known_on").alias("recorded_on"),
    pl.coalesce("bank_account_id", "account_id").alias("account_id"),
)
_LEVEL: Final = (
    pl.col("borrower"),
    pl.col("bank_account_id").alias("account_id"),
    pl.col("level_cents"),
    pl.col("state").is_in(["verified", "unused"]).alias("is_level_verified"),
    pl.col("happened_on", "recorded_on"),
)


def recognised(ledger: Ledger) -> Ledger:
    """The ledger with the facts of version 2 in the places of version 1, without copies."""
    invoices, bills, transactions, levels = collect_all(
        ledger.invoices.lazy().filter(_COUNTS).with_columns(_ENTERED_ON, _DUE_ON).with_columns(_COUNTED_ON),
        ledger.bills.lazy().filter(_COUNTS).with_columns(_RECORDED_ON, _DUE_ON).with_columns(_COUNTED_ON),
        _lines(ledger),
        ledger.levels.lazy().select(_LEVEL),
    )
    notes = _without_notes_on_copies(ledger)
    return replace(
        ledger, invoices=invoices, bills=bills, credit_notes=notes, transactions=transactions, balances=levels
    )


def _lines(ledger: Ledger) -> pl.LazyFrame:
    accounts, key = ledger.accounts.lazy().select(_ACCOUNT), ["borrower", "account_id"]
    lines = ledger.transactions.lazy().filter(_IS_ORIGINAL)
    return lines.join(accounts, on=key, how="left", maintain_order="left").with_columns(_LINE)


def _without_notes_on_copies(ledger: Ledger) -> pl.DataFrame:
    """A credit note that takes back a copy leaves nothing to correct as long as the copy does not count."""
    if not ledger.credit_notes.height or not ledger.invoices["is_duplicate"].any():
        return ledger.credit_notes
    copies = ledger.invoices.filter(pl.col("is_duplicate") & (pl.col("document") == "invoice"))
    copies = copies.select("borrower", pl.col("document_id").alias("invoice_id"), "is_duplicate", "duplicate_until")
    notes = ledger.credit_notes.rename({"recorded_on": "entered_on"})
    notes = notes.join(copies, on=["borrower", "invoice_id"], how="left", maintain_order="left")
    is_on_original = pl.col("is_duplicate").is_null() | pl.col("duplicate_until").is_not_null()
    return notes.filter(is_on_original).with_columns(_COUNTED_ON)


class RecognisedViews(Views):
    """The views of one chunk of borrowers."""

    UNREAD = frozenset({"payments", "settlements", "balances", "set_aside"})

    def __init__(self, ledger: Ledger, points: pl.DataFrame) -> None:
        """Take a ledger of version 2; see ``Views``."""
        super().__init__(recognised(ledger), points)

    @override
    def _lines_of(self, ledger: Ledger) -> pl.DataFrame:
        return collect(_lines(ledger))

    _REMINDED = (pl.col("borrower", "invoice_id"), pl.col("level").fill_null(1).clip(1).alias("level"))

    @override
    def _dunned(self) -> pl.LazyFrame:
        """With the highest ``level`` of the reminders; one without a level is of the first."""
        key = [*self.by, "invoice_id"]
        highest = self._seen(self.ledger.reminders, self._REMINDED).group_by(key).agg(pl.col("level").max())
        invoices = self[View.SALES].with_columns(self._INVOICE_ID.alias("invoice_id"))
        return invoices.join(highest, on=key, maintain_order="left")

    _DEADLINE = pl.col("issued_on").dt.truncate("1q").dt.offset_by("3mo").cast(pl.Int32) - 1 + TIMELY_DAYS
    _TIMELY = (_DEADLINE.alias("timely_until"), pl.col("entered_on").cast(pl.Int32).alias("entered_day"))
    _IS_TIMELY = (pl.col("entered_day") <= pl.col("timely_until")).alias("is_credible")
    SALE_COLUMNS = (
        *Views.SALE_COLUMNS,
        pl.col("discount_days"),
        pl.col("sold_on", "retained_since").cast(pl.Int32),
        # The source recognises at most a tenth; more would excuse lateness.
        pl.min_horizontal("retention_cents", pl.col("gross_cents") // 10).clip(0).alias("retention_cents"),
        pl.col("retained_until").cast(pl.Int32).alias("released_day"),
        pl.col("tax"),
        *_TIMELY,
    )
    BILL_COLUMNS = (*Views.BILL_COLUMNS, pl.col("supplier", "net_cents", "tax"), *_TIMELY)

    # The customer pays what is kept back after its release, which says nothing on how they pay what is due.
    _SALES_TARGET = (pl.col("gross_cents") - _TOLERANCE - pl.col("retention_cents")).alias("target_cents")
    _BILL_TARGET = (pl.col("gross_cents") - _TOLERANCE).alias("target_cents")

    # What the books told later was not known yet.
    _KNOWN = (
        (pl.col("sold_on") <= pl.col("as_of_day")).fill_null(value=False).alias("is_sold"),
        pl.when(pl.col("retained_since") > pl.col("as_of_day"))
        .then(0)
        .otherwise("retention_cents")
        .alias("retention_cents"),
    )

    @cached_property
    def _documents(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Sales and bills."""
        sales = super()._sales().with_columns(self._KNOWN).with_columns(self._SALES_TARGET, self._IS_TIMELY)
        bills = self._seen(self.ledger.bills, self.BILL_COLUMNS, happened="issued_on")
        bills = bills.with_columns(self._BILL_TARGET, self._IS_TIMELY)
        of_sales, of_bills = collect_all(sales, bills)
        return of_sales, of_bills

    @cached_property
    @override
    def _items(self) -> pl.DataFrame:
        return numbered(*self._documents)

    @override
    def _sales(self) -> pl.LazyFrame:
        sales, _ = self._documents
        return sales.lazy().with_columns(self._is_credible[: sales.height])

    @override
    def _bills(self) -> pl.LazyFrame:
        return self._credible_bills.lazy()

    @cached_property
    def _credible_bills(self) -> pl.DataFrame:
        sales, bills = self._documents
        return bills.with_columns(self._is_credible[sales.height :])

    @cached_property
    def _is_credible(self) -> pl.Series:
        """Of each item: whether it was recorded by some time after its quarter, or mostly paid through the bank."""
        found = pl.concat([documents[["is_credible", "timely_until"]] for documents in self._documents])
        is_timely, until = found.get_columns()
        if is_timely.all():
            return is_timely
        is_late = ~pl.lit(is_timely).gather("item") & (pl.col("day") <= pl.lit(until).gather("item"))
        traced = self._closings(_TRACED & is_late).group_by("item").agg(pl.col("amount_cents").sum())
        # In the direction of the document: money that went out pays no invoice.
        gross = pl.lit(self._items["gross_cents"]).gather("item")
        mostly = 2 * pl.col("amount_cents") * gross.sign() >= gross.abs()
        return is_timely.scatter(collect(traced.filter(mostly).select("item"))["item"], values=True)

    _CLOSED = (pl.col("borrower", "document_id", "transaction_id", "amount_cents", "means", "is_day_known"),)
    _CLOSING = (*_CLOSED, pl.col("document").to_physical(), pl.col("happened_on").cast(pl.Int32).alias("day"))
    _ON_ITEM = ("item", "transaction_id", "amount_cents", "means", "is_day_known", "day")

    @cached_property
    def _on_items(self) -> pl.DataFrame:
        """Closings of sales and bills, each with its document: ``item``."""
        closings = self.ledger.closings.lazy().select(*self._CLOSING, _VISIBLE_DAY)
        return collect(on_items(self._items, closings).select(self._ON_ITEM))

    def _closings(self, where: pl.Expr) -> pl.LazyFrame:
        return self._on_items.lazy().filter(where)

    _LOST_SUM = pl.when(_LOSSY).then("amount_cents").otherwise(0).sum().alias("lost_cents")
    _FEE_SUM = pl.when(_IS_FEE).then("amount_cents").otherwise(0).sum().alias("fee_cents")

    @cached_property
    def _odd(self) -> pl.DataFrame:
        """One row per document with losses, paid above its total, or with closings whose day is unknown."""
        sums = (self._LOST_SUM, self._FEE_SUM, pl.col("is_day_known").all())
        return collect(self._closings(_IS_ODD).group_by("item").agg(sums))

    @cached_property
    @override
    def _moves(self) -> pl.DataFrame:
        """Closings, and credit notes that correct an invoice."""
        moves = self._on_items.lazy().select(self._MOVE)
        if self.ledger.credit_notes.height:
            notes = on_items(self._items, self.ledger.credit_notes.lazy().select(self._CREDIT))
            moves = pl.concat([moves, notes.select(self._MOVE)])
        return in_order(moves)

    _MOVE = ("item", "day", "amount_cents")

    @cached_property
    def _with_losses(self) -> list[pl.DataFrame]:
        """Sales and bills with what was open and what was lost on each."""
        sales, bills = (self._judged(documents.lazy()) for documents in self._with_open)
        sales = sales.with_columns(self._RETAINED).with_columns(self._OWED).with_columns(self._LENDABLE)
        return collect_all(sales, bills)

    _NOTHING_LOST = (
        *(pl.lit(0, dtype=pl.Int64).alias(name) for name in ("lost_cents", "fee_cents")),
        pl.lit(value=True).alias("is_day_known"),
    )
    _SOMETHING_LOST = (
        # No more than the document was for: the rest was booked off twice.
        pl.min_horizontal(pl.col("lost_cents").fill_null(0), pl.col("gross_cents")).clip(0).alias("lost_cents"),
        pl.col("fee_cents").fill_null(0),
        pl.col("is_day_known").fill_null(value=True),
    )
    _JUDGED = (
        (pl.col("lost_cents") > _TOLERANCE).alias("is_lost"),
        pl.when(pl.col("open_cents") > _TOLERANCE).then("open_cents").otherwise(0).alias("open_cents"),
        (pl.col("as_of_day") - pl.col("due_day")).clip(0).alias("unpaid_days"),
    )
    _IS_RELEASED = (pl.col("released_day") <= pl.col("as_of_day")).fill_null(value=False)
    _RELEASED_DAYS = (pl.col("as_of_day") - pl.max_horizontal("due_day", "released_day")).clip(0)
    _IS_LEFT_OVER = (
        (pl.col("retention_cents") > 0) & _IS_RELEASED & pl.col("paid_day").is_not_null() & (pl.col("open_cents") > 0)
    )
    _RETAINED = (
        pl.when(_IS_RELEASED).then(0).otherwise("retention_cents").alias("kept_cents"),
        # What was kept back is due on its release.
        pl.when(_IS_LEFT_OVER).then(_RELEASED_DAYS).otherwise("dpd").alias("dpd"),
    )
    _OWED = (pl.col("open_cents") - pl.col("kept_cents")).clip(0).alias("owed_cents")
    # What was lost is never paid: it counts with its days so far, as what is open does.
    _DELAYS = (
        pl.col("delay_days").alias("rest_delay_days"),
        pl.when("is_lost").then("unpaid_days").otherwise("delay_days").alias("delay_days"),
    )

    def _judged(self, documents: pl.LazyFrame) -> pl.LazyFrame:
        """With what was lost on each document, whether the days of its closings are known, and materiality."""
        odd = self._odd
        if odd.is_empty():
            documents = documents.with_columns(self._NOTHING_LOST)
        else:
            documents = documents.join(odd.lazy(), on="item", how="left", maintain_order="left")
            documents = documents.with_columns(self._SOMETHING_LOST)
        return documents.with_columns(self._JUDGED).with_columns(self._DELAYS)

    _LENDABLE = (
        pl.when((pl.col("dpd") <= 60) & ~pl.col("is_sold")).then("owed_cents").otherwise(0).alias("lendable_cents")
    )

    @override
    def _receivables(self) -> pl.LazyFrame:
        return self._with_losses[0].lazy()

    @override
    def _payables(self) -> pl.LazyFrame:
        return self._with_losses[1].lazy()

    _IS_EARLIER = (pl.col("gross_cents") > 0) & pl.col("is_day_known") & (pl.col("age") >= HALF_YEAR)
    _WAS_OPEN = (pl.col("gross_cents") - pl.col("earlier_cents")).alias("open_cents")
    _OF_EARLIER = ("document_id", "gross_cents", "target_cents", _WAS_OPEN)

    def _earlier_receivables(self) -> pl.LazyFrame:
        """What was open before the last six full months, of documents all of whose closings have a day."""
        last_month = pl.concat([documents["last_full_month"] for documents in self._documents])
        age = pl.lit(last_month).gather("item") - month_of(pl.col("day").cast(pl.Date))
        reduced = reduced_by(self._items, self._moves, age >= HALF_YEAR).alias("earlier_cents")
        sales, _ = self._documents
        earlier = self[View.RECEIVABLES].with_columns(reduced[: sales.height]).filter(self._IS_EARLIER)
        return earlier.select(*self.by, *self._OF_EARLIER).filter(pl.col("open_cents") > _TOLERANCE)

    HAS_DELAY = Views.HAS_DELAY & pl.col("is_day_known")

    @override
    def aged(self) -> pl.LazyFrame:
        """As before; what is kept back is not past due."""
        kept = (pl.col("open_cents") - pl.col("owed_cents")).alias("open_cents")
        receivables = self[View.RECEIVABLES]
        owed = receivables.select("dpd", pl.col("owed_cents").alias("open_cents"))
        parts = pl.concat([owed, receivables.select(pl.lit(0, dtype=pl.Int32).alias("dpd"), kept)])
        return parts.filter(pl.col("open_cents") > 0)

    _NET_IN_MONTHS = tuple(
        pl.when(pl.col("age").is_between(0, months - 1)).then("net_cents").otherwise(0).sum().alias(name)
        for months, name in ((3, "net_3m_cents"), (6, "net_6m_cents"))
    )
    _IS_SOLD_TO = pl.col("net_cents") > 0
    _OF_PERIODS = (
        *_NET_IN_MONTHS,
        (_IS_SOLD_TO & pl.col("age").is_between(0, 2)).any().alias("is_recent"),
        pl.col("age").is_between(3, 11).any().alias("was_there"),
        pl.col("age").filter(_IS_SOLD_TO & pl.col("age").is_between(0, 5)).n_unique().alias("months_6m"),
    )

    def _customer_periods(self) -> pl.LazyFrame:
        return self[View.SALES].filter(self._IS_NAMED).group_by(*self.by, "customer").agg(self._OF_PERIODS)

    _DUE_AGE_OF_DAY = pl.col("last_full_month") - month_of(pl.col("due_day").cast(pl.Date))
    _HABIT = (
        *("customer", "open_cents"),
        pl.when(in_year()).then("net_cents").otherwise(0).alias("net_cents"),
        pl.when(HAS_DELAY).then("delay_days").alias("delay_days"),
        _DUE_AGE_OF_DAY.alias("due_age"),
    )
    _HABIT_BY_PERIOD = tuple(
        pl.when(pl.col("due_age").is_between(first, last)).then("delay_days").alias(name)
        for name, first, last in (
            ("delay_days", 0, 11),
            ("delay_3m_days", 0, 2),
            ("delay_before_days", 3, 11),
        )
    )
    _HABITS = (
        pl.col("open_cents", "net_cents").sum(),
        *(
            # Twice the median is a whole number.
            (2 * pl.col(name).median()).cast(pl.Int64).alias(f"twice_{name}")
            for name in ("delay_days", "delay_3m_days", "delay_before_days")
        ),
        pl.min_horizontal(pl.col("delay_3m_days").count(), pl.col("delay_before_days").count()).alias("compared_count"),
    )

    def _payment_habits(self) -> pl.LazyFrame:
        named = self[View.RECEIVABLES].filter(self._IS_NAMED).select(*self.by, *self._HABIT)
        return named.with_columns(self._HABIT_BY_PERIOD).group_by(*self.by, "customer").agg(self._HABITS)

    DEBTOR_SUMS = (
        pl.col("open_cents").sum(),
        pl.when(pl.col("dpd") > 60).then("owed_cents").otherwise(0).sum().alias("late_cents"),
        pl.col("lendable_cents").sum().alias("current_cents"),
    )

    @override
    def _debtors(self) -> pl.LazyFrame:
        credit = self[View.CREDITS].filter(self._IS_NAMED)
        joined = super()._debtors().join(credit, on=[*self.by, "customer"], how="left")
        return joined.with_columns(
            (pl.col("current_cents") - pl.col("credit_cents").fill_null(0)).clip(0).alias("current_cents")
        )

    NOTE_COLUMNS = (*Views.NOTE_COLUMNS, pl.col("customer", "invoice_id", "net_cents", "tax"))

    def _corrections(self) -> pl.LazyFrame:
        key = [*self.by, "invoice_id"]
        invoices = self[View.SALES].select(
            *self.by, self._INVOICE_ID.alias("invoice_id"), pl.col("day").alias("invoiced_day")
        )
        return self[View.CREDIT_NOTES].join(invoices, on=key)

    def _credits(self) -> pl.LazyFrame:
        """What is owed to each customer; a null customer stands for all credit that names nobody."""
        return self._credit.lazy()

    @cached_property
    def _credit(self) -> pl.DataFrame:
        by = [*self.by, "customer"]
        parts = [self._overpaid()]
        if self.ledger.cancellations.height:
            parts.append(self._paid_on_cancelled())
        if self.ledger.credit_notes.height:
            parts.append(self._noted())
        if (self.ledger.invoices["gross_cents"] < 0).any():
            parts.append(self._negative())
        every = pl.concat(parts, how="vertical_relaxed").group_by(by).agg(pl.col("credit_cents").sum())
        return collect(every.filter(pl.col("credit_cents") > 0))

    @property
    def _is_paid_out(self) -> pl.Expr:
        # Without the log nothing but the documents themselves says what was paid.
        stated = () if Resource.PAYMENT_LOG in self.ledger.fetched else ("stated",)
        return pl.col("means").is_in([*_PAID_OUT, *stated])

    @cached_property
    def _notes(self) -> pl.DataFrame:
        """Credit notes with what was paid out on each, and whether they name an invoice that is seen."""
        is_paid_out = (pl.col("document") == "credit_note") & self._is_paid_out
        paid = self._seen(self.ledger.closings, self._PAID_CLOSING, is_paid_out)
        paid = paid.group_by(*self.by, "document_id").agg(pl.col("amount_cents").sum().alias("paid_cents"))
        invoices = self[View.SALES].select(*self.by, self._INVOICE_ID.alias("invoice_id"), is_linked=True)
        notes = self[View.CREDIT_NOTES].select(*self.by, "document_id", "invoice_id", "customer", "gross_cents")
        notes = notes.join(paid, on=[*self.by, "document_id"], how="left")
        notes = notes.join(invoices, on=[*self.by, "invoice_id"], how="left")
        return collect(
            notes.with_columns(pl.col("paid_cents").fill_null(0), pl.col("is_linked").fill_null(value=False))
        )

    # What was closed as a fee is no more the firm's than other overpayments: reminders cost less.
    _RECEIVED = pl.col("reduced_cents") - pl.col("fee_cents")
    _IS_OVERPAID = (pl.col("gross_cents") >= 0) & (pl.col("gross_cents") < _RECEIVED)
    _EXCESS = (
        pl.col("customer"),
        pl.when("is_invoice").then("document_id").alias("invoice_id"),
        (_RECEIVED - pl.col("gross_cents")).alias("credit_cents"),
        (_IS_OVERPAID & pl.col("customer").is_not_null()).alias("is_overpaid"),
    )

    def _overpaid(self) -> pl.LazyFrame:
        """What customers paid or were credited beyond an invoice, less what was paid out on its credit notes."""
        overpaid = self[View.RECEIVABLES].select(*self.by, *self._EXCESS).filter("is_overpaid")
        if self.ledger.credit_notes.height:
            key = [*self.by, "invoice_id"]
            paid = self._notes.lazy().filter("is_linked").group_by(key).agg(pl.col("paid_cents").sum())
            left = (pl.col("credit_cents") - pl.col("paid_cents").fill_null(0)).clip(0)
            overpaid = overpaid.join(paid, on=key, how="left").with_columns(left.alias("credit_cents"))
        return overpaid.select(*self.by, "customer", "credit_cents")

    _PARTY = (pl.col("borrower", "document_id", "customer"), pl.col("document").to_physical())
    _PAID_CLOSING = (pl.col("borrower", "document_id", "amount_cents"),)

    def _paid_on_cancelled(self) -> pl.LazyFrame:
        """What customers paid on invoices that were cancelled."""
        cancelled = self._seen(self.ledger.cancellations, self._OF_INVOICE)
        invoices = self._seen(self.ledger.invoices, self._PARTY, happened="issued_on").filter(
            _OF_INVOICE & pl.col("customer").is_not_null()
        )
        invoices = invoices.join(
            cancelled, left_on=[*self.by, "document_id"], right_on=[*self.by, "invoice_id"], how="semi"
        )
        # Not among the items: a cancelled invoice is no sale.
        paid = self._seen(self.ledger.closings, self._PAID_CLOSING, _IS_PAID_INVOICE)
        joined = invoices.select(*self.by, "document_id", "customer").join(paid, on=[*self.by, "document_id"])
        sums = joined.group_by(*self.by, "document_id", "customer").agg(pl.col("amount_cents").sum())
        return sums.select(*self.by, "customer", pl.col("amount_cents").clip(0).alias("credit_cents"))

    def _negative(self) -> pl.LazyFrame:
        """Negative invoices are credit notes by another name."""
        by = [*self.by, "customer"]
        negative = self[View.RECEIVABLES].filter(pl.col("gross_cents") < 0).select(*by, "item", "gross_cents")
        paid = self._closings(self._is_paid_out).group_by("item").agg(pl.col("amount_cents").sum().alias("paid_cents"))
        joined = negative.join(paid, on="item", how="left")
        owed = (pl.col("paid_cents").fill_null(0) - pl.col("gross_cents")).clip(0)
        return joined.select(*by, owed.alias("credit_cents"))

    def _noted(self) -> pl.LazyFrame:
        """Credit notes that reduce no invoice that is seen."""
        owed = (pl.col("gross_cents") - pl.col("paid_cents")).clip(0).alias("credit_cents")
        return self._notes.lazy().filter(~pl.col("is_linked")).select(*self.by, "customer", owed)

    @property
    def _is_money(self) -> pl.Expr:
        """Closings by which money moved. Without the log nothing but the documents themselves tells of any."""
        stated = () if Resource.PAYMENT_LOG in self.ledger.fetched else ("stated",)
        return pl.col("means").is_in([*_MONEY_MEANS, *stated])

    _OF_CANCELLED = (
        pl.col("borrower", "document_id", "customer", "gross_cents"),
        *(pl.col(name).cast(pl.Int32).alias(day) for name, day in (("issued_on", "sold_day"), ("due_on", "due_day"))),
    )
    _CANCELLED_ON = (
        pl.col("borrower"),
        pl.col("invoice_id").alias("document_id"),
        pl.max_horizontal("happened_on", "recorded_on").cast(pl.Int32).alias("day"),
    )
    _IS_TAKEN_BACK_LATE = pl.col("day") > pl.min_horizontal(
        pl.col("sold_day") + LATE_DAYS, pl.max_horizontal("due_day", pl.col("sold_day") + EARLY_DAYS)
    )
    _UNPAID = (pl.col("gross_cents") - pl.col("paid_cents").fill_null(0).clip(0)).clip(0).alias("amount_cents")
    _VOID = ("document_id", "is_invoice", "customer", "day", "gross_cents", "amount_cents")
    _POINT = ("as_of_day", "end_day", "year_day")

    def _voided(self) -> pl.LazyFrame:
        """What was taken back unpaid, and not put right by an invoice of like amount that the customer paid."""
        parts = [self._negative_unpaid()]
        if self.ledger.cancellations.height:
            parts.append(self._cancelled_late())
        void = pl.concat(part.select(*self.by, *self._VOID, *self._POINT) for part in parts)
        # Of one day the greatest loss first; documents last, so that only evidence depends on their numbers.
        void = void.filter(pl.col("amount_cents") > 0).sort(
            "day", -pl.col("amount_cents"), "gross_cents", "is_invoice", "document_id"
        )
        rows = collect(void.with_row_index("number"))
        return rows.lazy().filter(~pl.col("number").is_in(self._put_right(rows)))

    def _put_right(self, void: pl.DataFrame) -> list[int]:
        """Numbers of those for which the customer got another invoice about that day, and paid it."""
        by = [*self.by, "customer"]
        is_paid = (pl.col("gross_cents") > 0) & (2 * pl.col("paid_cents") >= pl.col("gross_cents"))
        sales = self[View.RECEIVABLES].join(void.lazy().select(by).unique(), on=by, how="semi")
        paid = collect(sales.join(self._money.lazy(), on="item").filter(is_paid).select(*by, "day", "gross_cents"))
        known = {
            key: rows.select("day", "gross_cents").rows()
            for key, rows in paid.sort("day").partition_by(by, as_dict=True, maintain_order=True).items()
        }
        found: list[int] = []
        for key, rows in void.partition_by(by, as_dict=True, maintain_order=True).items():
            found += put_right(rows.select("day", "gross_cents", "number").rows(), known.get(key, []))
        return found

    @cached_property
    def _money(self) -> pl.DataFrame:
        """What was paid on each item, or out on it, where anything was."""
        return collect(self._closings(self._is_money).group_by("item").agg(_PAID_SUM))

    def _cancelled_late(self) -> pl.LazyFrame:
        """What nobody had paid on invoices that were cancelled late."""
        key = [*self.by, "document_id"]
        cancelled = self._seen(self.ledger.cancellations, self._CANCELLED_ON).select(*key, "day")
        cancelled = cancelled.group_by(key).agg(pl.col("day").min())
        is_owed = (pl.col("document") == "invoice") & (pl.col("gross_cents") > 0)
        invoices = self._seen(self.ledger.invoices, self._OF_CANCELLED, is_owed, happened="issued_on")
        late = invoices.join(cancelled, on=key).filter(self._IS_TAKEN_BACK_LATE)
        paid = self._seen(self.ledger.closings, self._PAID_CLOSING, (pl.col("document") == "invoice") & self._is_money)
        late = late.join(paid.group_by(key).agg(_PAID_SUM), on=key, how="left")
        return late.with_columns(self._UNPAID, pl.lit(value=True).alias("is_invoice"))

    _ENTERED = pl.max_horizontal("day", "entered_day").alias("day")
    _AS_CLAIM = (-pl.col("gross_cents")).alias("gross_cents")

    def _negative_unpaid(self) -> pl.LazyFrame:
        """What negative invoices took back without money going to the customer, and not in time."""
        negative = self[View.RECEIVABLES].filter(pl.col("gross_cents") < 0).with_columns(self._ENTERED)
        in_time = self._set_off_in_time(negative).group_by("item").agg(pl.col("off_cents").sum())
        negative = negative.join(self._money.lazy(), on="item", how="left").join(in_time, on="item", how="left")
        paid = pl.col("paid_cents").fill_null(0).clip(upper_bound=0)
        owed = (paid - pl.col("gross_cents") - pl.col("off_cents").fill_null(0)).clip(0)
        return negative.with_columns(owed.alias("amount_cents"), self._AS_CLAIM)

    _OFF = ("item", pl.col("day").alias("off_day"), pl.col("amount_cents").alias("off_cents"))
    _FIRST_OFF = (pl.col("day").min().alias("sold_day"), pl.col("due_day").min())

    def _set_off_in_time(self, negative: pl.LazyFrame) -> pl.LazyFrame:
        """What was set off against an invoice that was not bad yet; of several such sums of a day all have to be."""
        key = [*self.by, "customer", "off_day", "off_cents"]
        off = self._closings(pl.col("means") == "set_off").select(self._OFF)
        sales = self[View.RECEIVABLES].filter(self._IS_NAMED & (pl.col("gross_cents") > 0)).join(off, on="item")
        of_negative = negative.drop("due_day").join(off, on="item").with_columns(-pl.col("off_cents"))
        joined = of_negative.join(sales.group_by(key).agg(self._FIRST_OFF), on=key)
        return joined.filter(~self._IS_TAKEN_BACK_LATE)

    _NOTE = (
        pl.col("borrower", "document_id", "invoice_id", "gross_cents"),
        pl.max_horizontal("issued_on", "recorded_on").cast(pl.Int32).alias("day"),
    )
    _NOTED = (pl.col("gross_cents") - pl.col("paid_cents").fill_null(0).clip(0)).clip(0)

    def _waived(self) -> pl.LazyFrame:
        """Credit notes that were not paid out, on sales as far as these were not paid."""
        key = [*self.by, "invoice_id"]
        is_money = (pl.col("document") == "credit_note") & self._is_money
        paid = self._seen(self.ledger.closings, self._PAID_CLOSING, is_money)
        paid = paid.group_by(*self.by, "document_id").agg(_PAID_SUM)
        sales = self[View.RECEIVABLES].join(self._money.lazy(), on="item", how="left").with_columns(self._UNPAID)
        sales = sales.select(
            *self.by,
            self._INVOICE_ID.alias("invoice_id"),
            pl.lit(value=True).alias("is_linked"),
            pl.col("day").alias("sold_day"),
            "due_day",
            pl.col("amount_cents").alias("unpaid_cents"),
        )
        notes = self._seen(self.ledger.credit_notes, self._NOTE, happened="issued_on")
        notes = notes.join(paid, on=[*self.by, "document_id"], how="left").join(sales, on=key, how="left")
        is_late = self._IS_TAKEN_BACK_LATE | pl.col("is_linked").is_null()
        waived = pl.min_horizontal(self._NOTED, "unpaid_cents").alias("amount_cents")
        return notes.filter(is_late).with_columns(waived)

    _KNOWN_SUMS = (
        pl.col("open_cents").sum(),
        pl.when(pl.col("dpd") > 60).then("owed_cents").otherwise(0).sum().alias("late_cents"),
        pl.when("is_credible").then("lendable_cents").otherwise(0).sum().alias("credible_cents"),
    )
    _UNCREDITED = (pl.col("credible_cents") - pl.col("credit_cents").fill_null(0)).clip(0).alias("credible_cents")
    _KNOWN_CENTS = pl.min_horizontal("credible_cents", pl.col("paid_cents").fill_null(0).clip(0)).alias("known_cents")

    def _known_debtors(self) -> pl.LazyFrame:
        """Per named customer what can be lent on, ``credible_cents``, and that up to what was paid: ``known_cents``."""
        by = [*self.by, "customer"]
        # Where the bank delivers nothing at all, lines that were entered count, as elsewhere.
        proven = self[View.BANK].filter("is_proven").select(*self.by, "transaction_id", is_on_line=True)
        is_entered = (pl.col("means") == "manual") & pl.col("is_on_line").fill_null(value=False)
        is_money = ((self._is_money & (pl.col("means") != "register")) | is_entered) & ~pl.col("is_own")
        is_recent = pl.col("as_of_day") - pl.col("day") < KNOWN_DAYS
        paid = self[View.RECEIPTS].filter(self._IS_NAMED & is_recent)
        paid = paid.join(proven, on=[*self.by, "transaction_id"], how="left").filter(is_money)
        paid = paid.group_by(by).agg(_PAID_SUM)
        is_open = self[View.RECEIVABLES].filter(self._IS_NAMED & (pl.col("open_cents") > 0))
        credit = self[View.CREDITS].filter(self._IS_NAMED)
        joined = is_open.group_by(by).agg(self._KNOWN_SUMS).join(credit, on=by, how="left")
        return joined.join(paid, on=by, how="left").with_columns(self._UNCREDITED).with_columns(self._KNOWN_CENTS)

    @override
    def _discounts(self) -> pl.LazyFrame:
        return self._on_sales.lazy().filter(pl.col("is_invoice") & (pl.col("means") == "discount"))

    _OF_SOLD = (
        *("borrower", "document", "document_id", "is_invoice", "customer", pl.col("day").alias("sold_day")),
        (pl.col("gross_cents") > 0).alias("is_owed"),
        *("as_of_day", "end_day", "year_day", "last_full_month"),
    )
    # Closed on some day or other: it counts with the sale, so that leaving out the day hides nothing.
    _COUNTED_DAY = pl.when("is_day_known").then("day").otherwise(pl.min_horizontal("day", "sold_day")).alias("day")

    @cached_property
    def _on_sales(self) -> pl.DataFrame:
        """Closings of sales, with the customer and kind of the sale."""
        sales, _ = self._documents
        sold = sales.lazy().select(*self.by, *self._OF_SOLD).with_row_index("item")
        return collect(self._on_items.lazy().join(sold, on="item").with_columns(self._COUNTED_DAY))

    def _losses(self) -> pl.LazyFrame:
        # A negative invoice that was closed without money is no loss, and must not hide one.
        return self._on_sales.lazy().filter(_LOSSY & pl.col("is_owed"))

    @override
    def _receipts(self) -> pl.LazyFrame:
        # Money that came from an own account is nobody's payment, whatever it is booked on.
        own = self[View.BANK].filter(pl.col("is_internal") & ~pl.col("is_register"))
        own = own.select(*self.by, "transaction_id", pl.lit(value=True).alias("is_own"))
        receipts = self._on_sales.lazy().filter(IS_RECEIPT)
        joined = receipts.join(own, on=[*self.by, "transaction_id"], how="left", maintain_order="left")
        return joined.with_columns(pl.col("is_own").fill_null(value=False))

    _OF_SUPPLIER = (pl.when(in_year()).then("net_cents").otherwise(0).sum().alias("net_cents"),)

    def _suppliers(self) -> pl.LazyFrame:
        bills = self._bills().filter(pl.col("supplier").is_not_null())
        return bills.group_by(*self.by, "supplier").agg(self._OF_SUPPLIER)

    def _cash_bills(self) -> pl.LazyFrame:
        sales, bills = self._documents
        billed = bills.lazy().select(*self.by, *self._OF_PAID).with_row_index("item", offset=sales.height)
        return self._closings(_IN_CASH).join(billed, on="item")

    _OF_PAID = ("borrower", "document", "document_id", "as_of_day", "end_day", "year_day", "last_full_month")

    LINE_COLUMNS = (
        pl.col("borrower", "transaction_id", "account_id", "amount_cents", "is_internal", "category", "certainty"),
        pl.col("transfer", "is_fed", "is_register", "counterparty_account"),
        pl.col("happened_on").cast(pl.Int32).alias("day"),
    )

    @override
    def _bank(self) -> pl.LazyFrame:
        is_any_fed = pl.col("is_fed").any()
        if self.by:
            is_any_fed = is_any_fed.over(self.by)
        # What somebody entered proves nothing beside what the bank delivered. Where it delivers nothing at all, what
        # was entered is all there is: how much that may weigh is up to the policy.
        is_proven = ~pl.col("is_register") & (pl.col("is_fed") | ~is_any_fed)
        return super()._bank().with_columns(is_proven.alias("is_proven"))

    _AGE_OF_DAY = (pl.col("last_full_month") - month_of(pl.col("day").cast(pl.Date))).alias("age")
    _OF_SALE = ("age", pl.col("gross_cents").abs().alias("cents"), pl.col("is_credible").alias("counts"))
    _OF_BILL = (_AGE_OF_DAY, pl.col("gross_cents").abs().alias("cents"), pl.col("is_credible").alias("counts"))
    _OF_LINE = (_AGE_OF_DAY, pl.col("amount_cents").abs().alias("cents"), pl.col("is_proven").alias("counts"))

    def _active_months(self) -> pl.LazyFrame:
        by = self.by
        parts = [
            self[View.SALES].select(*by, *self._OF_SALE),
            self._bills().select(*by, *self._OF_BILL),
            self[View.BANK].select(*by, *self._OF_LINE),
        ]
        months = pl.concat(parts).filter(pl.col("counts") & (pl.col("age") >= 0)).group_by(*by, "age")
        return months.agg(pl.col("cents").sum()).filter(pl.col("cents") >= ACTIVE_CENTS)

    # Columns are chosen before rows: what is left out is not copied.
    _PAYER = ("transaction_id", "counterparty_account", pl.col("category").is_in(COLLECTIVE).alias("is_collective"))
    _PAID = (
        "transaction_id",
        "customer",
        "amount_cents",
        (in_year() & pl.col("means").is_in(["bank", "provider"])).alias("counts"),
    )

    def _payers(self) -> pl.LazyFrame:
        key = [*self.by, "transaction_id"]
        paid = self._on_sales.lazy().select(*self.by, *self._PAID).filter("counts")
        lines = self[View.BANK].select(*self.by, *self._PAYER)
        lines = lines.filter(pl.col("counterparty_account").is_not_null() & ~pl.col("is_collective"))
        return (
            paid.join(lines, on=key)
            .group_by(*self.by, "counterparty_account")
            .agg(
                pl.col("amount_cents").sum().clip(0),
                # Several customers: the lowest key is not the highest. Nobody named is nobody else.
                (pl.col("customer").min() < pl.col("customer").max()).fill_null(value=False).alias("is_shared"),
            )
        )

    _IS_RECEIVED = (
        (pl.col("amount_cents") > 0) & pl.col("is_proven") & ~pl.col("category").is_in([*NO_SALES, *COLLECTIVE])
    )
    _PARTNER = (
        pl.col("counterparty_account"),
        (in_year() & ~pl.col("is_internal") & pl.col("counterparty_account").is_not_null()).alias("counts"),
        pl.when(_IS_RECEIVED).then("amount_cents").otherwise(0).alias("in_cents"),
        # Whatever it is called: the firm writes the text of what it pays.
        (-pl.col("amount_cents")).clip(0).alias("out_cents"),
    )

    def _partners(self) -> pl.LazyFrame:
        lines = self[View.BANK].select(*self.by, *self._PARTNER).filter("counts")
        return lines.group_by(*self.by, "counterparty_account").agg(pl.col("in_cents", "out_cents").sum())

    _SPENT = (
        pl.when(in_last_days(WINDOW_90D) & ~pl.col("is_internal"))
        .then((-pl.col("amount_cents")).clip(0))
        .otherwise(0)
        .sum()
        .alias("outflow_90d_cents")
    )

    def _long_balance(self) -> pl.LazyFrame:
        path = daily_path(self[View.LEVELS], self[View.BANK], WINDOW_180D, self.by)
        if not self.by:
            return path.join(self[View.BANK].select(self._SPENT), how="cross")
        spent = self[View.BANK].group_by("point").agg(self._SPENT)
        return path.join(spent, on="point", how="left").with_columns(pl.col("outflow_90d_cents").fill_null(0))

    _IS_OPERATING = ~pl.col("category").is_in([*PROCEEDS, *DEBT_SERVICE, "transfer"]) & ~(
        pl.col("category").is_in(ONE_OFF) & (pl.col("amount_cents") > 0)
    )
    _MONEY = (
        _AGE_OF_DAY,
        (~pl.col("is_internal") & IS_BELIEVED).alias("counts"),
        pl.when(IS_INCOME).then("amount_cents").otherwise(0).alias("income_cents"),
        pl.when(pl.col("category").is_in(PROCEEDS)).then(0).otherwise("amount_cents").alias("net_cents"),
        pl.when(_IS_OPERATING).then("amount_cents").otherwise(0).alias("surplus_cents"),
        pl.when(pl.col("category") == "transfer").then("amount_cents").otherwise(0).alias("moved_cents"),
        *(
            pl.when(pl.col("category").is_in(categories)).then(-pl.col("amount_cents")).otherwise(0).alias(name)
            for name, categories in (("service_cents", DEBT_SERVICE), ("drawn_cents", ("owner_drawing",)))
        ),
    )
    _MONTHLY = pl.col("income_cents", "net_cents", "surplus_cents", "moved_cents", "service_cents", "drawn_cents").sum()

    def _bank_months(self) -> pl.LazyFrame:
        lines = (
            self[View.BANK]
            .select(*self.by, *self._MONEY)
            .filter("counts", pl.col("age").is_between(0, BANK_MONTHS - 1))
        )
        return lines.group_by(*self.by, "age").agg(self._MONTHLY)

    def _inflows(self) -> pl.LazyFrame:
        # A payment in several sums of one day is one; what names no account is one a day.
        lines = self[View.BANK].filter(in_last_days(WINDOW_90D) & IS_INCOME)
        return lines.group_by(*self.by, "day", "counterparty_account").agg(pl.col("amount_cents").sum())

    _IS_WAGE = pl.col("category") == "wages"
    _IS_CONTRIBUTION = pl.col("category") == "social_security"
    _MONTH_OF_WORK = (
        pl.col("last_full_month")
        - month_of((pl.col("day") - pl.when(_IS_CONTRIBUTION).then(CONTRIBUTION_DAYS).otherwise(0)).cast(pl.Date))
    ).alias("age")
    _STAFF = (_IS_WAGE.any().alias("has_wages"), _IS_CONTRIBUTION.any().alias("has_contributions"))

    def _staff_months(self) -> pl.LazyFrame:
        is_paid = ~pl.col("is_internal") & (pl.col("amount_cents") < 0) & (self._IS_WAGE | self._IS_CONTRIBUTION)
        lines = self[View.BANK].filter(is_paid).select(*self.by, self._MONTH_OF_WORK, "category")
        months = lines.group_by(*self.by, "age").agg(self._STAFF)
        # Before the first contribution the lines may begin within a month, or the firm may have owed none.
        first = pl.col("age").filter("has_contributions").max()
        first = first.over(self.by) if self.by else first
        return months.with_columns((pl.col("age") < first).fill_null(value=False).alias("is_later"))

    _LEVIED = (
        (pl.col("category").is_in(TAXES) & (pl.col("amount_cents") < 0)).any().alias("is_tax"),
        (_IS_CONTRIBUTION & (pl.col("amount_cents") < 0)).any().alias("is_contribution"),
    )
    _IS_TROUBLE = ((pl.col("category") == "reminder_fee") & (pl.col("amount_cents") < 0)) | (
        (pl.col("category") == "returned_debit") & (pl.col("amount_cents") != 0)
    )

    def _levies(self) -> pl.LazyFrame:
        key = [*self.by, "counterparty_account"]
        lines = self[View.BANK].filter(pl.col("counterparty_account").is_not_null())
        trouble = lines.filter(self._IS_TROUBLE).select(*key, "transaction_id", "amount_cents", "day", "year_day")
        return trouble.join(lines.group_by(key).agg(self._LEVIED), on=key)

    _AS_PAYMENT = (
        pl.col("amount_cents").alias("booked_cents"),
        # Of the twelve full months and since, over lines that the bank delivered.
        pl.when((pl.col("means") == "bank") & (pl.col("day") >= pl.col("year_day")))
        .then("amount_cents")
        .otherwise(0)
        .alias("banked_cents"),
    )
    _BOOKED_LINE = (
        *("transaction_id", "amount_cents", "category", "day", "year_day", "end_day"),
        IS_INCOME.alias("is_income"),
    )
    _SUMS_OF_LINE = pl.col("booked_cents", "banked_cents")

    def _booked(self) -> pl.LazyFrame:
        key = [*self.by, "transaction_id"]
        paid = self._on_sales.lazy().filter(IS_RECEIPT & pl.col("transaction_id").is_not_null())
        sums = paid.select(*key, *self._AS_PAYMENT).group_by(key).agg(self._SUMS_OF_LINE.sum())
        lines = self[View.BANK].filter(~pl.col("is_internal") & IS_BELIEVED).select(*self.by, *self._BOOKED_LINE)
        return lines.join(sums, on=key, how="left").with_columns(self._SUMS_OF_LINE.fill_null(0))

    # Of two months with equal sales the later one.
    _PEAK = pl.col("age").sort_by("gross_cents", -pl.col("age")).last()
    _PEAK_MONTH = pl.col("last_full_month") - pl.col("age")
    _AFTER_PEAK = pl.col("day") - pl.date(_PEAK_MONTH // 12, _PEAK_MONTH % 12 + 1, 1).cast(pl.Int32)

    def _peak_notes(self) -> pl.LazyFrame:
        months = self[View.SALES_MONTHS].filter(pl.col("age").is_between(0, 11))
        notes = self[View.CREDIT_NOTES].select(*self.by, "document_id", "gross_cents", "day", "last_full_month")
        if self.by:
            joined = notes.join(months.group_by(self.by).agg(self._PEAK), on=self.by)
        else:
            joined = notes.join(months.select(self._PEAK), how="cross")
        return joined.filter(self._AFTER_PEAK.is_between(0, DAYS_AFTER_PEAK - 1))

    _REPEATED_KEY = ("customer", "gross_cents")

    def _repeated(self) -> pl.LazyFrame:
        key = [*self.by, *self._REPEATED_KEY]
        is_repeated = pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in key) & (
            pl.col("day") - pl.col("day").shift(1) <= DAYS_APART
        )
        invoices = self[View.SALES].filter(pl.col("is_invoice"))
        invoices = invoices.select(*key, "document_id", "is_invoice", "day", "year_day", "end_day")
        ordered = invoices.sort(*key, "day", "document_id")
        return ordered.with_columns(is_repeated.fill_null(value=False).alias("is_repeated"))

    _OF_BUYER = (
        pl.col("day", "as_of_day").min(),
        pl.when(in_last_days(NEW_DAYS)).then("net_cents").otherwise(0).sum().clip(0).alias("net_cents"),
    )

    def _buyers(self) -> pl.LazyFrame:
        return self[View.SALES].filter(self._IS_NAMED).group_by(*self.by, "customer").agg(self._OF_BUYER)

    _DIGIT = pl.col("net_cents").cast(pl.String).str.slice(0, 1).cast(pl.Int8).alias("digit")

    def _digits(self) -> pl.LazyFrame:
        is_counted = pl.col("is_invoice") & (pl.col("net_cents") > 0) & pl.col("age").is_between(0, DIGIT_MONTHS - 1)
        return self[View.SALES].filter(is_counted).select(*self.by, "net_cents", self._DIGIT)

    _TAX = pl.col("gross_cents") - pl.col("net_cents")
    # Null, where nothing is noted, is in no list.
    _ON_SALE = pl.when(pl.col("tax").is_in(UNTAXED)).then(0).otherwise(_TAX)
    _ON_BILL = pl.when(pl.col("tax").is_in(UNDEDUCTED)).then(0).otherwise(_TAX)
    # In 128 bits: an amount times a tax may not fit into 64.
    _IN_RECEIPT = (pl.col("amount_cents").cast(pl.Int128) * pl.col("vat_cents") // pl.col("gross_cents")).cast(pl.Int64)
    _OF_VAT = ("issued_cents", "received_cents", "deductible_cents", "paid_cents", "refunded_cents")

    _MONTH = month_of(pl.col("day").cast(pl.Date))
    # Calendar quarters from that of a day to that of the last full month; months are counted from 1.
    _QUARTER_OF_DAY = ((pl.col("last_full_month") - 1) // 3 - (_MONTH - 1) // 3).alias("quarter")

    def _vat_part(self, rows: pl.LazyFrame, **cents: pl.Expr) -> pl.LazyFrame:
        nothing = pl.lit(0, dtype=pl.Int64)
        columns = (cents.get(name, nothing).alias(name) for name in self._OF_VAT)
        return rows.select(*self.by, self._AGE_OF_DAY, self._QUARTER_OF_DAY, *columns)

    def _vat_months(self) -> pl.LazyFrame:
        lines = self[View.BANK].filter(~pl.col("is_internal") & pl.col("is_proven"))
        amount = pl.col("amount_cents")
        paid = lines.filter(pl.col("category").is_in(PAYS_VAT) & (amount < 0))
        refunded = lines.filter((pl.col("category") == "tax_refund") & (amount > 0))
        parts = pl.concat(
            [
                self._vat_part(self[View.SALES], issued_cents=self._ON_SALE),
                # A note lowers what is due on either basis: when it is paid out makes no difference over a year.
                self._vat_part(self[View.CREDIT_NOTES], issued_cents=-self._ON_SALE, received_cents=-self._ON_SALE),
                self._vat_part(self._taxed_receipts(), received_cents=self._IN_RECEIPT),
                self._vat_part(self._bills(), deductible_cents=self._ON_BILL),
                self._vat_part(paid, paid_cents=-amount),
                self._vat_part(refunded, refunded_cents=amount),
            ]
        )
        return parts.group_by(*self.by, "age", "quarter").agg(pl.col(self._OF_VAT).sum())

    def _taxed_receipts(self) -> pl.LazyFrame:
        """What was received on sales, each with gross amount and tax of its sale."""
        sales, _ = self._documents
        receipts = collect(self._closings(IS_RECEIPT & (pl.col("item") < sales.height)))
        of_sale = sales.select(*self.by, "gross_cents", self._ON_SALE.alias("vat_cents"), "last_full_month")
        return receipts.hstack(of_sale[receipts["item"]]).lazy().filter(pl.col("gross_cents") != 0)


def put_right(taken_back: Iterable[tuple[int, int, int]], paid: Sequence[tuple[int, int]]) -> list[int]:
    """Pair what was taken back with invoices that were paid: each with the one nearest in amount, which pairs once.

    Both are of one customer. A sweep over days keeps those invoices that are near, so that many of both take little
    more time and memory than each by itself.

    Args:
        taken_back: Day, cents and number of each, by day.
        paid: Day and cents of each invoice, by day.

    Returns:
        The numbers of what has an invoice of like amount issued at most 30 days before or after.
    """
    near: list[tuple[int, int]] = []
    found, begun, ended = [], 0, 0
    for day, cents, number in taken_back:
        while begun < len(paid) and paid[begun][0] <= day + LATE_DAYS:
            insort(near, (paid[begun][1], paid[begun][0]))
            begun += 1
        while ended < begun and paid[ended][0] < day - LATE_DAYS:
            gone = (paid[ended][1], paid[ended][0])
            at = bisect_left(near, gone)
            if at < len(near) and near[at] == gone:
                del near[at]
            ended += 1
        above = bisect_left(near, (cents,))
        # Of equal amounts the earliest, which is gone first.
        nearest = [bisect_left(near, (near[above - 1][0],))] if above else []
        nearest += [above] if above < len(near) else []
        best = min(((abs(near[place][0] - cents), place) for place in nearest), default=None)
        if best is not None and LIKE * best[0] <= cents:
            del near[best[1]]
            found.append(number)
    return found
