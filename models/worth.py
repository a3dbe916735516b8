"""What a model is worth out of time: bads it catches, what each feature adds, a single feature, and another model."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from features.feature import Risk
from models import metrics
from models.binning import Floats
from models.by_segment import share_of
from models.findings import Added, BestFeature, Effect, GainsRow, SwapSet
from models.points import PointsTable
from models.records import Estimate
from models.train import bads_of
from models.variables import Declared

DRAWS = 200
SHARES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0)
"""Of the rows with the lowest scores, in the table of gains."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """The model that another one would replace."""

    title: str
    table: PointsTable
    trained_until: date | None = None
    """Null where nothing was trained."""


def gains(later: pl.DataFrame) -> tuple[GainsRow, ...]:
    """How many bads are among the lowest scores; ties are cut where they stand, in the order of the rows."""
    is_bad, risk = bads_of(later), later["log_odds"].to_numpy()
    order = np.argsort(-risk, kind="stable")
    draws = metrics.draws_of(later["borrower"].to_numpy(), DRAWS)
    found = []
    for share in SHARES:
        chosen = np.zeros(len(order), dtype=np.bool_)
        chosen[order[: round(share * len(order))]] = True
        caught = metrics.estimate(share_of(chosen, is_bad), len(order), draws)
        bads = int((chosen & is_bad).sum())
        found.append(GainsRow(share=share, bads=bads, caught=caught, lift=caught.value / share))
    return tuple(found)


def added(table: PointsTable, later: pl.DataFrame) -> tuple[Added, ...]:
    """AUC with and without the points of each feature and its pairs; the model is a sum: nothing is fitted again."""
    is_bad = bads_of(later)
    draws = metrics.draws_of(later["borrower"].to_numpy(), DRAWS)
    scored = table.score_frame(later)
    whole = metrics.Ranking(-scored["score"].to_numpy(), is_bad)
    found = []
    for name in scored.columns[3:]:
        its = [name, *(pair.name for pair in table.pairs if name in {pair.first, pair.second})]
        rest = metrics.Ranking(-(scored["score"] - scored.select(its).sum_horizontal()).to_numpy(), is_bad)
        found.append(
            Added(
                name=name,
                auc_without=rest.auc(np.ones(len(is_bad))),
                added=_difference(whole, rest, len(is_bad), draws),
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.added.value, one.name)))


def best_feature(features: Sequence[Declared], training: pl.DataFrame, later: pl.DataFrame) -> BestFeature | None:
    """The feature that ranks best in the training part, out of time; null where no feature has values and a direction.

    It is chosen on the training part: chosen out of time it would be too good.
    """
    ranked = [
        (metrics.Ranking(risk, bads_of(training)).auc(np.ones(training.height)), feature)
        for feature in features
        if feature.risk is not Risk.OPEN and (risk := _risk(feature, training, training)) is not None
    ]
    if not ranked:
        return None
    _, best = max(ranked, key=lambda one: one[0])
    is_bad = bads_of(later)
    draws = metrics.draws_of(later["borrower"].to_numpy(), DRAWS)
    risk = _risk(best, later, training)
    assert risk is not None  # noqa: S101  it had a value in the training part
    alone = metrics.Ranking(risk, is_bad)
    model = metrics.Ranking(later["log_odds"].to_numpy(), is_bad)
    return BestFeature(
        name=best.name,
        auc=metrics.estimate(alone.auc, len(is_bad), draws),
        added=_difference(model, alone, len(is_bad), draws),
    )


def _risk(feature: Declared, rows: pl.DataFrame, training: pl.DataFrame) -> Floats | None:
    """Values in the direction of risk, the missing ones as the mean of the training part."""
    mean = training[feature.name].cast(pl.Float64).mean()
    if not isinstance(mean, float) or not np.isfinite(mean):
        return None
    values: Floats = rows[feature.name].cast(pl.Float64).fill_null(mean).to_numpy()
    return -values if feature.risk is Risk.LOWERS else values


def _difference(first: metrics.Ranking, second: metrics.Ranking, rows: int, draws: Sequence[Floats]) -> Estimate:
    return metrics.estimate(lambda weights: first.auc(weights) - second.auc(weights), rows, draws)


def effect(title: str, table: PointsTable, later: pl.DataFrame, cut_off: float) -> Effect:
    """Whom a cut-off approves, and how many of them went bad."""
    approved = table.score_frame(later)["pd"].to_numpy() <= cut_off
    is_bad = bads_of(later)
    draws = metrics.draws_of(later["borrower"].to_numpy(), DRAWS)
    rate = None
    if approved.any():
        rate = metrics.estimate(share_of(is_bad, approved), len(is_bad), draws)
    return Effect(
        model=title,
        cut_off=cut_off,
        approved=metrics.estimate(share_of(approved), len(is_bad), draws),
        bad_rate=rate,
    )


def swap_set(rival: Rival, later: pl.DataFrame, cut_off: float) -> SwapSet:
    """Who changes side where this model approves as many as the other one does with its cut-off.

    Of firms with the same score at the edge, those whose rows come first are approved.
    """
    is_bad = bads_of(later)
    theirs = rival.table.score_frame(later)["pd"].to_numpy() <= cut_off
    best = np.argsort(later["log_odds"].to_numpy(), kind="stable")[: int(theirs.sum())]
    ours = np.zeros(len(is_bad), dtype=np.bool_)
    ours[best] = True
    into, out = ours & ~theirs, theirs & ~ours
    first_day: date = later["as_of"].sort()[0]
    draws = metrics.draws_of(later["borrower"].to_numpy(), DRAWS)
    return SwapSet(
        champion=rival.title,
        rows=len(is_bad),
        may_have_seen=rival.trained_until is not None and rival.trained_until >= first_day,
        both=int((ours & theirs).sum()),
        swapped_in=int(into.sum()),
        swapped_in_bads=int((into & is_bad).sum()),
        swapped_out=int(out.sum()),
        swapped_out_bads=int((out & is_bad).sum()),
        saved=metrics.estimate(
            lambda weights: 1000 * float(weights @ (out & is_bad) - weights @ (into & is_bad)) / float(weights.sum()),
            len(is_bad),
            draws,
        ),
    )
