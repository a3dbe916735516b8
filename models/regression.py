"""The logistic regressions of both estimators: selection of columns, and calibration."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from models.binning import Bools, Floats

PLATT_C = 1e3
"""Inverse regularisation of the calibration: next to none, yet finite where a sample separates perfectly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Earned:
    """A logistic regression from which columns without evidence were removed."""

    coef: Floats
    """Per column; 0 where removed."""
    intercept: float
    evidence: Floats
    """Per column the standard errors of its coefficient above 0, when it was removed or at the end; NaN for a constant
    column."""


def base_log_odds(is_bad: Bools, sample_weight: Floats | None = None) -> float:
    """Log-odds of a sample as a whole; both outcomes occur."""
    rate = float(np.average(is_bad, weights=sample_weight))
    return float(np.log(rate / (1.0 - rate)))


def logistic(
    weights: Floats,
    is_bad: Bools,
    *,
    C: float,  # noqa: N803  scikit-learn's name
    sample_weight: Floats | None = None,
) -> LogisticRegression:
    """Fit by Newton's method: exact to the last digits within a few steps, whatever the number of threads."""
    model = LogisticRegression(C=C, solver="newton-cholesky", tol=1e-8, max_iter=200)
    return model.fit(weights, is_bad, sample_weight=sample_weight)


def earned_coefficients(
    weights: Floats,
    is_bad: Bools,
    groups: NDArray[Any] | None,
    *,
    C: float,  # noqa: N803  scikit-learn's name
    min_z: float,
    rarer_per_feature: float,
    sample_weight: Floats | None = None,
) -> Earned:
    """Logistic regression on the out-of-sample effects of columns.

    Columns without evidence, and too many columns, are removed one by one, the weakest first.

    Args:
        weights: Rows by columns, in log-odds up to a factor.
        is_bad: One per row; both outcomes occur.
        groups: Rows that belong together are not independent evidence; None: each row stands for itself.
        C: Inverse strength of the L2 penalty.
        min_z: Standard errors above 0 that a coefficient needs.
        rarer_per_feature: At most one column per so many groups with a row of the rarer class.
        sample_weight: How many rows a row stands for, above 0; None: each for one.
    """
    found = np.full(weights.shape[1], np.nan)
    # A constant column has no coefficient that data could determine.
    kept = [int(column) for column in np.flatnonzero(weights.std(axis=0) > 0.0)]
    budget = max(1, int(int(rarer(is_bad, groups, sample_weight)) // rarer_per_feature))
    while kept:
        inside = weights[:, kept]
        model = logistic(inside, is_bad, C=C, sample_weight=sample_weight)
        evidence = model.coef_[0] / _standard_errors(model, inside, is_bad, groups, sample_weight)
        found[kept] = evidence
        weakest = int(np.argmin(evidence))
        if evidence[weakest] >= min_z and len(kept) <= budget:
            coef = np.zeros(weights.shape[1])
            coef[kept] = model.coef_[0]
            return Earned(coef=coef, intercept=float(model.intercept_[0]), evidence=found)
        del kept[weakest]
    return Earned(coef=np.zeros(weights.shape[1]), intercept=base_log_odds(is_bad, sample_weight), evidence=found)


def rarer(is_bad: Bools, groups: NDArray[Any] | None, sample_weight: Floats | None = None) -> float:
    """Size of the rarer class: groups that have a row of it, for several rows of a firm tell of one firm.

    Args:
        is_bad: One per row.
        groups: Rows that belong together; None: each row stands for itself.
        sample_weight: How many rows a row stands for; a group counts as much as its rows of the class on average.
    """
    counted = np.ones(len(is_bad)) if sample_weight is None else sample_weight
    sizes = []
    for inside in (is_bad, ~is_bad):
        weight = counted[inside]
        if groups is not None:
            _, index, rows = np.unique(groups[inside], return_inverse=True, return_counts=True)
            weight = np.bincount(index, weights=weight, minlength=len(rows)) / rows
        sizes.append(float(weight.sum()))
    return min(sizes)


def platt(log_odds: Floats, is_bad: Bools, sample_weight: Floats | None = None) -> tuple[float, float]:
    """Slope and shift that calibrate log-odds; slope 0 where they have no predictive value.

    Args:
        log_odds: Out-of-sample predictions.
        is_bad: One per row; both outcomes occur.
        sample_weight: As in ``earned_coefficients``.
    """
    slope = 0.0
    if np.ptp(log_odds) > 0.0:
        model = logistic(log_odds.reshape(-1, 1), is_bad, C=PLATT_C, sample_weight=sample_weight)
        slope = float(model.coef_[0, 0])
    # A negative slope would turn the declared directions round.
    if slope <= 0.0:
        return 0.0, base_log_odds(is_bad, sample_weight)
    return slope, float(model.intercept_[0])


def _standard_errors(
    model: LogisticRegression,
    weights: Floats,
    is_bad: Bools,
    groups: NDArray[Any] | None,
    sample_weight: Floats | None,
) -> Floats:
    """Of the coefficients; rows of one group count as dependent (sandwich estimator)."""
    bad = model.predict_proba(weights)[:, 1]
    counted = 1.0 if sample_weight is None else sample_weight
    design = np.column_stack([np.ones(len(weights)), weights])
    curvature = design.T @ (design * (counted * bad * (1.0 - bad))[:, None])
    # The penalty counts as evidence for small coefficients; the intercept is not penalised.
    curvature[np.diag_indices_from(curvature)] += np.r_[0.0, np.full(weights.shape[1], 1.0 / model.C)]
    # A pseudo-inverse: columns that repeat each other make the matrix singular.
    covariance = np.linalg.pinv(curvature, hermitian=True)
    if groups is not None:
        pulls = design * (counted * (is_bad - bad))[:, None]
        _, index = np.unique(groups, return_inverse=True)
        totals = np.zeros((int(index.max()) + 1, design.shape[1]))
        np.add.at(totals, index, pulls)
        covariance = covariance @ (totals.T @ totals) @ covariance
    errors: Floats = np.sqrt(np.maximum(np.diag(covariance), np.finfo(np.float64).tiny))[1:]
    return errors
