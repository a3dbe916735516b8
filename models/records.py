"""Records about a model: its training, validation, comparison, registration and promotion.

All are JSON files with a schema number; none needs scikit-learn to be read.
"""

from datetime import date
from typing import Literal

import msgspec

from models.distress_definition import DistressDefinition, Event
from models.outcomes import Definition

SCORECARD = "scorecard.json"
ESTIMATOR = "estimator.skops"
TRAINING = "training.json"
VALIDATION = "validation.json"
COMPARISON = "comparison.json"
WITH_AND_WITHOUT = "bank_data.json"
"""A comparison, too: with a candidate of which only one of both was trained without bank data."""
EXPERT = "expert.json"
CARD = "card.md"
REPORT = "report.html"
MANIFEST = "manifest.json"
DIRECTIONS = "directions.toml"
INDEX, INDEX_TITLE = "README.md", "# Evidence for each feature"
"""Of the pages of features."""


NotBinnedReason = Literal[
    "no_value",
    "constant",
    "too_few_rows_in_value",
    "no_separation",
    "not_monotone",
    "too_many_bins",
    "too_weak",
    "too_many_features",
]
"""Why a feature, or a value that many rows share, has no points of its own; the card says each in words."""

Outcome = Literal["default", "distress"]
"""What bad means: a default on a loan, or distress in a firm's own books."""

Basis = Literal["simulated", "observed", "table", "experts", "simulated distress", "observed distress"]
"""What points follow from: defaults or distress of firms that are simulated or real, a table, or what people think."""

EstimatorKind = Literal["scorecard", "boosting", "average"]
"""Monotone weight-of-evidence scorecard, bagged additive boosting, or the mean of both."""


class Estimate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


