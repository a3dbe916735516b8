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
# A provider may begin to send marks: lines from before are judged without.
_IS_PLAIN = ~_IS_MARKED & (pl.col("created_at") >= _FIRST_MARKED_AT).fill_null(value=False)
_LATENESS = (pl.col("created_on") - pl.col("value_on")).dt.total_days()
_IS_ODD = (_LATENESS > LATE_DAYS) | (_LATENESS < -EARLY_DAYS)

# A value day that lies ahead says nothing of what was known.
_KNOWN_ON = pl.min_horizontal("value_on", "created_on").alias("known_on")


def are_fed(lines: pl.DataFrame, connected: frozenset[int]) -> pl.Series:
    """Whether the bank delivered each line.

    A line of an account that is connected to its bank is delivered, unless its value day has a clock time, or it lacks
    the marks that other lines have, or it was created outside of the feed's deliveries.

    Args:
        lines: From ``with_deliveries``, with ``value_on``, ``is_timed``, ``has_hash`` and ``has_code``.
        connected: Accounts that are connected to their bank.
    """
    marked = lines.lazy().with_columns(
        (pl.col("account").is_in(list(connected)) & ~pl.col("is_timed") & ~_IS_PLAIN).alias("is_fed"),
        _IS_ODD.alias("is_odd"),
    )
    found = collect(marked.select("account", "delivery", _KNOWN_ON, "is_fed", "is_odd"))
    if not (found["is_fed"] & found["is_odd"]).any():
        return found["is_fed"]
    return found.select(pl.col("is_fed") & (~pl.col("is_odd") | pl.col("delivery").is_in(_reaching_back(found))))[
        "is_fed"
    ]


def _reaching_back(lines: pl.DataFrame) -> list[int]:
    """Deliveries of lines that may be old: the first of an account, and those that go on where the one before ended."""
    known_on = pl.col("known_on").filter("is_fed")
    deliveries = (
        lines.lazy()
        .group_by("delivery")
        .agg(pl.col("account").first(), known_on.min().alias("first_on"), known_on.max().alias("last_on"))
        .filter(pl.col("first_on").is_not_null())
        .sort("delivery")
        .with_columns(pl.col("last_on").cum_max().shift().over("account").alias("known_until"))
    )
    goes_on = pl.col("first_on") >= pl.col("known_until").dt.offset_by(f"-{LATE_DAYS}d")
    is_first = pl.col("known_until").is_null()
    return collect(deliveries.filter(is_first | goes_on))["delivery"].to_list()
