"""Binning of one feature: few bins, each with enough rows, with bad rates in the declared direction.

Weight of evidence here is the natural logarithm of the odds of bad in a bin, over those of the whole sample: positive
is riskier. It is shrunk towards zero by pseudo-observations at the sample's own bad rate, so that an empty bin weighs
nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WOE_DECIMALS = 6
"""Weights are rounded, so that the last bit of a logarithm does not change the points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BinningRules:
    """Limits on the number and size of bins."""

    prebins: int
    """Quantile bins to start from."""
    max_bins: int
    min_rows: int
    """Rows that each bin holds at least."""
    min_bads: int
    """Bads, and goods, that each bin holds at least."""
    smoothing: float
    """Pseudo-bads per bin, with pseudo-goods in the proportion of the sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binning:
    """Bins of one feature. Bin ``i`` holds ``edges[i - 1] <= value < edges[i]``."""

    edges: tuple[float, ...]
    """Values of the sample, rounded; strictly increasing."""
    woe: tuple[float, ...]
    """One per bin."""
    missing_woe: float
    """Never below the mean of the rows that have a value, so that withholding data does not pay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bin:
    low: float
    """Smallest value that belongs to the bin; minus infinity for the first."""
    rows: int
    bads: int

    def joined(self, right: "_Bin") -> "_Bin":
        return _Bin(low=self.low, rows=self.rows + right.rows, bads=self.bads + right.bads)


def fit_binning(
    values: Floats, is_bad: NDArray[np.bool_], *, direction: int, decimals: int | None, rules: BinningRules
) -> Binning:
    """Bin one feature.

    Args:
        values: One per row; NaN is missing, infinities are allowed.
        is_bad: One per row; both outcomes occur.
        direction: 1 where a higher value raises the risk, -1 where it lowers it, 0 where nothing is known.
        decimals: Edges are rounded to these; None leaves them.
        rules: Limits on the bins.
    """
    base_rate = float(is_bad.sum()) / len(is_bad)
    present = ~np.isnan(values)
    bins = _prebins(values[present], is_bad[present], decimals=decimals, count=rules.prebins)
    bins = _filled(bins, rules, base_rate)
    bins = _ordered(bins, rules, base_rate, direction)
    bins = _few(bins, rules, base_rate)
    # Joining by similarity can break the order again.
    bins = _ordered(bins, rules, base_rate, direction)
    missing = _Bin(low=float("nan"), rows=int((~present).sum()), bads=int(is_bad[~present].sum()))
    return _weighed(bins, [_woe(part, rules, base_rate) for part in bins], _woe(missing, rules, base_rate))


def weigh(
    values: Floats, is_bad: NDArray[np.bool_], *, edges: Sequence[float], direction: int, rules: BinningRules
) -> Binning:
    """Compute the weights of given bins on other rows; neighbours that violate the direction get equal weights.

    Args:
        values: One per row; NaN is missing, infinities are allowed.
        is_bad: One per row; both outcomes occur.
        edges: Of the bins.
        direction: As in ``fit_binning``.
        rules: Only the smoothing matters.
    """
    base_rate = float(is_bad.sum()) / len(is_bad)
    present = ~np.isnan(values)
    bins = _counted(values[present], is_bad[present], edges)
    pooled = _ordered(bins, rules, base_rate, direction)
    starts = np.array([part.low for part in pooled[1:]], dtype=np.float64)
    woe = [_woe(part, rules, base_rate) for part in pooled]
    missing = _Bin(low=float("nan"), rows=int((~present).sum()), bads=int(is_bad[~present].sum()))
    spread = [woe[place] for place in bin_index(np.array([part.low for part in bins]), starts)]
    return _weighed(bins, spread, _woe(missing, rules, base_rate))


def quantile_edges(values: Floats, *, decimals: int | None, count: int) -> list[float]:
    """Edges, at values that occur, of at most so many bins with about equal numbers of rows.

    Args:
        values: NaN and infinities are left out of account.
        decimals: Edges are rounded to these; None leaves them.
        count: Bins at most.
    """
    finite = values[np.isfinite(values)]
    if not len(finite):
        return []
    quantiles = np.quantile(finite, np.arange(1, count) / count, method="inverted_cdf")
    # Rounding may make edges equal; a set keeps one of them.
    rounded = {float(edge) if decimals is None else round(float(edge), decimals) for edge in quantiles}
    # An edge at or below the smallest value would leave the first bin empty.
    return sorted(edge for edge in rounded if edge > finite.min())


