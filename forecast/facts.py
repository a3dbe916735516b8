"""What bank and documents tell of one firm on a day, as arrays: the input of everything that is expected to come."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from features.ledger import CATEGORY, Ledger, collect_all
from features.recognised import IS_INCOME, RecognisedViews
from features.views import View
from forecast.days import Integers, month_number
from forecast.invoices import MONEY

Booleans = npt.NDArray[np.bool_]

WINDOW_DAYS: Final = 1_100
"""Lines and documents of so many days are looked at: three years, for a season that was seen twice at least."""
MONTHS: Final = 37
"""Months that are looked at: the running one, and three years before it."""
LATEST_ENTRY: Final = 60
"""Days after which a document is expected to have been entered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Lines of all accounts, oldest first. Arrays of equal length."""

    age: Integers
    """Days before the day of observation; 0 on it."""
    month: Integers
    cents: Integers
    """Signed: positive is money in."""
    category: Integers
    """Number of the category in ``features.ledger.CATEGORY``."""
    party: Integers
    """Hash of the counterparty's account; 0 where none is stated."""
    transaction: Integers
    is_income: Booleans
    """A customer paid it, over an account."""
    is_internal: Booleans
    """Between own accounts, or in a till."""
    is_booked: Booleans
    """A document was paid with it."""

    def of(self, *categories: str) -> Booleans:
        """Which lines are of categories, and not between own accounts."""
        numbers = [CATEGORIES[name] for name in categories]
        return np.isin(self.category, numbers) & ~self.is_internal


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """Sales or bills that are credible and above 0, oldest first. Arrays of equal length."""

    age: Integers
    """Days from the document's day to the day of observation."""
    month: Integers
    cents: Integers
    """Gross."""
    tax_cents: Integers
    past_due: Integers
    """Days from the due day to the day of observation; negative before it."""
    open_cents: Integers
    paid_after: Integers
    """Days from the document's day to its payment; -1 where it is not paid, or was booked off."""
    party: Integers
    """Customer or supplier; 0 where the document names nobody."""
    number: Integers
    """Of the document at its source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One firm on a day."""

    as_of: date
    level_cents: int
    """Of all accounts together, as far as it is known."""
    is_confirmed: bool
    """The bank confirms all of it; else only changes can be told."""
    lines: Lines
    first_age: int
    """Days since the first line."""
    sales: Documents
    """Those that were sold to a factor, too: what is sold from now on is paid by the factor as it used to be."""
    bills: Documents
    paid_bills: tuple[tuple[int, int], ...]
    """Transaction and number of the bill that was paid with it."""
    sales_entered_after: int
    """Mean days from a document's day to its entry, by amount, of a year."""
    bills_entered_after: int
    received: Integers
    """What customers paid on documents, by month, the running one first, of three years."""

    @property
    def month(self) -> int:
        """The running month."""
        return month_number(self.as_of)

    @property
    def full_months(self) -> int:
        """Full months before the running one of which all lines are known, up to three years.

        The month of the first line is one only where that line is of its first day. The running month is none on its
        last day either: what is read of a month's past counts months from it.
        """
        first_day = self.as_of - timedelta(self.first_age)
        return min(max(self.month - month_number(first_day) - (first_day.day > 1), 0), 36)


