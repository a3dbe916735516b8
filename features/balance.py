"""Levels and lines to the path of the cash balance: end-of-day sums of all cash accounts over a window of days."""

import polars as pl


def daily_path(points: pl.DataFrame, levels: pl.DataFrame, lines: pl.DataFrame, window_days: int) -> pl.DataFrame:
    """Add up the end-of-day levels of all cash accounts over the window that ends on the day of observation.

    The level of an account on a day is its known level plus its lines after the day of that level and up to the day;
    before the day of the known level it is that level minus the lines in between. With several known levels the latest
    counts.

    Args:
        points: ``point``, ``as_of_day``.
        levels: Visible known levels: ``point``, ``account_id``, ``level_day``, ``level_cents``, ``is_level_verified``.
        lines: Visible lines: ``point``, ``account_id``, ``day``, ``amount_cents``.
        window_days: Length of the window, the day of observation included.

    Returns:
        One row per ``point`` and stretch of days with the same level: ``level_cents``, ``length_days``, and
        ``unverified_count``, the number of accounts whose level no bank confirms (the same on all rows of a point).
    """
    latest = levels.group_by("point", "account_id").agg(
        pl.col("level_cents", "is_level_verified").sort_by("level_day").last(), pl.col("level_day").max()
    )
    daily = lines.group_by("point", "account_id", "day").agg(pl.col("amount_cents").sum())
    per_account = daily.join(latest, on=["point", "account_id"], how="full", coalesce=True).group_by(
        "point", "account_id"
    )
    accounts = (
        per_account.agg(
            pl.col("level_cents", "is_level_verified").first(),
            # Lines up to the day of the known level are in it already.
            pl.when(pl.col("day") <= pl.col("level_day")).then("amount_cents").otherwise(0).sum().alias("before_cents"),
        )
        .group_by("point")
        .agg(
            (pl.col("level_cents").fill_null(0) - pl.col("before_cents")).sum().alias("base_cents"),
            (~pl.col("is_level_verified").fill_null(value=False)).cast(pl.Int64).sum().alias("unverified_count"),
        )
        .join(points.select("point", "as_of_day"), on="point")
    )
    first_day = pl.col("as_of_day") - (window_days - 1)
    # What was before the window is moved to its first day, where every path begins.
    begins = points.select("point", first_day.alias("day"), pl.lit(0, dtype=pl.Int64).alias("amount_cents"))
    moved = daily.join(points.select("point", "as_of_day"), on="point").select(
        "point", pl.max_horizontal("day", first_day).alias("day"), "amount_cents"
    )
    days = pl.concat([begins, moved]).group_by("point", "day").agg(pl.col("amount_cents").sum())
    return (
        days.join(accounts, on="point")
        .sort("point", "day")
        .select(
            "point",
            (pl.col("base_cents") + pl.col("amount_cents").cum_sum().over("point")).alias("level_cents"),
            (pl.col("day").shift(-1).over("point").fill_null(pl.col("as_of_day") + 1) - pl.col("day")).alias(
                "length_days"
            ),
            "unverified_count",
        )
    )
