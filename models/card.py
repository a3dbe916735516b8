"""The model card: one page on a model's intended use, data, performance and limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.distress_words import (
    EVENT_HEAD,
    PREDICTS_DISTRESS,
    against_text,
    event_rows,
    known_text,
    left_out_rows,
)
from models.findings import Findings
from models.points import BASE_ODDS, BASE_SCORE, POINTS_TO_DOUBLE_ODDS, PointsTable
from models.records import (
    SCORECARD,
    AgainstLoans,
    Comparison,
    DistressRecord,
    FeatureEvidence,
    Figures,
    Gate,
    NotBinned,
    Part,
    RejectInference,
    TrainingRecord,
    Validation,
)
from models.segments import UNKNOWN
from models.steps import FeatureSteps
from models.table_text import (
    TRAINED_ON_A_TABLE,
    VARIABLES_HEAD,
    VARIABLES_TEXT,
    as_held_out,
    label_text,
    use_of_a_table,
    variable_rows,
    weights_text,
)
from models.variables import Declared
from models.wording import (
    CONTENDER_HEAD,
    DIRECTION,
    ESTIMATORS,
    NOT_BINNED_HEAD,
    NOT_BINNED_TEXT,
    REJECTS_HEAD,
    comparison_title,
    contender_rows,
    estimate_text,
    gate_text,
    interval_text,
    markdown_table,
    not_binned_rows,
    pair_bin_names,
    pair_rows,
    rejects_rows,
    verdict_text,
)

SIMULATED = (
    "**Trained on simulated firms.** The figures below show that the software works from books to decision. They say "
    "nothing about real firms: the simulator decided who defaults. Outside the sandbox the policy refers every "
    "decision of this model to a person."
)
OBSERVED = "Trained on observed repayments."
WITHOUT_BANK_DATA = (
    "**Trained without bank data.** What was paid, and when, is what each document says of itself; no bank line and no "
    "entry of the payment log was looked at. The model scores natural persons whose bank data the policy leaves out, "
    "and nobody else: where bank data are read, the same features have other values. A firm can mark its own invoices "
    "as paid, and no bank line contradicts it: an approval by this model alone rests on the firm's word."
)

ALONE = "The model is a sum of one step function per feature, so the points of a feature are its whole influence."
PAIRED = (
    "The model is a sum of one step function per feature and of points for some two features together, so these points "
    "are the whole influence of a feature."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A model with its records, as a report needs them."""

    title: str
    """Name and version, or a description."""
    table: PointsTable
    record: TrainingRecord
    validation: Validation
    comparisons: tuple[Comparison, ...]


def model_card(
    table: PointsTable,
    record: TrainingRecord,
    validation: Validation,
    catalogue: Mapping[str, Declared],
    comparisons: Sequence[Comparison] = (),
    findings: Findings | None = None,
) -> str:
    """The card as Markdown, from what was recorded and nothing else.

    Args:
        table: The served form.
        record: Of the training.
        validation: Of the same files.
        catalogue: Declarations of all features that were offered.
        comparisons: With other candidates.
        findings: Of the same files, where they were looked for.
    """
    sections = (
        ["# Model card", *_rests_on(record)],
        use_of_a_table()
        if record.table is not None
        else intended_use(record.horizon_months, table, DISTRESS if record.distress else DEFAULTS),
        _data(record),
        _performance(table, record, validation),
        _distress(record.distress, validation.against_loans, table.names),
        gates_section(validation.gates),
        *(_compared(record, one) for one in comparisons),
        _limits(record, validation, findings),
        _evidence(validation.features, catalogue, record.excluded),
        _not_binned(record.not_binned),
        _points(table, catalogue),
        _pairs(table, catalogue),
    )
    told = as_held_out("\n\n".join(part for section in sections for part in section), record)
    # What people wrote of columns is told as they wrote it.
    return "\n\n".join([told, *_variables(record)]) + "\n"


DEFAULTS = "defaults on a loan"
DISTRESS = "falls into distress"
"""What is foreseen of a firm."""


def _rests_on(record: TrainingRecord) -> list[str]:
    if record.table is not None:
        return [TRAINED_ON_A_TABLE]
    is_simulated = record.dataset.kind == "simulated"
    if record.distress is not None:
        return [PREDICTS_DISTRESS, *([SIMULATED] if is_simulated else [])]
    return [SIMULATED if is_simulated else OBSERVED]


