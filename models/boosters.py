"""What scikit-learn's boosting learned in each bag, read back as steps and grids, and how it predicts out of bag."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss

from models.additive import Sample
from models.bags import Counts
from models.binning import Bools, Floats
from models.pairs import purified
from models.regression import platt

ADDITIVE = 1e-9
"""Log-odds that a booster may differ from the sum of its own steps and grids."""
TREES_APART = 10
"""Numbers of trees that are compared out of bag differ by so many."""
ROUNDS = 3
"""So often each missing value is fitted again, because columns are missing together."""
FARTHEST = 30.0
"""Log-odds that fitting a missing value again may add or take; beyond it every probability is 0 or 1."""

Places = tuple[int, int]
"""Of the two columns of a pair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """The step functions of one bag, before calibration."""

    steps: list[Floats]
    """Per column the log-odds of each bin and, last, of a missing value; the mean over all rows is 0."""
    intercept: float
    grids: Mapping[Places, Floats] = field(default_factory=dict)
    """Per pair the log-odds of each cell, purified; a missing value last."""

    def of(self, codes: Floats) -> Floats:
        """Log-odds of rows."""
        total: Floats = np.full(len(codes), self.intercept)
        for column, steps in enumerate(self.steps):
            total += look_up(steps, codes[:, column])
        for (first, second), grid in self.grids.items():
            total += grid[_places(codes[:, first], grid.shape[0]), _places(codes[:, second], grid.shape[1])]
        return total


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How the bags that a row is not in predict it."""

    is_seen: Bools
    """Rows that are out of at least one bag; none where these lack a class."""
    calibration: tuple[float, float]
    """Slope and shift that make those log-odds right."""
    log_odds: Floats
    """Calibrated, per row; of rows in every bag they mean nothing."""
    loss: float
    """Mean log loss of the rows that are seen."""

    @classmethod
    def of(cls, codes: Floats, sample: Sample, sums: Sequence[Sum], outside: Bools) -> "Seen":
        """Out-of-bag predictions of all bags together.

        Args:
            codes: Numbers of bins.
            sample: Their outcomes.
            sums: One per bag.
            outside: Rows by bags; the row is not in the bag.
        """
        by_bag = np.column_stack([one.of(codes) for one in sums])
        # With few bags some rows are in all of them and say nothing out of bag.
        return cls.from_log_odds(outside_mean(by_bag, outside), sample, outside.sum(axis=1) > 0)

    @classmethod
    def from_log_odds(cls, log_odds: Floats, sample: Sample, is_seen: Bools) -> "Seen":
        """The same of log-odds that are not calibrated.

        Args:
            log_odds: Mean of the bags that a row is not in.
            sample: The rows.
            is_seen: Rows that are out of at least one bag.
        """
        seen = sample.at(is_seen)
        if not 0 < seen.is_bad.sum() < len(seen):
            nobody = np.zeros(len(sample), dtype=np.bool_)
            return cls(is_seen=nobody, calibration=(1.0, 0.0), log_odds=log_odds, loss=np.inf)
        slope, shift = platt(log_odds[is_seen], seen.is_bad, seen.weight)
        calibrated = slope * log_odds + shift
        probability = 1.0 / (1.0 + np.exp(-calibrated[is_seen]))
        loss = float(log_loss(seen.is_bad, probability, sample_weight=seen.weight))
        return cls(is_seen=is_seen, calibration=(slope, shift), log_odds=calibrated, loss=loss)

    def better_than(self, other: "Seen", sample: Sample) -> float:
        """By how many of its standard errors the log loss is lower; rows of one group count as dependent.

        Args:
            other: Of the same rows.
            sample: The rows.
        """
        rows = self.is_seen & other.is_seen
        seen = sample.at(rows)
        sign = np.where(seen.is_bad, -1.0, 1.0)
        gained = np.logaddexp(0.0, sign * other.log_odds[rows]) - np.logaddexp(0.0, sign * self.log_odds[rows])
        if seen.weight is not None:
            gained = gained * seen.weight
        if seen.groups is not None:
            gained = np.bincount(np.unique(seen.groups, return_inverse=True)[1], weights=gained)
        spread = float(np.sqrt((gained**2).sum()))
        return float(gained.sum()) / spread if spread else 0.0


def trees_out_of_bag(
    boosters: Sequence[HistGradientBoostingClassifier | None],
    codes: Floats,
    sample: Sample,
    bags: Sequence[Counts],
) -> int:
    """The number of trees with which all bags together predict best what they have not seen.

    Args:
        boosters: One per bag, of as many trees each; none is without columns.
        codes: What they were fitted to.
        sample: Its outcomes.
        bags: How often each row is in each bag.
    """
    fitted = [booster for booster in boosters if booster is not None]
    apart = min(TREES_APART, fitted[0].n_iter_)
    stages = range(apart, fitted[0].n_iter_ + 1, apart)
    told = np.zeros((len(stages), len(codes)))
    number = np.zeros(len(codes))
    for booster, times in zip(fitted, bags, strict=True):
        outside = np.flatnonzero(times == 0)
        number[outside] += 1.0
        after = islice(booster.staged_decision_function(codes[outside]), apart - 1, None, apart)
        for place, log_odds in enumerate(after):
            told[place, outside] += log_odds
    losses = [Seen.from_log_odds(one / np.maximum(number, 1.0), sample, number > 0).loss for one in told]
    return stages[int(np.argmin(losses))]


def look_up(steps: Floats, codes: Floats) -> Floats:
    """The step of each bin number; the last one where it is missing."""
    found: Floats = steps[_places(codes, len(steps))]
    return found


def missing_not_better(steps: Floats, codes: Floats, weight: Floats | None) -> Floats:
    """Steps in which a missing value is nowhere better than the mean of the rows that have one."""
    has_value = ~np.isnan(codes)
    if not has_value.any():
        return steps
    present = look_up(steps, codes[has_value])
    mean = np.average(present, axis=0, weights=None if weight is None else weight[has_value])
    return np.concatenate([steps[:-1], np.maximum(steps[-1:], mean)])


def read_back(
    booster: HistGradientBoostingClassifier,
    codes: Floats,
    weight: Floats | None = None,
    pairs: Sequence[Places] = (),
    trees: int | None = None,
    unbounded: Collection[int] = (),
) -> Sum:
    """The steps and grids of a booster, found by moving one column, and the two of a pair, at a time.

    Args:
        booster: No tree of it is on more than one column, or two that are a pair.
        codes: What it was fitted to.
        weight: Of the rows.
        pairs: Columns that act together.
        trees: The first so many; None: all.
        unbounded: Columns of which a missing value may be better than the mean.

    Raises:
        RuntimeError: It is not the sum of them.
    """

    def told(rows: Floats) -> Floats:
        if trees is None or trees == booster.n_iter_:
            return np.asarray(booster.decision_function(rows))
        return np.asarray(next(islice(booster.staged_decision_function(rows), trees - 1, None)))

    columns = codes.shape[1]
    bins = [int(np.nanmax(codes[:, column], initial=0.0)) + 1 for column in range(columns)]
    values = [[*range(number), np.nan] for number in bins]
    # The origin, then each column's bins and its missing value, then pairs, in one call: a call costs more than rows.
    starts = np.cumsum([1, *map(len, values), *(len(values[first]) * len(values[second]) for first, second in pairs)])
    probes = np.zeros((starts[-1], columns))
    for column in range(columns):
        probes[starts[column] : starts[column + 1], column] = values[column]
    for number, (first, second) in enumerate(pairs, start=columns):
        probes[starts[number] : starts[number + 1], first] = np.repeat(values[first], len(values[second]))
        probes[starts[number] : starts[number + 1], second] = np.tile(values[second], len(values[first]))
    found = told(probes)
    origin = float(found[0])
    effects = [found[starts[column] : starts[column + 1]] - origin for column in range(columns)]
    grids = {}
    for number, (first, second) in enumerate(pairs, start=columns):
        both = found[starts[number] : starts[number + 1]].reshape(len(values[first]), -1) - origin
        grids[first, second] = both - effects[first][:, None] - effects[second]
    if np.abs(Sum(steps=effects, intercept=origin, grids=grids).of(codes) - told(codes)).max() > ADDITIVE:
        raise RuntimeError("boosting is not the sum of its steps and grids; this scikit-learn cannot be used")
    for first, second in pairs:
        shape = grids[first, second].shape
        cells = _places(codes[:, first], shape[0]) * shape[1] + _places(codes[:, second], shape[1])
        rows = np.bincount(cells, weights=weight, minlength=shape[0] * shape[1]).reshape(shape)
        grids[first, second], of_first, of_second = purified(grids[first, second], rows.astype(np.float64))
        effects[first] = effects[first] + of_first
        effects[second] = effects[second] + of_second
    return _centred(Sum(steps=effects, intercept=origin, grids=grids), codes, weight, unbounded)


def missing_again(
    one: Sum,
    codes: Floats,
    sample: Sample,
    times: Counts,
    *,
    ridge: float,
    fewest: int,
    unbounded: Collection[int] = (),
) -> Sum:
    """The same with the step of a missing value fitted again, for columns that are in a pair.

    Trees on two columns also learn what one says where the other is missing. A missing value has no part in a pair, so
    this is not kept, and what is left of it, its average, is no longer what fits the outcomes.

    Args:
        one: Of a bag.
        codes: Numbers of the bins of all rows.
        sample: Their outcomes.
        times: How often each row is in the bag.
        ridge: Pulls each change towards 0, above 0.
        fewest: Groups in the bag that must lack the value; with fewer its step stays: they would move it by chance.
        unbounded: As ``read_back`` takes it.
    """
    steps = [column.copy() for column in one.steps]
    log_odds = one.of(codes)
    drawn: Floats = times.astype(np.float64) if sample.weight is None else times * sample.weight
    for column in sorted({column for pair in one.grids for column in pair}) * ROUNDS:
        is_missing = np.isnan(codes[:, column])
        rows = is_missing & (drawn > 0)
        lacking = rows.sum() if sample.groups is None else len(np.unique(sample.groups[rows]))
        if lacking >= fewest:
            change = _change(log_odds[rows], sample.is_bad[rows], drawn[rows], ridge)
            steps[column][-1] += change
            log_odds[is_missing] += change
    return _centred(replace(one, steps=steps), codes, sample.weight, unbounded)


def _change(log_odds: Floats, is_bad: Bools, weight: Floats, ridge: float) -> float:
    """What added to all log-odds fits the outcomes best."""

    def slope(change: float) -> float:
        return float(weight @ (is_bad - expit(log_odds + change)) - ridge * change)

    return float(brentq(slope, -FARTHEST, FARTHEST))


def _centred(one: Sum, codes: Floats, weight: Floats | None, unbounded: Collection[int]) -> Sum:
    """The same with missing values not better than the mean, and steps of mean 0 over all rows."""
    steps, intercept = [], one.intercept
    for column, effect in enumerate(one.steps):
        bounded = effect if column in unbounded else missing_not_better(effect, codes[:, column], weight)
        mean = float(np.average(look_up(bounded, codes[:, column]), weights=weight))
        steps.append(bounded - mean)
        intercept += mean
    return replace(one, steps=steps, intercept=intercept)


def outside_mean(by_bag: Floats, outside: Bools) -> Floats:
    """Mean over the bags that a row is not in; 0 where it is in all."""
    count = outside.sum(axis=1)
    mean: Floats = np.where(outside, by_bag, 0.0).sum(axis=1) / np.maximum(count, 1)
    return mean


def _places(codes: Floats, size: int) -> NDArray[np.intp]:
    """Bin numbers as places; a missing value is the last one."""
    return np.where(np.isnan(codes), size - 1, codes).astype(np.intp)
