"""How customers pay: distributions of days from the due day to the payment, learned from the firm's own invoices.

A habit is one of ``HABITS`` archetypes: a usual day and a width. A customer's habit is never known; what its invoices
tell, open ones included, weighs the archetypes by Bayes' rule. Before any invoice they weigh as among the firm's
customers, and among these as in a documented prior, the less the more customers are known. Elementary operations in a
fixed order: no logarithm, no library sum. ``docs/forecast.md`` has the formulas and the reasons for the constants.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import comb
from typing import Final

import msgspec
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


@cache
def _shares() -> Floats:
    """What share of payments each archetype makes: up to each day from ``EARLIEST - 1`` on, then on each later day.

    A row each. What comes later than ``LATEST`` is counted on it.
    """
    until = habits().T
    up_to = np.concatenate([np.zeros((1, until.shape[1])), until])
    ends = np.concatenate([until[:-1], np.ones((1, until.shape[1]))])
    return np.concatenate([up_to, ends - up_to[:-1]])


_FIRST: Final = EARLIEST - 1 - HORIZON_DAYS


@cache
def _until() -> Floats:
    """What share of payments each archetype makes up to each day from ``_FIRST`` to ``LATEST + HORIZON_DAYS``.

    A row each. Beyond ``LATEST`` it is that of ``LATEST``: as many days as the horizon has are a slice of a row.
    """
    rows = np.pad(_shares()[: LATEST - EARLIEST + 2].T, ((0, 0), (HORIZON_DAYS, HORIZON_DAYS)), mode="edge")
    return np.ascontiguousarray(rows)


def by_day(delays: npt.NDArray[np.int64]) -> Floats:
    """What share of payments each archetype makes up to some days: one more axis, of archetypes."""
    rows: Floats = _shares()[np.minimum(np.maximum(delays, EARLIEST - 1), LATEST) - (EARLIEST - 1)]
    return rows


def _likelihoods(payments: Sequence[Payment], never: float, shifts: Sequence[int] = (0,)) -> Floats:
    """Of what is known of each invoice, under each shift and archetype; above 0 for the widest, whatever is known."""
    if not payments:
        return np.ones((0, len(shifts), len(habits())))
    days = np.array([one.delay for one in payments], dtype=np.int64)[:, None] - np.array(shifts, dtype=np.int64)
    is_open = np.array([one.is_open for one in payments], dtype=np.bool_)
    # What would be paid before the issue is paid on its day.
    on_day = [one.is_dated and not one.is_open and one.delay > -one.term for one in payments]
    earliest = np.where(is_open, EARLIEST - 1, EARLIEST)[:, None]
    rows = np.minimum(np.maximum(days, earliest), LATEST) - (EARLIEST - 1)
    rows += np.array(on_day, dtype=np.int64)[:, None] * (LATEST - EARLIEST + 1)
    found: Floats = _shares()[rows]
    if is_open.any():
        found[is_open] = never + (1 - never) * (1 - found[is_open])
    return found


def _evidence(likely: Floats) -> Floats:
    """Of all that is known of some invoices of a customer, under each shift and archetype: the largest is 1."""
    found = np.ones(likely.shape[1:])
    for one in likely:
        found = found * one
        found = found / found.max(axis=-1, keepdims=True)
    return found


def _evidence_of_each(customers: Sequence[Sequence[Payment]], never: float) -> Floats:
    """The same of each customer, a row each, without a shift: first of the first invoices of all, then of the second.

    Args:
        customers: The invoices of each.
        never: Share that is never paid.
    """
    found = np.ones((len(customers), len(habits())))
    for nth in range(max(map(len, customers), default=0)):
        at = [row for row, payments in enumerate(customers) if nth < len(payments)]
        known = found[at] * _likelihoods([customers[row][nth] for row in at], never)[:, 0]
        found[at] = known / known.max(axis=-1, keepdims=True)
    return found


def _product(likely: Floats) -> Floats:
    """As ``_evidence``, but without making the largest 1."""
    found = np.ones(likely.shape[1:])
    for one in likely:
        found = found * one
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
    latest = [customer.payments[-MOST_PAYMENTS:] for customer in known]
    evidence = _evidence_of_each(latest, never)
    weights = prior()
    for _ in range(ROUNDS if known else 0):
        shares = _normal(evidence * weights)
        weights = _normal(PRIOR_CUSTOMERS * prior() + np.add.accumulate(shares, axis=0)[-1])
    return Firm(weights=weights, never=never, shifts=_shifts(latest, weights, never))


def _shifts(customers: Sequence[Sequence[Payment]], weights: Floats, never: float) -> tuple[tuple[int, float], ...]:
    """How probable each shift is, given how recent invoices of all customers were paid."""
    found = np.array(SHIFT_PRIOR, dtype=np.float64)
    recent = [[payment for payment in payments if _is_recent(payment)] for payments in customers]
    before = [
        [payment for payment in payments if not _is_recent(payment)]
        for payments, now in zip(customers, recent, strict=True)
        if now
    ]
    for now, habit in zip(filter(None, recent), weights * _evidence_of_each(before, never), strict=True):
        likely = _product(_likelihoods(now, never, SHIFTS))
        found = found * total(habit * (likely / likely.max()))[:, 0]
        found = found / found.max()
    found = _normal(found)
    for _ in range(SHIFT_MOVES):
        # At both ends it cannot move further, and stays.
        beside = np.concatenate([found[:1], found, found[-1:]])
        found = found / 2 + (beside[:-2] + beside[2:]) / 4
    found = _normal(np.where(found < LEAST_SHIFT, 0.0, found))
    return tuple((shift, weight) for shift, weight in zip(SHIFTS, found.tolist(), strict=True) if weight)


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
    """The same as ``outlooks``, under one shift."""
    (found,) = outlooks(customer, firm, (shift,), least)
    return found


def outlooks(customer: Customer, firm: Firm, shifts: Sequence[int], least: float = 0.0) -> list[Outlook]:
    """The habit of a customer, and when the claims on it are paid, under each shift.

    Args:
        customer: With its payments, and one claim at least.
        firm: The firm it is a customer of.
        shifts: Days by which all customers of the firm pay later.
        least: Archetypes that weigh less are left out; the others weigh the more.
    """
    ended = customer.lost + sum(not payment.is_open for payment in customer.payments)
    never = (firm.never * NEVER_WEIGHT_OF_CUSTOMER + customer.lost) / (NEVER_WEIGHT_OF_CUSTOMER + ended)
    latest = customer.payments[-MOST_PAYMENTS:]
    before = _evidence(_likelihoods([one for one in latest if not _is_recent(one)], never)[:, 0])
    recent = _likelihoods([one for one in latest if _is_recent(one) and not one.is_open], never, shifts)
    is_open = [one for one in latest if one.is_open]
    opened = _likelihoods(is_open, never, shifts)
    is_not_past = [one.delay <= 0 for one in is_open]
    # Since its last payment at most: what was open before was open in spite of it.
    since = min((one.age - one.delay for one in latest if not one.is_open and one.is_dated), default=None)
    before_then = [msgspec.structs.replace(one, delay=one.delay - since) for one in is_open if since is not None]
    after_last = _product(_likelihoods(before_then, never, shifts))
    known = before * _evidence(recent)
    # With some probability the customer pays otherwise from now on, like any customer of the firm.
    habit = firm.weights * ((1 - CHANGED_SHARE) * known + CHANGED_SHARE * total(firm.weights * known))
    alive = (1 - STOPPED_SHARE - DISPUTED_SHARE) * habit * _product(opened)
    disputed = DISPUTED_SHARE * habit * _product(opened[is_not_past])
    stopped = STOPPED_SHARE * total(habit * after_last)[:, 0]
    return [
        _outlook(customer.claims, alive[at], disputed[at], float(stopped[at]), shift=shift, never=never, least=least)
        for at, shift in enumerate(shifts)
    ]


def _outlook(
    claims: Sequence[Claim], alive: Floats, disputed: Floats, stopped: float, *, shift: int, never: float, least: float
) -> Outlook:
    everything = float(total(alive)[0]) + float(total(disputed)[0]) + stopped
    chosen = np.flatnonzero(alive + disputed >= least * everything)
    if chosen.size < alive.size:
        kept = total((alive + disputed)[chosen]) / total(alive + disputed)
        alive, disputed = alive[chosen] / kept, disputed[chosen] / kept
    paid = np.stack([_paid(claim.past_due - shift, never, chosen) for claim in claims], axis=1)
    is_not_past = np.array([claim.past_due <= 0 for claim in claims])[:, None]
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
    first = min(max(past_due, _FIRST), LATEST) - _FIRST
    until = _until()[chosen, first : first + HORIZON_DAYS + 1]
    before = until[:, :1]
    share: Floats = (1 - never) * (until[:, 1:] - before) / (never + (1 - never) * (1 - before))
    return share
