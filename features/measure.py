"""What features are computed from: integer aggregates of views, and terms, which several features share."""

import msgspec
import polars as pl

from features.views import View, month_of


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """One aggregate per observation point. Sums, counts, smallest, largest and medians of integers only."""

    name: str
    view: View
    aggregate: pl.Expr
    has_empty: bool = True
    """Whether it is 0 where the view has no row; a first day or a median has no value then."""


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """A formula over measures that is computed once because several features or needs read it."""

    name: str
    reads: tuple[str, ...]
    """Measures and other terms."""
    expression: pl.Expr


SPINE_COLUMNS = ("as_of_day", "anchor", "end_day", "year_day", "last_full_month")
"""Columns that expressions may read beside measures and the spine's own.

``anchor`` is the first day of the month after the last full month before the day of observation: the exclusive end of
every window of full months. ``end_day`` is its number, ``year_day`` that of twelve months earlier, ``last_full_month``
the number of the month before it.
"""


def observed(spine: pl.DataFrame) -> pl.DataFrame:
    """Number the points of a spine and add the columns of ``SPINE_COLUMNS``."""
    anchor = pl.col("as_of").dt.offset_by("1d").dt.month_start()
    return spine.with_columns(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("point"),
        pl.col("as_of").cast(pl.Int32).alias("as_of_day"),
        anchor.alias("anchor"),
        anchor.cast(pl.Int32).alias("end_day"),
        anchor.dt.offset_by("-12mo").cast(pl.Int32).alias("year_day"),
        (month_of(anchor) - 1).alias("last_full_month"),
    )


def full_months_since(first_day: str) -> pl.Expr:
    """Full months from a measured day to the end of the day of observation; null without that day.

    From the 15th of January to the 14th of February it is one: the day of observation itself has passed.
    """
    first = pl.col(first_day).cast(pl.Int32).cast(pl.Date)
    end = pl.col("as_of").dt.offset_by("1d")
    months = (end.dt.year() - first.dt.year()) * 12 + end.dt.month().cast(pl.Int32) - first.dt.month().cast(pl.Int32)
    return months - (end.dt.day() < first.dt.day()).cast(pl.Int32)


def days_of_months(count: int, *, back: int = 0) -> pl.Expr:
    """Days in the ``count`` full months that end ``back`` months before the last full month ends."""
    end = pl.col("anchor").dt.offset_by(f"-{back}mo")
    start = pl.col("anchor").dt.offset_by(f"-{back + count}mo")
    return (end - start).dt.total_days()
