"""Bagged additive boosting as a scikit-learn estimator, with pairs of columns if asked for."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.utils import check_random_state
from threadpoolctl import threadpool_limits
from typing_extensions import override

from models.additive import AdditiveClassifier, PerColumn, Sample, places
from models.bags import Counts, draw_bags
from models.binning import BEYOND_CHANCE, Bools, Floats, bin_index, candidate_edges
from models.boosters import (
    Seen,
    Sum,
    look_up,
    missing_again,
    missing_not_better,
    outside_mean,
    read_back,
    trees_out_of_bag,
)
from models.pairs import STEP_DECIMALS, clearest, interactions, lifted
from models.points import MOST_PAIRS
from models.regression import Earned, base_log_odds, earned_coefficients, rarer

MORE_TREES = 2
"""So many times the trees are fitted where pairs are sought, of which those that help out of bag are kept."""
BETTER = 1.0
"""Standard errors by which the log loss out of bag must be lower with pairs: they were found on the same rows."""
LEAST_RIDGE = 1.0
"""With less a missing value that was never bad would have no bound."""
MOST_BINS = 255
"""Of a column; scikit-learn's boosting has no more."""


class AdditiveBoosting(AdditiveClassifier):
    """Binary classifier: gradient boosting without interactions, averaged in log-odds over samples of groups.

    Every column is cut first, beside its mass points and at quantiles. Each bag fits scikit-learn's boosting to the
    numbers of the bins, every tree on one column, so a bag is exactly one step function per column; they are read back
    by moving one column at a time.

    With ``pairs`` the bags are fitted once more, and a tree may then be on two columns: those which act together most
    clearly on what the model without pairs left of rows out of bag, also columns that were removed. How many trees are
    kept is chosen out of bag, too, and the pairs stay only if they predict better there by a standard error. What a
    pair adds is purified: each column alone keeps what is its own. The sum of a column and its pairs goes the declared
    way, whatever the other columns are. A missing value has no part in a pair; what it says by itself is fitted again
    without.

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
        rarer_per_feature: At most one column per so many groups with a row of the rarer class, the
            weakest removed first.
        pairs: Pairs of columns at most; 0 does without.
        random_state: Seed of bags and boosting, as scikit-learn takes it.

    Attributes:
        classes_: The two classes, sorted.
        bad_index_: Place of the bad class among them.
        edges_: Per column the inner edges of its bins; bin ``i`` holds ``edges[i - 1] <= x < edges[i]``.
        steps_: Per column the log-odds of each bin and, last, of a missing value: the mean of the bags.
        intercept_: Log-odds that the steps add to.
        bag_steps_: The same by bag.
        bag_intercepts_: The same by bag.
        pairs_: The places of the two columns of each pair, in their order.
        pair_edges_: Per pair the edges of its rows, and those of its columns; all are among ``edges_``.
        pair_steps_: Per pair the log-odds of each cell, by row and column, a missing value last.
        bag_pair_steps_: The same by bag, which is the last axis.
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
        rarer_per_feature: float = 12,
        pairs: int = 0,
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
        self.pairs = pairs
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
        self._check_at_least({"max_bins": 2, "bags": 1, "min_z": 0.0, "rarer_per_feature": 1, "pairs": 0})
        if self.max_bins > MOST_BINS:
            raise ValueError(f"max_bins is {self.max_bins!r}; boosting supports at most {MOST_BINS}")
        if self.pairs > MOST_PAIRS:
            raise ValueError(f"pairs is {self.pairs!r}; a points table has at most {MOST_PAIRS}")
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
        varying = np.flatnonzero([len(np.unique(codes[:, column])) > 1 for column in range(columns)])
        # One thread: the order in which threads add would change the last digits.
        with threadpool_limits(limits=1):
            sums = self._sums(codes[:, varying], sample, bags, varying, random)
            evidence = self._evidence(codes[:, varying], sample, sums, outside)
            self.evidence_ = np.full(columns, np.nan)
            self.evidence_[varying] = evidence.evidence
            kept = varying[np.flatnonzero(evidence.coef)]
            sums = self._sums(codes[:, kept], sample, bags, kept, random)
            seen = Seen.of(codes[:, kept], sample, sums, outside)
            free = np.array([column for column in varying if self._may_pair(int(column))], dtype=np.intp)
            pairs = self._pairs(codes, sample, seen, free, kept)
            if pairs:
                beside = np.union1d(kept, pairs)
                places_of_pairs = [(int(first), int(second)) for first, second in np.searchsorted(beside, pairs)]
                then = self._sums(codes[:, beside], sample, bags, beside, random, places_of_pairs)
                seen_then = Seen.of(codes[:, beside], sample, then, outside)
                if seen_then.better_than(seen, sample) >= BETTER:
                    sums, seen, kept = then, seen_then, beside
        self._keep(edges, codes, sample.weight, kept, sums, seen.calibration)
        return self

    def _may_pair(self, column: int) -> bool:  # noqa: ARG002  whichever it is
        """Whether a column may be in a pair; each may."""
        return True

    def _is_bounded(self, column: int) -> bool:  # noqa: ARG002  whichever it is
        """Whether a missing value of a column is not better than the mean; of each it is not."""
        return True

    @override
    def _log_odds(self, X: Floats) -> Floats:
        total: Floats = np.full(len(X), self.intercept_)
        for column, (steps, edges) in enumerate(zip(self.steps_, self.edges_, strict=True)):
            total = total + steps[places(X[:, column], edges)]
        for pair, grid in enumerate(self.pair_steps_):
            total = total + grid[self._cells(X, pair)]
        return total

    def _sums(
        self,
        codes: Floats,
        sample: Sample,
        bags: Sequence[Counts],
        kept: NDArray[np.intp],
        random: np.random.RandomState,
        pairs: Sequence[tuple[int, int]] = (),
    ) -> list[Sum]:
        """One sum of steps per bag, missing values not better than the mean; each has mean 0 over the rows."""
        seed = int(random.randint(np.iinfo(np.int32).max))
        boosters = [
            self._booster(codes, sample, times, kept, seed + number, pairs) for number, times in enumerate(bags)
        ]
        trees = trees_out_of_bag(boosters, codes, sample, bags) if pairs else self.trees
        unbounded = {place for place, column in enumerate(kept) if not self._is_bounded(int(column))}
        sums = [
            Sum(steps=[], intercept=base_log_odds(*_drawn(sample, times)))
            if booster is None
            else read_back(booster, codes, sample.weight, pairs, trees, unbounded)
            for booster, times in zip(boosters, bags, strict=True)
        ]
        if not pairs:
            return sums
        ridge = max(self.l2_regularization, LEAST_RIDGE)
        return [
            missing_again(
                one,
                codes,
                sample,
                times,
                ridge=ridge,
                fewest=max(self.min_samples_leaf, 1),
                unbounded=unbounded,
            )
            for one, times in zip(sums, bags, strict=True)
        ]

    def _booster(
        self,
        codes: Floats,
        sample: Sample,
        times: Counts,
        kept: NDArray[np.intp],
        seed: int,
        pairs: Sequence[tuple[int, int]],
    ) -> HistGradientBoostingClassifier | None:
        """The boosting of one bag; None without columns."""
        if not len(kept):
            return None
        directions = self._per_column("monotonic_cst", self.monotonic_cst, self.n_features_in_)
        alone: list[set[int]] = [{place} for place in range(len(kept))]
        is_bad, weight = _drawn(sample, times)
        return HistGradientBoostingClassifier(
            learning_rate=self.learning_rate,
            max_iter=MORE_TREES * self.trees if pairs else self.trees,
            max_leaf_nodes=self.max_leaf_nodes,
            min_samples_leaf=self.min_samples_leaf,
            l2_regularization=self.l2_regularization,
            max_features=self.max_features,
            interaction_cst=[*alone, *map(set, pairs)] if pairs else "no_interactions",
            monotonic_cst=[directions[column] or 0 for column in kept],
            early_stopping=False,
            random_state=seed % np.iinfo(np.int32).max,
        ).fit(codes[np.repeat(np.arange(len(codes)), times)], is_bad, sample_weight=weight)

    def _pairs(
        self, codes: Floats, sample: Sample, seen: Seen, free: NDArray[np.intp], kept: NDArray[np.intp]
    ) -> list[tuple[int, int]]:
        """The columns that act together most clearly, in order; of no more columns than the sample allows."""
        if not self.pairs or len(free) < 2 or not seen.is_seen.any():
            return []
        bins = [int(np.nanmax(codes[:, column])) + 1 for column in free]
        numbers = np.where(np.isnan(codes[:, free]), bins, codes[:, free]).astype(np.intp)
        probability = 1.0 / (1.0 + np.exp(-seen.log_odds))
        weight = np.ones(len(sample)) if sample.weight is None else sample.weight
        found = interactions(
            numbers[seen.is_seen],
            bins,
            (weight * (sample.is_bad - probability))[seen.is_seen],
            (weight * probability * (1.0 - probability))[seen.is_seen],
            fewest=self.min_samples_leaf,
        )
        most = max(len(kept), int(rarer(sample.is_bad, sample.groups, sample.weight) // self.rarer_per_feature))
        return clearest(found, free, kept, pairs=self.pairs, columns=most, at_least=BEYOND_CHANCE)

    def _evidence(self, codes: Floats, sample: Sample, sums: Sequence[Sum], outside: Bools) -> Earned:
        """The predictive value of columns on rows out of bag; all are kept where those rows lack a class."""
        is_seen = outside.sum(axis=1) > 0
        seen = sample.at(is_seen)
        columns = codes.shape[1]
        if not 0 < seen.is_bad.sum() < len(seen):
            return Earned(coef=np.ones(columns), intercept=0.0, evidence=np.full(columns, np.nan))
        effects = np.empty((len(codes), columns))
        for column in range(columns):
            by_bag = np.column_stack([look_up(one.steps[column], codes[:, column]) for one in sums])
            effects[:, column] = outside_mean(by_bag, outside)
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
        sums: Sequence[Sum],
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
        together = {
            (int(kept[first]), int(kept[second])): _with_mean(
                slope * np.stack([one.grids[first, second] for one in sums], -1)
            )
            for first, second in sums[0].grids
        }
        # Of a pair that no tree was on, nothing is kept.
        together = {pair: grid for pair, grid in together.items() if grid.any()}
        cut = {pair: (_is_step(grid), _is_step(grid.swapaxes(0, 1))) for pair, grid in together.items()}
        self.pairs_ = [list(pair) for pair in together]
        directions = self._per_column("monotonic_cst", self.monotonic_cst, len(edges))
        for place, column in enumerate(kept):
            own = [grid for (first, _), grid in together.items() if first == column]
            own += [grid.swapaxes(0, 1) for (_, second), grid in together.items() if second == column]
            steps = np.round(slope * np.column_stack([one.steps[place] for one in sums]), STEP_DECIMALS)
            steps = lifted(steps, [grid[..., :-1] for grid in own], directions[column] or 0)
            is_bounded = self._is_bounded(int(column))
            steps = missing_not_better(steps, codes[:, column], weight) if is_bounded else steps
            mean = np.round(steps.mean(axis=1, keepdims=True), STEP_DECIMALS)
            mean = lifted(mean, [grid[..., -1:] for grid in own], directions[column] or 0)
            mean = missing_not_better(mean, codes[:, column], weight) if is_bounded else mean
            is_step = _is_step(steps) | _is_step(mean)
            for pair, sides in cut.items():
                if column in pair:
                    is_step |= sides[pair.index(column)]
            is_row = np.r_[True, is_step, True]
            self.edges_[column] = edges[column][is_step]
            self.bag_steps_[column] = np.ascontiguousarray(steps[is_row])
            self.steps_[column] = np.ascontiguousarray(mean[is_row, 0])
        self.pair_edges_ = [
            [edges[column][side] for column, side in zip(pair, sides, strict=True)] for pair, sides in cut.items()
        ]
        grids = [
            grid[np.r_[True, rows, True]][:, np.r_[True, columns, True]]
            for grid, (rows, columns) in zip(together.values(), cut.values(), strict=True)
        ]
        self.bag_pair_steps_ = [np.ascontiguousarray(grid[..., :-1]) for grid in grids]
        self.pair_steps_ = [np.ascontiguousarray(grid[..., -1]) for grid in grids]


def _codes(values: Floats, edges: Floats) -> Floats:
    """Numbers of bins; NaN stays."""
    codes: Floats = np.where(np.isnan(values), np.nan, bin_index(values, edges))
    return codes


def _with_mean(by_bag: Floats) -> Floats:
    """Rounded, and behind the bags their mean."""
    steps = np.round(by_bag, STEP_DECIMALS)
    return np.concatenate([steps, np.round(steps.mean(axis=-1, keepdims=True), STEP_DECIMALS)], axis=-1)


def _is_step(steps: Floats) -> Bools:
    """Between which neighbouring bins of the first axis anything differs."""
    differs: Bools = np.any(steps[1:-1] != steps[:-2], axis=tuple(range(1, steps.ndim)))
    return differs


def _drawn(sample: Sample, times: Counts) -> tuple[Bools, Floats | None]:
    """Outcomes and weights of a bag."""
    rows = np.repeat(np.arange(len(sample)), times)
    return sample.is_bad[rows], None if sample.weight is None else sample.weight[rows]
