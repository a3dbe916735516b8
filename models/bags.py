"""Bags: bootstrap samples of borrowers, to each of which a model is fitted again."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.intp]


def draw_bags(
    is_bad: NDArray[np.bool_], groups: NDArray[Any] | None, count: int, random: np.random.RandomState
) -> list[Counts]:
    """How often each row is in each bag.

    A bag draws as many groups as there are, whole and with replacement; about a third of them are in none of its draws
    (out of bag). One that lacks a class is drawn again.

    Args:
        is_bad: One per row; both outcomes occur.
        groups: Rows that belong together, such as those of a borrower; None: each row stands for itself.
        count: Bags to draw.
        random: Source of randomness.
    """
    _, index = np.unique(np.arange(len(is_bad)) if groups is None else groups, return_inverse=True)
    groups_count = int(index.max()) + 1
    bags: list[Counts] = []
    while len(bags) < count:
        drawn = random.randint(0, groups_count, size=groups_count)
        times: Counts = np.bincount(drawn, minlength=groups_count)[index]
        if 0 < is_bad[times > 0].sum() < (times > 0).sum():
            bags.append(times)
    return bags
