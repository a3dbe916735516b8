"""Signs that the outcome leaked into the features. Each names what it found, its interval taken off, and its limit.

An alarm is a reason to look, not a proof: a person looks at the feature and its dates before the model is promoted.
"""

from collections.abc import Iterable, Sequence
from math import hypot

import numpy as np
import polars as pl

from models import metrics
from models.binning import Floats
from models.findings import Alarm
from models.records import Estimate, Figures, Validation
from models.train import bads_of
from models.variables import Declared

DRAWS = 200
DAYS_EARLIER = 30
"""How much earlier a feature is looked at again."""
MOST_SINGLE = 0.85
MOST_OVERFIT = 0.05
MOST_RECOGNISED = 0.05
MOST_MISSING = 0.65
MOST_FRESH = 0.10
MOST_AUC = 0.90
FEWEST = 20
"""Bads, and goods, with a value or without one, below which a feature is not measured."""


def alarms(
    validation: Validation,
    features: Sequence[Declared],
    later: pl.DataFrame,
    earlier: pl.DataFrame | None,
) -> tuple[Alarm, ...]:
    """All of them, raised or not.

    Args:
        validation: Figures of both parts, and evidence for every candidate feature.
        features: The candidates.
        later: Rows out of time.
        earlier: Some of these rows with the features of ``DAYS_EARLIER`` days before, under the same day; null where
            they were not derived.
    """
    train, out_of_time, unseen = validation.train, validation.out_of_time, validation.unseen_borrowers
    # A declared direction hides no leak either: what separates the other way is as little to be expected of books.
    single = [
        (one.name, _either(one.out_of_time_auc)) for one in validation.features if one.out_of_time_auc is not None
    ]
    return (
        _alarm(
            "model_auc",
            "AUC of the model out of time, lower end: books rarely tell so much",
            [("model", out_of_time.auc.low)],
            MOST_AUC,
        ),
        _alarm(
            "single_feature",
            "AUC of one feature alone out of time, in either direction, lower end",
            single,
            MOST_SINGLE,
        ),
        _alarm(
            "overfit",
            "how far the AUC falls from training to out of time, less its interval",
            [("model", _fall(train, out_of_time))],
            MOST_OVERFIT,
        ),
        _alarm(
            "recognised_firms",
            "how far the AUC falls on firms that training never saw, less its interval",
            [] if unseen is None else [("unseen borrowers", _fall(out_of_time, unseen))],
            MOST_RECOGNISED,
        ),
        _alarm(
            "missing_predicts",
            "AUC of whether a feature has no value, in either direction, lower end",
            _missing(features, later),
            MOST_MISSING,
        ),
        _alarm(
            "last_days",
            f"how far the AUC of a feature falls where it is looked at {DAYS_EARLIER} days earlier, less its interval",
            [] if earlier is None else _last_days(features, later, earlier),
            MOST_FRESH,
        ),
    )


def _alarm(name: str, meaning: str, found: Iterable[tuple[str, float]], limit: float) -> Alarm:
    subject, value = max(found, key=lambda one: one[1], default=("", None))
    return Alarm(
        name=name,
        meaning=meaning,
        subject=subject,
        found=value,
        limit=limit,
        is_raised=value is not None and value > limit,
    )


def _fall(before: Figures, after: Figures) -> float:
    """What is certain of the fall: the parts are taken as independent, which makes the interval wide enough."""
    return before.auc.value - after.auc.value - hypot(_half(before.auc), _half(after.auc))


def _either(auc: Estimate) -> float:
    """What is certain of an AUC whose values may rank either way."""
    return max(auc.low, 1 - auc.high)


def _half(estimate: Estimate) -> float:
    return (estimate.high - estimate.low) / 2


def _missing(features: Sequence[Declared], later: pl.DataFrame) -> list[tuple[str, float]]:
    is_bad = bads_of(later)
    draws = metrics.draws_of(later["borrower"].to_numpy(), DRAWS)
    found = []
    for feature in features:
        missing = later[feature.name].is_null().to_numpy()
        if not FEWEST <= missing.sum() <= len(missing) - FEWEST:
            continue
        auc = metrics.estimate(metrics.Ranking(missing.astype(np.float64), is_bad).auc, len(is_bad), draws)
        found.append((feature.name, _either(auc)))
    return found


def _last_days(features: Sequence[Declared], later: pl.DataFrame, earlier: pl.DataFrame) -> list[tuple[str, float]]:
    """Paired: the same rows now and earlier, where both have a value."""
    names = [feature.name for feature in features if feature.name in earlier.columns]
    # Where two applications of one firm are of one day, nobody knows which was which.
    now, then = (rows.unique(["borrower", "as_of"], keep="none", maintain_order=True) for rows in (later, earlier))
    renamed = then.select("borrower", "as_of", *(pl.col(name).alias(f"{name} earlier") for name in names))
    both = now.join(renamed, on=["borrower", "as_of"], how="inner", maintain_order="left")
    found = []
    for feature in features:
        if feature.name not in names:
            continue
        rows = both.filter(pl.col(feature.name).is_not_null() & pl.col(f"{feature.name} earlier").is_not_null())
        is_bad = bads_of(rows)
        if min(is_bad.sum(), (~is_bad).sum()) < FEWEST:
            continue
        newer, older = (
            metrics.Ranking(rows[name].to_numpy(), is_bad) for name in (feature.name, f"{feature.name} earlier")
        )
        draws = metrics.draws_of(rows["borrower"].to_numpy(), DRAWS)
        found.append((feature.name, _certain_fall(newer, older, len(is_bad), draws)))
    return found


def _certain_fall(now: metrics.Ranking, then: metrics.Ranking, rows: int, draws: Sequence[Floats]) -> float:
    """Of the AUC in the direction in which the newer values rank, whatever is declared."""
    sign = 1.0 if now.auc(np.ones(rows)) >= 0.5 else -1.0
    return metrics.estimate(lambda weights: sign * (now.auc(weights) - then.auc(weights)), rows, draws).low
