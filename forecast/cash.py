"""Cash of all accounts on each day ahead: a median, a band, and how probable it is that the money does not suffice.

What is expected to come and go has a middle on each day (``forecast.expected``); open invoices are a distribution by
themselves (``forecast.open_invoices``); all else varies around its middle by what the firm's own months have varied
(``forecast.width``). Both are convolved on a grid of cents. Probabilities are whole numbers of ``1 / ONE``: the same
bits everywhere. ``docs/cash.md`` has the formulas, the figures of the backtest, and what is weak.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import numpy as np
import polars as pl

from features.feature import Missing
from features.ledger import Ledger, Resource
from features.recognised import RecognisedViews
from features.spine import SPINE, observed
from forecast.days import Ahead, Integers, day_in, days_ahead, month_number
from forecast.expected import LESS, Expected, expected_of
from forecast.facilities import Borrowings, facilities
from forecast.facts import Facts, facts_of
from forecast.habits import HORIZON_DAYS
from forecast.invoices import Book, books_of
from forecast.open_invoices import DAYS_LATE, OpenInvoices, open_invoices
from forecast.receipts import FEWEST_ENDED, ONE, QUANTILES
from forecast.trade import UNIT
from forecast.width import noise, reach, scale_of, widths

LONGEST_TERM_MONTHS: Final = 60
FEWEST_MONTHS: Final = 4
"""Full months with bank lines, without which nothing is foreseen."""
CELLS: Final = 256
"""The grid of a day has about so many steps."""
NEEDED: Final = frozenset(
    {
        *(Resource.INVOICES, Resource.VOUCHERS, Resource.RECOGNITION),
        *(Resource.ACCOUNTS, Resource.BALANCES, Resource.TRANSACTIONS),
    }
)
DRAWN_OF_SURPLUS: Final = 32 * 30
"""Each day owners take one in so many of what is above the usual level: a thirty-second a month."""
LEVEL_MONTHS: Final = 12
"""The usual level is the mean of the ends of so many months."""
UNSPENT_DAYS: Final = 90
"""Days within which money that no customer paid is looked for."""


class Case(StrEnum):
    """What is assumed."""

    EXPECTED = "expected"
    LESS_REVENUE = "less_revenue"
    """A fifth less is sold from now on; suppliers get a tenth less."""
    LATE_CUSTOMER = "late_customer"
    """The customer that owes most, and the largest one's new invoices, are paid 60 days later."""
    BOTH = "both"


_LATE: Final = frozenset({Case.LATE_CUSTOMER, Case.BOTH})