def _distress(record: DistressRecord | None, against: AgainstLoans | None, selected: Sequence[str]) -> list[str]:
    """A section on outcomes from books; nothing where the model learned from loans."""
    if record is None:
        return []
    return [
        "## Distress and default",
        against_text(against),
        known_text(record),
        markdown_table(["points left out", "number"], [list(row) for row in left_out_rows(record)]),
        "What the model reads in the words of the outcome itself:",
        markdown_table(list(EVENT_HEAD), event_rows(record, selected)),
    ]


def _variables(record: TrainingRecord) -> list[str]:
    """The columns of a table and the file that people confirmed; nothing for a model of books."""
    if record.table is None:
        return []
    return [
        "## Columns of the table",
        VARIABLES_TEXT,
        markdown_table(VARIABLES_HEAD, variable_rows(record.table.variables, "`{}`")),
        f"What `{record.table.directions_file}` says of them:",
        f"```toml\n{record.table.directions.rstrip()}\n```",
    ]


def intended_use(horizon_months: int, table: PointsTable, what: str = DEFAULTS) -> list[str]:
    """The section on what a model is for."""
    return [
        "## Intended use",
        (
            f"Probability that a small German firm {what} within "
            f"{horizon_months} months of the observation day, from its books "
            "alone. It is "
            "one input of a decision: knock-outs, affordability, limit and who may decide belong to the policy. "
            "It is not "
            "for consumers, not for firms that keep no books in the connected system, and not for finding fraud."
        ),
        (
            f"Score: {BASE_SCORE:.0f} points are odds of {BASE_ODDS:.0f} good to 1 bad, "
            f"{POINTS_TO_DOUBLE_ODDS:.0f} points "
            f"double the odds, higher is better. {PAIRED if table.pairs else ALONE}"
        ),
    ]


def _label(record: TrainingRecord) -> list[str]:
    definition = record.label
    return [
        f"Label: {definition.name}. {definition.describe()}",
        (
            f"Split by day: rows until {record.trained_until} train, rows from {record.cut_off} validate (out of "
            "time). What lies between is left out, because its outcomes were not known when the later part begins. A "
            "borrower may stand in both parts on different days; figures for borrowers that training never saw are "
            "given apart."
        ),
    ]


def _data(record: TrainingRecord) -> list[str]:
    dataset = record.dataset
    seed = "" if dataset.seed is None else f", seed {dataset.seed}"
    return [
        "## Data and label",
        f"{dataset.description} SHA-256 `{dataset.sha256}`."
        if record.table is not None
        else (
            f"{dataset.kind.capitalize()} dataset, {dataset.firms} firms, facts until {dataset.end_on}{seed}, "
            "written by "
            f"{dataset.created_by}: {dataset.description} SHA-256 `{dataset.sha256}`."
        ),
        *([] if record.bank_data else [WITHOUT_BANK_DATA]),
        *([label_text(record)] if record.table is not None else _label(record)),
        *weights_text(record),
        markdown_table(
            ["part", "days", "rows", "bads", "bad rate", "indeterminate", "borrowers", "reconstructed rows"],
            [_part("training", record.train), _part("out of time", record.out_of_time)],
        ),
        (
            f"Estimator: {ESTIMATORS[record.estimator].format(slope=record.calibration_slope)} "
            f"scikit-learn {record.versions.get('scikit-learn', '?')}, "
            f"{f'feature catalogue {record.features_version}, ' if record.features_version else ''}"
            f"trained at {record.trained_at}."
        ),
        *([] if record.table is not None or record.distress is not None else _rejects(record.rejects)),
    ]


def _rejects(rejects: RejectInference | None) -> list[str]:
    """A section on reject inference; nothing where the model learned from loans alone."""
    if rejects is None:
        return [
            (
                "Outcomes are of loans that were granted. What the model says of firms that were declined, it learned "
                "from firms that were lent to."
            ),
        ]
    factor = "" if rejects.factor is None else f", with the factor {rejects.factor:g}, which is an assumption"
    return [
        (
            f"**Reject inference** by {rejects.method}{factor}: {rejects.declined} applications that became no loan "
            "count, although nobody knows what would have become of them."
        ),
        markdown_table(list(REJECTS_HEAD), rejects_rows(rejects)),
    ]


