"""The report of a model: one self-contained HTML file with figures and tables.

The first page is for who decides; then come discrimination, calibration, segments and stability, and the data behind
each bin of each feature.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from models import charts, metrics
from models.binning import Floats
from models.card import Reported
from models.distress_words import against_text
from models.findings import Findings
from models.pages import Grid, environment, share_text
from models.plates import Plate, plate
from models.points import PointsTable, middle
from models.records import SCORECARD, Figures, TrainingRecord, Validation
from models.report_findings import findings_part
from models.steps import FeatureSteps, PairSteps
from models.summary import summary
from models.table_text import (
    VARIABLES_HEAD,
    VARIABLES_TEXT,
    as_held_out,
    became,
    label_text,
    rows_word,
    variable_rows,
)
from models.train import bads_of
from models.variables import Declared
from models.wording import (
    CONTENDER_HEAD,
    DIRECTION,
    NOT_BINNED_HEAD,
    NOT_BINNED_TEXT,
    comparison_title,
    contender_rows,
    estimate_text,
    gate_text,
    interval_text,
    not_binned_rows,
    pair_bin_names,
    pair_rows,
    verdict_text,
)

ROC_DRAWS = 200
ALARMS: Floats = np.linspace(0.0, 1.0, 101)
"""False positive rates of the ROC curve."""
TABLED = (0.05, 0.1, 0.2, 0.3, 0.5)
"""False positive rates in its table."""
SCORE_STEP = 20
"""Points per bar of the distribution of scores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairPlate:
    """Two features of the model that act together."""

    label: str
    name: str
    plate: Plate


@dataclass(frozen=True, slots=True, kw_only=True)
class FeaturePlate:
    """One feature of the model."""

    label: str
    name: str
    meaning: str
    direction: str
    plate: Plate


def report(
    model: Reported,
    findings: Findings,
    rows: pl.DataFrame,
    catalogue: Mapping[str, Declared],
    doubt: str | None = None,
) -> str:
    """The page.

    Args:
        model: What was recorded.
        findings: Of the same files.
        rows: As ``training_rows`` gives them, for the dataset of the record.
        catalogue: Declarations of the features of the model.
        doubt: How the split of the record differs from that of the dataset; None: it does not.
    """
    record, validation = model.record, model.validation
    known = rows.filter(pl.col("outcome") != "indeterminate")
    scored = known.with_columns(model.table.score_frame(known).select("score", "log_odds", "pd"))
    training = scored.filter(pl.col("as_of") <= record.trained_until)
    later = scored.filter(pl.col("as_of") >= record.cut_off)
    page = (
        environment()
        .get_template("report.html")
        .render(
            title=model.title,
            doubt=doubt,
            label=label_text(record),
            table=record.table,
            by_chance=record.table is not None and record.table.time is None,
            variables=None
            if record.table is None
            else Grid(head=VARIABLES_HEAD, rows=variable_rows(record.table.variables)),
            variables_text=VARIABLES_TEXT,
            summary=summary(model, findings, catalogue),
            findings=findings_part(findings),
            record=record,
            unit="firm" if record.table is None else "borrower",
            became=became(record),
            granted="loans that were granted" if record.definition is not None else f"these {rows_word(record)}",
            validation=validation,
            is_simulated=record.dataset.kind == "simulated",
            against=None if record.distress is None else against_text(model.validation.against_loans),
            interval=None
            if validation.interval_width is None
            else interval_text(
                len(model.table.bag_bases),
                validation.interval_width,
                model.record.widening,
                validation.interval_coverage,
            ),
            figures=_figures(validation),
            roc=_roc(training, later),
            calibration=_calibration(validation),
            distribution=_distribution(later),
            quarters=_quarters(record, validation),
            gates=Grid(
                head=["gate", "what", "asked", "found", "result"],
                rows=[[gate.name, gate.meaning, *gate_text(gate)] for gate in validation.gates],
            ),
            comparisons=[
                (
                    comparison_title(one),
                    Grid(head=CONTENDER_HEAD, rows=contender_rows(one)),
                    verdict_text(one, record.files[SCORECARD]),
                )
                for one in model.comparisons
            ],
            features=[_feature(steps, catalogue[steps.name], training, later) for steps in model.table.features],
            pairs=[_pair(pair, model.table, catalogue) for pair in model.table.pairs],
            base=model.table.base,
            not_binned=Grid(head=NOT_BINNED_HEAD, rows=not_binned_rows(record.not_binned))
            if record.not_binned
            else None,
            not_binned_text=NOT_BINNED_TEXT,
        )
    )
    # What people wrote of columns is told as they wrote it.
    found, head, columns = page.partition('<h2 id="columns">')
    return as_held_out(found, record) + head + columns


