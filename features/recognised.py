"""Views of the facts that version 2 of the ledger added; features of catalogue 2 are taken of these.

The names and columns of ``features.views`` mean the same here, over better facts: copies of documents and lines are
left out, connections of one account are one account, own transfers are recognised without the source's link, and what
closed a document is told apart by its means. ``docs/ledger.md`` says what each fact means.
"""

from dataclasses import replace
from functools import cached_property
from typing import Final

import polars as pl

from features.ledger import BALANCES, DOCUMENT, Ledger, collect
from features.views import View, Views, in_year, month_of

IMMATERIAL_CENTS: Final = 500
"""A remainder of at most 5 euro, and of at most 1 % of the document, keeps no document open."""
TIMELY_DAYS: Final = 45
"""A document is recorded near its day until so many days after the quarter of its issue: some keep books quarterly."""
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
TRADE_OUT: Final = ("other", "supplier", "refund_paid")

_LOSSY: Final = pl.col("means").is_in(["clearing", "short"])
_TRACED: Final = pl.col("means").is_in(["bank", "provider"])
_IS_RECEIPT: Final = ~pl.col("means").is_in(["discount", "fee", "short", "set_off"])
_DOCUMENT_KEY: Final = ("document", "document_id")


def recognised(ledger: Ledger) -> Ledger:
    """The ledger with the facts of version 2 in the places of version 1, without copies."""
    kinds = ledger.accounts.select(
        "borrower",
        "account_id",
        (pl.col("kind") == "register").alias("is_register"),
        (pl.col("feed") != "none").alias("is_delivered"),
    )
    lines = (
        ledger.transactions.filter(~pl.col("is_duplicate"))
        .join(kinds, on=["borrower", "account_id"], how="left", maintain_order="left")
        .with_columns(
            pl.col("is_register").fill_null(value=False),
            (pl.col("transfer") != "none").alias("is_internal"),
            # On an account that the bank delivers, what somebody entered proves nothing. Accounts that no bank
            # delivers have lines of that kind alone: how much they may weigh is up to the policy.
            (pl.col("is_fed") | ~pl.col("is_delivered").fill_null(value=False)).alias("is_proven"),
            pl.coalesce("bank_account_id", "account_id").alias("account_id"),
        )
    )
    levels = ledger.levels.select(
        "borrower",
        pl.col("bank_account_id").alias("account_id"),
        "level_cents",
        pl.col("state").is_in(["verified", "unused"]).alias("is_level_verified"),
        "happened_on",
        "recorded_on",
    )
    return replace(
        ledger,
        invoices=ledger.invoices.filter(~pl.col("is_duplicate")).with_columns(
            pl.max_horizontal("recorded_on", "sent_on").alias("recorded_on")
        ),
        bills=ledger.bills.filter(~pl.col("is_duplicate")).with_columns(
            # A deadline before the document's own date is a slip: the document was due at once.
            pl.max_horizontal("due_on", "issued_on").alias("due_on")
        ),
        transactions=lines,
        balances=levels.cast(dict(BALANCES)),
    )


