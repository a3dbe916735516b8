"""The monotone weight-of-evidence scorecard as a scikit-learn estimator."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.utils import check_random_state
from typing_extensions import override

from models.additive import STEP_DECIMALS, AdditiveClassifier, Bools
from models.bags import Counts, draw_bags
from models.binning import Binning, BinningRules, Floats, bin_index, fit_binning, weigh
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
        monotonic_cst: Per column 1 (a higher value raises the probability of the second class), -1 (lowers it) or 0
            (free); None leaves all free.
        decimals: Per column the decimals that edges are rounded to; None leaves them as they are.
        prebins: Bins to start from: beside mass points, then at quantiles.
        max_bins: Bins per feature, the missing bin not counted.
        min_bin_share: Share of all rows that each bin holds at least. Where a value differs beyond chance, 1 % of the
            rows are enough, and 20.
        min_bin_bads: Rows of either class that each bin holds at least, or would hold at the bad rate of the sample.
        smoothing: Pseudo-rows of the rarer class per bin, with others in the proportion of the sample (m-estimate,
            ``models.binning``).
        C: Inverse strength of the L2 penalty on the coefficients.
        min_z: Standard errors above 0 that a coefficient needs, at least 0.
        rarer_per_feature: At most one feature per so many rows of the rarer class, the weakest removed first.
        cv: Folds of the out-of-fold weights and of the calibration; 0 does without both.
        bags: How often the fit is repeated on a sample of groups; 0 does without.
        random_state: Seed of these samples, as scikit-learn takes it.

    Attributes:
        classes_: The two classes, sorted; the second is the bad one.
        edges_: Per column the inner edges of its bins; bin ``i`` holds ``edges[i - 1] <= x < edges[i]``.
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
        monotonic_cst: Sequence[int] | None = None,
        decimals: Sequence[int] | None = None,
        prebins: int = 20,
        max_bins: int = 6,
        min_bin_share: float = 0.03,
        min_bin_bads: int = 5,
        smoothing: float = 1.0,
        C: float = 1.0,  # noqa: N803  scikit-learn's name
        min_z: float = 2.5,
        rarer_per_feature: int = 12,
        cv: int = 5,
        bags: int = 0,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.monotonic_cst = monotonic_cst
        self.decimals = decimals
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

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Fit the scorecard.

        Args:
            X: Rows by features; NaN is missing, infinities are allowed.
            y: Two classes; the second in sorted order is the bad one.
            groups: Rows that belong together, such as those of a borrower: never split between folds, and not
                independent evidence; None: each row stands for itself.

        Raises:
            ValueError: not two classes, or parameters that do not fit the data.
        """
        X_array, is_bad = self._learnable(X, y)
        self._check_parameters()
        group_array = None if groups is None else np.asarray(groups)
        steps = self._steps(X_array, is_bad, group_array)
        slope, shift = self._calibration(X_array, is_bad, group_array)
        self.edges_ = [np.array(binning.edges, dtype=np.float64) for binning in steps.binnings]
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
        self._fit_bags(X_array, is_bad, group_array, shift)
        return self

    @override
    def decision_function(self, X: ArrayLike) -> Floats:
        """Natural logarithm of the odds of the second class, per row."""
        X_array = self._readable(X)
        total: Floats = np.full(len(X_array), self.intercept_)
        for column in np.flatnonzero(self.coef_):
            woe = _weigh(X_array[:, column], self.edges_[column], self.woe_[column], self.missing_woe_[column])
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

    def _steps(self, X: Floats, is_bad: Bools, groups: NDArray[Any] | None) -> "_Steps":
        """Bins and coefficients, before calibration."""
        binnings = self._binnings(X, is_bad)
        weights = _weights(X, binnings)
        folds = _folds(is_bad, groups, self.cv)
        # Weights of rows that helped to cut the bins flatter every feature, noise most of all.
        for train, test in folds:
            weights[test] = _weights(X[test], self._binnings(X[train], is_bad[train]))
        earned = earned_coefficients(
            weights, is_bad, groups, C=self.C, min_z=self.min_z, rarer_per_feature=self.rarer_per_feature
        )
        return _Steps(binnings=binnings, coef=earned.coef, intercept=earned.intercept, evidence=earned.evidence)

    def _binnings(self, X: Floats, is_bad: Bools) -> list[Binning]:
        rules = self._rules()
        directions = self._per_column("monotonic_cst", self.monotonic_cst, X.shape[1])
        decimals = self._per_column("decimals", self.decimals, X.shape[1])
        return [
            fit_binning(X[:, column], is_bad, direction=direction or 0, decimals=places, rules=rules)
            for column, (direction, places) in enumerate(zip(directions, decimals, strict=True))
        ]

    def _rules(self) -> BinningRules:
        return BinningRules(
            prebins=self.prebins,
            max_bins=self.max_bins,
            min_share=self.min_bin_share,
            min_bads=self.min_bin_bads,
            smoothing=self.smoothing,
        )

    def _calibration(self, X: Floats, is_bad: Bools, groups: NDArray[Any] | None) -> tuple[float, float]:
        """Slope and shift that make out-of-fold log-odds right."""
        folds = _folds(is_bad, groups, self.cv)
        if not folds:
            return 1.0, 0.0
        log_odds = np.empty(len(X))
        for train, test in folds:
            steps = self._steps(X[train], is_bad[train], None if groups is None else groups[train])
            log_odds[test] = steps.intercept + _weights(X[test], steps.binnings) @ steps.coef
        return platt(log_odds, is_bad)

    def _fit_bags(self, X: Floats, is_bad: Bools, groups: NDArray[Any] | None, shift: float) -> None:
        """Weights and coefficients of the features that were kept, on one sample of groups after the other."""
        kept = np.flatnonzero(self.coef_)
        random = check_random_state(self.random_state)
        bags = [self._bag(X, is_bad, groups, times, kept) for times in draw_bags(is_bad, groups, self.bags, random)]
        slope = self.calibration_slope_
        self.bag_intercepts_ = np.array([round(slope * bag.intercept + shift, STEP_DECIMALS) for bag in bags])
        self.bag_steps_ = [np.zeros((len(edges) + 2, len(bags))) for edges in self.edges_]
        for place, column in enumerate(kept):
            for number, bag in enumerate(bags):
                binning = bag.binnings[place]
                steps = slope * bag.coef[place] * np.array([*binning.woe, binning.missing_woe])
                self.bag_steps_[column][:, number] = np.round(steps, STEP_DECIMALS)

    def _bag(
        self, X: Floats, is_bad: Bools, groups: NDArray[Any] | None, times: Counts, kept: NDArray[np.intp]
    ) -> "_Steps":
        """One fit with the bins of the whole, before calibration."""
        rows = np.repeat(np.arange(len(X)), times)
        inside, bad = X[rows][:, kept], is_bad[rows]
        binnings = self._weighed(inside, bad, kept)
        if not len(kept):
            return _Steps(binnings=binnings, coef=np.zeros(0), intercept=base_log_odds(bad), evidence=np.zeros(0))
        weights = _weights(inside, binnings)
        # A row that was drawn twice must not stand on both sides of a fold.
        for train, test in _folds(bad, rows if groups is None else groups[rows], self.cv):
            weights[test] = _weights(inside[test], self._weighed(inside[train], bad[train], kept))
        model = logistic(weights, bad, C=self.C)
        # A feature keeps its direction even in a sample that happens to contradict it.
        return _Steps(
            binnings=binnings,
            coef=np.maximum(model.coef_[0], 0.0),
            intercept=float(model.intercept_[0]),
            evidence=np.zeros(0),
        )

    def _weighed(self, X: Floats, is_bad: Bools, kept: NDArray[np.intp]) -> list[Binning]:
        """Weights of evidence in the bins of the whole fit; the columns of ``X`` are those that were kept."""
        directions = self._per_column("monotonic_cst", self.monotonic_cst, self.n_features_in_)
        rules = self._rules()
        return [
            weigh(
                X[:, place],
                is_bad,
                edges=[float(edge) for edge in self.edges_[column]],
                direction=directions[column] or 0,
                rules=rules,
            )
            for place, column in enumerate(kept)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Steps:
    """An uncalibrated scorecard."""

    binnings: Sequence[Binning]
    coef: Floats
    intercept: float
    evidence: Floats
    """As ``Earned`` has it; empty for a bag, which removes nothing."""


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


def _folds(is_bad: Bools, groups: NDArray[Any] | None, most: int) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Train and test rows per fold: the same for the same rows, without chance; none where the rows do not suffice."""
    folds = min(most, int(is_bad.sum()), int((~is_bad).sum()))
    if folds < 2 or (groups is not None and len(np.unique(groups)) < folds):
        return []
    rows = np.zeros((len(is_bad), 1))
    splits = (
        list(StratifiedKFold(folds).split(rows, is_bad))
        if groups is None
        else list(StratifiedGroupKFold(folds).split(rows, is_bad, groups))
    )
    # Groups can be so uneven that a fold trains on one class alone.
    return splits if all(0 < is_bad[train].sum() < len(train) for train, _ in splits) else []
