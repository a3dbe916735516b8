"""Lines that are in the books more than once: statements imported twice, and accounts that were connected again."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import TypeAlias

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
    twins = lines.lazy().filter(pl.col("fingerprint").is_not_null()).filter(pl.struct(_SAME).is_duplicated())
    ranked = twins.with_columns(_IS_TIMELY.alias("is_timely")).sort(
        "is_timely", "created_at", "id", descending=[True, False, False]
    )
    # To number lines takes longest, and most that are equal are real.
    many = ranked.filter(pl.len().over(_SAME) > _REAL)
    return collect(many.filter(_COPY >= _REAL).select("id"))["id"].to_list()


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
    sizes = lines.lazy().filter(~_IS_TIMELY).group_by("account", "delivery").len()
    large = collect(sizes.filter(pl.col("len") >= MANY_LINES))
    if large.is_empty():
        return []
    deliveries = set(large["delivery"])
    of_accounts = lines.filter(pl.col("account").is_in(large["account"].unique().implode()))
    rows = of_accounts.select("account", "delivery", "id", pl.col("value_on").to_physical(), "amount_cents").iter_rows()
    copies = list[int]()
    for _, of_account in groupby(rows, key=itemgetter(0)):
        known = Counter[_Kind]()
        for delivery, group in groupby(of_account, key=itemgetter(1)):
            statement = [(number, (day, cents)) for _, _, number, day, cents in group]
            if delivery in deliveries:
                copies += _copies(statement, known)
            known.update(kind for _, kind in statement)
    return copies


_Kind: TypeAlias = tuple[int, int]
"""Day and amount of a line."""
_Statement: TypeAlias = Sequence[tuple[int, _Kind]]
"""Lines by their ids."""


def _copies(statement: _Statement, known: Counter[_Kind]) -> list[int]:
    if known:
        first_on, last_on = min(known)[0], max(known)[0]
        for days in (0, 1, -1):
            again = [
                (number, (day + days, cents)) for number, (day, cents) in statement if first_on <= day + days <= last_on
            ]
            found = _also_in(known, again)
            if _is_statement(found, len(again)):
                return [number for number, _ in found]
    counts = Counter(kind for _, kind in statement)
    # Of what is there four times the later two are copies; what is there three times was three payments.
    halves = Counter({kind: count // 2 for kind, count in counts.items() if count % 2 == 0})
    found = _also_in(halves, statement[::-1])
    return [number for number, _ in found] if _is_statement(found, len(statement) / 2) else []


def _also_in(known: Counter[_Kind], lines: _Statement) -> list[tuple[int, _Kind]]:
    """The lines that are known by day and amount, each known one once."""
    used, found = Counter[_Kind](), list[tuple[int, _Kind]]()
    for number, kind in lines:
        if used[kind] < known[kind]:
            used[kind] += 1
            found.append((number, kind))
    return found


def _is_statement(found: _Statement, height: float) -> bool:
    kinds = {kind for _, kind in found}
    is_much = len(kinds) >= MANY_LINES and len({day for day, _ in kinds}) >= _MANY_DAYS
    return is_much and len(found) >= _MOST * height


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
