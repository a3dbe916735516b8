"""Validation of a candidate on out-of-time rows: metrics with intervals, evidence per feature, and gates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
import skops.io
from numpy.typing import NDArray

from features.feature import Risk
from models import metrics
from models.additive import AdditiveClassifier
from models.binning import Floats, bin_index
from models.dataset import DatasetError
from models.gates import gates, wrong_steps
from models.outcomes import Definition
from models.points import InvalidTableError, PointsTable
from models.records import (
    ESTIMATOR,
    SCORECARD,
    TRAINING,
    AgainstLoans,
    Estimate,
    FeatureEvidence,
    Figures,
    IntervalCoverage,
    QuarterFigures,
    TrainingRecord,
    Validation,
)
from models.registry import CandidateError, digest_of, read_training, stamp, training_digest
from models.scorecard import array_of, largest_difference
from models.train import Source, bads_of, evidence_binning, part_of, parts_of
from models.variables import Declared, special_values

TRUSTED_TYPES = frozenset(
    {"models.average.ScorecardAndBoosting", "models.boosting.AdditiveBoosting", "models.woe.WoeScorecard"}
)
"""The only types beyond those of numpy and scikit-learn that an estimator file may hold."""

EVIDENCE_DRAWS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCandidate:
    """What a candidate folder holds, its files verified against the training record."""

    table: PointsTable
    estimator: AdditiveClassifier
    record: TrainingRecord


def read_candidate(folder: Path) -> StoredCandidate:
    """Read a candidate folder.

    Raises:
        CandidateError: a file has changed since the training, or holds types that are not trusted.
        RegistryError: a file is missing or unreadable.
    """
    record = read_training(folder)
    for file in (SCORECARD, ESTIMATOR):
        if digest_of(folder / file) != record.files.get(file):
            raise CandidateError(f"{folder / file} is not the file that {TRAINING} lists; train again")
    try:
        table = PointsTable.from_json((folder / SCORECARD).read_bytes())
    except InvalidTableError as error:
        raise CandidateError(f"{folder / SCORECARD}: {error}") from error
    content = (folder / ESTIMATOR).read_bytes()
    # Before it is loaded: loading creates objects of every type in the file.
    unknown = set(skops.io.get_untrusted_types(data=content)) - TRUSTED_TYPES
    if unknown:
        raise CandidateError(f"{folder / ESTIMATOR} holds types that are not trusted: {sorted(unknown)}")
    estimator = skops.io.loads(content, trusted=sorted(TRUSTED_TYPES))
    if not isinstance(estimator, AdditiveClassifier):
        raise CandidateError(f"{folder / ESTIMATOR} holds a {type(estimator).__name__}, not an additive classifier")
    return StoredCandidate(table=table, estimator=estimator, record=record)


def check_dataset(dataset: Source, record: TrainingRecord, title: str) -> None:
    """Check that a dataset is the one of a training; ``title`` names the model in the error.

    Raises:
        CandidateError: it is another.
    """
    if dataset.sha256 != record.dataset.sha256:
        what = "dataset" if record.table is None else "table"
        raise CandidateError(f"{dataset.folder} is not the {what} that {title} was trained on")


def check_split(rows: pl.DataFrame, record: TrainingRecord, title: str) -> None:
    """Check that the split of a record is the one that its dataset gives: nothing is measured on what was trained on.

    Args:
        rows: As ``training_rows`` gives them for the record.
        record: Of the training.
        title: Names the model in the error.

    Raises:
        CandidateError: it is another, or the dataset has too few bads to be split.
    """
    try:
        _, trained_until, cut_off = parts_of(rows, record.definition or record.distress, record.table)
    except DatasetError as error:
        raise CandidateError(f"{title} cannot be measured: {error}") from error
    if (trained_until, cut_off) != (record.trained_until, record.cut_off):
        raise CandidateError(
            f"{TRAINING} of {title} says that it was trained until {record.trained_until} and is measured from "
            f"{record.cut_off} on; the dataset gives {trained_until} and {cut_off}. Train again"
        )
    is_train, is_later = pl.col("as_of") <= trained_until, pl.col("as_of") >= cut_off
    if (record.train, record.out_of_time) != (part_of(rows.filter(is_train)), part_of(rows.filter(is_later))):
        raise CandidateError(f"{TRAINING} of {title} counts other rows than the dataset has. Train again")


def validate(
    candidate: StoredCandidate,
    dataset: Source,
    rows: pl.DataFrame,
    features: Sequence[Declared],
    *,
    at: datetime,
    loans: pl.DataFrame | None = None,
    coverage: IntervalCoverage | None = None,
) -> Validation:
    """Measure a candidate on the split of its training record.

    Args:
        candidate: With the record that names dataset and split.
        dataset: The one it was trained on.
        rows: As ``training_rows`` gives them for the candidates of the record.
        features: The declarations of those candidates, in the same order.
        at: Time of the validation, with time zone; it reaches the record only.
        coverage: As ``interval_coverage`` measured it; None where it did not.
        loans: For a model of distress, as ``training_rows`` gives them by CRR 178 for its features; None without any.

    Raises:
        CandidateError: another dataset or split, or a part without bads or without goods.
    """
    record = candidate.record
    check_dataset(dataset, record, "the candidate")
    check_split(rows, record, "the candidate")
    known = rows.filter(pl.col("outcome") != "indeterminate")
    scored = known.with_columns(candidate.table.score_frame(known).select("score", "log_odds", "pd"))
    training = scored.filter(pl.col("as_of") <= record.trained_until)
    later = scored.filter(pl.col("as_of") >= record.cut_off)
    names = list(record.candidates)
    difference = largest_difference(
        candidate.table, names, candidate.estimator.decision_function, array_of(known, names)
    )
    out_of_time = figures_of(later)
    train = figures_of(training)
    if train is None or out_of_time is None:
        raise CandidateError(f"a part of the split at {record.cut_off} lacks bads or goods")
    # The model may recognise firms that it was trained on, so figures for new firms are given apart.
    unseen = later.join(training.select("borrower").unique(), on="borrower", how="anti")
    edges = _deciles(training["score"].to_numpy())
    score_stability = metrics.stability(
        np.searchsorted(edges, training["score"].to_numpy(), side="right"),
        np.searchsorted(edges, later["score"].to_numpy(), side="right"),
        _firms(training, later),
    )
    return Validation(
        schema=1,
        validated_at=stamp(at),
        dataset_sha256=dataset.sha256,
        files=dict(record.files),
        train=train,
        out_of_time=out_of_time,
        unseen_borrowers=figures_of(unseen),
        reconstructed=figures_of(later.filter("is_reconstructed")),
        quarters=tuple(quarter for part in (training, later) for quarter in period_figures(part, "1q")),
        bands=metrics.bands(
            later["score"].to_numpy(), later["pd"].to_numpy(), bads_of(later), [float(edge) for edge in edges]
        ),
        stability=score_stability,
        features=_evidence(features, training, later, candidate.table.names),
        table_difference=difference,
        interval_width=_interval_width(candidate.table, later),
        interval_coverage=coverage,
        against_loans=None if loans is None else against_loans(candidate.table, record, loans, training["borrower"]),
        gates=gates(
            out_of_time,
            psi=score_stability.psi,
            psi_noise=score_stability.noise,
            difference=difference,
            violations=wrong_steps(
                candidate.table, {feature.name: feature.risk for feature in features}, special_values(features)
            ),
        ),
        training_sha256=training_digest(record),
    )


def figures_of(rows: pl.DataFrame) -> Figures | None:
    """Metrics of scored rows, with intervals; null where they lack bads or goods."""
    is_bad = bads_of(rows)
    if not 0 < is_bad.sum() < len(is_bad):
        return None
    pd, log_odds = rows["pd"].to_numpy(), rows["log_odds"].to_numpy()
    ranking = metrics.Ranking(log_odds, is_bad)
    draws = metrics.draws_of(rows["borrower"].to_numpy())
    # Rows of a table may stand for several.
    weight = rows["row_weight"].to_numpy() if "row_weight" in rows.columns else np.ones(len(is_bad))

    def figure(statistic: metrics.Statistic) -> Estimate:
        return metrics.estimate(lambda drawn: statistic(drawn * weight), len(is_bad), draws)

    auc = figure(ranking.auc)
    slope, intercept = metrics.calibration(log_odds, is_bad, weight, draws)
    return Figures(
        rows=len(is_bad),
        bads=int(is_bad.sum()),
        bad_rate=float(np.average(is_bad, weights=weight)),
        mean_pd=float(np.average(pd, weights=weight)),
        auc=auc,
        gini=Estimate(value=2 * auc.value - 1, low=2 * auc.low - 1, high=2 * auc.high - 1),
        ks=figure(ranking.ks),
        brier=figure(metrics.brier(pd, is_bad)),
        observed_to_expected=figure(metrics.observed_to_expected(pd, is_bad)),
        calibration_slope=slope,
        calibration_intercept=intercept,
        bad_borrowers=rows.filter(is_bad)["borrower"].n_unique(),
    )


def against_loans(
    table: PointsTable, record: TrainingRecord, loans: pl.DataFrame, trained: pl.Series
) -> AgainstLoans | None:
    """How a table that learned from distress ranks later loans by default; null where they lack bads or goods.

    Args:
        table: Of the model.
        record: Of its training.
        loans: As ``training_rows`` gives them by CRR 178.
        trained: Borrowers of the training rows.
    """
    later = loans.filter((pl.col("outcome") != "indeterminate") & (pl.col("as_of") >= record.cut_off))
    auc = _auc_of(table, later)
    if auc is None:
        return None
    return AgainstLoans(
        definition=Definition.crr_178().name,
        rows=later.height,
        bads=int(bads_of(later).sum()),
        auc=auc,
        unseen_borrowers=_auc_of(table, later.filter(~pl.col("borrower").is_in(trained.unique().implode()))),
    )


def _auc_of(table: PointsTable, rows: pl.DataFrame) -> Estimate | None:
    is_bad = bads_of(rows)
    if not 0 < is_bad.sum() < len(is_bad):
        return None
    ranking = metrics.Ranking(table.score_frame(rows)["log_odds"].to_numpy(), is_bad)
    return metrics.estimate(ranking.auc, rows.height, metrics.draws_of(rows["borrower"].to_numpy()))


def period_figures(rows: pl.DataFrame, every: Literal["1mo", "1q"]) -> list[QuarterFigures]:
    """Figures of scored rows by calendar month or quarter of their days, in order of time."""
    dated = rows.sort("as_of").with_columns(period=pl.col("as_of").dt.truncate(every))
    return [_period(part) for part in dated.partition_by("period", maintain_order=True)]


def _period(rows: pl.DataFrame) -> QuarterFigures:
    is_bad = bads_of(rows)
    both = 0 < is_bad.sum() < len(is_bad)
    ranking = metrics.Ranking(rows["log_odds"].to_numpy(), is_bad)
    return QuarterFigures(
        first_on=rows["as_of"][0],
        last_on=rows["as_of"][-1],
        rows=len(is_bad),
        bads=int(is_bad.sum()),
        mean_pd=float(rows["pd"].to_numpy().mean()),
        auc=ranking.auc(np.ones(len(is_bad))) if both else None,
    )


def _interval_width(table: PointsTable, rows: pl.DataFrame) -> float | None:
    """Median width of the score's interval."""
    if not table.bag_bases:
        return None
    scores = (table.score(row) for row in rows.select(table.names).iter_rows(named=True))
    return float(
        np.median([score.high - score.low for score in scores if score.high is not None and score.low is not None])
    )


