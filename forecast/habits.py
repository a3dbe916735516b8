"""How customers pay: distributions of days from the due day to the payment, learned from the firm's own invoices.

A habit is one of ``HABITS`` archetypes: a usual day and a width. A customer's habit is never known; what its invoices
tell, open ones included, weighs the archetypes by Bayes' rule. Before any invoice they weigh as among the firm's
customers, and among these as in a documented prior, the less the more customers are known. Elementary operations in a
fixed order: no logarithm, no library sum. ``docs/forecast.md`` has the formulas and the reasons for the constants.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import comb
from typing import Final

import numpy as np
import numpy.typing as npt

from forecast.invoices import LOST_DAYS, Book, Customer, Payment

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
"""Payments of every archetype that come at their usual day or later: forgotten, disputed, in trouble."""
STRAY_DAYS: Final = 20
"""Of these, ``(STRAY_DAYS / (STRAY_DAYS + n)) ** 2`` are later than n days: half after 8, a ninth after 40."""
PRIOR_CUSTOMERS: Final = 5
"""The prior weighs as much as so many customers whose habit is known."""
ROUNDS: Final = 12
"""Of estimating how the firm's customers are spread over the archetypes."""
MOST_PAYMENTS: Final = 18
"""A customer's habit is that of its latest invoices, so many at most: habits drift, and no habit is ever certain."""
MOST_CUSTOMERS: Final = 1_000
"""Customers whose first documents are the latest, from which the firm's own spread is estimated."""
NEVER_SHARE: Final = 0.02
NEVER_WEIGHT: Final = 50
NEVER_WEIGHT_OF_CUSTOMER: Final = 20
"""Invoices that are never paid: a share before anything is known, which weighs as so many of the firm's invoices; the
firm's share weighs as so many of the customer's."""
CHANGED_SHARE: Final = 0.05
"""Customers who pay otherwise from now on than they used to: like any customer of the firm."""
STOPPED_SHARE: Final = 0.003
"""Customers who have stopped paying altogether, before it is looked at what they owe."""
DISPUTED_SHARE: Final = 0.0005
"""Customers who pay as ever, but nothing of what is past due: it is disputed, or nobody owes it."""
RECENT_DAYS: Final = 60
"""Invoices that fell due so many days ago or later tell by how much all customers together pay later than they did."""
SHIFTS: Final = tuple(range(-12, 13, 2))
"""Days by which all customers of a firm may pay later or earlier than they used to."""
SHIFT_PRIOR: Final = tuple(comb(12, step) for step in range(13))
"""Their weights before it is looked at recent invoices, in 4096: a standard deviation of 3.5 days."""
SHIFT_MOVES: Final = 4
"""Over what is still to come the shift moves so often, each time with a half, by one step up or down: a standard
deviation of 2.8 days."""
LEAST_SHIFT: Final = 1 / 64
"""A shift that is less probable is left out."""


@cache
def habits() -> Floats:
    """Distribution functions of all archetypes: one row each, ``EARLIEST`` to ``LATEST`` days from the due day.

    Without what is never paid. Whatever an archetype would pay before ``EARLIEST`` it pays then.
    """
    days = np.arange(EARLIEST, LATEST + 1)
    reach = LATEST - min(USUAL_DAYS)
    stray = 1 - (STRAY_DAYS / (STRAY_DAYS + np.arange(reach + 1) + 1.0)) ** 2
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


def _likelihood(payment: Payment, never: float, shift: int = 0) -> Floats:
    """Of what is known of one invoice, under each archetype; above 0 for the widest, whatever is known."""
    day = payment.delay - shift
    if payment.is_open:
        return never + (1 - never) * (1 - by_day(day))
    day = min(max(day, EARLIEST), LATEST)
    # What would be paid before the issue is paid on its day.
    if not payment.is_dated or payment.delay <= -payment.term:
        return by_day(day)
    return (by_day(day) if day < LATEST else 1.0) - by_day(day - 1)


