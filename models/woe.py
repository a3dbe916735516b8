"""The monotone weight-of-evidence scorecard as a scikit-learn estimator."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

from models.binning import Binning, BinningRules, Floats, bin_index, fit_binning

Bools = NDArray[np.bool_]

COEF_DECIMALS = 6
"""Coefficients are rounded, so that the order in which a linear algebra library adds does not reach the points."""
PLATT_C = 1e3
"""Inverse regularisation of the calibration: none to speak of, yet finite where a sample separates perfectly."""


class WoeScorecard(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn publishes no types
    """Binary classifier: every feature cut into monotone bins, logistic regression on their weights of evidence.

    The regression sees each row with the weights of bins that were cut without it (out of fold), so a feature earns its
    coefficient on rows that it was not fitted to. A coefficient of less than ``min_z`` standard errors means that a
    feature shows nothing there, repeats what others say, or contradicts its own bins; such features are removed, the
    weakest first, until none is left. So all coefficients are positive, and every feature acts in the direction that
    its bins show. The log-odds are calibrated on out-of-fold predictions (Platt), folded into coefficients and
    intercept: the model stays additive, one step function per feature.

    Missing values (NaN) are a bin of their own, never better than the mean of the rows that have a value. Infinities
    fall into the end bins. Features that were removed have a coefficient of 0 and no edges.

    Args:
        monotonic_cst: Per column 1 (a higher value raises the probability of the second class), -1 (lowers it) or 0
            (free); None leaves all free.
        decimals: Per column the decimals that edges are rounded to; None leaves them as they are.
        prebins: Quantile bins to start from.
        max_bins: Bins per feature, the missing bin not counted.
        min_bin_share: Share of all rows that each bin holds at least.
        min_bin_bads: Rows of either class that each bin holds at least.
        smoothing: Pseudo-observations of the rarer class per bin, at the rate of the sample.
        C: Inverse strength of the L2 penalty on the coefficients.
        min_z: Standard errors above 0 that a coefficient needs, at least 0.
        rarer_per_feature: At most one feature per so many rows of the rarer class, the weakest removed first.
        cv: Folds of the out-of-fold weights and of the calibration; 0 does without both.

    Attributes:
        classes_: The two classes, sorted; the second is the bad one.
        edges_: Per column the inner edges of its bins; bin ``i`` holds ``edges[i - 1] <= x < edges[i]``.
        woe_: Per column the weight of evidence of each bin.
        missing_woe_: Per column the weight of evidence of a missing value.
        coef_: Per column; 0 where removed.
        intercept_: Log-odds where all weights are 0.
        calibration_slope_: Factor of the calibration that is folded into ``coef_``; below 1 where bins were overfitted.

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
        X_array, y_array = validate_data(self, X, y, dtype=np.float64, ensure_all_finite=False, ensure_min_samples=2)
        check_classification_targets(y_array)
        if type_of_target(y_array) != "binary":
            raise ValueError(
                f"Only binary classification is supported. The type of the target is {type_of_target(y_array)}."
            )
        self.classes_ = np.unique(y_array)
        if len(self.classes_) != 2:
            raise ValueError(f"WoeScorecard needs two classes; the sample holds the one class {self.classes_[0]!r}")
        is_bad: Bools = y_array == self.classes_[1]
        directions = self._per_column("monotonic_cst", self.monotonic_cst, X_array.shape[1])
        if not set(directions) <= {-1, 0, 1, None}:
            raise ValueError(f"monotonic_cst holds -1, 0 and 1 only, not {sorted(set(directions), key=str)}")
        self._check_parameters()
        group_array = None if groups is None else np.asarray(groups)
        steps = self._steps(X_array, is_bad, group_array)
        slope, shift = self._calibration(X_array, is_bad, group_array)
        self.edges_ = [np.array(binning.edges, dtype=np.float64) for binning in steps.binnings]
        self.woe_ = [np.array(binning.woe, dtype=np.float64) for binning in steps.binnings]
        self.missing_woe_ = np.array([binning.missing_woe for binning in steps.binnings], dtype=np.float64)
        self.coef_ = np.round(slope * steps.coef, COEF_DECIMALS)
        self.intercept_ = round(slope * steps.intercept + shift, COEF_DECIMALS)
        self.calibration_slope_ = slope
        for column in np.flatnonzero(self.coef_ == 0.0):
            self.edges_[column] = np.array([], dtype=np.float64)
            self.woe_[column] = np.zeros(1)
            self.missing_woe_[column] = 0.0
        return self

    def decision_function(self, X: ArrayLike) -> Floats:
        """Natural logarithm of the odds of the second class, per row."""
        check_is_fitted(self)
        X_array = validate_data(self, X, dtype=np.float64, ensure_all_finite=False, reset=False)
        total: Floats = np.full(len(X_array), self.intercept_)
        for column in np.flatnonzero(self.coef_):
            woe = _weigh(X_array[:, column], self.edges_[column], self.woe_[column], self.missing_woe_[column])
            total = total + self.coef_[column] * woe
        return total

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Probability of each class, in the order of ``classes_``; rows by 2."""
        log_odds = self.decision_function(X)
        # Halves of tanh: no overflow at either end.
        bad = 0.5 * (1.0 + np.tanh(0.5 * log_odds))
        return np.column_stack([1.0 - bad, bad])

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The more probable class per row."""
        bad = (self.decision_function(X) > 0.0).astype(np.intp)
        classes: NDArray[Any] = self.classes_[bad]
        return classes

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags

    def _check_parameters(self) -> None:
        lowest = {
            "prebins": 2,
            "max_bins": 1,
            "min_bin_share": 0.0,
            "min_bin_bads": 0,
            "smoothing": 1e-9,  # without any, a bin of one class only would weigh infinitely
            "C": 1e-9,
            "min_z": 0.0,
            "rarer_per_feature": 1,
            "cv": 0,
        }
        for name, low in lowest.items():
            if not getattr(self, name) >= low:
                raise ValueError(f"{name} is {getattr(self, name)!r}; it must be at least {low}")

    def _per_column(self, name: str, given: Sequence[int] | None, columns: int) -> Sequence[int | None]:
        if given is None:
            return [None] * columns
        if len(given) != columns:
            raise ValueError(f"{name} holds {len(given)} entries for {columns} columns")
        return given

    def _steps(self, X: Floats, is_bad: Bools, groups: NDArray[Any] | None) -> "_Steps":
        """Bins and coefficients, before calibration."""
        binnings = self._binnings(X, is_bad)
        weights = _weights(X, binnings)
        folds = _folds(is_bad, groups, self.cv)
        # Weights of rows that helped to cut the bins flatter every feature, noise most of all.
        for train, test in folds:
            weights[test] = _weights(X[test], self._binnings(X[train], is_bad[train]))
        coef, intercept = self._coefficients(weights, is_bad, groups)
        return _Steps(binnings=binnings, coef=coef, intercept=intercept)

    def _binnings(self, X: Floats, is_bad: Bools) -> list[Binning]:
        rules = BinningRules(
            prebins=self.prebins,
            max_bins=self.max_bins,
            min_rows=int(np.ceil(self.min_bin_share * len(X))),
            min_bads=self.min_bin_bads,
            smoothing=self.smoothing,
        )
        directions = self._per_column("monotonic_cst", self.monotonic_cst, X.shape[1])
        decimals = self._per_column("decimals", self.decimals, X.shape[1])
        return [
            fit_binning(X[:, column], is_bad, direction=direction or 0, decimals=places, rules=rules)
            for column, (direction, places) in enumerate(zip(directions, decimals, strict=True))
        ]

    def _coefficients(self, weights: Floats, is_bad: Bools, groups: NDArray[Any] | None) -> tuple[Floats, float]:
        """Logistic regression; features without evidence, and too many features, are removed one by one."""
        kept = [int(column) for column in np.flatnonzero(weights.std(axis=0) > 0.0)]
        rarer = int(min(is_bad.sum(), (~is_bad).sum()))
        budget = max(1, rarer // self.rarer_per_feature)
        while kept:
            # Newton's method is exact to the last digits within a few steps, whatever the number of threads.
            model = LogisticRegression(C=self.C, solver="newton-cholesky", tol=1e-8, max_iter=200)
            model.fit(weights[:, kept], is_bad)
            evidence = model.coef_[0] / self._standard_errors(model, weights[:, kept], is_bad, groups)
            weakest = int(np.argmin(evidence))
            if evidence[weakest] >= self.min_z and len(kept) <= budget:
                coef = np.zeros(weights.shape[1])
                coef[kept] = model.coef_[0]
                return coef, float(model.intercept_[0])
            del kept[weakest]
        rate = float(is_bad.mean())
        return np.zeros(weights.shape[1]), float(np.log(rate / (1.0 - rate)))

    def _standard_errors(
        self, model: LogisticRegression, weights: Floats, is_bad: Bools, groups: NDArray[Any] | None
    ) -> Floats:
        """Of the coefficients; rows of one group count as dependent (sandwich estimator)."""
        bad = model.predict_proba(weights)[:, 1]
        design = np.column_stack([np.ones(len(weights)), weights])
        curvature = design.T @ (design * (bad * (1.0 - bad))[:, None])
        curvature[np.diag_indices_from(curvature)] += np.r_[0.0, np.full(weights.shape[1], 1.0 / self.C)]
        covariance = np.linalg.pinv(curvature, hermitian=True)
        if groups is not None:
            pulls = design * (is_bad - bad)[:, None]
            _, index = np.unique(groups, return_inverse=True)
            totals = np.zeros((int(index.max()) + 1, design.shape[1]))
            np.add.at(totals, index, pulls)
            covariance = covariance @ (totals.T @ totals) @ covariance
        errors: Floats = np.sqrt(np.maximum(np.diag(covariance), np.finfo(np.float64).tiny))[1:]
        return errors

    def _calibration(self, X: Floats, is_bad: Bools, groups: NDArray[Any] | None) -> tuple[float, float]:
        """Slope and shift that make out-of-fold log-odds right."""
        folds = _folds(is_bad, groups, self.cv)
        if not folds:
            return 1.0, 0.0
        log_odds = np.empty(len(X))
        for train, test in folds:
            steps = self._steps(X[train], is_bad[train], None if groups is None else groups[train])
            log_odds[test] = steps.intercept + _weights(X[test], steps.binnings) @ steps.coef
        slope = 0.0
        if np.ptp(log_odds) > 0.0:
            platt = LogisticRegression(C=PLATT_C, solver="newton-cholesky", tol=1e-8, max_iter=200)
            platt.fit(log_odds.reshape(-1, 1), is_bad)
            slope = float(platt.coef_[0, 0])
        if slope <= 0.0:  # no feature tells anything about rows it was not fitted on
            rate = float(is_bad.mean())
            return 0.0, float(np.log(rate / (1.0 - rate)))
        return slope, float(platt.intercept_[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Steps:
    """An uncalibrated scorecard."""

    binnings: Sequence[Binning]
    coef: Floats
    intercept: float


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
