"""From a fitted additive estimator to the served points table, and the proof that both predict the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import polars as pl

from models.binning import Bools, Floats, bin_index
from models.points import POINTS_PER_LOG_ODDS, InvalidTableError, PointsTable, score_of
from models.steps import FeatureSteps, PairSteps, to_resolution

BAG_RESOLUTION = 2.0**-10
"""Points of bags are whole multiples of this, so that their text stays short: they only give the interval's width."""
NO_EFFECT = 1e-12
"""Log-odds; a feature that moves the prediction by less, over all its bins, is left out of the table."""


def frame_of(X: Floats, names: Sequence[str]) -> pl.DataFrame:
    """An array with NaN for missing as a frame with null for missing, one column per name."""
    return pl.DataFrame(X, schema=list(names), orient="row").fill_nan(None)


def array_of(rows: pl.DataFrame, names: Sequence[str]) -> Floats:
    """A frame with null for missing as an array with NaN for missing, one column per name."""
    array = rows.select(pl.col(name).cast(pl.Float64).fill_null(float("nan")) for name in names).to_numpy()
    return np.ascontiguousarray(array, dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of an estimator: how it is named and cut."""

    name: str
    precision: int | None
    """Decimals that values and edges are rounded to; None: neither are, and the table has the edges bit for bit."""
    edges: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two columns of an estimator that act together."""

    first: int
    """Place of the column; less than that of the other one."""
    second: int
    first_edges: tuple[float, ...]
    """Some of the edges of the column."""
    second_edges: tuple[float, ...]


def compile_table(
    decision_function: Callable[[Floats], Floats],
    columns: Sequence[Column],
    X: Floats,
    is_bad: Bools,
    *,
    pairs: Sequence[Pair] = (),
    bags: Callable[[Floats], Floats] | None = None,
    sample_weight: Floats | None = None,
) -> PointsTable:
    """Convert an additive estimator into a points table, by varying one feature, and the two of a pair, at a time.

    Args:
        decision_function: Log-odds of bad per row. Additive over the columns and pairs, constant within the bins; a
            missing value is nowhere better than the mean of the training rows, and a pair adds nothing to it.
        columns: The columns of the estimator, in catalogue order.
        X: The training rows; points are relative to their mean.
        is_bad: Their outcomes, for the bad rates in the table.
        pairs: Columns that act together, in their order. A column with a pair is in the table even without an effect.
        bags: Log-odds of bad per row and bag, of the same form; None or no bags: the scores have no interval.
        sample_weight: What the estimator was fitted with; mean, shares, bad rates and medians are weighted.

    Raises:
        InvalidTableError: no feature has an effect, a missing value is better than the training mean, or bads have the
            lower log-odds.
    """
    weight = np.ones(len(X)) if sample_weight is None else sample_weight
    told = decision_function(X)
    if 0.0 < weight[is_bad].sum() < weight.sum():
        bad, good = (float(np.average(told[side], weights=weight[side])) for side in (is_bad, ~is_bad))
        # Beyond the last digits, in which a model without signal may differ.
        if bad < good - NO_EFFECT:
            raise InvalidTableError("the bads have lower log-odds than the goods: compile the log-odds of bad")
    # All are moved from missing: there, no pair adds anything, so a column that is moved shows what it does alone.
    start = np.full((1, len(columns)), np.nan)
    origin = float(decision_function(start)[0])
    mean = origin
    bag_origin = np.empty((1, 0)) if bags is None else bags(start)
    bag_mean = bag_origin[0]
    features = []
    in_pairs = {place for pair in pairs for place in (pair.first, pair.second)}
    for place, column in enumerate(columns):
        # One probe per bin, by its lower edge, and one for a missing value.
        probes = np.repeat(start, len(column.edges) + 2, axis=0)
        probes[:, place] = [-np.inf, *column.edges, np.nan]
        effect = decision_function(probes) - origin
        bag_effect = np.empty((len(probes), 0)) if bags is None else bags(probes) - bag_origin
        # A column without effect leaves the table; what it adds to every row goes into the base.
        if np.ptp(effect) < NO_EFFECT and place not in in_pairs:
            mean += float(effect.mean())
            bag_mean = bag_mean + bag_effect.mean(axis=0)
            continue
        feature, average = _steps(column, effect, X[:, place], is_bad, sample_weight)
        # No matrix product: its order of adding may depend on the number of threads.
        bag_average = (np.array([*feature.shares, feature.missing_share])[:, None] * bag_effect).sum(axis=0)
        if bag_effect.size:
            feature = msgspec.structs.replace(feature, bag_points=_bag_points(bag_effect - bag_average))
        features.append(feature)
        mean += average
        bag_mean = bag_mean + bag_average
    if not features:
        raise InvalidTableError(
            f"no feature has enough evidence among {int(is_bad.sum())} bads to move the score: it takes more bads, or "
            "features that tell them apart"
        )
    rows = _Rows(X=X, is_bad=is_bad, weight=weight)
    return PointsTable(
        schema=3 if pairs else 2 if bag_mean.size else 1,
        kind="additive_steps",
        base=to_resolution(score_of(mean)),
        features=tuple(features),
        bag_bases=tuple(_to_bag_resolution(score_of(float(value))) for value in bag_mean),
        pairs=tuple(_grid(pair, columns, decision_function, bags, rows) for pair in pairs),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """The training rows."""

    X: Floats
    is_bad: Bools
    weight: Floats


def _grid(
    pair: Pair,
    columns: Sequence[Column],
    decision_function: Callable[[Floats], Floats],
    bags: Callable[[Floats], Floats] | None,
    rows: _Rows,
) -> PairSteps:
    """What two columns add together: moved both, less moved each alone, from where all are missing."""
    first, second = ([-np.inf, *edges, np.nan] for edges in (pair.first_edges, pair.second_edges))
    probes = np.full((len(first) * len(second), len(columns)), np.nan)
    probes[:, pair.first] = np.repeat(first, len(second))
    probes[:, pair.second] = np.tile(second, len(first))
    shape = (len(first), len(second))
    effect = _together(decision_function(probes).reshape(*shape, 1))
    bag_effect = np.zeros((*shape, 0)) if bags is None else _together(bags(probes).reshape(*shape, -1))
    place = [
        np.where(np.isnan(values), len(edges) + 1, bin_index(values, np.array(edges)))
        for values, edges in ((rows.X[:, pair.first], pair.first_edges), (rows.X[:, pair.second], pair.second_edges))
    ]
    cell = place[0] * shape[1] + place[1]
    number = np.bincount(cell, weights=rows.weight, minlength=shape[0] * shape[1])
    bads = np.bincount(cell[rows.is_bad], weights=rows.weight[rows.is_bad], minlength=len(number))
    rates = [float(bad / all_rows) if all_rows else None for bad, all_rows in zip(bads, number, strict=True)]
    points = [[to_resolution(-POINTS_PER_LOG_ODDS * float(step)) for step in row] for row in effect[..., 0]]
    return PairSteps(
        first=columns[pair.first].name,
        second=columns[pair.second].name,
        first_edges=pair.first_edges,
        second_edges=pair.second_edges,
        points=tuple(map(tuple, points)),
        shares=tuple(tuple(map(float, row)) for row in (number / number.sum()).reshape(shape)),
        bad_rates=tuple(tuple(rates[start : start + shape[1]]) for start in range(0, len(rates), shape[1])),
        bag_points=tuple(map(_bag_points, bag_effect)) if bag_effect.size else (),
    )


def _together(told: Floats) -> Floats:
    """By bins of two columns, the missing value last: what is more than the sum of both alone."""
    more: Floats = told - told[:, -1:] - told[-1:] + told[-1:, -1:]
    # Of a missing value exactly nothing, also in the last digits.
    more[-1], more[:, -1] = 0.0, 0.0
    return more


def largest_difference(
    table: PointsTable, names: Sequence[str], decision_function: Callable[[Floats], Floats], X: Floats
) -> float:
    """Largest difference between table and estimator, in log-odds, over rows, each bin, and each missing value.

    Args:
        table: The compiled form.
        names: Of the columns of the estimator.
        decision_function: Of the estimator.
        X: Rows to compare on; rows that move one feature at a time, and the two of a pair, to minus and plus infinity,
            each edge, the doubles next to it, and missing, are added.
    """
    start = np.full((1, len(names)), np.nan)
    probes = [X, start]
    for feature in table.features:
        values = _around(feature.edges)
        moved = np.repeat(start, len(values), axis=0)
        moved[:, names.index(feature.name)] = values
        probes.append(moved)
    for pair in table.pairs:
        first, second = _around(pair.first_edges), _around(pair.second_edges)
        moved = np.repeat(start, len(first) * len(second), axis=0)
        moved[:, names.index(pair.first)] = np.repeat(first, len(second))
        moved[:, names.index(pair.second)] = np.tile(second, len(first))
        probes.append(moved)
    rows = np.vstack(probes)
    served = table.score_frame(frame_of(rows, names))["log_odds"].to_numpy()
    return float(np.abs(served - decision_function(rows)).max())


def _around(edges: Sequence[float]) -> Floats:
    """Minus and plus infinity, each edge and the doubles next to it."""
    given = np.array(edges, dtype=np.float64)
    beside = [np.nextafter(given, towards) for towards in (-np.inf, np.inf)]
    return np.concatenate([[-np.inf, np.inf], given, *beside])


def _median(values: Floats, sample_weight: Floats | None) -> float | None:
    """Of the finite values; None where there are none."""
    is_finite = np.isfinite(values)
    if not is_finite.any():
        return None
    if sample_weight is None:
        return float(np.median(values[is_finite]))
    order = np.argsort(values[is_finite])
    ordered, below = values[is_finite][order], sample_weight[is_finite][order].cumsum()
    # Between the two values where exactly half lies below, as without weights.
    last = len(ordered) - 1
    low, high = (min(int(np.searchsorted(below, below[-1] / 2, side=side)), last) for side in ("left", "right"))
    return float((ordered[low] + ordered[high]) / 2)


def _bag_points(effect: Floats) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(_to_bag_resolution(-POINTS_PER_LOG_ODDS * float(step)) for step in row) for row in effect)


def _to_bag_resolution(points: float) -> float:
    return round(points / BAG_RESOLUTION) * BAG_RESOLUTION


def _steps(
    column: Column, effect: Floats, values: Floats, is_bad: Bools, sample_weight: Floats | None
) -> tuple[FeatureSteps, float]:
    """The steps of one feature, and the mean of its effect over the training rows."""
    bins = len(column.edges) + 1
    index = np.where(np.isnan(values), bins, bin_index(values, np.array(column.edges)))
    rows = np.bincount(index, weights=sample_weight, minlength=bins + 1)
    weight_of_bads = None if sample_weight is None else sample_weight[is_bad]
    bads = np.bincount(index[is_bad], weights=weight_of_bads, minlength=bins + 1)
    shares = rows / rows.sum()
    mean = float(sum(float(share) * float(step) for share, step in zip(shares, effect, strict=True)))
    points = [to_resolution(-POINTS_PER_LOG_ODDS * (float(step) - mean)) for step in effect]
    missing_points = points[bins]
    if 0.0 < missing_points < 1e-6:  # the mean itself, but for its last digits
        missing_points = 0.0
    rates = [float(bad / number) if number else None for bad, number in zip(bads, rows, strict=True)]
    typical = _median(values, sample_weight)
    feature = FeatureSteps(
        name=column.name,
        precision=column.precision,
        edges=column.edges,
        points=tuple(points[:bins]),
        missing_points=missing_points,
        typical=typical if typical is None or column.precision is None else round(typical, column.precision),
        shares=tuple(float(share) for share in shares[:bins]),
        missing_share=float(shares[bins]),
        bad_rates=tuple(rates[:bins]),
        missing_bad_rate=rates[bins],
    )
    return feature, mean
