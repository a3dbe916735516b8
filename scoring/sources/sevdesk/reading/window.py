"""Reads only the period that a plan looks at: as a filter of the query, and again on our side.

sevdesk silently ignores filters that it does not know, and filters bank lines by day of entry instead of value date. So
queries ask for a little more, and older rows are dropped here. Open documents are kept whatever their age.
"""

import asyncio
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from types import MappingProxyType

import polars as pl

from scoring.base.identifiers import BERLIN
from scoring.sources.sevdesk.reading.lists import Reader
from scoring.sources.sevdesk.words import pages
from scoring.sources.sevdesk.words.pages import Table

ENTRY_DAYS = 92
"""How many days before its value date a bank line may have been entered."""
OPEN: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {"Invoice": (200, 750), "CreditNote": (200, 750), "Voucher": (100, 150, 750)}
)
"""Statuses of documents that are not settled. Vouchers of 150 are paid, but their bank line is not there yet."""

_A_DAY = timedelta(days=1)


async def documents(reader: Reader, table: Table, since: date | None) -> pl.DataFrame:
    """Documents issued on or after a day, and those still open.

    Raises:
        SourceError: As ``SevdeskClient.fetch``.
    """
    if since is None:
        return await reader.frame(table, {})
    statuses = OPEN[table.resource]
    # Each query reaches a day further than needed; what is too much is dropped below.
    still_open = {"endDate": _midnight(since + _A_DAY), "status[]": [str(status) for status in statuses]}
    async with asyncio.TaskGroup() as group:
        dated = group.create_task(reader.frame(table, {"startDate": _midnight(since - _A_DAY)}))
        older = group.create_task(reader.frame(table, still_open))
    found, older_ones = dated.result(), older.result()
    # Without old open documents the frame stays as it is.
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
    """Rows not before the day. Rows without a day are kept: the ledger names them if they are facts."""
    # Usually the filter of the query worked, and no row has to be dropped.
    first = found[column].min()
    if not isinstance(first, date) or first >= since:
        return found
    return found.filter((pl.col(column) >= since).fill_null(value=True) | is_kept_anyway)


def _midnight(day: date) -> str:
    """The beginning of a day in Berlin, in unix seconds."""
    return str(int(datetime.combine(day, time(), tzinfo=BERLIN).timestamp()))
