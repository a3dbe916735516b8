"""Binning of one feature: few bins, each with enough rows, with bad rates in the declared direction.

Edges are tried beside values that many rows share (mass points) first, then at quantiles of the other rows. At
quantiles alone, what lies above 0 on few rows would get no edge.

Weight of evidence here is the natural logarithm of the odds of bad in a bin, over those of the whole sample: positive
is riskier. The bad rate of a bin is the m-estimate ``(bads + m * p) / (rows + m)``, with ``p`` the bad rate of the
sample and ``m`` pseudo-rows, so a bin of one class has a finite weight and an empty bin weighs nothing (Cestnik:
Estimating probabilities: a crucial task in machine learning, ECAI 1990). The rarer class gets ``smoothing`` of the
pseudo-rows: ``m = smoothing / min(p, 1 - p)``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, log
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

WOE_DECIMALS = 6
"""Weights are rounded, so that the last bit of a logarithm does not change the points."""
RARE_SHARE = 0.01
"""Share of the rows from which on a value that many rows share may be a bin of its own."""
RARE_ROWS = 20
"""Rows that a bin below the usual size holds at least."""
PROMINENT, SPECIAL_PROMINENT = 10, 2
"""A mass point holds so many times the rows of the median value; the second is for 0 and both ends."""
BEYOND_CHANCE = 10.828
"""Likelihood-ratio statistic of two bad rates that chance exceeds once in 1,000 cases: chi-squared with one degree of
freedom (Wilks 1938). Rows count as independent."""

JoinReason = Literal["too_few_rows_in_value", "no_separation", "not_monotone", "too_many_bins"]
"""Why two bins became one: one holds too few rows, chance explains their difference, their bad rates contradict the
declared direction beyond chance, or other bins tell more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BinningRules:
    """Limits on the number and size of bins."""

    prebins: int
    """Quantile bins to start from."""
    max_bins: int
    min_share: float
    """Share of all rows, those without a value included, that each bin holds at least."""
    min_bads: int
    """Bads, and goods, that each bin holds at least, or would hold at the bad rate of the sample."""
    smoothing: float
    """Pseudo-rows of the rarer class per bin, with others in the proportion of the sample."""

    def rare_rows(self, rows: float) -> int:
        """Rows of the smallest bin that may stand because it differs beyond chance, in a sample of so many."""
        return min(ceil(self.min_share * rows), max(RARE_ROWS, ceil(RARE_SHARE * rows)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """Where a feature may be split, before any outcome is looked at."""

    edges: tuple[float, ...]
    """Strictly increasing."""
    beside_mass: frozenset[float]
    """Those that have a mass point on one side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Two neighbouring bins that became one."""

    edge: float
    """Smallest value of the upper one."""
    reason: JoinReason
    below: tuple[float, float]
    """Rows and bads of the lower one."""
    above: tuple[float, float]
    statistic: float
    """How clearly their bad rates differ, as ``likelihood_ratio`` gives it."""
    asked: float | None
    """Rows that were asked of the smaller one, or the statistic that was; null where nothing was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binning:
    """Bins of one feature. Bin ``i`` holds ``edges[i - 1] <= value < edges[i]``."""

    edges: tuple[float, ...]
    """Values of the sample, rounded; strictly increasing."""
    woe: tuple[float, ...]
    """One per bin."""
    missing_woe: float
    """Never below the mean of the rows that have a value, so that withholding data does not pay."""
    joins: tuple[Join, ...] = ()
    """In the order in which they happened."""
    regular: tuple[float, ...] = ()
    """The edges of the other values; ``edges`` has those of special values as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bin:
    low: float
    """Smallest value that belongs to the bin; minus infinity for the first."""
    goods: float
    bads: float

    @property
    def rows(self) -> float:
        return self.goods + self.bads

    def joined(self, right: "_Bin") -> "_Bin":
        return _Bin(low=self.low, goods=self.goods + right.goods, bads=self.bads + right.bads)


def fit_binning(
    values: Floats,
    is_bad: Bools,
    *,
    direction: int,
    decimals: int | None,
    rules: BinningRules,
    sample_weight: Floats | None = None,
    special: Sequence[float] = (),
) -> Binning:
    """Bin one feature.

    Args:
        values: One per row; NaN is missing, infinities are allowed.
        is_bad: One per row; both outcomes occur.
        direction: 1 where a higher value raises the risk, -1 where it lowers it, 0 where nothing is known.
        decimals: Edges are rounded to these; None leaves them.
        rules: Limits on the bins.
        sample_weight: How many rows a row stands for, above 0; None: each for one.
        special: Values that are a bin each, whatever their size and the direction.
    """
    is_regular = ~np.isin(values, special)
    start = candidate_edges(
        values[is_regular],
        decimals=decimals,
        count=rules.prebins,
        sample_weight=None if sample_weight is None else sample_weight[is_regular],
    )
    parts = _counted(values, is_bad, start.edges, sample_weight, special)
    whole, base_rate = parts.whole, parts.base_rate
    work = _Work(bins=list(parts.bins), rules=rules, base_rate=base_rate)
    work.fill(start.beside_mass, whole.rows)
    work.order(direction)
    work.thin()
    # Joining by similarity can break the order again.
    work.order(direction)
    woe = [_woe(part, rules, base_rate) for part in work.bins]
    return _weighed(work.bins, woe, parts, rules, work.joins)


def weigh(
    values: Floats,
    is_bad: Bools,
    *,
    edges: Sequence[float],
    direction: int,
    rules: BinningRules,
    sample_weight: Floats | None = None,
    special: Sequence[float] = (),
) -> Binning:
    """Compute the weights of given bins on other rows; neighbours that violate the direction get equal weights.

    Args:
        values: One per row; NaN is missing, infinities are allowed.
        is_bad: One per row; both outcomes occur.
        edges: Of the bins, without those of special values.
        direction: As in ``fit_binning``.
        rules: Only the smoothing matters.
        sample_weight: As in ``fit_binning``.
        special: As in ``fit_binning``.
    """
    parts = _counted(values, is_bad, edges, sample_weight, special)
    bins, base_rate = parts.bins, parts.base_rate
    pooled = _Work(bins=list(bins), rules=rules, base_rate=base_rate)
    pooled.order(direction)
    starts = np.array([part.low for part in pooled.bins[1:]], dtype=np.float64)
    woe = [_woe(part, rules, base_rate) for part in pooled.bins]
    spread = [woe[place] for place in bin_index(np.array([part.low for part in bins]), starts)]
    return _weighed(bins, spread, parts, rules)


def candidate_edges(values: Floats, *, decimals: int | None, count: int, sample_weight: Floats | None = None) -> Edges:
    """Edges, at values that occur, of at most so many bins.

    Every value is a bin where there are so few of them. Otherwise edges lie beside mass points first, the greatest
    first, then at quantiles of the other rows. A mass point is a value that fills a bin of ``1 / count`` of the rows,
    or holds 1 % of them and stands out among all values; 0, the smallest and the greatest stand out sooner.

    Neither the order of rows nor repeating all of them changes an edge. Giving a row a weight of 2 is repeating it.

    Args:
        values: NaN and infinities are left out of account.
        decimals: Values count as equal, and edges are rounded, to these; None leaves them.
        count: Bins at most, at least 1.
        sample_weight: How many rows a row stands for, above 0; None: each for one.
    """
    is_finite = np.isfinite(values)
    finite = values[is_finite]
    if not len(finite):
        return Edges(edges=(), beside_mass=frozenset())
    # Adding 0.0 makes one zero of both.
    rounded = _rounded(finite, decimals) + 0.0
    if sample_weight is None:
        distinct, rows = np.unique(rounded, return_counts=True)
    else:
        distinct, index = np.unique(rounded, return_inverse=True)
        rows = np.bincount(index, weights=sample_weight[is_finite])
    total = rows.sum()
    is_special = distinct == 0.0
    is_special[[0, -1]] = True
    stands_out = rows >= np.where(is_special, SPECIAL_PROMINENT, PROMINENT) * np.median(rows)
    is_mass = (rows * count >= total) | (stands_out & (rows >= RARE_SHARE * total))
    # Rounding may move the smallest value up; an edge at or below it would leave the first bin empty.
    inner = set(distinct[distinct > finite.min()].tolist())
    beside: list[float] = []
    for place in sorted(np.flatnonzero(is_mass), key=lambda place: (-rows[place], place)):
        beside += [float(value) for value in distinct[place : place + 2] if float(value) in inner]
    if len(distinct) <= count:
        return Edges(edges=tuple(sorted(inner)), beside_mass=frozenset(beside))
    first = list(dict.fromkeys(beside))[: count - 1]
    rest = np.where(is_mass, 0, rows).cumsum()
    # As many bins as would hold these rows if all rows were cut at quantiles; few rows are cut a little finer, so that
    # a count has more than "none" and "some".
    usual, finer = int(-(-count * rest[-1] // total)), int(rest[-1] / (2 * RARE_SHARE * total))
    parts = min(count - len(first), max(usual, min(3, finer)))
    # The first value that so many rows do not exceed: numpy's quantiles by "inverted_cdf", with weights.
    quantiles = distinct[np.searchsorted(rest, rest[-1] * (np.arange(1, parts) / parts))].tolist() if parts > 1 else []
    edges = {*first, *(edge for edge in quantiles if edge in inner)}
    return Edges(edges=tuple(sorted(edges)), beside_mass=frozenset(first))


def likelihood_ratio(below: tuple[float, float], above: tuple[float, float]) -> float:
    """Likelihood-ratio statistic (G) of two bad rates; 0 where they are equal, comparable with ``BEYOND_CHANCE``.

    Args:
        below: Rows and bads of one bin.
        above: Of the other.
    """
    both = (below[0] + above[0], below[1] + above[1])
    # Rounded, so that the last bit of a logarithm does not decide which bins are joined.
    return round(2.0 * (_log_likelihood(*below) + _log_likelihood(*above) - _log_likelihood(*both)), WOE_DECIMALS)


def bin_index(values: Floats, edges: Floats) -> NDArray[np.intp]:
    """The bin of each value; NaN lands in the last, which callers overwrite."""
    return np.searchsorted(edges, values, side="right")


def _rounded(values: Floats, decimals: int | None) -> Floats:
    if decimals is None:
        return values
    # Larger doubles are whole numbers, and rounding them could overflow.
    fractional = np.abs(values) < 2.0**52
    rounded = values.copy()
    rounded[fractional] = np.round(values[fractional], decimals)
    return rounded


def _weighed(
    bins: Sequence[_Bin], woe: Sequence[float], parts: "_Parts", rules: BinningRules, joins: Sequence[Join] = ()
) -> Binning:
    weights = list(zip(parts.special, (_woe(part, rules, parts.base_rate) for part in parts.special), strict=True))
    valued = [*zip(bins, woe, strict=True), *weights]
    seen = sum(part.rows for part, _ in valued)
    mean = sum(part.rows * weight for part, weight in valued) / seen if seen else 0.0
    placed = [(part.low, weight) for part, weight in zip(bins, woe, strict=True)]
    for part, weight in weights:
        placed = _with_special(placed, part.low, weight)
    return Binning(
        edges=tuple(low for low, _ in placed[1:]),
        woe=tuple(weight for _, weight in placed),
        missing_woe=max(_woe(parts.missing, rules, parts.base_rate), mean),
        joins=tuple(joins),
        regular=tuple(part.low for part in bins[1:]),
    )


def _with_special(placed: Sequence[tuple[float, float]], value: float, weight: float) -> list[tuple[float, float]]:
    """Lower ends and weights of bins, with a bin for one value; on both sides of it stands what stood there."""
    after = float(np.nextafter(value, np.inf))
    lower = [bin_ for bin_ in placed if bin_[0] < value]
    around = [bin_ for bin_ in placed if bin_[0] <= after][-1]
    upper = [bin_ for bin_ in placed if bin_[0] > after]
    return [*lower, (value, weight), (after, around[1]), *upper]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """The rows of one feature, counted."""

    bins: Sequence[_Bin]
    special: Sequence[_Bin]
    """One per special value, which is its ``low``."""
    missing: _Bin
    whole: _Bin

    @property
    def base_rate(self) -> float:
        return self.whole.bads / self.whole.rows


def _counted(
    values: Floats,
    is_bad: Bools,
    edges: Sequence[float],
    sample_weight: Floats | None,
    special: Sequence[float] = (),
) -> _Parts:
    """The bins between edges, those of special values, that of a missing value, and all rows together, counted."""
    missing = len(edges) + 1
    index = np.where(np.isnan(values), missing, bin_index(values, np.array(edges, dtype=np.float64)))
    for number, value in enumerate(special, start=missing + 1):
        index[values == value] = number
    goods, bads = (
        np.bincount(
            index[side],
            weights=None if sample_weight is None else sample_weight[side],
            minlength=missing + 1 + len(special),
        ).tolist()
        for side in (~is_bad, is_bad)
    )
    every = [
        _Bin(low=low, goods=good, bads=bad)
        for low, good, bad in zip([float("-inf"), *edges, float("nan"), *special], goods, bads, strict=True)
    ]
    return _Parts(
        bins=every[:missing],
        special=every[missing + 1 :],
        missing=every[missing],
        whole=_Bin(low=float("-inf"), goods=sum(goods), bads=sum(bads)),
    )


def _woe(part: _Bin, rules: BinningRules, base_rate: float) -> float:
    rate = _rate(part, rules, base_rate)
    return round(log(rate / (1.0 - rate)) - log(base_rate / (1.0 - base_rate)), WOE_DECIMALS)


def _rate(part: _Bin, rules: BinningRules, base_rate: float) -> float:
    """The bad rate of a bin, shrunk towards that of the sample."""
    # So many pseudo-rows that the rarer class gets ``smoothing`` of them.
    weight = rules.smoothing / min(base_rate, 1.0 - base_rate)
    return (part.bads + weight * base_rate) / (part.rows + weight)


@dataclass(slots=True, kw_only=True)
class _Work:
    """Bins that are joined step by step."""

    bins: list[_Bin]
    rules: BinningRules
    base_rate: float
    joins: list[Join] = field(default_factory=list)

    def fill(self, beside_mass: frozenset[float], rows: float) -> None:
        """Join the emptiest bin to its more similar neighbour until each is large enough or differs beyond chance.

        What lies between two mass points is joined first, so that rare values stand together before they are joined
        to a mass point.

        Args:
            beside_mass: Edges beside mass points.
            rows: Of the sample, those without a value included.
        """
        usual = ceil(self.rules.min_share * rows)
        rare = self.rules.rare_rows(rows)
        while len(self.bins) > 1:
            short = sorted(
                (part.rows, place) for place, part in enumerate(self.bins) if not self._is_filled(part, usual)
            )
            for number, place in short:
                left = self._nearest(place, beside_mass)
                if number < rare or self._evidence(left) < BEYOND_CHANCE:
                    if number < rare:
                        self._join(left, "too_few_rows_in_value", rare)
                    else:
                        self._join(left, "no_separation", BEYOND_CHANCE)
                    break
            else:
                break

    def order(self, direction: int) -> None:
        """Pool adjacent violators, the worst first, until the bad rate follows the direction."""
        while direction and len(self.bins) > 1:
            steps = [direction * self._step(left) for left in range(len(self.bins) - 1)]
            worst = min(range(len(steps)), key=steps.__getitem__)
            if steps[worst] >= 0.0:
                break
            if self._evidence(worst) >= BEYOND_CHANCE:
                self._join(worst, "not_monotone")
            else:
                self._join(worst, "no_separation", BEYOND_CHANCE)

    def thin(self) -> None:
        """Join the neighbours that lose the least information until there are few enough bins."""
        losses = [self._evidence(left) for left in range(len(self.bins) - 1)]
        while len(self.bins) > self.rules.max_bins:
            least = min(range(len(losses)), key=losses.__getitem__)
            self._join(least, "too_many_bins")
            del losses[least]
            # Only what lies beside the joined bin has changed.
            for left in range(max(least - 1, 0), min(least + 1, len(losses))):
                losses[left] = self._evidence(left)

    def _is_filled(self, part: _Bin, usual: int) -> bool:
        """Whether a bin is of the usual size; one that lacks a class is, where both were to be expected in it."""
        expected = part.rows * min(self.base_rate, 1.0 - self.base_rate)
        return part.rows >= usual and max(min(part.bads, part.goods), expected) >= self.rules.min_bads

    def _nearest(self, place: int, beside_mass: frozenset[float]) -> int:
        """The left one of the two bins to join: a bin and its neighbour of the most similar bad rate."""
        lefts = [left for left in (place - 1, place) if 0 <= left < len(self.bins) - 1]
        inside = [left for left in lefts if self.bins[left + 1].low not in beside_mass]
        return min(inside or lefts, key=lambda left: abs(self._step(left)))

    def _step(self, left: int) -> float:
        """How much riskier the right neighbour of a bin is."""
        lower, upper = (_rate(part, self.rules, self.base_rate) for part in self.bins[left : left + 2])
        return upper - lower

    def _evidence(self, left: int) -> float:
        """How clearly a bin and its right neighbour differ."""
        lower, upper = self.bins[left : left + 2]
        return likelihood_ratio((lower.rows, lower.bads), (upper.rows, upper.bads))

    def _join(self, left: int, reason: JoinReason, asked: float | None = None) -> None:
        lower, upper = self.bins[left : left + 2]
        self.joins.append(
            Join(
                edge=upper.low,
                reason=reason,
                below=(lower.rows, lower.bads),
                above=(upper.rows, upper.bads),
                statistic=self._evidence(left),
                asked=asked,
            )
        )
        self.bins[left : left + 2] = [lower.joined(upper)]


def _log_likelihood(rows: float, bads: float) -> float:
    """Of the outcomes of a bin, at its own bad rate."""
    return sum(count * log(count / rows) for count in (bads, rows - bads) if count)
