"""Debt service by month, from what is owed, an instalment and a rhythm: elementary arithmetic, rounded to the cent.

And what of the last twelve months' debt service will not come back: loans repaid at once, and extra repayments.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from forecast.instalments import PAYOUT_DAYS, RECENT_DAYS, Party, Payment, Step, streams_of

MONTHS: Final = 60
"""Months that are projected."""
MUCH: Final = 3
"""A payment of so many usual instalments is none of them."""
MOST: Final = 2
"""Payments to one party beside its instalments: more are irregular instalments."""


@dataclass(frozen=True, slots=True)
class Months:
    """Debt service in cents within each of the ``MONTHS`` months after the day of observation."""

    low: Sequence[int] = (0,) * MONTHS
    expected: Sequence[int] = (0,) * MONTHS
    high: Sequence[int] = (0,) * MONTHS


def in_months(day: date, months: int) -> date:
    """The day so many months later, or the last of its month where that is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = date(year + month // 11, (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), following - timedelta(days=1))


def dues_of(last: date, step: Step, as_of: date) -> list[int]:
    """How many instalments fall due within each month to come, after the last that was seen.

    What was due before the day of observation and is not seen is no debt service to come: it may be paid from
    elsewhere, or the bank's data end before it.
    """
    if step.months:
        found = [0] * MONTHS
        offset = (last.year - as_of.year) * 12 + last.month - as_of.month + (last.day > as_of.day) + step.months
        for month in range(offset, MONTHS + 1, step.months):
            if month >= 1:
                found[month - 1] += 1
        return found
    gone = (as_of - last).days
    per_day = step.a_year / 365
    until = [int((gone + (month * 365) // 12) * per_day) for month in range(MONTHS + 1)]
    return [later - earlier for earlier, later in pairwise(until)]


def by_month(dues: Sequence[int], cents: int, *, until: int = MONTHS, count: int | None = None) -> tuple[int, ...]:
    """Instalments by month, for some months or until so many were paid; the last is counted in full."""
    found = [number * cents for number in dues[:until]]
    if count is not None:
        left = count
        for month, number in enumerate(dues[:until]):
            if left <= number:
                found[month:] = [left * cents]
                break
            left -= number
    return (*found, *[0] * (len(dues) - len(found)))


def every_month(cents: int, months: int) -> tuple[int, ...]:
    """The same amount in each of the first months."""
    number = min(months, MONTHS)
    return (cents,) * number + (0,) * (MONTHS - number)


def level_cents(principal: int, rate: float, months: int) -> int:
    """Equal monthly instalment that repays a principal with interest within some months."""
    monthly = rate / 12
    factor, power = 0.0, 1.0
    for _ in range(months):
        power /= 1 + monthly
        factor += power
    return round(principal / factor)


def instalments_left(balance: int, cents: int, rate: float, at_most: int) -> int | None:
    """How many instalments repay a balance; None where more than so many would be needed."""
    left = float(balance)
    for number in range(at_most + 1):
        if left <= 0.005 * cents:
            return number
        left += left * rate - cents
    return None


def balance_after(balance: int, cents: int, rate: float, step: Step, months: int) -> int:
    """What is still owed after some months."""
    left = float(balance)
    for _ in range(months * step.a_year // 12):
        left = max(0.0, left + left * rate / step.a_year - cents)
    return round(left)


def after_grace(dues: Sequence[int], interest: int, balance: int, rate: float, begins: int, ends: int) -> list[int]:
    """Interest until a month, then equal parts of the principal with interest on what is left."""
    number = sum(dues[month % 12 if month >= MONTHS else month] for month in range(begins, max(ends, begins + 1)))
    part, left, found = balance / max(1, number), float(balance), []
    for month, due in enumerate(dues):
        if month < begins:
            found.append(due * interest)
        elif due and left > 0:
            principal = min(left, part * due)
            found.append(round(principal + left * rate / 12 * (12 / max(1, sum(dues[:12]))) * due))
            left -= principal
        else:
            found.append(0)
    return found


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
