"""How a model treats segments of firms out of time: ranking, calibration and approvals, each beside all others."""

from collections.abc import Sequence
from math import isfinite, log

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from models import metrics
from models.binning import Floats
from models.chance import holm, normal_tail
from models.findings import FairnessFigures, SegmentFigures
from models.records import Estimate
from models.segments import DIMENSIONS, in_order
from models.train import bads_of

FEWEST_BADS = 20
"""Of a segment, and as many goods: with fewer, its ranking and calibration say more of chance than of the model."""
FEWEST_ROWS = 30
"""Of a segment, for its share of approvals."""
DRAWS = 200
LEVEL = 0.05
"""Of all comparisons of one kind together (Holm)."""
FOUR_FIFTHS = 0.8
"""An approval share below so much of that of others is looked at: a custom from the USA, not German law."""

Bools = NDArray[np.bool_]


def segment_figures(later: pl.DataFrame, cut_off: float | None) -> tuple[SegmentFigures, ...]:
    """Figures of every segment of every dimension.

    Args:
        later: Scored rows out of time, with the labels of ``with_segments``.
        cut_off: PD up to which a firm is approved; null where nobody said it.
    """
    draws = metrics.draws_of(later["borrower"].to_numpy(), DRAWS)
    return tuple(
        _segment(later, dimension, name, cut_off, draws)
        for dimension in DIMENSIONS
        for name in in_order(dimension, later[dimension].unique().to_list())
    )


def _segment(
    later: pl.DataFrame, dimension: str, name: str, cut_off: float | None, draws: metrics.Draws
) -> SegmentFigures:
    inside = (later[dimension] == name).to_numpy()
    rows = later.filter(pl.Series(inside))
    is_bad, pd = bads_of(rows), rows["pd"].to_numpy()
    weights = draws.at(inside)
    is_enough = has_enough(is_bad)
    ranking = metrics.Ranking(rows["log_odds"].to_numpy(), is_bad)
    has_share = cut_off is not None and rows.height >= FEWEST_ROWS
    return SegmentFigures(
        dimension=dimension,
        name=name,
        rows=rows.height,
        bads=int(is_bad.sum()),
        mean_score=float(rows["score"].to_numpy().mean()),
        mean_pd=float(pd.mean()),
        auc=metrics.estimate(ranking.auc, rows.height, weights) if is_enough else None,
        observed_to_expected=(
            metrics.estimate(metrics.observed_to_expected(pd, is_bad), rows.height, weights) if is_enough else None
        ),
        approved=metrics.estimate(share_of(pd <= (cut_off or 0.0)), rows.height, weights) if has_share else None,
    )


def has_enough(is_bad: Bools) -> bool:
    """Whether a segment has the bads and goods that its figures need."""
    return min(int(is_bad.sum()), int((~is_bad).sum())) >= FEWEST_BADS


def share_of(chosen: Bools, among: Bools | None = None) -> metrics.Statistic:
    """The weight of what is chosen, as a share of all, or of some; NaN where these have none."""
    some = np.ones(len(chosen), dtype=np.bool_) if among is None else among
    return lambda weights: _over(weights @ (chosen & some), weights @ some)


def fairness_figures(later: pl.DataFrame, cut_off: float) -> tuple[FairnessFigures, ...]:
    """Every segment that has figures beside all other firms.

    Args:
        later: Scored rows out of time, with the labels of ``with_segments``.
        cut_off: PD up to which a firm is approved.
    """
    draws = metrics.draws_of(later["borrower"].to_numpy(), DRAWS)
    found = []
    for dimension in DIMENSIONS:
        labels = later[dimension].to_numpy()
        for name in in_order(dimension, later[dimension].unique().to_list()):
            group = labels == name
            if min(int(group.sum()), int((~group).sum())) >= FEWEST_ROWS:
                found.append(_beside(later, group, cut_off, draws, (dimension, name)))
    approvals = {str(n): one.impact_ratio for n, one in enumerate(found) if one.impact_ratio is not None}
    less = holm({n: _surely_below(ratio, FOUR_FIFTHS) for n, ratio in approvals.items()}, LEVEL)
    ratios = {str(n): one.calibration_ratio for n, one in enumerate(found) if one.calibration_ratio is not None}
    other = holm({n: _surely_not_one(ratio) for n, ratio in ratios.items()}, LEVEL)
    return tuple(
        msgspec.structs.replace(one, is_approved_less=str(number) in less, is_calibrated_otherwise=str(number) in other)
        for number, one in enumerate(found)
    )


def _beside(
    later: pl.DataFrame, group: Bools, cut_off: float, draws: Sequence[Floats], told: tuple[str, str]
) -> FairnessFigures:
    is_bad, pd = bads_of(later), later["pd"].to_numpy()
    approved, others = pd <= cut_off, ~group
    goods, goods_beside = group & ~is_bad, others & ~is_bad
    share, share_beside = share_of(approved, group), share_of(approved, others)
    of_goods, of_goods_beside = share_of(approved, goods), share_of(approved, goods_beside)

    def calibration(weights: Floats) -> float:
        ratios = [_over(weights @ (is_bad & side), weights @ np.where(side, pd, 0.0)) for side in (group, others)]
        return _over(*ratios)

    def figure(statistic: metrics.Statistic) -> Estimate:
        return metrics.estimate(statistic, len(is_bad), draws)

    has_goods = min(int(goods.sum()), int(goods_beside.sum())) >= FEWEST_ROWS
    dimension, name = told
    return FairnessFigures(
        dimension=dimension,
        name=name,
        approved_difference=figure(lambda weights: share(weights) - share_beside(weights)),
        # Where no other firm is approved, there is nothing to divide by.
        impact_ratio=(
            figure(lambda weights: _over(share(weights), share_beside(weights))) if (approved & others).any() else None
        ),
        good_difference=figure(lambda weights: of_goods(weights) - of_goods_beside(weights)) if has_goods else None,
        calibration_ratio=figure(calibration) if has_enough(is_bad[group]) and has_enough(is_bad[others]) else None,
        is_approved_less=False,
        is_calibrated_otherwise=False,
    )


def _surely_below(ratio: Estimate, bound: float) -> float:
    """Probability of so low a ratio where it is the bound in truth; by the normal distribution of its logarithm."""
    if ratio.value == 0:
        return 0.0 if ratio.high < bound else 1.0
    return normal_tail(_errors(ratio, bound)) if isfinite(ratio.value) else 1.0


def _surely_not_one(ratio: Estimate) -> float:
    return min(1.0, 2 * normal_tail(abs(_errors(ratio, 1.0)))) if isfinite(ratio.value) else 1.0


def _errors(ratio: Estimate, bound: float) -> float:
    """How many standard errors a ratio is below a bound, on the scale of logarithms."""
    low, value, high = (log(max(end, 1e-6)) for end in (ratio.low, ratio.value, ratio.high))
    error = (high - low) / (2 * 1.96)
    return (log(bound) - value) / error if error else 0.0


def _over(part: Floats | float, whole: Floats | float) -> float:
    return float(part) / float(whole) if whole else float("nan")
