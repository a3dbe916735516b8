"""Reject inference: outcomes exist of who was lent to, and a model is asked about everybody who applies.

Two ways, each an option and never silent: the record says which was taken, and what it did.

* **Reweighting.** Who was lent to stands for those alike who were not: each loan weighs the inverse of the probability,
  given the features, that such a firm was lent to. It needs that somebody like every applicant was lent to.
* **Parcelling.** A first model, trained on loans alone, says how probable a default of each declined firm would have
  been; a factor says how much worse declined firms are than loans with the same score. Each declined firm then counts
  as bad and as good with these weights. The factor is an assumption that no data can check: with 1 the first model
  confirms itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models import metrics
from models.additive import AdditiveClassifier
from models.binning import Bools, Floats
from models.records import Estimate, RejectInference, RejectMethod
from models.scorecard import array_of
from models.variables import Declared
from models.woe import WoeScorecard

MOST_WEIGHT: Final = 10.0
"""A loan stands for so many applications at most: few rows must not decide alone."""
MOST_PROBABLE: Final = 0.99
"""A declined firm's probability of default after the factor, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """Rows to fit a model on, where applications that became no loan count as well."""

    values: Floats
    is_bad: Bools
    groups: NDArray[np.int64]
    weight: Floats


def reweighted(lent: Learned, declined: pl.DataFrame, features: Sequence[Declared]) -> Learned:
    """Loans, each with the inverse of the probability that such a firm was lent to; 1 in the mean.

    Args:
        lent: The loans.
        declined: Applications of the same days that became none, with a column for each feature.
        features: The candidates.
    """
    values = np.concatenate([lent.values, array_of(declined, [feature.name for feature in features])])
    was_declined = np.repeat([False, True], [len(lent.values), declined.height])
    groups = np.concatenate([lent.groups, declined["borrower"].to_numpy()])
    chances = WoeScorecard(decimals=[feature.precision for feature in features])
    chances.fit(values, was_declined, groups=groups)
    weight = np.minimum(1 / chances.predict_proba(lent.values)[:, 0], MOST_WEIGHT)
    return Learned(values=lent.values, is_bad=lent.is_bad, groups=lent.groups, weight=weight / weight.mean())


def parcelled(
    lent: Learned, declined: pl.DataFrame, features: Sequence[Declared], first: AdditiveClassifier, factor: float
) -> Learned:
    """Loans, and each declined firm twice: as bad and as good, by what the first model says of it times a factor.

    Args:
        lent: The loans.
        declined: Applications of the same days that became none, with a column for each feature.
        features: The candidates.
        first: Trained on the loans alone.
        factor: How much more often declined firms would go bad than loans with the same score.
    """
    values = array_of(declined, [feature.name for feature in features])
    pd = np.minimum(first.predict_proba(values)[:, 1] * factor, MOST_PROBABLE)
    number = len(values)
    who = declined["borrower"].to_numpy()
    return Learned(
        values=np.concatenate([lent.values, values, values]),
        is_bad=np.concatenate([lent.is_bad, np.ones(number, dtype=np.bool_), np.zeros(number, dtype=np.bool_)]),
        groups=np.concatenate([lent.groups, who, who]),
        weight=np.concatenate([lent.weight, pd, 1 - pd]),
    )


def effect(  # noqa: PLR0913  what is compared
    *,
    method: RejectMethod,
    factor: float | None,
    first: AdditiveClassifier,
    final: AdditiveClassifier,
    learned: Learned,
    lent: Learned,
    declined: Floats,
    later: tuple[Floats, Bools, NDArray[np.int64]],
) -> RejectInference:
    """What it did: how a model with it differs from one of loans alone.

    Args:
        method: Which way.
        factor: Of parcelling.
        first: Trained on loans alone.
        final: Trained with it.
        learned: What the final model was fitted on.
        lent: The loans.
        declined: Values of the declined, in the columns of the features.
        later: Values, outcomes and borrowers of later loans.
    """
    values, is_bad, borrowers = later
    draws = metrics.draws_of(borrowers)

    def auc(model: AdditiveClassifier) -> Estimate:
        return metrics.estimate(metrics.Ranking(model.decision_function(values), is_bad).auc, len(values), draws)

    def pd(model: AdditiveClassifier, rows: Floats) -> float:
        return float(model.predict_proba(rows)[:, 1].mean())

    return RejectInference(
        method=method,
        factor=factor,
        declined=len(declined),
        largest_weight=float(learned.weight.max()),
        lent_pd_before=pd(first, lent.values),
        lent_pd=pd(final, lent.values),
        declined_pd_before=pd(first, declined),
        declined_pd=pd(final, declined),
        auc_before=auc(first),
        auc=auc(final),
    )
