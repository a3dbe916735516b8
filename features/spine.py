"""Observation points: pairs of a borrower and a day, on which alone depends what is visible.

A spine is a frame with ``borrower`` Int64, ``as_of`` Date (facts of that day are seen, of the next are not) and
``is_reconstructed`` Boolean (the facts were fetched after ``as_of``, so later edits may show through).
"""

from datetime import date
from functools import lru_cache

import polars as pl

from features.ledger import collect

SPINE = pl.Schema({"borrower": pl.Int64(), "as_of": pl.Date(), "is_reconstructed": pl.Boolean()})

ONLINE_BORROWER = 0
"""The borrower number of a ledger that holds one applicant only."""


def spine_of(as_of: date, *, is_reconstructed: bool = False) -> pl.DataFrame:
    """The spine of one application: one borrower, one day."""
    return pl.DataFrame([(ONLINE_BORROWER, as_of, is_reconstructed)], schema=SPINE, orient="row")


SPINE_COLUMNS = ("as_of_day", "end_day", "quarter_day", "year_day", "last_full_month", "next_month", "next_month_day")
"""Columns that expressions may read beside measures and the spine's own.

``end_day`` is the first day of the month after the last full month before the day of observation: the exclusive end of
every window of full months. ``quarter_day`` is three months earlier, ``year_day`` twelve, ``last_full_month`` the
number of the month before it. ``next_month`` and ``next_month_day`` are month and day of the month of the day after.
"""


def observed(spine: pl.DataFrame) -> pl.DataFrame:
    """Number the points of a spine and add the columns of ``SPINE_COLUMNS``."""
    return _observed_alone(*spine.row(0)) if spine.height == 1 else _observed(spine)


@lru_cache(maxsize=64)
def _observed_alone(borrower: int, as_of: date, is_reconstructed: bool) -> pl.DataFrame:  # noqa: FBT001  a row of a spine
    """One point, cached: the applications of a day share their day of observation."""
    return _observed(pl.DataFrame([(borrower, as_of, is_reconstructed)], schema=SPINE, orient="row"))


def _observed(spine: pl.DataFrame) -> pl.DataFrame:
    year, month = pl.col("year"), pl.col("month")
    return collect(
        spine.lazy()
        .select(*SPINE.names(), as_of_day=pl.col("as_of").cast(pl.Int32))
        # Months are counted from the next day: a month that ends on the day of observation is over.
        .with_columns(next_day=(pl.col("as_of_day") + 1).cast(pl.Date))
        .with_columns(year=pl.col("next_day").dt.year(), month=pl.col("next_day").dt.month().cast(pl.Int32))
        .select(
            *SPINE.names(),
            "as_of_day",
            point=pl.int_range(pl.len(), dtype=pl.UInt32),
            end_day=pl.date(year, month, 1).cast(pl.Int32),
            # Three months earlier: (month - 3) as 1 to 12, in the year before from January to March.
            quarter_day=pl.date(year - (month < 4), (month + 8) % 12 + 1, 1).cast(pl.Int32),
            year_day=pl.date(year - 1, month, 1).cast(pl.Int32),
            last_full_month=year * 12 + month - 1,
            next_month=year * 12 + month,
            next_month_day=pl.col("next_day").dt.day(),
        )
    )
