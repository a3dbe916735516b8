"""What records of models say, as cells of tables and sentences: cards, reports and commands share them."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from features.feature import Risk
from models.points import PointsTable
from models.records import (
    Comparison,
    Contender,
    Estimate,
    Gate,
    IntervalCoverage,
    IntervalWidening,
    NotBinned,
    NotBinnedReason,
    RejectInference,
)
from models.steps import PairSteps

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
ESTIMATORS = {
    "scorecard": (
        "monotone weight-of-evidence logistic regression, bins and coefficients on out-of-fold weights, calibrated on "
        "out-of-fold log-odds with slope {slope:.3f}, folds by borrower."
    ),
    "boosting": (
        "bagged additive boosting, one step function per feature and bag, averaged in log-odds, calibrated on "
        "out-of-bag log-odds with slope {slope:.3f}, bags by borrower."
    ),
    "average": (
        "mean in log-odds of a monotone weight-of-evidence scorecard and of bagged additive boosting, fitted to the "
        "same rows and each calibrated on rows that it was not fitted to, with a mean slope of {slope:.3f}; folds and "
        "bags by borrower."
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
        "too_many_features": "more features than the firms with a bad allow; others have more evidence",
    }
)
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


def gate_text(gate: Gate) -> list[str]:
    """Threshold, value and result of a gate, as three cells."""
    low = [] if gate.at_least is None else [f"at least {gate.at_least:.3g}"]
    high = [] if gate.at_most is None else [f"at most {gate.at_most:.3g}"]
    return [", ".join(low + high), f"{gate.value:.3g}", "pass" if gate.passed else "FAIL"]


def interval_text(bags: int, width: float, widening: IntervalWidening | None, coverage: IntervalCoverage | None) -> str:
    """What the interval of a score means, by what it was widened, its width, and how often it held other scores."""
    wider = "" if widening is None else f" {widening_text(widening)}"
    checked = ""
    if coverage is not None:
        checked = (
            f" Checked: of {coverage.refits} models that were fitted to further such samples, with bins, features and "
            f"calibration of their own, {coverage.share:.0%} of the scores out of time lay in it."
        )
    return (
        f"Interval of a score: the model was fitted again to {bags} samples of the training firms, drawn with "
        f"replacement; the interval covers the middle 90 % of their scores, and the score.{wider} Out of time half of "
        f"the firms have an interval of at most {width:.0f} points. It measures how much the score depends on the "
        f"sample of firms. It does not cover economic change, wrong books, or events after the decision.{checked}"
    )


def widening_text(widening: IntervalWidening) -> str:
    """By what training widened the interval of a score, and why."""
    done = (
        f"it was widened by {widening.points:g} points at either end, so that it holds 90 %"
        if widening.points
        else "it was not widened"
    )
    return (
        f"Of the scores of {widening.refits} models that were fitted again whole in training, the interval held "
        f"{widening.share:.0%}: {done}."
    )


def contender_rows(comparison: Comparison) -> list[list[str]]:
    """Both sides of a comparison as rows of cells."""
    return [
        [
            contender_name(side),
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
        f"{contender_name(comparison.first)} less {contender_name(comparison.second)}: AUC "
        f"{estimate_text(comparison.auc_difference, 4)}, Brier {estimate_text(comparison.brier_difference, 5)}. "
        f"Better: {contender_name(better)}{this} ({why})."
    )


def contender_name(side: Contender) -> str:
    """What a side of a comparison is called."""
    return side.estimator if side.bank_data else f"{side.estimator} without bank data"


def comparison_title(comparison: Comparison) -> str:
    """What a comparison is about, as a headline."""
    if comparison.first.bank_data != comparison.second.bank_data:
        return "What bank data are worth"
    return "Compared with the other estimator"


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


def estimate_text(estimate: Estimate | None, digits: int = 3) -> str:
    """A figure with its interval in brackets; nothing for none."""
    if estimate is None:
        return ""
    return f"{estimate.value:.{digits}f} [{estimate.low:.{digits}f}, {estimate.high:.{digits}f}]"


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def pair_bin_names(pair: PairSteps, table: PointsTable) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the rows and the columns of a pair hold, the missing value last."""
    of = {feature.name: feature for feature in table.features}
    return of[pair.first].names_of(pair.first_edges), of[pair.second].names_of(pair.second_edges)


def pair_rows(pair: PairSteps, names: Sequence[str]) -> list[list[str]]:
    """A pair as rows of cells, each with points and share."""
    return [
        [name, *(f"{points:+.1f} ({share:.1%})" for points, share in zip(line, shares, strict=True))]
        for name, line, shares in zip(names, pair.points, pair.shares, strict=True)
    ]
