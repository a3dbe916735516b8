"""What customers keep back of an invoice until its release: by its text, or by what they keep doing."""

from typing import Final

import polars as pl

from features.ledger import collect
from scoring.sources.sevdesk.ledger.documents import PAID, Documents
from scoring.sources.sevdesk.ledger.settlements import Booked

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


def retentions(documents: Documents, booked: Booked) -> pl.DataFrame:
    """``retention_cents`` and ``retained_until`` of the invoices, in their order.

    More than a tenth is no retention. The text of the invoice goes before the pattern, which knows no release.
    """
    invoices = documents.invoices.select("id", _GROSS, _BY_TEXT.alias("kept_cents"), "retained_until")
    named = invoices.lazy().with_columns(_KEPT).with_columns(_UNTIL)
    left = _left_again_and_again(documents, booked)
    if left.is_empty():
        return collect(named.select("retention_cents", "retained_until"))
    joined = named.join(left.lazy(), on="id", how="left", maintain_order="left")
    is_named = pl.col("retention_cents") > 0
    kept = pl.when(is_named).then("retention_cents").otherwise(pl.col("left_cents").fill_null(0))
    return collect(joined.select(kept.alias("retention_cents"), "retained_until"))


_PAID_CENTS = pl.coalesce("booked_cents", "stated_cents")
_LEFT = (_GROSS - _PAID_CENTS - pl.col("credited_cents").fill_null(0)).alias("left_cents")
# In thousandths, rounded: shares of net and gross amounts, and cents, are the same share.
_SHARE = ((pl.col("left_cents") * 1000 + _GROSS // 2) // _GROSS).alias("share")
_IS_SMALL = (pl.col("left_cents") * 100 >= _GROSS) & (pl.col("left_cents") * 10 <= _GROSS)
_IS_IN_TIME = pl.coalesce("last_on", "paid_on") <= pl.col("due_by") + pl.duration(days=PAID_WITHIN_DAYS)


def _left_again_and_again(documents: Documents, booked: Booked) -> pl.DataFrame:
    """``id`` and ``left_cents`` of open invoices of a customer who leaves the same share of each."""
    is_paid_in_part = (
        (pl.col("document") == "invoice")
        & (pl.col("status") < PAID)
        & pl.col("party").is_not_null()
        & (_PAID_CENTS > 0)
        & (_GROSS > _PAID_CENTS)
    )
    paid_in_part = booked.balanced.filter(is_paid_in_part & _IS_IN_TIME)
    if paid_in_part.height < REPEATED:
        return pl.DataFrame(schema={"id": pl.Int64, "left_cents": pl.Int64})
    notes = documents.credit_notes.lazy().filter(pl.col("invoice_id").is_not_null())
    credited = notes.group_by("invoice_id").agg(_GROSS.sum().alias("credited_cents"))
    return collect(
        paid_in_part.lazy()
        .join(credited, left_on="document_id", right_on="invoice_id", how="left")
        .with_columns(_LEFT)
        .filter(_IS_SMALL)
        .with_columns(_SHARE)
        .filter(pl.len().over("party", "share") >= REPEATED)
        .select(pl.col("document_id").alias("id"), "left_cents")
    )
