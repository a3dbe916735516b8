"""Wire types of monitoring: subscriptions, and what was observed."""

from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from scoring.api.schemas.decisions import CauseResponse, PdResponse, ReasonResponse, ScoreResponse, VersionsResponse
from scoring.decisions.decision import Verdict
from scoring.decisions.monitoring import SubscriptionState


class MonitoringRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A borrower to be monitored."""

    connection_id: Annotated[
        str, Meta(max_length=64, description="By which its books are read; its consent must have the purpose.")
    ]
    decision_id: Annotated[str, Meta(max_length=64)] | None = None
    """The decision whose loan is watched; without it, the newest on the borrower of the connection."""


class MonitoringResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A monitored borrower."""

    monitoring_id: str
    borrower_ref: str | None
    connection_id: str
    decision_id: str
    """The decision with whose terms its books are scored again, and with which each observation is compared."""
    state: SubscriptionState
    cause: str | None
    """Why it is paused (the `code` of a problem), or has ended (`by_lender`, `withdrawn`, `disconnected`,
    `decision_erased`, `loan_ended`, `no_loan`)."""
    due_at: str | None
    """When its books are read next; null where they are not."""
    observed_at: str | None
    """The newest observation."""
    created_at: str
    ended_at: str | None
    ends_on: date | None
    """The last day on which its books are read, unless you enter the loan; null where an open loan is entered, and once
    it has ended."""
    links: dict[str, str]
    """`self`, `decision`, `observations`."""


class MonitoringList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of monitored borrowers, newest first."""

    items: list[MonitoringResponse]
    next_cursor: str | None
    """Give it as ``cursor`` for the next page; null on the last."""


class ObservationLine(msgspec.Struct, frozen=True, kw_only=True):
    """An observation in a list."""

    observation_id: str
    created_at: str
    as_of: date
    """The day of the books."""
    recommendation: Verdict
    """What a decision on the same terms would recommend. Nothing is decided."""
    score: float | None
    grade: str | None
    points_since_decision: float | None
    """The score less that of the decision; null where one of them has none."""
    points_since_last: float | None
    """The score less that of the observation before; null for the first, too."""
    links: dict[str, str]
    """`self`, `since_last`."""


class ObservationList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of observations, newest first."""

    items: list[ObservationLine]
    next_cursor: str | None
    """Give it as ``cursor`` for the next page; null on the last."""


class ObservationResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A later look at the books of a monitored borrower. It decides nothing."""

    observation_id: str
    monitoring_id: str
    decision_id: str
    """With which it is compared."""
    previous_id: str | None
    """The observation before."""
    borrower_ref: str | None
    created_at: str
    as_of: date
    """The day of the books."""
    recommendation: Verdict
    """What a decision on the same terms would recommend."""
    score: ScoreResponse | None
    pd: PdResponse | None
    grade: str | None
    causes: tuple[CauseResponse, ...]
    """Why the recommendation is not better."""
    reasons: tuple[ReasonResponse, ...]
    features: dict[str, float | None]
    versions: VersionsResponse
    links: dict[str, str]
    """`self`, `since_last`, `monitoring`, `decision`."""
