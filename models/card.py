"""The model card: one page on a model's intended use, data, performance and limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from features.feature import Feature, Risk
from models.expert import ExpertCard, ExpertFeature, meant
from models.points import BASE_ODDS, BASE_SCORE, POINTS_TO_DOUBLE_ODDS, FeatureSteps, PointsTable
from models.records import (
    SCORECARD,
    Comparison,
    Estimate,
    ExpertRecord,
    FeatureEvidence,
    Figures,
    Gate,
    NotBinned,
    NotBinnedReason,
    Part,
    RejectInference,
    TrainingRecord,
    Validation,
)

DIRECTION = {Risk.RAISES: "more is riskier", Risk.LOWERS: "more is safer", Risk.OPEN: "either way"}

CONTENDER_HEAD = [
    "estimator",
    "features",
    "bins",
    "AUC",
    "KS",
    "Brier",
    "slope",
    "observed / expected",
]

SIMULATED = (
    "**Trained on simulated firms.** The figures below show that the software works from books to decision. They say "
    "nothing about real firms: the simulator decided who defaults. Outside the sandbox the policy refers every "
    "decision of this model to a person."
)
OBSERVED = "Trained on observed repayments."


NEVER_MEASURED = (
    "**Set by people, never measured.** No outcome of any firm was looked at. Ranking, calibration and stability are "
    "unknown: the points are opinions, and the PD is right on average only if the bad rate is."
)


EXPERT_LIMITS = (
    "There is no interval of the score: it would say how far the points depend on a sample of firms.",
    "Enter what becomes of loans, train as soon as outcomes are known, and compare.",
    "The policy approves by PD as for any model. Until outcomes are known, set its `approve_at_or_below` to 0.",
)

ESTIMATORS = {
    "scorecard": (
        "monotone weight-of-evidence logistic regression, bins and coefficients on out-of-fold weights, calibrated on "
        "out-of-fold log-odds with slope {slope:.3f}, folds by borrower."
    ),
    "boosting": (
        "bagged additive boosting, one step function per feature and bag, averaged in log-odds, calibrated on "
        "out-of-bag log-odds with slope {slope:.3f}, bags by borrower."
    ),
}
"""How each kind of estimator is fitted; ``slope`` is that of the calibration."""


NOT_BINNED_TEXT = (
    "Candidate features that training gave no points, and values shared by many firms that it could not tell from "
    "their neighbours within a feature of the model, with the reason. Counts are of training rows."
)

NOT_BINNED_HEAD = ["feature", "value", "reason", "numbers"]

NOT_BINNED: Mapping[NotBinnedReason, str] = MappingProxyType(
    {
        "no_value": "no training row has a value",
        "constant": "all training rows with a value have the same",
        "too_few_rows_in_value": "too few rows on one side",
        "no_separation": "chance explains the difference of the bad rates",
        "not_monotone": "the bad rates contradict the declared direction",
        "too_many_bins": "other bins of the feature tell more",
        "too_weak": "too little evidence on rows that it was not fitted to, beside the other features",
        "too_many_features": "more features than the bads allow; others have more evidence",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A model with its records, as a report needs them."""

    title: str
    """Name and version, or a description."""
    table: PointsTable
    record: TrainingRecord
    validation: Validation
    comparison: Comparison | None


def model_card(
    table: PointsTable,
    record: TrainingRecord,
    validation: Validation,
    catalogue: Mapping[str, Feature],
    comparison: Comparison | None = None,
) -> str:
    """The card as Markdown, from what was recorded and nothing else.

    Args:
        table: The served form.
        record: Of the training.
        validation: Of the same files.
        catalogue: Declarations of all features that were offered.
        comparison: With another candidate, where there was one.
    """
    is_simulated = record.dataset.kind == "simulated"
    sections = (
        ["# Model card", SIMULATED if is_simulated else OBSERVED],
        _intended_use(record.definition.horizon_months),
        _data(record),
        _performance(table, record, validation),
        _gates(validation.gates),
        _compared(record, comparison),
        _limits(record, validation, is_simulated=is_simulated),
        _evidence(validation.features, catalogue, record.excluded),
        _not_binned(record.not_binned),
        _points(table, catalogue),
    )
    return "\n\n".join(part for section in sections for part in section) + "\n"


