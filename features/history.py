"""Ledger to history: ageing of receivables, revenue, payment delay and balance over time, for people.

It uses the views of the features, so that a page and a score never disagree. Sums, counts and medians are over
integers.
"""

from datetime import date, timedelta
from typing import Final

import msgspec
import polars as pl

from features.ledger import Ledger, Resource, collect
from features.recognised import RecognisedViews
from features.spine import observed, spine_of
from features.views import View, Views, daily_path, month_of

MONTHS: Final = 24
"""Full months that monthly series look back at most."""
BALANCE_DAYS: Final = 365
"""Days of the balance path, the day of observation included."""
BANDS: Final = ((0, 0), (1, 30), (31, 60), (61, 90), (91, None))
"""First and last day past due of each age; the first is what is not due yet."""

_BILLING = frozenset({Resource.INVOICES})
_CASH = frozenset({Resource.ACCOUNTS, Resource.TRANSACTIONS, Resource.BALANCES})


class Age(msgspec.Struct, frozen=True, kw_only=True):
    """Receivables that are open on the day of observation, of one age; what is kept back counts apart, as not due."""

    from_days: int
    """Days past due; 0 is what is not due yet."""
    to_days: int | None
    open_cents: int
    count: int


class RevenueMonth(msgspec.Struct, frozen=True, kw_only=True):
    """What was invoiced in one full month, net; cancelled invoices are left out."""

    month: date
    """Its first day."""
    net_cents: int


class DelayMonth(msgspec.Struct, frozen=True, kw_only=True):
    """How late the invoices were paid that fell due in one full month."""

    month: date
    """Its first day."""
    count: int
    delay_days: float | None
    """Median; what is still open counts with its days past due. Negative is early, null where nothing fell due."""


class BalanceStretch(msgspec.Struct, frozen=True, kw_only=True):
    """Days on which all cash accounts together ended with the same level."""

    first_on: date
    last_on: date
    level_cents: int


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """The path of the cash balance."""

    is_confirmed: bool
    """The bank confirms every level; else only the changes are reliable."""
    stretches: tuple[BalanceStretch, ...]
    """Without gaps from the first bank line on, oldest first."""


class FlowMonth(msgspec.Struct, frozen=True, kw_only=True):
    """Money in and out of all cash accounts in one full month, without transfers between own accounts."""

    month: date
    """Its first day."""
    in_cents: int
    out_cents: int
    """Positive."""


class History(msgspec.Struct, frozen=True, kw_only=True):
    """What the books say over time, as of one day; null is what was never fetched."""

    ages: tuple[Age, ...] | None
    revenue: tuple[RevenueMonth, ...] | None
    """From the first month with revenue, oldest first, without gaps; so are the delays from the first due invoice."""
    delays: tuple[DelayMonth, ...] | None
    balance: Balance | None
    flows: tuple[FlowMonth, ...] | None = None
    """From the first month with a bank line, oldest first, without gaps."""


def history_of(ledger: Ledger, as_of: date) -> History:
    """The history of the one borrower of a ledger as it was visible on a day."""
    make = RecognisedViews if Resource.RECOGNITION in ledger.fetched else Views
    views = make(ledger, observed(spine_of(as_of)))
    has_billing, has_cash = ledger.fetched >= _BILLING, ledger.fetched >= _CASH
    return History(
        ages=_ages(views) if has_billing else None,
        revenue=_revenue(views) if has_billing else None,
        delays=_delays(views) if has_billing else None,
        balance=_balance(views, as_of) if has_cash else None,
        flows=_flows(views) if has_cash else None,
    )


def _ages(views: Views) -> tuple[Age, ...]:
    band = pl.sum_horizontal(pl.col("dpd") > last for _, last in BANDS if last is not None)
    found = collect(views.aged().group_by(band.alias("band")).agg(pl.col("open_cents").sum(), pl.len().alias("count")))
    known = {number: (cents, count) for number, cents, count in found.iter_rows()}
    return tuple(
        Age(from_days=first, to_days=last, open_cents=cents, count=count)
        for (first, last), (cents, count) in zip(
            BANDS, (known.get(band, (0, 0)) for band in range(len(BANDS))), strict=True
        )
    )


def _revenue(views: Views) -> tuple[RevenueMonth, ...]:
    months = collect(views[View.SALES_MONTHS].filter(_is_shown("age")).select("age", "net_cents"))
    known = dict(months.iter_rows())
    ages = range(max(known, default=-1), -1, -1)
    return tuple(RevenueMonth(month=_month(views, age), net_cents=known.get(age, 0)) for age in ages)


def _delays(views: Views) -> tuple[DelayMonth, ...]:
    months = collect(
        views[View.RECEIVABLES]
        .filter((pl.col("due_day") < pl.col("end_day")) & views.HAS_DELAY)
        .with_columns((pl.col("last_full_month") - month_of(pl.col("due_on"))).alias("age"))
        .filter(_is_shown("age"))
        .group_by("age")
        .agg(pl.len().alias("count"), pl.col("delay_days").median())
    )
    known = {age: (count, delay) for age, count, delay in months.iter_rows()}
    shown = ((age, *known.get(age, (0, None))) for age in range(max(known, default=-1), -1, -1))
    return tuple(DelayMonth(month=_month(views, age), count=count, delay_days=delay) for age, count, delay in shown)


def _flows(views: Views) -> tuple[FlowMonth, ...]:
    cents = pl.col("amount_cents")
    months = collect(
        views[View.BANK]
        .filter(~pl.col("is_internal"))
        .with_columns((pl.col("last_full_month") - month_of(pl.from_epoch("day", time_unit="d"))).alias("age"))
        .filter(_is_shown("age"))
        .group_by("age")
        .agg(cents.filter(cents > 0).sum().alias("in_cents"), (-cents.filter(cents < 0)).sum().alias("out_cents"))
    )
    known = {age: (taken, given) for age, taken, given in months.iter_rows()}
    shown = ((age, *known.get(age, (0, 0))) for age in range(max(known, default=-1), -1, -1))
    return tuple(FlowMonth(month=_month(views, age), in_cents=taken, out_cents=given) for age, taken, given in shown)


def _balance(views: Views, as_of: date) -> Balance:
    levels = collect(views[View.LEVELS])
    path = collect(daily_path(views[View.LEVELS], views[View.BANK], BALANCE_DAYS, views.by))
    # Before the first line nothing is known of the accounts; the path starts there, not with the window.
    first_line = levels["first_day"].min()
    opened_on = date(1970, 1, 1) + timedelta(days=first_line if isinstance(first_line, int) else 0)
    stretches = []
    day = as_of - timedelta(days=BALANCE_DAYS - 1)
    for level_cents, length_days in path.select("level_cents", "length_days").iter_rows():
        first_on, last_on = max(day, opened_on), day + timedelta(days=length_days - 1)
        day = last_on + timedelta(days=1)
        if first_on <= last_on:
            stretches.append(BalanceStretch(first_on=first_on, last_on=last_on, level_cents=level_cents))
    return Balance(
        is_confirmed=levels.height > 0 and bool(levels["is_level_verified"].fill_null(value=False).all()),
        stretches=tuple(stretches),
    )


def _is_shown(age: str) -> pl.Expr:
    return pl.col(age).is_between(0, MONTHS - 1)


def _month(views: Views, age: int) -> date:
    """First day of the month that is ``age`` months before the last full one."""
    year, month = divmod(views.points.item(0, "last_full_month") - age - 1, 12)
    return date(year, month + 1, 1)
