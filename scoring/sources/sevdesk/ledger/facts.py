"""What every fact of the ledger has: a borrower, all its values, and days that are possible."""

from datetime import date
from typing import TypeAlias

import polars as pl

from features.spine import ONLINE_BORROWER
from scoring.sources.sevdesk.words.pages import malformed

Frames: TypeAlias = dict[str, pl.LazyFrame]
"""Frames of the ledger by name, not yet computed: all are computed together."""

# Expressions are built once, at import: to build them takes longer than to compute them on a few thousand rows.
BORROWER = pl.lit(ONLINE_BORROWER, dtype=pl.Int64).alias("borrower")
IS_LIVE = ~pl.col("is_deleted")
"""A bank line that was not deleted. Lists leave deleted ones out, by what was seen so far."""

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)
"""Days of facts, as the contract of ledgers has them (``features.contracts``, which is too slow to import here)."""


def complete(frame: pl.DataFrame, resource: str, required: dict[str, str]) -> pl.DataFrame:
    """The frame itself, once it is sure that no fact lacks a value or has an impossible day.

    Args:
        frame: Facts with their ``id``.
        resource: For the error.
        required: Column to the field of sevdesk that it comes from.

    Raises:
        UnexpectedAnswerError: A value is null, or a day lies before 1970 or after 2199; names the first such object.
    """
    for column, field in required.items():
        values = frame[column]
        if values.null_count():
            raise malformed(resource, field, frame.filter(pl.col(column).is_null())["id"][0])
        if values.dtype == pl.Date and frame.height:
            for day in (values.min(), values.max()):
                if isinstance(day, date) and not FIRST_DAY <= day <= LAST_DAY:
                    raise malformed(resource, field, frame.filter(pl.col(column) == day)["id"][0])
    return frame