def expert_card(
    table: PointsTable, card: ExpertCard, record: ExpertRecord, anchored: str, catalogue: Mapping[str, Feature]
) -> str:
    """The card of a scorecard of experts, as Markdown.

    Args:
        table: The served form.
        card: What people wrote.
        record: Of how the table came about.
        anchored: What it is anchored on, in a sentence.
        catalogue: Declarations of all features.
    """
    sections = (
        ["# Model card", NEVER_MEASURED],
        _intended_use(record.definition.horizon_months),
        [
            "## Who set it, and why",
            f"{card.name}, by {card.set_by}. {card.reason}",
            f"PD: {meant(record)}. {record.definition.describe()}",
            f"{anchored} Estimator: expert, feature catalogue {record.features_version}, made at {record.made_at}.",
        ],
        _gates(record.gates),
        [
            "## Limits",
            "\n".join(f"* {limit}" for limit in EXPERT_LIMITS),
        ],
        _expert_points(table, card, catalogue),
    )
    return "\n\n".join(part for section in sections for part in section) + "\n"


def _expert_points(table: PointsTable, card: ExpertCard, catalogue: Mapping[str, Feature]) -> list[str]:
    parts = ["## Points", f"Base {table.base:.2f}. Points are relative to the firms, or the firm, of the anchor."]
    for steps in table.features:
        written: ExpertFeature = card.features[steps.name]
        declared = catalogue[steps.name]
        comment = f" Why so: {written.comment}" if written.comment else ""
        columns = zip(
            steps.bin_names,
            [*steps.shares, steps.missing_share],
            [*written.points, written.missing],
            [*steps.points, steps.missing_points],
            strict=True,
        )
        parts += [
            f"### {declared.label.en} (`{steps.name}`)",
            f"{declared.meaning.en} Declared: {DIRECTION[declared.risk]}.{comment}",
            _table(
                ["value", "share of firms", "as written", "points"],
                [[name, f"{share:.1%}", f"{given:+g}", f"{points:+.1f}"] for name, share, given, points in columns],
            ),
        ]
    return parts


def _intended_use(horizon_months: int) -> list[str]:
    return [
        "## Intended use",
        (
            "Probability that a small German firm defaults on a loan within "
            f"{horizon_months} months of the observation day, from its books "
            "alone. It is "
            "one input of a decision: knock-outs, affordability, limit and who may decide belong to the policy. "
            "It is not "
            "for consumers, not for firms that keep no books in the connected system, and not for finding fraud."
        ),
        (
            f"Score: {BASE_SCORE:.0f} points are odds of {BASE_ODDS:.0f} good to 1 bad, "
            f"{POINTS_TO_DOUBLE_ODDS:.0f} points "
            "double the odds, higher is better. The model is a sum of one step function per feature, so the "
            "points of a "
            "feature are its whole influence."
        ),
    ]


def _data(record: TrainingRecord) -> list[str]:
    dataset, definition = record.dataset, record.definition
    seed = "" if dataset.seed is None else f", seed {dataset.seed}"
    return [
        "## Data and label",
        (
            f"{dataset.kind.capitalize()} dataset, {dataset.firms} firms, facts until {dataset.end_on}{seed}, "
            "written by "
            f"{dataset.created_by}: {dataset.description} SHA-256 `{dataset.sha256}`."
        ),
        f"Label: {definition.name}. {definition.describe()}",
        (
            f"Split by day: rows until {record.trained_until} train, rows from {record.cut_off} validate (out of "
            "time). What lies between is left out, because its outcomes were not known when the later part begins. A "
            "borrower may stand in both parts on different days; figures for borrowers that training never saw are "
            "given apart."
        ),
        _table(
            ["part", "days", "rows", "bads", "bad rate", "indeterminate", "borrowers", "reconstructed rows"],
            [_part("training", record.train), _part("out of time", record.out_of_time)],
        ),
        (
            f"Estimator: {ESTIMATORS[record.estimator].format(slope=record.calibration_slope)} "
            f"scikit-learn {record.versions.get('scikit-learn', '?')}, feature catalogue {record.features_version}, "
            f"trained at {record.trained_at}."
        ),
        *_rejects(record.rejects),
    ]


