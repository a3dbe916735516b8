"""How often the interval of a score holds what the same training would say of another sample of the firms."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.bags import draw_bags
from models.points import PointsTable, score_of
from models.records import IntervalCoverage, TrainingRecord
from models.scorecard import array_of
from models.train import bads_of, fit_declared, groups_of
from models.variables import Declared

REFITS: Final = 5
_BAGS: Final = 8
"""Of the boosting in each refit: enough for its mean."""
_SEED: Final = 20_000
"""Other samples than those of the bags."""


def interval_coverage(
    table: PointsTable,
    record: TrainingRecord,
    features: Sequence[Declared],
    training: pl.DataFrame,
    later: pl.DataFrame,
    *,
    refits: int = REFITS,
    done: Callable[[], None] = lambda: None,
) -> IntervalCoverage | None:
    """Fit again to samples of the training firms, bins, columns and calibration included, and score later rows.

    Args:
        table: Whose intervals are checked.
        record: Of its training.
        features: The candidates, in the order of the record.
        training: Rows with their outcomes and the columns of the candidates.
        later: The same, out of time.
        refits: How often; 0 does not check.
        done: Is called after each of them.

    Returns:
        None without bags, without later rows or a class, and where applications that became no loan counted: their
        share in a sample would be another.
    """
    if not table.bag_bases or record.rejects is not None or refits == 0:
        return None
    if later.is_empty() or not 0 < bads_of(training).sum() < training.height:
        return None
    names = list(record.candidates)
    values, is_bad, new = array_of(training, names), bads_of(training), array_of(later, names)
    groups = groups_of(training, record.table)
    has_weight = record.table is not None and record.table.weight is not None
    weight = training["row_weight"].to_numpy() if has_weight else None
    low, high = _intervals(table, later)
    held = []
    for times in draw_bags(is_bad, groups, refits, np.random.RandomState(_SEED)):
        rows: NDArray[np.intp] = np.repeat(np.arange(len(times)), times)
        again = fit_declared(
            record.estimator,
            features,
            values[rows],
            is_bad[rows],
            rows if groups is None else groups[rows],  # a row that was drawn twice stands on one side of a fold
            None if weight is None else weight[rows],
            bags=0 if record.estimator == "scorecard" else _BAGS,
            pairs=int(record.parameters.get("pairs") or 0),
        )
        scores = np.array([score_of(float(one)) for one in again.decision_function(new)])
        held.append(float(((low <= scores) & (scores <= high)).mean()))
        done()
    return IntervalCoverage(refits=refits, share=float(np.mean(held)))


def _intervals(table: PointsTable, rows: pl.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    scores = [table.score(row) for row in rows.select(table.names).iter_rows(named=True)]
    ends = np.array([(score.low, score.high) for score in scores], dtype=np.float64).reshape(-1, 2)
    return ends[:, 0], ends[:, 1]