class RecognisedViews(Views):
    """The views of one chunk of borrowers."""

    def __init__(self, ledger: Ledger, points: pl.DataFrame) -> None:
        """Take a ledger of version 2; see ``Views``."""
        super().__init__(recognised(ledger), points)

    _QUARTER_END = pl.col("issued_on").dt.truncate("1q").dt.offset_by("3mo").cast(pl.Int32) - 1
    _IS_TIMELY = (pl.col("recorded_on").cast(pl.Int32) <= _QUARTER_END + TIMELY_DAYS).alias("is_timely")
    SALE_COLUMNS = (
        *Views.SALE_COLUMNS,
        pl.col("is_sold", "retention_cents"),
        pl.col("retained_until").cast(pl.Int32).alias("released_day"),
        _IS_TIMELY,
    )
    BILL_COLUMNS = (*Views.BILL_COLUMNS, _IS_TIMELY)

    _TOLERANCE = pl.min_horizontal(pl.lit(IMMATERIAL_CENTS, dtype=pl.Int64), pl.col("gross_cents") // 100).clip(0)
    # Until its release nothing kept back is late; where no day is stated, it is not released.
    _KEPT_BACK = (
        pl.when(pl.col("released_day") <= pl.col("as_of_day")).then(0).otherwise("retention_cents").alias("kept_cents")
    )
    _SALES_TARGET = (pl.col("gross_cents") - _TOLERANCE - pl.col("kept_cents")).alias("target_cents")
    _BILL_TARGET = (pl.col("gross_cents") - _TOLERANCE).alias("target_cents")

    def _sales(self) -> pl.LazyFrame:
        sales = super()._sales().with_columns(self._KEPT_BACK).with_columns(self._SALES_TARGET)
        return self._credible(sales)

    def _credible(self, documents: pl.LazyFrame) -> pl.LazyFrame:
        """With ``is_credible``: recorded near its day, or paid over a line that the bank delivered."""
        traced = self._of_documents(_TRACED).with_columns(pl.lit(value=True).alias("is_traced"))
        key = [*self.by, *_DOCUMENT_KEY]
        joined = documents.join(traced, on=key, how="left", maintain_order="left")
        return joined.with_columns(
            (pl.col("is_timely") | pl.col("is_traced").fill_null(value=False)).alias("is_credible")
        ).drop("is_traced")

    _CLOSED = (pl.col("borrower", "document_id", "transaction_id", "amount_cents", "means", "is_day_known"),)
    _CLOSING = (*_CLOSED, pl.col("document").to_physical(), pl.col("happened_on").cast(pl.Int32).alias("day"))

    def _closings(self, where: pl.Expr) -> pl.LazyFrame:
        return self._seen(self.ledger.closings, self._CLOSING, where)

    def _of_documents(self, where: pl.Expr, *aggregates: pl.Expr) -> pl.LazyFrame:
        """One row per document with such closings."""
        return self._closings(where).group_by(*self.by, *_DOCUMENT_KEY).agg(*aggregates)

    @property
    def _reductions(self) -> pl.LazyFrame:
        """Closings, and credit notes that correct an invoice."""
        frames = [self.ledger.closings.lazy().select(self._REDUCTION)]
        if self.ledger.credit_notes.height:
            frames.append(self.ledger.credit_notes.lazy().select(self._CREDIT))
        return pl.concat(frames)

    def _bills(self) -> pl.LazyFrame:
        bills = self._seen(self.ledger.bills, self.BILL_COLUMNS, happened="issued_on").with_columns(self._BILL_TARGET)
        return self._credible(bills)

    @cached_property
    def _with_losses(self) -> tuple[pl.LazyFrame, pl.LazyFrame]:
        sales, bills = (self._judged(documents.lazy()) for documents in self._with_open)
        return collect(sales).lazy(), collect(bills).lazy()

    _UNPAID_DAYS = (pl.col("as_of_day") - pl.col("due_day")).clip(0)
    _LOST = (
        pl.col("lost_cents").fill_null(0).clip(0),
        pl.col("is_day_known").fill_null(value=True),
        pl.when(pl.col("open_cents") > _TOLERANCE).then("open_cents").otherwise(0).alias("open_cents"),
    )
    _JUDGED = (
        (pl.col("lost_cents") > _TOLERANCE).alias("is_lost"),
        _UNPAID_DAYS.alias("unpaid_days"),
    )
    # What was lost is never paid: it counts with its days so far, as what is open does.
    _DELAY = pl.when("is_lost").then("unpaid_days").otherwise("delay_days").alias("typical_delay_days")

    def _judged(self, documents: pl.LazyFrame) -> pl.LazyFrame:
        """With what was lost on each document, whether the days of its closings are known, and materiality."""
        key = [*self.by, *_DOCUMENT_KEY]
        lost = self._of_documents(_LOSSY, pl.col("amount_cents").sum().alias("lost_cents"))
        unknown = self._of_documents(~pl.col("is_day_known"), pl.lit(value=False).alias("is_day_known"))
        joined = documents.join(lost, on=key, how="left", maintain_order="left")
        joined = joined.join(unknown, on=key, how="left", maintain_order="left")
        return joined.with_columns(self._LOST).with_columns(self._JUDGED).with_columns(self._DELAY)

    _LENDABLE = (
        pl.when((pl.col("dpd") <= 60) & ~pl.col("is_sold"))
        .then((pl.col("open_cents") - pl.col("kept_cents")).clip(0))
        .otherwise(0)
        .alias("lendable_cents")
    )

    def _receivables(self) -> pl.LazyFrame:
        return self._with_losses[0].with_columns(self._LENDABLE)

    def _payables(self) -> pl.LazyFrame:
        return self._with_losses[1]

    def _due_months(self) -> pl.LazyFrame:
        due = self[View.RECEIVABLES].filter(self._FELL_DUE & pl.col("is_day_known"))
        return due.group_by(*self.by, self._DUE_AGE).agg(pl.col("typical_delay_days").median().alias("delay_days"))

    DEBTOR_SUMS = (*Views.DEBTOR_SUMS[:2], pl.col("lendable_cents").sum().alias("current_cents"))

    def _debtors(self) -> pl.LazyFrame:
        credit = self[View.CREDITS].filter(self._IS_NAMED)
        joined = super()._debtors().join(credit, on=[*self.by, "customer"], how="left")
        return joined.with_columns(
            (pl.col("current_cents") - pl.col("credit_cents").fill_null(0)).clip(0).alias("current_cents")
        )

    NOTE_COLUMNS = (*Views.NOTE_COLUMNS, pl.col("customer", "invoice_id", "net_cents"))

    def _credits(self) -> pl.LazyFrame:
        """What is owed to each customer; a null customer stands for all that nobody is named for."""
        by = [*self.by, "customer"]
        # A negative invoice that was not paid out is a credit note by another name.
        excess = self[View.RECEIVABLES].select(
            *by, (pl.col("reduced_cents") - pl.col("gross_cents")).clip(0).alias("credit_cents")
        )
        notes = self[View.CREDIT_NOTES]
        unlinked = notes.filter(pl.col("invoice_id").is_null()).select(*by, pl.col("gross_cents").alias("credit_cents"))
        is_note = pl.lit("credit_note", dtype=DOCUMENT).to_physical()
        paid_out = (
            notes.with_columns(is_note.alias("document"))
            .join(self._closings(pl.lit(value=True)), on=[*self.by, *_DOCUMENT_KEY], suffix="_of")
            .select(*by, -pl.col("amount_cents").alias("credit_cents"))
        )
        every = pl.concat([excess, unlinked, paid_out])
        return every.group_by(by).agg(pl.col("credit_cents").sum().clip(0)).filter(pl.col("credit_cents") > 0)

    def _discounts(self) -> pl.LazyFrame:
        return self._closings((pl.col("document") == "invoice") & (pl.col("means") == "discount"))

    def _on_sales(self, where: pl.Expr, *columns: str) -> pl.LazyFrame:
        """Closings of sales, with columns of the sale."""
        key = [*self.by, *_DOCUMENT_KEY]
        sales = self[View.SALES].select(*key, "is_invoice", *columns)
        return self._closings(where).join(sales, on=key, how="inner")

    def _losses(self) -> pl.LazyFrame:
        return self._on_sales(_LOSSY)

    def _receipts(self) -> pl.LazyFrame:
        return self._on_sales(_IS_RECEIPT)

    def _cash_bills(self) -> pl.LazyFrame:
        key = [*self.by, *_DOCUMENT_KEY]
        return self._closings(pl.col("means") == "register").join(self._bills().select(key), on=key, how="semi")

    LINE_COLUMNS = (
        pl.col("borrower", "transaction_id", "account_id", "amount_cents", "is_internal", "category", "certainty"),
        pl.col("transfer", "is_fed", "is_proven", "is_register", "counterparty_account"),
        pl.col("happened_on").cast(pl.Int32).alias("day"),
    )

    def _active_months(self) -> pl.LazyFrame:
        by, lines = self.by, self[View.BANK]
        documents = [self[View.SALES], self._bills().with_columns(self._BILL_AGE)]
        parts = [
            *(one.filter("is_credible").select(*by, "age", pl.col("gross_cents").abs()) for one in documents),
            lines.filter("is_proven").select(
                *by,
                (pl.col("last_full_month") - month_of(pl.col("day").cast(pl.Date))).alias("age"),
                pl.col("amount_cents").abs().alias("gross_cents"),
            ),
        ]
        months = pl.concat(parts, how="vertical_relaxed").filter(pl.col("age") >= 0).group_by(*by, "age")
        return months.agg(pl.col("gross_cents").sum()).filter(pl.col("gross_cents") >= ACTIVE_CENTS)

    _BILL_AGE = (pl.col("last_full_month") - month_of(pl.col("day").cast(pl.Date))).alias("age")

    def _payers(self) -> pl.LazyFrame:
        paid = self._on_sales(pl.col("means") == "bank", "customer").filter(in_year())
        lines = self[View.BANK].filter(
            pl.col("counterparty_account").is_not_null() & ~pl.col("category").is_in(COLLECTIVE)
        )
        key = [*self.by, "transaction_id"]
        joined = paid.join(lines.select(*key, "counterparty_account"), on=key, how="inner")
        return joined.group_by(*self.by, "counterparty_account").agg(
            pl.col("amount_cents").sum(), pl.col("customer").drop_nulls().n_unique().alias("customer_count")
        )

    def _partners(self) -> pl.LazyFrame:
        lines = self[View.BANK].filter(
            in_year() & ~pl.col("is_internal") & pl.col("is_proven") & pl.col("counterparty_account").is_not_null()
        )
        amount = pl.col("amount_cents")
        is_in = (amount > 0) & ~pl.col("category").is_in([*NO_SALES, *COLLECTIVE])
        is_out = (amount < 0) & pl.col("category").is_in(TRADE_OUT)
        return lines.group_by(*self.by, "counterparty_account").agg(
            pl.when(is_in).then(amount).otherwise(0).sum().alias("in_cents"),
            pl.when(is_out).then(-amount).otherwise(0).sum().alias("out_cents"),
        )
