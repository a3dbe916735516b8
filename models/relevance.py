"""How one feature relates to outcomes in training data: what § 31 BDSG calls demonstrably relevant, in figures.

Each feature is looked at alone, whatever a model makes of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from models.binning import Floats
from models.metrics import Ranking, estimate, information_value, stability, wilson
from models.records import Estimate, Stability

BINS = 8
"""At most so many of equal size; values that many rows share make fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The rows whose values lie between two bounds."""

    low: float | None
    """Smallest value; null for the rows without a value, as the largest."""
    high: float | None
    rows: int
    bads: int
    rate_low: float
    """95 % interval of the bad rate (Wilson)."""
    rate_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Relevance:
    """Figures of one feature on rows with an outcome."""

    rows: int
    bads: int
    with_value: int
    shares: tuple[Share, ...]
    """By value, the lowest first, then those without."""
    auc: Estimate | None
    """Probability that a bad row has the riskier value, ties counted half: the higher one, the lower one where that
    raises risk. Null where the rows with a value are all good, all bad, or none."""
    iv: Estimate | None
    """Information value over these shares."""
    psi: Stability | None
    """Of the later half of the days against the earlier one; null where a half has no row."""


def relevance(
    values: Floats,
    is_bad: NDArray[np.bool_],
    is_late: NDArray[np.bool_],
    draws: Sequence[Floats],
    *,
    is_lower_riskier: bool,
    firms: tuple[int, int],
) -> Relevance:
    """Measure one feature.

    Args:
        values: One per row; NaN is missing.
        is_bad: One per row.
        is_late: Whether a row is one of the later days.
        draws: Weights per row of bootstrap samples of borrowers, as ``models.metrics.draws_of`` makes them.
        is_lower_riskier: Whether lower values raise the probability of default.
        firms: How many firms the rows of the earlier days are of, and those of the later ones.
    """
    known = np.isfinite(values)
    bins, count = _bins(values, known)
    shares = [_share(values[bins == place], is_bad[bins == place]) for place in range(count)]
    if not known.all():
        bads = int(is_bad[~known].sum())
        low, high = wilson(bads, int((~known).sum()))
        rows = int((~known).sum())
        shares.append(Share(low=None, high=None, rows=rows, bads=bads, rate_low=low, rate_high=high))
    auc = None
    if 0 < is_bad[known].sum() < known.sum():
        ranking = Ranking(-values[known] if is_lower_riskier else values[known], is_bad[known])
        auc = _finite(estimate(ranking.auc, int(known.sum()), (weights[known] for weights in draws)))
    has_both = 0 < is_bad.sum() < len(is_bad) and len(shares) > 1
    iv = _finite(estimate(information_value(bins, is_bad), len(values), draws)) if has_both else None
    psi = stability(bins[~is_late], bins[is_late], firms) if 0 < is_late.sum() < len(is_late) else None
    return Relevance(
        rows=len(values),
        bads=int(is_bad.sum()),
        with_value=int(known.sum()),
        shares=tuple(shares),
        auc=auc,
        iv=iv,
        psi=psi,
    )


def _finite(found: Estimate) -> Estimate | None:
    return found if isfinite(found.value) else None


def _bins(values: Floats, known: NDArray[np.bool_]) -> tuple[NDArray[np.intp], int]:
    """The number of the share that each row belongs to, those without a value last; and how many have values."""
    if not known.any():
        return np.zeros(len(values), dtype=np.intp), 0
    edges = np.unique(np.quantile(values[known], np.arange(1, BINS) / BINS, method="higher"))
    bins = np.searchsorted(edges, values, side="right").astype(np.intp)
    # A share that holds no row has no bounds: the next numbers move up.
    used, moved = np.unique(bins[known], return_inverse=True)
    bins[known], bins[~known] = moved, len(used)
    return bins, len(used)


def _share(values: Floats, is_bad: NDArray[np.bool_]) -> Share:
    bads = int(is_bad.sum())
    low, high = wilson(bads, len(values))
    return Share(
        low=float(values.min()), high=float(values.max()), rows=len(values), bads=bads, rate_low=low, rate_high=high
    )
