"""How far cash strays from what is expected: by how much the firm's own months have varied, and for how long."""

from collections.abc import Sequence
from functools import cache
from math import comb, isqrt
from typing import Final

import numpy as np

from forecast.days import Integers
from forecast.facts import Facts
from forecast.receipts import ONE

WIDTH: Final = 93
"""In hundredths. With ``DRIFT`` it was fitted on firms of seed 7001, so that the 80 % band holds in about 80 of 100."""
MONTHS: Final = 24
"""Full months that tell how much cash varies."""
USUAL_SHARE: Final = 30
"""Percent of a month's income by which cash usually varies; it weighs as much as what the firm's own has varied."""
DRIFT: Final = 4
"""After so many months what is wrong with the level of sales has done as much as what comes by chance."""
LONGEST_DRIFT: Final = 12
"""Months after which a wrong level is made up for."""
TRIALS: Final = 64
"""The middle of the kernel is a binomial distribution of so many trials: 8 standard deviations to both sides."""
WIDE: Final = 2
WIDE_WEIGHT: Final = 3
"""One in 2 ** 3 of it is so many times as wide: months in which everything goes wrong are not as rare as all that."""
_PER_DEVIATION: Final = 4
"""Trials for one standard deviation: half the root of ``TRIALS``."""


def scale_of(facts: Facts) -> int:
    """By how many cents cash strays in a month: half of it the firm's own, half what is usual for its income.

    Its own is the mean distance of the monthly changes of cash from their median.
    """
    lines, known = facts.lines, max(1, min(facts.full_months, MONTHS))
    back = facts.month - lines.month
    at = (back >= 1) & (back <= known)
    net, income = np.zeros(known, dtype=np.int64), np.zeros(known, dtype=np.int64)
    np.add.at(net, back[at] - 1, lines.cents[at])
    np.add.at(income, back[at] - 1, np.where(lines.is_income[at], lines.cents[at], 0))
    middle = int(np.sort(net)[(known - 1) // 2])
    own = int(np.abs(net - middle).sum()) // known
    year = income[:12]
    usual = int(year.sum()) // year.size * USUAL_SHARE // 100
    return max(1, (own + usual) // 2)


def widths(scale: int, days: Sequence[int]) -> list[int]:
    """The standard deviation of cash in cents, so many days ahead.

    The variance grows with the days, for what comes by chance, and with their square, for a level that is wrong.
    """
    found = []
    for day in days:
        drift = DRIFT * 30 + min(day, LONGEST_DRIFT * 30)
        variance = (scale * WIDTH) ** 2 * day * drift // (30 * DRIFT * 30)
        found.append(max(1, isqrt(variance) // 100))
    return found


def reach(width: int) -> int:
    """Cents to both sides beyond which nothing is expected."""
    return width * (TRIALS // 2) // _PER_DEVIATION


@cache
def _table() -> Integers:
    """Distribution function of the binomial, in units of ``1 / ONE``, up to each number of trials."""
    total, found = 0, [0]
    for hits in range(TRIALS + 1):
        total += comb(TRIALS, hits)
        found.append(total * ONE >> TRIALS)
    return np.array(found, dtype=np.int64)


def noise(widths: Sequence[int], step: int) -> list[Integers]:
    """The probabilities of so many steps, from the lowest to the highest: symmetric, and ``ONE`` together.

    Args:
        widths: Standard deviations in cents; one distribution each.
        step: Cents of one step.
    """
    cells = [reach(width) // step + 1 for width in widths]
    # Ends of the cells below the middle, in trials from the lowest, in 1024ths.
    ends = (2 * np.arange(-max(cells), 1, dtype=np.int64) - 1) * step * (_PER_DEVIATION << 9)
    each = np.array(widths, dtype=np.int64)[:, None]
    one, other = (_up_to(ends // (each * times)) for times in (1, WIDE))
    below = one + ((other - one) >> WIDE_WEIGHT)
    lower = np.diff(below, axis=1, prepend=0)
    rows, firsts = np.arange(len(cells)), max(cells) - np.array(cells)
    # What lies beyond counts as the next step.
    lower[rows, firsts] = below[rows, firsts]
    found = np.concatenate([lower, ONE - 2 * below[:, -1:], lower[:, ::-1]], axis=1)
    return [row[first : row.size - first] for row, first in zip(found, firsts.tolist(), strict=True)]


def _up_to(place: Integers) -> Integers:
    """The distribution function at some places from the middle, in 1024ths of a trial; straight between trials."""
    at = np.clip(place + ((TRIALS + 1) << 9), 0, (TRIALS + 1) << 10)
    whole, rest = at >> 10, at & 1023
    table = _table()
    above = table[np.minimum(whole + 1, TRIALS + 1)]
    found: Integers = table[whole] + ((above - table[whole]) * rest >> 10)
    return found
