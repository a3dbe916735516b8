"""Bagged additive boosting as a scikit-learn estimator."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.utils import check_random_state
from threadpoolctl import threadpool_limits
from typing_extensions import override

from models.additive import STEP_DECIMALS, AdditiveClassifier, PerColumn, Sample, places
from models.bags import Counts, draw_bags
from models.binning import Bools, Floats, bin_index, candidate_edges
from models.regression import Earned, base_log_odds, earned_coefficients, platt

ADDITIVE = 1e-9
"""Log-odds that a booster may differ from the sum of its own steps."""


class AdditiveBoosting(AdditiveClassifier):
    """Binary classifier: gradient boosting without interactions, averaged in log-odds over samples of groups.

    Every column is cut first, beside its mass points and at quantiles. Each bag fits scikit-learn's boosting to the
    numbers of the bins, every tree on one column, so a bag is exactly one step function per column; they are read back
    by moving one column at a time.

    Columns must earn their place: bags are fitted to all of them, then a logistic regression sees each row with the
    steps of the bags that the row was not in. Columns without a coefficient of at least ``min_z`` standard errors are
    removed, and the bags are fitted again without them. The log-odds are calibrated on the same out-of-bag view
    (Platt), folded into the steps.

    A missing value (NaN) is in no bag better than the mean of the rows that have a value. Infinities fall into the end
    bins. Columns that were removed have no edges and steps of 0.

    Only the steps are kept, not the trees: a file of this estimator depends on no internals of scikit-learn.

    Args:
        monotonic_cst: Per column 1 (a higher value raises the probability of bad), -1 (lowers it) or 0 (free), as a
            sequence, or by column name where ``X`` is a frame; columns left out are free.
        decimals: The decimals that edges are rounded to, per column or by name; columns left out, and None, leave them
            as they are.
        bad: The label that is bad; None takes the larger of 0 and 1, False and True, or -1 and 1. Of other labels it
            takes the one that sorts last, and warns.
        max_bins: Bins per column, the missing bin not counted.
        bags: Samples of groups that are fitted and averaged.
        learning_rate: Of the boosting.
        trees: Trees per bag.
        max_leaf_nodes: Leaves per tree.
        min_samples_leaf: Rows per leaf at least.
        l2_regularization: Of the leaves.
        max_features: Share of the columns that each split may choose from.
        min_z: Standard errors above 0 that a column's coefficient needs, at least 0. Less than a scorecard asks for:
            averaging shrinks the effect of a weak column.
        rarer_per_feature: At most one column per so many rows of the rarer class, the weakest removed first.
        random_state: Seed of bags and boosting, as scikit-learn takes it.

    Attributes:
        classes_: The two classes, sorted.
        bad_index_: Place of the bad class among them.
        edges_: Per column the inner edges of its bins; bin ``i`` holds ``edges[i - 1] <= x < edges[i]``.
        steps_: Per column the log-odds of each bin and, last, of a missing value: the mean of the bags.
        intercept_: Log-odds that the steps add to.
        bag_steps_: The same by bag.
        bag_intercepts_: The same by bag.
        calibration_slope_: Factor of the calibration that is folded into the steps; below 1 where they were overfitted.
        evidence_: Per column the standard errors above 0 of its coefficient, when it was removed or at the end; NaN
            where no bag has a step.

    Examples:
        >>> import numpy as np
        >>> x = np.arange(200.0).reshape(-1, 1)
        >>> model = AdditiveBoosting(monotonic_cst=[1], bags=4).fit(x, x.ravel() > 120)
        >>> bool(model.decision_function([[180.0]])[0] > model.decision_function([[20.0]])[0])
        True
    """

    def __init__(  # noqa: PLR0913  scikit-learn's contract: one keyword per parameter
        self,
        *,
        monotonic_cst: PerColumn = None,
        decimals: PerColumn = None,
        bad: object = None,
        max_bins: int = 12,
        bags: int = 40,
        learning_rate: float = 0.1,
        trees: int = 100,
        max_leaf_nodes: int = 4,
        min_samples_leaf: int = 20,
        l2_regularization: float = 5.0,
        max_features: float = 0.5,
        min_z: float = 1.5,
        rarer_per_feature: int = 12,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.monotonic_cst = monotonic_cst
        self.decimals = decimals
        self.bad = bad
        self.max_bins = max_bins
        self.bags = bags
        self.learning_rate = learning_rate
        self.trees = trees
        self.max_leaf_nodes = max_leaf_nodes
        self.min_samples_leaf = min_samples_leaf
        self.l2_regularization = l2_regularization
        self.max_features = max_features
        self.min_z = min_z
        self.rarer_per_feature = rarer_per_feature
        self.random_state = random_state

    def fit(
        self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Fit all bags.

        Args:
            X: Rows by features; NaN is missing, infinities are allowed.
            y: Two classes; ``bad`` says which is the bad one.
            groups: Rows that belong together, such as those of a borrower: in a bag together or not at all, and not
                independent evidence; None: each row stands for itself.
            sample_weight: How many rows a row stands for, 0 or more; None: each for one. A weight of 0 leaves the row
                out. In a group, a weight of 2 is close to repeating the row: ``min_samples_leaf`` counts rows.

        Raises:
            ValueError: not two classes, or rows, weights or parameters that do not fit.
        """
        sample = self._learnable(X, y, groups, sample_weight)
        self._check_at_least({"max_bins": 2, "bags": 1, "min_z": 0.0, "rarer_per_feature": 1})
        if self.max_bins > 255:
            raise ValueError(f"max_bins is {self.max_bins!r}; boosting supports at most 255")
        columns = sample.X.shape[1]
        decimals = self._per_column("decimals", self.decimals, columns)
        edges = [
            np.array(
                candidate_edges(
                    sample.X[:, column],
                    decimals=decimals[column],
                    count=self.max_bins,
                    sample_weight=sample.weight,
                ).edges,
                dtype=np.float64,
            )
            for column in range(columns)
        ]
        codes = np.column_stack([_codes(sample.X[:, column], edges[column]) for column in range(columns)])
        random = check_random_state(self.random_state)
        bags = draw_bags(sample.is_bad, sample.groups, self.bags, random)
        outside = np.column_stack([times == 0 for times in bags])
        # A column with one value has no split.
        kept = np.flatnonzero([len(np.unique(codes[:, column])) > 1 for column in range(columns)])
        # One thread: the order in which threads add would change the last digits.
        with threadpool_limits(limits=1):
            sums = self._sums(codes[:, kept], sample, bags, kept, random)
            evidence = self._evidence(codes[:, kept], sample, sums, outside)
            self.evidence_ = np.full(columns, np.nan)
            self.evidence_[kept] = evidence.evidence
            kept = kept[np.flatnonzero(evidence.coef)]
            sums = self._sums(codes[:, kept], sample, bags, kept, random)
            calibration = _calibration(codes[:, kept], sample, sums, outside)
        self._keep(edges, codes, sample.weight, kept, sums, calibration)
        return self

    @override
    def _log_odds(self, X: Floats) -> Floats:
        total: Floats = np.full(len(X), self.intercept_)
        for column, (steps, edges) in enumerate(zip(self.steps_, self.edges_, strict=True)):
            total = total + steps[places(X[:, column], edges)]
        return total

    def _sums(
        self,
        codes: Floats,
        sample: Sample,
        bags: Sequence[Counts],
        kept: NDArray[np.intp],
        random: np.random.RandomState,
    ) -> list["_Sum"]:
        """One sum of steps per bag, missing values not better than the mean; each has mean 0 over the rows."""
        seed = int(random.randint(np.iinfo(np.int32).max))
        return [self._sum(codes, sample, times, kept, seed + number) for number, times in enumerate(bags)]

    def _sum(self, codes: Floats, sample: Sample, times: Counts, kept: NDArray[np.intp], seed: int) -> "_Sum":
        rows = np.repeat(np.arange(len(codes)), times)
        weight = None if sample.weight is None else sample.weight[rows]
        if not len(kept):
            return _Sum(steps=[], intercept=base_log_odds(sample.is_bad[rows], weight))
        directions = self._per_column("monotonic_cst", self.monotonic_cst, self.n_features_in_)
        booster = HistGradientBoostingClassifier(
            learning_rate=self.learning_rate,
            max_iter=self.trees,
            max_leaf_nodes=self.max_leaf_nodes,
            min_samples_leaf=self.min_samples_leaf,
            l2_regularization=self.l2_regularization,
            max_features=self.max_features,
            interaction_cst="no_interactions",
            monotonic_cst=[directions[column] or 0 for column in kept],
            early_stopping=False,
            random_state=seed % np.iinfo(np.int32).max,
        ).fit(codes[rows], sample.is_bad[rows], sample_weight=weight)
        return _read_back(booster, codes, sample.weight)

    def _evidence(self, codes: Floats, sample: Sample, sums: Sequence["_Sum"], outside: Bools) -> Earned:
        """The predictive value of columns on rows out of bag; all are kept where those rows lack a class."""
        is_seen = outside.sum(axis=1) > 0
        seen = sample.at(is_seen)
        columns = codes.shape[1]
        if not 0 < seen.is_bad.sum() < len(seen):
            return Earned(coef=np.ones(columns), intercept=0.0, evidence=np.full(columns, np.nan))
        effects = np.empty((len(codes), columns))
        for column in range(columns):
            by_bag = np.column_stack([_look_up(one.steps[column], codes[:, column]) for one in sums])
            effects[:, column] = _outside_mean(by_bag, outside)
        return earned_coefficients(
            effects[is_seen],
            seen.is_bad,
            seen.groups,
            C=1.0,
            min_z=self.min_z,
            rarer_per_feature=self.rarer_per_feature,
            sample_weight=seen.weight,
        )

    def _keep(
        self,
        edges: Sequence[Floats],
        codes: Floats,
        weight: Floats | None,
        kept: NDArray[np.intp],
        sums: Sequence["_Sum"],
        calibration: tuple[float, float],
    ) -> None:
        """Fold the calibration into the steps, and join neighbouring bins that are equal in every bag."""
        slope, shift = calibration
        self.calibration_slope_ = slope
        self.bag_intercepts_ = np.round([slope * one.intercept + shift for one in sums], STEP_DECIMALS)
        self.intercept_ = round(float(self.bag_intercepts_.mean()), STEP_DECIMALS)
        self.edges_ = [np.array([], dtype=np.float64) for _ in edges]
        self.bag_steps_ = [np.zeros((2, len(sums))) for _ in edges]
        self.steps_ = [np.zeros(2) for _ in edges]
        for place, column in enumerate(kept):
            steps = np.round(slope * np.column_stack([one.steps[place] for one in sums]), STEP_DECIMALS)
            steps = _missing_not_better(steps, codes[:, column], weight)
            mean = _missing_not_better(np.round(steps.mean(axis=1), STEP_DECIMALS), codes[:, column], weight)
            is_step = np.any(steps[1:-1] != steps[:-2], axis=1)
            self.edges_[column] = edges[column][is_step]
            self.bag_steps_[column] = np.ascontiguousarray(steps[np.r_[True, is_step, True]])
            self.steps_[column] = mean[np.r_[True, is_step, True]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sum:
    """The step functions of one bag, before calibration."""

    steps: list[Floats]
    """Per column the log-odds of each bin and, last, of a missing value; the mean over all rows is 0."""
    intercept: float


def _codes(values: Floats, edges: Floats) -> Floats:
    """Numbers of bins; NaN stays."""
    codes: Floats = np.where(np.isnan(values), np.nan, bin_index(values, edges))
    return codes


def _look_up(steps: Floats, codes: Floats) -> Floats:
    found: Floats = steps[np.where(np.isnan(codes), len(steps) - 1, codes).astype(np.intp)]
    return found


def _missing_not_better(steps: Floats, codes: Floats, weight: Floats | None) -> Floats:
    """Steps in which a missing value is nowhere better than the mean of the rows that have one."""
    has_value = ~np.isnan(codes)
    if not has_value.any():
        return steps
    present = _look_up(steps, codes[has_value])
    mean = np.average(present, axis=0, weights=None if weight is None else weight[has_value])
    return np.concatenate([steps[:-1], np.maximum(steps[-1:], mean)])


def _read_back(booster: HistGradientBoostingClassifier, codes: Floats, weight: Floats | None = None) -> _Sum:
    """The steps of a booster, found by moving one column at a time."""
    columns = codes.shape[1]
    bins = [int(np.nanmax(codes[:, column], initial=0.0)) + 1 for column in range(columns)]
    # The origin, then each column's bins and its missing value, in one call: a call costs more than its rows.
    probes = np.zeros((1 + sum(bins) + columns, columns))
    starts = np.cumsum([1, *(number + 1 for number in bins)])
    for column, number in enumerate(bins):
        probes[starts[column] : starts[column + 1], column] = [*range(number), np.nan]
    told = booster.decision_function(probes)
    origin = float(told[0])
    steps, intercept = [], origin
    total: Floats = np.full(len(codes), origin)
    for column in range(columns):
        effect = told[starts[column] : starts[column + 1]] - origin
        total = total + _look_up(effect, codes[:, column])
        effect = _missing_not_better(effect, codes[:, column], weight)
        mean = float(np.average(_look_up(effect, codes[:, column]), weights=weight))
        steps.append(effect - mean)
        intercept += mean
    if np.abs(total - booster.decision_function(codes)).max() > ADDITIVE:
        raise RuntimeError(
            "boosting without interactions is not the sum of its steps; this scikit-learn cannot be used"
        )
    return _Sum(steps=steps, intercept=intercept)


def _outside_mean(by_bag: Floats, outside: Bools) -> Floats:
    """Mean over the bags that a row is not in; 0 where it is in all."""
    count = outside.sum(axis=1)
    mean: Floats = np.where(outside, by_bag, 0.0).sum(axis=1) / np.maximum(count, 1)
    return mean


def _calibration(codes: Floats, sample: Sample, sums: Sequence[_Sum], outside: Bools) -> tuple[float, float]:
    """Slope and shift that make out-of-bag log-odds right."""
    # With few bags some rows are in all of them and say nothing out of bag.
    is_seen = outside.sum(axis=1) > 0
    seen = sample.at(is_seen)
    if not 0 < seen.is_bad.sum() < len(seen):
        return 1.0, 0.0
    by_bag = np.empty((len(codes), len(sums)))
    for number, one in enumerate(sums):
        by_bag[:, number] = one.intercept
        for column, steps in enumerate(one.steps):
            by_bag[:, number] += _look_up(steps, codes[:, column])
    return platt(_outside_mean(by_bag, outside)[is_seen], seen.is_bad, seen.weight)
