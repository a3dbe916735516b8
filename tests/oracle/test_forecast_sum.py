"""The distribution of a sum a second time: all outcomes one by one, in fractions, against the convolution."""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from forecast.habits import HORIZON_DAYS
from forecast.receipts import NOTHING, ONE, QUANTILES, Weighed, quantile, with_customer

Customer = tuple[Sequence[int], Sequence[int], Sequence[Sequence[int]]]
"""Cents of its claims, weights of its habits, and, per habit, the probability of each claim; in units of 1 / ONE."""


def _exact(customers: Sequence[Customer]) -> Mapping[int, Fraction]:
    """Probability of each sum of cents."""
    whole: dict[int, Fraction] = {0: Fraction(1)}
    for cents, weights, habits in customers:
        own: defaultdict[int, Fraction] = defaultdict(Fraction)
        own[0] += Fraction(ONE - sum(weights), ONE)
        for weight, shares in zip(weights, habits, strict=True):
            for outcome in product((0, 1), repeat=len(cents)):
                chance = Fraction(weight, ONE)
                for comes, share in zip(outcome, shares, strict=True):
                    chance *= Fraction(share if comes else ONE - share, ONE)
                own[sum(amount for amount, comes in zip(cents, outcome, strict=True) if comes)] += chance
        added: defaultdict[int, Fraction] = defaultdict(Fraction)
        for (so_far, one), (amount, other) in product(whole.items(), own.items()):
            added[so_far + amount] += one * other
        whole = added
    return whole


def _up_to(exact: Mapping[int, Fraction], cents: float) -> Fraction:
    return sum((chance for amount, chance in exact.items() if amount <= cents), Fraction(0))


def _random_customers(seed: int, most: int) -> list[Customer]:
    draw = random.Random(seed)  # noqa: S311  it makes examples
    customers: list[Customer] = []
    for _ in range(draw.randint(1, 4)):
        cents = [draw.randint(1, most) for _ in range(draw.choice((1, 1, 2, 3)))]
        count = draw.randint(1, 3)
        cuts = sorted(draw.randint(0, ONE) for _ in range(count))
        weights = [high - low for low, high in zip([0, *cuts], cuts, strict=False)]
        habits = [[draw.choice((0, ONE, draw.randint(0, ONE))) for _ in cents] for _ in weights]
        customers.append((cents, weights, habits))
    return customers


def _by_product(customers: Sequence[Customer], step: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    found = NOTHING
    for cents, weights, habits in customers:
        paid = np.array(habits, dtype=np.int64)[:, :, None] * np.ones(HORIZON_DAYS, dtype=np.int64)
        found = with_customer(found, cents, Weighed(weights=tuple(weights), paid=paid), step)
    return found


@pytest.mark.parametrize("seed", range(60))
def test_on_a_grid_of_cents_the_distribution_is_exact(seed: int) -> None:
    """Each probability is the exact one, but for at most 2^-30 for each rounding."""
    customers = _random_customers(seed, 40)
    exact, found = _exact(customers), _by_product(customers, 1)
    roundings = 4 * sum(len(cents) * len(weights) + 2 for cents, weights, _ in customers)
    assert found.shape == (HORIZON_DAYS, 1 + sum(sum(cents) for cents, _, _ in customers))
    for cents in range(found.shape[1]):
        lacks = _up_to(exact, cents) - Fraction(int(found[0, cents]), ONE)
        assert abs(lacks) <= Fraction(roundings, ONE)


@pytest.mark.parametrize("seed", range(60))
def test_on_a_coarse_grid_quantiles_are_off_by_at_most_a_step_for_each_claim(seed: int) -> None:
    """The worst case of the stated bound."""
    customers, step = _random_customers(seed, 4000), 37
    exact, found = _exact(customers), _by_product(customers, step)
    off = step * sum(len(cents) for cents, _, _ in customers)
    rounded = Fraction(4 * 60, ONE)
    for share in QUANTILES:
        cents = int(quantile(found, share)[0]) * step
        assert _up_to(exact, cents + off) >= Fraction(share, ONE) - rounded
        assert _up_to(exact, cents - off - 1) < Fraction(share, ONE) + rounded
