"""Only the stretch of time that a plan looks at: put into the query, and checked again on our side.

sevdesk silently ignores filters that it does not know, and cuts bank lines by the day of entry instead of the value
date. So queries ask for a little more, and what is older than the first day is dropped here. What is still open counts
whatever its age.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import partial
from types import MappingProxyType

import anyio
import polars as pl

from scoring.base.identifiers import BERLIN
from scoring.sources.sevdesk.reading.lists import Reader
from scoring.sources.sevdesk.reading.together import begin
from scoring.sources.sevdesk.words import pages
from scoring.sources.sevdesk.words.pages import Table

ENTRY_DAYS = 92
"""How long before its value date a bank line may have been entered; later entry is no matter."""
OPEN: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {"Invoice": (200, 750), "CreditNote": (200, 750), "Voucher": (100, 150, 750)}
)
"""Statuses of documents that are not settled; a voucher of 150 was paid, and its bank line is awaited."""

_A_DAY = timedelta(days=1)


async def documents(reader: Reader, table: Table, since: date | None) -> pl.DataFrame:
    """Documents issued on or after a day, and those still open.

    Raises:
        SourceError: As ``SevdeskClient.fetch``.
    """
    if since is None:
        return await reader.frame(table, {})
    statuses = OPEN[table.resource]
    still_open = {"endDate": _midnight(since + _A_DAY), "status[]": [str(status) for status in statuses]}
    async with anyio.create_task_group() as group:
        dated = begin(group, partial(reader.frame, table, {"startDate": _midnight(since - _A_DAY)}))
        older = begin(group, partial(reader.frame, table, still_open))
    found, older_ones = dated.value, older.value
    if older_ones.height:
        found = pl.concat([found, older_ones]).unique("id", keep="first", maintain_order=True)
    return _kept(found, "issued_on", since, pl.col("status").is_in(statuses))


async def bank_lines(reader: Reader, since: date | None) -> pl.DataFrame:
    """Lines of all accounts with a value date on or after a day.

    Raises:
        SourceError: As ``SevdeskClient.fetch``.
    """
    table = pages.CHECK_ACCOUNT_TRANSACTION
    if since is None:
        return await reader.frame(table, {})
    lines = await reader.frame(table, {"startDate": _midnight(since - timedelta(days=ENTRY_DAYS))})
    return _kept(lines, "value_on", since, pl.lit(value=False))


def _kept(found: pl.DataFrame, column: str, since: date, is_kept_anyway: pl.Expr) -> pl.DataFrame:
    """What is not before the day; a missing day is left for the ledger to complain about, where it is a fact."""
    first = found[column].min()
    if not isinstance(first, date) or first >= since:
        return found
    return found.filter((pl.col(column) >= since).fill_null(value=True) | is_kept_anyway)


def _midnight(day: date) -> str:
    """The beginning of a day in Berlin, in unix seconds."""
    return str(int(datetime.combine(day, time(), tzinfo=BERLIN).timestamp()))
