"""What holds of both estimators alike: how they compile, and what they take as rows, labels and weights."""

import re
import warnings
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from models.binning import BinningRules, candidate_edges, fit_binning
from models.boosting import AdditiveBoosting
from models.folds import fold_numbers, splits
from models.points import InvalidTableError, PointsTable
from models.scorecard import Column, compile_table, largest_difference
from models.woe import WoeScorecard

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Estimator = WoeScorecard | AdditiveBoosting

EXPECTED_TO_FAIL = {
    "WoeScorecard": {
        "check_sample_weight_equivalence_on_dense_data": "it sets cv to a list of splits of the rows; folds are nested "
        "here, so cv is a number. test_a_weight_of_two_is_the_row_twice has the law, with groups",
    },
    "AdditiveBoosting": {
        "check_sample_weight_equivalence_on_dense_data": "it repeats rows without groups, and bags draw each of "
        "them. test_a_weight_of_two_is_the_row_twice has the law, with groups",
    },
}
"""Checks of scikit-learn that do not apply, with the reason.

scikit-learn itself skips ``check_array_api_input`` without the variable ``SCIPY_ARRAY_API``, which nothing here sets,
and where pandas is not installed, as where tests run, ``check_sample_weights_pandas_series`` and the half of
``check_classifier_data_not_an_array`` that is about pandas.
"""


# Some checks use labels of which nobody says which is bad.
@pytest.mark.filterwarnings("ignore:the labels are:UserWarning")
@parametrize_with_checks(
    [WoeScorecard(), AdditiveBoosting()],
    expected_failed_checks=lambda estimator: EXPECTED_TO_FAIL[type(estimator).__name__],
)
def test_both_keep_the_contract_of_scikit_learn_as_they_come(
    estimator: BaseEstimator, check: Callable[[BaseEstimator], None]
) -> None:
    """Every estimator check passes with the parameters that nobody set."""
    check(estimator)


SMALL: list[Callable[..., Estimator]] = [
    lambda **given: WoeScorecard(**({"min_bin_bads": 1, "min_z": 0.0, "cv": 2, "rarer_per_feature": 1} | given)),
    lambda **given: AdditiveBoosting(
        **({"bags": 3, "trees": 10, "min_samples_leaf": 2, "min_z": 0.0, "rarer_per_feature": 1} | given)
    ),
]
"""Both, so that they find something on a few dozen rows."""
BOTH = pytest.mark.parametrize("make", SMALL, ids=["scorecard", "boosting"])


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
    table = model.points_table(x.reshape(-1, 1), is_bad)
    again = PointsTable.from_json(table.to_json())
    assert again.features[0].edges == tuple(model.edges_[0].tolist())
    assert largest_difference(again, ["x0"], model.decision_function, x.reshape(-1, 1)) < 1e-9


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
    table = model.points_table(x, is_bad)
    assert len(table.features) > 63
    names = [f"x{place}" for place in range(80)]
    assert largest_difference(table, names, model.decision_function, x) < 1e-9