def _figures(validation: Validation) -> Grid:
    samples: list[tuple[str, Figures | None]] = [
        ("training", validation.train),
        ("out of time", validation.out_of_time),
        ("out of time, unseen borrowers", validation.unseen_borrowers),
    ]
    return Grid(
        head=["sample", "rows", "bads", "AUC", "KS", "Brier", "calibration slope", "observed / expected"],
        rows=[
            [
                name,
                str(figures.rows),
                str(figures.bads),
                estimate_text(figures.auc),
                estimate_text(figures.ks),
                estimate_text(figures.brier, 4),
                estimate_text(figures.calibration_slope, 2),
                estimate_text(figures.observed_to_expected, 2),
            ]
            for name, figures in samples
            if figures is not None
        ],
    )


def _roc(training: pl.DataFrame, later: pl.DataFrame) -> Plate:
    curves = {"training": _curve(training), "out of time": _curve(later)}
    drawn = [
        {"part": part, "alarms": round(float(alarms), 4), "caught": caught, "low": low, "high": high}
        for part, curve in curves.items()
        for alarms, (caught, low, high) in zip(ALARMS, curve, strict=True)
    ]
    places = [int(np.flatnonzero(np.isclose(ALARMS, alarms))[0]) for alarms in TABLED]
    return plate(
        charts.roc(drawn),
        name="roc",
        title="ROC curve",
        description="Share of the bads that are caught against the share of the goods that are classified as bad, for "
        "the training part and out of time, each with a 95 % band from a bootstrap over borrowers.",
        table=Grid(
            head=["goods classified as bad", *(f"bads caught, {part}" for part in curves)],
            rows=[
                [f"{ALARMS[place]:.0%}", *(share_text(*curve[place]) for curve in curves.values())] for place in places
            ],
        ),
    )


def _curve(rows: pl.DataFrame) -> list[tuple[float, float, float]]:
    """Caught share with its band, per place of the ROC."""
    ranking = metrics.Ranking(rows["log_odds"].to_numpy(), bads_of(rows))
    draws = metrics.draws_of(rows["borrower"].to_numpy(), ROC_DRAWS)
    drawn = np.array([ranking.roc(weights, ALARMS) for weights in draws])
    low, high = np.nanpercentile(drawn, [2.5, 97.5], axis=0)
    caught = ranking.roc(np.ones(rows.height), ALARMS)
    return [
        (round(float(value), 4), round(float(below), 4), round(float(above), 4))
        for value, below, above in zip(caught, low, high, strict=True)
    ]


def _calibration(validation: Validation) -> Plate:
    bands = validation.bands
    return plate(
        charts.calibration(
            [
                {"predicted": band.mean_pd, "observed": band.bad_rate, "low": band.low, "high": band.high}
                for band in bands
            ]
        ),
        name="calibration",
        title="Calibration out of time",
        description="Observed bad rate against mean predicted PD per band of the score, with 95 % Wilson intervals; on "
        "the dotted line both are equal. Axes are stretched towards zero.",
        table=Grid(
            head=["score", "rows", "bads", "mean PD", "bad rate, 95 % interval"],
            rows=[
                [
                    "lowest" if band.score_from is None else f"from {band.score_from:.0f}",
                    str(band.rows),
                    str(band.bads),
                    f"{band.mean_pd:.2%}",
                    share_text(band.bad_rate, band.low, band.high),
                ]
                for band in bands
            ],
        ),
    )


def _distribution(later: pl.DataFrame) -> Plate:
    score, is_bad = later["score"].to_numpy(), bads_of(later)
    first, last = (int(np.floor(end / SCORE_STEP)) for end in (score.min(), score.max()))
    edges = [step * SCORE_STEP for step in range(first, last + 2)]
    counts = {kind: np.histogram(score[chosen], bins=edges)[0] for kind, chosen in (("good", ~is_bad), ("bad", is_bad))}
    drawn = [
        {"kind": kind, "from": low, "to": high, "share": round(float(count) / int(number.sum()), 5)}
        for kind, number in counts.items()
        for (low, high), count in zip(pairwise(edges), number, strict=True)
        if count
    ]
    fifths = [0.05, 0.25, 0.5, 0.75, 0.95]
    return plate(
        charts.distribution(drawn),
        name="distribution",
        title="Scores of goods and bads out of time",
        description=f"Share of all goods and of all bads per {SCORE_STEP} points of the score.",
        table=Grid(
            head=["outcome", "rows", *(f"{share:.0%} score below" for share in fifths)],
            rows=[
                [kind, str(chosen.sum()), *(f"{value:.0f}" for value in np.quantile(score[chosen], fifths))]
                for kind, chosen in (("good", ~is_bad), ("bad", is_bad))
            ],
        ),
    )


