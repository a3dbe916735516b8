"""What features are computed from: integer aggregates of views, and terms, which several features share."""

from datetime import date
from functools import lru_cache

import msgspec
import polars as pl

from features.collecting import collect
from features.spine import SPINE
from features.views import View, month_of


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """One aggregate per observation point. Sums, counts, smallest, largest and medians of integers only."""

    name: str
    view: View
    aggregate: pl.Expr
    has_empty: bool = True
    """Whether it is 0 where the view has no row; a first day or a median has no value then."""


def total(name: str, view: View, amount: str | pl.Expr, where: pl.Expr) -> Measure:
    """The sum of an amount over the rows that meet a condition."""
    # Of many points, setting to 0 is faster than a filter in every group.
    return Measure(name=name, view=view, aggregate=pl.when(where).then(amount).otherwise(0).sum())


def count(name: str, view: View, where: pl.Expr) -> Measure:
    """The number of rows that meet a condition."""
    return Measure(name=name, view=view, aggregate=where.sum())


def cent_days(name: str, view: View, where: pl.Expr) -> Measure:
    """The sum of gross amount times delay over the rows that meet a condition.

    In 128 bits: the largest amounts times the longest delays, added up, do not fit into 64.
    """
    product = pl.col("gross_cents").cast(pl.Int128) * pl.col("delay_days")
    nothing = pl.lit(0, dtype=pl.Int128)
    return Measure(name=name, view=view, aggregate=pl.when(where).then(product).otherwise(nothing).sum())


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """A formula over measures that is computed once because several features or needs read it."""

    name: str
    reads: tuple[str, ...]
    """Measures and other terms."""
    expression: pl.Expr


SPINE_COLUMNS = ("as_of_day", "end_day", "quarter_day", "year_day", "last_full_month", "next_month", "next_month_day")
"""Columns that expressions may read beside measures and the spine's own.

``end_day`` is the first day of the month after the last full month before the day of observation: the exclusive end of
every window of full months. ``quarter_day`` is three months earlier, ``year_day`` twelve, ``last_full_month`` the
number of the month before it. ``next_month`` and ``next_month_day`` are month and day of the month of the day after.
"""


def observed(spine: pl.DataFrame) -> pl.DataFrame:
    """Number the points of a spine and add the columns of ``SPINE_COLUMNS``."""
    return _observed_alone(*spine.row(0)) if spine.height == 1 else _observed(spine)


@lru_cache(maxsize=64)
def _observed_alone(borrower: int, as_of: date, is_reconstructed: bool) -> pl.DataFrame:  # noqa: FBT001  a row of a spine
    """One point, cached: the applications of a day share their day of observation."""
    return _observed(pl.DataFrame([(borrower, as_of, is_reconstructed)], schema=SPINE, orient="row"))


def _observed(spine: pl.DataFrame) -> pl.DataFrame:
    year, month = pl.col("year"), pl.col("month")
    return collect(
        spine.lazy()
        .select(*SPINE.names(), as_of_day=pl.col("as_of").cast(pl.Int32))
        # Months are counted from the next day: a month that ends on the day of observation is over.
        .with_columns(next_day=(pl.col("as_of_day") + 1).cast(pl.Date))
        .with_columns(year=pl.col("next_day").dt.year(), month=pl.col("next_day").dt.month().cast(pl.Int32))
        .select(
            *SPINE.names(),
            "as_of_day",
            point=pl.int_range(pl.len(), dtype=pl.UInt32),
            end_day=pl.date(year, month, 1).cast(pl.Int32),
            # Three months earlier: (month - 3) as 1 to 12, in the year before from January to March.
            quarter_day=pl.date(year - (month < 4), (month + 8) % 12 + 1, 1).cast(pl.Int32),
            year_day=pl.date(year - 1, month, 1).cast(pl.Int32),
            last_full_month=year * 12 + month - 1,
            next_month=year * 12 + month,
            next_month_day=pl.col("next_day").dt.day(),
        )
    )


def full_months_since(first_day: str) -> pl.Expr:
    """Full months from a measured day to the end of the day of observation; null without that day.

    From the 15th of January to the 14th of February it is one: the day of observation itself has passed.
    """
    first = pl.col(first_day).cast(pl.Date)
    # The last month is not full yet while the next day lies before the day of the month on which it began.
    return pl.col("next_month") - month_of(first) - (pl.col("next_month_day") < first.dt.day())
