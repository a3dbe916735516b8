import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from models.chance import LARGE, binomial_tail, chi_square_tail, holm, more_missing, shift


@pytest.mark.parametrize(
    ("value", "freedom", "probability"),
    [
        (0.0, 1, 1.0), (3.841459, 1, 0.05), (6.634897, 1, 0.01), (5.991465, 2, 0.05), (7.814728, 3, 0.05),
        (16.266236, 3, 0.001), (18.307038, 10, 0.05), (2_000.0, 3, 0.0),
    ],
)  # fmt: skip
def test_chi_square_is_that_of_the_tables(value: float, freedom: int, probability: float) -> None:
    """Quantiles as statistical tables print them."""
    assert chi_square_tail(value, freedom) == pytest.approx(probability, abs=1e-7)


@given(st.floats(0, 200), st.integers(1, 40))
def test_chi_square_is_that_of_scipy(value: float, freedom: int) -> None:
    """For every number of degrees of freedom."""
    assert chi_square_tail(value, freedom) == pytest.approx(float(stats.chi2.sf(value, freedom)), rel=1e-7, abs=1e-12)


@given(st.integers(0, 400), st.integers(0, 600), st.floats(0.001, 0.999))
def test_binomial_is_that_of_scipy(count: int, trials: int, chance: float) -> None:
    """At least so many of them."""
    assert binomial_tail(count, trials, chance) == pytest.approx(
        float(stats.binom.sf(count - 1, trials, chance)), abs=1e-9
    )


def test_many_of_many_are_taken_as_normal() -> None:
    """Near the exact probability."""
    assert LARGE < 20_000 * 0.1 * 0.9
    exact = float(stats.binom.sf(2_079, 20_000, 0.1))
    assert binomial_tail(2_080, 20_000, 0.1) == pytest.approx(exact, rel=0.1)


@pytest.mark.parametrize(
    ("tests", "found"),
    [
        ({"a": 0.05}, ["a"]),
        ({"a": 0.0501}, []),
        ({"a": 0.05, "b": 0.05}, []),
        ({"a": 0.05, "b": 0.025}, ["a", "b"]),
        ({"a": 0.051, "b": 0.025}, ["b"]),
        ({"a": 0.0167, "b": 0.0168, "c": 0.9}, []),
        ({"a": 0.0166, "b": 0.025, "c": 0.05}, ["a", "b", "c"]),
    ],
)
def test_all_tests_together_keep_the_level(tests: dict[str, float], found: list[str]) -> None:
    """The smallest by its share of the level, the next by a larger one, until one fails."""
    assert holm(tests, 0.05) == found


@pytest.mark.parametrize(
    ("cells", "shares", "psi", "p"),
    [
        ([50, 50], [0.5, 0.5], 0.0, 1.0),
        ([0, 0], [0.5, 0.5], 0.0, 1.0),
        ([70, 30], [0.5, 0.5], 0.2 * 0.847298, 0.0000633),  # 16 by two samples of 100 and very many
        # 4.99 of 499 are expected in the first: it is added to the second; 5 of 500 stand alone
        ([499, 0, 0], [0.01, 0.49, 0.5], None, None),
    ],
)
def test_a_shift_is_measured_and_its_chance_told(
    cells: list[int], shares: list[float], psi: float | None, p: float | None
) -> None:
    """Over bins in which at least five are expected."""
    found = shift(cells, shares, 10**9)
    if psi is None:
        assert found == shift([499, 0], [0.5, 0.5], 10**9)
        assert shift([500, 0, 0], shares, 10**9) != shift([500, 0], [0.5, 0.5], 10**9)
    else:
        assert found == (pytest.approx(psi, rel=1e-5), pytest.approx(p, rel=1e-2))


def test_the_firms_that_a_share_was_counted_on_are_a_sample_too() -> None:
    """Half of the chance of an error lies there where both are equally large."""
    alone, both = shift([70, 30], [0.5, 0.5], 10**9)[1], shift([70, 30], [0.5, 0.5], 100)[1]
    assert both == pytest.approx(chi_square_tail(8.0, 1))
    assert alone < both


@given(st.lists(st.tuples(st.integers(0, 500), st.floats(0.01, 1)), min_size=1, max_size=12), st.integers(1, 100_000))
def test_every_shift_has_a_chance(cells: list[tuple[int, float]], learned: int) -> None:
    """Of 0 to 1, whatever was counted, and an index of at least 0."""
    total = sum(share for _, share in cells)
    psi, p = shift([count for count, _ in cells], [share / total for _, share in cells], learned)
    assert psi >= -1e-9
    assert 0.0 <= p <= 1.0


def test_a_value_that_was_never_missing_may_be_missing_once() -> None:
    """One of 4,200 firms misses it: by chance it is among the 200 that applied."""
    assert more_missing(0, 200, 0.0, 4_000) == 1.0
    assert more_missing(1, 200, 0.0, 4_000) == pytest.approx(200 / 4_200)
    assert more_missing(20, 200, 0.1, 4_000) > 0.5
    assert more_missing(40, 200, 0.1, 4_000) < 0.001


@pytest.mark.parametrize(("learned", "total"), [(300, 300), (300, 1_500), (4_000, 200)])
@pytest.mark.parametrize("share", [0.02, 0.2, 0.5])
def test_missing_values_that_are_as_usual_are_rarely_told(share: float, learned: int, total: int) -> None:
    """At most in one of twenty pairs of samples, also where more apply than were learned from."""
    random = np.random.default_rng(7)
    pairs = zip(random.binomial(learned, share, 2_000), random.binomial(total, share, 2_000), strict=True)
    told = sum(more_missing(int(now), total, int(before) / learned, learned) < 0.05 for before, now in pairs)
    # More than 134 of 2,000 come in one of a thousand cases where each has a chance of one in twenty.
    assert told <= 134
