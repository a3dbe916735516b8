"""What a committee asks of a candidate beside its figures: all of ``findings.json``, measured on the same rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from models.alarms import alarms
from models.by_segment import fairness_figures, segment_figures
from models.card import Reported
from models.cut_offs import CutOffs
from models.findings import Findings
from models.grades import grade_figures, shift_figures
from models.records import QuarterFigures
from models.registry import stamp
from models.segments import with_segments
from models.validate import period_figures
from models.variables import Declared
from models.worth import Rival, added, best_feature, effect, gains, swap_set


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What findings depend on beside the model and its rows."""

    cut_offs: CutOffs
    known: pl.DataFrame | None
    """Of firms, as ``read_segments`` gives it; null for a table of any rows, which has no segments."""
    revenue: str | None
    """The feature that says the size of a firm, which the rows have; null where the dataset does not have it."""
    rival: Rival | None
    """The model that this one would replace; the rows have its features."""
    earlier: pl.DataFrame | None
    """Features of later rows some days earlier, as ``earlier_rows`` gives them."""


def find(
    reported: Reported, features: Sequence[Declared], rows: pl.DataFrame, asked: Asked, *, at: datetime
) -> Findings:
    """Measure a validated model for a committee.

    Args:
        reported: The model with its records.
        features: The declarations of its candidates that the rows have.
        rows: As ``training_rows`` gives them.
        asked: What it depends on beside.
        at: The time, with time zone; it reaches the record only.
    """
    table, record = reported.table, reported.record
    known = rows.filter(pl.col("outcome") != "indeterminate")
    has_segments = asked.known is not None
    if asked.known is not None:
        known = with_segments(known, asked.known, asked.revenue)
    scored = known.with_columns(table.score_frame(known).select("score", "log_odds", "pd"))
    training = scored.filter(pl.col("as_of") <= record.trained_until)
    later = scored.filter(pl.col("as_of") >= record.cut_off)
    cut_off, rival = asked.cut_offs.approve_at_or_below, asked.rival
    models = [(reported.title, table), *([] if rival is None else [(rival.title, rival.table)])]
    return Findings(
        schema=1,
        measured_at=stamp(at),
        dataset_sha256=record.dataset.sha256,
        files=dict(record.files),
        cut_offs=asked.cut_offs,
        # Parts by chance have no months.
        months=() if record.table is not None and record.table.time is None else _months(training, later),
        shifts=shift_figures(table, training, later),
        grades=grade_figures(later, asked.cut_offs),
        gains=gains(later),
        added=added(table, later),
        best_feature=best_feature(features, training, later),
        segments=segment_figures(later, cut_off) if has_segments else (),
        fairness=fairness_figures(later, cut_off) if has_segments and cut_off is not None else (),
        effects=() if cut_off is None else tuple(effect(name, one, later, cut_off) for name, one in models),
        swap=None if rival is None or cut_off is None else swap_set(rival, later, cut_off),
        alarms=alarms(reported.validation, features, later, asked.earlier),
        since=record.cut_off,
    )


def _months(training: pl.DataFrame, later: pl.DataFrame) -> tuple[QuarterFigures, ...]:
    return tuple(month for part in (training, later) for month in period_figures(part, "1mo"))
