"""The base class of the estimators: binary classifiers, additive over columns, constant within bins."""

import warnings
from abc import ABCMeta, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from models.binning import Bools, Floats, bin_index
from models.points import FEWEST_BAGS, InvalidTableError, PointsTable
from models.scorecard import Column, Pair, compile_table

MOST_DECIMALS = 15
"""Of a points table."""
PLAIN_LABELS = ({0, 1}, {-1, 1})
"""Labels of which the larger one is bad by convention; False and True are equal to 0 and 1."""

PerColumn = Sequence[int | None] | Mapping[str, int] | None
"""One entry per column, or entries by column name, the others left out."""
PerColumnValues = Sequence[Sequence[float] | None] | Mapping[str, Sequence[float]] | None
"""The same of lists of values."""
Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Rows to learn from."""

    X: Floats
    is_bad: Bools
    groups: NDArray[Any] | None
    weight: Floats | None
    """How many rows a row stands for, above 0; None: each for one."""

    def __len__(self) -> int:
        return len(self.X)

    def at(self, rows: NDArray[np.intp] | Bools) -> "Sample":
        """Some of the rows, in this order."""
        return Sample(
            X=self.X[rows],
            is_bad=self.is_bad[rows],
            groups=None if self.groups is None else self.groups[rows],
            weight=None if self.weight is None else self.weight[rows],
        )


class AdditiveClassifier(ClassifierMixin, BaseEstimator, metaclass=ABCMeta):  # type: ignore[misc]  # scikit-learn publishes no types
    """A sum of one step function per column, as log-odds of the bad class.

    Attributes:
        classes_: The two classes, sorted.
        bad_index_: Place of the bad class among them.
        edges_: Per column the inner edges of its bins; bin ``i`` holds ``edges[i - 1] <= x < edges[i]``.
        calibration_slope_: Factor of the calibration that is folded into the steps; below 1 where they were overfitted.
        bag_steps_: Per column the log-odds of each bin and, last, of a missing value, by bag; no bags, no columns.
        bag_intercepts_: Per bag the log-odds that the steps add to.
        evidence_: Per column the standard errors above 0 of its coefficient, when it was removed or at the end; NaN
            where it has no effect at all.
        pairs_: The places of the two columns of each pair, in their order; empty without pairs.
        pair_edges_: Per pair the edges of its rows, and those of its columns.
        pair_steps_: Per pair the log-odds of each cell, by row and column, a missing value last.
        bag_pair_steps_: The same by bag, which is the last axis.
    """

    monotonic_cst: PerColumn
    decimals: PerColumn
    bad: object
    classes_: NDArray[Any]
    bad_index_: int = 1
    """Files of estimators from before version 0.8 have none: there, the second class is the bad one."""
    edges_: list[Floats]
    calibration_slope_: float
    bag_steps_: list[Floats]
    bag_intercepts_: Floats
    evidence_: Floats
    # Files from before version 0.8 have no pairs.
    pairs_: Sequence[Sequence[int]] = ()
    pair_edges_: Sequence[Sequence[Floats]] = ()
    pair_steps_: Sequence[Floats] = ()
    bag_pair_steps_: Sequence[Floats] = ()

    @abstractmethod
    def _log_odds(self, X: Floats) -> Floats:
        """Natural logarithm of the odds of bad, per row."""

    @property
    def pair_columns(self) -> list[Pair]:
        """The pairs, as the compiler needs them."""
        return [
            Pair(
                first=int(first),
                second=int(second),
                first_edges=tuple(map(float, edges[0])),
                second_edges=tuple(map(float, edges[1])),
            )
            for (first, second), edges in zip(self.pairs_, self.pair_edges_, strict=True)
        ]

    def decision_function(self, X: ArrayLike) -> Floats:
        """Natural logarithm of the odds of the second class, per row."""
        return self._of_second(self._log_odds(self._readable(X)))

    def bag_decision_function(self, X: ArrayLike) -> Floats:
        """The log-odds of each bag, rows by bags."""
        return self._of_second(self._bag_log_odds(self._readable(X)))

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Probability of each class, in the order of ``classes_``; rows by 2."""
        log_odds = self.decision_function(X)
        # Halves of tanh: no overflow at either end.
        second = 0.5 * (1.0 + np.tanh(0.5 * log_odds))
        return np.column_stack([1.0 - second, second])

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The more probable class per row."""
        second = (self.decision_function(X) > 0.0).astype(np.intp)
        classes: NDArray[Any] = self.classes_[second]
        return classes

    def points_table(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> PointsTable:
        """The same model as a points table: its features are the columns, by their names, or ``x0``, ``x1`` and so on.

        Values are compared with its edges as they are; a column with ``decimals`` has values that are rounded to them.

        Args:
            X: The rows of the fit.
            y: Their labels.
            sample_weight: Their weights in the fit.

        Raises:
            InvalidTableError: no column moves the prediction, or the labels are not those of the fit.
        """
        rows = self._readable(X)
        weight = _checked_weight(sample_weight, len(rows))
        labels = np.asarray(y)
        counted = labels if weight is None else labels[weight > 0.0]
        if set(counted.tolist()) != set(self.classes_.tolist()):
            raise InvalidTableError(
                f"y holds {sorted(set(counted.tolist()), key=str)}, and the fit {self.classes_.tolist()}: give the "
                "rows and labels of the fit"
            )
        names = getattr(self, "feature_names_in_", [f"x{place}" for place in range(rows.shape[1])])
        columns = [
            Column(name=str(name), precision=decimals, edges=tuple(edges.tolist()))
            for name, decimals, edges in zip(
                names, self._per_column("decimals", self.decimals, rows.shape[1]), self.edges_, strict=True
            )
        ]
        return compile_table(
            self._log_odds,
            columns,
            rows,
            labels == self.classes_[self.bad_index_],
            pairs=self.pair_columns,
            bags=self._bag_log_odds if len(self.bag_intercepts_) >= FEWEST_BAGS else None,
            sample_weight=weight,
        )

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags

    def _bag_log_odds(self, X: Floats) -> Floats:
        """Natural logarithm of the odds of bad, rows by bags."""
        total: Floats = np.tile(self.bag_intercepts_, (len(X), 1))
        for column, (steps, edges) in enumerate(zip(self.bag_steps_, self.edges_, strict=True)):
            total = total + steps[places(X[:, column], edges)]
        for pair, grid in enumerate(self.bag_pair_steps_):
            total = total + grid[self._cells(X, pair)]
        return total

    def _cells(self, X: Floats, pair: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Row and column of a pair's grid, per row of ``X``."""
        (first, second), edges = self.pairs_[pair], self.pair_edges_[pair]
        return places(X[:, first], edges[0]), places(X[:, second], edges[1])

    def _of_second(self, log_odds: Floats) -> Floats:
        return log_odds if self.bad_index_ == 1 else -log_odds

    def _readable(self, X: ArrayLike) -> Floats:
        """Rows to predict, checked against the columns of the fit."""
        check_is_fitted(self)
        try:
            rows: Floats = validate_data(self, X, dtype=np.float64, ensure_all_finite=False, reset=False)
        except ValueError as error:
            raise _placed(error, X) from error
        return rows

    def _learnable(
        self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None, sample_weight: ArrayLike | None
    ) -> Sample:
        """The rows to fit, without those of weight 0; sets ``classes_`` and ``bad_index_``."""
        try:
            X_array, y_array = validate_data(
                self, X, y, dtype=np.float64, ensure_all_finite=False, ensure_min_samples=2
            )
        except ValueError as error:
            raise _placed(error, X) from error
        group_array = _checked_groups(groups, len(X_array))
        weight = _checked_weight(sample_weight, len(X_array))
        counted = np.ones(len(X_array), dtype=np.bool_) if weight is None else weight > 0.0
        check_classification_targets(y_array)
        if type_of_target(y_array[counted]) != "binary":
            raise ValueError(
                "Only binary classification is supported. "
                f"The type of the target is {type_of_target(y_array[counted])}. "
                f"y holds {len(np.unique(y_array[counted]))} labels; leave out rows that are neither good nor bad"
            )
        self.classes_ = np.unique(y_array[counted])
        if len(self.classes_) != 2:
            name = type(self).__name__
            raise ValueError(
                f"{name} needs two classes; the sample holds the one class {self.classes_.tolist()[0]!r}, "
                "not counting rows of weight 0"
            )
        self.bad_index_ = self._place_of_bad()
        for what, allowed in (("monotonic_cst", [-1, 0, 1]), ("decimals", list(range(MOST_DECIMALS + 1)))):
            entries = set(self._per_column(what, getattr(self, what), X_array.shape[1]))
            if not entries <= {*allowed, None}:
                told = "-1, 0 and 1 only" if what == "monotonic_cst" else f"whole numbers from 0 to {MOST_DECIMALS}"
                raise ValueError(f"{what} holds {told}, not {sorted(entries, key=str)}")
        sample = Sample(X=X_array, is_bad=y_array == self.classes_[self.bad_index_], groups=group_array, weight=weight)
        return sample if counted.all() else sample.at(counted)

    def _place_of_bad(self) -> int:
        """Which of the two classes is bad; a warning where labels do not say it and nobody did."""
        labels: list[Any] = self.classes_.tolist()
        if self.bad is None:
            if set(labels) not in PLAIN_LABELS:
                warnings.warn(
                    f"the labels are {labels[0]!r} and {labels[1]!r}: {labels[1]!r} is taken as the bad class, because "
                    f"it sorts last; say which is bad by bad={labels[0]!r} or bad={labels[1]!r}",
                    UserWarning,
                    stacklevel=4,
                )
            return 1
        if self.bad not in labels:
            raise ValueError(f"bad is {self.bad!r}, but the labels are {labels[0]!r} and {labels[1]!r}")
        return labels.index(self.bad)

    def _check_at_least(self, lowest: Mapping[str, float]) -> None:
        for name, low in lowest.items():
            if not getattr(self, name) >= low:
                raise ValueError(f"{name} is {getattr(self, name)!r}; it must be at least {low}")

    def _per_column(
        self, name: str, given: Sequence[Entry] | Mapping[str, Entry] | None, columns: int
    ) -> Sequence[Entry | None]:
        if given is None:
            return [None] * columns
        if isinstance(given, Mapping):
            return self._by_name(name, given)
        if len(given) != columns:
            raise ValueError(f"{name} holds {len(given)} entries for {columns} columns")
        return given

    def _by_name(self, name: str, given: Mapping[str, Entry]) -> list[Entry | None]:
        names = getattr(self, "feature_names_in_", None)
        if names is None:
            raise ValueError(
                f"{name} names columns, but X has no names: fit a pandas or polars frame, or give one entry per column"
            )
        if unknown := sorted(set(given) - set(names), key=str):
            raise ValueError(f"{name} names columns that X does not have: {', '.join(map(repr, unknown))}")
        return [given.get(column) for column in names]


