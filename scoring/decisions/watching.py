"""Whether the firms that apply are still like those that a model learned from, and whether its probabilities come true.

Counts are compared with the model's own: how its training rows spread over the bins of each feature, and its later rows
over bands of the score. Every figure comes with the probability that chance alone makes it as large, and all of them
together raise a false alarm in at most one period of twenty (Holm's method). ``docs/watching.md`` has the formulas.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import fsum, log, sqrt
from typing import Final

import msgspec
import numpy as np

from models.chance import LARGE, chi_square_tail, holm, more_missing, normal_tail, shift
from models.points import PointsTable
from models.records import TrainingRecord, Validation
from scoring.decisions.decision import Verdict
from scoring.decisions.records import RecordError
from scoring.decisions.review_report import ShareFigure

FALSE_ALARMS: Final = 0.05
"""Periods in which something is told although nothing changed, at most."""
LEAST_PSI: Final = 0.1
"""A smaller shift is told by nobody, however sure it is: the customary bound of a moderate one."""
LEAST_MISSING: Final = 0.05
"""A share of missing values that rose by less is not told."""
LEAST_MIX: Final = 0.1
"""A share of a recommendation that moved by less is not told."""
LEAST_CALIBRATION: Final = 0.25
"""Bads that were more or fewer than expected, quarter by quarter, by a smaller share of all expected are not told."""
TESTED_MONTHS: Final = 12
"""Calibration is judged by quarters whose last performance window ended in so many months before the end of the period:
a bad quarter is told for a year, and good ones of long ago hide no new one."""
FEWEST: Final = 30
"""Decisions with a score, below which nothing is compared."""


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    feature: str
    bin: int | None
    second_feature: str | None = None


class _Assessed(msgspec.Struct, frozen=True, kw_only=True):
    recommendation: Verdict
    score: float | None
    pd: float | None
    contributions: tuple[_Part, ...]


class _Versions(msgspec.Struct, frozen=True, kw_only=True):
    model: str
    model_sha256: str
    policy_sha256: str


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked at of one decision."""

    decision_id: str
    as_of: date
    assessment: _Assessed
    versions: _Versions


_decoder: Final = msgspec.json.Decoder(Seen)


def seen_in(content: bytes) -> Seen:
    """The part of a record that is watched, without decoding the rest.

    Raises:
        RecordError: the bytes are no record.
    """
    try:
        return _decoder.decode(content)
    except msgspec.DecodeError as error:
        raise RecordError("is no decision") from error


@dataclass(slots=True, kw_only=True)
class Counting:
    """Decisions of one model in one period, counted one by one."""

    scored: int = 0
    without_score: int = 0
    scores: list[float] = field(default_factory=list)
    pds: float = 0.0
    bins: dict[str, Counter[int | None]] = field(default_factory=dict)
    """Of each feature; None is missing."""
    mix: Counter[Verdict] = field(default_factory=Counter)
    """Recommendations of all decisions of the model."""

    def add(self, seen: Seen) -> None:
        """Count one decision."""
        assessed = seen.assessment
        self.mix[assessed.recommendation] += 1
        if assessed.score is None or assessed.pd is None:
            self.without_score += 1
            return
        self.scored += 1
        self.scores.append(assessed.score)
        self.pds += assessed.pd
        for part in assessed.contributions:
            # The bins of a pair follow from those of its features, which are counted.
            if part.second_feature is None:
                self.bins.setdefault(part.feature, Counter())[part.bin] += 1


class FeatureFigure(msgspec.Struct, frozen=True, kw_only=True):
    """How far a feature, or the score, has moved."""

    name: str
    psi: float
    """Population stability index, over bins that are added up where few decisions are expected."""
    p: float
    """Probability that chance moves it as far."""
    missing_share: float | None
    """Null of the score, as the next."""
    missing_before: float | None
    points: float | None
    """By how much it moves the mean score; null of the score."""
    is_alarm: bool


class MixFigure(msgspec.Struct, frozen=True, kw_only=True):
    """How often something was recommended."""

    recommendation: Verdict
    count: int
    share: float
    share_before: float | None
    """In the period before; null where that had too few decisions."""


