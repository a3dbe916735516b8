"""Folds: which rows a fit does not see, so that it can be judged by them."""

from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from models.binning import Bools, Floats

FoldNumbers = NDArray[np.intp]
"""The fold of each row."""
Split = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Rows to train on, and the rows of the fold."""


def fold_numbers(
    is_bad: Bools,
    groups: NDArray[Any] | None,
    most: int,
    *,
    seed: int,
    sample_weight: Floats | None = None,
) -> FoldNumbers | None:
    """Put rows into folds that have about the same share of bads; None where the rows do not suffice for two.

    Args:
        is_bad: One per row; both outcomes occur.
        groups: Rows that belong together, such as those of a borrower, are in one fold, whatever the seed. None: each
            row stands for itself, and the order of rows says nothing about their folds.
        most: Folds, if the rows suffice.
        seed: Of the folds without groups.
        sample_weight: How many rows a row stands for; None: each for one.
    """
    weight = np.ones(len(is_bad)) if sample_weight is None else sample_weight
    folds = min(most, int(weight[is_bad].sum()), int(weight[~is_bad].sum()))
    if groups is None:
        folds = min(folds, int(is_bad.sum()), int((~is_bad).sum()))
        if folds < 2:
            return None
        numbers = np.empty(len(is_bad), dtype=np.intp)
        shuffled = StratifiedKFold(folds, shuffle=True, random_state=seed).split(is_bad.reshape(-1, 1), is_bad)
        for number, (_, test) in enumerate(shuffled):
            numbers[test] = number
        return numbers
    distinct, index = np.unique(groups, return_inverse=True)
    if folds < 2 or len(distinct) < folds:
        return None
    goods, bads = (
        np.bincount(index[side], weights=weight[side], minlength=len(distinct)) for side in (~is_bad, is_bad)
    )
    numbers = _spread(np.column_stack([goods, bads]), folds)[index]
    # Groups can be so uneven that a fold trains on one class alone.
    trains = (numbers != number for number in range(folds))
    return numbers if all(0 < is_bad[train].sum() < train.sum() for train in trains) else None


def splits(numbers: FoldNumbers | None) -> list[Split]:
    """The two parts of the rows for each fold; none without folds."""
    if numbers is None:
        return []
    return [
        (np.flatnonzero(numbers != number), np.flatnonzero(numbers == number))
        for number in range(int(numbers.max()) + 1)
    ]


def _spread(counts: Floats, folds: int) -> FoldNumbers:
    """The fold of each group: those with the most uneven counts first, each where it evens out the classes most.

    It is what ``StratifiedGroupKFold`` does, fold by fold and tie by tie, with weights, and without an array per try.

    Args:
        counts: Groups by classes.
        folds: Number of folds.
    """
    totals = counts.sum(axis=0).tolist()
    held = [[0.0] * folds for _ in totals]
    numbers = np.empty(len(counts), dtype=np.intp)
    by_group = counts.tolist()
    for group in np.argsort(-np.std(counts, axis=1), kind="stable").tolist():
        best, least, fewest = 0, float("inf"), float("inf")
        for fold in range(folds):
            spread = 0.0
            for of_class, total, count in zip(held, totals, by_group[group], strict=True):
                kept = of_class[fold]
                of_class[fold] += count
                spread += _deviation([one / total for one in of_class])
                of_class[fold] = kept
            spread /= len(totals)
            rows = sum(of_class[fold] for of_class in held)
            is_close = abs(spread - least) <= 1e-8 + 1e-5 * abs(least)
            if spread < least or (is_close and rows < fewest):
                best, least, fewest = fold, spread, rows
        for of_class, count in zip(held, by_group[group], strict=True):
            of_class[best] += count
        numbers[group] = best
    return numbers


def _deviation(values: list[float]) -> float:
    """The standard deviation. Added one by one: ``sum`` adds otherwise from Python 3.12 on."""
    total = squares = 0.0
    for value in values:
        total += value
    mean = total / len(values)
    for value in values:
        squares += (value - mean) * (value - mean)
    return sqrt(squares / len(values))
