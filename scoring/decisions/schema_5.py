"""Records of schema 5, which version 0.7 wrote: without what the firm owes elsewhere.

Never changed. What it shares with later schemas is taken from there as long as it is the same.
"""

from datetime import date

import msgspec

from scoring.decisions.decision import (
    Cause,
    Coverage,
    Evidence,
    HolderCheck,
    Offer,
    Reading,
    RuleResult,
    Snoozed,
    StageTimes,
    Terms,
    Verdict,
    Versions,
)


class ModelCardV5(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision must know of the model that scored it; the same from schema 1 on."""

    name: str
    version: str
    sha256: str
    is_simulated: bool
    horizon_months: int
    definition: str


class CircumstancesV5(msgspec.Struct, frozen=True, kw_only=True):
    """Facts about the request that neither model nor books know."""

    as_of: date
    is_reconstructed: bool
    source: str
    is_sandbox: bool
    coverage: Coverage
    holder: HolderCheck | None = None
    snoozed: tuple[Snoozed, ...] = ()


class ContributionV5(msgspec.Struct, frozen=True, kw_only=True):
    """What one feature adds to the score."""

    feature: str
    value: float | None
    bin: int | None
    points: float


class ReasonV5(msgspec.Struct, frozen=True, kw_only=True):
    """One of the main factors of the score."""

    code: str
    feature: str
    direction: str
    points: float
    value: float | None
    typical: float | None
    unit: str
    missing: str | None
    evidence: Evidence = Evidence()


class AssessmentV5(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from score, row, terms and policy: the pure part of a decision."""

    recommendation: Verdict
    verdict: Verdict
    automation: str
    legal_basis: str | None
    natural_person: bool
    score: float | None
    base: float | None
    pd: float | None
    grade: str | None
    offer: Offer | None
    causes: tuple[Cause, ...]
    reasons: tuple[ReasonV5, ...]
    contributions: tuple[ContributionV5, ...]
    rules: tuple[RuleResult, ...]
    score_low: float | None = None
    score_high: float | None = None
    pd_low: float | None = None
    pd_high: float | None = None
    readings: tuple[Reading, ...] = ()


class DecisionV5(msgspec.Struct, frozen=True, kw_only=True):
    """The whole record."""

    schema: int = 5
    decision_id: str
    created_at: str
    valid_until: date
    borrower_digest: str
    as_of: date
    terms: Terms
    circumstances: CircumstancesV5
    row: dict[str, float | None]
    missing: dict[str, str]
    assessment: AssessmentV5
    model: ModelCardV5
    snapshot_sha256: str
    versions: Versions
    timing: StageTimes
    asked_by: str | None = None
    """The principal whose key asked, by its identifier."""