def _quarters(record: TrainingRecord, validation: Validation) -> Plate:
    drawn, rows = [], []
    for quarter in validation.quarters:
        rate = quarter.bads / quarter.rows
        low, high = metrics.wilson(quarter.bads, quarter.rows)
        drawn.append(
            {
                "days": f"{quarter.first_on:%Y-%m-%d}",
                "predicted": quarter.mean_pd,
                "observed": rate,
                "low": low,
                "high": high,
            }
        )
        rows.append(
            [
                f"{quarter.first_on} to {quarter.last_on}",
                "training" if quarter.first_on < record.cut_off else "out of time",
                str(quarter.rows),
                str(quarter.bads),
                share_text(rate, low, high),
                f"{quarter.mean_pd:.2%}",
                "" if quarter.auc is None else f"{quarter.auc:.3f}",
            ]
        )
    return plate(
        charts.quarters(drawn),
        name="quarters",
        title="Stability by quarter",
        description="Observed bad rate per calendar quarter of observation days with its 95 % Wilson interval, and the "
        "mean predicted PD.",
        table=Grid(head=["days", "part", "rows", "bads", "bad rate, 95 % interval", "mean PD", "AUC"], rows=rows),
    )


def _feature(steps: FeatureSteps, declared: Declared, training: pl.DataFrame, later: pl.DataFrame) -> FeaturePlate:
    before, after = _counts(steps, training), _counts(steps, later)
    drawn: list[dict[str, Any]] = []
    rows = []
    for place, name in enumerate(steps.bin_names):
        points = [*steps.points, steps.missing_points][place]
        low, high = middle(steps.bag_points[place]) if steps.bag_points else (None, None)
        number, bads = before[place]
        rate, rate_low, rate_high = (bads / number, *metrics.wilson(bads, number)) if number else (None, None, None)
        drawn.append(
            {
                "bin": name,
                "points": round(points, 2),
                "points_low": low,
                "points_high": high,
                "rate": rate,
                "rate_low": rate_low,
                "rate_high": rate_high,
            }
        )
        spread = "" if low is None or high is None else f" [{low:+.1f}, {high:+.1f}]"
        rows.append([name, f"{points:+.1f}{spread}", *_rate_cells(number, bads), *_rate_cells(*after[place])])
    label, name = declared.label.en, steps.name
    return FeaturePlate(
        label=label,
        name=name,
        meaning=declared.meaning.en,
        direction=DIRECTION[declared.risk],
        plate=plate(
            charts.feature(drawn),
            name=name.replace("_", "-"),
            title=f"{label}: points and bad rates",
            description="Points per bin, with the middle 90 % of the bags where there are bags, and the bad rate "
            "of the training rows in each bin with its 95 % Wilson interval.",
            table=Grid(
                head=["value", "points", "rows", "bads", "bad rate", "later rows", "later bads", "later bad rate"],
                rows=rows,
            ),
        ),
    )


def _pair(pair: PairSteps, table: PointsTable, catalogue: Mapping[str, Declared]) -> PairPlate:
    first, second = (catalogue[name].label.en for name in (pair.first, pair.second))
    rows, columns = pair_bin_names(pair, table)
    drawn = [
        {"down": row, "across": column, "points": round(points, 2), "told": f"{points:+.1f}"}
        for row, line in zip(rows, pair.points, strict=True)
        for column, points in zip(columns, line, strict=True)
    ]
    label = f"{first} and {second} together"
    return PairPlate(
        label=label,
        name=pair.name,
        plate=plate(
            charts.grid(drawn, down=first, across=second),
            name=pair.name.replace("_", "-").replace(" ", "-"),
            title=f"{label}: points",
            description="Points of each two bins, beyond the points of either feature alone: orange cells cost, blue "
            "ones earn.",
            table=Grid(head=["points (share of firms)", *columns], rows=pair_rows(pair, rows)),
        ),
    )


def _counts(steps: FeatureSteps, rows: pl.DataFrame) -> list[tuple[int, int]]:
    """Rows and bads per bin, the missing last."""
    missing = len(steps.points)
    placed = [steps.place(value)[0] for value in rows[steps.name]]
    index = np.array([missing if place is None else place for place in placed])
    every = np.bincount(index, minlength=missing + 1)
    bads = np.bincount(index[bads_of(rows)], minlength=missing + 1)
    return [(int(number), int(bad)) for number, bad in zip(every, bads, strict=True)]


def _rate_cells(number: int, bads: int) -> list[str]:
    return [str(number), str(bads), share_text(bads / number, *metrics.wilson(bads, number)) if number else ""]
