"""The base class of the estimators: binary classifiers, additive over columns, constant within bins."""

from abc import ABCMeta, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

from models.binning import Floats, bin_index

Bools = NDArray[np.bool_]

STEP_DECIMALS = 6
"""Coefficients and steps are rounded, so that the order of additions in a library does not change the points."""


class AdditiveClassifier(ClassifierMixin, BaseEstimator, metaclass=ABCMeta):  # type: ignore[misc]  # scikit-learn publishes no types
    """A sum of one step function per column, as log-odds of the second class.

    Attributes:
        classes_: The two classes, sorted; the second is the bad one.
        edges_: Per column the inner edges of its bins; bin ``i`` holds ``edges[i - 1] <= x < edges[i]``.
        calibration_slope_: Factor of the calibration that is folded into the steps; below 1 where they were overfitted.
        bag_steps_: Per column the log-odds of each bin and, last, of a missing value, by bag; no bags, no columns.
        bag_intercepts_: Per bag the log-odds that the steps add to.
        evidence_: Per column the standard errors above 0 of its coefficient, when it was removed or at the end; NaN
            where it has no effect at all.
    """

    monotonic_cst: Sequence[int] | None
    classes_: NDArray[Any]
    edges_: list[Floats]
    calibration_slope_: float
    bag_steps_: list[Floats]
    bag_intercepts_: Floats
    evidence_: Floats

    @abstractmethod
    def decision_function(self, X: ArrayLike) -> Floats:
        """Natural logarithm of the odds of the second class, per row."""

    def bag_decision_function(self, X: ArrayLike) -> Floats:
        """The log-odds of each bag, rows by bags."""
        X_array = self._readable(X)
        total: Floats = np.tile(self.bag_intercepts_, (len(X_array), 1))
        for column, (steps, edges) in enumerate(zip(self.bag_steps_, self.edges_, strict=True)):
            total = total + steps[places(X_array[:, column], edges)]
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

    def _readable(self, X: ArrayLike) -> Floats:
        """Rows to predict, checked against the columns of the fit."""
        check_is_fitted(self)
        rows: Floats = validate_data(self, X, dtype=np.float64, ensure_all_finite=False, reset=False)
        return rows

    def _learnable(self, X: ArrayLike, y: ArrayLike) -> tuple[Floats, Bools]:
        """Rows to fit, and which of them are bad; sets ``classes_``."""
        X_array, y_array = validate_data(self, X, y, dtype=np.float64, ensure_all_finite=False, ensure_min_samples=2)
        check_classification_targets(y_array)
        if type_of_target(y_array) != "binary":
            raise ValueError(
                f"Only binary classification is supported. The type of the target is {type_of_target(y_array)}."
            )
        self.classes_ = np.unique(y_array)
        if len(self.classes_) != 2:
            name = type(self).__name__
            raise ValueError(f"{name} needs two classes; the sample holds the one class {self.classes_[0]!r}")
        directions = self._per_column("monotonic_cst", self.monotonic_cst, X_array.shape[1])
        if not set(directions) <= {-1, 0, 1, None}:
            raise ValueError(f"monotonic_cst holds -1, 0 and 1 only, not {sorted(set(directions), key=str)}")
        return X_array, y_array == self.classes_[1]

    def _check_at_least(self, lowest: Mapping[str, float]) -> None:
        for name, low in lowest.items():
            if not getattr(self, name) >= low:
                raise ValueError(f"{name} is {getattr(self, name)!r}; it must be at least {low}")

    def _per_column(self, name: str, given: Sequence[int] | None, columns: int) -> Sequence[int | None]:
        if given is None:
            return [None] * columns
        if len(given) != columns:
            raise ValueError(f"{name} holds {len(given)} entries for {columns} columns")
        return given


def places(values: Floats, edges: Floats) -> NDArray[np.intp]:
    """The bin of each value; a missing value has the number after the last bin."""
    return np.where(np.isnan(values), len(edges) + 1, bin_index(values, edges))