REJECTS_HEAD = ("", "loans alone", "with applications")


def rejects_rows(rejects: RejectInference) -> list[list[str]]:
    """What reject inference did, in the columns of ``REJECTS_HEAD``."""

    def auc(found: Estimate) -> str:
        return f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"

    return [
        ["mean PD of loans", f"{rejects.lent_pd_before:.2%}", f"{rejects.lent_pd:.2%}"],
        ["mean PD of the others", f"{rejects.declined_pd_before:.2%}", f"{rejects.declined_pd:.2%}"],
        ["AUC on later loans", auc(rejects.auc_before), auc(rejects.auc)],
        ["largest weight of a row", "1.00", f"{rejects.largest_weight:.2f}"],
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
        _table(list(REJECTS_HEAD), rejects_rows(rejects)),
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
        _table(head, rows),
        (
            f"Population stability of the score, training to out of time: {stability.psi:.3f} (chance alone stays "
            "under "
            f"{stability.noise:.3f})."
        ),
        *(
            []
            if validation.interval_width is None
            else [interval_text(len(table.bag_bases), validation.interval_width)]
        ),
        "Calibration out of time, by band of the score (edges are deciles of the training scores):",
        _table(["band", "rows", "bads", "mean PD", "bad rate", "95 % interval"], bands),
        "By calendar quarter:",
        _table(["days", "part", "rows", "bads", "bad rate", "mean PD", "AUC"], quarters),
    ]


def _gates(gates: Sequence[Gate]) -> list[str]:
    rows = [[gate.name, gate.meaning, *gate_text(gate)] for gate in gates]
    return ["## Gates", _table(["gate", "what", "asked", "found", "result"], rows)]


def gate_text(gate: Gate) -> list[str]:
    """Threshold, value and result of a gate, as three cells."""
    low = [] if gate.at_least is None else [f"at least {gate.at_least:.3g}"]
    high = [] if gate.at_most is None else [f"at most {gate.at_most:.3g}"]
    return [", ".join(low + high), f"{gate.value:.3g}", "pass" if gate.passed else "FAIL"]


def interval_text(bags: int, width: float) -> str:
    """What the interval of a score means, and its width."""
    return (
        f"Interval of a score: the model was fitted again to {bags} samples of the training firms, drawn with "
        "replacement; the interval covers the middle 90 % of their scores, and the score. Out of time half of the "
        f"firms have an interval of at most {width:.0f} points. It measures how much the score depends on the sample "
        "of firms. It does not cover economic change, wrong books, or events after the decision."
    )


def _compared(record: TrainingRecord, comparison: Comparison | None) -> list[str]:
    if comparison is None:
        return []
    return [
        "## Compared with the other estimator",
        f"On the same {comparison.rows} rows with {comparison.bads} bads out of time.",
        _table(CONTENDER_HEAD, contender_rows(comparison)),
        verdict_text(comparison, record.files[SCORECARD]),
    ]


def contender_rows(comparison: Comparison) -> list[list[str]]:
    """Both sides of a comparison as rows of cells."""
    return [
        [
            side.estimator,
            str(side.features),
            str(side.bins),
            estimate_text(side.auc),
            estimate_text(side.ks),
            estimate_text(side.brier, 4),
            estimate_text(side.calibration_slope, 2),
            estimate_text(side.observed_to_expected, 2),
        ]
        for side in (comparison.first, comparison.second)
    ]


def verdict_text(comparison: Comparison, scorecard_sha256: str | None = None) -> str:
    """What the comparison concludes, in sentences.

    Args:
        comparison: Of two candidates.
        scorecard_sha256: Digest of the side that the text calls "this model"; None: neither.
    """
    better = comparison.first if comparison.better == "first" else comparison.second
    why = (
        "neither is clearly better, so the simpler one, with fewer bins to read"
        if comparison.is_within_noise
        else "more than chance explains"
    )
    this = ", this model" if better.scorecard_sha256 == scorecard_sha256 else ""
    return (
        f"{comparison.first.estimator} less {comparison.second.estimator}: AUC "
        f"{estimate_text(comparison.auc_difference, 4)}, Brier {estimate_text(comparison.brier_difference, 5)}. "
        f"Better: {better.estimator}{this} ({why})."
    )


