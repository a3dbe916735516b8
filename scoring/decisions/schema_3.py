"""Records of schema 3, which version 0.5 wrote: the purpose of the loan, a free text, was part of them.

Never changed. What it shares with later schemas is taken from there as long as it is the same.
"""

from datetime import date
from typing import Final

import msgspec

from scoring.decisions.decision import LegalForm, StageTimes, Versions
from scoring.decisions.schema_4 import CircumstancesV4
from scoring.decisions.schema_5 import AssessmentV5, ModelCardV5


class TermsV3(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for."""

    product: str
    amount_cents: int
    currency: str
    term_months: int
    purpose: str | None = None
    """Not compared by a replay: it is kept beside today's decision."""
    legal_form: LegalForm
    language: str


class DecisionV3(msgspec.Struct, frozen=True, kw_only=True):
    """The whole record."""

    schema: int = 3
    decision_id: str
    created_at: str
    valid_until: date
    borrower_digest: str
    as_of: date
    terms: TermsV3
    circumstances: CircumstancesV4
    row: dict[str, float | None]
    missing: dict[str, str]
    assessment: AssessmentV5
    model: ModelCardV5
    snapshot_sha256: str
    versions: Versions
    timing: StageTimes


class _Asked(msgspec.Struct):
    terms: TermsV3


_asked: Final = msgspec.json.Decoder(_Asked)


def purpose_of(content: bytes) -> str | None:
    """The purpose in a record of schema 1 to 3.

    Raises:
        msgspec.DecodeError: the bytes are no such record.
    """
    return _asked.decode(content).terms.purpose
