"""The sum of what open invoices bring, by day, as a distribution on a grid of cents: convolved, not sampled.

Probabilities are whole numbers of ``1 / ONE`` and every operation on them is one of whole numbers, rounded down, that
never changes the order of two distributions: the same bits everywhere, and laws that hold to the last of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from features.feature import Missing
from features.ledger import Ledger, Resource
from forecast.habits import HORIZON_DAYS, Outlook, firm_of, outlook
from forecast.invoices import Book, Claim, Customer, books

Integers = npt.NDArray[np.int64]

ONE: Final = 1 << 30
"""Probability 1."""
CELLS: Final = 1024
"""The grid has so many steps from nothing to all that is open, or one for each cent where there are fewer."""
_AT_ONCE: Final = 16
"""Archetypes whose distributions are worked out at once, which bounds memory."""
LEAST_WEIGHT: Final = ONE >> 10
"""Archetypes of a customer that weigh less are taken together as one, of their mean."""
FEWEST_ENDED: Final = 5
"""Without so many invoices whose payment was seen, the firm has no habit of its own."""
QUANTILES: Final = (ONE // 10, ONE // 2, ONE - ONE // 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimOutlook:
    """When one claim is paid, whatever else is."""

    claim: Claim
    paid: tuple[int, ...]
    """Probability, in units of ``1 / ONE``, that it is paid within 1 to ``HORIZON_DAYS`` days."""

    def day(self, share: int) -> int | None:
        """The first day, counted from the day of observation, by which the probability reaches ``share``.

        None where that is not within the horizon.
        """
        at = int(np.searchsorted(np.array(self.paid), share))
        return at + 1 if at < HORIZON_DAYS else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipts:
    """What the open invoices of a firm bring within 1 to ``HORIZON_DAYS`` days, added up, in cents."""

    open_cents: int
    """What was looked at."""
    expected: tuple[int, ...]
    """Means, rounded down to the cent."""
    low: tuple[int, ...]
    """With a probability of at least nine tenths it is not less than this, up to ``step_cents``."""
    median: tuple[int, ...]
    high: tuple[int, ...]
    step_cents: int
    """One step of the grid."""
    claims: tuple[ClaimOutlook, ...]
    """Each claim by itself, by customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Receipts of one firm on one day, or why there are none."""

    receipts: Receipts | None
    cause: Missing | None
    book: Book


def receipts(ledger: Ledger, spine: pl.DataFrame) -> list[Answer]:
    """What the invoices that are open on each point of a spine bring, and when.

    Args:
        ledger: Of one or many borrowers.
        spine: As ``features.spine.SPINE``.

    Returns:
        One answer per row of the spine, in its order. It depends on that borrower's facts as of that day alone.
    """
    if not {Resource.INVOICES, Resource.RECOGNITION} <= ledger.fetched:
        return [Answer(receipts=None, cause=Missing.NOT_FETCHED, book=Book()) for _ in range(spine.height)]
    return [_answer(book) for book in books(ledger, spine)]


def _answer(book: Book) -> Answer:
    ended = sum(payment.is_dated and not payment.is_open for one in book.customers for payment in one.payments)
    if ended < FEWEST_ENDED:
        return Answer(receipts=None, cause=Missing.TOO_FEW_DOCUMENTS, book=book)
    return Answer(receipts=_receipts(book), cause=None, book=book)


def _receipts(book: Book) -> Receipts:
    firm = firm_of(book)
    groups = [group for customer in book.customers for group in groups_of(customer)]
    everything = sum(claim.cents for group in groups for claim in group.claims)
    step = max(1, -(-everything // CELLS))
    mixed = np.zeros((HORIZON_DAYS, 1), dtype=np.int64)
    single = np.zeros((sum(len(group.claims) for group in groups), HORIZON_DAYS), dtype=np.int64)
    for shift, weight in whole(firm.shifts):
        views = [weighed(outlook(group, firm, shift)) for group in groups]
        summed = NOTHING
        for group, view in zip(groups, views, strict=True):
            summed = with_customer(summed, [claim.cents for claim in group.claims], view, step)
        # The last cell of each shift is all that is open: they are equally long.
        mixed = mixed + weight * summed
        if groups:
            single += weight * np.concatenate([averaged(view) for view in views])
    mixed, single = mixed >> 30, single >> 30
    claims = [claim for group in groups for claim in group.claims]
    low, median, high = (
        tuple(min(int(cell) * step, everything) for cell in quantile(mixed, share)) for share in QUANTILES
    )
    amounts = np.array([claim.cents for claim in claims], dtype=object)
    return Receipts(
        open_cents=everything,
        expected=tuple(int(sum(amounts * column)) >> 30 for column in single.T.astype(object)),
        low=low,
        median=median,
        high=high,
        step_cents=step,
        claims=tuple(
            ClaimOutlook(claim=claim, paid=tuple(row)) for claim, row in zip(claims, single.tolist(), strict=True)
        ),
    )


def whole(shares: Sequence[tuple[int, float]]) -> list[tuple[int, int]]:
    """Shares in whole numbers of ``1 / ONE``; the largest has what rounding left."""
    found = [(name, int(share * ONE)) for name, share in shares]
    left = ONE - sum(share for _, share in found)
    at = max(range(len(found)), key=lambda index: found[index][1])
    found[at] = (found[at][0], found[at][1] + left)
    return found


def groups_of(customer: Customer) -> list[Customer]:
    """A customer, with what its habit does not speak for apart from it.

    What it owes beyond all that it ever paid is expected of a stranger: a firm can write any invoice to a customer who
    pays well.
    """
    paid = sum(payment.cents for payment in customer.payments)
    known: list[Claim] = []
    strange: list[Claim] = []
    for claim in customer.claims:
        paid -= claim.cents
        (known if paid >= 0 else strange).append(claim)
    parts = ((known, customer.payments), (strange, [one for one in customer.payments if one.is_open]))
    return [replace(customer, claims=claims, payments=payments) for claims, payments in parts if claims]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """An outlook in whole numbers of ``1 / ONE``."""

    weights: tuple[int, ...]
    """Of the archetypes that matter, and of the others together. What is missing to ``ONE``: nothing is paid."""
    paid: Integers
    """Archetype, claim, day."""


def weighed(outlook: Outlook, least: int = LEAST_WEIGHT) -> Weighed:
    """Round an outlook down, and take together what weighs less than ``least``."""
    weights = (outlook.weights * ONE).astype(np.int64)
    paid = np.minimum((outlook.paid * ONE).astype(np.int64), ONE)
    matters = weights >= least
    rest = weights[~matters]
    together = int(rest.sum())
    if not together:
        return Weighed(weights=tuple(weights[matters].tolist()), paid=paid[matters])
    mean = (rest[:, None, None] * paid[~matters]).sum(axis=0) // together
    return Weighed(weights=(*weights[matters].tolist(), together), paid=np.concatenate([paid[matters], mean[None]]))


def averaged(view: Weighed) -> Integers:
    """The probability that each claim is paid by each day, whatever the habit: claim, day."""
    mean: Integers = (np.array(view.weights, dtype=np.int64)[:, None, None] * view.paid).sum(axis=0) >> 30
    return mean


NOTHING: Final[Integers] = np.full((HORIZON_DAYS, 1), ONE, dtype=np.int64)
"""The distribution of no receipts. A distribution has a row per day and a column per step of the grid from 0 on: the
probability that receipts up to that day are at most so many steps. Behind its last column it is ``ONE``."""


def with_customer(summed: Integers, cents: Sequence[int], view: Weighed, step: int) -> Integers:
    """The distribution of a sum with what a customer pays, which is independent of it.

    Given the habit of the customer, its claims are independent of each other; the habit is one of several.
    """
    if len(cents) == 1:
        return with_claim(summed, cents[0], averaged(view)[0], step)
    own = np.full((HORIZON_DAYS, 1 + sum(-(-amount // step) for amount in cents)), ONE - sum(view.weights)) * ONE
    for first in range(0, len(view.weights), _AT_ONCE):
        weights, paid = (each[first : first + _AT_ONCE] for each in (np.array(view.weights), view.paid))
        each = np.broadcast_to(NOTHING, (len(weights), *NOTHING.shape))
        for at, amount in enumerate(cents):
            each = with_claim(each, amount, paid[:, at], step)
        own += (weights[:, None, None] * each).sum(axis=0)
    return _convolved(summed, own >> 30)


def with_claim(summed: Integers, cents: int, share: Integers, step: int) -> Integers:
    """The distribution of a sum with one claim, which is independent of it.

    Between two steps of the grid the amount is one of both by chance, so that its mean is kept.

    Args:
        summed: A distribution, or one for each habit.
        cents: Of the claim.
        share: Probability that it is paid, by habit and day, in units of ``1 / ONE``.
        step: Cents of one step.
    """
    whole, rest = divmod(cents, step)
    above = share * ((rest << 30) // step) >> 30
    # Days lie side by side in memory: there are more of them than steps.
    before = np.moveaxis(summed, -1, 0)
    width = len(before)
    found = np.full((width + whole + (rest > 0), *share.shape), ONE, dtype=np.int64)
    found[:width] = before
    found *= ONE - share
    for cells, weight in ((whole, share - above), (whole + 1, above))[: 1 + (rest > 0)]:
        found[cells : cells + width] += weight * before
        found[cells + width :] += weight * ONE
    return np.moveaxis(found >> 30, 0, -1)


def _convolved(one: Integers, other: Integers) -> Integers:
    """The distribution of the sum of two independent amounts."""
    width, more = one.shape[1], other.shape[1] - 1
    found = np.zeros((width + more, HORIZON_DAYS), dtype=np.int64)
    for cells, weight in enumerate(np.diff(other.T, axis=0, prepend=0)):
        if weight.any():
            found[cells : cells + width] += weight * one.T
    found[width:] += other.T[:more] * ONE
    return (found >> 30).T


def quantile(distribution: Integers, share: int) -> Integers:
    """By day, the least number of steps that is not exceeded with a probability of ``share``."""
    found: Integers = (distribution < share).sum(axis=1)
    return found
