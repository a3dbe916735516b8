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


def full_months_since(first_day: str) -> pl.Expr:
    """Full months from a measured day to the end of the day of observation; null without that day.

    From the 15th of January to the 14th of February it is one: the day of observation itself has passed.
    """
    first = pl.col(first_day).cast(pl.Date)
    # The last month is not full yet while the next day lies before the day of the month on which it began.
    return pl.col("next_month") - month_of(first) - (pl.col("next_month_day") < first.dt.day())
