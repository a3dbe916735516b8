"""The same training on further samples of the firms, and how much wider the interval of a score must be to hold it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import ceil
from typing import Any, Final

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.bags import Counts, draw_bags
from models.binning import Bools, Floats
from models.fitting import Estimator, fit_declared
from models.points import WIDENING_STEP, PointsTable, score_of
from models.records import EstimatorKind, IntervalWidening
from models.regression import rarer
from models.variables import Declared

HELD: Final = 0.9
"""Share of the scores that a widened interval holds."""
REFITS: Final = 5
"""Of a training, and of a validation."""
_ROUNDING: Final = 1e-9
"""Keeps a number of columns that comes out whole from being rounded down."""
_BAGS: Final = 8
"""Of the boosting in each refit: enough for its mean."""


def fitted_again(  # noqa: PLR0913  each goes into the fit
    kind: EstimatorKind,
    features: Sequence[Declared],
    values: Floats,
    is_bad: Bools,
    groups: NDArray[Any] | None,
    weight: Floats | None,
    *,
    pairs: int,
    refits: int,
    seed: int,
    done: Callable[[], None],
) -> Iterator[tuple[Estimator, Counts]]:
    """Fit again to samples of the firms, drawn with replacement: bins, columns and calibration are chosen anew.

    A sample holds about 63 % of the firms, some several times. It may keep about as many columns as all firms may.

    Args:
        kind: Which estimator.
        features: Its columns.
        values: Rows by columns.
        is_bad: One per row; both outcomes occur.
        groups: Rows that belong together; None: each row stands for itself.
        weight: How many rows a row stands for; None: each for one.
        pairs: Of columns that act together at most.
        refits: How often.
        seed: Of the samples.
        done: Is called after each of them.

    Yields:
        The estimator, and how often each row was in its sample.
    """
    whole = rarer(is_bad, groups, weight)
    for times in draw_bags(is_bad, groups, refits, np.random.RandomState(seed)):
        rows: NDArray[np.intp] = np.repeat(np.arange(len(times)), times)
        # A row that was drawn twice stands on one side of a fold.
        drawn_groups = rows if groups is None else groups[rows]
        drawn_weight = None if weight is None else weight[rows]
        share = rarer(is_bad[rows], drawn_groups, drawn_weight) / whole
        again = fit_declared(
            kind,
            features,
            values[rows],
            is_bad[rows],
            drawn_groups,
            drawn_weight,
            bags=0 if kind == "scorecard" else _BAGS,
            pairs=pairs,
            rarer_share=share * (1.0 - _ROUNDING),
        )
        done()
        yield again, times


def widened(
    table: PointsTable, rows: pl.DataFrame, values: Floats, again: Iterable[tuple[Estimator, Counts]]
) -> tuple[PointsTable, IntervalWidening | None]:
    """The table with an interval that holds nine of ten scores of models that were fitted again.

    Each of them scores the rows that it was not fitted to. Either end moves by the same points on every row: a model
    that chose other features scatters also where the bags of this one agree. It never moves inwards.

    Args:
        table: As it was trained, with bags.
        rows: The training rows, with a column for each of its features.
        values: The same, by the columns of the estimator.
        again: As ``fitted_again`` gives them; one at least.

    Returns:
        With how it was measured; the table as it is and None where all samples held all rows.
    """
    low, high = intervals(table, rows)
    beyond, refits = [], 0
    for estimator, times in again:
        outside = times == 0
        refits += 1
        if outside.any():
            scores = scores_of(estimator, values[outside])
            beyond.append(np.maximum(low[outside] - scores, scores - high[outside]))
    if not beyond:
        return table, None
    distances = np.concatenate(beyond)
    asked = float(np.quantile(distances, HELD, method="inverted_cdf"))
    points = max(0.0, ceil(asked / WIDENING_STEP) * WIDENING_STEP)
    told = IntervalWidening(refits=refits, share=float((distances <= 0.0).mean()), points=points)
    if not points:
        return table, told
    return msgspec.structs.replace(table, schema=4, widened_by=points), told


def intervals(table: PointsTable, rows: pl.DataFrame) -> tuple[Floats, Floats]:
    """Both ends of the interval of each row's score, of a table with bags."""
    scores = [table.score(row) for row in rows.select(table.names).iter_rows(named=True)]
    ends = np.array([(score.low, score.high) for score in scores], dtype=np.float64).reshape(-1, 2)
    return ends[:, 0], ends[:, 1]


def scores_of(estimator: Estimator, values: Floats) -> Floats:
    """Scores of an estimator."""
    return np.array([score_of(float(one)) for one in estimator.decision_function(values)], dtype=np.float64)
