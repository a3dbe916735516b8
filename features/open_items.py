"""What was open on each document, and when it was paid: one pass for what customers owe and what the firm owes."""

import polars as pl

from features.collecting import collect

_ITEM = ["borrower", "document", "document_id", "gross_cents", "due_day", "as_of_day"]

_IS_SEEN = pl.col("visible_day") <= pl.col("as_of_day")
_IS_SAME_KIND = pl.col("document") == pl.col("document_right")
_MOVES = (
    pl.col("item", "gross_cents"),
    # A reduction that does not count becomes null instead of being filtered out: every item keeps a row, so that the
    # groups below stand in the order of the items.
    pl.when(_IS_SEEN & _IS_SAME_KIND).then("amount_cents").alias("amount_cents"),
    pl.when(_IS_SEEN & _IS_SAME_KIND).then("day").alias("day"),
)
_REDUCED = (
    pl.col("amount_cents").sum().alias("reduced_cents"),
    pl.col("day").min().alias("first_day"),
    pl.col("day").max().alias("paid_day"),
)
_IS_OPEN = pl.col("gross_cents") > pl.col("reduced_cents")
_STATE = (
    # What was paid too much does not count against other documents.
    (pl.col("gross_cents") - pl.col("reduced_cents")).clip(0).alias("open_cents"),
    _IS_OPEN.alias("is_open"),
    (~_IS_OPEN & (pl.col("first_day") < pl.col("paid_day"))).alias("is_paid_in_parts"),
    (pl.col("as_of_day") - pl.col("due_day")).clip(0).alias("past_due_days"),
)
_FOUND = (
    pl.col("item", "open_cents"),
    pl.when("is_open").then("past_due_days").otherwise(0).alias("dpd"),
    pl.when(~pl.col("is_open")).then("paid_day").alias("paid_day"),
    # What is still open counts with its days so far, a lower bound: leaving it out would flatter who stops paying.
    pl.when("is_open").then("past_due_days").otherwise(pl.col("paid_day") - pl.col("due_day")).alias("delay_days"),
)


def with_open(sales: pl.DataFrame, bills: pl.DataFrame, reductions: pl.LazyFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Add to each document what was open on it, its days past due, and its delay.

    Args:
        sales: With the columns ``borrower``, ``document``, ``document_id``, ``gross_cents``, ``due_day`` and
            ``as_of_day``.
        bills: With the same columns.
        reductions: What reduces the open amount of a document: ``borrower``, ``document``, ``document_id``,
            ``amount_cents``, ``day``, and ``visible_day``, from which on it is seen.

    Returns:
        Sales and bills in their order, each with ``item`` (its number among all), ``open_cents`` (gross minus
        everything that reduced it, at least 0), ``dpd`` (days past due while something is open, else 0), ``paid_day``
        (the day on which the open amount reached 0 for good) and ``delay_days`` (``paid_day`` minus ``due_day``, or the
        days past due while something is open).
    """
    # Both sides at once: one join instead of two.
    items = pl.concat([sales[_ITEM], bills[_ITEM]], rechunk=True).with_row_index("item")
    moves = collect(
        items.lazy()
        # A document has one row per point, so a document of several points gets its reductions once per point.
        .join(reductions, on=["borrower", "document_id"], how="left", maintain_order="left")
        .select(_MOVES)
        # The join kept the order of the items; saying so spares the grouping a hash table.
        .with_columns(pl.col("item").set_sorted())
    )
    reduced = moves.lazy().group_by("item", maintain_order=True).agg(_REDUCED)
    paid = collect(pl.concat([items.lazy(), reduced.drop("item")], how="horizontal").with_columns(_STATE))
    found = collect(_with_closing_days(moves, paid).select(_FOUND))
    return sales.hstack(found[: sales.height]), bills.hstack(found[sales.height :])


_IS_FIRST = (pl.col("item") != pl.col("item").shift(1)).fill_null(value=True)
_ENDS_DAY = (pl.col("item") != pl.col("item").shift(-1)) | (pl.col("day") != pl.col("day").shift(-1))
# Only the sum at the end of a day counts: a payment and its return on one day may stand in either order.
_ENDS_BELOW = (pl.col("amount_cents").cum_sum().over("item") < pl.col("gross_cents")) & _ENDS_DAY
_MAY_CLOSE = _IS_FIRST | _ENDS_BELOW.shift(1)


def _with_closing_days(moves: pl.DataFrame, items: pl.DataFrame) -> pl.LazyFrame:
    """Correct the paid day of items that were paid in parts: the day on which they were paid for good.

    It is the first move after the last day that ended below the gross amount. ``moves`` has the moves of each item,
    ``items`` one row per item, numbered from 0 without gaps, with what is open and its first and last day.
    """
    if not items["is_paid_in_parts"].any():
        return items.lazy()
    closing = collect(
        moves.lazy()
        # The number of an item is its row, which saves a join here and below.
        .filter(pl.lit(items["is_paid_in_parts"]).gather("item"), pl.col("day").is_not_null())
        .sort("item", "day")
        .filter(_MAY_CLOSE)
        # The last of them is after the last day below.
        .group_by("item")
        .agg(pl.col("day").last())
    )
    return items.lazy().with_columns(items["paid_day"].clone().scatter(closing["item"], closing["day"]))
