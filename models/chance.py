"""Whether chance explains what was counted: tests that know how large their samples are, in closed forms.

The service watches with them, and the validation of a model measures with them.
"""

from collections.abc import Mapping, Sequence
from math import erfc, exp, fsum, gamma, lgamma, log, log1p, sqrt
from typing import Final

FEWEST_EXPECTED: Final = 5.0
"""Neighbouring bins are added up until so many are expected in them: below, the test is not exact enough."""
LARGE: Final = 300.0
"""A count with a larger variance is taken as normal."""


def shift(cells: Sequence[int], shares: Sequence[float], learned: int) -> tuple[float, float]:
    """Population stability index of counts against shares, and the probability that chance makes it as large.

    The statistic is chi-square's for two samples: of these decisions, and of the firms that the shares were counted on.
    The same index of 0.1 is chance with 100 decisions and a finding with 10,000.

    Args:
        cells: Counts per bin.
        shares: What is expected of each, adding up to 1.
        learned: Firms that the shares were counted on.
    """
    total = sum(cells)
    groups: list[list[float]] = []
    for count, expected in zip(cells, shares, strict=True):
        if groups and groups[-1][1] * total < FEWEST_EXPECTED:
            groups[-1][0] += count
            groups[-1][1] += expected
        else:
            groups.append([count, expected])
    if len(groups) > 1 and groups[-1][1] * total < FEWEST_EXPECTED:
        cell, share = groups.pop()
        groups[-1][0] += cell
        groups[-1][1] += share
    if not total or len(groups) < 2:
        return 0.0, 1.0
    psi, statistic = 0.0, 0.0
    for cell, share in groups:
        found = max(cell, 0.5) / total  # half a decision in place of none, so that the logarithm is finite
        psi += (found - share) * log(found / share)
        statistic += (cell - total * share) ** 2 / (total * share)
    return psi, chi_square_tail(statistic / (1 + total / learned), len(groups) - 1)


def more_missing(count: int, total: int, share: float, learned: int) -> float:
    """Probability of at least so many missing values by chance, where both samples miss them equally often.

    The share that was learned is itself counted on a sample. So the missing values of both are put together: each is
    among these decisions by their share of all.

    Args:
        count: Missing values of these decisions.
        total: These decisions.
        share: Of missing values, as learned.
        learned: Firms that the share was counted on.
    """
    return binomial_tail(count, count + round(share * learned), total / (total + learned))


def holm(tests: Mapping[str, float], level: float) -> list[str]:
    """What is found at a level for all tests together, in their order: S. Holm, Scand. J. Statist. 6 (1979), 65-70."""
    found: set[str] = set()
    for place, name in enumerate(sorted(tests, key=lambda one: (tests[one], one))):
        if tests[name] > level / (len(tests) - place):
            break
        found.add(name)
    return [name for name in tests if name in found]


def chi_square_tail(value: float, freedom: int) -> float:
    """Probability that a chi-square variable with whole degrees of freedom is above a value: closed forms, no series.

    Args:
        value: At least 0.
        freedom: At least 1.
    """
    half = value / 2
    if half > 700:  # below the smallest double
        return 0.0
    if freedom % 2 == 0:
        return exp(-half) * fsum(half**step / gamma(step + 1) for step in range(freedom // 2))
    steps = fsum(half ** (step + 0.5) / gamma(step + 1.5) for step in range((freedom - 1) // 2))
    return erfc(sqrt(half)) + exp(-half) * steps


def normal_tail(value: float) -> float:
    """Probability that a standard normal variable is above a value."""
    return erfc(value / sqrt(2)) / 2


def binomial_tail(count: int, trials: int, chance: float) -> float:
    """Probability of at least ``count`` of ``trials``, where each has this chance, above 0 and below 1."""
    variance = trials * chance * (1 - chance)
    if count <= 0:
        return 1.0
    if variance > LARGE:
        return normal_tail((count - 0.5 - trials * chance) / sqrt(variance))
    odds = log(chance) - log1p(-chance)
    none = trials * log1p(-chance) + lgamma(trials + 1)
    return min(
        1.0,
        fsum(
            exp(none + number * odds - lgamma(number + 1) - lgamma(trials - number + 1))
            for number in range(count, trials + 1)
        ),
    )
