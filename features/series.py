"""Formulas over measures: quotients and robust statistics of short monthly series, each within one row.

The order of operations is fixed, so that a row has the same bits alone or among many.
"""

from collections.abc import Sequence

import polars as pl


def quotient(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """Numerator over denominator as a float; null unless the denominator is above 0."""
    return pl.when(denominator > 0).then(numerator.cast(pl.Float64) / denominator.cast(pl.Float64))


def series(names: Sequence[str]) -> pl.Expr:
    """A list of floats, the most recent month first; null stands for a month without a value."""
    return pl.concat_list(names).cast(pl.List(pl.Float64))


def add_up(sales: pl.Expr) -> pl.Expr:
    """Running sums of a list of sales, the most recent month first; a month with negative sales covers nothing."""
    return sales.list.eval(pl.element().clip(0).cum_sum())


def used_up(sums: pl.Expr, amount: pl.Expr) -> pl.Expr:
    """Number of months whose running sums are below an amount, from the most recent one back."""
    return (sums - amount).list.eval((pl.element() < 0).cast(pl.Int32)).list.sum()


def share_needed(amount: pl.Expr, sums: pl.Expr, sold: pl.Expr) -> pl.Expr:
    """Which share of the sales of the month in which a walk back stops is needed for an amount.

    Args:
        amount: The amount, in cents.
        sums: Running sums up to that month, see ``add_up``; null if all months are used up.
        sold: Sales of that month; null likewise.

    Returns:
        The share; 0 if all months are used up.
    """
    return quotient(amount - sums + sold, sold).fill_null(0.0)


def median(values: pl.Expr) -> pl.Expr:
    """The median of a list; nulls do not count."""
    return values.list.median()


def median_deviation(values: pl.Expr, center: pl.Expr) -> pl.Expr:
    """The median absolute deviation from the center, which is the median of the list; unscaled."""
    return (values - center).list.eval(pl.element().abs()).list.median()


def slope_per_month(values: pl.Expr, months: int) -> pl.Expr:
    """The Theil-Sen slope of a monthly series: the median of the slopes between all pairs of months with a value.

    Args:
        values: A list of at most ``months`` values, the most recent first.
        months: Its greatest length.
    """
    # The pairs are constants, so that all slopes of a row are one subtraction of two lists and one division.
    pairs = [(recent, older) for recent in range(months) for older in range(recent + 1, months)]
    recent = pl.lit(pl.Series([[pair[0] for pair in pairs]], dtype=pl.List(pl.UInt32)))
    older = pl.lit(pl.Series([[pair[1] for pair in pairs]], dtype=pl.List(pl.UInt32)))
    apart = pl.lit(pl.Series([[float(pair[1] - pair[0]) for pair in pairs]], dtype=pl.List(pl.Float64)))
    return (
        # A shorter list has no value for its last pairs: null, which the median leaves out.
        (values.list.gather(recent, null_on_oob=True) - values.list.gather(older, null_on_oob=True)) / apart
    ).list.median()
