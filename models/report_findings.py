"""The parts of a report that show findings: segments, grades, stability, gains, rivals and signs of a leak."""

from dataclasses import dataclass

from models import committee_charts
from models.findings import FairnessFigures, Findings, SegmentFigures
from models.metrics import wilson
from models.pages import Grid, share_text
from models.plates import Plate, plate
from models.records import Estimate
from models.segments import DIMENSIONS
from models.wording import estimate_text


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentPart:
    """One dimension."""

    dimension: str
    table: Grid
    fairness: Grid | None
    charts: tuple[Plate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingsPart:
    """Everything, ready for the page."""

    cut_offs: str
    segments: tuple[SegmentPart, ...]
    """Empty for a table, whose rows are of no segment."""
    grades: Plate
    gains: Plate
    added: Grid
    best: str
    shifts: Grid
    months: Grid
    effects: Grid | None
    swap: Grid | None
    saved: str
    may_have_seen: bool
    alarms: Grid


def findings_part(findings: Findings) -> FindingsPart:
    """What the page shows of findings."""
    cut = findings.cut_offs
    bound = cut.approve_at_or_below
    approves = "" if bound is None else f", which approves up to a PD of {bound:.2%}"
    return FindingsPart(
        cut_offs=f"{cut.source}{approves}",
        segments=tuple(_segment(findings, dimension) for dimension in DIMENSIONS) if findings.segments else (),
        grades=_grades(findings),
        gains=_gains(findings),
        added=Grid(
            head=["feature", "AUC without it", "adds"],
            rows=[[one.name, f"{one.auc_without:.3f}", estimate_text(one.added, 4)] for one in findings.added],
        ),
        best=_best(findings),
        shifts=Grid(
            head=["what", "PSI", "probability by chance", "result"],
            rows=[
                [one.name, f"{one.psi:.3f}", _chance(one.p), "moved" if one.is_found else "as before"]
                for one in findings.shifts
            ],
        ),
        months=_months(findings),
        effects=_effects(findings),
        swap=_swap(findings),
        saved="" if findings.swap is None else estimate_text(findings.swap.saved, 1),
        may_have_seen=findings.swap is not None and findings.swap.may_have_seen,
        alarms=Grid(
            head=["alarm", "what", "subject", "found", "limit", "result"],
            rows=[
                [
                    alarm.name,
                    alarm.meaning,
                    alarm.subject,
                    "not measured" if alarm.found is None else f"{alarm.found:.3f}",
                    f"{alarm.limit:g}",
                    "RAISED" if alarm.is_raised else "quiet" if alarm.found is not None else "not measured",
                ]
                for alarm in findings.alarms
            ],
        ),
    )


TOO_FEW = "too few bads"


def _segment(findings: Findings, dimension: str) -> SegmentPart:
    found = [one for one in findings.segments if one.dimension == dimension]
    beside = [one for one in findings.fairness if one.dimension == dimension]
    slug = dimension.replace(" ", "-")
    drawn = []
    for name, title, level, values in (
        ("calibration", "observed / expected", 1.0, [(one.name, one.observed_to_expected) for one in found]),
        ("approved", "share approved", None, [(one.name, one.approved) for one in found]),
    ):
        rows = [(segment, value) for segment, value in values if value is not None]
        if len(rows) < 2:
            continue
        every = sum(one.rows for one in found if one.approved is not None)
        overall = sum(one.rows * one.approved.value for one in found if one.approved is not None) / max(every, 1)
        drawn.append(_forest(f"{slug}-{name}", dimension, title, overall if level is None else level, rows))
    return SegmentPart(
        dimension=dimension,
        table=Grid(
            head=["segment", "rows", "bads", "mean score", "mean PD", "AUC", "observed / expected", "approved"],
            rows=[_segment_cells(one) for one in found],
        ),
        fairness=Grid(head=FAIRNESS_HEAD, rows=fairness_rows(beside)) if beside else None,
        charts=tuple(drawn),
    )


def _segment_cells(one: SegmentFigures) -> list[str]:
    return [
        one.name,
        str(one.rows),
        str(one.bads),
        f"{one.mean_score:.0f}",
        f"{one.mean_pd:.2%}",
        estimate_text(one.auc) or TOO_FEW,
        estimate_text(one.observed_to_expected, 2) or TOO_FEW,
        "" if one.approved is None else _percent(one.approved),
    ]


FAIRNESS_HEAD = [
    "segment",
    "approvals, difference",
    "approvals, ratio",
    "of firms that stayed good",
    "calibration, ratio",
    "result",
]


def fairness_rows(figures: list[FairnessFigures]) -> list[list[str]]:
    """Segments beside all others, in the columns of ``FAIRNESS_HEAD``."""
    return [
        [
            one.name,
            _points(one.approved_difference),
            estimate_text(one.impact_ratio, 2) or "not measured",
            "" if one.good_difference is None else _points(one.good_difference),
            estimate_text(one.calibration_ratio, 2) or TOO_FEW,
            "; ".join(
                [
                    *(["approved clearly less"] if one.is_approved_less else []),
                    *(["calibrated otherwise"] if one.is_calibrated_otherwise else []),
                ]
            )
            or "nothing beyond chance",
        ]
        for one in figures
    ]


def _forest(name: str, dimension: str, title: str, level: float, rows: list[tuple[str, Estimate]]) -> Plate:
    return plate(
        committee_charts.segments(
            [{"segment": segment, "value": one.value, "low": one.low, "high": one.high} for segment, one in rows],
            title,
            level,
        ),
        name=name,
        title=f"{title.capitalize()} by {dimension}",
        description=f"{title.capitalize()} of each segment out of time with its 95 % interval.",
        table=Grid(head=[], rows=[]),
    )


def _grades(findings: Findings) -> Plate:
    return plate(
        committee_charts.grades(
            [
                {
                    "grade": one.name,
                    "predicted": one.mean_pd,
                    "observed": one.bads / one.rows,
                    "low": one.low,
                    "high": one.high,
                }
                for one in findings.grades
            ]
        ),
        name="grades",
        title="Calibration per grade",
        description="Observed bad rate per grade with its 95 % Jeffreys interval, and the mean predicted PD.",
        table=Grid(
            head=["grade", "PD at most", "rows", "bads", "mean PD", "bad rate, 95 % interval", "probability", "result"],
            rows=[
                [
                    one.name,
                    f"{one.pd_at_most:.1%}",
                    str(one.rows),
                    str(one.bads),
                    f"{one.mean_pd:.2%}",
                    share_text(one.bads / one.rows, one.low, one.high),
                    _chance(one.p),
                    "OFF" if one.is_found else "in line",
                ]
                for one in findings.grades
            ],
        ),
    )


def _gains(findings: Findings) -> Plate:
    start = {"share": 0.0, "caught": 0.0, "low": 0.0, "high": 0.0}
    drawn = [
        {"share": one.share, "caught": one.caught.value, "low": one.caught.low, "high": one.caught.high}
        for one in findings.gains
    ]
    return plate(
        committee_charts.gains([start, *drawn]),
        name="gains",
        title="Gains",
        description="Share of the bads among the rows with the lowest scores, with its 95 % interval.",
        table=Grid(
            head=["lowest scores", "bads among them", "of all bads", "lift"],
            rows=[
                [f"{one.share:.0%}", str(one.bads), _percent(one.caught), f"{one.lift:.2f}"] for one in findings.gains
            ],
        ),
    )


def _best(findings: Findings) -> str:
    best = findings.best_feature
    if best is None:
        return "No feature has values and a declared direction."
    return (
        f"The best single feature of the training part is {best.name}. Out of time its AUC is "
        f"{estimate_text(best.auc)}; the model's is higher by {estimate_text(best.added)}."
    )


def _months(findings: Findings) -> Grid:
    rows = []
    for month in findings.months:
        rate = share_text(month.bads / month.rows, *wilson(month.bads, month.rows))
        part = "training" if month.first_on < findings.since else "out of time"
        auc = "" if month.auc is None else f"{month.auc:.3f}"
        cells = [f"{month.first_on:%Y-%m}", part, str(month.rows), str(month.bads), rate, f"{month.mean_pd:.2%}", auc]
        rows.append(cells)
    return Grid(head=["month", "part", "rows", "bads", "bad rate, 95 % interval", "mean PD", "AUC"], rows=rows)


def _effects(findings: Findings) -> Grid | None:
    if not findings.effects:
        return None
    return Grid(
        head=["model", "approves up to", "approved", "bad rate of the approved"],
        rows=[
            [
                one.model,
                f"{one.cut_off:.2%}",
                _percent(one.approved),
                "nobody is approved" if one.bad_rate is None else _percent(one.bad_rate),
            ]
            for one in findings.effects
        ],
    )


def _swap(findings: Findings) -> Grid | None:
    swap = findings.swap
    if swap is None:
        return None
    neither = swap.rows - swap.both - swap.swapped_in - swap.swapped_out
    return Grid(
        head=["who", "rows", "bads", "bad rate, 95 % interval"],
        rows=[
            ["approved by both", str(swap.both), "", ""],
            [f"by this model alone, not by {swap.champion}", *_rate(swap.swapped_in, swap.swapped_in_bads)],
            [f"by {swap.champion} alone", *_rate(swap.swapped_out, swap.swapped_out_bads)],
            ["by neither", str(neither), "", ""],
        ],
    )


def _rate(rows: int, bads: int) -> list[str]:
    return [str(rows), str(bads), share_text(bads / rows, *wilson(bads, rows)) if rows else ""]


def _percent(estimate: Estimate) -> str:
    return share_text(estimate.value, estimate.low, estimate.high)


def _points(estimate: Estimate) -> str:
    """A difference of shares, in percentage points."""
    return f"{100 * estimate.value:+.1f} [{100 * estimate.low:+.1f}, {100 * estimate.high:+.1f}] points"


def _chance(p: float) -> str:
    return "under 0.001" if p < 0.001 else f"{p:.3f}"
