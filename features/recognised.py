"""Views of the facts that version 2 of the ledger added; features of catalogue 2 are taken of these.

The names and columns of ``features.views`` mean the same here, over better facts: copies of documents and lines are
left out, connections of one account are one account, own transfers are recognised without the source's link, and what
closed a document is told apart by its means. ``docs/ledger.md`` says what each fact means.
"""

from dataclasses import replace
from functools import cached_property
from typing import Final

import polars as pl

from features.ledger import BALANCES, Ledger, Resource, collect
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
CASH: Final = ("cash_deposit", "cash_withdrawal")
"""Categories of what moves between a bank account and a till, or the owner's pocket."""

_LOSSY: Final = pl.col("means").is_in(["clearing", "short"])
_TRACED: Final = pl.col("means").is_in(["bank", "provider"]) & pl.col("is_day_known")
_PAID_OUT: Final = ("bank", "manual", "register", "provider", "set_off")
"""Means by which a customer got back what they are owed: what somebody merely says, or books off, is still owed."""
_IS_RECEIPT: Final = ~pl.col("means").is_in(["discount", "fee", "short", "set_off"])
_DOCUMENT_KEY: Final = ("document", "document_id")


def recognised(ledger: Ledger) -> Ledger:
    """The ledger with the facts of version 2 in the places of version 1, without copies."""
    accounts = ledger.accounts.select(
        "borrower",
        "account_id",
        (pl.col("kind") == "register").alias("is_register"),
        pl.col("recorded_on").alias("known_on"),
    )
    is_transfer = (pl.col("transfer") != "none") & ~pl.col("category").is_in(CASH)
    lines = (
        ledger.transactions.filter(~pl.col("is_duplicate"))
        .join(accounts, on=["borrower", "account_id"], how="left", maintain_order="left")
        .with_columns(pl.col("is_register").fill_null(value=False))
        .with_columns(
            # Tills stand outside: what is paid in from them and drawn for them is seen on the bank's side, what moves
            # within them is what somebody entered.
            (pl.col("is_register") | is_transfer).alias("is_internal"),
            pl.max_horizontal("recorded_on", "known_on").alias("recorded_on"),
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
    # A deadline before the document's own date is a slip: the document was due at once.
    due_on = pl.max_horizontal("due_on", "issued_on").alias("due_on")
    return replace(
        ledger,
        invoices=ledger.invoices.filter(~pl.col("is_duplicate")).with_columns(
            pl.max_horizontal("recorded_on", "sent_on").alias("recorded_on"), due_on
        ),
        bills=ledger.bills.filter(~pl.col("is_duplicate")).with_columns(due_on),
        credit_notes=_without_notes_on_copies(ledger),
        transactions=lines,
        balances=levels.cast(dict(BALANCES)),
    )


def _without_notes_on_copies(ledger: Ledger) -> pl.DataFrame:
    """A credit note that takes back a copy leaves nothing to correct: the copy does not count."""
    copies = ledger.invoices.filter(pl.col("is_duplicate") & (pl.col("document") == "invoice"))
    if copies.is_empty():
        return ledger.credit_notes
    copies = copies.select("borrower", pl.col("document_id").alias("invoice_id"))
    return ledger.credit_notes.join(copies, on=["borrower", "invoice_id"], how="anti", maintain_order="left")


class RecognisedViews(Views):
    """The views of one chunk of borrowers."""

    def __init__(self, ledger: Ledger, points: pl.DataFrame) -> None:
        """Take a ledger of version 2; see ``Views``."""
        super().__init__(recognised(ledger), points)

    _DEADLINE = pl.col("issued_on").dt.truncate("1q").dt.offset_by("3mo").cast(pl.Int32) - 1 + TIMELY_DAYS
    _TIMELY = (
        _DEADLINE.alias("timely_until"),
        (pl.col("recorded_on").cast(pl.Int32) <= _DEADLINE).alias("is_timely"),
    )
    SALE_COLUMNS = (
        *Views.SALE_COLUMNS,
        pl.col("is_sold"),
        # The source recognises at most a tenth; more would excuse lateness.
        pl.min_horizontal("retention_cents", pl.col("gross_cents") // 10).clip(0).alias("retention_cents"),
        pl.col("retained_until").cast(pl.Int32).alias("released_day"),
        *_TIMELY,
    )
    BILL_COLUMNS = (*Views.BILL_COLUMNS, *_TIMELY)

    _TOLERANCE = pl.min_horizontal(pl.lit(IMMATERIAL_CENTS, dtype=pl.Int64), pl.col("gross_cents") // 100).clip(0)
    # The customer pays what is kept back after its release, which says nothing on how they pay what is due.
    _SALES_TARGET = (pl.col("gross_cents") - _TOLERANCE - pl.col("retention_cents")).alias("target_cents")
    _BILL_TARGET = (pl.col("gross_cents") - _TOLERANCE).alias("target_cents")

    def _sales(self) -> pl.LazyFrame:
        return self._credible(super()._sales().with_columns(self._SALES_TARGET))

    def _bills(self) -> pl.LazyFrame:
        return self._credible_bills.lazy()

    @cached_property
    def _credible_bills(self) -> pl.DataFrame:
        bills = self._seen(self.ledger.bills, self.BILL_COLUMNS, happened="issued_on").with_columns(self._BILL_TARGET)
        return collect(self._credible(bills))

    def _credible(self, documents: pl.LazyFrame) -> pl.LazyFrame:
        """With ``is_credible``: by some time after the quarter it was recorded, or mostly paid through the bank."""
        found = collect(documents)
        if found["is_timely"].all():
            return found.lazy().with_columns(pl.col("is_timely").alias("is_credible"))
        key = [*self.by, *_DOCUMENT_KEY]
        late = found.lazy().filter(~pl.col("is_timely")).select(*key, "timely_until", "gross_cents")
        traced = self._closings(_TRACED).join(late, on=key).filter(pl.col("day") <= pl.col("timely_until"))
        mostly = 2 * pl.col("amount_cents").sum().abs() >= pl.col("gross_cents").first().abs()
        is_traced = traced.group_by(key).agg(mostly.alias("is_traced"))
        joined = found.lazy().join(is_traced, on=key, how="left", maintain_order="left")
        is_credible = pl.col("is_timely") | pl.col("is_traced").fill_null(value=False)
        return joined.with_columns(is_credible.alias("is_credible")).drop("is_traced")

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

    @cached_property
    def _with_losses(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Sales and bills with what was open and what was lost on each."""
        sales, bills = (self._judged(documents.lazy()) for documents in self._with_open)
        return collect(sales.with_columns(self._RETAINED).with_columns(self._OWED)), collect(bills)

    _NOTHING_LOST = (pl.lit(0, dtype=pl.Int64).alias("lost_cents"), pl.lit(value=True).alias("is_day_known"))
    _SOMETHING_LOST = (
        # No more than the document was for: the rest was booked off twice.
        pl.min_horizontal(pl.col("lost_cents").fill_null(0), pl.col("gross_cents")).clip(0).alias("lost_cents"),
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
        is_odd = _LOSSY | ~pl.col("is_day_known")
        if self.ledger.closings.select(is_odd.any()).item():
            lost = pl.when(_LOSSY).then("amount_cents").otherwise(0).sum().alias("lost_cents")
            odd = self._of_documents(is_odd, lost, pl.col("is_day_known").all())
            documents = documents.join(odd, on=[*self.by, *_DOCUMENT_KEY], how="left", maintain_order="left")
            documents = documents.with_columns(self._SOMETHING_LOST)
        else:
            documents = documents.with_columns(self._NOTHING_LOST)
        return documents.with_columns(self._JUDGED).with_columns(self._DELAYS)

    _LENDABLE = (
        pl.when((pl.col("dpd") <= 60) & ~pl.col("is_sold")).then("owed_cents").otherwise(0).alias("lendable_cents")
    )

    def _receivables(self) -> pl.LazyFrame:
        return self._with_losses[0].lazy().with_columns(self._LENDABLE)

    def _payables(self) -> pl.LazyFrame:
        return self._with_losses[1].lazy()

    HAS_DELAY = Views.HAS_DELAY & pl.col("is_day_known")

    def aged(self) -> pl.LazyFrame:
        """As before; what is kept back is not past due."""
        kept = (pl.col("open_cents") - pl.col("owed_cents")).alias("open_cents")
        receivables = self[View.RECEIVABLES]
        owed = receivables.select("dpd", pl.col("owed_cents").alias("open_cents"))
        parts = pl.concat([owed, receivables.select(pl.lit(0, dtype=pl.Int32).alias("dpd"), kept)])
        return parts.filter(pl.col("open_cents") > 0)

    DEBTOR_SUMS = (
        pl.col("open_cents").sum(),
        pl.when(pl.col("dpd") > 60).then("owed_cents").otherwise(0).sum().alias("late_cents"),
        pl.col("lendable_cents").sum().alias("current_cents"),
    )

    def _debtors(self) -> pl.LazyFrame:
        credit = self[View.CREDITS].filter(self._IS_NAMED)
        joined = super()._debtors().join(credit, on=[*self.by, "customer"], how="left")
        return joined.with_columns(
            (pl.col("current_cents") - pl.col("credit_cents").fill_null(0)).clip(0).alias("current_cents")
        )

    NOTE_COLUMNS = (*Views.NOTE_COLUMNS, pl.col("customer", "invoice_id", "net_cents"))

    def _credits(self) -> pl.LazyFrame:
        """What is owed to each customer; a null customer stands for all credit notes that name nobody."""
        by = [*self.by, "customer"]
        every = pl.concat([self._overpaid(), self._negative(), self._noted()], how="vertical_relaxed")
        return every.group_by(by).agg(pl.col("credit_cents").sum()).filter(pl.col("credit_cents") > 0)

    @property
    def _is_paid_out(self) -> pl.Expr:
        # Without the log nothing but the documents themselves says what was paid.
        stated = () if Resource.PAYMENT_LOG in self.ledger.fetched else ("stated",)
        return pl.col("means").is_in([*_PAID_OUT, *stated])

    def _paid_out(self, document: pl.Expr) -> pl.LazyFrame:
        paid = self._closings(document & self._is_paid_out)
        return paid.group_by(*self.by, "document_id").agg(pl.col("amount_cents").sum().alias("paid_cents"))

    def _linked(self) -> tuple[pl.LazyFrame, pl.LazyFrame]:
        """Credit notes on invoices that are seen, and all others; each with what was paid out on it."""
        paid = self._paid_out(pl.col("document") == "credit_note")
        notes = self[View.CREDIT_NOTES].join(paid, on=[*self.by, "document_id"], how="left")
        notes = notes.with_columns(pl.col("paid_cents").fill_null(0))
        key = [*self.by, "invoice_id"]
        invoices = self[View.SALES].filter("is_invoice").select(*self.by, pl.col("document_id").alias("invoice_id"))
        return notes.join(invoices, on=key, how="semi"), notes.join(invoices, on=key, how="anti")

    _EXCESS = (pl.col("reduced_cents") - pl.col("gross_cents")).alias("credit_cents")

    def _overpaid(self) -> pl.LazyFrame:
        """What customers paid or were credited beyond an invoice, less what was paid out on its credit notes."""
        by = [*self.by, "customer"]
        is_overpaid = self._IS_NAMED & (pl.col("gross_cents") >= 0) & (pl.col("reduced_cents") > pl.col("gross_cents"))
        overpaid = self[View.RECEIVABLES].filter(is_overpaid).select(*by, "document_id", "is_invoice", self._EXCESS)
        if self.ledger.credit_notes.height:
            linked, _ = self._linked()
            paid = linked.group_by(*self.by, "invoice_id").agg(pl.col("paid_cents").sum())
            overpaid = overpaid.join(
                paid, left_on=[*self.by, self._INVOICE_ID], right_on=[*self.by, "invoice_id"], how="left"
            ).with_columns((pl.col("credit_cents") - pl.col("paid_cents").fill_null(0)).clip(0))
        return overpaid.select(*by, "credit_cents")

    def _negative(self) -> pl.LazyFrame:
        """Negative invoices are credit notes by another name."""
        by = [*self.by, "customer"]
        negative = self[View.SALES].filter(pl.col("gross_cents") < 0)
        paid = self._closings(self._is_paid_out).join(negative, on=[*self.by, *_DOCUMENT_KEY], how="semi")
        paid = paid.group_by(*self.by, *_DOCUMENT_KEY).agg(pl.col("amount_cents").sum().alias("paid_cents"))
        joined = negative.join(paid, on=[*self.by, *_DOCUMENT_KEY], how="left")
        owed = (pl.col("paid_cents").fill_null(0) - pl.col("gross_cents")).clip(0)
        return joined.select(*by, owed.alias("credit_cents"))

    def _noted(self) -> pl.LazyFrame:
        """Credit notes that reduce no invoice that is seen."""
        _, others = self._linked()
        owed = (pl.col("gross_cents") - pl.col("paid_cents")).clip(0)
        return others.select(*self.by, "customer", owed.alias("credit_cents"))

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
        pl.col("transfer", "is_fed", "is_register", "counterparty_account"),
        pl.col("happened_on").cast(pl.Int32).alias("day"),
    )

    def _bank(self) -> pl.LazyFrame:
        is_any_fed = pl.col("is_fed").any()
        if self.by:
            is_any_fed = is_any_fed.over(self.by)
        # What somebody entered proves nothing beside what the bank delivered. Where it delivers nothing at all, what
        # was entered is all there is: how much that may weigh is up to the policy.
        is_proven = ~pl.col("is_register") & (pl.col("is_fed") | ~is_any_fed)
        return super()._bank().with_columns(is_proven.alias("is_proven"))

    def _active_months(self) -> pl.LazyFrame:
        by, lines = self.by, self[View.BANK]
        documents = [self[View.SALES], self._bills().with_columns(self._AGE_OF_DAY)]
        parts = [
            *(one.filter("is_credible").select(*by, "age", pl.col("gross_cents").abs()) for one in documents),
            lines.filter("is_proven").select(*by, self._AGE_OF_DAY, pl.col("amount_cents").abs().alias("gross_cents")),
        ]
        months = pl.concat(parts, how="vertical_relaxed").filter(pl.col("age") >= 0).group_by(*by, "age")
        return months.agg(pl.col("gross_cents").sum()).filter(pl.col("gross_cents") >= ACTIVE_CENTS)

    _AGE_OF_DAY = (pl.col("last_full_month") - month_of(pl.col("day").cast(pl.Date))).alias("age")

    def _payers(self) -> pl.LazyFrame:
        paid = self._on_sales(pl.col("means") == "bank", "customer").filter(in_year())
        lines = self[View.BANK].filter(
            pl.col("counterparty_account").is_not_null() & ~pl.col("category").is_in(COLLECTIVE)
        )
        key = [*self.by, "transaction_id"]
        joined = paid.join(lines.select(*key, "counterparty_account"), on=key, how="inner")
        return joined.group_by(*self.by, "counterparty_account").agg(
            pl.col("amount_cents").sum().clip(0), pl.col("customer").drop_nulls().n_unique().alias("customer_count")
        )

    def _partners(self) -> pl.LazyFrame:
        lines = self[View.BANK].filter(
            in_year() & ~pl.col("is_internal") & pl.col("counterparty_account").is_not_null()
        )
        amount = pl.col("amount_cents")
        is_in = (amount > 0) & pl.col("is_proven") & ~pl.col("category").is_in([*NO_SALES, *COLLECTIVE])
        return lines.group_by(*self.by, "counterparty_account").agg(
            pl.when(is_in).then(amount).otherwise(0).sum().alias("in_cents"),
            # Whatever it is called: the firm writes the text of what it pays.
            (-amount).clip(0).sum().alias("out_cents"),
        )
