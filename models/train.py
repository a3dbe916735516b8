"""Training rows to a candidate: a fitted estimator, its points table, and the record of how it came about."""

import hashlib
import platform
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import polars as pl
import sklearn
import skops.io
from numpy.typing import NDArray

from features.derive import catalogue_of
from models.additive import AdditiveClassifier, places
from models.average import ScorecardAndBoosting
from models.binning import (
    BEYOND_CHANCE,
    RARE_ROWS,
    Binning,
    BinningRules,
    Floats,
    Join,
    candidate_edges,
    fit_binning,
    likelihood_ratio,
    weigh,
)
from models.dataset import DatasetError, cut_off_date
from models.fitting import Estimator, fit_declared
from models.outcomes import Definition
from models.points import PointsTable
from models.records import (
    ESTIMATOR,
    SCORECARD,
    TRAINING,
    DatasetReference,
    DistressRecord,
    EstimatorKind,
    NotBinned,
    NotBinnedReason,
    Part,
    RejectInference,
    RejectMethod,
    TableRecord,
    TrainingRecord,
    to_json,
)
from models.refits import fitted_again, widened
from models.registry import stamp
from models.rejects import Learned, effect, parcelled, reweighted
from models.scorecard import Column, array_of, compile_table
from models.tables import AFTER
from models.variables import Declared, TableColumn
from models.woe import WoeScorecard

FEWEST_BADS = 30
"""Minimum of firms with a bad, and of firms with a good, in the training part."""
FEWEST_BADS_OF_A_TABLE = 20
"""The same of a table, from which nobody decides here."""
_SEED: Final = 30_000
"""Of the refits: other samples than those of the bags, and than those that a validation draws."""
NOT_PARAMETERS = frozenset({"monotonic_cst", "decimals", "special", "cuts", "rarer_share"})
"""Settings of an estimator that follow from what is declared of its columns, and one of refits alone."""
EVIDENCE_BINS = BinningRules(prebins=20, max_bins=6, min_share=0.03, min_bads=5, smoothing=1.0)
"""How a feature is binned by itself, whatever the estimator: for its evidence, and for the reason why it failed."""

FEWEST_DECLINED = 30
"""Applications that became no loan, below which nothing is inferred from them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejects:
    """How applications that became no loan count."""

    method: RejectMethod
    factor: float
    """Of parcelling, see ``models.rejects``."""
    rows: pl.DataFrame
    """As ``declined_rows`` gives them for the candidates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A trained model that is not validated yet."""

    estimator: Estimator
    table: PointsTable
    record: TrainingRecord
    estimator_file: bytes
    """The estimator in the format of skops."""

    def write(self, folder: Path) -> None:
        """Write the files of a candidate folder, over those of an earlier candidate."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / SCORECARD).write_bytes(self.table.to_json())
        (folder / ESTIMATOR).write_bytes(self.estimator_file)
        (folder / TRAINING).write_bytes(to_json(self.record))


class Source(Protocol):
    """Where rows come from: a dataset folder or a table."""

    @property
    def reference(self) -> DatasetReference:
        """Which data it is."""

    @property
    def sha256(self) -> str:
        """Of its contents."""

    @property
    def folder(self) -> Path:
        """Where it is."""


def split(rows: pl.DataFrame, *, horizon_months: int, fewest: int = FEWEST_BADS) -> tuple[pl.DataFrame, date, date]:
    """The training rows, their last possible day, and the first day of the out-of-time part.

    Args:
        rows: As ``training_rows`` or ``outcomes`` give them.
        horizon_months: How long it takes until an outcome is known.
        fewest: Firms with a bad, and firms with a good, that the training part needs.

    Raises:
        DatasetError: too few of them, or one day only.
    """
    known = rows.filter(pl.col("outcome") != "indeterminate")
    cut_off = cut_off_date(known)
    # Outcomes of later loans were not known yet on the cut-off day, so training must not use them.
    before = f"-{horizon_months}mo" if horizon_months else "-1d"
    trained_until: date = pl.select(pl.lit(cut_off).dt.offset_by(before)).item()
    training = known.filter(pl.col("as_of") <= trained_until)
    is_bad = bads_of(training)
    bads, goods = (training.filter(chosen)["borrower"].n_unique() for chosen in (is_bad, ~is_bad))
    if min(bads, goods) < fewest:
        needed = f"at least {fewest} of each are needed"
        several = training["borrower"].is_duplicated().any()
        told = f"{bads} {'firms with a bad' if several else 'bads'}"
        told_goods = f"{goods} {'with a good' if several else 'goods'}"
        if cut_off == AFTER:  # a table without days, of which some rows are kept
            raise DatasetError(f"{told} and {told_goods} among the training rows; {needed}")
        raise DatasetError(
            f"{told} and {told_goods} among {training.height} rows until {trained_until}; {needed}. Later rows do not "
            f"count: their outcomes were not known when validation starts, on {cut_off}"
        )
    return training, trained_until, cut_off


