"""What was read of an account, in typed frames, with notes for the coverage."""

from dataclasses import dataclass

import polars as pl

from features.ledger import Resource

LOG_UNAVAILABLE = "payment_log_unavailable"
"""Note: the list of the payment log is not documented, and this account does not serve it."""
LOG_BY_DOCUMENT = "payment_log_by_document"
"""Note: it was read document by document, whole."""
LOG_PARTIAL = "payment_log_partial"
"""Note: it was read document by document, until the budget ended; the rest is from the documents' own fields."""
BALANCE_UNAVAILABLE = "balance_unavailable"
"""Note: an account has no balance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What was read, in the typed columns of ``pages``; frames that the plan does not need are empty."""

    resources: frozenset[Resource]
    """The plan; more may have been read, see ``read_along``."""
    invoices: pl.DataFrame
    reminders: pl.DataFrame
    credit_notes: pl.DataFrame
    vouchers: pl.DataFrame
    accounts: pl.DataFrame
    transactions: pl.DataFrame
    payment_log: pl.DataFrame | None
    """None where it was not asked for or is not served."""
    is_log_complete: bool
    """Whether the log was asked for and has every booking on the documents that were read."""
    levels: dict[int, int]
    """Account to its balance at the end of the day of the fetch, in cents."""
    notes: tuple[str, ...]
    parse_seconds: float
    """Own time within the fetch: decoding and typing pages."""
