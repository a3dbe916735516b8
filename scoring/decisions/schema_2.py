"""Records of schema 2, which version 0.4 wrote: what today's schema added has its default when one is read.

Never changed. What it shares with later schemas is taken from there as long as it is the same.
"""

from datetime import date

import msgspec

from scoring.decisions.decision import Offer, PayoutCheck, RuleResult, StageTimes, Verdict
from scoring.decisions.schema_3 import TermsV3
from scoring.decisions.schema_5 import ContributionV5, ModelCardV5, ReasonV5


class CoverageV2(msgspec.Struct, frozen=True, kw_only=True):
    """What the books held, in counts."""

    invoice_count: int
    bill_count: int
    payment_count: int
    transaction_count: int
    account_count: int
    payment_source: str
    first_on: date | None
    last_on: date | None
    payout: PayoutCheck
    fetched: tuple[str, ...]
    notes: tuple[str, ...]


class CircumstancesV2(msgspec.Struct, frozen=True, kw_only=True):
    """Facts about the request that neither model nor books know."""

    as_of: date
    is_reconstructed: bool
    source: str
    is_sandbox: bool
    coverage: CoverageV2


class CauseV2(msgspec.Struct, frozen=True, kw_only=True):
    """Why a verdict is not better, or why there is no score."""

    code: str
    rule: str


class AssessmentV2(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from score, row, terms and policy."""

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
    causes: tuple[CauseV2, ...]
    reasons: tuple[ReasonV5, ...]
    contributions: tuple[ContributionV5, ...]
    rules: tuple[RuleResult, ...]
    score_low: float | None = None
    score_high: float | None = None
    pd_low: float | None = None
    pd_high: float | None = None


class VersionsV2(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that must be the same for a replay to agree."""

    model: str
    model_sha256: str
    features: str
    policy: str
    policy_sha256: str
    service: str
    texts: str | None


class DecisionV2(msgspec.Struct, frozen=True, kw_only=True):
    """The whole record."""

    schema: int = 2
    decision_id: str
    created_at: str
    valid_until: date
    borrower_digest: str
    as_of: date
    terms: TermsV3
    circumstances: CircumstancesV2
    row: dict[str, float | None]
    missing: dict[str, str]
    assessment: AssessmentV2
    model: ModelCardV5
    snapshot_sha256: str
    versions: VersionsV2
    timing: StageTimes
