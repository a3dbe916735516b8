"""What was read of an account, in typed frames, with notes for the coverage."""

from dataclasses import dataclass

import polars as pl

from features.ledger import CATEGORY, Resource

LOG_UNAVAILABLE = "payment_log_unavailable"
"""Note: the list of the payment log is not documented, and this account does not serve it."""
LOG_BY_DOCUMENT = "payment_log_by_document"
"""Note: it was read document by document, whole."""
LOG_PARTIAL = "payment_log_partial"
"""Note: it was read document by document, until the budget ended; the rest is from the documents' own fields."""
BALANCE_UNAVAILABLE = "balance_unavailable"
"""Note: an account has no balance."""
INVOICES_TWICE = "invoices_twice"
"""Note: a sale is in the books more than once under one number; it counts once."""
BILLS_TWICE = "bills_twice"
"""Note: a bill is in the books more than once under one number; it counts once."""
NUMBER_TWICE = "number_twice"
"""Note: documents of one number differ in their party or amount; all of them count."""
PAY_DAY_UNKNOWN = "pay_day_unknown"
"""Note: a document says that it is paid, and nothing says when."""
ACCOUNT_RECONNECTED = "account_reconnected"
"""Note: an account at a bank is in the books more than once, by its number; it counts once."""
ACCOUNT_TWICE_UNSURE = "account_twice_unsure"
"""Note: two accounts look like one, and it cannot be told; their levels are unverified."""
LINES_TWICE = "lines_twice"
"""Note: lines were entered or imported more than once; they count once."""
OWN_ACCOUNT_MISSING = "own_account_missing"
"""Note: money goes to or comes from an account in the firm's own name that is not in the books."""

POSITIONS_REFUSED = "positions_refused"
"""Note: a list of positions is not served to this account, and the decision needs none."""
ACCOUNTS_UNNUMBERED = "accounts_unnumbered"
"""Note: positions are booked on accounts whose number the source does not tell; they have no kind."""
CHART_UNKNOWN = "chart_unknown"
"""Note: which chart the numbers of booking accounts are of cannot be told; positions of vouchers have no kind."""

SET_ASIDE_NOTE = "set_aside"
"""Note: objects could not be read, and were set aside."""
READ_AS_EMPTY = "read_as_empty"
"""Note: values that no fact needs could not be read, and count as not stated."""

SET_ASIDE = pl.Schema(
    {
        "resource": pl.String(),
        "id": pl.Int64(),
        "field": pl.String(),  # sevdesk's name of the value for which it was set aside
        "reason": pl.String(),  # missing, unreadable or out_of_range
        # sale, bill, credit_note, bank_line, log_entry, account, cancellation, reminder, or unknown
        "kind": pl.String(),
        "gross_cents": pl.Int64(),  # signed as in sevdesk; null where it cannot be read, and for accounts
        "net_cents": pl.Int64(),
        "contact": pl.Int64(),
        "issued_on": pl.Date(),  # of bank lines the value date
        "due_on": pl.Date(),
        "category": CATEGORY,  # of a bank line, where it was recognised
        "created_on": pl.Date(),
    }
)
"""Objects that cannot be facts as they are; what could be read of them. An account takes its lines with it."""


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
    positions: pl.DataFrame | None = None
    """Of the documents that are facts, as ``reading.positions``; None where they were not asked for, or are refused and
    optional."""
    payment_log: pl.DataFrame | None
    """None where it was not asked for or is not served."""
    is_log_complete: bool
    """Whether the log was asked for and has every booking on the documents that were read."""
    bank_rules: str | None = None
    """Digest of the lender's own rules for bank lines; None without such rules."""
    levels: dict[int, int]
    """Account to its balance at the end of the day of the fetch, in cents."""
    set_aside: pl.DataFrame
    """As ``SET_ASIDE``; these objects are in no other frame."""
    read_as_empty: int
    """How many values of facts could not be read and count as not stated."""
    notes: tuple[str, ...]
    parse_seconds: float
    """Own time within the fetch: decoding and typing pages."""
