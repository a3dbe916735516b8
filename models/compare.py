"""Compare two candidates on the same out-of-time rows: which is better, and whether the difference may be chance.

A candidate is clearly better where the interval of its advantage, in AUC or in Brier score, leaves out zero, and the
other of the two figures is not clearly against it. Where neither is clearly better, the simpler one is: the one with
fewer bins. Intervals are of the differences, from one bootstrap over borrowers that both share, because the errors of
both on one firm are correlated.
"""

from datetime import datetime
from typing import Literal

import msgspec
import numpy as np
import polars as pl

from models import metrics
from models.records import SCORECARD, Comparison, Contender, Estimate, Figures, TableRecord
from models.registry import CandidateError, stamp
from models.train import Source, bads_of
from models.validate import StoredCandidate, check_dataset, check_split, figures_of

Side = Literal["first", "second"]


def compare(
    first: StoredCandidate,
    second: StoredCandidate,
    dataset: Source,
    rows: tuple[pl.DataFrame, pl.DataFrame],
    *,
    at: datetime,
) -> Comparison:
    """Measure both on the out-of-time part that they share.

    Args:
        first: A candidate.
        second: One that was trained on the same part of the same dataset.
        dataset: That dataset.
        rows: As ``training_rows`` gives them, with the features of the first and of the second: the same rows, whose
            values differ where one was trained without bank data.
        at: Time of the comparison, with time zone; it reaches the record only.

    Raises:
        CandidateError: as ``check_comparable`` and ``check_split``, or an out-of-time part without bads or without
            goods.
    """
    check_comparable(first, second)
    check_dataset(dataset, first.record, "the candidates")
    for candidate, of_side in zip((first, second), rows, strict=True):
        check_split(of_side, candidate.record, "the candidate")
    sides = [_scored(candidate, of_side) for candidate, of_side in zip((first, second), rows, strict=True)]
    figures = [figures_of(side) for side in sides]
    if figures[0] is None or figures[1] is None:
        raise CandidateError(f"the part from {first.record.cut_off} on lacks bads or goods")
    auc, brier = _differences(sides[0], sides[1])
    contenders = _contender(first, figures[0]), _contender(second, figures[1])
    better, is_within_noise = judge(auc, brier, bins=(contenders[0].bins, contenders[1].bins))
    return Comparison(
        schema=1,
        compared_at=stamp(at),
        dataset_sha256=dataset.sha256,
        rows=figures[0].rows,
        bads=figures[0].bads,
        first=contenders[0],
        second=contenders[1],
        auc_difference=auc,
        brier_difference=brier,
        better=better,
        is_within_noise=is_within_noise,
    )


def _scored(candidate: StoredCandidate, rows: pl.DataFrame) -> pl.DataFrame:
    """The out-of-time part with the scores of a candidate."""
    is_later = (pl.col("outcome") != "indeterminate") & (pl.col("as_of") >= candidate.record.cut_off)
    later = rows.filter(is_later)
    return later.with_columns(candidate.table.score_frame(later).select("score", "log_odds", "pd"))


def check_comparable(first: StoredCandidate, second: StoredCandidate) -> None:
    """Check that two candidates differ, and were trained on the same part of the same dataset.

    Raises:
        CandidateError: one model twice, or another dataset, split or label.
    """
    if first.record.files[SCORECARD] == second.record.files[SCORECARD]:
        raise CandidateError("both candidates are the same model; name two that differ")
    if first.record.dataset.sha256 != second.record.dataset.sha256:
        raise CandidateError("the candidates were trained on different datasets; train both on the same")
    if _asked(first) != _asked(second):
        raise CandidateError(
            "the candidates were trained with other columns of the table: compare two estimators of one --directions "
            "file, with the same target, time, group and weight"
        )
    splits = [
        (side.record.trained_until, side.record.cut_off, None if side.record.table else side.record.label)
        for side in (first, second)
    ]
    if splits[0] != splits[1]:
        raise CandidateError("the candidates were trained on different days or with different labels; train both again")


def _asked(candidate: StoredCandidate) -> TableRecord | None:
    """What was asked of a table, without what was found."""
    table = candidate.record.table
    return None if table is None else msgspec.structs.replace(table, variables=(), directions_file="")


def judge(auc: Estimate, brier: Estimate, *, bins: tuple[int, int]) -> tuple[Side, bool]:
    """Which is better, and whether that is within the noise.

    Args:
        auc: First less second.
        brier: First less second.
        bins: Of the first and of the second.
    """
    for_first = auc.low > 0.0 or brier.high < 0.0
    for_second = auc.high < 0.0 or brier.low > 0.0
    # Equal means that the two figures contradict each other, or that neither is clear.
    if for_first != for_second:
        return ("first" if for_first else "second"), False
    return ("first" if bins[0] <= bins[1] else "second"), True


def _differences(first: pl.DataFrame, second: pl.DataFrame) -> tuple[Estimate, Estimate]:
    is_bad = bads_of(first)
    draws = metrics.draws_of(first["borrower"].to_numpy())
    rankings = [metrics.Ranking(side["log_odds"].to_numpy(), is_bad) for side in (first, second)]
    briers = [metrics.brier(side["pd"].to_numpy(), is_bad) for side in (first, second)]
    # Weighted as the figures of each side are.
    weight = first["row_weight"].to_numpy() if "row_weight" in first.columns else np.ones(len(is_bad))

    def difference(one: metrics.Statistic, other: metrics.Statistic) -> Estimate:
        return metrics.estimate(lambda drawn: one(drawn * weight) - other(drawn * weight), len(is_bad), draws)

    return difference(rankings[0].auc, rankings[1].auc), difference(briers[0], briers[1])


def _contender(candidate: StoredCandidate, figures: Figures) -> Contender:
    return Contender(
        estimator=candidate.record.estimator,
        scorecard_sha256=candidate.record.files[SCORECARD],
        features=len(candidate.table.features),
        bins=sum(len(feature.points) for feature in candidate.table.features)
        + sum(len(list(pair.cells)) for pair in candidate.table.pairs),
        auc=figures.auc,
        ks=figures.ks,
        brier=figures.brier,
        calibration_slope=figures.calibration_slope,
        observed_to_expected=figures.observed_to_expected,
        bank_data=candidate.record.bank_data,
    )
