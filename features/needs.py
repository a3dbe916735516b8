"""What several groups of features need: length of history, number of documents, and the measures that show them.

Groups do not import each other; what they share is here.
"""

from collections.abc import Iterable, Mapping

import polars as pl

from features.feature import Feature, Missing, Need
from features.ledger import Resource
from features.measure import Measure, Term, count, full_months_since
from features.views import View, in_year

SALES = frozenset({Resource.INVOICES, Resource.VOUCHERS})
"""Resources that sales come from."""
BANK_LINES = frozenset({Resource.ACCOUNTS, Resource.TRANSACTIONS})
"""Resources that money in and out comes from."""
LEVELS = BANK_LINES | {Resource.BALANCES}
"""Resources that the level of the accounts comes from."""
OPEN_ITEMS = SALES | {Resource.CREDIT_NOTES, Resource.PAYMENT_LOG}
"""Resources behind what is open on a sales document."""
LOG = frozenset({Resource.PAYMENT_LOG})
"""Without the log, payments come from the documents' own fields."""

FELL_DUE = in_year("due_day") & (pl.col("gross_cents") > 0)
"""Of receivables: what fell due in the twelve full months. A document of 0 or less never does: nobody has to pay it."""
FELL_DUE_2 = FELL_DUE & pl.col("is_day_known")
"""Of catalogue 2, in place of it."""

MEASURES = (
    Measure(name="sales_first_day", view=View.SALES, aggregate=pl.col("day").min(), has_empty=False),
    Measure(name="bill_first_day", view=View.PAYABLES, aggregate=pl.col("day").min(), has_empty=False),
    Measure(name="bank_first_day", view=View.BANK, aggregate=pl.col("day").min(), has_empty=False),
    count("invoice_12m_count", View.SALES, in_year() & pl.col("is_invoice")),
)

MEASURES_2 = (
    # What was recorded long after its day, and was not paid over a bank line either, proves no history.
    Measure(
        name="sales_first_day",
        view=View.SALES,
        aggregate=pl.col("day").filter("is_credible").min(),
        has_empty=False,
    ),
    Measure(name="bank_first_day", view=View.BANK, aggregate=pl.col("day").filter("is_proven").min(), has_empty=False),
    Measure(
        name="last_proven_day",
        view=View.BANK,
        aggregate=pl.col("day").filter(pl.col("is_proven")).max(),
        has_empty=False,
    ),
    Measure(
        name="credible_bill_first_day",
        view=View.PAYABLES,
        aggregate=pl.col("day").filter("is_credible").min(),
        has_empty=False,
    ),
)
"""Of catalogue 2, in place of those with the same name, or new."""

TERMS_2 = (
    Term(
        name="bill_history_months",
        reads=("credible_bill_first_day",),
        expression=full_months_since("credible_bill_first_day"),
    ),
)
"""Of catalogue 2, beside those below."""

TERMS = (
    Term(
        name="sales_history_months",
        reads=("sales_first_day",),
        expression=full_months_since("sales_first_day"),
    ),
    Term(
        name="bank_history_months",
        reads=("bank_first_day",),
        expression=full_months_since("bank_first_day"),
    ),
    Term(
        name="bank_history_days",
        reads=("bank_first_day",),
        # Both ends count: books that begin on the day of observation have a history of one day.
        expression=pl.col("as_of_day") + 1 - pl.col("bank_first_day"),
    ),
)


def at_least(number: int, measure: str, what: str) -> Need:
    """At least so many documents, as a measure counts them."""
    return Need(holds=pl.col(measure) >= number, cause=Missing.TOO_FEW_DOCUMENTS, text=f"{number} {what}")


def sales_history(months: int) -> Need:
    """At least so many full months since the first sales document."""
    return Need(
        holds=pl.col("sales_history_months") >= months,
        cause=Missing.TOO_LITTLE_HISTORY,
        text=f"{months} months of sales",
    )


def bill_history(months: int) -> Need:
    """At least so many full months since the first credible bill; of catalogue 2."""
    return _history(pl.col("bill_history_months") >= months, f"{months} months of bills", None)


def bank_history(months: int, seen: str | None = None) -> Need:
    """At least so many full months since the first bank line.

    Args:
        months: Full months.
        seen: A count of bad signs. One sign is enough: it is reported even when the history is too short to rule out
            others.
    """
    return _history(pl.col("bank_history_months") >= months, f"{months} months of bank transactions", seen)


def bank_days(days: int, seen: str | None = None) -> Need:
    """At least so many days since the first bank line; ``seen`` as in ``bank_history``."""
    return _history(pl.col("bank_history_days") >= days, f"{days} days of bank transactions", seen)


def _history(holds: pl.Expr, text: str, seen: str | None) -> Need:
    if seen is not None:
        holds, text = holds | (pl.col(seen) > 0), f"{text}, or one such line"
    return Need(holds=holds, cause=Missing.TOO_LITTLE_HISTORY, text=text)


VERIFIED = Need(
    holds=pl.col("unverified_count") == 0,
    cause=Missing.BALANCE_LEVEL_UNVERIFIED,
    text="every level confirmed by the bank",
)
"""Reads the measure ``unverified_count``."""


def by_name(features: Iterable[Feature]) -> Mapping[str, Feature]:
    """The features of a group by name, for those of the next catalogue."""
    return {feature.name: feature for feature in features}
