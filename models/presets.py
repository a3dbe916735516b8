"""Boosting of columns whose special values or bins are given.

A column with special values is boosted as two: its other values, which follow the direction, and which special value
there is, which need not. A column whose bins are given is boosted by their numbers. Both are then one step function of
the values as they are, so the estimator predicts, compiles and explains as any other.

Either may be in a pair, a special value as a missing one: it has no part in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from models.additive import places
from models.binning import Bools, Floats, bin_index
from models.boosting import AdditiveBoosting


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One column that is boosted, in place of a column or of a part of it."""

    values: Floats
    direction: int
    decimals: int | None


class _OfParts(AdditiveBoosting):
    """Boosting of the parts of columns."""

    own: frozenset[int] = frozenset()
    """Parts that are the values of a column; the others are which special value there is."""
    beside_codes: frozenset[int] = frozenset()
    """Those that lack a value also where there is a special one, which may be better than the mean."""

    @override
    def _may_pair(self, column: int) -> bool:
        return column in self.own

    @override
    def _is_bounded(self, column: int) -> bool:
        return column not in self.beside_codes


def fit_presets(
    estimator: AdditiveBoosting,
    X: Floats,
    is_bad: Bools,
    groups: NDArray[Any] | None,
    weight: Floats | None,
    *,
    special: Sequence[Sequence[float]],
    cuts: Sequence[Sequence[float] | None],
) -> AdditiveBoosting:
    """Fit boosting with special values and bins that are given.

    Args:
        estimator: Not fitted; one entry per column in ``monotonic_cst`` and ``decimals``. It is fitted and returned.
        X: Rows by columns.
        is_bad: One per row.
        groups: As ``AdditiveBoosting.fit`` takes them.
        weight: The same.
        special: Per column the values that are a bin each.
        cuts: Per column the edges of its bins; None: they are found.

    Raises:
        ValueError: as ``AdditiveBoosting.fit`` says.
    """
    parts: list[_Part] = []
    own: list[int] = []
    for column, (values, codes, given) in enumerate(zip(X.T, special, cuts, strict=True)):
        own.append(len(parts))
        is_special = np.isin(values, codes)
        rest = np.where(is_special, np.nan, values)
        decimals = estimator.decimals[column]  # type: ignore[index]  # one entry per column
        if given is not None:
            rest = np.where(np.isnan(rest), np.nan, bin_index(rest, np.array(given, dtype=np.float64)))
            decimals = 0
        parts.append(_Part(values=rest, direction=estimator.monotonic_cst[column] or 0, decimals=decimals))  # type: ignore[index]
        if len(codes):
            which = np.where(is_special, np.searchsorted(codes, np.where(is_special, values, codes[0])) + 1.0, 0.0)
            parts.append(_Part(values=which, direction=0, decimals=0))
    inner = _OfParts(**estimator.get_params())
    inner.set_params(
        monotonic_cst=[part.direction for part in parts],
        decimals=[part.decimals for part in parts],
        max_bins=max([estimator.max_bins, *(len(given) + 1 for given in cuts if given is not None)]),
    )
    inner.own = frozenset(own)
    inner.beside_codes = frozenset(part for part, codes in zip(own, special, strict=True) if len(codes))
    inner.fit(np.column_stack([part.values for part in parts]), is_bad, groups=groups, sample_weight=weight)
    for name in ("classes_", "bad_index_", "intercept_", "bag_intercepts_", "calibration_slope_"):
        setattr(estimator, name, getattr(inner, name))
    estimator.n_features_in_ = X.shape[1]
    estimator.edges_, estimator.steps_, estimator.bag_steps_ = [], [], []
    estimator.evidence_ = np.full(X.shape[1], np.nan)
    for column, first in enumerate(own):
        edges = _edges(inner.edges_[first], cuts[column])
        steps = np.column_stack([inner.steps_[first], inner.bag_steps_[first]])
        found = [inner.evidence_[first]]
        if len(special[column]):
            extra = np.column_stack([inner.steps_[first + 1], inner.bag_steps_[first + 1]])
            edges, steps = _with_special(edges, steps, inner.edges_[first + 1], extra, special[column])
            found.append(inner.evidence_[first + 1])
            steps = _missing_not_better(steps, places(X[:, column], edges), weight)
        estimator.edges_.append(edges)
        estimator.steps_.append(np.ascontiguousarray(steps[:, 0]))
        estimator.bag_steps_.append(np.ascontiguousarray(steps[:, 1:]))
        known = [one for one in found if not np.isnan(one)]
        estimator.evidence_[column] = max(known, default=float("nan"))
    _keep_pairs(estimator, inner, own, special, cuts)
    return estimator


