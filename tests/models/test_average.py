"""The average of a scorecard and a boosting: the mean of both, with every law of a points table."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import parametrize_with_checks

from models.average import ScorecardAndBoosting
from models.gates import wrong_steps
from models.points import PointsTable
from models.presets import fit_presets
from models.scorecard import frame_of, largest_difference
from models.validate import TRUSTED_TYPES

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
NAMES = ["x0", "x1", "x2"]
DIRECTIONS = [1, 1, -1]


def sample(rows: int, *, seed: int, together: float = 2.5) -> tuple[Floats, Bools]:
    """Risk rises with two columns, where both are high by ``together`` more, and falls with the third."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, 3)).round(2)
    log_odds = -2.0 + 0.5 * x[:, 0] + 0.4 * x[:, 1] - 0.7 * x[:, 2] + together * ((x[:, 0] > 0.3) & (x[:, 1] > 0.3))
    is_bad = random.random(rows) < 1.0 / (1.0 + np.exp(-log_odds))
    x[random.random(x.shape) < 0.1] = np.nan
    return x, is_bad


X, IS_BAD = sample(1500, seed=0)
MODEL = ScorecardAndBoosting(monotonic_cst=DIRECTIONS, decimals=[2] * 3, bags=4, pairs=1).fit(X, IS_BAD)
TABLE = MODEL.points_table(X, IS_BAD)


# Some checks use labels of which nobody says which is bad.
@pytest.mark.filterwarnings("ignore:the labels are:UserWarning")
@parametrize_with_checks(
    [ScorecardAndBoosting(bags=1)],
    expected_failed_checks=lambda _: {
        "check_sample_weight_equivalence_on_dense_data": "it repeats rows without groups, and bags draw each of them",
    },
)
def test_it_keeps_the_contract(estimator: BaseEstimator, check: Callable[[BaseEstimator], None]) -> None:
    """Of scikit-learn, as both estimators do that it is made of."""
    check(estimator)


