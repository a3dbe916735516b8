import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2, ks_2samp
from sklearn.metrics import brier_score_loss, roc_auc_score

from models import metrics


@st.composite
def scored(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Risks with ties, outcomes of both kinds, and whole weights."""
    size = draw(st.integers(4, 40))
    risk = draw(st.lists(st.integers(-5, 5), min_size=size, max_size=size))
    bad = draw(st.lists(st.booleans(), min_size=size - 2, max_size=size - 2))
    weights = draw(st.lists(st.integers(1, 4), min_size=size, max_size=size))
    return np.array(risk, float), np.array([True, False, *bad]), np.array(weights, float)


@given(scored())
def test_auc_and_ks_agree_with_independent_implementations(
    rows: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    """AUC is that of scikit-learn under the same weights; KS is that of SciPy."""
    risk, is_bad, weights = rows
    ranking = metrics.Ranking(risk, is_bad)
    assert ranking.auc(weights) == pytest.approx(roc_auc_score(is_bad, risk, sample_weight=weights))
    statistic = ks_2samp(risk[is_bad], risk[~is_bad]).statistic
    assert ranking.ks(np.ones(len(risk))) == pytest.approx(statistic)


def test_figures_that_need_both_outcomes_are_nan_without() -> None:
    """No AUC is invented where one kind is lacking."""
    ranking = metrics.Ranking(np.array([1.0, 2.0]), np.array([True, False]))
    assert np.isnan(ranking.auc(np.array([1.0, 0.0])))
    assert np.isnan(ranking.ks(np.array([0.0, 1.0])))


def test_brier_and_observed_to_expected() -> None:
    """Both follow their definitions."""
    pd, is_bad = np.array([0.1, 0.4, 0.5]), np.array([False, True, False])
    ones = np.ones(3)
    assert metrics.brier(pd, is_bad)(ones) == pytest.approx(brier_score_loss(is_bad, pd))
    assert metrics.observed_to_expected(pd, is_bad)(ones) == pytest.approx(1.0)
    assert metrics.observed_to_expected(pd, is_bad)(np.array([1.0, 2.0, 1.0])) == pytest.approx(2.0 / 1.4)


@pytest.mark.parametrize(("factor", "shift"), [(1.0, 0.0), (2.0, 0.0), (0.5, 0.0), (1.0, 1.0)])
def test_the_calibration_line_is_recovered(factor: float, shift: float) -> None:
    """Predictions that are too far apart by a factor, or shifted, show slope 1/factor and the shift."""
    random = np.random.default_rng(0)
    truth = random.normal(-2.0, 1.2, size=50_000)
    is_bad = random.random(50_000) < 1 / (1 + np.exp(-truth))
    predicted = factor * truth - shift
    ones = np.ones(50_000)
    slope, intercept = metrics.calibration(predicted, is_bad, ones, [ones, ones])
    assert (slope.low, slope.high) == (slope.value, slope.value)
    assert slope.value == pytest.approx(1 / factor, rel=0.04)
    assert intercept.value == pytest.approx(shift / factor, abs=0.06)


def test_intervals_draw_borrowers_not_rows() -> None:
    """Ten equal rows per borrower tell no more than one: the interval is as wide."""
    random = np.random.default_rng(1)
    risk = random.normal(size=200)
    is_bad = random.random(200) < 1 / (1 + np.exp(-risk))
    borrowers = np.arange(200)

    def width(repeats: int) -> float:
        rows = np.repeat(borrowers, repeats)
        ranking = metrics.Ranking(risk[rows], is_bad[rows])
        result = metrics.estimate(ranking.auc, len(rows), metrics.draws_of(rows))
        assert result.low < result.value < result.high
        return result.high - result.low

    assert width(10) == pytest.approx(width(1))


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """Of 100 samples of a known AUC, about 95 intervals hold it."""
    hits = 0
    truth = 0.7602  # of two normal distributions one standard deviation apart: Phi(1 / sqrt(2))
    for seed in range(100):
        random = np.random.default_rng(seed)
        is_bad = np.arange(300) < 60
        ranking = metrics.Ranking(random.normal(size=300) + is_bad, is_bad)
        result = metrics.estimate(ranking.auc, 300, metrics.draws_of(np.arange(300), 200))
        hits += result.low <= truth <= result.high
    assert 88 <= hits <= 100


def test_the_population_stability_index_of_a_known_move() -> None:
    """Ten against ten turned to five against fifteen, half a row added to each bin."""
    before, after = np.repeat([0, 1], [10, 10]), np.repeat([0, 1], [5, 15])
    old, new = np.array([0.5, 0.5]), np.array([5.5, 15.5]) / 21
    expected = float(((new - old) * np.log(new / old)).sum())
    assert metrics.stability(before, after).psi == pytest.approx(expected)
    assert metrics.stability(before, before).psi == 0.0


def test_the_noise_of_the_index_covers_samples_that_have_not_moved() -> None:
    """About 95 % of pairs of samples of one distribution stay under it."""
    random = np.random.default_rng(2)
    pairs = [metrics.stability(random.integers(0, 10, 500), random.integers(0, 10, 300)) for _ in range(300)]
    share = np.mean([pair.psi <= pair.noise for pair in pairs])
    assert 0.91 <= share <= 0.99
    for freedom in (2, 5, 9, 20):
        assert metrics._chi_squared_95(freedom) == pytest.approx(chi2.ppf(0.95, freedom), rel=0.01)


def test_draws_are_the_same_numbers_however_they_are_kept() -> None:
    """As many borrowers as there are, drawn with replacement; each row has the count of its borrower."""
    borrowers = np.array([7, 3, 3, 9, 7, 1])
    draws = metrics.draws_of(borrowers, 50)
    random = np.random.default_rng(20_240_101)
    expected = [np.bincount(random.integers(0, 4, size=4), minlength=4)[[2, 1, 1, 3, 2, 0]] for _ in range(50)]
    assert np.array_equal(np.array(list(draws)), np.array(expected, dtype=np.float64))
    assert (len(draws), draws[0].dtype) == (50, np.float64)
    assert np.array_equal(np.array(draws[10:20]), np.array(expected)[10:20])
    inside = borrowers != 3
    assert np.array_equal(np.array(list(draws.at(inside))), np.array(expected)[:, inside])


def test_draws_of_many_rows_need_a_byte_for_each_borrower() -> None:
    """Not eight for each row and sample: a million rows would need three gigabytes."""
    tracemalloc.start()
    try:
        draws = metrics.draws_of(np.arange(20_000).repeat(5), 100)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(draws) == 100
    assert held < 4 * 20_000 * 100


def test_twelve_rows_of_a_firm_are_no_twelve_firms() -> None:
    """Sixty firms a side, each twelve times in one bin: chance of rows fails most of them, that of firms about 5 %."""
    random = np.random.default_rng(3)
    sides = [(random.integers(0, 10, 60).repeat(12), random.integers(0, 10, 60).repeat(12)) for _ in range(200)]
    of_rows, of_firms = (
        np.mean([found.psi > found.noise for found in (metrics.stability(*side, firms) for side in sides)])
        for firms in (None, (60, 60))
    )
    assert of_rows > 0.9
    assert of_firms < 0.15


@pytest.mark.parametrize(
    ("hits", "rows", "low", "high"), [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0)]
)
def test_wilson_interval(hits: int, rows: int, low: float, high: float) -> None:
    """Textbook values."""
    assert metrics.wilson(hits, rows) == pytest.approx((low, high), abs=1e-4)


def test_bands_hold_their_lower_edge_and_leave_out_the_empty() -> None:
    """Rows are counted where they fall; an empty band has no rate."""
    score, pd = np.array([400.0, 500.0, 500.0]), np.array([0.5, 0.1, 0.2])
    bands = metrics.bands(score, pd, np.array([True, False, True]), [500.0, 600.0])
    assert [(band.score_from, band.rows, band.bads) for band in bands] == [(None, 1, 1), (500.0, 2, 1)]
    assert bands[1].mean_pd == pytest.approx(0.15)


def test_information_value_is_high_where_bins_separate_and_near_zero_where_not() -> None:
    """Bins that tell the outcome weigh; bins that tell nothing do not."""
    is_bad = np.arange(1000) < 500
    ones = np.ones(1000)
    assert metrics.information_value(np.where(is_bad, 1, 0), is_bad)(ones) > 5.0
    assert metrics.information_value(np.arange(1000) % 2, is_bad)(ones) < 1e-3