def train(  # noqa: PLR0913  each goes into the record
    dataset: Source,
    rows: pl.DataFrame,
    features: Sequence[Declared],
    *,
    definition: Definition | DistressRecord | None,
    excluded: Mapping[str, str],
    at: datetime,
    kind: EstimatorKind = "scorecard",
    rejects: Rejects | None = None,
    pairs: int = 0,
    refits: int = 0,
    asked: TableRecord | None = None,
    bank_data: bool = True,
    done: Callable[[], None] = lambda: None,
) -> Candidate:
    """Train on the earlier days; the most recent ones, about 30 % of the rows, are kept for validation.

    Training uses only outcomes that were known on the first day of validation: of loans whose performance window had
    ended by then.

    Args:
        dataset: Where the rows come from, for the record.
        rows: As ``training_rows`` gives them.
        features: The candidates, in catalogue order.
        definition: What the outcomes of the rows mean, of distress what was recorded when they were made; None: a table
            says it.
        excluded: Features that are not candidates, with the reason, for the record.
        at: Time of the training, with time zone; it reaches the record only.
        kind: Which estimator.
        rejects: How applications that became no loan count; None: not at all.
        pairs: Of features that act together at most; a scorecard has none.
        refits: How often the model is fitted again, to widen the interval of a score until it holds; 0 leaves it as
            the bags have it, and so do ``rejects``.
        asked: How a model of a table was asked for; its rows have a ``row_weight``.
        bank_data: Whether the rows were derived with bank data, for the record.
        done: Is called when the model is fitted, and after each of the refits.

    Raises:
        DatasetError: too few bads, one day only, or too few of those applications.
    """
    training, trained_until, cut_off = parts_of(rows, definition, asked)
    is_bad = bads_of(training)
    names = [feature.name for feature in features]
    values = array_of(training, names)
    if rejects is not None:
        _check_declined(rejects, trained_until)
    weight = training["row_weight"].to_numpy() if asked is not None and asked.weight is not None else None
    groups = groups_of(training, asked)
    estimator = fit_declared(kind, features, values, is_bad, groups, weight, pairs=pairs)
    lent = Learned(
        values=values,
        is_bad=is_bad,
        groups=training["borrower"].to_numpy(),
        weight=np.ones(len(values), dtype=float) if weight is None else weight,
    )
    learned, told = lent, None
    if rejects is not None:
        later = rows.filter((pl.col("as_of") >= cut_off) & (pl.col("outcome") != "indeterminate"))
        estimator, learned, told = _with_rejects(
            rejects, estimator, lent, later, features, kind=kind, pairs=pairs, until=trained_until
        )
    table = compile_table(
        estimator.decision_function,
        columns_of(estimator, features),
        learned.values,
        learned.is_bad,
        pairs=estimator.pair_columns,
        bags=estimator.bag_decision_function,
        sample_weight=None if rejects is None and weight is None else learned.weight,
    )
    done()
    widening = None
    if refits and rejects is None:
        again = fitted_again(
            kind, features, values, is_bad, groups, weight, pairs=pairs, refits=refits, seed=_SEED, done=done
        )
        table, widening = widened(table, training, values, again)
    estimator_file: bytes = skops.io.dumps(estimator, compression=zipfile.ZIP_DEFLATED)
    record = TrainingRecord(
        schema=1,
        trained_at=stamp(at),
        dataset=dataset.reference,
        definition=definition if isinstance(definition, Definition) else None,
        features_version="" if asked is not None else catalogue_of(names),
        candidates=tuple(names),
        selected=table.names,
        excluded=dict(excluded),
        cut_off=cut_off,
        trained_until=trained_until,
        train=part_of(rows.filter(pl.col("as_of") <= trained_until)),
        out_of_time=part_of(rows.filter(pl.col("as_of") >= cut_off)),
        parameters=_parameters(estimator),
        calibration_slope=estimator.calibration_slope_,
        files={
            SCORECARD: hashlib.sha256(table.to_json()).hexdigest(),
            ESTIMATOR: hashlib.sha256(estimator_file).hexdigest(),
        },
        versions={
            "numpy": np.__version__,
            "polars": pl.__version__,
            "python": platform.python_version(),
            "scikit-learn": sklearn.__version__,
            "skops": skops.__version__,
        },
        estimator=kind,
        not_binned=not_binned(estimator, features, values, is_bad, table.names),
        rejects=told,
        table=asked,
        distress=definition if isinstance(definition, DistressRecord) else None,
        bank_data=bank_data,
        widening=widening,
    )
    return Candidate(estimator=estimator, table=table, record=record, estimator_file=estimator_file)


