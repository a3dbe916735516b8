"""A model in the shadow beside the one that decides: how far they agree, who would move, and who was right so far."""

from collections.abc import Mapping, Sequence
from math import sqrt
from statistics import NormalDist, fmean, quantiles
from typing import Final

import msgspec

from scoring.decisions.comparison import Pair, Summary, summarise
from scoring.decisions.decision import Verdict

FEWEST: Final = 100
"""Applications below which shares say little: one that moves is more than a percent of them."""
FEWEST_BADS: Final = 30
"""Bad loans below which outcomes say nothing about which model ranks better."""
_Z: Final = NormalDist().inv_cdf(0.975)


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """Applications for which both recommend the same."""

    count: int
    share: float
    low: float
    """With a confidence of 95 %, by Wilson."""
    high: float


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """Points of the shadow less those of the model that decides, where both score."""

    count: int
    mean: float
    lower_quartile: float
    median: float
    upper_quartile: float
    mean_pd_before: float
    mean_pd_after: float


class Proved(msgspec.Struct, frozen=True, kw_only=True):
    """Loans whose outcome is known."""

    loans: int
    bads: int
    expected_before: float
    """Bads by the probabilities of the model that decides."""
    expected_after: float
    """By those of the shadow."""


class LiveComparison(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a time in the shadow."""

    summary: Summary
    agreement: Agreement
    shift: Shift | None
    """Null with fewer than two scores of both."""
    outcomes: dict[str, Proved]
    """Of ``both``, ``before``, ``after`` or ``neither`` recommending to approve; without those of no loan."""

    @property
    def is_small(self) -> bool:
        """Whether there are too few applications for shares to say much."""
        return self.summary.count < FEWEST

    @property
    def bads(self) -> int:
        """Bad loans that are known."""
        return sum(one.bads for one in self.outcomes.values())


def compare_live(pairs: Sequence[Pair], bads: Mapping[str, bool]) -> LiveComparison:
    """Add up.

    Args:
        pairs: at least one.
        bads: of decisions whose loan has an outcome, whether it is bad.
    """
    same = sum(not pair.moves for pair in pairs)
    groups: dict[str, list[Pair]] = {}
    for pair in pairs:
        if pair.decision_id in bads and pair.before.pd is not None and pair.after.pd is not None:
            groups.setdefault(_who_approves(pair), []).append(pair)
    return LiveComparison(
        summary=summarise(pairs),
        agreement=_agreement(same, len(pairs)),
        shift=_shift(pairs),
        outcomes={
            name: Proved(
                loans=len(groups[name]),
                bads=sum(bads[pair.decision_id] for pair in groups[name]),
                expected_before=sum(pair.before.pd or 0.0 for pair in groups[name]),
                expected_after=sum(pair.after.pd or 0.0 for pair in groups[name]),
            )
            for name in ("both", "before", "after", "neither")
            if name in groups
        },
    )


def _who_approves(pair: Pair) -> str:
    before, after = (one.recommendation is Verdict.APPROVE for one in (pair.before, pair.after))
    if before and after:
        return "both"
    return "before" if before else "after" if after else "neither"


def _agreement(same: int, count: int) -> Agreement:
    share, weight = same / count, _Z * _Z / count
    middle = (share + weight / 2) / (1 + weight)
    half = _Z * sqrt(share * (1 - share) / count + weight / (4 * count)) / (1 + weight)
    return Agreement(count=same, share=share, low=max(0.0, middle - half), high=min(1.0, middle + half))


def _shift(pairs: Sequence[Pair]) -> Shift | None:
    scored = [
        (pair.after.score - pair.before.score, pair.before.pd, pair.after.pd)
        for pair in pairs
        if pair.before.score is not None
        and pair.after.score is not None
        and pair.before.pd is not None
        and pair.after.pd is not None
    ]
    if len(scored) < 2:
        return None
    points = [one for one, _, _ in scored]
    lower, median, upper = quantiles(points, n=4, method="inclusive")
    return Shift(
        count=len(scored),
        mean=fmean(points),
        lower_quartile=lower,
        median=median,
        upper_quartile=upper,
        mean_pd_before=fmean(one for _, one, _ in scored),
        mean_pd_after=fmean(one for _, _, one in scored),
    )
