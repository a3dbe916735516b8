"""Discrimination and calibration of scores, with intervals from a bootstrap over borrowers.

Rows of one borrower on several days are not independent: intervals come from a bootstrap that draws borrowers, not
rows. It is seeded, so the same rows give the same report.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from typing_extensions import override

from models.binning import Floats
from models.records import Band, Estimate, Stability

Bools = NDArray[np.bool_]
Statistic = Callable[[Floats], float]
"""A figure under one weight per row."""

DRAWS = 400
LEVEL = 0.95


class Draws(Sequence[Floats]):
    """Weights per row, one set for each bootstrap sample; kept as a small count per borrower, and made when asked for.

    Args:
        counts: Samples by borrowers: how often each was drawn.
        index: The borrower of each row.
    """

    def __init__(self, counts: NDArray[np.uint8], index: NDArray[np.intp]) -> None:
        self._counts, self._index = counts, index

    @override
    def __len__(self) -> int:
        """Samples."""
        return len(self._counts)

    @overload
    def __getitem__(self, place: int) -> Floats: ...

    @overload
    def __getitem__(self, place: slice) -> "Draws": ...

    @override
    def __getitem__(self, place: int | slice) -> "Floats | Draws":
        """Weights of one sample, or the samples of a slice."""
        if isinstance(place, slice):
            return Draws(self._counts[place], self._index)
        weights: Floats = self._counts[place][self._index].astype(np.float64)
        return weights

    def at(self, rows: Bools) -> "Draws":
        """The same samples for some of the rows."""
        return Draws(self._counts, self._index[rows])


def draws_of(borrowers: NDArray[np.int64], count: int = DRAWS) -> Draws:
    """Weights per row, from bootstrap samples of borrowers.

    Args:
        borrowers: One per row; at least one.
        count: Samples to draw.
    """
    _, index = np.unique(borrowers, return_inverse=True)
    clusters = int(index.max()) + 1
    # Any fixed seed: the same rows give the same intervals.
    random = np.random.default_rng(20_240_101)
    counts = np.empty((count, clusters), dtype=np.uint8)
    for place in range(count):
        # Of a million borrowers none is drawn as often as twenty times.
        counts[place] = np.bincount(random.integers(0, clusters, size=clusters), minlength=clusters)
    return Draws(counts, index)


class Ranking:
    """Rows sorted once by predicted risk, for figures under many weights.

    Args:
        risk: Higher is riskier; ties are allowed, NaN is not.
        is_bad: One per row.
    """

    def __init__(self, risk: Floats, is_bad: Bools) -> None:
        self._order = np.argsort(risk, kind="stable")
        self._is_bad = is_bad[self._order]
        ordered = risk[self._order]
        self._starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])

    def auc(self, weights: Floats) -> float:
        """Probability that a bad row ranks as riskier than a good one, ties counted half; NaN without bads or goods."""
        bads, goods = self._masses(weights)
        total = bads.sum() * goods.sum()
        # Of the goods with the same value, half rank below.
        below = np.cumsum(goods) - 0.5 * goods
        return float(bads @ below / total) if total else float("nan")

    def ks(self, weights: Floats) -> float:
        """Largest distance between the distributions of bads and goods (Kolmogorov-Smirnov)."""
        bads, goods = self._masses(weights)
        if not bads.sum() or not goods.sum():
            return float("nan")
        return float(np.abs(np.cumsum(bads) / bads.sum() - np.cumsum(goods) / goods.sum()).max())

    def roc(self, weights: Floats, false_alarms: Floats) -> Floats:
        """True positive rate at each false positive rate: bads caught over goods classified as bad."""
        bads, goods = self._masses(weights)
        if not bads.sum() or not goods.sum():
            return np.full(len(false_alarms), np.nan)
        caught = np.r_[0.0, np.cumsum(bads[::-1]) / bads.sum()]
        alarms = np.r_[0.0, np.cumsum(goods[::-1]) / goods.sum()]
        found: Floats = np.interp(false_alarms, alarms, caught)
        return found

    def _masses(self, weights: Floats) -> tuple[Floats, Floats]:
        """Weight of bads and of goods per distinct value."""
        ordered = weights[self._order]
        bads = np.add.reduceat(np.where(self._is_bad, ordered, 0.0), self._starts)
        goods = np.add.reduceat(np.where(self._is_bad, 0.0, ordered), self._starts)
        return bads, goods


def estimate(statistic: Statistic, rows: int, draws: Iterable[Floats]) -> Estimate:
    """A figure on all rows, with the percentile interval over bootstrap weights."""
    return _with_interval(statistic(np.ones(rows)), np.array([statistic(weights) for weights in draws]))


def calibration(log_odds: Floats, is_bad: Bools, weight: Floats, draws: Iterable[Floats]) -> tuple[Estimate, Estimate]:
    """Slope and intercept of the outcome on the log-odds, both of one fit to each sample.

    Slope 1 is right, below it the predictions are too extreme; intercept 0 is right.

    Args:
        log_odds: As predicted.
        is_bad: One per row.
        weight: How many rows a row stands for.
        draws: Weights of bootstrap samples.
    """
    drawn = np.array([_calibration(log_odds, is_bad, one * weight) for one in draws])
    slope, intercept = _calibration(log_odds, is_bad, weight)
    return _with_interval(slope, drawn[:, 0]), _with_interval(intercept, drawn[:, 1])


def _with_interval(value: float, drawn: Floats) -> Estimate:
    tail = 100.0 * (1.0 - LEVEL) / 2.0
    # A sample can lack bads or goods, and its figure is NaN.
    finite = drawn[np.isfinite(drawn)]
    low, high = np.percentile(finite, [tail, 100.0 - tail]) if len(finite) else (float("nan"), float("nan"))
    return Estimate(value=value, low=float(low), high=float(high))


def brier(pd: Floats, is_bad: Bools) -> Statistic:
    """Mean squared difference of probability and outcome."""
    squared = (pd - is_bad) ** 2
    return lambda weights: float(np.average(squared, weights=weights))


def observed_to_expected(pd: Floats, is_bad: Bools) -> Statistic:
    """Bads over the sum of all probabilities; 1 is right on average."""
    return lambda weights: float((weights @ is_bad) / (weights @ pd))


def information_value(bins: NDArray[np.intp], is_bad: Bools) -> Statistic:
    """Sum over bins of (share of bads - share of goods) times their log ratio, half a row added to each bin."""

    def value(weights: Floats) -> float:
        count = int(bins.max()) + 1
        bads = np.bincount(bins, weights=np.where(is_bad, weights, 0.0), minlength=count) + 0.5
        goods = np.bincount(bins, weights=np.where(is_bad, 0.0, weights), minlength=count) + 0.5
        bad_share, good_share = bads / bads.sum(), goods / goods.sum()
        return float(((bad_share - good_share) * np.log(bad_share / good_share)).sum())

    return value


def bands(score: Floats, pd: Floats, is_bad: Bools, edges: Sequence[float]) -> tuple[Band, ...]:
    """Predicted and observed default rates per band of the score, the lowest scores first; empty bands are left out."""
    index = np.searchsorted(np.array(edges), score, side="right")
    result = []
    for place in range(len(edges) + 1):
        inside = index == place
        rows = int(inside.sum())
        if not rows:
            continue
        bads = int(is_bad[inside].sum())
        low, high = wilson(bads, rows)
        result.append(
            Band(
                score_from=edges[place - 1] if place else None,
                rows=rows,
                bads=bads,
                mean_pd=float(pd[inside].mean()),
                bad_rate=bads / rows,
                low=low,
                high=high,
            )
        )
    return tuple(result)


def wilson(hits: int, rows: int) -> tuple[float, float]:
    """95 % interval of a rate."""
    z = 1.959964
    rate = hits / rows
    centre = (rate + z * z / (2 * rows)) / (1 + z * z / rows)
    half = z / (1 + z * z / rows) * float(np.sqrt(rate * (1 - rate) / rows + z * z / (4 * rows * rows)))
    # Rounding can leave the bounds just outside of 0 and 1.
    return max(0.0, centre - half), min(1.0, centre + half)


def stability(expected: NDArray[np.intp], actual: NDArray[np.intp], firms: tuple[int, int] | None = None) -> Stability:
    """Population stability index between two samples of bin numbers, half a row added to each bin.

    Args:
        expected: One per row.
        actual: One per row.
        firms: Of which the rows of either sample are: rows of one firm say no more than the firm, so chance is that of
            so many; None: each row is of its own.
    """
    count = int(max(expected.max(), actual.max())) + 1
    old = np.bincount(expected, minlength=count) + 0.5
    new = np.bincount(actual, minlength=count) + 0.5
    old_share, new_share = old / old.sum(), new / new.sum()
    psi = float(((new_share - old_share) * np.log(new_share / old_share)).sum())
    # Without any move, PSI / (1/n + 1/m) is about chi-squared with one degree of freedom less than bins.
    before, after = (len(expected), len(actual)) if firms is None else firms
    noise = _chi_squared_95(count - 1) * (1.0 / before + 1.0 / after)
    return Stability(psi=psi, noise=noise)


def _chi_squared_95(freedom: int) -> float:
    """95th percentile, by Wilson and Hilferty's cube (within 1 % from 2 degrees of freedom on)."""
    if freedom < 1:
        return 0.0
    part = 2.0 / (9.0 * freedom)
    return float(freedom * (1.0 - part + 1.644854 * np.sqrt(part)) ** 3)


def _calibration(log_odds: Floats, is_bad: Bools, weights: Floats) -> tuple[float, float]:
    drawn = weights > 0.0
    if not 0 < is_bad[drawn].sum() < drawn.sum() or np.ptp(log_odds[drawn]) == 0.0:
        return float("nan"), float("nan")
    # As good as no penalty, yet finite where a small sample separates perfectly.
    model: Any = LogisticRegression(C=1e6, solver="newton-cholesky", max_iter=200)
    model.fit(log_odds[drawn].reshape(-1, 1), is_bad[drawn], sample_weight=weights[drawn])
    return float(model.coef_[0, 0]), float(model.intercept_[0])
