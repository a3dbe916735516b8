import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from models.boosters import ADDITIVE, look_up, read_back
from models.boosting import AdditiveBoosting
from models.points import PointsTable
from models.scorecard import BAG_RESOLUTION, Column, compile_table, frame_of, largest_difference

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NAMES = ["group_rising", "group_falling", "group_humped", "group_noise"]
ROOT = Path(__file__).resolve().parents[2]


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


def fitted(x: Floats, is_bad: Bools, **parameters: object) -> AdditiveBoosting:
    """Boosting with the declared directions of ``sample`` and as few bags as an interval needs."""
    return AdditiveBoosting(
        **({"monotonic_cst": [1, -1, 0, 1], "decimals": [2] * 4, "bags": 20, "trees": 60} | parameters)
    ).fit(x, is_bad)


def compiled(model: AdditiveBoosting, x: Floats, is_bad: Bools) -> PointsTable:
    """Its points table, bags included."""
    columns = [
        Column(name=name, precision=2, edges=tuple(map(float, edges)))
        for name, edges in zip(NAMES, model.edges_, strict=True)
    ]
    return compile_table(model.decision_function, columns, x, is_bad, bags=model.bag_decision_function)


X, IS_BAD, LOG_ODDS = sample()
MODEL = fitted(X, IS_BAD)
TABLE = compiled(MODEL, X, IS_BAD)


def test_steps_that_areread_back_add_up_to_what_the_booster_predicts() -> None:
    """A booster of scikit-learn without interactions is the sum of its steps, on every row, missing values included."""
    codes = np.random.default_rng(1).integers(0, 8, size=(2000, 3)).astype(np.float64)
    codes[::7, 0] = np.nan
    is_bad = np.nan_to_num(codes[:, 0]) + codes[:, 1] - codes[:, 2] + np.arange(2000) % 5 > 6
    # Missing values that are bad anyway are not moved, so that steps and booster can be held against each other.
    is_bad |= np.isnan(codes[:, 0])
    booster = HistGradientBoostingClassifier(interaction_cst="no_interactions", max_iter=30).fit(codes, is_bad)
    one = read_back(booster, codes)
    told = one.intercept + sum(look_up(steps, codes[:, place]) for place, steps in enumerate(one.steps))
    np.testing.assert_allclose(told, booster.decision_function(codes), atol=ADDITIVE)


def test_a_booster_with_interactions_is_refused() -> None:
    """Steps that do not add up to the prediction would be another model."""
    codes = np.random.default_rng(1).integers(0, 2, size=(2000, 2)).astype(np.float64)
    is_bad = codes[:, 0] != codes[:, 1]
    is_bad[:50] = ~is_bad[:50]
    booster = HistGradientBoostingClassifier(max_iter=5).fit(codes, is_bad)
    with pytest.raises(RuntimeError, match="not the sum of its steps"):
        read_back(booster, codes)


def test_known_effects_are_recovered() -> None:
    """New rows are ranked nearly as well as by the true log-odds, and probabilities are right on the whole."""
    new, new_bad, truth = sample(20_000, seed=2)
    complete = ~np.isnan(new).any(axis=1) & np.isfinite(new).all(axis=1)
    predicted = MODEL.decision_function(new[complete])
    assert roc_auc_score(new_bad[complete], predicted) > roc_auc_score(new_bad[complete], truth[complete]) - 0.02
    pd = MODEL.predict_proba(new)[:, 1]
    assert pd.mean() == pytest.approx(new_bad.mean(), abs=0.02)
    riskiest = pd >= np.quantile(pd, 0.8)
    assert pd[riskiest].mean() == pytest.approx(new_bad[riskiest].mean(), abs=0.05)


def test_a_column_that_tells_nothing_does_not_earn_its_place() -> None:
    """Noise has no steps, hence no place in the table; a column declared the wrong way has none either."""
    assert TABLE.names == ("group_rising", "group_falling", "group_humped")
    turned = fitted(X, IS_BAD, monotonic_cst=[-1, -1, 0, 1])
    assert not turned.steps_[0].any()
    assert len(turned.edges_[0]) == 0


def test_table_equals_estimator_on_all_rows_and_at_every_edge() -> None:
    """Missing, infinite and edge values included, log-odds differ by less than 1e-9."""
    assert largest_difference(TABLE, NAMES, MODEL.decision_function, X) < 1e-9


def test_the_prediction_is_the_mean_of_the_bags_in_log_odds() -> None:
    """But for rounding, and for missing values, which bags and mean both keep from being better than the rest."""
    complete = ~np.isnan(X).any(axis=1)
    bags = MODEL.bag_decision_function(X[complete])
    assert bags.shape == (complete.sum(), 20)
    np.testing.assert_allclose(bags.mean(axis=1), MODEL.decision_function(X[complete]), atol=1e-5)


def test_bags_of_the_table_are_the_bags_of_the_estimator() -> None:
    """Rounded to the resolution of bags, row by row and bag by bag."""
    scores = [
        [
            base + sum(feature.bag_points[-1 if place is None else place][bag] for feature, place in hits)
            for bag, base in enumerate(TABLE.bag_bases)
        ]
        for row in frame_of(X[:200], NAMES).iter_rows(named=True)
        for hits in [[(feature, feature.place(row[feature.name])[0]) for feature in TABLE.features]]
    ]
    expected = 600.0 - 40.0 / np.log(2.0) * (MODEL.bag_decision_function(X[:200]) + np.log(30.0))
    np.testing.assert_allclose(scores, expected, atol=4 * BAG_RESOLUTION)