def _limits(record: TrainingRecord, validation: Validation, *, is_simulated: bool) -> list[str]:
    limits = [
        f"{validation.out_of_time.bads} bads out of time: differences of AUC within the interval above mean nothing.",
        (
            "A missing value is never better than the average of the training firms, but a firm with a bad value "
            "may still "
            "look better without it; the policy caps decisions on thin data."
        ),
        "The label is this lender's preset. Do not compare PDs with insolvency rates or scores of other labels.",
        (
            "The books do not say who owns the firm, where it is or what it sells; performance by legal form, sector, "
            "region and size was not measured."
        ),
    ]
    if is_simulated:
        limits.insert(0, "No real firm was in the training data. Train again on observed repayments before lending.")
    if record.train.reconstructed or record.out_of_time.reconstructed:
        limits.append("Some rows were reconstructed: later edits of the books may show through.")
    return ["## Limits", "\n".join(f"* {limit}" for limit in limits)]


def _evidence(
    evidence: Sequence[FeatureEvidence], catalogue: Mapping[str, Feature], excluded: Mapping[str, str]
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
        _table(head, rows),
    ]
    if excluded:
        left_out = [[f"`{name}`", reason] for name, reason in excluded.items()]
        parts += ["Excluded from the model:", _table(["feature", "reason"], left_out)]
    return parts


def _not_binned(entries: Sequence[NotBinned]) -> list[str]:
    if not entries:
        return []
    return ["## Without points", NOT_BINNED_TEXT, _table(NOT_BINNED_HEAD, not_binned_rows(entries, "`{}`"))]


def not_binned_rows(entries: Sequence[NotBinned], name: str = "{}") -> list[list[str]]:
    """What training gave no points, as rows of cells; ``name`` is how names and codes are set."""
    return [
        [
            name.format(entry.feature),
            "all" if entry.is_whole_feature or entry.edge is None else f"from {entry.edge:g}",
            f"{name.format(entry.reason)}: {NOT_BINNED[entry.reason]}",
            _numbers(entry),
        ]
        for entry in entries
    ]


def _numbers(entry: NotBinned) -> str:
    """What was counted and measured, in words."""
    if entry.reason in {"too_weak", "too_many_features"}:
        found = "no effect" if entry.found is None else f"{entry.found:.2f} standard errors"
        return f"{found}, at least {entry.asked:g} asked"
    if entry.below is None:
        return ""
    if entry.edge is None or entry.above is None:
        return _counted(*entry.below)
    sides = f"from {entry.edge:g}: {_counted(*entry.above)}; below: {_counted(*entry.below)}"
    if entry.asked is None or entry.found is None:
        return sides
    what = "rows" if entry.reason == "too_few_rows_in_value" else "likelihood ratio"
    return f"{sides}; {what} {entry.found:.4g}, at least {entry.asked:.4g} asked"


def _counted(rows: int, bads: int) -> str:
    rate = f" ({bads / rows:.1%})" if rows else ""
    return f"{rows} rows, {bads} bad{rate}"


def _points(table: PointsTable, catalogue: Mapping[str, Feature]) -> list[str]:
    parts = ["## Points", f"Base {table.base:.2f}. Points are relative to the average training firm."]
    for feature in table.features:
        parts += [
            f"### {catalogue[feature.name].label.en} (`{feature.name}`)",
            (
                f"{catalogue[feature.name].meaning.en} Training median: "
                f"{'none' if feature.typical is None else feature.told(feature.typical)}."
            ),
            _table(["value", "share of firms", "bad rate", "points"], _steps(feature)),
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


def estimate_text(estimate: Estimate | None, digits: int = 3) -> str:
    """A figure with its interval in brackets; nothing for none."""
    if estimate is None:
        return ""
    return f"{estimate.value:.{digits}f} [{estimate.low:.{digits}f}, {estimate.high:.{digits}f}]"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
