"""The monotone weight-of-evidence scorecard as a scikit-learn estimator."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state
from threadpoolctl import threadpool_limits
from typing_extensions import override

from models.additive import AdditiveClassifier, PerColumn, PerColumnValues, Sample
from models.bags import Counts, draw_bags
from models.binning import Binning, BinningRules, Floats, bin_index, fit_binning, weigh
from models.folds import FoldNumbers, fold_numbers, splits
from models.pairs import STEP_DECIMALS
from models.regression import base_log_odds, earned_coefficients, logistic, platt


class WoeScorecard(AdditiveClassifier):
    """Binary classifier: every feature cut into monotone bins, logistic regression on their weights of evidence.

    The regression sees each row with the weights of bins that were cut without it (out of fold), so a feature earns its
    coefficient out of sample. A coefficient of less than ``min_z`` standard errors means that a feature has no effect
    there, repeats others, or contradicts its own bins; such features are removed, the weakest first, until none is
    left. So all coefficients are positive, and every feature acts in the direction that
    its bins show. The log-odds are calibrated on out-of-fold predictions (Platt), folded into coefficients and
    intercept: the model stays additive, one step function per feature.

    Missing values (NaN) are a bin of their own, never better than the mean of the rows that have a value. Infinities
    fall into the end bins. Features that were removed have a coefficient of 0 and no edges.

    Bags show how much of the score depends on the sample: weights and coefficients are fitted again to samples of
    groups, with the bins, the features and the calibration of the whole. They do not change what is predicted.

    Args:
        monotonic_cst: Per column 1 (a higher value raises the probability of bad), -1 (lowers it) or 0 (free), as a
            sequence, or by column name where ``X`` is a frame; columns left out are free.
        decimals: The decimals that edges are rounded to, per column or by name; columns left out, and None, leave them
            as they are.
        special: Values that are a bin each, whatever their size and the direction, per column or by name.
        cuts: Edges of the bins, per column or by name, in place of those that would be found; columns left out, and
            None, are cut by the rules below. Neighbours that contradict the direction get equal weights.
        bad: The label that is bad; None takes the larger of 0 and 1, False and True, or -1 and 1. Of other labels it
            takes the one that sorts last, and warns.
        prebins: Bins to start from: beside mass points, then at quantiles.
        max_bins: Bins per feature, the missing bin not counted.
        min_bin_share: Share of all rows that each bin holds at least. Where a value differs beyond chance, 1 % of the
            rows are enough, and 20.
        min_bin_bads: Rows of either class that each bin holds at least, or would hold at the bad rate of the sample.
        smoothing: Pseudo-rows of the rarer class per bin, with others in the proportion of the sample (m-estimate,
            ``models.binning``).
        C: Inverse strength of the L2 penalty on the coefficients.
        min_z: Standard errors above 0 that a coefficient needs, at least 0. Its square is what a coefficient must lower
            the deviance by: 2, as in Akaike's criterion, so that it improves what is expected of new rows.
        rarer_per_feature: At most one feature per so many groups with a row of the rarer class, the
            weakest removed first.
        cv: Folds of the out-of-fold weights and of the calibration; 0 does without both.
        bags: How often the fit is repeated on a sample of groups; 0 does without.
        random_state: Seed of these samples, as scikit-learn takes it.

    Attributes:
        classes_: The two classes, sorted.
        bad_index_: Place of the bad class among them.
        edges_: Per column the inner edges of its bins; bin ``i`` holds ``edges[i - 1] <= x < edges[i]``.
        regular_edges_: The same without those of special values.
        woe_: Per column the weight of evidence of each bin.
        missing_woe_: Per column the weight of evidence of a missing value.
        coef_: Per column; 0 where removed.
        intercept_: Log-odds where all weights are 0.
        calibration_slope_: Factor of the calibration that is folded into ``coef_``; below 1 where bins were overfitted.
        evidence_: Per column the standard errors above 0 of its coefficient, when it was removed or at the end; NaN
            where its bins all weigh the same.
        bag_steps_: Per column the log-odds of each bin and, last, of a missing value, by bag.
        bag_intercepts_: Per bag the log-odds where all weights are 0.

    Examples:
        >>> import numpy as np
        >>> x = np.arange(200.0).reshape(-1, 1)
        >>> model = WoeScorecard(monotonic_cst=[1]).fit(x, x.ravel() > 120)
        >>> bool(model.decision_function([[180.0]])[0] > model.decision_function([[20.0]])[0])
        True
    """

    def __init__(  # noqa: PLR0913  scikit-learn's contract: one keyword per parameter
        self,
        *,
        monotonic_cst: PerColumn = None,
        decimals: PerColumn = None,
        special: PerColumnValues = None,
        cuts: PerColumnValues = None,
        bad: object = None,
        prebins: int = 20,
        max_bins: int = 6,
        min_bin_share: float = 0.03,
        min_bin_bads: int = 5,
        smoothing: float = 1.0,
        C: float = 1.0,  # noqa: N803  scikit-learn's name
        min_z: float = 1.4,
        rarer_per_feature: float = 8,
        cv: int = 5,
        bags: int = 0,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.monotonic_cst = monotonic_cst
        self.decimals = decimals
        self.special = special
        self.cuts = cuts
        self.bad = bad
        self.prebins = prebins
        self.max_bins = max_bins
        self.min_bin_share = min_bin_share
        self.min_bin_bads = min_bin_bads
        self.smoothing = smoothing
        self.C = C
        self.min_z = min_z
        self.rarer_per_feature = rarer_per_feature
        self.cv = cv
        self.bags = bags
        self.random_state = random_state

    def fit(
        self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Fit the scorecard.

        Args:
            X: Rows by features; NaN is missing, infinities are allowed.
            y: Two classes; ``bad`` says which is the bad one.
            groups: Rows that belong together, such as those of a borrower: never split between folds, and not
                independent evidence; None: each row stands for itself.
            sample_weight: How many rows a row stands for, 0 or more; None: each for one. A weight of 0 leaves the row
                out. In a group, a weight of 2 is repeating the row.

        Raises:
            ValueError: not two classes, or rows, weights or parameters that do not fit.
        """
        sample = self._learnable(X, y, groups, sample_weight)
        self._check_parameters()
        # One thread: the order in which threads add would change the last digits, and waiting for each other takes
        # longer than these sums.
        with threadpool_limits(limits=1):
            self._fit(sample)
        return self

    def _fit(self, sample: Sample) -> None:
        random = check_random_state(self.random_state)
        # Groups are put into folds without chance.
        seed = 0 if sample.groups is not None else int(random.randint(np.iinfo(np.int32).max))
        steps = self._steps(sample, seed, self._binnings(sample))
        slope, shift = self._calibration(sample, seed, steps)
        self.edges_ = [np.array(binning.edges, dtype=np.float64) for binning in steps.binnings]
        self.regular_edges_ = [np.array(binning.regular, dtype=np.float64) for binning in steps.binnings]
        self.woe_ = [np.array(binning.woe, dtype=np.float64) for binning in steps.binnings]
        self.missing_woe_ = np.array([binning.missing_woe for binning in steps.binnings], dtype=np.float64)
        self.coef_ = np.round(slope * steps.coef, STEP_DECIMALS)
        self.intercept_ = round(slope * steps.intercept + shift, STEP_DECIMALS)
        self.calibration_slope_ = slope
        self.evidence_ = steps.evidence
        # A removed feature keeps no bins, so that it does not appear in the table.
        for column in np.flatnonzero(self.coef_ == 0.0):
            self.edges_[column] = np.array([], dtype=np.float64)
            self.woe_[column] = np.zeros(1)
            self.missing_woe_[column] = 0.0
        # As the boosting draws them, with groups and without.
        drawn = draw_bags(sample.is_bad, sample.groups, self.bags, check_random_state(self.random_state))
        self._fit_bags(sample, drawn, shift, seed)

    @override
    def _log_odds(self, X: Floats) -> Floats:
        total: Floats = np.full(len(X), self.intercept_)
        for column in np.flatnonzero(self.coef_):
            woe = _weigh(X[:, column], self.edges_[column], self.woe_[column], self.missing_woe_[column])
            total = total + self.coef_[column] * woe
        return total

    def _check_parameters(self) -> None:
        self._check_at_least(
            {
                "prebins": 2,
                "max_bins": 1,
                "min_bin_share": 0.0,
                "min_bin_bads": 0,
                "smoothing": 1e-9,  # without any, a bin of one class only would weigh infinitely
                "C": 1e-9,
                "min_z": 0.0,
                "rarer_per_feature": 1,
                "cv": 0,
                "bags": 0,
            }
        )

    def _steps(self, sample: Sample, seed: int, binnings: Sequence[Binning]) -> "_Steps":
        """Coefficients of the bins of this sample, before calibration."""
        weights = _weights(sample.X, binnings)
        by_fold = []
        # Weights of rows that helped to cut the bins flatter every feature, noise most of all.
        for train, test in splits(self._folds(sample, seed)):
            by_fold.append(self._binnings(sample.at(train)))
            weights[test] = _weights(sample.X[test], by_fold[-1])
        earned = earned_coefficients(
            weights,
            sample.is_bad,
            sample.groups,
            C=self.C,
            min_z=self.min_z,
            rarer_per_feature=self.rarer_per_feature,
            sample_weight=sample.weight,
        )
        return _Steps(
            binnings=binnings,
            coef=earned.coef,
            intercept=earned.intercept,
            evidence=earned.evidence,
            by_fold=by_fold,
        )

    def _folds(self, sample: Sample, seed: int) -> FoldNumbers | None:
        return fold_numbers(sample.is_bad, sample.groups, self.cv, seed=seed, sample_weight=sample.weight)

    def _binnings(self, sample: Sample) -> list[Binning]:
        columns = sample.X.shape[1]
        decimals = self._per_column("decimals", self.decimals, columns)
        cuts = self._per_column("cuts", self.cuts, columns)
        return [
            self._weighed(sample, column, given)
            if given is not None
            else fit_binning(
                sample.X[:, column],
                sample.is_bad,
                direction=self._direction(column),
                decimals=decimals[column],
                rules=self._rules(),
                sample_weight=sample.weight,
                special=self._special(column),
            )
            for column, given in enumerate(cuts)
        ]

    def _direction(self, column: int) -> int:
        return self._per_column("monotonic_cst", self.monotonic_cst, self.n_features_in_)[column] or 0

    def _special(self, column: int) -> Sequence[float]:
        return self._per_column("special", self.special, self.n_features_in_)[column] or ()

    def _rules(self) -> BinningRules:
        return BinningRules(
            prebins=self.prebins,
            max_bins=self.max_bins,
            min_share=self.min_bin_share,
            min_bads=self.min_bin_bads,
            smoothing=self.smoothing,
        )

    def _calibration(self, sample: Sample, seed: int, whole: "_Steps") -> tuple[float, float]:
        """Slope and shift that make out-of-fold log-odds right."""
        folds = splits(self._folds(sample, seed))
        if not folds:
            return 1.0, 0.0
        log_odds = np.empty(len(sample))
        for (train, test), binnings in zip(folds, whole.by_fold, strict=True):
            steps = self._steps(sample.at(train), seed, binnings)
            log_odds[test] = steps.intercept + _weights(sample.X[test], steps.binnings) @ steps.coef
        return platt(log_odds, sample.is_bad, sample.weight)

    def _fit_bags(self, sample: Sample, drawn: Sequence[Counts], shift: float, seed: int) -> None:
        """Weights and coefficients of the features that were kept, on one sample of groups after the other."""
        kept = np.flatnonzero(self.coef_)
        bags = [self._bag(sample, times, kept, seed) for times in drawn]
        slope = self.calibration_slope_
        self.bag_intercepts_ = np.array([round(slope * bag.intercept + shift, STEP_DECIMALS) for bag in bags])
        self.bag_steps_ = [np.zeros((len(edges) + 2, len(bags))) for edges in self.edges_]
        for place, column in enumerate(kept):
            for number, bag in enumerate(bags):
                binning = bag.binnings[place]
                steps = slope * bag.coef[place] * np.array([*binning.woe, binning.missing_woe])
                self.bag_steps_[column][:, number] = np.round(steps, STEP_DECIMALS)

    def _bag(self, sample: Sample, times: Counts, kept: NDArray[np.intp], seed: int) -> "_Steps":
        """One fit with the bins of the whole, before calibration."""
        bag = sample.at(np.repeat(np.arange(len(sample)), times))
        binnings = self._bag_binnings(bag, kept)
        if not len(kept):
            intercept = base_log_odds(bag.is_bad, bag.weight)
            return _Steps(binnings=binnings, coef=np.zeros(0), intercept=intercept, evidence=np.zeros(0))
        weights = _weights(bag.X[:, kept], binnings)
        for train, test in splits(self._bag_folds(sample, bag, times, seed)):
            weights[test] = _weights(bag.X[test][:, kept], self._bag_binnings(bag.at(train), kept))
        model = logistic(weights, bag.is_bad, C=self.C, sample_weight=bag.weight)
        # A feature keeps its direction even in a sample that happens to contradict it.
        return _Steps(
            binnings=binnings,
            coef=np.maximum(model.coef_[0], 0.0),
            intercept=float(model.intercept_[0]),
            evidence=np.zeros(0),
        )

    def _bag_folds(self, sample: Sample, bag: Sample, times: Counts, seed: int) -> FoldNumbers | None:
        """Folds of a bag. A row that was drawn twice does not stand on both sides."""
        if bag.groups is not None:
            return self._folds(bag, seed)
        numbers = self._folds(sample.at(times > 0), seed)
        return None if numbers is None else np.repeat(numbers, times[times > 0])

    def _bag_binnings(self, sample: Sample, kept: NDArray[np.intp]) -> list[Binning]:
        """Weights of evidence of the columns that were kept, in the bins of the whole fit."""
        return [self._weighed(sample, column, self.regular_edges_[column].tolist()) for column in kept]

    def _weighed(self, sample: Sample, column: int, edges: Sequence[float]) -> Binning:
        return weigh(
            sample.X[:, column],
            sample.is_bad,
            edges=edges,
            direction=self._direction(column),
            rules=self._rules(),
            sample_weight=sample.weight,
            special=self._special(column),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Steps:
    """An uncalibrated scorecard."""

    binnings: Sequence[Binning]
    coef: Floats
    intercept: float
    evidence: Floats
    """As ``Earned`` has it; empty for a bag, which removes nothing."""
    by_fold: Sequence[Sequence[Binning]] = ()
    """The bins that are cut without the rows of each fold."""


def _weigh(values: Floats, edges: Floats, woe: Floats, missing_woe: float) -> Floats:
    """Weight of evidence of each value."""
    weights: Floats = np.where(np.isnan(values), missing_woe, woe[bin_index(values, edges)])
    return weights


def _weights(X: Floats, binnings: Sequence[Binning]) -> Floats:
    """Weights of evidence, rows by columns."""
    return np.column_stack(
        [
            _weigh(X[:, column], np.array(binning.edges), np.array(binning.woe), binning.missing_woe)
            for column, binning in enumerate(binnings)
        ]
    )