@settings(max_examples=4)
@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(60, 300),
    directions=st.lists(st.sampled_from([-1, 0, 1]), min_size=3, max_size=3),
    is_grouped=st.booleans(),
    is_weighted=st.booleans(),
)
def test_its_log_odds_are_the_mean_of_both(
    seed: int, rows: int, directions: list[int], *, is_grouped: bool, is_weighted: bool
) -> None:
    """Of any rows, of the model and bag by bag, with pairs and without; its table says the same."""
    x, is_bad = sample(rows, seed=seed)
    random = np.random.default_rng(seed)
    groups = random.integers(0, rows // 2, rows) if is_grouped else None
    weight = random.integers(1, 4, rows).astype(np.float64) if is_weighted else None
    model = ScorecardAndBoosting(monotonic_cst=directions, decimals=[2] * 3, bags=2, pairs=seed % 2)
    model.fit(x, is_bad, groups, weight)
    scorecard, boosting = (part.fit(x, is_bad, groups, weight) for part in model.parts(3))
    new = random.choice([*x[:20].ravel(), -np.inf, np.inf, np.nan, 0.3, 0.305], size=(200, 3))
    for told in ("decision_function", "bag_decision_function"):
        mean = 0.5 * (getattr(scorecard, told)(new) + getattr(boosting, told)(new))
        np.testing.assert_allclose(getattr(model, told)(new), mean, rtol=0.0, atol=1e-12)
    if any(len(edges) for edges in model.edges_):
        table = PointsTable.from_json(model.points_table(x, is_bad, weight).to_json())
        assert largest_difference(table, NAMES, model.decision_function, new) < 1e-9


def test_a_pair_acts_at_half_its_weight_and_the_sum_goes_the_declared_way() -> None:
    """Points of the pair are half of the boosting's, and no step is against a direction, pairs included."""
    _, boosting = MODEL.parts(3)
    pairs = boosting.fit(X, IS_BAD).points_table(X, IS_BAD).pairs
    assert [(pair.first, pair.second) for pair in pairs] == [("x0", "x1")]
    for half, whole in zip(TABLE.pairs, pairs, strict=True):
        np.testing.assert_allclose(np.array(half.points), 0.5 * np.array(whole.points), rtol=0.0, atol=1e-8)
    assert wrong_steps(TABLE, dict(zip(NAMES, DIRECTIONS, strict=True))) == 0  # type: ignore[arg-type]


def test_contributions_add_up_exactly() -> None:
    """Base and points are the score, to the bit."""
    for row in frame_of(X[:200], NAMES).iter_rows(named=True):
        score = TABLE.score(row)
        assert TABLE.base + sum(one.points for one in score.contributions) == score.score


def test_a_missing_value_never_earns_points() -> None:
    """In the mean as in both."""
    assert all(feature.missing_points <= 0.0 for feature in TABLE.features)


def test_a_column_that_one_of_both_removed_acts_at_half_its_weight() -> None:
    """A scorecard keeps a column per eight bads, boosting one per twelve: of 40, at most five and three."""
    random = np.random.default_rng(5)
    x = random.normal(size=(400, 5)).round(2)
    is_bad = np.zeros(400, dtype=np.bool_)
    is_bad[np.argsort(x.sum(axis=1) + random.normal(size=400))[-40:]] = True
    model = ScorecardAndBoosting(monotonic_cst=[1] * 5, bags=4).fit(x, is_bad)
    scorecard, boosting = (part.fit(x, is_bad) for part in model.parts(5))
    alone = [place for place in range(5) if len(scorecard.edges_[place]) > 0 and len(boosting.edges_[place]) == 0]
    assert alone
    for column in alone:
        np.testing.assert_array_equal(model.edges_[column], scorecard.edges_[column])
        np.testing.assert_array_equal(model.steps_[column][:-1], 0.5 * scorecard.coef_[column] * scorecard.woe_[column])


def test_special_values_and_bins_by_hand_reach_both() -> None:
    """A special value is a bin of both, and edges by hand are the only ones."""
    x, is_bad = sample(1500, seed=0)
    x[::7, 0] = -9.0
    model = ScorecardAndBoosting(
        monotonic_cst=DIRECTIONS, special=[[-9.0], None, None], cuts=[None, [-0.5, 0.5], None], bags=4, pairs=1
    ).fit(x, is_bad)
    scorecard, boosting = model.parts(3)
    scorecard.fit(x, is_bad)
    fit_presets(boosting, x, is_bad, None, None, special=[[-9.0], [], []], cuts=[None, [-0.5, 0.5], None])
    mean = 0.5 * (scorecard.decision_function(x) + boosting._log_odds(x))
    np.testing.assert_allclose(model.decision_function(x), mean, rtol=0.0, atol=1e-12)
    assert -9.0 in model.edges_[0].tolist()
    assert set(model.edges_[1].tolist()) <= {-0.5, 0.5}
    assert model.pairs_ == boosting.pairs_ == [[0, 1]]
    assert (
        wrong_steps(
            model.points_table(x, is_bad),
            dict(zip(NAMES, DIRECTIONS, strict=True)),  # type: ignore[arg-type]
            {"x0": frozenset({-9.0})},
        )
        == 0
    )


def test_it_is_monotone_where_it_is_declared() -> None:
    """Of rows that differ in one column."""
    grid = np.linspace(-4.0, 4.0, 200)
    for column, direction in enumerate(DIRECTIONS):
        for start in X[~np.isnan(X).any(axis=1)][:20]:
            rows = np.repeat(start[None, :], len(grid), axis=0)
            rows[:, column] = grid
            told = direction * MODEL.decision_function(rows)
            assert all(after >= before - 1e-12 for before, after in pairwise(told))


def test_its_file_is_read_back_with_no_other_types() -> None:
    """Bit for bit."""
    content = skops.io.dumps(MODEL)
    assert set(skops.io.get_untrusted_types(data=content)) <= TRUSTED_TYPES
    again = skops.io.loads(content, trusted=sorted(TRUSTED_TYPES))
    np.testing.assert_array_equal(again.decision_function(X), MODEL.decision_function(X))