def _evidence(payments: Sequence[Payment], never: float, shift: int = 0) -> Floats:
    """Of all that is known of some invoices of a customer, under each archetype: the largest is 1."""
    found = np.ones(len(habits()))
    for payment in payments:
        found = found * _likelihood(payment, never, shift)
        found = found / found.max()
    return found


def _is_recent(payment: Payment) -> bool:
    """Whether it tells how customers pay now, not how they used to."""
    return payment.is_open or payment.age < RECENT_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    """What is known of a firm's customers together."""

    weights: Floats
    """Of the archetypes among its customers: the habit of a customer of whom nothing is known."""
    never: float
    """Share of its invoices that are never paid."""
    shifts: tuple[tuple[int, float], ...]
    """By how many days all customers may pay later than they did, and how probable that is."""


def firm_of(book: Book) -> Firm:
    """Estimate how a firm's customers are spread over the archetypes, what is never paid, and whether all pay later.

    The expected number of customers of each archetype, in rounds (EM), each with the prior as further customers.
    """
    lost, ended = 0, 0
    for customer in book.customers:
        lost += customer.lost
        ended += customer.lost + sum(not payment.is_open for payment in customer.payments)
    never = (NEVER_SHARE * NEVER_WEIGHT + lost) / (NEVER_WEIGHT + ended)
    known = [customer for customer in book.customers if customer.payments][-MOST_CUSTOMERS:]
    evidence = np.array([_evidence(customer.payments[-MOST_PAYMENTS:], never) for customer in known])
    weights = prior()
    for _ in range(ROUNDS if known else 0):
        shares = _normal(evidence * weights)
        weights = _normal(PRIOR_CUSTOMERS * prior() + np.add.accumulate(shares, axis=0)[-1])
    return Firm(weights=weights, never=never, shifts=_shifts(known, weights, never))


def _shifts(customers: Sequence[Customer], weights: Floats, never: float) -> tuple[tuple[int, float], ...]:
    """How probable each shift is, given how recent invoices of all customers were paid."""
    found = np.array(SHIFT_PRIOR, dtype=np.float64)
    for customer in customers:
        latest = customer.payments[-MOST_PAYMENTS:]
        recent = [payment for payment in latest if _is_recent(payment)]
        if recent:
            habit = weights * _evidence([payment for payment in latest if not _is_recent(payment)], never)
            likely = _under_shifts(recent, never)
            found = found * total(habit * (likely / likely.max()))[:, 0]
            found = found / found.max()
    found = _normal(found)
    for _ in range(SHIFT_MOVES):
        # At both ends it cannot move further, and stays.
        beside = np.concatenate([found[:1], found, found[-1:]])
        found = found / 2 + (beside[:-2] + beside[2:]) / 4
    found = _normal(np.where(found < LEAST_SHIFT, 0.0, found))
    return tuple((shift, weight) for shift, weight in zip(SHIFTS, found.tolist(), strict=True) if weight)


_SHIFTED: Final = np.array(SHIFTS)


def _under_shifts(payments: Sequence[Payment], never: float) -> Floats:
    """As ``_product``, of each of ``SHIFTS``: a row each."""
    found = np.ones((len(SHIFTS), len(habits())))
    for payment in payments:
        days = payment.delay - _SHIFTED
        if payment.is_open:
            found = found * (never + (1 - never) * (1 - _by_days(days)))
            continue
        days = np.clip(days, EARLIEST, LATEST)
        if not payment.is_dated or payment.delay <= -payment.term:
            found = found * _by_days(days)
        else:
            until = np.where((days < LATEST)[:, None], _by_days(days), 1.0)
            found = found * (until - _by_days(days - 1))
    return found


def _by_days(delays: npt.NDArray[np.int64]) -> Floats:
    """As ``by_day``, of several days: a row each."""
    rows: Floats = habits().T[np.minimum(delays, LATEST).clip(EARLIEST) - EARLIEST]
    return np.where((delays < EARLIEST)[:, None], 0.0, rows)


