"""Where features are cut: literal tables of values, and of rows and bads per value."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

from models.binning import Binning, BinningRules, candidate_edges, fit_binning, likelihood_ratio, weigh

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

RULES = BinningRules(prebins=20, max_bins=6, min_share=0.03, min_bads=5, smoothing=1.0)
Counts = Sequence[tuple[float, int, int]]
"""Value, rows, bads."""


def rows_of(counts: Counts) -> tuple[Floats, Bools]:
    """Rows with these values and outcomes."""
    values = np.concatenate([np.full(rows, value) for value, rows, _ in counts])
    is_bad = np.concatenate([np.arange(rows) < bads for _, rows, bads in counts])
    return values, is_bad


def binned(counts: Counts, direction: int = 1) -> Binning:
    """Bins of such rows."""
    values, is_bad = rows_of(counts)
    return fit_binning(values, is_bad, direction=direction, decimals=2, rules=RULES)


def spread(start: float, step: float, number: int) -> list[float]:
    """So many different values."""
    return [round(start + step * place, 2) for place in range(number)]


@pytest.mark.parametrize(
    ("values", "count", "edges", "beside_mass"),
    [
        pytest.param([], 20, [], [], id="nothing"),
        pytest.param([7.0] * 50, 20, [], [], id="one value"),
        pytest.param([0.0] * 97 + [1.0] * 3, 20, [1.0], [1.0], id="a flag on 3 %"),
        pytest.param([0.0] * 50 + [1.0] * 50, 20, [1.0], [1.0], id="a flag on 50 %"),
        pytest.param([0.0] * 3 + [1.0] * 97, 20, [1.0], [1.0], id="a flag on 97 %"),
        pytest.param([0.0] * 92 + [1.0] * 4 + [2.0] * 3 + [3.0], 4, [1.0, 2.0, 3.0], [1.0], id="few values"),
        pytest.param([0.0] * 980 + spread(0.5, 0.01, 20), 20, [0.5], [0.5], id="2 % above 0"),
        pytest.param([0.0] * 960 + spread(0.5, 0.01, 40), 20, [0.5, 0.69], [0.5], id="4 % above 0, in two"),
        pytest.param(spread(-0.5, 0.01, 20) + [0.0] * 980, 12, [0.0], [0.0], id="2 % below 0"),
        pytest.param(
            [0.0] * 600 + spread(0.3, 0.01, 20) + [1.0] * 380, 12, [0.3, 1.0], [0.3, 1.0], id="mass at both ends"
        ),
        pytest.param(
            spread(1.0, 0.01, 490) + [6.0] * 20 + spread(7.0, 0.01, 490),
            5,
            [4.26, 6.0, 7.0, 8.63],
            [6.0, 7.0],
            id="a tie of 2 % in the middle",
        ),
        pytest.param([-999.0] * 15 + spread(1.0, 0.01, 985), 3, [1.0, 5.92], [1.0], id="a special value at an end"),
        pytest.param([-999.0] * 9 + spread(1.0, 0.01, 991), 2, [5.9], [], id="a special value on less than 1 %"),
        pytest.param(spread(1.0, 0.01, 100), 4, [1.24, 1.49, 1.74], [], id="no mass point"),
        pytest.param([0.0] * 90 + [0.001] * 5 + [0.02] * 5, 20, [0.02], [0.02], id="equal after rounding"),
    ],
)
def test_edges_lie_beside_mass_points_then_at_quantiles(
    values: list[float], count: int, edges: list[float], beside_mass: list[float]
) -> None:
    """A value that many rows share has an edge on both sides, whatever the share of the rows beside it."""
    found = candidate_edges(np.array(values), decimals=2, count=count)
    assert list(found.edges) == edges
    assert sorted(found.beside_mass) == beside_mass


def test_missing_and_infinite_values_make_no_edge() -> None:
    """Infinities fall into the end bins, a missing value into its own."""
    values = np.array([np.nan] * 40 + [-np.inf] * 40 + [np.inf] * 40 + [0.0] * 10 + [1.0])
    assert candidate_edges(values, decimals=2, count=20).edges == (1.0,)


@pytest.mark.parametrize(
    ("counts", "direction", "edges"),
    [
        pytest.param([(0, 5640, 333), (1, 120, 45), (2, 120, 44), (3, 120, 46)], 1, [1.0], id="a count on 6 %"),
        pytest.param([(0, 5400, 290), (1, 600, 598)], 1, [1.0], id="a flag whose rows are nearly all bad"),
        pytest.param([(0, 5400, 290), (1, 600, 600)], 1, [1.0], id="a flag whose rows are all bad"),
        pytest.param([(0, 5400, 290), (1, 600, 0)], -1, [1.0], id="a flag whose rows are all good"),
        pytest.param([(0, 600, 600), (1, 5400, 0)], -1, [1.0], id="perfect separation"),
        pytest.param([(0, 1940, 100), (1, 60, 18)], 1, [1.0], id="exactly the usual share"),
        pytest.param([(0, 1980, 100), (1, 20, 14)], 1, [1.0], id="1 % and 20 rows, beyond chance"),
        pytest.param([(0, 1981, 100), (1, 19, 14)], 1, [], id="one row fewer"),
        pytest.param([(0, 1980, 100), (1, 20, 4)], 1, [], id="1 %, within chance"),
        pytest.param([(0, 270, 20), (1, 30, 15)], 1, [1.0], id="a small sample"),
        pytest.param([(0, 900, 270), (0.5, 60, 8), (1, 1040, 10)], -1, [0.5, 1.0], id="a few rows between two masses"),
        # 3 and 4 are like 0 by chance; what lies above 0 stands together first.
        pytest.param([(0, 1900, 100), (1, 40, 14), (2, 30, 11), (3, 16, 1), (4, 14, 1)], 1, [1.0], id="a ragged tail"),
        # 2 pulls 1 down, and both stay apart from 0.
        pytest.param([(0, 1800, 90), (1, 120, 36), (2, 80, 4)], 1, [1.0], id="a violation above a real step"),
        pytest.param([(0, 1000, 80), (1, 1000, 80)], 0, [1.0], id="nothing declared: nothing is pooled"),
    ],
)
def test_values_that_differ_are_told_apart(counts: Counts, direction: int, edges: list[float]) -> None:
    """However few rows have them, and whether or not both outcomes occur among them."""
    assert list(binned(counts, direction).edges) == edges


@pytest.mark.parametrize(
    ("counts", "direction", "reason", "asked"),
    [
        ([(0, 1981, 100), (1, 19, 14)], 1, "too_few_rows_in_value", 20),
        ([(0, 1980, 100), (1, 20, 4)], 1, "no_separation", 10.828),
        ([(0, 1000, 60), (1, 1000, 57)], 1, "no_separation", 10.828),
        ([(0, 1000, 120), (1, 1000, 40)], 1, "not_monotone", None),
    ],
)
def test_bins_that_were_joined_say_why(counts: Counts, direction: int, reason: str, asked: float | None) -> None:
    """With the rows and bads of both sides, and what was asked."""
    binning = binned(counts, direction)
    (join,) = binning.joins
    assert (join.edge, join.reason, join.asked) == (1.0, reason, asked)
    assert (join.below, join.above) == (counts[0][1:], counts[1][1:])
    assert join.statistic == likelihood_ratio(join.below, join.above)


def test_bins_that_tell_least_are_joined_first() -> None:
    """Eight values become six bins: the two pairs that are most alike lose their edge."""
    rates = [0.02, 0.021, 0.06, 0.12, 0.121, 0.2, 0.3, 0.45]
    binning = binned([(place, 1000, int(1000 * rate)) for place, rate in enumerate(rates)])
    assert binning.edges == (2.0, 3.0, 5.0, 6.0, 7.0)
    assert [(join.edge, join.reason) for join in binning.joins] == [(4.0, "too_many_bins"), (1.0, "too_many_bins")]


def test_a_rare_value_is_not_given_up_for_a_small_difference_of_many_rows() -> None:
    """What is joined is weighed by rows and by how far apart bad rates are as odds."""
    counts = [(0, 3000, 30), (1, 3000, 33), (2, 3000, 60), (3, 3000, 100), (4, 3000, 160), (5, 3000, 250), (6, 200, 60)]
    assert binned(counts).edges == (2.0, 3.0, 4.0, 5.0, 6.0)


def test_the_weight_of_a_bin_of_one_class_is_smoothed() -> None:
    """600 bads and no good, at a sample rate of 10 %: 10 pseudo-rows, one of them bad, so 601 of 610."""
    binning = binned([(0, 9000, 360), (1, 600, 600)])
    odds_of_all = 960 / 8640
    assert binning.woe[1] == pytest.approx(np.log(601 / 9 / odds_of_all), abs=1e-6)
    assert binning.woe[0] == pytest.approx(np.log(361 / 8649 / odds_of_all), abs=1e-6)


def test_the_weight_of_a_bin_without_rows_is_zero() -> None:
    """A sample that lacks a value says nothing about it."""
    values, is_bad = rows_of([(0, 900, 90), (1, 100, 10)])
    weights = weigh(values, is_bad, edges=[1.0, 2.0], direction=0, rules=RULES)
    assert weights.woe == (0.0, 0.0, 0.0)


def test_pooling_is_isotonic_regression() -> None:
    """Of large bins, where smoothing hardly matters: the same blocks as scikit-learn finds."""
    random = np.random.default_rng(4)
    rates = np.clip(np.linspace(0.1, 0.3, 20) + random.normal(0, 0.05, 20), 0.01, 0.99)
    counts = [(place, 4000, int(4000 * rate)) for place, rate in enumerate(rates)]
    values, is_bad = rows_of(counts)
    rules = BinningRules(prebins=20, max_bins=20, min_share=0.03, min_bads=5, smoothing=1e-6)
    found = fit_binning(values, is_bad, direction=1, decimals=0, rules=rules)
    smooth = IsotonicRegression().fit_transform(np.arange(20.0), [bads / rows for _, rows, bads in counts])
    assert list(found.edges) == [place + 1.0 for place in np.flatnonzero(np.diff(smooth) > 1e-12)]


def test_the_likelihood_ratio_is_that_of_the_textbook() -> None:
    """Two bad rates of 30 in 100 and 10 in 100: G is twice the sum of observed times log of observed over expected."""
    expected = 2 * (30 * np.log(30 / 20) + 70 * np.log(70 / 80) + 10 * np.log(10 / 20) + 90 * np.log(90 / 80))
    assert likelihood_ratio((100, 30), (100, 10)) == pytest.approx(expected, abs=1e-6)
    assert likelihood_ratio((100, 10), (50, 5)) == 0.0
    assert likelihood_ratio((0, 0), (50, 5)) == 0.0
