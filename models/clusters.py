"""Which columns say much the same: rank correlation, and clusters of columns that are correlated above a limit."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from models.binning import Floats

CORRELATED = 0.7
"""Spearman's correlation, in magnitude, from which on two columns are of one cluster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One column among the others."""

    cluster: int
    """From 1, in the order of columns. Columns of one cluster are correlated, directly or through others."""
    nearest: int | None
    """The column that it is correlated with most; None where it has one value."""
    correlation: float | None


def correlations(X: Floats) -> Floats:
    """Spearman's correlations, columns by columns; a missing value counts as the mean rank, a constant as unrelated."""
    ranks = np.zeros_like(X)
    for column, values in enumerate(X.T):
        known = ~np.isnan(values)
        if known.any():
            ranked = rankdata(values[known])
            ranks[known, column] = ranked - ranked.mean()
    length = np.sqrt((ranks**2).sum(axis=0))
    scaled = np.divide(ranks, length, out=np.zeros_like(ranks), where=length > 0.0)
    found: Floats = np.round(scaled.T @ scaled, 6)
    return found


def clusters(X: Floats, limit: float = CORRELATED) -> list[Place]:
    """The place of each column.

    Args:
        X: Rows by columns; NaN is missing.
        limit: Magnitude of the correlation from which on two columns are of one cluster.
    """
    related = np.abs(correlations(X))
    np.fill_diagonal(related, 0.0)
    signed = correlations(X)
    number = list(range(related.shape[0]))
    for first, second in np.argwhere(np.triu(related) >= limit).tolist():
        low, high = sorted((number[first], number[second]))
        number = [low if one == high else one for one in number]
    order = {old: new for new, old in enumerate(dict.fromkeys(number), start=1)}
    places = []
    for column, own in enumerate(number):
        nearest = int(np.argmax(related[column])) if related[column].any() else None
        places.append(
            Place(
                cluster=order[own],
                nearest=nearest,
                correlation=None if nearest is None else float(signed[column, nearest]),
            )
        )
    return places
