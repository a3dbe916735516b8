"""Pairs of columns: which ones act together, and what they add beyond each alone."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.binning import Floats

Codes = NDArray[np.intp]
"""Numbers of bins, rows by columns; the number after the last bin is a missing value."""
STEP_DECIMALS = 6
"""Coefficients and steps are rounded, so that the order of additions in a library does not change the points."""
EMPTY = 1e-6
"""Share of the weight of all rows that the cells of a grid have beside that of their rows."""


def interactions(codes: Codes, bins: Sequence[int], residual: Floats, weight: Floats, *, fewest: int) -> Floats:
    """How clearly each two columns act together on what is left of the outcome (FAST, Lou et al. 2013).

    Each two are cut once each, at every two edges, into four quadrants. Counted is only what four quadrants explain
    beyond what two cuts explain alone: a score test with one degree of freedom. The best cuts count.

    Args:
        codes: Of the rows. Those with a missing value of either column are left out.
        bins: Per column the number of bins.
        residual: Outcome less its probability, from a model that did not see the row.
        weight: Variance of the outcome under that probability.
        fewest: Rows in each quadrant.

    Returns:
        Columns by columns, above the diagonal; 0 where there is nothing to be compared.
    """
    columns = len(bins)
    found = np.zeros((columns, columns))
    for first in range(columns):
        for second in range(first + 1, columns):
            shape = (bins[first] + 1, bins[second] + 1)
            place = codes[:, first] * shape[1] + codes[:, second]
            pulls, masses, rows = (
                np.bincount(place, weights=what, minlength=shape[0] * shape[1]).reshape(shape)[:-1, :-1].astype(float)
                for what in (residual, weight, None)
            )
            found[first, second] = _clearest(pulls, masses, rows, fewest=fewest)
    return found


def clearest(
    found: Floats, columns_of: Codes, kept: Codes, *, pairs: int, columns: int, at_least: float
) -> list[tuple[int, int]]:
    """The columns that act together most clearly, in order.

    Args:
        found: As ``interactions`` gives it.
        columns_of: The columns that it is about.
        kept: Columns that are there without pairs.
        pairs: At most.
        columns: At most, those that are kept included.
        at_least: The statistic of each pair.
    """
    there, chosen = set(map(int, kept)), list[tuple[int, int]]()
    for place in np.argsort(-found, axis=None, kind="stable"):
        if found.flat[place] < at_least or len(chosen) == pairs:
            break
        first, second = (int(columns_of[number]) for number in divmod(int(place), len(columns_of)))
        if len(there | {first, second}) <= columns:
            there |= {first, second}
            chosen.append((first, second))
    return sorted(chosen)


def _clearest(residual: Floats, weight: Floats, rows: Floats, *, fewest: int) -> float:
    """The largest statistic of all two cuts of a grid."""
    pulls, masses, counts = (_quadrants(grid) for grid in (residual, weight, rows))
    enough = (counts >= max(fewest, 1)).all(axis=0) & (masses > 0.0).all(axis=0)
    if not enough.any():
        return 0.0
    masses = np.where(enough, masses, 1.0)
    means = pulls / masses
    contrast = means[0] - means[1] - means[2] + means[3]
    statistic = np.where(enough, contrast**2 / (1.0 / masses).sum(axis=0), 0.0)
    return float(statistic.max())


def _quadrants(grid: Floats) -> Floats:
    """Sums of the four parts, for each two cuts of a grid."""
    below = np.asarray(grid, dtype=np.float64).cumsum(axis=0).cumsum(axis=1)
    both = below[:-1, :-1]
    first, second = below[:-1, -1:], below[-1:, :-1]
    return np.stack([both, first - both, second - both, below[-1, -1] - first - second + both])


def purified(grid: Floats, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """What two columns add together, and what of it is each one's alone (Lengerich et al. 2020).

    Among the rows that have both values, what is left is 0 on average in every bin of either column: so the points of
    one column alone keep their meaning. A missing value leaves nothing: this average, and never better than it, holds
    together for 0 alone.

    Args:
        grid: By bins of the first column and of the second one, the missing value last.
        weight: Of the training rows, in the same cells.

    Returns:
        The grid that is left, 0 where a value is missing; what belongs to each column alone, its missing value last.
    """
    # Cells without a row count next to nothing, so that one answer is right.
    inside = weight[:-1, :-1] + EMPTY * max(weight.sum(), 1.0) / weight.size
    rows, columns = inside.shape
    # The weighted additive fit: what it leaves has mean 0 in every row and every column.
    curvature = np.block([[np.diag(inside.sum(axis=1)), inside], [inside.T, np.diag(inside.sum(axis=0))]])
    pulls = inside * grid[:-1, :-1]
    alone = np.linalg.lstsq(curvature, np.concatenate([pulls.sum(axis=1), pulls.sum(axis=0)]), rcond=None)[0]
    first, second = alone[:rows], alone[rows : rows + columns]
    left = np.zeros_like(grid)
    left[:-1, :-1] = grid[:-1, :-1] - first[:, None] - second
    return (
        left,
        np.append(first, _mean(grid[-1, :-1] - second, weight[-1, :-1], inside.sum(axis=0))),
        np.append(second, _mean(grid[:-1, -1] - first, weight[:-1, -1], inside.sum(axis=1))),
    )


def _mean(values: Floats, weight: Floats, otherwise: Floats) -> float:
    return float(np.average(values, weights=weight if weight.any() else otherwise))


def lifted(steps: Floats, grids: Sequence[Floats], direction: int) -> Floats:
    """Steps of a column alone that make it go its declared way beside all bins of its partners.

    Only the sum of a column and its pairs is monotone after boosting; where a partner is missing, the column stands
    alone. What a step lacks is added to it and to all that follow.

    Args:
        steps: By bin, the missing value last; the second axis are bags. With at most ``STEP_DECIMALS``.
        grids: Of its pairs: by bin of the column, then by bin of the partner, then by bag; the missing values last.
        direction: 1, -1, or 0, where either way is right.
    """
    if not direction or not grids:
        return steps
    # Whole numbers, because sums of decimal fractions are not exact.
    whole = np.rint(steps * 10.0**STEP_DECIMALS)
    worst = direction * np.diff(whole[:-1], axis=0)
    for grid in grids:
        # The missing partner is the last of its bins.
        worst = worst + (direction * np.diff(np.rint(grid[:-1] * 10.0**STEP_DECIMALS), axis=0)).min(axis=1)
    whole[1:-1] += direction * np.cumsum(np.maximum(-worst, 0.0), axis=0)
    return whole / 10.0**STEP_DECIMALS
