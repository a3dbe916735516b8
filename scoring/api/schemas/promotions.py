"""Wire types of requests to put a policy or a model in force."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from scoring.api.schemas.amounts import Money
from scoring.api.schemas.cases import PrincipalResponse
from scoring.api.schemas.texts import VISIBLE
from scoring.base.identifiers import pattern_of

PolicyText = Annotated[str, Meta(min_length=1, max_length=60_000, description="Text of the policy's TOML file.")]
ModelVersion = Annotated[
    str,
    Meta(
        description="Name and version of a registered model.",
        pattern=r"^[a-z][a-z0-9_]{0,39}/[a-z0-9][a-z0-9._-]{0,38}$",
        examples=["sme/2"],
    ),
]
PromotionReason = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=2000,
        description="For the other person and for auditors; it is signed, and names no borrower.",
        extra_json_schema={"pattern": VISIBLE},
        examples=["Losses of 2026 were above plan: fewer firms with a long overdraft."],
    ),
]
State = Literal["requested", "approved", "rejected", "withdrawn", "superseded", "expired", "rolled_back"]


class PromotionRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to come into force: a policy or a model."""

    policy: PolicyText | None = None
    model: ModelVersion | None = None
    own: Annotated[
        bool | None,
        Meta(description="The policy is for your lender alone, in place of the policy for all; null for a model."),
    ] = None
    reason: PromotionReason
    since: Annotated[
        date | None,
        Meta(description="First day of the stored applications that are decided again; null is 90 days ago."),
    ] = None


class PromotionEndRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a request is approved, rejected, withdrawn or rolled back."""

    reason: PromotionReason


class PromotionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A request to put something in force."""

    promotion_id: Annotated[str, Meta(extra_json_schema={"pattern": pattern_of("prm")})]
    kind: Literal["policy", "model"]
    name: str
    """The version of a policy, or name and version of a model."""
    sha256: str
    """Of the policy's text, or of the model's manifest."""
    lender: str | None
    """Whose policy it is; null is for all lenders."""
    status: State
    requested_at: str
    requested_by: PrincipalResponse
    reason: str
    expires_at: str
    """When nobody can approve it any more."""
    ended_at: str | None
    ended_by: PrincipalResponse | None
    end_reason: str | None
    undone_at: str | None
    """When it was rolled back after its approval."""
    undone_by: PrincipalResponse | None
    undo_reason: str | None


class PolicyChange(msgspec.Struct, frozen=True, kw_only=True):
    """A key of the policy that has another value than the one in force."""

    key: str
    before: str | None
    """Null where the key was not there."""
    after: str | None


class SideResponse(msgspec.Struct, frozen=True, kw_only=True):
    """All applications under one policy and one model."""

    approve: int
    refer: int
    decline: int
    exposure: Money
    """The sum of what is recommended for approval."""
    expected_loss: Money


class MoverResponse(msgspec.Struct, frozen=True, kw_only=True):
    """An application of your lender that would be recommended otherwise."""

    decision_id: str
    before: Literal["approve", "refer", "decline"]
    after: Literal["approve", "refer", "decline"]
    why: list[str]
    """Causes that come (+) and go (-)."""


class LeftOutResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Applications that could not be decided again, for one cause."""

    cause: str
    """A code, such as `not-fetched`; later versions may have further ones."""
    about: list[str]
    """What it names: fields, lists, features or numbers of months."""
    count: int


class BacktestResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Stored applications decided again, each after a replay bit for bit."""

    since: date
    loss_given_default: float
    count: int
    left_out: int
    """That could not be decided again."""
    left_out_because: list[LeftOutResponse]
    """Why, the most frequent first; empty in requests before 0.8."""
    natural_persons: int | None
    """Natural persons among what was decided again; null in requests before 0.8."""
    before: SideResponse
    after: SideResponse
    swaps: dict[str, int]
    """By ``from>to`` of the recommendation."""
    movers: list[MoverResponse]


class PromotionResponse(PromotionSummary, frozen=True, kw_only=True):
    """A request with what was found when it was made."""

    replaces: str
    """What was in force then."""
    changes: list[PolicyChange]
    warnings: list[str]
    gates: list[str]
    """That the model passed, with their figures."""
    backtest: BacktestResponse
    policy: str | None
    """The text of the policy; null for a model."""


class PromotionList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of requests."""

    items: list[PromotionSummary]
    next_cursor: str | None
    """Give it as ``cursor`` for the next page; null on the last."""
