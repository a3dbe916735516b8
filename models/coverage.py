"""How often the interval of a score holds what the same training would say of another sample of the firms."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import polars as pl

from models.points import PointsTable
from models.records import IntervalCoverage, TrainingRecord
from models.refits import REFITS, fitted_again, intervals, scores_of
from models.scorecard import array_of
from models.train import bads_of, groups_of
from models.variables import Declared

_SEED: Final = 20_000
"""Other samples than those of the bags, and than those that training widened the interval by."""


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
    low, high = intervals(table, later)
    again = fitted_again(
        record.estimator,
        features,
        values,
        is_bad,
        groups,
        weight,
        pairs=int(record.parameters.get("pairs") or 0),
        refits=refits,
        seed=_SEED,
        done=done,
    )
    told = (scores_of(estimator, new) for estimator, _ in again)
    held = [float(((low <= scores) & (scores <= high)).mean()) for scores in told]
    return IntervalCoverage(refits=refits, share=float(np.mean(held)))
