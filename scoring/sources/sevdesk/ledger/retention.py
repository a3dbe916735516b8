"""What customers keep back of an invoice until its release: by its text, or by what they keep doing."""

from typing import Final

import polars as pl

from features.ledger import collect
from scoring.sources.sevdesk.ledger.documents import DUE_AFTER_TERM, Documents

REPEATED: Final = 3
"""Invoices of one customer with the same share left make a pattern."""
PAID_WITHIN_DAYS: Final = 30
"""After the due day: what came later was paid late, not kept back."""

_GROSS = pl.col("gross_cents")
# A sum beside a share may be that of the invoice.
_BY_TEXT = pl.coalesce(_GROSS * pl.col("retained_basis_points") // 10_000, "retained_cents")
_IS_A_TENTH = (pl.col("kept_cents") > 0) & (pl.col("kept_cents") * 10 <= _GROSS)
_KEPT = pl.when(_IS_A_TENTH).then("kept_cents").otherwise(0).alias("retention_cents")
_UNTIL = pl.when(pl.col("retention_cents") > 0).then("retained_until").alias("retained_until")


def retentions(documents: Documents, closings: pl.DataFrame) -> pl.DataFrame:
    """``retention_cents``, ``retained_since`` and ``retained_until`` of the invoices, in their order.

    More than a tenth is no retention. The text of the invoice goes before the pattern, which knows no release, and
    which is one only from the day on which the third invoice showed it.

    Args:
        documents: From ``build_documents``.
        closings: What closed the documents, from ``close``.
    """
    invoices = documents.invoices.select("id", _GROSS, _BY_TEXT.alias("kept_cents"), "retained_until")
    named = invoices.lazy().with_columns(_KEPT).with_columns(_UNTIL)
    left = _left_again_and_again(documents, closings)
    joined = named.join(left.lazy(), on="id", how="left", maintain_order="left")
    is_named = pl.col("retention_cents") > 0
    kept = pl.when(is_named).then("retention_cents").otherwise(pl.col("left_cents").fill_null(0))
    since = pl.when(~is_named).then("retained_since")
    return collect(joined.select(kept.alias("retention_cents"), since.alias("retained_since"), "retained_until"))


_LEFT = (_GROSS - pl.col("cents").cum_sum().over("id")).alias("left_cents")
# In thousandths, rounded: shares of net and gross amounts, and cents, are the same share.
_SHARE = ((pl.col("left_cents") * 1000 + _GROSS // 2) // _GROSS).alias("share")
_IS_SMALL = (pl.col("left_cents") * 100 >= _GROSS) & (pl.col("left_cents") * 10 <= _GROSS)
_LAST_ON = pl.col("happened_on").cum_max().over("id").alias("last_on")
_IS_IN_TIME = pl.col("last_on") <= pl.col("due_on") + pl.duration(days=PAID_WITHIN_DAYS)
_SHOWN_BY = pl.col("known_on").sort().slice(REPEATED - 1, 1).first().over("contact", "share")
_OF_INVOICE = ("id", "contact", _GROSS, DUE_AFTER_TERM[0])
_KNOWN = pl.max_horizontal("happened_on", "recorded_on").alias("known_on")
_NOTHING = pl.DataFrame(schema={"id": pl.Int64, "left_cents": pl.Int64, "retained_since": pl.Date})


def _left_again_and_again(documents: Documents, closings: pl.DataFrame) -> pl.DataFrame:
    """Of invoices of customers who leave the same share of each: what was left, and the day since when that is known.

    Looked at is what was left of an invoice at the end of each day on which something became known of it. What was
    paid later takes nothing back: a retention that was released had been one.
    """
    invoices = documents.invoices.select(_OF_INVOICE).filter((_GROSS > 0) & pl.col("contact").is_not_null())
    if invoices.height < REPEATED:
        return _NOTHING
    days = collect(
        pl.concat([_closed_by_day(closings), _credited_by_day(documents)])
        .join(invoices.lazy(), on="id")
        # Nearly all are paid at once and in full: nothing was left of these on any day.
        .filter(~(_GROSS.eq(pl.col("cents")) & pl.col("id").is_unique()))
        .group_by("id", "known_on")
        .agg(pl.col("cents").sum(), pl.col("happened_on").max(), pl.col("contact", "gross_cents", "due_on").first())
        .sort("id", "known_on")
        .with_columns(_LEFT, _LAST_ON)
        .filter(_IS_SMALL & _IS_IN_TIME)
    )
    if days.height < REPEATED:
        return _NOTHING
    return collect(
        days.lazy()
        .with_columns(_SHARE)
        .unique(["id", "share"], keep="first", maintain_order=True)
        .with_columns(
            pl.max_horizontal("known_on", _SHOWN_BY).alias("retained_since"), pl.len().over("contact", "share")
        )
        .filter(pl.col("len") >= REPEATED)
        # The first that was known of an invoice: later shares are releases in parts.
        .sort("id", "retained_since", "left_cents")
        .unique("id", keep="first", maintain_order=True)
        .select("id", "left_cents", "retained_since")
    )


def _closed_by_day(closings: pl.DataFrame) -> pl.LazyFrame:
    of_invoices = closings.lazy().filter(pl.col("document") == "invoice")
    return of_invoices.select(
        pl.col("document_id").alias("id"), _KNOWN, "happened_on", pl.col("amount_cents").alias("cents")
    )


def _credited_by_day(documents: Documents) -> pl.LazyFrame:
    notes = documents.credit_notes.lazy().filter(pl.col("invoice_id").is_not_null())
    known = pl.max_horizontal("issued_on", "created_on").alias("known_on")
    return notes.select(
        pl.col("invoice_id").alias("id"),
        known,
        pl.col("issued_on").alias("happened_on"),
        pl.col("gross_cents").alias("cents"),
    )
