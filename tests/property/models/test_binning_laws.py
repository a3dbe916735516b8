"""What can never happen when a feature is cut into bins."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.binning import BinningRules, candidate_edges, fit_binning

RULES = BinningRules(prebins=20, max_bins=6, min_share=0.03, min_bads=5, smoothing=1.0)

VALUES = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, -999.0, float("nan"), float("inf"), float("-inf")]),
    st.integers(-3, 40).map(float),
    st.floats(-5, 5).map(lambda value: round(value, 2)),
)


@st.composite
def samples(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Values with mass points, tails, gaps and infinities, and outcomes of both kinds."""
    runs = draw(st.lists(st.tuples(VALUES, st.integers(1, 120), st.floats(0, 1)), min_size=1, max_size=30))
    values = np.concatenate([np.full(rows, value) for value, rows, _ in runs])
    is_bad = np.concatenate([np.arange(rows) < rate * rows for _, rows, rate in runs])
    # Both outcomes occur.
    return np.r_[values, 0.0, 0.0], np.r_[is_bad, True, False]


@given(sample=samples(), count=st.integers(2, 20))
def test_edges_do_not_depend_on_order_or_repetition(sample: tuple[np.ndarray, np.ndarray], count: int) -> None:
    """Rows in another order, and all rows three times, have the same edges beside the same mass points."""
    values, _ = sample
    edges = candidate_edges(values, decimals=2, count=count)
    shuffled = np.random.default_rng(0).permutation(values)
    assert candidate_edges(shuffled, decimals=2, count=count) == edges
    assert candidate_edges(np.repeat(values, 3), decimals=2, count=count) == edges


@given(sample=samples(), count=st.integers(2, 20))
def test_edges_are_values_that_split_the_sample(sample: tuple[np.ndarray, np.ndarray], count: int) -> None:
    """Each is a value, in ascending order; there are fewer than ``count``; every bin between them holds rows."""
    values, _ = sample
    found = candidate_edges(values, decimals=2, count=count)
    finite = values[np.isfinite(values)]
    assert all(low < high for low, high in pairwise(found.edges))
    assert len(found.edges) < count
    assert set(found.edges) <= set(finite)
    assert found.beside_mass <= set(found.edges)
    assert np.bincount(np.searchsorted(found.edges, finite, side="right"), minlength=1).all()


@given(sample=samples(), count=st.integers(3, 20))
def test_the_greatest_mass_point_has_an_edge_on_both_sides(sample: tuple[np.ndarray, np.ndarray], count: int) -> None:
    """Whatever else is cut, the value that most rows share stands alone, however few rows lie beside it."""
    values, _ = sample
    finite = values[np.isfinite(values)] + 0.0
    distinct, rows = np.unique(finite, return_counts=True)
    place = int(np.argmax(rows))
    if rows[place] * count < len(finite):
        return
    beside = {float(value) for value in distinct[max(place, 1) : place + 2]}
    assert beside <= set(candidate_edges(values, decimals=2, count=count).edges)


@given(sample=samples(), direction=st.sampled_from([-1, 0, 1]))
def test_weights_follow_the_declared_direction(sample: tuple[np.ndarray, np.ndarray], direction: int) -> None:
    """They are finite and monotone, in at most ``max_bins`` bins; a missing value is not better than the mean."""
    values, is_bad = sample
    binning = fit_binning(values, is_bad, direction=direction, decimals=2, rules=RULES)
    weights = np.array(binning.woe)
    assert np.isfinite(weights).all()
    assert len(weights) == len(binning.edges) + 1 <= RULES.max_bins
    assert (direction * np.diff(weights) >= 0.0).all()
    index = np.searchsorted(binning.edges, values[~np.isnan(values)], side="right")
    assert binning.missing_woe >= weights[index].mean() - 1e-9


@given(sample=samples(), direction=st.sampled_from([-1, 0, 1]))
def test_bins_do_not_depend_on_the_order_of_rows(sample: tuple[np.ndarray, np.ndarray], direction: int) -> None:
    """The same rows in another order give the same bins, weights and reasons."""
    values, is_bad = sample
    order = np.random.default_rng(1).permutation(len(values))
    first, again = (
        fit_binning(values[rows], is_bad[rows], direction=direction, decimals=2, rules=RULES)
        for rows in (np.arange(len(values)), order)
    )
    assert first == again


@given(sample=samples(), direction=st.sampled_from([-1, 0, 1]))
def test_every_edge_is_kept_or_accounted_for(sample: tuple[np.ndarray, np.ndarray], direction: int) -> None:
    """What was tried and is no edge any more was joined once, with a reason."""
    values, is_bad = sample
    tried = candidate_edges(values, decimals=2, count=RULES.prebins).edges
    binning = fit_binning(values, is_bad, direction=direction, decimals=2, rules=RULES)
    assert sorted([*binning.edges, *(join.edge for join in binning.joins)]) == list(tried)
