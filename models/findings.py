"""``findings.json``: what a validation finds beside its figures and gates, for a committee that decides on a model.

Segments, fairness, grades, stability with tests, what each feature adds, whom a new model would decide otherwise, and
signs of a leak. Registered versions before 0.8 do not have it.
"""

from datetime import date
from typing import Literal

import msgspec

from models.cut_offs import CutOffs
from models.records import Estimate, QuarterFigures

FINDINGS = "findings.json"


class ShiftFigures(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far a feature, or the score, has moved from the training part to the later one."""

    name: str
    """``score``, or a feature of the model."""
    psi: float
    p: float
    """Probability that chance moves it as far, with as many firms."""
    is_found: bool
    """More than chance explains, all tests taken together, and at least 0.1."""


class GradeFigures(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Predicted and observed default rate of one grade, out of time."""

    name: str
    pd_at_most: float
    rows: int
    bads: int
    mean_pd: float
    low: float
    """95 % Jeffreys interval of the bad rate, for as many firms as there are."""
    high: float
    p: float
    """Of Jeffreys' test, two-sided: probability of a rate as far from the mean PD."""
    is_found: bool
    """The grade is not calibrated: all grades taken together, more than chance explains."""


class GainsRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many bads are among the rows with the lowest scores."""

    share: float
    """Of all rows, those with the lowest scores."""
    bads: int
    caught: Estimate
    """Share of all bads."""
    lift: float
    """Caught over what as many rows at random would catch."""


class Added(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one feature adds to the ranking out of time."""

    name: str
    auc_without: float
    added: Estimate
    """AUC of the model less that of the model without the points of this feature."""


class BestFeature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The simplest rival: the one feature that ranks best in the training part, measured out of time."""

    name: str
    auc: Estimate
    """A missing value ranks as the average of the training part."""
    added: Estimate
    """AUC of the model less that of the feature."""


class SegmentFigures(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Figures of one segment, out of time. A figure is null where the segment has too few bads for it."""

    dimension: str
    name: str
    rows: int
    bads: int
    mean_score: float
    mean_pd: float
    auc: Estimate | None
    observed_to_expected: Estimate | None
    approved: Estimate | None
    """Share of rows up to the cut-off; null where none is known."""


class FairnessFigures(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One segment beside all other firms."""

    dimension: str
    name: str
    approved_difference: Estimate
    """Share of approvals less that of the others."""
    impact_ratio: Estimate | None
    """Share of approvals over that of the others; null where none of these is approved."""
    good_difference: Estimate | None
    """The same difference among firms that stayed good."""
    calibration_ratio: Estimate | None
    """Observed over expected, over that of the others: above 1 the segment is rated too well beside them."""
    is_approved_less: bool
    """Its ratio of approvals is surely below four fifths, all comparisons taken together."""
    is_calibrated_otherwise: bool
    """Its calibration surely differs from that of the others, all comparisons taken together."""


class Effect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a cut-off would have done out of time."""

    model: str
    cut_off: float
    """Approved up to this PD."""
    approved: Estimate
    """Share of rows."""
    bad_rate: Estimate | None
    """Of the approved; null where nobody is approved."""


class SwapSet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who changes side when one model replaces another and as many are approved."""

    champion: str
    may_have_seen: bool
    """The other model was trained on days of this part, where it would look better than it is."""
    rows: int
    both: int
    """Approved by both."""
    swapped_in: int
    """Approved by this model alone."""
    swapped_in_bads: int
    swapped_out: int
    """Approved by the other model alone."""
    swapped_out_bads: int
    saved: Estimate
    """Bads swapped out less bads swapped in, per 1,000 rows: above 0 this model is better."""


class Alarm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One sign of a leak of the outcome into the features."""

    name: str
    meaning: str
    subject: str
    """The feature with the largest figure, or what was measured."""
    found: float | None
    """What is certain of it, its interval taken off; null where it could not be measured."""
    limit: float
    is_raised: bool


class Findings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was found of a candidate; it holds for the files with these digests and for no others."""

    schema: Literal[1]
    measured_at: str
    dataset_sha256: str
    files: dict[str, str]
    cut_offs: CutOffs
    months: tuple[QuarterFigures, ...]
    """By month of observation; the month of the cut-off is given in two parts."""
    shifts: tuple[ShiftFigures, ...]
    """The score first, then the features of the model."""
    grades: tuple[GradeFigures, ...]
    gains: tuple[GainsRow, ...]
    added: tuple[Added, ...]
    """The most useful feature first."""
    best_feature: BestFeature | None
    segments: tuple[SegmentFigures, ...]
    fairness: tuple[FairnessFigures, ...]
    """Empty where no cut-off is known."""
    effects: tuple[Effect, ...]
    """Of this model, and of the champion where one was named; empty where no cut-off is known."""
    swap: SwapSet | None
    alarms: tuple[Alarm, ...]
    since: date
    """First day out of time."""