CATEGORIES: Final = {name: number for number, name in enumerate(CATEGORY.categories)}
_MONTH: Final = pl.from_epoch("day", time_unit="d")
_MONTH_NUMBER: Final = (_MONTH.dt.year() * 12 + _MONTH.dt.month() - 1).cast(pl.Int64).alias("month")
_AGE: Final = (pl.col("as_of_day") - pl.col("day")).cast(pl.Int64).alias("age")
_LINE: Final = (
    _AGE,
    _MONTH_NUMBER,
    pl.col("amount_cents").alias("cents"),
    pl.col("category").to_physical().cast(pl.Int64),
    pl.col("counterparty_account").fill_null(0).alias("party"),
    pl.col("transaction_id").alias("transaction"),
    IS_INCOME.alias("is_income"),
    "is_internal",
)
_DOCUMENT: Final = (
    _AGE,
    _MONTH_NUMBER,
    pl.col("gross_cents").alias("cents"),
    (pl.col("gross_cents") - pl.col("net_cents")).alias("tax_cents"),
    (pl.col("as_of_day") - pl.col("due_day")).cast(pl.Int64).alias("past_due"),
    "open_cents",
    pl.when(pl.col("is_lost"))
    .then(-1)
    .otherwise((pl.col("paid_day") - pl.col("day")).clip(0))
    .fill_null(-1)
    .cast(pl.Int64)
    .alias("paid_after"),
    pl.col("document_id").alias("number"),
)
_DELAY: Final = (pl.col("recorded_on") - pl.col("issued_on")).dt.total_days().clip(0, LATEST_ENTRY)
_ENTRY: Final = (
    ((_DELAY * pl.col("gross_cents")).sum() // pl.col("gross_cents").sum().clip(1)).fill_null(0).alias("entered_after")
)
_IS_MONEY: Final = pl.col("means").is_in(MONEY) & ~pl.col("is_own")
_IS_RECENT: Final = (pl.col("as_of_day") - pl.col("day") < WINDOW_DAYS) & pl.col("is_credible")
_IS_DOCUMENT: Final = _IS_RECENT & (pl.col("gross_cents") > 0)


def facts_of(ledger: Ledger, views: RecognisedViews, as_of: date) -> Facts:
    """Read what is visible of the one firm of some views.

    Args:
        ledger: Of which the views are.
        views: Of one point.
        as_of: Its day.
    """
    borrower = views.points.item(0, "borrower")
    seen = (pl.col("borrower") == borrower) & (pl.col("recorded_on") <= as_of) & (pl.col("happened_on") <= as_of)
    booked = ledger.closings.lazy().filter(seen & pl.col("transaction_id").is_not_null())
    levels = views[View.LEVELS]
    entered_sales, entered_bills = (
        documents.lazy().filter(_is_entered(borrower, as_of)).select(_ENTRY)
        for documents in (ledger.invoices, ledger.bills)
    )
    lines, documents, bills, paid, accounts, moves, before, sales_after, bills_after, received = collect_all(
        views[View.BANK].filter(_AGE < WINDOW_DAYS).select(_LINE).sort("age", "transaction", descending=True),
        views[View.RECEIVABLES]
        .filter(_IS_DOCUMENT)
        .select(*_DOCUMENT, pl.col("customer").fill_null(0).alias("party"))
        .sort("age", "number", descending=True),
        views[View.PAYABLES]
        .filter(_IS_DOCUMENT)
        .select(*_DOCUMENT, pl.col("supplier").fill_null(0).alias("party"))
        .sort("age", "number", descending=True),
        booked.select("transaction_id", pl.col("document").cast(pl.String), "document_id").sort(
            "transaction_id", "document", "document_id"
        ),
        levels.select("level_cents", "is_level_verified", "first_day"),
        views[View.BANK].select(pl.col("amount_cents").sum()),
        # What lies up to the day of a known level is in it already.
        views[View.BANK]
        .join(levels.filter(pl.col("level_cents").is_not_null()).select("account_id", "level_day"), on="account_id")
        .filter(pl.col("day") <= pl.col("level_day"))
        .select(pl.col("amount_cents").sum()),
        entered_sales,
        entered_bills,
        views[View.RECEIPTS]
        .filter(_IS_MONEY)
        .select(_MONTH_NUMBER, "amount_cents")
        .group_by("month")
        .agg(pl.col("amount_cents").sum()),
    )
    first_day = accounts["first_day"].min()
    as_of_day = (as_of - date(1970, 1, 1)).days
    found = _arrays(lines)
    booked_ids = paid["transaction_id"].to_numpy()
    return Facts(
        as_of=as_of,
        level_cents=accounts["level_cents"].sum() + moves.item() - before.item(),
        is_confirmed=accounts.height > 0 and bool(accounts["is_level_verified"].fill_null(value=False).all()),
        lines=Lines(**found, is_booked=np.isin(found["transaction"], booked_ids)),
        first_age=as_of_day - first_day if isinstance(first_day, int) else 0,
        sales=Documents(**_arrays(documents)),
        bills=Documents(**_arrays(bills)),
        sales_entered_after=sales_after.item(),
        bills_entered_after=bills_after.item(),
        received=_by_month(received, as_of),
        paid_bills=tuple(paid.filter(pl.col("document") == "voucher").select("transaction_id", "document_id").rows()),
    )


def _is_entered(borrower: int, as_of: date) -> pl.Expr:
    """Documents of a year that most of the late ones were entered of by now."""
    first, last = as_of - timedelta(LATEST_ENTRY + 365), as_of - timedelta(LATEST_ENTRY)
    is_seen = (pl.col("borrower") == borrower) & (pl.col("recorded_on") <= as_of) & (pl.col("gross_cents") > 0)
    return is_seen & pl.col("issued_on").is_between(first, last) & ~pl.col("is_duplicate")


def _by_month(received: pl.DataFrame, as_of: date) -> Integers:
    found = np.zeros(MONTHS, dtype=np.int64)
    for month, cents in received.iter_rows():
        back = month_number(as_of) - month
        if 0 <= back < MONTHS:
            found[back] = cents
    return found


def _arrays(frame: pl.DataFrame) -> dict[str, Any]:
    return {name: frame[name].to_numpy() for name in frame.columns}