def _part(name: str, part: Part) -> list[str]:
    days = f"{part.first_on} to {part.last_on}"
    rate = f"{part.bads / part.rows:.2%}" if part.rows else ""
    counts = [part.rows, part.bads, rate, part.indeterminate, part.borrowers, part.reconstructed]
    return [name, days, *map(str, counts)]


def _performance(table: PointsTable, record: TrainingRecord, validation: Validation) -> list[str]:
    samples: list[tuple[str, Figures | None]] = [
        ("training", validation.train),
        ("out of time", validation.out_of_time),
        ("out of time, unseen borrowers", validation.unseen_borrowers),
        ("out of time, reconstructed rows", validation.reconstructed),
    ]
    rows = [
        [
            name,
            str(figures.rows),
            str(figures.bads),
            estimate_text(figures.auc),
            estimate_text(figures.gini),
            estimate_text(figures.ks),
            estimate_text(figures.brier, 4),
            estimate_text(figures.calibration_slope, 2),
            estimate_text(figures.calibration_intercept, 2),
            estimate_text(figures.observed_to_expected, 2),
        ]
        for name, figures in samples
        if figures is not None
    ]
    head = ["sample", "rows", "bads", "AUC", "Gini", "KS", "Brier", "slope", "intercept", "observed / expected"]
    bands = [
        [
            "lowest" if band.score_from is None else f"from {band.score_from:.0f}",
            str(band.rows),
            str(band.bads),
            f"{band.mean_pd:.2%}",
            f"{band.bad_rate:.2%}",
            f"{band.low:.2%} to {band.high:.2%}",
        ]
        for band in validation.bands
    ]
    quarters = [
        [
            f"{quarter.first_on} to {quarter.last_on}",
            "training" if quarter.first_on < record.cut_off else "out of time",
            str(quarter.rows),
            str(quarter.bads),
            f"{quarter.bads / quarter.rows:.2%}",
            f"{quarter.mean_pd:.2%}",
            "" if quarter.auc is None else f"{quarter.auc:.3f}",
        ]
        for quarter in validation.quarters
    ]
    stability = validation.stability
    return [
        "## Performance",
        "In brackets 95 % intervals from a bootstrap over borrowers.",
        markdown_table(head, rows),
        (
            f"Population stability of the score, training to out of time: {stability.psi:.3f} (chance alone stays "
            "under "
            f"{stability.noise:.3f})."
        ),
        *(
            []
            if validation.interval_width is None
            else [
                interval_text(
                    len(table.bag_bases), validation.interval_width, record.widening, validation.interval_coverage
                )
            ]
        ),
        "Calibration out of time, by band of the score (edges are deciles of the training scores):",
        markdown_table(["band", "rows", "bads", "mean PD", "bad rate", "95 % interval"], bands),
        *(
            []
            if record.table is not None and record.table.time is None
            else [
                "By calendar quarter:",
                markdown_table(["days", "part", "rows", "bads", "bad rate", "mean PD", "AUC"], quarters),
            ]
        ),
    ]


def gates_section(gates: Sequence[Gate]) -> list[str]:
    """The section on the conditions of promotion."""
    rows = [[gate.name, gate.meaning, *gate_text(gate)] for gate in gates]
    return ["## Gates", markdown_table(["gate", "what", "asked", "found", "result"], rows)]


def _compared(record: TrainingRecord, comparison: Comparison) -> list[str]:
    return [
        f"## {comparison_title(comparison)}",
        f"On the same {comparison.rows} rows with {comparison.bads} bads out of time.",
        markdown_table(CONTENDER_HEAD, contender_rows(comparison)),
        verdict_text(comparison, record.files[SCORECARD]),
    ]


