"""Graphics of the score: the waterfall from base to score, and the scale with the cut-offs."""

from collections.abc import Iterable
from decimal import Decimal
from math import log
from typing import Final

import msgspec

from models.points import Contribution, score_of
from scoring.decisions.decision import Assessment, RuleResult
from scoring.pages.charts import WIDTH, Scale, Tick, round_bounds
from scoring.pages.formats import Formats, tenths

STEP_WIDTH: Final = 200.0
"""Width of the drawing in each row of the waterfall."""
_APPROVE, _DECLINE = "PD_NEEDS_REVIEW", "PD_TOO_HIGH"
"""The rules whose thresholds are the cut-offs."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What one feature, or two together, add, as it is shown."""

    name: str
    points: Decimal
    total: Decimal
    """Base and all points so far."""
    x: float
    width: float


class Waterfall(msgspec.Struct, frozen=True, kw_only=True):
    """From base to score: first what earns points, then what costs them, each by weight."""

    base: Decimal
    score: Decimal
    rounding: Decimal
    """Rounding difference of the displayed tenths; mostly 0."""
    base_at: float
    score_at: float
    steps: tuple[Step, ...]


class CutOff(msgspec.Struct, frozen=True, kw_only=True):
    """A bound of the policy on the probability of default, and the score that it stands for."""

    pd: float
    score: float
    at: float


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """Interval of the score over other samples of training firms."""

    low: float
    high: float
    pd_low: float
    pd_high: float
    start: float
    end: float


class ScoreScale(msgspec.Struct, frozen=True, kw_only=True):
    """The score between the cut-offs."""

    score: float
    at: float
    start: float
    end: float
    interval: Interval | None
    """None if the model has no interval."""
    ticks: tuple[Tick, ...]
    decline: CutOff
    approve: CutOff


def waterfall_of(assessment: Assessment) -> Waterfall | None:
    """The waterfall; None without a score."""
    if assessment.score is None or assessment.base is None:
        return None
    ordered = _ordered(assessment.contributions)
    base, score = tenths(assessment.base), tenths(assessment.score)
    reached = [base]
    for item in ordered:
        reached.append(reached[-1] + tenths(item.points))
    bounds = [float(total) for total in (*reached, score)]
    scale = Scale(low=min(bounds) - 4.0, high=max(bounds) + 4.0, start=0.0, end=STEP_WIDTH)
    steps = []
    for item, before, after in zip(ordered, reached, reached[1:], strict=False):
        left, right = scale.at(float(min(before, after))), scale.at(float(max(before, after)))
        steps.append(
            Step(
                name=item.name,
                points=after - before,
                total=after,
                x=left,
                width=max(round(right - left, 2), 1.0),
            )
        )
    return Waterfall(
        base=base,
        score=score,
        rounding=score - reached[-1],
        base_at=scale.at(float(base)),
        score_at=scale.at(float(score)),
        steps=tuple(steps),
    )


def score_scale_of(assessment: Assessment, f: Formats) -> ScoreScale | None:
    """The scale; None without a score or where the policy has other cut-offs than two."""
    approve, decline = (_threshold(assessment.rules, rule) for rule in (_APPROVE, _DECLINE))
    if assessment.score is None or approve is None or decline is None:
        return None
    ends = (assessment.score_low, assessment.score_high)
    values = (assessment.score, _score_at(approve), _score_at(decline), *(end for end in ends if end is not None))
    low, *_, high = bounds = round_bounds(min(values) - 60.0, max(values) + 60.0, lines=6)
    scale = Scale(low=low, high=high, start=12.0, end=WIDTH - 12.0)
    return ScoreScale(
        score=assessment.score,
        at=scale.at(assessment.score),
        start=scale.start,
        end=scale.end,
        interval=_interval(assessment, scale),
        ticks=tuple(Tick(at=scale.at(bound), label=f.number(bound)) for bound in bounds),
        decline=CutOff(pd=decline, score=_score_at(decline), at=scale.at(_score_at(decline))),
        approve=CutOff(pd=approve, score=_score_at(approve), at=scale.at(_score_at(approve))),
    )


def _interval(assessment: Assessment, scale: Scale) -> Interval | None:
    low, high = assessment.score_low, assessment.score_high
    pd_low, pd_high = assessment.pd_low, assessment.pd_high
    if low is None or high is None or pd_low is None or pd_high is None:
        return None
    return Interval(low=low, high=high, pd_low=pd_low, pd_high=pd_high, start=scale.at(low), end=scale.at(high))


def _ordered(contributions: Iterable[Contribution]) -> list[Contribution]:
    return sorted(contributions, key=lambda item: -item.points)


def _threshold(rules: Iterable[RuleResult], wanted: str) -> float | None:
    """The probability of default that a cut-off rule compares with, where it is one that a score can stand for."""
    found = next((rule.threshold for rule in rules if rule.id == wanted), None)
    return found if isinstance(found, float) and 0.0 < found < 1.0 else None


def _score_at(pd: float) -> float:
    return score_of(log(pd / (1.0 - pd)))