def _keep_pairs(
    estimator: AdditiveBoosting,
    inner: AdditiveBoosting,
    own: Sequence[int],
    special: Sequence[Sequence[float]],
    cuts: Sequence[Sequence[float] | None],
) -> None:
    """The pairs of parts as pairs of their columns."""
    estimator.pairs_ = [[own.index(part) for part in pair] for pair in inner.pairs_]
    estimator.pair_edges_, estimator.pair_steps_, estimator.bag_pair_steps_ = [], [], []
    grids = zip(estimator.pairs_, inner.pair_edges_, inner.pair_steps_, inner.bag_pair_steps_, strict=True)
    for pair, sides, steps, by_bag in grids:
        edges, grid = [], np.concatenate([steps[..., None], by_bag], axis=-1)
        for column, side in zip(pair, sides, strict=True):
            found = _edges(side, cuts[column])
            # A special value is a missing one of its part, and none of which special value it is.
            if len(special[column]):
                none = np.zeros((2, *grid.shape[1:]))
                found, grid = _with_special(found, grid, np.array([]), none, special[column])
            edges.append(found)
            # The other column's side is next; twice turned, the grid is as it was.
            grid = grid.swapaxes(0, 1)
        estimator.pair_edges_.append(edges)
        estimator.pair_steps_.append(np.ascontiguousarray(grid[..., 0]))
        estimator.bag_pair_steps_.append(np.ascontiguousarray(grid[..., 1:]))


def _edges(found: Floats, cuts: Sequence[float] | None) -> Floats:
    """Edges in values; those of a column that was boosted by numbers of bins are numbers of bins."""
    return found if cuts is None else np.array([cuts[int(number) - 1] for number in found], dtype=np.float64)


def _missing_not_better(steps: Floats, hit: NDArray[np.intp], weight: Floats | None) -> Floats:
    """Steps in which a missing value is nowhere better than the mean of the rows that have one, special or not."""
    missing = len(steps) - 1
    valued = hit != missing
    if not valued.any():
        return steps
    mean = np.average(steps[hit[valued]], axis=0, weights=None if weight is None else weight[valued])
    return np.vstack([steps[:missing], np.maximum(steps[missing:], mean)])


def _with_special(
    edges: Floats, steps: Floats, code_edges: Floats, code_steps: Floats, special: Sequence[float]
) -> tuple[Floats, Floats]:
    """One step function of the values: a special value has the step of a missing one, and that of its code."""

    def of_code(code: float) -> Floats:
        step: Floats = code_steps[places(np.array([code]), code_edges)[0]]
        return step

    if not np.any(code_steps != code_steps[0]) and not len(edges):
        return edges, steps
    lows = sorted({*edges.tolist(), *special, *(float(np.nextafter(value, np.inf)) for value in special)})
    rows = []
    for low in [-np.inf, *lows]:
        if low in special:
            rows.append(steps[-1] + of_code(special.index(low) + 1.0))
        else:
            rows.append(steps[places(np.array([low]), edges)[0]] + of_code(0.0))
    return np.array(lows), np.array([*rows, steps[-1] + of_code(0.0)])
