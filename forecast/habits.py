"""How customers pay: distributions of days from the due day to the payment, learned from the firm's own invoices.

A habit is one of ``HABITS`` archetypes: a usual day and a width. A customer's habit is never known; what its invoices
tell, open ones included, weighs the archetypes by Bayes' rule. Before any invoice they weigh as among the firm's
customers, and among these as in a documented prior, the less the more customers are known. Elementary operations in a
fixed order: no logarithm, no library sum. ``docs/forecast.md`` has the formulas and the reasons for the constants.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from forecast.invoices import LOST_DAYS, Book, Claim, Customer, Payment

Floats = npt.NDArray[np.float64]

HORIZON_DAYS: Final = 180
EARLIEST: Final = -90
"""No payment is counted as earlier than so many days before the due day: no term is read as longer."""
LATEST: Final = LOST_DAYS + HORIZON_DAYS
USUAL_DAYS: Final = (
    *(-60, -48, -40, -34),
    *range(-30, 13, 2),
    *(15, 18, 22, 27, 33, 40, 50, 62, 76, 92),
)
"""Days from the due day around which an archetype pays."""
HALF_WIDTHS: Final = (0, 1, 2, 4, 7, 12, 20)
"""An archetype's days are spread as the sum of three equal uniform days, each so many days to both sides."""
PRIOR_HALF_DAYS: Final = 10
"""Before any firm is known, a usual day so far from the due day weighs half as much as the due day."""
STRAY_SHARE: Final = 0.05
"""Payments of every archetype that come at their usual day or later, ``STRAY_DAYS`` in the mean: forgotten, disputed."""
STRAY_DAYS: Final = 25
PRIOR_CUSTOMERS: Final = 5
"""The prior weighs as much as so many customers whose habit is known."""
ROUNDS: Final = 12
"""Of estimating how the firm's customers are spread over the archetypes."""
MOST_PAYMENTS: Final = 24
"""A customer's habit is that of its latest invoices, so many at most: habits drift, and no habit is ever certain."""
MOST_CUSTOMERS: Final = 1_000
"""Customers whose first documents are the latest, from which the firm's own spread is estimated."""
NEVER_SHARE: Final = 0.01
NEVER_WEIGHT: Final = 100
NEVER_WEIGHT_OF_CUSTOMER: Final = 20
"""Invoices that are never paid: a share before anything is known, which weighs as so many of the firm's invoices; the
firm's share weighs as so many of the customer's."""
STOPPED_SHARE: Final = 0.01
"""Customers who have stopped paying altogether, before it is looked at what they owe."""
SHIFT_DAYS: Final = 5
"""All customers of a firm together pay so much later or earlier than they used to, each in a case of six: a standard
deviation of 2.9 days."""
SHIFTS: Final = (-SHIFT_DAYS, 0, SHIFT_DAYS)


@cache
def habits() -> Floats:
    """Distribution functions of all archetypes: one row each, ``EARLIEST`` to ``LATEST`` days from the due day.

    Without what is never paid. Whatever an archetype would pay before ``EARLIEST`` it pays then.
    """
    days = np.arange(EARLIEST, LATEST + 1)
    keep = 1 - 1 / STRAY_DAYS
    reach = LATEST - min(USUAL_DAYS) + 1
    stray = 1 - np.multiply.accumulate(np.full(reach + 1, keep))
    rows = []
    for usual in USUAL_DAYS:
        since = days - usual
        is_stray = np.where(since >= 0, stray[np.clip(since, 0, reach)], 0.0)
        for half in HALF_WIDTHS:
            spread = _spread(half)
            regular = np.where(since >= -3 * half, spread[np.clip(since + 3 * half, 0, 6 * half)], 0.0)
            rows.append((1 - STRAY_SHARE) * regular + STRAY_SHARE * is_stray)
    return np.array(rows)


def _spread(half: int) -> Floats:
    """Distribution function of the sum of three uniform days from ``-half`` to ``half``: exact, a count by a count."""
    one = np.ones(2 * half + 1, dtype=np.int64)
    counts = np.convolve(np.convolve(one, one), one)
    return np.add.accumulate(counts) / float((2 * half + 1) ** 3)


@cache
def prior() -> Floats:
    """Weights of the archetypes before any firm is known."""
    ends = (USUAL_DAYS[0], *USUAL_DAYS, USUAL_DAYS[-1])
    weights = []
    for index, usual in enumerate(USUAL_DAYS, start=1):
        step = (ends[index + 1] - ends[index - 1]) / 2
        weights += [step / (1 + (usual / PRIOR_HALF_DAYS) ** 2)] * len(HALF_WIDTHS)
    return _normal(np.array(weights))


