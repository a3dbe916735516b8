"""By how much training widens the interval of a score, and whether it then holds what other samples say."""

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from models.average import ScorecardAndBoosting
from models.bags import draw_bags
from models.binning import Bools, Floats
from models.fitting import Estimator, fit_declared
from models.points import POINTS_PER_LOG_ODDS, PointsTable
from models.records import EstimatorKind, IntervalWidening
from models.refits import fitted_again, intervals, scores_of, widened
from models.scorecard import compile_table, frame_of
from models.train import columns_of
from models.variables import TableColumn, Variable

NAMES = tuple(f"x{place}" for place in range(5))
FEATURES = [TableColumn(name=name, said=Variable(direction="increasing", decimals=2)) for name in NAMES]
SEED = 30_000


def drawn(rows: int, seed: int) -> tuple[Floats, Bools]:
    """Rows of which three columns of five raise the risk, each less than the one before."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, 5)).round(2)
    is_bad = random.random(rows) < 1.0 / (1.0 + np.exp(2.0 - 0.8 * x[:, 0] - 0.5 * x[:, 1] - 0.3 * x[:, 2]))
    return x, is_bad


def fitted(x: Floats, is_bad: Bools) -> tuple[Estimator, PointsTable]:
    """A scorecard and its points table, not widened."""
    model = fit_declared("scorecard", FEATURES, x, is_bad, None)
    columns = columns_of(model, FEATURES)
    return model, compile_table(model.decision_function, columns, x, is_bad, bags=model.bag_decision_function)


def measured(x: Floats, is_bad: Bools, table: PointsTable, refits: int) -> tuple[PointsTable, IntervalWidening]:
    """The table with the interval that training gives it."""
    again = fitted_again(
        "scorecard", FEATURES, x, is_bad, None, None, pairs=0, refits=refits, seed=SEED, done=lambda: None
    )
    wider, told = widened(table, frame_of(x, NAMES), x, again)
    assert told is not None
    return wider, told


def held(table: PointsTable, x: Floats, scores: NDArray[np.float64]) -> float:
    """Share of the rows whose score lies in the interval of the table."""
    low, high = intervals(table, frame_of(x, NAMES))
    return float(((low <= scores) & (scores <= high)).mean())


def test_it_is_the_least_that_holds_nine_of_ten_scores_of_rows_out_of_bag() -> None:
    """In steps of a quarter of a point; the share before is told; the score and the bags stay as they are."""
    x, is_bad = drawn(600, 1)
    _, table = fitted(x, is_bad)
    wider, told = measured(x, is_bad, table, refits=3)
    low, high = intervals(table, frame_of(x, NAMES))
    beyond = []
    for times in draw_bags(is_bad, None, 3, np.random.RandomState(SEED)):
        rows = np.repeat(np.arange(600), times)
        share = len(np.unique(rows[is_bad[rows]])) / is_bad.sum()
        model = fit_declared("scorecard", FEATURES, x[rows], is_bad[rows], rows, bags=0, rarer_share=share - 1e-9)
        scores = 600.0 - POINTS_PER_LOG_ODDS * (model.decision_function(x[times == 0]) + np.log(30.0))
        beyond.append(np.maximum(low[times == 0] - scores, scores - high[times == 0]))
    distances = np.concatenate(beyond)
    assert told.refits == 3
    assert told.share == pytest.approx((distances <= 0).mean(), abs=2 / len(distances))  # scores beside an end
    assert (distances <= told.points).mean() >= 0.9 > (distances <= told.points - 0.25).mean()
    assert told.points > 0.0
    assert wider == msgspec.structs.replace(table, schema=4, widened_by=told.points)


def test_an_interval_that_holds_more_is_left_as_it_is() -> None:
    """It is never made narrower, and the table stays the same to the byte."""
    x, is_bad = drawn(600, 1)
    model, table = fitted(x, is_bad)
    everything = np.zeros(600, dtype=np.intp)
    wider, told = widened(table, frame_of(x, NAMES), x, [(model, everything)])
    assert told == IntervalWidening(refits=1, share=1.0, points=0.0)
    assert wider.to_json() == table.to_json()


def test_where_no_row_is_out_of_bag_nothing_is_measured() -> None:
    """A sample that holds all rows says nothing of new ones."""
    x, is_bad = drawn(600, 1)
    model, table = fitted(x, is_bad)
    assert widened(table, frame_of(x, NAMES), x, [(model, np.ones(600, dtype=np.intp))]) == (table, None)


@pytest.mark.parametrize(
    ("kind", "bads", "rows_each", "columns"), [("scorecard", 64, 1, 8), ("scorecard", 64, 3, 8), ("boosting", 96, 1, 7)]
)
def test_a_refit_may_keep_about_as_many_columns_as_the_model(
    kind: EstimatorKind, bads: int, rows_each: int, columns: int
) -> None:
    """Eight of ten that all tell much, though a sample holds 63 % of the firms with a bad.

    One less in the boosting, whose few bags hold some firms all.
    """
    firms = np.arange(8 * bads)
    is_bad = firms < bads
    x = (np.random.default_rng(4).normal(size=(len(firms), 10)) + 0.7 * is_bad[:, None]).round(2)
    x, is_bad = np.repeat(x, rows_each, axis=0), np.repeat(is_bad, rows_each)
    features = [TableColumn(name=f"x{place}", said=FEATURES[0].said) for place in range(10)]
    groups = None if rows_each == 1 else np.repeat(firms, rows_each)
    again = fitted_again(kind, features, x, is_bad, groups, None, pairs=0, refits=2, seed=SEED, done=lambda: None)
    assert [sum(len(edges) > 0 for edges in model.edges_) for model, _ in again] == [columns] * 2


def test_both_estimators_of_an_average_have_the_share() -> None:
    """Of what each asks for per column; without a share they are as they are alone."""
    settled = [part.rarer_per_feature for part in ScorecardAndBoosting(bags=1).parts(2)]
    assert settled == [8, 12]
    assert [part.rarer_per_feature for part in ScorecardAndBoosting(bags=1, rarer_share=0.5).parts(2)] == [4.0, 6.0]
    x, is_bad = drawn(600, 1)
    model = fit_declared("average", FEATURES, x, is_bad, None, bags=1, rarer_share=0.5)
    assert model.get_params()["rarer_share"] == 0.5


def test_refits_tell_of_each_fit_and_keep_firms_together() -> None:
    """A firm is in a sample with all of its rows or with none; the same seed draws the same."""
    x, is_bad = drawn(400, 2)
    groups = np.arange(400) // 4
    told: list[None] = []

    def run() -> list[tuple[Floats, NDArray[np.intp]]]:
        again = fitted_again(
            "scorecard",
            FEATURES,
            x,
            is_bad,
            groups,
            None,
            pairs=0,
            refits=2,
            seed=SEED,
            done=lambda: told.append(None),
        )
        return [(model.decision_function(x), times) for model, times in again]

    first, second = run(), run()
    assert len(told) == 4
    for (scores, times), (scores_again, times_again) in zip(first, second, strict=True):
        np.testing.assert_array_equal(scores, scores_again)
        np.testing.assert_array_equal(times, times_again)
        assert (times.reshape(-1, 4).min(axis=1) == times.reshape(-1, 4).max(axis=1)).all()
        assert (times == 0).any()
    assert not np.array_equal(first[0][1], first[1][1])


def test_a_widened_interval_holds_the_mean_model_of_other_samples() -> None:
    """Nine of ten, on samples that training never saw, of the same made-up population.

    With so few rows and refits a single sample goes from 73 % to 97 %; the mean of five is 88 %, and 70 %
    of the bags alone. Four points are left for other versions of libraries.
    """
    new, _ = drawn(500, 1000)
    scores, tables, wider = [], [], []
    for seed in range(5):
        x, is_bad = drawn(700, seed)
        model, table = fitted(x, is_bad)
        scores.append(scores_of(model, new))
        tables.append(table)
        wider.append(measured(x, is_bad, table, refits=3)[0])
    total = np.sum(scores, axis=0)
    others = [(total - one) / 4 for one in scores]
    before = np.mean([held(one, new, other) for one, other in zip(tables, others, strict=True)])
    after = np.mean([held(one, new, other) for one, other in zip(wider, others, strict=True)])
    assert before < 0.8
    assert 0.84 <= after <= 0.96