def _product(payments: Sequence[Payment], never: float, shift: int) -> Floats:
    found = np.ones(len(habits()))
    for payment in payments:
        found = found * _likelihood(payment, never, shift)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a customer's open invoices bring under one shift of all customers."""

    weights: Floats
    """Of the archetypes, given all that is known of the customer and that its invoices are still open; then of the
    archetypes once more, with what is past due disputed, where anything is."""
    stopped: float
    """Probability that the customer has stopped paying. With the weights it adds up to 1."""
    paid: Floats
    """Probability that a claim is paid within so many days: as the weights, claim, 1 to ``HORIZON_DAYS``."""


def outlook(customer: Customer, firm: Firm, shift: int, least: float = 0.0) -> Outlook:
    """The habit of a customer, and when the claims on it are paid.

    Args:
        customer: With its payments, and one claim at least.
        firm: The firm it is a customer of.
        shift: Days by which all customers of the firm pay later.
        least: Archetypes that weigh less are left out; the others weigh the more.
    """
    ended = customer.lost + sum(not payment.is_open for payment in customer.payments)
    never = (firm.never * NEVER_WEIGHT_OF_CUSTOMER + customer.lost) / (NEVER_WEIGHT_OF_CUSTOMER + ended)
    latest = customer.payments[-MOST_PAYMENTS:]
    before = [payment for payment in latest if not _is_recent(payment)]
    recent = [payment for payment in latest if _is_recent(payment) and not payment.is_open]
    known = _evidence(before, never) * _evidence(recent, never, shift)
    # With some probability the customer pays otherwise from now on, like any customer of the firm.
    habit = firm.weights * ((1 - CHANGED_SHARE) * known + CHANGED_SHARE * total(firm.weights * known))
    is_open = [one for one in latest if one.is_open]
    alive = (1 - STOPPED_SHARE - DISPUTED_SHARE) * habit * _product(is_open, never, shift)
    disputed = DISPUTED_SHARE * habit * _product([one for one in is_open if one.delay <= 0], never, shift)
    # Since its last payment at most: what was open before was open in spite of it.
    since = min((one.age - one.delay for one in latest if not one.is_open and one.is_dated), default=None)
    before_then = [replace(one, delay=one.delay - since) for one in is_open if since is not None]
    stopped = STOPPED_SHARE * float(total(habit * _product(before_then, never, shift))[0])
    everything = float(total(alive)[0]) + float(total(disputed)[0]) + stopped
    chosen = np.flatnonzero(alive + disputed >= least * everything)
    if chosen.size < alive.size:
        kept = total((alive + disputed)[chosen]) / total(alive + disputed)
        alive, disputed = alive[chosen] / kept, disputed[chosen] / kept
    paid = np.stack([_paid(claim.past_due - shift, never, chosen) for claim in customer.claims], axis=1)
    is_not_past = np.array([claim.past_due <= 0 for claim in customer.claims])[:, None]
    if is_not_past.all():
        # Nothing that could be disputed: both pay alike.
        return Outlook(weights=(alive + disputed) / everything, stopped=stopped / everything, paid=paid)
    return Outlook(
        weights=np.concatenate([alive, disputed]) / everything,
        stopped=stopped / everything,
        paid=np.concatenate([paid, paid * is_not_past]),
    )


def _paid(past_due: int, never: float, chosen: npt.NDArray[np.intp]) -> Floats:
    """Given that it is open so many days past due: probability of payment within 1 to ``HORIZON_DAYS`` days."""
    before = by_day(past_due)[chosen, None]
    days = np.clip(np.arange(past_due + 1, past_due + HORIZON_DAYS + 1), EARLIEST - 1, LATEST)
    until = np.where(days < EARLIEST, 0.0, habits()[chosen[:, None], np.clip(days - EARLIEST, 0, LATEST - EARLIEST)])
    share: Floats = (1 - never) * (until - before) / (never + (1 - never) * (1 - before))
    return share
