"""Levels and lines to the path of the cash balance: end-of-day sums of all cash accounts over a window of days."""

from collections.abc import Sequence

import polars as pl

from features.collecting import grouped

_HAS_LEVEL = pl.col("level_cents").is_not_null()
_HAS_LINES_BEFORE = pl.col("first_day") <= pl.col("level_day")
_IS_IN_LEVEL = pl.col("day") <= pl.col("level_day")
_AMOUNT = pl.col("amount_cents")


def daily_path(
    accounts: pl.LazyFrame, lines: pl.LazyFrame, window_days: int, by: Sequence[str] = ("point",)
) -> pl.LazyFrame:
    """Add up the end-of-day levels of all cash accounts over the window that ends on the day of observation.

    The level of an account on a day is its known level plus its lines after the day of that level and up to the day;
    before the day of the known level it is that level minus the lines in between. In other words: its known level,
    minus its lines up to the day of that level, plus its lines up to the day. All of these are moves of one sum.

    Args:
        accounts: ``point``, ``account_id``, ``first_day`` of the lines, and ``level_day``, ``level_cents``,
            ``as_of_day``, which are null where no level is known.
        lines: Visible lines: ``point``, ``account_id``, ``day``, ``amount_cents``, ``as_of_day``.
        window_days: Length of the window, the day of observation included.
        by: The columns that identify a point; empty where there is only one.

    Returns:
        One row per point with a known level and stretch of days with the same level: ``level_cents``,
        ``length_days``. Without a known level the path of the lines alone, which says only how the level changed.
    """
    first_day = pl.col("as_of_day") - (window_days - 1)
    known = accounts.filter(_HAS_LEVEL)
    overlapping = known.filter(_HAS_LINES_BEFORE).select(*by, "account_id", "level_day")
    moves = pl.concat(
        [
            known.select(*by, first_day.alias("day"), pl.col("level_cents").alias("amount_cents"), "as_of_day"),
            # What was before the window is moved to its first day, where every path begins.
            lines.select(*by, pl.max_horizontal("day", first_day), "amount_cents", "as_of_day"),
            # Lines up to the day of the known level are in it already.
            lines.join(overlapping, on=[*by, "account_id"])
            .filter(_IS_IN_LEVEL)
            .select(*by, first_day.alias("day"), -_AMOUNT, "as_of_day"),
        ]
    )
    next_day, level = pl.col("day").shift(-1), _AMOUNT.cum_sum()
    if by:
        next_day, level = next_day.over(by), level.over(by)
    days = grouped(moves, (*by, "day"), (_AMOUNT.sum(), pl.col("as_of_day").first()))
    return days.select(
        *by,
        level.alias("level_cents"),
        # The last level lasts to the day of observation, that day included.
        (next_day.fill_null(pl.col("as_of_day") + 1) - pl.col("day")).alias("length_days"),
    )