class Band(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Predicted and observed default rate in one band of the score."""

    score_from: float | None
    """Null for the lowest band."""
    rows: int
    bads: int
    mean_pd: float
    bad_rate: float
    low: float
    """Lower end of the 95 % Wilson interval of the bad rate; rows are taken as independent."""
    high: float


class Stability(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far a distribution has moved between two samples."""

    psi: float
    noise: float
    """95th percentile of the index between two samples from one distribution, of as many firms; until 0.7, of as many
    rows."""


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One part of the split, counted."""

    first_on: date
    last_on: date
    rows: int
    """Good and bad; the indeterminate are neither trained on nor measured."""
    bads: int
    indeterminate: int
    borrowers: int
    reconstructed: int
    """Good and bad rows whose facts were fetched after ``as_of``."""


class DatasetReference(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which data a model was trained on."""

    sha256: str
    kind: Literal["simulated", "observed", "table"]
    """``table``: a file of a table, whose columns are no features of the catalogue."""
    description: str
    created_by: str
    firms: int
    end_on: date
    seed: int | None


class NotBinned(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A candidate feature without points, or a value that many rows share without points of its own."""

    feature: str
    is_whole_feature: bool
    """It has no points at all."""
    reason: NotBinnedReason
    edge: float | None
    """Smallest value above the split that failed; null where none was tried."""
    below: tuple[int, int] | None
    """Training rows below the split, and bads among them."""
    above: tuple[int, int] | None
    found: float | None
    """What was measured: rows of the smaller side; the likelihood-ratio statistic of the two bad rates; or, of
    ``too_weak`` and ``too_many_features``, standard errors of the coefficient above 0, null without effect."""
    asked: float | None
    """At least so much was asked; null where nothing was."""


RejectMethod = Literal["reweighting", "parcelling"]


class RejectInference(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What applications that became no loan did to a model; ``before`` is a model of loans alone."""

    method: RejectMethod
    factor: float | None
    """Of parcelling: how much more often declined firms are taken to go bad than loans with the same score."""
    declined: int
    """Applications that became no loan, until the last day of the training part."""
    largest_weight: float
    lent_pd_before: float
    """Mean probability of default of the loans that were trained on."""
    lent_pd: float
    declined_pd_before: float
    """The same of the declined."""
    declined_pd: float
    auc_before: Estimate
    """On later loans: nobody knows it on later applications."""
    auc: Estimate


class VariableEvidence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One candidate column of a table, on the training part."""

    name: str
    direction: str
    is_category: bool
    missing_share: float
    bins: int
    """Of the points table where it has points, else of the column by itself; the missing bin not counted."""
    information_value: float
    """Of its bins with a missing bin; biased upwards by its own bins."""
    cluster: int
    """Columns of one number are correlated above the limit, directly or through others."""
    nearest: str | None
    """The column that it is correlated with most; null where it has one value."""
    correlation: float | None
    """Spearman's, with that one; missing values are taken as the mean rank."""
    is_selected: bool


class TableRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a model of a table was asked for."""

    file: str
    target: str
    bad: str | None
    """The label that is bad; null: 1, or true."""
    time: str | None
    """Null: the later part was drawn by chance, and is not out of time."""
    group: str | None
    weight: str | None
    horizon_months: int
    missing: tuple[str, ...]
    """Texts that mean no value, beside the usual ones."""
    directions_file: str
    directions: str
    """The file of variables, letter by letter."""
    variables: tuple[VariableEvidence, ...]
    decimal: Literal[",", "."] | None = None
    """What separates decimals; null: as the cells tell."""


class DistressRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Outcomes that were made from firms' own books; see ``models.distress``."""

    schema: Literal[1]
    definition: DistressDefinition
    good: int
    """Points without an event in the window after them."""
    bad: int
    left_out: dict[str, int]
    """Points without an outcome, by the reason."""
    events: dict[Event, int]
    """How often each event was the first."""
    known_after_window: int
    """Bad points whose event the books held only after the window: from books read later alone could it be told."""
    marked: dict[str, tuple[Event, ...]]
    """Features that read the same words as an event of the definition, with these events."""


class IntervalWidening(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By what training widened the interval of a score."""

    refits: int
    """To samples of the training firms, each whole: with bins, features and calibration of its own."""
    share: float
    """Of their scores of training rows that they were not fitted to: those within the interval before."""
    points: float
    """By which either end was moved outwards, so that nine of ten lie within it."""


class TrainingRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a candidate came about."""

    schema: Literal[1]
    trained_at: str
    """UTC instant, ISO 8601."""
    dataset: DatasetReference
    definition: Definition | None
    """What counts as a default; null where the model learned from distress, and where a table says what is bad."""
    features_version: str
    candidates: tuple[str, ...]
    """Candidate features, in catalogue order; the columns of the estimator."""
    selected: tuple[str, ...]
    """Features of the points table."""
    excluded: dict[str, str]
    """Features of the catalogue that were not candidates, with the reason."""
    cut_off: date
    """First day of the out-of-time part."""
    trained_until: date
    """Last day of the training part: its outcomes were known on the cut-off day. What lies between is left out."""
    train: Part
    out_of_time: Part
    parameters: dict[str, float | int | str | None]
    calibration_slope: float
    files: dict[str, str]
    """SHA-256 by file name."""
    versions: dict[str, str]
    estimator: EstimatorKind = "scorecard"
    """Version 0.1 had one kind only and did not record it."""
    not_binned: tuple[NotBinned, ...] = ()
    """In catalogue order; version 0.4 and before did not record it."""
    rejects: RejectInference | None = None
    """Null where the model learned from loans alone, as every one did before version 0.8."""
    table: TableRecord | None = None
    """Null where the model was trained on a dataset of books, whose columns are features of the catalogue."""
    distress: DistressRecord | None = None
    """Null where the model learned from loans, or from a table."""
    bank_data: bool = True
    """False where it learned from what documents say of their payments, and scores who has no bank data read."""
    widening: IntervalWidening | None = None
    """Null where nobody measured it, as before version 0.8, and where the model counts applications without a loan."""

    def __post_init__(self) -> None:
        if sum(one is not None for one in (self.definition, self.distress, self.table)) != 1:
            raise ValueError("a model has a definition of default, a record of distress, or a table: one of these")

    @property
    def outcome(self) -> Outcome:
        """What a model of books predicts: default on a loan, or distress in a firm's own books."""
        return "default" if self.distress is None else "distress"

    @property
    def rests_on(self) -> Basis:
        """Kind of the outcomes that the points follow from."""
        if self.table is not None:
            return "table"
        kind = self.dataset.kind
        if self.distress is None:
            return kind
        return "simulated distress" if kind == "simulated" else "observed distress"

    @property
    def label(self) -> Definition | DistressDefinition:
        """What the outcomes of a model of books mean.

        Raises:
            ValueError: a table says what is bad.
        """
        label = self.definition if self.distress is None else self.distress.definition
        if label is None:
            raise ValueError("a table says what is bad")
        return label

    @property
    def horizon_months(self) -> int:
        """How long it takes until an outcome is known."""
        return self.label.horizon_months if self.table is None else self.table.horizon_months


class FeatureEvidence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The evidence for one feature by itself: why it was selected, or was not."""

    name: str
    is_selected: bool
    train_auc: Estimate | None
    """Of the value in its declared direction, over rows with a value; null without bads or without goods."""
    out_of_time_auc: Estimate | None
    information_value: Estimate
    """Of monotone bins with a missing bin, on the training part; biased upwards by its own bins."""
    missing_share_train: float
    missing_share_out_of_time: float
    stability: Stability


class Gate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One condition of promotion, with what was found."""

    name: str
    meaning: str
    at_least: float | None
    at_most: float | None
    value: float
    passed: bool


class Figures(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Metrics of one sample."""

    rows: int
    bads: int
    bad_rate: float
    mean_pd: float
    auc: Estimate
    gini: Estimate
    ks: Estimate
    brier: Estimate
    observed_to_expected: Estimate
    calibration_slope: Estimate
    calibration_intercept: Estimate
    bad_borrowers: int | None = None
    """Borrowers with a bad; null in version 0.7 and before."""


class QuarterFigures(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Metrics of one calendar quarter of observation days; the quarter of the cut-off is given in two parts."""

    first_on: date
    """First observation day."""
    last_on: date
    rows: int
    bads: int
    mean_pd: float
    auc: float | None


class AgainstLoans(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a model of distress ranks loans: those granted since the first day of the out-of-time part."""

    definition: str
    """What counts as a default, by name."""
    rows: int
    bads: int
    auc: Estimate
    unseen_borrowers: Estimate | None
    """The same for borrowers that no training row is of; null where they lack bads or goods."""


class IntervalCoverage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often intervals of scores held the scores of models that were fitted again to other samples."""

    refits: int
    share: float
    """Of the out-of-time rows, over all refits."""


class Validation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a candidate performs; it holds for the files with these digests and for no others."""

    schema: Literal[1]
    validated_at: str
    dataset_sha256: str
    files: dict[str, str]
    train: Figures
    out_of_time: Figures
    unseen_borrowers: Figures | None
    """Out-of-time rows of borrowers that no training row is of; null where they lack bads or goods."""
    reconstructed: Figures | None
    """Out-of-time rows whose facts were fetched after ``as_of``; null where there are none."""
    quarters: tuple[QuarterFigures, ...]
    bands: tuple[Band, ...]
    """Of the out-of-time part; the edges are deciles of the training scores."""
    stability: Stability
    """Of the score, training part against out of time."""
    features: tuple[FeatureEvidence, ...]
    table_difference: float
    """Largest distance between points table and estimator, in log-odds."""
    gates: tuple[Gate, ...]
    interval_width: float | None = None
    """Median width of the score's interval out of time, in points; null without bags."""
    interval_coverage: IntervalCoverage | None = None
    """Null without bags, where it was not checked, and in version 0.7 and before."""
    against_loans: AgainstLoans | None = None
    """Null for a model of defaults, and where no outcome of a later loan is known."""
    training_sha256: str | None = None
    """Of the training record that was validated; null in version 0.7 and before."""

    @property
    def has_passed(self) -> bool:
        """Whether every gate is passed."""
        return all(gate.passed for gate in self.gates)


class Contender(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One side of a comparison."""

    estimator: EstimatorKind
    scorecard_sha256: str
    features: int
    bins: int
    """Of all features, the missing bins not counted: how simple the model is to read."""
    auc: Estimate
    ks: Estimate
    brier: Estimate
    calibration_slope: Estimate
    observed_to_expected: Estimate
    bank_data: bool = True
    """False where it was trained without."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Two candidates on the same out-of-time rows."""

    schema: Literal[1]
    compared_at: str
    dataset_sha256: str
    rows: int
    bads: int
    first: Contender
    second: Contender
    auc_difference: Estimate
    """First less second; above 0 the first ranks better."""
    brier_difference: Estimate
    """First less second; above 0 the first is less accurate."""
    better: Literal["first", "second"]
    is_within_noise: bool
    """Neither is clearly better; the simpler one was chosen."""


class Portfolio(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Firms whose bins are known, and nothing else of them: what a scorecard of experts is anchored on."""

    dataset: DatasetReference
    patterns: tuple[tuple[int, ...], ...]
    """Number of rows, then the bin of each feature in the order of the table; the bin after the last is missing."""


class ExpertRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a scorecard of experts came about: all that its points table follows from."""

    schema: Literal[1]
    estimator: Literal["expert"]
    made_at: str
    """UTC instant, ISO 8601."""
    text: str
    """The file that people wrote, TOML."""
    portfolio: Portfolio | None
    """Null where the file says how many firms are in a bin, or which firm is typical."""
    definition: Definition
    """What the PD is meant to be of; no outcome was ever looked at."""
    features_version: str
    mean_pd: float
    """Of what the scorecard is anchored on."""
    gates: tuple[Gate, ...]
    files: dict[str, str]
    """SHA-256 by file name."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """``manifest.json`` of a registered version: of a model that was trained and validated, or of a card of experts."""

    schema: Literal[1]
    name: str
    version: str
    registered_at: str
    is_simulated: bool
    """Trained on simulated firms: it shows that the software works, not that it predicts."""
    horizon_months: int
    definition: str
    """What counts as bad, by name."""
    features_version: str
    features: tuple[str, ...]
    files: dict[str, str]
    """SHA-256 by file name."""
    training: TrainingRecord | None = None
    validation: Validation | None = None
    expert: ExpertRecord | None = None
    outcome: Outcome = "default"
    """What the model predicts, as its training says."""

    def __post_init__(self) -> None:
        if self.outcome != ("default" if self.training is None else self.training.outcome):
            raise ValueError("a manifest names another outcome than its training")
        if len({self.training is None, self.validation is None, self.expert is not None}) != 1:
            raise ValueError("a model has training and validation, or was set by experts")

    @property
    def rests_on(self) -> Basis:
        """Kind of the data that the points follow from; experts set them without outcomes."""
        return "experts" if self.training is None else self.training.rests_on

    @property
    def bank_data(self) -> bool:
        """False where it was trained without, and must be served without; experts' points are for either."""
        return self.training is None or self.training.bank_data

    @property
    def default_meant(self) -> Definition | None:
        """What the probabilities are of, in full; null of a model of distress, whatever became of loans."""
        if self.expert is not None:
            return self.expert.definition
        return None if self.training is None else self.training.definition

    @property
    def knows_simulated_firms_alone(self) -> bool:
        """It was trained on simulated firms, or anchored on them."""
        if self.expert is not None:
            portfolio = self.expert.portfolio
            return portfolio is not None and portfolio.dataset.kind == "simulated"
        return self.training is not None and self.training.dataset.kind == "simulated"

    @property
    def gates(self) -> tuple[Gate, ...]:
        """Conditions of promotion, with what was found."""
        if self.expert is not None:
            return self.expert.gates
        return () if self.validation is None else self.validation.gates

    @property
    def has_passed(self) -> bool:
        """Whether every gate is passed."""
        return all(gate.passed for gate in self.gates)


class Promotion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who made which version champion, when and why."""

    name: str
    version: str
    at: str
    by: str
    reason: str
    replaced: str | None
    """The champion until then."""
    manifest_sha256: str


class Stages(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``stages.json``: the history of promotions, oldest first. The last of a name is its champion."""

    schema: Literal[1]
    promotions: tuple[Promotion, ...]

    def champion(self, name: str) -> Promotion | None:
        """The latest promotion of a name; null if it was never promoted."""
        return next((promotion for promotion in reversed(self.promotions) if promotion.name == name), None)


def to_json(record: msgspec.Struct) -> bytes:
    """A record as indented JSON: the same bytes for equal records."""
    return msgspec.json.format(msgspec.json.encode(record, order="deterministic"), indent=1) + b"\n"