def sample(rows: int = 600, *, seed: int = 0) -> tuple[Floats, Bools]:
    """Rows of three columns, of which the first raises the risk and the second lowers it; a tenth is missing."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, 3)).round(2)
    is_bad = random.random(rows) < 1.0 / (1.0 + np.exp(1.0 - 1.5 * x[:, 0] + x[:, 1]))
    x[random.random(x.shape) < 0.1] = np.nan
    return x, is_bad


X, IS_BAD = sample()
NAMES = ["debts", "cash", "noise"]
FRAME = pl.DataFrame(X, schema=NAMES).fill_nan(None)


def equal(one: Estimator, other: Estimator) -> bool:
    """Whether two fits are the same to the last bit, bags included."""
    return (
        all(np.array_equal(*edges) for edges in zip(one.edges_, other.edges_, strict=True))
        and np.array_equal(one.decision_function(X), other.decision_function(X))
        and np.array_equal(one.bag_decision_function(X), other.bag_decision_function(X))
        and np.array_equal(one.evidence_, other.evidence_, equal_nan=True)
    )


@BOTH
@settings(max_examples=10)
@given(chance=st.integers(0, 1000), is_grouped=st.booleans())
def test_a_weight_of_zero_is_a_row_that_is_not_there(
    make: Callable[..., Estimator], chance: int, *, is_grouped: bool
) -> None:
    """To the last bit, whatever the row holds."""
    random = np.random.default_rng(chance)
    weight = random.integers(0, 3, 300).astype(np.float64)
    x, is_bad, groups = X[:300].copy(), IS_BAD[:300], random.integers(0, 120, 300)
    x[weight == 0.0] *= 1000.0
    held = weight > 0.0
    model = make(bags=2)
    whole = clone(model).fit(x, is_bad, groups if is_grouped else None, sample_weight=weight)
    part = clone(model).fit(x[held], is_bad[held], groups[held] if is_grouped else None, sample_weight=weight[held])
    assert equal(whole, part)


@BOTH
@pytest.mark.parametrize("is_grouped", [True, False])
def test_weights_of_one_are_no_weights(make: Callable[..., Estimator], *, is_grouped: bool) -> None:
    """Edges are the same, and log-odds to the digits that are kept."""
    groups = np.arange(600) // 2 if is_grouped else None
    model = make(bags=3)
    plain = clone(model).fit(X, IS_BAD, groups)
    ones = clone(model).fit(X, IS_BAD, groups, sample_weight=np.ones(600))
    assert all(np.array_equal(*edges) for edges in zip(plain.edges_, ones.edges_, strict=True))
    np.testing.assert_allclose(ones.decision_function(X), plain.decision_function(X), atol=1e-5)
    np.testing.assert_allclose(ones.bag_decision_function(X), plain.bag_decision_function(X), atol=1e-5)


@BOTH
def test_a_weight_of_two_is_the_row_twice(make: Callable[..., Estimator]) -> None:
    """In a group, where both are drawn together: edges, evidence, log-odds, bags and points are the same."""
    random = np.random.default_rng(3)
    weight, groups = random.integers(1, 4, 600), np.arange(600) // 2
    twice = np.repeat(np.arange(600), weight)
    # A leaf of boosting counts rows, so it must ask for none.
    model = make(bags=20, **({"cv": 5} if make is SMALL[0] else {"min_samples_leaf": 1}))
    weighed = clone(model).fit(X, IS_BAD, groups, sample_weight=weight)
    repeated = clone(model).fit(X[twice], IS_BAD[twice], groups[twice])
    assert all(np.array_equal(*edges) for edges in zip(weighed.edges_, repeated.edges_, strict=True))
    np.testing.assert_allclose(weighed.evidence_, repeated.evidence_, rtol=1e-5)
    np.testing.assert_allclose(weighed.decision_function(X), repeated.decision_function(X), atol=1e-5)
    np.testing.assert_allclose(weighed.bag_decision_function(X), repeated.bag_decision_function(X), atol=1e-5)
    table, again = weighed.points_table(X, IS_BAD, weight), repeated.points_table(X[twice], IS_BAD[twice])
    assert table.base == pytest.approx(again.base, abs=1e-3)
    for one, other in zip(table.features, again.features, strict=True):
        assert one.typical == other.typical
        assert one.shares == pytest.approx(other.shares)
        assert one.bad_rates == pytest.approx(other.bad_rates)
        assert one.points == pytest.approx(other.points, abs=1e-3)


def test_weights_of_one_change_nothing_in_a_table() -> None:
    """Nor the median of an even number of rows, which lies between two values."""
    x = np.repeat([[1.0], [2.0], [8.0], [9.0]], 50, axis=0)
    is_bad = x.ravel() > np.tile([0.0, 2.0, 5.0, 5.0, 8.0], 40)
    model = WoeScorecard().fit(x, is_bad)
    plain = model.points_table(x, is_bad)
    assert plain.features[0].typical == 5.0
    assert model.points_table(x, is_bad, np.ones(200)) == plain


@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from([0.0, 1.0, 2.5, 7.0, np.nan, np.inf]) | st.floats(-9, 9), st.booleans(), st.integers(1, 4)
        ),
        min_size=4,
        max_size=60,
    ),
    count=st.integers(2, 25),
)
def test_bins_of_weighted_rows_are_those_of_repeated_rows(rows: list[tuple[float, bool, int]], count: int) -> None:
    """Edges, weights of evidence, and why bins were joined, with the numbers."""
    values, is_bad, weight = (np.array(column) for column in zip(*rows, strict=True))
    if not 0 < is_bad.sum() < len(is_bad):
        is_bad[0], is_bad[1] = True, False
    twice = np.repeat(np.arange(len(rows)), weight)
    assert candidate_edges(values, decimals=None, count=count, sample_weight=weight) == candidate_edges(
        values[twice], decimals=None, count=count
    )
    rules = BinningRules(prebins=count, max_bins=3, min_share=0.1, min_bads=1, smoothing=1.0)
    assert fit_binning(
        values, is_bad, direction=1, decimals=None, rules=rules, sample_weight=weight.astype(np.float64)
    ) == fit_binning(values[twice], is_bad[twice], direction=1, decimals=None, rules=rules)


@given(
    groups=st.lists(st.integers(0, 40), min_size=4, max_size=200), chance=st.integers(0, 99), most=st.integers(2, 11)
)
def test_groups_are_put_into_the_folds_of_scikit_learn(groups: list[int], chance: int, most: int) -> None:
    """The same as ``StratifiedGroupKFold``, and weights are repeated rows."""
    random = np.random.default_rng(chance)
    is_bad, weight = random.random(len(groups)) < 0.3, random.integers(1, 3, len(groups)).astype(np.float64)
    found = splits(fold_numbers(is_bad, np.array(groups), most, seed=0))
    if found:
        with warnings.catch_warnings(action="ignore"):
            expected = list(StratifiedGroupKFold(len(found)).split(groups, is_bad, groups))
        for one, other in zip(found, expected, strict=True):
            assert [part.tolist() for part in one] == [part.tolist() for part in other]
    twice = np.repeat(np.arange(len(groups)), weight.astype(int))
    weighed = fold_numbers(is_bad, np.array(groups), most, seed=0, sample_weight=weight)
    repeated = fold_numbers(is_bad[twice], np.array(groups)[twice], most, seed=0)
    assert (weighed is None) == (repeated is None)
    assert weighed is None or repeated is None or weighed[twice].tolist() == repeated.tolist()


@BOTH
@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ([0.0] * 600, "sample_weight is zero in every row"),
        ([1.0, -1.0] + [1.0] * 598, r"sample_weight is -1\.0 in row 1"),
        ([np.nan] * 600, "sample_weight is nan in row 0"),
        ([np.inf] * 600, "sample_weight is inf in row 0"),
        ([1.0] * 599, r"shape \(599,\); 600 rows need one weight each"),
        (["much"] * 600, "sample_weight holds what is no number"),
        (IS_BAD.astype(float), "one class True, not counting rows of weight 0"),
    ],
)
def test_weights_that_say_nothing_are_refused(make: Callable[..., Estimator], weight: object, message: str) -> None:
    """In one line that names what is wrong, and where."""
    with pytest.raises(ValueError, match=message) as caught:
        make().fit(X, IS_BAD, sample_weight=weight)
    assert "\n" not in str(caught.value)


@BOTH
def test_directions_and_decimals_go_by_the_name_of_the_column(make: Callable[..., Estimator]) -> None:
    """A frame with directions by name gives the bits of an array with directions in order; the rest is free."""
    by_place = make(monotonic_cst=[1, -1, 0], decimals=[1, 2, None]).fit(X, IS_BAD, np.arange(600))
    by_name = make(monotonic_cst={"cash": -1, "debts": 1}, decimals={"debts": 1, "cash": 2})
    by_name.fit(FRAME, pl.Series(IS_BAD), np.arange(600))
    assert by_name.feature_names_in_.tolist() == NAMES
    np.testing.assert_array_equal(by_name.decision_function(FRAME), by_place.decision_function(X))
    assert by_name.points_table(FRAME, IS_BAD).names == tuple(
        name for name, edges in zip(NAMES, by_name.edges_, strict=True) if len(edges)
    )
    with pytest.raises(ValueError, match="same order"):
        by_name.predict(FRAME.select("cash", "debts", "noise"))


@BOTH
def test_a_frame_of_pandas_is_read_like_one_of_polars(make: Callable[..., Estimator]) -> None:
    """Names and values are the same."""
    pandas = pytest.importorskip("pandas")
    model = make(monotonic_cst={"debts": 1})
    frame = pandas.DataFrame(X, columns=NAMES)
    one, other = clone(model).fit(FRAME, IS_BAD), clone(model).fit(frame, IS_BAD)
    np.testing.assert_array_equal(one.decision_function(FRAME), other.decision_function(frame))


@BOTH
@pytest.mark.parametrize(
    ("rows", "parameters", "message"),
    [
        (
            FRAME,
            {"monotonic_cst": {"dbets": 1, "csh": -1}},
            "monotonic_cst names columns that X does not have: 'csh', 'd",
        ),
        (FRAME, {"decimals": {"cents": 2}}, "decimals names columns that X does not have: 'cents'"),
        (FRAME, {"decimals": {"cash": -1}}, "decimals holds whole numbers from 0 to 15"),
        (FRAME, {"monotonic_cst": {"cash": 2}}, "monotonic_cst holds -1, 0 and 1 only"),
        (X, {"monotonic_cst": {"cash": 1}}, "monotonic_cst names columns, but X has no names"),
    ],
)
def test_names_that_no_column_has_are_refused(
    make: Callable[..., Estimator], rows: Floats | pl.DataFrame, parameters: dict[str, object], message: str
) -> None:
    """A direction that is misspelt must not be lost."""
    with pytest.raises(ValueError, match=message):
        make(**parameters).fit(rows, IS_BAD)


@BOTH
def test_search_and_pipeline_of_scikit_learn_take_frames_names_and_weights(make: Callable[..., Estimator]) -> None:
    """Parameters by name survive cloning, and the column names reach the estimator."""
    search = GridSearchCV(
        make(monotonic_cst={"debts": 1}), {"min_z": [0.0, 1.0]}, scoring="roc_auc", cv=3, error_score="raise"
    )
    pipe = make_pipeline(FunctionTransformer(feature_names_out="one-to-one"), search)
    pipe.fit(FRAME, IS_BAD, gridsearchcv__sample_weight=np.ones(600))
    assert pipe[-1].best_score_ > 0.7
    assert pipe[-1].best_estimator_.feature_names_in_.tolist() == NAMES
    assert pipe.predict_proba(FRAME).shape == (600, 2)


@BOTH
@pytest.mark.parametrize(
    ("good", "bad", "told"),
    [("good", "bad", "bad"), ("bad", "good", "good"), (1, 2, 1), (1.0, 0.0, 0), (False, True, None), (-1, 1, None)],
)
def test_the_bad_class_is_the_one_that_is_named(
    make: Callable[..., Estimator], good: object, bad: object, told: object
) -> None:
    """The declared directions, the points and the probability of a label do not depend on how labels sort."""
    y = np.where(IS_BAD, np.array([bad] * 600), np.array([good] * 600))
    if told is not None and told != bad:
        good, bad, y = bad, good, np.where(y == good, bad, good)
    model = make(monotonic_cst=[1, -1, 0], bad=told).fit(X, y, np.arange(600))
    plain = make(monotonic_cst=[1, -1, 0]).fit(X, IS_BAD, np.arange(600))
    assert model.classes_.tolist() == sorted([good, bad])
    assert model.classes_[model.bad_index_] == bad
    place = model.bad_index_
    np.testing.assert_allclose(model.predict_proba(X)[:, place], plain.predict_proba(X)[:, 1], atol=1e-15)
    sign = 1.0 if place == 1 else -1.0
    np.testing.assert_array_equal(sign * model.decision_function(X), plain.decision_function(X))
    assert model.points_table(X, y) == plain.points_table(X, IS_BAD)
    assert (model.predict(X) == bad).tolist() == plain.predict(X).tolist()


@BOTH
def test_scores_of_scikit_learn_know_which_class_is_bad(make: Callable[..., Estimator]) -> None:
    """A bad class that sorts first is ranked as well as one that sorts last."""
    y = np.where(IS_BAD, "bad", "good")
    found = cross_val_score(make(bad="bad"), X, y, scoring="roc_auc", cv=3)
    np.testing.assert_allclose(found, cross_val_score(make(), X, IS_BAD, scoring="roc_auc", cv=3))


@BOTH
def test_labels_that_do_not_say_which_is_bad_are_told(make: Callable[..., Estimator]) -> None:
    """A warning names both, the one that is taken, and what to set."""
    y = np.where(IS_BAD, "bad", "good")
    message = "'bad' and 'good': 'good' is taken as the bad class.*bad='bad' or bad='good'"
    with pytest.warns(UserWarning, match=message):
        make().fit(X, y)
    with pytest.raises(ValueError, match="bad is 'Bad', but the labels are 'bad' and 'good'"):
        make(bad="Bad").fit(X, y)


def test_log_odds_of_the_good_class_do_not_compile() -> None:
    """A table in which risk earns points is refused."""
    model = SMALL[0](bad="bad").fit(X, np.where(IS_BAD, "bad", "good"))
    with pytest.raises(InvalidTableError, match="lower log-odds"):
        compile_table(
            model.decision_function,
            [
                Column(name=name, precision=2, edges=tuple(edges))
                for name, edges in zip(NAMES, model.edges_, strict=True)
            ],
            X,
            IS_BAD,
        )


@pytest.mark.parametrize("by", ["label", "risk", "column"])
def test_the_order_of_rows_does_not_reach_folds_and_bags(by: str) -> None:
    """A table that is sorted calibrates like its shuffled copy, and both about right."""
    random = np.random.default_rng(0)
    x = random.normal(size=(3000, 3))
    log_odds = -2.0 + x @ [1.0, -0.8, 0.5]
    is_bad = random.random(3000) < 1.0 / (1.0 + np.exp(-log_odds))
    order = np.lexsort({"label": (log_odds, is_bad), "risk": (log_odds,), "column": (x[:, 0],)}[by])
    for model in (WoeScorecard(), AdditiveBoosting(bags=10)):
        in_order, shuffled = clone(model).fit(x[order], is_bad[order]), clone(model).fit(x, is_bad)
        assert in_order.calibration_slope_ == pytest.approx(1.0, abs=0.1)
        assert in_order.calibration_slope_ == pytest.approx(shuffled.calibration_slope_, abs=0.1)


def test_bags_of_a_sorted_table_scatter_like_those_of_a_shuffled_one() -> None:
    """Folds within a bag do not follow the order of rows either."""
    random = np.random.default_rng(0)
    x = random.normal(size=(2000, 2))
    log_odds = -1.0 + x @ [1.0, -0.8]
    is_bad = random.random(2000) < 1.0 / (1.0 + np.exp(-log_odds))
    order = np.argsort(log_odds)
    model = WoeScorecard(bags=20)
    in_order, shuffled = clone(model).fit(x[order], is_bad[order]), clone(model).fit(x, is_bad)
    spreads = [one.bag_decision_function(x).std(axis=1).mean() for one in (in_order, shuffled)]
    assert spreads[0] == pytest.approx(spreads[1], rel=0.2)
    means = [one.bag_decision_function(x).mean(axis=1) for one in (in_order, shuffled)]
    assert np.abs(means[0] - means[1]).mean() < 0.1


@BOTH
@pytest.mark.parametrize(
    ("rows", "labels", "message"),
    [
        (X, np.zeros(600), "needs two classes; the sample holds the one class 0.0"),
        (X, np.arange(600) % 3, "Only binary classification is supported.*y holds 3 labels"),
        (pl.DataFrame({"debts": ["1", "many", "3"]}), [0, 1, 0], "column 'debts' holds 'many' in row 1"),
        (np.array([["1", "2"], ["3", "x"]], dtype=object), [0, 1], "column 1 holds 'x' in row 1"),
        (["many", "more"], [0, 1], "could not convert string to float: 'many'"),
        (pl.DataFrame(), [], "0 sample"),
        (pl.DataFrame({"debts": []}), [], "0 sample"),
        (X, IS_BAD[:10], "inconsistent numbers of samples"),
    ],
)
def test_rows_that_nothing_can_be_learned_from_are_refused(
    make: Callable[..., Estimator], rows: object, labels: object, message: str
) -> None:
    """In one line that says what is wrong, and where."""
    with pytest.raises(ValueError, match=message) as caught:
        make().fit(rows, labels)
    assert "\n" not in str(caught.value)


@BOTH
def test_groups_are_checked(make: Callable[..., Estimator]) -> None:
    """One for each row, and none missing."""
    with pytest.raises(ValueError, match=re.escape("inconsistent numbers of samples: [600, 2]")):
        make().fit(X, IS_BAD, [1, 2])
    with pytest.raises(ValueError, match="groups has no value in row 1"):
        make().fit(X, IS_BAD, ["a", None, *["b"] * 598])


@pytest.mark.parametrize("model", [WoeScorecard(), AdditiveBoosting()])
def test_forty_rows_and_a_column_of_one_value_give_the_bad_rate(model: Estimator) -> None:
    """Too few rows for any evidence: every row gets about the bad rate, and a column of one value no step."""
    x = np.column_stack([X[:40, 2], np.full(40, 7.0)])
    found = clone(model).fit(x, IS_BAD[:40])
    assert [len(edges) for edges in found.edges_] == [0, 0]
    np.testing.assert_allclose(found.predict_proba(x)[:, 1], IS_BAD[:40].mean(), atol=0.05)
    with pytest.raises(InvalidTableError, match="no feature has enough evidence among 13 bads"):
        found.points_table(x, IS_BAD[:40])


@BOTH
@pytest.mark.parametrize("labels", [np.zeros(600), np.where(IS_BAD, "bad", "good"), IS_BAD.astype(int).astype(str)])
def test_a_table_of_other_labels_is_refused(make: Callable[..., Estimator], labels: ArrayLike) -> None:
    """No row would be bad, and no bin of the table would say so."""
    model = make().fit(X, IS_BAD)
    with pytest.raises(InvalidTableError, match="give the rows and labels of the fit"):
        model.points_table(X, labels)


@BOTH
def test_infinities_fall_into_the_end_bins(make: Callable[..., Estimator]) -> None:
    """They are predicted like the values beyond the outermost edges, and make no edge."""
    x = X.copy()
    x[:5, 0], x[5:10, 0] = np.inf, -np.inf
    model = make().fit(x, IS_BAD)
    assert np.isfinite(np.concatenate(model.edges_)).all()
    ends = np.array([[np.inf, 0.0, 0.0], [1e9, 0.0, 0.0], [-np.inf, 0.0, 0.0], [-1e9, 0.0, 0.0]])
    told = model.decision_function(ends)
    assert (told[0], told[2]) == (told[1], told[3])
