"""What is sold and bought from now on, and when it is paid: level, season, and a curve from document to payment."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from forecast.days import Ahead, Integers, length_of
from forecast.facts import Documents, Facts

UNIT: Final = 1 << 20
"""One, in shares and factors."""
LONGEST: Final = 365
"""Days after which nothing more is paid on a document."""
WINDOW: Final = 730
"""Documents of so many days make a curve."""
FEWEST: Final = 10
"""Paid documents that make a curve of the firm's own; with fewer, what is usual weighs as much as is missing."""
USUAL_DAYS: Final = 30
HALF_LIVES: Final = (3, 6, 12)
"""Months after which a month weighs half: in the latest level, in the level, and in the earlier one."""
TREND: Final = UNIT // 4
"""So much of the difference between the latest level and the earlier one is added to the level."""
SEASON_MONTHS: Final = 24
"""Full months before anything is called a season."""
SEASON_WEIGHT: Final = 1
"""No season weighs as much as so many years."""


def paid_curve(documents: Documents, *, from_due: bool = False) -> Integers:
    """What share of documents is paid within 0 to ``LONGEST`` days, by amount, in units of ``1 / UNIT``.

    By the estimator of Kaplan and Meier, with amounts in place of counts: what is not paid yet counts as long as it has
    been open. Without enough payments, the usual curve (all on day 30, or on the due day) is added.

    Args:
        documents: Of the firm.
        from_due: Count from the due day; earlier payments are on it. Else from the document's day.
    """
    recent = documents.age < WINDOW
    cents, paid, age = documents.cents[recent], documents.paid_after[recent], documents.age[recent]
    term = age - documents.past_due[recent]
    start = term if from_due else np.zeros_like(term)
    is_paid = paid >= 0
    # Lost ones stay at risk to the end; what is open, until today.
    is_open = ~is_paid & (documents.open_cents[recent] > 0)
    days = np.where(is_paid, paid - start, np.where(is_open, age - start, LONGEST + 1))
    days = np.clip(days, 0, LONGEST + 1)
    ended = np.zeros(LONGEST + 2, dtype=np.int64)
    left = np.zeros(LONGEST + 2, dtype=np.int64)
    np.add.at(ended, days[is_paid], cents[is_paid])
    np.add.at(left, days, cents)
    at_risk = np.cumsum(left[::-1])[::-1]
    missing = max(0, FEWEST - int(is_paid.sum()))
    if missing:
        usual = 0 if from_due else USUAL_DAYS
        mean = int(cents.sum()) // max(1, cents.size) or 1
        ended[usual] += missing * mean
        at_risk[: usual + 1] += missing * mean
    open_share, found = UNIT, []
    for paid_now, risk in zip(ended[: LONGEST + 1].tolist(), at_risk[: LONGEST + 1].tolist(), strict=True):
        if risk:
            open_share -= open_share * min(paid_now, risk) // risk
        found.append(UNIT - open_share)
    return np.array(found, dtype=np.int64)


def by_month(facts: Facts, documents: Documents) -> Integers:
    """Amounts by month, the running one first, of three years."""
    found = np.zeros(37, dtype=np.int64)
    back = facts.month - documents.month
    known = back <= 36
    np.add.at(found, back[known], documents.cents[known])
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """How a monthly sum goes on: a level, times the season of the month."""

    level_cents: int
    """Of a month of no season."""
    season: tuple[int, ...]
    """Factor of January to December, in units of ``1 / UNIT``."""

    def in_month(self, month: int) -> int:
        """Expected cents of a month."""
        return self.level_cents * self.season[month % 12] // UNIT

    def by_day(self, ahead: Ahead) -> Integers:
        """Expected cents of each day ahead."""
        daily = {month: self.in_month(month) // length_of(month) for month in ahead.each_month()}
        return np.array([daily[month] for month in ahead.months.tolist()], dtype=np.int64)

    def unseen(self, ahead: Ahead, days: int) -> Integers:
        """Expected cents of each of so many days up to the day of observation."""
        return np.full(days, self.in_month(ahead.first_month) // length_of(ahead.first_month), dtype=np.int64)


def pattern_of(months: Integers, facts: Facts) -> Pattern:
    """Level and season of a monthly sum.

    Args:
        months: By month, the running one first, which does not count.
        facts: How many full months are known, and which.
    """
    first = int(np.flatnonzero(months)[-1]) if months.any() else 1
    known = max(1, min(facts.full_months, 36, first))
    values = months[1 : known + 1]
    season = _season(values, facts.month)
    short, middle, long = (_level(values, season, facts.month, months) for months in HALF_LIVES)
    # Some of what the latest months are above the earlier ones: a trend goes on, and seldom all of it.
    return Pattern(level_cents=max(0, middle + (short - long) * TREND // UNIT), season=season)


def _level(values: Integers, season: tuple[int, ...], month: int, half_life: int) -> int:
    """The mean of months of no season; one that is k months back weighs 2 ** (-k / half_life), in whole numbers."""
    weighed, total = 0, 0
    for back, value in enumerate(values.tolist()):
        weight = int(UNIT * 2 ** (-back / half_life))
        weighed += value * weight
        total += weight * season[(month - 1 - back) % 12]
    return weighed * UNIT // total if total else 0


def _season(values: Integers, month: int) -> tuple[int, ...]:
    """Factors by month of the year, drawn towards one the less the shorter the books are; their mean is one."""
    years = len(values) // 12
    if len(values) < SEASON_MONTHS:
        return (UNIT,) * 12
    sums = [0] * 12
    for year in range(years):
        one = values[12 * year : 12 * year + 12].tolist()
        whole = sum(one)
        if whole <= 0:
            return (UNIT,) * 12
        for back, value in enumerate(one):
            sums[(month - 1 - 12 * year - back) % 12] += 12 * value * UNIT // whole
    drawn = [(one + SEASON_WEIGHT * UNIT) // (years + SEASON_WEIGHT) for one in sums]
    return tuple(max(one, UNIT // 20) for one in drawn)


def later(pattern: Pattern, curve: Integers, ahead: Ahead, entered_after: int) -> Integers:
    """What is paid on each day ahead of what arises from now on, and of what arose but is not in the books yet.

    Args:
        pattern: Of what arises.
        curve: Share that is paid up to each day.
        ahead: The days.
        entered_after: Days from a document's day to its entry.
    """
    daily = np.concatenate([pattern.unseen(ahead, entered_after), pattern.by_day(ahead)])
    # The order of a sum of whole numbers does not matter.
    found: Integers = np.convolve(daily, np.diff(curve, prepend=0))[: daily.size] // UNIT
    # What was paid before it was entered is in the bank already.
    return found[entered_after:]


def still_open(documents: Documents, curve: Integers, ahead: Ahead) -> Integers:
    """What open documents bring on each day, given how long they are past due, by a curve from the due day."""
    flow = np.zeros(ahead.count + LONGEST, dtype=np.int64)
    steps = np.diff(curve, prepend=0)
    for cents, past_due in zip(documents.open_cents.tolist(), documents.past_due.tolist(), strict=True):
        if cents <= 0 or past_due >= LONGEST:
            continue
        if past_due < 0:
            start = -past_due - 1
            if start < ahead.count:
                flow[start : start + LONGEST + 1] += (cents * steps)[: flow.size - start]
        else:
            left = UNIT - int(curve[past_due])
            rest = steps[past_due + 1 :]
            if left and rest.size:
                flow[: rest.size] += cents * rest // left * UNIT
    return flow[: ahead.count] // UNIT
