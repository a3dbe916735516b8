"""How a loan to a simulated firm is repaid: which instalments it pays, and when.

The loan never appears in the books. It is paid from what the firm has within reach on the due days (cash, savings, free
overdraft, what owners could do without, less overdue debts), less what fell upon it out of the blue after the grant.
"""

from collections.abc import Iterable
from datetime import date

import numpy as np

from sandbox.bookkeeping.history import History
from sandbox.life.calendar import months_before
from sandbox.life.traits import Traits

INSTALMENTS = 12
OBSERVED_MONTHS = 15
"""How long a loan is watched, as far as the simulation reaches."""
_COST = 1.06
"""What is paid back for each euro lent."""
_KEPT = 0.5
"""Share of the loan that is still there to pay from; the rest was spent on what it was taken for."""
_RESERVE = 0.05
"""Means that no firm goes below to pay a lender, in months of sales."""

Row = tuple[int, int, int, int, int, int | None, int]


def repayments(
    traits: Traits, history: History, as_of: int, rng: np.random.Generator, *, borrower: int
) -> Iterable[Row]:
    """The instalments of a loan granted on the day ``as_of`` (an ordinal), in the order of the dataset's columns."""
    daily = history.daily
    today = as_of - daily.first
    monthly = daily.monthly_sales[today]
    amount = max(100_000, round(monthly * float(rng.uniform(0.4, 0.9)) / 10_000) * 10_000)
    instalment = round(amount * _COST / INSTALMENTS)
    granted = date.fromordinal(as_of)
    watched = min(history.end_on, months_before(granted, -OBSERVED_MONTHS).toordinal())
    means = np.array(daily.means[today : watched - daily.first + 1], dtype=np.int64)
    means = means + round(amount * _KEPT) - round(monthly * _RESERVE)
    means -= _misfortunes(traits, monthly, len(means), rng)
    # From here on nothing is paid.
    stops = int(rng.integers(10, 360)) if rng.random() < traits.walks_away else len(means)
    lags = _lags(traits, rng)
    paid_sum, day = 0, 0
    for number in range(1, INSTALMENTS + 1):
        due = months_before(granted, -number).toordinal()
        first = max(due - as_of, day)
        window = means[first:stops] - paid_sum >= instalment
        paid_on: int | None = None
        day = len(means)
        if window.any():
            day = first + int(np.argmax(window))
            day = min(day + int(lags[number - 1]), len(means)) if day == due - as_of else day
            if day < len(means):
                paid_on = as_of + day
                paid_sum += instalment
        yield borrower, as_of, number, due, instalment, paid_on, watched


def _misfortunes(traits: Traits, monthly: int, days: int, rng: np.random.Generator) -> np.ndarray:
    """Losses after the grant that the books cannot foretell, accumulated by day."""
    losses = np.zeros(days, dtype=np.int64)
    for _ in range(int(rng.poisson(traits.misfortune * 1.25))):
        at = int(rng.integers(0, 456))
        size = round(monthly * float(np.exp(rng.normal(-0.1, 0.8))))
        losses[at:] += size
    return losses


def _lags(traits: Traits, rng: np.random.Generator) -> np.ndarray:
    """Days between a due day and the payment when there is money: mostly none, more where bills are paid late too."""
    careless = 0.04 + 0.02 * max(0.0, min(8.0, traits.bill_delay))
    lags: np.ndarray = np.where(rng.random(INSTALMENTS) < careless, rng.integers(1, 22, INSTALMENTS), 0)
    return lags
