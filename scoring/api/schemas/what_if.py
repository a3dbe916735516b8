"""Wire types of what would change a decision, what it lacks, and simulations."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from features.feature import Text
from features.matching import Level
from features.quality import Part
from models.points import Contribution
from scoring.api.schemas.amounts import RATE, AmountRequest, Money
from scoring.api.schemas.decisions import (
    Automation,
    CauseResponse,
    DocumentResponse,
    OfferResponse,
    PdResponse,
    Request,
    RuleResponse,
    ScoreResponse,
    VersionsResponse,
)
from scoring.decisions.decision import Verdict


class StepResponse(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do."""

    kind: Literal["term", "amount", "collect", "pay", "link_bank", "wait"]
    text: Text
    amount: Money | None
    """To be asked for; of `collect` and `pay` the sum of the documents. Null for other kinds."""
    term_months: int | None
    until: date | None
    """The day from which on to apply again."""
    documents: tuple[DocumentResponse, ...]
    """To be collected or paid; their amounts are what is open."""


class ChangeResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What to do, and what would be decided then."""

    text: Text
    steps: tuple[StepResponse, ...]
    """All of them together."""
    recommendation: Verdict
    verdict: Verdict
    """Where the law asks for a person, it stays `refer`."""
    score: float | None
    max_amount: Money | None


class ChangesResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What would change a decision."""

    decision_id: str
    as_of: date
    recommendation: Verdict
    """Of the decision."""
    text: Text
    """Says what the changes rest on, or that there is none."""
    changes: tuple[ChangeResponse, ...]
    """Up to three, each by itself; the easier ones first."""


class TermsOfferResponse(msgspec.Struct, frozen=True, kw_only=True):
    """An amount and a term that would be approved."""

    amount: Money
    term_months: int
    annual_rate_percent: str
    pricing_tier: str
    monthly_instalment: Money
    recommendation: Verdict
    verdict: Verdict


class OffersResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What would be approved, for other amounts and terms."""

    decision_id: str
    as_of: date
    valid_until: date
    largest_amount: Money | None
    """For the term that was asked for; null where no amount would be approved."""
    offers: tuple[TermsOfferResponse, ...]
    """Up to three: the amount that was asked for, the largest for the term, and one with another term."""


class MissingValueResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A feature that model or policy reads, and that has no value."""

    feature: str
    cause: str
    """The same as in the decision's ``missing``."""
    text: Text
    points: float | None
    """For the missing value; null where the model does not read the feature."""
    best_points: float | None
    worst_points: float | None
    rules: tuple[str, ...]
    """Rules of the policy that could not be checked without it."""


class ExtremeResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What would be decided if values were known."""

    score: float | None
    recommendation: Verdict
    verdict: Verdict


class LinkedResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What a link of the bank would add, if the bank delivers what the books have."""

    text: Text
    features: tuple[str, ...]
    after: ExtremeResponse


class WaitResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Features whose history is long enough from a day on."""

    text: Text
    until: date
    features: tuple[str, ...]


class MissingDataResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What missing values cost a decision, and what would add them."""

    decision_id: str
    as_of: date
    recommendation: Verdict
    """Of the decision."""
    text: Text
    missing: tuple[MissingValueResponse, ...]
    """Those first that could cost or bring most points."""
    best: ExtremeResponse
    """With the best value of every missing feature."""
    worst: ExtremeResponse
    """With the worst value of every missing feature."""
    linked: LinkedResponse | None
    """Null where every account is linked, or the link adds no value."""
    waits: tuple[WaitResponse, ...]
    """The nearest day first, within a year."""


class QualityCauseResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A flag that costs quality."""

    feature: str
    part: Part
    value: float
    points: float
    """What it takes off the score."""
    text: Text


class QualityPartResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The quality of the data in one respect."""

    part: Part
    score: int | None
    """0 to 100; null where nothing of it was checked."""


class UncheckedResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A flag without a value."""

    feature: str
    cause: str
    """As in a decision's ``missing``; ``not_fetched`` where the decision did not read what it needs."""
    weight: int
    """Percent of all that could be checked."""
    text: Text


class MatchedResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Payments that were matched to bank transactions in one way."""

    level: Level
    count: int
    amount: Money
    text: Text


class MatchesResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Cashless payments on sales of the last twelve full months and since, against the bank's transactions."""

    levels: tuple[MatchedResponse, ...]
    """All levels, the strictest first; ``none`` is last."""
    unmatched_inflow_count: int
    unmatched_inflow: Money
    """Money from customers that is booked on no sale, and to which no payment was found."""
    text: Text
    """On what is unmatched."""


class DataQualityResponse(msgspec.Struct, frozen=True, kw_only=True):
    """How far the books behind a decision can be relied on. Neither model nor policy reads it."""

    decision_id: str
    as_of: date
    score: int | None
    """0 to 100; null where too little was checked."""
    confidence: int
    """Percent of all that could be checked, by weight. What was not checked lowers this, never the score."""
    text: Text
    causes: tuple[QualityCauseResponse, ...]
    """At most three, those that cost most first."""
    parts: tuple[QualityPartResponse, ...]
    unchecked: tuple[UncheckedResponse, ...]
    matches: MatchesResponse | None
    """Null where the decision did not read the bank."""


class SimulationRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is different from the decision; what is not given is the same."""

    amount: AmountRequest | None = None
    term_months: Annotated[int, Meta(ge=1, le=360)] | None = None
    annual_rate_percent: (
        Annotated[
            str,
            Meta(
                max_length=8,
                description="In place of every rate of the policy, per year; affordability is computed with it, too.",
                examples=["8.50"],
                extra_json_schema={"pattern": RATE},
            ),
        ]
        | None
    ) = None
    collected_invoices: Annotated[
        list[int | Annotated[str, Meta(max_length=64)]],
        Meta(
            max_length=50,
            description="Identifiers of open invoices, as evidence has them: paid in full through the bank on the day"
            " of observation.",
        ),
    ] = []
    features: Annotated[
        dict[str, Annotated[float, Meta(ge=-1e15, le=1e15)] | None],
        Meta(description="Values in place of those of the books, by feature; null is missing.", max_length=100),
    ] = {}
    model: Annotated[str, Meta(max_length=80, description="Name and version.", examples=["sme/3"])] | None = None
    policy: Annotated[str, Meta(max_length=64, description="Its version.", examples=["2"])] | None = None


class DifferenceResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A field with another value than in the decision."""

    field: str
    """Such as `verdict`, `features.NAME`, `contributions.NAME` or `rules.ID`; amounts of offers are in cents."""
    decided: float | str | None
    simulated: float | str | None


class SimulationResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What would be decided. It is no decision: nothing of it is stored, and nobody may act on it."""

    simulation: bool = True
    decision_id: str
    as_of: date
    request: Request
    verdict: Verdict
    recommendation: Verdict
    automation: Automation
    score: ScoreResponse | None
    pd: PdResponse | None
    grade: str | None
    offer: OfferResponse | None
    causes: tuple[CauseResponse, ...]
    contributions: tuple[Contribution, ...]
    rules: tuple[RuleResponse, ...]
    features: dict[str, float | None]
    versions: VersionsResponse
    differences: tuple[DifferenceResponse, ...]
    """Every field of the assessment that differs from the decision."""
