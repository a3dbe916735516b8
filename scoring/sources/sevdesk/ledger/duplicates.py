"""Lines that are in the books more than once: statements imported twice, and accounts that were connected again."""

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from features.ledger import collect

TIMELY_DAYS = 3
"""A feed delivers each line once: what it delivered within these days after the value day is real, however often."""

_SAME = ("account", "value_on", "amount_cents", "fingerprint")
_IS_TIMELY = pl.col("is_fed") & ((pl.col("created_on") - pl.col("value_on")).dt.total_days() <= TIMELY_DAYS)
_LARGEST_DELIVERY = pl.len().over(*_SAME, "delivery").max().over(_SAME)
_REAL = pl.max_horizontal(_LARGEST_DELIVERY, pl.col("is_timely").sum().over(_SAME))
_COPY = pl.int_range(pl.len()).over(_SAME)


def copies_in_account(lines: pl.DataFrame) -> list[int]:
    """Ids of lines that an account has once more: beyond the most that any one delivery had of them.

    Args:
        lines: From ``with_deliveries``, with ``is_fed`` and ``fingerprint``.
    """
    twins = lines.lazy().filter(pl.col("fingerprint").is_not_null() & pl.struct(_SAME).is_duplicated())
    ranked = twins.with_columns(_IS_TIMELY.alias("is_timely")).sort(
        "is_timely", "created_at", "id", descending=[True, False, False]
    )
    return collect(ranked.filter(_COPY >= _REAL).select("id"))["id"].to_list()


def carried_over(lines: pl.DataFrame, older: Mapping[int, int], newer: int) -> list[int]:
    """The line with which a new connection begins, where it is no payment but the level of an older one.

    Args:
        lines: ``id``, ``account``, ``value_on``, ``amount_cents``; ordered.
        older: Connections of the same account at the bank, with their levels of today.
        newer: The new connection.
    """
    of_newer = lines.filter(pl.col("account") == newer)
    first_on = of_newer["value_on"].min()
    if not isinstance(first_on, date):
        return []
    since = lines.filter(pl.col("value_on") >= first_on)
    before = {
        level - int(since.filter(pl.col("account") == each)["amount_cents"].sum()) for each, level in older.items()
    }
    is_level = (pl.col("value_on") == first_on) & pl.col("amount_cents").is_in(list(before - {0}))
    return of_newer.filter(is_level)["id"].head(1).to_list()


_AT_BANK = ("value_on", "amount_cents")


def copies_across(lines: pl.DataFrame, connections: Sequence[int]) -> list[int]:
    """Ids of lines that another connection of the same account at the bank has, too.

    Texts are not compared, because providers write them differently: each connection sees all lines of the account, so
    of one day and amount there are as many as the connection with the most has.

    Args:
        lines: ``id``, ``account``, ``value_on``, ``amount_cents``, ``created_at``; without copies in their account.
        connections: The accounts, those first whose lines are kept.
    """
    rank = pl.col("account").replace_strict(list(connections), range(len(connections)), return_dtype=pl.Int64)
    of_account = lines.lazy().filter(pl.col("account").is_in(connections)).with_columns(rank.alias("rank"))
    counts = (
        of_account.group_by(*_AT_BANK, "rank")
        .len("count")
        .sort("rank")
        .with_columns(pl.col("count").cum_max().shift().over(_AT_BANK).fill_null(0).alias("known"))
    )
    copies = (
        of_account.join(counts, on=[*_AT_BANK, "rank"])
        .sort("created_at", "id")
        .filter(pl.int_range(pl.len()).over(*_AT_BANK, "rank") < pl.col("known"))
    )
    return collect(copies.select("id"))["id"].to_list()
