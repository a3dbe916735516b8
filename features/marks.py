"""Views of the facts that version 3 of the ledger added: marks of documents and lines, and what follows from them.

They need the resource ``marks``. Nothing else in ``features`` reads these columns.
"""

from typing import Final

import polars as pl

from features.ledger import BOOKING, DOCUMENT
from features.recognised import RecognisedViews
from features.views import View, in_year_to_date, month_of

LARGEST_STEP: Final = 50
"""A step to a number that is higher by more begins another series: that of a year, say, written next to the number."""
BEFORE_DAYS: Final = 31
"""Days before the twelve full months from which on numbers are compared. Documents of these days are always read."""
GRACE_DAYS: Final = 1
"""Days by which an edit may be later than what explains it: books are written at midnight, too."""

_ON_INVOICE: Final = pl.col("document") == pl.lit("invoice", dtype=DOCUMENT)
_KNOWN: Final = pl.col("recorded_on").cast(pl.Int32).alias("known_day")
_AGE_OF_DAY: Final = (pl.col("last_full_month") - month_of(pl.col("day").cast(pl.Date))).alias("age")


class MarkedViews(RecognisedViews):
    """The views of one chunk of borrowers."""

    _INVOICE_MARKS = (
        pl.col("borrower", "document_id", "net_cents", "gross_cents", "series", "number", "is_blank", "is_recurring"),
        *(
            pl.col(name).cast(pl.Int32).alias(day)
            for name, day in (("issued_on", "day"), ("locked_on", "locked_day"), ("edited_on", "edited_day"))
        ),
    )
    _CANCELLED = (pl.col("borrower"), pl.col("invoice_id").alias("document_id"), pl.lit(value=True).alias("is_void"))
    _IS_MARK_KNOWN = (
        (pl.col("locked_day") <= pl.col("as_of_day")).fill_null(value=False).alias("is_locked"),
        pl.col("is_void").fill_null(value=False),
        pl.col("is_blank", "is_recurring").fill_null(value=False),
    )

    def _marks(self) -> pl.LazyFrame:
        """Invoices that were sent, those that were cancelled later (``is_void``) among them."""
        key = [*self.by, "document_id"]
        invoices = self._seen(self.ledger.invoices, self._INVOICE_MARKS, _ON_INVOICE, happened="issued_on")
        void = self._seen(self.ledger.cancellations, self._CANCELLED).select(*key, "is_void").unique(key)
        return invoices.join(void, on=key, how="left", maintain_order="left").with_columns(self._IS_MARK_KNOWN)

    # Any of these changes an invoice. A payment that its document alone tells of is entered later than it happened.
    _PAID_ON = (pl.col("borrower", "document_id"), _KNOWN, (pl.col("means") == "stated").alias("is_stated"))
    _TOLD = (
        pl.col("borrower"),
        pl.col("invoice_id").alias("document_id"),
        _KNOWN,
        pl.lit(value=False).alias("is_stated"),
    )
    _LAST_REASON = (pl.col("known_day").max(), pl.col("is_stated").any())
    _IS_EDITED = (
        (pl.col("edited_day") <= pl.col("as_of_day"))
        & (pl.col("edited_day") > pl.col("known_day").fill_null(pl.col("edited_day") - GRACE_DAYS - 1) + GRACE_DAYS)
        & ~pl.col("is_stated").fill_null(value=False)
    )

    def _edits(self) -> pl.LazyFrame:
        """Invoices, and whether the last change after they were sent has no reason in the books: ``is_edited``."""
        ledger, key = self.ledger, [*self.by, "document_id"]
        columns = [*key, "known_day", "is_stated"]
        reasons = [
            self._seen(ledger.closings, self._PAID_ON, _ON_INVOICE).select(columns),
            self._seen(ledger.reminders, self._TOLD).select(columns),
            self._seen(ledger.cancellations, self._TOLD).select(columns),
            self._seen(ledger.credit_notes, self._TOLD, happened="issued_on").select(columns),
        ]
        last = pl.concat(reasons).group_by(key).agg(self._LAST_REASON)
        marks = self[View.MARKS].join(last, on=key, how="left", maintain_order="left")
        return marks.with_columns(self._IS_EDITED.fill_null(value=False).alias("is_edited"))

    _STEP = pl.col("number") - pl.col("number").shift(1)
    _IS_STEP = _STEP.is_between(1, LARGEST_STEP) & (pl.col("series") == pl.col("series").shift(1))

    def _numbers(self) -> pl.LazyFrame:
        """Numbers of invoices, each with how many are missing before it: ``gap``."""
        key = [*self.by, "series", "number"]
        is_compared = pl.col("number").is_not_null() & (pl.col("day") >= pl.col("year_day") - BEFORE_DAYS)
        marks = self[View.MARKS].filter(is_compared).select(*key, "document_id", "day", "year_day")
        ordered = marks.sort(*key, "document_id").unique(key, keep="first", maintain_order=True)
        is_step = self._IS_STEP
        if self.by:
            is_step &= pl.col("point") == pl.col("point").shift(1)
        gap = pl.when(is_step.fill_null(value=False)).then(self._STEP - 1).otherwise(0)
        return ordered.with_columns(gap.alias("gap")).filter(in_year_to_date())

    _TAKEN_BACK = (pl.col("borrower", "document_id"), pl.col("happened_on").cast(pl.Int32).alias("day"))

    def _cancellations(self) -> pl.LazyFrame:
        return self._seen(self.ledger.cancellations, self._TAKEN_BACK)

    _NAMED = (pl.col("borrower", "document_id"),)

    def _wordless(self) -> pl.LazyFrame:
        """Invoices, and whether neither their texts nor a position say what was sold: ``is_wordless``."""
        key = [*self.by, "document_id"]
        is_named = _ON_INVOICE & pl.col("item").is_not_null()
        named = self._seen(self.ledger.positions, self._NAMED, is_named, happened="recorded_on")
        named = named.select(*key, pl.lit(value=True).alias("is_named")).unique(key)
        joined = self[View.MARKS].join(named, on=key, how="left", maintain_order="left")
        is_wordless = pl.col("is_blank") & ~pl.col("is_named").fill_null(value=False)
        return joined.with_columns(is_wordless.alias("is_wordless"))

    _BILL_MARKS = (
        pl.col("borrower", "document_id", "gross_cents"),
        pl.col("has_scan"),
        pl.col("is_blank").fill_null(value=False),
        pl.col("issued_on").cast(pl.Int32).alias("day"),
    )

    def _marked_bills(self) -> pl.LazyFrame:
        return self._seen(self.ledger.bills, self._BILL_MARKS, happened="issued_on")

    _LINE_MARKS = (
        pl.col("borrower", "transaction_id", "amount_cents"),
        (pl.col("booking") == pl.lit("created", dtype=BOOKING)).fill_null(value=False).alias("is_unbooked"),
        pl.col("happened_on").cast(pl.Int32).alias("day"),
    )

    def _marked_lines(self) -> pl.LazyFrame:
        """External lines of bank accounts, and whether nobody has worked on them: ``is_unbooked``."""
        return self._seen(self.ledger.transactions, self._LINE_MARKS, ~pl.col("is_internal"))

    def _closed_months(self) -> pl.LazyFrame:
        """Months with lines or invoices, by age, and whether all of these are booked and locked: ``is_closed``."""
        lines = self[View.MARKED_LINES].select(*self.by, _AGE_OF_DAY, (~pl.col("is_unbooked")).alias("is_done"))
        invoices = self[View.MARKS].filter(~pl.col("is_void")).select(*self.by, _AGE_OF_DAY, is_done="is_locked")
        months = pl.concat([lines, invoices]).group_by(*self.by, "age")
        return months.agg(pl.col("is_done").all().alias("is_closed"))
