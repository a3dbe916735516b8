"""Lines that are in the books more than once: statements imported twice, and accounts that were connected again."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import polars as pl

from features.ledger import collect

TIMELY_DAYS = 3
"""A feed delivers each line once: what it delivered within these days after the value day is real, however often."""

_SAME = ("account", "value_on", "amount_cents", "fingerprint")
_IS_TIMELY = pl.col("is_fed") & ((pl.col("created_on") - pl.col("value_on")).dt.total_days() <= TIMELY_DAYS)
_LARGEST_DELIVERY = pl.len().over(*_SAME, "delivery").max().over(_SAME)
_REAL = pl.max_horizontal(_LARGEST_DELIVERY, pl.col("is_timely").sum().over(_SAME))
_AT_BANK = ("value_on", "amount_cents")
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


MANY_LINES = 5
"""Lines of different days and amounts that another statement has, too, are no chance."""
_MANY_DAYS = 3
_MOST = 0.9


def statements_again(lines: pl.DataFrame) -> list[int]:
    """Ids of lines that came with a statement which the account had before, in other words or a day apart.

    Nearly all of a delivery, as far as it reaches back into days that are known, are known by day and amount; or nearly
    all of one are in it twice, as where a file was imported twice at once. A single payment that another one equals is
    none of these, nor is the rest of a day.

    Args:
        lines: From ``with_deliveries``, with ``is_fed``; without copies.
    """
    sizes = lines.lazy().filter(~_IS_TIMELY).group_by("account", "delivery").len().filter(pl.col("len") >= MANY_LINES)
    large = collect(sizes.sort("account", "delivery"))
    return [
        copy
        for account, delivery, _ in large.iter_rows()
        for copy in _copies(lines.filter(pl.col("account") == account), delivery)
    ]


def _copies(lines: pl.DataFrame, delivery: int) -> list[int]:
    before, now = lines.filter(pl.col("delivery") < delivery), lines.filter(pl.col("delivery") == delivery)
    first_on, last_on = before["value_on"].min(), before["value_on"].max()
    known = Counter(before.select_seq(*_AT_BANK).iter_rows())
    for days in (0, 1, -1):
        shift = timedelta(days=days)
        again = now.filter((pl.col("value_on") + shift).is_between(first_on, last_on))
        found = _also_in(known, again, shift)
        if _is_statement(found, again.height):
            return [number for number, *_ in found]
    counts = Counter(now.select_seq(*_AT_BANK).iter_rows())
    # Of what is there four times the later two are copies; what is there three times was three payments.
    halves = Counter({key: count // 2 for key, count in counts.items() if count % 2 == 0})
    found = _also_in(halves, now.reverse(), timedelta())
    return [number for number, *_ in found] if _is_statement(found, now.height / 2) else []


def _also_in(known: Counter[tuple[date, int]], lines: pl.DataFrame, shift: timedelta) -> list[tuple[int, date, int]]:
    """The lines that are known by day and amount, each known one once."""
    left, found = known.copy(), list[tuple[int, date, int]]()
    for number, day, cents in lines.select_seq("id", *_AT_BANK).iter_rows():
        key = (day + shift, cents)
        if left[key] > 0:
            left[key] -= 1
            found.append((number, *key))
    return found


def _is_statement(found: Sequence[tuple[int, date, int]], height: float) -> bool:
    kinds, days = {(day, cents) for _, day, cents in found}, {day for _, day, _ in found}
    return len(kinds) >= MANY_LINES and len(days) >= _MANY_DAYS and len(found) >= _MOST * height


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