def total(values: Floats) -> Floats:
    """Sums over the last axis, from first to last: the same bits wherever they are computed."""
    summed: Floats = np.add.accumulate(values, axis=-1)[..., -1:]
    return summed


def _normal(values: Floats) -> Floats:
    return values / total(values)


def by_day(delay: int) -> Floats:
    """What share of payments each archetype makes up to a day."""
    if delay < EARLIEST:
        return np.zeros(len(habits()))
    column: Floats = habits()[:, min(delay, LATEST) - EARLIEST]
    return column


def _likelihood(payment: Payment, never: float) -> Floats:
    """Of what is known of one invoice, under each archetype."""
    if payment.is_open:
        return never + (1 - never) * (1 - by_day(payment.delay))
    until = by_day(payment.delay)
    # What would be paid before the issue is paid on its day.
    if not payment.is_dated or payment.delay <= -payment.term:
        return until
    return until - by_day(payment.delay - 1)


def _evidence(payments: Sequence[Payment], never: float) -> Floats:
    """Of all that is known of a customer: the largest is 1."""
    found = np.ones(len(habits()))
    for payment in payments[-MOST_PAYMENTS:]:
        found = found * _likelihood(payment, never)
        found = found / found.max()
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    """What is known of a firm's customers together."""

    weights: Floats
    """Of the archetypes among its customers: the habit of a customer of whom nothing is known."""
    never: float
    """Share of its invoices that are never paid."""


def firm_of(book: Book) -> Firm:
    """Estimate how a firm's customers are spread over the archetypes, and what is never paid.

    The expected number of customers of each archetype, in rounds (EM), each with the prior as further customers.
    """
    lost, ended = 0, 0
    for customer in book.customers:
        lost += customer.lost
        ended += customer.lost + sum(not payment.is_open for payment in customer.payments)
    never = (NEVER_SHARE * NEVER_WEIGHT + lost) / (NEVER_WEIGHT + ended)
    known = [customer for customer in book.customers if customer.payments][-MOST_CUSTOMERS:]
    evidence = np.array([_evidence(customer.payments, never) for customer in known])
    weights = prior()
    for _ in range(ROUNDS if known else 0):
        shares = _normal(evidence * weights)
        weights = _normal(PRIOR_CUSTOMERS * prior() + np.add.accumulate(shares, axis=0)[-1])
    return Firm(weights=weights, never=never)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a customer's open invoices bring under one shift of all customers."""

    weights: Floats
    """Of the archetypes, given all that is known of the customer and that its invoices are still open."""
    stopped: float
    """Probability that the customer has stopped paying. With the weights it adds up to 1."""
    paid: Floats
    """Probability that a claim is paid within so many days: archetype, claim, 1 to ``HORIZON_DAYS``."""


def outlook(customer: Customer, claims: Sequence[Claim], firm: Firm, shift: int) -> Outlook:
    """The habit of a customer, and when claims on it are paid.

    Args:
        customer: With its payments.
        claims: Some or all of its open claims.
        firm: The firm it is a customer of.
        shift: Days by which all customers of the firm pay later.
    """
    ended = customer.lost + sum(not payment.is_open for payment in customer.payments)
    never = (firm.never * NEVER_WEIGHT_OF_CUSTOMER + customer.lost) / (NEVER_WEIGHT_OF_CUSTOMER + ended)
    latest = customer.payments[-MOST_PAYMENTS:]
    paid = _evidence([payment for payment in latest if not payment.is_open], never)
    is_open = np.ones(len(habits()))
    for payment in latest:
        if payment.is_open:
            is_open = is_open * (never + (1 - never) * (1 - by_day(payment.delay - shift)))
    weighted = firm.weights * paid
    alive = (1 - STOPPED_SHARE) * weighted * is_open
    stopped = STOPPED_SHARE * float(total(weighted)[0])
    everything = float(total(alive)[0]) + stopped
    return Outlook(
        weights=alive / everything,
        stopped=stopped / everything,
        paid=np.stack([_paid(claim.past_due - shift, never) for claim in claims], axis=1),
    )


def _paid(past_due: int, never: float) -> Floats:
    """Given that it is open so many days past due: probability of payment within 1 to ``HORIZON_DAYS`` days."""
    before = by_day(past_due)[:, None]
    days = np.clip(np.arange(past_due + 1, past_due + HORIZON_DAYS + 1), EARLIEST - 1, LATEST)
    until = np.where(days < EARLIEST, 0.0, habits()[:, np.clip(days - EARLIEST, 0, LATEST - EARLIEST)])
    share: Floats = (1 - never) * (until - before) / (never + (1 - never) * (1 - before))
    return share
