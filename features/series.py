"""Formulas over measures: quotients and robust statistics of short monthly series, each within one row.

The order of operations is fixed, so that a row has the same bits alone or among many.
"""

from collections.abc import Sequence

import polars as pl


def quotient(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """Numerator over denominator as a float; null unless the denominator is above 0."""
    return pl.when(denominator > 0).then(numerator.cast(pl.Float64) / denominator.cast(pl.Float64))


def series(values: Sequence[pl.Expr]) -> pl.Expr:
    """A list of floats, the most recent month first; null stands for a month without a value."""
    return pl.concat_list([value.cast(pl.Float64) for value in values])


def median(values: pl.Expr) -> pl.Expr:
    """The median of a list; nulls do not count."""
    return values.list.median()


def median_deviation(values: pl.Expr) -> pl.Expr:
    """The median absolute deviation from the median, unscaled."""
    return (values - values.list.median()).list.eval(pl.element().abs()).list.median()


def slope_per_month(values: pl.Expr, months: int) -> pl.Expr:
    """The Theil-Sen slope of a monthly series: the median of the slopes between all pairs of months with a value.

    Args:
        values: A list of ``months`` values, the most recent first.
        months: Its length.
    """
    pairs = [(recent, older) for recent in range(months) for older in range(recent + 1, months)]
    recent = pl.lit(pl.Series([[pair[0] for pair in pairs]], dtype=pl.List(pl.UInt32)))
    older = pl.lit(pl.Series([[pair[1] for pair in pairs]], dtype=pl.List(pl.UInt32)))
    apart = pl.lit(pl.Series([[float(pair[1] - pair[0]) for pair in pairs]], dtype=pl.List(pl.Float64)))
    return ((values.list.gather(recent) - values.list.gather(older)) / apart).list.median()
