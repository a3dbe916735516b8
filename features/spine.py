"""Observation points: pairs of a borrower and a day, on which alone depends what is visible.

A spine is a frame with ``borrower`` Int64, ``as_of`` Date (facts of that day are seen, of the next are not) and
``is_reconstructed`` Boolean (the facts were fetched after ``as_of``, so later edits may show through).
"""

from datetime import date

import polars as pl

SPINE = pl.Schema({"borrower": pl.Int64(), "as_of": pl.Date(), "is_reconstructed": pl.Boolean()})

ONLINE_BORROWER = 0
"""The borrower number of a ledger that holds one applicant only."""


def spine_of(as_of: date, *, is_reconstructed: bool = False) -> pl.DataFrame:
    """The spine of one application: one borrower, one day."""
    return pl.DataFrame([(ONLINE_BORROWER, as_of, is_reconstructed)], schema=SPINE, orient="row")