@given(
    row=st.lists(st.floats(-4, 4), min_size=4, max_size=4),
    other=st.floats(allow_nan=False),
    column=st.sampled_from([(0, 1), (1, -1)]),
)
def test_worse_in_the_declared_direction_never_raises_score_or_interval(
    row: list[float], other: float, column: tuple[int, int]
) -> None:
    """Moving one constrained feature towards risk lowers score and both ends of its interval, or leaves them."""
    place, direction = column
    safer, riskier = list(row), list(row)
    safer[place], riskier[place] = sorted([row[place], other], reverse=direction < 0)
    good, bad = (TABLE.score(dict(zip(NAMES, values, strict=True))) for values in (safer, riskier))
    assert bad.score <= good.score
    assert bad.low <= good.low
    assert bad.high <= good.high


def test_a_missing_value_is_in_no_bag_better_than_the_mean_of_the_rest() -> None:
    """Even where missing rows happened to be good, withholding a value earns nothing."""
    x, is_bad, _ = sample(seed=4)
    x[~is_bad & (np.arange(len(x)) % 2 == 0), 0] = np.nan
    model = fitted(x, is_bad)
    present = x[~np.isnan(x[:, 0]), 0]
    places = np.searchsorted(model.edges_[0], present, side="right")
    assert (model.bag_steps_[0][-1] >= model.bag_steps_[0][places].mean(axis=0) - 1e-12).all()
    assert all(feature.missing_points <= 0.0 for feature in compiled(model, x, is_bad).features)


def test_rows_of_a_group_are_in_a_bag_together() -> None:
    """Repeated rows calibrate as less certain when bags may not tear them apart, and intervals are wider."""
    repeated = np.repeat(np.arange(300), 10)
    x, is_bad = X[:300][repeated], IS_BAD[:300][repeated]
    model = AdditiveBoosting(monotonic_cst=[1, -1, 0, 1], bags=20)
    apart, split = clone(model).fit(x, is_bad, groups=repeated), clone(model).fit(x, is_bad)
    assert apart.calibration_slope_ < split.calibration_slope_


def test_outcomes_that_nothing_explains_give_the_base_rate() -> None:
    """Without signal every row gets about the bad rate."""
    random = np.random.default_rng(7)
    x = random.normal(size=(2000, 2))
    is_bad = random.random(2000) < 0.2
    model = AdditiveBoosting(bags=10, min_z=4.0).fit(x, is_bad)
    np.testing.assert_allclose(model.predict_proba(x)[:, 1], is_bad.mean(), atol=0.01)


def test_bags_scatter_about_as_far_as_fits_to_other_samples() -> None:
    """What the bags say of the chance of the sample is near to what eight other samples of the same size show."""
    others = [fitted(*sample(seed=seed)[:2]).decision_function(X) for seed in range(20, 28)]
    complete = ~np.isnan(X).any(axis=1)
    found = MODEL.bag_decision_function(X).std(axis=1, ddof=1)[complete]
    expected = np.std(others, axis=0, ddof=1)[complete]
    assert 0.7 < np.median(found / expected) < 1.3


def test_more_firms_make_the_interval_narrower() -> None:
    """It is what the score owes to the sample of firms."""
    widths = []
    for rows in (600, 6000):
        x, is_bad, _ = sample(rows, seed=8)
        table = compiled(fitted(x, is_bad, min_z=0.0), x, is_bad)
        scores = [table.score(row) for row in frame_of(x[:200], NAMES).iter_rows(named=True)]
        widths.append(np.median([score.high - score.low for score in scores]))
    assert widths[1] < 0.7 * widths[0]


@pytest.mark.parametrize("threads", ["1", "2"])
def test_the_number_of_threads_does_not_reach_the_table(threads: str) -> None:
    """In a process of its own with another number of threads, the same rows give the same bytes."""
    program = (
        "import hashlib, test_boosting as test; "
        "print(hashlib.sha256(test.compiled(test.MODEL, test.X, test.IS_BAD).to_json()).hexdigest())"
    )
    environment = os.environ | dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"], threads)
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, env=environment, cwd=ROOT
    )
    assert done.stdout.strip() == hashlib.sha256(TABLE.to_json()).hexdigest()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"monotonic_cst": [1]}, "1 entries for 4 columns"),
        ({"monotonic_cst": [1, 2, 0, 0]}, "-1, 0 and 1 only"),
        ({"decimals": [1]}, "1 entries for 4 columns"),
        ({"bags": 0}, "bags is 0"),
        ({"max_bins": 1}, "max_bins"),
        ({"max_bins": 256}, "at most 255"),
        ({"min_z": -1.0}, "min_z"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters: dict[str, object], message: str) -> None:
    """They are checked when fitting, as scikit-learn asks, and named."""
    with pytest.raises(ValueError, match=message):
        AdditiveBoosting(**parameters).fit(X, IS_BAD)