def places(values: Floats, edges: Floats) -> NDArray[np.intp]:
    """The bin of each value; a missing value has the number after the last bin."""
    return np.where(np.isnan(values), len(edges) + 1, bin_index(values, edges))


def _placed(error: ValueError, X: ArrayLike) -> ValueError:
    """The same error; about text, with its column and row."""
    values = np.asarray(X, dtype=object)
    if values.ndim != 2 or not str(error).startswith("could not convert string to float"):
        return error
    names = getattr(X, "columns", range(values.shape[1]))
    for (row, place), value in np.ndenumerate(values):
        try:
            float(value)
        except (TypeError, ValueError):
            return ValueError(
                f"column {names[place]!r} holds {value!r} in row {row}; it takes numbers, and NaN or null where a "
                "value is missing"
            )
    return error


def _checked_groups(groups: ArrayLike | None, rows: int) -> NDArray[Any] | None:
    """Groups of rows; None where there are none."""
    if groups is None:
        return None
    group_array = np.asarray(groups)
    check_consistent_length(np.empty(rows), group_array)
    for row, group in enumerate(group_array.tolist()):
        if group is None or (isinstance(group, float) and isnan(group)):
            raise ValueError(f"groups has no value in row {row}; a row by itself needs a group of its own")
    return group_array


def _checked_weight(sample_weight: ArrayLike | None, rows: int) -> Floats | None:
    """Weights of rows, one line per fault; None where there are none."""
    if sample_weight is None:
        return None
    try:
        weight: Floats = np.array(sample_weight, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"sample_weight holds what is no number: {error}") from error
    if weight.ndim == 0:
        weight = np.full(rows, weight)
    if weight.shape != (rows,):
        raise ValueError(f"sample_weight has the shape {weight.shape}; {rows} rows need one weight each")
    wrong = np.flatnonzero(~(np.isfinite(weight) & (weight >= 0.0)))
    if len(wrong):
        raise ValueError(
            f"sample_weight is {float(weight[wrong[0]])!r} in row {wrong[0]}; a weight says how many rows a row stands "
            "for: a finite number, 0 or more"
        )
    if not weight.any():
        raise ValueError("sample_weight is zero in every row; rows of both classes need a weight above zero")
    return weight
