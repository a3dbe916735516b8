"""Marks of documents and lines: running numbers, locks, edits, blank texts, templates, scans, states of work.

They are built where the resource ``marks`` was asked for; else every mark is null. What cannot be read is null, too.
"""

from collections.abc import Sequence

import polars as pl

from features.ledger import BOOKING

_CREATED, _LINKED, _PRIVATE, _AUTO_BOOKED, _BOOKED = 100, 200, 300, 350, 400
"""States of a line."""


def marks_of_invoices(series: pl.Series, templates: pl.Series) -> list[pl.Expr | pl.Series]:
    """Columns of the ledger for invoices that were sent, from those of ``pages.MARKED_INVOICE``.

    Args:
        series: Hashes of what the numbers of one series share.
        templates: Ids of the recurring templates.
    """
    is_from_template = (pl.col("origin_kind") == "Invoice") & pl.col("origin").is_in(templates.implode())
    return [
        series.alias("series"),
        pl.col("running").alias("number"),
        pl.col("locked_on"),
        pl.when(pl.col("updated_on") > _LAST_SENT_ON).then("updated_on").alias("edited_on"),
        pl.col("is_blank"),
        (pl.col("rhythm").is_not_null() | is_from_template.fill_null(value=False)).alias("is_recurring"),
    ]


# Sending and locking change a document, too.
_LAST_SENT_ON = pl.max_horizontal("created_on", "sent_on", "locked_on")
_HAS_NO_NUMBER = pl.col("number").fill_null("").str.strip_chars() == ""

MARKS_OF_REVENUE: Sequence[pl.Expr] = (
    pl.lit(None, dtype=pl.Int64).alias("series"),
    pl.lit(None, dtype=pl.Int64).alias("number"),
    pl.lit(None, dtype=pl.Date).alias("locked_on"),
    pl.col("updated_on").alias("edited_on"),
    _HAS_NO_NUMBER.alias("is_blank"),
    pl.lit(None, dtype=pl.Boolean).alias("is_recurring"),
)
"""Columns of the ledger for vouchers of revenue, from those of ``pages.MARKED_VOUCHER``."""

MARKS_OF_BILLS: Sequence[pl.Expr] = (
    pl.col("updated_on").alias("edited_on"),
    _HAS_NO_NUMBER.alias("is_blank"),
    # There is something, and it cannot be told what: neither filed nor not.
    pl.when(~pl.col("is_file_odd")).then(pl.col("file").is_not_null()).alias("has_scan"),
)
"""Columns of the ledger for vouchers of suppliers."""

BOOKING_OF_LINES: pl.Expr = (
    pl.when(pl.col("status") == _CREATED)
    .then(pl.lit("created", dtype=BOOKING))
    .when(pl.col("status") == _LINKED)
    .then(pl.lit("linked", dtype=BOOKING))
    .when(pl.col("status") == _PRIVATE)
    .then(pl.lit("private", dtype=BOOKING))
    .when(pl.col("status").is_in([_AUTO_BOOKED, _BOOKED]))
    .then(pl.lit("booked", dtype=BOOKING))
    .alias("booking")
)
"""Column of the ledger for bank lines; null for a state that sevdesk is not known to have."""
