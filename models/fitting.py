"""Estimators, fitted as their columns are declared."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.average import ScorecardAndBoosting
from models.binning import Bools, Floats
from models.boosting import AdditiveBoosting
from models.presets import fit_presets
from models.records import EstimatorKind
from models.variables import Declared, TableColumn
from models.woe import WoeScorecard

BAGS: Final = 40
"""Refits that the interval of a score is read from: two are left out at either end."""

Estimator = WoeScorecard | AdditiveBoosting | ScorecardAndBoosting


def fit_declared(  # noqa: PLR0913  each goes into the fit
    kind: EstimatorKind,
    features: Sequence[Declared],
    values: Floats,
    is_bad: Bools,
    groups: NDArray[np.int64] | None,
    weight: Floats | None = None,
    bags: int = BAGS,
    *,
    pairs: int = 0,
    rarer_share: float = 1.0,
) -> Estimator:
    """The estimator of a kind, fitted as its columns are declared.

    Args:
        kind: Which estimator.
        features: Its columns.
        values: Rows by columns.
        is_bad: One per row.
        groups: Rows that belong together; None: each row stands for itself.
        weight: How many rows a row stands for; None: each for one.
        bags: How often it is fitted again to samples.
        pairs: Of columns that act together at most, of all but the scorecard.
        rarer_share: Share of the rarer class of a whole sample that is among these rows; they may keep as many columns
            as the whole sample may.
    """
    special = [list(feature.special) if isinstance(feature, TableColumn) else [] for feature in features]
    cuts = [
        list(feature.cuts) if isinstance(feature, TableColumn) and feature.cuts is not None else None
        for feature in features
    ]
    directions, decimals = [int(feature.risk) for feature in features], [feature.precision for feature in features]
    estimator: Estimator
    if kind == "boosting":
        estimator = AdditiveBoosting(monotonic_cst=directions, decimals=decimals, bags=bags, pairs=pairs)
    elif kind == "average":
        estimator = ScorecardAndBoosting(
            monotonic_cst=directions, decimals=decimals, bags=bags, pairs=pairs, rarer_share=rarer_share
        )
    else:
        estimator = WoeScorecard(monotonic_cst=directions, decimals=decimals, bags=bags)
    if rarer_share != 1.0 and not isinstance(estimator, ScorecardAndBoosting):
        estimator.set_params(rarer_per_feature=estimator.rarer_per_feature * rarer_share)
    if not any(special) and all(one is None for one in cuts):
        return estimator.fit(values, is_bad, groups=groups, sample_weight=weight)
    if isinstance(estimator, AdditiveBoosting):
        return fit_presets(estimator, values, is_bad, groups, weight, special=special, cuts=cuts)
    estimator.set_params(special=special, cuts=cuts)
    return estimator.fit(values, is_bad, groups=groups, sample_weight=weight)
