"""The distribution of cash a second time: noise by binomial sums in fractions, and open invoices outcome by outcome."""

from fractions import Fraction
from math import comb

import pytest

from forecast.receipts import ONE
from forecast.width import TRIALS, noise


def _up_to(place: Fraction) -> Fraction:
    """Distribution function of the binomial at a place from its middle, in trials; straight from trial to trial."""
    at = min(max(place + Fraction(TRIALS + 1, 2), Fraction(0)), Fraction(TRIALS + 1))
    whole = int(at)
    below = [Fraction(sum(comb(TRIALS, hit) for hit in range(count)), 1 << TRIALS) for count in (whole, whole + 1)]
    return below[0] + (below[1] - below[0]) * (at - whole)


@pytest.mark.parametrize(("width", "step"), [(10_000, 1_000), (10_000, 333), (7, 1), (123_456, 50_000), (1, 5)])
def test_noise_is_a_binomial_with_a_wider_one_in_it(width: int, step: int) -> None:
    """Seven eighths of one standard deviation, one eighth of two; each cell is half a step to both sides."""
    found = noise([width], step)[0].tolist()
    middle = len(found) // 2
    deviation = Fraction(width, 4)
    for cell, share in enumerate(found):
        if cell in {0, len(found) - 1}:
            continue  # all that lies beyond
        ends = [Fraction(step * (2 * (cell - middle) + side), 2) / deviation for side in (-1, 1)]
        exact = [Fraction(7, 8) * _up_to(end) + Fraction(1, 8) * _up_to(end / 2) for end in ends]
        assert share / ONE == pytest.approx(float(exact[1] - exact[0]), abs=2e-4)


def test_a_standard_deviation_is_what_it_says() -> None:
    """The root of 7/8 + 4/8 of the width, up to a grid that is finer than it by far."""
    found, step, width = noise([100_000], 100)[0].tolist(), 100, 100_000
    middle = len(found) // 2
    variance = sum(share * ((cell - middle) * step) ** 2 for cell, share in enumerate(found)) / ONE
    assert variance**0.5 == pytest.approx(width * (11 / 8) ** 0.5, rel=0.01)
