"""What holds of both estimators alike: how they compile, and what they take as rows, labels and weights."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.boosting import AdditiveBoosting
from models.points import PointsTable
from models.scorecard import Column, compile_table, largest_difference
from models.woe import WoeScorecard

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Estimator = WoeScorecard | AdditiveBoosting

SMALL: list[Callable[..., Estimator]] = [
    lambda **given: WoeScorecard(**({"min_bin_bads": 1, "min_z": 0.0, "cv": 2, "rarer_per_feature": 1} | given)),
    lambda **given: AdditiveBoosting(
        **({"bags": 3, "trees": 10, "min_samples_leaf": 2, "min_z": 0.0, "rarer_per_feature": 1} | given)
    ),
]
"""Both, so that they find something on a few dozen rows."""
BOTH = pytest.mark.parametrize("make", SMALL, ids=["scorecard", "boosting"])


def compiled(model: Estimator, x: Floats, is_bad: Bools) -> PointsTable:
    """The table of an estimator whose edges are not rounded."""
    columns = [
        Column(name=f"column_{place}", precision=None, edges=tuple(map(float, edges)))
        for place, edges in enumerate(model.edges_)
    ]
    return compile_table(model.decision_function, columns, x, is_bad)


@BOTH
@given(
    values=st.lists(
        st.one_of(st.floats(-1e300, 1e300), st.floats(-1.0, 1.0), st.sampled_from([-0.0, 5e-324, 0.1 + 0.2, 1e-20])),
        min_size=12,
        max_size=40,
        unique=True,
    )
)
def test_a_table_of_edges_that_are_not_rounded_equals_the_estimator(
    make: Callable[..., Estimator], values: list[float]
) -> None:
    """Whatever the values, the edges are in the file bit for bit: on each edge, and one double beside it."""
    low = np.sort(np.array(values))
    x = np.sort(np.concatenate([low, np.nextafter(low, np.inf)]))
    is_bad = np.arange(len(x)) >= len(x) // 2
    model = make().fit(x.reshape(-1, 1), is_bad)
    table = compiled(model, x.reshape(-1, 1), is_bad)
    again = PointsTable.from_json(table.to_json())
    assert again.features[0].edges == tuple(model.edges_[0].tolist())
    assert largest_difference(again, ["column_0"], model.decision_function, x.reshape(-1, 1)) < 1e-9


@BOTH
def test_values_too_large_to_have_decimals_are_not_rounded(make: Callable[..., Estimator]) -> None:
    """Rounding 1e308 to two decimals would overflow."""
    x = np.repeat([0.251, 1e308, 1.5e308], 20).reshape(-1, 1)
    model = make(decimals=[2]).fit(x, x.ravel() > 1.0)
    assert set(model.edges_[0].tolist()) <= {1e308, 1.5e308}
    assert model.decision_function([[1e308]]) > model.decision_function([[0.0]])


@BOTH
def test_eighty_columns_compile(make: Callable[..., Estimator]) -> None:
    """No number of columns is too large, as long as their points add up exactly."""
    random = np.random.default_rng(0)
    x = random.normal(size=(1500, 80))
    is_bad = random.random(1500) < 1.0 / (1.0 + np.exp(2.0 - 0.5 * x.sum(axis=1)))
    model = (make(bags=0) if make is SMALL[0] else make(bags=4, trees=150, learning_rate=0.3)).fit(x, is_bad)
    table = compiled(model, x, is_bad)
    assert len(table.features) > 63
    names = [f"column_{place}" for place in range(80)]
    assert largest_difference(table, names, model.decision_function, x) < 1e-9
