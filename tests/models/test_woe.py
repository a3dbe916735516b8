import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from models.points import InvalidTableError, PointsTable
from models.regression import rarer
from models.scorecard import Column, compile_table, frame_of, largest_difference
from models.woe import WoeScorecard

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def sample(rows: int = 3000, *, seed: int = 0) -> tuple[Floats, Bools, Floats]:
    """Rows of four columns, outcomes and true log-odds.

    Risk rises with the first column, falls with the second, is highest in the middle of the third, and does not depend
    on the fourth. A tenth is missing, some values are infinite.
    """
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, 4)).round(2)
    log_odds = -2.0 + x[:, 0] - 0.8 * x[:, 1] + 1.2 * (np.abs(x[:, 2]) < 0.5)
    is_bad = random.random(rows) < 1.0 / (1.0 + np.exp(-log_odds))
    x[random.random(x.shape) < 0.1] = np.nan
    x[0, 0], x[1, 1], x[2, 2] = np.inf, -np.inf, np.inf
    return x, is_bad, log_odds


NAMES = ["group_rising", "group_falling", "group_humped", "group_noise"]


def fitted(x: Floats, is_bad: Bools) -> WoeScorecard:
    """A scorecard with the declared directions of ``sample``."""
    return WoeScorecard(monotonic_cst=[1, -1, 0, 1], decimals=[2] * 4).fit(x, is_bad)


def compiled(model: WoeScorecard, x: Floats, is_bad: Bools) -> PointsTable:
    """Its points table."""
    columns = [
        Column(name=name, precision=2, edges=tuple(map(float, edges)))
        for name, edges in zip(NAMES, model.edges_, strict=True)
    ]
    return compile_table(model.decision_function, columns, x, is_bad)


X, IS_BAD, LOG_ODDS = sample()
MODEL = fitted(X, IS_BAD)
TABLE = compiled(MODEL, X, IS_BAD)


def test_known_coefficients_are_recovered() -> None:
    """On 20,000 simulated rows the predictions follow the true log-odds, and rank new rows nearly as well."""
    x, is_bad, _ = sample(20_000, seed=1)
    model = fitted(x, is_bad)
    new, new_bad, truth = sample(20_000, seed=2)
    complete = ~np.isnan(new).any(axis=1) & np.isfinite(new).all(axis=1)
    predicted = model.decision_function(new[complete])
    slope, shift = np.polyfit(predicted, truth[complete], 1)
    assert slope == pytest.approx(1.0, abs=0.1)
    assert shift == pytest.approx(0.0, abs=0.15)
    best = roc_auc_score(new_bad[complete], truth[complete])
    assert roc_auc_score(new_bad[complete], predicted) > best - 0.015


def test_predictions_are_calibrated_on_new_rows() -> None:
    """Mean probability and bad rate agree on rows that the model has not seen, overall and in the riskiest fifth."""
    new, new_bad, _ = sample(20_000, seed=3)
    pd = MODEL.predict_proba(new)[:, 1]
    assert pd.mean() == pytest.approx(new_bad.mean(), abs=0.02)
    riskiest = pd >= np.quantile(pd, 0.8)
    assert pd[riskiest].mean() == pytest.approx(new_bad[riskiest].mean(), abs=0.05)


def test_a_feature_that_tells_nothing_is_removed() -> None:
    """Noise gets no coefficient, hence no place in the table."""
    assert MODEL.coef_[3] == 0.0
    assert TABLE.names == ("group_rising", "group_falling", "group_humped")


def test_a_feature_declared_the_wrong_way_is_removed() -> None:
    """Where data contradict the declared direction, bins collapse and the feature drops out."""
    model = WoeScorecard(monotonic_cst=[-1, -1, 0, 1], decimals=[2] * 4).fit(X, IS_BAD)
    assert model.coef_[0] == 0.0


