"""What of the last twelve months' debt service will not come back: loans repaid at once, and extra repayments."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, NamedTuple

from forecast.instalments import PAYOUT_DAYS, RECENT_DAYS, Party, Payment, streams_of

MUCH: Final = 3
"""A payment of so many usual instalments is none of them."""
MOST: Final = 2
"""Payments to one party beside its instalments: more are irregular instalments."""


class Redemptions(NamedTuple):
    """Sums of twelve full months, in cents."""

    extra_cents: int
    """Beyond usual instalments."""
    refinanced_cents: int
    """Of these, at most what loans paid out around the same days."""


@dataclass(frozen=True, slots=True)
class _Extra:
    day: int
    cents: int


def redemptions_of(parties: Sequence[Party], as_of: date, until: int) -> Redemptions:
    """Find what was paid beyond usual instalments within the last twelve full months, and what new loans paid of it.

    A payment of one amount that is at least ``MUCH`` usual instalments of its stream, or of its counterparty, counts; a
    larger instalment that is paid again does not. A sum that was paid out counts once, up to ``RECENT_DAYS`` before or
    after.

    Args:
        parties: of whom money was borrowed or leased.
        as_of: the day of observation.
        until: ordinal of the last bank line.
    """
    # A month that ends on the day of observation is over.
    end = (as_of + timedelta(1)).replace(day=1)
    first = end.replace(year=end.year - 1).toordinal()
    found = [
        one
        for party in parties
        for payments in (party.loans, party.leases)
        for one in _extras(payments, party.payouts, until)
        if first <= one.day < end.toordinal()
    ]
    left = [[payout.day, payout.cents] for party in parties for payout in party.payouts]
    refinanced = 0
    for extra in sorted(found, key=lambda one: one.day):
        lacking = extra.cents
        for payout in sorted(left, key=lambda one: (abs(one[0] - extra.day), one[0])):
            if abs(payout[0] - extra.day) <= RECENT_DAYS:
                taken = min(lacking, payout[1])
                payout[1] -= taken
                lacking -= taken
        refinanced += extra.cents - lacking
    return Redemptions(sum(one.cents for one in found), refinanced)


def _extras(payments: list[Payment], payouts: Sequence[Payment], until: int) -> Iterable[_Extra]:
    streams = [one for one in streams_of(payments, until) if not one.is_mixed and len(one.payments) > 1]
    regular = sorted(payment.cents for stream in streams for payment in stream.payments)
    for stream in streams:
        runs = stream.runs
        for before, run, after in zip(runs, runs[1:], [*runs[2:], None], strict=False):
            usual, paid = before[-1].cents, run[0]
            is_again = len(run) > 1 or (after is not None and 2 * after[0].cents >= paid.cents)
            if paid.cents >= MUCH * usual and not is_again:
                yield _Extra(paid.day, paid.cents - usual)
    known = {payment.id for stream in streams for payment in stream.payments}
    single = [payment for payment in payments if payment.id not in known]
    if regular:
        usual = regular[len(regular) // 2]
        single = [payment for payment in single if payment.cents >= MUCH * usual]
    else:
        single = [payment for payment in single if not _is_first(payment, payouts)]
    if len(single) <= MOST:
        yield from (_Extra(payment.day, payment.cents) for payment in single)


def _is_first(payment: Payment, payouts: Iterable[Payment]) -> bool:
    """Whether it may be the first instalment of a loan that was paid out before."""
    return any(0 <= payment.day - one.day <= PAYOUT_DAYS and MUCH * payment.cents <= one.cents for one in payouts)