def _deciles(score: Floats) -> Floats:
    edges: Floats = np.unique(np.quantile(score, np.arange(1, 10) / 10, method="inverted_cdf"))
    return edges


def _evidence(
    features: Sequence[Declared], training: pl.DataFrame, later: pl.DataFrame, selected: Sequence[str]
) -> tuple[FeatureEvidence, ...]:
    is_bad = bads_of(training)
    draws = _draws(training)
    later_draws = _draws(later)
    firms = _firms(training, later)
    result = []
    for feature in features:
        before = array_of(training, [feature.name])[:, 0]
        after = array_of(later, [feature.name])[:, 0]
        binning = evidence_binning(feature, before, is_bad)
        edges = np.array(binning.edges, dtype=np.float64)
        bins = _bins(before, edges)
        result.append(
            FeatureEvidence(
                name=feature.name,
                is_selected=feature.name in selected,
                train_auc=_feature_auc(before, is_bad, feature.risk, draws),
                out_of_time_auc=_feature_auc(after, bads_of(later), feature.risk, later_draws),
                information_value=metrics.estimate(metrics.information_value(bins, is_bad), len(is_bad), draws),
                missing_share_train=float(np.isnan(before).mean()),
                missing_share_out_of_time=float(np.isnan(after).mean()),
                stability=metrics.stability(bins, _bins(after, edges), firms),
            )
        )
    return tuple(result)


def _firms(training: pl.DataFrame, later: pl.DataFrame) -> tuple[int, int]:
    return training["borrower"].n_unique(), later["borrower"].n_unique()


def _draws(rows: pl.DataFrame) -> metrics.Draws:
    return metrics.draws_of(rows["borrower"].to_numpy(), EVIDENCE_DRAWS)


def _bins(values: Floats, edges: Floats) -> NDArray[np.intp]:
    """Bin numbers, missing last."""
    return np.where(np.isnan(values), len(edges) + 1, bin_index(values, edges))


def _feature_auc(values: Floats, is_bad: NDArray[np.bool_], risk: Risk, draws: metrics.Draws) -> Estimate | None:
    present = ~np.isnan(values)
    bads = is_bad[present].sum()
    if not 0 < bads < present.sum():
        return None
    sign = -1.0 if risk is Risk.LOWERS else 1.0
    ranking = metrics.Ranking(sign * values[present], is_bad[present])
    return metrics.estimate(ranking.auc, int(present.sum()), draws.at(present))
