"""Special values, bins by hand and clusters: what a column may be told, by itself."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.binning import BinningRules, fit_binning, weigh
from models.boosting import AdditiveBoosting
from models.clusters import clusters
from models.presets import fit_presets
from models.woe import WoeScorecard

RULES = BinningRules(prebins=20, max_bins=6, min_share=0.03, min_bads=5, smoothing=1.0)
RANDOM = np.random.default_rng(5)
REGULAR = RANDOM.integers(0, 10, 600).astype(float)
VALUES = np.where(RANDOM.random(600) < 0.2, -7.0, REGULAR)
IS_BAD = RANDOM.random(600) < np.where(VALUES == -7.0, 0.6, 0.1 + 0.03 * VALUES)


def after(value: float) -> float:
    """The next double."""
    return float(np.nextafter(value, np.inf))


@pytest.mark.parametrize("special", [-7.0, 4.0])
def test_a_special_value_is_a_bin_alone_and_changes_no_other(special: float) -> None:
    """Its weight is that of its rows; the others are binned as if its rows were of another column."""
    values = np.where(VALUES == -7.0, special, np.where(special == REGULAR, 5.0, REGULAR))
    binning = fit_binning(values, IS_BAD, direction=1, decimals=None, rules=RULES, special=[special])
    place = binning.edges.index(special)
    assert binning.edges[place + 1] == after(special)
    rate = IS_BAD[values == special].mean()
    base = IS_BAD.mean()
    raw = np.log(rate / (1 - rate)) - np.log(base / (1 - base))
    assert binning.woe[place + 1] == pytest.approx(raw, abs=0.1)
    regular = [one for low, one in zip([None, *binning.edges], binning.woe, strict=True) if low != special]
    assert regular == sorted(regular)
    again = weigh(values, IS_BAD, edges=binning.regular, direction=1, rules=RULES, special=[special])
    assert (again.edges, again.woe, again.missing_woe) == (binning.edges, binning.woe, binning.missing_woe)


def test_without_special_values_nothing_changes() -> None:
    """The edges are the regular ones."""
    binning = fit_binning(VALUES, IS_BAD, direction=0, decimals=None, rules=RULES)
    assert binning.edges == binning.regular


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([-7.0, 0.0, 3.0, 9.0]), max_size=3, unique=True), st.sampled_from([-1, 0, 1]))
def test_edges_increase_whatever_is_special(special: list[float], direction: int) -> None:
    """One weight per bin, and each special value alone in its own."""
    binning = fit_binning(VALUES, IS_BAD, direction=direction, decimals=None, rules=RULES, special=special)
    assert list(binning.edges) == sorted(set(binning.edges))
    assert len(binning.woe) == len(binning.edges) + 1
    assert all({one, after(one)} <= set(binning.edges) for one in special)


def test_bins_by_hand_stay_and_follow_the_direction() -> None:
    """A scorecard has these edges; neighbours that contradict the direction weigh the same."""
    model = WoeScorecard(cuts=[[2.0, 3.0, 8.0]], monotonic_cst=[1], min_z=0.0).fit(REGULAR.reshape(-1, 1), REGULAR > 4)
    assert model.edges_[0].tolist() == [2.0, 3.0, 8.0]
    assert model.woe_[0].tolist() == sorted(model.woe_[0])


def test_boosting_with_a_special_value_and_a_direction() -> None:
    """The special value steps out of the direction; the others follow it; missing is not better than the mean."""
    rows = np.column_stack([np.where(RANDOM.random(600) < 0.1, np.nan, VALUES)])
    estimator = AdditiveBoosting(monotonic_cst=[1], decimals=[None], bags=20, trees=40)
    model = fit_presets(estimator, rows, IS_BAD, None, None, special=[[-7.0]], cuts=[None])
    at = model.decision_function(np.array([[-8.0], [-7.0], [0.0], [9.0], [np.nan]]))
    assert at[1] > at[2]
    assert at[0] <= at[2] <= at[3]
    assert at[4] >= np.nanmean(model.decision_function(rows[~np.isnan(rows[:, 0])])) - 1e-9
    assert [one.name for one in model.points_table(rows, IS_BAD).features] == ["x0"]


def test_boosting_lets_a_special_value_be_as_good_as_its_rows_are() -> None:
    """Never late is the best there is, better than the mean of the others; a value that is missing is not."""
    random = np.random.default_rng(7)
    values = np.where(random.random(3000) < 0.4, -7.0, random.integers(0, 10, 3000).astype(float))
    is_bad = random.random(3000) < np.where(values == -7.0, 0.05, 0.2 + 0.03 * values)
    values[random.random(3000) < 0.1] = np.nan
    rows = values.reshape(-1, 1)
    estimator = AdditiveBoosting(monotonic_cst=[1], decimals=[None], bags=10)
    model = fit_presets(estimator, rows, is_bad, None, None, special=[[-7.0]], cuts=[None])
    told = model.predict_proba(np.array([[-7.0], [np.nan]]))[:, 1]
    assert told[0] == pytest.approx(is_bad[values == -7.0].mean(), abs=0.03)
    assert told[1] > 0.15


def test_clusters_are_of_columns_that_are_correlated_in_ranks() -> None:
    """A curve of a column and its negative are of its cluster; noise is not; a constant has no neighbour."""
    x = np.linspace(0.0, 1.0, 50)
    noise = np.random.default_rng(1).normal(size=50)
    found = clusters(np.column_stack([x, noise, np.exp(5 * x), -x, np.ones(50)]))
    assert [place.cluster for place in found] == [1, 2, 1, 1, 3]
    assert found[3].correlation == -1.0
    assert found[4].nearest is None