def _limits(record: TrainingRecord, validation: Validation, findings: Findings | None) -> list[str]:
    limits = [
        f"{validation.out_of_time.bads} bads out of time: differences of AUC within the interval above mean nothing.",
        (
            "A missing value is never better than the average of the training firms, but a firm with a bad value "
            "may still "
            "look better without it; the policy caps decisions on thin data."
        ),
        "The label is this lender's preset. Do not compare PDs with insolvency rates or scores of other labels.",
        _segments_known(findings),
    ]
    if record.table is not None:
        # The others are about books of firms.
        limits = [
            *limits[:1],
            "A missing value, or a category that the file does not list, is never better than the average.",
        ]
    elif record.dataset.kind == "simulated":
        limits.insert(0, "No real firm was in the training data. Train again on observed repayments before lending.")
    if record.train.reconstructed or record.out_of_time.reconstructed:
        limits.append("Some rows were reconstructed: later edits of the books may show through.")
    return ["## Limits", "\n".join(f"* {limit}" for limit in limits)]


def _segments_known(findings: Findings | None) -> str:
    named = sorted({one.dimension for one in findings.segments if one.name != UNKNOWN}) if findings else []
    measured = f"by {', '.join(named)} was measured: see the report" if named else "by segment was not measured"
    return (
        f"The books do not say who owns the firm, where it is or what it sells. Performance {measured}. Nothing is "
        "known of sex, origin, disability or age of an owner, so discrimination by these cannot be measured."
    )


def _evidence(
    evidence: Sequence[FeatureEvidence], catalogue: Mapping[str, Declared], excluded: Mapping[str, str]
) -> list[str]:
    rows = [
        [
            f"`{feature.name}`",
            DIRECTION[catalogue[feature.name].risk],
            "yes" if feature.is_selected else "no",
            estimate_text(feature.train_auc),
            estimate_text(feature.out_of_time_auc),
            estimate_text(feature.information_value),
            f"{feature.missing_share_train:.1%} / {feature.missing_share_out_of_time:.1%}",
            f"{feature.stability.psi:.3f} ({feature.stability.noise:.3f})",
        ]
        for feature in evidence
    ]
    head = [
        "feature",
        "declared",
        "in the model",
        "AUC training",
        "AUC out of time",
        "information value",
        "missing, training / later",
        "PSI (noise)",
    ]
    parts = [
        "## Evidence per feature",
        "Each feature by itself, in its declared direction. An AUC of 0.5 is chance; information values are biased up.",
        markdown_table(head, rows),
    ]
    if excluded:
        left_out = [[f"`{name}`", reason] for name, reason in excluded.items()]
        parts += ["Excluded from the model:", markdown_table(["feature", "reason"], left_out)]
    return parts


def _not_binned(entries: Sequence[NotBinned]) -> list[str]:
    if not entries:
        return []
    return ["## Without points", NOT_BINNED_TEXT, markdown_table(NOT_BINNED_HEAD, not_binned_rows(entries, "`{}`"))]


def _points(table: PointsTable, catalogue: Mapping[str, Declared]) -> list[str]:
    parts = ["## Points", f"Base {table.base:.2f}. Points are relative to the average training firm."]
    for feature in table.features:
        parts += [
            f"### {catalogue[feature.name].label.en} (`{feature.name}`)",
            (
                f"{catalogue[feature.name].meaning.en} Training median: "
                f"{'none' if feature.typical is None else feature.told(feature.typical)}."
            ),
            markdown_table(["value", "share of firms", "bad rate", "points"], _steps(feature)),
        ]
    return parts


def _pairs(table: PointsTable, catalogue: Mapping[str, Declared]) -> list[str]:
    if not table.pairs:
        return []
    parts = [
        "## Points of two features together",
        (
            "Beyond the points of either feature alone; on average over the training firms nothing, in every row and "
            "column. In brackets the share of firms. A missing value earns nothing."
        ),
    ]
    for pair in table.pairs:
        first, second = (f"{catalogue[name].label.en} (`{name}`)" for name in (pair.first, pair.second))
        rows, columns = pair_bin_names(pair, table)
        parts += [
            f"### {first} and {second}",
            f"Rows: {first}. Columns: {second}.",
            markdown_table(["", *columns], pair_rows(pair, rows)),
        ]
    return parts


def _steps(feature: FeatureSteps) -> list[list[str]]:
    steps = zip(
        feature.bin_names,
        [*feature.shares, feature.missing_share],
        [*feature.bad_rates, feature.missing_bad_rate],
        [*feature.points, feature.missing_points],
        strict=True,
    )
    return [
        [name, f"{share:.1%}", "" if rate is None else f"{rate:.2%}", f"{points:+.1f}"]
        for name, share, rate, points in steps
    ]