def parts_of(
    rows: pl.DataFrame, definition: Definition | DistressRecord | None, table: TableRecord | None
) -> tuple[pl.DataFrame, date, date]:
    """The split of a dataset or a table, as ``split`` gives it.

    Raises:
        DatasetError: as ``split`` says.
    """
    if table is not None:
        return split(rows, horizon_months=table.horizon_months, fewest=FEWEST_BADS_OF_A_TABLE)
    if definition is None:
        raise DatasetError("a dataset needs a definition of what is bad")
    label = definition.definition if isinstance(definition, DistressRecord) else definition
    return split(rows, horizon_months=label.horizon_months)


def groups_of(training: pl.DataFrame, table: TableRecord | None) -> NDArray[np.int64] | None:
    """Rows that belong together; None for a table without groups, whose order of rows then says nothing."""
    return None if table is not None and table.group is None else training["borrower"].to_numpy()


def _parameters(estimator: Estimator) -> dict[str, float | int | str | None]:
    """Settings for the record; of an average those of both, too."""
    told = {name: value for name, value in estimator.get_params().items() if name not in NOT_PARAMETERS}
    if isinstance(estimator, ScorecardAndBoosting):
        for name, part in zip(("scorecard", "boosting"), estimator.parts(estimator.n_features_in_), strict=True):
            told |= {f"{name}__{key}": value for key, value in _parameters(part).items()}
    return told


def evidence_binning(feature: Declared, values: Floats, is_bad: NDArray[np.bool_]) -> Binning:
    """The bins of a feature by itself, as it is declared."""
    special = feature.special if isinstance(feature, TableColumn) else ()
    cuts = feature.cuts if isinstance(feature, TableColumn) else None
    if cuts is not None:
        return weigh(values, is_bad, edges=cuts, direction=int(feature.risk), rules=EVIDENCE_BINS, special=special)
    return fit_binning(
        values,
        is_bad,
        direction=int(feature.risk),
        decimals=feature.precision,
        rules=EVIDENCE_BINS,
        special=special,
    )


def _check_declined(rejects: Rejects, until: date) -> None:
    number = rejects.rows.filter(pl.col("as_of") <= until).height
    if number < FEWEST_DECLINED:
        raise DatasetError(
            f"{number} applications until {until} became no loan; reject inference needs {FEWEST_DECLINED} at least. "
            "Export without --loans, so that the dataset has them, or train without --rejects"
        )


def _with_rejects(  # noqa: PLR0913  each goes into the fit
    rejects: Rejects,
    first: Estimator,
    lent: Learned,
    later: pl.DataFrame,
    features: Sequence[Declared],
    *,
    kind: EstimatorKind,
    pairs: int,
    until: date,
) -> tuple[Estimator, Learned, RejectInference]:
    """The model with reject inference, what it was fitted on, and what that did."""
    declined = rejects.rows.filter(pl.col("as_of") <= until)
    if rejects.method == "reweighting":
        learned = reweighted(lent, declined, features)
    else:
        learned = parcelled(lent, declined, features, first, rejects.factor)
    final = fit_declared(kind, features, learned.values, learned.is_bad, learned.groups, learned.weight, pairs=pairs)
    names = [feature.name for feature in features]
    told = effect(
        method=rejects.method,
        factor=rejects.factor if rejects.method == "parcelling" else None,
        first=first,
        final=final,
        learned=learned,
        lent=lent,
        declined=array_of(declined, names),
        later=(array_of(later, names), bads_of(later), later["borrower"].to_numpy()),
    )
    return final, learned, told


