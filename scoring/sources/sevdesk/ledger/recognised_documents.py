"""What is recognised in documents: version 2 of the ledger's documents. ``docs/ledger.md`` has the rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from features.ledger import DOCUMENT, collect
from scoring.sources.sevdesk.ledger.closings import close
from scoring.sources.sevdesk.ledger.copies import find_copies
from scoring.sources.sevdesk.ledger.documents import Documents
from scoring.sources.sevdesk.ledger.retention import retentions
from scoring.sources.sevdesk.ledger.settlements import Booked
from scoring.sources.sevdesk.words.fetched import PAY_DAY_UNKNOWN, Fetched


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognisedDocuments:
    """What version 2 adds to the documents."""

    closings: pl.DataFrame
    sales: Sequence[pl.Series]
    """Columns of the invoices, then of the vouchers for revenue."""
    bills: Sequence[pl.Series]
    """Columns of the vouchers of suppliers."""
    notes: tuple[str, ...]


def recognise_documents(
    fetched: Fetched, booked: Booked, documents: Documents, lines: pl.DataFrame | None, fetched_on: date
) -> RecognisedDocuments:
    """Recognise copies, drafts, retentions, sold claims, and what closed each document.

    Args:
        fetched: As read.
        booked: From ``booked_on``.
        documents: From ``build_documents``.
        lines: What is known of bank lines; see ``close``.
        fetched_on: The day of reading.
    """
    closed = close(fetched, booked, documents, lines, fetched_on)
    sent_on = _sent_days(documents, booked)
    copies = find_copies(documents, sent_on, fetched_on)
    kept = retentions(documents, closed.closings)
    of_invoices = [sent_on, *kept.get_columns()]
    return RecognisedDocuments(
        closings=closed.closings,
        sales=[
            *(_for_revenue(column, documents.revenue.height) for column in of_invoices),
            _sold_days(documents, closed.sold),
            *copies.sales.get_columns(),
        ],
        bills=copies.bills.get_columns(),
        notes=(*copies.notes, *([PAY_DAY_UNKNOWN] if closed.is_day_unknown else [])),
    )


def _sent_days(documents: Documents, booked: Booked) -> pl.Series:
    """By invoice the day from which on it was no draft, null where nothing tells.

    A document can be sent again, and then it names the last time alone. No draft was paid, reminded of, credited or
    cancelled: what was recorded of that first bounds the day.
    """
    sent = documents.invoices.select("id", "created_on", _SENT_ON)
    if not (sent["sent_on"] > sent["created_on"]).any():
        return sent["sent_on"]
    invoice, recorded = pl.col("origin").alias("id"), pl.col("created_on").alias("recorded_on")
    on_invoice = pl.col("document") == "invoice"
    proofs = pl.concat(
        [
            documents.cancellations.lazy().select(invoice, recorded),
            documents.reminders.lazy().select(invoice, recorded),
            documents.credit_notes.lazy().select(pl.col("invoice_id").alias("id"), recorded),
            booked.balanced.lazy()
            .filter(on_invoice & pl.col("first_recorded_on").is_not_null())
            .select(pl.col("document_id").alias("id"), pl.col("first_recorded_on").alias("recorded_on")),
        ]
    )
    first = proofs.group_by("id").agg(pl.col("recorded_on").min().alias("proven_on"))
    bounded = pl.when(pl.col("sent_on").is_not_null()).then(pl.min_horizontal("sent_on", "proven_on"))
    joined = sent.lazy().join(first, on="id", how="left", maintain_order="left")
    return collect(joined.select(bounded.alias("sent_on")))["sent_on"]


def _sold_days(documents: Documents, over_factor: pl.DataFrame) -> pl.Series:
    """By sale the day since when the books tell that it was sold: its own text, or the account it was booked over."""
    told = pl.when("is_sold").then("created_on").alias("told_on")
    sales = pl.concat(
        [
            documents.invoices.lazy().select(_INVOICE, _ID, told),
            documents.revenue.lazy().select(_VOUCHER, _ID, pl.lit(None, dtype=pl.Date).alias("told_on")),
        ]
    )
    joined = sales.join(over_factor.lazy(), on=["document", "document_id"], how="left", maintain_order="left")
    return collect(joined.select(pl.min_horizontal("told_on", "sold_on").alias("sold_on")))["sold_on"]


_SENT_ON = pl.min_horizontal("sent_on", "locked_on").alias("sent_on")
_ID = pl.col("id").alias("document_id")
_INVOICE = pl.lit("invoice", dtype=DOCUMENT).alias("document")
_VOUCHER = pl.lit("voucher", dtype=DOCUMENT).alias("document")
_OF_REVENUE = {"sent_on": None, "retention_cents": 0, "retained_since": None, "retained_until": None}
"""Vouchers say none of this."""


def _for_revenue(column: pl.Series, count: int) -> pl.Series:
    return column.append(pl.Series([_OF_REVENUE[column.name]], dtype=column.dtype).new_from_index(0, count))
