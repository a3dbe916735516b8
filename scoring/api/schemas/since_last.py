"""Wire types of what changed since an earlier decision."""

from datetime import date

import msgspec

from features.feature import Text
from scoring.api.schemas.amounts import Money
from scoring.api.schemas.decisions import DocumentResponse
from scoring.decisions.decision import Verdict


class DecisionSide(msgspec.Struct, frozen=True, kw_only=True):
    """One of both decisions, or an observation of monitoring."""

    decision_id: str
    """Of an observation its identifier."""
    as_of: date
    recommendation: Verdict
    verdict: Verdict | None
    """Null for an observation: it decides nothing."""
    score: float | None
    pd: float | None
    grade: str | None
    max_amount: Money | None
    """Null where nothing is offered."""
    model: str
    policy: str


class FactorSide(msgspec.Struct, frozen=True, kw_only=True):
    """A factor in one of both decisions."""

    values: tuple[float | None, ...]
    """Of each of its features; null is missing."""
    points: float


class FactorResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What one feature, or two together, did to the score."""

    features: tuple[str, ...]
    text: Text
    points: float
    """Points now less points before; a factor that a model does not have counts 0."""
    before: FactorSide | None
    after: FactorSide | None
    documents: tuple[DocumentResponse, ...]
    """Behind the value now, and not before; of the main factors of both scores."""


class CauseChange(msgspec.Struct, frozen=True, kw_only=True):
    """A cause that only one of both decisions has."""

    code: str
    text: Text


class SinceLastResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What changed between two decisions on one borrower."""

    text: Text
    before: DecisionSide
    after: DecisionSide
    points: float | None
    """The change of the score: ``base`` and the points of all factors add up to it. Null where a score is missing."""
    base: float | None
    """What another model's constant changes; 0 under the same model."""
    factors: tuple[FactorResponse, ...]
    """The largest change of points first."""
    causes_new: tuple[CauseChange, ...]
    causes_gone: tuple[CauseChange, ...]