def bin_index(values: Floats, edges: Floats) -> NDArray[np.intp]:
    """The bin of each value; NaN lands in the last, which callers overwrite."""
    return np.searchsorted(edges, values, side="right")


def _weighed(bins: Sequence[_Bin], woe: Sequence[float], missing_woe: float) -> Binning:
    seen = sum(part.rows for part in bins)
    mean = sum(part.rows * weight for part, weight in zip(bins, woe, strict=True)) / seen if seen else 0.0
    return Binning(edges=tuple(part.low for part in bins[1:]), woe=tuple(woe), missing_woe=max(missing_woe, mean))


def _prebins(values: Floats, is_bad: NDArray[np.bool_], *, decimals: int | None, count: int) -> list[_Bin]:
    """Bins of about equal numbers of rows, split at values that occur."""
    return _counted(values, is_bad, quantile_edges(values, decimals=decimals, count=count))


def _counted(values: Floats, is_bad: NDArray[np.bool_], edges: Sequence[float]) -> list[_Bin]:
    """The bins between edges, counted."""
    index = bin_index(values, np.array(edges, dtype=np.float64))
    rows = np.bincount(index, minlength=len(edges) + 1)
    bads = np.bincount(index[is_bad], minlength=len(edges) + 1)
    return [
        _Bin(low=low, rows=int(number), bads=int(bad))
        for low, number, bad in zip([float("-inf"), *edges], rows, bads, strict=True)
    ]


def _woe(part: _Bin, rules: BinningRules, base_rate: float) -> float:
    rate = _rate(part, rules, base_rate)
    return round(log(rate / (1.0 - rate)) - log(base_rate / (1.0 - base_rate)), WOE_DECIMALS)


def _rate(part: _Bin, rules: BinningRules, base_rate: float) -> float:
    """The bad rate of a bin, shrunk towards that of the sample."""
    # So many pseudo-rows that the rarer class gets ``smoothing`` of them.
    weight = rules.smoothing / min(base_rate, 1.0 - base_rate)
    return (part.bads + weight * base_rate) / (part.rows + weight)


def _filled(bins: list[_Bin], rules: BinningRules, base_rate: float) -> list[_Bin]:
    """Join the emptiest bin to its more similar neighbour until none is too small."""
    while len(bins) > 1:
        short = [
            (part.rows, place)
            for place, part in enumerate(bins)
            if part.rows < rules.min_rows or min(part.bads, part.rows - part.bads) < rules.min_bads
        ]
        if not short:
            break
        _, place = min(short)
        neighbours = [left for left in (place - 1, place) if 0 <= left < len(bins) - 1]
        bins = _join(bins, min(neighbours, key=lambda left: abs(_step(bins, left, rules, base_rate))))
    return bins


def _ordered(bins: list[_Bin], rules: BinningRules, base_rate: float, direction: int) -> list[_Bin]:
    """Pool adjacent violators, the worst first, until the bad rate follows the direction."""
    while direction and len(bins) > 1:
        steps = [direction * _step(bins, left, rules, base_rate) for left in range(len(bins) - 1)]
        worst = min(range(len(steps)), key=steps.__getitem__)
        if steps[worst] >= 0.0:
            break
        bins = _join(bins, worst)
    return bins


def _few(bins: list[_Bin], rules: BinningRules, base_rate: float) -> list[_Bin]:
    """Join the neighbours that lose the least information until there are few enough bins."""
    while len(bins) > rules.max_bins:
        # The sum of squares between the two bins, which joining them gives up.
        losses = [
            _step(bins, left, rules, base_rate) ** 2 / (1.0 / bins[left].rows + 1.0 / bins[left + 1].rows)
            for left in range(len(bins) - 1)
        ]
        bins = _join(bins, min(range(len(losses)), key=losses.__getitem__))
    return bins


def _step(bins: list[_Bin], left: int, rules: BinningRules, base_rate: float) -> float:
    """How much riskier the right neighbour of a bin is."""
    return _rate(bins[left + 1], rules, base_rate) - _rate(bins[left], rules, base_rate)


def _join(bins: list[_Bin], left: int) -> list[_Bin]:
    return [*bins[:left], bins[left].joined(bins[left + 1]), *bins[left + 2 :]]