def not_binned(
    estimator: Estimator,
    features: Sequence[Declared],
    values: Floats,
    is_bad: NDArray[np.bool_],
    selected: Sequence[str],
) -> tuple[NotBinned, ...]:
    """What got no points of its own in training, with the reason.

    Args:
        estimator: Fitted to these rows.
        features: Its columns.
        values: The training rows, by columns.
        is_bad: Their outcomes.
        selected: Features of the points table.
    """
    # Of an average, the scorecard says why: it starts from more bins.
    told = estimator.parts(len(features))[0] if isinstance(estimator, ScorecardAndBoosting) else estimator
    bins = told.prebins if isinstance(told, WoeScorecard) else told.max_bins
    found: list[NotBinned] = []
    for column, feature in enumerate(features):
        inside = values[:, column]
        binning = evidence_binning(feature, inside, is_bad)
        if feature.name not in selected:
            evidence = float(estimator.evidence_[column])
            found.append(_left_out(feature.name, inside, is_bad, binning, evidence, told.min_z))
            continue
        if isinstance(feature, TableColumn) and (feature.cuts is not None or feature.special):
            continue  # its bins were asked for
        tried = candidate_edges(inside, decimals=feature.precision, count=bins)
        for edge in sorted(tried.beside_mass - set(map(float, estimator.edges_[column]))):
            joins = [join for join in binning.joins if join.edge == edge]
            join = joins[-1] if joins else _across(inside, is_bad, tried.edges, edge)
            found.append(_failed(feature.name, join, is_whole=False))
    return tuple(found)


def _left_out(
    name: str, values: Floats, is_bad: NDArray[np.bool_], binning: Binning, evidence: float, min_z: float
) -> NotBinned:
    """Why a feature has no points: it has no bins, or no evidence beside the others."""
    present = ~np.isnan(values)
    rows = (int(present.sum()), int(is_bad[present].sum()))
    if not binning.edges and binning.joins:
        # The clearest of the differences that were given up says most.
        return _failed(name, max(binning.joins, key=lambda join: join.statistic), is_whole=True)
    if not binning.edges:
        reason: NotBinnedReason = "constant" if rows[0] else "no_value"
        return NotBinned(
            feature=name,
            is_whole_feature=True,
            reason=reason,
            edge=None,
            below=rows,
            above=None,
            found=None,
            asked=None,
        )
    splits = (_across(values, is_bad, [edge], edge) for edge in binning.edges)
    clearest = max(splits, key=lambda join: join.statistic)
    if clearest.statistic < BEYOND_CHANCE:
        return _failed(name, clearest, is_whole=True)
    return NotBinned(
        feature=name,
        is_whole_feature=True,
        reason="too_many_features" if evidence >= min_z else "too_weak",
        edge=None,
        below=None,
        above=None,
        found=None if np.isnan(evidence) else round(evidence, 3),
        asked=min_z,
    )


def _across(values: Floats, is_bad: NDArray[np.bool_], edges: Sequence[float], edge: float) -> Join:
    """The two bins beside an edge, of those between ``edges``, at which the model has no step."""
    place = edges.index(edge)
    index = places(values, np.array(edges))
    sides = [index == place, index == place + 1]
    below, above = [(int(side.sum()), int(is_bad[side].sum())) for side in sides]
    is_rare = min(below[0], above[0]) < RARE_ROWS
    return Join(
        edge=edge,
        reason="too_few_rows_in_value" if is_rare else "no_separation",
        below=below,
        above=above,
        statistic=likelihood_ratio(below, above),
        asked=RARE_ROWS if is_rare else BEYOND_CHANCE,
    )


def _failed(name: str, join: Join, *, is_whole: bool) -> NotBinned:
    is_short = join.reason == "too_few_rows_in_value"
    below, above = (int(join.below[0]), int(join.below[1])), (int(join.above[0]), int(join.above[1]))
    return NotBinned(
        feature=name,
        is_whole_feature=is_whole,
        reason=join.reason,
        edge=join.edge,
        below=below,
        above=above,
        found=min(below[0], above[0]) if is_short else join.statistic,
        asked=join.asked,
    )


def columns_of(estimator: AdditiveClassifier, features: Sequence[Declared]) -> list[Column]:
    """The columns of a fitted estimator, as the compiler needs them."""
    return [
        Column(name=feature.name, precision=feature.precision, edges=tuple(map(float, edges)))
        for feature, edges in zip(features, estimator.edges_, strict=True)
    ]


def bads_of(rows: pl.DataFrame) -> NDArray[np.bool_]:
    """One boolean per row: the outcome is bad."""
    return rows.select(is_bad=pl.col("outcome") == "bad")["is_bad"].to_numpy()


def part_of(rows: pl.DataFrame) -> Part:
    """Count one part of the split, the indeterminate apart."""
    known = rows.filter(pl.col("outcome") != "indeterminate")
    days: tuple[date, date] = rows.select(first=pl.col("as_of").min(), last=pl.col("as_of").max()).row(0)
    return Part(
        first_on=days[0],
        last_on=days[1],
        rows=known.height,
        bads=int(bads_of(known).sum()),
        indeterminate=rows.height - known.height,
        borrowers=known["borrower"].n_unique(),
        reconstructed=int(known["is_reconstructed"].sum()),
    )
