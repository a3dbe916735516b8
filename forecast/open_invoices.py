"""What open invoices bring, as one distribution for each day, on a grid that is coarse enough to be summed at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from forecast.habits import HORIZON_DAYS, Firm, firm_of, outlooks
from forecast.invoices import Book, Claim, Customer
from forecast.receipts import NOTHING, ONE, Integers, Weighed, averaged, groups_of, weighed, whole, with_customer

LEAST_WEIGHT: Final = ONE >> 4
"""Archetypes of a customer that weigh less are taken together."""
LEFT_OUT: Final = 1 / 2048
"""Archetypes that weigh less are left out."""
MOST_SHIFTS: Final = 3
"""The most probable shifts of all customers together; the others are left out."""
MOST_APART: Final = 20
"""So many customers, those who owe most, are summed one by one; what the others owe comes as it is expected."""
MOST_HABITS: Final = 300
"""So many customers, those who owe most, have a habit of their own; the others pay as is usual for the firm."""
MOST_CLAIMS: Final = 30
"""Claims on one customer that are told apart; of more, neighbours by due day are paid together."""
DAYS_LATE: Final = 60
"""By which the customer that owes most pays later under stress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenInvoices:
    """Their sum by day, 1 to ``HORIZON_DAYS``."""

    summed: Integers
    """The distribution of what the largest customers pay: a row per day, a column per step from 0 on; the probability
    that it is at most so much, in units of ``1 / ONE``."""
    certain: Integers
    """What the others pay, in cents."""
    expected: Integers
    """Mean of all, in cents."""


def open_invoices(book: Book, step: int, delays: Sequence[int] = (0, DAYS_LATE)) -> list[OpenInvoices]:
    """The sum of what a firm's open invoices bring; and if the customer that owes most pays so many days later.

    Args:
        book: The invoices of the firm.
        step: Cents of one step of the grid.
        delays: Of the customer that owes most, one sum each.
    """
    firm = firm_of(book)
    groups = [group for customer in book.customers for group in groups_of(customer)]
    owed = [sum(claim.cents for claim in group.claims) for group in groups]
    ranks = sorted(range(len(groups)), key=lambda at: (-owed[at], at))
    chosen = [_with_few_claims(one) for one in _with_few_customers([groups[at] for at in ranks])]
    shifts = whole(sorted(firm.shifts, key=lambda one: (-one[1], one[0]))[:MOST_SHIFTS])
    found = _under_shifts(firm, chosen, [shift for shift, _ in shifts], step, delays)
    weights = [weight for _, weight in shifts]
    return [_mixed([one[at] for one in found], weights) for at in range(len(delays))]


def _under_shifts(
    firm: Firm, groups: list[Customer], shifts: Sequence[int], step: int, delays: Sequence[int]
) -> list[list[OpenInvoices]]:
    """Under each shift of all customers, by delay; those who owe most come first."""
    summed = [NOTHING] * len(shifts)
    # The one that owes most is added last, to all sums.
    certain, expected = (np.zeros((len(shifts), HORIZON_DAYS), dtype=np.int64) for _ in range(2))
    for place in range(len(groups) - 1, 0, -1):
        cents = [claim.cents for claim in groups[place].claims]
        for at, view in enumerate(_views(groups[place], firm, shifts)):
            means = _means(view, cents)
            expected[at] += means
            if place < MOST_APART:
                summed[at] = with_customer(summed[at], cents, view, step)
            else:
                certain[at] += means
    if not groups:
        nothing = [OpenInvoices(summed=NOTHING, certain=certain[0], expected=expected[0])] * len(delays)
        return [nothing] * len(shifts)
    cents = [claim.cents for claim in groups[0].claims]
    found = []
    for at, view in enumerate(_views(groups[0], firm, shifts)):
        late = [Weighed(weights=view.weights, paid=_later(view.paid, days)) for days in delays]
        found.append(
            [
                OpenInvoices(
                    summed=with_customer(summed[at], cents, one, step),
                    certain=certain[at],
                    expected=expected[at] + _means(one, cents),
                )
                for one in late
            ]
        )
    return found


def _with_few_customers(groups: list[Customer]) -> list[Customer]:
    """The first customers, and in place of all others one of which nothing is known."""
    others = [claim for group in groups[MOST_HABITS:] for claim in group.claims]
    if not others:
        return groups
    others.sort(key=lambda claim: (-claim.past_due, claim.kind, claim.document, claim.cents))
    return [*groups[:MOST_HABITS], Customer(claims=others)]


def _with_few_claims(group: Customer) -> Customer:
    """A customer with at most ``MOST_CLAIMS`` claims: time and memory grow with the square of their number."""
    number = len(group.claims)
    if number <= MOST_CLAIMS:
        return group
    edges = [part * number // MOST_CLAIMS for part in range(MOST_CLAIMS + 1)]
    return replace(group, claims=[_together(group.claims[first:end]) for first, end in pairwise(edges)])


def _together(claims: Sequence[Claim]) -> Claim:
    """One claim in place of some, past due by their mean by amount."""
    cents = sum(claim.cents for claim in claims)
    past_due = sum(claim.cents * claim.past_due for claim in claims) // cents
    return replace(claims[0], cents=cents, past_due=past_due)


def _views(group: Customer, firm: Firm, shifts: Sequence[int]) -> list[Weighed]:
    return [weighed(one, LEAST_WEIGHT) for one in outlooks(group, firm, shifts, LEFT_OUT)]


def _means(view: Weighed, cents: list[int]) -> Integers:
    """Expected cents by day, rounded down for each claim."""
    found: Integers = (np.array(cents, dtype=np.int64)[:, None] * (averaged(view) >> 10) >> 20).sum(axis=0)
    return found


def _later(paid: Integers, days: int) -> Integers:
    if not days:
        return paid
    found = np.zeros_like(paid)
    found[..., days:] = paid[..., :-days]
    return found


def _mixed(found: list[OpenInvoices], weights: list[int]) -> OpenInvoices:
    """The mixture over shifts, in units of ``1 / ONE``; all have equally many steps."""
    pairs = list(zip(found, weights, strict=True))
    return OpenInvoices(
        summed=sum((weight * one.summed for one, weight in pairs), start=np.zeros(1, dtype=np.int64)) >> 30,
        certain=sum(((weight >> 10) * one.certain for one, weight in pairs), start=np.zeros(1, dtype=np.int64)) >> 20,
        expected=sum(((weight >> 10) * one.expected for one, weight in pairs), start=np.zeros(1, dtype=np.int64)) >> 20,
    )
