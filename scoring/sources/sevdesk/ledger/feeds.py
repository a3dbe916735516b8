"""Which lines of an account the bank delivered, and which somebody entered; ``docs/ledger.md`` has the reasons."""

import polars as pl

from features.ledger import collect

LATE_DAYS = 10
"""Days after its value day within which a bank delivers a line."""
EARLY_DAYS = 4
"""Days before its value day from which it may: over Easter, booking and value lie so far apart."""
DELIVERY_GAP_SECONDS = 60
"""What is created within this time after the line before belongs to the same delivery."""

_CREATED_AT = pl.coalesce("created_at", pl.col("created_on").cast(pl.Datetime("ms")).dt.epoch("s"))
_BREAKS = (pl.col("account") != pl.col("account").shift()) | (pl.col("created_at").diff() > DELIVERY_GAP_SECONDS)
_DELIVERY = _BREAKS.fill_null(value=False).cum_sum().cast(pl.Int64).alias("delivery")


def with_deliveries(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines by account and instant of creation, each with its ``delivery``: created without a pause.

    Args:
        lines: ``id``, ``account``, ``created_at`` (seconds, or null), ``created_on``, and any more.
    """
    dated = lines.lazy().with_columns(_CREATED_AT.alias("created_at"))
    return collect(dated.sort("account", "created_at", "id").with_columns(_DELIVERY))


_IS_MARKED = pl.col("has_hash") | pl.col("has_code")
_FIRST_MARKED_AT = pl.col("created_at").filter(_IS_MARKED).min().over("account")
_LATENESS = (pl.col("created_on") - pl.col("value_on")).dt.total_days()
_IS_LATE = _LATENESS > LATE_DAYS
# A provider may begin to send marks: lines that came in time before are judged without. Not so a whole past that was
# entered before the account was connected.
_IS_PLAIN = ~_IS_MARKED & ((pl.col("created_at") >= _FIRST_MARKED_AT) | (_IS_LATE & _FIRST_MARKED_AT.is_not_null()))
_FED = [
    pl.col("account", "delivery", "value_on"),
    (~pl.col("is_timed") & ~_IS_PLAIN.fill_null(value=False) & (_LATENESS >= -EARLY_DAYS)).alias("is_fed"),
    _IS_LATE.alias("is_late"),
]


def are_fed(lines: pl.DataFrame, connected: frozenset[int]) -> pl.Series:
    """Whether the bank delivered each line.

    A line of an account that is connected to its bank is delivered, unless its value day has a clock time, or it lacks
    the marks that other lines have, or it was created outside of the feed's deliveries.

    Args:
        lines: From ``with_deliveries``, with ``value_on``, ``is_timed``, ``has_hash`` and ``has_code``.
        connected: Accounts that are connected to their bank.
    """
    found = collect(lines.lazy().select(_FED))
    is_connected = pl.col("account").is_in(list(connected))
    found = found.with_columns((pl.col("is_fed") & is_connected).fill_null(value=False))
    if not (found["is_fed"] & found["is_late"]).any():
        return found["is_fed"]
    is_in_time = ~pl.col("is_late") | pl.col("delivery").is_in(_reaching_back(found))
    return found.select(pl.col("is_fed") & is_in_time).to_series()


def _reaching_back(lines: pl.DataFrame) -> list[int]:
    """Deliveries of lines that may be old: the first of an account, and those that go on where the one before ended."""
    value_on = pl.col("value_on").filter("is_fed")
    deliveries = (
        lines.lazy()
        .group_by("delivery")
        .agg(pl.col("account").first(), value_on.min().alias("first_on"), value_on.max().alias("last_on"))
        .filter(pl.col("first_on").is_not_null())
        .sort("delivery")
        .with_columns(pl.col("last_on").cum_max().shift().over("account").alias("known_until"))
    )
    goes_on = pl.col("first_on") >= pl.col("known_until").dt.offset_by(f"-{LATE_DAYS}d")
    is_first = pl.col("known_until").is_null()
    return collect(deliveries.filter(is_first | goes_on))["delivery"].to_list()
