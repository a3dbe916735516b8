"""Records of schema 4, which version 0.6 wrote: without a word on whose books these are, and on what the loan starts.

Never changed. What it shares with later schemas is taken from there as long as it is the same.
"""

from datetime import date

import msgspec

from scoring.decisions.decision import Coverage, LegalForm, StageTimes, Versions
from scoring.decisions.schema_5 import AssessmentV5, ModelCardV5


class TermsV4(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for, without anything that names the applicant or that somebody wrote freely."""

    product: str
    amount_cents: int
    currency: str
    term_months: int
    legal_form: LegalForm
    language: str


class CircumstancesV4(msgspec.Struct, frozen=True, kw_only=True):
    """Facts about the request that neither model nor books know."""

    as_of: date
    is_reconstructed: bool
    source: str
    is_sandbox: bool
    coverage: Coverage


class DecisionV4(msgspec.Struct, frozen=True, kw_only=True):
    """The whole record."""

    schema: int = 4
    decision_id: str
    created_at: str
    valid_until: date
    borrower_digest: str
    as_of: date
    terms: TermsV4
    circumstances: CircumstancesV4
    row: dict[str, float | None]
    missing: dict[str, str]
    assessment: AssessmentV5
    model: ModelCardV5
    snapshot_sha256: str
    versions: Versions
    timing: StageTimes
    asked_by: str | None = None
    """The principal whose key asked, by its identifier."""