def test_coefficients_are_never_negative_and_a_copy_of_a_feature_adds_nothing() -> None:
    """Two copies of a column share what one had: predictions stay as they were."""
    doubled = np.column_stack([X, X[:, 0]])
    model = WoeScorecard(monotonic_cst=[1, -1, 0, 1, 1], decimals=[2] * 5).fit(doubled, IS_BAD)
    assert (model.coef_ >= 0.0).all()
    assert np.corrcoef(model.decision_function(doubled), MODEL.decision_function(X))[0, 1] > 0.999


def test_at_most_one_feature_per_so_many_bads() -> None:
    """The budget of features follows the rarer class; the weightiest stay."""
    model = WoeScorecard(monotonic_cst=[1, -1, 0, 1], rarer_per_feature=int(IS_BAD.sum()) // 2).fit(X, IS_BAD)
    assert np.count_nonzero(model.coef_) == 2


def test_edges_have_the_declared_decimals_and_bins_the_declared_sizes() -> None:
    """Edges are rounded, and every bin holds its share of rows."""
    for column in range(3):
        edges = MODEL.edges_[column]
        assert [round(edge, 2) for edge in edges] == list(edges)
        present = X[~np.isnan(X[:, column]), column]
        counts = np.bincount(np.searchsorted(edges, present, side="right"))
        assert counts.min() >= 0.03 * len(X)


def test_a_missing_value_is_never_better_than_the_mean_of_the_rest() -> None:
    """Even where missing rows happened to be good, withholding a value earns nothing."""
    x, is_bad, _ = sample(seed=4)
    x[~is_bad & (np.arange(len(x)) % 2 == 0), 0] = np.nan
    model = fitted(x, is_bad)
    present = ~np.isnan(x[:, 0])
    mean = model.woe_[0][np.searchsorted(model.edges_[0], x[present, 0], side="right")].mean()
    assert model.missing_woe_[0] >= mean - 1e-9
    table = compiled(model, x, is_bad)
    assert all(feature.missing_points <= 0.0 for feature in table.features)


def test_the_table_equals_the_estimator_on_all_rows_and_at_every_edge() -> None:
    """Missing, infinite and edge values included, log-odds differ by less than 1e-9."""
    assert largest_difference(TABLE, NAMES, MODEL.decision_function, X) < 1e-9


def test_a_table_of_another_estimator_is_told_apart() -> None:
    """The comparison finds a table that belongs to another fit."""
    other = fitted(*sample(seed=5)[:2])
    assert largest_difference(TABLE, NAMES, other.decision_function, X) > 1e-3


def test_points_of_the_training_rows_average_to_zero() -> None:
    """The base is the score of the average training row."""
    scores = TABLE.score_frame(frame_of(X, NAMES))
    for name in TABLE.names:
        assert scores[name].mean() == pytest.approx(0.0, abs=1e-6)
    assert scores["score"].mean() == pytest.approx(TABLE.base, abs=1e-6)


def test_shares_and_bad_rates_of_the_table_are_those_of_the_training_rows() -> None:
    """What the table says about its bins can be counted."""
    for feature in TABLE.features:
        values = X[:, NAMES.index(feature.name)]
        first = values < feature.edges[0]
        assert feature.shares[0] == pytest.approx(first.mean())
        assert feature.bad_rates[0] == pytest.approx(IS_BAD[first].mean())
        assert feature.missing_share == pytest.approx(np.isnan(values).mean())
        assert sum(feature.shares) + feature.missing_share == pytest.approx(1.0)


@given(
    row=st.lists(st.floats(-4, 4), min_size=4, max_size=4),
    other=st.floats(allow_nan=False),
    column=st.sampled_from([(0, 1), (1, -1)]),
)
def test_worse_in_the_declared_direction_never_raises_the_score(
    row: list[float], other: float, column: tuple[int, int]
) -> None:
    """Moving one constrained feature towards risk lowers the score or leaves it."""
    place, direction = column
    safer, riskier = list(row), list(row)
    safer[place], riskier[place] = sorted([row[place], other], reverse=direction < 0)
    scores = [TABLE.score(dict(zip(NAMES, values, strict=True))).score for values in (safer, riskier)]
    assert scores[1] <= scores[0]


def test_the_same_rows_give_the_same_bytes() -> None:
    """Training is deterministic, down to the file."""
    assert compiled(fitted(X, IS_BAD), X, IS_BAD).to_json() == TABLE.to_json()


def test_the_number_of_threads_does_not_reach_the_scorecard() -> None:
    """Sums of many rows and columns are added in one order, whatever the machine may do at once."""
    random = np.random.default_rng(0)
    x = random.normal(size=(2000, 30)).round(2)
    is_bad = random.random(2000) < 1.0 / (1.0 + np.exp(2.0 - 0.5 * x[:, :10].sum(axis=1)))
    models = []
    for threads in (1, 2):
        with threadpool_limits(limits=threads):
            models.append(WoeScorecard(bags=2).fit(x, is_bad, np.arange(2000) // 3))
    one, two = models
    np.testing.assert_array_equal(one.evidence_, two.evidence_)
    np.testing.assert_array_equal(one.bag_decision_function(x), two.bag_decision_function(x))
    np.testing.assert_array_equal(one.decision_function(x), two.decision_function(x))


def test_the_order_of_rows_hardly_matters_without_folds() -> None:
    """Without folds, which depend on the order, shuffled rows give the same bins and coefficients."""
    order = np.random.default_rng(6).permutation(len(X))
    plain = clone(MODEL).set_params(cv=0)
    straight, shuffled = clone(plain).fit(X, IS_BAD), clone(plain).fit(X[order], IS_BAD[order])
    np.testing.assert_array_equal(straight.coef_, shuffled.coef_)
    for one, two in zip(straight.edges_, shuffled.edges_, strict=True):
        np.testing.assert_array_equal(one, two)


def test_groups_are_kept_together_in_folds() -> None:
    """Rows that repeat within groups calibrate as less certain than if folds could split them."""
    repeated = np.repeat(np.arange(300), 10)
    x, is_bad = X[:300][repeated], IS_BAD[:300][repeated]
    model = WoeScorecard(monotonic_cst=[1, -1, 0, 1])
    apart = clone(model).fit(x, is_bad, groups=repeated)
    split = clone(model).fit(x, is_bad)
    assert np.abs(apart.coef_).sum() < np.abs(split.coef_).sum()


def test_outcomes_that_nothing_explains_give_the_base_rate() -> None:
    """Without signal every row gets the bad rate, and there is no table to serve."""
    random = np.random.default_rng(7)
    x = random.normal(size=(2000, 2))
    is_bad = random.random(2000) < 0.2
    model = WoeScorecard(monotonic_cst=[1, 1]).fit(x, is_bad)
    np.testing.assert_allclose(model.predict_proba(x)[:, 1], is_bad.mean(), atol=1e-3)
    columns = [Column(name=name, precision=2, edges=()) for name in ("a", "b")]
    with pytest.raises(InvalidTableError, match="no feature has enough evidence among"):
        compile_table(model.decision_function, columns, x, is_bad)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"monotonic_cst": [1]}, "1 entries for 4 columns"),
        ({"monotonic_cst": [1, 2, 0, 0]}, "-1, 0 and 1 only"),
        ({"decimals": [1]}, "1 entries for 4 columns"),
        ({"smoothing": 0.0}, "smoothing"),
        ({"C": 0.0}, "C is"),
        ({"prebins": 1}, "prebins"),
        ({"cv": -1}, "cv"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters: dict[str, object], message: str) -> None:
    """They are checked when fitting, as scikit-learn asks, and named."""
    with pytest.raises(ValueError, match=message):
        WoeScorecard(**parameters).fit(X, IS_BAD)


BAGGED = clone(MODEL).set_params(bags=20).fit(X, IS_BAD)


def test_bags_do_not_touch_what_the_scorecard_predicts() -> None:
    """They are fitted beside it, and scatter around it."""
    np.testing.assert_array_equal(BAGGED.decision_function(X), MODEL.decision_function(X))
    complete = ~np.isnan(X).any(axis=1)
    bags = BAGGED.bag_decision_function(X[complete])
    assert bags.shape == (complete.sum(), 20)
    apart = bags.mean(axis=1) - MODEL.decision_function(X[complete])
    assert np.abs(apart).mean() < 0.1
    assert (bags.std(axis=1) > 0.0).all()


def test_bags_keep_bins_and_directions_of_the_scorecard() -> None:
    """Every bag steps as declared, in the same bins; a missing value is hardly better than the mean in any."""
    for column, direction in ((0, 1), (1, -1)):
        steps = BAGGED.bag_steps_[column]
        assert steps.shape == (len(MODEL.edges_[column]) + 2, 20)
        assert (direction * np.diff(steps[:-1], axis=0) >= 0.0).all()


def test_the_bags_of_the_same_rows_are_the_same_bytes() -> None:
    """Chance is seeded; where folds follow groups, another seed gives other bags and the same score."""
    x, is_bad, groups = X[:1000], IS_BAD[:1000], np.arange(1000)
    few = clone(MODEL).set_params(bags=4)
    first, again = clone(few).fit(x, is_bad, groups), clone(few).fit(x, is_bad, groups)
    np.testing.assert_array_equal(again.bag_decision_function(x), first.bag_decision_function(x))
    other = clone(few).set_params(random_state=1).fit(x, is_bad, groups)
    assert (other.bag_decision_function(x) != first.bag_decision_function(x)).any()
    np.testing.assert_array_equal(other.decision_function(x), first.decision_function(x))


def test_bags_scatter_about_half_as_far_as_fits_to_other_samples() -> None:
    """They keep the bins, so they show only part of what ten other samples of the same size show."""
    others = [clone(MODEL).fit(*sample(seed=seed)[:2]).decision_function(X) for seed in range(20, 30)]
    complete = ~np.isnan(X).any(axis=1)
    found = BAGGED.bag_decision_function(X).std(axis=1, ddof=1)[complete]
    expected = np.std(others, axis=0, ddof=1)[complete]
    assert 0.4 < np.median(found / expected) < 1.0


@pytest.mark.parametrize(
    ("groups", "weight", "expected"),
    [
        (None, None, 3.0),
        (None, [2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], 4.0),
        ([7, 7, 7, 1, 2, 3, 4], None, 1.0),
        ([7, 7, 8, 1, 2, 3, 4], None, 2.0),
        ([7, 7, 8, 1, 1, 1, 1], None, 1.0),
        ([7, 7, 8, 1, 2, 3, 4], [2.0, 4.0, 1.0, 3.0, 1.0, 1.0, 1.0], 4.0),
    ],
)
def test_the_rarer_class_is_counted_by_groups(
    groups: list[int] | None, weight: list[float] | None, expected: float
) -> None:
    """Three bad rows of one firm allow no more columns than one."""
    is_bad = np.array([True, True, True, False, False, False, False])
    found = rarer(
        is_bad, None if groups is None else np.array(groups), None if weight is None else np.array(weight, dtype=float)
    )
    assert found == expected


def test_bad_rows_of_few_firms_allow_few_columns() -> None:
    """Of as many rows, four of each firm that went bad."""
    firms = np.arange(len(IS_BAD))
    firms[IS_BAD] = np.arange(IS_BAD.sum()) // 4 + len(IS_BAD)
    several, alone = (
        WoeScorecard(monotonic_cst=[1, -1, 0, 1], rarer_per_feature=int(IS_BAD.sum()) // 2).fit(X, IS_BAD, groups=one)
        for one in (firms, np.arange(len(IS_BAD)))
    )
    assert [np.count_nonzero(model.coef_) for model in (several, alone)] == [1, 2]