class Kind(StrEnum):
    """What money comes from and goes to."""

    OPEN_INVOICES = "open_invoices"
    NEW_SALES = "new_sales"
    COUNTER_SALES = "counter_sales"
    OPEN_BILLS = "open_bills"
    NEW_BILLS = "new_bills"
    WAGES = "wages"
    SOCIAL_SECURITY = "social_security"
    RENT = "rent"
    RUNNING_COSTS = "running_costs"
    VAT = "vat"
    OTHER_TAXES = "other_taxes"
    FACILITIES = "facilities"
    DRAWINGS = "drawings"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cash:
    """Cash on some days, as distributions; without the loan that is asked for."""

    days: tuple[int, ...]
    """Days after the day of observation."""
    start_cents: Integers
    """Of the first cell, by day."""
    step_cents: Integers
    """From one cell to the next, by day."""
    up_to: tuple[Integers, ...]
    """By day: the probability of at most so many steps from the start, in units of ``1 / ONE``."""

    def quantile(self, at: int, share: int) -> int:
        """The least amount of a day that is not exceeded with a probability of ``share``."""
        row, step = self.up_to[at], int(self.step_cents[at])
        cell = int(np.searchsorted(row, share))
        before = int(row[cell - 1]) if cell else 0
        within = -((before - share) * step // (int(row[cell]) - before))
        return self._edge(at, cell) + within

    def below(self, at: int, cents: int) -> int:
        """The probability that a day ends with less than an amount, in units of ``1 / ONE``."""
        row, step = self.up_to[at], int(self.step_cents[at])
        cell, within = divmod(cents - 1 - self._edge(at, 0), step)
        if cell < 0 or cell >= row.size:
            return 0 if cell < 0 else ONE
        before = int(row[cell - 1]) if cell else 0
        return before + (int(row[cell]) - before) * within // step

    def least(self, at: int, share: int) -> int:
        """The highest amount that a day ends below with a probability of at most ``share``, which is below 1."""
        return self.quantile(at, share + 1)

    def _edge(self, at: int, cell: int) -> int:
        """Where a cell begins: what it stands for is spread evenly, half a step to both sides."""
        step = int(self.step_cents[at])
        return int(self.start_cents[at]) + cell * step - step // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a firm's cash does."""

    as_of: date
    level_cents: int | None
    """On the day of observation; None where the bank does not confirm it: then all amounts are changes."""
    cases: Mapping[Case, Cash]
    flows: Mapping[Kind, Integers]
    """Expected, by day from the next one on, positive in and negative out."""
    unspent_cents: int
    """What of the level lenders, owners and others who buy nothing paid in of late, and is still there."""
    counted: Cash
    """As expected, without that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An outlook, or why there is none."""

    outlook: Outlook | None
    cause: Missing | None
    """Beside an outlook: why it has no level."""


def look_ahead(
    ledger: Ledger,
    as_of: date,
    term_months: int,
    borrower: int = 0,
    *,
    cases: Sequence[Case] = tuple(Case),
    views: RecognisedViews | None = None,
    borrowings: Borrowings | None = None,
) -> Answer:
    """Cash of one borrower on each of the next ``HORIZON_DAYS`` days, and then on the last day of each month of a term.

    Args:
        ledger: What it tells of others, or later, changes nothing.
        as_of: The day of observation.
        term_months: Of the loan; beyond ``LONGEST_TERM_MONTHS`` nothing is foreseen.
        borrower: In the ledger.
        cases: What is assumed; the expected one is always among them.
        views: Of this borrower and day, where they are there already.
        borrowings: The same of what it owes elsewhere.

    Returns:
        No outlook where bank, invoices or bills were not read (``not_fetched``), with less than four full months of
        bank lines (``too_little_history``), and where the firm invoices, but fewer than five payments were seen
        (``too_few_documents``). An outlook without a level where the bank does not confirm it
        (``balance_level_unverified``).
    """
    if not ledger.fetched >= NEEDED:
        return Answer(outlook=None, cause=Missing.NOT_FETCHED)
    spine = pl.DataFrame([(borrower, as_of, False)], schema=SPINE, orient="row")
    views = RecognisedViews(ledger, observed(spine)) if views is None else views
    facts = facts_of(ledger, views, as_of)
    if facts.full_months < FEWEST_MONTHS:
        return Answer(outlook=None, cause=Missing.TOO_LITTLE_HISTORY)
    (book,) = books_of(views)
    ended = sum(payment.is_dated and not payment.is_open for one in book.customers for payment in one.payments)
    if book.customers and ended < FEWEST_ENDED:
        return Answer(outlook=None, cause=Missing.TOO_FEW_DOCUMENTS)
    if borrowings is None:
        (borrowings,) = facilities(ledger, spine)
    outlook = _outlook(facts, book, borrowings, min(term_months, LONGEST_TERM_MONTHS), cases)
    return Answer(outlook=outlook, cause=None if facts.is_confirmed else Missing.BALANCE_LEVEL_UNVERIFIED)


def later_days(as_of: date, term_months: int) -> list[int]:
    """The ends of the months behind the daily horizon, up to the end of a term, counted in days."""
    ends = [day_in(month_number(as_of) + number, 31) for number in range(1, term_months + 1)]
    after = [(end - as_of).days for end in ends]
    return [days for days in after if days > HORIZON_DAYS]


def _outlook(
    facts: Facts, book: Book, borrowings: Borrowings | None, term_months: int, chosen: Sequence[Case]
) -> Outlook:
    months = later_days(facts.as_of, term_months)
    ahead = days_ahead(facts.as_of, max([HORIZON_DAYS, *months]))
    expected, scale = expected_of(facts, ahead, borrowings), scale_of(facts)
    owed = sum(claim.cents for customer in book.customers for claim in customer.claims)
    step = _step(owed, widths(scale, [HORIZON_DAYS])[0])
    delays = (0, DAYS_LATE) if _LATE & set(chosen) else (0,)
    opened_by = open_invoices(book, step, delays)
    spread = _spread(opened_by, scale, step, months)
    level = facts.level_cents if facts.is_confirmed else 0
    cases, drawn, not_counted = dict[Case, Cash](), ahead.nothing(), unspent(facts)
    counted: Cash | None = None
    for case in chosen:
        is_late = case in _LATE
        opened = opened_by[is_late]
        net = np.cumsum(_net(expected, case))
        taken = _surplus(net + _to_the_end(opened.expected, ahead), facts)
        certain = net + _to_the_end(opened.certain, ahead)
        cases[case] = _moved(spread[is_late], level + certain - taken)
        if case is Case.EXPECTED:
            drawn = taken
            # Nor do owners take anything of it.
            taken = _surplus(net + _to_the_end(opened.expected, ahead) - not_counted, facts)
            counted = _moved(spread[is_late], level - not_counted + certain - taken)
    assert counted is not None  # noqa: S101  one case is the expected one
    return Outlook(
        as_of=facts.as_of,
        level_cents=facts.level_cents if facts.is_confirmed else None,
        cases=MappingProxyType(cases),
        flows=MappingProxyType(_flows(expected, opened_by[0], drawn, ahead)),
        unspent_cents=not_counted,
        counted=counted,
    )


def _step(owed: int, width: int) -> int:
    return max(1, -(-(owed + 2 * reach(width)) // CELLS))


def _net(expected: Expected, case: Case) -> Integers:
    """What comes and goes each day beside open invoices."""
    sales, counter, bills, vat = expected.new_sales, expected.counter_sales, expected.new_bills, expected.vat
    if case in _LATE:
        share = expected.largest_share
        delayed = np.concatenate([np.zeros(DAYS_LATE, dtype=np.int64), sales[:-DAYS_LATE]])
        sales = sales - sales * share // UNIT + delayed * share // UNIT
    if case in {Case.LESS_REVENUE, Case.BOTH}:
        sales, counter = (flow - flow * LESS // UNIT for flow in (sales, counter))
        # Half of what is bought follows what is sold.
        bills, vat = bills - bills * LESS // (2 * UNIT), expected.vat_if_less
    fixed = expected.open_bills + expected.other_taxes + expected.facilities + expected.other
    fixed = fixed + sum(expected.recurring.values())
    found: Integers = sales + counter + bills + vat + fixed
    return found


def _to_the_end(by_day: Integers, ahead: Ahead) -> Integers:
    """What has come by each day, which is no more after the daily horizon."""
    return np.concatenate([by_day, np.full(ahead.count - HORIZON_DAYS, by_day[-1])])


def _surplus(change: Integers, facts: Facts) -> Integers:
    """What owners have taken by each day of what is above the usual level.

    Args:
        change: Of cash by each day, as expected.
        facts: Of the firm.
    """
    lines, months = facts.lines, max(1, min(facts.full_months, LEVEL_MONTHS))
    back = facts.month - lines.month
    after = [int(lines.cents[back < month].sum()) for month in range(1, months + 1)]
    # The ends of months, as changes from today's level.
    usual = -sum(after) // months
    taken, found = 0, []
    for cents in change.tolist():
        taken += max(0, cents - taken - usual) // DRAWN_OF_SURPLUS
        found.append(taken)
    return np.array(found, dtype=np.int64)


def _flows(expected: Expected, opened: OpenInvoices, drawn: Integers, ahead: Ahead) -> dict[Kind, Integers]:
    """By kind; a kind of which there is nothing is left out."""
    came = np.diff(_to_the_end(opened.expected, ahead), prepend=0)
    recurring = {Kind(name): flow for name, flow in expected.recurring.items()}
    drawings = recurring.pop(Kind.DRAWINGS, ahead.nothing()) - np.diff(drawn, prepend=0)
    found = {
        Kind.OPEN_INVOICES: came,
        Kind.NEW_SALES: expected.new_sales,
        Kind.COUNTER_SALES: expected.counter_sales,
        Kind.OPEN_BILLS: expected.open_bills,
        Kind.NEW_BILLS: expected.new_bills,
        Kind.VAT: expected.vat,
        Kind.OTHER_TAXES: expected.other_taxes,
        Kind.FACILITIES: expected.facilities,
        Kind.DRAWINGS: drawings,
        Kind.OTHER: expected.other,
    } | recurring
    return {kind: found[kind] for kind in Kind if kind in found and found[kind].any()}


def _spread(opened: Sequence[OpenInvoices], scale: int, step: int, months: Sequence[int]) -> list[Cash]:
    """Open invoices and noise together, on days and ends of months, around nothing."""
    days = [*range(1, HORIZON_DAYS + 1), *months]
    starts, steps = [], []
    rows: list[list[Integers]] = [[] for _ in opened]
    shares = [np.diff(one.summed, axis=1, prepend=0) for one in opened]
    for each in shares:
        # Rounding left the last cell a little short of all.
        each[:, -1] += ONE - each.sum(axis=1)
    daily = noise(widths(scale, days[:HORIZON_DAYS]), step)
    for day, width in zip(days, widths(scale, days), strict=True):
        came, size = [each[min(day, HORIZON_DAYS) - 1] for each in shares], step
        if day > HORIZON_DAYS:
            times = max(1, -(-_step(step * (came[0].size - 1), width) // step))
            came, size = [_coarser(one, times) for one in came], step * times
        around = daily[day - 1] if day <= HORIZON_DAYS else noise([width], size)[0]
        for found, one in zip(rows, came, strict=True):
            found.append(np.cumsum(np.convolve(one, around)) >> 30)
        starts.append(-(around.size // 2) * size)
        steps.append(size)
    start_cents, step_cents = np.array(starts, dtype=np.int64), np.array(steps, dtype=np.int64)
    return [Cash(days=tuple(days), start_cents=start_cents, step_cents=step_cents, up_to=tuple(row)) for row in rows]


def _coarser(shares: Integers, times: int) -> Integers:
    """A distribution on a grid whose steps are so many times as large; its mean stays."""
    place, rest = np.divmod(np.arange(shares.size), times)
    found = np.zeros(shares.size // times + 2, dtype=np.int64)
    above = shares * rest // times
    np.add.at(found, place, shares - above)
    np.add.at(found, place + 1, above)
    return found


def unspent(facts: Facts) -> int:
    """What of today's level is no customers' money of the last ``UNSPENT_DAYS`` days, in cents.

    Lenders, owners, insurers and others paid it in. What is still there of a sum is by how much the level has ever
    since been above that of the day before.
    """
    lines = facts.lines
    is_paid_in = (lines.cents > 0) & ~lines.is_income & ~lines.is_internal & ~lines.of("tax_refund")
    paid_in, moved = (np.zeros(UNSPENT_DAYS, dtype=np.int64) for _ in range(2))
    is_late = lines.age < UNSPENT_DAYS
    np.add.at(moved, lines.age[is_late], lines.cents[is_late])
    np.add.at(paid_in, lines.age[is_late & is_paid_in], lines.cents[is_late & is_paid_in])
    # At the end of the day so many days ago, and the lowest since.
    levels = facts.level_cents - np.concatenate([[0], np.cumsum(moved)])
    lowest = np.minimum.accumulate(levels)
    return int(np.clip(lowest[:-1] - levels[1:], 0, paid_in).sum())


def _moved(spread: Cash, certain: Integers) -> Cash:
    """A distribution around what is certain on its days."""
    moved = spread.start_cents + certain[np.array(spread.days) - 1]
    return Cash(days=spread.days, start_cents=moved, step_cents=spread.step_cents, up_to=spread.up_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """What is said of cash on each day of ``Cash.days``, in cents."""

    low: tuple[int, ...]
    """Cash is at least this with a probability of nine tenths, up to a step of the grid."""
    median: tuple[int, ...]
    high: tuple[int, ...]
    below_zero: tuple[int, ...]
    """The probability that the day ends below zero, in units of ``1 / ONE``."""


def band_of(cash: Cash, paid: Sequence[int] | None = None) -> Band:
    """Median and 10 to 90 % of each day.

    Args:
        cash: Without instalments.
        paid: Instalments that were paid by each day of ``cash.days``; none where left out.
    """
    gone = paid or [0] * len(cash.days)
    low, median, high = (
        tuple(cash.quantile(at, share) - cents for at, cents in enumerate(gone)) for share in QUANTILES
    )
    below = tuple(cash.below(at, cents) for at, cents in enumerate(gone))
    return Band(low=low, median=median, high=high, below_zero=below)


def paid_by(cash: Cash, dues: Sequence[tuple[int, int]]) -> list[int]:
    """What was paid by each day of ``cash.days``.

    Args:
        cash: Of which the days are.
        dues: Days after the day of observation, and cents.
    """
    return [sum(cents for due, cents in dues if due <= day) for day in cash.days]


def largest_instalments(cash: Cash, dues: Sequence[int], at_most: int) -> list[int]:
    """The largest equal instalments that keep the risk of each day at or below a bound, in cents; 0 where none does.

    Args:
        cash: Without instalments.
        dues: Days after the day of observation on which one is due, the earliest first.
        at_most: The highest probability, on every day, that it ends below zero, in units of ``1 / ONE``.

    Returns:
        With the first of the dues alone, with the first two, ...
    """
    least = [cash.least(at, at_most) for at in range(len(cash.days))]
    if min(least) < 0:
        return [0] * len(dues)
    # How many are due by each day, of all; of the first few, so many at most.
    due = [bisect_right(dues, day) for day in cash.days]
    return [
        min((cents // min(gone, number) for gone, cents in zip(due, least, strict=True) if gone), default=0)
        for number in range(1, len(dues) + 1)
    ]
