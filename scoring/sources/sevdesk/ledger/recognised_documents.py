"""What is recognised in documents: version 2 of the ledger's documents. ``docs/ledger.md`` has the rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from scoring.sources.sevdesk.ledger.closings import close
from scoring.sources.sevdesk.ledger.copies import find_copies
from scoring.sources.sevdesk.ledger.documents import Documents
from scoring.sources.sevdesk.ledger.retention import retentions
from scoring.sources.sevdesk.ledger.sending import sent_days
from scoring.sources.sevdesk.ledger.settlements import Booked
from scoring.sources.sevdesk.words.fetched import PAY_DAY_UNKNOWN, Fetched


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognisedDocuments:
    """What version 2 adds to the documents."""

    closings: pl.LazyFrame
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
    copies = find_copies(documents)
    invoices, revenue = documents.invoices, documents.revenue.height
    kept = retentions(documents, booked)
    is_sold = invoices["is_sold"] | invoices["id"].is_in(closed.sold)
    of_invoices = [
        sent_days(documents, booked),
        is_sold.alias("is_sold"),
        kept["retention_cents"],
        kept["retained_until"],
    ]
    return RecognisedDocuments(
        closings=closed.closings,
        sales=[*(_for_revenue(column, revenue) for column in of_invoices), copies.sales],
        bills=[copies.bills],
        notes=(*copies.notes, *([PAY_DAY_UNKNOWN] if closed.is_day_unknown else [])),
    )


_OF_REVENUE = {"sent_on": None, "is_sold": False, "retention_cents": 0, "retained_until": None}
"""Vouchers say none of this."""


def _for_revenue(column: pl.Series, count: int) -> pl.Series:
    return column.append(pl.Series([_OF_REVENUE[column.name]], dtype=column.dtype).new_from_index(0, count))