class VintageFigure(msgspec.Struct, frozen=True, kw_only=True):
    """Loans of one quarter of grants whose performance window is over, and what the model had said of them."""

    quarter: date
    """Its first day."""
    loans: int
    expected_bads: float
    bads: int
    p: float | None
    """Probability that as many bads, or as few, come by chance where the probabilities are right; null where the last
    window ended more than ``TESTED_MONTHS`` before the end of the period: what is so old is shown, and tested no more.
    """


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """What watching a model in one period found."""

    model: str
    since: date
    until: date
    scored: int
    without_score: int
    of_other_models: int
    mean_score: float | None
    mean_score_before: float
    """Of the training rows."""
    mean_pd: float | None
    """What is expected to go bad of all who applied, before any outcome is known."""
    features: tuple[FeatureFigure, ...]
    """The score first, then by how far they moved. Empty with fewer than ``FEWEST`` decisions."""
    mix: tuple[MixFigure, ...]
    mix_p: float | None
    """Probability that the mix moves as far from that of the period before by chance."""
    vintages: tuple[VintageFigure, ...]
    overrides: ShareFigure | None
    """Of what persons decided in these months, on any model's decisions; null where so few persons voted that it would
    tell of one."""
    alarms: tuple[str, ...]
    """What is told: names of features, ``score``, ``recommendations``, ``calibration``."""
    damaged: tuple[str, ...]
    """Decisions that were altered; they are left out."""

    @property
    def is_compared(self) -> bool:
        """Whether enough is known to say that something has moved, or that nothing has."""
        return bool(self.features) or self.mix_p is not None or any(one.p is not None for one in self.vintages)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one loan whose outcome is known."""

    granted_on: date
    pd: float
    is_bad: bool


def watched(  # noqa: PLR0913  each is a part of what is compared
    now: Counting,
    before: Counting,
    table: PointsTable,
    training: TrainingRecord,
    validation: Validation,
    outcomes: Iterable[Outcome],
    *,
    model: str,
    of_other_models: int,
    since: date,
    until: date,
    overrides: ShareFigure | None = None,
    damaged: Sequence[str] = (),
) -> Watched:
    """Compare a period with what the model learned from, with the period before, and with what came true.

    Args:
        now: Decisions of the period.
        before: Of the period before, of the same length.
        table: Of the model.
        training: Of the model: how many firms it learned from.
        validation: Of the model: its bands of the score.
        outcomes: Of loans that the model had scored, whenever.
        model: Its name and version, as in a record.
        of_other_models: Borrowers of the period whose newest decision another model scored.
        since: The first day of the period.
        until: The last one.
        overrides: how often persons decided otherwise than was recommended, whichever model did.
        damaged: Decisions that were altered.
    """
    features = _features(now, table, training, validation) if now.scored >= FEWEST else ()
    mix, mix_p = _mix(now, before)
    horizon = 0 if training.definition is None else training.definition.horizon_months
    vintages = _vintages(outcomes, horizon_months=horizon, until=until)
    tested = [one for one in vintages if one.p is not None]
    tests: dict[str, float] = {figure.name: figure.p for figure in features}
    if mix_p is not None:
        tests["recommendations"] = mix_p
    if tested:
        tests["calibration"] = _calibration(tested)
    material = {figure.name for figure in features if _is_material(figure)}
    if any(one.share_before is not None and abs(one.share - one.share_before) >= LEAST_MIX for one in mix):
        material.add("recommendations")
    # By quarter, so that too few in one do not make up for too many in another.
    away = sum(abs(one.bads - one.expected_bads) for one in tested)
    if away >= LEAST_CALIBRATION * sum(one.expected_bads for one in tested):
        material.add("calibration")
    alarms = [name for name in holm(tests, FALSE_ALARMS) if name in material]
    return Watched(
        model=model,
        since=since,
        until=until,
        scored=now.scored,
        without_score=now.without_score,
        of_other_models=of_other_models,
        mean_score=sum(now.scores) / now.scored if now.scored else None,
        mean_score_before=_mean_score(table),
        mean_pd=now.pds / now.scored if now.scored else None,
        features=tuple(
            msgspec.structs.replace(figure, is_alarm=figure.name in alarms)
            for figure in sorted(features, key=lambda one: (one.name != SCORE, -one.psi, one.name))
        ),
        mix=mix,
        mix_p=mix_p,
        vintages=vintages,
        overrides=overrides,
        alarms=tuple(alarms),
        damaged=tuple(damaged),
    )


SCORE: Final = "score"
"""The name of the score among features."""


def _is_material(figure: FeatureFigure) -> bool:
    rise = 0.0 if figure.missing_share is None else figure.missing_share - (figure.missing_before or 0.0)
    return figure.psi >= LEAST_PSI or rise >= LEAST_MISSING


def _features(
    now: Counting, table: PointsTable, training: TrainingRecord, validation: Validation
) -> tuple[FeatureFigure, ...]:
    learned = training.train.borrowers
    found = []
    for steps in table.features:
        counts = now.bins.get(steps.name, Counter())
        shares = (*steps.shares, steps.missing_share)
        points = (*steps.points, steps.missing_points)
        cells = [counts[number] for number in range(len(steps.shares))] + [counts[None]]
        psi, p = shift(cells, shares, learned)
        total = sum(cells)
        moved = sum(point * (cell / total - share) for point, cell, share in zip(points, cells, shares, strict=True))
        rise = more_missing(cells[-1], total, steps.missing_share, learned)
        found.append(
            FeatureFigure(
                name=steps.name,
                psi=psi,
                # Twice the smaller of both: either of two tests may be the one that finds something.
                p=min(1.0, 2 * min(p, rise)),
                missing_share=cells[-1] / total,
                missing_before=steps.missing_share,
                points=moved,
                is_alarm=False,
            )
        )
    bands = validation.bands
    rows = sum(band.rows for band in bands)
    # Each band begins at its edge and ends at the next one that is listed: those without a row are left out, the lowest
    # ones, too, so that what is below the first edge belongs to the first band.
    ordered = sorted(bands, key=lambda band: float("-inf") if band.score_from is None else band.score_from)
    edges = [band.score_from for band in ordered[1:] if band.score_from is not None]
    counts_of_bands = Counter(sum(score >= edge for edge in edges) for score in now.scores)
    cells = [counts_of_bands[number] for number in range(len(ordered))]
    psi, p = shift(cells, [band.rows / rows for band in ordered], training.out_of_time.borrowers)
    score = FeatureFigure(
        name=SCORE, psi=psi, p=p, missing_share=None, missing_before=None, points=None, is_alarm=False
    )
    return (score, *found)


def _mean_score(table: PointsTable) -> float:
    """Of the training rows: points are relative to their mean, up to rounding."""
    return table.base + sum(
        sum(point * share for point, share in zip(steps.points, steps.shares, strict=True))
        + steps.missing_points * steps.missing_share
        for steps in table.features
    )


def _mix(now: Counting, before: Counting) -> tuple[tuple[MixFigure, ...], float | None]:
    total, total_before = now.mix.total(), before.mix.total()
    is_comparable = min(total, total_before) >= FEWEST
    figures = tuple(
        MixFigure(
            recommendation=one,
            count=now.mix[one],
            share=now.mix[one] / total if total else 0.0,
            share_before=before.mix[one] / total_before if is_comparable else None,
        )
        for one in Verdict
    )
    if not is_comparable:
        return figures, None
    statistic, used = 0.0, 0
    for one in Verdict:
        both = now.mix[one] + before.mix[one]
        if not both:
            continue
        used += 1
        for count, size in ((now.mix[one], total), (before.mix[one], total_before)):
            expected = both * size / (total + total_before)
            statistic += (count - expected) ** 2 / expected
    return figures, chi_square_tail(statistic, used - 1) if used > 1 else 1.0


def _vintages(outcomes: Iterable[Outcome], *, horizon_months: int, until: date) -> tuple[VintageFigure, ...]:
    by_quarter: dict[date, list[Outcome]] = {}
    for one in outcomes:
        first = date(one.granted_on.year, 3 * ((one.granted_on.month - 1) // 3) + 1, 1)
        by_quarter.setdefault(first, []).append(one)
    return tuple(
        VintageFigure(
            quarter=quarter,
            loans=len(some),
            expected_bads=sum(one.pd for one in some),
            bads=sum(one.is_bad for one in some),
            p=_as_many(some) if _months_after(quarter, 3 + horizon_months + TESTED_MONTHS) > until else None,
        )
        for quarter, some in sorted(by_quarter.items())
    )


def _months_after(first: date, months: int) -> date:
    """The first day of a month so many months after that of another."""
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1)


def _as_many(outcomes: Sequence[Outcome]) -> float:
    """Two-sided, where each goes bad with its own probability: by the exact distribution, of many by the normal one."""
    bads = sum(one.is_bad for one in outcomes)
    variance = fsum(one.pd * (1 - one.pd) for one in outcomes)
    if variance > LARGE:
        away = abs(bads - fsum(one.pd for one in outcomes)) - 0.5
        return min(1.0, 2 * normal_tail(away / sqrt(variance)))
    chances = np.zeros(len(outcomes) + 1)
    chances[0] = 1.0
    for one in outcomes:
        chances[1:] = chances[1:] * (1 - one.pd) + chances[:-1] * one.pd
        chances[0] *= 1 - one.pd
    low, high = fsum(chances[: bads + 1].tolist()), fsum(chances[bads:].tolist())
    return min(1.0, 2 * min(low, high))


def _calibration(vintages: Sequence[VintageFigure]) -> float:
    """Of tested vintages together by Fisher's method: each says something of its own, and none may hide the others."""
    statistic = sum(-2 * log(max(one.p or 0.0, 1e-300)) for one in vintages)
    return chi_square_tail(statistic, 2 * len(vintages))
